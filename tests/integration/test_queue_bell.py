"""The bell and the reconciler with a Redis that is there, absent, frozen, forgetful, and with nobody to listen."""

from __future__ import annotations

import datetime as dt
import itertools
import json
import signal
import threading
import time
from base64 import b64decode
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis
from celery import Celery
from kombu import Consumer, Message, Queue

from service.domain.reports import DocumentKind, JobState
from service.jobs import QUEUE, WRITE_DOCUMENT, Bell
from service.reconciler import AT_ONCE, GRACE, RungJobs, reconcile
from service.store import MAX_ATTEMPTS, Store, migrate, open_store
from tests.integration.samples import NOON, append
from tests.integration.servers import Processes, RedisServer, wait_until
from worker.app import app

SECOND = dt.timedelta(seconds=1)


@pytest.fixture
def bell(redis_server: RedisServer) -> Iterator[Bell]:
    bell = Bell(redis_server.url)
    yield bell
    bell.close()


def seconds_to_ring(bell: Bell) -> float:
    started = time.monotonic()
    assert not bell.ring(["a-job.word"])
    return time.monotonic() - started


def test_a_message_names_the_task_and_the_job_and_nothing_else(bell: Bell, redis_server: RedisServer) -> None:
    assert bell.ring(["a-job.word"])
    with redis_server.client as client:
        message = json.loads(client.lindex(QUEUE, 0))

    assert message["headers"]["task"] == WRITE_DOCUMENT
    assert message["content-type"] == "application/json"
    assert json.loads(b64decode(message["body"]))[:2] == [["a-job.word"], {}]
    assert bell.waiting() == 1


def test_an_absent_redis_costs_the_first_upload_little_and_the_next_nothing(redis_server: RedisServer) -> None:
    redis_server.kill()
    bell = Bell(redis_server.url)
    assert seconds_to_ring(bell) < 1.5
    assert seconds_to_ring(bell) < 0.25
    assert bell.waiting() is None
    bell.close()


@pytest.mark.parametrize("known", [True, False], ids=["while connected", "before the first connection"])
def test_a_frozen_redis_costs_about_half_a_second_once(bell: Bell, redis_server: RedisServer, *, known: bool) -> None:
    if known:
        assert bell.ring(["a-job.word"])
    redis_server.send(signal.SIGSTOP)
    assert seconds_to_ring(bell) < 1.5
    assert max(seconds_to_ring(bell) for _ in range(100)) < 0.25
    redis_server.send(signal.SIGCONT)


def test_the_bell_is_heard_again_some_seconds_after_redis_is_back(
    bell: Bell, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Bell, "SILENCE_SECONDS", 0.3)
    assert bell.ring(["a-job.word"])
    redis_server.kill()
    assert not bell.ring(["a-job.word"])
    redis_server.start()
    assert not bell.ring(["a-job.word"]), "still silent"
    wait_until(lambda: bell.ring(["a-job.word"]), seconds=30, what="the bell was heard")
    assert redis_server.length() == 1


def test_after_a_silence_one_thread_alone_finds_out_whether_redis_is_back(
    bell: Bell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Bell, "SILENCE_SECONDS", 0)
    asked, answer = threading.Event(), threading.Event()

    def frozen(*_: object, **__: object) -> None:
        asked.set()
        answer.wait(30)
        raise redis.TimeoutError

    monkeypatch.setattr(Celery, "send_task", frozen)
    answer.set()
    assert not bell.ring(["a-job.word"]), "it falls silent"
    asked.clear()
    answer.clear()
    with ThreadPoolExecutor(1) as thread:
        first = thread.submit(bell.ring, ["a-job.word"])
        assert asked.wait(30)
        asked.clear()
        assert not any(bell.ring(["a-job.word"]) for _ in range(5))
        assert not asked.is_set(), "nobody else asked"
        answer.set()
        assert not first.result()
    monkeypatch.undo()
    assert bell.ring(["a-job.word"])


def test_what_a_worker_has_in_hand_is_known_to_it_alone_and_takes_no_redis_to_be_begun(
    bell: Bell, redis_server: RedisServer
) -> None:
    taken: list[Message] = []
    with app.connection_for_read(url=redis_server.url) as connection:
        consumer = Consumer(connection.channel(), [Queue(QUEUE)], on_message=taken.append, prefetch_count=2)
        consumer.consume()
        assert bell.ring(["a-job.word", "another.word"])
        while len(taken) < 2:
            connection.drain_events(timeout=5)
        places = consumer.channel.qos
        assert not places.can_consume()
        with redis_server.client as client:
            assert not [key for key in client.scan_iter() if not key.startswith(b"_kombu.binding")]
        redis_server.kill()
        for message in taken:
            message.ack()

        assert places.can_consume(), "else this worker would never listen again"


def test_a_lost_message_is_rung_again(sqlite_store: Store, bell: Bell, redis_server: RedisServer) -> None:
    appended = append(sqlite_store)
    bell.ring(appended.job_ids)
    redis_server.flush()
    reconcile(sqlite_store, bell, RungJobs(), NOON + GRACE)

    assert redis_server.length() == 2


def test_a_job_just_accepted_is_left_to_the_front_s_own_ring(
    sqlite_store: Store, bell: Bell, redis_server: RedisServer
) -> None:
    append(sqlite_store)
    reconcile(sqlite_store, bell, RungJobs(), NOON + GRACE / 2)
    assert redis_server.length() == 0


def test_what_redis_did_not_hear_is_not_counted_as_rung(
    sqlite_store: Store, bell: Bell, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Bell, "SILENCE_SECONDS", 0)
    append(sqlite_store)
    rung = RungJobs()
    redis_server.kill()
    reconcile(sqlite_store, bell, rung, NOON + GRACE)
    redis_server.start()
    reconcile(sqlite_store, bell, rung, NOON + GRACE)

    assert redis_server.length() == 2


def test_what_redis_heard_before_it_fell_silent_is_not_rung_anew(
    sqlite_store: Store, bell: Bell, redis_server: RedisServer
) -> None:
    for _ in range(AT_ONCE):
        append(sqlite_store)
    ring, breaths = bell.ring, iter([True, False, True])

    def out_of_breath(job_ids: Iterable[str]) -> bool:
        return next(breaths) and ring(job_ids)

    bell.ring = out_of_breath  # type: ignore[method-assign]
    rung = RungJobs()
    reconcile(sqlite_store, bell, rung, NOON + GRACE)
    assert redis_server.length() == AT_ONCE
    reconcile(sqlite_store, bell, rung, NOON + GRACE + SECOND)

    assert redis_server.length() == 2 * AT_ONCE


def test_ten_minutes_without_a_worker_do_not_fill_redis(
    sqlite_store: Store, bell: Bell, redis_server: RedisServer
) -> None:
    for _ in range(30):
        append(sqlite_store)
    rung = RungJobs()
    for second in range(600):
        reconcile(sqlite_store, bell, rung, NOON + GRACE + second * SECOND)

    assert redis_server.length() < RungJobs.FEW_MESSAGES + 60


def test_an_exhausted_job_is_set_aside_even_while_redis_is_away(
    sqlite_store: Store, bell: Bell, redis_server: RedisServer
) -> None:
    redis_server.kill()
    appended = append(sqlite_store, kinds=(DocumentKind.WORD,))
    for attempt in range(MAX_ATTEMPTS):
        sqlite_store.claim(appended.job_ids[0], f"owner-{attempt}", NOON + attempt * SECOND, SECOND)
    reconcile(sqlite_store, bell, RungJobs(), NOON + MAX_ATTEMPTS * SECOND)

    report = sqlite_store.report(appended.report.id)
    assert report is not None
    assert report.state is JobState.QUARANTINED


def test_a_job_is_rung_at_growing_distances() -> None:
    rung, rings = RungJobs(), []
    for second in range(130):
        now = NOON + second * SECOND
        if chosen := rung.to_ring(["a"], waiting=1, now=now):
            rung.rung(chosen, now)
            rings.append(second)

    assert [later - earlier for earlier, later in itertools.pairwise(rings)] == [2, 4, 8, 16, 30, 30, 30]


def test_an_empty_redis_with_jobs_due_is_told_at_once() -> None:
    rung = RungJobs()
    rung.rung(["a", "b"], NOON)
    assert rung.to_ring(["a", "b"], waiting=1, now=NOON) == ()
    assert rung.to_ring(["a", "b"], waiting=0, now=NOON) == ("a", "b")


def test_a_full_redis_still_hears_of_jobs_that_were_never_rung() -> None:
    rung = RungJobs()
    rung.rung(["old"], NOON)
    later = NOON + dt.timedelta(hours=1)
    assert rung.to_ring(["old", "new"], waiting=RungJobs.FEW_MESSAGES, now=later) == ("new",)
    assert rung.to_ring(["old", "new"], waiting=RungJobs.FEW_MESSAGES - 1, now=later) == ("old", "new")


@pytest.mark.parametrize("redis_is", ["well", "frozen", "gone"])
def test_the_reconciler_ends_promptly_at_sigterm(
    processes: Processes, sqlite_store: Store, redis_server: RedisServer, redis_is: str
) -> None:
    append(sqlite_store)
    reconciler = processes.reconciler()
    wait_until(lambda: redis_server.length() > 0, seconds=60, what="the reconciler rang")
    if redis_is == "frozen":
        redis_server.send(signal.SIGSTOP)
    if redis_is == "gone":
        redis_server.kill()
    started = time.monotonic()
    reconciler.terminate()
    reconciler.wait(5)

    assert time.monotonic() - started < 3
    assert reconciler.returncode == 0


def test_the_reconciler_survives_a_database_that_is_not_there_yet(
    processes: Processes, sqlite_url: str, redis_server: RedisServer
) -> None:
    reconciler = processes.reconciler()
    time.sleep(2)
    assert reconciler.poll() is None
    migrate(sqlite_url)
    store = open_store(sqlite_url)
    append(store)
    wait_until(lambda: redis_server.length() >= 2, seconds=60, what="the reconciler rang")
    store.close()
