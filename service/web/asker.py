"""This request -> who asks, as `access.py` found; the rest of the front only reads it here."""

from __future__ import annotations

from flask import g, has_request_context, request

from service.domain.people import Person
from service.said import plain_text
from service.store import SOMEBODY
from service.web.limits import LONGEST_NAME


def person() -> Person | None:
    """Who asks; None: nobody who signed in."""
    found: Person | None = g.get("person") if has_request_context() else None
    return found


def name_of_asker(said: str = "") -> str:
    """Who asks, for the record.

    Args:
        said: on whose behalf a program says that it asks. People are who they signed in as, whatever is said.

    Raises:
        NotUnderstood: what was said is too long, or cannot be printed.
    """
    who = person()
    if who is None:
        return f"{SOMEBODY} ({request.remote_addr})" if request.remote_addr else SOMEBODY
    if not who.is_program:
        return who.name
    return f"{plain_text(said, LONGEST_NAME)} (por medio de «{who.name}»)" if said else f"«{who.name}»"
