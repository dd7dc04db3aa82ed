"""BORRADOR on every page of a draft, and everything else where the final document has it."""

from __future__ import annotations

import dataclasses
import io
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import docx
import pytest
from docx.document import Document
from docx.enum.section import WD_SECTION
from lxml import etree
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from service.domain.errors import TemplateProblem
from service.domain.reports import DocumentKind
from tests.documents.conftest import ROOT, Pdf
from tests.plans import reference_plan, report_of
from worker.documents.context import context_of
from worker.documents.draft_mark import mark_document, mark_workbook
from worker.documents.excel import compile_workbook, fill_workbook
from worker.documents.package import deflate, read_members, write_package
from worker.documents.template_files import TemplateFiles
from worker.documents.word import compile_document

TEMPLATES = ROOT / "templates_docx"
V = "{urn:schemas-microsoft-com:vml}"
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def filled(kind: DocumentKind, *, is_draft: bool) -> bytes:
    report = dataclasses.replace(report_of(reference_plan()), is_draft=is_draft)
    return TemplateFiles(TEMPLATES).of(kind).fill(context_of(report))


def words_of(pdf: Pdf) -> list[list[str]]:
    """Every word of each page with its place, as poppler measures it."""
    command = ["pdftotext", "-bbox", str(pdf.path), "-"]
    pages = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split("<page ")[1:]
    # Sorted: what poppler reads first depends on what else is on the page.
    return [sorted(re.findall(r"<word .*</word>", page)) for page in pages]


def grey_of(pdf: Pdf) -> list[int]:
    """On each page, how many pixels have the mark's grey."""
    command = ["pdftoppm", "-r", "40", "-gray", str(pdf.path)]
    raw = subprocess.run(command, check=True, capture_output=True).stdout
    counts = []
    while raw:
        head = re.match(rb"P5\n(\d+) (\d+)\n255\n", raw)
        assert head
        size = int(head[1]) * int(head[2])
        pixels, raw = raw[head.end() : head.end() + size], raw[head.end() + size :]
        counts.append(sum(pixels.count(value) for value in range(222, 227)))
    return counts


def saved(document: Document) -> bytes:
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def book_of(workbook: Workbook) -> bytes:
    file = io.BytesIO()
    workbook.save(file)
    return file.getvalue()


def marks_in(content: bytes) -> dict[str, list[etree._Element]]:
    """The shapes of each header."""
    return {
        name: list(etree.fromstring(part).iter(f"{V}shape"))
        for name, part in read_members(content).items()
        if re.fullmatch(r"word/header\d*\.xml", name)
    }


def with_lines(count: int) -> Document:
    document = docx.Document()
    for number in range(count):
        document.add_paragraph(f"Renglón {number}")
    return document


def test_every_page_of_a_draft_says_so_and_no_word_has_moved(to_pdf: Callable[[bytes, str], Pdf]) -> None:
    draft, final = (to_pdf(filled(DocumentKind.WORD, is_draft=is_draft), "docx") for is_draft in (True, False))
    assert words_of(draft) == words_of(final)
    assert len(words_of(draft)) == 3
    for marked, plain in zip(grey_of(draft), grey_of(final), strict=True):
        assert marked > plain + 1_000


def test_the_mark_is_read_aloud_as_a_word() -> None:
    (shapes,) = marks_in(filled(DocumentKind.WORD, is_draft=True)).values()
    (shape,) = shapes
    assert shape.get("alt") == "Borrador"
    assert shape.find(f"{V}textpath").get("string") == "BORRADOR"
    assert str(shape.get("id")).startswith(
        "PowerPlusWaterMarkObject"
    )  # what Word's own «Quitar marca de agua» looks for


def test_only_the_headers_of_a_draft_differ_from_the_final_word() -> None:
    draft, final = (read_members(filled(DocumentKind.WORD, is_draft=is_draft)) for is_draft in (True, False))
    assert [name for name in final if draft[name] != final[name]] == ["word/header1.xml"]


@pytest.mark.parametrize("kind", [DocumentKind.WORD, DocumentKind.EXCEL])
def test_a_final_document_comes_from_the_template_as_it_is(kind: DocumentKind) -> None:
    content = (TEMPLATES / f"plan_de_accion.{kind.extension}").read_bytes()
    context = context_of(report_of(reference_plan()))
    if kind is DocumentKind.WORD:
        expected = compile_document(content).fill(context)
    else:
        expected = fill_workbook(compile_workbook(content), context)
    assert filled(kind, is_draft=False) == expected


@pytest.mark.parametrize("kind", [DocumentKind.WORD, DocumentKind.EXCEL])
def test_microsofts_validator_finds_no_error_in_a_draft(
    kind: DocumentKind, validator_errors: Callable[[bytes, str], list[object]]
) -> None:
    assert validator_errors(filled(kind, is_draft=True), kind.extension) == []


def test_an_edited_template_marks_its_next_draft(tmp_path: Path) -> None:
    (tmp_path / "plan_de_accion.docx").write_bytes(saved(with_lines(1)))
    templates = TemplateFiles(tmp_path)
    context = dataclasses.replace(context_of(report_of(reference_plan())), borrador=True)
    templates.of(DocumentKind.WORD).fill(context)
    edited = with_lines(1)
    edited.sections[0].header.paragraphs[0].text = "{{ plan.titulo }}"
    (tmp_path / "plan_de_accion.docx").write_bytes(saved(edited))
    draft = templates.of(DocumentKind.WORD).fill(context)
    assert docx.Document(io.BytesIO(draft)).sections[0].header.paragraphs[0].text == "PLAN DE ACCIÓN 2024"
    assert sum(map(len, marks_in(draft).values())) == 1


def test_a_template_without_headers_is_marked_on_every_page_and_keeps_its_layout(
    to_pdf: Callable[[bytes, str], Pdf], validator_errors: Callable[[bytes, str], list[object]]
) -> None:
    template = saved(with_lines(70))
    marked = mark_document(template)
    draft, final = to_pdf(marked, "docx"), to_pdf(template, "docx")
    assert len(draft.pages) > 1
    assert words_of(draft) == words_of(final)
    assert all(grey > 1_000 for grey in grey_of(draft))
    assert validator_errors(marked, "docx") == validator_errors(template, "docx")


def test_first_even_and_later_pages_of_every_section_are_marked(to_pdf: Callable[[bytes, str], Pdf]) -> None:
    document = with_lines(90)
    document.settings.odd_and_even_pages_header_footer = True
    first = document.sections[0]
    first.different_first_page_header_footer = True
    first.header.paragraphs[0].text = "Encabezado"
    document.add_section(WD_SECTION.NEW_PAGE).different_first_page_header_footer = True
    document.add_paragraph("Anexo")
    template = saved(document)
    marked = mark_document(template)
    draft, final = to_pdf(marked, "docx"), to_pdf(template, "docx")
    assert len(draft.pages) >= 4
    assert words_of(draft) == words_of(final)
    assert all(grey > 1_000 for grey in grey_of(draft))
    # Default, first and even; the second section goes on with those of the first.
    assert [len(shapes) for shapes in marks_in(marked).values()] == [1, 1, 1]


def test_the_mark_stands_where_no_condition_takes_it_away() -> None:
    document = with_lines(1)
    header = document.sections[0].header
    header.paragraphs[0].text = "{%p if plan.version == '9.9' %}"
    for text in ("Nunca", "{%p endif %}", "Siempre"):
        header.add_paragraph(text)
    draft = compile_document(mark_document(saved(document))).fill(context_of(report_of(reference_plan())))
    (kept,) = docx.Document(io.BytesIO(draft)).sections[0].header.paragraphs
    assert kept.text == "Siempre"
    assert len(list(kept._p.iter(f"{V}shape"))) == 1


def test_a_header_that_conditions_may_empty_gets_a_paragraph_for_the_mark() -> None:
    document = with_lines(1)
    header = document.sections[0].header
    header.paragraphs[0].text = "{%p if plan.version == '9.9' %}"
    header.add_paragraph("{%p endif %}")
    draft = compile_document(mark_document(saved(document))).fill(context_of(report_of(reference_plan())))
    assert [len(shapes) for shapes in marks_in(draft).values()] == [1]


def test_the_mark_fits_the_narrowest_page_that_shows_it() -> None:
    document = with_lines(1)
    document.sections[0].header.paragraphs[0].text = "Encabezado"
    document.add_section(WD_SECTION.NEW_PAGE)
    small = document.sections[1]
    small.page_width = small.page_height = docx.shared.Pt(300)
    small.left_margin = small.right_margin = small.top_margin = small.bottom_margin = docx.shared.Pt(50)
    (shapes,) = marks_in(mark_document(saved(document))).values()
    width, height = (
        float(re.search(rf"{side}:([\d.]+)pt", str(shapes[0].get("style")))[1])  # type: ignore[index]
        for side in ("width", "height")
    )
    assert (width + height) / 2**0.5 <= 200


def test_every_printed_page_of_a_draft_workbook_says_so_and_no_cell_has_moved(
    to_pdf: Callable[[bytes, str], Pdf],
) -> None:
    draft, final = (to_pdf(filled(DocumentKind.EXCEL, is_draft=is_draft), "xlsx") for is_draft in (True, False))
    foot = re.compile(r">(BORRADOR|Página|\d+|de)</word>")
    of_cells = [[[word for word in page if not foot.search(word)] for page in words_of(pdf)] for pdf in (draft, final)]
    assert of_cells[0] == of_cells[1]
    assert all(page.count("BORRADOR") == 2 for page in draft.pages)
    assert "BORRADOR" not in final.text


def test_only_the_printed_lines_of_a_draft_workbook_differ() -> None:
    draft, final = (read_members(filled(DocumentKind.EXCEL, is_draft=is_draft)) for is_draft in (True, False))
    changed = [name for name in final if draft[name] != final[name]]
    assert changed == ["xl/worksheets/sheet1.xml", "xl/worksheets/sheet2.xml"]
    for name in changed:
        without = [re.sub(rb"<headerFooter>.*</headerFooter>", b"", parts[name]) for parts in (draft, final)]
        assert without[0] == without[1]


def printed_lines(change: Callable[[Worksheet], None]) -> Worksheet:
    """The first sheet of a marked workbook that `change` has prepared."""
    workbook = Workbook()
    workbook.worksheets[0].append(["Plan"])
    change(workbook.worksheets[0])
    return load_workbook(io.BytesIO(mark_workbook(book_of(workbook)))).worksheets[0]


def test_a_sheet_without_printed_lines_gets_the_mark_in_the_middle_of_its_header() -> None:
    sheet = printed_lines(lambda _: None)
    assert sheet.oddHeader.center.text == "BORRADOR"
    assert sheet.oddFooter.center.text is None


def test_first_and_even_pages_of_a_sheet_are_marked_where_they_have_lines_of_their_own() -> None:
    def change(sheet: Worksheet) -> None:
        sheet.HeaderFooter.differentFirst = sheet.HeaderFooter.differentOddEven = True

    sheet = printed_lines(change)
    lines = (sheet.oddHeader, sheet.evenHeader, sheet.firstHeader)
    assert [line.center.text for line in lines] == ["BORRADOR"] * 3


def fill(line: Any) -> None:
    for side in (line.left, line.center, line.right):
        side.text = "Investigación && Control"


def test_what_the_office_prints_stays_beside_the_mark() -> None:
    def change(sheet: Worksheet) -> None:
        fill(sheet.oddHeader)
        fill(sheet.oddFooter)

    sheet = printed_lines(change)
    assert sheet.oddHeader.left.text == sheet.oddHeader.right.text == "Investigación && Control"
    assert sheet.oddHeader.center.text == "BORRADOR · Investigación && Control"
    assert sheet.oddFooter.center.text == "Investigación && Control"


def test_a_full_header_leaves_the_mark_to_the_sides_of_the_footer() -> None:
    def change(sheet: Worksheet) -> None:
        fill(sheet.oddHeader)
        sheet.oddFooter.center.text = "Página &P"

    sheet = printed_lines(change)
    assert sheet.oddHeader.center.text == "Investigación && Control"
    assert sheet.oddFooter.left.text == sheet.oddFooter.right.text == "BORRADOR"
    assert sheet.oddFooter.center.text == "Página &P"


def test_long_printed_lines_leave_the_mark_to_the_footer() -> None:
    def change(sheet: Worksheet) -> None:
        sheet.oddHeader.left.text = "Seguimiento " * 18

    sheet = printed_lines(change)
    assert sheet.oddHeader.center.text is None
    assert sheet.oddFooter.center.text == "BORRADOR"


def test_a_template_in_the_strict_dialect_is_refused_with_what_to_do() -> None:
    transitional = b"http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    strict = b"http://purl.oclc.org/ooxml/wordprocessingml/main"
    parts = read_members(saved(with_lines(1)))
    members = (deflate(name, content.replace(transitional, strict)) for name, content in parts.items())
    with pytest.raises(TemplateProblem, match="guárdela como «Documento de Word»"):
        mark_document(write_package(members))
