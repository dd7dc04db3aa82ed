"""The pages of the audit log and their twin in the API: searched, taken away as a file, verified."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Final
from urllib.parse import urlencode

from flask import Blueprint, Response, jsonify, make_response, redirect, render_template, request, url_for

from service.domain.values import BOGOTA, ROMAN
from service.store import AuditedReport, AuditEntry, AuditVerdict
from service.web.api import api
from service.web.audit_details import detail_lines
from service.web.audit_search import (
    COLUMNS,
    IN_API,
    ON_PAGE,
    Wanted,
    all_of,
    entry_to_json,
    entry_to_row,
    page_of,
    wanted_in,
)
from service.web.audit_told import (
    GROUPS,
    STEPS,
    counted,
    exact_instant,
    printed_count,
    report_named,
    told,
)
from service.web.csv_files import BOM, MEDIA_TYPE, csv_lines
from service.web.front import front
from service.web.limits import LONGEST_NAME, YEARS
from service.web.problems import Problem, problem_response
from service.web.report_page import problem_page

audit: Final = Blueprint("audit", __name__, url_prefix="/auditoria")

# More broken links than these a page does not show: the first one is where to look.
_MOST_BROKEN: Final = 50
# Verifying reads all there is: one at a time is enough for everybody.
_VERIFYING: Final = threading.Lock()


@audit.get("")
def entries() -> Response:
    """The entries that are searched for, newest first, a page at a time."""
    return _page()


@audit.post("/verificacion")
def verify() -> Response:
    """Verify the whole log and all that it tells of; the page with what came of it."""
    if not _VERIFYING.acquire(blocking=False):
        return _page(is_busy=True)
    try:
        return _page(verdict=front().store.verify_audit())
    finally:
        _VERIFYING.release()


@audit.get("/verificacion")
def sent_here() -> Response:
    """The address of a form, asked for by whoever copies it: the form is on the page."""
    return make_response(redirect(url_for("audit.entries"), 303))


@audit.get("/registro.csv")
def as_csv() -> Response:
    """All that is searched for, for a spreadsheet."""
    wanted = wanted_in(request.args, ON_PAGE)
    if isinstance(wanted, Problem):
        return problem_page(wanted)
    rows = (entry_to_row(entry, _as_text(dict(entry.details))) for entry in _begun(wanted))
    return _file(chain([BOM], csv_lines(chain([COLUMNS], rows))), MEDIA_TYPE, "csv")


@audit.get("/registro.jsonl")
def as_json_lines() -> Response:
    """All that is searched for, for a program: an entry a line."""
    wanted = wanted_in(request.args, ON_PAGE)
    if isinstance(wanted, Problem):
        return problem_page(wanted)
    lines = (f"{_as_text(entry_to_json(entry))}\n".encode() for entry in _begun(wanted))
    return _file(lines, "application/jsonl", "jsonl")


@api.get("/audit")
def audit_entries() -> Response:
    """The entries of the audit log, newest first, a page at a time; those that are searched for."""
    wanted = wanted_in(request.args, IN_API)
    if isinstance(wanted, Problem):
        return problem_response(wanted)
    page, before = page_of(front().store, wanted)
    again = [(name, value) for name in IN_API.filters for value in request.args.getlist(name) if value]
    more = urlencode([(IN_API.limit, wanted.limit), (IN_API.before, before), *again])
    following = f"{url_for('api.audit_entries')}?{more}" if before else None
    return jsonify({"entries": [entry_to_json(entry) for entry in page], "next": following})


def _page(*, verdict: AuditVerdict | None = None, is_busy: bool = False) -> Response:
    wanted = wanted_in(request.args, ON_PAGE)
    problem = wanted if isinstance(wanted, Problem) else None
    found, before = ((), None) if isinstance(wanted, Problem) else page_of(front().store, wanted)
    said = {name: request.args.get(name, "").strip() for name in ON_PAGE.filters}
    asked = {name: value for name, value in said.items() if value}
    page = render_template(
        "audit.html",
        problem=problem,
        errors={error.field: error.message for error in problem.errors} if problem else {},
        said=said,
        asked=asked,
        entries=[(entry, told(entry), detail_lines(entry)) for entry in found],
        # Those of another office are not there for whoever looks at this one.
        within_reach={report.id for report in _reports_in(found) if report.office_id == front().store.office_id},
        older=f"{url_for('audit.entries')}?{urlencode({**asked, ON_PAGE.before: before})}" if before else None,
        is_first_page=not request.args.get(ON_PAGE.before),
        of_report=_report_asked_for(said[ON_PAGE.report], found),
        steps=[(group, [(step, how.name) for step, how in STEPS.items() if how.group == group]) for group in GROUPS],
        quarters=ROMAN.values(),
        years=YEARS,
        longest=LONGEST_NAME,
        verdict=verdict,
        is_busy=is_busy,
        most_broken=_MOST_BROKEN,
        counted=counted,
        printed_count=printed_count,
        exact_instant=exact_instant,
    )
    response = make_response(page, problem.type.status if problem else 200)
    response.headers.update(problem.headers if problem else {})
    return response


def _report_asked_for(report_id: str, found: tuple[AuditEntry, ...]) -> str:
    """What to call the report whose entries are shown; its id where none of them names it."""
    return next((report_named(report) for report in _reports_in(found) if report.id == report_id), report_id)


def _reports_in(found: Iterable[AuditEntry]) -> Iterator[AuditedReport]:
    return (report for entry in found for report in (entry.report, entry.other) if report)


def _begun(wanted: Wanted) -> Iterator[AuditEntry]:
    """All of the entries, the first of them looked up now: what is wrong must be told before anything is sent."""
    found = all_of(front().store, wanted)
    first = next(found, None)
    return iter(()) if first is None else chain([first], found)


def _file(content: Iterator[bytes], media_type: str, extension: str) -> Response:
    today = front().clock().astimezone(BOGOTA).date()
    response = Response(content, content_type=media_type)
    response.headers["Content-Disposition"] = f"attachment; filename=auditoria_{today:%Y-%m-%d}.{extension}"
    response.headers["Content-Security-Policy"] = "sandbox"
    response.headers["Cache-Control"] = "no-store"
    return response


def _as_text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=False)
