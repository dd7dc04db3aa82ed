"""R9: two workers stand still past their leases, one after the other, over the same job, and wake when it is done."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from typing import BinaryIO, Final

import pytest

from service.domain.reports import JobState
from service.jobs import Bell
from service.store import Store
from tests.chaos.chance import chance, sized
from tests.chaos.conftest import Tell
from tests.integration.desk import Desk, Templates
from tests.integration.servers import Processes, RedisServer, wait_until
from tests.living import children_of

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(sized(180, 1200))]

TIMES: Final = sized(3, 50)
PAUSED: Final = 2
_LATE: Final = re.compile(r"job (\S+), try (\d+): too late, another has it")


@pytest.fixture
def at_database(database_url: str, processes: Processes) -> str:
    """The workers write where the store looks."""
    processes.environment["DATABASE_URL"] = database_url
    return database_url


def _paused(
    desk: Desk, templates: Templates, workers: list[subprocess.Popen[bytes]], job_id: str, attempt: int
) -> tuple[subprocess.Popen[bytes], BinaryIO]:
    """The worker that takes the job as its n-th try, whole and still, and the end of the pipe that it reads at."""
    pipe = templates.hold()
    deadline = time.monotonic() + 60
    # A worker that stands still may have a message in its hand: rung until another takes the job.
    while desk.attempts(job_id) < attempt:
        assert time.monotonic() < deadline, "nobody took the job"
        desk.ring(job_id)
        time.sleep(0.1)
    end = templates.meet(pipe)
    at_work = desk.process_of(job_id)
    worker = next(each for each in workers if at_work in children_of(each.pid))
    os.killpg(worker.pid, signal.SIGSTOP)
    desk.let_the_lease_pass(job_id)
    return worker, end


@pytest.mark.usefixtures("at_database")
def test_workers_that_wake_after_their_lease_change_nothing(
    store: Store, processes: Processes, redis_server: RedisServer, database_url: str, tell: Tell
) -> None:
    folder = processes.logs / "templates"
    templates = Templates(folder)
    processes.environment["FOLIO_TEMPLATES_DIR"] = str(folder)
    desk = Desk(store, database_url, Bell(redis_server.url))
    workers = [processes.worker(1) for _ in range(PAUSED + 1)]
    log, drawn = processes.logs / "worker.log", chance("waking")

    contents: dict[str, bytes] = {}
    for _ in range(TIMES):
        job_id = desk.ask_for_word(ring=False)
        paused = [_paused(desk, templates, workers, job_id, attempt) for attempt in range(1, PAUSED + 1)]
        templates.give_back()
        while desk.document(job_id).state is not JobState.DONE:
            desk.ring(job_id)
            time.sleep(0.1)
        contents[job_id] = desk.content(job_id)
        drawn.shuffle(paused)
        for worker, end in paused:
            os.killpg(worker.pid, signal.SIGCONT)
            templates.let_go(end)

    late = lambda: _LATE.findall(log.read_text("utf-8"))  # noqa: E731 - short, and used twice
    wait_until(lambda: len(late()) >= PAUSED * TIMES, seconds=60, what="all who woke were turned away")
    tell(
        f"R9 workers paused past their lease, {store_name(database_url)}",
        f"{TIMES} times {PAUSED} workers: {len(contents)} documents, {len(late())} late finishes turned away",
    )
    assert sorted(late()) == sorted((job_id, str(n)) for job_id in contents for n in range(1, PAUSED + 1))
    for job_id, content in contents.items():
        assert desk.content(job_id) == content
        assert desk.attempts(job_id) == PAUSED + 1
    assert store.verify_audit().is_sound
    desk.close()


def store_name(url: str) -> str:
    return "SQLite" if url.startswith("sqlite") else "PostgreSQL"
