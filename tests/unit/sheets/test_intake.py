from __future__ import annotations

import datetime as dt
import io
import json
import re
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook
from openpyxl.cell.cell import ERROR_CODES
from openpyxl.worksheet.worksheet import Worksheet

from service.domain.archive import plan_to_json, reading_from_json, reading_to_json
from service.domain.findings import Finding, FindingCode, has_errors
from service.domain.progress import Progress, Stage
from service.domain.reading import Accepted, Given, Reading, Rejected, Unreadable
from service.domain.values import PlainText, UnacceptableText, VersionNumber
from service.sheets.columns import COLUMNS
from service.sheets.intake import read_plan
from service.sheets.parsed import address
from tests.corpus.layouts import LAYOUTS
from tests.plans import printed_rows, reference_plan, reference_rows
from tests.unit.sheets.office import EXAMPLE, EXAMPLE_BY_PAGES, GROUPS, LABELS, action, office_book, raw_book, saved

TEXT_COLUMNS = "BCDEIJK"


def accepted(content: bytes, given_: Given = Given()) -> Accepted:  # noqa: B008  frozen
    reading = read_plan(content, given_)
    assert isinstance(reading, Accepted), [finding.message for finding in reading.findings]
    return reading


def rejected(content: bytes) -> Rejected:
    reading = read_plan(content, Given())
    assert isinstance(reading, Rejected)
    return reading


RULES = re.compile(
    r"\w+_0[12]\d|(?:PERIODICITY|FUNDING|LEAD|PROGRESS|QUARTER|FIGURE|QUANTITY|BUDGET|EVIDENCE|PRIVACY)_\d+"
)
OF_THE_READER = {"FILE_010", "FILE_011", "FILE_012", "TABLE_010", "PLAN_010", "PLAN_011", "PLAN_012"}


def of_the_reader(reading: Reading) -> list[Finding]:
    """What the reader itself says; what the rules say of the values is tested with them."""
    names = [(finding, finding.code.name) for finding in reading.findings]
    return [finding for finding, name in names if name in OF_THE_READER or not RULES.fullmatch(name)]


def where(reading: Reading) -> list[tuple[FindingCode, str]]:
    return [(finding.code, finding.place.cell if finding.place else "") for finding in of_the_reader(reading)]


@pytest.mark.parametrize("path", [EXAMPLE, EXAMPLE_BY_PAGES], ids=["plain", "by pages"])
def test_the_example_is_the_reference_letter_for_letter(path: Any) -> None:
    reading = accepted(path.read_bytes())
    assert of_the_reader(reading) == []
    assert printed_rows(reading.plan) == reference_rows()
    reference = reference_plan()
    assert (reading.plan.quarter, reading.plan.version) == (reference.quarter, reference.version)
    assert (reading.plan.title, reading.plan.objective) == (reference.title, reference.objective)


def test_both_examples_are_one_plan() -> None:
    def without_places(path: Any) -> Any:
        plan = plan_to_json(accepted(path.read_bytes()).plan.as_draft())
        return plan | {"actions": [{**action_, "source": None} for action_ in plan["actions"]]}

    assert without_places(EXAMPLE) == without_places(EXAMPLE_BY_PAGES)


def test_the_mapping_says_where_each_field_was_read() -> None:
    mapping = accepted(EXAMPLE.read_bytes()).mapping
    assert [column.column for column in mapping] == list("ABCDEFGHIJK")
    assert [column.field for column in mapping] == [column.field for column in COLUMNS]
    assert mapping[0].header == "No."
    assert mapping[8].header == "SEGUIMIENTO"
    assert {column.sheet for column in mapping} == {"Plan de acción"}


def test_a_reading_survives_its_json() -> None:
    for content in (EXAMPLE.read_bytes(), office_book([action(1, F="mucho", K=None)]), b"nada"):
        reading = read_plan(content, Given())
        assert reading_from_json(reading_to_json(reading)) == reading


def test_the_table_may_stand_anywhere_on_any_sheet() -> None:
    book = Workbook()
    book.worksheets[0]["A1"] = "Instrucciones: diligencie la hoja siguiente."
    sheet = book.create_sheet("Matriz")
    sheet["D7"], sheet["D8"], sheet["D9"] = "PLAN DE ACCIÓN 2024", "Objetivo: Uno.", "Versión 1.1"
    for row, values in enumerate((GROUPS, LABELS, action(1), action(2)), start=20):
        for column, value in enumerate(values, start=4):
            sheet.cell(row, column).value = value
    sheet.merge_cells("D20:D21")
    plan = accepted(saved(book)).plan
    assert [str(action_.number) for action_ in plan.actions] == ["1", "2"]
    assert (str(plan.version), plan.actions[0].source.row) == ("1.1", 22)


def one_header_row(labels: list[str], row: list[Any], above: tuple[str, ...] = ()) -> bytes:
    book = Workbook()
    for line in above or ("PLAN DE ACCIÓN 2024 - III TRIMESTRE", "Objetivo: Uno.", "Versión 2.0"):
        book.worksheets[0].append([line])
    book.worksheets[0].append([])
    book.worksheets[0].append(labels)
    book.worksheets[0].append(row)
    return saved(book)


def test_one_row_of_headers_with_the_names_another_office_uses() -> None:
    labels = [
        "Ítem", "Actividad", "Dependencia responsable", "Nombre del indicador", "U.M.", "Meta anual",
        "Fecha inicial", "Fecha de terminación", "Periodicidad", "Fuente de recursos", "Avance III trimestre 2024",
    ]  # fmt: skip
    plan = accepted(one_header_row(labels, action(1))).plan
    assert printed_rows(plan)[0][0] == "1"
    assert plan.quarter.number == 3


@pytest.mark.parametrize("swapped", [False, True])
def test_two_columns_called_seguimiento_are_told_apart_by_what_they_hold(swapped: bool) -> None:  # noqa: FBT001
    labels = ["No.", *LABELS[1:8], "SEGUIMIENTO", "FUENTE DE FINANCIACIÓN", "SEGUIMIENTO"]
    row = action(1)
    if swapped:
        row[8], row[10] = row[10], row[8]
    (read,) = accepted(one_header_row([str(label) for label in labels], row)).plan.actions
    assert (read.periodicity, read.qualitative_progress) == (action()[8], action()[10])


def test_seguimiento_beside_periodicidad_is_the_progress() -> None:
    labels = ["No.", *LABELS[1:8], "SEGUIMIENTO", "FUENTE DE FINANCIACIÓN", "PERIODICIDAD"]
    row = action(1)
    row[8], row[10] = row[10], row[8]
    (read,) = accepted(one_header_row([str(label) for label in labels], row)).plan.actions
    assert (read.periodicity, read.qualitative_progress) == (action()[8], action()[10])


def test_unidad_is_the_responsible_one_only_when_the_measure_has_its_own_column() -> None:
    labels = ["No.", "Acción", "Unidad", "Indicador", "Unidad de medida", *LABELS[5:]]
    (read,) = accepted(one_header_row([str(label) for label in labels], action(1))).plan.actions
    assert (read.lead, read.unit) == ("Subdirección de Planeación", "Unidad")


def test_labels_that_need_their_group_are_read_with_it() -> None:
    def split_dates(sheet: Worksheet) -> None:
        sheet.unmerge_cells("B4:I4")
        sheet["G4"], sheet["G5"], sheet["H5"] = "FECHA", "PROGRAMADA INICIO", "PROGRAMADA FIN"
        sheet.merge_cells("G4:H4")

    (read, _) = accepted(office_book(edit=split_dates)).plan.actions
    assert (read.starts_on, read.ends_on) == (dt.date(2024, 3, 1), dt.date(2024, 12, 31))


def test_a_label_over_two_rows_of_dates_reaches_down_to_them() -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    for line in (["PLAN DE ACCIÓN 2024"], ["Objetivo: Uno."], ["Versión 2.0"]):
        sheet.append(line)
    sheet.append(["No.", *LABELS[1:6], "FECHA", None, *LABELS[8:10], "AVANCE III TRIMESTRE"])
    sheet.append([*[None] * 6, "INICIO", "FIN"])
    sheet.append(action(1))
    for letter in "ABCDEFIJK":
        sheet.merge_cells(f"{letter}4:{letter}5")
    sheet.merge_cells("G4:H4")
    reading = accepted(saved(book))
    assert of_the_reader(reading) == []
    assert printed_rows(reading.plan)[0][6:8] == ["1/03/2024", "31/12/2024"]


def test_a_page_of_one_action_is_not_taken_for_headers() -> None:
    reading = accepted(office_book([action(1), ["No.", *LABELS[1:]], action(2)]))
    assert [action_.source.row for action_ in reading.plan.actions] == [6, 8]


def test_unknown_columns_travel_with_their_action_and_none_is_lost() -> None:
    def add_columns(sheet: Worksheet) -> None:
        sheet["L5"], sheet["M5"], sheet["N5"] = "Evidencia", "% de\navance", "Evidencia"
        sheet["L6"], sheet["M6"], sheet["N6"], sheet["O6"] = "Acta 1", 0.5, "Acta 2", dt.date(2024, 9, 30)
        sheet["M6"].number_format = "0%"
        sheet["L7"] = "Acta 3"

    first, second = accepted(office_book(edit=add_columns)).plan.actions
    assert first.extras == (
        ("Evidencia", "Acta 1"),
        ("% de avance", "50 %"),
        ("Evidencia (2)", "Acta 2"),
        ("Columna O", "30/09/2024"),
    )
    assert second.extras == (("Evidencia", "Acta 3"),)


def test_vertical_merges_are_filled_down_and_their_number_is_no_repetition() -> None:
    def merge(sheet: Worksheet) -> None:
        for column in "ABC":
            sheet[f"{column}7"] = None
            sheet.merge_cells(f"{column}6:{column}7")

    reading = accepted(office_book([action(1), action(1, D="Otro indicador"), action(2)], merge))
    first, second, third = reading.plan.actions
    assert (second.number, second.action, second.lead) == (first.number, first.action, first.lead)
    assert (second.indicator, third.number) == ("Otro indicador", "2")


def test_a_merged_cell_is_complained_of_once() -> None:
    def merge(sheet: Worksheet) -> None:
        sheet["F6"], sheet["F7"] = "cuatro", None
        sheet.merge_cells("F6:F7")

    assert where(rejected(office_book(edit=merge))) == [(FindingCode.TARGET_001, "F6")]


def test_blank_rows_headers_again_and_rows_of_white_space_are_passed_over() -> None:
    rows = [action(1), [], [" "] * 11, ["PLAN DE ACCIÓN 2024"], ["Versión 2.0"], list(GROUPS), list(LABELS), action(2)]
    reading = accepted(office_book(rows))
    assert [action_.source.row for action_ in reading.plan.actions] == [6, 13]
    assert of_the_reader(reading) == []


def test_a_row_that_numbers_the_columns_is_no_action() -> None:
    reading = accepted(office_book([[f"({number})" for number in range(1, 12)], action(1)]))
    assert [action_.source.row for action_ in reading.plan.actions] == [7]


def test_notes_and_signatures_below_are_no_actions_and_are_said() -> None:
    def sign(sheet: Worksheet) -> None:
        sheet["A10"] = "Nota: los avances son preliminares."
        sheet.merge_cells("A10:K10")
        sheet["B12"], sheet["E12"], sheet["K12"] = "Elaboró", "Revisó", "Aprobó"
        sheet["E13"], sheet["F13"] = "TOTAL", 8

    reading = accepted(office_book(edit=sign))
    assert len(reading.plan.actions) == 2
    assert where(reading) == [
        (FindingCode.ROW_003, "A10"),
        (FindingCode.ROW_003, "B12"),
        (FindingCode.ROW_006, "E13"),
    ]
    assert of_the_reader(reading)[1].message == "La fila 12 no se leyó como acción: «Elaboró · Revisó · Aprobó»."


def test_an_action_without_its_number_is_still_an_action() -> None:
    reading = rejected(office_book([action(1), action(None), action(3)]))
    assert len(reading.plan.actions) == 3
    assert where(reading) == [(FindingCode.CELL_001, "A7"), (FindingCode.ROW_002, "A8")]


def test_hidden_rows_are_read_and_said() -> None:
    reading = accepted(office_book(edit=lambda sheet: setattr(sheet.row_dimensions[7], "hidden", True)))
    assert len(reading.plan.actions) == 2
    assert where(reading) == [(FindingCode.ROW_005, "A7")]


def test_label_and_value_of_the_head_may_stand_in_two_cells() -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    for line in (
        ["PLAN DE ACCIÓN INSTITUCIONAL"],
        ["Código: F-01", "Versión: 03"],
        ["Vigencia", 2025],
        ["Objetivo", "Cumplir las metas."],
        ["Versión", 2],
        ["Trimestre: II"],
        [],
        ["No.", *LABELS[1:]],
        action(1, G=dt.date(2025, 3, 1), H=dt.date(2025, 12, 31), K="Se avanzó en la formulación."),
    ):
        sheet.append(line)
    plan = accepted(saved(book)).plan
    assert (plan.year, plan.quarter.number, str(plan.version)) == (2025, 2, "2.0")
    assert (plan.title, plan.objective) == ("PLAN DE ACCIÓN INSTITUCIONAL", "Cumplir las metas.")


def test_the_group_over_the_actions_names_a_plan_without_a_title() -> None:
    plan = accepted(office_book(edit=lambda sheet: sheet.__setitem__("A1", None))).plan
    assert plan.title == "PLAN DE ACCIÓN 2024"


def test_the_years_of_a_longer_plan_are_not_its_vigencia() -> None:
    plan = accepted(office_book(edit=lambda sheet: sheet.__setitem__("A1", "PLAN DE ACCIÓN 2024-2027"))).plan
    assert plan.year == 2024


def test_what_is_given_is_used_and_spares_the_sheet_from_saying_it() -> None:
    def bare(sheet: Worksheet) -> None:
        sheet["A1"], sheet["A3"] = "PLAN DE ACCIÓN", None
        sheet["B4"], sheet["J4"], sheet["K4"] = "PLAN DE ACCIÓN", "PRESUPUESTO", "SEGUIMIENTO"

    row = action(1, G=dt.date(2026, 3, 1), H=dt.date(2026, 12, 31), K="Se avanzó en la formulación.")
    plan = accepted(office_book([row], edit=bare), Given(2026, 4, VersionNumber(3, 1))).plan
    assert (plan.year, plan.quarter.number, str(plan.version)) == (2026, 4, "3.1")


def test_findings_never_hide_what_could_be_read() -> None:
    reading = rejected(office_book([action(1, F="cuatro", G="ayer"), action(2, K=None)]))
    first, second = reading.plan.actions
    assert (first.target, first.starts_on, first.ends_on) == (None, None, dt.date(2024, 12, 31))
    assert (second.qualitative_progress, second.lead) == (None, "Subdirección de Planeación")


def test_findings_come_all_at_once_in_reading_order() -> None:
    book = office_book(
        [action(1, B=None, F="cuatro"), action(1, G="ayer", K="=1/0"), action(2, H=dt.date(2024, 1, 1))],
        lambda sheet: sheet.__setitem__("A3", None),
    )
    assert where(rejected(book)) == [
        (FindingCode.PLAN_003, ""),
        (FindingCode.CELL_001, "B6"),
        (FindingCode.TARGET_001, "F6"),
        (FindingCode.ROW_001, "A7"),
        (FindingCode.DATE_001, "G7"),
        (FindingCode.CELL_003, "K7"),
        (FindingCode.DATE_003, "H8"),
    ]


def test_a_character_that_cannot_be_printed_never_reaches_a_message() -> None:
    reading = rejected(office_book([action(1, K="avance\u202e oculto")]))
    assert where(reading) == [(FindingCode.TEXT_001, "K6")]
    assert of_the_reader(reading)[0].value == "avance\N{REPLACEMENT CHARACTER} oculto"


def admitted(text: str) -> bool:
    try:
        return PlainText.admit(text) == text and bool(text.strip())
    except UnacceptableText:
        return False


# openpyxl cannot write controls, takes "=" for a formula and "#N/A" for an error, leaves "_x0041_" for Excel to decode.
printable = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]) | st.just("\n"), min_size=1, max_size=60
)
sound_text = printable.filter(
    lambda text: admitted(text) and text[0] != "=" and text not in ERROR_CODES and "_x" not in text
)
days = st.dates(dt.date(1990, 1, 1), dt.date(2100, 12, 31))
targets = st.one_of(
    st.integers(0, 10**12),
    st.decimals(0, 10**6, places=3).map(float),
    st.sampled_from(["N/A", "Por definir", "25 %", "1.234,5"]),
)


@st.composite
def sound_rows(draw: st.DrawFn) -> list[list[Any]]:
    rows = []
    for number in range(1, draw(st.integers(1, 4)) + 1):
        first, last = sorted([draw(days), draw(days)])
        changes = {letter: draw(sound_text) for letter in TEXT_COLUMNS}
        rows.append(action(number, **changes, F=draw(targets), G=first, H=last))
    return rows


@given(sound_rows())
# Ends as the header of a column that Folio adds and passes over.
@example([action(1, K="Se dejó el archivo en la carpeta (solo consulta)")])
@settings(max_examples=60, deadline=None)
def test_any_admitted_plan_comes_back_letter_for_letter(rows: list[list[Any]]) -> None:
    reading = read_plan(office_book(rows), Given())
    assert not isinstance(reading, Unreadable)
    # The rules may have much to say of such a plan; the reader has read it.
    assert not has_errors(tuple(of_the_reader(reading)))
    plan = reading.plan
    assert len(plan.actions) == len(rows)
    for read, (number, *texts) in zip(plan.actions, rows, strict=True):
        assert [read.action, read.lead, read.indicator, read.unit] == texts[:4]
        assert [read.periodicity, read.funding_source, read.qualitative_progress] == texts[7:]
        assert (read.number, read.starts_on, read.ends_on) == (str(number), texts[5], texts[6])
        assert read.target is not None
        if isinstance(texts[4], str):
            assert read.target.printed == texts[4]
        else:
            assert float(read.target.quantity or 0) == texts[4]


@given(st.sampled_from("BCDEFGHIJK"), st.integers(0, 4))
@settings(max_examples=50, deadline=None)
def test_one_emptied_cell_is_the_one_that_is_named(letter: str, at: int) -> None:
    rows = [action(number) for number in range(1, 6)]
    rows[at]["ABCDEFGHIJK".index(letter)] = None
    assert where(rejected(office_book(rows))) == [(FindingCode.CELL_001, f"{letter}{6 + at}")]


@given(st.binary(max_size=2_000))
@settings(max_examples=150, deadline=None)
def test_any_bytes_give_a_reading(content: bytes) -> None:
    assert isinstance(read_plan(content, Given()), Unreadable)
    assert isinstance(read_plan(b"PK\x03\x04" + content, Given()), Unreadable)


NASTY = (
    "1", "-1", "9" * 5_000, "Plan", "1.1", "=1", "#REF!", "(", "(((", "\u202e", "_xD83D_", "_x0000_", "25 %",
    "I TRIMESTRE 1999", "Versión 9.9", "Objetivo:", "SEGUIMIENTO", "META", "No.", "1/03/2024", "99/99/9999",
    "31 de febrero de 2024", " ", "1e308", "1e-308", "-0", "NaN", "2958466", "60", "0x1F", "٣", "½", "x" * 40_000,
    "{value}", "%s", "\n",
)  # fmt: skip
KINDS = ('t="inlineStr"', 't="str"', "", 't="b"', 't="e"', 't="d"', 's="1"', 's="2"')
NASTY_STYLES = '<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="10"/></cellXfs>'


def nasty_cell(place: str, kind: str, value: str) -> str:
    if "inlineStr" in kind:
        return f'<c r="{place}" {kind}><is><t>{value}</t></is></c>'
    return f'<c r="{place}" {kind}><v>{value}</v></c>'


@given(
    st.dictionaries(
        st.tuples(st.sampled_from("ABCDEFGHIJKLM"), st.integers(1, 9)),
        st.tuples(st.sampled_from(KINDS), st.sampled_from(NASTY)),
        max_size=40,
    ),
    st.lists(st.tuples(*[st.integers(1, 13), st.integers(1, 9)] * 2), max_size=5),
)
@settings(max_examples=150, deadline=None)
def test_any_cells_and_merges_around_the_headers_give_a_reading(
    content: dict[tuple[str, int], tuple[str, str]], merges: list[tuple[int, int, int, int]]
) -> None:
    rows: dict[int, list[str]] = {row: [] for row in range(1, 10)}
    for letter, label in zip("ABCDEFGHIJK", ["No.", *LABELS[1:]], strict=True):
        if (letter, 4) not in content:
            rows[4].append(nasty_cell(f"{letter}4", KINDS[0], str(label)))
    for (letter, row), (kind, value) in content.items():
        rows[row].append(nasty_cell(f"{letter}{row}", kind, value))
    ranges = "".join(
        f'<mergeCell ref="{address(top, left)}:{address(bottom, right)}"/>' for left, top, right, bottom in merges
    )
    data = "".join(f'<row r="{row}">{"".join(cells)}</row>' for row, cells in rows.items())
    book = raw_book(f"<sheetData>{data}</sheetData><mergeCells>{ranges}</mergeCells>", styles=NASTY_STYLES)
    reading = read_plan(book, Given())
    assert reading.findings
    assert reading_from_json(json.loads(json.dumps(reading_to_json(reading), ensure_ascii=False).encode())) == reading


GOOD = EXAMPLE.read_bytes()


@given(st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)), min_size=1, max_size=4))
@settings(max_examples=150, deadline=None)
def test_any_damage_to_a_good_workbook_gives_a_reading(changes: list[tuple[int, int]]) -> None:
    content = bytearray(GOOD)
    for at, byte in changes:
        content[at] = byte
    reading = read_plan(bytes(content), Given())
    # Damage that a checksum cannot see (a timestamp of the zip) leaves the plan as it was.
    if isinstance(reading, Accepted):
        assert printed_rows(reading.plan) == reference_rows()
    else:
        assert reading.findings


def test_openpyxl_reads_the_same_cells_of_the_example() -> None:
    sheet = load_workbook(io.BytesIO(GOOD)).worksheets[0]
    for read in accepted(GOOD).plan.actions:
        row = [cell.value for cell in sheet[read.source.row]]
        assert [row[1], row[2], row[3], row[4]] == [read.action, read.lead, read.indicator, read.unit]
        assert [row[8], row[9], row[10]] == [read.periodicity, read.funding_source, read.qualitative_progress]
        assert [row[6].date(), row[7].date()] == [read.starts_on, read.ends_on]


def test_reading_tells_how_many_actions_are_read_and_how_much_of_their_checking_is_behind() -> None:
    heard: list[Progress] = []
    read_plan(office_book([action(number) for number in range(1, 251)]), Given(), tell=heard.append)
    read = [progress.actions for progress in heard if progress.stage is Stage.READING]
    checked = [progress.percent for progress in heard if progress.stage is Stage.CHECKING]
    assert read == [0, 100, 200]
    assert checked == sorted(checked)
    assert (checked[0], checked[-1]) == (0, 100)


def several_sheets(layout: str, **changes: dict[str, object]) -> bytes:
    """A layout of the corpus with other cells, by sheet and address."""
    book = load_workbook(io.BytesIO(LAYOUTS[layout].build()))
    for sheet, cells in changes.items():
        for place, value in cells.items():
            book[sheet][place] = value
    return saved(book)


@pytest.mark.parametrize("quarter", [None, 2])
def test_the_sheet_of_a_dependencia_that_names_another_quarter_is_read_and_the_contradiction_said_at_its_cell(
    quarter: int | None,
) -> None:
    content = several_sheets("una_hoja_por_dependencia", General={"K4": "AVANCE I TRIMESTRE 2025"})
    reading = read_plan(content, Given(quarter=quarter))
    assert isinstance(reading, Rejected)
    assert [action.source.sheet for action in reading.plan.actions] == ["Planeación", "General", "Talento Humano"]
    (said,) = [finding for finding in reading.findings if finding.code is FindingCode.PLAN_013]
    assert said.place is not None
    assert (said.place.sheet, said.place.cell) == ("General", "K4")
    assert "aquí el trimestre es I, y en la celda K4 de la hoja «Planeación» es II" in said.message


@pytest.mark.parametrize(
    ("cell", "value", "code"),
    [
        ("A1", "PLAN DE ACCIÓN 2024", "PLAN_013"),
        ("A1", "PLAN DE MEJORAMIENTO 2025", "PLAN_014"),
        ("A2", "Objetivo: Cuidar el agua.", "PLAN_014"),
        ("A3", "Versión 2.0", "PLAN_013"),
    ],
)
def test_what_the_sheets_of_one_plan_say_differently_is_said_once_at_its_cell(cell: str, value: str, code: str) -> None:
    reading = read_plan(several_sheets("una_hoja_por_dependencia", General={cell: value}), Given())
    assert not isinstance(reading, Unreadable)
    said = [finding for finding in reading.findings if finding.code.name == code]
    assert [finding.place and (finding.place.sheet, finding.place.cell) for finding in said] == [("General", cell)]


def test_one_sheet_named_by_a_numeral_alone_is_no_quarter() -> None:
    book = load_workbook(io.BytesIO(LAYOUTS["una_hoja_por_dependencia"].build()))
    book["General"].title = "I"
    read = accepted(saved(book)).plan.actions
    assert [action.source.sheet for action in read] == ["Planeación", "I", "Talento Humano"]


def test_several_sheets_named_by_a_numeral_alone_ask_which_quarter_is_meant() -> None:
    reading = read_plan(LAYOUTS["trimestres_por_su_numero"].build(), Given())
    assert isinstance(reading, Rejected)
    (question,) = [finding for finding in reading.findings if finding.code is FindingCode.PLAN_011]
    assert "(I trimestre, II trimestre, III trimestre y IV trimestre)" in question.message
