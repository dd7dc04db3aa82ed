"""What the description says of the audit log: to search it, newest first."""

from __future__ import annotations

from typing import Any, Final

from service.domain.archive import Json
from service.domain.values import ROMAN
from service.store import AuditStep
from service.web.audit_search import LONGEST_SEARCH, MOST_AT_ONCE, PAGE_LENGTH
from service.web.audit_told import GROUPS
from service.web.limits import ID_PATTERN, LONGEST_NAME, YEARS
from service.web.openapi.shapes import (
    VERSION_PATTERN,
    WITH_STORE,
    json_of,
    list_of,
    nullable_text,
    object_of,
    refusals,
    text,
    whole,
)

_SHA256: Final = "^[0-9a-f]{64}$"


def _asked(name: str, description: str, schema: Json, **more: Any) -> Json:
    return {"name": name, "in": "query", "description": description, "schema": schema, **more}


AUDIT_SCHEMAS: Final[Json] = {
    "AuditEntry": object_of(
        "Una entrada del registro, como está guardada.",
        {
            "seq": whole("Su número, desde 1.", minimum=1),
            "at": text("Cuándo, con la exactitud con que se calculó su huella.", format="date-time"),
            "by": text("Quién."),
            "what": text("Qué paso fue; uno que este Folio no conozca también se muestra."),
            "sentence": text("Lo que pasó, en una frase."),
            "subject": text("El identificador de aquello de lo que habla; vacío si no tiene."),
            "report": {
                "anyOf": [
                    object_of(
                        "El informe del que habla.",
                        {
                            "id": text("Identificador.", pattern=f"^{ID_PATTERN}$"),
                            "year": whole("Vigencia."),
                            "quarter": text("Trimestre.", enum=list(ROMAN.values())),
                            "version": text("Versión del plan.", pattern=VERSION_PATTERN),
                            "edition": {
                                "type": ["integer", "null"],
                                "description": "La que tiene hoy; null si no se ha emitido.",
                            },
                        },
                    ),
                    {"type": "null"},
                ]
            },
            "details": {"type": "object", "description": "Lo demás que se anotó; depende del paso."},
            "previous_hash": text("La huella de la entrada anterior; ceros en la primera.", pattern=_SHA256),
            "hash": text("Su huella: SHA-256 de todo lo demás de la entrada.", pattern=_SHA256),
        },
        examples=[
            {
                "seq": 2,
                "at": "2024-10-15T14:30:00.123456+00:00",
                "by": "Subdirección de Planeación Metropolitana y Regional",
                "what": AuditStep.OFFICE_CHANGED.value,
                "sentence": "Subdirección de Planeación Metropolitana y Regional cambió los ajustes de la oficina: son "
                "los ajustes número 1.",
                "subject": "1",
                "report": None,
                "details": {"office": "principal"},
                "previous_hash": "0" * 64,
                "hash": "3f" * 32,
            }
        ],
    ),
    "AuditEntries": object_of(
        "Una página del registro.",
        {
            "entries": list_of("AuditEntry", "Las entradas, de la última a la primera."),
            "next": nullable_text("Dirección de la página que sigue; null si no hay más."),
        },
    ),
}

AUDIT_PATHS: Final[Json] = {
    "/api/v1/audit": {
        "get": {
            "operationId": "listAuditEntries",
            "tags": ["auditoría"],
            "summary": "Buscar en el registro de auditoría",
            "description": "De la última entrada a la primera, solo las de la oficina de quien pregunta. Se cumple "
            "todo lo que se pida a la vez.",
            "parameters": [
                _asked(
                    "text",
                    "Palabras de lo que pasó, de quién o de los detalles, sin importar tildes ni mayúsculas; o el "
                    "número de una entrada, o el comienzo de su huella.",
                    {"type": "string", "maxLength": LONGEST_SEARCH},
                ),
                _asked("by", "Quién, o parte de su nombre.", {"type": "string", "maxLength": LONGEST_NAME}),
                _asked(
                    "what",
                    "Qué pasos, o todos los de un grupo: un campo por cada uno, o separados por comas.",
                    {
                        "type": "array",
                        "items": {"type": "string", "enum": [*(step.value for step in AuditStep), *GROUPS]},
                    },
                    explode=True,
                ),
                _asked("report", "El informe del que hablan.", {"type": "string", "pattern": f"^{ID_PATTERN}$"}),
                _asked(
                    "year",
                    "La vigencia de ese informe.",
                    {"type": "integer", "minimum": YEARS[0], "maximum": YEARS[-1]},
                ),
                _asked("quarter", "Su trimestre.", {"type": "string", "enum": list(ROMAN.values())}),
                _asked("from", "El primer día, en Bogotá.", {"type": "string", "format": "date"}),
                _asked("to", "El último día, en Bogotá.", {"type": "string", "format": "date"}),
                _asked(
                    "limit",
                    "Cuántas.",
                    {"type": "integer", "minimum": 1, "maximum": MOST_AT_ONCE, "default": PAGE_LENGTH},
                ),
                _asked(
                    "before",
                    "El número de la entrada después de la cual sigue esta página, como lo da `next`.",
                    {"type": "integer", "minimum": 0, "maximum": 999_999_999},
                ),
            ],
            "responses": {
                "200": json_of("AuditEntries", "Las entradas."),
                **refusals(**WITH_STORE),
            },
        },
    },
}
