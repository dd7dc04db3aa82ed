"""The proof of what stands around a report: signatures, heads, feet, seal; none that is right is refused."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import docx
import pytest
import zxingcpp
from PIL import Image, ImageOps
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from service.domain.frame import NO_FRAME, Approval, Frame, Seal, Signer
from service.domain.proof import Proof
from service.domain.reports import DocumentKind, Report
from service.domain.values import PlainText
from tests.documents.damage import (
    LOG,
    edited,
    fully_framed,
    parts_of,
    simple_plan,
    varied_report,
    with_varied_frame,
)
from tests.plans import report_of
from tests.signing import repacked
from worker.documents.context import APPROVAL_NAMES, SEAL_NAMES, context_of
from worker.documents.package import read_members
from worker.documents.pdf import Converter
from worker.documents.pdf_archive import archive_pdf
from worker.documents.proof import prove
from worker.documents.proof_values import approval_values, seal_values
from worker.documents.qr import qr_png
from worker.documents.template_files import Template, TemplateFiles, compile_template

TEMPLATES = TemplateFiles(Path(__file__).parents[2] / "templates_docx")
REPORT = fully_framed(replace(report_of(simple_plan()), change_log=LOG))
DOCUMENT = "word/document.xml"
PLAN = "xl/worksheets/sheet1.xml"


def written(kind: DocumentKind, report: Report = REPORT, template: Template | None = None) -> bytes:
    return (template or TEMPLATES.of(kind)).fill(context_of(report))


def pdf_of(converter: Converter, word: bytes, report: Report = REPORT) -> bytes:
    return archive_pdf(converter.to_pdf(word), report)


def proved(kind: DocumentKind, content: bytes, report: Report = REPORT) -> Proof:
    template = TEMPLATES.of(DocumentKind.EXCEL if kind is DocumentKind.EXCEL else DocumentKind.WORD)
    return prove(kind, content, template.content, report)


def places(proof: Proof) -> list[str]:
    return [difference.place for difference in proof.differences]


@pytest.mark.parametrize("kind", [DocumentKind.WORD, DocumentKind.EXCEL])
def test_a_hundred_framed_documents_are_not_refused(kind: DocumentKind) -> None:
    for seed in range(100):
        report = with_varied_frame(varied_report(seed), seed)
        proof = proved(kind, written(kind, report), report)
        assert proof.holds, f"{seed}: {proof.complaint}"


def test_framed_pdfs_are_not_refused(converter: Converter) -> None:
    for seed in range(16):
        report = with_varied_frame(varied_report(seed), seed)
        proof = proved(DocumentKind.PDF, pdf_of(converter, written(DocumentKind.WORD, report), report), report)
        assert proof.holds, f"{seed}: {proof.complaint}"


@pytest.mark.parametrize(
    "text",
    [
        "A&B", "A&&B", "I&1", 'R&"D"', 'Empresa &"Norte"', "C&K123456 S.A.", "A & 24 horas", "P&P", "&", "100%",
        "_x0041_", "_x000D_", "_x005F_x0041_", "={1}", "'así'",
    ],
)  # fmt: skip
def test_names_with_what_excel_takes_for_commands_are_written_and_read_as_they_are(text: str) -> None:
    frame = replace(REPORT.frame, entity=text, signers=(replace(REPORT.frame.signers[0], name=text, position=text),))
    first, *others = REPORT.plan.actions
    actions = (replace(first, lead=PlainText(text), qualitative_progress=PlainText(text)), *others)
    report = replace(REPORT, frame=frame, plan=replace(REPORT.plan, actions=actions))
    for kind in (DocumentKind.WORD, DocumentKind.EXCEL):
        proof = proved(kind, written(kind, report), report)
        assert proof.holds, proof.complaint


def test_the_facts_of_the_frame_are_known_by_the_names_that_templates_use() -> None:
    assert (tuple(approval_values(REPORT)), tuple(seal_values(REPORT))) == (APPROVAL_NAMES, SEAL_NAMES)


def test_a_template_that_names_the_seal_and_who_approved_is_held_to_its_own_places() -> None:
    own = "{{ sello.codigo }} en {{ sello.direccion }}. {{ aprobacion.frase }} Página "
    content = edited(
        TEMPLATES.of(DocumentKind.WORD).content, "word/footer1.xml", lambda xml: xml.replace("Página ", own, 1)
    )
    template = compile_template(DocumentKind.WORD, content)
    good = written(DocumentKind.WORD, template=template)
    assert prove(DocumentKind.WORD, good, content, REPORT).holds
    other = replace(REPORT, seal=Seal("AAAA-BBBB-CCCC", "https://planeacion.example/verificar/AAAA-BBBB-CCCC"))
    assert "pie de página, párrafo 1" in places(prove(DocumentKind.WORD, good, content, other))


def test_a_template_with_a_first_page_and_two_sides_has_its_frame_on_all_of_them() -> None:
    document = docx.Document(io.BytesIO(TEMPLATES.of(DocumentKind.WORD).content))
    section = document.sections[0]
    section.different_first_page_header_footer = True
    section.first_page_footer.paragraphs[0].text = "Primera"
    document.settings.odd_and_even_pages_header_footer = True
    section.even_page_footer.paragraphs[0].text = "Par"
    section.even_page_header.paragraphs[0].text = "{{ plan.titulo }}"
    saved = io.BytesIO()
    document.save(saved)
    template = compile_template(DocumentKind.WORD, saved.getvalue())
    good = written(DocumentKind.WORD, template=template)
    proof = prove(DocumentKind.WORD, good, template.content, REPORT)
    assert proof.holds, proof.complaint
    damaged = edited(good, "word/footer3.xml", lambda xml: xml.replace("Código de verificación: ", ""))
    assert not prove(DocumentKind.WORD, damaged, template.content, REPORT).holds


WORD_DAMAGE: dict[str, tuple[str, Callable[[str], str], str]] = {
    "another position": (DOCUMENT, lambda xml: xml.replace(">Director de Ejemplo (E)<", ">Jefe<"), "bloque de firmas"),
    "another name": (DOCUMENT, lambda xml: xml.replace(">PERSONA DE EJEMPLO UNO<", ">PERSONA<"), "bloque de firmas"),
    "a signature line for somebody else": (
        DOCUMENT,
        lambda xml: xml.replace('suggestedsigner="Persona de Ejemplo Tres"', 'suggestedsigner="Persona"'),
        "bloque de firmas, líneas de firma",
    ),
    "a place without a signature line": (
        DOCUMENT,
        lambda xml: re.sub(r"<o:signatureline[^>]*/>", "", xml, count=1),
        "bloque de firmas, líneas de firma",
    ),
    "a block that a page may part": (
        DOCUMENT,
        lambda xml: xml[: xml.index("Elaboró") - 2000]
        + xml[xml.index("Elaboró") - 2000 :].replace("<w:cantSplit/>", "", 1),
        "El bloque de firmas se puede partir",
    ),
    "a block that may stand alone": (
        DOCUMENT,
        lambda xml: "".join(
            (head := xml.rpartition("hasta el final.")[0].rpartition("<w:keepNext/>"))[::2]
        ) + xml[len("".join(head)) :],
        "El bloque de firmas puede quedar solo",
    ),
    "another approval": (DOCUMENT, lambda xml: xml.replace("Acta 5", "Acta 6"), "bloque de firmas"),
    "a code of another report": (
        "word/footer1.xml",
        lambda xml: xml.replace("K7QF-3M9P-X2TD", "K7QF-3M9P-X2TE"),
        "pie de página",
    ),
    "another code of the format": (
        "word/header1.xml",
        lambda xml: xml.replace("PL-FR-01", "PL-FR-02"),
        "encabezado de página",
    ),
    "no room for the radicado": (
        "word/header2.xml",
        lambda xml: xml.replace("Espacio para el radicado", ""),
        "encabezado de página",
    ),
    "a first page like all others": (DOCUMENT, lambda xml: xml.replace("<w:titlePg/>", ""), "encabezado de página"),
}  # fmt: skip


FOOT = "word/footer1.xml"
HIDING = {
    "hidden": "<w:vanish/>",
    "white": '<w:color w:val="FFFFFF"/>',
    "too small": '<w:sz w:val="2"/>',
}


@pytest.mark.parametrize("how", HIDING)
def test_a_text_of_the_body_that_nobody_sees_is_named(how: str) -> None:
    hidden = f"<w:r><w:rPr>{HIDING[how]}</w:rPr><w:t"
    content = edited(written(DocumentKind.WORD), DOCUMENT, lambda xml: xml.replace("<w:r><w:t", hidden, 9))
    proof = proved(DocumentKind.WORD, content)
    assert "está oculto, en blanco o en letra diminuta" in {difference.found for difference in proof.differences}


def test_a_template_may_have_white_letters_and_rows_of_one_height_of_its_own() -> None:
    def change(xml: str) -> str:
        white = xml.replace("<w:r><w:t", '<w:r><w:rPr><w:color w:val="FFFFFF"/></w:rPr><w:t', 9)
        return white.replace("<w:trPr>", '<w:trPr><w:trHeight w:val="900" w:hRule="exact"/>', 1)

    content = edited(TEMPLATES.of(DocumentKind.WORD).content, DOCUMENT, change)
    template = compile_template(DocumentKind.WORD, content)
    proof = prove(DocumentKind.WORD, written(DocumentKind.WORD, template=template), content, REPORT)
    assert proof.holds, proof.complaint


def test_a_row_that_may_cut_its_texts_is_named() -> None:
    exact = '<w:trPr><w:trHeight w:val="20" w:hRule="exact"/>'
    content = edited(written(DocumentKind.WORD), DOCUMENT, lambda xml: xml.replace("<w:trPr>", exact, 1))
    assert [one.found for one in proved(DocumentKind.WORD, content).differences] == [
        "una fila de altura fija, que lo puede cortar"
    ]


def test_a_foot_without_the_qr_of_its_own_address_is_named() -> None:
    good = written(DocumentKind.WORD)
    other = qr_png("https://otro.example/verificar/AAAA-BBBB-CCCC")
    for damaged in (
        edited(good, FOOT, lambda xml: re.sub("<w:drawing>.*?</w:drawing>", "", xml)),
        repacked(good, {"word/media/folio-qr.png": b""}),
        repacked(good, {"word/media/folio-qr.png": other}),
    ):
        differences = proved(DocumentKind.WORD, damaged).differences
        assert {one.expected for one in differences} == {"el código QR de este documento"}


def test_the_picture_that_the_proof_compares_with_reads_as_its_address() -> None:
    for address in ("http://localhost:8000/verificar/AAAA-BBBB-CCCC", f"https://{'a' * 60}.example/verificar/ZZZZ"):
        picture = ImageOps.expand(Image.open(io.BytesIO(qr_png(address))).convert("L"), border=40, fill=255)
        assert [code.text for code in zxingcpp.read_barcodes(picture)] == [address]


def test_a_room_for_the_radicado_that_takes_no_stamp_is_named() -> None:
    good = written(DocumentKind.WORD)
    (head,) = (name for name, part in parts_of(good).items() if b"Espacio para el radicado" in part)
    low = edited(good, head, lambda xml: xml.replace('w:val="1417" w:hRule="exact"', 'w:val="300" w:hRule="exact"'))
    assert "es más pequeño" in {one.found for one in proved(DocumentKind.WORD, low).differences}


@pytest.mark.parametrize("damage", WORD_DAMAGE)
def test_damage_around_a_word_is_named(damage: str) -> None:
    part, change, place = WORD_DAMAGE[damage]
    proof = proved(DocumentKind.WORD, edited(written(DocumentKind.WORD), part, change))
    assert any(told.startswith(place) for told in places(proof)), places(proof)


def changed_signers(change: Callable[[tuple[Signer, ...]], tuple[Signer, ...]]) -> Report:
    return replace(REPORT, frame=replace(REPORT.frame, signers=change(REPORT.frame.signers)))


OTHERS: dict[str, Report] = {
    "a signer more": changed_signers(lambda signers: signers[:-1]),
    "a signer less": changed_signers(lambda signers: (*signers, signers[-1])),
    "positions swapped": changed_signers(
        lambda signers: (
            replace(signers[0], position=signers[1].position),
            replace(signers[1], position=signers[0].position),
            signers[2],
        )
    ),
    "another seal": replace(REPORT, seal=Seal("AAAA-BBBB-CCCC", "https://planeacion.example/verificar/AAAA-BBBB-CCCC")),
    "no seal": replace(REPORT, seal=None),
    "another format": replace(
        REPORT, frame=replace(REPORT.frame, format_box=replace(REPORT.frame.format_box, version="4"))
    ),
    "another entity": replace(REPORT, frame=replace(REPORT.frame, entity="Otra entidad")),
    "no frame": replace(REPORT, frame=NO_FRAME),
    "another act": replace(REPORT, approval=replace(REPORT.approval, act="Acta 6")),
}


@pytest.mark.parametrize("difference", OTHERS)
def test_a_document_in_the_frame_of_another_report_is_refused(difference: str, converter: Converter) -> None:
    other = OTHERS[difference]
    word = written(DocumentKind.WORD, other)
    assert not proved(DocumentKind.WORD, word).holds
    assert not proved(DocumentKind.EXCEL, written(DocumentKind.EXCEL, other)).holds
    assert not proved(DocumentKind.PDF, pdf_of(converter, word)).holds


def in_texts(old: str, new: str) -> Callable[[str], str]:
    return lambda xml: xml.replace(old, new)


EXCEL_DAMAGE: dict[str, tuple[str, Callable[[str], str], str]] = {
    "no room to sign": (
        PLAN,
        lambda xml: re.sub(r'(<row r="\d+"[^>]* ht=)"[\d.]+"(?=(?:(?!<row ).)*Elaboró)', r'\1"30"', xml),
        "hoja «Plan de acción», firmas",
    ),
    "a print area that ends above the signatures": (
        "xl/workbook.xml",
        lambda xml: re.sub(r"(\$K\$)\d+", r"\g<1>9", xml),
        "hoja «Plan de acción», área de impresión",
    ),
    "another address": (
        PLAN,
        in_texts("planeacion.example/verificar", "otra.example/verificar"),
        "hoja «Plan de acción», pie de impresión",
    ),
    "a picture that is not the logo": (
        "xl/drawings/_rels/vmlDrawing1.vml.rels",
        lambda xml: re.sub(r'Target="[^"]*logo[^"]*"', 'Target="/xl/media/folio_qr.png"', xml),
        "hoja «Plan de acción», encabezado o pie de impresión",
    ),
    "a code among the properties that is another's": (
        "docProps/core.xml",
        in_texts("K7QF-3M9P-X2TD", "AAAA-BBBB-CCCC"),
        "propiedades del documento",
    ),
}  # fmt: skip


@pytest.mark.parametrize("damage", EXCEL_DAMAGE)
def test_damage_around_a_workbook_is_named(damage: str) -> None:
    part, change, place = EXCEL_DAMAGE[damage]
    proof = proved(DocumentKind.EXCEL, edited(written(DocumentKind.EXCEL), part, change))
    assert any(told.startswith(place) for told in places(proof)), places(proof)


def from_block(change: Callable[[str], str]) -> Callable[[str], str]:
    """Damage to the row of the signatures, once nothing is kept together."""

    def damage(xml: str) -> str:
        xml = xml.replace("<w:keepNext/>", "")
        text = xml.index("Plan aprobado por")
        row = max(xml.rfind("<w:tr>", 0, text), xml.rfind("<w:tr ", 0, text))
        return xml[:row] + change(xml[row:])

    return damage


def test_signatures_alone_on_their_page_or_parted_are_named(converter: Converter) -> None:
    good = written(DocumentKind.WORD)
    assert proved(DocumentKind.PDF, pdf_of(converter, good)).holds
    tall = from_block(lambda xml: xml.replace("<w:cantSplit/>", '<w:cantSplit/><w:trHeight w:val="6500"/>', 1))
    alone = proved(DocumentKind.PDF, pdf_of(converter, edited(good, DOCUMENT, tall)))
    assert [one.sentence for one in alone.differences] == [
        f"El bloque de firmas quedó solo en la página {(alone.pages or 0) - 1}."
    ]
    label = "Elaboró</w:t></w:r></w:p>"
    long = from_block(lambda xml: xml.replace("<w:cantSplit/>", "").replace(label, label + "<w:p/>" * 70, 1))
    parted = proved(DocumentKind.PDF, pdf_of(converter, edited(good, DOCUMENT, long)))
    assert any(place.startswith("bloque de firmas, página ") for place in places(parted))


@pytest.mark.parametrize("kind", [DocumentKind.WORD, DocumentKind.EXCEL])
def test_an_approval_that_only_the_issue_names_is_told_where_the_office_says_anything(kind: DocumentKind) -> None:
    phrase = "Plan aprobado por el Comité de Ejemplo mediante Acta 7."
    by_issue = replace(REPORT, approval=Approval("Comité de Ejemplo", "Acta 7"), seal=None)
    said = replace(by_issue, frame=Frame("Entidad de Ejemplo"))
    for report, count in ((said, 1), (replace(by_issue, frame=Frame(has_radicado_zone=True)), 0)):
        content = written(kind, report)
        texts = (part.decode() for name, part in read_members(content).items() if name.endswith(".xml"))
        assert "".join(texts).count(phrase) == count
        assert proved(kind, content, report).holds
    assert not proved(kind, written(kind, replace(said, approval=Approval())), said).holds


@pytest.mark.parametrize("kind", [DocumentKind.WORD, DocumentKind.EXCEL])
def test_signers_stand_by_what_they_did_in_whatever_order_the_office_says_them(kind: DocumentKind) -> None:
    backwards = changed_signers(lambda signers: signers[::-1])
    assert written(kind, backwards) == written(kind)
    assert proved(kind, written(kind, backwards), backwards).holds


def in_pdf(content: bytes, change: Callable[[IncrementalPdfFileWriter], None]) -> bytes:
    writer, out = IncrementalPdfFileWriter(io.BytesIO(content)), io.BytesIO()
    change(writer)
    writer.write(out)
    return out.getvalue()


def without_fields(writer: IncrementalPdfFileWriter) -> None:
    del writer.root["/AcroForm"]
    writer.update_root()


def with_a_note(writer: IncrementalPdfFileWriter) -> None:
    page, _ = writer.find_page_for_modification(0)
    box = generic.ArrayObject(map(generic.NumberObject, (0, 0, 500, 500)))
    note = {"/Type": generic.pdf_name("/Annot"), "/Subtype": generic.pdf_name("/FreeText"), "/Rect": box}
    added = writer.add_object(generic.DictionaryObject({generic.pdf_name(key): one for key, one in note.items()}))
    page.get_object()[generic.pdf_name("/Annots")] = generic.ArrayObject([added])
    writer.mark_update(page)


def test_a_pdf_without_its_fields_or_its_qr_or_with_a_note_over_it_is_named(converter: Converter) -> None:
    word = written(DocumentKind.WORD)
    good = pdf_of(converter, word)
    assert proved(DocumentKind.PDF, good).holds
    assert places(proved(DocumentKind.PDF, in_pdf(good, without_fields))) == ["campos de firma"]
    assert places(proved(DocumentKind.PDF, in_pdf(good, with_a_note))) == ["página 1"]
    bare = edited(word, FOOT, lambda xml: re.sub("<w:drawing>.*?</w:drawing>", "", xml))
    assert "página 1, pie" in places(proved(DocumentKind.PDF, pdf_of(converter, bare)))


def test_frames_that_say_nothing_ask_for_nothing() -> None:
    bare = replace(REPORT, frame=Frame(has_seal=False), seal=None)
    for kind in (DocumentKind.WORD, DocumentKind.EXCEL):
        content = written(kind, bare)
        assert proved(kind, content, bare).holds
        assert proved(kind, content, replace(bare, frame=NO_FRAME)).holds
