"""A whole Folio as `folio serve` starts it: one process to start and to end, with its data in a folder of its own."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from service.settings import PROJECT
from service.store import open_store
from tests.integration.servers import wait_until
from tests.web import Client

READY = "Folio atiende en"
END_SECONDS = 10
EXAMPLE = "plan-de-accion-2024_v2.0_seguimiento-III-trimestre"
AT_ONCE = [f"{EXAMPLE}{ending}" for ending in (".docx", ".xlsx", "_hallazgos.xlsx")]
EXAMPLE_DOCUMENTS = sorted([*AT_ONCE, f"{EXAMPLE}.pdf", f"{EXAMPLE}_publicacion.zip"])


def a_free_port() -> int:
    """A port that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


@dataclass
class Folio:
    """A Folio of the tests' own, with its data in a folder and on a port of its own."""

    data: Path
    port: int
    output: Path = field(init=False)
    process: subprocess.Popen[bytes] | None = None
    environment: dict[str, str] = field(default_factory=dict)
    signed_in: Client | None = None

    def __post_init__(self) -> None:
        self.output = self.data.parent / "terminal.txt"

    def launch(self) -> subprocess.Popen[bytes]:
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "service.cli", "serve", "--port", str(self.port), "--data", str(self.data)],
                cwd=PROJECT,
                env={**os.environ, **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return self.process

    def start(self) -> None:
        process = self.launch()
        wait_until(
            lambda: READY in self.said or process.poll() is not None, seconds=60, what="Folio said where it answers"
        )
        assert process.poll() is None, self.said

    def end(self, number: signal.Signals) -> float:
        """Send a signal; the seconds until Folio has ended."""
        assert self.process is not None
        started = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(END_SECONDS)
        return time.monotonic() - started

    @property
    def said(self) -> str:
        return self.output.read_text("utf-8")

    def example(self) -> list[str]:
        """The names of the example's documents, when all that it will have are there."""
        folder = self.data / "ejemplo"
        wait_until(lambda: len(list(folder.glob("*.*"))) == len(EXAMPLE_DOCUMENTS), seconds=120, what="the example")
        return sorted(document.name for document in folder.iterdir())

    @property
    def client(self) -> Client:
        """Somebody who signed in, by the same database as this Folio's own processes."""
        if self.signed_in is None:
            self.signed_in = Client(self.port, open_store(f"sqlite:///{self.data}/folio.db")).signed_in()
        return self.signed_in

    def processes(self) -> dict[int, str]:
        """Every process that works on this Folio's data, whatever its parent: pid and command line."""
        return {
            int(entry.name): command
            for entry in Path("/proc").iterdir()
            if entry.name.isdigit() and (command := self._command_if_ours(entry))
        }

    def _command_if_ours(self, entry: Path) -> str:
        with contextlib.suppress(OSError):
            command = (entry / "cmdline").read_bytes()
            if str(self.data).encode() in command + (entry / "environ").read_bytes():
                return command.replace(b"\0", b" ").decode()
        return ""

    def pid_of(self, program: str) -> int | None:
        """The process that the supervisor itself started for a program; None while there is none."""
        assert self.process is not None
        ours = f"PPid:\t{self.process.pid}\n"
        for pid, command in self.processes().items():
            with contextlib.suppress(OSError):
                if program in command and ours in Path(f"/proc/{pid}/status").read_text("utf-8"):
                    return pid
        return None

    @property
    def url(self) -> str:
        """Where its pages are."""
        return f"http://127.0.0.1:{self.port}"

    def kill(self) -> None:
        """End it and whatever it started, at once."""
        if self.signed_in is not None:
            self.signed_in.store.close()
        if self.process is not None:
            self.process.kill()
            self.process.wait()
        for pid in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
