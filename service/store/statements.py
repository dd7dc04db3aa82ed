"""The few statements that SQLite and PostgreSQL say differently, once for the whole store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Table, func, select
from sqlalchemy.dialects import postgresql, sqlite

from service.store import tables


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


def keep_blobs(connection: Connection, contents: Mapping[str, bytes]) -> None:
    """Keep bytes under their SHA-256 (hex); the same bytes are kept once.

    In the order of their hashes, so that two transactions with the same bytes never wait for one another in a ring.
    """
    for sha256, content in sorted(contents.items()):
        insert_if_new(connection, tables.blobs, {"sha256": sha256, "size": len(content), "content": content})
