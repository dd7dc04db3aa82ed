"""The rows of a comparison are those of both plans, each once, in the order of the second."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from service.domain.changed_rows import rows_of
from service.domain.changes import compare
from service.domain.plan import Action, Plan
from service.domain.values import PlainText
from tests.plans import generated_plan

BEFORE = generated_plan(12, seed=5)


def with_actions(actions: list[Action]) -> Plan:
    return replace(BEFORE, actions=tuple(replace(action) for action in actions))


def told(after: Plan) -> list[tuple[str | None, int | None, int | None]]:
    rows = rows_of(BEFORE, after, compare(BEFORE, after))
    return [(row.change.kind.value if row.change else None, row.was_at, row.is_at) for row in rows]


def test_a_plan_that_did_not_change_is_all_its_rows() -> None:
    assert told(with_actions([*BEFORE.actions])) == [(None, at, at) for at in range(1, 13)]


def test_a_removed_row_comes_behind_the_one_that_it_followed() -> None:
    kept = [action for at, action in enumerate(BEFORE.actions, 1) if at not in {1, 4, 5, 12}]

    assert [(kind, was) for kind, was, _ in told(with_actions(kept))] == [
        ("removed", 1), (None, 2), (None, 3), ("removed", 4), ("removed", 5), (None, 6), (None, 7), (None, 8),
        (None, 9), (None, 10), (None, 11), ("removed", 12),
    ]  # fmt: skip


def test_changed_added_and_moved_rows_stand_where_they_are() -> None:
    actions = [*BEFORE.actions]
    actions[2] = replace(actions[2], lead=PlainText("Otra dependencia"))
    added = generated_plan(1, seed=99).actions[0]
    moved = actions.pop(9)

    found = told(with_actions([actions[0], moved, *actions[1:], replace(added, number=PlainText("13"))]))

    assert found[:4] == [(None, 1, 1), ("moved", 10, 2), (None, 2, 3), ("changed", 3, 4)]
    assert found[-1] == ("added", None, 13)


@pytest.mark.parametrize("seed", range(60))
def test_every_row_of_both_plans_is_there_once_and_changes_keep_their_order(seed: int) -> None:
    chance = random.Random(seed)
    others = [replace(action) for action in generated_plan(4, seed=seed).actions]
    # Some say the same as others: they are still rows of their own.
    actions = [*chance.choices(BEFORE.actions, k=3), *BEFORE.actions, *others]
    if seed % 2:
        chance.shuffle(actions)
    del actions[chance.randrange(4) :: chance.randrange(2, 6)]
    actions = [replace(each, unit=PlainText("Otra")) if chance.random() < 0.2 else each for each in actions]
    after = with_actions(actions)
    changes = compare(BEFORE, after)

    rows = rows_of(BEFORE, after, changes)

    assert [row.is_at for row in rows if row.is_at] == list(range(1, len(after.actions) + 1))
    assert sorted(row.was_at for row in rows if row.was_at) == list(range(1, 13))
    assert [row.change for row in rows if row.change] == list(changes.actions)
    for row in rows:
        assert row.action is (after.actions[row.is_at - 1] if row.is_at else BEFORE.actions[(row.was_at or 0) - 1])
        if row.change is None:
            assert row.was_at
            assert BEFORE.actions[row.was_at - 1].action == row.action.action
