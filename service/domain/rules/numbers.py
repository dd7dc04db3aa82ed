"""V02 and V03: the actions are numbered without gaps or repetitions, and none stands twice.

Two actions are alike when they share the office's share of their letters. Their numbers and names must be the same:
"fase 1" and "fase 2", "Soacha" and "Sibaté", are different actions however long the rest.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Final

from service.domain.findings import Finding, FindingCode
from service.domain.office import Office
from service.domain.plan import Action
from service.domain.rules.rows import Cell, Rows
from service.domain.rules.words import one_line

_COUNTED: Final = re.compile(r"\d{1,9}")
_NUMBERS: Final = re.compile(r"\d+")
_NO_FIGURES: Final = bytes(code for code in range(128) if chr(code) not in "0123456789")
_NAMES: Final = re.compile(r"(?<=[^\W\d_][ ,/])[A-ZÁÉÍÓÚÑ]\w+")
# Alike texts come together when all are sorted, by how they begin or by how they end: nobody compares all with all.
_NEIGHBOURS: Final = 2
_WORTH_COMPARING: Final = 0.6
# Letters by letters that may be compared in all: those of thousands of pairs of actions, or of few endless ones.
_MOST_COMPARED: Final = 60_000_000


def check_numbers(rows: Rows, _office: Office) -> Iterator[Finding]:
    """Gaps and repetitions, sheet by sheet."""
    first_with: dict[str, Cell] = {}
    previous: dict[str, str] = {}
    restarted: set[str] = set()
    for cell in rows.cells("number"):
        number, sheet = str(cell.value), cell.action.source.sheet
        other = first_with.get(number)
        if other is not None and other.action.source.sheet == sheet:
            yield cell.says(FindingCode.ROW_001, value=number, other=other.place.cell)
        elif other is not None and sheet not in restarted:
            restarted.add(sheet)
            yield cell.says(FindingCode.ROW_012, value=number, sheet=sheet, first=other.action.source.sheet)
        elif not first_with and _COUNTED.fullmatch(number) and int(number) != 1:
            yield cell.says(FindingCode.ROW_011, value=number)
        elif sheet in previous and _is_gap(previous[sheet], number):
            yield cell.says(FindingCode.ROW_002, value=number, previous=previous[sheet])
        # A sheet that begins again counts for itself.
        if other is None or other.action.source.sheet != sheet:
            first_with[number] = cell
        previous[sheet] = number


def _is_gap(before: str, number: str) -> bool:
    if not (_COUNTED.fullmatch(before) and _COUNTED.fullmatch(number)):
        return False
    return int(number) != int(before) + 1


def check_duplicates(rows: Rows, office: Office) -> Iterator[Finding]:
    """Actions that stand twice, each told at the later one."""
    first_with: dict[str, Cell] = {}
    first_action: dict[str, Cell] = {}
    previous: Action | None = None
    for action in rows.plan.actions:
        cell = rows.cell(action, "action")
        is_merged = previous is not None and action.action is previous.action
        is_one_row = is_merged and previous is not None and action.indicator is previous.indicator
        previous = action
        if cell is None or not cell.value or is_one_row:
            continue
        alone = _typed(cell)
        whole = f"{alone} | {one_line(action.indicator or '').lower()}"
        if whole in first_with:
            yield cell.says(FindingCode.ROW_013, value=cell.value, other=first_with[whole].place.cell)
            continue
        first_with[whole] = cell
        if alone in first_action and not is_merged:
            yield cell.says(FindingCode.ROW_014, value=cell.value, other=first_action[alone].place.cell)
        first_action.setdefault(alone, cell)
    yield from _near_duplicates(first_with, office.duplicate_similarity)


def _near_duplicates(first_with: dict[str, Cell], least: float) -> Iterator[Finding]:
    order = {text: index for index, text in enumerate(first_with)}
    # Most pairs differ in a number: their figures in a row say so at the price of a comparison.
    figures = {text: text.encode("ascii", "ignore").translate(None, _NO_FIGURES) for text in order}
    likeness = _Likeness(least)
    told: set[str] = set()
    for texts in (sorted(order), sorted(order, key=lambda text: text[::-1])):
        for index, text in enumerate(texts):
            for other in texts[index + 1 : index + 1 + _NEIGHBOURS]:
                if figures[text] != figures[other] or not likeness.may_be(text, other):
                    continue
                earlier, later = sorted((text, other), key=order.__getitem__)
                first, cell = first_with[earlier], first_with[later]
                # The same action with another indicator has been told as that.
                is_other = _NUMBERS.findall(text) != _NUMBERS.findall(other) or _names(first) != _names(cell)
                is_told = later in told or _typed(cell) == _typed(first)
                if not is_told and not is_other and likeness.holds(text, other):
                    told.add(later)
                    yield cell.says(FindingCode.ROW_013, value=cell.value, other=first.place.cell)


class _Likeness:
    """Whether two texts share enough of their letters; the pairs of one plan are compared within a budget."""

    def __init__(self, least: float) -> None:
        self._least = least
        self._left = _MOST_COMPARED

    def may_be(self, text: str, other: str) -> bool:
        """Whether two texts are worth comparing: of a length, and sharing a good part at one end or the other."""
        length, others = len(text), len(other)
        shorter = min(length, others)
        if 2 * shorter < self._least * (length + others):
            return False
        part = int(shorter * _WORTH_COMPARING / 2)
        return text[:part] == other[:part] or text[-part:] == other[-part:]

    def holds(self, text: str, other: str) -> bool:
        """Whether two texts that may be alike are."""
        shorter = min(len(text), len(other))
        beginning = _shared_beginning(text, other, shorter)
        ending = _shared_beginning(text[::-1], other[::-1], shorter - beginning)
        share = 2 * (beginning + ending) / (len(text) + len(other))
        if not _WORTH_COMPARING <= share < self._least or self._left < 0:
            return share >= self._least
        self._left -= len(text) * len(other)
        matcher = SequenceMatcher(None, text, other, autojunk=False)
        return matcher.quick_ratio() >= self._least and matcher.ratio() >= self._least


def _shared_beginning(text: str, other: str, most: int) -> int:
    least = 0
    while least < most:
        middle = (least + most + 1) // 2
        if text[least:middle] == other[least:middle]:
            least = middle
        else:
            most = middle - 1
    return least


def _names(cell: Cell) -> list[str]:
    return [*_NAMES.findall(cell.value), *_NAMES.findall(cell.action.indicator or "")]


def _typed(cell: Cell) -> str:
    return one_line(cell.value).lower()
