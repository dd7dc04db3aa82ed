"""Drafts that become the office's word: editions without gap, what supersedes what, which documents belong to which."""

from __future__ import annotations

import datetime as dt
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import sqlalchemy as sa

from service.domain.archive import reading_to_json
from service.domain.findings import CellRef, FindingCode
from service.domain.frame import Approval
from service.domain.office import Office, OfficeSettings
from service.domain.plan import Plan
from service.domain.reading import Acceptance, Given, Rejected, with_accepted
from service.domain.reports import ChangeLogEntry, DocumentKind, ReportStatus
from service.domain.succession import Proposal, Step
from service.domain.values import Quarter, VersionNumber
from service.store import Appended, Issued, KeyReused, NotIssuable, Store, StoredReport, WhyNotIssuable, new_id
from tests.integration.samples import (
    BOTH,
    NOON,
    accepted,
    an_upload,
    append,
    append_or_refuse,
    finish,
    issue,
    issued,
)
from tests.plans import reference_plan

LEASE = dt.timedelta(minutes=1)
OFFICE = "Oficina de Planeación"
LOG = (ChangeLogEntry(VersionNumber(2, 0), dt.date(2024, 5, 2), "Se cambió una meta.", "Comité Institucional"),)


def later(hours: int) -> dt.datetime:
    return NOON + dt.timedelta(hours=hours)


def shown(store: Store, report_id: str) -> StoredReport:
    report = store.report(report_id)
    assert report is not None
    return report


def with_errors(store: Store) -> str:
    understood = Rejected(reference_plan().as_draft(), (), ())
    raw = json.dumps(reading_to_json(understood)).encode()
    kept = store.append_report(an_upload(), understood, raw, BOTH, report_id=new_id(), now=NOON)
    assert isinstance(kept, Appended)
    assert kept.report == store.report(kept.report.id)
    return kept.report.id


def test_an_issued_report_tells_who_issued_it_when_and_why_and_is_found_so(store: Store) -> None:
    first, draft = issued(store), append(store).report
    approval = Approval("Comité Institucional", "Acta 7", dt.date(2024, 10, 6))

    outcome = store.issue(
        draft.id,
        now=later(1),
        by=OFFICE,
        reason="Faltaba una meta.",
        approval=approval,
        description="Se agregó la meta de la acción 3.",
        previous=first.id,
        change_log=LOG,
    )

    assert isinstance(outcome, Issued)
    report = outcome.report
    assert store.report(draft.id) == report
    assert (report.status, report.edition, report.issued_at, report.issued_by) == (
        ReportStatus.ISSUED,
        2,
        later(1),
        OFFICE,
    )
    assert (report.reason, report.description, report.previous) == (
        "Faltaba una meta.",
        "Se agregó la meta de la acción 3.",
        first.id,
    )
    assert (report.approval, report.change_log) == (approval, LOG)
    assert report.created_at == draft.created_at


def test_issuing_queues_the_official_documents_without_the_mark_and_what_changed_since_the_previous(
    store: Store,
) -> None:
    first = issued(store)
    draft = append(store, kinds=(DocumentKind.EXCEL, DocumentKind.FINDINGS)).report

    outcome = issue(store, draft.id, previous=first.id)

    assert outcome.job_ids == (
        f"{draft.id}.word.final",
        f"{draft.id}.excel.final",
        f"{draft.id}.pdf.final",
        f"{draft.id}.changes.{first.id}.final",
        f"{draft.id}.redline.{first.id}.final",
        f"{draft.id}.package.final",
    )
    assert [(document.kind, document.against, document.is_final) for document in outcome.report.documents] == [
        (DocumentKind.WORD, None, True),
        (DocumentKind.EXCEL, None, True),
        (DocumentKind.PDF, None, True),
        (DocumentKind.FINDINGS, None, False),
        (DocumentKind.CHANGES, first.id, True),
        (DocumentKind.REDLINE, first.id, True),
        (DocumentKind.PACKAGE, None, True),
    ]
    assert outcome.report.documents[0].filename == "plan-de-accion-2024_v2.0_seguimiento-III-trimestre_edicion-2.docx"


def test_comparisons_with_different_reports_have_different_names(store: Store) -> None:
    draft, earlier = append(store, content=b"a").report, issued(store, "1.0", 2)
    other = append(store, content=b"b").report
    for against in (earlier.id, other.id):
        store.request_documents(draft.id, (DocumentKind.CHANGES,), against, now=NOON, by=OFFICE)
    shown = store.report(draft.id)
    assert shown is not None
    start = "plan-de-accion-2024_v2.0_seguimiento-III-trimestre_frente-a-2024-v"
    assert {document.filename for document in shown.documents if document.kind is DocumentKind.CHANGES} == {
        f"{start}1.0-II-trimestre_cambios_borrador.docx",
        f"{start}2.0-III-trimestre-borrador_cambios_borrador.docx",
    }


def test_a_worker_gets_a_draft_with_its_mark_and_an_issued_report_with_its_numbers_and_change_log(
    store: Store,
) -> None:
    appended = append(store)
    store.issue(appended.report.id, now=later(1), by=OFFICE, change_log=LOG)

    draft = store.claim(appended.job_ids[0], "me", later(1), LEASE)
    final = store.claim(f"{appended.report.id}.word.final", "me", later(1), LEASE)

    assert draft is not None
    assert final is not None
    assert (draft.report.is_draft, draft.report.edition, draft.report.created_at) == (True, 1, NOON)
    assert draft.report.change_log == ()
    assert (final.report.is_draft, final.report.edition, final.report.created_at) == (False, 1, later(1))
    assert final.report.change_log == LOG


def test_issuing_what_is_issued_gives_the_same_answer_again(store: Store) -> None:
    draft = append(store).report
    first = issue(store, draft.id)
    again = issue(store, draft.id, now=later(5), previous=issued(store).id)

    assert (first.is_new, again.is_new) == (True, False)
    assert sorted(again.job_ids) == sorted(first.job_ids)
    assert (again.report.edition, again.report.issued_at, again.report.previous) == (1, NOON, None)


def test_a_report_with_errors_is_never_issued(store: Store) -> None:
    report_id = with_errors(store)

    outcome = store.issue(report_id, now=NOON, by=OFFICE)

    assert outcome == NotIssuable(WhyNotIssuable.HAS_ERRORS)
    assert shown(store, report_id).status is ReportStatus.DRAFT


def test_what_does_not_exist_cannot_be_issued(store: Store) -> None:
    assert store.issue("nothing", now=NOON, by=OFFICE) == NotIssuable(WhyNotIssuable.UNKNOWN)


@pytest.mark.parametrize("previous", ["nothing", "itself"])
def test_changes_are_told_against_another_report_that_is_there(store: Store, previous: str) -> None:
    draft = append(store).report

    with pytest.raises(ValueError, match="no report that"):
        issue(store, draft.id, previous=draft.id if previous == "itself" else previous)

    assert shown(store, draft.id).status is ReportStatus.DRAFT
    assert issued(store).edition == 1


def test_a_hundred_corrections_issued_at_once_get_editions_one_to_a_hundred(store: Store) -> None:
    drafts = [append(store).report.id for _ in range(100)]

    with ThreadPoolExecutor(100) as threads:
        editions = list(threads.map(lambda draft: issue(store, draft).report.edition, drafts))

    assert sorted(edition or 0 for edition in editions) == list(range(1, 101))
    reports = store.reports(200)
    assert sorted(report.edition or 0 for report in reports) == list(range(1, 101))
    assert [report.edition for report in reports if report.status is ReportStatus.ISSUED] == [100]
    verdict = store.verify_audit()
    assert verdict.is_sound, verdict.broken


def test_what_was_looked_at_before_another_report_of_the_year_is_not_issued(store: Store) -> None:
    first, correction = append(store).report.id, append(store).report.id
    assert isinstance(store.issue(first, now=NOON, by=OFFICE, seen=0), Issued)
    # Of another quarter and version: what follows what goes over the whole year.
    issued(store, "1.0", 1)

    late = store.issue(correction, now=later(1), by=OFFICE, previous=first, seen=1)
    again = store.issue(first, now=later(1), by=OFFICE, seen=0)

    assert late == NotIssuable(WhyNotIssuable.STALE)
    assert shown(store, correction).status is ReportStatus.DRAFT
    assert isinstance(again, Issued)
    assert not again.is_new
    assert isinstance(store.issue(correction, now=later(1), by=OFFICE, previous=first, seen=2), Issued)


def test_what_was_looked_at_before_the_office_said_something_else_is_not_issued(store: Store) -> None:
    first, second = append(store).report.id, append(store).report.id
    assert isinstance(store.issue(first, now=NOON, by=OFFICE, office_seq=0), Issued)
    seq = store.keep_office(OfficeSettings(Office(tells_change_log=True)), now=NOON, by=OFFICE).seq

    late = store.issue(second, now=later(1), by=OFFICE, office_seq=0)

    assert late == NotIssuable(WhyNotIssuable.STALE)
    assert shown(store, second).status is ReportStatus.DRAFT
    assert isinstance(store.issue(first, now=later(1), by=OFFICE, office_seq=0), Issued), "it is issued already"
    assert isinstance(store.issue(second, now=later(1), by=OFFICE, office_seq=seq), Issued)


def test_twenty_who_issue_one_report_at_once_issue_it_once(store: Store) -> None:
    draft = append(store).report.id

    with ThreadPoolExecutor(20) as threads:
        outcomes = list(threads.map(lambda _: issue(store, draft), range(20)))

    assert sum(outcome.is_new for outcome in outcomes) == 1
    assert {outcome.report.edition for outcome in outcomes} == {1}
    assert issued(store).edition == 2


def test_editions_are_counted_apart_for_each_version_and_quarter(store: Store) -> None:
    editions = [
        issued(store, version, quarter).edition
        for version, quarter in (("2.0", 3), ("2.1", 3), ("2.0", 4), ("2.0", 3), ("10.0", 3))
    ]
    assert editions == [1, 1, 1, 2, 1]


def test_uploads_use_up_no_editions_and_say_which_they_would_be(store: Store) -> None:
    first, second = append(store).report, append(store).report

    assert (first.proposed_edition, second.proposed_edition) == (1, 1)
    assert issue(store, second.id).report.edition == 1
    assert issue(store, first.id).report.edition == 2
    assert append(store).report.proposed_edition == 3


def test_a_later_edition_and_a_later_version_of_the_quarter_supersede(store: Store) -> None:
    first = issued(store, "9.0", now=later(0)).id
    other_quarter = issued(store, "9.0", 2, now=later(1)).id
    correction = issued(store, "9.0", now=later(2)).id
    assert shown(store, first).superseded_by == correction
    # As numbers, not as texts.
    new_version = issued(store, "10.0", now=later(3)).id
    late_correction = issued(store, "9.0", now=later(4)).id

    assert [(shown(store, each).status, shown(store, each).superseded_by) for each in (first, correction)] == [
        (ReportStatus.SUPERSEDED, new_version),
        (ReportStatus.SUPERSEDED, new_version),
    ]
    assert shown(store, late_correction).superseded_by == new_version
    assert shown(store, new_version).status is ReportStatus.ISSUED
    assert shown(store, other_quarter).status is ReportStatus.ISSUED


def test_what_was_proposed_and_what_the_person_said_stay_with_the_upload(store: Store) -> None:
    first = issued(store)
    proposal = Proposal(Step.CORRECTION, "Cambian dos avances.", VersionNumber(2, 0), Quarter(2024, 3), 2, first.id)
    understood = accepted()
    raw = json.dumps(reading_to_json(understood)).encode()

    def send(step: str) -> Appended | KeyReused:
        return store.append_report(
            an_upload(),
            understood,
            raw,
            BOTH,
            report_id=new_id(),
            now=NOON,
            idempotency_key="a-key",
            given=Given(),
            proposal=proposal,
            step=step,
            by=OFFICE,
        )

    kept = send("new_version")

    assert isinstance(kept, Appended)
    report = shown(store, kept.report.id)
    assert (report.proposal, report.step, report.proposed_edition) == (proposal, "new_version", 2)
    assert report.uploaded_by == OFFICE
    assert report.upload_sha256 == an_upload().sha256
    assert isinstance(send("new_version"), Appended)
    assert isinstance(send("correction"), KeyReused)


def test_a_draft_of_another_version_or_quarter_than_proposed_takes_an_edition_of_its_own(store: Store) -> None:
    issued(store, "2.0", 3)
    for version, quarter in ((VersionNumber(2, 1), Quarter(2024, 3)), (VersionNumber(2, 0), Quarter(2024, 4))):
        proposal = Proposal(Step.CORRECTION, "Es otra cosa.", version, quarter, 7, None)
        raw = json.dumps(reading_to_json(accepted())).encode()

        kept = store.append_report(an_upload(), accepted(), raw, BOTH, report_id=new_id(), now=NOON, proposal=proposal)

        assert isinstance(kept, Appended)
        assert (kept.report.proposed_edition, kept.report.proposal) == (2, proposal)
        assert kept.report == store.report(kept.report.id)


def test_the_past_of_a_year_is_what_was_issued_in_it_and_the_last_of_the_year_before(store: Store) -> None:
    first = issued(store, "1.0", 1, now=later(1)).id
    second = issued(store, "1.0", 2, now=later(2)).id
    correction = issued(store, "1.0", 1, now=later(3)).id
    append(store)

    assert [report.id for report in store.past(2024)] == [correction, second, first]
    assert [report.id for report in store.past(2025)] == [correction]
    assert store.past(2023) == ()


def test_an_upload_is_held_against_the_issued_reports_of_its_year_the_last_one_before_and_the_newest_draft_like_it(
    store: Store,
) -> None:
    first, second = (issued(store, "1.0", number, now=later(number)).id for number in (1, 2))
    append(store, now=later(3))
    newer = append(store, now=later(4)).report.id
    append_or_refuse(store, reading=accepted("2.1"))
    of_issue, version = issued(store, now=later(5)).id, VersionNumber(2, 0)

    assert {each.id: each.edition for each in store.filed(2024, 3, version)} == {
        first: 1, second: 1, of_issue: 1, newer: None,
    }  # fmt: skip
    assert {each.id for each in store.filed(2025, 3, version)} == {of_issue}
    assert store.filed(2023, 3, version) == ()
    assert newer not in {each.id for each in (*store.filed(2024), *store.filed(2024, 3))}
    assert store.reports(1, is_issued=False)[0].id == newer
    assert len(store.reports(9, is_issued=True)) == 3


def test_an_upload_is_told_what_was_let_stand_in_the_report_that_it_is_held_against(store: Store) -> None:
    place = CellRef("Hoja1", "D5")
    (finding,) = with_accepted((FindingCode.STEP_001.at(place, value="1.0", latest="2.0", year=2024),), (
        Acceptance(FindingCode.STEP_001, place, "Así se aprobó."),
    ))  # fmt: skip
    append_or_refuse(store, reading=replace(accepted(), findings=(finding,)))

    (draft,) = store.filed(2024, 3, VersionNumber(2, 0))

    assert (draft.quarter, draft.version) == (Quarter(2024, 3), VersionNumber(2, 0))
    assert draft.accepted == {Acceptance(FindingCode.STEP_001, place, "Así se aprobó.")}


def test_the_plan_of_a_report_is_given_as_it_was_understood(store: Store) -> None:
    assert store.plan_of(append(store).report.id) == reference_plan()
    assert store.plan_of(with_errors(store)) == reference_plan()
    assert store.plan_of("nothing") is None
    assert isinstance(store.plan_of(append(store).report.id), Plan)


def test_a_comparison_gets_the_other_report_as_it_stands(store: Store) -> None:
    draft, word = append(store, content=b"a").report, issued(store, "1.0", 2)

    (job_id,) = store.request_documents(draft.id, (DocumentKind.CHANGES,), word.id, now=NOON, by=OFFICE)
    (back,) = store.request_documents(word.id, (DocumentKind.REDLINE,), draft.id, now=NOON, by=OFFICE)

    assert (job_id, back) == (f"{draft.id}.changes.{word.id}", f"{word.id}.redline.{draft.id}.final")
    claim, other = store.claim(job_id, "me", NOON, LEASE), store.claim(back, "me", NOON, LEASE)
    assert claim is not None
    assert other is not None
    assert (claim.report.id, claim.report.is_draft) == (draft.id, True)
    assert [(report.id, report.is_draft, report.edition) for report in claim.others] == [(word.id, False, 1)]
    assert [(report.id, report.is_draft) for report in other.others] == [(draft.id, True)]
    assert store.document(draft.id, DocumentKind.CHANGES, word.id) is None
    finish(store, f"{draft.id}.changes.{word.id}", now=later(1))
    found = store.document(draft.id, DocumentKind.CHANGES, word.id)
    assert found is not None
    assert found[0].against == word.id
    assert store.document(draft.id, DocumentKind.CHANGES) is None


def test_documents_are_asked_for_once(store: Store) -> None:
    draft, other = append(store).report, append(store).report
    kinds = (DocumentKind.WORD, DocumentKind.NEXT_QUARTER, DocumentKind.CHANGES)

    first = store.request_documents(draft.id, kinds, other.id, now=NOON, by=OFFICE)
    again = store.request_documents(draft.id, kinds, other.id, now=later(1), by=OFFICE)

    assert first == (f"{draft.id}.changes.{other.id}", f"{draft.id}.next_quarter")
    assert again == ()


@pytest.mark.parametrize("against", [None, "nothing", "itself"])
def test_a_comparison_needs_another_report(store: Store, against: str | None) -> None:
    draft = append(store).report

    with pytest.raises(ValueError, match="no report that"):
        store.request_documents(
            draft.id, (DocumentKind.REDLINE,), draft.id if against == "itself" else against, now=NOON, by=OFFICE
        )
    with pytest.raises(ValueError, match="a comparison is asked for"):
        append(store, kinds=(DocumentKind.REDLINE,))


def test_what_an_upload_was_made_ready_from_comes_with_the_claim_for_the_next_quarter(store: Store) -> None:
    report = append(store, content=b"the very upload").report
    (job_id,) = store.request_documents(report.id, (DocumentKind.NEXT_QUARTER,), None, now=NOON, by=OFFICE)

    claim = store.claim(job_id, "me", NOON, LEASE)

    assert claim is not None
    assert claim.source is not None
    assert claim.source.workbook == b"the very upload"
    issue(store, report.id)
    assert DocumentKind.NEXT_QUARTER in {document.kind for document in shown(store, report.id).documents}


def test_the_documents_of_a_year_tell_each_quarter_as_it_was_in_force_when_they_were_asked_for(store: Store) -> None:
    first = issued(store, "1.0", 1, now=later(1)).id
    second = issued(store, "1.0", 2, now=later(2)).id
    third = issued(store, "1.0", 3, now=later(3)).id
    issued(store, "1.0", 4, now=later(4))
    (before,) = store.request_documents(third, (DocumentKind.YEAR_WORD,), None, now=later(5), by=OFFICE)
    corrected = issued(store, "2.0", 1, now=later(6)).id
    (after,) = store.request_documents(third, (DocumentKind.YEAR_WORD,), None, now=later(7), by=OFFICE)
    assert store.request_documents(third, (DocumentKind.YEAR_WORD,), None, now=later(8), by=OFFICE) == ()

    claims = [store.claim(job_id, "me", later(9), LEASE) for job_id in (before, after)]

    assert [[report.id for report in claim.others] for claim in claims if claim] == [
        [first, second, third],
        [corrected, second, third],
    ]
    finish(store, before, b"before", later(10))
    assert store.document(third, DocumentKind.YEAR_WORD) is None, "the newer one is not written yet"
    finish(store, after, b"after", later(10))
    found = store.document(third, DocumentKind.YEAR_WORD)
    assert found is not None
    assert (found[0].against, found[1]) == (None, b"after")


def test_the_year_of_a_first_quarter_is_that_quarter(store: Store) -> None:
    draft = append(store, reading=accepted(quarter=1), kinds=(DocumentKind.YEAR_EXCEL,))
    claim = store.claim(draft.job_ids[0], "me", NOON, LEASE)
    assert claim is not None
    assert claim.others == (claim.report,)


def test_an_issued_report_is_never_answered_with_the_documents_of_its_draft(store: Store) -> None:
    appended = append(store)
    finish(store, appended.job_ids[0], b"with the mark")
    assert store.document(appended.report.id, DocumentKind.WORD) is not None

    outcome = issue(store, appended.report.id)

    assert store.document(appended.report.id, DocumentKind.WORD) is None
    finish(store, outcome.job_ids[0], b"without")
    found = store.document(appended.report.id, DocumentKind.WORD)
    assert found is not None
    assert found[1] == b"without"


def test_a_list_of_a_hundred_reports_takes_four_queries(store: Store) -> None:
    for number in range(100):
        report = append(store, reading=accepted(f"{number % 7 + 1}.0", number % 4 + 1)).report
        if number % 2:
            issue(store, report.id)
    statements: list[str] = []
    sa.event.listen(
        store._engine, "before_cursor_execute", lambda _connection, _cursor, statement, *_: statements.append(statement)
    )

    reports = store.reports(100)

    assert len(reports) == 100
    assert {report.status for report in reports} == set(ReportStatus)
    assert len(statements) <= 5
