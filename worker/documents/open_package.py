"""An Office package -> the same with a few parts changed: what is not touched stays as it was deflated, byte for byte.

Assumes a package that passed the guard of service.sheets. Parts that are asked for as trees are written again when the
package is closed, if anything in them has changed; nothing is fetched and no entity resolved. The sheets of an office's
workbook, and the texts that they share, are asked for in pieces: a tree of them takes too much memory.
"""

from __future__ import annotations

import io
import posixpath
import struct
import zipfile
import zlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from lxml import etree

from worker.documents.package import Member, deflate, deflate_stream, write_package
from worker.documents.split_part import SplitPart

_TYPES: Final = "[Content_Types].xml"
_TYPES_SPACE: Final = "http://schemas.openxmlformats.org/package/2006/content-types"
_RELATIONS_SPACE: Final = "http://schemas.openxmlformats.org/package/2006/relationships"
_LOCAL_HEADER_SIZE: Final = 30
_LOCAL_LENGTHS: Final = struct.Struct("<HH")
_LOCAL_LENGTHS_AT: Final = 26
_TOO_LONG: Final = 10


@dataclass(frozen=True, slots=True)
class Relation:
    """A link from one part to another: its id, the last word of its type, the part it leads to ("" when outside)."""

    id: str
    kind: str
    target: str


class OpenPackage:
    """The parts of a package, each a tree or in pieces once it was asked for so, plain bytes once set, or untouched."""

    def __init__(self, content: bytes) -> None:
        self._members = dict(_members(content))
        self._trees: dict[str, etree._Element] = {}
        self._split: dict[str, SplitPart] = {}
        self._as_parsed: dict[str, int] = {}
        self._plain: dict[str, bytes] = {}

    def __contains__(self, part: str) -> bool:
        return any(part in kept for kept in self._kept)

    def names(self) -> tuple[str, ...]:
        """The names of all parts."""
        return tuple(dict.fromkeys(name for kept in self._kept for name in kept))

    def read(self, part: str) -> bytes:
        """The plain bytes of a part."""
        if part in self._trees:
            return _serialised(self._trees[part])
        if part in self._split:
            return b"".join(self._split[part].written())
        if part in self._plain:
            return self._plain[part]
        return zlib.decompress(self._members[part].deflated, -zlib.MAX_WBITS)

    def tree(self, part: str) -> etree._Element:
        """The root of a part; what is changed in it is written."""
        if part not in self._trees:
            parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
            root = etree.fromstring(self.read(part), parser)
            self._as_parsed[part] = hash(_serialised(root))
            self._trees[part] = root
        return self._trees[part]

    def rows(self, part: str) -> SplitPart:
        """A sheet, its rows apart; what is changed in it is written, and nobody may ask for its tree."""
        return self._in_pieces(part, "sheetData", "row")

    def texts(self, part: str) -> SplitPart:
        """The same for the part with the texts that cells share."""
        return self._in_pieces(part, "sst", "si")

    def trees(self, part: str, words: Collection[bytes]) -> Iterator[etree._Element]:
        """The tree of a part, or one after the other its frame and those of its pieces that have any of the words."""
        if part not in self._split:
            yield self.tree(part)
            return
        split = self._split[part]
        yield split.frame
        for at, piece in enumerate(split.pieces):
            if any(word in piece for word in words):
                yield split.element(at)

    def set(self, part: str, content: bytes, content_type: str | None = None) -> None:
        """Write a part; `content_type` is told when it is new and its ending does not say it."""
        self._trees.pop(part, None)
        self._split.pop(part, None)
        self._plain[part] = content
        if content_type is not None:
            self._declare(part, content_type)

    def drop(self, part: str) -> None:
        """Take a part out, with its own relations and what declares it."""
        for name in (part, _relations_of(part)):
            for kept in self._kept:
                kept.pop(name, None)
        types = self.tree(_TYPES)
        for override in list(types):
            if override.get("PartName") == f"/{part}":
                types.remove(override)

    def free_name(self, pattern: str) -> str:
        """A name for a new part: `pattern` with the first number that no part has, in any case of letters."""
        taken = {name.casefold() for name in self.names()}
        return next(name for n in range(1, 100_000) if (name := pattern.format(n)).casefold() not in taken)

    def relations(self, part: str) -> tuple[Relation, ...]:
        """Where a part leads to; "" is the package itself."""
        name = _relations_of(part)
        if name not in self:
            return ()
        # Links may spell a name in other letters than the zip does: Office tells them apart by more than case.
        spelled = {one.casefold(): one for one in self.names()}
        found = (_relation(part, one) for one in self.tree(name))
        return tuple(replace(one, target=spelled.get(one.target.casefold(), one.target)) for one in found)

    def relation(self, part: str, kind: str) -> Relation | None:
        """The first link of a kind."""
        return next((one for one in self.relations(part) if one.kind == kind), None)

    def relate(self, part: str, kind: str, target: str) -> str:
        """Link two parts; the new link's id. Its type is written as the workbook's other links write theirs."""
        name = _relations_of(part)
        if name not in self:
            self.set(name, f'<Relationships xmlns="{_RELATIONS_SPACE}"/>'.encode())
        root = self.tree(name)
        taken = {one.get("Id") for one in root}
        id_ = next(id_ for n in range(1, 100_000) if (id_ := f"rId{n}") not in taken)
        link = etree.SubElement(root, f"{{{_RELATIONS_SPACE}}}Relationship")
        link.set("Id", id_)
        link.set("Type", f"{self._type_prefix()}/{kind}")
        link.set("Target", f"/{target}")
        return id_

    def unrelate(self, part: str, id_: str) -> None:
        """Take a link away, but not the part it leads to."""
        root = self.tree(_relations_of(part))
        for link in list(root):
            if link.get("Id") == id_:
                root.remove(link)

    def retype(self, old: str, new: str) -> None:
        """Declare every part of one content type as of another."""
        for one in self.tree(_TYPES):
            if one.get("ContentType") == old:
                one.set("ContentType", new)

    def _declare(self, part: str, content_type: str) -> None:
        types = self.tree(_TYPES)
        if any(one.get("PartName") == f"/{part}" for one in types):
            return
        override = etree.SubElement(types, f"{{{_TYPES_SPACE}}}Override")
        override.set("PartName", f"/{part}")
        override.set("ContentType", content_type)

    def _type_prefix(self) -> str:
        """Strict workbooks have other names for the same types."""
        for link in self.tree(_relations_of("")):
            prefix, _, kind = (link.get("Type") or "").rpartition("/")
            if kind == "officeDocument":
                return prefix
        return "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

    def close(self) -> bytes:
        """The package: untouched parts in their order and as they were, new ones behind them."""
        return write_package(self._member(name) for name in self.names())

    def _member(self, part: str) -> Member:
        # A part that was only looked at keeps the bytes that its own program wrote.
        if part in self._trees:
            written = _serialised(self._trees[part])
            if part not in self._members or hash(written) != self._as_parsed[part]:
                return deflate(part, written)
        split = self._split.get(part)
        if split is not None and (part not in self._members or split.is_changed):
            return deflate_stream(part, split.written())
        return deflate(part, self._plain[part]) if part in self._plain else self._members[part]

    @property
    def _kept(self) -> tuple[dict[str, Any], ...]:
        return self._members, self._plain, self._trees, self._split

    def _in_pieces(self, part: str, around: str, name: str) -> SplitPart:
        if part not in self._split:
            self._split[part] = SplitPart(self.read(part), around, name)
        return self._split[part]


def whole_number(text: str | None, otherwise: int = 0) -> int:
    """The number in an attribute; what is none was not written by Excel, and is no reason to give the book up."""
    return (
        int(text) if text is not None and text.isascii() and text.isdecimal() and len(text) < _TOO_LONG else otherwise
    )


def _relations_of(part: str) -> str:
    folder, name = posixpath.split(part)
    return posixpath.join(folder, "_rels", f"{name}.rels")


def _relation(part: str, link: etree._Element) -> Relation:
    target = ""
    if link.get("TargetMode") != "External":
        target = posixpath.normpath(posixpath.join("/", posixpath.dirname(part), link.get("Target", ""))).lstrip("/")
    return Relation(link.get("Id", ""), link.get("Type", "").rpartition("/")[2], target)


def _serialised(root: etree._Element) -> bytes:
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)


def _members(content: bytes) -> Iterator[tuple[str, Member]]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for info in archive.infolist():
            if info.is_dir():
                continue
            if info.compress_type != zipfile.ZIP_DEFLATED:
                yield info.filename, deflate(info.filename, archive.read(info))
                continue
            name_size, extra_size = _LOCAL_LENGTHS.unpack_from(content, info.header_offset + _LOCAL_LENGTHS_AT)
            start = info.header_offset + _LOCAL_HEADER_SIZE + name_size + extra_size
            deflated = content[start : start + info.compress_size]
            yield info.filename, Member(info.filename, deflated, info.CRC, info.file_size)
