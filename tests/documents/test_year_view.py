"""The year's documents tell each action's quarters side by side, and why where there is nothing to tell."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from openpyxl import load_workbook

from service.domain.plan import Action
from service.domain.reports import DocumentKind, Report
from service.domain.values import PlainText, Quarter, VersionNumber
from tests.plans import reference_plan, report_of
from worker.documents.template_files import TemplateFiles
from worker.documents.year_view import NO_PROGRESS, NO_REPORT, year_report
from worker.render import render

TEMPLATES = TemplateFiles(Path(__file__).parents[2] / "templates_docx")
ACTIONS = reference_plan().actions
YEAR = (DocumentKind.YEAR_WORD, DocumentKind.YEAR_EXCEL)


def report(quarter: int, actions: tuple[Action, ...] = ACTIONS, version: str = "1.0") -> Report:
    """The report of a quarter of 2024, each action telling its own avance."""
    number = VersionNumber.parse(version)
    assert number is not None
    told = tuple(replace(one, qualitative_progress=PlainText(f"Avance {quarter} de {one.number}.")) for one in actions)
    return report_of(replace(reference_plan(), quarter=Quarter(2024, quarter), version=number, actions=told))


def quarters(view: Report, number: str) -> list[str]:
    return next([text for _, text in one.extras] for one in view.plan.actions if one.number == number)


def written(reports: tuple[Report, ...], kind: DocumentKind) -> bytes:
    return render(reports[-1], kind, TEMPLATES, others=reports).content


def rows_of_word(content: bytes) -> list[list[str]]:
    (table,) = Document(io.BytesIO(content)).tables
    return [[cell.text for cell in row.cells] for row in table.rows]


def test_each_quarter_is_told_by_its_own_report_and_a_missing_one_is_named() -> None:
    view = year_report((report(1), report(3), report(4)))
    assert quarters(view, "2") == ["Avance 1 de 2.", NO_REPORT, "Avance 3 de 2.", "Avance 4 de 2."]
    assert [header for header, _ in view.plan.actions[0].extras] == [
        "I trimestre", "II trimestre", "III trimestre", "IV trimestre",
    ]  # fmt: skip


def test_an_action_that_came_or_went_is_there_with_its_story() -> None:
    first, second, third = report(1, ACTIONS[:9]), report(2, version="2.0"), report(3, ACTIONS[1:], "2.1")
    view = year_report((first, second, third))
    assert [one.number for one in view.plan.actions] == [str(number) for number in range(1, 11)]
    assert quarters(view, "10") == [
        "No estaba en el plan: entró en el II trimestre (versión 2.0).",
        "Avance 2 de 10.",
        "Avance 3 de 10.",
        NO_REPORT,
    ]
    assert quarters(view, "1") == [
        "Avance 1 de 1.", "Avance 2 de 1.", "Ya no está en el plan desde el III trimestre (versión 2.1).", NO_REPORT,
    ]  # fmt: skip


def test_an_action_that_comes_back_keeps_its_story() -> None:
    without = (*ACTIONS[:4], *ACTIONS[5:])
    view = year_report((report(1), report(2, without, "2.0"), report(3, version="3.0")))
    assert quarters(view, "5") == ["Avance 1 de 5.", "No estaba en el plan (versión 2.0).", "Avance 3 de 5.", NO_REPORT]


def test_actions_with_new_numbers_are_the_same_actions() -> None:
    moved = tuple(replace(one, number=PlainText(str(at + 2))) for at, one in enumerate(ACTIONS))
    view = year_report((report(1), report(2, moved)))
    assert quarters(view, "3")[:2] == ["Avance 1 de 2.", "Avance 2 de 3."]
    assert len(view.plan.actions) == len(ACTIONS)


def test_an_empty_avance_says_so() -> None:
    silent = report(1)
    actions = tuple(replace(one, qualitative_progress=None) for one in silent.plan.actions)
    view = year_report((replace(silent, plan=replace(silent.plan, actions=actions)),))
    assert quarters(view, "1") == [NO_PROGRESS, NO_REPORT, NO_REPORT, NO_REPORT]


@pytest.mark.parametrize("wrong", [(), (report(2), report(1)), (report(1), report(1))])
def test_reports_in_another_order_are_refused(wrong: tuple[Report, ...]) -> None:
    with pytest.raises(ValueError, match="oldest first"):
        year_report(wrong)


def test_a_draft_among_them_makes_the_year_a_draft() -> None:
    assert year_report((replace(report(1), is_draft=True), report(2))).is_draft


def test_word_and_excel_hold_every_text_letter_for_letter() -> None:
    reports = (report(1), report(2), report_of(reference_plan()))
    wanted = [[str(one.number), one.action, *quarters(year_report(reports), str(one.number))] for one in ACTIONS]
    in_word = rows_of_word(written(reports, DocumentKind.YEAR_WORD))
    assert in_word[1][4:] == ["I TRIMESTRE", "II TRIMESTRE", "III TRIMESTRE", "IV TRIMESTRE"]
    assert [[row[0], row[1], *row[4:]] for row in in_word[2:]] == wanted
    sheet = load_workbook(io.BytesIO(written(reports, DocumentKind.YEAR_EXCEL))).worksheets[0]
    in_excel = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=7)]
    assert [[str(row[0]), row[1], *row[4:]] for row in in_excel] == wanted
    assert (sheet.freeze_panes, sheet.print_title_rows, sheet.page_setup.fitToHeight) == ("A7", "$1:$6", 0)
    assert all(sheet.row_dimensions[row].height for row in range(7, 17))


def test_texts_longer_than_a_row_or_a_page_are_printed_whole(to_pdf: Callable[[bytes, str], Any]) -> None:
    words = " ".join(f"palabra{at}" for at in range(1_200))
    actions = (replace(ACTIONS[0], qualitative_progress=PlainText(words)), *ACTIONS[1:])
    long = report_of(replace(reference_plan(), quarter=Quarter(2024, 2), actions=actions))
    for kind in YEAR:
        printed = "".join(to_pdf(written((report(1), long), kind), kind.extension).text.split())
        assert all(f"palabra{at}" in printed for at in range(1_200)), kind


def test_the_heading_is_printed_on_every_page_with_its_number(to_pdf: Callable[[bytes, str], Any]) -> None:
    many = tuple(replace(ACTIONS[at % 10], number=PlainText(str(at + 1))) for at in range(40))
    reports = (report_of(replace(reference_plan(), quarter=Quarter(2024, 4), actions=many)),)
    for kind in YEAR:
        pages = to_pdf(written(reports, kind), kind.extension).pages
        assert len(pages) > 1
        for number, page in enumerate(pages, start=1):
            told = " ".join(page.split())
            assert "IV TRIMESTRE" in told
            assert "Seguimiento anual 2024" in told
            assert f"Página {number} de {len(pages)}" in told


@pytest.mark.parametrize("kind", YEAR)
def test_the_same_reports_give_the_same_bytes_and_the_validator_is_silent(
    kind: DocumentKind, validator_errors: Callable[[bytes, str], list[object]]
) -> None:
    reports = (report(1, ACTIONS[:9]), report(2, version="2.0"), replace(report(3), is_draft=True))
    content = written(reports, kind)
    assert written(reports, kind) == content
    assert validator_errors(content, kind.extension) == []
