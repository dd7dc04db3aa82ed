"""SQLite as Folio uses it: every commit synced, transactions that begin when they are said to, writers one by one.

A dialect and no listeners: one listener of an engine makes every statement half as dear again.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import Connection
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor, ExecutionContext
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

DRIVER: Final = "sqlite+folio"

# Characters or bytes of one value; a connection that was given more is not used again.
_LARGE: Final = 256 * 1024

# Seconds between two tries at the turn to write: SQLite's own are 1, 2, 5, 10, 15, 20, 25 ms and so on, and a writer is
# done in two or three.
_FIRST_TRY: Final = 0.0003
_LONGEST_TRY: Final = 0.005


class DurableSQLite(SQLiteDialect_pysqlite):
    """Python's own driver, with our transactions instead of its."""

    supports_statement_cache = True

    def do_begin(self, dbapi_connection: PoolProxiedConnection) -> None:
        """Begin to read, unless `take_turn` has begun to write."""
        driver: Any = dbapi_connection.driver_connection
        if not driver.in_transaction:
            driver.execute("BEGIN")

    def do_execute(
        self, cursor: DBAPICursor, statement: str, parameters: Any, context: ExecutionContext | None = None
    ) -> None:
        """Execute it; its connection is not kept when it was given something large."""
        _keep_nothing_large((parameters,), context)
        cursor.execute(statement, parameters)

    def do_executemany(
        self, cursor: DBAPICursor, statement: str, parameters: Any, context: ExecutionContext | None = None
    ) -> None:
        """The same for many rows."""
        _keep_nothing_large(parameters, context)
        cursor.executemany(statement, parameters)


registry.register("sqlite.folio", __name__, DurableSQLite.__name__)


def open_sqlite(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    """Make a new connection durable, and its transactions ours."""
    # Python's driver would open transactions by its own rules.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def take_turn(connection: Connection, busy_seconds: float) -> None:
    """Begin to write as soon as nobody else does.

    Raises:
        sqlite3.OperationalError: others wrote for longer than that, or the database does not answer.
    """
    driver: Any = connection.connection.driver_connection
    until, pause = time.monotonic() + busy_seconds, _FIRST_TRY
    driver.execute("PRAGMA busy_timeout = 0")
    try:
        while True:
            try:
                driver.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                    raise
                time.sleep(pause)
                pause = min(1.5 * pause, _LONGEST_TRY)
            else:
                return
    finally:
        driver.execute(f"PRAGMA busy_timeout = {int(1000 * busy_seconds)}")


def _keep_nothing_large(rows: Iterable[Sequence[Any]], context: ExecutionContext | None) -> None:
    """A statement stays ready for its next use with what it was last given: let go of what is large with all of it."""
    for row in rows:
        for value in row:
            if isinstance(value, str | bytes | memoryview) and len(value) > _LARGE and context is not None:
                context.root_connection.detach()
                return
