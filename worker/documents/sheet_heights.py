"""The texts of a report -> how tall the rows of its actions are, on every sheet of the workbook that shows them.

The widths of a text's words are looked up once, whatever number of sheets it stands on. What was measured is kept with
the compiled template, up to so many texts: most come again, in the issued report after its draft, quarter by quarter.
A long plan has more texts than that, and so a name is measured for all the sheets before the next one is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import mul
from typing import Final

from service.domain.typography import cell_units, is_borrowing, lines_in_rooms, row_height
from worker.documents.context import Names, Value
from worker.documents.sheet_measures import Setting
from worker.documents.sheet_rows import ModelRow

# Texts of one name: some MB of them, if all are as long as those that tell how an action goes.
_REMEMBERED: Final = 4_096


@dataclass(frozen=True, slots=True)
class ShownName:
    """The cells of model rows that show one name and nothing else: how each sets text, by its sheet and column.

    `rooms` are the places among `settings` of those that wrap, with the room of a line, for each face of the font;
    `lines` the points of one line in each setting, without and with glyphs that come from another font.
    """

    settings: tuple[Setting, ...]
    places: Mapping[tuple[str, str], int]
    rooms: tuple[tuple[bool, tuple[int, ...], tuple[int, ...]], ...]
    lines: tuple[tuple[float, ...], tuple[float, ...]]


def text_heights(models: Iterable[ModelRow]) -> dict[tuple[str, str], TextHeights]:
    """How tall the texts of a workbook's model rows are, by what the row is repeated for and the name."""
    cells: dict[tuple[str, str], dict[tuple[str, str], Setting]] = {}
    for model in models:
        for cell in model.cells:
            if cell.key:
                cells.setdefault((model.scope, cell.key), {})[model.sheet, cell.column] = cell.setting
    return {name: TextHeights(_shown(of_name)) for name, of_name in cells.items()}


def tall_rows(
    models: Sequence[ModelRow],
    plan: Names,
    actions: Sequence[Names],
    heights: Mapping[tuple[str, str], TextHeights],
) -> list[list[float]]:
    """The points that each action's row needs, for each of some model rows that are repeated for the same.

    `heights` are those of the texts of each name, as `text_heights` makes them.
    """
    tall = [[model.height_of_the_rest(plan)] * len(actions) for model in models]
    shown: dict[str, list[tuple[int, int]]] = {}
    for at, model in enumerate(models):
        for cell in model.cells:
            if cell.key is None:
                needed = [cell.setting.height(cell.shown(plan, action)) for action in actions]
                tall[at] = list(map(max, tall[at], needed))
            elif cell.key and actions:
                cell.shown(plan, actions[0])  # a column of the office's own may be missing
                known = heights[model.scope, cell.key]
                shown.setdefault(cell.key, []).append((at, known.shown.places[model.sheet, cell.column]))
    for name, places in shown.items():
        known = heights[models[0].scope, name]
        measured = list(map(known.__getitem__, [action[name] for action in actions]))
        for at, place in places:
            tall[at] = list(map(max, tall[at], [needs[place] for needs in measured]))
    return tall


def _shown(cells: Mapping[tuple[str, str], Setting]) -> ShownName:
    settings = tuple(cells.values())
    rooms = []
    for bold in (False, True):
        wrapping = tuple(at for at, setting in enumerate(settings) if setting.wraps and setting.bold is bold)
        if wrapping:
            units = tuple(cell_units(settings[at].width, settings[at].size) for at in wrapping)
            rooms.append((bold, wrapping, units))
    lines = tuple(
        tuple(row_height(1, setting.size, is_borrowing=borrowing) for setting in settings)
        for borrowing in (False, True)
    )
    return ShownName(settings, {cell: at for at, cell in enumerate(cells)}, tuple(rooms), (lines[0], lines[1]))


class TextHeights(dict[Value, tuple[float, ...]]):
    """The points of row that a value of one name needs in each setting that shows it, measured when asked for."""

    def __init__(self, shown: ShownName) -> None:
        super().__init__()
        self.shown = shown

    def __missing__(self, value: Value) -> tuple[float, ...]:
        if len(self) >= _REMEMBERED:
            self.clear()
        # A number or a date never wraps.
        text = value if isinstance(value, str) else ""
        shown = self.shown
        counts = [1] * len(shown.settings)
        for bold, places, rooms in shown.rooms:
            found = lines_in_rooms(text, rooms, bold=bold)
            if len(found) == len(counts):  # all the cells that show it, in their order
                counts = found
                break
            for place, count in zip(places, found, strict=True):
                counts[place] = count
        heights = self[value] = tuple(map(mul, counts, shown.lines[is_borrowing(text)]))
        return heights
