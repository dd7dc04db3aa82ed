"""What the store takes and gives back: frozen values, no rows of the database.

Instants are aware UTC; `sha256` is in hex.
"""

from __future__ import annotations

import datetime as dt
import secrets
from dataclasses import dataclass

from service.domain.findings import Finding
from service.domain.reports import DocumentKind, JobState, Report, Source
from service.domain.values import Quarter, VersionNumber


@dataclass(frozen=True, slots=True)
class Upload:
    """A workbook as it came in; `filename` is already cleaned."""

    filename: str
    content: bytes
    sha256: str
    received_at: dt.datetime


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A document of a report and how far it is.

    `size` (bytes) and `sha256` are there once it is done. `problem` is a Spanish sentence when it failed, is
    quarantined, or was put back for another try.
    """

    kind: DocumentKind
    state: JobState
    filename: str
    media_type: str
    size: int | None
    sha256: str | None
    problem: str | None


@dataclass(frozen=True, slots=True)
class StoredReport:
    """A report as the front shows it; `documents` in the order of `DocumentKind`.

    A draft (`is_draft`) was kept although errors remain; its editions are counted apart.
    """

    id: str
    quarter: Quarter
    version: VersionNumber
    edition: int
    is_draft: bool
    state: JobState
    findings: tuple[Finding, ...]
    documents: tuple[StoredDocument, ...]
    created_at: dt.datetime
    upload_filename: str

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
class Claim:
    """The right to write one document until the lease ends. `attempt` counts from 1, this one included.

    `source` is there for the documents that are made of the upload itself.
    """

    job_id: str
    owner: str
    report: Report
    kind: DocumentKind
    attempt: int
    source: Source | None = None


def new_id() -> str:
    """A random identifier nobody can guess: 32 lowercase hex digits, safe in an address and as a file name."""
    return secrets.token_hex(16)
