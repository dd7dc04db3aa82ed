"""Uploads and readings to remember, and the shortest ways to append them."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import replace
from typing import Any, Final

import sqlalchemy as sa

from service.domain.archive import reading_to_json
from service.domain.errors import TemplateProblem
from service.domain.findings import CellRef, FindingCode
from service.domain.frame import Approval, Frame
from service.domain.office import Office, OfficeSettings
from service.domain.reading import Accepted, MappedColumn
from service.domain.reports import DocumentKind, JobState, RenderedDocument
from service.domain.values import Quarter, VersionNumber
from service.seals import Sealer
from service.store import Appended, Issued, KeyReused, SignedCopy, Store, StoredReport, Upload, new_id
from service.store.engine import make_engine
from service.store.tables import metadata
from tests.plans import reference_plan

NOON: Final = dt.datetime(2024, 10, 7, 12, tzinfo=dt.UTC)
SEALER: Final = Sealer(b"a secret of the tests, 32 bytes.", "https://folio.example")
OFFICE: Final = OfficeSettings(
    Office(units=("Dependencia de Ejemplo",)),
    Frame("Entidad de Ejemplo", approval=Approval("Comité de Ejemplo", "Acta 1", dt.date(2024, 5, 2))),
)
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
    outcome = store.issue(report_id, now=now, by="Oficina de Planeación", previous=previous, sealer=SEALER.seal)
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
    """Put rows into every table: a report, its correction with a document and a signed copy, what was remembered.

    And a draft that was removed.
    """
    first = issued(store)
    second = issue(store, append(store, content=b"corrected", key="a-key").report.id, previous=first.id)
    finish(store, second.job_ids[0])
    store.remember_mapping("a" * 64, (("Dependencia", "lead"),), NOON)
    store.keep_office(OFFICE, now=NOON, by="Oficina de Planeación")
    keep_signed(store, second.report.id)
    sweep(store, append(store, content=b"an old draft").report.id)
    return store


def sweep(store: Store, report_id: str, now: dt.datetime = NOON) -> bool:
    """Remove a draft, when it may go."""
    for job in store.jobs([JobState.QUEUED]):
        if job.report_id == report_id:
            claim = store.claim(job.id, new_id(), now, dt.timedelta(hours=1))
            assert claim
            assert store.fail(claim, TemplateProblem("Una plantilla que no sirve."), now)
    later = now + dt.timedelta(days=1)
    stale = {draft.report_id: draft for draft in store.stale_drafts(later)}
    return report_id in stale and store.sweep_draft(stale[report_id], later, now=now, by="Persona de Ejemplo Uno")


def keep_signed(store: Store, report_id: str, content: bytes = b"a signed document") -> SignedCopy:
    sha256 = hashlib.sha256(content).hexdigest()
    verdict = {"kind": "signed", "signers": ["Persona de Ejemplo Uno"]}
    return store.keep_signed_copy(report_id, "firmado.pdf", content, sha256, verdict, now=NOON, by="Una dependencia")


def rows_of(url: str, table: str) -> list[tuple[Any, ...]]:
    """All that a table holds, in the order of its key."""
    engine = make_engine(url)
    with engine.connect() as connection:
        wanted = metadata.tables[table]
        rows = [tuple(row) for row in connection.execute(sa.select(wanted).order_by(*wanted.primary_key))]
    engine.dispose()
    return rows
