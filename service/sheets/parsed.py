"""What every reader of a file format gives: sheets of raw cells, each with its place and nothing understood yet.

A cell's `text` is never changed for display: what it means is decided later, by the parser of its column.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import Final

MAX_ROW: Final = 1_048_576
MAX_COLUMN: Final = 16_384
# A number and a day as files write them.
FINITE_NUMBER: Final = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)
ISO_DAY: Final = re.compile(r"(\d{4}-\d{2}-\d{2})(?:T[\d:.]*Z?)?")
# No program writes a number as long; whatever is longer is a text that nobody checked.
LONGEST_NUMBER: Final = 100
# The budgets of one file, whatever its format.
MAX_CELLS: Final = 600_000
MAX_MERGES: Final = 100_000
MAX_SHEETS: Final = 200
MAX_CHARACTERS: Final = 80_000_000

# Serial 60 is 29 February 1900, a day that never was (Lotus counted it); before it serials are off by one.
EPOCH_1900: Final = dt.date(1899, 12, 30)
EPOCH_1904: Final = dt.date(1904, 1, 1)
_FIRST_TRUE_SERIAL: Final = 61
# In the 1904 system the last day of the year 9999; the years that a plan may have end long before.
_LAST_SERIAL: Final = 2_957_003


class Kind(StrEnum):
    """What the file says that a cell holds. The kinds of number differ in how the sheet shows them."""

    TEXT = "text"
    NUMBER = "number"
    GROUPED = "number shown with thousands separators"
    PERCENTAGE = "number shown as a percentage; 0.25 is 25 %"
    DATE = "ISO date"
    TRUTH = "1 or 0"
    ERROR = "error value such as #REF!"
    NO_RESULT = "formula whose result was not saved; the text is the formula"
    NOT_A_NUMBER = "declared a number, but is none"


NUMBERS: Final = frozenset({Kind.NUMBER, Kind.GROUPED, Kind.PERCENTAGE})


@dataclass(slots=True)
class RawCell:
    """One cell that is not empty: row and column from 1, its kind, and the text that the file holds for it.

    Not frozen: freezing triples the cost of making one, and a plan has a hundred thousand. Nobody changes them.
    """

    row: int
    column: int
    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class Merge:
    """A merged range; its value stands in the first row and column."""

    first_row: int
    first_column: int
    last_row: int
    last_column: int

    def covers(self, row: int, column: int) -> bool:
        """Whether the cell lies in the range."""
        return self.first_row <= row <= self.last_row and self.first_column <= column <= self.last_column


@dataclass(frozen=True, slots=True)
class ParsedSheet:
    """A sheet: its cells by row, in order of row and column, empty rows left out; `epoch` is day 0 of serials.

    `page_lines` are the texts in the header and the footer of its printed pages.
    """

    name: str
    rows: dict[int, tuple[RawCell, ...]]
    merges: tuple[Merge, ...] = ()
    hidden_rows: frozenset[int] = field(default_factory=frozenset)
    hidden_columns: frozenset[int] = field(default_factory=frozenset)
    is_hidden: bool = False
    epoch: dt.date = EPOCH_1900
    page_lines: tuple[str, ...] = ()


@lru_cache(maxsize=MAX_COLUMN)
def column_letters(column: int) -> str:
    """A for 1, Z for 26, AA for 27."""
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


@lru_cache(maxsize=MAX_COLUMN)
def column_number(letters: str) -> int:
    """The inverse of `column_letters`; 0 for what is no column of a sheet."""
    number = 0
    for letter in letters:
        if not "A" <= letter <= "Z":
            return 0
        number = number * 26 + ord(letter) - ord("A") + 1
        if number > MAX_COLUMN:
            return 0
    return number


def address(row: int, column: int) -> str:
    """The A1 address of a cell."""
    return f"{column_letters(column)}{row}"


def serial_date(serial: float, epoch: dt.date) -> dt.date | None:
    """The day that a serial number stands for, its time of day left out; None when there is no such day."""
    if not (_FIRST_TRUE_SERIAL if epoch == EPOCH_1900 else 0) <= serial <= _LAST_SERIAL:
        return None
    return epoch + dt.timedelta(days=int(serial))
