"""A file in another format (.xls, .ods, .csv) -> an .xlsx package of the values that were read in it.

Every value stands in the cell where it was read, so that a finding's address is true in the copy. Formats, pictures and
formulas are not carried over, and the copy says of itself that it is one.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from typing import Final

from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.styles import Alignment, Border, Font, Side
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from service.domain.corrections import Correction
from service.domain.marks import TRANSCRIPT_NAME
from service.domain.typography import cell_lines, row_height
from service.domain.values import legible
from service.sheets.corrected import correct
from service.sheets.formats import read_sheets
from service.sheets.guard import UnreadableWorkbook
from service.sheets.parsed import Kind, ParsedSheet, RawCell, column_letters
from service.sheets.written import written

_TYPES: Final = b"[Content_Types].xml"
_ZIP_MARK: Final = b"PK\x03\x04"
_NOT_IN_A_NAME: Final = re.compile(r"[\[\]:*?/\\]")
_LONGEST_NAME: Final = 31
_LONGEST_TEXT: Final = 32_767
_WIDEST: Final = 60
_NARROWEST: Final = 7
_FORMATS: Final = {Kind.GROUPED: "#,##0.##########", Kind.PERCENTAGE: "0.##########%", Kind.DATE: "d/mm/yyyy"}
_SIZE: Final = 9.0
_TALLEST: Final = 409.0
_FONT: Final = Font(name="Arial", size=_SIZE)
_LINE: Final = Side(style="thin", color="FFBFC7D1")
_BOX: Final = Border(left=_LINE, right=_LINE, top=_LINE, bottom=_LINE)
_WRAPPED: Final = Alignment(vertical="top", wrap_text=True)


def as_workbook(content: bytes, corrections: Iterable[Correction] = ()) -> bytes:
    """The file itself when it is an .xlsx or .xlsm package, a copy of its values as .xlsx otherwise.

    The copy has the corrected values; a package is handed back as it is.

    Raises:
        UnreadableWorkbook: the file cannot be read in any format, or has no such cell.
    """
    if content.startswith(_ZIP_MARK) and _TYPES in content:
        return content
    corrected = correct(read_sheets(content).sheets, corrections)
    if corrected.refused:
        raise UnreadableWorkbook(corrected.refused[0])
    return transcript(corrected.sheets)


def transcript(sheets: tuple[ParsedSheet, ...]) -> bytes:
    """A package of these sheets with their values, merges and hidden rows."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for sheet in sheets:
        _write(book.create_sheet(_name(sheet.name, book)), sheet)
    if not any(sheet.sheet_state == "visible" for sheet in book.worksheets):
        book.create_sheet("Hoja")
    book.defined_names[TRANSCRIPT_NAME] = DefinedName(TRANSCRIPT_NAME, hidden=True, attr_text='"valores"')
    return written(book)


def _write(target: Worksheet, sheet: ParsedSheet) -> None:
    lengths: dict[int, list[int]] = {}
    for row, cells in sheet.rows.items():
        for raw in cells:
            cell = target.cell(row, raw.column)
            assert isinstance(cell, Cell)  # noqa: S101  nothing is merged before its values are written
            _fill(cell, raw)
            lengths.setdefault(raw.column, []).append(len(raw.text))
        if row in sheet.hidden_rows:
            target.row_dimensions[row].hidden = True
    for merge in sheet.merges:
        target.merge_cells(None, merge.first_row, merge.first_column, merge.last_row, merge.last_column)
    for column, found in lengths.items():
        # Three quarters of the way up: a title over the table is long and must not make its column so.
        usual = sorted(found)[3 * (len(found) - 1) // 4]
        target.column_dimensions[column_letters(column)].width = min(max(usual + 2, _NARROWEST), _WIDEST)
    _give_height(target, sheet)
    target.page_setup.orientation = "landscape"
    target.page_setup.fitToHeight = 0
    target.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    target.sheet_state = "hidden" if sheet.is_hidden else "visible"


def _give_height(target: Worksheet, sheet: ParsedSheet) -> None:
    """Rows in which every text shows: not all programs find them when they open a workbook."""
    over_several = {(merge.first_row, merge.first_column) for merge in sheet.merges}
    for row, cells in sheet.rows.items():
        lines = 1
        for raw in cells:
            if raw.kind is Kind.TEXT and (row, raw.column) not in over_several:
                width = target.column_dimensions[column_letters(raw.column)].width
                # 7 pixels a letter and 5 between columns; 4 pixels are 3 points.
                lines = max(lines, cell_lines(raw.text, (7 * width + 5) * 0.75, _SIZE))
        target.row_dimensions[row].height = min(row_height(lines, _SIZE), _TALLEST)


def _fill(cell: Cell, raw: RawCell) -> None:
    text = legible(raw.text)[:_LONGEST_TEXT]
    match raw.kind:
        case Kind.NUMBER | Kind.GROUPED | Kind.PERCENTAGE:
            cell.value = float(raw.text)
            cell.data_type = "n"
        case Kind.DATE:
            cell.value = dt.date.fromisoformat(raw.text)
        case Kind.TRUTH:
            cell.value = raw.text == "1"
        case _:
            # Text is text: what begins like a formula is none.
            cell.value = text
            cell.data_type = "s"
    if raw.kind in _FORMATS:
        cell.number_format = _FORMATS[raw.kind]
    cell.font, cell.border, cell.alignment = _FONT, _BOX, _WRAPPED


def _name(name: str, book: Workbook) -> str:
    """The sheet's own name, which findings and links use, wherever Excel admits it."""
    plain = _NOT_IN_A_NAME.sub(" ", name).strip("' ")[:_LONGEST_NAME] or "Hoja"
    return plain if plain.casefold() not in {one.casefold() for one in book.sheetnames} else f"{plain[:25]} copia"
