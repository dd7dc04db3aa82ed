"""Every route that programs use: what it takes, what it answers, and each way it may refuse."""

from __future__ import annotations

from typing import Any, Final

from service.domain.archive import Json
from service.domain.reports import DocumentKind
from service.said import FIELDS
from service.web.limits import (
    ID_PATTERN,
    KEY_HEADER,
    KEY_PATTERN,
    LIST_LIMIT,
    LIST_LIMIT_MAX,
    MAX_UPLOAD_BYTES,
    SENDING_PATTERN,
    YEARS,
)
from service.web.openapi.schemas import REPORT_EXAMPLE

_REPORT_ID: Final = {
    "name": "report_id",
    "in": "path",
    "required": True,
    "description": "Identificador del informe.",
    "schema": {"type": "string", "pattern": f"^{ID_PATTERN}$"},
}

# Any route may meet these: a false Host name, a method it does not have, a surprise.
_ALWAYS: Final = {"s400": "BadRequest", "s405": "WrongMethod", "s500": "Unexpected"}

_WITH_STORE: Final = {"s503": "Unavailable"}


def _refusals(**by_status: str) -> Json:
    return {
        status.removeprefix("s"): {"$ref": f"#/components/responses/{name}"}
        for status, name in sorted((_ALWAYS | by_status).items())
    }


def _json(name: str, description: str, **more: Any) -> Json:
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}
    return {"description": description, "content": content, **more}


_UPLOAD: Final = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["workbook"],
                "properties": {
                    "workbook": {
                        "type": "string",
                        "contentMediaType": DocumentKind.EXCEL.media_type,
                        "description": "El libro (.xlsx, .xlsm, .xls, .ods o .csv), de hasta "
                        f"{MAX_UPLOAD_BYTES // (1024 * 1024)} MB.",
                    },
                    "year": {
                        "type": "integer",
                        "minimum": YEARS[0],
                        "maximum": YEARS[-1],
                        "description": "Vigencia. Si falta, la del título del libro.",
                    },
                    "quarter": {
                        "type": "string",
                        "enum": ["I", "II", "III", "IV", "1", "2", "3", "4"],
                        "description": "Trimestre. Si falta, el del encabezado del seguimiento.",
                    },
                    "version": {
                        "type": "string",
                        "pattern": "^[0-9]{1,4}\\.[0-9]{1,4}$",
                        "examples": ["2.0"],
                        "description": "Versión del plan. Si falta, la de la fila de la versión.",
                    },
                    "kinds": {
                        "type": "array",
                        "items": {"type": "string", "enum": [kind.value for kind in DocumentKind]},
                        "description": "Documentos por escribir: un campo por cada uno, o separados por comas. "
                        "Si falta, todos.",
                    },
                    "mapping": {
                        "type": "string",
                        "contentMediaType": "application/json",
                        "examples": ['{"Dependencia": "responsable", "C": "meta"}'],
                        "description": "Objeto JSON: de un encabezado, o de la letra de una columna, al campo que "
                        f"contiene ({', '.join(FIELDS)}; vacío: ninguno). Se recuerda para los de igual formato.",
                    },
                    "accepted": {
                        "type": "string",
                        "contentMediaType": "application/json",
                        "examples": ['[{"code": "ROW_002", "sheet": "Plan", "cell": "A9", "reason": "Se retiró"}]'],
                        "description": "Lista JSON de los hallazgos que se aceptan, cada uno con su razón.",
                    },
                    "draft": {
                        "type": "boolean",
                        "default": False,
                        "description": "Guardar como borrador un libro con errores, si se sabe de qué informe es: "
                        "ofrece el libro con los hallazgos marcados, y no el Word ni el Excel.",
                    },
                },
            },
            "encoding": {"workbook": {"contentType": DocumentKind.EXCEL.media_type}},
        }
    },
}

_CREATE: Final = {
    "operationId": "createReport",
    "tags": ["informes"],
    "summary": "Subir un libro y pedir su informe",
    "description": "Responde cuando el libro ya fue leído, revisado y guardado. Los documentos se escriben después: "
    "siga el informe en la dirección de `Location`.",
    "parameters": [
        {
            "name": KEY_HEADER,
            "in": "header",
            "description": "Clave que identifica este envío. Repetido con la misma clave y lo mismo, da el mismo "
            "informe (202 y `Idempotent-Replayed: true`); con otra cosa, 422.",
            "schema": {"type": "string", "pattern": f"^{KEY_PATTERN}$"},
        },
        {
            "name": "sending",
            "in": "query",
            "description": "Identificador que usted inventa para este envío. Con él se puede preguntar, mientras llega "
            "la respuesta, en qué va: `GET /api/v1/uploads/{sending}/progress`.",
            "schema": {"type": "string", "pattern": f"^{SENDING_PATTERN}$"},
        },
    ],
    "requestBody": _UPLOAD,
    "responses": {
        "202": {
            "description": "Aceptado y guardado.",
            "headers": {
                "Location": {
                    "description": "Dónde se sigue el informe.",
                    "required": True,
                    "schema": {"type": "string", "format": "uri-reference"},
                },
                "Idempotent-Replayed": {
                    "description": "El informe ya existía: lo trajo antes la misma clave.",
                    "schema": {"const": "true"},
                },
            },
            "content": {
                "application/json": {
                    "schema": {"$ref": "#/components/schemas/Report"},
                    "examples": {"en curso": {"value": REPORT_EXAMPLE}},
                }
            },
        },
        **_refusals(s403="CrossSite", s413="TooLarge", s415="NotAWorkbook", s422="WorkbookRefused", **_WITH_STORE),
    },
}

_LIST: Final = {
    "operationId": "listReports",
    "tags": ["informes"],
    "summary": "Ver los informes",
    "parameters": [
        {
            "name": "limit",
            "in": "query",
            "description": "Cuántos informes por página.",
            "schema": {"type": "integer", "minimum": 1, "maximum": LIST_LIMIT_MAX, "default": LIST_LIMIT},
        },
        {
            "name": "before",
            "in": "query",
            "description": "Identificador de un informe: da los anteriores a él. Use la dirección de `next`.",
            "schema": {"type": "string", "pattern": f"^{ID_PATTERN}$"},
        },
    ],
    "responses": {
        "200": _json("Reports", "Los informes, del más reciente al más antiguo."),
        **_refusals(**_WITH_STORE),
    },
}

_ONE: Final = {
    "operationId": "getReport",
    "tags": ["informes"],
    "summary": "Ver un informe y su avance",
    "responses": {"200": _json("Report", "El informe."), **_refusals(s404="NotFound", **_WITH_STORE)},
}

_PLAN: Final = {
    "operationId": "getPlan",
    "tags": ["informes"],
    "summary": "Ver lo que se entendió del libro",
    "responses": {
        "200": _json("Understood", "El plan, sus columnas y lo encontrado."),
        **_refusals(s404="NotFound", **_WITH_STORE),
    },
}

_DOCUMENT: Final = {
    "operationId": "getDocument",
    "tags": ["informes"],
    "summary": "Descargar un documento",
    "responses": {
        "200": {
            "description": "El archivo, para guardar.",
            "headers": {
                "Content-Disposition": {
                    "description": "`attachment`, con el nombre oficial del archivo (RFC 6266).",
                    "schema": {"type": "string"},
                },
                "ETag": {"description": "La huella SHA-256 del archivo, entre comillas.", "schema": {"type": "string"}},
            },
            "content": {kind.media_type: {} for kind in DocumentKind},
        },
        **_refusals(s404="NotFound", s409="NotReady", **_WITH_STORE),
    },
}

_PROGRESS: Final = {
    "operationId": "getUploadProgress",
    "tags": ["informes"],
    "summary": "Ver en qué va un envío que aún no tiene respuesta",
    "description": "Solo mientras el libro se recibe, se lee, se revisa y se guarda; después responde 404.",
    "responses": {"200": _json("UploadProgress", "En qué va."), **_refusals(s404="NotFound")},
}

PATHS: Final[Json] = {
    "/api/v1/uploads/{sending}/progress": {
        "parameters": [
            {
                "name": "sending",
                "in": "path",
                "required": True,
                "description": "El identificador con que se envió el libro.",
                "schema": {"type": "string", "pattern": f"^{SENDING_PATTERN}$"},
            }
        ],
        "get": _PROGRESS,
    },
    "/api/v1/reports": {"get": _LIST, "post": _CREATE},
    "/api/v1/reports/{report_id}": {"parameters": [_REPORT_ID], "get": _ONE},
    "/api/v1/reports/{report_id}/plan": {"parameters": [_REPORT_ID], "get": _PLAN},
    "/api/v1/reports/{report_id}/documents/{kind}": {
        "parameters": [
            _REPORT_ID,
            {
                "name": "kind",
                "in": "path",
                "required": True,
                "description": "Qué documento.",
                "schema": {"type": "string", "enum": [kind.value for kind in DocumentKind]},
            },
        ],
        "get": _DOCUMENT,
    },
    "/api/v1/openapi.json": {
        "get": {
            "operationId": "getDescription",
            "tags": ["servicio"],
            "summary": "Esta descripción",
            "responses": {
                "200": {
                    "description": "La descripción OpenAPI 3.1.",
                    "content": {"application/json": {"schema": {"type": "object"}}},
                },
                **_refusals(),
            },
        }
    },
    "/healthz": {
        "get": {
            "operationId": "isAlive",
            "tags": ["servicio"],
            "summary": "Si el proceso vive",
            "responses": {"200": _json("Alive", "Vive."), **_refusals()},
        }
    },
    "/readyz": {
        "get": {
            "operationId": "isReady",
            "tags": ["servicio"],
            "summary": "Si se pueden recibir libros",
            "responses": {
                "200": _json("Readiness", "Se pueden recibir libros."),
                "503": _json("Readiness", "La base de datos no responde."),
                **_refusals(),
            },
        }
    },
}
