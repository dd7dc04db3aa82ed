"""What there is of a year's quarters, a day and the holidays -> which follow-up is owed, until when, and what is next.

Which days are holidays is handed in: the laws that say so change, and the domain keeps no country's calendar.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import StrEnum
from itertools import count
from typing import Final

from service.domain.values import ROMAN, Quarter

IsHoliday = Callable[[dt.date], bool]

_DAY: Final = dt.timedelta(days=1)
_SATURDAY: Final = 5
_COUNTED: Final = dt.timedelta(days=130)


class QuarterState(StrEnum):
    """Where the follow-up of a quarter stands.

    `overdue`: its day has passed. `due`: its cut-off has come. `running` is the quarter of today, `ahead` those after.
    `missing`: it was never issued, but a later one was, or the office began with a later one: nobody waits for it.
    """

    ISSUED = "issued"
    OVERDUE = "overdue"
    DUE = "due"
    RUNNING = "running"
    AHEAD = "ahead"
    MISSING = "missing"

    @property
    def is_owed(self) -> bool:
        """Whether it is to be delivered now."""
        return self in {QuarterState.OVERDUE, QuarterState.DUE}


@dataclass(frozen=True, slots=True)
class FollowUp:
    """The follow-up of a quarter, delivered until `due_on` at the latest.

    `days` are the business days that are left; of one that is overdue those that have passed since. None: so many that
    nobody counts them.
    """

    quarter: Quarter
    due_on: dt.date
    state: QuarterState
    days: int | None


def follow_ups(
    year: int,
    issued: Collection[int],
    drafts: Collection[int],
    *,
    today: dt.date,
    business_days: int,
    is_holiday: IsHoliday,
) -> tuple[FollowUp, ...]:
    """The follow-ups of a year's four quarters.

    Args:
        year: the plan's.
        issued: the quarters (1 to 4) with an issued report.
        drafts: those with a draft that waits to be issued.
        today: the day in Bogotá.
        business_days: until how many of them after the cut-off a follow-up is delivered.
        is_holiday: whether a day is a public holiday.
    """
    begun = min({*issued, *drafts}, default=None)
    found = []
    for number in ROMAN:
        quarter = Quarter(year, number)
        due = due_on(quarter, business_days, is_holiday)
        if number in issued:
            state = QuarterState.ISSUED
        elif number < max(issued, default=0) or (begun is not None and number < begun):
            state = QuarterState.MISSING
        elif today < quarter.starts_on:
            state = QuarterState.AHEAD
        elif today < quarter.ends_on:
            state = QuarterState.RUNNING
        elif begun is None and due < today:
            # Whoever has not begun yet owes nothing of what was before.
            state = QuarterState.MISSING
        else:
            state = QuarterState.DUE if today <= due else QuarterState.OVERDUE
        is_near = abs(due - today) <= _COUNTED
        days = business_days_left(min(today, due), max(today, due), is_holiday) if is_near else None
        found.append(FollowUp(quarter, due, state, days))
    return tuple(found)


def next_follow_up(year: tuple[FollowUp, ...]) -> FollowUp | None:
    """The first that is owed, else the next to come; None: the year is complete."""
    owed = next((each for each in year if each.state.is_owed), None)
    return owed or next((each for each in year if each.state in {QuarterState.RUNNING, QuarterState.AHEAD}), None)


def is_business_day(day: dt.date, is_holiday: IsHoliday) -> bool:
    """Whether offices work on that day: from Monday to Friday, and no holiday."""
    return day.weekday() < _SATURDAY and not is_holiday(day)


def due_on(quarter: Quarter, business_days: int, is_holiday: IsHoliday) -> dt.date:
    """The day until which the follow-up of a quarter is delivered: so many business days after its cut-off.

    Args:
        quarter: what is told.
        business_days: how many, from 1; the first is the first business day of the month after.
        is_holiday: whether a day is a public holiday.
    """
    days = (quarter.ends_on + at * _DAY for at in count(1))
    business = (day for day in days if is_business_day(day, is_holiday))
    return next(day for number, day in enumerate(business, start=1) if number >= business_days)


def business_days_left(today: dt.date, until: dt.date, is_holiday: IsHoliday) -> int:
    """How many business days follow today, up to and with `until`; 0 from that day on."""
    days = (today + at * _DAY for at in range(1, (until - today).days + 1))
    return sum(is_business_day(day, is_holiday) for day in days)
