"""The form that a workbook is uploaded with: alone, beside what was found in one that was refused; and the example.

The first page holds the same form. What is sent with it goes to `pages.upload`.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from dataclasses import dataclass, replace
from typing import Final

from flask import Blueprint, Response, make_response, redirect, render_template, request, send_file, url_for

from service.domain.findings import FindingCode
from service.domain.reading import Given
from service.domain.reports import DocumentKind
from service.domain.values import ROMAN
from service.settings import EXAMPLE
from service.store import Upload
from service.web import corrections
from service.web.asker import name_of_asker
from service.web.corrections import ShownColumn
from service.web.front import Known, front
from service.web.problems import Problem, ProblemType
from service.web.report_page import problem_page
from service.web.uploads import Received

upload_pages: Final = Blueprint("upload", __name__)

_FIELDS: Final = ("year", "quarter", "version")
_LACKING: Final = {
    FindingCode.PLAN_001: "year", FindingCode.PLAN_002: "quarter", FindingCode.PLAN_003: "version",
}  # fmt: skip
_NO_EXAMPLE: Final = Problem(
    ProblemType.NOT_FOUND, "Esta instalación de Folio no trae el plan de ejemplo. Suba su propio libro."
)


@dataclass(frozen=True, slots=True)
class UploadForm:
    """What the form holds: what was said stays said; the file is chosen again, for browsers do not let a page keep it.

    `wrong` says of each field what is wrong with it. With `is_open` the fields for what a workbook says are shown.
    """

    given: dict[str, str]
    wrong: dict[str, str]
    keeps_draft: bool
    is_open: bool
    columns: tuple[ShownColumn, ...]
    remembered_at: dt.datetime | None
    quarters: tuple[str, ...]
    sending: str
    max_megabytes: int


@upload_pages.get("/subir")
def form() -> Response:
    """The form alone."""
    return upload_page()


@upload_pages.get("/plan-de-ejemplo")
def example() -> Response:
    """The workbook of the example, to be looked at and uploaded."""
    if not EXAMPLE.is_file():
        return problem_page(_NO_EXAMPLE)
    response = send_file(
        EXAMPLE, mimetype=DocumentKind.EXCEL.media_type, as_attachment=True, download_name=EXAMPLE.name
    )
    response.headers["Content-Security-Policy"] = "sandbox"
    return response


@upload_pages.post("/plan-de-ejemplo")
def try_example() -> Response:
    """Read the example as if it had been uploaded: a draft like any other."""
    if not EXAMPLE.is_file():
        return problem_page(_NO_EXAMPLE)
    content, now = EXAMPLE.read_bytes(), front().clock()
    upload = Upload(EXAMPLE.name, content, hashlib.sha256(content).hexdigest(), now)
    received = Received(
        upload, Given(), (), may_be_draft=True, idempotency_key=None, by=name_of_asker(), is_looked_at=True
    )
    appended = front().submit(replace(received, idempotency_key=form_key(received)))
    if isinstance(appended, Problem):
        return upload_page(appended, filename=EXAMPLE.name)
    known = "1" if isinstance(appended, Known) else None
    return make_response(redirect(url_for("pages.report", report_id=appended.report.id, conocido=known), 303))


def upload_page(problem: Problem | None = None, *, filename: str = "") -> Response:
    """The form, and above it why a workbook was refused and all that was found in it."""
    page = render_template("upload.html", problem=problem, filename=filename, form=upload_form(problem))
    response = make_response(page, problem.type.status if problem else 200)
    response.headers.update(problem.headers if problem else {})
    return response


def upload_form(problem: Problem | None = None) -> UploadForm:
    """The form as this request left it."""
    given = _given(problem)
    keeps_draft = problem is None or "sending" not in request.form or "draft" in request.form
    wrong = {error.field: error.message for error in problem.errors} if problem else {}
    return UploadForm(
        given=given,
        wrong={field: message for field, message in wrong.items() if field in _FIELDS},
        keeps_draft=keeps_draft,
        is_open=any(given.values()) or not keeps_draft or _lacks_a_field(problem),
        columns=corrections.columns_in_refused(problem.understood) if problem else (),
        remembered_at=corrections.remembered_in_refused(problem.understood) if problem else None,
        quarters=tuple(ROMAN.values()),
        sending=secrets.token_urlsafe(16),
        max_megabytes=front().max_upload_bytes // (1024 * 1024),
    )


def form_key(received: Received) -> str | None:
    """What tells a form that is sent twice, by a double click, from the same page with another file."""
    sending = request.form.get("sending", "")
    if not sending:
        return None
    said = (received.given, received.may_be_draft, received.step, received.is_afresh)
    parts = (sending, received.upload.sha256, *map(str, said))
    return "form-" + hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _lacks_a_field(problem: Problem | None) -> bool:
    """Whether the workbook does not say which report it is, so that the form must."""
    return problem is not None and any(finding.code in _LACKING for finding in problem.findings)


def _given(problem: Problem | None) -> dict[str, str]:
    """What the form's fields hold: what was said, else what Folio would put where the workbook says nothing."""
    said = {field: request.form.get(field, "") for field in _FIELDS}
    for finding in problem.findings if problem else ():
        field = _LACKING.get(finding.code)
        if field:
            said[field] = said[field] or finding.proposal or ""
    return said
