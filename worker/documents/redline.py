"""Two reports -> the official Word of the second, in which all that differs from the first is a tracked change.

"Aceptar todo" gives the official document of the second and "Rechazar todo" that of the first, both in the second's
template. They are filled, not yet zipped, and merged part by part; redline_blocks.py and redline_runs.py tell how Word
writes a change. What Word cannot track is the second's: document properties, a table's alternative text, the mark of
drafts.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterable
from itertools import count
from typing import Final

from lxml import etree

from service.domain.changes import match_actions
from service.domain.reports import Report
from worker.documents.context import Context, context_of, extra_name, printed_names
from worker.documents.draft_mark import mark_document
from worker.documents.package import Member, deflate, write_package
from worker.documents.redline_blocks import Stories
from worker.documents.redline_runs import Signature, w
from worker.documents.word import CompiledDocument, compile_document

AUTHOR: Final = "Folio"
_COLOMBIA: Final = dt.timezone(dt.timedelta(hours=-5))
_STORIES: Final = tuple(map(w, ("body", "hdr", "ftr", "footnote", "endnote")))
_CHANGES: Final = tuple(map(w, ("ins", "del", "pPrChange")))
# They share the numbers of changes.
_NUMBERED: Final = tuple(map(w, ("bookmarkStart", "permStart", "commentRangeStart")))


def render_redline(template: bytes, before: Report, after: Report, author: str = AUTHOR) -> bytes:
    """The official Word of `after` with its differences from `before` tracked; the same reports give the same bytes.

    Args:
        template: the office's Word template, the one that `after` is written with.
        before: the report compared with; a column of the office's own that it lacks counts as empty.
        after: what the document tells. Its instant dates the changes; if it is a draft, every page says so.
        author: whose changes Word says they are.

    Raises:
        TemplateProblem: the template cannot be filled.
    """
    document = compile_document(mark_document(template) if after.is_draft else template)
    new = context_of(after)
    old = _with_columns(context_of(before), new.otros)
    stories = Stories(
        Signature(author, _local(after.created_at)),
        match_actions(before.plan.actions, after.plan.actions),
        lambda i, j: _stays_whole(document, old, i, new, j),
    )
    old_parts = dict(part for part in document.parts(old, tell_turns=True) if not isinstance(part, Member))
    parts = [
        part if isinstance(part, Member) else (part[0], _merged(stories, old_parts[part[0]], part[1]))
        for part in document.parts(new, tell_turns=True)
    ]
    _number(part[1] for part in parts if not isinstance(part, Member))
    return write_package(part if isinstance(part, Member) else deflate(part[0], _written(part[1])) for part in parts)


def _local(instant: dt.datetime) -> str:
    """Word shows a date as it is written, whatever its zone; so it is written as the office's clocks show it."""
    return instant.astimezone(_COLOMBIA).replace(tzinfo=None).isoformat(timespec="seconds")


def _with_columns(context: Context, headers: Iterable[str]) -> Context:
    """The context with these columns of the office's own too, empty where it has none."""
    blank = {extra_name(header): "" for header in headers}
    return dataclasses.replace(
        context,
        acciones=tuple(blank | names for names in context.acciones),
        otros=tuple(dict.fromkeys((*context.otros, *headers))),
    )


def _stays_whole(document: CompiledDocument, old: Context, i: int, new: Context, j: int) -> bool:
    """Whether an action's row fits a page with what left beside what came."""
    if old.acciones[i] == new.acciones[j]:
        return True
    before, after = printed_names(old.acciones[i]), printed_names(new.acciones[j])
    both = {
        name: text if before.get(name, "") in {"", text} else f"{before[name]}\n{text}" for name, text in after.items()
    }
    return document.model_row is None or document.model_row.fits_a_page(both)


def _merged(stories: Stories, old: bytes, new: bytes) -> etree._Element:
    before, after = etree.fromstring(old), etree.fromstring(new)
    for left, came in zip(before.iter(*_STORIES), after.iter(*_STORIES), strict=True):
        stories.merge(left, came)
    etree.strip_tags(after, etree.ProcessingInstruction)
    return after


def _number(roots: Iterable[etree._Element]) -> None:
    """Give each change of the document a number of its own."""
    roots = list(roots)
    taken = (int(element.get(w("id"), "0")) for root in roots for element in root.iter(*_NUMBERED))
    numbers = count(1 + max(taken, default=0))
    for change in (change for root in roots for change in root.iter(*_CHANGES)):
        change.set(w("id"), str(next(numbers)))


def _written(root: etree._Element) -> bytes:
    return bytes(etree.tostring(root, encoding="UTF-8", xml_declaration=True, standalone=True))
