"""The pages that planners see: upload, follow, correct, download. They work without JavaScript."""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import replace
from io import BytesIO
from types import ModuleType
from typing import Final

from flask import Blueprint, Response, make_response, redirect, render_template, request, send_file, url_for

from service.domain.errors import StoreUnavailable
from service.domain.findings import FindingCode
from service.domain.reading import Given
from service.domain.reports import DocumentKind
from service.domain.succession import Step
from service.domain.values import BOGOTA, ROMAN
from service.said import NotUnderstood
from service.store import StoredReport
from service.web import corrections, wording
from service.web.comparing import NO_SUCH_REPORT
from service.web.front import Known, front
from service.web.limits import ID_PATTERN, YEARS
from service.web.problems import Problem, ProblemType
from service.web.report_page import problem_page, report_page
from service.web.uploads import Received, receive, who

pages: Final = Blueprint("pages", __name__)

_PAGE_LENGTH: Final = 20
_LACKING: Final = {
    FindingCode.PLAN_001: "year", FindingCode.PLAN_002: "quarter", FindingCode.PLAN_003: "version",
}  # fmt: skip


@pages.app_context_processor
def sentences() -> dict[str, ModuleType]:
    """The templates' way to the sentences of `wording`."""
    return {"wording": wording}


@pages.get("/")
def home() -> Response:
    """What Folio is, the form to upload a workbook, and the reports so far."""
    before = request.args.get("antes", "")
    return _home(before=before if re.fullmatch(ID_PATTERN, before) else None)


@pages.get("/informes")
def reports() -> Response:
    """Where a refused form was sent is asked for again by whoever copies the address: the form is at home."""
    return make_response(redirect(url_for("pages.home"), 303))


@pages.post("/informes")
def upload() -> Response:
    """Take the form's workbook; on to the report's page, or back to the form with what must be corrected."""
    received = receive(request, max_upload_bytes=front().max_upload_bytes, received_at=front().clock())
    if isinstance(received, Problem):
        return _home(received)
    try:
        mapping = (*received.given.mapping, *corrections.columns_in(request.form))
    except NotUnderstood as reason:
        return _home(Problem(ProblemType.INVALID_REQUEST, str(reason)))
    received = replace(received, given=replace(received.given, mapping=mapping))
    appended = front().submit(replace(received, idempotency_key=_form_key(received)))
    if isinstance(appended, Problem):
        return _home(appended, filename=received.upload.filename)
    known = "1" if isinstance(appended, Known) else None
    return make_response(redirect(url_for("pages.report", report_id=appended.report.id, conocido=known), 303))


@pages.get("/informes/<id:report_id>")
def report(report_id: str) -> Response:
    """One report: what it is worth, what was found, what can be downloaded, and what comes next."""
    found = front().store.report(report_id)
    return report_page(front(), found) if found else problem_page(NO_SUCH_REPORT)


@pages.get("/informes/<id:report_id>/<any(correccion, paso):_form>")
def sent_here(report_id: str, _form: str) -> Response:
    """As above: the forms that are sent here are on the report's page."""
    return make_response(redirect(url_for("pages.report", report_id=report_id), 303))


@pages.post("/informes/<id:report_id>/correccion")
def correction(report_id: str) -> Response:
    """Read the same workbook again with the columns and the reasons that the form says: another draft."""
    store = front().store
    found, reading_json = store.report(report_id), store.reading_json(report_id)
    if found is None or reading_json is None:
        return problem_page(NO_SUCH_REPORT)
    layout = corrections.layout_of(reading_json)
    remembered = store.mapping_of(layout) if layout else ()
    try:
        given = corrections.corrected(found, remembered, request.form)
    except NotUnderstood as reason:
        return problem_page(Problem(ProblemType.INVALID_REQUEST, str(reason)))
    if given is None:
        return make_response(redirect(url_for("pages.report", report_id=report_id), 303))
    return _read_again(found, given, is_afresh=corrections.is_afresh(request.form))


@pages.post("/informes/<id:report_id>/paso")
def step(report_id: str) -> Response:
    """Read the same workbook again as what the person says that it is: another draft."""
    found = front().store.report(report_id)
    if found is None:
        return problem_page(NO_SUCH_REPORT)
    try:
        said, given = corrections.chosen(found, request.form)
    except NotUnderstood as reason:
        return report_page(front(), found, Problem(ProblemType.INVALID_REQUEST, str(reason)))
    return _read_again(found, given, said)


def _read_again(found: StoredReport, given: Given, said: Step | None = None, *, is_afresh: bool = False) -> Response:
    upload = front().store.upload(found.id)
    if upload is None:
        return problem_page(NO_SUCH_REPORT)
    again = replace(upload, received_at=front().clock())
    by = who("", request.remote_addr)
    received = Received(
        again, given, (), may_be_draft=True, idempotency_key=None, step=said, by=by, is_afresh=is_afresh
    )
    appended = front().submit(replace(received, idempotency_key=_form_key(received)))
    if isinstance(appended, Problem):
        return report_page(front(), found, appended)
    return make_response(redirect(url_for("pages.report", report_id=appended.report.id), 303))


@pages.get("/plantilla-en-blanco")
def blank() -> Response:
    """A workbook for offices that start from nothing, to be filled in and uploaded."""
    text = request.args.get("year", "")
    if not (re.fullmatch("[0-9]{4}", text) and int(text) in YEARS):
        detail = f"Indique el año con cuatro cifras, entre {YEARS[0]} y {YEARS[-1]}: /plantilla-en-blanco?year=2025."
        return problem_page(Problem(ProblemType.INVALID_REQUEST, detail))
    response = send_file(
        BytesIO(front().blank_workbook(int(text))),
        mimetype=DocumentKind.EXCEL.media_type,
        as_attachment=True,
        download_name=f"plan-de-accion-{text}_en-blanco.xlsx",
    )
    response.headers["Content-Security-Policy"] = "sandbox"
    return response


def _home(problem: Problem | None = None, *, filename: str = "", before: str | None = None) -> Response:
    try:
        found = front().store.reports(_PAGE_LENGTH + 1, before)
    except StoreUnavailable:
        if problem is None:
            raise
        # What the person filled in is worth showing again even while the list cannot be had.
        found = ()
    page = render_template(
        "home.html",
        problem=problem,
        filename=filename,
        # What was chosen stays chosen; only the file must be chosen again, for browsers do not let a page keep it.
        given=_given(problem),
        keeps_draft=problem is None or "sending" not in request.form or "draft" in request.form,
        columns=corrections.columns_in_refused(problem.understood) if problem else (),
        remembered_at=corrections.remembered_in_refused(problem.understood) if problem else None,
        this_year=front().clock().astimezone(BOGOTA).year,
        quarters=ROMAN.values(),
        sending=secrets.token_urlsafe(16),
        max_megabytes=front().max_upload_bytes // (1024 * 1024),
        reports=found[:_PAGE_LENGTH],
        older=found[_PAGE_LENGTH - 1].id if len(found) > _PAGE_LENGTH else None,
        is_first_page=before is None,
    )
    response = make_response(page, problem.type.status if problem else 200)
    response.headers.update(problem.headers if problem else {})
    return response


def _given(problem: Problem | None) -> dict[str, str]:
    """What the form's fields hold: what was said, else what Folio would put where the workbook says nothing."""
    said = {field: request.form.get(field, "") for field in ("year", "quarter", "version")}
    for finding in problem.findings if problem else ():
        field = _LACKING.get(finding.code)
        if field:
            said[field] = said[field] or finding.proposal or ""
    return said


def _form_key(received: Received) -> str | None:
    # A double click sends the same form twice and must make one report; the same page with another file is another one.
    sending = request.form.get("sending", "")
    if not sending:
        return None
    said = (received.given, received.may_be_draft, received.step, received.is_afresh)
    parts = (sending, received.upload.sha256, *map(str, said))
    return "form-" + hashlib.sha256("\n".join(parts).encode()).hexdigest()
