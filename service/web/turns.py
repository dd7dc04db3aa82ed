"""Large uploads -> worked on one after another in each process of the front, so that together they weigh as one.

While they arrive they lie on disk and hold up nobody, however slowly they come; a turn lasts from there to the answer,
which the deadlines of reading and keeping bound. A small file that unpacks to much takes its turn before it is read.
"""

from __future__ import annotations

import threading
from typing import Final, cast

from flask import Flask, current_app, g

from service.memory import give_memory_back
from service.sheets.isolated import LARGE_BYTES

_EXTENSION: Final = "folio-turns"


def keep_turns(app: Flask) -> None:
    """Have the large uploads of an application take turns."""
    app.extensions[_EXTENSION] = threading.Semaphore(1)

    @app.teardown_request
    def give_back(_error: BaseException | None) -> None:
        if g.pop("has_turn", False):
            give_memory_back()
            _turns().release()


def wait_for_turn(size: int, seconds: float | None = None) -> bool:
    """`take_turn` for a file of so many bytes; what is not large is worked on at once, and never lies on disk."""
    return size <= LARGE_BYTES or take_turn(seconds)


def take_turn(seconds: float | None = None) -> bool:
    """Wait until no other large upload is worked on here; the turn ends with this request. False: it did not come."""
    if not g.get("has_turn", False):
        if not _turns().acquire(timeout=seconds):
            return False
        g.has_turn = True
    return True


def _turns() -> threading.Semaphore:
    return cast(threading.Semaphore, current_app.extensions[_EXTENSION])
