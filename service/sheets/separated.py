"""A .csv file becomes one parsed sheet of texts; its encoding and its separator are told by the file's own evidence.

Bytes that are no text of rows and columns are refused: any file at all is a text in some encoding.
"""

from __future__ import annotations

import csv
import io
import re
from typing import Final

from service.domain.findings import FindingCode
from service.sheets.columns import fields_named
from service.sheets.guard import UnreadableWorkbook
from service.sheets.parsed import MAX_CELLS, MAX_COLUMN, MAX_ROW, Kind, ParsedSheet, RawCell

SHEET_NAME: Final = "Hoja1"
_SEPARATORS: Final = (";", ",", "\t", "|")
_TOLD_SEPARATOR: Final = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)
_SAMPLE_ROWS: Final = 60
_SAMPLE_CHARACTERS: Final = 200_000
_LONGEST_HEADER: Final = 200
# The few controls that a text may hold; cp1252 leaves five bytes without a letter, and binary files hold them all.
_NO_TEXT: Final = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_MARKS: Final = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_LONGEST_CELL: Final = 1_000_000

csv.field_size_limit(_LONGEST_CELL)


def read_separated(content: bytes) -> ParsedSheet:
    """The one sheet of a .csv file, its cells all texts; rows are counted as a spreadsheet program shows them.

    Raises:
        UnreadableWorkbook: the bytes are no text, or hold no rows of several columns.
    """
    text = _decoded(content)
    separator, text = _separator(text)
    rows: dict[int, tuple[RawCell, ...]] = {}
    cells_left = MAX_CELLS
    try:
        for number, values in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=separator), start=1):
            cells = tuple(
                RawCell(number, column, Kind.TEXT, value) for column, value in enumerate(values, start=1) if value
            )
            cells_left -= len(cells)
            if cells_left < 0 or number > MAX_ROW or len(values) > MAX_COLUMN:
                raise UnreadableWorkbook(FindingCode.FILE_008.at(reason="tiene demasiadas celdas"))
            if cells:
                rows[number] = cells
    except csv.Error as error:
        raise UnreadableWorkbook(FindingCode.FILE_006.at(reason="sus comillas no cierran donde deben")) from error
    return ParsedSheet(SHEET_NAME, rows)


def _decoded(content: bytes) -> str:
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return _text(content, encoding)
    zeros = content[:2_000].count(0)
    if zeros > len(content[:2_000]) // 4:
        return _text(content, "utf-16-le" if content[1:2] == b"\0" else "utf-16-be")
    try:
        return _text(content, "utf-8")
    except UnicodeDecodeError:
        return _text(content, "cp1252")


def _text(content: bytes, encoding: str) -> str:
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        if encoding == "utf-8":
            raise
        raise UnreadableWorkbook(FindingCode.FILE_002.at()) from error
    if _NO_TEXT.search(text):
        raise UnreadableWorkbook(FindingCode.FILE_002.at())
    return text


def _separator(text: str) -> tuple[str, str]:
    """The separator that makes most headers of a plan, or else most columns, and the text behind "sep=;"."""
    if told := _TOLD_SEPARATOR.match(text):
        return told[1], text[told.end() :]
    sample = text[:_SAMPLE_CHARACTERS]
    best = max((_evidence(sample, separator), separator) for separator in _SEPARATORS)
    if best[0] == (0, 0):
        raise UnreadableWorkbook(FindingCode.FILE_002.at())
    return best[1], text


def _evidence(sample: str, separator: str) -> tuple[int, int]:
    """How many fields of a plan one row names at most, and how many rows have as many columns as most do."""
    named, widths = 0, []
    try:
        for number, values in enumerate(csv.reader(io.StringIO(sample, newline=""), delimiter=separator)):
            if number == _SAMPLE_ROWS:
                break
            fields = {field for value in values if len(value) <= _LONGEST_HEADER for _, field in fields_named(value)}
            named = max(named, len(fields) if len(values) > 1 else 0)
            widths.append(len(values))
    except csv.Error:
        return (named, 0)
    wide = [width for width in widths if width > 1]
    return (named, max((wide.count(width) for width in set(wide)), default=0))
