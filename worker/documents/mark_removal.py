"""A workbook that Folio marked -> the office's own again: sheets, names, notes, lists and fills of ours taken out.

The workbook may have been through Excel or LibreOffice since, and its rows may have moved: notes lead from a marked
cell to the fill that it had, and where a note was deleted the cell's old address does.
"""

from __future__ import annotations

import re
from typing import Final

from lxml import etree

from service.domain.marks import FILLS, FINDINGS_SHEET, HEADERS, MEMORY_HEADERS, MEMORY_SHEET, NAME_PREFIX
from worker.documents.mark_cells import MarkedSheet
from worker.documents.mark_notes import Notes
from worker.documents.mark_styles import MarkStyles
from worker.documents.open_book import OpenBook, Tab

_COLOURS: Final = frozenset(FILLS.values())
_NUMBER: Final = re.compile(r"(\d+)(?:\.0)?")
_A1: Final = re.compile(r"[A-Z]{1,3}[1-9]\d*")


def remove_marks(book: OpenBook, styles: MarkStyles) -> None:
    """Take out whatever Folio put in; a workbook without marks stays as it is."""
    ours = [tab for tab in book.tabs if _is_ours(book, tab)]
    if not ours and not _has_names(book):
        return
    by_number, by_cell = _remembered(book, ours)
    for tab in book.tabs:
        if tab in ours or tab.kind != "worksheet":
            continue
        sheet = MarkedSheet(book.package.rows(tab.part))
        notes = Notes(book.package, tab.part, sheet.space)
        numbers = notes.numbers()
        for row, column, style in list(sheet.styled(styles.styles_filled(_COLOURS))):
            address = sheet.address(row, column)
            fill = by_number.get(numbers.get(address, 0), by_cell.get((tab.name, address), ""))
            sheet.restyle(row, column, styles.unmarked(style, fill))
        if notes.remove_ours() is not None:
            sheet.forget_drawing()
        sheet.remove_lists()
    book.remove_names(NAME_PREFIX)
    for tab in ours:
        book.remove_tab(tab)


def _is_ours(book: OpenBook, tab: Tab) -> bool:
    if tab.kind != "worksheet":
        return False
    if tab.name == MEMORY_SHEET:
        return _has_row(book, tab, MEMORY_HEADERS)
    return tab.name.startswith(FINDINGS_SHEET) and _has_row(book, tab, HEADERS)


def _has_row(book: OpenBook, tab: Tab, headers: tuple[str, ...]) -> bool:
    return any(tuple(row.get(at, "") for at in range(1, len(headers) + 1)) == headers for row in book.rows(tab))


def _has_names(book: OpenBook) -> bool:
    return any(name.startswith(NAME_PREFIX) for name in book.names())


def _remembered(book: OpenBook, ours: list[Tab]) -> tuple[dict[int, str], dict[tuple[str, str], str]]:
    """The fill that each finding's cell had, by the finding's number and by the cell."""
    by_number: dict[int, str] = {}
    by_cell: dict[tuple[str, str], str] = {}
    for tab in ours:
        if tab.name != MEMORY_SHEET:
            continue
        for row in book.rows(tab):
            number, address, fill = _NUMBER.fullmatch(row.get(1, "")), row.get(3, ""), row.get(4, "")
            if number and _A1.fullmatch(address) and _is_fill(fill):
                by_number[int(number.group(1))] = fill
                by_cell[row.get(2, ""), address] = fill
    return by_number, by_cell


def _is_fill(text: str) -> bool:
    """Whether a person left the memory alone: it is hidden, not locked."""
    try:
        return bool(etree.fromstring(text).tag == "fill")
    except etree.XMLSyntaxError:
        return False
