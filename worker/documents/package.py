"""Members of an Office file <-> the zip that holds them: what a fill leaves alone is deflated only once.

The standard library's zipfile cannot write bytes that are already compressed, so the few records of a zip are written
here. Times are fixed: the same members give the same bytes, on one machine. What is filled is deflated by Intel's
ISA-L, ten times as fast as zlib and a fifth larger, whose bytes may differ from processor to processor: documents are
held against each other by what their members say (`contents_sha256`).
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from isal import isal_zlib

_LOCAL: Final = struct.Struct("<IHHHHHIIIHH")
_CENTRAL: Final = struct.Struct("<IHHHHHHIIIHHHHHII")
_END: Final = struct.Struct("<IHHHHIIH")
_VERSION: Final = 20
_UTF8_NAME: Final = 0x800
_DEFLATED: Final = 8
# Deflate without zlib's own head and sum, which a zip keeps elsewhere.
_RAW: Final = -15
# ISA-L's own default; its level 3 takes twice as long for a hundredth less.
_QUICK: Final = 2
# 1 January 1980, the first day that a zip can write.
_TIME, _DAY = 0, 0x21


@dataclass(frozen=True, slots=True)
class Member:
    """A file inside the package, deflated: `crc` and `size` are those of its plain bytes."""

    name: str
    deflated: bytes
    crc: int
    size: int


def deflate(name: str, content: bytes) -> Member:
    """A member from its plain bytes, for a part that is filled each time."""
    return Member(name, isal_zlib.compress(content, _QUICK, _RAW), isal_zlib.crc32(content), len(content))


def deflate_well(name: str, content: bytes) -> Member:
    """A member from its plain bytes, for a part that is kept and copied: it is worth deflating as well as can be."""
    squeeze = zlib.compressobj(9, zlib.DEFLATED, _RAW)
    return Member(name, squeeze.compress(content) + squeeze.flush(), isal_zlib.crc32(content), len(content))


def deflate_stream(name: str, stretches: Iterable[bytes]) -> Member:
    """A member from stretches of its plain bytes, which are never held all at once."""
    squeeze = isal_zlib.compressobj(_QUICK, isal_zlib.DEFLATED, _RAW)
    deflated: list[bytes] = []
    crc = size = 0
    for stretch in stretches:
        crc = isal_zlib.crc32(stretch, crc)
        size += len(stretch)
        deflated.append(squeeze.compress(stretch))
    deflated.append(squeeze.flush())
    return Member(name, b"".join(deflated), crc, size)


def read_members(package: bytes) -> dict[str, bytes]:
    """Plain bytes of every member, in the package's order.

    Raises:
        zipfile.BadZipFile: the bytes are no zip, or a member's sum is wrong.
    """
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        return {info.filename: archive.read(info) for info in archive.infolist() if not info.is_dir()}


def write_package(members: Iterable[Member]) -> bytes:
    """The package of these members, in this order."""
    pieces: list[bytes] = []
    directory: list[bytes] = []
    offset = 0
    for member in members:
        name = member.name.encode()
        flags = 0 if name.isascii() else _UTF8_NAME
        known = (_DEFLATED, _TIME, _DAY, member.crc, len(member.deflated), member.size, len(name), 0)
        local = _LOCAL.pack(0x04034B50, _VERSION, flags, *known)
        directory.append(_CENTRAL.pack(0x02014B50, _VERSION, _VERSION, flags, *known, 0, 0, 0, 0, offset) + name)
        pieces += (local, name, member.deflated)
        offset += len(local) + len(name) + len(member.deflated)
    size = sum(map(len, directory))
    end = _END.pack(0x06054B50, 0, 0, len(directory), len(directory), size, offset, 0)
    return b"".join([*pieces, *directory, end])
