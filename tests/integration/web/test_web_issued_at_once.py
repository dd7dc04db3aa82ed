"""Reports of one year issued at the same moment: each is held against those that came before, on both databases."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from service.domain.frame import Frame, Role, Signer
from service.domain.office import OfficeSettings
from service.sheets.isolated import ReadingRoom
from service.store import Store
from tests.integration.samples import issue
from tests.web import Client, example_with, problem_of, serve

# The version before the example's: action 1 had another target.
BEFORE = {"A3": "Versión 1.0", "F6": 3}


class Clock:
    """Tells the time, and does something when it is next looked at."""

    def __init__(self) -> None:
        self.then: Callable[[], object] | None = None

    def __call__(self) -> dt.datetime:
        then, self.then = self.then, None
        if then is not None:
            then()
        return dt.datetime.now(dt.UTC)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def front(store: Store, reading_room: ReadingRoom, clock: Clock) -> Iterator[Client]:
    with serve(store, reading_room, clock=clock) as client:
        yield client


def test_of_two_first_versions_the_second_needs_the_approval_whenever_the_first_came(
    front: Client, store: Store, clock: Clock
) -> None:
    first, second = front.upload(example_with(BEFORE)).json, front.upload().json

    # Another process issues the first once the second was looked at and before it is written.
    clock.then = lambda: issue(store, first["id"], now=dt.datetime.now(dt.UTC))
    problem = problem_of(front.post(f"/api/v1/reports/{second['id']}/issue"), 409)

    assert [error["field"] for error in problem["errors"]] == [
        "approval.instance", "approval.act", "approval.date", "reason",
    ]  # fmt: skip
    assert front.get(f"/api/v1/reports/{second['id']}").json["status"] == "draft"


def test_settings_that_changed_after_they_were_looked_at_are_looked_at_again(
    front: Client, store: Store, clock: Clock
) -> None:
    report = front.upload().json
    nobody = Frame(signers=(Signer(Role.APPROVED, "XXXX", "Director de Ejemplo"),))

    def change() -> None:
        store.keep_office(OfficeSettings(frame=nobody), now=dt.datetime.now(dt.UTC), by="otra persona")

    # The clock is looked at for what the request says, and then again once the settings were seen.
    clock.then = lambda: setattr(clock, "then", change)
    problem = problem_of(front.post(f"/api/v1/reports/{report['id']}/issue"), 409)

    assert [error["field"] for error in problem["errors"]] == ["signers"]
    assert front.get(f"/api/v1/reports/{report['id']}").json["status"] == "draft"


def test_thirty_corrections_issued_at_once_follow_one_another(front: Client) -> None:
    drafts = [front.upload(step="correction" if number else "").json for number in range(30)]

    with ThreadPoolExecutor(30) as threads:
        issued: list[dict[str, Any]] = list(threads.map(front.issued, drafts))

    in_order = sorted(issued, key=lambda report: report["edition"])
    assert [report["edition"] for report in in_order] == list(range(1, 31))
    assert [report["previous"] for report in in_order] == [None, *(report["id"] for report in in_order[:-1])]
    for report in in_order[1:]:
        told = {document["kind"] for document in report["documents"] if document["official"]}
        assert told == {"word", "excel", "pdf", "changes", "redline", "package"}
    assert [report["issued_at"] for report in in_order] == sorted(report["issued_at"] for report in issued)


def test_a_correction_follows_the_edition_that_another_process_issued_just_before(
    front: Client, store: Store, clock: Clock
) -> None:
    first, second = front.upload().json, front.upload(step="correction").json

    clock.then = lambda: issue(store, first["id"], now=dt.datetime.now(dt.UTC))
    issued = front.issued(second)

    assert (issued["edition"], issued["previous"]) == (2, first["id"])
