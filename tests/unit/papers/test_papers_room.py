"""Files that nobody should open: each is answered in a sentence, by a process that has its limits."""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
import threading
import zipfile

import pytest
from PIL import Image

from service.domain.reports import DocumentKind
from service.papers.check import check_paper, codes_in
from service.papers.room import Busy, CheckingRoom
from service.papers.scans import scan_ending
from service.papers.verdicts import AsIssued, IssuedFile, NotOurs

WORD_TYPE = DocumentKind.WORD.media_type + ".main+xml"
EMPTY_OFFICE_FILE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512)


def package(parts: dict[str, bytes], main: str = WORD_TYPE) -> bytes:
    types = (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        f'<Override PartName="/word/document.xml" ContentType="{main}"/></Types>'
    ).encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in ({"[Content_Types].xml": types} | parts).items():
            archive.writestr(name, content)
    return out.getvalue()


def issued(content: bytes, kind: DocumentKind = DocumentKind.WORD) -> IssuedFile:
    return IssuedFile(kind, "informe", hashlib.sha256(content).hexdigest(), content)


RELS = (
    b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
    b'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" '
    b'Target="word/document.xml"/></Relationships>'
)
SPACE = b"http://schemas.openxmlformats.org/wordprocessingml/2006/main"
BODY = b'<w:document xmlns:w="' + SPACE + b'"><w:body>%s</w:body></w:document>'
GOOD = package({"_rels/.rels": RELS, "word/document.xml": BODY % b"<w:p><w:r><w:t>K7QF-3M9P-X2TD</w:t></w:r></w:p>"})


def with_body(body: bytes) -> bytes:
    return package({"_rels/.rels": RELS, "word/document.xml": body})


HOSTILE = {
    "nothing": (b"", "está vacío"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(99), "Solo se revisan archivos"),
    "an old Office file": (EMPTY_OFFICE_FILE, "versión antigua de Office"),
    "a locked Office file": (EMPTY_OFFICE_FILE + "EncryptedPackage".encode("utf-16-le"), "contraseña"),
    "half a package": (GOOD[: len(GOOD) // 2], "dañado"),
    "a bomb": (with_body(b"<a>" + bytes(70 * 1024 * 1024) + b"</a>"), "mucho más grande"),
    "entities": (with_body(b'<!DOCTYPE a [<!ENTITY b "c">]>' + BODY % b"&b;"), "seguridad"),
    "macros": (package({"_rels/.rels": RELS, "word/document.xml": BODY % b""}, WORD_TYPE.replace(
        "openxmlformats-officedocument.wordprocessingml.document.main", "ms-word.document.macroEnabled.main")),
        "macros"),
    "no XML": (with_body(BODY[:40]), "dañado"),
    "no document": (package({"_rels/.rels": RELS}), "dañado"),
    "another package": (package({}, "application/x-other"), "Solo se revisan archivos"),
    "junk that says PDF": (b"%PDF-1.7\n" + bytes(range(256)) * 99, "dañado"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_file_that_cannot_be_looked_into_is_refused_in_a_sentence(name: str) -> None:
    content, reason = HOSTILE[name]

    verdict = check_paper(content, [issued(GOOD), issued(b"%PDF-2.0", DocumentKind.PDF)])

    assert isinstance(verdict, NotOurs)
    assert reason in verdict.sentence
    assert codes_in(content) == ()


def test_a_cell_that_says_it_is_a_thousand_million_columns_wide_is_one_cell() -> None:
    wide = (
        b'<w:tbl><w:tr><w:tc><w:tcPr><w:gridSpan w:val="1000000000"/></w:tcPr><w:p><w:r><w:t>K7QF-3M9P-X2TD</w:t>'
        b"</w:r></w:p></w:tc></w:tr></w:tbl>"
    )

    assert codes_in(with_body(BODY % wide)) == ("K7QF-3M9P-X2TD",)


@pytest.mark.parametrize(
    "text", ["K7QF-3M9P-X2TDA", "K7QF-3M9P", "K7QU-3M9P-X2TD", "AK7QF-3M9P-X2TD", "1-K7QF-3M9P-X2TD"]
)
def test_what_is_no_code_is_not_taken_for_one(text: str) -> None:
    assert codes_in(with_body(BODY % f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>".encode())) == ()


def test_the_room_answers_as_the_check_itself() -> None:
    room = CheckingRoom()

    assert room.check(GOOD, [issued(GOOD)]) == AsIssued(DocumentKind.WORD)
    assert room.codes_in(GOOD) == ("K7QF-3M9P-X2TD",)


def test_a_file_that_wants_too_much_memory_is_refused_and_the_next_one_is_looked_into() -> None:
    narrow = CheckingRoom(memory_bytes=16 * 1024 * 1024)

    verdict = narrow.check(GOOD, [issued(GOOD)])

    assert isinstance(verdict, NotOurs)
    assert "memoria" in verdict.sentence
    assert CheckingRoom().check(GOOD, [issued(GOOD)]) == AsIssued(DocumentKind.WORD)


def test_a_file_that_takes_too_long_is_given_up() -> None:
    verdict = CheckingRoom(seconds=0).check(GOOD, [issued(GOOD)])

    assert isinstance(verdict, NotOurs)
    assert "tiempo" in verdict.sentence


def test_one_file_is_looked_into_at_a_time() -> None:
    room = CheckingRoom(seconds=0)
    with room._is_taken:
        refused: list[Exception] = []

        def ask() -> None:
            try:
                room.check(GOOD, [issued(GOOD)])
            except Busy as busy:
                refused.append(busy)

        thread = threading.Thread(target=ask)
        thread.start()
        thread.join()
    assert len(refused) == 1


def test_while_one_file_is_looked_into_and_another_waits_nobody_else_does() -> None:
    room = CheckingRoom(seconds=600)

    with room._places, room._places, pytest.raises(Busy):
        room.check(GOOD, [issued(GOOD)])
    assert room.check(GOOD, [issued(GOOD)]) == AsIssued(DocumentKind.WORD)


def scan(picture_format: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (60, 80), "white").save(out, picture_format)
    return out.getvalue()


@pytest.mark.parametrize(("picture_format", "ending"), [("PDF", "pdf"), ("PNG", "png"), ("JPEG", "jpg")])
def test_a_scan_is_told_by_what_opens(picture_format: str, ending: str) -> None:
    assert CheckingRoom().scan_ending(scan(picture_format)) == ending


@pytest.mark.parametrize(
    "content",
    [
        b"%PDF-1.4\n<script>alert(1)</script>",
        scan("PNG")[:60],
        scan("JPEG")[:200],
        scan("GIF"),
        GOOD,
        b"",
    ],
    ids=["script", "half a PNG", "half a JPEG", "GIF", "Word", "nothing"],
)
def test_what_does_not_open_as_a_scan_is_none(content: bytes) -> None:
    assert scan_ending(content) == ""


def test_the_front_carries_no_parser_of_papers() -> None:
    program = (
        "import sys, service.web\n"
        "print([name for name in ('pyhanko', 'cryptography', 'service.papers.check') if name in sys.modules])"
    )

    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout

    assert told.strip() == "[]"
