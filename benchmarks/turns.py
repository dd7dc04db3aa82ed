"""Contenders at one piece of work -> what each took, in turns within one run: milliseconds swing, ratios stay."""

from __future__ import annotations

import os
import platform
import statistics
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Protocol, TypeVar

from service.settings import PROJECT

# Does the work once and says what it took, in milliseconds.
Turn = Callable[[], float]


class HasRow(Protocol):
    """What was measured, and can tell it in a row of a table of results."""

    def as_row(self) -> str:
        """The row, in Markdown."""


Measured = TypeVar("Measured", bound=HasRow)


@dataclass(frozen=True, slots=True)
class Times:
    """What a piece of work took each time, in milliseconds."""

    each: tuple[float, ...]

    @property
    def median(self) -> float:
        """The one in the middle."""
        return statistics.median(self.each)

    def __str__(self) -> str:
        return f"{_short(self.median)} ({_short(min(self.each))}-{_short(max(self.each))})"


def in_turns(contenders: Mapping[str, Turn], times: int) -> dict[str, Times]:
    """Every contender once to warm up, then so many times, one after the other."""
    for turn in contenders.values():
        turn()
    took = [{name: turn() for name, turn in contenders.items()} for _ in range(times)]
    return {name: Times(tuple(each[name] for each in took)) for name in contenders}


def cpu_of(work: Callable[[], object]) -> Turn:
    """The CPU time of this process, all its threads."""

    def turn() -> float:
        started = time.process_time()
        work()
        return (time.process_time() - started) * 1000

    return turn


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> list[str]:
    """The lines of a Markdown table, the first column to the left and the others to the right."""
    cells = [[str(cell) for cell in row] for row in (head, *rows)]
    lines = ["| " + " | ".join(row) + " |" for row in cells]
    return [lines[0], "|---" + "|---:" * (len(head) - 1) + "|", *lines[1:]]


def keep_page(page: Path, head: Sequence[str], measured: Iterable[Measured]) -> list[Measured]:
    """Print a page of results as it grows, and keep it once it is whole; all that was measured."""
    print("\n".join(head), flush=True)
    found = []
    for each in measured:
        found.append(each)
        print(each.as_row(), flush=True)
    page.write_text("\n".join([*head, *(each.as_row() for each in found), ""]), "utf-8")
    print(f"\n{page.relative_to(PROJECT)}")
    return found


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
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    libraries = ", ".join(f"{name} {version(name)}" for name in ("docxtpl", "openpyxl", "xlsxwriter", "lxml", "isal"))
    return (
        f"{model}, {len(os.sched_getaffinity(0))} cores, {memory:.0f} GiB, Linux {platform.release()}, "
        f"Python {platform.python_version()}, {libraries}"
    )


def _short(milliseconds: float) -> str:
    return f"{milliseconds:.2f}" if milliseconds < 10 else f"{milliseconds:,.0f}"  # noqa: PLR2004 - three digits
