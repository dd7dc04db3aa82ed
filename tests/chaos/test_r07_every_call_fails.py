"""The n-th call fails, for every n until none is left to fail: afterwards nothing is lost, half there or twice.

Three layers, from below: the kernel refuses the n-th open, write, sync, link or removal (`nth_call`); the database
refuses the n-th statement or commit, or commits and its answer is lost; Redis refuses the n-th message.
"""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from celery import Celery

from service.domain.errors import StoreUnavailable
from service.domain.reports import DocumentKind
from service.jobs import Bell
from service.reconciler import RungJobs, reconcile
from service.settings import PROJECT
from service.sheets.isolated import ReadingRoom
from service.store import Store
from service.store.engine import make_engine
from tests.chaos.chance import SEED, sized
from tests.chaos.conftest import Tell
from tests.chaos.invariants import broken_promises
from tests.integration.samples import NOON, append
from tests.integration.servers import RedisServer
from tests.web import Client, serve

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(280)]

MOST_CALLS = 400
# Of any step, to the kernel.
FEWEST_CALLS = 5


@pytest.fixture(scope="module")
def reading_room() -> Iterator[ReadingRoom]:
    room = ReadingRoom()
    yield room
    room.close()


def test_whichever_call_to_the_kernel_fails_nothing_is_lost_or_half_written(migrated_sqlite: Path, tell: Tell) -> None:
    stride = sized(7, 1)
    asked = subprocess.run(
        [
            sys.executable,
            "-m",
            "tests.chaos.nth_call",
            migrated_sqlite,
            str(1 + SEED % min(stride, FEWEST_CALLS)),
            str(stride),
        ],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )
    steps = [json.loads(line) for line in asked.stdout.splitlines()]

    if impossible := {step["impossible"] for step in steps if "impossible" in step}:
        pytest.skip(f"this kernel lets nobody refuse a call: {impossible}")
    assert [step for step in steps if step["broken"]] == []
    assert len(steps) == 8
    assert all(step["cases"] for step in steps)
    cases = ", ".join(f"{step['step']} {step['cases']}" for step in steps)
    seen = f"{sum(step['cases'] for step in steps)} refused ({cases}), 0 lost, 0 half-written, 0 twice"
    tell("R7 every call to the kernel", seen)


@dataclass
class Refusals:
    """Counts what is asked of a database and refuses the n-th; `is_late`: the n-th commit, after it was done."""

    number: int = 0
    is_late: bool = False
    calls: int = 0
    refused: int = 0
    kinds: set[str] = field(default_factory=set)

    def begin(self, number: int, *, is_late: bool) -> None:
        self.number, self.is_late, self.calls = number, is_late, 0

    def is_due(self, kind: str) -> bool:
        self.calls += kind == "commit" or not self.is_late
        if (self.is_late and kind != "commit") or self.calls != self.number:
            return False
        self.refused += 1
        self.kinds.add(kind)
        return True


def refusing_engine(url: str, refusals: Refusals) -> sa.Engine:
    """As the store's own, but for its driver's connections and cursors, which refuse what is due."""
    engine = make_engine(url)
    refusing = _refusing_sqlite(refusals) if url.startswith("sqlite") else _refusing_postgresql(refusals)
    sa.event.listen(engine, "do_connect", lambda _dialect, _record, told, named: refusing(*told, **named))
    return engine


def _refusing_sqlite(refusals: Refusals) -> Callable[..., sqlite3.Connection]:
    class Cursor(sqlite3.Cursor):
        def execute(self, *said: Any) -> Any:
            if refusals.is_due("execute"):
                raise sqlite3.OperationalError("disk I/O error")
            return super().execute(*said)

        def executemany(self, *said: Any) -> Any:
            if refusals.is_due("executemany"):
                raise sqlite3.OperationalError("disk I/O error")
            return super().executemany(*said)

    class Connection(sqlite3.Connection):
        def cursor(self, *_: Any) -> Any:
            return super().cursor(Cursor)

        def commit(self) -> None:
            if refusals.is_due("commit"):
                if refusals.is_late:
                    super().commit()
                raise sqlite3.OperationalError("disk I/O error")
            super().commit()

    return lambda *said, **named: sqlite3.connect(*said, **named, factory=Connection)


def _refusing_postgresql(refusals: Refusals) -> Callable[..., psycopg.Connection[Any]]:
    gone = "server closed the connection unexpectedly"

    class Cursor(psycopg.Cursor[Any]):
        def execute(self, *said: Any, **named: Any) -> Any:
            if refusals.is_due("execute"):
                self.connection.close()
                raise psycopg.OperationalError(gone)
            return super().execute(*said, **named)

        def executemany(self, *said: Any, **named: Any) -> Any:
            if refusals.is_due("executemany"):
                self.connection.close()
                raise psycopg.OperationalError(gone)
            return super().executemany(*said, **named)

    class Connection(psycopg.Connection[Any]):
        def commit(self) -> None:
            if refusals.is_due("commit"):
                if refusals.is_late:
                    super().commit()
                self.close()
                raise psycopg.OperationalError(gone)
            super().commit()

    return lambda *said, **named: Connection.connect(*said, **named, cursor_factory=Cursor)


@contextmanager
def refusing_front(url: str, own: Store, reading_room: ReadingRoom, refusals: Refusals) -> Iterator[Client]:
    """The front before such a database; what a test asks of its own store is not refused."""
    engine = refusing_engine(url, refusals)
    try:
        with serve(Store(engine), reading_room) as client:
            yield Client(client.port, own, client.clock, client.who)
    finally:
        engine.dispose()


def asked_until_it_is_done(ask: Callable[[], Any]) -> tuple[dict[str, Any], bool]:
    """The answer, and whether it was the second: the first may only be a refusal that says when to come again."""
    answer = ask()
    is_second = answer.status == HTTPStatus.SERVICE_UNAVAILABLE
    if is_second:
        assert answer.json["type"] == "urn:folio:problema:no-disponible"
        assert answer.headers["Retry-After"] == "5"
        answer = ask()
    assert answer.status in {HTTPStatus.OK, HTTPStatus.ACCEPTED}, answer.text
    told: dict[str, Any] = answer.json
    return told, is_second


def test_whichever_statement_or_commit_fails_an_upload_and_its_issue_are_there_once(
    store: Store, database_url: str, reading_room: ReadingRoom, tell: Tell
) -> None:
    refusals, accepted, again = Refusals(), [], 0
    stride = sized(4, 1)
    with refusing_front(database_url, store, reading_room, refusals) as client:
        for is_late in (False, True):
            for number in range(1 if is_late else 1 + SEED % stride, MOST_CALLS, 1 if is_late else stride):
                name = f"2.{len(accepted)}"
                refused = refusals.refused
                refusals.begin(number, is_late=is_late)
                report, is_second = asked_until_it_is_done(
                    lambda key=name: client.upload(version=key, headers={"Idempotency-Key": key})
                )
                accepted.append(report["id"])
                again += is_second
                refusals.begin(number, is_late=is_late)
                _, is_second = asked_until_it_is_done(
                    lambda path=f"/api/v1/reports/{report['id']}/issue": client.post(path, reason="La prueba")
                )
                again += is_second
                if refusals.refused == refused:
                    break
        shown = client.store.reports(MOST_CALLS, with_findings=False)
        assert sorted(accepted) == sorted(report.id for report in shown)
        assert {(report.edition, report.status.value) for report in shown} <= {(1, "issued"), (1, "superseded")}
    assert broken_promises(database_url, accepted) == []
    assert refusals.kinds >= {"execute", "commit"}
    tell(
        f"R7 every statement and commit, {database_url.partition(':')[0]}",
        f"{refusals.refused} refused over {len(accepted)} uploads and issues, {again} asked again with the same key, "
        "0 lost, 0 twice",
    )


def test_whichever_statement_or_commit_of_a_claim_fails_no_try_is_counted(store: Store, database_url: str) -> None:
    refusals, lease = Refusals(), dt.timedelta(seconds=15)
    engine = refusing_engine(database_url, refusals)
    worker = Store(engine)
    worker.ping()
    for number in range(1, MOST_CALLS):
        job_ids = append(store, kinds=(DocumentKind.WORD, DocumentKind.FINDINGS)).job_ids
        refusals.begin(number, is_late=False)
        try:
            claims = worker.claim_together(job_ids, f"owner-{number}", NOON, lease)
        except StoreUnavailable:
            claims = store.claim_together(job_ids, f"another-{number}", NOON, lease)
        assert [(claim.job_id, claim.attempt) for claim in claims] == [(job_id, 1) for job_id in job_ids]
        if "commit" in refusals.kinds:
            break
    engine.dispose()
    assert "commit" in refusals.kinds
    assert refusals.refused >= len(("the claim", "the report", "its workbook", "the commit"))


@pytest.mark.parametrize("number", [1, 2, 3])
def test_whichever_message_redis_refuses_the_upload_is_answered_and_rung_later(
    number: int,
    sqlite_store: Store,
    redis_server: RedisServer,
    reading_room: ReadingRoom,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sent, send = [], Celery.send_task

    def refusing(app: Celery, *said: Any, **named: Any) -> Any:
        sent.append(named["args"])
        if len(sent) == number:
            raise ConnectionError("Redis went away")
        return send(app, *said, **named)

    with (
        serve(sqlite_store, reading_room, redis_url=redis_server.url) as client,
        closing(Bell(redis_server.url)) as bell,
    ):
        monkeypatch.setattr(Celery, "send_task", refusing)
        answer = client.upload()
        assert answer.status == HTTPStatus.ACCEPTED
        assert redis_server.length() == number - 1
        monkeypatch.undo()
        now = dt.datetime.now(dt.UTC)
        reconcile(sqlite_store, bell, RungJobs(), now + dt.timedelta(seconds=2))
        assert redis_server.length() == number - 1 + 3
    report = sqlite_store.report(answer.json["id"])
    assert report is not None
    assert len(report.documents) == 3


def test_the_promises_are_told_from_what_breaks_them(sqlite_store: Store, sqlite_url: str, tmp_path: Path) -> None:
    """Else the tests above could not fail."""
    report = append(sqlite_store).report
    with closing(sqlite3.connect(tmp_path / "folio.db")) as owner:
        owner.executescript(
            "DROP TRIGGER jobs_no_delete; DROP TRIGGER blobs_no_delete; DELETE FROM blobs;"
            "UPDATE jobs SET state = 'done' WHERE kind = 'word'; DELETE FROM jobs WHERE kind = 'excel'"
        )
    (tmp_path / ".folio-half").touch()

    broken = "\n".join(broken_promises(sqlite_url, [report.id, "another"], tmp_path))
    for promise in (
        f"report {report.id} was accepted and is not there",
        "report another was accepted and is not there",
        f"job {report.id}.word is done and has no document",
        "Ya no está el contenido",
        "jobs_no_delete",
        ".folio-half was left half-written",
    ):
        assert promise in broken
