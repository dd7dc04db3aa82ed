"""The routes of the API -> their OpenAPI 3.1 description. Values, limits and states are taken from the code itself."""

from __future__ import annotations

from functools import cache

from service.domain.archive import Json
from service.web.openapi.paths import PATHS
from service.web.openapi.responses import RESPONSES
from service.web.openapi.schemas import SCHEMAS

_ABOUT = """Sube el libro de Excel con un plan de acción y su seguimiento; Folio lo revisa celda por celda y escribe \
los documentos oficiales del trimestre.

Un envío aceptado (202) ya está guardado y se termina siempre, una sola vez. Para repetir un envío sin duplicarlo, use \
el encabezado `Idempotency-Key`. Los errores son `application/problem+json` (RFC 9457). Los campos desconocidos de un \
formulario se ignoran; quien lee las respuestas debe admitir campos nuevos."""


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
            {"name": "servicio", "description": "Estado del servicio y esta descripción."},
        ],
        "paths": PATHS,
        "components": {"schemas": SCHEMAS, "responses": RESPONSES},
    }
