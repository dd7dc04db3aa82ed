"""The bytes of a tagged PDF -> its pages as they are read: rows and paragraphs, and the texts that stand around them.

Which text belongs to which cell is told by the mark that each text carries and by the page's structure, never by the
order in which things were drawn: versions of LibreOffice draw head and foot before the body or behind it. What is not
on the paper, or has no ink, counts as not there.

It is long because all that is asked of pdfium, and what its letters are worth, is kept in one place.
"""

from __future__ import annotations

import ctypes
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from operator import itemgetter
from typing import Any, Final

import pypdfium2
from pypdfium2 import raw

# What pdfium gives for a hyphen at the end of a line.
_BROKEN: Final = "\x02"
_HYPHENS: Final = str.maketrans({"\ufffe": "-", "\u2010": "-", "\u2011": "-"})
# Readers of PDFs do not agree on emoji, on what has no width, and on the order of what is written from right to left.
_UNSEEN: Final = re.compile(
    "[\u00ad\u0590-\u08ff\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufb1d-\ufdff\ufe00-\ufe0f\ufe70-\ufeff"
    "\U00010000-\U0010ffff]"
)
# What is in every font of documents (Microsoft's list of 652 letters and signs). LibreOffice draws the rest with other
# fonts, and tells of one that no font has, or of those near it, only that something stands there.
_COMMON: Final = (
    "\\x00-\u017f\u0192\u01fa-\u01ff\u0218-\u021b\u02c6-\u02dd\u0300-\u036f\u0384-\u03ce\u0400-\u045f\u0490\u0491"
    "\u1e80-\u1e85\u1ebd\u1ef2\u1ef3\u2000-\u203f\u2044\u2070-\u2089\u20a0-\u20ac\u2105\u2116\u2122\u2126\u2150-\u215e"
    "\u2190-\u2195\u2202\u2206\u220f\u2211\u2212\u2215\u2219\u221a\u221e\u2248\u2260\u2264\u2265\u25a0-\u25cf\ufb00-\ufb06"
)
_RARE: Final = re.compile(f"[^{_COMMON}]")
_LOOSE_MARKS: Final = re.compile("[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\u2de0-\u2dff]")
# Elements that hold others; every other is a paragraph, whatever the office calls its styles.
_HOLDERS: Final = frozenset(
    {"Document", "Part", "Art", "Sect", "Div", "NonStruct", "Table", "THead", "TBody", "TFoot", "L", "LI", "LBody"}
)
_ROW: Final = "TR"
# The number that a list puts before its items: the template's text does not hold it.
_LABEL: Final = "Lbl"
_NO_INK: Final = (raw.FPDF_TEXTRENDERMODE_INVISIBLE, raw.FPDF_TEXTRENDERMODE_CLIP)
_LONGEST_PIECE: Final = 4096
# The mark of drafts as it is printed: silver, half transparent, and large; nothing else in a document is all of that.
_SILVER: Final = (192, 192, 192)
_TRANSPARENT: Final = range(96, 160)
_LEAST_SHARE: Final = 0.15
# Points: half of the side of the QR; it stands in the lowest share of the page.
_LEAST_CODE: Final = 17.0
_LOWEST_PART: Final = 0.25
_LAID_OVER: Final = (raw.FPDF_ANNOT_LINK, raw.FPDF_ANNOT_WIDGET)


@dataclass(frozen=True, slots=True)
class Cell:
    """What a cell or a paragraph says on one page, without white space, and where it stands, in points of the page."""

    text: str
    left: float
    top: float
    bottom: float


@dataclass(frozen=True)
class Block:
    """A row, with those of its cells that say something, or a paragraph; a page later it may go on."""

    cells: tuple[Cell, ...]
    is_row: bool

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """What its cells say."""
        return tuple(cell.text for cell in self.cells)

    @cached_property
    def top(self) -> float:
        """Of its highest text."""
        return max(cell.top for cell in self.cells)

    @cached_property
    def bottom(self) -> float:
        """Of its lowest text."""
        return min(cell.bottom for cell in self.cells)


@dataclass(frozen=True, slots=True)
class Page:
    """A page: its body in the order in which it is read, the texts around it, and whether it says that it is a draft.

    What stands around has no order: heads, feet, and the headers of a table that goes on.
    """

    blocks: tuple[Block, ...]
    around: tuple[str, ...]
    is_marked: bool
    # Whether a square picture stands in its lowest part, as the QR does, and how many notes people laid over it.
    has_code: bool
    notes: int


@dataclass(frozen=True, slots=True)
class _Piece:
    """A stretch of a line: its text, without white space, where its ink stands, and as what pdfium draws it."""

    text: str
    left: float
    bottom: float
    right: float
    top: float
    drawn: Any

    @property
    def baseline(self) -> float:
        """The height on which its letters stand."""
        matrix = raw.FS_MATRIX()
        raw.FPDFPageObj_GetMatrix(self.drawn, matrix)
        return float(matrix.f)

    @property
    def near(self) -> float:
        """How far what is written in the same word may stand from it."""
        return (self.top - self.bottom) / 2


def read_pages(content: bytes) -> tuple[Page, ...]:
    """Every page of a PDF.

    Raises:
        pypdfium2.PdfiumError: it cannot be opened.
    """
    document = pypdfium2.PdfDocument(content)
    try:
        return tuple(_read(page) for page in document)
    finally:
        document.close()


def count_fields_to_sign(content: bytes) -> int:
    """How many fields for signatures a PDF has, empty or not.

    Raises:
        pypdfium2.PdfiumError: it cannot be opened.
    """
    document = pypdfium2.PdfDocument(content)
    try:
        return max(int(raw.FPDF_GetSignatureCount(document.raw)), 0)
    finally:
        document.close()


def squeezed(text: str) -> str:
    """A text as it can be compared with what a PDF shows: without white space, which lines change."""
    told = "".join(text.split())
    return (told if told.isascii() else _composed(_UNSEEN.sub("", told)).translate(_HYPHENS)).replace(_BROKEN, "-")


def _composed(text: str) -> str:
    """A letter with its marks is one, however it was written; what few fonts have stays what it is."""
    if not _RARE.search(text):
        return unicodedata.normalize("NFKC", text)
    return _COMMON_RUN.sub(lambda run: unicodedata.normalize("NFKC", run[0]), unicodedata.normalize("NFC", text))


_COMMON_RUN: Final = re.compile(f"[{_COMMON}]+")


class Blur:
    """Texts without the signs that few fonts have and a report holds; every other letter stays as it is.

    Where no font has one of them, LibreOffice draws those of its line over the letters beside them and tells one for
    another, or draws it twice: all that can be told is that there are as many.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        """Of what the report's document must say."""
        told = [text for text in texts if not text.isascii()]
        signs = {sign for text in told for sign in _RARE.findall(_UNSEEN.sub("", text))}
        self.is_needed: Final = bool(signs) or any(_LOOSE_MARKS.search(squeezed(text)) for text in told)
        self._signs: Final = dict.fromkeys(map(ord, (*signs, "\ufffd")))

    def text(self, squeezed_text: str) -> str:
        """Of a squeezed text."""
        return _without_marks(squeezed_text).translate(self._signs)

    def is_even(self, wanted: Iterable[str], read: Iterable[str]) -> bool:
        """Whether squeezed texts that were read hold the signs that are wanted, or as many where some were confused."""
        asked, there = self._counted(wanted), self._counted(read)
        return asked == there or bool(asked - there and there.total() >= asked.total())

    def _counted(self, squeezed_texts: Iterable[str]) -> Counter[str]:
        return Counter(
            sign for text in squeezed_texts for sign in text if ord(sign) in self._signs or _LOOSE_MARKS.match(sign)
        )

    def page(self, page: Page) -> Page:
        """Of the body of a page."""
        blocks = (
            replace(block, cells=tuple(replace(cell, text=self.text(cell.text)) for cell in block.cells))
            for block in page.blocks
        )
        return replace(page, blocks=tuple(blocks))


def _without_marks(text: str) -> str:
    return _LOOSE_MARKS.sub("", text)


def _read(page: Any) -> Page:
    pieces: dict[int, list[_Piece]] = {}
    text = page.get_textpage()
    is_marked = has_code = False
    edges = page.get_size()
    notes = _notes(page)
    for place in range(raw.FPDFPage_CountObjects(page.raw)):
        drawn = raw.FPDFPage_GetObject(page.raw, place)
        if raw.FPDFPageObj_GetType(drawn) != raw.FPDF_PAGEOBJ_TEXT:
            is_marked = is_marked or _is_mark(drawn, edges)
            has_code = has_code or _is_code(drawn, edges)
        elif piece := _piece(drawn, text.raw, edges):
            pieces.setdefault(raw.FPDFPageObj_GetMarkedContentID(drawn), []).append(piece)
    for number, ones in pieces.items():
        # Around the body there are many, and seldom one of another font.
        if len(ones) > 1 and (number >= 0 or any(_RARE.search(one.text) for one in ones)):
            pieces[number] = _untangled(ones, text.raw)
    blocks = tuple(_blocks_of(page, pieces))
    # Whatever has no place in the structure stands around.
    around = tuple(piece.text for ones in pieces.values() for piece in ones)
    text.close()
    page.close()
    return Page(blocks, around, is_marked, has_code, notes)


def _piece(drawn: Any, text_page: Any, edges: tuple[float, float]) -> _Piece | None:
    told = squeezed(_told(drawn, text_page))
    if not told:
        return None
    left, bottom, right, top = _bounds(drawn)
    is_on_paper = right > 0 and top > 0 and left < edges[0] and bottom < edges[1]
    has_ink = raw.FPDFTextObj_GetTextRenderMode(drawn) not in _NO_INK
    return _Piece(told, left, bottom, right, top, drawn) if is_on_paper and has_ink else None


def _untangled(pieces: list[_Piece], text_page: Any) -> list[_Piece]:
    """The same, but what was drawn into gaps of what was drawn before it is one piece, read from left to right.

    A letter that a font lacks is drawn with another's, behind the rest of its line.
    """
    told: list[list[_Piece]] = []
    for piece in pieces:
        at = next((at for at, ones in enumerate(told) if any(_goes_into(piece, one) for one in ones)), len(told))
        told[at:] = [[*chain.from_iterable(told[at:]), piece]]
    return [_merged(ones, text_page) if len(ones) > 1 else ones[0] for ones in told]


def _goes_into(piece: _Piece, other: _Piece) -> bool:
    if piece.left >= other.right or piece.right < other.left - other.near or piece.bottom > other.top + other.near:
        return False
    return abs(piece.baseline - other.baseline) < max(piece.near, other.near)


def _merged(pieces: list[_Piece], text_page: Any) -> _Piece:
    drawn = {_address(piece.drawn) for piece in pieces}
    characters = []
    box = [ctypes.c_double() for _ in range(4)]
    for place in range(raw.FPDFText_CountChars(text_page)):
        if _address(raw.FPDFText_GetTextObject(text_page, place)) in drawn:
            raw.FPDFText_GetCharBox(text_page, place, *box)
            character = chr(raw.FPDFText_GetUnicode(text_page, place))
            # A mark stands over the middle of its letter, and is read behind it.
            behind = pieces[0].near / 4 if unicodedata.combining(character) else 0.0
            characters.append(((box[0].value + box[1].value) / 2 + behind, character))
    characters.sort(key=itemgetter(0))
    return _Piece(
        squeezed("".join([character for _, character in characters])),
        min(piece.left for piece in pieces),
        min(piece.bottom for piece in pieces),
        max(piece.right for piece in pieces),
        max(piece.top for piece in pieces),
        pieces[0].drawn,
    )


def _address(drawn: Any) -> int | None:
    return ctypes.cast(drawn, ctypes.c_void_p).value


def _told(drawn: Any, text_page: Any) -> str:
    size = _LONGEST_PIECE
    while True:
        buffer = (ctypes.c_ushort * (size // 2))()
        length = raw.FPDFTextObj_GetText(drawn, text_page, buffer, size)
        if length <= size:
            return ctypes.string_at(buffer, max(length - 2, 0)).decode("utf-16-le", "replace")
        size = length


def _bounds(drawn: Any) -> tuple[float, float, float, float]:
    """Left, bottom, right and top."""
    edges = (ctypes.c_float * 4)()
    at = [ctypes.byref(edges, 4 * place) for place in range(4)]
    raw.FPDFPageObj_GetBounds(drawn, *[ctypes.cast(one, ctypes.POINTER(ctypes.c_float)) for one in at])
    return edges[0], edges[1], edges[2], edges[3]


def _is_code(drawn: Any, page: tuple[float, float]) -> bool:
    if raw.FPDFPageObj_GetType(drawn) != raw.FPDF_PAGEOBJ_IMAGE:
        return False
    left, bottom, right, top = _bounds(drawn)
    is_square = abs((right - left) - (top - bottom)) < 1
    return is_square and right - left > _LEAST_CODE and bottom > 0 and top < _LOWEST_PART * page[1]


def _notes(page: Any) -> int:
    """Whatever lies over a page but links and fields."""
    count = 0
    for place in range(raw.FPDFPage_GetAnnotCount(page.raw)):
        note = raw.FPDFPage_GetAnnot(page.raw, place)
        count += raw.FPDFAnnot_GetSubtype(note) not in _LAID_OVER
        raw.FPDFPage_CloseAnnot(note)
    return count


def _is_mark(drawn: Any, page: tuple[float, float]) -> bool:
    if not raw.FPDFPageObj_HasTransparency(drawn):
        return False
    red, green, blue, opacity = (ctypes.c_uint() for _ in range(4))
    raw.FPDFPageObj_GetFillColor(drawn, red, green, blue, opacity)
    left, bottom, right, top = _bounds(drawn)
    is_large = right - left > _LEAST_SHARE * page[0] and top - bottom > _LEAST_SHARE * page[1]
    return is_large and (red.value, green.value, blue.value) == _SILVER and opacity.value in _TRANSPARENT


def _blocks_of(page: Any, pieces: dict[int, list[_Piece]]) -> Iterator[Block]:
    """The body; the pieces of which it consists are taken out of `pieces`."""
    tree = raw.FPDF_StructTree_GetForPage(page.raw)
    if not tree:
        return
    try:
        for place in range(raw.FPDF_StructTree_CountChildren(tree)):
            yield from _blocks(raw.FPDF_StructTree_GetChildAtIndex(tree, place), pieces)
    finally:
        raw.FPDF_StructTree_Close(tree)


def _blocks(element: Any, pieces: dict[int, list[_Piece]]) -> Iterator[Block]:
    kind = _kind(element)
    if kind == _ROW:
        yield from _block([_pieces(cell, pieces) for cell in _children(element)], is_row=True)
    elif kind in _HOLDERS:
        for place in range(raw.FPDF_StructElement_CountChildren(element)):
            child = raw.FPDF_StructElement_GetChildAtIndex(element, place)
            if child:
                yield from _blocks(child, pieces)
            else:
                yield from _block([_marked(element, place, pieces)], is_row=False)
    elif kind != _LABEL:
        yield from _block([_pieces(element, pieces)], is_row=False)


def _block(cells: list[list[_Piece]], *, is_row: bool) -> Iterator[Block]:
    told = tuple(
        Cell(
            "".join([piece.text for piece in ones]),
            min(one.left for one in ones),
            max(one.top for one in ones),
            min(one.bottom for one in ones),
        )
        for ones in cells
        if ones
    )
    if told:
        yield Block(told, is_row)


def _children(element: Any) -> Iterator[Any]:
    for place in range(raw.FPDF_StructElement_CountChildren(element)):
        child = raw.FPDF_StructElement_GetChildAtIndex(element, place)
        if child:
            yield child


def _pieces(element: Any, pieces: dict[int, list[_Piece]]) -> list[_Piece]:
    """All that an element and those within it say."""
    told: list[_Piece] = []
    for place in range(raw.FPDF_StructElement_CountChildren(element)):
        child = raw.FPDF_StructElement_GetChildAtIndex(element, place)
        if not child:
            told += _marked(element, place, pieces)
            continue
        within = _pieces(child, pieces)
        if _kind(child) != _LABEL:
            told += within
    return told


def _marked(element: Any, place: int, pieces: dict[int, list[_Piece]]) -> list[_Piece]:
    """What stands in a marked stretch; none in a child that is on another page."""
    number = raw.FPDF_StructElement_GetChildMarkedContentID(element, place)
    return pieces.pop(number, []) if number >= 0 else []


def _kind(element: Any) -> str:
    ask: Callable[..., int] = raw.FPDF_StructElement_GetType
    buffer = ctypes.create_string_buffer(128)
    length = ask(element, buffer, len(buffer))
    return buffer.raw[: max(length - 2, 0)].decode("utf-16-le", "replace")
