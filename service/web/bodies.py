"""The body of a request -> its fields, or a Problem: whatever a client may send, it is read here or refused here."""

from __future__ import annotations

from typing import Any, Final

from flask import Request

from service.said import NotUnderstood, json_in
from service.web.limits import FIELDS_BYTES
from service.web.problems import FieldError, Problem, ProblemType
from service.web.uploads import drop_rest

_NO_OBJECT: Final = Problem(ProblemType.MALFORMED, "Envíe un objeto JSON o un formulario.")


def json_object(request: Request, most_bytes: int = FIELDS_BYTES) -> dict[str, Any] | Problem:
    """The JSON object that a request holds; its values may still be anything.

    Of one that weighs more than `most_bytes` no more is read: its values take several times as much memory, and nobody
    waits for a turn here.
    """
    body = b""
    while len(body) <= most_bytes and (piece := request.stream.read(most_bytes + 1 - len(body))):
        body += piece
    if len(body) > most_bytes:
        drop_rest(request)
        return Problem(ProblemType.MALFORMED, f"El JSON puede pesar hasta {most_bytes // 1024} KB.")
    try:
        said = json_in(body)
    except NotUnderstood as reason:
        return Problem(ProblemType.MALFORMED, str(reason))
    return said if isinstance(said, dict) else _NO_OBJECT


def text_in(field: str, value: object, errors: list[FieldError]) -> str:
    """The text that a field holds, without spaces around it; empty where nothing was said or it is no text."""
    if isinstance(value, str):
        return value.strip()
    if value is None:
        return ""
    errors.append(FieldError(field, "", f"«{field}» es un texto."))
    return ""


def texts_in(field: str, value: object, errors: list[FieldError]) -> tuple[str, ...]:
    """The texts of a field that holds a list of them, or one alone."""
    said = value if isinstance(value, list) else [] if value is None else [value]
    texts = tuple(text.strip() for text in said if isinstance(text, str))
    if len(texts) < len(said):
        errors.append(FieldError(field, "", f"«{field}» es una lista de textos."))
    return tuple(filter(None, texts))
