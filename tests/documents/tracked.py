"""A Word file with tracked changes -> what a reader sees once all are accepted, or all are rejected.

Written against ECMA-376 part 1, 17.13.5, and against nothing of Folio's. A paragraph whose mark goes gives what is left
of it to the paragraph behind. Whatever the standard does not allow, or gives no meaning, is an assertion that fails.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_TRANSPARENT = {f"{W}{name}" for name in ("hyperlink", "smartTag", "sdt", "sdtContent", "customXml")}
_UNSEEN = {f"{W}{name}" for name in ("pPr", "rPr", "sdtPr", "sdtEndPr", "proofErr", "lastRenderedPageBreak")}
_ANCHORS = re.compile(rf"{W}(bookmark|perm|commentRange)(Start|End)")

# A letter (or the name of what is no letter) with its run's properties.
Letter = tuple[str, str]


@dataclass(frozen=True)
class Paragraph:
    """Its own properties, as XML, and its letters."""

    properties: str
    letters: tuple[Letter, ...]

    @property
    def text(self) -> str:
        return "".join(letter for letter, _ in self.letters)


@dataclass(frozen=True)
class Row:
    """Whether it is repeated on each page, and what stands in its cells."""

    is_header: bool
    cells: tuple[tuple[Block, ...], ...]


@dataclass(frozen=True)
class Table:
    rows: tuple[Row, ...]


Block = Paragraph | Table


@dataclass(frozen=True)
class Change:
    """A tracked change: the element's name, its parent's, and who made it when."""

    kind: str
    of: str
    author: str
    date: str


def accepted(content: bytes) -> dict[str, tuple[Block, ...]]:
    """What stands in each part when every change is accepted."""
    return {name: tuple(_Reader(gone="del").story(root)) for name, root in _stories(content)}


def rejected(content: bytes) -> dict[str, tuple[Block, ...]]:
    """What stands in each part when every change is rejected."""
    return {name: tuple(_Reader(gone="ins").story(root)) for name, root in _stories(content)}


def untracked(content: bytes) -> dict[str, tuple[Block, ...]]:
    """What stands in each part of a document that has no changes."""
    assert changes(content) == []
    return accepted(content)


def changes(content: bytes) -> list[Change]:
    """Every tracked change, each with a number that no other has."""
    found = [
        element
        for _, root in _stories(content)
        for element in root.iter(f"{W}ins", f"{W}del", f"{W}pPrChange", f"{W}moveFrom", f"{W}moveTo", f"{W}cellIns")
    ]
    numbers = Counter(element.get(f"{W}id") for element in found)
    assert all(count == 1 for count in numbers.values())
    return [
        Change(
            etree.QName(element).localname,
            etree.QName(element.getparent()).localname,
            element.get(f"{W}author", ""),
            element.get(f"{W}date", ""),
        )
        for element in found
    ]


def texts(blocks: tuple[Block, ...]) -> list[object]:
    """Paragraphs as their texts, tables as rows of cells of the same."""
    return [
        block.text if isinstance(block, Paragraph) else [[texts(cell) for cell in row.cells] for row in block.rows]
        for block in blocks
    ]


def _stories(content: bytes) -> Iterator[tuple[str, etree._Element]]:
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        for name in sorted(package.namelist()):
            if re.fullmatch(r"word/(document|header\d*|footer\d*|footnotes|endnotes)\.xml", name):
                root = etree.fromstring(package.read(name))
                assert not root.xpath("//processing-instruction()")
                body = root.find(f"{W}body")
                yield name, root if body is None else body


class _Reader:
    def __init__(self, gone: str) -> None:
        self.gone = gone

    def story(self, element: etree._Element, *, vanishes: bool = False) -> Iterator[Block]:
        """The blocks of a body, header, cell or text box; `vanishes`: it goes with its row, and nothing may be left."""
        left: list[Letter] = []
        for child in self.flattened(element):
            if child.tag == f"{W}p":
                left += self.letters(child)
                if not self.has_gone(child.find(f"{W}pPr/{W}rPr")):
                    yield Paragraph(self.properties(child), tuple(_with_fields(left)))
                    left = []
            elif child.tag == f"{W}tbl":
                assert not left, "what is left of a paragraph has no paragraph behind it"
                if rows := tuple(self.rows(child)):
                    yield Table(rows)
        assert not left, "what is left of the last paragraph has no paragraph behind it"
        if not vanishes and element.tag in {f"{W}tc", f"{W}hdr", f"{W}ftr", f"{W}txbxContent"}:
            last = element.findall(f"{W}p")[-1]
            assert not self.has_gone(last.find(f"{W}pPr/{W}rPr")), "the last paragraph of a story cannot go"

    def flattened(self, element: etree._Element) -> Iterator[etree._Element]:
        for child in element:
            if child.tag in _TRANSPARENT:
                yield from self.flattened(child)
            elif isinstance(child.tag, str):
                yield child

    def rows(self, table: etree._Element) -> Iterator[Row]:
        for row in self.flattened(table):
            if row.tag != f"{W}tr":
                continue
            gone = self.has_gone(row.find(f"{W}trPr"))
            cells = tuple(
                tuple(self.story(cell, vanishes=gone)) for cell in self.flattened(row) if cell.tag == f"{W}tc"
            )
            if gone:
                assert not any(cells), "a reader that knows no tracked rows would keep something of this one"
            else:
                yield Row(row.find(f"{W}trPr/{W}tblHeader") is not None, cells)

    def has_gone(self, properties: etree._Element | None) -> bool:
        if properties is None:
            return False
        kinds = [etree.QName(child).localname for child in properties if child.tag in {f"{W}ins", f"{W}del"}]
        assert len(kinds) <= 1, "what came and left again was never there"
        return self.gone in kinds

    def properties(self, paragraph: etree._Element) -> str:
        properties = paragraph.find(f"{W}pPr")
        if properties is None:
            return ""
        change = properties.find(f"{W}pPrChange")
        if change is not None and self.gone == "ins":
            properties = change.find(f"{W}pPr")
        own = {f"{W}rPr", f"{W}pPrChange", f"{W}sectPr"}
        return "".join(_canonical(child) for child in properties if child.tag not in own)

    def letters(self, element: etree._Element, within: str = "") -> Iterator[Letter]:
        """What is left in a paragraph; `within` is the change that this element stands in."""
        for child in element:
            kind = etree.QName(child).localname
            if child.tag in {f"{W}ins", f"{W}del"}:
                assert not within, "a change within a change"
                assert len(child), "a change of nothing"
                assert all(run.tag == f"{W}r" for run in child)
                if kind == self.gone:
                    self.check(child, kind)
                else:
                    yield from self.letters(child, kind)
            elif child.tag == f"{W}r":
                yield from self.run(child, within)
            elif child.tag in _TRANSPARENT:
                yield from self.letters(child, within)
            elif child.tag == f"{W}fldSimple":
                assert not within
                yield f"[{child.get(f'{W}instr')}]", ""
            elif child.tag not in _UNSEEN and not _ANCHORS.fullmatch(child.tag):
                yield _canonical(child), ""

    def run(self, run: etree._Element, within: str) -> Iterator[Letter]:
        self.check_run(run, within)
        properties = run.find(f"{W}rPr")
        look = "" if properties is None else _canonical(properties)
        for part in run:
            name = etree.QName(part).localname
            if part.tag in {f"{W}t", f"{W}delText"}:
                text = part.text or ""
                is_kept = part.get("{http://www.w3.org/XML/1998/namespace}space") == "preserve"
                yield from ((letter, look) for letter in (text if is_kept else text.strip()))
            elif name in {"br", "tab"} and not part.attrib:
                yield {"br": "\n", "tab": "\t"}[name], look
            elif name == "fldChar":
                yield part.get(f"{W}fldCharType"), look
            elif name in {"instrText", "delInstrText"}:
                yield f"[{part.text}]", look
            elif boxes := list(part.iter(f"{W}txbxContent")):
                for box in boxes:
                    yield f"<{name} {texts(tuple(self.story(box)))}>", look
            elif part.tag not in _UNSEEN:
                yield _canonical(part), look

    def check(self, change: etree._Element, kind: str) -> None:
        for run in change:
            self.check_run(run, kind)

    def check_run(self, run: etree._Element, within: str) -> None:
        wrong = {"t", "instrText"} if within == "del" else {"delText", "delInstrText"}
        assert not any(etree.QName(part).localname in wrong for part in run)


def _with_fields(letters: list[Letter]) -> Iterator[Letter]:
    """A field is its instruction: what it showed when it was saved is found anew."""
    depth, is_result = 0, False
    for letter, look in letters:
        if letter in {"begin", "end"}:
            depth += 1 if letter == "begin" else -1
            assert depth in {0, 1}, "half a field"
            is_result = False
        elif letter == "separate":
            is_result = True
        elif not is_result:
            yield letter, "" if depth else look
    assert depth == 0, "half a field"


def _canonical(element: etree._Element) -> str:
    return etree.tostring(element, method="c14n", exclusive=True, with_tail=False).decode()
