"""The rows of years -> what a page shows of each report at a glance, without its findings, documents and proofs.

A year may hold hundreds of uploads: none of them is read, and whatever there is comes with a handful of queries.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, Select, select

from service.domain.archive import version_of
from service.domain.errors import NoPdf
from service.domain.reports import DocumentKind, JobState
from service.domain.values import Quarter, VersionNumber
from service.store import tables
from service.store.bound import AtOffice
from service.store.engine import reading
from service.store.shown import chosen

_reports, _issued, _jobs, _signed = tables.reports.c, tables.issued.c, tables.jobs.c, tables.signed_copies.c

_GLANCES: Final[Select[Any]] = (
    select(
        _reports.id,
        _reports.year,
        _reports.quarter,
        _reports.version,
        _reports.has_errors,
        _reports.created_at,
        tables.uploads.c.sha256,
        _issued.edition,
        _issued.issued_at,
        _issued.issued_by,
    )
    .join(tables.uploads, tables.uploads.c.id == _reports.upload_id)
    .join(tables.issued, _issued.report_id == _reports.id, isouter=True)
    .order_by(_reports.created_at.desc(), _reports.id.desc())
)


@dataclass(frozen=True, slots=True)
class ReportGlance:
    """A report without what is in it. Without `edition`, `issued_at` and `issued_by` it is a draft."""

    id: str
    quarter: Quarter
    version: VersionNumber
    has_errors: bool
    created_at: dt.datetime
    upload_sha256: str
    edition: int | None
    issued_at: dt.datetime | None
    issued_by: str


@dataclass(frozen=True, slots=True)
class Wants:
    """What some reports want: `failed` are the documents that could not be written, by report; `signed` have a copy."""

    failed: dict[str, tuple[DocumentKind, ...]]
    signed: frozenset[str]


class Glances(AtOffice):
    """Tells of many reports at once."""

    def years(self) -> tuple[int, ...]:
        """The years of which there are reports, the last first."""
        with reading(self._engine) as connection:
            found = connection.execute(
                select(_reports.year).where(self._is_ours).distinct().order_by(_reports.year.desc())
            )
            return tuple(found.scalars())

    def year_in_hand(self) -> int | None:
        """The year of what was uploaded or issued last; None: there is no report."""
        uploaded = select(_reports.year, _reports.created_at.label("at")).where(self._is_ours)
        uploaded = uploaded.order_by(_reports.created_at.desc()).limit(1)
        issued = select(_issued.year, _issued.issued_at.label("at")).where(_issued.office_id == self._office_id)
        issued = issued.order_by(_issued.issued_at.desc()).limit(1)
        with reading(self._engine) as connection:
            found = [row for wanted in (uploaded, issued) if (row := connection.execute(wanted).one_or_none())]
        return max(found, key=lambda row: row.at).year if found else None

    def glances(self, years: Collection[int]) -> tuple[ReportGlance, ...]:
        """Every report of these years, newest upload first."""
        with reading(self._engine) as connection:
            return tuple(
                _glance(row) for row in connection.execute(_GLANCES.where(self._is_ours, _reports.year.in_(years)))
            )

    @property
    def _is_ours(self) -> ColumnElement[bool]:
        return _reports.office_id == self._office_id

    def wants(self, report_ids: Collection[str]) -> Wants:
        """What these reports want. What LibreOffice would have made is not among it: a report is ready without."""
        documents: Select[Any] = (
            select(
                _jobs.report_id,
                _jobs.kind,
                _jobs.against_id,
                _jobs.is_final,
                _jobs.state,
                _jobs.problem_code,
                tables.documents.c.sha256,
                _issued.edition,
            )
            .join(tables.documents, tables.documents.c.job_id == _jobs.id, isouter=True)
            .join(tables.reports, _reports.id == _jobs.report_id)
            .join(tables.issued, _issued.report_id == _jobs.report_id, isouter=True)
            .where(self._is_ours, _jobs.report_id.in_(report_ids))
            .order_by(_jobs.asked_at, _jobs.id)
        )
        copies = select(_signed.report_id).join(tables.reports, _reports.id == _signed.report_id)
        copies = copies.where(self._is_ours, _signed.report_id.in_(report_ids)).distinct()
        of_each: dict[str, list[Row[Any]]] = {}
        with reading(self._engine) as connection:
            for row in connection.execute(documents):
                of_each.setdefault(row.report_id, []).append(row)
            signed = frozenset(connection.execute(copies).scalars())
        failed = {
            report_id: tuple(
                DocumentKind(row.kind)
                for row in chosen(rows, is_issued=rows[0].edition is not None)
                if _has_failed(row)
            )
            for report_id, rows in of_each.items()
        }
        return Wants({report_id: kinds for report_id, kinds in failed.items() if kinds}, signed)


def _has_failed(row: Row[Any]) -> bool:
    state = JobState(row.state)
    return row.sha256 is None and state.is_final and state is not JobState.DONE and row.problem_code != NoPdf.code


def _glance(row: Row[Any]) -> ReportGlance:
    return ReportGlance(
        row.id,
        Quarter(row.year, row.quarter),
        version_of(row.version),
        row.has_errors,
        row.created_at,
        row.sha256,
        row.edition,
        row.issued_at,
        row.issued_by or "",
    )
