"""A document's writing -> the same within bounds of time, and what it broke at as an error that says so.

The processes of the worker live under a limit of memory (`worker.app`); here is what a single document may take of
their time, and what is nobody's fault but the disk's. A loop that never ends is told so from within; one that does not
come back to Python is ended by the kernel ten seconds later, and the next to claim its job finds it so.

There is no limit on the size of files: the only one that these processes write is SQLite's, which may be of any size.
"""

from __future__ import annotations

import contextlib
import errno
import shutil
import signal
import tempfile
from collections.abc import Iterator
from types import FrameType
from typing import Final

from billiard.exceptions import SoftTimeLimitExceeded

from service.domain.errors import ConversionFailed, FolioError, NoPdf, NoRoom

# Of this process alone, whatever others do on the machine: a thousand actions take a few, in LibreOffice's own process.
CPU_SECONDS: Final = 120.0
_SECONDS_TO_SAY_SO: Final = 10.0

# What LibreOffice's profile and its files take, and some to spare.
_ROOM_FOR_A_PDF: Final = 32 * 1024**2
_NO_SPACE: Final = {errno.ENOSPC, errno.EDQUOT}

_NO_ROOM: Final = "No queda espacio en el disco para escribir este documento. Se intentará de nuevo cuando lo haya."
_TOO_MUCH: Final = "Este documento necesita más memoria de la que Folio da a uno solo."
_TOO_LONG: Final = "Escribir este documento tomó más tiempo del que Folio da a uno solo."
_UNEXPECTED: Final = "Ocurrió un error inesperado al escribir el documento."


class TookTooLong(Exception):
    """A document used up its time."""


@contextlib.contextmanager
def within_time(cpu_seconds: float = CPU_SECONDS) -> Iterator[None]:
    """Let the block use so much of this process's time, in its main thread.

    Raises:
        TookTooLong: it used more.
    """
    signal.signal(signal.SIGVTALRM, _stop)
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_VIRTUAL, cpu_seconds)
    signal.setitimer(signal.ITIMER_PROF, cpu_seconds + _SECONDS_TO_SAY_SO)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.setitimer(signal.ITIMER_PROF, 0)


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise TookTooLong


def explained(error: Exception) -> FolioError:
    """What a document broke at, as a person is told and the queue understands it."""
    log = repr(error)
    match error:
        case OSError() if error.errno in _NO_SPACE:
            return NoRoom(_NO_ROOM, log=log)
        case NoPdf() if shutil.disk_usage(tempfile.gettempdir()).free < _ROOM_FOR_A_PDF:
            # LibreOffice itself does not say why it failed.
            return NoRoom(_NO_ROOM, log=log)
        case FolioError():
            return error
        case MemoryError():
            return ConversionFailed(_TOO_MUCH, log=log)
        case TookTooLong() | SoftTimeLimitExceeded():
            return ConversionFailed(_TOO_LONG, log=log)
        case _:
            return ConversionFailed(_UNEXPECTED, log=log)
