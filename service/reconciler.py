"""Jobs that nobody is at work on -> rung again; jobs whose tries are used up -> set aside with a reason.

A process of its own that looks at the job rows every second and asks nothing of Redis but to pass on ids: whatever
Redis forgot, whichever worker died, the row is still there. It survives outages of both the database and Redis.
"""

from __future__ import annotations

import datetime as dt
import logging
import signal
import threading
from collections.abc import Callable, Iterable
from typing import Final

from service import alive, logs
from service.domain.errors import RecordIsKept, StoreUnavailable
from service.jobs import Bell
from service.settings import Settings
from service.store import Store, open_store

EVERY_SECONDS: Final = 1.0

# Who sweeps, in the audit log.
SWEEPER: Final = "Folio"

# Drafts are counted in days.
SWEEPS_EVERY: Final = dt.timedelta(hours=6)
# In one look: jobs wait for it.
SWEPT_AT_ONCE: Final = 20

# Younger than this a job's first ring, by the front, is still on its way.
GRACE: Final = dt.timedelta(seconds=1)

# So many are rung within the patience of the bell even on a slow machine. What reached Redis must be remembered: rung
# anew at every look it would cost the workers as many claims in vain.
AT_ONCE: Final = 50

# As a program its own name would be "__main__", which is nobody's in the logs.
_log = logging.getLogger("service.reconciler")


class RungJobs:
    """Which jobs were rung and when to ring them again, so that a slow or absent worker does not fill Redis.

    Each job is rung once, then again after 2, 4, 8 … at most 30 s while few messages wait. When none waits although
    jobs are due, their messages are lost and all are rung at once. It may be forgotten: that costs a ring per job.
    """

    FEW_MESSAGES: Final = 1000
    LONGEST_PAUSE: Final = dt.timedelta(seconds=30)

    def __init__(self) -> None:
        self._next: dict[str, tuple[dt.datetime, dt.timedelta]] = {}

    def to_ring(self, due: Iterable[str], waiting: int, now: dt.datetime) -> tuple[str, ...]:
        """Those of the `due` jobs to ring while `waiting` messages are in Redis; the others are forgotten."""
        still_due = tuple(due)
        self._next = {job_id: self._next[job_id] for job_id in still_due if job_id in self._next}
        return tuple(job_id for job_id in still_due if self._wants_a_ring(job_id, waiting, now))

    def _wants_a_ring(self, job_id: str, waiting: int, now: dt.datetime) -> bool:
        if job_id not in self._next or waiting == 0:
            return True
        return waiting < self.FEW_MESSAGES and self._next[job_id][0] <= now

    def rung(self, job_ids: Iterable[str], now: dt.datetime) -> None:
        """Remember that these reached Redis."""
        for job_id in job_ids:
            _, last_pause = self._next.get(job_id, (now, dt.timedelta(seconds=1)))
            pause = min(2 * last_pause, self.LONGEST_PAUSE)
            self._next[job_id] = (now + pause, pause)


def reconcile(store: Store, bell: Bell, rung: RungJobs, now: dt.datetime) -> None:
    """One look: set aside what is exhausted, ring what is due.

    Raises:
        StoreUnavailable: look again later.
    """
    for job_id in store.quarantine_exhausted(now):
        _log.warning("job %s is quarantined", job_id, extra=logs.of_job(job_id))
    due = store.due_jobs(now - GRACE)
    waiting = bell.waiting() if due else None
    if waiting is None:
        return
    job_ids = rung.to_ring(due, waiting, now)
    for first in range(0, len(job_ids), AT_ONCE):
        some = job_ids[first : first + AT_ONCE]
        if not bell.ring(some):
            return
        rung.rung(some, now)
        for job_id in some:
            _log.info("rang again", extra=logs.of_job(job_id))


def sweep_drafts(store: Store, kept_days: int, clock: Callable[[], dt.datetime], stop: threading.Event) -> bool:
    """Remove a few of the drafts that are older than so many days, so that no job waits for it; whether more are left.

    Raises:
        StoreUnavailable: those that are left come next time.
        RecordIsKept: one was used by another report in that very moment.
    """
    before = clock() - dt.timedelta(days=kept_days)
    drafts = store.stale_drafts(before, SWEPT_AT_ONCE)
    for draft in drafts:
        if stop.is_set():
            return True
        if store.sweep_draft(draft, before, now=clock(), by=SWEEPER):
            _log.info("a draft was swept", extra={"report": draft.report_id})
    return len(drafts) == SWEPT_AT_ONCE


def keep_reconciling(
    store: Store,
    bell: Bell,
    stop: threading.Event,
    clock: Callable[[], dt.datetime],
    every_seconds: float = EVERY_SECONDS,
    *,
    drafts_kept_days: int | None = None,
) -> None:
    """Look again and again until `stop` is set; where drafts are not kept for ever, sweep them once in a while."""
    rung = RungJobs()
    swept_at: dt.datetime | None = None
    while not stop.is_set():
        try:
            reconcile(store, bell, rung, clock())
            is_due = swept_at is None or clock() - swept_at >= SWEEPS_EVERY
            if drafts_kept_days and is_due and not sweep_drafts(store, drafts_kept_days, clock, stop):
                swept_at = clock()
        except (StoreUnavailable, RecordIsKept) as error:
            _log.warning("the store does not answer: %s", error)
        stop.wait(every_seconds)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def main() -> None:
    """Run until SIGTERM or SIGINT."""
    settings = Settings.at_start()
    logs.configure("reconciler", as_json=settings.logs_as_json)
    if settings.redis_url is None:
        raise SystemExit("El reconciliador necesita REDIS_URL: sin ella no sabe a quién avisar.")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    store, bell = open_store(settings.database_url), Bell(settings.redis_url)
    alive.keep_telling("reconciler", settings.data_dir, store, _now)
    if settings.metrics is not None:
        # What a Prometheus costs in memory, only where there is one.
        from service.metrics import serve_metrics  # noqa: PLC0415

        try:
            serve_metrics(*settings.metrics, store, _now)
        except OSError as error:
            _log.error("no metrics are told: %s", type(error).__name__)
    keep_reconciling(store, bell, stop, clock=_now, drafts_kept_days=settings.drafts_kept_days)
    bell.close()
    store.close()


if __name__ == "__main__":
    main()
