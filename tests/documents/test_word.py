"""The official Word: every character, every label, on every page, as outside readers see it."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import docx
import pytest
from docx.document import Document
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from service.domain.plan import Plan
from service.domain.values import PlainText, UnacceptableText
from tests.documents.conftest import Pdf
from tests.plans import LABELS, OBJECTIVE, generated_plan, printed_rows, reference_plan, reference_rows, report_of
from worker.documents.context import context_of
from worker.documents.package import read_members
from worker.documents.word import compile_document

TEMPLATE = Path(__file__).parents[2] / "templates_docx" / "plan_de_accion.docx"
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
HARD_TEXTS = [
    "R&D & <eficaz> </w:t> &amp;",
    "{{ plan.titulo }} {% for %} {# no #}",
    "{_{ y }_} y {_% y %_}",
    "línea 1\nlínea 2\n\nlínea 4",
    "antes\tdespués\t\tfin",
    "  dos espacios al principio  y en medio, y al final  ",
    "«latinas» “inglesas” 'simples' \"dobles\"",
    "💧🚌👩🏽‍💻 café con ñandú, pingüino y ﬁ",
    "=HYPERLINK(1)",
    "palabra" * 2_860,
]

compiled = compile_document(TEMPLATE.read_bytes())


def fill(plan: Plan) -> bytes:
    return compiled.fill(context_of(report_of(plan)))


def opened(content: bytes, tmp_path: Path) -> Document:
    path = tmp_path / "informe.docx"
    path.write_bytes(content)
    return docx.Document(str(path))


def cells_of(document: Document) -> list[list[str]]:
    """Texts of the table's rows under the two header rows."""
    return [[cell.text for cell in row.cells] for row in document.tables[0].rows][2:]


def squeezed(text: str) -> str:
    """Text without any white space: a PDF keeps the letters and breaks the lines where it likes."""
    return re.sub(r"\s", "", text)


def with_progress(plan: Plan, text: str) -> Plan:
    first, *others = plan.actions
    return dataclasses.replace(
        plan, actions=(dataclasses.replace(first, qualitative_progress=PlainText.admit(text)), *others)
    )


def test_each_of_the_110_cells_of_the_reference_stands_in_the_word(tmp_path: Path) -> None:
    assert cells_of(opened(fill(reference_plan()), tmp_path)) == reference_rows()


def test_the_page_header_carries_title_objective_and_version(tmp_path: Path) -> None:
    header = opened(fill(reference_plan()), tmp_path).sections[0].header
    assert [paragraph.text for paragraph in header.paragraphs] == [
        "PLAN DE ACCIÓN 2024",
        f"Objetivo: {OBJECTIVE}",
        "Versión 2.0",
    ]
    label = header.paragraphs[1].runs[0]
    assert (label.text, label.bold) == ("Objetivo:", True)


def test_the_header_rows_have_the_references_groups_labels_and_merges(tmp_path: Path) -> None:
    table = opened(fill(reference_plan()), tmp_path).tables[0]
    groups, labels = ([cell.text for cell in row.cells] for row in table.rows[:2])
    assert groups == ["No.", *["PLAN DE ACCIÓN 2024"] * 8, "PRESUPUESTO 2024", "SEGUIMIENTO III TRIMESTRE 2024"]
    assert labels == ["No.", *LABELS[4:]]


def test_header_rows_repeat_and_the_document_says_its_language_title_and_table(tmp_path: Path) -> None:
    document = opened(fill(reference_plan()), tmp_path)
    rows = document.tables[0]._tbl.findall(f"{W}tr")
    assert [row.find(f".//{W}tblHeader") is not None for row in rows] == [True, True, *[False] * 10]
    properties = document.core_properties
    assert properties.title == "PLAN DE ACCIÓN 2024. Seguimiento III trimestre 2024"
    assert properties.subject == OBJECTIVE
    assert properties.category == "Informe de seguimiento al plan de acción"
    assert properties.version == "2.0"
    assert properties.language == "es-CO"
    assert document.styles.element.find(f".//{W}lang").get(f"{W}val") == "es-CO"
    table = document.tables[0]._tbl.find(f"{W}tblPr")
    assert table.find(f"{W}tblCaption").get(f"{W}val") == "PLAN DE ACCIÓN 2024: seguimiento del III trimestre"
    assert table.find(f"{W}tblDescription").get(f"{W}val")


def test_no_letter_is_smaller_than_7_and_a_half_points() -> None:
    members = read_members(fill(reference_plan()))
    tiny = {b'<w:sz w:val="2"/>'}  # the empty paragraph that Word wants behind a table
    sizes = {
        size
        for content in members.values()
        for size in re.findall(rb'<w:sz w:val="\d+"/>', content)
        if size not in tiny
    }
    assert min(int(re.sub(rb"\D", b"", size)) for size in sizes) == 15


def test_nothing_of_one_year_or_one_office_stands_in_the_template() -> None:
    text = b"".join(read_members(TEMPLATE.read_bytes()).values()).decode()
    assert not re.search(r"2024|RMBC|Región|Bogotá|Cundinamarca", text)


def test_the_same_report_gives_the_same_bytes() -> None:
    assert fill(reference_plan()) == compile_document(TEMPLATE.read_bytes()).fill(
        context_of(report_of(reference_plan()))
    )


@pytest.mark.parametrize("text", HARD_TEXTS, ids=range(len(HARD_TEXTS)))
def test_hard_texts_stand_letter_for_letter(text: str, tmp_path: Path) -> None:
    document = opened(fill(with_progress(reference_plan(), text)), tmp_path)
    assert cells_of(document)[0][10] == text


@given(st.text(max_size=300))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_admitted_text_stands_letter_for_letter(tmp_path: Path, text: str) -> None:
    try:
        admitted = PlainText.admit(text)
    except UnacceptableText:
        return
    document = opened(fill(with_progress(reference_plan(), admitted)), tmp_path)
    assert cells_of(document)[0][10] == admitted


def test_libreoffice_breaks_the_reference_into_its_three_pages(to_pdf: Callable[[bytes, str], Pdf]) -> None:
    pdf = to_pdf(fill(reference_plan()), "docx")
    rows = reference_rows()
    assert len(pdf.pages) == 3
    for number, (page, on_it) in enumerate(zip(pdf.pages, [rows[:4], rows[4:8], rows[8:]], strict=True), start=1):
        text = squeezed(page)
        for label in (*LABELS, f"Objetivo: {OBJECTIVE}", "Versión 2.0", f"Página {number} de 3"):
            assert squeezed(label) in text, f"«{label}» is missing on page {number}"
        for row in rows:
            assert (squeezed(row[10]) in text) == (row in on_it), f"action {row[0]} on page {number}"
        for cell in (cell for row in on_it for cell in row):
            assert squeezed(cell) in text


def test_a_row_taller_than_a_page_splits_and_loses_nothing(to_pdf: Callable[[bytes, str], Pdf]) -> None:
    words = " ".join(f"palabra{number:04d}" for number in range(1_600))
    assert len(words) > 19_000
    content = fill(with_progress(reference_plan(), words))
    rows = etree.fromstring(read_members(content)["word/document.xml"]).iter(f"{W}tr")
    kept_whole = [row.find(f".//{W}cantSplit") is not None for row in rows]
    assert kept_whole == [True, True, False, *[True] * 9]
    pdf = to_pdf(content, "docx")
    found = re.findall(r"palabra\d{4}", pdf.text.replace("\n", ""))
    assert found == words.split()
    for page in pdf.pages:
        assert all(squeezed(label) in squeezed(page) for label in LABELS)


@pytest.mark.parametrize("actions", [1, 57, 1_000])
def test_every_page_has_its_headers_and_no_character_is_lost(actions: int, to_pdf: Callable[[bytes, str], Pdf]) -> None:
    plan = generated_plan(actions)
    content = fill(plan)
    assert cells_of_xml(content) == printed_rows(plan)
    pdf = to_pdf(content, "docx")
    for number, page in enumerate(pdf.pages, start=1):
        text = squeezed(page)
        for label in (*LABELS, f"Objetivo: {OBJECTIVE}", "Versión 2.0", f"Página {number} de {len(pdf.pages)}"):
            assert squeezed(label) in text, f"«{label}» is missing on page {number} of {len(pdf.pages)}"
    assert missing_from(pdf, plan) == []


def cells_of_xml(content: bytes) -> list[list[str]]:
    """The table's texts straight from the XML: python-docx takes minutes over a thousand rows."""
    rows = etree.fromstring(read_members(content)["word/document.xml"]).iter(f"{W}tr")
    marks = {f"{W}br": "\n", f"{W}tab": "\t"}
    return [
        [
            "".join(marks.get(piece.tag, piece.text or "") for piece in cell.iter(f"{W}t", f"{W}br", f"{W}tab"))
            for cell in row.iter(f"{W}tc")
        ]
        for row in rows
    ][2:]


def missing_from(pdf: Pdf, plan: Plan) -> list[str]:
    """Characters that the PDF does not hold as often as the plan does."""
    printed = Counter(squeezed(pdf.text))
    wanted = Counter(squeezed("".join(cell for row in printed_rows(plan) for cell in row)))
    return [character for character, count in wanted.items() if printed[character] < count]


@pytest.mark.parametrize("actions", [1, 10, 1_000])
def test_microsofts_validator_finds_no_error(
    actions: int, validator_errors: Callable[[bytes, str], list[object]]
) -> None:
    plan = reference_plan() if actions == 10 else generated_plan(actions)
    assert validator_errors(fill(plan), "docx") == []
