"""Uploaded bytes become a reading in a process of its own, which is ended when it takes too long or too much.

The reader is `python -m service.sheets.isolated`: it lives on between workbooks, knows no secret (its environment is
empty) and speaks frames of a length and that many bytes on its standard input and output. It ends when its input
does, and so with its parent, however that one ends; PR_SET_PDEATHSIG would end it with the thread that started it.
Whatever becomes of the reader, the caller gets a reading with a finding, never an exception.

There are two: a workbook of usual size, read in hundredths of a second, never waits behind one that takes seconds.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import resource
import select
import signal
import struct
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterable
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO, Final

from service.domain.archive import given_from_json, given_to_json, reading_of, reading_to_keep
from service.domain.findings import Finding, FindingCode
from service.domain.office import REFERENCE_OFFICE, Office
from service.domain.progress import Progress, Stage, Tell, tell_nobody
from service.domain.reading import Given, Reading, Unreadable
from service.memory import bound_memory, give_memory_back

MIB: Final = 1024 * 1024
# A larger file, or one that unpacks to more, is a large workbook: a thousand actions are 0.1 MB that unpack to one.
LARGE_BYTES: Final = 256 * 1024
_LARGE_UNPACKED: Final = 2 * MIB
# The reader's own time counts, since a busy machine makes no bomb of an honest plan. 10,000 actions take 0.7 s to be
# read (1.4 s of an .ods) and as much to be checked and told; shared cores make that nearly twice as long.
# The clock on the wall only ends a reader that gets nearly no time at all.
_PATIENCE: Final = 6
_SECONDS_TO_CHECK: Final = 0.2
_SECONDS_PER_ACTION: Final = 0.000_15
_LONGEST_CHECK: Final = 3.0
_START_SECONDS: Final = 60.0
_CPU_SECONDS: Final = 60
_LARGEST_ANSWER: Final = 64 * MIB

# The reader's seconds, whether anybody hears how far it is, the most bytes that the workbook may unpack to (0: any
# number), and the lengths of what was said beside it, of what the office says, and of the workbook.
_REQUEST: Final = struct.Struct(">d?IIII")
# What a frame tells of, how much of that is behind (0 to 100), and the number of actions; of an answer, its length. The
# empty answer: the reader is there, or the workbook unpacks to more than it may.
_FRAME: Final = struct.Struct(">BBI")
_ANSWER: Final = 0
_STAGES: Final = {1: Stage.READING, 2: Stage.CHECKING}
_STAGE_NUMBERS: Final = {stage: number for number, stage in _STAGES.items()}
_SECONDS_BETWEEN_FRAMES: Final = 0.1
# As much as a pipe holds: what is no longer is sent in one go.
_PIPE_BYTES: Final = 64 * 1024
_CHECKOUT: Final = Path(__file__).resolve().parents[2]


class ReadingRoom:
    """Reads workbooks: those of usual size one after another, and beside them the large ones one after another.

    Threads may share it; a process forked from this one gets its own.

    Args:
        memory_bytes: address space that a reader may take.
        deadline_seconds: CPU time that reading a workbook may take; then checking what was read has what is left of it
            and 0.2 s, or 0.15 ms for each action where that is longer (3 s at most).
    """

    def __init__(self, memory_bytes: int = 512 * MIB, deadline_seconds: float = 2.5) -> None:
        self._memory_bytes = memory_bytes
        self._deadline_seconds = deadline_seconds
        self._open()
        _ROOMS.add(self)

    def read(
        self,
        content: bytes,
        given: Given,
        tell: Tell = tell_nobody,
        office: Office = REFERENCE_OFFICE,
        before_large: Callable[[], object] = lambda: None,
    ) -> tuple[Reading, bytes]:
        """The reading, and its JSON (UTF-8, the shape of `reading_to_json`) for whoever keeps it.

        `tell` hears how far the reader is, a few times a second. The plan is checked with the office's vocabularies and
        thresholds. `before_large` is called, and may wait, before a large workbook is read.
        """
        answer = b""
        try:
            if len(content) <= LARGE_BYTES:
                answer = self._answer(self._usual, content, given, tell, office, most_unpacked=_LARGE_UNPACKED)
            if not answer:
                before_large()
                answer = self._answer(self._large, content, given, tell, office)
        except TimeoutError:
            return _refused(FindingCode.FILE_009.at(seconds=round(self._deadline_seconds)))
        except (OSError, EOFError):
            return _refused(FindingCode.FILE_010.at())
        return reading_of(answer), answer

    def close(self) -> None:
        """End the readers; a later `read` starts them again."""
        for desk in (self._usual, self._large):
            with desk.turn:
                desk.clear()

    def _answer(
        self, desk: _Desk, content: bytes, given: Given, tell: Tell, office: Office, *, most_unpacked: int = 0
    ) -> bytes:
        """The reading's JSON; empty: the workbook unpacks to more than it may at this desk."""
        seconds = self._deadline_seconds
        words = _words(content, given, office, seconds, most_unpacked, is_heard=tell is not tell_nobody)
        is_short = len(words) + len(content) <= _PIPE_BYTES
        with desk.turn:
            try:
                reader = desk.reader_with(self._memory_bytes)
                return reader.ask((words + content,) if is_short else (words, content), seconds, tell)
            except (OSError, EOFError):
                desk.clear()
                raise

    def _open(self) -> None:
        self._usual, self._large = _Desk(), _Desk()


class _Desk:
    """A place for one reader, which is started when it is first needed; whoever has the turn may speak with it."""

    def __init__(self) -> None:
        self.turn = threading.Lock()
        self._reader: _Reader | None = None

    def reader_with(self, memory_bytes: int) -> _Reader:
        """The reader of this desk, another one where it has ended."""
        if self._reader is None or not self._reader.is_alive():
            self.clear()
            self._reader = _Reader(memory_bytes)
        return self._reader

    def clear(self) -> None:
        if self._reader is not None:
            self._reader.end()
            self._reader = None


class _Reader:
    """The parent's end of a reader process."""

    def __init__(self, memory_bytes: int) -> None:
        self._process: subprocess.Popen[bytes] = subprocess.Popen(
            [sys.executable, "-m", "service.sheets.isolated", str(memory_bytes)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={"PYTHONPATH": str(_CHECKOUT), "LC_ALL": "C.UTF-8"},
            start_new_session=True,
            bufsize=0,
        )
        assert self._process.stdin is not None  # noqa: S101  it was asked for above
        assert self._process.stdout is not None  # noqa: S101
        self._in, self._out = self._process.stdin.fileno(), self._process.stdout.fileno()
        os.set_blocking(self._in, False)
        # Also at exit, when nobody closed the room; but never from a process that was forked from this one.
        self.end = weakref.finalize(self, _end, self._process, os.getpid())
        self._hear(time.monotonic() + _START_SECONDS, tell_nobody)

    def is_alive(self) -> bool:
        """Whether the process still runs; one that ended while it had nothing to read is no workbook's fault."""
        return self._process.poll() is None

    def ask(self, request: tuple[bytes, ...], seconds: float, tell: Tell) -> bytes:
        """The reading's JSON; empty: the workbook unpacks to more than was admitted.

        The request comes in parts, so that nobody copies an upload to put words before it.

        Raises:
            TimeoutError: the reader used up its time.
            EOFError, OSError: the reader ended before it answered.
        """
        until = time.monotonic() + _PATIENCE * seconds
        for part in request:
            waiting = memoryview(part)
            while waiting:
                _wait(self._in, select.POLLOUT, until)
                waiting = waiting[os.write(self._in, waiting[:MIB]) :]
        try:
            return self._hear(until, tell)
        except EOFError:
            if self._process.wait(_START_SECONDS) == -signal.SIGPROF:
                raise TimeoutError from None
            raise

    def _hear(self, until: float, tell: Tell) -> bytes:
        is_checking, came = False, bytearray()
        while True:
            self._receive(came, _FRAME.size, until)
            what, percent, number = _FRAME.unpack_from(came)
            del came[: _FRAME.size]
            if what == _ANSWER:
                break
            if what not in _STAGES:
                raise EOFError
            if _STAGES[what] is Stage.CHECKING and not is_checking:
                # Once: however often a reader says that it lives, its time is in proportion to what it understood.
                until += _PATIENCE * max(_SECONDS_TO_CHECK, _needed_to_check(number))
                is_checking = True
            tell(Progress(_STAGES[what], percent, number))
        if number > _LARGEST_ANSWER:
            raise EOFError
        self._receive(came, number, until)
        if len(came) != number:
            raise EOFError
        return bytes(came)

    def _receive(self, came: bytearray, length: int, until: float) -> None:
        """Read on until so much has come; what comes with it stays for the next time."""
        while len(came) < length:
            _wait(self._out, select.POLLIN, until)
            piece = os.read(self._out, _PIPE_BYTES)
            if not piece:
                raise EOFError
            came += piece


_ROOMS: weakref.WeakSet[ReadingRoom] = weakref.WeakSet()


def _open_after_fork() -> None:
    # The parent's readers are not ours to speak with, nor its locks ours to wait for.
    for room in _ROOMS:
        room._open()  # noqa: SLF001  the same module


os.register_at_fork(after_in_child=_open_after_fork)


def _end(process: subprocess.Popen[bytes], owner: int) -> None:
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
    if os.getpid() == owner and process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    elif process.returncode is None:
        process.poll()


def _wait(descriptor: int, event: int, until: float) -> None:
    left = until - time.monotonic()
    poll = select.poll()
    poll.register(descriptor, event)
    if left <= 0 or not poll.poll(1000 * left):
        raise TimeoutError


def _needed_to_check(actions: int) -> float:
    return min(actions * _SECONDS_PER_ACTION, _LONGEST_CHECK)


def _words(
    content: bytes, given: Given, office: Office, seconds: float, most_unpacked: int, *, is_heard: bool
) -> bytes:
    """What a request says before the workbook."""
    said, of_office = json.dumps(given_to_json(given)).encode(), _told(office)
    return _REQUEST.pack(seconds, is_heard, most_unpacked, len(said), len(of_office), len(content)) + said + of_office


@lru_cache(maxsize=8)
def _told(office: Office) -> bytes:
    """What an office says, which is the same from one upload to the next."""
    return json.dumps(asdict(office)).encode()


def _refused(finding: Finding) -> tuple[Reading, bytes]:
    reading = Unreadable((finding,))
    return reading, reading_to_keep(reading)


def _serve(memory_bytes: int) -> None:
    """Answer workbooks until the input ends. A surprise ends the process: the parent knows what to say."""
    # The parsers' memory only where something is read.
    importlib.import_module("service.sheets.intake")
    bound_memory()
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    # Nothing that a library prints may be taken for an answer.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    # A plan is a hundred thousand values without cycles: looking for some while it grows is an eighth of the work. And
    # looking through all that the parsers loaded, after every workbook, is as much work as to read a short one.
    gc.disable()
    gc.freeze()
    _answer(answers, b"")
    requests = sys.stdin.buffer
    while header := requests.read(_REQUEST.size):
        _allow_cpu()
        seconds, is_heard, most_unpacked, *lengths = _REQUEST.unpack(header)
        _end_after(seconds)
        _answer(answers, _read(requests, lengths, most_unpacked, _Frames(answers, is_heard=is_heard).tell))
        signal.setitimer(signal.ITIMER_PROF, 0)
        gc.collect()
        if not most_unpacked:
            give_memory_back()


def _read(requests: BinaryIO, lengths: Iterable[int], most_unpacked: int, tell: Tell) -> bytes:
    """The answer to a request, of which nothing stays."""
    from service.sheets.guard import declared_size  # noqa: PLC0415 - as above
    from service.sheets.intake import read_plan  # noqa: PLC0415 - as above

    said, of_office, content = (requests.read(length) for length in lengths)
    if 0 < most_unpacked < declared_size(content):
        return b""
    return reading_to_keep(read_plan(content, given_from_json(json.loads(said)), _office(of_office), tell))


class _Frames:
    """Tells the parent how far one reading is: every new stage, and within it ten times a second at most.

    Where nobody hears it the parent is not woken, but for what it must know to have patience.
    """

    def __init__(self, answers: BinaryIO, *, is_heard: bool) -> None:
        self._answers, self._is_heard = answers, is_heard
        self._stage: Stage | None = None
        self._next = 0.0

    def tell(self, progress: Progress) -> None:
        now = time.monotonic()
        if progress.stage is self._stage and now < self._next:
            return
        if progress.stage is Stage.CHECKING and self._stage is not Stage.CHECKING:
            left, _ = signal.getitimer(signal.ITIMER_PROF)
            _end_after(max(left + _SECONDS_TO_CHECK, _needed_to_check(progress.actions)))
        elif not self._is_heard:
            return
        self._stage, self._next = progress.stage, now + _SECONDS_BETWEEN_FRAMES
        self._answers.write(_FRAME.pack(_STAGE_NUMBERS[progress.stage], progress.percent, progress.actions))
        if self._is_heard or _needed_to_check(progress.actions) > _SECONDS_TO_CHECK:
            self._answers.flush()


def _answer(answers: BinaryIO, answer: bytes) -> None:
    answers.write(_FRAME.pack(_ANSWER, 100, len(answer)))
    # By itself: a long answer is not copied to put words before it.
    answers.write(answer)
    answers.flush()


@lru_cache(maxsize=8)
def _office(told: bytes) -> Office:
    words: dict[str, Any] = json.loads(told)
    values: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in words.items()}
    return Office(**values)


def _end_after(seconds: float) -> None:
    """Let the kernel end this process when it has used up so much time, whatever it is then in the middle of."""
    signal.setitimer(signal.ITIMER_PROF, max(seconds, 1e-6))


def _allow_cpu() -> None:
    """A reader whose parent was killed while it worked ends by itself; the limit counts its whole life, so it moves."""
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(time.process_time()) + _CPU_SECONDS, hard))


if __name__ == "__main__":
    _serve(int(sys.argv[1]))
