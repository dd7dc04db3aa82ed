"""A sheet of a finished workbook beside the template's -> what of it nobody sees, or sees in other letters.

Hidden sheets, rows and columns, print of another size, letters and formats of numbers: all are the template's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from service.domain.proof import Difference
from worker.documents.proof_excel_book import Book, Row, Sheet, Style, column_letters
from worker.documents.proof_excel_template import SheetMeasure

# Digits: a column that is narrower is not seen.
_NARROWEST: Final = 0.5
_SEEN, _UNSEEN = "a la vista", "no se ve"
# What shows something of a number; the rest of a format's code is texts of its own.
_SHOWING: Final = re.compile(r"[0#?@dmyhsG]", re.IGNORECASE)


def unseen(sheet: Sheet, measure: SheetMeasure, added: int) -> Iterator[Difference]:
    """What is hidden; `added` rows came in behind the one that repeats in the template."""
    template, place = measure.sheet, f"hoja «{sheet.name}»"
    if (sheet.state, sheet.hides_rows) != (template.state, template.hides_rows):
        yield Difference(place, _SEEN, _UNSEEN)
    model = measure.model
    wanted = {number + (added if model and number > model else 0) for number in template.hidden}
    if model in template.hidden:
        wanted |= set(range(model, model + added + 1))
    for number in sorted(sheet.hidden - wanted):
        yield Difference(f"{place}, fila {number}", _SEEN, _UNSEEN)
    if not any(width < _NARROWEST for _, _, width in template.widths):
        for first, _, width in sheet.widths:
            if width < _NARROWEST:
                yield Difference(f"{place}, columna {column_letters(first)}", _SEEN, _UNSEEN)
    if sheet.scale != template.scale:
        yield Difference(f"{place}, tamaño de impresión", template.scale or "100", sheet.scale or "100")


def other_letters(sheet: Sheet, book: Book, measure: SheetMeasure, template: Book, added: int) -> Iterator[Difference]:
    """Cells of the rows that repeat whose letters are not those of the template's row, or that show no number."""
    model = measure.model
    if not model:
        return
    letters = Letters(book, measure, template)
    for number in range(model, model + added + 1):
        row = sheet.rows.get(number)
        for column in letters.other(row) if row else ():
            place = f"hoja «{sheet.name}», celda {column_letters(column)}{number}"
            yield Difference(place, "la letra y el formato de la plantilla", "otros")


class Letters:
    """The letters of the template's row that repeats, and rows that are held to them."""

    def __init__(self, book: Book, measure: SheetMeasure, template: Book) -> None:
        self._book = book
        self._measure = measure
        styles = measure.sheet.rows[measure.model].styles
        self._fonts = {column: template.styles[style].font for column, style in styles.items()}
        self._good: set[tuple[tuple[int, int], ...]] = set()

    def other(self, row: Row) -> list[int]:
        """The columns of a row whose letters are others."""
        styles = tuple(row.styles.items())
        if styles in self._good:
            return []
        wrong = [
            column
            for column, style in styles
            if not _is_alike(self._book.styles[style], _font(self._fonts, column, self._measure))
        ]
        if not wrong:
            self._good.add(styles)
        return wrong


def _font(fonts: dict[int, str], column: int, measure: SheetMeasure) -> str | None:
    return fonts.get(measure.others if measure.others and column > measure.others else column)


def _is_alike(style: Style, font: str | None) -> bool:
    return (font is None or style.font == font) and (not style.code or _SHOWING.search(style.code) is not None)


def other_styles(book: Book, template: Book) -> Iterator[Difference]:
    """The template's formats that are not what they were; a finished workbook only adds to them."""
    changed = any(
        (one.font, one.code) != (other.font, other.code)
        for one, other in zip(book.styles, template.styles, strict=False)
    )
    if changed or len(book.styles) < len(template.styles):
        yield Difference("libro", "las letras y los formatos de la plantilla", "otros")
