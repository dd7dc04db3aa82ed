"""A database address -> an engine whose transactions are durable and whose failures are `StoreUnavailable`.

SQLite: write-ahead log, every commit synced, writers queue up from their first statement (BEGIN IMMEDIATE) so that none
finds out half-way that another was faster. PostgreSQL: psycopg 3. Nothing outside this package sees a database error.
An attempt to change what is kept is refused by the database itself (`guards.py`) and put on record here.
"""

from __future__ import annotations

import contextlib
import logging
import sqlite3
from collections.abc import Iterator
from typing import Final

from sqlalchemy import URL, Connection, Engine, create_engine, event, func, make_url, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from service.domain.errors import RecordIsKept, StoreFull, StoreUnavailable
from service.store import sqlite, tables
from service.store.audit import AuditStep, Entry, tell
from service.store.guards import MARK

# How long a writer waits for the others before the person is asked to try again.
BUSY_SECONDS: Final = 5

# How long what was sent to PostgreSQL may go without any answer of its machine.
_GONE_AFTER_MS: Final = 10_000

_BUSY_SECONDS: Final = "folio_busy_seconds"

_KEPT: Final = "Lo que Folio guarda no se modifica ni se borra; el intento quedó en el registro de auditoría."
_UNAVAILABLE: Final = "La base de datos no responde en este momento. Intente de nuevo en unos segundos."
_FULL: Final = "No queda espacio en el disco de la base de datos. Avise a quien administra Folio."
_DAMAGED: Final = "La base de datos está dañada: hay que recuperar la última copia de seguridad («folio restore»)."

# PostgreSQL's own name of a full disk.
_DISK_FULL: Final = "53100"

_log = logging.getLogger(__name__)


def make_engine(address: str, *, busy_seconds: float = BUSY_SECONDS) -> Engine:
    """An engine for `sqlite:///…`, `postgresql://…` or `postgres://…`; connects at first use, not now."""
    url = _with_driver(make_url(address))
    if url.get_backend_name() == "sqlite":
        engine = create_engine(
            url.set(drivername=sqlite.DRIVER),
            connect_args={"timeout": busy_seconds},
            # The connection that was used last has its statements and its pages at hand.
            pool_use_lifo=True,
            pool_timeout=busy_seconds,
            hide_parameters=True,
            execution_options={_BUSY_SECONDS: busy_seconds},
        )
        event.listen(engine, "connect", sqlite.open_sqlite)
        return engine
    return create_engine(
        url,
        hide_parameters=True,
        pool_pre_ping=True,
        pool_timeout=busy_seconds,
        connect_args={
            "connect_timeout": 3,
            "options": f"-c lock_timeout={int(busy_seconds * 1000)}",
            # A server whose network is gone is found out in as many seconds, and not after the system's quarter of an
            # hour; while a long statement is under way it answers for itself.
            "tcp_user_timeout": _GONE_AFTER_MS,
            "keepalives_idle": 5,
            "keepalives_interval": 2,
            "keepalives_count": 3,
        },
    )


def _with_driver(url: URL) -> URL:
    if url.drivername in {"postgres", "postgresql"}:
        return url.set(drivername="postgresql+psycopg")
    return url


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
        StoreUnavailable: the database does not answer, or stays locked; StoreFull where it has no room left.
        RecordIsKept: the block would have changed what is kept for good; the attempt is in the audit log.
    """
    with _translated(engine), _begun(engine) as connection:
        yield connection


@contextlib.contextmanager
def _begun(engine: Engine) -> Iterator[Connection]:
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            sqlite.take_turn(connection, connection.get_execution_options()[_BUSY_SECONDS])
        with connection.begin():
            yield connection


@contextlib.contextmanager
def _translated(engine: Engine) -> Iterator[None]:
    # Of what is said past SQLAlchemy, to the driver itself, the driver complains in its own words.
    of_driver = engine.dialect.loaded_dbapi.Error
    try:
        yield
    except (DBAPIError, PoolTimeout, of_driver) as error:
        log = f"{type(error).__name__}: {_first_line(error)}"
        if isinstance(error, DBAPIError) and MARK in str(error.orig):
            _put_on_record(engine, str(error.orig).partition("\n")[0])
            raise RecordIsKept(_KEPT, log=log) from error
        raise _unavailable(error, log) from error


def _unavailable(error: Exception, log: str) -> StoreUnavailable:
    """What keeps the database from answering, where whoever runs it can do something about it."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    sqlite_code = getattr(cause, "sqlite_errorcode", 0) & 0xFF
    if sqlite_code == sqlite3.SQLITE_FULL or getattr(cause, "sqlstate", None) == _DISK_FULL:
        return StoreFull(_FULL, log=log)
    if sqlite_code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
        return StoreUnavailable(_DAMAGED, log=log)
    return StoreUnavailable(_UNAVAILABLE, log=log)


def _first_line(error: Exception) -> str:
    """What the database says, without the statement, its values and the details, for those are of plans and people."""
    said = error.orig if isinstance(error, DBAPIError) else error
    return str(said).partition("\n")[0]


def _put_on_record(engine: Engine, refusal: str) -> None:
    """Log an attempt, in the audit too: its own transaction was rolled back, so that this one stands by itself."""
    _log.error("an attempt to change what is kept was refused: %s", refusal)
    try:
        with _begun(engine) as connection:
            # The database's clock: nobody hands one in with an attempt.
            now = connection.execute(select(func.current_timestamp(type_=tables.Instant))).scalar_one()
            tell(connection, now, "Folio", Entry(AuditStep.ATTEMPT_REFUSED, "", {"refusal": refusal}))
    except (DBAPIError, PoolTimeout, sqlite3.Error):
        _log.exception("the refused attempt could not be put in the audit log")
