"""The contract between the front and the worker: task names, queues, and how the bell is rung.

A message carries the id of a job, or of a few of one report that are written one right after the other, and nothing
else. The job row in the database is the truth; a lost message costs a second's wait, never a report.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable
from typing import Any, Final, Literal

from celery import Celery

WRITE_DOCUMENT: Final = "folio.write_document"
QUEUE: Final = "documents"

# Straight onto the queue's list, which needs nothing else in Redis, and without a picture of what the message says.
_PLAINLY: Final[dict[str, Any]] = {"retry": False, "declare": (), "argsrepr": "", "kwargsrepr": ""}

_log = logging.getLogger(__name__)


def celery_settings(broker_url: str) -> dict[str, Any]:
    """Celery's settings, the same on both ends; each was tried with workers and broker killed (docs/data-flow.md)."""
    return {
        "broker_url": broker_url,
        "task_ignore_result": True,
        "task_serializer": "json",
        "accept_content": ["json"],
        "task_default_queue": QUEUE,
        "task_acks_late": False,
        "worker_prefetch_multiplier": 1,
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "broker_transport_options": {
            "socket_timeout": 5,
            "socket_connect_timeout": 2,
        },
        "worker_enable_remote_control": False,
        "worker_send_task_events": False,
    }


class Bell:
    """Tells the workers that jobs wait. Rung after COMMIT, because what it announces must already be true.

    Whether Redis hears it or not, nothing is lost: the reconciler rings again. So it never raises, gives up after
    about a second, and after a silence does not try again for a while, and then one thread at a time, so that uploads
    do not wait for a dead Redis. Threads may share one; a forked process must make its own.
    """

    PATIENCE_SECONDS: Final = 1.0
    SILENCE_SECONDS: Final = 5.0

    def __init__(self, broker_url: str) -> None:
        """`broker_url`: `redis://host:port/0`, or `redis+socket:///path`; connects at the first ring."""
        self._app = Celery("folio-bell", set_as_current=False)
        self._app.conf.update(celery_settings(broker_url))
        # A silent Redis is met with one of these two and no second try; kombu alone would go on for six seconds.
        answer_within = self.PATIENCE_SECONDS / 2
        self._app.conf.broker_transport_options |= {
            "socket_timeout": answer_within,
            "socket_connect_timeout": answer_within,
            "max_retries": 0,
        }
        self._silent_until = 0.0
        self._trying = threading.Lock()

    def ring(self, job_ids: Iterable[str], together: Iterable[str] = ()) -> bool:
        """Announce jobs, and in one message those that are worth `together`. False: Redis did not take all of them.

        The reconciler will then.
        """
        at_once = list(together)
        messages = [*([at_once] if at_once else []), *([job_id] for job_id in job_ids if job_id not in at_once)]
        if time.monotonic() < self._silent_until:
            return False
        was_silent = self._silent_until > 0
        if was_silent and not self._trying.acquire(blocking=False):
            return False
        try:
            return self._rung(messages)
        finally:
            if was_silent:
                self._trying.release()

    def waiting(self) -> int | None:
        """How many messages wait in Redis; None when it does not answer."""
        if time.monotonic() < self._silent_until:
            return None
        try:
            with self._app.pool.acquire(block=True, timeout=self.PATIENCE_SECONDS) as connection:
                return int(connection.default_channel.client.llen(QUEUE))
        except Exception as error:  # noqa: BLE001 as above
            self._fall_silent(f"{type(error).__name__}: {error}")
            return None

    def close(self) -> None:
        """Let go of the connections."""
        self._app.close()

    def _rung(self, messages: Iterable[list[str]]) -> bool:
        started = time.monotonic()
        try:
            with self._app.producer_pool.acquire(block=True, timeout=self.PATIENCE_SECONDS) as producer:
                for message in messages:
                    if time.monotonic() - started > self.PATIENCE_SECONDS:
                        return self._fall_silent("Redis is slow")
                    self._app.send_task(WRITE_DOCUMENT, args=message, producer=producer, **_PLAINLY)
        except Exception as error:  # noqa: BLE001 whatever is wrong with Redis, the upload is safe and must be answered
            return self._fall_silent(f"{type(error).__name__}: {error}")
        self._silent_until = 0.0
        return True

    def _fall_silent(self, reason: str) -> Literal[False]:
        self._silent_until = time.monotonic() + self.SILENCE_SECONDS
        _log.warning("the bell is silent for %d s: %s", self.SILENCE_SECONDS, reason)
        return False
