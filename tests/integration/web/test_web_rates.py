"""Tries at signing in, counted in a real Redis by two fronts, which count alone while it is killed or frozen."""

from __future__ import annotations

import datetime as dt
import hashlib
import signal
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from urllib.parse import urlencode

import pytest

from service.domain.people import FIRST_OFFICE, Role
from service.store import Account, Store, migrate, new_id, open_store
from service.web import passwords
from service.web.access import ACCESS
from service.web.rates import NO_TRIES
from tests.integration.servers import Processes, RedisServer, wait_until
from tests.web import Client

PASSWORD = "cuatro palabras sin relación"
# Half a second for each of a few steps that meet a silent Redis; the rest is a machine that others use too.
AT_MOST_SECONDS = 5.0
UNAUTHORIZED, TOO_MANY, ENTERED = (
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.SEE_OTHER,
)


class Door:
    """Tries at one of the fronts; each login comes from an address of its own, so that only its own tries count."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.slowest = 0.0

    def enter(self, login: str, password: str) -> int:
        body = urlencode({"login": login, "password": password}).encode()
        number = int.from_bytes(login.encode()[-2:], "big")
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Forwarded-For": f"10.1.{number // 256}.{number % 256}",
        }
        started = time.monotonic()
        answer = self.client.ask("POST", "/entrar", body, headers)
        self.slowest = max(self.slowest, time.monotonic() - started)
        return answer.status

    def fail(self, login: str, times: int) -> list[int]:
        return [self.enter(login, f"no es esta {number}") for number in range(times)]


@pytest.fixture
def store(sqlite_url: str) -> Iterator[Store]:
    migrate(sqlite_url)
    store = open_store(sqlite_url)
    for login in ("ana", "eva", "sol", "paz", "luz", "mar", "rio", "uno"):
        now = dt.datetime.now(dt.UTC)
        opened = store.open_account(
            new_id(), login, "Persona de Ejemplo", Role.READS, FIRST_OFFICE, now=now, by="una prueba"
        )
        assert isinstance(opened, Account)
        store.choose_password(opened.id, passwords.hash_of(PASSWORD), now=now, by="una prueba")
    yield store
    store.close()


@pytest.fixture
def doors(store: Store, processes: Processes) -> list[Door]:
    """Two fronts, each a server of one process, on one database and one Redis."""
    # Whoever asks is taken at their proxy's word, so that the test can come from many addresses.
    processes.environment["FOLIO_TRUSTED_PROXIES"] = "1"
    doors = [Door(_front(store, processes, number)) for number in range(2)]
    for door in doors:
        wait_until(_answers(door.client), seconds=30, what="gunicorn answered")
        # What a form carries is taken once, and is of no try.
        door.client.ask("POST", "/salir", b"")
    return doors


def _front(store: Store, processes: Processes, number: int) -> Client:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = Client(listener.getsockname()[1], store)
    processes.start(
        f"front-{number}",
        *("gunicorn", "service.web.wsgi:app", "--bind", f"127.0.0.1:{client.port}", "--no-control-socket"),
        *("--worker-class", "gthread", "--workers", "1", "--threads", "8"),
    )
    return client


def _answers(client: Client) -> Callable[[], bool]:
    def asked() -> bool:
        try:
            return client.get("/readyz").status == HTTPStatus.OK
        except ConnectionError:
            return False

    return asked


def counted(redis_server: RedisServer, login: str) -> bool:
    """Whether Redis has a count of that login's tries."""
    with redis_server.client as client:
        # Under what nobody reads: people type passwords where a login belongs.
        return any(hashlib.sha256(login.encode()).hexdigest() in key.decode() for key in client.keys("*"))


def test_two_fronts_count_as_one_while_redis_is_there(doors: list[Door], redis_server: RedisServer) -> None:
    one, other = doors
    assert one.fail("ana", 3) == [UNAUTHORIZED] * 3
    assert other.fail("ana", 4) == [UNAUTHORIZED] * 2 + [TOO_MANY] * 2
    assert one.enter("ana", PASSWORD) == TOO_MANY
    assert counted(redis_server, "ana")
    # The good neighbour: somebody else, from elsewhere, and who succeeds as often as they like.
    assert [one.enter("eva", PASSWORD) for _ in range(7)] == [ENTERED] * 7


@pytest.mark.parametrize("fault", ["frozen", "killed"])
def test_without_redis_people_enter_at_once_guessing_is_limited_and_counting_goes_on_where_it_was(
    doors: list[Door], redis_server: RedisServer, fault: str
) -> None:
    one, other = doors
    assert one.fail("ana", 3) == [UNAUTHORIZED] * 3
    one.slowest = other.slowest = 0.0
    if fault == "frozen":
        redis_server.send(signal.SIGSTOP)
    else:
        redis_server.kill()

    # All threads meet the silence at the same time, in the middle of what they do.
    with ThreadPoolExecutor(8) as threads:
        at_once = list(
            threads.map(lambda login: one.enter(login, PASSWORD), ("eva", "sol", "paz", "luz", "mar", "rio"))
        )
    assert at_once == [ENTERED] * 6
    assert one.fail("eva", 7) == [UNAUTHORIZED] * 5 + [TOO_MANY] * 2
    assert one.enter("eva", PASSWORD) == TOO_MANY
    # What was tried before the fault is not forgotten where it was tried.
    assert one.fail("ana", 3) == [UNAUTHORIZED] * 2 + [TOO_MANY]
    assert other.enter("sol", PASSWORD) == ENTERED
    assert other.fail("sol", 6) == [UNAUTHORIZED] * 5 + [TOO_MANY]
    assert max(one.slowest, other.slowest) < AT_MOST_SECONDS

    if fault == "frozen":
        redis_server.send(signal.SIGCONT)
    else:
        redis_server.start()
    numbers = iter(range(1000, 2000))
    for door in doors:

        def is_counted_there(door: Door = door) -> bool:
            login = f"nadie{next(numbers)}"
            assert door.fail(login, 1) == [UNAUTHORIZED]
            return counted(redis_server, login)

        wait_until(is_counted_there, seconds=15, what="tries were counted in Redis again")
    assert one.fail("uno", 3) == [UNAUTHORIZED] * 3
    assert other.fail("uno", 3) == [UNAUTHORIZED] * 2 + [TOO_MANY]


def test_only_what_takes_a_token_is_passed_over_when_tries_are_counted() -> None:
    assert all(isinstance(ACCESS[endpoint], Role) for endpoint in NO_TRIES)
