"""Two lists of actions -> which action of one is which of the other.

Whoever inserts an action numbers all those below it anew, and whoever replaces one leaves its number to another: so a
number counts only where the texts do not contradict it, and a text counts wherever it went. Nothing is matched twice,
and the same lists always give the same pairs.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Callable, Hashable, Iterator, Sequence
from operator import itemgetter
from typing import Final

from service.domain.plan import Action
from service.domain.rules.words import bare

Pairs = tuple[tuple[int | None, int | None], ...]
_Texts = tuple[tuple[str, ...], tuple[str, ...]]

# Words, the commas and points inside numbers, and the signs that change what a number says.
_SAID: Final = re.compile(r"[^\W_]+|[%$€<>=+]|(?<=\d)[.,](?=\d)")
# Signs that keyboards and word processors write in several ways.
_ONE_WAY: Final = str.maketrans(
    {**dict.fromkeys("“”„«»", '"'), **dict.fromkeys("‘’‚", "'"), **dict.fromkeys("‐‑‒–—―−", "-")}
)
# Blanks beside a sign say nothing, but between figures ("10, 5") and before a negative one ("de -5").
_BLANKS_THAT_COUNT: Final = r"\d\s*[.,:-]\s*(?=\d)|\s-(?=\d)"
_SIGN: Final = re.compile(rf"({_BLANKS_THAT_COUNT})|\s*([^\w\s])\s*")
# How much two actions share, from 0 to 1, to be one that was reworded: under the same number, and under another.
_ALIKE: Final = 0.3
_ALIKE_ELSEWHERE: Final = 0.8
# A word that more actions than these have tells none of them from the rest.
_TELLING: Final = 25


def match_actions(before: Sequence[Action], after: Sequence[Action]) -> Pairs:
    """Index pairs in the order of `after`: (i, j) is one action, (i, None) was removed, (None, j) was added.

    A removed action comes behind the one that it followed before. The sheets of a consolidated plan count: each has
    numbers of its own.
    """
    return _Matching(before, after).pairs()


def says_the_same(one: str, other: str) -> bool:
    """Whether two texts differ at most in typing: blanks, capitals, the kind of quotes and dashes, a last stop.

    Any other sign may turn a formula or a figure round, and an accent a word (año, ano): those are no typing.
    """
    return one == other or _typed(one) == _typed(other) != ""


def sheet_names(actions: Sequence[Action], others: Sequence[Action]) -> dict[str, str | int]:
    """What to call each sheet of a plan so that it has the same name in both of two plans.

    Sheets are often called after the quarter: one without a namesake is known by its turn among those without.
    """
    names = dict.fromkeys(action.source.sheet for action in actions)
    namesakes = {action.source.sheet for action in others}
    turns = iter(range(len(names)))
    return {name: name if name in namesakes else next(turns) for name in names}


def longest_rising(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """As many of the pairs as rise on both sides, in their order; no number comes twice on the same side."""
    in_order = sorted(pairs, key=itemgetter(1))
    lasts: list[int] = []
    places: list[int] = []
    earlier: list[int | None] = []
    for place, (first, _) in enumerate(in_order):
        length = bisect_left(lasts, first)
        earlier.append(places[length - 1] if length else None)
        lasts[length : length + 1] = [first]
        places[length : length + 1] = [place]
    found: list[tuple[int, int]] = []
    at = places[-1] if places else None
    while at is not None:
        found.append(in_order[at])
        at = earlier[at]
    return found[::-1]


class _Matching:
    def __init__(self, before: Sequence[Action], after: Sequence[Action]) -> None:
        self.before = before
        self.after = after
        self.found: dict[int, int] = {}

        def places(actions: Sequence[Action], others: Sequence[Action]) -> list[Hashable]:
            names = sheet_names(actions, others)
            return [(names[action.source.sheet], action.number) for action in actions]

        self.old, self.new = places(before, after), places(after, before)

    def pairs(self) -> Pairs:
        # Most actions of most plans end here: letter for letter what they were, under the same number.
        self._pair(
            lambda i: (self.old[i], self.before[i].action, self.before[i].indicator),
            lambda j: (self.new[j], self.after[j].action, self.after[j].indicator),
        )
        left, come = self._unmatched()
        if left and come:
            old = {i: _texts(self.before[i]) for i in left}
            new = {j: _texts(self.after[j]) for j in come}
            self._pair(lambda i: (self.old[i], old[i]), lambda j: (self.new[j], new[j]))
            self._pair(old.__getitem__, new.__getitem__)
            taken = set(self.found.values())
            for _, _, i, j in sorted(self._reworded(old, new)):
                if j not in self.found and i not in taken:
                    self.found[j] = i
                    taken.add(i)
        return tuple(self._in_order())

    def _unmatched(self) -> tuple[list[int], list[int]]:
        taken = set(self.found.values())
        left = [i for i in range(len(self.before)) if i not in taken]
        return left, [j for j in range(len(self.after)) if j not in self.found]

    def _pair(self, old: Callable[[int], Hashable], new: Callable[[int], Hashable]) -> None:
        """Match what has the same key; where several have it, in their order."""
        left, come = self._unmatched()
        waiting: dict[Hashable, list[int]] = {}
        for i in reversed(left):
            waiting.setdefault(old(i), []).append(i)
        for j in come:
            if candidates := waiting.get(new(j)):
                self.found[j] = candidates.pop()

    def _reworded(self, old: dict[int, _Texts], new: dict[int, _Texts]) -> Iterator[tuple[float, int, int, int]]:
        """What may be one action, told otherwise: (how unlike, how far apart, i, j); the same number comes first."""
        left, come = self._unmatched()
        by_place: dict[Hashable, list[int]] = {}
        by_word: dict[str, list[int]] = {}
        for i in left:
            by_place.setdefault(self.old[i], []).append(i)
            for word in set(old[i][0]):
                by_word.setdefault(word, []).append(i)
        for j in come:
            here = by_place.get(self.new[j], [])
            telling = (by_word[word] for word in set(new[j][0]) if 0 < len(by_word.get(word, ())) <= _TELLING)
            shared = {i for actions in telling for i in actions}
            for i in here:
                if (alike := _likeness(old[i], new[j])) >= _ALIKE:
                    yield -alike - 1, abs(i - j), i, j
            for i in shared.difference(here):
                if (alike := _likeness(old[i], new[j])) >= _ALIKE_ELSEWHERE and _figures(old[i]) == _figures(new[j]):
                    yield -alike, abs(i - j), i, j

    def _in_order(self) -> Iterator[tuple[int | None, int | None]]:
        taken = set(self.found.values())

        def removed_from(i: int) -> Iterator[tuple[int, None]]:
            while i < len(self.before) and i not in taken:
                yield i, None
                i += 1

        yield from removed_from(0)
        for j in range(len(self.after)):
            yield self.found.get(j), j
            if j in self.found:
                yield from removed_from(self.found[j] + 1)


def _typed(text: str) -> str:
    one_way = unicodedata.normalize("NFC", text).lower().translate(_ONE_WAY)
    closed = _SIGN.sub(lambda sign: sign[1] or sign[2], " ".join(one_way.split()))
    return closed.removesuffix(".").rstrip()


def _said(text: str) -> tuple[str, ...]:
    return tuple(_SAID.findall(bare(text)))


def _texts(action: Action) -> _Texts:
    return _said(action.action or ""), _said(action.indicator or "")


def _likeness(one: _Texts, other: _Texts) -> float:
    """How much two actions share, from 0 to 1; where a text could not be read, the number has the word."""
    if not one[0] or not other[0]:
        return _ALIKE
    actions = _shared(one[0], other[0])
    return max(actions, (actions + _shared(one[1], other[1])) / 2)


def _shared(one: tuple[str, ...], other: tuple[str, ...]) -> float:
    return 2 * len(set(one) & set(other)) / (len(set(one)) + len(set(other)) or 1)


def _figures(texts: _Texts) -> list[str]:
    return [word for text in texts for word in text if word.isdecimal()]
