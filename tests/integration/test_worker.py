"""Real workers that are killed, frozen and cut off while they write; each accepted document is there once in the end.

A named pipe in the place of the Word template keeps a job in flight for exactly as long as a test needs it there, and
leases are made to pass by writing an earlier instant into the job row instead of waiting for it.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import shutil
import signal
import sqlite3
import subprocess
import threading
import time
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import psycopg
import pytest
import sqlalchemy as sa

from service.domain.reports import DocumentKind, JobState
from service.jobs import Bell
from service.store import Store, StoredDocument, migrate, open_store
from service.store.engine import make_engine
from service.store.tables import jobs
from tests.integration.samples import append, issue, issued
from tests.integration.servers import PROJECT, Processes, RedisServer, wait_until
from worker.tasks import LEASE

WORD = "plan_de_accion.docx"
WORD_ONLY = (DocumentKind.WORD,)


class Templates:
    """The worker's folder of templates, whose Word template can be held back."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._pipes = folder / "pipes"
        self._pipes.mkdir(parents=True)
        for template in (PROJECT / "templates_docx").glob("plan_de_accion.*"):
            shutil.copy(template, folder)
        self._bytes = (folder / WORD).read_bytes()

    def hold(self) -> Path:
        """From now on whoever reads the template waits, at this pipe, even when it is the template no longer."""
        pipe = self._pipes / str(time.monotonic_ns())
        os.mkfifo(pipe)
        (self._folder / WORD).unlink()
        os.link(pipe, self._folder / WORD)
        return pipe

    def give_back(self) -> None:
        """From now on the template is there; those who already wait go on waiting."""
        fresh = self._folder / "fresh"
        fresh.write_bytes(self._bytes)
        fresh.rename(self._folder / WORD)

    def meet(self, pipe: Path) -> BinaryIO:
        """Wait until somebody reads at `pipe`, and hold the other end."""
        ends: list[int] = []

        def somebody_reads() -> bool:
            with contextlib.suppress(OSError):
                ends.append(os.open(pipe, os.O_WRONLY | os.O_NONBLOCK))
            return bool(ends)

        wait_until(somebody_reads, seconds=90, what="the template was read")
        return os.fdopen(ends[0], "wb")

    def let_go(self, end: Path | BinaryIO) -> None:
        """Whoever waits there gets the template."""
        with self.meet(end) if isinstance(end, Path) else end as writing:
            writing.write(self._bytes)

    def remove(self) -> None:
        (self._folder / WORD).unlink()

    def content(self) -> bytes:
        return self._bytes


class Desk:
    """What a test sees and does from outside: the store, the bell, and the job rows as an operator would mend them."""

    def __init__(self, store: Store, url: str, bell: Bell) -> None:
        self.store = store
        self.bell = bell
        self._engine = make_engine(url)

    def ask_for_word(self, *, ring: bool = True) -> str:
        """Append a report with one document; its job's id."""
        job_id = append(self.store, kinds=WORD_ONLY, now=dt.datetime.now(dt.UTC)).job_ids[0]
        if ring:
            assert self.bell.ring([job_id])
        return job_id

    def ring(self, job_id: str) -> None:
        assert self.bell.ring([job_id])

    def document(self, job_id: str) -> StoredDocument:
        report = self.store.report(job_id.partition(".")[0])
        assert report is not None
        return report.documents[0]

    def content(self, job_id: str) -> bytes:
        found = self.store.document(job_id.partition(".")[0], DocumentKind.WORD)
        assert found is not None
        return found[1]

    def wait_for(self, job_id: str, state: JobState, *, seconds: float = 20) -> None:
        wait_until(lambda: self.document(job_id).state is state, seconds=seconds, what=f"the job was {state}")

    def attempts(self, job_id: str) -> int:
        return int(self._of_job(job_id, jobs.c.attempts))

    def lease_until(self, job_id: str) -> dt.datetime:
        instant = self._of_job(job_id, jobs.c.lease_until)
        assert isinstance(instant, dt.datetime)
        return instant

    def process_of(self, job_id: str) -> int:
        """The process that is at work on it."""
        return int(str(self._of_job(job_id, jobs.c.owner)).split(":")[1])

    def wait_until_at_work(self, job_id: str, attempt: int = 1) -> int:
        """The process that has taken the job as its n-th try."""
        wait_until(
            lambda: self.attempts(job_id) == attempt and self.document(job_id).state is JobState.RUNNING,
            seconds=60,
            what=f"try {attempt} was under way",
        )
        return self.process_of(job_id)

    def _of_job(self, job_id: str, column: sa.Column[object]) -> object:
        with self._engine.connect() as connection:
            return connection.execute(sa.select(column).where(jobs.c.id == job_id)).scalar_one()

    def let_the_lease_pass(self, job_id: str) -> None:
        with self._engine.begin() as connection:
            past = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=5)
            connection.execute(sa.update(jobs).where(jobs.c.id == job_id).values(lease_until=past))

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """The database as somebody else's long transaction leaves it."""
        with self._engine.connect() as connection:
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield

    def close(self) -> None:
        self._engine.dispose()
        self.bell.close()


@pytest.fixture
def desk(sqlite_store: Store, sqlite_url: str, redis_server: RedisServer) -> Iterator[Desk]:
    desk = Desk(sqlite_store, sqlite_url, Bell(redis_server.url))
    yield desk
    desk.close()


@pytest.fixture
def templates(processes: Processes, tmp_path: Path) -> Templates:
    templates = Templates(tmp_path / "templates")
    processes.environment["FOLIO_TEMPLATES_DIR"] = str(tmp_path / "templates")
    return templates


def is_alive(process: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False


def children_of(process: subprocess.Popen[bytes]) -> list[int]:
    return [int(child) for child in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]


def test_a_rung_job_becomes_a_word_document(desk: Desk, processes: Processes) -> None:
    processes.worker()
    job_id = desk.ask_for_word()
    desk.wait_for(job_id, JobState.DONE)

    with zipfile.ZipFile(BytesIO(desk.content(job_id))) as package:
        assert "word/document.xml" in package.namelist()
    assert desk.attempts(job_id) == 1


def test_a_killed_process_costs_a_try_and_not_the_document(
    desk: Desk, processes: Processes, templates: Templates
) -> None:
    templates.hold()
    processes.worker()
    processes.reconciler()
    job_id = desk.ask_for_word()
    os.kill(desk.wait_until_at_work(job_id), signal.SIGKILL)
    templates.give_back()
    desk.let_the_lease_pass(job_id)

    desk.wait_for(job_id, JobState.DONE)
    assert desk.attempts(job_id) == 2


def test_a_killed_worker_and_a_redis_that_forgot_everything_cost_a_try_and_not_the_documents(
    desk: Desk, processes: Processes, templates: Templates, redis_server: RedisServer
) -> None:
    templates.hold()
    worker = processes.worker()
    job_ids = [desk.ask_for_word() for _ in range(6)]
    desk.wait_until_at_work(job_ids[0])
    desk.wait_until_at_work(job_ids[1])
    processes.kill(worker)
    redis_server.flush()
    templates.give_back()
    for job_id in job_ids[:2]:
        desk.let_the_lease_pass(job_id)
    processes.reconciler()
    processes.worker()

    for job_id in job_ids:
        desk.wait_for(job_id, JobState.DONE)
    assert [desk.attempts(job_id) for job_id in job_ids] == [2, 2, 1, 1, 1, 1]


def test_the_processes_of_a_killed_worker_end_with_it(desk: Desk, processes: Processes, templates: Templates) -> None:
    templates.hold()
    worker = processes.worker()
    at_work = desk.wait_until_at_work(desk.ask_for_word())
    children = children_of(worker)
    assert at_work in children
    worker.kill()
    worker.wait()

    wait_until(lambda: not any(map(is_alive, children)), seconds=10, what="all its processes ended")


def test_uploads_accepted_while_redis_is_absent_are_written_once_it_is_there(
    desk: Desk, processes: Processes, redis_server: RedisServer
) -> None:
    redis_server.kill()
    processes.worker()
    processes.reconciler()
    job_ids = [desk.ask_for_word(ring=False) for _ in range(3)]
    assert not desk.bell.ring(job_ids)
    redis_server.start()

    for job_id in job_ids:
        desk.wait_for(job_id, JobState.DONE, seconds=90)
    assert [desk.attempts(job_id) for job_id in job_ids] == [1, 1, 1]


def test_a_worker_outlives_a_redis_that_is_killed_while_it_writes(
    desk: Desk, processes: Processes, templates: Templates, redis_server: RedisServer
) -> None:
    pipe = templates.hold()
    processes.worker()
    processes.reconciler()
    first = desk.ask_for_word()
    # At work is not yet reading: given back too early, the template would be read past the pipe.
    other_end = templates.meet(pipe)
    redis_server.kill()
    templates.give_back()
    templates.let_go(other_end)
    desk.wait_for(first, JobState.DONE)
    assert desk.attempts(first) == 1, "Redis has no part in finishing"

    second = desk.ask_for_word(ring=False)
    redis_server.start()
    desk.wait_for(second, JobState.DONE, seconds=90)


def test_a_frozen_redis_that_thaws_is_used_again(desk: Desk, processes: Processes, redis_server: RedisServer) -> None:
    processes.worker()
    processes.reconciler()
    desk.wait_for(desk.ask_for_word(), JobState.DONE)
    redis_server.send(signal.SIGSTOP)
    job_id = desk.ask_for_word(ring=False)
    started = time.monotonic()
    assert not desk.bell.ring([job_id])
    assert time.monotonic() - started < 2
    time.sleep(7)
    redis_server.send(signal.SIGCONT)

    desk.wait_for(job_id, JobState.DONE, seconds=90)


def test_a_job_that_kills_whoever_takes_it_is_set_aside_and_its_neighbour_is_written(
    desk: Desk, processes: Processes, templates: Templates
) -> None:
    templates.hold()
    processes.worker()
    processes.reconciler()
    poison = desk.ask_for_word()
    for attempt in range(1, 6):
        os.kill(desk.wait_until_at_work(poison, attempt), signal.SIGKILL)
        desk.let_the_lease_pass(poison)
    desk.wait_for(poison, JobState.QUARANTINED)
    templates.give_back()
    neighbour = desk.ask_for_word()

    desk.wait_for(neighbour, JobState.DONE)
    assert "avise a quien administra Folio" in (desk.document(poison).problem or "")
    assert desk.attempts(poison) == 5


def test_a_process_frozen_past_its_lease_finishes_in_vain(
    desk: Desk, processes: Processes, templates: Templates, tmp_path: Path
) -> None:
    pipe = templates.hold()
    processes.worker()
    job_id = desk.ask_for_word()
    frozen = desk.wait_until_at_work(job_id)
    other_end = templates.meet(pipe)
    os.kill(frozen, signal.SIGSTOP)
    templates.give_back()
    desk.let_the_lease_pass(job_id)
    desk.ring(job_id)
    desk.wait_for(job_id, JobState.DONE)
    kept = desk.content(job_id)

    os.kill(frozen, signal.SIGCONT)
    templates.let_go(other_end)
    log = tmp_path / "worker.log"
    wait_until(lambda: "too late, another has it" in log.read_text(), seconds=60, what="the late one was turned away")
    assert desk.content(job_id) == kept
    assert desk.attempts(job_id) == 2


def test_a_long_document_keeps_its_lease(desk: Desk, processes: Processes, templates: Templates) -> None:
    pipe = templates.hold()
    processes.worker()
    job_id = desk.ask_for_word()
    desk.wait_until_at_work(job_id)
    first = desk.lease_until(job_id)
    wait_until(
        lambda: desk.lease_until(job_id) > first, seconds=LEASE.total_seconds() / 2, what="the lease was renewed"
    )
    templates.let_go(pipe)
    desk.wait_for(job_id, JobState.DONE)
    assert desk.attempts(job_id) == 1


def test_the_same_job_rung_twenty_times_is_written_once(desk: Desk, processes: Processes) -> None:
    job_id = desk.ask_for_word(ring=False)
    assert desk.bell.ring([job_id] * 20)
    processes.worker()
    desk.wait_for(job_id, JobState.DONE)
    wait_until(lambda: desk.bell.waiting() == 0, seconds=60, what="every message was taken")

    assert desk.attempts(job_id) == 1


def test_a_job_that_somebody_reopened_by_force_ends_in_one_line_and_keeps_its_document(
    desk: Desk, processes: Processes, sqlite_url: str, tmp_path: Path
) -> None:
    processes.worker()
    job_id = desk.ask_for_word()
    desk.wait_for(job_id, JobState.DONE)
    content = desk.content(job_id)
    with contextlib.closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as owner:
        owner.execute("DROP TRIGGER jobs_stay_done")
        owner.execute("UPDATE jobs SET state = 'queued'")
        owner.commit()

    desk.ring(job_id)

    def told() -> str:
        return "".join(log.read_text() for log in tmp_path.glob("*.log"))

    wait_until(lambda: "raised expected: RecordIsKept" in told(), seconds=30, what="the try ended")
    assert "Traceback" not in told()
    assert desk.content(job_id) == content


def test_a_missing_template_fails_at_once_with_a_sentence(
    desk: Desk, processes: Processes, templates: Templates
) -> None:
    templates.remove()
    processes.worker()
    job_id = desk.ask_for_word()
    desk.wait_for(job_id, JobState.FAILED)

    assert desk.document(job_id).problem == f"Falta la plantilla «{WORD}»."
    assert desk.attempts(job_id) == 1


def test_a_document_waits_for_a_database_that_is_away(desk: Desk, processes: Processes, templates: Templates) -> None:
    pipe = templates.hold()
    processes.worker()
    job_id = desk.ask_for_word()
    desk.wait_until_at_work(job_id)
    with desk.locked():
        templates.let_go(pipe)
        # Longer than a writer waits for the others, so that its first attempt to finish is refused.
        time.sleep(6.5)
        assert desk.document(job_id).state is JobState.RUNNING

    desk.wait_for(job_id, JobState.DONE)
    assert desk.attempts(job_id) == 1


def test_a_worker_writes_what_was_issued_and_keeps_the_template_that_it_came_from(
    desk: Desk, processes: Processes, templates: Templates
) -> None:
    first = issued(desk.store, "1.0")
    report = issue(desk.store, append(desk.store).report.id, previous=first.id)
    processes.worker()
    assert desk.bell.ring(report.job_ids)

    def is_done() -> bool:
        found = desk.store.report(report.report.id)
        return found is not None and found.state.is_final

    wait_until(is_done, seconds=90, what="every document was written")
    found = desk.store.report(report.report.id)
    assert found is not None
    assert [(document.kind, document.state, document.problem) for document in found.documents] == [
        (kind, JobState.DONE, None)
        for kind in (DocumentKind.WORD, DocumentKind.EXCEL, DocumentKind.CHANGES, DocumentKind.REDLINE)
    ]
    origin = desk.store.origin(found.id, DocumentKind.WORD)
    assert origin is not None
    assert origin.template == templates.content()
    verdict = desk.store.verify_audit()
    assert verdict.is_sound, verdict.broken


def test_a_worker_goes_on_when_postgresql_dropped_its_connections(
    processes: Processes, postgresql_url: str, redis_server: RedisServer
) -> None:
    migrate(postgresql_url)
    processes.environment["DATABASE_URL"] = postgresql_url
    store = open_store(postgresql_url)
    desk = Desk(store, postgresql_url, Bell(redis_server.url))
    processes.worker()
    processes.reconciler()
    desk.wait_for(desk.ask_for_word(), JobState.DONE)
    with psycopg.connect(postgresql_url, autocommit=True) as operator:
        operator.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    job_id = desk.ask_for_word()
    desk.wait_for(job_id, JobState.DONE)

    assert desk.attempts(job_id) == 1
    desk.close()
    store.close()


def test_processes_that_write_have_bounded_addresses(processes: Processes, desk: Desk, templates: Templates) -> None:
    templates.hold()
    processes.worker()
    at_work = desk.wait_until_at_work(desk.ask_for_word())
    limits = Path(f"/proc/{at_work}/limits").read_text()
    line = next(line for line in limits.splitlines() if line.startswith("Max address space"))

    assert line.split()[3] == str(1024**3)


@pytest.mark.parametrize("redis_is", ["well", "gone"])
def test_an_idle_worker_ends_within_five_seconds_of_sigterm(
    desk: Desk, processes: Processes, redis_server: RedisServer, redis_is: str
) -> None:
    worker = processes.worker()
    desk.wait_for(desk.ask_for_word(), JobState.DONE)
    children = children_of(worker)
    if redis_is == "gone":
        redis_server.kill()
        time.sleep(1)
    started = time.monotonic()
    worker.terminate()
    worker.wait(10)

    assert time.monotonic() - started < 5
    assert not any(map(is_alive, children))


def test_a_worker_that_writes_ends_within_ten_seconds_of_sigterm_and_another_goes_on(
    desk: Desk, processes: Processes, templates: Templates
) -> None:
    templates.hold()
    worker = processes.worker()
    job_id = desk.ask_for_word()
    desk.wait_until_at_work(job_id)
    children = children_of(worker)
    started = time.monotonic()
    worker.terminate()
    worker.wait(15)
    assert time.monotonic() - started < 10
    assert not any(map(is_alive, children))

    templates.give_back()
    desk.let_the_lease_pass(job_id)
    processes.reconciler()
    processes.worker()
    desk.wait_for(job_id, JobState.DONE)


def test_a_document_under_way_is_finished_before_its_worker_ends(
    desk: Desk, processes: Processes, templates: Templates
) -> None:
    pipe = templates.hold()
    worker = processes.worker()
    job_id = desk.ask_for_word()
    desk.wait_until_at_work(job_id)
    worker.terminate()
    threading.Timer(1, templates.let_go, [pipe]).start()
    worker.wait(15)

    assert desk.document(job_id).state is JobState.DONE
    assert desk.attempts(job_id) == 1
