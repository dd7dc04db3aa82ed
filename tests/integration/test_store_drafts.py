"""Drafts, the memory of layouts and the previous report, on SQLite and on PostgreSQL alike."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from service.domain.archive import reading_to_json, report_from_json, report_to_json
from service.domain.corrections import Correction
from service.domain.findings import CellRef, FindingCode
from service.domain.frame import NO_FRAME
from service.domain.office import REFERENCE_OFFICE
from service.domain.people import FIRST_OFFICE
from service.domain.reading import Acceptance, Given, Rejected
from service.domain.reports import DocumentKind, JobState, ReportStatus, Source
from service.settings import PROJECT
from service.store import Appended, KeyReused, Store, migrate, new_id, open_store
from service.store.engine import make_engine
from tests.integration.samples import NOON, OFFICE, SEALER, a_document, accepted, an_upload, append, issue, issued
from tests.integration.tampering import altered
from tests.plans import reference_plan

OLD_REPORT = Path(__file__).with_name("a_report_of_0001.sql")
OLD_REPORTS = Path(__file__).with_name("reports_of_0002.sql")
UNSEALED_REPORTS = Path(__file__).with_name("reports_of_0003.sql")
REPORTS_OF_ONE_OFFICE = Path(__file__).with_name("reports_of_0004.sql")
THEIR_READING = Path(__file__).with_name("reading_of_0003.json")
FINDINGS_ONLY = (DocumentKind.FINDINGS,)
EMPTY = FindingCode.CELL_001.at(CellRef("Hoja1", "C7"), column="RESPONSABLE")

PUT_RIGHT = Correction(CellRef("Hoja1", "G7"), "4", "cuatro")


def rejected() -> Rejected:
    draft = replace(reference_plan().as_draft(), title=None)
    return Rejected(draft, (), (EMPTY,))


def append_draft(store: Store, understood: Rejected, content: bytes = b"a workbook") -> Appended:
    raw = json.dumps(reading_to_json(understood)).encode()
    kept = store.append_report(an_upload(content), understood, raw, FINDINGS_ONLY, report_id=new_id(), now=NOON)
    assert isinstance(kept, Appended)
    return kept


def test_a_draft_is_found_again_with_its_findings_and_without_final_documents(store: Store) -> None:
    report = append_draft(store, rejected()).report

    assert report.has_errors
    assert report.findings == (EMPTY,)
    assert [document.filename for document in report.documents] == [
        "plan-de-accion-2024_v2.0_seguimiento-III-trimestre_hallazgos.xlsx"
    ]
    assert store.report(report.id) == report


def test_a_draft_that_does_not_say_which_report_it_is_for_is_a_mistake_of_the_caller(store: Store) -> None:
    nowhere = replace(rejected(), plan=replace(reference_plan().as_draft(), quarter=None))

    with pytest.raises(ValueError, match="year, quarter and version"):
        append_draft(store, nowhere)
    assert store.is_empty()


def test_whoever_marks_a_workbook_gets_its_bytes_and_findings_with_the_claim(store: Store) -> None:
    appended = append_draft(store, rejected(), content=b"the very upload")

    claim = store.claim(appended.job_ids[0], "me", NOON, dt.timedelta(minutes=1))

    assert claim is not None
    assert claim.source == Source(b"the very upload", (EMPTY,))
    assert (claim.report.plan.title, claim.report.plan.year) == ("", 2024)
    assert store.finish(claim, a_document(DocumentKind.FINDINGS), NOON)


def test_whoever_marks_a_workbook_gets_the_cells_that_were_put_right(store: Store) -> None:
    appended = append_draft(store, replace(rejected(), corrections=(PUT_RIGHT,)))

    claim = store.claim(appended.job_ids[0], "me", NOON, dt.timedelta(minutes=1))

    assert claim is not None
    assert claim.source is not None
    assert claim.source.corrections == (PUT_RIGHT,)


def test_a_claim_for_the_final_documents_carries_no_workbook(store: Store) -> None:
    claim = store.claim(append(store).job_ids[0], "me", NOON, dt.timedelta(minutes=1))

    assert claim is not None
    assert claim.source is None


def test_the_workbook_of_a_report_is_given_back_as_it_came(store: Store) -> None:
    report = append(store, content=b"the very upload").report

    assert store.upload(report.id) == an_upload(b"the very upload")
    assert store.upload("nothing") is None


def test_a_key_with_another_mapping_or_another_acceptance_is_another_request(store: Store) -> None:
    understood = accepted()
    raw = json.dumps(reading_to_json(understood)).encode()

    def append_as(given: Given) -> Appended | KeyReused:
        return store.append_report(
            an_upload(),
            understood,
            raw,
            (DocumentKind.WORD,),
            report_id=new_id(),
            now=NOON,
            given=given,
            idempotency_key="a-key",
        )

    mapped = Given(mapping=(("Dependencia", "lead"),))
    let_stand = Given(accepted=(Acceptance(FindingCode.CELL_001, CellRef("Hoja1", "C7"), "No aplica"),))
    assert isinstance(append_as(mapped), Appended)
    assert isinstance(append_as(mapped), Appended)
    assert isinstance(append_as(let_stand), KeyReused)
    assert isinstance(append_as(replace(mapped, corrections=(PUT_RIGHT,))), KeyReused)
    assert isinstance(append_as(Given()), KeyReused)


def test_the_last_mapping_of_a_layout_is_the_one_remembered(store: Store) -> None:
    layout = "a" * 64
    assert store.mapping_of(layout) == ()

    store.remember_mapping(layout, (("Dependencia", "lead"),), NOON)
    store.remember_mapping(layout, (("Dependencia", ""), ("Área", "lead")), NOON)

    assert store.mapping_of(layout) == (("Dependencia", ""), ("Área", "lead"))
    assert store.mapping_of("b" * 64) == ()


def at_revision(database_url: str, revision: str, rows: Path, *contents: bytes) -> None:
    """A database as an older Folio left it."""
    engine = make_engine(database_url)
    config = Config()
    config.set_main_option("script_location", str(PROJECT / "service" / "store" / "migrations"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        for content in contents:
            blob = {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content), "content": content}
            connection.execute(
                sa.text("INSERT INTO blobs (sha256, size, content) VALUES (:sha256, :size, :content)"), blob
            )
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SET TIME ZONE 'UTC'")
        else:
            # Today's, which knows the codes and offices that the older tables had none of.
            for table in ("issued", "idempotency_keys"):
                connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {table}_no_replace")
        for statement in rows.read_text("utf-8").split(";\n"):
            connection.exec_driver_sql(statement)
    engine.dispose()


def test_a_report_from_before_there_were_drafts_stays_whole_and_counts_as_issued(database_url: str) -> None:
    at_revision(database_url, "0001", OLD_REPORT)

    migrate(database_url)

    store = open_store(database_url)
    (report,) = store.reports(9)
    assert (report.id, report.edition, report.has_errors, report.status) == ("old", 1, False, ReportStatus.ISSUED)
    assert [(document.kind, document.state) for document in report.documents] == [(DocumentKind.WORD, JobState.QUEUED)]
    assert store.due_jobs(NOON) == ("old.word.final",)
    assert issued(store).edition == 2
    store.close()


def test_reports_from_before_there_were_issues_keep_their_editions_documents_and_drafts(database_url: str) -> None:
    at_revision(database_url, "0002", OLD_REPORTS, b"{}", b"x")

    migrate(database_url)

    store = open_store(database_url)
    draft, corrected, first = store.reports(9)
    assert [(report.id, report.edition, report.status) for report in (draft, corrected, first)] == [
        ("draft", None, ReportStatus.DRAFT),
        ("corrected", 2, ReportStatus.ISSUED),
        ("final", 1, ReportStatus.SUPERSEDED),
    ]
    assert (draft.has_errors, corrected.has_errors) == (True, False)
    assert (corrected.issued_by, corrected.issued_at) == ("migración", corrected.created_at)
    assert (first.superseded_by, corrected.superseded_by) == ("corrected", None)
    assert [(document.kind, document.is_final) for document in first.documents] == [
        (DocumentKind.WORD, True),
        (DocumentKind.FINDINGS, False),
    ]
    assert [store.document("final", document.kind) for document in first.documents] == [
        (document, b"x") for document in first.documents
    ]
    assert store.mapping_of("ee") == (("Dependencia", "lead"),)
    assert issued(store).edition == 3
    verdict = store.verify_audit()
    assert verdict.is_sound, verdict.broken
    store.close()


def test_reports_from_before_there_were_seals_are_made_of_the_same_as_ever(database_url: str) -> None:
    at_revision(database_url, "0003", UNSEALED_REPORTS, THEIR_READING.read_bytes(), b"x", b"y")

    migrate(database_url)

    store = open_store(database_url)
    assert store.office() is None
    store.keep_office(OFFICE, now=NOON, by="Oficina de Planeación")
    before, draft = store.reports(9)
    assert (before.id, draft.id) == ("issued", "draft")
    assert (before.code, before.address, before.signed_copies, before.state) == (None, None, (), JobState.DONE)
    assert [(document.kind, document.proof) for document in before.documents] == [
        (DocumentKind.WORD, None),
        (DocumentKind.EXCEL, None),
    ]
    for kind in (DocumentKind.WORD, DocumentKind.EXCEL):
        origin = store.origin("issued", kind)
        assert origin is not None
        assert (origin.report.frame, origin.report.seal, origin.office) == (NO_FRAME, None, REFERENCE_OFFICE)
        assert origin.report.approval == before.approval
        assert report_from_json(report_to_json(origin.report)) == origin.report
    verdict = store.verify_audit()
    assert verdict.is_sound, verdict.broken
    sealed = issue(store, "draft").report
    assert sealed.code == SEALER.seal("draft").code
    store.close()


def test_reports_from_before_there_were_offices_are_the_first_ones(database_url: str) -> None:
    contents = (THEIR_READING.read_bytes(), b"x", b"y", b"z", b"signed")
    at_revision(database_url, "0004", REPORTS_OF_ONE_OFFICE, *contents)

    migrate(database_url)

    store = open_store(database_url)
    verdict = store.verify_audit()
    assert verdict.is_sound, verdict.broken
    # The very log that the older Folio wrote, to its last entry.
    assert (verdict.entries, verdict.head[:8]) == (12, "4b09a418")
    draft, second, first = store.reports(9)
    assert {each.office_id for each in (draft, second, first)} == {FIRST_OFFICE}
    assert (second.code, second.edition, second.uploader_id) == (SEALER.seal("second").code, 2, "")
    assert store.document("second", DocumentKind.WORD) is not None
    assert [copy.filename for copy in second.signed_copies] == ["firmado.pdf"]
    kept = store.office()
    assert kept
    assert (kept.seq, kept.settings, store.mapping_of("ee")) == (1, OFFICE, (("Dependencia", "lead"),))
    assert store.report_of_key("a-key") == "second"
    store.open_planning_office("sur", "Región sur", now=NOON, by="x")
    sur = store.within("sur")
    assert (sur.is_empty(), sur.office(), sur.mapping_of("ee"), sur.report_of_key("a-key")) == (True, None, (), None)
    assert issued(sur).edition == 1
    assert issue(store, "draft").report.edition == 3
    assert store.verify_audit().is_sound
    store.close()


@pytest.mark.parametrize("table", ["reports", "issued", "office_settings"])
def test_a_row_of_before_that_is_moved_to_another_office_is_found(database_url: str, table: str) -> None:
    at_revision(database_url, "0004", REPORTS_OF_ONE_OFFICE, THEIR_READING.read_bytes(), b"x", b"y", b"z", b"signed")
    migrate(database_url)

    altered(database_url, table, f"UPDATE {table} SET office_id = 'sur'")  # noqa: S608 - our own words

    store = open_store(database_url)
    assert store.verify_audit().broken
    store.close()
