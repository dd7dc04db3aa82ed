"""The control de cambios is an annex of the official Word and a sheet of the Excel, and nothing where it is empty."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import docx
import pytest
from docx.document import Document
from openpyxl import Workbook, load_workbook

from service.domain.errors import TemplateProblem
from service.domain.reports import ChangeLogEntry, DocumentKind, Report
from service.domain.values import VersionNumber
from tests.documents.conftest import Pdf
from tests.plans import reference_plan, report_of
from worker.documents.change_log_sheet import without_change_log
from worker.documents.context import context_of
from worker.documents.excel import compile_workbook, fill_workbook
from worker.documents.package import deflate, read_members, write_package
from worker.documents.template_files import TemplateFiles

FOLDER = Path(__file__).parents[2] / "templates_docx"
TEMPLATES = TemplateFiles(FOLDER)
HEADERS = ["VERSIÓN", "FECHA", "DESCRIPCIÓN DE LA MODIFICACIÓN", "INSTANCIA"]
LOG = (
    ChangeLogEntry(VersionNumber(1, 0), dt.date(2024, 1, 31), "Versión inicial del plan.", "Comité"),
    ChangeLogEntry(VersionNumber(2, 0), dt.date(2024, 8, 5), "Se modificó la meta (=1+1) & el <lead>.\nAsí.", "Comité"),
)


def report(log: tuple[ChangeLogEntry, ...] = LOG) -> Report:
    return replace(report_of(reference_plan()), change_log=log)


def written(kind: DocumentKind, log: tuple[ChangeLogEntry, ...] = LOG) -> bytes:
    return TEMPLATES.of(kind).fill(context_of(report(log)))


def word(log: tuple[ChangeLogEntry, ...] = LOG) -> Document:
    return docx.Document(io.BytesIO(written(DocumentKind.WORD, log)))


def midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time())


def book(content: bytes) -> Workbook:
    return load_workbook(io.BytesIO(content))


def test_the_word_ends_with_the_control_de_cambios_under_its_own_heading() -> None:
    document = word()
    _, table = document.tables
    assert [[cell.text for cell in row.cells] for row in table.rows] == [
        HEADERS,
        ["1.0", "31/01/2024", LOG[0].description, "Comité"],
        ["2.0", "5/08/2024", LOG[1].description, "Comité"],
    ]
    assert [paragraph.text for paragraph in document.paragraphs if paragraph.text] == ["CONTROL DE CAMBIOS"]
    assert table._tbl.xpath("./w:tr[1]/w:trPr/w:tblHeader")
    assert table._tbl.xpath("./w:tblPr/w:tblCaption")


def test_the_excel_has_a_sheet_for_it_with_real_dates_and_repeated_headers() -> None:
    workbook = book(written(DocumentKind.EXCEL))
    assert workbook.sheetnames == ["Plan de acción", "Datos", "Control de cambios"]
    sheet = workbook["Control de cambios"]
    assert [cell.value for cell in sheet[4]] == HEADERS
    assert [[cell.value for cell in row] for row in sheet.iter_rows(min_row=5)] == [
        ["1.0", midnight(LOG[0].on), LOG[0].description, "Comité"],
        ["2.0", midnight(LOG[1].on), LOG[1].description, "Comité"],
    ]
    assert (sheet.print_title_rows, sheet.print_area) == ("$1:$4", "'Control de cambios'!$A$1:$D$6")


def test_without_changes_to_tell_nothing_of_it_is_left() -> None:
    assert len(word(()).tables) == 1
    content = written(DocumentKind.EXCEL, ())
    workbook = book(content)
    assert workbook.sheetnames == ["Plan de acción", "Datos"]
    assert not [name for name, part in read_members(content).items() if b"cambio" in part.lower()]
    assert not [name for name, part in read_members(written(DocumentKind.WORD, ())).items() if b"ambio" in part]


def test_the_plan_itself_is_the_same_with_and_without_it() -> None:
    one, other = (read_members(written(DocumentKind.EXCEL, log)) for log in (LOG, ()))
    assert one["xl/worksheets/sheet1.xml"] == other["xl/worksheets/sheet1.xml"]
    assert one["xl/worksheets/sheet2.xml"] == other["xl/worksheets/sheet2.xml"]


@pytest.mark.parametrize("kind", [DocumentKind.WORD, DocumentKind.EXCEL])
def test_the_open_xml_sdk_finds_no_error(
    kind: DocumentKind, validator_errors: Callable[[bytes, str], list[object]]
) -> None:
    assert validator_errors(written(kind), kind.extension) == []


def test_it_is_printed_on_a_page_of_its_own(to_pdf: Callable[[bytes, str], Pdf]) -> None:
    last = to_pdf(written(DocumentKind.WORD), "docx").pages[-1]
    assert "CONTROL DE CAMBIOS" in last
    assert "Versión inicial del plan." in last
    assert "AVANCE CUALITATIVO" not in last


def drawn(sheets: dict[str, str], *, opens: int = 0) -> bytes:
    """A workbook of sheets with one text in A2 each."""
    workbook = Workbook()
    del workbook[workbook.sheetnames[0]]
    for name, text in sheets.items():
        sheet = workbook.create_sheet(name)
        sheet["A1"] = name
        sheet["A2"] = text
        sheet.print_title_rows = "1:1"
    workbook.active = opens
    saved = io.BytesIO()
    workbook.save(saved)
    return saved.getvalue()


def test_a_sheet_taken_out_leaves_the_others_with_their_names_and_the_right_one_open() -> None:
    template = drawn({"Cambios": "{{ cambio.version }}", "Plan": "{{ accion.numero }}", "Nota": "Fija"}, opens=2)
    left = book(without_change_log(template))
    assert (left.sheetnames, left.active.title if left.active else "") == (["Plan", "Nota"], "Nota")
    assert [sheet.print_title_rows for sheet in left] == ["$1:$1", "$1:$1"]
    filled = book(fill_workbook(compile_workbook(template, has_change_log=True), context_of(report())))
    assert [row[0].value for row in filled["Cambios"].iter_rows()] == ["Cambios", "1.0", "2.0"]
    assert filled["Nota"]["A2"].value == "Fija"


def test_a_template_without_such_a_sheet_is_left_byte_for_byte() -> None:
    template = drawn({"Plan": "{{ accion.numero }}"})
    assert without_change_log(template) is template


def test_an_unknown_name_of_a_change_is_refused_with_the_near_one() -> None:
    with pytest.raises(TemplateProblem, match=r"¿Quiso decir \{\{ cambio\.descripcion \}\}\?"):
        compile_workbook(drawn({"Cambios": "{{ cambio.descripción }}"}), has_change_log=True)


def test_a_row_is_repeated_for_actions_or_for_changes_and_never_for_both() -> None:
    with pytest.raises(TemplateProblem, match="a la vez"):
        compile_workbook(drawn({"Plan": "{{ accion.numero }} {{ cambio.version }}"}), has_change_log=True)


def edited_word(old: str, new: str, folder: Path) -> TemplateFiles:
    members = read_members((FOLDER / "plan_de_accion.docx").read_bytes())
    document = members["word/document.xml"].decode()
    assert old in document
    members["word/document.xml"] = document.replace(old, new).encode()
    content = write_package(deflate(name, part) for name, part in members.items())
    (folder / "plan_de_accion.docx").write_bytes(content)
    return TemplateFiles(folder)


def test_a_wrong_name_in_the_word_annex_is_told_with_the_near_one(tmp_path: Path) -> None:
    with pytest.raises(TemplateProblem, match=r"«cambio\.fech», que no existe \(¿quiso decir «fecha»\?\)"):
        edited_word("cambio.fecha", "cambio.fech", tmp_path).of(DocumentKind.WORD)


def test_the_log_itself_is_no_text_to_print(tmp_path: Path) -> None:
    with pytest.raises(TemplateProblem, match=r"por ejemplo «cambio\.descripcion»"):
        edited_word("CONTROL DE CAMBIOS", "{{ control_de_cambios }}", tmp_path).of(DocumentKind.WORD)
