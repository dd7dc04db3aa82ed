"""A context -> its values as running text writes them, in bytes: what a template prints is looked up, never computed.

They are escaped many at a time, with a character between them that no value can hold, and only the names that a
template uses. Actions come a stretch at a time, so that a plan of any length takes no more room than its document.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from jinja2.exceptions import UndefinedError

from service.domain.values import PlainText
from worker.documents.context import ACTION_NAMES, Names, Value, extra_name, printed
from worker.documents.row_fit import ModelRow

# No XML can hold it, so neither can a value.
_BETWEEN: Final = "\0"
_ESCAPED: Final = ((b"&", b"&amp;"), (b"<", b"&lt;"), (b">", b"&gt;"), (b"'", b"&#39;"), (b'"', b"&#34;"))
_LINE: Final = b'</w:t><w:br/><w:t xml:space="preserve">'
_TAB: Final = b'</w:t><w:tab/><w:t xml:space="preserve">'
_BREAKS: Final = ((b"\n", _LINE), (b"\t", _TAB))
TEXT_BREAKS: Final = (_LINE.decode(), _TAB.decode())
_AT_ONCE: Final = 64
_TEXTS: Final = frozenset({str, PlainText})
# What no template can ask for itself: what keeps a row whole, what ties its paragraphs to what follows the actions, and
# what tells whose turn it is.
KEPT_WHOLE: Final = b"_entera"
STAYS_WITH_END: Final = b"_al_final"
TURN_BEGINS: Final = b"_turno"
WHOLE: Final = b"<w:cantSplit/>"


class WrittenNames(dict[str | bytes, Any]):
    """The names of a plan, an action, a change…: under a text the value as it is printed, under bytes as it is written.

    A template is compiled only with names that there are, but for the columns of the office's own.
    """

    def __missing__(self, name: str | bytes) -> object:
        raise UndefinedError(f"there is no {name!r}")


def _written(together: str) -> list[bytes]:
    """Each of the joined texts as a part's running text holds it."""
    content = together.encode()
    for plain, escaped in _ESCAPED:
        content = content.replace(plain, escaped)
    for plain, mark in _BREAKS:
        content = content.replace(plain, mark)
    return content.split(_BETWEEN.encode())


def written_names(names: Names) -> WrittenNames:
    """All of a few names, both ways."""
    texts = [printed(value) for value in names.values()]
    both = WrittenNames(zip(names, texts, strict=True))
    both.update(zip(map(str.encode, names), _written(_BETWEEN.join(texts)), strict=True))
    return both


@dataclass(frozen=True, slots=True)
class ActionRows:
    """The names of each action in the plan's order, to be gone through as often as a template does.

    `used` are the names that the template uses, and those in `asked` it wants as they are printed, too; `others` are
    the headers of the office's own columns. `model_row` tells whose row is kept whole, `turn` what stands at the
    beginning of an action's turn, and `ends` what the last actions have otherwise, by their place.
    """

    actions: Sequence[Names]
    used: frozenset[str]
    asked: frozenset[str]
    others: tuple[str, ...]
    model_row: ModelRow | None
    turn: Callable[[int], bytes]
    ends: Mapping[int, Mapping[str | bytes, bytes]]

    def __len__(self) -> int:
        """How many actions there are."""
        return len(self.actions)

    def __iter__(self) -> Iterator[WrittenNames]:
        """The names of each action."""
        for first in range(0, len(self.actions), _AT_ONCE):
            yield from self._stretch(first)

    def _stretch(self, first: int) -> Iterable[WrittenNames]:
        actions = self.actions[first : first + _AT_ONCE]
        names = self._names(actions[0])
        columns = {name: _printed([action[name] for action in actions]) for name in names}
        # All the texts of one action after those of another, as they will be split again.
        texts = [""] * (len(names) * len(actions))
        for place, column in enumerate(columns.values()):
            texts[place :: len(names)] = column
        together = _BETWEEN.join(texts)
        cells = _written(together)
        kept = self._kept_whole(columns, together)
        places = range(first, first + len(actions))
        keys = [*map(str.encode, names), KEPT_WHOLE, STAYS_WITH_END, TURN_BEGINS]
        table = [cells[place :: len(names)] for place in range(len(names))]
        table += [kept, [b""] * len(actions), [self.turn(place) for place in places]]
        rows = [WrittenNames(zip(keys, row, strict=True)) for row in zip(*table, strict=True)]
        for place in self.ends:
            if place in places:
                rows[place - first].update(self.ends[place])
        if self.asked:
            for row, printed_row in zip(rows, zip(*columns.values(), strict=True), strict=True):
                row.update(zip(names, printed_row, strict=True))
                row["otros"] = {header: row[extra_name(header)] for header in self._asked_others}
        return rows

    def _kept_whole(self, columns: Mapping[str, Sequence[str]], together: str) -> list[bytes]:
        kept = [WHOLE] * len(columns[ACTION_NAMES[0]])
        if self.model_row:
            has_breaks = "\n" in together or "\t" in together
            for place in self.model_row.too_tall(columns, has_breaks=has_breaks):
                kept[place] = b""
        return kept

    def _names(self, action: Names) -> list[str]:
        decisive = self.model_row.names if self.model_row else ()
        others = map(extra_name, self._asked_others)
        wanted = dict.fromkeys((ACTION_NAMES[0], *sorted(self.used), *decisive, *others))
        return [name for name in wanted if name in action]

    @property
    def _asked_others(self) -> tuple[str, ...]:
        return self.others if "otros" in self.asked else ()


def _printed(values: list[Value]) -> list[str]:
    if _TEXTS.issuperset(map(type, values)):
        return cast("list[str]", values)
    return list(map(printed, values))
