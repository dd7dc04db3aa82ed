"""What the description says of the office's settings: to read them, to change them, and who changed what."""

from __future__ import annotations

from typing import Any, Final

from service.domain.archive import Json
from service.domain.frame import Role
from service.domain.office import REFERENCE_SETTINGS
from service.office_said import SETTINGS, Kind, Setting
from service.office_shown import settings_to_shown
from service.pictures import LARGEST_LOGO, MOST_PIXELS
from service.web.limits import LONGEST_NAME
from service.web.openapi.shapes import WITH_STORE, json_of, nullable_text, object_of, refusals, text, whole

_SIGNER: Final = {
    "type": "object",
    "description": "Quien firma.",
    "required": ["role", "name", "position"],
    "properties": {
        "role": text("Qué hizo.", enum=[role.value for role in Role]),
        "name": text("Nombre.", maxLength=LONGEST_NAME),
        "position": text("Cargo.", maxLength=LONGEST_NAME),
        "is_acting": {"type": "boolean", "description": "Si ejerce el cargo por encargo.", "default": False},
    },
}

_LOGO: Final = {
    "type": ["object", "null"],
    "description": f"Una imagen PNG o JPEG de hasta {LARGEST_LOGO // 1_000_000} MB y {MOST_PIXELS} píxeles por lado.",
    "required": ["content", "description"],
    "properties": {
        "content": text("La imagen, en base64.", contentEncoding="base64"),
        "description": text("Qué muestra, para quien no puede verla.", maxLength=LONGEST_NAME),
        "media_type": text("De qué clase es; lo dice Folio."),
        "width": whole("Ancho en píxeles; lo dice Folio."),
        "height": whole("Alto en píxeles; lo dice Folio."),
    },
}


def _shape(setting: Setting) -> Json:
    label, (lowest, highest) = f"{setting.label}.", setting.limits
    match setting.kind:
        case Kind.NAMES:
            return {"type": "array", "items": {"type": "string"}, "minItems": 1, "description": label}
        case Kind.SIGNERS:
            return {"type": "array", "items": _SIGNER, "description": "Quién firma, en el orden de los roles."}
        case Kind.WHOLE | Kind.NUMBER:
            kind = "integer" if setting.kind is Kind.WHOLE else "number"
            return {"type": kind, "minimum": lowest, "maximum": highest, "description": label}
        case Kind.FLAG:
            return {"type": "boolean", "description": label}
        case Kind.DAY:
            return nullable_text(label, format="date")
        case _:
            return text(label, maxLength=int(highest))


def _settings() -> Json:
    properties: dict[str, Any] = {"logo": _LOGO}
    for setting in SETTINGS:
        group, _, inner = setting.name.partition(".")
        if group == "logo":
            continue
        if inner:
            about = {"type": "object", "description": "Lo que no se diga queda vacío.", "properties": {}}
            properties.setdefault(group, about)["properties"][inner] = _shape(setting)
        else:
            properties[group] = _shape(setting)
    return {
        "type": "object",
        "description": "Los ajustes de la oficina; `docs/ajustes-de-la-oficina.md` dice para qué es cada uno.",
        "properties": properties,
        "examples": [settings_to_shown(REFERENCE_SETTINGS)],
    }


OFFICE_SCHEMAS: Final[Json] = {
    "OfficeSettings": _settings(),
    "Office": object_of(
        "Los ajustes que valen ahora.",
        {
            "seq": whole("Su número; 0 si nadie ha dicho nada.", minimum=0),
            "at": nullable_text("Cuándo se guardaron.", format="date-time"),
            "by": nullable_text("Quién los guardó."),
            "file": nullable_text("El archivo de la instalación que los dice; null si se cambian aquí."),
            "settings": {"$ref": "#/components/schemas/OfficeSettings"},
        },
    ),
    "OfficeHistory": object_of(
        "Los ajustes que ha habido, los últimos primero.",
        {
            "history": {
                "type": "array",
                "description": "Cada cambio.",
                "items": object_of(
                    "Un cambio.",
                    {
                        "seq": whole("Su número.", minimum=1),
                        "at": text("Cuándo.", format="date-time"),
                        "by": text("Quién."),
                        "changes": {
                            "type": "array",
                            "items": {"type": "string"},
                            "description": "Qué cambió, una frase por ajuste.",
                        },
                    },
                ),
            }
        },
    ),
}

OFFICE_PATHS: Final[Json] = {
    "/api/v1/office": {
        "get": {
            "operationId": "getOffice",
            "tags": ["oficina"],
            "summary": "Ver los ajustes de la oficina",
            "responses": {"200": json_of("Office", "Los que valen ahora."), **refusals(**WITH_STORE)},
        },
        "put": {
            "operationId": "keepOffice",
            "tags": ["oficina"],
            "summary": "Cambiar los ajustes de la oficina",
            "description": "Se dan todos: los que falten quedan como en la oficina de referencia, o vacíos. Los "
            "informes emitidos conservan los suyos. Con `seq`, responde 409 si ya valen otros.",
            "requestBody": {
                "required": True,
                "content": {
                    "application/json": {
                        "schema": {
                            "type": "object",
                            "required": ["settings"],
                            "properties": {
                                "settings": {"$ref": "#/components/schemas/OfficeSettings"},
                                "seq": whole("El número de los ajustes que se vieron.", minimum=0),
                                "by": text("En nombre de quién los cambia el programa.", maxLength=LONGEST_NAME),
                            },
                        }
                    }
                },
            },
            "responses": {
                "200": json_of("Office", "Guardados: los que valen ahora."),
                **refusals(s409="SettingsNotChanged", **WITH_STORE),
            },
        },
    },
    "/api/v1/office/history": {
        "get": {
            "operationId": "getOfficeHistory",
            "tags": ["oficina"],
            "summary": "Ver quién cambió los ajustes, y cuándo",
            "responses": {"200": json_of("OfficeHistory", "Los cambios."), **refusals(**WITH_STORE)},
        },
    },
}
