"""What is wrong with a file in more formats than one becomes the refusal that all their readers give."""

from __future__ import annotations

from itertools import pairwise
from operator import lt

from lxml import etree

from service.domain.findings import CellRef, FindingCode
from service.sheets.guard import UnreadableWorkbook, shown
from service.sheets.parsed import RawCell, address


def in_order(sheet: str, cells: list[RawCell]) -> tuple[RawCell, ...]:
    """The cells of a row from left to right; one that is there twice must say the same twice."""
    columns = [cell.column for cell in cells]
    if all(map(lt, columns, columns[1:])):
        return tuple(cells)
    cells.sort(key=lambda cell: cell.column)
    for left, right in pairwise(cells):
        if left.column == right.column and (left.kind, left.text) != (right.kind, right.text):
            raise UnreadableWorkbook(FindingCode.FILE_011.at(CellRef(sheet, address(left.row, left.column))))
    return tuple(cells)


def no_xml(part: str, error: etree.XMLSyntaxError) -> UnreadableWorkbook:
    """What is said of a part that is no XML.

    Raises:
        MemoryError: the parser had no room for it, so that nobody knows.
    """
    if error.code == etree.ErrorTypes.ERR_NO_MEMORY:  # type: ignore[attr-defined]  # the stubs forgot it
        raise MemoryError from error
    reason = f"la parte «{shown(part)}» no es XML correcto"
    return UnreadableWorkbook(FindingCode.FILE_006.at(reason=reason))
