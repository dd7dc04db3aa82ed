"""Report + DocumentKind -> RenderedDocument: the whole pipeline, in one screen."""

from __future__ import annotations

import hashlib

from service.domain.changes import compare
from service.domain.office import REFERENCE_OFFICE, Office
from service.domain.reports import (
    DocumentKind,
    RenderedDocument,
    Report,
    Source,
    document_filename,
    named_in_a_filename,
)
from worker.documents.changes_document import render_changes
from worker.documents.context import context_of
from worker.documents.findings_workbook import render_findings_workbook
from worker.documents.next_quarter import render_next_quarter
from worker.documents.redline import render_redline
from worker.documents.template_files import Template, Templates
from worker.documents.year_view import year_report


def render(
    report: Report,
    kind: DocumentKind,
    templates: Templates,
    source: Source | None = None,
    others: tuple[Report, ...] = (),
    *,
    office: Office = REFERENCE_OFFICE,
) -> RenderedDocument:
    """Write one document of a report; the same arguments give the same bytes.

    Args:
        report: what the document tells.
        kind: which document.
        templates: the office's templates.
        source: the upload and what was understood of it, for the two documents that are made of it.
        others: the report that this one is compared with, or for the documents of a year its reports, oldest first.
        office: whose rules say who approves a change.

    Raises:
        TemplateProblem: the office's template cannot be filled; another try will not help.
        UnmarkableWorkbook: the upload takes no marks; another try will not help.
    """
    template: Template | None = None
    match kind:
        case DocumentKind.FINDINGS:
            given = _given(source)
            places = (action.source for action in report.plan.actions)
            content = render_findings_workbook(given.workbook, given.findings, given.office, given.mapping, places)
        case DocumentKind.NEXT_QUARTER:
            given = _given(source)
            content = render_next_quarter(given.workbook, report, given.mapping)
        case DocumentKind.CHANGES:
            before = _other(others)
            content = render_changes(compare(before.plan, report.plan, office), before, report)
        case DocumentKind.REDLINE:
            template = templates.of(DocumentKind.WORD)
            content = render_redline(template.content, _other(others), report)
        case DocumentKind.YEAR_WORD | DocumentKind.YEAR_EXCEL:
            template = templates.of(kind)
            content = template.fill(context_of(year_report(others or (report,))))
        case _:
            template = templates.of(kind)
            content = template.fill(context_of(report))
    against = _named(others[0]) if kind.needs_another else ""
    return RenderedDocument(
        kind=kind,
        filename=document_filename(report.plan, report.edition, kind, is_draft=report.is_draft, against=against),
        content=content,
        sha256=hashlib.sha256(content).hexdigest(),
        template_fingerprint=_fingerprint(template, source),
        template=template.content if template else None,
    )


def _named(other: Report) -> str:
    return named_in_a_filename(other.plan.quarter, other.plan.version, other.edition, is_draft=other.is_draft)


def _given(source: Source | None) -> Source:
    if source is None:
        raise ValueError("this document is made of the workbook that was uploaded, and none was given")
    return source


def _other(others: tuple[Report, ...]) -> Report:
    if not others:
        raise ValueError("this document compares two reports, and the other was not given")
    return others[0]


def _fingerprint(template: Template | None, source: Source | None) -> str:
    """What is made of the upload names the upload."""
    if template:
        return template.fingerprint
    return hashlib.sha256(source.workbook).hexdigest() if source else ""
