"""What the faults showed -> one line each at the end of the run, and after the full ones a page of results."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from tests.chaos.chance import IS_FULL, SEED

PROPERTY: Final = "chaos"
RESULTS: Final = Path(__file__).parents[2] / "benchmarks" / "results" / "chaos.md"

_HEAD: Final = """\
# What Folio loses when things break while it works

`make chaos`, {machine}. Each line's seed draws the same faults again:
`FOLIO_CHAOS_SEED=… make chaos`.

| fault | what was seen | seed | held |
|---|---|---|---|
"""


@dataclass(frozen=True, slots=True)
class Figures:
    """What one fault showed; `held` says whether its test passed."""

    fault: str
    seen: str
    seed: int
    held: bool

    @staticmethod
    def told(fault: str, seen: str) -> tuple[str, dict[str, Any]]:
        """As a property of a test, which travels from the process that ran it to the one that tells."""
        return PROPERTY, {"fault": fault, "seen": seen, "seed": SEED}

    @classmethod
    def of(cls, properties: Iterable[tuple[str, Any]], *, held: bool) -> list[Self]:
        return [cls(**value, held=held) for name, value in properties if name == PROPERTY]

    def __str__(self) -> str:
        return f"{self.fault}: {self.seen} (FOLIO_CHAOS_SEED={self.seed}){'' if self.held else ' - IT DID NOT HOLD'}"


def _order(figures: Figures) -> tuple[int, str]:
    number = "".join(filter(str.isdigit, figures.fault.partition(" ")[0]))
    return int(number or 0), figures.fault


def tell(all_figures: list[Figures]) -> list[str]:
    """The lines, in the order of the faults; the full ones are kept as a page too."""
    in_order = sorted(all_figures, key=_order)
    if IS_FULL and in_order:
        rows = [f"| {each.fault} | {each.seen} | {each.seed} | {'yes' if each.held else 'no'} |\n" for each in in_order]
        machine = f"Python {platform.python_version()}, {len(os.sched_getaffinity(0))} cores"
        RESULTS.write_text(_HEAD.format(machine=machine) + "".join(rows), encoding="utf-8")
    return [str(each) for each in in_order]
