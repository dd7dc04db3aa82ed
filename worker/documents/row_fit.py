"""A Word table's model row -> whether the row of an action fits on a page.

Rows are kept whole (cantSplit) so that an action is read on one page. A row taller than a page must not be: LibreOffice
drops what does not fit when the header repeats, and Word lets it run over the margin (docs/data-flow.md). What counts
as too tall is half the text area: past that, keeping a row whole leaves more white than it is worth.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from lxml import etree

from service.domain.typography import line_height, lines_needed, surely_fits
from worker.documents.context import ACTION_NAMES, extra_name

_W: Final = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_TWIPS: Final = 20
# What Word assumes of a page that does not say, in twips.
_LETTER_HEIGHT: Final = 15840
_INCH: Final = 1440
_DEFAULT_CELL_MARGIN: Final = 108
_WORDS_DEFAULT_SIZE: Final = 10.0
_SHARE_OF_PAGE: Final = 0.5
# Points: a row's inner margins above and below its text, with its border.
_CELL_PADDING: Final = 7.0
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

    def shown(self, texts: Mapping[str, Sequence[str]]) -> Sequence[str]:
        """What it shows of each action."""
        if len(self.names) == 1:
            return texts.get(self.names[0], ())
        columns = [texts[name] for name in self.names if name in texts]
        return list(map(" ".join, zip(*columns, strict=True)))


@lru_cache(maxsize=4_096)
def _fits(text: str, height: float, width: float, size: float) -> bool:
    """Whether a text stays under `height` points; remembered, for a PDF is filled as its Word was."""
    if (text.count("\n") + 1) * line_height(size) > height:
        return False
    if surely_fits(text, height, width, size):
        return True
    return lines_needed(text, width, size) * line_height(size, text) <= height


@dataclass(frozen=True, slots=True)
class ModelRow:
    """The row that is repeated for each action; up to `tallest` points it is kept whole.

    `short` is the length up to which each cell needs no measuring. `least` are the points that a row takes at least,
    `wider` those by which a cell's text is wider than `cells` say, and `header` what the repeated rows take.
    """

    cells: tuple[_Cell, ...]
    tallest: float
    short: tuple[int, ...]
    least: float = 0.0
    wider: float = 0.0
    header: float = 0.0

    @property
    def names(self) -> tuple[str, ...]:
        """The values of an action that decide how tall its row is."""
        return tuple(name for cell in self.cells for name in cell.names)

    def fits_a_page(self, names: Mapping[str, str]) -> bool:
        """Whether an action's row stays under `tallest`."""
        texts = {name: [names.get(name, "")] for name in self.names}
        return not self.too_tall(texts, has_breaks=True)

    def too_tall(self, texts: Mapping[str, Sequence[str]], *, has_breaks: bool) -> set[int]:
        """Places of the actions whose row does not stay under `tallest`; most are decided without measuring a letter.

        Args:
            texts: under each name what the actions, in their order, print there; a name may be missing.
            has_breaks: whether any of them has a line break or a tab.
        """
        found: set[int] = set()
        for cell, short in zip(self.cells, self.short, strict=True):
            shown = cell.shown(texts)
            if not has_breaks and max(map(len, shown), default=0) <= short:
                continue
            found.update(
                place
                for place, text in enumerate(shown)
                if (len(text) > short or (has_breaks and ("\n" in text or "\t" in text)))
                and not _fits(text, self.tallest, cell.width, cell.size)
            )
        return found

    def how_many_fit(self, last: Sequence[Mapping[str, str]], below: float) -> int:
        """How many of the last actions' rows, from the end, a page holds with `below` points under them."""
        room = self.tallest / _SHARE_OF_PAGE - self.header - below
        for count, names in enumerate(reversed(last)):
            room -= self._height(names)
            if room < 0:
                return count
        return len(last)

    def _height(self, names: Mapping[str, str]) -> float:
        texts = (" ".join(names.get(name, "") for name in cell.names) for cell in self.cells)
        heights = (
            lines_needed(text, cell.width + self.wider, cell.size) * line_height(cell.size, text)
            for cell, text in zip(self.cells, texts, strict=True)
        )
        return max(self.least, max(heights) + _CELL_PADDING)


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
            short = tuple(cell.short_for(tallest) for cell in printing)
            table = next(row.iterancestors(f"{_W}tbl"))
            least = _measure(row, "trHeight", "val", 0) / _TWIPS
            return ModelRow(printing, tallest, short, least, _wider(table, styles), _header_height(table, styles))
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


def _wider(table: etree._Element, styles: etree._Element | None) -> float:
    """Points by which a cell has more room than with the margins that Word gives it where nobody says any."""
    style = next((one.get(f"{_W}val") for one in table.iter(f"{_W}tblStyle")), None)
    known = styles.iter(f"{_W}style") if styles is not None else ()
    for said in (table, *(one for one in known if one.get(f"{_W}styleId") == style)):
        margins = next(said.iter(f"{_W}tblCellMar"), None)
        if margins is not None:
            sides = (_measure(margins, side, "w", _DEFAULT_CELL_MARGIN) for side in ("left", "right"))
            return (2 * _DEFAULT_CELL_MARGIN - sum(sides)) / _TWIPS
    return 0.0


def _header_height(table: etree._Element, styles: etree._Element | None) -> float:
    """Points that the rows of the header take, their letters as wide as bold ones are."""
    height = 0.0
    for row in table.iterchildren(f"{_W}tr"):
        if next(row.iter(f"{_W}tblHeader"), None) is not None:
            texts = ("".join(piece.text or "" for piece in cell.iter(f"{_W}t")) for cell in row.iterchildren(f"{_W}tc"))
            height += _CELL_PADDING + max(
                lines_needed(text, cell.width, cell.size, bold=True) * line_height(cell.size)
                for cell, text in zip(_cells(row, styles), texts, strict=True)
            )
    return height


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
