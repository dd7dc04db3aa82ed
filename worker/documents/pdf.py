"""A Word file -> its PDF, by a LibreOffice that is kept warm; what it cannot do is said in a sentence.

LibreOffice runs in a process group and a profile of its own, which end with this process. One that hangs or crashes is
killed with its group and tried once more on a fresh profile; one that has grown is replaced. What it calls a PDF is
opened and its pages are counted before anybody sees it. One order at a time: a process has one converter.
"""

from __future__ import annotations

import contextlib
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

import pypdfium2

from service.domain.errors import FolioError

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
}

_TRIES: Final = 2


class NoPdf(FolioError):
    """LibreOffice is missing, or cannot make a PDF of this document."""

    code = "PDF"


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds until LibreOffice counts as hung, at its start and at an order; bytes from which it is replaced."""

    start_seconds: float = 60
    seconds: float = 100
    memory: int = 700 * 1024**2


@dataclass(frozen=True, slots=True)
class _Office:
    """A running LibreOffice: the process that speaks with it, and the folder with its profile and its files."""

    bridge: subprocess.Popen[bytes]
    folder: Path


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
                return self._convert(word)
            except _Trouble as trouble:
                self.close()
                troubles.append(str(trouble))
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
        shutil.rmtree(office.folder, ignore_errors=True)

    def _convert(self, word: bytes) -> bytes:
        office = self._office = self._office or _start(self._limits.start_seconds)
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
        if answer["memory"] > self._limits.memory:
            self.close()
        return pdf


def _start(patience_seconds: float) -> _Office:
    programs = _programs()
    if programs is None:
        raise NoPdf("En este equipo no está LibreOffice, que hace los PDF: el Word y el Excel se escriben igual.")
    folder = Path(tempfile.mkdtemp(prefix="folio-pdf-"))
    bridge = subprocess.Popen(
        [_python(programs), "-I", _BRIDGE, programs, folder / "profile"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        # Documents can ask LibreOffice for variables of the environment: there are none to be had.
        env={"HOME": str(folder), "TMPDIR": str(folder), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
        cwd=folder,
        start_new_session=True,
    )
    office = _Office(bridge, folder)
    try:
        _heard(office, patience_seconds)
    except _Trouble:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(bridge.pid, signal.SIGKILL)
        bridge.wait()
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return office


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
    answer: dict[str, Any] = json.loads(heard)
    return answer


def _sound(target: Path) -> bytes:
    """The bytes of a PDF that opens and has a page: LibreOffice's word alone proves nothing."""
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
