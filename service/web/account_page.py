"""What a person does with their own account: another password, where they are signed in, which office they look at."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for

from service.domain.errors import StoreUnavailable
from service.web import passwords
from service.web.access import safe_path, this_session
from service.web.asker import name_of_asker, person
from service.web.front import front
from service.web.problems import FieldError, Problem, ProblemType, invalid_request
from service.web.rates import SIGN_IN_BY_ADDRESS, has_failed, limiter
from service.web.report_page import problem_page

account_pages: Final = Blueprint("account", __name__)

_NO_SUCH_SESSION: Final = Problem(ProblemType.NOT_FOUND, "Esa sesión ya terminó.")
_NO_SUCH_OFFICE: Final = Problem(ProblemType.NOT_FOUND, "No se encontró esa oficina.")


@account_pages.app_context_processor
def offices_to_choose() -> dict[str, object]:
    """The offices that whoever asks may look at, where there is a choice, and the one looked at."""
    who = person()
    if who is None or not who.sees_all_offices:
        return {"office_choices": ()}
    try:
        offices = front().store.planning_offices()
    except StoreUnavailable:
        # The page that says so must come out all the same.
        offices = ()
    choices = tuple((office.id, office.name) for office in offices) if len(offices) > 1 else ()
    return {"office_choices": choices, "office_looked_at": who.office_id}


@account_pages.get("/cuenta")
def account() -> Response:
    """The account of whoever is signed in."""
    return _page()


@account_pages.post("/cuenta/clave")
@limiter.limit(SIGN_IN_BY_ADDRESS, deduct_when=has_failed)
def choose_password() -> Response:
    """Choose another password; every other session of the account ends."""
    mine = this_session().account
    found = front().store.password_of(mine.login)
    kept = found[1] if found else None
    errors = []
    # Whoever comes through an identity provider has none yet, and chooses a first one.
    if kept and not passwords.is_right(request.form.get("current", ""), kept):
        errors.append(FieldError("current", "", "La contraseña de ahora no es esa."))
    said = passwords.objection(request.form.get("password", ""), request.form.get("again", ""), mine.login, mine.name)
    if said:
        errors.append(FieldError("password", "", said))
    if errors:
        return _page(invalid_request(tuple(errors)))
    front().store.choose_password(
        mine.id,
        passwords.hash_of(request.form["password"]),
        now=front().clock(),
        by=name_of_asker(),
        but=this_session().id,
    )
    return make_response(redirect(url_for("account.account", hecho="clave"), 303))


@account_pages.post("/cuenta/sesiones/<id:session_id>/fin")
def end_session(session_id: str) -> Response:
    """End one of one's own sessions."""
    mine = front().store.sessions_of(this_session().account.id, front().clock())
    if session_id not in {each.id for each in mine}:
        return problem_page(_NO_SUCH_SESSION)
    front().store.end_session(session_id, now=front().clock(), by=name_of_asker())
    return make_response(redirect(url_for("account.account", hecho="sesion"), 303))


@account_pages.post("/cuenta/sesiones/fin")
def end_other_sessions() -> Response:
    """End all of one's own sessions but this one."""
    store, this = front().store, this_session()
    store.end_sessions_of(this.account.id, now=front().clock(), by=name_of_asker(), but=this.id)
    return make_response(redirect(url_for("account.account", hecho="sesiones"), 303))


@account_pages.post("/cuenta/oficina")
def look_at_office() -> Response:
    """Look at another office's reports, for whoever sees all of them."""
    wanted, who = request.form.get("office", ""), person()
    known = {each.id for each in front().store.planning_offices()}
    if who is None or not who.sees_all_offices or wanted not in known:
        return problem_page(_NO_SUCH_OFFICE)
    front().store.look_at_office(this_session().id, wanted)
    return make_response(redirect(safe_path(request.form.get("luego", "/")), 303))


@account_pages.get("/cuenta/<path:_form>")
def sent_here(_form: str) -> Response:
    """The address of a form, asked for by whoever copies it: the form is on the page."""
    return make_response(redirect(url_for("account.account"), 303))


def _page(problem: Problem | None = None) -> Response:
    this = this_session()
    page = render_template(
        "account.html",
        problem=problem,
        errors={error.field: error.message for error in problem.errors} if problem else {},
        account=this.account,
        this=this,
        sessions=front().store.sessions_of(this.account.id, front().clock()),
        done=request.args.get("hecho", "") if problem is None else "",
        shortest=passwords.SHORTEST,
    )
    return make_response(page, problem.type.status if problem else 200)
