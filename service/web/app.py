"""Store, bell and reading room -> the Flask application that serves pages, API and health.

It opens nothing itself and reads no setting: whoever makes it hands everything in.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Iterable
from http import HTTPStatus
from pathlib import Path
from typing import Final

from flask import Flask, Response, request
from flask.json.provider import DefaultJSONProvider
from jinja2 import StrictUndefined
from werkzeug.exceptions import HTTPException
from werkzeug.routing import BaseConverter

from service.domain.errors import StoreUnavailable
from service.domain.office import REFERENCE_OFFICE, Office
from service.jobs import Bell
from service.sheets.isolated import ReadingRoom
from service.store import Store, new_id
from service.web.alterations import refused
from service.web.api import api
from service.web.corrections import worth_showing
from service.web.front import EXTENSION, Front, front
from service.web.health import health
from service.web.limits import FIELDS_BYTES, FORM_PARTS, ID_PATTERN, MAX_UPLOAD_BYTES
from service.web.pages import pages
from service.web.problems import STORE_UNAVAILABLE, Problem, ProblemType, problem_response
from service.web.progress import ProgressBoard, keep_progress
from service.web.report_page import problem_page
from service.web.security import guarded, host_names, refuse_cross_site, refuse_stranger
from service.web.uploads import FolioRequest, drop_rest, too_large
from service.web.version_pages import versions

_FOR_PROGRAMS: Final = ("/api/", "/healthz", "/readyz")

_log: Final = logging.getLogger(__name__)


class ReportId(BaseConverter):
    """Only what may be an id reaches the store; anything else is an address that does not exist."""

    regex = ID_PATTERN


class PlainJson(DefaultJSONProvider):
    """JSON in the order it was written, with its accents."""

    ensure_ascii = False
    sort_keys = False


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
    office: Office = REFERENCE_OFFICE,
    progress_folder: Path | None = None,
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
        office: whose vocabularies and thresholds count; the reading room's own.
        progress_folder: where the processes of one front see how far an upload is; None tells nobody.
    """
    app = Flask("service.web")
    app.request_class = FolioRequest
    app.json = PlainJson(app)
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.filters["worth_showing"] = worth_showing
    app.config.update(
        MAX_CONTENT_LENGTH=max_upload_bytes + FIELDS_BYTES,
        MAX_FORM_MEMORY_SIZE=FIELDS_BYTES,
        MAX_FORM_PARTS=FORM_PARTS,
        PROVIDE_AUTOMATIC_OPTIONS=False,
    )
    app.url_map.converters["id"] = ReportId
    app.extensions[EXTENSION] = Front(store, bell, reading_room, clock, new_id, max_upload_bytes, office)
    for blueprint in (api, health, pages, versions):
        app.register_blueprint(blueprint)
    keep_progress(app, ProgressBoard(progress_folder))
    _keep_strangers_out(app, host_names(trusted_hosts))
    _explain_errors(app, max_upload_bytes)
    return app


def _keep_strangers_out(app: Flask, trusted: frozenset[str]) -> None:
    @app.before_request
    def refuse() -> Response | None:
        problem = refuse_stranger(request, trusted) or refuse_cross_site(request)
        return _answer(problem) if problem else None

    app.after_request(guarded)


def _explain_errors(app: Flask, max_upload_bytes: int) -> None:
    wrong_method = Problem(ProblemType.WRONG_METHOD, "La dirección existe, pero no para lo que se pidió de ella.")
    by_status = {
        404: Problem(ProblemType.NOT_FOUND, "Esta dirección no existe. Revise que esté completa."),
        405: wrong_method,
        413: too_large(max_upload_bytes),
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
        return _answer(STORE_UNAVAILABLE)

    @app.errorhandler(Exception)
    def surprise(_error: Exception) -> Response:
        _log.exception("%s %s failed", request.method, request.path)
        return _answer(
            Problem(
                ProblemType.UNEXPECTED,
                "No fue por su archivo. Inténtelo de nuevo; si vuelve a pasar, avise a quien administra Folio.",
            )
        )


def _answer(problem: Problem) -> Response:
    if request.path.startswith(_FOR_PROGRAMS):
        return problem_response(problem)
    return problem_page(problem)
