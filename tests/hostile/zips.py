"""Zips written record by record, so that each of their fields can lie."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

_LOCAL: Final = struct.Struct("<4s5H3I2H")
_CENTRAL: Final = struct.Struct("<4s6H3I5H2I")
_END: Final = struct.Struct("<4s4H2IH")
_END_64: Final = struct.Struct("<4sQ2H2I4Q")
_LOCATOR_64: Final = struct.Struct("<4sIQI")
STORED, DEFLATED = 0, 8
HAS_DESCRIPTOR: Final = 0x8
_UTF_8: Final = 0x800
_MOST: Final = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Entry:
    """A member, and what its records say of it; None where they tell the truth."""

    name: str
    content: bytes = b"<a/>"
    method: int = DEFLATED
    flags: int = 0
    said_size: int | None = None
    said_packed: int | None = None
    said_crc: int | None = None
    local_name: bytes | None = None
    extra: bytes = b""
    local_extra: bytes = b""
    attributes: int = 0
    at: int | None = None
    packed: bytes | None = None

    @property
    def bytes_within(self) -> bytes:
        """What lies in the file."""
        if self.packed is not None:
            return self.packed
        return deflated(self.content) if self.method == DEFLATED else self.content


def deflated(content: bytes) -> bytes:
    """A raw deflate stream."""
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -15)
    return squeeze.compress(content) + squeeze.flush()


def local_record(entry: Entry) -> bytes:
    """The header before a member's bytes, the bytes, and its descriptor where it has one."""
    within, name = entry.bytes_within, entry.name.encode()
    crc = zlib.crc32(entry.content)
    has_descriptor = bool(entry.flags & HAS_DESCRIPTOR)
    known = (0, 0, 0) if has_descriptor else (crc, len(within), len(entry.content))
    spelled = name if entry.local_name is None else entry.local_name
    head = _LOCAL.pack(
        b"PK\3\4", 20, entry.flags | _UTF_8, entry.method, 0, 0x21, *known, len(spelled), len(entry.local_extra)
    )
    descriptor = struct.pack("<4s3I", b"PK\7\x08", crc, len(within), len(entry.content)) if has_descriptor else b""
    return head + spelled + entry.local_extra + within + descriptor


def central_record(entry: Entry, at: int) -> bytes:
    """A member in the directory."""
    name = entry.name.encode()
    crc = zlib.crc32(entry.content) if entry.said_crc is None else entry.said_crc
    packed = len(entry.bytes_within) if entry.said_packed is None else entry.said_packed
    size = len(entry.content) if entry.said_size is None else entry.said_size
    head = (b"PK\1\2", 0x0314, 20, entry.flags | _UTF_8, entry.method, 0, 0x21, crc, packed, size)
    place = at if entry.at is None else entry.at
    return _CENTRAL.pack(*head, len(name), len(entry.extra), 0, 0, 0, entry.attributes, place) + name + entry.extra


def written(entries: Iterable[Entry], *, comment: bytes = b"", said_count: int | None = None) -> bytes:
    """The whole file."""
    pieces: list[bytes] = []
    directory: list[bytes] = []
    at = 0
    for entry in entries:
        directory.append(central_record(entry, at))
        pieces.append(local_record(entry))
        at += len(pieces[-1])
    listed = b"".join(directory)
    count = min(len(directory) if said_count is None else said_count, 0xFFFF)
    end = _END.pack(b"PK\5\6", 0, 0, count, count, len(listed), at, len(comment))
    return b"".join(pieces) + listed + end + comment


def with_end_64(content: bytes, *, size: int | None = None, at: int | None = None, count: int | None = None) -> bytes:
    """The file with the end of a large one (ZIP64), which says what it is told to."""
    _, _, _, _, counted, listed, begins, _ = _END.unpack(content[-_END.size :])
    end = _END_64.pack(
        *(b"PK\6\6", 44, 45, 45, 0, 0, counted if count is None else count, counted if count is None else count),
        *(listed if size is None else size, begins if at is None else at),
    )
    where = len(content) - _END.size
    plain = _END.pack(b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, _MOST, _MOST, 0)
    return content[: -_END.size] + end + _LOCATOR_64.pack(b"PK\6\7", 0, where, 1) + plain


def size_64(size: int, packed: int | None = None) -> bytes:
    """The extra field by which a member has its sizes in 64 bits."""
    sizes = [size] if packed is None else [size, packed]
    return struct.pack(f"<2H{len(sizes)}Q", 1, 8 * len(sizes), *sizes)
