"""A sheet of an office's workbook -> the same with some cells filled, noted and given drop-down lists.

Only the cells with findings are touched, and what the sheet must say about them (its notes, its lists). A cell that is
not there yet is made with the look that its row or column gives it.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterable
from typing import Final, TypeGuard

from lxml import etree
from openpyxl.utils import get_column_letter, range_boundaries
from openpyxl.utils.cell import column_index_from_string, coordinate_from_string

from service.domain.marks import NAME_PREFIX
from worker.documents.mark_notes import Grid
from worker.documents.open_package import whole_number
from worker.documents.split_part import SplitPart

# What stands behind the two elements that marks add to a sheet (ECMA-376, 18.3.1.99).
_BEHIND_LEGACY: Final = frozenset(
    {
        "legacyDrawingHF", "drawingHF", "picture", "oleObjects", "controls", "webPublishItems", "tableParts", "extLst",
        "AlternateContent",
    }
)  # fmt: skip
_BEHIND_LISTS: Final = _BEHIND_LEGACY | {
    "hyperlinks", "printOptions", "pageMargins", "pageSetup", "headerFooter", "rowBreaks", "colBreaks",
    "customProperties", "cellWatches", "ignoredErrors", "smartTags", "drawing", "legacyDrawing",
}  # fmt: skip
_POINTS_TO_PIXELS: Final = 4 / 3
_DIGIT_PIXELS: Final = 7
_PADDING_PIXELS: Final = 5
_USUAL_COLUMN: Final = 64
_USUAL_ROW: Final = 20
_FAR: Final = 100
_NUMBER_OF_ROW: Final = re.compile(r"\sr\s*=\s*[\"']([^\"']+)")
_SIZE_OF_ROW: Final = re.compile(r"\s(ht|hidden)\s*=\s*[\"']([^\"']+)")
_SIZE: Final = re.compile(r"\d{1,4}(?:\.\d+)?")
_TRUE: Final = frozenset({"1", "true"})


class MarkedSheet:
    """One sheet while it is marked: its rows, and what stands around them. Rows and columns count from 1.

    The elements of a row and of its cells are good only until another row is asked for.
    """

    def __init__(self, rows: SplitPart) -> None:
        self.root = rows.frame
        self.space = rows.space
        self._rows = rows
        self._places = self._numbered_rows()
        self._row_numbers = sorted(self._places)
        self._cells_at: tuple[etree._Element, dict[int, etree._Element]] | None = None
        self._dimension: tuple[int, int, int, int] | None = None
        self._merged: dict[int, list[tuple[int, int, int, int]]] = {}
        self._merged_far: list[tuple[int, int, int, int]] = []
        for one in self.root.iter(self._tag("mergeCell")):
            self._remember(bounds(one.get("ref", "")))

    def anchor(self, address: str) -> tuple[int, int]:
        """Row and column of a cell, or of the merged cell that covers it."""
        letters, row = coordinate_from_string(address)
        column = column_index_from_string(letters)
        for left, top, right, bottom in (*self._merged.get(row, ()), *self._merged_far):
            if left <= column <= right and top <= row <= bottom:
                return top, left
        return row, column

    @staticmethod
    def address(row: int, column: int) -> str:
        """The A1 address of a cell."""
        return f"{get_column_letter(column)}{row}"

    def style(self, row: int, column: int) -> int:
        """The style of a cell, or what it would have were it there."""
        if row in self._places:
            cell = self._cells(row).get(column)
            if cell is not None:
                return whole_number(cell.get("s"))
            own = self._row(row)
            if own.get("customFormat") in _TRUE:
                return whole_number(own.get("s"))
        for one in self.root.iterfind(f"{self._tag('cols')}/{self._tag('col')}"):
            if whole_number(one.get("min")) <= column <= whole_number(one.get("max")):
                return whole_number(one.get("style"))
        return 0

    def restyle(self, row: int, column: int, style: int) -> None:
        """Give a cell a style; it is made where there is none."""
        own, cells = self._row(row), self._cells(row)
        cell = cells.get(column)
        if cell is None:
            cell = etree.Element(self._tag("c"), {"r": self.address(row, column)})
            following = [other for at, other in cells.items() if at > column]
            if following:
                following[0].addprevious(cell)
                self._cells_at = None
            else:
                own.append(cell)
                cells[column] = cell
            etree.strip_attributes(own, "spans")
            self._stretch(row, column)
        if style:
            cell.set("s", str(style))
        else:
            etree.strip_attributes(cell, "s")

    def styled(self, styles: frozenset[int]) -> Iterable[tuple[int, int, int]]:
        """Row, column and style of each cell that has one of the styles."""
        wanted = {str(style) for style in styles}
        written = re.compile(rb"\ss\s*=\s*[\"'](?:%b)[\"']" % "|".join(sorted(wanted)).encode())
        pieces = self._rows.pieces
        for number in [number for number, at in self._places.items() if wanted and written.search(pieces[at])]:
            for column, cell in self._cells(number).items():
                if cell.get("s") in wanted:
                    yield number, column, whole_number(cell.get("s"))

    def grid(self) -> Grid:
        """The sizes of columns and rows, for placing the boxes of notes."""
        usual = self.root.find(self._tag("sheetFormatPr"))
        row_height, column_width = _USUAL_ROW, _USUAL_COLUMN
        if usual is not None:
            row_height = _row_pixels(usual.get("defaultRowHeight"), _USUAL_ROW)
            column_width = _column_pixels(usual.get("defaultColWidth"), _USUAL_COLUMN)
        columns = {}
        for one in self.root.iterfind(f"{self._tag('cols')}/{self._tag('col')}"):
            first, last = whole_number(one.get("min"), 1), whole_number(one.get("max"), 1)
            size = 0 if one.get("hidden") in _TRUE else _column_pixels(one.get("width"), column_width)
            columns.update(dict.fromkeys(range(first, min(last, first + 100) + 1), size))
        rows = {}
        for number, at in self._places.items():
            said = dict(_SIZE_OF_ROW.findall(self._rows.attributes(at)))
            if said:
                rows[number] = 0 if said.get("hidden") in _TRUE else _row_pixels(said.get("ht"), row_height)
        return Grid(column_width, row_height, columns, rows)

    def name_drawing(self, link: str, relations_space: str) -> None:
        """Say which drawing holds the boxes of the sheet's notes."""
        element = etree.Element(self._tag("legacyDrawing"), nsmap={"r": relations_space})
        element.set(f"{{{relations_space}}}id", link)
        self._insert(element, _BEHIND_LEGACY)

    def forget_drawing(self) -> None:
        """The inverse."""
        for element in self.root.findall(self._tag("legacyDrawing")):
            self.root.remove(element)

    def offer_list(self, letters: str, rows: Iterable[int], name: str, question: str) -> None:
        """A drop-down list of the values under a defined name, unless the column has a validation of its own.

        Args:
            letters: the column.
            rows: where the list is offered.
            name: the defined name of its words.
            question: what Excel asks when another value is typed; empty: it takes any.
        """
        if self._is_validated(column_index_from_string(letters)):
            return
        one = self._new_validation("list")
        if question:
            one.set("errorStyle", "warning")
        one.set("allowBlank", "1")
        if question:
            one.set("showErrorMessage", "1")
            one.set("errorTitle", "Folio")
            one.set("error", question)
        one.set("sqref", " ".join(f"{letters}{first}:{letters}{last}" for first, last in _stretches(rows)))
        etree.SubElement(one, self._tag("formula1")).text = name

    def refuse_input(self, letters: str, rows: Iterable[int], title: str, reason: str) -> None:
        """Have Excel refuse whatever is typed into some cells of a column, with the reason (at most 255 letters)."""
        one = self._new_validation("custom")
        one.set("showErrorMessage", "1")
        one.set("errorTitle", title)
        one.set("error", reason)
        one.set("sqref", " ".join(f"{letters}{first}:{letters}{last}" for first, last in _stretches(rows)))
        etree.SubElement(one, self._tag("formula1")).text = "FALSE"

    def remove_lists(self) -> None:
        """Take away the lists that `offer_list` gave."""
        for lists in self.root.findall(self._tag("dataValidations")):
            for one in list(lists):
                formula = one.find(self._tag("formula1"))
                if formula is not None and (formula.text or "").startswith(NAME_PREFIX):
                    lists.remove(one)
            lists.set("count", str(len(lists)))
            if len(lists) == 0:
                self.root.remove(lists)

    def _new_validation(self, kind: str) -> etree._Element:
        all_ = self.root.find(self._tag("dataValidations"))
        if all_ is None:
            all_ = etree.Element(self._tag("dataValidations"))
            self._insert(all_, _BEHIND_LISTS)
        one = etree.SubElement(all_, self._tag("dataValidation"))
        one.set("type", kind)
        all_.set("count", str(len(all_)))
        return one

    def _is_validated(self, column: int) -> bool:
        areas = []
        for one in self.root.iter("{*}dataValidation"):
            # The lists of newer versions of Excel stand in an extension, their area as a text.
            areas += [one.get("sqref", ""), *(area.text or "" for area in one.iter("{*}sqref"))]
        for area in " ".join(areas).split():
            left, _, right, _ = bounds(area)
            if left <= column <= right:
                return True
        return False

    def _numbered_rows(self) -> dict[int, int]:
        """The place of each row among the pieces by its number; a row that does not say it follows the one before."""
        places: dict[int, int] = {}
        number = 0
        for at in range(len(self._rows)):
            said = _NUMBER_OF_ROW.search(self._rows.attributes(at))
            number = int(said[1]) if said else number + 1
            places.setdefault(number, at)
        return places

    def _row(self, number: int) -> etree._Element:
        """A row, which is made where there is none."""
        if number not in self._places:
            at = bisect.bisect(self._row_numbers, number)
            before = self._places[self._row_numbers[at]] if at < len(self._row_numbers) else None
            self._places[number] = self._rows.add(etree.Element(self._tag("row"), {"r": str(number)}), before)
            self._row_numbers.insert(at, number)
        return self._rows.element(self._places[number])

    def _cells(self, number: int) -> dict[int, etree._Element]:
        """The cells of a row by their column, in order; one that does not say it follows the one before."""
        row = self._row(number)
        if self._cells_at is None or self._cells_at[0] is not row:
            cells: dict[int, etree._Element] = {}
            column = 0
            for cell in row.iterchildren(self._tag("c")):
                reference = cell.get("r")
                column = column_index_from_string(reference.rstrip("0123456789")) if reference else column + 1
                cells.setdefault(column, cell)
            self._cells_at = row, cells
        return self._cells_at[1]

    def _remember(self, area: tuple[int, int, int, int]) -> None:
        """By row: a sheet may have a hundred thousand merges; the few that reach far are asked each time."""
        _, top, _, bottom = area
        if bottom - top > _FAR:
            self._merged_far.append(area)
        else:
            for row in range(top, bottom + 1):
                self._merged.setdefault(row, []).append(area)

    def _stretch(self, row: int, column: int) -> None:
        """A false dimension makes some readers lose cells."""
        dimension = self.root.find(self._tag("dimension"))
        if dimension is None:
            return
        if self._dimension is None:
            self._dimension = bounds(dimension.get("ref", "A1"))
        left, top, right, bottom = self._dimension
        if not (left <= column <= right and top <= row <= bottom):
            self._dimension = min(left, column), min(top, row), max(right, column), max(bottom, row)
            left, top, right, bottom = self._dimension
            dimension.set("ref", f"{get_column_letter(left)}{top}:{get_column_letter(right)}{bottom}")

    def _insert(self, element: etree._Element, behind: frozenset[str]) -> None:
        following = (
            child for child in self.root if isinstance(child.tag, str) and etree.QName(child).localname in behind
        )
        found = next(following, None)
        if found is not None:
            found.addprevious(element)
        else:
            self.root.append(element)

    def _tag(self, name: str) -> str:
        return f"{{{self.space}}}{name}"


def bounds(area: str) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of an area, from 1; of what is none, the first cell."""
    try:
        left, top, right, bottom = range_boundaries(area)
    except ValueError:
        # No area at all: a formula that lost its cells, or what another program left there.
        return 1, 1, 1, 1
    return left or 1, top or 1, right or 16_384, bottom or 1_048_576


def _stretches(rows: Iterable[int]) -> list[tuple[int, int]]:
    """First and last of each run of rows that follow one another."""
    runs: list[tuple[int, int]] = []
    for row in sorted(set(rows)):
        if runs and runs[-1][1] == row - 1:
            runs[-1] = (runs[-1][0], row)
        else:
            runs.append((row, row))
    return runs


def _row_pixels(points: str | None, otherwise: int) -> int:
    return round(float(points) * _POINTS_TO_PIXELS) if _is_size(points) else otherwise


def _column_pixels(letters: str | None, otherwise: int) -> int:
    return round(float(letters) * _DIGIT_PIXELS) + _PADDING_PIXELS if _is_size(letters) else otherwise


def _is_size(text: str | None) -> TypeGuard[str]:
    return text is not None and _SIZE.fullmatch(text) is not None
