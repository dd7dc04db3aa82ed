"""An uploaded workbook becomes a plan with all that there is to say about it: accepted, rejected or unreadable.

It never raises for what the bytes hold, never stops at the first finding, and never drops a cell that it does not
know: unknown columns travel with the action.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from service.domain.checks import check_plan
from service.domain.findings import CellRef, Finding, FindingCode, has_errors
from service.domain.office import Office
from service.domain.plan import Action, DraftPlan, RowRef
from service.domain.reading import Accepted, Given, MappedColumn, Reading, Rejected, Unreadable
from service.domain.values import legible
from service.sheets.cells import CellParser, printed, read_text
from service.sheets.columns import BY_FIELD, COLUMNS
from service.sheets.guard import UnreadableWorkbook
from service.sheets.heads import Head, read_head
from service.sheets.parsed import NUMBERS, RawCell, address, column_letters, column_number
from service.sheets.tables import RowKind, Table, TableRow, find_table
from service.sheets.wording import header_words, one_line
from service.sheets.workbook import read_workbook

_ADDRESS: Final = re.compile(r"([A-Z]+)([0-9]+)")


def read_plan(content: bytes, given: Given, office: Office = Office()) -> Reading:  # noqa: ARG001, B008 an Office is frozen; the rules take it
    """The plan in a workbook of any content, with every finding in reading order."""
    try:
        sheets = read_workbook(content)
    except UnreadableWorkbook as refusal:
        return Unreadable((refusal.finding,))
    tables = [table for sheet in sheets if (table := find_table(sheet))]
    shown = [table for table in tables if not table.sheet.is_hidden] or tables
    if not shown:
        return Unreadable((FindingCode.TABLE_001.at(CellRef(sheets[0].name) if sheets else None),))
    reading = _read_table(shown[0], given)
    return _with_other_tables(reading, shown[0], [table for table in tables if table is not shown[0]])


def _with_other_tables(reading: Accepted | Rejected, read: Table, others: list[Table]) -> Reading:
    findings = list(reading.findings)
    for table in others:
        name = table.sheet.name
        if table.sheet.is_hidden:
            findings.append(FindingCode.TABLE_005.at(CellRef(name), value=name))
        else:
            findings.append(FindingCode.TABLE_002.at(CellRef(name), value=name, first=read.sheet.name))
    draft = reading.plan if isinstance(reading, Rejected) else reading.plan.as_draft()
    return _decided(draft, reading.mapping, tuple(findings))


def _read_table(table: Table, given: Given) -> Accepted | Rejected:
    head = read_head(table, given)
    sheet = table.sheet.name
    mapping = tuple(
        MappedColumn(field, sheet, column_letters(column), legible(table.headers[column]))
        for field, column in sorted(table.columns.items(), key=lambda item: item[1])
    )
    labels_at = CellRef(sheet, address(table.label_row, min(table.headers)))
    findings = [*head.findings]
    findings += [
        FindingCode.COLUMN_001.at(labels_at, column=column.header)
        for column in COLUMNS
        if column.field not in table.columns
    ]
    rows = _Rows(table, head)
    actions = tuple(rows.actions())
    findings += rows.findings
    if not actions:
        findings.append(FindingCode.TABLE_004.at(labels_at))
    draft = DraftPlan(head.year, head.quarter, head.version, head.title, head.objective, actions)
    findings += check_plan(draft, mapping)
    return _decided(draft, mapping, tuple(sorted(findings, key=_reading_order)))


def _decided(draft: DraftPlan, mapping: tuple[MappedColumn, ...], findings: tuple[Finding, ...]) -> Accepted | Rejected:
    plan = draft.complete()
    if plan is None or has_errors(findings):
        return Rejected(draft, mapping, findings)
    return Accepted(plan, mapping, findings)


def _reading_order(finding: Finding) -> tuple[int, int]:
    found = _ADDRESS.fullmatch(finding.place.cell) if finding.place else None
    return (int(found.group(2)), column_number(found.group(1))) if found else (0, 0)


class _Rows:
    """The rows of a table on their way to actions, with the findings that they leave behind."""

    def __init__(self, table: Table, head: Head) -> None:
        self._table = table
        self._head = head
        self._fields: dict[int, tuple[str, CellParser]] = {
            column: (field, BY_FIELD[field].parse) for field, column in table.columns.items()
        }
        self._extras = {column: legible(name) for column, name in table.headers.items() if column not in self._fields}
        # A merged cell is understood, and complained of, once: its rows share the very value.
        self._understood: dict[int, Any] = {}
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
                case RowKind.LONE_NUMBER:
                    self._say(FindingCode.ROW_004, row, next(iter(row.cells.values())))
                case RowKind.OTHER:
                    texts = " · ".join(one_line(printed(cell)) for cell in row.cells.values())
                    first = next(iter(row.cells.values()))
                    self.findings.append(FindingCode.ROW_003.at(self._place(first), value=texts, row=row.number))

    def _action(self, row: TableRow) -> Action:
        if row.number in self._table.sheet.hidden_rows:
            place = CellRef(self._table.sheet.name, address(row.number, min(row.cells)))
            self.findings.append(FindingCode.ROW_005.at(place, row=row.number))
        values: dict[str, Any] = dict.fromkeys(BY_FIELD)
        for column, (field, parse) in self._fields.items():
            cell = row.cells.get(column)
            if cell is None:
                place = CellRef(self._table.sheet.name, address(row.number, column))
                self.findings.append(FindingCode.CELL_001.at(place, column=self._table.headers[column]))
            else:
                values[field] = self._value(cell, row.number, parse)
        extras = tuple(
            (name, value)
            for column, name in self._extras.items()
            if (cell := row.cells.get(column)) and (value := self._value(cell, row.number, read_text)) is not None
        )
        return Action(**values, extras=extras, source=RowRef(self._table.sheet.name, row.number))

    def _value(self, cell: RawCell, row: int, parse: CellParser) -> Any:
        if cell.row != row and id(cell) in self._understood:
            return self._understood[id(cell)]
        value, trouble = parse(cell, self._table.sheet.epoch)
        if trouble is not None:
            self.findings.append(trouble.at(self._place(cell), self._table.headers[cell.column]))
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

    def _say(self, code: FindingCode, row: TableRow, cell: RawCell) -> None:
        text = printed(cell) if cell.kind in NUMBERS else cell.text
        self.findings.append(code.at(self._place(cell), value=text, row=row.number))

    def _place(self, cell: RawCell) -> CellRef:
        return CellRef(self._table.sheet.name, address(cell.row, cell.column))
