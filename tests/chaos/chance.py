"""How large the faults are and which seed they are drawn from, as whoever starts the tests says.

FOLIO_CHAOS=full asks for the figures that Folio promises (`make chaos`); without it each fault comes small enough to be
among all other tests. FOLIO_CHAOS_SEED draws the very faults of an earlier run: every line that is told names its seed.
"""

from __future__ import annotations

import os
import random
from typing import Final

IS_FULL: Final = os.environ.get("FOLIO_CHAOS") == "full"
SEED: Final = int(os.environ.get("FOLIO_CHAOS_SEED") or random.randrange(10**6))


def sized(small: int, full: int) -> int:
    """The one number among all tests, the other in `make chaos`."""
    return full if IS_FULL else small


def chance(of: str) -> random.Random:
    """What one fault is drawn from, the same however the others are drawn."""
    return random.Random(f"{SEED} {of}")
