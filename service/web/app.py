"""Store, bell and reading room -> the Flask application that serves pages, API and health.

It opens nothing itself and reads no setting: whoever makes it hands everything in.
"""

from __future__ import annotations

import datetime as dt
import errno
import logging
import secrets
from collections.abc import Callable, Iterable
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Final

from flask import Flask, Response, request
from flask.json.provider import DefaultJSONProvider
from jinja2 import StrictUndefined
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import BaseConverter, IntegerConverter

from service.domain.archive import told
from service.domain.errors import StoreFull, StoreUnavailable
from service.domain.frame import Seal
from service.jobs import Bell
from service.notices import Watch
from service.papers.room import CheckingRoom
from service.settings import Provider
from service.sheets.isolated import ReadingRoom
from service.store import Store, new_id
from service.web import access
from service.web.account_page import account_pages
from service.web.alterations import refused
from service.web.api import api
from service.web.audit_pages import audit
from service.web.front import EXTENSION, Front, GoverningFile, front
from service.web.grouped import grouped
from service.web.health import health
from service.web.identity_pages import identity_pages, keep_identity
from service.web.limits import FIELDS_BYTES, FORM_PARTS, ID_PATTERN, MAX_UPLOAD_BYTES, PUBLIC_URL
from service.web.navigation import head_of_page
from service.web.office_page import office_pages
from service.web.overview_pages import overview_pages
from service.web.pages import pages
from service.web.people_pages import people_pages
from service.web.problems import Problem, ProblemType, problem_response, store_problem
from service.web.progress import ProgressBoard, keep_progress
from service.web.rates import keep_rates
from service.web.report_page import problem_page
from service.web.security import guarded, host_names, refuse_cross_site, refuse_stranger
from service.web.sign_in_pages import sign_in
from service.web.tracing import keep_trace
from service.web.turns import keep_turns
from service.web.understood import understood_of_refused
from service.web.upload_pages import upload_pages
from service.web.uploads import FolioRequest, drop_rest, too_large
from service.web.verify_pages import verify
from service.web.verifying import keep_papers
from service.web.version_pages import versions

_FOR_PROGRAMS: Final = ("/api/", "/healthz", "/readyz")
_SECRET_BYTES: Final = 32

_log: Final = logging.getLogger(__name__)


class ReportId(BaseConverter):
    """Only what may be an id reaches the store; anything else is an address that does not exist."""

    regex = ID_PATTERN


class Digits(IntegerConverter):
    """A number as everybody here writes it: digits of other scripts would be a second address of the same thing."""

    regex = "[0-9]+"


class PlainJson(DefaultJSONProvider):
    """JSON in the order it was written, with its accents."""

    ensure_ascii = False
    sort_keys = False
    default = staticmethod(told)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def create_app(
    *,
    store: Store,
    bell: Bell,
    reading_room: ReadingRoom,
    clock: Callable[[], dt.datetime] = _now,
    new_id: Callable[[], str] = new_id,
    trusted_hosts: Iterable[str] = ("127.0.0.1", "localhost"),
    max_upload_bytes: int = MAX_UPLOAD_BYTES,
    office_file: GoverningFile | None = None,
    progress_folder: Path | None = None,
    sealer: Callable[[str], Seal] | None = None,
    forms_secret: bytes | None = None,
    has_tls: bool = False,
    proxies: int = 0,
    counting_redis: str | None = None,
    provider: Provider | None = None,
    public_url: str = "http://localhost:8000",
    watch: Watch | None = None,
) -> Flask:
    """Make the front.

    Args:
        store: where reports are remembered.
        bell: tells the worker, after COMMIT, that there is something to write.
        reading_room: reads workbooks in a process of its own.
        clock: gives the present instant, aware UTC.
        new_id: gives a new report's id: URL-safe, not to be guessed.
        trusted_hosts: the names this service may be called by, without port.
        max_upload_bytes: the most that a workbook may weigh.
        office_file: what the office says of itself in a file; None: it says so on the page.
        progress_folder: where the processes of one front see how far an upload is; None tells nobody.
        sealer: gives a report of that id its seal at its issue; None: what is issued has none.
        forms_secret: what the marks of our forms are signed with, the same in every process of one front; None: one
            that this process makes for itself.
        has_tls: whether people reach it by https alone, so that its cookies travel no other way.
        proxies: how many proxies of our own stand before it, whose word on who asks is taken.
        counting_redis: where tries at signing in are counted; None: in this process.
        provider: vouches for people who sign in; None: their passwords alone do.
        public_url: how people reach this front, without a slash at its end.
        watch: lets requests wait for documents; None: they look for themselves, for nobody tells anything here.
    """
    app = Flask("service.web")
    app.request_class = FolioRequest
    app.json = PlainJson(app)
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.filters["grouped"] = grouped
    app.jinja_env.filters["understood_of_refused"] = understood_of_refused
    app.config.update(
        MAX_CONTENT_LENGTH=max_upload_bytes + FIELDS_BYTES,
        MAX_FORM_MEMORY_SIZE=FIELDS_BYTES,
        MAX_FORM_PARTS=FORM_PARTS,
        PROVIDE_AUTOMATIC_OPTIONS=False,
        SECRET_KEY=forms_secret or secrets.token_bytes(_SECRET_BYTES),
        SESSION_COOKIE_NAME="__Host-folio-forms" if has_tls else "folio-forms",
        SESSION_COOKIE_SECURE=has_tls,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        **{PUBLIC_URL: public_url},
    )
    if proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies)  # type: ignore[method-assign]
    app.url_map.converters.update(id=ReportId, int=Digits)
    app.extensions[EXTENSION] = Front(
        store, bell, reading_room, clock, new_id, max_upload_bytes, sealer, office_file, watch or Watch()
    )
    for blueprint in (account_pages, api, health, identity_pages, office_pages, pages, people_pages, sign_in, versions):
        app.register_blueprint(blueprint)
    app.register_blueprint(verify)
    app.context_processor(head_of_page)
    for blueprint in (upload_pages, overview_pages):
        app.register_blueprint(blueprint)
    app.register_blueprint(audit)
    keep_trace(app)
    keep_papers(app, CheckingRoom())
    keep_turns(app)
    keep_progress(app, ProgressBoard(progress_folder))
    keep_rates(app, counting_redis)
    access.keep_marks(app)
    keep_identity(app, provider, public_url)
    _keep_strangers_out(app, host_names(trusted_hosts), has_tls=has_tls)
    _explain_errors(app, max_upload_bytes)
    return app


def _keep_strangers_out(app: Flask, trusted: frozenset[str], *, has_tls: bool) -> None:
    @app.before_request
    def refuse() -> Response | None:
        problem = refuse_stranger(request, trusted) or refuse_cross_site(request)
        refusal = problem or access.refusal()
        if refusal is not None and request.method == "POST":
            drop_rest(request)
        return _answer(refusal) if isinstance(refusal, Problem) else refusal

    app.after_request(partial(guarded, has_tls=has_tls))


def _explain_errors(app: Flask, max_upload_bytes: int) -> None:
    wrong_method = Problem(ProblemType.WRONG_METHOD, "La dirección existe, pero no para lo que se pidió de ella.")
    by_status = {
        404: Problem(ProblemType.NOT_FOUND, "Esta dirección no existe. Revise que esté completa."),
        405: wrong_method,
        413: too_large(max_upload_bytes),
        429: Problem(ProblemType.TOO_MANY, "Espere un minuto y vuelva a intentarlo. Así nadie adivina probando."),
    }
    malformed = Problem(ProblemType.MALFORMED, "La petición llegó incompleta o mal formada. Envíela de nuevo.")

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> Response:
        if error.code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            drop_rest(request)
        problem = by_status.get(error.code or 500, malformed)
        if problem is wrong_method:
            problem = refused(front(), request) or problem
        response = _answer(problem)
        # 405 must say what is allowed.
        for name, value in error.get_response().headers:
            if name == "Allow":
                response.headers[name] = value
        return response

    @app.errorhandler(StoreUnavailable)
    def store_unavailable(error: StoreUnavailable) -> Response:
        _log.error("the store does not answer: %s", error)
        return _answer(store_problem(error))

    @app.errorhandler(Exception)
    def surprise(_error: Exception) -> Response:
        _log.exception("%s of %s failed", request.method, request.endpoint)
        return _answer(
            Problem(
                ProblemType.UNEXPECTED,
                "No fue por su archivo. Inténtelo de nuevo; si vuelve a pasar, avise a quien administra Folio.",
            )
        )

    @app.errorhandler(OSError)
    def no_room(error: OSError) -> Response:
        # A large upload lies on disk while it arrives.
        if error.errno not in {errno.ENOSPC, errno.EDQUOT}:
            return surprise(error)
        _log.error("there is no room on the disk for an upload")
        return _answer(store_problem(StoreFull("")))


def _answer(problem: Problem) -> Response:
    if request.path.startswith(_FOR_PROGRAMS):
        return problem_response(problem)
    return problem_page(problem)
