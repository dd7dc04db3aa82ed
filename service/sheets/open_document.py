"""The package of an .ods file becomes its parsed sheets, in one pass over its XML.

Rows and cells that the file says are repeated are counted before they are made: a few bytes may ask for a million. What
is hidden is read and marked as such. It never follows a link, resolves an entity or computes a formula.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Final

from lxml import etree

from service.domain.findings import FindingCode
from service.sheets.guard import Package, UnreadableWorkbook
from service.sheets.page_texts import MOST_LINES
from service.sheets.parsed import (
    FINITE_NUMBER,
    ISO_DAY,
    LONGEST_NUMBER,
    MAX_CELLS,
    MAX_CHARACTERS,
    MAX_COLUMN,
    MAX_MERGES,
    MAX_ROW,
    MAX_SHEETS,
    Kind,
    Merge,
    ParsedSheet,
    RawCell,
)
from service.sheets.refusals import no_xml

_NAMESPACES: Final = {
    "office": "urn:oasis:names:tc:opendocument:xmlns:office:1.0",
    "table": "urn:oasis:names:tc:opendocument:xmlns:table:1.0",
    "text": "urn:oasis:names:tc:opendocument:xmlns:text:1.0",
    "style": "urn:oasis:names:tc:opendocument:xmlns:style:1.0",
    "calcext": "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0",
}
_ERROR: Final = re.compile(r"(?:Err:\d{3}|#[A-ZÁÉÍÓÚ¡/]+[!?]?)")
_NUMERIC: Final = {"float": Kind.NUMBER, "currency": Kind.GROUPED, "percentage": Kind.PERCENTAGE}


def _name(prefix: str, local: str) -> str:
    return f"{{{_NAMESPACES[prefix]}}}{local}"


_TABLE, _ROW, _COLUMN = _name("table", "table"), _name("table", "table-row"), _name("table", "table-column")
_CELL, _COVERED = _name("table", "table-cell"), _name("table", "covered-table-cell")
_STYLE, _PROPERTIES = _name("style", "style"), _name("style", "table-properties")
_PARAGRAPH, _SPACES, _TAB = _name("text", "p"), _name("text", "s"), _name("text", "tab")
_SPACES_COUNT, _MOST_SPACES = _name("text", "c"), 1_000
_BREAK, _NOTE = _name("text", "line-break"), _name("office", "annotation")
_MASTER_PAGE, _DISPLAY = _name("style", "master-page"), _name("style", "display")
_PAGE_PARTS: Final = tuple(
    _name("style", f"{place}{page}") for place in ("header", "footer") for page in ("", "-left", "-first")
)
_FILLED_IN: Final = tuple(
    _name("text", field) for field in ("page-number", "page-count", "sheet-name", "date", "time", "file-name", "title")
)
# Excel has 65,490 formats of cells at most.
_MOST_STYLES: Final = 100_000
_STYLES: Final = "styles.xml"
_CONTENT: Final = "content.xml"
_VALUE_TYPE, _FORMULA = _name("office", "value-type"), _name("table", "formula")
_COLUMNS_REPEATED = _name("table", "number-columns-repeated")
_ROWS_REPEATED = _name("table", "number-rows-repeated")


def read_open_document(package: Package) -> tuple[ParsedSheet, ...]:
    """Every sheet, in the order of its tabs.

    Raises:
        UnreadableWorkbook: the file is damaged or beyond the budgets.
        MemoryError: the process may not take what the file asks for.
    """
    part = _STYLES
    try:
        pages = _page_lines(package.read(part)) if part in package else {}
        part = _CONTENT
        return tuple(_Reader(package.read(part), pages).sheets())
    except etree.XMLSyntaxError as error:
        raise no_xml(part, error) from error


class _Reader:
    def __init__(self, content: bytes, pages: dict[str, tuple[str, ...]]) -> None:
        """`pages`: the lines in the header and footer of each kind of page, by its name."""
        self._content = content
        self._pages = pages
        self._pages_of_styles: dict[str, tuple[str, ...]] = {}
        self._cells_left = MAX_CELLS
        self._characters_left = MAX_CHARACTERS
        self._hidden_styles: set[str] = set()
        self._styles_left = _MOST_STYLES

    def sheets(self) -> Iterator[ParsedSheet]:
        """Each sheet when its element has ended."""
        sheet: _Sheet | None = None
        count = depth = 0
        parser = etree.iterparse(
            io.BytesIO(self._content),
            events=("start", "end"),
            tag=(_TABLE, _ROW, _COLUMN, _STYLE),
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
        )
        for event, element in parser:
            if element.tag == _TABLE:
                # A table may stand in a chart or a cell of another: only the outermost is a sheet.
                depth += 1 if event == "start" else -1
                if event == "start" and depth == 1:
                    count += 1
                    self._check(count <= MAX_SHEETS, f"tiene más de {MAX_SHEETS} hojas")
                    style = element.get(_name("table", "style-name"), "")
                    sheet = _Sheet(
                        element.get(_name("table", "name"), ""),
                        is_hidden=style in self._hidden_styles,
                        page_lines=self._pages_of_styles.get(style, ()),
                    )
                elif event == "end" and depth == 0 and sheet is not None:
                    yield sheet.parsed()
                    sheet = None
            if event == "end" and depth <= 1:
                if element.tag == _STYLE:
                    self._note_style(element)
                elif element.tag == _COLUMN and sheet is not None:
                    sheet.add_column(element)
                elif element.tag == _ROW and sheet is not None:
                    self._add_row(sheet, element)
                if element.tag != _TABLE or depth == 0:
                    element.clear()
                    _forget_before(element)

    def _note_style(self, element: etree._Element) -> None:
        self._styles_left -= 1
        self._check(self._styles_left >= 0, "tiene demasiados estilos")
        name, page = element.get(_name("style", "name"), ""), element.get(_name("style", "master-page-name"), "")
        if page in self._pages:
            self._pages_of_styles[name] = self._pages[page]
        properties = element.find(_PROPERTIES)
        if properties is not None and properties.get(_name("table", "display")) == "false":
            self._hidden_styles.add(name)

    def _add_row(self, sheet: _Sheet, element: etree._Element) -> None:
        try:
            self._read_row(sheet, element)
        except UnreadableWorkbook as refusal:
            raise refusal.on(sheet.name) from refusal

    def _read_row(self, sheet: _Sheet, element: etree._Element) -> None:
        repeated = _count(element.get(_ROWS_REPEATED), MAX_ROW)
        column = 1
        cells: list[tuple[int, Kind, str]] = []
        merges: list[Merge] = []
        for cell in element.iterchildren(_CELL, _COVERED):
            times = _count(cell.get(_COLUMNS_REPEATED), MAX_COLUMN)
            understood = self._understood(cell)
            if understood is not None:
                self._check(column + times - 1 <= MAX_COLUMN, "una fila tiene demasiadas celdas")
                self._spend_cells(times * repeated)
                cells += [(at, *understood) for at in range(column, column + times)]
            wide = _count(cell.get(_name("table", "number-columns-spanned")), MAX_COLUMN)
            high = _count(cell.get(_name("table", "number-rows-spanned")), MAX_ROW)
            if wide > 1 or high > 1:
                merges.append(Merge(sheet.next_row, column, sheet.next_row + high - 1, column + wide - 1))
            column += times
        sheet.add_rows(cells, merges, repeated, is_hidden=_is_hidden(element))
        self._check(len(sheet.merges) <= MAX_MERGES, "tiene demasiadas celdas combinadas")

    def _understood(self, cell: etree._Element) -> tuple[Kind, str] | None:
        declared = cell.get(_VALUE_TYPE)
        if declared is None and not len(cell):
            formula = cell.get(_FORMULA)
            return (Kind.NO_RESULT, formula.removeprefix("of:")) if formula else None
        if declared in _NUMERIC:
            value = cell.get(_name("office", "value"), "").strip()
            is_number = len(value) <= LONGEST_NUMBER and FINITE_NUMBER.fullmatch(value)
            return (_NUMERIC[declared] if is_number else Kind.NOT_A_NUMBER, value)
        if declared == "date":
            found = ISO_DAY.fullmatch(cell.get(_name("office", "date-value"), "").strip())
            if found:
                return (Kind.DATE, found.group(1))
        if declared == "boolean":
            return (Kind.TRUTH, "1" if cell.get(_name("office", "boolean-value")) == "true" else "0")
        spaces = sum(_count(each.get(_SPACES_COUNT), _MOST_SPACES) for each in cell.iter(_SPACES))
        self._check(spaces <= self._characters_left, "tiene demasiado texto")
        text = "\n".join(map(_text, cell.iterchildren(_PARAGRAPH)))
        if cell.get(_name("calcext", "value-type")) == "error" or (cell.get(_FORMULA) and _ERROR.fullmatch(text)):
            return (Kind.ERROR, text)
        self._characters_left -= len(text)
        self._check(self._characters_left >= 0, "tiene demasiado texto")
        return (Kind.TEXT, text) if text else None

    def _spend_cells(self, count: int) -> None:
        self._cells_left -= count
        self._check(self._cells_left >= 0, f"tiene más de {MAX_CELLS:,} celdas con contenido".replace(",", "."))

    @staticmethod
    def _check(is_good: bool, reason: str) -> None:  # noqa: FBT001  what is asserted comes first, as everywhere
        if not is_good:
            raise UnreadableWorkbook(FindingCode.FILE_008.at(reason=reason))


class _Sheet:
    """A sheet that is being read."""

    def __init__(self, name: str, *, is_hidden: bool, page_lines: tuple[str, ...]) -> None:
        self.name = name
        self._page_lines = page_lines
        self._is_hidden = is_hidden
        self._rows: dict[int, tuple[RawCell, ...]] = {}
        self._hidden_rows: set[int] = set()
        self._hidden_columns: set[int] = set()
        self._next_column = 1
        self.merges: list[Merge] = []
        self.next_row = 1

    def add_column(self, element: etree._Element) -> None:
        """Note what is hidden among columns that are declared before the rows."""
        times = _count(element.get(_COLUMNS_REPEATED), MAX_COLUMN)
        if _is_hidden(element):
            last = min(self._next_column + times, MAX_COLUMN + 1)
            self._hidden_columns.update(range(self._next_column, last))
        self._next_column += times

    def add_rows(
        self, cells: list[tuple[int, Kind, str]], merges: list[Merge], repeated: int, *, is_hidden: bool
    ) -> None:
        """The same row as many times as it is repeated; empty ones only count."""
        if cells or merges:
            if self.next_row + repeated - 1 > MAX_ROW:
                raise UnreadableWorkbook(FindingCode.FILE_008.at(reason="tiene demasiadas filas"))
            for row in range(self.next_row, self.next_row + repeated if cells else self.next_row):
                self._rows[row] = tuple(RawCell(row, *cell) for cell in cells)
                if is_hidden:
                    self._hidden_rows.add(row)
            self.merges += merges
        self.next_row += repeated

    def parsed(self) -> ParsedSheet:
        """The sheet, whole."""
        return ParsedSheet(
            name=self.name,
            rows=self._rows,
            merges=tuple(self.merges),
            hidden_rows=frozenset(self._hidden_rows),
            hidden_columns=frozenset(self._hidden_columns),
            is_hidden=self._is_hidden,
            page_lines=self._page_lines,
        )


def _page_lines(styles: bytes) -> dict[str, tuple[str, ...]]:
    """The lines in the headers and footers of each kind of page; what a program fills in is none of them."""
    pages: dict[str, tuple[str, ...]] = {}
    parser = etree.iterparse(
        io.BytesIO(styles), events=("end",), tag=_MASTER_PAGE, resolve_entities=False, no_network=True, huge_tree=False
    )
    for _, element in parser:
        shown = (part for part in element.iterchildren(*_PAGE_PARTS) if part.get(_DISPLAY, "true") != "false")
        paragraphs = [paragraph for part in shown for paragraph in part.iter(_PARAGRAPH)]
        for paragraph in paragraphs:
            etree.strip_elements(paragraph, *_FILLED_IN, with_tail=False)
        lines = (line.strip() for paragraph in paragraphs for line in _text(paragraph).splitlines())
        pages[element.get(_name("style", "name"), "")] = tuple(dict.fromkeys(filter(None, lines)))[:MOST_LINES]
    return pages


def _text(paragraph: etree._Element) -> str:
    """The text of a paragraph, its spans joined, notes left out; runs of spaces are written apart."""
    pieces = [paragraph.text or ""]
    for child in paragraph:
        if child.tag == _SPACES:
            pieces.append(" " * _count(child.get(_SPACES_COUNT), _MOST_SPACES))
        elif child.tag == _TAB:
            pieces.append("\t")
        elif child.tag == _BREAK:
            pieces.append("\n")
        elif child.tag != _NOTE and isinstance(child.tag, str):
            pieces.append(_text(child))
        pieces.append(child.tail or "")
    return "".join(pieces)


def _is_hidden(element: etree._Element) -> bool:
    return element.get(_name("table", "visibility"), "visible") != "visible"


def _count(declared: str | None, most: int) -> int:
    if declared is None:
        return 1
    return min(int(declared), most) if declared.isdecimal() and len(declared) <= 9 else 1  # noqa: PLR2004  fits an int


def _forget_before(element: etree._Element) -> None:
    parent = element.getparent()
    if parent is not None:
        while element.getprevious() is not None:
            del parent[0]
