"""Reports of growing length -> a table of what their PDFs take, from the report's data to the proved file.

Warm, but for the first. Every report has all around it that an office can ask for: head, radicado zone, three signers,
seal. What a person waits is told in wall seconds; of the parts the CPU is, LibreOffice's in its own process, for the
time on the wall of a shared machine says little.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final

from benchmarks.turns import machine
from service.domain.reports import DocumentKind, Report
from service.settings import PROJECT
from tests.frames import FULL_FRAME, SEAL, framed_report
from tests.plans import generated_plan, report_of
from worker.documents.context import context_of
from worker.documents.pdf import Converter
from worker.documents.pdf_archive import archive_pdf
from worker.documents.proof import prove
from worker.documents.template_files import TemplateFiles
from worker.render import render

RESULTS: Final = PROJECT / "benchmarks" / "results" / "pdf.md"
TURNS: Final = {10: 15, 40: 9, 100: 5, 300: 3, 1000: 1}
# Seconds that the PDF of ten actions may take at most once LibreOffice is warm.
LIMIT: Final = 0.4
HEAD: Final = (
    "| actions | pages | whole, wall | LibreOffice, CPU | fields, bookmarks, metadata, CPU | proof, CPU |",
    "|---:|---:|---:|---:|---:|---:|",
)
_TICKS_PER_SECOND: Final = 100

Work = Callable[[], object]
Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Row:
    """Seconds of every turn, least first: of the whole on the wall, and of CPU in its three parts."""

    actions: int
    pages: int
    whole: tuple[float, ...]
    libreoffice: tuple[float, ...]
    archive: tuple[float, ...]
    proof: tuple[float, ...]

    def as_row(self) -> str:
        """A row of the table of results."""
        spent = map(_spread, (self.whole, self.libreoffice, self.archive, self.proof))
        return f"| {self.actions:,} | {self.pages} | {' | '.join(spent)} |"


def main() -> int:
    """Print the table as it grows, and keep it; 1 where ten actions take too long."""
    lines = [
        "# PDFs, from the report's data to the proved file",
        "",
        f"{machine()}.",
        "Median seconds (least to most). Each PDF is tagged PDF/A-2b with three signature fields, and was held against",
        "its report. Written by `python -m benchmarks.pdf`.",
        "",
        *HEAD,
    ]
    print("\n".join(lines), flush=True)
    wholes = []
    for row in rows():
        wholes.append(statistics.median(row.whole))
        lines.append(row.as_row())
        print(lines[-1], flush=True)
    RESULTS.write_text("\n".join([*lines, ""]), "utf-8")
    print(f"\n{RESULTS.relative_to(PROJECT)}")
    return 0 if wholes[0] <= LIMIT else 1


def rows() -> Iterator[Row]:
    """A measurement for each length, by a LibreOffice of its own that has been warmed up."""
    templates, converter = TemplateFiles(PROJECT / "templates_docx"), Converter()
    try:
        render(framed_report(), DocumentKind.PDF, templates, converter=converter)
        for actions, turns in TURNS.items():
            yield _measured(_report(actions), templates, converter, turns)
    finally:
        converter.close()


def _measured(report: Report, templates: TemplateFiles, converter: Converter, turns: int) -> Row:
    template = templates.of(DocumentKind.WORD)
    word = template.fill(context_of(report))
    drawn = converter.to_pdf(word)
    pdf = archive_pdf(drawn, report)
    return Row(
        len(report.plan.actions),
        prove(DocumentKind.PDF, pdf, template.content, report).pages or 0,
        _seconds(partial(render, report, DocumentKind.PDF, templates, converter=converter), turns, time.perf_counter),
        _seconds(partial(converter.to_pdf, word), turns, partial(_cpu_of_libreoffice, converter)),
        _seconds(partial(archive_pdf, drawn, report), turns, time.process_time),
        _seconds(partial(prove, DocumentKind.PDF, pdf, template.content, report), turns, time.process_time),
    )


def _report(actions: int) -> Report:
    if actions == len(framed_report().plan.actions):
        return framed_report()
    return replace(report_of(generated_plan(actions)), frame=FULL_FRAME, approval=FULL_FRAME.approval, seal=SEAL)


def _seconds(work: Work, turns: int, clock: Clock) -> tuple[float, ...]:
    spent = []
    for _ in range(turns):
        started = clock()
        work()
        spent.append(clock() - started)
    return tuple(sorted(spent))


def _cpu_of_libreoffice(converter: Converter) -> float:
    """What the LibreOffice that runs has taken so far, in its own code and in the kernel's."""
    office = converter._office  # noqa: SLF001 - nobody else asks
    assert office is not None
    threads = Path(f"/proc/{office.bridge.pid}/task").iterdir()
    (child,) = (pid for thread in threads for pid in (thread / "children").read_text("ascii").split())
    fields = Path(f"/proc/{child}/stat").read_text("ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_SECOND


def _spread(seconds: tuple[float, ...]) -> str:
    return f"{statistics.median(seconds):.2f} ({seconds[0]:.2f}-{seconds[-1]:.2f})"


if __name__ == "__main__":
    sys.exit(main())
