"""Rows and shared texts in the XML that spreadsheet programs write become plain values, at a third of a parser's price.

What is taken here is a small part of XML, told by patterns that match all of a stretch or nothing: elements in one
order, without comments, sections or entities but the five that XML knows. Whatever is written otherwise is `Irregular`
and left to the parser of workbook.py; a test holds both to the same cells.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from xml.sax.saxutils import unescape

WrittenCell = tuple[str | None, str | None, str | None, str | None, str | None]
"""A cell as it is written: reference, number of its style, type, formula, value; None for what is not there."""

WrittenRow = tuple[str | None, bool, list[WrittenCell]]
"""A row as it is written: its number, whether it is hidden, and its cells."""

_ENTITIES: Final = {"&quot;": '"', "&apos;": "'"}
_OTHER_ENTITY: Final = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)")
_ROW: Final = re.compile(r'<row r="(\d{1,7})"((?: (?!xmlns)[\w:]+="[^"<]*")*)(/?)>')
_HIDDEN: Final = re.compile(r' hidden="(?:1|true|on)"')
# Groups: the whole cell, its reference, style, type, formula and value.
_CELL: Final = re.compile(
    r'(<c r="([A-Z]{1,3}\d{1,7})"(?: s="(\d+)")?(?: t="([a-z]+)")?'
    r'(?:/>|>(?:<f(?: (?!xmlns)[\w:]+="[^"<]*")*(?:/>|>([^<]*)</f>))?(?:<v>([^<]+)</v>)?</c>))'
)
_ITEM: Final = re.compile(r'(<si><t(?: xml:space="preserve")?>([^<]*)</t></si>)')
_CONTROLS: Final = bytes({*range(0x20)} - {0x09, 0x0A})
_NO_CHARACTERS: Final = (b"\xef\xbf\xbe", b"\xef\xbf\xbf")


class Irregular(Exception):
    """The part is not written as these patterns expect; it may be sound all the same."""


def split_sheet(part: bytes) -> tuple[bytes, str]:
    """A worksheet without its rows, for the parser, and the XML of the rows alone.

    Raises:
        Irregular: it cannot be told for certain which are the rows.
    """
    first, last = b"<sheetData>", b"</sheetData>"
    return _split(part, part.find(first) + len(first), part.rfind(last))


def split_texts(part: bytes) -> tuple[bytes, str]:
    """The same for the part of the shared texts."""
    last = b"</si>"
    return _split(part, part.find(b"<si>"), part.rfind(last) + len(last))


def rows_in(written: str) -> Iterator[WrittenRow]:
    """Every row of a sheet's data, in its order.

    Raises:
        Irregular: as soon as something is no row, or no cell, as expected.
    """
    *rows, rest = written.split("</row>")
    for row in rows:
        at = 0
        while True:
            start = _ROW.match(row, at)
            if start is None:
                raise Irregular
            at = start.end()
            if not start[3]:
                break
            yield start[1], bool(_HIDDEN.search(start[2])), []
        found = _CELL.findall(row, at)
        if at + sum([len(cell[0]) for cell in found]) != len(row):
            raise Irregular
        if "&" in row:
            found = [tuple(map(_unescaped, cell)) for cell in found]
        cells: list[WrittenCell] = [
            (reference, style or None, declared or None, None, value)
            if value
            else (reference, style or None, declared or None, formula if "<f" in whole else None, None)
            for whole, reference, style, declared, formula, value in found
        ]
        yield start[1], bool(_HIDDEN.search(start[2])), cells
    while rest:
        start = _ROW.match(rest)
        if start is None or not start[3]:
            raise Irregular
        yield start[1], bool(_HIDDEN.search(start[2])), []
        rest = rest[start.end() :]


def texts_in(written: str) -> list[str]:
    """The shared texts.

    Raises:
        Irregular: one has runs of its own, or is no text as expected.
    """
    found = _ITEM.findall(written)
    if sum([len(whole) for whole, _ in found]) != len(written):
        raise Irregular
    return [_unescaped(text) for _, text in found]


def _split(part: bytes, start: int, end: int) -> tuple[bytes, str]:
    rest = part[:start] + part[end:]
    # A comment could hold anything, rows too, and what stands in it is not there.
    if not 0 <= start <= end or b"<!" in rest or rest.count(b"<?") > 1:
        raise Irregular
    written = part[start:end]
    has_controls = len(written.translate(None, _CONTROLS)) != len(written)
    if has_controls or any(mark in written for mark in _NO_CHARACTERS):
        raise Irregular
    try:
        text = written.decode()
    except UnicodeDecodeError as error:
        raise Irregular from error
    if _OTHER_ENTITY.search(text):
        raise Irregular
    return rest, text


def _unescaped(text: str) -> str:
    return unescape(text, _ENTITIES) if "&" in text else text
