"""What came of reading a workbook: accepted, rejected with what was understood, or unreadable. Refusal is a value."""

from __future__ import annotations

from dataclasses import dataclass

from service.domain.findings import CellRef, Finding, FindingCode
from service.domain.plan import DraftPlan, Plan
from service.domain.values import VersionNumber


@dataclass(frozen=True, slots=True)
class Acceptance:
    """A finding that a person lets stand, and why: `place` None is a finding about the whole file."""

    code: FindingCode
    place: CellRef | None
    reason: str


@dataclass(frozen=True, slots=True)
class Given:
    """What the person said beside the workbook; None is read from the workbook.

    `mapping` leads from a header as the office wrote it, or a column's letters, to the field it holds ("" for none).
    """

    year: int | None = None
    quarter: int | None = None
    version: VersionNumber | None = None
    mapping: tuple[tuple[str, str], ...] = ()
    accepted: tuple[Acceptance, ...] = ()


@dataclass(frozen=True, slots=True)
class MappedColumn:
    """Which column of the workbook a field of the plan was read from; `header` as the office wrote it."""

    field: str
    sheet: str
    column: str
    header: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """A plan that can be printed; its findings are warnings and suggestions."""

    plan: Plan
    mapping: tuple[MappedColumn, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Rejected:
    """A workbook with errors, and what could be understood of it."""

    plan: DraftPlan
    mapping: tuple[MappedColumn, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file that is no workbook, is hostile, or holds no plan table."""

    findings: tuple[Finding, ...]


Reading = Accepted | Rejected | Unreadable
