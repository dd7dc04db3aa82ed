"""A stored report -> its page: what it is worth, what comes next, its documents, what was found and understood."""

from __future__ import annotations

import json
from collections.abc import Mapping

from flask import Response, make_response, render_template, request, url_for

from service.domain.archive import Json, corrections_in
from service.domain.reports import DocumentKind
from service.domain.succession import Step
from service.domain.values import ROMAN
from service.store import StoredReport
from service.web import corrections
from service.web.approved import changing_what_was_approved
from service.web.comparing import followed_by
from service.web.front import Front
from service.web.grouped import ListedFindings, grouped
from service.web.issuing import checklist
from service.web.moving import News, moving_in
from service.web.next_step import DOCUMENTS, FINDINGS, ISSUE, NEXT, PAGES, RECORD, SIGNED, STEP, TABLE, next_step
from service.web.problems import Problem
from service.web.told_events import events_of
from service.web.understood import UnderstoodTable, understood_table
from service.web.wording import thousands, to_apply


def report_page(
    front: Front,
    report: StoredReport,
    problem: Problem | None = None,
    *,
    newer: News | None = None,
    typed: Mapping[str, str] | None = None,
) -> Response:
    """The report's page, and above it what was wrong with what was sent from there, whose fields stay filled in.

    `newer` is the report in which what was sent is to be done instead, `typed` what the fields of the reasons hold that
    is not recorded.

    Raises:
        StoreUnavailable: what it shows cannot be had.
    """
    store, asked = front.store, request.args
    kept_reading = store.reading_json(report.id)
    understood = json.loads(kept_reading) if kept_reading else None
    is_draft = report.issued_at is None
    checks = checklist(front, report, understood) if is_draft else None
    followed = followed_by(store, report)
    moving = moving_in(
        front,
        report,
        follows=followed,
        beside=asked["junto"] or followed if "junto" in asked else None,
        seen_as=report.status.value,
    )
    listed = grouped(report.findings)
    table = _table(report, understood, listed)
    successor = store.report(report.superseded_by) if report.superseded_by else None
    columns = corrections.columns_of(understood) if understood else ()
    # The same workbook again, as what it is already: with the settings of today.
    step_again = _step_again(report) if front.has_other_settings_now(report) else None
    may_be_corrected = not is_draft and successor is None and bool(report.findings or columns or step_again)
    is_correcting = "corregir" in asked or request.endpoint in {"pages.correction", "pages.step"}
    page = render_template(
        "report.html",
        report=report,
        columns=columns,
        remembered_at=corrections.remembered_at(understood) if understood else None,
        put_right=corrections_in(understood) if understood else (),
        problem=problem,
        newer=newer,
        typed=typed or {},
        wrong={error.field: error.message for error in problem.errors} if problem else {},
        changing=changing_what_was_approved(store, report, understood),
        is_unchanged="sin_cambios" in asked and problem is None,
        is_known="conocido" in asked,
        step_again=step_again,
        may_be_corrected=may_be_corrected,
        is_correcting=may_be_corrected and is_correcting,
        office_seq=kept.seq if (kept := front.kept_settings()) else 0,
        checks=checks,
        successor=successor,
        events=events_of(report, successor),
        moving=moving,
        parts=moving.parts(),
        table=table,
        listed=listed,
        step=next_step(report, may_be_issued=checks is not None and checks.may_be_issued, now=front.clock()),
        corrects_first=is_to_be_corrected(report),
        sections=_sections(report, table),
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


def _table(report: StoredReport, understood: Json | None, listed: ListedFindings) -> UnderstoodTable | None:
    if understood is None:
        return None
    address = url_for("pages.report", report_id=report.id)
    asked = request.args.get("filas", "")
    return understood_table(understood, report.findings, listed.numbers, address=address, asked=asked)


def _sections(report: StoredReport, table: UnderstoodTable | None) -> tuple[tuple[str, str], ...]:
    """The headings of the page in its order, with what each is about; a draft is corrected, an issued report signed."""
    read = [(TABLE, "La tabla")] if table else []
    pages, documents, following = (PAGES, "Las páginas"), (DOCUMENTS, "Documentos"), (NEXT, "Y ahora")
    if report.issued_at is None:
        standing = sum(finding.accepted is None for finding in report.findings)
        findings, changed = (FINDINGS, f"Hallazgos ({thousands(standing)})"), (NEXT, "Qué cambió")
        first = ((STEP, "Qué es"), findings)
        asked = first[::-1] if is_to_be_corrected(report) else first
        return (documents, *asked, *read, pages, (ISSUE, "Emitir"), changed, (RECORD, "Historia"))
    reviewed = (FINDINGS, "Revisión del libro")
    return (documents, (SIGNED, "Copia firmada"), pages, following, (RECORD, "Historia"), reviewed, *read)


def is_to_be_corrected(report: StoredReport) -> bool:
    """Whether something is probably a mistake: what the workbook is, is to be said once that is put right."""
    return report.has_errors or to_apply(report.findings) > 0


def _step_again(report: StoredReport) -> Step | None:
    """What the report's own workbook is when it is brought again; None: another report is in force already."""
    if report.superseded_by:
        return None
    if report.issued_at or report.step in {"", Step.SAME}:
        return Step.CORRECTION
    return Step(report.step)
