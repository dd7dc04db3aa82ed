"""What templates_docx/README.md promises to those who edit the templates is what the code gives."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace
from pathlib import Path

from service.domain.reports import ChangeLogEntry
from service.domain.values import VersionNumber
from tests.frames import framed_report
from worker.documents.context import (
    ACTION_NAMES,
    APPROVAL_NAMES,
    CHANGE_NAMES,
    PLAN_NAMES,
    SEAL_NAMES,
    context_of,
    printed_names,
)

README = Path(__file__).parents[2] / "templates_docx" / "README.md"

CHANGE = ChangeLogEntry(
    VersionNumber(2, 0),
    dt.date(2024, 8, 5),
    "Se modificó la meta de la acción 3 (de 1 a 2).",
    "Comité Institucional de Gestión y Desempeño",
)
REPORT = replace(framed_report(), change_log=(CHANGE,))


def listed() -> dict[str, str]:
    """Every tag in the tables, with its example."""
    rows = re.findall(r"^\| `\{\{ ([\w.]+) \}\}` \|[^|]*\| ([^|]*) \|$", README.read_text("utf-8"), re.MULTILINE)
    return dict(rows)


def test_every_name_is_listed_and_no_other() -> None:
    scopes = {
        "plan": PLAN_NAMES,
        "accion": ACTION_NAMES,
        "cambio": CHANGE_NAMES,
        "aprobacion": APPROVAL_NAMES,
        "sello": SEAL_NAMES,
    }
    assert list(listed()) == [f"{scope}.{name}" for scope, names in scopes.items() for name in names]


def test_the_context_has_the_names_that_templates_are_checked_against() -> None:
    context = context_of(REPORT)
    assert tuple(context.plan) == PLAN_NAMES
    assert tuple(context.acciones[0]) == ACTION_NAMES
    assert tuple(context.control_de_cambios[0]) == CHANGE_NAMES
    assert tuple(context.aprobacion) == APPROVAL_NAMES
    assert tuple(context.sello) == SEAL_NAMES


def test_the_examples_are_what_the_reference_plan_prints() -> None:
    context = context_of(REPORT)
    printed = {f"plan.{name}": text for name, text in printed_names(context.plan).items()}
    printed |= {f"accion.{name}": text for name, text in printed_names(context.acciones[3]).items()}
    printed |= {f"cambio.{name}": text for name, text in printed_names(context.control_de_cambios[0]).items()}
    printed |= {f"aprobacion.{name}": text for name, text in printed_names(context.aprobacion).items()}
    printed |= {f"sello.{name}": text for name, text in printed_names(context.sello).items()}
    assert listed() == printed
