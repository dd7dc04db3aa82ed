"""A stored reading -> the table as Folio read it: a page of its rows, and the marks of what was found in its cells.

It works on the JSON that the store keeps: only the rows that are shown become texts, so that a page about ten thousand
actions is little heavier than one about ten. The workbook itself is not opened again.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from service.domain.archive import Json, reading_to_json
from service.domain.findings import CellRef, Finding, Severity
from service.domain.reading import Rejected, Unreadable
from service.domain.values import printed_date
from service.sheets.columns import COLUMNS

ROWS: Final = 50

_DATES: Final = frozenset({"starts_on", "ends_on"})
_ADDRESS: Final = re.compile("([A-Z]{1,3})([0-9]+)")
# What each of the official groups of columns spans, after "No.".
_OF_THE_PLAN: Final = 8
_NUMBER: Final = "number"
# More findings about whole columns or sheets than these are only in the list.
_MOST_ABOVE: Final = 20
_LONGEST_ROW: Final = 8


@dataclass(frozen=True, slots=True)
class Mark:
    """A finding as a cell shows it: `number` counts from 0 among all of the report's. `is_listed`: it can be led to."""

    number: int
    finding: Finding
    is_listed: bool


@dataclass(frozen=True, slots=True)
class ShownCell:
    """A cell: its text as it will be printed, or with `is_as_written` what the workbook says and was not understood.

    `anchor` is where findings lead; "" where none does.
    """

    text: str
    anchor: str = ""
    marks: tuple[Mark, ...] = ()
    is_as_written: bool = False


@dataclass(frozen=True, slots=True)
class ShownRow:
    """An action: where it stands in the workbook ("fila 6"), its number, its other ten cells, the office's own."""

    place: str
    number: ShownCell
    cells: tuple[ShownCell, ...]
    own: tuple[ShownCell, ...]


@dataclass(frozen=True, slots=True)
class UnderstoodTable:
    """What was understood of a plan: the words above the table, its headings, and its rows from `first` to `last`.

    Rows count from 1. `starts` are the first rows of the pages there are; none where only some rows can be shown, as
    of an upload that was refused. `above` are the first findings about whole columns, sheets or the file, and
    `above_total` how many there are. `leads` has the address of each finding's cell by its number.
    """

    title: str
    objective: str
    version: str
    plan_group: str
    budget_group: str
    progress_group: str
    plan_headers: tuple[str, ...]
    budget_header: str
    progress_header: str
    own_headers: tuple[str, ...]
    rows: tuple[ShownRow, ...]
    first: int
    last: int
    total: int
    starts: tuple[int, ...]
    above: tuple[Mark, ...]
    above_total: int
    leads: Mapping[int, str]

    @property
    def previous(self) -> int | None:
        """The first row of the page before; None on the first."""
        return self.first - ROWS if self.starts and self.first > ROWS else None

    @property
    def next(self) -> int | None:
        """The first row of the page after; None on the last."""
        return self.first + ROWS if self.starts and self.first + ROWS <= self.total else None


def understood_table(
    understood: Json, findings: Sequence[Finding], listed: Collection[int], *, address: str, asked: str = ""
) -> UnderstoodTable | None:
    """The page of the table that was asked for; None where nothing of a plan was understood.

    Args:
        understood: the reading, as the store keeps it.
        findings: the report's, in its order.
        listed: the numbers, from 0, of those that stand in the list that marks lead to.
        address: the page's own, without a query.
        asked: the first row as somebody wrote it: any row leads to its page, nonsense to the first.
    """
    if understood["plan"] is None:
        return None
    places = _Places(understood)
    total = len(places.actions)
    is_number = asked.isascii() and asked.isdigit() and len(asked) <= _LONGEST_ROW
    first = _page_of(min(max(int(asked), 1), max(total, 1)) - 1 if is_number else 0)
    shown = range(first - 1, min(first - 1 + ROWS, total))

    def lead(index: int) -> str:
        return "" if index in shown else f"{address}?filas={start}" if (start := _page_of(index)) > 1 else address

    table = _Table(places, findings, listed)
    return table.of(shown, lead, starts=tuple(range(1, total + 1, ROWS)))


def understood_of_refused(understood: Rejected | Unreadable | None) -> UnderstoodTable | None:
    """What was understood of a workbook that was refused: of a long table only the rows with something to correct."""
    if not isinstance(understood, Rejected):
        return None
    places = _Places(reading_to_json(understood))
    table = _Table(places, understood.findings, range(len(understood.findings)))
    rows: Sequence[int] = range(len(places.actions))
    if len(rows) > ROWS:
        rows = sorted(table.gravest_rows()[:ROWS])
    return table.of(rows, lambda _index: "", starts=())


def _page_of(index: int) -> int:
    return index // ROWS * ROWS + 1


class _Places:
    """Where the actions and the columns of a reading stand in the workbook."""

    def __init__(self, understood: Json) -> None:
        self.plan: Json = understood["plan"]
        self.actions: Sequence[Json] = self.plan["actions"]
        self._rows = {
            (action["source"]["sheet"], action["source"]["row"]): index for index, action in enumerate(self.actions)
        }
        self.sheets = list(dict.fromkeys(sheet for sheet, _ in self._rows))
        self._fields: dict[tuple[str, str], str] = {}
        self._letters: dict[tuple[str, str], str] = {}
        tables = understood.get("tables") or [{"mapping": understood["mapping"]}]
        for field, where in (pair for table in tables for pair in table["mapping"].items()):
            self._name(where, field)
        own = understood.get("extra_columns")
        # Readings that were kept before the office's own columns had a place only name them.
        named = (header for action in self.actions for header in action["extras"]) if own is None else ()
        self.own_headers = tuple(dict.fromkeys([*(column["header"] for column in own or ()), *named]))
        for column in own or ():
            self._name(column, f"={column['header']}")

    def _name(self, where: Json, field: str) -> None:
        self._fields[where["sheet"], where["column"]] = field
        self._letters[where["sheet"], field] = where["column"]

    def cell_of(self, place: CellRef | None) -> tuple[int, str] | None:
        """The action (from 0) and the field that a place is about; a column that is none of them is its row's."""
        address = _ADDRESS.fullmatch(place.cell) if place else None
        if place is None or address is None:
            return None
        index = self._rows.get((place.sheet, int(address[2])))
        return None if index is None else (index, self._fields.get((place.sheet, address[1]), _NUMBER))

    def anchor(self, index: int, field: str) -> str:
        """The name of a cell within the page: "celda-G6", of the second of several sheets "celda-2-G6"."""
        source = self.actions[index]["source"]
        sheet = f"{self.sheets.index(source['sheet']) + 1}-" if len(self.sheets) > 1 else ""
        return f"celda-{sheet}{self._letters.get((source['sheet'], field), 'fila-')}{source['row']}"

    def told(self, index: int) -> str:
        """Where an action stands, for a person."""
        source = self.actions[index]["source"]
        return f"{source['sheet']}, fila {source['row']}" if len(self.sheets) > 1 else f"fila {source['row']}"


class _Table:
    """The marks of all findings at their cells, and the rows that are asked for with them."""

    def __init__(self, places: _Places, findings: Sequence[Finding], listed: Collection[int]) -> None:
        self._places = places
        self._marks: dict[tuple[int, str], list[Mark]] = defaultdict(list)
        self._above: list[Mark] = []
        listed = listed if isinstance(listed, range) else frozenset(listed)
        for number, finding in enumerate(findings):
            cell, mark = places.cell_of(finding.place), Mark(number, finding, number in listed)
            (self._above if cell is None else self._marks[cell]).append(mark)

    def gravest_rows(self) -> list[int]:
        """The actions, from 0, about which something was found, those with errors first."""
        weights = {severity: weight for weight, severity in enumerate(Severity)}
        weight_of: dict[int, int] = {}
        for (index, _), marks in self._marks.items():
            gravest = min(len(weights) if mark.finding.accepted else weights[mark.finding.severity] for mark in marks)
            weight_of[index] = min(weight_of.get(index, gravest), gravest)
        return sorted(weight_of, key=lambda index: (weight_of[index], index))

    def of(self, rows: Sequence[int], lead: Callable[[int], str], starts: tuple[int, ...]) -> UnderstoodTable:
        places, plan = self._places, self._places.plan
        year = f" {plan['year']}" if plan["year"] else ""
        quarter = f" {plan['quarter']} TRIMESTRE" if plan["quarter"] else ""
        headers = [column.header for column in COLUMNS]
        in_rows = frozenset(rows)
        leads = {
            mark.number: f"{lead(index)}#{places.anchor(index, field)}"
            for (index, field), marks in self._marks.items()
            if starts or index in in_rows
            for mark in marks
            if mark.is_listed
        } | {mark.number: f"#sobre-{mark.number}" for mark in self._above[:_MOST_ABOVE] if mark.is_listed}
        return UnderstoodTable(
            title=plan["title"] or "",
            objective=plan["objective"] or "",
            version=plan["version"] or "",
            plan_group=f"PLAN DE ACCIÓN{year}",
            budget_group=f"PRESUPUESTO{year}",
            progress_group=f"SEGUIMIENTO{quarter}{year}",
            plan_headers=tuple(headers[1 : _OF_THE_PLAN + 1]),
            budget_header=headers[_OF_THE_PLAN + 1],
            progress_header=headers[_OF_THE_PLAN + 2],
            own_headers=places.own_headers,
            rows=tuple(self._row(index) for index in rows),
            first=rows[0] + 1 if rows else 0,
            last=rows[-1] + 1 if rows else 0,
            total=len(places.actions),
            starts=starts,
            above=tuple(self._above[:_MOST_ABOVE]),
            above_total=len(self._above),
            leads=leads,
        )

    def _row(self, index: int) -> ShownRow:
        action = self._places.actions[index]
        number, *cells = (self._cell(index, column.field, action[column.field]) for column in COLUMNS)
        extras = action["extras"]
        own = (self._cell(index, f"={header}", extras.get(header)) for header in self._places.own_headers)
        return ShownRow(self._places.told(index), number, tuple(cells), tuple(own))

    def _cell(self, index: int, field: str, value: str | None) -> ShownCell:
        marks = tuple(self._marks.get((index, field), ()))
        anchor = self._places.anchor(index, field) if marks else ""
        if value is None:
            written = next((mark.finding.value for mark in marks if mark.finding.value), "")
            return ShownCell(written, anchor, marks, is_as_written=bool(written))
        text = printed_date(dt.date.fromisoformat(value)) if field in _DATES else value
        return ShownCell(text, anchor, marks)
