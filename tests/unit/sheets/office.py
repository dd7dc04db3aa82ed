"""Workbooks for tests: as an office would keep them, by openpyxl, and as nobody should make them, part by part."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from tests.plans import LABELS as PRINTED_LABELS

EXAMPLES = Path(__file__).parents[3] / "examples"
EXAMPLE = EXAMPLES / "plan-de-accion-2024-v2.0.xlsx"
EXAMPLE_BY_PAGES = EXAMPLES / "plan-de-accion-2024-v2.0-por-paginas.xlsx"

GROUPS = ("No.", "PLAN DE ACCIÓN 2024", *[None] * 7, "PRESUPUESTO 2024", "SEGUIMIENTO III TRIMESTRE 2024")
LABELS = (None, *PRINTED_LABELS[4:])
SHEET = "Plan"
FIRST_ROW = 6


def action(number: object = 1, **changes: object) -> list[Any]:
    """The eleven cells of a sound action; `changes` by column letter."""
    cells: list[Any] = [
        number,
        f"Formular el proyecto {number}",
        "Subdirección de Planeación",
        "Documento elaborado",
        "Unidad",
        4,
        dt.date(2024, 3, 1),
        dt.date(2024, 12, 31),
        "Trimestral",
        "Inversión",
        "Durante el tercer trimestre de 2024 se avanzó en la formulación.",
    ]
    for letter, value in changes.items():
        cells["ABCDEFGHIJK".index(letter)] = value
    return cells


def office_book(
    rows: Sequence[Sequence[Any]] | None = None, edit: Callable[[Worksheet], object] = lambda _sheet: None
) -> bytes:
    """A sound plan in the reference's layout, actions from row 6 down; `edit` spoils or embellishes it."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = SHEET
    for line in ("PLAN DE ACCIÓN 2024", "Objetivo: Especificar los objetivos.", "Versión 2.0"):
        sheet.append([line])
        sheet.merge_cells(start_row=sheet.max_row, end_row=sheet.max_row, start_column=1, end_column=11)
    sheet.append(GROUPS)
    sheet.append(LABELS)
    sheet.merge_cells("A4:A5")
    sheet.merge_cells("B4:I4")
    for row in rows if rows is not None else [action(1), action(2)]:
        sheet.append(list(row))
    edit(sheet)
    return saved(book)


def saved(book: Workbook) -> bytes:
    """The bytes of a workbook."""
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"


def parts(
    sheet: str | bytes = "<sheetData/>",
    *,
    strings: str = "",
    styles: str = "",
    properties: str = "",
    main: str = MAIN,
    office: str = OFFICE,
    main_type: str = SHEET_TYPE,
) -> dict[str, bytes]:
    """The parts of the smallest workbook; `sheet` is the inside of its worksheet, or the whole part as bytes."""
    worksheet = sheet if isinstance(sheet, bytes) else f'<worksheet xmlns="{main}">{sheet}</worksheet>'.encode()
    return {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"><Override PartName="/xl/workbook.xml"'
        f' ContentType="{main_type}"/></Types>'.encode(),
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1"'
        f' Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>'.encode(),
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}">{properties}<sheets>'
        f'<sheet name="{SHEET}" sheetId="1" r:id="rId1"/></sheets></workbook>'.encode(),
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{office}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="rId2" Type="{office}/sharedStrings" Target="/xl/sharedStrings.xml"/>'
        f'<Relationship Id="rId3" Type="{office}/styles" Target="styles.xml"/></Relationships>'.encode(),
        "xl/worksheets/sheet1.xml": worksheet,
        "xl/sharedStrings.xml": f'<sst xmlns="{main}">{strings}</sst>'.encode(),
        "xl/styles.xml": f'<styleSheet xmlns="{main}">{styles}</styleSheet>'.encode(),
    }


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A package of these parts."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", method) as archive:
        for name, part in members.items():
            archive.writestr(zipfile.ZipInfo(name), part, method)
    return content.getvalue()


def raw_book(sheet: str | bytes = "<sheetData/>", **words: str) -> bytes:
    """The smallest workbook, zipped."""
    return zipped(parts(sheet, **words))


def repacked(content: bytes, change: Callable[[dict[str, bytes]], object]) -> bytes:
    """The same package with its parts changed."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    return zipped(members)
