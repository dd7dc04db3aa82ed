"""The database is locked by somebody else, its connections are cut, its server crashes: nothing accepted is lost."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from signal import SIGQUIT

import psycopg
import pytest

from service.domain.reports import DocumentKind
from service.store import migrate
from tests.chaos.chance import sized
from tests.chaos.conftest import Tell
from tests.chaos.invariants import broken_promises
from tests.chaos.running import must_say_when_to_come_again, running, tries, upload, wait_until_done
from tests.chaos.whole_folio import ACCEPTED, WholeFolio
from tests.integration.servers import PostgresqlServer, RedisServer

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(280)]

LOCKED_SECONDS = 15
RESTARTS = sized(2, 5)
CLIENTS = 3
HEALED_SECONDS = 30

# What another program does that keeps the file for itself.
LOCK = """
import sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=20)
connection.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
time.sleep(float(sys.argv[2]))
connection.execute("COMMIT")
"""


@dataclass
class Load:
    """Clients that go on uploading, and come again with the same key wherever they are told to."""

    folio: WholeFolio
    accepted: list[str] = field(default_factory=list)
    answers: Counter[int] = field(default_factory=Counter)
    longest: float = 0.0
    refused_at: float = 0.0

    def upload_until(self, over: threading.Event) -> None:
        def client(number: int) -> None:
            count = 0
            while not over.is_set():
                self._upload(f"{number}{count:03}")
                count += 1

        with ThreadPoolExecutor(CLIENTS) as clients:
            list(clients.map(client, range(1, CLIENTS + 1)))

    def _upload(self, name: str) -> None:
        while True:
            started = time.monotonic()
            answer = upload(self.folio, name, kinds=DocumentKind.WORD.value)
            self.longest = max(self.longest, time.monotonic() - started)
            self.answers[answer.status] += 1
            if answer.status in ACCEPTED:
                self.accepted.append(str(answer.json["id"]))
                # Not so many that writing them takes longer than what is looked at here.
                time.sleep(1)
                return
            must_say_when_to_come_again(answer)
            self.refused_at = time.monotonic()
            time.sleep(0.5)


def under_load(folio: WholeFolio, break_it: Callable[[], None]) -> tuple[Load, float]:
    """Break something while clients upload; the load, and the seconds from its end until nobody was refused any more.

    They come to their end only once each of their uploads is accepted.
    """
    load, over = Load(folio), threading.Event()
    with ThreadPoolExecutor(1) as thread:
        loading = thread.submit(load.upload_until, over)
        try:
            time.sleep(2)
            break_it()
            mended = time.monotonic()
            time.sleep(4)
        finally:
            over.set()
        loading.result(HEALED_SECONDS)
    return load, max(0.0, load.refused_at - mended)


def test_a_locked_sqlite_loses_nothing_and_goes_on_by_itself(
    redis_server: RedisServer, tmp_path: Path, tell: Tell
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    url = f"sqlite:///{data}/folio.db"
    migrate(url)

    with running(url, data, redis_server) as folio:

        def lock() -> None:
            with subprocess.Popen(
                [sys.executable, "-c", LOCK, data / "folio.db", str(LOCKED_SECONDS)], stdout=subprocess.PIPE
            ) as other:
                assert other.stdout is not None
                assert other.stdout.readline() == b"locked\n"
                # Whoever only reads is not held up.
                assert folio.client.get("/api/v1/reports").status == HTTPStatus.OK

        load, healed = under_load(folio, lock)
        done = wait_until_done(folio, seconds=HEALED_SECONDS)
        charged = tries(folio)

    assert load.answers[HTTPStatus.SERVICE_UNAVAILABLE] > 0, "the lock was felt"
    assert healed <= HEALED_SECONDS
    assert broken_promises(url, load.accepted, data) == []
    tell(
        f"R6 SQLite locked for {LOCKED_SECONDS} s",
        f"{len(load.accepted)} accepted, 0 lost, "
        f"{load.answers[HTTPStatus.SERVICE_UNAVAILABLE]} answered 503 with Retry-After (the slowest after "
        f"{load.longest:.1f} s), accepting again {healed:.1f} s after the lock, all written {done:.1f} s later, "
        f"most tries of a job {max(charged)}",
    )


def test_a_postgresql_that_cuts_connections_and_crashes_loses_nothing_and_goes_on_by_itself(
    redis_server: RedisServer, tmp_path: Path, tell: Tell
) -> None:
    server = PostgresqlServer()
    try:
        server.create()
        server.start()
        url = f"{server.address}/postgres"
        migrate(url)
        data = tmp_path / "data"
        data.mkdir()
        cut = 0

        def crash() -> None:
            nonlocal cut
            for _ in range(RESTARTS):
                with psycopg.connect(url, autocommit=True) as connection:
                    for _ in range(3):
                        cut += _cut_everybody_else(connection)
                        time.sleep(1)
                server.stop(SIGQUIT)
                time.sleep(3)
                server.start()
                time.sleep(2)

        with running(url, data, redis_server) as folio:
            load, healed = under_load(folio, crash)
            done = wait_until_done(folio, seconds=HEALED_SECONDS)
            charged = tries(folio)
        assert load.answers[HTTPStatus.SERVICE_UNAVAILABLE] > 0, "the crash was felt"
        assert cut > 0
        assert healed <= HEALED_SECONDS
        assert broken_promises(url, load.accepted, data) == []
    finally:
        server.stop()
        shutil.rmtree(server.folder)
    tell(
        f"R6 PostgreSQL, {cut} backends killed, {RESTARTS} crashes under load",
        f"{len(load.accepted)} accepted, 0 lost, "
        f"{load.answers[HTTPStatus.SERVICE_UNAVAILABLE]} answered 503 with Retry-After (the slowest after "
        f"{load.longest:.1f} s), accepting again {healed:.1f} s after the last, all written {done:.1f} s later, "
        f"most tries of a job {max(charged)}",
    )


def _cut_everybody_else(connection: psycopg.Connection[tuple[object, ...]]) -> int:
    cut = connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
    ).fetchall()
    return len(cut)
