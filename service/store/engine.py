"""A database address -> an engine whose transactions are durable and whose failures are `StoreUnavailable`.

SQLite: write-ahead log, every commit synced, writers queue up from their first statement (BEGIN IMMEDIATE) so that none
finds out half-way that another was faster. PostgreSQL: psycopg 3. Nothing outside this package sees a database error.
An attempt to change what is kept is refused by the database itself (`guards.py`) and put on record here.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from typing import Final

from sqlalchemy import URL, Connection, Engine, create_engine, event, func, make_url, select
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import ConnectionPoolEntry

from service.domain.errors import RecordIsKept, StoreUnavailable
from service.store import tables
from service.store.audit import AuditStep, Entry, tell
from service.store.guards import MARK

# How long a writer waits for the others before the person is asked to try again.
BUSY_SECONDS: Final = 5

_BEGIN: Final = "folio_begin"

_KEPT: Final = "Lo que Folio guarda no se modifica ni se borra; el intento quedó en el registro de auditoría."
_UNAVAILABLE: Final = "La base de datos no responde en este momento. Intente de nuevo en unos segundos."

_log = logging.getLogger(__name__)


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
    """A transaction that only reads.

    Raises:
        StoreUnavailable: the database does not answer.
    """
    with _translated(engine), engine.connect() as connection:
        yield connection


@contextlib.contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that writes: committed and synced when the block ends, rolled back when it raises.

    Raises:
        StoreUnavailable: the database does not answer, or stays locked.
        RecordIsKept: the block would have changed what is kept for good; the attempt is in the audit log.
    """
    with _translated(engine), engine.execution_options(**{_BEGIN: "BEGIN IMMEDIATE"}).begin() as connection:
        yield connection


@contextlib.contextmanager
def _translated(engine: Engine) -> Iterator[None]:
    try:
        yield
    except (DBAPIError, PoolTimeout) as error:
        log = f"{type(error).__name__}: {error}"
        if isinstance(error, DBAPIError) and MARK in str(error.orig):
            _put_on_record(engine, str(error.orig).partition("\n")[0])
            raise RecordIsKept(_KEPT, log=log) from error
        raise StoreUnavailable(_UNAVAILABLE, log=log) from error


def _put_on_record(engine: Engine, refusal: str) -> None:
    """Log an attempt, in the audit too: its own transaction was rolled back, so that this one stands by itself."""
    _log.error("an attempt to change what is kept was refused: %s", refusal)
    try:
        with engine.execution_options(**{_BEGIN: "BEGIN IMMEDIATE"}).begin() as connection:
            # The database's clock: nobody hands one in with an attempt.
            now = connection.execute(select(func.current_timestamp(type_=tables.Instant))).scalar_one()
            tell(connection, now, "Folio", Entry(AuditStep.ATTEMPT_REFUSED, "", {"refusal": refusal}))
    except (DBAPIError, PoolTimeout):
        _log.exception("the refused attempt could not be put in the audit log")
