"""The shapes of what the API shows: reports, plans, findings, problems."""

from __future__ import annotations

from typing import Any, Final

from service.domain.archive import Json
from service.domain.findings import FindingCode, Severity
from service.domain.progress import Stage
from service.domain.reports import DocumentKind, JobState
from service.domain.values import ROMAN
from service.web.limits import ID_PATTERN
from service.web.problems import ProblemType

_VERSION_PATTERN: Final = "^[0-9]{1,4}\\.[0-9]{1,4}$"


def _text(description: str, **more: Any) -> Json:
    return {"type": "string", "description": description, **more}


def _nullable_text(description: str, **more: Any) -> Json:
    return {"type": ["string", "null"], "description": description, **more}


def _whole(description: str, **more: Any) -> Json:
    return {"type": "integer", "description": description, **more}


def _list_of(name: str, description: str) -> Json:
    return {"type": "array", "items": {"$ref": f"#/components/schemas/{name}"}, "description": description}


def _object(description: str, properties: Json, **more: Any) -> Json:
    """Everything is always there; what there is not is null."""
    return {
        "type": "object",
        "description": description,
        "properties": properties,
        "required": list(properties),
        **more,
    }


def _state(description: str) -> Json:
    return _text(description, enum=[state.value for state in JobState])


_FINDING_EXAMPLE: Final = {
    "code": "DATE_001",
    "severity": "error",
    "sheet": "Plan de acción",
    "cell": "G9",
    "column": "FECHA INICIO",
    "value": "31/02/2024",
    "message": "«31/02/2024» no es una fecha que exista.",
    "fix": "Escriba la fecha como día/mes/año, por ejemplo 1/03/2024.",
    "proposal": None,
    "accepted": None,
}

REPORT_EXAMPLE: Final = {
    "id": "4f6c0b0a3d5e4f7f9a1b2c3d4e5f6071",
    "year": 2024,
    "quarter": "III",
    "version": "2.0",
    "edition": 1,
    "draft": False,
    "state": "running",
    "progress": 33,
    "findings": [],
    "documents": [
        {
            "kind": "word",
            "state": "done",
            "filename": "plan-de-accion-2024_v2.0_seguimiento-III-trimestre.docx",
            "media_type": DocumentKind.WORD.media_type,
            "size": 21840,
            "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "problem": None,
            "href": "/api/v1/reports/4f6c0b0a3d5e4f7f9a1b2c3d4e5f6071/documents/word",
        },
        {
            "kind": "excel",
            "state": "running",
            "filename": "plan-de-accion-2024_v2.0_seguimiento-III-trimestre.xlsx",
            "media_type": DocumentKind.EXCEL.media_type,
            "size": None,
            "sha256": None,
            "problem": None,
            "href": "/api/v1/reports/4f6c0b0a3d5e4f7f9a1b2c3d4e5f6071/documents/excel",
        },
        {
            "kind": "findings",
            "state": "queued",
            "filename": "plan-de-accion-2024_v2.0_seguimiento-III-trimestre_hallazgos.xlsx",
            "media_type": DocumentKind.FINDINGS.media_type,
            "size": None,
            "sha256": None,
            "problem": None,
            "href": "/api/v1/reports/4f6c0b0a3d5e4f7f9a1b2c3d4e5f6071/documents/findings",
        },
    ],
    "created_at": "2024-10-07T15:04:05.120Z",
}

_FINDING: Final = _object(
    "Algo por corregir o por saber, en su celda.",
    {
        "code": _text("Código estable.", enum=[code.name for code in FindingCode]),
        "severity": _text(
            "`error` impide el informe; `warning` y `suggestion` no.", enum=[severity.value for severity in Severity]
        ),
        "sheet": _text("Hoja; vacío si es de todo el libro."),
        "cell": _text("Celda, como `G9`; vacío si es de toda la hoja o de todo el libro."),
        "column": _text("Encabezado de la columna, como se imprime; vacío si no es de una columna."),
        "value": _text("Lo que dice la celda."),
        "message": _text("Qué pasa."),
        "fix": _text("Qué hacer."),
        "proposal": _nullable_text("Lo que se propone escribir en la celda, cuando hay un valor que la corrige."),
        "accepted": _nullable_text("La razón con que una persona lo aceptó; un error aceptado no impide nada."),
    },
    examples=[_FINDING_EXAMPLE],
)

_DOCUMENT: Final = _object(
    "Un documento del informe y su avance.",
    {
        "kind": _text("Qué documento es.", enum=[kind.value for kind in DocumentKind]),
        "state": _state("`quarantined`: interrumpió varias veces a quien lo escribía y una persona debe revisarlo."),
        "filename": _text("Nombre con el que se descarga."),
        "media_type": _text("Tipo de medio.", enum=list(dict.fromkeys(kind.media_type for kind in DocumentKind))),
        "size": {"type": ["integer", "null"], "minimum": 1, "description": "Bytes; null mientras no esté listo."},
        "sha256": _nullable_text("Huella del archivo; null mientras no esté listo.", pattern="^[0-9a-f]{64}$"),
        "problem": _nullable_text("Por qué no se ha podido escribir, si es el caso."),
        "href": _text("Dónde se descarga; responde 409 mientras no esté listo.", format="uri-reference"),
    },
)

_REPORT: Final = _object(
    "Un informe de seguimiento: versión del plan, trimestre y edición. No cambia; lo corregido es otra edición.",
    {
        "id": _text("Identificador.", pattern=f"^{ID_PATTERN}$"),
        "year": _whole("Vigencia del plan."),
        "quarter": _text("Trimestre, en números romanos.", enum=list(ROMAN.values())),
        "version": _text("Versión del plan.", pattern=_VERSION_PATTERN),
        "edition": _whole("Edición del informe: 1, 2, … por cada libro de la misma versión y trimestre.", minimum=1),
        "draft": {
            "type": "boolean",
            "description": "Si es un borrador: se guardó con errores y solo ofrece el libro con los hallazgos.",
        },
        "state": _state("Estado del conjunto: lo que falta primero; después, el peor resultado."),
        "progress": _whole("Porcentaje de documentos terminados.", minimum=0, maximum=100),
        "findings": _list_of("Finding", "Lo que se encontró en el libro; en un informe, nada de esto lo impidió."),
        "documents": {**_list_of("Document", "Los documentos pedidos."), "minItems": 1},
        "created_at": _text("Cuándo se recibió, en UTC.", format="date-time", pattern="Z$"),
    },
    examples=[REPORT_EXAMPLE],
)

_REPORTS: Final = _object(
    "Una página de la lista de informes.",
    {
        "reports": _list_of("Report", "Del más reciente al más antiguo."),
        "next": _nullable_text("Dónde sigue la lista; null en la última página.", format="uri-reference"),
    },
)

_ACTION: Final = _object(
    "Una acción, programa o proyecto estratégico con su seguimiento. Los textos son como se imprimen.",
    {
        "number": _nullable_text("No."),
        "action": _nullable_text("Acción, programa o proyecto estratégico."),
        "lead": _nullable_text("Responsable."),
        "indicator": _nullable_text("Indicador."),
        "unit": _nullable_text("Unidad de medida."),
        "target": _nullable_text("Meta, como se imprime.", examples=["4", "25 %", "1.234,5"]),
        "starts_on": _nullable_text("Fecha de inicio.", format="date"),
        "ends_on": _nullable_text("Fecha de fin.", format="date"),
        "periodicity": _nullable_text("Cada cuánto se hace seguimiento.", examples=["Trimestral"]),
        "funding_source": _nullable_text("Fuente de financiación."),
        "qualitative_progress": _nullable_text("Avance cualitativo del trimestre."),
        "extras": {
            "type": "object",
            "additionalProperties": {"type": "string"},
            "description": "Las columnas del libro que no son del formato oficial: encabezado y texto.",
        },
        "source": _object("De dónde se leyó.", {"sheet": _text("Hoja."), "row": _whole("Fila, desde 1.", minimum=1)}),
    },
)

_PLAN: Final = _object(
    "El plan como se entendió.",
    {
        "year": {"type": ["integer", "null"], "description": "Vigencia."},
        "quarter": _nullable_text("Trimestre, en números romanos.", enum=[*ROMAN.values(), None]),
        "version": _nullable_text("Versión del plan.", pattern=_VERSION_PATTERN),
        "title": _nullable_text("Título."),
        "objective": _nullable_text("Objetivo."),
        "actions": _list_of("Action", "En el orden del libro."),
    },
)

_MAPPED_COLUMN: Final = _object(
    "Una columna.",
    {
        "sheet": _text("Hoja."),
        "column": _text("Letra de la columna.", pattern="^[A-Z]{1,3}$"),
        "header": _text("Encabezado, como lo escribió la oficina."),
    },
)

_MAPPING: Final = {
    "type": "object",
    "description": "De qué columna se leyó cada campo.",
    "additionalProperties": _MAPPED_COLUMN,
}

_UNDERSTOOD: Final = _object(
    "Lo que se entendió del libro.",
    {
        "plan": {"$ref": "#/components/schemas/Plan"},
        "mapping": _MAPPING,
        "findings": _list_of("Finding", "Lo que se encontró."),
        "layout": _text(
            "Huella de los encabezados y sus columnas, la misma en los libros de igual formato; vacía si no hay tabla."
        ),
        "tables": {
            "type": "array",
            "description": "Las columnas de cada hoja; solo cuando el plan se reunió de varias.",
            "items": _object("Una hoja.", {"sheet": _text("Hoja."), "mapping": _MAPPING}),
        },
        "extra_columns": {
            "type": "array",
            "description": "Las columnas que no son de ningún campo y se conservan con cada acción; solo si las hay.",
            "items": _MAPPED_COLUMN,
        },
        "remembered_at": _text(
            "Cuándo se indicaron las columnas con que se leyó, en un libro anterior con los mismos encabezados; solo "
            "si fue así.",
            format="date-time",
        ),
        "typed": {
            "type": "array",
            "description": "Las razones escritas en la hoja de hallazgos del libro; solo cuando las hay.",
            "items": _object(
                "Un hallazgo aceptado.",
                {
                    "code": _text("Código."),
                    "sheet": _text("Hoja; vacío si es de todo el libro."),
                    "cell": _text("Celda."),
                    "reason": _text("Por qué se acepta."),
                },
            ),
        },
    },
    required=["plan", "mapping", "findings", "layout"],
)

_PROBLEM: Final = _object(
    "Por qué no se pudo atender la petición (RFC 9457).",
    {
        "type": _text("Identificador estable del problema.", format="uri", enum=[each.urn for each in ProblemType]),
        "title": _text("El problema, en pocas palabras."),
        "status": _whole("El mismo código de la respuesta.", minimum=400, maximum=599),
        "detail": _text("Qué pasó y qué hacer."),
        "findings": _list_of("Finding", "Lo que se encontró en el libro."),
        "errors": _list_of("FieldError", "Los datos del envío que no sirven, todos a la vez."),
        "plan": {
            "anyOf": [{"$ref": "#/components/schemas/Plan"}, {"type": "null"}],
            "description": "Lo que pudo entenderse de un libro rechazado.",
        },
        "mapping": _MAPPING,
    },
    examples=[
        {
            "type": ProblemType.HAS_ERRORS.urn,
            "title": ProblemType.HAS_ERRORS.title,
            "status": int(ProblemType.HAS_ERRORS.status),
            "detail": "En el libro hay 1 error. Corrija el error en Excel, guarde y suba el libro de nuevo.",
            "findings": [_FINDING_EXAMPLE],
            "errors": [],
            "plan": None,
            "mapping": {"starts_on": {"sheet": "Plan de acción", "column": "G", "header": "FECHA INICIO"}},
        }
    ],
)

SCHEMAS: Final[Json] = {
    "Report": _REPORT,
    "Reports": _REPORTS,
    "Document": _DOCUMENT,
    "Finding": _FINDING,
    "Understood": _UNDERSTOOD,
    "Plan": _PLAN,
    "Action": _ACTION,
    "Problem": _PROBLEM,
    "FieldError": _object(
        "Un campo o encabezado del envío que no sirve.",
        {
            "field": _text("Campo, con el nombre con que se envió."),
            "value": _text("Lo que decía; vacío si faltaba."),
            "message": _text("Por qué no sirve y qué se espera."),
        },
    ),
    "UploadProgress": _object(
        "En qué va un envío.",
        {
            "stage": _text("La etapa; van en este orden.", enum=[stage.value for stage in Stage]),
            "percent": _whole("Cuánto de la etapa está hecho.", minimum=0, maximum=100),
            "actions": _whole("Cuántas acciones se han leído.", minimum=0),
            "message": _text("Lo mismo, en una frase.", examples=["Revisando 3.200 acciones: 40 %."]),
        },
    ),
    "Alive": _object("El proceso responde.", {"status": {"const": "alive"}}),
    "Readiness": _object(
        "Con qué cuenta el servicio.",
        {
            "status": _text("Si se pueden recibir libros.", enum=["ready", "unavailable"]),
            "database": _text("Base de datos.", enum=["up", "down"]),
            "redis": _text("Aviso a quien escribe; sin él los documentos tardan más.", enum=["up", "down"]),
        },
    ),
}
