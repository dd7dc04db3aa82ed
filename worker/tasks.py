"""The ids of jobs -> their documents, kept: claim, render, keep, record. What each step means is decided elsewhere.

Assumes that it may be killed at any line and that the same id may come twice, to two workers, at once: the claim is the
only thing that counts. Jobs that come in one message are of one report: what they have in common is read once, and
they are claimed and kept together; each is its own job all the same, and is rung by itself when it comes again.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import functools
import logging
import os
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from celery.signals import worker_process_init, worker_process_shutdown

from service import alive, logs
from service.domain.errors import FolioError, RecordIsKept, StoreUnavailable
from service.domain.reports import RenderedDocument, Source
from service.domain.took import Took
from service.jobs import WRITE_DOCUMENT, Bell
from service.notices import Herald
from service.settings import Settings
from service.store import Claim, Store, open_store
from worker.app import app
from worker.documents.pdf import Converter
from worker.documents.template_files import TemplateFiles
from worker.lease import Leases, until_the_store_answers
from worker.limits import explained, within_time
from worker.render import render
from worker.spent import begin
from worker.uploads import as_corrected_workbook

# Renewed while the process lives; how long a job waits for another worker when it does not.
LEASE: Final = dt.timedelta(seconds=15)

# Until a job that found the disk full is tried again; soon enough for whoever has just made room.
_SECONDS_TO_MAKE_ROOM: Final = 10

# Said in a line of the log, without a trace.
_EXPECTED: Final = (RecordIsKept, StoreUnavailable)

_log = logging.getLogger(__name__)

# Starts nothing until the first PDF, so that the fork copies no more than an intention.
_converter: Final = Converter()


@dataclass(frozen=True, slots=True)
class _Try:
    """What came of a claim, and what that took."""

    claim: Claim
    outcome: RenderedDocument | FolioError
    took: Took


@app.task(name=WRITE_DOCUMENT, throws=_EXPECTED)  # type: ignore[untyped-decorator]  # Celery has no types
def write_document(*job_ids: str) -> None:
    """Write the documents of a report's jobs, but for those that are done, under way elsewhere, or not due.

    Raises:
        RecordIsKept: another document of a job is kept, and stays; the attempt is in the audit log.
        StoreUnavailable: the jobs could not be claimed, or not be recorded for five minutes; the reconciler rings
            again.
    """
    try:
        _write(job_ids)
    except _EXPECTED as error:
        for job_id in job_ids:
            told = logs.of_job(job_id)
            _log.warning("job %s is left as it is: %s", job_id, type(error).__name__, extra=told)
        raise


def _write(job_ids: Iterable[str]) -> None:
    claims = _store().claim_together(job_ids, _new_owner(), _now(), LEASE)
    if not claims:
        return
    with _leases().kept_alive(claims):
        tries = [_tried(claim) for claim in claims]
    kept = _recorded(tries)
    for report_id in {claim.report.id for claim in kept}:
        _herald().tell(report_id)
    _ring_the_package(kept)
    for each in tries:
        _tell(each, is_kept=each.claim in kept)


def _tried(claim: Claim) -> _Try:
    spent = begin()
    outcome = _render(claim)
    return _Try(claim, outcome, spent.took())


def _render(claim: Claim) -> RenderedDocument | FolioError:
    try:
        with within_time():
            return render(
                claim.report,
                claim.kind,
                _templates(),
                _source(claim),
                claim.others,
                office=claim.office,
                converter=_converter,
                companions=claim.companions,
            )
    except FolioError as error:
        return explained(error)
    except Exception as error:  # noqa: BLE001 whatever broke is told to a person
        _log.exception("job %s broke", claim.job_id, extra=logs.of_job(claim.job_id))
        return explained(error)


def _source(claim: Claim) -> Source | None:
    """The upload with its corrections, for what is made of it: in another format it is first copied into a workbook."""
    source = claim.source
    if source is None:
        return None
    return replace(source, workbook=as_corrected_workbook(source.workbook, source.corrections), office=claim.office)


def _recorded(tries: Sequence[_Try]) -> list[Claim]:
    """The claims whose outcome counts: the documents of a report together, what went wrong each by itself."""
    written = [(each.claim, each.outcome, each.took) for each in tries if isinstance(each.outcome, RenderedDocument)]
    kept: list[Claim] = []
    if written:
        try:
            kept += until_the_store_answers(lambda: _store().finish_together(written, _now()))
        except RecordIsKept:
            # One of them is no reason to lose the others: each by itself. The refused one is on record.
            if len(tries) == 1:
                raise
            for each in sorted(tries, key=lambda one: one.claim.job_id):
                if isinstance(each.outcome, RenderedDocument):
                    with contextlib.suppress(RecordIsKept):
                        kept += _recorded([each])
    for each in tries:
        if isinstance(each.outcome, FolioError) and until_the_store_answers(
            partial(_put_away, each.claim, each.outcome, each.took)
        ):
            kept.append(each.claim)
    return kept


def _put_away(claim: Claim, problem: FolioError, took: Took) -> bool:
    if problem.is_transient:
        seconds = 2**claim.attempt if problem.is_charged else _SECONDS_TO_MAKE_ROOM
        return _store().put_back(claim, problem, due_at=_now() + dt.timedelta(seconds=seconds))
    return _store().fail(claim, problem, _now(), took)


def _ring_the_package(kept: Iterable[Claim]) -> None:
    """What waited for these documents may be written now; the reconciler rings for it where this fails."""
    ready: dict[str, None] = {}
    try:
        for claim in kept:
            ready |= dict.fromkeys(_store().ready_after(claim, _now()))
    except StoreUnavailable as error:
        _log.warning("what waited for the documents was not rung: %s", error)
    if ready:
        _bell().ring(ready)


def _tell(each: _Try, *, is_kept: bool) -> None:
    said = _said(each.outcome) if is_kept else "too late, another has it"
    job_id, attempt = each.claim.job_id, each.claim.attempt
    told = {
        **logs.of_job(job_id),
        "kind": each.claim.kind.value,
        "attempt": attempt,
        "seconds": round(each.took.whole, 3),
        "outcome": said,
    }
    _log.info("job %s, try %d: %s", job_id, attempt, said, extra=told)


def _said(outcome: RenderedDocument | FolioError) -> str:
    # The code alone: what a document or a template says is for whoever reads the report, not the log.
    return "done" if isinstance(outcome, RenderedDocument) else outcome.code


def _new_owner() -> str:
    return f"{os.uname().nodename[:64]}:{os.getpid()}:{secrets.token_hex(8)}"


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@functools.cache
def _store() -> Store:
    # Opened in the process that uses it: connections do not survive the fork.
    return open_store(Settings.from_environment().database_url)


@functools.cache
def _leases() -> Leases:
    return Leases(_store(), LEASE, _now)


@functools.cache
def _bell() -> Bell:
    return Bell(Settings.from_environment().redis_url or "")


@functools.cache
def _herald() -> Herald:
    return Herald(Settings.from_environment().redis_url or "")


@functools.cache
def _templates() -> TemplateFiles:
    # One for the whole life of the process: it holds the compiled templates.
    return TemplateFiles(Settings.from_environment().templates_dir)


@worker_process_init.connect  # type: ignore[untyped-decorator]  # Celery has no types
def tell_that_it_lives(**_signal: Any) -> None:
    """Each process says so by itself: it is the one that does the work, and reaches the database for it."""
    alive.keep_telling("worker", Settings.from_environment().data_dir, _store(), _now)


@worker_process_shutdown.connect  # type: ignore[untyped-decorator]  # Celery has no types
def end_libreoffice(**_signal: Any) -> None:
    """A process that ends in peace takes its LibreOffice along; that of one that is killed ends by itself."""
    _converter.close()
