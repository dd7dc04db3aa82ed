"""The informe de seguimiento: one plan, one quarter, one edition, and the documents asked of it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from service.domain.findings import Finding
from service.domain.office import Office
from service.domain.plan import Plan
from service.domain.reading import MappedColumn

_ANY_OFFICE = Office()


class DocumentKind(StrEnum):
    """The documents that Folio writes of a report. `findings` is the office's own workbook with the findings marked."""

    WORD = "word"
    EXCEL = "excel"
    FINDINGS = "findings"

    @property
    def extension(self) -> str:
        """File name ending, without the dot."""
        return "docx" if self is DocumentKind.WORD else "xlsx"

    @property
    def media_type(self) -> str:
        """IANA media type."""
        kind = "wordprocessingml.document" if self is DocumentKind.WORD else "spreadsheetml.sheet"
        return f"application/vnd.openxmlformats-officedocument.{kind}"


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
class Report:
    """An informe de seguimiento. It never changes: corrected data make a new edition."""

    id: str
    plan: Plan
    edition: int
    created_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Source:
    """The upload that a report was read from, byte for byte, what was found in it, and whose vocabularies count.

    `mapping` says which columns get drop-down lists. An upload that is no .xlsx package was turned into one before
    (`service.sheets.transcript`).
    """

    workbook: bytes
    findings: tuple[Finding, ...]
    mapping: tuple[MappedColumn, ...] = ()
    office: Office = _ANY_OFFICE


@dataclass(frozen=True, slots=True)
class RenderedDocument:
    """A finished file: its bytes, their SHA-256 (hex) and the fingerprint of the template that it came from."""

    kind: DocumentKind
    filename: str
    content: bytes
    sha256: str
    template_fingerprint: str


def document_filename(plan: Plan, edition: int, kind: DocumentKind) -> str:
    """The name a document is downloaded with: "plan-de-accion-2024_v2.0_seguimiento-III-trimestre.docx".

    From the second edition on the name says which, so that two of them never overwrite each other in one folder.
    """
    marked = "_hallazgos" if kind is DocumentKind.FINDINGS else ""
    correction = f"_edicion-{edition}" if edition > 1 else ""
    return (
        f"plan-de-accion-{plan.year}_v{plan.version}"
        f"_seguimiento-{plan.quarter.roman}-trimestre{marked}{correction}.{kind.extension}"
    )
