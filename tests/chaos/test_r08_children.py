"""Documents that kill, exhaust or hold up whoever writes them, among good ones that are all written."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections import Counter
from pathlib import Path

import pytest
import sqlalchemy as sa

from service.domain.reports import DocumentKind, JobState
from service.store import MAX_ATTEMPTS, Store
from service.store.engine import make_engine, writing
from service.store.tables import jobs
from tests.chaos.conftest import Tell
from tests.chaos.invariants import broken_promises
from tests.chaos.poisoned_worker import POISONS
from tests.chaos.whole_folio import POISONED_WORKER
from tests.integration.samples import accepted, append
from tests.integration.servers import Processes, wait_until
from worker.app import ADDRESS_SPACE_BYTES

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(280)]

GOOD = 50
WORD = (DocumentKind.WORD,)


class Hurry:
    """Makes what waits between two tries pass at once, while the block lasts: a minute's waiting proves nothing."""

    def __init__(self, url: str) -> None:
        self._engine = make_engine(url)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._hurry)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        self._engine.dispose()

    def _hurry(self) -> None:
        while not self._over.wait(0.5):
            now = dt.datetime.now(dt.UTC)
            with writing(self._engine) as connection:
                of_dead = [
                    row.id
                    for row in connection.execute(
                        sa.select(jobs.c.id, jobs.c.owner).where(jobs.c.state == JobState.RUNNING.value)
                    )
                    if not Path(f"/proc/{row.owner.split(':')[1]}").exists()
                ]
                past = now - dt.timedelta(seconds=5)
                connection.execute(sa.update(jobs).where(jobs.c.id.in_(of_dead)).values(lease_until=past))
                waiting = sa.and_(jobs.c.state == JobState.QUEUED.value, jobs.c.due_at > now)
                connection.execute(sa.update(jobs).where(waiting).values(due_at=past))


def test_poisoned_documents_are_explained_and_fifty_good_ones_beside_them_are_written(
    sqlite_store: Store, sqlite_url: str, processes: Processes, tell: Tell
) -> None:
    started = time.monotonic()
    processes.worker(2, POISONED_WORKER)
    processes.reconciler()
    poisoned, good = _asked_for(sqlite_store)
    with Hurry(sqlite_url):
        wait_until(lambda: _are_final(sqlite_url), seconds=200, what="every document was written or set aside")
    tries = _tries(sqlite_url)

    for version, (_, word) in POISONS.items():
        report = sqlite_store.report(poisoned[version])
        assert report is not None
        (document,) = report.documents
        assert document.state is JobState.QUARANTINED
        assert word in (document.problem or ""), document.problem
        assert "avise a quien administra Folio" in (document.problem or "")
    assert {tries[report_id] for report_id in poisoned.values()} == {MAX_ATTEMPTS}
    assert {tries[report_id] for report_id in good} == {1}
    assert broken_promises(sqlite_url, [*poisoned.values(), *good]) == []
    tell(
        "R8 children killed, out of memory, in endless loops",
        f"{len(POISONS)} poisoned documents set aside with a reason after {MAX_ATTEMPTS} tries, {len(good)} good ones "
        f"done at their first, in {time.monotonic() - started:.0f} s; {ADDRESS_SPACE_BYTES // 1024**2} MiB a process",
    )


def _asked_for(store: Store) -> tuple[dict[str, str], list[str]]:
    """The poisoned ones spread among the good ones."""
    poisoned, good = {}, []
    versions = list(POISONS)
    now = dt.datetime.now(dt.UTC)
    for number in range(GOOD):
        if number % 10 == 0:
            version = versions[number // 10]
            poisoned[version] = append(store, kinds=WORD, reading=accepted(version), now=now).report.id
        good.append(append(store, kinds=WORD, reading=accepted(f"2.{number}"), now=now).report.id)
    return poisoned, good


def _are_final(url: str) -> bool:
    engine = make_engine(url)
    with engine.connect() as connection:
        states = Counter(connection.execute(sa.select(jobs.c.state)).scalars())
    engine.dispose()
    return all(JobState(state).is_final for state in states)


def _tries(url: str) -> dict[str, int]:
    engine = make_engine(url)
    with engine.connect() as connection:
        found = {
            row.report_id: row.attempts for row in connection.execute(sa.select(jobs.c.report_id, jobs.c.attempts))
        }
    engine.dispose()
    return found
