"""The routes of the API -> their OpenAPI 3.1 description. Values, limits and states are taken from the code itself."""

from __future__ import annotations

from functools import cache
from typing import Final

from service.domain.archive import Json
from service.web.openapi.audit import AUDIT_PATHS, AUDIT_SCHEMAS
from service.web.openapi.overview import OVERVIEW_PATHS, OVERVIEW_SCHEMAS
from service.web.openapi.paths import PATHS
from service.web.openapi.responses import RESPONSES
from service.web.openapi.schemas import SCHEMAS
from service.web.openapi.verifying import VERIFYING_PATHS, VERIFYING_SCHEMAS

_ABOUT = """Sube el libro de Excel con un plan de acción y su seguimiento; Folio lo revisa celda por celda y escribe \
los documentos oficiales del trimestre.

Un envío aceptado (202) ya está guardado y se termina siempre, una sola vez. Para repetir un envío sin duplicarlo, use \
el encabezado `Idempotency-Key`. Cada programa se identifica con un token de acceso (`Authorization: Bearer …`), que \
hace quien administra Folio en «Personas» o con `folio token create`; ve los informes de su oficina y ninguno más. Los \
errores son `application/problem+json` (RFC 9457). Los campos desconocidos de un \
formulario se ignoran; quien lee las respuestas debe admitir campos nuevos."""

SECURITY: Final[Json] = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "Un token de acceso, con su rol (lectura, elabora, aprueba, administra) y su vencimiento.",
    }
}


@cache
def description() -> Json:
    """The whole description, ready to be shown as JSON."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Folio: informes de seguimiento al plan de acción",
            "version": "1.0.0",
            "summary": "Del libro de Excel al informe oficial en Word y en Excel.",
            "description": _ABOUT,
        },
        "servers": [{"url": "/", "description": "El servicio que entrega esta descripción."}],
        "tags": [
            {"name": "informes", "description": "Subir libros, seguir los informes y descargar sus documentos."},
            {"name": "oficina", "description": "Los ajustes: con qué se revisa y qué se imprime."},
            {"name": "verificación", "description": "Saber si un papel es el que se emitió; guardar el firmado."},
            {"name": "auditoría", "description": "El registro de todo lo que se hizo: quién, qué y cuándo."},
            {"name": "servicio", "description": "Estado del servicio y esta descripción."},
        ],
        "security": [{"token": []}],
        "paths": PATHS | VERIFYING_PATHS | OVERVIEW_PATHS | AUDIT_PATHS,
        "components": {
            "schemas": SCHEMAS | VERIFYING_SCHEMAS | OVERVIEW_SCHEMAS | AUDIT_SCHEMAS,
            "responses": RESPONSES,
            "securitySchemes": SECURITY,
        },
    }
