"""Job rows -> claims, and claims -> finished documents: who may write what, until when, and what came of it.

A claim is a lease with an owner. Whoever finishes late, after the lease passed on, changes nothing. A job that broke
its worker `MAX_ATTEMPTS` times is set aside for a person to look at. Messages in Redis play no part here.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Engine, Update, and_, case, or_, select, update

from service.domain.errors import FolioError, StoreUnavailable
from service.domain.reports import DocumentKind, JobState, RenderedDocument
from service.store import tables
from service.store.audit import AuditStep, Entry, tell
from service.store.engine import reading, writing
from service.store.material import material_of
from service.store.records import Claim
from service.store.statements import keep_blobs

# Who keeps the documents, in the audit log.
WORKER: Final = "Folio"

MAX_ATTEMPTS: Final = 5

_QUARANTINED: Final = (
    f"Se intentó escribir este documento {MAX_ATTEMPTS} veces y el programa no pudo terminarlo; no se intentará más. "
    "El archivo que subió está guardado: avise a quien administra Folio."
)

_jobs = tables.jobs.c


class JobQueue:
    """Hands out the writing of documents and records its outcome."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def claim(self, job_id: str, owner: str, now: dt.datetime, lease: dt.timedelta) -> Claim | None:
        """Take a job that is due, or whose last owner let the lease pass. None: there is nothing to do.

        `owner` must be new with every claim: it is what tells a late finisher from the present one.
        """
        take = (
            update(tables.jobs)
            .where(
                _jobs.id == job_id,
                _jobs.attempts < MAX_ATTEMPTS,
                or_(and_(_jobs.state == JobState.QUEUED.value, _jobs.due_at <= now), _lease_has_passed(now)),
            )
            .values(state=JobState.RUNNING.value, owner=owner, lease_until=now + lease, attempts=_jobs.attempts + 1)
            .returning(_jobs.report_id, _jobs.kind, _jobs.against_id, _jobs.is_final, _jobs.attempts)
        )
        with writing(self._engine) as connection:
            row = connection.execute(take).one_or_none()
            if row is None:
                return None
        # After the commit: a reading that cannot be understood then counts as a try, and the job ends in quarantine.
        with reading(self._engine) as connection:
            made_of = material_of(connection, row)
        kind = DocumentKind(row.kind)
        return Claim(job_id, owner, made_of.report, kind, row.attempts, made_of.source, made_of.others)

    def extend_lease(self, claim: Claim, now: dt.datetime, lease: dt.timedelta) -> bool:
        """Keep a claim for longer. False: it is no longer yours, stop."""
        with writing(self._engine) as connection:
            return _changed(connection, _held(claim).values(lease_until=now + lease))

    def finish(self, claim: Claim, rendered: RenderedDocument, now: dt.datetime) -> bool:
        """Keep the document and close the job, together. False: the claim had passed to another, nothing was kept.

        The template that it came from is kept too, so that it can be written again when the office has edited it.
        """
        contents = {rendered.sha256: rendered.content}
        if rendered.template is not None:
            contents[rendered.template_fingerprint] = rendered.template
        with writing(self._engine) as connection:
            closed = _held(claim).values(_final(JobState.DONE, now) | {"problem": None, "problem_code": None})
            if not _changed(connection, closed):
                return False
            keep_blobs(connection, contents)
            connection.execute(
                tables.documents.insert().values(
                    job_id=claim.job_id,
                    sha256=rendered.sha256,
                    template_fingerprint=rendered.template_fingerprint,
                    created_at=now,
                )
            )
            told = {
                "report": claim.report.id,
                "kind": claim.kind.value,
                "sha256": rendered.sha256,
                "template_fingerprint": rendered.template_fingerprint,
            }
            tell(connection, now, WORKER, Entry(AuditStep.DOCUMENT_KEPT, claim.job_id, told))
        return True

    def fail(self, claim: Claim, error: FolioError, now: dt.datetime) -> bool:
        """Close the job with a reason that another try would not mend. False: the claim had passed to another."""
        with writing(self._engine) as connection:
            closed = _held(claim).values(_final(JobState.FAILED, now) | _problem(error))
            return _changed(connection, closed)

    def put_back(self, claim: Claim, error: FolioError, due_at: dt.datetime) -> bool:
        """Queue the job again from `due_at` on. False: the claim had passed to another.

        The try counts, unless the store itself was at fault: that is not charged to the person's file.
        """
        attempts = _jobs.attempts - 1 if isinstance(error, StoreUnavailable) else _jobs.attempts
        back = {"state": JobState.QUEUED.value, "owner": None, "lease_until": None, "due_at": due_at}
        with writing(self._engine) as connection:
            return _changed(connection, _held(claim).values(back | _problem(error) | {"attempts": attempts}))

    def due_jobs(self, now: dt.datetime, limit: int = 1000) -> tuple[str, ...]:
        """Ids of the jobs that a worker could claim at `now`, longest waiting first."""
        due = (
            select(_jobs.id)
            .where(
                _jobs.attempts < MAX_ATTEMPTS,
                or_(and_(_jobs.state == JobState.QUEUED.value, _jobs.due_at <= now), _lease_has_passed(now)),
            )
            .order_by(_jobs.due_at, _jobs.id)
            .limit(limit)
        )
        with reading(self._engine) as connection:
            return tuple(connection.execute(due).scalars())

    def quarantine_exhausted(self, now: dt.datetime) -> tuple[str, ...]:
        """Set aside the jobs whose tries are used up and that nobody is at work on; their ids.

        The reason a person reads names the last problem, when there was one.
        """
        exhausted = and_(
            _jobs.attempts >= MAX_ATTEMPTS, or_(_jobs.state == JobState.QUEUED.value, _lease_has_passed(now))
        )
        with reading(self._engine) as connection:
            if connection.execute(select(_jobs.id).where(exhausted).limit(1)).one_or_none() is None:
                return ()
        reason = case(
            (_jobs.problem.is_(None), _QUARANTINED), else_=_QUARANTINED + " Último problema: " + _jobs.problem
        )
        set_aside = (
            update(tables.jobs)
            .where(exhausted)
            .values(_final(JobState.QUARANTINED, now) | {"problem": reason, "problem_code": "QUARANTINE"})
            .returning(_jobs.id)
        )
        with writing(self._engine) as connection:
            return tuple(connection.execute(set_aside).scalars())


def _lease_has_passed(now: dt.datetime) -> ColumnElement[bool]:
    return and_(_jobs.state == JobState.RUNNING.value, _jobs.lease_until <= now)


def _held(claim: Claim) -> Update:
    return update(tables.jobs).where(
        _jobs.id == claim.job_id, _jobs.owner == claim.owner, _jobs.state == JobState.RUNNING.value
    )


def _final(state: JobState, now: dt.datetime) -> dict[str, Any]:
    return {"state": state.value, "owner": None, "lease_until": None, "finished_at": now}


def _problem(error: FolioError) -> dict[str, Any]:
    return {"problem": error.detail, "problem_code": error.code}


def _changed(connection: Connection, statement: Update) -> bool:
    return connection.execute(statement).rowcount == 1
