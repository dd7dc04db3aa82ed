"""The package of an issued report: written after all that goes into it, never before and never for want of a ring."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest

from service.domain.errors import FolioError, NoPdf, ProofFailed, TemplateProblem
from service.domain.reports import DocumentKind, JobState, RenderedDocument
from service.jobs import Bell
from service.reconciler import GRACE, RungJobs, reconcile
from service.store import MAX_ATTEMPTS, Claim, Issued, NotIssuable, Store, StoredReport, new_id
from tests.integration.samples import NOON, a_document, append, finish, issue, issued
from tests.integration.servers import RedisServer

LEASE = dt.timedelta(seconds=15)
MISSING = NoPdf("Falta LibreOffice en este equipo.")
WORD, EXCEL, PDF, CHANGES, PACKAGE = (
    DocumentKind.WORD,
    DocumentKind.EXCEL,
    DocumentKind.PDF,
    DocumentKind.CHANGES,
    DocumentKind.PACKAGE,
)


def one_issued(store: Store) -> Issued:
    """An issued report with nothing else under way."""
    draft = append(store, kinds=(DocumentKind.FINDINGS,))
    finish(store, draft.job_ids[0])
    return issue(store, draft.report.id)


def take(store: Store, report_id: str, kind: DocumentKind, *, against: str = "", number: int = 1) -> Claim | None:
    parts = [report_id, kind.value, *([against] if against else []), *([str(number)] if number > 1 else []), "final"]
    return store.claim(".".join(parts), new_id(), NOON, LEASE)


def write(store: Store, report_id: str, kind: DocumentKind, *, against: str = "", number: int = 1) -> tuple[str, ...]:
    """Write a document as a worker does; what may be rung then."""
    claim = take(store, report_id, kind, against=against, number=number)
    assert claim is not None
    assert store.finish(claim, _document(kind), NOON)
    return store.ready_after(claim, NOON)


def _document(kind: DocumentKind) -> RenderedDocument:
    return a_document(kind, kind.value.encode())


def fail(store: Store, report_id: str, kind: DocumentKind, problem: FolioError = MISSING) -> tuple[str, ...]:
    claim = take(store, report_id, kind)
    assert claim is not None
    assert store.fail(claim, problem, NOON)
    return store.ready_after(claim, NOON)


def shown(store: Store, report_id: str) -> StoredReport:
    report = store.report(report_id)
    assert report is not None
    return report


def package_of(store: Store, report_id: str) -> tuple[JobState, str | None]:
    (package,) = (each for each in shown(store, report_id).documents if each.kind is PACKAGE)
    return package.state, package.sha256


def test_a_package_is_claimed_only_once_all_that_goes_into_it_is_final(store: Store) -> None:
    report_id = one_issued(store).report.id
    package = f"{report_id}.package.final"

    for kind in (WORD, EXCEL):
        assert write(store, report_id, kind) == ()
        assert take(store, report_id, PACKAGE) is None
        assert package not in store.due_jobs(NOON + 100 * LEASE)
    assert write(store, report_id, PDF) == (package,)

    assert store.due_jobs(NOON) == (package,)
    claim = take(store, report_id, PACKAGE)
    assert claim is not None
    assert [(each.kind, each.content, each.problem) for each in claim.companions] == [
        (WORD, b"word", None),
        (EXCEL, b"excel", None),
        (PDF, b"pdf", None),
    ]
    assert claim.companions[2].filename == "plan-de-accion-2024_v2.0_seguimiento-III-trimestre.pdf"
    assert claim.attempt == 1, "that it waited is charged to nobody"


def test_a_package_takes_what_changed_since_the_report_that_it_follows_and_no_other_comparison(store: Store) -> None:
    first, other = issued(store, "1.0"), issued(store, "1.1")
    second = issue(store, append(store).report.id, previous=first.id).report
    store.request_documents(second.id, (CHANGES,), other.id, now=NOON, by="x")
    for kind in (WORD, EXCEL, PDF):
        write(store, second.id, kind)
    write(store, second.id, CHANGES, against=other.id)
    assert take(store, second.id, PACKAGE) is None
    assert write(store, second.id, CHANGES, against=first.id) == (f"{second.id}.package.final",)

    claim = take(store, second.id, PACKAGE)

    assert claim is not None
    assert [each.kind for each in claim.companions] == [WORD, EXCEL, PDF, CHANGES]
    assert "frente-a-2024-v1.0" in claim.companions[3].filename


def test_a_document_that_is_put_back_still_holds_up_the_package(store: Store) -> None:
    report_id = one_issued(store).report.id
    write(store, report_id, WORD)
    write(store, report_id, EXCEL)
    claim = take(store, report_id, PDF)
    assert claim is not None
    store.put_back(claim, MISSING, NOON + LEASE)

    assert store.ready_after(claim, NOON) == ()
    assert take(store, report_id, PACKAGE) is None


def test_without_its_pdf_a_report_is_done_and_its_package_says_why_it_lacks_it(store: Store) -> None:
    report_id = one_issued(store).report.id
    write(store, report_id, WORD)
    write(store, report_id, EXCEL)
    assert fail(store, report_id, PDF) == (f"{report_id}.package.final",)
    assert shown(store, report_id).state is JobState.RUNNING

    claim = take(store, report_id, PACKAGE)
    assert claim is not None
    pdf = claim.companions[2]
    assert (pdf.content, pdf.sha256, pdf.problem) == (None, None, MISSING.detail)
    assert store.finish(claim, _document(PACKAGE), NOON)

    report = shown(store, report_id)
    assert report.state is JobState.DONE
    assert [(each.kind, each.problem) for each in report.documents if each.may_lack] == [(PDF, MISSING.detail)]


@pytest.mark.parametrize("problem", [ProofFailed("No dice lo del informe."), TemplateProblem("Falta una etiqueta.")])
def test_a_pdf_that_does_not_tell_its_report_is_not_passed_over(store: Store, problem: FolioError) -> None:
    report_id = one_issued(store).report.id
    write(store, report_id, WORD)
    write(store, report_id, EXCEL)
    fail(store, report_id, PDF, problem)
    write(store, report_id, PACKAGE)

    report = shown(store, report_id)
    assert report.state is JobState.FAILED
    assert not any(each.may_lack for each in report.documents)


def test_a_package_that_could_not_be_written_is_not_passed_over(store: Store) -> None:
    report_id = one_issued(store).report.id
    for kind in (WORD, EXCEL, PDF):
        write(store, report_id, kind)
    fail(store, report_id, PACKAGE, TemplateProblem("x"))
    assert shown(store, report_id).state is JobState.FAILED


def test_a_report_without_its_word_is_not_done(store: Store) -> None:
    report_id = one_issued(store).report.id
    fail(store, report_id, WORD, TemplateProblem("x"))
    for kind in (EXCEL, PDF, PACKAGE):
        write(store, report_id, kind)
    assert shown(store, report_id).state is JobState.FAILED


def test_a_report_of_which_only_a_pdf_was_asked_and_not_written_has_failed(store: Store) -> None:
    draft = append(store, kinds=(PDF,))
    claim = store.claim(draft.job_ids[0], "me", NOON, LEASE)
    assert claim is not None
    store.fail(claim, MISSING, NOON)
    assert shown(store, draft.report.id).state is JobState.FAILED


def test_when_the_pdf_comes_after_all_a_whole_package_follows_the_poorer_one(store: Store) -> None:
    report_id = one_issued(store).report.id
    write(store, report_id, WORD)
    write(store, report_id, EXCEL)
    fail(store, report_id, PDF)
    write(store, report_id, PACKAGE)
    poorer = store.document(report_id, PACKAGE)

    assert store.retry_document(report_id, PDF, None, now=NOON + LEASE, by="x") == f"{report_id}.pdf.final"

    assert package_of(store, report_id)[0] is JobState.QUEUED
    pdf = store.claim(f"{report_id}.pdf.final", "me", NOON + LEASE, LEASE)
    assert pdf is not None
    store.finish(pdf, _document(PDF), NOON + LEASE)
    (package,) = store.ready_after(pdf, NOON + LEASE)
    again = store.claim(package, "me", NOON + LEASE, LEASE)
    assert again is not None
    assert all(each.content for each in again.companions)
    store.finish(again, a_document(PACKAGE, b"whole"), NOON + LEASE)
    found = store.document(report_id, PACKAGE)
    assert found is not None
    assert poorer is not None
    assert (found[1], found[0].filename) == (b"whole", poorer[0].filename)
    assert shown(store, report_id).state is JobState.DONE
    assert store.verify_audit().is_sound


def test_a_package_that_still_waits_is_not_asked_for_twice(store: Store) -> None:
    report_id = one_issued(store).report.id
    write(store, report_id, WORD)
    fail(store, report_id, PDF)
    store.retry_document(report_id, PDF, None, now=NOON, by="x")
    assert [job for job in store.due_jobs(NOON) if "package" in job] == []
    write(store, report_id, EXCEL)
    assert write(store, report_id, PDF) == (f"{report_id}.package.final",)


def test_the_word_of_a_draft_that_is_tried_again_makes_no_package(store: Store) -> None:
    draft = append(store, kinds=(WORD,))
    claim = store.claim(draft.job_ids[0], "me", NOON, LEASE)
    assert claim is not None
    store.fail(claim, TemplateProblem("x"), NOON)
    store.retry_document(draft.report.id, WORD, None, now=NOON, by="x")
    assert [each.kind for each in shown(store, draft.report.id).documents] == [WORD]


def test_with_a_package_that_is_asked_for_later_goes_what_it_is_made_of(store: Store) -> None:
    report_id = one_issued(store).report.id
    assert store.request_documents(report_id, (PACKAGE,), None, now=NOON, by="x") == ()

    draft = append(store).report
    with pytest.raises(ValueError, match="nothing to publish"):
        store.request_documents(draft.id, (PACKAGE,), None, now=NOON, by="x")
    with pytest.raises(ValueError, match="a package of an issued one"):
        append(store, kinds=(WORD, PACKAGE))
    assert not isinstance(store.issue(draft.id, now=NOON, by="x"), NotIssuable)


@pytest.fixture
def bell(redis_server: RedisServer) -> Iterator[Bell]:
    bell = Bell(redis_server.url)
    yield bell
    bell.close()


@pytest.mark.parametrize("end", ["written", "failed", "set aside"])
def test_a_package_whose_ring_was_lost_is_rung_by_the_reconciler_and_not_while_it_waits(
    sqlite_store: Store, bell: Bell, redis_server: RedisServer, end: str
) -> None:
    report_id = one_issued(sqlite_store).report.id
    write(sqlite_store, report_id, WORD)
    write(sqlite_store, report_id, EXCEL)
    attempts = 1 if end != "set aside" else MAX_ATTEMPTS
    for attempt in range(attempts):
        claim = sqlite_store.claim(f"{report_id}.pdf.final", new_id(), NOON + attempt * LEASE, LEASE)
        assert claim is not None
        reconcile(sqlite_store, bell, RungJobs(), NOON + attempt * LEASE + GRACE)
        assert redis_server.length() == 0, "it only waits"
    if end == "written":
        sqlite_store.finish(claim, _document(PDF), NOON)
    elif end == "failed":
        sqlite_store.fail(claim, MISSING, NOON)

    # The worker died before it rang.
    reconcile(sqlite_store, bell, RungJobs(), NOON + attempts * LEASE)

    assert redis_server.length() == 1
    assert take(sqlite_store, report_id, PACKAGE) is not None
