"""What the re-reading of a finished document found: how much of the report stands in it, and what does not."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import takewhile
from typing import Any, Final

from service.domain.reports import Report

# A document that is wrong throughout is refused for its first differences as well as for all of them.
_MOST_DIFFERENCES: Final = 100
_MARGIN: Final = 30
_LONGEST_SHOWN: Final = 90


@dataclass(frozen=True, slots=True)
class Difference:
    """A place of the document (Spanish: "acción 3, columna META"), what it must hold there and what it holds."""

    place: str
    expected: str
    found: str

    @property
    def lost(self) -> int:
        """Characters of `expected` that are not there: between its beginning and its end, which may be."""
        start = _common(self.expected, self.found)
        end = _common(self.expected[start:][::-1], self.found[start:][::-1])
        return len(self.expected) - start - end

    @property
    def sentence(self) -> str:
        """For a person: the place, and both texts from shortly before they part."""
        start = max(_common(self.expected, self.found) - _MARGIN, 0)
        expected, found = _excerpt(self.expected, start), _excerpt(self.found, start)
        return f"{self.place}: debía decir «{expected}» y dice «{found}»."


@dataclass(frozen=True, slots=True)
class Tally:
    """How many there must be, and how many stand in the document as they must."""

    expected: int
    found: int


@dataclass(frozen=True, slots=True)
class Proof:
    """A document held against its report. `characters` are those of the cells; `pages` are a PDF's, None elsewhere."""

    actions: Tally
    cells: Tally
    characters: Tally
    pages: int | None
    differences: tuple[Difference, ...]

    @property
    def holds(self) -> bool:
        """Whether the document may be published."""
        return not self.differences

    @property
    def sentence(self) -> str:
        """For a person: "10 de 10 acciones, 110 de 110 celdas, 0 caracteres perdidos"."""
        lost = self.characters.expected - self.characters.found
        return (
            f"{self.actions.found} de {_counted(self.actions.expected, 'acción', 'acciones')}, "
            f"{self.cells.found} de {_counted(self.cells.expected, 'celda', 'celdas')}, "
            f"{_counted(lost, 'carácter perdido', 'caracteres perdidos')}"
        )

    def to_json(self) -> dict[str, Any]:
        """As it is kept and shown: plain values."""
        return {
            name: {"expected": tally.expected, "found": tally.found}
            for name, tally in (("actions", self.actions), ("cells", self.cells), ("characters", self.characters))
        } | {
            "pages": self.pages,
            "differences": [
                {"place": one.place, "expected": one.expected, "found": one.found} for one in self.differences
            ],
        }


class Findings:
    """What a comparison gathers on its way to a `Proof`."""

    def __init__(self) -> None:
        self.differences: list[Difference] = []
        self._cells = self._right_cells = self._characters = self._lost = 0
        self._actions: set[int] = set()
        self._wrong_actions: set[int] = set()

    def tell(self, place: str, expected: str, found: str) -> None:
        """Note that a place does not hold what it must."""
        self.differences.append(Difference(place, expected, found))

    def count(self, action: int, cells: int) -> None:
        """Note how many cells an action, told by its place in the plan, must have in the document."""
        self._actions.add(action)
        self._cells += cells
        self._right_cells += cells

    def count_letters(self, characters: int) -> None:
        """Note how many characters the cells of all actions must hold."""
        self._characters += characters

    def miss(self, action: int, difference: Difference, cells: int = 1) -> None:
        """Note that cells of an action are not there as they must be."""
        self._wrong_actions.add(action)
        self._right_cells -= cells
        self._lost += difference.lost
        self.differences.append(difference)

    def refuse(self, expected: str, found: str) -> None:
        """Note that the file cannot be read, so that nothing of the report stands in it."""
        self._wrong_actions = set(self._actions)
        self._right_cells, self._lost = 0, self._characters
        self.differences = [Difference("el archivo entero", expected, found)]

    def proof(self, pages: int | None = None) -> Proof:
        """All that was noted."""
        return Proof(
            Tally(len(self._actions), len(self._actions - self._wrong_actions)),
            Tally(self._cells, self._right_cells),
            Tally(self._characters, self._characters - self._lost),
            pages,
            tuple(self.differences[:_MOST_DIFFERENCES]),
        )


def action_place(report: Report, index: int) -> str:
    """How a person finds an action: by its number, or where it has none by its order."""
    number = report.plan.actions[index].number
    return f"acción {number}" if number else f"la acción que va de {index + 1} en el plan"


def _common(one: str, other: str) -> int:
    """Characters with which both begin."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _excerpt(text: str, start: int) -> str:
    shown = text[start : start + _LONGEST_SHOWN]
    return ("…" if start else "") + shown + ("…" if start + _LONGEST_SHOWN < len(text) else "")


def _counted(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
