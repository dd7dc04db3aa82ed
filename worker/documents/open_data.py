"""Report -> open data: a row per action for spreadsheets (CSV), the same as JSON with its schema, and their dictionary.

One table of columns says what each is called, holds and means; the four are made of it. Texts are letter for letter
those of the report, dates are ISO 8601. Nothing here depends on the clock or on the machine.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from service.domain.changes import FIELD_LABELS
from service.domain.plan import Action
from service.domain.reports import Report
from service.domain.values import BOGOTA, ROMAN, Target

SCHEMA_ID: Final = "urn:folio:esquema:seguimiento-plan-de-accion:1"

# What a spreadsheet takes for the beginning of a formula (OWASP, "CSV Injection"), after any marks of ours.
_FORMULA: Final = re.compile("'*[=+\\-@\t\n\r\uff0b\uff0d\uff1d\uff20]")
# A plain number with its sign is no formula.
_NUMBER: Final = re.compile(r"[+-]?\d[\d.,]*(?: %)?")

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Column:
    """A column: its key in the JSON, its header in the CSV, what it says; the field of `Action`, of the plan if none.

    `shape` is its JSON Schema without the description.
    """

    key: str
    header: str
    meaning: str
    shape: Json
    field: str = ""


_TEXT: Final[Json] = {"type": "string"}
_TEXT_OR_NONE: Final[Json] = {"type": ["string", "null"]}
_DATE_OR_NONE: Final[Json] = {"type": ["string", "null"], "format": "date"}
_VERSION: Final[Json] = {"type": "string", "pattern": r"^[0-9]{1,4}\.[0-9]{1,4}$"}

_OF_REPORT: Final = (
    _Column("vigencia", FIELD_LABELS["year"], "Año del plan.", {"type": "integer"}),
    _Column("trimestre", FIELD_LABELS["quarter"], "Trimestre del seguimiento.", _TEXT | {"enum": list(ROMAN.values())}),
    _Column("version", FIELD_LABELS["version"], "Versión del plan.", _VERSION),
    _Column(
        "edicion",
        "EDICIÓN",
        "Edición del informe: 1 la primera; las siguientes la corrigen.",
        {"type": "integer", "minimum": 1},
    ),
)
_TARGET: Final[Json] = {
    "type": ["object", "null"],
    "properties": {
        "texto": _TEXT | {"description": "Como se imprime: «4», «1.234,5», «25 %»."},
        "cantidad": {
            "type": ["number", "null"],
            "description": "La cantidad; nula si la meta es un texto. Si es un porcentaje, 25 quiere decir 25 %.",
        },
        "es_porcentaje": {"type": "boolean", "description": "Si la cantidad es un porcentaje."},
    },
    "required": ["texto", "cantidad", "es_porcentaje"],
    "additionalProperties": False,
}
_OF_ACTION: Final = tuple(
    _Column(key, FIELD_LABELS[field], meaning, shape, field)
    for key, field, meaning, shape in (
        ("numero", "number", "Número de la acción en el plan.", _TEXT_OR_NONE),
        ("accion", "action", "La acción, el programa o el proyecto estratégico.", _TEXT_OR_NONE),
        ("responsable", "lead", "Dependencia que responde por la acción.", _TEXT_OR_NONE),
        ("indicador", "indicator", "Con qué se mide la acción.", _TEXT_OR_NONE),
        ("unidad_de_medida", "unit", "En qué se cuenta la meta.", _TEXT_OR_NONE),
        ("meta", "target", "Lo que se quiere alcanzar en la vigencia.", _TARGET),
        ("fecha_inicio", "starts_on", "Cuándo comienza la acción.", _DATE_OR_NONE),
        ("fecha_fin", "ends_on", "Cuándo termina la acción.", _DATE_OR_NONE),
        ("seguimiento", "periodicity", "Cada cuánto se hace seguimiento.", _TEXT_OR_NONE),
        ("fuente_de_financiacion", "funding_source", "De dónde sale el presupuesto.", _TEXT_OR_NONE),
        ("avance_cualitativo", "qualitative_progress", "Lo que se avanzó en el trimestre.", _TEXT_OR_NONE),
    )
)


def csv_of(report: Report) -> bytes:
    """A header and a row per action, in UTF-8 with BOM, cells apart by `;`, rows by CRLF (RFC 4180).

    A cell that a spreadsheet would take for a formula begins with an apostrophe, as OWASP asks: whoever opens public
    data with a double click must not run what somebody typed into a plan. It takes nothing away, `unmarked` and the
    dictionary tell how to undo it, and the JSON has the text without it.
    """
    plan = report.plan
    others = _own_columns(report)
    of_report = [str(plan.year), plan.quarter.roman, str(plan.version), str(report.edition)]
    rows: list[list[str]] = []
    for action in plan.actions:
        own = dict(action.extras)
        texts = [_as_text(getattr(action, column.field)) for column in _OF_ACTION]
        rows.append([*of_report, *texts, *(own.get(each, "") for each in others)])
    return table_csv([column.header for column in (*_OF_REPORT, *_OF_ACTION)] + _distinct(others), rows)


def table_csv(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """Any table in the way of `csv_of`."""
    told = io.StringIO()
    writer = csv.writer(told, delimiter=";", lineterminator="\r\n")
    writer.writerow([_marked(header) for header in headers])
    writer.writerows([_marked(text) for text in row] for row in rows)
    return told.getvalue().encode("utf-8-sig")


def json_of(report: Report) -> bytes:
    """The report as `schema_json` describes it."""
    plan = report.plan
    data = {
        "esquema": SCHEMA_ID,
        "entidad": report.frame.entity or None,
        "titulo": plan.title,
        "objetivo": plan.objective,
        "vigencia": plan.year,
        "trimestre": plan.quarter.roman,
        "fecha_de_corte": plan.quarter.ends_on.isoformat(),
        "version": str(plan.version),
        "edicion": report.edition,
        "fecha_de_emision": report.created_at.astimezone(BOGOTA).date().isoformat(),
        "acciones": [_action(action) for action in plan.actions],
    }
    return as_json(data)


def schema_json() -> bytes:
    """What the JSON holds, as a JSON Schema (2020-12)."""
    of_report = {column.key: column.shape | {"description": column.meaning} for column in _OF_REPORT}
    of_action = {column.key: column.shape | {"description": column.meaning} for column in _OF_ACTION}
    of_action["otros"] = {
        "type": "object",
        "description": "Las columnas propias de la oficina: encabezado y texto.",
        "additionalProperties": _TEXT,
    }
    properties: Json = {
        "esquema": {"const": SCHEMA_ID, "description": "Identificador de este esquema."},
        "entidad": _TEXT_OR_NONE | {"description": "Nombre de la entidad; nulo si la oficina no lo ha indicado."},
        "titulo": _TEXT | {"description": "Título del plan."},
        "objetivo": _TEXT | {"description": "Objetivo del plan."},
        "vigencia": of_report["vigencia"],
        "trimestre": of_report["trimestre"],
        "fecha_de_corte": _TEXT | {"format": "date", "description": "Último día del trimestre."},
        "version": of_report["version"],
        "edicion": of_report["edicion"],
        "fecha_de_emision": _TEXT | {"format": "date", "description": "Día en que se emitió el informe, en Bogotá."},
        "acciones": {
            "type": "array",
            "description": "Las acciones, en el orden del plan.",
            "items": {
                "type": "object",
                "properties": of_action,
                "required": list(of_action),
                "additionalProperties": False,
            },
        },
    }
    return as_json(
        {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": SCHEMA_ID,
            "title": "Seguimiento trimestral a un plan de acción",
            "description": "Todo está siempre; lo que no hay es nulo. Las fechas son año-mes-día (ISO 8601).",
            "type": "object",
            "properties": properties,
            "required": list(properties),
            "additionalProperties": False,
        }
    )


def dictionary(report: Report, csv_name: str, json_name: str, schema_name: str) -> str:
    """What each column means, and how the files are to be read; for people, in Spanish."""
    lines = [
        "DICCIONARIO DE DATOS",
        "",
        "Los mismos datos están en dos archivos:",
        f"- {csv_name}, para hojas de cálculo;",
        f"- {json_name}, para programas; {schema_name} describe su forma (JSON Schema 2020-12).",
        "",
        "Cómo se leen",
        "- Hay una fila por acción. Los textos son, letra por letra, los del informe oficial.",
        "- CSV: UTF-8 con BOM, celdas separadas por punto y coma (;), filas por CRLF; una celda con ; o con saltos de",
        "  línea va entre comillas dobles (RFC 4180).",
        "- Fechas: año-mes-día, según ISO 8601 (2024-03-01). En el Word, el Excel y el PDF son día/mes/año.",
        "- Meta: en el CSV, como se imprime, con coma decimal; en el JSON, además, la cantidad como número.",
        "- Si el texto de una celda comienza con =, +, -, @ o un salto y no es un número, en el CSV lleva delante un",
        "  apóstrofo ('), para que ninguna hoja de cálculo lo ejecute como fórmula. No es parte del texto: quite ese",
        "  primer apóstrofo al leer, o use el JSON, que no lo lleva.",
        "- Una celda vacía (en el JSON, null) es un dato que el plan no tiene.",
        "",
        "Columnas (encabezado en el CSV; clave en el JSON)",
    ]
    lines += [f"- {column.header} ({column.key}): {column.meaning}" for column in (*_OF_REPORT, *_OF_ACTION)]
    lines += [f"- {header} (en «otros»): columna propia de la oficina." for header in _distinct(_own_columns(report))]
    return "\n".join(lines) + "\n"


def unmarked(cell: str) -> str:
    """A cell of the CSV as the report has it."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def as_json(data: Json) -> bytes:
    """JSON that a person can read too, the same bytes for the same data."""
    return (json.dumps(data, ensure_ascii=False, indent=2) + "\n").encode()


def _action(action: Action) -> Json:
    values = {column.key: _plain(getattr(action, column.field)) for column in _OF_ACTION}
    return values | {"otros": dict(action.extras)}


def _plain(value: object) -> object:
    if isinstance(value, Target):
        quantity = None if value.quantity is None else _number(value.quantity * (100 if value.is_percentage else 1))
        return {"texto": value.printed, "cantidad": quantity, "es_porcentaje": value.is_percentage}
    return _as_text(value) or None


def _number(quantity: Decimal) -> int | float:
    return int(quantity) if quantity == quantity.to_integral_value() else float(quantity)


def _as_text(value: object) -> str:
    """A value of an action in the CSV."""
    if isinstance(value, Target):
        return value.printed
    # A date prints itself as ISO 8601.
    return "" if value is None else str(value)


def _own_columns(report: Report) -> list[str]:
    """The headers of the office's own columns, in the order of the first action that has them."""
    return list(dict.fromkeys(header for action in report.plan.actions for header, _ in action.extras))


def _distinct(others: list[str]) -> list[str]:
    """The same headers, none of which is that of an official column."""
    taken = {column.header for column in (*_OF_REPORT, *_OF_ACTION)}
    return [f"{header} (columna propia)" if header in taken else header for header in others]


def _marked(text: str) -> str:
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text
