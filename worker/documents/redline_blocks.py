"""Two stories that one template wrote -> the second, in which paragraphs and rows that left and came are tracked.

A story is the body, a page header or footer, a note, a cell. How Word writes it (ECMA-376 part 1, 17.13.5): a row that
came or left says so in `w:trPr`, and so does every run and every end of a paragraph in it, for readers that know no
tracked rows:

    <w:tr><w:trPr><w:cantSplit/><w:del w:id="1" w:author="Folio" w:date="2024-10-15T04:30:00"/></w:trPr>
      <w:tc>…<w:p><w:pPr><w:rPr><w:del w:id="2" …/></w:rPr></w:pPr><w:del w:id="3" …>…</w:del></w:p></w:tc>
    </w:tr>

What left stands before what came. An action that moved leaves its old place and comes to the new one: of two orders a
reader gets both, which `w:moveFrom` would only colour otherwise. Which rows are whose is told by the processing
instructions of `CompiledDocument.parts`; all others are held against each other as they stand.
The last paragraph of a story cannot leave, so it is merged with the last. Properties of tables, rows and cells are no
text: those of the newer document count.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Final, TypeVar

from lxml import etree

from service.domain.matching import longest_rising
from worker.documents.redline_runs import Element, Kind, Paragraphs, Signature, canonical, track_paragraph, w
from worker.documents.redline_turns import PLACE
from worker.documents.word import TURN

_PARAGRAPH: Final = w("p")
_TABLE: Final = w("tbl")
_ROW: Final = w("tr")
_CELL: Final = w("tc")
_CONTROL: Final = w("sdt")
# The last stands for all that is said of actions.
_BLOCKS: Final = {_PARAGRAPH, _TABLE, _ROW, _CELL, _CONTROL, PLACE}
_KEPT_WHOLE: Final = w("cantSplit")

Pairs = Sequence[tuple[int | None, int | None]]
_Key = tuple[object, ...]
Old = TypeVar("Old")
New = TypeVar("New")


@dataclass(slots=True)
class _Loop:
    """What a template repeated for actions: for each its place in the plan, and its blocks."""

    turns: list[tuple[int, list[Element]]] = field(default_factory=list)


_NOBODY: Final = -1
# The blocks of each action.
_Turns = dict[int, list[Element]]
_Unit = Element | _Loop
_Aligned = Iterator[tuple[Element | None, Element | None]]


class Stories:
    """Tracks how stories differ.

    Args:
        signature: who changed it, and when.
        pairs: which action of one plan is which of the other, as `match_actions` tells it.
        stay_whole: whether the row of a pair fits a page with what left in it.
    """

    def __init__(self, signature: Signature, pairs: Pairs, stay_whole: Callable[[int, int], bool]) -> None:
        self._signature = signature
        self._pairs = [(i, j) for i, j in pairs if i is not None and j is not None]
        self._stay_whole = stay_whole
        self._paragraphs = Paragraphs(signature, self.merge)

    def merge(self, old: Element, new: Element) -> None:
        """Track it in `new`, whose blocks stay; those that left are taken from `old`."""
        end = next(new.iterchildren(w("sectPr")), None)
        # From the end, so that what left finds its place before what stays behind it.
        for left, came in reversed(list(self._pairs_of(_units(old), _units(new)))):
            block = self._tracked(left, came)
            if came is None and end is None:
                new.append(block)
            elif came is None and end is not None:
                end.addprevious(block)
            end = block

    def order(self, before: Sequence[int], after: Sequence[int]) -> Iterator[tuple[int | None, int | None]]:
        """Two orders of actions as one: of those that both plans have, as many stay in their place as can."""
        old_places, new_places = ({action: place for place, action in enumerate(turns)} for turns in (before, after))
        both = [(old_places[i], new_places[j]) for i, j in self._pairs if i in old_places and j in new_places]
        return _interleaved(before, after, longest_rising(both))

    def merge_turn(
        self, pair: tuple[int | None, int | None], olds: list[Element], news: list[Element]
    ) -> list[Element]:
        """The blocks of an action of either plan, with their difference tracked."""
        return [self._tracked(left, came) for left, came in self._in_turn(pair, olds, news)]

    def _tracked(self, left: Element | None, came: Element | None) -> Element:
        """A block that stays, that came or that left."""
        if came is None:
            if left is None:
                raise ValueError("a block is there before or behind")
            self._track(left, "del")
            return left
        if left is None:
            self._track(came, "ins")
        else:
            self._merge_block(left, came)
        return came

    def _pairs_of(self, before: list[_Unit], after: list[_Unit]) -> _Aligned:
        kept = _kept(before[:-1], after[:-1]) if _end_in_paragraphs(before, after) else _kept(before, after)
        if _end_in_paragraphs(before, after):
            kept.append((len(before) - 1, len(after) - 1))
        for old, new in _interleaved(before, after, kept):
            if isinstance(old, _Loop) or isinstance(new, _Loop):
                yield from self._aligned_turns(_turns(old), _turns(new))
            else:
                yield old, new

    def _aligned_turns(self, before: _Turns, after: _Turns) -> _Aligned:
        for i, j in self.order(tuple(before), tuple(after)):
            olds, news = before[i] if i is not None else [], after[j] if j is not None else []
            yield from self._in_turn((i, j), olds, news)

    def _in_turn(self, pair: tuple[int | None, int | None], olds: list[Element], news: list[Element]) -> _Aligned:
        i, j = pair
        for left, came in _interleaved(olds, news, _kept(olds, news)):
            if left is not None and came is not None and i is not None and j is not None:
                self._let_split(i, j, came)
            yield left, came

    def _let_split(self, i: int, j: int, row: Element) -> None:
        """A row that is kept whole and taller than a page loses text: what left counts as much as what came."""
        properties = row.find(w("trPr"))
        keep = properties.find(_KEPT_WHOLE) if properties is not None else None
        if properties is not None and keep is not None and not self._stay_whole(i, j):
            properties.remove(keep)

    def _merge_block(self, old: Element, new: Element) -> None:
        if canonical(old) == canonical(new):
            return
        if new.tag == _PARAGRAPH:
            self._paragraphs.merge(old, new)
        elif new.tag == _ROW:
            cells = (row.iterchildren(_CELL, _CONTROL) for row in (old, new))
            for before, after in zip(*cells, strict=True):
                self._merge_block(before, after)
        elif new.tag == _CONTROL:
            before, after = (control.find(w("sdtContent")) for control in (old, new))
            if before is not None and after is not None:
                self.merge(before, after)
        else:
            self.merge(old, new)

    def _track(self, block: Element, kind: Kind) -> None:
        if block.tag == _PARAGRAPH:
            track_paragraph(block, kind, self._signature)
            return
        if block.tag == _ROW:
            properties = block.find(w("trPr"))
            if properties is None:
                properties = etree.Element(w("trPr"))
                block.insert(len(block.findall(w("tblPrEx"))), properties)
            properties.append(self._signature.mark(kind))
        for child in block.iterchildren(*_BLOCKS, w("sdtContent")):
            self._track(child, kind)


def _units(story: Element) -> list[_Unit]:
    units: list[_Unit] = []
    loop: _Loop | None = None
    for child in story:
        if isinstance(child, etree._ProcessingInstruction) and child.target == TURN:  # noqa: SLF001 - its type has no public name
            if not child.text:
                loop = None
                continue
            if loop is None:
                loop = _Loop()
                units.append(loop)
            loop.turns.append((int(child.text), []))
        elif child.tag in _BLOCKS:
            if loop is None:
                units.append(child)
            else:
                loop.turns[-1][1].append(child)
    return units


def _turns(loop: _Unit | None) -> _Turns:
    turns = [turn for turn in loop.turns if turn[1]] if isinstance(loop, _Loop) else []
    if len({action for action, _ in turns}) < len(turns):
        # A loop within a loop tells the same action again: it stays, leaves or comes as a whole.
        return {_NOBODY: [block for _, blocks in turns for block in blocks]}
    return dict(turns)


def _end_in_paragraphs(before: list[_Unit], after: list[_Unit]) -> bool:
    ends = [unit for units in (before, after) for unit in units[-1:]]
    return len(ends) == len((before, after)) and all(
        not isinstance(unit, _Loop) and unit.tag == _PARAGRAPH for unit in ends
    )


def _kept(
    before: Sequence[_Unit], after: Sequence[_Unit], levels: Sequence[Callable[[_Unit], _Key]] | None = None
) -> list[tuple[int, int]]:
    """Which block of one story is which of the other: the same ones first, then among the rest those alike."""
    finest, *coarser = _LEVELS if levels is None else levels
    kept: list[tuple[int, int]] = []
    i = j = 0
    matcher = SequenceMatcher(None, list(map(finest, before)), list(map(finest, after)), autojunk=False)
    for a, b, size in matcher.get_matching_blocks():
        if coarser and i < a and j < b:
            kept += ((i + left, j + came) for left, came in _kept(before[i:a], after[j:b], coarser))
        kept += ((a + step, b + step) for step in range(size))
        i, j = a + size, b + size
    return kept


def _to_the_letter(unit: _Unit) -> _Key:
    return ("loop",) if isinstance(unit, _Loop) else (canonical(unit),)


def _in_shape(unit: _Unit) -> _Key:
    if isinstance(unit, _Loop):
        return ("loop",)
    if unit.tag == _PARAGRAPH:
        return unit.tag, *(canonical(properties) for properties in unit.iterchildren(w("pPr")))
    if unit.tag == _TABLE:
        return unit.tag, len(list(unit.iter(w("gridCol"))))
    return _in_kind(unit)


def _in_kind(unit: _Unit) -> _Key:
    """What can be merged at all: rows only with as many cells, spread and joined alike."""
    if isinstance(unit, _Loop):
        return ("loop",)
    if unit.tag == _ROW:
        spread = (canonical(joint) for joint in unit.iter(w("gridSpan"), w("vMerge"), w("gridBefore"), w("gridAfter")))
        return unit.tag, *(child.tag for child in unit if child.tag in _BLOCKS), *spread
    return (unit.tag,)


_LEVELS: Final = (_to_the_letter, _in_shape, _in_kind)


def _interleaved(
    before: Sequence[Old], after: Sequence[New], kept: Sequence[tuple[int, int]]
) -> Iterator[tuple[Old | None, New | None]]:
    """Both sequences as one, given the places of what stays: (old, None) left, (None, new) came, left first."""
    i = j = 0
    for a, b in [*kept, (len(before), len(after))]:
        yield from ((left, None) for left in before[i:a])
        yield from ((None, came) for came in after[j:b])
        if a < len(before):
            yield before[a], after[b]
        i, j = a + 1, b + 1
