"""What changed between two plans -> JSON, as the API shows it and the terminal prints it.

Values are strings as they are printed; null is what there is not: the action that was not there yet, or whose approval
nobody needs.
"""

from __future__ import annotations

from typing import Any

from service.domain.changes import ActionChange, Changes, FieldChange, describe
from service.domain.plan import Action

Json = dict[str, Any]


def changes_to_json(changes: Changes) -> Json:
    """`{approver, modifies_plan, description, header, actions}`; `pieces` mark the words of each text."""
    return {
        "approver": changes.approver,
        "modifies_plan": changes.modifies_plan,
        "description": describe(changes),
        "header": [_field(change) for change in changes.header],
        "actions": [_action(change) for change in changes.actions],
    }


def _action(change: ActionChange) -> Json:
    return {
        "kind": change.kind.value,
        "approver": change.approver,
        "before": _named(change.before),
        "after": _named(change.after),
        "fields": [_field(field) for field in change.fields],
    }


def _named(action: Action | None) -> Json | None:
    if action is None:
        return None
    return {
        "number": action.number,
        "action": action.action,
        "sheet": action.source.sheet,
        "row": action.source.row,
    }


def _field(change: FieldChange) -> Json:
    return {
        "field": change.field,
        "before": change.before,
        "after": change.after,
        "approver": change.approver,
        "pieces": [{"kind": piece.kind, "text": piece.text} for piece in change.pieces],
    }
