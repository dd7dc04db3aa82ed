"""A year and an office's vocabularies -> an empty workbook of the plan, for offices that start from nothing.

It has the reference's layout: what is written in it is read without a question. Title and year are there; what only the
office knows (objective, version, quarter) has its place, and the reader asks for it by name while it is empty.
"""

from __future__ import annotations

from typing import Final

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.header_footer import HeaderFooterItem, _HeaderFooterPart
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from service.domain.office import Office
from service.domain.values import ROMAN
from service.sheets.columns import COLUMNS
from service.sheets.written import written

PLAN_SHEET: Final = "Plan de acción"
FIRST_ROW: Final = 6
LAST_ROW: Final = 505

_OBJECTIVE_ROW, _VERSION_ROW, _GROUP_ROW, _LABEL_ROW = 2, 3, 4, 5
_RULED_ROWS: Final = 40
_WIDTHS: Final = (6, 36, 26, 28, 13, 10, 12, 12, 15, 18, 70)
_LISTS_SHEET: Final = "Listas"
_HELP_SHEET: Final = "Instrucciones"
_CENTRED: Final = frozenset({"number", "unit", "target", "starts_on", "ends_on", "periodicity", "funding_source"})
# Their lists only help: other words are as good.
_FREE: Final = frozenset({"lead", "unit"})
_DATES: Final = frozenset({"starts_on", "ends_on"})
_LINE: Final = Side(style="thin", color="FF7F7F7F")
_BOX: Final = Border(left=_LINE, right=_LINE, top=_LINE, bottom=_LINE)
_SHADE: Final = PatternFill("solid", fgColor="FFD9E2F3")

_NAMES_COLUMN: Final = 2

_HOW: Final = {
    "number": ("El número de la acción: 1, 2, 3 y así hasta la última, sin saltos ni repetidos.", "1"),
    "action": ("Qué se va a hacer, en una frase completa.", "Formular el plan de movilidad de la región."),
    "lead": ("La dependencia que responde. Elíjala de la lista; si son varias, sepárelas con « / ».", "De la lista"),
    "indicator": ("Con qué se sabe que se hizo.", "Documento del plan aprobado"),
    "unit": ("En qué se cuenta la meta. Elíjalo de la lista o escriba otra.", "Unidad"),
    "target": ("Cuánto se hará en el año: solo la cantidad. Un porcentaje se escribe con su signo.", "4 o 25 %"),
    "starts_on": ("Día, mes y año en que comienza.", "1/03/{year}"),
    "ends_on": ("Día, mes y año en que termina; no antes de comenzar.", "31/12/{year}"),
    "periodicity": ("Cada cuánto se hace seguimiento. Elíjalo de la lista.", "De la lista"),
    "funding_source": ("De dónde salen los recursos. Elíjalo de la lista.", "De la lista"),
    "qualitative_progress": (
        "Qué se hizo en el trimestre que se informa, con cifras y completo: se imprime tal como se escriba.",
        "Se adoptaron dos de los cuatro documentos previstos y los otros dos están en revisión.",
    ),
}
_STEPS: Final = (
    "Escriba el objetivo del plan en la segunda fila de la hoja «Plan de acción», después de los dos puntos.",
    "Escriba el número de la versión del plan en la tercera fila: dos cifras con un punto en medio.",
    "Elija el trimestre que se informa en el encabezado de la última columna.",
    "Escriba una acción por fila, sin filas combinadas. Puede agregar más columnas a la derecha: también se conservan.",
    "No cambie los encabezados. Guarde el libro y súbalo a Folio; si algo falta, Folio dice en qué celda.",
)


def blank_workbook(year: int, office: Office) -> bytes:
    """The package (.xlsx) of an empty plan of that year; the same arguments give the same bytes."""
    book = Workbook()
    plan = book.worksheets[0]
    plan.title = PLAN_SHEET
    _write_head(plan, year)
    _write_help(book.create_sheet(_HELP_SHEET), year)
    _write_lists(book, year, office)
    _rule_rows(plan)
    _add_validations(plan, year)
    plan.freeze_panes = f"A{FIRST_ROW}"
    plan.print_title_rows = f"1:{_LABEL_ROW}"
    _print_on_one_width(plan)
    book.properties.title = f"Plan de acción {year}"
    book.properties.creator = "Folio"
    book.properties.language = "es-CO"
    return written(book)


def _write_head(sheet: Worksheet, year: int) -> None:
    for row, text, height in ((1, f"PLAN DE ACCIÓN {year}", 24), (2, "Objetivo: ", 36), (3, "Versión ", 20)):
        sheet.merge_cells(start_row=row, end_row=row, start_column=1, end_column=len(COLUMNS))
        cell = sheet.cell(row, 1, text)
        is_objective = row == _OBJECTIVE_ROW
        cell.font = Font(name="Arial", size=14 if row == 1 else 10, bold=not is_objective)
        across = "left" if is_objective else "center"
        cell.alignment = Alignment(horizontal=across, vertical="center", wrap_text=True)
        sheet.row_dimensions[row].height = height
    groups = {1: "No.", 2: f"PLAN DE ACCIÓN {year}", 10: f"PRESUPUESTO {year}", 11: f"SEGUIMIENTO TRIMESTRE {year}"}
    for at, (column, width) in enumerate(zip(COLUMNS, _WIDTHS, strict=True), start=1):
        label = None if column.field == "number" else column.header
        for at_row, header in ((_GROUP_ROW, groups.get(at)), (_LABEL_ROW, label)):
            cell = sheet.cell(at_row, at, header)
            cell.font = Font(name="Arial", size=9, bold=True)
            cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
            cell.border, cell.fill = _BOX, _SHADE
        sheet.column_dimensions[get_column_letter(at)].width = width
    sheet.merge_cells(start_row=_GROUP_ROW, end_row=_LABEL_ROW, start_column=1, end_column=1)
    sheet.merge_cells(start_row=_GROUP_ROW, end_row=_GROUP_ROW, start_column=2, end_column=9)
    sheet.row_dimensions[_GROUP_ROW].height = 22
    sheet.row_dimensions[_LABEL_ROW].height = 36


def _rule_rows(sheet: Worksheet) -> None:
    """Boxes for a usual plan; the columns carry the formats further down."""
    font = Font(name="Arial", size=9)
    for at, column in enumerate(COLUMNS, start=1):
        alignment = Alignment(
            horizontal="center" if column.field in _CENTRED else "left", vertical="center", wrap_text=True
        )
        for row in range(FIRST_ROW, FIRST_ROW + _RULED_ROWS):
            cell = sheet.cell(row, at)
            cell.font, cell.border, cell.alignment = font, _BOX, alignment
            if column.field in _DATES:
                cell.number_format = "d/mm/yyyy"


def _write_lists(book: Workbook, year: int, office: Office) -> None:
    sheet = book.create_sheet(_LISTS_SHEET)
    quarters = tuple(f"SEGUIMIENTO {roman} TRIMESTRE {year}" for roman in ROMAN.values())
    lists = {
        "lista_trimestres": quarters,
        "lista_responsables": office.units,
        "lista_unidades": office.measurement_units,
        "lista_seguimiento": office.periodicities,
        "lista_fuentes": office.funding_sources,
    }
    for at, (name, words) in enumerate(lists.items(), start=1):
        for row, word in enumerate(words, start=1):
            sheet.cell(row, at, word)
        letter = get_column_letter(at)
        area = f"{_LISTS_SHEET}!${letter}$1:${letter}${max(len(words), 1)}"
        book.defined_names[name] = DefinedName(name, attr_text=area)
    sheet.sheet_state = "hidden"


def _add_validations(sheet: Worksheet, year: int) -> None:
    first_day, last_day = f"DATE({year},1,1)", f"DATE({year},12,31)"
    ask = "Ese valor no está en la lista. ¿Quiere dejarlo así?"
    outside = f"La fecha está fuera del año {year} o la acción termina antes de comenzar. ¿Quiere dejarla así?"
    of_field = {
        "number": DataValidation("whole", operator="greaterThan", formula1="0"),
        "lead": DataValidation("list", formula1="lista_responsables"),
        "unit": DataValidation("list", formula1="lista_unidades"),
        "target": DataValidation("decimal", operator="greaterThan", formula1="0"),
        "starts_on": DataValidation("date", operator="between", formula1=first_day, formula2=last_day),
        "ends_on": DataValidation("date", operator="between", formula1=f"$G{FIRST_ROW}", formula2=last_day),
        "periodicity": DataValidation("list", formula1="lista_seguimiento"),
        "funding_source": DataValidation("list", formula1="lista_fuentes"),
    }
    said = {
        "number": "El número de una acción es un entero mayor que cero. ¿Quiere dejarlo así?",
        "target": "La meta es una cantidad mayor que cero. ¿Quiere dejarla así?",
        "starts_on": outside,
        "ends_on": outside,
    }
    for at, column in enumerate(COLUMNS, start=1):
        # A validation that only tells what to write takes any text.
        validation = of_field.get(column.field) or DataValidation()
        how, _ = _HOW[column.field]
        letter = get_column_letter(at)
        _say(validation, column.header, how, said.get(column.field, ask) if column.field in of_field else "")
        validation.showErrorMessage = column.field in of_field and column.field not in _FREE
        validation.add(f"{letter}{FIRST_ROW}:{letter}{LAST_ROW}")
        sheet.add_data_validation(validation)
    quarter = DataValidation("list", formula1="lista_trimestres")
    _say(quarter, "Trimestre", "Elija el trimestre que se informa.", ask)
    quarter.showErrorMessage = True
    quarter.add(f"K{_GROUP_ROW}")
    sheet.add_data_validation(quarter)


def _say(validation: DataValidation, title: str, how: str, question: str) -> None:
    validation.allow_blank = True
    validation.showInputMessage = True
    # Excel shows 32 letters of a title and 255 of a message.
    validation.promptTitle, validation.prompt = title[:32], how
    if question:
        validation.errorStyle, validation.errorTitle, validation.error = "warning", "Folio", question


def _write_help(sheet: Worksheet, year: int) -> None:
    sheet.append(["Cómo diligenciar el plan"])
    sheet.append([])
    for number, step in enumerate(_STEPS, start=1):
        sheet.append([number, step])
        sheet.merge_cells(start_row=sheet.max_row, end_row=sheet.max_row, start_column=2, end_column=4)
        sheet.row_dimensions[sheet.max_row].height = 30
    sheet.append([])
    sheet.append([None, "Columna", "Qué se escribe", "Ejemplo"])
    header = sheet.max_row
    for column in COLUMNS:
        how, example = _HOW[column.field]
        sheet.append([None, column.header, how, example.format(year=year)])
        sheet.row_dimensions[sheet.max_row].height = 30
    for letter, width in zip("ABCD", (5, 34, 62, 46), strict=True):
        sheet.column_dimensions[letter].width = width
    for number, row in enumerate(sheet.iter_rows(), start=1):
        for at, cell in enumerate(row, start=1):
            is_name = at == _NAMES_COLUMN and number > header
            cell.font = Font(name="Arial", size=10, bold=number == header or is_name)
            cell.alignment = Alignment(vertical="top", wrap_text=number > 1)
            if number >= header and at > 1:
                cell.border = _BOX
            if number == header and at > 1:
                cell.fill = _SHADE
    sheet.cell(1, 1).font = Font(name="Arial", size=14, bold=True)
    sheet.row_dimensions[1].height = 24
    sheet.sheet_view.showGridLines = False
    _print_on_one_width(sheet)


def _print_on_one_width(sheet: Worksheet) -> None:
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.oddFooter = HeaderFooterItem(center=_HeaderFooterPart(text="Página &P de &N"))
