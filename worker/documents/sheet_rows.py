"""The model row and the cells with tags -> the rows of a report, each as tall as its text.

A row taller than Excel's limit becomes several: its long texts go on, line by line, in the rows beneath, and no line is
drawn between them. Merging those rows instead would keep a text in one cell, but then a page ends in the middle of a
line of letters, in Excel as in LibreOffice. In a table (sheet Datos) an action stays one row, and its texts stay whole.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property, lru_cache
from itertools import accumulate
from typing import Any, Final

from openpyxl.styles.numbers import is_date_format

from service.domain.typography import (
    TALLEST_ROW,
    cell_room,
    text_width,
)
from worker.documents.context import Names, Percentage, Value, printed
from worker.documents.references import Copy, Formula, Layout
from worker.documents.sheet_measures import Setting
from worker.documents.sheet_styles import Change
from worker.documents.splice import Filling, escape, string_text
from worker.documents.tags import REPEATED, Tag, TaggedText, fill_text

# Colombia's separators whatever the language of the program that prints; Excel shows those of its own settings.
_COLOMBIAN: Final = "[$-240A]"
_DATE: Final = f"{_COLOMBIAN}d/mm/yyyy"
_AS_IT_IS: Final = Change.NONE
_AT_ONCE: Final = 64
# Actions whose texts were put in several rows; most come again.
_REMEMBERED: Final = 64


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
            return self.typed(filling, self.tag.value(filling.plan, action), change)
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

    def typed(self, filling: Filling, value: Value, change: Change = _AS_IT_IS) -> str:
        """The same with this value in the cell."""
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
                number = str((value - filling.epoch).days)
        shown = printed(value)
        code = _format_for(self.number_format, value, shown)
        if len(shown) > self._digits and text_width(shown, self.setting.size) > self._room:
            change |= Change.SHRINK
        style = self.style if code is None and not change else filling.styles.derive(self.style, code, change)
        return f'" s="{style}"><v>{number}</v></c>'

    @cached_property
    def _room(self) -> float:
        return cell_room(self.setting.width, self.setting.size)

    @cached_property
    def _digits(self) -> int:
        """As many digits as fit for certain."""
        return int(self._room / text_width("0", self.setting.size, bold=True))


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
    """One of the rows of an action that takes several: how tall it is, and the text of each cell that goes on in it."""

    action: int
    height: float
    is_first: bool
    is_last: bool
    texts: tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class PlacedRows:
    """The rows of a sheet: the height of each action's, and the several rows of those that take more, by action."""

    heights: list[float]
    stretched: Mapping[int, tuple[PlacedRow, ...]]


class WrittenCells(dict[Any, str]):
    """A column of the rows that are being written: by value the cell's XML, from behind its own to the next row number.

    What repeats from action to action is written once; a cell that more than one name decides is asked by its place.
    """

    def __init__(self, cell: Cell, filling: Filling, model: ModelRow, behind: str) -> None:
        super().__init__()
        self._cell, self._filling, self._model, self._behind = cell, filling, model, behind
        self._text = f'" s="{cell.style}" t="s"><v>'
        self._text_ends = f"</v></c>{behind}"
        self._number = filling.strings.number

    def of(self, actions: Sequence[Names], first: int, rows: range) -> Sequence[str]:
        """The cells of these actions, whose first is `first` in the plan; `rows` are theirs."""
        key = self._cell.key
        if key is None:
            copies = (Copy(self._model.sheet, first + at, row - self._model.row) for at, row in enumerate(rows))
            return [self[copy] for copy in copies]
        if not key:
            return [self[None]] * len(actions)
        values = [action[key] for action in actions]
        if len(set(values)) < len(values):
            return list(map(self.__getitem__, values))
        # Nothing comes again: what is written now would only be in the way.
        text, ends, number = self._text, self._text_ends, self._number
        return [f"{text}{number(value)}{ends}" if value and isinstance(value, str) else self[value] for value in values]

    def __missing__(self, value: Any) -> str:
        if value and isinstance(value, str):
            written = f"{self._text}{self._number(value)}{self._text_ends}"
        elif isinstance(value, Copy):
            action = self._filling.repeated[self._model.scope][value.index]
            return self._cell.rest(self._filling, action, value) + self._behind
        elif value is None:
            written = self._cell.rest(self._filling, {}) + self._behind
        else:
            written = self._cell.typed(self._filling, value) + self._behind
        self[value] = written
        return written


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

    def height_of_the_rest(self, plan: Names) -> float:
        """The points that a row needs for what is the same in all of them."""
        same = (cell for cell in self.cells if cell.key == "" and cell.is_tagged)
        return max([self.least_height, *(cell.setting.height(cell.shown(plan, {})) for cell in same)])

    def place(self, plan: Names, actions: Sequence[Names], tall: list[float]) -> tuple[Layout, PlacedRows]:
        """Where each action's row stands; `tall` are the points that each needs, of which no row gets too many."""
        stretched = {}
        if max(tall, default=0.0) > TALLEST_ROW:
            for index, height in enumerate(tall):
                if height > TALLEST_ROW:
                    tall[index] = TALLEST_ROW
                    if not self.is_in_table:
                        stretched[index] = self._stretched(index, plan, actions[index])
        counts = (len(stretched[index]) if index in stretched else 1 for index in range(len(actions)))
        edges = (
            list(accumulate(counts, initial=self.row)) if stretched else range(self.row, self.row + len(actions) + 1)
        )
        return Layout(self.row, edges[:-1], edges[-1] - 1), PlacedRows(tall, stretched)

    def xml(self, filling: Filling) -> Iterator[bytes]:
        """All the rows."""
        placed: PlacedRows = filling.rows[self.sheet]
        bases = filling.layouts[self.sheet].bases
        count = len(placed.heights)
        cells = self._written_cells(filling)
        begin = 0
        for index in (*placed.stretched, count):
            for first in range(begin, index, _AT_ONCE):
                yield self._whole_rows(filling, cells, range(first, min(first + _AT_ONCE, index))).encode()
            if index < count:
                action = filling.repeated[self.scope][index]
                for row, part in enumerate(placed.stretched[index], bases[index]):
                    begins = f'<row r="{row}" ht="{part.height:g}" customHeight="1"{self.attributes}>'
                    yield f"{begins}{''.join(self._stretch_cells(filling, row, action, part))}</row>".encode()
            begin = index + 1

    def _whole_rows(self, filling: Filling, cells: list[WrittenCells], indexes: range) -> str:
        """The rows of a stretch of actions that take one each: what stands between the places of its row's number."""
        placed: PlacedRows = filling.rows[self.sheet]
        first_row = filling.layouts[self.sheet].bases[indexes.start] if indexes else 0
        actions = filling.repeated[self.scope][indexes.start : indexes.stop]
        rows = range(first_row, first_row + len(actions))
        columns = [cell.of(actions, indexes.start, rows) for cell in cells]
        custom = ' customHeight="1"' if self._is_custom else ""
        begins = [
            f'" ht="{height:g}"{custom}{self._row_begins}' for height in placed.heights[indexes.start : indexes.stop]
        ]
        return "".join(
            [
                str(row).join(['<row r="', begin, *written])
                for row, begin, written in zip(rows, begins, zip(*columns, strict=True), strict=True)
            ]
        )

    def _written_cells(self, filling: Filling) -> list[WrittenCells]:
        behind = [cell.head for cell in self.cells[1:]] + ["</row>"]
        return [WrittenCells(cell, filling, self, after) for cell, after in zip(self.cells, behind, strict=True)]

    @cached_property
    def _row_begins(self) -> str:
        return f"{self.attributes}>{self.cells[0].head}"

    def merges_xml(self, filling: Filling) -> str:
        """The merges of every row."""
        rows = range(self.row, filling.layouts[self.sheet].last + 1)
        return "".join(f'<mergeCell ref="{first}{row}:{last}{row}"/>' for row in rows for first, last in self.merges)

    @cached_property
    def _is_custom(self) -> bool:
        # Programs measure a row again when it is edited, but never by its merged cells.
        return self.is_fixed_height or any(cell.setting.is_merged for cell in self.cells if cell.is_tagged)

    def _stretched(self, index: int, plan: Names, action: Names) -> tuple[PlacedRow, ...]:
        """The rows of an action that is taller than one row may be."""
        texts = tuple(cell.shown(plan, action) if cell.is_tagged else "" for cell in self.cells)
        parts = self._parted(texts)
        last = len(parts) - 1
        return tuple(PlacedRow(index, height, at == 0, at == last, part) for at, (height, part) in enumerate(parts))

    @cached_property
    def _parted(self) -> Callable[[tuple[str, ...]], tuple[tuple[float, tuple[str | None, ...]], ...]]:
        return lru_cache(_REMEMBERED)(self._part)

    def _part(self, texts: tuple[str, ...]) -> tuple[tuple[float, tuple[str | None, ...]], ...]:
        """The texts of an action's cells in several rows, with the height of each."""
        columns: list[tuple[str | None, ...]] = [
            cell.setting.stretches(text) if text and cell.setting.wraps else (None,)
            for cell, text in zip(self.cells, texts, strict=True)
        ]
        rows = []
        for place in range(max(map(len, columns))):
            parts = tuple(column[place] if place < len(column) else "" for column in columns)
            # A stretch that ends with a line break shows its last line empty: it needs no room.
            heights = [
                cell.setting.height(text.removesuffix("\n"))
                for cell, text in zip(self.cells, parts, strict=True)
                if text
            ]
            rows.append((max(heights), parts))
        return tuple(rows)

    def _stretch_cells(self, filling: Filling, row: int, action: Names, placed: PlacedRow) -> Iterator[str]:
        change = Change.TOP
        if not placed.is_first:
            change |= Change.OPEN_TOP
        if not placed.is_last:
            change |= Change.OPEN_BOTTOM
        for cell, text in zip(self.cells, placed.texts, strict=True):
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
