"""The plan de acción and its actions, as read from the office's workbook.

`DraftPlan` is what could be understood, with None where a value could not be; `Plan` is complete and can be printed.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from service.domain.values import PlainText, Quarter, Target, VersionNumber


@dataclass(frozen=True, slots=True)
class RowRef:
    """Where an action stands in the office's workbook: sheet name and row number, from 1."""

    sheet: str
    row: int


@dataclass(frozen=True, slots=True)
class Action:
    """One acción, programa o proyecto estratégico with its follow-up. None: the cell is empty or could not be read."""

    number: PlainText | None
    action: PlainText | None
    lead: PlainText | None
    indicator: PlainText | None
    unit: PlainText | None
    target: Target | None
    starts_on: dt.date | None
    ends_on: dt.date | None
    periodicity: PlainText | None
    funding_source: PlainText | None
    qualitative_progress: PlainText | None
    extras: tuple[tuple[str, PlainText], ...]
    source: RowRef


@dataclass(frozen=True, slots=True)
class DraftPlan:
    """What could be understood of a plan; a finding explains every None."""

    year: int | None
    quarter: int | None
    version: VersionNumber | None
    title: PlainText | None
    objective: PlainText | None
    actions: tuple[Action, ...]

    def complete(self) -> Plan | None:
        """The plan, when nothing that its documents print above the table is missing and it has an action."""
        if (
            self.year is None
            or self.quarter is None
            or self.version is None
            or self.title is None
            or self.objective is None
            or not self.actions
        ):
            return None
        return Plan(Quarter(self.year, self.quarter), self.version, self.title, self.objective, self.actions)

    def as_draft(self) -> DraftPlan:
        """Itself: of either type of plan the looser one can be had, and the one to print."""
        return self

    def with_blanks(self) -> Plan | None:
        """The plan of a draft, with empty texts where they are missing, when it is known which report it is for."""
        if self.year is None or self.quarter is None or self.version is None:
            return None
        blank = PlainText("")
        quarter = Quarter(self.year, self.quarter)
        return Plan(quarter, self.version, self.title or blank, self.objective or blank, self.actions)


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan de acción with the follow-up of one quarter, complete enough to print."""

    quarter: Quarter
    version: VersionNumber
    title: PlainText
    objective: PlainText
    actions: tuple[Action, ...]

    @property
    def year(self) -> int:
        """The vigencia."""
        return self.quarter.year

    def as_draft(self) -> DraftPlan:
        """The same plan in the looser type that checks and JSON work with."""
        return DraftPlan(self.year, self.quarter.number, self.version, self.title, self.objective, self.actions)

    def with_blanks(self) -> Plan:
        """Itself, which lacks nothing that is printed above the table."""
        return self
