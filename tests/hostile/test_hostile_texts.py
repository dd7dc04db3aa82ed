"""What somebody types into a plan never runs where a document is opened: no writer makes a formula or a link of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

import pytest

from service.domain.reading import Given, Unreadable
from service.domain.reports import DocumentKind
from service.sheets.intake import read_plan
from service.web.csv_files import csv_file
from tests.documents.marked import OFFICE, members
from tests.fuzz.targets import TEMPLATES
from tests.hostile.books import in_sheet
from tests.plans import report_of
from worker.documents.context import context_of
from worker.documents.findings_workbook import render_findings_workbook
from worker.documents.next_quarter import render_next_quarter
from worker.documents.open_data import csv_of
from worker.documents.template_files import compile_template
from worker.uploads import as_corrected_workbook

TEXTS: Final = (
    "=cmd|'/c calc'!A0",
    "=HYPERLINK(B1,C1)",
    "+1+cmd|'/c calc'!A0",
    "-2+3+cmd|'/c calc'!A0",
    "@SUM(1+1)*cmd|'/c calc'!A0",
    "\uff1d1+1",
    "{{ plan.titulo }}{% for x in acciones %}",
)
FORMULA: Final = re.compile(rb"<(?:\w+:)?(?:f|formula1?|definedName)\b[^>]*>([^<]*)<")


def workbooks(text: str) -> dict[str, bytes]:
    """Every workbook that is made of a plan, or of an upload, in which somebody typed the text."""
    upload = in_sheet("Documento elaborado", text.replace("<", "&lt;"))
    reading = read_plan(upload, Given())
    assert not isinstance(reading, Unreadable)
    report = report_of(reading.plan)  # type: ignore[arg-type]  # nothing is missing in it
    assert text in {action.indicator for action in report.plan.actions}
    places = [action.source for action in reading.plan.actions]
    package = as_corrected_workbook(upload, ())
    template = compile_template(DocumentKind.EXCEL, (TEMPLATES / "plan_de_accion.xlsx").read_bytes())
    return {
        "official": template.fill(context_of(report)),
        "findings": render_findings_workbook(package, reading.findings, OFFICE, reading.mapping, places),
        "next quarter": render_next_quarter(package, report, reading.mapping),
    }


@pytest.mark.parametrize("text", TEXTS)
def test_no_text_becomes_a_formula_in_any_workbook(text: str) -> None:
    for name, content in workbooks(text).items():
        parts = members(content)
        formulas = [found for part in parts.values() for found in FORMULA.findall(part)]
        assert [each for each in formulas if b"cmd" in each or b"1+1" in each or b"HYPERLINK(B1" in each] == [], name
        assert any(text[1:].encode() in part for part in parts.values()), name


def _open_data(text: str) -> bytes:
    reading = read_plan(in_sheet("Documento elaborado", text), Given())
    assert not isinstance(reading, Unreadable)
    return csv_of(report_of(reading.plan))  # type: ignore[arg-type]  # nothing is missing in it


@pytest.mark.parametrize("text", TEXTS[:-1])
@pytest.mark.parametrize("written", [lambda text: csv_file(["a"], [[text]]), _open_data])
def test_in_csv_an_apostrophe_stands_before_it(text: str, written: Callable[[str], bytes]) -> None:
    assert f"'{text}" in written(text).decode("utf-8-sig").replace('"', "")
