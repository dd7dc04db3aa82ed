"""The sheets of an uploaded workbook -> those that are the office's own, and what was accepted in Folio's list.

A marked workbook that comes back holds two sheets of ours (see service.domain.marks): the list of findings, with the
reasons that a person typed, and the hidden memory, whose formulas know where each cell has moved since. One that was
made ready for the quarter holds a column with the texts of the quarter before, to be looked at and no part of the plan.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from service.domain.findings import CellRef, FindingCode
from service.domain.marks import CONSULTATION_MARK, FINDINGS_SHEET, HEADERS, MEMORY_HEADERS, MEMORY_SHEET
from service.domain.reading import Acceptance
from service.domain.values import legible
from service.sheets.parsed import NUMBERS, Kind, ParsedSheet

_NUMBER, _SHEET, _CELL, _REASON, _CODE = (
    HEADERS.index(name) for name in ("N.º", "Hoja", "Celda", "Aceptar con esta razón", "Código")
)


def is_findings_list(sheet: ParsedSheet) -> bool:
    """Whether a sheet is the list of findings that Folio put into a workbook."""
    return sheet.name.startswith(FINDINGS_SHEET) and _header_row(sheet, HEADERS) is not None


def without_marks(sheets: Iterable[ParsedSheet]) -> tuple[ParsedSheet, ...]:
    """The office's own sheets, and of them what is the office's own."""
    own = (sheet for sheet in sheets if not is_findings_list(sheet) and not _is_memory(sheet))
    return tuple(_without_consultation(sheet) for sheet in own)


def acceptances_in(sheets: Iterable[ParsedSheet]) -> tuple[Acceptance, ...]:
    """What a person let stand in the list of findings, each at the place where its cell is now.

    A row whose code is no longer in the catalogue, or whose cell was deleted since, accepts nothing.
    """
    sheets = tuple(sheets)
    moved = {number: place for sheet in sheets if _is_memory(sheet) for number, place in _places(sheet).items()}
    accepted = []
    for sheet in filter(is_findings_list, sheets):
        for row in _rows(sheet, HEADERS):
            code = FindingCode.__members__.get(row[_CODE])
            if code is None or not row[_REASON]:
                continue
            printed = CellRef(row[_SHEET], row[_CELL]) if row[_SHEET] else None
            place = moved.get(row[_NUMBER], printed) if row[_CELL] else printed
            if place is None or not place.cell.startswith("#"):
                accepted.append(Acceptance(code, place, legible(row[_REASON])))
    return tuple(accepted)


def _without_consultation(sheet: ParsedSheet) -> ParsedSheet:
    # Folio put them where nothing stood on the whole sheet: their header is the first text of its column, and a plan's
    # own text that happens to end so is not.
    first = {
        cell.column: cell for number in sorted(sheet.rows, reverse=True) for cell in sheet.rows[number] if cell.text
    }
    columns = {column for column, cell in first.items() if cell.text.endswith(CONSULTATION_MARK)}
    if not columns:
        return sheet
    rows = {
        row: kept
        for row, cells in sheet.rows.items()
        if (kept := tuple(cell for cell in cells if cell.column not in columns))
    }
    merges = tuple(merge for merge in sheet.merges if merge.first_column not in columns)
    return replace(sheet, rows=rows, merges=merges)


def _is_memory(sheet: ParsedSheet) -> bool:
    return sheet.name == MEMORY_SHEET and _header_row(sheet, MEMORY_HEADERS) is not None


def _places(memory: ParsedSheet) -> dict[str, CellRef]:
    """Where the cell of each finding is now. LibreOffice and Excel keep the formulas true when rows move."""
    return {row[0]: CellRef(row[1], row[2]) for row in _rows(memory, MEMORY_HEADERS) if row[2]}


def _header_row(sheet: ParsedSheet, headers: tuple[str, ...]) -> int | None:
    found = (
        number for number, cells in sheet.rows.items() if tuple(cell.text for cell in cells)[: len(headers)] == headers
    )
    return next(found, None)


def _rows(sheet: ParsedSheet, headers: tuple[str, ...]) -> Iterable[list[str]]:
    """The rows under the headers, a text for each column, empty where there is none; numbers without ".0"."""
    first = _header_row(sheet, headers)
    for number, cells in sheet.rows.items():
        if first is not None and number > first:
            row = [""] * len(headers)
            for cell in cells:
                if cell.column <= len(headers) and cell.kind is not Kind.NO_RESULT:
                    text = cell.text.strip()
                    row[cell.column - 1] = text.removesuffix(".0") if cell.kind in NUMBERS else text
            yield row
