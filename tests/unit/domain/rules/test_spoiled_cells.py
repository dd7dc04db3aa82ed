"""Spoil any one cell of a good plan and some finding names that very cell."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.domain.findings import CellRef
from service.domain.plan import DraftPlan
from service.domain.reading import Accepted, Given
from service.sheets.intake import read_plan
from tests.unit.domain.rules.plans import sound_plan
from tests.unit.sheets.office import FIRST_ROW, SHEET, office_book

Damage = tuple[str, Callable[[Any], object]]

# The columns that a kind of damage can befall, and what becomes of the cell.
DAMAGES: dict[str, Damage] = {
    "emptied": ("ABCDEFGHIJK", lambda _: None),
    "white space": ("ABCDEFGHIJK", lambda _: "   "),
    "an error of Excel": ("ABCDEFGHIJK", lambda _: "#REF!"),
    "a formula without its result": ("ABCDEFGHIJK", lambda _: "=1+1"),
    "an invisible override": ("BCDEIJK", lambda text: f"{text[:3]}\u202e{text[3:]}"),
    "a date of nonsense": ("GH", lambda _: "cuando se pueda"),
    "day and month exchanged": ("GH", lambda day: f"{day.month}/{max(day.day, 13)}/{day.year}"),
    "the year mistyped": ("GH", lambda day: day.replace(year=day.year + 10)),
    "an end before the start": ("H", lambda _: dt.date(2024, 2, 1)),
    "a target in words": ("F", lambda target: f"{target} documentos"),
    "a negative target": ("F", lambda target: -target),
    "half a unit": ("F", lambda target: target + 0.5),
    "a periodicity mistyped": ("I", lambda text: text[:4] + text[5:]),
    "a source mistyped": ("J", lambda text: text[:4] + text[5:]),
    "a lead mistyped": ("C", lambda text: text[:6] + text[7:]),
    "two leads glued": ("C", lambda text: f"{text} Dirección General"),
    "another quarter": ("K", lambda text: text.replace("tercer trimestre", "segundo trimestre")),
    "another year": ("K", lambda text: text.replace("2024", "2023")),
    "cut in a word": ("K", lambda text: text[: text.rindex("RMBC") + 3]),
    "cut after a word": ("K", lambda text: text[: text.rindex(" de la RMBC") + 6]),
    "the full stop lost": ("K", lambda text: text[:-1]),
    "two spaces": ("BCDJKI", lambda text: text.replace(" ", "  ", 1) if " " in text else f"{text}  {text}"),
    "told in a word": ("K", lambda _: "Sin avance"),
    "a filler": ("BDK", lambda text: f"{text[:-1]} XXXX."),
    "a private mailbox": ("BK", lambda text: f"{text[:-1]} con jovenes@gmail.com."),
}
PLACES = [(damage, column) for damage, (columns, _) in DAMAGES.items() for column in columns]
ROWS = 6


def cells_of(plan: DraftPlan) -> list[list[Any]]:
    return [
        [
            int(str(action.number)), str(action.action), str(action.lead), str(action.indicator), str(action.unit),
            int(action.target.quantity) if action.target and action.target.quantity else None,
            action.starts_on, action.ends_on, str(action.periodicity), str(action.funding_source),
            str(action.qualitative_progress),
        ]
        for action in plan.actions
    ]  # fmt: skip


@pytest.mark.parametrize("seed", range(3))
def test_the_good_plan_is_good(seed: int) -> None:
    reading = read_plan(office_book(cells_of(sound_plan(ROWS, seed))), Given())
    assert isinstance(reading, Accepted)
    assert reading.findings == ()


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(PLACES), st.integers(0, ROWS - 1), st.integers(0, 1_000))
def test_one_spoiled_cell_is_the_one_that_is_named(place: tuple[str, str], row: int, seed: int) -> None:
    damage, column = place
    rows = cells_of(sound_plan(ROWS, seed))
    index = "ABCDEFGHIJK".index(column)
    rows[row][index] = DAMAGES[damage][1](rows[row][index])
    findings = read_plan(office_book(rows), Given()).findings
    address = CellRef(SHEET, f"{column}{FIRST_ROW + row}")
    assert address in {finding.place for finding in findings}, (damage, rows[row][index])


@settings(max_examples=15, deadline=None)
@given(st.integers(1, ROWS - 1), st.integers(0, 1_000))
def test_a_number_or_an_avance_that_was_copied_is_named(row: int, seed: int) -> None:
    for index in (0, 10):
        rows = cells_of(sound_plan(ROWS, seed))
        rows[row][index] = rows[row - 1][index]
        findings = read_plan(office_book(rows), Given()).findings
        address = CellRef(SHEET, f"{'ABCDEFGHIJK'[index]}{FIRST_ROW + row}")
        assert address in {finding.place for finding in findings}
