"""The rows of a table become the actions of the plan, with the findings that they leave behind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from service.domain.checks import progress_is_due
from service.domain.findings import CellRef, Finding, FindingCode
from service.domain.plan import Action, RowRef
from service.domain.values import PlainText, legible
from service.sheets.cells import CellParser, Habits, is_surely_day_first, printed, proven_decimal_mark, read_text
from service.sheets.columns import BY_FIELD
from service.sheets.heads import Head
from service.sheets.parsed import NUMBERS, Kind, RawCell, address
from service.sheets.tables import RowKind, Table, TableRow
from service.sheets.wording import header_words, one_line

_LONGEST_FIGURE: Final = 20
_MOST_LISTED: Final = 12
_FIGURES_FIRST: Final = frozenset("0123456789-$ ")


def habits_of(tables: Iterable[Table]) -> Habits:
    """How the file writes numbers and dates as text, by those of its cells that can be read one way only."""
    tables = list(tables)
    marks = {",": 0, ".": 0}
    is_day_first = False
    for table in tables:
        number = table.columns.get("number")
        for row, cells in table.sheet.rows.items():
            if row <= table.headings.last_row:
                continue
            for cell in cells:
                text = cell.text
                if cell.kind is not Kind.TEXT or len(text) > _LONGEST_FIGURE or text[:1] not in _FIGURES_FIRST:
                    continue
                if cell.column == number:  # "1.10" is the tenth action of the first part, no quantity
                    continue
                text = text.strip("$% \xa0-")
                is_day_first = is_day_first or is_surely_day_first(text)
                if text.replace(".", "").replace(",", "").isdecimal() and (mark := proven_decimal_mark(text)):
                    marks[mark] += 1
    decimal_mark = "" if marks[","] == marks["."] else max(marks, key=lambda mark: marks[mark])
    return Habits(tables[0].sheet.epoch, decimal_mark, is_day_first)


class Rows:
    """The rows of a table on their way to actions; `lead` stands in for a column of leads that the table lacks."""

    def __init__(self, table: Table, head: Head, habits: Habits, lead: PlainText | None = None) -> None:
        self._table = table
        self._head = head
        self._habits = habits
        self._lead = lead
        self._fields: dict[int, tuple[str, CellParser]] = {
            column: (field, BY_FIELD[field].parse) for field, column in table.columns.items()
        }
        self._extras = {column: legible(name) for column, name in table.headers.items() if column not in self._fields}
        # A merged cell is understood, and complained of, once: its rows share the very value.
        self._understood: dict[int, Any] = {}
        self._has_merges = any(
            table.headings.last_row < merge.first_row < merge.last_row for merge in table.sheet.merges
        )
        self._sections: list[TableRow] = []
        self.findings: list[Finding] = []

    def actions(self) -> Iterator[Action]:
        """One action for each row that is one."""
        for row in self._table.rows():
            match row.kind:
                case RowKind.ACTION:
                    yield self._action(row)
                case RowKind.HEADING:
                    self.findings += self._contradictions(row)
                case RowKind.MOVED_HEADING:
                    self._say(FindingCode.TABLE_003, row, self._moved(row))
                case RowKind.SECTION:
                    self._sections.append(row)
                case RowKind.LONE_NUMBER:
                    self._say(FindingCode.ROW_004, row, next(iter(row.cells.values())))
                case RowKind.SIGNATURES:
                    pass  # people sign each report anew: they are settings of the office, and no part of the plan
                case RowKind.OTHER:
                    first = next(iter(row.cells.values()))
                    self.findings.append(FindingCode.ROW_003.at(self._place(first), value=_texts(row), row=row.number))
        if self._sections:
            self._say_sections()

    def _action(self, row: TableRow) -> Action:
        if row.number in self._table.sheet.hidden_rows:
            place = CellRef(self._table.sheet.name, address(row.number, min(row.cells)))
            self.findings.append(FindingCode.ROW_005.at(place, row=row.number))
        values: dict[str, Any] = dict.fromkeys(BY_FIELD)
        values["lead"] = self._lead
        cells = row.cells
        missing: list[tuple[str, int]] = []
        for column, (field, parse) in self._fields.items():
            cell = cells.get(column)
            if cell is None:
                missing.append((field, column))
            else:
                values[field] = self._value(cell, row.number, parse)
        for field, column in missing:
            # Half-yearly and yearly actions owe no avance in the quarters between.
            if field != "qualitative_progress" or progress_is_due(values["periodicity"], self._head.quarter):
                place = CellRef(self._table.sheet.name, address(row.number, column))
                self.findings.append(FindingCode.CELL_001.at(place, column=self._table.headers[column]))
        extras = tuple(
            (name, value)
            for column, name in self._extras.items()
            if (cell := cells.get(column)) and (value := self._value(cell, row.number, read_text)) is not None
        )
        return Action(**values, extras=extras, source=RowRef(self._table.sheet.name, row.number))

    def _value(self, cell: RawCell, row: int, parse: CellParser) -> Any:
        if cell.row != row and id(cell) in self._understood:
            return self._understood[id(cell)]
        value, trouble = parse(cell, self._habits)
        if trouble is not None:
            self.findings.append(trouble.at(self._place(cell), self._table.headers[cell.column]))
        if self._has_merges:
            self._understood[id(cell)] = value
        return value

    def _contradictions(self, row: TableRow) -> Iterator[Finding]:
        """What a page's heading says otherwise than the first one did: another year, quarter or version."""
        first = (*self._table.head_cells, *self._table.header_cells)
        known = {one_line(cell.text).casefold() for cell in first}
        for cell in row.cells.values():
            text = one_line(cell.text)
            if text.casefold() in known:
                continue
            words = header_words(text)
            alike = next((other for other in first if header_words(other.text) == words), None)
            other = alike or (self._head.version_cell if words.startswith("version") else None)
            if other is not None:
                at = address(other.row, other.column)
                yield FindingCode.PLAN_010.at(self._place(cell), value=text, what="Este encabezado", other=at)

    def _moved(self, row: TableRow) -> RawCell:
        places = self._table.headers
        moved = (
            cell for cell in row.cells.values() if header_words(cell.text) != header_words(places.get(cell.column, ""))
        )
        return next(moved, next(iter(row.cells.values())))

    def _say_sections(self) -> None:
        listed = _enumerated([str(row.number) for row in self._sections])
        first = next(iter(self._sections[0].cells.values()))
        value = " | ".join(map(_texts, self._sections))
        self.findings.append(FindingCode.ROW_006.at(self._place(first), value=value, rows=listed))

    def _say(self, code: FindingCode, row: TableRow, cell: RawCell) -> None:
        text = printed(cell) if cell.kind in NUMBERS else cell.text
        self.findings.append(code.at(self._place(cell), value=text, row=row.number))

    def _place(self, cell: RawCell) -> CellRef:
        return CellRef(self._table.sheet.name, address(cell.row, cell.column))


def _texts(row: TableRow) -> str:
    return " · ".join(one_line(printed(cell)) for cell in row.cells.values())


def _enumerated(words: list[str]) -> str:
    shown = words if len(words) <= _MOST_LISTED else [*words[:_MOST_LISTED], f"{len(words) - _MOST_LISTED} más"]
    return f"{', '.join(shown[:-1])} y {shown[-1]}" if len(shown) > 1 else shown[0]
