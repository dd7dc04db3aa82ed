"""A piece of work and a number -> the same work in a process whose n-th call to the kernel fails, and what came of it.

The kernel itself says no: a filter hands each open, write, sync, truncation, link, rename and removal of a file below
one folder to this process (seccomp's user notification, Linux 5.5), which lets it pass or answers with an error. So
nothing of SQLite's or Python's own code is replaced. Assumes x86-64 or ARM64, and a single thread that forks.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import fcntl
import os
import platform
import select
import socket
import struct
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_IS_ARM: Final = platform.machine() == "aarch64"
_SECCOMP: Final = 277 if _IS_ARM else 317
# Each call's number, and the place among its arguments of a file's number (fd) or name (path).
_CALLS: Final = (
    {56: "openat", 64: "write", 68: "pwrite64", 82: "fsync", 83: "fdatasync", 46: "ftruncate", 38: "renameat"}
    | {37: "linkat", 35: "unlinkat", 276: "renameat2"}
    if _IS_ARM
    else {257: "openat", 1: "write", 18: "pwrite64", 74: "fsync", 75: "fdatasync", 77: "ftruncate", 82: "rename"}
    | {86: "link", 87: "unlink", 264: "renameat", 265: "linkat", 263: "unlinkat", 316: "renameat2"}
)
_PATH_AT: Final = {"openat": 1, "rename": 0, "link": 0, "unlink": 0} | dict.fromkeys(
    ("renameat", "linkat", "unlinkat", "renameat2"), 1
)

_LOAD_NUMBER, _JUMP_IF, _RETURN = 0x20, 0x15, 0x06
_ASK, _ALLOW = 0x7FC00000, 0x7FFF0000
_RECEIVE, _ANSWER, _GO_ON = 0xC0502100, 0xC0182101, 1
_QUESTION: Final = struct.Struct("=QII iIQ 6Q")
_REPLY: Final = struct.Struct("=QqiI")
_NO_NEW_PRIVILEGES, _SET_FILTER, _NEW_LISTENER = 38, 1, 8

_libc: Final = ctypes.CDLL(None, use_errno=True)


class NotPossible(Exception):
    """This kernel, or what this process runs in, lets nobody be asked."""


@dataclass(frozen=True, slots=True)
class Fate:
    """What came of the work: how many calls it made, which one failed (None: fewer were made), and its last words."""

    calls: int
    failed: str | None
    exit_code: int
    said: str


def with_failing_call(work: Callable[[], None], number: int, error: int, below: Path) -> Fate:
    """Run `work` in a fork, where the n-th call on a file below the folder (from 1) is answered with the error.

    Raises:
        NotPossible: it cannot be done on this machine.
    """
    ours, theirs = socket.socketpair()
    pid = os.fork()
    if pid == 0:
        ours.close()
        _work(work, theirs)
    theirs.close()
    heard = b""
    try:
        _, (listener,), _, _ = socket.recv_fds(ours, 1, 1)
    except ValueError:
        os.waitpid(pid, 0)
        raise NotPossible(ours.recv(4096).decode()) from None
    try:
        calls, failed = _answer(listener, number, error, below)
        while piece := ours.recv(65536):
            heard += piece
    finally:
        os.close(listener)
        ours.close()
    _, status = os.waitpid(pid, 0)
    return Fate(calls, failed, os.waitstatus_to_exitcode(status), heard.decode())


def _work(work: Callable[[], None], theirs: socket.socket) -> None:
    exit_code = 1
    try:
        try:
            listener = _filtered()
        except OSError as problem:
            theirs.sendall(f"x{problem}".encode())
            os._exit(2)
        socket.send_fds(theirs, [b"."], [listener])
        os.close(listener)
        work()
        exit_code = 0
    except BaseException:  # noqa: BLE001 whatever it is, it is told
        theirs.sendall(traceback.format_exc().encode())
    finally:
        # Nothing of the process that it was forked from is to be ended with it.
        os._exit(exit_code)


def _filtered() -> int:
    """From here on this process is asked about; the descriptor at which it is."""
    steps = [(_LOAD_NUMBER, 0, 0, 0)]
    numbers = list(_CALLS)
    steps += [(_JUMP_IF, len(numbers) - place, 0, number) for place, number in enumerate(numbers)]
    steps += [(_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _ASK)]
    program = b"".join(struct.pack("=HBBI", *step) for step in steps)
    held = ctypes.create_string_buffer(program, len(program))
    described = struct.pack("@HP", len(steps), ctypes.addressof(held))
    if _libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "no_new_privs")
    listener: int = _libc.syscall(_SECCOMP, _SET_FILTER, _NEW_LISTENER, described)
    if listener < 0:
        raise OSError(ctypes.get_errno(), "seccomp")
    return listener


def _answer(listener: int, number: int, error: int, below: Path) -> tuple[int, str | None]:
    calls, failed = 0, None
    poll = select.poll()
    poll.register(listener, select.POLLIN)
    while True:
        ((_, event),) = poll.poll()
        if not event & select.POLLIN:
            return calls, failed
        question = bytearray(_QUESTION.size)
        try:
            fcntl.ioctl(listener, _RECEIVE, question)
        except OSError as gone:
            if gone.errno == errno.ENOENT:
                continue
            raise
        name, pid, _flags, call, _arch, _at, *arguments = _QUESTION.unpack(question)
        refusal = 0
        file = _file_of(pid, _CALLS[call], arguments)
        if file is not None and file.is_relative_to(below):
            calls += 1
            if calls == number:
                refusal, failed = error, f"{_CALLS[call]} of {file.name}"
        reply = _REPLY.pack(name, 0, -refusal, 0 if refusal else _GO_ON)
        with contextlib.suppress(FileNotFoundError):
            fcntl.ioctl(listener, _ANSWER, bytearray(reply))


def _file_of(pid: int, call: str, arguments: list[int]) -> Path | None:
    place = _PATH_AT.get(call)
    try:
        if place is None:
            return Path(f"/proc/{pid}/fd/{arguments[0]}").readlink()
        with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
            memory.seek(arguments[place])
            # Less than a page, since what follows it need not be there.
            name = memory.read(4096 - arguments[place] % 4096)
            if b"\0" not in name:
                name += memory.read(4096)
        path = os.fsdecode(name.partition(b"\0")[0])
        return Path(f"/proc/{pid}/cwd").readlink() / path
    except OSError:
        return None
