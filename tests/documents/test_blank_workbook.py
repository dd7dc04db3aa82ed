"""The empty workbook that offices begin with: filled in, it is read; empty, it is asked for by name."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable

import pytest
from openpyxl import Workbook, load_workbook

from service.domain.findings import FindingCode, Severity
from service.domain.office import Office
from service.domain.reading import Accepted, Given
from service.sheets.blank import FIRST_ROW, LAST_ROW, PLAN_SHEET, blank_workbook
from service.sheets.intake import read_plan

Errors = Callable[[bytes, str], list[object]]

OFFICE = Office()
ROW = [
    1, "Formular el plan de movilidad de la región", OFFICE.units[2], "Plan de movilidad formulado", "Unidad", 4,
    dt.date(2025, 3, 1), dt.date(2025, 12, 31), "Trimestral", "Inversión",
    "Durante el segundo trimestre de 2025 se formularon 2 de los 4 capítulos del plan de movilidad.",
]  # fmt: skip


def opened(year: int = 2025, office: Office = OFFICE) -> Workbook:
    return load_workbook(io.BytesIO(blank_workbook(year, office)))


def saved(book: Workbook) -> bytes:
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def with_actions(book: Workbook, count: int = 3) -> Workbook:
    for number in range(1, count + 1):
        texts = [
            number,
            f"{ROW[1]}, etapa {number} de {count} {'ABC'[number - 1] * 9}",
            *ROW[2:10],
            f"{ROW[10]} {number}.",
        ]
        for column, value in enumerate(texts, start=1):
            book[PLAN_SHEET].cell(FIRST_ROW + number - 1, column, value)
    return book


def test_a_blank_that_was_filled_in_is_read_without_an_error() -> None:
    book = with_actions(opened())
    sheet = book[PLAN_SHEET]
    sheet["A2"], sheet["A3"], sheet["K4"] = "Objetivo: Mover la región.", "Versión 1.0", "SEGUIMIENTO II TRIMESTRE 2025"
    reading = read_plan(saved(book), Given())
    assert isinstance(reading, Accepted), reading.findings
    assert (reading.plan.year, reading.plan.quarter.roman, str(reading.plan.version)) == (2025, "II", "1.0")
    assert (reading.plan.title, reading.plan.objective) == ("PLAN DE ACCIÓN 2025", "Mover la región.")
    first = reading.plan.actions[0]
    assert (first.lead, first.unit, first.ends_on) == (ROW[2], "Unidad", dt.date(2025, 12, 31))
    assert not [finding for finding in reading.findings if finding.severity is Severity.ERROR]


def test_what_only_the_office_knows_is_asked_for_by_name() -> None:
    reading = read_plan(saved(with_actions(opened())), Given())
    codes = {finding.code for finding in reading.findings if finding.severity is Severity.ERROR}
    assert codes == {FindingCode.PLAN_002, FindingCode.PLAN_003, FindingCode.PLAN_005}


def test_a_blank_without_actions_says_that_it_has_none() -> None:
    reading = read_plan(blank_workbook(2025, OFFICE), Given())
    assert FindingCode.TABLE_004 in {finding.code for finding in reading.findings}


def test_the_lists_offer_the_words_of_the_office() -> None:
    office = Office(
        units=("Secretaría de Hacienda", "Secretaría de Salud"),
        periodicities=("Semanal",),
        measurement_units=("Kilómetro",),
    )
    book = opened(office=office)
    sheet, words = book[PLAN_SHEET], book["Listas"]
    lists = {str(one.sqref): str(one.formula1) for one in sheet.data_validations.dataValidation if one.type == "list"}
    assert lists[f"C{FIRST_ROW}:C{LAST_ROW}"] == "lista_responsables"
    assert set(lists) >= {f"{letter}{FIRST_ROW}:{letter}{LAST_ROW}" for letter in "CEIJ"} | {"K4"}
    area = book.defined_names["lista_responsables"].attr_text
    assert area == "Listas!$B$1:$B$2"
    assert (words["B1"].value, words["B2"].value, words["D1"].value) == (*office.units, "Semanal")
    assert words["C1"].value == "Kilómetro"
    assert words.sheet_state == "hidden"
    free = {str(one.sqref) for one in sheet.data_validations.dataValidation if not one.showErrorMessage}
    assert free >= {f"{letter}{FIRST_ROW}:{letter}{LAST_ROW}" for letter in "CE"}


def test_dates_are_checked_against_the_year_and_shown_as_the_plan_prints_them() -> None:
    sheet = opened(2026)[PLAN_SHEET]
    dates = {str(one.sqref): one for one in sheet.data_validations.dataValidation if one.type == "date"}
    assert (dates["G6:G505"].formula1, dates["G6:G505"].formula2) == ("DATE(2026,1,1)", "DATE(2026,12,31)")
    assert dates["H6:H505"].formula1 == "$G6"
    assert sheet["G6"].number_format == sheet["H6"].number_format == "d/mm/yyyy"
    assert sheet["A1"].value == "PLAN DE ACCIÓN 2026"


def test_the_instructions_name_every_column() -> None:
    book = opened()
    said = {cell.value for row in book["Instrucciones"].iter_rows() for cell in row}
    assert {cell.value for cell in book[PLAN_SHEET][5] if cell.value} <= said


@pytest.mark.parametrize("year", [2025, 2030])
def test_the_same_year_gives_the_same_bytes(year: int) -> None:
    assert blank_workbook(year, OFFICE) == blank_workbook(year, OFFICE)


def test_the_validator_of_open_xml_finds_nothing_wrong(validator_errors: Errors) -> None:
    assert validator_errors(blank_workbook(2025, OFFICE), "xlsx") == []
