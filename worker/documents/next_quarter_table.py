"""A sheet with the plan's table -> which of its cells are labels, and which columns tell of the reported quarter.

It knows the columns that the reader recognised and the rows of the actions; the headers over the other columns it
reads for itself. It never changes a cell.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Final

from service.domain.marks import CONSULTATION_MARK
from service.domain.reading import MappedColumn
from service.domain.rules.quantities import Role, role_of
from service.domain.rules.words import bare, one_line, words_of
from worker.documents.next_quarter_labels import Turn, quarter_named, series_of
from worker.documents.next_quarter_sheet import Place, PlanSheet, column_of

LONGEST_LABEL: Final = 200
_OBJECTIVE: Final = re.compile(r"\s*objetivo(?:\s+[^\W\d_]+){0,4}?\s*(?::\s*(.*)|$)", re.DOTALL)
_HEAD_WORDS: Final = frozenset({"objetivo", "version", "vigencia", "codigo"})
_TOTAL: Final = re.compile(r"\W*(?:gran )?(?:sub ?)?total(?:es)?\b|\W*promedio\b|\W*sumatoria\b")
_PLANNED_WORDS: Final = frozenset({"meta", "linea", "base", "tipo", "anual", "codigo", "cuatrienio"})
_DEPTH: Final = 3
_FAR: Final = 15
_LAST_COLUMN: Final = 16_384

Labels = dict[Place, str]


def series_in(labels: Labels) -> frozenset[Place]:
    """The labels that name one of several periods side by side, or one below the other."""
    lines: dict[tuple[str, int, str], dict[Place, str]] = defaultdict(dict)
    for (row, column), text in labels.items():
        shape = series_of(text)
        if shape is not None:
            said = " ".join(bare(text).split())
            lines["row", row, shape][row, column] = said
            lines["column", column, shape][row, column] = said
    several = (line for line in lines.values() if len(set(line.values())) > 1)
    return frozenset(place for line in several for place in line)


class PlanTable:
    """The table of the plan on one sheet."""

    def __init__(self, sheet: PlanSheet, mapping: Iterable[MappedColumn], rows: Iterable[int], turn: Turn) -> None:
        mapping = tuple(mapping)
        self._sheet = sheet
        self._turn = turn
        self.rows = frozenset(rows)
        self.columns: Mapping[str, int] = {one.field: column_of(one.column) for one in mapping}
        self._first = min(self.rows)
        self._labels_of_fields = {
            column_of(one.column): found
            for one in mapping
            if (found := self._labelled(column_of(one.column), one_line(one.header)))
        }

    @property
    def progress(self) -> int | None:
        """The column of the avance."""
        return self.columns.get("qualitative_progress")

    @cached_property
    def head(self) -> Labels:
        """What stands over the actions, headers among it; the objective, which is the plan's own text, is left out."""
        found: Labels = {}
        left_out: set[Place] = set()
        above = [place for place in self._sheet.filled_beside(self.rows) if place[0] < self._first]
        for at, place in enumerate(above):
            text = self._sheet.text(place)
            objective = _OBJECTIVE.fullmatch(bare(text))
            if objective:
                following = above[at + 1] if at + 1 < len(above) else place
                if not objective[1] and following[0] == place[0]:
                    left_out.add(following)
            elif text and place not in left_out and len(text) <= LONGEST_LABEL:
                found[place] = text
        return found

    @cached_property
    def series(self) -> frozenset[Place]:
        """Those of them that name one of several periods."""
        return series_in(self.head)

    @property
    def foot(self) -> Iterator[tuple[Place, str, Place | None]]:
        """Texts between and under the actions, each with the label over the table that it repeats."""
        repeated = {" ".join(bare(text).split()): place for place, text in self.head.items()}
        for place in self._sheet.filled_beside(self.rows):
            text = self._sheet.text(place) if place[0] > self._first else ""
            if 0 < len(text) <= LONGEST_LABEL:
                yield place, text, repeated.get(" ".join(bare(text).split()))

    @property
    def totals(self) -> Iterator[int]:
        """The rows that sum the actions up."""
        first: dict[int, str] = {}
        for place in self._sheet.filled_beside(self.rows):
            if place[0] > self._first:
                first.setdefault(place[0], self._sheet.text(place))
        return (row for row, text in first.items() if _TOTAL.match(bare(text)))

    @cached_property
    def edge(self) -> int:
        """The last column of the table."""
        top = min((row for row, _ in self._labels_of_fields.values()), default=self._first)
        last = max(self.rows)
        taken = {column for row, column in self._sheet.filled if top <= row <= last}
        edge = max(self.columns.values())
        while edge + 1 in taken:
            edge += 1
        return edge

    @cached_property
    def free_column(self) -> int | None:
        """The first column behind the table in which nothing stands on the whole sheet."""
        taken = {column for _, column in self._sheet.filled}
        for left, _, right, _ in self._sheet.merges:
            taken.update(range(left, min(right, _LAST_COLUMN) + 1))
        return next((column for column in range(self.edge + 1, _LAST_COLUMN + 1) if column not in taken), None)

    @cached_property
    def consultations(self) -> frozenset[int]:
        """The columns that Folio added to look at, on an earlier turn."""
        found = {
            column
            for row, column in self._sheet.filled_beside(self.rows)
            if self._sheet.text((row, column)).endswith(CONSULTATION_MARK)
        }
        return frozenset(found - set(self.columns.values()))

    def headers_over(self, column: int) -> tuple[Place, ...]:
        """The label of a column and the groups over it, from the top down."""
        label = self._label_of(column)
        if label is None:
            return ()
        path = [label]
        action = self.columns.get("action")
        for row in range(label[0] - 1, max(0, label[0] - _DEPTH), -1):
            cells = [place for place in self.head if place[0] == row]
            if not cells or any(_HEAD_WORDS & set(words_of(self.head[place])) for place in cells):
                break
            over = self._covering(row, column, cells)
            if over is not None and action is not None and over == self._covering(row, action, cells):
                break
            if over is not None and over not in path:
                path.insert(0, over)
        return tuple(path)

    @property
    def has_all_quarters(self) -> bool:
        """Whether the avance of several periods stands side by side, each in its own column."""
        return self.progress is not None and any(place in self.series for place in self.headers_over(self.progress))

    @property
    def has_next_quarter(self) -> bool:
        """Whether one of them is the quarter that follows, or a period that is no quarter."""
        if self.progress is None:
            return True
        named = [place for place in self.headers_over(self.progress) if place in self.series]
        alike = {series_of(self.head[place]) for place in named}
        others = [text for place, text in self.head.items() if place in self.series and series_of(text) in alike]
        numbers = {quarter_named(text) for text in others}
        return self._turn.following.number in numbers or None in numbers

    @property
    def follow_up(self) -> Iterator[int]:
        """The columns that tell of the reported quarter alone: what was planned and done in it, and its avance."""
        if self.has_all_quarters:
            return
        if self.progress is not None:
            yield self.progress
        for column in range(1, self.edge + 1):
            if column not in self.columns.values() and self._tells_of_the_quarter(column):
                yield column

    def _tells_of_the_quarter(self, column: int) -> bool:
        path = self.headers_over(column)
        if not path or any(place in self.series for place in path):
            return False
        label = one_line(self.head[path[-1]])
        if role_of(label) is Role.CUMULATIVE:
            return False
        if any(self._turn.names_quarter(self.head[place]) for place in path):
            return True
        return role_of(label) is Role.DONE and not _PLANNED_WORDS & set(words_of(label))

    def _label_of(self, column: int) -> Place | None:
        if column in self._labels_of_fields:
            return self._labels_of_fields[column]
        rows = [row for row, _ in self._labels_of_fields.values()]
        bottom = max((self._bottom(place) for place in self._labels_of_fields.values()), default=0)
        for row in range(bottom, min(rows, default=1) - 1, -1):
            place = self._sheet.over((row, column))
            if place[1] == column and place in self.head:
                return place
        return None

    def _labelled(self, column: int, header: str) -> Place | None:
        """The cell over a column that says its header, which the reader may have made of label and group."""
        for row in range(self._first - 1, max(0, self._first - _FAR), -1):
            place = self._sheet.over((row, column))
            text = one_line(self.head.get(place, ""))
            if text and (header == text or header.endswith(f"· {text}") or header.startswith(f"{text} (")):
                return place
        return None

    def _covering(self, row: int, column: int, cells: list[Place]) -> Place | None:
        """The cell that shows over a column: its own, the merge's, or the group that nobody merged."""
        place = self._sheet.over((row, column))
        if place in self.head:
            return place
        if any(top <= row <= bottom and right > left for left, top, right, bottom in self._sheet.merges):
            return None
        return max((one for one in cells if one[1] <= column), default=None)

    def _bottom(self, place: Place) -> int:
        row, column = place
        return next((merge[3] for merge in self._sheet.merges if merge[:2] == (column, row)), row)
