"""A Word package that passed the guard -> what it says: its tables cell by cell, its paragraphs, headers and feet.

What was deleted with track changes is not said any more, what was inserted is. Numbers of pages are whatever the last
program counted, so that they are left out; pictures and styles are never looked at.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Final

from lxml import etree

from service.papers.texts import PaperText, Row, Table, Unreadable, plain
from service.sheets.guard import Package

DOCUMENT_TYPE: Final = b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"

# Transitional, as nearly everybody writes it, and Strict.
WORD_SPACES: Final = (
    "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}",
    "{http://purl.oclc.org/ooxml/wordprocessingml/main}",
)
_BOX: Final = "txbxContent"
_NOT_SAID: Final = frozenset({"del", "moveFrom", "Fallback", "pPr", "rPr", _BOX})
_SIGNS: Final = {"tab": " ", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
_PLACES: Final = {"header": "encabezado de página", "footer": "pie de página", "footnotes": "notas al pie",
                  "endnotes": "notas finales", "comments": "comentarios"}  # fmt: skip
_COUNTED: Final = ("PAGE", "NUMPAGES", "SECTIONPAGES")
_WIDEST: Final = 64
_MOST_CELLS: Final = 400_000


def word_text(package: Package) -> PaperText:
    """All that a Word file says.

    Raises:
        Unreadable: it is no Word file, or damaged.
    """
    try:
        main = next((target for kind, target in relations(package, "") if kind == "officeDocument"), "")
        body = _parsed(package, main)
        reader = _Reader()
        lines = [("texto", text) for text in reader.read(body)]
        for kind, target in relations(package, main):
            if place := _PLACES.get(kind):
                around = _Reader()
                lines += [(place, text) for text in around.read(_parsed(package, target))]
                lines += [(place, cell) for table in around.tables for row in table for cell in row if cell]
    except (etree.XMLSyntaxError, KeyError) as error:
        raise Unreadable("El archivo de Word está dañado: una de sus partes no se puede leer.") from error
    tables = tuple(
        Table(f"tabla {number}", rows, tuple(range(1, len(rows) + 1))) for number, rows in enumerate(reader.tables, 1)
    )
    return PaperText(tables, tuple(lines))


def relations(package: Package, part: str) -> Iterator[tuple[str, str]]:
    """The last word of the type of each relationship of a part ("" is the package), and the part that it leads to."""
    folder, name = posixpath.split(part)
    where = posixpath.join(folder, "_rels", f"{name}.rels")
    if where not in package:
        return
    for element in etree.fromstring(package.read_hidden(where), parser()):
        if element.get("TargetMode") != "External":
            target = posixpath.normpath(posixpath.join("/", folder, element.get("Target", ""))).lstrip("/")
            yield element.get("Type", "").rsplit("/", 1)[-1], target


def parser() -> etree.XMLParser:
    """A parser that follows nothing and resolves nothing."""
    return etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)


def _parsed(package: Package, part: str) -> etree._Element:
    return etree.fromstring(package.read_hidden(part), parser())


class _Reader:
    """Walks through one part and gathers its tables; `read` gives the paragraphs outside of them."""

    def __init__(self) -> None:
        self.tables: list[tuple[Row, ...]] = []
        self._cells = 0
        self._fields: list[str] = []
        self._results = 0

    def read(self, element: etree._Element) -> Iterator[str]:
        for child in element:
            match _local(child):
                case "p":
                    if text := plain("".join(self._said(child))):
                        yield text
                    for box in _boxes(child):
                        yield from self.read(box)
                case "tbl":
                    self.tables.append(tuple(self._rows(child)))
                case name if name not in _NOT_SAID:
                    yield from self.read(child)

    def _rows(self, table: etree._Element) -> Iterator[Row]:
        above: list[str] = []
        for row in _inner(table, "tr"):
            cells: list[str] = []
            for cell in _inner(row, "tc"):
                text = plain(" ".join(self._paragraphs(cell)))
                if _value(cell, "vMerge", "none") in {"continue", ""} and len(cells) < len(above):
                    text = above[len(cells)]
                span = _value(cell, "gridSpan", "1")
                cells += [text] * (int(span) if span.isdecimal() and 0 < int(span) <= _WIDEST else 1)
            self._cells += len(cells)
            if len(cells) > _WIDEST or self._cells > _MOST_CELLS:
                raise Unreadable("El archivo de Word tiene tablas mucho más grandes que las de un informe.")
            above = cells
            yield tuple(cells)

    def _paragraphs(self, cell: etree._Element) -> Iterator[str]:
        for child in cell:
            name = _local(child)
            if name == "p":
                yield "".join(self._said(child))
                for box in _boxes(child):
                    yield from self._paragraphs(box)
            elif name not in _NOT_SAID:
                yield from self._paragraphs(child)

    def _said(self, element: etree._Element) -> Iterator[str]:
        """The text of a paragraph, in pieces."""
        for child in element:
            name = _local(child)
            if name in _NOT_SAID:
                continue
            if name == "fldChar":
                self._turn(_attribute(child, "fldCharType"))
            elif name == "instrText" and self._fields:
                self._fields[-1] += child.text or ""
            elif name == "t":
                if not (self._results and _is_number(child)):
                    yield child.text or ""
            elif name in _SIGNS:
                yield _SIGNS[name]
            elif name == "fldSimple" and _is_counted(_attribute(child, "instr")):
                yield from () if all(map(_is_number, child.iter("{*}t"))) else self._said(child)
            else:
                yield from self._said(child)

    def _turn(self, way: str) -> None:
        """Into a field, to its result, or out of it."""
        if way == "begin":
            self._fields.append("")
        elif way == "separate" and self._fields and _is_counted(self._fields[-1]):
            self._results += 1
        elif way == "end" and self._fields and _is_counted(self._fields.pop()):
            self._results = max(0, self._results - 1)


def _boxes(element: etree._Element) -> Iterator[etree._Element]:
    """The text boxes anchored in a paragraph, which some programs make of its frames: each said by itself."""
    for child in element:
        name = _local(child)
        if name == _BOX:
            yield child
        elif name not in _NOT_SAID:
            yield from _boxes(child)


def _inner(element: etree._Element, wanted: str) -> Iterator[etree._Element]:
    """The rows of a table or the cells of a row, also those in a content control or inserted with track changes."""
    for child in element:
        name = _local(child)
        if name == wanted:
            yield child
        elif name in {"sdt", "sdtContent", "ins", "moveTo", "customXml"}:
            yield from _inner(child, wanted)


def _local(element: etree._Element) -> str:
    """The name of an element without its namespace; comments and instructions have none."""
    return element.tag.rsplit("}", 1)[-1] if isinstance(element.tag, str) else "pPr"


def _attribute(element: etree._Element, name: str) -> str:
    return next((value for space in WORD_SPACES if (value := element.get(f"{space}{name}"))), "")


def _value(cell: etree._Element, name: str, default: str) -> str:
    """What a property of a cell says: "" where it is there and says nothing."""
    for properties in cell:
        if _local(properties) == "tcPr":
            found = next((each for each in properties if _local(each) == name), None)
            return default if found is None else _attribute(found, "val")
    return default


def _is_counted(instruction: str) -> bool:
    return instruction.strip().upper().startswith(_COUNTED)


def _is_number(text: etree._Element) -> bool:
    return not (text.text or "").strip() or (text.text or "").strip().isdecimal()
