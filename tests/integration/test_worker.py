"""Real workers killed, frozen and cut off while they write; each accepted document is there once in the end."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import signal
import sqlite3
import threading
import time
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import psycopg
import pytest

from service.domain.reports import DocumentKind, JobState
from service.jobs import Bell
from service.notices import CHANNEL, Watch
from service.store import Store, migrate, open_store
from tests.integration.desk import WORD, Desk, Templates
from tests.integration.samples import append, issue, issued
from tests.integration.servers import Processes, RedisServer, wait_until
from tests.living import children_of, is_alive
from worker.tasks import LEASE


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
    children = children_of(worker.pid)
    assert at_work in children
    worker.kill()
    worker.wait()

    wait_until(lambda: not any(map(is_alive, children)), seconds=10, what="all its processes ended")


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


def test_a_worker_that_could_not_acknowledge_to_a_dead_redis_hears_the_next_one(
    desk: Desk, processes: Processes, templates: Templates, redis_server: RedisServer
) -> None:
    pipe = templates.hold()
    processes.worker(1)
    first, second = desk.ask_for_word(), desk.ask_for_word()
    other_end = templates.meet(pipe)
    # The message of the second is in the worker's hand, to be acknowledged once its process is free.
    wait_until(lambda: desk.bell.waiting() == 0, seconds=30, what="both messages were taken")
    redis_server.kill()
    templates.give_back()
    templates.let_go(other_end)
    desk.wait_for(first, JobState.DONE)
    desk.wait_for(second, JobState.DONE)
    redis_server.start()
    processes.reconciler()

    desk.wait_for(desk.ask_for_word(ring=False), JobState.DONE, seconds=30)


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

    wait_until(lambda: "is left as it is: RecordIsKept" in told(), seconds=30, what="the try ended")
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


def test_of_two_documents_in_one_message_one_that_fails_does_not_hold_up_the_other(
    desk: Desk, processes: Processes, templates: Templates
) -> None:
    templates.remove()
    processes.worker()
    report = append(desk.store, kinds=(DocumentKind.WORD, DocumentKind.EXCEL), now=dt.datetime.now(dt.UTC))
    assert desk.bell.ring(report.job_ids, together=report.job_ids)
    desk.wait_for(report.job_ids[0], JobState.FAILED, seconds=60)

    found = desk.store.report(report.report.id)
    assert found is not None
    assert [(each.kind, each.state) for each in found.documents] == [
        (DocumentKind.WORD, JobState.FAILED),
        (DocumentKind.EXCEL, JobState.DONE),
    ]


def test_whoever_waits_for_a_document_is_told_when_it_is_kept(
    desk: Desk, processes: Processes, redis_server: RedisServer
) -> None:
    processes.worker()
    desk.wait_for(desk.ask_for_word(), JobState.DONE, seconds=60)
    # By looking nobody finds out within the test.
    watch = Watch(redis_server.url, look_every=600, longest=60)
    job_id = desk.ask_for_word(ring=False)
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(
            watch.look_until, job_id.partition(".")[0], lambda: desk.document(job_id).state, lambda it: it.is_final, 60
        )
        with redis_server.client as client:
            wait_until(
                lambda: dict(client.pubsub_numsub(CHANNEL))[CHANNEL.encode()] > 0, seconds=20, what="it was listened"
            )
        desk.ring(job_id)
        started = time.monotonic()

        assert waiting.result(60) is JobState.DONE
        assert time.monotonic() - started < 40, "it was woken, and did not give up waiting"


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
        for kind in DocumentKind
        if kind.comes_with_issue or kind in {DocumentKind.CHANGES, DocumentKind.REDLINE}
    ]
    assert desk.attempts(f"{found.id}.{DocumentKind.PACKAGE}.final") == 1, "it waits for what goes into it"
    pdf = next(document for document in found.documents if document.kind is DocumentKind.PDF)
    assert pdf.proof is not None
    assert pdf.proof.holds
    origin = desk.store.origin(found.id, DocumentKind.WORD)
    assert origin is not None
    assert origin.template == templates.content()
    verdict = desk.store.verify_audit()
    assert verdict.is_sound, verdict.broken


def programs_below(process: int) -> dict[int, str]:
    """All that a process started by any of its threads, and what those started: the program of each."""
    found: dict[int, str] = {}
    for children in Path(f"/proc/{process}/task").glob("*/children"):
        with contextlib.suppress(FileNotFoundError):
            for child in map(int, children.read_text().split()):
                found |= {child: Path(f"/proc/{child}/comm").read_text().strip()} | programs_below(child)
    return found


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_a_worker_keeps_libreoffice_on_and_leaves_none_behind(
    desk: Desk, processes: Processes, end: signal.Signals
) -> None:
    worker = processes.worker(1)
    word = desk.ask_for_word()
    desk.wait_for(word, JobState.DONE)
    assert "soffice.bin" not in programs_below(worker.pid).values(), "only a PDF starts it"
    for _ in range(2):
        (job_id,) = append(desk.store, kinds=(DocumentKind.PDF,), now=dt.datetime.now(dt.UTC)).job_ids
        desk.ring(job_id)
        desk.wait_for(job_id, JobState.DONE, seconds=120)
    below = programs_below(worker.pid)
    assert list(below.values()).count("soffice.bin") == 1
    worker.send_signal(end)
    worker.wait(20)

    wait_until(lambda: not any(map(is_alive, below)), seconds=20, what="LibreOffice ended")


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
    children = children_of(worker.pid)
    assert children
    # The job is done before the worker has heard so from its child; one that lost Redis in between does not hear it any
    # more, takes the task for one under way, and gives it the seconds of the test below.
    time.sleep(1)
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
    children = children_of(worker.pid)
    assert children
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
