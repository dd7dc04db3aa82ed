"""What the description is built of: the shapes of values, answers and refusals."""

from __future__ import annotations

from typing import Any, Final

from service.domain.archive import Json
from service.domain.reports import JobState
from service.web.limits import ID_PATTERN

VERSION_PATTERN: Final = "^[0-9]{1,4}\\.[0-9]{1,4}$"

REPORT_ID: Final = {
    "name": "report_id",
    "in": "path",
    "required": True,
    "description": "Identificador del informe.",
    "schema": {"type": "string", "pattern": f"^{ID_PATTERN}$"},
}

# What any route that asks the store may meet.
WITH_STORE: Final = {"s503": "Unavailable"}

# Any route may meet these: a false Host name, a method it does not have, a surprise.
_ALWAYS: Final = {"s400": "BadRequest", "s405": "WrongMethod", "s500": "Unexpected"}

# Any that is not for all the world: no token, or one that may not.
_OF_STRANGERS: Final = {"s401": "NotSignedIn", "s403": "NotAllowed", "s503": "Unavailable"}

# What a route for all the world says of itself.
PUBLIC: Final[Json] = {"security": []}


def text(description: str, **more: Any) -> Json:
    """A text."""
    return {"type": "string", "description": description, **more}


def nullable_text(description: str, **more: Any) -> Json:
    """A text, or null where there is none."""
    return {"type": ["string", "null"], "description": description, **more}


def whole(description: str, **more: Any) -> Json:
    """A whole number."""
    return {"type": "integer", "description": description, **more}


def list_of(name: str, description: str) -> Json:
    """A list of a named schema."""
    return {"type": "array", "items": {"$ref": f"#/components/schemas/{name}"}, "description": description}


def object_of(description: str, properties: Json, **more: Any) -> Json:
    """Everything is always there; what there is not is null."""
    return {
        "type": "object",
        "description": description,
        "properties": properties,
        "required": list(properties),
        **more,
    }


def state_of(description: str) -> Json:
    """Where the writing of a document stands."""
    return text(description, enum=[state.value for state in JobState])


def refusals(**by_status: str) -> Json:
    """The refusals of a route by their status: `s404="NotFound"`.

    Those that any route may give are among them, and those of whoever may not.
    """
    return public_refusals(**_OF_STRANGERS | by_status)


def public_refusals(**by_status: str) -> Json:
    """The same of a route that is for all the world."""
    given = _ALWAYS | by_status
    return {
        status.removeprefix("s"): {"$ref": f"#/components/responses/{name}"} for status, name in sorted(given.items())
    }


def json_of(name: str, description: str, **more: Any) -> Json:
    """An answer with a named schema."""
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}
    return {"description": description, "content": content, **more}
