"""The small values a plan is made of: clean text, quarters, versions, targets.

Everything here is immutable and checks itself when it is made, so that whoever holds one need not check again.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Self

# Colombia has one time zone and no summer time: a fixed offset needs no time zone database on the machine.
BOGOTA: Final = dt.timezone(dt.timedelta(hours=-5), "America/Bogota")

ROMAN: Final = {1: "I", 2: "II", 3: "III", 4: "IV"}

# XML 1.0 cannot carry the controls and noncharacters; bidi overrides can make a page read otherwise than its data.
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef"
    + "".join(chr((plane << 16) | low) for plane in range(17) for low in (0xFFFE, 0xFFFF))
    + "]"
)
_MEGABYTE: Final = 1_000_000
_VERSION = re.compile(r"\d{1,4}\.\d{1,4}")
_COLOMBIAN_MARKS: Final = str.maketrans(",.", ".,")
_COLOMBIAN_NUMBER = re.compile(r"(-?)(\d{1,3}(?:\.\d{3})+|\d+)(?:,(\d+))?( %)?")


class UnacceptableText(ValueError):
    """A text holds a character that no official document may carry; `character` and `position` (from 0) say which."""

    def __init__(self, character: str, position: int) -> None:
        super().__init__(f"U+{ord(character):04X} at {position}")
        self.character = character
        self.position = position


class PlainText(str):
    """Text as it will be printed: NFC, line breaks as LF, free of controls, noncharacters and bidi overrides."""

    __slots__ = ()

    @classmethod
    def admit(cls, raw: str) -> Self:
        """Clean `raw` once, at the door; nothing visible is changed.

        Raises:
            UnacceptableText: a character that has no place in an official document.
        """
        text = raw if raw.isascii() else unicodedata.normalize("NFC", raw)
        if "\r" in text:
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        if text.isprintable():
            # Nothing forbidden is printable, and asking costs far less than searching.
            return cls(text)
        found = _FORBIDDEN.search(text)
        if found:
            raise UnacceptableText(found.group(), found.start())
        return cls(text)


def legible(raw: str) -> str:
    """`raw` for showing in a message: what `PlainText` refuses is replaced by the replacement character."""
    return raw if raw.isprintable() else _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", raw)


@dataclass(frozen=True, slots=True, order=True)
class Quarter:
    """A quarter of a year, the period that a follow-up reports."""

    year: int
    number: int

    def __post_init__(self) -> None:
        if self.number not in ROMAN:
            raise ValueError(f"a year has quarters 1 to 4, not {self.number}")

    @property
    def roman(self) -> str:
        """The quarter's number as documents print it: I, II, III or IV."""
        return ROMAN[self.number]

    @property
    def starts_on(self) -> dt.date:
        """First day of the quarter."""
        return dt.date(self.year, 3 * self.number - 2, 1)

    @property
    def ends_on(self) -> dt.date:
        """The cut-off: 31 March, 30 June, 30 September or 31 December."""
        return dt.date(self.year, 3 * self.number, 31 if self.number in {1, 4} else 30)

    @property
    def next(self) -> Quarter:
        """The quarter that follows; after the fourth comes the first of the next year."""
        return Quarter(self.year, self.number + 1) if self.number in {1, 2, 3} else Quarter(self.year + 1, 1)

    @classmethod
    def number_from(cls, text: str) -> int | None:
        """1 to 4 from "III", "iii" or "3"; None for anything else."""
        wanted = text.strip().upper()
        return next((number for number, roman in ROMAN.items() if wanted in {roman, str(number)}), None)


@dataclass(frozen=True, slots=True, order=True)
class VersionNumber:
    """The version of the plan, "2.0", that the committee approved: not the SGC format's, not the report's edition."""

    major: int
    minor: int

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """The version in "2.0"; None when the text is not of the form N.N."""
        found = _VERSION.fullmatch(text.strip())
        if not found:
            return None
        major, minor = found.group().split(".")
        return cls(int(major), int(minor))

    def __str__(self) -> str:
        """As documents print it."""
        return f"{self.major}.{self.minor}"


@dataclass(frozen=True, slots=True)
class Target:
    """The meta of an action: a quantity, a percentage (`quantity` 0.25 is 25 %), or a text kept as it was written."""

    quantity: Decimal | None
    is_percentage: bool = False
    text: PlainText | None = None

    def __post_init__(self) -> None:
        if (self.quantity is None) == (self.text is None):
            raise ValueError("a target is either a quantity or a text")

    @property
    def printed(self) -> str:
        """As Colombia writes it: "4", "1.234,5", "25 %"; a text as it stands."""
        if self.quantity is None:
            return str(self.text)
        if self.is_percentage:
            return f"{printed_number(self.quantity * 100)} %"
        return printed_number(self.quantity)

    @classmethod
    def from_printed(cls, printed: str) -> Self:
        """The inverse of `printed`: what does not read as a Colombian number is a text."""
        found = _COLOMBIAN_NUMBER.fullmatch(printed)
        if not found:
            return cls(quantity=None, text=PlainText.admit(printed))
        sign, whole, fraction, percent = found.groups()
        number = Decimal(f"{sign}{whole.replace('.', '')}.{fraction or '0'}")
        quantity = number / 100 if percent else number
        return cls(quantity=quantity.normalize() + 0, is_percentage=bool(percent))


def printed_number(number: Decimal) -> str:
    """A number as Colombia writes it: point for thousands, comma for decimals, no idle zeros ("1.234,5")."""
    text = f"{number:,f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text.translate(_COLOMBIAN_MARKS)


def printed_date(day: dt.date) -> str:
    """A date as the official document writes it: "1/03/2024", the day without a leading zero, the month with one."""
    return f"{day.day}/{day.month:02d}/{day.year:04d}"


def printed_size(size: int) -> str:
    """Bytes as a person reads them: "37 KB", "1,4 MB"."""
    if size < _MEGABYTE:
        return f"{max(1, round(size / 1000))} KB"
    return f"{size / _MEGABYTE:.1f} MB".replace(".", ",")
