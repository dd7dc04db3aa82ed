"""A parsed sheet becomes the table of the plan in it: which column holds which field, and what each row below is.

The table may stand anywhere on the sheet and its headers may be repeated at every printed page. Nothing is dropped: a
row that is no action is given with its kind.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

from service.domain.frame import Role
from service.domain.office import Office
from service.domain.reading import Given
from service.sheets.columns import fields_named
from service.sheets.headings import ENOUGH_FIELDS, Headings, find_headings, granted, may_be_heading, nameless
from service.sheets.matching import FIGURE, Match, match_columns
from service.sheets.parsed import NUMBERS, Kind, ParsedSheet, RawCell
from service.sheets.wording import header_words, plain_words, quarter_in, quarter_of

_MOST_FILLED_CELLS: Final = 600_000
_SAMPLE: Final = 200
_NUMBER_LIKE: Final = re.compile(r"[A-Za-z]{0,5}[-. ]?\d+(?:[.\-]\d+)*[.)]?")
_COLUMN_NUMBER: Final = re.compile(r"\(?\d{1,2}\)?")
_BRACED_NUMBER: Final = re.compile(r"\(\d{1,2}\)")
_VERSION_LINE: Final = re.compile(r"version \d")
_TOTAL: Final = re.compile(r"(?:gran )?(?:sub ?)?total(?:es)?\b|promedio\b|sumatoria\b")
# The cells of the block that Folio draws under the table of its own workbooks.
_SIGNATURE: Final = re.compile(rf"(?:{'|'.join(role.label for role in Role)})\s*\n|Plan aprobado (?:por|mediante|el)\b")
_ACTION_BEGUN: Final = 2


class RowKind(Enum):
    """What a row below the headers is."""

    ACTION = "action"
    HEADING = "title, version or headers repeated for a printed page"
    MOVED_HEADING = "headers again, in other columns"
    SECTION = "the title of a section, a subtotal or the total"
    LONE_NUMBER = "a number with nothing beside it"
    SIGNATURES = "who drafted, reviewed and approved the plan, as Folio writes it"
    OTHER = "note, signature"


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row below the headers that is not blank; `cells` by column, with vertical merges filled down."""

    number: int
    kind: RowKind
    cells: dict[int, RawCell]


@dataclass(frozen=True, slots=True)
class Table:
    """The plan's table on a sheet.

    `columns` leads from field to column and `headers` from column to its name on one line, each different;
    `head_cells` stand above the headers (title, objective, version), `header_cells` are the groups and labels.
    """

    sheet: ParsedSheet
    headings: Headings
    match: Match
    headers: dict[int, str]
    head_cells: tuple[RawCell, ...]
    header_cells: tuple[RawCell, ...]

    @property
    def columns(self) -> dict[str, int]:
        """The column of each field."""
        return self.match.columns

    @property
    def quarter(self) -> int | None:
        """The quarter that the table says it reports: over its progress, above it, or in the sheet's name."""
        if self.match.quarter is not None:
            return self.match.quarter
        over = self.headings.by_column.get(self.columns.get("qualitative_progress", 0))
        if over is not None and over.period is not None:
            return quarter_of(over.period[1])
        return named_quarter(self.sheet, self.head_cells)

    def headers_over(self, field: str) -> tuple[RawCell, ...]:
        """The label of a field's column and the groups over it, from the top down."""
        heading = self.headings.by_column.get(self.columns.get(field, 0))
        return (*heading.groups, heading.label) if heading else ()

    def rows(self) -> Iterator[TableRow]:
        """Every row below the headers that is not blank."""
        rows = list(self._rows())
        last_action = max((at for at, row in enumerate(rows) if row.kind is RowKind.ACTION), default=-1)
        for at, row in enumerate(rows):
            is_section = at < last_action and self._is_section(row, rows[at + 1])
            yield replace(row, kind=RowKind.SECTION) if is_section else row

    def _rows(self) -> Iterator[TableRow]:
        filled = _filled_down(self)
        headings = {header_words(cell.text) for cell in (*self.head_cells, *self.header_cells)} - {""}
        fields = frozenset(self.columns.values())
        for number, own in self.sheet.rows.items():
            if number <= self.headings.last_row:
                continue
            written = [cell for cell in own if not cell.text.isspace() or cell.kind is not Kind.TEXT]
            if written:
                cells = {cell.column: cell for cell in written}
                if number in filled:
                    cells = {**filled[number], **cells}
                yield TableRow(number, self._kind(written, cells, headings, fields), cells)

    def _kind_of_heading(self, written: list[RawCell], headings: set[str]) -> RowKind | None:
        # Most rows hold a long text or a number and are no headings: words are compared for the others only.
        if all(may_be_heading(cell) for cell in written):
            named = granted((rank, cell.column, field) for cell in written for rank, field in fields_named(cell.text))
            if len(named) >= ENOUGH_FIELDS:
                is_in_place = all(self.columns.get(field, column) == column for field, column in named.items())
                return RowKind.HEADING if is_in_place else RowKind.MOVED_HEADING
            words = [header_words(cell.text) for cell in written]
            if all(text in headings or _VERSION_LINE.match(text) for text in words):
                return RowKind.HEADING
        is_of_numbers = len(written) >= ENOUGH_FIELDS and all(_COLUMN_NUMBER.fullmatch(cell.text) for cell in written)
        return RowKind.HEADING if is_of_numbers else None

    def _kind(
        self, written: list[RawCell], cells: dict[int, RawCell], headings: set[str], fields: frozenset[int]
    ) -> RowKind:
        heading = self._kind_of_heading(written, headings)
        if heading is not None:
            return heading
        if self._is_total(written, cells):
            return RowKind.SECTION
        filled = len(fields & cells.keys())
        if filled >= ENOUGH_FIELDS:
            return RowKind.ACTION
        number = cells.get(self.columns.get("number", 0))
        has_number = number is not None and bool(_NUMBER_LIKE.fullmatch(number.text.strip()))
        if has_number and filled > 1:
            return RowKind.ACTION
        if has_number and len(cells) == 1:
            return RowKind.LONE_NUMBER
        is_signed = all(cell.kind is Kind.TEXT and _SIGNATURE.match(cell.text) for cell in written)
        return RowKind.SIGNATURES if is_signed else RowKind.OTHER

    def _is_total(self, written: list[RawCell], cells: dict[int, RawCell]) -> bool:
        first = written[0]
        if first.kind is not Kind.TEXT or not may_be_heading(first) or not _TOTAL.match(plain_words(first.text)):
            return False
        return not any(self.columns.get(field, 0) in cells for field in ("indicator", "qualitative_progress"))

    def _is_section(self, row: TableRow, following: TableRow) -> bool:
        """Whether a row between actions only opens or sums up those beside it."""
        if row.kind is RowKind.OTHER:
            texts = {cell.text for cell in row.cells.values() if cell.kind not in NUMBERS}
            return sum(not FIGURE.fullmatch(text) for text in texts) == 1
        if row.kind is not RowKind.ACTION or len(row.cells) != _ACTION_BEGUN:
            return False
        # "1 Fortalecer la participación" over the actions 1.1 and 1.2.
        number, next_number = (
            line.cells[self.columns["number"]].text.strip() if self.columns.get("number", 0) in line.cells else ""
            for line in (row, following)
        )
        return bool(number) and next_number.startswith(f"{number.rstrip('.')}.")


def find_table(sheet: ParsedSheet, given: Given = Given(), office: Office = Office()) -> Table | None:  # noqa: B008  frozen
    """The first table of a plan on the sheet; None when no row names enough of its columns."""
    mapping = {header_words(header): field for header, field in given.mapping if field}
    headings = find_headings(sheet, mapping)
    if headings is None:
        return None
    above = tuple(cell for row, cells in sheet.rows.items() if row < headings.first_row for cell in cells)
    below = _below(sheet, headings)
    match = match_columns(headings, below, given, named_quarter(sheet, above), office)
    headers = _headers(headings, match, set(below) | _columns_below(sheet, headings))
    return Table(sheet, headings, match, headers, head_cells=above, header_cells=headings.cells())


def named_quarter(sheet: ParsedSheet, above: Iterable[RawCell]) -> int | None:
    """The quarter that is named above a table, or else in the name of its sheet."""
    texts = (*(cell.text for cell in above if may_be_heading(cell)), sheet.name)
    return next((quarter for text in texts if (quarter := quarter_in(text))), None)


def _below(sheet: ParsedSheet, headings: Headings) -> dict[int, list[RawCell]]:
    """The first cells under the headings, by column."""
    below: dict[int, list[RawCell]] = {}
    rows = [cells for row, cells in sheet.rows.items() if row > headings.last_row]
    for cells in rows[:_SAMPLE]:
        for cell in cells:
            if not (cell.kind is Kind.TEXT and (cell.text.isspace() or _BRACED_NUMBER.fullmatch(cell.text))):
                below.setdefault(cell.column, []).append(cell)
    return below


def _columns_below(sheet: ParsedSheet, headings: Headings) -> set[int]:
    return {cell.column for row, cells in sheet.rows.items() if row > headings.last_row for cell in cells}


def _headers(headings: Headings, match: Match, below: set[int]) -> dict[int, str]:
    """A name for every column with a label of its own or cells below; two alike get their group, or else " (2)"."""
    fields = set(match.columns.values())
    labelled = {column: one for column, one in headings.by_column.items() if one.label.column == column}
    alike: dict[str, int] = {}
    for one in labelled.values():
        alike[header_words(one.name)] = alike.get(header_words(one.name), 0) + 1
    headers: dict[int, str] = {}
    copies: dict[str, int] = {}
    for column in sorted(below | set(labelled)):
        heading = headings.by_column.get(column)
        name = heading.name if heading else nameless(column)
        if heading and column not in fields and (own := labelled.get(column)):
            is_bare_period = header_words(own.name) in {"trimestre", "total"}
            name = own.full_name if is_bare_period or alike[header_words(own.name)] > 1 else own.name
        header = name
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
    labelled = sorted(table.headers)
    left = _MOST_FILLED_CELLS
    for merge in table.sheet.merges:
        if merge.first_row == merge.last_row or merge.first_row <= table.headings.last_row:
            continue
        own = table.sheet.rows.get(merge.first_row, ())
        cell = next((cell for cell in own if cell.column == merge.first_column), None)
        over = bisect_right(labelled, merge.last_column) - bisect_right(labelled, merge.first_column - 1)
        if cell is None or over != 1:
            continue
        # Merges that overlap are no merges of Excel's; the budget keeps a file full of them from taking for ever.
        start = bisect_right(rows, merge.first_row)
        under = rows[start : min(bisect_right(rows, merge.last_row), start + left)]
        left -= len(under)
        for row in under:
            filled.setdefault(row, {})[merge.first_column] = cell
    return filled
