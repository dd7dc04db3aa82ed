"""A finished PDF, the Word template and the report -> the proof that its pages tell the report, each with its headers.

What is compared is text without white space, row by row and cell by cell, as the PDF's own structure tells them; a row
that goes on on the next page is put together again. Around the body each page must show the heads and feet that the
template has, with its own number and the number of pages there are, the headers of a table that goes on, and nothing
else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Final

import pypdfium2

from service.domain.proof import Difference, Proof
from service.domain.reports import Report
from worker.documents.proof_pdf_around import Line, Surroundings, compare_around, lines_of
from worker.documents.proof_pdf_pages import Block, Blur, Page, count_fields_to_sign, read_pages, squeezed
from worker.documents.proof_result import Findings
from worker.documents.proof_template import Stretch
from worker.documents.proof_values import ACTIONS
from worker.documents.proof_word import Places, Unit, around_of, count_cells, told_by, units_of
from worker.documents.proof_word_frame import SIGNATURES, with_block
from worker.documents.proof_word_pages import DOCUMENT
from worker.documents.proof_word_text import cells, letters

# How many rows ahead a row is looked for that does not stand where it must.
_SEARCHED: Final = 12
# Points by which texts of a row may stand lower than they should.
_LEVEL: Final = 1.0
# Points by which letters begin nearer to or farther from the edge of their cell.
_BEARING: Final = 2.0
# Points that the last row and the signatures take at most besides their texts: borders, margins, the space between.
_BETWEEN: Final = 40.0


def prove_pdf(content: bytes, word_template: bytes, report: Report) -> Proof:
    """Hold a finished PDF against its report.

    Args:
        content: the PDF, with its structure (a tagged PDF).
        word_template: the office's template of the Word file that the PDF was made of.
        report: what it must tell, and whether as a draft.

    Raises:
        TemplateProblem: the template has a tag that cannot be read here.
    """
    expected = told_by(word_template, report)
    findings = _counted(expected[DOCUMENT])
    try:
        pages = read_pages(content)
    except pypdfium2.PdfiumError as problem:
        findings.refuse("un PDF sano", f"no se puede abrir ({problem})")
        return findings.proof()
    if not any(page.blocks for page in pages):
        findings.refuse("un PDF con su estructura", "sus textos no dicen de qué fila son")
        return findings.proof(len(pages))
    # How many places to sign stand side by side changes nothing of the order in which they are read.
    tells = around_of(word_template).tells
    body = with_block(expected[DOCUMENT], "", report, tells_approval="aprobacion" in tells)
    reading = _read_body(report, body, pages)
    findings = reading.findings
    surroundings = Surroundings.of(word_template, expected, report)
    for number, page in enumerate(pages, start=1):
        headers = reading.repeated.get(number, ())
        compare_around(page, (number, len(pages)), surroundings, headers, findings)
        if page.is_marked != report.is_draft:
            carries = "no lleva" if report.is_draft else "lleva, sin ser de un borrador,"
            findings.remark(f"La página {number} {carries} la marca BORRADOR")
        if page.notes:
            findings.tell(f"página {number}", "nada sobre lo escrito", "una nota o un dibujo añadidos")
        if report.seal and "sello" not in tells and not page.has_code:
            findings.tell(f"página {number}, pie", "el código QR de este documento", "no está")
    wanted = 0 if report.is_draft else len(report.frame.signers)
    if (fields := count_fields_to_sign(content)) != wanted:
        findings.tell("campos de firma", str(wanted), str(fields))
    return findings.proof(len(pages))


def _read_body(report: Report, body: tuple[Stretch, ...], pages: Sequence[Page]) -> _Reading:
    """Letter by letter; where signs that few fonts have stand in the way, by how many of them there are."""
    expected = [Unit(turn, text) for turn, text in units_of(body)]
    reading = _Reading(report, expected, pages, _counted(body))
    reading.run()
    blur = Blur(unit.marked for unit in expected) if reading.findings.differences else None
    if blur and blur.is_needed:
        blurred = _Reading(report, expected, [blur.page(page) for page in pages], _counted(body), blur.text)
        blurred.run()
        wanted = (squeezed(letters(unit.marked)) for unit in expected)
        read = (text for page in pages for block in page.blocks for text in block.texts)
        if not blurred.findings.differences and blur.is_even(wanted, read):
            return blurred
    return reading


def _counted(stretches: tuple[Stretch, ...]) -> Findings:
    findings = Findings()
    count_cells(stretches, findings)
    return findings


@dataclass(frozen=True)
class _Row:
    """A row, or a paragraph, that must be drawn: what its cells say, the columns that they take, and its headers."""

    unit: Unit
    texts: tuple[str, ...]
    spans: tuple[int, ...]
    table: int
    headers: tuple[Line, ...]

    @cached_property
    def said(self) -> tuple[str, ...]:
        """The texts that there are."""
        return tuple(text for text in self.texts if text)

    @property
    def is_row(self) -> bool:
        """Whether it is of a table."""
        return self.unit.marked.startswith("\rR")

    @property
    def is_header(self) -> bool:
        """Whether it comes again on each page."""
        return self.unit.marked.startswith("\rRH")


@dataclass(frozen=True, slots=True)
class _Placed:
    """A block and its page, from 1, and whether it ends it, so that it may go on."""

    block: Block
    page: int
    is_last: bool


class _Reading:
    """Goes through the pages from the first to the last, row after row."""

    def __init__(
        self,
        report: Report,
        expected: list[Unit],
        pages: Sequence[Page],
        findings: Findings,
        blurred: Callable[[str], str] = str,
    ) -> None:
        self._rows = list(_rows(expected, blurred))
        self._places = Places(report, expected)
        self._blocks = [
            _Placed(block, number, block is page.blocks[-1])
            for number, page in enumerate(pages, start=1)
            for block in page.blocks
        ]
        self.findings = findings
        # Where the texts of each column begin, farthest left and right, by the make of the row.
        self._lefts: dict[tuple[int, ...], list[tuple[float, float] | None]] = {}
        # Whether a page ended within the last row that was read.
        self._was_parted = False
        # The headers that each page must repeat, since a table goes on there.
        self.repeated: dict[int, tuple[Line, ...]] = {}

    def run(self) -> None:
        """Note every row that is not there, and what is there without being asked for."""
        at = 0
        for place, row in enumerate(self._rows):
            if not row.said:
                continue
            end = self._end(row, at)
            if end:
                self._note_place(place, row, at, end)
            else:
                end = self._look_closely(place, row, at)
            at = end
        for left in self._blocks[at : at + 1]:
            self.findings.tell(f"página {left.page}, al final", "nada más", " ".join(left.block.texts))

    def _end(self, row: _Row, at: int) -> int:
        """The block behind the row that begins at one; 0 where that is not the row."""
        rests = row.texts
        while at < len(self._blocks):
            placed = self._blocks[at]
            if placed.block.is_row != row.is_row:
                return 0
            if rests is row.texts and placed.block.texts == row.said:
                return at + 1
            following = next(_without(placed.block.texts, rests, is_all=not placed.is_last), None)
            if following is None:
                return 0
            rests, at = following, at + 1
            if not any(rests):
                return at
        return 0

    def _note_place(self, place: int, row: _Row, at: int, end: int) -> None:
        """Where the row stands: which pages repeat its headers, and in which columns its texts are."""
        first = self._blocks[at]
        before = self._blocks[at - 1] if at else None
        if row.unit.turn and row.unit.turn[0] == SIGNATURES:
            self._compare_block(before, self._blocks[at:end])
        self._was_parted = end > at + 1
        begins = before is None or before.page == first.page or self._begins_table(place)
        for placed in self._blocks[at + begins : end]:
            if row.headers and not row.is_header:
                self.repeated[placed.page] = row.headers
        if not row.is_row or end > at + 1:
            return
        if before and before.page == first.page and before.block.is_row and not self._begins_table(place):
            self._compare_height(place, before.block, first.block)
        lefts = self._lefts.setdefault(row.spans, [None] * len(row.texts))
        told = iter(first.block.cells)
        for column, text in enumerate(row.texts):
            if text:
                left = next(told).left
                least, most = lefts[column] or (left, left)
                lefts[column] = min(least, left), max(most, left)
        self._compare_columns(place, lefts)

    def _compare_block(self, before: _Placed | None, block: Sequence[_Placed]) -> None:
        """The signatures stand on one page, and not without the end of what is signed."""
        page = block[0].page
        if len(block) > 1:
            self.findings.remark(f"El bloque de firmas quedó partido entre las páginas {page} y {block[-1].page}")
        if before and before.page != page and self._could_be_together(before.block, block[0].block):
            self.findings.remark(f"El bloque de firmas quedó solo en la página {page}")

    def _could_be_together(self, last: Block, signatures: Block) -> bool:
        """Whether the page of the signatures had room for the last row, which no page parts, above them."""
        lowest = min(placed.block.bottom for placed in self._blocks if placed.block.is_row)
        taken = last.top - last.bottom + signatures.top - signatures.bottom + _BETWEEN
        return not self._was_parted and taken <= signatures.top - lowest

    def _begins_table(self, place: int) -> bool:
        return place == 0 or self._rows[place - 1].table != self._rows[place].table

    def _compare_height(self, place: int, above: Block, row: Block) -> None:
        if row.top > above.top + _LEVEL:
            self.findings.tell(self._places.of_unit(place), "debajo de la fila anterior", "está más arriba")

    def _compare_columns(self, place: int, lefts: list[tuple[float, float] | None]) -> None:
        """A column's texts all begin left of the next one's: what slipped into an empty cell does not."""
        known = [(column, at) for column, at in enumerate(lefts) if at]
        for (column, (_, most)), (_, (least, _)) in pairwise(known):
            if most > least - _BEARING:
                self.findings.tell(self._places.of_cell(place, column), "en su columna", "está en otra")
                lefts[column] = None
                return

    def _look_closely(self, place: int, row: _Row, at: int) -> int:
        """Name what became of a row that does not stand where it must; the block behind it."""
        following = [one for one in self._rows[place + 1 : place + 1 + _SEARCHED] if one.said]
        if any(self._end(one, at) for one in following[:2]) or at >= len(self._blocks):
            self._miss(place, at, "")
            return at
        for ahead in range(at + 1, min(at + _SEARCHED, len(self._blocks))):
            if end := self._end(row, ahead):
                for extra in self._blocks[at:ahead]:
                    self._tell_extra(place, extra)
                return end
            if following and self._end(following[0], ahead):
                self._compare_cells(place, row, at, ahead)
                return ahead
        self._compare_cells(place, row, at, at + 1)
        return at + 1

    def _tell_extra(self, place: int, extra: _Placed) -> None:
        for known in range(place):
            if self._rows[known].said == extra.block.texts:
                self.findings.tell(self._at(known, extra.page), "una sola vez", "está repetida")
                return
        self.findings.tell(f"antes de {self._at(place, extra.page)}", "nada más", " ".join(extra.block.texts))

    def _compare_cells(self, place: int, row: _Row, at: int, end: int) -> None:
        """Name the cells that differ, where it can be told which is which."""
        read = [self._columns_of(row, placed.block) for placed in self._blocks[at:end]]
        if not row.is_row or not all(read):
            self._miss(place, at, " ".join(text for placed in self._blocks[at:end] for text in placed.block.texts))
            return
        told = cells(row.unit.marked)
        page = self._blocks[at].page
        for column, text in enumerate(row.texts):
            found = "".join([one.get(column, "") for one in read])
            if found != text:
                written = letters(told[column][1])
                difference = Difference(f"{self._places.of_cell(place, column)}, página {page}", *_told(written, found))
                self._note(row.unit, difference, 1)

    def _columns_of(self, row: _Row, block: Block) -> dict[int, str]:
        """The texts of a block by their columns: in their order where all are there, else by where they begin."""
        said = [column for column, text in enumerate(row.texts) if text]
        if not block.is_row:
            return {}
        if len(block.cells) == len(said):
            return dict(zip(said, block.texts, strict=True))
        lefts = self._lefts.get(row.spans)
        if lefts is None:
            return {}
        known = [(column, edges) for column, edges in enumerate(lefts) if edges]
        return {min(known, key=lambda one: abs(one[1][0] - cell.left))[0]: cell.text for cell in block.cells}

    def _miss(self, place: int, at: int, found: str) -> None:
        unit = self._rows[place].unit
        page = self._blocks[min(at, len(self._blocks) - 1)].page
        difference = Difference(self._at(place, page), letters(unit.marked), found)
        self._note(unit, difference, len(self._rows[place].texts))

    def _at(self, place: int, page: int) -> str:
        return f"{self._places.of_unit(place)}, página {page}"

    def _note(self, unit: Unit, difference: Difference, count: int) -> None:
        if unit.turn and unit.turn[0] == ACTIONS:
            self.findings.miss(unit.turn[1], difference, count)
        else:
            self.findings.differences.append(difference)


def _rows(expected: list[Unit], blurred: Callable[[str], str]) -> Iterator[_Row]:
    """The rows in the order in which they are drawn, each with the headers that its table repeats."""
    headers: list[Line] = []
    table = 0
    was_header = False
    for unit in expected:
        told = cells(unit.marked)
        is_header, is_row = unit.marked.startswith("\rRH"), unit.marked.startswith("\rR")
        if not is_row or (is_header and not was_header):
            headers = []
            table += 1
        if is_header:
            headers += lines_of(unit.marked)
        was_header = is_header
        texts = tuple(blurred(squeezed(letters(text))) for _, text in told)
        yield _Row(unit, texts, tuple(span for span, _ in told), table, tuple(headers))


def _without(read: Sequence[str], rests: Sequence[str], *, is_all: bool) -> Iterator[tuple[str, ...]]:
    """What is left of the cells behind the texts that one page holds, each the beginning of its cell.

    `is_all`: nothing may be left, since the row does not end the page.
    """
    if not rests:
        if not read:
            yield ()
        return
    rest, others = rests[0], rests[1:]
    if read and rest and rest.startswith(read[0]) and not (is_all and rest != read[0]):
        for left in _without(read[1:], others, is_all=is_all):
            yield (rest[len(read[0]) :], *left)
    if not rest or not is_all:
        for left in _without(read, others, is_all=is_all):
            yield (rest, *left)


def _told(written: str, found: str) -> tuple[str, str]:
    """Both texts for a person: what was found takes its white space from what was written."""
    wanted = squeezed(written)
    start = _common(wanted, found)
    end = _common(wanted[start:][::-1], found[start:][::-1])
    head, tail = _beginning(written, start), _beginning(written[::-1], end)[::-1]
    return written, head + found[start : len(found) - end] + tail


def _common(one: str, other: str) -> int:
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _beginning(written: str, count: int) -> str:
    """As much of a text as has that many characters when white space is not counted."""
    end = 0
    while count > 0 and end < len(written):
        count -= len(squeezed(written[end]))
        end += 1
    return written[:end]
