"""What templates_docx/README.md promises to those who edit the templates is what the code gives."""

from __future__ import annotations

import re
from pathlib import Path

from tests.plans import reference_plan, report_of
from worker.documents.context import ACTION_NAMES, PLAN_NAMES, context_of, printed_names

README = Path(__file__).parents[2] / "templates_docx" / "README.md"


def listed() -> dict[str, str]:
    """Every tag in the tables, with its example."""
    rows = re.findall(r"^\| `\{\{ ([\w.]+) \}\}` \|[^|]*\| ([^|]*) \|$", README.read_text("utf-8"), re.MULTILINE)
    return dict(rows)


def test_every_name_is_listed_and_no_other() -> None:
    assert list(listed()) == [*(f"plan.{name}" for name in PLAN_NAMES), *(f"accion.{name}" for name in ACTION_NAMES)]


def test_the_context_has_the_names_that_templates_are_checked_against() -> None:
    context = context_of(report_of(reference_plan()))
    assert tuple(context.plan) == PLAN_NAMES
    assert tuple(context.acciones[0]) == ACTION_NAMES


def test_the_examples_are_what_the_reference_plan_prints() -> None:
    context = context_of(report_of(reference_plan()))
    printed = {f"plan.{name}": text for name, text in printed_names(context.plan).items()}
    printed |= {f"accion.{name}": text for name, text in printed_names(context.acciones[3]).items()}
    assert listed() == printed
