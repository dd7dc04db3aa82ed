"""V14: a text that is taller than one row of the official Excel is told, and never cut."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cache

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


def check_heights(rows: Rows, _office: Office) -> Iterator[Finding]:
    """Every text, at the width of its own column."""
    for field, width in SHEET_COLUMN_WIDTHS.items():
        for cell in rows.cells(field):
            if not _is_surely_low(cell.value, width) and needs_tall_row(cell.value, width):
                yield cell.says(FindingCode.TEXT_003, value=cell.value)


def _is_surely_low(text: str, column_pt: float) -> bool:
    """Whether a text fits one row for certain, at a fifth of the price of setting it.

    Two lines that follow one another are together wider than one line's room, or the second's first word would have
    stayed on the first: so a text takes at most twice the lines that its width fills, and one.
    """
    if not text.isprintable():
        return False
    try:
        return sum(text.encode("latin-1").translate(_latin_widths())) < _surely_fitting(column_pt)
    except UnicodeEncodeError:
        return False


@cache
def _latin_widths() -> bytes:
    """Widths of the letters of Latin-1 in hundredths of an em, rounded up."""
    return bytes(min(255, math.ceil(100 * text_width(chr(code), 1.0))) for code in range(256))


@cache
def _surely_fitting(column_pt: float) -> int:
    """How many hundredths of an em surely fit one row of a column."""
    room = 100 * cell_room(column_pt, SHEET_FONT_SIZE) / SHEET_FONT_SIZE
    lines = int(TALLEST_ROW / row_height(1, SHEET_FONT_SIZE))
    return int((lines - 1) * room / 2)
