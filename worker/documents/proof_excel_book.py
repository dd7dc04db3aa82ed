"""The bytes of an Excel file -> its sheets as they are read: typed cells, heights, merges, and what is printed.

Read from nothing: zip and XML alone. Numbers are exact (`Decimal`), and a cell says what it is by its type and format.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from functools import cached_property, lru_cache
from typing import Final, NamedTuple

from lxml import etree

from worker.documents.proof_excel_texts import M, shared_texts, told_text, unescaped
from worker.documents.proof_package import NotSound, Package, parse

_RELATION: Final = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_WORKBOOK: Final = "xl/workbook.xml"
_STRINGS: Final = "xl/sharedStrings.xml"
_STYLES: Final = "xl/styles.xml"
_ON: Final = {"1", "true"}
# Numbers of the formats that every Excel knows without their code: days and hours, and percentages.
_DATE_FORMATS: Final = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})
_PERCENT_FORMATS: Final = frozenset({9, 10})
# What of a format's code is no letter of its meaning: texts, colours and languages, escaped characters.
_NO_MEANING: Final = re.compile(r'"[^"]*"|\[[^\]]*\]|[\\_*].')
_LARGEST_DIGIT: Final = 0.556
_PIXEL: Final = 0.75
# What stands around the rows of a sheet is the same in most reports of an office, and no longer than this.
_MOST_AROUND: Final = 16_384
_DEFAULT_SIZE: Final = 11.0
_DEFAULT_WIDTH: Final = 9.14
# Points: a row that is lower is not seen.
LOWEST: Final = 1.0


class Number(NamedTuple):
    """A number in a cell, and as what its format shows it: "date", "percent" or "number"."""

    value: Decimal
    kind: str


@dataclass(frozen=True, slots=True)
class Formula:
    """That a cell computes its value; which cells it names moves with the rows."""


Value = str | Number | Formula


@dataclass(frozen=True, slots=True)
class Style:
    """What a cell's format does: what its numbers are, the size of its letters in points, whether its text wraps.

    `font` and `code` tell its letters and its format of numbers from others; "" is a format that needs no code.
    """

    kind: str
    size: float
    wraps: bool
    font: str
    code: str


@dataclass(frozen=True, slots=True)
class Row:
    """A row: its cells by column (from 1) where they hold something, with their styles, and its height in points."""

    cells: dict[int, Value]
    styles: dict[int, int]
    height: float | None


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet as a reader has it. Rows count from 1; `merges` and the areas are written as Excel writes them."""

    name: str
    rows: dict[int, Row]
    merges: frozenset[str]
    widths: tuple[tuple[int, int, float], ...]
    printed: dict[str, str]
    switches: frozenset[str]
    names: dict[str, str]
    tables: tuple[tuple[str, tuple[str, ...]], ...]
    filter: str
    # Parts of the pictures in what is printed above and below.
    pictures: tuple[str, ...]
    # "visible" and its like, whether rows are hidden that do not say otherwise, those that are, and the print's size.
    state: str
    hides_rows: bool
    hidden: frozenset[int]
    scale: str


class Book:
    """A workbook; its sheets are read in their order."""

    def __init__(self, package: Package) -> None:
        """Read what all sheets share.

        Raises:
            NotSound: a part is missing or damaged.
        """
        self._package = package
        root = package.tree(_WORKBOOK)
        properties = root.find(f"{M}workbookPr")
        self.counts_from_1904: Final = properties is not None and properties.get("date1904") in _ON
        lock = root.find(f"{M}workbookProtection")
        self.is_locked: Final = lock is not None and bool(lock.attrib)
        self._root = root
        self._strings = shared_texts(package, _STRINGS) if _STRINGS in package.names else ()
        self.styles, self.digit = _styles(package.read(_STYLES))
        self._kinds = [style.kind for style in self.styles]

    @cached_property
    def places(self) -> dict[str, int]:
        """Where each of the texts that cells share stands among them."""
        return {text: place for place, text in enumerate(self._strings)}

    @cached_property
    def parts(self) -> dict[str, str]:
        """The part of every sheet by its name."""
        targets = {relation.id: relation.target for relation in self._package.relations(_WORKBOOK)}
        return {
            sheet.get("name", ""): targets.get(sheet.get(_RELATION, ""), "") for sheet in self._root.iter(f"{M}sheet")
        }

    @cached_property
    def sheets(self) -> dict[str, Sheet]:
        """Every sheet by its name."""
        names: dict[int, dict[str, str]] = {}
        for name in self._root.iter(f"{M}definedName"):
            if name.get("localSheetId"):
                names.setdefault(int(name.get("localSheetId", "0")), {})[name.get("name", "")] = name.text or ""
        return {
            sheet.get("name", ""): self._sheet(
                sheet.get("name", ""),
                self.parts[sheet.get("name", "")],
                names.get(place, {}),
                sheet.get("state", "visible"),
            )
            for place, sheet in enumerate(self._root.iter(f"{M}sheet"))
        }

    def _sheet(self, name: str, part: str, names: dict[str, str], state: str) -> Sheet:
        try:
            root, around, rows = self._read_sheet(part)
        except IndexError as error:
            raise NotSound("una celda remite a un texto que no está en el libro") from error
        low = [number for number, row in rows.items() if row.height is not None and row.height < LOWEST]
        return replace(
            around,
            name=name,
            rows=rows,
            names=names,
            tables=tuple(self._tables(part)),
            pictures=self._pictures(part, root.find(f"{M}legacyDrawingHF")),
            state=state,
            hidden=around.hidden.union(low),
        )

    def _pictures(self, part: str, holder: etree._Element | None) -> tuple[str, ...]:
        if holder is None:
            return ()
        link = holder.get(_RELATION, "")
        shapes = (relation.target for relation in self._package.relations(part) if relation.id == link)
        return tuple(one.target for shape in shapes for one in self._package.relations(shape) if one.kind == "image")

    def _read_sheet(self, part: str) -> tuple[etree._Element, Sheet, dict[int, Row]]:
        """The sheet as XML, what stands around its rows, and these.

        Those that hold only values are read without a parser, for there are many.
        """
        content = self._package.read(part)
        count = content.count(b"<row ")
        if count != content.count(b'<row r="') or b"<row>" in content or b"<!" in content:
            # A row that does not say its number is told by those before it, and one in a comment is not there.
            root, around = _around(content, part)
            return root, around, dict(self._rows(root))
        rows: dict[int, Row] = {}

        def take(row: re.Match[str]) -> str:
            rows[int(row[1])] = self._plain_row(row[3], row[2])
            return ""

        rest = _PLAIN_ROW.sub(take, self._package.text(part)).encode()
        root, around = (_known_around if len(rest) < _MOST_AROUND else _around)(rest, part)
        rows |= self._rows(root)
        if len(rows) != count:
            raise NotSound("tiene dos veces la misma fila")
        return root, around, rows

    def read_row(self, row: str) -> Row | None:
        """A row that holds only values, as it is written; None where only a parser can read it."""
        found = _PLAIN_ROW.fullmatch(row)
        try:
            return self._plain_row(found[3], found[2]) if found else None
        except IndexError:
            return None

    def _plain_row(self, cells: str, height: str | None) -> Row:
        strings, kinds = self._strings, self._kinds
        values: dict[int, Value] = {}
        styles: dict[int, int] = {}
        for place, style, kind, written in _PLAIN_CELL.findall(cells):
            shown = int(style or 0)
            value: Value
            if kind == "s":
                value = strings[int(written)]
            elif kind == "inlineStr":
                value = unescaped(written.strip())
            else:
                value = _written(written, kind or None, kinds[shown] if shown < len(kinds) else "number")
            if value:
                column = _column(place)
                values[column] = value
                styles[column] = shown
        return Row(values, styles, float(height) if height else None)

    def _rows(self, root: etree._Element) -> list[tuple[int, Row]]:
        strings, kinds = self._strings, self._kinds
        told, number = [], 0
        data = root.find(f"{M}sheetData")
        for element in () if data is None else data:
            number = int(element.get("r") or number + 1)
            cells: dict[int, Value] = {}
            styles: dict[int, int] = {}
            column = 0
            digits = len(str(number))
            for cell in element:
                place = cell.get("r")
                column = _column(place[:-digits]) if place else column + 1
                if not len(cell):
                    continue
                child, kind, style = cell[0], cell.get("t"), int(cell.get("s") or 0)
                value: Value
                if child.tag != _V:
                    value = _value(cell, kind, kinds[style] if style < len(kinds) else "number")
                elif kind == "s":
                    value = strings[int(child.text or 0)]
                else:
                    value = _written(child.text or "", kind, kinds[style] if style < len(kinds) else "number")
                if value:
                    cells[column] = value
                    styles[column] = style
            height = element.get("ht")
            told.append((number, Row(cells, styles, float(height) if height else None)))
        return told

    def _tables(self, part: str) -> list[tuple[str, tuple[str, ...]]]:
        return [
            (root.get("ref", ""), tuple(unescaped(one.get("name", "")) for one in root.iter(f"{M}tableColumn")))
            for relation in self._package.relations(part)
            if relation.kind == "table"
            for root in [self._package.tree(relation.target)]
        ]


def _around(xml: bytes, part: str) -> tuple[etree._Element, Sheet]:
    """A sheet as XML, and what it is but for its rows and for what other parts say of it."""
    root = parse(xml, part)
    printed = root.find(f"{M}headerFooter")
    autofilter = root.find(f"{M}autoFilter")
    rule, setup = root.find(f"{M}sheetFormatPr"), root.find(f"{M}pageSetup")
    return root, Sheet(
        name="",
        rows={},
        merges=frozenset(merge.get("ref", "") for merge in root.iter(f"{M}mergeCell")),
        widths=widths_of(root),
        printed={}
        if printed is None
        else {etree.QName(line).localname: line.text or "" for line in printed.iterchildren(tag=etree.Element)},
        switches=frozenset() if printed is None else frozenset(str(k) for k, v in printed.items() if v in _ON),
        names={},
        tables=(),
        filter="" if autofilter is None else autofilter.get("ref", ""),
        pictures=(),
        state="",
        hides_rows=rule is not None and rule.get("zeroHeight") in _ON,
        hidden=frozenset(int(row.get("r") or 0) for row in root.iter(f"{M}row") if row.get("hidden") in _ON),
        scale="" if setup is None else setup.get("scale", ""),
    )


_known_around = lru_cache(maxsize=32)(_around)


def widths_of(root: etree._Element) -> tuple[tuple[int, int, float], ...]:
    """First and last column of each stretch of columns of a sheet, and their width in digits."""
    return tuple(
        (
            int(one.get("min", "0")),
            int(one.get("max", "0")),
            0.0 if one.get("hidden") in _ON else float(one.get("width", _DEFAULT_WIDTH)),
        )
        for one in root.iter(f"{M}col")
    )


_V: Final = f"{M}v"
# A row of cells with values or nothing, and a cell with its value, as programs write most of them.
_PLAIN_ROW: Final = re.compile(
    r'<row r="(\d+)"(?: ht="([\d.]+)")?(?: customHeight="\w+")?>'
    r'((?:<c r="[A-Z]+\d+"(?: s="\d+")?(?:(?: t="[sn]")?(?:/>|><v>[^<&]+</v></c>)'
    r'| t="inlineStr"><is><t>[^<>&\r]*</t></is></c>))*)</row>'
)
_PLAIN_CELL: Final = re.compile(r'<c r="([A-Z]+)\d+"(?: s="(\d+)")?(?: t="(\w+)")?>(?:<v>|<is><t>)([^<]*)')


def _value(cell: etree._Element, kind: str | None, shown_as: str) -> Value:
    if cell.find(f"{M}f") is not None:
        return Formula()
    if kind == "inlineStr":
        inline = cell.find(f"{M}is")
        return "" if inline is None else told_text(inline)
    return _written(cell.findtext(_V) or "", kind, shown_as)


@lru_cache(maxsize=4096)
def _written(written: str, kind: str | None, shown_as: str) -> Value:
    if kind in {"str", "e", "d"}:
        return unescaped(written)
    if kind == "b":
        return "VERDADERO" if written == "1" else "FALSO"
    if not written:
        return ""
    try:
        return Number(Decimal(written), shown_as)
    except InvalidOperation as error:
        raise NotSound(f"una celda dice «{written}» donde debía haber un número") from error


def column_of(reference: str) -> int:
    """The column of "AB12", from 1."""
    return _column(reference.rstrip("0123456789"))


@lru_cache(maxsize=2048)
def _column(letters: str) -> int:
    number = 0
    for letter in letters.replace("$", ""):
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def column_letters(number: int) -> str:
    """The letters of a column: AB for 28."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


@lru_cache(maxsize=32)
def _styles(content: bytes) -> tuple[tuple[Style, ...], float]:
    """Every cell format, and the width in points of the widest digit of the standard font."""
    root = etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))
    codes = {int(one.get("numFmtId", "0")): one.get("formatCode", "") for one in root.iter(f"{M}numFmt")}
    sizes = [
        float(size.get("val", _DEFAULT_SIZE)) if (size := font.find(f"{M}sz")) is not None else _DEFAULT_SIZE
        for font in root.iterfind(f"{M}fonts/{M}font")
    ] or [_DEFAULT_SIZE]
    fonts = [
        etree.tostring(font, method="c14n", exclusive=True, with_tail=False).decode()
        for font in root.iterfind(f"{M}fonts/{M}font")
    ]
    styles = []
    for form in root.iterfind(f"{M}cellXfs/{M}xf"):
        alignment = form.find(f"{M}alignment")
        font = int(form.get("fontId", "0"))
        styles.append(
            Style(
                _kind(int(form.get("numFmtId", "0")), codes),
                sizes[font] if font < len(sizes) else _DEFAULT_SIZE,
                alignment is not None and alignment.get("wrapText") in _ON,
                fonts[font] if font < len(fonts) else "",
                codes.get(int(form.get("numFmtId", "0")), ""),
            )
        )
    return tuple(styles), max(1, round(_LARGEST_DIGIT * sizes[0] / _PIXEL)) * _PIXEL


def _kind(number: int, codes: dict[int, str]) -> str:
    if number in codes:
        meaning = _NO_MEANING.sub("", codes[number]).lower()
        if "%" in meaning:
            return "percent"
        return "date" if re.search("[dmy]", meaning) else "number"
    if number in _DATE_FORMATS:
        return "date"
    return "percent" if number in _PERCENT_FORMATS else "number"
