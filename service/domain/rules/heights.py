"""V14: a text that is taller than one row of the official Excel is told, and never cut."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from functools import cache
from typing import Final

from service.domain.findings import Finding, FindingCode
from service.domain.office import Office
from service.domain.rules.rows import Rows
from service.domain.typography import (
    SHEET_COLUMN_WIDTHS,
    SHEET_FONT_SIZE,
    TALLEST_ROW,
    cell_room,
    needs_tall_row,
    row_height,
    text_width,
)

# Widths in hundredths of an em: of most small letters, and of the widest of Latin-1, "@".
_COMMON: Final = 56
_WIDEST: Final = 102
# Signs whose width or line break is not known: what is not printed, and what is beyond Latin-1 (or a question mark).
_UNKNOWN: Final = re.compile(rb"[^A-Z0-9@\[\"\xab\xbb]")


def check_heights(rows: Rows, _office: Office) -> Iterator[Finding]:
    """Every text, at the width of its own column."""
    for field, width in SHEET_COLUMN_WIDTHS.items():
        room = _surely_fitting(width)
        for cell, signs in zip(rows.cells(field), rows.signs(field), strict=True):
            if not _is_surely_low(cell.value, signs, room) and needs_tall_row(cell.value, width):
                yield cell.says(FindingCode.TEXT_003, value=cell.value)


def _is_surely_low(text: str, signs: bytes, room: int) -> bool:
    """Whether a text fits one row for certain, at a small part of the price of setting it.

    Two lines that follow one another are together wider than one line's room, or the second's first word would have
    stayed on the first: so a text takes at most twice the lines that its width fills, and one.
    """
    if _UNKNOWN.search(signs):
        return False
    if _WIDEST * len(text) < room:
        return True
    letters = text.encode("latin-1")
    wide = len(letters.translate(None, _common_letters()))
    return _COMMON * len(text) + (_WIDEST - _COMMON) * wide < room or sum(letters.translate(_latin_widths())) < room


@cache
def _latin_widths() -> bytes:
    """Widths of the letters of Latin-1 in hundredths of an em, rounded up."""
    return bytes(min(255, math.ceil(100 * text_width(chr(code), 1.0))) for code in range(256))


@cache
def _common_letters() -> bytes:
    """The letters that are no wider than most."""
    return bytes(code for code, width in enumerate(_latin_widths()) if width <= _COMMON)


@cache
def _surely_fitting(column_pt: float) -> int:
    """How many hundredths of an em surely fit one row of a column."""
    room = 100 * cell_room(column_pt, SHEET_FONT_SIZE) / SHEET_FONT_SIZE
    lines = int(TALLEST_ROW / row_height(1, SHEET_FONT_SIZE))
    return int((lines - 1) * room / 2)
