"""What the description says of verification: codes, files, verdicts, signed copies."""

from __future__ import annotations

from typing import Final

from service.domain.archive import Json
from service.domain.reports import PAPERS, ReportStatus
from service.domain.values import ROMAN
from service.papers.verdicts import ANSWERS
from service.web.limits import ID_PATTERN, LONGEST_NAME, MAX_UPLOAD_BYTES
from service.web.openapi.shapes import (
    PUBLIC,
    REPORT_ID,
    VERSION_PATTERN,
    WITH_STORE,
    json_of,
    list_of,
    nullable_text,
    object_of,
    public_refusals,
    refusals,
    text,
    whole,
)
from service.web.verifying import media_type_of

_SHA256: Final = text("La huella SHA-256 del archivo.", pattern="^[0-9a-f]{64}$")
_CODE: Final = text("El código, como está en el pie del documento.", examples=["K7QF-3M9P-X2TD"])

_WHICH: Final[Json] = {
    "name": text("De qué informe se trata."),
    "year": whole("Vigencia."),
    "quarter": text("Trimestre.", enum=list(ROMAN.values())),
    "version": text("Versión del plan.", pattern=VERSION_PATTERN),
    "edition": whole("Edición.", minimum=1),
    "issued_at": text("Cuándo se emitió.", format="date-time"),
}

VERIFYING_SCHEMAS: Final[Json] = {
    "Sealed": object_of(
        "Lo que cualquiera puede saber de un informe emitido. Nada dice de borradores ni de quién lo emitió.",
        {
            "code": _CODE,
            "address": text("La página que lo comprueba.", format="uri"),
            "entity": text("La entidad; vacío si no se indicó."),
            **_WHICH,
            "status": text("Si es el vigente.", enum=[ReportStatus.ISSUED.value, ReportStatus.SUPERSEDED.value]),
            "superseded_by": {
                "anyOf": [
                    object_of("El informe que lo reemplazó.", {"code": nullable_text("Su código."), **_WHICH}),
                    {"type": "null"},
                ]
            },
            "documents": {
                "type": "array",
                "description": "Los documentos que se emitieron.",
                "items": object_of(
                    "Uno.",
                    {
                        "kind": text("Cuál.", enum=[kind.value for kind in PAPERS]),
                        "filename": text("Con qué nombre se entrega."),
                        "size": whole("Bytes.", minimum=0),
                        "sha256": _SHA256,
                        "proof": nullable_text("Lo que se comprobó de él antes de entregarlo."),
                    },
                ),
            },
        },
    ),
    "Verdict": object_of(
        "Lo que un archivo es junto a lo que se emitió. No dice si el certificado de una firma es de una entidad "
        "acreditada.",
        {
            "answer": text(
                "`as_issued`: idéntico; `signed`: firmado, y lo firmado es lo emitido; `resaved`: se lee el mismo "
                "texto, en otro archivo que puede verse distinto y no prueba nada; `altered`: dice otra cosa o puede "
                "mostrarla; `not_ours`: no se reconoce o no se pudo abrir; `scanned`: escaneo, sin comprobar.",
                enum=list(ANSWERS),
            ),
            "kind": nullable_text("De qué documento.", enum=[*(kind.value for kind in PAPERS), None]),
            "sentence": text("La respuesta, en una o dos frases."),
            "reason": text("Por qué, cuando hay más que decir; vacío si no."),
            "signers": {
                "type": "array",
                "description": "Quiénes firmaron.",
                "items": object_of(
                    "Una firma.",
                    {
                        "name": text("El nombre en el certificado."),
                        "signed_at": nullable_text("Cuándo, según la firma.", format="date-time"),
                        "is_sound": {"type": "boolean", "description": "Si corresponde al documento."},
                        "note": text("Lo que se comprobó y lo que no."),
                    },
                ),
            },
            "differences": {
                "type": "array",
                "description": "Los lugares que cambiaron.",
                "items": object_of(
                    "Uno.",
                    {
                        "place": text("Dónde.", examples=["acción 3, columna META"]),
                        "expected": text("Lo que dice el documento emitido."),
                        "found": text("Lo que dice el archivo."),
                    },
                ),
            },
            "is_cut": {"type": "boolean", "description": "Si cambiaron más lugares de los que se dan."},
        },
    ),
    "Verified": object_of(
        "La respuesta sobre un archivo.",
        {
            "report": {
                "anyOf": [{"$ref": "#/components/schemas/Sealed"}, {"type": "null"}],
                "description": "El informe emitido del que es; null si de ninguno.",
            },
            "verdict": {"$ref": "#/components/schemas/Verdict"},
        },
    ),
    "SignedCopy": object_of(
        "Una copia firmada, guardada con su informe.",
        {
            "id": text("Identificador.", pattern=f"^{ID_PATTERN}$"),
            "filename": text("Con qué nombre llegó."),
            "size": whole("Bytes.", minimum=0),
            "sha256": _SHA256,
            "kept_at": text("Cuándo se guardó.", format="date-time"),
            "by": text("Quién la subió."),
            "verdict": {"$ref": "#/components/schemas/Verdict"},
            "href": text("Dónde se descarga.", format="uri-reference"),
        },
    ),
    "SignedCopies": object_of(
        "Las copias firmadas de un informe.", {"copies": list_of("SignedCopy", "De la más antigua a la más reciente.")}
    ),
}


def _body(more: Json) -> Json:
    file = text(f"El archivo, de hasta {MAX_UPLOAD_BYTES // (1024 * 1024)} MB.", contentMediaType="application/pdf")
    schema = {"type": "object", "required": ["file"], "properties": {"file": file, **more}}
    return {"required": True, "content": {"multipart/form-data": {"schema": schema}}}


_SIGNED: Final = "/api/v1/reports/{report_id}/signed"
_COPY_ID: Final = {
    "name": "copy_id",
    "in": "path",
    "required": True,
    "description": "Identificador de la copia.",
    "schema": {"type": "string", "pattern": f"^{ID_PATTERN}$"},
}

VERIFYING_PATHS: Final[Json] = {
    "/api/v1/verify": {
        "post": {
            "operationId": "verifyFile",
            **PUBLIC,
            "tags": ["verificación"],
            "summary": "Saber qué es un archivo junto a lo que se emitió",
            "description": "El informe se encuentra por el código que se indica, por la huella del archivo o por el "
            "código que lleva. El archivo no se guarda. Responde 200 cualquiera que sea la respuesta.",
            "requestBody": _body({"code": _CODE}),
            "responses": {
                "200": json_of("Verified", "La respuesta."),
                **public_refusals(
                    s403="CrossSite",
                    s404="NotFound",
                    s413="TooLarge",
                    s429="TooMany",
                    **WITH_STORE,
                ),
            },
        }
    },
    "/api/v1/verify/{code}": {
        "parameters": [
            {"name": "code", "in": "path", "required": True, "description": "El código.", "schema": {"type": "string"}}
        ],
        "get": {
            "operationId": "verifyCode",
            **PUBLIC,
            "tags": ["verificación"],
            "summary": "Saber qué se emitió con un código",
            "responses": {
                "200": json_of("Sealed", "Lo emitido."),
                **public_refusals(s404="NotFound", s429="TooMany", **WITH_STORE),
            },
        },
    },
    _SIGNED: {
        "parameters": [REPORT_ID],
        "get": {
            "operationId": "listSignedCopies",
            "tags": ["verificación"],
            "summary": "Ver las copias firmadas de un informe",
            "responses": {"200": json_of("SignedCopies", "Las copias."), **refusals(s404="NotFound", **WITH_STORE)},
        },
        "post": {
            "operationId": "keepSignedCopy",
            "tags": ["verificación"],
            "summary": "Guardar la copia firmada de un informe emitido",
            "description": "Se guarda si lo firmado es lo que se emitió, o si se dice que es un escaneo. Si no, nada "
            "se guarda. El mismo archivo otra vez da la copia que ya estaba.",
            "requestBody": _body(
                {
                    "scanned": {
                        "type": "boolean",
                        "default": False,
                        "description": "Es un escaneo (PDF, JPG o PNG) de la copia firmada a mano, que no puede "
                        "comprobarse.",
                    },
                    "by": text("En nombre de quién la sube el programa.", maxLength=LONGEST_NAME),
                }
            ),
            "responses": {
                "201": json_of("SignedCopy", "Guardada."),
                **refusals(s404="NotFound", s413="TooLarge", s422="NotSigned", **WITH_STORE),
            },
        },
    },
    f"{_SIGNED}/{{copy_id}}": {
        "parameters": [REPORT_ID, _COPY_ID],
        "get": {
            "operationId": "getSignedCopy",
            "tags": ["verificación"],
            "summary": "Descargar una copia firmada",
            "responses": {
                "200": {
                    "description": "El archivo, para guardar.",
                    "content": {media_type_of(f"x.{ending}"): {} for ending in ("pdf", "docx", "xlsx", "jpg", "png")},
                },
                **refusals(s404="NotFound", **WITH_STORE),
            },
        },
    },
}
