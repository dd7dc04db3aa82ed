"""The notes of a sheet and the boxes that show them -> the same with Folio's own put in, or taken out again.

A note of the office keeps every letter: what Folio has to say about its cell follows below it. A cell with a threaded
conversation is left alone, for Excel writes its note anew. Boxes are VML, which is not always XML: they are handled as
text, one shape at a time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from lxml import etree
from openpyxl.utils import get_column_letter

from service.domain.marks import AUTHOR, NOTE
from worker.documents.open_package import OpenPackage, whole_number
from worker.documents.splice import string_text

_COMMENTS_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml"
_BOXES_TYPE: Final = "application/vnd.openxmlformats-officedocument.vmlDrawing"
_SPACES: Final = {
    "v": "urn:schemas-microsoft-com:vml",
    "o": "urn:schemas-microsoft-com:office:office",
    "x": "urn:schemas-microsoft-com:office:excel",
}
_BOX: Final = re.compile(r"<(?:\w+:)?shape\s.*?</(?:\w+:)?shape>\s*", re.DOTALL)
_BOX_PLACE: Final = re.compile(r"<(?:\w+:)?(Row|Column)>\s*(\d+)\s*</")
_IS_NOTE: Final = re.compile(r"""ObjectType=["']Note["']""")
_BOX_ID: Final = re.compile(r"_x0000_s(\d+)")
_BLOCK: Final = 1024
_BOX_WIDTH: Final = 340
_LINE_HEIGHT: Final = 15
_LINE_LETTERS: Final = 52
_TALLEST_BOX: Final = 420
_POINT: Final = 0.75
_CONVERSATION: Final = "tc="
_OUR_NOTE: Final = re.compile(rf"\s*{NOTE.pattern}")


@dataclass(frozen=True, slots=True)
class Grid:
    """Sizes of a sheet in pixels, where they differ from the usual: columns and rows are counted from 1."""

    column_width: int
    row_height: int
    columns: Mapping[int, int]
    rows: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Note:
    """What to say at a cell: paragraphs, each a heading in bold and the text under it."""

    row: int
    column: int
    address: str
    paragraphs: tuple[tuple[str, str], ...]

    @property
    def text(self) -> str:
        """The whole note as it reads."""
        return "\n\n".join(f"{heading}\n{text}" for heading, text in self.paragraphs)


class Notes:
    """The notes of one sheet while it is marked."""

    def __init__(self, package: OpenPackage, sheet_part: str, space: str) -> None:
        self._package = package
        self._sheet = sheet_part
        self._space = space
        found = package.relation(sheet_part, "comments")
        self._part = found.target if found and found.target in package else None
        drawing = package.rows(sheet_part).frame.find(f"{{{space}}}legacyDrawing")
        links = {one.id: one.target for one in package.relations(sheet_part)}
        ids = [value for key, value in drawing.items() if str(key).endswith("}id")] if drawing is not None else []
        boxes = links.get(str(ids[0])) if ids else None
        self._boxes = boxes if boxes in package.names() else None

    def numbers(self) -> dict[str, int]:
        """The address of each cell with a note of Folio's about a finding, and the number of the first in it."""
        found = {}
        for comment in self._comments():
            numbers = (mark.group(1) for mark in NOTE.finditer(_text_of(comment)))
            if number := next(filter(None, numbers), None):
                found[comment.get("ref", "")] = int(number)
        return found

    def remove_ours(self) -> str | None:
        """Take Folio's notes out, and their boxes; an id of a drawing that the sheet must no longer name, if any."""
        emptied: set[str] = set()
        for comment in list(self._comments()):
            text = _text_of(comment)
            ours = _OUR_NOTE.search(text)
            if ours is None:
                continue
            if ours.start() == 0:
                emptied.add(comment.get("ref", ""))
                _take_out(comment)
            else:
                self._cut(comment, ours.start())
        if emptied and self._boxes is not None:
            boxes = self._package.read(self._boxes).decode("utf-8-sig")
            self._package.set(self._boxes, _BOX.sub(lambda box: _kept(box.group(), emptied), boxes).encode())
        return self._drop_what_is_empty()

    def add(self, notes: Iterable[Note], grid: Grid) -> tuple[int, str | None]:
        """Put the notes in.

        Gives how many cells have a conversation and got none, and the id of a drawing that the sheet must now name.
        """
        present = {comment.get("ref", ""): comment for comment in self._comments()}
        authors = self._authors()
        fresh: list[Note] = []
        refused = 0
        for note in notes:
            comment = present.get(note.address)
            if comment is None:
                fresh.append(note)
            elif self._is_conversation(comment, authors):
                refused += 1
            else:
                text = comment.find(self._tag("text"))
                if text is not None:
                    self._as_runs(text)
                    text.extend(self._runs(note, is_first=False))
        if not fresh:
            return refused, None
        self._write(fresh)
        return refused, self._draw(fresh, grid)

    def _write(self, notes: list[Note]) -> None:
        if self._part is None:
            self._part = self._package.free_name("xl/comments{}.xml")
            empty = f'<comments xmlns="{self._space}"><authors/><commentList/></comments>'
            self._package.set(self._part, empty.encode(), _COMMENTS_TYPE)
            self._package.relate(self._sheet, "comments", self._part)
        root = self._package.tree(self._part)
        authors, listed = root.find(self._tag("authors")), root.find(self._tag("commentList"))
        if authors is None or listed is None:
            return
        names = [one.text for one in authors]
        if AUTHOR not in names:
            etree.SubElement(authors, self._tag("author")).text = AUTHOR
            names.append(AUTHOR)
        ours = str(names.index(AUTHOR))
        for note in notes:
            comment = etree.SubElement(listed, self._tag("comment"), {"ref": note.address, "authorId": ours})
            text = etree.SubElement(comment, self._tag("text"))
            text.extend(self._runs(note, is_first=True))

    def _draw(self, notes: list[Note], grid: Grid) -> str | None:
        """The boxes of new notes; the new drawing's id in the sheet's links when there was none."""
        link = None
        if self._boxes is None:
            self._boxes = self._package.free_name("xl/drawings/vmlDrawing{}.vml")
            spaces = "".join(f' xmlns:{prefix}="{space}"' for prefix, space in _SPACES.items())
            self._package.set(self._boxes, f"<xml{spaces}>\n</xml>".encode(), _BOXES_TYPE)
            link = self._package.relate(self._sheet, "vmlDrawing", self._boxes)
        text = self._package.read(self._boxes).decode("utf-8-sig")
        head = text[: text.find(">", text.find("<xml")) + 1] if "<xml" in text else ""
        spaces = "".join(
            f' xmlns:{prefix}="{space}"' for prefix, space in _SPACES.items() if f"xmlns:{prefix}=" not in head
        )
        first = self._free_block() * _BLOCK + 1
        # A block holds 1,023 ids: one more would be the first of the next.
        ids = [first + at // (_BLOCK - 1) * _BLOCK + at % (_BLOCK - 1) for at in range(len(notes))]
        pieces = []
        if link is not None:
            blocks = ",".join(str(block) for block in dict.fromkeys(id_ // _BLOCK for id_ in ids))
            pieces.append(_BLOCKS.format(blocks=blocks))
        if '"_x0000_t202"' not in text:
            pieces.append(_BOX_KIND.format(spaces=spaces))
        pieces += [_box(note, id_, grid, spaces) for id_, note in zip(ids, notes, strict=True)]
        end = text.rfind("</")
        self._package.set(self._boxes, (text[:end] + "".join(pieces) + text[end:]).encode())
        return link

    def _free_block(self) -> int:
        """The first block of a thousand shape ids that no drawing of the workbook uses."""
        used = {0}
        for name in self._package.names():
            if name.lower().endswith(".vml"):
                text = self._package.read(name).decode("utf-8-sig", "replace")
                used |= {int(id_) // _BLOCK for id_ in _BOX_ID.findall(text) if len(id_) < 10}  # noqa: PLR2004  an id has 32 bits
        return max(used) + 1

    def _drop_what_is_empty(self) -> str | None:
        if self._part is not None and not any(True for _ in self._comments()):
            for link in self._package.relations(self._sheet):
                if link.target == self._part:
                    self._package.unrelate(self._sheet, link.id)
            self._package.drop(self._part)
            self._part = None
        if self._part is None and self._boxes is not None:
            text = self._package.read(self._boxes).decode("utf-8-sig", "replace")
            if _BOX.search(text) is None:
                links = [link.id for link in self._package.relations(self._sheet) if link.target == self._boxes]
                for id_ in links:
                    self._package.unrelate(self._sheet, id_)
                self._package.drop(self._boxes)
                self._boxes = None
                return links[0] if links else None
        return None

    def _comments(self) -> Iterable[etree._Element]:
        if self._part is None or self._part not in self._package:
            return ()
        return self._package.tree(self._part).iter(self._tag("comment"))

    def _authors(self) -> list[str]:
        if self._part is None:
            return []
        return [one.text or "" for one in self._package.tree(self._part).iter(self._tag("author"))]

    @staticmethod
    def _is_conversation(comment: etree._Element, authors: list[str]) -> bool:
        at = whole_number(comment.get("authorId"))
        return at < len(authors) and authors[at].startswith(_CONVERSATION)

    def _runs(self, note: Note, *, is_first: bool) -> list[etree._Element]:
        runs = []
        for at, (heading, text) in enumerate(note.paragraphs):
            before = "" if is_first and at == 0 else "\n\n"
            runs += [self._run(f"{before}{heading}\n", is_bold=True), self._run(text, is_bold=False)]
        return runs

    def _run(self, text: str, *, is_bold: bool) -> etree._Element:
        bold = "<b/>" if is_bold else ""
        look = f'<rPr>{bold}<sz val="9"/><color indexed="81"/><rFont val="Arial"/><family val="2"/></rPr>'
        run = f'<r xmlns="{self._space}">{look}<t xml:space="preserve">{string_text(text)}</t></r>'
        return etree.fromstring(run)

    def _as_runs(self, text: etree._Element) -> None:
        """Plain text may not stand before runs: it becomes one."""
        for plain in text.findall(self._tag("t")):
            run = etree.Element(self._tag("r"))
            text.replace(plain, run)
            run.append(plain)

    def _cut(self, comment: etree._Element, length: int) -> None:
        """Keep the first `length` letters of a note."""
        left = length
        for piece in list(comment.iter(self._tag("t"))):
            own = piece.text or ""
            piece.text = own[: max(left, 0)]
            left -= len(own)
            run = piece.getparent()
            if not piece.text and run is not None and run.tag == self._tag("r"):
                _take_out(run)

    def _tag(self, name: str) -> str:
        return f"{{{self._space}}}{name}"


_BLOCKS: Final = '<o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data="{blocks}"/></o:shapelayout>\n'
_BOX_KIND: Final = (
    '<v:shapetype{spaces} id="_x0000_t202" coordsize="21600,21600" o:spt="202" path="m,l,21600r21600,l21600,xe">'
    '<v:stroke joinstyle="miter"/><v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>\n'
)


def _box(note: Note, id_: int, grid: Grid, spaces: str) -> str:
    lines = sum(-(-len(line) // _LINE_LETTERS) or 1 for line in note.text.split("\n"))
    height = min(_TALLEST_BOX, (lines + 1) * _LINE_HEIGHT)
    left = note.column
    right, right_offset = _reach(_BOX_WIDTH + 15, left, grid.columns, grid.column_width)
    top = max(note.row - 2, 0)
    bottom, bottom_offset = _reach(height + 8, top, grid.rows, grid.row_height)
    anchor = f"{left}, 15, {top}, 8, {right}, {right_offset}, {bottom}, {bottom_offset}"
    return (
        f'<v:shape{spaces} id="_x0000_s{id_}" type="#_x0000_t202" fillcolor="#fffbe8" o:insetmode="auto" '
        f'style="position:absolute;width:{_BOX_WIDTH * _POINT:g}pt;height:{height * _POINT:g}pt;z-index:1;'
        'visibility:hidden">'
        '<v:fill color2="#fffbe8"/><v:shadow on="t" color="black" obscured="t"/><v:path o:connecttype="none"/>'
        '<v:textbox style="mso-direction-alt:auto"><div style="text-align:left"></div></v:textbox>'
        '<x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/>'
        f"<x:Anchor>{anchor}</x:Anchor><x:AutoFill>False</x:AutoFill>"
        f"<x:Row>{note.row - 1}</x:Row><x:Column>{note.column - 1}</x:Column></x:ClientData></v:shape>\n"
    )


def _reach(length: int, first: int, sizes: Mapping[int, int], usual: int) -> tuple[int, int]:
    """The column or row (from 0) in which so many pixels from the beginning of `first` end, and how far into it."""
    at = first
    while length > (size := sizes.get(at + 1, usual)):
        length -= size
        at += 1
    return at, length


def _text_of(comment: etree._Element) -> str:
    return "".join(piece.text or "" for piece in comment.iter("{*}t"))


def _take_out(element: etree._Element) -> None:
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)


def _kept(box: str, emptied: set[str]) -> str:
    place = {name: int(number) for name, number in _BOX_PLACE.findall(box)}
    if not _IS_NOTE.search(box) or len(place) < 2:  # noqa: PLR2004  a row and a column
        return box
    return "" if f"{get_column_letter(place['Column'] + 1)}{place['Row'] + 1}" in emptied else box
