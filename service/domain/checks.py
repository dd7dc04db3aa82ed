"""Rules that look across the rows of a plan; each yields its findings, at the cell where a person would correct it.

They work on what was read, never on the workbook, so that a plan from any source can be checked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from service.domain.findings import CellRef, Finding, FindingCode
from service.domain.plan import Action, DraftPlan
from service.domain.reading import MappedColumn
from service.domain.typography import needs_tall_row
from service.domain.values import PlainText, printed_date

_COUNTED: Final = re.compile(r"\d{1,9}")


def check_plan(plan: DraftPlan, mapping: tuple[MappedColumn, ...]) -> Iterator[Finding]:
    """Every finding about rows taken together; `mapping` says in which column each field stands."""
    columns = {column.field: column for column in mapping}
    if "number" in columns:
        yield from _check_numbers(plan, columns["number"])
    if "starts_on" in columns and "ends_on" in columns:
        yield from _check_periods(plan, columns["ends_on"])
    if "qualitative_progress" in columns:
        yield from _check_heights(plan, columns["qualitative_progress"])


def _check_numbers(plan: DraftPlan, column: MappedColumn) -> Iterator[Finding]:
    first_with: dict[PlainText, Action] = {}
    previous: Action | None = None
    for action in plan.actions:
        number = action.number
        # A number merged over several rows is one action with several indicators, not a repetition.
        if number is None or (previous is not None and number is previous.number):
            continue
        place, words = _place(action, column), {"column": column.header, "value": number}
        if number in first_with:
            yield FindingCode.ROW_001.at(place, **words, other=_place(first_with[number], column).cell)
        elif previous is not None and _is_gap(previous.number, number):
            yield FindingCode.ROW_002.at(place, **words, previous=str(previous.number))
        first_with.setdefault(number, action)
        previous = action


def _is_gap(before: PlainText | None, number: PlainText) -> bool:
    if before is None or not (_COUNTED.fullmatch(before) and _COUNTED.fullmatch(number)):
        return False
    return int(number) != int(before) + 1


def _check_periods(plan: DraftPlan, column: MappedColumn) -> Iterator[Finding]:
    for action in plan.actions:
        if action.starts_on is not None and action.ends_on is not None and action.ends_on < action.starts_on:
            yield FindingCode.DATE_003.at(
                _place(action, column),
                column=column.header,
                value=printed_date(action.ends_on),
                start=printed_date(action.starts_on),
            )


def _check_heights(plan: DraftPlan, column: MappedColumn) -> Iterator[Finding]:
    for action in plan.actions:
        if action.qualitative_progress is not None and needs_tall_row(action.qualitative_progress):
            place = _place(action, column)
            yield FindingCode.TEXT_003.at(place, column=column.header, value=action.qualitative_progress)


def _place(action: Action, column: MappedColumn) -> CellRef:
    return CellRef(action.source.sheet, f"{column.column}{action.source.row}")
