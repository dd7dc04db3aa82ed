"""A worker's connection with Redis, with two things put right: what it costs, and how an outage would leave it.

kombu keeps in Redis what a worker has taken and not yet begun, to give it to another after an hour, and waits for Redis
twice over every message. A message is a bell here, and who dies with one in hand loses nothing: the job row is the
truth, and the reconciler rings again within seconds. So what is in hand is known to this process alone. Otherwise
kombu would also count a message that it could not acknowledge to a dead Redis as in hand for ever, after which a worker
with one at a time takes no other. And kombu 5.7.0 looks for a Redis that stays away less and less often.
"""

from __future__ import annotations

from typing import Any, Final

from celery.app.amqp import AMQP
from kombu.connection import Connection
from kombu.transport import redis

LOOKS_EVERY_SECONDS: Final = 1


class _Channel(redis.Channel):
    ack_emulation = False
    # Nor is it given back by a worker that ends: where there is no Redis to give it to, kombu would write it to a file.
    do_restore = False


class _Transport(redis.Transport):
    Channel = _Channel


class _Connection(Connection):
    def get_transport_cls(self) -> type:
        usual: type = super().get_transport_cls()
        return _Transport if usual is redis.Transport else usual

    def ensure_connection(self, *args: Any, **named: Any) -> Any:
        steadily = {"interval_start": LOOKS_EVERY_SECONDS, "interval_step": 0, "interval_max": LOOKS_EVERY_SECONDS}
        return super().ensure_connection(*args, **(steadily | named))


class Wires(AMQP):  # type: ignore[misc]  # Celery has no types
    """What a Celery application is given to speak with Redis."""

    Connection = _Connection
