"""A raw cell becomes the value that its column holds, or the trouble with it: one parser per kind of column.

Text is kept letter for letter. A day is never read as month/day. A number shows the fifteen figures that Excel shows.
What one cell leaves open ("1.234") is decided by the habits of its file, and said when those do not tell.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from service.domain.findings import CellRef, Finding, FindingCode
from service.domain.values import PlainText, Target, UnacceptableText, printed_date, printed_number
from service.sheets.parsed import EPOCH_1900, NUMBERS, Kind, RawCell, serial_date
from service.sheets.wording import MONTHS, plain_words

MAX_TEXT: Final = 32_767
YEARS: Final = range(1990, 2101)
_MAX_FIGURES: Final = 15
_TOO_MANY_FIGURES: Final = 10**_MAX_FIGURES

_NUMERIC_DAY: Final = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4})")
_ISO_DAY: Final = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[T ]00:00(?::00)?)?")
_WEEKDAY: Final = re.compile(r"^(?:lunes|martes|miercoles|jueves|viernes|sabado|domingo) ")
_WRITTEN_DAY: Final = re.compile(r"(\d{1,2}) (?:de )?([a-z]+) (?:del? )?(\d{4}|\d\d)")
_WRITTEN_MONTH: Final = re.compile(r"([a-z]+) (?:del? )?(\d{4}|\d\d)")
_MONTHS_OF_A_YEAR: Final = 12

_QUANTITY: Final = re.compile(r"(-?)(\d[\d.,]*|\d{1,3}(?:[ \xa0]\d{3})+(?:[.,]\d+)?)\s?(%?)")
_GROUPS_OF_THREE: Final = re.compile(r"\d{1,3}(?:[.,]\d{3})+")
_EITHER_WAY: Final = re.compile(r"[1-9]\d{0,2}[.,]\d{3}")
_NO_QUANTITY: Final = frozenset(
    {"n a", "na", "nd", "n d", "no aplica", "por definir", "a demanda", "por demanda", "segun demanda", "permanente",
     "segun necesidad", "a solicitud", "sin meta", "no disponible"}
)  # fmt: skip

_NO_VALUE: Final = {
    Kind.ERROR: FindingCode.CELL_002,
    Kind.NO_RESULT: FindingCode.CELL_003,
    Kind.NOT_A_NUMBER: FindingCode.CELL_004,
}


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong with a cell, its place apart: the code, what stands in the cell, and the words of the sentence."""

    code: FindingCode
    value: str
    words: dict[str, Any] = field(default_factory=dict)

    def at(self, place: CellRef, column: str) -> Finding:
        """The finding that the cell deserves; `column` is its header."""
        return self.code.at(place, column=column, value=self.value, **self.words)


@dataclass(frozen=True, slots=True)
class Habits:
    """How a file writes what a single cell leaves open.

    `epoch` is day 0 of its serial numbers; `decimal_mark` is "," or "." when its own cells prove it, or ""; a file is
    `is_day_first` when one of its dates written as text can be nothing but day/month.
    """

    epoch: dt.date = EPOCH_1900
    decimal_mark: str = ""
    is_day_first: bool = False


CellParser = Callable[[RawCell, Habits], tuple[Any, Trouble | None]]
"""From a cell, and the habits of its file, to its value (None: empty or not understood) and the trouble with it."""


def read_text(cell: RawCell, _habits: Habits) -> tuple[PlainText | None, Trouble | None]:
    """Text as it stands; a number or a date in a column of text as the sheet prints it; nothing for white space."""
    if cell.kind is not Kind.TEXT:
        trouble = _no_value(cell)
        return (None, trouble) if trouble else (PlainText(printed(cell)), None)
    text = cell.text
    if not text or text.isspace():
        return None, None
    if len(text) > MAX_TEXT:
        return None, Trouble(FindingCode.TEXT_002, text, {"length": printed_number(Decimal(len(text)))})
    try:
        return PlainText.admit(text), None
    except UnacceptableText as error:
        words = {"character": f"U+{ord(error.character):04X}", "position": error.position + 1}
        return None, Trouble(FindingCode.TEXT_001, text, words)


def read_first_day(cell: RawCell, habits: Habits) -> tuple[dt.date | None, Trouble | None]:
    """A day from a date cell, a serial number or a text as people write it; a month alone is its first day.

    "1/03/2024", "2024-03-01", "1 de marzo de 2024", "1-mar-24", "mar-24".
    """
    return _read_day(cell, habits, is_end=False)


def read_last_day(cell: RawCell, habits: Habits) -> tuple[dt.date | None, Trouble | None]:
    """The same as `read_first_day`, but a month alone is its last day."""
    return _read_day(cell, habits, is_end=True)


def _read_day(cell: RawCell, habits: Habits, *, is_end: bool) -> tuple[dt.date | None, Trouble | None]:
    doubt = None
    match cell.kind:
        case Kind.DATE:
            day = _iso_day(cell.text)
        case Kind.TEXT if cell.text.isspace():
            return None, None
        case Kind.TEXT:
            day, doubt = _day_in(cell.text.strip(), is_end=is_end)
        case Kind.NUMBER | Kind.GROUPED:
            # A bare number is a day only where a plan may lie: 2024 alone is a year, not a day of 1905.
            day = serial_date(float(cell.text), habits.epoch)
            day = day if day and day.year in YEARS else None
        case _:
            return None, _no_value(cell) or Trouble(FindingCode.DATE_001, printed(cell))
    if day is None:
        return None, Trouble(FindingCode.DATE_001, printed(cell))
    if day.year not in YEARS:
        return None, Trouble(FindingCode.DATE_002, printed(cell))
    if doubt is None or (doubt is FindingCode.DATE_004 and habits.is_day_first):
        return day, None
    return day, Trouble(doubt, cell.text, {"day": printed_date(day)})


def read_target(cell: RawCell, habits: Habits) -> tuple[Target | None, Trouble | None]:
    """A quantity or percentage, from a number or from text as Colombia writes it; "Por definir" stays text."""
    if cell.kind in NUMBERS:
        quantity = _quantity(cell.text)
        if quantity is None:
            return None, Trouble(FindingCode.TARGET_003, printed(cell))
        return Target(quantity, is_percentage=cell.kind is Kind.PERCENTAGE), None
    if cell.kind is not Kind.TEXT:
        return None, _no_value(cell) or Trouble(FindingCode.TARGET_001, printed(cell))
    text, trouble = read_text(cell, habits)
    return (None, trouble) if text is None else _target_in(text, habits)


def _target_in(text: PlainText, habits: Habits) -> tuple[Target | None, Trouble | None]:
    found = _QUANTITY.fullmatch(text.strip())
    figures = plain_figures(found[2], habits.decimal_mark) if found else None
    if found and figures:
        sign, percent = found[1], found[3]
        if len(figures.strip("0.").replace(".", "")) > _MAX_FIGURES:
            return None, Trouble(FindingCode.TARGET_003, text)
        quantity = Decimal(f"{sign}{figures}") / 100 if percent else Decimal(f"{sign}{figures}")
        target = Target(quantity.normalize() + 0, is_percentage=bool(percent))
        if habits.decimal_mark or not _EITHER_WAY.fullmatch(found[2]):
            return target, None
        return target, Trouble(FindingCode.TARGET_004, text, {"read": target.printed})
    if plain_words(text) in _NO_QUANTITY:
        return Target(None, text=text), Trouble(FindingCode.TARGET_002, text)
    return None, Trouble(FindingCode.TARGET_001, text)


def plain_figures(figures: str, decimal_mark: str = "") -> str | None:
    """Figures without marks of thousands and with a decimal point, or None: "1.234,5" and "1,234.5" are "1234.5".

    "1.234" alone is read by `decimal_mark`, and as Colombia writes it where that is "".
    """
    figures = figures.replace("\xa0", "").replace(" ", "")
    last = max(figures.rfind("."), figures.rfind(","))
    if last < 0:
        return figures
    mark = figures[last]
    is_last_of_several = figures.count(mark) > 1
    if is_last_of_several or (_EITHER_WAY.fullmatch(figures) and mark != (decimal_mark or ",")):
        is_grouped = _GROUPS_OF_THREE.fullmatch(figures) and len(set(figures) & {".", ","}) == 1
        return figures.replace(mark, "") if is_grouped else None
    whole, fraction = figures[:last], figures[last + 1 :]
    other = "." if mark == "," else ","
    if not fraction or (other in whole and not _GROUPS_OF_THREE.fullmatch(whole)):
        return None
    return f"{whole.replace(other, '')}.{fraction}"


def proven_decimal_mark(figures: str) -> str:
    """The decimal mark that figures as text prove: "," for "1.234,5" and "1.234.567"; "" when they prove none."""
    if _EITHER_WAY.fullmatch(figures) or plain_figures(figures) is None:
        return ""
    last = max(figures.rfind("."), figures.rfind(","))
    if last < 0:
        return ""
    mark, other = (".", ",") if figures[last] == "." else (",", ".")
    return other if figures.count(mark) > 1 else mark


def printed(cell: RawCell) -> str:
    """The cell as the sheet shows it to a Colombian reader."""
    match cell.kind:
        case Kind.NUMBER if _is_plain_figures(cell.text):
            return cell.text
        case Kind.NUMBER | Kind.GROUPED | Kind.PERCENTAGE:
            return _printed_number(cell)
        case Kind.DATE:
            day = _iso_day(cell.text)
            return printed_date(day) if day else cell.text
        case Kind.TRUTH:
            return "VERDADERO" if cell.text == "1" else "FALSO"
        case _:
            return cell.text


def _printed_number(cell: RawCell) -> str:
    quantity = _quantity(cell.text)
    if quantity is None:
        return cell.text
    if cell.kind is Kind.PERCENTAGE:
        return f"{printed_number(quantity * 100)} %"
    grouped = printed_number(quantity)
    return grouped if cell.kind is Kind.GROUPED else grouped.replace(".", "")


def _is_plain_figures(number: str) -> bool:
    """Whether a number is a whole one that Excel shows as it stands, which most are."""
    return number.isdecimal() and number.isascii() and len(number) <= _MAX_FIGURES and not number.startswith("0")


def _no_value(cell: RawCell) -> Trouble | None:
    code = _NO_VALUE.get(cell.kind)
    return Trouble(code, cell.text) if code else None


def _quantity(number: str) -> Decimal | None:
    """The number as Excel shows it; None when it has more than fifteen figures before the comma."""
    if _is_plain_figures(number):
        return Decimal(number)
    value = float(number)
    if not math.isfinite(value) or abs(value) >= _TOO_MANY_FIGURES:
        return None
    return Decimal(f"{value:.{_MAX_FIGURES}g}").normalize() + 0


def _day_in(text: str, *, is_end: bool) -> tuple[dt.date | None, FindingCode | None]:
    """The day that a text says, and what has to be said of its being read so."""
    if found := _NUMERIC_DAY.fullmatch(text):
        day, _, month, year = found.groups()
        is_open = int(day) <= _MONTHS_OF_A_YEAR and int(month) != int(day)
        return _day(year, month, day), FindingCode.DATE_004 if is_open else None
    if found := _ISO_DAY.fullmatch(text):
        return _day(*found.groups()), None
    words = _WEEKDAY.sub("", plain_words(text))
    if found := _WRITTEN_DAY.fullmatch(words):
        day, month, year = found.groups()
        return _day(_whole_year(year), MONTHS.get(month, 0), day), None
    if (found := _WRITTEN_MONTH.fullmatch(words)) and found[1] in MONTHS:
        year, number = int(_whole_year(found[2])), MONTHS[found[1]]
        if year not in YEARS:
            return None, None
        first = dt.date(year, number, 1)
        following = (first + dt.timedelta(days=31)).replace(day=1)
        return following - dt.timedelta(days=1) if is_end else first, FindingCode.DATE_005
    return None, None


def is_surely_day_first(text: str) -> bool:
    """Whether a date written as text can only be day/month/year."""
    found = _NUMERIC_DAY.fullmatch(text)
    return bool(found) and int(found[1]) > _MONTHS_OF_A_YEAR >= int(found[3])  # type: ignore[index]  # found is one


def _whole_year(year: str) -> str:
    return year if len(year) == 4 else f"20{year}"  # noqa: PLR2004  the figures of a year


def _iso_day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


def _day(year: str, month: str | int, day: str) -> dt.date | None:
    try:
        return dt.date(int(year), int(month), int(day))
    except ValueError:
        return None
