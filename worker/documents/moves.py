"""Addresses of the template -> the pieces that write where they stand once the model row has become many rows."""

from __future__ import annotations

from openpyxl.utils import coordinate_to_tuple, get_column_letter

from worker.documents.references import Copy, Formula, UnsupportedReference, move_area, parse_formula
from worker.documents.splice import Filling, Piece, escape
from worker.documents.tags import Problems


def moved_row(row: int, sheet: str, counted_from: int = 1) -> Piece:
    """A row's number; `row` counts from 1, the written number from `counted_from`."""
    return lambda filling: str(_standing(filling, sheet, row) - 1 + counted_from)


def moved_cell(cell: str, sheet: str) -> Piece:
    """A cell's address."""
    row, column = coordinate_to_tuple(cell)
    return lambda filling: f"{get_column_letter(column)}{_standing(filling, sheet, row)}"


def moved_area(area: str, sheet: str) -> Piece:
    """Ranges of a sheet that has a model row."""
    return lambda filling: move_area(area, filling.layouts[sheet])


def moved_formula(formula: Formula, copy: Copy | None = None) -> Piece:
    """A formula outside the model row, or a rule of the model row's own cells (`copy`)."""
    return lambda filling: escape(formula.moved(filling.layouts, copy))


def read_formula(text: str, sheet: str, place: str, problems: Problems) -> Formula:
    """A formula that stands on `sheet`; one that cannot be moved is noted among the problems."""
    try:
        return parse_formula(text, sheet)
    except UnsupportedReference as error:
        problems.add(
            place,
            f"la referencia «{error}» no se puede mover: apunta a otro libro o a varias hojas, o no se puede leer. "
            "Use referencias a celdas de una sola hoja de este libro.",
        )
        return Formula((text,))


def _standing(filling: Filling, sheet: str, row: int) -> int:
    layout = filling.layouts.get(sheet)
    return layout.first_row(row) if layout else row
