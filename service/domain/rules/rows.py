"""A plan as the rules look at it: the cells of a field, each with its place in the office's workbook."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from operator import attrgetter
from typing import Any, NamedTuple

from service.domain.findings import CellRef, Finding, FindingCode
from service.domain.plan import Action, DraftPlan
from service.domain.reading import MappedColumn
from service.domain.rules.words import bare, signs
from service.domain.values import Quarter


class Cell(NamedTuple):
    """What stands in one cell of the table, where, and in the row of which action."""

    action: Action
    value: Any
    column: MappedColumn

    @property
    def place(self) -> CellRef:
        """Sheet and address; of a merged cell the first."""
        return CellRef(self.action.source.sheet, f"{self.column.column}{self.action.source.row}")

    def says(self, code: FindingCode, *, value: str, proposal: str | None = None, **words: str | int) -> Finding:
        """A finding about this cell."""
        return code.at(self.place, column=self.column.header, value=value, proposal=proposal, **words)


class Rows:
    """The actions of a plan with the way back to their cells.

    A merged cell is one cell: its rows share the very value (see intake), and it is given once.
    """

    def __init__(
        self, plan: DraftPlan, mapping: Iterable[MappedColumn], extra_columns: Iterable[MappedColumn] = ()
    ) -> None:
        """`extra_columns`: where the columns stand that travel as extras, told by their header."""
        self.plan = plan
        self.quarter = Quarter(plan.year, plan.quarter) if plan.year and plan.quarter else None
        self._columns: dict[tuple[str, str], MappedColumn] = {}
        for column in mapping:
            self._columns[column.sheet, column.field] = column
        self._extras = {(column.sheet, column.header): column for column in extra_columns}
        self._first = {column.sheet: column for column in reversed(list(mapping))}

        self._cells: dict[str, tuple[Cell, ...]] = {}
        self._bare: dict[str, str] = {}
        self._signs: dict[str, tuple[bytes, ...]] = {}

    def cells(self, field: str) -> tuple[Cell, ...]:
        """The cells of a field that could be read, from the top down."""
        if field not in self._cells:
            self._cells[field] = tuple(self._found(field))
        return self._cells[field]

    def signs(self, field: str) -> tuple[bytes, ...]:
        """The signs of each of the field's cells (see words.py), for a field that holds texts."""
        if field not in self._signs:
            values = [cell.value for cell in self.cells(field)]
            known = {value: signs(value) for value in set(values)}
            self._signs[field] = tuple(map(known.__getitem__, values))
        return self._signs[field]

    def bare(self, text: str) -> str:
        """The bare form of an avance, which several rules look into."""
        low = self._bare.get(text)
        if low is None:
            low = self._bare[text] = bare(text)
        return low

    def _found(self, field: str) -> Iterator[Cell]:
        columns = {sheet: column for (sheet, name), column in self._columns.items() if name == field}
        last: Any = None
        for action, value in zip(self.plan.actions, map(attrgetter(field), self.plan.actions), strict=True):
            if value is None or value is last:
                continue
            last = value
            column = columns.get(action.source.sheet)
            if column is not None:
                yield Cell(action, value, column)

    def cell(self, action: Action, field: str) -> Cell | None:
        """The cell of a field in the row of an action; None where the sheet has no such column."""
        column = self._columns.get((action.source.sheet, field))
        return Cell(action, getattr(action, field), column) if column else None

    def extra_cell(self, action: Action, header: str, value: str) -> Cell:
        """The cell of an extra; the first of its row when nobody said where the column stands."""
        sheet = action.source.sheet
        column = self._extras.get((sheet, header))
        if column is None:
            letters = self._first[sheet].column if sheet in self._first else "A"
            column = MappedColumn("", sheet, letters, header)
        return Cell(action, value, column)

    def first_sheet(self) -> CellRef | None:
        """The sheet that the plan begins on, for what is said of the whole plan."""
        return CellRef(self.plan.actions[0].source.sheet) if self.plan.actions else None
