"""Requests that wait for documents: woken by what is told through Redis, by their own look, or not let wait at all."""

from __future__ import annotations

import re
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from service.domain.reports import DocumentKind
from service.notices import CHANNEL, Herald, Watch
from service.sheets.isolated import ReadingRoom
from service.store import Store
from tests.integration.servers import RedisServer, wait_until
from tests.web import Answer, Client, problem_of, serve, write

# So far apart that within a test nobody finds out by looking.
NEVER = 600.0
# Less than a request would wait if nothing woke it.
WOKEN_WITHIN = 15.0


class Asking:
    """A request that waits, and what can be seen of it from outside."""

    def __init__(self, client: Client, watch: Watch, report_id: str, threads: ThreadPoolExecutor) -> None:
        self._watch, self._report_id, self._began = watch, report_id, time.monotonic()
        self._answer: Future[Answer] = threads.submit(client.get, f"/api/v1/reports/{report_id}?wait=20")
        wait_until(self._waits, seconds=10, what="the request waited")

    def _waits(self) -> bool:
        return bool(self._watch._waiting.get(self._report_id))

    @property
    def state(self) -> str:
        """Of the report, once the request is answered, which must be long before it gives up."""
        answer = self._answer.result(20)
        assert time.monotonic() - self._began < WOKEN_WITHIN
        return str(answer.json["state"])


@contextmanager
def asking(store: Store, reading_room: ReadingRoom, watch: Watch) -> Iterator[tuple[Client, str, Asking]]:
    """A front, a report of two documents, and a request that waits for them."""
    with serve(store, reading_room, watch=watch) as client, ThreadPoolExecutor(1) as threads:
        report_id = client.upload(kinds="word,excel").json["id"]
        yield client, report_id, Asking(client, watch, report_id, threads)


def write_both(store: Store, report_id: str) -> None:
    write(store, report_id, DocumentKind.WORD)
    write(store, report_id, DocumentKind.EXCEL)


def wait_for_ears(redis_server: RedisServer) -> None:
    with redis_server.client as client:
        wait_until(
            lambda: dict(client.pubsub_numsub(CHANNEL))[CHANNEL.encode()] > 0, seconds=10, what="it was listened"
        )


def test_whoever_waits_is_woken_by_what_is_told(
    sqlite_store: Store, reading_room: ReadingRoom, redis_server: RedisServer
) -> None:
    watch = Watch(redis_server.url, look_every=NEVER)
    with asking(sqlite_store, reading_room, watch) as (_, report_id, request):
        wait_for_ears(redis_server)
        write_both(sqlite_store, report_id)
        Herald(redis_server.url).tell(report_id)

        assert request.state == "done"


def test_what_is_told_of_half_the_documents_lets_nobody_go(
    sqlite_store: Store, reading_room: ReadingRoom, redis_server: RedisServer
) -> None:
    watch, herald = Watch(redis_server.url, look_every=NEVER), Herald(redis_server.url)
    with asking(sqlite_store, reading_room, watch) as (client, report_id, request):
        wait_for_ears(redis_server)
        write(sqlite_store, report_id, DocumentKind.EXCEL)
        herald.tell(report_id)
        # Whoever waits for that one alone does not wait at all.
        assert client.get(f"/api/v1/reports/{report_id}?wait=20&kinds=excel").json["state"] == "running"
        write(sqlite_store, report_id, DocumentKind.WORD)
        herald.tell(report_id)

        assert request.state == "done"


@pytest.mark.parametrize("redis_is", ["nowhere", "gone", "frozen"])
def test_whoever_waits_finds_out_by_looking_when_redis_tells_nothing(
    sqlite_store: Store, reading_room: ReadingRoom, redis_server: RedisServer, redis_is: str
) -> None:
    watch = Watch("" if redis_is == "nowhere" else redis_server.url, look_every=0.05)
    with asking(sqlite_store, reading_room, watch) as (_, report_id, request):
        if redis_is == "gone":
            redis_server.kill()
        if redis_is == "frozen":
            redis_server.send(signal.SIGSTOP)
        write_both(sqlite_store, report_id)

        assert request.state == "done"


def test_it_is_listened_again_once_redis_is_back(
    sqlite_store: Store, reading_room: ReadingRoom, redis_server: RedisServer
) -> None:
    watch = Watch(redis_server.url, look_every=NEVER)
    with asking(sqlite_store, reading_room, watch) as (_, report_id, request):
        wait_for_ears(redis_server)
        redis_server.kill()
        redis_server.start()
        wait_for_ears(redis_server)
        write_both(sqlite_store, report_id)
        Herald(redis_server.url).tell(report_id)

        assert request.state == "done"


def test_a_frozen_redis_holds_up_whoever_tells_for_half_a_second_once(redis_server: RedisServer) -> None:
    herald = Herald(redis_server.url)
    redis_server.send(signal.SIGSTOP)
    started = time.monotonic()
    herald.tell("a-report")
    first = time.monotonic()
    for _ in range(100):
        herald.tell("a-report")

    assert first - started < 1.5
    assert time.monotonic() - first < 0.25


def test_who_finds_no_room_to_wait_is_told_at_once_how_far_it_is(
    sqlite_store: Store, reading_room: ReadingRoom
) -> None:
    watch = Watch(look_every=0.05, room=1)
    with asking(sqlite_store, reading_room, watch) as (client, report_id, request):
        assert client.get(f"/api/v1/reports/{report_id}?wait=20").json["state"] == "queued"
        write_both(sqlite_store, report_id)

        assert request.state == "done"
        assert client.get(f"/api/v1/reports/{report_id}?wait=20").json["state"] == "done"


def test_a_front_that_ends_lets_go_whoever_waits(sqlite_store: Store, reading_room: ReadingRoom) -> None:
    watch = Watch(look_every=NEVER)
    with asking(sqlite_store, reading_room, watch) as (_, _report_id, request):
        watch.close()

        assert request.state == "queued"


def test_an_open_page_is_answered_when_something_moves(
    sqlite_store: Store, reading_room: ReadingRoom, redis_server: RedisServer
) -> None:
    watch = Watch(redis_server.url, look_every=NEVER)
    with serve(sqlite_store, reading_room, watch=watch) as client, ThreadPoolExecutor(1) as threads:
        report_id = client.upload(kinds="word,excel").json["id"]
        address = f"/informes/{report_id}/marcha"
        seen = re.search(r'data-seen="([0-9a-f]{16})"', client.get(address).text)
        assert seen is not None
        waiting = threads.submit(client.get, f"{address}?visto={seen[1]}&espera=20")
        wait_until(lambda: bool(watch._waiting.get(report_id)), seconds=10, what="the page waited")
        wait_for_ears(redis_server)
        began = time.monotonic()
        write(sqlite_store, report_id, DocumentKind.WORD)
        Herald(redis_server.url).tell(report_id)

        assert "Descargar Word" in waiting.result(20).text
        assert time.monotonic() - began < WOKEN_WITHIN


def test_nobody_waits_for_a_report_that_there_is_not(client: Client) -> None:
    problem_of(client.get("/api/v1/reports/0000?wait=20"), 404)


def test_a_wait_ends_when_its_time_is_over() -> None:
    looks: list[float] = []
    Watch(look_every=NEVER).look_until("a", lambda: looks.append(time.monotonic()), lambda _: False, 0.1)

    assert len(looks) == 2
    assert looks[1] - looks[0] >= 0.1


def test_many_may_wait_for_one_report_and_all_are_woken() -> None:
    watch, over = Watch(look_every=NEVER), threading.Event()
    with ThreadPoolExecutor(4) as threads:
        waiting = [threads.submit(watch.look_until, "a", over.is_set, bool, 20) for _ in range(4)]
        wait_until(lambda: len(watch._waiting.get("a", ())) == 4, seconds=10, what="all waited")
        over.set()
        watch._wake("a")

        assert [each.result(10) for each in waiting] == [True] * 4
    assert not watch._waiting


@pytest.mark.parametrize(
    ("query", "field"), [("wait=21", "wait"), ("wait=-1", "wait"), ("wait=", "wait"), ("wait=1&kinds=poem", "kinds")]
)
def test_a_wait_that_cannot_be_is_refused_with_its_field(client: Client, query: str, field: str) -> None:
    problem = problem_of(client.get(f"/api/v1/reports/0000?{query}"), 400)

    assert [error["field"] for error in problem["errors"]] == [field]
