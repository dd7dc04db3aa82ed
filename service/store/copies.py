"""A database in use -> one file that holds all of it as it was at one moment; such a file -> a database.

SQLite is copied by its own backup, which holds up neither readers nor writers; PostgreSQL by its own programs, which
come with its client. The file is made in a folder of the caller's and is whole when the call returns.
"""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from sqlalchemy import URL, inspect, make_url
from sqlalchemy.exc import SQLAlchemyError

from service.store.engine import make_engine

# What the file of each kind of database is called.
COPY_NAMES: Final = {"sqlite": "folio.db", "postgresql": "folio.dump"}

_PACKAGE: Final = "postgresql-client"


class CannotCopy(Exception):
    """The database cannot be copied, or made of a copy; the message is for a person."""


def database_kind(url: str) -> str:
    """Which of `COPY_NAMES` the database is."""
    return "sqlite" if make_url(url).get_backend_name() == "sqlite" else "postgresql"


def database_file(url: str) -> Path | None:
    """Where an SQLite database is; None for any other."""
    database = make_url(url).database
    return Path(database).absolute() if database_kind(url) == "sqlite" and database else None


def copy_database(url: str, folder: Path, environment: Mapping[str, str]) -> Path:
    """Copy the database into the folder, as it is at one moment while others go on using it; the new file.

    Args:
        url: the database.
        folder: where nobody else writes.
        environment: for PostgreSQL's program.

    Raises:
        CannotCopy: there is no such database, or it does not answer, or PostgreSQL's program is missing or fails.
        OSError: the file cannot be written.
    """
    target = folder / COPY_NAMES[database_kind(url)]
    source = database_file(url)
    if source is None:
        # Not compressed: the whole is, and twice is for nothing.
        options = ("--format=custom", "--compress=0", "--no-owner", "--no-privileges", f"--file={target}")
        _run("pg_dump", url, options, environment)
    elif not source.exists():
        raise CannotCopy(f"No hay ninguna base de datos en {source}: la hace «folio serve».")
    else:
        _copy_sqlite(source, target)
    return target


def restore_database(url: str, copy: Path, environment: Mapping[str, str]) -> None:
    """Make an empty PostgreSQL database what a copy holds, all of it or nothing.

    Raises:
        CannotCopy: the database does not answer or is not empty, or PostgreSQL's program is missing or fails.
    """
    if tables := _tables_in(url):
        raise CannotCopy(
            f"La base de datos que nombra DATABASE_URL ya tiene {len(tables)} tablas, y nada se cambió: cree una vacía."
        )
    options = ("--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error", str(copy))
    _run("pg_restore", url, options, environment)


def _copy_sqlite(source: Path, target: Path) -> None:
    try:
        with (
            contextlib.closing(sqlite3.connect(source)) as original,
            contextlib.closing(sqlite3.connect(target)) as copy,
        ):
            # All at once, as one reader among others: in pieces it would begin anew whenever somebody writes.
            original.backup(copy, pages=-1)
    except sqlite3.Error as problem:
        if getattr(problem, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_FULL:
            raise CannotCopy("No queda espacio en el disco para la copia.") from problem
        raise CannotCopy(f"No se pudo copiar la base de datos {source}: {problem}.") from problem


def _tables_in(url: str) -> list[str]:
    engine = make_engine(url)
    try:
        return inspect(engine).get_table_names()
    except SQLAlchemyError as problem:
        raise CannotCopy("La base de datos que nombra DATABASE_URL no responde.") from problem
    finally:
        engine.dispose()


def _run(program: str, url: str, options: tuple[str, ...], environment: Mapping[str, str]) -> None:
    found = _found(program)
    if found is None:
        raise CannotCopy(
            f"Para copiar PostgreSQL hace falta su programa {program}, y en este equipo no está: instale {_PACKAGE}."
        )
    address = make_url(url)
    # Whoever lists the processes of this machine sees their arguments, and ought not to see a password.
    secret = {"PGPASSWORD": str(address.password)} if address.password else {}
    ran = subprocess.run(
        [found, f"--dbname={_plain(address)}", *options],
        env={**environment, **secret},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode:
        said = ran.stderr.strip().splitlines()
        raise CannotCopy(f"{program} no pudo con la base de datos: {said[-1] if said else 'no dijo por qué'}")


def _found(program: str) -> str | None:
    """The newest there is: it knows every older server, and an older one not every newer."""
    of_versions = [path for path in Path("/usr/lib/postgresql").glob(f"*/bin/{program}") if path.parts[4].isdigit()]
    newest = max(of_versions, key=lambda path: int(path.parts[4]), default=None)
    return str(newest) if newest else shutil.which(program)


def _plain(address: URL) -> str:
    # `set` takes a None for "as it is", and the password would stand in the list of processes.
    return address._replace(drivername="postgresql", password=None).render_as_string(hide_password=False)
