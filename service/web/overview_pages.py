"""The committee's board as a page: how the year's actions stand, counted, drawn and listed."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from flask import Blueprint, Response, make_response, render_template, request

from service.domain.overview import ActionState, Group, StandingAction
from service.web import calendar_words
from service.web.board import Board, board_of, year_in
from service.web.front import front
from service.web.problems import Problem
from service.web.report_page import problem_page

overview_pages: Final = Blueprint("overview", __name__)

# More groups, or actions of one, than these a page does not show: the report has them all.
MOST_GROUPS: Final = 40
MOST_LISTED: Final = 100

_AS_WRITTEN: Final = (
    "Cada nombre se cuenta como está escrito en el plan: varias dependencias en una misma celda cuentan como una."
)
# Characters of 13 px that a line of the chart holds; capitals are wider.
_LABEL_WIDTH: Final = 46
_CAPITALS_WIDTH: Final = 38
_MOST_LINES: Final = 2


@dataclass(frozen=True, slots=True)
class Bar:
    """A group of a chart: its label in lines, where its list is, and how many actions it has."""

    anchor: str
    name: str
    lines: tuple[str, ...]
    actions: tuple[StandingAction, ...]
    overdue: int
    without_progress: int

    @property
    def number(self) -> int:
        """How long the bar is."""
        return len(self.actions)


@dataclass(frozen=True, slots=True)
class Chart:
    """Actions by something: a bar for each group. `anchor` is unique on the page; `others` are in no bar."""

    anchor: str
    title: str
    column: str
    bars: tuple[Bar, ...]
    others: int = 0
    note: str = ""


@overview_pages.get("/tablero")
def board() -> Response:
    """The board of a year, of the one that the office works on unless another is named."""
    year = year_in(request.args.get("año"), "año")
    if isinstance(year, Problem):
        return problem_page(year)
    found = board_of(front(), year)
    page = render_template(
        "board.html",
        board=found,
        overview=found.overview,
        charts=_charts(found),
        words=calendar_words,
        states=ActionState,
        most_listed=MOST_LISTED,
    )
    return make_response(page)


def _charts(found: Board) -> tuple[Chart, ...]:
    overview = found.overview
    if overview is None:
        return ()
    states = (
        (f"estado-{state.value}", calendar_words.ACTION_STATES[state], group)
        for state, group in overview.states
        if group.actions
    )
    charts = [
        Chart("estado", "Por estado", "Estado", _bars(states)),
        _chart_of("fuente", "Por fuente de financiación", "Fuente", overview.sources, unnamed="(sin fuente)"),
        _chart_of(
            "dependencia",
            "Por dependencia",
            "Dependencia",
            overview.offices,
            unnamed="(sin responsable)",
            note=_AS_WRITTEN,
        ),
    ]
    charts += [
        _chart_of(f"propia-{at}", f"Según la columna «{own.header}»", own.header, own.groups, unnamed="(vacía)")
        for at, own in enumerate(overview.own_states, start=1)
    ]
    return tuple(charts)


def _chart_of(
    anchor: str, title: str, column: str, groups: tuple[Group, ...], *, unnamed: str, note: str = ""
) -> Chart:
    shown = ((f"{anchor}-{at}", group.name or unnamed, group) for at, group in enumerate(groups[:MOST_GROUPS], start=1))
    others = sum(len(group.actions) for group in groups[MOST_GROUPS:])
    return Chart(anchor, title, column, _bars(shown), others, note)


def _bars(groups: Iterable[tuple[str, str, Group]]) -> tuple[Bar, ...]:
    return tuple(
        Bar(
            anchor,
            name,
            _lines(name),
            group.actions,
            group.of(ActionState.OVERDUE),
            group.of(ActionState.WITHOUT_PROGRESS),
        )
        for anchor, name, group in groups
    )


def _lines(name: str) -> tuple[str, ...]:
    width = _CAPITALS_WIDTH if name.isupper() else _LABEL_WIDTH
    return tuple(textwrap.wrap(name, width, max_lines=_MOST_LINES, placeholder="…"))
