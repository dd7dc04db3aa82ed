"""The matrices of real offices, built as people build them; what must be read of each stands in expected/ as JSON."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.worksheet.worksheet import Worksheet

from service.domain.reading import Given

HEAD: Final = ("PLAN DE ACCIÓN 2025", "Objetivo: Cumplir las metas del plan de desarrollo.", "Versión 1.0")
LABELS: Final = (
    "No.", "ACCIÓN, PROGRAMA O PROYECTO ESTRATÉGICO", "RESPONSABLE", "INDICADOR", "UNIDAD DE MEDIDA", "META",
    "FECHA INICIO", "FECHA FIN", "PERIODICIDAD", "FUENTE DE FINANCIACIÓN", "AVANCE II TRIMESTRE 2025",
)  # fmt: skip
ROWS: Final = (
    (1, "Formular la política pública de seguridad alimentaria", "Secretaría de Planeación",
     "Documento de política formulado", "Unidad", 1, dt.date(2025, 2, 3), dt.date(2025, 11, 28), "Trimestral",
     "Inversión", "Durante el segundo trimestre de 2025 se elaboró el diagnóstico y se realizaron 2 mesas de trabajo."),
    (2, "Capacitar a los servidores públicos en gestión documental", "Secretaría General", "Servidores capacitados",
     "Unidad", 120, dt.date(2025, 1, 20), dt.date(2025, 12, 15), "Trimestral", "Funcionamiento",
     "Durante el segundo trimestre de 2025 se capacitaron 45 servidores en archivos de gestión."),
    (3, "Ejecutar el plan de bienestar institucional", "Oficina de Talento Humano", "Plan de bienestar ejecutado",
     "Unidad", 40, dt.date(2025, 3, 1), dt.date(2025, 12, 31), "Trimestral", "Funcionamiento",
     "En el segundo trimestre de 2025 se ejecutaron 16 actividades del plan de bienestar."),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Layout:
    """One way of building a matrix: what an office would call it, and what the person says beside it."""

    name: str
    says: str
    build: Callable[[], bytes]
    given: Given
    suffix: str


LAYOUTS: dict[str, Layout] = {}


NOTHING: Final = Given()


def layout(
    says: str, given: Given = NOTHING, suffix: str = ".xlsx"
) -> Callable[[Callable[[], Workbook | bytes]], Callable[[], Workbook | bytes]]:
    """Enter a builder into the corpus; `says` is its line in the table of variants."""

    def enter(build: Callable[[], Workbook | bytes]) -> Callable[[], Workbook | bytes]:
        def content() -> bytes:
            built = build()
            return built if isinstance(built, bytes) else saved(built)

        LAYOUTS[build.__name__] = Layout(build.__name__, says, content, given, suffix)
        return build

    return enter


def saved(book: Workbook) -> bytes:
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def book_of(title: str = "Plan") -> tuple[Workbook, Worksheet]:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = title
    return book, sheet


def lay(sheet: Worksheet, lines: Sequence[Sequence[Any]], row: int = 1, column: int = 1) -> int:
    """Write the lines from a place down; the row below them."""
    for line in lines:
        for at, value in enumerate(line, start=column):
            if value is not None:
                sheet.cell(row, at).value = value
        row += 1
    return row


def head(sheet: Worksheet, row: int = 1, column: int = 1, width: int = 11, lines: Sequence[str] = HEAD) -> int:
    """The lines above the table, each merged over its width; the row below them."""
    for line in lines:
        sheet.cell(row, column).value = line
        sheet.cell(row, column).font = Font(bold=True)
        sheet.merge_cells(start_row=row, end_row=row, start_column=column, end_column=column + width - 1)
        row += 1
    return row


def changed(row: int, **values: Any) -> list[Any]:
    """One of the rows with some cells changed, by column letter."""
    cells = list(ROWS[row])
    for letter, value in values.items():
        cells["ABCDEFGHIJK".index(letter)] = value
    return cells


@layout("Dos filas de encabezados con grupos combinados, como la matriz de referencia")
def dos_filas_con_grupos() -> Workbook:
    book, sheet = book_of()
    head(sheet)
    groups = ["No.", "PLAN DE ACCIÓN 2025", *[None] * 7, "PRESUPUESTO 2025", "SEGUIMIENTO II TRIMESTRE 2025"]
    labels = [None, *LABELS[1:8], "SEGUIMIENTO", LABELS[9], "AVANCE CUALITATIVO"]
    lay(sheet, [groups, labels, *ROWS], row=4)
    sheet.merge_cells("A4:A5")
    sheet.merge_cells("B4:I4")
    return book


@layout("Una sola fila de encabezados con otros nombres para las mismas columnas")
def una_fila_con_sinonimos() -> Workbook:
    book, sheet = book_of()
    head(sheet, lines=("PLAN DE ACCIÓN 2025 - II TRIMESTRE", *HEAD[1:]))
    labels = (
        "Ítem", "Actividad programada", "Dependencia responsable", "Nombre del indicador", "U.M.", "Meta física anual",
        "Fecha inicial", "Fecha de terminación", "Frecuencia de medición", "Fuente de recursos",
        "Descripción del avance",
    )  # fmt: skip
    lay(sheet, [labels, *ROWS], row=5)
    return book


@layout(
    "Logo y recuadro del sistema de calidad (código, versión del formato, página) sobre la tabla, que empieza en C9"
)
def recuadro_del_formato() -> Workbook:
    book, sheet = book_of("F-ES-DE-007")
    lay(sheet, [
        [None, "ALCALDÍA MUNICIPAL", None, None, "CÓDIGO: F-ES-DE-007"],
        [None, "PROCESO DIRECCIONAMIENTO ESTRATÉGICO", None, None, "VERSIÓN: 03"],
        [None, "FORMATO SEGUIMIENTO AL PLAN DE ACCIÓN", None, None, "PÁGINA 1 DE 3"],
    ])  # fmt: skip
    sheet.merge_cells("A1:A3")
    lay(sheet, [["Vigencia:", 2025], ["Objetivo:", "Cumplir las metas del plan de desarrollo."],
            ["Versión del plan:", "1.0"],
                ["Trimestre:", "II"]], row=5, column=3)  # fmt: skip
    lay(sheet, [LABELS, *ROWS], row=9, column=3)
    return book


@layout("Tres filas de encabezados: grupos de grupos, y etiquetas combinadas hacia abajo")
def tres_filas_de_encabezados() -> Workbook:
    book, sheet = book_of()
    row = head(sheet)
    lay(sheet, [
        ["No.", "FORMULACIÓN", None, None, None, None, None, None, None, "RECURSOS", "SEGUIMIENTO II TRIMESTRE 2025"],
        [None, "ACCIÓN", "RESPONSABLE", "INDICADOR", None, None, "FECHA", None, "PERIODICIDAD", "FUENTE", "AVANCE"],
        [None, None, None, "NOMBRE", "UNIDAD DE MEDIDA", "META", "INICIO", "FIN", None, None, "CUALITATIVO"],
        *ROWS,
    ], row=row)  # fmt: skip
    for area in ("A4:A6", "B4:I4", "B5:B6", "C5:C6", "D5:F5", "G5:H5", "I5:I6", "J5:J6"):
        sheet.merge_cells(area)
    return book


@layout("Encabezados numerados «(1) No.», «(2) Acción»… en la misma celda")
def numeros_junto_a_los_encabezados() -> Workbook:
    book, sheet = book_of()
    row = head(sheet)
    lay(sheet, [[f"({at}) {label}" for at, label in enumerate(LABELS, start=1)], *ROWS], row=row)
    return book


@layout("Una fila «(1) (2) (3)…» debajo de los encabezados")
def fila_de_numeros() -> Workbook:
    book, sheet = book_of()
    row = head(sheet)
    lay(sheet, [LABELS, [f"({at})" for at in range(1, 12)], *ROWS], row=row)
    return book


@layout("Filas ocultas: se leen y se dice")
def filas_ocultas() -> Workbook:
    book, sheet = book_of()
    lay(sheet, [LABELS, *ROWS], row=head(sheet))
    sheet.row_dimensions[6].hidden = True
    return book


@layout("Columnas ocultas: se leen y se dice")
def columnas_ocultas() -> Workbook:
    book, sheet = book_of()
    lay(sheet, [LABELS, *ROWS], row=head(sheet))
    sheet.column_dimensions["D"].hidden = True
    return book


@layout("Una hoja por dependencia, con su columna de responsable: se reúnen en un solo plan")
def una_hoja_por_dependencia() -> Workbook:
    book, sheet = book_of("Planeación")
    lay(sheet, [LABELS, ROWS[0]], row=head(sheet))
    for title, row in (("General", ROWS[1]), ("Talento Humano", ROWS[2])):
        other = book.create_sheet(title)
        lay(other, [LABELS, row], row=head(other))
    return book


@layout("Una hoja por dependencia, sin columna de responsable: se usa el nombre de la hoja y se dice")
def el_responsable_es_la_hoja() -> Workbook:
    book, sheet = book_of("Secretaría de Planeación")
    labels = [label for label in LABELS if label != "RESPONSABLE"]
    lay(sheet, [labels, [*ROWS[0][:2], *ROWS[0][3:]]], row=head(sheet, width=10))
    for title, row in (("Secretaría General", ROWS[1]), ("Oficina de Talento Humano", ROWS[2])):
        other = book.create_sheet(title)
        lay(other, [labels, [*row[:2], *row[3:]]], row=head(other, width=10))
    return book


@layout("Una hoja por trimestre: se lee la del trimestre pedido", Given(quarter=2))
def una_hoja_por_trimestre() -> Workbook:
    book, sheet = book_of("I TRIM")
    book.remove(sheet)
    for number, name in enumerate(("I", "II", "III"), start=1):
        sheet = book.create_sheet(f"{name} TRIM")
        labels = (*LABELS[:10], f"AVANCE {name} TRIMESTRE 2025")
        rows = ROWS if number == 2 else [changed(at, K=f"Avance del trimestre {name}.") for at in range(3)]
        lay(sheet, [labels, *rows], row=head(sheet))
    return book


@layout("Hojas llamadas I, II, III y IV, sin trimestre en los encabezados: se lee la del pedido", Given(quarter=2))
def trimestres_por_su_numero() -> Workbook:
    book, sheet = book_of()
    book.remove(sheet)
    for name in ("I", "II", "III", "IV"):
        sheet = book.create_sheet(name)
        labels = (*LABELS[:10], "AVANCE CUALITATIVO")
        rows = ROWS if name == "II" else [changed(at, K=None) for at in range(3)]
        lay(sheet, [labels, *rows], row=head(sheet))
    return book


@layout("Una hoja por dependencia, cada una con su nombre junto al título")
def titulos_con_la_dependencia() -> Workbook:
    book, sheet = book_of("Planeación")
    lay(sheet, [LABELS, ROWS[0]], row=head(sheet))
    for title, row in (("General", ROWS[1]), ("Talento Humano", ROWS[2])):
        other = book.create_sheet(title)
        lay(other, [LABELS, row], row=head(other, lines=(f"{HEAD[0]} - {title}", *HEAD[1:])))
    return book


@layout("Títulos de sección y subtotales entre las acciones")
def secciones_y_subtotales() -> Workbook:
    book, sheet = book_of()
    lay(sheet, [
        LABELS,
        ["EJE 1. GOBIERNO CERCANO"],
        ROWS[0],
        ["Subtotal eje 1", None, None, None, None, 1],
        ["EJE 2. GESTIÓN EFICIENTE"],
        ROWS[1],
        ROWS[2],
        ["Subtotal eje 2", None, None, None, None, 160],
        ["TOTAL", None, None, None, None, 161],
    ], row=head(sheet))  # fmt: skip
    sheet.merge_cells("A5:K5")
    sheet.merge_cells("A8:K8")
    return book


@layout("Celdas combinadas hacia abajo: el valor vale para todas sus filas")
def combinadas_hacia_abajo() -> Workbook:
    book, sheet = book_of()
    rows = [list(row) for row in ROWS]
    rows[1] = [None, None, None, "Manual de archivo adoptado", *ROWS[1][4:]]
    rows[2][0] = 2
    lay(sheet, [LABELS, *rows], row=head(sheet))
    for letter in "ABC":
        sheet.merge_cells(f"{letter}5:{letter}6")
    return book


@layout("Título, versión y encabezados repetidos en cada página impresa")
def encabezados_por_pagina() -> Workbook:
    book, sheet = book_of()
    row = lay(sheet, [LABELS, ROWS[0]], row=head(sheet))
    row = lay(sheet, [LABELS, ROWS[1]], row=head(sheet, row + 1))
    lay(sheet, [[name.title() for name in LABELS], ROWS[2]], row=head(sheet, row + 1))
    return book


@layout("Notas y firmas debajo de la tabla")
def notas_y_firmas() -> Workbook:
    book, sheet = book_of()
    row = lay(sheet, [LABELS, *ROWS], row=head(sheet))
    note = ["Nota: cifras preliminares con corte a 30 de junio."]
    signatures = [None, "Elaboró: profesional de planeación", None, None, "Aprobó: jefe de planeación"]
    lay(sheet, [note, [], signatures], row=row + 1)
    sheet.merge_cells(start_row=row + 1, end_row=row + 1, start_column=1, end_column=11)
    return book


QUARTERS = ("I", "II", "III", "IV")


@layout("Los cuatro trimestres uno al lado del otro: se toma el pedido y los demás se conservan", Given(quarter=2))
def cuatro_trimestres() -> Workbook:
    book, sheet = book_of()
    row = head(sheet, width=18)
    groups: list[Any] = list(LABELS[:10])
    labels: list[Any] = [None] * 10
    for name in QUARTERS:
        groups += [f"{name} TRIMESTRE 2025", None]
        labels += ["% EJECUTADO", "AVANCE CUALITATIVO"]
    rows = [[*line[:10], 0.1, "Se inició.", 0.4, line[10], None, None, None, None] for line in ROWS]
    lay(sheet, [groups, labels, *rows], row=row)
    for at in range(1, 11):
        sheet.merge_cells(start_row=4, end_row=5, start_column=at, end_column=at)
    for at in (11, 13, 15, 17):
        sheet.merge_cells(start_row=4, end_row=4, start_column=at, end_column=at + 1)
        for line in (6, 7, 8):
            sheet.cell(line, at).number_format = "0%"
    return book


@layout("Seis bimestres uno al lado del otro: se toma el último que termina en el trimestre pedido", Given(quarter=2))
def seis_bimestres() -> Workbook:
    book, sheet = book_of()
    row = head(sheet, width=16)
    names = [f"BIMESTRE {at}" for at in range(1, 7)]
    rows = [[*line[:10], "Se inició.", "Se contrató.", line[10], None, None, None] for line in ROWS]
    lay(sheet, [[*LABELS[:10], "SEGUIMIENTO", *[None] * 5], [*[None] * 10, *names], *rows], row=row)
    for at in range(1, 11):
        sheet.merge_cells(start_row=4, end_row=5, start_column=at, end_column=at)
    sheet.merge_cells("K4:P4")
    return book


@layout("Programación por trimestres y avance cuantitativo junto al cualitativo, más columnas propias de la oficina")
def columnas_propias() -> Workbook:
    book, sheet = book_of()
    row = head(sheet, width=19)
    groups = [*LABELS[:6], "PROGRAMACIÓN", None, None, None, *LABELS[6:10], "SEGUIMIENTO II TRIMESTRE 2025", None, None,
              "EVIDENCIA", "PONDERACIÓN"]  # fmt: skip
    labels = [*[None] * 6, "T1", "T2", "T3", "T4", *[None] * 4, "AVANCE CUANTITATIVO", "AVANCE CUALITATIVO",
              "% DE AVANCE", None, None]  # fmt: skip
    rows = [
        [*ROWS[0][:6], 0, 0, 0, 1, *ROWS[0][6:10], 0, ROWS[0][10], 0.5, "Acta 4", 0.3],
        [*ROWS[1][:6], 30, 30, 30, 30, *ROWS[1][6:10], 45, ROWS[1][10], 0.375, "Listas de asistencia", 0.3],
        [*ROWS[2][:6], 10, 10, 10, 10, *ROWS[2][6:10], 16, ROWS[2][10], 0.4, None, 0.4],
    ]
    lay(sheet, [groups, labels, *rows], row=row)
    for at in (*range(1, 7), *range(11, 15), 18, 19):
        sheet.merge_cells(start_row=4, end_row=5, start_column=at, end_column=at)
    sheet.merge_cells("G4:J4")
    sheet.merge_cells("O4:Q4")
    for line in (6, 7, 8):
        sheet.cell(line, 17).number_format = "0.0%"
        sheet.cell(line, 19).number_format = "0%"
    return book


@layout("Columnas propias y «No.» en la fila de los grupos, sin combinarlas hacia abajo")
def columnas_propias_sin_combinar() -> Workbook:
    book, sheet = book_of()
    row = head(sheet)
    groups = ["No.", "PLAN DE ACCIÓN 2025", *[None] * 7, "PRESUPUESTO 2025", "SEGUIMIENTO II TRIMESTRE 2025",
              "OBSERVACIONES", "EVIDENCIA"]  # fmt: skip
    labels = [None, *LABELS[1:8], "SEGUIMIENTO", LABELS[9], "AVANCE CUALITATIVO"]
    rows = [[*ROWS[0], "Sin novedad", "Acta 4"], [*ROWS[1], None, "Listas de asistencia"], ROWS[2]]
    lay(sheet, [groups, labels, *rows], row=row)
    sheet.merge_cells("B4:I4")
    return book


@layout("Dos filas de encabezados sin combinar ninguna celda")
def grupos_sin_combinar() -> Workbook:
    book, sheet = book_of()
    lay(sheet, [[line] for line in HEAD])
    lay(sheet, [
        [*LABELS[:6], "FECHA", None, *LABELS[8:]],
        [*[None] * 6, "INICIO", "FIN"],
        *ROWS,
    ], row=5)  # fmt: skip
    return book


@layout("Encabezados mal escritos o con palabras de más: se reconocen por su parecido y se dice")
def encabezados_mal_escritos() -> Workbook:
    book, sheet = book_of()
    labels = (
        "No.", "Nombre de la acción estratégica", "RESPONSBLE", "INDICADOR", "UNIDAD DE MEDDIA",
        "Meta del indicador 2025", "Fecha de inicio de la actividad", "Fecha de finalización prevista",
        "Periodicidad de la medición",
        "FUENTE DE FINANCIACION", "Avances cualitativos del II trimestre",
    )  # fmt: skip
    lay(sheet, [labels, *ROWS], row=head(sheet))
    return book


@layout("Encabezados desconocidos: se reconocen por lo que contienen y se dice")
def reconocidas_por_su_contenido() -> Workbook:
    book, sheet = book_of()
    labels = [*LABELS[:8], "CADA CUÁNTO", "DE DÓNDE SALE EL DINERO", LABELS[10]]
    lay(sheet, [labels, *ROWS], row=head(sheet))
    return book


@layout(
    "Encabezados que nadie adivina: la persona indica qué contienen",
    Given(mapping=(("QUÉ HAREMOS", "action"), ("D", "indicator"))),
)
def mapeo_indicado() -> Workbook:
    book, sheet = book_of()
    labels = ["No.", "QUÉ HAREMOS", "RESPONSABLE", "CÓMO LO SABREMOS", *LABELS[4:]]
    lay(sheet, [labels, *ROWS], row=head(sheet))
    return book


@layout("Las columnas en otro orden")
def otro_orden() -> Workbook:
    book, sheet = book_of()
    order = (2, 9, 0, 1, 10, 3, 5, 4, 7, 6, 8)
    lay(sheet, [[row[at] for at in order] for row in (LABELS, *ROWS)], row=head(sheet))
    return book


@layout("Dos columnas llamadas SEGUIMIENTO: la periodicidad y el avance")
def dos_seguimientos() -> Workbook:
    book, sheet = book_of()
    labels = [*LABELS[:8], "SEGUIMIENTO", LABELS[9], "SEGUIMIENTO"]
    lay(sheet, [labels, *ROWS], row=head(sheet, lines=(*HEAD, "II TRIMESTRE DE 2025")))
    return book


@layout("Fechas con el sistema de 1904 de los equipos Mac antiguos")
def sistema_1904() -> Workbook:
    book, sheet = book_of()
    book.epoch = CALENDAR_MAC_1904
    lay(sheet, [LABELS, *ROWS], row=head(sheet))
    return book


@layout("Fechas escritas como texto: 3/02/2025, 31 de diciembre de 2025, dic-25")
def fechas_en_texto() -> Workbook:
    book, sheet = book_of()
    rows = [
        changed(0, G="3/02/2025", H="28/11/2025"),
        changed(1, G="20 de enero de 2025", H="15-dic-25"),
        changed(2, G="mar-25", H="dic-25"),
    ]
    lay(sheet, [LABELS, *rows], row=head(sheet))
    return book


@layout("Números escritos como texto a la colombiana: 1.234,56 y 1.200")
def numeros_a_la_colombiana() -> Workbook:
    book, sheet = book_of()
    rows = [changed(0, F="1.234,56"), changed(1, F="1.200"), changed(2, F="40")]
    lay(sheet, [LABELS, *rows], row=head(sheet))
    return book


@layout("Números escritos como texto a la inglesa: 1,234.56 y 1,200")
def numeros_a_la_inglesa() -> Workbook:
    book, sheet = book_of()
    rows = [changed(0, F="1,234.56"), changed(1, F="1,200"), changed(2, F="40")]
    lay(sheet, [LABELS, *rows], row=head(sheet))
    return book


@layout("Metas en porcentaje: 0,25 con formato de porcentaje y «25 %» como texto; «Por definir» se conserva")
def porcentajes() -> Workbook:
    book, sheet = book_of()
    rows = [changed(0, E="Porcentaje", F=0.25), changed(1, E="Porcentaje", F="80 %"), changed(2, F="Por definir")]
    lay(sheet, [LABELS, *rows], row=head(sheet))
    sheet["F5"].number_format = "0%"
    return book


FORMULAS: Final = {
    "A6": "A5+1", "F6": "100+20", "F7": "SUM(20,20)", "G5": "DATE(2025,2,3)", "H5": "DATE(2025,11,30)-2",
    "K7": '"En el segundo trimestre de 2025 se ejecutaron "&amp;(10+6)&amp;" actividades del plan de bienestar."',
}  # fmt: skip


@layout("Fórmulas en el número, la meta, las fechas y el avance: cuenta el valor que Excel guardó")
def formulas() -> bytes:
    book, sheet = book_of()
    lay(sheet, [LABELS, *ROWS], row=head(sheet))
    texts = {address: str(sheet[address].value) for address in FORMULAS}
    content = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(saved(book))) as package,
        zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as copy,
    ):
        for name in package.namelist():
            part = package.read(name).decode()
            for address, formula in FORMULAS.items() if name == "xl/worksheets/sheet1.xml" else ():
                # What openpyxl cannot write: a formula together with its result.
                text = texts[address]
                part = re.sub(rf'(<c r="{address}"[^>]*?) t="s"><v>\d+</v>', rf'\1 t="str"><v>{text}</v>', part)
                part = re.sub(rf'(<c r="{address}"[^>]*>)<v>', lambda cell, f=formula: f"{cell[1]}<f>{f}</f><v>", part)
            copy.writestr(name, part)
    return content.getvalue()


@layout("El título, el objetivo y la versión en una hoja de portada")
def portada() -> Workbook:
    book, sheet = book_of("Portada")
    lay(sheet, [[line] for line in HEAD], row=4, column=2)
    matrix = book.create_sheet("Matriz")
    lay(matrix, [LABELS, *ROWS], row=2)
    return book


@layout("El título, el objetivo y la versión en el encabezado de la página impresa, con el código del formato al pie")
def encabezado_de_pagina() -> Workbook:
    book, sheet = book_of("Matriz")
    lay(sheet, [LABELS, *ROWS])
    title, objective, version = HEAD
    sheet.oddHeader.left.text, sheet.oddHeader.left.font = title, "Arial,Bold"
    sheet.oddHeader.center.text, sheet.oddHeader.center.size = objective, 8
    sheet.oddHeader.right.text, sheet.oddHeader.right.color = version, "1F3864"
    sheet.oddFooter.left.text = "Código: DE-FR-07 Versión: 3.0 Vigencia: 15/01/2021"
    sheet.oddFooter.right.text = "Página &[Page] de &N"
    return book


@layout("Una hoja de resumen junto a la del plan: no se mezcla con las acciones")
def con_hoja_de_resumen() -> Workbook:
    book, sheet = book_of()
    lay(sheet, [LABELS, *ROWS], row=head(sheet))
    summary = book.create_sheet("Resumen")
    lay(summary, [["DEPENDENCIA", "INDICADOR", "META", "AVANCE"], ["Secretaría General", "Acciones", 1, "En curso"]])
    return book


@layout("Varios responsables en una celda, conservados como están escritos")
def varios_responsables() -> Workbook:
    book, sheet = book_of()
    rows = [
        changed(0, C="Secretaría de Planeación\nSecretaría General"),
        ROWS[1],
        changed(2, C="Talento Humano / Jurídica"),
    ]
    lay(sheet, [LABELS, *rows], row=head(sheet))
    for row in (5, 7):
        sheet.cell(row, 3).alignment = Alignment(wrap_text=True)
    return book


def _texts(rows: Sequence[Sequence[Any]], separator: str) -> str:
    def shown(value: Any) -> str:
        text = (
            ""
            if value is None
            else f"{value.day}/{value.month:02d}/{value.year}"
            if isinstance(value, dt.date)
            else str(value)
        )
        return f'"{text}"' if separator in text or "\n" in text else text

    return "\r\n".join(separator.join(map(shown, row)) for row in rows) + "\r\n"


@layout("Texto separado por punto y coma, como lo guarda Excel en Colombia (.csv, Windows-1252)", suffix=".csv")
def csv_de_excel() -> bytes:
    return _texts([*[[line] for line in HEAD], LABELS, *ROWS], ";").encode("cp1252")


@layout("Texto separado por comas (.csv, UTF-8 con marca)", suffix=".csv")
def csv_con_comas() -> bytes:
    return _texts([*[[line] for line in HEAD], LABELS, *ROWS], ",").encode("utf-8-sig")


@layout("Texto Unicode separado por tabuladores, como lo guarda Excel (.csv o .txt, UTF-16)", suffix=".csv")
def csv_unicode() -> bytes:
    return _texts([*[[line] for line in HEAD], LABELS, *ROWS], "\t").encode("utf-16")


@layout("Libro con macros (.xlsm): se leen las celdas y las macros no se tocan", suffix=".xlsm")
def con_macros() -> bytes:

    book, sheet = book_of()
    lay(sheet, [LABELS, *ROWS], row=head(sheet))
    plain = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
    content = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(saved(book))) as package,
        zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as copy,
    ):
        for name in package.namelist():
            part = package.read(name)
            if name == "[Content_Types].xml":
                part = part.replace(plain, b"application/vnd.ms-excel.sheet.macroEnabled.main+xml")
            copy.writestr(name, part)
        copy.writestr("xl/vbaProject.bin", b"\xd0\xcf\x11\xe0 macros that nobody reads")
    return content.getvalue()
