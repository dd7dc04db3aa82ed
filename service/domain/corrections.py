"""A text that a person puts into a cell instead of what it said -> the correction, and the value that it is.

A text is taken as a person who types it into a spreadsheet means it: a day, a number or a percentage as Colombia writes
them is one, and what would lose a sign by that stays text. Nobody is asked for the column: what a value means there is
for the reading to say.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from service.domain.findings import CellRef, Finding
from service.domain.number_formats import Form
from service.domain.word_difference import Piece, word_pieces

# No leading zeros: "007" is a code. Marks of thousands only where all of them stand.
_NUMBER: Final = re.compile(r"(-?)([1-9]\d{0,2}(?:\.\d{3})+|0|[1-9]\d*)(?:,(\d+))?(\s?%)?")
_DAY: Final = re.compile(r"(\d{1,2})(?:([/.-])(\d{1,2})\2(\d{4})|/(\d{1,2})/(\d\d))")
_ISO_DAY: Final = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
# What a spreadsheet keeps of a number.
_MAX_FIGURES: Final = 15
# Before it the serial numbers of days are off by one; two figures mean 1930 to 2029, as spreadsheets have it.
_FIRST_DAY: Final = dt.date(1900, 3, 1)
_FIRST_OF_1900S: Final = 30


@dataclass(frozen=True, slots=True)
class Correction:
    """A cell that was put right in Folio: what is to stand in it (empty: nothing), and what the upload has there.

    `before` None is not said; a reading always says it.
    """

    place: CellRef
    after: str
    before: str | None = None

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """What the cell said and what it is to say, word by word."""
        return word_pieces(self.before or "", self.after)


@dataclass(frozen=True, slots=True)
class Entry:
    """A value as a cell holds it: a number with a decimal point, a percentage as its share of one, a day in ISO."""

    form: Form
    text: str


def entered(text: str) -> Entry:
    """What typing this text into a cell makes of it."""
    typed = text.strip()
    if (number := _NUMBER.fullmatch(typed)) and (entry := _number(number)):
        return entry
    day = _day(typed)
    if day is not None and day >= _FIRST_DAY:
        return Entry(Form.DATE, day.isoformat())
    return Entry(Form.TEXT, text)


def proposed(findings: Iterable[Finding]) -> tuple[Correction, ...]:
    """The corrections that put the proposals of these findings into their cells, one for each cell.

    Where several are for one cell, each changes the words of it that no graver one changes.

    Raises:
        ValueError: one of them has none that can be put into its cell.
    """
    by_place: dict[CellRef, list[Finding]] = defaultdict(list)
    for finding in findings:
        if finding.place is None or not finding.can_be_applied:
            raise ValueError(f"{finding.code.name} proposes nothing for one cell")
        by_place[finding.place].append(finding)
    return tuple(Correction(place, _together(here)) for place, here in by_place.items())


def corrected_again(made: Iterable[Correction], more: Iterable[Correction]) -> tuple[Correction, ...]:
    """The corrections made before and those that come now; of two of one cell the later stands, said of the upload."""
    by_place = {one.place: one for one in made}
    for one in more:
        earlier = by_place.get(one.place)
        by_place[one.place] = replace(one, before=earlier.before) if earlier else one
    return tuple(by_place.values())


def _together(findings: list[Finding]) -> str:
    """What a cell says once these proposals are made in it."""
    gravest_first = sorted(findings, key=lambda finding: finding.severity.weight)
    base = gravest_first[0].value
    # Whoever saw something else in the cell than the gravest did cannot be put together with it.
    texts = dict.fromkeys(finding.proposal or "" for finding in gravest_first if finding.value == base)
    edits: list[_Edit] = []
    for text in texts:
        edits += [edit for edit in _edits(base, text) if not any(map(edit.collides_with, edits))]
    for edit in sorted(edits, key=lambda one: one.start, reverse=True):
        base = base[: edit.start] + edit.text + base[edit.end :]
    return base


@dataclass(frozen=True, slots=True)
class _Edit:
    """Letters of a text, from `start` to before `end`, and what stands there instead."""

    start: int
    end: int
    text: str

    def collides_with(self, other: _Edit) -> bool:
        return self.start == other.start or (self.start < other.end and other.start < self.end)


def _edits(before: str, after: str) -> list[_Edit]:
    edits: list[_Edit] = []
    at = 0
    for piece in word_pieces(before, after):
        if piece.kind == "same":
            at += len(piece.text)
            continue
        if not edits or edits[-1].end != at:
            edits.append(_Edit(at, at, ""))
        last = edits.pop()
        if piece.kind == "removed":
            at += len(piece.text)
            edits.append(replace(last, end=at))
        else:
            edits.append(replace(last, text=last.text + piece.text))
    return edits


def _number(found: re.Match[str]) -> Entry | None:
    sign, whole, fraction, percent = found.groups()
    figures = whole.replace(".", "")
    if len((figures + (fraction or "")).strip("0")) > _MAX_FIGURES or len(figures) > _MAX_FIGURES:
        return None
    number = Decimal(f"{sign}{figures}.{fraction or 0}")
    if percent:
        return Entry(Form.PERCENTAGE, _plain(number / 100))
    return Entry(Form.GROUPED if "." in whole else Form.NUMBER, _plain(number))


def _plain(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _day(text: str) -> dt.date | None:
    if found := _ISO_DAY.fullmatch(text):
        year, month, day = map(int, found.groups())
    elif found := _DAY.fullmatch(text):
        day, month = int(found[1]), int(found[3] or found[5])
        year = int(found[4]) if found[4] else int(found[6])
        if found[6]:
            year += 1900 if year >= _FIRST_OF_1900S else 2000
    else:
        return None
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None
