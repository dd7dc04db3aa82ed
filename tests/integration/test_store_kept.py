"""What is kept never changes: the database refuses it through our own statements, the ORM and raw SQL alike."""

from __future__ import annotations

import logging
import sqlite3
from contextlib import closing
from string import Template

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, registry

from service.domain.errors import RecordIsKept
from service.store import Store, migrate, open_store
from service.store.engine import make_engine, writing
from service.store.guards import TABLES
from service.store.tables import metadata
from tests.integration.samples import fill, rows_of

# Tables of which no column ever changes; of a job only how far it is.
WHOLE = tuple(table for table in TABLES if table != "jobs")
# Whose rows may go with a draft that is not kept any longer.
MAY_GO = {"reports", "jobs", "idempotency_keys", "documents", "uploads", "blobs"}
# A column of each table that whoever cheats would like to change.
COVETED = {
    "blobs": "content",
    "uploads": "filename",
    "reports": "version",
    "issued": "reason",
    "documents": "sha256",
    "audit": "by",
    "jobs": "filename",
    "idempotency_keys": "request_sha256",
    "office_settings": "content",
    "signed_copies": "verdict",
    "swept_drafts": "by",
}

ON_SQLITE = (
    "UPDATE $table SET $coveted = 'x'",
    "UPDATE OR REPLACE $table SET $coveted = 'x'",
    "UPDATE OR IGNORE $table SET $coveted = 'x'",
    "DELETE FROM $table",
    "INSERT OR REPLACE INTO $table ($columns) SELECT $changed FROM $table",
    "REPLACE INTO $table ($columns) SELECT $changed FROM $table",
    "INSERT INTO $table ($columns) SELECT $changed FROM $table WHERE true ON CONFLICT DO UPDATE SET $coveted = 'x'",
)
# The row goes when another one takes its place in the file, or its number.
BY_ANOTHER_KEY = {
    "issued": (
        "INSERT OR REPLACE INTO issued ($columns) SELECT $with_another_key FROM issued",
        "INSERT OR REPLACE INTO issued (rowid, $columns) SELECT rowid, $with_another_key FROM issued",
    ),
    "blobs": ("INSERT OR REPLACE INTO blobs (rowid, $columns) SELECT rowid, 'other', 1, 'x' FROM blobs",),
    "reports": ("INSERT OR REPLACE INTO reports (rowid, $columns) SELECT rowid, $with_another_key FROM reports",),
    "idempotency_keys": (
        "INSERT OR REPLACE INTO $table (rowid, $columns) SELECT rowid, $with_another_key FROM $table",
    ),
    "signed_copies": (
        "INSERT OR REPLACE INTO signed_copies (rowid, $columns) SELECT rowid, $with_another_key FROM signed_copies",
    ),
    "documents": ("INSERT OR REPLACE INTO documents (rowid, $columns) SELECT rowid, $with_another_key FROM documents",),
}
ON_POSTGRESQL = (
    "UPDATE $table SET $coveted = $coveted",
    "UPDATE $table SET $coveted = $coveted WHERE false",
    "DELETE FROM $table",
    "DELETE FROM $table WHERE false",
    "TRUNCATE $table CASCADE",
    "INSERT INTO $table SELECT * FROM $table ON CONFLICT ($key) DO UPDATE SET $coveted = EXCLUDED.$coveted",
    "WITH gone AS (DELETE FROM $table RETURNING *) SELECT count(*) FROM gone",
)


def words_for(table: str) -> dict[str, str]:
    columns = [column.name for column in metadata.tables[table].columns]
    quoted = [f'"{column}"' for column in columns]
    changed = ["'x'" if column == COVETED[table] else f'"{column}"' for column in columns]
    return {
        "table": table,
        "coveted": f'"{COVETED[table]}"',
        "columns": ", ".join(quoted),
        "changed": ", ".join(changed),
        "with_another_key": ", ".join(["'other'", *quoted[1:]]),
        "key": ", ".join(column.name for column in metadata.tables[table].primary_key),
    }


@pytest.mark.parametrize("table", TABLES)
def test_no_statement_of_ours_changes_what_is_kept_and_the_attempt_is_on_record(
    store: Store, database_url: str, table: str, caplog: pytest.LogCaptureFixture
) -> None:
    fill(store)
    before, entries = rows_of(database_url, table), len(rows_of(database_url, "audit"))
    wanted = metadata.tables[table]
    engine = make_engine(database_url)

    for attempt in (sa.update(wanted).values({COVETED[table]: wanted.c[COVETED[table]]}), sa.delete(wanted)):
        with caplog.at_level(logging.ERROR), pytest.raises(RecordIsKept) as refusal, writing(engine) as connection:
            connection.execute(attempt)
        assert "no se modifica ni se borra" in refusal.value.detail
        assert not refusal.value.is_transient

    engine.dispose()
    assert rows_of(database_url, table)[: len(before)] == before
    told = rows_of(database_url, "audit")[entries:]
    assert [row[3] for row in told] == ["attempt_refused"] * 2
    assert all(f"of {table} is refused" in row[5] for row in told)
    assert caplog.text.count(f"was refused: FOLIO-KEPT: UPDATE of {table} is refused") == 1
    assert caplog.text.count(f"was refused: FOLIO-KEPT: DELETE of {table} is refused") == 1
    assert store.verify_audit().is_sound


@pytest.mark.parametrize("table", WHOLE)
def test_the_orm_changes_nothing_that_is_kept(store: Store, database_url: str, table: str) -> None:
    fill(store)
    before = rows_of(database_url, table)
    mapped = type("Mapped", (), {})
    registry().map_imperatively(mapped, metadata.tables[table])
    engine = make_engine(database_url)

    def alter(session: Session) -> None:
        kept = session.scalars(sa.select(mapped)).first()
        # Bytes stay bytes, texts stay texts, and each becomes another.
        setattr(kept, COVETED[table], getattr(kept, COVETED[table])[::-1] or "x")
        session.flush()

    def delete(session: Session) -> None:
        session.delete(session.scalars(sa.select(mapped)).first())
        session.flush()

    for change in (alter, delete):
        with pytest.raises(RecordIsKept), writing(engine) as connection, Session(connection) as session:
            change(session)

    engine.dispose()
    assert rows_of(database_url, table)[: len(before)] == before


@pytest.mark.parametrize("table", TABLES)
def test_raw_sql_on_sqlite_is_refused_in_whatever_words(sqlite_store: Store, sqlite_url: str, table: str) -> None:
    fill(sqlite_store)
    before = rows_of(sqlite_url, table)

    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as connection:
        for statement in (*ON_SQLITE, *BY_ANOTHER_KEY.get(table, ())):
            with pytest.raises(sqlite3.IntegrityError, match="FOLIO-KEPT"):
                connection.execute(Template(statement).substitute(words_for(table)))
            connection.rollback()

    assert rows_of(sqlite_url, table) == before


@pytest.mark.parametrize("table", TABLES)
def test_raw_sql_on_postgresql_is_refused_in_whatever_words(postgresql_url: str, table: str) -> None:
    migrate(postgresql_url)
    with closing(open_store(postgresql_url)) as store:
        fill(store)
    before = rows_of(postgresql_url, table)

    with psycopg.connect(postgresql_url, autocommit=True) as connection:
        for statement in ON_POSTGRESQL:
            if statement.startswith("DELETE") and statement.endswith("false") and table in MAY_GO:
                # Row by row it is asked whether one may go, and here there is none.
                continue
            attempt = Template(statement).substitute(words_for(table))
            with pytest.raises(psycopg.errors.IntegrityConstraintViolation, match="FOLIO-KEPT"):
                connection.execute(attempt.encode())

    assert rows_of(postgresql_url, table) == before


@pytest.mark.parametrize("change", ["state = 'failed'", "state = 'queued', attempts = 0", "problem = 'x'"])
def test_a_job_whose_document_is_kept_stays_as_it_is(store: Store, database_url: str, change: str) -> None:
    fill(store)
    before = rows_of(database_url, "jobs")
    engine = make_engine(database_url)

    with pytest.raises(RecordIsKept), writing(engine) as connection:
        connection.exec_driver_sql(f"UPDATE jobs SET {change} WHERE state = 'done'")  # noqa: S608 - our own words

    engine.dispose()
    assert rows_of(database_url, "jobs") == before
    assert "done" in {cell for row in before for cell in row}
