"""Report -> the names and values that a template may use: dead data, in the Spanish of those who edit the templates.

This is the one border between the languages. Word prints every value through `printed`; Excel keeps numbers and dates.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from service.domain.plan import Action
from service.domain.reports import Report
from service.domain.values import PlainText, Target, printed_date, printed_number


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
    `borrador` is no name of the template's: it decides whether every page says that it is a draft.
    """

    plan: Names
    acciones: tuple[Names, ...]
    otros: tuple[str, ...] = ()
    borrador: bool = False
    control_de_cambios: tuple[Names, ...] = ()


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
    """All the values of a plan, an action or a change as the official document writes them."""
    return {name: printed(value) for name, value in names.items()}


def printed(value: Value) -> str:
    """A value as the official document writes it. A year or an ordinal (int) is a name: "2024", never "2.024"."""
    match value:
        case str():
            return value
        case int():
            return str(value)
        case Decimal():
            return printed_number(value)
        case Percentage(share):
            return f"{printed_number(share * 100)} %"
        case dt.date():
            return printed_date(value)
