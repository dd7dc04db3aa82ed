"""A database after a fault, and what was answered before it -> every promise of Folio that does not hold.

Whatever broke and wherever: what was accepted is there whole, what is done has its document and its bytes, the chain of
the audit log holds, and no file is half-written.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from service.domain.reports import JobState
from service.store import Store, open_store
from service.store.engine import make_engine
from service.store.tables import blobs, documents, issued, jobs, reports

# How what is being written is called until it is whole.
UNFINISHED: Final = (".folio-*", "*.part", "*.tmp")
HALF_WRITTEN: Final = "was left half-written"


def broken_promises(url: str, accepted: Iterable[str], folder: Path | None = None) -> list[str]:
    """What does not hold of the database at `url` and of the files in a folder.

    Args:
        url: the database, in which nothing is under way.
        accepted: the ids of the reports that somebody was told of as kept.
        folder: where files are written; None: nowhere.
    """
    store, engine = open_store(url), make_engine(url)
    try:
        found = [*_of_accepted(store, accepted)]
        with engine.connect() as connection:
            found += [*_of_rows(connection)]
        found += [link.problem for link in store.verify_audit().broken]
    finally:
        store.close()
        engine.dispose()
    return found + [f"{path.name} {HALF_WRITTEN}" for path in _unfinished(folder)]


def _of_accepted(store: Store, accepted: Iterable[str]) -> Iterator[str]:
    for report_id in accepted:
        report, upload = store.report(report_id), store.upload(report_id)
        if report is None or upload is None:
            yield f"report {report_id} was accepted and is not there"
        elif hashlib.sha256(upload.content).hexdigest() != report.upload_sha256:
            yield f"report {report_id} has not the bytes that were uploaded"
        elif not report.documents:
            yield f"report {report_id} was accepted and nobody was asked for its documents"
        elif store.plan_of(report_id) is None:
            yield f"report {report_id} has lost what was read of it"


def _of_rows(connection: sa.Connection) -> Iterator[str]:
    """What the audit does not follow: rows of which only a part was written, or that say what is not so."""
    for job in connection.execute(
        sa.select(jobs.c.id)
        .join(documents, documents.c.job_id == jobs.c.id, isouter=True)
        .where(jobs.c.state == JobState.DONE.value, documents.c.job_id.is_(None))
    ).scalars():
        yield f"job {job} is done and has no document"
    for row in connection.execute(
        sa.select(documents.c.job_id, documents.c.sha256, blobs.c.content).join(
            blobs, blobs.c.sha256 == documents.c.sha256, isouter=True
        )
    ):
        if row.content is None or hashlib.sha256(row.content).hexdigest() != row.sha256:
            yield f"the document of job {row.job_id} has not its bytes"
    for what, without in (("a report", reports.c.id), ("an issue", issued.c.report_id)):
        is_issue = without is issued.c.report_id
        has_jobs = sa.exists().where(jobs.c.report_id == without, jobs.c.is_final if is_issue else sa.true())
        for report_id in connection.execute(sa.select(without).where(~has_jobs)).scalars():
            yield f"{what} of {report_id} is there without its jobs"


def _unfinished(folder: Path | None) -> Iterator[Path]:
    for pattern in UNFINISHED if folder else ():
        yield from (folder or Path()).rglob(pattern)
