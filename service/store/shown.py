"""Rows -> reports as the front shows them, with few queries however many they are.

What is derived here is stored nowhere: whether a report is superseded, and by which, and which of its documents tell
the status it is in.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, bindparam, func, literal, select, tuple_

from service.domain.archive import change_log_from_json, finding_from_json, version_of
from service.domain.errors import NoPdf
from service.domain.frame import Approval
from service.domain.proof import Proof
from service.domain.reports import DocumentKind, JobState, ReportStatus, overall_state
from service.domain.succession import Proposal, Step
from service.domain.values import Quarter
from service.store import tables
from service.store.records import NOT_SAID, SignedCopy, StoredDocument, StoredReport
from service.store.signed import copies_of

# Made of the upload itself: the same whatever the report's status.
WITHOUT_STATUS: Final = frozenset({DocumentKind.FINDINGS, DocumentKind.NEXT_QUARTER})

# An office, a year and a quarter.
_Quarter = tuple[str, int, int]

_reports, _issued, _jobs = tables.reports.c, tables.issued.c, tables.jobs.c

REPORTS: Final[Select[Any]] = (
    select(
        _reports.id,
        _reports.year,
        _reports.quarter,
        _reports.version,
        _reports.has_errors,
        _reports.proposed_edition,
        _reports.step,
        _reports.proposal,
        _reports.findings,
        _reports.uploaded_by,
        _reports.uploader_id,
        _reports.office_id,
        _reports.created_at,
        tables.uploads.c.filename,
        tables.uploads.c.sha256,
        _issued.edition,
        _issued.issued_at,
        _issued.issued_by,
        _issued.reason,
        _issued.approval_instance,
        _issued.approval_act,
        _issued.approval_on,
        _issued.description,
        _issued.previous_id,
        _issued.change_log,
        _issued.code,
        _issued.address,
    )
    .join(tables.uploads, tables.uploads.c.id == _reports.upload_id)
    .join(tables.issued, _issued.report_id == _reports.id, isouter=True)
)

DOCUMENTS: Final[Select[Any]] = (
    select(
        _jobs.id,
        _jobs.report_id,
        _jobs.kind,
        _jobs.against_id,
        _jobs.is_final,
        _jobs.state,
        _jobs.filename,
        _jobs.problem,
        _jobs.problem_code,
        tables.documents.c.sha256,
        tables.documents.c.template_fingerprint,
        tables.documents.c.proof,
        tables.blobs.c.size,
    )
    .join(tables.documents, tables.documents.c.job_id == _jobs.id, isouter=True)
    .join(tables.blobs, tables.blobs.c.sha256 == tables.documents.c.sha256, isouter=True)
    # The latest that was asked for comes last.
    .order_by(_jobs.asked_at, _jobs.id)
)


def _without_findings(wanted: Select[Any]) -> Select[Any]:
    none = literal("[]").label("findings")
    return wanted.with_only_columns(*(none if each.key == "findings" else each for each in wanted.selected_columns))


# Made once: to put a statement together takes longer than to execute it, and a report is looked at again and again.
_ONE: Final = REPORTS.where(_reports.id == bindparam("report"), _reports.office_id == bindparam("ours"))
_ONE_WITHOUT_FINDINGS: Final = _without_findings(_ONE)
_DOCUMENTS_OF: Final = DOCUMENTS.where(_jobs.report_id.in_(bindparam("reports", expanding=True)))


def one_report(
    connection: Connection, report_id: str, office_id: str, *, with_findings: bool = True
) -> StoredReport | None:
    """The report of that id, where it is the office's."""
    one = _ONE if with_findings else _ONE_WITHOUT_FINDINGS
    found = shown(connection, connection.execute(one, {"report": report_id, "ours": office_id}).all())
    return found[0] if found else None


def all_reports(connection: Connection, wanted: Select[Any], *, with_findings: bool = True) -> tuple[StoredReport, ...]:
    """What a `REPORTS` query gives, in its order: four queries in all.

    The findings are nearly all that a report weighs: without them it has none, and costs the same whatever its plan.
    """
    return shown(connection, connection.execute(wanted if with_findings else _without_findings(wanted)).all())


def shown(connection: Connection, rows: Sequence[Row[Any]]) -> tuple[StoredReport, ...]:
    """The reports of the rows of a `REPORTS` query, in their order."""
    if not rows:
        return ()
    of_each: dict[str, list[Row[Any]]] = defaultdict(list)
    for row in connection.execute(_DOCUMENTS_OF, {"reports": [row.id for row in rows]}):
        of_each[row.report_id].append(row)
    valid = in_force(connection, {(row.office_id, row.year, row.quarter) for row in rows if row.edition})
    # Only what is issued comes back signed.
    copies = copies_of(connection, (row.id for row in rows if row.edition))
    return tuple(_report(row, of_each[row.id], valid, copies.get(row.id, ())) for row in rows)


def in_force(connection: Connection, quarters: Iterable[_Quarter]) -> dict[_Quarter, str]:
    """The report that is an office's word on each year and quarter: the last edition of the highest version."""
    asked = list(quarters)
    if not asked:
        return {}
    quarter = (_issued.office_id, _issued.year, _issued.quarter)
    key = (*quarter, _issued.version)
    last = select(*key, func.max(_issued.edition)).where(tuple_(*quarter).in_(asked)).group_by(*key)
    rows = connection.execute(
        select(*key, _issued.edition, _issued.report_id).where(tuple_(*key, _issued.edition).in_(last))
    )
    in_order = sorted(rows, key=lambda row: version_of(row.version))
    return {(row.office_id, row.year, row.quarter): row.report_id for row in in_order}


def chosen(rows: Iterable[Row[Any]], *, is_issued: bool) -> tuple[Row[Any], ...]:
    """Of the `DOCUMENTS` rows of one report those that tell its status: one for each kind and report compared with."""
    of_each: dict[tuple[DocumentKind, str | None], Row[Any]] = {}
    for row in rows:
        kind = DocumentKind(row.kind)
        if kind in WITHOUT_STATUS or row.is_final == is_issued:
            of_each[kind, compared_with(row)] = row
    kinds = list(DocumentKind)
    return tuple(of_each[key] for key in sorted(of_each, key=lambda key: (kinds.index(key[0]), key[1] or "")))


def compared_with(row: Row[Any]) -> str | None:
    """The report that the document of a `DOCUMENTS` row compares with."""
    against: str | None = row.against_id
    return against if DocumentKind(row.kind).needs_another else None


def document_of(row: Row[Any]) -> StoredDocument:
    """The document of a `DOCUMENTS` row."""
    kind = DocumentKind(row.kind)
    # What is kept is there, whatever somebody made of its job.
    state = JobState.DONE if row.sha256 else JobState(row.state)
    return StoredDocument(
        kind=kind,
        state=state,
        filename=row.filename,
        media_type=kind.media_type,
        size=row.size,
        sha256=row.sha256,
        problem=row.problem,
        against=compared_with(row),
        is_final=row.is_final,
        may_lack=state is JobState.FAILED and row.problem_code == NoPdf.code,
        proof=Proof.from_json(json.loads(row.proof)) if row.proof else None,
    )


def queued_document(job: Mapping[str, Any]) -> StoredDocument:
    """The document of a job that is just being queued, from the values of its row."""
    kind = DocumentKind(job["kind"])
    return StoredDocument(
        kind=kind,
        state=JobState.QUEUED,
        filename=job["filename"],
        media_type=kind.media_type,
        size=None,
        sha256=None,
        problem=None,
        against=job["against_id"] if kind.needs_another else None,
        is_final=job["is_final"],
    )


def proposal_to_json(proposal: Proposal | None) -> str | None:
    """As the row of the report keeps it."""
    if proposal is None:
        return None
    data = {
        "step": proposal.step.value,
        "reason": proposal.reason,
        "version": str(proposal.version),
        "quarter": [proposal.quarter.year, proposal.quarter.number],
        "edition": proposal.edition,
        "against": proposal.against,
    }
    return json.dumps(data, ensure_ascii=False)


def _proposal_from_json(text: str | None) -> Proposal | None:
    if text is None:
        return None
    data = json.loads(text)
    return Proposal(
        step=Step(data["step"]),
        reason=data["reason"],
        version=version_of(data["version"]),
        quarter=Quarter(*data["quarter"]),
        edition=data["edition"],
        against=data["against"],
    )


def _report(
    row: Row[Any], documents: Iterable[Row[Any]], valid: Mapping[_Quarter, str], copies: tuple[SignedCopy, ...]
) -> StoredReport:
    is_issued = row.edition is not None
    shown = tuple(document_of(document) for document in chosen(documents, is_issued=is_issued))
    replaced_by = valid[row.office_id, row.year, row.quarter] if is_issued else None
    superseded_by = replaced_by if replaced_by != row.id else None
    status = ReportStatus.SUPERSEDED if superseded_by else ReportStatus.ISSUED if is_issued else ReportStatus.DRAFT
    return StoredReport(
        id=row.id,
        quarter=Quarter(row.year, row.quarter),
        version=version_of(row.version),
        has_errors=row.has_errors,
        proposed_edition=row.proposed_edition,
        state=_state(shown),
        status=status,
        findings=tuple(finding_from_json(finding) for finding in json.loads(row.findings)),
        documents=shown,
        created_at=row.created_at,
        uploaded_by=row.uploaded_by,
        upload_filename=row.filename,
        upload_sha256=row.sha256,
        step=row.step or "",
        proposal=_proposal_from_json(row.proposal),
        edition=row.edition,
        issued_at=row.issued_at,
        issued_by=row.issued_by or "",
        reason=row.reason or "",
        approval=Approval(row.approval_instance, row.approval_act, row.approval_on) if is_issued else NOT_SAID,
        description=row.description or "",
        previous=row.previous_id,
        change_log=change_log_from_json(json.loads(row.change_log)) if is_issued else (),
        superseded_by=superseded_by,
        code=row.code,
        address=row.address,
        uploader_id=row.uploader_id or "",
        office_id=row.office_id,
        signed_copies=copies,
    )


def _state(documents: tuple[StoredDocument, ...]) -> JobState:
    """That of the documents, but for what LibreOffice could not make; where that is all, it is what failed."""
    told = [each.state for each in documents if not each.may_lack]
    return overall_state(tuple(told or (each.state for each in documents)))
