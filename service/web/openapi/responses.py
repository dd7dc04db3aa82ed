"""The refusals that several routes share."""

from __future__ import annotations

from typing import Final

from service.domain.archive import Json
from service.web.problems import MEDIA_TYPE, RETRY_AFTER_SECONDS

_RETRY: Final = {
    "Retry-After": {
        "description": "Segundos que conviene esperar.",
        "schema": {"type": "integer", "examples": [RETRY_AFTER_SECONDS]},
    }
}


def _refusal(description: str, headers: Json | None = None) -> Json:
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"description": description, "content": content, **({"headers": headers} if headers else {})}


RESPONSES: Final[Json] = {
    "BadRequest": _refusal("Falta algo, un dato no sirve o la petición llegó mal formada; `errors` nombra cada campo."),
    "NotSignedIn": _refusal(
        "Falta el token de acceso, o ya no vale.",
        {"WWW-Authenticate": {"description": "Cómo identificarse.", "schema": {"type": "string"}}},
    ),
    "NotAllowed": _refusal("El rol del token no alcanza para esto, o el envío lo hizo la página de otro sitio."),
    "TooMany": _refusal("Demasiadas preguntas seguidas desde la misma dirección.", _RETRY),
    "CrossSite": _refusal("El envío lo hizo la página de otro sitio."),
    "NotFound": _refusal("No existe."),
    "WrongMethod": _refusal(
        "La dirección no admite esa operación. Un informe no se modifica ni se borra: el intento queda registrado.",
        {"Allow": {"description": "Las que admite.", "schema": {"type": "string"}}},
    ),
    "StepContradicted": _refusal(
        "El libro no es lo que `step` dice (`detail` nombra los dos), o no hay con qué comparar lo que se pide."
    ),
    "NotIssuable": _refusal("Falta algo para emitirlo: `errors` y `findings` lo dicen todo a la vez."),
    "SettingsNotChanged": _refusal(
        "Los ajustes los dice un archivo de la instalación, o cambiaron después de los que dice `seq`; nada se guardó."
    ),
    "NothingToCompare": _refusal("No sigue a ningún informe emitido: indique `against`."),
    "NotReady": _refusal(
        "El documento todavía se está escribiendo, o no se pudo escribir; `detail` dice cuál de las dos."
    ),
    "TooLarge": _refusal("El libro pesa más de lo que se admite."),
    "NotAWorkbook": _refusal("El archivo es de otra clase, cualquiera que sea su nombre: no es un libro .xlsx."),
    "WorkbookRefused": _refusal(
        "El libro no se pudo leer o tiene errores (`findings` los da todos, cada uno con su celda), una celda de "
        "`corrections` no existe o dice otra cosa, o la clave `Idempotency-Key` ya se usó en otro envío."
    ),
    "NotSigned": _refusal("No es la copia firmada del informe; `detail` dice por qué. Nada se guardó."),
    "Unexpected": _refusal("Algo falló en Folio, no en lo enviado.", _RETRY),
    "Unavailable": _refusal("La base de datos no responde o no tiene espacio; nada se guardó.", _RETRY),
}
