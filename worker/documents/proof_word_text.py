r"""The XML of a Word part -> its text with marks for what holds it: rows, cells, paragraphs, fields, tracked changes.

A mark is a carriage return, which no admitted text holds, and a letter: "\rR" opens a row ("\rRH" one that is repeated
on every page), "\rC" a cell with its span, "\rP" a paragraph; small letters close them. Two parts with the same marked
text read the same. Rows that are written alike but for their texts are parsed once: a plan has a thousand of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from lxml import etree

from worker.documents.proof_package import NotSound, parse, plain_text

W: Final = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_SPACE: Final = "{http://www.w3.org/XML/1998/namespace}space"
# What a reader of the finished document would see as somebody's unfinished work.
_UNFINISHED: Final = frozenset(
    W + name
    for name in (
        "ins", "del", "moveFrom", "moveTo", "rPrChange", "pPrChange", "tblPrChange", "trPrChange", "tcPrChange",
        "sectPrChange", "cellIns", "cellDel", "cellMerge", "delText", "commentReference", "commentRangeStart",
    )
)  # fmt: skip
UNFINISHED_MARK: Final = "\r!"
# Before a text that nobody sees, and in a row that shows no more than a height of its own of what it holds.
HIDDEN_MARK: Final = "\r~"
_LITERAL: Final = {
    f"{W}br": "\n", f"{W}cr": "\n", f"{W}tab": "\t", f"{W}noBreakHyphen": "\N{NON-BREAKING HYPHEN}",
}  # fmt: skip
_UNSEEN: Final = frozenset({f"{W}vanish", f"{W}specVanish", f"{W}webHidden"})
_WHITE: Final = "FFFFFF"
# Half points.
_LEAST_SIZE: Final = 8
_OFF: Final = frozenset({"0", "false", "off"})
_TEXTS: Final = re.compile(">([^<]+)")
_ROW_END: Final = "</w:tr>"
_INNER: Final = "<w:tbl>"
_ROW_START: Final = re.compile(r"<w:tr[ >]")
_HOLE: Final = "<w:tr/>"
EMPTY_ROW: Final = "\rR\rr"
# A text's number in a row's form; the letter says whether Word would drop the spaces around it.
_NUMBERED: Final = re.compile("\r([TS])(\\d+);")
_LONGEST_DECLARATION: Final = 56
_MOST_FORMS: Final = 512
_MOST_FRAMES: Final = 16
_UNIT: Final = re.compile("\r([RrPp])")
_CELL: Final = re.compile("\r([Cc])(\\d*v?)")
_LONG_MARK: Final = re.compile("\r(?:RH|C[\\dv]|F|!)")
_PARAGRAPH: Final = re.compile("\rP((?:(?!\r[Pp]).)*)", re.DOTALL)
_ANY_MARK: Final = re.compile("\r(?:RH?|C\\d*v?|F[^\r]*\rf|![A-Za-z]*|[rPcp~])")


@dataclass(frozen=True, slots=True)
class _Form:
    """What the rows of one make have in common: their marked text with %s for each text, and which texts it takes."""

    marked: str
    order: tuple[tuple[int, bool], ...]
    # Every text in its order, with its spaces.
    is_even: bool

    def filled(self, texts: list[str]) -> str:
        """The marked text of a row with these texts; both are as they are written in XML."""
        if self.is_even and len(texts) == len(self.order):
            return self.marked % tuple(texts)
        return self.marked % tuple(
            [texts[place] if is_whole else texts[place].strip() for place, is_whole in self.order]
        )


def marked_text(content: bytes) -> str:
    """The marked text of a part.

    Raises:
        NotSound: it is no well-formed XML in UTF-8.
    """
    try:
        xml = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NotSound("no está escrito en UTF-8") from error
    pieces = xml.split(_ROW_END)
    # Marks of exclamation and question are rare: looking for them first spares looking at every element.
    has_more = ("!" in xml and "<!" in xml) or ("?" in xml[_LONGEST_DECLARATION:] and "<?" in xml[1:]) or "\r" in xml
    if len(pieces) > 1 and not has_more:
        told = _by_rows(pieces)
        if told is not None:
            return told
    return marked_tree(parse(content))


def _by_rows(pieces: list[str]) -> str | None:
    """The same, row by row; None where only a parser can tell rows apart."""
    frame: list[str] = []
    runs: list[list[str]] = []
    space = namespaces(pieces[0])
    try:
        rest = iter(pieces[:-1])
        for piece in rest:
            start = _ROW_START.search(piece)
            if start is None:
                return None
            # Rows that follow each other are one hole in the frame, which is then the same however many they are.
            if start.start() or not runs:
                frame.append(piece[: start.start()])
                runs.append([])
            row = piece[start.start() :] + _ROW_END
            if _INNER in row:
                row = _whole(row, rest)
            written = _TEXTS.split(row)
            runs[-1].append(_form(">\0".join(written[::2]), space).filled(written[1::2]))
        around = _frame(f"{_HOLE.join(frame)}{_HOLE}{pieces[-1]}").split(EMPTY_ROW)
    except NotSound:
        return None
    if len(around) != len(runs) + 1:
        return None
    told = [around[0]]
    try:
        for run, behind in zip(runs, around[1:], strict=True):
            told += (plain_text("".join(run)), behind)
    except NotSound:
        return None
    return "".join(told)


def _whole(row: str, rest: Iterator[str]) -> str:
    """A row that holds a table, up to its own end: as many rows end in it as begin."""
    while len(_ROW_START.findall(row)) > row.count(_ROW_END):
        piece = next(rest, None)
        if piece is None:
            raise NotSound("tiene filas sin terminar")
        row += piece + _ROW_END
    return row


@lru_cache(maxsize=_MOST_FRAMES)
def _frame(xml: str) -> str:
    return marked_tree(parse(xml.encode()))


def row_marked(row: str, space: str) -> tuple[str, str]:
    """The marked text of one row as it is written, without what it holds, and with %s for each text where it can be.

    The second is "" where the row's texts are not simply its own, in their order, with their spaces.

    Raises:
        NotSound: it is no row.
    """
    written = _TEXTS.split(row)
    form = _form(">\0".join(written[::2]), space)
    texts = written[1::2]
    simple = form.marked if form.is_even and len(texts) == len(form.order) else ""
    return plain_text(form.filled(texts)), simple


def namespaces(start: str) -> str:
    """The declarations of the part's first element, without which a row cannot be read."""
    return " ".join(re.findall(r'\sxmlns:\w+="[^"]*"', start[: start.find(">", start.find("?>") + 2)]))


@lru_cache(maxsize=_MOST_FORMS)
def _form(skeleton: str, namespaces: str) -> _Form:
    pieces = skeleton.split("\0")
    numbered = "".join([f"{piece}{number}" for number, piece in enumerate(pieces[:-1])]) + pieces[-1]
    (row,) = parse(f"<w:folio {namespaces}>{numbered}</w:folio>".encode())
    told = _NUMBERED.split("".join(_told(row, is_form=True)).replace("%", "%%"))
    order = tuple((int(number), kind == "T") for kind, number in zip(told[1::3], told[2::3], strict=True))
    return _Form("%s".join(told[::3]), order, order == tuple((number, True) for number in range(len(order))))


def marked_tree(root: etree._Element) -> str:
    """The marked text of a part that was parsed."""
    return "".join(_told(root))


def _told(element: etree._Element, *, is_form: bool = False) -> Iterator[str]:
    tag = element.tag
    if tag == f"{W}t":
        yield _text(element, is_form=is_form)
    elif tag == f"{W}rPr":
        if _hides(element):
            yield HIDDEN_MARK
    elif tag in _LITERAL and (tag != f"{W}tab" or (parent := element.getparent()) is None or parent.tag == f"{W}r"):
        # A tab among a paragraph's properties is a stop, not a letter.
        yield _LITERAL[tag]
    elif tag == f"{W}instrText":
        yield f"\rF{_text(element, is_form=is_form)}\rf"
    elif tag == f"{W}fldSimple":
        yield f"\rF{element.get(f'{W}instr', '')}\rf"
        for child in element.iterchildren(tag=etree.Element):
            yield from _told(child, is_form=is_form)
    else:
        if tag in _UNFINISHED:
            yield UNFINISHED_MARK + etree.QName(element).localname
        opening, closing = _marks(element)
        yield opening
        for child in element.iterchildren(tag=etree.Element):
            yield from _told(child, is_form=is_form)
        yield closing


def _hides(properties: etree._Element) -> bool:
    """Whether a run with these properties is not seen: hidden, white, or in letters of less than four points."""
    parent = properties.getparent()
    if parent is None or parent.tag != f"{W}r":
        return False
    for one in properties.iterchildren(tag=etree.Element):
        value = one.get(f"{W}val", "")
        is_small = one.tag == f"{W}sz" and value.isdigit() and int(value) < _LEAST_SIZE
        if is_small or (one.tag == f"{W}color" and value == _WHITE) or (one.tag in _UNSEEN and value not in _OFF):
            return True
    return False


def _text(element: etree._Element, *, is_form: bool) -> str:
    text = element.text or ""
    is_whole = element.get(_SPACE) == "preserve" or "{" in text or "}" in text
    if is_form:
        return f"\r{'T' if is_whole else 'S'}{text};" if text else ""
    return text if is_whole else text.strip()


def _marks(element: etree._Element) -> tuple[str, str]:
    tag = element.tag
    if tag == f"{W}p":
        return "\rP", "\rp"
    if tag == f"{W}tc":
        span = element.find(f"{W}tcPr/{W}gridSpan")
        merge = element.find(f"{W}tcPr/{W}vMerge")
        width = "" if span is None else span.get(f"{W}val", "")
        return f"\rC{'' if width == '1' else width}{'' if merge is None else 'v'}", "\rc"
    if tag == f"{W}tr":
        repeats = element.find(f"{W}trPr/{W}tblHeader")
        is_header = repeats is not None and repeats.get(f"{W}val", "1") not in {"0", "false", "off"}
        height = element.find(f"{W}trPr/{W}trHeight")
        is_cut = height is not None and height.get(f"{W}hRule") == "exact"
        return f"\rR{'H' if is_header else ''}{HIDDEN_MARK if is_cut else ''}", "\rr"
    return "", ""


def units(marked: str) -> list[str]:
    """The rows of the outermost tables, and the paragraphs between tables."""
    return list(_outermost(marked, _UNIT))


def cells(unit: str) -> list[tuple[int, str]]:
    """Span and marked text of each cell of a row; a paragraph is its own only cell."""
    if unit.startswith("\rP"):
        return [(1, unit)]
    found = (_CELL.match(cell) for cell in _outermost(unit, _CELL))
    return [(int(cell[2].rstrip("v") or 1), cell.string) for cell in found if cell]


def paragraphs(marked: str) -> list[str]:
    """The paragraphs that say something, wherever they stand, with the marks of fields."""
    return [text for text in _PARAGRAPH.findall(marked) if text]


def letters(marked: str) -> str:
    """The text as it is read, without marks."""
    text = marked.replace("\rp\rP", "\n").replace("\rC\rP", "").replace("\rp\rc", "")
    return _ANY_MARK.sub("", text) if "\r" in text else text


def letter_count(marked: str) -> int:
    """Length of `letters(marked)`, counted without making it where all marks are two characters long."""
    if _LONG_MARK.search(marked):
        return len(letters(marked))
    return len(marked) - 2 * marked.count("\r") + marked.count("\rp\rP")


def cell_count(marked: str) -> int:
    """The cells of a row; what is no row counts its paragraphs."""
    return marked.count("\rC") or max(marked.count("\rP"), 1)


def _outermost(marked: str, pattern: re.Pattern[str]) -> Iterator[str]:
    depth, start = 0, 0
    for mark in pattern.finditer(marked):
        if mark[1].isupper():
            if depth == 0:
                start = mark.start()
            depth += 1
        else:
            depth -= 1
            if depth == 0:
                yield marked[start : mark.end()]
