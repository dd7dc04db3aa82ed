"""*Personas*: the accounts of an office, their roles and links; the tokens of programs; the offices of this Folio.

Who is bound to an office manages that office's people and tokens alone. What belongs to others does not exist here.
"""

from __future__ import annotations

import datetime as dt
from typing import Final
from urllib.parse import urlsplit

from flask import Blueprint, Response, current_app, make_response, redirect, render_template, request, session, url_for

from service.domain.people import EXAMPLE_WRITER, FIRST_OFFICE, Role
from service.settings import is_loopback
from service.store import (
    PLAIN_OFFICE_ID,
    Account,
    LastAdministrator,
    LinkPurpose,
    LoginTaken,
    Token,
    new_id,
    new_secret,
    new_token,
)
from service.web.access import ROLE_NAMES
from service.web.asker import name_of_asker, person
from service.web.front import front
from service.web.limits import LONGEST_LOGIN, LONGEST_NAME, PUBLIC_URL
from service.web.problems import FieldError, Problem, ProblemType, invalid_request
from service.web.report_page import problem_page
from service.web.sign_in_pages import login_error, name_error

people_pages: Final = Blueprint("people", __name__)

# An invitation waits for its person over a week of leave; a new password for somebody locked out does not.
LINK_LASTS: Final = dt.timedelta(days=7)
# In days; empty: until somebody ends it.
TOKEN_LASTS: Final = ("30", "90", "365", "")

_ALL_OFFICES: Final = "todas"
_SHOWN_ONCE: Final = "shown_once"
_NO_SUCH_ACCOUNT: Final = Problem(ProblemType.NOT_FOUND, "No se encontró esa persona.")
_NO_SUCH_TOKEN: Final = Problem(ProblemType.NOT_FOUND, "No se encontró esa llave.")
_NO_SUCH_OFFICE: Final = Problem(ProblemType.NOT_FOUND, "No se encontró esa oficina.")
_LAST: Final = Problem(
    ProblemType.NOT_LEFT_ALONE,
    "Es la única persona que administra todo Folio: dele antes ese rol a otra, para que alguien pueda entrar.",
)


@people_pages.get("/personas")
def people() -> Response:
    """Who may do what here."""
    return _page()


@people_pages.post("/personas")
def open_account() -> Response:
    """Open an account; its page then shows once the link with which its person chooses a password."""
    login = request.form.get("login", "").strip()[:LONGEST_LOGIN]
    name = request.form.get("name", "").strip()
    role, office_id, errors = _role_and_office()
    errors += [error for error in (login_error(login), name_error(name)) if error]
    if errors:
        return _page(invalid_request(tuple(errors)))
    store, now = front().store, front().clock()
    opened = store.open_account(new_id(), login, name, role, office_id, now=now, by=name_of_asker())
    # A form that is sent twice opens one account, and its first link stays good.
    account = _same_again(login, name, role, office_id) if isinstance(opened, LoginTaken) else opened
    if account is None:
        return _page(invalid_request((FieldError("login", login, "Ya hay una persona con ese usuario."),)))
    if isinstance(opened, Account):
        _show_once(account, _link_for(account))
    # Another link would end the one that was copied already.
    is_again = session.get(_SHOWN_ONCE, {}).get("of") != account.id
    return make_response(redirect(url_for("people.one", account_id=account.id, hecho="ya" if is_again else None), 303))


@people_pages.get("/personas/<id:account_id>")
def one(account_id: str) -> Response:
    """One account: what it may do, where it is signed in."""
    found = _account(account_id)
    if found is None:
        return problem_page(_NO_SUCH_ACCOUNT)
    kept = session.get(_SHOWN_ONCE)
    if kept is None or kept["of"] != account_id:
        return _account_page(found)
    del session[_SHOWN_ONCE]
    return _account_page(found, link=kept["link"])


@people_pages.post("/personas/<id:account_id>")
def change_account(account_id: str) -> Response:
    """Change name, role and office of an account, close it or open it again; it acts on that person's next request."""
    found = _account(account_id)
    if found is None:
        return problem_page(_NO_SUCH_ACCOUNT)
    name = request.form.get("name", "").strip()
    role, office_id, errors = _role_and_office()
    errors += [error for error in (name_error(name),) if error]
    if errors:
        return _account_page(found, invalid_request(tuple(errors)))
    changed = front().store.change_account(
        account_id,
        name=name,
        role=role,
        office_id=office_id,
        is_open="open" in request.form,
        now=front().clock(),
        by=name_of_asker(),
    )
    if isinstance(changed, LastAdministrator):
        return _account_page(found, _LAST)
    return make_response(redirect(url_for("people.one", account_id=account_id, hecho="cambio"), 303))


@people_pages.post("/personas/<id:account_id>/llave")
def make_link(account_id: str) -> Response:
    """Another one-time link for somebody who lost theirs, or their password."""
    found = _account(account_id)
    if found is None or not found.is_open:
        return problem_page(_NO_SUCH_ACCOUNT)
    _show_once(found, _link_for(found))
    return make_response(redirect(url_for("people.one", account_id=account_id), 303))


@people_pages.post("/personas/<id:account_id>/sesiones/fin")
def end_sessions(account_id: str) -> Response:
    """Sign a person out everywhere."""
    if _account(account_id) is None:
        return problem_page(_NO_SUCH_ACCOUNT)
    front().store.end_sessions_of(account_id, now=front().clock(), by=name_of_asker())
    return make_response(redirect(url_for("people.one", account_id=account_id, hecho="sesiones"), 303))


@people_pages.post("/personas/tokens")
def make_token() -> Response:
    """Give a program a token, which the page shows once."""
    name = request.form.get("name", "").strip()
    role, office_id, errors = _role_and_office()
    errors += [error for error in (name_error(name),) if error]
    days = request.form.get("days", "")
    if days not in TOKEN_LASTS:
        errors.append(FieldError("days", days[:20], "Elija hasta cuándo vale la llave."))
    if errors:
        return _page(invalid_request(tuple(errors)), is_token=True)
    secret, now = new_token(), front().clock()
    who = person()
    made = front().store.make_token(
        new_id(),
        secret,
        name[:LONGEST_NAME],
        role,
        office_id or FIRST_OFFICE,
        who.account_id if who else None,
        now=now,
        expires_at=now + dt.timedelta(days=int(days)) if days else None,
        by=name_of_asker(),
    )
    return _page(token=secret, made=made)


@people_pages.post("/personas/tokens/<id:token_id>/fin")
def end_token(token_id: str) -> Response:
    """Take a token away from its program, at once."""
    if token_id not in {token.id for token in front().store.tokens(_bound_to())}:
        return problem_page(_NO_SUCH_TOKEN)
    front().store.end_token(token_id, now=front().clock(), by=name_of_asker())
    return make_response(redirect(url_for("people.people", hecho="token") + "#tokens-title", 303))


@people_pages.post("/personas/oficinas")
def open_office() -> Response:
    """Let another office work here, with plans, settings and people of its own."""
    office_id, name = request.form.get("office_id", "").strip(), request.form.get("name", "").strip()
    if _bound_to() is not None:
        return problem_page(_NO_SUCH_OFFICE)
    errors = [error for error in (name_error(name),) if error]
    if not PLAIN_OFFICE_ID.fullmatch(office_id):
        reason = (
            "El identificador tiene hasta 40 letras minúsculas sin tilde, cifras o guiones entre ellas, como "
            "«planeacion-sur»."
        )
        errors.append(FieldError("office_id", office_id[:80], reason))
    elif office_id in {each.id for each in front().store.planning_offices()}:
        errors.append(FieldError("office_id", office_id, "Ya hay una oficina con ese identificador."))
    if errors:
        return _page(invalid_request(tuple(errors)), is_office=True)
    front().store.open_planning_office(office_id, name, now=front().clock(), by=name_of_asker())
    return make_response(redirect(url_for("people.people", hecho="oficina") + "#offices-title", 303))


@people_pages.post("/personas/oficinas/<id:office_id>")
def rename_office(office_id: str) -> Response:
    """Call an office otherwise."""
    name = request.form.get("name", "").strip()
    if _bound_to() is not None or office_id not in {each.id for each in front().store.planning_offices()}:
        return problem_page(_NO_SUCH_OFFICE)
    if error := name_error(name):
        return _page(invalid_request((error,)), is_office=True)
    front().store.rename_planning_office(office_id, name, now=front().clock(), by=name_of_asker())
    return make_response(redirect(url_for("people.people", hecho="oficina") + "#offices-title", 303))


@people_pages.get("/personas/<path:_form>")
def sent_here(_form: str) -> Response:
    """The address of a form, asked for by whoever copies it: the form is on the page."""
    return make_response(redirect(url_for("people.people"), 303))


def _bound_to() -> str | None:
    """The office whose people whoever asks manages; None: everybody."""
    who = person()
    if who is None:
        raise TypeError("nobody manages people without being signed in")
    return None if who.sees_all_offices else who.office_id


def _account(account_id: str) -> Account | None:
    found, bound = front().store.account(account_id), _bound_to()
    return found if found and bound in {None, found.office_id} else None


def _role_and_office() -> tuple[Role, str | None, list[FieldError]]:
    """The role and the office that the form gives; None for every office, which only those give who see them all."""
    errors, said = [], request.form.get("role", "")
    if said not in set(Role):
        errors.append(FieldError("role", said[:80], "Elija qué puede hacer."))
    bound, office_id = _bound_to(), request.form.get("office", FIRST_OFFICE)
    if bound is not None:
        return Role(said) if not errors else Role.READS, bound, errors
    if office_id != _ALL_OFFICES and office_id not in {each.id for each in front().store.planning_offices()}:
        errors.append(FieldError("office", office_id[:80], "Elija la oficina a la que pertenece."))
    return Role(said) if said in set(Role) else Role.READS, None if office_id == _ALL_OFFICES else office_id, errors


def _same_again(login: str, name: str, role: Role, office_id: str | None) -> Account | None:
    found = front().store.account_of_login(login)
    is_same = found and (found.name, found.role, found.office_id) == (name, role, office_id)
    return found if found and is_same and found.is_open and not found.has_password else None


def _show_once(account: Account, link: str) -> None:
    """Keep a link for the next page of its account: loading that page again sends no form."""
    session[_SHOWN_ONCE] = {"of": account.id, "link": link}


def _link_for(account: Account) -> str:
    secret, now = new_secret(), front().clock()
    front().store.make_link(
        secret, LinkPurpose.PASSWORD, account.id, now=now, expires_at=now + LINK_LASTS, by=name_of_asker()
    )
    outside = str(current_app.config[PUBLIC_URL])
    # A Folio of this machine alone is reached as whoever asks reached it.
    is_of_here = is_loopback(urlsplit(outside).hostname or "")
    return (
        url_for("sign_in.key", secret=secret, _external=True)
        if is_of_here
        else outside + url_for("sign_in.key", secret=secret)
    )


def _page(
    problem: Problem | None = None,
    *,
    token: str = "",
    made: Token | None = None,
    is_token: bool = False,
    is_office: bool = False,
) -> Response:
    bound, store = _bound_to(), front().store
    offices, tokens = store.planning_offices(), store.tokens(bound)
    wrong = {error.field: error.message for error in problem.errors} if problem else {}
    page = render_template(
        "people.html",
        problem=problem,
        errors={} if is_token or is_office else wrong,
        token_errors=wrong if is_token else {},
        office_errors=wrong if is_office else {},
        said=request.form if problem and not (is_token or is_office) else {},
        token_said=request.form if is_token else {},
        office_said=request.form if is_office else {},
        accounts=store.accounts(bound),
        current=[each for each in tokens if not _is_over(each)],
        over=[each for each in tokens if _is_over(each) and not _is_of_example(each)],
        offices=offices if bound is None else (),
        office_names={each.id: each.name for each in offices},
        roles=ROLE_NAMES,
        lasts=TOKEN_LASTS,
        all_offices=_ALL_OFFICES,
        token=token,
        made=made,
        done=request.args.get("hecho", ""),
    )
    return make_response(page, problem.type.status if problem else 200)


def _is_over(token: Token) -> bool:
    return token.ended_at is not None or (token.expires_at is not None and token.expires_at <= front().clock())


def _is_of_example(token: Token) -> bool:
    """Whether Folio gave it to itself, to write the example at its first start."""
    return token.account_id is None and token.name == EXAMPLE_WRITER


def _account_page(account: Account, problem: Problem | None = None, *, link: str = "") -> Response:
    offices = front().store.planning_offices() if _bound_to() is None else ()
    page = render_template(
        "person.html",
        account=account,
        problem=problem,
        errors={error.field: error.message for error in problem.errors} if problem else {},
        said=request.form if problem else {},
        sessions=front().store.sessions_of(account.id, front().clock()),
        offices=offices,
        roles=ROLE_NAMES,
        all_offices=_ALL_OFFICES,
        link=link,
        done=request.args.get("hecho", ""),
    )
    return make_response(page, problem.type.status if problem else 200)
