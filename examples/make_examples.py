"""The reference document's text becomes the two example workbooks, laid out as an office keeps them.

Run `python examples/make_examples.py`: same text, same bytes. The ten actions stand letter for letter as in
tests/data/plan-de-accion-2024-v2.0.txt, double spaces and missing full stops included.
"""

# ruff: noqa: INP001  a script beside its results, no package
from __future__ import annotations

import datetime as dt
import io
import math
import re
import zipfile
from pathlib import Path

from openpyxl import Workbook
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.worksheet.worksheet import Worksheet

HERE = Path(__file__).parent
REFERENCE = HERE.parent / "tests" / "data" / "plan-de-accion-2024-v2.0.txt"
MADE_AT = dt.datetime(2024, 10, 15, 8, 0, tzinfo=dt.UTC)

PAGES = ((1, 4), (5, 8), (9, 10))
WIDTHS = (5, 34, 22, 28, 11, 7, 11, 11, 13, 17, 70)
CENTRED = {1, 5, 6, 7, 8, 9, 10}
LINE = Side(style="thin", color="FF7F7F7F")
BOX = Border(left=LINE, right=LINE, top=LINE, bottom=LINE)
SHADE = PatternFill("solid", fgColor="FFD9E2F3")


def reference_lines() -> tuple[str, str, str, list[list[str]], dict[int, list[str]]]:
    """Title, objective, version, the two header rows and the actions by number, as the reference prints them."""
    lines = REFERENCE.read_text(encoding="utf-8").splitlines()
    title, objective, version = (re.sub(r"^#+ |\*\*", "", line) for line in [text for text in lines if text][:3])
    headers = next(
        [row.split("\t") for row in lines[at : at + 2]] for at, line in enumerate(lines) if line[:3] == "No."
    )
    actions = {int(line.split("\t")[0]): line.split("\t") for line in lines if re.match(r"\d+\t", line)}
    return title, objective, version, headers, actions


def across(sheet: Worksheet, row: int, value: str | CellRichText, *, bold: bool, height: float) -> None:
    """A line of text over the width of the table."""
    sheet.merge_cells(start_row=row, end_row=row, start_column=1, end_column=len(WIDTHS))
    cell = sheet.cell(row, 1, value)
    cell.font = Font(name="Arial", size=10, bold=bold)
    cell.alignment = Alignment(horizontal="center" if bold else "left", vertical="center", wrap_text=True)
    sheet.row_dimensions[row].height = height


def head(sheet: Worksheet, row: int) -> int:
    """Title, objective, version and the two header rows from `row` down; gives the row below them."""
    title, objective, version, headers, _ = reference_lines()
    label, rest = objective.split(":", 1)
    across(sheet, row, title, bold=True, height=20)
    bold_label = TextBlock(InlineFont(rFont="Arial", sz=10, b=True), f"{label}:")
    across(
        sheet,
        row + 1,
        CellRichText(bold_label, TextBlock(InlineFont(rFont="Arial", sz=10), rest)),
        bold=False,
        height=30,
    )
    across(sheet, row + 2, version, bold=True, height=20)
    groups, labels = row + 3, row + 4
    for at, texts in ((groups, headers[0]), (labels, headers[1])):
        for column in range(1, len(WIDTHS) + 1):
            cell = sheet.cell(at, column, (texts[column - 1] if column <= len(texts) else "") or None)
            cell.font = Font(name="Arial", size=8, bold=True)
            cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
            cell.border, cell.fill = BOX, SHADE
    sheet.merge_cells(start_row=groups, end_row=labels, start_column=1, end_column=1)
    sheet.merge_cells(start_row=groups, end_row=groups, start_column=2, end_column=9)
    sheet.row_dimensions[labels].height = 36
    return labels + 1


def write_action(sheet: Worksheet, row: int, texts: list[str]) -> None:
    """One action: number and target as numbers, the two dates as dates, the rest as text, in a row tall enough."""
    lines = max(math.ceil(len(text) / (1.1 * width)) for text, width in zip(texts, WIDTHS, strict=True))
    sheet.row_dimensions[row].height = 12 * (lines + 1)
    for column, text in enumerate(texts, start=1):
        cell = sheet.cell(row, column)
        if column in {1, 6}:
            cell.value = int(text)
        elif column in {7, 8}:
            day, month, year = map(int, text.split("/"))
            cell.value = dt.date(year, month, day)
            cell.number_format = "d/mm/yyyy"
        else:
            cell.value = text
        cell.font = Font(name="Arial", size=8)
        cell.border = BOX
        cell.alignment = Alignment(
            horizontal="center" if column in CENTRED else "left", vertical="center", wrap_text=True
        )


def workbook(pages: tuple[tuple[int, int], ...]) -> bytes:
    """The plan as a workbook with its head before each page's first action."""
    title, *_, actions = reference_lines()
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "Plan de acción"
    for letter, width in zip("ABCDEFGHIJK", WIDTHS, strict=True):
        sheet.column_dimensions[letter].width = width
    row = 1
    for first, last in pages:
        row = head(sheet, row)
        for number in range(first, last + 1):
            write_action(sheet, row, actions[number])
            row += 1
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    book.properties.title = title
    book.properties.creator = "Oficina de planeación"
    book.properties.language = "es-CO"
    book.properties.created = MADE_AT.replace(tzinfo=None)
    made = io.BytesIO()
    book.save(made)
    return without_clock(made.getvalue())


def without_clock(content: bytes) -> bytes:
    """The same package with every moment in it set to MADE_AT, so that the same text makes the same bytes."""
    still = io.BytesIO()
    stamp = re.compile(rb"(<dcterms:modified[^>]*>)[^<]*")
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(still, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            part = stamp.sub(rb"\g<1>" + MADE_AT.strftime("%Y-%m-%dT%H:%M:%SZ").encode(), old.read(name))
            new.writestr(zipfile.ZipInfo(name, MADE_AT.timetuple()[:6]), part, zipfile.ZIP_DEFLATED)
    return still.getvalue()


if __name__ == "__main__":
    (HERE / "plan-de-accion-2024-v2.0.xlsx").write_bytes(workbook(((1, 10),)))
    (HERE / "plan-de-accion-2024-v2.0-por-paginas.xlsx").write_bytes(workbook(PAGES))
