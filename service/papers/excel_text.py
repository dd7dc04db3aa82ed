"""An Excel file -> what it says: the cells of its sheets as they are shown, and the headers and feet of its pages."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from service.domain.values import printed_date, printed_number
from service.papers.texts import PaperText, Row, Table, plain
from service.sheets.guard import Package
from service.sheets.parsed import FINITE_NUMBER, ISO_DAY, NUMBERS, Kind, ParsedSheet, RawCell
from service.sheets.workbook import read_package

# No report has more columns; what stands further to the right is told as one more.
_WIDEST: Final = 64
_FORMULA: Final = re.compile(rb"<(?:\w+:)?f[\s/>]")


def excel_text(package: Package) -> PaperText:
    """All that an Excel file says.

    Raises:
        UnreadableWorkbook: it is damaged, or larger than any report.
    """
    sheets = read_package(package)
    lines = [("encabezado o pie de página", plain(line)) for sheet in sheets for line in sheet.page_lines]
    lines += [("filas o columnas ocultas", told) for sheet in sheets for told in _hidden(sheet)]
    if any(name.startswith("xl/worksheets/") and _FORMULA.search(package.content(name)) for name in package.names):
        lines.append(("celdas con fórmulas", "Hay celdas con fórmulas, que pueden cambiar lo que muestran."))
    return PaperText(tuple(_table(sheet) for sheet in sheets), tuple(lines))


def _table(sheet: ParsedSheet) -> Table:
    rows = {number: row for number, cells in sheet.rows.items() if any(row := _row(cells))}
    return Table(f"hoja «{sheet.name}»", tuple(rows.values()), tuple(rows), is_sheet=True)


def _row(cells: tuple[RawCell, ...]) -> Row:
    texts = [""] * min(max((cell.column for cell in cells), default=0), _WIDEST)
    for cell in cells:
        at = min(cell.column, _WIDEST) - 1
        texts[at] = plain(f"{texts[at]} {_shown(cell)}")
    while texts and not texts[-1]:
        texts.pop()
    return tuple(texts)


def _hidden(sheet: ParsedSheet) -> Iterator[str]:
    if sheet.is_hidden:
        yield f"Hoja «{sheet.name}»."
    with_text = sorted(sheet.hidden_rows & sheet.rows.keys())
    if with_text:
        yield f"Hoja «{sheet.name}», filas {', '.join(map(str, with_text[:20]))}."
    columns = sorted(sheet.hidden_columns & {cell.column for cells in sheet.rows.values() for cell in cells})
    if columns:
        yield f"Hoja «{sheet.name}», columnas {', '.join(map(str, columns[:20]))}."


def _shown(cell: RawCell) -> str:
    """What a person sees in the cell, whichever of its formats the program that saved it last took."""
    if cell.kind in NUMBERS and FINITE_NUMBER.fullmatch(cell.text):
        number = Decimal(cell.text)
        if abs(number.adjusted()) > _WIDEST:
            return cell.text
        return f"{printed_number(number * 100)} %" if cell.kind is Kind.PERCENTAGE else printed_number(number)
    if cell.kind is Kind.DATE and (day := ISO_DAY.fullmatch(cell.text)):
        return printed_date(dt.date.fromisoformat(day[1]))
    return cell.text
