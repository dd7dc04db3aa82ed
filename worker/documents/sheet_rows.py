"""The model row and the cells with tags -> the rows of a report, each as tall as its text.

A row taller than Excel's limit becomes several: its long texts go on, line by line, in the rows beneath, and no line is
drawn between them. Merging those rows instead would keep a text in one cell, but then a page ends in the middle of a
line of letters, in Excel as in LibreOffice. In a table (sheet Datos) an action stays one row, and its texts stay whole.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Final

from openpyxl.styles.numbers import is_date_format

from service.domain.typography import (
    TALLEST_ROW,
    cell_lines,
    cell_room,
    is_borrowing,
    row_height,
    split_text,
    text_width,
)
from worker.documents.context import Names, Percentage, Value, printed
from worker.documents.references import Copy, Formula, Layout
from worker.documents.sheet_styles import Change
from worker.documents.splice import Filling, escape, string_text
from worker.documents.tags import REPEATED, Tag, TaggedText, fill_text

# Colombia's separators whatever the language of the program that prints; Excel shows those of its own settings.
_COLOMBIAN: Final = "[$-240A]"
_DATE: Final = f"{_COLOMBIAN}d/mm/yyyy"
_EPOCH: Final = dt.date(1899, 12, 30)
# A stretch of a very long text: short enough that a page is filled well, long enough that few rows are needed.
_STRETCH: Final = 112.5
_AS_IT_IS: Final = Change.NONE


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


@dataclass(frozen=True)
class Cell:
    """A cell of the template that a report writes: its tags or formula, its style, and how it sets text.

    `runs`: a text in several formats, as pairs of the XML of a run's properties and its text; `fixed`: the XML of a
    value that is the same in every row, from behind the cell's style to its end.
    """

    column: str
    style: int
    number_format: str
    setting: Setting
    text: TaggedText = ()
    runs: tuple[tuple[str, TaggedText], ...] = ()
    formula: Formula | None = None
    fixed: str = "/>"

    @cached_property
    def tag(self) -> Tag | None:
        """The tag that is all the cell holds: it takes the typed value."""
        only = self.text[0] if len(self.text) == 1 else None
        return only if isinstance(only, Tag) else None

    @cached_property
    def is_tagged(self) -> bool:
        """Whether what it shows comes from the report."""
        return bool(self.text or self.runs)

    def shown(self, plan: Names, action: Names) -> str:
        """The text that it shows; empty when it holds a number or a date, which never wraps."""
        if self.tag:
            value = self.tag.value(plan, action)
            return value if isinstance(value, str) else ""
        if self.runs:
            return "".join(fill_text(text, plan, action) for _, text in self.runs)
        return fill_text(self.text, plan, action)

    @cached_property
    def key(self) -> str | None:
        """The one name on which the cell depends: "" when it is the same in every row, None when there are more."""
        if self.tag:
            return self.tag.name if self.tag.scope in REPEATED else ""
        return None if self.text or self.runs or self.formula else ""

    @cached_property
    def head(self) -> str:
        """The cell's XML up to its row number."""
        return f'<c r="{self.column}'

    def rest(self, filling: Filling, action: Names, copy: Copy | None = None, change: Change = _AS_IT_IS) -> str:
        """The cell's XML from behind its address on; `change` is what its style does otherwise than the template's."""
        if self.tag:
            return self._typed(filling, self.tag.value(filling.plan, action), change)
        if self.text:
            return self.with_text(filling, fill_text(self.text, filling.plan, action), change)
        style = filling.styles.derive(self.style, None, change) if change else self.style
        if self.runs:
            runs = "".join(
                f'<r>{properties}<t xml:space="preserve">{string_text(fill_text(text, filling.plan, action))}</t></r>'
                for properties, text in self.runs
            )
            return f'" s="{style}" t="s"><v>{filling.strings.rich(runs)}</v></c>'
        if self.formula:
            return f'" s="{style}"><f>{escape(self.formula.moved(filling.layouts, copy))}</f></c>'
        return f'" s="{style}"{self.fixed}'

    def with_text(self, filling: Filling, text: str, change: Change = _AS_IT_IS) -> str:
        """The same with this text in the cell."""
        style = filling.styles.derive(self.style, None, change) if change else self.style
        if not text:
            return f'" s="{style}"/>'
        return f'" s="{style}" t="s"><v>{filling.strings.number(text)}</v></c>'

    def _typed(self, filling: Filling, value: Value, change: Change) -> str:
        if isinstance(value, str):
            return self.with_text(filling, value, change)
        match value:
            case Percentage(share):
                number = f"{share:f}"
            case Decimal():
                number = f"{value:f}"
            case int():
                number = str(value)
            case _:
                number = str((value - _EPOCH).days)
        shown = printed(value)
        code = _format_for(self.number_format, value, shown)
        room = cell_room(self.setting.width, self.setting.size)
        if len(shown) > self._digits and text_width(shown, self.setting.size) > room:
            change |= Change.SHRINK
        style = self.style if code is None and not change else filling.styles.derive(self.style, code, change)
        return f'" s="{style}"><v>{number}</v></c>'

    @cached_property
    def _digits(self) -> int:
        """As many digits as fit for certain."""
        return int(cell_room(self.setting.width, self.setting.size) / text_width("0", self.setting.size, bold=True))


def _format_for(present: str, value: Value, shown: str) -> str | None:
    """The number format with which `value` reads as `shown`; None when the cell's own will do."""
    if isinstance(value, dt.date):
        return None if is_date_format(present) else _DATE
    if isinstance(value, Percentage):
        if "%" in present:
            return None
        shown = shown.removesuffix(" %")
        suffix = " %"
    else:
        if present not in {"General", "@"} and not is_date_format(present):
            return None
        suffix = ""
    whole, _, decimals = shown.partition(",")
    if not suffix and "." not in whole and not decimals:
        return None if present == "General" else "0"
    return f"{_COLOMBIAN}#,##0{'.' if decimals else ''}{'0' * len(decimals)}{suffix}"


@dataclass(frozen=True, slots=True)
class PlacedRow:
    """A row of the report: whose action, how tall, and, when it is one of several, the text of each cell."""

    action: int
    height: float
    is_first: bool = True
    is_last: bool = True
    texts: tuple[str | None, ...] | None = None


@dataclass(frozen=True)
class ModelRow:
    """The row that is repeated for each action, or for each change where its tags are of that `scope`.

    `attributes`: the rest of its tag, `merges`: pairs of columns.
    """

    scope: str
    sheet: str
    row: int
    attributes: str
    least_height: float
    is_fixed_height: bool
    is_in_table: bool
    cells: tuple[Cell, ...]
    merges: tuple[tuple[str, str], ...]

    def place(self, plan: Names, actions: tuple[Names, ...]) -> tuple[Layout, tuple[PlacedRow, ...]]:
        """How tall each action's row is, and where each stands."""
        rows: list[PlacedRow] = []
        bases = []
        # Offices, units and sources repeat from action to action: each is measured once.
        measured: list[tuple[Cell, str | None, dict[Value | None, float]]] = [
            (cell, cell.key, {}) for cell in self.cells if cell.is_tagged
        ]
        for index, action in enumerate(actions):
            bases.append(self.row + len(rows))
            height = self.least_height
            for cell, key, known in measured:
                value = cell.shown(plan, action) if key is None else action.get(key)
                needed = known.get(value)
                if needed is None:
                    needed = known[value] = cell.setting.height(cell.shown(plan, action))
                height = max(height, needed)
            if height <= TALLEST_ROW:
                rows.append(PlacedRow(index, height))
            elif self.is_in_table:
                rows.append(PlacedRow(index, TALLEST_ROW))
            else:
                rows.extend(self._stretched(index, plan, action))
        return Layout(self.row, tuple(bases), self.row + len(rows) - 1), tuple(rows)

    def xml(self, filling: Filling) -> str:
        """All the rows."""
        rows: tuple[PlacedRow, ...] = filling.rows[self.sheet]
        custom = ' customHeight="1"' if self._is_custom else ""
        written: list[tuple[Cell, str, str | None, dict[Value | None, str]]] = [
            (cell, cell.head, cell.key, {}) for cell in self.cells
        ]
        pieces = []
        for row, placed in enumerate(rows, self.row):
            action = filling.repeated[self.scope][placed.action]
            if placed.texts is None:
                pieces.append(f'<row r="{row}" ht="{placed.height:g}"{custom}{self.attributes}>')
                for cell, head, key, known in written:
                    if key is None:
                        rest = cell.rest(filling, action, Copy(self.sheet, placed.action, row - self.row))
                    else:
                        value = action.get(key)
                        rest = known.get(value) or known.setdefault(value, cell.rest(filling, action))
                    pieces.append(f"{head}{row}{rest}")
            else:
                pieces.append(f'<row r="{row}" ht="{placed.height:g}" customHeight="1"{self.attributes}>')
                pieces.extend(self._stretch_cells(filling, row, action, placed, placed.texts))
            pieces.append("</row>")
        return "".join(pieces)

    def merges_xml(self, filling: Filling) -> str:
        """The merges of every row."""
        rows = range(self.row, filling.layouts[self.sheet].last + 1)
        return "".join(f'<mergeCell ref="{first}{row}:{last}{row}"/>' for row in rows for first, last in self.merges)

    @cached_property
    def _is_custom(self) -> bool:
        # Programs measure a row again when it is edited, but never by its merged cells.
        return self.is_fixed_height or any(cell.setting.is_merged for cell in self.cells if cell.is_tagged)

    def _stretched(self, index: int, plan: Names, action: Names) -> Iterator[PlacedRow]:
        """The rows of an action that is taller than one row may be."""
        columns: list[tuple[str | None, ...]] = []
        for cell in self.cells:
            text = cell.shown(plan, action) if cell.is_tagged else ""
            columns.append(cell.setting.stretches(text) if text and cell.setting.wraps else (None,))
        count = max(map(len, columns))
        for position in range(count):
            texts = tuple(column[position] if position < len(column) else "" for column in columns)
            # A stretch that ends with a line break shows its last line empty: it needs no room.
            heights = [
                cell.setting.height(text.removesuffix("\n"))
                for cell, text in zip(self.cells, texts, strict=True)
                if text
            ]
            yield PlacedRow(index, max(heights), position == 0, position == count - 1, texts)

    def _stretch_cells(
        self, filling: Filling, row: int, action: Names, placed: PlacedRow, texts: tuple[str | None, ...]
    ) -> Iterator[str]:
        change = Change.TOP
        if not placed.is_first:
            change |= Change.OPEN_TOP
        if not placed.is_last:
            change |= Change.OPEN_BOTTOM
        for cell, text in zip(self.cells, texts, strict=True):
            if text is None:
                copy = Copy(self.sheet, placed.action, row - self.row)
                yield f"{cell.head}{row}{cell.rest(filling, action, copy, change)}"
            else:
                yield f"{cell.head}{row}{cell.with_text(filling, text, change)}"


@dataclass(frozen=True)
class TaggedRow:
    """A row outside the model row that holds tags: its height follows its text."""

    cells: tuple[Cell, ...]
    least_height: float

    def height(self, filling: Filling) -> str:
        """Points, as the `ht` attribute writes them."""
        needed = max(cell.setting.height(cell.shown(filling.plan, {})) for cell in self.cells)
        return f"{min(max(self.least_height, needed), TALLEST_ROW):g}"
