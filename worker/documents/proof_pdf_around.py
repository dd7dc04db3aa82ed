"""What stands around a page's body, and a Word template's heads and feet -> what of them is not as it must be.

The texts around a page have no order of their own: each line of a head or foot must be there once, from the beginning
of a text to the end of one, and nothing else. A field of the page's number is that number; what other fields show, and
what follows them in their line, nobody knows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby
from typing import Final, Self

from service.domain.reports import Report
from worker.documents.proof_pdf_pages import Page, squeezed
from worker.documents.proof_result import Findings
from worker.documents.proof_template import Stretch
from worker.documents.proof_word import around_of
from worker.documents.proof_word_around import frame_lines
from worker.documents.proof_word_frame import ZONE
from worker.documents.proof_word_pages import DOCUMENT, ENDS, Section
from worker.documents.proof_word_text import letters

# A field and what it showed when it was saved, where that is a number.
_FIELD: Final = re.compile("(\rF[^\r]*\rf\\d*)")
_NUMBER: Final = re.compile("\rF\\s*(PAGE|NUMPAGES)\\b")
_PARAGRAPH: Final = re.compile("\rP((?:(?!\r[Pp]).)*)", re.DOTALL)
_PAGE, _PAGES, _REST = "\rPAGE", "\rNUMPAGES", "\r"
_TAKEN: Final = "\0"


@dataclass(frozen=True, slots=True)
class Line:
    """A paragraph that must be drawn around a page's body: as it is written, and its pieces without white space."""

    written: str
    pieces: tuple[str, ...]

    @classmethod
    def of(cls, marked: str) -> Self:
        """Of the marked text of a paragraph."""
        return cls(letters(marked).strip(), tuple(_pieces(marked)))

    def pattern(self, number: int, count: int) -> re.Pattern[str]:
        """How it reads on a page, among texts of which some are taken already."""
        told = {_PAGE: str(number), _PAGES: str(count), _REST: f"[^{_TAKEN}]*"}
        return re.compile("".join([told.get(piece) or re.escape(piece) for piece in self.pieces]))


def lines_of(marked: str) -> tuple[Line, ...]:
    """The paragraphs of a marked text that say something."""
    lines = (Line.of(found[1]) for found in _PARAGRAPH.finditer(marked))
    return tuple(line for line in lines if any(line.pieces))


def _pieces(marked: str) -> Iterator[str]:
    for text in _FIELD.split(marked):
        if not text.startswith("\rF"):
            yield squeezed(letters(text))
        elif number := _NUMBER.match(text):
            yield f"\r{number[1]}"
        else:
            yield _REST
            return


_Lines = tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the pages of a PDF show above and below their text."""

    sections: tuple[Section, ...]
    # The template's own lines by their part, and the frame's by the end of the page.
    own: Mapping[str, _Lines]
    frame: Mapping[str, _Lines]
    zone: _Lines

    @classmethod
    def of(cls, template: bytes, expected: Mapping[str, tuple[Stretch, ...]], report: Report) -> Self:
        """Of the PDF of a report; `expected` is the marked text that the parts of its Word must hold."""
        own = {
            part: lines_of("".join(stretch.text for stretch in told))
            for part, told in expected.items()
            if part != DOCUMENT
        }
        around = around_of(template)
        frame = {end: tuple(map(Line.of, frame_lines(report, end, around.tells))) for end in ENDS}
        return cls(around.sections, own, frame, (Line.of(ZONE),) if report.frame.has_radicado_zone else ())

    def on(self, number: int) -> Iterator[tuple[_Lines, _Lines]]:
        """Heads and feet that a page may show, from 1; several where nobody knows to which section it belongs."""
        zone = self.zone if number == 1 else ()
        for section in self.sections:
            kinds = section.kinds
            if len(self.sections) == 1:
                kinds = ("first" if number == 1 else "even" if number % 2 == 0 else "default",)
            for kind in kinds:
                head, foot = ((*self.frame[end], *self.own.get(section.part(end, kind), ())) for end in ENDS)
                yield (*zone, *head), foot


def compare_around(
    page: Page, numbers: tuple[int, int], surroundings: Surroundings, headers: _Lines, findings: Findings
) -> None:
    """Note what a page lacks around its body, and what it has too much.

    `numbers` are the page's own, from 1, and how many there are; `headers` are those of a table that goes on there.
    """
    outcomes = []
    for head, foot in surroundings.on(numbers[0]):
        named = [
            *(("encabezado", line) for line in head),
            *(("encabezados de la tabla", line) for line in headers),
            *(("pie", line) for line in foot),
        ]
        missing, left = _struck(page.around, [line for _, line in named], numbers)
        if not missing and not left:
            return
        outcomes.append(([named[place] for place in missing], left))
    lost, left = min(outcomes, key=lambda outcome: len(outcome[0]))
    for place, lines in groupby(lost, key=lambda one: one[0]):
        findings.tell(f"página {numbers[0]}, {place}", " | ".join(line.written for _, line in lines), left)
    if not lost:
        findings.tell(f"página {numbers[0]}, encabezado o pie", "nada más", left)


def _struck(texts: Sequence[str], lines: Sequence[Line], numbers: tuple[int, int]) -> tuple[list[int], str]:
    """Which lines are not among the texts, and what the texts say besides; the longest are looked for first."""
    whole = "".join(texts)
    edges = {0, *accumulate(len(text) for text in texts)}
    missing = []
    for place, line in sorted(enumerate(lines), key=lambda one: -sum(map(len, one[1].pieces))):
        for found in line.pattern(*numbers).finditer(whole):
            if {found.start(), found.end()} <= edges:
                whole = f"{whole[: found.start()]}{_TAKEN * len(found.group())}{whole[found.end() :]}"
                break
        else:
            missing.append(place)
    return sorted(missing), whole.replace(_TAKEN, "")
