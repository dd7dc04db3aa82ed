"""Two reports -> what changed from one to the other; any two, and by default the one that a report follows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from service.domain.changes import Changes, compare
from service.domain.past import follows
from service.domain.plan import Plan
from service.store import Store, StoredReport
from service.web.front import NOTHING_BEFORE, Front
from service.web.history import past_of
from service.web.limits import ID_PATTERN
from service.web.problems import FieldError, Problem, ProblemType, invalid_request

NO_SUCH_REPORT: Final = Problem(ProblemType.NOT_FOUND, "No se encontró ese informe.")


@dataclass(frozen=True, slots=True)
class Comparison:
    """What changed from the report `against` to the other, and both plans."""

    report: StoredReport
    against: StoredReport
    before: Plan
    after: Plan
    changes: Changes


def followed_by(store: Store, report: StoredReport) -> str | None:
    """The id of the issued report that this one follows: as it was issued, or as it would be issued now."""
    if report.issued_at is not None:
        return report.previous
    found = follows(report.quarter, report.version, past_of(store, report.year))
    return found.id if found else None


def other_report(store: Store, report: StoredReport, named: str | None) -> StoredReport | Problem:
    """The report to compare with: the one that is named, else the one that this one follows."""
    wanted = named or followed_by(store, report)
    if wanted is None:
        return NOTHING_BEFORE
    if wanted == report.id:
        reason = "Un informe no se compara consigo mismo: indique otro."
        return invalid_request((FieldError("against", wanted, reason),))
    # What cannot be an id is not asked for: a database may refuse the very characters of it.
    found = store.report(wanted) if re.fullmatch(ID_PATTERN, wanted) else None
    return found or Problem(ProblemType.NOT_FOUND, "No hay ningún informe con el que se pide comparar.")


def compared(front: Front, report_id: str, named: str | None) -> Comparison | Problem:
    """What changed since the report that is named, or that this one follows.

    Raises:
        StoreUnavailable: the reports cannot be had.
    """
    report = front.store.report(report_id)
    if report is None:
        return NO_SUCH_REPORT
    against = other_report(front.store, report, named)
    if isinstance(against, Problem):
        return against
    before, after = plan_of(front.store, against.id), plan_of(front.store, report.id)
    if before is None or after is None:
        return NO_SUCH_REPORT
    return Comparison(report, against, before, after, compare(before, after, front.office))


def plan_of(store: Store, report_id: str) -> Plan | None:
    """The plan of a report, with blanks where a draft lacks a text."""
    plan = store.plan_of(report_id)
    return plan.with_blanks() if plan else None
