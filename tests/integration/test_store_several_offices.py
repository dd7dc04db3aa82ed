"""Several planning offices in one store: each numbers and sees its own, and what is another's is not there at all."""

from __future__ import annotations

import datetime as dt
import inspect
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, Final

import pytest

from service.domain.errors import TemplateProblem
from service.domain.office import OfficeSettings
from service.domain.people import FIRST_OFFICE
from service.domain.reading import Given
from service.domain.reports import DocumentKind, JobState, ReportStatus
from service.store import (
    Appended,
    Issued,
    KeyReused,
    NotIssuable,
    SignedCopy,
    Store,
    StoredReport,
    Wants,
    WhyNotIssuable,
    new_id,
)
from tests.integration.samples import (
    BOTH,
    NOON,
    OFFICE,
    accepted,
    an_upload,
    append,
    append_or_refuse,
    finish,
    issue,
    issued,
    keep_signed,
    rows_of,
)

BY: Final = "Persona de Ejemplo Uno"
LAYOUT: Final = "a" * 64
THEIR_SETTINGS: Final = replace(OFFICE, frame=replace(OFFICE.frame, entity="Otra entidad"))


@dataclass(frozen=True)
class Theirs:
    """What another office has, and our own report beside it."""

    store: Store
    draft: StoredReport
    issued: StoredReport
    copy: SignedCopy
    mine: StoredReport


@pytest.fixture
def sur(store: Store) -> Store:
    """A second office, in which nothing is yet."""
    store.open_planning_office("sur", "Región sur", now=NOON, by=BY)
    return store.within("sur")


@pytest.fixture
def theirs(store: Store, sur: Store) -> Theirs:
    """A second office that has everything."""
    sur.keep_office(THEIR_SETTINGS, now=NOON, by=BY)
    mine = append(store, reading=accepted("9.0", 1)).report
    first = issued(sur)
    second = issue(sur, append(sur, key="a-key").report.id, previous=first.id).report
    finish(sur, f"{second.id}.word.final")
    copy = keep_signed(sur, second.id)
    sur.remember_mapping(LAYOUT, (("Dependencia", "lead"),), NOON, BY)
    found = sur.report(second.id)
    assert found
    draft = append(sur).report
    claim = sur.claim(f"{draft.id}.excel", new_id(), NOON, dt.timedelta(hours=1))
    assert claim
    assert sur.fail(claim, TemplateProblem("Una plantilla que no sirve."), NOON)
    return Theirs(sur, draft, found, copy, mine)


def test_two_offices_issue_the_same_version_and_quarter_each_with_its_own_editions(
    store: Store, sur: Store, database_url: str
) -> None:
    ours, others = issued(store), issued(sur)
    correction = issued(sur)

    assert [(each.office_id, each.edition) for each in (ours, others, correction)] == [
        (FIRST_OFFICE, 1),
        ("sur", 1),
        ("sur", 2),
    ]
    assert store.reports(9) == (store.report(ours.id),)
    assert [(each.id, each.status) for each in sur.past(2024)] == [
        (correction.id, ReportStatus.ISSUED),
        (others.id, ReportStatus.SUPERSEDED),
    ]
    assert [each.status for each in store.past(2024)] == [ReportStatus.ISSUED]
    assert append(store).report.proposed_edition == 2
    assert append(sur).report.proposed_edition == 3
    keys = [(row[-1], *row[1:5]) for row in rows_of(database_url, "issued")]
    assert sorted(keys) == [
        ("principal", 2024, 3, "2.0", 1),
        ("sur", 2024, 3, "2.0", 1),
        ("sur", 2024, 3, "2.0", 2),
    ]
    verdict = store.verify_audit()
    assert verdict.is_sound, verdict.broken


def test_offices_that_issue_at_once_leave_no_edition_out(store: Store, sur: Store) -> None:
    drafts = [(each, append(each).report.id) for each in (store, sur) * 3]

    with ThreadPoolExecutor(6) as pool:
        outcomes = list(pool.map(lambda draft: issue(*draft).report, drafts))

    for office in (FIRST_OFFICE, "sur"):
        assert sorted(each.edition or 0 for each in outcomes if each.office_id == office) == [1, 2, 3]


def test_what_the_others_issued_meanwhile_makes_nothing_stale(store: Store, sur: Store) -> None:
    ours = append(store).report
    sur.keep_office(THEIR_SETTINGS, now=NOON, by=BY)
    issued(sur)

    outcome = store.issue(ours.id, now=NOON, by=BY, seen=0, office_seq=0)

    assert isinstance(outcome, Issued)


def test_the_same_key_of_two_offices_is_two_requests(store: Store, sur: Store) -> None:
    ours, others = append(store, key="a-key"), append(sur, key="a-key", content=b"another workbook")

    assert (ours.is_new, others.is_new) == (True, True)
    assert (store.report_of_key("a-key"), sur.report_of_key("a-key")) == (ours.report.id, others.report.id)
    assert append(sur, key="a-key", content=b"another workbook").report.id == others.report.id
    assert append_or_refuse(sur, key="a-key") == KeyReused(others.report.id)


def test_each_office_says_its_own_settings_and_their_numbers_are_of_one_office_each(store: Store, sur: Store) -> None:
    def said(office: Store, settings: OfficeSettings) -> int:
        return office.keep_office(settings, now=NOON, by=BY).seq

    assert [said(store, OFFICE), said(sur, THEIR_SETTINGS), said(store, THEIR_SETTINGS), said(sur, OFFICE)] == [
        1, 2, 3, 4,
    ]  # fmt: skip
    for office, settings, history in ((store, THEIR_SETTINGS, [3, 1]), (sur, OFFICE, [4, 2])):
        kept = office.office()
        assert kept
        assert kept.settings == settings
        assert [each.seq for each in office.office_history()] == history
        assert said(office, settings) == history[0]
        assert office.made_with(issued(office).id) == settings
    assert store.verify_audit().is_sound


def test_each_office_remembers_layouts_for_itself(store: Store, sur: Store) -> None:
    store.remember_mapping(LAYOUT, (("Dependencia", "lead"),), NOON, BY)
    sur.remember_mapping(LAYOUT, (("Dependencia", "action"),), NOON, BY)
    sur.remember_mapping(LAYOUT, (("Dependencia", ""),), NOON, BY)

    assert store.mapping_of(LAYOUT) == (("Dependencia", "lead"),)
    assert sur.mapping_of(LAYOUT) == (("Dependencia", ""),)
    assert store.verify_audit().is_sound


@pytest.mark.parametrize("kind", [DocumentKind.YEAR_WORD, DocumentKind.YEAR_EXCEL])
def test_a_document_of_the_year_tells_the_quarters_of_its_own_office(
    store: Store, sur: Store, kind: DocumentKind
) -> None:
    for office in (store, sur):
        issued(office, quarter=1)
    of_sur = issued(sur, quarter=2)
    ours, others = issued(store).id, issued(sur).id

    told = {}
    for office, report_id in ((store, ours), (sur, others)):
        (job_id,) = office.request_documents(report_id, (kind,), None, now=NOON, by=BY)
        # The worker's store is bound to the first office, and is told jobs of all of them.
        claim = store.claim(job_id, new_id(), NOON, dt.timedelta(hours=1))
        assert claim
        told[report_id] = [(each.plan.quarter.number, each.id) for each in claim.others]

    assert [quarter for quarter, _ in told[ours]] == [1, 3]
    assert [quarter for quarter, _ in told[others]] == [1, 2, 3]
    assert of_sur.id in dict(told[others]).values()


def test_the_queue_serves_every_office(store: Store, theirs: Theirs) -> None:
    job_id = f"{theirs.draft.id}.word"

    assert job_id in store.due_jobs(NOON)
    finish(store, job_id, b"a draft")

    found = theirs.store.document(theirs.draft.id, DocumentKind.WORD)
    assert found
    assert (found[0].state, found[1]) == (JobState.DONE, b"a draft")


def test_anybody_verifies_a_paper_of_any_office(store: Store, theirs: Theirs) -> None:
    assert theirs.issued.code
    assert store.report_by_code(theirs.issued.code) == theirs.issued
    word = next(each for each in theirs.issued.documents if each.kind is DocumentKind.WORD)
    assert word.sha256
    assert store.report_of_file(word.sha256) == theirs.issued
    assert store.report_of_file(theirs.copy.sha256) == theirs.issued
    # Whoever goes on from there does so as the office that issued it.
    there = store.within(theirs.issued.office_id)
    assert there.document(theirs.issued.id, DocumentKind.WORD)
    assert there.made_with(theirs.issued.id) == THEIR_SETTINGS


def test_what_an_office_did_names_it_in_the_log(store: Store, theirs: Theirs, database_url: str) -> None:
    theirs.store.note_refusal(theirs.draft.id, "DELETE", now=NOON, by=BY)
    theirs.store.request_documents(theirs.draft.id, (DocumentKind.FINDINGS,), None, now=NOON, by=BY)
    issue(store, theirs.mine.id)

    named = {(row[3], row[5].partition('"office":"')[2].partition('"')[0]) for row in rows_of(database_url, "audit")}

    assert named == {
        ("office_opened", "sur"),
        ("office_changed", "sur"),
        ("draft_kept", "principal"),
        ("draft_kept", "sur"),
        ("issued", "principal"),
        ("issued", "sur"),
        ("superseded", "sur"),
        ("document_kept", "sur"),
        ("signed_copy_kept", "sur"),
        ("layout_remembered", "sur"),
        ("attempt_refused", "sur"),
        ("documents_requested", "sur"),
    }
    assert store.verify_audit().is_sound


def refused(work: Callable[[], object]) -> str:
    """What a call that asks for what is not there is refused with."""
    with pytest.raises(ValueError, match="report") as refusal:
        work()
    return type(refusal.value).__name__


def a_document_asked_against(store: Store, theirs: Theirs) -> object:
    kinds = (DocumentKind.CHANGES,)
    return refused(lambda: store.request_documents(theirs.mine.id, kinds, theirs.issued.id, now=NOON, by=BY))


# Every method that finds or changes what is an office's, called here for what is another's: what it gives.
BOUND: Final[dict[str, tuple[Callable[[Store, Theirs], object], object]]] = {
    "report": (lambda store, theirs: store.report(theirs.issued.id), None),
    "reports": (
        lambda store, theirs: [*store.reports(9, is_issued=True), *store.reports(9, theirs.draft.id)],
        [],
    ),
    "past": (lambda store, _: (store.past(2024), store.past(2025)), ((), ())),
    "filed": (
        lambda store, theirs: [store.filed(year, 3, theirs.draft.version) for year in (2024, 2025)],
        [(), ()],
    ),
    "plan_of": (lambda store, theirs: store.plan_of(theirs.issued.id), None),
    "reading_json": (lambda store, theirs: store.reading_json(theirs.issued.id), None),
    "document": (lambda store, theirs: store.document(theirs.issued.id, DocumentKind.WORD), None),
    "asked_document": (lambda store, theirs: store.asked_document(theirs.issued.id, DocumentKind.WORD), None),
    "upload": (lambda store, theirs: store.upload(theirs.issued.id), None),
    "report_of_key": (lambda store, _: store.report_of_key("a-key"), None),
    "is_empty": (lambda store, _: store.within("otra").is_empty(), True),
    "append_report": (
        lambda store, _: isinstance(append_or_refuse(store, key="a-key", content=b"other"), Appended),
        True,
    ),
    "take_key": (
        lambda store, theirs: refused(
            lambda: store.take_key("another", theirs.issued.id, an_upload(), accepted(), BOTH, now=NOON, given=Given())
        ),
        "ValueError",
    ),
    "issue": (
        lambda store, theirs: (
            store.issue(theirs.draft.id, now=NOON, by=BY),
            store.issue(theirs.issued.id, now=NOON, by=BY),
            refused(lambda: store.issue(theirs.mine.id, now=NOON, by=BY, previous=theirs.issued.id)),
        ),
        (NotIssuable(WhyNotIssuable.UNKNOWN), NotIssuable(WhyNotIssuable.UNKNOWN), "ValueError"),
    ),
    "request_documents": (
        lambda store, theirs: (
            refused(lambda: store.request_documents(theirs.draft.id, BOTH, None, now=NOON, by=BY)),
            a_document_asked_against(store, theirs),
        ),
        ("ValueError", "ValueError"),
    ),
    "retry_document": (
        lambda store, theirs: store.retry_document(theirs.draft.id, DocumentKind.EXCEL, None, now=NOON, by=BY),
        None,
    ),
    "origin": (lambda store, theirs: store.origin(theirs.issued.id, DocumentKind.WORD), None),
    "mapping_of": (lambda store, _: store.mapping_of(LAYOUT), ()),
    "said_at": (lambda store, _: store.said_at(LAYOUT), None),
    "office": (lambda store, _: store.office(), None),
    "office_history": (lambda store, _: store.office_history(), ()),
    "keep_signed_copy": (
        lambda store, theirs: refused(lambda: keep_signed(store, theirs.issued.id, b"mine")),
        "ValueError",
    ),
    "signed_copy": (lambda store, theirs: store.signed_copy(theirs.issued.id, theirs.copy.id), None),
    "years": (lambda store, _: store.within("otra").years(), ()),
    "year_in_hand": (lambda store, _: store.within("otra").year_in_hand(), None),
    "glances": (lambda store, theirs: [each for each in store.glances((2024,)) if each.id != theirs.mine.id], []),
    "wants": (lambda store, theirs: store.wants((theirs.draft.id, theirs.issued.id)), Wants({}, frozenset())),
    "made_with": (lambda store, theirs: store.made_with(theirs.issued.id), OfficeSettings()),
}
# What says something of the office itself, to which nothing of another's is handed.
SAID: Final = {
    "years",
    "year_in_hand",
    "remember_mapping",
    "keep_office",
    "note_refusal",
    "office_id",
    "within",
    "close",
}
# The worker's, the auditor's, whoever verifies a paper, and who works with it all.
ACROSS: Final = {
    *(
        "claim",
        "claim_together",
        "extend_lease",
        "finish",
        "finish_together",
        "fail",
        "put_back",
        "due_jobs",
        "ready_after",
        "quarantine_exhausted",
        "ping",
    ),
    *("verify_audit", "audit_entries", "report_by_code", "report_of_file"),
    *("planning_offices", "open_planning_office", "rename_planning_office"),
    *("has_administrator", "accounts", "account", "account_of_identity", "account_of_login", "open_account"),
    *("change_account", "tie_identity", "password_of", "choose_password"),
    *("make_link", "link", "first_administrator", "use_link"),
    *("open_session", "session", "sessions_of", "end_session", "end_sessions_of", "look_at_office"),
    *("note_sign_in_refused", "make_token", "token", "tokens", "end_token"),
    *("beat", "programs", "try_writing", "is_up_to_date", "jobs", "queue_state", "finished_since", "kept_since"),
    *("stale_drafts", "sweep_draft"),
}


def test_every_method_of_the_store_is_told_whether_it_is_of_one_office() -> None:
    public = {name for name, _ in inspect.getmembers(Store) if not name.startswith("_")}

    assert public == set(BOUND) | SAID | ACROSS


@pytest.mark.parametrize("method", BOUND)
def test_what_is_another_offices_is_not_there(store: Store, theirs: Theirs, database_url: str, method: str) -> None:
    call, nothing = BOUND[method]
    before: dict[str, Any] = {table: rows_of(database_url, table) for table in ("issued", "signed_copies", "documents")}

    assert call(store, theirs) == nothing

    assert {table: rows_of(database_url, table) for table in before} == before
    assert theirs.store.report(theirs.issued.id) == theirs.issued
    assert store.verify_audit().is_sound


def test_and_is_there_for_its_own_office(theirs: Theirs) -> None:
    as_a_refusal = {"take_key", "keep_signed_copy", "request_documents"}
    own = replace(theirs, mine=theirs.draft)
    for method in set(BOUND) - as_a_refusal - {"append_report", "is_empty", "issue", "years", "year_in_hand"}:
        call, nothing = BOUND[method]
        assert call(theirs.store, own) != nothing, method
    for method in as_a_refusal:
        with pytest.raises(pytest.fail.Exception):
            BOUND[method][0](theirs.store, own)
    assert isinstance(theirs.store.issue(theirs.draft.id, now=NOON, by=BY), Issued)
