"""The same work on 1,000 and on 10,000 actions -> a table of how much more CPU ten times as many cost.

Each work has two processes of its own, one for either length, which take turns: milliseconds of a shared machine swing,
ratios stay. Templates are compiled before the clock starts.
"""

from __future__ import annotations

import dataclasses
import gc
import json
import multiprocessing
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from benchmarks.offices import sound_rows, workbook_of
from benchmarks.redlines import a_quarter_later
from benchmarks.turns import keep_page, machine
from service.domain.archive import reading_of, reading_to_json
from service.domain.changes import compare
from service.domain.checks import check_plan
from service.domain.office import REFERENCE_OFFICE
from service.domain.plan import Plan
from service.domain.reading import Accepted, Given
from service.domain.reports import DocumentKind, Report
from service.domain.values import PlainText
from service.settings import PROJECT
from service.sheets.intake import read_plan
from tests.plans import report_of
from worker.documents.context import context_of
from worker.documents.findings_workbook import render_findings_workbook
from worker.documents.next_quarter import render_next_quarter
from worker.documents.proof import prove
from worker.documents.redline import render_redline
from worker.documents.template_files import DocumentTemplate, Template, TemplateFiles

LENGTHS: Final = (1_000, 10_000)
TURNS: Final = 5
LIMIT: Final = 11.0
RESULTS: Final = PROJECT / "benchmarks" / "results" / "growth.md"
HEAD: Final = (
    "| work | 1,000 actions, CPU s | 10,000 actions, CPU s | ratio | at most |",
    "|---|---:|---:|---:|---:|",
)

Work = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Growth:
    """CPU seconds of every turn, for either length."""

    work: str
    few: tuple[float, ...]
    many: tuple[float, ...]

    @property
    def ratio(self) -> float:
        """How many times as much ten times as many actions cost."""
        return statistics.median(self.many) / statistics.median(self.few)

    def as_row(self) -> str:
        """A row of the table of results."""
        return f"| {self.work} | {_spread(self.few)} | {_spread(self.many)} | {self.ratio:.1f} | {LIMIT:.0f} |"


def main() -> int:
    """Print the table as it grows, and keep it; 1 where something grows faster than it may."""
    lines = [
        "# From 1,000 to 10,000 actions",
        "",
        f"{machine()}.",
        "Median CPU seconds of a warm turn (least to most). Written by `python -m benchmarks.growth`.",
        "",
        *HEAD,
    ]
    measured = keep_page(RESULTS, lines, rows())
    return 0 if max(each.ratio for each in measured) <= LIMIT else 1


def rows() -> Iterator[Growth]:
    """A measurement for each work."""
    spawned = multiprocessing.get_context("spawn")
    for work in WORKS:
        with ProcessPoolExecutor(1, spawned) as one, ProcessPoolExecutor(1, spawned) as other:
            pools = (one, other)
            for pool, actions in zip(pools, LENGTHS, strict=True):
                pool.submit(_prepare, work, actions).result()
            turns = [[pool.submit(_turn).result() for pool in pools] for _ in range(TURNS)]
        few, many = zip(*turns, strict=True)
        yield Growth(work, few, many)


_prepared: list[Work] = []


def _prepare(work: str, actions: int) -> None:
    """Make the work ready in this process, and do it once to warm up."""
    _prepared.append(WORKS[work](actions))
    _prepared[0]()


def _turn() -> float:
    gc.collect()
    started = time.process_time()
    _prepared[0]()
    return time.process_time() - started


def _read(actions: int) -> Work:
    return partial(_in_its_room, partial(read_plan, workbook_of(sound_rows(actions)), Given()))


def _in_its_room(work: Work) -> None:
    """As in the process that reads workbooks: what is read has no cycles to be looked for."""
    gc.disable()
    work()


def _reading(actions: int) -> Accepted:
    found = read_plan(workbook_of(sound_rows(actions)), Given())
    assert isinstance(found, Accepted), "a refused workbook costs less than a read one"
    return found


def _check(actions: int) -> Work:
    found = _reading(actions)
    draft = found.plan.as_draft()
    return partial(_in_its_room, lambda: list(check_plan(draft, found.mapping)))


def _keep(actions: int) -> Work:
    found = _reading(actions)
    return lambda: json.dumps(reading_to_json(found), ensure_ascii=False, separators=(",", ":")).encode()


def _find_again(actions: int) -> Work:
    kept = json.dumps(reading_to_json(_reading(actions)), ensure_ascii=False).encode()
    return partial(reading_of, kept)


def _fill(actions: int, kind: DocumentKind) -> Work:
    template, reports = _template(kind), _never_seen(actions)
    return lambda: template.fill(context_of(reports.pop()))


def _never_seen(actions: int) -> list[Report]:
    """A report for each turn: texts that were measured are remembered, but not all of a long plan."""
    plan = _reading(actions).plan
    return [report_of(_worded(plan, f"({turn})")) for turn in range(TURNS + 1)]


def _worded(plan: Plan, mark: str) -> Plan:
    """The plan with other texts of the same kind."""

    def marked(text: PlainText | None) -> PlainText | None:
        return PlainText(f"{text} {mark}") if text else None

    actions = (
        dataclasses.replace(
            action,
            action=marked(action.action),
            lead=marked(action.lead),
            indicator=marked(action.indicator),
            qualitative_progress=marked(action.qualitative_progress),
        )
        for action in plan.actions
    )
    return dataclasses.replace(plan, actions=tuple(actions))


def _prove(actions: int, kind: DocumentKind) -> Work:
    template, written = _template(kind), []
    for report in _never_seen(actions):
        content = template.fill(context_of(report))
        assert prove(kind, content, template.content, report).holds
        written.append((content, report))

    def work() -> None:
        content, report = written.pop()
        assert prove(kind, content, template.content, report).holds

    return work


def _compare(actions: int) -> Work:
    before, after = _two(actions)
    return partial(compare, before.plan, after.plan)


def _redline(actions: int) -> Work:
    before, after = _two(actions)
    template = DocumentTemplate(Path(PROJECT / "templates_docx" / "plan_de_accion.docx").read_bytes())
    return partial(render_redline, template, before, after)


def _mark(actions: int) -> Work:
    workbook = workbook_of(sound_rows(actions))
    found = _reading(actions)
    places = tuple(action.source for action in found.plan.actions)
    return partial(render_findings_workbook, workbook, found.findings, REFERENCE_OFFICE, found.mapping, places)


def _turn_quarter(actions: int) -> Work:
    workbook = workbook_of(sound_rows(actions))
    found = _reading(actions)
    return partial(render_next_quarter, workbook, report_of(found.plan), found.mapping)


def _two(actions: int) -> tuple[Report, Report]:
    plan = _reading(actions).plan
    return report_of(plan), dataclasses.replace(report_of(a_quarter_later(plan)), id="after")


def _template(kind: DocumentKind) -> Template:
    return TemplateFiles(PROJECT / "templates_docx").of(kind)


WORKS: Final[dict[str, Callable[[int], Work]]] = {
    "read and check": _read,
    "check": _check,
    "keep as JSON": _keep,
    "find again from JSON": _find_again,
    "Word": partial(_fill, kind=DocumentKind.WORD),
    "Excel": partial(_fill, kind=DocumentKind.EXCEL),
    "proof of the Word": partial(_prove, kind=DocumentKind.WORD),
    "proof of the Excel": partial(_prove, kind=DocumentKind.EXCEL),
    "what changed": _compare,
    "redline": _redline,
    "workbook with its findings": _mark,
    "workbook of the next quarter": _turn_quarter,
}


def _spread(seconds: tuple[float, ...]) -> str:
    return f"{statistics.median(seconds):.3f} ({min(seconds):.3f}-{max(seconds):.3f})"


if __name__ == "__main__":
    sys.exit(main())
