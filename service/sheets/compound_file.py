"""The bytes of an OLE2 compound file (.xls, .doc, a package behind a password) become one of its streams.

Chains of sectors may run in circles or lead nowhere in a damaged or hostile file: none is followed for longer than the
file has sectors. Described in [MS-CFB].
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

from service.domain.findings import FindingCode
from service.sheets.guard import UnreadableWorkbook

MARK: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_HEADER_BYTES: Final = 512
_ENTRY_BYTES: Final = 128
_LAST_SECTOR: Final = 0xFFFFFFFA
_STREAM: Final = 2
_ROOT: Final = 5
# As many sectors of links are named in the header.
_HEADED: Final = 109
_MOST_ENTRIES: Final = 4_096


class CompoundFile:
    """The streams of a compound file, by name.

    Raises:
        UnreadableWorkbook: the file is damaged.
    """

    def __init__(self, content: bytes) -> None:
        self._content = content
        if len(content) < _HEADER_BYTES:
            raise damaged()
        shift, small_shift = struct.unpack_from("<HH", content, 30)
        if shift not in {9, 12} or small_shift != 6:  # noqa: PLR2004  the only sizes that there are
            raise damaged()
        self._size, self._small_size = 1 << shift, 1 << small_shift
        directory, _, self._cutoff, small_fat, _, more, _ = struct.unpack_from("<7I", content, 48)
        self._fat = self._whole_fat(more)
        self._small_fat = self._numbers(b"".join(self._sectors(small_fat)))
        self._entries: dict[str, tuple[int, int]] = {}
        self._small = b""
        self._read_directory(b"".join(self._sectors(directory)))

    def __contains__(self, name: str) -> bool:
        return name in self._entries

    def read(self, name: str) -> bytes:
        """A stream, whole."""
        start, size = self._entries[name]
        if size > len(self._content):
            raise damaged()
        if size >= self._cutoff:
            return b"".join(self._sectors(start))[:size]
        pieces = (
            self._small[at * self._small_size : (at + 1) * self._small_size] for at in _chain(self._small_fat, start)
        )
        return b"".join(pieces)[:size]

    def _read_directory(self, directory: bytes) -> None:
        for at in range(0, min(len(directory), _MOST_ENTRIES * _ENTRY_BYTES) - _ENTRY_BYTES + 1, _ENTRY_BYTES):
            length, kind = struct.unpack_from("<HB", directory, at + 64)
            start, size = struct.unpack_from("<II", directory, at + 116)
            name = directory[at : at + min(max(length - 2, 0), 62)].decode("utf-16-le", "replace")
            if kind == _ROOT and not at:
                self._small = b"".join(self._sectors(start))
            elif kind == _STREAM:
                self._entries.setdefault(name, (start, size))

    def _whole_fat(self, more: int) -> list[int]:
        sectors = list(struct.unpack_from(f"<{_HEADED}I", self._content, 76))
        seen = 0
        while more < _LAST_SECTOR:
            numbers = self._numbers(self._sector(more))
            sectors += numbers[:-1]
            more = numbers[-1]
            seen += 1
            # What is told more often than there are sectors is told twice, or of what is not there.
            if (seen + len(sectors) - _HEADED) * self._size > len(self._content):
                raise damaged()
        return self._numbers(b"".join(self._sector(at) for at in sectors if at < _LAST_SECTOR))

    def _sectors(self, start: int) -> Iterator[bytes]:
        return (self._sector(at) for at in _chain(self._fat, start))

    def _sector(self, at: int) -> bytes:
        begin = (at + 1) * self._size
        if begin >= len(self._content):
            raise damaged()
        # The last sector of a file may be cut short by whoever wrote it.
        return self._content[begin : begin + self._size].ljust(self._size, b"\0")

    @staticmethod
    def _numbers(data: bytes) -> list[int]:
        return list(struct.unpack(f"<{len(data) // 4}I", data[: len(data) // 4 * 4]))


def _chain(following: list[int], start: int) -> Iterator[int]:
    at = start
    for _ in range(len(following) + 1):
        if at >= _LAST_SECTOR:
            return
        if at >= len(following):
            raise damaged()
        yield at
        at = following[at]
    raise damaged()


def damaged() -> UnreadableWorkbook:
    """What is said of a file whose pieces do not fit together."""
    return UnreadableWorkbook(FindingCode.FILE_006.at(reason="sus partes no encajan unas con otras"))
