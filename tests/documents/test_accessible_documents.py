"""The official documents for who does not see them, or sees them badly: on their XML, and on the PDF's structure.

What only a person can judge (whether an alternative text says what matters) is not tested; that it is there is. Text
in page headers and footers is no part of what a screen reader reads in order, in Word as in a PDF: whatever stands
there alone must also be told where it is read.
"""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import pytest
from lxml import etree
from openpyxl import load_workbook
from pypdf import PdfReader

from service.domain.frame import Logo
from service.domain.reports import ChangeLogEntry, DocumentKind, Report
from service.domain.values import VersionNumber
from tests.documents.conftest import ROOT
from tests.frames import FULL_FRAME, framed_report
from tests.pictures import a_picture
from tests.plans import OBJECTIVE, generated_plan, report_of
from worker.documents.context import context_of
from worker.documents.pdf import Converter
from worker.documents.pdf_archive import archive_pdf
from worker.documents.template_files import TemplateFiles

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
V_SHAPE = "{urn:schemas-microsoft-com:vml}shape"
DRAWN = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}docPr"
# WCAG 2.1, success criterion 1.4.3: letters of ordinary size.
LEAST_CONTRAST = 4.5
LOGO = Logo(a_picture((600, 200)), "image/png", 600, 200, "Escudo de la Entidad de Ejemplo")
templates = TemplateFiles(ROOT / "templates_docx")


def issued() -> Report:
    """The reference's report as it is issued, with everything that may stand around it."""
    change = ChangeLogEntry(VersionNumber(2, 0), dt.date(2024, 8, 5), "Se modificó la meta.", "Comité de Ejemplo")
    return replace(framed_report(replace(FULL_FRAME, logo=LOGO)), change_log=(change,))


REPORTS = {
    "as the reference": report_of(framed_report().plan),
    "with frame and seal": issued(),
    "draft": replace(framed_report(seal=None), is_draft=True),
    "twelve long actions": report_of(generated_plan(12)),
}
each_report = pytest.mark.parametrize("name", REPORTS)


@cache
def word(name: str) -> dict[str, etree._Element]:
    """The XML parts of the Word of a report."""
    content = templates.of(DocumentKind.WORD).fill(context_of(REPORTS[name]))
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        parts = {part: package.read(part) for part in package.namelist() if part.endswith(".xml")}
    return {part: etree.fromstring(xml) for part, xml in parts.items()}


def pages(name: str) -> Iterator[etree._Element]:
    """The parts that pages show."""
    for part, root in word(name).items():
        if re.match(r"word/(?:document|header|footer)\d*\.xml", part):
            yield root


def text_of(element: etree._Element) -> str:
    return "".join(text.text or "" for text in element.iter(f"{W}t"))


@each_report
def test_the_word_has_a_title_and_is_in_colombian_spanish(name: str) -> None:
    core = word(name)["docProps/core.xml"]
    told = {etree.QName(element).localname: element.text for element in core}
    assert str(told["title"]).startswith("PLAN DE ACCIÓN 2024")
    assert told["language"] == "es-CO"
    defaults = word(name)["word/styles.xml"].find(f"{W}docDefaults/{W}rPrDefault/{W}rPr/{W}lang")
    assert defaults is not None
    assert defaults.get(f"{W}val") == "es-CO"
    others = {lang.get(f"{W}val") for root in word(name).values() for lang in root.iter(f"{W}lang")}
    assert others == {"es-CO"}


@each_report
def test_the_first_heading_of_the_word_names_the_plan_before_any_action(name: str) -> None:
    body = word(name)["word/document.xml"]
    paragraphs = list(body.iter(f"{W}p"))
    levels = [paragraph.find(f"{W}pPr/{W}outlineLvl") for paragraph in paragraphs]
    headings = [
        (int(str(level.get(f"{W}val"))), text_of(paragraph))
        for paragraph, level in zip(paragraphs, levels, strict=True)
        if level is not None
    ]
    assert headings[0] == (0, "PLAN DE ACCIÓN 2024")
    # None is skipped on the way down.
    assert all(level == 0 for level, _ in headings)
    texts = [text_of(paragraph) for paragraph in paragraphs]
    assert texts.index("PLAN DE ACCIÓN 2024") < texts.index(str(REPORTS[name].plan.actions[0].lead))


@each_report
def test_every_table_of_the_word_says_what_it_is(name: str) -> None:
    for root in pages(name):
        for table in root.iter(f"{W}tbl"):
            told = [table.find(f"{W}tblPr/{W}{tag}") for tag in ("tblCaption", "tblDescription")]
            assert all(element is not None and element.get(f"{W}val", "").strip() for element in told)


@each_report
def test_what_stands_in_the_page_header_alone_is_told_where_the_table_is_announced(name: str) -> None:
    table = next(word(name)["word/document.xml"].iter(f"{W}tblDescription"))
    told = table.get(f"{W}val", "")
    assert "Versión 2.0." in told
    assert f"Objetivo: {OBJECTIVE}" in told


@each_report
def test_tables_of_the_word_begin_with_header_rows_that_come_again(name: str) -> None:
    body = word(name)["word/document.xml"]
    tables = [table for table in body.iter(f"{W}tbl") if text_of(table).startswith(("No.", "VERSIÓN"))]
    assert len(tables) == (2 if REPORTS[name].change_log else 1)
    for table in tables:
        marks = [row.find(f"{W}trPr/{W}tblHeader") is not None for row in table.iter(f"{W}tr")]
        count = marks.index(False)
        assert count == (2 if text_of(table).startswith("No.") else 1)
        assert not any(marks[count:])


@each_report
def test_every_picture_and_shape_of_the_word_has_an_alternative_text(name: str) -> None:
    for root in pages(name):
        for shape in root.iter(V_SHAPE):
            assert shape.get("alt", "").strip(), etree.tostring(shape)[:300]
        for picture in root.iter(DRAWN):
            assert picture.get("descr", "").strip(), etree.tostring(picture)[:300]


def test_the_issued_word_shows_the_logo_and_the_qr_with_their_texts() -> None:
    told = [picture.get("descr", "") for root in pages("with frame and seal") for picture in root.iter(DRAWN)]
    assert LOGO.description in told
    assert any("QR" in text for text in told)


def luminance(colour: str) -> float:
    """Relative luminance of a colour such as D9E2F3 (WCAG 2.1)."""
    shares = [int(colour[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (share / 12.92 if share <= 0.03928 else ((share + 0.055) / 1.055) ** 2.4 for share in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_contrast_is_counted_as_wcag_counts_it() -> None:
    assert contrast("000000", "FFFFFF") == pytest.approx(21)
    assert contrast("777777", "FFFFFF") == pytest.approx(4.48, abs=0.01)


def hexadecimal(colour: str | None, otherwise: str) -> str:
    return colour if colour and colour != "auto" else otherwise


def coloured(root: etree._Element, styles: etree._Element) -> Iterator[tuple[str, str, str]]:
    """Every text of a part with the colours of its letters and of what is behind them."""
    by_id = {style.get(f"{W}styleId"): style for style in styles.iter(f"{W}style")}

    def of_style(id_: str | None) -> str | None:
        style = by_id.get(id_)
        if style is None:
            return None
        own = style.find(f"{W}rPr/{W}color")
        if own is not None:
            return own.get(f"{W}val")
        parent = style.find(f"{W}basedOn")
        return of_style(parent.get(f"{W}val")) if parent is not None else None

    for run in root.iter(f"{W}r"):
        if not text_of(run).strip():
            continue
        paragraph = next(run.iterancestors(f"{W}p"))
        own, named, of_paragraph = (
            run.find(f"{W}rPr/{W}color"),
            run.find(f"{W}rPr/{W}rStyle"),
            paragraph.find(f"{W}pPr/{W}pStyle"),
        )
        letters = (
            (own.get(f"{W}val") if own is not None else None)
            or (of_style(named.get(f"{W}val")) if named is not None else None)
            or (of_style(of_paragraph.get(f"{W}val")) if of_paragraph is not None else None)
        )
        cell = next(run.iterancestors(f"{W}tc"), None)
        fill = cell.find(f"{W}tcPr/{W}shd") if cell is not None else None
        behind = hexadecimal(fill.get(f"{W}fill") if fill is not None else None, "FFFFFF")
        yield text_of(run), hexadecimal(letters, "000000"), behind


@each_report
def test_every_text_of_the_word_stands_out_from_what_is_behind_it(name: str) -> None:
    checked = 0
    for root in pages(name):
        for text, letters, behind in coloured(root, word(name)["word/styles.xml"]):
            assert contrast(letters, behind) >= LEAST_CONTRAST, text
            checked += 1
    assert checked > 100


@cache
def workbook(name: str) -> bytes:
    return templates.of(DocumentKind.EXCEL).fill(context_of(REPORTS[name]))


@each_report
def test_the_workbook_has_a_title_a_language_and_sheets_with_names_of_their_own(name: str) -> None:
    book = load_workbook(io.BytesIO(workbook(name)))
    assert book.properties.title == "PLAN DE ACCIÓN 2024 – Versión 2.0"
    assert book.properties.language == "es-CO"
    sheets = ["Plan de acción", "Datos", *(["Control de cambios"] if REPORTS[name].change_log else [])]
    assert book.sheetnames == sheets


@each_report
def test_datos_is_a_table_from_its_first_cell_with_one_row_of_headers_and_no_merged_cell(name: str) -> None:
    sheet = load_workbook(io.BytesIO(workbook(name)))["Datos"]
    assert not sheet.merged_cells.ranges
    (table,) = sheet.tables.values()
    assert str(table.ref).startswith("A1:")
    assert table.headerRowCount == 1
    headers = [cell.value for cell in sheet[1]]
    assert all(headers)
    assert len(set(headers)) == len(headers)
    assert all(any(cell.value is not None for cell in row) for row in sheet.iter_rows())


@each_report
def test_every_text_of_the_workbook_stands_out_from_what_is_behind_it(name: str) -> None:
    book = load_workbook(io.BytesIO(workbook(name)))
    for sheet in book.worksheets:
        for cell in (cell for row in sheet.iter_rows() for cell in row if cell.value is not None):
            letters = cell.font.color.rgb[-6:] if cell.font.color and cell.font.color.type == "rgb" else "000000"
            is_filled = cell.fill.patternType == "solid" and cell.fill.fgColor.type == "rgb"
            behind = cell.fill.fgColor.rgb[-6:] if is_filled else "FFFFFF"
            assert contrast(letters, behind) >= LEAST_CONTRAST, f"{sheet.title}!{cell.coordinate}"


def test_every_picture_that_the_workbook_prints_has_an_alternative_text() -> None:
    with zipfile.ZipFile(io.BytesIO(workbook("with frame and seal"))) as package:
        shapes = [
            shape
            for part in package.namelist()
            if part.endswith(".vml")
            for shape in etree.fromstring(package.read(part)).iter(V_SHAPE)
        ]
    # The logo and the QR, on each of the two sheets that are pages of the report.
    assert len(shapes) == 4
    assert {shape.get("alt") for shape in shapes} == {
        LOGO.description,
        "Código QR que lleva a la página de verificación de este documento",
    }


class Element:
    """An element of a PDF's structure, with what is beneath it in reading order."""

    def __init__(self, raw: object) -> None:
        self.raw = raw.get_object() if hasattr(raw, "get_object") else raw

    @property
    def kind(self) -> str:
        return str(self.raw["/S"])

    def below(self) -> Iterator[Element]:
        beneath = self.raw.get("/K", [])
        beneath = beneath.get_object() if hasattr(beneath, "get_object") else beneath
        for raw in beneath if isinstance(beneath, list) else [beneath]:
            child = raw.get_object() if hasattr(raw, "get_object") else raw
            if hasattr(child, "get") and "/S" in child:
                yield Element(child)
                yield from Element(child).below()

    def scope(self) -> str | None:
        attributes = self.raw.get("/A", [])
        attributes = attributes.get_object() if hasattr(attributes, "get_object") else attributes
        told = [one.get_object() for one in (attributes if isinstance(attributes, list) else [attributes])]
        return next((str(one["/Scope"]) for one in told if "/Scope" in one), None)


@pytest.fixture(scope="module")
def pdf() -> PdfReader:
    """The PDF of the issued report."""
    converter = Converter()
    try:
        content = converter.to_pdf(templates.of(DocumentKind.WORD).fill(context_of(issued())))
    finally:
        converter.close()
    return PdfReader(io.BytesIO(archive_pdf(content, issued())))


def structure(pdf: PdfReader) -> list[Element]:
    """All the elements of the structure tree, in reading order."""
    return list(Element(pdf.root_object["/StructTreeRoot"]).below())


def test_the_pdf_is_tagged_in_colombian_spanish_and_shows_its_title(pdf: PdfReader) -> None:
    root = pdf.root_object
    assert root["/Lang"] == "es-CO"
    assert root["/MarkInfo"]["/Marked"]
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert pdf.metadata is not None
    assert str(pdf.metadata.title).startswith("PLAN DE ACCIÓN 2024")
    assert all(page["/StructParents"] is not None for page in pdf.pages)


def test_the_pdf_reads_the_name_of_the_plan_as_a_heading_before_the_first_action(pdf: PdfReader) -> None:
    kinds = [element.kind for element in structure(pdf)]
    assert "/H1" in kinds
    assert kinds.index("/H1") < kinds.index("/TD")
    # The annex with the control de cambios has a heading of its own.
    assert kinds.count("/H1") == 2


def test_the_headers_of_the_pdf_say_over_which_column_they_stand(pdf: PdfReader) -> None:
    tables = [element for element in structure(pdf) if element.kind == "/Table"]
    plan = max(tables, key=lambda table: sum(1 for _ in table.below()))
    rows = [[cell for cell in row.below() if cell.kind in {"/TH", "/TD"}] for row in plan.below() if row.kind == "/TR"]
    headers, actions = rows[:2], rows[2:12]
    assert [len(row) for row in headers] == [4, 10]
    assert {(cell.kind, cell.scope()) for row in headers for cell in row} == {("/TH", "/Column")}
    assert [len(row) for row in actions] == [11] * 10
    assert {cell.kind for row in actions for cell in row} == {"/TD"}


def test_every_figure_of_the_pdf_has_an_alternative_text(pdf: PdfReader) -> None:
    figures = [element for element in structure(pdf) if element.kind == "/Figure"]
    assert all(str(figure.raw.get("/Alt", "")).strip() for figure in figures)


def test_the_bookmarks_of_the_pdf_hang_under_its_headings(pdf: PdfReader) -> None:
    heading, actions, annex, *more = pdf.outline
    assert heading.title == "PLAN DE ACCIÓN 2024"
    assert len(actions) == 10
    assert annex.title == "CONTROL DE CAMBIOS"
    assert not more
