"""A report's findings beside what its version approved -> which of their proposals would change that.

A misspelt word that was issued is what was approved: to put it right may be well meant, but nobody is to do it unawares
with the other corrections. What gives back what was approved changes nothing of it.
"""

from __future__ import annotations

import re
from typing import Final

from service.domain.archive import Json, reading_from_json
from service.domain.changes import PLAN_FIELDS, match_actions, printed_field, says_the_same
from service.domain.findings import Finding
from service.domain.past import same_version
from service.domain.plan import Action
from service.domain.reading import Unreadable
from service.store import Store, StoredReport
from service.web.comparing import plan_of
from service.web.history import past_of

_ADDRESS: Final = re.compile("([A-Z]{1,3})([0-9]+)")


def changing_what_was_approved(store: Store, report: StoredReport, understood: Json | None) -> frozenset[int]:
    """The numbers of the findings whose proposal, put into its cell, is not what the report's version approved.

    `understood` is what was understood of the report's workbook.

    Raises:
        StoreUnavailable: what was approved cannot be had.
    """
    proposing = {number: each for number, each in enumerate(report.findings) if each.can_be_applied}
    if not proposing or understood is None:
        return frozenset()
    approved = same_version(report.quarter, report.version, past_of(store, report.year))
    before = plan_of(store, approved.id) if approved else None
    reading = reading_from_json(understood) if before else None
    if before is None or reading is None or isinstance(reading, Unreadable):
        return frozenset()
    actions = reading.plan.as_draft().actions
    pairs = match_actions(before.actions, actions)
    then = {actions[j].source: before.actions[i] for i, j in pairs if i is not None and j is not None}
    by_row = {(source.sheet, source.row): action for source, action in then.items()}
    fields = {(each.sheet, each.column): each.field for each in reading.mapping if each.field in PLAN_FIELDS}
    return frozenset(number for number, each in proposing.items() if _changes(each, by_row, fields))


def _changes(finding: Finding, by_row: dict[tuple[str, int], Action], fields: dict[tuple[str, str], str]) -> bool:
    address = _ADDRESS.fullmatch(finding.place.cell) if finding.place else None
    if finding.place is None or address is None:
        return False
    field = fields.get((finding.place.sheet, address[1]))
    action = by_row.get((finding.place.sheet, int(address[2])))
    if field is None or action is None:
        return False
    return not says_the_same(printed_field(action, field) or "", finding.proposal or "")
