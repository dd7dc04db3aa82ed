"""The bytes of a Word or Excel file -> its parts, read again from nothing, and what no finished file may hold."""

from __future__ import annotations

import io
import posixpath
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final

from isal import isal_zlib
from lxml import etree

_RELATIONS: Final = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
_FORBIDDEN: Final = {
    "vbaProject": "macros",
    "activeX": "controles activos",
    "embeddings": "objetos incrustados",
    "EncryptedPackage": "contraseña",
}
_LOCAL_SIZE: Final = 30
_SMALL: Final = 4096
_LOCAL_LENGTHS_AT: Final = 26
_LOCAL_LENGTHS: Final = struct.Struct("<HH")
_ENTITY: Final = re.compile(r"&(?:amp|lt|gt|quot|apos|#\d+|#x[0-9A-Fa-f]+);")
_NAMED: Final = {"&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&apos;": "'"}
_DECLARED: Final = re.compile(rb"<!DOCTYPE|<!ENTITY")
# What unpacking a part raises when it is not there, or not what it was.
_DAMAGED: Final[tuple[type[Exception], ...]] = (  # type: ignore[assignment]  # the stubs take one for an instance
    KeyError,
    zipfile.BadZipFile,
    RuntimeError,
    EOFError,
    zlib.error,
    isal_zlib.error,
    struct.error,
)
_LONGEST_MARK: Final = 9
_PIECE: Final = 1 << 18


class NotSound(Exception):
    """The bytes are no whole file of their kind; the argument says in Spanish what is wrong."""


@dataclass(frozen=True, slots=True)
class Relation:
    """That a part refers to another: the last word of its type, and the other's name."""

    id: str
    kind: str
    target: str


class Package:
    """The parts of a file; each is unpacked, with its sum checked, when it is asked for."""

    def __init__(self, content: bytes) -> None:
        """Open it.

        Raises:
            NotSound: it is no zip: damaged, or closed with a password.
        """
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(content))
        except (zipfile.BadZipFile, OSError, ValueError) as error:
            raise NotSound("no es un archivo sano, o está cerrado con contraseña") from error
        self.names: Final = tuple(info.filename for info in self._zip.infolist() if not info.is_dir())
        self._content = content
        self._read: dict[str, bytes] = {}
        if len(set(self.names)) != len(self.names):
            raise NotSound("tiene dos veces la misma parte")

    def read(self, part: str) -> bytes:
        """The plain bytes of a part.

        Raises:
            NotSound: it is missing, damaged, or declares entities.
        """
        if part not in self._read:
            try:
                content = self._unpacked(self._zip.getinfo(part))
            except _DAMAGED as error:
                raise _missing(part) from error
            if b"!" in content and _DECLARED.search(content):
                raise NotSound(f"declara entidades en «{part}»")
            self._read[part] = content
        return self._read[part]

    def pieces(self, part: str) -> Iterator[bytes]:
        """What `read` gives, a quarter of a megabyte at a time; only when all is read it is known to be sound.

        Raises:
            NotSound: as for `read`.
        """
        try:
            yield from self._unpacked_pieces(self._zip.getinfo(part), part)
        except _DAMAGED as error:
            raise _missing(part) from error

    def _unpacked_pieces(self, info: zipfile.ZipInfo, part: str) -> Iterator[bytes]:
        if info.compress_type != zipfile.ZIP_DEFLATED or info.flag_bits & 1:
            yield self.read(part)
            return
        inflater = isal_zlib.decompressobj(-zlib.MAX_WBITS)
        size = checksum = at = 0
        packed, waiting, tail = self._packed(info), b"", b""
        while not inflater.eof:
            if not waiting:
                waiting = packed[at : at + _PIECE]
                at += _PIECE
                if not waiting:
                    raise EOFError
            piece = inflater.decompress(waiting, _PIECE)
            waiting = inflater.unconsumed_tail
            size += len(piece)
            checksum = isal_zlib.crc32(piece, checksum)
            if b"!" in piece and _DECLARED.search(tail + piece):
                raise NotSound(f"declara entidades en «{part}»")
            tail = piece[-_LONGEST_MARK:]
            yield piece
        if checksum != info.CRC or size != info.file_size:
            raise zipfile.BadZipFile("a part is not what it was")

    def put(self, part: str, content: bytes | None) -> None:
        """From now on a part reads so: it has been read, and this is what is left to look at. None: as it is."""
        if content is None:
            self._read.pop(part, None)
        else:
            self._read[part] = content

    def _packed(self, info: zipfile.ZipInfo) -> bytes:
        lengths = _LOCAL_LENGTHS.unpack_from(self._content, info.header_offset + _LOCAL_LENGTHS_AT)
        start = info.header_offset + _LOCAL_SIZE + sum(lengths)
        return self._content[start : start + info.compress_size]

    def _unpacked(self, info: zipfile.ZipInfo) -> bytes:
        """A part's bytes; `zipfile` would set up a file object for each, which costs more than small parts do."""
        if info.compress_type != zipfile.ZIP_DEFLATED or info.flag_bits & 1:
            return self._zip.read(info)
        packed = self._packed(info)
        unpack = _known if info.compress_size < _SMALL else _inflated
        return unpack(packed, info.file_size, info.CRC)

    def text(self, part: str) -> str:
        """The letters of a part.

        Raises:
            NotSound: as for `read`, or it is not written in UTF-8.
        """
        try:
            return self.read(part).decode("utf-8")
        except UnicodeDecodeError as error:
            raise NotSound(f"su parte «{part}» no está escrita en UTF-8") from error

    def tree(self, part: str) -> etree._Element:
        """The root of a part, which nobody changes.

        Raises:
            NotSound: as for `read`, or it is no XML.
        """
        content = self.read(part)
        return (_known_tree if len(content) < _SMALL else parse)(content, part)

    def relations(self, part: str) -> tuple[Relation, ...]:
        """Where a part leads to inside the file."""
        folder, name = posixpath.split(part)
        own = posixpath.join(folder, "_rels", f"{name}.rels")
        if own not in self.names:
            return ()
        return _relations(self.read(own), folder)

    @cached_property
    def forbidden(self) -> tuple[str, ...]:
        """What it holds that no official document may: macros, active controls and their like, in Spanish."""
        told = [what for mark, what in _FORBIDDEN.items() if any(mark in name for name in self.names)]
        if b"macroEnabled" in self.read("[Content_Types].xml"):
            told.append("macros")
        return tuple(dict.fromkeys(told))


def _missing(part: str) -> NotSound:
    return NotSound(f"le falta la parte «{part}», o está dañada")


def _inflated(packed: bytes, size: int, checksum: int) -> bytes:
    plain = isal_zlib.decompress(packed, -zlib.MAX_WBITS, size or 1)
    if isal_zlib.crc32(plain) != checksum or len(plain) != size:
        raise zipfile.BadZipFile("a part is not what it was")
    return plain


# Most small parts are the office's own, the same in all of its documents.
_known = lru_cache(maxsize=256)(_inflated)


@lru_cache(maxsize=64)
def _relations(content: bytes, folder: str) -> tuple[Relation, ...]:
    return tuple(
        Relation(
            one.get("Id", ""),
            one.get("Type", "").rpartition("/")[2],
            posixpath.normpath(posixpath.join("/", folder, one.get("Target", ""))).lstrip("/"),
        )
        for one in parse(content, "_rels").iter(_RELATIONS)
        if one.get("TargetMode") != "External"
    )


def parse(content: bytes | str, part: str = "") -> etree._Element:
    """The root of XML that is trusted with nothing.

    Raises:
        NotSound: it is not well formed.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        return etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise NotSound(f"su parte «{part}» no se puede leer") from error


_known_tree = lru_cache(maxsize=64)(parse)


def plain_text(text: str) -> str:
    """The text that XML writes so.

    Raises:
        NotSound: it is not well formed.
    """
    if "&" not in text:
        return text
    told, count = _ENTITY.subn(_character, text)
    if text.count("&") != count:
        raise NotSound("tiene un «&» suelto")
    return told


def _character(entity: re.Match[str]) -> str:
    told = entity.group()
    if told in _NAMED:
        return _NAMED[told]
    return chr(int(told[3:-1], 16) if told[2] in "xX" else int(told[2:-1]))
