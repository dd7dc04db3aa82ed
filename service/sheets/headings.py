"""The rows of headers over a plan's table become one heading a column: its label, the groups over it, its months.

One to four rows, merged or not: "FECHA" over "INICIO" and "FIN", a quarter over its own columns. Numbers of columns,
"(1) (2) (3)", may stand beside the labels or in a row below them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from service.sheets.closeness import closest_field
from service.sheets.columns import fields_named
from service.sheets.parsed import Kind, Merge, ParsedSheet, RawCell, column_letters
from service.sheets.wording import Months, header_words, one_line, period_in, plain_words, quarter_in

ENOUGH_FIELDS: Final = 4
_DEPTH: Final = 3
_LONGEST_HEADER: Final = 200
_MOST_COVERED: Final = 40_000
# Nobody puts a plan below so much else, and a sheet of data has a hundred thousand rows to look through.
_ROWS_SEARCHED: Final = 5_000
_ROWS_SEARCHED_CLOSELY: Final = 40
_COLUMNS_SEARCHED_CLOSELY: Final = 60
_HEAD_WORDS: Final = frozenset({"objetivo", "version", "vigencia", "codigo"})

Named = Callable[[str], Iterable[tuple[int, str]]]
"""From a header to the fields that it may stand for, each with its rank: 0 is the surest."""


@dataclass(frozen=True, slots=True)
class Heading:
    """The header of one column: its label, the groups over it from the top down, and the months they speak of."""

    column: int
    label: RawCell
    groups: tuple[RawCell, ...]
    period: Months | None

    @property
    def name(self) -> str:
        """The label on one line."""
        return one_line(self.label.text)

    @property
    def full_name(self) -> str:
        """The label behind the group that is over it: "II TRIMESTRE · Ejecutado"."""
        return f"{one_line(self.groups[-1].text)} · {self.name}" if self.groups else self.name


@dataclass(frozen=True, slots=True)
class Headings:
    """The headings of a table by column; `first_row` to `last_row` are the rows they stand in."""

    first_row: int
    last_row: int
    by_column: dict[int, Heading]

    def cells(self) -> tuple[RawCell, ...]:
        """Every label and group, in reading order."""
        shown = {(cell.row, cell.column): cell for one in self.by_column.values() for cell in (*one.groups, one.label)}
        return tuple(cell for _, cell in sorted(shown.items()))

    def fingerprint(self) -> str:
        """The same for every file of one form: words and columns count, not years, quarters or rows above."""
        words = sorted(
            (one.column, *(header_words(cell.text) for cell in (*one.groups, one.label)))
            for one in self.by_column.values()
        )
        return hashlib.sha256(repr(words).encode()).hexdigest()


def find_headings(sheet: ParsedSheet, mapping: dict[str, str]) -> Headings | None:
    """The headings of the first table of a plan on the sheet; None when no row names enough of its columns.

    `mapping` leads from headers, in words, to the fields that the person says they hold.
    """

    def exactly(header: str) -> Iterable[tuple[int, str]]:
        field = mapping.get(header_words(header)) if mapping else None
        return ((0, field),) if field else fields_named(header)

    def closely(header: str) -> Iterable[tuple[int, str]]:
        close = closest_field(header)
        return exactly(header) or (((1, close[0]),) if close else ())

    rows = [row for row, cells in sheet.rows.items() if len(cells) >= ENOUGH_FIELDS][:_ROWS_SEARCHED]
    first = next((row for row in rows if _score(sheet, row, exactly) >= ENOUGH_FIELDS), None)
    if first is None:
        nearest = ((_score(sheet, row, closely), -row) for row in rows[:_ROWS_SEARCHED_CLOSELY])
        score, row = max(nearest, default=(0, 0))
        if score < ENOUGH_FIELDS:
            return None
        first = -row
    last = _last_row(sheet, first, exactly)
    first = _first_row(sheet, first)
    return Headings(first, last, _headings(sheet, first, last))


def granted(claims: Iterable[tuple[int, int, str]]) -> dict[str, int]:
    """One column for a field and one field for a column, the surest claim first, then from left to right."""
    columns: dict[str, int] = {}
    for _, column, field in sorted(claims):
        if field not in columns and column not in columns.values():
            columns[field] = column
    return columns


def may_be_heading(cell: RawCell) -> bool:
    """Whether a cell could be a header at all: a text, and no page of it."""
    return cell.kind is Kind.TEXT and len(cell.text) <= _LONGEST_HEADER


def _score(sheet: ParsedSheet, row: int, named: Named) -> int:
    """How many fields the cells of a row name."""
    cells = [cell for cell in sheet.rows[row] if may_be_heading(cell)]
    if len(cells) < ENOUGH_FIELDS:
        return 0
    searched = cells if named.__name__ == "exactly" else cells[:_COLUMNS_SEARCHED_CLOSELY]
    return len(granted((rank, cell.column, field) for cell in searched for rank, field in named(cell.text)))


def _last_row(sheet: ParsedSheet, first: int, named: Named) -> int:
    last = first
    for row in range(first + 1, first + 1 + _DEPTH):
        if row not in sheet.rows or not _continues(sheet, first, last, row, named):
            break
        last = row
    return last


def _continues(sheet: ParsedSheet, first: int, last: int, row: int, named: Named) -> bool:
    """Whether a row still belongs to the headers that began above it."""
    cells = sheet.rows[row]
    if not all(may_be_heading(cell) and header_words(cell.text) for cell in cells):
        return False
    if _score(sheet, row, named) >= ENOUGH_FIELDS:
        return True
    tall = [merge for merge in sheet.merges if first <= merge.first_row <= last and merge.last_row >= row]
    if tall:
        return all(merge.last_row - merge.first_row <= _DEPTH for merge in tall)
    # Nothing is merged: labels under a group stand where the row above leaves room for them.
    starts = [cell.column for cell in sheet.rows[last]]
    spans = {start: following - start for start, following in pairwise(starts)}
    spans[starts[-1]] = max(cell.column for cell in cells) - starts[-1] + 1
    over = [max((start for start in starts if start <= cell.column), default=0) for cell in cells]
    return len(cells) > 1 and all(spans.get(start, 0) > 1 and over.count(start) > 1 for start in over)


def _first_row(sheet: ParsedSheet, first: int) -> int:
    """The first of the rows that group the labels: each names at least two things over them, or a period over some."""
    columns = [cell.column for cell in sheet.rows[first] if may_be_heading(cell)]
    left, right = min(columns), max(columns)
    widths = {
        (merge.first_row, merge.first_column): merge.last_column - merge.first_column + 1
        for merge in sheet.merges
        if first - _DEPTH < merge.first_row < first
    }
    # What is merged down into the labels stands left or right of them, "No." most of all.
    reaching = [merge for merge in sheet.merges if merge.first_row < first <= merge.last_row]
    left = min([left, *(merge.first_column for merge in reaching)])
    right = max([right, *(merge.last_column for merge in reaching)])
    for row in range(first - 1, max(0, first - _DEPTH), -1):
        cells = sheet.rows.get(row, ())
        beside = {cell.column for cell in cells if not left <= cell.column <= right}
        # A label that was typed beside the groups and not merged down heads values of its own.
        is_over_labels = not beside or (len(beside) < len(cells) and beside <= _columns_below(sheet, first))
        are_headings = all(map(may_be_heading, cells))
        is_over_all = any(widths.get((row, cell.column), 1) > right - left for cell in cells)
        is_head = any(_HEAD_WORDS & set(plain_words(cell.text).split()) for cell in cells)
        if not cells or not is_over_labels or not are_headings or is_over_all or is_head:
            return row + 1
        if len(cells) == 1:
            (cell,) = cells
            is_group = cell.column > left and widths.get((row, cell.column), 1) > 1
            if not (is_group or quarter_in(cell.text)):
                return row + 1
    return max(1, first - _DEPTH + 1)


def _columns_below(sheet: ParsedSheet, last: int) -> set[int]:
    """The columns that hold anything below a row."""
    return {cell.column for row, cells in sheet.rows.items() if row > last for cell in cells}


def _headings(sheet: ParsedSheet, first: int, last: int) -> dict[int, Heading]:
    shown = _shown(sheet, first, last)
    own = {cell.column for row in range(first, last + 1) for cell in sheet.rows.get(row, ())}
    headings = {}
    for column in sorted(own | _columns_below(sheet, last)):
        path: list[RawCell] = []
        for row in range(first, last + 1):
            cell = shown.get((row, column))
            if cell is not None and may_be_heading(cell) and all(cell is not other for other in path):
                path.append(cell)
        if path:
            label, groups = path[-1], tuple(path[:-1])
            periods = (period_in(cell.text) for cell in (label, *reversed(groups)))
            headings[column] = Heading(column, label, groups, next((months for months in periods if months), None))
    return headings


def _shown(sheet: ParsedSheet, first: int, last: int) -> dict[tuple[int, int], RawCell]:
    """The cell that a person sees at each place of the header rows: its own, or the merge or group that covers it."""
    own = {(cell.row, cell.column): cell for row in range(first, last + 1) for cell in sheet.rows.get(row, ())}
    shown = dict(own)
    rightmost = max((column for _, column in own), default=0)
    wide: set[int] = set()
    left = _MOST_COVERED
    for merge in sheet.merges:
        if merge.last_row < first or merge.first_row > last:
            continue
        cell = own.get((merge.first_row, merge.first_column))
        if merge.last_column > merge.first_column:
            wide.add(merge.first_row)
        if cell is None:
            continue
        for place in _places(merge, last, rightmost):
            shown.setdefault(place, cell)
            left -= 1
            if left < 0:
                return shown
    for row in set(range(first, last)) - wide:
        _carry(shown, row, last, rightmost)
    return shown


def _places(merge: Merge, last: int, rightmost: int) -> Iterable[tuple[int, int]]:
    right = min(merge.last_column, max(rightmost, merge.first_column))
    rows = range(merge.first_row, min(merge.last_row, last) + 1)
    return ((row, column) for row in rows for column in range(merge.first_column, right + 1))


def _carry(shown: dict[tuple[int, int], RawCell], row: int, last: int, rightmost: int) -> None:
    """A group that nobody merged reaches to the next one, over every column that has a label of its own below."""
    group = None
    for column in range(1, rightmost + 1):
        group = shown.get((row, column), group)
        is_labelled = any((below, column) in shown for below in range(row + 1, last + 1))
        if group is not None and is_labelled:
            shown.setdefault((row, column), group)


def nameless(column: int) -> str:
    """What a column without a header is called."""
    return f"Columna {column_letters(column)}"
