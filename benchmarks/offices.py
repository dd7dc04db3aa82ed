"""A number of actions -> the workbook in which an office would keep them: texts of the reference's length, as in Excel.

Every text is put together from sentences with their own places, subjects and figures, so that no two actions say the
same; the same seed gives the same workbook. Nothing in them is wrong unless it was asked for.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable
from typing import Any, Final
from xml.sax.saxutils import escape

from service.domain.office import REFERENCE_OFFICE
from service.sheets.parsed import EPOCH_1900
from tests.plans import LABELS, OBJECTIVE
from tests.unit.sheets.office import MAIN, SHEET_TYPE, parts, zipped

Row = list[Any]
"""The eleven cells of an action."""

_COLUMNS: Final = "ABCDEFGHIJK"
_DESCENT: Final = "http://schemas.microsoft.com/office/spreadsheetml/2009/9/ac"

_PLACES: Final = (
    "Soacha", "Sibaté", "Funza", "Mosquera", "Madrid", "Facatativá", "Chía", "Cajicá", "Zipaquirá", "Tocancipá",
    "Sopó", "La Calera", "Gachancipá", "Cota", "Tenjo", "Tabio", "Subachoque", "El Rosal", "Bojacá", "Zipacón",
    "Fusagasugá", "Silvania", "Granada", "Girardot", "Ricaurte", "Villeta", "La Vega", "Guaduas", "Ubaté", "Chocontá",
    "Cáqueza", "Fómeque", "Pacho", "Gachetá", "Guasca", "Guatavita", "Sesquilé", "Suesca", "Nemocón", "Cogua",
)  # fmt: skip
_SUBJECTS: Final = (
    "seguridad alimentaria", "movilidad regional", "ordenamiento territorial", "seguridad ciudadana",
    "servicios públicos", "desarrollo económico", "gestión del riesgo", "comercialización agropecuaria",
    "participación ciudadana", "gestión documental", "cambio climático", "recurso hídrico", "salud mental",
    "turismo de naturaleza", "innovación pública", "conectividad digital", "reciclaje y aprovechamiento",
    "calidad del aire", "educación superior", "logística de carga", "equidad de género", "gestión catastral",
    "primera infancia", "empleo juvenil", "datos abiertos", "patrimonio cultural", "infraestructura vial",
)  # fmt: skip
_VERBS: Final = (
    "Formular", "Diseñar", "Construir", "Actualizar", "Implementar", "Documentar", "Apoyar", "Coordinar", "Estructurar",
    "Socializar", "Elaborar", "Definir",
)  # fmt: skip
_PRODUCTS: Final = (
    ("el plan de acción conjunto", "Plan elaborado y socializado"),
    ("la estrategia de articulación institucional", "Estrategia definida e implementada"),
    ("el documento técnico de soporte", "Documentos de lineamientos técnicos elaborados"),
    ("la convocatoria regional", "Convocatoria diseñada"),
    ("el sistema de indicadores", "Sistema de indicadores implementado por la entidad"),
    ("la agenda de cooperación", "Agenda de cooperación concertada con los socios"),
    ("el protocolo de intervención", "Protocolo adoptado por las entidades territoriales"),
)
_SENTENCES: Final = tuple(
    " ".join(sentence.split())
    for sentence in """
    se realizaron {n} mesas técnicas entre la Gobernación de Cundinamarca, el municipio de {place} y la RMBC
    para revisar los criterios de {subject} y la hoja de ruta de los próximos meses

    se estructuraron {n} fichas técnicas de {subject} con información de {place} y de {other}, que son la base
    del diagnóstico y de la línea de base de los indicadores

    con el equipo de {place} se adelantaron {n} jornadas de formación en {subject}, en las que participaron
    servidores de las dependencias y de las entidades territoriales asociadas

    la dependencia elaboró la propuesta metodológica de {subject} y la presentó en {n} sesiones a los socios,
    que hicieron observaciones sobre los casos de {place} y {other}

    se consolidó la matriz de interdependencias y relaciones funcionales de {place} con {other} en {n} áreas
    temáticas, organizadas por nivel de prioridad y por fuente de información

    se publicaron {n} comunicados y videos sobre {subject} en las redes sociales de la entidad, con énfasis en
    los avances de {place} y en la participación de la ciudadanía

    como resultado se cuenta con {n} documentos de {subject} revisados por la Dirección General y con el
    cronograma de trabajo concertado con la alcaldía de {place}
    """.strip().split("\n\n")
)
_FAULTS: Final[tuple[Callable[[Row], object], ...]] = (
    lambda row: _change(row, 10, lambda text: text.replace(" se ", "  se ", 1)),
    lambda row: _change(row, 10, lambda text: text.replace("tercer trimestre", "segundo trimestre", 1)),
    lambda row: _change(row, 10, lambda text: text[:-1]),
    lambda row: _change(row, 10, lambda _text: "Sin avance"),
    lambda row: _change(row, 3, lambda text: f"{text} de"),
    lambda row: _change(row, 2, lambda text: text.upper()),
    lambda row: _change(row, 5, lambda _target: "cuatro"),
    lambda row: _change(row, 7, lambda _day: dt.date(2024, 1, 1)),
    lambda row: _change(row, 8, lambda _text: "Trimestal"),
    lambda row: _change(row, 10, lambda text: f"{text} Contacto: ana.perez@gmail.com"),
    lambda row: _change(row, 9, lambda _source: None),
)


_STYLES: Final = (
    "<fonts><font/></fonts><fills><fill><patternFill/></fill></fills><borders><border/></borders><cellStyleXfs><xf/></cellStyleXfs>"
    '<cellXfs><xf numFmtId="0"/><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs>'
    '<cellStyles><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>'
)
_KINDS: Final = "".join(
    f'<Override PartName="/xl/{part}.xml" ContentType="{SHEET_TYPE.replace("sheet.main", kind)}"/>'
    for part, kind in (("worksheets/sheet1", "worksheet"), ("sharedStrings", "sharedStrings"), ("styles", "styles"))
).encode()


def _change(row: Row, at: int, change: Callable[[Any], Any]) -> None:
    row[at] = change(row[at])


def sound_rows(actions: int, seed: int = 2024) -> list[Row]:
    """Actions that all differ and have nothing wrong."""
    chance = random.Random(seed)  # noqa: S311  no secret hangs on it
    return [_row(number, chance) for number in range(1, actions + 1)]


def repeating_rows(actions: int) -> list[Row]:
    """Actions whose texts repeat or nearly do: the phases of one project, an avance that was pasted into others."""
    chance = random.Random(7)  # noqa: S311
    rows = sound_rows(actions)
    for number, row in enumerate(rows):
        if number % 5 == 0:
            row[1] = f"{rows[number // 50 * 50][1]}, fase {number % 50 // 5 + 1}"
        if number % 10 == 0 and number:
            row[10] = rows[chance.randrange(number)][10]
    return rows


def spoiled_rows(actions: int) -> list[Row]:
    """Actions of which every third has something wrong, of many kinds in turn."""
    rows = sound_rows(actions)
    for number, row in enumerate(rows[::3]):
        _FAULTS[number % len(_FAULTS)](row)
    return rows


def _row(number: int, chance: random.Random) -> Row:
    product, indicator = chance.choice(_PRODUCTS)
    subject, (place, other) = chance.choice(_SUBJECTS), chance.sample(_PLACES, 2)
    action = f"{chance.choice(_VERBS)} {product} de {subject} en {place} y su articulación con {other}, línea {number}"
    told = []
    for sentence in chance.sample(_SENTENCES, chance.choice((1, 1, 2, 2, 3, 4, 4))):
        near, far = chance.sample(_PLACES, 2)
        said = sentence.format(n=chance.randint(2, 90), place=near, other=far, subject=chance.choice(_SUBJECTS))
        told.append(said if not told else said[0].upper() + said[1:])
    starts = dt.date(2024, chance.randint(1, 6), chance.randint(1, 28))
    return [
        *(number, action, chance.choice(REFERENCE_OFFICE.units), f"{indicator} en {place}", "Unidad"),
        *(chance.randint(1, 40), starts, dt.date(2024, 12, chance.randint(1, 31)), "Trimestral"),
        *(
            chance.choice(("Inversión", "Funcionamiento")),
            f"Durante el tercer trimestre de 2024, en la línea {number} {'. '.join(told)}.",
        ),
    ]


def workbook_of(rows: list[Row]) -> bytes:
    """The rows under the reference's headers, in the XML of Excel: shared texts, spans, dates by their style.

    openpyxl writes every text into its cell, which Excel does not, and takes minutes.
    """
    above = ("PLAN DE ACCIÓN 2024", f"Objetivo: {OBJECTIVE}", "Versión 2.0")
    groups = [LABELS[0], LABELS[1], *[None] * 7, LABELS[2], LABELS[3]]
    strings: dict[str, int] = {}
    written = [
        f'<row r="{number}" spans="1:11" ht="75" customHeight="1" x14ac:dyDescent="0.25">'
        f"{''.join(_cell(f'{letter}{number}', value, strings) for letter, value in zip(_COLUMNS, row, strict=False))}"
        "</row>"
        for number, row in enumerate((*([line] for line in above), groups, [None, *LABELS[4:]], *rows), start=1)
    ]
    merges = '<mergeCells count="2"><mergeCell ref="A4:A5"/><mergeCell ref="B4:I4"/></mergeCells>'
    members = parts(
        f'<dimension ref="A1:K{len(written)}"/><sheetData>{"".join(written)}</sheetData>{merges}'.encode().join(
            (f'<worksheet xmlns="{MAIN}" xmlns:x14ac="{_DESCENT}">'.encode(), b"</worksheet>")
        ),
        strings="".join(f"<si><t>{escape(text)}</t></si>" for text in strings),
        styles=_STYLES,
    )
    members["[Content_Types].xml"] = members["[Content_Types].xml"].replace(b"</Types>", _KINDS + b"</Types>")
    return zipped(members)


def _cell(reference: str, value: Any, strings: dict[str, int]) -> str:
    match value:
        case None:
            return f'<c r="{reference}" s="1"/>'
        case str():
            return f'<c r="{reference}" s="1" t="s"><v>{strings.setdefault(value, len(strings))}</v></c>'
        case dt.date():
            return f'<c r="{reference}" s="2"><v>{(value - EPOCH_1900).days}</v></c>'
        case _:
            return f'<c r="{reference}" s="1"><v>{value}</v></c>'
