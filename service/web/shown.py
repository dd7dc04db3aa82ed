"""A StoredReport -> the JSON that the API shows. The one place where this is decided."""

from __future__ import annotations

import datetime as dt

from flask import url_for

from service.domain.archive import Json, finding_to_json
from service.domain.progress import Progress
from service.domain.proof import Proof
from service.domain.reports import DocumentKind
from service.store import StoredDocument, StoredReport
from service.web.problems import proposal_to_json
from service.web.wording import progress, report_name, upload_state


def report_to_json(report: StoredReport) -> Json:
    """The report with the state of each of its documents; instants are ISO 8601 in UTC with Z."""
    return {
        "id": report.id,
        "year": report.year,
        "quarter": report.quarter.roman,
        "version": str(report.version),
        "status": report.status.value,
        "edition": report.edition,
        "step": report.step or None,
        "proposal": proposal_to_json(report.proposal) if report.proposal else None,
        "has_errors": report.has_errors,
        "state": report.state.value,
        "progress": progress(report),
        "findings": [finding_to_json(finding) for finding in report.findings],
        "pages": pages_of(report),
        "documents": [_document_to_json(report.id, document) for document in report.documents],
        "created_at": instant(report.created_at),
        "uploaded_by": report.uploaded_by,
        "issued_at": instant(report.issued_at) if report.issued_at else None,
        "issued_by": report.issued_by or None,
        "reason": report.reason,
        "approval": {
            "instance": report.approval.instance,
            "act": report.approval.act,
            "date": report.approval.on.isoformat() if report.approval.on else None,
        },
        "description": report.description,
        "previous": report.previous,
        "superseded_by": report.superseded_by,
        "code": report.code,
        "address": report.address,
    }


def pages_of(report: StoredReport) -> int | None:
    """How many pages the PDF that tells the report's status has; None while there is none."""
    proofs = (document.proof for document in report.documents if document.kind is DocumentKind.PDF)
    return next((proof.pages for proof in proofs if proof), None)


def report_named(report: StoredReport) -> Json:
    """Which report it is, and no more."""
    return {
        "id": report.id,
        "name": report_name(report),
        "year": report.year,
        "quarter": report.quarter.roman,
        "version": str(report.version),
        "edition": report.edition,
        "status": report.status.value,
    }


def progress_to_json(how_far: Progress) -> Json:
    """How far an upload is, in figures and in a sentence."""
    return {
        "stage": how_far.stage.value,
        "percent": how_far.percent,
        "actions": how_far.actions,
        "message": upload_state(how_far),
    }


def _document_to_json(report_id: str, document: StoredDocument) -> Json:
    return {
        "kind": document.kind.value,
        "state": document.state.value,
        "filename": document.filename,
        "media_type": document.media_type,
        "size": document.size,
        "sha256": document.sha256,
        "proof": _proof_to_json(document.proof) if document.proof else None,
        "problem": document.problem,
        "against": document.against,
        "official": document.is_final,
        "href": url_for("api.document", report_id=report_id, kind=document.kind.value, against=document.against),
    }


def _proof_to_json(proof: Proof) -> Json:
    return proof.to_json() | {"sentence": proof.sentence}


def instant(moment: dt.datetime) -> str:
    """An instant as the API shows it: ISO 8601 in UTC with Z."""
    return moment.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
