"""Large uploads: they wait for one another, are kept byte for byte, and let the next in whatever becomes of them."""

from __future__ import annotations

import os
import threading
import zipfile
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import pytest
from flask import Flask

from service.settings import EXAMPLE
from service.sheets.isolated import ReadingRoom
from service.store import Store
from service.web import turns
from tests.web import Client, serve


def example_of(size: int) -> bytes:
    """The example with a picture of so many bytes in it."""
    package = BytesIO(EXAMPLE.read_bytes())
    with zipfile.ZipFile(package, "a") as example:
        example.writestr("xl/media/image1.png", os.urandom(size))
    return package.getvalue()


def test_a_large_workbook_is_kept_byte_for_byte_and_only_once(client: Client, sqlite_store: Store) -> None:
    large = example_of(3 * 1024 * 1024 + 1)
    first, second = (client.upload(large, version=version).json["id"] for version in ("7.0", "8.0"))

    for report_id in (first, second):
        kept = sqlite_store.upload(report_id)
        assert kept is not None
        assert kept.content == large
    assert sqlite_store.verify_audit().is_sound


def test_whatever_becomes_of_a_large_upload_the_next_has_its_turn(client: Client) -> None:
    junk, large = os.urandom(turns.LARGE_BYTES + 1), example_of(turns.LARGE_BYTES)
    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(client.upload, [junk, large, junk, large, junk, large]))

    assert [answer.status for answer in answers][::2] == [415] * 3
    assert {answer.status for answer in answers[1::2]} <= {200, 202}


def test_only_one_large_upload_is_worked_on_at_a_time(
    sqlite_store: Store, reading_room: ReadingRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_work: list[int] = []
    read = ReadingRoom.read

    def reading(*said: object) -> object:
        at_work.append(app_turns()._value)
        return read(*said)  # type: ignore[arg-type]  # as they were handed in

    apps: list[Flask] = []

    def app_turns() -> threading.Semaphore:
        found: threading.Semaphore = apps[0].extensions["folio-turns"]
        return found

    monkeypatch.setattr(ReadingRoom, "read", reading)
    with serve(sqlite_store, reading_room, look=apps.append) as client:
        assert client.upload().status == 202
        assert client.upload(example_of(turns.LARGE_BYTES), version="9.0").status == 202

    assert at_work == [1, 0], "a small upload leaves the turn to others, a large one has it"
