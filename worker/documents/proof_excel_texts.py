"""The texts that the cells of an Excel file share -> those texts, in their order.

A plan has tens of thousands of them, written alike: they are read as they are unpacked, and only
what is written otherwise is given to a parser.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from lxml import etree

from worker.documents.proof_package import Package, parse, plain_text

M: Final = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_SPACE: Final = "{http://www.w3.org/XML/1998/namespace}space"
_ESCAPED: Final = re.compile("_x([0-9A-Fa-f]{4})_")
# Each item, its text where it is written plainly.
_ITEMS: Final = re.compile(r'(<si>(?:<t xml:space="preserve">([^<]*)</t>|.*?)</si>)', re.DOTALL)
_ITEM: Final = b"<si>"
_ITEM_END: Final = b"</si>"
_END: Final = b"</sst>"
# What is in a comment is not there.
_HIDING: Final = b"<!"
_OPENS: Final = b'<si><t xml:space="preserve">'
_CLOSES: Final = b"</t></si>"
_BETWEEN: Final = _CLOSES + _OPENS
_MARKS_OF_ONE: Final = 4
_MOST_KNOWN: Final = 4096


def shared_texts(package: Package, part: str) -> tuple[str, ...]:
    """Every text of the part.

    Raises:
        NotSound: it cannot be read.
    """
    told: list[str] = []
    head, waiting = b"", b""
    for piece in package.pieces(part):
        waiting += piece
        start, end = waiting.find(_ITEM) if not head else 0, waiting.rfind(_ITEM_END) + len(_ITEM_END)
        if start < 0 or end < len(_ITEM_END):
            continue
        head = head or waiting[:start]
        stretch, waiting = waiting[start:end], waiting[end:]
        texts = _plain_texts(stretch)
        if texts is None:
            if _HIDING in stretch:
                return _strings(package.text(part), part)
            texts = _strings((head + stretch + _END).decode("utf-8", "replace"), part)
        told += texts
    if _HIDING in head or _HIDING in waiting or not (head + waiting).rstrip().endswith(_END):
        return _strings(package.text(part), part)
    return tuple(told)


def _plain_texts(xml: bytes) -> Sequence[str] | None:
    """The texts of a stretch in which all are written in the commonest way; None: some is not."""
    written = xml[len(_OPENS) : -len(_CLOSES)].split(_BETWEEN)
    is_plain = xml.startswith(_OPENS) and xml.count(b"<") == _MARKS_OF_ONE * len(written)
    if not is_plain or b"]]>" in xml or b"\r" in xml:
        return None
    try:
        # One by one: a single emoji among them would take four bytes of each letter of all.
        texts = [text.decode("utf-8") for text in written]
    except UnicodeDecodeError:
        return None
    return [unescaped(plain_text(text)) if "&" in text or "_x" in text else text for text in texts]


def unescaped(text: str) -> str:
    """A text as Excel shows it: "_x0041_" is an A."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


def told_text(holder: etree._Element) -> str:
    """The text of a cell or an item, without how it is said."""
    told = []
    for piece in holder.iter(f"{M}t"):
        parent = piece.getparent()
        if piece.text and (parent is None or parent.tag != f"{M}rPh"):
            told.append(unescaped(piece.text if piece.get(_SPACE) == "preserve" else piece.text.strip()))
    return "".join(told)


def _strings(xml: str, part: str) -> tuple[str, ...]:
    """The texts of a part, or of a stretch of it; the plain ones are read without a parser."""
    head, *items = _ITEMS.split(xml)
    plain, between = items[1::3], "".join(items[2::3])
    if _HIDING.decode() in xml or "<si" in between or "]]>" in xml:
        return _parsed(xml, part)
    others = head + "".join([whole for whole, text in zip(items[::3], plain, strict=True) if text is None]) + between
    parsed = iter((_known if len(others) < _MOST_KNOWN else _parsed)(others, part))
    return tuple([next(parsed) if text is None else unescaped(plain_text(text)) for text in plain])


def _parsed(xml: str, part: str) -> tuple[str, ...]:
    return tuple([told_text(item) for item in parse(xml.encode(), part).iterchildren(f"{M}si")])


# The texts with letters of their own are the template's, in most reports of an office the same.
_known = lru_cache(maxsize=32)(_parsed)
