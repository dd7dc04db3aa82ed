"""A parsed sheet becomes the table of the plan in it: which column holds which field, and what each row below is.

The table may stand anywhere on the sheet, under one row of labels or under groups and labels, and its headers may be
repeated at every printed page. Nothing is dropped: a row that is no action is given with its kind.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final

from service.sheets.columns import PERIODICITIES, fields_named
from service.sheets.parsed import Kind, Merge, ParsedSheet, RawCell, column_letters
from service.sheets.wording import header_words, one_line, plain_words, quarter_in

_ENOUGH_FIELDS: Final = 4
_DEPTH: Final = 2
_MOST_FILLED_CELLS: Final = 600_000
_SAMPLE: Final = 60
_MOST_ALIKE: Final = 12
_LONGEST_HEADER: Final = 200
_NUMBER_LIKE: Final = re.compile(r"[A-Za-z]{0,5}[-. ]?\d+(?:[.\-]\d+)*[.)]?")
_COLUMN_NUMBER: Final = re.compile(r"\(?\d{1,2}\)?")
_VERSION_LINE: Final = re.compile(r"version \d")
_HEAD_LINE: Final = re.compile(r"\b(?:objetivo|version|vigencia|codigo)\b")

# The label that two columns share, and how sure each meaning is when the cells below do not say "Trimestral".
_SHARED_LABEL: Final = "seguimiento"
_UNSURE_CLAIMS: Final = ((3, "qualitative_progress"), (20, "periodicity"))
_GROUPED_RANK: Final = 100


class RowKind(Enum):
    """What a row below the headers is."""

    ACTION = "action"
    HEADING = "title, version or headers repeated for a printed page"
    MOVED_HEADING = "headers again, in other columns"
    LONE_NUMBER = "a number with nothing beside it"
    OTHER = "note, subtotal, signature"


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row below the headers that is not blank; `cells` by column, with vertical merges filled down."""

    number: int
    kind: RowKind
    cells: dict[int, RawCell]


@dataclass(frozen=True, slots=True)
class Table:
    """The plan's table on a sheet.

    `columns` leads from field to column and `headers` from column to its label on one line; `head_cells` stand above
    the headers (title, objective, version), `header_cells` are the groups and labels themselves.
    """

    sheet: ParsedSheet
    label_row: int
    columns: dict[str, int]
    headers: dict[int, str]
    head_cells: tuple[RawCell, ...]
    header_cells: tuple[RawCell, ...]

    def headers_over(self, field: str) -> tuple[RawCell, ...]:
        """The label of a field's column and the groups over it, from the top down."""
        column = self.columns.get(field)
        if column is None:
            return ()
        first = self.header_cells[0].row
        shown = (_shown_at(self.sheet, row, column) for row in range(first, self.label_row + 1))
        return tuple(cell for cell in shown if cell is not None and cell.row >= first)

    def rows(self) -> Iterator[TableRow]:
        """Every row below the headers that is not blank."""
        filled = _filled_down(self)
        headings = {header_words(cell.text) for cell in (*self.head_cells, *self.header_cells)} - {""}
        for number, own in self.sheet.rows.items():
            if number <= self.label_row:
                continue
            written = [cell for cell in own if cell.kind is not Kind.TEXT or not cell.text.isspace()]
            if written:
                cells = {**filled.get(number, {}), **{cell.column: cell for cell in written}}
                yield TableRow(number, self._kind(written, cells, headings), cells)

    def _kind(self, written: list[RawCell], cells: dict[int, RawCell], headings: set[str]) -> RowKind:
        # Most rows hold a long text or a number and are no headings: words are compared for the others only.
        if all(_may_be_heading(cell) for cell in written):
            named = _granted(_claims(written))
            if len(named) >= _ENOUGH_FIELDS:
                is_in_place = all(self.columns.get(field, column) == column for field, column in named.items())
                return RowKind.HEADING if is_in_place else RowKind.MOVED_HEADING
            words = [header_words(cell.text) for cell in written]
            if all(text in headings or _VERSION_LINE.match(text) for text in words):
                return RowKind.HEADING
        if len(written) >= _ENOUGH_FIELDS and all(_COLUMN_NUMBER.fullmatch(cell.text) for cell in written):
            return RowKind.HEADING
        filled = sum(column in cells for column in self.columns.values())
        number = cells.get(self.columns.get("number", 0))
        has_number = number is not None and bool(_NUMBER_LIKE.fullmatch(number.text.strip()))
        if filled >= _ENOUGH_FIELDS or (has_number and filled > 1):
            return RowKind.ACTION
        return RowKind.LONE_NUMBER if has_number and len(cells) == 1 else RowKind.OTHER


def find_table(sheet: ParsedSheet) -> Table | None:
    """The first table of a plan on the sheet; None when no row names enough of its columns."""
    first = next((row for row in sheet.rows if _score(sheet, row) >= _ENOUGH_FIELDS), None)
    if first is None:
        return None
    label_row = _label_row(sheet, first)
    labels = _labels(sheet, label_row)
    first_header_row = _first_header_row(sheet, label_row, labels)
    above = [(row, cell) for row, cells in sheet.rows.items() if row <= label_row for cell in cells]
    return Table(
        sheet,
        label_row,
        _columns(sheet, label_row, labels),
        _headers(sheet, label_row, labels),
        head_cells=tuple(cell for row, cell in above if row < first_header_row),
        header_cells=tuple(cell for row, cell in above if row >= first_header_row and cell.kind is Kind.TEXT),
    )


def _score(sheet: ParsedSheet, row: int) -> int:
    """How many fields the cells of a row name."""
    cells = [cell for cell in sheet.rows[row] if _may_be_heading(cell)]
    return len(_granted(_claims(cells))) if len(cells) >= _ENOUGH_FIELDS else 0


def _label_row(sheet: ParsedSheet, first: int) -> int:
    """The row of the headers that names most fields, given the first: "FECHA" may be split in two below it."""
    label_row, most = first, len(_granted(_claims(_labels(sheet, first))))
    for row in range(first + 1, first + 1 + _DEPTH):
        named = len(_granted(_claims(_labels(sheet, row)))) if row in sheet.rows else 0
        if named < _ENOUGH_FIELDS:
            break
        if named > most:
            label_row, most = row, named
    return label_row


def _labels(sheet: ParsedSheet, label_row: int) -> tuple[RawCell, ...]:
    """The labels from left to right, those that are merged down from the rows above included."""
    labels = {cell.column: cell for cell in sheet.rows[label_row] if _may_be_heading(cell)}
    for merge in sheet.merges:
        if merge.first_row < label_row <= merge.last_row and merge.first_column == merge.last_column:
            cell = _at(sheet, merge.first_row, merge.first_column)
            if cell is not None and _may_be_heading(cell):
                labels.setdefault(cell.column, cell)
    return tuple(cell for _, cell in sorted(labels.items()))


def _first_header_row(sheet: ParsedSheet, label_row: int, labels: tuple[RawCell, ...]) -> int:
    """The first of the rows that group the labels: each names at least two things over them, or a quarter over some."""
    left, right = labels[0].column, labels[-1].column
    first = label_row
    for row in (label_row - 1, label_row - 2):
        cells = sheet.rows.get(row, ())
        is_over_labels = all(left <= cell.column <= right and _may_be_heading(cell) for cell in cells)
        is_over_all = any(_width(sheet, cell) > right - left for cell in cells)
        is_head = any(_HEAD_LINE.search(plain_words(cell.text)) for cell in cells)
        if not cells or not is_over_labels or is_over_all or is_head:
            break
        if len(cells) == 1 and not quarter_in(cells[0].text):
            break
        first = row
    return first


def _claims(labels: Iterable[RawCell]) -> list[tuple[int, int, str]]:
    """What each label may mean: how sure it is (0 most), its column, the field."""
    return [(rank, cell.column, field) for cell in labels for rank, field in fields_named(cell.text)]


def _granted(claims: list[tuple[int, int, str]]) -> dict[str, int]:
    """One column for a field and one field for a column, the surest claim first, then from left to right."""
    granted: dict[str, int] = {}
    for _, column, field in sorted(claims):
        if field not in granted and column not in granted.values():
            granted[field] = column
    return granted


def _columns(sheet: ParsedSheet, label_row: int, labels: tuple[RawCell, ...]) -> dict[str, int]:
    """The column of each field. "SEGUIMIENTO" is how often, or what was done: the cells below it tell."""
    shared = [label for label in labels if header_words(label.text) == _SHARED_LABEL]
    claims = _claims(label for label in labels if header_words(label.text) != _SHARED_LABEL)
    below = [cells for row, cells in sheet.rows.items() if row > label_row][:_SAMPLE] if shared else []
    for label in shared[:_MOST_ALIKE]:
        texts = [cell.text for cells in below for cell in cells if cell.column == label.column]
        claims += [(rank, label.column, field) for rank, field in _meanings(texts)]
    for label in labels:
        group = _shown_at(sheet, label_row - 1, label.column) if not fields_named(label.text) else None
        if group is not None and group is not label:
            together = fields_named(f"{group.text} {label.text}")
            claims += [(_GROUPED_RANK + rank, label.column, field) for rank, field in together]
    return _granted(claims)


def _meanings(texts: list[str]) -> tuple[tuple[int, str], ...]:
    """What "SEGUIMIENTO" may mean over these texts."""
    periodic = sum(plain_words(text) in PERIODICITIES for text in texts)
    if 2 * periodic > len(texts):
        return ((0, "periodicity"),)
    return _UNSURE_CLAIMS if texts else ((0, "periodicity"), *_UNSURE_CLAIMS)


def _headers(sheet: ParsedSheet, label_row: int, labels: tuple[RawCell, ...]) -> dict[int, str]:
    """A header for every column that holds something below, each different: two alike get " (2)", none is nameless."""
    names = {cell.column: one_line(cell.text) for cell in labels}
    below = {cell.column for row, cells in sheet.rows.items() if row > label_row for cell in cells}
    headers: dict[int, str] = {}
    copies: dict[str, int] = {}
    for column in sorted(below | set(names)):
        name = header = names.get(column) or f"Columna {column_letters(column)}"
        while header in copies:
            copies[name] += 1
            header = f"{name} ({copies[name]})"
        copies[header] = 1
        headers[column] = header
    return headers


def _filled_down(table: Table) -> dict[int, dict[int, RawCell]]:
    """The value of each vertical merge for the rows under its first; one over several headers is a note, no value."""
    rows = list(table.sheet.rows)
    filled: dict[int, dict[int, RawCell]] = {}
    left = _MOST_FILLED_CELLS
    for merge in table.sheet.merges:
        if merge.first_row == merge.last_row or merge.first_row <= table.label_row:
            continue
        cell = _at(table.sheet, merge.first_row, merge.first_column)
        over = sum(merge.first_column <= column <= merge.last_column for column in table.headers)
        if cell is None or over != 1:
            continue
        # Merges that overlap are no merges of Excel's; the budget keeps a file full of them from taking for ever.
        start = bisect_right(rows, merge.first_row)
        under = rows[start : min(bisect_right(rows, merge.last_row), start + left)]
        left -= len(under)
        for row in under:
            filled.setdefault(row, {})[merge.first_column] = cell
    return filled


def _shown_at(sheet: ParsedSheet, row: int, column: int) -> RawCell | None:
    """The cell that a person sees at a place: its own, or that of the merge which covers it."""
    own = _at(sheet, row, column)
    if own is not None:
        return own
    covering: Merge | None = next((merge for merge in sheet.merges if merge.covers(row, column)), None)
    return _at(sheet, covering.first_row, covering.first_column) if covering else None


def _width(sheet: ParsedSheet, cell: RawCell) -> int:
    starting = (merge for merge in sheet.merges if (merge.first_row, merge.first_column) == (cell.row, cell.column))
    return next((merge.last_column - merge.first_column + 1 for merge in starting), 1)


def _at(sheet: ParsedSheet, row: int, column: int) -> RawCell | None:
    return next((cell for cell in sheet.rows.get(row, ()) if cell.column == column), None)


def _may_be_heading(cell: RawCell) -> bool:
    return cell.kind is Kind.TEXT and len(cell.text) <= _LONGEST_HEADER
