"""Text -> the lines and points it takes on a page or in a cell, from the real widths of Liberation Sans (Arial's own).

It assumes text that wraps as Word, Excel and LibreOffice wrap it. Where they differ it takes the most lines that any of
them would: a row may come out a line too tall, never a line too short. It never hyphenates, kerns or opens a font file:
the widths stand in liberation_sans.txt, written there once by fontTools: `font["hmtx"][font.getBestCmap()[code]][0]`.
"""

from __future__ import annotations

import math
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable
from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import Final

_UNITS_PER_EM: Final = 2048
# Ascent, descent and gap of Liberation Sans and Arial: 1854 + 434 + 67 units.
_LINE_UNITS: Final = 2355
# Word's default tab stop is 36 points: at the sizes that a table is set in, fourteen spaces or fewer.
_TAB_IN_SPACES: Final = 14
# A glyph borrowed from another font (emoji, Chinese) brings that font's taller line with it.
_BORROWED_LINE: Final = 1.25
_REMEMBERED_WORDS: Final = 50_000
# What a glyph of another font may take.
_WIDEST: Final = _UNITS_PER_EM * 5 // 4
_USUAL_WORD: Final = 11
# Units above which the pieces of a cut word, but for those behind a hyphen, are many letters long.
_LEAST_ROOM: Final = 4 * _WIDEST
_INSIDE_WORDS: Final = bytes(chr(code) not in " \n" for code in range(256))
_BEHIND_BREAKS: Final = re.compile("(?<=\n)")
_CUTTABLE: Final = re.compile("[^-\t]*[-\t]|[^-\t]+")

# Excel refuses a row taller than 409.5 points.
TALLEST_ROW: Final = 409.0
# The columns of text in templates_docx/plan_de_accion.xlsx, by field: widths in points, and the size of their letters.
SHEET_COLUMN_WIDTHS: Final = {
    "action": 127.5,
    "lead": 82.5,
    "indicator": 88.5,
    "unit": 48.0,
    "periodicity": 61.5,
    "funding_source": 67.5,
    "qualitative_progress": 241.5,
}
SHEET_FONT_SIZE: Final = 8.5
# The objective in the page header of templates_docx/plan_de_accion.docx, in points; more lines than these and the
# header takes over half of the page, and LibreOffice begins to print the table over it.
_OBJECTIVE_WIDTH: Final = 864.0
_OBJECTIVE_SIZE: Final = 9.0
_MOST_OBJECTIVE_LINES: Final = 20
# Excel keeps two pixels free on the left of a cell and three on its right; LibreOffice 0.35 mm a side, which is less.
_CELL_MARGINS: Final = 3.75
_PIXEL: Final = 0.75
# Advance of the digits and of most small letters, in em: what Excel rounds to whole pixels on a screen.
_COMMON_ADVANCE: Final = 0.556
_SCREENS: Final = (96, 120, 144)


class _Characters(dict[str, int]):
    """Advance of each character in 1/2048 em; what the font lacks is estimated once, on the wide side."""

    def __init__(self, widths: dict[str, int]) -> None:
        super().__init__(widths)
        self["\t"] = _TAB_IN_SPACES * widths[" "]
        self.drawn = frozenset(widths) | {"\n", "\t"}

    def __missing__(self, character: str) -> int:
        if unicodedata.category(character) in {"Mn", "Me", "Cf"}:
            width = 0
        elif unicodedata.east_asian_width(character) in "WF":
            width = _WIDEST
        else:
            width = _UNITS_PER_EM
        self[character] = width
        return width


class _Words(dict[str, int]):
    """Width of a word with the space behind it: a plan repeats its words, and adding them up is most of the work."""

    def __init__(self, characters: _Characters) -> None:
        super().__init__()
        self.characters = characters
        self.space = characters[" "]

    def __missing__(self, word: str) -> int:
        if len(self) >= _REMEMBERED_WORDS:
            self.clear()
        width = self[word] = sum(map(self.characters.__getitem__, word)) + self.space
        return width


@cache
def _faces() -> tuple[_Words, _Words]:
    """The regular and the bold face."""
    faces: dict[str, dict[str, int]] = {"regular": {}, "bold": {}}
    for line in Path(__file__).with_name("liberation_sans.txt").read_text("utf-8").splitlines():
        if not line.startswith("#"):
            face, first, *widths = line.split()
            faces[face].update({chr(int(first, 16) + i): int(width) for i, width in enumerate(widths)})
    return _Words(_Characters(faces["regular"])), _Words(_Characters(faces["bold"]))


def text_width(text: str, size_pt: float, *, bold: bool = False) -> float:
    """Width in points of `text` set on one line; a tab counts as a whole tab stop."""
    characters = _faces()[bold].characters
    return sum(map(characters.__getitem__, text)) * size_pt / _UNITS_PER_EM


def lines_needed(text: str, width_pt: float, size_pt: float, bold: bool = False) -> int:  # noqa: FBT001, FBT002 - a face, not a switch
    """Lines that `text` takes where letters have `width_pt` points; at least 1, and a line break begins one."""
    room, words = _room(width_pt, size_pt), _faces()[bold]
    if "\n" not in text:
        return _counts(text, (room,), words)[0]
    return sum(_counts(paragraph, (room,), words)[0] for paragraph in text.split("\n"))


def lines_in_rooms(text: str, rooms: tuple[int, ...], *, bold: bool = False) -> list[int]:
    """Lines that `text` takes in each of several rooms, in `cell_units`: its words are looked up only once."""
    words = _faces()[bold]
    if "\n" not in text:
        return _counts(text, rooms, words)
    return list(map(sum, zip(*(_counts(paragraph, rooms, words) for paragraph in text.split("\n")), strict=True)))


def surely_fits(text: str, height_pt: float, width_pt: float, size_pt: float) -> bool:
    """Whether `text` surely stays under `height_pt` points of a page; if that is not sure, only measuring will tell.

    A line ends where the next word is too wide for what is left of it: so all lines but the last, together with the
    words that begin the others, are wider than as many rooms. Those words are no wider than the whole text. Where that
    is not enough, they have `_USUAL_WORD` letters each and, all together, no more than what words have beyond that.
    """
    room = _room(width_pt, size_pt)
    if "\t" in text or room < _LEAST_ROOM:
        return False
    common, widest, space = _bounds()
    letters = text.encode("latin-1", "replace")
    wider = len(letters.translate(None, _common_letters())) * (widest - common)
    line = line_height(size_pt)
    if b"?" in letters and (others := letters.count(b"?") - text.count("?")):
        wider += others * (_WIDEST - common)
        line *= _BORROWED_LINE
    width = len(letters) * common + wider
    full_lines = int(height_pt / line) - 1 - letters.count(b"\n")
    # A word that is cut takes the width of a space for each of its pieces: that is less than half of one a letter.
    if 2 * (width + len(letters) * space // 2) // room <= full_lines:
        return True
    if room < (2 * _USUAL_WORD + 1) * _WIDEST:
        return False
    # A byte for each letter; shifted upon itself, what is left are the letters with so many before them in their word.
    beyond = int.from_bytes(letters.translate(_INSIDE_WORDS), "big")
    for letters_before in (1, 2, 4, 4):
        beyond &= beyond >> 8 * letters_before
    if beyond & beyond >> 8 * (_USUAL_WORD + 1):
        return False  # a word may have to be cut
    width -= letters.count(b" ") * (common - space)
    beginning = beyond.bit_count() * common + wider
    return (width + beginning) // (room - _USUAL_WORD * common) <= full_lines


@cache
def _bounds() -> tuple[int, int, int]:
    """Widths of the widest common letter of Latin-1, of its widest one, and of a space."""
    characters = _faces()[False].characters
    widest = max(characters[chr(code)] for code in range(256) if code not in b"\t\n")
    return characters["n"], widest, characters[" "]


@cache
def _common_letters() -> bytes:
    characters = _faces()[False].characters
    return bytes(code for code in range(256) if code not in b"\t" and characters[chr(code)] <= characters["n"])


def line_height(size_pt: float, text: str = "") -> float:
    """Points from one line to the next on a page; more when `text` has glyphs that come from a taller font."""
    height = size_pt * _LINE_UNITS / _UNITS_PER_EM
    return height * _BORROWED_LINE if is_borrowing(text) else height


def split_text(text: str, width_pt: float, size_pt: float, lines: int, *, bold: bool = False) -> tuple[str, ...]:
    """Cut `text` into stretches of at most `lines` lines each, at the ends of lines; joined they are the text again."""
    room, words = _room(width_pt, size_pt), _faces()[bold]
    stretches: list[str] = []
    current: list[str] = []
    for paragraph in _BEHIND_BREAKS.split(text):
        for line in _lines(paragraph, room, words):
            if len(current) == lines:
                stretches.append("".join(current))
                current = []
            current.append(line)
    last = "".join(current)
    return (*stretches, last) if last or not stretches else tuple(stretches)


def cell_lines(text: str, column_pt: float, size_pt: float, *, bold: bool = False) -> int:
    """Lines that wrapped `text` takes in a sheet's column of `column_pt` points, on screen and on paper."""
    return lines_needed(text, cell_room(column_pt, size_pt), size_pt, bold)


@cache
def cell_room(column_pt: float, size_pt: float) -> float:
    """What a sheet's column of `column_pt` points leaves for letters of `size_pt`, in points of paper.

    On screen Excel sets each letter on whole pixels, so that a line may come out wider than on paper: 5 % at 9 points.
    """
    widening = 1.01
    for dots in _SCREENS:
        size = round(size_pt * dots / 72)
        widening = max(widening, round(_COMMON_ADVANCE * size) / (_COMMON_ADVANCE * size_pt * dots / 72))
    return max(column_pt - _CELL_MARGINS, _PIXEL) / widening


def cell_units(column_pt: float, size_pt: float) -> int:
    """The same in units of the font."""
    return _room(cell_room(column_pt, size_pt), size_pt)


@cache
def row_height(lines: int, size_pt: float, *, is_borrowing: bool = False) -> float:
    """Height in points of a sheet's row that shows `lines` lines: what Excel itself gives it, 11.25 a line at 8 points.

    Excel draws lines on whole pixels of a screen and leaves two between them; LibreOffice and paper need a little less.
    `is_borrowing`: the text has glyphs that come from a taller font.
    """
    pixels = math.ceil(line_height(round(size_pt / _PIXEL)) * (_BORROWED_LINE if is_borrowing else 1)) + 2
    return lines * pixels * _PIXEL


def is_borrowing(text: str) -> bool:
    """Whether the text has glyphs that Liberation Sans and Arial lack, such as emoji."""
    try:
        text.encode("latin-1")  # all of it is drawn, and telling so costs a hundredth of a search
    except UnicodeEncodeError:
        return _foreign().search(text) is not None
    return False


@cache
def _foreign() -> re.Pattern[str]:
    drawn = "".join(re.escape(character) for character in sorted(_faces()[0].characters.drawn))
    return re.compile(f"[^{drawn}]")


def needs_tall_row(text: str, column_pt: float) -> bool:
    """Whether a text is taller than one row of the official Excel can be (409 points), in a column that wide."""
    lines = cell_lines(text, column_pt, SHEET_FONT_SIZE)
    return row_height(lines, SHEET_FONT_SIZE, is_borrowing=is_borrowing(text)) > TALLEST_ROW


def crowds_the_page(objective: str) -> bool:
    """Whether an objective, which stands in every page's header, leaves too little of the page to the table."""
    return lines_needed(objective, _OBJECTIVE_WIDTH, _OBJECTIVE_SIZE) > _MOST_OBJECTIVE_LINES


def _room(width_pt: float, size_pt: float) -> int:
    return int(width_pt * _UNITS_PER_EM / size_pt)


def _counts(paragraph: str, rooms: tuple[int, ...], words: _Words) -> list[int]:
    """How many lines `_lines` would give in each room, without making them."""
    parts = paragraph.rstrip(" ").split(" ")
    edges = list(accumulate(map(words.__getitem__, parts)))
    last, space = edges[-1], words.space
    counts = []
    for room in rooms:
        lines, done, reach = 1, 0, room + space
        while reach < last:
            following = bisect_right(edges, reach, done)
            if following == done:  # a word wider than the room: it is cut, and everything behind it moves
                pieces = _pieces(parts, room, words)
                lines = len(_breaks(list(accumulate(words[piece.rstrip(" ")] for piece in pieces)), room + space))
                break
            done = following
            reach = edges[done - 1] + room + space
            lines += 1
        counts.append(lines)
    return counts


def _lines(paragraph: str, room: int, words: _Words) -> Iterable[str]:
    """The lines of a paragraph; they break after spaces, and the spaces at its end hang."""
    text = paragraph.rstrip(" \n")
    parts = text.split(" ")
    if sum(map(words.__getitem__, parts)) <= room + words.space:
        yield paragraph
        return
    pieces = _pieces(parts, room, words)
    pieces[-1] += paragraph[len(text) :]
    edges = list(accumulate(words[piece.rstrip(" \n")] for piece in pieces))
    start = 0
    for end in _breaks(edges, room + words.space):
        yield "".join(pieces[start:end])
        start = end


def _breaks(edges: list[int], room: int) -> list[int]:
    """Index of the first piece behind each line, for pieces that end at `edges` when all stand on one line."""
    breaks = []
    start, done = 0, 0
    while done < len(edges):
        # A piece wider than the room cannot come in here, but a room narrower than any letter can: it takes one each.
        done = max(bisect_right(edges, start + room, lo=done), done + 1)
        start = edges[done - 1]
        breaks.append(done)
    return breaks


def _pieces(parts: list[str], room: int, words: _Words) -> list[str]:
    """The words with the spaces behind them; a word wider than the room is cut, after hyphens where it has them.

    A word that fits is kept whole even where a hyphen would let it break: that can only cost a line.
    """
    pieces: list[str] = []
    for part in parts:
        if words[part] - words.space > room:
            for run in _CUTTABLE.findall(part):
                pieces.extend(_cut(run, room, words))
            pieces[-1] += " "
        else:
            pieces.append(part + " ")
    pieces[-1] = pieces[-1][:-1]
    return pieces


def _cut(run: str, room: int, words: _Words) -> Iterable[str]:
    edges = list(accumulate(map(words.characters.__getitem__, run)))
    start = 0
    for end in _breaks(edges, room):
        yield run[start:end]
        start = end
