"""Rows that must be there, and rows that are -> which differ, are missing, moved, repeated or too many."""

from __future__ import annotations

import difflib
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from enum import Enum, auto


class Fate(Enum):
    """What became of a row: it is there but reads otherwise, or it is not where it should be."""

    CHANGED = auto()
    MISSING = auto()
    MOVED = auto()
    REPEATED = auto()
    ADDED = auto()


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A row that is not as it must be. `expected` and `found` count from 0; an added row names the one before it."""

    fate: Fate
    expected: int
    found: int


def align(expected: Sequence[Hashable], found: Sequence[Hashable]) -> list[Mismatch]:
    """Every row that is not right; none when both are the same."""
    told: list[Mismatch] = []
    missing: list[int] = []
    added: list[tuple[int, int]] = []
    for kind, start, end, first, last in difflib.SequenceMatcher(None, expected, found, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        both = min(end - start, last - first)
        told += [Mismatch(Fate.CHANGED, start + step, first + step) for step in range(both)]
        missing += range(start + both, end)
        added += [(max(end - 1, 0), place) for place in range(first + both, last)]
    moved = {expected[at] for at in missing} & {found[place] for _, place in added}
    known = {row: at for at, row in reversed(list(enumerate(expected)))}
    told += [Mismatch(Fate.MOVED if expected[at] in moved else Fate.MISSING, at, -1) for at in missing]
    for at, place in added:
        if found[place] in moved:
            continue
        is_known = found[place] in known
        fate, where = (Fate.REPEATED, known[found[place]]) if is_known else (Fate.ADDED, at)
        told.append(Mismatch(fate, where, place))
    return told
