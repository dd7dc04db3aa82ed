"""Report + DocumentKind -> RenderedDocument: the whole pipeline, in one screen."""

from __future__ import annotations

import hashlib

from service.domain.reports import DocumentKind, RenderedDocument, Report, Source, document_filename
from worker.documents.context import context_of
from worker.documents.findings_workbook import render_findings_workbook
from worker.documents.template_files import TemplateFiles


def render(
    report: Report, kind: DocumentKind, templates: TemplateFiles, source: Source | None = None
) -> RenderedDocument:
    """Write one document of a report; the same report, template and source give the same bytes.

    Args:
        report: what the document tells.
        kind: which document.
        templates: the office's templates.
        source: the upload and its findings; the marked workbook is made of it, the other documents need none.

    Raises:
        TemplateProblem: the office's template cannot be filled; another try will not help.
        UnmarkableWorkbook: the upload takes no marks; another try will not help.
    """
    if kind is DocumentKind.FINDINGS:
        content, fingerprint = _marked(report, source)
    else:
        template = templates.of(kind)
        content, fingerprint = template.fill(context_of(report)), template.fingerprint
    return RenderedDocument(
        kind=kind,
        filename=document_filename(report.plan, report.edition, kind),
        content=content,
        sha256=hashlib.sha256(content).hexdigest(),
        template_fingerprint=fingerprint,
    )


def _marked(report: Report, source: Source | None) -> tuple[bytes, str]:
    """The office's own workbook is what this document is made from, so its fingerprint stands for a template's."""
    if source is None:
        raise ValueError("the findings are marked in the workbook that was uploaded, and none was given")
    rows = (action.source for action in report.plan.actions)
    content = render_findings_workbook(source.workbook, source.findings, source.office, source.mapping, rows)
    return content, hashlib.sha256(source.workbook).hexdigest()
