"""The frame and the parts of a page -> a page that shows them all, for whoever makes pages and for their tests.

`python -m tests.browser.specimen` serves it. It is no part of Folio: nothing is stored, and who asks is said in the
address (`?rol=elabora`, `?rol=nadie`; `aviso=...` leaves a message for the next page).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from unittest.mock import patch

from flask import Flask, flash, redirect, render_template_string, request
from jinja2 import StrictUndefined
from markupsafe import Markup
from werkzeug.wrappers import Response

from service.domain.people import Person, Role
from service.web import access, asker
from service.web.navigation import ACCOUNT, ENTER, LEAVE, PLACES, head_of_page
from service.web.security import guarded
from tests.web import answering

_PAGE: Final = Path(__file__).with_name("components.html")


@contextmanager
def specimen() -> Iterator[str]:
    """The page on a port of its own for as long as the block lasts: where it answers."""
    with patch.object(asker, "person", _person), patch.object(access, "may", _may), answering(_app()) as port:
        yield f"http://127.0.0.1:{port}"


def _app() -> Flask:
    app = Flask("service.web")
    app.secret_key = "so that messages are kept until the next page"
    app.jinja_env.undefined = StrictUndefined
    for place in (*PLACES, ACCOUNT, ENTER):
        app.add_url_rule(place.address, _endpoint(place.address), _show)
        for beginning in place.parts:
            app.add_url_rule(f"{beginning}<path:_part>", f"parts of {beginning}", _show)
    app.add_url_rule("/partes", "parts", _show)
    app.add_url_rule(LEAVE, "leave", _leave, methods=["POST"])
    app.after_request(guarded)
    app.context_processor(head_of_page)
    app.context_processor(
        lambda: {
            "person": _person(),
            "may": _may,
            "csrf_field": lambda: Markup('<input type="hidden" name="csrf_token" value="a proof">'),
        }
    )
    return app


def _endpoint(address: str) -> str:
    # Those that the frame itself asks for by name.
    return {"/": "pages.home", "/verificar": "verify.form"}.get(address, address)


def _show(_part: str = "") -> str | Response:
    if words := request.args.get("aviso"):
        flash(words, "done")
        return redirect(request.path)
    return render_template_string(_PAGE.read_text("utf-8"))


def _leave() -> Response:
    flash("Salió de Folio.", "done")
    return redirect("/?rol=nadie", 303)


def _role() -> Role | None:
    said = request.args.get("rol", "administra")
    return None if said == "nadie" else Role(said)


def _person() -> Person | None:
    role = _role()
    return Person("a", "Persona de Ejemplo Uno", role, sees_all_offices="oficinas" in request.args) if role else None


def _may(role: str) -> bool:
    has = _role()
    return has is not None and has.includes(Role(role))


if __name__ == "__main__":
    with specimen() as address:
        input(f"{address}/partes - Enter ends it.\n")
