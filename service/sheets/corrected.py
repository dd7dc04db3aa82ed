"""The sheets of a file and the corrections of its cells -> the same sheets as if the cells had been written so.

Nothing has been interpreted yet: whatever reads a cell afterwards, checks and all, sees what a person put into it. A
correction is made at exactly its place, or none is made at all.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from service.domain.corrections import Correction, entered
from service.domain.findings import CellRef, Finding, FindingCode
from service.domain.number_formats import Form
from service.domain.values import legible
from service.sheets.cells import printed
from service.sheets.number_formats import KINDS
from service.sheets.parsed import MAX_ROW, Kind, ParsedSheet, RawCell, address, column_number
from service.sheets.wording import one_line

_ADDRESS: Final = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")
_SHOWN: Final = 80

_Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Corrected:
    """The sheets with the corrections that were made, each with what the file has there; or why none was."""

    sheets: tuple[ParsedSheet, ...]
    made: tuple[Correction, ...] = ()
    refused: tuple[Finding, ...] = ()


def correct(sheets: tuple[ParsedSheet, ...], corrections: Iterable[Correction]) -> Corrected:
    """Put each correction into its cell; of two of one cell the later. A merged cell is the first that it covers.

    A cell exists when its sheet has something in that row or below it, and in that column or to its right.
    """
    by_sheet: dict[str, list[Correction]] = defaultdict(list)
    for one in corrections:
        by_sheet[one.place.sheet].append(one)
    if not by_sheet:
        return Corrected(sheets)
    put_right: dict[str, ParsedSheet] = {}
    made: list[Correction] = []
    refused: list[Finding] = []
    known = {sheet.name: sheet for sheet in sheets}
    for name, wanted in by_sheet.items():
        if name not in known:
            refused += [_no_such_cell(one) for one in wanted]
            continue
        desk = _Desk(known[name], wanted)
        put_right[name] = desk.sheet()
        made += desk.made.values()
        refused += desk.refused
    if refused:
        return Corrected(sheets, refused=tuple(refused))
    return Corrected(tuple(put_right.get(sheet.name, sheet) for sheet in sheets), tuple(made))


def cell_of(correction: Correction, row: int, column: int, kind: Kind | None = None) -> RawCell | None:
    """The cell that a correction makes, None for an empty one; `kind` is that of the cell it takes the place of."""
    if not correction.after:
        return None
    entry = entered(correction.after)
    # The cell keeps its format: a number that is put where thousands are set apart is shown so.
    is_shown_grouped = entry.form is Form.NUMBER and kind is Kind.GROUPED
    return RawCell(row, column, Kind.GROUPED if is_shown_grouped else KINDS[entry.form], entry.text)


class _Desk:
    """One sheet while its cells are put right."""

    def __init__(self, sheet: ParsedSheet, corrections: list[Correction]) -> None:
        self._sheet = sheet
        self._last_row = max(sheet.rows, default=0)
        self._last_column = max((cells[-1].column for cells in sheet.rows.values() if cells), default=0)
        self.made: dict[_Place, Correction] = {}
        self.refused: list[Finding] = []
        self._cells: dict[_Place, RawCell | None] = {}
        places = [_place(one.place.cell) for one in corrections]
        first = self._covering({place for place in places if place})
        for one, place in zip(corrections, places, strict=True):
            if place is None:
                self.refused.append(_no_such_cell(one))
            else:
                self._correct(one, *first.get(place, place))

    def sheet(self) -> ParsedSheet:
        """The sheet with the cells that were put right."""
        rows = dict(self._sheet.rows)
        by_row: dict[int, dict[int, RawCell | None]] = defaultdict(dict)
        for (row, column), cell in self._cells.items():
            by_row[row][column] = cell
        for row, fresh in by_row.items():
            cells = {cell.column: cell for cell in rows.get(row, ())} | fresh
            kept = tuple(cell for _, cell in sorted(cells.items()) if cell is not None)
            if kept:
                rows[row] = kept
            else:
                rows.pop(row, None)
        return replace(self._sheet, rows=dict(sorted(rows.items())))

    def _correct(self, one: Correction, row: int, column: int) -> None:
        if row > self._last_row or column > self._last_column:
            self.refused.append(_no_such_cell(one))
            return
        own = next((cell for cell in self._sheet.rows.get(row, ()) if cell.column == column), None)
        said = legible(printed(own)) if own is not None else ""
        place = CellRef(self._sheet.name, address(row, column))
        if one.before is not None and _words(one.before) != _words(said):
            words = {"cell": place.cell, "sheet": place.sheet, "before": _shortened(one.before)}
            self.refused.append(FindingCode.CORRECTION_002.at(place, value=said, **words))
            return
        self._cells[row, column] = cell_of(one, row, column, own.kind if own is not None else None)
        self.made[row, column] = Correction(place, one.after, said)

    def _covering(self, places: set[_Place]) -> dict[_Place, _Place]:
        """For each place inside a merge where that begins; the price is one look at each merge."""
        in_order = sorted(places)
        first: dict[_Place, _Place] = {}
        for merge in self._sheet.merges:
            for at in range(bisect_left(in_order, (merge.first_row, 0)), len(in_order)):
                row, column = in_order[at]
                if row > merge.last_row:
                    break
                if merge.covers(row, column):
                    first[row, column] = (merge.first_row, merge.first_column)
        return first


def _place(cell: str) -> _Place | None:
    found = _ADDRESS.fullmatch(cell)
    row, column = (int(found[2]), column_number(found[1])) if found else (0, 0)
    return (row, column) if 0 < row <= MAX_ROW and column else None


def _no_such_cell(one: Correction) -> Finding:
    return FindingCode.CORRECTION_001.at(one.place, cell=one.place.cell, sheet=_shortened(one.place.sheet))


def _words(text: str) -> str:
    return one_line(unicodedata.normalize("NFC", text))


def _shortened(text: str) -> str:
    text = legible(text)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
