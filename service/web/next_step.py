"""A report -> the one thing to do next with it: what the button says, where it leads, and whose it is."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from service.domain.findings import Severity
from service.domain.people import Role
from service.domain.values import BOGOTA
from service.store import StoredReport
from service.web.wording import counted

# The headings of a report's page.
STEP: Final = "step-title"
FINDINGS: Final = "findings-title"
ISSUE: Final = "issue-title"
DOCUMENTS: Final = "documents-title"
SIGNED: Final = "copia-firmada"
NEXT: Final = "next-title"
TABLE: Final = "table-title"
PAGES: Final = "pages-title"
RECORD: Final = "record-title"

_LAST_QUARTER: Final = 4


@dataclass(frozen=True, slots=True)
class NextStep:
    """What to do: `anchor` is the place of the page where it is done, `role` the least that whoever does it has."""

    label: str
    anchor: str
    role: Role


def next_step(report: StoredReport, *, may_be_issued: bool, now: dt.datetime) -> NextStep | None:
    """The next thing to do with a report; None where another has taken its place.

    Nobody tells Folio when a report was downloaded: on the day of the issue it is to be signed, later to be brought
    back signed. `may_be_issued` is of a draft, whether nothing hinders it.
    """
    if report.superseded_by:
        return None
    if report.issued_at is None:
        errors = sum(each.severity is Severity.ERROR and each.accepted is None for each in report.findings)
        if errors:
            return NextStep(f"Corregir {counted(errors, 'error', 'errores')}", FINDINGS, Role.PREPARES)
        label = "Revisar y emitir" if may_be_issued else "Ver qué falta para emitirlo"
        return NextStep(label, ISSUE, Role.APPROVES if may_be_issued else Role.PREPARES)
    if not report.signed_copies:
        is_of_today = report.issued_at.astimezone(BOGOTA).date() >= now.astimezone(BOGOTA).date()
        if is_of_today:
            return NextStep("Descargar y firmar", DOCUMENTS, Role.READS)
        return NextStep("Subir la copia firmada", SIGNED, Role.PREPARES)
    following = "el plan del año siguiente" if report.quarter.number == _LAST_QUARTER else "el siguiente trimestre"
    return NextStep(f"Preparar {following}", NEXT, Role.PREPARES)
