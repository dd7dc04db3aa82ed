"""How far the way of an upload is: what those who wait for it are told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class Stage(StrEnum):
    """What is being done with an upload, in this order."""

    RECEIVING = "receiving"
    READING = "reading"
    CHECKING = "checking"
    KEEPING = "keeping"


@dataclass(frozen=True, slots=True)
class Progress:
    """How much of a stage is behind, 0 to 100, and how many actions were read by then."""

    stage: Stage
    percent: int = 0
    actions: int = 0


Tell = Callable[[Progress], None]


def tell_nobody(_progress: Progress) -> None:
    """For work that nobody waits for."""
