"""The tables -> what an operator is told: which programs are well, how the queue stands, what jobs waited and took.

Across the offices, for it is the machine that is looked at here: nothing of what a plan or a person says comes out.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Engine, delete, false, func, select

from service.domain.reports import DocumentKind, JobState
from service.domain.took import Took
from service.store import tables
from service.store.engine import reading, writing
from service.store.migrate import newest_schema
from service.store.statements import insert_if_new

# A program that was not seen for so long is gone for good: another host has taken its place.
FORGOTTEN_AFTER: Final = dt.timedelta(days=1)

_jobs, _programs = tables.jobs.c, tables.programs.c


@dataclass(frozen=True, slots=True)
class ProgramSeen:
    """A program at work on this database, by what it does ("worker"), its host, and when it was last well."""

    name: str
    host: str
    seen_at: dt.datetime


@dataclass(frozen=True, slots=True)
class JobGlance:
    """A job as an operator sees it; `problem` is the sentence that a person of the office reads."""

    id: str
    report_id: str
    office_id: str
    kind: DocumentKind
    against: str | None
    state: JobState
    attempts: int
    asked_at: dt.datetime
    due_at: dt.datetime
    finished_at: dt.datetime | None
    problem: str | None


@dataclass(frozen=True, slots=True)
class MeasuredJob:
    """A job that came to its end: how, after how many tries, what it took; `size` in bytes where it made something."""

    id: str
    kind: DocumentKind
    state: JobState
    attempts: int
    asked_at: dt.datetime
    claimed_at: dt.datetime | None
    finished_at: dt.datetime
    took: Took | None
    size: int | None


@dataclass(frozen=True, slots=True)
class MeasuredUpload:
    """An upload that was kept: from its first byte to the commit, and its bytes."""

    report_id: str
    received_at: dt.datetime
    kept_at: dt.datetime
    size: int


@dataclass(frozen=True, slots=True)
class QueueState:
    """How many jobs there are by kind and state, of those that are not done; since when the longest due waits."""

    counts: dict[tuple[DocumentKind, JobState], int]
    waiting_since: dt.datetime | None


class Operations:
    """Tells an operator how Folio is."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def beat(self, name: str, host: str, now: dt.datetime) -> None:
        """Remember that a program is well."""
        row = {"name": name, "host": host, "seen_at": now}
        this = (_programs.name == name, _programs.host == host)
        with writing(self._engine) as connection:
            if not insert_if_new(connection, tables.programs, row):
                connection.execute(tables.programs.update().where(*this).values(seen_at=now))
            connection.execute(delete(tables.programs).where(_programs.seen_at < now - FORGOTTEN_AFTER))

    def programs(self) -> tuple[ProgramSeen, ...]:
        """The programs that were well not long ago, by name and host."""
        in_order = select(tables.programs).order_by(_programs.name, _programs.host)
        with reading(self._engine) as connection:
            return tuple(ProgramSeen(row.name, row.host, row.seen_at) for row in connection.execute(in_order))

    def try_writing(self) -> None:
        """Write nothing, as something would be written.

        Raises:
            StoreUnavailable: the database does not answer, or takes no writing: its file or it itself is read-only.
        """
        with writing(self._engine) as connection:
            connection.execute(tables.programs.update().where(false()).values(host=""))

    def is_up_to_date(self) -> bool:
        """Whether the tables are those of this Folio.

        Raises:
            StoreUnavailable: the database does not answer, or has no tables at all.
        """
        with reading(self._engine) as connection:
            version = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one_or_none()
        return version == newest_schema()

    def jobs(self, states: Collection[JobState], limit: int = 1000) -> tuple[JobGlance, ...]:
        """The jobs in these states, longest asked for first."""
        wanted = (
            select(tables.jobs, tables.reports.c.office_id)
            .join(tables.reports, tables.reports.c.id == _jobs.report_id)
            .where(_jobs.state.in_([state.value for state in states]))
            .order_by(_jobs.asked_at, _jobs.id)
            .limit(limit)
        )
        with reading(self._engine) as connection:
            return tuple(
                JobGlance(
                    row.id,
                    row.report_id,
                    row.office_id,
                    kind := DocumentKind(row.kind),
                    row.against_id if kind.needs_another else None,
                    JobState(row.state),
                    row.attempts,
                    row.asked_at,
                    row.due_at,
                    row.finished_at,
                    row.problem,
                )
                for row in connection.execute(wanted)
            )

    def queue_state(self, now: dt.datetime) -> QueueState:
        """How the queue stands; jobs that are done are not counted, for they only ever become more."""
        counted = (
            select(_jobs.kind, _jobs.state, func.count().label("number"))
            .where(_jobs.state.in_([state.value for state in JobState if state is not JobState.DONE]))
            .group_by(_jobs.kind, _jobs.state)
        )
        since = select(func.min(_jobs.due_at, type_=tables.Instant)).where(
            _jobs.state == JobState.QUEUED.value, _jobs.due_at <= now, _jobs.kind != DocumentKind.PACKAGE.value
        )
        with reading(self._engine) as connection:
            counts = {(DocumentKind(row.kind), JobState(row.state)): row.number for row in connection.execute(counted)}
            return QueueState(counts, connection.execute(since).scalar_one_or_none())

    def finished_since(self, since: dt.datetime, limit: int = 10_000) -> tuple[MeasuredJob, ...]:
        """The jobs that came to their end after an instant, oldest first."""
        wanted = (
            select(tables.jobs, tables.blobs.c.size)
            .join(tables.documents, tables.documents.c.job_id == _jobs.id, isouter=True)
            .join(tables.blobs, tables.blobs.c.sha256 == tables.documents.c.sha256, isouter=True)
            .where(_jobs.finished_at > since)
            .order_by(_jobs.finished_at, _jobs.id)
            .limit(limit)
        )
        with reading(self._engine) as connection:
            return tuple(
                MeasuredJob(
                    row.id,
                    DocumentKind(row.kind),
                    JobState(row.state),
                    row.attempts,
                    row.asked_at,
                    row.claimed_at,
                    row.finished_at,
                    Took.from_json(row.took) if row.took else None,
                    row.size,
                )
                for row in connection.execute(wanted)
            )

    def kept_since(self, since: dt.datetime, limit: int = 10_000) -> tuple[MeasuredUpload, ...]:
        """The uploads that were kept after an instant, oldest first."""
        reports, uploads = tables.reports.c, tables.uploads.c
        wanted = (
            select(reports.id, reports.created_at, uploads.received_at, tables.blobs.c.size)
            .join(tables.uploads, uploads.id == reports.upload_id)
            .join(tables.blobs, tables.blobs.c.sha256 == uploads.sha256)
            .where(reports.created_at > since)
            .order_by(reports.created_at, reports.id)
            .limit(limit)
        )
        with reading(self._engine) as connection:
            return tuple(
                MeasuredUpload(row.id, row.received_at, row.created_at, row.size) for row in connection.execute(wanted)
            )
