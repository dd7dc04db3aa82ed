"""Until when the follow-up of a quarter is delivered, and which one is owed."""

from __future__ import annotations

import datetime as dt

import pytest

from service.domain.deadlines import QuarterState, business_days_left, due_on, follow_ups, next_follow_up
from service.domain.values import Quarter
from service.holiday_calendar import is_holiday


def no_holiday(_day: dt.date) -> bool:
    return False


def states(year: int, today: dt.date, issued: tuple[int, ...] = (), drafts: tuple[int, ...] = ()) -> list[str]:
    found = follow_ups(year, issued, drafts, today=today, business_days=5, is_holiday=is_holiday)
    return [each.state.value for each in found]


@pytest.mark.parametrize(
    ("quarter", "due"),
    [
        (Quarter(2024, 1), dt.date(2024, 4, 5)),
        (Quarter(2024, 2), dt.date(2024, 7, 8)),  # 1 July is San Pedro's Monday
        (Quarter(2024, 3), dt.date(2024, 10, 7)),
        (Quarter(2024, 4), dt.date(2025, 1, 9)),  # over New Year and Reyes on Monday the 6th
        (Quarter(2023, 1), dt.date(2023, 4, 11)),  # Holy Week's Thursday and Friday
        (Quarter(2023, 4), dt.date(2024, 1, 9)),  # Reyes moved to Monday the 8th
    ],
)
def test_the_fifth_business_day_after_the_cut_off_minds_weekends_and_holidays(quarter: Quarter, due: dt.date) -> None:
    assert due_on(quarter, 5, is_holiday) == due


def test_the_office_says_how_many_days_it_has() -> None:
    assert due_on(Quarter(2024, 3), 1, is_holiday) == dt.date(2024, 10, 1)
    assert due_on(Quarter(2024, 3), 10, is_holiday) == dt.date(2024, 10, 15)
    assert due_on(Quarter(2024, 2), 1, no_holiday) == dt.date(2024, 7, 1)


@pytest.mark.parametrize(
    ("today", "left"),
    [
        (dt.date(2024, 9, 30), 5),
        (dt.date(2024, 10, 1), 4),
        (dt.date(2024, 10, 4), 1),
        (dt.date(2024, 10, 5), 1),
        (dt.date(2024, 10, 6), 1),
        (dt.date(2024, 10, 7), 0),
        (dt.date(2024, 12, 1), 0),
    ],
)
def test_the_days_that_are_left_begin_tomorrow(today: dt.date, left: int) -> None:
    assert business_days_left(today, dt.date(2024, 10, 7), is_holiday) == left


@pytest.mark.parametrize(
    ("today", "third"),
    [
        (dt.date(2024, 6, 30), "ahead"),
        (dt.date(2024, 7, 1), "running"),
        (dt.date(2024, 9, 29), "running"),
        (dt.date(2024, 9, 30), "due"),
        (dt.date(2024, 10, 7), "due"),
        (dt.date(2024, 10, 8), "overdue"),
        (dt.date(2026, 5, 1), "overdue"),
    ],
)
def test_a_follow_up_is_due_from_its_cut_off_and_overdue_after_its_day(today: dt.date, third: str) -> None:
    assert states(2024, today, issued=(1, 2))[2] == third


def test_whoever_begins_with_a_later_quarter_does_not_owe_the_earlier_ones() -> None:
    assert states(2024, dt.date(2024, 10, 3), issued=(3,)) == ["missing", "missing", "issued", "running"]
    assert states(2024, dt.date(2024, 10, 3), drafts=(3,)) == ["missing", "missing", "due", "running"]
    assert states(2024, dt.date(2024, 10, 3)) == ["missing", "missing", "due", "running"]
    assert states(2024, dt.date(2024, 11, 3)) == ["missing", "missing", "missing", "running"]


def test_all_quarters_since_the_last_that_was_issued_are_owed() -> None:
    assert states(2024, dt.date(2024, 10, 3), issued=(1,)) == ["issued", "overdue", "due", "running"]


def test_a_past_year_owes_what_was_not_issued_without_counting_the_days() -> None:
    found = follow_ups(2024, (3,), (), today=dt.date(2026, 5, 1), business_days=5, is_holiday=is_holiday)

    assert next_follow_up(found) == found[3]
    assert (found[3].state, found[3].days) == (QuarterState.OVERDUE, None)


def test_a_year_with_its_fourth_quarter_is_complete() -> None:
    found = follow_ups(2024, (3, 4), (), today=dt.date(2025, 1, 20), business_days=5, is_holiday=is_holiday)

    assert next_follow_up(found) is None


def test_what_is_owed_first_comes_before_what_is_to_come() -> None:
    found = follow_ups(2024, (1, 2), (), today=dt.date(2024, 10, 10), business_days=5, is_holiday=is_holiday)

    coming = next_follow_up(found)
    assert coming is not None
    assert (coming.quarter.number, coming.state, coming.days) == (3, QuarterState.OVERDUE, 3)
