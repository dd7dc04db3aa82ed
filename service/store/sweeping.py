"""Drafts that were never issued and are old -> gone, with their workbook, their reading and their documents.

What stays: the entries of the audit log, with who uploaded it when and the hash of what, and a row that says that it
was removed, so that the auditor tells a swept draft from one that somebody made disappear. Nothing that was issued
goes, nor anything that something else was made with or compared with; the database itself sees to that (`guards.py`).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, Engine, and_, delete, exists, or_, select

from service.domain.reports import JobState
from service.store import tables
from service.store.audit import AuditStep, Entry, tell
from service.store.engine import reading, writing
from service.store.statements import one_at_a_time

_reports, _uploads, _jobs, _issued = tables.reports.c, tables.uploads.c, tables.jobs.c, tables.issued.c
_documents, _blobs, _signed = tables.documents.c, tables.blobs.c, tables.signed_copies.c

_UNFINISHED: Final = [state.value for state in JobState if not state.is_final]


@dataclass(frozen=True, slots=True)
class StaleDraft:
    """A draft that may go: its report's id, its office, year, quarter and version, and when it was uploaded."""

    report_id: str
    office_id: str
    year: int
    quarter: int
    version: str
    created_at: dt.datetime


class DraftSweeper:
    """Finds old drafts in every office, and removes them."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def stale_drafts(self, before: dt.datetime, limit: int = 1000) -> tuple[StaleDraft, ...]:
        """The drafts uploaded before an instant that nothing else needs, oldest first."""
        wanted = select(tables.reports).where(_may_go(before)).order_by(_reports.created_at, _reports.id).limit(limit)
        with reading(self._engine) as connection:
            return tuple(
                StaleDraft(row.id, row.office_id, row.year, row.quarter, row.version, row.created_at)
                for row in connection.execute(wanted)
            )

    def sweep_draft(self, draft: StaleDraft, before: dt.datetime, *, now: dt.datetime, by: str) -> bool:
        """Remove a draft, all of it in one transaction. False: meanwhile it was issued, used or removed.

        Raises:
            StoreUnavailable: nothing was removed.
        """
        this = draft.report_id
        with writing(self._engine) as connection:
            # As whoever issues does: of two at once one waits, and finds it gone or issued.
            one_at_a_time(connection, f"year {draft.year} of {draft.office_id}")
            found = connection.execute(
                select(_reports.upload_id, _reports.reading_sha256, _uploads.sha256)
                .join(tables.uploads, _uploads.id == _reports.upload_id)
                .where(_reports.id == this, _may_go(before))
            ).one_or_none()
            if found is None:
                return False
            of_jobs = select(_jobs.id).where(_jobs.report_id == this)
            written = select(_documents.sha256).where(_documents.job_id.in_(of_jobs))
            contents = {found.sha256, found.reading_sha256, *connection.execute(written).scalars()}
            connection.execute(tables.swept_drafts.insert().values(report_id=this, at=now, by=by))
            connection.execute(delete(tables.documents).where(_documents.job_id.in_(of_jobs)))
            connection.execute(delete(tables.jobs).where(_jobs.report_id == this))
            keys = tables.idempotency_keys
            connection.execute(delete(keys).where(keys.c.report_id == this))
            connection.execute(delete(tables.reports).where(_reports.id == this))
            connection.execute(delete(tables.uploads).where(_uploads.id == found.upload_id))
            connection.execute(delete(tables.blobs).where(_blobs.sha256.in_(contents), _nobody_needs()))
            told = {
                "office": draft.office_id,
                "year": draft.year,
                "quarter": draft.quarter,
                "version": draft.version,
                "upload_sha256": found.sha256,
            }
            tell(connection, now, by, Entry(AuditStep.DRAFT_SWEPT, this, told))
        return True


def _may_go(before: dt.datetime) -> ColumnElement[bool]:
    other = tables.jobs.alias()
    return and_(
        _reports.created_at < before,
        ~exists().where(or_(_issued.report_id == _reports.id, _issued.previous_id == _reports.id)),
        ~exists().where(other.c.against_id == _reports.id, other.c.report_id != _reports.id),
        ~exists().where(_jobs.report_id == _reports.id, _jobs.state.in_(_UNFINISHED)),
    )


def _nobody_needs() -> ColumnElement[bool]:
    """Whether a content is of no upload, reading, document, template or signed copy any more."""
    users = (
        _uploads.sha256,
        _reports.reading_sha256,
        _documents.sha256,
        _documents.template_fingerprint,
        _signed.sha256,
    )
    return and_(*(~exists().where(user == _blobs.sha256) for user in users))
