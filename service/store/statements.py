"""The few statements that SQLite and PostgreSQL say differently, once for the whole store."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from sqlalchemy import Connection, Executable, Table, and_, bindparam, exists, func, select, text
from sqlalchemy.dialects import postgresql, sqlite

from service.store import tables

# What is longer is handed to the database in pieces of this size (`_keep_in_pieces`).
LARGE_BYTES: Final = 1024 * 1024

_KNOWN: Final = select(tables.blobs.c.sha256).where(tables.blobs.c.sha256 == bindparam("hash"))
_MAKE_ROOM: Final = text(
    "INSERT INTO blobs (sha256, size, content) VALUES (:hash, :length, zeroblob(:length)) RETURNING rowid"
)
# PostgreSQL's binary COPY of one row: its mark, flags and extension; three values, each after its length; its end.
_COPY: Final = "COPY blobs (sha256, size, content) FROM STDIN (FORMAT BINARY)"
_COPY_MARK: Final = b"PGCOPY\n\xff\r\n\0"
_COPY_HEAD: Final = struct.Struct(">11sIIHI64sIQI")
_COPY_END: Final = b"\xff\xff"


def one_at_a_time(connection: Connection, name: str) -> None:
    """Wait until no other transaction holds `name`; held until this one ends. SQLite has one writer anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))


def insert_if_new(connection: Connection, table: Table, values: Mapping[str, Any]) -> bool:
    """Insert the row unless its key is taken; whether it was inserted. `values` are of all its columns.

    When another transaction is just inserting the same key, this one waits to see it committed.
    """
    return connection.execute(_insert_if_new(connection.dialect.name, table), values).one_or_none() is not None


def keep_blobs(connection: Connection, contents: Mapping[str, bytes]) -> None:
    """Keep bytes under their SHA-256 (hex); the same bytes are kept once.

    In the order of their hashes, the large ones first, so that two transactions with the same bytes never wait for one
    another in a ring.
    """
    in_order = sorted(contents.items())
    for sha256, content in in_order:
        if len(content) > LARGE_BYTES:
            _keep_in_pieces(connection, sha256, content)
    rows = [
        {"sha256": sha256, "size": len(content), "content": content}
        for sha256, content in in_order
        if len(content) <= LARGE_BYTES
    ]
    if rows:
        connection.execute(_keep_new(connection.dialect.name, tables.blobs), rows)


def _keep_in_pieces(connection: Connection, sha256: str, content: bytes) -> None:
    """Keep large bytes without the copies of them that are made of what is handed over whole.

    SQLite makes two for as long as it takes; of PostgreSQL's library each connection keeps one to its end.
    """
    one_at_a_time(connection, sha256)
    if connection.execute(_KNOWN, {"hash": sha256}).one_or_none() is not None:
        return
    whole = memoryview(content)
    pieces = (whole[start : start + LARGE_BYTES] for start in range(0, len(content), LARGE_BYTES))
    driver: Any = connection.connection.driver_connection
    if connection.dialect.name == "postgresql":
        name = sha256.encode()
        with driver.cursor() as cursor, cursor.copy(_COPY) as copy:
            copy.write(_COPY_HEAD.pack(_COPY_MARK, 0, 0, 3, len(name), name, 8, len(content), len(content)))
            for piece in pieces:
                copy.write(piece)
            copy.write(_COPY_END)
        return
    place: int = connection.execute(_MAKE_ROOM, {"hash": sha256, "length": len(content)}).scalar_one()
    with driver.blobopen("blobs", "content", place) as blob:
        for piece in pieces:
            blob.write(piece)


@cache
def _keep_new(dialect: str, table: Table) -> postgresql.Insert | sqlite.Insert:
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    return insert(table).on_conflict_do_nothing()


@cache
def _insert_if_new(dialect: str, table: Table) -> Executable:
    key = and_(*(column == bindparam(column.key) for column in table.primary_key))
    # Looked for as well, because SQLite's guard refuses a second row before anything sees that its key is taken.
    row = select(*(bindparam(column.key, type_=column.type) for column in table.c)).where(~exists().where(key))
    return _keep_new(dialect, table).from_select(list(table.c), row).returning(*table.primary_key)
