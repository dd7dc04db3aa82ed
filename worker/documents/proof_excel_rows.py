"""The rows of a finished sheet, as they are unpacked -> what is left of the sheet once those are out that are proved.

A row is proved when it holds the cells of its action and nothing else, in the template's letters, and is tall enough:
its bytes are those of a row that was read before, with this action's values, or else it is read for itself. The last
action's rows always stay, and with them whatever stands beneath has its place. Where a row is not as it must be nothing
counts as proved, and the sheet is read as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from itertools import repeat
from typing import Any, Final, NamedTuple

from service.domain.plan import Action
from service.domain.values import PlainText
from worker.documents.proof_excel_book import LOWEST, Book, Number, Row, column_of, widths_of
from worker.documents.proof_excel_clipped import Heights, may_cut
from worker.documents.proof_excel_seen import Letters
from worker.documents.proof_excel_shown import shown_length
from worker.documents.proof_excel_template import Cells, ExpectedSheet, Field, joins
from worker.documents.proof_package import Package, parse
from worker.documents.proof_values import fields_of, number_of

_DATA: Final = b"<sheetData>"
_END: Final = b"</row>"
_START: Final = re.compile(rb'<row r="(\d+)"(?: ht="([\d.]+)")?(?: customHeight="\w+")?>')
_CELL: Final = re.compile(rb'<c r="([A-Z]+)\d+"((?: s="\d+")?(?: t="([sn])")?)(?:/>|><v>([^<&]+)</v></c>)')
_COLUMNS: Final = re.compile(rb"<cols>.*?</cols>", re.DOTALL)
_IN_A_SHEET: Final = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">%b</worksheet>'
_MOST_MAKES: Final = 8
_MOST_KNOWN: Final = 4096
_AT_ONCE: Final = 256
# A number or the place of a text, as it is written; the kind of a number, "" for a text; letters, for a reader.
_Written = tuple[bytes | int, str, int]


class _NotProvedError(Exception):
    """A row is not as it must be, or cannot be told from its neighbours."""


@dataclass(frozen=True, slots=True)
class _Make:
    """How a row is written behind its start: its bytes, with a place for its number and one for the value of each cell.

    `kinds` are those of the values, in the order of the columns.
    """

    form: bytes
    kinds: tuple[str, ...]
    styles: dict[int, int]


class _Told(NamedTuple):
    """What the cells of an action hold, in the order of the columns: contents and kinds as `_Written` has them.

    A content is None where the sheet has no such text, or the cell nothing. `texts` are those that may be tall.
    """

    contents: tuple[bytes | int | None, ...]
    kinds: tuple[str, ...]
    letters: int
    texts: tuple[Any, ...]


class _Values:
    """The values of actions, where each cell of a row tells one; found for many actions at once, column by column."""

    def __init__(self, expected: ExpectedSheet, book: Book) -> None:
        self._sources = expected.sources or {}
        self._telling = expected.telling
        self._places = book.places
        self._typed = expected.typed
        self._known: dict[object, _Written] = {}
        names = [source.name for source in self._sources.values() if isinstance(source, Field)]
        self._fields = fields_of(names)
        self.columns: Final = tuple(self._sources)
        # What stands in the other columns is the same for all, and short.
        self.telling: Final = tuple(column for column, source in self._sources.items() if isinstance(source, Field))

    def of(self, actions: Sequence[Action]) -> Iterator[_Told | None]:
        """Of one action after the other; None: they can only be told from its cells."""
        if self._fields is None:
            yield from (None for _ in actions)
            return
        for start in range(0, len(actions), _AT_ONCE):
            yield from self._of_some([self._fields(action) for action in actions[start : start + _AT_ONCE]])

    def _of_some(self, actions: list[tuple[Any, ...]]) -> Iterator[_Told]:
        fields = zip(*actions, strict=True)
        contents: list[Iterable[bytes | int | None]] = []
        kinds: list[Iterable[str]] = []
        letters: list[Iterable[int]] = [[0] * len(actions)]
        for column, source in self._sources.items():
            values: tuple[Any, ...] = next(fields) if isinstance(source, Field) else (source,) * len(actions)
            if isinstance(source, Field) and source.name == "numero":
                values = tuple([number_of(value or "") for value in values])
            if set(map(type, values)) == {PlainText}:
                written: tuple[Iterable[Any], ...] = map(self._places.get, values), repeat(""), map(len, values)
            else:
                written = tuple(zip(*map(self._written, values), strict=True))
            contents.append(written[0])
            kinds.append(written[1])
            if column in self._telling:
                letters.append(written[2])
        return map(_Told, zip(*contents), zip(*kinds), map(sum, zip(*letters)), actions)  # noqa: B905 - some go on for ever

    def _written(self, value: Any) -> tuple[bytes | int | None, str, int]:
        if isinstance(value, PlainText):
            return self._places.get(value), "", len(value)
        known = self._known.get(value)
        if known is not None:
            return known
        typed = value if value is None or isinstance(value, Number) else self._typed(value)
        if isinstance(typed, Number):
            told: _Written = (_plain(typed.value), typed.kind, shown_length(typed))
        elif isinstance(typed, str) and typed in self._places:
            told = (self._places[typed], "", len(typed))
        else:
            return None, "", 0
        if len(self._known) < _MOST_KNOWN:
            self._known[value] = told
        return told


class ProvedRows:
    """The rows of a sheet that are proved: of how many items, how many letters they hold, and the row that follows."""

    def __init__(self, expected: ExpectedSheet, actions: Sequence[Action], book: Book, template: Book) -> None:
        self.items = 0
        self.letters = 0
        self.next_row = expected.measure.model
        self._expected = expected
        self._actions = actions
        self._book = book
        self._letters = Letters(book, expected.measure, template)
        self._heights = Heights(book, ())
        self._values = _Values(expected, book)
        self._coming = self._values.of(actions)
        self._told = next(self._coming)
        self._joined: Cells = {}
        self._makes: list[_Make] = []

    def rest(self, package: Package, part: str) -> bytes | None:
        """The sheet's XML without the rows that are proved; None: nothing is, and all of it must be read.

        Raises:
            NotSound: the part cannot be read.
        """
        try:
            xml = b"".join(self._unproved(package.pieces(part)))
        except _NotProvedError:
            return None
        return None if b"<!" in xml else xml

    def _unproved(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        waiting = b""
        while (at := waiting.find(_DATA) + len(_DATA)) < len(_DATA):
            piece = next(pieces, None)
            if piece is None:
                raise _NotProvedError
            waiting += piece
        columns = _COLUMNS.search(waiting[:at])
        self._heights = Heights(self._book, _widths(columns[0]) if columns else ())
        yield waiting[:at]
        while True:
            end = waiting.find(_END, at) + len(_END)
            if end < len(_END):
                piece = next(pieces, None)
                if piece is None:
                    break
                waiting, at = waiting[at:] + piece, 0
                continue
            row = waiting[at:end]
            if not self._takes(row):
                yield row
            at = end
        yield waiting[at:]

    def _takes(self, row: bytes) -> bool:
        if self.items == len(self._actions) - 1:
            return False
        start = _START.match(row)
        number = int(start[1]) if start else 0
        if start is None or number != self.next_row:
            if number > self.next_row or self.next_row > self._expected.measure.model:
                raise _NotProvedError
            return False
        height = float(start[2]) if start[2] else None
        if height is not None and height < LOWEST:
            raise _NotProvedError
        if self._joined or not self._is_of_known_make(row, start.end(), height):
            self._read(row, start.end())
        self.next_row += 1
        return True

    def _is_of_known_make(self, row: bytes, at: int, height: float | None) -> bool:
        told = self._told
        if told is None or None in told.contents:
            return False
        places: list[Any] = [self.next_row] * (2 * len(told.contents))
        places[1::2] = told.contents
        values = tuple(places)
        for make in self._makes:
            if make.kinds != told.kinds:
                continue
            written = make.form % values
            if len(written) == len(row) - at and row.endswith(written):
                if may_cut(height):
                    self._hold_height(
                        Row(dict(zip(self._values.telling, told.texts, strict=True)), make.styles, height)
                    )
                self._finish_item(told.letters)
                return True
        return False

    def _finish_item(self, letters: int) -> None:
        self.items += 1
        self.letters += letters
        self._told = next(self._coming)

    def _hold_height(self, row: Row) -> None:
        if may_cut(row.height) and any(True for _ in self._heights.cut(row)):
            raise _NotProvedError

    def _read(self, row: bytes, at: int) -> None:
        """Read a row for itself: it is the item, or one of several that are the item once they are joined."""
        read = self._book.read_row(row.decode("utf-8", "replace"))
        if read is None or self._letters.other(read):
            raise _NotProvedError
        self._hold_height(read)
        cells = self._expected.items[self.items]
        is_whole = not self._joined and read.cells == cells
        if not is_whole and not joins(self._joined, read.cells, cells):
            raise _NotProvedError
        if is_whole:
            self._learn(read, row, at)
        if is_whole or self._joined == cells:
            self._joined = {}
            self._finish_item(
                sum(
                    len(value) if isinstance(value, str) else shown_length(value)
                    for column, value in cells.items()
                    if column in self._expected.telling
                )
            )

    def _learn(self, read: Row, row: bytes, at: int) -> None:
        found = _CELL.findall(row, at)
        if self._told is None or [column_of(letters.decode()) for letters, *_ in found] != list(self._values.columns):
            # There are empty cells, or some come twice.
            return
        form = [
            b'<c r="%b%%d"%b><v>%%%b</v></c>' % (letters, attributes, b"d" if kind == b"s" else b"b")
            for letters, attributes, kind, _ in found
        ]
        self._makes = [_Make(b"".join((*form, _END)), self._told.kinds, read.styles), *self._makes[: _MOST_MAKES - 1]]


@lru_cache(maxsize=64)
def _widths(columns: bytes) -> tuple[tuple[int, int, float], ...]:
    """The widths of columns, which nearly every report of an office has alike."""
    return widths_of(parse(_IN_A_SHEET % columns))


@lru_cache(maxsize=4096)
def _plain(number: Decimal) -> bytes:
    """A number as sheets mostly write it."""
    whole = number.to_integral_value()
    return (str(int(whole)) if whole == number else f"{number.normalize():f}").encode()
