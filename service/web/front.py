"""Received -> Appended, or a Problem: the one way in, for the API and the pages. COMMIT first, the bell after it."""

from __future__ import annotations

import datetime as dt
import logging
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath
from typing import Final, cast
from urllib.parse import urlsplit

from flask import current_app

from service import logs
from service.domain.errors import StoreUnavailable
from service.domain.findings import FindingCode, Severity
from service.domain.frame import Frame, Seal
from service.domain.office import REFERENCE_SETTINGS, Office, OfficeSettings
from service.domain.people import FIRST_OFFICE
from service.domain.progress import Progress, Stage
from service.domain.reading import Accepted, Rejected, Unreadable
from service.domain.reports import MOST_PRINTED_UNASKED, USUAL_KINDS, DocumentKind
from service.domain.succession import Proposal, Step
from service.jobs import Bell
from service.notices import Watch
from service.settings import is_loopback
from service.sheets.isolated import ReadingRoom
from service.store import Appended, KeptSettings, KeyReused, Store, StoredReport, Upload, kind_of_job
from service.web.asker import person
from service.web.problems import Problem, ProblemType, store_problem
from service.web.progress import telling
from service.web.readings import Considered, Readings
from service.web.uploads import Received
from service.web.wording import findings_summary, joined, other_settings

# Another kind of file, whatever its name: 415. What is or was meant to be a workbook and cannot be read: 422.
NOT_A_WORKBOOK: Final = {FindingCode.FILE_002, FindingCode.FILE_005}

# How the bytes of a workbook begin, sound or not: a package, or an old file of Office.
_PACKED: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")

# The workbook is read well, but for a cell that was to be put right in it.
NOT_CORRECTED: Final = {FindingCode.CORRECTION_001, FindingCode.CORRECTION_002}

EXTENSION: Final = "folio"

# Word and Excel of a plan of so many actions take less than what it costs to tell a worker of one more job; those of a
# longer plan are written side by side.
MOST_WRITTEN_TOGETHER: Final = 150

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
class GoverningFile:
    """The office's file and what it said when this process read it.

    While there is one, the settings are not changed anywhere else. `is_told`: this process has told the store.
    """

    path: Path
    settings: OfficeSettings
    is_told: threading.Event = field(default_factory=threading.Event, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Front:
    """The rooms behind the door, handed in by whoever opens it: the clock and the id maker too."""

    store: Store
    bell: Bell
    reading_room: ReadingRoom
    clock: Callable[[], dt.datetime]
    new_id: Callable[[], str]
    max_upload_bytes: int
    sealer: Callable[[str], Seal] | None
    office_file: GoverningFile | None
    watch: Watch

    @property
    def office(self) -> Office:
        """How plans are read and checked, as the settings say that count now."""
        return self.office_settings.office

    @property
    def office_settings(self) -> OfficeSettings:
        """What counts now: asked of the store every time, for another process may have kept others.

        Raises:
            StoreUnavailable: it cannot be told.
        """
        kept = self.kept_settings()
        return kept.settings if kept else REFERENCE_SETTINGS

    def kept_settings(self) -> KeptSettings | None:
        """The settings that count as they were kept; None: nobody has said anything. A file's are kept when new.

        Once in the life of this process: another that read the file after it was edited has the last word, and the two
        do not keep on contradicting each other.

        Raises:
            StoreUnavailable: they cannot be had, or not be kept.
        """
        file = self.office_file
        if file is None or file.is_told.is_set():
            return self.store.office()
        kept = self.store.keep_office(file.settings, now=self.clock(), by=f"archivo {file.path.name}")
        file.is_told.set()
        return kept

    @property
    def seals_lead_here_only(self) -> bool:
        """Whether the address that is printed with a seal is this machine's own, so that it is of no use elsewhere."""
        return self.sealer is not None and is_loopback(urlsplit(self.sealer("").address).hostname or "")

    def has_other_settings_now(self, report: StoredReport) -> bool:
        """Whether the office has said something else since of what is printed in the report's documents.

        Raises:
            StoreUnavailable: it cannot be told.
        """
        return _printed(self.store.made_with(report.id)) != _printed(self.office_settings)

    def submit(self, received: Received) -> Appended | Known | Problem:
        """Read the workbook and remember the report with its jobs; they are durable when this returns.

        With errors that nobody accepted it is refused, or kept where that was asked for. Nothing is made of data which
        a report has already, unless the person says what else they are.
        """
        try:
            return self._submit(received)
        except StoreUnavailable as error:
            _log.exception("an upload could not be remembered")
            return store_problem(error)

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
            return _unreadable(reading, received.upload)
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
            _named(received, reading),
            now=self.clock(),
            given=considered.given,
            step=received.step or "",
        ):
            return _KEY_REUSED
        if self.has_other_settings_now(report):
            proposal = replace(proposal, reason=f"{proposal.reason} {other_settings(report)}")
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
            considered.as_json(),
            _named(received, reading),
            report_id=self.new_id(),
            now=self.clock(),
            given=considered.given,
            idempotency_key=received.idempotency_key,
            proposal=proposal,
            step=received.step or "",
            by=received.by,
            uploader=who.account_id if (who := person()) else "",
        )
        if isinstance(appended, KeyReused):
            return _KEY_REUSED
        logs.note(report=appended.report.id)
        if appended.is_new:
            told = {"jobs": len(appended.job_ids), "bytes": len(received.upload.content)}
            _log.info("an upload was kept", extra=told)
            is_short = len(reading.plan.actions) <= MOST_WRITTEN_TOGETHER
            quick = [job_id for job_id in appended.job_ids if is_short and kind_of_job(job_id).is_official]
            self.bell.ring(appended.job_ids, together=quick)
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
    """The front of the application that serves this request, with the store of the office of whoever asks."""
    whole = cast(Front, current_app.extensions[EXTENSION])
    who = person()
    if who is None or who.office_id == FIRST_OFFICE:
        return whole
    # The file says what one office is like: that which was here first.
    return replace(whole, store=whole.store.within(who.office_id), office_file=None)


def _printed(settings: OfficeSettings) -> tuple[Frame, str, bool]:
    return settings.frame, settings.office.objective, settings.office.tells_change_log


def _named(received: Received, reading: Accepted | Rejected) -> tuple[DocumentKind, ...]:
    """The documents that are queued with an upload; the comparisons are asked for once it is a report."""
    named = tuple(kind for kind in received.kinds if not kind.needs_another)
    if named or not received.is_looked_at or len(reading.plan.actions) > MOST_PRINTED_UNASKED:
        return named or USUAL_KINDS
    return (*USUAL_KINDS, DocumentKind.PDF)


def _unreadable(reading: Unreadable, upload: Upload) -> Problem:
    if _is_text_called_workbook(reading, upload):
        # Of rows and headers nothing need be said: it is no workbook at all.
        reading = Unreadable((FindingCode.FILE_002.at(),))
    codes = {finding.code for finding in reading.findings}
    kind = ProblemType.NOT_A_WORKBOOK if codes & NOT_A_WORKBOOK else ProblemType.UNREADABLE
    if codes & NOT_CORRECTED:
        kind = ProblemType.NOT_CORRECTED
    detail = " ".join(f"{finding.message} {finding.fix}" for finding in reading.findings)
    return Problem(kind, detail, reading.findings, understood=reading)


def _is_text_called_workbook(reading: Unreadable, upload: Upload) -> bool:
    """Whether a text without any table of a plan came under the name of a workbook."""
    is_called_so = PurePath(upload.filename).suffix.lower() in {".xlsx", ".xlsm", ".xls", ".ods"}
    has_no_table = [finding.code for finding in reading.findings] == [FindingCode.TABLE_001]
    return has_no_table and is_called_so and not upload.content.startswith(_PACKED)


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
