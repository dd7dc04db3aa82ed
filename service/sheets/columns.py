"""The columns of a plan de acción: the field of each, its official header, the names that offices give it, its parser.

Every one of them is required. Names are compared as words (see wording.py); those that come first are the surer ones,
so that "Unidad" is the unit of measurement unless "Unidad de medida" is there too, and then the answerable unit.
What no name explains is left to closeness.py and to what the column holds (matching.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from service.sheets.cells import CellParser, read_first_day, read_last_day, read_target, read_text
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
        (
            "N°", "Nº", "N.º", "Nro.", "Núm.", "#", "Número", "Ítem", "ID", "Consecutivo", "Cons.", "Código", "Cód.",
            "Numeral", "Orden",
        ),
        read_text,
    ),
    Column(
        "action",
        "ACCIÓN, PROGRAMA O PROYECTO ESTRATÉGICO",
        (
            "Acción, programa o proyecto", "Acción", "Acciones", "Acción estratégica", "Actividad", "Actividades",
            "Actividad programada", "Actividades programadas", "Actividad del proyecto", "Descripción de la actividad",
            "Descripción de la acción", "Código y descripción", "Código y descripción de la actividad", "Iniciativa",
            "Iniciativa estratégica", "Compromiso", "Tarea", "Tareas", "Proyecto", "Proyecto estratégico", "Programa",
            "Programa o proyecto", "Programas-proyectos", "Acciones estratégicas", "Acciones a desarrollar",
            "Actividades a desarrollar", "Actividad principal", "Nombre de la acción", "Nombre de la actividad",
            "Nombre del proyecto", "Acción descripción", "Actividad descripción", "Descripción", "Estrategia",
        ),
        read_text,
    ),
    Column(
        "lead",
        "RESPONSABLE",
        (
            "Responsables", "Dependencia responsable", "Área responsable", "Unidad responsable", "Cargo responsable",
            "Responsable dependencia", "Dependencia líder", "Área líder", "Dependencia", "Área", "Oficina", "Ejecutor",
            "Encargado", "Líder", "Unidad ejecutora", "Entidad", "Dirección", "Grupo", "Proceso", "Unidad",
        ),
        read_text,
    ),
    Column(
        "indicator",
        "INDICADOR",
        (
            "Nombre del indicador", "Indicadores", "Indicador del proyecto", "Indicador de gestión",
            "Indicador de producto", "Indicador de resultado", "Indicador de la acción", "Indicador nombre", "KPI",
        ),
        read_text,
    ),
    Column(
        "unit",
        "UNIDAD DE MEDIDA",
        (
            "Unidad de medición", "U.M.", "U. de medida", "Und. de medida", "Unidad", "Und.", "Unidad medida", "Medida",
            "Actividades/Unidad de medida",
        ),
        read_text,
    ),
    Column(
        "target",
        "META",
        (
            "Meta anual", "Metas", "Meta física anual", "Meta física", "Meta programada", "Meta de la vigencia",
            "Meta del año", "Meta del indicador", "Meta total", "Cantidad programada", "Valor programado", "Valor meta",
            "Valor esperado", "Total programado", "Programado", "Cantidades", "Cantidad", "Magnitud",
        ),
        read_target,
    ),
    Column(
        "starts_on",
        "FECHA INICIO",
        (
            "Fecha de inicio", "Fecha inicial", "Fecha programada inicio", "Fecha de inicio programada",
            "Fecha de comienzo", "Inicio", "Comienzo", "Inicia", "Desde",
        ),
        read_first_day,
    ),
    Column(
        "ends_on",
        "FECHA FIN",
        (
            "Fecha de fin", "Fecha final", "Fecha de terminación", "Fecha de finalización", "Fecha límite",
            "Fecha programada fin", "Fecha de cierre", "Fecha de entrega", "Fecha de cumplimiento", "Fin", "Final",
            "Terminación", "Finalización", "Termina", "Finaliza", "Hasta", "Plazo", "Plazo de ejecución",
            "Vencimiento",
        ),
        read_last_day,
    ),
    Column(
        "periodicity",
        "SEGUIMIENTO",
        (
            "Periodicidad", "Periodicidad de seguimiento", "Periodicidad del seguimiento", "Periodicidad de reporte",
            "Frecuencia", "Frecuencia de medición", "Frecuencia de seguimiento", "Frecuencia de reporte",
            "Periodicidad de medición", "Periodicidad del reporte",
        ),
        read_text,
    ),
    Column(
        "funding_source",
        "FUENTE DE FINANCIACIÓN",
        (
            "Fuente de financiamiento", "Fuente de recursos", "Fuente de los recursos", "Fuentes de financiación",
            "Fuente de financiación de los recursos", "Origen de los recursos", "Origen de recursos", "Tipo de gasto",
            "Tipo de recurso", "Fuente", "Rubro", "Presupuesto",
        ),
        read_text,
    ),
    Column(
        "qualitative_progress",
        "AVANCE CUALITATIVO",
        (
            "Avance cualitativo III trimestre", "Avance III trimestre", "Seguimiento III trimestre",
            "Seguimiento cualitativo", "Descripción del avance", "Descripción cualitativa",
            "Descripción del seguimiento", "Reporte cualitativo", "Reporte III trimestre",
            "Actividad ejecutada", "Actividades ejecutadas", "Gestión realizada", "Gestión III trimestre",
            "Monitoreo III trimestre", "Logros III trimestre", "Análisis", "Análisis cualitativo", "Logros",
            "Logros alcanzados", "Avance", "Avances", "Reporte", "Monitoreo", "Observaciones",
        ),
        read_text,
    ),
)  # fmt: skip

BY_FIELD: Final = {column.field: column for column in COLUMNS}

# What offices keep beside a plan. Naming it keeps "Avance cuantitativo" from being taken for its neighbour's sister.
KNOWN_EXTRAS: Final = (
    "Avance cuantitativo", "Avance numérico", "Avance físico", "Avance financiero", "Avance acumulado", "Avance real",
    "Avance programado", "Avance de la meta física", "% de avance", "Porcentaje de avance", "Avance %", "Porcentaje",
    "% de avance físico", "% de cumplimiento", "Cumplimiento", "Ejecutado", "Ejecución", "Programación", "Logro",
    "Resultado", "Numerador", "Denominador", "Detalle", "Brecha", "Brecha existente", "Ponderación", "Peso",
    "Ponderación actividades", "Importancia relativa", "Tipo de indicador", "Tipo de acumulación", "Tipo de meta",
    "Fórmula", "Fórmula del indicador", "Código del indicador", "ID indicador", "Descripción del indicador",
    "Línea base", "Meta financiera", "Meta financiera anual", "Meta cuatrienio", "Meta de resultado",
    "Meta de producto", "Meta plan de desarrollo", "Meta III trimestre", "Programado III trimestre",
    "Ejecutado III trimestre", "Meta acumulada", "Descripción de la meta", "Evidencia", "Evidencias", "Soporte",
    "Soportes", "Medio de verificación", "Fuente de verificación", "Fuente de información", "Enlace", "Producto",
    "Entregable", "Dificultades", "Retrasos", "Limitaciones", "Acciones correctivas", "Acciones de mejora", "Riesgo",
    "Riesgos", "Riesgo por actividad", "Mitigación", "Mitigación riesgo", "Controles", "Apropiación inicial",
    "Apropiación definitiva", "Presupuesto asignado", "Presupuesto inicial", "Presupuesto definitivo",
    "Presupuesto modificado", "Presupuesto ejecutado", "Valor", "Comprometido", "Obligado", "Pagado", "CDP", "CRP",
    "BPIN", "Código BPIN", "Código del rubro", "Objetivo", "Objetivo estratégico", "Objetivo específico",
    "Línea estratégica", "Eje", "Eje estratégico", "Dimensión MIPG", "Política MIPG", "Plan Decreto 612", "ODS",
    "Macroproceso", "Estado", "Estado de la acción", "Semáforo", "Observaciones OAP", "Observaciones OCI",
    "Observaciones de planeación", "Recomendaciones", "Fecha de corte", "Fecha de reporte", "Fecha de seguimiento",
    "Fecha", "Persona de contacto", "Correo electrónico", "Total", "Promedio", "Acumulado", "Hecho metropolitano",
    "Municipio", "Población", "Justificación",
)  # fmt: skip

PERIODICITIES: Final = frozenset({"mensual", "bimestral", "trimestral", "cuatrimestral", "semestral", "anual"})


def names() -> dict[str, str]:
    """Every name in words, to the field it stands for most surely; "" for a known column that is no field."""
    known = {header_words(name): "" for name in KNOWN_EXTRAS}
    return {words: fields[0][1] for words, fields in _NAMES.items()} | {
        words: field for words, field in known.items() if words not in _NAMES
    }


def is_known_extra(header: str) -> bool:
    """Whether offices keep a column of this name beside the plan's own."""
    return header_words(header) in _EXTRA_NAMES


def _ranked_names() -> dict[str, tuple[tuple[int, str], ...]]:
    ranked: dict[str, dict[str, int]] = {}
    for column in COLUMNS:
        for rank, name in enumerate((column.header, *column.synonyms)):
            ranked.setdefault(header_words(name), {}).setdefault(column.field, rank)
    return {words: tuple((rank, field) for field, rank in fields.items()) for words, fields in ranked.items()}


_NAMES: Final = _ranked_names()
_EXTRA_NAMES: Final = frozenset(header_words(name) for name in KNOWN_EXTRAS) - frozenset(_NAMES)


@lru_cache(maxsize=2048)
def fields_named(header: str) -> tuple[tuple[int, str], ...]:
    """The fields that a header may stand for, each with the rank of the name: 0 is the official one."""
    return _NAMES.get(header_words(header), ())
