"""R4: the front is killed at every step of accepting an upload, and the client sends it again with the same key."""

from __future__ import annotations

import http.client
import json
import time
from typing import Final

import pytest

from service.domain.reports import JobState
from service.store import Store, migrate, open_store
from tests.chaos.chance import IS_FULL, chance
from tests.chaos.conftest import Tell
from tests.chaos.truth import assert_whole
from tests.chaos.whole_folio import ACCEPTED, WholeFolio, whole_folio
from tests.integration.servers import Processes, RedisServer, wait_until
from tests.web import Answer

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(900)]

FRONT: Final = "tests.chaos.dying_front:app"
# What the front that is killed understands and writes down (dying_front.py, which is the front's alone to import).
DEAREST: Final = ("before COMMIT of the report", "after COMMIT, before the bell", "half of the answer")
WHOLE: Final = "; whole"
PATIENCE_SECONDS: Final = 60


def _steps(folio: WholeFolio) -> list[str]:
    """What accepting an upload goes through, from one that nobody disturbs."""
    folio.ask("undisturbed", "1.0", kinds="word", **{"Dies-At": "0"})
    steps = folio.processes.logs / "steps.json"
    wait_until(steps.exists, seconds=10, what="the steps were written down")
    told: list[str] = json.loads(steps.read_text())
    return told


def _where(steps: list[str], few: int) -> list[str]:
    """The steps to die at: the dearest, and beside them each one, or a few that are drawn."""
    numbers = [str(number) for number in range(1, len(steps) + 1)]
    return [*DEAREST, *(numbers if IS_FULL else chance("steps").sample(numbers, few))]


def _sent_until_answered(folio: WholeFolio, number: int, dies_at: str) -> Answer:
    """What an insistent client gets in the end."""
    headers = {"Dies-At": dies_at}
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return folio.ask(f"dies-at-{number}", f"2.{number}", kinds="word", **headers)
        except (OSError, http.client.HTTPException):
            assert time.monotonic() < deadline, "the front did not come back"
            headers.pop("Dies-At", "")
            # One that died whole right after an answer is missed by the next request only.
            if folio.front is None or folio.front.poll() is not None:
                folio.start_front(FRONT)
            time.sleep(0.1)


def _accepted_once_each(folio: WholeFolio, tell: Tell, database: str, few: int) -> None:
    folio.start_front(FRONT)
    folio.start_workers(1)
    folio.processes.reconciler()
    steps = _steps(folio)
    where, drawn = _where(steps, few), chance("whole")
    report_ids = []
    for number, step in enumerate(where):
        is_whole = drawn.random() < 0.2
        answer = _sent_until_answered(folio, number, step + WHOLE if is_whole else step)
        assert answer.status in ACCEPTED, answer.text
        assert folio.has(answer.json["id"]), f"an answer without a row, after dying at {step}"
        report_ids.append(answer.json["id"])
    folio.wait_until_finished(60)
    kept = {report.id for report in folio.store.reports(10 * len(steps), with_findings=False)}
    held = assert_whole(folio.store, report_ids)
    deaths = (folio.processes.logs / "deaths.txt").read_text("utf-8").splitlines()
    tell(
        f"R4 front killed while it accepts, {database}",
        f"{len(deaths)} times, at {len(set(deaths))} kinds of steps, and asked again with the same key: "
        f"{len(set(report_ids))} reports of {len(where)} uploads, {len(kept) - 1 - len(where)} twice, no answer "
        f"without a row; {held.documents} documents equal to undisturbed ones",
    )
    assert len(set(report_ids)) == len(where) == len(kept) - 1
    assert set(DEAREST) <= set(deaths)
    # One whose process had a connection already goes through fewer steps than were counted.
    assert len(deaths) >= 0.8 * len(where)
    assert set(folio.states()) == {JobState.DONE}


def test_an_upload_becomes_one_report_wherever_the_front_dies_on_sqlite(
    sqlite_store: Store, processes: Processes, redis_server: RedisServer, tell: Tell
) -> None:
    with whole_folio(processes, sqlite_store, redis_server) as folio:
        _accepted_once_each(folio, tell, "SQLite", few=4)


def test_an_upload_becomes_one_report_wherever_the_front_dies_on_postgresql(
    postgresql_url: str, processes: Processes, redis_server: RedisServer, tell: Tell
) -> None:
    migrate(postgresql_url)
    processes.environment["DATABASE_URL"] = postgresql_url
    store = open_store(postgresql_url)
    try:
        with whole_folio(processes, store, redis_server) as folio:
            _accepted_once_each(folio, tell, "PostgreSQL", few=1)
        processes.stop()
    finally:
        store.close()
