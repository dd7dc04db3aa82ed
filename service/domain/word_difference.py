"""Two texts -> what was taken out and what was put in, word by word, as a person would mark it with a pen.

It finds a longest sequence of words that both texts have and gives up the scraps of it: three words in common amid a
sentence that was written anew explain nothing. A row of the comparison is one number of as many bits as the text has
words (Hyyrö, "Bit-parallel LCS-length computation revisited", 2004), where difflib's time grows with the square of the
length and beyond.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

# The blanks before a word, and the word: a number or a date is one, and so is a run of signs.
_WORD: Final = re.compile(r"(\s*)(\d+(?:[.,:/]\d+)*|\w+|[^\w\s]+)")
# Fewer words than these between two larger changes are a scrap.
_SCRAP: Final = 4
# Texts that keep less than this share of their letters were written anew.
_KEPT: Final = 0.2
# The product of the two lengths, in words, from which comparing would take more memory than it is worth: 32 MB.
_TOO_LONG: Final = 256_000_000

_Words = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a text: what stayed, what was removed, what was added."""

    kind: Literal["same", "removed", "added"]
    text: str


@dataclass(frozen=True, slots=True)
class _Stretch:
    """What both texts have, or (`same` is empty) what stands in one where the other has something else."""

    same: str = ""
    removed: str = ""
    added: str = ""


_NOTHING: Final = _Stretch()


def word_pieces(before: str, after: str) -> tuple[Piece, ...]:
    """The pieces of two texts in their order; same and removed give `before`, same and added give `after`."""
    if not before or not after:
        return tuple(_pieces([_Stretch(removed=before, added=after)]))
    stretches = _without_scraps(_stretches(_words(before), _words(after)))
    if sum(len(stretch.same) for stretch in stretches) < _KEPT * max(len(before), len(after)):
        stretches = [_Stretch(removed=before, added=after)]
    return tuple(_pieces(stretches))


def _pieces(stretches: list[_Stretch]) -> Iterator[Piece]:
    for stretch in stretches:
        if stretch.same:
            yield Piece("same", stretch.same)
        if stretch.removed:
            yield Piece("removed", stretch.removed)
        if stretch.added:
            yield Piece("added", stretch.added)


def _words(text: str) -> _Words:
    """The words of a text, each with the blanks before it, and at last an empty one for the blanks at the end."""
    return [*_WORD.findall(text), (text[len(text.rstrip()) :], "")]


def _stretches(before: _Words, after: _Words) -> list[_Stretch]:
    found: list[_Stretch] = []
    same: list[str] = []
    i = j = 0
    for next_i, next_j in _matches([word for _, word in before], [word for _, word in after]):
        blanks, word = before[next_i]
        if (i, j) == (next_i, next_j) and blanks == after[j][0]:
            same += blanks, word
        else:
            removed = "".join(map("".join, before[i:next_i])) + blanks
            added = "".join(map("".join, after[j:next_j])) + after[next_j][0]
            lead = _shared(removed[: -len(removed.lstrip()) or None], added[: -len(added.lstrip()) or None])
            removed, added = removed.removeprefix(lead), added.removeprefix(lead)
            trail = _shared(removed[len(removed.rstrip()) :], added[len(added.rstrip()) :])
            found.append(_Stretch(same="".join([*same, lead])))
            found.append(_Stretch(removed=removed.removesuffix(trail), added=added.removesuffix(trail)))
            same = [trail, word]
        i, j = next_i + 1, next_j + 1
    return [*found, _Stretch(same="".join(same))]


def _shared(one: str, other: str) -> str:
    return one if one == other else ""


def _matches(before: list[str], after: list[str]) -> Iterator[tuple[int, int]]:
    """A longest common subsequence of words, as pairs of their places; the empty words at the end are the last pair."""
    head = 0
    tail = 1
    least = min(len(before), len(after))
    while head < least - tail and before[head] == after[head]:
        head += 1
    while tail < least - head and before[-1 - tail] == after[-1 - tail]:
        tail += 1
    yield from zip(range(head), range(head), strict=True)
    for i, j in _common(before[head:-tail], after[head:-tail]):
        yield head + i, head + j
    yield from zip(range(len(before) - tail, len(before)), range(len(after) - tail, len(after)), strict=True)


def _common(before: list[str], after: list[str]) -> list[tuple[int, int]]:
    if not before or not after or len(before) * len(after) > _TOO_LONG:
        return []
    where: dict[str, int] = {}
    for j, word in enumerate(after):
        where[word] = where.get(word, 0) | 1 << j
    everything = (1 << len(after)) - 1
    # Bit j of row i is 0 where after[j] makes the subsequence longer, for the first i words of before.
    rows = [everything]
    for word in before:
        row = rows[-1]
        found = row & where.get(word, 0)
        rows.append(((row + found) | (row - found)) & everything)
    pairs: list[tuple[int, int]] = []
    i, j = len(before), len(after) - 1
    while i and j >= 0:
        if rows[i] >> j & 1:
            j -= 1
        elif not rows[i - 1] >> j & 1:
            i -= 1
        else:
            i -= 1
            pairs.append((i, j))
            j -= 1
    return pairs[::-1]


def _without_scraps(stretches: list[_Stretch]) -> list[_Stretch]:
    """The stretches, where a few words that stayed between two larger changes are part of what changed."""
    kept: list[_Stretch] = []
    for stretch in stretches:
        kept.append(stretch)
        while _is_scrap(*kept[-3:]):
            left, scrap, right = kept[-3:]
            between = scrap.same
            kept[-3:] = [_Stretch("", left.removed + between + right.removed, left.added + between + right.added)]
    return kept


def _is_scrap(left: _Stretch, between: _Stretch = _NOTHING, right: _Stretch = _NOTHING) -> bool:
    changed = min(max(len(left.removed), len(left.added)), max(len(right.removed), len(right.added)))
    return 0 < len(between.same) <= changed and len(between.same.split()) < _SCRAP
