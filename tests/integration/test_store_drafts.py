"""Drafts, the memory of layouts and the previous report, on SQLite and on PostgreSQL alike."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from service.domain.archive import reading_to_json
from service.domain.findings import CellRef, FindingCode
from service.domain.reading import Acceptance, Given, Rejected
from service.domain.reports import DocumentKind, Source
from service.settings import PROJECT
from service.store import Appended, KeyReused, Store, migrate, new_id, open_store
from service.store.engine import make_engine
from tests.integration.samples import NOON, a_document, accepted, an_upload, append, append_or_refuse
from tests.plans import reference_plan

OLD_REPORT = Path(__file__).with_name("a_report_of_0001.sql")
FINDINGS_ONLY = (DocumentKind.FINDINGS,)
EMPTY = FindingCode.CELL_001.at(CellRef("Hoja1", "C7"), column="RESPONSABLE")


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
    assert isinstance(append_as(Given()), KeyReused)


def test_the_previous_report_is_the_latest_earlier_quarter_of_the_year(store: Store) -> None:
    for quarter, version in ((1, "2.0"), (2, "1.0"), (3, "2.0"), (4, "2.0")):
        append_or_refuse(store, reading=accepted(version, quarter))
    third = accepted("2.0", 3).plan

    same_version = store.previous_plan(third.quarter, third.version)
    other = accepted("3.0", 3).plan
    other_version = store.previous_plan(other.quarter, other.version)

    assert same_version == accepted("2.0", 1).plan
    assert other_version == accepted("1.0", 2).plan
    assert store.previous_plan(replace(third.quarter, number=1), third.version) is None
    assert store.previous_plan(replace(third.quarter, year=2025), third.version) is None


def test_a_draft_is_nobodys_previous_report(store: Store) -> None:
    draft = replace(rejected(), plan=replace(reference_plan().as_draft(), quarter=1))
    append_draft(store, draft)

    assert store.previous_plan(reference_plan().quarter, reference_plan().version) is None


def test_the_last_mapping_of_a_layout_is_the_one_remembered(store: Store) -> None:
    layout = "a" * 64
    assert store.mapping_of(layout) == ()

    store.remember_mapping(layout, (("Dependencia", "lead"),), NOON)
    store.remember_mapping(layout, (("Dependencia", ""), ("Área", "lead")), NOON)

    assert store.mapping_of(layout) == (("Dependencia", ""), ("Área", "lead"))
    assert store.mapping_of("b" * 64) == ()


def test_reports_from_before_there_were_drafts_stay_whole(database_url: str) -> None:
    engine = make_engine(database_url)
    config = Config()
    config.set_main_option("script_location", str(PROJECT / "service" / "store" / "migrations"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        for statement in OLD_REPORT.read_text("utf-8").split(";\n"):
            connection.execute(sa.text(statement))
    engine.dispose()

    migrate(database_url)

    store = open_store(database_url)
    (report,) = store.reports(9)
    assert (report.id, report.edition, report.is_draft) == ("old", 1, False)
    assert [document.kind for document in report.documents] == [DocumentKind.WORD]
    assert append(store).report.edition == 2
    store.close()
