"""A draft and what a person says of it -> the issued report, or everything that is still missing, at once.

Issuing is for good, so that all is looked at anew: other reports may have been issued since the draft was made. The
store refuses what was looked at before another report of the year was issued or the office said something else of
itself, and it is looked at once more.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from flask import Request

from service.domain.archive import Json, reading_from_json, reading_of
from service.domain.changes import Approver, compare, describe
from service.domain.findings import Finding, Severity
from service.domain.frame import Approval
from service.domain.office import REFERENCE_SETTINGS, Office
from service.domain.past import Past, follows, same_version
from service.domain.plan import Plan
from service.domain.reading import Accepted, Rejected, Unreadable
from service.domain.reports import ChangeLogEntry
from service.domain.succession import APPROVERS
from service.domain.values import BOGOTA, VersionNumber
from service.said import NotUnderstood, plain_text
from service.store import Issued, Store, StoredReport, WhyNotIssuable
from service.web.asker import name_of_asker, person
from service.web.bodies import json_object, text_in
from service.web.comparing import NO_SUCH_REPORT, plan_of
from service.web.final_check import (
    LOCAL_ADDRESS,
    Point,
    another_point,
    approval_point,
    documents_point,
    is_of_one_version,
    of_another_version,
    points_of,
    unversioned_point,
)
from service.web.front import Front
from service.web.history import beside_the_past, is_of_an_approved_plan, past_of
from service.web.limits import LONGEST_NAME, LONGEST_TEXT
from service.web.problems import FieldError, Problem, ProblemType, invalid_request

_NOT_SAID: Final = Approval()
_FIRST_OF_ALL: Final = "Primera versión del plan que se registra."
# Threads take turns, so that they do not make each other look again; between processes the store tells who was first.
_TURN: Final = threading.Lock()
_TRIES: Final = 50
_LENGTHS: Final = {
    "by": LONGEST_NAME, "reason": LONGEST_TEXT, "description": LONGEST_TEXT,
    "approval.instance": LONGEST_NAME, "approval.act": LONGEST_NAME, "approval.date": LONGEST_NAME,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Words:
    """What a person says with an issue; `description` None leaves it to Folio."""

    by: str
    reason: str = ""
    approval: Approval = _NOT_SAID
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Checklist:
    """What must be so before a draft is issued, and what its issue would say.

    `points` are all that is looked at. `errors` are those that nobody accepted, `contradictions` those that reports
    issued since made. `approver` is there when the draft brings a new version with changes that somebody must approve;
    `standing` is the approval that the settings have for whatever says none. `description` is what the control de
    cambios would tell, empty when the plan stays what it was. `previous` is the report that it follows, and `seen` how
    many reports of the year were issued when that was looked up. `office_seq` are the settings that counted then, 0
    where nobody has said anything; `tells_change_log` is what they say of it.
    """

    points: tuple[Point, ...]
    errors: tuple[Finding, ...]
    contradictions: tuple[Finding, ...]
    approver: Approver | None
    standing: Approval
    description: str
    previous: str | None
    seen: int
    office_seq: int
    tells_change_log: bool

    @property
    def may_be_issued(self) -> bool:
        """Whether nothing lacks but what is said with the issue."""
        return not any(point.hinders for point in self.points)

    @property
    def needs_approval(self) -> bool:
        """Whether it takes the committee's act, or a reason why it goes without."""
        return self.approver is Approver.COMMITTEE

    def missing(self, words: Words, report: StoredReport) -> tuple[FieldError, ...]:
        """Everything that keeps the draft from being issued with these words."""
        lacks = [FieldError(point.field, "", point.told) for point in self.points if point.hinders]
        approval, version = words.approval, report.version
        if self.needs_approval and not words.reason:
            lacks += [
                FieldError(f"approval.{field}", "", f"Falta {name}.")
                for field, value, name in (
                    ("instance", approval.instance, f"la instancia que aprobó la versión {version}"),
                    ("act", approval.act, f"el acta o el acto con que se aprobó la versión {version}"),
                    ("date", approval.on, f"la fecha en que se aprobó la versión {version}"),
                )
                if not value
            ]
            if not (approval.instance and approval.act and approval.on):
                said = f"Sus cambios los aprueba {APPROVERS[Approver.COMMITTEE]}: si se emite sin eso, diga por qué."
                lacks.append(FieldError("reason", "", said))
        elif self.approver and approval == _NOT_SAID and is_of_one_version(self.standing):
            lacks.append(FieldError("approval.act", "", of_another_version(self.standing, version)))
        return tuple(lacks)


def words_in(request: Request, today: dt.date) -> Words | Problem:
    """What the JSON or the form of a request says; every field is optional, those that are not known are ignored."""
    said = _fields_of(request)
    if isinstance(said, Problem):
        return said
    errors: list[FieldError] = []
    texts = {name: _text(name, said.get(name), errors) for name in _LENGTHS}
    on = _day(texts["approval.date"], today, errors)
    if errors:
        return invalid_request(tuple(errors))
    return Words(
        by=name_of_asker(texts["by"]),
        reason=texts["reason"],
        approval=Approval(texts["approval.instance"], texts["approval.act"], on),
        description=texts["description"] if said.get("description") is not None else None,
    )


def checklist(front: Front, report: StoredReport, understood: Json | None = None) -> Checklist:
    """What stands between this draft and its issue, now.

    `understood` is what was understood of the report's workbook, where it is at hand.

    Raises:
        StoreUnavailable: it cannot be told.
    """
    reading, kept = _reading(front, report, understood), front.kept_settings()
    settings = kept.settings if kept else REFERENCE_SETTINGS
    plan = reading.plan.with_blanks() if reading else None
    past = past_of(front.store, report.year)
    previous = follows(report.quarter, report.version, past)
    before = plan_of(front.store, previous.id) if previous else None
    changes = compare(before, plan, settings.office) if before and plan else None
    issued = past.issued(report.year)
    is_new_version = all(each.version != report.version for each in issued)
    approver = changes.approver if changes and is_new_version else None
    if not issued:
        description = _FIRST_OF_ALL
    else:
        is_told = is_new_version or (changes is not None and changes.modifies_plan)
        description = describe(changes) if changes and is_told else ""
    standing = tuple(each for each in report.findings if each.accepted is None)
    contradictions = _contradictions(reading, report, past, settings.office) if reading else ()
    unversioned = (
        None if is_new_version else _approver_of_what_differs(front.store, report, plan, past, settings.office)
    )
    today = front.clock().astimezone(BOGOTA).date()
    return Checklist(
        points=(
            *points_of(report.quarter, plan, standing, contradictions, settings=settings, today=today),
            _without_new_version(unversioned, report.version, (*standing, *contradictions))
            or approval_point(approver, report.version, settings.frame.approval),
            documents_point(report.documents),
            *([another_point(report, person())] if settings.office.issues_by_another else []),
            *([LOCAL_ADDRESS] if settings.frame.has_seal and front.seals_lead_here_only else []),
        ),
        errors=tuple(each for each in standing if each.severity is Severity.ERROR),
        contradictions=contradictions,
        approver=approver,
        standing=settings.frame.approval,
        description=description,
        previous=previous.id if previous else None,
        seen=len(issued),
        office_seq=kept.seq if kept else 0,
        tells_change_log=settings.office.tells_change_log,
    )


def issue(front: Front, report_id: str, words: Words) -> Issued | Problem:
    """Make the draft the office's word, and have its official documents written; the same again when it is already.

    Raises:
        StoreUnavailable: nothing was issued, or the answer was lost: ask again.
    """
    with _TURN:
        for _ in range(_TRIES):
            issued = _issue_as_it_stands(front, report_id, words)
            if issued is not None:
                break
    if issued is None:
        detail = (
            "En este momento se emiten otros informes del mismo año o se cambian los ajustes de la oficina. Intente de "
            "nuevo en unos segundos."
        )
        return Problem(ProblemType.NOT_ISSUABLE, detail)
    if isinstance(issued, Issued) and issued.is_new:
        front.bell.ring(issued.job_ids)
    return issued


def _issue_as_it_stands(front: Front, report_id: str, words: Words) -> Issued | Problem | None:
    """None when another report of the year was issued meanwhile, or settings were changed: there is more to see."""
    report = front.store.report(report_id)
    if report is None:
        return NO_SUCH_REPORT
    if report.issued_at is not None:
        issued = front.store.issue(report_id, now=front.clock(), by=words.by)
        return issued if isinstance(issued, Issued) else NO_SUCH_REPORT
    checks = checklist(front, report)
    if missing := checks.missing(words, report):
        detail = " ".join(lack.message for lack in missing)
        return Problem(ProblemType.NOT_ISSUABLE, detail, (*checks.errors, *checks.contradictions), missing)
    description = checks.description if words.description is None else words.description
    # After the look at the year: its reports are issued in the order of their instants.
    now = front.clock()
    entry = ChangeLogEntry.of(report.version, words.approval, description, now)
    issued = front.store.issue(
        report_id,
        now=now,
        by=words.by,
        reason=words.reason,
        approval=words.approval,
        description=description,
        previous=checks.previous,
        change_log=change_log(front.store, report, entry) if checks.tells_change_log else (),
        seen=checks.seen,
        office_seq=checks.office_seq,
        sealer=front.sealer,
    )
    if isinstance(issued, Issued):
        return issued
    if issued.reason is WhyNotIssuable.STALE:
        return None
    return Problem(ProblemType.NOT_ISSUABLE, "El informe tiene errores por corregir, o por aceptar con una razón.")


def change_log(store: Store, report: StoredReport, entry: ChangeLogEntry) -> tuple[ChangeLogEntry, ...]:
    """The control de cambios of the report's plan up to its version, this entry among them: oldest first."""
    earlier = [each for each in store.past(report.year) if each.year == report.year and each.version <= report.version]
    told = [
        (each.issued_at, ChangeLogEntry.of(each.version, each.approval, each.description, each.issued_at))
        for each in earlier
        if each.issued_at is not None and each.description
    ]
    in_order = [row for _, row in sorted(told, key=lambda each: (each[1].version, each[0]))]
    return (*in_order, entry) if entry.description else tuple(in_order)


def _reading(front: Front, report: StoredReport, understood: Json | None) -> Accepted | Rejected | None:
    kept = None if understood else front.store.reading_json(report.id)
    reading = reading_from_json(understood) if understood else reading_of(kept) if kept else None
    return None if isinstance(reading, Unreadable) else reading


def _approver_of_what_differs(
    store: Store, report: StoredReport, plan: Plan | None, past: Past, office: Office
) -> Approver | None:
    """Who approves what the draft says otherwise than the report that tells what its version approved."""
    approved = same_version(report.quarter, report.version, past)
    before = plan_of(store, approved.id) if approved else None
    return compare(before, plan, office).approver if before and plan else None


def _without_new_version(
    approver: Approver | None, version: VersionNumber, standing: tuple[Finding, ...]
) -> Point | None:
    """What there is to say of changes that bring no new version; None where there are none."""
    if approver is None:
        return None
    is_accepted = not any(is_of_an_approved_plan(each) and each.severity is Severity.ERROR for each in standing)
    return unversioned_point(approver, version, is_accepted=is_accepted)


def _contradictions(
    reading: Accepted | Rejected, report: StoredReport, past: Past, office: Office
) -> tuple[Finding, ...]:
    plan = reading.plan.as_draft()
    known = {(each.code, each.place) for each in report.findings}
    said = beside_the_past(plan, reading.mapping, past, office, reading.extra_columns, read=reading.findings)
    return tuple(each for each in said if each.severity is Severity.ERROR and (each.code, each.place) not in known)


def _fields_of(request: Request) -> Mapping[str, Any] | Problem:
    """The fields by name, those of the approval as "approval.act"."""
    if not request.is_json:
        return {name.replace("approval_", "approval."): value for name, value in request.form.items()}
    data = json_object(request)
    if isinstance(data, Problem):
        return data
    approval = data.get("approval") or {}
    if not isinstance(approval, dict):
        reason = "«approval» es un objeto con «instance», «act» y «date»."
        return invalid_request((FieldError("approval", "", reason),))
    return data | {f"approval.{name}": value for name, value in approval.items()}


def _text(name: str, value: object, errors: list[FieldError]) -> str:
    text = text_in(name, value, errors)
    try:
        return plain_text(text, _LENGTHS[name])
    except NotUnderstood as reason:
        errors.append(FieldError(name, text[:80], str(reason)))
        return ""


def _day(text: str, today: dt.date, errors: list[FieldError]) -> dt.date | None:
    if not text:
        return None
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        errors.append(FieldError("approval.date", text[:80], "Escriba la fecha como año-mes-día: 2024-10-15."))
        return None
    if day > today:
        errors.append(FieldError("approval.date", text, "La fecha de la aprobación no puede ser posterior a hoy."))
    return day
