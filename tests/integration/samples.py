"""Uploads and readings to remember, and the shortest ways to append them."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import replace
from typing import Any, Final

import sqlalchemy as sa

from service.domain.archive import reading_to_json
from service.domain.findings import CellRef, FindingCode
from service.domain.reading import Accepted, MappedColumn
from service.domain.reports import DocumentKind, RenderedDocument
from service.domain.values import Quarter, VersionNumber
from service.store import Appended, Issued, KeyReused, Store, StoredReport, Upload, new_id
from service.store.engine import make_engine
from service.store.tables import metadata
from tests.plans import reference_plan

NOON: Final = dt.datetime(2024, 10, 7, 12, tzinfo=dt.UTC)
BOTH: Final = (DocumentKind.WORD, DocumentKind.EXCEL)


def an_upload(content: bytes = b"a workbook") -> Upload:
    return Upload("Plan de acción.xlsx", content, hashlib.sha256(content).hexdigest(), NOON)


def accepted(version: str = "2.0", quarter: int = 3) -> Accepted:
    number = VersionNumber.parse(version)
    assert number is not None
    plan = replace(reference_plan(), version=number, quarter=Quarter(2024, quarter))
    warning = FindingCode.TARGET_002.at(CellRef("Hoja1", "G7"), column="META", value="Por definir")
    return Accepted(plan, (MappedColumn("action", "Hoja1", "C", "ACCIÓN"),), (warning,))


def append_or_refuse(
    store: Store,
    *,
    key: str | None = None,
    content: bytes = b"a workbook",
    kinds: tuple[DocumentKind, ...] = BOTH,
    reading: Accepted | None = None,
    now: dt.datetime = NOON,
) -> Appended | KeyReused:
    reading = reading or accepted()
    raw = json.dumps(reading_to_json(reading)).encode()
    return store.append_report(
        an_upload(content), reading, raw, kinds, report_id=new_id(), now=now, idempotency_key=key
    )


def append(
    store: Store,
    *,
    key: str | None = None,
    content: bytes = b"a workbook",
    kinds: tuple[DocumentKind, ...] = BOTH,
    reading: Accepted | None = None,
    now: dt.datetime = NOON,
) -> Appended:
    outcome = append_or_refuse(store, key=key, content=content, kinds=kinds, reading=reading, now=now)
    assert isinstance(outcome, Appended)
    return outcome


def issue(store: Store, report_id: str, *, now: dt.datetime = NOON, previous: str | None = None) -> Issued:
    outcome = store.issue(report_id, now=now, by="Oficina de Planeación", previous=previous)
    assert isinstance(outcome, Issued)
    return outcome


def issued(store: Store, version: str = "2.0", quarter: int = 3, *, now: dt.datetime = NOON) -> StoredReport:
    """A new report of that version and quarter that is the office's word."""
    return issue(store, append(store, reading=accepted(version, quarter), now=now).report.id, now=now).report


def finish(store: Store, job_id: str, content: bytes = b"a document", now: dt.datetime = NOON) -> None:
    """What a worker does with a job."""
    claim = store.claim(job_id, new_id(), now, dt.timedelta(minutes=1))
    assert claim is not None
    assert store.finish(claim, a_document(claim.kind, content), now)


def a_document(kind: DocumentKind = DocumentKind.WORD, content: bytes = b"a document") -> RenderedDocument:
    return RenderedDocument(kind, "informe.docx", content, hashlib.sha256(content).hexdigest(), "fingerprint")


def fill(store: Store) -> Store:
    """Put rows into every table: a report, its correction with a document, a remembered layout."""
    first = issued(store)
    second = issue(store, append(store, content=b"corrected", key="a-key").report.id, previous=first.id)
    finish(store, second.job_ids[0])
    store.remember_mapping("a" * 64, (("Dependencia", "lead"),), NOON)
    return store


def rows_of(url: str, table: str) -> list[tuple[Any, ...]]:
    """All that a table holds, in the order of its key."""
    engine = make_engine(url)
    with engine.connect() as connection:
        wanted = metadata.tables[table]
        rows = [tuple(row) for row in connection.execute(sa.select(wanted).order_by(*wanted.primary_key))]
    engine.dispose()
    return rows
