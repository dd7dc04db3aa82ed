"""Uploaded bytes become parsed sheets, by the format that the bytes are in; what the file is called does not count."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from service.domain.findings import CellRef, Finding, FindingCode
from service.sheets.compound_file import MARK
from service.sheets.excel_97 import read_excel_97
from service.sheets.guard import PackageKind, UnreadableWorkbook, is_plain_name, open_package, shown
from service.sheets.open_document import read_open_document
from service.sheets.parsed import ParsedSheet
from service.sheets.separated import read_separated
from service.sheets.workbook import read_package

_ZIP_MARK: Final = b"PK\x03\x04"


@dataclass(frozen=True, slots=True)
class Book:
    """The sheets of a file, and what has to be said of the file itself."""

    sheets: tuple[ParsedSheet, ...]
    findings: tuple[Finding, ...] = ()


def read_sheets(content: bytes) -> Book:
    """Every sheet of an .xlsx, .xlsm, .xls, .ods or .csv file.

    Raises:
        UnreadableWorkbook: the file is none of them, is damaged, hostile or beyond its budgets.
        MemoryError: the process may not take what the file asks for.
    """
    book = _read(content)
    for number, sheet in enumerate(book.sheets, start=1):
        _check_name(sheet.name, number)
    return book


def _read(content: bytes) -> Book:
    if content.startswith(MARK):
        return Book(read_excel_97(content))
    if content.startswith(_ZIP_MARK):
        package = open_package(content)
        match package.kind:
            case PackageKind.OPEN_DOCUMENT:
                return Book(read_open_document(package))
            case PackageKind.WITH_MACROS:
                return Book(read_package(package), (FindingCode.FILE_012.at(),))
            case PackageKind.WORKBOOK:
                return Book(read_package(package))
    if not content:
        raise UnreadableWorkbook(FindingCode.FILE_001.at())
    return Book((read_separated(content),))


def _check_name(name: str, number: int) -> None:
    """Sheets are named in every finding, and in documents: by what can be printed."""
    if not is_plain_name(name):
        reason = f"el nombre de su hoja {number} es demasiado largo o tiene letras que no se ven"
        raise UnreadableWorkbook(FindingCode.FILE_007.at(CellRef(shown(name)), reason=reason))
