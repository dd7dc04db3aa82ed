"""The office's frame in Word: where its parts stand on the pages, whatever the plan, and what is in the file."""

from __future__ import annotations

import dataclasses
import datetime as dt
import io
import re
from collections.abc import Callable

import docx
import pypdfium2
import pytest
import zxingcpp
from lxml import etree
from PIL import Image

from service.domain.frame import NO_FRAME, Approval, FormatBox, Frame, Logo, Role, Seal, Signer
from service.domain.plan import Plan
from service.domain.reports import Report
from tests.documents.conftest import ROOT
from tests.plans import generated_plan, reference_plan, report_of
from worker.documents.approval_line import approval_line
from worker.documents.context import context_of
from worker.documents.frame_word import frame_document
from worker.documents.package import read_members
from worker.documents.pdf import Converter
from worker.documents.pdf_archive import archive_pdf
from worker.documents.proof import prove_word
from worker.documents.proof_pdf import prove_pdf
from worker.documents.qr import qr_png
from worker.documents.redline import render_redline
from worker.documents.template_files import DocumentTemplate
from worker.documents.word import compile_document

TEMPLATE = (ROOT / "templates_docx" / "plan_de_accion.docx").read_bytes()
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
V = "{urn:schemas-microsoft-com:vml}"
O = "{urn:schemas-microsoft-com:office:office}"  # noqa: E741 - the prefix that Word writes

SIGNERS = (
    Signer(Role.DRAFTED, "Persona de Ejemplo Uno", "Profesional de planeación"),
    Signer(Role.REVIEWED, "Persona de Ejemplo Dos", "Jefa de la oficina de ejemplo"),
    Signer(Role.APPROVED, "Persona de Ejemplo Tres", "Director de Ejemplo", is_acting=True),
)
APPROVAL = Approval("Comité de Ejemplo", "Acta 5 de 2024", dt.date(2024, 10, 15))
PHRASE = "Plan aprobado por el Comité de Ejemplo mediante Acta 5 de 2024, el 15 de octubre de 2024."
BOX = FormatBox("Direccionamiento", "Seguimiento al plan de acción", "DE-F-012", "3", dt.date(2024, 2, 1))
SEAL = Seal("K7QF-3M9P-X2TD", "https://planes.ejemplo.gov.co/verificar/K7QF-3M9P-X2TD")
ZONE = "Espacio para el radicado"


def picture(width: int = 600, height: int = 300) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (width, height), (20, 80, 140)).save(file, "png")
    return file.getvalue()


LOGO = Logo(picture(), "image/png", 600, 300, "Logo de la entidad {{ de ejemplo")
SIGNED = Frame(signers=SIGNERS, approval=APPROVAL)
FULL = Frame("Entidad de Ejemplo", LOGO, SIGNERS, APPROVAL, BOX, has_radicado_zone=True)

compiled = DocumentTemplate(TEMPLATE)


def framed(frame: Frame, plan: Plan | None = None, seal: Seal | None = None) -> Report:
    report = report_of(plan or reference_plan())
    return dataclasses.replace(report, frame=frame, approval=frame.approval, seal=seal)


def word(frame: Frame, plan: Plan | None = None, seal: Seal | None = None, *, is_draft: bool = False) -> bytes:
    return compiled.fill(context_of(dataclasses.replace(framed(frame, plan, seal), is_draft=is_draft)))


def tree_of(content: bytes, part: str = "word/document.xml") -> etree._Element:
    return etree.fromstring(read_members(content)[part])


def headers_of(content: bytes) -> list[etree._Element]:
    return [tree_of(content, name) for name in read_members(content) if re.fullmatch(r"word/header\d\.xml", name)]


def text_of(element: etree._Element) -> str:
    return "".join(piece.text or "" for piece in element.iter(f"{W}t"))


@pytest.fixture(scope="module")
def pages_of(converter: Converter) -> Callable[[bytes], list[str]]:
    """The text of each page, as LibreOffice lays a Word file out."""

    def pages(content: bytes) -> list[str]:
        document = pypdfium2.PdfDocument(converter.to_pdf(content))
        texts = [" ".join(page.get_textpage().get_text_bounded().split()) for page in document]
        document.close()
        return texts

    return pages


def with_ordinary_ends(plan: Plan, longest: int = 900) -> Plan:
    """The plan with the texts of its last two actions cut to what people write."""
    *before, left, right = plan.actions if len(plan.actions) > 1 else (None, *plan.actions, *plan.actions)

    def cut(action: object) -> object:
        text = " ".join(str(action.qualitative_progress).split())[:longest]  # type: ignore[attr-defined]
        return dataclasses.replace(action, qualitative_progress=text)  # type: ignore[type-var]

    actions = (*before, cut(left), cut(right)) if len(plan.actions) > 1 else (cut(right),)
    return dataclasses.replace(plan, actions=actions)


def actions_on(page: str) -> int:
    return page.count("Trimestral")


@pytest.mark.parametrize(("frame", "seal"), [(SIGNED, None), (FULL, SEAL)], ids=["signers", "everything"])
def test_the_block_is_whole_and_keeps_two_rows_for_1_to_40_actions(
    frame: Frame, seal: Seal | None, pages_of: Callable[[bytes], list[str]]
) -> None:
    for size in range(1, 41):
        pages = pages_of(word(frame, with_ordinary_ends(generated_plan(size), 700), seal))
        (at,) = [number for number, page in enumerate(pages) if "PERSONA DE EJEMPLO" in page]
        block = pages[at]
        told = [*(signer.printed_name for signer in SIGNERS), *(signer.printed_position for signer in SIGNERS)]
        assert all(words in block for words in (PHRASE, "Elaboró", "Revisó", "Aprobó", *told)), size
        assert at == len(pages) - 1, size
        assert actions_on(block) >= min(size, 2), size
        zones = [number for number, page in enumerate(pages) if ZONE in page]
        assert zones == ([0] if frame.has_radicado_zone else []), size
        assert all("PLAN DE ACCIÓN 2024" in page and "Versión 2.0" in page for page in pages), size


def test_a_last_row_as_tall_as_a_page_stays_with_what_it_can(pages_of: Callable[[bytes], list[str]]) -> None:
    plan = generated_plan(6)
    long = dataclasses.replace(plan.actions[-1], qualitative_progress="Se avanzó en todo lo previsto. " * 65)
    pages = pages_of(word(SIGNED, dataclasses.replace(plan, actions=(*plan.actions[:-1], long))))
    assert PHRASE in pages[-1]
    assert actions_on(pages[-1]) == 1


def with_last_progress(length: int) -> Plan:
    plan = reference_plan()
    text = "Durante el trimestre se avanzó en la señalización, la atención y la gestión de la región. " * 90
    last = dataclasses.replace(plan.actions[-1], qualitative_progress=text[: length - 1] + ".")
    return dataclasses.replace(plan, actions=(*plan.actions[:-1], last))


@pytest.mark.parametrize("signers", [1, 3, 6])
def test_the_block_has_a_part_of_the_last_row_above_it_and_no_length_of_that_is_refused(
    signers: int, converter: Converter
) -> None:
    frame = dataclasses.replace(FULL, signers=(SIGNERS * 2)[:signers])
    for length in (1_700, 2_300, 2_900, 4_700):
        report = framed(frame, with_last_progress(length), SEAL)
        content = compiled.fill(context_of(report))
        pdf = archive_pdf(converter.to_pdf(content), report)
        assert prove_word(content, TEMPLATE, report).holds, length
        assert prove_pdf(pdf, TEMPLATE, report).differences == (), length
        *_, last = (" ".join(page.get_textpage().get_text_bounded().split()) for page in pypdfium2.PdfDocument(pdf))
        assert PHRASE in last
        # Longer than a page, it may happen to end just where the signatures have no room left.
        assert "se avanzó en la señalización" in last or length > 4_000, length


def test_a_seal_moves_nothing(pages_of: Callable[[bytes], list[str]]) -> None:
    plain, sealed = (pages_of(word(NO_FRAME, seal=seal)) for seal in (None, SEAL))
    assert [actions_on(page) for page in plain] == [actions_on(page) for page in sealed] == [4, 4, 2]
    for page in sealed:
        assert "Código de verificación: K7QF-3M9P-X2TD" in page
        assert "Verifique este documento en planes.ejemplo.gov.co/verificar/K7QF-3M9P-X2TD" in page


def test_the_qr_of_every_page_is_read_from_its_picture_and_has_its_quiet_zone(converter: Converter) -> None:
    for page in pypdfium2.PdfDocument(converter.to_pdf(word(FULL, seal=SEAL))):
        image = page.render(scale=300 / 72).to_pil().convert("L")
        (code,) = zxingcpp.read_barcodes(image)
        assert code.text == SEAL.address
        start, end = code.position.top_left, code.position.bottom_right
        side = end.x - start.x
        assert side / 300 * 2.54 >= 1.15
        assert (image.height - end.y) / 300 * 2.54 >= 0.38
        # Four modules of the 33 that a side has.
        quiet = side * 4 / 33
        around = image.crop((start.x - quiet, start.y - quiet, end.x + quiet, end.y + quiet))
        left, top, right, bottom = around.point(lambda grey: 255 * (grey < 128)).getbbox()
        assert min(left, top, around.width - right, around.height - bottom) >= quiet - 3


def test_the_qr_is_drawn_as_sharp_as_the_word_has_it(converter: Converter) -> None:
    page = pypdfium2.PdfDocument(converter.to_pdf(word(FULL, seal=SEAL)))[0]
    drawn = [one.get_bitmap() for one in page.get_objects(filter=[pypdfium2.raw.FPDF_PAGEOBJ_IMAGE])]
    (qr,) = (one.to_pil().convert("L") for one in drawn if one.width == one.height)
    assert qr.size == (264, 264)
    assert {grey for _, grey in qr.getcolors()} == {0, 255}


def test_the_room_for_the_radicado_is_empty_and_as_large_as_asked(converter: Converter) -> None:
    page = pypdfium2.PdfDocument(converter.to_pdf(word(FULL)))[0]
    image = page.render(scale=100 / 72).to_pil().convert("L")
    words = page.get_textpage()
    at = words.get_text_bounded().index(ZONE)
    assert at >= 0
    left, bottom, *_ = words.get_charbox(words.search(ZONE).get_next()[0])
    centimetre = 100 / 2.54
    # From the left border that is nearest to the caption, up from it: nothing is drawn in 5.8 x 2.1 cm.
    right = int(image.width - 720 / 1440 * 100)
    down = int((page.get_height() - bottom) / 72 * 100 - 0.35 * centimetre)
    room = image.crop((int(right - 5.9 * centimetre), int(down - 2.0 * centimetre), right - 4, down))
    darkest, _ = room.getextrema()
    assert darkest > 200
    assert left > page.get_width() / 2


def test_without_frame_and_seal_the_template_stays_byte_for_byte() -> None:
    assert frame_document(TEMPLATE, NO_FRAME, has_approval=True, has_seal=False) is TEMPLATE
    report = report_of(reference_plan())
    assert compiled.fill(context_of(report)) == compile_document(TEMPLATE).fill(context_of(report))


def test_each_place_to_sign_is_a_signature_line_as_word_saves_them() -> None:
    content = word(SIGNED)
    shapes = [shape for shape in tree_of(content).iter(f"{V}shape") if shape.find(f"{O}signatureline") is not None]
    lines = [shape.find(f"{O}signatureline") for shape in shapes]
    assert [dict(line.attrib) | {"id": ""} for line in lines] == [
        {
            f"{V}ext": "edit",
            "id": "",
            "provid": "{00000000-0000-0000-0000-000000000000}",
            f"{O}suggestedsigner": signer.name,
            f"{O}suggestedsigner2": signer.printed_position,
            "allowcomments": "t",
            "issignatureline": "t",
        }
        for signer in SIGNERS
    ]
    ids = [line.get("id") for line in lines]
    assert len(set(ids)) == len(SIGNERS)
    assert all(re.fullmatch(r"\{[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}\}", str(id_)) for id_ in ids)
    assert [shape.get("alt") for shape in shapes] == [
        "Línea de firma: elaboró", "Línea de firma: revisó", "Línea de firma: aprobó",
    ]  # fmt: skip
    assert {shape.get("type") for shape in shapes} == {"#_x0000_t75"}
    assert len(list(tree_of(content).iter(f"{V}shapetype"))) == 1


def test_the_picture_of_a_line_is_a_rule_at_its_foot_that_hides_nothing() -> None:
    image = Image.open(io.BytesIO(read_members(word(SIGNED))["word/media/firma.png"])).convert("RGBA")
    seen = [y for y in range(image.height) if image.getpixel((image.width // 2, y))[3]]  # type: ignore[index]
    assert seen
    assert min(seen) > 0.95 * image.height


def test_there_are_15_millimetres_to_sign() -> None:
    (style,) = {str(shape.get("style")) for shape in tree_of(word(SIGNED)).iter(f"{V}shape")}
    height = float(re.search(r"height:([\d.]+)pt", style)[1])  # type: ignore[index]
    assert height * 0.96 / 72 * 2.54 >= 1.5


def test_who_drafted_stands_in_small_type_and_names_in_capitals() -> None:
    sizes = {
        text_of(run): run.find(f"{W}rPr/{W}sz").get(f"{W}val")
        for run in tree_of(word(SIGNED)).iter(f"{W}r")
        if text_of(run).startswith("PERSONA")
    }
    assert sizes == {"PERSONA DE EJEMPLO UNO": "14", "PERSONA DE EJEMPLO DOS": "18", "PERSONA DE EJEMPLO TRES": "18"}


def test_signers_stand_in_the_order_in_which_they_sign() -> None:
    text = text_of(tree_of(word(Frame(signers=SIGNERS[::-1]))))
    assert text.index("PERSONA DE EJEMPLO UNO") < text.index("PERSONA DE EJEMPLO DOS")
    assert text.index("PERSONA DE EJEMPLO DOS") < text.index("PERSONA DE EJEMPLO TRES")


@pytest.mark.parametrize(
    ("approval", "phrase"),
    [
        (APPROVAL, PHRASE),
        (Approval(), ""),
        (Approval("Junta Directiva"), "Plan aprobado por la Junta Directiva."),
        (Approval("el Consejo Regional"), "Plan aprobado por el Consejo Regional."),
        (Approval("CIGD"), "Plan aprobado por: CIGD."),
        (Approval(act="Resolución 8 de 2024."), "Plan aprobado mediante Resolución 8 de 2024."),
        (Approval(on=dt.date(2024, 3, 1)), "Plan aprobado el 1 de marzo de 2024."),
    ],
)
def test_the_approval_is_told_as_far_as_somebody_said_it(approval: Approval, phrase: str) -> None:
    assert approval_line(approval) == phrase


def test_an_approval_is_told_without_signers_too() -> None:
    content = word(Frame(approval=APPROVAL))
    assert PHRASE in text_of(tree_of(content))
    assert not list(tree_of(content).iter(f"{O}signatureline"))


def test_the_box_says_only_what_the_office_said() -> None:
    (header,) = headers_of(word(Frame("Entidad de Ejemplo", format_box=FormatBox(code="DE-F-012"))))
    text = text_of(header)
    assert "Entidad de Ejemplo" in text
    assert "CÓDIGO: DE-F-012" in text
    assert "PÁGINA 1 DE 1" in text
    assert "VERSIÓN:" not in text
    assert "VIGENCIA:" not in text


@pytest.mark.parametrize("box", [BOX, FormatBox(code="DE-F-012"), FormatBox()])
@pytest.mark.parametrize("logo", [LOGO, None])
def test_the_entity_is_named_in_every_head_beside_its_logo_too(
    box: FormatBox, logo: Logo | None, pages_of: Callable[[bytes], list[str]]
) -> None:
    frame = dataclasses.replace(FULL, format_box=box, logo=logo)
    content = word(frame)
    heads = headers_of(content)
    assert [text_of(head).count(frame.entity) for head in heads] == [1] * len(heads)
    assert all(frame.entity in page for page in pages_of(content))


def test_the_logo_keeps_its_shape_and_says_what_it_shows() -> None:
    for frame in (FULL, Frame(logo=LOGO)):
        for header in headers_of(word(frame)):
            (inline,) = header.iter("{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}inline")
            extent, described = inline[0], inline[1]
            assert int(extent.get("cx", "0")) == 2 * int(extent.get("cy", "0"))
            assert described.get("descr") == LOGO.description


def test_what_the_office_wrote_is_text_and_never_a_tag() -> None:
    hostile = "R&D {{ plan.titulo }} {% for %} <b> {# \"x\" 'y'"
    frame = Frame(hostile, LOGO, (Signer(Role.APPROVED, hostile, hostile),), format_box=FormatBox(hostile, hostile))
    content = word(frame)
    signer = frame.signers[0]
    assert signer.printed_name in text_of(tree_of(content))
    assert signer.printed_position in text_of(tree_of(content))
    (line,) = tree_of(content).iter(f"{O}signatureline")
    assert line.get(f"{O}suggestedsigner") == hostile
    assert hostile in text_of(headers_of(content)[0])
    assert docx.Document(io.BytesIO(content)).core_properties.author == hostile


def test_the_code_is_among_the_keywords_of_an_issued_document() -> None:
    assert docx.Document(io.BytesIO(word(NO_FRAME, seal=SEAL))).core_properties.keywords == SEAL.code
    assert docx.Document(io.BytesIO(word(NO_FRAME))).core_properties.keywords == ""


@pytest.mark.parametrize("is_draft", [False, True])
@pytest.mark.parametrize("frame", [FULL, SIGNED, Frame("Entidad", LOGO), Frame(has_radicado_zone=True), NO_FRAME])
def test_microsofts_validator_finds_no_error(
    frame: Frame, validator_errors: Callable[[bytes, str], list[object]], *, is_draft: bool
) -> None:
    assert validator_errors(word(frame, seal=None if is_draft else SEAL, is_draft=is_draft), "docx") == []


def test_the_same_report_gives_the_same_bytes() -> None:
    content = word(FULL, seal=SEAL)
    assert DocumentTemplate(TEMPLATE).fill(context_of(framed(FULL, seal=SEAL))) == content
    assert qr_png(SEAL.address) == read_members(content)["word/media/folio-qr.png"]


def saved(change: Callable[[docx.document.Document], None]) -> bytes:
    document = docx.Document()
    change(document)
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def test_a_template_of_another_kind_gets_its_block_at_the_end_and_feet_of_its_own(
    pages_of: Callable[[bytes], list[str]], validator_errors: Callable[[bytes, str], list[object]]
) -> None:
    template = saved(lambda document: document.add_paragraph("{% for a in acciones %}{{ a.numero }} {% endfor %}"))
    content = DocumentTemplate(template).fill(context_of(framed(FULL, seal=SEAL)))
    (page,) = pages_of(content)
    assert page.index("1 2 3") < page.index("PERSONA DE EJEMPLO UNO")
    assert all(words in page for words in (ZONE, "CÓDIGO: DE-F-012", SEAL.code, PHRASE))
    assert validator_errors(content, "docx") == validator_errors(template, "docx")


def test_first_pages_of_the_office_s_own_keep_what_they_say(pages_of: Callable[[bytes], list[str]]) -> None:
    def change(document: docx.document.Document) -> None:
        first = document.sections[0]
        first.different_first_page_header_footer = True
        first.first_page_header.paragraphs[0].text = "Portada"
        first.header.paragraphs[0].text = "Interior"
        document.add_paragraph("{{ plan.titulo }}")
        document.add_page_break()
        document.add_section().different_first_page_header_footer = True
        document.add_paragraph("Anexo")

    content = DocumentTemplate(saved(change)).fill(context_of(framed(Frame(has_radicado_zone=True))))
    first, *_, last = pages_of(content)
    assert "Portada" in first
    assert ZONE in first
    assert "Portada" in last
    assert ZONE not in last


def test_a_template_that_names_the_seal_and_the_approval_is_given_no_other_place_for_them() -> None:
    def change(document: docx.document.Document) -> None:
        document.add_paragraph("{{ sello.codigo }} · {{ sello.direccion }} · {{ aprobacion.frase }}")

    content = DocumentTemplate(saved(change)).fill(context_of(framed(SIGNED, seal=SEAL)))
    text = text_of(tree_of(content))
    assert text.startswith(f"{SEAL.code} · {SEAL.address.removeprefix('https://')} · {PHRASE}")
    assert text.count(PHRASE) == 1
    assert not [name for name in read_members(content) if "footer" in name or "folio-qr" in name]


def test_a_redline_has_the_newer_report_s_frame_without_its_seal_and_tracks_nothing_of_it() -> None:
    before = framed(SIGNED, seal=SEAL)
    other = Seal("AAAA-BBBB-CCCC", "https://planes.ejemplo.gov.co/verificar/AAAA-BBBB-CCCC")
    plan = reference_plan()
    fewer = dataclasses.replace(plan, actions=plan.actions[:-1])
    same = render_redline(compiled, before, framed(FULL, seal=other))
    shorter = render_redline(compiled, before, framed(FULL, fewer, other))
    for content in (same, shorter):
        parts = read_members(content)
        told = "".join(part.decode() for name, part in parts.items() if name.endswith(".xml"))
        assert not [seal for seal in (SEAL, other) if seal.code in told]
        assert not [name for name in parts if "qr" in name]
        assert len(list(tree_of(content).iter(f"{O}signatureline"))) == len(SIGNERS)
        assert not list(tree_of(content).iter(f"{W}pPrChange"))
    assert not list(tree_of(same).iter(f"{W}ins", f"{W}del"))
    assert list(tree_of(shorter).iter(f"{W}del"))
    kept = [row for row in tree_of(same).iter(f"{W}tr") if row.find(f"{W}tc/{W}p/{W}pPr/{W}keepNext") is not None]
    assert [text_of(row)[:2] for row in kept[:2]] == ["9P", "10"]
