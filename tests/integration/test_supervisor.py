"""The supervisor with programs that behave as badly as they can."""

from __future__ import annotations

import itertools
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from service.settings import PROJECT
from tests.integration.servers import wait_until
from tests.living import is_alive

STUBBORN = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
signal.signal(signal.SIGINT, signal.SIG_IGN)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        open(sys.argv[1] + "/hidden", "w").write(str(os.getpid()))
        while True:
            time.sleep(60)
    os._exit(0)
os.wait()
open(sys.argv[1] + "/open", "w").write(str(os.getpid()))
while True:
    time.sleep(60)
"""
CRASHING = """
import sys, time
with open(sys.argv[1] + "/starts", "a") as starts:
    starts.write(f"{time.monotonic()}\\n")
sys.exit(3)
"""
TALKATIVE = """
import time
while True:
    print("x" * 999, flush=True)
    time.sleep(0.01)
"""
DRIVER = """
import os, sys
from pathlib import Path
from service import supervisor
folder, program = Path(sys.argv[1]), sys.argv[2]
supervisor._LOG_BYTES, supervisor._LOG_CHECK_SECONDS = 50_000, 0.1
one = supervisor.Program("one", "el programa", (sys.executable, "-c", program, str(folder)), dict(os.environ))
supervisor.Supervisor([one], directory=folder, logs=folder / "logs").run()
"""

Supervise = Callable[[str], subprocess.Popen[str]]


@pytest.fixture
def supervise(tmp_path: Path) -> Iterator[Supervise]:
    """Starts a supervisor, in a process of its own, on one program."""
    started: list[subprocess.Popen[str]] = []

    def start(program: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", DRIVER, str(tmp_path), program], cwd=PROJECT, stdout=subprocess.PIPE, text=True
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def runs(pid_file: Path) -> bool:
    return is_alive(int(pid_file.read_text("ascii")))


def test_a_program_that_ignores_signals_and_a_child_that_hid_in_a_session_of_its_own_are_ended(
    supervise: Supervise, tmp_path: Path
) -> None:
    supervisor = supervise(STUBBORN)
    hidden, visible = tmp_path / "hidden", tmp_path / "open"
    wait_until(lambda: hidden.exists() and visible.exists(), seconds=20, what="both had started")
    time.sleep(0.2)
    supervisor.send_signal(signal.SIGINT)
    time.sleep(1)
    assert runs(visible), "it is given time to end by itself"
    asked_again = time.monotonic()
    supervisor.send_signal(signal.SIGINT)
    supervisor.wait(10)
    assert time.monotonic() - asked_again < 2
    assert not runs(visible)
    assert not runs(hidden)


def test_a_program_that_ends_at_once_is_started_again_after_growing_pauses_and_every_time_it_is_said(
    supervise: Supervise, tmp_path: Path
) -> None:
    supervisor = supervise(CRASHING)
    starts = tmp_path / "starts"
    wait_until(
        lambda: starts.exists() and starts.read_text("ascii").count("\n") >= 4,
        seconds=20,
        what="it had started 4 times",
    )
    supervisor.send_signal(signal.SIGTERM)
    said, _ = supervisor.communicate(timeout=10)
    moments = [float(line) for line in starts.read_text("ascii").splitlines()[:4]]
    pauses = [after - before for before, after in itertools.pairwise(moments)]
    assert all(pause >= least for pause, least in zip(pauses, (0.5, 1, 2), strict=True))
    first = said.splitlines()[0]
    assert first == f"Se detuvo el programa (código 3); se inicia de nuevo. Su registro: {tmp_path}/logs/one.log"


def test_a_log_that_grows_too_long_is_cut_and_its_last_part_kept(supervise: Supervise, tmp_path: Path) -> None:
    supervise(TALKATIVE)
    log, kept = tmp_path / "logs/one.log", tmp_path / "logs/one.log.1"
    wait_until(kept.exists, seconds=20, what="the log was cut")
    assert kept.stat().st_size > 50_000
    wait_until(lambda: 0 < log.stat().st_size < 50_000, seconds=20, what="the program went on at the log's beginning")
    assert log.read_bytes().startswith(b"x")
