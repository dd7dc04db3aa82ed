"""A database address -> an engine whose transactions are durable and whose failures are `StoreUnavailable`.

SQLite: write-ahead log, every commit synced, writers queue up from their first statement (BEGIN IMMEDIATE) so that none
finds out half-way that another was faster. PostgreSQL: psycopg 3. Nothing outside this package sees a database error.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, Table, create_engine, event, func, make_url, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import ConnectionPoolEntry

from service.domain.errors import StoreUnavailable

# How long a writer waits for the others before the person is asked to try again.
BUSY_SECONDS: Final = 5

_BEGIN: Final = "folio_begin"


def make_engine(address: str, *, busy_seconds: float = BUSY_SECONDS) -> Engine:
    """An engine for `sqlite:///…`, `postgresql://…` or `postgres://…`; connects at first use, not now."""
    url = _with_driver(make_url(address))
    if url.get_backend_name() == "sqlite":
        engine = create_engine(url, connect_args={"timeout": busy_seconds}, pool_timeout=busy_seconds)
        event.listen(engine, "connect", _open_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    return create_engine(
        url,
        pool_pre_ping=True,
        pool_timeout=busy_seconds,
        connect_args={"connect_timeout": 3, "options": f"-c lock_timeout={int(busy_seconds * 1000)}"},
    )


def _with_driver(url: URL) -> URL:
    if url.drivername in {"postgres", "postgresql"}:
        return url.set(drivername="postgresql+psycopg")
    return url


def _open_sqlite(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    # Python's driver would open transactions by its own rules; `_begin_sqlite` does it by ours.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get(_BEGIN, "BEGIN"))


@contextlib.contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A transaction that only reads: one moment of the database.

    Raises:
        StoreUnavailable: the database does not answer.
    """
    with _translated(), engine.connect() as connection:
        yield connection


@contextlib.contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that writes: committed and synced when the block ends, rolled back when it raises.

    Raises:
        StoreUnavailable: the database does not answer, or stays locked.
    """
    with _translated(), engine.execution_options(**{_BEGIN: "BEGIN IMMEDIATE"}).begin() as connection:
        yield connection


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (DBAPIError, PoolTimeout) as error:
        raise StoreUnavailable(
            "La base de datos no responde en este momento. Intente de nuevo en unos segundos.",
            log=f"{type(error).__name__}: {error}",
        ) from error


def one_at_a_time(connection: Connection, name: str) -> None:
    """Wait until no other transaction holds `name`; held until this one ends. SQLite has one writer anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))


def insert_if_new(connection: Connection, table: Table, values: Mapping[str, Any]) -> bool:
    """Insert the row unless its key is taken; whether it was inserted.

    When another transaction is just inserting the same key, this one waits to see it committed.
    """
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    attempt = insert(table).values(values).on_conflict_do_nothing().returning(*table.primary_key)
    return connection.execute(attempt).one_or_none() is not None
