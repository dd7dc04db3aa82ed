"""A database of any age -> one with the tables of today.

Safe to call from several processes at once: the first does the work in one transaction, the others wait for it.
"""

from __future__ import annotations

import functools
import time
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from service.domain.errors import StoreUnavailable
from service.store.engine import make_engine, writing
from service.store.statements import one_at_a_time

# Longer than any migration should take: whoever comes second waits for the first.
_PATIENCE_SECONDS = 60

_MIGRATIONS = Path(__file__).parent / "migrations"


def migrate(url: str) -> None:
    """Bring the database at `url` up to date; a database that already is stays untouched.

    Raises:
        StoreUnavailable: the database does not answer, or was written by a newer Folio.
    """
    # Its 9 MB only where a database is brought up to date: the front and every process of the worker hold a store.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415
    from alembic.util import CommandError  # noqa: PLC0415

    engine = make_engine(url, busy_seconds=_PATIENCE_SECONDS)
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    try:
        with writing(engine) as connection:
            if engine.dialect.name == "sqlite":
                _prepare_sqlite(connection)
            one_at_a_time(connection, "migration")
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            if engine.dialect.name == "sqlite":
                _check_sqlite(connection)
    except CommandError as error:
        raise StoreUnavailable(
            "La base de datos fue escrita por una versión más nueva de Folio. Actualice Folio para abrirla.",
            log=str(error),
        ) from error
    finally:
        engine.dispose()


@functools.cache
def newest_schema() -> str:
    """The number of the last migration that this Folio has, by the name of its file."""
    return max(file.name[1:5] for file in (_MIGRATIONS / "versions").glob("v*.py"))


def _prepare_sqlite(connection: Connection) -> None:
    # Neither can be changed within a transaction. The journal's mode lasts in the file. A table is changed by making it
    # anew, and the old one cannot be dropped while others refer to its rows.
    connection.exec_driver_sql("COMMIT")
    _use_write_ahead_log(connection)
    connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _use_write_ahead_log(connection: Connection) -> None:
    """SQLite wants the file for itself to change its journal, and answers "locked" at once instead of waiting."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() != "wal":
        try:
            connection.exec_driver_sql("PRAGMA journal_mode = WAL")
        except OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def _check_sqlite(connection: Connection) -> None:
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    if broken:
        raise RuntimeError(f"the migration left rows without the row that they refer to: {broken[:5]}")
