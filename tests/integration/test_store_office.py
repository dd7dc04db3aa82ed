"""What the office says of itself, which report keeps which of it, who gets a seal, and the copies that come back."""

from __future__ import annotations

import datetime as dt
import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from service.domain.frame import NO_FRAME, Approval, Frame, Logo, Role, Seal, Signer
from service.domain.office import REFERENCE_OFFICE, Office, OfficeSettings
from service.domain.proof import Difference, Proof, Tally
from service.domain.reports import DocumentKind, Report
from service.seals import Sealer
from service.store import Store, new_id, open_store
from tests.integration.samples import (
    NOON,
    OFFICE,
    SEALER,
    a_document,
    accepted,
    append,
    issue,
    issued,
    keep_signed,
    rows_of,
)

PLANNING = "Oficina de Planeación"
FULL = OfficeSettings(
    Office(units=("Una", "Otra"), tells_change_log=True, objective="Cumplir."),
    Frame(
        entity="Entidad de Ejemplo",
        logo=Logo(b"\x89PNG", "image/png", 10, 20, "Escudo"),
        signers=(Signer(Role.APPROVED, "Persona de Ejemplo Uno", "Director de Ejemplo", is_acting=True),),
        approval=Approval("Comité de Ejemplo", "Acta 1", dt.date(2024, 5, 2)),
        has_radicado_zone=True,
    ),
)
UNSEALED = replace(FULL, frame=replace(FULL.frame, has_seal=False))


def said(store: Store, settings: OfficeSettings, minutes: int = 0) -> int:
    return store.keep_office(settings, now=NOON + dt.timedelta(minutes=minutes), by=PLANNING).seq


def told(store: Store, job_id: str) -> Report:
    """The report as the worker gets it."""
    claim = store.claim(job_id, new_id(), NOON, dt.timedelta(minutes=1))
    assert claim is not None
    return claim.report


def test_what_was_said_last_counts_and_all_of_it_is_kept(store: Store) -> None:
    assert (store.office(), store.office_history()) == (None, ())

    assert [said(store, FULL), said(store, OFFICE, 1), said(store, FULL, 2)] == [1, 2, 3]

    last = store.office()
    assert last is not None
    assert (last.seq, last.at, last.by, last.settings) == (3, NOON + dt.timedelta(minutes=2), PLANNING, FULL)
    assert [kept.settings for kept in store.office_history()] == [FULL, OFFICE, FULL]
    assert store.verify_audit().is_sound


def test_saying_again_what_counts_keeps_nothing_new(store: Store, database_url: str) -> None:
    first = store.keep_office(FULL, now=NOON, by=PLANNING)

    again = store.keep_office(FULL, now=NOON + dt.timedelta(days=1), by="Otra persona")

    assert again == first
    assert [row[3] for row in rows_of(database_url, "audit")] == ["office_changed"]


def test_what_another_process_said_counts_at_once_and_what_is_known_is_not_read_again(
    store: Store, database_url: str
) -> None:
    said(store, FULL)
    first = store.office()
    assert store.office() is first

    another = open_store(database_url)
    try:
        another.keep_office(OFFICE, now=NOON + dt.timedelta(minutes=1), by=PLANNING)
    finally:
        another.close()

    second = store.office()
    assert second is not None
    assert (second.seq, second.settings) == (2, OFFICE)
    assert store.office() is second


def test_of_many_who_speak_at_once_all_are_kept_in_turn(store: Store) -> None:
    offices = [OfficeSettings(Office(units=(f"Dependencia {number}",))) for number in range(12)]
    with ThreadPoolExecutor(6) as people:
        kept = list(people.map(lambda office: said(store, office), offices))

    assert sorted(kept) == list(range(1, 13))
    assert store.verify_audit().is_sound


def test_a_report_keeps_what_counted_when_it_was_uploaded_and_when_it_was_issued(store: Store) -> None:
    said(store, OFFICE)
    draft = append(store)
    said(store, FULL, 1)
    outcome = issue(store, draft.report.id)
    said(store, OFFICE, 2)

    marked, final = (
        store.claim(job_id, new_id(), NOON, dt.timedelta(minutes=1))
        for job_id in (draft.job_ids[0], outcome.job_ids[0])
    )

    assert marked is not None
    assert final is not None
    assert (marked.office, marked.report.frame, marked.report.seal) == (OFFICE.office, OFFICE.frame, None)
    assert (final.office, final.report.frame) == (FULL.office, FULL.frame)
    assert final.report.seal == SEALER.seal(draft.report.id)
    assert store.finish(final, a_document(), NOON)
    origin = store.origin(draft.report.id, DocumentKind.WORD)
    assert origin is not None
    assert (origin.report, origin.office) == (final.report, FULL.office)


def test_an_issue_that_says_nothing_of_the_approval_has_the_office_s_and_otherwise_its_own(store: Store) -> None:
    said(store, FULL)
    silent, own = append(store).report.id, append(store).report.id
    store.issue(silent, now=NOON, by=PLANNING)
    store.issue(own, now=NOON, by=PLANNING, approval=Approval("Consejo Directivo"))

    assert told(store, f"{silent}.word.final").approval == FULL.frame.approval
    # An act of one instance is none of another's.
    assert told(store, f"{own}.word.final").approval == Approval("Consejo Directivo")
    kept = store.report(silent)
    assert kept is not None
    assert kept.approval == Approval(), "what was said with the issue"


def test_an_office_that_said_nothing_is_the_reference_office_and_has_seals(store: Store) -> None:
    report = issued(store)

    final = told(store, f"{report.id}.word.final")

    seal = SEALER.seal(report.id)
    assert (final.frame, final.seal) == (NO_FRAME, seal)
    assert (report.code, report.address) == (seal.code, seal.address)
    assert seal.address == f"https://folio.example/verificar/{seal.code}"


def test_whether_a_report_is_sealed_is_decided_by_what_counts_at_its_issue(store: Store) -> None:
    asked: list[str] = []

    def sealer(report_id: str) -> Seal:
        asked.append(report_id)
        return SEALER.seal(report_id)

    first, second = append(store).report.id, append(store).report.id
    said(store, UNSEALED)
    store.issue(first, now=NOON, by=PLANNING, sealer=sealer)
    said(store, FULL)
    store.issue(second, now=NOON, by=PLANNING, sealer=sealer)

    assert asked == [second]
    without, with_seal = store.report(first), store.report(second)
    assert without is not None
    assert with_seal is not None
    assert (without.code, told(store, f"{first}.word.final").seal) == (None, None)
    assert with_seal.code == SEALER.seal(second).code


def test_the_seal_that_was_given_stays_when_the_installation_moves(store: Store) -> None:
    report = issued(store)
    moved = Sealer(b"another secret of more than 32 bytes", "https://otra.example")

    again = store.issue(report.id, now=NOON, by=PLANNING, sealer=moved.seal)

    assert store.report(report.id) == report
    assert getattr(again, "report", None) == report


def test_a_report_is_found_by_its_code_and_a_draft_by_none(store: Store) -> None:
    report, draft = issued(store), append(store).report
    assert report.code is not None
    assert store.report_by_code(report.code) == report
    assert store.report_by_code(SEALER.seal(draft.id).code) is None
    assert store.report_by_code("") is None


def test_the_proof_of_a_document_is_kept_with_it(store: Store) -> None:
    proof = Proof(Tally(10, 10), Tally(110, 109), Tally(5000, 4999), 3, (Difference("acción 3", "20", "2"),))
    draft = append(store)
    claim = store.claim(draft.job_ids[0], "me", NOON, dt.timedelta(minutes=1))
    assert claim is not None
    assert store.finish(claim, replace(a_document(), proof=proof), NOON)

    report = store.report(draft.report.id)

    assert report is not None
    assert [document.proof for document in report.documents] == [proof, None]
    assert store.verify_audit().is_sound


def test_a_signed_copy_is_kept_with_the_report_byte_for_byte(store: Store) -> None:
    report = issued(store)
    content = b"%PDF-1.7 signed"

    copy = keep_signed(store, report.id, content)

    assert (copy.report_id, copy.filename, copy.size, copy.at) == (report.id, "firmado.pdf", len(content), NOON)
    assert copy.sha256 == hashlib.sha256(content).hexdigest()
    assert copy.verdict == {"kind": "signed", "signers": ["Persona de Ejemplo Uno"]}
    assert store.signed_copy(report.id, copy.id) == (copy, content)
    shown = store.report(report.id)
    assert shown is not None
    assert shown.signed_copies == (copy,)
    assert store.reports(9)[0].signed_copies == (copy,)


def test_the_same_copy_again_is_the_one_that_was_kept_first(store: Store, database_url: str) -> None:
    report = issued(store)
    first = keep_signed(store, report.id)
    entries = rows_of(database_url, "audit")

    with ThreadPoolExecutor(4) as people:
        again = set(people.map(lambda _: keep_signed(store, report.id).id, range(8)))

    assert again == {first.id}
    assert rows_of(database_url, "audit") == entries
    assert keep_signed(store, report.id, b"another").id != first.id


def test_a_copy_is_of_the_report_that_it_was_kept_with_alone(store: Store) -> None:
    report, other = issued(store), issued(store)
    copy = keep_signed(store, report.id)

    assert store.signed_copy(other.id, copy.id) is None
    assert store.signed_copy("nothing", copy.id) is None
    assert keep_signed(store, other.id).report_id == other.id


def test_a_copy_of_a_draft_is_refused(store: Store) -> None:
    draft = append(store, reading=accepted()).report
    for report_id in (draft.id, "nothing"):
        with pytest.raises(ValueError, match="no issued report"):
            keep_signed(store, report_id)


def test_drafts_are_read_with_the_reference_office_where_nobody_said_anything(store: Store) -> None:
    claim = store.claim(append(store).job_ids[0], "me", NOON, dt.timedelta(minutes=1))
    assert claim is not None
    assert (claim.office, claim.report.frame) == (REFERENCE_OFFICE, NO_FRAME)
