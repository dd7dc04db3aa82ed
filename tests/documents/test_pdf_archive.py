"""The PDF of a report, from its data to the file that is signed, by readers that had no part in writing it.

`page` holds it against the rules of PDF/A-2b and PDF/UA-1 that a program can check; it is no veraPDF, though its own
tests are the corpus of that. It does not see whether a description fits what it describes, nor whether the order of
reading makes sense; and no rule of it says whether a page looks as it should.
"""

from __future__ import annotations

import io
import itertools
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import page as validator
import pypdf
import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from service.domain.frame import Frame, Role, Signer
from service.domain.reports import DocumentKind, Report
from tests.frames import FULL_FRAME, SEAL, SIGNERS, framed_report
from tests.plans import generated_plan, reference_plan, report_of
from tests.signing import signed_pdf
from worker.documents.context import context_of
from worker.documents.pdf import Converter
from worker.documents.pdf_archive import archive_pdf
from worker.documents.pdf_fields import _figure
from worker.documents.pdf_places import Box, dictionary
from worker.documents.template_files import TemplateFiles
from worker.render import render

TEMPLATES = Path(__file__).parents[2] / "templates_docx"
FIELDS = ["Firma_Elaboro_1", "Firma_Reviso_1", "Firma_Aprobo_1"]
CENTIMETRE = 72 / 2.54


@pytest.fixture(scope="module")
def templates() -> TemplateFiles:
    return TemplateFiles(TEMPLATES)


@pytest.fixture(scope="module")
def issued(converter: Converter, templates: TemplateFiles) -> bytes:
    """The reference's report with all that an office may put around it."""
    return render(framed_report(), DocumentKind.PDF, templates, converter=converter).content


def reader(pdf: bytes) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(pdf))


def fields(pdf: bytes) -> dict[str, tuple[int, dict[str, Any]]]:
    """The widgets by the name of their field, each with its page."""
    return {
        widget["/T"]: (number, widget)
        for number, page in enumerate(reader(pdf).pages)
        for widget in (annotation.get_object() for annotation in page.get("/Annots", ()))
    }


def broken_rules(pdf: bytes, profile: str) -> list[str]:
    return [
        f"{found.rule_id}: {found.message}" for found in validator.validate_pdf_bytes(pdf, profile=profile).failures
    ]


def reports() -> dict[str, Report]:
    return {
        "issued, with everything around it": framed_report(),
        "a draft with everything around it": replace(framed_report(seal=None), is_draft=True),
        "issued, with nothing around it": report_of(reference_plan()),
        "forty actions with hostile characters": replace(
            report_of(generated_plan(40)), frame=FULL_FRAME, approval=FULL_FRAME.approval, seal=SEAL
        ),
    }


@pytest.mark.parametrize("name", reports())
def test_an_independent_validator_finds_every_rule_of_pdf_a_2b_and_of_pdf_ua_1_kept(
    name: str, converter: Converter, templates: TemplateFiles
) -> None:
    pdf = render(reports()[name], DocumentKind.PDF, templates, converter=converter).content
    assert broken_rules(pdf, "2b") == []
    assert broken_rules(pdf, "ua1") == []


@pytest.mark.parametrize(
    ("whole", "damaged", "profile", "rule"),
    [
        (b"<pdfaid:part>2", b"<pdfaid:part>1", "2b", "ID-PART"),
        (b"<pdfaProperty:name>part", b"<pdfaProperty:name>trap", "2b", "XMP"),
        (b"/FontFile2", b"/FontFileX", "2b", "FONT-EMBEDDING"),
        (b"/OutputIntents", b"/OutputIntentX", "2b", "DEVICE-"),
        (b"/F 132", b"/F 130", "2b", "ANNOTATION"),
        (b"/Alt", b"/Alx", "ua1", "FIGURE-ALTERNATIVE-TEXT"),
        (b"/TU", b"/TX", "ua1", ""),
    ],
)
def test_the_validator_sees_what_is_taken_away(
    issued: bytes, whole: bytes, damaged: bytes, profile: str, rule: str
) -> None:
    assert whole in issued
    found = broken_rules(issued.replace(whole, damaged), profile)
    assert any(rule in one for one in found), found


def test_other_readers_list_an_empty_field_for_each_signer_in_their_order(issued: bytes, tmp_path: Path) -> None:
    assert list(reader(issued).get_fields() or ()) == FIELDS
    file = tmp_path / "informe.pdf"
    file.write_bytes(issued)
    told = subprocess.run(["pdfsig", file], capture_output=True, text=True, check=False).stdout
    assert [line.partition(": ")[2] for line in told.splitlines() if "Field Name" in line] == FIELDS
    assert told.count("The signature form field is not signed.") == len(FIELDS)


def test_each_field_lies_over_the_room_above_its_signer(issued: bytes) -> None:
    found = fields(issued)
    last = len(reader(issued).pages) - 1
    rooms = []
    for name, signer in zip(FIELDS, SIGNERS, strict=True):
        number, widget = found[name]
        left, bottom, right, top = map(float, widget["/Rect"])
        assert number == last
        assert right - left >= 4 * CENTIMETRE
        assert round(top - bottom, 1) >= round(1.5 * CENTIMETRE, 1)
        drawn: list[tuple[str, float, float]] = []

        def visit(text: str, _cm: Any, matrix: Any, *_: Any, drawn: list[tuple[str, float, float]] = drawn) -> None:
            if text.strip():
                drawn.append((text.strip(), matrix[4], matrix[5]))

        reader(issued).pages[last].extract_text(visitor_text=visit)
        ((_, x, y),) = [each for each in drawn if each[0] == signer.printed_name]
        assert abs(x - left) < 2, "it begins where the name does"
        assert 0 < bottom - y < CENTIMETRE, "it stands on the name"
        assert not [text for text, x, y in drawn if left <= x <= right and bottom <= y <= top], "and on nothing else"
        rooms.append((left, right))
    assert all(before[1] <= after[0] for before, after in itertools.pairwise(rooms))


def test_a_field_prints_says_whose_it_is_and_stands_in_the_structure(issued: bytes) -> None:
    for name, signer in zip(FIELDS, SIGNERS, strict=True):
        _, widget = fields(issued)[name]
        assert widget["/F"] & 0b110 == 0b100, "printed, not hidden"
        assert "/N" in widget["/AP"]
        assert widget["/TU"] == f"{signer.role.label}: firma de {signer.name}, {signer.printed_position}"
        root: Any = reader(issued).trailer["/Root"]
        numbers = root["/StructTreeRoot"]["/ParentTree"]["/Nums"]
        element = numbers[list(numbers[::2]).index(widget["/StructParent"]) * 2 + 1].get_object()
        assert element["/S"] == "/Form"
        assert element["/K"]["/Obj"]["/T"] == name
    assert "/NeedAppearances" not in root["/AcroForm"]


def test_who_signs_twice_has_two_places_and_who_is_not_named_a_field_without_one(
    converter: Converter, templates: TemplateFiles
) -> None:
    director = Signer(Role.APPROVED, "Persona de Ejemplo Dos", "Director de Ejemplo")
    twice = framed_report(replace(FULL_FRAME, signers=(*SIGNERS[:2], director)))
    found = fields(render(twice, DocumentKind.PDF, templates, converter=converter).content)
    assert list(found) == FIELDS
    assert found[FIELDS[1]][1]["/Rect"] != found[FIELDS[2]][1]["/Rect"]

    other = Signer(Role.REVIEWED, "Persona Que No Está", "Jefe de Ejemplo")
    word = templates.of(DocumentKind.WORD).fill(context_of(framed_report(Frame())))

    pdf = archive_pdf(converter.to_pdf(word), framed_report(Frame(signers=(other,))))
    ((_, widget),) = fields(pdf).values()
    assert [float(side) for side in widget["/Rect"]] == [0, 0, 0, 0]
    assert broken_rules(pdf, "2b") == []


def test_one_that_is_signed_begins_with_the_issued_bytes_and_its_signature_holds(issued: bytes) -> None:
    signed = signed_pdf(issued, field="Firma_Reviso_1")
    assert signed.startswith(issued)
    (signature,) = PdfFileReader(io.BytesIO(signed)).embedded_signatures
    assert signature.field_name == "Firma_Reviso_1"
    status = validate_pdf_signature(
        signature, ValidationContext(trust_roots=[signature.signer_cert], allow_fetching=False)
    )
    assert status.intact
    assert status.valid
    assert status.coverage.name == "ENTIRE_FILE"
    assert float(fields(signed)["Firma_Reviso_1"][1]["/Rect"][3]) > 0, "where the place to sign is"


def test_a_draft_has_no_field_and_says_in_its_title_that_it_is_one(
    converter: Converter, templates: TemplateFiles
) -> None:
    draft = replace(framed_report(seal=None), is_draft=True)
    pdf = reader(render(draft, DocumentKind.PDF, templates, converter=converter).content)
    assert pdf.get_fields() is None
    assert pdf.metadata is not None
    assert (pdf.metadata.title or "").startswith("BORRADOR: PLAN DE ACCIÓN 2024")


def test_its_metadata_name_the_entity_and_the_code_the_same_in_both_places(issued: bytes) -> None:
    told = reader(issued)
    assert told.metadata is not None
    assert told.xmp_metadata is not None
    assert told.metadata.author == "Entidad de Ejemplo R&D"
    assert told.xmp_metadata.dc_creator == [told.metadata.author]
    assert told.xmp_metadata.dc_title == {"x-default": told.metadata.title}
    assert told.metadata.keywords == told.xmp_metadata.pdf_keywords == SEAL.code
    assert told.metadata.creation_date == framed_report().created_at
    # pypdf gives it in UTC, without saying so.
    assert told.xmp_metadata.xmp_create_date == framed_report().created_at.replace(tzinfo=None)
    assert told.xmp_metadata.dc_language == ["es-CO"]


def test_its_bookmarks_lead_to_each_action_on_the_page_where_it_begins(issued: bytes) -> None:
    pdf = reader(issued)
    title, actions = pdf.outline
    assert title.title == "PLAN DE ACCIÓN 2024"  # type: ignore[union-attr]  # a bookmark, then those under it
    plan = reference_plan()
    assert len(actions) == len(plan.actions)
    for action, bookmark in zip(plan.actions, actions, strict=True):  # type: ignore[arg-type]  # as above
        assert bookmark.title.startswith(f"{action.number} {(action.action or '')[:40]}")
        page = pdf.pages[pdf.get_destination_page_number(bookmark) or 0]
        words = " ".join(page.extract_text().split())
        assert " ".join((action.action or "").split()[:4]) in words


def test_coloured_cells_stay_text(converter: Converter, templates: TemplateFiles) -> None:
    pdf = reader(render(report_of(reference_plan()), DocumentKind.PDF, templates, converter=converter).content)
    for page in pdf.pages:
        assert not page.images
        assert "RESPONSABLE" in page.extract_text()


def test_a_line_to_sign_on_is_not_mistaken_for_the_mark_that_lies_under_it() -> None:
    """As LibreOffice 25 has it: the mark of drafts comes first among the pictures of the page."""
    mark, line, elsewhere = (
        dictionary(
            S=pdf_name("/Figure"),
            A=dictionary(BBox=generic.ArrayObject(map(generic.FloatObject, box))),
        )
        for box in ((270, 70, 665, 454), (324, 149, 504, 197), (612, 149, 792, 197))
    )
    numbers = generic.ArrayObject([generic.NumberObject(3), generic.ArrayObject([mark, line, elsewhere])])
    page = dictionary(StructParents=generic.NumberObject(3))

    assert _figure(dictionary(Nums=numbers), page, Box(325, 149, 467, 191)) is line
    line["/Alt"] = generic.pdf_string("Lugar para la firma")
    assert _figure(dictionary(Nums=numbers), page, Box(325, 149, 467, 191)) is mark
    assert _figure(dictionary(Nums=numbers), page, Box(20, 20, 40, 40)) is None
