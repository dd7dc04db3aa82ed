"""Report + DocumentKind -> RenderedDocument: the whole pipeline, in one screen."""

from __future__ import annotations

import hashlib

from service.domain.reports import DocumentKind, RenderedDocument, Report, document_filename
from worker.documents.context import context_of
from worker.documents.template_files import TemplateFiles


def render(report: Report, kind: DocumentKind, templates: TemplateFiles) -> RenderedDocument:
    """Write one document of a report; the same report and template give the same bytes.

    Raises:
        TemplateProblem: the office's template cannot be filled; another try will not help.
    """
    template = templates.of(kind)
    content = template.fill(context_of(report))
    return RenderedDocument(
        kind=kind,
        filename=document_filename(report.plan, report.edition, kind),
        content=content,
        sha256=hashlib.sha256(content).hexdigest(),
        template_fingerprint=template.fingerprint,
    )
