"""Job rows -> claims, and claims -> finished documents: who may write what, until when, and what came of it.

A claim is a lease with an owner. Whoever finishes late, after the lease passed on, changes nothing. A job that broke
its worker `MAX_ATTEMPTS` times is set aside for a person to look at. Messages in Redis play no part here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Update,
    and_,
    bindparam,
    case,
    exists,
    func,
    or_,
    select,
    update,
)

from service.domain.errors import FolioError
from service.domain.reports import DocumentKind, JobState, RenderedDocument
from service.domain.took import Took
from service.store import tables
from service.store.audit import AuditStep, Entry, canonical, tell
from service.store.bound import office_of
from service.store.engine import reading, writing
from service.store.material import PACKED, kept_of, understand
from service.store.records import Claim
from service.store.statements import keep_blobs

# Who keeps the documents, in the audit log.
WORKER: Final = "Folio"

MAX_ATTEMPTS: Final = 5

_QUARANTINED: Final = (
    f"Se intentó escribir este documento {MAX_ATTEMPTS} veces y el programa no pudo terminarlo; no se intentará más. "
    "El archivo que subió está guardado: avise a quien administra Folio."
)

_ENDED: Final = (
    "El proceso que escribía este documento terminó de golpe y no alcanzó a decir por qué: tomó demasiado tiempo o "
    "memoria, o el equipo se detuvo."
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
        claims = self.claim_together((job_id,), owner, now, lease)
        return claims[0] if claims else None

    def claim_together(
        self, job_ids: Iterable[str], owner: str, now: dt.datetime, lease: dt.timedelta
    ) -> tuple[Claim, ...]:
        """The same of several jobs, in their order, in one transaction; those that nobody may take now are left out.

        What they have in common is read once.

        Raises:
            StoreUnavailable: none was taken, and no try was counted; but where the answer of the commit was lost.
            ValueError: the store holds what cannot be understood; the tries count.
        """
        wanted = list(job_ids)
        taking = {"wanted": wanted, "taker": owner, "now": now, "until": now + lease}
        with writing(self._engine) as connection:
            taken = {row.id: row for row in connection.execute(_TAKE, taking)}
            rows = [taken[job_id] for job_id in wanted if job_id in taken]
            # Before the commit: a try that nobody could begin, because the database went away, is not counted.
            kept = kept_of(connection, rows)
        # After it: what cannot be understood, or ends whoever tries to, counts, and the job ends in quarantine.
        materials = understand(kept)
        return tuple(
            Claim(
                row.id,
                owner,
                made_of.report,
                DocumentKind(row.kind),
                row.attempts,
                made_of.source,
                made_of.others,
                made_of.office,
                made_of.companions,
            )
            for row, made_of in zip(rows, materials, strict=True)
        )

    def extend_lease(self, claim: Claim, now: dt.datetime, lease: dt.timedelta) -> bool:
        """Keep a claim for longer. False: it is no longer yours, stop."""
        with writing(self._engine) as connection:
            return _changed(connection, _held(claim).values(lease_until=now + lease))

    def finish(self, claim: Claim, rendered: RenderedDocument, now: dt.datetime, took: Took | None = None) -> bool:
        """Keep the document and close the job, together. False: the claim had passed to another, nothing was kept.

        The template that it came from is kept too, so that it can be written again when the office has edited it.
        """
        return self.finish_together(((claim, rendered, took),), now) == (claim,)

    def finish_together(
        self, written: Iterable[tuple[Claim, RenderedDocument, Took | None]], now: dt.datetime
    ) -> tuple[Claim, ...]:
        """The same of several documents, each with what it took, in one transaction.

        Returns:
            The claims that had not passed to another.

        Raises:
            RecordIsKept: another document of one of the jobs is kept; none of these was.
        """
        with writing(self._engine) as connection:
            kept = [(claim, rendered) for claim, rendered, took in written if _closed(connection, claim, now, took)]
            keep_blobs(connection, _blobs_of(rendered for _, rendered in kept))
            reports = {claim.report.id for claim, _ in kept}
            offices = {report_id: office_of(connection, report_id) for report_id in reports}
            rows, entries = [], []
            for claim, rendered in kept:
                rows.append(
                    {
                        "job_id": claim.job_id,
                        "sha256": rendered.sha256,
                        "template_fingerprint": rendered.template_fingerprint,
                        "created_at": now,
                        "proof": canonical(rendered.proof.to_json()) if rendered.proof else None,
                    }
                )
                told = {
                    "office": offices[claim.report.id],
                    "report": claim.report.id,
                    "kind": claim.kind.value,
                    "sha256": rendered.sha256,
                    "template_fingerprint": rendered.template_fingerprint,
                }
                entries.append(Entry(AuditStep.DOCUMENT_KEPT, claim.job_id, told))
            if entries:
                connection.execute(_KEEP, rows)
                tell(connection, now, WORKER, *entries)
        return tuple(claim for claim, _ in kept)

    def fail(self, claim: Claim, error: FolioError, now: dt.datetime, took: Took | None = None) -> bool:
        """Close the job with a reason that another try would not mend. False: the claim had passed to another."""
        with writing(self._engine) as connection:
            closed = _held(claim).values(_final(JobState.FAILED, now) | _problem(error) | _took(took))
            return _changed(connection, closed)

    def put_back(self, claim: Claim, error: FolioError, due_at: dt.datetime) -> bool:
        """Queue the job again from `due_at` on. False: the claim had passed to another.

        The try counts, unless the store or the disk was at fault: that is not charged to the person's file.
        """
        attempts = _jobs.attempts if error.is_charged else _jobs.attempts - 1
        back = {"state": JobState.QUEUED.value, "owner": None, "lease_until": None, "due_at": due_at}
        with writing(self._engine) as connection:
            return _changed(connection, _held(claim).values(back | _problem(error) | {"attempts": attempts}))

    def due_jobs(self, now: dt.datetime, limit: int = 1000) -> tuple[str, ...]:
        """Ids of the jobs that a worker could claim at `now`, longest waiting first."""
        with reading(self._engine) as connection:
            return tuple(connection.execute(_DUE, {"now": now, "most": limit}).scalars())

    def ready_after(self, claim: Claim, now: dt.datetime) -> tuple[str, ...]:
        """The package that waited for the document of this claim, and for no other any more: its job, to be rung."""
        if claim.kind not in PACKED or claim.report.is_draft:
            return ()
        waiting = select(_jobs.id).where(
            _jobs.report_id == claim.report.id, _jobs.kind == DocumentKind.PACKAGE.value, _CLAIMABLE
        )
        with reading(self._engine) as connection:
            return tuple(connection.execute(waiting, {"now": now}).scalars())

    def quarantine_exhausted(self, now: dt.datetime) -> tuple[str, ...]:
        """Set aside the jobs whose tries are used up and that nobody is at work on; their ids.

        The reason a person reads names the last problem, when there was one.
        """
        with reading(self._engine) as connection:
            if connection.execute(_ANY_EXHAUSTED, {"now": now}).one_or_none() is None:
                return ()
        reason = case(
            (_jobs.problem.is_(None), _QUARANTINED), else_=_QUARANTINED + " Último problema: " + _jobs.problem
        )
        set_aside = (
            update(tables.jobs)
            .where(_EXHAUSTED)
            .values(_final(JobState.QUARANTINED, now) | {"problem": reason, "problem_code": "QUARANTINE"})
            .returning(_jobs.id)
        )
        with writing(self._engine) as connection:
            return tuple(connection.execute(set_aside, {"now": now}).scalars())


def _awaits_another() -> ColumnElement[bool]:
    """Whether something that goes into the package of this job's report may still come by itself."""
    other = tables.jobs.alias()
    unfinished = [state.value for state in JobState if not state.is_final]
    return exists().where(
        other.c.report_id == _jobs.report_id,
        other.c.is_final,
        other.c.kind.in_([kind.value for kind in PACKED]),
        other.c.state.in_(unfinished),
    )


# Made once, the instant being `now`: to put a statement together takes longer than to execute it.
_LEASE_HAS_PASSED: Final = and_(_jobs.state == JobState.RUNNING.value, _jobs.lease_until <= bindparam("now"))
_CLAIMABLE: Final = and_(
    _jobs.attempts < MAX_ATTEMPTS,
    or_(and_(_jobs.state == JobState.QUEUED.value, _jobs.due_at <= bindparam("now")), _LEASE_HAS_PASSED),
    or_(_jobs.kind != DocumentKind.PACKAGE.value, ~_awaits_another()),
)
_EXHAUSTED: Final = and_(_jobs.attempts >= MAX_ATTEMPTS, or_(_jobs.state == JobState.QUEUED.value, _LEASE_HAS_PASSED))
_TAKE: Final = (
    update(tables.jobs)
    .where(_jobs.id.in_(bindparam("wanted", expanding=True)), _CLAIMABLE)
    .values(
        state=JobState.RUNNING.value,
        owner=bindparam("taker"),
        lease_until=bindparam("until"),
        attempts=_jobs.attempts + 1,
        claimed_at=func.coalesce(_jobs.claimed_at, bindparam("now"), type_=tables.Instant),
        # Whoever had it and let its lease pass could not say what ended it.
        problem=case((_jobs.state == JobState.RUNNING.value, _ENDED), else_=_jobs.problem),
    )
    .returning(_jobs.id, _jobs.report_id, _jobs.kind, _jobs.against_id, _jobs.is_final, _jobs.attempts)
)
_DUE: Final = select(_jobs.id).where(_CLAIMABLE).order_by(_jobs.due_at, _jobs.id).limit(bindparam("most"))
_ANY_EXHAUSTED: Final = select(_jobs.id).where(_EXHAUSTED).limit(1)
_CLOSE: Final = (
    update(tables.jobs)
    .where(_jobs.id == bindparam("job"), _jobs.owner == bindparam("taker"), _jobs.state == JobState.RUNNING.value)
    .values(
        state=JobState.DONE.value,
        owner=None,
        lease_until=None,
        finished_at=bindparam("now"),
        problem=None,
        problem_code=None,
        took=bindparam("took"),
    )
)
_KEEP: Final = tables.documents.insert()


def _held(claim: Claim) -> Update:
    return update(tables.jobs).where(
        _jobs.id == claim.job_id, _jobs.owner == claim.owner, _jobs.state == JobState.RUNNING.value
    )


def _final(state: JobState, now: dt.datetime) -> dict[str, Any]:
    return {"state": state.value, "owner": None, "lease_until": None, "finished_at": now}


def _problem(error: FolioError) -> dict[str, Any]:
    return {"problem": error.detail, "problem_code": error.code}


def _took(took: Took | None) -> dict[str, Any]:
    return {"took": took.to_json()} if took else {}


def _closed(connection: Connection, claim: Claim, now: dt.datetime, took: Took | None) -> bool:
    closing = {"job": claim.job_id, "taker": claim.owner, "now": now, "took": took.to_json() if took else None}
    return connection.execute(_CLOSE, closing).rowcount == 1


def _blobs_of(written: Iterable[RenderedDocument]) -> dict[str, bytes]:
    contents = {}
    for rendered in written:
        contents[rendered.sha256] = rendered.content
        if rendered.template is not None:
            contents[rendered.template_fingerprint] = rendered.template
    return contents


def _changed(connection: Connection, statement: Update) -> bool:
    return connection.execute(statement).rowcount == 1
