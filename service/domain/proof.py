"""A finished document held against its report: how much of the report stands in it, and what does not."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import takewhile
from typing import Any, Final, Self

_MARGIN: Final = 30
_LONGEST_SHOWN: Final = 90
_MOST_TOLD: Final = 3


@dataclass(frozen=True, slots=True)
class Difference:
    """A place of the document (Spanish: "acción 3, columna META"), what it must hold there and what it holds.

    Of what is no text, `place` is the sentence that tells it, without its full stop, and the others are empty.
    """

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
        if not self.expected and not self.found:
            return f"{self.place}."
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

    @property
    def complaint(self) -> str:
        """For a person, of a document that may not be published: its first differences, and what to do."""
        told = " ".join(one.sentence[0].upper() + one.sentence[1:] for one in self.differences[:_MOST_TOLD])
        more = len(self.differences) - _MOST_TOLD
        rest = f" Hay {_counted(more, 'diferencia', 'diferencias')} más." if more > 0 else ""
        return f"El documento no quedó igual al informe. {told}{rest} No se publica: avise a quien administra Folio."

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

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """The inverse of `to_json`."""
        actions, cells, characters = (Tally(**data[name]) for name in ("actions", "cells", "characters"))
        differences = tuple(Difference(**one) for one in data["differences"])
        return cls(actions, cells, characters, data["pages"], differences)


def _common(one: str, other: str) -> int:
    """Characters with which both begin."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _excerpt(text: str, start: int) -> str:
    shown = text[start : start + _LONGEST_SHOWN]
    return ("…" if start else "") + shown + ("…" if start + _LONGEST_SHOWN < len(text) else "")


def _counted(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
