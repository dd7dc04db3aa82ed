"""The reports that there are -> the past of a plan: what it follows, what its version approved, what it contradicts.

Nothing is looked for here: the reports are handed in, their plans on demand.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from service.domain.findings import CellRef, Finding, FindingCode
from service.domain.plan import DraftPlan, Plan
from service.domain.reading import Acceptance
from service.domain.values import Quarter, VersionNumber


@dataclass(frozen=True, slots=True)
class Filed:
    """A report that there is: `edition` None is a draft that was never issued. `accepted`: what was let stand in it."""

    id: str
    quarter: Quarter
    version: VersionNumber
    edition: int | None
    accepted: frozenset[Acceptance] = frozenset()


@dataclass(frozen=True, slots=True)
class Past:
    """What there is: the issued reports of the upload's year and of the one before, and the newest drafts like it.

    `plan_of` gives the plan of a report; it is asked for few of them.
    """

    reports: tuple[Filed, ...]
    plan_of: Callable[[str], Plan | DraftPlan | None]

    def issued(self, year: int) -> tuple[Filed, ...]:
        """The issued reports of a year in the plan's order: by version, quarter and edition."""
        found = [each for each in self.reports if each.edition is not None and each.quarter.year == year]
        return tuple(sorted(found, key=lambda each: (each.version, each.quarter, each.edition or 0)))

    def like(self, quarter: Quarter, version: VersionNumber) -> tuple[Filed, ...]:
        """The reports of that quarter and version, the latest edition first, drafts behind."""
        found = [each for each in self.reports if (each.quarter, each.version) == (quarter, version)]
        return tuple(sorted(found, key=lambda each: each.edition or 0, reverse=True))


def follows(quarter: Quarter, version: VersionNumber, past: Past) -> Filed | None:
    """The issued report of the same year that one of this quarter and version comes after.

    The last edition of the same one, else the latest quarter of the same version before it, else the last report of the
    year before it in the order of versions and quarters.
    """
    issued = past.issued(quarter.year)
    same = [each for each in issued if (each.quarter, each.version) == (quarter, version)]
    of_version = [each for each in issued if each.version == version and each.quarter < quarter]
    before = [each for each in issued if each.version < version and each.quarter <= quarter]
    return next((group[-1] for group in (same, of_version, before) if group), None)


def quarter_before(quarter: Quarter, version: VersionNumber, past: Past) -> Filed | None:
    """The last report of the latest earlier quarter of the year, of the same version when there is one."""
    earlier = [each for each in past.issued(quarter.year) if each.quarter < quarter]
    return max(earlier, key=lambda each: (each.version == version, each.quarter, each.edition or 0), default=None)


def same_version(quarter: Quarter, version: VersionNumber, past: Past) -> Filed | None:
    """The issued report that says what was approved in this version: the nearest to the quarter, the earlier first."""
    found = [each for each in past.issued(quarter.year) if each.version == version]
    return min(
        reversed(found),
        key=lambda each: (abs(each.quarter.number - quarter.number), each.quarter > quarter),
        default=None,
    )


def contradictions(plan: DraftPlan, past: Past) -> tuple[Finding, ...]:
    """Where the numbers of a plan go backwards beside what was issued; a correction of what exists never does."""
    if plan.year is None or plan.quarter is None or plan.version is None:
        return ()
    quarter = Quarter(plan.year, plan.quarter)
    issued = past.issued(plan.year)
    if not issued or any((each.quarter, each.version) == (quarter, plan.version) for each in issued):
        return ()
    place = CellRef(plan.actions[0].source.sheet) if plan.actions else None
    overtaken = [each for each in issued if each.quarter <= quarter and each.version > plan.version]
    later = [each for each in issued if each.quarter > quarter]
    if overtaken:
        latest = str(overtaken[-1].version)
        return (FindingCode.STEP_001.at(place, value=str(plan.version), latest=latest, year=plan.year),)
    if any(each.version < plan.version for each in later):
        latest = max(each.quarter for each in later).roman
        words = {"version": str(plan.version), "latest": latest, "earlier": str(min(each.version for each in later))}
        return (FindingCode.STEP_002.at(place, value=quarter.roman, **words),)
    if later:
        return (FindingCode.STEP_003.at(place, value=quarter.roman, latest=max(each.quarter for each in later).roman),)
    return ()
