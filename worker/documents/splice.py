"""An XML part of the template -> its fixed stretches, and between them the pieces that each report writes anew.

A part is parsed once: whatever a report may change is replaced by a numbered mark, and the part is cut at the marks.
Filling it is then joining strings; no XML library runs while a document is written.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from lxml import etree

from worker.documents.context import Names
from worker.documents.references import Layout

if TYPE_CHECKING:  # the two know each other: styles are spliced, and a filling holds styles
    from worker.documents.sheet_styles import Styles

MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
# A noncharacter: no admitted text holds it, and XML can carry it.
_MARK: Final = "\ufdd0"
_CUT: Final = re.compile(f"<\\?folio (\\d+)\\?>|{_MARK}(\\d+){_MARK}")
_DECLARATION: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_NEXT_STRING: Final = '</t></si><si><t xml:space="preserve">'
# As many texts are escaped together as a processor's nearest memory holds.
_AT_ONCE: Final = 64
_ESCAPED_CHARACTER: Final = re.compile("_(?=x[0-9A-Fa-f]{4}_)")


class Strings:
    """The shared strings of one document: the template's own, `first` in number, then each text of the report once."""

    def __init__(self, first: int) -> None:
        self._next = first
        self._numbers: dict[str, int] = {}
        self._written: list[bytes] = []
        self._waiting: list[str] = []

    def number(self, text: str) -> int:
        """The number of a plain text."""
        number = self._numbers.get(text)
        if number is None:
            number = self._numbers[text] = self._next
            self._next += 1
            self._waiting.append(text)
            if len(self._waiting) == _AT_ONCE:
                self._write()
        return number

    def rich(self, runs: str) -> int:
        """The number of a text in several formats, given as its XML runs."""
        self._write()
        self._written.append(f"<si>{runs}</si>".encode())
        self._next += 1
        return self._next - 1

    def xml(self) -> Iterable[bytes]:
        """The report's own, in the order of their numbers."""
        self._write()
        return self._written

    def _write(self) -> None:
        """Escape those that wait in one go, with a character between them that no text holds."""
        if self._waiting:
            texts = string_text("\0".join(self._waiting)).replace("\0", _NEXT_STRING)
            self._written.append(f'<si><t xml:space="preserve">{texts}</t></si>'.encode())
            self._waiting.clear()


@dataclass(slots=True)
class Filling:
    """One document while it is being written; `repeated` is what each scope of tags has a row for.

    `epoch` is the day from which the workbook counts its dates.
    """

    plan: Names
    repeated: dict[str, tuple[Names, ...]]
    strings: Strings
    styles: Styles
    epoch: dt.date
    layouts: dict[str, Layout] = field(default_factory=dict)
    rows: dict[str, Any] = field(default_factory=dict)


# What is long comes in pieces, and ready to be deflated.
Piece = Callable[[Filling], str | Iterable[bytes]]
Part = tuple[str | Piece, ...]


def fill_part(part: Part, filling: Filling) -> Iterator[bytes]:
    """The part's bytes for this document, as they come."""
    waiting: list[str] = []
    for piece in part:
        content = piece if isinstance(piece, str) else piece(filling)
        if isinstance(content, str):
            waiting.append(content)
        else:
            yield "".join(waiting).encode()
            waiting.clear()
            yield from content
    yield "".join(waiting).encode()


def qualified(tag: str) -> str:
    """A SpreadsheetML tag with its namespace."""
    return f"{{{MAIN}}}{tag}"


def escape(text: str) -> str:
    """Text for the inside of an element."""
    if "&" in text or "<" in text or ">" in text:
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text


def escape_attribute(text: str) -> str:
    """Text for the inside of an attribute in double quotes."""
    return escape(text).replace('"', "&quot;").replace("\n", "&#10;").replace("\t", "&#9;")


def string_text(text: str) -> str:
    """Text for the inside of a cell's element."""
    return escape(spelled(text))


def spelled(text: str) -> str:
    """Text for a cell: Excel reads "_x0041_" as "A" unless its first underscore is itself written that way."""
    return _ESCAPED_CHARACTER.sub("_x005F_", text) if "_x" in text else text


class Splicer:
    """Collects the pieces of one part while its XML is being marked."""

    def __init__(self) -> None:
        self._pieces: list[Piece] = []

    @staticmethod
    def parse(content: bytes) -> etree._Element:
        """The root of a part; entities stay closed and nothing is fetched."""
        return etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True))

    def mark(self, piece: Piece) -> str:
        """What to put in a text or attribute where `piece` will be written."""
        self._pieces.append(piece)
        return f"{_MARK}{len(self._pieces) - 1}{_MARK}"

    def element(self, piece: Piece) -> etree._Element:
        """What to put among an element's children where `piece` will be written."""
        self._pieces.append(piece)
        return etree.ProcessingInstruction("folio", str(len(self._pieces) - 1))

    def replace(self, element: etree._Element, piece: Piece) -> None:
        """Put `piece` in the place of `element`."""
        parent = element.getparent()
        assert parent is not None  # noqa: S101 - only parts of a tree are replaced
        parent.replace(element, self.element(piece))

    def cut(self, root: etree._Element) -> Part:
        """The part, cut at its marks."""
        return self.cut_text(_DECLARATION + etree.tostring(root, encoding="unicode"))

    def cut_text(self, text: str) -> Part:
        """The same for text that is marked already."""
        fixed = _CUT.split(text)
        part: list[str | Piece] = [fixed[0]]
        for position in range(1, len(fixed), 3):
            part.append(self._pieces[int(fixed[position] or fixed[position + 1])])
            part.append(fixed[position + 2])
        return tuple(part)
