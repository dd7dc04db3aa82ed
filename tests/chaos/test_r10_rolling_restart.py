"""R10: every program of a Folio under load is started again, one after the other, and at last all of it is stopped."""

from __future__ import annotations

import http.client
import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Final

import pytest

from service.domain.reports import JobState
from service.store import Store, open_store
from tests.chaos.chance import chance, sized
from tests.chaos.conftest import Tell
from tests.chaos.truth import assert_whole
from tests.integration.served import Folio, a_free_port
from tests.integration.servers import wait_until
from tests.living import children_of
from tests.web import Client

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(sized(200, 900))]

TURNS: Final = sized(1, 5)
UPLOADERS: Final = 2
READERS: Final = 2
PAUSE_SECONDS: Final = (0.05, 0.3)
STOPPED_WITHIN_SECONDS: Final = 30
RESTARTED_WITHIN_SECONDS: Final = 30

# The programs in the order of a rolling restart, and how each is asked to make way for its successor.
_PROGRAMS: Final = (
    ("gunicorn", signal.SIGHUP),
    ("celery", signal.SIGTERM),
    ("service.reconciler", signal.SIGTERM),
)


class Users:
    """People and programs at work, each on a thread of its own; what they see that no user should see."""

    def __init__(self, client: Callable[[], Client]) -> None:
        self._is_closing, self._over = threading.Event(), threading.Event()
        self._lock = threading.Lock()
        self.seconds: list[float] = []
        self.failures: list[str] = []
        self.report_ids: list[str] = []
        self._threads = [
            threading.Thread(target=self._work, args=(client(), doing, f"{doing.__name__}-{number}"))
            for doing, all_of_them in ((self._upload, UPLOADERS), (self._read, READERS))
            for number in range(all_of_them)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def work(self, requests: int) -> None:
        """Wait until so many more were answered."""
        enough = len(self.seconds) + requests
        wait_until(lambda: len(self.seconds) >= enough, seconds=60, what="the users got on")

    def see_it_close(self) -> None:
        """From now on they may be left without an answer, but what is accepted still counts."""
        self._is_closing.set()

    def go_home(self) -> None:
        self._is_closing.set()
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _work(self, client: Client, doing: Callable[[Client, str, int], None], name: str) -> None:
        drawn, number = chance(name), 0
        while not self._over.wait(drawn.uniform(*PAUSE_SECONDS)):
            number += 1
            started = time.monotonic()
            try:
                doing(client, name, number)
            except (OSError, http.client.HTTPException, AssertionError) as problem:
                if not self._is_closing.is_set():
                    self.failures.append(f"{name} {number}: {problem!r}")
            if not self._is_closing.is_set():
                self.seconds.append(time.monotonic() - started)

    def _upload(self, client: Client, name: str, number: int) -> None:
        # After that of the example, which is issued by now.
        version = f"3.{UPLOADERS * number + int(name[-1])}"
        answer = client.upload(headers={"Idempotency-Key": f"{name}-{number}"}, version=version)
        assert answer.status == HTTPStatus.ACCEPTED, (answer.status, answer.text[:200])
        with self._lock:
            self.report_ids.append(answer.json["id"])

    def _read(self, client: Client, _name: str, number: int) -> None:
        with self._lock:
            report_id = self.report_ids[-1] if self.report_ids else ""
        pages = ["/", "/api/v1/reports?limit=5", *([f"/informes/{report_id}"] if report_id else [])]
        answer = client.get(pages[number % len(pages)])
        assert answer.status == HTTPStatus.OK, (answer.status, answer.text[:200])


@pytest.fixture
def folio(tmp_path: Path) -> Iterator[Folio]:
    one = Folio(tmp_path / "datos", a_free_port())
    yield one
    one.kill()


def _restart(folio: Folio, program: str, how: signal.Signals) -> None:
    """Ask a program to make way, and wait until others have taken its place."""
    before = folio.pid_of(program)
    assert before is not None
    old = set(children_of(before))
    os.kill(before, how)

    def has_successors() -> bool:
        if how is signal.SIGHUP:
            return bool(now := children_of(before)) and not old.intersection(now)
        return folio.pid_of(program) not in {before, None}

    wait_until(has_successors, seconds=RESTARTED_WITHIN_SECONDS, what=f"{program} had made way")


def test_nobody_notices_a_rolling_restart_and_all_of_it_stops_soon(folio: Folio, tell: Tell) -> None:
    folio.start()
    users = Users(lambda: Client(folio.port, folio.client.store).signed_in())
    users.start()
    drawn: random.Random = chance("restarts")
    try:
        for _ in range(TURNS):
            for program, how in _PROGRAMS:
                users.work(drawn.randrange(8, 20))
                _restart(folio, program, how)
        users.work(8)
        users.see_it_close()
        stopped = folio.end(signal.SIGTERM)
    finally:
        users.go_home()
    left = folio.processes()

    folio.start()
    store = open_store(f"sqlite:///{folio.data}/folio.db")
    wait_until(lambda: _are_done(store), seconds=120, what="all that was accepted was written")
    held = assert_whole(store, users.report_ids)
    tell(
        "R10 rolling restart",
        f"{TURNS} times the front, the worker and the reconciler, under {len(users.seconds)} requests of "
        f"{UPLOADERS + READERS} users: {len(users.failures)} failures seen (the slowest waited "
        f"{max(users.seconds):.1f} s); stopped in {stopped:.1f} s; "
        f"{len(users.report_ids)} uploads, all done after the next start, "
        f"{held.documents} documents equal to undisturbed ones",
    )
    store.close()
    assert users.failures == []
    assert left == {}
    assert stopped <= STOPPED_WITHIN_SECONDS


def _are_done(store: Store) -> bool:
    return {report.state for report in store.reports(10_000, with_findings=False)} == {JobState.DONE}
