"""Report + DocumentKind -> RenderedDocument: the whole pipeline, in one screen."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from service.domain.changes import compare
from service.domain.errors import ProofFailed
from service.domain.office import REFERENCE_OFFICE, Office
from service.domain.proof import Proof
from service.domain.reports import (
    PAPERS,
    Companion,
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
from worker.documents.pdf import Converter
from worker.documents.proof import prove
from worker.documents.publication import render_package
from worker.documents.redline import render_redline
from worker.documents.template_files import DocumentTemplate, Template, Templates
from worker.documents.year_view import year_report
from worker.spent import Phase, spending


def render(
    report: Report,
    kind: DocumentKind,
    templates: Templates,
    source: Source | None = None,
    others: tuple[Report, ...] = (),
    *,
    office: Office = REFERENCE_OFFICE,
    converter: Converter | None = None,
    companions: Sequence[Companion] = (),
) -> RenderedDocument:
    """Write one document of a report; the same arguments give the same bytes, but for the instants in a PDF's fonts.

    What is signed or published is read again and held against the report before it is returned.

    Args:
        report: what the document tells.
        kind: which document.
        templates: the office's templates.
        source: the upload, corrected, and what was understood of it, for the two documents that are made of it.
        others: the report that this one is compared with, or for the documents of a year its reports, oldest first.
        office: whose rules say who approves a change.
        converter: makes the PDF.
        companions: the other documents of an issued report, for the package that holds them.

    Raises:
        TemplateProblem: the office's template cannot be filled; another try will not help.
        UnmarkableWorkbook: the upload takes no marks; another try will not help.
        NoPdf: there is no LibreOffice, or it cannot make a PDF of the report's Word; another try will not help.
        ProofFailed: what was written does not tell the report; another try will not help.
    """
    template: Template | None = None
    match kind:
        case DocumentKind.FINDINGS:
            given = _given(source)
            places = (action.source for action in report.plan.actions)
            content = render_findings_workbook(
                given.workbook, given.findings, given.office, given.mapping, places, corrections=given.corrections
            )
        case DocumentKind.NEXT_QUARTER:
            given = _given(source)
            content = render_next_quarter(given.workbook, report, given.mapping)
        case DocumentKind.CHANGES:
            before = _other(others)
            content = render_changes(compare(before.plan, report.plan, office), before, report)
        case DocumentKind.REDLINE:
            template = templates.of(DocumentKind.WORD)
            content = render_redline(_document(template), _other(others), report)
        case DocumentKind.YEAR_WORD | DocumentKind.YEAR_EXCEL:
            template = templates.of(kind)
            content = template.fill(context_of(year_report(others or (report,))))
        case DocumentKind.PACKAGE:
            content = render_package(report, companions)
        case DocumentKind.PDF:
            from worker.documents.pdf_archive import archive_pdf  # noqa: PLC0415 - 0.3 s and 30 MB for PDFs alone

            template = templates.of(DocumentKind.WORD)
            word = template.fill(context_of(report))
            content = archive_pdf(_warm(converter).to_pdf(word), report)
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
        proof=_proof(kind, content, template, report) if template and kind in PAPERS else None,
    )


def _proof(kind: DocumentKind, content: bytes, template: Template, report: Report) -> Proof:
    with spending(Phase.PROVE):
        proof = prove(kind, content, template.content, report)
    if not proof.holds:
        raise ProofFailed(proof.complaint, log="; ".join(difference.sentence for difference in proof.differences))
    return proof


def _named(other: Report) -> str:
    return named_in_a_filename(other.plan.quarter, other.plan.version, other.edition, is_draft=other.is_draft)


def _document(template: Template) -> DocumentTemplate:
    if template.document is None:
        raise ValueError("changes are tracked in a Word template, and another was given")
    return template.document


def _given(source: Source | None) -> Source:
    if source is None:
        raise ValueError("this document is made of the workbook that was uploaded, and none was given")
    return source


def _warm(converter: Converter | None) -> Converter:
    if converter is None:
        raise ValueError("a PDF is made by LibreOffice, and none was given")
    return converter


def _other(others: tuple[Report, ...]) -> Report:
    if not others:
        raise ValueError("this document compares two reports, and the other was not given")
    return others[0]


def _fingerprint(template: Template | None, source: Source | None) -> str:
    """What is made of the upload names the workbook that it was made of."""
    if template:
        return template.fingerprint
    return hashlib.sha256(source.workbook).hexdigest() if source else ""
