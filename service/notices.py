"""A document that is finished -> whoever waits for it, in whichever process of the front, wakes up and looks.

The worker tells it through Redis, after COMMIT. What is told is a report's id, and only that it is worth a look: the
database is the truth, and whoever waits looks there now and then all the same. So a Redis that is away, frozen or
forgetful costs the time between two looks, and nothing else.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    from redis import Redis

CHANNEL: Final = "folio:finished"

_CONNECT_SECONDS: Final = 0.5
_SILENCE_SECONDS: Final = 5.0
_LISTEN_AGAIN_SECONDS: Final = 1.0

Seen = TypeVar("Seen")

_log: Final = logging.getLogger(__name__)


class Herald:
    """Tells those who wait that something of a report is finished. It never raises: they find out by themselves.

    It gives up after half a second, and after a silence does not try again for a while. Threads may share one; a forked
    process must make its own.
    """

    def __init__(self, redis_url: str) -> None:
        """`redis_url`: `redis://host:port/0`, or `redis+socket:///path`; connects when there is something to tell."""
        self._redis_url = redis_url
        self._redis: Redis | None = None
        self._silent_until = 0.0

    def tell(self, report_id: str) -> None:
        """Wake whoever waits for this report; what is told of it must already be committed."""
        if not self._redis_url or time.monotonic() < self._silent_until:
            return
        try:
            if self._redis is None:
                self._redis = _connected(self._redis_url, answer_within=_CONNECT_SECONDS)
            self._redis.publish(CHANNEL, report_id)
        except Exception as error:  # noqa: BLE001 whatever is wrong with Redis, the document is safe
            self._silent_until = time.monotonic() + _SILENCE_SECONDS
            _log.warning("nobody is told of what is finished for %d s: %s", _SILENCE_SECONDS, error)


class Watch:
    """Lets requests wait until something is so, a limited number of them at a time. Threads share one.

    Args:
        redis_url: where it is told; empty: nowhere, so that those who wait find out when they look.
        look_every: seconds after which whoever waits looks again, whatever was told.
        room: how many may wait at once; the others are answered with what they see. Whoever waits holds a thread of
            the front, and uploads need some too.
        longest: seconds that anybody may wait.
    """

    def __init__(self, redis_url: str = "", *, look_every: float = 0.5, room: int = 8, longest: float = 20.0) -> None:
        self._redis_url = redis_url
        self._look_every = look_every
        self._room = threading.BoundedSemaphore(room)
        self._longest = longest
        self._lock = threading.Lock()
        self._waiting: defaultdict[str, set[threading.Event]] = defaultdict(set)
        self._listener: threading.Thread | None = None
        self._is_over = False

    def look_until(
        self, report_id: str, look: Callable[[], Seen], is_enough: Callable[[Seen], bool], seconds: float
    ) -> Seen:
        """What `look` sees once that is enough, or when the time is over, or at once where nobody more may wait."""
        if seconds <= 0 or not self._room.acquire(blocking=False):
            return look()
        until = time.monotonic() + min(seconds, self._longest)
        told = threading.Event()
        try:
            # First the ear and then the look: what is told in between is not missed.
            self._listen_for(report_id, told)
            while True:
                told.clear()
                seen = look()
                left = until - time.monotonic()
                if is_enough(seen) or left <= 0 or self._is_over:
                    return seen
                told.wait(min(left, self._look_every))
        finally:
            self._forget(report_id, told)
            self._room.release()

    def close(self) -> None:
        """Let everybody who waits go, and nobody wait any more; also from within a signal's handler."""
        self._is_over = True
        for each in [told for events in list(self._waiting.values()) for told in list(events)]:
            each.set()

    def _listen_for(self, report_id: str, told: threading.Event) -> None:
        with self._lock:
            self._waiting[report_id].add(told)
            if self._listener is None and self._redis_url:
                self._listener = threading.Thread(target=self._listen, name="what is finished", daemon=True)
                self._listener.start()

    def _forget(self, report_id: str, told: threading.Event) -> None:
        with self._lock:
            self._waiting[report_id].discard(told)
            if not self._waiting[report_id]:
                del self._waiting[report_id]

    def _listen(self) -> None:
        while not self._is_over:
            try:
                client: Any = _connected(self._redis_url, answer_within=None)
                ears = client.pubsub(ignore_subscribe_messages=True)
                ears.subscribe(CHANNEL)
                for message in ears.listen():
                    self._wake(message["data"].decode("ascii", "replace"))
            except Exception as error:  # noqa: BLE001 whatever is wrong with Redis, everybody looks for themselves
                _log.info("nothing is heard of what is finished: %s", error)
            time.sleep(_LISTEN_AGAIN_SECONDS)

    def _wake(self, report_id: str) -> None:
        with self._lock:
            for told in self._waiting.get(report_id, ()):
                told.set()


def _connected(redis_url: str, *, answer_within: float | None) -> Redis:
    # Only where something is told: it brings ten megabytes of its own.
    from redis import Redis  # noqa: PLC0415
    from redis.backoff import NoBackoff  # noqa: PLC0415
    from redis.retry import Retry  # noqa: PLC0415

    return Redis.from_url(
        redis_url.replace("redis+socket://", "unix://", 1),
        socket_timeout=answer_within,
        socket_connect_timeout=_CONNECT_SECONDS,
        # No second try: somebody waits.
        retry=Retry(NoBackoff(), 0),
    )
