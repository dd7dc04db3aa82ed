"""The tables -> triggers that refuse to change what was kept, on SQLite and on PostgreSQL.

They hold against every statement of Folio's own account, whatever program sends it. Against the owner of the database
nothing does: the owner can drop a trigger, or on SQLite write into the file itself. `missing` finds a trigger that is
gone, switched off or another one, and `verification` finds what was altered meanwhile, even when the trigger is back.
A migration that makes one of these tables anew on SQLite loses its triggers and has to `protect` it again.

One thing may go: a draft that is not kept any longer, once a row of `swept_drafts` says so (`sweeping`). That row is
refused for what was issued and for what something else was made with, and itself stays for ever.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from sqlalchemy import Connection

# How a refusal is told from every other error of the database.
MARK: Final = "FOLIO-KEPT"

# Each table with the keys that no second row may take: SQLite's INSERT OR REPLACE deletes the first without a trigger.
_KEPT: Final = {
    "blobs": ("sha256",),
    "uploads": ("id",),
    "reports": ("id",),
    "issued": ("report_id", "office_id, year, quarter, version, edition", "code"),
    "documents": ("job_id",),
    "audit": ("seq",),
    "jobs": ("id",),
    "idempotency_keys": ("office_id, key",),
    "office_settings": ("seq",),
    "signed_copies": ("report_id, sha256",),
    "swept_drafts": ("report_id",),
}
TABLES: Final = tuple(_KEPT)

# When a row may go, in terms of `{old}`, the row; of the other tables none ever may.
_OF_SWEPT: Final = "EXISTS (SELECT 1 FROM swept_drafts WHERE swept_drafts.report_id = {old}.%s)"
_MAY_GO: Final = {
    "reports": _OF_SWEPT % "id",
    "jobs": _OF_SWEPT % "report_id",
    "idempotency_keys": _OF_SWEPT % "report_id",
    "documents": (
        "EXISTS (SELECT 1 FROM swept_drafts JOIN jobs ON jobs.report_id = swept_drafts.report_id"
        " WHERE jobs.id = {old}.job_id)"
    ),
    "uploads": "NOT EXISTS (SELECT 1 FROM reports WHERE reports.upload_id = {old}.id)",
    "blobs": " AND ".join(
        f"NOT EXISTS (SELECT 1 FROM {table} WHERE {table}.{column} = {{old}}.sha256)"  # noqa: S608 - our own names
        for table, column in (
            ("uploads", "sha256"),
            ("reports", "reading_sha256"),
            ("documents", "sha256"),
            ("documents", "template_fingerprint"),
            ("signed_copies", "sha256"),
        )
    ),
}

# What may never be called a draft that may go: it was issued, or something else was made with it.
_STAYS: Final = (
    "EXISTS (SELECT 1 FROM issued WHERE issued.report_id = {new}.report_id OR issued.previous_id = {new}.report_id)"
    " OR EXISTS (SELECT 1 FROM jobs WHERE jobs.against_id = {new}.report_id AND jobs.report_id <> {new}.report_id)"
)

# How far a job is may change, never what it is about.
_FIXED: Final = {"jobs": "id, report_id, kind, against_id, is_final, filename, asked_at"}

# A job whose document is kept stays as it is: else the document of an issued report could be made to go out of sight.
_STAYS_DONE: Final = "jobs_stay_done"

_FUNCTION: Final = "folio_refuse"
_RAISE: Final = f"""RAISE EXCEPTION USING
        MESSAGE = '{MARK}: ' || TG_OP || ' of ' || TG_TABLE_NAME || ' is refused: what was kept never changes',
        ERRCODE = 'integrity_constraint_violation';"""
_BODY: Final = f"""
BEGIN
    {_RAISE}
END
"""
# PostgreSQL lets no condition of a trigger look into other tables: the function does, with the words it is given.
_FUNCTION_UNLESS: Final = "folio_refuse_unless"
_BODY_UNLESS: Final = f"""
DECLARE
    row_at_hand record;
    is_fine boolean;
BEGIN
    IF TG_OP = 'DELETE' THEN row_at_hand := OLD; ELSE row_at_hand := NEW; END IF;
    EXECUTE 'SELECT ' || TG_ARGV[0] INTO is_fine USING row_at_hand;
    IF is_fine THEN RETURN row_at_hand; END IF;
    {_RAISE}
END
"""


def protect(connection: Connection, tables: tuple[str, ...] = TABLES) -> None:
    """Make the triggers of these tables, anew where they have some."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(
            f"CREATE OR REPLACE FUNCTION {_FUNCTION}() RETURNS trigger LANGUAGE plpgsql AS $folio${_BODY}$folio$"
        )
        connection.exec_driver_sql(
            f"CREATE OR REPLACE FUNCTION {_FUNCTION_UNLESS}() RETURNS trigger LANGUAGE plpgsql"
            f" AS $folio${_BODY_UNLESS}$folio$"
        )
    for table in tables:
        for name, statement in _triggers(connection)(table):
            of_table = f" ON {table}" if connection.dialect.name == "postgresql" else ""
            connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name}{of_table}")
            connection.exec_driver_sql(statement)


def missing(connection: Connection) -> tuple[str, ...]:
    """The triggers that are not there as `protect` made them, by name."""
    present = _on_postgresql(connection) if connection.dialect.name == "postgresql" else _on_sqlite(connection)
    wanted = (trigger for table in TABLES for trigger in _triggers(connection)(table))
    return tuple(name for name, made in wanted if present.get(name) != made)


def _triggers(connection: Connection) -> Callable[[str], Iterator[tuple[str, str]]]:
    return _for_postgresql if connection.dialect.name == "postgresql" else _for_sqlite


def _for_postgresql(table: str) -> Iterator[tuple[str, str]]:
    # In the words in which PostgreSQL gives it back. For the statement, so that one that finds no row is refused too.
    update = f"UPDATE OF {_FIXED[table]}" if table in _FIXED else "UPDATE"
    name = f"{table}_never_changes"
    when = f"BEFORE {'' if table in _MAY_GO else 'DELETE OR '}{update} OR TRUNCATE ON {table}"
    yield name, f"CREATE TRIGGER {name} {when} FOR EACH STATEMENT EXECUTE FUNCTION {_FUNCTION}()"
    if table in _MAY_GO:
        name, condition = f"{table}_go_when_swept", _MAY_GO[table].format(old="$1")
        each = f"BEFORE DELETE ON {table} FOR EACH ROW"
        yield name, f"CREATE TRIGGER {name} {each} EXECUTE FUNCTION {_FUNCTION_UNLESS}('{condition}')"
    if table == "swept_drafts":
        name, condition = f"{table}_are_drafts", f"NOT ({_STAYS.format(new='$1')})"
        each = f"BEFORE INSERT ON {table} FOR EACH ROW"
        yield name, f"CREATE TRIGGER {name} {each} EXECUTE FUNCTION {_FUNCTION_UNLESS}('{condition}')"
    if table == "jobs":
        done = "FOR EACH ROW WHEN (old.state::text = 'done'::text)"
        yield _STAYS_DONE, f"CREATE TRIGGER {_STAYS_DONE} BEFORE UPDATE ON jobs {done} EXECUTE FUNCTION {_FUNCTION}()"


def _for_sqlite(table: str) -> Iterator[tuple[str, str]]:
    update = f"UPDATE OF {_FIXED[table]}" if table in _FIXED else "UPDATE"
    for name, event in (("update", update), ("delete", "DELETE")):
        stays = f" WHEN NOT ({_MAY_GO[table].format(old='OLD')})" if name == "delete" and table in _MAY_GO else ""
        yield (
            f"{table}_no_{name}",
            (
                f"CREATE TRIGGER {table}_no_{name} BEFORE {event} ON {table}{stays}"
                f" BEGIN {_refusal(name.upper(), table)}; END"
            ),
        )
    if table == "swept_drafts":
        name, condition = f"{table}_are_drafts", _STAYS.format(new="NEW")
        refused = _refusal("INSERT", table)
        yield name, f"CREATE TRIGGER {name} BEFORE INSERT ON {table} WHEN {condition} BEGIN {refused}; END"
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
        " JOIN pg_proc ON pg_proc.oid = tgfoid WHERE tgenabled IN ('O', 'A') AND prosrc IN (%s, %s)"
        " AND tgrelid IN (SELECT oid FROM pg_class WHERE relnamespace = current_schema()::regnamespace)",
        (_BODY, _BODY_UNLESS),
    )
    return {row.tgname: row.sql for row in rows}
