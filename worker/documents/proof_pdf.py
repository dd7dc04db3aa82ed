"""A finished PDF, the Word template and the report -> the proof that its pages tell the report, each with its headers.

What is compared is text without white space, in the order in which it was drawn: rows cell by cell, a row that goes on
on the next page in two pieces of each cell. Emoji and characters without width are left out, for PDF readers do not
agree on them; the Word file, which has been proved letter by letter, holds them. The mark of a draft is drawn, not
written: no text shows it here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Final

import pypdfium2

from service.domain.reports import Report
from worker.documents.proof_result import Difference, Findings, Proof
from worker.documents.proof_word import ACTIONS, DOCUMENT, Places, Unit, count_cells, told_by, units_of
from worker.documents.proof_word_text import cells, letters

# What pdfium gives for a hyphen at the end of a line.
_HYPHENS: Final = str.maketrans({"\ufffe": "-", "\x02": "-", "\u2010": "-"})
_UNSEEN: Final = re.compile("[\u00ad\u200b-\u200f\u2060-\u2064\ufe00-\ufe0f\ufeff\U00010000-\U0010ffff]")
_PAGE_FIELD: Final = re.compile("\r(?:C\\d*v?|[RrPpc]H?)|\rF\\s*(PAGE|NUMPAGES)\\b[^\r]*\rf\\d*|\rF[^\r]*\rf")
# How many ways of cutting a row between two pages are tried, and how much of a row's beginning tells it from others.
_MOST_CUTS: Final = 400
_BEGINNING: Final = 60
_SEARCHED: Final = 3


def prove_pdf(content: bytes, word_template: bytes, report: Report) -> Proof:
    """Hold a finished PDF against its report.

    Args:
        content: the PDF.
        word_template: the office's template of the Word file that the PDF was made of.
        report: what it must tell.

    Raises:
        TemplateProblem: the template has a tag that cannot be read here.
    """
    findings = Findings()
    expected = told_by(word_template, report)
    count_cells(expected[DOCUMENT], findings)
    try:
        pages = _pages(content)
    except pypdfium2.PdfiumError as problem:
        findings.refuse("un PDF sano", f"no se puede abrir ({problem})")
        return findings.proof()
    frames = {
        kind: [
            "".join(stretch.text for stretch in text)
            for part, text in expected.items()
            if part.startswith(f"word/{kind}")
        ]
        for kind in ("header", "footer")
    }
    bodies = [_body(page, number, len(pages), frames, findings) for number, page in enumerate(pages, start=1)]
    _Reading(report, [Unit(turn, text) for turn, text in units_of(expected[DOCUMENT])], bodies, findings).run()
    return findings.proof(len(pages))


def _pages(content: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(content)
    try:
        told = []
        for page in document:
            text = page.get_textpage()
            told.append(_squeezed(text.get_text_range()))
            text.close()
            page.close()
        return told
    finally:
        document.close()


def _squeezed(text: str) -> str:
    told = "".join(text.split())
    if told.isascii():
        return told
    return unicodedata.normalize("NFKC", _UNSEEN.sub("", told)).translate(_HYPHENS)


def _body(page: str, number: int, count: int, frames: dict[str, list[str]], findings: Findings) -> str:
    """What a page holds between its header and its footer."""
    for kind, marked in frames.items():
        lines = [_squeezed(_numbered(text, number, count)) for text in marked]
        told = [line for line in lines if line]
        if not told:
            continue
        fitting = [line for line in told if (page.startswith(line) if kind == "header" else page.endswith(line))]
        if not fitting:
            what = "encabezado" if kind == "header" else "pie"
            seen = page[: len(told[0])] if kind == "header" else page[-len(told[0]) :]
            findings.tell(f"página {number}, {what}", told[0], seen)
            continue
        length = len(max(fitting, key=len))
        page = page[length:] if kind == "header" else page[:-length]
    return page


def _numbered(marked: str, number: int, count: int) -> str:
    values = {"PAGE": str(number), "NUMPAGES": str(count)}
    return _PAGE_FIELD.sub(lambda found: values.get(found[1] or "", ""), marked)


@dataclass(frozen=True)
class _Row:
    """A row, or a paragraph, that must be drawn: the text of its cells without white space."""

    cells: tuple[str, ...]
    headers: str

    @cached_property
    def whole(self) -> str:
        """All of it, as it is drawn on one page."""
        return "".join(self.cells)


class _Reading:
    """Goes through the pages from the first to the last, row after row."""

    def __init__(self, report: Report, expected: list[Unit], bodies: list[str], findings: Findings) -> None:
        self._expected = expected
        self._places = Places(report, expected)
        self._bodies = bodies
        self._findings = findings
        self._page = self._at = 0
        self._told_pages: set[int] = set()

    def run(self) -> None:
        """Note every row that is not there, and what is there without being asked for."""
        rows = list(_rows(self._expected))
        lost = False
        for place, row in enumerate(rows):
            if not row.whole:
                continue
            is_found = (not lost or self._find_again(row)) and self._take(row.cells, row.headers)
            lost = not is_found
            if lost and self._is_next(rows[place + 1 :]):
                lost = False
                unit = self._expected[place]
                whole = Difference(self._places.of_unit(place), letters(unit.marked), "")
                self._note(unit, whole, len(row.cells))
            elif lost:
                self._miss(place, row)
        if not lost and self._left_over():
            self._findings.tell(f"página {self._page + 1}, al final", "nada más", self._left_over())

    def _is_next(self, following: Sequence[_Row]) -> bool:
        """Whether the row that comes after the one that was looked for stands here."""
        row = next((row for row in following if row.whole), None)
        return row is not None and self._bodies[self._page].startswith(row.whole[:_BEGINNING], self._at)

    def _left_over(self) -> str:
        return "".join([self._bodies[self._page][self._at :], *self._bodies[self._page + 1 :]])[:200]

    def _take(self, texts: Sequence[str], headers: str) -> bool:
        """Read the cells of a row from here on; whether they are there."""
        body = self._bodies[self._page]
        whole = "".join(texts)
        if body.startswith(whole, self._at):
            self._at += len(whole)
            return True
        if self._page + 1 == len(self._bodies):
            return False
        start = self._page, self._at
        for rests in islice(self._cuts(texts, headers), _MOST_CUTS):
            self._turn(headers)
            if self._take(rests, headers):
                return True
            self._page, self._at = start
        return False

    def _turn(self, headers: str) -> None:
        """Go to the next page, behind the headers of the table that goes on there."""
        self._page += 1
        self._at = len(headers) if self._bodies[self._page].startswith(headers) else 0
        if headers and not self._at and self._page not in self._told_pages:
            self._told_pages.add(self._page)
            place = f"página {self._page + 1}, encabezados de la tabla"
            self._findings.tell(place, headers, self._bodies[self._page][: len(headers)])

    def _cuts(self, texts: Sequence[str], headers: str) -> Iterator[list[str]]:
        """Every way in which the rest of this page holds the beginnings of the cells, and what is left of each."""
        here = self._bodies[self._page][self._at :]
        following = self._bodies[self._page + 1]
        following = following.removeprefix(headers)
        seen: set[tuple[int, int, int]] = set()

        def cut(place: int, at: int, behind: int, rests: list[str]) -> Iterator[list[str]]:
            if place == len(texts):
                if at == len(here):
                    yield rests
                return
            if (place, at, behind) in seen:
                return
            text = texts[place]
            for length in range(_common(text, here, at), -1, -1):
                rest = text[length:]
                # Either the next page holds all the rests, or it ends within them and is full of them.
                if following.startswith(rest, behind) or (behind + len(rest) > len(following)):
                    yield from cut(place + 1, at + length, behind + len(rest), [*rests, rest])
            seen.add((place, at, behind))

        yield from cut(0, 0, 0, [])
        if len(self._bodies) > self._page + 2:
            yield from _greedy(texts, here)

    def _find_again(self, row: _Row) -> bool:
        """Go to where a row begins, behind one that was not found; whether it is near."""
        beginning = row.whole[:_BEGINNING]
        for page in range(self._page, min(self._page + _SEARCHED, len(self._bodies))):
            at = self._bodies[page].find(beginning, self._at if page == self._page else 0)
            if at >= 0:
                self._page, self._at = page, at
                return True
        return False

    def _miss(self, place: int, row: _Row) -> None:
        """Name the cells of a row that are not in what comes next."""
        unit = self._expected[place]
        near = "".join([self._bodies[self._page][self._at :], *self._bodies[self._page + 1 : self._page + _SEARCHED]])
        broken = [column for column, text in enumerate(row.cells) if text and text not in near]
        told = cells(unit.marked)
        if not any(text and text in near for text in row.cells) or not broken:
            found = "" if broken else "sus celdas están en otro orden o partidas de otra manera"
            self._note(unit, Difference(self._places.of_unit(place), letters(unit.marked), found), len(told))
            return
        for column in broken:
            text = row.cells[column]
            written = letters(told[column][1])
            seen = _beginning(written, _longest_beginning(text, near))
            self._note(unit, Difference(self._places.of_cell(place, column), written, seen), 1)

    def _note(self, unit: Unit, difference: Difference, count: int) -> None:
        at = Difference(f"{difference.place}, página {self._page + 1}", difference.expected, difference.found)
        if unit.turn and unit.turn[0] == ACTIONS:
            self._findings.miss(unit.turn[1], at, count)
        else:
            self._findings.differences.append(at)


def _rows(expected: list[Unit]) -> Iterator[_Row]:
    """The rows in the order in which they are drawn, each with the headers that its table repeats."""
    headers: list[str] = []
    is_within = False
    for unit in expected:
        texts = tuple(_squeezed(letters(text)) for _, text in cells(unit.marked))
        if unit.marked.startswith("\rRH"):
            headers = headers if is_within else []
            is_within = True
            headers.append("".join(texts))
            yield _Row(texts, "")
            continue
        is_within = False
        if unit.marked.startswith("\rP"):
            headers = []
        yield _Row(texts, "".join(headers))


def _greedy(texts: Sequence[str], here: str) -> Iterator[list[str]]:
    """The cut of a row that fills more than the next page: as much of each cell as this page may hold."""
    at, rests = 0, []
    for text in texts:
        length = _common(text, here, at)
        at += length
        rests.append(text[length:])
    if at == len(here):
        yield rests


def _common(text: str, page: str, at: int) -> int:
    """Characters of the beginning of `text` that stand in `page` at `at`."""
    length = min(len(text), len(page) - at)
    if page.startswith(text[:length], at):
        return length
    return next(count for count in range(length) if text[count] != page[at + count])


def _beginning(written: str, count: int) -> str:
    """As much of a text as has that many characters when white space is not counted."""
    end = 0
    while count > 0 and end < len(written):
        count -= len(_squeezed(written[end]))
        end += 1
    return written[:end]


def _longest_beginning(text: str, where: str) -> int:
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if text[:middle] in where else (low, middle - 1)
    return low
