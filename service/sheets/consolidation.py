"""The tables that a workbook holds become those that are the plan asked for, and what is said of the others.

One sheet for each dependencia is one plan in parts; one sheet for each quarter is as many reports, of which one is
asked; a copy, a hidden sheet or a summary is neither.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from service.domain.findings import CellRef, Finding, FindingCode
from service.domain.reading import Given
from service.domain.values import ROMAN
from service.sheets.parsed import Kind
from service.sheets.tables import Table
from service.sheets.wording import Months, bare_quarter_in, quarter_in, quarter_of

_MISSING_IN_A_SUMMARY: Final = 4
_SHARED: Final = 0.8
_MONTH_NAMES: Final = (
    "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre",
    "diciembre",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Chosen:
    """The tables to read, in the order of the workbook, and the findings about the choice."""

    tables: tuple[Table, ...]
    findings: tuple[Finding, ...]


def choose_tables(found: tuple[Table, ...], given: Given) -> Chosen:
    """The tables of the plan and the quarter that are asked for."""
    shown = tuple(table for table in found if not table.sheet.is_hidden) or found
    findings = [_said(FindingCode.TABLE_005, table) for table in found if table not in shown]
    if len(shown) < 2:  # noqa: PLR2004  nothing to choose
        return Chosen(shown, tuple(findings))
    most = max(len(table.columns) for table in shown)
    full = tuple(table for table in shown if len(table.columns) > most - _MISSING_IN_A_SUMMARY)
    findings += [_said(FindingCode.TABLE_010, table) for table in shown if table not in full]
    asked, about_quarters = _of_the_asked_quarter(_Quarters(full), given.quarter)
    chosen, copies = _without_copies(asked)
    findings += [*about_quarters, *copies]
    if len(chosen) > 1:
        names = ", ".join(f"«{table.sheet.name}»" for table in chosen)
        place = CellRef(chosen[0].sheet.name)
        findings.append(FindingCode.TABLE_006.at(place, value=names, count=len(chosen)))
    return Chosen(chosen, tuple(findings))


class _Quarters:
    """Which of several tables are one quarter's each: those of sheets named for it, and those with shared actions.

    A sheet that only says another quarter over its table, with actions of its own, is a dependencia's with a heading
    to correct: leaving it out would lose its actions.
    """

    def __init__(self, tables: tuple[Table, ...]) -> None:
        self.tables = tables
        bare = {id(table): bare_quarter_in(table.sheet.name) for table in tables}
        # One sheet named "I" may be anything; several of them are the quarters of the year.
        has_bare_names = sum(quarter is not None for quarter in bare.values()) > 1
        self._of: dict[int, int | None] = {}
        for table in tables:
            named = quarter_in(table.sheet.name) or (bare[id(table)] if has_bare_names else None)
            quarter = table.quarter or named
            is_one_of_several = named is not None or self._is_told_again(table, quarter)
            self._of[id(table)] = quarter if is_one_of_several else None

    def of(self, table: Table) -> int | None:
        """The quarter that a table is there for; None when it is there for the whole report."""
        return self._of[id(table)]

    def _is_told_again(self, table: Table, quarter: int | None) -> bool:
        if quarter is None:
            return False
        others = (other for other in self.tables if other is not table and other.quarter not in {None, quarter})
        actions = _actions(table)
        return any(_is_copy(actions, known) or _is_copy(known, actions) for known in map(_actions, others))


def _of_the_asked_quarter(by_quarter: _Quarters, given: int | None) -> tuple[tuple[Table, ...], list[Finding]]:
    tables = by_quarter.tables
    quarters = sorted({quarter for table in tables if (quarter := by_quarter.of(table)) is not None})
    if len(quarters) < 2:  # noqa: PLR2004  all speak of the same
        return tables, []
    place = CellRef(tables[0].sheet.name)
    said = spoken_periods((3 * quarter - 2, 3 * quarter) for quarter in quarters)
    findings = []
    if given is None:
        findings = [FindingCode.PLAN_011.at(place, value=said)]
    elif given not in quarters:
        findings = [FindingCode.PLAN_012.at(place, value=said, quarter=ROMAN[given])]
    # Without an answer the draft is made of the last quarter: what could be read is always given.
    taken = given if given in quarters else quarters[-1]
    kept = tuple(table for table in tables if by_quarter.of(table) in {taken, None})
    if not findings:
        asked = f"{ROMAN[taken]} trimestre"
        findings = [_said(FindingCode.TABLE_009, table, quarter=asked) for table in tables if table not in kept]
    return kept, findings


def _without_copies(tables: tuple[Table, ...]) -> tuple[tuple[Table, ...], list[Finding]]:
    kept: list[tuple[Table, set[str]]] = []
    findings = []
    for table in tables:
        actions = _actions(table)
        first = next((other for other, known in kept if _is_copy(actions, known)), None)
        if first is None:
            kept.append((table, actions))
        else:
            findings.append(_said(FindingCode.TABLE_002, table, first=first.sheet.name))
    return tuple(table for table, _ in kept), findings


def _actions(table: Table) -> set[str]:
    column = table.columns.get("action", 0)
    return {
        cell.text
        for row, cells in table.sheet.rows.items()
        if row > table.headings.last_row
        for cell in cells
        if cell.column == column and cell.kind is Kind.TEXT
    }


def _is_copy(actions: set[str], known: set[str]) -> bool:
    return bool(actions) and len(actions & known) >= _SHARED * len(actions)


def spoken_periods(periods: Iterable[Months]) -> str:
    """Periods as a person says them: "II y III trimestre", "mayo-junio"."""
    words = []
    for first, last in periods:
        if (last - first, last % 3) == (2, 0):
            words.append(f"{ROMAN[quarter_of(last)]} trimestre")
        else:
            months = [_MONTH_NAMES[month - 1] for month in dict.fromkeys((first, last))]
            words.append("-".join(months))
    return f"{', '.join(words[:-1])} y {words[-1]}" if len(words) > 1 else "".join(words)


def _said(code: FindingCode, table: Table, **words: str) -> Finding:
    return code.at(CellRef(table.sheet.name), value=table.sheet.name, **words)
