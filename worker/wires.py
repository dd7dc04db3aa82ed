"""A worker's connection with Redis, with two things put right without which it would be deaf after an outage.

kombu 5.7.0 looks for a Redis that stays away less and less often, and counts a message that it could not acknowledge as
still in the worker's hand: with one in hand at a time it then takes no other, keeps no connection either whose end it
would notice, and lives on for ever. A message is a bell here: whether Redis heard that it was taken does not matter.
"""

from __future__ import annotations

from typing import Any, Final

from celery.app.amqp import AMQP
from kombu.connection import Connection
from kombu.transport import redis, virtual

LOOKS_EVERY_SECONDS: Final = 1


class _Hand(redis.QoS):
    """The messages that a worker has taken and not yet begun."""

    def ack(self, delivery_tag: str) -> None:
        try:
            super().ack(delivery_tag)
        except BaseException:
            # Only this process knows of it by now: it is not in hand any more, whatever Redis says.
            virtual.QoS.ack(self, delivery_tag)
            raise


class _Channel(redis.Channel):
    QoS = _Hand


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
