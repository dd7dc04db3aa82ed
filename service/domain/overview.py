"""A plan with the follow-up of a quarter -> how its actions stand at the cut-off, counted and listed for the committee.

Every state comes from what the plan says, by the rules that check it: its dates, its periodicity, the words of its
avances. Nothing is added up and no percentage is made; where the office keeps figures or a state in columns of its own,
they are handed on as they are written.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from service.domain.plan import Action, DraftPlan
from service.domain.rules.dates import tells_completion
from service.domain.rules.figures import claimed
from service.domain.rules.progress import is_idle, progress_is_due
from service.domain.rules.quantities import Role, amount_in, has_status, role_of
from service.domain.rules.words import bare, one_line
from service.domain.values import Quarter

_FIGURES: Final = frozenset({Role.DONE, Role.SHARE, Role.CUMULATIVE, Role.STATUS})
_SAID_DONE: Final = re.compile(
    r"(?<!\bno )\bse cumplio (?:con )?(?:el 100 ?% de )?la meta\b|\bmeta (?:ya )?(?:esta |fue |quedo )?cumplida\b"
    r"|\bcumplid[oa] al 100 ?%|\bcumplimiento del 100 ?% de la meta\b"
)
_ONE_OF_ONE: Final = re.compile(r"\b1 de 1\b")


class ActionState(StrEnum):
    """How an action stands at the cut-off, told once: the first of these that fits.

    `completed`: its avance says that what was planned is there. `ended`: its last day has come, and its avance or a
    column of the office tells what was done. `overdue`: its last day has come and nothing tells that it was done.
    `not_due`: there is no avance, and its periodicity asks for none in this quarter.
    """

    COMPLETED = "completed"
    OVERDUE = "overdue"
    ENDED = "ended"
    NOT_STARTED = "not_started"
    WITHOUT_PROGRESS = "without_progress"
    NOT_DUE = "not_due"
    IN_PROGRESS = "in_progress"


@dataclass(frozen=True, slots=True)
class StandingAction:
    """An action in a list: texts as they are written, in one line, empty where there are none.

    `position` counts the plan's actions from 1: numbers may be missing or there twice. `figures` are the office's own
    columns of figures and states, by their headers.
    """

    position: int
    number: str
    action: str
    lead: str
    funding_source: str
    starts_on: dt.date | None
    ends_on: dt.date | None
    state: ActionState
    figures: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Group:
    """The actions that have something in common; `name` as it is written, empty where nothing is."""

    name: str
    actions: tuple[StandingAction, ...]

    def of(self, state: ActionState) -> int:
        """How many of them are in a state."""
        return sum(action.state is state for action in self.actions)


@dataclass(frozen=True, slots=True)
class OwnStates:
    """A column in which the office itself says how each action stands, and the actions by what it says."""

    header: str
    groups: tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class Overview:
    """The actions of a plan at the cut-off of a quarter; `offices` and `sources` largest first.

    `states` has every state, with or without actions. `due_soon` end within the quarter that follows.
    """

    quarter: Quarter
    actions: tuple[StandingAction, ...]
    states: tuple[tuple[ActionState, Group], ...]
    offices: tuple[Group, ...]
    sources: tuple[Group, ...]
    own_states: tuple[OwnStates, ...]
    due_soon: tuple[StandingAction, ...]
    without_progress: tuple[StandingAction, ...]
    overdue: tuple[StandingAction, ...]


@dataclass(frozen=True, slots=True)
class ProgressTally:
    """How many actions a quarter's follow-up has, and how many tell their avance, lack it, or owed none."""

    actions: int
    told: int
    lacking: int
    not_due: int


def overview_of(plan: DraftPlan, quarter: Quarter) -> Overview:
    """How the actions of a plan stand at the cut-off of the quarter that its follow-up tells."""
    actions = tuple(
        StandingAction(
            position,
            one_line(action.number or ""),
            one_line(action.action or ""),
            one_line(action.lead or ""),
            one_line(action.funding_source or ""),
            action.starts_on,
            action.ends_on,
            state_of(action, quarter),
            tuple((header, one_line(value)) for header, value in action.extras if role_of(header) in _FIGURES),
        )
        for position, action in enumerate(plan.actions, start=1)
    )
    cut, then = quarter.ends_on, quarter.next.ends_on
    return Overview(
        quarter,
        actions,
        tuple((state, Group("", tuple(each for each in actions if each.state is state))) for state in ActionState),
        _grouped(actions, (each.lead for each in actions)),
        _grouped(actions, (each.funding_source for each in actions)),
        tuple(_own_states(plan, actions)),
        due_soon=tuple(each for each in actions if each.ends_on is not None and cut < each.ends_on <= then),
        without_progress=tuple(
            standing
            for standing, action in zip(actions, plan.actions, strict=True)
            if _progress_of(action, quarter) is _Progress.LACKING
        ),
        overdue=tuple(each for each in actions if each.state is ActionState.OVERDUE),
    )


def progress_tally(plan: DraftPlan, quarter: Quarter) -> ProgressTally:
    """What a quarter's follow-up tells, in three figures that add up to its actions."""
    found = [_progress_of(action, quarter) for action in plan.actions]
    return ProgressTally(len(found), *(found.count(progress) for progress in _Progress))


def state_of(action: Action, quarter: Quarter) -> ActionState:
    """How an action stands at the cut-off of a quarter."""
    text, cut = action.qualitative_progress or "", quarter.ends_on
    low = bare(text)
    progress = _progress_of(action, quarter)
    if progress is _Progress.TOLD and _is_done(action, text, low):
        return ActionState.COMPLETED
    if action.ends_on is not None and action.ends_on <= cut:
        is_told = has_status(action) or (progress is _Progress.TOLD and tells_completion(low))
        return ActionState.ENDED if is_told else ActionState.OVERDUE
    if progress is _Progress.TOLD:
        return ActionState.IN_PROGRESS
    if action.starts_on is not None and action.starts_on > cut:
        return ActionState.NOT_STARTED
    return ActionState.WITHOUT_PROGRESS if progress is _Progress.LACKING else ActionState.NOT_DUE


class _Progress(StrEnum):
    TOLD = "told"
    LACKING = "lacking"
    NOT_DUE = "not_due"


def _progress_of(action: Action, quarter: Quarter) -> _Progress:
    text = action.qualitative_progress
    if text is not None and not is_idle(text):
        return _Progress.TOLD
    has_begun = action.starts_on is None or action.starts_on <= quarter.ends_on
    is_due = has_begun and progress_is_due(action.periodicity, quarter.number)
    return _Progress.LACKING if is_due else _Progress.NOT_DUE


def _is_done(action: Action, text: str, low: str) -> bool:
    """Whether the avance says that the target was met: in so many words, or because the one thing planned is there."""
    if _SAID_DONE.search(low):
        return True
    target = action.target.quantity if action.target and not action.target.is_percentage else None
    if target != 1:
        return False
    return bool(_ONE_OF_ONE.search(low) or claimed(low, text, bare(action.indicator or "")))


def _own_states(plan: DraftPlan, actions: tuple[StandingAction, ...]) -> Iterator[OwnStates]:
    """The columns of states that are written in words; figures are no groups."""
    headers = dict.fromkeys(
        header for action in plan.actions for header, _ in action.extras if role_of(header) is Role.STATUS
    )
    for header in headers:
        said = [dict(each.figures).get(header, "") for each in actions]
        if not any(map(amount_in, said)):
            yield OwnStates(header, _grouped(actions, said))


def _grouped(actions: Iterable[StandingAction], names: Iterable[str]) -> tuple[Group, ...]:
    found: dict[str, list[StandingAction]] = {}
    for action, name in zip(actions, names, strict=True):
        found.setdefault(name, []).append(action)
    groups = (Group(name, tuple(members)) for name, members in found.items())
    return tuple(sorted(groups, key=lambda group: -len(group.actions)))
