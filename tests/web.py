"""A real HTTP server around a store, and the plainest client: what goes over the wire is what the tests see."""

from __future__ import annotations

import datetime as dt
import http.client
import json
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
from jsonschema import Draft202012Validator, FormatChecker
from werkzeug.serving import WSGIRequestHandler, make_server

from service.domain.office import REFERENCE_OFFICE, Office
from service.domain.reports import DocumentKind
from service.jobs import Bell
from service.sheets.isolated import ReadingRoom
from service.store import Claim, Store, new_id
from service.web import create_app
from service.web.openapi import description
from tests.integration.samples import a_document

EXAMPLE = Path(__file__).parents[1] / "examples" / "plan-de-accion-2024-v2.0.xlsx"
BOUNDARY = "a-boundary-that-no-test-holds"
NO_REDIS = "redis://127.0.0.1:1/0"


@dataclass(frozen=True)
class Answer:
    """An HTTP answer, read to its end."""

    status: int
    headers: http.client.HTTPMessage
    content: bytes

    @property
    def json(self) -> dict[str, Any]:
        data: dict[str, Any] = json.loads(self.content)
        return data

    @property
    def text(self) -> str:
        return self.content.decode()


@dataclass(frozen=True)
class Client:
    """Talks to a server on this machine."""

    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body, dict(headers or {}))
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        finally:
            connection.close()

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        return self.ask("GET", path, headers=headers)

    def post(self, path: str, **said: Any) -> Answer:
        """Send a JSON object."""
        return self.ask("POST", path, json.dumps(said).encode(), {"Content-Type": "application/json"})

    def issued(self, report: Mapping[str, Any], **said: Any) -> dict[str, Any]:
        """The report once it is issued."""
        answer = self.post(f"/api/v1/reports/{report['id']}/issue", **said)
        assert answer.status == HTTPStatus.OK, answer.text
        return answer.json

    def upload(
        self,
        content: bytes | None = None,
        *,
        filename: str = "Plan de acción.xlsx",
        path: str = "/api/v1/reports",
        headers: Mapping[str, str] | None = None,
        **fields: str,
    ) -> Answer:
        """Send a workbook, the example unless another is given, as a browser's form does."""
        body = form(EXAMPLE.read_bytes() if content is None else content, filename, fields)
        kind = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
        return self.ask("POST", path, body, kind | dict(headers or {}))


def form(content: bytes, filename: str, fields: Mapping[str, str]) -> bytes:
    """A multipart body with the workbook and the fields."""
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="workbook"; filename="{filename}"\r\n\r\n'.encode()
    return b"".join([*parts, head, content, f"\r\n--{BOUNDARY}--\r\n".encode()])


class _Quiet(WSGIRequestHandler):
    def log(self, *_words: object) -> None:
        """The answers say enough."""


@contextmanager
def serve(
    store: Store,
    reading_room: ReadingRoom,
    *,
    redis_url: str = NO_REDIS,
    max_upload_bytes: int = 20 * 1024 * 1024,
    clock: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
    office: Office = REFERENCE_OFFICE,
) -> Iterator[Client]:
    """The front on a port of its own for as long as the block lasts."""
    bell = Bell(redis_url)
    folder = tempfile.TemporaryDirectory(prefix="folio-progress-")
    app = create_app(
        store=store,
        bell=bell,
        reading_room=reading_room,
        clock=clock,
        max_upload_bytes=max_upload_bytes,
        office=office,
        progress_folder=Path(folder.name),
    )
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield Client(server.server_port)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        bell.close()
        folder.cleanup()


def write(
    store: Store, report_id: str, kind: DocumentKind, content: bytes = b"a document", *, against: str | None = None
) -> None:
    """What a worker does with the job: claim it and finish it."""
    claim = take(store, report_id, kind, against)
    assert store.finish(claim, a_document(kind, content), dt.datetime.now(dt.UTC))


def take(store: Store, report_id: str, kind: DocumentKind, against: str | None = None) -> Claim:
    """The right to write a document, as a worker gets it."""
    report = store.report(report_id)
    assert report is not None
    document = next(each for each in report.documents if each.kind is kind and against in {None, each.against})
    parts = [report_id, kind.value, *([document.against] if document.against else [])]
    job_id = ".".join([*parts, "final"] if document.is_final else parts)
    claim = store.claim(job_id, new_id(), dt.datetime.now(dt.UTC), dt.timedelta(minutes=1))
    assert claim is not None
    return claim


def example_with(cells: Mapping[str, object]) -> bytes:
    """The example workbook with other values in some of its cells."""
    workbook = openpyxl.load_workbook(EXAMPLE)
    for address, value in cells.items():
        workbook.worksheets[0][address] = value
    changed = BytesIO()
    workbook.save(changed)
    return changed.getvalue()


def assert_follows(schema: str, shown: dict[str, Any]) -> None:
    """The answer has the shape that the description gives, and nothing that the description does not tell."""
    whole = {"$ref": f"#/components/schemas/{schema}", "components": description()["components"]}
    Draft202012Validator(whole, format_checker=FormatChecker()).validate(shown)
    told = description()["components"]["schemas"][schema]
    assert set(told["required"]) <= set(shown) <= set(told["properties"])


def problem_of(answer: Answer, status: int) -> dict[str, Any]:
    assert (answer.status, answer.headers.get_content_type()) == (status, "application/problem+json")
    problem: dict[str, Any] = answer.json
    assert_follows("Problem", problem)
    assert problem["status"] == status
    return problem
