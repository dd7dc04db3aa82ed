"""What somebody does who gets past Folio and its guards: with the database's own tools, as its owner."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import psycopg


def behind_folios_back(url: str, *statements: str) -> None:
    """As the database's owner, with the database's own tools; on SQLite nothing checks the foreign keys then."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
            for statement in statements:
                connection.execute(statement)
            connection.commit()
        return
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute("SET session_replication_role = replica")
        for statement in statements:
            owner.execute(statement)


def altered(url: str, table: str, *statements: str) -> None:
    """Drop the guards of a table, alter it, and put the guards back as they were."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
            triggers = connection.execute(
                "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?", (table,)
            ).fetchall()
        gone = [f"DROP TRIGGER {name}" for name, _ in triggers]
        behind_folios_back(url, *gone, *statements, *(sql for _, sql in triggers))
    else:
        behind_folios_back(
            url, f"ALTER TABLE {table} DISABLE TRIGGER USER", *statements, f"ALTER TABLE {table} ENABLE TRIGGER USER"
        )
