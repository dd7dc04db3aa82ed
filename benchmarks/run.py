"""Plans of growing length -> a table of what reading and writing them costs, beside stock openpyxl and docxtpl.

CPU time of this process, warm: templates are compiled before the clock starts, on both sides as far as the library can.
Rivals take turns within one run, because milliseconds of a shared machine swing while ratios stay.
"""

from __future__ import annotations

import io
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path

import jinja2
import openpyxl
from docxtpl import DocxTemplate
from openpyxl.worksheet.worksheet import Worksheet

from benchmarks import redlines
from service.domain.plan import Plan
from service.domain.reading import Accepted, Given
from service.settings import PROJECT
from service.sheets.intake import read_plan
from tests.plans import LABELS, generated_plan, report_of
from worker.documents.context import Context, context_of, printed_names
from worker.documents.excel import compile_workbook, fill_workbook
from worker.documents.word import compile_document

ACTIONS = (10, 100, 1000)
TURNS = {10: 15, 100: 9, 1000: 3}
RESULTS = PROJECT / "benchmarks" / "results" / "documents.md"
WORD = PROJECT / "templates_docx" / "plan_de_accion.docx"
EXCEL = PROJECT / "templates_docx" / "plan_de_accion.xlsx"

Work = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Duel:
    """One piece of work, done by Folio and by a stock library."""

    work: str
    rival: str
    ours: Work
    theirs: Work


@dataclass(frozen=True, slots=True)
class Outcome:
    """CPU milliseconds of every turn."""

    duel: Duel
    actions: int
    ours: tuple[float, ...]
    theirs: tuple[float, ...]

    def as_row(self) -> str:
        """A row of the table of results."""
        ratio = statistics.median(self.theirs) / statistics.median(self.ours)
        return (
            f"| {self.duel.work} | {self.actions:,} | {_spread(self.ours)} | {self.duel.rival} | "
            f"{_spread(self.theirs)} | {ratio:.1f}x |"
        )


def main() -> int:
    """Print the table as it grows, and keep it."""
    lines = [
        "# Reading and writing, beside the stock libraries",
        "",
        f"{machine()}.",
        "Median CPU milliseconds of a warm turn (least to most); the last column says how many times as much the stock",
        "library costs. Written by `make bench`.",
        "",
        "| work | actions | Folio, ms | rival | rival, ms | ratio |",
        "|---|---:|---:|---|---:|---:|",
    ]
    print("\n".join(lines), flush=True)
    for actions in ACTIONS:
        for duel in duels(actions):
            lines.append(fight(duel, actions).as_row())
            print(lines[-1], flush=True)
    lines.append("")
    for line in redlines.lines():
        lines.append(line)
        print(line, flush=True)
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text("\n".join([*lines, ""]), "utf-8")
    print(f"\n{RESULTS.relative_to(PROJECT)}")
    return 0


def duels(actions: int) -> tuple[Duel, ...]:
    """The pieces of work for a plan of so many actions."""
    plan = generated_plan(actions)
    context = context_of(report_of(plan))
    document = compile_document(WORD.read_bytes())
    workbook = compile_workbook(EXCEL.read_bytes())
    content = _office_workbook(plan)
    assert isinstance(read_plan(content, Given()), Accepted), "a refused workbook costs less than a read one"
    return (
        Duel("read a workbook", "openpyxl", partial(read_plan, content, Given()), partial(read_by_openpyxl, content)),
        Duel("write Word", "docxtpl", partial(document.fill, context), partial(_write_by_docxtpl, context)),
        Duel(
            "write Excel", "openpyxl", partial(fill_workbook, workbook, context), partial(_write_by_openpyxl, context)
        ),
    )


def fight(duel: Duel, actions: int) -> Outcome:
    """Both sides in turn; the first turn of each only warms up."""
    _cpu_milliseconds(duel.ours)
    turns = [(_cpu_milliseconds(duel.theirs), _cpu_milliseconds(duel.ours)) for _ in range(TURNS[actions])]
    return Outcome(duel, actions, ours=tuple(ours for _, ours in turns), theirs=tuple(theirs for theirs, _ in turns))


def _cpu_milliseconds(work: Work) -> float:
    started = time.process_time()
    work()
    return (time.process_time() - started) * 1000


def _office_workbook(plan: Plan) -> bytes:
    """The plan as an office keeps it: what stands above the table, two header rows, an action a row."""
    group = f"SEGUIMIENTO {plan.quarter.roman} TRIMESTRE {plan.year}"
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for above in ([plan.title], [f"Objetivo: {plan.objective}"], [f"Versión {plan.version}"]):
        sheet.append(above)
    sheet.append([LABELS[0], LABELS[1], *[None] * 7, LABELS[2], group])
    sheet.append([None, *LABELS[4:]])
    sheet.merge_cells("A4:A5")
    for action in plan.actions:
        sheet.append(
            [
                *(action.number, action.action, action.lead, action.indicator, action.unit),
                *(action.target.quantity if action.target else None, action.starts_on, action.ends_on),
                *(action.periodicity, action.funding_source, action.qualitative_progress),
            ]
        )
        for cell in sheet[sheet.max_row]:
            if cell.data_type == "f":
                cell.data_type = "s"  # openpyxl takes "=1+1" for a formula
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def read_by_openpyxl(content: bytes) -> list[tuple[object, ...]]:
    """The values of a workbook's first sheet, row by row."""
    sheet = openpyxl.load_workbook(io.BytesIO(content), data_only=True).worksheets[0]
    return list(sheet.iter_rows(values_only=True))


def _write_by_docxtpl(context: Context) -> bytes:
    template = DocxTemplate(str(WORD))
    names = {"plan": printed_names(context.plan), "acciones": [printed_names(names) for names in context.acciones]}
    template.render(names, jinja2.Environment(autoescape=True))
    written = io.BytesIO()
    template.save(written)
    return written.getvalue()


def _write_by_openpyxl(context: Context) -> bytes:
    """The template loaded, a row for each action with the model row's styles, saved: as little as openpyxl can do."""
    book = openpyxl.load_workbook(EXCEL)
    for sheet in book.worksheets:
        _append_actions(sheet, context)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def _append_actions(sheet: Worksheet, context: Context) -> None:
    model = next(row for row in sheet.iter_rows() if any("{{ accion." in str(cell.value) for cell in row))
    first, styles = model[0].row or 1, [copy(cell._style) for cell in model]  # noqa: SLF001 - those who know openpyxl share it
    for row, names in enumerate(context.acciones, start=first):
        for column, (style, value) in enumerate(zip(styles, printed_names(names).values(), strict=False), start=1):
            cell = sheet.cell(row, column, value)
            cell._style = style  # noqa: SLF001 - as above


def _spread(milliseconds: tuple[float, ...]) -> str:
    return f"{statistics.median(milliseconds):,.1f} ({min(milliseconds):,.1f}-{max(milliseconds):,.1f})"


def machine() -> str:
    """What the figures were measured on, and with which libraries."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    libraries = ", ".join(f"{name} {version(name)}" for name in ("docxtpl", "openpyxl", "lxml"))
    return f"{model}, {len(os.sched_getaffinity(0))} cores, Python {platform.python_version()}, {libraries}"


if __name__ == "__main__":
    sys.exit(main())
