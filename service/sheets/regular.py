"""Rows and shared texts in the XML that spreadsheet programs write become plain values, at a third of a parser's price.

What is taken here is a small part of XML, told by patterns that match all of a stretch or nothing: elements in one
order, without comments, sections or entities but those that XML knows. Whatever is written otherwise is `Irregular`
and left to the parser of workbook.py; a test holds both to the same cells.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

WrittenCell = tuple[str | None, str | None, str | None, str | None, str | None]
"""A cell as it is written: reference, number of its style, type, formula, value; None for what is not there."""

WrittenRow = tuple[str | None, bool, list[WrittenCell]]
"""A row as it is written: its number, whether it is hidden, and its cells."""

_NAMED: Final = {"&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&apos;": "'"}
_ENTITY: Final = re.compile(r"&(?:#(?:\d{1,7}|x[0-9A-Fa-f]{1,6})|amp|lt|gt|quot|apos);")
_OTHER_ENTITY: Final = re.compile(rf"&(?!{_ENTITY.pattern[1:]})")
_NO_CHARACTER: Final = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ROW: Final = re.compile(r'<row r="(\d{1,7})"((?: (?!xmlns)[\w:]+="[^"<&]*")*)(/?)>')
_HIDDEN: Final = re.compile(r' hidden="(?:1|true|on)"')
# The runs of a text whose letters do not all look alike; what has more of anything than people write, the parser reads.
_RUN: Final = (
    r'<r>(?:<rPr>(?:<\w+(?: (?!xmlns)[\w:]+="[^"<&]*"){0,9}/>){0,30}</rPr>)?<t(?: xml:space="preserve")?>[^<]*</t></r>'
)
_RUNS: Final = f"(?:{_RUN}){{1,99}}"
_TEXT_OF_RUN: Final = re.compile("<t[^>]*>([^<]*)")
# Groups: the whole cell, its reference, style, type, formula, value, text of its own, and that text's runs.
_CELL: Final = re.compile(
    r'(<c r="([A-Z]{1,3}\d{1,7})"(?: s="(\d+)")?'
    r'(?:(?: t="([a-z]+)")?(?:/>|>(?:<f(?: (?!xmlns)[\w:]+="[^"<&]*")*(?:/>|>([^<]*)</f>))?(?:<v>([^<]+)</v>)?</c>)'
    rf'| t="inlineStr"><is>(?:<t(?: xml:space="preserve")?>([^<]*)</t>|({_RUNS}))</is></c>))'
)
_ITEM: Final = re.compile(rf'(<si>(?:<t(?: xml:space="preserve")?>([^<]*)</t>|({_RUNS}))</si>)')
_ESCAPED: Final = re.compile(r"_x([0-9A-Fa-f]{4})_")
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
    pieces = written.split("</row>")
    for left, row in enumerate(pieces, start=1 - len(pieces)):
        at, is_open = 0, False
        while at < len(row) and not is_open:
            start = _ROW.match(row, at)
            if start is None:
                raise Irregular
            at, is_open = start.end(), not start[3]
            cells = _cells_in(row, at) if is_open else []
            yield start[1], _HIDDEN.search(start[2]) is not None, cells
        # Behind the last end of a row there is no row that has not ended, and before the others there is one.
        if is_open == (left == 0):
            raise Irregular


def _cells_in(row: str, at: int) -> list[WrittenCell]:
    found = _CELL.findall(row, at)
    if at + sum([len(cell[0]) for cell in found]) != len(row):
        raise Irregular
    return [
        (reference, style or None, declared or None, None, _unescaped(value))
        if value
        else (reference, style or None, *_without_value(whole, declared, formula, text, runs))
        for whole, reference, style, declared, formula, value, text, runs in found
    ]


def _without_value(
    whole: str, declared: str, formula: str, text: str, runs: str
) -> tuple[str | None, str | None, str | None]:
    """Type, formula and value of a cell whose value does not stand where it mostly does."""
    if "<is>" in whole:
        return "inlineStr", None, _written_text(text, runs)
    return declared or None, _unescaped(formula) if "<f" in whole else None, None


def _written_text(text: str, runs: str) -> str:
    """The text that is written so, or in runs."""
    if not runs:
        return decoded(_unescaped(text))
    return "".join([decoded(_unescaped(each)) for each in _TEXT_OF_RUN.findall(runs)])


def texts_in(written: str) -> list[str]:
    """The shared texts.

    Raises:
        Irregular: one is no text as expected.
    """
    found = _ITEM.findall(written)
    if sum([len(whole) for whole, *_ in found]) != len(written):
        raise Irregular
    return [_written_text(text, runs) for _, text, runs in found]


def decoded(text: str) -> str:
    """`_xHHHH_` is how the format writes a character that XML cannot carry (ECMA-376, 22.9.2.19)."""
    if "_x" not in text:
        return text
    return _ESCAPED.sub(lambda found: chr(int(found.group(1), 16)), text)


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
    return _ENTITY.sub(lambda found: _character(found[0]), text) if "&" in text else text


@lru_cache(maxsize=1024)
def _character(entity: str) -> str:
    named = _NAMED.get(entity)
    if named is not None:
        return named
    code = int(entity[3:-1], 16) if entity.startswith("&#x") else int(entity[2:-1])
    if code > sys.maxunicode or _NO_CHARACTER.match(chr(code)):
        raise Irregular
    return chr(code)
