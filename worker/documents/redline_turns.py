"""A part as it is written -> its frame, with one mark where the actions stand, and what it says of each action.

A plan of ten thousand actions is 40 MB of XML in either report: it is written twice, once to learn whose turns there
are, and once to go through them side by side, so that of both no more than a row is there at a time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

from lxml import etree

from worker.documents.redline_runs import Element, w
from worker.documents.word import TURN

PLACE: Final = w("folio")
_PLACE_XML: Final = b"<w:folio/>"
_WRITTEN_PLACE: Final = re.compile(rb"<w:folio/>|<w:folio></w:folio>")
_TURN: Final = re.compile(rb"<\?%b ?(\d*) ?\?>" % TURN.encode())
_NAMESPACE: Final = re.compile(rb'\sxmlns:\w+="[^"]*"')
_PIECES_AT_ONCE: Final = 512
# What shares the numbers of changes.
_NUMBERED: Final = re.compile(rb'<w:(?:bookmarkStart|permStart|commentRangeStart) [^>]*?w:id="(\d+)"')


class NotInTurnsError(Exception):
    """The part has no single loop of whole blocks: it can only be merged as a whole."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A part without what it says of actions: its XML with a mark instead, whose turns there are, in their order.

    `highest` is the highest number that something in the turns has, which changes may not have too.
    """

    xml: bytes
    turns: tuple[int, ...]
    highest: int

    @property
    def namespaces(self) -> bytes:
        """The declarations of its first element, without which a turn cannot be read."""
        start = self.xml.find(b"<", self.xml.find(b"?>") + 2)
        return b"".join(_NAMESPACE.findall(self.xml[start : self.xml.find(b">", start)]))


def frame_of(pieces: Iterable[bytes]) -> Frame:
    """What stands around the turns.

    Raises:
        NotInTurnsError: there is no loop, or more than one.
    """
    frame: list[bytes] = []
    turns: list[int] = []
    loops = highest = 0
    is_within = False
    for turn, content in _segments(pieces):
        if turn is None:
            frame.append(content)
            is_within = False
            continue
        if not is_within:
            frame.append(_PLACE_XML)
            loops += 1
            is_within = True
        if content.strip():
            turns.append(turn)
            highest = max([highest, *map(int, _NUMBERED.findall(content))])
    if loops != 1 or len(set(turns)) < len(turns):
        raise NotInTurnsError
    return Frame(b"".join(frame), tuple(turns), highest)


def turns_of(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """What is said of each action, one after the other."""
    return (content for turn, content in _segments(pieces) if turn is not None and content.strip())


def parted(frame: Element) -> tuple[bytes, bytes]:
    """A frame's XML before and behind the mark.

    Raises:
        NotInTurnsError: the mark is not there just once.
    """
    xml = etree.tostring(frame, encoding="UTF-8", xml_declaration=True, standalone=True)
    before, *behind = _WRITTEN_PLACE.split(xml)
    if len(behind) != 1:
        raise NotInTurnsError
    return before, behind[0]


def blocks_of(turn: bytes, namespaces: bytes) -> Element:
    """An element that holds the blocks of a turn.

    Raises:
        NotInTurnsError: they are no whole blocks.
    """
    try:
        return etree.fromstring(b"<w:folio%b>%b</w:folio>" % (namespaces, turn))
    except etree.XMLSyntaxError as error:
        raise NotInTurnsError from error


def written(holder: Element) -> bytes:
    """The XML of the blocks that an element holds, without that of the element."""
    if not len(holder):
        return b""
    xml = etree.tostring(holder)
    return xml[xml.find(b">") + 1 : xml.rfind(b"<")]


def _segments(pieces: Iterable[bytes]) -> Iterator[tuple[int | None, bytes]]:
    """What stands between the marks of turns, and whose turn it is; None: nobody's."""
    turn: int | None = None
    held: list[bytes] = []
    rest = iter(pieces)
    # No mark is written in two pieces, and there are many pieces to a row.
    while piece := b"".join(islice(rest, _PIECES_AT_ONCE)):
        at = 0
        for mark in _TURN.finditer(piece):
            held.append(piece[at : mark.start()])
            yield turn, b"".join(held)
            held, at = [], mark.end()
            turn = int(mark[1]) if mark[1] else None
        held.append(piece[at:])
    yield turn, b"".join(held)
