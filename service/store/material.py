"""A job -> all that its document is made of: the report as the document tells it, the others beside it, the upload.

The same for the worker that writes a document and for whoever writes it again years later to compare the bytes.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, Row, select, tuple_

from service.domain.archive import reading_from_json
from service.domain.plan import DraftPlan, Plan
from service.domain.reading import Accepted, Reading, Rejected, Unreadable
from service.domain.reports import Approval, ChangeLogEntry, DocumentKind, Report, Source
from service.store import tables
from service.store.engine import reading
from service.store.records import Origin
from service.store.shown import DOCUMENTS, WITHOUT_STATUS, change_log_from_json, chosen, compared_with, version_of

_reports, _issued, _jobs, _blobs = tables.reports.c, tables.issued.c, tables.jobs.c, tables.blobs.c


@dataclass(frozen=True, slots=True)
class Material:
    """What a document is made of; `others` and `source` as in a `Claim`."""

    report: Report
    others: tuple[Report, ...]
    source: Source | None


class Reprints:
    """Finds what the kept documents were made of."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def origin(self, report_id: str, kind: DocumentKind, against: str | None = None) -> Origin | None:
        """What a finished document was made of, and its hash; None while there is none.

        What was compared with is told as it stands today: a draft then may have been issued since.
        """
        with reading(self._engine) as connection:
            row = finished(connection, report_id, kind, against)
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
            )


def finished(connection: Connection, report_id: str, kind: DocumentKind, against: str | None) -> Row[Any] | None:
    """The `DOCUMENTS` row of a document that tells the report's status, once it is done."""
    is_issued = connection.execute(select(_issued.edition).where(_issued.report_id == report_id)).one_or_none()
    rows = connection.execute(DOCUMENTS.where(_jobs.report_id == report_id, _jobs.kind == kind.value)).all()
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
    kind = DocumentKind(job.kind)
    report, understood = _report(connection, job.report_id, is_final=job.is_final)
    others: tuple[Report, ...] = ()
    if kind.needs_another:
        others = (_as_it_stands(connection, job.against_id),)
    elif kind in {DocumentKind.YEAR_WORD, DocumentKind.YEAR_EXCEL}:
        earlier = _quarters_before(connection, report.plan, job.against_id)
        others = (*(_as_it_stands(connection, report_id) for report_id in earlier), report)
    source = _source(connection, job.report_id, understood) if kind in WITHOUT_STATUS else None
    return Material(report, others, source)


def _quarters_before(connection: Connection, plan: Plan, until: str | None) -> tuple[str, ...]:
    """The reports in force for the year's earlier quarters when `until` was issued, oldest quarter first."""
    if until is None:
        return ()
    mark = select(_issued.issued_at, _issued.report_id).where(_issued.report_id == until).scalar_subquery()
    wanted = select(_issued.report_id, _issued.quarter, _issued.version, _issued.edition).where(
        _issued.year == plan.year,
        _issued.quarter < plan.quarter.number,
        tuple_(_issued.issued_at, _issued.report_id) <= mark,
    )
    rows = sorted(connection.execute(wanted), key=lambda row: (row.quarter, version_of(row.version), row.edition))
    return tuple({row.quarter: row.report_id for row in rows}.values())


def last_issued_before(connection: Connection, plan: Plan) -> str | None:
    """The last issued report of the earlier quarters of the plan's year."""
    found: str | None = connection.execute(
        select(_issued.report_id)
        .where(_issued.year == plan.year, _issued.quarter < plan.quarter.number)
        .order_by(_issued.issued_at.desc(), _issued.report_id.desc())
        .limit(1)
    ).scalar_one_or_none()
    return found


def plan_in(understood: Reading) -> Plan | None:
    """The plan that a reading gives to print, with blanks where a draft lacks a text."""
    match understood:
        case Accepted():
            return understood.plan
        case Rejected():
            return understood.plan.with_blanks()
        case Unreadable():
            return None


def plan_or_draft(understood: Reading) -> Plan | DraftPlan | None:
    """The plan as it was understood."""
    return None if isinstance(understood, Unreadable) else understood.plan


def _as_it_stands(connection: Connection, report_id: str) -> Report:
    is_issued = connection.execute(select(_issued.edition).where(_issued.report_id == report_id)).one_or_none()
    return _report(connection, report_id, is_final=is_issued is not None)[0]


def _report(connection: Connection, report_id: str, *, is_final: bool) -> tuple[Report, Reading]:
    row = connection.execute(
        select(
            _reports.proposed_edition,
            _reports.created_at,
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
        .where(_reports.id == report_id)
    ).one()
    understood = reading_from_json(json.loads(row.content))
    plan = plan_in(understood)
    if plan is None:
        raise ValueError(f"report {report_id} holds a reading without its year, quarter or version")
    if not is_final:
        return Report(report_id, plan, row.proposed_edition, row.created_at, is_draft=True), understood
    issued_at: dt.datetime = row.issued_at
    approval = Approval(row.approval_instance, row.approval_act, row.approval_on)
    report = Report(
        report_id,
        plan,
        row.edition,
        issued_at,
        change_log=change_log_from_json(row.change_log),
        modification=ChangeLogEntry.of(plan.version, approval, row.description, issued_at) if row.description else None,
        previous_id=row.previous_id,
    )
    return report, understood


def _source(connection: Connection, report_id: str, understood: Reading) -> Source:
    if isinstance(understood, Unreadable):
        raise TypeError(f"report {report_id} holds a reading that was never understood")
    workbook = connection.execute(
        select(_blobs.content)
        .join(tables.uploads, tables.uploads.c.sha256 == _blobs.sha256)
        .join(tables.reports, _reports.upload_id == tables.uploads.c.id)
        .where(_reports.id == report_id)
    ).scalar_one()
    return Source(workbook, understood.findings, understood.mapping)
