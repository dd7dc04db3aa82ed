"""Two reports -> the official Word of the second, in which all that differs from the first is a tracked change.

"Aceptar todo" gives the official document of the second and "Rechazar todo" that of the first, both in the second's
template and frame, but without a seal: a redline is no official document. Both are written and merged part by part, and
what is said of actions action by action; redline_blocks.py and redline_runs.py tell how Word writes a change. What Word
cannot track is the second's: document properties, a table's alternative text, the mark of drafts.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Final

from lxml import etree

from service.domain.changes import match_actions
from service.domain.reports import Report
from service.domain.values import BOGOTA
from worker.documents.context import Context, context_of, extra_name, printed_names
from worker.documents.package import Member, deflate_stream, write_package
from worker.documents.redline_blocks import Stories
from worker.documents.redline_runs import Signature, w
from worker.documents.redline_turns import (
    Frame,
    NotInTurnsError,
    blocks_of,
    frame_of,
    parted,
    turns_of,
    written,
)
from worker.documents.signature_block import JOINED
from worker.documents.template_files import DocumentTemplate
from worker.documents.word import CompiledDocument, own_columns_there

AUTHOR: Final = "Folio"
_STORIES: Final = tuple(map(w, ("body", "hdr", "ftr", "footnote", "endnote")))
_CHANGES: Final = tuple(map(w, ("ins", "del", "pPrChange")))
# They share the numbers of changes.
_NUMBERED: Final = tuple(map(w, ("bookmarkStart", "permStart", "commentRangeStart")))


def render_redline(template: DocumentTemplate, before: Report, after: Report, author: str = AUTHOR) -> bytes:
    """The official Word of `after` with its differences from `before` tracked; the same reports give the same bytes.

    Args:
        template: the office's Word template, the one that `after` is written with.
        before: the report compared with; a column of the office's own that it lacks counts as empty.
        after: what the document tells. Its instant dates the changes; if it is a draft, every page says so.
        author: whose changes Word says they are.

    Raises:
        TemplateProblem: the template cannot be filled.
    """
    new = context_of(dataclasses.replace(after, seal=None))
    document = template.compiled_for(new)
    old = _with_columns(_within(new, context_of(before)), new.otros)
    stories = Stories(
        Signature(author, _local(after.created_at)),
        match_actions(before.plan.actions, after.plan.actions),
        lambda i, j: _stays_whole(document, old, i, new, j),
    )
    with own_columns_there(new):
        return write_package(_Redline(document, old, new, stories).members())


@dataclass(frozen=True, slots=True)
class _Part:
    """A part with its changes, and what of it is said of actions; None: that is in it."""

    name: str
    root: etree._Element
    turns: tuple[Frame, Frame] | None


class _Redline:
    """Two contexts, written with one template and merged part by part."""

    def __init__(self, document: CompiledDocument, old: Context, new: Context, stories: Stories) -> None:
        self._document = document
        self._old = old
        self._new = new
        self._stories = stories

    def members(self) -> list[Member]:
        """The package's members."""
        parts = [
            part if isinstance(part, Member) else self._merged(part[0])
            for part in self._document.streams(self._new, tell_turns=True)
        ]
        numbers = _numbers(part for part in parts if not isinstance(part, Member))
        for part in parts:
            if not isinstance(part, Member):
                _number(part.root, numbers)
        return [
            part if isinstance(part, Member) else deflate_stream(part.name, self._pieces(part, numbers))
            for part in parts
        ]

    def _merged(self, name: str) -> _Part:
        try:
            frames = frame_of(self._written(self._old, name)), frame_of(self._written(self._new, name))
            for context, frame in zip((self._old, self._new), frames, strict=True):
                blocks_of(next(turns_of(self._written(context, name)), b""), frame.namespaces)
            root = self._merged_xml(*(frame.xml for frame in frames))
            parted(root)
        except NotInTurnsError:
            whole = (b"".join(self._written(context, name)) for context in (self._old, self._new))
            return _Part(name, self._merged_xml(*whole), None)
        return _Part(name, root, frames)

    def _merged_xml(self, old: bytes, new: bytes) -> etree._Element:
        before, after = etree.fromstring(old), etree.fromstring(new)
        _loosened(before)
        tied = _loosened(after)
        for left, came in zip(before.iter(*_STORIES), after.iter(*_STORIES), strict=True):
            self._stories.merge(left, came)
        return _tied(after, tied)

    def _pieces(self, part: _Part, numbers: Iterator[int]) -> Iterator[bytes]:
        if part.turns is None:
            yield bytes(etree.tostring(part.root, encoding="UTF-8", xml_declaration=True, standalone=True))
            return
        before, behind = parted(part.root)
        yield before
        olds, news = (turns_of(self._written(context, part.name)) for context in (self._old, self._new))
        for i, j in self._stories.order(*(frame.turns for frame in part.turns)):
            left, came = b"" if i is None else next(olds), b"" if j is None else next(news)
            if left == came and b"<?" not in came and self._are_same(i, j):
                yield came
                continue
            left_holder, holder = (
                blocks_of(turn, frame.namespaces) for turn, frame in zip((left, came), part.turns, strict=True)
            )
            _loosened(left_holder)
            tied = _loosened(holder)
            holder[:] = self._stories.merge_turn((i, j), list(left_holder), list(holder))
            _number(_tied(holder, tied), numbers)
            yield written(holder)
        yield behind

    def _are_same(self, i: int | None, j: int | None) -> bool:
        return i is not None and j is not None and self._old.acciones[i] == self._new.acciones[j]

    def _written(self, context: Context, name: str) -> Iterator[bytes]:
        """A part of the document for a context, from its beginning."""
        for part in self._document.streams(context, tell_turns=True):
            if not isinstance(part, Member) and part[0] == name:
                return part[1]
        raise ValueError(f"the template has no part {name}")


def _local(instant: dt.datetime) -> str:
    """Word shows a date as it is written, whatever its zone; so it is written as the office's clocks show it."""
    return instant.astimezone(BOGOTA).replace(tzinfo=None).isoformat(timespec="seconds")


def _within(frame: Context, context: Context) -> Context:
    """The context with what stands around another: whose paper it is and who approves are no changes."""
    return dataclasses.replace(context, frame=frame.frame, aprobacion=frame.aprobacion, sello=frame.sello, qr=frame.qr)


def _with_columns(context: Context, headers: tuple[str, ...]) -> Context:
    """The context with these columns of the office's own too, empty where it has none."""
    if set(headers) <= set(context.otros):
        return context
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


def _tied(root: etree._Element, tied: Iterable[etree._Element]) -> etree._Element:
    """The same, without marks, where these paragraphs stay with what follows them."""
    etree.strip_tags(root, etree.ProcessingInstruction)
    for properties in tied:
        properties.insert(0 if properties.find(w("pStyle")) is None else 1, etree.Element(w("keepNext")))
    return root


def _loosened(root: etree._Element) -> list[etree._Element]:
    """Take the marks of what stays with the end out; the properties of paragraphs that had one."""
    tied = [element for element in root.iter(w("pPr")) if element.xpath(f"processing-instruction('{JOINED}')")]
    for properties in tied:
        etree.strip_tags(properties, etree.ProcessingInstruction)
    return tied


def _numbers(parts: Iterable[_Part]) -> Iterator[int]:
    """A number for each change of the document: none that something else in it has."""
    highest = 0
    for part in parts:
        taken = [int(element.get(w("id"), "0")) for element in part.root.iter(*_NUMBERED)]
        highest = max([highest, *taken, *(frame.highest for frame in part.turns or ())])
    return count(1 + highest)


def _number(root: etree._Element, numbers: Iterator[int]) -> None:
    for change in root.iter(*_CHANGES):
        change.set(w("id"), str(next(numbers)))
