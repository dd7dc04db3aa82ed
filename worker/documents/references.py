"""A formula or range of the template -> the same one after the model row has become many rows.

What a reference means after that is what Excel itself would give to whoever inserts rows under the model row and fills
it down, with one difference that a template needs: a range that ends at the model row stretches over all the rows.
It never evaluates anything.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from openpyxl.formula.tokenizer import Token, Tokenizer, TokenizerError

LAST_ROW: Final = 1_048_576

_SHEET: Final = re.compile(r"(?:'(?P<quoted>(?:[^']|'')+)'|(?P<bare>[^'!]+))!")
_CELL: Final = re.compile(r"(?P<column>\$?[A-Za-z]{1,3})(?P<anchor>\$?)(?P<row>[1-9]\d{0,6})")
_WHOLE_ROW: Final = re.compile(r"(?P<column>)(?P<anchor>\$?)(?P<row>[1-9]\d{0,6})")
_WHOLE_COLUMNS: Final = re.compile(r"\$?[A-Za-z]{1,3}:\$?[A-Za-z]{1,3}")


class UnsupportedReference(ValueError):
    """A reference whose meaning after the rows are added cannot be told: to another file, or over several sheets."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What became of a sheet's model row: the first row of each action, and the last row of the last one."""

    model: int
    bases: Sequence[int]
    last: int

    @property
    def added(self) -> int:
        """Rows by which everything beneath the model row has moved down."""
        return self.last - self.model

    def first_row(self, row: int) -> int:
        """Where a row stands now; the model row stands where its first copy does."""
        return min(row + self.added, LAST_ROW) if row > self.model else row

    def last_row(self, row: int) -> int:
        """Where a range that ended at `row` ends now; the model row ends where its last copy does."""
        return min(row + self.added, LAST_ROW) if row >= self.model else row


Layouts = Mapping[str, Layout]
"""Layouts by sheet name in lower case; a sheet without a model row has none."""


@dataclass(frozen=True, slots=True)
class Copy:
    """Which copy of the model row a formula stands in: its sheet's key, action from 0, and rows below the original."""

    sheet: str
    index: int
    offset: int


@dataclass(frozen=True, slots=True)
class _End:
    column: str
    anchor: str
    row: int

    def moved(self, layout: Layout | None, copy: Copy | None, *, closes: bool) -> str:
        row = self.row
        if copy and not self.anchor:
            if layout and row == layout.model:
                row = layout.bases[copy.index]
            else:
                row = max(1, min((layout.first_row(row) if layout else row) + copy.offset, LAST_ROW))
        elif layout:
            row = layout.last_row(row) if closes else layout.first_row(row)
        return f"{self.column}{self.anchor}{row}"


@dataclass(frozen=True, slots=True)
class _Reference:
    sheet: str
    prefix: str
    ends: tuple[_End, ...]

    def moved(self, layouts: Layouts, copy: Copy | None, *, is_series: bool) -> str:
        layout = layouts.get(self.sheet)
        first, last = self.ends[0], self.ends[-1]
        start = self.prefix + first.moved(layout, copy, closes=False)
        if len(self.ends) == 1 and not is_series:
            return start
        end = last.moved(layout, copy, closes=True)
        return start if is_series and start == self.prefix + end else f"{start}:{end}"


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula (without its "=") whose references know how to move.

    `is_series`: a chart's, in which Excel writes a range of one cell as that cell; at the model row it stretches too.
    """

    parts: tuple[str | _Reference, ...]
    is_series: bool = False

    def moved(self, layouts: Layouts, copy: Copy | None = None) -> str:
        """The formula after the rows were added; `copy` when it stands in the model row itself."""
        return "".join(
            part if isinstance(part, str) else part.moved(layouts, copy, is_series=self.is_series)
            for part in self.parts
        )


def parse_formula(text: str, sheet: str) -> Formula:
    """Read a formula that stands on `sheet`; `text` comes without the "=".

    Raises:
        UnsupportedReference: it refers to another file or to several sheets at once, or cannot be read.
    """
    try:
        tokens = Tokenizer(f"={text}").items
    except TokenizerError as error:
        raise UnsupportedReference(text) from error
    parts: list[str | _Reference] = []
    for token in tokens:
        if token.type == Token.OPERAND and token.subtype == Token.RANGE:
            parts.append(_parse_reference(token.value, sheet.lower()))
        elif token.type == Token.FUNC and ":" in token.value:
            raise UnsupportedReference(token.value)  # A1:INDEX(…): where it ends is known only to Excel
        else:
            parts.append(token.value)
    return Formula(tuple(parts))


def move_area(area: str, layout: Layout) -> str:
    """Ranges ("A1:B7 D7") after the rows were added: what covers the model row covers all its copies."""
    return " ".join(_move_range(one, layout) for one in area.split())


def area_rows(area: str) -> list[tuple[int, int]]:
    """First and last row of each range of an area; a range of whole columns covers them all."""
    return [_rows(one) for one in area.split()]


def _rows(one: str) -> tuple[int, int]:
    first, last = _ends(one)
    return (first.row, last.row) if first and last else (1, LAST_ROW)


def _move_range(one: str, layout: Layout) -> str:
    first, last = _ends(one)
    if not first or not last:
        return one
    start = first.moved(layout, None, closes=False)
    end = last.moved(layout, None, closes=True)
    return start if start == end else f"{start}:{end}"


@lru_cache(maxsize=1024)
def _ends(one: str) -> tuple[_End | None, _End | None]:
    first, _, last = one.partition(":")
    return _end(first), _end(last or first)


def _end(text: str) -> _End | None:
    found = _CELL.fullmatch(text) or _WHOLE_ROW.fullmatch(text)
    return _End(found["column"], found["anchor"], int(found["row"])) if found else None


def _parse_reference(text: str, home: str) -> str | _Reference:
    prefix, sheet, rest = "", home, text
    if found := _SHEET.match(text):
        prefix, rest = found.group(), text[found.end() :]
        sheet = (found["quoted"] or found["bare"]).replace("''", "'").lower()
        if "[" in sheet or ":" in sheet:
            raise UnsupportedReference(text)
    if "[" in rest or _WHOLE_COLUMNS.fullmatch(rest):
        return text
    first, colon, last = rest.partition(":")
    ends = (_end(first), _end(last)) if colon else (_CELL.fullmatch(rest) and _end(rest),)
    known = tuple(end for end in ends if end)
    if len(known) == len(ends):
        return _Reference(sheet, prefix, known)
    if colon:
        raise UnsupportedReference(text)
    return text
