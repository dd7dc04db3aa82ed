"""Cells that are put right before anything reads them, in every format; and proposals that mend what made them."""

from __future__ import annotations

import contextlib
import datetime as dt
import io
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from service.domain.checks import compare_with_previous
from service.domain.corrections import Correction, proposed
from service.domain.findings import CellRef, FindingCode
from service.domain.office import Office
from service.domain.plan import Action, DraftPlan, Plan
from service.domain.reading import Accepted, Given, Reading, Rejected, Unreadable
from service.domain.values import Quarter, Target
from service.sheets.corrected import correct
from service.sheets.intake import read_plan
from service.sheets.isolated import ReadingRoom
from service.sheets.parsed import Kind, Merge, ParsedSheet, RawCell
from service.sheets.transcript import as_workbook
from tests.corpus.layouts import LAYOUTS
from tests.documents.marked import with_macros
from tests.documents.test_findings_workbook import through_libreoffice
from tests.unit.domain.provoked_by_rules import TOLD, retold, sound
from tests.unit.domain.rules.plans import sound_plan
from tests.unit.domain.rules.test_spoiled_cells import DAMAGES, PLACES, cells_of
from tests.unit.sheets.office import EXAMPLE, LABELS, SHEET, action, office_book, saved

A_DAY = dt.datetime.fromisoformat("2024-03-01")


def fix(cell: str, after: str, before: str | None = None, sheet: str = SHEET) -> Correction:
    return Correction(CellRef(sheet, cell), after, before)


def plan_in(reading: Reading) -> DraftPlan:
    assert not isinstance(reading, Unreadable), reading
    return reading.plan.as_draft()


def first_action(content: bytes, *corrections: Correction, office: Office | None = None) -> Action:
    reading = read_plan(content, Given(corrections=corrections), office or Office())
    return plan_in(reading).actions[0]


def separated() -> bytes:
    headers = ("No.", *LABELS[1:-1], "AVANCE III TRIMESTRE 2024")
    row = ("1", "Formular el proyecto", "Dirección General", "Documento", "Unidad", "cuatro", "31/02/2024")
    row += ("31/12/2024", "Trimestal", "Inversión", TOLD)
    lines = (["PLAN DE ACCIÓN 2024"], ["Objetivo: Especificar los objetivos."], ["Versión 2.0"], headers, row)
    return "\n".join(";".join(map(str, line)) for line in lines).encode()


def as_package() -> bytes:
    return as_workbook(separated())


@pytest.mark.parametrize("extension", ["xlsx", "xls", "ods", "csv"])
def test_a_correction_is_read_as_what_was_typed_in_every_format(extension: str, tmp_path: Path) -> None:
    content = separated() if extension == "csv" else as_package()
    if extension in {"xls", "ods"}:
        content = through_libreoffice(content, tmp_path, extension)
    sheet = plan_in(read_plan(content, Given())).actions[0].source.sheet
    wanted = (("F5", "4"), ("G5", "1/03/2024"), ("I5", "Trimestral"))

    reading = read_plan(content, Given(corrections=tuple(fix(*each, sheet=sheet) for each in wanted)))

    (read,) = plan_in(reading).actions
    assert read.target == Target(Decimal(4))
    assert (read.starts_on, read.periodicity) == (dt.date(2024, 3, 1), "Trimestral")
    assert isinstance(reading, Accepted)
    assert [(one.place.cell, one.before, one.after) for one in reading.corrections] == [
        ("F5", "cuatro", "4"),
        ("G5", "31/02/2024", "1/03/2024"),
        ("I5", "Trimestal", "Trimestral"),
    ]
    # A day that is typed is a day, and nobody asks which is its month.
    assert {each.place.cell for each in reading.findings if each.place} & {"F5", "G5", "I5"} == set()


def test_a_workbook_with_macros_is_corrected_too() -> None:
    assert first_action(with_macros(), fix("F6", "12")).target == Target(Decimal(12))


def test_the_reader_in_its_own_process_corrects_and_tells_what_the_file_has() -> None:
    room = ReadingRoom()
    try:
        reading, as_json = room.read(office_book(), Given(corrections=(fix("F6", "5"),)))
    finally:
        room.close()
    assert isinstance(reading, Accepted)
    assert reading.corrections == (fix("F6", "5", "4"),)
    assert b'"corrections":[{"sheet":"Plan","cell":"F6","before":"4","after":"5"}]' in as_json


def test_checks_run_on_what_was_corrected() -> None:
    wrong = read_plan(office_book([action(1, G=dt.date(2024, 3, 1), H="31/12/204")]), Given())
    right = read_plan(
        office_book([action(1, H="31/12/204")]), Given(corrections=(fix("H6", "1/01/2024"), fix("E6", "Porcentaje")))
    )
    assert FindingCode.DATE_001 in codes(wrong)
    assert FindingCode.DATE_001 not in codes(right)
    assert {FindingCode.DATE_003, FindingCode.TARGET_017} <= codes(right)


def codes(reading: Reading) -> set[FindingCode]:
    return {finding.code for finding in reading.findings}


def test_an_empty_cell_of_the_table_is_filled_and_a_filled_one_emptied() -> None:
    content = office_book([action(1, K=None), action(2), ["Nota al pie"]])
    reading = read_plan(content, Given(corrections=(fix("K6", TOLD), fix("A8", ""))))
    assert plan_in(reading).actions[0].qualitative_progress == TOLD
    assert FindingCode.ROW_003 in codes(read_plan(content, Given()))
    assert FindingCode.ROW_003 not in codes(reading)
    assert isinstance(reading, Accepted)
    assert reading.corrections == (fix("K6", TOLD, ""), fix("A8", "", "Nota al pie"))


def test_titles_and_headers_are_cells_like_any_other() -> None:
    content = office_book(edit=lambda sheet: sheet.cell(5, 4, "ABC"))
    assert FindingCode.COLUMN_001 in codes(read_plan(content, Given()))
    reading = read_plan(content, Given(corrections=(fix("D5", "INDICADOR"), fix("A3", "Versión 3.0"))))
    assert isinstance(reading, Accepted)
    assert str(reading.plan.version) == "3.0"


def test_a_merged_cell_is_corrected_where_it_begins() -> None:
    def merge(sheet: Worksheet) -> None:
        sheet.merge_cells("C6:C7")

    content = office_book([action(1, C="Direcion General"), action(2, C=None)], merge)
    reading = read_plan(content, Given(corrections=(fix("C7", "Dirección General"),)))
    assert [each.lead for each in plan_in(reading).actions] == ["Dirección General"] * 2
    assert isinstance(reading, Accepted)
    assert reading.corrections == (fix("C6", "Dirección General", "Direcion General"),)


def test_of_two_corrections_of_one_cell_the_later_is_made() -> None:
    assert first_action(office_book(), fix("F6", "5"), fix("F6", "6")).target == Target(Decimal(6))


@pytest.mark.parametrize(
    ("correction", "said"),
    [
        (fix("G7", "x", sheet="Otra"), "No se pudo corregir la celda G7 de la hoja «Otra»"),
        (fix("L6", "x"), "la celda L6 de la hoja «Plan»: el libro no tiene esa celda"),
        (fix("F8", "x"), "la celda F8"),
        (fix("XFE1", "x"), "la celda XFE1"),
        (fix("A0", "x"), "la celda A0"),
        (fix("A9999999", "x"), "la celda A9999999"),
        (fix("F6", "5", before="3"), "No se corrigió la celda F6 de la hoja «Plan»: ya no dice «3», sino «4»."),
        (fix("G6", "5", before="1/04/2024"), "ya no dice «1/04/2024», sino «1/03/2024»."),
    ],
)
def test_a_cell_that_is_not_there_or_says_something_else_is_named_and_nothing_is_corrected(
    correction: Correction, said: str
) -> None:
    reading = read_plan(office_book(), Given(corrections=(fix("I6", "Anual"), correction)))
    assert isinstance(reading, Unreadable)
    (finding,) = reading.findings
    assert finding.place == correction.place
    assert said in finding.message


def test_what_a_cell_said_is_known_whatever_its_blanks_and_accents_are_made_of() -> None:
    content = office_book([action(1, C="Subdirección  de\nPlaneación")])
    decomposed = "Subdireccio\u0301n de Planeación"
    assert first_action(content, fix("C6", "Dirección General", before=decomposed)).lead == "Dirección General"


def test_a_number_is_shown_as_its_cell_shows_numbers() -> None:
    sheet = ParsedSheet("Plan", {1: (RawCell(1, 1, Kind.GROUPED, "1500"), RawCell(1, 2, Kind.PERCENTAGE, "0.25"))})
    put = correct((sheet,), (fix("A1", "2000"), fix("B1", "30")))
    assert put.sheets[0].rows[1] == (RawCell(1, 1, Kind.GROUPED, "2000"), RawCell(1, 2, Kind.NUMBER, "30"))


def test_rows_stay_in_their_order_and_the_sheets_that_nobody_corrects_are_the_same_ones() -> None:
    one = ParsedSheet("Uno", {1: (RawCell(1, 2, Kind.TEXT, "b"),), 4: (RawCell(4, 1, Kind.TEXT, "a"),)})
    other = ParsedSheet("Dos", {1: (RawCell(1, 1, Kind.TEXT, "c"),)}, (Merge(1, 1, 1, 2),))
    put = correct((one, other), (fix("A2", "x", sheet="Uno"), fix("A1", "y", sheet="Uno"), fix("B1", "", sheet="Uno")))
    assert list(put.sheets[0].rows) == [1, 2, 4]
    assert [cell.text for cell in put.sheets[0].rows[1]] == ["y"]
    assert put.sheets[1] is other


# Every code that proposes a value: the proposal, applied, leaves nothing of it to say.


def read_again(content: bytes) -> Callable[[tuple[Correction, ...]], Reading]:
    return lambda corrections: read_plan(content, Given(corrections=corrections))


def row(**changes: object) -> Callable[[tuple[Correction, ...]], Reading]:
    return read_again(office_book([sound(1, **changes), sound(2)]))


def told(text: str) -> Callable[[tuple[Correction, ...]], Reading]:
    return row(K=text)


def against(**changes: object) -> Callable[[tuple[Correction, ...]], Reading]:
    """Beside a report that approved the plan without these changes of its first action."""

    def reading(corrections: tuple[Correction, ...]) -> Reading:
        sound_one = read_plan(office_book([sound(1), sound(2)]), Given())
        assert isinstance(sound_one, Accepted)
        before: Plan = retold(replace(sound_one.plan, quarter=Quarter(2024, 2)))
        now = read_plan(office_book([sound(1, **changes), sound(2)]), Given(corrections=corrections))
        draft = plan_in(now)
        assert isinstance(now, Accepted | Rejected)
        found = compare_with_previous(draft, now.mapping, before, Office(), read=now.findings)
        return Rejected(draft, now.mapping, found)

    return reading


def with_extras(*columns: tuple[str, object]) -> Callable[[tuple[Correction, ...]], Reading]:
    content: list[bytes] = []

    def edit(sheet: Worksheet) -> None:
        for index, (header, value) in enumerate(columns, start=12):
            sheet.cell(5, index, header)
            sheet.cell(6, index, value)

    content.append(office_book([sound(1), sound(2)], edit))
    return read_again(content[0])


def half_a_version(sheet: Worksheet) -> None:
    sheet["A3"] = "Versión 2"


PERCENT = {"E": "Porcentaje", "K": TOLD}
PROPOSALS: dict[str, tuple[FindingCode, Callable[[tuple[Correction, ...]], Reading]]] = {
    "PLAN_024": (FindingCode.PLAN_024, read_again(office_book(edit=half_a_version))),
    "TEXT_011": (FindingCode.TEXT_011, told(f"{TOLD[:-1]} de la RMB")),
    "TEXT_011 in a text that needs no stop": (FindingCode.TEXT_011, row(B="Formular el proyecto de la RMB")),
    "TEXT_014": (FindingCode.TEXT_014, told(TOLD[:-1])),
    "TEXT_015": (FindingCode.TEXT_015, told(TOLD.replace("se entregaron", "se  entregaron"))),
    "TEXT_015 in a name": (FindingCode.TEXT_015, row(E="Unidad  de obra")),
    "TEXT_016": (FindingCode.TEXT_016, told(TOLD.replace("documentos", "docu\u00admentos"))),
    "TEXT_017": (FindingCode.TEXT_017, told(TOLD.replace("documentos", "docu-\nmentos"))),
    "TEXT_021": (FindingCode.TEXT_021, told(TOLD.replace("del proyecto", "de la RMCB"))),
    "TARGET_016": (FindingCode.TARGET_016, row(F=0.25, **PERCENT)),
    "TARGET_016 of a third": (FindingCode.TARGET_016, row(F=1 / 3, **PERCENT)),
    "TARGET_017": (FindingCode.TARGET_017, row(F=25, **PERCENT)),
    "TARGET_018": (FindingCode.TARGET_018, row(E="Kilómetro", F=10_000 / 3)),
    "PERIODICITY_001": (FindingCode.PERIODICITY_001, row(I="Trimestal")),
    "FUNDING_001": (FindingCode.FUNDING_001, row(J="Inverción")),
    "FUNDING_001 of a mixed one": (FindingCode.FUNDING_001, row(J="funcionamiento y inversion")),
    "LEAD_001": (FindingCode.LEAD_001, row(C="Subdireccion de Gestión de Proyectos")),
    "LEAD_002": (FindingCode.LEAD_002, row(C="Dirección General Subdirección de Gestión de Proyectos")),
    "QUARTER_001": (FindingCode.QUARTER_001, told(TOLD.replace("tercer", "segundo"))),
    "QUARTER_002": (FindingCode.QUARTER_002, told(TOLD.replace("2024", "2023"))),
    "QUANTITY_003": (FindingCode.QUANTITY_003, with_extras(("Ejecutado", 2), ("Porcentaje de avance", "75 %"))),
    "QUANTITY_003 of a share": (FindingCode.QUANTITY_003, with_extras(("Ejecutado", 1), ("% de avance", 0.75))),
    "CHANGE_001 of a name": (FindingCode.CHANGE_001, against(E="Documento")),
    "CHANGE_001 of a number": (FindingCode.CHANGE_001, against(F=8)),
    "CHANGE_001 of a day": (FindingCode.CHANGE_001, against(H=dt.date(2024, 11, 30))),
    "CHANGE_001 of an emptied cell": (FindingCode.CHANGE_001, against(D=None)),
}  # fmt: skip


@pytest.mark.parametrize("name", PROPOSALS)
def test_a_proposal_that_is_applied_leaves_nothing_of_its_finding(name: str) -> None:
    code, read = PROPOSALS[name]
    found = [finding for finding in read(()).findings if finding.code is code]
    assert found, [finding.code for finding in read(()).findings]
    assert all(finding.can_be_applied for finding in found)

    after = read(proposed(found))

    assert [finding for finding in after.findings if finding.code is code] == []


def test_the_table_of_proposals_has_every_code_that_makes_one() -> None:
    """Whatever the corpus and the catalogue's own provocations make a proposal for stands in the table."""
    from tests.unit.domain.test_findings import PROVOKED  # noqa: PLC0415 - it builds every workbook of the catalogue

    readings = [provoke() for code, (provoke, _) in PROVOKED.items() if not code.name.startswith("FILE_")]
    readings += [read_plan(layout.build(), layout.given) for layout in LAYOUTS.values()]
    offered = {each.code for reading in readings for each in reading.findings if each.can_be_applied}
    assert offered == {code for code, _ in PROPOSALS.values()}


@settings(max_examples=120, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(PLACES), st.integers(0, 3)), min_size=1, max_size=3), st.integers(0, 1_000))
def test_whatever_is_offered_for_spoiled_cells_mends_what_it_is_offered_for(
    spoiled: list[tuple[tuple[str, str], int]], seed: int
) -> None:
    rows = cells_of(sound_plan(4, seed))
    for (damage, column), at in spoiled:
        index = "ABCDEFGHIJK".index(column)
        with contextlib.suppress(AttributeError, TypeError, ValueError):  # spoiled already
            rows[at][index] = DAMAGES[damage][1](rows[at][index])
    content = office_book(rows)
    for offered in read_plan(content, Given()).findings:
        if offered.can_be_applied:
            after = read_plan(content, Given(corrections=proposed([offered])))
            left = [each for each in after.findings if (each.code, each.place) == (offered.code, offered.place)]
            assert left == [], (offered, left)


def test_a_proposal_is_not_made_to_a_finding_that_it_leaves_standing() -> None:
    dangling = f"{TOLD[:-1]}  de la"
    proposals = {each.code: each.proposal for each in read_plan(office_book([sound(1, K=dangling)]), Given()).findings}
    assert proposals[FindingCode.TEXT_015] == f"{TOLD[:-1]} de la"
    assert proposals[FindingCode.TEXT_014] is None
    assert proposals[FindingCode.TEXT_012] is None

    tiny = read_plan(office_book([sound(1, E="Kilómetro", F=0.00123456)]), Given())
    assert [each.proposal for each in tiny.findings if each.code is FindingCode.TARGET_018] == [None]

    two = TOLD.replace("tercer trimestre de 2024", "segundo trimestre de 2024") + " A corte de junio se publicaron."
    found = read_plan(office_book([sound(1, K=two)]), Given()).findings
    assert [each.can_be_applied for each in found if each.code is FindingCode.QUARTER_001] == [False]


def test_units_with_commas_and_slashes_in_their_names_are_written_as_proposed() -> None:
    office = Office(units=("Oficina de Prensa / Radio", "Oficina de Agua, Aire y Suelo", "Dirección General"))
    content = office_book(
        [sound(1, C="oficina de prensa radio oficina de agua aire suelo"), sound(2, C=office.units[2])]
    )
    (found,) = (each for each in read_plan(content, Given(), office).findings if each.code.name.startswith("LEAD_"))
    after = read_plan(content, Given(corrections=proposed([found])), office)
    assert [each for each in after.findings if each.code.name.startswith("LEAD_")] == []


def test_the_example_with_everything_applied_has_nothing_left_to_apply() -> None:
    book = load_workbook(EXAMPLE)
    sheet = book.worksheets[0]
    sheet["I7"], sheet["J8"] = "Trimestal", "Inverción"
    sheet["K6"] = (
        str(sheet["K6"].value).replace("tercer  trimestre", "segundo trimestre").replace("tercer", "segundo  ")
    )
    content = saved(book)
    offered = [each for each in read_plan(content, Given()).findings if each.can_be_applied]
    assert len(offered) > 3

    reading = read_plan(content, Given(corrections=proposed(offered)))

    assert [each for each in reading.findings if each.can_be_applied] == []
    assert isinstance(reading, Accepted)


def test_a_copy_of_another_format_has_the_corrected_values() -> None:
    sheet = plan_in(read_plan(separated(), Given())).actions[0].source.sheet
    corrections = (
        fix("F5", "4", sheet=sheet),
        fix("G5", "1/03/2024", sheet=sheet),
        fix("I5", "Trimestral", sheet=sheet),
    )
    copied = load_workbook(io.BytesIO(as_workbook(separated(), corrections))).worksheets[0]
    assert (copied["F5"].value, copied["G5"].value, copied["I5"].value) == (4, A_DAY, "Trimestral")
