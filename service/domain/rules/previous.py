"""V02, V11, V17 and V20: a plan against the one of the report before it.

Under the same version nothing of the plan may change but its follow-up; under a new version what came and went is told.
Words count, not how they are typed: a double space that was mended is no modification.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from service.domain.changes import match_actions, printed_field, says_the_same
from service.domain.findings import Finding, FindingCode
from service.domain.office import Office
from service.domain.plan import Action, DraftPlan, Plan
from service.domain.reading import MappedColumn
from service.domain.rules.progress import is_idle
from service.domain.rules.quantities import Role, amounts_of, is_accumulating
from service.domain.rules.rows import Rows
from service.domain.rules.words import counted, listed, same_words
from service.domain.values import ROMAN

_PLANNED_FIELDS: Final = (
    "action", "indicator", "unit", "target", "starts_on", "ends_on", "periodicity", "funding_source",
)  # fmt: skip
_LISTED: Final = 12


def compare_with_previous(
    plan: DraftPlan,
    mapping: tuple[MappedColumn, ...],
    previous: Plan,
    _office: Office,
    extra_columns: tuple[MappedColumn, ...] = (),
) -> tuple[Finding, ...]:
    """What a plan says otherwise than the latest report of its year, whatever quarter that was.

    Plans of different years have nothing to say about one another.
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
        for action, before in pairs:
            findings += _changes(rows, action, before, previous)
    findings += _came_and_went(rows, added, lost, previous)
    if plan.quarter != previous.quarter.number:
        findings += _copied(rows, pairs, previous)
    if plan.quarter is not None and plan.quarter > previous.quarter.number:
        for action, before in pairs:
            findings += _fallen(rows, action, before, previous)
    return tuple(findings)


def _changes(rows: Rows, action: Action, before: Action, previous: Plan) -> Iterator[Finding]:
    for field in _PLANNED_FIELDS:
        now, then = printed_field(action, field), printed_field(before, field)
        cell = rows.cell(action, field)
        # What could not be read has its own finding.
        if cell is None or now is None or then is None or says_the_same(then, now):
            continue
        yield cell.says(
            FindingCode.CHANGE_001, value=now, proposal=then, version=str(previous.version), before=_shortened(then)
        )


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
