"""An uploaded workbook becomes a plan with all that there is to say about it: accepted, rejected or unreadable.

It never raises for what the bytes hold, never stops at the first finding, and never drops a cell that it does not
know: unknown columns travel with the action.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from service.domain.checks import check_plan
from service.domain.findings import CellRef, Finding, FindingCode
from service.domain.office import Office
from service.domain.plan import Action, DraftPlan
from service.domain.progress import Progress, Stage, Tell, tell_nobody
from service.domain.reading import (
    Given,
    MappedColumn,
    Reading,
    Unreadable,
    decided,
    with_accepted,
)
from service.domain.values import ROMAN, PlainText, legible
from service.sheets.columns import COLUMNS
from service.sheets.consolidation import Chosen, choose_tables, spoken_periods
from service.sheets.corrected import correct
from service.sheets.formats import read_sheets
from service.sheets.guard import UnreadableWorkbook
from service.sheets.heads import contradictions, read_head
from service.sheets.marks import acceptances_in, without_marks
from service.sheets.matching import said_columns
from service.sheets.parsed import ParsedSheet, address, column_letters, column_number
from service.sheets.rows import Rows, habits_of
from service.sheets.tables import Table, find_table
from service.sheets.wording import plain_words

_ADDRESS: Final = re.compile(r"([A-Z]+)([0-9]+)")
_REFERENCE_OFFICE: Final = Office()
_TOLD_EVERY: Final = 100


def read_plan(
    content: bytes,
    given: Given,
    office: Office = _REFERENCE_OFFICE,
    tell: Tell = tell_nobody,
) -> Reading:
    """The plan in a spreadsheet of any content, with every finding in reading order.

    `tell` hears how many actions were read, and how much of their checking is behind.
    """
    tell(Progress(Stage.READING))
    try:
        book = read_sheets(content)
    except UnreadableWorkbook as refusal:
        return Unreadable((refusal.finding,))
    corrected = correct(without_marks(book.sheets), given.corrections)
    if corrected.refused:
        return Unreadable(corrected.refused)
    sheets = corrected.sheets
    found = tuple(table for sheet in sheets if (table := find_table(sheet, given, office)))
    chosen = choose_tables(found, given)
    if not chosen.tables:
        place = CellRef(sheets[0].name) if sheets else None
        return Unreadable((FindingCode.TABLE_001.at(place), *book.findings))
    draft, mapping, extra_columns, findings = _read_tables(chosen, sheets, given, office, tell)
    names = [sheet.name for sheet in sheets]
    in_order = sorted([*book.findings, *findings], key=lambda finding: _reading_order(finding, names))
    typed = acceptances_in(book.sheets)
    said = with_accepted(in_order, (*typed, *given.accepted))
    layout = chosen.tables[0].headings.fingerprint()
    return decided(
        draft,
        mapping,
        said,
        layout=layout,
        typed=typed,
        extra_columns=extra_columns,
        corrections=corrected.made,
    )


def _read_tables(
    chosen: Chosen,
    sheets: tuple[ParsedSheet, ...],
    given: Given,
    office: Office,
    tell: Tell,
) -> tuple[DraftPlan, tuple[MappedColumn, ...], tuple[MappedColumn, ...], list[Finding]]:
    tables = chosen.tables
    own = [table.sheet for table in tables]
    elsewhere = (*own[1:], *(sheet for sheet in sheets if sheet not in own and not sheet.is_hidden))
    head = read_head(tables[0], given, elsewhere, office)
    findings = [*chosen.findings, *head.findings, *contradictions(tables), *_unknown_names(tables, given)]
    habits = habits_of(tables)
    actions: list[Action] = []
    below = sum(row > table.headings.last_row for table in tables for row in table.sheet.rows)
    for table in tables:
        lead = _lead_of_sheet(table, len(tables) > 1, office)
        findings += _about_columns(table, lead)
        rows = Rows(table, head, habits, lead)
        for action in rows.actions():
            actions.append(action)
            if not len(actions) % _TOLD_EVERY:
                tell(Progress(Stage.READING, 100 * len(actions) // below, len(actions)))
        findings += rows.findings
    if not actions:
        findings.append(FindingCode.TABLE_004.at(_labels_at(tables[0])))
    if any(finding.code is FindingCode.PLAN_011 for finding in findings):
        # Which of several quarters is asked for is one question, not two.
        findings = [finding for finding in findings if finding.code is not FindingCode.PLAN_002]
    mapping = tuple(column for table in tables for column in _mapped(table))
    draft = DraftPlan(head.year, head.quarter, head.version, head.title, head.objective, tuple(actions))
    extra_columns = tuple(column for table in tables for column in _extra_columns(table))
    tell(Progress(Stage.CHECKING, 0, len(actions)))
    findings += check_plan(
        draft,
        mapping,
        office,
        extra_columns,
        on_checked=lambda percent: tell(Progress(Stage.CHECKING, percent, len(actions))),
    )
    return draft, mapping, extra_columns, findings


def _mapped(table: Table) -> Iterator[MappedColumn]:
    for field, column in sorted(table.columns.items(), key=lambda item: item[1]):
        yield MappedColumn(field, table.sheet.name, column_letters(column), legible(table.headers[column]))


def _extra_columns(table: Table) -> Iterator[MappedColumn]:
    known = set(table.columns.values())
    for column, header in table.headers.items():
        if column not in known:
            yield MappedColumn("", table.sheet.name, column_letters(column), legible(header))


def _lead_of_sheet(table: Table, is_one_of_several: bool, office: Office) -> PlainText | None:  # noqa: FBT001
    """The name of a sheet, where its table has no column of leads and the sheet is named for one."""
    if "lead" in table.columns:
        return None
    name = table.sheet.name
    is_unit = plain_words(name) in {plain_words(unit) for unit in office.units}
    return PlainText.admit(legible(name)) if is_one_of_several or is_unit else None


def _about_columns(table: Table, lead: PlainText | None) -> Iterator[Finding]:
    """What is missing, guessed, hidden, or there once for each quarter."""
    match = table.match
    has_progress = "qualitative_progress" in match.columns
    for column in COLUMNS:
        if column.field in match.columns or (column.field == "qualitative_progress" and match.periods):
            continue
        if column.field == "lead" and lead is not None:
            yield FindingCode.COLUMN_004.at(_labels_at(table), column=column.header, value=lead)
        else:
            yield FindingCode.COLUMN_001.at(_labels_at(table), column=column.header)
    official = {column.field: column.header for column in COLUMNS}
    for field, evidence in match.guessed.items():
        at = match.columns[field]
        words = {"value": table.headers[at], "evidence": evidence}
        yield FindingCode.COLUMN_002.at(_heading_at(table, at), column=official[field], **words)
    for at in sorted(table.sheet.hidden_columns & set(table.headers)):
        yield FindingCode.TABLE_007.at(_heading_at(table, at), column=table.headers[at], value=table.headers[at])
    if match.periods and match.quarter is None:
        yield FindingCode.PLAN_011.at(_labels_at(table), value=spoken_periods(match.periods))
    elif match.periods and match.quarter is not None:
        quarter, count = ROMAN[match.quarter], len(match.periods)
        if has_progress:
            over = table.headings.by_column[match.columns["qualitative_progress"]]
            place = _heading_at(table, over.column)
            yield FindingCode.TABLE_008.at(place, value=over.full_name, quarter=quarter, count=count)
        else:
            yield FindingCode.PLAN_012.at(_labels_at(table), value=spoken_periods(match.periods), quarter=quarter)


def _unknown_names(tables: Iterable[Table], given: Given) -> Iterator[Finding]:
    for name, field in given.mapping:
        if not any(said_columns(table.headings, ((name, field),)) for table in tables):
            yield FindingCode.COLUMN_003.at(value=name)


def _labels_at(table: Table) -> CellRef:
    return CellRef(table.sheet.name, address(table.headings.last_row, min(table.headers)))


def _heading_at(table: Table, column: int) -> CellRef:
    heading = table.headings.by_column.get(column)
    row = heading.label.row if heading and heading.label.column == column else table.headings.last_row
    return CellRef(table.sheet.name, address(row, column))


def _reading_order(finding: Finding, sheets: list[str]) -> tuple[int, int, int]:
    if finding.place is None:
        return (-1, 0, 0)
    at = sheets.index(finding.place.sheet) if finding.place.sheet in sheets else len(sheets)
    found = _ADDRESS.fullmatch(finding.place.cell)
    return (at, int(found.group(2)), column_number(found.group(1))) if found else (at, 0, 0)
