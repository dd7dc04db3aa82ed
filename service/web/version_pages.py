"""The pages of versions and quarters: issuing a report, comparing two, asking for documents, the story of a plan."""

from __future__ import annotations

import re
from typing import Final

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for

from service.domain.reports import DocumentKind
from service.domain.values import printed_date
from service.store import StoredDocument, StoredReport
from service.web import versions_told
from service.web.asking import Asked, asked_in, retried
from service.web.changed_table import shown_changes
from service.web.comparing import NO_SUCH_REPORT, compared
from service.web.csv_files import MEDIA_TYPE, csv_file
from service.web.front import Front, front
from service.web.issuing import issue, words_in
from service.web.limits import ID_PATTERN, LIST_LIMIT_MAX, YEARS
from service.web.next_step import PAGES
from service.web.problems import Problem, ProblemType
from service.web.report_page import problem_page, report_page
from service.web.shown import report_to_json
from service.web.story import CHANGE_LOG_COLUMNS, Story, change_log_rows, story_of, today_in_bogota

versions: Final = Blueprint("versions", __name__)

# What is asked for on the page of the plan, and shown there when it is written.
_OF_YEAR: Final = (DocumentKind.YEAR_WORD, DocumentKind.YEAR_EXCEL)


@versions.post("/informes/<id:report_id>/emision")
def issue_report(report_id: str) -> Response:
    """Issue the draft; back to its page, with what it lacks if it cannot be issued."""
    found = front().store.report(report_id)
    if found is None:
        return problem_page(NO_SUCH_REPORT)
    words = words_in(request, today_in_bogota(front().clock()))
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
    return _back_from(asked)


@versions.get("/informes/<id:report_id>/cambios")
def changes(report_id: str) -> Response:
    """What changed since another report, in the official table; without one, the choice of one."""
    report = front().store.report(report_id)
    if report is None:
        return problem_page(NO_SUCH_REPORT)
    found = compared(front(), report_id, request.args.get("contra") or None)
    if isinstance(found, Problem) and found.type is not ProblemType.NOTHING_TO_COMPARE:
        return problem_page(found)
    comparison = None if isinstance(found, Problem) else found
    documents = _documents(report, against=comparison.against.id) if comparison else {}
    page = render_template(
        "changes.html",
        report=report,
        comparison=comparison,
        table=shown_changes(comparison, request.args) if comparison else None,
        choices=_comparable(front(), report),
        documents=documents,
        is_writing=any(not document.state.is_final for document, _ in documents.values()),
        kinds=DocumentKind,
        told=versions_told,
    )
    return make_response(page)


@versions.get("/versiones")
def latest_plan() -> Response:
    """The story of the latest year; an empty office is told how its own begins."""
    years = front().store.years()
    return plan(years[0]) if years else make_response(render_template("plan.html", story=None))


@versions.get("/versiones/comparar")
def compare_two() -> Response:
    """The two reports that were chosen on a story, to where they are compared; back to it when they are not two."""
    before, after = request.args.get("de", ""), request.args.get("a", "")
    if before != after and all(re.fullmatch(ID_PATTERN, each) for each in (before, after)):
        return make_response(redirect(url_for("versions.changes", report_id=after, contra=before), 303))
    year = request.args.get("plan", "")
    if re.fullmatch("[0-9]{4}", year):
        return make_response(redirect(url_for("versions.plan", year=int(year), elija="dos", _anchor="elija"), 303))
    return make_response(redirect(url_for("versions.latest_plan"), 303))


@versions.get("/planes/<int:year>")
def plan(year: int) -> Response:
    """The story of a year's plan: its versions, their quarters, the editions of each, who issued them and when."""
    story = _story(year)
    if isinstance(story, Problem):
        return problem_page(story)
    latest = story.latest
    documents = _documents(latest, against=None) if latest else {}
    writing = {kind for kind, (document, _) in documents.items() if not document.state.is_final}
    page = render_template(
        "plan.html",
        story=story,
        documents=documents,
        is_next_writing=DocumentKind.NEXT_QUARTER in writing,
        is_year_writing=not writing.isdisjoint(_OF_YEAR),
        kinds=DocumentKind,
        of_year=_OF_YEAR,
        is_to_choose="elija" in request.args,
        told=versions_told,
        printed_date=printed_date,
    )
    return make_response(page)


@versions.get("/planes/<int:year>/control-de-cambios.csv")
def change_log(year: int) -> Response:
    """The control de cambios of a year's plan, for a spreadsheet."""
    story = _story(year)
    if isinstance(story, Problem):
        return problem_page(story)
    response = Response(csv_file(CHANGE_LOG_COLUMNS, change_log_rows(story)), content_type=MEDIA_TYPE)
    response.headers["Content-Disposition"] = f"attachment; filename=plan-de-accion-{year}_control-de-cambios.csv"
    response.headers["Content-Security-Policy"] = "sandbox"
    response.headers["Cache-Control"] = "no-store"
    return response


def _story(year: int) -> Story | Problem:
    story = story_of(front().store, year, today_in_bogota(front().clock())) if year in YEARS else None
    if story is None or story.is_empty:
        return Problem(ProblemType.NOT_FOUND, f"No hay ningún informe del plan de acción {year}.")
    return story


def _documents(report: StoredReport, against: str | None) -> dict[DocumentKind, tuple[StoredDocument, str]]:
    """The documents of a report that compare it with this one, or with none, and where each is downloaded."""
    shown = report_to_json(report)["documents"]
    pairs = zip(report.documents, shown, strict=True)
    return {each.kind: (each, told["href"]) for each, told in pairs if each.against == against}


def _requested(asked: Asked | Problem) -> Response:
    if isinstance(asked, Problem):
        return problem_page(asked)
    front().request(asked.report, asked.kinds, asked.against.id if asked.against else None, asked.by)
    return _back_from(asked)


def _back_from(asked: Asked) -> Response:
    """To where the documents that were asked for are shown: the comparison, the story, or the report."""
    report, beside = asked.report, request.form.get("beside", "")
    if asked.against:
        here = url_for("versions.changes", report_id=report.id, contra=asked.against.id, _anchor="documentos")
    elif request.form.get("desde") == "plan":
        part = "siguiente-trimestre" if DocumentKind.NEXT_QUARTER in asked.kinds else "documentos"
        here = url_for("versions.plan", year=report.year, _anchor=part)
    elif re.fullmatch(ID_PATTERN, beside):
        # Asked for from another report's page, which shows the two side by side.
        other = report.id if report.id != beside else ""
        here = url_for("pages.report", report_id=beside, junto=other, _anchor=PAGES)
    else:
        here = url_for("pages.report", report_id=report.id, _anchor="documents-title")
    return make_response(redirect(here, 303))


def _to_report(report_id: str) -> Response:
    return make_response(redirect(url_for("pages.report", report_id=report_id), 303))


def _comparable(front: Front, report: StoredReport) -> tuple[StoredReport, ...]:
    """The reports that this one may be compared with: those issued that year and the last before, and its drafts."""
    drafts = front.store.reports(LIST_LIMIT_MAX, is_issued=False, year=report.year)
    return tuple(each for each in (*front.store.past(report.year), *drafts) if each.id != report.id)
