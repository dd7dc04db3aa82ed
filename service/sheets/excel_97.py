"""An .xls file of Excel 97-2003 (BIFF8) becomes its parsed sheets, each read in one pass over its records.

Ours, because what reads .xls elsewhere loses the percent sign, hidden rows or error values, or dies of one far cell.
It never computes a formula and never touches macros. Described in [MS-XLS].
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from enum import IntEnum
from typing import Final

from service.domain.findings import FindingCode
from service.sheets.compound_file import CompoundFile, damaged
from service.sheets.guard import UnreadableWorkbook
from service.sheets.number_formats import kind_of_format
from service.sheets.page_texts import page_lines
from service.sheets.parsed import (
    EPOCH_1900,
    EPOCH_1904,
    MAX_CELLS,
    MAX_CHARACTERS,
    MAX_MERGES,
    MAX_SHEETS,
    Kind,
    Merge,
    ParsedSheet,
    RawCell,
    serial_date,
)
from service.sheets.refusals import in_order

_STREAM: Final = "Workbook"
_BIFF8: Final = 0x0600
_ERRORS: Final = {
    0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A",
}  # fmt: skip
_ROW_IS_HIDDEN: Final = 0x20
_LAST_COLUMN: Final = 255


class _Kind(IntEnum):
    """The records that matter here; all others are passed over."""

    BOF = 0x0809
    EOF = 0x000A
    CONTINUE = 0x003C
    PASSWORD = 0x002F
    SHEET = 0x0085
    STRINGS = 0x00FC
    FORMAT = 0x041E
    STYLE = 0x00E0
    DATE_MODE = 0x0022
    ROW = 0x0208
    COLUMNS = 0x007D
    MERGES = 0x00E5
    PAGE_HEADER = 0x0014
    PAGE_FOOTER = 0x0015
    LABEL_SHARED = 0x00FD
    LABEL = 0x0204
    RICH_LABEL = 0x00D6
    NUMBER = 0x0203
    RK = 0x027E
    MANY_RK = 0x00BD
    FORMULA = 0x0006
    STRING = 0x0207
    TRUTH_OR_ERROR = 0x0205


Record = tuple[int, bytes]


def read_excel_97(content: bytes) -> tuple[ParsedSheet, ...]:
    """Every sheet of cells, in the order of the workbook's tabs.

    Raises:
        UnreadableWorkbook: the file has a password, is another document of Office, damaged or beyond the budgets.
    """
    # The names of streams stand in the file as they are, so that a damaged one can be told what it was.
    if "EncryptedPackage".encode("utf-16-le") in content:
        raise UnreadableWorkbook(FindingCode.FILE_003.at())
    if _STREAM.encode("utf-16-le") not in content:
        raise UnreadableWorkbook(FindingCode.FILE_005.at(found="un documento antiguo de Office"))
    compound = CompoundFile(content)
    if _STREAM not in compound:
        raise UnreadableWorkbook(FindingCode.FILE_005.at(found="un libro de Excel 95 o anterior"))
    try:
        return tuple(_Workbook(compound.read(_STREAM)).sheets())
    except (struct.error, IndexError, ValueError) as error:
        raise damaged() from error


class _Workbook:
    """What the sheets of one stream share: strings, formats of numbers and the date system."""

    def __init__(self, stream: bytes) -> None:
        self._stream = stream
        self._cells_left = MAX_CELLS
        self._characters_left = MAX_CHARACTERS
        self._merges_left = MAX_MERGES
        self._epoch = EPOCH_1900
        self._tabs: list[tuple[int, str, bool]] = []
        self._strings: list[str] = []
        self._kinds: list[Kind] = []
        self._codes: dict[int, str] = {}
        self._styles: list[int] = []
        strings: list[bytes] = []
        is_among_strings = False
        for kind, data in self._records(0):
            is_among_strings = kind == _Kind.STRINGS or (is_among_strings and kind == _Kind.CONTINUE)
            if is_among_strings:
                strings.append(data)
            else:
                self._note(kind, data)
        if len(self._tabs) > MAX_SHEETS:
            raise _too_large(f"tiene más de {MAX_SHEETS} hojas")
        self._kinds = [kind_of_format(str(style), self._codes.get(style)) for style in self._styles]
        self._strings = list(_shared_texts(strings))

    def _note(self, kind: int, data: bytes) -> None:
        match kind:
            case _Kind.PASSWORD:
                raise UnreadableWorkbook(FindingCode.FILE_003.at())
            case _Kind.DATE_MODE:
                self._epoch = EPOCH_1904 if data[:2] == b"\1\0" else EPOCH_1900
            case _Kind.SHEET if data[5] == 0:
                (at,) = struct.unpack_from("<I", data)
                self._tabs.append((at, _short_text(data[6:]), bool(data[4] & 3)))
            case _Kind.FORMAT:
                self._codes[struct.unpack_from("<H", data)[0]] = _text(data[2:])
            case _Kind.STYLE:
                self._styles.append(struct.unpack_from("<H", data, 2)[0])

    def sheets(self) -> Iterator[ParsedSheet]:
        """All sheets, read."""
        for at, name, is_hidden in self._tabs:
            try:
                yield self._sheet(at, name, is_hidden=is_hidden)
            except UnreadableWorkbook as refusal:
                raise refusal.on(name) from refusal

    def _records(self, at: int) -> Iterator[Record]:
        """The records of the part that begins at a place, up to its end; parts within it, such as charts, left out."""
        stream, depth = self._stream, 0
        while at + 4 <= len(stream):
            kind, length = struct.unpack_from("<HH", stream, at)
            data = stream[at + 4 : at + 4 + length]
            if kind == _Kind.BOF:
                depth += 1
                if depth == 1 and struct.unpack_from("<H", data)[0] != _BIFF8:
                    raise UnreadableWorkbook(FindingCode.FILE_005.at(found="un libro de Excel 95 o anterior"))
            elif not depth:
                raise damaged()
            elif kind == _Kind.EOF:
                depth -= 1
                if not depth:
                    return
            elif depth == 1:
                yield kind, data
            at += 4 + length
        raise damaged()

    def _sheet(self, at: int, name: str, *, is_hidden: bool) -> ParsedSheet:
        rows: dict[int, list[RawCell]] = {}
        merges: list[Merge] = []
        hidden_rows: set[int] = set()
        hidden_columns: set[int] = set()
        page_texts: list[str] = []
        waiting: tuple[int, int] | None = None
        for kind, data in self._records(at):
            match kind:
                case _Kind.ROW if data[12] & _ROW_IS_HIDDEN:
                    hidden_rows.add(struct.unpack_from("<H", data)[0] + 1)
                case _Kind.COLUMNS:
                    hidden_columns.update(_hidden_columns(data))
                case _Kind.MERGES:
                    merges += _merges(data)
                    # Several tabs may lead to the same records.
                    self._merges_left -= len(data) // 8
                    if self._merges_left < 0:
                        raise _too_large("tiene demasiadas celdas combinadas")
                case _Kind.PAGE_HEADER | _Kind.PAGE_FOOTER if data:
                    page_texts.append(_text(data))
                case _Kind.STRING if waiting is not None:
                    self._keep(rows, *waiting, (Kind.TEXT, _text(data)))
                    waiting = None
                case _:
                    for row, column, understood in self._cells(kind, data):
                        waiting = (row, column) if understood is None else None
                        self._keep(rows, row, column, understood or (Kind.TEXT, ""))
        return ParsedSheet(
            name=name,
            rows={row: in_order(name, rows[row]) for row in sorted(rows)},
            merges=tuple(merges),
            hidden_rows=frozenset(hidden_rows),
            hidden_columns=frozenset(hidden_columns),
            is_hidden=is_hidden,
            epoch=self._epoch,
            page_lines=page_lines(page_texts),
        )

    def _keep(self, rows: dict[int, list[RawCell]], row: int, column: int, understood: tuple[Kind, str]) -> None:
        self._cells_left -= 1
        self._characters_left -= len(understood[1])
        if self._cells_left < 0 or self._characters_left < 0:
            raise _too_large(f"tiene más de {MAX_CELLS:,} celdas con contenido".replace(",", "."))
        if understood[1]:
            rows.setdefault(row + 1, []).append(RawCell(row + 1, column + 1, *understood))

    def _cells(self, kind: int, data: bytes) -> Iterator[tuple[int, int, tuple[Kind, str] | None]]:
        """Row and column from 0, and what stands there; None is a formula whose text is in the next record."""
        if kind == _Kind.LABEL_SHARED:
            row, column, _, number = struct.unpack_from("<3HI", data)
            if number >= len(self._strings):
                raise damaged()
            yield row, column, (Kind.TEXT, self._strings[number])
        elif kind == _Kind.NUMBER:
            row, column, style, value = struct.unpack_from("<3Hd", data)
            yield row, column, self._number(value, style)
        elif kind == _Kind.RK:
            row, column, style, packed = struct.unpack_from("<3HI", data)
            yield row, column, self._number(_unpacked(packed), style)
        elif kind == _Kind.MANY_RK:
            row, column = struct.unpack_from("<HH", data)
            for at in range(4, len(data) - 2, 6):
                style, packed = struct.unpack_from("<HI", data, at)
                yield row, column + (at - 4) // 6, self._number(_unpacked(packed), style)
        elif kind == _Kind.FORMULA:
            row, column, style = struct.unpack_from("<3H", data)
            yield row, column, self._result(data[6:14], style)
        elif kind in {_Kind.LABEL, _Kind.RICH_LABEL}:
            row, column = struct.unpack_from("<HH", data)
            yield row, column, (Kind.TEXT, _text(data[6:]))
        elif kind == _Kind.TRUTH_OR_ERROR:
            row, column = struct.unpack_from("<HH", data)
            yield row, column, _truth_or_error(data[6], is_error=bool(data[7]))

    def _result(self, value: bytes, style: int) -> tuple[Kind, str] | None:
        if value[6:] != b"\xff\xff":
            return self._number(struct.unpack("<d", value)[0], style)
        match value[0]:
            case 0:
                return None
            case 1 | 2:
                return _truth_or_error(value[2], is_error=value[0] != 1)
            case _:
                return (Kind.TEXT, "")

    def _number(self, value: float, style: int) -> tuple[Kind, str]:
        if not math.isfinite(value):
            return (Kind.NOT_A_NUMBER, str(value))
        kind = self._kinds[style] if style < len(self._kinds) else Kind.NUMBER
        text = str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)  # noqa: PLR2004  exact
        if kind is not Kind.DATE:
            return (kind, text)
        day = serial_date(value, self._epoch)
        return (Kind.DATE, day.isoformat()) if day else (Kind.NUMBER, text)


def _unpacked(packed: int) -> float:
    """A number in the four bytes of an RK: thirty bits of a double or of an integer, perhaps in hundredths."""
    if packed & 2:
        number = float((packed - (1 << 32) if packed & 0x80000000 else packed) >> 2)
    else:
        (number,) = struct.unpack("<d", struct.pack("<Q", (packed & 0xFFFFFFFC) << 32))
    return number / 100 if packed & 1 else number


def _truth_or_error(value: int, *, is_error: bool) -> tuple[Kind, str]:
    return (Kind.ERROR, _ERRORS.get(value, "#N/A")) if is_error else (Kind.TRUTH, str(value & 1))


def _hidden_columns(data: bytes) -> range:
    first, last, _, _, flags = struct.unpack_from("<5H", data)
    return range(first + 1, min(last, _LAST_COLUMN) + 2) if flags & 1 else range(0)


def _merges(data: bytes) -> Iterator[Merge]:
    (count,) = struct.unpack_from("<H", data)
    for at in range(2, min(2 + 8 * count, len(data) - 7), 8):
        top, bottom, left, right = struct.unpack_from("<4H", data, at)
        yield Merge(top + 1, left + 1, max(top, bottom) + 1, max(left, right) + 1)


def _short_text(data: bytes) -> str:
    return _characters(data, 2, data[0], is_wide=bool(data[1] & 1))


def _text(data: bytes) -> str:
    (length,) = struct.unpack_from("<H", data)
    return _characters(data, 3, length, is_wide=bool(data[2] & 1))


def _characters(data: bytes, at: int, length: int, *, is_wide: bool) -> str:
    if is_wide:
        return data[at : at + 2 * length].decode("utf-16-le", "surrogatepass")
    return data[at : at + length].decode("latin-1")


def _shared_texts(pieces: list[bytes]) -> Iterator[str]:
    """The texts of the shared table; one that is cut by the end of its record goes on behind a byte in the next."""
    if not pieces:
        return
    (count,) = struct.unpack_from("<I", pieces[0], 4)
    piece, at = 0, 8
    for _ in range(count):
        while at >= len(pieces[piece]):
            piece, at = piece + 1, at - len(pieces[piece])
        length, flags = struct.unpack_from("<HB", pieces[piece], at)
        at += 3
        runs = extra = 0
        if flags & 8:
            (runs,) = struct.unpack_from("<H", pieces[piece], at)
            at += 2
        if flags & 4:
            (extra,) = struct.unpack_from("<I", pieces[piece], at)
            at += 4
        is_wide = bool(flags & 1)
        parts = []
        while length:
            room = (len(pieces[piece]) - at) // (2 if is_wide else 1)
            taken = min(room, length)
            parts.append(_characters(pieces[piece], at, taken, is_wide=is_wide))
            at += taken * (2 if is_wide else 1)
            length -= taken
            if length:
                piece += 1
                is_wide, at = bool(pieces[piece][0] & 1), 1
        at += 4 * runs + extra
        yield "".join(parts)


def _too_large(reason: str) -> UnreadableWorkbook:
    return UnreadableWorkbook(FindingCode.FILE_008.at(reason=reason))
