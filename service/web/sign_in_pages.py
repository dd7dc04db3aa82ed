"""Entering and leaving: the sign-in form, and the one-time links with which a person chooses a password."""

from __future__ import annotations

import re
from typing import Final

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for

from service.domain.people import Role
from service.said import NotUnderstood, plain_text
from service.store import Account, Link, LinkGone, LinkPurpose, LoginTaken, new_id
from service.web import passwords, sessions
from service.web.access import safe_path, this_session
from service.web.asker import name_of_asker, person
from service.web.front import front
from service.web.limits import LONGEST_LOGIN, LONGEST_NAME
from service.web.problems import FieldError, Problem, ProblemType, invalid_request
from service.web.rates import (
    LINKS,
    SIGN_IN_BY_ADDRESS,
    SIGN_IN_BY_LOGIN,
    SIGN_IN_BY_LOGIN_FROM_HERE,
    has_failed,
    limiter,
    login_from_here,
    login_in_form,
)
from service.web.report_page import problem_page

sign_in: Final = Blueprint("sign_in", __name__)

# A mail address, or a short name of the office's own.
_LOGIN: Final = re.compile(r"[A-Za-z0-9._+-]{2,64}(?:@[A-Za-z0-9.-]{1,100}\.[A-Za-z]{2,20})?")

_REFUSED: Final = Problem(
    ProblemType.WRONG_PASSWORD,
    "El usuario o la contraseña no son correctos. Revise las mayúsculas y vuelva a intentarlo; si la olvidó, pida un "
    "enlace nuevo a quien administra Folio.",
)


@sign_in.get("/entrar")
def form() -> Response:
    """The form to sign in; whoever is signed in already goes on."""
    if person() is not None:
        return make_response(redirect(safe_path(request.args.get("luego", "/")), 303))
    return _form()


@sign_in.post("/entrar")
@limiter.limit(SIGN_IN_BY_ADDRESS, deduct_when=has_failed)
@limiter.limit(SIGN_IN_BY_LOGIN, key_func=login_in_form, deduct_when=has_failed)
@limiter.limit(SIGN_IN_BY_LOGIN_FROM_HERE, key_func=login_from_here, deduct_when=has_failed)
def enter() -> Response:
    """Sign in with login and password, and on to where the person was going."""
    store, login = front().store, request.form.get("login", "").strip()[:LONGEST_LOGIN]
    found = store.password_of(login)
    account, kept = found or (None, None)
    # Asked of whoever does not exist too: it takes the same time, and says the same.
    if not passwords.is_right(request.form.get("password", ""), kept) or account is None or not account.is_open:
        store.note_sign_in_refused(login, request.remote_addr or "", now=front().clock())
        return _form(_REFUSED)
    response = make_response(redirect(safe_path(request.form.get("luego", "/")), 303))
    sessions.begin(account, request, response)
    return response


@sign_in.post("/salir")
def leave() -> Response:
    """End this session, on the server too."""
    response = make_response(redirect(url_for("sign_in.form"), 303))
    if person() is not None:
        front().store.end_session(this_session().id, now=front().clock(), by=name_of_asker())
    sessions.forget(response)
    return response


@sign_in.get("/salir")
def sent_here() -> Response:
    """The address of a form, asked for by whoever copies it."""
    return make_response(redirect(url_for("pages.home"), 303))


@sign_in.get("/llave/<id:secret>")
@limiter.limit(LINKS)
def key(secret: str) -> Response:
    """What a one-time link is for, with its form."""
    found = front().store.link(secret, front().clock())
    return _key_page(secret, found) if found else problem_page(_gone())


@sign_in.post("/llave/<id:secret>")
@limiter.limit(LINKS)
def use_key(secret: str) -> Response:
    """Use the link: open the first account, or choose the password of one that there is; and be signed in."""
    found = front().store.link(secret, front().clock())
    if found is None:
        return problem_page(_gone())
    used = _opened(secret) if found.purpose is LinkPurpose.ADMINISTRATOR else _chosen(secret, found)
    if isinstance(used, Problem):
        return _key_page(secret, found, used)
    if isinstance(used, LinkGone):
        return problem_page(_gone())
    response = make_response(redirect(url_for("pages.home"), 303))
    sessions.begin(used, request, response)
    return response


def login_error(login: str) -> FieldError | None:
    """Why this cannot be anybody's login; None when it can."""
    if _LOGIN.fullmatch(login):
        return None
    reason = "El usuario es un correo, o de 2 a 64 letras sin tilde, cifras, puntos o guiones, sin espacios."
    return FieldError("login", login[:80], reason)


def name_error(name: str) -> FieldError | None:
    """Why this cannot be how a person is called in the record; None when it can."""
    try:
        said = plain_text(name, LONGEST_NAME)
    except NotUnderstood as reason:
        return FieldError("name", "", str(reason))
    if not said.isprintable():
        return FieldError("name", "", "El nombre tiene un carácter que no se ve: escríbalo de nuevo con el teclado.")
    return None if said else FieldError("name", "", "Escriba su nombre o su cargo: es lo que queda en el registro.")


def _opened(secret: str) -> Account | LinkGone | Problem:
    login, name = request.form.get("login", "").strip(), request.form.get("name", "").strip()
    errors = [error for error in (login_error(login), name_error(name), _password_error(login, name)) if error]
    if errors:
        return invalid_request(tuple(errors))
    kept = passwords.hash_of(request.form["password"])
    opened = front().store.first_administrator(secret, new_id(), login, name, kept, now=front().clock())
    if isinstance(opened, LoginTaken):
        return invalid_request((FieldError("login", login, "Ese usuario ya existe: elija otro."),))
    return opened


def _chosen(secret: str, link: Link) -> Account | LinkGone | Problem:
    login, name = (link.account.login, link.account.name) if link.account else ("", "")
    error = _password_error(login, name)
    if error:
        return invalid_request((error,))
    return front().store.use_link(secret, passwords.hash_of(request.form["password"]), now=front().clock())


def _password_error(*known: str) -> FieldError | None:
    said = passwords.objection(request.form.get("password", ""), request.form.get("again", ""), *known)
    return FieldError("password", "", said) if said else None


def _gone() -> Problem:
    """What to do about a link that opens nothing; the terminal is for whoever has nobody to ask."""
    told = "Este enlace ya se usó o ya venció."
    if front().store.has_administrator():
        return Problem(ProblemType.NOT_FOUND, f"{told} Pida otro a quien administra Folio.")
    return Problem(
        ProblemType.NOT_FOUND,
        f"{told} Todavía nadie administra Folio: en el equipo donde está instalado, «folio account first» hace otro.",
    )


def _form(problem: Problem | None = None) -> Response:
    said = request.form if request.method == "POST" else request.args
    page = render_template(
        "sign_in.html",
        problem=problem,
        login=request.form.get("login", ""),
        onwards=said.get("luego", ""),
        is_new=problem is None and not front().store.has_administrator(),
    )
    return make_response(page, problem.type.status if problem else 200)


def _key_page(secret: str, link: Link, problem: Problem | None = None) -> Response:
    page = render_template(
        "key.html",
        secret=secret,
        link=link,
        is_first=link.purpose is LinkPurpose.ADMINISTRATOR,
        problem=problem,
        errors={error.field: error.message for error in problem.errors} if problem else {},
        said=request.form,
        shortest=passwords.SHORTEST,
        role=Role.ADMINISTERS if link.account is None else link.account.role,
    )
    return make_response(page, problem.type.status if problem else 200)
