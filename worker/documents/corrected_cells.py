"""The office's own workbook and corrections of its cells -> the same workbook with the corrected values in them.

Only those cells are written anew. Each keeps its style, but for a format that would show a day or a percentage as
another number; a formula goes with the value that a person put in its place, and those that shared it keep theirs.
"""

from __future__ import annotations

import datetime as dt
import re
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Final

from lxml import etree
from openpyxl.formula.translate import Translator
from openpyxl.utils import get_column_letter
from openpyxl.utils.cell import column_index_from_string, coordinate_from_string

from service.domain.corrections import Correction, Entry, entered
from service.domain.errors import UnmarkableWorkbook
from service.domain.number_formats import Form
from worker.documents.mark_cells import MarkedSheet, bounds
from worker.documents.mark_styles import MarkStyles
from worker.documents.open_book import OpenBook, Tab
from worker.documents.splice import spelled
from worker.documents.split_part import SplitPart

_DAMAGED: Final = (
    "El libro está dañado por dentro y no se pudieron poner en él las correcciones. Ábralo en Excel, guárdelo otra vez "
    "y súbalo de nuevo."
)
_FORMULA: Final = re.compile(rb"<(?:\w+:)?f[\s/>]")
_SPACE: Final = "{http://www.w3.org/XML/1998/namespace}space"
_EPOCHS: Final = {False: dt.date(1899, 12, 30), True: dt.date(1904, 1, 1)}


def put_into_cells(workbook: bytes, corrections: Iterable[Correction]) -> bytes:
    """The package with what each correction says in its cell; the same arguments give the same bytes.

    Args:
        workbook: an .xlsx or .xlsm package that passed the guard.
        corrections: as a reading of it tells them: of merged cells the first.

    Raises:
        UnmarkableWorkbook: the reader could pass over a damaged part, but it cannot be changed.
    """
    by_sheet: dict[str, list[Correction]] = defaultdict(list)
    for one in corrections:
        by_sheet[one.place.sheet].append(one)
    try:
        return _put(OpenBook(workbook), by_sheet)
    except (etree.XMLSyntaxError, KeyError, ValueError, zlib.error, zipfile.BadZipFile) as error:
        raise UnmarkableWorkbook(_DAMAGED, log=repr(error)) from error


def place_of(address: str) -> tuple[int, int]:
    """Row and column of an A1 address, from 1."""
    letters, row = coordinate_from_string(address)
    return row, column_index_from_string(letters)


def _put(book: OpenBook, by_sheet: dict[str, list[Correction]]) -> bytes:
    styles = MarkStyles(book.styles())
    tabs = {tab.name: tab for tab in book.tabs if tab.kind == "worksheet"}
    is_computed = any(_FORMULA.search(book.package.read(tab.part)) for tab in tabs.values())
    for name, wanted in by_sheet.items():
        sheet = _CorrectedSheet(book.package.rows(tabs[name].part), _EPOCHS[book.starts_in_1904])
        for one in wanted:
            row, column = place_of(one.place.cell)
            if not one.after:
                sheet.empty(row, column)
                continue
            entry = entered(one.after)
            sheet.put(row, column, entry, styles.showing(sheet.style(row, column), entry))
            _rename_column(book, tabs[name], row, column, one.after)
    if is_computed:
        book.drop_calculation_chain()
        book.calculate_on_opening()
    return book.package.close()


def _rename_column(book: OpenBook, tab: Tab, row: int, column: int, text: str) -> None:
    """Excel's own tables say the headers of their columns once more, and must say the same."""
    for link in book.package.relations(tab.part):
        if link.kind != "table" or link.target not in book.package:
            continue
        table = book.package.tree(link.target)
        left, top, right, _ = bounds(table.get("ref", ""))
        if row == top and left <= column <= right and table.get("headerRowCount") != "0":
            columns = list(table.iter("{*}tableColumn"))
            columns[column - left].set("name", text)


class _CorrectedSheet(MarkedSheet):
    """One sheet while its cells are put right."""

    def __init__(self, rows: SplitPart, epoch: dt.date) -> None:
        super().__init__(rows)
        self._epoch = epoch

    def put(self, row: int, column: int, entry: Entry, style: int) -> None:
        """Write a value into a cell, which is made where there is none."""
        self.restyle(row, column, style)
        cell = self._cleared(row, column)
        if entry.form is Form.TEXT:
            cell.set("t", "inlineStr")
            piece = etree.SubElement(etree.SubElement(cell, self._tag("is")), self._tag("t"))
            piece.text = spelled(entry.text)
            piece.set(_SPACE, "preserve")
            return
        value = entry.text
        if entry.form is Form.DATE:
            value = str((dt.date.fromisoformat(value) - self._epoch).days)
        etree.SubElement(cell, self._tag("v")).text = value

    def empty(self, row: int, column: int) -> None:
        """Take the value out of a cell."""
        if row in self._places and column in self._cells(row):
            self._cleared(row, column)

    def _cleared(self, row: int, column: int) -> etree._Element:
        """The cell without anything in it; the file may have it twice, if it says the same twice."""
        own, cell = self._row(row), self._cells(row)[column]
        address = self.address(row, column)
        for other in list(own.iterchildren(self._tag("c"))):
            if other is not cell and other.get("r") == address:
                own.remove(other)
        formula = cell.find(self._tag("f"))
        for child in list(cell):
            cell.remove(child)
        etree.strip_attributes(cell, "t", "cm", "vm")
        if formula is not None and formula.get("t") == "shared" and formula.get("ref"):
            self._hand_on(formula, address)
        return self._cells(row)[column]

    def _hand_on(self, formula: etree._Element, address: str) -> None:
        """The first of the cells that share a formula says it for all: the next one does from now on."""
        heirs = [cell.get("r", "") for cell, _ in self._sharing(formula.get("si"))]
        if not heirs:
            return
        places = [place_of(reference) for reference in heirs]
        rows, columns = [row for row, _ in places], [column for _, column in places]
        first, last = get_column_letter(min(columns)), get_column_letter(max(columns))
        _, own = next(self._sharing(formula.get("si")))
        own.text = Translator(f"={formula.text or ''}", origin=address).translate_formula(heirs[0])[1:]
        own.set("ref", f"{first}{min(rows)}:{last}{max(rows)}")

    def _sharing(self, number: str | None) -> Iterator[tuple[etree._Element, etree._Element]]:
        """The cells that share a formula, and what each says of it, in reading order."""
        for row, at in self._places.items():
            if b"shared" in self._rows.pieces[at]:
                for cell in self._row(row).iterchildren(self._tag("c")):
                    for own in cell.iterchildren(self._tag("f")):
                        if own.get("t") == "shared" and own.get("si") == number:
                            yield cell, own
