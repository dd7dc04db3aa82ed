"""How often one address may try what strangers can do; counted in Redis, and in the process while Redis is away.

The fallback is ours: flask-limiter's own answers 500 to all but one of the requests that meet the silence together, and
to whoever meets it between the question and the count (4.1.1). Tries are always counted here too, so that nobody
gets new ones by a fault of Redis, and whichever has counted more is believed.
"""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Final, TypeVar

from flask import Flask, Response, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from limits.storage import MemoryStorage, RedisStorage, Storage

from service.store import folded

# Only failed tries count: an office that signs in all at once on Monday is no attack.
SIGN_IN_BY_ADDRESS: Final = "20 per minute;200 per hour"
SIGN_IN_BY_LOGIN_FROM_HERE: Final = "5 per minute;30 per hour"
SIGN_IN_BY_LOGIN: Final = "20 per minute;100 per hour"
LINKS: Final = "20 per minute"
# People read a code from paper and mistype it; programs that try all of them do not get far.
VERIFICATIONS: Final = "60 per minute"

_SOCKET_SECONDS: Final = 0.5
_SILENCE_SECONDS: Final = 5.0
_SCHEME: Final = "folio"

Count = TypeVar("Count")

_log: Final = logging.getLogger(__name__)

limiter: Final = Limiter(key_func=get_remote_address)

# What programs ask all day long, and only with a token: whether it counts as a try need not be found out each time.
NO_TRIES: Final = {"api.create_report", "api.report", "api.document"}


class Tries(Storage):
    """The counts of tries, at `folio:` and the address of a Redis. It never fails: what Redis does not tell is here."""

    STORAGE_SCHEME = [_SCHEME]  # noqa: RUF012 - read, and declared so, by the library

    def __init__(self, uri: str) -> None:
        # Only where tries are counted there: it brings ten megabytes of its own.
        from redis import RedisError  # noqa: PLC0415
        from redis.backoff import NoBackoff  # noqa: PLC0415
        from redis.retry import Retry  # noqa: PLC0415

        super().__init__(uri)
        self._refusal = RedisError
        self._here = MemoryStorage()
        # No second try: somebody waits.
        self._there = RedisStorage(
            uri.removeprefix(f"{_SCHEME}:"),
            socket_timeout=_SOCKET_SECONDS,
            socket_connect_timeout=_SOCKET_SECONDS,
            retry=Retry(NoBackoff(), 0),  # type: ignore[arg-type]  # it is handed on to the client as it is
        )
        self._turn = threading.Lock()
        self._silent_until = 0.0

    @property
    def base_exceptions(self) -> type[Exception]:
        """What it raises: nothing of its own."""
        return self._refusal

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """One more; how many there are."""
        here = self._here.incr(key, expiry, amount)
        return max(here, self._told(lambda: self._there.incr(key, expiry, amount), here))

    def get(self, key: str) -> int:
        """How many there are."""
        here = self._here.get(key)
        return max(here, self._told(lambda: self._there.get(key), here))

    def get_expiry(self, key: str) -> float:
        """When the count begins anew."""
        here = self._here.get_expiry(key)
        return max(here, self._told(lambda: self._there.get_expiry(key), here))

    def check(self) -> bool:
        """It can always count."""
        return True

    def reset(self) -> int | None:
        """Forget the counts of this process; others may need those in Redis."""
        return self._here.reset()

    def clear(self, key: str) -> None:
        """Forget one count."""
        self._here.clear(key)
        self._told(lambda: self._there.clear(key), None)

    def _told(self, ask: Callable[[], Count], otherwise: Count) -> Count:
        """What Redis says; after a silence it is left alone for a while, and then one request at a time tries it."""
        if time.monotonic() < self._silent_until:
            return otherwise
        was_silent = self._silent_until > 0
        if was_silent and not self._turn.acquire(blocking=False):
            return otherwise
        try:
            told = ask()
        except (self._refusal, OSError) as problem:
            self._silent_until = time.monotonic() + _SILENCE_SECONDS
            _log.warning("tries are counted in this process for %d s: %s", _SILENCE_SECONDS, problem)
            return otherwise
        else:
            self._silent_until = 0.0
            return told
        finally:
            if was_silent:
                self._turn.release()


def keep_rates(app: Flask, redis_url: str | None) -> None:
    """Count the tries of an application in Redis (`redis://…` or `redis+socket://…`); None: in its process alone."""
    address = redis_url and redis_url.replace("redis+socket://", "redis+unix://", 1)
    app.config.update(
        RATELIMIT_STORAGE_URI=f"{_SCHEME}:{address}" if address else "memory://",
        RATELIMIT_KEY_PREFIX="folio",
        RATELIMIT_HEADERS_ENABLED=False,
        RATELIMIT_STRATEGY="fixed-window",
    )
    limiter.init_app(app)


@limiter.request_filter
def is_no_try() -> bool:
    """Whether nobody could be guessing with this request."""
    return request.endpoint in NO_TRIES


def login_in_form() -> str:
    """Whose account somebody tries to enter; unreadable, for people type passwords there too."""
    return f"login {hashlib.sha256(folded(request.form.get('login', '')).encode()).hexdigest()}"


def login_from_here() -> str:
    """The same from one address: whoever guesses from another does not keep its person out at once."""
    return f"{login_in_form()} {get_remote_address()}"


def has_failed(response: Response) -> bool:
    """Whether what was tried did not succeed: whoever succeeds is sent on."""
    return response.status_code != HTTPStatus.SEE_OTHER
