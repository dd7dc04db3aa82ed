"""The pages of a signed PDF and of the issued one -> whether the marks of the signatures stand where they may.

Whoever signs may draw anything on a page (ISO 32000-1, 12.5.6.19), and the signature holds all the same: so that a
mark may only stand within a field that was issued for it, or where nothing was written or drawn as a picture.
"""

from __future__ import annotations

import ctypes
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import pypdfium2
from pypdfium2 import raw

# A signer's program may round what it was told, in points.
_ROUNDED: Final = 1.0
# These draw a mark as large as the screen wants, and not as large as its place.
_OUTGROWING: Final = raw.FPDF_ANNOT_FLAG_NOZOOM | raw.FPDF_ANNOT_FLAG_NOROTATE


@dataclass(frozen=True, slots=True)
class _Box:
    """Where something stands on a page, in points from its lower left."""

    left: float
    bottom: float
    right: float
    top: float

    @property
    def is_empty(self) -> bool:
        return self.left >= self.right or self.bottom >= self.top

    def lies_in(self, other: _Box) -> bool:
        return (
            self.left >= other.left - _ROUNDED
            and self.bottom >= other.bottom - _ROUNDED
            and self.right <= other.right + _ROUNDED
            and self.top <= other.top + _ROUNDED
        )

    def meets(self, other: _Box) -> bool:
        return (
            self.left < other.right and other.left < self.right and self.bottom < other.top and other.bottom < self.top
        )


@dataclass(frozen=True, slots=True)
class _Mark:
    """An annotation of a page."""

    subtype: int
    flags: int
    box: _Box


def covered_page(paper: pypdfium2.PdfDocument, issued: pypdfium2.PdfDocument) -> int:
    """The first page, from 1, whose issued text or pictures a mark may cover, or that lost a mark; 0 when none is so.

    Args:
        paper: the issued document, with signatures.
        issued: it has as many pages.
    """
    for number in range(len(issued)):
        before, after = issued[number], paper[number]
        ours, theirs = Counter(_marks(before)), Counter(_marks(after))
        fields = [mark.box for mark in ours if mark.subtype == raw.FPDF_ANNOT_WIDGET]
        added = [mark for mark in theirs - ours if not _is_within(mark, fields)]
        # A field that is signed may be said to be another in its flags, never to stand elsewhere.
        if Counter(mark.box for mark in ours.elements()) - Counter(mark.box for mark in theirs.elements()):
            return number + 1
        if added and not _is_blank(before, added):
            return number + 1
    return 0


def has_strange_marks(paper: pypdfium2.PdfDocument, issued: pypdfium2.PdfDocument) -> bool:
    """Whether a page has notes, stamps, fields or drawings over it: anything but links and the issued fields."""
    fields = [[mark.box for mark in _marks(page) if mark.subtype == raw.FPDF_ANNOT_WIDGET] for page in issued]
    for number, page in enumerate(paper):
        there = fields[number] if number < len(fields) else []
        if any(mark.subtype != raw.FPDF_ANNOT_LINK and not _is_within(mark, there) for mark in _marks(page)):
            return True
    return False


def _is_within(mark: _Mark, fields: list[_Box]) -> bool:
    if mark.subtype != raw.FPDF_ANNOT_WIDGET:
        return False
    return mark.box.is_empty or (not mark.flags & _OUTGROWING and any(map(mark.box.lies_in, fields)))


def _is_blank(page: pypdfium2.PdfPage, marks: list[_Mark]) -> bool:
    """Whether all of the marks are a signature's, and stand where the page has neither text nor pictures."""
    if any(mark.subtype != raw.FPDF_ANNOT_WIDGET or mark.flags & _OUTGROWING for mark in marks):
        return False
    return not any(mark.box.meets(said) for said in _said(page) for mark in marks)


def _said(page: pypdfium2.PdfPage) -> Iterator[_Box]:
    text = page.get_textpage()
    yield from (_Box(*text.get_rect(number)) for number in range(text.count_rects()))
    yield from (_Box(*picture.get_bounds()) for picture in page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE]))


def _marks(page: pypdfium2.PdfPage) -> Iterator[_Mark]:
    for number in range(raw.FPDFPage_GetAnnotCount(page)):
        mark = raw.FPDFPage_GetAnnot(page, number)
        if not mark:
            continue
        try:
            place = raw.FS_RECTF()
            raw.FPDFAnnot_GetRect(mark, ctypes.byref(place))
            box = _Box(place.left, place.bottom, place.right, place.top)
            yield _Mark(raw.FPDFAnnot_GetSubtype(mark), raw.FPDFAnnot_GetFlags(mark), box)
        finally:
            raw.FPDFPage_CloseAnnot(mark)
