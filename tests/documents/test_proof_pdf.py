"""The proof of a finished PDF: what its pages do not show is named, and nothing good is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from service.domain.reports import DocumentKind, Report
from service.domain.values import PlainText, VersionNumber
from tests.documents.damage import LOG, edited, simple_plan, varied_report, word_rows
from tests.plans import generated_plan, reference_plan, report_of
from worker.documents.context import context_of
from worker.documents.pdf import Converter
from worker.documents.proof import Proof, prove_pdf
from worker.documents.template_files import TemplateFiles

OFFICIAL = TemplateFiles(Path(__file__).parents[2] / "templates_docx").of(DocumentKind.WORD)
DOCUMENT = "word/document.xml"
REPORT = replace(report_of(simple_plan(12)), change_log=LOG)


@pytest.fixture(scope="module")
def warm() -> Iterator[Converter]:
    converter = Converter()
    yield converter
    converter.close()


def proof_of(report: Report, warm: Converter) -> Proof:
    return prove_pdf(warm.to_pdf(OFFICIAL.fill(context_of(report))), OFFICIAL.content, report)


def damaged(warm: Converter, change: Callable[[str], str], part: str = DOCUMENT, report: Report = REPORT) -> Proof:
    word = edited(OFFICIAL.fill(context_of(report)), part, change)
    return prove_pdf(warm.to_pdf(word), OFFICIAL.content, report)


def places(proof: Proof) -> list[str]:
    return [difference.place for difference in proof.differences]


def test_the_reference_is_proved_on_its_three_pages(warm: Converter) -> None:
    proof = proof_of(report_of(reference_plan()), warm)
    assert proof.sentence == "10 de 10 acciones, 110 de 110 celdas, 0 caracteres perdidos"
    assert (proof.pages, proof.differences) == (3, ())


@pytest.mark.parametrize("seed", range(20))
def test_good_pdfs_are_not_refused(seed: int, warm: Converter) -> None:
    proof = proof_of(varied_report(seed), warm)
    assert proof.holds, proof.differences[0].sentence


def with_progress(text: str) -> Report:
    first, *others = REPORT.plan.actions
    actions = (replace(first, qualitative_progress=PlainText(text)), *others)
    return replace(REPORT, plan=replace(REPORT.plan, actions=actions))


def test_a_row_over_several_pages_and_one_of_57_are_put_together_again(warm: Converter) -> None:
    long = with_progress(" ".join(f"palabra{number:04d}" for number in range(1_600)))
    assert proof_of(long, warm).holds
    same = with_progress("lo mismo una y otra vez " * 700)
    assert proof_of(same, warm).holds
    assert proof_of(report_of(generated_plan(57)), warm).holds


def test_a_text_cut_off_by_its_row_is_named_where_it_ends(warm: Converter) -> None:
    long = with_progress(" ".join(f"palabra{number:04d}" for number in range(1_600)))
    height = '<w:trHeight w:val="{}" w:hRule="{}"/>'.format
    proof = damaged(warm, lambda xml: xml.replace(height(1480, "atLeast"), height(8000, "exact"), 1), report=long)
    assert places(proof) == ["acción 1, columna AVANCE CUALITATIVO, página 1"]
    assert proof.cells.found == proof.cells.expected - 1
    assert proof.characters.found < proof.characters.expected - 1_000


def test_a_page_without_the_columns_headers_is_named(warm: Converter) -> None:
    proof = damaged(warm, lambda xml: xml.replace("<w:tblHeader/>", ""))
    assert places(proof)
    assert all(place.endswith(", encabezados de la tabla") for place in places(proof))
    assert proof.cells.found == proof.cells.expected


def test_pages_with_another_title_version_or_number_are_named(warm: Converter) -> None:
    word = OFFICIAL.fill(context_of(REPORT))
    other = replace(REPORT, plan=replace(REPORT.plan, version=VersionNumber(3, 0)))
    proof = prove_pdf(warm.to_pdf(word), OFFICIAL.content, other)
    assert places(proof)[:2] == ["página 1, encabezado", "página 2, encabezado"]
    numbers = damaged(warm, lambda xml: xml.replace(" NUMPAGES ", " PAGE "), "word/footer1.xml")
    assert places(numbers)[0] == "página 1, pie"


ROW_DAMAGE: dict[str, tuple[Callable[[str], str], str]] = {
    "a lost tail": (lambda row: row.replace(" previsto, hasta el final.", ""), "columna AVANCE CUALITATIVO, página "),
    "a changed digit": (lambda row: row.replace("1.009", "1.008"), "columna META, página "),
    "a missing row": (lambda _: "", "acción 9, página "),
    "an eaten entity": (lambda row: row.replace("R&amp;D", "RD"), "columna ACCIÓN"),
}


@pytest.mark.parametrize("damage", ROW_DAMAGE)
def test_planted_damage_is_named_with_its_page(damage: str, warm: Converter) -> None:
    change, place = ROW_DAMAGE[damage]

    def in_ninth(xml: str) -> str:
        row = word_rows(xml)[10]
        return xml.replace(row, change(row))

    proof = damaged(warm, in_ninth)
    assert proof.actions.found == proof.actions.expected - 1
    assert len(proof.differences) == 1
    assert places(proof)[0].startswith("acción 9")
    assert place in places(proof)[0]


def test_a_row_drawn_twice_is_not_overlooked(warm: Converter) -> None:
    def twice(xml: str) -> str:
        row = word_rows(xml)[4]
        return xml.replace(row, row * 2)

    assert not damaged(warm, twice).holds


def test_what_is_no_pdf_is_refused_with_everything_lost() -> None:
    proof = prove_pdf(b"%PDF-1.7", OFFICIAL.content, REPORT)
    assert places(proof) == ["el archivo entero"]
    assert (proof.actions.found, proof.pages) == (0, None)
