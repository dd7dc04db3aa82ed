"""R3: everything starts without Redis, uploads are accepted all the same, and are done soon after it comes."""

from __future__ import annotations

import time
from typing import Final

import pytest

from service.domain.reports import JobState
from service.store import Store
from tests.chaos.chance import sized
from tests.chaos.conftest import Tell
from tests.chaos.truth import assert_whole
from tests.chaos.whole_folio import told_states, whole_folio
from tests.integration.servers import Processes, RedisServer

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(sized(150, 600))]

UPLOADS: Final = sized(20, 100)
# As long as it takes for those who look for Redis to have become patient.
ABSENT_SECONDS: Final = sized(20, 90)
DONE_WITHIN_SECONDS: Final = 30


def test_uploads_without_redis_are_done_within_half_a_minute_of_its_start(
    sqlite_store: Store, processes: Processes, redis_server: RedisServer, tell: Tell
) -> None:
    redis_server.kill()
    absent_since = time.monotonic()
    with whole_folio(processes, sqlite_store, redis_server) as folio:
        folio.start_front()
        folio.start_workers()
        processes.reconciler()
        statuses = [folio.ask(f"upload-{number}", f"2.{number}") for number in range(UPLOADS)]
        time.sleep(max(0.0, absent_since + ABSENT_SECONDS - time.monotonic()))
        absent = time.monotonic() - absent_since
        assert set(folio.states()) == {JobState.QUEUED}
        redis_server.start()
        finished = folio.wait_until_finished(4 * DONE_WITHIN_SECONDS)

        accepted = [answer for answer in statuses if answer.status == 202]
        held = assert_whole(sqlite_store, {answer.json["id"] for answer in accepted})
        tell(
            "R3 Redis absent",
            f"absent for {absent:.0f} s: {len(accepted)} of {UPLOADS} uploads answered 202, all done {finished:.1f} s "
            f"after its start ({told_states(folio.states())}; {held.documents} documents equal to undisturbed ones)",
        )
        assert len(accepted) == UPLOADS
        assert set(folio.states()) == {JobState.DONE}
        assert finished <= DONE_WITHIN_SECONDS
