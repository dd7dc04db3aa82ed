"""The bytes of a Word or Excel file -> its parts, read again from nothing, and what no finished file may hold."""

from __future__ import annotations

import io
import posixpath
import re
import struct
import zipfile
import zlib
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final

from lxml import etree

_RELATIONS: Final = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
_FORBIDDEN: Final = {
    "vbaProject": "macros",
    "activeX": "controles activos",
    "embeddings": "objetos incrustados",
    "EncryptedPackage": "contraseña",
}
_LOCAL_SIZE: Final = 30
_LOCAL_LENGTHS_AT: Final = 26
_LOCAL_LENGTHS: Final = struct.Struct("<HH")
_DECLARED: Final = re.compile(rb"<!DOCTYPE|<!ENTITY")


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
            except (KeyError, zipfile.BadZipFile, RuntimeError, EOFError, zlib.error, struct.error) as error:
                raise NotSound(f"le falta la parte «{part}», o está dañada") from error
            if b"!" in content and _DECLARED.search(content):
                raise NotSound(f"declara entidades en «{part}»")
            self._read[part] = content
        return self._read[part]

    def _unpacked(self, info: zipfile.ZipInfo) -> bytes:
        """A part's bytes; `zipfile` would set up a file object for each, which costs more than small parts do."""
        if info.compress_type != zipfile.ZIP_DEFLATED or info.flag_bits & 1:
            return self._zip.read(info)
        start = (
            info.header_offset + _LOCAL_SIZE + sum(_LOCAL_LENGTHS.unpack_from(self._content, info.header_offset + 26))
        )
        plain = zlib.decompress(self._content[start : start + info.compress_size], -zlib.MAX_WBITS, info.file_size or 1)
        if zlib.crc32(plain) != info.CRC or len(plain) != info.file_size:
            raise zipfile.BadZipFile(info.filename)
        return plain

    def tree(self, part: str) -> etree._Element:
        """The root of a part.

        Raises:
            NotSound: as for `read`, or it is no XML.
        """
        return parse(self.read(part), part)

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
