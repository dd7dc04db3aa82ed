"""Every step is told in the audit log, and whoever gets past the guards is found by it."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable
from dataclasses import replace

import pytest
import sqlalchemy as sa

from service.domain.corrections import Correction
from service.domain.findings import CellRef, FindingCode
from service.domain.frame import Approval
from service.domain.reading import Acceptance, Accepted, with_accepted
from service.domain.reports import DocumentKind, JobState
from service.store import AuditVerdict, Store, migrate, new_id, open_store
from service.store.audit import entry_hash
from service.store.engine import make_engine
from service.store.guards import TABLES
from service.store.tables import metadata
from tests.integration.samples import BOTH, NOON, accepted, an_upload, append, fill, finish, issued, rows_of
from tests.integration.tampering import altered, behind_folios_back


@pytest.fixture
def full(store: Store) -> Store:
    """A store in which every table has rows."""
    return fill(store)


def test_every_step_is_told_with_who_when_and_why(store: Store, database_url: str) -> None:
    let_stand = Acceptance(FindingCode.TARGET_002, CellRef("Hoja1", "G7"), "Así lo aprobó el comité.")
    understood = accepted()
    understood = Accepted(
        understood.plan, understood.mapping, with_accepted(understood.findings, (let_stand,)), understood.layout
    )
    report_id = new_id()
    upload = an_upload()
    first = issued(store)
    store.append_report(upload, understood, b"{}", BOTH, report_id=report_id, now=NOON, by="Subdirección de Gestión")
    draft = append(store).report
    store.issue(
        draft.id,
        now=NOON + dt.timedelta(hours=1),
        by="Oficina de Planeación",
        reason="Se corrigió una fecha.",
        approval=Approval("Comité", "Acta 9", dt.date(2024, 10, 1)),
        previous=first.id,
    )
    finish(store, f"{draft.id}.word.final", now=NOON + dt.timedelta(hours=1))
    (asked,) = store.request_documents(draft.id, (DocumentKind.NEXT_QUARTER,), None, now=NOON, by="Una dependencia")
    store.remember_mapping("a" * 64, (("Dependencia", "lead"),), NOON, "Una dependencia")
    store.remember_mapping("a" * 64, (("Dependencia", "lead"),), NOON, "Una dependencia")

    engine = make_engine(database_url)
    with engine.connect() as connection:
        rows = connection.execute(sa.select(metadata.tables["audit"]).order_by(sa.text("seq"))).all()
    engine.dispose()

    assert [(row.seq, row.what, row.subject, row.by) for row in rows] == [
        (1, "draft_kept", first.id, "sin identificar"),
        (2, "issued", first.id, "Oficina de Planeación"),
        (3, "draft_kept", report_id, "Subdirección de Gestión"),
        (4, "draft_kept", draft.id, "sin identificar"),
        (5, "issued", draft.id, "Oficina de Planeación"),
        (6, "superseded", first.id, "Oficina de Planeación"),
        (7, "document_kept", f"{draft.id}.word.final", "Folio"),
        (8, "documents_requested", draft.id, "Una dependencia"),
        (9, "layout_remembered", "a" * 64, "Una dependencia"),
    ]
    details = {row.seq: json.loads(row.details) for row in rows}
    assert details[3]["upload_sha256"] == upload.sha256
    assert details[3]["reading_sha256"] == hashlib.sha256(b"{}").hexdigest()
    assert details[3]["accepted"] == [{"code": "TARGET_002", "place": "Hoja1!G7", "reason": "Así lo aprobó el comité."}]
    assert (
        details[5].items()
        >= {
            "edition": 2,
            "reason": "Se corrigió una fecha.",
            "approval": ["Comité", "Acta 9", "2024-10-01"],
            "previous": first.id,
            "upload_sha256": upload.sha256,
        }.items()
    )
    assert details[6] == {"office": "principal", "by": draft.id}
    assert details[7]["template_fingerprint"] == "fingerprint"
    assert details[8] == {"office": "principal", "jobs": [asked]}
    assert rows[4].at == NOON + dt.timedelta(hours=1)


def test_the_cells_that_were_put_right_stand_in_the_entry_of_their_draft_and_in_no_other(
    store: Store, database_url: str
) -> None:
    put_right = (Correction(CellRef("Hoja1", "G7"), "4", "cuatro"), Correction(CellRef("Hoja1", "A1"), "", "x"))
    append(store)
    append(store, reading=replace(accepted(), corrections=put_right), now=NOON + dt.timedelta(hours=1))

    details = [json.loads(row[5]) for row in rows_of(database_url, "audit")]

    assert "corrections" not in details[0]
    assert details[1]["corrections"] == [
        {"place": "Hoja1!G7", "before": "cuatro", "after": "4"},
        {"place": "Hoja1!A1", "before": "x", "after": ""},
    ]
    assert store.verify_audit().is_sound


def test_a_sound_log_is_said_so_with_its_length_and_its_last_hash(full: Store, database_url: str) -> None:
    looked_at: list[tuple[int, int]] = []

    verdict = full.verify_audit(lambda done, total: looked_at.append((done, total)))

    entries = rows_of(database_url, "audit")
    assert verdict == AuditVerdict(len(entries), entries[-1][-1], (), len(rows_of(database_url, "blobs")))
    assert verdict.is_sound
    everything = len(entries) + len(rows_of(database_url, "blobs"))
    assert looked_at[-1] == (everything, everything)


def test_an_empty_log_is_sound(store: Store) -> None:
    assert store.verify_audit() == AuditVerdict(0, "0" * 64, (), 0)


FORGED_JOB = (
    "INSERT INTO jobs (id, report_id, kind, is_final, filename, state, attempts, due_at, asked_at)"
    " SELECT 'forged', report_id, kind, is_final, filename, 'done', 1, due_at, asked_at FROM jobs LIMIT 1"
)
# What is done to the database, and the first thing that the verdict says: of which entry, and in which words.
TAMPERING: dict[str, tuple[str, str, int | None, str]] = {
    "an entry's author": ("audit", "UPDATE audit SET \"by\" = 'otro' WHERE seq = 3", 3, "no corresponde a su huella"),
    "an entry's hash": (
        "audit",
        "UPDATE audit SET hash = '" + "f" * 64 + "' WHERE seq = 3",
        3,
        "no corresponde a su huella",
    ),
    "an entry in the middle": ("audit", "DELETE FROM audit WHERE seq = 3", 3, "Falta la entrada"),
    "the first entries": ("audit", "DELETE FROM audit WHERE seq <= 2", 1, "Faltan las entradas hasta la 2"),
    "the last entry": (
        "audit",
        "DELETE FROM audit WHERE seq = (SELECT max(seq) FROM audit)",
        10,
        "Ya no está la carga del informe",
    ),
    "an entry's details": ("audit", "UPDATE audit SET details = 'x' WHERE seq = 3", 3, "no corresponde a su huella"),
    "a report's version": ("reports", "UPDATE reports SET version = '9.9'", 1, "después de que se registró"),
    "an upload's name": ("uploads", "UPDATE uploads SET filename = 'x'", 1, "la carga del informe"),
    "a reason": ("issued", "UPDATE issued SET reason = 'x' WHERE edition = 2", 4, "la expedición del informe"),
    "an issue": ("issued", "DELETE FROM issued WHERE edition = 2", 4, "Ya no está la expedición"),
    "a document": ("documents", "DELETE FROM documents", 6, "Ya no está el documento"),
    "a document's name": ("jobs", "UPDATE jobs SET filename = 'x'", 6, "el documento"),
    "a remembered layout": ("layouts", "UPDATE layouts SET mapping = '[]'", 7, "la lectura recordada"),
    "what the office said": ("office_settings", "UPDATE office_settings SET content = '{}'", 8, "los ajustes de la"),
    "a signed copy's hash": ("signed_copies", "UPDATE signed_copies SET sha256 = 'x'", None, "la copia firmada"),
    "what was found of a signed copy": ("signed_copies", "UPDATE signed_copies SET verdict = '{}'", 9, "copia firmada"),
    "a signed copy": ("signed_copies", "DELETE FROM signed_copies", 9, "Ya no está la copia firmada"),
    "a code": ("issued", "UPDATE issued SET code = 'x' WHERE edition = 2", 4, "la expedición del informe"),
    "an issue's settings": ("issued", "UPDATE issued SET office_seq = 1 WHERE edition = 2", 4, "la expedición del"),
    "an upload's settings": ("reports", "UPDATE reports SET office_seq = 1", 1, "la carga del informe"),
    "an uploader": ("reports", "UPDATE reports SET uploader_id = 'x'", 1, "la carga del informe"),
    "a report's office": ("reports", "UPDATE reports SET office_id = 'x'", 1, "la carga del informe"),
    "an edition's office": ("issued", "UPDATE issued SET office_id = 'x'", 2, "la expedición del informe"),
    "the office of settings": ("office_settings", "UPDATE office_settings SET office_id = 'x'", 8, "los ajustes"),
    "a layout's office": ("layouts", "UPDATE layouts SET office_id = 'x'", None, "la lectura recordada"),
    "a proof": ("documents", "UPDATE documents SET proof = '{}'", 6, "el documento"),
    "a forged request": ("jobs", FORGED_JOB, None, "el pedido del documento «forged»"),
}


@pytest.mark.parametrize("what", TAMPERING)
def test_whoever_gets_past_the_guards_and_puts_them_back_is_found(full: Store, database_url: str, what: str) -> None:
    table, statement, seq, words = TAMPERING[what]

    altered(database_url, table, statement)

    broken = full.verify_audit().broken
    assert broken, "nothing was found"
    assert broken[0].seq == seq
    assert words in broken[0].problem


def test_an_entry_rewritten_with_its_hash_breaks_the_link_of_the_next(full: Store, database_url: str) -> None:
    engine = make_engine(database_url)
    with engine.connect() as connection:
        row = connection.execute(sa.select(metadata.tables["audit"]).where(sa.text("seq = 3"))).one()
    engine.dispose()
    forged = entry_hash({**row._asdict(), "by": "otro"})
    rewrite = "UPDATE audit SET \"by\" = 'otro', hash = 'its own' WHERE seq = 3"
    altered(database_url, "audit", rewrite.replace("its own", forged))

    broken = full.verify_audit().broken

    assert [(link.seq, link.problem) for link in broken] == [
        (4, "La entrada no continúa la anterior: una de las dos fue cambiada.")
    ]


@pytest.mark.parametrize("change", ["UPDATE blobs SET content = 'b document' WHERE size = 10", "DELETE FROM blobs"])
def test_bytes_that_are_no_longer_the_same_are_found_with_the_issued_report_that_needs_them(
    full: Store, database_url: str, change: str
) -> None:
    (written,) = (report for report in full.reports(9) if report.documents[0].sha256)

    altered(database_url, "blobs", change)

    assert any(
        f"el contenido de huella {written.documents[0].sha256} (informe: {written.id})." in link.problem
        for link in full.verify_audit().broken
    )


def without_trigger(url: str) -> tuple[str, str]:
    if url.startswith("sqlite"):
        return "DROP TRIGGER issued_no_delete", "issued_no_delete"
    return "DROP TRIGGER issued_never_changes ON issued", "issued_never_changes"


def replaced_trigger(url: str) -> tuple[str, str]:
    if url.startswith("sqlite"):
        return "CREATE TRIGGER issued_no_delete BEFORE DELETE ON issued BEGIN SELECT 1; END", "issued_no_delete"
    return "ALTER TABLE issued DISABLE TRIGGER issued_never_changes", "issued_never_changes"


@pytest.mark.parametrize("way", [without_trigger, replaced_trigger], ids=["missing", "another"])
def test_a_guard_that_is_missing_or_another_is_named(
    full: Store, database_url: str, way: Callable[[str], tuple[str, str]]
) -> None:
    statement, name = way(database_url)
    if statement.startswith("CREATE"):
        behind_folios_back(database_url, f"DROP TRIGGER {name}")
    behind_folios_back(database_url, statement)

    (link,) = full.verify_audit().broken

    assert link.problem == f"La protección «{name}» de la base de datos falta o fue cambiada."


def test_a_function_that_refuses_nothing_any_more_is_found_in_every_guard(postgresql_url: str) -> None:
    migrate(postgresql_url)
    store = open_store(postgresql_url)
    behind_folios_back(
        postgresql_url,
        "CREATE OR REPLACE FUNCTION folio_refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
    )

    assert len(store.verify_audit().broken) == len((*TABLES, "jobs_stay_done"))
    store.close()


@pytest.mark.parametrize("state", ["failed", "queued"])
def test_a_kept_document_whose_job_was_reopened_is_named_and_still_given(
    full: Store, database_url: str, state: str
) -> None:
    report = next(report for report in full.reports(9, is_issued=True) if report.edition == 2)

    altered(database_url, "jobs", f"UPDATE jobs SET state = '{state}' WHERE state = 'done'")  # noqa: S608 - our own words

    found = full.document(report.id, DocumentKind.WORD)
    assert found is not None
    assert (found[0].state, found[1]) == (JobState.DONE, b"a document")
    assert full.report(report.id) == report
    (link,) = full.verify_audit().broken
    assert link.problem == f"El documento «{report.id}.word.final» está guardado, pero alguien cambió su estado."
