"""The reports of a year -> the story of its plan: versions, quarters and editions on a line, what waits beside it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Final

from service.domain.reports import ChangeLogEntry, ReportStatus
from service.domain.values import BOGOTA, ROMAN, Quarter, VersionNumber
from service.store import Store, StoredReport
from service.web.comparing import followed_by
from service.web.limits import LIST_LIMIT_MAX

CHANGE_LOG_COLUMNS: Final = ("VERSIÓN", "FECHA", "DESCRIPCIÓN DE LA MODIFICACIÓN", "INSTANCIA")


@dataclass(frozen=True, slots=True)
class VersionOfPlan:
    """A version of a plan and its issued reports, by quarter and edition; `adoption` was issued first of them."""

    number: VersionNumber
    adoption: StoredReport
    reports: tuple[StoredReport, ...]


@dataclass(frozen=True, slots=True)
class Station:
    """A quarter of the year: the report that is the office's word on it, or the newest draft that waits to be.

    `is_due`: its cut-off has passed.
    """

    quarter: Quarter
    report: StoredReport | None
    draft: StoredReport | None
    is_due: bool


@dataclass(frozen=True, slots=True)
class Story:
    """All that is told of a year's plan.

    `before` is the last report of the year before, which the first of this one is held against. `latest` is the one in
    force of the latest quarter. `waiting` are the drafts that may still be issued, the newest first; `left` those that
    another draft, or an issue, came after. `chosen` are the ids of the two reports that one most likely compares: from
    the first to the second.
    """

    year: int
    years: tuple[int, ...]
    before: StoredReport | None
    versions: tuple[VersionOfPlan, ...]
    latest: StoredReport | None
    waiting: tuple[StoredReport, ...]
    left: tuple[StoredReport, ...]
    stations: tuple[Station, ...]
    chosen: tuple[str, str] | None

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to tell."""
        return not (self.versions or self.waiting or self.left)

    @property
    def issued(self) -> int:
        """How many reports were issued."""
        return sum(len(version.reports) for version in self.versions)


def story_of(store: Store, year: int, today: dt.date) -> Story:
    """The story as it is today.

    Raises:
        StoreUnavailable: it cannot be had.
    """
    past = store.past(year)
    issued = sorted((each for each in past if each.year == year), key=_in_order)
    before = next((each for each in past if each.year != year), None)
    drafts = store.reports(LIST_LIMIT_MAX, is_issued=False, year=year)
    waiting = tuple(_waiting(drafts, issued))
    in_force = [each for each in issued if each.status is ReportStatus.ISSUED]
    latest = max(in_force, key=lambda each: each.quarter.number, default=None)
    return Story(
        year=year,
        years=store.years(),
        before=before,
        versions=tuple(_versions(issued)),
        latest=latest,
        waiting=waiting,
        left=tuple(each for each in drafts if each not in waiting),
        stations=tuple(_station(Quarter(year, number), in_force, waiting, today) for number in ROMAN),
        chosen=_likely(store, [*filter(None, [before]), *issued], waiting, latest),
    )


def change_log_rows(story: Story) -> list[tuple[str, str, str, str]]:
    """The control de cambios of the year's plan under `CHANGE_LOG_COLUMNS`, oldest first."""
    reports = (report for version in story.versions for report in version.reports)
    told = [
        (report.version, report.issued_at, report)
        for report in reports
        if report.issued_at is not None and report.description
    ]
    entries = (
        ChangeLogEntry.of(report.version, report.approval, report.description, at)
        for _, at, report in sorted(told, key=lambda each: each[:2])
    )
    return [(str(entry.version), entry.on.isoformat(), entry.description, entry.instance) for entry in entries]


def today_in_bogota(now: dt.datetime) -> dt.date:
    """The day it is where the offices are."""
    return now.astimezone(BOGOTA).date()


def _waiting(drafts: Iterable[StoredReport], issued: Iterable[StoredReport]) -> Iterable[StoredReport]:
    """The newest draft of each quarter and version, unless a report of that quarter was issued since."""
    seen: set[tuple[Quarter, VersionNumber]] = set()
    last: dict[Quarter, dt.datetime] = {}
    for report in issued:
        if report.issued_at is not None:
            last[report.quarter] = max(report.issued_at, last.get(report.quarter, report.issued_at))
    for draft in drafts:
        key = draft.quarter, draft.version
        if key not in seen and (draft.quarter not in last or draft.created_at > last[draft.quarter]):
            yield draft
        seen.add(key)


def _versions(issued: Iterable[StoredReport]) -> Iterable[VersionOfPlan]:
    for number, group in groupby(issued, key=lambda each: each.version):
        reports = tuple(group)
        first_issued = min(reports, key=lambda each: (each.issued_at is None, each.issued_at))
        yield VersionOfPlan(number, first_issued, reports)


def _station(
    quarter: Quarter, in_force: Iterable[StoredReport], waiting: Iterable[StoredReport], today: dt.date
) -> Station:
    return Station(
        quarter,
        next((each for each in in_force if each.quarter == quarter), None),
        next((each for each in waiting if each.quarter == quarter), None),
        is_due=today > quarter.ends_on,
    )


def _likely(
    store: Store, issued: list[StoredReport], waiting: tuple[StoredReport, ...], latest: StoredReport | None
) -> tuple[str, str] | None:
    """The draft that waits, else the latest report, and the one that it follows; None: there are no two."""
    new = waiting[0] if waiting else latest
    if new is None:
        return None
    shown = [*(each.id for each in issued), *(each.id for each in reversed(waiting))]
    followed = followed_by(store, new)
    if followed not in shown:
        # Whatever stands before it on the line.
        followed = next((one for one, other in pairwise(shown) if other == new.id), None)
    return (followed, new.id) if followed else None


def _in_order(report: StoredReport) -> tuple[VersionNumber, int, int]:
    return report.version, report.quarter.number, report.edition or 0
