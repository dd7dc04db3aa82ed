"""Received -> Appended, or a Problem: the one way in, for the API and the pages. COMMIT first, the bell after it."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, cast

from flask import current_app

from service.domain.errors import StoreUnavailable
from service.domain.findings import FindingCode, Severity
from service.domain.office import Office
from service.domain.progress import Progress, Stage
from service.domain.reading import Accepted, Rejected, Unreadable
from service.domain.reports import DocumentKind
from service.jobs import Bell
from service.sheets.isolated import ReadingRoom
from service.store import Appended, KeyReused, Store
from service.web.problems import STORE_UNAVAILABLE, Problem, ProblemType
from service.web.progress import telling
from service.web.readings import Readings
from service.web.uploads import Received
from service.web.wording import findings_summary, joined

# Another kind of file, whatever its name: 415. What is or was meant to be a workbook and cannot be read: 422.
NOT_A_WORKBOOK: Final = {FindingCode.FILE_002, FindingCode.FILE_005}

EXTENSION: Final = "folio"

_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Front:
    """The rooms behind the door, handed in by whoever opens it: the clock and the id maker too."""

    store: Store
    bell: Bell
    reading_room: ReadingRoom
    clock: Callable[[], dt.datetime]
    new_id: Callable[[], str]
    max_upload_bytes: int
    office: Office

    def submit(self, received: Received) -> Appended | Problem:
        """Read the workbook and remember the report with its jobs; they are durable when this returns.

        With errors that nobody accepted it is refused, or kept as a draft where that was asked for.
        """
        try:
            return self._submit(received)
        except StoreUnavailable:
            _log.exception("an upload could not be remembered")
            return STORE_UNAVAILABLE

    def blank_workbook(self, year: int) -> bytes:
        """An empty plan of that year for this office to fill in."""
        from service.sheets.blank import blank_workbook  # noqa: PLC0415 - openpyxl's memory only where it is asked for

        return blank_workbook(year, self.office)

    def _submit(self, received: Received) -> Appended | Problem:
        tell = telling()
        readings = Readings(self.reading_room, self.store, self.office)
        reading, reading_json = readings.read(received.upload.content, received.given, self.clock(), tell)
        if isinstance(reading, Unreadable):
            return _unreadable(reading)
        if isinstance(reading, Rejected) and (refusal := _refusal(reading, may_be_draft=received.may_be_draft)):
            return refusal
        tell(Progress(Stage.KEEPING))
        appended = self.store.append_report(
            received.upload,
            reading,
            reading_json,
            received.kinds if isinstance(reading, Accepted) else (DocumentKind.FINDINGS,),
            report_id=self.new_id(),
            now=self.clock(),
            given=received.given,
            idempotency_key=received.idempotency_key,
        )
        if isinstance(appended, KeyReused):
            return Problem(
                ProblemType.KEY_REUSED,
                "Ya se recibió un envío distinto con esta clave. Use una clave nueva para cada informe.",
            )
        if appended.is_new:
            self.bell.ring(appended.job_ids)
        return appended


def front() -> Front:
    """The front of the application that serves this request."""
    return cast(Front, current_app.extensions[EXTENSION])


def _unreadable(reading: Unreadable) -> Problem:
    is_workbook = all(finding.code not in NOT_A_WORKBOOK for finding in reading.findings)
    kind = ProblemType.UNREADABLE if is_workbook else ProblemType.NOT_A_WORKBOOK
    detail = " ".join(f"{finding.message} {finding.fix}" for finding in reading.findings)
    return Problem(kind, detail, reading.findings, understood=reading)


def _refusal(reading: Rejected, *, may_be_draft: bool) -> Problem | None:
    """Why a workbook with errors is not kept; None when it becomes a draft."""
    plan = reading.plan
    needed = {"el año": plan.year, "el trimestre": plan.quarter, "la versión": plan.version}
    missing = joined([name for name, value in needed.items() if value is None] or [""])
    if may_be_draft and not missing:
        return None
    errors = sum(finding.severity is Severity.ERROR and finding.accepted is None for finding in reading.findings)
    detail = (
        f"En el libro hay {findings_summary(reading.findings)}. Corrija {'el error' if errors == 1 else 'los errores'} "
        "en Excel, guarde y suba el libro de nuevo."
    )
    if may_be_draft:
        detail += f" Para guardarlo como borrador falta indicar {missing}."
    return Problem(ProblemType.HAS_ERRORS, detail, reading.findings, understood=reading)
