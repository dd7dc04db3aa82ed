"""What a claim is worth: one owner at a time, late finishers turned away, five tries; on both databases."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from service.domain.errors import ConversionFailed, FolioError, StoreUnavailable, TemplateProblem
from service.domain.reports import DocumentKind, JobState
from service.store import MAX_ATTEMPTS, Appended, Claim, Store, StoredDocument
from service.store.engine import make_engine
from tests.integration.samples import NOON, a_document, accepted, an_upload, append
from tests.plans import reference_plan

LEASE = dt.timedelta(seconds=15)
WORD_ONLY = (DocumentKind.WORD,)


def one_job(store: Store) -> str:
    return append(store, kinds=WORD_ONLY).job_ids[0]


def claimed(store: Store, job_id: str, owner: str = "me", now: dt.datetime = NOON) -> Claim:
    claim = store.claim(job_id, owner, now, LEASE)
    assert claim is not None
    return claim


def word_of(store: Store, claim: Claim) -> StoredDocument:
    report = store.report(claim.report.id)
    assert report is not None
    return report.documents[0]


def test_a_claim_carries_the_report_as_it_was_accepted(store: Store) -> None:
    appended = append(store)
    claim = claimed(store, appended.job_ids[1])

    assert claim.report.plan == reference_plan()
    assert (claim.report.id, claim.report.edition, claim.report.created_at) == (appended.report.id, 1, NOON)
    assert (claim.kind, claim.attempt) == (DocumentKind.EXCEL, 1)


def test_a_finished_job_gives_its_document_and_its_report_is_done(store: Store) -> None:
    claim = claimed(store, one_job(store))
    assert word_of(store, claim).state is JobState.RUNNING
    assert store.finish(claim, a_document(), NOON)

    found = store.document(claim.report.id, DocumentKind.WORD)
    assert found is not None
    document, content = found
    assert content == b"a document"
    assert (document.state, document.size, document.sha256) == (JobState.DONE, 10, a_document().sha256)
    assert document.problem is None
    report = store.report(claim.report.id)
    assert report is not None
    assert report.state is JobState.DONE
    assert report.documents == (document,)


def test_of_twenty_that_claim_at_once_one_gets_the_job(store: Store) -> None:
    job_id = one_job(store)
    with ThreadPoolExecutor(20) as threads:
        claims = list(threads.map(lambda number: store.claim(job_id, f"owner-{number}", NOON, LEASE), range(20)))

    assert sum(claim is not None for claim in claims) == 1


def test_a_job_that_runs_is_not_claimed_before_its_lease_has_passed(store: Store) -> None:
    job_id = one_job(store)
    claimed(store, job_id)

    just_before, just_then = NOON + LEASE - dt.timedelta(microseconds=1), NOON + LEASE
    assert store.claim(job_id, "you", just_before, LEASE) is None
    assert store.due_jobs(just_before) == ()
    assert store.due_jobs(just_then) == (job_id,)
    assert claimed(store, job_id, "you", just_then).attempt == 2


def test_a_late_finisher_changes_nothing(store: Store) -> None:
    job_id = one_job(store)
    late = claimed(store, job_id, "late")
    later = NOON + LEASE
    present = claimed(store, job_id, "present", later)

    assert not store.finish(late, a_document(content=b"late"), later)
    assert not store.fail(late, TemplateProblem("tarde"), later)
    assert not store.put_back(late, ConversionFailed("tarde"), later)
    assert not store.extend_lease(late, later, LEASE)
    assert store.document(late.report.id, DocumentKind.WORD) is None
    assert word_of(store, late).state is JobState.RUNNING

    assert store.finish(present, a_document(content=b"present"), later)
    assert not store.finish(late, a_document(content=b"late"), later)
    found = store.document(late.report.id, DocumentKind.WORD)
    assert found is not None
    assert found[1] == b"present"


def test_a_late_finisher_whom_nobody_replaced_is_welcome(store: Store) -> None:
    claim = claimed(store, one_job(store))
    assert store.finish(claim, a_document(), NOON + 10 * LEASE)


def test_an_extended_lease_keeps_the_others_away_for_longer(store: Store) -> None:
    claim = claimed(store, one_job(store))
    assert store.extend_lease(claim, NOON + LEASE / 2, LEASE)

    assert store.claim(claim.job_id, "you", NOON + LEASE, LEASE) is None
    assert store.claim(claim.job_id, "you", NOON + LEASE * 3 / 2, LEASE) is not None


def test_finishing_twice_keeps_the_first_document(store: Store) -> None:
    claim = claimed(store, one_job(store))
    assert store.finish(claim, a_document(content=b"first"), NOON)
    assert not store.finish(claim, a_document(content=b"second"), NOON)
    assert store.claim(claim.job_id, "you", NOON + 10 * LEASE, LEASE) is None


def test_two_finishes_of_one_claim_at_once_keep_one_document(store: Store) -> None:
    claim = claimed(store, one_job(store))
    with ThreadPoolExecutor(8) as threads:
        kept = list(threads.map(lambda number: store.finish(claim, a_document(content=b"%d" % number), NOON), range(8)))

    assert kept.count(True) == 1
    found = store.document(claim.report.id, DocumentKind.WORD)
    assert found is not None
    assert found[1] == b"%d" % kept.index(True)


def test_a_final_problem_is_shown_and_not_tried_again(store: Store) -> None:
    claim = claimed(store, one_job(store))
    assert store.fail(claim, TemplateProblem("La plantilla pide «acción.color», que no existe."), NOON)

    document = word_of(store, claim)
    assert document.state is JobState.FAILED
    assert document.problem == "La plantilla pide «acción.color», que no existe."
    assert store.due_jobs(NOON + 100 * LEASE) == ()
    assert store.claim(claim.job_id, "you", NOON + 100 * LEASE, LEASE) is None


def test_what_is_put_back_waits_for_its_moment(store: Store) -> None:
    claim = claimed(store, one_job(store))
    due_at = NOON + dt.timedelta(seconds=4)
    assert store.put_back(claim, ConversionFailed("El conversor se detuvo."), due_at)

    assert word_of(store, claim).state is JobState.QUEUED
    assert store.claim(claim.job_id, "me-2", NOON, LEASE) is None
    assert store.due_jobs(NOON) == ()
    again = claimed(store, claim.job_id, "me-3", due_at)
    assert again.attempt == 2
    assert store.finish(again, a_document(), due_at)
    assert word_of(store, claim).problem is None


def test_five_crashes_set_a_job_aside_with_a_reason(store: Store) -> None:
    job_id = one_job(store)
    now = NOON
    for attempt in range(1, MAX_ATTEMPTS + 1):
        assert store.quarantine_exhausted(now) == ()
        claim = claimed(store, job_id, f"owner-{attempt}", now)
        assert claim.attempt == attempt
        now += LEASE

    assert store.claim(job_id, "a sixth", now, LEASE) is None
    assert store.due_jobs(now) == ()
    assert store.quarantine_exhausted(now) == (job_id,)
    assert store.quarantine_exhausted(now) == ()
    document = word_of(store, claim)
    assert document.state is JobState.QUARANTINED
    assert document.problem is not None
    assert "5 veces" in document.problem
    assert not store.finish(claim, a_document(), now)


def test_what_cannot_be_understood_uses_up_its_tries_and_is_set_aside(store: Store) -> None:
    kept = store.append_report(
        an_upload(), accepted(), b'{"plan": "of another Folio"}', WORD_ONLY, report_id="a-report", now=NOON
    )
    assert isinstance(kept, Appended)
    for attempt in range(MAX_ATTEMPTS):
        with pytest.raises((ValueError, LookupError)):
            store.claim(kept.job_ids[0], f"owner-{attempt}", NOON + attempt * LEASE, LEASE)

    assert store.quarantine_exhausted(NOON + MAX_ATTEMPTS * LEASE) == kept.job_ids


def test_a_fifth_try_that_still_runs_is_left_in_peace(store: Store) -> None:
    job_id = one_job(store)
    for attempt in range(MAX_ATTEMPTS):
        claim = claimed(store, job_id, f"owner-{attempt}", NOON + attempt * LEASE)

    assert store.quarantine_exhausted(NOON + MAX_ATTEMPTS * LEASE - dt.timedelta(seconds=1)) == ()
    assert store.finish(claim, a_document(), NOON)


def test_five_failed_conversions_are_set_aside_and_the_last_problem_is_named(store: Store) -> None:
    job_id = one_job(store)
    for attempt in range(MAX_ATTEMPTS):
        claim = claimed(store, job_id, f"owner-{attempt}")
        store.put_back(claim, ConversionFailed(f"Problema {attempt + 1}."), NOON)

    assert store.quarantine_exhausted(NOON) == (job_id,)
    assert (word_of(store, claim).problem or "").endswith("Último problema: Problema 5.")


def test_tries_that_the_store_spoiled_are_not_charged(store: Store) -> None:
    job_id = one_job(store)
    for attempt in range(3 * MAX_ATTEMPTS):
        claim = claimed(store, job_id, f"owner-{attempt}")
        assert claim.attempt == 1
        assert store.put_back(claim, StoreUnavailable("La base de datos no responde."), NOON)

    assert store.quarantine_exhausted(NOON) == ()


def test_due_jobs_come_longest_waiting_first_and_no_more_than_asked(store: Store) -> None:
    job_ids = [
        append(store, kinds=WORD_ONLY, now=NOON + dt.timedelta(seconds=seconds)).job_ids[0] for seconds in (3, 1, 2, 9)
    ]
    assert store.due_jobs(NOON + dt.timedelta(seconds=5)) == (job_ids[1], job_ids[2], job_ids[0])
    assert store.due_jobs(NOON + dt.timedelta(seconds=5), limit=2) == (job_ids[1], job_ids[2])


@pytest.mark.parametrize("error", [TemplateProblem("x"), ConversionFailed("x")], ids=["final", "transient"])
def test_the_other_document_of_a_report_goes_its_own_way(store: Store, error: FolioError) -> None:
    word, excel = append(store).job_ids
    first = claimed(store, word, "a")
    second = claimed(store, excel, "b")
    (store.put_back if error.is_transient else store.fail)(first, error, NOON)
    assert store.finish(second, a_document(DocumentKind.EXCEL), NOON)

    report = store.report(first.report.id)
    assert report is not None
    assert report.documents[1].state is JobState.DONE
    assert report.state is (JobState.RUNNING if error.is_transient else JobState.FAILED)


def test_an_unknown_job_is_nothing_to_do(store: Store) -> None:
    assert store.claim("nothing.word", "me", NOON, LEASE) is None


def test_two_documents_of_one_job_cannot_exist(store: Store, database_url: str) -> None:
    claim = claimed(store, one_job(store))
    store.finish(claim, a_document(), NOON)

    engine = make_engine(database_url)
    with engine.connect() as connection, pytest.raises(sa.exc.IntegrityError):
        connection.execute(
            sa.text("INSERT INTO documents SELECT job_id, sha256, 'another', created_at, proof FROM documents")
        )
    engine.dispose()


def test_a_hundred_jobs_and_eight_greedy_workers_make_a_hundred_documents(store: Store) -> None:
    job_ids = [append(store, kinds=WORD_ONLY).job_ids[0] for _ in range(100)]

    def work(worker: int) -> int:
        finished = 0
        for number, job_id in enumerate(job_ids):
            claim = store.claim(job_id, f"{worker}-{number}", NOON, LEASE)
            finished += claim is not None and store.finish(claim, a_document(content=job_id.encode()), NOON)
        return finished

    with ThreadPoolExecutor(8) as threads:
        finished = list(threads.map(work, range(8)))

    assert sum(finished) == 100
    assert {report.state for report in store.reports(200)} == {JobState.DONE}


def test_jobs_that_are_claimed_together_are_each_its_own(store: Store) -> None:
    word, excel = append(store).job_ids
    first = store.claim(excel, "another", NOON, LEASE)
    claims = store.claim_together((word, excel, "none.word"), "me", NOON, LEASE)

    assert first is not None
    assert [(claim.job_id, claim.kind, claim.attempt) for claim in claims] == [(word, DocumentKind.WORD, 1)]
    later = store.claim_together((excel, word), "me again", NOON + LEASE, LEASE)
    assert [(claim.job_id, claim.attempt) for claim in later] == [(excel, 2), (word, 2)]
    assert later[0].report == later[1].report == first.report


def test_of_documents_that_are_finished_together_those_are_kept_whose_claim_is_held(store: Store) -> None:
    job_ids = append(store).job_ids
    word, excel = store.claim_together(job_ids, "me", NOON, LEASE)
    taken = claimed(store, excel.job_id, "another", NOON + LEASE)
    written = [(word, a_document(content=b"the Word"), None), (excel, a_document(content=b"the late Excel"), None)]

    assert store.finish_together(written, NOON + LEASE) == (word,)
    assert store.finish(taken, a_document(content=b"the Excel"), NOON + LEASE)
    assert store.finish_together(written, NOON + LEASE) == ()
    for kind, content in ((DocumentKind.WORD, b"the Word"), (DocumentKind.EXCEL, b"the Excel")):
        found = store.document(word.report.id, kind)
        assert found is not None
        assert found[1] == content
    verdict = store.verify_audit()
    assert verdict.is_sound, verdict.broken
