"""The least .xls that is one: a compound file with the records of a workbook, each of which may lie."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from typing import Final

BOF, EOF, SHEET, STRINGS, CONTINUE, LABEL, NUMBER, PASSWORD = 0x0809, 0x0A, 0x85, 0xFC, 0x3C, 0x204, 0x203, 0x2F
MERGES, ROW, COLUMNS = 0xE5, 0x208, 0x7D
_END: Final = 0xFFFFFFFE
_FREE: Final = 0xFFFFFFFF
_FAT: Final = 0xFFFFFFFD


def record(kind: int, data: bytes = b"") -> bytes:
    """One record."""
    return struct.pack("<HH", kind, len(data)) + data


def begins(kind: int) -> bytes:
    """The first record of the workbook (5) or of a sheet (16)."""
    return record(BOF, struct.pack("<2H", 0x0600, kind) + bytes(12))


def label(row: int, column: int, text: str) -> bytes:
    """A cell with a text of its own, in UTF-16."""
    return record(LABEL, struct.pack("<4HB", row, column, 0, len(text), 1) + text.encode("utf-16-le", "surrogatepass"))


def number(row: int, column: int, value: float) -> bytes:
    """A cell with a number."""
    return record(NUMBER, struct.pack("<3Hd", row, column, 0, value))


def cells(rows: Iterable[Sequence[object]], first: int = 0) -> bytes:
    """The records of rows of texts and numbers, empty ones left out."""
    written = []
    for row, values in enumerate(rows, start=first):
        for column, value in enumerate(values):
            if isinstance(value, int | float):
                written.append(number(row, column, value))
            elif value is not None:
                written.append(label(row, column, str(value)))
    return b"".join(written)


def stream(sheet: bytes, *, name: str = "Plan", more: bytes = b"", tabs: int = 1) -> bytes:
    """The stream of a workbook of one sheet, to which as many tabs lead."""
    spelled = name.encode("utf-16-le", "surrogatepass")
    size = len(record(SHEET, bytes(8) + spelled))
    at = len(begins(5)) + len(more) + tabs * size + len(record(EOF))
    tab = record(SHEET, struct.pack("<IBBBB", at, 0, 0, len(spelled) // 2, 1) + spelled)
    return begins(5) + more + tab * tabs + record(EOF) + begins(16) + sheet + record(EOF)


def compound(
    content: bytes, *, name: str = "Workbook", roots: int = 1, fat: Sequence[int] = (), shift: int = 12
) -> bytes:
    """A compound file with one stream, in sectors of 2 ** `shift` bytes.

    `fat` replaces the first links between its sectors; `roots` beyond the first are as large as the stream.
    """
    sector = 1 << shift
    content = content.ljust(4096, b"\0")
    count = -(-len(content) // sector)
    directory = _entry("Root Entry", 5, _END, 0) + _entry("Root Entry", 5, 0, len(content)) * (roots - 1)
    directory += _entry(name, 2, 0, len(content))
    directory = directory.ljust(-(-len(directory) // sector) * sector, b"\0")
    folders, each = len(directory) // sector, sector // 4
    tables = -(-(count + folders + 200) // (each - 1))
    links = [*range(1, count), _END, *range(count + 1, count + folders), _END, *[_FAT] * tables]
    links[: len(fat)] = fat
    links += [_FREE] * (tables * each - len(links))
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<5H", 0x3E, 3, 0xFFFE, shift, 6) + bytes(6)
    head += struct.pack("<9I", 0, tables, count, 0, 4096, _END, 0, _END, 0)
    sectors = [count + folders + number for number in range(min(tables, 109))]
    head += struct.pack("<109I", *sectors, *[_FREE] * (109 - len(sectors)))
    head = head.ljust(sector, b"\0")
    return head + content.ljust(count * sector, b"\0") + directory + struct.pack(f"<{len(links)}I", *links)


def _entry(name: str, kind: int, start: int, size: int) -> bytes:
    spelled = name.encode("utf-16-le")
    head = spelled.ljust(64, b"\0") + struct.pack("<HBB3I", len(spelled) + 2, kind, 1, _FREE, _FREE, _FREE)
    return head + bytes(36) + struct.pack("<3I", start, size, 0)
