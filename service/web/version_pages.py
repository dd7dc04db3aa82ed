"""The pages of versions and quarters: issuing a report, comparing two, asking for documents, the story of a plan."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for

from service.domain.succession import APPROVERS
from service.domain.values import BOGOTA, VersionNumber
from service.store import StoredReport
from service.web.asking import Asked, asked_in, retried
from service.web.comparing import NO_SUCH_REPORT, compared
from service.web.front import Front, front
from service.web.issuing import issue, words_in
from service.web.limits import LIST_LIMIT_MAX, YEARS
from service.web.problems import Problem, ProblemType
from service.web.report_page import problem_page, report_page
from service.web.shown import report_to_json

versions: Final = Blueprint("versions", __name__)

# More than these a page does not show: the Word of the changes tells all.
_MOST_CHANGES: Final = 200


@dataclass(frozen=True, slots=True)
class VersionOfPlan:
    """A version of a plan and its issued reports, by quarter and edition; `adoption` was issued first of them."""

    number: VersionNumber
    adoption: StoredReport
    reports: tuple[StoredReport, ...]


@versions.post("/informes/<id:report_id>/emision")
def issue_report(report_id: str) -> Response:
    """Issue the draft; back to its page, with what it lacks if it cannot be issued."""
    found = front().store.report(report_id)
    if found is None:
        return problem_page(NO_SUCH_REPORT)
    words = words_in(request, front().clock().astimezone(BOGOTA).date())
    issued = words if isinstance(words, Problem) else issue(front(), report_id, words)
    return report_page(front(), found, issued) if isinstance(issued, Problem) else _to_report(report_id)


@versions.get("/informes/<id:report_id>/<any(emision, documentos):_form>")
def sent_here(report_id: str, _form: str) -> Response:
    """The address of a form, asked for by whoever copies it: the form is on the report's page."""
    return _to_report(report_id)


@versions.post("/informes/<id:report_id>/documentos")
def request_documents(report_id: str) -> Response:
    """Have more documents of the report written; on to where they are shown."""
    return _requested(asked_in(request, front().store, report_id))


@versions.post("/informes/<id:report_id>/documentos/<kind>/reintento")
def retry_document(report_id: str, kind: str) -> Response:
    """Try again to write a document that could not be written."""
    asked = asked_in(request, front().store, report_id, (kind,))
    if isinstance(asked, Problem):
        return problem_page(asked)
    retried(front(), asked)
    return _to_report(report_id)


@versions.get("/informes/<id:report_id>/cambios")
def changes(report_id: str) -> Response:
    """What changed since another report, field by field; without one, the choice of one."""
    report = front().store.report(report_id)
    if report is None:
        return problem_page(NO_SUCH_REPORT)
    found = compared(front(), report_id, request.args.get("contra") or None)
    if isinstance(found, Problem) and found.type is not ProblemType.NOTHING_TO_COMPARE:
        return problem_page(found)
    comparison = None if isinstance(found, Problem) else found
    shown = report_to_json(report)["documents"]
    page = render_template(
        "changes.html",
        report=report,
        comparison=comparison,
        choices=_comparable(front(), report),
        most=_MOST_CHANGES,
        approvers=APPROVERS,
        documents=[
            (document, shown[at]["href"])
            for at, document in enumerate(report.documents)
            if comparison and document.against == comparison.against.id
        ],
    )
    return make_response(page)


@versions.get("/planes/<int:year>")
def plan(year: int) -> Response:
    """The story of a year's plan: its versions, their quarters, the editions of each, who issued them and when."""
    found = tuple(each for each in front().store.past(year) if each.year == year) if year in YEARS else ()
    drafts = front().store.reports(LIST_LIMIT_MAX, is_issued=False, year=year) if year in YEARS else ()
    if not found and not drafts:
        return problem_page(Problem(ProblemType.NOT_FOUND, f"No hay ningún informe del plan de acción {year}."))
    latest = max(found, key=_in_order, default=None)
    page = render_template("plan.html", year=year, plan_versions=_versions(found), latest=latest, drafts=drafts)
    return make_response(page)


def _requested(asked: Asked | Problem) -> Response:
    if isinstance(asked, Problem):
        return problem_page(asked)
    against = asked.against.id if asked.against else None
    front().request(asked.report, asked.kinds, against, asked.by)
    if against:
        return make_response(redirect(url_for("versions.changes", report_id=asked.report.id, contra=against), 303))
    return _to_report(asked.report.id)


def _to_report(report_id: str) -> Response:
    return make_response(redirect(url_for("pages.report", report_id=report_id), 303))


def _comparable(front: Front, report: StoredReport) -> tuple[StoredReport, ...]:
    """The reports that this one may be compared with: those issued that year and the last before, and its drafts."""
    drafts = front.store.reports(LIST_LIMIT_MAX, is_issued=False, year=report.year)
    return tuple(each for each in (*front.store.past(report.year), *drafts) if each.id != report.id)


def _versions(reports: Iterable[StoredReport]) -> tuple[VersionOfPlan, ...]:
    found = []
    for number, group in groupby(sorted(reports, key=_in_order), key=lambda each: each.version):
        of_version = tuple(group)
        first_issued = min(of_version, key=lambda each: (each.issued_at is None, each.issued_at))
        found.append(VersionOfPlan(number, first_issued, of_version))
    return tuple(found)


def _in_order(report: StoredReport) -> tuple[VersionNumber, int, int]:
    return report.version, report.quarter.number, report.edition or 0
