"""Uploads and readings -> reports that never change, and back: what was accepted, found, written.

Accepting is one transaction: the workbook's bytes, the reading, the report with its edition, its jobs and the
idempotency key are there together or not at all. Nothing on the shelf is updated or deleted.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Final

from sqlalchemy import Connection, Engine, Row, Select, func, select, tuple_

from service.domain.archive import finding_from_json, finding_to_json, plan_from_json
from service.domain.findings import Finding
from service.domain.plan import Plan
from service.domain.reading import Accepted, Given, Rejected
from service.domain.reports import DocumentKind, JobState, Report, document_filename, overall_state
from service.domain.values import Quarter, VersionNumber
from service.store import tables
from service.store.engine import insert_if_new, one_at_a_time, reading, writing
from service.store.records import Appended, KeyReused, StoredDocument, StoredReport, Upload

NOTHING_GIVEN: Final = Given()


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
    ) -> Appended | KeyReused:
        """Remember an upload as the next edition of its report, or as a draft of it, with one queued job per kind.

        When this returns, the report is on disk. The same key with the same workbook, kinds, year, quarter, version,
        mapping and acceptances gives the first report again, however often and from wherever it comes; with anything
        else, `KeyReused`.

        Raises:
            StoreUnavailable: nothing was written, or the answer of the commit was lost: ask again with the same key.
            ValueError: no kind of document is asked for, or the draft does not say which report it is for.
        """
        asked = set(kinds)
        wanted = tuple(kind for kind in DocumentKind if kind in asked)
        if not wanted:
            raise ValueError("a report needs at least one document")
        is_draft = isinstance(understood, Rejected)
        plan = understood.plan.with_blanks() if isinstance(understood, Rejected) else understood.plan
        if plan is None:
            raise ValueError("a draft needs its year, quarter and version")
        with writing(self._engine) as connection:
            if idempotency_key is not None:
                request = _fingerprint(upload, plan, wanted, given)
                first = _take_key(connection, idempotency_key, request, report_id, now)
                if first is not None:
                    return first
            report = Report(report_id, plan, _next_edition(connection, plan, is_draft=is_draft), now)
            _keep(connection, report, upload, understood.findings, reading_json, is_draft=is_draft)
            _queue(connection, report, wanted)
            appended = _one_report(connection, report_id)
        return Appended(appended, tuple(job_id(report_id, kind) for kind in wanted), is_new=True)

    def report(self, report_id: str) -> StoredReport | None:
        """The report of that id."""
        with reading(self._engine) as connection:
            found = _with_documents(connection, _REPORTS.where(tables.reports.c.id == report_id))
        return found[0] if found else None

    def reports(self, limit: int, before: str | None = None) -> tuple[StoredReport, ...]:
        """At most `limit` reports, newest first; those older than the report `before` when it is given.

        Nothing comes before an id that does not exist.
        """
        age = tuple_(tables.reports.c.created_at, tables.reports.c.id)
        wanted = _REPORTS.order_by(tables.reports.c.created_at.desc(), tables.reports.c.id.desc()).limit(limit)
        if before is not None:
            mark = select(tables.reports.c.created_at, tables.reports.c.id).where(tables.reports.c.id == before)
            wanted = wanted.where(age < mark.scalar_subquery())
        with reading(self._engine) as connection:
            return _with_documents(connection, wanted)

    def reading_json(self, report_id: str) -> bytes | None:
        """What was understood of the report's workbook: the very bytes that were appended."""
        wanted = (
            select(tables.blobs.c.content)
            .join(tables.reports, tables.reports.c.reading_sha256 == tables.blobs.c.sha256)
            .where(tables.reports.c.id == report_id)
        )
        with reading(self._engine) as connection:
            return connection.execute(wanted).scalar_one_or_none()

    def document(self, report_id: str, kind: DocumentKind) -> tuple[StoredDocument, bytes] | None:
        """A finished document and its bytes; None while there is none."""
        wanted = _DOCUMENTS.add_columns(tables.blobs.c.content).where(
            tables.jobs.c.report_id == report_id,
            tables.jobs.c.kind == kind.value,
            tables.documents.c.sha256.is_not(None),
        )
        with reading(self._engine) as connection:
            row = connection.execute(wanted).one_or_none()
        return (_document(row), row.content) if row else None

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

    def previous_plan(self, quarter: Quarter, version: VersionNumber) -> Plan | None:
        """The plan of the latest earlier quarter of that year that has a report, of the same version when there is one.

        Never one of the same quarter: another edition of it replaces the first and may differ in anything.
        """
        reports = tables.reports.c
        latest = (
            select(tables.blobs.c.content)
            .join(tables.reports, reports.reading_sha256 == tables.blobs.c.sha256)
            .where(reports.year == quarter.year, reports.quarter < quarter.number, reports.is_draft.is_(False))
            .order_by((reports.version == str(version)).desc(), reports.quarter.desc(), reports.created_at.desc())
            .limit(1)
        )
        with reading(self._engine) as connection:
            kept = connection.execute(latest).scalar_one_or_none()
        return plan_from_json(json.loads(kept)["plan"]).complete() if kept else None

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


def job_id(report_id: str, kind: DocumentKind) -> str:
    """The id of the job that writes a document; there is one for each."""
    return f"{report_id}.{kind.value}"


def keep_blob(connection: Connection, content: bytes, sha256: str) -> None:
    """Keep bytes under their hash; the same bytes are kept once."""
    insert_if_new(connection, tables.blobs, {"sha256": sha256, "size": len(content), "content": content})


def _fingerprint(upload: Upload, plan: Plan, kinds: tuple[DocumentKind, ...], given: Given) -> str:
    asked = [upload.sha256, plan.year, plan.quarter.number, str(plan.version), [kind.value for kind in kinds]]
    # Only when there are any: keys from before there were such fields must still be recognised.
    asked += [repr(said) for said in (given.mapping, given.accepted) if said]
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()


def _take_key(
    connection: Connection, key: str, request: str, report_id: str, now: dt.datetime
) -> Appended | KeyReused | None:
    """None when the key is now ours; otherwise what came of the request that had it first."""
    row = {"key": key, "request_sha256": request, "report_id": report_id, "created_at": now}
    if insert_if_new(connection, tables.idempotency_keys, row):
        return None
    keys = tables.idempotency_keys.c
    first = connection.execute(select(keys.request_sha256, keys.report_id).where(keys.key == key)).one()
    if first.request_sha256 != request:
        return KeyReused(first.report_id)
    report = _one_report(connection, first.report_id)
    job_ids = tuple(job_id(report.id, document.kind) for document in report.documents)
    return Appended(report, job_ids, is_new=False)


def _keep(
    connection: Connection,
    report: Report,
    upload: Upload,
    findings: tuple[Finding, ...],
    reading_json: bytes,
    *,
    is_draft: bool,
) -> None:
    reading_sha256 = hashlib.sha256(reading_json).hexdigest()
    # In the order of their hashes, so that two transactions with the same bytes never wait for one another in a ring.
    for sha256, content in sorted({upload.sha256: upload.content, reading_sha256: reading_json}.items()):
        keep_blob(connection, content, sha256)
    upload_id = connection.execute(
        tables.uploads.insert()
        .values(filename=upload.filename, sha256=upload.sha256, received_at=upload.received_at)
        .returning(tables.uploads.c.id)
    ).scalar_one()
    connection.execute(
        tables.reports.insert().values(
            id=report.id,
            upload_id=upload_id,
            year=report.plan.year,
            quarter=report.plan.quarter.number,
            version=str(report.plan.version),
            is_draft=is_draft,
            edition=report.edition,
            reading_sha256=reading_sha256,
            findings=json.dumps([finding_to_json(finding) for finding in findings], ensure_ascii=False),
            created_at=report.created_at,
        )
    )


def _queue(connection: Connection, report: Report, kinds: tuple[DocumentKind, ...]) -> None:
    for kind in kinds:
        connection.execute(
            tables.jobs.insert().values(
                id=job_id(report.id, kind),
                report_id=report.id,
                kind=kind.value,
                filename=document_filename(report.plan, report.edition, kind),
                state=JobState.QUEUED.value,
                attempts=0,
                due_at=report.created_at,
            )
        )


def _next_edition(connection: Connection, plan: Plan, *, is_draft: bool) -> int:
    one_at_a_time(connection, f"report {plan.year} {plan.quarter.number} {plan.version}")
    reports = tables.reports.c
    highest = connection.execute(
        select(func.max(reports.edition)).where(
            reports.year == plan.year,
            reports.quarter == plan.quarter.number,
            reports.version == str(plan.version),
            reports.is_draft == is_draft,
        )
    ).scalar_one()
    return (highest or 0) + 1


_REPORTS = select(
    tables.reports.c.id,
    tables.reports.c.year,
    tables.reports.c.quarter,
    tables.reports.c.version,
    tables.reports.c.edition,
    tables.reports.c.is_draft,
    tables.reports.c.findings,
    tables.reports.c.created_at,
    tables.uploads.c.filename,
).join(tables.uploads, tables.uploads.c.id == tables.reports.c.upload_id)

_DOCUMENTS = (
    select(
        tables.jobs.c.report_id,
        tables.jobs.c.kind,
        tables.jobs.c.state,
        tables.jobs.c.filename,
        tables.jobs.c.problem,
        tables.documents.c.sha256,
        tables.blobs.c.size,
    )
    .join(
        tables.documents,
        (tables.documents.c.report_id == tables.jobs.c.report_id) & (tables.documents.c.kind == tables.jobs.c.kind),
        isouter=True,
    )
    .join(tables.blobs, tables.blobs.c.sha256 == tables.documents.c.sha256, isouter=True)
)


def _one_report(connection: Connection, report_id: str) -> StoredReport:
    return _with_documents(connection, _REPORTS.where(tables.reports.c.id == report_id))[0]


def _with_documents(connection: Connection, wanted: Select[Any]) -> tuple[StoredReport, ...]:
    rows = connection.execute(wanted).all()
    of_them = _DOCUMENTS.where(tables.jobs.c.report_id.in_([row.id for row in rows]))
    documents: dict[str, list[StoredDocument]] = defaultdict(list)
    for row in connection.execute(of_them) if rows else ():
        documents[row.report_id].append(_document(row))
    return tuple(_report(row, documents) for row in rows)


def _report(row: Row[Any], documents: Mapping[str, list[StoredDocument]]) -> StoredReport:
    in_order = tuple(sorted(documents[row.id], key=lambda document: list(DocumentKind).index(document.kind)))
    version = VersionNumber.parse(row.version)
    if version is None:
        raise ValueError(f"report {row.id} has the version {row.version!r}")
    return StoredReport(
        id=row.id,
        quarter=Quarter(row.year, row.quarter),
        version=version,
        edition=row.edition,
        is_draft=row.is_draft,
        state=overall_state(tuple(document.state for document in in_order)),
        findings=tuple(finding_from_json(finding) for finding in json.loads(row.findings)),
        documents=in_order,
        created_at=row.created_at,
        upload_filename=row.filename,
    )


def _document(row: Row[*tuple[Any, ...]]) -> StoredDocument:
    kind = DocumentKind(row.kind)
    return StoredDocument(
        kind=kind,
        state=JobState(row.state),
        filename=row.filename,
        media_type=kind.media_type,
        size=row.size,
        sha256=row.sha256,
        problem=row.problem,
    )
