"""The texts of two papers -> the places where they differ, named as a planner would name them.

Runs of blanks count as one, so that a program which breaks lines elsewhere has changed nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import islice, zip_longest
from typing import Final

from service.domain.proof import Difference
from service.domain.values import legible

MOST_DIFFERENCES: Final = 200
# What one difference shows of a text, in characters.
_LONGEST: Final = 4_000
# The product of the lengths of two lists above which they are only held against one another place by place.
_TOO_LONG: Final = 4_000_000

# A table is headed within so many rows.
_HEADINGS: Final = 20
_NUMBERED: Final = frozenset({"no.", "no", "n.º", "nº", "n°", "número"})

Row = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table: what it is called ("tabla 1"), and the texts of its rows, with the number that each row goes by.

    `is_sheet`: it stands beside others that tell the same actions, so that its name belongs to every place in it.
    """

    name: str
    rows: tuple[Row, ...]
    numbers: tuple[int, ...]
    is_sheet: bool = False


@dataclass(frozen=True, slots=True)
class PaperText:
    """All that a paper says: its tables, and its lines beside them, each with the place where it stands."""

    tables: tuple[Table, ...]
    lines: tuple[tuple[str, str], ...] = ()


class Unreadable(Exception):
    """A paper that cannot be looked into; the message is a Spanish sentence for whoever dropped it."""


def plain(text: str) -> str:
    """The text with each run of blanks as one space."""
    return " ".join(text.split())


def differences(issued: PaperText, paper: PaperText) -> tuple[tuple[Difference, ...], bool]:
    """Where the paper says something else than what was issued, and whether there is more than is told."""
    found = tuple(islice(_differences(issued, paper), MOST_DIFFERENCES + 1))
    return found[:MOST_DIFFERENCES], len(found) > MOST_DIFFERENCES


def likeness(issued: PaperText, paper: PaperText) -> float:
    """The share of the issued texts, from 0 to 1 and by their length, that the paper has anywhere."""
    ours, theirs = Counter(_texts(issued)), Counter(_texts(paper))
    # Every plan has its "Trimestral": it is the long texts that tell one from another.
    return _length(ours & theirs) / max(1, _length(ours))


def line_differences(place: str, issued: Sequence[str], paper: Sequence[str]) -> Iterator[Difference]:
    """Where two lists of lines part."""
    for _, first, last, start, end in _changed(issued, paper):
        yield _difference(place, "\n".join(issued[first:last]), "\n".join(paper[start:end]))


def _length(texts: Counter[str]) -> int:
    return sum(len(text) * times for text, times in texts.items())


def _texts(paper: PaperText) -> Iterator[str]:
    yield from (cell for table in paper.tables for row in table.rows for cell in row if cell)
    yield from (text for _, text in paper.lines)


def _differences(issued: PaperText, paper: PaperText) -> Iterator[Difference]:
    places = dict.fromkeys(place for place, _ in (*issued.lines, *paper.lines))
    for place in places:
        ours, theirs = _lines_at(place, issued), _lines_at(place, paper)
        # Not in their order: a frame that another program made a text box of stands elsewhere in the file.
        yield from line_differences(
            place, [line for line in ours if line not in theirs], [line for line in theirs if line not in ours]
        )
    for table, other in zip(issued.tables, paper.tables, strict=False):
        if table.name != other.name:
            yield _difference("nombre de la hoja", table.name, other.name)
        yield from _table_differences(table, other)
    for table in issued.tables[len(paper.tables) :]:
        yield _difference(table.name, _whole(table.rows), "")
    for table in paper.tables[len(issued.tables) :]:
        yield _difference(f"{table.name} (agregada)", "", _whole(table.rows))


def _lines_at(place: str, paper: PaperText) -> dict[str, None]:
    """The texts at a place, each once: a writer may repeat a page's header for every kind of page."""
    return dict.fromkeys(text for at, text in paper.lines if at == place)


def _table_differences(ours: Table, theirs: Table) -> Iterator[Difference]:
    for is_paired, first, last, start, end in _changed(ours.rows, theirs.rows):
        if is_paired:
            for offset in range(last - first):
                yield from _row_differences(ours, first + offset, theirs.rows[start + offset])
            continue
        for at in range(first, last):
            yield _difference(_row_place(ours, at), _whole([ours.rows[at]]), "")
        for at in range(start, end):
            yield _difference(f"{_row_place(theirs, at)} (agregada)", "", _whole([theirs.rows[at]]))


def _row_differences(table: Table, at: int, theirs: Row) -> Iterator[Difference]:
    for column, (expected, found) in enumerate(zip_longest(table.rows[at], theirs, fillvalue="")):
        if expected != found:
            yield _difference(_cell_place(table, at, column), expected, found)


def _changed(ours: Sequence[object], theirs: Sequence[object]) -> Iterator[tuple[bool, int, int, int, int]]:
    """The stretches of two lists that differ; paired when each thing of one stands in the place of one of the other."""
    if len(ours) == len(theirs):
        for at in range(len(ours)):
            if ours[at] != theirs[at]:
                yield True, at, at + 1, at, at + 1
        return
    head, least = 0, min(len(ours), len(theirs))
    while head < least and ours[head] == theirs[head]:
        head += 1
    tail = 0
    while tail < least - head and ours[-1 - tail] == theirs[-1 - tail]:
        tail += 1
    left, right = ours[head : len(ours) - tail], theirs[head : len(theirs) - tail]
    if len(left) * len(right) > _TOO_LONG:
        yield False, head, head + len(left), head, head + len(right)
        return
    for what, first, last, start, end in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        if what != "equal":
            is_paired = last - first == end - start
            yield is_paired, head + first, head + last, head + start, head + end


def _cell_place(table: Table, at: int, column: int) -> str:
    key = _key(table)
    number = _number(table.rows[at], key)
    heading = next((row for row in range(len(table.rows)) if _number(table.rows[row], key)), 0)
    labels = (row[column] for row in reversed(table.rows[:heading]) if column < len(row))
    label = next(filter(None, labels), "")
    if number and label:
        return f"{_sheet(table)}acción {number}, columna {label}"
    return f"{table.name}, fila {table.numbers[at]}, columna {column + 1}"


def _row_place(table: Table, at: int) -> str:
    if number := _number(table.rows[at], _key(table)):
        return f"{_sheet(table)}acción {number}"
    return f"{table.name}, fila {table.numbers[at]}"


def _key(table: Table) -> int:
    """The column that numbers the actions: the one headed "No.", or else the first."""
    headings = (row.index(cell) for row in table.rows[:_HEADINGS] for cell in row if cell.casefold() in _NUMBERED)
    return next(headings, 0)


def _number(row: Row, key: int) -> str:
    """The number of the action that a row tells; empty where it tells none."""
    return row[key] if key < len(row) and row[key].isdecimal() else ""


def _sheet(table: Table) -> str:
    return f"{table.name}, " if table.is_sheet else ""


def _whole(rows: Iterable[Row]) -> str:
    return "\n".join(" | ".join(filter(None, row)) for row in islice(rows, MOST_DIFFERENCES))


def _difference(place: str, expected: str, found: str) -> Difference:
    """What is shown of two texts, whatever a stranger's file holds: half a letter would be no text for an answer."""
    return Difference(legible(place), legible(expected[:_LONGEST]), legible(found[:_LONGEST]))
