"""Word and Excel files that come back: as issued, signed, saved by another program, altered, or something else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from service.domain.proof import Difference
from service.domain.reports import DocumentKind
from service.papers.check import check_paper, codes_in
from service.papers.verdicts import Altered, AsIssued, NotOurs, Resaved, Signed, is_evidence
from tests.papers import SEAL, issued_file, resaved
from tests.plans import generated_plan, report_of
from tests.signing import SIGNED_AT, part, repacked, signed_package
from worker.documents.context import context_of
from worker.documents.template_files import TemplateFiles

WORD, EXCEL = DocumentKind.WORD, DocumentKind.EXCEL
OFFICE = [WORD, EXCEL]


def with_text(content: bytes, name: str, old: str, new: str) -> bytes:
    """The package with one text of a part replaced, the last time that it stands there."""
    before, found, after = part(content, name).rpartition(old.encode())
    assert found
    return repacked(content, {name: before + new.encode() + after})


@pytest.mark.parametrize("kind", OFFICE)
def test_the_issued_file_is_as_issued(kind: DocumentKind) -> None:
    assert check_paper(issued_file(kind).content, [issued_file(WORD), issued_file(EXCEL)]) == AsIssued(kind)


@pytest.mark.parametrize("kind", OFFICE)
def test_a_copy_saved_by_libreoffice_has_the_same_text_in_another_file(kind: DocumentKind, tmp_path: Path) -> None:
    copy = resaved(issued_file(kind).content, kind.extension, tmp_path)

    verdict = check_paper(copy, [issued_file(WORD), issued_file(EXCEL)])

    assert verdict == Resaved(kind)
    assert "lo guardó otro programa" in verdict.sentence
    assert SEAL.code in codes_in(copy)


@pytest.mark.parametrize("kind", OFFICE)
def test_a_digit_changed_in_a_copy_saved_by_libreoffice_is_named_alone(kind: DocumentKind, tmp_path: Path) -> None:
    copy = resaved(issued_file(kind).content, kind.extension, tmp_path)
    name = "word/document.xml" if kind is WORD else "xl/sharedStrings.xml"

    verdict = check_paper(with_text(copy, name, "241 cupos", "247 cupos"), [issued_file(kind)])

    assert isinstance(verdict, Altered)
    places = ["acción 2, columna AVANCE CUALITATIVO"]
    if kind is EXCEL:
        places = [f"hoja «{sheet}», {places[0]}" for sheet in ("Plan de acción", "Datos")]
    assert [each.place for each in verdict.differences] == places
    for difference in verdict.differences:
        assert ("241 cupos" in difference.expected, "247 cupos" in difference.found) == (True, True)


def test_one_changed_digit_of_a_word_is_named_by_action_and_column() -> None:
    issued = issued_file(WORD)
    document = part(issued.content, "word/document.xml").decode()
    target = re.search(r">4</w:t>", document)
    assert target is not None
    changed = f"{document[: target.start()]}>9</w:t>{document[target.end() :]}"

    verdict = check_paper(repacked(issued.content, {"word/document.xml": changed.encode()}), [issued])

    assert verdict == Altered(WORD, (Difference("acción 1, columna META", "4", "9"),))
    assert "Cambió en 1 lugar." in verdict.sentence


def test_a_row_taken_out_and_a_changed_header_are_named() -> None:
    issued = issued_file(WORD)
    document = part(issued.content, "word/document.xml").decode()
    rows = [(row.start(), row.end()) for row in re.finditer(r"<w:tr[ >].*?</w:tr>", document, re.DOTALL)]
    start, end = rows[4]
    without = document[:start] + document[end:]

    verdict = check_paper(repacked(issued.content, {"word/document.xml": without.encode()}), [issued])
    header = check_paper(with_text(issued.content, "word/header1.xml", "Versión 2.0", "Versión 3.0"), [issued])

    assert isinstance(verdict, Altered)
    (gone,) = verdict.differences
    assert (gone.place, gone.found) == ("acción 3", "")
    assert isinstance(header, Altered)
    assert [each.place for each in header.differences] == ["encabezado de página"]


def test_text_deleted_with_track_changes_is_missed() -> None:
    issued = issued_file(WORD)
    document = part(issued.content, "word/document.xml").decode()
    run = re.search(r"<w:r>(?:(?!</w:r>).)*241 cupos.*?</w:r>", document, re.DOTALL)
    assert run is not None
    deleted = f'<w:del w:id="9" w:author="x">{run[0].replace("w:t", "w:delText")}</w:del>'
    changed = document.replace(run[0], deleted)

    verdict = check_paper(repacked(issued.content, {"word/document.xml": changed.encode()}), [issued])

    assert isinstance(verdict, Altered)
    assert verdict.differences[0].place == "acción 2, columna AVANCE CUALITATIVO"


def test_a_hidden_row_of_a_workbook_is_told() -> None:
    issued = issued_file(EXCEL)
    sheet = part(issued.content, "xl/worksheets/sheet1.xml").decode()
    hidden = sheet.replace('<row r="8"', '<row r="8" hidden="1"')
    assert hidden != sheet

    verdict = check_paper(repacked(issued.content, {"xl/worksheets/sheet1.xml": hidden.encode()}), [issued])

    assert isinstance(verdict, Altered)
    assert [each.place for each in verdict.differences] == ["filas o columnas ocultas"]


@pytest.mark.parametrize("kind", OFFICE)
def test_a_file_signed_as_office_does_is_signed_and_its_signer_named(kind: DocumentKind) -> None:
    verdict = check_paper(signed_package(issued_file(kind).content), [issued_file(WORD), issued_file(EXCEL)])

    assert isinstance(verdict, Signed)
    (signer,) = verdict.signers
    assert (signer.name, signer.signed_at, signer.is_sound) == ("Persona de Ejemplo Uno", SIGNED_AT, True)
    assert "No se comprobó si el certificado es de una entidad acreditada en Colombia" in signer.note
    assert "lo que se firmó es exactamente" in verdict.sentence


def test_a_signed_word_that_was_changed_after_is_altered() -> None:
    signed = signed_package(issued_file(WORD).content)

    verdict = check_paper(with_text(signed, "word/document.xml", "241 cupos", "247 cupos"), [issued_file(WORD)])

    assert isinstance(verdict, Altered)
    assert verdict.differences[0].place == "acción 2, columna AVANCE CUALITATIVO"


def test_a_signature_over_an_altered_word_makes_it_no_better() -> None:
    altered = with_text(issued_file(WORD).content, "word/document.xml", "241 cupos", "247 cupos")

    assert isinstance(check_paper(signed_package(altered), [issued_file(WORD)]), Altered)


def test_a_copy_saved_by_another_program_and_then_signed_says_both(tmp_path: Path) -> None:
    copy = resaved(issued_file(WORD).content, "docx", tmp_path)

    verdict = check_paper(signed_package(copy), [issued_file(WORD)])

    assert isinstance(verdict, Resaved)
    assert [signer.is_sound for signer in verdict.signers] == [True]
    assert "lo que se firmó es este otro archivo" in verdict.sentence
    assert not is_evidence(verdict)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("<DigestValue>", "<DigestValue>AA", "no corresponde"),
        ("<SignatureValue>", "<SignatureValue>AAAA", "no corresponde al certificado"),
        ("more#rsa-sha256", "more#rsa-sha999", "no se pudo comprobar"),
        ("<X509Certificate>", "<X509Certificate>AAAA", "no se pudo comprobar"),
    ],
)
def test_a_signature_that_does_not_hold_is_told_as_such(old: str, new: str, reason: str) -> None:
    signed = signed_package(issued_file(WORD).content)
    signature = part(signed, "_xmlsignatures/sig1.xml").decode().replace(old, new, 1)

    verdict = check_paper(repacked(signed, {"_xmlsignatures/sig1.xml": signature.encode()}), [issued_file(WORD)])

    assert isinstance(verdict, Signed)
    assert not verdict.is_sound
    assert reason in verdict.signers[0].note
    assert "no se pudo comprobar" in verdict.sentence


def test_a_signature_that_leaves_out_a_part_is_not_sound() -> None:
    verdict = check_paper(signed_package(issued_file(WORD).content, leave_out="word/styles.xml"), [issued_file(WORD)])

    assert isinstance(verdict, Signed)
    assert "no cubre la parte «word/styles.xml»" in verdict.signers[0].note


def test_the_report_of_another_plan_is_none_of_ours() -> None:
    templates = TemplateFiles(Path(__file__).parents[2] / "templates_docx")
    other = templates.of(WORD).fill(context_of(report_of(generated_plan(40))))

    assert isinstance(check_paper(other, [issued_file(WORD)]), NotOurs)


@pytest.mark.parametrize("kind", OFFICE)
def test_the_code_is_found_in_the_text(kind: DocumentKind) -> None:
    assert codes_in(issued_file(kind).content) == (SEAL.code,)


def rigged(content: bytes, listed: dict[str, tuple[bytes, bytes]], **more: bytes) -> bytes:
    """The package with one text of some parts replaced, and with more parts."""
    changed: dict[str, bytes | None] = {}
    for name, (old, new) in listed.items():
        before = part(content, name)
        assert old in before
        changed[name] = before.replace(old, new, 1)
    return repacked(content, changed | more)


TYPES, ROOT = "[Content_Types].xml", "_rels/.rels"
OFFICE_DOCUMENT = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
END_OF_TYPES, END_OF_ROOT = b"</Types>", b"</Relationships>"


def typed(name: str) -> bytes:
    return f'<Override PartName="/{name}" ContentType="{WORD.media_type}.main+xml"/></Types>'.encode()


def leading_to(name: str) -> bytes:
    return f'<Relationship Id="rId99" Type="{OFFICE_DOCUMENT}" Target="{name}"/>'.encode()


@pytest.mark.parametrize("name", ["docProps/evil.xml", "_xmlsignatures/document.bin", "_xmlsignatures/sig2.xml"])
@pytest.mark.parametrize("is_signed_first", [True, False])
def test_a_word_that_shows_a_part_hidden_in_it_is_altered_whoever_signed(name: str, *, is_signed_first: bool) -> None:
    issued = issued_file(WORD).content
    evil = part(issued, "word/document.xml").replace(b"241 cupos", b"247 cupos")
    content = signed_package(issued) if is_signed_first else issued
    first = part(content, ROOT)[: part(content, ROOT).index(b"<Relationship ")]
    listed = {TYPES: (END_OF_TYPES, typed(name)), ROOT: (first, first + leading_to(name))}
    forged = rigged(content, listed, **{name: evil})

    verdict = check_paper(forged if is_signed_first else signed_package(forged), [issued_file(WORD)])

    assert isinstance(verdict, Altered)
    assert "cuál de sus partes se muestra" in verdict.sentence


@pytest.mark.parametrize(
    "listed",
    [
        {TYPES: (b'PartName="/word/header1.xml"', b'PartName="/word/header9.xml"')},
        {TYPES: (b"wordprocessingml.settings+xml", b"wordprocessingml.styles+xml")},
        {TYPES: (END_OF_TYPES, typed("word/styles.xml"))},
        {TYPES: (END_OF_TYPES, b'<a:b xmlns:a="urn:a"><a:c/></a:b></Types>')},
        {ROOT: (END_OF_ROOT, leading_to("word/styles.xml") + END_OF_ROOT)},
        {ROOT: (b'Target="word/document.xml"', b'Target="word/styles.xml"')},
        {"_xmlsignatures/_rels/origin.sigs.rels": (b'Target="sig1.xml"', b'Target="../word/document.xml"')},
    ],
)
def test_a_signed_word_whose_parts_are_named_otherwise_is_altered(listed: dict[str, tuple[bytes, bytes]]) -> None:
    verdict = check_paper(rigged(signed_package(issued_file(WORD).content), listed), [issued_file(WORD)])

    assert isinstance(verdict, Altered)


@pytest.mark.parametrize("name", ["_xmlsignatures/oculto.bin", "docProps/oculto.xml", "word/oculto.xml"])
@pytest.mark.parametrize("kind", OFFICE)
def test_a_part_more_than_was_issued_is_altered_though_all_the_rest_is_signed(kind: DocumentKind, name: str) -> None:
    signed = signed_package(issued_file(kind).content)

    assert isinstance(check_paper(repacked(signed, {name: b"<x/>"}), [issued_file(kind)]), Altered)


def test_a_signed_word_whose_types_stand_in_another_order_is_signed() -> None:
    signed = signed_package(issued_file(WORD).content)
    types = part(signed, TYPES)
    found = re.findall(rb"<(?:Default|Override) [^>]*/>", types)
    turned = types.replace(b"".join(found), b"".join(reversed(found)))
    assert turned != types

    verdict = check_paper(repacked(signed, {TYPES: turned}), [issued_file(WORD)])

    assert isinstance(verdict, Signed)
    assert verdict.is_sound


def test_properties_that_office_rewrites_while_it_signs_do_no_harm() -> None:
    signed = signed_package(issued_file(WORD).content)
    core = part(signed, "docProps/core.xml") + b"<!-- otra hora -->"

    verdict = check_paper(repacked(signed, {"docProps/core.xml": core}), [issued_file(WORD)])

    assert isinstance(verdict, Signed)
    assert verdict.is_sound


RUN = '<w:r><w:t xml:space="preserve">Unidad</w:t></w:r>'
CHOICE = (
    '<mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006">'
    f'<mc:Choice xmlns:z="urn:z" Requires="z">{RUN}</mc:Choice>{{}}</mc:AlternateContent>'
)
FALSE_PAGE = (
    '<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText> PAGE </w:instrText></w:r><w:r><w:fldChar '
    'w:fldCharType="separate"/></w:r><w:r><w:t>{}</w:t></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r>'
)


@pytest.mark.parametrize(
    "shown",
    [
        CHOICE.format("<mc:Fallback><w:r><w:t>Falso</w:t></w:r></mc:Fallback>"),
        CHOICE.format(""),
        RUN.replace("<w:t ", "<w:rPr><w:vanish/></w:rPr><w:t "),
        RUN.replace("<w:t ", "<w:rPr><w:vanish/></w:rPr><w:t ") + FALSE_PAGE.format("12"),
        f'{RUN}<w:r><w:sym w:font="Arial" w:char="0041"/></w:r>',
        f'{RUN}<w:altChunk w:id="rId1"/>',
        RUN.replace("w:", "q:").replace("<q:r>", '<q:r xmlns:q="urn:q">'),
        RUN.replace("<w:t ", "<w:t  ") + FALSE_PAGE.format("Falso"),
    ],
)
def test_a_word_that_can_show_something_else_than_its_text_is_altered(shown: str) -> None:
    issued = issued_file(WORD)

    verdict = check_paper(with_text(issued.content, "word/document.xml", RUN, shown), [issued])

    assert isinstance(verdict, Altered)
    assert verdict.reason or verdict.differences


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("xl/styles.xml", 'formatCode="d/mm/yyyy"', 'formatCode="&quot;CUMPLIDA&quot;"'),
        ("xl/styles.xml", 'formatCode="d/mm/yyyy"', 'formatCode=";;;"'),
        ("xl/worksheets/sheet1.xml", "<sheetFormatPr ", '<sheetFormatPr zeroHeight="1" '),
        ("xl/worksheets/sheet1.xml", 'width="24.2857143"', 'width="0.1"'),
        ("xl/worksheets/sheet1.xml", 'ht="101.25"', 'ht="0.1"'),
    ],
)
def test_a_workbook_that_can_show_something_else_than_its_cells_is_altered(name: str, old: str, new: str) -> None:
    issued = issued_file(EXCEL)

    verdict = check_paper(with_text(issued.content, name, old, new), [issued])

    assert isinstance(verdict, Altered)
    assert verdict.reason or verdict.differences


def test_what_libreoffice_writes_is_no_disguise_and_two_workbooks_in_one_are(tmp_path: Path) -> None:
    copy = resaved(issued_file(EXCEL).content, "xlsx", tmp_path)
    root = part(copy, ROOT).replace(END_OF_ROOT, leading_to("xl/otro.xml") + END_OF_ROOT)

    verdict = check_paper(
        repacked(copy, {ROOT: root, "xl/otro.xml": part(copy, "xl/workbook.xml")}), [issued_file(EXCEL)]
    )

    assert isinstance(check_paper(copy, [issued_file(EXCEL)]), Resaved)
    assert isinstance(verdict, Altered)
    assert "dos contenidos para el mismo lugar" in verdict.sentence
