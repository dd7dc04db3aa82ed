"""Members of an Office file <-> the zip that holds them: what a fill leaves alone is deflated only once.

The standard library's zipfile cannot write bytes that are already compressed, so the few records of a zip are written
here. Times are fixed: the same members give the same bytes.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

_LOCAL: Final = struct.Struct("<IHHHHHIIIHH")
_CENTRAL: Final = struct.Struct("<IHHHHHHIIIHHHHHII")
_END: Final = struct.Struct("<IHHHHIIH")
_VERSION: Final = 20
_UTF8_NAME: Final = 0x800
_DEFLATED: Final = 8
# 1 January 1980, the first day that a zip can write.
_TIME, _DAY = 0, 0x21


@dataclass(frozen=True, slots=True)
class Member:
    """A file inside the package, deflated: `crc` and `size` are those of its plain bytes."""

    name: str
    deflated: bytes
    crc: int
    size: int


def deflate(name: str, content: bytes, level: int = 6) -> Member:
    """A member from its plain bytes. What is filled each time takes level 6; what is kept is worth level 9 once."""
    squeeze = zlib.compressobj(level, zlib.DEFLATED, -15)
    return Member(name, squeeze.compress(content) + squeeze.flush(), zlib.crc32(content), len(content))


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
