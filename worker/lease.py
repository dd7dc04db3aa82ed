"""A claim -> a claim that stays ours for as long as this process lives and works.

A lease is short, so that the job of a killed worker waits only seconds; a thread renews it, so that a long document
does not lose it. A paused or killed process renews nothing, and its late result is turned away by the store.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import logging
import threading
import time
from collections.abc import Callable, Iterator
from typing import Final

from service.domain.errors import StoreUnavailable
from service.store import Claim, Store

# How long a finished document waits in memory for a database that went away.
PATIENCE_SECONDS: Final = 60.0

_log = logging.getLogger(__name__)


@contextlib.contextmanager
def kept_alive(store: Store, claim: Claim, lease: dt.timedelta, clock: Callable[[], dt.datetime]) -> Iterator[None]:
    """Renew the claim's lease every third of its length while the block runs."""
    done = threading.Event()

    def renew() -> None:
        while not done.wait(lease.total_seconds() / 3):
            try:
                if not store.extend_lease(claim, clock(), lease):
                    _log.warning("job %s passed to another worker", claim.job_id)
                    return
            except StoreUnavailable as error:
                _log.warning("job %s: the lease was not renewed: %s", claim.job_id, error)

    renewing = threading.Thread(target=renew, name=f"lease of {claim.job_id}", daemon=True)
    renewing.start()
    try:
        yield
    finally:
        done.set()
        renewing.join()


def until_the_store_answers(record: Callable[[], bool], patience_seconds: float = PATIENCE_SECONDS) -> bool:
    """What `record` returns, tried again while the database is away: finished work is not thrown away for that.

    Raises:
        StoreUnavailable: the database stayed away for longer than `patience_seconds`; the lease passes on.
    """
    deadline = time.monotonic() + patience_seconds
    while True:
        try:
            return record()
        except StoreUnavailable:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)
