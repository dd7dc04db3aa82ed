"""The office's own workbook with the cells that were put right in Folio: what is written, what stays, what is said."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from lxml import etree
from openpyxl import load_workbook
from openpyxl.comments import Comment
from openpyxl.styles import Font, PatternFill
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.worksheet.table import Table
from openpyxl.worksheet.worksheet import Worksheet

from service.domain.corrections import Correction
from service.domain.errors import UnmarkableWorkbook
from service.domain.findings import CellRef, FindingCode
from service.domain.marks import HEADERS, MEMORY_SHEET
from service.domain.reading import Acceptance, Accepted, Given, Rejected
from service.domain.reports import DocumentKind, Source
from service.sheets.intake import read_plan
from service.sheets.marks import acceptances_in
from service.sheets.workbook import read_workbook
from tests.documents import marked as books
from tests.documents.conftest import Pdf
from tests.documents.marked import OFFICE, YELLOW, edited, members, seen
from tests.documents.test_findings_workbook import repacked_with_prefixes, through_libreoffice
from tests.plans import report_of
from tests.unit.sheets.office import EXAMPLE, EXAMPLE_BY_PAGES, SHEET, action, office_book, repacked, saved
from worker.documents.corrected_cells import put_into_cells
from worker.documents.findings_workbook import render_findings_workbook
from worker.documents.template_files import TemplateFiles
from worker.render import render
from worker.uploads import as_corrected_workbook

# It does not understand areas of whole columns, which Excel writes.
pytestmark = pytest.mark.filterwarnings("ignore:Print area cannot be set:UserWarning")

Errors = Callable[[bytes, str], list[object]]
Convert = Callable[[bytes, str], Pdf]

UPLOADS = {
    "plain": books.plain,
    "notes": books.with_notes,
    "decorated": books.decorated,
    "picture": books.with_picture,
    "conversation": books.with_conversation,
    "macros": books.with_macros,
    "prefixes": lambda: repacked_with_prefixes(books.plain()),
    "example": EXAMPLE.read_bytes,
    "example by pages": EXAMPLE_BY_PAGES.read_bytes,
}
SHEET_PART = "xl/worksheets/sheet1.xml"


def fix(cell: str, after: str, before: str | None = None, sheet: str = SHEET) -> Correction:
    return Correction(CellRef(sheet, cell), after, before)


def corrected(content: bytes, *corrections: Correction) -> bytes:
    return as_corrected_workbook(content, corrections)


def read(content: bytes, *corrections: Correction) -> Accepted | Rejected:
    reading = read_plan(content, Given(corrections=corrections))
    assert isinstance(reading, Accepted | Rejected)
    return reading


def marked(content: bytes, *corrections: Correction) -> bytes:
    """What the worker makes of an upload whose reading has these corrections."""
    reading = read(content, *corrections)
    rows = [each.source for each in reading.plan.actions]
    return render_findings_workbook(
        as_corrected_workbook(content, reading.corrections),
        reading.findings,
        OFFICE,
        reading.mapping,
        rows,
        corrections=reading.corrections,
    )


def fixes_of(sheet: str) -> tuple[Correction, ...]:
    """A text, a number, a day, a percentage, a number with thousands, and a cell that is emptied."""
    return (
        fix("K6", "Otro avance, con <signos> & «comillas» _x0041_\ny renglones.", sheet=sheet),
        fix("F6", "12,5", sheet=sheet),
        fix("G6", "15/02/2024", sheet=sheet),
        fix("F7", "25 %", sheet=sheet),
        fix("D7", "1.234,5", sheet=sheet),
        fix("C7", "", sheet=sheet),
    )


@pytest.mark.parametrize("upload", UPLOADS.values(), ids=UPLOADS)
def test_a_corrected_workbook_reads_as_the_upload_with_its_corrections(upload: Callable[[], bytes]) -> None:
    content = upload()
    fixes = fixes_of(read_workbook(content)[0].name)

    before, after = read(content, *fixes), read(corrected(content, *fixes))

    assert len(before.corrections) == len(fixes)
    assert after.corrections == ()
    assert replace(after, corrections=before.corrections) == before
    assert corrected(content, *fixes) == corrected(content, *fixes)


@pytest.mark.parametrize("upload", UPLOADS.values(), ids=UPLOADS)
def test_the_validator_finds_no_error_that_the_upload_did_not_have(
    upload: Callable[[], bytes], validator_errors: Errors
) -> None:
    content = upload()
    result = marked(content, *fixes_of(read_workbook(content)[0].name))
    assert len(validator_errors(result, "xlsx")) <= len(validator_errors(content, "xlsx"))


def test_without_corrections_the_upload_is_the_very_same() -> None:
    content = EXAMPLE.read_bytes()
    assert as_corrected_workbook(content, ()) is content


def test_only_the_corrected_cells_are_touched() -> None:
    content = books.with_picture()
    before, after = members(content), members(corrected(content, fix("I6", "Anual")))
    assert {name for name in before if before[name] != after[name]} == {SHEET_PART}
    changed = corrected(books.decorated(), fix("I6", "Anual"))
    for row in seen(books.decorated())[SHEET].iter_rows():
        for cell in row:
            other = seen(changed)[SHEET][cell.coordinate]
            assert other.has_style == cell.has_style
            assert cell.coordinate == "I6" or other.value == cell.value
    assert seen(changed)[SHEET]["I6"].value == "Anual"


def test_a_cell_keeps_its_style_and_shows_what_was_typed() -> None:
    def edit(sheet: Worksheet) -> None:
        sheet["G6"], sheet["F7"] = "31/02/2024", 25
        for place in ("G6", "F6", "F7", "H6", "K6"):
            sheet[place].fill, sheet[place].font = PatternFill("solid", fgColor="FF00FF00"), Font(name="Georgia")
        sheet["G6"].number_format, sheet["F6"].number_format, sheet["F7"].number_format = "@", '"$"\\ #,##0', "0"
        sheet["H6"].number_format = 'd "de" mmmm'

    fixes = (
        fix("G6", "1/03/2024"), fix("F6", "1200"), fix("F7", "25,5 %"), fix("H6", "30/11/2024"), fix("K6", "Un texto."),
        fix("H7", "4"), fix("D7", "1.234,567"),
    )  # fmt: skip
    sheet = seen(corrected(office_book(edit=edit), *fixes))[SHEET]

    values = {place: sheet[place].value for place in ("G6", "F6", "F7", "H6", "K6", "H7", "D7")}
    days = {"G6": "2024-03-01", "H6": "2024-11-30"}
    assert {place: values.pop(place).date().isoformat() for place in days} == days
    assert values == {"F6": 1200, "F7": 0.255, "K6": "Un texto.", "H7": 4, "D7": 1234.567}
    formats = {place: sheet[place].number_format for place in ("G6", "F6", "F7", "H6", "H7", "D7")}
    assert formats == {
        "G6": "d/mm/yyyy",
        "F6": '"$"\\ #,##0',
        "F7": "0.0%",
        "H6": 'd "de" mmmm',
        "H7": "General",
        "D7": "#,##0.000",
    }
    assert {sheet[place].fill.fgColor.rgb for place in ("G6", "F6", "F7", "H6", "K6")} == {"FF00FF00"}
    assert {sheet[place].font.name for place in ("G6", "F6", "F7", "H6", "K6")} == {"Georgia"}


def test_a_number_that_was_quoted_as_text_is_a_number() -> None:
    content = office_book([action(1, F="4"), action(2)])
    quoted = edited(content, lambda book: setattr(book[SHEET]["F6"], "quotePrefix", True))
    sheet = seen(corrected(quoted, fix("F6", "4")))[SHEET]
    assert (sheet["F6"].value, sheet["F6"].data_type, sheet["F6"].quotePrefix) == (4, "n", False)


def test_days_are_counted_as_the_workbook_counts_them() -> None:
    book = load_workbook(io.BytesIO(office_book()))
    book.epoch = CALENDAR_MAC_1904
    content = saved(book)
    first = read(corrected(content, fix("G6", "15/02/2024"))).plan.actions[0]
    assert first.starts_on == dt.date(2024, 2, 15)


def test_what_looks_like_a_formula_is_text() -> None:
    sheet = seen(corrected(books.plain(), fix("B6", "=HYPERLINK(1)")))[SHEET]
    assert (sheet["B6"].value, sheet["B6"].data_type) == ("=HYPERLINK(1)", "s")


def test_a_formula_goes_and_those_that_shared_it_keep_it(validator_errors: Errors) -> None:
    def change(parts: dict[str, bytes]) -> None:
        sheet = parts[SHEET_PART].decode()
        shared = (
            '<c r="M5"><f t="shared" ref="M5:M7" si="0">F5*2</f><v>0</v></c>',
            '<c r="M6"><f t="shared" si="0"/><v>8</v></c>',
            '<c r="M7"><f t="shared" si="0"/><v>8</v></c>',
        )
        for row, cell in zip((5, 6, 7), shared, strict=True):
            start = sheet.index(f'<row r="{row}"')
            end = sheet.index("</row>", start)
            sheet = sheet[:end] + cell + sheet[end:]
        parts[SHEET_PART] = sheet.encode()

    content = repacked(office_book(), change)
    result = corrected(content, fix("M5", "Doble"))
    sheet = seen(result)[SHEET]
    assert (sheet["M5"].value, sheet["M6"].value, sheet["M7"].value) == ("Doble", "=F6*2", "=F7*2")
    root = etree.fromstring(members(result)[SHEET_PART])
    shared = [(one.get("ref"), one.text) for one in root.iter("{*}f")]
    assert shared == [("M6:M7", "F6*2"), (None, None)]
    assert len(validator_errors(result, "xlsx")) <= len(validator_errors(content, "xlsx"))
    # What was computed from a corrected cell is computed anew.
    assert b'fullCalcOnLoad="1"' in members(corrected(content, fix("F6", "9")))["xl/workbook.xml"]


def test_the_header_of_an_excel_table_stays_what_the_table_calls_its_column() -> None:
    def edit(sheet: Worksheet) -> None:
        sheet.unmerge_cells("A4:A5")
        sheet["A5"] = "No"
        sheet.add_table(Table(displayName="Plan", ref="A5:K7"))

    content = office_book(edit=edit)
    book = seen(corrected(content, fix("C5", "DEPENDENCIA")))
    assert book[SHEET]["C5"].value == "DEPENDENCIA"
    assert book[SHEET].tables["Plan"].tableColumns[2].name == "DEPENDENCIA"


def test_a_cell_that_the_file_has_twice_is_written_once() -> None:
    def change(parts: dict[str, bytes]) -> None:
        sheet = parts[SHEET_PART]
        start = sheet.index(b'<c r="F6"')
        cell = sheet[start : sheet.index(b"</c>", start) + 4]
        parts[SHEET_PART] = sheet.replace(cell, cell + cell)

    content = repacked(office_book(), change)
    target = read(corrected(content, fix("F6", "9"))).plan.actions[0].target
    assert target is not None
    assert target.printed == "9"


def test_a_correction_that_would_be_lost_in_the_file_is_said_and_not_passed_over() -> None:
    def change(parts: dict[str, bytes]) -> None:
        """A cell of row 7 that the file keeps among those of row 6."""
        sheet = parts[SHEET_PART].decode()
        start = sheet.index('<c r="F7"')
        end = sheet.index("</c>", start) + 4
        cell = sheet[start:end]
        sheet = sheet[:start] + sheet[end:]
        at = sheet.index("</row>", sheet.index('<row r="6"'))
        parts[SHEET_PART] = (sheet[:at] + cell + sheet[at:]).encode()

    content = repacked(office_book(), change)
    assert read(content).plan.actions[1].target is not None
    with pytest.raises(UnmarkableWorkbook) as raised:
        corrected(content, fix("F7", "9"))
    assert "no se pudieron poner en él las correcciones" in raised.value.detail
    with pytest.raises(UnmarkableWorkbook) as raised:
        corrected(content, fix("F7", ""))
    assert "la corrección de la celda F7 no quedó en él" in raised.value.detail


def test_a_workbook_that_is_damaged_inside_is_said_to_be() -> None:
    content = repacked(books.plain(), lambda parts: parts.update({"xl/styles.xml": b"<styleSheet"}))
    with pytest.raises(UnmarkableWorkbook) as raised:
        put_into_cells(content, (fix("F6", "5"),))
    assert "no se pudieron poner en él las correcciones" in raised.value.detail


@pytest.mark.parametrize("extension", ["xls", "ods"])
def test_a_file_in_another_format_comes_back_with_the_corrected_values(extension: str, tmp_path: Path) -> None:
    content = through_libreoffice(EXAMPLE.read_bytes(), tmp_path, extension)
    # Without "_x0041_", which the copy spells as the "A" that it stands for.
    fixes = fixes_of(read(content).plan.actions[0].source.sheet)[1:]
    before, after = read(content, *fixes), read(corrected(content, *fixes))
    assert after.plan == before.plan


# The marked workbook.


def test_each_corrected_cell_says_what_it_said_before_and_the_first_sheet_lists_them() -> None:
    content = books.with_notes()
    result = marked(content, fix("G6", "15/02/2024"), fix("K7", "x" * 40), fix("C7", ""), fix("A3", "Versión 2.1"))
    sheet = seen(result)[SHEET]
    assert sheet["G6"].comment.text == (
        "Falta confirmar con la oficina jurídica\n\nFolio · corrección:\nCorregido en Folio: decía «1/03/2024»."
    )
    assert sheet["G6"].value.date() == dt.date(2024, 2, 15)
    before = "Durante el tercer trimestre de 2024 se avanzó en la formulación."
    assert sheet["K7"].comment.text.endswith(f"Folio · corrección:\nCorregido en Folio: decía «{before}».")
    listed = [[cell.value for cell in row] for row in seen(result).worksheets[0].iter_rows()]
    assert listed[3][0] == (
        "Se corrigieron 4 celdas en Folio y este libro ya tiene sus valores; qué decía, al final de esta hoja."
    )
    title = next(at for at, row in enumerate(listed) if row[2] == "Correcciones hechas en Folio")
    assert [row[2:7] for row in listed[title + 1 :]] == [
        ["Hoja", "Celda", "Columna", "Decía", "Dice"],
        [SHEET, "G6", "FECHA INICIO", "1/03/2024", "15/02/2024"],
        [SHEET, "K7", "AVANCE CUALITATIVO", before, "x" * 40],
        [SHEET, "C7", "RESPONSABLE", "Subdirección de Planeación", None],
        [SHEET, "A3", None, "Versión 2.0", "Versión 2.1"],
    ]


def test_a_cell_that_was_empty_or_said_a_lot_says_so() -> None:
    content = office_book([action(1, K=None), action(2, K="Se avanzó. " * 60)])
    sheet = seen(marked(content, fix("K6", "Se avanzó."), fix("K7", "Poco.")))[SHEET]
    assert "Corregido en Folio: estaba vacía." in sheet["K6"].comment.text
    assert sheet["K7"].comment.text.endswith("…».")
    assert len(sheet["K7"].comment.text) < 1000


def test_without_corrections_the_marked_workbook_is_what_it_was() -> None:
    content = books.plain()
    assert marked(content) == render_findings_workbook(
        content,
        read(content).findings,
        OFFICE,
        read(content).mapping,
        [each.source for each in read(content).plan.actions],
    )
    assert seen(marked(content)).worksheets[0].max_row == len(read(content).findings) + 5


@pytest.mark.parametrize(
    ("upload", "through"),
    [
        (books.plain, "nothing"),
        (books.with_notes, "openpyxl"),
        (books.decorated, "LibreOffice"),
        (EXAMPLE.read_bytes, "nothing"),
        (EXAMPLE.read_bytes, "openpyxl"),
    ],
)
def test_notes_of_corrections_are_known_and_taken_out_when_the_workbook_comes_back(
    upload: Callable[[], bytes], through: str, tmp_path: Path
) -> None:
    content = upload()
    fixes = fixes_of(read_workbook(content)[0].name)
    back = marked(content, *fixes)
    if through == "openpyxl":
        back = edited(back, lambda _book: None)
    if through == "LibreOffice":
        back = through_libreoffice(back, tmp_path)

    # No note, list or header of ours is taken for data, and what was corrected is.
    assert read(back).plan == read(content, *fixes).plan
    assert read(back).corrections == ()
    again = render_findings_workbook(back, (), OFFICE)
    sheets = [sheet for sheet in seen(again).worksheets if sheet.title in seen(content).sheetnames]
    notes = [cell.comment.text for sheet in sheets for row in sheet.iter_rows() for cell in row if cell.comment]
    own = [
        cell.comment.text
        for sheet in seen(content).worksheets
        for row in sheet.iter_rows()
        for cell in row
        if cell.comment
    ]
    assert notes == own
    assert read(again).plan == read(content, *fixes).plan


def test_a_cell_with_a_finding_and_a_correction_has_one_note_and_gets_its_own_fill_back() -> None:
    def edit(sheet: Worksheet) -> None:
        sheet["F6"].fill = PatternFill("solid", fgColor="FF00FF00")

    content = office_book(edit=edit)
    result = marked(content, fix("F6", "Por definir"))
    sheet = seen(result)[SHEET]
    assert sheet["F6"].fill.fgColor.rgb == YELLOW
    assert "hallazgo" in sheet["F6"].comment.text
    assert sheet["F6"].comment.text.endswith("Folio · corrección:\nCorregido en Folio: decía «4».")
    clean = seen(render_findings_workbook(result, (), OFFICE))[SHEET]
    assert clean["F6"].fill.fgColor.rgb == "FF00FF00"
    assert clean["F6"].comment is None


def test_the_list_of_corrections_accepts_nothing_whatever_is_typed_beside_it() -> None:
    def type_beside(book: object) -> None:
        sheet = book.worksheets[0]  # type: ignore[attr-defined]
        for row in sheet.iter_rows():
            if row[2].value == SHEET and row[10].value is None:
                row[9].value = "Está bien"

    back = edited(marked(books.plain(), fix("F6", "5")), type_beside)
    assert acceptances_in(read_workbook(back)) == ()


def test_two_that_were_put_right_here_and_two_in_the_workbook_are_all_there() -> None:
    spoiled = office_book(
        [
            action(1, F="cuatro", G="31/02/2024", I="Trimestal", J="Inverción", C="Dirección General"),
            action(2, C="Dirección General", K="Durante el tercer trimestre de 2024 se entregaron 2 documentos."),
        ]
    )
    fixes = (fix("I6", "Trimestral"), fix("J6", "Inversión"))
    back = edited(marked(spoiled, *fixes), lambda book: book[SHEET].__setitem__("F6", 4))
    back = edited(back, lambda book: book[SHEET].__setitem__("G6", dt.date(2024, 3, 1)))

    reading = read(back)

    first = reading.plan.actions[0]
    assert isinstance(reading, Accepted)
    assert (first.periodicity, first.funding_source) == ("Trimestral", "Inversión")
    assert (first.target and first.target.printed, first.starts_on) == ("4", dt.date(2024, 3, 1))
    assert {FindingCode.PERIODICITY_001, FindingCode.FUNDING_001} & {each.code for each in reading.findings} == set()
    again = seen(marked(back))
    assert [
        cell.comment
        for row in again[SHEET].iter_rows()
        for cell in row
        if cell.comment and "corrección" in cell.comment.text
    ] == []


def test_reasons_typed_beside_corrections_stay() -> None:
    result = marked(books.plain(), fix("F6", "Por definir"))
    number = HEADERS.index("Código")

    def give_reason(book: object) -> None:
        for row in book.worksheets[0].iter_rows():  # type: ignore[attr-defined]
            if row[number].value == "TARGET_002":
                row[number - 1].value = "Se decide en mayo"

    back = edited(result, give_reason)
    assert acceptances_in(read_workbook(back)) == (
        Acceptance(FindingCode.TARGET_002, CellRef(SHEET, "F6"), "Se decide en mayo"),
    )


def test_an_office_s_own_words_about_corrections_are_no_note_of_ours() -> None:
    def edit(sheet: Worksheet) -> None:
        sheet["B6"].comment = Comment("Corregido en Folio: decía otra cosa, creo", "Planeación")

    result = marked(office_book(edit=edit), fix("F6", "5"))
    clean = seen(render_findings_workbook(result, (), OFFICE))[SHEET]
    assert clean["B6"].comment.text == "Corregido en Folio: decía otra cosa, creo"


def test_the_workbook_of_the_next_quarter_has_the_corrected_plan() -> None:
    content = EXAMPLE.read_bytes()
    name = read_workbook(content)[0].name
    fixes = (fix("F6", "12", sheet=name), fix("I7", "Anual", sheet=name), fix("K6", "Otro avance.", sheet=name))
    reading = read(content, *fixes)
    assert isinstance(reading, Accepted)
    source = Source(
        as_corrected_workbook(content, reading.corrections),
        reading.findings,
        reading.mapping,
        OFFICE,
        reading.corrections,
    )
    templates = TemplateFiles(Path("templates_docx"))
    document = render(report_of(reading.plan), DocumentKind.NEXT_QUARTER, templates, source)

    sheet = seen(document.content).worksheets[0]
    assert (sheet["F6"].value, sheet["I7"].value, sheet["K6"].value) == (12, "Anual", None)
    shown = [cell.value for row in sheet.iter_rows() for cell in row]
    assert "Otro avance." in shown
    assert not [cell for row in sheet.iter_rows() for cell in row if cell.comment]
    assert MEMORY_SHEET not in seen(document.content).sheetnames


def test_word_excel_and_pdf_say_what_was_corrected(to_pdf: Convert) -> None:
    content = EXAMPLE.read_bytes()
    name = read_workbook(content)[0].name
    reading = read(
        content, fix("F6", "1.234", sheet=name), fix("I7", "Anual", sheet=name), fix("G6", "2/02/2024", sheet=name)
    )
    assert isinstance(reading, Accepted)
    templates = TemplateFiles(Path("templates_docx"))
    report = report_of(reading.plan)
    word = render(report, DocumentKind.WORD, templates)
    excel = render(report, DocumentKind.EXCEL, templates)
    assert word.proof is not None
    assert excel.proof is not None
    assert word.proof.holds
    assert excel.proof.holds
    printed = " ".join(to_pdf(word.content, "docx").text.split())
    for said in ("1.234", "Anual", "2/02/2024"):
        assert said in printed


def test_libreoffice_prints_what_was_corrected_and_the_list(to_pdf: Convert) -> None:
    content = EXAMPLE.read_bytes()
    name = read_workbook(content)[0].name
    pdf = to_pdf(marked(content, fix("F6", "77", sheet=name), fix("I7", "Anual", sheet=name)), "xlsx")
    assert "Correcciones hechas en Folio" in pdf.text
    assert "77" in pdf.text
