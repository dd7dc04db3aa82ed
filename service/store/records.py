"""What the store takes and gives back: frozen values, no rows of the database.

Instants are aware UTC; `sha256` is in hex; who did something is what the caller says, a name or an account.
"""

from __future__ import annotations

import datetime as dt
import secrets
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from service.domain.findings import Finding
from service.domain.frame import Approval
from service.domain.office import REFERENCE_OFFICE, Office, OfficeSettings
from service.domain.people import FIRST_OFFICE
from service.domain.proof import Proof
from service.domain.reports import ChangeLogEntry, Companion, DocumentKind, JobState, Report, ReportStatus, Source
from service.domain.succession import Proposal
from service.domain.values import Quarter, VersionNumber

NOT_SAID: Final = Approval()

# Who did what nobody put a name to.
SOMEBODY: Final = "sin identificar"


@dataclass(frozen=True, slots=True)
class Upload:
    """A workbook as it came in; `filename` is already cleaned."""

    filename: str
    content: bytes
    sha256: str
    received_at: dt.datetime


@dataclass(frozen=True, slots=True)
class KeptSettings:
    """What an office has said of itself, all of it; of its own the one with the highest `seq` is what counts."""

    seq: int
    at: dt.datetime
    by: str
    settings: OfficeSettings


@dataclass(frozen=True, slots=True)
class SignedCopy:
    """A file that came back signed, kept beside its report as evidence, and what was found of it (plain values)."""

    report_id: str
    filename: str
    sha256: str
    size: int
    verdict: dict[str, Any]
    at: dt.datetime
    by: str

    @property
    def id(self) -> str:
        """What tells it from the report's other copies; safe in an address."""
        return self.sha256[:32]


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A document of a report and how far it is.

    `size` (bytes) and `sha256` are there once it is done. `problem` is a Spanish sentence when it failed, is
    quarantined, or was put back for another try. `against` is the report that a comparison compares with; `is_final`
    says that it tells the issued report, without the mark of a draft. With `may_lack` it could not be written for want
    of LibreOffice, and the report is done without it. `proof` is how it was held against the report.
    """

    kind: DocumentKind
    state: JobState
    filename: str
    media_type: str
    size: int | None
    sha256: str | None
    problem: str | None
    against: str | None = None
    is_final: bool = False
    may_lack: bool = False
    proof: Proof | None = None


@dataclass(frozen=True, slots=True)
class StoredReport:
    """A report as the front shows it; `documents` in the order of `DocumentKind`, those that tell the status it is in.

    It is a draft until it is issued; `edition`, `issued_at` and what was said with the issue are there from then on,
    `superseded_by` once another report is the office's word on its quarter. With `has_errors` it is never issued.
    `step` is what the person said that the upload is, or else what was proposed. `code` ("K7QF-3M9P-X2TD") and
    `address` are its seal, when it was issued with one. `signed_copies` oldest first. `uploader_id` is the account that
    uploaded it, empty where none did; `office_id` the planning office that it is of.

    `state` is that of its documents, but for those that it may lack: they say themselves that they are missing.
    """

    id: str
    quarter: Quarter
    version: VersionNumber
    has_errors: bool
    proposed_edition: int
    state: JobState
    status: ReportStatus
    findings: tuple[Finding, ...]
    documents: tuple[StoredDocument, ...]
    created_at: dt.datetime
    uploaded_by: str
    upload_filename: str
    upload_sha256: str
    step: str = ""
    proposal: Proposal | None = None
    edition: int | None = None
    issued_at: dt.datetime | None = None
    issued_by: str = ""
    reason: str = ""
    approval: Approval = NOT_SAID
    description: str = ""
    previous: str | None = None
    change_log: tuple[ChangeLogEntry, ...] = ()
    superseded_by: str | None = None
    code: str | None = None
    address: str | None = None
    signed_copies: tuple[SignedCopy, ...] = ()
    uploader_id: str = ""
    office_id: str = FIRST_OFFICE

    @property
    def year(self) -> int:
        """The vigencia."""
        return self.quarter.year


@dataclass(frozen=True, slots=True)
class Appended:
    """The report is remembered. `is_new` is false when the idempotency key had brought it before."""

    report: StoredReport
    job_ids: tuple[str, ...]
    is_new: bool


@dataclass(frozen=True, slots=True)
class KeyReused:
    """The idempotency key belongs to another request; nothing was written."""

    report_id: str


@dataclass(frozen=True, slots=True)
class Issued:
    """The report is issued, and `job_ids` write its documents. `is_new` is false when it had been issued before."""

    report: StoredReport
    job_ids: tuple[str, ...]
    is_new: bool


class WhyNotIssuable(StrEnum):
    """What keeps a report from being issued, whoever asks. `STALE`: what one looked at has changed."""

    UNKNOWN = "unknown"
    HAS_ERRORS = "has_errors"
    STALE = "stale"


@dataclass(frozen=True, slots=True)
class NotIssuable:
    """Nothing was issued and nothing written, and why."""

    reason: WhyNotIssuable


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to write one document until the lease ends. `attempt` counts from 1, this one included.

    `source` is there for the documents that are made of the upload itself. `others` are the report compared with, or
    for a document of the year its reports up to this quarter, one each, oldest first, this one the last. `office` is
    what the office had said when the report was uploaded, or issued. `companions` are what goes into a package, in the
    order of `DocumentKind`: all are finished, or never will be by themselves.
    """

    job_id: str
    owner: str
    report: Report
    kind: DocumentKind
    attempt: int
    source: Source | None = None
    others: tuple[Report, ...] = ()
    office: Office = REFERENCE_OFFICE
    companions: tuple[Companion, ...] = ()


@dataclass(frozen=True, slots=True)
class Origin:
    """All that a kept document was made of, to make it again and see that it is the same.

    `template` are the bytes of the template that `template_fingerprint` names; None where none was kept: the documents
    made of an upload have their source instead. `others` and `office` as in a `Claim`.
    """

    report: Report
    kind: DocumentKind
    sha256: str
    template_fingerprint: str
    template: bytes | None
    source: Source | None
    others: tuple[Report, ...]
    office: Office = REFERENCE_OFFICE


@dataclass(frozen=True, slots=True)
class BrokenLink:
    """Where the audit log is broken or contradicted: its entry, None where it has none; what is wrong, in Spanish."""

    seq: int | None
    problem: str


@dataclass(frozen=True, slots=True)
class AuditVerdict:
    """What came of verifying the store: the log's entries, the last one's hash, what is broken, and how many contents.

    What is broken comes first link first.

    A copy of `head` kept elsewhere is what tells that the database's owner wrote the whole log anew.
    """

    entries: int
    head: str
    broken: tuple[BrokenLink, ...]
    contents: int

    @property
    def is_sound(self) -> bool:
        """Whether nothing is broken."""
        return not self.broken


def new_id() -> str:
    """A random identifier nobody can guess: 32 lowercase hex digits, safe in an address and as a file name."""
    return secrets.token_hex(16)
