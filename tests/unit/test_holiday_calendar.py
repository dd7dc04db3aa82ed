"""The holidays are those of the law, and they cost next to nothing until somebody asks."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys

import pytest

from service.holiday_calendar import is_holiday
from service.settings import PROJECT

ASKED = """
import sys, datetime, service.web
from service.holiday_calendar import is_holiday
before = [name for name in sys.modules if name.startswith("holidays")]
is_holiday(datetime.date(2024, 1, 1))
print(before, len([name for name in sys.modules if name.startswith("holidays.countries")]))
"""


@pytest.mark.parametrize(
    "day",
    [
        dt.date(2024, 1, 8),  # Reyes, from Saturday the 6th
        dt.date(2024, 3, 25),  # San José, from the 19th
        dt.date(2024, 3, 28),
        dt.date(2024, 3, 29),  # Holy Week is not moved
        dt.date(2024, 7, 1),  # San Pedro, from Saturday the 29th of June
        dt.date(2024, 7, 20),  # Independence is not moved, though it is a Saturday
        dt.date(2024, 10, 14),
        dt.date(2025, 1, 6),  # Reyes on a Monday stays there
        dt.date(2025, 6, 30),  # two that fall together
    ],
)
def test_the_holidays_of_the_ley_emiliani_are_known(day: dt.date) -> None:
    assert is_holiday(day)


@pytest.mark.parametrize(
    "day", [dt.date(2024, 1, 6), dt.date(2024, 3, 19), dt.date(2024, 10, 12), dt.date(2025, 6, 29)]
)
def test_a_holiday_that_was_moved_is_a_day_like_any_other(day: dt.date) -> None:
    assert not is_holiday(day)


def test_only_colombia_is_loaded_and_only_when_somebody_asks() -> None:
    asked = subprocess.run([sys.executable, "-c", ASKED], cwd=PROJECT, capture_output=True, text=True, check=True)

    assert asked.stdout.split() == ["[]", "0"]


def test_the_file_that_is_read_alone_says_what_the_package_says() -> None:
    import holidays  # noqa: PLC0415 - it loads the countries of the whole world

    for year in (2023, 2024, 2025, 2026, 2027):
        days = (dt.date(year, 1, 1) + dt.timedelta(days=at) for at in range(365))
        whole = holidays.country_holidays("CO", years=year)
        assert [day for day in days if is_holiday(day)] == sorted(whole)[:365]
