"""The doors of verification: the public pages, their twins in the API, and the signed copies of a report."""

from __future__ import annotations

from io import BytesIO
from typing import Final

from flask import Blueprint, Response, jsonify, make_response, redirect, render_template, request, send_file, url_for

from service.domain.proof import Difference
from service.domain.word_difference import Piece, word_pieces
from service.papers.verdicts import Altered
from service.store import SignedCopy, StoredReport
from service.web.api import api
from service.web.comparing import NO_SUCH_REPORT
from service.web.front import front
from service.web.problems import Problem, ProblemType, problem_response
from service.web.rates import VERIFICATIONS, limiter
from service.web.report_page import problem_page, report_page
from service.web.verifying import (
    Verified,
    brought_in,
    copy_to_json,
    entity_of,
    keep_signed,
    media_type_of,
    papers_of,
    report_of,
    said_in,
    sealed_to_json,
    successor_of,
    verified,
    verified_to_json,
)

verify: Final = Blueprint("verify", __name__)

_NOTHING_SAID: Final = Problem(ProblemType.INVALID_REQUEST, "Escriba el código o elija un archivo.")
# More than these a page does not show.
_MOST_SHOWN: Final = 60


@verify.get("/verificar")
def form() -> Response:
    """Type a code or choose a file; a code that was typed leads to its page."""
    code = request.args.get("codigo", "").strip()
    if code:
        return make_response(redirect(url_for("verify.sealed", code=code[:80].replace("/", " ")), 303))
    return _page(None)


@verify.get("/verificar/<code>")
@limiter.limit(VERIFICATIONS)
def sealed(code: str) -> Response:
    """What was issued under a code, for anybody."""
    found = report_of(front(), code)
    if isinstance(found, Problem):
        return _page(None, problem=found, code=code)
    return _page(found)


@verify.post("/verificar")
@limiter.limit(VERIFICATIONS)
def check() -> Response:
    """What a file is beside what was issued."""
    code = request.form.get("code", "").strip()
    if code and not any(file.filename for file in request.files.getlist("file")):
        return make_response(redirect(url_for("verify.form", codigo=code), 303))
    if not code and not any(file.filename for file in request.files.getlist("file")):
        return _page(None, problem=_NOTHING_SAID)
    brought = brought_in(request, front().max_upload_bytes)
    found = brought if isinstance(brought, Problem) else verified(front(), brought, code)
    if isinstance(found, Problem):
        return _page(None, problem=found, code=code)
    return _page(found.report, found)


@verify.post("/informes/<id:report_id>/firmada")
def signed_form(report_id: str) -> Response:
    """Keep a signed copy; back to the report's page, with the reason where it is none."""
    found = front().store.report(report_id)
    if found is None:
        return problem_page(NO_SUCH_REPORT)
    kept = _kept(report_id)
    if isinstance(kept, Problem):
        return report_page(front(), found, kept)
    return make_response(redirect(f"{url_for('pages.report', report_id=report_id)}#copia-firmada", 303))


@verify.get("/informes/<id:report_id>/firmada")
def sent_here(report_id: str) -> Response:
    """The address of the form, asked for by whoever copies it: the form is on the report's page."""
    return make_response(redirect(url_for("pages.report", report_id=report_id), 303))


@api.get("/verify/<code>")
@limiter.limit(VERIFICATIONS)
def verify_code(code: str) -> Response:
    """What was issued under a code."""
    found = report_of(front(), code)
    return problem_response(found) if isinstance(found, Problem) else jsonify(sealed_to_json(front(), found))


@api.post("/verify")
@limiter.limit(VERIFICATIONS)
def verify_file() -> Response:
    """What a file is beside what was issued; 200 whatever the answer."""
    brought = brought_in(request, front().max_upload_bytes)
    if isinstance(brought, Problem):
        return problem_response(brought)
    found = verified(front(), brought, request.form.get("code", "").strip())
    return problem_response(found) if isinstance(found, Problem) else jsonify(verified_to_json(front(), found))


@api.get("/reports/<id:report_id>/signed")
def signed_copies(report_id: str) -> Response:
    """The signed copies that were kept with a report, oldest first."""
    found = front().store.report(report_id)
    if found is None:
        return problem_response(NO_SUCH_REPORT)
    return jsonify({"copies": [copy_to_json(copy) for copy in found.signed_copies]})


@api.post("/reports/<id:report_id>/signed")
def keep_copy(report_id: str) -> Response:
    """Keep a signed copy with its report: 201, again for the same file; 422 with the reason where it is none."""
    kept = _kept(report_id)
    if isinstance(kept, Problem):
        return problem_response(kept)
    response = jsonify(copy_to_json(kept))
    response.status_code = 201
    response.headers["Location"] = url_for("api.signed_copy", report_id=report_id, copy_id=kept.id)
    return response


@api.get("/reports/<id:report_id>/signed/<id:copy_id>")
def signed_copy(report_id: str, copy_id: str) -> Response:
    """The file, to be kept and never shown in the page."""
    found = front().store.signed_copy(report_id, copy_id)
    if found is None:
        return problem_response(Problem(ProblemType.NOT_FOUND, "El informe no existe o no tiene esa copia firmada."))
    copy, content = found
    response = send_file(
        BytesIO(content),
        mimetype=media_type_of(copy.filename),
        as_attachment=True,
        download_name=copy.filename,
        etag=copy.sha256,
    )
    response.headers["Content-Security-Policy"] = "sandbox"
    response.headers["Cache-Control"] = "no-store"
    return response


def _kept(report_id: str) -> SignedCopy | Problem:
    brought, said = brought_in(request, front().max_upload_bytes), said_in(request)
    if isinstance(brought, Problem):
        return brought
    if isinstance(said, Problem):
        return said
    by, is_scanned = said
    return keep_signed(front(), report_id, brought, by, is_scanned=is_scanned)


def _page(
    report: StoredReport | None, answer: Verified | None = None, problem: Problem | None = None, code: str = ""
) -> Response:
    """The form, and above it what was found, or what was wrong."""
    verdict = answer.verdict if answer else None
    differences = verdict.differences if isinstance(verdict, Altered) else ()
    page = render_template(
        "verify.html",
        report=report,
        entity=entity_of(front(), report) if report else "",
        papers=papers_of(report) if report else (),
        successor=successor_of(front(), report) if report else None,
        verdict=verdict,
        filename=answer.filename if answer else "",
        differences=[(each.place, _pieces(each)) for each in differences[:_MOST_SHOWN]],
        most=_MOST_SHOWN,
        problem=problem,
        code=code if problem else (report.code or "") if report else "",
        max_megabytes=front().max_upload_bytes // (1024 * 1024),
    )
    response = make_response(page, problem.type.status if problem else 200)
    response.headers.update(problem.headers if problem else {})
    return response


def _pieces(difference: Difference) -> tuple[Piece, ...]:
    return word_pieces(difference.expected, difference.found)
