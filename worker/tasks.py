"""A job's id -> its document, kept: claim, render, keep, record. What each step means is decided elsewhere.

Assumes that it may be killed at any line and that the same id may come twice, to two workers, at once: the claim is the
only thing that counts.
"""

from __future__ import annotations

import datetime as dt
import functools
import logging
import os
import secrets
from dataclasses import replace
from typing import Final

from service.domain.errors import ConversionFailed, FolioError, RecordIsKept, StoreUnavailable
from service.domain.office import Office
from service.domain.reports import RenderedDocument, Source
from service.jobs import WRITE_DOCUMENT
from service.settings import Settings
from service.sheets.transcript import as_workbook
from service.store import Claim, Store, open_store
from worker.app import app
from worker.documents.template_files import TemplateFiles
from worker.lease import kept_alive, until_the_store_answers
from worker.render import render

# Renewed while the process lives; how long a job waits for another worker when it does not.
LEASE: Final = dt.timedelta(seconds=15)

# Said in a line of the log, without a trace.
_EXPECTED: Final = (RecordIsKept, StoreUnavailable)

_log = logging.getLogger(__name__)


@app.task(name=WRITE_DOCUMENT, throws=_EXPECTED)  # type: ignore[untyped-decorator]  # Celery has no types
def write_document(job_id: str) -> None:
    """Write the document of a job, unless it is done, under way elsewhere, or not due.

    Raises:
        RecordIsKept: another document of the job is kept, and stays; the attempt is in the audit log.
        StoreUnavailable: the job could not be claimed, or not be recorded for a minute; the reconciler rings again.
    """
    store = _store()
    claim = store.claim(job_id, _new_owner(), _now(), LEASE)
    if claim is None:
        return
    with kept_alive(store, claim, LEASE, _now):
        outcome = _render(claim)
    kept = until_the_store_answers(lambda: _record(store, claim, outcome))
    _log.info("job %s, try %d: %s", job_id, claim.attempt, _said(outcome) if kept else "too late, another has it")


def _render(claim: Claim) -> RenderedDocument | FolioError:
    try:
        return render(claim.report, claim.kind, _templates(), _source(claim), claim.others, office=_office())
    except FolioError as error:
        return error
    except Exception as error:  # noqa: BLE001 whatever broke counts as a try, and a person sees it after the last
        _log.exception("job %s", claim.job_id)
        return ConversionFailed("Ocurrió un error inesperado al escribir el documento.", log=repr(error))


def _source(claim: Claim) -> Source | None:
    """The upload, for what is made of it: in another format it is first copied into a workbook."""
    if claim.source is None:
        return None
    return replace(claim.source, workbook=as_workbook(claim.source.workbook), office=_office())


def _office() -> Office:
    return Settings.from_environment().office


def _record(store: Store, claim: Claim, outcome: RenderedDocument | FolioError) -> bool:
    if isinstance(outcome, RenderedDocument):
        return store.finish(claim, outcome, _now())
    if outcome.is_transient:
        return store.put_back(claim, outcome, due_at=_now() + dt.timedelta(seconds=2**claim.attempt))
    return store.fail(claim, outcome, _now())


def _said(outcome: RenderedDocument | FolioError) -> str:
    return "done" if isinstance(outcome, RenderedDocument) else f"{outcome.code}: {outcome}"


def _new_owner() -> str:
    return f"{os.uname().nodename[:64]}:{os.getpid()}:{secrets.token_hex(8)}"


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@functools.cache
def _store() -> Store:
    # Opened in the process that uses it: connections do not survive the fork.
    return open_store(Settings.from_environment().database_url)


@functools.cache
def _templates() -> TemplateFiles:
    # One for the whole life of the process: it holds the compiled templates.
    return TemplateFiles(Settings.from_environment().templates_dir)
