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

from service.domain.errors import StoreUnavailable
from service.jobs import Bell
from service.settings import Settings
from service.store import Store, open_store

EVERY_SECONDS: Final = 1.0

# Younger than this a job's first ring, by the front, is still on its way.
GRACE: Final = dt.timedelta(seconds=1)

_log = logging.getLogger(__name__)


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
        _log.warning("job %s is quarantined", job_id)
    due = store.due_jobs(now - GRACE)
    waiting = bell.waiting() if due else None
    if waiting is None:
        return
    job_ids = rung.to_ring(due, waiting, now)
    if job_ids and bell.ring(job_ids):
        rung.rung(job_ids, now)
        _log.info("rang again: %s", " ".join(job_ids))


def keep_reconciling(
    store: Store,
    bell: Bell,
    stop: threading.Event,
    clock: Callable[[], dt.datetime],
    every_seconds: float = EVERY_SECONDS,
) -> None:
    """Look again and again until `stop` is set."""
    rung = RungJobs()
    while not stop.is_set():
        try:
            reconcile(store, bell, rung, clock())
        except StoreUnavailable as error:
            _log.warning("the store does not answer: %s", error)
        stop.wait(every_seconds)


def main() -> None:
    """Run until SIGTERM or SIGINT."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    settings = Settings.from_environment()
    if settings.redis_url is None:
        raise SystemExit("El reconciliador necesita REDIS_URL: sin ella no sabe a quién avisar.")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    store, bell = open_store(settings.database_url), Bell(settings.redis_url)
    keep_reconciling(store, bell, stop, clock=lambda: dt.datetime.now(dt.UTC))
    bell.close()
    store.close()


if __name__ == "__main__":
    main()
