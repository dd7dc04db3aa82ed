"""What a try at a document spends its seconds on, told where they are spent and gathered where the try is made.

Assumes one try at a time in a process. Outside a try it costs a look at a variable and gathers nothing.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from contextvars import ContextVar
from enum import StrEnum
from typing import Final

from service.domain.took import Took


class Phase(StrEnum):
    """What is measured apart from the writing itself."""

    CONVERT = "convert"
    PROVE = "prove"


class Spent:
    """What one try has spent so far."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self.seconds = dict.fromkeys(Phase, 0.0)
        self.office_starts = 0

    def took(self) -> Took:
        """All of it by now; what is no other phase is writing."""
        whole = time.monotonic() - self._began
        write = max(0.0, whole - sum(self.seconds.values()))
        return Took(write, self.seconds[Phase.CONVERT], self.seconds[Phase.PROVE], self.office_starts)


_spent: Final[ContextVar[Spent | None]] = ContextVar("spent", default=None)


def begin() -> Spent:
    """Gather from now on what this try spends."""
    spent = Spent()
    _spent.set(spent)
    return spent


@contextlib.contextmanager
def spending(phase: Phase) -> Iterator[None]:
    """The seconds of the block are of that phase, however it ends."""
    began = time.monotonic()
    try:
        yield
    finally:
        if (spent := _spent.get()) is not None:
            spent.seconds[phase] += time.monotonic() - began


def office_started() -> None:
    """LibreOffice had to be started."""
    if (spent := _spent.get()) is not None:
        spent.office_starts += 1
