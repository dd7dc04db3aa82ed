"""Report -> the names and values that a template may use: dead data, in the Spanish of those who edit the templates.

This is the one border between the languages. Word prints every value through `printed`; Excel keeps numbers and dates.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

from service.domain.frame import NO_FRAME, Approval, Frame, Seal
from service.domain.plan import Action
from service.domain.reports import Report
from service.domain.values import PlainText, Target, printed_date, printed_number
from worker.documents.approval_line import approval_line


@dataclass(frozen=True, slots=True)
class Percentage:
    """A share of one: 0.25 is printed "25 %"."""

    share: Decimal


PLAN_NAMES: Final = ("titulo", "objetivo", "version", "vigencia", "trimestre", "fecha_de_corte", "edicion")
ACTION_NAMES: Final = (
    "numero",
    "accion",
    "responsable",
    "indicador",
    "unidad_de_medida",
    "meta",
    "fecha_inicio",
    "fecha_fin",
    "seguimiento",
    "fuente_de_financiacion",
    "avance_cualitativo",
)
CHANGE_NAMES: Final = ("version", "fecha", "descripcion", "instancia")
APPROVAL_NAMES: Final = ("instancia", "acto", "fecha", "frase")
SEAL_NAMES: Final = ("codigo", "direccion")

# What a spreadsheet holds without rounding or writing it as a power of ten.
_MOST_DIGITS: Final = 9

# What would end a tag too soon, in a header that stands inside one.
_UNQUOTED: Final = str.maketrans('"{}', "'()")

Value = str | int | Decimal | dt.date | Percentage
Names = dict[str, Value]


@dataclass(frozen=True, slots=True)
class Context:
    """What a template may name: `plan.*` once, `accion.*` for each of `acciones`, `cambio.*` of `control_de_cambios`.

    `otros` are the headers of the office's own columns; each action has a value under the `extra_name` of every one.
    `aprobacion.*` and `sello.*` are empty texts where nobody approved, or nothing is issued.
    The others are no names of the template's: `borrador` decides whether every page says that it is a draft, `frame` is
    drawn around what the template holds, and `qr` is where the picture in an issued document's foot leads to.
    """

    plan: Names
    acciones: tuple[Names, ...]
    otros: tuple[str, ...] = ()
    borrador: bool = False
    control_de_cambios: tuple[Names, ...] = ()
    aprobacion: Names = field(default_factory=lambda: _approval(NO_FRAME.approval))
    sello: Names = field(default_factory=lambda: _seal(None))
    frame: Frame = NO_FRAME
    qr: str = ""

    @property
    def has_approval(self) -> bool:
        """Whether it is known who approved what it tells."""
        return bool(self.aprobacion["frase"])

    @property
    def has_seal(self) -> bool:
        """Whether it is of an issued document that can be verified."""
        return bool(self.qr)


def context_of(report: Report) -> Context:
    """The context of a report; every name is listed with an example in templates_docx/README.md."""
    plan = report.plan
    # In the order of the first action that has them; a dictionary keeps it and forgets repetitions.
    others = tuple(dict.fromkeys(header for action in plan.actions for header, _ in action.extras))
    return Context(
        plan={
            "titulo": plan.title,
            "objetivo": plan.objective,
            "version": str(plan.version),
            "vigencia": plan.year,
            "trimestre": plan.quarter.roman,
            "fecha_de_corte": plan.quarter.ends_on,
            "edicion": report.edition,
        },
        acciones=tuple(_action(action, others) for action in plan.actions),
        otros=others,
        borrador=report.is_draft,
        control_de_cambios=tuple(
            {
                "version": str(entry.version),
                "fecha": entry.on,
                "descripcion": entry.description,
                "instancia": entry.instance,
            }
            for entry in report.change_log
        ),
        aprobacion=_approval(report.approval),
        sello=_seal(report.seal),
        frame=report.frame,
        qr=report.seal.address if report.seal else "",
    )


def extra_name(header: str) -> str:
    """How a template names the office's own column: `otros["Línea estratégica"]`."""
    return f'otros["{header.translate(_UNQUOTED)}"]'


def _action(action: Action, others: tuple[str, ...]) -> Names:
    own: Names = {extra_name(header): "" for header in others}
    own.update((extra_name(header), text) for header, text in action.extras)
    return own | {
        "numero": _number(action.number),
        "accion": action.action or "",
        "responsable": action.lead or "",
        "indicador": action.indicator or "",
        "unidad_de_medida": action.unit or "",
        "meta": _target(action.target),
        "fecha_inicio": action.starts_on or "",
        "fecha_fin": action.ends_on or "",
        "seguimiento": action.periodicity or "",
        "fuente_de_financiacion": action.funding_source or "",
        "avance_cualitativo": action.qualitative_progress or "",
    }


def _approval(approval: Approval) -> Names:
    return {
        "instancia": approval.instance,
        "acto": approval.act,
        "fecha": approval.on or "",
        "frase": approval_line(approval),
    }


def _seal(seal: Seal | None) -> Names:
    # The address is read and typed by people: what a browser adds by itself is left out.
    return {
        "codigo": seal.code if seal else "",
        "direccion": seal.address.removeprefix("https://").removeprefix("http://") if seal else "",
    }


def _number(number: PlainText | None) -> Value:
    # "1.1" and "01" are labels and stay text; only what a spreadsheet would show unchanged becomes a number.
    if number and number.isascii() and number.isdigit() and len(number) <= _MOST_DIGITS and str(int(number)) == number:
        return int(number)
    return number or ""


def _target(target: Target | None) -> Value:
    if target is None:
        return ""
    if target.quantity is None:
        return target.printed
    return Percentage(target.quantity) if target.is_percentage else target.quantity


def printed_names(names: Names) -> dict[str, str]:
    """All the values of a plan, an action, a change, an approval or a seal as the official document writes them."""
    return {name: printed(value) for name, value in names.items()}


def printed(value: Value) -> str:
    """A value as the official document writes it. A year or an ordinal (int) is a name: "2024", never "2.024"."""
    return value if isinstance(value, str) else _PRINTED[type(value)](value)


_PRINTED: Final[Mapping[type, Callable[[Any], str]]] = {
    int: str,
    Decimal: printed_number,
    Percentage: lambda percentage: f"{printed_number(percentage.share * 100)} %",
    # Most actions of a plan share a few days.
    dt.date: lru_cache(maxsize=1_024)(printed_date),
}
