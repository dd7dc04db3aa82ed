"""A Word table's model row -> whether the row of an action fits on a page.

Rows are kept whole (cantSplit) so that an action is read on one page. A row taller than a page must not be: LibreOffice
drops what does not fit when the header repeats, and Word lets it run over the margin (docs/data-flow.md). What counts
as too tall is half the text area: past that, keeping a row whole leaves more white than it is worth.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from lxml import etree

from service.domain.typography import line_height, lines_needed
from worker.documents.context import ACTION_NAMES, extra_name

_W: Final = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_TWIPS: Final = 20
# What Word assumes of a page that does not say, in twips.
_LETTER_HEIGHT: Final = 15840
_INCH: Final = 1440
_DEFAULT_CELL_MARGIN: Final = 108
_WORDS_DEFAULT_SIZE: Final = 10.0
_SHARE_OF_PAGE: Final = 0.5
_NAME: Final = re.compile(r"\.(" + "|".join(ACTION_NAMES) + r")\b")
_OTHER: Final = re.compile(r"\.otros\[[\"“”'‘’](.*?)[\"“”'‘’]\]")


@dataclass(frozen=True, slots=True)
class _Cell:
    """A cell of the model row: the action's values it prints, its room for letters and their size, in points."""

    names: tuple[str, ...]
    width: float
    size: float

    def short_for(self, height: float) -> int:
        """Characters that fit `height` points for certain: all as wide as tall, each line half empty behind a word."""
        return int(height / line_height(self.size)) * int(self.width / self.size) // 2


@dataclass(frozen=True, slots=True)
class ModelRow:
    """The row that is repeated for each action; up to `tallest` points it is kept whole.

    `short` is the length up to which each cell needs no measuring.
    """

    cells: tuple[_Cell, ...]
    tallest: float
    short: tuple[int, ...]

    def fits_a_page(self, names: Mapping[str, str]) -> bool:
        """Whether an action's row stays under `tallest`; short texts are decided without measuring a letter."""
        for cell, short in zip(self.cells, self.short, strict=True):
            text = " ".join(names.get(name, "") for name in cell.names)
            if len(text) <= short and "\n" not in text and "\t" not in text:
                continue
            if lines_needed(text, cell.width, cell.size) * line_height(cell.size, text) > self.tallest:
                return False
        return True


def find_model_row(document: etree._Element, styles: etree._Element | None) -> ModelRow | None:
    """The first row whose cells name values of an action; None when the template has no such row."""
    for row in document.iter(f"{_W}tr"):
        cells = tuple(_cells(row, styles))
        if any(cell.names for cell in cells):
            page = next(document.iter(f"{_W}sectPr"), document)
            height = _measure(page, "pgSz", "h", _LETTER_HEIGHT)
            margins = _measure(page, "pgMar", "top", _INCH) + _measure(page, "pgMar", "bottom", _INCH)
            tallest = (height - margins) / _TWIPS * _SHARE_OF_PAGE
            printing = tuple(cell for cell in cells if cell.names)
            return ModelRow(printing, tallest, tuple(cell.short_for(tallest) for cell in printing))
    return None


def _cells(row: etree._Element, styles: etree._Element | None) -> list[_Cell]:
    table = next(row.iterancestors(f"{_W}tbl"))
    grid = [int(column.get(f"{_W}w", "0")) for column in table.iter(f"{_W}gridCol")]
    found, column = [], 0
    for cell in row.iterchildren(f"{_W}tc"):
        span = _measure(cell, "gridSpan", "val", 1)
        width = sum(grid[column : column + span]) or _measure(cell, "tcW", "w", 0)
        column += span
        text = "".join(piece.text or "" for piece in cell.iter(f"{_W}t"))
        names = (*_NAME.findall(text), *map(extra_name, _OTHER.findall(text))) if "{{" in text else ()
        room = max(width - 2 * _DEFAULT_CELL_MARGIN, _TWIPS) / _TWIPS
        found.append(_Cell(names, room, _font_size(cell, styles)))
    return found


def _font_size(cell: etree._Element, styles: etree._Element | None) -> float:
    """Points of the largest letters in a cell: of its runs, else of its paragraphs' styles, else of the document."""
    sizes = [int(size.get(f"{_W}val", "0")) for size in cell.iter(f"{_W}sz")]
    if not sizes and styles is not None:
        known = {style.get(f"{_W}styleId"): style for style in styles.iter(f"{_W}style")}
        for reference in cell.iter(f"{_W}pStyle"):
            style, seen = known.get(reference.get(f"{_W}val")), set()
            while style is not None and style not in seen:
                seen.add(style)
                size = _measure(style, "sz", "val", 0)
                if size:
                    sizes.append(size)
                    break
                based_on = style.find(f"{_W}basedOn")
                style = known.get(based_on.get(f"{_W}val")) if based_on is not None else None
        if not sizes:
            defaults = styles.find(f"{_W}docDefaults")
            sizes = [_measure(defaults, "sz", "val", 0)] if defaults is not None else []
    largest = max(sizes, default=0)
    return largest / 2 if largest else _WORDS_DEFAULT_SIZE


def _measure(element: etree._Element, tag: str, attribute: str, otherwise: int) -> int:
    """The number in the first descendant `tag`; Word writes whole numbers here."""
    found = next(element.iter(f"{_W}{tag}"), None)
    text = found.get(f"{_W}{attribute}", "") if found is not None else ""
    return int(text) if text.lstrip("-").isdigit() else otherwise
