"""Received -> Appended, or a Problem: the one way in, for the API and the pages. COMMIT first, the bell after it."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, assert_never, cast

from flask import current_app

from service.domain.errors import StoreUnavailable
from service.domain.findings import FindingCode, Severity
from service.domain.reading import Accepted, Rejected, Unreadable
from service.jobs import Bell
from service.sheets.isolated import ReadingRoom
from service.store import Appended, KeyReused, Store
from service.web.problems import STORE_UNAVAILABLE, Problem, ProblemType
from service.web.uploads import Received
from service.web.wording import findings_summary

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

    def submit(self, received: Received) -> Appended | Problem:
        """Read the workbook and remember the report with its jobs; they are durable when this returns."""
        reading, reading_json = self.reading_room.read(received.upload.content, received.given)
        match reading:
            case Unreadable():
                return _unreadable(reading)
            case Rejected():
                return _has_errors(reading)
            case Accepted():
                pass
            case _:
                assert_never(reading)
        try:
            appended = self.store.append_report(
                received.upload,
                reading,
                reading_json,
                received.kinds,
                report_id=self.new_id(),
                now=self.clock(),
                idempotency_key=received.idempotency_key,
            )
        except StoreUnavailable:
            _log.exception("an upload could not be remembered")
            return STORE_UNAVAILABLE
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
    return Problem(kind, " ".join(f"{finding.message} {finding.fix}" for finding in reading.findings), reading.findings)


def _has_errors(reading: Rejected) -> Problem:
    errors = sum(finding.severity is Severity.ERROR for finding in reading.findings)
    return Problem(
        ProblemType.HAS_ERRORS,
        f"En el libro hay {findings_summary(reading.findings)}. Corrija {'el error' if errors == 1 else 'los errores'} "
        "en Excel, guarde y suba el libro de nuevo.",
        reading.findings,
    )
