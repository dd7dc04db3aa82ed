"""The reports of a year, its calendar and today -> what the first page tells of it: quarters, deadlines, what waits.

It reads no report, however many there are: a glance at each says enough.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from service.domain.deadlines import FollowUp, QuarterState, follow_ups, next_follow_up
from service.domain.reports import DocumentKind
from service.domain.values import BOGOTA, ROMAN
from service.holiday_calendar import is_holiday
from service.store import ReportGlance
from service.web.front import Front


@dataclass(frozen=True, slots=True)
class QuarterView:
    """A quarter of the year: until when it is delivered, the report in force and the draft that waits, if any."""

    follow_up: FollowUp
    issued: ReportGlance | None
    draft: ReportGlance | None


@dataclass(frozen=True, slots=True)
class YearView:
    """A year's plan at a day.

    `next` is the follow-up that is owed, or the next to come; None: the year is complete. `of_year_before` is the last
    one of the year before while that is still being closed. `last_issued` was issued last. `following` is what comes
    next of the year after, once this one is complete.
    """

    year: int
    today: dt.date
    quarters: tuple[QuarterView, ...]
    next: FollowUp | None
    of_year_before: FollowUp | None
    last_issued: ReportGlance | None
    drafts: tuple[ReportGlance, ...]
    following: FollowUp | None

    @property
    def is_left_behind(self) -> bool:
        """Whether its year is over and what it still owes was due so long ago that nobody counts the days."""
        return self.today.year > self.year and self.next is not None and self.next.days is None

    @property
    def in_force(self) -> tuple[ReportGlance, ...]:
        """The office's word on each quarter that has one."""
        return tuple(quarter.issued for quarter in self.quarters if quarter.issued)


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits to be done: drafts by whether they have errors, documents that failed, reports without signed copy."""

    with_errors: tuple[ReportGlance, ...]
    ready: tuple[ReportGlance, ...]
    failed: tuple[tuple[ReportGlance, tuple[DocumentKind, ...]], ...]
    unsigned: tuple[ReportGlance, ...]

    @property
    def is_nothing(self) -> bool:
        """Whether nothing waits."""
        return not (self.with_errors or self.ready or self.failed or self.unsigned)


def today_of(front: Front) -> dt.date:
    """The day in Bogotá."""
    return front.clock().astimezone(BOGOTA).date()


def year_view(front: Front, year: int) -> YearView:
    """A year's plan today.

    Raises:
        StoreUnavailable: its reports cannot be had.
    """
    today = today_of(front)
    found = front.store.glances((year, year - 1))
    business_days = front.office.follow_up_days
    quarters = _quarters(year, found, today, business_days)
    before = _quarters(year - 1, found, today, business_days)
    # Until the first cut-off of its own year the last follow-up of the year before is what offices work on.
    is_closing = today.year == year and today < quarters[0].follow_up.quarter.ends_on
    last_before = before[-1] if is_closing and any(each.issued or each.draft for each in before) else None
    drafts = [quarter.draft for quarter in quarters if quarter.draft]
    if last_before and last_before.draft:
        drafts.append(last_before.draft)
    issued = [each for each in found if each.issued_at is not None and each.quarter.year == year]
    coming = next_follow_up(tuple(each.follow_up for each in quarters))
    return YearView(
        year,
        today,
        quarters,
        coming,
        last_before.follow_up if last_before and last_before.follow_up.state.is_owed else None,
        max(issued, key=lambda each: (each.issued_at is not None, each.issued_at), default=None),
        tuple(drafts),
        None if coming else next_follow_up(_calendar(year + 1, (), (), today, business_days)),
    )


def waiting_in(front: Front, view: YearView) -> Waiting:
    """What waits of a year's reports.

    Raises:
        StoreUnavailable: it cannot be told.
    """
    looked_at = (*view.drafts, *view.in_force)
    wants = front.store.wants([each.id for each in looked_at])
    return Waiting(
        tuple(each for each in view.drafts if each.has_errors),
        tuple(each for each in view.drafts if not each.has_errors),
        tuple((each, wants.failed[each.id]) for each in looked_at if each.id in wants.failed),
        tuple(each for each in view.in_force if each.id not in wants.signed),
    )


def as_example(view: YearView) -> YearView:
    """The same where the plan is only the example's: nobody owes what it lacks."""
    quarters = tuple(
        replace(each, follow_up=replace(each.follow_up, state=QuarterState.MISSING))
        if each.follow_up.state.is_owed
        else each
        for each in view.quarters
    )
    return replace(view, quarters=quarters, next=None, of_year_before=None, following=None)


def due_this_year(front: Front, view: YearView) -> FollowUp | None:
    """Of this year's quarters the last whose cut-off has come, where the plan in hand is of an earlier year.

    None: none has come, or there is a report of it.

    Raises:
        StoreUnavailable: this year's reports cannot be had.
    """
    year, today = view.today.year, view.today
    if view.year >= year:
        return None
    quarters = _quarters(year, front.store.glances((year,)), today, front.office.follow_up_days)
    cut = [each for each in quarters if each.follow_up.quarter.ends_on <= today]
    return cut[-1].follow_up if cut and not (cut[-1].issued or cut[-1].draft) else None


def _quarters(year: int, found: Iterable[ReportGlance], today: dt.date, business_days: int) -> tuple[QuarterView, ...]:
    of_year = [each for each in found if each.quarter.year == year]
    issued = {number: _in_force(of_year, number) for number in ROMAN}
    drafts = {number: _waiting_draft(of_year, number) for number in ROMAN}
    calendar = _calendar(year, _have(issued), _have(drafts), today, business_days)
    return tuple(
        QuarterView(follow_up, issued[follow_up.quarter.number], drafts[follow_up.quarter.number])
        for follow_up in calendar
    )


def _have(reports: Mapping[int, ReportGlance | None]) -> list[int]:
    return [number for number, report in reports.items() if report]


def _calendar(
    year: int, issued: Collection[int], drafts: Collection[int], today: dt.date, business_days: int
) -> tuple[FollowUp, ...]:
    return follow_ups(year, issued, drafts, today=today, business_days=business_days, is_holiday=is_holiday)


def _in_force(reports: Iterable[ReportGlance], number: int) -> ReportGlance | None:
    """The office's word on a quarter: the last edition of the highest version."""
    issued = [each for each in reports if each.quarter.number == number and each.edition is not None]
    return max(issued, key=lambda each: (each.version, each.edition), default=None)


def _waiting_draft(reports: list[ReportGlance], number: int) -> ReportGlance | None:
    """The last upload of a quarter, unless something came of it: no upload ever goes, and most are past.

    Something came of it when its quarter or a later one was issued since, or when the same workbook was read again as
    something else.
    """
    read_since: set[str] = set()
    for each in reports:
        is_candidate = each.quarter.number == number and each.edition is None and each.upload_sha256 not in read_since
        read_since.add(each.upload_sha256)
        if is_candidate:
            return None if any(_is_issued_since(other, each) for other in reports) else each
    return None


def _is_issued_since(other: ReportGlance, draft: ReportGlance) -> bool:
    return (
        other.issued_at is not None
        and other.issued_at >= draft.created_at
        and (other.quarter > draft.quarter or (other.quarter == draft.quarter and other.version >= draft.version))
    )
