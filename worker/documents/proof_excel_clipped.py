"""A sheet of a finished workbook -> the cells whose rows are too low for their texts.

Only rows that hold what a report brings are looked at; a row may be as tall as Excel allows and no more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final

from service.domain.proof import Difference
from service.domain.typography import TALLEST_ROW, lines_needed
from worker.documents.proof_excel_book import Book, Row, Sheet, column_letters
from worker.documents.proof_excel_template import SheetMeasure

# Points: a line of Arial is as tall as this for each point of its letters.
_LINE: Final = 1.15
# What any program keeps free of letters at the sides of a cell, at least.
_EDGES: Final = 1.5
# A text whose letters would fit if each took this share of their size is not measured letter by letter.
_WIDE: Final = 0.55
_LAST_COLUMN: Final = 200
# Both sheets of a report hold its texts, and an issued report those of its draft: each is measured once.
_lines_needed: Final = lru_cache(maxsize=4096)(lines_needed)


class Heights:
    """How tall the rows of a sheet must be: its columns are as wide as they are in `widths`, told as sheets do."""

    def __init__(self, book: Book, widths: Iterable[tuple[int, int, float]]) -> None:
        self._book = book
        self._widths = {
            column: width * book.digit
            for first, last, width in widths
            for column in range(first, min(last, _LAST_COLUMN) + 1)
        }
        # Points of height that a letter takes in each column, by the largest letters of the workbook.
        size = max(style.size for style in book.styles)
        self._line = size * _LINE
        self._shares = {
            column: _WIDE * size * self._line / max(width - size, 1.0) for column, width in self._widths.items()
        }

    def share(self, column: int) -> float:
        """The points of height that each letter takes there, at most, unless lines break in the text."""
        return self._shares.get(column, 0.0)

    def ample(self, height: float) -> float:
        """Points of a row for which the letters' shares must not reach, so that nothing need be measured."""
        return height - 2 * self._line

    def cut(self, row: Row) -> Iterator[int]:
        """The columns whose texts the row cuts off; it has a height of its own."""
        ample, shares = self.ample(row.height or 0.0), self._shares
        doubtful = [
            (column, value)
            for column, value in row.cells.items()
            if isinstance(value, str) and (len(value) * shares.get(column, 0.0) >= ample or "\n" in value)
        ]
        for column, value in doubtful:
            if _is_clipped(self._book, row, column, value, self._widths.get(column, 0.0)):
                yield column


def clipped(sheet: Sheet, book: Book, measure: SheetMeasure, added: int) -> Iterator[Difference]:
    """Every text that is cut off; `added` rows came in behind the one that repeats in the template."""
    heights = Heights(book, sheet.widths)
    merged = {merge.partition(":")[0] for merge in sheet.merges}
    for number, row in _telling(sheet, measure, added):
        for column in heights.cut(row):
            cell = f"{column_letters(column)}{number}"
            if cell not in merged:
                yield Difference(
                    f"hoja «{sheet.name}», celda {cell}",
                    str(row.cells[column]),
                    f"la fila es tan baja ({row.height:g} puntos) que el texto se corta",
                )


def may_cut(height: float | None) -> bool:
    """Whether a row may be too low: it has a height of its own, and Excel could make it taller."""
    return height is not None and height < TALLEST_ROW - 1


def _telling(sheet: Sheet, measure: SheetMeasure, added: int) -> Iterator[tuple[int, Row]]:
    """The rows with a height of their own that hold what the report brings."""
    model = measure.model
    for number, row in sheet.rows.items():
        is_item = model and model <= number <= model + added
        if may_cut(row.height) and (is_item or number in measure.telling):
            yield number, row


def _is_clipped(book: Book, row: Row, column: int, text: str, width: float) -> bool:
    style = book.styles[row.styles[column]]
    if not style.wraps or not width or row.height is None:
        return False
    room = int((row.height + 1) / (style.size * _LINE))
    if len(text) * _WIDE * style.size < (room - 1 - text.count("\n")) * (width - style.size):
        return False
    return _lines_needed(text.rstrip("\n"), width - _EDGES, style.size) > room
