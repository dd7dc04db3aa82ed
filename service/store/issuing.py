"""Drafts -> issued reports with their numbers, and documents asked for later -> jobs.

The edition is taken in the transaction that issues: two people who issue at once get two numbers, and none is left out.
What a planner ought not to issue is for the front to say, which tells what of the year and of the office it saw when it
looked: here only that is refused which would make the store lie, and what was looked at before either changed.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterable
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, bindparam, func, select, update

from service.domain.archive import change_log_to_json, reading_of
from service.domain.frame import Approval, Seal
from service.domain.office import REFERENCE_SETTINGS
from service.domain.plan import Plan
from service.domain.reports import (
    ChangeLogEntry,
    DocumentKind,
    JobState,
    Report,
)
from service.store import tables
from service.store.asked_jobs import queue_jobs
from service.store.audit import AuditStep, Entry, tell
from service.store.bound import AtOffice
from service.store.engine import reading, writing
from service.store.material import PACKED, plan_in
from service.store.offices import last_said
from service.store.records import NOT_SAID, Issued, NotIssuable, WhyNotIssuable
from service.store.shown import (
    DOCUMENTS,
    chosen,
    compared_with,
    in_force,
    one_report,
)
from service.store.statements import one_at_a_time

_reports, _issued, _jobs = tables.reports.c, tables.issued.c, tables.jobs.c

_HIGHEST: Final = select(func.max(_issued.edition)).where(
    _issued.office_id == bindparam("office"),
    _issued.year == bindparam("in_year"),
    _issued.quarter == bindparam("in_quarter"),
    _issued.version == bindparam("of_version"),
)


class IssuingDesk(AtOffice):
    """Issues reports and asks for their documents."""

    def issue(
        self,
        report_id: str,
        *,
        now: dt.datetime,
        by: str,
        reason: str = "",
        approval: Approval = NOT_SAID,
        description: str = "",
        previous: str | None = None,
        change_log: tuple[ChangeLogEntry, ...] = (),
        seen: int | None = None,
        office_seq: int | None = None,
        sealer: Callable[[str], Seal] | None = None,
    ) -> Issued | NotIssuable:
        """Make a draft the office's word: give it the next edition of its quarter and version, and queue its documents.

        They are written without the mark of a draft, what changed among them when there is a `previous`. The report
        keeps what the office has said of itself by then. Whoever issues what is issued gets the same answer again,
        whatever they said this time.

        Args:
            report_id: the draft.
            now: the instant of the issue, also of its documents.
            by: who issues it.
            reason: why, in the person's words.
            approval: who approved the version, and by which act.
            description: what changed, for the control de cambios.
            previous: the report that the changes are told against.
            change_log: the control de cambios that the documents end with, oldest first; empty: they tell none.
            seen: how many reports of the year were issued when the caller looked; `STALE` when there are more by now,
                since what follows what is then to be told anew. None: whatever there is.
            office_seq: which settings of the office counted when the caller looked, 0 where nobody had said anything;
                `STALE` when others count by now. None: whichever do.
            sealer: gives a report of that id its seal; asked only when the office has seals at this very moment. None:
                the report gets none.

        Raises:
            StoreUnavailable: nothing was issued, or the answer of the commit was lost: ask again.
            ValueError: there is no report `previous`, or it is this one.
        """
        draft = self._find(report_id)
        if draft is None:
            return NotIssuable(WhyNotIssuable.UNKNOWN)
        row, plan = draft
        if row.has_errors:
            return NotIssuable(WhyNotIssuable.HAS_ERRORS)
        year, quarter, version = plan.year, plan.quarter.number, str(plan.version)
        with writing(self._engine) as connection:
            self._alone_in(connection, plan)
            before = self._issued_before(connection, report_id)
            if before is not None:
                return before
            if seen is not None and seen != self._issued_in(connection, year):
                return NotIssuable(WhyNotIssuable.STALE)
            office = last_said(connection, self._office_id)
            if office_seq is not None and office_seq != (office.seq if office else 0):
                return NotIssuable(WhyNotIssuable.STALE)
            if previous is not None:
                self._must_be_another(connection, report_id, previous)
            of_quarter = (self._office_id, year, quarter)
            replaced = in_force(connection, [of_quarter]).get(of_quarter)
            edition = next_edition(connection, self._office_id, plan)
            report = Report(report_id, plan, edition, now, change_log=change_log)
            has_seal = (office.settings if office else REFERENCE_SETTINGS).frame.has_seal
            seal = sealer(report_id) if sealer and has_seal else None
            connection.execute(
                tables.issued.insert().values(
                    report_id=report_id,
                    office_id=self._office_id,
                    year=year,
                    quarter=quarter,
                    version=version,
                    edition=report.edition,
                    issued_at=now,
                    issued_by=by,
                    reason=reason,
                    approval_instance=approval.instance,
                    approval_act=approval.act,
                    approval_on=approval.on,
                    description=description,
                    previous_id=previous,
                    change_log=json.dumps(change_log_to_json(change_log), ensure_ascii=False),
                    office_seq=office.seq if office else None,
                    code=seal.code if seal else None,
                    address=seal.address if seal else None,
                )
            )
            kinds = [kind for kind in DocumentKind if kind.comes_with_issue or (kind.needs_another and previous)]
            job_ids = queue_jobs(connection, report, kinds, now, against=previous)
            told = {
                "office": self._office_id,
                "year": year,
                "quarter": quarter,
                "version": version,
                "edition": report.edition,
                "upload_sha256": row.sha256,
                "reading_sha256": row.reading_sha256,
                "reason": reason,
                "approval": [approval.instance, approval.act, approval.on.isoformat() if approval.on else None],
                "description": description,
                "previous": previous,
                "jobs": job_ids,
            }
            entries = [Entry(AuditStep.ISSUED, report_id, told)]
            valid = in_force(connection, [of_quarter])[of_quarter]
            # A correction of a version that was already replaced replaces nothing: it is superseded itself.
            superseded = replaced if valid == report_id else report_id
            if superseded is not None:
                entries.append(Entry(AuditStep.SUPERSEDED, superseded, {"office": self._office_id, "by": valid}))
            issued = one_report(connection, report_id, self._office_id)
            tell(connection, now, by, *entries)
        if issued is None:
            raise LookupError(f"report {report_id} was issued and is not there")
        return Issued(issued, job_ids, is_new=True)

    def request_documents(
        self, report_id: str, kinds: Iterable[DocumentKind], against: str | None, *, now: dt.datetime, by: str
    ) -> tuple[str, ...]:
        """Queue documents that the report does not have yet; the ids of the jobs that are new.

        An issued report's are written without the mark of a draft, and with a package goes what it is made of. Those of
        the year are written again when an earlier quarter has been issued or corrected since.

        Args:
            report_id: the report.
            kinds: the documents.
            against: the report that comparisons compare with; the other documents pass over it.
            now: the instant of the request.
            by: who asks.

        Raises:
            StoreUnavailable: nothing was queued, or the answer of the commit was lost: ask again.
            ValueError: there is no such report, or a comparison lacks the other report, or that is the same one, or the
                package of a draft is asked for.
        """
        asked = set(kinds)
        found = self._find(report_id)
        if found is None:
            raise ValueError(f"there is no report {report_id}")
        row, plan = found
        with writing(self._engine) as connection:
            self._alone_in(connection, plan)
            if any(kind.needs_another for kind in asked):
                self._must_be_another(connection, report_id, against)
            issued = connection.execute(select(_issued.edition).where(_issued.report_id == report_id)).one_or_none()
            if DocumentKind.PACKAGE in asked:
                if issued is None:
                    raise ValueError(f"{report_id} is a draft: there is nothing to publish")
                asked |= {kind for kind in DocumentKind if kind.comes_with_issue}
            edition = issued.edition if issued else row.proposed_edition
            report = Report(report_id, plan, edition, now, is_draft=issued is None)
            wanted = [kind for kind in DocumentKind if kind in asked]
            job_ids = queue_jobs(connection, report, wanted, now, against)
            if job_ids:
                told = {"office": self._office_id, "jobs": job_ids}
                tell(connection, now, by, Entry(AuditStep.DOCUMENTS_REQUESTED, report_id, told))
        return job_ids

    def retry_document(
        self, report_id: str, kind: DocumentKind, against: str | None, *, now: dt.datetime, by: str
    ) -> str | None:
        """Have a document that could not be written tried anew, as many times as the first; its job's id.

        None when there is no such document, or it did not fail. A package that was made without the document is made
        anew once the document is there.

        Raises:
            StoreUnavailable: nothing was queued.
        """
        with writing(self._engine) as connection:
            if not self._has(connection, report_id):
                return None
            is_issued = connection.execute(select(_issued.edition).where(_issued.report_id == report_id)).one_or_none()
            rows = connection.execute(DOCUMENTS.where(_jobs.report_id == report_id, _jobs.kind == kind.value)).all()
            of_status = chosen(rows, is_issued=is_issued is not None)
            job_id = next((row.id for row in of_status if compared_with(row) == against), None)
            anew = update(tables.jobs).where(
                _jobs.id == job_id, _jobs.state.in_([JobState.FAILED.value, JobState.QUARANTINED.value])
            )
            values = {"state": JobState.QUEUED.value, "attempts": 0, "due_at": now, "finished_at": None}
            if not connection.execute(anew.values(problem=None, problem_code=None, **values)).rowcount:
                return None
            packages = _pack_anew(connection, report_id, now) if is_issued and kind in PACKED else ()
            told = {"office": self._office_id, "jobs": [job_id, *packages], "again": True}
            tell(connection, now, by, Entry(AuditStep.DOCUMENTS_REQUESTED, report_id, told))
        return job_id

    def note_refusal(self, report_id: str, attempt: str, *, now: dt.datetime, by: str) -> None:
        """Put on record that somebody tried to alter or delete a report; the attempt was refused before it got here.

        Raises:
            StoreUnavailable: it is not on record.
        """
        with writing(self._engine) as connection:
            told = {"office": self._office_id, "refusal": attempt}
            tell(connection, now, by, Entry(AuditStep.ATTEMPT_REFUSED, report_id, told))

    def _find(self, report_id: str) -> tuple[Row[Any], Plan] | None:
        """The report's row and plan. Neither ever changes: they are read before anybody has to wait for anybody."""
        wanted: Select[Any] = (
            select(
                _reports.has_errors,
                _reports.proposed_edition,
                _reports.reading_sha256,
                tables.uploads.c.sha256,
                tables.blobs.c.content,
            )
            .join(tables.uploads, tables.uploads.c.id == _reports.upload_id)
            .join(tables.blobs, tables.blobs.c.sha256 == _reports.reading_sha256)
            .where(_reports.id == report_id, _reports.office_id == self._office_id)
        )
        with reading(self._engine) as connection:
            row = connection.execute(wanted).one_or_none()
        plan = plan_in(reading_of(row.content)) if row else None
        return (row, plan) if row and plan else None

    def _alone_in(self, connection: Connection, plan: Plan) -> None:
        # The year and not the quarter: what a report follows may be of any quarter of its year.
        one_at_a_time(connection, f"year {plan.year} of {self._office_id}")

    def _issued_in(self, connection: Connection, year: int) -> int:
        """How many reports of the year are issued; as none ever goes, the same number are the same reports."""
        counted = select(func.count()).where(_issued.office_id == self._office_id, _issued.year == year)
        return connection.execute(counted).scalar_one()

    def _issued_before(self, connection: Connection, report_id: str) -> Issued | None:
        report = one_report(connection, report_id, self._office_id)
        if report is None or report.issued_at is None:
            return None
        with_issue = select(_jobs.id).where(
            _jobs.report_id == report_id, _jobs.is_final, _jobs.asked_at == report.issued_at
        )
        return Issued(report, tuple(connection.execute(with_issue).scalars()), is_new=False)

    def _must_be_another(self, connection: Connection, report_id: str, other: str | None) -> None:
        if other == report_id or not self._has(connection, other):
            raise ValueError(f"{other} is no report that {report_id} could be compared with")


def _pack_anew(connection: Connection, report_id: str, now: dt.datetime) -> tuple[str, ...]:
    """Queue another package of a report whose last one no longer waits; what is kept of that one stays kept.

    A package is written with what there is and says what it lacks: an office without LibreOffice has one all the same.
    But when what it lacked is tried again, nobody ought to go on publishing the poorer one.
    """
    packages = connection.execute(
        select(_jobs.id, _jobs.filename, _jobs.state)
        .where(_jobs.report_id == report_id, _jobs.kind == DocumentKind.PACKAGE.value, _jobs.is_final)
        .order_by(_jobs.asked_at, _jobs.id)
    ).all()
    if not packages or packages[-1].state == JobState.QUEUED.value:
        return ()
    job_id = f"{report_id}.{DocumentKind.PACKAGE.value}.{len(packages) + 1}.final"
    row = {"report_id": report_id, "kind": DocumentKind.PACKAGE.value, "is_final": True}
    queued = {"state": JobState.QUEUED.value, "attempts": 0, "due_at": now, "asked_at": now}
    connection.execute(
        tables.jobs.insert().values(id=job_id, against_id=None, filename=packages[-1].filename, **row, **queued)
    )
    return (job_id,)


def next_edition(connection: Connection, office_id: str, plan: Plan) -> int:
    """The edition that a report of this plan would be if it were issued now."""
    numbers = {"in_year": plan.year, "in_quarter": plan.quarter.number, "of_version": str(plan.version)}
    highest = connection.execute(_HIGHEST, {"office": office_id, **numbers}).scalar_one()
    return (highest or 0) + 1
