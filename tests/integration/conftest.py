"""Real databases and servers as fixtures; what they are stands in servers.py."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from service.settings import PROJECT
from service.store import Store, migrate, open_store
from tests.integration.servers import Processes, RedisServer, postgresql_server

Folio = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def redis_server() -> Iterator[RedisServer]:
    """A server that runs."""
    # A socket's path has at most 107 bytes; pytest's own temporary folders can be longer.
    with tempfile.TemporaryDirectory(prefix="folio-") as folder:
        server = RedisServer(Path(folder))
        server.start()
        try:
            yield server
        finally:
            server.kill()


@pytest.fixture(scope="session")
def postgresql_cluster() -> Iterator[str]:
    """The address of a PostgreSQL server of our own, without its database name."""
    with postgresql_server() as address:
        yield address


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with tables and nothing in them, to copy: quicker than to migrate one for every test."""
    file = tmp_path_factory.mktemp("migrated") / "folio.db"
    migrate(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def migrated_postgresql(postgresql_cluster: str) -> str:
    """The name of such a database on PostgreSQL."""
    with psycopg.connect(f"{postgresql_cluster}/postgres", autocommit=True) as connection:
        connection.execute("CREATE DATABASE migrated")
    migrate(f"{postgresql_cluster}/migrated")
    return "migrated"


@pytest.fixture
def sqlite_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An address where no database is yet; for a test that takes a store of it too, one with tables."""
    if {"store", "sqlite_store"} & set(request.fixturenames):
        shutil.copy(request.getfixturevalue("migrated_sqlite"), tmp_path / "folio.db")
    return f"sqlite:///{tmp_path}/folio.db"


@pytest.fixture
def postgresql_url(request: pytest.FixtureRequest, postgresql_cluster: str) -> Iterator[str]:
    """An empty database of its own; for a test that takes a store of it too, one with tables."""
    name = f"folio_{time.monotonic_ns()}"
    model = request.getfixturevalue("migrated_postgresql") if "store" in request.fixturenames else "template0"
    with psycopg.connect(f"{postgresql_cluster}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {model}")
        yield f"{postgresql_cluster}/{name}"
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Both databases, one after the other."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """An empty store on either database."""
    store = open_store(database_url)
    yield store
    store.close()


@pytest.fixture
def sqlite_store(sqlite_url: str) -> Iterator[Store]:
    """An empty store on SQLite, where the tests that need no other database are quicker."""
    store = open_store(sqlite_url)
    yield store
    store.close()


@pytest.fixture
def processes(sqlite_url: str, redis_server: RedisServer, tmp_path: Path) -> Iterator[Processes]:
    """Starts workers and reconcilers on `sqlite_url` and `redis_server`; none is left after the test."""
    environment = os.environ | {
        "DATABASE_URL": sqlite_url,
        "REDIS_URL": redis_server.url,
        "FOLIO_DATA_DIR": str(tmp_path),
        "REMAP_SIGTERM": "SIGQUIT",
    }
    running = Processes(environment, tmp_path)
    yield running
    running.stop()


@pytest.fixture
def folio(tmp_path: Path) -> Folio:
    """Runs `folio` from a directory that is not the clone, as its users do."""

    def run(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "service.cli", *map(str, arguments)],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(PROJECT), "COLUMNS": "80", **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run
