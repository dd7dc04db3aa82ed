"""Formats beside .xlsx: the same plan from each, and from any damage to them a plan or an explained refusal."""

from __future__ import annotations

import subprocess
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.domain.findings import FindingCode
from service.domain.reading import Given, Rejected, Unreadable
from service.sheets.formats import read_sheets
from service.sheets.guard import UnreadableWorkbook
from service.sheets.intake import read_plan
from service.sheets.parsed import Kind, RawCell
from tests.corpus.layouts import LAYOUTS
from tests.unit.sheets.office import repacked, zipped

OPEN_DOCUMENT = b"application/vnd.oasis.opendocument.spreadsheet"
CONTENT = (
    '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
    ' xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
    ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet>'
    '<table:table table:name="Plan">{rows}</table:table></office:spreadsheet></office:body></office:document-content>'
)


def open_document(rows: str) -> bytes:
    return zipped({"mimetype": OPEN_DOCUMENT, "content.xml": CONTENT.format(rows=rows).encode()})


def refusal(content: bytes) -> FindingCode:
    with pytest.raises(UnreadableWorkbook) as caught:
        read_sheets(content)
    return caught.value.finding.code


@pytest.fixture(scope="module")
def copies(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """A plan with merges, percentages and several quarters as LibreOffice saves it in the other formats."""
    folder = tmp_path_factory.mktemp("formats")
    (folder / "plan.xlsx").write_bytes(LAYOUTS["cuatro_trimestres"].build())
    for suffix in ("xls", "ods", "csv"):
        command = ["soffice", "--headless", f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--convert-to"]
        subprocess.run(
            [*command, suffix, "--outdir", str(folder), str(folder / "plan.xlsx")],
            check=True,
            capture_output=True,
            timeout=120,
        )
    return {suffix: (folder / f"plan.{suffix}").read_bytes() for suffix in ("xls", "ods", "csv")}


def test_a_csv_that_libreoffice_saved_is_read_without_its_merges(copies: dict[str, bytes]) -> None:
    reading = read_plan(copies["csv"], Given(quarter=2))
    assert not isinstance(reading, Unreadable)
    progress = [action.qualitative_progress for action in reading.plan.actions]
    assert [str(text)[:11] for text in progress] == ["Durante el ", "Durante el ", "En el segun"]


@pytest.mark.parametrize("suffix", ["xls", "ods", "csv"])
@given(
    changes=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=6),
    cut=st.one_of(st.just(1.0), st.floats(0, 1)),
)
@settings(max_examples=120, deadline=None)
def test_any_damage_gives_a_plan_or_a_refusal_in_time(
    copies: dict[str, bytes], suffix: str, changes: list[tuple[float, int]], cut: float
) -> None:
    content = bytearray(copies[suffix])
    for at, byte in changes:
        content[int(at * len(content))] = byte
    started = time.process_time()
    reading = read_plan(bytes(content[: int(cut * len(content))]), Given(quarter=2))
    assert time.process_time() - started < 2
    assert reading.findings


@given(st.floats(0, 1, exclude_max=True), st.integers(0, 255), st.integers(0, 2**31))
@settings(max_examples=100, deadline=None)
def test_any_damage_inside_an_open_document_gives_a_plan_or_a_refusal(
    copies: dict[str, bytes], at: float, byte: int, repeated: int
) -> None:
    def change(members: dict[str, bytes]) -> None:
        part = bytearray(members["content.xml"])
        part[int(at * len(part))] = byte
        members["content.xml"] = bytes(part).replace(b'columns-repeated="', b'columns-repeated="%d' % repeated, 3)

    assert read_plan(repacked(copies["ods"], change), Given(quarter=2)).findings


LETTER = "<text:p>x</text:p></table:table-cell></table:table-row>"
TALL = f'<table:table-row table:number-rows-repeated="1048576"><table:table-cell>{LETTER}'
WIDE = (
    '<table:table-row table:number-rows-repeated="900"><table:table-cell table:number-columns-repeated="16384">'
    + LETTER
)


@pytest.mark.parametrize("rows", [TALL, WIDE])
def test_cells_that_are_repeated_a_million_times_are_counted_before_they_are_made(rows: str) -> None:
    started = time.process_time()
    assert refusal(open_document(rows)) is FindingCode.FILE_008
    assert time.process_time() - started < 0.5


def test_empty_rows_and_columns_that_are_repeated_only_move_what_follows() -> None:
    (sheet,) = read_sheets(
        open_document(
            '<table:table-row table:number-rows-repeated="1000"><table:table-cell/></table:table-row>'
            '<table:table-row><table:table-cell table:number-columns-repeated="3"/><table:table-cell'
            ' office:value-type="percentage" office:value="0.25"/></table:table-row>'
        )
    ).sheets
    assert sheet.rows == {1001: (RawCell(1001, 4, Kind.PERCENTAGE, "0.25"),)}


def test_a_note_on_a_cell_is_no_part_of_its_text_and_spaces_are_kept() -> None:
    (sheet,) = read_sheets(
        open_document(
            '<table:table-row><table:table-cell office:value-type="string"><office:annotation><text:p>nota</text:p>'
            '</office:annotation><text:p>dos<text:s text:c="2"/>espacios</text:p><text:p>y <text:span>una</text:span>'
            " línea</text:p></table:table-cell></table:table-row>"
        )
    ).sheets
    assert sheet.rows[1][0].text == "dos  espacios\ny una línea"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("separator", [";", ",", "\t", "|"])
def test_the_encoding_and_the_separator_of_a_text_are_told_by_what_it_holds(encoding: str, separator: str) -> None:
    lines = [["No.", "ACCIÓN", "RESPONSABLE", "META"], ["1", "Diseñar; probar, y «usar»", "Dirección", "1,5"]]
    text = "\r\n".join(separator.join(f'"{cell}"' if separator in cell else cell for cell in line) for line in lines)
    (sheet,) = read_sheets(text.encode(encoding)).sheets
    assert [[cell.text for cell in cells] for cells in sheet.rows.values()] == lines


def test_a_text_may_say_its_own_separator_as_excel_does() -> None:
    (sheet,) = read_sheets(b"sep=;\r\na;b\r\nc,d;e\r\n").sheets
    assert [[cell.text for cell in cells] for cells in sheet.rows.values()] == [["a", "b"], ["c,d", "e"]]


@pytest.mark.parametrize("content", [b"hola", b"%PDF-1.7\n", b"PK", bytes(1000), bytes(range(256)) * 8])
def test_what_is_no_text_of_rows_and_columns_is_no_sheet(content: bytes) -> None:
    assert refusal(content) is FindingCode.FILE_002


def test_an_old_file_without_a_table_asks_for_it_and_one_cut_short_is_said_to_be_damaged(
    copies: dict[str, bytes],
) -> None:
    assert isinstance(read_plan(copies["xls"], Given()), Rejected)
    assert refusal(copies["xls"][:3_000]) in {FindingCode.FILE_005, FindingCode.FILE_006}
