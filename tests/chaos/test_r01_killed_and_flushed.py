"""R1: uploads over HTTP while workers are killed every two seconds, and Redis is killed and emptied again and again."""

from __future__ import annotations

import collections
import contextlib
import os
import random
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, Self

import pytest
import redis
import sqlalchemy as sa

from service.domain.reports import USUAL_KINDS, JobState
from service.store import MAX_ATTEMPTS, Store
from service.store.tables import documents, jobs
from tests.chaos.chance import IS_FULL, chance, sized
from tests.chaos.conftest import Tell
from tests.chaos.truth import assert_whole
from tests.chaos.whole_folio import POISONED_WORKER, WholeFolio, percentile, whole_folio
from tests.integration.servers import Processes, RedisServer, wait_until
from tests.living import children_of

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(sized(500, 3600))]

UPLOADS: Final = sized(60, 1000)
# The usual documents where there is little of it; one each where a thousand are to be done on a busy machine too.
KINDS: Final = "word" if IS_FULL else ""
CLIENTS: Final = 4
# Slow enough for work to be in flight whenever something is killed.
PAUSE_SECONDS: Final = sized(1200, 400) / 1000
# The poison, by its version: one ends whatever process writes it, one takes more memory than there is.
POISON_VERSIONS: Final = ("9.1", "9.5")
POISON: Final = len(POISON_VERSIONS)
SETTLED_SECONDS: Final = 2
HIGHEST_P99_MS: Final = 500


class Trouble:
    """Kills workers, kills Redis, empties Redis, each at its own pace.

    What is killed is drawn: a process that is at work, the worker's main process, or all of a worker at once. It waits
    for a document to be finished between two kills and spares a worker that has only just started, or on a busy machine
    nothing would ever be in flight; and it spares whoever is at the last try of a job: five killed tries are what Folio
    calls poison, and the good ones must not become that by our hand.
    """

    def __init__(self, folio: WholeFolio) -> None:
        self._folio = folio
        self._over = threading.Event()
        paces: list[tuple[float, Callable[[random.Random], None]]] = [
            (2, self._kill),
            (7, self._kill_redis),
            (11, self._flush),
            (0.1, self._see_who_is_ready),
        ]
        self._threads = [threading.Thread(target=self._keep, args=pace) for pace in paces]
        self._finished = 0
        self._ready_at: dict[int, float] = {}
        self.counts: collections.Counter[str] = collections.Counter()
        self.failures: list[BaseException] = []

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()
        assert not self.failures, self.failures

    def _keep(self, seconds: float, doing: Callable[[random.Random], None]) -> None:
        drawn = chance(doing.__name__)
        try:
            while not self._over.wait(seconds):
                doing(drawn)
        except BaseException as failure:  # noqa: BLE001 - it is the test's, which is another thread
            self.failures.append(failure)

    def _kill(self, drawn: random.Random) -> None:
        if (now := self._written()) == self._finished:
            return
        self._finished = now
        what = drawn.choice(["child", "main", "all"])
        worker, child = self._victim(drawn)
        if worker is None or child is None:
            return
        if what == "child":
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        else:
            if what == "main":
                worker.kill()
                worker.wait()
            else:
                Processes.kill(worker)
            self._folio.workers.remove(worker)
            self._folio.start_workers(1, POISONED_WORKER)
        self.counts[what] += 1

    def _victim(self, drawn: random.Random) -> tuple[subprocess.Popen[bytes] | None, int | None]:
        """A worker and its process, at work where one comes along within a second; none where all are at a last try."""
        deadline = time.monotonic() + 1
        while True:
            tries = self._tries()
            idle = []
            settled = [worker for worker in self._folio.workers if self._has_settled(worker)]
            for worker in drawn.sample(settled, len(settled)):
                for child in children_of(worker.pid):
                    if child in tries and tries[child] < MAX_ATTEMPTS:
                        return worker, child
                    if child not in tries:
                        idle.append((worker, child))
            if time.monotonic() > deadline:
                return drawn.choice(idle) if idle else (None, None)
            time.sleep(0.02)

    def _has_settled(self, worker: subprocess.Popen[bytes]) -> bool:
        return time.monotonic() - self._ready_at.get(worker.pid, float("inf")) > SETTLED_SECONDS

    def _tries(self) -> dict[int, int]:
        """The processes that hold a job, and which try of it that is."""
        held = sa.select(jobs.c.owner, jobs.c.attempts).where(jobs.c.owner.is_not(None)).order_by(jobs.c.attempts)
        with self._folio.engine.connect() as connection:
            # Of several jobs in one hand the one that was tried most.
            return {int(owner.split(":")[1]): tries for owner, tries in connection.execute(held)}

    def _written(self) -> int:
        with self._folio.engine.connect() as connection:
            return connection.execute(sa.select(sa.func.count()).select_from(documents)).scalar_one()

    def _kill_redis(self, _drawn: random.Random) -> None:
        self._folio.redis.kill()
        self._folio.redis.start()
        self.counts["Redis"] += 1

    def _flush(self, _drawn: random.Random) -> None:
        with contextlib.suppress(redis.RedisError):
            self._folio.redis.flush()
            self.counts["FLUSHALL"] += 1

    def _see_who_is_ready(self, _drawn: random.Random) -> None:
        # A copy: meanwhile another thread kills some and starts others, and this one must not wait for it.
        for worker in [*self._folio.workers]:
            if children_of(worker.pid):
                self._ready_at.setdefault(worker.pid, time.monotonic())


def _orders() -> list[tuple[str, str]]:
    """Each upload's key and version; a tenth of the good come twice, some at once."""
    drawn = chance("orders")
    numbers = [*range(UPLOADS)]
    poison = dict(zip(drawn.sample(numbers[1 : UPLOADS // 10], POISON), POISON_VERSIONS, strict=True))
    twice = drawn.sample([number for number in numbers if number not in poison], UPLOADS // 10)
    for number in twice:
        numbers.insert(numbers.index(number) + drawn.randrange(1, 3 * CLIENTS), number)
    return [(f"upload-{number}", poison.get(number, f"2.{number}")) for number in numbers]


def test_uploads_are_done_once_each_while_workers_die_and_redis_forgets(
    sqlite_store: Store, processes: Processes, redis_server: RedisServer, tell: Tell
) -> None:
    with whole_folio(processes, sqlite_store, redis_server) as folio:
        folio.start_front()
        folio.start_workers(2, POISONED_WORKER)
        processes.reconciler()

        def send(order: tuple[str, str]) -> str:
            key, version = order
            report_id = folio.upload(key, version, kinds=KINDS).report_id
            time.sleep(PAUSE_SECONDS)
            return report_id

        orders = _orders()
        with ThreadPoolExecutor(2 * CLIENTS) as clients:
            # Both processes of the front have read before: that they start is none of the faults.
            list(clients.map(send, [orders[0]] * 4 * CLIENTS))
        folio.sent.clear()
        started = time.monotonic()
        with Trouble(folio) as trouble, ThreadPoolExecutor(CLIENTS) as clients:
            report_ids = list(clients.map(send, orders))
            uploaded = time.monotonic() - started
            wait_until(lambda: folio.unfinished() <= POISON, seconds=sized(300, 1800), what="the good ones were done")
            done = time.monotonic() - started
            folio.wait_until_finished(sized(150, 300))
            finished = time.monotonic() - started

        of_key = {key: report_id for (key, _), report_id in zip(orders, report_ids, strict=True)}
        poisoned = {of_key[key] for key, version in orders if version in POISON_VERSIONS}
        shown = {report.id: report for report in sqlite_store.reports(2 * UPLOADS, with_findings=False)}
        states = collections.Counter(report.state for report in shown.values())
        tries, kept = _told_by(folio)
        waits = [sent.seconds for sent in folio.sent]
        p50, p99 = percentile(waits, 0.5), percentile(waits, 0.99)
        held = assert_whole(sqlite_store, of_key.values())
        counts = trouble.counts
        tell(
            "R1 workers killed, Redis killed and emptied",
            f"{UPLOADS} uploads ({len(orders) - UPLOADS} sent twice) in {uploaded:.0f} s, "
            f"{states[JobState.DONE]} done after {done:.0f} s, {states[JobState.QUARANTINED]} quarantined after "
            f"{finished:.0f} s, "
            f"{UPLOADS - len(shown)} lost, {len(shown) - UPLOADS} twice; upload p50 {p50:.0f} ms, p99 {p99:.0f} ms; "
            f"killed {counts['child']} processes, {counts['main']} main ones, {counts['all']} whole workers, "
            f"Redis {counts['Redis']} times; {counts['FLUSHALL']} FLUSHALLs; "
            f"{held.documents} documents hashed and written again, all equal; tries {dict(sorted(tries.items()))}",
        )

    for (key, _), report_id in zip(orders, report_ids, strict=True):
        assert of_key[key] == report_id, "the same key gives the same report"
    assert set(of_key.values()) == set(shown)
    assert sum(sent.was_new for sent in folio.sent) == UPLOADS - 1, "whoever sends again is told so"
    assert {report.id for report in shown.values() if report.state is JobState.QUARANTINED} == poisoned
    assert states == {JobState.DONE: UPLOADS - POISON, JobState.QUARANTINED: POISON}
    for report_id in poisoned:
        problems = [each.problem for each in shown[report_id].documents if each.state is JobState.QUARANTINED]
        assert problems
        assert all(f"{MAX_ATTEMPTS} veces" in (problem or "") for problem in problems)
    assert kept == held.documents == (UPLOADS - POISON) * (len(USUAL_KINDS) if not KINDS else 1)
    finishes = collections.Counter(re.findall(r"job (\S+), try \d+: done", folio.log("worker")))
    assert set(finishes.values()) == {1}, "nobody finished what another had finished"
    assert counts["child"] + counts["main"] + counts["all"] > 0
    if IS_FULL:
        # Among all other tests, and whatever else the machine does, this would say more of them than of Folio.
        assert p99 <= HIGHEST_P99_MS


def _told_by(folio: WholeFolio) -> tuple[collections.Counter[int], int]:
    with folio.engine.connect() as connection:
        tries = collections.Counter(connection.execute(sa.select(jobs.c.attempts)).scalars())
        kept: int = connection.execute(sa.select(sa.func.count()).select_from(documents)).scalar_one()
    return tries, kept
