"""Folio's own worker, in whose processes the version of a plan says what its document does to them.

Started as `celery --app tests.chaos.poisoned_worker`: everything else is as in production, but for the time that a
document may take, which the tests cannot wait for.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from typing import Any, Final

from service.domain.reports import RenderedDocument, Report
from worker import limits, tasks
from worker.app import app

__all__ = ["POISONS", "app"]

CPU_SECONDS: Final = 1.0


def _kill_itself() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _run_out_of_memory() -> None:
    raise MemoryError


def _loop_for_ever() -> None:
    while True:
        pass


def _loop_in_c_for_ever() -> None:
    # One expression that no signal of Python's gets into.
    sum(iter(int, 1))


def _take_two_gigabytes() -> None:
    # Written to, so that it is memory and not only addresses.
    taken = bytearray(2 * 1024**3)
    time.sleep(len(taken))


# The version of the plan: its poison, and a word of what a person is told of it in the end.
POISONS: Final[dict[str, tuple[Callable[[], None], str]]] = {
    "9.1": (_kill_itself, "terminó de golpe"),
    "9.2": (_run_out_of_memory, "más memoria"),
    "9.3": (_loop_for_ever, "más tiempo"),
    "9.4": (_loop_in_c_for_ever, "terminó de golpe"),
    "9.5": (_take_two_gigabytes, "más memoria"),
}

_render: Final = tasks.render
_within_time: Final = limits.within_time


def _poisoned(report: Report, *said: Any, **named: Any) -> RenderedDocument:
    poison, _ = POISONS.get(str(report.plan.version), (None, ""))
    if poison:
        poison()
    return _render(report, *said, **named)


tasks.render = _poisoned
tasks.within_time = lambda: _within_time(CPU_SECONDS)
limits._SECONDS_TO_SAY_SO = 0.5  # type: ignore[misc]
