"""What came of reading a workbook: accepted, rejected with what was understood, or unreadable. Refusal is a value."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace

from service.domain.corrections import Correction
from service.domain.findings import CellRef, Finding, FindingCode, has_errors
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
    `corrections` stand in their cells before anything is read.
    """

    year: int | None = None
    quarter: int | None = None
    version: VersionNumber | None = None
    mapping: tuple[tuple[str, str], ...] = ()
    accepted: tuple[Acceptance, ...] = ()
    corrections: tuple[Correction, ...] = ()


@dataclass(frozen=True, slots=True)
class MappedColumn:
    """Which column of the workbook a field of the plan was read from; `header` as the office wrote it."""

    field: str
    sheet: str
    column: str
    header: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """A plan that can be printed; its findings are warnings, suggestions and errors that a person accepted.

    `layout` is the fingerprint of the table's headers and their columns: the same for every file of one office's form.
    `typed` are the reasons in the workbook's own list of findings, also for findings that only a later step makes.
    `extra_columns` are those that hold no field and travel with the actions. `remembered_at`: when somebody said, of an
    earlier file of this layout, what its columns hold, if the mapping is owed to that. `corrections` are the cells that
    were read otherwise than the file has them, each with what it has there.
    """

    plan: Plan
    mapping: tuple[MappedColumn, ...]
    findings: tuple[Finding, ...]
    layout: str = ""
    typed: tuple[Acceptance, ...] = ()
    extra_columns: tuple[MappedColumn, ...] = ()
    remembered_at: dt.datetime | None = None
    corrections: tuple[Correction, ...] = ()


@dataclass(frozen=True, slots=True)
class Rejected:
    """A workbook with errors, and what could be understood of it."""

    plan: DraftPlan
    mapping: tuple[MappedColumn, ...]
    findings: tuple[Finding, ...]
    layout: str = ""
    typed: tuple[Acceptance, ...] = ()
    extra_columns: tuple[MappedColumn, ...] = ()
    remembered_at: dt.datetime | None = None
    corrections: tuple[Correction, ...] = ()


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file that is no workbook, is hostile, holds no plan table, or lacks a cell that was to be corrected."""

    findings: tuple[Finding, ...]


Reading = Accepted | Rejected | Unreadable


def with_accepted(findings: Iterable[Finding], accepted: Iterable[Acceptance]) -> tuple[Finding, ...]:
    """The findings in their order, each with the reason for which a person lets it stand, if there is one."""
    reasons = {(acceptance.code, acceptance.place): acceptance.reason for acceptance in accepted}
    if not reasons:
        return tuple(findings)
    return tuple(
        replace(finding, accepted=reasons.get((finding.code, finding.place), finding.accepted)) for finding in findings
    )


def let_stand(findings: Iterable[Finding]) -> frozenset[Acceptance]:
    """What a person accepted of these findings, with the reasons."""
    return frozenset(Acceptance(each.code, each.place, each.accepted) for each in findings if each.accepted is not None)


def decided(
    draft: DraftPlan,
    mapping: tuple[MappedColumn, ...],
    findings: tuple[Finding, ...],
    *,
    layout: str = "",
    typed: tuple[Acceptance, ...] = (),
    extra_columns: tuple[MappedColumn, ...] = (),
    remembered_at: dt.datetime | None = None,
    corrections: tuple[Correction, ...] = (),
) -> Accepted | Rejected:
    """The reading that these findings make of a draft: accepted when it can be printed and no error stands."""
    plan = draft.complete()
    if plan is None or has_errors(findings):
        return Rejected(draft, mapping, findings, layout, typed, extra_columns, remembered_at, corrections)
    return Accepted(plan, mapping, findings, layout, typed, extra_columns, remembered_at, corrections)


def with_findings(reading: Accepted | Rejected, findings: tuple[Finding, ...]) -> Accepted | Rejected:
    """The same reading with other findings, and so perhaps another decision."""
    return decided(
        reading.plan.as_draft(),
        reading.mapping,
        findings,
        layout=reading.layout,
        typed=reading.typed,
        extra_columns=reading.extra_columns,
        remembered_at=reading.remembered_at,
        corrections=reading.corrections,
    )
