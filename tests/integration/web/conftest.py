"""The front over real HTTP, with the real store and the real reading room."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from service.sheets.isolated import ReadingRoom
from service.store import Store
from tests.web import Client, serve


@pytest.fixture(scope="module")
def reading_room() -> Iterator[ReadingRoom]:
    room = ReadingRoom()
    yield room
    room.close()


@pytest.fixture
def client(sqlite_store: Store, reading_room: ReadingRoom) -> Iterator[Client]:
    with serve(sqlite_store, reading_room) as client:
        yield client
