"""Hostile papers: what a stranger may bring to be verified, beside the good one that is nearest."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from typing import Final

from service.domain.reports import DocumentKind
from service.papers.verdicts import IssuedFile
from tests.fuzz.targets import a_pdf, issued_papers
from tests.hostile.books import laughs
from tests.hostile.zips import Entry, written
from worker.documents.package import read_members

MIB: Final = 1024 * 1024
_W: Final = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def issued(kind: DocumentKind) -> IssuedFile:
    """The document of that kind, as it was issued."""
    return next(each for each in issued_papers() if each.kind is kind)


def word(body: str | None = None, *more: Entry) -> bytes:
    """The issued Word file with another body, or more parts."""
    members = read_members(issued(DocumentKind.WORD).content)
    if body is not None:
        members["word/document.xml"] = f'<w:document xmlns:w="{_W}"><w:body>{body}</w:body></w:document>'.encode()
    return written([*(Entry(name, content) for name, content in members.items()), *more])


def with_part(name: str, content: bytes) -> bytes:
    """The issued Word file with one part in place of another."""
    members = read_members(issued(DocumentKind.WORD).content) | {name: content}
    return written(Entry(each, part) for each, part in members.items())


def pdf(*bodies: bytes, more: bytes = b"") -> bytes:
    """A PDF of these objects, the first of which is its catalogue; readers have to look for them."""
    numbered = (b"%d 0 obj\n%s\nendobj\n" % (number, body) for number, body in enumerate(bodies, start=1))
    return b"%PDF-1.7\n" + b"".join(numbered) + more + b"trailer<</Root 1 0 R/Size %d>>\n%%%%EOF\n" % (len(bodies) + 1)


def stream(content: bytes, words: bytes = b"") -> bytes:
    """An object with a deflated stream."""
    packed = zlib.compress(content, 9)
    return b"<<%s/Filter/FlateDecode/Length %d>>stream\n%s\nendstream" % (words, len(packed), packed)


def of_one_page(contents: bytes, *more: bytes, kids: bytes = b"3 0 R", count: int = 1) -> bytes:
    """A PDF of a page with these contents."""
    return pdf(
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[%s]/Count %d>>" % (kids, count),
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        contents,
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        *more,
    )


def bomb_in_bombs() -> bytes:
    """Contents that are deflated four times over: a few kilobytes become gigabytes."""
    inner = zlib.compress(bytes(200 * MIB), 9)
    for _ in range(2):
        inner = zlib.compress(inner, 9)
    filters = b"/FlateDecode" * 3
    return of_one_page(b"<</Filter[%s]/Length %d>>stream\n%s\nendstream" % (filters, len(inner), inner))


def png(width: int, height: int, data: bytes = b"", *, text: bytes = b"") -> bytes:
    """A picture that says to be of this size."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">2I5B", width, height, 8, 0, 0, 0, 0)
    pieces = [
        chunk(b"IHDR", head),
        *([chunk(b"zTXt", b"a\0\0" + text)] if text else []),
        chunk(b"IDAT", zlib.compress(data, 9)),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(pieces) + chunk(b"IEND", b"")


_ROWS: Final = "<w:tr><w:tc><w:p/></w:tc></w:tr>"

PAPERS: Final[dict[str, Callable[[], bytes]]] = {
    "zip bomb": lambda: word(None, Entry("word/media/a.png", bytes(61 * MIB))),
    "undeclared zip bomb": lambda: word(None, Entry("word/media/a.png", bytes(61 * MIB), said_size=9)),
    "laughs": lambda: with_part("word/document.xml", laughs().encode() + b"<w/>"),
    "UTF-7": lambda: with_part("word/document.xml", b'<?xml version="1.0" encoding="UTF-7"?>+ADw-a/+AD4-'),
    "deep text": lambda: word("<w:p>" + "<w:r>" * 90_000 + "</w:r>" * 90_000 + "</w:p>"),
    "nested tables": lambda: word("<w:tbl><w:tr><w:tc>" * 80 + "<w:p/>" + "</w:tc></w:tr></w:tbl>" * 80),
    "rows": lambda: word(f"<w:tbl>{_ROWS * 300_000}</w:tbl>"),
    "spans": lambda: word(
        '<w:tbl><w:tr><w:tc><w:tcPr><w:gridSpan w:val="999999999"/></w:tcPr><w:p/></w:tc></w:tr></w:tbl>'
    ),
    "wide": lambda: word(f"<w:tbl><w:tr>{'<w:tc><w:p/></w:tc>' * 90_000}</w:tr></w:tbl>"),
    "paragraphs": lambda: word("<w:p><w:r><w:t>x</w:t></w:r></w:p>" * 400_000),
    "long text": lambda: word(f"<w:p><w:r><w:t>{'x ' * 20 * MIB}</w:t></w:r></w:p>"),
    "half a letter": lambda: _excel_saying("_xD800_"),
    "bidi": lambda: _excel_saying("\u202e"),
    "circle of pages": lambda: of_one_page(stream(b""), kids=b"2 0 R " * 50, count=2**31 - 1),
    "pages": lambda: of_one_page(stream(b""), kids=b"3 0 R " * 400_000, count=400_000),
    "deflated page": lambda: of_one_page(stream(b"BT /F1 12 Tf (A) Tj ET " * 8_000_000)),
    "bombs in bombs": bomb_in_bombs,
    "deep arrays": lambda: pdf(b"<</Type/Catalog/Pages 2 0 R>>", b"[" * 500_000 + b"]" * 500_000),
    "deep dictionaries": lambda: pdf(b"<</A" * 200_000 + b">>" * 200_000),
    "objects": lambda: pdf(*[b"<</Type/Catalog/Pages 1 0 R>>"] * 300_000),
    "issued, then arrays": lambda: a_pdf() + b"9 0 obj " + b"[" * 300_000 + b" endobj\nstartxref\n0\n%%EOF\n",
    "issued, then circles": lambda: (
        a_pdf()
        + b"xref\n0 1\n0000000000 65535 f \ntrailer<</Size 6/Root 1 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n"
        % (len(a_pdf()), len(a_pdf()))
    ),
    "issued, then a bomb": lambda: a_pdf() + b"9 0 obj %s endobj\nstartxref\n9\n%%%%EOF\n" % stream(bytes(300 * MIB)),
    "huge picture": lambda: png(60_000, 60_000),
    "picture of promises": lambda: png(8_900, 8_900, bytes(100)),
    "talking picture": lambda: png(1, 1, b"\0\0", text=zlib.compress(bytes(200 * MIB), 9)),
}


def _excel_saying(what: str) -> bytes:
    members = read_members(issued(DocumentKind.EXCEL).content)
    strings = members["xl/sharedStrings.xml"].decode()
    members["xl/sharedStrings.xml"] = strings.replace("</t>", f"{what}</t>").encode()
    return written(Entry(name, part) for name, part in members.items())
