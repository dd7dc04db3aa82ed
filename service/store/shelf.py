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

from sqlalchemy import Connection, bindparam, select, tuple_

from service.domain.archive import finding_to_json
from service.domain.corrections import Correction
from service.domain.findings import Finding
from service.domain.plan import Plan
from service.domain.reading import Accepted, Given, Rejected
from service.domain.reports import DocumentKind, JobState, Report, ReportStatus
from service.domain.succession import Proposal
from service.domain.values import VersionNumber
from service.store import tables
from service.store.asked_jobs import QUEUE, jobs_of
from service.store.audit import AuditStep, Entry, tell
from service.store.bound import AtOffice
from service.store.engine import reading, writing
from service.store.issuing import next_edition
from service.store.material import plan_in
from service.store.offices import LAST_SEQ
from service.store.records import SOMEBODY, Appended, KeyReused, StoredReport, Upload
from service.store.shown import (
    REPORTS,
    all_reports,
    one_report,
    proposal_to_json,
    queued_document,
    shown,
)
from service.store.statements import insert_if_new, keep_blobs

NOTHING_GIVEN: Final = Given()

_reports, _issued, _blobs = tables.reports.c, tables.issued.c, tables.blobs.c
_keys = tables.idempotency_keys.c

# What every upload asks and writes, made once: to put a statement together takes longer than to execute it.
_KEEP_UPLOAD: Final = tables.uploads.insert().returning(tables.uploads.c.id)
_KEEP_REPORT: Final = tables.reports.insert().values(office_seq=LAST_SEQ)
_TAKEN: Final = select(_keys.request_sha256, _keys.report_id).where(
    _keys.office_id == bindparam("ours"), _keys.key == bindparam("given")
)
_NEWEST_ISSUED: Final = REPORTS.where(
    _issued.office_id == bindparam("ours"), _issued.year == bindparam("in_year")
).order_by(_issued.issued_at.desc(), _issued.edition.desc(), _issued.report_id)
_LAST_ISSUED: Final = _NEWEST_ISSUED.limit(1)


class ReportShelf(AtOffice):
    """Appends reports and finds them again."""

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
        uploader: str = "",
    ) -> Appended | KeyReused:
        """Remember an upload as a draft of its report, with one queued job per kind of document.

        When this returns, the draft is on disk. The same key with the same workbook, kinds, year, quarter, version,
        mapping, acceptances, corrections and step gives the first report again, however often and from wherever it
        comes; with anything else, `KeyReused`. It keeps what the office has said of itself by then.

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
            uploader: the id of their account; empty: they have none.

        Raises:
            StoreUnavailable: nothing was written, or the answer of the commit was lost: ask again with the same key.
            ValueError: no kind of document is asked for, one of them compares with another report or is the package of
                an issued one, or the upload does not say which report it is for.
        """
        asked = set(kinds)
        wanted = tuple(kind for kind in DocumentKind if kind in asked)
        if not wanted:
            raise ValueError("a report needs at least one document")
        if any(kind.needs_another or kind is DocumentKind.PACKAGE for kind in wanted):
            raise ValueError("a comparison is asked for of a report that is there, a package of an issued one")
        plan = plan_in(understood)
        if plan is None:
            raise ValueError("a draft needs its year, quarter and version")
        # Before the turn to write: of a long plan it takes long, and all others would wait for it.
        reading_sha256 = hashlib.sha256(reading_json).hexdigest()
        findings = json.dumps([finding_to_json(found) for found in understood.findings], ensure_ascii=False)
        with writing(self._engine) as connection:
            if idempotency_key is not None:
                request = _fingerprint(upload, plan, wanted, given, step)
                first = self._take_key(connection, idempotency_key, request, report_id, now)
                if first is not None:
                    return first
            # A proposal may be for another quarter or version than the person then gave.
            is_for_plan = proposal and (proposal.quarter, proposal.version) == (plan.quarter, plan.version)
            edition = proposal.edition if proposal and is_for_plan else next_edition(connection, self._office_id, plan)
            report = Report(report_id, plan, edition, now, is_draft=True)
            keep_blobs(connection, {upload.sha256: upload.content, reading_sha256: reading_json})
            came = {"filename": upload.filename, "sha256": upload.sha256, "received_at": upload.received_at}
            row = {
                "id": report.id,
                "upload_id": connection.execute(_KEEP_UPLOAD, came).scalar_one(),
                "year": plan.year,
                "quarter": plan.quarter.number,
                "version": str(plan.version),
                "has_errors": isinstance(understood, Rejected),
                "proposed_edition": edition,
                "step": str(step or (proposal.step if proposal else "")) or None,
                "proposal": proposal_to_json(proposal),
                "reading_sha256": reading_sha256,
                "findings": findings,
                "uploaded_by": by,
                "uploader_id": uploader or None,
                "created_at": now,
                "office_id": self._office_id,
            }
            connection.execute(_KEEP_REPORT, row | {"office": self._office_id})
            # None is queued yet of a report that is just being kept.
            jobs = jobs_of(connection, report, wanted, now)
            connection.execute(QUEUE, jobs)
            job_ids = tuple(job["id"] for job in jobs)
            told = {
                "office": self._office_id,
                "year": plan.year,
                "quarter": plan.quarter.number,
                "version": str(plan.version),
                "upload_sha256": upload.sha256,
                "reading_sha256": reading_sha256,
                "accepted": _let_stand(understood.findings),
                "jobs": job_ids,
                **_put_right(understood.corrections),
            }
            tell(connection, now, by, Entry(AuditStep.DRAFT_KEPT, report.id, told))
        appended = StoredReport(
            id=report.id,
            quarter=plan.quarter,
            version=plan.version,
            has_errors=row["has_errors"],
            proposed_edition=edition,
            state=JobState.QUEUED,
            status=ReportStatus.DRAFT,
            findings=understood.findings,
            documents=tuple(queued_document(job) for job in jobs),
            created_at=now.astimezone(dt.UTC),
            uploaded_by=by,
            upload_filename=upload.filename,
            upload_sha256=upload.sha256,
            step=row["step"] or "",
            proposal=proposal,
            uploader_id=uploader,
            office_id=self._office_id,
        )
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
            ValueError: the upload does not say which report it is for, or there is no such report.
        """
        plan, asked = plan_in(understood), set(kinds)
        if plan is None:
            raise ValueError("a report has its year, quarter and version")
        wanted = tuple(kind for kind in DocumentKind if kind in asked)
        request = _fingerprint(upload, plan, wanted, given, step)
        with writing(self._engine) as connection:
            if not self._has(connection, report_id):
                raise ValueError(f"there is no report {report_id}")
            first = self._take_key(connection, idempotency_key, request, report_id, now)
        return first if isinstance(first, KeyReused) else None

    def report(self, report_id: str, *, with_findings: bool = True) -> StoredReport | None:
        """The report of that id; for whoever only follows it, quickly and without its findings."""
        with reading(self._engine) as connection:
            return one_report(connection, report_id, self._office_id, with_findings=with_findings)

    def report_by_code(self, code: str) -> StoredReport | None:
        """The issued report of any office that was given this code, written as it is printed ("K7QF-3M9P-X2TD")."""
        with reading(self._engine) as connection:
            found = all_reports(connection, REPORTS.where(_issued.code == code))
        return found[0] if found else None

    def reports(
        self,
        limit: int,
        before: str | None = None,
        *,
        is_issued: bool | None = None,
        year: int | None = None,
        quarter: int | None = None,
        version: VersionNumber | None = None,
        with_findings: bool = True,
    ) -> tuple[StoredReport, ...]:
        """At most `limit` reports, newest upload first; those older than the report `before` when it is given.

        With `is_issued` only the issued ones, or only the drafts; with a year, quarter (1 to 4) or version only those
        of it. Nothing comes before an id that does not exist. Without their findings they have none, and are had much
        quicker.
        """
        age = tuple_(_reports.created_at, _reports.id)
        ours = _reports.office_id == self._office_id
        wanted = REPORTS.where(ours).order_by(_reports.created_at.desc(), _reports.id.desc()).limit(limit)
        if before is not None:
            mark = select(_reports.created_at, _reports.id).where(ours, _reports.id == before)
            wanted = wanted.where(age < mark.scalar_subquery())
        if is_issued is not None:
            wanted = wanted.where(_issued.report_id.is_not(None) == is_issued)
        of = {_reports.year: year, _reports.quarter: quarter, _reports.version: str(version) if version else None}
        wanted = wanted.where(*(column == value for column, value in of.items() if value is not None))
        with reading(self._engine) as connection:
            return all_reports(connection, wanted, with_findings=with_findings)

    def past(self, year: int) -> tuple[StoredReport, ...]:
        """The issued reports of a year, newest first, and after them the last that was issued of the year before."""
        with reading(self._engine) as connection:
            of_year = connection.execute(_NEWEST_ISSUED, {"ours": self._office_id, "in_year": year}).all()
            before = connection.execute(_LAST_ISSUED, {"ours": self._office_id, "in_year": year - 1}).all()
            return shown(connection, (*of_year, *before))

    def report_of_key(self, idempotency_key: str) -> str | None:
        """The id of the report that a request under this key brought, whatever the request was."""
        taken = select(_keys.report_id).where(_keys.office_id == self._office_id, _keys.key == idempotency_key)
        with reading(self._engine) as connection:
            return connection.execute(taken).scalar_one_or_none()

    def is_empty(self) -> bool:
        """Whether no report was ever appended here."""
        with reading(self._engine) as connection:
            ours = select(_reports.id).where(_reports.office_id == self._office_id)
            return connection.execute(ours.limit(1)).one_or_none() is None

    def ping(self) -> None:
        """Do nothing but reach the tables.

        Raises:
            StoreUnavailable: the database does not answer, or was never migrated.
        """
        self.is_empty()

    def _take_key(
        self, connection: Connection, key: str, request: str, report_id: str, now: dt.datetime
    ) -> Appended | KeyReused | None:
        """None when the key is now ours; otherwise what came of the request that had it first."""
        row = {
            "office_id": self._office_id,
            "key": key,
            "request_sha256": request,
            "report_id": report_id,
            "created_at": now,
        }
        if insert_if_new(connection, tables.idempotency_keys, row):
            return None
        first = connection.execute(_TAKEN, {"ours": self._office_id, "given": key}).one()
        report = one_report(connection, first.report_id, self._office_id)
        if first.request_sha256 != request or report is None:
            return KeyReused(first.report_id)
        with_upload = select(tables.jobs.c.id).where(
            tables.jobs.c.report_id == report.id,
            tables.jobs.c.asked_at == report.created_at,
            tables.jobs.c.is_final.is_(False),
        )
        return Appended(report, tuple(connection.execute(with_upload).scalars()), is_new=False)


def _fingerprint(upload: Upload, plan: Plan, kinds: tuple[DocumentKind, ...], given: Given, step: str) -> str:
    asked = [upload.sha256, plan.year, plan.quarter.number, str(plan.version), [kind.value for kind in kinds]]
    # Only when there are any: keys from before there were such fields must still be recognised.
    asked += [repr(said) for said in (given.mapping, given.accepted, step, given.corrections) if said]
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()


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


def _put_right(corrections: Iterable[Correction]) -> dict[str, list[dict[str, str | None]]]:
    """The cells that a person put right, where there are any."""
    told = [
        {"place": f"{one.place.sheet}!{one.place.cell}", "before": one.before, "after": one.after}
        for one in corrections
    ]
    return {"corrections": told} if told else {}
