"""Pairs of plans -> what the official Word with tracked changes costs, for little and for everything changed."""

from __future__ import annotations

import dataclasses
import statistics
import sys
import time
from collections.abc import Iterator

from benchmarks.turns import machine
from service.domain.plan import Action, Plan
from service.domain.values import PlainText
from service.settings import PROJECT
from tests.plans import generated_plan, report_of
from worker.documents.redline import render_redline
from worker.documents.template_files import DocumentTemplate

RESULTS = PROJECT / "benchmarks" / "results" / "redlines.md"
TEMPLATE = PROJECT / "templates_docx" / "plan_de_accion.docx"
# CPU seconds that a redline may take at most, for so many actions, and how often it is measured.
LIMITS = {30: (0.5, 9), 1_000: (3.0, 5)}


def main() -> int:
    """Print the table as it grows, and keep it."""
    kept = [
        "# The official Word with tracked changes",
        "",
        f"{machine()}.",
        "From two reports and the bytes of the template to the bytes of the document: median CPU milliseconds (least",
        "to most). Written by `python -m benchmarks.redlines`.",
        "",
    ]
    print("\n".join(kept), flush=True)
    for line in lines():
        kept.append(line)
        print(line, flush=True)
    RESULTS.write_text("\n".join([*kept, ""]), "utf-8")
    print(f"\n{RESULTS.relative_to(PROJECT)}")
    return 0


def lines() -> Iterator[str]:
    """A Markdown table, a line at a time.

    Raises:
        AssertionError: a median is over its limit.
    """
    yield "| between the two plans | actions | Folio, ms | limit, ms |"
    yield "|---|---:|---:|---:|"
    for actions, (limit, turns) in LIMITS.items():
        before = generated_plan(actions)
        for what, after in _later(before).items():
            spent = sorted(_milliseconds(before, after) for _ in range(turns))
            median = statistics.median(spent)
            yield f"| {what} | {actions:,} | {median:,.0f} ({spent[0]:,.0f}-{spent[-1]:,.0f}) | {limit * 1000:,.0f} |"
            assert median <= limit * 1000, f"{what}, {actions} actions: {median:,.0f} ms of CPU"


def a_quarter_later(plan: Plan) -> Plan:
    """The plan with a seventh of its avances reworded, one action moved and one removed."""
    some = [action if place % 7 else _reworded(action) for place, action in enumerate(plan.actions)]
    some.append(some.pop(len(some) // 3))
    del some[len(some) // 2]
    return dataclasses.replace(plan, actions=tuple(some))


def _later(plan: Plan) -> dict[str, Plan]:
    """The plan as it may stand a quarter or a version later."""
    others = generated_plan(len(plan.actions), seed=5).actions
    return {
        "a seventh reworded, one moved, one removed": a_quarter_later(plan),
        "every avance reworded": dataclasses.replace(plan, actions=tuple(map(_reworded, plan.actions))),
        "nothing in common": dataclasses.replace(plan, actions=others),
    }


def _reworded(action: Action) -> Action:
    """With every ninth word of its avance left out."""
    words = (action.qualitative_progress or "").split(" ")
    told = PlainText(" ".join(word for place, word in enumerate(words) if place % 9))
    return dataclasses.replace(action, qualitative_progress=told)


def _milliseconds(before: Plan, after: Plan) -> float:
    template = TEMPLATE.read_bytes()
    started = time.process_time()
    render_redline(DocumentTemplate(template), report_of(before), report_of(after))
    return (time.process_time() - started) * 1000


if __name__ == "__main__":
    sys.exit(main())
