"""The proof of a finished PDF: what its pages do not show is named, and nothing good is refused."""

from __future__ import annotations

import io
import random
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pypdf
import pytest

from service.domain.proof import Proof
from service.domain.reports import DocumentKind, Report
from service.domain.values import PlainText, VersionNumber
from tests.documents.damage import LOG, edited, simple_plan, varied_report, word_cells, word_rows
from tests.plans import generated_plan, reference_plan, report_of
from worker.documents.context import context_of
from worker.documents.pdf import Converter
from worker.documents.proof_pdf import prove_pdf
from worker.documents.template_files import TemplateFiles

OFFICIAL = TemplateFiles(Path(__file__).parents[2] / "templates_docx").of(DocumentKind.WORD)
DOCUMENT = "word/document.xml"
REPORT = replace(report_of(simple_plan(12)), change_log=LOG)


def proof_of(report: Report, converter: Converter) -> Proof:
    return prove_pdf(converter.to_pdf(OFFICIAL.fill(context_of(report))), OFFICIAL.content, report)


def damaged(converter: Converter, change: Callable[[str], str], part: str = DOCUMENT, report: Report = REPORT) -> Proof:
    word = edited(OFFICIAL.fill(context_of(report)), part, change)
    return prove_pdf(converter.to_pdf(word), OFFICIAL.content, report)


def places(proof: Proof) -> list[str]:
    return [difference.place for difference in proof.differences]


def test_the_reference_is_proved_on_its_three_pages(converter: Converter) -> None:
    proof = proof_of(report_of(reference_plan()), converter)
    assert proof.sentence == "10 de 10 acciones, 110 de 110 celdas, 0 caracteres perdidos"
    assert (proof.pages, proof.differences) == (3, ())


@pytest.mark.parametrize("seed", range(20))
def test_good_pdfs_are_not_refused(seed: int, converter: Converter) -> None:
    proof = proof_of(varied_report(seed), converter)
    assert proof.holds, proof.differences[0].sentence


def with_progress(*texts: str) -> Report:
    actions = REPORT.plan.actions
    told = tuple(
        replace(action, qualitative_progress=PlainText.admit(text))
        for action, text in zip(actions, texts, strict=False)
    )
    return replace(REPORT, plan=replace(REPORT.plan, actions=(*told, *actions[len(told) :])))


# Signs that the fonts of documents lack, so that LibreOffice draws them behind the rest of their line, or for nothing.
SIGNS = (
    "La media x\u0304 fue 4 y p\u0302 = 0,5",
    "\u2610 pendiente, \u26a0 riesgo alto, \u2713 hecho \u2714",
    "\u2460 uno \u2461 dos \u2462 tres",
    "w\u0303ayuu, kogui \u0283i, nasa yuwe \u00e7\u030c, O\u030aU",
    "o\ufb01cina \ufb02ujo \ufb03 fi fl ffi",
    "10 \u33a1 \u338f \u2103 \u212b \u212a",
    "\uff8a\uff9f \u30cf \u4e2d\u6587",
    "\u2192 flecha \u2265 50 \u2211 \u221a \u2605 \u25aa",
)


def test_signs_that_few_fonts_have_are_read_where_they_stand(converter: Converter) -> None:
    proof = proof_of(with_progress(*SIGNS), converter)
    assert proof.holds, proof.differences[0].sentence


@pytest.mark.parametrize("seed", range(4))
def test_no_sign_of_the_whole_alphabet_makes_a_good_pdf_refused(seed: int, converter: Converter) -> None:
    chance = random.Random(seed)
    blocks = [range(first, first + 0x80) for first in (*range(0x2100, 0x2E00, 0x80), 0xA0, 0x100, 0x180, 0x380, 0x400)]
    texts = []
    for block in chance.sample(blocks, 10):
        signs = [chr(code) for code in block if unicodedata.category(chr(code))[0] in "LNPS"]
        texts.append(" ".join(f"{chance.choice(['media', 'Año', ''])}{sign} uno" for sign in chance.sample(signs, 6)))
    proof = proof_of(with_progress(*texts), converter)
    assert proof.holds, proof.differences[0].sentence


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("\u2713 hecho", "hecho"),
        ("\u2713 hecho", "\u2717 hecho"),
        ("\u2713 hecho", "\u2713 nada"),
        ("\u2713", "\u25a1"),
        ("10 \u33a1 y \u338f de caf\u00e9", "10 \u33a1 y \u338f de cafe"),
        ("10 \u33a1 y \u338f de agua", "11 \u33a1 y \u338f de agua"),
        ("10 \u33a1 y \u338f de agua", "10 \u33a1 y de agua"),
        ("10 \u33a1 y \u338f de agua", "10 \u33a1 y \u338f \u33a1 de agua"),
        ("x\u0304 fue 4", "x fue 4"),
        ("m\u00b2", "m\u00b3"),
    ],
)
def test_beside_such_signs_no_other_letter_is_forgiven(told: str, shown: str, converter: Converter) -> None:
    proof = prove_pdf(
        converter.to_pdf(OFFICIAL.fill(context_of(with_progress(shown)))), OFFICIAL.content, with_progress(told)
    )
    assert places(proof) == ["acción 1, columna AVANCE CUALITATIVO, página 1"]


def test_a_row_over_several_pages_and_one_of_57_are_put_together_again(converter: Converter) -> None:
    long = with_progress(" ".join(f"palabra{number:04d}" for number in range(1_600)))
    assert proof_of(long, converter).holds
    same = with_progress("lo mismo una y otra vez " * 700)
    assert proof_of(same, converter).holds
    assert proof_of(report_of(generated_plan(57)), converter).holds


def test_a_text_cut_off_by_its_row_is_named_where_it_ends(converter: Converter) -> None:
    long = with_progress(" ".join(f"palabra{number:04d}" for number in range(1_600)))
    height = '<w:trHeight w:val="{}" w:hRule="{}"/>'.format
    proof = damaged(converter, lambda xml: xml.replace(height(1480, "atLeast"), height(8000, "exact"), 1), report=long)
    assert places(proof) == ["acción 1, columna AVANCE CUALITATIVO, página 1"]
    assert proof.cells.found == proof.cells.expected - 1
    assert proof.characters.found < proof.characters.expected - 1_000


def test_a_page_without_the_columns_headers_is_named(converter: Converter) -> None:
    proof = damaged(converter, lambda xml: xml.replace("<w:tblHeader/>", ""))
    assert places(proof)
    assert all(place.endswith(", encabezados de la tabla") for place in places(proof))
    assert proof.cells.found == proof.cells.expected


def test_pages_with_another_title_version_or_number_are_named(converter: Converter) -> None:
    word = OFFICIAL.fill(context_of(REPORT))
    other = replace(REPORT, plan=replace(REPORT.plan, version=VersionNumber(3, 0)))
    pdf = converter.to_pdf(word)
    proof = prove_pdf(pdf, OFFICIAL.content, other)
    assert places(proof) == [f"página {number}, encabezado" for number in range(1, (proof.pages or 0) + 1)]
    numbers = damaged(converter, lambda xml: xml.replace(" NUMPAGES ", " PAGE "), "word/footer1.xml")
    assert places(numbers)[0] == "página 1, pie"
    more = damaged(converter, lambda xml: xml.replace("Página ", "Copia. Página "), "word/footer1.xml")
    assert (places(more)[0], more.differences[0].found) == ("página 1, pie", f"Copia.Página1de{more.pages}")


def test_a_draft_says_so_on_every_page_and_a_final_pdf_on_none(converter: Converter) -> None:
    draft = replace(REPORT, is_draft=True)
    final, marked = (converter.to_pdf(OFFICIAL.fill(context_of(report))) for report in (REPORT, draft))
    missing = prove_pdf(final, OFFICIAL.content, draft)
    told = f"La página {missing.pages} no lleva la marca BORRADOR."
    assert missing.differences[-1].sentence == told
    left = prove_pdf(marked, OFFICIAL.content, REPORT)
    assert len(left.differences) == left.pages == len(missing.differences)
    told = "La página 1 lleva, sin ser de un borrador, la marca BORRADOR."
    assert left.differences[0].sentence == told
    assert prove_pdf(marked, OFFICIAL.content, draft).holds


def test_a_lost_page_and_a_page_too_many_are_named(converter: Converter) -> None:
    whole = pypdf.PdfReader(io.BytesIO(converter.to_pdf(OFFICIAL.fill(context_of(REPORT)))))

    def of_pages(numbers: list[int]) -> Proof:
        writer = pypdf.PdfWriter(clone_from=whole)
        pages = writer.root_object["/Pages"].get_object()
        kids = [pages["/Kids"][number] for number in numbers]
        pages[pypdf.generic.NameObject("/Kids")] = pypdf.generic.ArrayObject(kids)
        pages[pypdf.generic.NameObject("/Count")] = pypdf.generic.NumberObject(len(kids))
        out = io.BytesIO()
        writer.write(out)
        return prove_pdf(out.getvalue(), OFFICIAL.content, REPORT)

    count = len(whole.pages)
    assert of_pages(list(range(count))).holds
    lost = of_pages([0, *range(2, count)])
    assert lost.pages == count - 1
    assert lost.actions.found < lost.actions.expected
    assert "página 1, pie" in places(lost)
    assert not of_pages([0, *range(count)]).holds
    assert not of_pages(list(reversed(range(count)))).holds


def test_a_pdf_whose_texts_do_not_say_to_which_row_they_belong_is_refused(converter: Converter) -> None:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(converter.to_pdf(OFFICIAL.fill(context_of(REPORT)))))
    del writer.root_object["/StructTreeRoot"]
    out = io.BytesIO()
    writer.write(out)
    proof = prove_pdf(out.getvalue(), OFFICIAL.content, REPORT)
    assert places(proof) == ["el archivo entero"]
    assert proof.cells.found == 0


def test_a_text_that_slipped_into_the_empty_cell_beside_its_own_is_named(converter: Converter) -> None:
    second = replace(REPORT.plan.actions[1], indicator=None)
    plan = replace(REPORT.plan, actions=(REPORT.plan.actions[0], second, *REPORT.plan.actions[2:]))
    report = replace(REPORT, plan=plan)
    assert proof_of(report, converter).holds

    def slipped(xml: str) -> str:
        row = word_rows(xml)[3]
        _, _, lead, indicator, *_ = word_cells(row)
        return xml.replace(row, row.replace(lead + indicator, indicator + lead))

    proof = damaged(converter, slipped, report=report)
    assert places(proof) == ["acción 2, columna RESPONSABLE"]


ROW_DAMAGE: dict[str, tuple[Callable[[str], str], str]] = {
    "a lost tail": (lambda row: row.replace(" previsto, hasta el final.", ""), "columna AVANCE CUALITATIVO, página "),
    "a changed digit": (lambda row: row.replace("1.009", "1.008"), "columna META, página "),
    "a missing row": (lambda _: "", "acción 9, página "),
    "an eaten entity": (lambda row: row.replace("R&amp;D", "RD"), "columna ACCIÓN"),
    "a date off by one day": (lambda row: row.replace("9/03/2024", "8/03/2024"), "columna FECHA INICIO"),
}


@pytest.mark.parametrize("damage", ROW_DAMAGE)
def test_planted_damage_is_named_with_its_page(damage: str, converter: Converter) -> None:
    change, place = ROW_DAMAGE[damage]

    def in_ninth(xml: str) -> str:
        row = word_rows(xml)[10]
        return xml.replace(row, change(row))

    proof = damaged(converter, in_ninth)
    assert proof.actions.found == proof.actions.expected - 1
    assert len(proof.differences) == 1
    assert places(proof)[0].startswith("acción 9")
    assert place in places(proof)[0]


def test_rows_drawn_twice_or_in_another_order_and_swapped_cells_are_named(converter: Converter) -> None:
    def changed(change: Callable[[str], str]) -> list[str]:
        def damage(xml: str) -> str:
            row = word_rows(xml)[4]
            return xml.replace(row, change(row))

        return places(damaged(converter, damage))

    def with_swapped_cells(row: str) -> str:
        cells = word_cells(row)
        return row.replace(cells[1] + cells[2], cells[2] + cells[1])

    assert changed(lambda row: row * 2) == ["acción 3, página 1"]
    assert changed(with_swapped_cells)[0].startswith("acción 3, columna ACCIÓN")

    def swapped(xml: str) -> str:
        rows = word_rows(xml)
        return xml.replace(rows[4] + rows[5], rows[5] + rows[4])

    assert any(place.startswith("acción 3") for place in places(damaged(converter, swapped)))


def test_what_is_no_pdf_is_refused_with_everything_lost() -> None:
    proof = prove_pdf(b"%PDF-1.7", OFFICIAL.content, REPORT)
    assert places(proof) == ["el archivo entero"]
    assert (proof.actions.found, proof.pages) == (0, None)
