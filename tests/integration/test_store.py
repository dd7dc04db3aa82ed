"""What the store promises, on SQLite and on PostgreSQL alike."""

from __future__ import annotations

import datetime as dt
import itertools
import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from service.domain.errors import FolioError, StoreUnavailable
from service.domain.findings import CellRef, FindingCode
from service.domain.reports import DocumentKind, JobState, ReportStatus
from service.store import Appended, KeyReused, Store, migrate, new_id, open_store
from service.store.engine import make_engine, writing
from service.store.statements import LARGE_BYTES
from service.store.tables import metadata
from tests.integration.samples import BOTH, NOON, accepted, an_upload, append, append_or_refuse


def test_an_appended_report_is_found_again_as_it_was_given(store: Store) -> None:
    report = append(store).report

    assert store.report(report.id) == report
    assert (report.year, report.quarter.roman, str(report.version)) == (2024, "III", "2.0")
    assert (report.status, report.edition, report.proposed_edition) == (ReportStatus.DRAFT, None, 1)
    assert report.created_at == NOON
    assert report.created_at.tzinfo is dt.UTC
    assert report.upload_filename == "Plan de acción.xlsx"
    assert [(finding.code, finding.place, finding.value) for finding in report.findings] == [
        (FindingCode.TARGET_002, CellRef("Hoja1", "G7"), "Por definir")
    ]
    assert report.state is JobState.QUEUED
    assert [(document.kind, document.state, document.size) for document in report.documents] == [
        (DocumentKind.WORD, JobState.QUEUED, None),
        (DocumentKind.EXCEL, JobState.QUEUED, None),
    ]
    assert report.documents[0].filename == "plan-de-accion-2024_v2.0_seguimiento-III-trimestre_borrador.docx"


def test_the_reading_is_given_back_byte_for_byte(store: Store) -> None:
    raw = '{"plan": null, "mapping": {}, "findings": [], "á": 1e2}'.encode()
    report_id = new_id()
    store.append_report(an_upload(), accepted(), raw, BOTH, report_id=report_id, now=NOON)

    assert store.reading_json(report_id) == raw


def test_a_report_that_was_just_kept_is_told_as_it_is_found_again(store: Store) -> None:
    everything = tuple(kind for kind in DocumentKind if not kind.needs_another and kind is not DocumentKind.PACKAGE)
    now = NOON.replace(microsecond=123_456)
    kept = store.append_report(
        an_upload(), accepted(), b"{}", everything, report_id=new_id(), now=now, step="first", by="Persona de Ejemplo"
    )

    assert isinstance(kept, Appended)
    assert kept.report == store.report(kept.report.id)


def test_only_the_documents_that_were_asked_for_get_a_job(store: Store) -> None:
    outcome = append_or_refuse(store, kinds=(DocumentKind.EXCEL, DocumentKind.EXCEL))

    assert isinstance(outcome, Appended)
    assert [document.kind for document in outcome.report.documents] == [DocumentKind.EXCEL]
    assert len(outcome.job_ids) == 1


def test_a_report_without_documents_is_a_mistake_of_the_caller(store: Store) -> None:
    with pytest.raises(ValueError, match="at least one document"):
        append_or_refuse(store, kinds=())
    assert store.is_empty()


def test_what_does_not_exist_is_none(store: Store) -> None:
    assert store.report("nothing") is None
    assert store.reading_json("nothing") is None
    assert store.document("nothing", DocumentKind.WORD) is None
    assert store.document(append(store).report.id, DocumentKind.WORD) is None


def test_a_store_is_empty_until_its_first_report(store: Store) -> None:
    assert store.is_empty()
    append(store)
    assert not store.is_empty()


def test_the_list_goes_from_the_newest_back_without_gap_or_repetition(store: Store) -> None:
    # Every two share an instant: the id decides between them, the same way on every page.
    appended = [append(store, now=NOON + dt.timedelta(seconds=number // 2)).report for number in range(9)]
    expected = sorted(appended, key=lambda report: (report.created_at, report.id), reverse=True)

    pages, before = [], None
    while page := store.reports(4, before=before):
        pages.append(page)
        before = page[-1].id

    assert [len(page) for page in pages] == [4, 4, 1]
    assert [report.id for report in itertools.chain(*pages)] == [report.id for report in expected]
    assert store.reports(4, before="nothing") == ()


def test_the_same_key_with_the_same_request_gives_the_first_report_again(store: Store) -> None:
    first = append(store, key="a-key")
    again = append(store, key="a-key")

    assert first.is_new
    assert not again.is_new
    assert again.report == first.report
    assert sorted(again.job_ids) == sorted(first.job_ids)
    assert len(store.reports(9)) == 1


@pytest.mark.parametrize("other", ["another workbook", "other documents", "another version", "another quarter"])
def test_the_same_key_with_another_request_is_refused_and_writes_nothing(store: Store, other: str) -> None:
    first = append(store, key="a-key").report
    match other:
        case "another workbook":
            outcome = append_or_refuse(store, key="a-key", content=b"another")
        case "other documents":
            outcome = append_or_refuse(store, key="a-key", kinds=(DocumentKind.WORD,))
        case "another version":
            outcome = append_or_refuse(store, key="a-key", reading=accepted("3.0"))
        case _:
            outcome = append_or_refuse(store, key="a-key", reading=accepted(quarter=4))

    assert outcome == KeyReused(first.id)
    assert [report.id for report in store.reports(9)] == [first.id]


def test_thirty_threads_with_one_key_make_one_report(store: Store) -> None:
    with ThreadPoolExecutor(30) as threads:
        outcomes = list(threads.map(lambda _: append(store, key="a-key"), range(30)))

    assert sum(outcome.is_new for outcome in outcomes) == 1
    assert len({outcome.report.id for outcome in outcomes}) == 1
    assert len(store.reports(99)) == 1


def test_many_keys_over_two_workbooks_at_once_neither_block_nor_mix(store: Store) -> None:
    def send(number: int) -> tuple[int, str]:
        outcome = append(store, key=f"key-{number % 10}", content=b"one" if number % 10 < 5 else b"two")
        return number % 10, outcome.report.id

    with ThreadPoolExecutor(20) as threads:
        answers = list(threads.map(send, range(40)))

    assert len(set(answers)) == 10
    assert len({report_id for _, report_id in answers}) == 10


def test_the_same_bytes_are_kept_once(store: Store, database_url: str) -> None:
    append(store)
    append(store)

    engine = make_engine(database_url)
    with engine.connect() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM uploads")).scalar_one() == 2
        # The workbook and the reading of both.
        assert connection.execute(sa.text("SELECT count(*) FROM blobs")).scalar_one() == 2
    engine.dispose()


def test_large_bytes_are_kept_whole_and_once_however_many_bring_them_at_once(store: Store, database_url: str) -> None:
    large = random.Random(1).randbytes(3 * LARGE_BYTES + 1)
    with ThreadPoolExecutor(6) as threads:
        reports = [appended.report for appended in threads.map(lambda _: append(store, content=large), range(6))]

    for report in reports:
        kept = store.upload(report.id)
        assert kept is not None
        assert kept.content == large
    engine = make_engine(database_url)
    with engine.connect() as connection:
        assert connection.execute(sa.text("SELECT size FROM blobs WHERE size > 100000")).all() == [(len(large),)]
    engine.dispose()


def test_a_postgresql_that_goes_away_amid_large_bytes_is_unavailable(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrate(postgresql_url)
    store = open_store(postgresql_url)
    large = bytes(2 * LARGE_BYTES)

    def gone(cursor: psycopg.Cursor[Any], *_: object) -> None:
        cursor.connection.close()
        raise psycopg.OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(psycopg.Cursor, "copy", gone)
    with pytest.raises(StoreUnavailable):
        append(store, content=large)
    monkeypatch.undo()
    assert store.is_empty()
    assert append(store, content=large).is_new
    store.close()


def test_nothing_is_left_of_a_report_whose_transaction_breaks(store: Store, database_url: str) -> None:
    report_id = append(store).report.id
    with pytest.raises(FolioError):
        store.append_report(
            an_upload(b"new"), accepted(), b"{}", BOTH, report_id=report_id, now=NOON, idempotency_key="k"
        )

    engine = make_engine(database_url)
    with engine.connect() as connection:
        counts = [
            connection.execute(sa.select(sa.func.count()).select_from(metadata.tables[table])).scalar_one()
            for table in ("reports", "jobs", "uploads", "blobs", "idempotency_keys")
        ]
    engine.dispose()
    assert counts == [1, 2, 1, 2, 0]


def test_migrations_make_the_very_tables_that_the_code_names(database_url: str) -> None:
    migrate(database_url)

    engine = make_engine(database_url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        differences = compare_metadata(context, metadata)
    engine.dispose()
    assert differences == []


def test_six_processes_that_migrate_at_once_all_find_the_tables(database_url: str) -> None:
    with ThreadPoolExecutor(6) as threads:
        for outcome in [threads.submit(migrate, database_url) for _ in range(6)]:
            outcome.result()

    store = open_store(database_url)
    assert store.is_empty()
    store.close()


def test_migrating_again_keeps_what_is_there(store: Store, database_url: str) -> None:
    report = append(store).report
    migrate(database_url)
    assert store.report(report.id) == report


def test_a_database_of_a_newer_folio_is_refused_in_plain_words(database_url: str) -> None:
    migrate(database_url)
    engine = make_engine(database_url)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()

    with pytest.raises(StoreUnavailable) as refusal:
        migrate(database_url)
    assert "versión más nueva" in refusal.value.detail


def test_a_store_without_tables_does_not_answer_a_ping(sqlite_url: str) -> None:
    store = open_store(sqlite_url)
    with pytest.raises(StoreUnavailable):
        store.ping()
    store.close()


def test_an_absent_postgresql_is_said_within_seconds(postgresql_url: str) -> None:
    store = open_store(postgresql_url.replace("127.0.0.1", "127.0.0.2"))
    with pytest.raises(StoreUnavailable) as refusal:
        store.ping()
    assert refusal.value.is_transient
    assert "no responde" in refusal.value.detail


def test_every_spelling_of_a_postgresql_address_is_accepted(postgresql_url: str) -> None:
    migrate(postgresql_url)
    for scheme in ("postgres://", "postgresql://", "postgresql+psycopg://"):
        store = open_store(postgresql_url.replace("postgresql://", scheme))
        store.ping()
        store.close()


def test_a_locked_sqlite_is_unavailable_after_the_wait_and_well_afterwards(sqlite_url: str) -> None:
    migrate(sqlite_url)
    store = Store(make_engine(sqlite_url, busy_seconds=0.2))
    holder = make_engine(sqlite_url)
    with holder.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailable):
            append(store)
        assert store.is_empty(), "readers do not wait for a writer"
    holder.dispose()
    append(store)
    assert len(store.reports(9)) == 1
    store.close()


def test_sqlite_commits_are_synced_and_readers_never_wait(sqlite_url: str) -> None:
    migrate(sqlite_url)
    engine = make_engine(sqlite_url)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar_one() == 2
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar_one() == 1
    engine.dispose()


def test_no_connection_stays_open_that_was_given_a_large_value(sqlite_url: str) -> None:
    migrate(sqlite_url)
    engine = make_engine(sqlite_url)

    def driver_after(statement: str, value: str | bytes) -> object:
        with writing(engine) as connection:
            connection.execute(sa.text(statement), [{"of": new_id(), "value": value}])
        with writing(engine) as connection:
            return connection.connection.driver_connection

    blob = "INSERT INTO blobs (sha256, size, content) VALUES (:of, 1, :value)"
    small = driver_after(blob, b"small")
    assert driver_after(blob, b"small") is small
    others = driver_after(blob, b"0" * 300_000), driver_after("SELECT :of, :value", "0" * 300_000)
    assert len({id(small), *map(id, others)}) == 3
    engine.dispose()


def test_an_instant_without_a_zone_is_refused(store: Store) -> None:
    with pytest.raises(sa.exc.StatementError, match="needs its zone"):
        append(store, now=NOON.replace(tzinfo=None))


def test_an_instant_of_another_zone_comes_back_as_the_same_moment_in_utc(store: Store) -> None:
    bogota = dt.timezone(dt.timedelta(hours=-5))
    report = append(store, now=dt.datetime(2024, 10, 7, 7, tzinfo=bogota)).report
    assert report.created_at == NOON
    assert report.created_at.utcoffset() == dt.timedelta(0)


def test_an_id_is_safe_as_an_address_and_as_a_file_name() -> None:
    ids = {new_id() for _ in range(1000)}
    assert len(ids) == 1000
    assert all(len(one) == 32 and set(one) <= set("0123456789abcdef") for one in ids)


def test_a_report_is_had_without_its_findings_by_whoever_only_follows_it(store: Store) -> None:
    report = append(store).report
    assert report.findings

    followed, (listed,) = store.report(report.id, with_findings=False), store.reports(1, with_findings=False)

    assert followed == listed == replace(report, findings=())
