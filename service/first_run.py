"""An empty store becomes one that holds the example, its documents written as files: Folio's main job, done once.

It is a client like any other: everything goes through the front's own API and queue. When the store is not empty it
only says where Folio answers.
"""

from __future__ import annotations

import http.client
import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from service.settings import PROJECT, Settings
from service.supervisor import say

_EXAMPLE: Final = PROJECT / "examples" / "plan-de-accion-2024-v2.0.xlsx"
# The same key every time: an example that was cut off half-way is taken up again, not sent twice.
_KEY: Final = "folio-ejemplo-1"
_PATIENCE_SECONDS: Final = 120.0
_ASK_EVERY_SECONDS: Final = 0.2
_DONE: Final = "done"
_FINAL_STATES: Final = frozenset({_DONE, "failed", "quarantined"})
_BOUNDARY: Final = "folio-example-boundary"


class _NoAnswer(Exception):
    """The front gave no answer, or not the one that the API promises."""


@dataclass(frozen=True, slots=True)
class _Front:
    """The front's API as seen from this machine."""

    address: str
    port: int
    host_header: str

    @classmethod
    def of(cls, settings: Settings) -> _Front:
        everywhere = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared with, not bound to
        host = settings.host.strip("[]")
        return cls(everywhere.get(host, host), settings.port, settings.trusted_hosts[0])

    @property
    def url(self) -> str:
        shown = f"[{self.address}]" if ":" in self.address else self.address
        return f"http://{shown}:{self.port}"

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, bytes]:
        """The status and body of one answer. The system's web proxies are not asked: this never leaves the machine."""
        connection = http.client.HTTPConnection(self.address, self.port, timeout=_PATIENCE_SECONDS)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body or None, {"Host": self.host_header, **named})
            answer = connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException) as problem:
            raise _NoAnswer(str(problem)) from problem
        finally:
            connection.close()

    def ask_json(self, path: str) -> dict[str, Any]:
        status, body = self.ask("GET", path)
        if status != http.client.OK:
            raise _NoAnswer(f"GET {path}: {status}")
        answer: dict[str, Any] = json.loads(body)
        return answer


def greet(settings: Settings) -> None:
    """Do the example's work if the store is empty, and say where everything is."""
    front = _Front.of(settings)
    folder = settings.data_dir / "ejemplo"
    try:
        _wait_until_ready(front)
        if _is_to_be_written(front, folder):
            _write_example(front, folder)
    except _NoAnswer as problem:
        say(f"No se pudo escribir el ejemplo ({problem}). Los registros están en {settings.data_dir / 'logs'}.")
    documents = sorted(folder.glob("*.*"))
    if documents:
        say("\nDocumentos del plan de ejemplo:")
        for document in documents:
            say(f"  {document}")
    say(f"\nFolio atiende en  {front.url}\nPara terminar, pulse Ctrl+C.")


def _wait_until_ready(front: _Front) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            status, _ = front.ask("GET", "/readyz")
            if status == http.client.OK:
                return
            problem = f"/readyz: {status}"
        except _NoAnswer as no_answer:
            problem = str(no_answer)
        if time.monotonic() > deadline:
            raise _NoAnswer(problem)
        time.sleep(_ASK_EVERY_SECONDS)


def _is_to_be_written(front: _Front, folder: Path) -> bool:
    if folder.is_dir():
        # Made when the example was sent; still empty when its documents did not get here.
        return not any(folder.iterdir())
    return not front.ask_json("/api/v1/reports?limit=1")["reports"]


def _write_example(front: _Front, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    say("Escribiendo los documentos del plan de ejemplo…")
    report = _finished(front, _issue(front, _send(front)))
    for document in report["documents"]:
        if document["state"] == _DONE:
            _, content = front.ask("GET", document["href"])
            # Whole or not at all, so that a start that is cut off here is taken up by the next.
            unfinished = folder.with_name(f".{document['filename']}")
            unfinished.write_bytes(content)
            unfinished.replace(folder / document["filename"])
        else:
            say(f"No se pudo escribir {document['filename']}; la razón está en {front.url}/informes/{report['id']}.")


def _send(front: _Front) -> str:
    head = (
        # Its official documents come with the issue; drafts of them would be written for nobody.
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="kinds"\r\n\r\nfindings\r\n'
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="workbook"; filename="{_EXAMPLE.name}"\r\n'
        "Content-Type: application/vnd.openxmlformats-officedocument.spreadsheetml.sheet\r\n\r\n"
    )
    body = head.encode() + _EXAMPLE.read_bytes() + f"\r\n--{_BOUNDARY}--\r\n".encode()
    status, answer = front.ask(
        "POST",
        "/api/v1/reports",
        body,
        Content_Type=f"multipart/form-data; boundary={_BOUNDARY}",
        Idempotency_Key=_KEY,
    )
    if status not in {http.client.OK, http.client.ACCEPTED}:
        raise _NoAnswer(f"POST /api/v1/reports: {status}")
    return str(json.loads(answer)["id"])


def _issue(front: _Front, report_id: str) -> str:
    """Issue the example, once or again: its documents are those that an office would sign."""
    said = json.dumps({"by": "Folio (ejemplo)"}).encode()
    status, _ = front.ask("POST", f"/api/v1/reports/{report_id}/issue", said, Content_Type="application/json")
    if status != http.client.OK:
        raise _NoAnswer(f"POST /api/v1/reports/{report_id}/issue: {status}")
    return report_id


def _finished(front: _Front, report_id: str) -> dict[str, Any]:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    shown = -1
    while True:
        report = front.ask_json(f"/api/v1/reports/{report_id}")
        if report["progress"] != shown:
            shown = report["progress"]
            say(f"  {shown} %")
        if report["state"] in _FINAL_STATES:
            return report
        if time.monotonic() > deadline:
            raise _NoAnswer("los documentos tardan demasiado")
        time.sleep(_ASK_EVERY_SECONDS)


if __name__ == "__main__":
    greet(Settings.from_environment())
    sys.exit(0)
