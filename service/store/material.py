"""A job -> all that its document is made of: the report as the document tells it, the others beside it, the upload.

The same for the worker that writes a document and for whoever writes it again years later to compare the bytes. It is
read from the database first and understood afterwards, so that no transaction lasts as long as a long plan.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from types import SimpleNamespace
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Executable, Row, and_, bindparam, select, tuple_

from service.domain.archive import change_log_from_json, reading_of, version_of
from service.domain.frame import Approval, Seal
from service.domain.office import REFERENCE_SETTINGS, Office, OfficeSettings
from service.domain.plan import Plan
from service.domain.reading import Reading, Unreadable
from service.domain.reports import PAPERS, ChangeLogEntry, Companion, DocumentKind, Report, Source
from service.store import tables
from service.store.bound import AtOffice, office_of
from service.store.engine import reading
from service.store.offices import said_in
from service.store.records import NOT_SAID, Origin
from service.store.shown import DOCUMENTS, WITHOUT_STATUS, chosen, compared_with

# What a package is made of, besides the report itself; of the comparisons only that with the report that it follows.
PACKED: Final = (*PAPERS, DocumentKind.CHANGES)
_OF_YEAR: Final = frozenset({DocumentKind.YEAR_WORD, DocumentKind.YEAR_EXCEL})

_reports, _issued, _jobs, _blobs = tables.reports.c, tables.issued.c, tables.jobs.c, tables.blobs.c
_REPORT: Final[Executable] = (
    select(
        _reports.id,
        _reports.year,
        _reports.quarter,
        _reports.proposed_edition,
        _reports.created_at,
        _reports.office_seq.label("uploaded_with"),
        _issued.office_seq.label("issued_with"),
        _issued.code,
        _issued.address,
        _issued.edition,
        _issued.issued_at,
        _issued.change_log,
        _issued.approval_instance,
        _issued.approval_act,
        _issued.approval_on,
        _issued.description,
        _issued.previous_id,
        _blobs.content,
    )
    .join(tables.blobs, _blobs.sha256 == _reports.reading_sha256)
    .join(tables.issued, _issued.report_id == _reports.id, isouter=True)
    .where(_reports.id == bindparam("report"))
)
_WORKBOOK: Final = (
    select(_blobs.content)
    .join(tables.uploads, tables.uploads.c.sha256 == _blobs.sha256)
    .join(tables.reports, _reports.upload_id == tables.uploads.c.id)
    .where(_reports.id == bindparam("report"))
)
_SAID: Final = select(tables.office_settings.c.content).where(tables.office_settings.c.seq == bindparam("number"))
_EDITION: Final = select(_issued.edition).where(_issued.report_id == bindparam("report"))
_FINISHED: Final = DOCUMENTS.where(_jobs.report_id == bindparam("report"), _jobs.kind == bindparam("of_kind"))


@dataclass(frozen=True, slots=True)
class Material:
    """What a document is made of; `others`, `source`, `office` and `companions` as in a `Claim`."""

    report: Report
    others: tuple[Report, ...]
    source: Source | None
    office: Office
    companions: tuple[Companion, ...]


@dataclass(frozen=True, slots=True)
class _KeptReport:
    """A report as it lies in the database; `said` is what its office had said by then.

    Of its row the reading is let go of as soon as it is understood: a long plan weighs as much in either form.
    """

    row: SimpleNamespace
    said: str | None
    is_final: bool


@dataclass(frozen=True, slots=True)
class Kept:
    """A document's material as it lies in the database; `others` of a document of the year are the earlier ones."""

    kind: DocumentKind
    report: _KeptReport
    others: tuple[_KeptReport, ...]
    workbook: bytes | None
    companions: tuple[Companion, ...]


class Reprints(AtOffice):
    """Finds what the kept documents were made of."""

    def origin(self, report_id: str, kind: DocumentKind, against: str | None = None) -> Origin | None:
        """What a finished document was made of, and its hash; None while there is none.

        What was compared with is told as it stands today: a draft then may have been issued since.
        """
        with reading(self._engine) as connection:
            row = finished(connection, report_id, kind, against) if self._has(connection, report_id) else None
            if row is None:
                return None
            template = select(_blobs.content).where(_blobs.sha256 == row.template_fingerprint)
            material = material_of(connection, row)
            return Origin(
                report=material.report,
                kind=kind,
                sha256=row.sha256,
                template_fingerprint=row.template_fingerprint,
                template=None if material.source else connection.execute(template).scalar_one_or_none(),
                source=material.source,
                others=material.others,
                office=material.office,
            )


def finished(connection: Connection, report_id: str, kind: DocumentKind, against: str | None) -> Row[Any] | None:
    """The `DOCUMENTS` row of a document that tells the report's status, once it is done."""
    is_issued = connection.execute(_EDITION, {"report": report_id}).one_or_none()
    rows = connection.execute(_FINISHED, {"report": report_id, "of_kind": kind.value}).all()
    of_status = chosen(rows, is_issued=is_issued is not None)
    return next((row for row in of_status if row.sha256 and compared_with(row) == against), None)


def material_of(connection: Connection, job: Row[Any]) -> Material:
    """What the document of a job is made of.

    Args:
        connection: one that reads.
        job: a row with `report_id`, `kind`, `against_id` and `is_final`.

    Raises:
        ValueError: the store holds what cannot be understood.
    """
    return understand(kept_of(connection, (job,)))[0]


def kept_of(connection: Connection, jobs: Iterable[Row[Any]]) -> tuple[Kept, ...]:
    """The same of several jobs, in their order, only read so far; what they have in common is read once."""
    reports: dict[tuple[str, bool], _KeptReport] = {}
    found = []
    for job in jobs:
        which = (job.report_id, job.is_final)
        if which not in reports:
            reports[which] = _kept_report(connection, job.report_id, is_final=job.is_final)
        found.append(_kept(connection, job, reports[which]))
    return tuple(found)


def understand(kept: Iterable[Kept]) -> tuple[Material, ...]:
    """What was read of several jobs as the documents tell it; what they have in common is understood once.

    Raises:
        ValueError: one of them cannot be understood.
    """
    reports: dict[tuple[str, bool], tuple[Report, Reading, Office]] = {}
    materials = []
    for each in kept:
        which = (each.report.row.id, each.report.is_final)
        if which not in reports:
            reports[which] = _report(each.report)
        materials.append(_material(each, *reports[which]))
    return tuple(materials)


def _kept(connection: Connection, job: Row[Any], report: _KeptReport) -> Kept:
    kind = DocumentKind(job.kind)
    others: tuple[str, ...] = ()
    if kind.needs_another:
        others = (job.against_id,)
    elif kind in _OF_YEAR:
        others = _quarters_before(connection, report, job.against_id)
    return Kept(
        kind,
        report,
        tuple(_as_it_stands(connection, report_id) for report_id in others),
        _workbook(connection, job.report_id) if kind in WITHOUT_STATUS else None,
        _companions(connection, report) if kind is DocumentKind.PACKAGE else (),
    )


def _material(kept: Kept, report: Report, understood: Reading, office: Office) -> Material:
    # Where another says the same as this one's plan, they share the text.
    others = tuple(_report(other, report.plan)[0] for other in kept.others)
    return Material(
        report,
        (*others, report) if kept.kind in _OF_YEAR else others,
        None if kept.workbook is None else _source(kept.workbook, report.id, understood),
        office,
        kept.companions,
    )


def _companions(connection: Connection, report: _KeptReport) -> tuple[Companion, ...]:
    """What goes into the package of an issued report: its documents, and what changed since the one that it follows."""
    rows = connection.execute(DOCUMENTS.where(_jobs.report_id == report.row.id, packed())).all()
    found = []
    for row in chosen(rows, is_issued=True):
        if compared_with(row) not in {None, report.row.previous_id}:
            continue
        content = select(_blobs.content).where(_blobs.sha256 == row.sha256)
        found.append(
            Companion(
                kind=DocumentKind(row.kind),
                filename=row.filename,
                content=connection.execute(content).scalar_one() if row.sha256 else None,
                sha256=row.sha256,
                problem=None if row.sha256 else row.problem,
            )
        )
    return tuple(found)


def packed() -> ColumnElement[bool]:
    """The jobs of a report whose documents go into its package, or would if they compared with what it follows."""
    return and_(_jobs.is_final, _jobs.kind.in_([kind.value for kind in PACKED]))


def _quarters_before(connection: Connection, report: _KeptReport, until: str | None) -> tuple[str, ...]:
    """The office's reports in force for the year's earlier quarters when `until` was issued, oldest quarter first."""
    if until is None:
        return ()
    mark = select(_issued.issued_at, _issued.report_id).where(_issued.report_id == until).scalar_subquery()
    wanted = select(_issued.report_id, _issued.quarter, _issued.version, _issued.edition).where(
        _issued.office_id == office_of(connection, report.row.id),
        _issued.year == report.row.year,
        _issued.quarter < report.row.quarter,
        tuple_(_issued.issued_at, _issued.report_id) <= mark,
    )
    rows = sorted(connection.execute(wanted), key=lambda row: (row.quarter, version_of(row.version), row.edition))
    return tuple({row.quarter: row.report_id for row in rows}.values())


def last_issued_before(connection: Connection, office_id: str, plan: Plan) -> str | None:
    """The office's last issued report of the earlier quarters of the plan's year."""
    found: str | None = connection.execute(
        select(_issued.report_id)
        .where(_issued.office_id == office_id, _issued.year == plan.year, _issued.quarter < plan.quarter.number)
        .order_by(_issued.issued_at.desc(), _issued.report_id.desc())
        .limit(1)
    ).scalar_one_or_none()
    return found


def plan_in(understood: Reading) -> Plan | None:
    """The plan that a reading gives to print, with blanks where a draft lacks a text."""
    return None if isinstance(understood, Unreadable) else understood.plan.with_blanks()


def _as_it_stands(connection: Connection, report_id: str) -> _KeptReport:
    is_issued = connection.execute(_EDITION, {"report": report_id}).one_or_none()
    return _kept_report(connection, report_id, is_final=is_issued is not None)


def _kept_report(connection: Connection, report_id: str, *, is_final: bool) -> _KeptReport:
    row = connection.execute(_REPORT, {"report": report_id}).one()
    office_seq = row.issued_with if is_final else row.uploaded_with
    said = None if office_seq is None else connection.execute(_SAID, {"number": office_seq}).scalar_one()
    return _KeptReport(SimpleNamespace(**row._mapping), said, is_final)  # noqa: SLF001 - so named by SQLAlchemy


def _report(kept: _KeptReport, like: Plan | None = None) -> tuple[Report, Reading, Office]:
    row = kept.row
    content, row.content = row.content, None
    understood = reading_of(content, like)
    plan = plan_in(understood)
    if plan is None:
        raise ValueError(f"report {row.id} holds a reading without its year, quarter or version")
    # As in the reference office when the office had said nothing.
    settings = REFERENCE_SETTINGS if kept.said is None else _understood(kept.said)
    frame = settings.frame
    if not kept.is_final:
        draft = Report(
            row.id,
            plan,
            row.proposed_edition,
            row.created_at,
            is_draft=True,
            frame=frame,
            approval=frame.approval,
        )
        return draft, understood, settings.office
    issued_at: dt.datetime = row.issued_at
    approval = Approval(row.approval_instance, row.approval_act, row.approval_on)
    report = Report(
        row.id,
        plan,
        row.edition,
        issued_at,
        change_log=change_log_from_json(json.loads(row.change_log)),
        modification=ChangeLogEntry.of(plan.version, approval, row.description, issued_at) if row.description else None,
        previous_id=row.previous_id,
        frame=frame,
        # All of the one or all of the other: an act of one instance is none of another's.
        approval=approval if approval != NOT_SAID else frame.approval,
        # None was given before there were seals, nor where they are switched off.
        seal=Seal(row.code, row.address) if row.code else None,
    )
    return report, understood, settings.office


@lru_cache(maxsize=4)
def _understood(content: str) -> OfficeSettings:
    """The same office has the same settings for months, and its logo makes them long."""
    return said_in(content)


def _workbook(connection: Connection, report_id: str) -> bytes:
    workbook: bytes = connection.execute(_WORKBOOK, {"report": report_id}).scalar_one()
    return workbook


def _source(workbook: bytes, report_id: str, understood: Reading) -> Source:
    if isinstance(understood, Unreadable):
        raise TypeError(f"report {report_id} holds a reading that was never understood")
    return Source(workbook, understood.findings, understood.mapping, corrections=understood.corrections)
