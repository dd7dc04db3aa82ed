"""The long table of a finished Word -> the same document without the rows that are proved, one after the other.

A plan of ten thousand actions is 40 MB of XML. It is read as it is unpacked, and nothing of a row is kept once it is
known to tell its action: its bytes are those of a row that was read before, with this action's texts, or else it is
read for itself. One mark stands for all of them, in the document and in what it must tell, so that the rest is compared
as a short document is. Where a row is not as it must be nothing counts as proved, and all of it is looked at closely.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from service.domain.reports import Report
from worker.documents.proof_package import NotSound, Package
from worker.documents.proof_template import Stretch, Turns
from worker.documents.proof_values import ACTIONS, printing
from worker.documents.proof_word_text import (
    EMPTY_ROW,
    cell_count,
    letter_count,
    namespaces,
    row_marked,
)

_END: Final = b"</w:tr>"
_START: Final = re.compile(rb"<w:tr[ >]")
_TEXT: Final = re.compile(rb">([^<]+)")
# What a row that is read for itself may not hold: comments, sections, instructions, marks of ours.
_STRANGE: Final = (b"<!", b"<?", b"\r")
# Rows that stand before those of the actions: the titles of the table, and other tables.
_MOST_BEFORE: Final = 100
_MOST_MAKES: Final = 6
# How programs write what XML has signs for.
_SIGNS: Final = (
    ((b"&", b"&amp;"), (b"<", b"&lt;"), (b">", b"&gt;"), (b'"', b"&#34;"), (b"'", b"&#39;")),
    ((b"&", b"&amp;"), (b"<", b"&lt;"), (b">", b"&gt;")),
)
# What no text holds.
_BETWEEN: Final = "\0"
_BETWEEN_BYTES: Final = _BETWEEN.encode()
_MARK: Final = b"<w:tr></w:tr>"


@dataclass(frozen=True, slots=True)
class Proved:
    """What is left to compare, the document's XML and what it must tell, and what was counted: cells by action."""

    xml: bytes
    expected: tuple[Stretch, ...]
    cells: dict[int, int]
    letters: int


class _NotProvedError(Exception):
    """A row is not as it must be, or cannot be told from its neighbours."""


class _Told(NamedTuple):
    """What a row must tell: the place of its action in the plan; its texts, with a sign between them, or else all."""

    place: int
    texts: str | None
    marked: str


@dataclass(frozen=True, slots=True)
class _Make:
    """The bytes of a row up to its first text, and all of them with %b for each text."""

    head: bytes
    form: bytes


def prove_rows(package: Package, part: str, turns: Turns, report: Report) -> Proved | None:
    """Compare every row that tells an action but the last; None: nothing was proved.

    Raises:
        NotSound: the part cannot be read.
    """
    form = turns.form[0] if turns.form else ""
    told = _told(turns, report)
    here = next(told, None)
    if here is None:
        return None
    rows = _Rows(package.pieces(part), form)
    counted = _Counted(form)
    try:
        rows.find(_marked(here, form))
        for following in told:
            rows.take(here)
            counted.add(here)
            here = following
        counted.add(here)
        xml = rows.rest()
    except _NotProvedError:
        return None
    last = Stretch((ACTIONS, here.place), _marked(here, form))
    mark = Stretch((ACTIONS, here.place), EMPTY_ROW)
    return Proved(xml, (*turns.before, mark, last, *turns.behind), counted.cells, counted.letters)


def _told(turns: Turns, report: Report) -> Iterator[_Told]:
    texts = printing(turns.form[1]) if turns.form else None
    if texts is None:
        for stretch in turns.each:
            yield _Told(stretch.turn[1] if stretch.turn else 0, None, stretch.text)
    else:
        for place, action in enumerate(report.plan.actions):
            yield _Told(place, _BETWEEN.join(texts(action)), "")


def _marked(told: _Told, form: str) -> str:
    return told.marked if told.texts is None else form % tuple(told.texts.split(_BETWEEN))


class _Counted:
    """The cells of each action, and their letters."""

    def __init__(self, form: str) -> None:
        self.cells: dict[int, int] = {}
        self.letters = 0
        values = form.replace("%%", "").count("%s")
        empty = form % (("",) * values)
        self._cells, self._letters = cell_count(empty), letter_count(empty) - len(_BETWEEN) * max(values - 1, 0)

    def add(self, told: _Told) -> None:
        """Count an action."""
        if told.texts is None:
            cells, letters = cell_count(told.marked), letter_count(told.marked)
        else:
            cells, letters = self._cells, self._letters + len(told.texts)
        self.cells[told.place] = self.cells.get(told.place, 0) + cells
        self.letters += letters


class _Rows:
    """A document as it is unpacked, of which rows are taken."""

    def __init__(self, pieces: Iterator[bytes], form: str) -> None:
        self._pieces = pieces
        self._form = form
        self._before = b""
        self._space = ""
        self._waiting = b""
        self._at = 0
        self._makes: list[_Make] = []

    def find(self, marked: str) -> None:
        """Go to the first row that reads so.

        Raises:
            _NotProvedError: there is none among the first rows.
        """
        at = 0
        for _ in range(_MOST_BEFORE):
            while (start := _START.search(self._waiting, at)) is None:
                at = max(len(self._waiting) - len(_END), 0)
                self._wait_for_more()
            self._space = self._space or namespaces(self._waiting[: start.start()].decode("utf-8", "replace"))
            end = self._end_of_row(start.start())
            if self._read(self._waiting[start.start() : end])[0] == marked:
                self._before = self._waiting[: start.start()]
                self._at = start.start()
                return
            at = start.end()
        raise _NotProvedError

    def take(self, told: _Told) -> None:
        """Go past the next row, which must tell this and nothing else.

        Raises:
            _NotProvedError: it does not.
        """
        if told.texts is not None and self._is_of_known_make(told.texts):
            return
        end = self._end_of_row(self._at)
        row = self._waiting[self._at : end]
        marked, form = self._read(row)
        if marked != _marked(told, self._form):
            raise _NotProvedError
        if told.texts is not None and form == self._form:
            first, *others = _TEXT.split(row.replace(b"%", b"%%"))[::2]
            make = _Make(first.replace(b"%%", b"%") + b">", b">%b".join((first, *others)))
            self._makes = [make, *self._makes[: _MOST_MAKES - 1]]
        self._at = end

    def rest(self) -> bytes:
        """The document with a mark in place of all the rows that were taken.

        Raises:
            NotSound: what is left cannot be read.
        """
        return b"".join((self._before, _MARK, self._waiting[self._at :], *self._pieces))

    def _is_of_known_make(self, texts: str) -> bool:
        if "\n" in texts or "\t" in texts:
            # Such a text may be written in more than one element.
            return False
        for make in self._makes:
            if len(self._waiting) - self._at < len(make.head):
                self._wait_for_more()
            if self._waiting.startswith(make.head, self._at) and self._is_written(make, texts.encode()):
                return True
        return False

    def _is_written(self, make: _Make, texts: bytes) -> bool:
        for signs in _SIGNS:
            written = texts
            for sign, instead in signs:
                if sign in written:
                    written = written.replace(sign, instead)
            row = make.form % tuple(written.split(_BETWEEN_BYTES))
            while len(self._waiting) - self._at < len(row):
                self._wait_for_more()
            if self._waiting.startswith(row, self._at):
                self._at += len(row)
                return True
            if written == texts:
                break
        return False

    def _end_of_row(self, start: int) -> int:
        """Behind the end of the row that starts there: as many rows end in it as begin."""
        begun, ended, at = 0, 0, start
        while not begun or ended < begun:
            end = self._waiting.find(_END, at)
            if end < 0:
                length = self._at
                self._wait_for_more()
                start, at = start - length, at - length
                continue
            begun += len(_START.findall(self._waiting, at, end))
            ended += 1
            at = end + len(_END)
        return at

    def _wait_for_more(self) -> None:
        piece = next(self._pieces, None)
        if piece is None:
            raise _NotProvedError
        self._waiting = self._waiting[self._at :] + piece
        self._at = 0

    def _read(self, row: bytes) -> tuple[str, str]:
        if any(mark in row for mark in _STRANGE):
            raise _NotProvedError
        try:
            return row_marked(row.decode("utf-8"), self._space)
        except (UnicodeDecodeError, NotSound) as problem:
            raise _NotProvedError from problem
