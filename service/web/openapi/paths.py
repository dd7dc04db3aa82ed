"""Every route that programs use: what it takes, what it answers, and each way it may refuse."""

from __future__ import annotations

from typing import Final

from service.domain.archive import Json
from service.domain.reports import DocumentKind, ReportStatus
from service.said import FIELDS
from service.web.limits import (
    ID_PATTERN,
    KEY_HEADER,
    KEY_PATTERN,
    LIST_LIMIT,
    LIST_LIMIT_MAX,
    LONGEST_NAME,
    LONGEST_WAIT,
    MAX_UPLOAD_BYTES,
    SENDING_PATTERN,
    YEARS,
)
from service.web.openapi.corrections import CORRECTIONS_FIELD
from service.web.openapi.office import OFFICE_PATHS
from service.web.openapi.schemas import REPORT_EXAMPLE
from service.web.openapi.shapes import (
    PUBLIC,
    REPORT_ID,
    VERSION_PATTERN,
    WITH_STORE,
    json_of,
    public_refusals,
    refusals,
)
from service.web.openapi.versions import STEPS, VERSION_PATHS
from service.web.page_pictures import NARROWEST, USUAL_WIDTH, WIDEST

_OF_A_DRAFT: Final = [kind.value for kind in DocumentKind if kind is not DocumentKind.PACKAGE]

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
                        "items": {"type": "string", "enum": _OF_A_DRAFT},
                        "description": "Documentos por escribir: un campo por cada uno, o separados por comas. "
                        "Si falta: Word, Excel y el libro con los hallazgos. `changes` y `redline` comparan con el "
                        "informe al que sigue; sin ninguno, 409.",
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
                    "corrections": CORRECTIONS_FIELD,
                    "draft": {
                        "type": "boolean",
                        "default": False,
                        "description": "Guardar también un libro con errores, si se sabe de qué informe es: sus "
                        "documentos se escriben como borrador, pero no se puede emitir.",
                    },
                    "afresh": {
                        "type": "boolean",
                        "default": False,
                        "description": "Olvidar lo que se indicó antes sobre las columnas de los libros de igual "
                        "formato, y leer este sin eso.",
                    },
                    "step": {
                        "type": "string",
                        "enum": STEPS,
                        "description": "Lo que es el libro. Si falta, Folio lo propone; lo que el libro no dice (año, "
                        "trimestre, versión) sale de aquí, y si el libro dice lo contrario responde 409.",
                    },
                    "by": {
                        "type": "string",
                        "maxLength": LONGEST_NAME,
                        "description": "En nombre de quién lo sube el programa. Queda junto al nombre del token.",
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
        "200": json_of(
            "Report",
            "Los datos son los mismos de este informe: nada se guardó. `proposal` lo explica; para hacer otro de todas "
            "formas, envíe `step`.",
        ),
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
        **refusals(
            s409="StepContradicted",
            s413="TooLarge",
            s415="NotAWorkbook",
            s422="WorkbookRefused",
            **WITH_STORE,
        ),
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
        *(
            {"name": name, "in": "query", "description": f"Solo los de {said}.", "schema": schema}
            for name, said, schema in (
                ("year", "esa vigencia", {"type": "integer", "minimum": YEARS[0], "maximum": YEARS[-1]}),
                ("quarter", "ese trimestre", {"type": "string", "enum": ["I", "II", "III", "IV", "1", "2", "3", "4"]}),
                ("version", "esa versión del plan", {"type": "string", "pattern": VERSION_PATTERN}),
                ("status", "ese estado", {"type": "string", "enum": [status.value for status in ReportStatus]}),
            )
        ),
    ],
    "responses": {
        "200": json_of("Reports", "Los informes, del más reciente al más antiguo."),
        **refusals(**WITH_STORE),
    },
}

_ONE: Final = {
    "operationId": "getReport",
    "tags": ["informes"],
    "summary": "Ver un informe y su avance",
    "description": "Con `wait`, la respuesta llega en cuanto los documentos están escritos, o cuando pasa ese tiempo: "
    "así no hay que preguntar una y otra vez. Cuando muchos esperan, se responde enseguida con lo que hay.",
    "parameters": [
        {
            "name": "wait",
            "in": "query",
            "description": "Cuántos segundos se espera, como mucho, a que los documentos estén escritos.",
            "schema": {"type": "integer", "minimum": 0, "maximum": LONGEST_WAIT, "default": 0},
        },
        {
            "name": "kinds",
            "in": "query",
            "description": "Con `wait`, a qué documentos se espera, separados por comas. Si falta, a todos.",
            "schema": {"type": "string"},
        },
    ],
    "responses": {
        "200": json_of("Report", "El informe."),
        **refusals(s404="NotFound", **WITH_STORE),
    },
}

_PLAN: Final = {
    "operationId": "getPlan",
    "tags": ["informes"],
    "summary": "Ver lo que se entendió del libro",
    "responses": {
        "200": json_of("Understood", "El plan, sus columnas y lo encontrado."),
        **refusals(s404="NotFound", **WITH_STORE),
    },
}

_DOCUMENT: Final = {
    "operationId": "getDocument",
    "tags": ["informes"],
    "summary": "Descargar un documento",
    "parameters": [
        {
            "name": "against",
            "in": "query",
            "description": "De los documentos de cambios, el que compara con este informe. Si falta, con el que sigue.",
            "schema": {"type": "string", "pattern": f"^{ID_PATTERN}$"},
        }
    ],
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
        **refusals(s404="NotFound", s409="NotReady", **WITH_STORE),
    },
}

_PAGE: Final = {
    "operationId": "getPage",
    "tags": ["informes"],
    "summary": "Ver una página del PDF como imagen",
    "description": "Del PDF del informe: se pide con `POST /api/v1/reports/{report_id}/documents` y `kinds=pdf`, y "
    "viene con la emisión. `pages` del informe dice cuántas hay.",
    "parameters": [
        {
            "name": "page",
            "in": "path",
            "required": True,
            "description": "La página, desde 1.",
            "schema": {"type": "integer", "minimum": 1},
        },
        {
            "name": "width",
            "in": "query",
            "description": "Ancho de la imagen, en píxeles.",
            "schema": {"type": "integer", "minimum": NARROWEST, "maximum": WIDEST, "default": USUAL_WIDTH},
        },
        {
            "name": "pdf",
            "in": "query",
            "description": "La huella SHA-256 del PDF. Con ella la imagen se puede guardar para siempre; sin ella hay "
            "que preguntar cada vez, porque el PDF de un borrador cambia al emitirlo.",
            "schema": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
        },
    ],
    "responses": {
        "200": {
            "description": "La imagen.",
            "headers": {
                "ETag": {"description": "La del PDF, la página y el ancho.", "schema": {"type": "string"}},
            },
            "content": {"image/png": {}},
        },
        "304": {"description": "Es la que ya tiene, según `If-None-Match`."},
        **refusals(s404="NotFound", s409="NotReady", **WITH_STORE),
    },
}

_PROGRESS: Final = {
    "operationId": "getUploadProgress",
    "tags": ["informes"],
    "summary": "Ver en qué va un envío que aún no tiene respuesta",
    "description": "Solo mientras el libro se recibe, se lee, se revisa y se guarda; después responde 404.",
    "responses": {"200": json_of("UploadProgress", "En qué va."), **refusals(s404="NotFound")},
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
    "/api/v1/reports/{report_id}": {"parameters": [REPORT_ID], "get": _ONE},
    "/api/v1/reports/{report_id}/plan": {"parameters": [REPORT_ID], "get": _PLAN},
    "/api/v1/reports/{report_id}/documents/{kind}": {
        "parameters": [
            REPORT_ID,
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
    "/api/v1/reports/{report_id}/pages/{page}.png": {"parameters": [REPORT_ID], "get": _PAGE},
    **VERSION_PATHS,
    **OFFICE_PATHS,
    "/api/v1/openapi.json": {
        "get": {
            "operationId": "getDescription",
            **PUBLIC,
            "tags": ["servicio"],
            "summary": "Esta descripción",
            "responses": {
                "200": {
                    "description": "La descripción OpenAPI 3.1.",
                    "content": {"application/json": {"schema": {"type": "object"}}},
                },
                **public_refusals(),
            },
        }
    },
    "/healthz": {
        "get": {
            "operationId": "isAlive",
            **PUBLIC,
            "tags": ["servicio"],
            "summary": "Si el proceso vive",
            "responses": {"200": json_of("Alive", "Vive."), **public_refusals()},
        }
    },
    "/readyz": {
        "get": {
            "operationId": "isReady",
            **PUBLIC,
            "tags": ["servicio"],
            "summary": "Si se pueden recibir libros",
            "responses": {
                "200": json_of("Readiness", "Se pueden recibir libros."),
                "503": json_of("Readiness", "La base de datos no responde o no recibe nada nuevo."),
                **public_refusals(),
            },
        }
    },
}
