"""An .xlsx or .xlsm file becomes its parsed sheets, their rows read by pattern or, where that is not enough, parsed.

It assumes nothing that a writer may get wrong: rows and cells in any order, references left out, a false dimension,
either namespace of the standard (transitional and Strict). What is hidden is read and marked as such. It never
follows a link, resolves an entity or computes a formula.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from lxml import etree

from service.domain.findings import FindingCode
from service.sheets.elements import elements_in
from service.sheets.guard import Package, UnreadableWorkbook, open_package
from service.sheets.number_formats import kinds_of_styles
from service.sheets.page_texts import page_lines
from service.sheets.parsed import (
    EPOCH_1900,
    EPOCH_1904,
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
    column_number,
    serial_date,
)
from service.sheets.refusals import in_order, no_xml
from service.sheets.regular import (
    Irregular,
    WrittenCell,
    WrittenRow,
    decoded,
    rows_in,
    split_sheet,
    split_texts,
    texts_in,
)

_TRUE: Final = frozenset({"1", "true", "on"})
_PAGE_TEXTS: Final = tuple(f"{{*}}{page}{place}" for place in ("Header", "Footer") for page in ("odd", "even", "first"))
_REFERENCE: Final = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")


def read_workbook(content: bytes) -> tuple[ParsedSheet, ...]:
    """Every sheet of cells, in the order of the workbook's tabs.

    Raises:
        UnreadableWorkbook: the file is no .xlsx, is damaged, hostile or beyond the budgets.
        MemoryError: the process may not take what the file asks for.
    """
    return read_package(open_package(content))


def read_package(package: Package) -> tuple[ParsedSheet, ...]:
    """`read_workbook` for a package that has passed the guard; its macros are never touched."""
    return _Workbook(package).sheets()


@dataclass(frozen=True, slots=True)
class _Tab:
    name: str
    part: str
    is_hidden: bool


class _Workbook:
    """What the sheets of one package share: strings, formats of numbers and the date system."""

    def __init__(self, package: Package) -> None:
        self._package = package
        self._cells_left = MAX_CELLS
        self._characters_left = MAX_CHARACTERS
        self._days: dict[str, tuple[Kind, str]] = {}
        main = next((target for kind, _, target in self._relationships("") if kind == "officeDocument"), None)
        if main is None:
            raise _damaged("no dice cuál de sus partes es el libro")
        related = [(kind, id_, target) for kind, id_, target in self._relationships(main)]
        parts = {id_: target for kind, id_, target in related if kind == "worksheet"}
        self._epoch = EPOCH_1900
        self._tabs: list[_Tab] = []
        for element in self._elements(main, "{*}workbookPr", "{*}sheet"):
            if element.tag.endswith("}workbookPr"):
                self._epoch = EPOCH_1904 if element.get("date1904") in _TRUE else EPOCH_1900
            else:
                id_ = next((value for key, value in element.items() if str(key).endswith("}id")), "")
                part = parts.get(str(id_))
                is_hidden = element.get("state", "visible") != "visible"
                if part is not None:
                    self._tabs.append(_Tab(element.get("name", ""), part, is_hidden))
        if len(self._tabs) > MAX_SHEETS:
            raise _too_large(f"tiene más de {MAX_SHEETS} hojas")
        by_kind = {kind: target for kind, _, target in related}
        self._formats = self._read_formats(by_kind.get("styles"))
        self._strings = self._read_strings(by_kind.get("sharedStrings"))

    def sheets(self) -> tuple[ParsedSheet, ...]:
        """All sheets, read."""
        return tuple(map(self._sheet, self._tabs))

    def _sheet(self, tab: _Tab) -> ParsedSheet:
        try:
            return self._read_sheet(tab)
        except etree.XMLSyntaxError as error:
            raise no_xml(tab.part, error).on(tab.name) from error
        except UnreadableWorkbook as refusal:
            raise refusal.on(tab.name) from refusal

    def _elements(self, part: str, *tags: str) -> Iterator[etree._Element]:
        try:
            yield from elements_in(self._package.read(part), *tags)
        except etree.XMLSyntaxError as error:
            raise no_xml(part, error) from error

    def _relationships(self, part: str) -> Iterator[tuple[str, str, str]]:
        """Last word of the relationship's type, its id, and the part it leads to."""
        folder, name = posixpath.split(part)
        relations = posixpath.join(folder, "_rels", f"{name}.rels")
        if relations not in self._package:
            return
        for element in self._elements(relations, "{*}Relationship"):
            if element.get("TargetMode") != "External":
                target = posixpath.normpath(posixpath.join("/", folder, element.get("Target", "")))
                yield element.get("Type", "").rsplit("/", 1)[-1], element.get("Id", ""), target.lstrip("/")

    def _read_formats(self, part: str | None) -> Mapping[str, Kind]:
        """For each cell style, by its number as cells write it, how a number in it is shown."""
        if part is None or part not in self._package:
            return {}
        content = self._package.read(part)
        try:
            return kinds_of_styles(content)
        except etree.XMLSyntaxError as error:
            raise no_xml(part, error) from error

    def _read_strings(self, part: str | None) -> dict[str, tuple[Kind, str] | None]:
        """What cells with the shared texts hold, by the texts' number as cells write it."""
        strings: dict[str, tuple[Kind, str] | None] = {}
        if part is None or part not in self._package:
            return strings
        content = self._package.read(part)
        try:
            rest, written = split_texts(content)
            texts: Iterable[str] = map(_rich_text, elements_in(rest, "{*}si"))
            texts = [*texts, *texts_in(written)]
        except (Irregular, etree.XMLSyntaxError):
            texts = map(_rich_text, self._elements(part, "{*}si"))
        for number, text in enumerate(texts):
            self._spend_characters(len(text))
            strings[str(number)] = (Kind.TEXT, text) if text else None
        return strings

    def _spend_characters(self, count: int) -> None:
        self._characters_left -= count
        if self._characters_left < 0:
            raise _too_large("tiene demasiado texto")

    def _read_sheet(self, tab: _Tab) -> ParsedSheet:
        part = self._package.read(tab.part)
        budgets = self._cells_left, self._characters_left
        try:
            rest, written = split_sheet(part)
            outline = _Outline(rest)
            rows, hidden = self._read_rows(rows_in(written))
        except Irregular:
            self._cells_left, self._characters_left = budgets
            outline = _Outline()
            rows, hidden = self._read_rows(outline.rows_of(part))
        return ParsedSheet(
            name=tab.name,
            rows={row: in_order(tab.name, rows[row]) for row in sorted(rows) if rows[row]},
            merges=tuple(outline.merges),
            hidden_rows=frozenset(hidden),
            hidden_columns=frozenset(outline.hidden_columns),
            is_hidden=tab.is_hidden,
            epoch=self._epoch,
            page_lines=page_lines(outline.page_texts),
        )

    def _read_rows(self, written: Iterable[WrittenRow]) -> tuple[dict[int, list[RawCell]], set[int]]:
        """The cells by row, in no order yet, and the rows that are hidden."""
        rows: dict[int, list[RawCell]] = {}
        hidden: set[int] = set()
        row = 0
        for number, is_hidden, cells in written:
            row = _row_number(number, row + 1)
            if is_hidden:
                hidden.add(row)
            self._read_row(row, cells, rows)
            if self._cells_left < 0:
                raise _too_large(f"tiene más de {MAX_CELLS:,} celdas con contenido".replace(",", "."))
        return rows, hidden

    def _read_row(self, row: int, written: list[WrittenCell], rows: dict[int, list[RawCell]]) -> None:
        digits = str(row)
        line = rows.setdefault(row, [])
        at, column, left = row, 0, self._cells_left
        for reference, style, declared, formula, value in written:
            if reference is None:
                column += 1
            elif not (reference.endswith(digits) and (column := column_number(reference[: -len(digits)]))):
                at, column = _place(reference)
            if column > MAX_COLUMN:
                raise _damaged("una fila tiene más celdas que las que admite Excel")
            understood = self._understood(style, declared, formula, value)
            if understood is not None:
                left -= 1
                (line if at == row else rows.setdefault(at, [])).append(RawCell(at, column, *understood))
            at = row
        self._cells_left = left

    def _understood(
        self, style: str | None, declared: str | None, formula: str | None, value: str | None
    ) -> tuple[Kind, str] | None:
        if declared == "s" and value and value in self._strings:
            return self._strings[value]
        if declared == "inlineStr":
            return None if value is None else self._text(value)
        # An empty result is one only of a text: openpyxl writes an empty value for what it has not computed.
        if formula is not None and (value is None or (not value and declared != "str")):
            return (Kind.NO_RESULT, f"={formula}")
        if value is None:
            return None
        if declared == "s":
            raise _damaged("una celda remite a un texto que no está en el libro")
        if declared is None or declared == "n":
            return self._number(value.strip(), style)
        return self._rarer(declared, value)

    def _rarer(self, declared: str, value: str) -> tuple[Kind, str] | None:
        match declared:
            case "str":
                return self._text(decoded(value))
            case "b":
                return (Kind.TRUTH, value.strip())
            case "e":
                return (Kind.ERROR, value.strip())
            case "d":
                found = ISO_DAY.fullmatch(value.strip())
                return (Kind.DATE, found.group(1)) if found else (Kind.TEXT, value)
            case _:
                raise _damaged("una celda es de un tipo que no existe")

    def _text(self, text: str) -> tuple[Kind, str] | None:
        self._spend_characters(len(text))
        return (Kind.TEXT, text) if text else None

    def _number(self, value: str, style: str | None) -> tuple[Kind, str] | None:
        if not value:
            return None
        is_figures = value.isascii() and (value.isdecimal() or FINITE_NUMBER.fullmatch(value))
        if not is_figures or len(value) > LONGEST_NUMBER:
            return (Kind.NOT_A_NUMBER, value)
        kind = self._formats.get(style or "0", Kind.NUMBER)
        if kind is not Kind.DATE:
            return (kind, value)
        if value not in self._days:
            day = serial_date(float(value), self._epoch)
            self._days[value] = (Kind.DATE, day.isoformat()) if day else (Kind.NUMBER, value)
        return self._days[value]


class _Outline:
    """What a worksheet says of its columns, merges and printed pages, beside its rows."""

    def __init__(self, without_rows: bytes = b"") -> None:
        """`without_rows`: a worksheet whose rows were taken out; `Irregular` when some are left."""
        self.merges: list[Merge] = []
        self.hidden_columns: set[int] = set()
        self.page_texts: list[str] = []
        self._columns_left = 4 * MAX_COLUMN
        if without_rows and any(self.rows_of(without_rows)):
            raise Irregular

    def rows_of(self, part: bytes) -> Iterator[WrittenRow]:
        """The rows of a worksheet as a parser reads them, whatever stands between them; the rest is taken down."""
        for element in elements_in(part, "{*}row", "{*}mergeCell", "{*}col", *_PAGE_TEXTS):
            if element.tag.endswith("}mergeCell"):
                self.merges.append(_merge(element.get("ref", "")))
                if len(self.merges) > MAX_MERGES:
                    raise _too_large("tiene demasiadas celdas combinadas")
            elif element.tag.endswith("}col"):
                columns = _columns(element)
                self._columns_left -= 1 + len(columns)
                if self._columns_left < 0:
                    raise _damaged("habla de más columnas que las que admite Excel")
                if element.get("hidden") in _TRUE:
                    self.hidden_columns.update(columns)
            elif element.tag.endswith(("Header", "Footer")):
                self.page_texts.append(decoded(element.text or ""))
            else:
                namespace = element.tag[: -len("row")]
                cells = [_written(cell, namespace) for cell in element.iterchildren(f"{namespace}c")]
                yield element.get("r"), element.get("hidden") in _TRUE, cells


def _written(cell: etree._Element, namespace: str) -> WrittenCell:
    value = formula = inline = None
    for child in cell:
        name = child.tag[len(namespace) :]
        if name == "v":
            value = child.text or ""
        elif name == "f":
            formula = child.text or ""
        elif name == "is":
            inline = child
    declared = cell.get("t")
    if declared == "inlineStr":
        value = None if inline is None else _rich_text(inline)
    return cell.get("r"), cell.get("s"), declared, formula, value


def _rich_text(item: etree._Element) -> str:
    """The text of a string item: its runs joined, the phonetic ones left out."""
    if len(item) == 1 and item[0].tag.endswith("}t"):
        return decoded(item[0].text or "")
    pieces = []
    for child in item:
        if child.tag.endswith("}t"):
            pieces.append(child.text or "")
        elif child.tag.endswith("}r"):
            pieces += [part.text or "" for part in child if part.tag.endswith("}t")]
    return "".join(map(decoded, pieces))


def _columns(element: etree._Element) -> range:
    first, last = element.get("min", ""), element.get("max", "")
    # Nobody loses a cell by a column whose number is nonsense: it only is not said to be hidden.
    if not (first.isdecimal() and last.isdecimal() and len(last) <= len(first) + 5):
        return range(0)
    return range(int(first), min(int(last), MAX_COLUMN) + 1) if len(first) <= 5 else range(0)  # noqa: PLR2004  16384


def _row_number(declared: str | None, following: int) -> int:
    row = following if declared is None else int(declared) if declared.isdecimal() and len(declared) <= 7 else 0  # noqa: PLR2004  1048576 has 7 digits
    if not 1 <= row <= MAX_ROW:
        raise _damaged("una fila lleva un número que no existe en Excel")
    return row


def _place(reference: str) -> tuple[int, int]:
    found = _REFERENCE.fullmatch(reference)
    row, column = (int(found.group(2)), column_number(found.group(1))) if found else (0, 0)
    if not 1 <= row <= MAX_ROW or not column:
        raise _damaged("una celda lleva una dirección que no existe en Excel")
    return row, column


def _merge(reference: str) -> Merge:
    first, _, last = reference.partition(":")
    (top, left), (bottom, right) = _place(first), _place(last or first)
    return Merge(min(top, bottom), min(left, right), max(top, bottom), max(left, right))


def _damaged(reason: str) -> UnreadableWorkbook:
    return UnreadableWorkbook(FindingCode.FILE_006.at(reason=reason))


def _too_large(reason: str) -> UnreadableWorkbook:
    return UnreadableWorkbook(FindingCode.FILE_008.at(reason=reason))
