"""The tables -> triggers that refuse to change what was kept, on SQLite and on PostgreSQL.

They hold against every statement of Folio's own account, whatever program sends it. Against the owner of the database
nothing does: the owner can drop a trigger, or on SQLite write into the file itself. `missing` finds a trigger that is
gone, switched off or another one, and `verification` finds what was altered meanwhile, even when the trigger is back.
A migration that makes one of these tables anew on SQLite loses its triggers and has to `protect` it again.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sqlalchemy import Connection

# How a refusal is told from every other error of the database.
MARK: Final = "FOLIO-KEPT"

# Each table with the keys that no second row may take: SQLite's INSERT OR REPLACE deletes the first without a trigger.
_KEPT: Final = {
    "blobs": ("sha256",),
    "uploads": ("id",),
    "reports": ("id",),
    "issued": ("report_id", "year, quarter, version, edition"),
    "documents": ("job_id",),
    "audit": ("seq",),
    "jobs": ("id",),
    "idempotency_keys": ("key",),
}
TABLES: Final = tuple(_KEPT)

# How far a job is may change, never what it is about.
_FIXED: Final = {"jobs": "id, report_id, kind, against_id, is_final, filename, asked_at"}

# A job whose document is kept stays as it is: else the document of an issued report could be made to go out of sight.
_STAYS_DONE: Final = "jobs_stay_done"

_FUNCTION: Final = "folio_refuse"
_BODY: Final = f"""
BEGIN
    RAISE EXCEPTION USING
        MESSAGE = '{MARK}: ' || TG_OP || ' of ' || TG_TABLE_NAME || ' is refused: what was kept never changes',
        ERRCODE = 'integrity_constraint_violation';
END
"""


def protect(connection: Connection, tables: tuple[str, ...] = TABLES) -> None:
    """Make the triggers of these tables; they have none yet."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(
            f"CREATE OR REPLACE FUNCTION {_FUNCTION}() RETURNS trigger LANGUAGE plpgsql AS $folio${_BODY}$folio$"
        )
    for statement in _wanted(connection, tables).values():
        connection.exec_driver_sql(statement)


def missing(connection: Connection) -> tuple[str, ...]:
    """The triggers that are not there as `protect` made them, by name."""
    present = _on_postgresql(connection) if connection.dialect.name == "postgresql" else _on_sqlite(connection)
    return tuple(name for name, made in _wanted(connection, TABLES).items() if present.get(name) != made)


def _wanted(connection: Connection, tables: tuple[str, ...]) -> dict[str, str]:
    triggers = _for_postgresql if connection.dialect.name == "postgresql" else _for_sqlite
    return {name: statement for table in tables for name, statement in triggers(table)}


def _for_postgresql(table: str) -> Iterator[tuple[str, str]]:
    # In the words in which PostgreSQL gives it back. For the statement, so that one that finds no row is refused too.
    update = f"UPDATE OF {_FIXED[table]}" if table in _FIXED else "UPDATE"
    name = f"{table}_never_changes"
    when = f"BEFORE DELETE OR {update} OR TRUNCATE ON {table}"
    yield name, f"CREATE TRIGGER {name} {when} FOR EACH STATEMENT EXECUTE FUNCTION {_FUNCTION}()"
    if table == "jobs":
        done = "FOR EACH ROW WHEN (old.state::text = 'done'::text)"
        yield _STAYS_DONE, f"CREATE TRIGGER {_STAYS_DONE} BEFORE UPDATE ON jobs {done} EXECUTE FUNCTION {_FUNCTION}()"


def _for_sqlite(table: str) -> Iterator[tuple[str, str]]:
    update = f"UPDATE OF {_FIXED[table]}" if table in _FIXED else "UPDATE"
    for name, event in (("update", update), ("delete", "DELETE")):
        yield (
            f"{table}_no_{name}",
            f"CREATE TRIGGER {table}_no_{name} BEFORE {event} ON {table} BEGIN {_refusal(name.upper(), table)}; END",
        )
    if table == "jobs":
        done = f"WHEN OLD.state = 'done' BEGIN {_refusal('UPDATE', table)}; END"
        yield _STAYS_DONE, f"CREATE TRIGGER {_STAYS_DONE} BEFORE UPDATE ON jobs {done}"
    same_key = " OR ".join(map(_is_taken, ("rowid", *_KEPT[table])))
    taken = f"SELECT 1 FROM {table} WHERE ({same_key})"  # noqa: S608 the names are this module's own
    refused = f"{_refusal('REPLACE', table)} WHERE EXISTS ({taken})"
    if table == "blobs":
        # The same bytes come again and again and are already kept; other bytes under their hash are an attempt.
        refused = (
            f"{_refusal('REPLACE', table)} WHERE EXISTS ({taken} AND content <> NEW.content);"
            f" SELECT RAISE(IGNORE) WHERE EXISTS ({taken})"
        )
    yield (
        f"{table}_no_replace",
        f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} BEGIN {refused}; END",
    )


def _refusal(event: str, table: str) -> str:
    return f"SELECT RAISE(ABORT, '{MARK}: {event} of {table} is refused: what was kept never changes')"


def _is_taken(key: str) -> str:
    columns = key.split(", ")
    return f"({', '.join(columns)}) = ({', '.join(f'NEW.{column}' for column in columns)})"


def _on_sqlite(connection: Connection) -> dict[str, str]:
    rows = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
    return {row.name: row.sql for row in rows}


def _on_postgresql(connection: Connection) -> dict[str, str]:
    rows = connection.exec_driver_sql(
        "SELECT tgname, pg_get_triggerdef(pg_trigger.oid, true) AS sql FROM pg_trigger"
        " JOIN pg_proc ON pg_proc.oid = tgfoid WHERE tgenabled IN ('O', 'A') AND prosrc = %s"
        " AND tgrelid IN (SELECT oid FROM pg_class WHERE relnamespace = current_schema()::regnamespace)",
        (_BODY,),
    )
    return {row.tgname: row.sql for row in rows}
