"""A Word file -> its PDF, by a LibreOffice that is kept warm; what it cannot do is said in a sentence.

LibreOffice runs in a process group and a folder of its own, which end with this process however it ends; what is left
all the same, where everything was killed at once, is removed by whoever starts next. One that hangs, crashes or answers
nonsense is killed with its group and tried once more on a fresh profile; one that has grown is replaced. What it calls
a PDF is opened and its pages are counted before anybody sees it. One order at a time: a process has one converter.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import select
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from service.domain.errors import NoPdf
from worker.spent import Phase, office_started, spending

_BRIDGE: Final = Path(__file__).with_name("libreoffice_bridge.py")
_PROGRAMS: Final = ("/usr/lib/libreoffice/program", "/opt/libreoffice*/program")

# PDF/A-2b for archives, tagged for who listens to it (PDF/UA), opened with its title in the window's frame.
_AS_ARCHIVED: Final = {
    "SelectPdfVersion": 2,
    "UseTaggedPDF": True,
    "PDFUACompliance": True,
    "ExportBookmarks": True,
    "DisplayPDFDocumentTitle": True,
    "ExportFormFields": False,
    # The QR of every page would be reduced and blurred, for every page anew: a fifth of the time of the export.
    "ReduceImageResolution": False,
}

_TRIES: Final = 2
# A folder bears the first name only until it is held.
_NEW, _HELD = "folio-new-pdf-", "folio-pdf-"
_LONGEST_ANSWER: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds until LibreOffice counts as hung, at its start and at an order; bytes from which it is replaced."""

    start_seconds: float = 60
    seconds: float = 100
    memory: int = 700 * 1024**2


@dataclass(frozen=True, slots=True)
class _Office:
    """A running LibreOffice: the process that speaks with it, and the folder with its profile and its files.

    The folder is held by this process, and let go by its end.
    """

    bridge: subprocess.Popen[bytes]
    folder: Path
    hold: int


class _Trouble(Exception):
    """LibreOffice did not do what was asked; the reason is for the log."""


class Converter:
    """Makes PDFs; LibreOffice is started by the first, and ended by `close` or together with this process."""

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._office: _Office | None = None

    def to_pdf(self, word: bytes) -> bytes:
        """The PDF/A-2b of a Word file.

        Raises:
            NoPdf: LibreOffice is not there, or failed twice; another try will not help.
        """
        troubles: list[str] = []
        for _ in range(_TRIES):
            try:
                with spending(Phase.CONVERT):
                    return self._convert(word)
            except _Trouble as trouble:
                self.close()
                troubles.append(str(trouble))
            except BaseException:
                # An answer may be under way, which the next order would take for its own.
                self.close()
                raise
        raise NoPdf(
            "LibreOffice no pudo hacer el PDF de este documento, tampoco en un segundo intento. El Word y el Excel se "
            "escriben igual: si se abren bien, avise a quien administra Folio.",
            log="; ".join(troubles),
        )

    def close(self) -> None:
        """End LibreOffice, with everything that it started, and remove its files."""
        office, self._office = self._office, None
        if office is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(office.bridge.pid, signal.SIGKILL)
        office.bridge.wait()
        for stream in (office.bridge.stdin, office.bridge.stdout):
            if stream:
                with contextlib.suppress(BrokenPipeError):
                    stream.close()
        _remove(office.folder, office.hold)

    def _convert(self, word: bytes) -> bytes:
        office = self._office or self._started()
        source, target = office.folder / "documento.docx", office.folder / "documento.pdf"
        source.write_bytes(word)
        target.unlink(missing_ok=True)
        order = {
            "source": str(source),
            "opened_by": "MS Word 2007 XML",
            "target": str(target),
            "filter": "writer_pdf_Export",
            "options": _AS_ARCHIVED,
        }
        answer = _ask(office, order, self._limits.seconds)
        if "error" in answer:
            raise _Trouble(answer["error"])
        pdf = _sound(target)
        if answer.get("memory", 0) > self._limits.memory:
            self.close()
        return pdf

    def _started(self) -> _Office:
        office = self._office = _start()
        office_started()
        _heard(office, self._limits.start_seconds)
        return office


def _start() -> _Office:
    programs = _programs()
    if programs is None:
        raise NoPdf("En este equipo no está LibreOffice, que hace los PDF: el Word y el Excel se escriben igual.")
    _sweep()
    folder, hold = _held_folder()
    python = _python(programs)
    try:
        bridge = subprocess.Popen(
            [python, "-I", _BRIDGE, programs, folder],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            # Documents can ask LibreOffice for variables of the environment: there are none to be had.
            env={"HOME": str(folder), "TMPDIR": str(folder), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
            cwd=folder,
            start_new_session=True,
        )
    except OSError as problem:
        _remove(folder, hold)
        raise NoPdf(
            f"LibreOffice está en este equipo, pero no el Python con que Folio lo maneja ({python}): el Word y el "
            "Excel se escriben igual. Avise a quien administra Folio.",
            log=f"{python}: {problem}",
        ) from problem
    return _Office(bridge, folder, hold)


def _held_folder() -> tuple[Path, int]:
    folder = Path(tempfile.mkdtemp(prefix=_NEW))
    hold = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    fcntl.flock(hold, fcntl.LOCK_EX)
    return folder.rename(folder.with_name(_HELD + folder.name.removeprefix(_NEW))), hold


def _remove(folder: Path, hold: int) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    os.close(hold)


def _sweep() -> None:
    """Remove the folders that nobody holds: their owners were killed together with what should have removed them."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_HELD}*"):
        with contextlib.suppress(OSError):
            hold = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                fcntl.flock(hold, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                os.close(hold)
            else:
                _remove(folder, hold)


def _programs() -> Path | None:
    for pattern in _PROGRAMS:
        for program in sorted(Path("/").glob(f"{pattern.lstrip('/')}/soffice.bin"), reverse=True):
            return program.parent
    return None


def _python(programs: Path) -> Path:
    """The Python that has UNO: LibreOffice's own where it brings one, else the system's."""
    own = programs / "python"
    return own if own.exists() else Path("/usr/bin/python3")


def _ask(office: _Office, order: dict[str, Any], patience_seconds: float) -> dict[str, Any]:
    stdin = office.bridge.stdin
    if stdin is None:
        raise _Trouble("nobody listens")
    try:
        stdin.write(json.dumps(order).encode() + b"\n")
        stdin.flush()
    except BrokenPipeError as problem:
        raise _Trouble("LibreOffice had ended") from problem
    return _heard(office, patience_seconds)


def _heard(office: _Office, patience_seconds: float) -> dict[str, Any]:
    """The next answer, a line of JSON."""
    stdout = office.bridge.stdout
    if stdout is None:
        raise _Trouble("nobody speaks")
    deadline = time.monotonic() + patience_seconds
    heard = b""
    while not heard.endswith(b"\n"):
        ready, _, _ = select.select([stdout], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            raise _Trouble(f"no answer within {patience_seconds:g} s")
        piece = os.read(stdout.fileno(), 65536)
        if not piece:
            raise _Trouble("LibreOffice ended in the middle of its work")
        heard += piece
        if len(heard) > _LONGEST_ANSWER:
            raise _Trouble("an answer without end")
    try:
        answer = json.loads(heard)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise _Trouble(f"an answer that nobody understands: {heard[:80]!r}")
    return answer


def _sound(target: Path) -> bytes:
    """The bytes of a PDF that opens and has a page: LibreOffice's word alone proves nothing."""
    import pypdfium2  # noqa: PLC0415 - its memory only where there is a PDF

    try:
        content = target.read_bytes()
        document = pypdfium2.PdfDocument(content)
    except (OSError, pypdfium2.PdfiumError) as problem:
        raise _Trouble(f"no sound PDF: {problem}") from problem
    try:
        if len(document) == 0:
            raise _Trouble("a PDF without pages")
    finally:
        document.close()
    return content
