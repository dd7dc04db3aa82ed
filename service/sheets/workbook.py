"""An .xlsx file becomes its parsed sheets, each read in one pass over its XML.

It assumes nothing that a writer may get wrong: rows and cells in any order, references left out, a false dimension,
either namespace of the standard (transitional and Strict). What is hidden is read and marked as such. It never
follows a link, resolves an entity or computes a formula.
"""

from __future__ import annotations

import io
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from lxml import etree

from service.domain.findings import CellRef, FindingCode
from service.sheets.guard import Package, UnreadableWorkbook, open_package
from service.sheets.parsed import (
    MAX_COLUMN,
    MAX_ROW,
    Kind,
    Merge,
    ParsedSheet,
    RawCell,
    address,
    column_number,
    serial_date,
)

MAX_CELLS: Final = 600_000
MAX_MERGES: Final = 100_000
MAX_SHEETS: Final = 200
MAX_CHARACTERS: Final = 80_000_000

_ESCAPED: Final = re.compile(r"_x([0-9A-Fa-f]{4})_")
_REFERENCE: Final = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")
_FINITE_NUMBER: Final = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?")
_ISO_DATE: Final = re.compile(r"(\d{4}-\d{2}-\d{2})(?:T[\d:.]*Z?)?")

# The formats that every spreadsheet program knows by number (ECMA-376, 18.8.30); 27-36 and 50-58 are East Asian dates.
_DATE_FORMATS: Final = frozenset({*range(14, 18), 22, *range(27, 37), *range(50, 59)})
_GROUPED_FORMATS: Final = frozenset({3, 4, *range(37, 45)})
_PERCENTAGE_FORMATS: Final = frozenset({9, 10})
_LITERAL: Final = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]|general', re.IGNORECASE)


def read_workbook(content: bytes) -> tuple[ParsedSheet, ...]:
    """Every sheet of cells, in the order of the workbook's tabs.

    Raises:
        UnreadableWorkbook: the file is no .xlsx, is damaged, hostile or beyond the budgets above.
    """
    package = open_package(content)
    try:
        return _Workbook(package).sheets()
    except etree.XMLSyntaxError as error:
        raise _damaged("una de sus partes no es XML correcto") from error


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
        main = next((target for kind, _, target in self._relationships("") if kind == "officeDocument"), None)
        if main is None:
            raise _damaged("no dice cuál de sus partes es el libro")
        related = [(kind, id_, target) for kind, id_, target in self._relationships(main)]
        parts = {id_: target for kind, id_, target in related if kind == "worksheet"}
        self._has_1904_dates = False
        self._tabs: list[_Tab] = []
        for element in _elements(package.read(main), "{*}workbookPr", "{*}sheet"):
            if element.tag.endswith("}workbookPr"):
                self._has_1904_dates = element.get("date1904") in {"1", "true", "on"}
            else:
                id_ = next((value for key, value in element.items() if key.endswith("}id")), "")
                part = parts.get(id_)
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
        return tuple(self._read_sheet(tab) for tab in self._tabs)

    def _relationships(self, part: str) -> Iterator[tuple[str, str, str]]:
        """Last word of the relationship's type, its id, and the part it leads to."""
        folder, name = posixpath.split(part)
        relations = posixpath.join(folder, "_rels", f"{name}.rels")
        if relations not in self._package:
            return
        for element in _elements(self._package.read(relations), "{*}Relationship"):
            if element.get("TargetMode") != "External":
                target = posixpath.normpath(posixpath.join("/", folder, element.get("Target", "")))
                yield element.get("Type", "").rsplit("/", 1)[-1], element.get("Id", ""), target.lstrip("/")

    def _read_formats(self, part: str | None) -> list[Kind]:
        """For each cell style, how a number in it is shown."""
        if part is None or part not in self._package:
            return []
        codes: dict[str, str] = {}
        formats: list[Kind] = []
        for element in _elements(self._package.read(part), "{*}numFmt", "{*}cellXfs"):
            if element.tag.endswith("}numFmt"):
                codes[element.get("numFmtId", "")] = element.get("formatCode", "")
            else:
                ids = [style.get("numFmtId", "0") for style in element if isinstance(style.tag, str)]
                formats = [_kind_of_format(id_, codes.get(id_)) for id_ in ids]
        return formats

    def _read_strings(self, part: str | None) -> list[str]:
        if part is None or part not in self._package:
            return []
        strings = []
        for item in _elements(self._package.read(part), "{*}si"):
            text = _rich_text(item)
            self._spend_characters(len(text))
            strings.append(text)
        return strings

    def _spend_characters(self, count: int) -> None:
        self._characters_left -= count
        if self._characters_left < 0:
            raise _too_large("tiene demasiado texto")

    def _read_sheet(self, tab: _Tab) -> ParsedSheet:
        cells: dict[tuple[int, int], RawCell] = {}
        merges: list[Merge] = []
        hidden: set[int] = set()
        days: dict[str, str | None] = {}
        row = 0
        for element in _elements(self._package.read(tab.part), "{*}row", "{*}mergeCell"):
            if element.tag.endswith("}mergeCell"):
                merges.append(_merge(element.get("ref", "")))
                if len(merges) > MAX_MERGES:
                    raise _too_large("tiene demasiadas celdas combinadas")
                continue
            row = _row_number(element.get("r"), row + 1)
            if element.get("hidden") in {"1", "true", "on"}:
                hidden.add(row)
            for cell in self._read_row(element, row, days):
                place = (cell.row, cell.column)
                if place in cells and (cells[place].kind, cells[place].text) != (cell.kind, cell.text):
                    raise UnreadableWorkbook(FindingCode.FILE_011.at(CellRef(tab.name, address(*place))))
                cells[place] = cell
                self._cells_left -= 1
                if self._cells_left < 0:
                    raise _too_large(f"tiene más de {MAX_CELLS:,} celdas con contenido".replace(",", "."))
        return ParsedSheet(
            name=tab.name,
            rows=_by_row(cells),
            merges=tuple(merges),
            hidden_rows=frozenset(hidden),
            is_hidden=tab.is_hidden,
            has_1904_dates=self._has_1904_dates,
        )

    def _read_row(self, element: etree._Element, row: int, days: dict[str, str | None]) -> Iterator[RawCell]:
        namespace = element.tag[: -len("row")]
        cell_tag, value_tag = f"{namespace}c", f"{namespace}v"
        formula_tag, inline_tag = f"{namespace}f", f"{namespace}is"
        digits = str(row)
        column = 0
        for cell in element:
            if cell.tag != cell_tag:
                continue
            at, reference = row, cell.get("r")
            if reference is None:
                column += 1
            elif reference.endswith(digits) and (column := column_number(reference[: -len(digits)])):
                pass
            else:
                at, column = _place(reference)
            value = formula = inline = None
            for child in cell:
                tag = child.tag
                if tag == value_tag:
                    value = child.text or ""
                elif tag == formula_tag:
                    formula = child.text or ""
                elif tag == inline_tag:
                    inline = _rich_text(child)
            if value is None and formula is None and inline is None:
                continue
            if column > MAX_COLUMN:
                raise _damaged("una fila tiene más celdas que las que admite Excel")
            understood = self._understood(cell.get("t", "n"), cell.get("s"), value, formula, inline, days)
            if understood is not None:
                yield RawCell(at, column, *understood)

    def _understood(
        self,
        declared: str,
        style: str | None,
        value: str | None,
        formula: str | None,
        inline: str | None,
        days: dict[str, str | None],
    ) -> tuple[Kind, str] | None:
        if declared == "inlineStr":
            self._spend_characters(len(inline or ""))
            return (Kind.TEXT, inline) if inline else None
        if value is None:
            return None if formula is None else (Kind.NO_RESULT, f"={formula}")
        match declared:
            case "s":
                return self._shared(value)
            case "str":
                self._spend_characters(len(value))
                return (Kind.TEXT, _decoded(value)) if value else None
            case "n":
                return self._number(value.strip(), style, days)
            case "b":
                return (Kind.TRUTH, value.strip())
            case "e":
                return (Kind.ERROR, value.strip())
            case "d":
                found = _ISO_DATE.fullmatch(value.strip())
                return (Kind.DATE, found.group(1)) if found else (Kind.TEXT, value)
            case _:
                raise _damaged("una celda es de un tipo que no existe")

    def _shared(self, index: str) -> tuple[Kind, str] | None:
        try:
            position = int(index)
            text = self._strings[position] if position >= 0 else None
        except (ValueError, IndexError):
            text = None
        if text is None:
            raise _damaged("una celda remite a un texto que no está en el libro")
        return (Kind.TEXT, text) if text else None

    def _number(self, value: str, style: str | None, days: dict[str, str | None]) -> tuple[Kind, str] | None:
        if not value:
            return None
        if not _FINITE_NUMBER.fullmatch(value):
            return (Kind.NOT_A_NUMBER, value)
        kind = Kind.NUMBER
        if style and style.isdecimal() and int(style) < len(self._formats):
            kind = self._formats[int(style)]
        if kind is not Kind.DATE:
            return (kind, value)
        if value not in days:
            day = serial_date(float(value), has_1904_dates=self._has_1904_dates)
            days[value] = day.isoformat() if day else None
        iso = days[value]
        return (Kind.DATE, iso) if iso else (Kind.NUMBER, value)


def _elements(part: bytes, *tags: str) -> Iterator[etree._Element]:
    """The elements with these names as each one ends, forgotten as soon as the next is asked for."""
    parser = etree.iterparse(
        io.BytesIO(part),
        events=("end",),
        tag=tags,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    for _, element in parser:
        yield element
        element.clear()
        parent = element.getparent()
        if parent is not None:
            while element.getprevious() is not None:
                del parent[0]


def _rich_text(item: etree._Element) -> str:
    """The text of a string item: its runs joined, the phonetic ones left out."""
    if len(item) == 1 and item[0].tag.endswith("}t"):
        return _decoded(item[0].text or "")
    pieces = []
    for child in item:
        if child.tag.endswith("}t"):
            pieces.append(child.text or "")
        elif child.tag.endswith("}r"):
            pieces += [part.text or "" for part in child if part.tag.endswith("}t")]
    return "".join(map(_decoded, pieces))


def _decoded(text: str) -> str:
    """`_xHHHH_` is how the format writes a character that XML cannot carry (ECMA-376, 22.9.2.19)."""
    if "_x" not in text:
        return text
    return _ESCAPED.sub(lambda found: chr(int(found.group(1), 16)), text)


def _kind_of_format(id_: str, code: str | None) -> Kind:
    if code is None:
        number = int(id_) if id_.isdecimal() else 0
        if number in _DATE_FORMATS:
            return Kind.DATE
        if number in _PERCENTAGE_FORMATS:
            return Kind.PERCENTAGE
        return Kind.GROUPED if number in _GROUPED_FORMATS else Kind.NUMBER
    letters = _LITERAL.sub("", code).split(";")[0].lower()
    if "%" in letters:
        return Kind.PERCENTAGE
    # A format of hours alone (h:mm) shows no day; "mmm" alone does.
    if "y" in letters or "d" in letters or ("m" in letters and not set("hs") & set(letters)):
        return Kind.DATE
    return Kind.GROUPED if "#,##" in letters or "0,0" in letters else Kind.NUMBER


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


def _by_row(cells: dict[tuple[int, int], RawCell]) -> dict[int, tuple[RawCell, ...]]:
    rows: dict[int, list[RawCell]] = {}
    for place in sorted(cells):
        rows.setdefault(place[0], []).append(cells[place])
    return {row: tuple(content) for row, content in rows.items()}


def _damaged(reason: str) -> UnreadableWorkbook:
    return UnreadableWorkbook(FindingCode.FILE_006.at(reason=reason))


def _too_large(reason: str) -> UnreadableWorkbook:
    return UnreadableWorkbook(FindingCode.FILE_008.at(reason=reason))
