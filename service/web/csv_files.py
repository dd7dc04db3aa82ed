"""Rows of texts -> CSV as Spanish spreadsheets open it: UTF-8 with BOM, cells apart by `;`, rows by CRLF (RFC 4180)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

BOM: Final = b"\xef\xbb\xbf"

MEDIA_TYPE: Final = "text/csv; charset=utf-8"

# What a spreadsheet takes for the beginning of a formula (OWASP, "CSV Injection"), in full-width signs too.
_FORMULA: Final = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")


def csv_lines(rows: Iterable[Sequence[str]]) -> Iterator[bytes]:
    """The rows one by one, without the BOM that the file begins with.

    A cell that a spreadsheet would take for a formula begins with an apostrophe: whoever opens the file with a double
    click must not run what somebody typed.
    """
    for row in rows:
        told = io.StringIO()
        writer = csv.writer(told, delimiter=";", lineterminator="\r\n")
        writer.writerow([f"'{text}" if text.startswith(_FORMULA) else text for text in row])
        yield told.getvalue().encode()


def csv_file(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """A whole file."""
    return BOM + b"".join(csv_lines([headers, *rows]))
