"""Programs become processes that are kept running, and that one signal ends without leaving any behind.

It assumes Linux (process groups, PR_SET_PDEATHSIG, sub-reapers) and a process of its own. It knows nothing of plans,
documents or queues, and stays a single thread, so that forking is safe.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

# Under nohup SIGHUP is ignored, and stays so.
_HANGUP: Final = frozenset({signal.SIGHUP} if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN else ())
_STOP_SIGNALS: Final = _HANGUP | {signal.SIGINT, signal.SIGTERM}
_WATCHED_SIGNALS: Final = _STOP_SIGNALS | {signal.SIGCHLD}
_GRACE_SECONDS: Final = 7.0
_LONGEST_PAUSE_SECONDS: Final = 30.0
_SETTLED_SECONDS: Final = 30.0
_LOG_BYTES: Final = 10 * 1024 * 1024
_LOG_CHECK_SECONDS: Final = 60.0

_PR_SET_PDEATHSIG: Final = 1
_PR_SET_CHILD_SUBREAPER: Final = 36


@dataclass(frozen=True, slots=True)
class Program:
    """What is to be kept running.

    `spoken_name` goes into a Spanish sentence. A program that `runs_once` speaks to the terminal and may end.
    `needed_to_the_end`: the others use it while they end, so it is ended after them, at once.
    """

    name: str
    spoken_name: str
    command: tuple[str, ...]
    environment: dict[str, str]
    inherited_fds: tuple[int, ...] = ()
    runs_once: bool = False
    needed_to_the_end: bool = False


@dataclass(slots=True)
class _Start:
    """A start that was made or is due. `failures`: how often in a row the program ended soon after it began."""

    program: Program
    at: float
    failures: int = 0


def say(sentence: str) -> None:
    """Print for the person at the terminal; a terminal that is gone is no reason to stop."""
    with contextlib.suppress(OSError):
        print(sentence, flush=True)  # noqa: T201 - the terminal is where this program speaks


@dataclass(slots=True)
class Supervisor:
    """Keeps programs running from `directory`, each in its own process group and with its own log in `logs`."""

    programs: list[Program]
    directory: Path
    logs: Path
    _due: list[_Start] = field(init=False, default_factory=list)
    _running: dict[int, _Start] = field(init=False, default_factory=dict)
    _logs_checked_at: float = field(init=False, default=0.0)

    def run(self) -> None:
        """Start everything, mend what breaks, and end everything when a signal asks for it."""
        self.logs.mkdir(parents=True, exist_ok=True)
        # Processes that lose their parent become our children and not init's, so that none escapes the end.
        _prctl(_PR_SET_CHILD_SUBREAPER, 1)
        signal.pthread_sigmask(signal.SIG_BLOCK, _WATCHED_SIGNALS)
        try:
            self._due = [_Start(program, at=0.0) for program in self.programs]
            while self._due or self._running:
                self._start_what_is_due()
                if self._wait() in _STOP_SIGNALS:
                    break
                self._mend()
                self._trim_logs()
        finally:
            self._end_everything()

    def _wait(self) -> int:
        """The number of the signal that came, or 0 when it is time for the next start or the logs."""
        wake_at = min([start.at for start in self._due], default=float("inf"))
        seconds = min(max(0.0, wake_at - time.monotonic()), _LOG_CHECK_SECONDS)
        received = signal.sigtimedwait(_WATCHED_SIGNALS, seconds)
        return received.si_signo if received else 0

    def _start_what_is_due(self) -> None:
        now = time.monotonic()
        for start in [start for start in self._due if start.at <= now]:
            self._due.remove(start)
            self._running[self._start(start.program)] = _Start(start.program, now, start.failures)

    def _start(self, program: Program) -> int:
        supervisor = os.getpid()

        def before_exec() -> None:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _WATCHED_SIGNALS)
            _prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
            if os.getppid() != supervisor:
                os._exit(1)

        with self._log_of(program).open("ab") as log:
            process = subprocess.Popen(
                program.command,
                cwd=self.directory,
                env=program.environment,
                stdin=subprocess.DEVNULL,
                stdout=None if program.runs_once else log,
                stderr=log,
                pass_fds=program.inherited_fds,
                start_new_session=True,
                preexec_fn=before_exec,  # noqa: PLW1509 - there is a single thread here
            )
        # We wait for every child ourselves, the adopted ones too; Popen need not.
        process.returncode = 0
        return process.pid

    def _mend(self) -> None:
        for pid, exit_code in _ended_processes():
            start = self._running.pop(pid, None)
            if start is None:
                continue  # an adopted orphan: nothing is left to do for it
            _kill_group(pid)
            if start.program.runs_once:
                continue
            now = time.monotonic()
            failures = 1 if now - start.at > _SETTLED_SECONDS else start.failures + 1
            self._due.append(_Start(start.program, now + min(0.25 * 2**failures, _LONGEST_PAUSE_SECONDS), failures))
            say(
                f"Se detuvo {start.program.spoken_name} ({_how(exit_code)}); se inicia de nuevo. "
                f"Su registro: {self._log_of(start.program)}"
            )

    def _log_of(self, program: Program) -> Path:
        return self.logs / f"{program.name}.log"

    def _trim_logs(self) -> None:
        now = time.monotonic()
        if now - self._logs_checked_at < _LOG_CHECK_SECONDS:
            return
        self._logs_checked_at = now
        for log in self.logs.glob("*.log"):
            if log.stat().st_size > _LOG_BYTES:
                before = log.with_suffix(".log.1")
                try:
                    shutil.copyfile(log, before)
                except OSError:
                    # A full disk: half a copy is of no use, and what is written next needs the room.
                    before.unlink(missing_ok=True)
                # The programs append, so that after the cut they go on at the beginning.
                os.truncate(log, 0)

    def _end_everything(self) -> None:
        deadline = time.monotonic() + _GRACE_SECONDS
        waited_for = {pid for pid, start in self._running.items() if not start.program.needed_to_the_end}
        for pid in waited_for:
            os.kill(pid, signal.SIGTERM)  # not yet waited for, so the pid is still its own
        while True:
            waited_for.difference_update(pid for pid, _ in _ended_processes())
            if not waited_for or time.monotonic() >= deadline:
                break
            received = signal.sigtimedwait(_WATCHED_SIGNALS, max(0.0, deadline - time.monotonic()))
            if received and received.si_signo in _STOP_SIGNALS:
                break  # asked twice: whoever asks does not want to wait
        while children := _children_of(os.getpid()):
            for pid in children:
                os.kill(pid, signal.SIGKILL)
            for _ in _ended_processes():
                pass
            time.sleep(0.01)


def _ended_processes() -> Iterator[tuple[int, int]]:
    """Every child that has ended since the last call, adopted ones too: (pid, exit code; negative is a signal)."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        yield pid, os.waitstatus_to_exitcode(status)


def _children_of(parent: int) -> list[int]:
    children = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                # The program's name, in parentheses, may hold anything; what follows the last parenthesis is sound.
                after_name = (entry / "stat").read_text("utf-8", "replace").rpartition(")")[2]
                if int(after_name.split()[1]) == parent:
                    children.append(int(entry.name))
    return children


def _kill_group(leader: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def _how(exit_code: int) -> str:
    return f"señal {-exit_code}" if exit_code < 0 else f"código {exit_code}"


_libc = ctypes.CDLL(None, use_errno=True)


def _prctl(option: int, value: int) -> None:
    if _libc.prctl(option, ctypes.c_ulong(value), 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")
