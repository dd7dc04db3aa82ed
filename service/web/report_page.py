"""A stored report -> its page: what it is worth, what comes next, its documents, what was found."""

from __future__ import annotations

from flask import Response, make_response, render_template, request

from service.domain.reports import DocumentKind
from service.domain.succession import Step
from service.domain.values import ROMAN
from service.store import StoredReport
from service.web import corrections
from service.web.comparing import followed_by
from service.web.front import Front
from service.web.issuing import checklist
from service.web.problems import Problem
from service.web.shown import report_to_json
from service.web.wording import report_short


def report_page(front: Front, report: StoredReport, problem: Problem | None = None) -> Response:
    """The report's page, and above it what was wrong with what was sent from there, whose fields stay filled in.

    Raises:
        StoreUnavailable: what it shows cannot be had.
    """
    store = front.store
    reading_json = store.reading_json(report.id)
    is_draft = report.issued_at is None
    page = render_template(
        "report.html",
        report=report,
        shown=report_to_json(report),
        columns=corrections.columns_of(reading_json) if reading_json else (),
        remembered_at=corrections.remembered_at(reading_json) if reading_json else None,
        problem=problem,
        is_known="conocido" in request.args,
        checks=checklist(front, report) if is_draft else None,
        successor=store.report(report.superseded_by) if report.superseded_by else None,
        followed=followed_by(store, report),
        others=_names_of_others(front, report),
        said=request.form,
        steps=tuple(step for step in Step if step is not Step.SAME),
        quarters=ROMAN.values(),
        kinds=DocumentKind,
    )
    response = make_response(page, problem.type.status if problem else 200)
    response.headers.update(problem.headers if problem else {})
    return response


def problem_page(problem: Problem) -> Response:
    """A problem as a page of its own, with the way back."""
    response = make_response(render_template("problem.html", problem=problem), problem.type.status)
    response.headers.update(problem.headers)
    return response


def _names_of_others(front: Front, report: StoredReport) -> dict[str, str]:
    """What to call the reports that this one's documents compare it with, by their ids."""
    ids = {document.against for document in report.documents if document.against}
    found = (front.store.report(each) for each in ids)
    return {each.id: report_short(each) for each in found if each is not None}
