"""What a process is done with -> goes back to the system; the C library would keep it for the next time."""

from __future__ import annotations

import ctypes
from typing import Final

# Pieces of this size are given back one by one as soon as nobody needs them.
_LARGE_BYTES: Final = 256 * 1024

# From glibc's malloc.h; other libraries have no such thing to set, or take no heed.
_M_MMAP_THRESHOLD: Final = -3
_M_ARENA_MAX: Final = -8


def bound_memory() -> None:
    """Have the C library of this process give large pieces back at once, and keep few for its many threads."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES)
        mallopt(_M_ARENA_MAX, 2)


def give_memory_back() -> None:
    """What was large and is over goes back to the system."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
