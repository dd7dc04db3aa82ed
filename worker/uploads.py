"""The bytes of an upload and the corrections of its cells -> an .xlsx package that has them.

Both doors of the worker come through here, so that whatever is made of the upload itself holds what the report says. A
package is changed cell by cell, and read again before anybody uses it; a file in another format is copied.
"""

from __future__ import annotations

from typing import Final

from service.domain.corrections import Correction
from service.domain.errors import UnmarkableWorkbook
from service.sheets.corrected import cell_of
from service.sheets.formats import read_sheets
from service.sheets.guard import UnreadableWorkbook
from service.sheets.parsed import NUMBERS, Kind, RawCell
from service.sheets.transcript import as_workbook
from worker.documents.corrected_cells import place_of, put_into_cells

_MEND: Final = "Ábralo en Excel, guárdelo otra vez y súbalo de nuevo."
_LOST: Final = f"El libro está dañado por dentro y la corrección de la celda {{cell}} no quedó en él. {_MEND}"
_UNREADABLE: Final = f"El libro está dañado por dentro y no se pudieron poner en él las correcciones. {_MEND}"


def as_corrected_workbook(upload: bytes, corrections: tuple[Correction, ...]) -> bytes:
    """The upload as a package with each correction in its cell; the very same bytes where there is nothing to do.

    Raises:
        UnreadableWorkbook: it cannot be read in any format.
        UnmarkableWorkbook: the reader could pass over a damaged part, but a correction cannot be put into it.
    """
    workbook = as_workbook(upload, corrections)
    if not corrections or workbook is not upload:
        return workbook
    corrected = put_into_cells(workbook, corrections)
    try:
        lost = _lost(corrected, corrections)
    except UnreadableWorkbook as refusal:
        raise UnmarkableWorkbook(_UNREADABLE, log=refusal.finding.message) from refusal
    if lost:
        raise UnmarkableWorkbook(_LOST.format(cell=lost.place.cell), log=f"{lost} is not in its cell")
    return corrected


def _lost(workbook: bytes, corrections: tuple[Correction, ...]) -> Correction | None:
    """The first correction that a reader does not find where it was put."""
    sheets = {sheet.name: sheet.rows for sheet in read_sheets(workbook).sheets}
    for one in corrections:
        row, column = place_of(one.place.cell)
        found = next((cell for cell in sheets[one.place.sheet].get(row, ()) if cell.column == column), None)
        if _value(found) != _value(cell_of(one, row, column)):
            return one
    return None


def _value(cell: RawCell | None) -> tuple[Kind, str | float] | None:
    """What a cell holds, however its thousands are shown; as many figures of a number as the file keeps."""
    if cell is None:
        return None
    if cell.kind in NUMBERS:
        return (Kind.NUMBER if cell.kind is Kind.GROUPED else cell.kind, float(cell.text))
    return cell.kind, cell.text
