from __future__ import annotations

import pytest

from service.domain.findings import CellRef, FindingCode
from service.domain.reading import Given
from service.sheets.intake import read_plan
from service.sheets.page_texts import page_lines
from service.sheets.workbook import read_workbook
from tests.unit.sheets.office import action, office_book


@pytest.mark.parametrize(
    ("coded", "lines"),
    [
        ("&LPlan de acción&CObjetivo&RVersión 1.0", ("Plan de acción", "Objetivo", "Versión 1.0")),
        ('&C&"Arial,Bold"&12 Plan &&Asociados&K1F3864 2025', ("Plan &Asociados 2025",)),
        ("&K04-024&BPlan&B &Ude&U acción", ("Plan de acción",)),
        ("&LUna línea\r\nOtra\n\n&G&R&P", ("Una línea", "Otra")),
        ("&L&A&C&F&R&D &T", ()),
        ("Sin códigos", ("Sin códigos",)),
        ("&&LPlan", ("&LPlan",)),
        ("Plan&", ("Plan&",)),
        ("", ()),
    ],
)
def test_codes_become_the_lines_that_are_printed(coded: str, lines: tuple[str, ...]) -> None:
    assert page_lines([coded]) == lines


def test_what_headers_and_footers_share_is_there_once() -> None:
    assert page_lines(["&LPlan&RVersión 1.0", "&CPlan", "&L"]) == ("Plan", "Versión 1.0")


def book(header: str, *, title: str | None = None, objective: str | None = None, version: str | None = None) -> bytes:
    """A plan whose cells say these things above the table, and its page the header."""

    def edit(sheet: object) -> None:
        for cell, text in (("A1", title), ("A2", objective), ("A3", version)):
            sheet[cell] = text  # type: ignore[index]
        sheet.oddHeader.center.text = header  # type: ignore[attr-defined]

    return office_book([action(1), action(2)], edit)


def test_cells_win_over_the_page_and_nothing_is_said_of_it() -> None:
    content = book(
        "Plan de acción 2019 Objetivo: Otro. Versión 9.9 I TRIMESTRE",
        title="PLAN DE ACCIÓN 2024",
        objective="Objetivo: Crecer.",
        version="Versión 2.0",
    )
    reading = read_plan(content, Given())
    quiet = read_plan(
        book("", title="PLAN DE ACCIÓN 2024", objective="Objetivo: Crecer.", version="Versión 2.0"), Given()
    )
    assert reading == quiet


def test_half_a_version_on_the_page_is_the_forms_own() -> None:
    findings = read_plan(
        book("Versión 3", title="PLAN DE ACCIÓN 2024", objective="Objetivo: Crecer."), Given()
    ).findings
    assert FindingCode.PLAN_003 in {finding.code for finding in findings}
    assert FindingCode.PLAN_024 not in {finding.code for finding in findings}


def test_what_is_wrong_on_the_page_is_told_of_the_sheet_and_its_page() -> None:
    content = book("Objetivo: " + "Crecer mucho. " * 14, title="PLAN DE ACCIÓN 2024", version="Versión 2.0")
    (sheet,) = read_workbook(content)
    assert sheet.page_lines == (("Objetivo: " + "Crecer mucho. " * 14).strip(),)
    spoiled = book("Objetivo: Crecer\u202e mucho.", title="PLAN DE ACCIÓN 2024", version="Versión 2.0")
    (finding,) = (each for each in read_plan(spoiled, Given()).findings if each.code is FindingCode.TEXT_001)
    assert (finding.place, finding.column) == (CellRef("Plan"), "Encabezado o pie de página")
