"""The reports of a year -> the committee's board: the report in force as an overview, and what each quarter tells."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from service.domain.archive import Json
from service.domain.overview import Group, Overview, ProgressTally, StandingAction, overview_of, progress_tally
from service.domain.plan import DraftPlan
from service.store import ReportGlance, Store, StoredReport
from service.web.calendar_words import ACTION_STATES
from service.web.front import Front
from service.web.limits import YEARS
from service.web.problems import FieldError, Problem, invalid_request
from service.web.shown import report_named
from service.web.year_view import QuarterView, YearView, today_of, year_view

# A report never changes, and what it tells of its quarter is a few figures: a plan is read for them once.
_TALLIES: Final[dict[str, ProgressTally]] = {}
_MOST_TALLIES: Final = 512


@dataclass(frozen=True, slots=True)
class BoardQuarter:
    """A quarter of the board: the report in force, or the draft that waits, and what it tells."""

    view: QuarterView
    report: ReportGlance | None
    tally: ProgressTally | None


@dataclass(frozen=True, slots=True)
class Board:
    """The committee's board of a year; without `report` and `overview` there is nothing of it. `years` are all."""

    year: int
    years: tuple[int, ...]
    view: YearView
    report: StoredReport | None
    overview: Overview | None
    quarters: tuple[BoardQuarter, ...]


def year_in(text: str | None, field: str) -> int | Problem | None:
    """The year that a query names; None when it names none."""
    if text is None:
        return None
    if re.fullmatch("[0-9]{4}", text) and int(text) in YEARS:
        return int(text)
    reason = f"El año se indica con cuatro cifras, entre {YEARS[0]} y {YEARS[-1]}."
    return invalid_request((FieldError(field, text[:80], reason),))


def board_of(front: Front, year: int | None) -> Board:
    """The board of a year, or of the one that the office works on.

    The overview is of the last quarter that was issued; where none was, of the latest draft.

    Raises:
        StoreUnavailable: its reports cannot be had.
    """
    store = front.store
    if year is None:
        year = store.year_in_hand() or today_of(front).year
    view = year_view(front, year)
    in_force = view.in_force
    drafts = [draft for draft in view.drafts if draft.quarter.year == year]
    told = in_force[-1] if in_force else max(drafts, key=lambda each: each.created_at, default=None)
    report = store.report(told.id) if told else None
    plan = _plan_of(store, report.id) if report else None
    overview = overview_of(plan, report.quarter) if report and plan else None
    quarters = tuple(_quarter(store, quarter) for quarter in view.quarters)
    return Board(year, store.years(), view, report, overview, quarters)


def board_to_json(board: Board) -> Json:
    """The board as the API shows it; actions are told once, and elsewhere by their position."""
    overview = board.overview
    return {
        "year": board.year,
        "report": report_named(board.report) if board.report else None,
        "quarters": [_quarter_to_json(quarter) for quarter in board.quarters],
        "actions": [_action_to_json(action) for action in overview.actions] if overview else [],
        "states": [
            {"state": state.value, "name": ACTION_STATES[state], "actions": _positions(group.actions)}
            for state, group in (overview.states if overview else ())
        ],
        "offices": [_group_to_json(group) for group in (overview.offices if overview else ())],
        "funding_sources": [_group_to_json(group) for group in (overview.sources if overview else ())],
        "own_states": [
            {"header": own.header, "groups": [_group_to_json(group) for group in own.groups]}
            for own in (overview.own_states if overview else ())
        ],
        "due_soon": _positions(overview.due_soon) if overview else [],
        "without_progress": _positions(overview.without_progress) if overview else [],
        "overdue": _positions(overview.overdue) if overview else [],
    }


def _quarter(store: Store, quarter: QuarterView) -> BoardQuarter:
    report = quarter.issued or quarter.draft
    return BoardQuarter(quarter, report, _tally(store, report) if report else None)


def _tally(store: Store, report: ReportGlance) -> ProgressTally | None:
    found = _TALLIES.get(report.id)
    if found is None and (plan := _plan_of(store, report.id)):
        found = progress_tally(plan, report.quarter)
        if len(_TALLIES) >= _MOST_TALLIES:
            _TALLIES.clear()
        _TALLIES[report.id] = found
    return found


def _plan_of(store: Store, report_id: str) -> DraftPlan | None:
    plan = store.plan_of(report_id)
    return plan.as_draft() if plan else None


def _quarter_to_json(quarter: BoardQuarter) -> Json:
    follow_up, report, tally = quarter.view.follow_up, quarter.report, quarter.tally
    return {
        "quarter": follow_up.quarter.roman,
        "cut_off": follow_up.quarter.ends_on.isoformat(),
        "due_on": follow_up.due_on.isoformat(),
        "state": follow_up.state.value,
        "report": report.id if report else None,
        "is_draft": report is not None and report.edition is None,
        "actions": tally.actions if tally else None,
        "with_progress": tally.told if tally else None,
        "without_progress": tally.lacking if tally else None,
        "not_due": tally.not_due if tally else None,
    }


def _action_to_json(action: StandingAction) -> Json:
    return {
        "position": action.position,
        "number": action.number,
        "action": action.action,
        "lead": action.lead,
        "funding_source": action.funding_source,
        "starts_on": action.starts_on.isoformat() if action.starts_on else None,
        "ends_on": action.ends_on.isoformat() if action.ends_on else None,
        "state": action.state.value,
        "figures": [{"header": header, "value": value} for header, value in action.figures],
    }


def _group_to_json(group: Group) -> Json:
    return {"name": group.name, "actions": _positions(group.actions)}


def _positions(actions: tuple[StandingAction, ...]) -> list[int]:
    return [action.position for action in actions]
