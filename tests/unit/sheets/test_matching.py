"""Headers to fields: names, near names, what the person says; and the one clear question when it cannot be known."""

from __future__ import annotations

import io

import pytest
from openpyxl import load_workbook

from service.domain.archive import reading_from_json, reading_to_json
from service.domain.findings import FindingCode, Severity
from service.domain.reading import Accepted, Given, Reading, Rejected
from service.sheets.closeness import closest_field
from service.sheets.intake import read_plan
from service.sheets.wording import period_in, quarter_in
from tests.corpus.layouts import LABELS, LAYOUTS, ROWS, book_of, changed, head, lay, saved


def book(labels: list[str], rows: object = ROWS, lines: tuple[str, ...] | None = None) -> bytes:
    made, sheet = book_of()
    row = head(sheet) if lines is None else head(sheet, lines=lines)
    lay(sheet, [labels, *rows], row=row)  # type: ignore[misc]  # rows of cells
    return saved(made)


def errors(reading: Reading) -> list[FindingCode]:
    return [finding.code for finding in reading.findings if finding.severity is Severity.ERROR]


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("RESPONSBLE", "lead"),
        ("Dependencia o área responsable de la ejecución", "lead"),
        ("Fecha de inicio de la actividad", "starts_on"),
        ("Meta del indicador programada", "target"),
        ("ACCIONPROGRAMA O PROYECTO ESTRATEGICO", "action"),
        ("Avances cualitativos del III trimestre", "qualitative_progress"),
        ("Fuente de los recursos de inversión", "funding_source"),
    ],
)
def test_a_header_is_taken_for_the_field_it_nearly_names(header: str, field: str) -> None:
    near = closest_field(header)
    assert near is not None
    assert near[0] == field


@pytest.mark.parametrize(
    "header",
    ["AVANCE CUANTITATIVO", "Fuente de verificación", "Fórmula del indicador", "Tipo de indicador", "Código BPIN",
     "Presupuesto asignado", "% de ejecución presupuestal", "Población beneficiada", "x" * 300, "", "¿?"],
)  # fmt: skip
def test_what_offices_keep_beside_a_plan_is_taken_for_none_of_its_fields(header: str) -> None:
    assert closest_field(header) is None


@pytest.mark.parametrize(
    ("text", "months"),
    [("III TRIMESTRE 2025", (7, 9)), ("Trimestre No. 2", (4, 6)), ("T4", (10, 12)), ("4T", (10, 12)), ("BIM 4", (7, 8)),
     ("sexto bimestre", (11, 12)), ("II semestre", (7, 12)), ("Abril - Junio", (4, 6)), ("Julio-Sept.", (7, 9)),
     ("Oct.-Dic.", (10, 12)), ("MARZO", (3, 3)), ("META", None), ("Bimestral", None)],
)  # fmt: skip
def test_a_header_says_the_months_it_reports(text: str, months: tuple[int, int] | None) -> None:
    assert period_in(text) == months


@pytest.mark.parametrize(
    ("text", "quarter"),
    [("SEGUIMIENTO JULIO - SEPTIEMBRE DE 2025", 3), ("Avance con corte a 30 de junio", 2), ("enero a junio", None),
     ("15 de octubre de 2025", None), ("primer trimestre", 1), ("Q3", 3)],
)  # fmt: skip
def test_a_title_names_a_quarter_only_when_it_speaks_of_one(text: str, quarter: int | None) -> None:
    assert quarter_in(text) == quarter


def test_what_the_person_says_of_a_column_wins_over_its_name() -> None:
    swapped = Given(mapping=(("RESPONSABLE", "indicator"), ("D", "lead")))
    reading = read_plan(book(list(LABELS)), swapped)
    assert isinstance(reading, Accepted)
    assert (reading.plan.actions[0].lead, reading.plan.actions[0].indicator) == (ROWS[0][3], ROWS[0][2])


def test_a_column_that_the_person_says_holds_nothing_of_the_plan_travels_as_an_extra() -> None:
    reading = read_plan(book(list(LABELS)), Given(mapping=(("META", ""),)))
    assert isinstance(reading, Rejected)
    assert errors(reading) == [FindingCode.COLUMN_001]
    assert dict(reading.plan.actions[0].extras) == {"META": "1"}


def test_a_mapping_remembered_for_a_layout_is_offered_to_the_same_form_of_another_quarter() -> None:
    labels = list(LABELS)
    first = read_plan(book(labels), Given())
    labels[10] = "AVANCE III TRIMESTRE 2026"
    other = read_plan(book(labels, lines=("PLAN DE ACCIÓN 2026", "Objetivo: Otro.", "Versión 3.0")), Given())
    moved = read_plan(book([LABELS[1], LABELS[0], *LABELS[2:]]), Given())
    assert isinstance(first, Accepted)
    assert isinstance(other, Rejected)  # its texts and dates are still last year's
    assert isinstance(moved, Accepted)
    assert first.layout == other.layout != moved.layout
    assert len(first.layout) == 64


def test_several_quarters_and_none_asked_for_is_one_question() -> None:
    reading = read_plan(LAYOUTS["cuatro_trimestres"].build(), Given())
    assert isinstance(reading, Rejected)
    assert errors(reading) == [FindingCode.PLAN_011]
    assert "I trimestre, II trimestre, III trimestre y IV trimestre" in reading.findings[0].message
    assert len(reading.plan.actions) == 3


def test_of_several_quarters_the_only_one_that_is_filled_needs_no_question() -> None:
    content = io.BytesIO(LAYOUTS["cuatro_trimestres"].build())
    made = load_workbook(content)
    for row in (6, 7, 8):
        made.worksheets[0].cell(row, 12).value = None
    reading = read_plan(saved(made), Given())
    assert isinstance(reading, Accepted)
    assert reading.plan.quarter.number == 2


def test_sheets_of_one_plan_keep_the_columns_of_each_and_survive_their_json() -> None:
    made, sheet = book_of("Uno")
    lay(sheet, [LABELS, ROWS[0]], row=head(sheet))
    other = made.create_sheet("Dos")
    order = (1, 0, *range(2, 11))
    lay(other, [[line[at] for at in order] for line in (LABELS, ROWS[1])], row=head(other))
    reading = read_plan(saved(made), Given())
    assert isinstance(reading, Accepted)
    numbers = {column.sheet: column.column for column in reading.mapping if column.field == "number"}
    assert numbers == {"Uno": "A", "Dos": "B"}
    kept = reading_to_json(reading)
    assert [table["sheet"] for table in kept["tables"]] == ["Uno", "Dos"]
    assert reading_from_json(kept) == reading


def test_the_file_itself_says_how_it_writes_numbers() -> None:
    for evidence, shown in (("12,5", "1.200"), ("12.5", "1,2")):
        rows = [changed(0, F=evidence), changed(1, F="1.200"), ROWS[2]]
        reading = read_plan(book(list(LABELS), rows), Given())
        assert isinstance(reading, Accepted)
        target = reading.plan.actions[1].target
        assert target is not None
        assert target.printed == shown
        assert FindingCode.TARGET_004 not in {finding.code for finding in reading.findings}


def test_numbered_parts_over_their_actions_are_sections_and_no_actions_without_cells() -> None:
    rows = [[1, "Gobierno cercano"], changed(0, A="1.1"), changed(1, A="1.2"), [2, "Gestión"], changed(2, A="2.1")]
    reading = read_plan(book(list(LABELS), rows), Given())
    assert isinstance(reading, Accepted)
    assert [str(action.number) for action in reading.plan.actions] == ["1.1", "1.2", "2.1"]
    assert [finding.value for finding in reading.findings if finding.code is FindingCode.ROW_006] == [
        "1 · Gobierno cercano | 2 · Gestión"
    ]
