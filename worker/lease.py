"""Claims -> claims that stay ours for as long as this process lives and works.

A lease is short, so that the job of a killed worker waits only seconds; a thread renews it, so that a long document
does not lose it. A paused or killed process renews nothing, and its late result is turned away by the store.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Final, TypeVar

from service import logs
from service.domain.errors import StoreUnavailable
from service.store import Claim, Store

# How long a finished document waits in memory for a database that went away; nothing else could be written meanwhile.
PATIENCE_SECONDS: Final = 300.0
# By then its lease has passed: whoever is quicker, once the database is back, spares the job a try.
_BETWEEN_SECONDS: Final = 0.1

Recorded = TypeVar("Recorded")

_log = logging.getLogger(__name__)


class Leases:
    """Renews the claims that are in hand every third of a lease.

    One thread does it for the whole life of the process: to start one for every claim takes longer than to renew it.
    """

    def __init__(self, store: Store, lease: dt.timedelta, clock: Callable[[], dt.datetime]) -> None:
        self._store, self._lease, self._clock = store, lease, clock
        self._held: dict[str, Claim] = {}
        self._thread: threading.Thread | None = None

    @contextlib.contextmanager
    def kept_alive(self, claims: Iterable[Claim]) -> Iterator[None]:
        """The claims' leases do not pass while the block runs."""
        held = {claim.job_id: claim for claim in claims}
        # It may have ended where a document left it no memory.
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._keep_renewing, name="leases", daemon=True)
            self._thread.start()
        self._held |= held
        try:
            yield
        finally:
            for job_id in held:
                self._held.pop(job_id, None)

    def _keep_renewing(self) -> None:
        while True:
            time.sleep(self._lease.total_seconds() / 3)
            for claim in tuple(self._held.values()):
                self._renew(claim)

    def _renew(self, claim: Claim) -> None:
        try:
            is_ours = self._store.extend_lease(claim, self._clock(), self._lease)
            if not is_ours and self._held.get(claim.job_id) is claim:
                _log.warning("job %s passed to another worker", claim.job_id, extra=logs.of_job(claim.job_id))
                self._held.pop(claim.job_id, None)
        except (StoreUnavailable, MemoryError) as error:
            told = logs.of_job(claim.job_id)
            _log.warning("job %s: the lease was not renewed: %s", claim.job_id, error, extra=told)


def until_the_store_answers(record: Callable[[], Recorded], patience_seconds: float = PATIENCE_SECONDS) -> Recorded:
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
            time.sleep(_BETWEEN_SECONDS)
