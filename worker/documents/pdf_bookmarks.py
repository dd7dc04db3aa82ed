"""The PDF of a plan -> the same with bookmarks: the plan, and under it each action at the height of its row."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Final

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name, pdf_string
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from service.domain.plan import Plan
from worker.documents.pdf_places import Box, Place, PlacedText, dictionary

_LONGEST: Final = 80
# By so many words an action is told from others; more may run over to the next page.
_WORDS_SEARCHED: Final = 5
# How many pages the row before may have filled.
_PAGES_SEARCHED: Final = 6
# Columns of a table differ by more, in points.
_SAME_COLUMN: Final = 6.0


def add_bookmarks(writer: IncrementalPdfFileWriter, text: PlacedText, plan: Plan) -> None:
    """Put the bookmarks into a PDF that is being written; a heading of the template above the table takes them in.

    Where the headings of the template are all behind the first page, or have headings under them, they stay alone.

    Args:
        writer: takes the bookmarks.
        text: of the same document. An action whose words are not found in it gets none.
        plan: what the document tells.
    """
    if "/Outlines" in writer.root:
        _hang_under_heading(writer, list(_actions(text, plan)))
        return
    outlines = writer.add_object(dictionary(Type=pdf_name("/Outlines")))
    (title,) = _hang(writer, outlines, [(plan.title or "", Place(0, Box(0, 0, 0, 0)))])
    _hang(writer, title, list(_actions(text, plan)))
    writer.root["/Outlines"] = outlines
    writer.update_root()


def _hang_under_heading(writer: IncrementalPdfFileWriter, bookmarks: Sequence[tuple[str, Place]]) -> None:
    """Hang the bookmarks under the first of LibreOffice's own, which it makes of headings."""
    outlines = writer.root["/Outlines"]
    first = outlines.raw_get("/First")
    heading = first.get_object()
    first_page, _ = writer.find_page_for_modification(0)
    if not bookmarks or "/First" in heading or heading["/Dest"].raw_get(0).reference != first_page.reference:
        return
    _hang(writer, first, bookmarks)
    outlines["/Count"] = generic.NumberObject(outlines["/Count"] + len(bookmarks))
    for changed in (first, writer.root.raw_get("/Outlines")):
        writer.mark_update(changed)


def _actions(text: PlacedText, plan: Plan) -> Iterator[tuple[str, Place]]:
    last = Place(0, Box(0, 0, 0, float("inf")))
    for action in plan.actions:
        found = _next(text, " ".join((action.action or "").split()[:_WORDS_SEARCHED]), last)
        if found:
            last = found
            words = f"{action.number or ''} {action.action or ''}".strip()
            yield words if len(words) <= _LONGEST else words[: _LONGEST - 1].rstrip() + "…", found


def _next(text: PlacedText, words: str, last: Place) -> Place | None:
    """Where the words begin a row below the last that was found: the first column that has them."""
    if not words:
        return None
    for page in range(last.page, min(last.page + _PAGES_SEARCHED, text.pages)):
        places = [place for place in text.places(words, page) if page > last.page or place.box.top < last.box.top]
        if places:
            column = min(place.box.left for place in places) + _SAME_COLUMN
            return max((place for place in places if place.box.left <= column), key=lambda place: place.box.top)
    return None


def _hang(
    writer: IncrementalPdfFileWriter,
    parent: generic.IndirectObject,
    bookmarks: Sequence[tuple[str, Place]],
) -> list[generic.IndirectObject]:
    """Put bookmarks under another, or under the root of all; a viewer shows them opened."""
    items = [
        writer.add_object(dictionary(Title=pdf_string(title), Parent=parent, Dest=_destination(writer, place)))
        for title, place in bookmarks
    ]
    for before, after in itertools.pairwise(items):
        before.get_object()["/Next"], after.get_object()["/Prev"] = after, before
    if items:
        count = generic.NumberObject(len(items))
        parent.get_object().update(dictionary(First=items[0], Last=items[-1], Count=count))
    return items


def _destination(writer: IncrementalPdfFileWriter, place: Place) -> generic.ArrayObject:
    page, _ = writer.find_page_for_modification(place.page)
    if not place.box.top:
        return generic.ArrayObject([page, pdf_name("/Fit")])
    top = generic.FloatObject(round(place.box.top, 1))
    return generic.ArrayObject([page, pdf_name("/XYZ"), generic.NullObject(), top, generic.NullObject()])
