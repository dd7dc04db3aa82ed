"""A whole Folio whose database or disk is to be taken away: where it stands, and clients that come again."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from http import HTTPStatus
from pathlib import Path

import sqlalchemy as sa

from service.domain.reports import JobState
from service.store import open_store
from service.store.tables import jobs
from tests.chaos.whole_folio import ACCEPTED, WholeFolio, whole_folio
from tests.integration.servers import Processes, RedisServer, wait_until
from tests.web import Answer


@contextmanager
def running(
    url: str, data: Path, redis: RedisServer, workers: int = 2, environment: Mapping[str, str] | None = None
) -> Iterator[WholeFolio]:
    """All of a Folio at work on a migrated database; none of it is left afterwards."""
    said = {"DATABASE_URL": url, "REDIS_URL": redis.url, "FOLIO_DATA_DIR": str(data), "REMAP_SIGTERM": "SIGQUIT"}
    logs = data.parent / f"logs of {data.name}"
    logs.mkdir()
    processes = Processes(os.environ | said | dict(environment or {}), logs)
    with closing(open_store(url)) as store, whole_folio(processes, store, redis) as folio:
        try:
            folio.start_front()
            folio.start_workers(workers)
            processes.reconciler()
            yield folio
        finally:
            processes.stop()


def upload(folio: WholeFolio, name: str, kinds: str = "") -> Answer:
    """Upload the example as one more version of its plan, under a key of that name."""
    return folio.ask(f"upload-{name}", f"2.{name}", kinds=kinds)


def upload_until_accepted(folio: WholeFolio, name: str, *, seconds: float, kinds: str = "") -> str:
    """The report's id; each refusal on the way may only be one that says when to come again."""
    deadline = time.monotonic() + seconds
    while (answer := upload(folio, name, kinds)).status not in ACCEPTED:
        must_say_when_to_come_again(answer)
        assert time.monotonic() < deadline, f"for {seconds:g} s: {answer.json['detail']}"
        time.sleep(0.5)
    return str(answer.json["id"])


def must_say_when_to_come_again(answer: Answer) -> None:
    assert answer.status == HTTPStatus.SERVICE_UNAVAILABLE, answer.text
    assert answer.headers["Retry-After"] == "5"


def wait_until_done(folio: WholeFolio, *, seconds: float) -> float:
    """Wait until every document is written; the seconds that it took."""
    took = folio.wait_until_finished(seconds)
    assert set(folio.states()) == {JobState.DONE}, (folio.states(), problems(folio))
    return took


def problems(folio: WholeFolio) -> list[tuple[str, str]]:
    """The kind of each document that failed, and what is said of it."""
    failed = sa.select(jobs.c.kind, jobs.c.problem).where(jobs.c.state == JobState.FAILED)
    with folio.engine.connect() as connection:
        return [(kind, problem) for kind, problem in connection.execute(failed)]


def tries(folio: WholeFolio) -> list[int]:
    """How many tries each job was charged, the most first."""
    with folio.engine.connect() as connection:
        return list(connection.execute(sa.select(jobs.c.attempts).order_by(jobs.c.attempts.desc())).scalars())


def empty_log(file: Path) -> None:
    """Bring what SQLite has written ahead into its database: an old log is room that a full disk still has."""
    emptied: list[bool] = []

    def is_empty() -> bool:
        with closing(sqlite3.connect(file, timeout=10)) as connection:
            busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            emptied.append(not busy)
        return emptied[-1]

    wait_until(is_empty, seconds=20, what="nobody was reading what is written ahead")
