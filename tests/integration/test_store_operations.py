"""What an operator sees and sweeps, on both databases: old drafts go with all their contents, and nothing else."""

from __future__ import annotations

import datetime as dt
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from service.domain.errors import RecordIsKept, StoreUnavailable
from service.domain.reports import DocumentKind, JobState
from service.domain.took import Took
from service.store import Store, new_id, open_store
from service.store.engine import make_engine, writing
from tests.integration.samples import (
    NOON,
    a_document,
    append,
    finish,
    issue,
    issued,
    keep_signed,
    rows_of,
    sweep,
)

LATER = NOON + dt.timedelta(days=30)
TABLES = ("reports", "uploads", "jobs", "documents", "blobs", "idempotency_keys", "issued", "signed_copies")


def in_all(url: str) -> dict[str, list[tuple[object, ...]]]:
    return {table: rows_of(url, table) for table in TABLES}


def with_document(store: Store, content: bytes, kinds: tuple[DocumentKind, ...] = (DocumentKind.WORD,)) -> str:
    """A draft whose Word is written; its report's id."""
    draft = append(store, content=content, kinds=kinds, key=f"key-{content.decode()}")
    finish(store, draft.job_ids[0], content + b" as Word")
    return draft.report.id


def test_an_old_draft_goes_with_all_that_was_its_own_and_the_log_still_holds(store: Store, database_url: str) -> None:
    kept = issued(store)
    finish(store, f"{kept.id}.word.final")
    before = in_all(database_url)
    draft = with_document(store, b"an old draft")

    assert [each.report_id for each in store.stale_drafts(LATER)] == [draft]
    assert sweep(store, draft)

    assert in_all(database_url) == before
    assert store.report(draft) is None
    assert store.upload(draft) is None
    assert rows_of(database_url, "swept_drafts")[0][0] == draft
    told = rows_of(database_url, "audit")[-1]
    assert told[3:5] == ("draft_swept", draft)
    assert store.verify_audit().is_sound


def test_bytes_that_another_report_has_too_stay(store: Store, database_url: str) -> None:
    twin, draft = with_document(store, b"the same"), None
    again = append(store, content=b"the same", kinds=(DocumentKind.WORD,))
    finish(store, again.job_ids[0], b"the same as Word")
    draft = again.report.id

    assert sweep(store, draft)

    found = store.upload(twin)
    assert found
    assert found.content == b"the same"
    document = store.document(twin, DocumentKind.WORD)
    assert document
    assert document[1] == b"the same as Word"
    assert len(rows_of(database_url, "swept_drafts")) == 1
    assert store.verify_audit().is_sound


def test_nothing_goes_that_was_issued_or_used_or_is_new_or_under_way(store: Store, database_url: str) -> None:
    first = issued(store)
    second = issue(store, append(store, content=b"second").report.id, previous=first.id).report
    keep_signed(store, second.id)
    compared = with_document(store, b"compared with")
    store.request_documents(second.id, [DocumentKind.REDLINE], compared, now=NOON, by="Planeación")
    unfinished = append(store, content=b"under way").report.id
    old = with_document(store, b"old")

    assert [each.report_id for each in store.stale_drafts(LATER)] == [old]
    assert store.stale_drafts(NOON) == ()
    before = in_all(database_url)
    for report_id in (first.id, second.id, compared, unfinished):
        stale = store.stale_drafts(LATER)[0]
        forged = type(stale)(report_id, stale.office_id, stale.year, stale.quarter, stale.version, stale.created_at)
        assert not store.sweep_draft(forged, LATER, now=LATER, by="Planeación")
    assert in_all(database_url) == before


@pytest.mark.parametrize("which", ["issued", "previous", "compared"])
def test_the_database_itself_calls_nothing_a_draft_that_may_go_but_a_draft(
    store: Store, database_url: str, which: str
) -> None:
    first = issued(store)
    second = issue(store, append(store, content=b"second").report.id, previous=first.id).report
    compared = with_document(store, b"compared with")
    store.request_documents(second.id, [DocumentKind.REDLINE], compared, now=NOON, by="Planeación")
    report_id = {"issued": second.id, "previous": first.id, "compared": compared}[which]
    engine = make_engine(database_url)

    with pytest.raises(RecordIsKept), writing(engine) as connection:
        connection.execute(
            sa.text("INSERT INTO swept_drafts (report_id, at, by) VALUES (:id, :at, 'x')"),
            {"id": report_id, "at": "2024-10-07 12:00:00+00:00"},
        )
    engine.dispose()


def test_a_draft_removed_past_folio_is_found_out(store: Store, database_url: str) -> None:
    draft = with_document(store, b"a draft")
    engine = make_engine(database_url)
    with engine.begin() as connection:
        for statement in (
            "INSERT INTO swept_drafts (report_id, at, by) VALUES (:id, '2024-10-07 12:00:00+00:00', 'x')",
            "DELETE FROM documents WHERE job_id LIKE :id || '%'",
            "DELETE FROM jobs WHERE report_id = :id",
            "DELETE FROM idempotency_keys WHERE report_id = :id",
            "DELETE FROM reports WHERE id = :id",
        ):
            connection.execute(sa.text(statement), {"id": draft})
    engine.dispose()

    broken = [link.problem for link in store.verify_audit().broken]
    assert any("que se retirara el borrador" in reason for reason in broken)
    assert any(f"Ya no está la carga del informe «{draft}»" in reason for reason in broken)


def test_a_job_keeps_how_long_it_waited_and_what_it_took(store: Store) -> None:
    appended = append(store, kinds=(DocumentKind.WORD, DocumentKind.EXCEL))
    word, excel = appended.job_ids
    taken = NOON + dt.timedelta(seconds=3)
    claim = store.claim(word, new_id(), taken, dt.timedelta(minutes=1))
    assert claim
    took = Took(write=0.25, convert=1.5, prove=0.125, office_starts=1)
    assert store.finish(claim, a_document(), taken + dt.timedelta(seconds=2), took)

    [job] = store.finished_since(NOON)
    assert (job.id, job.state, job.attempts, job.claimed_at, job.took, job.size) == (
        *(word, JobState.DONE, 1, taken, took),
        len(b"a document"),
    )
    [upload] = store.kept_since(NOON - dt.timedelta(seconds=1))
    assert (upload.report_id, upload.size) == (appended.report.id, len(b"a workbook"))
    queue = store.queue_state(taken)
    assert queue.counts == {(DocumentKind.EXCEL, JobState.QUEUED): 1}
    assert queue.waiting_since == NOON
    assert [each.id for each in store.jobs([JobState.QUEUED])] == [excel]


def test_a_job_that_is_tried_again_waited_until_its_first_try(store: Store) -> None:
    job_id = append(store, kinds=(DocumentKind.WORD,)).job_ids[0]
    for minute in (1, 2):
        at = NOON + dt.timedelta(minutes=minute)
        assert store.claim(job_id, new_id(), at, dt.timedelta(seconds=30))
    claim = store.claim(job_id, new_id(), NOON + dt.timedelta(minutes=3), dt.timedelta(seconds=30))
    assert claim
    assert store.finish(claim, a_document(), NOON + dt.timedelta(minutes=4))

    [job] = store.finished_since(NOON)
    assert (job.attempts, job.claimed_at) == (3, NOON + dt.timedelta(minutes=1))


def test_programs_are_known_by_what_they_do_and_where_and_forgotten_after_a_day(store: Store) -> None:
    store.beat("worker", "one", NOON)
    store.beat("worker", "two", NOON)
    store.beat("worker", "one", NOON + dt.timedelta(hours=23))
    assert [(each.name, each.host, each.seen_at) for each in store.programs()] == [
        ("worker", "one", NOON + dt.timedelta(hours=23)),
        ("worker", "two", NOON),
    ]
    store.beat("reconciler", "one", NOON + dt.timedelta(hours=25))
    assert [(each.name, each.host) for each in store.programs()] == [("reconciler", "one"), ("worker", "one")]


def test_a_store_says_whether_it_takes_writing_and_is_of_this_folio(store: Store, database_url: str) -> None:
    store.try_writing()
    assert store.is_up_to_date()
    engine = make_engine(database_url)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '0001'"))
    engine.dispose()
    assert not store.is_up_to_date()


def test_a_database_that_another_holds_or_that_is_read_only_takes_no_writing(
    sqlite_url: str, migrated_sqlite: Path, tmp_path: Path
) -> None:
    file = tmp_path / "folio.db"
    file.write_bytes(migrated_sqlite.read_bytes())
    with closing(sqlite3.connect(f"file:{file}?mode=rw", uri=True)) as held:
        held.execute("BEGIN IMMEDIATE")
        engine = make_engine(sqlite_url, busy_seconds=0.1)
        with pytest.raises(StoreUnavailable):
            Store(engine).try_writing()
        engine.dispose()
    store = open_store(f"sqlite:///file:{file}?mode=ro&uri=true")
    with pytest.raises(StoreUnavailable):
        store.try_writing()
    store.close()
