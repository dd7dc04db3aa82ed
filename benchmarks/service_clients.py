"""The example, other in one text each time, over a kept connection -> its documents, and how long each step took.

As lean as can be: what a client takes on the cores that it shares with Folio is taken from Folio.
"""

from __future__ import annotations

import dataclasses
import io
import json
import socket
import time
import zipfile
from typing import Final

from service.settings import EXAMPLE

_SHEET: Final = "xl/worksheets/sheet1.xml"
_FINAL: Final = {"done", "failed", "quarantined"}
_WAIT_SECONDS: Final = 20
_BOUNDARY: Final = "folio-benchmark"
_FORM_TYPE: Final = f"multipart/form-data; boundary={_BOUNDARY}"


@dataclasses.dataclass(frozen=True, slots=True)
class Report:
    """When a report was done (monotonic seconds) and known to be (by the clock), and the milliseconds of its way.

    `answered` is the upload's own answer; from there `known` is until the state said that both documents are there,
    and `ready` until both had been fetched.
    """

    id: str
    at: float
    known_at: float
    answered: float
    known: float
    ready: float


class Connection:
    """A client's kept connection, as lean as can be: what it takes is taken from Folio."""

    def __init__(self, port: int, token: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._head = f" HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n".encode()
        self._left = b""

    def get(self, path: str) -> tuple[int, bytes]:
        """A status and what came with it."""
        return self._ask(b"GET " + path.encode() + self._head + b"\r\n")

    def post(self, path: str, body: bytes, more: bytes) -> tuple[int, bytes]:
        """The same of something that is sent, `more` being whole header lines."""
        length = f"Content-Length: {len(body)}\r\n\r\n".encode()
        return self._ask(b"POST " + path.encode() + self._head + more + length + body)

    def _ask(self, request: bytes) -> tuple[int, bytes]:
        self._socket.sendall(request)
        said = self._left
        while (end := said.find(b"\r\n\r\n")) < 0:
            said += self._more()
        head = said[:end].lower()
        length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
        whole = end + 4 + length
        while len(said) < whole:
            said += self._more()
        self._left = said[whole:]
        return int(head[9:12]), said[end + 4 : whole]

    def _more(self) -> bytes:
        came = self._socket.recv(256 * 1024)
        if not came:
            raise ConnectionError("the front closed the connection")
        return came


class Sender:
    """Sends the example as so many different workbooks, and fetches what becomes of each."""

    def __init__(self, port: int, token: str, name: str, kinds: str, ready_made: int = 0) -> None:
        self._name, self._kinds = name, kinds
        self._forms = [self._form(turn) for turn in range(ready_made)]
        self._connection = Connection(port, token)
        self._turn = 0

    def send(self) -> Report:
        """One report, from the upload to its documents.

        Raises:
            AssertionError: a document was not written.
        """
        body = self._forms[self._turn] if self._turn < len(self._forms) else self._form(self._turn)
        more = f"Idempotency-Key: {self._name}-{self._turn}\r\nContent-Type: {_FORM_TYPE}\r\n".encode()
        self._turn += 1
        started = time.perf_counter()
        status, said = self._connection.post("/api/v1/reports", body, more)
        accepted = time.perf_counter()
        assert status == 202, said  # noqa: PLR2004
        report = json.loads(said)
        while report["state"] not in _FINAL:
            status, said = self._connection.get(f"/api/v1/reports/{report['id']}?wait={_WAIT_SECONDS}")
            report = json.loads(said)
        known, known_at = time.perf_counter(), time.time()
        for document in report["documents"]:
            status, content = self._connection.get(document["href"])
            assert status == 200, document  # noqa: PLR2004
            assert len(content) == document["size"]
        ready = time.perf_counter()
        return Report(
            id=report["id"],
            at=time.monotonic(),
            known_at=known_at,
            answered=1000 * (accepted - started),
            known=1000 * (known - accepted),
            ready=1000 * (ready - accepted),
        )

    def _form(self, turn: int) -> bytes:
        return _form(example_with_mark(f"{self._name}-{turn}"), self._kinds)


def example_with_mark(mark: str) -> bytes:
    """The example, its last text ending in a sentence of its own."""
    written = io.BytesIO()
    with (
        zipfile.ZipFile(EXAMPLE) as given,
        zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as made,
    ):
        for member in given.infolist():
            content = given.read(member)
            if member.filename == _SHEET:
                before, end, after = content.rpartition(b"</t>")
                content = before + f" Soporte: registro {mark}.".encode() + end + after
            made.writestr(member, content)
    return written.getvalue()


def _form(workbook: bytes, kinds: str) -> bytes:
    head = (
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="kinds"\r\n\r\n{kinds}\r\n'
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="workbook"; filename="{EXAMPLE.name}"\r\n'
        "Content-Type: application/vnd.openxmlformats-officedocument.spreadsheetml.sheet\r\n\r\n"
    )
    return head.encode() + workbook + f"\r\n--{_BOUNDARY}--\r\n".encode()
