"""Workbooks of growing length -> a table of what reading and checking them costs, beside openpyxl's bare reading.

CPU time and memory of a process that does nothing else: each measurement has one of its own, which reads the same
workbook several times and keeps nothing of it. Ratios stay where milliseconds of a shared machine swing.
"""

from __future__ import annotations

import gc
import io
import multiprocessing
import resource
import statistics
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import openpyxl

from benchmarks.offices import Row, repeating_rows, sound_rows, spoiled_rows, workbook_of
from benchmarks.turns import machine
from service.domain.progress import Progress, Stage
from service.domain.reading import Given
from service.settings import PROJECT
from service.sheets.intake import read_plan

RESULTS: Final = PROJECT / "benchmarks" / "results" / "reading.md"
TURNS: Final = {10: 25, 100: 15, 1_000: 7, 10_000: 5}
MAKERS: Final[tuple[tuple[str, Callable[[int], list[Row]], tuple[int, ...]], ...]] = (
    ("all different, nothing wrong", sound_rows, (10, 100, 1_000, 10_000)),
    ("texts that repeat or nearly do", repeating_rows, (10_000,)),
    ("something wrong in every third", spoiled_rows, (10_000,)),
)


@dataclass(frozen=True, slots=True)
class Turn:
    """CPU seconds of reading, and of checking what was read; findings, when it was Folio that read."""

    reading: float
    checking: float = 0.0
    findings: int = 0

    @property
    def whole(self) -> float:
        """Both together."""
        return self.reading + self.checking


@dataclass(frozen=True, slots=True)
class Measured:
    """Every turn, and the most memory that the process ever held, in MiB."""

    turns: tuple[Turn, ...]
    peak: int

    def median(self, of: Callable[[Turn], float]) -> float:
        """The turn in the middle."""
        return statistics.median(map(of, self.turns))


def main() -> int:
    """Print the table as it grows, and keep it."""
    lines = [
        "# Reading and checking a plan",
        "",
        f"{machine()}.",
        "Median CPU seconds of a process that reads .xlsx files as Excel writes them, with shared texts as long as the",
        "reference's; in brackets from least to most. The last columns are what `openpyxl.load_workbook` and a walk",
        "over its cells take for the same file, nothing understood. Written by `make bench`.",
        "",
        "| actions | | reading | checking | both | findings | peak MiB | openpyxl | peak MiB | ratio |",
        "|---:|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    print("\n".join(lines), flush=True)
    for says, rows_of, lengths in MAKERS:
        for actions in lengths:
            lines.append(_line(actions, says, workbook_of(rows_of(actions))))
            print(lines[-1], flush=True)
    RESULTS.write_text("\n".join([*lines, ""]), "utf-8")
    print(f"\n{RESULTS.relative_to(PROJECT)}")
    return 0


def _line(actions: int, says: str, content: bytes) -> str:
    ours, theirs = (_apart(read, content, TURNS[actions]) for read in (read_by_folio, read_by_library))
    whole = [turn.whole for turn in ours.turns]
    both = f"{statistics.median(whole):.3f} ({min(whole):.3f}-{max(whole):.3f})"
    bare = theirs.median(lambda turn: turn.reading)
    return (
        f"| {actions:,} | {says} | {ours.median(lambda turn: turn.reading):.3f} | "
        f"{ours.median(lambda turn: turn.checking):.3f} | {both} | {ours.turns[0].findings:,} | {ours.peak} | "
        f"{bare:.3f} | {theirs.peak} | {bare / statistics.median(whole):.1f}x |"
    )


def _apart(read: Callable[[bytes], Turn], content: bytes, turns: int) -> Measured:
    spawned = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawned) as pool:
        return pool.submit(_measured, read, content, turns).result()


def _measured(read: Callable[[bytes], Turn], content: bytes, turns: int) -> Measured:
    # As in the reader that Folio keeps: what is read has no cycles to be looked for.
    gc.disable()
    read(content)
    measured = []
    for _ in range(turns):
        gc.collect()
        measured.append(read(content))
    return Measured(tuple(measured), _peak_mib())


def _peak_mib() -> int:
    # On Linux, where a child counts its parent's pages as its own until it has replaced them, the status tells better.
    status = Path("/proc/self/status")
    if status.exists():
        (line,) = (line for line in status.read_text("utf-8").splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) // 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def read_by_folio(content: bytes) -> Turn:
    """Read and check the plan."""
    read_at = 0.0

    def tell(progress: Progress) -> None:
        nonlocal read_at
        if progress.stage is Stage.CHECKING and not progress.percent:
            read_at = time.process_time()

    started = time.process_time()
    reading = read_plan(content, Given(), tell=tell)
    ended = time.process_time()
    assert read_at, "a workbook without a plan costs less than one with it"
    return Turn(read_at - started, ended - read_at, len(reading.findings))


def read_by_library(content: bytes) -> Turn:
    """Read the cells and forget them."""
    started = time.process_time()
    sheet = openpyxl.load_workbook(io.BytesIO(content), data_only=True).worksheets[0]
    for _ in sheet.iter_rows(values_only=True):
        pass
    return Turn(time.process_time() - started)


if __name__ == "__main__":
    sys.exit(main())
