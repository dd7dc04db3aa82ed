"""The informe de seguimiento: one plan, one quarter, one edition, and the documents asked of it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self

from service.domain.corrections import Correction
from service.domain.findings import Finding
from service.domain.frame import NO_FRAME, Approval, Frame, Seal
from service.domain.office import Office
from service.domain.plan import Plan
from service.domain.proof import Proof
from service.domain.reading import MappedColumn
from service.domain.values import BOGOTA, Quarter, VersionNumber

_ANY_OFFICE = Office()


class DocumentKind(StrEnum):
    """The documents that Folio writes of a report.

    `findings` is the office's own workbook with the findings marked, `next_quarter` the same made ready for the
    quarter that follows. `changes` and `redline` tell what changed since another report; the two of the year put the
    texts of its quarters side by side, up to the report's own. `pdf` is the Word as it prints; `package` is one zip of
    all that is published of an issued report.
    """

    WORD = "word"
    EXCEL = "excel"
    PDF = "pdf"
    FINDINGS = "findings"
    CHANGES = "changes"
    REDLINE = "redline"
    NEXT_QUARTER = "next_quarter"
    YEAR_WORD = "year_word"
    YEAR_EXCEL = "year_excel"
    PACKAGE = "package"

    @property
    def extension(self) -> str:
        """File name ending, without the dot."""
        match self:
            case DocumentKind.PDF:
                return "pdf"
            case DocumentKind.PACKAGE:
                return "zip"
            case _:
                return "docx" if self in _IN_WORD else "xlsx"

    @property
    def media_type(self) -> str:
        """IANA media type."""
        return _MEDIA_TYPES[self.extension]

    @property
    def is_official(self) -> bool:
        """What is signed and published; an issued report has these for good."""
        return self in {DocumentKind.WORD, DocumentKind.EXCEL}

    @property
    def comes_with_issue(self) -> bool:
        """What an issue has written by itself: the official documents, how they print, and all of it in one file."""
        return self.is_official or self in {DocumentKind.PDF, DocumentKind.PACKAGE}

    @property
    def needs_another(self) -> bool:
        """Whether it tells what changed, so that it needs the report it is compared with."""
        return self in {DocumentKind.CHANGES, DocumentKind.REDLINE}


_IN_WORD: Final = {DocumentKind.WORD, DocumentKind.CHANGES, DocumentKind.REDLINE, DocumentKind.YEAR_WORD}

_MEDIA_TYPES: Final = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
    "zip": "application/zip",
}

# What people hold, sign and bring back; each is held against its report before it goes out.
PAPERS: Final = (DocumentKind.WORD, DocumentKind.EXCEL, DocumentKind.PDF)

# What a request that names no documents asks for.
USUAL_KINDS: Final = (DocumentKind.WORD, DocumentKind.EXCEL, DocumentKind.FINDINGS)

# Of a plan with more actions a draft's PDF is made only when somebody asks for it: LibreOffice takes a fifth of a
# second for ten actions, and for a hundred, in one long table, five seconds in which other people's documents wait.
MOST_PRINTED_UNASKED: Final = 60


class ReportStatus(StrEnum):
    """What a report is worth: a draft, the office's word, or what was once its word and has been replaced."""

    DRAFT = "draft"
    ISSUED = "issued"
    SUPERSEDED = "superseded"


class JobState(StrEnum):
    """Where the writing of a document stands. `quarantined`: it broke its worker too often; a person must look."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    QUARANTINED = "quarantined"

    @property
    def is_final(self) -> bool:
        """Nothing more will happen by itself."""
        return self in {JobState.DONE, JobState.FAILED, JobState.QUARANTINED}


def overall_state(states: tuple[JobState, ...]) -> JobState:
    """The state of a report from those of its jobs: unfinished work first, then the worst outcome."""
    if all(state is JobState.QUEUED for state in states):
        return JobState.QUEUED
    if not all(state.is_final for state in states):
        return JobState.RUNNING
    for worst in (JobState.QUARANTINED, JobState.FAILED):
        if worst in states:
            return worst
    return JobState.DONE


@dataclass(frozen=True, slots=True)
class ChangeLogEntry:
    """A row of the control de cambios: VERSIÓN, FECHA, DESCRIPCIÓN DE LA MODIFICACIÓN, INSTANCIA."""

    version: VersionNumber
    on: dt.date
    description: str
    instance: str

    @classmethod
    def of(cls, version: VersionNumber, approval: Approval, description: str, issued_at: dt.datetime) -> Self:
        """The row of a version: its date is that of its approval, or of its issue in Bogotá where nobody said one."""
        instance = ", ".join(word for word in (approval.instance, approval.act) if word)
        return cls(version, approval.on or issued_at.astimezone(BOGOTA).date(), description, instance)


@dataclass(frozen=True, slots=True)
class Report:
    """An informe de seguimiento, as its documents tell it. It never changes: corrected data make a new edition.

    A draft's edition is the one it would have been when it was uploaded; `created_at` is the instant of its upload, of
    an issued report that of its issue. `change_log` is told in the documents when there is one, oldest first.
    `modification` is the report's own row of it, told or not, and `previous_id` the report that it speaks of. `frame`
    is what the office had said of its documents when the report was uploaded, or issued; only an issued report has a
    `seal`.
    """

    id: str
    plan: Plan
    edition: int
    created_at: dt.datetime
    is_draft: bool = False
    change_log: tuple[ChangeLogEntry, ...] = ()
    modification: ChangeLogEntry | None = None
    previous_id: str | None = None
    frame: Frame = NO_FRAME
    approval: Approval = NO_FRAME.approval
    seal: Seal | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """The upload that a report was read from, byte for byte, what was found in it, and whose vocabularies count.

    `mapping` says which columns get drop-down lists. Whoever writes documents gets the upload with its `corrections` in
    its cells, and as an .xlsx package (`worker.uploads`).
    """

    workbook: bytes
    findings: tuple[Finding, ...]
    mapping: tuple[MappedColumn, ...] = ()
    office: Office = _ANY_OFFICE
    corrections: tuple[Correction, ...] = ()


@dataclass(frozen=True, slots=True)
class RenderedDocument:
    """A finished file: its bytes, their SHA-256 (hex), and the fingerprint of the template that it came from.

    What is made of the upload has the upload's fingerprint; what Folio draws by itself has none (""). `template` holds
    the bytes of an office's template, for whoever wants to write the same file again when the office has edited it.
    `proof` says how it was held against the report; None for what is no official document.
    """

    kind: DocumentKind
    filename: str
    content: bytes
    sha256: str
    template_fingerprint: str
    template: bytes | None = None
    proof: Proof | None = None


@dataclass(frozen=True, slots=True)
class Companion:
    """Another document of a report, for the package that holds them all: its bytes, or why there are none.

    `sha256` is in hex; `problem` is the Spanish sentence of a document that could not be written.
    """

    kind: DocumentKind
    filename: str
    content: bytes | None
    sha256: str | None
    problem: str | None


_PARTS_OF_NAMES: Final = {
    DocumentKind.FINDINGS: "_hallazgos",
    DocumentKind.CHANGES: "_cambios",
    DocumentKind.REDLINE: "_control-de-cambios",
    DocumentKind.PACKAGE: "_publicacion",
}


def named_in_a_filename(quarter: Quarter, version: VersionNumber, edition: int, *, is_draft: bool) -> str:
    """A report in the file name of another that is compared with it: "2024-v1.0-II-trimestre-edicion-2"."""
    told = f"{quarter.year}-v{version}-{quarter.roman}-trimestre"
    if is_draft:
        return f"{told}-borrador"
    return f"{told}-edicion-{edition}" if edition > 1 else told


def document_filename(
    plan: Plan, edition: int, kind: DocumentKind, *, is_draft: bool = False, against: str = ""
) -> str:
    """The name a document is downloaded with: "plan-de-accion-2024_v2.0_seguimiento-III-trimestre.docx".

    From the second edition on the name says which, and a draft says that it is one, so that two of them never overwrite
    each other in one folder; so does a comparison, by the name of the report that it compares with.
    """
    version = f"v{plan.version}"
    match kind:
        case DocumentKind.YEAR_WORD | DocumentKind.YEAR_EXCEL:
            told = f"_{version}_seguimiento-anual"
        case DocumentKind.NEXT_QUARTER if plan.quarter.next.year != plan.year:
            return f"plan-de-accion-{plan.quarter.next.year}.{kind.extension}"
        case DocumentKind.NEXT_QUARTER:
            return f"plan-de-accion-{plan.year}_{version}_{plan.quarter.next.roman}-trimestre.{kind.extension}"
        case _:
            compared = f"_frente-a-{against}" if against else ""
            told = f"_{version}_seguimiento-{plan.quarter.roman}-trimestre{compared}{_PARTS_OF_NAMES.get(kind, '')}"
    correction = "_borrador" if is_draft and kind is not DocumentKind.FINDINGS else ""
    correction += f"_edicion-{edition}" if edition > 1 else ""
    return f"plan-de-accion-{plan.year}{told}{correction}.{kind.extension}"
