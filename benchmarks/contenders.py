"""A plan -> the same Word and Excel filled by Folio, by stock libraries, and for the least that it could cost.

Templates are compiled before anything is filled, on every side as far as its library can. Two kinds of plans: with
generated texts, all different, and the ten actions of the reference over and over.

The floor is no program that anybody could use: it knows the very rows that the template would give and how tall they
are, and joins them with the report's values, which it must still escape and number; it deflates what it joined as we
do, and copies all else. For Word the values come to it printed.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import html
import io
import re
from collections.abc import Callable, Mapping
from copy import copy
from functools import partial
from typing import Final

import jinja2
import openpyxl
import xlsxwriter
from docxtpl import DocxTemplate
from isal import isal_zlib
from openpyxl.worksheet.worksheet import Worksheet

from service.domain.plan import Plan
from service.domain.reports import DocumentKind
from service.domain.values import PlainText
from service.settings import PROJECT
from tests.plans import generated_plan, reference_plan, report_of
from worker.documents.context import Context, Percentage, context_of, printed_names
from worker.documents.package import Member, deflate_well, read_members, write_package
from worker.documents.template_files import TemplateFiles

FOLDER: Final = PROJECT / "templates_docx"
WORD: Final = FOLDER / "plan_de_accion.docx"
EXCEL: Final = FOLDER / "plan_de_accion.xlsx"
TEMPLATES: Final = TemplateFiles(FOLDER)
ROW: Final = re.compile(r'<row r="\d+" ht="([^"]*)"([^>]*)>(.*?)</row>')
CELL: Final = re.compile(r'<c r="([A-Z]+)\d+"([^>]*?)(?:/>|><v>([^<]*)</v></c>)')
STRINGS: Final = "xl/sharedStrings.xml"
MODEL_ROWS: Final = {"xl/worksheets/sheet1.xml": 7, "xl/worksheets/sheet2.xml": 2}

Maker = Callable[[int], Plan]
Work = Callable[[], bytes]


def cycled_plan(actions: int) -> Plan:
    """The ten actions of the reference over and over, numbered."""
    plan = reference_plan()
    rows = (
        dataclasses.replace(plan.actions[place % len(plan.actions)], number=PlainText(str(place + 1)))
        for place in range(actions)
    )
    return dataclasses.replace(plan, actions=tuple(rows))


PLANS: Final[Mapping[str, Maker]] = {"generated": generated_plan, "cycled": cycled_plan}


def word_ours(actions: int, plan: Maker = generated_plan) -> Work:
    """The official Word, as a worker fills it."""
    return _filled(DocumentKind.WORD, context_for(actions, plan))


def word_docxtpl(actions: int, plan: Maker = generated_plan) -> Work:
    """The same template and values by stock docxtpl, autoescape on."""
    context = context_for(actions, plan)
    names = {"plan": printed_names(context.plan), "acciones": [printed_names(names) for names in context.acciones]}

    def write() -> bytes:
        template = DocxTemplate(str(WORD))
        template.render(names, jinja2.Environment(autoescape=True))
        written = io.BytesIO()
        template.save(written)
        return written.getvalue()

    return write


def word_floor(actions: int, plan: Maker = generated_plan) -> Work:
    """Joined pieces of bytes: a row's fixed ones, and between them each value escaped."""
    context = context_for(actions, plan)
    members = read_members(_filled(DocumentKind.WORD, context)())
    document = members["word/document.xml"]
    start, end = _span(document, b"<w:tr>", b"</w:tr>", after=2)
    model = re.split(rb'(?<=<w:t xml:space="preserve">)[^<]*(?=</w:t>)', _plain_row(document[start:end]))
    rows = [tuple(printed_names(names).values()) for names in context.acciones]
    assert len(model) == len(rows[0]) + 1, "a plain row of the template prints each value of an action once"
    kept = {name: deflate_well(name, content) for name, content in members.items()}
    return partial(_joined_word, document[:start], model, document[end:], rows, kept)


def excel_ours(actions: int, plan: Maker = generated_plan) -> Work:
    """The official Excel, as a worker fills it."""
    return _filled(DocumentKind.EXCEL, context_for(actions, plan))


def excel_openpyxl(actions: int, plan: Maker = generated_plan) -> Work:
    """The template loaded, a row for each action with the model row's styles, saved: as little as openpyxl can do."""
    context = context_for(actions, plan)

    def write() -> bytes:
        book = openpyxl.load_workbook(EXCEL)
        del book["Control de cambios"]  # the report has none to tell
        for sheet in book.worksheets:
            _append_actions(sheet, context)
        written = io.BytesIO()
        book.save(written)
        return written.getvalue()

    return write


def excel_xlsxwriter(actions: int, plan: Maker = generated_plan) -> Work:
    """Both sheets as xlsxwriter makes them of nothing, each row as tall as ours; it knows no templates."""
    rows = {name: _sheet_rows(sheet) for name, sheet in _opened(excel_ours(actions, plan)()).items()}
    return partial(_write_by_xlsxwriter, rows)


def excel_floor(actions: int, plan: Maker = generated_plan) -> Work:
    """Row XML put into the template's own sheets, with the styles and heights of ours, texts shared as ours are."""
    members = read_members(excel_ours(actions, plan)())
    items = re.findall(r"<si>.*?</si>", members[STRINGS].decode(), re.DOTALL)
    strings = [html.unescape(re.sub(r"<[^>]*>", "", item)) for item in items]
    sheets = {name: _floor_sheet(members[name], first, strings) for name, first in MODEL_ROWS.items()}
    own = min(
        strings.index(row.values[place]) for _, rows, _ in sheets.values() for row in rows for place in row.shared
    )
    head, tail = members[STRINGS].decode().split(items[own], 1)[0], "</sst>"
    kept = {name: deflate_well(name, content) for name, content in members.items()}
    return partial(_spliced_excel, sheets, own, (head, tail), kept)


def context_for(actions: int, plan: Maker = generated_plan) -> Context:
    """What is filled in."""
    return context_of(report_of(plan(actions)))


def _filled(kind: DocumentKind, context: Context) -> Work:
    return lambda: TEMPLATES.of(kind).fill(context)


def _span(content: bytes, opens: bytes, closes: bytes, after: int) -> tuple[int, int]:
    """From where the rows of actions begin, behind those of the header, to their end."""
    start = 0
    for _ in range(after):
        start = content.index(closes, start) + len(closes)
    return content.index(opens, start), content.rindex(closes) + len(closes)


def _plain_row(rows: bytes) -> bytes:
    """A row whose values have neither line breaks nor tabs."""
    return next(row for row in re.findall(rb"<w:tr>.*?</w:tr>", rows, re.DOTALL) if b"<w:br/>" not in row)


def _joined_word(
    head: bytes, model: list[bytes], tail: bytes, rows: list[tuple[str, ...]], kept: dict[str, Member]
) -> bytes:
    pieces, last = [head], model[-1]
    for row in rows:
        for piece, value in zip(model, row, strict=False):
            written = value
            if "&" in value or "<" in value or ">" in value:
                written = value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
            if "\n" in written:
                written = written.replace("\n", '</w:t><w:br/><w:t xml:space="preserve">')
            pieces += (piece, written.encode())
        pieces.append(last)
    pieces.append(tail)
    document = _deflated("word/document.xml", b"".join(pieces))
    return write_package(document if name == document.name else member for name, member in kept.items())


def _deflated(name: str, content: bytes) -> Member:
    return Member(name, isal_zlib.compress(content, 2, -15), isal_zlib.crc32(content), len(content))


@dataclasses.dataclass(frozen=True, slots=True)
class _FloorRow:
    """A row: its XML with a place for its number and one for a value in every cell, its height, and the values.

    `shared` are the places of texts among `values`; an empty cell swallows its value.
    """

    model: str
    height: str
    values: tuple[str, ...]
    shared: tuple[int, ...]


def _floor_sheet(content: bytes, first: int, strings: list[str]) -> tuple[str, list[_FloorRow], str]:
    text = content.decode()
    start, end = text.index(f'<row r="{first}"'), text.index("</sheetData>")
    models: dict[str, str] = {}
    rows = []
    for height, attributes, cells in ROW.findall(text[start:end]):
        model = f'<row r="%s" ht="%s"{attributes}>'
        values: list[str] = []
        shared: list[int] = []
        for column, look, value in CELL.findall(cells):
            is_shared = look.endswith(' t="s"')
            shared += [len(values)] if is_shared else []
            values.append(strings[int(value)] if is_shared else value)
            model += f'<c r="{column}%s"{look}' + ("><v>%s</v></c>" if value else "/>%.0s")
        model += "</row>"
        rows.append(_FloorRow(models.setdefault(model, model), height, tuple(values), tuple(shared)))
    return text[:start], rows, text[end:]


def _spliced_excel(
    sheets: dict[str, tuple[str, list[_FloorRow], str]],
    first: int,
    around: tuple[str, str],
    kept: dict[str, Member],
) -> bytes:
    numbers: dict[str, int] = {}
    items: list[str] = []
    filled: dict[str, Member] = {}
    for name, (head, rows, tail) in sheets.items():
        written = [head]
        for number, row in enumerate(rows, MODEL_ROWS[name]):
            values: list[object] = list(row.values)
            for place in row.shared:
                text = row.values[place]
                known = numbers.get(text)
                if known is None:
                    known = numbers[text] = first + len(items)
                    if "&" in text or "<" in text or ">" in text:
                        text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
                    items.append(f'<si><t xml:space="preserve">{text}</t></si>')
                values[place] = known
            slots: list[object] = [str(number)] * (2 * len(values) + 2)
            slots[1] = row.height
            slots[3::2] = values
            written.append(row.model % tuple(slots))
        written.append(tail)
        filled[name] = _deflated(name, "".join(written).encode())
    filled[STRINGS] = _deflated(STRINGS, b"".join(piece.encode() for piece in (around[0], *items, around[1])))
    return write_package(filled.get(name) or member for name, member in kept.items())


def _append_actions(sheet: Worksheet, context: Context) -> None:
    model = next(row for row in sheet.iter_rows() if any("{{ accion." in str(cell.value) for cell in row))
    first, styles = model[0].row or 1, [copy(cell._style) for cell in model]  # noqa: SLF001 - those who know openpyxl share it
    tags = [str(cell.value).strip("{} ").partition(".")[::2] for cell in model]
    for row, names in enumerate(context.acciones, start=first):
        for column, (style, (of, name)) in enumerate(zip(styles, tags, strict=True), start=1):
            value = (context.plan if of == "plan" else names).get(name)
            cell = sheet.cell(row, column, value.share if isinstance(value, Percentage) else value)
            if cell.data_type == "f":
                cell.data_type = "s"  # openpyxl takes "=1+1" for a formula
            cell._style = style  # noqa: SLF001 - as above


_Rows = list[tuple[float | None, list[tuple[object, bool]]]]


def _opened(content: bytes) -> dict[str, Worksheet]:
    book = openpyxl.load_workbook(io.BytesIO(content))
    return {sheet.title: sheet for sheet in book.worksheets}


def _sheet_rows(sheet: Worksheet) -> _Rows:
    """The height of each row, and each of its values with whether it is a day."""
    return [
        (sheet.row_dimensions[number].height, [(cell.value, isinstance(cell.value, dt.datetime)) for cell in row])
        for number, row in enumerate(sheet.iter_rows(), 1)
    ]


def _write_by_xlsxwriter(sheets: dict[str, _Rows]) -> bytes:
    written = io.BytesIO()
    with xlsxwriter.Workbook(written, {"in_memory": True}) as book:
        frame = {"border": 1, "font_name": "Arial", "font_size": 8.5, "text_wrap": True, "valign": "vcenter"}
        plain, day = book.add_format(frame), book.add_format({**frame, "num_format": "d/mm/yyyy"})
        for title, rows in sheets.items():
            sheet = book.add_worksheet(title)
            for number, (height, cells) in enumerate(rows):
                if height is not None:
                    sheet.set_row(number, height)
                for column, (value, is_day) in enumerate(cells):
                    if value is None:
                        sheet.write_blank(number, column, None, plain)
                    elif is_day:
                        sheet.write_datetime(number, column, value, day)
                    elif isinstance(value, str):
                        sheet.write_string(number, column, value, plain)
                    else:
                        sheet.write_number(number, column, value, plain)
    return written.getvalue()
