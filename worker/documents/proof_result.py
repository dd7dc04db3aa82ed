"""What the re-reading of a finished document gathers on its way to a `Proof`."""

from __future__ import annotations

from collections import Counter
from typing import Final

from service.domain.proof import Difference, Proof, Tally
from service.domain.reports import Report

# A document that is wrong throughout is refused for its first differences as well as for all of them.
_MOST_DIFFERENCES: Final = 100


class Findings:
    """What a comparison gathers on its way to a `Proof`."""

    def __init__(self) -> None:
        self.differences: list[Difference] = []
        self._characters = self._lost = 0
        self._cells: dict[int, int] = {}
        # By the action and the sheet that tells it: a cell that is wrong on two sheets is one cell.
        self._wrong: Counter[tuple[int, str]] = Counter()

    def tell(self, place: str, expected: str, found: str) -> None:
        """Note that a place does not hold what it must."""
        self.differences.append(Difference(place, expected, found))

    def remark(self, sentence: str) -> None:
        """Note what is not as it must be and is no text: a sentence for a person, without its full stop."""
        self.differences.append(Difference(sentence, "", ""))

    def count(self, action: int, cells: int) -> None:
        """Note how many cells an action, told by its place in the plan, must have in the document."""
        self._cells[action] = self._cells.get(action, 0) + cells

    def count_letters(self, characters: int) -> None:
        """Note how many characters the cells of all actions must hold."""
        self._characters += characters

    def miss(self, action: int, difference: Difference, cells: int = 1, *, sheet: str = "") -> None:
        """Note that cells of an action are not there as they must be, or not on one of several sheets."""
        self._wrong[action, sheet] += cells
        self._lost += difference.lost
        self.differences.append(difference)

    def refuse(self, expected: str, found: str) -> None:
        """Note that the file cannot be read, so that nothing of the report stands in it."""
        self._wrong = Counter({(action, ""): cells for action, cells in self._cells.items()})
        self._lost = self._characters
        self.differences = [Difference("el archivo entero", expected, found)]

    def proof(self, pages: int | None = None) -> Proof:
        """All that was noted."""
        wrong: dict[int, int] = {}
        for (action, _), cells in self._wrong.items():
            wrong[action] = max(wrong.get(action, 0), cells)
        count = sum(self._cells.values())
        return Proof(
            Tally(len(self._cells), len(self._cells.keys() - wrong.keys())),
            Tally(count, count - sum(wrong.values())),
            Tally(self._characters, self._characters - self._lost),
            pages,
            tuple(self.differences[:_MOST_DIFFERENCES]),
        )


def action_place(report: Report, index: int) -> str:
    """How a person finds an action: by its number, or where it has none by its order."""
    number = report.plan.actions[index].number
    return f"acción {number}" if number else f"la acción que va de {index + 1} en el plan"
