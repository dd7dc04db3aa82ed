"""Received -> Appended, or a Problem: the one way in, for the API and the pages. COMMIT first, the bell after it."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final, cast

from flask import current_app

from service.domain.errors import StoreUnavailable
from service.domain.findings import FindingCode, Severity
from service.domain.office import Office
from service.domain.progress import Progress, Stage
from service.domain.reading import Rejected, Unreadable
from service.domain.reports import USUAL_KINDS, DocumentKind
from service.domain.succession import Proposal, Step
from service.jobs import Bell
from service.sheets.isolated import ReadingRoom
from service.store import Appended, KeyReused, Store, StoredReport
from service.web.problems import STORE_UNAVAILABLE, Problem, ProblemType
from service.web.progress import telling
from service.web.readings import Considered, Readings
from service.web.uploads import Received
from service.web.wording import findings_summary, joined

# Another kind of file, whatever its name: 415. What is or was meant to be a workbook and cannot be read: 422.
NOT_A_WORKBOOK: Final = {FindingCode.FILE_002, FindingCode.FILE_005}

EXTENSION: Final = "folio"

NOTHING_BEFORE: Final = Problem(
    ProblemType.NOTHING_TO_COMPARE,
    "Este informe no sigue a ninguno que se haya emitido: indique con cuál compararlo.",
)

_KEY_REUSED: Final = Problem(
    ProblemType.KEY_REUSED, "Ya se recibió un envío distinto con esta clave. Use una clave nueva para cada informe."
)

_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Known:
    """The data of an upload are those of a report that there is; nothing was made of them."""

    report: StoredReport
    proposal: Proposal


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

    def submit(self, received: Received) -> Appended | Known | Problem:
        """Read the workbook and remember the report with its jobs; they are durable when this returns.

        With errors that nobody accepted it is refused, or kept where that was asked for. Nothing is made of data which
        a report has already, unless the person says what else they are.
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

    def _submit(self, received: Received) -> Appended | Known | Problem:
        tell = telling()
        readings = Readings(self.reading_room, self.store, self.office)
        content, now = received.upload.content, self.clock()
        considered = readings.read(
            content,
            received.given,
            now,
            tell,
            is_afresh=received.is_afresh,
            step=received.step,
            by=received.by,
        )
        reading, proposal = considered.reading, considered.proposal
        if isinstance(reading, Unreadable):
            return _unreadable(reading)
        if considered.objection:
            return Problem(ProblemType.STEP_CONTRADICTED, considered.objection, proposal=proposal)
        if known := self._known(received, considered):
            return known
        may_be_draft = received.may_be_draft
        if isinstance(reading, Rejected) and (refusal := _refusal(reading, proposal, may_be_draft=may_be_draft)):
            return refusal
        tell(Progress(Stage.KEEPING))
        return self._append(received, considered)

    def _known(self, received: Received, considered: Considered) -> Known | Problem | None:
        """The report with the same data, unless a key says that there was a request under it already."""
        reading, proposal, key = considered.reading, considered.proposal, received.idempotency_key
        if proposal is None or proposal.step is not Step.SAME or proposal.against is None:
            return None
        if isinstance(reading, Unreadable):
            raise TypeError("what cannot be read is refused before")
        report = self.store.report(proposal.against)
        if report is None or (report.has_errors and not received.may_be_draft):
            return None
        if key and self.store.report_of_key(key):
            return None
        if key and self.store.take_key(
            key,
            report.id,
            received.upload,
            reading,
            _named(received),
            now=self.clock(),
            given=considered.given,
            step=received.step or "",
        ):
            return _KEY_REUSED
        more = set(received.kinds) - {document.kind for document in report.documents}
        wanted = tuple(kind for kind in DocumentKind if kind in more and not kind.needs_another)
        return Known(self.request(report, wanted, None, received.by) if wanted else report, proposal)

    def _append(self, received: Received, considered: Considered) -> Appended | Problem:
        reading, proposal = considered.reading, considered.proposal
        if isinstance(reading, Unreadable):
            raise TypeError("what cannot be read is refused before")
        comparisons = tuple(kind for kind in received.kinds if kind.needs_another)
        if comparisons and (proposal is None or proposal.against is None):
            return NOTHING_BEFORE
        appended = self.store.append_report(
            received.upload,
            reading,
            considered.as_json,
            _named(received),
            report_id=self.new_id(),
            now=self.clock(),
            given=considered.given,
            idempotency_key=received.idempotency_key,
            proposal=proposal,
            step=received.step or "",
            by=received.by,
        )
        if isinstance(appended, KeyReused):
            return _KEY_REUSED
        if appended.is_new:
            self.bell.ring(appended.job_ids)
        # A request that is repeated finds its own report there: what it follows is what the first one was told.
        first = appended.report.proposal
        if not comparisons or first is None or first.against is None:
            return appended
        return replace(appended, report=self.request(appended.report, comparisons, first.against, received.by))

    def request(
        self, report: StoredReport, kinds: Iterable[DocumentKind], against: str | None, by: str
    ) -> StoredReport:
        """Have more documents of a report written, and the report with them; those that it has are not written again.

        `against` is another report that there is, for documents that tell what changed.
        """
        self.bell.ring(self.store.request_documents(report.id, kinds, against, now=self.clock(), by=by))
        return self.store.report(report.id) or report


def front() -> Front:
    """The front of the application that serves this request."""
    return cast(Front, current_app.extensions[EXTENSION])


def _named(received: Received) -> tuple[DocumentKind, ...]:
    """The documents that are queued with an upload; the comparisons are asked for once it is a report."""
    return tuple(kind for kind in received.kinds if not kind.needs_another) or USUAL_KINDS


def _unreadable(reading: Unreadable) -> Problem:
    is_workbook = all(finding.code not in NOT_A_WORKBOOK for finding in reading.findings)
    kind = ProblemType.UNREADABLE if is_workbook else ProblemType.NOT_A_WORKBOOK
    detail = " ".join(f"{finding.message} {finding.fix}" for finding in reading.findings)
    return Problem(kind, detail, reading.findings, understood=reading)


def _refusal(reading: Rejected, proposal: Proposal | None, *, may_be_draft: bool) -> Problem | None:
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
    if missing and proposal:
        detail += f" {proposal.reason}"
    return Problem(ProblemType.HAS_ERRORS, detail, reading.findings, understood=reading, proposal=proposal)
