"""The office's own workbook with the findings marked: what is added, what stays, and how it is taken out again."""

from __future__ import annotations

import hashlib
import io
import os
import re
import shutil
import subprocess
import time
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from lxml import etree
from openpyxl import Workbook, load_workbook

from service.domain.archive import reading_to_json
from service.domain.findings import CellRef, FindingCode
from service.domain.marks import HEADERS, MEMORY_HEADERS, MEMORY_SHEET
from service.domain.plan import RowRef
from service.domain.reading import Acceptance, Accepted, Given
from service.domain.reports import DocumentKind, Source
from service.sheets.intake import read_plan
from service.sheets.marks import acceptances_in, without_marks
from service.sheets.parsed import Kind, ParsedSheet, RawCell
from service.sheets.transcript import as_workbook
from service.sheets.workbook import read_workbook
from tests.documents import marked as books
from tests.documents.conftest import Pdf
from tests.documents.marked import BLUE, OFFICE, RED, YELLOW, edited, findings, marked, members, seen
from tests.plans import reference_plan, report_of
from tests.unit.sheets.office import EXAMPLE, EXAMPLE_BY_PAGES, SHEET
from worker.documents.findings_workbook import render_findings_workbook
from worker.documents.template_files import TemplateFiles
from worker.generate import mark
from worker.render import render

Errors = Callable[[bytes, str], list[object]]
Convert = Callable[[bytes, str], Pdf]

UPLOADS = {
    "plain": books.plain,
    "notes": books.with_notes,
    "decorated": books.decorated,
    "picture": books.with_picture,
    "conversation": books.with_conversation,
    "example": EXAMPLE.read_bytes,
    "example by pages": EXAMPLE_BY_PAGES.read_bytes,
}
HEAD = 5


def rows(content: bytes) -> list[tuple[object, ...]]:
    """The rows under the headers of the list."""
    listed = list(seen(content).worksheets[0].iter_rows(values_only=True))
    return listed[listed.index(HEADERS) + 1 :]


def test_each_finding_fills_its_cell_by_severity_and_keeps_the_rest_of_its_style() -> None:
    sheet = seen(marked(books.decorated()))[SHEET]
    assert {place: sheet[place].fill.fgColor.rgb for place in ("G6", "A7", "K7")} == {
        "G6": RED,
        "A7": YELLOW,
        "K7": RED,
    }
    assert (sheet["G6"].font.name, sheet["G6"].font.b) == ("Georgia", True)
    assert sheet["G6"].number_format == seen(books.decorated())[SHEET]["G6"].number_format
    assert sheet["F6"].fill.fill_type is None  # accepted


def test_a_suggestion_alone_is_blue() -> None:
    only = (FindingCode.TEXT_003.at(CellRef(SHEET, "K6"), column="AVANCE CUALITATIVO"),)
    assert seen(marked(books.plain(), only))[SHEET]["K6"].fill.fgColor.rgb == BLUE


def test_a_note_says_what_is_wrong_what_to_do_and_what_is_proposed() -> None:
    sheet = seen(marked(books.plain()))[SHEET]
    note = sheet["G6"].comment
    assert note.author == "Folio"
    assert note.text.startswith("Folio · hallazgo 2: Error\n«31/02/2024» no es una fecha")
    assert "\nQué hacer: Escriba la fecha" in note.text
    assert note.text.endswith("\nValor propuesto: 1/03/2024")
    assert "hallazgo 4: Sugerencia" in sheet["K7"].comment.text
    assert "hallazgo 5: Error" in sheet["K7"].comment.text
    assert sheet["F6"].comment is None


def test_a_long_proposal_stands_in_the_list_alone() -> None:
    text = "Durante el tercer trimestre se avanzó. " * 12
    found = (FindingCode.TEXT_003.at(CellRef(SHEET, "K6"), column="AVANCE CUALITATIVO", proposal=text),)
    content = marked(books.plain(), found)
    note = seen(content)[SHEET]["K6"].comment.text
    assert note.endswith("Valor propuesto: está en la primera hoja, en el hallazgo 1.")
    assert rows(content)[0][8] == text


def test_the_first_sheet_lists_every_finding_with_a_link_to_its_cell() -> None:
    content = marked(books.plain())
    book = seen(content)
    sheet = book.worksheets[0]
    assert (sheet.title, book.active.title) == ("Hallazgos", "Hallazgos")
    assert [one.title for one in book.worksheets if one.sheet_view.tabSelected] == ["Hallazgos"]
    assert sheet["A2"].value == "3 errores, 1 advertencia, 1 sugerencia y 1 hallazgo aceptado."
    listed = rows(content)
    assert [row[0] for row in listed] == [1, 2, 3, 4, 5, 6]
    assert listed[1][1:4] == ("Error", SHEET, "G6")
    assert listed[1][8:] == ("1/03/2024", None, "DATE_001")
    assert (listed[5][1], listed[5][9]) == ("Aceptado", "Se decide en mayo")
    # A link to a name follows its cell when rows are put in above it.
    assert book.defined_names[sheet["D7"].hyperlink.location].attr_text == f"'{SHEET}'!$G$6"
    assert sheet["C6"].hyperlink.location == f"'{SHEET}'!A1"
    assert sheet.freeze_panes == f"A{HEAD + 1}"
    assert sheet.auto_filter.ref == "A5:K11"
    assert book[MEMORY_SHEET].sheet_state == "hidden"


def test_a_workbook_without_findings_says_so() -> None:
    sheet = seen(marked(books.plain(), ())).worksheets[0]
    assert sheet["A2"].value == sheet["A6"].value == "No hay nada que corregir."


def test_vocabulary_columns_get_lists_where_they_had_none() -> None:
    book = seen(marked(books.decorated()))
    lists = {str(one.sqref): one.formula1 for one in book[SHEET].data_validations.dataValidation}
    assert lists == {
        "I6:I40": '"Trimestral,Anual"',
        "C6:C7": "_folio_responsables",
        "E6:E7": "_folio_unidades",
        "J6:J7": "_folio_fuentes",
    }
    free = {str(one.sqref) for one in book[SHEET].data_validations.dataValidation if not one.showErrorMessage}
    assert free >= {"C6:C7", "E6:E7"}
    area = book.defined_names["_folio_fuentes"].attr_text
    sheet, cells = area.split("!")
    assert sheet.strip("'") == MEMORY_SHEET
    offered = [cell.value for row in book[MEMORY_SHEET][cells.replace("$", "")] for cell in row]
    assert tuple(offered) == OFFICE.funding_sources


def test_what_is_not_marked_stays_byte_for_byte() -> None:
    upload = books.with_picture()
    before, after = members(upload), members(marked(upload))
    touched = {
        "[Content_Types].xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml",
        "xl/worksheets/sheet1.xml", "xl/worksheets/_rels/sheet1.xml.rels",
    }  # fmt: skip
    assert {name for name in before if before[name] != after.get(name)} == touched
    assert b'name="Sello"' in after["xl/drawings/drawing1.xml"]


@pytest.mark.parametrize("upload", UPLOADS.values(), ids=UPLOADS)
def test_no_value_of_the_office_changes(upload: Callable[[], bytes]) -> None:
    content = upload()
    before, after = seen(content), seen(marked(content))
    assert after.sheetnames == ["Hallazgos", *before.sheetnames, MEMORY_SHEET]
    for sheet in before.worksheets:
        other = after[sheet.title]
        assert [[cell.value for cell in row] for row in sheet.iter_rows()] == [
            [cell.value for cell in row] for row in other.iter_rows(max_row=sheet.max_row, max_col=sheet.max_column)
        ]
        assert sheet.merged_cells.ranges == other.merged_cells.ranges
        assert sheet.print_title_rows == other.print_title_rows
        assert sheet.auto_filter.ref == other.auto_filter.ref
        assert sheet.protection.sheet == other.protection.sheet


@pytest.mark.parametrize("upload", UPLOADS.values(), ids=UPLOADS)
def test_the_validator_finds_no_error_that_the_upload_did_not_have(
    upload: Callable[[], bytes], validator_errors: Errors
) -> None:
    content = upload()
    name = load_workbook(io.BytesIO(content)).sheetnames[0]
    found = tuple(
        FindingCode.CELL_001.at(CellRef(name, place), column="META") for place in ("F6", "G6", "K7", "B6", "Z99")
    )
    result = render_findings_workbook(content, found, OFFICE, books.MAPPING, books.ROWS)
    assert len(validator_errors(result, "xlsx")) <= len(validator_errors(content, "xlsx"))


@pytest.mark.parametrize("upload", UPLOADS.values(), ids=UPLOADS)
def test_marking_again_replaces_the_marks(upload: Callable[[], bytes]) -> None:
    content = upload()
    once = marked(content)
    assert members(marked(once)) == members(once)


@pytest.mark.parametrize("upload", UPLOADS.values(), ids=UPLOADS)
def test_marks_that_are_taken_out_leave_the_office_s_own_sheet(upload: Callable[[], bytes]) -> None:
    content = upload()
    name = seen(content).sheetnames[0]
    found = tuple(replace(one, place=one.place and CellRef(name, one.place.cell)) for one in findings())
    with_marks = render_findings_workbook(content, found, OFFICE, books.MAPPING, books.ROWS)
    without = render_findings_workbook(with_marks, (), OFFICE)
    part = "xl/worksheets/sheet1.xml"
    assert members(with_marks)[part] != members(without)[part]
    assert selected(members(without)[part]) == selected(members(content)[part])
    notes = [cell.comment.text for row in seen(content)[name].iter_rows() for cell in row if cell.comment]
    left = [cell.comment.text for row in seen(without)[name].iter_rows() for cell in row if cell.comment]
    assert left == notes
    assert any("vml" in part for part in members(without)) == bool(notes)


def selected(sheet: bytes) -> bytes:
    """The sheet's XML in canonical form, without which tab is open."""
    return etree.tostring(etree.fromstring(sheet.replace(b' tabSelected="1"', b"")), method="c14n")


def test_an_office_s_note_keeps_its_letters_above_ours() -> None:
    sheet = seen(marked(books.with_notes()))[SHEET]
    assert sheet["G6"].comment.text.startswith("Falta confirmar con la oficina jurídica\n\nFolio · hallazgo 2")
    assert sheet["B6"].comment.text == "Nota que no se toca"


def test_a_conversation_is_left_alone_and_that_is_said() -> None:
    book = seen(marked(books.with_conversation()))
    assert book[SHEET]["G6"].comment.text == "Falta confirmar con la oficina jurídica"
    assert book[SHEET]["G6"].fill.fgColor.rgb == RED
    assert book.worksheets[0]["A4"].value.startswith("Una celda quedó coloreada pero sin comentario")


def test_macros_are_not_handed_back_and_that_is_said(validator_errors: Errors) -> None:
    content = marked(books.with_macros())
    parts = members(content)
    assert not any("vba" in name.lower() for name in parts)
    assert b"macroEnabled" not in parts["[Content_Types].xml"]
    assert b"vbaProject" not in parts["xl/_rels/workbook.xml.rels"]
    assert seen(content).worksheets[0]["A4"].value.startswith("El libro que se subió tenía macros.")
    assert len(validator_errors(content, "xlsx")) <= len(validator_errors(books.plain(), "xlsx"))


def test_a_cell_inside_a_merge_is_marked_where_the_merge_begins() -> None:
    found = (FindingCode.PLAN_009.at(CellRef(SHEET, "D3"), given="2.0", found="3.0"),)
    sheet = seen(marked(books.plain(), found))[SHEET]
    assert sheet["A3"].fill.fgColor.rgb == YELLOW
    assert sheet["A3"].comment is not None


def test_an_office_s_own_sheet_of_that_name_is_kept() -> None:
    content = edited(books.plain(), lambda book: book.create_sheet("Hallazgos").append(["de la auditoría"]))
    again = marked(marked(content))
    assert seen(again).sheetnames == ["Hallazgos 2", SHEET, "Hallazgos", MEMORY_SHEET]
    assert seen(again)["Hallazgos"]["A1"].value == "de la auditoría"


def test_a_workbook_whose_xml_has_prefixes_is_marked_like_any_other(validator_errors: Errors) -> None:
    content = repacked_with_prefixes(books.plain())
    result = marked(content)
    assert seen(result)[SHEET]["G6"].fill.fgColor.rgb == RED
    assert members(marked(result)) == members(result)
    assert len(validator_errors(result, "xlsx")) <= len(validator_errors(content, "xlsx"))


def repacked_with_prefixes(content: bytes) -> bytes:
    """As the Open XML SDK writes: every element of a sheet with the prefix x."""

    def change(parts: dict[str, bytes]) -> None:
        for name in ("xl/worksheets/sheet1.xml", "xl/styles.xml", "xl/workbook.xml"):
            text = parts[name].decode()
            text = re.sub(r"<(/?)(?![?!:\w]*:)(\w)", r"<\1x:\2", text)
            parts[name] = text.replace("xmlns=", "xmlns:x=").encode()

    return books.repacked(content, change)


def test_a_strict_workbook_is_marked_in_its_own_namespaces(validator_errors: Errors) -> None:
    spaces = {
        b"http://schemas.openxmlformats.org/spreadsheetml/2006/main": b"http://purl.oclc.org/ooxml/spreadsheetml/main",
        b"http://schemas.openxmlformats.org/officeDocument/2006/relationships": (
            b"http://purl.oclc.org/ooxml/officeDocument/relationships"
        ),
    }

    def make_strict(parts: dict[str, bytes]) -> None:
        for usual, strict in spaces.items():
            parts |= {name: part.replace(usual, strict) for name, part in parts.items()}

    content = books.repacked(books.plain(), make_strict)
    result = marked(content)
    assert members(marked(result)) == members(result)
    assert [one.place for one in accepted_in(result)] == [CellRef(SHEET, "F6")]
    assert len(validator_errors(result, "xlsx")) <= len(validator_errors(content, "xlsx"))


# What comes back.


def accepted_in(content: bytes) -> tuple[Acceptance, ...]:
    return acceptances_in(read_workbook(content))


def type_reason(number: int, reason: str) -> Callable[[Workbook], None]:
    def edit(book: Workbook) -> None:
        sheet = book.worksheets[0]
        for row in sheet.iter_rows():
            if row[0].value == number:
                row[9].value = reason

    return edit


def test_reasons_that_were_typed_in_the_list_are_acceptances() -> None:
    back = edited(marked(books.plain()), type_reason(3, " Así lo numeró el comité "))
    assert accepted_in(back) == (
        Acceptance(FindingCode.ROW_002, CellRef(SHEET, "A7"), "Así lo numeró el comité"),
        Acceptance(FindingCode.TARGET_002, CellRef(SHEET, "F6"), "Se decide en mayo"),
    )


def test_an_acceptance_about_the_whole_sheet_or_file_keeps_its_place() -> None:
    found = (FindingCode.PLAN_003.at(CellRef(SHEET)), FindingCode.FILE_012.at())
    back = edited(edited(marked(books.plain(), found), type_reason(1, "Es borrador")), type_reason(2, "Ya se sabe"))
    assert accepted_in(back) == (
        Acceptance(FindingCode.PLAN_003, CellRef(SHEET), "Es borrador"),
        Acceptance(FindingCode.FILE_012, None, "Ya se sabe"),
    )


def test_our_sheets_are_no_plan_and_the_rest_reads_as_before() -> None:
    content = marked(books.plain())
    assert [sheet.name for sheet in without_marks(read_workbook(content))] == [SHEET]
    before, after = read_plan(books.plain(), Given()), read_plan(marked(books.plain(), ()), Given())
    assert before == after


def test_what_was_accepted_stays_accepted_when_the_workbook_is_read_again() -> None:
    upload = EXAMPLE.read_bytes()
    reading = read_plan(upload, Given())
    chosen = reading.findings[0]
    content = render_findings_workbook(upload, reading.findings, OFFICE)
    again = read_plan(edited(content, type_reason(1, "El comité lo aprobó así")), Given())
    found = next(one for one in again.findings if (one.code, one.place) == (chosen.code, chosen.place))
    assert found.accepted == "El comité lo aprobó así"


def test_an_acceptance_follows_its_cell_when_rows_were_put_in() -> None:
    memory = parsed(MEMORY_SHEET, [MEMORY_HEADERS, ("1", SHEET, "A9", ""), ("2", SHEET, "#REF!", "")])
    number = HEADERS.index("Aceptar con esta razón") - 4
    rest = [""] * (number - 1)
    listed = parsed(
        "Hallazgos",
        [
            ("Hallazgos de la revisión",),
            HEADERS,
            ("1", "Advertencia", SHEET, "A7", *rest, "x", "Así es", "ROW_002"),
            ("2", "Advertencia", SHEET, "A8", *rest, "x", "Esa fila ya no está", "ROW_002"),
            ("3", "Advertencia", SHEET, "A8", *rest, "x", "Código que ya no existe", "ROW_999"),
        ],
    )
    assert acceptances_in([listed, memory]) == (Acceptance(FindingCode.ROW_002, CellRef(SHEET, "A9"), "Así es"),)


def parsed(name: str, lines: list[tuple[str, ...]]) -> ParsedSheet:
    cells = {
        row: tuple(RawCell(row, column, Kind.TEXT, text) for column, text in enumerate(line, start=1) if text)
        for row, line in enumerate(lines, start=1)
    }
    return ParsedSheet(name, cells)


def test_marks_that_went_through_libreoffice_are_known_again(tmp_path: Path) -> None:
    saved = through_libreoffice(marked(books.decorated()), tmp_path)
    assert accepted_in(saved) == (Acceptance(FindingCode.TARGET_002, CellRef(SHEET, "F6"), "Se decide en mayo"),)
    assert [sheet.name for sheet in without_marks(read_workbook(saved))] == [SHEET, "Resumen"]
    clean = seen(render_findings_workbook(saved, (), OFFICE))
    assert clean.sheetnames == ["Hallazgos", SHEET, "Resumen", MEMORY_SHEET]
    assert clean[SHEET]["G6"].fill.fgColor.rgb == "FF00FF00"
    assert clean[SHEET]["K7"].fill.fill_type is None
    assert not [cell for row in clean[SHEET].iter_rows() for cell in row if cell.comment]
    assert [str(one.sqref) for one in clean[SHEET].data_validations.dataValidation] == ["I6:I40"]


@pytest.mark.parametrize("extension", ["xls", "ods"])
def test_older_formats_come_back_with_every_value_in_its_cell(extension: str, tmp_path: Path) -> None:
    upload = through_libreoffice(EXAMPLE.read_bytes(), tmp_path, extension)
    reading, copied = read_plan(upload, Given()), read_plan(as_workbook(upload), Given())
    assert isinstance(reading, Accepted)
    assert isinstance(copied, Accepted)
    assert copied.plan == reading.plan
    assert copied.mapping == reading.mapping
    assert as_workbook(upload) == as_workbook(upload)


def through_libreoffice(content: bytes, folder: Path, extension: str = "xlsx") -> bytes:
    """What LibreOffice makes of a workbook that it opens and saves."""
    source = folder / "libro.xlsx"
    source.write_bytes(content)
    soffice = shutil.which("soffice") or shutil.which("libreoffice")
    assert soffice, "LibreOffice is missing: make test installs it"
    subprocess.run(
        [soffice, f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless", "--norestore",
         "--convert-to", extension, "--outdir", str(folder / "saved"), str(source)],
        check=True, capture_output=True, timeout=280, env={**os.environ, "HOME": str(folder)},
    )  # fmt: skip
    return (folder / "saved" / f"libro.{extension}").read_bytes()


# Other formats, size, and how it looks.


def test_a_csv_comes_back_as_a_workbook_of_its_values_and_says_so() -> None:
    csv = 'PLAN DE ACCIÓN 2024\nNo.;ACCIÓN;META\n1;=HYPERLINK("x");4\n'.encode()
    copy = as_workbook(csv)
    name = seen(copy).sheetnames[0]
    found = (FindingCode.CELL_001.at(CellRef(name, "C3"), column="META"),)
    book = seen(render_findings_workbook(copy, found, OFFICE))
    assert book[name]["B3"].value == '=HYPERLINK("x")'
    assert book[name]["B3"].data_type == "s"
    assert book[name]["C3"].fill.fgColor.rgb == RED
    assert book.worksheets[0]["A4"].value.startswith("El archivo que se subió no era un libro .xlsx.")


def test_an_xlsx_is_never_copied() -> None:
    content = EXAMPLE.read_bytes()
    assert as_workbook(content) is content


def test_five_thousand_actions_with_five_hundred_findings_are_marked_within_four_seconds() -> None:
    content = books.many(5000)
    found = tuple(
        FindingCode.CELL_001.at(CellRef(SHEET, f"{'ABCDEFGHIJK'[number % 11]}{6 + number * 10}"), column="META")
        for number in range(500)
    )
    places = [RowRef(SHEET, 6 + number) for number in range(5000)]
    began = time.process_time()
    result = render_findings_workbook(content, found, OFFICE, books.MAPPING, places)
    assert time.process_time() - began < 4
    with zipfile.ZipFile(io.BytesIO(result)) as archive:
        assert archive.testzip() is None
    sheet = seen(result)[SHEET]
    assert sum(cell.comment is not None for row in sheet.iter_rows() for cell in row) == 500


@pytest.mark.parametrize("upload", ["example", "picture", "notes"])
def test_libreoffice_prints_the_list_and_the_plan(upload: str, to_pdf: Convert) -> None:
    content = UPLOADS[upload]()
    name = seen(content).sheetnames[0]
    found = (FindingCode.CELL_001.at(CellRef(name, "G6"), column="FECHA INICIO"),)
    pdf = to_pdf(render_findings_workbook(content, found, OFFICE), "xlsx")
    assert "Hallazgos de la revisión" in pdf.pages[0]
    assert "1 error." in pdf.pages[0]
    assert "PLAN DE ACCIÓN 2024" in pdf.text


# The two doors of the worker.


def test_the_report_s_marked_workbook_is_named_for_what_it_is() -> None:
    plan = reference_plan()
    source = Source(books.plain(), findings(), books.MAPPING, OFFICE)
    document = render(report_of(plan), DocumentKind.FINDINGS, TemplateFiles(Path("templates_docx")), source)
    assert document.filename == "plan-de-accion-2024_v2.0_seguimiento-III-trimestre_hallazgos.xlsx"
    assert document.template_fingerprint == hashlib.sha256(source.workbook).hexdigest()
    assert document.sha256 == hashlib.sha256(document.content).hexdigest()
    assert seen(document.content)[SHEET]["G6"].fill.fgColor.rgb == RED


def test_the_terminal_asks_for_the_marked_workbook_by_its_paths(tmp_path: Path) -> None:
    source, out = tmp_path / "plan.xlsx", tmp_path / "marcado.xlsx"
    source.write_bytes(EXAMPLE.read_bytes())
    reading = reading_to_json(read_plan(source.read_bytes(), Given()))
    office = {"units": ["Secretaría de Salud"]}
    answer = mark({"workbook": str(source), "reading": reading, "out": str(out), "office": office})
    assert answer["problems"] == []
    [written] = answer["documents"]
    assert (written["kind"], written["path"], written["size"]) == ("findings", str(out), out.stat().st_size)
    book = seen(out.read_bytes())
    area = book.defined_names["_folio_responsables"].attr_text.split("!")[1].replace("$", "")
    assert [cell.value for row in book[MEMORY_SHEET][area.split(":")[0] : area.split(":")[1]] for cell in row] == [
        "Secretaría de Salud"
    ]


def test_a_file_that_cannot_be_marked_is_a_problem_with_a_sentence(tmp_path: Path) -> None:
    source = tmp_path / "plan.xlsx"
    reading = {"plan": None, "mapping": {}, "findings": [], "layout": ""}
    request = {"workbook": str(source), "reading": reading, "out": str(tmp_path / "marcado.xlsx")}
    source.write_bytes(b"")
    assert mark(request)["problems"][0]["detail"].startswith("No hay un libro que marcar. El archivo está vacío")
    source.write_bytes(books.repacked(books.plain(), lambda parts: parts.update({"xl/styles.xml": b"<styleSheet"})))
    assert mark(request)["problems"][0]["code"] == "UNMARKABLE"
    assert not (tmp_path / "marcado.xlsx").exists()
