"""A program's request -> JSON, under /api/v1. A test holds these routes equal to the OpenAPI description."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from flask import Blueprint, Response, jsonify, request, url_for

from service.domain.changes_json import changes_to_json
from service.domain.reports import DocumentKind
from service.domain.values import BOGOTA
from service.store import StoredReport
from service.web.asking import Asked, asked_in, retried
from service.web.board import board_of, board_to_json, year_in
from service.web.comparing import NO_SUCH_REPORT, compared
from service.web.front import Known, front
from service.web.issuing import issue, words_in
from service.web.lists import FILTERS, listed, wanted_in
from service.web.office_desk import changed_by_program, history_of, office_to_json
from service.web.openapi import description
from service.web.page_pictures import page_picture as picture_of
from service.web.problems import Problem, ProblemType, problem_response, proposal_to_json
from service.web.progress import progress_of
from service.web.shown import instant, progress_to_json, report_named, report_to_json
from service.web.uploads import receive
from service.web.waiting import awaited
from service.web.wording import document_not_ready

api: Final = Blueprint("api", __name__, url_prefix="/api/v1")


@api.get("/openapi.json")
def openapi() -> Response:
    """The description of this API."""
    return jsonify(description())


@api.post("/reports")
def create_report() -> Response:
    """Accept a workbook: 202 with the report once it is durable, the same answer again under the same key.

    200 with the report that there is when its data are the very same.
    """
    received = receive(request, max_upload_bytes=front().max_upload_bytes, received_at=front().clock())
    if isinstance(received, Problem):
        return problem_response(received)
    appended = front().submit(received)
    if isinstance(appended, Problem):
        return problem_response(appended)
    if isinstance(appended, Known):
        shown = report_to_json(appended.report) | {"proposal": proposal_to_json(appended.proposal)}
        response = jsonify(shown)
        response.headers["Location"] = url_for("api.report", report_id=appended.report.id)
        return response
    response = jsonify(report_to_json(appended.report))
    response.status_code = 202
    response.headers["Location"] = url_for("api.report", report_id=appended.report.id)
    if not appended.is_new:
        response.headers["Idempotent-Replayed"] = "true"
    return response


@api.get("/office")
def office() -> Response:
    """The office's settings that count now."""
    return jsonify(office_to_json(front()))


@api.put("/office")
def keep_office() -> Response:
    """Keep other settings: 200 with those that count then, 409 when they are not changed here or others came first."""
    kept = changed_by_program(front(), request)
    return problem_response(kept) if isinstance(kept, Problem) else jsonify(office_to_json(front()))


@api.get("/office/history")
def office_history() -> Response:
    """Who changed what of the settings, and when; newest first."""
    history = [
        {"seq": kept.seq, "at": instant(kept.at), "by": kept.by, "changes": changes}
        for kept, changes in history_of(front())
    ]
    return jsonify({"history": history})


@api.get("/overview")
def overview() -> Response:
    """How the actions of a year stand, of the one that the office works on unless another is named."""
    year = year_in(request.args.get("year"), "year")
    return problem_response(year) if isinstance(year, Problem) else jsonify(board_to_json(board_of(front(), year)))


@api.get("/uploads/<id:sending>/progress")
def upload_progress(sending: str) -> Response:
    """How far an upload is that has not been answered yet; whoever sent it knows its token."""
    found = progress_of(sending)
    if found is None:
        detail = "No se está recibiendo ni leyendo ningún libro con ese identificador."
        return problem_response(Problem(ProblemType.NOT_FOUND, detail))
    return jsonify(progress_to_json(found))


@api.get("/reports")
def reports() -> Response:
    """The reports, newest first, a page at a time; those of a year, quarter, version or status where it is named."""
    wanted = wanted_in(request.args)
    if isinstance(wanted, Problem):
        return problem_response(wanted)
    found = listed(front().store, wanted)
    page = found[: wanted.limit]
    more = None
    if len(found) > wanted.limit:
        again = {name: value for name, value in request.args.items() if name in FILTERS}
        more = f"{url_for('api.reports')}?{urlencode({'limit': wanted.limit, 'before': page[-1].id, **again})}"
    return jsonify({"reports": [report_to_json(report) for report in page], "next": more})


@api.get("/reports/<id:report_id>")
def report(report_id: str) -> Response:
    """One report and how far its documents are, at once or as soon as they are written."""
    found = awaited(front(), report_id, request)
    if isinstance(found, Problem):
        return problem_response(found)
    return jsonify(report_to_json(found)) if found else problem_response(NO_SUCH_REPORT)


@api.get("/reports/<id:report_id>/plan")
def plan(report_id: str) -> Response:
    """What was understood of the workbook, byte for byte as it was remembered."""
    reading_json = front().store.reading_json(report_id)
    if reading_json is None:
        return problem_response(NO_SUCH_REPORT)
    return Response(reading_json, mimetype="application/json")


@api.post("/reports/<id:report_id>/issue")
def issue_report(report_id: str) -> Response:
    """Make a draft the office's word; 200 with the report, the same again when it is already, or all that it lacks."""
    words = words_in(request, front().clock().astimezone(BOGOTA).date())
    issued = words if isinstance(words, Problem) else issue(front(), report_id, words)
    return problem_response(issued) if isinstance(issued, Problem) else jsonify(report_to_json(issued.report))


@api.get("/reports/<id:report_id>/changes")
def changes(report_id: str) -> Response:
    """What changed since another report: the one that is named, or the one that this one follows."""
    found = compared(front(), report_id, request.args.get("against"))
    if isinstance(found, Problem):
        return problem_response(found)
    which = {"report": report_named(found.report), "against": report_named(found.against)}
    return jsonify(which | changes_to_json(found.changes))


@api.post("/reports/<id:report_id>/documents")
def request_documents(report_id: str) -> Response:
    """Have more documents written: 202 with the report; those that it has are not written again."""
    return _requested(asked_in(request, front().store, report_id))


@api.post("/reports/<id:report_id>/next-quarter")
def next_quarter(report_id: str) -> Response:
    """Have the office's own workbook made ready for the quarter that follows: 202 with the report."""
    return _requested(asked_in(request, front().store, report_id, (DocumentKind.NEXT_QUARTER,)))


@api.post("/reports/<id:report_id>/documents/<kind>/retry")
def retry_document(report_id: str, kind: str) -> Response:
    """Try again to write a document that could not be written: 202 with the report, 409 when it did not fail."""
    asked = asked_in(request, front().store, report_id, (kind,))
    if isinstance(asked, Problem):
        return problem_response(asked)
    if not retried(front(), asked):
        return problem_response(Problem(ProblemType.NOT_READY, "Ese documento no ha fallado: no hay nada que repetir."))
    return _accepted(front().store.report(report_id) or asked.report)


@api.get("/reports/<id:report_id>/pages/<int:page>.png")
def page_picture(report_id: str, page: int) -> Response:
    """A page of the report's PDF as a picture; 409 while there is no PDF."""
    found = picture_of(request, front().store, report_id, page)
    return problem_response(found) if isinstance(found, Problem) else found


def _requested(asked: Asked | Problem) -> Response:
    if isinstance(asked, Problem):
        return problem_response(asked)
    against = asked.against.id if asked.against else None
    return _accepted(front().request(asked.report, asked.kinds, against, asked.by))


def _accepted(report: StoredReport) -> Response:
    response = jsonify(report_to_json(report))
    response.status_code = 202
    response.headers["Location"] = url_for("api.report", report_id=report.id)
    return response


@api.get("/reports/<id:report_id>/documents/<kind>")
def document(report_id: str, kind: str) -> Response:
    """The finished file, to be kept and never shown in the page; 409 while there is none."""
    found = None
    if kind in set(DocumentKind):
        found = front().store.asked_document(report_id, DocumentKind(kind), request.args.get("against") or None)
    if found is None:
        return problem_response(Problem(ProblemType.NOT_FOUND, "El informe no existe o no incluye ese documento."))
    about, content = found
    if content is None or about.sha256 is None:
        return problem_response(Problem(ProblemType.NOT_READY, document_not_ready(about)))
    # Whole and not as a file: the server would send that in pieces, and each wakes whoever receives it.
    response = Response(content, mimetype=about.media_type)
    response.headers.set("Content-Disposition", "attachment", filename=about.filename)
    response.headers["Content-Security-Policy"] = "sandbox"
    response.set_etag(about.sha256)
    response.make_conditional(request, accept_ranges=True, complete_length=len(content))
    return response
