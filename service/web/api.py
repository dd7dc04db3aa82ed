"""A program's request -> JSON, under /api/v1. A test holds these routes equal to the OpenAPI description."""

from __future__ import annotations

import re
from io import BytesIO
from typing import Final

from flask import Blueprint, Response, jsonify, request, send_file, url_for

from service.domain.reports import JobState
from service.web.front import front
from service.web.limits import ID_PATTERN, LIST_LIMIT, LIST_LIMIT_MAX
from service.web.openapi import description
from service.web.problems import FieldError, Problem, ProblemType, invalid_request, problem_response
from service.web.progress import progress_of
from service.web.shown import progress_to_json, report_to_json
from service.web.uploads import receive
from service.web.wording import document_not_ready

api: Final = Blueprint("api", __name__, url_prefix="/api/v1")

_NO_SUCH_REPORT: Final = Problem(ProblemType.NOT_FOUND, "No hay ningún informe con ese identificador.")


@api.get("/openapi.json")
def openapi() -> Response:
    """The description of this API."""
    return jsonify(description())


@api.post("/reports")
def create_report() -> Response:
    """Accept a workbook: 202 with the report once it is durable, the same answer again under the same key."""
    received = receive(request, max_upload_bytes=front().max_upload_bytes, received_at=front().clock())
    if isinstance(received, Problem):
        return problem_response(received)
    appended = front().submit(received)
    if isinstance(appended, Problem):
        return problem_response(appended)
    response = jsonify(report_to_json(appended.report))
    response.status_code = 202
    response.headers["Location"] = url_for("api.report", report_id=appended.report.id)
    if not appended.is_new:
        response.headers["Idempotent-Replayed"] = "true"
    return response


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
    """The reports, newest first, a page at a time."""
    limit_text = request.args.get("limit", str(LIST_LIMIT))
    before = request.args.get("before")
    errors = []
    if not re.fullmatch("[0-9]{1,3}", limit_text) or not 1 <= int(limit_text) <= LIST_LIMIT_MAX:
        errors.append(FieldError("limit", limit_text[:80], f"«limit» va de 1 a {LIST_LIMIT_MAX}."))
    if before is not None and not re.fullmatch(ID_PATTERN, before):
        errors.append(FieldError("before", before[:80], "«before» es el identificador de un informe."))
    if errors:
        return problem_response(invalid_request(tuple(errors)))
    limit = int(limit_text)
    found = front().store.reports(limit + 1, before)
    page = found[:limit]
    more = url_for("api.reports", limit=limit, before=page[-1].id) if len(found) > limit else None
    return jsonify({"reports": [report_to_json(report) for report in page], "next": more})


@api.get("/reports/<id:report_id>")
def report(report_id: str) -> Response:
    """One report and how far its documents are."""
    found = front().store.report(report_id)
    return jsonify(report_to_json(found)) if found else problem_response(_NO_SUCH_REPORT)


@api.get("/reports/<id:report_id>/plan")
def plan(report_id: str) -> Response:
    """What was understood of the workbook, byte for byte as it was remembered."""
    reading_json = front().store.reading_json(report_id)
    if reading_json is None:
        return problem_response(_NO_SUCH_REPORT)
    return Response(reading_json, mimetype="application/json")


@api.get("/reports/<id:report_id>/documents/<kind>")
def document(report_id: str, kind: str) -> Response:
    """The finished file, to be kept and never shown in the page; 409 while there is none."""
    store = front().store
    found = store.report(report_id)
    asked = next((each for each in found.documents if each.kind == kind), None) if found else None
    if asked is None:
        return problem_response(Problem(ProblemType.NOT_FOUND, "El informe no existe o no incluye ese documento."))
    finished = store.document(report_id, asked.kind) if asked.state is JobState.DONE else None
    if finished is None:
        return problem_response(Problem(ProblemType.NOT_READY, document_not_ready(asked)))
    about, content = finished
    response = send_file(
        BytesIO(content),
        mimetype=about.media_type,
        as_attachment=True,
        download_name=about.filename,
        etag=about.sha256 or False,
    )
    response.headers["Content-Security-Policy"] = "sandbox"
    # send_file says no-cache; an official document must not stay in a shared machine's browser at all.
    response.headers["Cache-Control"] = "no-store"
    return response
