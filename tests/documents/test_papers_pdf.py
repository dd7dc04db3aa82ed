"""PDFs that come back: as issued, signed with a certificate, altered after the signature, saved anew."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator

import pypdf
import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pypdf.generic import ArrayObject, NameObject, NumberObject

from service.domain.reports import DocumentKind
from service.papers.check import check_paper, codes_in
from service.papers.verdicts import Altered, AsIssued, NotOurs, Resaved, Signed
from tests.papers import SEAL, issued_file, issued_pdf
from tests.signing import signed_pdf

PDF = DocumentKind.PDF


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """PyHanko tells its log at length that nobody's certificate is nobody's."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def overwritten(pdf: bytes) -> bytes:
    """The PDF with an update at its end that puts something else on the first page."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    page = writer.root["/Pages"]["/Kids"][0]
    page[pdf_name("/Contents")] = writer.add_object(generic.StreamObject(stream_data=b"0 0 m 9 9 l S"))
    writer.update_container(page)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def rewritten(pdf: bytes, password: str = "") -> bytes:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf))
    if password:
        writer.encrypt(password)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def test_the_issued_pdf_is_as_issued_and_bears_its_code() -> None:
    assert check_paper(issued_pdf().content, [issued_file(DocumentKind.WORD), issued_pdf()]) == AsIssued(PDF)
    assert codes_in(issued_pdf().content) == (SEAL.code,)


@pytest.mark.parametrize("has_signers", [True, False])
def test_a_signed_pdf_is_signed_and_its_signer_named(*, has_signers: bool) -> None:
    issued = issued_pdf(has_signers=has_signers)

    verdict = check_paper(signed_pdf(issued.content), [issued])

    assert isinstance(verdict, Signed)
    (signer,) = verdict.signers
    assert (signer.name, signer.is_sound) == ("Persona de Ejemplo Uno", True)
    assert signer.signed_at is not None
    assert "acreditada en Colombia" in signer.note


def test_two_people_sign_in_the_fields_that_wait_for_them() -> None:
    once = signed_pdf(issued_pdf().content, "Persona de Ejemplo Uno", "Firma_Elaboro_1", is_new=False)
    twice = signed_pdf(once, "Persona de Ejemplo Dos", "Firma_Aprobo_1", is_new=False)

    verdict = check_paper(twice, [issued_pdf()])

    assert isinstance(verdict, Signed)
    assert [signer.name for signer in verdict.signers] == ["Persona de Ejemplo Uno", "Persona de Ejemplo Dos"]
    assert verdict.is_sound


def test_a_pdf_altered_after_the_signature_is_altered_after_the_signature() -> None:
    verdict = check_paper(overwritten(signed_pdf(issued_pdf().content)), [issued_pdf()])

    assert isinstance(verdict, Altered)
    assert "después de la firma" in verdict.sentence
    assert verdict.differences[0].place == "página 1"


def test_a_pdf_altered_before_it_was_signed_is_altered_although_its_signature_holds() -> None:
    verdict = check_paper(signed_pdf(overwritten(issued_pdf().content)), [issued_pdf()])

    assert isinstance(verdict, Altered)
    assert "aunque lo que agregó esté firmado" in verdict.sentence


def test_what_was_added_to_a_pdf_without_signing_is_told() -> None:
    verdict = check_paper(overwritten(issued_pdf().content), [issued_pdf()])

    assert isinstance(verdict, Altered)
    assert "sin firmarlo" in verdict.sentence


def test_a_signature_over_other_bytes_is_altered() -> None:
    signed = bytearray(signed_pdf(issued_pdf().content))
    signed[signed.rindex(b"Firma1") + 5] = ord("2")

    verdict = check_paper(bytes(signed), [issued_pdf()])

    assert isinstance(verdict, Altered)
    assert "no corresponde a lo que dice" in verdict.sentence


def test_a_pdf_that_another_program_saved_has_the_same_text_in_another_file() -> None:
    assert check_paper(rewritten(issued_pdf().content), [issued_pdf()]) == Resaved(PDF)


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda pdf: rewritten(pdf, "clave"), "protegido con contraseña"),
        (lambda pdf: pdf[: len(pdf) // 2], "dañado"),
        (lambda _: b"%PDF-1.7\n" + b"\0junk" * 9_999, "dañado"),
    ],
)
def test_a_pdf_that_cannot_be_looked_into_is_refused_in_a_sentence(damage: object, reason: str) -> None:
    assert callable(damage)
    verdict = check_paper(damage(issued_pdf().content), [issued_pdf()])

    assert isinstance(verdict, NotOurs)
    assert reason in verdict.sentence


def test_a_pdf_that_lies_about_its_pages_is_refused_in_a_sentence() -> None:
    count = len(pypdf.PdfReader(io.BytesIO(issued_pdf().content)).pages)
    plain = rewritten(issued_pdf().content)
    lying = plain.replace(f"/Count {count}".encode(), b"/Count 100000")
    assert lying != plain

    verdict = check_paper(lying, [issued_pdf()])

    assert isinstance(verdict, NotOurs)
    assert "una de sus páginas no se puede leer" in verdict.sentence


@pytest.mark.parametrize("box", [(0, 0, 800, 600), (430, 575, 470, 590), (36, 12, 60, 40)])
def test_the_mark_of_a_signature_over_the_text_or_a_picture_is_altered(box: tuple[int, int, int, int]) -> None:
    verdict = check_paper(signed_pdf(issued_pdf().content, box=box), [issued_pdf()])

    assert isinstance(verdict, Altered)
    assert "sello de firma sobre el texto o las imágenes de la página 1" in verdict.sentence


def test_the_mark_of_a_signature_where_nothing_is_written_is_let_be() -> None:
    verdict = check_paper(signed_pdf(issued_pdf().content, box=(904, 300, 932, 340)), [issued_pdf()])

    assert isinstance(verdict, Signed)


def test_a_field_that_was_issued_and_moved_over_the_text_before_signing_is_altered() -> None:
    writer = IncrementalPdfFileWriter(io.BytesIO(issued_pdf().content))
    field = writer.root["/AcroForm"]["/Fields"][0]
    field[pdf_name("/Rect")] = generic.ArrayObject(map(generic.NumberObject, (0, 0, 800, 600)))
    writer.update_container(field)
    out = io.BytesIO()
    writer.write(out)

    verdict = check_paper(signed_pdf(out.getvalue(), field="Firma_Elaboro_1", is_new=False), [issued_pdf()])

    assert isinstance(verdict, Altered)


@pytest.mark.parametrize("loose", [b"\n% nada", b"\n9 9 obj\n<< >>\nendobj\n", b"\n%%EOF\n%x\n%%EOF"])
def test_what_stands_after_the_last_signature_is_altered(loose: bytes) -> None:
    verdict = check_paper(signed_pdf(issued_pdf().content) + loose, [issued_pdf()])

    assert isinstance(verdict, Altered)
    assert verdict.reason


def test_line_breaks_after_the_last_signature_are_nothing() -> None:
    assert isinstance(check_paper(signed_pdf(issued_pdf().content) + b"\r\n", [issued_pdf()]), Signed)


@pytest.mark.parametrize("mark", ["FreeText", "Widget"])
def test_a_pdf_saved_anew_with_something_laid_over_it_is_altered(mark: str) -> None:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(issued_pdf().content))
    place = ArrayObject(map(NumberObject, (50, 200, 500, 400)))
    laid = {"/Type": NameObject("/Annot"), "/Subtype": NameObject(f"/{mark}"), "/Rect": place}
    writer.add_annotation(0, {NameObject(key): value for key, value in laid.items()})
    out = io.BytesIO()
    writer.write(out)

    verdict = check_paper(out.getvalue(), [issued_pdf()])

    assert isinstance(verdict, Altered)
    assert "puestos encima" in verdict.sentence
