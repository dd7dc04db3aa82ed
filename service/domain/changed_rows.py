"""Two plans and what changed between them -> the rows of one table that tells both, in the order of the second.

What did not change is there too. A row that was removed comes behind the one that it followed, as `compare` has it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from service.domain.changes import ActionChange, Changes
from service.domain.plan import Action, Plan


@dataclass(frozen=True, slots=True)
class Row:
    """An action of the table: as it is, or as it was if it is no more; `change` None: it is what it was.

    `was_at` and `is_at` are its places in either table, from 1; None: it does not stand there.
    """

    action: Action
    change: ActionChange | None
    was_at: int | None
    is_at: int | None


def rows_of(before: Plan, after: Plan, changes: Changes) -> tuple[Row, ...]:
    """All the rows; `changes` are those between these very plans."""
    return tuple(_rows(before, after, changes))


def _rows(before: Plan, after: Plan, changes: Changes) -> Iterator[Row]:
    # By identity: two actions may say the same.
    by_old = {id(change.before): change for change in changes.actions if change.before}
    by_new = {id(change.after): change for change in changes.actions if change.after}
    # What did not change stands in the same order on both sides.
    same = iter([at for at, action in enumerate(before.actions, 1) if id(action) not in by_old])
    was_at = {id(action): at for at, action in enumerate(before.actions, 1)}
    removed = _removed(before, by_old)
    yield from removed.get(0, ())
    for is_at, action in enumerate(after.actions, 1):
        change = by_new.get(id(action))
        at = (was_at[id(change.before)] if change.before else None) if change else next(same)
        yield Row(action, change, at, is_at)
        yield from removed.get(at or 0, ()) if at else ()


def _removed(before: Plan, by_old: dict[int, ActionChange]) -> dict[int, list[Row]]:
    """The rows that were removed, by the place in `before` of the last row that stayed above them; 0: there is none."""
    found: dict[int, list[Row]] = {}
    above = 0
    for at, action in enumerate(before.actions, 1):
        change = by_old.get(id(action))
        if change and change.after is None:
            found.setdefault(above, []).append(Row(action, change, at, None))
        else:
            above = at
    return found
