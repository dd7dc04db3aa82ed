from __future__ import annotations

import datetime as dt
import io
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from service.domain.findings import FindingCode
from service.sheets.guard import UnreadableWorkbook
from service.sheets.parsed import (
    EPOCH_1900,
    EPOCH_1904,
    Kind,
    Merge,
    address,
    column_letters,
    column_number,
    serial_date,
)
from service.sheets.workbook import read_workbook
from tests.unit.sheets.office import EXAMPLE, MAIN, SHEET, parts, raw_book, saved, zipped

STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
STRICT_OFFICE = "http://purl.oclc.org/ooxml/officeDocument/relationships"


def cells(content: bytes) -> dict[str, tuple[Kind, str]]:
    (sheet,) = read_workbook(content)
    return {address(cell.row, cell.column): (cell.kind, cell.text) for row in sheet.rows.values() for cell in row}


def row(inside: str, **words: str) -> dict[str, tuple[Kind, str]]:
    return cells(raw_book(f'<sheetData><row r="1">{inside}</row></sheetData>', **words))


def text(value: str) -> tuple[Kind, str]:
    return (Kind.TEXT, value)


def refusal(content: bytes) -> FindingCode:
    with pytest.raises(UnreadableWorkbook) as caught:
        read_workbook(content)
    return caught.value.finding.code


def inline(reference: str, value: str) -> str:
    return f'<c r="{reference}" t="inlineStr"><is><t>{value}</t></is></c>'


def test_shared_strings_join_their_runs_and_drop_how_they_are_pronounced() -> None:
    strings = (
        "<si><t>sola</t></si>"
        '<si><r><t>Objetivo:</t></r><r><rPr><b/></rPr><t xml:space="preserve"> dos </t></r></si>'
        "<si><t>東京</t><rPh sb='0' eb='2'><t>トウキョウ</t></rPh><phoneticPr fontId='1'/></si>"
        "<si><t/></si>"
    )
    inside = "".join(f'<c t="s"><v>{index}</v></c>' for index in range(4))
    assert row(inside, strings=strings) == {"A1": text("sola"), "B1": text("Objetivo: dos "), "C1": text("東京")}


@pytest.mark.parametrize("index", ["1", "-1", "x", ""])
def test_a_shared_string_that_is_not_there_is_damage(index: str) -> None:
    content = raw_book(f'<sheetData><row><c t="s"><v>{index}</v></c></row></sheetData>', strings="<si><t>a</t></si>")
    assert refusal(content) is FindingCode.FILE_006


def test_comments_inside_a_text_do_not_cut_it() -> None:
    assert row('<c t="inlineStr"><is><t>uno<!-- x --> dos<?y?> tres</t></is></c>') == {"A1": text("uno dos tres")}


def test_escaped_characters_are_decoded_once() -> None:
    assert row(inline("A1", "_x0041_b_x005F_x0041_ _x000A_ _xyz_")) == {"A1": text("Ab_x0041_ \n _xyz_")}


def test_white_space_is_kept_as_it_stands() -> None:
    assert row(inline("A1", "  dos  espacios \n")) == {"A1": text("  dos  espacios \n")}


def test_formulas_give_their_stored_result_and_say_when_there_is_none() -> None:
    inside = (
        '<c r="A1" t="str"><f>B1&amp;"x"</f><v>texto</v></c><c r="B1"><f>1+1</f><v>2</v></c>'
        '<c r="C1"><f>NOW()</f></c><c r="F1"><f>A1</f><v/></c>'
        '<c r="D1" t="str"><f>""</f><v></v></c><c r="E1" t="e"><f>1/0</f><v>#DIV/0!</v></c>'
    )
    assert row(inside) == {
        "A1": text("texto"),
        "B1": (Kind.NUMBER, "2"),
        "C1": (Kind.NO_RESULT, "=NOW()"),
        "E1": (Kind.ERROR, "#DIV/0!"),
        "F1": (Kind.NO_RESULT, "=A1"),
    }


def test_truth_values_iso_dates_and_things_that_are_no_number() -> None:
    inside = (
        '<c t="b"><v>1</v></c><c t="d"><v>2024-03-01T00:00:00</v></c><c><v>1_000</v></c><c><v>NaN</v></c>'
        '<c t="n"><v> 1.5E3 </v></c><c s="7"/><c><v/></c>'
    )
    assert row(inside) == {
        "A1": (Kind.TRUTH, "1"),
        "B1": (Kind.DATE, "2024-03-01"),
        "C1": (Kind.NOT_A_NUMBER, "1_000"),
        "D1": (Kind.NOT_A_NUMBER, "NaN"),
        "E1": (Kind.NUMBER, "1.5E3"),
    }


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("d/mm/yyyy", Kind.DATE),
        ("[$-240A]d&quot; de &quot;mmmm&quot; de &quot;yyyy;@", Kind.DATE),
        ("mmm-yy", Kind.DATE),
        ("yyyy\\-mm\\-dd\\ hh:mm", Kind.DATE),
        ("h:mm", Kind.NUMBER),
        ("[h]:mm:ss", Kind.NUMBER),
        ("General", Kind.NUMBER),
        ("0.00", Kind.NUMBER),
        ("0 &quot;días&quot;", Kind.NUMBER),
        ("[Red]0", Kind.NUMBER),
        ("0.0\\d", Kind.NUMBER),
        ("0 %", Kind.PERCENTAGE),
        ("0.0%;[Red]-0.0%", Kind.PERCENTAGE),
        ("#,##0.00", Kind.GROUPED),
        ("_(* #,##0_);_(* (#,##0)", Kind.GROUPED),
    ],
)
def test_the_number_format_says_what_a_number_is(code: str, kind: Kind) -> None:
    styles = (
        f'<numFmts><numFmt numFmtId="164" formatCode="{code}"/></numFmts>'
        '<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="164"/></cellXfs>'
    )
    found = row('<c s="1"><v>45352</v></c><c><v>45352</v></c>', styles=styles)
    assert found["A1"] == (kind, "2024-03-01" if kind is Kind.DATE else "45352")
    assert found["B1"] == (Kind.NUMBER, "45352")


@pytest.mark.parametrize(("id_", "kind"), [(14, Kind.DATE), (10, Kind.PERCENTAGE), (4, Kind.GROUPED), (2, Kind.NUMBER)])
def test_the_formats_without_a_code_are_known_by_their_number(id_: int, kind: Kind) -> None:
    assert row("<c><v>45352</v></c>", styles=f'<cellXfs><xf numFmtId="{id_}"/></cellXfs>')["A1"][0] is kind


def test_the_1904_system_moves_every_date() -> None:
    styles = '<cellXfs><xf numFmtId="14"/></cellXfs>'
    sheet = "<sheetData><row><c><v>43890.75</v></c></row></sheetData>"
    content = raw_book(sheet, styles=styles, properties='<workbookPr date1904="1"/>')
    assert cells(content) == {"A1": (Kind.DATE, "2024-03-01")}
    assert read_workbook(content)[0].epoch == EPOCH_1904


def test_serial_numbers_agree_with_excel() -> None:
    assert serial_date(45352, EPOCH_1900) == dt.date(2024, 3, 1)
    assert serial_date(61, EPOCH_1900) == dt.date(1900, 3, 1)
    assert serial_date(60, EPOCH_1900) is None
    assert serial_date(0, EPOCH_1904) == dt.date(1904, 1, 1)
    assert serial_date(1e300, EPOCH_1904) is None
    assert serial_date(2_957_003, EPOCH_1904) == dt.date(9999, 12, 31)


def test_rows_and_cells_in_any_order_and_a_false_dimension_lose_nothing() -> None:
    sheet = (
        '<dimension ref="A1:A1"/><sheetData>'
        f'<row r="9">{inline("C9", "tres")}{inline("A9", "uno")}</row>'
        f'<row r="2">{inline("B2", "dos")}</row></sheetData>'
    )
    (parsed,) = read_workbook(raw_book(sheet))
    assert list(parsed.rows) == [2, 9]
    assert [cell.text for cell in parsed.rows[9]] == ["uno", "tres"]


def test_references_that_are_left_out_are_counted() -> None:
    sheet = "<sheetData><row><c><v>1</v></c><c/><c><v>3</v></c></row><row/><row><c><v>5</v></c></row></sheetData>"
    assert set(cells(raw_book(sheet))) == {"A1", "C1", "A3"}


def test_a_cell_that_names_another_row_is_believed() -> None:
    assert cells(raw_book(f'<sheetData><row r="3">{inline("B7", "x")}</row></sheetData>')) == {"B7": text("x")}


def test_the_last_cell_of_a_sheet_is_read_like_any_other() -> None:
    started = time.process_time()
    sheet = f'<sheetData><row r="1048576">{inline("XFD1048576", "fin")}</row></sheetData>'
    assert cells(raw_book(sheet)) == {"XFD1048576": text("fin")}
    assert time.process_time() - started < 0.5


def test_a_merge_of_the_whole_sheet_costs_nothing() -> None:
    started = time.process_time()
    merges = '<mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>'
    sheet = f"<sheetData><row>{inline('A1', 'x')}</row></sheetData>{merges}"
    assert read_workbook(raw_book(sheet))[0].merges == (Merge(1, 1, 1_048_576, 16_384),)
    assert time.process_time() - started < 0.5


def test_the_strict_standard_and_prefixed_names_are_read_alike() -> None:
    sheet = f"<sheetData><row>{inline('A1', 'x')}</row></sheetData>"
    assert cells(raw_book(sheet, main=STRICT, office=STRICT_OFFICE)) == {"A1": text("x")}
    prefixed = (
        f'<x:worksheet xmlns:x="{MAIN}"><x:sheetData><x:row><x:c><x:v>1</x:v></x:c></x:row></x:sheetData></x:worksheet>'
    )
    assert cells(raw_book(prefixed.encode())) == {"A1": (Kind.NUMBER, "1")}


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_a_part_in_utf_16_is_read(encoding: str) -> None:
    sheet = f'<worksheet xmlns="{MAIN}"><sheetData><row>{inline("A1", "acción")}</row></sheetData></worksheet>'
    assert cells(raw_book(sheet.encode(encoding))) == {"A1": text("acción")}


def test_two_values_for_one_cell_are_said_at_the_cell_and_one_said_twice_is_one() -> None:
    twice = f'<sheetData><row>{inline("A1", "x")}</row><row r="1">{inline("A1", "%s")}</row></sheetData>'
    with pytest.raises(UnreadableWorkbook) as caught:
        read_workbook(raw_book(twice % "y"))
    finding = caught.value.finding
    assert (finding.code, finding.place and finding.place.cell) == (FindingCode.FILE_011, "A1")
    assert cells(raw_book(twice % "x")) == {"A1": text("x")}


@pytest.mark.parametrize(
    "sheet",
    [
        '<sheetData><row r="0"><c><v>1</v></c></row></sheetData>',
        '<sheetData><row r="1048577"/></sheetData>',
        '<sheetData><row r="1"><c r="XFE1"><v>1</v></c></row></sheetData>',
        '<sheetData><row r="1"><c r="a1"><v>1</v></c></row></sheetData>',
        '<sheetData><row r="1"><c t="z"><v>1</v></c></row></sheetData>',
        '<mergeCells><mergeCell ref="A1:?"/></mergeCells>',
        "<sheetData><row>",
        "<sheetData>&nada;</sheetData>",
        "<a>" * 300 + "</a>" * 300,
    ],
)
def test_damage_is_said_to_be_damage(sheet: str) -> None:
    assert refusal(raw_book(sheet)) is FindingCode.FILE_006


@pytest.mark.parametrize("lost", ["_rels/.rels", "xl/workbook.xml", "xl/worksheets/sheet1.xml"])
def test_a_part_that_is_missing_is_damage(lost: str) -> None:
    members = parts()
    del members[lost]
    assert refusal(zipped(members)) is FindingCode.FILE_006


def test_strings_and_styles_may_be_missing() -> None:
    members = parts("<sheetData><row><c s='3'><v>1</v></c></row></sheetData>")
    del members["xl/sharedStrings.xml"], members["xl/styles.xml"]
    assert cells(zipped(members)) == {"A1": (Kind.NUMBER, "1")}


@pytest.mark.parametrize(
    "sheet",
    [
        "<sheetData><row>" + "<c><v>1</v></c>" * 16_385 + "</row></sheetData>",
        "<mergeCells>" + '<mergeCell ref="A1"/>' * 100_001 + "</mergeCells>",
    ],
)
def test_more_than_a_sheet_can_hold_is_refused(sheet: str) -> None:
    assert refusal(raw_book(sheet)) in {FindingCode.FILE_006, FindingCode.FILE_008}


def test_what_is_hidden_is_read_and_marked() -> None:
    book = Workbook()
    shown, hidden = book.worksheets[0], book.create_sheet("Otra")
    shown["A2"], hidden["A1"] = "x", "y"
    shown.row_dimensions[2].hidden = True
    hidden.sheet_state = "veryHidden"
    first, second = read_workbook(saved(book))
    assert (first.is_hidden, first.hidden_rows, second.is_hidden, second.name) == (False, {2}, True, "Otra")


def test_a_sheet_named_like_a_relationship_is_not_mistaken_for_it() -> None:
    members = parts("<sheetData><row><c><v>1</v></c></row></sheetData>")
    members["xl/workbook.xml"] = members["xl/workbook.xml"].replace(f'name="{SHEET}"'.encode(), b'name="rId2"')
    assert cells(zipped(members)) == {"A1": (Kind.NUMBER, "1")}


def test_columns_are_counted_as_excel_counts_them() -> None:
    assert [column_letters(number) for number in (1, 26, 27, 702, 703, 16_384)] == ["A", "Z", "AA", "ZZ", "AAA", "XFD"]
    assert all(column_number(column_letters(number)) == number for number in range(1, 16_385))
    assert [column_number(letters) for letters in ("XFE", "a", "", "Ñ")] == [0, 0, 0, 0]


xml_text = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"),
    min_size=1,
    max_size=40,
)
values = st.one_of(
    xml_text.filter(lambda value: not value.startswith("=") and "_x" not in value),
    st.integers(-(10**14), 10**14),
    st.floats(-1e9, 1e9, allow_nan=False).map(lambda value: round(value, 6)),
    st.booleans(),
    st.dates(dt.date(1990, 1, 1), dt.date(2100, 12, 31)),
)


@given(st.dictionaries(st.tuples(st.integers(1, 40), st.integers(1, 30)), values, min_size=1, max_size=30))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_openpyxl_writes_is_read_as_openpyxl_reads_it(content: dict[tuple[int, int], object]) -> None:
    book = Workbook()
    for (at, column), value in content.items():
        book.worksheets[0].cell(at, column).value = value
    packed = saved(book)
    oracle = load_workbook(io.BytesIO(packed)).worksheets[0]
    (parsed,) = read_workbook(packed)
    found = {(cell.row, cell.column): (cell.kind, cell.text) for cells_ in parsed.rows.values() for cell in cells_}
    assert set(found) == {
        (cell.row, cell.column) for row_ in oracle.iter_rows() for cell in row_ if cell.value is not None
    }
    for (at, column), (kind, written) in found.items():
        expected = oracle.cell(at, column).value
        match kind:
            case Kind.TEXT:
                assert written == expected
            case Kind.TRUTH:
                assert (written == "1") is expected
            case Kind.DATE:
                assert isinstance(expected, dt.datetime)
                assert written == expected.date().isoformat()
            case _:
                assert float(written) == expected


def test_the_example_has_one_sheet_of_cells() -> None:
    (parsed,) = read_workbook(EXAMPLE.read_bytes())
    assert (parsed.name, len(parsed.rows), len(parsed.rows[6]), len(parsed.merges)) == ("Plan de acción", 15, 11, 5)
