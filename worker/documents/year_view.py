"""The reports of a year -> one report that tells each quarter's avance side by side, for the year's own documents.

Every action that was in the plan at any time of the year is there, as its last report tells it; where it has no avance,
its cell says why. The texts travel as columns of the office's own, "I trimestre" to "IV trimestre", so that the
templates of the year are filled as all others are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from service.domain.frame import NO_FRAME, Frame
from service.domain.matching import match_actions
from service.domain.plan import Action
from service.domain.reports import Report
from service.domain.values import ROMAN, PlainText

NO_REPORT: Final = "Sin informe."
NO_PROGRESS: Final = "Sin avance reportado."
_COLUMN: Final = "{quarter} trimestre"


@dataclass(slots=True)
class _Story:
    """An action through the year: as it was told last, in which reports it is (by quarter), and what each told."""

    last: Action
    told: dict[int, Action]


def year_report(reports: tuple[Report, ...]) -> Report:
    """The report whose actions carry the texts of the four quarters as columns of their own.

    Args:
        reports: of one year, at most one for each quarter, the oldest quarter first. The last one gives the title, the
            version and the order of the actions.

    Raises:
        ValueError: there is no report, two are of one quarter or of different years, or they are in another order.
    """
    quarters = [report.plan.quarter for report in reports]
    if not reports or quarters != sorted(set(quarters)) or quarters[0].year != quarters[-1].year:
        raise ValueError("the reports of a year are told once for each quarter, the oldest first")
    stories: list[_Story] = []
    for report in reports:
        stories = _continued(stories, report)
    last = reports[-1]
    actions = tuple(replace(story.last, extras=_columns(story, reports)) for story in stories)
    is_draft = any(report.is_draft for report in reports)
    # Nobody signs it, it is no format of the quality system, and a seal is of the report that was issued with it.
    frame = Frame(last.frame.entity, last.frame.logo, has_seal=False)
    plan = replace(last.plan, actions=actions)
    return replace(last, plan=plan, is_draft=is_draft, frame=frame, approval=NO_FRAME.approval, seal=None)


def _continued(stories: Sequence[_Story], report: Report) -> list[_Story]:
    """The stories in the order of the next report; an action that is no longer there stays behind its neighbour.

    One that left the plan may come back: it is looked for among all that there ever were.
    """
    actions = report.plan.actions
    continued = []
    for before, after in match_actions([story.last for story in stories], actions):
        story = _Story(actions[after], {}) if before is None and after is not None else stories[before or 0]
        if after is not None:
            story.last = actions[after]
            story.told[report.plan.quarter.number] = actions[after]
        continued.append(story)
    return continued


def _columns(story: _Story, reports: tuple[Report, ...]) -> tuple[tuple[str, PlainText], ...]:
    by_quarter = {report.plan.quarter.number: report for report in reports}
    return tuple(
        (_COLUMN.format(quarter=roman), PlainText(_text(story, number, by_quarter))) for number, roman in ROMAN.items()
    )


def _text(story: _Story, number: int, reports: dict[int, Report]) -> str:
    if number not in reports:
        return NO_REPORT
    if number in story.told:
        return story.told[number].qualitative_progress or NO_PROGRESS
    version = reports[number].plan.version
    if number < min(story.told):
        first = min(story.told)
        entered = reports[first].plan.version
        return f"No estaba en el plan: entró en el {ROMAN[first]} trimestre (versión {entered})."
    if number > max(story.told):
        left = next(quarter for quarter in sorted(reports) if quarter > max(story.told))
        gone = reports[left].plan.version
        return f"Ya no está en el plan desde el {ROMAN[left]} trimestre (versión {gone})."
    return f"No estaba en el plan (versión {version})."
