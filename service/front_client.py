"""A running Folio, asked through its API: a workbook -> the report that it becomes, its documents -> files.

It is a client like any other, of the example's first run and of `folio send`. The address that it is given is the only
one that it talks to: it follows no redirection and asks none of the system's web proxies, so that a token goes nowhere
else; over https the certificate must be one that this machine trusts.
"""

from __future__ import annotations

import functools
import http.client
import json
import secrets
import ssl
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

Json = dict[str, Any]

DONE: Final = "done"

_FINAL_STATES: Final = frozenset({DONE, "failed", "quarantined"})
_PATIENCE_SECONDS: Final = 120.0
# Whoever looks on is told that often how far it is.
_WAIT_SECONDS: Final = 1
# Often at first, for most are there at once, and then ever less.
_ASK_AFTER_SECONDS: Final = 0.2
_ASK_AFTER_SECONDS_AT_MOST: Final = 1.0
_LONGER: Final = 1.2
_OF_FOLIO: Final = "Folio"
_URN: Final = "urn:folio:problema:"


class NoAnswer(Exception):
    """The front gave no answer, or not the one that the API promises; the message is for the log."""


class NotTrusted(NoAnswer):
    """The certificate of the address is not one that this machine trusts, so that nothing was sent."""


class TooSlow(NoAnswer):
    """The documents were not written in the time that there was; they will be."""


class Refused(NoAnswer):
    """The front said no: with what status, and what it says of it. `problem` is empty where no Folio answered."""

    def __init__(self, what: str, answer: Answer) -> None:
        super().__init__(f"{what}: {answer.status}")
        said = answer.as_json()
        self.status = answer.status
        self.problem: Json = said if str(said.get("type", "")).startswith(_URN) else {}
        self.leads_to = answer.headers.get("Location", "")
        self.retry_after = answer.headers.get("Retry-After", "")


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer, read to its end."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    def as_json(self) -> Json:
        """The object that it holds; an empty one where it holds none."""
        try:
            said = json.loads(self.content)
        except ValueError:
            return {}
        return said if isinstance(said, dict) else {}


@dataclass(frozen=True, slots=True)
class FrontClient:
    """The API of the Folio at `url` (http or https, without a slash at its end).

    `host` is the name that it is called by where that is not the one of its address.
    """

    url: str
    token: str = ""
    host: str = ""

    def ask(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        *,
        patience: float = _PATIENCE_SECONDS,
    ) -> Answer:
        """One answer, whatever it says.

        Raises:
            NoAnswer: there was none.
        """
        said = {"Host": self.host} if self.host else {}
        if self.token:
            said["Authorization"] = f"Bearer {self.token}"
        parts = urlsplit(self.url)
        connection = self._connection(patience)
        try:
            connection.request(method, f"{parts.path}{path}", body or None, {**said, **(headers or {})})
            answer = connection.getresponse()
            return Answer(answer.status, dict(answer.headers), answer.read())
        except ssl.SSLCertVerificationError as problem:
            raise NotTrusted(problem.verify_message) from problem
        except (OSError, http.client.HTTPException) as problem:
            raise NoAnswer(str(problem) or type(problem).__name__) from problem
        finally:
            connection.close()

    def ask_json(self, path: str) -> Json:
        """The object at an address of the API.

        Raises:
            Refused: it is not there for whoever asks.
            NoAnswer: there was no answer.
        """
        return self._promised("GET", path)

    def is_folio(self, *, patience: float) -> bool:
        """Whether what answers at the address is a Folio; asked without the token.

        Raises:
            Refused: it answers in another way.
            NoAnswer: nothing answers.
        """
        about = FrontClient(self.url, host=self.host)
        found = about.ask("GET", "/api/v1/openapi.json", patience=patience)
        if found.status != HTTPStatus.OK:
            raise Refused("GET /api/v1/openapi.json", found)
        info = found.as_json().get("info")
        return isinstance(info, dict) and str(info.get("title", "")).startswith(_OF_FOLIO)

    def send(self, filename: str, content: bytes, fields: Mapping[str, str], key: str) -> tuple[Json, bool]:
        """Upload a workbook: its report, and whether it is a new one.

        Sent again where the connection broke: under the same key nothing is made twice.

        Raises:
            Refused: it was not kept.
            NoAnswer: it is not known whether it was.
        """
        boundary = secrets.token_hex(16)
        body = _form(boundary, filename, content, fields)
        headers = {"Content-Type": f"multipart/form-data; boundary={boundary}", "Idempotency-Key": key}
        path = "/api/v1/reports"
        try:
            answer = self.ask("POST", path, body, headers)
        except NotTrusted:
            raise
        except NoAnswer:
            answer = self.ask("POST", path, body, headers)
        if answer.status not in {HTTPStatus.OK, HTTPStatus.ACCEPTED}:
            raise Refused(f"POST {path}", answer)
        return _as_report(answer, path), answer.status == HTTPStatus.ACCEPTED

    def issue(self, report_id: str) -> Json:
        """Issue a report, once or again: the issued one.

        Raises:
            Refused: it lacks something, or whoever asks may not.
            NoAnswer: it is not known whether it was issued.
        """
        path = f"/api/v1/reports/{report_id}/issue"
        return self._promised("POST", path, b"{}", {"Content-Type": "application/json"})

    def finished(
        self,
        report_id: str,
        *,
        kinds: Collection[str] = (),
        tell: Callable[[int], None] = lambda _percent: None,
        patience: float = _PATIENCE_SECONDS,
    ) -> list[Json]:
        """The documents of a report, or those of these kinds, once nothing more happens to them; `tell` hears how far.

        The front answers as soon as they are written. One that lets nobody wait is asked again and again.

        Raises:
            TooSlow: they are not written yet.
            NoAnswer: there was no answer.
        """
        deadline = time.monotonic() + patience
        told, pause = -1, _ASK_AFTER_SECONDS
        path = f"/api/v1/reports/{report_id}?wait={_WAIT_SECONDS}&kinds={','.join(kinds)}"
        while True:
            asked_at = time.monotonic()
            report = self.ask_json(path)
            documents = [document for document in report["documents"] if not kinds or document["kind"] in kinds]
            finished = [document for document in documents if document["state"] in _FINAL_STATES]
            percent = 100 * len(finished) // max(len(documents), 1)
            if percent != told:
                told = percent
                tell(percent)
            if len(finished) == len(documents):
                return finished
            if time.monotonic() > deadline:
                raise TooSlow("los documentos tardan demasiado")
            if time.monotonic() - asked_at < pause:
                time.sleep(pause)
                pause = min(pause * _LONGER, _ASK_AFTER_SECONDS_AT_MOST)

    def keep(self, document: Json, folder: Path) -> Path:
        """A finished document as a file in a folder that there is: whole or not at all, in the place of an older one.

        Raises:
            Refused: it is not there for whoever asks.
            NoAnswer: there was no answer.
            OSError: it cannot be written.
        """
        answer = self.ask("GET", document["href"])
        if answer.status != HTTPStatus.OK:
            raise Refused(f"GET {document['href']}", answer)
        # Whatever a server calls it, it does not leave the folder.
        name = Path(document["filename"]).name or document["kind"]
        # No ending: nobody takes for a document what was cut off half-way.
        unfinished = folder / f"{name.replace('.', '-')}-sin-terminar"
        unfinished.write_bytes(answer.content)
        return unfinished.replace(folder / name)

    def _promised(self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Json:
        answer = self.ask(method, path, body, headers)
        if answer.status != HTTPStatus.OK:
            raise Refused(f"{method} {path}", answer)
        return answer.as_json()

    def _connection(self, patience: float) -> http.client.HTTPConnection:
        parts = urlsplit(self.url)
        host = parts.hostname or ""
        if parts.scheme == "https":
            return http.client.HTTPSConnection(host, parts.port, timeout=patience, context=_trusting())
        return http.client.HTTPConnection(host, parts.port, timeout=patience)


@functools.cache
def _trusting() -> ssl.SSLContext:
    """What this machine trusts, or the file that SSL_CERT_FILE names; reading it takes longer than asking."""
    return ssl.create_default_context()


def _as_report(answer: Answer, path: str) -> Json:
    report = answer.as_json()
    if not isinstance(report.get("id"), str):
        raise NoAnswer(f"POST {path}: {answer.status}, pero sin informe")
    return report


def _form(boundary: str, filename: str, content: bytes, fields: Mapping[str, str]) -> bytes:
    """A multipart body, written as browsers write it."""
    quoted = filename.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
    named = "".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    )
    head = (
        f'{named}--{boundary}\r\nContent-Disposition: form-data; name="workbook"; filename="{quoted}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    )
    return head.encode("utf-8", "replace") + content + f"\r\n--{boundary}--\r\n".encode()
