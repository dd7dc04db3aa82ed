"""A whole Folio as `folio serve` runs it, its programs one by one so that each can be broken, and what clients see.

A program that was killed is started again at once: how a supervisor waits longer each time is another test's.
"""

from __future__ import annotations

import contextlib
import http.client
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import sqlalchemy as sa

from service.domain.reports import JobState
from service.store import Store
from service.store.engine import make_engine
from service.store.tables import jobs, reports
from tests.integration.served import a_free_port
from tests.integration.servers import WORKER, Processes, RedisServer, wait_until
from tests.web import EXAMPLE, Answer, Client

ACCEPTED = {HTTPStatus.OK, HTTPStatus.ACCEPTED}
FRONT = "service.web.wsgi:app"
POISONED_WORKER = "tests.chaos.poisoned_worker"
THE_EXAMPLE = EXAMPLE.read_bytes()


@dataclass(frozen=True)
class Sent:
    """An upload that was accepted: the report that it became, how long that took, and whether it was called new."""

    report_id: str
    seconds: float
    was_new: bool


@dataclass
class WholeFolio:
    """The front, a store to look into behind its back, and the queue's server; workers and reconciler are started."""

    processes: Processes
    store: Store
    redis: RedisServer
    port: int = field(default_factory=a_free_port)
    front: subprocess.Popen[bytes] | None = None
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.client = Client(self.port, self.store).signed_in()
        self.engine = make_engine(self.processes.environment["DATABASE_URL"])
        self.sent: list[Sent] = []

    def start_front(self, application: str = FRONT) -> None:
        self.front = self.processes.start(
            "front",
            *("gunicorn", application, "--bind", f"127.0.0.1:{self.port}", "--worker-class", "gthread"),
            *("--workers", "2", "--threads", "8", "--timeout", "60", "--graceful-timeout", "5", "--no-control-socket"),
        )
        wait_until(self.answers, seconds=60, what="the front answered")

    def answers(self) -> bool:
        try:
            return self.client.get("/healthz").status == HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False

    def start_workers(self, number: int = 2, application: str = WORKER) -> None:
        """Each with one process, so that there are as many of them at work."""
        self.workers += [self.processes.worker(1, application) for _ in range(number)]

    def ask(self, key: str, version: str, *, workbook: bytes = THE_EXAMPLE, kinds: str = "", **headers: str) -> Answer:
        """Upload a workbook as that version of its plan; without kinds the usual documents are written."""
        fields = {"version": version} | ({"kinds": kinds} if kinds else {})
        return self.client.upload(workbook, headers={"Idempotency-Key": key, **headers}, **fields)

    def upload(self, key: str, version: str, *, workbook: bytes = THE_EXAMPLE, kinds: str = "") -> Sent:
        """The same, where nothing but acceptance will do."""
        started = time.monotonic()
        answer = self.ask(key, version, workbook=workbook, kinds=kinds)
        seconds = time.monotonic() - started
        assert answer.status in ACCEPTED, (answer.status, answer.text)
        sent = Sent(answer.json["id"], seconds, answer.headers.get("Idempotent-Replayed") is None)
        self.sent.append(sent)
        return sent

    def has(self, report_id: str) -> bool:
        """Whether the report's row is there, by a connection of our own."""
        with self.engine.connect() as connection:
            return bool(connection.execute(sa.select(reports.c.id).where(reports.c.id == report_id)).all())

    def states(self) -> dict[JobState, int]:
        """How many jobs are in each state."""
        counted = sa.select(jobs.c.state, sa.func.count()).group_by(jobs.c.state)
        with self.engine.connect() as connection:
            return {JobState(state): number for state, number in connection.execute(counted)}

    def waits(self, share: float) -> float:
        """The milliseconds within which that share of the uploads was answered."""
        return percentile([sent.seconds for sent in self.sent], share)

    def unfinished(self) -> int:
        return sum(number for state, number in self.states().items() if not state.is_final)

    def wait_until_finished(self, seconds: float) -> float:
        """Until nothing more happens to any job; the seconds that it took."""
        started = time.monotonic()
        wait_until(lambda: self.unfinished() == 0, seconds=seconds, what="every job was finished")
        return time.monotonic() - started

    def log(self, name: str) -> str:
        return (self.processes.logs / f"{name}.log").read_text("utf-8", "replace")

    def close(self) -> None:
        self.engine.dispose()


@contextlib.contextmanager
def whole_folio(processes: Processes, store: Store, redis_server: RedisServer) -> Iterator[WholeFolio]:
    """A Folio of which nothing is started yet."""
    one = WholeFolio(processes, store, redis_server)
    try:
        yield one
    finally:
        one.close()


def percentile(seconds: list[float], share: float) -> float:
    """The value below which that share of them lies, in milliseconds."""
    in_order = sorted(seconds)
    return 1000 * in_order[min(len(in_order) - 1, int(share * len(in_order)))]


def told_states(states: dict[Any, int]) -> str:
    return ", ".join(f"{number} {state}" for state, number in sorted(states.items()))
