"""A sheet of an office's workbook -> the same with some cells emptied, rewritten or shown again in a column of ours.

What a cell looks like is its style's affair and stays. A formula stays too: only the result that was stored with it
goes, and it is computed anew when the workbook is opened.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from copy import deepcopy
from functools import cache
from typing import Final

from lxml import etree
from openpyxl.utils import get_column_letter
from openpyxl.utils.cell import column_index_from_string

from worker.documents.mark_cells import MarkedSheet, bounds
from worker.documents.next_quarter_labels import Edit
from worker.documents.open_package import whole_number
from worker.documents.split_part import SplitPart

Place = tuple[int, int]
"""Row and column of a cell, from 1."""

_NUMBER: Final = re.compile(r"-?\d+(?:\.\d+)?(?:[Ee][-+]?\d+)?")
# A cell's column, and what it holds; an element with a prefix is none.
_CELL: Final = re.compile(rb'<c r="([A-Z]{1,3})\d+"(?: [\w:]+="[^"<>]*")*(?:/>|></c>|>(<(?:v|f|is)[\s/>]))')
_FORMULA: Final = re.compile(rb"<(?:[\w.-]+:)?f[\s/>]")
_SPACE: Final = "{http://www.w3.org/XML/1998/namespace}space"


class SharedTexts:
    """The texts that the cells of a workbook share; a text that changes becomes a new one behind the others."""

    def __init__(self, items: SplitPart | None) -> None:
        self._items = items

    def item(self, number: str | None) -> etree._Element | None:
        """The text with a number, as its element."""
        at = whole_number(number, -1)
        return self._items.element(at) if self._items is not None and 0 <= at < len(self._items) else None

    def changed(self, number: str | None, edits: tuple[Edit, ...]) -> str | None:
        """The number of a copy of a text with the edits made in it."""
        item = self.item(number)
        if item is None or self._items is None:
            return None
        copy = deepcopy(item)
        edit_pieces(copy, edits)
        etree.strip_attributes(self._items.frame, "count", "uniqueCount")
        return str(self._items.add(copy))


class PlanSheet(MarkedSheet):
    """One sheet while its quarter is changed; rows and columns count from 1."""

    def __init__(self, rows: SplitPart, texts: SharedTexts) -> None:
        super().__init__(rows)
        self._texts = texts
        # By row: ten thousand rows are mostly filled alike.
        self._filled: dict[int, tuple[int, ...]] = {}
        self._added: dict[Place, None] = {}
        alike: dict[tuple[int, ...], tuple[int, ...]] = {}
        for number in self._places:
            if columns := self._filled_in(number):
                self._filled[number] = alike.setdefault(columns, columns)
        merges = (bounds(one.get("ref", "")) for one in self.root.iter(self._tag("mergeCell")))
        self.merges = tuple(area for area in merges if area != (1, 1, 1, 1))

    @property
    def filled(self) -> Iterator[Place]:
        """Every cell that holds a value or a formula, in reading order; behind them those that were written here."""
        yield from ((row, column) for row, columns in self._filled.items() for column in columns)
        yield from self._added

    def filled_beside(self, rows: frozenset[int]) -> Iterator[Place]:
        """Those of them that stand in none of some rows."""
        yield from ((row, column) for row in self._filled if row not in rows for column in self._filled[row])
        yield from (place for place in self._added if place[0] not in rows)

    def over(self, place: Place) -> Place:
        """The cell that shows at a place: the first of the merged cells that cover it, or itself."""
        return self.anchor(self.address(*place))

    def text(self, place: Place) -> str:
        """The text in a cell; empty when it holds none, or a number."""
        cell = self._filled_cell(place)
        if cell is None:
            return ""
        match cell.get("t"):
            case "s":
                item = self._texts.item(cell.findtext(self._tag("v")))
                return text_of(item) if item is not None else ""
            case "inlineStr":
                inside = cell.find(self._tag("is"))
                return text_of(inside) if inside is not None else ""
            case "str":
                return cell.findtext(self._tag("v")) or ""
        return ""

    def number(self, place: Place) -> float | None:
        """The number that is written in a cell; None for texts, truths, errors and what a formula computed."""
        cell = self._filled_cell(place)
        if cell is None or cell.get("t", "n") != "n" or self._has_formula(cell):
            return None
        value = cell.findtext(self._tag("v")) or ""
        return float(value) if _NUMBER.fullmatch(value) else None

    def edit(self, place: Place, edits: tuple[Edit, ...]) -> bool:
        """Change a written text; its runs keep their formats. False for what a formula says."""
        cell = self._filled_cell(place)
        if cell is None or self._has_formula(cell):
            return False
        inside = cell.find(self._tag("is"))
        if inside is not None:
            edit_pieces(inside, edits)
            return True
        value = cell.find(self._tag("v"))
        number = self._texts.changed(value.text, edits) if value is not None and cell.get("t") == "s" else None
        if value is None or number is None:
            return False
        value.text = number
        return True

    def set_number(self, place: Place, number: float) -> None:
        """Write another number into a cell that holds one."""
        cell = self._filled_cell(place)
        value = cell.find(self._tag("v")) if cell is not None else None
        if value is not None:
            value.text = f"{number:g}" if number != int(number) else str(int(number))

    def empty(self, row: int, columns: frozenset[int]) -> None:
        """Take the values out of some cells of a row; a formula stays without its result."""
        emptied = set()
        for column in columns.intersection(self._filled.get(row, ())):
            cell = self._cells(row)[column]
            etree.strip_attributes(cell, "t", "cm", "vm")
            for child in list(cell):
                if child.tag != self._tag("f"):
                    cell.remove(child)
            if not self._has_formula(cell):
                emptied.add(column)
        if emptied:
            self._filled[row] = tuple(column for column in self._filled[row] if column not in emptied)

    def show_again(self, source: Place, place: Place, style: int) -> None:
        """Show in an empty cell what another one shows; of a formula its result, as a text."""
        self.restyle(*place, style)
        shown = self._filled_cell(source)
        if shown is None:
            return
        if self._has_formula(shown):
            if self.text(source):
                self.write(place, self.text(source), style)
            return
        cell = self._cells(place[0])[place[1]]
        for name, value in shown.items():
            if name == "t":
                cell.set("t", value)
        cell.extend(deepcopy(child) for child in shown)
        self._added[place] = None

    def write(self, place: Place, text: str, style: int) -> None:
        """Write a text into an empty cell, as `text` gives it: the escapes of the file stay in it."""
        self.restyle(*place, style)
        cell = self._cells(place[0])[place[1]]
        cell.set("t", "inlineStr")
        piece = etree.SubElement(etree.SubElement(cell, self._tag("is")), self._tag("t"))
        piece.text = text
        piece.set(_SPACE, "preserve")
        self._added[place] = None

    def drop_column(self, column: int) -> None:
        """Take out every cell of a column that is ours, its merges and what refuses input in it."""
        letters = get_column_letter(column).encode()
        for number in self._places:
            written = self._written(number)
            if written is None or any(own == letters for own, _ in written):
                cell = self._cells(number).get(column)
                if cell is not None:
                    self._row(number).remove(cell)
        self._cells_at = None
        self._filled = {row: tuple(at for at in columns if at != column) for row, columns in self._filled.items()}
        for tag, attribute in (("mergeCell", "ref"), ("dataValidation", "sqref")):
            for one in list(self.root.iter(self._tag(tag))):
                areas = [bounds(area) for area in one.get(attribute, "").split()]
                if areas and all((left, right) == (column, column) for left, _, right, _ in areas):
                    self._drop(one)
        self.merges = tuple(area for area in self.merges if (area[0], area[2]) != (column, column))

    def merge(self, column: int, first: int, last: int) -> None:
        """Merge some cells of a column downwards."""
        merged = self.root.find(self._tag("mergeCells"))
        if merged is not None:
            letters = get_column_letter(column)
            etree.SubElement(merged, self._tag("mergeCell"), {"ref": f"{letters}{first}:{letters}{last}"})
            merged.set("count", str(len(merged)))

    def widen(self, column: int, like: int) -> None:
        """Make a column as wide as another one, and visible; where no width is set, none is."""
        widths = self.root.find(self._tag("cols"))
        if widths is None:
            return
        found = {at: one for one in widths for at in (column, like) if _reaches(one, at)}
        for one in {id(one): one for at, one in found.items() if at == column}.values():
            self._split(one, column)
        width = found[like].get("width") if like in found else None
        if width:
            own = etree.Element(self._tag("col"), {"min": str(column), "max": str(column), "width": width})
            own.set("customWidth", "1")
            following = [one for one in widths if whole_number(one.get("min")) > column]
            if following:
                following[0].addprevious(own)
            else:
                widths.append(own)
        if len(widths) == 0:
            self.root.remove(widths)

    def headers_and_footers(self) -> Iterator[etree._Element]:
        """The texts that are printed over and under each page."""
        for all_ in self.root.iterchildren(self._tag("headerFooter")):
            yield from (one for one in all_ if isinstance(one.tag, str))

    def has_formulas(self) -> bool:
        """Whether anything on the sheet is computed."""
        return any(_FORMULA.search(piece) for piece in self._rows.pieces)

    def _filled_in(self, number: int) -> tuple[int, ...]:
        """The columns of a row in which something stands."""
        written = self._written(number)
        if written is None:
            cells = self._cells(number).items()
            return tuple(column for column, cell in cells if any(self._holds(child) for child in cell))
        return tuple([_column(letters) for letters, content in written if content])

    def _written(self, number: int) -> list[tuple[bytes, bytes]] | None:
        """The letters of each cell of a row and how its content begins; None where no pattern tells it for certain."""
        piece = self._rows.pieces[self._places[number]]
        found = _CELL.findall(piece)
        is_certain = 0 < len(found) == piece.count(b"<c") == len({letters for letters, _ in found})
        return found if is_certain else None

    def _holds(self, child: etree._Element) -> bool:
        return child.tag in {self._tag("v"), self._tag("is"), self._tag("f")}

    def _has_formula(self, cell: etree._Element) -> bool:
        return cell.find(self._tag("f")) is not None

    def _filled_cell(self, place: Place) -> etree._Element | None:
        """A cell that holds something."""
        row, column = place
        is_filled = column in self._filled.get(row, ()) or place in self._added
        return self._cells(row)[column] if is_filled else None

    def _split(self, one: etree._Element, column: int) -> None:
        """Make of one stretch of columns the one before `column` and the one behind it."""
        first, last = whole_number(one.get("min")), whole_number(one.get("max"))
        for start, end in ((first, column - 1), (column + 1, last)):
            if start <= end:
                part = deepcopy(one)
                part.set("min", str(start))
                part.set("max", str(end))
                one.addprevious(part)
        self._drop(one, keep_parent=True)

    def _drop(self, element: etree._Element, *, keep_parent: bool = False) -> None:
        parent = element.getparent()
        if parent is None:
            return
        parent.remove(element)
        if parent.get("count") is not None:
            parent.set("count", str(len(parent)))
        if len(parent) == 0 and not keep_parent:
            self._drop_empty(parent)

    def _drop_empty(self, element: etree._Element) -> None:
        parent = element.getparent()
        if parent is not None:
            parent.remove(element)


def column_of(letters: str) -> int:
    """The number of a column, from 1."""
    return column_index_from_string(letters)


@cache
def _column(letters: bytes) -> int:
    return column_of(letters.decode())


def text_of(holder: etree._Element) -> str:
    """What a text says, in however many runs; how it is pronounced is left out."""
    return "".join(piece.text or "" for piece in _pieces(holder))


def edit_pieces(holder: etree._Element, edits: Iterable[Edit]) -> None:
    """Make edits in a text; what is written anew stands in the run in which the old words began."""
    pieces = list(_pieces(holder))
    for edit in sorted(edits, reverse=True):
        start = 0
        fresh = edit.text
        for piece in pieces:
            own = piece.text or ""
            end = start + len(own)
            if edit.start < end and start < edit.end:
                left, right = max(edit.start - start, 0), min(edit.end - start, len(own))
                piece.text = own[:left] + fresh + own[right:]
                fresh = ""
            start = end


def _pieces(holder: etree._Element) -> Iterator[etree._Element]:
    for child in holder:
        name = etree.QName(child).localname if isinstance(child.tag, str) else ""
        if name == "t":
            yield child
        elif name == "r":
            yield from child.iterchildren("{*}t")


def _reaches(width: etree._Element, column: int) -> bool:
    return whole_number(width.get("min")) <= column <= whole_number(width.get("max"))
