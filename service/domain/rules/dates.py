"""V04, V05, V06 and V25: the dates of an action agree with one another, with the year and with the quarter reported."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from typing import Final

from service.domain.findings import Finding, FindingCode
from service.domain.office import Office
from service.domain.rules.progress import is_idle
from service.domain.rules.quantities import has_status
from service.domain.rules.rows import Rows
from service.domain.rules.words import bare
from service.domain.values import printed_date

_DATES: Final = ("starts_on", "ends_on")
_COMPLETION: Final = re.compile(
    r"\b(?:aprob|adopt|culmin|finaliz|termin|conclu|complet|cumpl|entreg|cerr|ejecut[oa]|logr|realiz|publi[cq]|expid"
    r"|socializ|implement|suscri|100 ?%)"
)
_OF_THE_OBJECTIVE: Final = re.compile(r"\b(?:vigencia|plan de accion|ano)(?: del?)? ((?:19|20)\d\d)\b(?! ?[-\u2013a])")


def tells_completion(low: str) -> bool:
    """Whether the bare form of an avance has a word of something that was done: enough for an action that has ended."""
    return _COMPLETION.search(low) is not None


def check_dates(rows: Rows, _office: Office) -> Iterator[Finding]:
    """The dates of every action."""
    yield from _check_order(rows)
    yield from _check_year(rows)
    if rows.quarter is not None:
        yield from _check_quarter(rows, rows.quarter.ends_on)


def _check_order(rows: Rows) -> Iterator[Finding]:
    for cell in rows.cells("ends_on"):
        start = cell.action.starts_on
        if start is not None and cell.value < start:
            yield cell.says(FindingCode.DATE_003, value=printed_date(cell.value), start=printed_date(start))


def _check_year(rows: Rows) -> Iterator[Finding]:
    year = rows.plan.year
    if year is None:
        return
    stated = _OF_THE_OBJECTIVE.findall(bare(rows.plan.objective or ""))
    if stated and str(year) not in stated:
        yield FindingCode.PLAN_021.at(rows.first_sheet(), value=stated[0], found=stated[0], expected=year)
    cells = [cell for field in _DATES for cell in rows.cells(field)]
    years = {cell.value.year for cell in cells}
    if len(years) == 1 and year not in years:
        (found,) = years
        yield cells[0].says(FindingCode.PLAN_022, value=printed_date(cells[0].value), found=found, expected=year)
        return
    for cell in cells:
        if cell.value.year != year:
            yield cell.says(FindingCode.DATE_011, value=printed_date(cell.value), year=year)


def _check_quarter(rows: Rows, cut: dt.date) -> Iterator[Finding]:
    for cell in rows.cells("ends_on"):
        text = cell.action.qualitative_progress
        if cell.value > cut or text is None or has_status(cell.action) or tells_completion(rows.bare(text)):
            continue
        yield cell.says(FindingCode.DATE_012, value=printed_date(cell.value), cut=printed_date(cut))
    for cell in rows.cells("starts_on"):
        text = cell.action.qualitative_progress
        if cell.value > cut and text is not None and not is_idle(text):
            yield cell.says(FindingCode.DATE_013, value=printed_date(cell.value), cut=printed_date(cut))
