"""A program that is well -> a row and a file that say so; and `python -m service.alive PROGRAM` -> whether it is.

The row is for whoever asks how Folio is: it says that the program reaches the database, wherever it runs. The file is
for whoever watches over this machine or container: it says that the program lives, so that a database that is away
makes nobody restart what is well.
"""

from __future__ import annotations

import datetime as dt
import http.client
import logging
import os
import sys
import threading
import time
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Final, Protocol

from service.domain.errors import StoreUnavailable
from service.settings import Settings

EVERY_SECONDS: Final = 15.0
# Three times in a row it was not well.
GONE_AFTER: Final = dt.timedelta(seconds=3 * EVERY_SECONDS + 5)
_FRONT: Final = "front"
_PATIENCE_SECONDS: Final = 3

_log: Final = logging.getLogger(__name__)


class Register(Protocol):
    """Where it is remembered which programs are well."""

    def beat(self, name: str, host: str, now: dt.datetime) -> None:
        """This program is well."""


def keep_telling(program: str, data_dir: Path, register: Register, clock: Callable[[], dt.datetime]) -> None:
    """Tell from now on, in a thread, that this process is well; it stops with the process."""
    threading.Thread(target=_tell, args=(program, data_dir, register, clock), name="alive", daemon=True).start()


def is_alive(program: str, settings: Settings) -> bool:
    """Whether a program of this machine or container lives; a front is asked, the others leave a mark."""
    if program == _FRONT:
        return _answers(settings.port, settings.trusted_hosts[0])
    try:
        age = time.time() - _mark(program, settings.data_dir).stat().st_mtime
    except OSError:
        return False
    return age < GONE_AFTER.total_seconds()


def _answers(port: int, name: str) -> bool:
    """Whether a front of this machine, which goes by that name, answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_PATIENCE_SECONDS)
    try:
        connection.request("GET", "/healthz", headers={"Host": name})
        return connection.getresponse().status == HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _tell(program: str, data_dir: Path, register: Register, clock: Callable[[], dt.datetime]) -> None:
    host = os.uname().nodename[:128]
    mark = _mark(program, data_dir)
    while True:
        try:
            mark.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            mark.touch()
            register.beat(program, host, clock())
        except (StoreUnavailable, OSError, MemoryError) as error:
            _log.warning("it could not be told that this program is well: %s", type(error).__name__)
        time.sleep(EVERY_SECONDS)


def _mark(program: str, data_dir: Path) -> Path:
    return data_dir / "alive" / program


if __name__ == "__main__":
    sys.exit(0 if is_alive(sys.argv[1], Settings.at_start()) else 1)
