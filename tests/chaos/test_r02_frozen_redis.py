"""R2: Redis stands still for a while, again and again: it takes connections, and answers nothing."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from typing import Final

import pytest

from service.domain.reports import JobState
from service.store import Store
from tests.chaos.chance import chance, sized
from tests.chaos.conftest import Tell
from tests.chaos.truth import assert_whole
from tests.chaos.whole_folio import told_states, whole_folio
from tests.integration.servers import Processes, RedisServer

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(sized(120, 600))]

FREEZES: Final = sized(1, 3)
FROZEN_SECONDS: Final = sized(8, 20)
THAWED_SECONDS: Final = 5
LONGEST_ANSWER_SECONDS: Final = 3
DONE_WITHIN_SECONDS: Final = 60


def _moments(seconds: float, pause: tuple[float, float]) -> Iterator[None]:
    drawn, until = chance("moments"), time.monotonic() + seconds
    while time.monotonic() < until:
        yield
        time.sleep(drawn.uniform(*pause))


def test_uploads_are_answered_while_redis_is_frozen_and_done_soon_after_it_thaws(
    sqlite_store: Store, processes: Processes, redis_server: RedisServer, tell: Tell
) -> None:
    with whole_folio(processes, sqlite_store, redis_server) as folio:
        folio.start_front()
        folio.start_workers()
        processes.reconciler()
        for number in range(3):
            folio.upload(f"before-{number}", f"1.{number}")
        folio.wait_until_finished(60)
        folio.sent.clear()

        longest_to_finish = 0.0
        for freeze in range(FREEZES):
            # Work is under way when it freezes, and goes on after it thaws.
            folio.upload(f"first-{freeze}", f"{2 + freeze}.0")
            redis_server.send(signal.SIGSTOP)
            try:
                for _ in _moments(FROZEN_SECONDS, (0.1, 0.6)):
                    number = len(folio.sent)
                    folio.upload(f"frozen-{number}", f"{2 + freeze}.{number}")
            finally:
                redis_server.send(signal.SIGCONT)
            longest_to_finish = max(longest_to_finish, folio.wait_until_finished(DONE_WITHIN_SECONDS))
            time.sleep(THAWED_SECONDS)

        longest = max(sent.seconds for sent in folio.sent)
        held = assert_whole(sqlite_store, {sent.report_id for sent in folio.sent})
        tell(
            "R2 Redis frozen",
            f"{FREEZES} times {FROZEN_SECONDS} s, {len(folio.sent)} uploads meanwhile: the slowest answered in "
            f"{longest:.2f} s (p50 {folio.waits(0.5):.0f} ms); all done within {longest_to_finish:.1f} s of the thaw "
            f"({told_states(folio.states())}; {held.documents} documents equal to undisturbed ones)",
        )
        assert longest <= LONGEST_ANSWER_SECONDS
        assert set(folio.states()) == {JobState.DONE}
