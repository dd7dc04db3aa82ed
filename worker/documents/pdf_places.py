"""Words of a PDF -> where they stand on its pages, in points from the lower left corner.

A line break between two words is no difference: cells are narrow and names are long.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import pypdfium2
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on a page, in points; the page's lower left corner is 0, 0."""

    left: float
    bottom: float
    right: float
    top: float

    @classmethod
    def around(cls, boxes: tuple[Box, ...]) -> Self:
        """The smallest that holds them all."""
        return cls(
            min(box.left for box in boxes),
            min(box.bottom for box in boxes),
            max(box.right for box in boxes),
            max(box.top for box in boxes),
        )

    def is_above(self, other: Box) -> bool:
        """Over it, and not beside it."""
        return self.bottom >= other.top and self.left < other.right and other.left < self.right

    def is_right_of(self, other: Box) -> bool:
        """In the same line, and behind it."""
        return self.left >= other.right and self.bottom < other.top and other.bottom < self.top


@dataclass(frozen=True, slots=True)
class Place:
    """Where words stand: the page, from 0, and the rectangle that holds them."""

    page: int
    box: Box


class PlacedText:
    """The text of a PDF with its places; pages are read when they are asked for."""

    def __init__(self, document: pypdfium2.PdfDocument) -> None:
        self._document = document
        self._pages: dict[int, pypdfium2.PdfTextPage] = {}

    @property
    def pages(self) -> int:
        """How many there are."""
        return len(self._document)

    def places(self, words: str, page: int) -> Iterator[Place]:
        """Where the words stand on a page, capitals and accents as they are, in the order of the text."""
        text = self._text(page)
        search = text.search(words, match_case=True)
        while found := search.get_next():
            yield Place(page, Box.around(self._boxes(text, *found)))

    def texts(self, page: int) -> tuple[Box, ...]:
        """The rectangles of all text of a page."""
        return self._boxes(self._text(page), 0, -1)

    def _text(self, page: int) -> pypdfium2.PdfTextPage:
        if page not in self._pages:
            self._pages[page] = self._document[page].get_textpage()
        return self._pages[page]

    @staticmethod
    def _boxes(text: pypdfium2.PdfTextPage, index: int, count: int) -> tuple[Box, ...]:
        return tuple(Box(*text.get_rect(number)) for number in range(text.count_rects(index, count)))


@contextlib.contextmanager
def placed_text(pdf: bytes) -> Iterator[PlacedText]:
    """The text of a PDF, for as long as the block runs."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        yield PlacedText(document)
    finally:
        document.close()


def dictionary(**values: generic.PdfObject) -> generic.DictionaryObject:
    """A dictionary of a PDF, as it is written into one."""
    return generic.DictionaryObject({pdf_name(f"/{name}"): value for name, value in values.items()})
