"""A part with thousands of like elements -> what stands around them as a tree, and each of them as it is written.

The rows of a sheet and the texts that its cells share are almost all of a workbook, and as a tree they take many times
the room: here one of them is a tree at a time, and those that nobody asks for are copied as they are. Where they begin
and end is told by patterns that take all of it or nothing; a part that is written otherwise is written anew by the
parser first, so that it is as they expect.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from lxml import etree

_MARK: Final = b"<?folio pieces?>"
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_DECLARATION: Final = re.compile(rb"<\?xml\s([^?]*)\?>")
_ENCODING: Final = re.compile(rb"\sencoding\s*=\s*[\"'](?!(?i:utf-8)[\"'])")
_ATTRIBUTES: Final = rb"((?:\s+[\w:.-]+\s*=\s*(?:\"[^\"<]*\"|'[^'<]*'))*)\s*(/?)>"
_AT_ONCE: Final = 256

_PARSER: Final = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
_CLEANING_PARSER: Final = etree.XMLParser(
    resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True
)


class SplitPart:
    """The pieces of one part while it is changed, counted from 0 as they stood, and new ones behind as they come.

    `frame`: the root of the part without them; `space`: its namespace. What is changed in frame or pieces is written.
    """

    def __init__(self, content: bytes, around: str, name: str) -> None:
        """`around`: what holds the pieces, the root or a child of it; `name`: what each of them is called.

        Raises:
            etree.XMLSyntaxError: it is no XML.
            ValueError: pieces stand within pieces, or have several prefixes for their one namespace.
        """
        found = _split(content, around, name) or _split(_written_anew(content, around, name), around, name)
        if found is None:
            raise ValueError(f"what stands in {around} cannot be told apart")
        frame, self._pieces, self._start = found
        self.frame = _parsed(frame)
        self.space = etree.QName(self.frame).namespace or ""
        self._opening, self._closing = _tags_around(self.frame)
        self._order = list(range(len(self._pieces)))
        self._frame_as_parsed = hash(_serialised(self.frame))
        self._has_new_pieces = False
        self._open: tuple[int, etree._Element] | None = None

    def __len__(self) -> int:
        return len(self._pieces)

    @property
    def pieces(self) -> Sequence[bytes]:
        """All of them as they are written."""
        self._shut()
        return self._pieces

    def attributes(self, at: int) -> str:
        """The attributes of a piece as they are written."""
        found = self._start.match(self._pieces[at])
        return found[1].decode() if found else ""

    def element(self, at: int) -> etree._Element:
        """A piece as an element. It is the same one until another piece is asked for; then what was changed is kept."""
        if self._open is None or self._open[0] != at:
            self._shut()
            self._open = at, self._parsed(self._pieces[at])
        return self._open[1][0]

    def add(self, piece: etree._Element, before: int | None = None) -> int:
        """A new piece, before another or behind all of them; where it is now."""
        self._shut()
        holder = _parsed(self._opening + self._closing)
        holder.append(piece)
        self._pieces.append(_inside(holder))
        at = len(self._pieces) - 1
        self._order.insert(at if before is None else self._order.index(before), at)
        self._has_new_pieces = True
        return at

    @property
    def is_changed(self) -> bool:
        """Whether anything in it says something else than when it was read."""
        self._shut()
        return self._has_new_pieces or hash(_serialised(self.frame)) != self._frame_as_parsed

    def written(self) -> Iterator[bytes]:
        """The bytes of the part, in stretches of some pieces."""
        self._shut()
        before, _, behind = _serialised(self.frame).partition(_MARK)
        yield before
        for first in range(0, len(self._order), _AT_ONCE):
            yield b"".join([self._pieces[at] for at in self._order[first : first + _AT_ONCE]])
        yield behind

    def _shut(self) -> None:
        if self._open is None:
            return
        at, holder = self._open
        self._open = None
        written = _inside(holder)
        if not self._has_new_pieces:
            # Programs write the same element in more than one way: one that was only looked at is not changed.
            self._has_new_pieces = written != _inside(self._parsed(self._pieces[at]))
        if self._has_new_pieces:
            self._pieces[at] = written

    def _parsed(self, piece: bytes) -> etree._Element:
        return _parsed(self._opening + piece + self._closing)


def _split(content: bytes, around: str, name: str) -> tuple[bytes, list[bytes], re.Pattern[bytes]] | None:
    """The part with a mark for its pieces, the pieces, and how one begins; None: it cannot be told for certain."""
    # A comment could hold anything, pieces too, and what stands in it is not there.
    if not _is_utf8(content) or b"<!" in content or content.find(b"<?", len(_BYTE_ORDER_MARK) + 2) >= 0:
        return None
    holder = re.search(rb"<((?:[\w.-]+:)?)" + around.encode() + _ATTRIBUTES, content)
    if holder is None:
        return None
    tag, closing = holder[1] + name.encode(), b"</" + holder[1] + around.encode() + b">"
    start = re.compile(rb"\s*<" + tag + _ATTRIBUTES)
    if holder[3]:
        opened = content[holder.start() : holder.end()].removesuffix(b"/>") + b">"
        return content[: holder.start()] + opened + _MARK + closing + content[holder.end() :], [], start
    ends, pieces = b"</" + tag + b">", []
    at = holder.end()
    while found := start.match(content, at):
        end = found.end() if found[2] else content.find(ends, found.end()) + len(ends)
        if end < found.end() or content.find(b"<" + tag, found.end(), end) >= 0:
            return None
        pieces.append(content[at:end])
        at = end
    last = content.find(closing, at)
    if last < 0 or content.find(b"<" + tag, at, last) >= 0:
        return None
    return content[: holder.end()] + _MARK + content[at:], pieces, start


def _is_utf8(content: bytes) -> bool:
    content = content[: len(_BYTE_ORDER_MARK) + 200].removeprefix(_BYTE_ORDER_MARK)
    declared = _DECLARATION.match(content)
    return content.startswith(b"<") and not (declared and _ENCODING.search(b" " + declared[1]))


def _written_anew(content: bytes, around: str, name: str) -> bytes:
    """The same part as the patterns expect it: in UTF-8, without comments, and nothing but pieces among its pieces."""
    root = etree.fromstring(content, _CLEANING_PARSER)
    space = f"{{{etree.QName(root).namespace or ''}}}"
    holder = root if root.tag == f"{space}{around}" else root.find(f"{space}{around}")
    if holder is None:
        holder = etree.SubElement(root, f"{space}{around}")
    pieces = holder.findall(f"{space}{name}")
    if pieces:
        holder.text = None
        for other in list(pieces[-1].itersiblings(preceding=True)):
            other.tail = None
            if other.tag != pieces[-1].tag:
                holder.remove(other)
    return _serialised(root)


def _tags_around(frame: etree._Element) -> tuple[bytes, bytes]:
    """What a piece needs around it to be read: the tags of what holds the pieces, with all namespaces of that place."""
    holder = next(frame.iter(etree.ProcessingInstruction)).getparent()
    if holder is None:
        raise ValueError("nothing holds the pieces")
    xml = etree.tostring(holder, encoding="UTF-8", xml_declaration=False, with_tail=False)
    return xml[: xml.find(_MARK)], xml[xml.rfind(b"<") :]


def _inside(holder: etree._Element) -> bytes:
    """The XML of what an element holds, without that of the element."""
    xml = etree.tostring(holder, encoding="UTF-8", xml_declaration=False)
    return xml[xml.find(b">") + 1 : xml.rfind(b"<")]


def _parsed(content: bytes) -> etree._Element:
    return etree.fromstring(content, _PARSER)


def _serialised(root: etree._Element) -> bytes:
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
