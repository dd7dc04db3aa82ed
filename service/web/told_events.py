"""A report -> what happened to it, oldest first, as its page tells it.

Only what the report itself remembers; the audit log has every step, with who asked for which document.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from service.store import StoredReport
from service.web.wording import STEPS, approval_told, by, counted, report_short


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, in a sentence; `report_id` is the other report that it tells of, if there is one."""

    at: dt.datetime
    told: str
    report_id: str | None = None


def events_of(report: StoredReport, successor: StoredReport | None) -> tuple[Event, ...]:
    """What happened to a report; `successor` is the one that replaced it."""
    step = STEPS.get(report.step)
    uploaded = f"Se subió el libro «{report.upload_filename}», {by(report.uploaded_by)}"
    events = [Event(report.created_at, f"{uploaded}{f': {step}' if step else ''}.")]
    accepted = sum(finding.accepted is not None for finding in report.findings)
    if accepted:
        with_reason = f"{'Quedó' if accepted == 1 else 'Quedaron'} {counted(accepted, 'hallazgo', 'hallazgos')}"
        told = f"{with_reason} {'aceptado' if accepted == 1 else 'aceptados'} con una razón, {by(report.uploaded_by)}."
        events.append(Event(report.created_at, told))
    if report.issued_at is not None:
        told = f"Se emitió como edición {report.edition}, {by(report.issued_by)}"
        approval = approval_told(report.approval)
        events.append(Event(report.issued_at, f"{told}{f'; aprobación: {approval}' if approval else ''}."))
    events += [
        Event(copy.at, f"Se guardó la copia firmada «{copy.filename}», {by(copy.by)}.") for copy in report.signed_copies
    ]
    if successor is not None and successor.issued_at is not None:
        told = f"Lo reemplazó el informe de la {report_short(successor)}, {by(successor.issued_by)}."
        events.append(Event(successor.issued_at, told, successor.id))
    return tuple(sorted(events, key=lambda event: event.at))
