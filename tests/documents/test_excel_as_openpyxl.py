"""What openpyxl itself would have written: it loads the same template, puts a row for each action, and saves.

Both workbooks are read again by openpyxl and held against each other: every cell with its type and its look, heights,
merges, printed titles and areas, names, tables, validations and rules. Where a row stands that was below the model row
is told here by one rule, for addresses of one sheet. Of the heights, those of the official sheet are told by its own
widths; that they are what other programs need is tested where LibreOffice measures them.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import io
import re
from copy import copy
from decimal import Decimal
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook
from openpyxl.cell import Cell
from openpyxl.formatting.formatting import ConditionalFormattingList
from openpyxl.formatting.rule import CellIsRule
from openpyxl.styles import Alignment, Font, PatternFill, Protection
from openpyxl.utils import range_boundaries
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from service.domain.frame import NO_FRAME, Frame, Seal
from service.domain.plan import Action
from service.domain.typography import (
    SHEET_COLUMN_WIDTHS,
    SHEET_FONT_SIZE,
    TALLEST_ROW,
    cell_lines,
    is_borrowing,
    row_height,
)
from service.domain.values import PlainText, Target, UnacceptableText
from tests.documents.conftest import ROOT
from tests.documents.test_frame_word import BOX, SEAL, SIGNERS
from tests.plans import generated_plan, reference_plan, report_of
from worker.documents.change_log_sheet import without_change_log
from worker.documents.context import Context, Percentage, Value, context_of, printed
from worker.documents.draft_mark import mark_workbook
from worker.documents.excel import compile_workbook, fill_workbook
from worker.documents.extra_columns import with_extra_columns
from worker.documents.frame_excel import frame_workbook
from worker.documents.year_view import year_report

TAG = re.compile(r"\{\{\s*(\w+)\.(\w+|otros\[.*?\])\s*\}\}")
SIGNED = Frame("Entidad de Ejemplo", None, SIGNERS, format_box=BOX)
DRAWN = "dibujada"
QUARTERLY, YEARLY = "plan_de_accion.xlsx", "seguimiento_anual.xlsx"
CHANGE = {"version": "2.0", "fecha": dt.date(2024, 8, 5), "descripcion": "A & B", "instancia": "C"}
LOOKS: tuple[tuple[str, Frame, Seal | None, bool], ...] = (
    (QUARTERLY, NO_FRAME, None, False),
    (QUARTERLY, SIGNED, SEAL, False),
    (QUARTERLY, SIGNED, None, True),
    (YEARLY, NO_FRAME, None, False),
    (DRAWN, NO_FRAME, None, False),
)
HARD_TEXTS = tuple(
    map(
        PlainText,
        (
            "",
            "=1+1",
            "R&D & <eficaz> </t> &amp;",
            "línea 1\nlínea 2\n\nlínea 4",
            "antes\tdespués",
            "  dos espacios al principio  y al final  ",
            "«latinas» “inglesas” 'simples' \"dobles\"",
            "💧🚌 café con ñandú",
            "palabra " * 60,
        ),
    )
)


def admitted(raw: str) -> PlainText | None:
    try:
        return PlainText.admit(raw)
    except UnacceptableText:
        return None


texts = st.integers(0, len(HARD_TEXTS) - 1).map(HARD_TEXTS.__getitem__) | st.text(max_size=60).map(admitted).filter(
    lambda text: text is not None and "_x" not in text
)
# In its narrow column a long one would be taller than a row can be, and go on in a second.
narrow = texts.map(lambda text: PlainText(str(text)[:60]))
targets = st.sampled_from(("4", "1.234", "1.234,5", "0,25", "25 %", "12,5 %", "Por definir")).map(Target.from_printed)
plans_actions = st.lists(
    st.builds(
        dataclasses.replace,
        st.sampled_from(reference_plan().actions),
        number=st.sampled_from(("1", "07", "1.10")).map(PlainText),
        action=texts,
        lead=texts | st.none(),
        unit=narrow,
        target=targets | st.none(),
        qualitative_progress=texts,
        starts_on=st.dates(dt.date(1990, 1, 1), dt.date(2090, 1, 1)) | st.none(),
        extras=st.sampled_from(((), (("Línea «A»", PlainText("propia")),))),
    ),
    min_size=1,
    max_size=6,
) | st.integers(0, 10_000).map(lambda seed: [short(action) for action in generated_plan(12, seed).actions])


def short(action: Action) -> Action:
    """Without what would need a second row, nor what Excel reads as a character of its own."""
    progress = str(action.qualitative_progress)[:900].replace("_x", "_").replace("\n", " ")
    texts = {name: str(getattr(action, name)).replace("_x", "_") for name in ("action", "lead", "indicator")}
    changed = {**texts, "qualitative_progress": progress}
    return dataclasses.replace(action, **{name: PlainText(text) for name, text in changed.items()})


@pytest.mark.parametrize("look", LOOKS, ids=range(len(LOOKS)))
@given(actions=plans_actions, entries=st.integers(0, 2))
@settings(max_examples=8, deadline=None)
def test_every_cell_and_every_look_is_what_openpyxl_writes(
    look: tuple[str, Frame, Seal | None, bool], actions: list[Action], entries: int
) -> None:
    name, frame, seal, is_draft = look
    plan = dataclasses.replace(reference_plan(), actions=tuple(actions))
    report = dataclasses.replace(report_of(plan), frame=frame, approval=frame.approval, seal=seal, is_draft=is_draft)
    context = context_of(year_report((report,)) if name == YEARLY else report)
    if name == QUARTERLY:
        context = dataclasses.replace(context, control_de_cambios=(CHANGE,) * entries)
    template = template_for(name, context)
    ours = read(fill_workbook(compile_workbook(template, has_change_log=True), context))
    theirs = read(written_by_openpyxl(template, context))
    assert list(ours) == list(theirs)
    for sheet, told in ours.items():
        for what, value in told.items():
            expected = theirs[sheet][what]
            # A row whose text comes from the report is as tall as that needs: openpyxl measures nothing.
            given = {row: height for row, height in value.items() if row in expected} if what == "heights" else value
            assert given == expected, f"{sheet}: {what}"
    if name == QUARTERLY:
        assert heights_of_actions(ours["Plan de acción"], len(actions)) == expected_heights(actions)


def template_for(name: str, context: Context) -> bytes:
    content = drawn() if name == DRAWN else (ROOT / "templates_docx" / name).read_bytes()
    content = frame_workbook(content, context.frame, has_approval=context.has_approval, has_seal=context.has_seal)
    content = mark_workbook(content) if context.borrador else content
    return with_extra_columns(content if context.control_de_cambios else without_change_log(content), context.otros)


@cache
def drawn() -> bytes:
    """A template in which something stands below the model row, is merged with it, follows it or speaks of it."""
    workbook = Workbook()
    sheet = workbook.active
    assert sheet
    sheet.title = "Plan"
    sheet["A1"], sheet["B2"], sheet["B2"].number_format = "{{ plan.titulo }}", "{{ plan.fecha_de_corte }}", "dd/mm/yyyy"
    for column, tag in enumerate(("numero", "accion", "meta", "fecha_inicio"), start=1):
        sheet.cell(3, column, tag.upper())
        sheet.cell(4, column, f"{{{{ accion.{tag} }}}}")
        sheet.column_dimensions["ABCD"[column - 1]].width = 24
    sheet["B4"].font, sheet["B4"].alignment = Font("Arial", 9, bold=True), Alignment(wrap_text=True)
    sheet["C4"].number_format, sheet["C4"].protection = "0.00", Protection(locked=False)
    sheet["E4"], sheet["E4"].fill = "fija", PatternFill("solid", fgColor="FFEEEEEE")
    sheet["G4"], sheet["H4"] = "De {{ accion.responsable }}: {{ accion.meta }}", 3.5
    sheet.merge_cells("E4:F4")
    sheet["B6"], sheet["B6"].font = "Nota al pie", Font(italic=True)
    sheet["B7"] = "Versión {{ plan.version }}, {{ plan.trimestre }} trimestre"
    sheet.merge_cells("C6:D7")
    sheet.row_dimensions[6].height = 33
    sheet.freeze_panes, sheet.auto_filter.ref, sheet.print_area = "A4", "A3:D4", "A1:H7"
    sheet.print_title_rows = "1:3"
    choice = DataValidation("list", formula1='"a,b"')
    choice.add("B4")
    choice.add("B6")
    sheet.add_data_validation(choice)
    sheet.conditional_formatting.add("C4:D4", CellIsRule("greaterThan", ["5"], fill=PatternFill(bgColor="FFFF0000")))
    workbook.defined_names["metas"] = DefinedName("metas", attr_text="Plan!$C$4:$C$4")
    workbook.defined_names["nota"] = DefinedName("nota", attr_text="Plan!$B$6")
    saved = io.BytesIO()
    workbook.save(saved)
    return saved.getvalue()


def written_by_openpyxl(template: bytes, context: Context) -> bytes:
    book = load_workbook(io.BytesIO(template))
    once = {"plan": context.plan, "aprobacion": context.aprobacion, "sello": context.sello}
    for sheet in book.worksheets:
        model = next((row[0].row for row in sheet.iter_rows() if any(is_repeated(cell.value) for cell in row)), None)
        if model is not None:
            is_of_changes = any("cambio." in str(cell.value) for cell in sheet[model])
            put_rows(sheet, model, context.control_de_cambios if is_of_changes else context.acciones)
        for row in sheet.iter_rows():
            for cell in row:
                put(cell, once)
        for line in (sheet.oddHeader, sheet.oddFooter):
            for part in (line.left, line.center, line.right):
                part.text = (
                    TAG.sub(lambda tag: printed(once[tag[1]][tag[2]]).replace("&", "&&"), part.text or "") or None
                )
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()


def is_repeated(value: object) -> bool:
    return bool(re.search(r"\{\{\s*(accion|cambio)\.", str(value)))


def put_rows(sheet: Worksheet, model: int, items: tuple[dict[str, Value], ...]) -> None:
    """A row for each item with the looks of the model row; what stands below moves down."""
    added = len(items) - 1
    merges = [str(area) for area in sheet.merged_cells.ranges]
    for area in merges:
        sheet.unmerge_cells(area)
    heights = {row: found.height for row, found in sheet.row_dimensions.items() if row > model}
    if added > 0:
        sheet.insert_rows(model + 1, added)
    for row in heights:
        sheet.row_dimensions[row].height = None
    for row, height in heights.items():
        sheet.row_dimensions[row + added].height = height
    models = [(cell.column, cell.value, cell._style) for cell in sheet[model]]
    for row, names in enumerate(items, start=model):
        for column, value, style in models:
            cell = sheet.cell(row, column, value)
            cell._style = copy(style)
            put(cell, {"accion": names, "cambio": names}, keep_others=True)
    for area in merges:
        left, top, right, bottom = range_boundaries(area)
        rows = range(model, model + len(items)) if top == model else [top + added if top > model else top]
        for row in rows:
            sheet.merge_cells(None, row, left, row + bottom - top, right)
    stretch_areas(sheet, model, added)


def stretch_areas(sheet: Worksheet, model: int, added: int) -> None:
    for table in sheet.tables.values():
        table.ref = table.autoFilter.ref = stretched(table.ref, model, added)
    if sheet.auto_filter.ref:
        sheet.auto_filter.ref = stretched(sheet.auto_filter.ref, model, added)
    if sheet.print_area:
        sheet.print_area = stretched(sheet.print_area.rpartition("!")[2].replace("$", ""), model, added)
    for validation in sheet.data_validations.dataValidation:
        areas = [stretched(one, model, added) for one in str(validation.sqref).split()]
        validation.sqref = type(validation.sqref)(" ".join(areas))
    rules = sheet.conditional_formatting
    sheet.conditional_formatting = ConditionalFormattingList()
    for found in rules:
        for rule in found.rules:
            sheet.conditional_formatting.add(stretched(str(found.sqref), model, added), rule)
    for name in sheet.parent.defined_names.values():
        where, _, area = name.attr_text.rpartition("!")
        if where.strip("'") == sheet.title:
            name.attr_text = f"{where}!{stretched(area, model, added)}"


def stretched(area: str, model: int, added: int) -> str:
    """An address after the rows came: what begins below the model row moves, what ends at it or below goes further."""
    first, colon, last = area.partition(":")

    def move(end: str, *, is_last: bool) -> str:
        column, row = re.fullmatch(r"(\$?[A-Z]+\$?)(\d+)", end).groups()
        moves = int(row) > model or (int(row) == model and is_last)
        return f"{column}{int(row) + added * moves}"

    begins, ends = move(first, is_last=False), move(last or first, is_last=True)
    return f"{begins}:{ends}" if colon or begins != ends else begins


def put(cell: Any, names: dict[str, Any], *, keep_others: bool = False) -> None:
    """The values of the tags in a cell; a lone one keeps its type, in a format that shows it as Colombia writes it."""
    text = cell.value
    if not isinstance(text, str) or "{{" not in text:
        return
    tags = TAG.findall(text)
    if keep_others and not all(of in names for of, _ in tags):
        return
    if len(tags) == 1 and TAG.fullmatch(text):
        value, present = names[tags[0][0]][tags[0][1]], cell.number_format
        cell.value = typed(value)
        cell.number_format = format_of(present, value) or present  # openpyxl has given a date one of its own
    else:
        cell.value = TAG.sub(lambda tag: printed(names[tag[1]][tag[2]]), text)
    if isinstance(cell.value, str):
        cell.data_type = "s"  # openpyxl takes "=1+1" for a formula


def typed(value: Value) -> object:
    if isinstance(value, Percentage):
        return float(value.share)
    if isinstance(value, Decimal):
        return float(value)
    return value if value != "" else None


def format_of(present: str, value: Value) -> str | None:
    """The number format that a value needs in a cell that has another; None when its own will do."""
    if isinstance(value, dt.date):
        return None if "yy" in present else "[$-240A]d/mm/yyyy"
    if isinstance(value, Percentage):
        decimals = len(printed(value).removesuffix(" %").partition(",")[2])
        return f"[$-240A]#,##0{'.' + '0' * decimals if decimals else ''} %"
    if isinstance(value, Decimal) and present == "General":
        whole, _, decimals = printed(value).partition(",")
        if "." in whole or decimals:
            return f"[$-240A]#,##0{'.' + '0' * len(decimals) if decimals else ''}"
    return None


def read(content: bytes) -> dict[str, dict[str, Any]]:
    """All that is compared, by sheet."""
    book = load_workbook(io.BytesIO(content))
    names = {name: found.attr_text for name, found in book.defined_names.items()}
    return {
        sheet.title: {
            "cells": {cell.coordinate: look(cell) for row in sheet.iter_rows() for cell in row if has_look(cell)},
            "merges": {str(area) for area in sheet.merged_cells.ranges},
            "printing": (sheet.print_title_rows, sheet.print_title_cols, sheet.print_area),
            "heights": {row: found.height for row, found in sheet.row_dimensions.items() if found.height},
            "widths": {column: found.width for column, found in sheet.column_dimensions.items()},
            "filter": sheet.auto_filter.ref,
            "panes": sheet.freeze_panes,
            "names": names,
            "tables": {one.name: (one.ref, [each.name for each in one.tableColumns]) for one in sheet.tables.values()},
            "validations": [
                (sorted(str(one.sqref).split()), one.type, one.formula1)
                for one in sheet.data_validations.dataValidation
            ],
            "rules": [(str(one.sqref), [rule.formula for rule in one.rules]) for one in sheet.conditional_formatting],
            "lines": [
                part.text
                for line in (sheet.oddHeader, sheet.oddFooter)
                for part in (line.left, line.center, line.right)
            ],
            "page": (sheet.page_setup.orientation, sheet.page_setup.paperSize, sheet.page_setup.fitToHeight),
        }
        for sheet in book.worksheets
    }


def has_look(cell: Any) -> bool:
    return cell.value is not None or cell.has_style


def look(cell: Cell) -> tuple[object, ...]:
    # openpyxl reads a moment where there is a day, and a whole number where it wrote a float.
    value = cell.value.date() if isinstance(cell.value, dt.datetime) else cell.value
    looks = (cell.font, cell.fill, cell.border, cell.alignment, cell.protection)
    return (value, cell.data_type, cell.number_format, *map(repr, looks))


def heights_of_actions(sheet: dict[str, Any], count: int) -> list[float]:
    return [sheet["heights"][row] for row in range(7, 7 + count)]


def expected_heights(actions: list[Action]) -> list[float]:
    def height(text: str, width: float) -> float:
        lines = cell_lines(text, width, SHEET_FONT_SIZE)
        return row_height(lines, SHEET_FONT_SIZE, is_borrowing=is_borrowing(text))

    return [
        min(
            max(height(str(getattr(action, field) or ""), width) for field, width in SHEET_COLUMN_WIDTHS.items()),
            TALLEST_ROW,
        )
        for action in actions
    ]
