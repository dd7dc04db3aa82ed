"""Pairs of plans -> what the official Word with tracked changes costs, for little and for everything changed."""

from __future__ import annotations

import dataclasses
import statistics
import time
from collections.abc import Iterator

from service.domain.plan import Plan
from service.domain.values import PlainText
from service.settings import PROJECT
from tests.plans import generated_plan, report_of
from worker.documents.redline import render_redline

TEMPLATE = PROJECT / "templates_docx" / "plan_de_accion.docx"
# CPU seconds that a redline may take at most, for so many actions, and how often it is measured.
LIMITS = {30: (0.5, 9), 1_000: (3.0, 5)}


def lines() -> Iterator[str]:
    """A Markdown table, a line at a time.

    Raises:
        AssertionError: a median is over its limit.
    """
    yield "## The official Word with tracked changes"
    yield ""
    yield "From two reports and the bytes of the template to the bytes of the document."
    yield ""
    yield "| between the two plans | actions | Folio, ms | limit, ms |"
    yield "|---|---:|---:|---:|"
    for actions, (limit, turns) in LIMITS.items():
        before = generated_plan(actions)
        for what, after in _later(before).items():
            spent = sorted(_milliseconds(before, after) for _ in range(turns))
            median = statistics.median(spent)
            yield f"| {what} | {actions:,} | {median:,.0f} ({spent[0]:,.0f}-{spent[-1]:,.0f}) | {limit * 1000:,.0f} |"
            assert median <= limit * 1000, f"{what}, {actions} actions: {median:,.0f} ms of CPU"


def _later(plan: Plan) -> dict[str, Plan]:
    """The plan as it may stand a quarter or a version later."""

    def reworded(text: PlainText | None, every: int) -> PlainText:
        return PlainText(" ".join(word for place, word in enumerate((text or "").split(" ")) if place % every))

    rows = [
        dataclasses.replace(action, qualitative_progress=reworded(action.qualitative_progress, 9))
        for action in plan.actions
    ]
    some = [
        row if place % 7 == 0 else action for place, (action, row) in enumerate(zip(plan.actions, rows, strict=True))
    ]
    some.append(some.pop(len(some) // 3))
    del some[len(some) // 2]
    others = generated_plan(len(rows), seed=5).actions
    return {
        "a seventh reworded, one moved, one removed": dataclasses.replace(plan, actions=tuple(some)),
        "every avance reworded": dataclasses.replace(plan, actions=tuple(rows)),
        "nothing in common": dataclasses.replace(plan, actions=others),
    }


def _milliseconds(before: Plan, after: Plan) -> float:
    template = TEMPLATE.read_bytes()
    started = time.process_time()
    render_redline(template, report_of(before), report_of(after))
    return (time.process_time() - started) * 1000
