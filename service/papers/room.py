"""A stranger's file is looked into by a process of its own, which is ended when it takes too long or too much.

The process is `python -m service.papers.room`: one for each file, with an empty environment, no file to write and the
limits below. One file at a time, and one more waits for it, no longer than it may take: whoever else comes is sent away
at once, so that no stranger keeps the threads that answer everybody.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import struct
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Final

from service.domain.reports import DocumentKind
from service.papers.verdicts import IssuedFile, NotOurs, Verdict, verdict_from_json, verdict_to_json

MIB: Final = 1024 * 1024

_LENGTH: Final = struct.Struct(">I")
_CHECKOUT: Final = Path(__file__).resolve().parents[2]
# A busy machine makes no bomb of an honest file: the clock on the wall is more patient than the processor's.
_PATIENCE: Final = 3
_SECONDS_A_MIB: Final = 4
# The file that is looked into, and the one that waits.
_PLACES: Final = 2


class Busy(Exception):
    """Other files are being looked into, or one takes long."""


class CheckingRoom:
    """Looks into files, one at a time; threads may share it.

    Args:
        memory_bytes: address space that looking into one file may take.
        seconds: processor time that it may take, beside what a large report takes by itself.
    """

    def __init__(self, memory_bytes: int = 512 * MIB, seconds: int = 5) -> None:
        self._memory_bytes = memory_bytes
        self._seconds = seconds
        self._is_taken = threading.Lock()
        self._places = threading.BoundedSemaphore(_PLACES)

    def check(self, content: bytes, issued: Sequence[IssuedFile]) -> Verdict:
        """`check_paper`, whatever becomes of the process.

        Raises:
            Busy: it was not looked into.
        """
        about = [
            {"kind": each.kind.value, "filename": each.filename, "sha256": each.sha256, "size": len(each.content)}
            for each in issued
        ]
        # An honest copy of a large report takes long: nobody's file may take longer than that.
        seconds = self._seconds + _SECONDS_A_MIB * sum(len(each.content) for each in issued) // MIB
        answer = self._ask("check", {"issued": about}, content, *(each.content for each in issued), seconds=seconds)
        if answer is None:
            return NotOurs("El archivo no se dejó revisar: pide más tiempo o más memoria que cualquier informe.")
        return verdict_from_json(answer)

    def codes_in(self, content: bytes) -> tuple[str, ...]:
        """The codes that a file bears in its text; none when it cannot be looked into.

        Raises:
            Busy: it was not looked into.
        """
        return tuple(self._ask("codes", {}, content) or ())

    def scan_ending(self, content: bytes) -> str:
        """`scan_ending` of a file that is said to be a scan; empty when it cannot be looked into.

        Raises:
            Busy: it was not looked into.
        """
        return str(self._ask("scan", {}, content) or "")

    def _ask(self, what: str, about: dict[str, Any], content: bytes, *more: bytes, seconds: int | None = None) -> Any:
        if not self._places.acquire(blocking=False):
            raise Busy
        try:
            if not self._is_taken.acquire(timeout=self._seconds * _PATIENCE):
                raise Busy
            try:
                order = json.dumps({"what": what, "size": len(content), **about}).encode()
                return self._answer(order, content, more, self._seconds if seconds is None else seconds)
            finally:
                self._is_taken.release()
        finally:
            self._places.release()

    def _answer(self, order: bytes, content: bytes, more: tuple[bytes, ...], seconds: int) -> Any:
        # Through a file, which has no copy of a large paper in memory.
        with (
            _filed(_LENGTH.pack(len(order)), order, content, *more) as brought,
            subprocess.Popen(
                [sys.executable, "-m", "service.papers.room", str(self._memory_bytes), str(seconds)],
                stdin=brought,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={"PYTHONPATH": str(_CHECKOUT), "LC_ALL": "C.UTF-8"},
                start_new_session=True,
            ) as process,
        ):
            try:
                said, _ = process.communicate(timeout=seconds * _PATIENCE)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                return None
        return json.loads(said) if process.returncode == 0 else None


@contextlib.contextmanager
def _filed(*parts: bytes) -> Iterator[BinaryIO]:
    """A file without a name that holds the parts, to be read from its beginning."""
    with tempfile.TemporaryFile() as file:
        file.writelines(parts)
        file.seek(0)
        yield file


def _serve(memory_bytes: int, seconds: int) -> None:
    """Answer the order on standard input. A surprise ends the process: the parent knows what to say."""
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    # Nothing that a library prints may be taken for an answer.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    from service.papers.check import check_paper, codes_in  # noqa: PLC0415  the front never loads the parsers
    from service.papers.scans import scan_ending  # noqa: PLC0415 - as above

    orders = sys.stdin.buffer
    order = json.loads(orders.read(_LENGTH.unpack(orders.read(_LENGTH.size))[0]))
    content = orders.read(order["size"])
    if order["what"] == "codes":
        answer: Any = codes_in(content)
    elif order["what"] == "scan":
        answer = scan_ending(content)
    else:
        issued = [
            IssuedFile(DocumentKind(each["kind"]), each["filename"], each["sha256"], orders.read(each["size"]))
            for each in order["issued"]
        ]
        answer = verdict_to_json(check_paper(content, issued))
    answers.write(json.dumps(answer).encode())
    answers.close()


if __name__ == "__main__":
    _serve(int(sys.argv[1]), int(sys.argv[2]))
