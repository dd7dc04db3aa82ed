"""V14: an avance that is taller than one row of the official Excel is told, and never cut."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cache

from service.domain.findings import Finding, FindingCode
from service.domain.office import Office
from service.domain.rules.rows import Rows
from service.domain.typography import (
    PROGRESS_COLUMN_WIDTH,
    PROGRESS_FONT_SIZE,
    TALLEST_ROW,
    cell_room,
    needs_tall_row,
    row_height,
    text_width,
)


def check_heights(rows: Rows, _office: Office) -> Iterator[Finding]:
    """Every avance."""
    for cell in rows.cells("qualitative_progress"):
        if not _is_surely_low(cell.value) and needs_tall_row(cell.value):
            yield cell.says(FindingCode.TEXT_003, value=cell.value)


def _is_surely_low(text: str) -> bool:
    """Whether a text fits one row for certain, at a fifth of the price of setting it.

    Two lines that follow one another are together wider than one line's room, or the second's first word would have
    stayed on the first: so a text takes at most twice the lines that its width fills, and one.
    """
    if not text.isprintable():
        return False
    widths, most = _latin_widths()
    try:
        return sum(text.encode("latin-1").translate(widths)) < most
    except UnicodeEncodeError:
        return False


@cache
def _latin_widths() -> tuple[bytes, int]:
    """Widths of the letters of Latin-1 in hundredths of an em, rounded up, and how many surely fit one row."""
    widths = bytes(min(255, math.ceil(100 * text_width(chr(code), 1.0))) for code in range(256))
    room = 100 * cell_room(PROGRESS_COLUMN_WIDTH, PROGRESS_FONT_SIZE) / PROGRESS_FONT_SIZE
    lines = int(TALLEST_ROW / row_height(1, PROGRESS_FONT_SIZE))
    return widths, int((lines - 1) * room / 2)
