"""The format of a number, by its number or its code, becomes the form in which the sheet shows it."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final


class Form(StrEnum):
    """How a value stands in a sheet."""

    TEXT = "text"
    NUMBER = "number"
    GROUPED = "number with thousands separators"
    PERCENTAGE = "percentage"
    DATE = "day"


# The formats that every spreadsheet program knows by number (ECMA-376, 18.8.30); 27-36 and 50-58 are East Asian dates.
_DATE_FORMATS: Final = frozenset({*range(14, 18), 22, *range(27, 37), *range(50, 59)})
_GROUPED_FORMATS: Final = frozenset({3, 4, *range(37, 45)})
_PERCENTAGE_FORMATS: Final = frozenset({9, 10})
_LITERAL: Final = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]|general', re.IGNORECASE)


def form_of_format(id_: str, code: str | None) -> Form:
    """How a number in a format is shown: the format's number, and its code when it is not a built-in one."""
    if code is None:
        number = int(id_) if id_.isdecimal() else 0
        if number in _DATE_FORMATS:
            return Form.DATE
        if number in _PERCENTAGE_FORMATS:
            return Form.PERCENTAGE
        return Form.GROUPED if number in _GROUPED_FORMATS else Form.NUMBER
    letters = _LITERAL.sub("", code).split(";")[0].lower()
    if "%" in letters:
        return Form.PERCENTAGE
    # A format of hours alone (h:mm) shows no day; "mmm" alone does.
    if "y" in letters or "d" in letters or ("m" in letters and not set("hs") & set(letters)):
        return Form.DATE
    return Form.GROUPED if "#,##" in letters or "0,0" in letters else Form.NUMBER
