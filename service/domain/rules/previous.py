"""V02, V11, V17 and V20: a plan against the one of the report before it.

Under the same version nothing of the plan may change but its follow-up: what the committee approves is an error, what
planning does a warning. Under a new version what came and went is told.
Words count, not how they are typed: a double space that was mended is no modification.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from service.domain.changes import (
    PLAN_FIELDS,
    Approver,
    FieldChange,
    field_changes,
    header_changes,
    match_actions,
)
from service.domain.findings import Finding, FindingCode
from service.domain.office import Office
from service.domain.plan import Action, DraftPlan, Plan
from service.domain.reading import MappedColumn
from service.domain.rules.progress import is_idle
from service.domain.rules.quantities import Role, amounts_of, is_accumulating
from service.domain.rules.rows import Cell, Rows
from service.domain.rules.words import counted, listed, same_words
from service.domain.values import ROMAN

_TITLES: Final = {"title": "Título", "objective": "Objetivo"}
_NOTHING: Final = "(vacío)"
_LISTED: Final = 12


def compare_with_previous(
    plan: DraftPlan,
    mapping: tuple[MappedColumn, ...],
    previous: Plan,
    office: Office,
    extra_columns: tuple[MappedColumn, ...] = (),
    *,
    read: Iterable[Finding] = (),
) -> tuple[Finding, ...]:
    """What a plan says otherwise than the latest report of its year, whatever quarter that was.

    Plans of different years have nothing to say about one another. `read` is what its reading found: it tells a cell
    that was emptied from one that could not be read.
    """
    if plan.year != previous.year or not plan.actions:
        return ()
    rows = Rows(plan, mapping, extra_columns)
    matched = match_actions(previous.actions, plan.actions)
    pairs = [(plan.actions[j], previous.actions[i]) for i, j in matched if i is not None and j is not None]
    added = [plan.actions[j] for i, j in matched if i is None and j is not None]
    lost = [previous.actions[i] for i, j in matched if i is not None and j is None]
    findings: list[Finding] = []
    if plan.version == previous.version:
        is_renumbered = not added and not lost
        modified = _Modified(rows, previous, office, read)
        findings += modified.above_the_table()
        for action, before in pairs:
            findings += modified.fields(action, before, is_renumbered=is_renumbered)
    findings += _came_and_went(rows, added, lost, previous)
    if plan.quarter != previous.quarter.number:
        findings += _copied(rows, pairs, previous)
    if plan.quarter is not None and plan.quarter > previous.quarter.number:
        for action, before in pairs:
            findings += _fallen(rows, action, before, previous)
    return tuple(findings)


class _Modified:
    """What changed of the plan itself under the version that approved it."""

    def __init__(self, rows: Rows, previous: Plan, office: Office, read: Iterable[Finding]) -> None:
        self.rows = rows
        self.previous = previous
        self.office = office
        found = [(finding.code, finding.place) for finding in read]
        self.empty = {place for code, place in found if code is FindingCode.CELL_001}
        self.unread = {place for _, place in found}
        # A column that came or went, as those of each quarter do, is no change of what each action says.
        self.shared = {header for action in rows.plan.actions for header, _ in action.extras}
        self.shared &= {header for action in previous.actions for header, _ in action.extras}

    def above_the_table(self) -> Iterator[Finding]:
        now = self.rows.plan
        whole = now.with_blanks()
        for change in header_changes(self.previous, whole, self.office) if whole else ():
            # What is missing there has its own finding.
            if change.approver and change.field in _TITLES and getattr(now, change.field) is not None:
                place, column = self.rows.first_sheet(), _TITLES[change.field]
                yield _code(change).at(place, column=column, value=change.after, **self._words(change))

    def fields(self, action: Action, before: Action, *, is_renumbered: bool) -> Iterator[Finding]:
        for change in field_changes(before, action, self.office):
            if change.approver is None or (change.field == "number" and not is_renumbered):
                continue
            cell = self._cell(action, change)
            if cell is not None:
                code = _code(change)
                # What planning approves was probably meant: nobody is to undo it with the other corrections.
                approved = change.before or None if code is FindingCode.CHANGE_001 else None
                yield cell.says(code, value=change.after, proposal=approved, **self._words(change))

    def _cell(self, action: Action, change: FieldChange) -> Cell | None:
        """Where the change stands; None where there is no such column, or what it holds now could not be read."""
        if change.field in PLAN_FIELDS:
            cell = self.rows.cell(action, change.field)
            return cell if cell and (change.after or cell.place in self.empty) else None
        if change.field not in self.shared:
            return None
        cell = self.rows.extra_cell(action, change.field, change.after)
        return cell if change.after or cell.place not in self.unread else None

    def _words(self, change: FieldChange) -> dict[str, str]:
        return {
            "version": str(self.previous.version),
            "before": _shortened(change.before) or _NOTHING,
            "now": _shortened(change.after) or _NOTHING,
        }


def _code(change: FieldChange) -> FindingCode:
    return FindingCode.CHANGE_001 if change.approver is Approver.COMMITTEE else FindingCode.CHANGE_006


def _shortened(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:79]}…"  # noqa: PLR2004 - as much as the catalogue shows of a value


def _came_and_went(rows: Rows, added: list[Action], lost: list[Action], previous: Plan) -> Iterator[Finding]:
    is_same = rows.plan.version == previous.version
    version = str(previous.version)
    if lost:
        names = [_name(action) for action in lost[:_LISTED]]
        if len(lost) > _LISTED:
            names.append(f"{len(lost) - _LISTED} más")
        said = f"falta la acción {names[0]}" if len(lost) == 1 else f"faltan las acciones {listed(names)}"
        code = FindingCode.CHANGE_002 if is_same else FindingCode.CHANGE_004
        value = counted(len(lost), "acción", "acciones")
        yield code.at(rows.first_sheet(), value=value, lost=said, version=version)
    for action in added:
        cell = rows.cell(action, "action") or rows.cell(action, "number")
        if cell is not None:
            code = FindingCode.CHANGE_003 if is_same else FindingCode.CHANGE_005
            yield cell.says(code, value=action.action or "", number=_name(action), version=version)


def _name(action: Action) -> str:
    return str(action.number) if action.number else f"«{_shortened(action.action or '')}»"


def _copied(rows: Rows, pairs: list[tuple[Action, Action]], previous: Plan) -> Iterator[Finding]:
    for action, before in pairs:
        now, then = action.qualitative_progress, before.qualitative_progress
        cell = rows.cell(action, "qualitative_progress")
        if cell is not None and now and then and not is_idle(now) and same_words(now) == same_words(then):
            yield cell.says(FindingCode.PROGRESS_004, value=now, quarter=ROMAN[previous.quarter.number])


def _fallen(rows: Rows, action: Action, before: Action, previous: Plan) -> Iterator[Finding]:
    """An accumulated quantity that is less than it was in an earlier quarter."""
    if not action.extras or not is_accumulating(action):
        return
    then = {
        amount.header: amount for amount in amounts_of(Rows(previous.as_draft(), ()), before).get(Role.CUMULATIVE, [])
    }
    for amount in amounts_of(rows, action).get(Role.CUMULATIVE, []):
        earlier = then.get(amount.header)
        if earlier is not None and amount.number < earlier.number:
            yield amount.cell.says(FindingCode.QUANTITY_002, value=amount.cell.value, before=earlier.cell.value)
