"""The columns of a plan de acción: the field of each, its official header, the names that offices give it, its parser.

Every one of them is required. Names are compared as words (see wording.py); those that come first are the surer ones,
so that "Unidad" is the unit of measurement unless "Unidad de medida" is there too, and then the answerable unit.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from service.sheets.cells import CellParser, read_date, read_target, read_text
from service.sheets.wording import header_words


@dataclass(frozen=True, slots=True)
class Column:
    """One column; `field` is the attribute of `Action`, `synonyms` the surest first."""

    field: str
    header: str
    synonyms: tuple[str, ...]
    parse: CellParser


COLUMNS: Final = (
    Column(
        "number",
        "No.",
        ("N°", "Nº", "N.º", "Nro.", "Núm.", "#", "Número", "Ítem", "ID", "Consecutivo", "Cons.", "Código"),
        read_text,
    ),
    Column(
        "action",
        "ACCIÓN, PROGRAMA O PROYECTO ESTRATÉGICO",
        (
            "Acción, programa o proyecto", "Acción", "Acciones", "Acción estratégica", "Actividad", "Actividades",
            "Actividad programada", "Actividades programadas", "Actividad del proyecto", "Descripción de la actividad",
            "Descripción de la acción", "Código y descripción", "Código y descripción de la actividad", "Iniciativa",
            "Compromiso", "Tarea", "Proyecto", "Programa", "Programas-proyectos", "Descripción", "Estrategia",
        ),
        read_text,
    ),
    Column(
        "lead",
        "RESPONSABLE",
        (
            "Responsables", "Dependencia responsable", "Área responsable", "Unidad responsable", "Cargo responsable",
            "Dependencia", "Área", "Oficina", "Ejecutor", "Líder", "Entidad", "Dirección", "Grupo", "Proceso", "Unidad",
        ),
        read_text,
    ),
    Column(
        "indicator",
        "INDICADOR",
        (
            "Nombre del indicador", "Indicadores", "Indicador del proyecto", "Indicador de gestión",
            "Indicador de producto", "Indicador de resultado", "Indicador nombre",
        ),
        read_text,
    ),
    Column(
        "unit",
        "UNIDAD DE MEDIDA",
        ("Unidad de medición", "U.M.", "Und. de medida", "Unidad", "Und.", "Medida", "Actividades/Unidad de medida"),
        read_text,
    ),
    Column(
        "target",
        "META",
        (
            "Meta anual", "Metas", "Meta física anual", "Meta física", "Meta programada", "Meta de la vigencia",
            "Cantidad programada", "Valor programado", "Total programado", "Cantidades", "Cantidad", "Magnitud",
        ),
        read_target,
    ),
    Column(
        "starts_on",
        "FECHA INICIO",
        (
            "Fecha de inicio", "Fecha inicial", "Fecha programada inicio", "Fecha de inicio programada", "Inicio",
            "Desde",
        ),
        read_date,
    ),
    Column(
        "ends_on",
        "FECHA FIN",
        (
            "Fecha de fin", "Fecha final", "Fecha de terminación", "Fecha de finalización", "Fecha límite",
            "Fecha programada fin", "Fin", "Final", "Terminación", "Hasta", "Plazo", "Vencimiento",
        ),
        read_date,
    ),
    Column(
        "periodicity",
        "SEGUIMIENTO",
        (
            "Periodicidad", "Periodicidad de seguimiento", "Periodicidad del seguimiento", "Periodicidad de reporte",
            "Frecuencia", "Frecuencia de medición", "Frecuencia de seguimiento", "Frecuencia de reporte",
        ),
        read_text,
    ),
    Column(
        "funding_source",
        "FUENTE DE FINANCIACIÓN",
        (
            "Fuente de financiamiento", "Fuente de recursos", "Fuente de los recursos", "Fuentes de financiación",
            "Origen de los recursos", "Tipo de gasto", "Fuente", "Rubro", "Presupuesto",
        ),
        read_text,
    ),
    Column(
        "qualitative_progress",
        "AVANCE CUALITATIVO",
        (
            "Avance cualitativo III trimestre", "Avance III trimestre", "Seguimiento III trimestre",
            "Seguimiento cualitativo", "Descripción del avance", "Reporte cualitativo", "Reporte III trimestre",
            "Actividad ejecutada", "Actividades ejecutadas", "Gestión realizada", "Análisis", "Logros", "Avance",
            "Avances", "Reporte", "Monitoreo", "Observaciones",
        ),
        read_text,
    ),
)  # fmt: skip

BY_FIELD: Final = {column.field: column for column in COLUMNS}

PERIODICITIES: Final = frozenset({"mensual", "bimestral", "trimestral", "cuatrimestral", "semestral", "anual"})


def _ranked_names() -> dict[str, tuple[tuple[int, str], ...]]:
    ranked: dict[str, dict[str, int]] = {}
    for column in COLUMNS:
        for rank, name in enumerate((column.header, *column.synonyms)):
            ranked.setdefault(header_words(name), {}).setdefault(column.field, rank)
    return {words: tuple((rank, field) for field, rank in fields.items()) for words, fields in ranked.items()}


_NAMES: Final = _ranked_names()


@lru_cache(maxsize=2048)
def fields_named(header: str) -> tuple[tuple[int, str], ...]:
    """The fields that a header may stand for, each with the rank of the name: 0 is the official one."""
    return _NAMES.get(header_words(header), ())
