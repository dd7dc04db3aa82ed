"""A report and the documents that are asked of it -> rows of jobs, one for each document that it does not have yet."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import Connection, bindparam, select

from service.domain.archive import version_of
from service.domain.reports import DocumentKind, JobState, Report, document_filename, named_in_a_filename
from service.domain.values import Quarter
from service.store import tables
from service.store.bound import office_of
from service.store.material import last_issued_before
from service.store.shown import WITHOUT_STATUS

_reports, _issued, _jobs = tables.reports.c, tables.issued.c, tables.jobs.c

_KNOWN_JOBS: Final = select(_jobs.id).where(_jobs.id.in_(bindparam("wanted", expanding=True)))
QUEUE: Final = tables.jobs.insert()


def queue_jobs(
    connection: Connection,
    report: Report,
    kinds: Iterable[DocumentKind],
    now: dt.datetime,
    against: str | None = None,
) -> tuple[str, ...]:
    """Queue a job for each document of the report that has none yet; the ids of those that are new.

    Args:
        connection: a transaction in which nobody else queues documents of this report.
        report: one that is kept, a draft, whose documents are marked as such, or an issued report.
        kinds: the documents.
        now: when they were asked for; they are due at once.
        against: the report that comparisons compare with.
    """
    jobs = jobs_of(connection, report, kinds, now, against)
    wanted = {"wanted": [job["id"] for job in jobs]}
    known = set(connection.execute(_KNOWN_JOBS, wanted).scalars())
    new = [job for job in jobs if job["id"] not in known]
    if new:
        connection.execute(QUEUE, new)
    return tuple(job["id"] for job in new)


def jobs_of(
    connection: Connection,
    report: Report,
    kinds: Iterable[DocumentKind],
    now: dt.datetime,
    against: str | None = None,
) -> list[dict[str, Any]]:
    """The rows of jobs that write these documents of the report, as they are queued; all else as in `queue_jobs`."""
    kinds = tuple(kinds)
    named = _named(connection, against) if against and any(kind.needs_another for kind in kinds) else ""
    jobs = []
    for kind in kinds:
        other = against if kind.needs_another else None
        if kind in {DocumentKind.YEAR_WORD, DocumentKind.YEAR_EXCEL}:
            other = last_issued_before(connection, office_of(connection, report.id), report.plan)
        is_final = not report.is_draft and kind not in WITHOUT_STATUS
        job = {
            "id": ".".join([report.id, kind.value, *([other] if other else []), *(["final"] if is_final else [])]),
            "report_id": report.id,
            "kind": kind.value,
            "against_id": other,
            "is_final": is_final,
            "filename": document_filename(
                report.plan, report.edition, kind, is_draft=report.is_draft, against=named if kind.needs_another else ""
            ),
            "state": JobState.QUEUED.value,
            "attempts": 0,
            "due_at": now,
            "asked_at": now,
        }
        jobs.append(job)
    return jobs


def kind_of_job(job_id: str) -> DocumentKind:
    """The document that the job of this id writes."""
    return DocumentKind(job_id.split(".")[1])


def _named(connection: Connection, report_id: str) -> str:
    """The report as the file names of what is compared with it tell it, as it stands now."""
    row = connection.execute(
        select(_reports.year, _reports.quarter, _reports.version, _issued.edition)
        .join(tables.issued, _issued.report_id == _reports.id, isouter=True)
        .where(_reports.id == report_id)
    ).one()
    quarter, version = Quarter(row.year, row.quarter), version_of(row.version)
    return named_in_a_filename(quarter, version, row.edition or 1, is_draft=row.edition is None)
