"""Uploads and readings -> reports that never change, and back: what was understood, found, proposed, written.

Keeping an upload is one transaction: the workbook's bytes, the reading, the report, its jobs, the idempotency key and
the entry of the audit log are there together or not at all. Nothing on the shelf is updated or deleted.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable
from typing import Final

from sqlalchemy import Connection, Engine, select, tuple_

from service.domain.archive import finding_to_json, reading_from_json
from service.domain.findings import Finding
from service.domain.plan import DraftPlan, Plan
from service.domain.reading import Accepted, Given, Rejected
from service.domain.reports import DocumentKind, Report
from service.domain.succession import Proposal
from service.domain.values import Quarter, VersionNumber
from service.store import tables
from service.store.audit import AuditStep, Entry, tell
from service.store.engine import reading, writing
from service.store.issuing import next_edition, queue_jobs
from service.store.material import finished, plan_in, plan_or_draft
from service.store.records import SOMEBODY, Appended, KeyReused, StoredDocument, StoredReport, Upload
from service.store.shown import REPORTS, all_reports, document_of, one_report, proposal_to_json
from service.store.statements import insert_if_new, keep_blobs

NOTHING_GIVEN: Final = Given()

_reports, _issued, _blobs = tables.reports.c, tables.issued.c, tables.blobs.c


class ReportShelf:
    """Appends reports and finds them again."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def append_report(
        self,
        upload: Upload,
        understood: Accepted | Rejected,
        reading_json: bytes,
        kinds: Iterable[DocumentKind],
        *,
        report_id: str,
        now: dt.datetime,
        given: Given = NOTHING_GIVEN,
        idempotency_key: str | None = None,
        proposal: Proposal | None = None,
        step: str = "",
        by: str = SOMEBODY,
    ) -> Appended | KeyReused:
        """Remember an upload as a draft of its report, with one queued job per kind of document.

        When this returns, the draft is on disk. The same key with the same workbook, kinds, year, quarter, version,
        mapping, acceptances and step gives the first report again, however often and from wherever it comes; with
        anything else, `KeyReused`.

        Args:
            upload: the workbook.
            understood: what was read in it; with errors the report can be looked at, never issued.
            reading_json: the same as JSON, kept byte for byte.
            kinds: the documents to write, with the mark of a draft.
            report_id: a new id.
            now: the instant to remember.
            given: what the person said beside the workbook.
            idempotency_key: what tells a repeated request from a new one.
            proposal: what Folio took the upload for.
            step: what the person said that it is; empty: what was proposed.
            by: who uploaded it.

        Raises:
            StoreUnavailable: nothing was written, or the answer of the commit was lost: ask again with the same key.
            ValueError: no kind of document is asked for, one of them compares with another report, or the upload does
                not say which report it is for.
        """
        asked = set(kinds)
        wanted = tuple(kind for kind in DocumentKind if kind in asked)
        if not wanted:
            raise ValueError("a report needs at least one document")
        if any(kind.needs_another for kind in wanted):
            raise ValueError("a comparison is asked for of a report that is there")
        plan = plan_in(understood)
        if plan is None:
            raise ValueError("a draft needs its year, quarter and version")
        with writing(self._engine) as connection:
            if idempotency_key is not None:
                request = _fingerprint(upload, plan, wanted, given, step)
                first = _take_key(connection, idempotency_key, request, report_id, now)
                if first is not None:
                    return first
            # A proposal may be for another quarter or version than the person then gave.
            is_for_plan = proposal and (proposal.quarter, proposal.version) == (plan.quarter, plan.version)
            edition = proposal.edition if proposal and is_for_plan else next_edition(connection, plan)
            report = Report(report_id, plan, edition, now, is_draft=True)
            reading_sha256 = hashlib.sha256(reading_json).hexdigest()
            keep_blobs(connection, {upload.sha256: upload.content, reading_sha256: reading_json})
            upload_id = connection.execute(
                tables.uploads.insert()
                .values(filename=upload.filename, sha256=upload.sha256, received_at=upload.received_at)
                .returning(tables.uploads.c.id)
            ).scalar_one()
            connection.execute(
                tables.reports.insert().values(
                    id=report.id,
                    upload_id=upload_id,
                    year=plan.year,
                    quarter=plan.quarter.number,
                    version=str(plan.version),
                    has_errors=isinstance(understood, Rejected),
                    proposed_edition=edition,
                    step=str(step or (proposal.step if proposal else "")) or None,
                    proposal=proposal_to_json(proposal),
                    reading_sha256=reading_sha256,
                    findings=json.dumps([finding_to_json(found) for found in understood.findings], ensure_ascii=False),
                    uploaded_by=by,
                    created_at=now,
                )
            )
            job_ids = queue_jobs(connection, report, wanted, now)
            told = {
                "year": plan.year,
                "quarter": plan.quarter.number,
                "version": str(plan.version),
                "upload_sha256": upload.sha256,
                "reading_sha256": reading_sha256,
                "accepted": _let_stand(understood.findings),
                "jobs": job_ids,
            }
            appended = one_report(connection, report_id)
            tell(connection, now, by, Entry(AuditStep.DRAFT_KEPT, report.id, told))
        if appended is None:
            raise LookupError(f"report {report_id} was appended and is not there")
        return Appended(appended, job_ids, is_new=True)

    def take_key(
        self,
        idempotency_key: str,
        report_id: str,
        upload: Upload,
        understood: Accepted | Rejected,
        kinds: Iterable[DocumentKind],
        *,
        now: dt.datetime,
        given: Given = NOTHING_GIVEN,
        step: str = "",
    ) -> KeyReused | None:
        """Let a key stand for an upload that was answered with a report that there is; None: it does now, or did.

        From then on `append_report` answers that upload under this key with that report, and any other `KeyReused`.

        Args:
            idempotency_key: the key.
            report_id: the report.
            upload: the workbook of the request.
            understood: what was read in it.
            kinds: the documents asked for.
            now: the instant to remember.
            given: what the person said beside the workbook.
            step: what the person said that it is.

        Raises:
            StoreUnavailable: the key was not taken.
            ValueError: the upload does not say which report it is for.
        """
        plan, asked = plan_in(understood), set(kinds)
        if plan is None:
            raise ValueError("a report has its year, quarter and version")
        wanted = tuple(kind for kind in DocumentKind if kind in asked)
        request = _fingerprint(upload, plan, wanted, given, step)
        with writing(self._engine) as connection:
            first = _take_key(connection, idempotency_key, request, report_id, now)
        return first if isinstance(first, KeyReused) else None

    def report(self, report_id: str) -> StoredReport | None:
        """The report of that id."""
        with reading(self._engine) as connection:
            return one_report(connection, report_id)

    def reports(
        self,
        limit: int,
        before: str | None = None,
        *,
        is_issued: bool | None = None,
        year: int | None = None,
        quarter: int | None = None,
        version: VersionNumber | None = None,
    ) -> tuple[StoredReport, ...]:
        """At most `limit` reports, newest upload first; those older than the report `before` when it is given.

        With `is_issued` only the issued ones, or only the drafts; with a year, quarter (1 to 4) or version only those
        of it. Nothing comes before an id that does not exist.
        """
        age = tuple_(_reports.created_at, _reports.id)
        wanted = REPORTS.order_by(_reports.created_at.desc(), _reports.id.desc()).limit(limit)
        if before is not None:
            mark = select(_reports.created_at, _reports.id).where(_reports.id == before)
            wanted = wanted.where(age < mark.scalar_subquery())
        if is_issued is not None:
            wanted = wanted.where(_issued.report_id.is_not(None) == is_issued)
        of = {_reports.year: year, _reports.quarter: quarter, _reports.version: str(version) if version else None}
        wanted = wanted.where(*(column == value for column, value in of.items() if value is not None))
        with reading(self._engine) as connection:
            return all_reports(connection, wanted)

    def past(self, year: int) -> tuple[StoredReport, ...]:
        """The issued reports of a year, newest first, and after them the last that was issued of the year before."""
        of_year = REPORTS.where(_issued.year == year)
        of_year_before = REPORTS.where(_issued.year == year - 1)
        newest_first = (_issued.issued_at.desc(), _issued.edition.desc(), _issued.report_id)
        with reading(self._engine) as connection:
            return (
                *all_reports(connection, of_year.order_by(*newest_first)),
                *all_reports(connection, of_year_before.order_by(*newest_first).limit(1)),
            )

    def latest_drafts(self, quarter: Quarter, version: VersionNumber, limit: int = 1) -> tuple[StoredReport, ...]:
        """The last uploads of a quarter under a version, newest first, that were not issued."""
        wanted = REPORTS.where(
            _reports.year == quarter.year,
            _reports.quarter == quarter.number,
            _reports.version == str(version),
            _issued.report_id.is_(None),
        )
        with reading(self._engine) as connection:
            in_order = wanted.order_by(_reports.created_at.desc(), _reports.id.desc())
            return all_reports(connection, in_order.limit(limit))

    def plan_of(self, report_id: str) -> Plan | DraftPlan | None:
        """What was understood of the report's plan; a `DraftPlan` when errors remain. None: there is no such report."""
        kept = self.reading_json(report_id)
        return plan_or_draft(reading_from_json(json.loads(kept))) if kept is not None else None

    def reading_json(self, report_id: str) -> bytes | None:
        """What was understood of the report's workbook: the very bytes that were appended."""
        wanted = (
            select(tables.blobs.c.content)
            .join(tables.reports, tables.reports.c.reading_sha256 == tables.blobs.c.sha256)
            .where(tables.reports.c.id == report_id)
        )
        with reading(self._engine) as connection:
            return connection.execute(wanted).scalar_one_or_none()

    def document(
        self, report_id: str, kind: DocumentKind, against: str | None = None
    ) -> tuple[StoredDocument, bytes] | None:
        """A finished document that tells the report's status, and its bytes; None while there is none.

        An issued report's are the same for ever. `against`: the report that a comparison compares with.
        """
        with reading(self._engine) as connection:
            row = finished(connection, report_id, kind, against)
            if row is None:
                return None
            content: bytes = connection.execute(select(_blobs.content).where(_blobs.sha256 == row.sha256)).scalar_one()
        return document_of(row), content

    def upload(self, report_id: str) -> Upload | None:
        """The workbook that a report was made from."""
        wanted = (
            select(tables.uploads, tables.blobs.c.content)
            .join(tables.blobs, tables.blobs.c.sha256 == tables.uploads.c.sha256)
            .join(tables.reports, tables.reports.c.upload_id == tables.uploads.c.id)
            .where(tables.reports.c.id == report_id)
        )
        with reading(self._engine) as connection:
            row = connection.execute(wanted).one_or_none()
        return Upload(row.filename, row.content, row.sha256, row.received_at) if row else None

    def report_of_key(self, idempotency_key: str) -> str | None:
        """The id of the report that a request under this key brought, whatever the request was."""
        keys = tables.idempotency_keys.c
        with reading(self._engine) as connection:
            return connection.execute(select(keys.report_id).where(keys.key == idempotency_key)).scalar_one_or_none()

    def is_empty(self) -> bool:
        """Whether no report was ever appended."""
        with reading(self._engine) as connection:
            return connection.execute(select(tables.reports.c.id).limit(1)).one_or_none() is None

    def ping(self) -> None:
        """Do nothing but reach the tables.

        Raises:
            StoreUnavailable: the database does not answer, or was never migrated.
        """
        self.is_empty()


def _fingerprint(upload: Upload, plan: Plan, kinds: tuple[DocumentKind, ...], given: Given, step: str) -> str:
    asked = [upload.sha256, plan.year, plan.quarter.number, str(plan.version), [kind.value for kind in kinds]]
    # Only when there are any: keys from before there were such fields must still be recognised.
    asked += [repr(said) for said in (given.mapping, given.accepted, step) if said]
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()


def _take_key(
    connection: Connection, key: str, request: str, report_id: str, now: dt.datetime
) -> Appended | KeyReused | None:
    """None when the key is now ours; otherwise what came of the request that had it first."""
    keys = tables.idempotency_keys.c
    taken = select(keys.request_sha256, keys.report_id).where(keys.key == key)
    # Looked up first because SQLite's guard refuses a second row before anything sees that the key is taken.
    first = connection.execute(taken).one_or_none()
    if first is None:
        row = {"key": key, "request_sha256": request, "report_id": report_id, "created_at": now}
        if insert_if_new(connection, tables.idempotency_keys, row):
            return None
        first = connection.execute(taken).one()
    report = one_report(connection, first.report_id)
    if first.request_sha256 != request or report is None:
        return KeyReused(first.report_id)
    with_upload = select(tables.jobs.c.id).where(
        tables.jobs.c.report_id == report.id,
        tables.jobs.c.asked_at == report.created_at,
        tables.jobs.c.is_final.is_(False),
    )
    return Appended(report, tuple(connection.execute(with_upload).scalars()), is_new=False)


def _let_stand(findings: Iterable[Finding]) -> list[dict[str, str]]:
    """The findings that a person accepted, each with the reason."""
    return [
        {
            "code": finding.code.name,
            "place": f"{finding.place.sheet}!{finding.place.cell}" if finding.place else "",
            "reason": finding.accepted,
        }
        for finding in findings
        if finding.accepted is not None
    ]
