"""A sheet as openpyxl read it -> how each of its cells sets text: in what width, in letters of what size and weight."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

from openpyxl.worksheet.worksheet import Worksheet

from service.domain.typography import cell_lines, cell_room, is_borrowing, row_height, split_text

# Fonts no wider than Arial, by whose widths all text is measured; any other is taken to be a fifth wider.
_NARROW_FONTS: Final = {
    "Arial",
    "Liberation Sans",
    "Helvetica",
    "Arial Narrow",
    "Calibri",
    "Carlito",
    "Times New Roman",
}
_POINTS_PER_PIXEL: Final = 0.75
_INDENT: Final = 6.75
# A stretch of a very long text: short enough that a page is filled well, long enough that few rows are needed.
_STRETCH: Final = 112.5


@dataclass(frozen=True, slots=True)
class Setting:
    """How a cell sets its text: points between its edges, size of its letters, and what else decides its lines."""

    width: float
    size: float
    bold: bool
    wraps: bool
    is_merged: bool

    def lines(self, text: str) -> int:
        """Lines that the text takes here."""
        return cell_lines(text, self.width, self.size, bold=self.bold) if self.wraps else 1

    def height(self, text: str) -> float:
        """Points of row that the text takes here."""
        return row_height(self.lines(text), self.size, is_borrowing=is_borrowing(text))

    def stretches(self, text: str) -> tuple[str, ...]:
        """The text in pieces that each fit a row of `_STRETCH` points."""
        lines = max(1, int(_STRETCH / row_height(1, self.size, is_borrowing=is_borrowing(text))))
        return split_text(text, cell_room(self.width, self.size), self.size, lines, bold=self.bold)


class SheetMeasures:
    """The widths of a sheet's columns and the fonts of its cells."""

    def __init__(self, sheet: Worksheet) -> None:
        """`sheet`: of a workbook that is open as a whole, for its standard font decides how wide a column is."""
        self._sheet = sheet
        self._merged = [(area.min_col, area.min_row, area.max_col) for area in sheet.merged_cells.ranges]
        workbook: Any = sheet.parent
        self._standard_font = workbook._fonts[0]  # noqa: SLF001 - openpyxl shows the standard font nowhere else

    def setting(self, row: int, column: int) -> Setting:
        """How the cell there sets its text; a merged cell has all its columns."""
        cell = self._sheet.cell(row, column)
        columns = next(
            (range(left, right + 1) for left, top, right in self._merged if (left, top) == (column, row)),
            range(column, column + 1),
        )
        alignment, font = cell.alignment, cell.font
        size = float(font.sz or 11) * (1 if font.name in _NARROW_FONTS else 1.2)
        width = sum(self.column_width(index) for index in columns) - _INDENT * float(alignment.indent or 0)
        wraps = bool(alignment.wrap_text) or {alignment.horizontal, alignment.vertical} & {"justify", "distributed"}
        return Setting(width, size, bool(font.b), bool(wraps), len(columns) > 1)

    def column_width(self, column: int) -> float:
        """Points of a column (from 1): Excel counts its width in digits of the standard font, on whole pixels."""
        digit = self._digit_width()
        for dimension in self._sheet.column_dimensions.values():
            first, last = dimension.min or 0, dimension.max or 0
            if first <= column <= last and dimension.width:
                if dimension.hidden:
                    return 0.0
                width = float(dimension.width)
                break
        else:
            standard = self._sheet.sheet_format
            width = float(standard.defaultColWidth or (standard.baseColWidth or 8) + math.ceil(5 / digit * 256) / 256)
        return math.floor((256 * width + math.floor(128 / digit)) / 256 * digit) * _POINTS_PER_PIXEL

    def _digit_width(self) -> int:
        """Pixels of the widest digit of the standard font (96 to the inch)."""
        font = self._standard_font
        em = 0.507 if font.name in {"Calibri", "Carlito"} else 0.556
        return max(1, round(em * round(float(font.sz or 11) / _POINTS_PER_PIXEL)))
