"""Report -> the values that a template names, made apart from the code that writes documents.

The names are those of templates_docx/README.md; a test holds both lists against each other.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from service.domain.plan import Action
from service.domain.reports import Report
from service.domain.values import Target, printed_date

# A text, a whole number that is a name (a year, an ordinal), a day, or a target: what a sheet keeps by its type.
Typed = str | int | dt.date | Target
Values = Mapping[str, Typed]

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


def action_values(action: Action) -> dict[str, Typed]:
    """What stands once for each action."""
    return {
        "numero": _number(action.number or ""),
        "accion": action.action or "",
        "responsable": action.lead or "",
        "indicador": action.indicator or "",
        "unidad_de_medida": action.unit or "",
        "meta": action.target or "",
        "fecha_inicio": action.starts_on or "",
        "fecha_fin": action.ends_on or "",
        "seguimiento": action.periodicity or "",
        "fuente_de_financiacion": action.funding_source or "",
        "avance_cualitativo": action.qualitative_progress or "",
    }


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


def other_headers(report: Report) -> tuple[str, ...]:
    """Headers of the office's own columns, in the order in which the actions bring them."""
    return tuple(dict.fromkeys(header for action in report.plan.actions for header, _ in action.extras))


_printed_day = lru_cache(maxsize=1024)(printed_date)


def shown(value: Typed) -> str:
    """A value as a document prints it."""
    if isinstance(value, str):
        return value
    if isinstance(value, Target):
        return value.printed
    if isinstance(value, dt.date):
        return _printed_day(value)
    return str(value)


def all_shown(values: Values) -> dict[str, str]:
    """Every value as a document prints it."""
    return {name: value if isinstance(value, str) else shown(value) for name, value in values.items()}


def _number(number: str) -> str | int:
    """A number that a sheet would show unchanged is one; "01" and "1.1" are labels."""
    is_plain = number.isascii() and number.isdigit() and len(number) <= _MOST_DIGITS
    return int(number) if is_plain and number == str(int(number)) else number
