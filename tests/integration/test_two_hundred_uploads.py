"""Two hundred uploads over HTTP while a worker is killed every two seconds and Redis forgets everything."""

from __future__ import annotations

import collections
import hashlib
import http.client
import json
import os
import re
import signal
import socket
import statistics
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Self

import pytest
import sqlalchemy as sa

from service.domain.reports import USUAL_KINDS, JobState
from service.store import Store
from service.store.engine import make_engine
from service.store.tables import documents, jobs
from tests.integration.servers import PROJECT, Processes, RedisServer, wait_until

UPLOADS = 200
# Slow enough for work to be in flight whenever something is killed.
PAUSE_SECONDS = 0.4
EXAMPLE = PROJECT / "examples" / "plan-de-accion-2024-v2.0.xlsx"


class Front:
    """The front as `folio serve` starts it, and a client that uploads the example."""

    def __init__(self, processes: Processes) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self._port = listener.getsockname()[1]
        processes.start(
            "front",
            *("gunicorn", "service.web.wsgi:app", "--bind", f"127.0.0.1:{self._port}", "--worker-class", "gthread"),
            *("--workers", "2", "--threads", "8", "--no-control-socket"),
        )
        wait_until(self._answers, seconds=20, what="the front answered")
        self._workbook = EXAMPLE.read_bytes()
        self.seconds: list[float] = []

    def _answers(self) -> bool:
        try:
            return self.get("/healthz")[0] == http.HTTPStatus.OK
        except OSError:
            return False

    def get(self, path: str) -> tuple[int, bytes]:
        return self._ask("GET", path)

    def upload(self, number: int) -> str:
        """Upload the example as one more version of its plan, then rest; the new report's id."""
        body, headers = _multipart(self._workbook, version=f"2.{number}")
        started = time.monotonic()
        status, body = self._ask("POST", "/api/v1/reports", body, headers | {"Idempotency-Key": f"upload-{number}"})
        self.seconds.append(time.monotonic() - started)
        assert status == http.HTTPStatus.ACCEPTED, body
        time.sleep(PAUSE_SECONDS)
        return str(json.loads(body)["id"])

    def report(self, report_id: str) -> dict[str, Any]:
        status, body = self.get(f"/api/v1/reports/{report_id}")
        assert status == http.HTTPStatus.OK
        report: dict[str, Any] = json.loads(body)
        return report

    def _ask(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()


def _multipart(workbook: bytes, version: str) -> tuple[bytes, dict[str, str]]:
    boundary = "two-hundred-uploads"
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="version"\r\n\r\n{version}\r\n'
        f'--{boundary}\r\nContent-Disposition: form-data; name="workbook"; filename="{EXAMPLE.name}"\r\n'
        "Content-Type: application/vnd.openxmlformats-officedocument.spreadsheetml.sheet\r\n\r\n"
    )
    body = head.encode() + workbook + f"\r\n--{boundary}--\r\n".encode()
    return body, {"Content-Type": f"multipart/form-data; boundary={boundary}"}


class Trouble:
    """Every two seconds kills whoever is just writing, by turns that process and its whole worker; empties Redis too.

    It waits for a document to be finished between two kills. A worker that was killed whole is started again at once,
    as a supervisor does. Once `takes_aim` is false it kills without looking: the last job, alone, would otherwise be
    hit at each of its five tries.
    """

    def __init__(self, processes: Processes, redis_server: RedisServer) -> None:
        self._processes = processes
        self._redis = redis_server
        self._engine = make_engine(processes.environment["DATABASE_URL"])
        self._workers = [processes.worker(1), processes.worker(1)]
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._kill), threading.Thread(target=self._flush)]
        self.takes_aim = True
        self.kills = 0
        self.flushes = 0

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()
        self._engine.dispose()

    def _kill(self) -> None:
        finished = 0
        while not self._over.wait(2):
            # On a machine so busy that workers die before they have begun, nothing would ever be in flight.
            if (now := self._finished()) == finished:
                continue
            finished = now
            victim, turn = self._at_work()
            if victim and self.kills % 2:
                os.kill(victim, signal.SIGKILL)
            else:
                self._processes.kill(self._workers[turn])
                self._workers[turn] = self._processes.worker(1)
            self.kills += 1

    def _at_work(self) -> tuple[int | None, int]:
        """A process that has a claim and the number of its worker; when none comes along, any worker."""
        deadline = time.monotonic() + 1
        while self.takes_aim and time.monotonic() < deadline:
            for turn, worker in enumerate(self._workers):
                for child in _children(worker):
                    if child in self._owners():
                        return child, turn
        return None, self.kills % len(self._workers)

    def _finished(self) -> int:
        with self._engine.connect() as connection:
            return connection.execute(sa.select(sa.func.count()).select_from(documents)).scalar_one()

    def _owners(self) -> set[int]:
        with self._engine.connect() as connection:
            owners = connection.execute(sa.select(jobs.c.owner).where(jobs.c.owner.is_not(None))).scalars()
            return {int(owner.split(":")[1]) for owner in owners}

    def _flush(self) -> None:
        while not self._over.wait(3):
            self._redis.flush()
            self.flushes += 1


def _children(process: subprocess.Popen[bytes]) -> list[int]:
    return [int(child) for child in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]


@pytest.mark.timeout(290)
def test_two_hundred_uploads_are_done_once_each_while_workers_die_and_redis_forgets(
    sqlite_store: Store,
    processes: Processes,
    redis_server: RedisServer,
    capsys: pytest.CaptureFixture[str],
) -> None:
    front = Front(processes)
    processes.reconciler()
    started = time.monotonic()
    with Trouble(processes, redis_server) as trouble:
        with ThreadPoolExecutor(4) as clients:
            report_ids = list(clients.map(front.upload, range(UPLOADS)))
        uploaded = time.monotonic() - started
        trouble.takes_aim = False
        wait_until(
            lambda: {report.state for report in sqlite_store.reports(UPLOADS)} == {JobState.DONE},
            seconds=200,
            what="all reports were done",
        )
        done = time.monotonic() - started

    shown = [front.report(report_id) for report_id in report_ids]
    assert len(set(report_ids)) == UPLOADS
    assert {(report["status"], report["edition"]) for report in shown} == {("draft", None)}
    assert {report["state"] for report in shown} == {"done"}
    for report in shown:
        for document in report["documents"]:
            status, content = front.get(document["href"])
            assert status == http.HTTPStatus.OK
            assert hashlib.sha256(content).hexdigest() == document["sha256"]

    wanted = UPLOADS * len(USUAL_KINDS)
    engine = make_engine(processes.environment["DATABASE_URL"])
    with engine.connect() as connection:
        kept = connection.execute(sa.select(sa.func.count()).select_from(documents)).scalar_one()
        tries = collections.Counter(connection.execute(sa.select(jobs.c.attempts)).scalars())
    engine.dispose()
    finishes = collections.Counter(re.findall(r"job (\S+), try \d+: done", (processes.logs / "worker.log").read_text()))
    assert kept == wanted
    assert sum(tries.values()) == wanted
    assert set(finishes.values()) == {1}, "nobody finished what another had finished"

    waits = statistics.quantiles(front.seconds, n=100)
    with capsys.disabled():
        print(  # noqa: T201 the figures are what this test is for
            f"\n{UPLOADS} uploads, {wanted} documents: all done in {done:.0f} s (uploaded in {uploaded:.0f} s, "
            f"p50 {waits[49] * 1000:.0f} ms, p99 {waits[98] * 1000:.0f} ms), none lost, none twice; "
            f"{trouble.kills} kills, {trouble.flushes} FLUSHALLs, tries {dict(sorted(tries.items()))}"
        )
