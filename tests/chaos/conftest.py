"""Servers to break, a Folio at work on them, and a way to tell what was seen."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.chaos.figures import Figures
from tests.integration.conftest import (  # noqa: F401 - fixtures are found by their names here
    database_url,
    migrated_postgresql,
    migrated_sqlite,
    postgresql_cluster,
    postgresql_url,
    processes,
    redis_server,
    sqlite_store,
    sqlite_url,
    store,
)

Tell = Callable[[str, str], None]


@pytest.fixture
def tell(request: pytest.FixtureRequest) -> Tell:
    """Keep a fault's name and its figures for the end of the run, whatever the test then makes of them."""

    def keep(fault: str, seen: str) -> None:
        request.node.user_properties.append(Figures.told(fault, seen))

    return keep
