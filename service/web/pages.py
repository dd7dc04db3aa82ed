"""The pages that planners see: upload, follow, correct, download. They work without JavaScript."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from io import BytesIO
from typing import Final

from flask import Blueprint, Response, make_response, redirect, request, send_file, url_for

from service.domain.archive import corrections_of
from service.domain.reading import Given
from service.domain.reports import DocumentKind
from service.domain.succession import Step
from service.domain.values import printed_size
from service.said import NotUnderstood
from service.store import StoredReport
from service.web import corrections, wording
from service.web.approved import changing_what_was_approved
from service.web.asker import name_of_asker, person
from service.web.comparing import NO_SUCH_REPORT
from service.web.front import Known, front
from service.web.home_page import home_page
from service.web.limits import ID_PATTERN, YEARS
from service.web.moving import newer_than, what_moved
from service.web.problems import Problem, ProblemType, invalid_request
from service.web.report_page import problem_page, report_page
from service.web.upload_pages import form_key, upload_page
from service.web.uploads import Received, receive

pages: Final = Blueprint("pages", __name__)


@pages.app_context_processor
def sentences() -> dict[str, object]:
    """The templates' way to the sentences of `wording`, and to who asks."""
    return {
        "wording": wording,
        "printed_size": printed_size,
        "person": person(),
    }


@pages.get("/")
def home() -> Response:
    """This year's plan at a glance, the form to upload a workbook, and the reports so far."""
    before = request.args.get("antes", "")
    return home_page(front(), before if re.fullmatch(ID_PATTERN, before) else None)


@pages.get("/informes")
def reports() -> Response:
    """Where a refused form was sent is asked for again by whoever copies the address: the form is at home."""
    return make_response(redirect(url_for("pages.home"), 303))


@pages.post("/informes")
def upload() -> Response:
    """Take the form's workbook; on to the report's page, or back to the form with what must be corrected."""
    received = receive(request, max_upload_bytes=front().max_upload_bytes, received_at=front().clock())
    if isinstance(received, Problem):
        return upload_page(received)
    try:
        mapping = (*received.given.mapping, *corrections.columns_in(request.form))
    except NotUnderstood as reason:
        return upload_page(Problem(ProblemType.INVALID_REQUEST, str(reason)))
    received = replace(received, given=replace(received.given, mapping=mapping), is_looked_at=True)
    appended = front().submit(replace(received, idempotency_key=form_key(received)))
    if isinstance(appended, Problem):
        return upload_page(appended, filename=received.upload.filename)
    known = "1" if isinstance(appended, Known) else None
    return make_response(redirect(url_for("pages.report", report_id=appended.report.id, conocido=known), 303))


@pages.get("/informes/<id:report_id>")
def report(report_id: str) -> Response:
    """One report: what it is worth, what was found, what can be downloaded, and what comes next."""
    found = front().store.report(report_id)
    return report_page(front(), found) if found else problem_page(NO_SUCH_REPORT)


@pages.get("/informes/<id:report_id>/marcha")
def moving(report_id: str) -> Response:
    """What has moved of the report's open page since it was looked at; 204 when nothing has."""
    return what_moved(front(), report_id, request) or problem_page(NO_SUCH_REPORT)


@pages.get("/informes/<id:report_id>/<any(correccion, paso):_form>")
def sent_here(report_id: str, _form: str) -> Response:
    """As above: the forms that are sent here are on the report's page."""
    return make_response(redirect(url_for("pages.report", report_id=report_id), 303))


@pages.post("/informes/<id:report_id>/correccion")
def correction(report_id: str) -> Response:
    """Read the same workbook again with the columns, cells and reasons that the form says: another draft."""
    store = front().store
    found, reading_json = store.report(report_id), store.reading_json(report_id)
    if found is None or reading_json is None:
        return problem_page(NO_SUCH_REPORT)
    if lacking := corrections.reasons_lacking(found, request.form):
        return report_page(front(), found, invalid_request(lacking), typed=corrections.half_typed(found, request.form))
    layout = corrections.layout_of(reading_json)
    remembered = store.mapping_of(layout) if layout else ()
    made = corrections_of(reading_json)
    try:
        given = corrections.corrected(
            found,
            remembered,
            made,
            request.form,
            left_out=lambda: changing_what_was_approved(store, found, json.loads(reading_json)),
        )
    except NotUnderstood as reason:
        return problem_page(Problem(ProblemType.INVALID_REQUEST, str(reason)))
    if given is None:
        return _unchanged(found)
    # Whoever applied a proposal goes on with the next one.
    at = "findings-title" if given.corrections != made else None
    return _read_again(found, given, is_afresh=corrections.is_afresh(request.form), at=at)


@pages.post("/informes/<id:report_id>/paso")
def step(report_id: str) -> Response:
    """Read the same workbook again as what the person says that it is: another draft."""
    store = front().store
    found, reading_json = store.report(report_id), store.reading_json(report_id)
    if found is None or reading_json is None:
        return problem_page(NO_SUCH_REPORT)
    try:
        said, given = corrections.chosen(found, corrections_of(reading_json), request.form)
    except NotUnderstood as reason:
        return report_page(front(), found, Problem(ProblemType.INVALID_REQUEST, str(reason)))
    return _read_again(found, given, said)


def _read_again(
    found: StoredReport, given: Given, said: Step | None = None, *, is_afresh: bool = False, at: str | None = None
) -> Response:
    """On to the draft that comes of it, at the part of the page with that id."""
    upload = front().store.upload(found.id)
    if upload is None:
        return problem_page(NO_SUCH_REPORT)
    again = replace(upload, received_at=front().clock())
    received = Received(
        again,
        given,
        (),
        may_be_draft=True,
        idempotency_key=None,
        step=said,
        by=name_of_asker(),
        is_afresh=is_afresh,
        is_looked_at=True,
    )
    key = form_key(received)
    typed = corrections.half_typed(found, request.form)
    # A second click comes to the draft that the first one made.
    is_repeated = key is not None and front().store.report_of_key(key) is not None
    if not is_repeated and (newer := newer_than(front().store, found)):
        return report_page(front(), found, Problem(ProblemType.NEWER_DRAFT, newer.told), newer=newer, typed=typed)
    appended = front().submit(replace(received, idempotency_key=key))
    if isinstance(appended, Problem):
        return report_page(front(), found, appended, typed=typed)
    if appended.report.id == found.id:
        return _unchanged(found)
    # A redirect would lose what somebody is still typing.
    if left := corrections.half_typed(found, request.form, appended.report):
        return report_page(front(), appended.report, typed=left)
    return make_response(redirect(url_for("pages.report", report_id=appended.report.id, _anchor=at), 303))


def _unchanged(report: StoredReport) -> Response:
    """Back to the page, which says so: a click that does nothing must not look like one that did."""
    corrects = None if report.issued_at is None else "si"
    address = url_for("pages.report", report_id=report.id, corregir=corrects, sin_cambios="1")
    return make_response(redirect(address, 303))


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
