"""A day -> whether it is a public holiday in Colombia (Ley 51 de 1983 and those that changed it since).

The laws are kept up by the package `holidays`. Importing one country of it imports them all, 250 modules and a tenth of
a second; the file of this one alone asks for a sixth of that. Nothing is loaded before somebody asks.
"""

from __future__ import annotations

import datetime as dt
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any


def is_holiday(day: dt.date) -> bool:
    """Whether the law makes it a holiday; a Sunday is none by itself."""
    return day in _holidays_of(day.year)


@cache
def _holidays_of(year: int) -> frozenset[dt.date]:
    return frozenset(_colombia()(years=year))


@cache
def _colombia() -> Any:
    import holidays  # noqa: PLC0415 - only a page with a deadline needs it

    file = Path(holidays.__file__).parent / "countries" / "colombia.py"
    spec = spec_from_file_location("service.holiday_calendar.colombia", file)
    if spec is None or spec.loader is None:
        raise ImportError(f"{file} cannot be imported")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Colombia
