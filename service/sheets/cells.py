"""A raw cell becomes the value that its column holds, or the trouble with it: one parser per kind of column.

Text is kept letter for letter. A day is never read as month/day. A number shows the fifteen figures that Excel shows.
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
from service.sheets.parsed import NUMBERS, Kind, RawCell, serial_date
from service.sheets.wording import plain_words

MAX_TEXT: Final = 32_767
YEARS: Final = range(1990, 2101)
_MAX_FIGURES: Final = 15
_TOO_MANY_FIGURES: Final = 10**_MAX_FIGURES

_NUMERIC_DAY: Final = re.compile(r"(\d{1,2})([/-])(\d{1,2})\2(\d{4})")
_ISO_DAY: Final = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_WRITTEN_DAY: Final = re.compile(r"(\d{1,2}) (?:de )?([a-z]+) (?:del? )?(\d{4})")
_MONTHS: Final = {
    name: number
    for number, names in enumerate(
        ("enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto",
         "septiembre setiembre", "octubre", "noviembre", "diciembre"), start=1
    )
    for name in names.split()
}  # fmt: skip

_COLOMBIAN_QUANTITY: Final = re.compile(r"(-?(?:\d{1,3}(?:\.\d{3})+|\d+))(?:,(\d+))?\s?(%?)")
_NO_QUANTITY: Final = frozenset(
    {"n a", "na", "nd", "n d", "no aplica", "por definir", "a demanda", "por demanda", "segun demanda", "permanente"}
)


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


CellParser = Callable[[RawCell, dt.date], tuple[Any, Trouble | None]]
"""From a cell, and day 0 of its sheet, to its value (None: empty or not understood) and the trouble with it."""


def read_text(cell: RawCell, _epoch: dt.date) -> tuple[PlainText | None, Trouble | None]:
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


def read_date(cell: RawCell, epoch: dt.date) -> tuple[dt.date | None, Trouble | None]:
    """A day from a date cell, a serial number, `d/mm/yyyy`, `yyyy-mm-dd` or `31 de diciembre de 2024`."""
    match cell.kind:
        case Kind.DATE:
            day = _day(*cell.text.split("-"))
        case Kind.TEXT if cell.text.isspace():
            return None, None
        case Kind.TEXT:
            day = _day_in(cell.text.strip())
        case Kind.NUMBER | Kind.GROUPED:
            # A bare number is a day only where a plan may lie: 2024 alone is a year, not a day of 1905.
            day = serial_date(float(cell.text), epoch)
            day = day if day and day.year in YEARS else None
        case _:
            return None, _no_value(cell) or Trouble(FindingCode.DATE_001, printed(cell))
    if day is None:
        return None, Trouble(FindingCode.DATE_001, printed(cell))
    if day.year not in YEARS:
        return None, Trouble(FindingCode.DATE_002, printed(cell))
    return day, None


def read_target(cell: RawCell, epoch: dt.date) -> tuple[Target | None, Trouble | None]:
    """A quantity or percentage, from a number or from text as Colombia writes it; "Por definir" stays text."""
    if cell.kind in NUMBERS:
        quantity = _quantity(cell.text)
        if quantity is None:
            return None, Trouble(FindingCode.TARGET_003, printed(cell))
        return Target(quantity, is_percentage=cell.kind is Kind.PERCENTAGE), None
    if cell.kind is not Kind.TEXT:
        return None, _no_value(cell) or Trouble(FindingCode.TARGET_001, printed(cell))
    text, trouble = read_text(cell, epoch)
    return (None, trouble) if text is None else _target_in(text)


def _target_in(text: PlainText) -> tuple[Target | None, Trouble | None]:
    found = _COLOMBIAN_QUANTITY.fullmatch(text.strip())
    if found:
        whole, fraction, percent = found.groups()
        figures = f"{whole.replace('.', '')}.{fraction or '0'}"
        if len(figures.strip("-0.").replace(".", "")) > _MAX_FIGURES:
            return None, Trouble(FindingCode.TARGET_003, text)
        quantity = Decimal(figures) / 100 if percent else Decimal(figures)
        return Target(quantity.normalize() + 0, is_percentage=bool(percent)), None
    if plain_words(text) in _NO_QUANTITY:
        return Target(None, text=text), Trouble(FindingCode.TARGET_002, text)
    return None, Trouble(FindingCode.TARGET_001, text)


def printed(cell: RawCell) -> str:
    """The cell as the sheet shows it to a Colombian reader."""
    match cell.kind:
        case Kind.NUMBER | Kind.GROUPED | Kind.PERCENTAGE:
            quantity = _quantity(cell.text)
            if quantity is None:
                return cell.text
            if cell.kind is Kind.PERCENTAGE:
                return f"{printed_number(quantity * 100)} %"
            grouped = printed_number(quantity)
            return grouped if cell.kind is Kind.GROUPED else grouped.replace(".", "")
        case Kind.DATE:
            day = _day(*cell.text.split("-"))
            return printed_date(day) if day else cell.text
        case Kind.TRUTH:
            return "VERDADERO" if cell.text == "1" else "FALSO"
        case _:
            return cell.text


def _no_value(cell: RawCell) -> Trouble | None:
    code = _NO_VALUE.get(cell.kind)
    return Trouble(code, cell.text) if code else None


def _quantity(number: str) -> Decimal | None:
    """The number as Excel shows it; None when it has more than fifteen figures before the comma."""
    value = float(number)
    if not math.isfinite(value) or abs(value) >= _TOO_MANY_FIGURES:
        return None
    return Decimal(f"{value:.{_MAX_FIGURES}g}").normalize() + 0


def _day_in(text: str) -> dt.date | None:
    if found := _NUMERIC_DAY.fullmatch(text):
        day, _, month, year = found.groups()
        return _day(year, month, day)
    if found := _ISO_DAY.fullmatch(text):
        return _day(*found.groups())
    if found := _WRITTEN_DAY.fullmatch(plain_words(text)):
        day, month, year = found.groups()
        return _day(year, _MONTHS.get(month, 0), day)
    return None


def _day(year: str, month: str | int, day: str) -> dt.date | None:
    try:
        return dt.date(int(year), int(month), int(day))
    except ValueError:
        return None
