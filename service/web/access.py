"""A request -> who asks, and whether they may: the one place where the front decides what anybody is let do.

Every endpoint stands in `ACCESS` with what it takes; one that does not is served to nobody. People come with the cookie
of a session, programs with a token; a cookie changes nothing through the API, where no form of ours vouches for it.
Whose reports there are is the store's: it is bound to the office of whoever asks, and finds no others.
"""

from __future__ import annotations

import logging
from enum import Enum
from typing import Final

from flask import Flask, Response, g, make_response, redirect, request, url_for
from flask_wtf.csrf import CSRFError, CSRFProtect, generate_csrf
from markupsafe import Markup

from service.domain.people import FIRST_OFFICE, Person, Role
from service.store import Account, Session
from service.web.asker import person
from service.web.front import front
from service.web.problems import Problem, ProblemType
from service.web.sessions import IDLE, secret_in

_log: Final = logging.getLogger(__name__)

# Answered without looking for a session, so that a database's outage takes none of them with it.
_ASKED_OFTEN: Final = {"static", "health.alive", "health.ready"}

_READING: Final = {"GET", "HEAD", "OPTIONS"}
_API: Final = "/api/"


class Open(Enum):
    """What takes no role: `TO_ALL` not even an account, `TO_PEOPLE` any account that is signed in with a session."""

    TO_ALL = "todos"
    TO_PEOPLE = "personas"


Takes = Role | Open

_READS, _PREPARES, _APPROVES, _ADMINISTERS = Role

ACCESS: Final[dict[str, Takes]] = {
    "static": Open.TO_ALL,
    "health.alive": Open.TO_ALL,
    "health.ready": Open.TO_ALL,
    "api.openapi": Open.TO_ALL,
    # Whoever holds a paper may ask whether it is the real one.
    "api.verify_code": Open.TO_ALL,
    "api.verify_file": Open.TO_ALL,
    "verify.form": Open.TO_ALL,
    "verify.check": Open.TO_ALL,
    "verify.sealed": Open.TO_ALL,
    "sign_in.form": Open.TO_ALL,
    "sign_in.enter": Open.TO_ALL,
    "sign_in.key": Open.TO_ALL,
    "sign_in.use_key": Open.TO_ALL,
    "sign_in.leave": Open.TO_ALL,
    "sign_in.sent_here": Open.TO_ALL,
    "identity.go": Open.TO_ALL,
    "identity.back": Open.TO_ALL,
    "account.account": Open.TO_PEOPLE,
    "account.choose_password": Open.TO_PEOPLE,
    "account.end_session": Open.TO_PEOPLE,
    "account.end_other_sessions": Open.TO_PEOPLE,
    "account.look_at_office": Open.TO_PEOPLE,
    "account.sent_here": Open.TO_PEOPLE,
    "api.report": _READS,
    "api.overview": _READS,
    "upload.form": _READS,
    "upload.example": _READS,
    "upload.try_example": _PREPARES,
    "overview.board": _READS,
    "api.reports": _READS,
    "api.changes": _READS,
    "api.document": _READS,
    "api.page_picture": _READS,
    "api.plan": _READS,
    "api.signed_copies": _READS,
    "api.signed_copy": _READS,
    "api.office": _READS,
    "api.office_history": _READS,
    "api.upload_progress": _PREPARES,
    "api.create_report": _PREPARES,
    "api.request_documents": _PREPARES,
    "api.retry_document": _PREPARES,
    "api.next_quarter": _PREPARES,
    "api.keep_copy": _PREPARES,
    "api.issue_report": _APPROVES,
    "api.keep_office": _ADMINISTERS,
    "pages.home": _READS,
    "pages.reports": _READS,
    "pages.report": _READS,
    "pages.moving": _READS,
    "pages.sent_here": _READS,
    "pages.blank": _READS,
    "pages.upload": _PREPARES,
    "pages.correction": _PREPARES,
    "pages.step": _PREPARES,
    "versions.plan": _READS,
    "versions.latest_plan": _READS,
    "versions.compare_two": _READS,
    "versions.change_log": _READS,
    "versions.changes": _READS,
    "versions.sent_here": _READS,
    "versions.request_documents": _PREPARES,
    "versions.retry_document": _PREPARES,
    "versions.issue_report": _APPROVES,
    "verify.signed_form": _PREPARES,
    "verify.sent_here": _READS,
    "office.office": _READS,
    "office.logo": _READS,
    "office.sent_here": _READS,
    "office.keep": _ADMINISTERS,
    "office.restore": _ADMINISTERS,
    "audit.entries": _ADMINISTERS,
    "audit.as_csv": _ADMINISTERS,
    "audit.as_json_lines": _ADMINISTERS,
    "audit.verify": _ADMINISTERS,
    "audit.sent_here": _ADMINISTERS,
    "api.audit_entries": _ADMINISTERS,
    "people.people": _ADMINISTERS,
    "people.one": _ADMINISTERS,
    "people.open_account": _ADMINISTERS,
    "people.change_account": _ADMINISTERS,
    "people.make_link": _ADMINISTERS,
    "people.end_sessions": _ADMINISTERS,
    "people.make_token": _ADMINISTERS,
    "people.end_token": _ADMINISTERS,
    "people.open_office": _ADMINISTERS,
    "people.rename_office": _ADMINISTERS,
    "people.sent_here": _ADMINISTERS,
}

# What each role is called where somebody lacks it.
ROLE_NAMES: Final = {
    Role.READS: "lectura",
    Role.PREPARES: "elabora",
    Role.APPROVES: "aprueba",
    Role.ADMINISTERS: "administra",
}

_NOBODY: Final = Problem(
    ProblemType.NOT_SIGNED_IN,
    "Para esto hay que identificarse: envíe un token de acceso en la cabecera Authorization (Bearer).",
)
_SESSION_OVER: Final = Problem(
    ProblemType.NOT_SIGNED_IN,
    "Su sesión terminó y lo que envió no se guardó. Entre de nuevo en otra pestaña, vuelva a esta con «Atrás», donde "
    "sigue lo que escribió, y envíelo otra vez.",
)
_COOKIE_ONLY: Final = Problem(
    ProblemType.NOT_SIGNED_IN,
    "La API no cambia nada con la sesión del navegador: use las páginas, o un token de acceso (Authorization: Bearer).",
)
_NOT_FROM_HERE: Final = Problem(
    ProblemType.CROSS_SITE,
    "El formulario no llegó con la marca que Folio le puso, o esta ya no vale: puede que lleve mucho tiempo abierto o "
    "que el navegador no admita cookies. Nada se guardó. Cargue la página de nuevo y envíelo otra vez.",
)

_ANOTHER_OFFICE: Final = Problem(
    ProblemType.OTHER_OFFICE,
    "Este formulario era de otra oficina: en otra pestaña usted pasó a mirar una distinta. Nada se guardó. Vuelva a la "
    "oficina de antes, arriba a la derecha, y envíelo de nuevo.",
)

# Which office is looked at does not matter to them.
_OF_NO_OFFICE: Final = {"account.look_at_office", "sign_in.leave"}

_forms: Final = CSRFProtect()


def may(role: str) -> bool:
    """Whether whoever asks may do what takes this role (`lectura`, `elabora`, `aprueba`, `administra`)."""
    who = person()
    return who is not None and who.may(Role(role))


def csrf_field() -> Markup:
    """The hidden field that every form of ours carries, so that no other site's form is taken for one."""
    who, mark = person(), Markup('<input type="hidden" name="csrf_token" value="{}">').format(generate_csrf())
    if who is None or not who.sees_all_offices:
        return mark
    # Whoever looks at another office in another tab must not change that one with the form of this one.
    return mark + Markup('<input type="hidden" name="looked_at" value="{}">').format(who.office_id)


def refusal() -> Response | Problem | None:
    """Find out who asks; what they are answered when they may not, None when they may.

    Raises:
        StoreUnavailable: it cannot be told who asks.
    """
    endpoint, is_api = request.endpoint, request.path.startswith(_API)
    if endpoint in _ASKED_OFTEN:
        return None
    g.person = _program() if is_api and "Authorization" in request.headers else _signed_in()
    if endpoint is None:
        # No such address, whoever asks.
        return None
    takes = ACCESS.get(endpoint)
    if takes is None:
        _log.error("%s stands in no table of rights, and is served to nobody", endpoint)
        return Problem(ProblemType.NOT_FOUND, "Esta dirección no existe. Revise que esté completa.")
    return _lacks_right(takes, is_api=is_api) or _lacks_mark(takes, is_api=is_api)


def keep_marks(app: Flask) -> None:
    """Let the forms of an application carry their marks; whether one is needed is decided here and nowhere else."""
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False
    # A form may stay open all day; it is the session that ends.
    app.config["WTF_CSRF_TIME_LIMIT"] = None
    _forms.init_app(app)
    # Globals and not context: macros see them however they are imported.
    app.jinja_env.globals.update(csrf_field=csrf_field, may=may)


def this_session() -> Session:
    """The session that this request came with; only where one is sure to be."""
    found: Session = g.session
    return found


def safe_path(path: str) -> str:
    """Where to go on to after signing in: an address of this Folio, else its home."""
    is_here = path.startswith("/") and not path.startswith("//") and "\\" not in path and path.isprintable()
    return path if is_here else url_for("pages.home")


def _signed_in() -> Person | None:
    secret = secret_in(request)
    found = front().store.session(secret, front().clock(), IDLE) if secret else None
    g.session = found
    return _person_of(found) if found else None


def _person_of(session: Session) -> Person:
    account: Account = session.account
    return Person(
        account.id,
        account.name,
        account.role,
        account.office_id or session.office_id,
        sees_all_offices=account.office_id is None,
    )


def _program() -> Person | None:
    kind, _, secret = request.headers["Authorization"].partition(" ")
    found = front().store.token(secret.strip(), front().clock()) if kind.lower() == "bearer" else None
    if found is None:
        return None
    # The store has lowered its role already to what whoever made it may do by now.
    token, _account = found
    return Person(token.account_id or "", token.name, token.role, token.office_id or FIRST_OFFICE, is_program=True)


def _lacks_right(takes: Takes, *, is_api: bool) -> Response | Problem | None:
    who = person()
    if takes is Open.TO_ALL or (who and not who.is_program and takes is Open.TO_PEOPLE):
        return None
    if who is None:
        return _asked_to_sign_in(is_api=is_api)
    return None if isinstance(takes, Role) and who.may(takes) else _lacks(takes, who)


def _lacks_mark(takes: Takes, *, is_api: bool) -> Problem | None:
    """What a request that changes something lacks when no form of ours vouches for it, nor a token."""
    who = person()
    if request.method in _READING or (who and who.is_program):
        return None
    if is_api:
        return None if takes is Open.TO_ALL else _COOKIE_ONLY
    try:
        _forms.protect()
    except CSRFError:
        return _NOT_FROM_HERE
    looked_at = request.form.get("looked_at")
    is_elsewhere = who is not None and looked_at not in {None, who.office_id}
    return _ANOTHER_OFFICE if is_elsewhere and request.endpoint not in _OF_NO_OFFICE else None


def _asked_to_sign_in(*, is_api: bool) -> Response | Problem:
    if is_api:
        return _NOBODY
    if request.method not in _READING:
        return _SESSION_OVER
    here = request.full_path.rstrip("?")
    onwards = None if here == url_for("pages.home") else here
    return make_response(redirect(url_for("sign_in.form", luego=onwards), 303))


def _lacks(takes: Takes, who: Person) -> Problem:
    needed = ROLE_NAMES[takes] if isinstance(takes, Role) else "una persona que entró"
    return Problem(
        ProblemType.NOT_ALLOWED,
        f"Esto lo hace quien tiene el rol «{needed}», y usted tiene el rol «{ROLE_NAMES[who.role]}». Nada cambió. "
        "Pídaselo a quien administra Folio en su oficina.",
    )
