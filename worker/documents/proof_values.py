"""Report -> the values that a template names, made apart from the code that writes documents.

Only the wording of dates, numbers and of the sentence that tells who approved is the same for all of Folio. The names
are those of templates_docx/README.md; a test holds both lists against each other.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from operator import attrgetter
from typing import Any, Final, Generic, TypeVar, overload

from service.domain.plan import Action
from service.domain.reports import Report
from service.domain.values import PlainText, Target, printed_date
from worker.documents.approval_line import approval_line

# A text, a whole number that is a name (a year, an ordinal), a day, or a target: what a sheet keeps by its type.
Typed = str | int | dt.date | Target
Values = Mapping[str, Typed]

_In = TypeVar("_In")
_Out = TypeVar("_Out")

ACTIONS: Final = "acciones"
OTHERS: Final = "otros"
_MOST_DIGITS: Final = 9


def plan_values(report: Report) -> dict[str, Typed]:
    """What stands once in a document."""
    plan = report.plan
    return {
        "titulo": plan.title,
        "objetivo": plan.objective,
        "version": str(plan.version),
        "vigencia": plan.year,
        "trimestre": plan.quarter.roman,
        "fecha_de_corte": plan.quarter.ends_on,
        "edicion": report.edition,
    }


_FIELDS: Final = {
    "numero": "number",
    "accion": "action",
    "responsable": "lead",
    "indicador": "indicator",
    "unidad_de_medida": "unit",
    "meta": "target",
    "fecha_inicio": "starts_on",
    "fecha_fin": "ends_on",
    "seguimiento": "periodicity",
    "fuente_de_financiacion": "funding_source",
    "avance_cualitativo": "qualitative_progress",
}
_all_fields: Final = attrgetter(*_FIELDS.values())


def action_values(action: Action) -> dict[str, Typed]:
    """What stands once for each action."""
    values: dict[str, Typed] = {name: value or "" for name, value in zip(_FIELDS, _all_fields(action), strict=True)}
    values["numero"] = number_of(action.number or "")
    return values


def fields_of(names: Sequence[str]) -> Callable[[Action], tuple[Any, ...]] | None:
    """What gives an action's values under these names, None for what it lacks; None: some name is no action's."""
    if not names or not _FIELDS.keys() >= set(names):
        return None
    fields = attrgetter(*(_FIELDS[name] for name in names))
    return fields if len(names) > 1 else lambda action: (fields(action),)


def printing(names: Sequence[str]) -> Callable[[Action], list[str]] | None:
    """What makes the texts that a document prints for an action under these names; None: some name is no action's.

    The same that `action_values` and `shown` make, without all those that nobody asked for.
    """
    fields = fields_of(names)
    if fields is None:
        return None
    return lambda action: [value if type(value) is PlainText else _printed(value) for value in fields(action)]


@lru_cache(maxsize=4096)
def _printed(value: Typed | None) -> str:
    return "" if value is None else shown(value)


class Made(Sequence[_Out], Generic[_In, _Out]):
    """What is made of each of many things, when it is asked for: that of ten thousand is never there all at once."""

    def __init__(self, things: Sequence[_In], make: Callable[[_In], _Out]) -> None:
        self._things = things
        self._make = make

    def __len__(self) -> int:
        return len(self._things)

    @overload
    def __getitem__(self, place: int) -> _Out: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[_Out]: ...

    def __getitem__(self, place: int | slice) -> _Out | Sequence[_Out]:
        if isinstance(place, slice):
            return Made(self._things[place], self._make)
        return self._make(self._things[place])

    def __iter__(self) -> Iterator[_Out]:
        return map(self._make, self._things)


def shown_actions(report: Report) -> Sequence[dict[str, Any]]:
    """The actions by the names that templates use, as a document prints them."""
    blank = dict.fromkeys(other_headers(report), "")

    def named(action: Action) -> dict[str, Any]:
        return {**all_shown(action_values(action)), OTHERS: {**blank, **dict(action.extras)}}

    return Made(report.plan.actions, named)


def change_values(report: Report) -> list[dict[str, Typed]]:
    """What stands once for each row of the control de cambios."""
    return [
        {
            "version": str(entry.version),
            "fecha": entry.on,
            "descripcion": entry.description,
            "instancia": entry.instance,
        }
        for entry in report.change_log
    ]


def approval_values(report: Report) -> dict[str, Typed]:
    """What stands once of who approved the plan; all of it empty where nobody said."""
    approval = report.approval
    return {
        "instancia": approval.instance,
        "acto": approval.act,
        "fecha": approval.on or "",
        "frase": approval_line(approval),
    }


def seal_values(report: Report) -> dict[str, Typed]:
    """What stands once of an issued report's seal, the address as people type it."""
    seal = report.seal
    address = re.sub(r"\Ahttps?://", "", seal.address) if seal else ""
    return {"codigo": seal.code if seal else "", "direccion": address}


def once_values(report: Report) -> dict[str, Typed]:
    """All that stands once, by the name of the plan's, and with its own holder before it: "sello.codigo"."""
    holders = {"aprobacion": approval_values(report), "sello": seal_values(report)}
    told = {f"{holder}.{name}": value for holder, values in holders.items() for name, value in values.items()}
    return plan_values(report) | told


def other_headers(report: Report) -> tuple[str, ...]:
    """Headers of the office's own columns, in the order in which the actions bring them."""
    return tuple(dict.fromkeys(header for action in report.plan.actions for header, _ in action.extras))


_printed_day = lru_cache(maxsize=1024)(printed_date)


@lru_cache(maxsize=1024)
def _printed_target(target: Target) -> str:
    return target.printed


def shown(value: Typed) -> str:
    """A value as a document prints it."""
    if isinstance(value, str):
        return value
    if isinstance(value, Target):
        return _printed_target(value)
    if isinstance(value, dt.date):
        return _printed_day(value)
    return str(value)


def all_shown(values: Values) -> dict[str, str]:
    """Every value as a document prints it."""
    return {name: value if isinstance(value, str) else shown(value) for name, value in values.items()}


def number_of(number: str) -> str | int:
    """An action's number as a sheet keeps it."""
    """A number that a sheet would show unchanged is one; "01" and "1.1" are labels."""
    is_plain = number.isascii() and number.isdigit() and len(number) <= _MOST_DIGITS
    return int(number) if is_plain and number == str(int(number)) else number
