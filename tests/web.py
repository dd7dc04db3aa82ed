"""A real HTTP server around a store, and the plainest client: what goes over the wire is what the tests see."""

from __future__ import annotations

import datetime as dt
import http.client
import json
import re
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
from flask import Flask
from jsonschema import Draft202012Validator, FormatChecker
from werkzeug.serving import WSGIRequestHandler, make_server

from service.domain.people import FIRST_OFFICE, Role
from service.domain.reports import DocumentKind
from service.jobs import Bell
from service.notices import Watch
from service.seals import Sealer
from service.settings import Provider
from service.sheets.isolated import ReadingRoom
from service.store import Account, Claim, Store, new_id
from service.web import create_app
from service.web.front import GoverningFile
from service.web.openapi import description
from tests.integration.samples import a_document

EXAMPLE = Path(__file__).parents[1] / "examples" / "plan-de-accion-2024-v2.0.xlsx"
BOUNDARY = "a-boundary-that-no-test-holds"
NO_REDIS = "redis://127.0.0.1:1/0"
NAMES = {
    Role.READS: "Persona de Ejemplo que Lee",
    Role.PREPARES: "Persona de Ejemplo que Elabora",
    Role.APPROVES: "Persona de Ejemplo que Aprueba",
    Role.ADMINISTERS: "Persona de Ejemplo",
}


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

    @property
    def text_without_marks(self) -> str:
        """The same but for the marks of its forms, of which each answer has new ones."""
        return re.sub('name="csrf_token" value="[^"]+"', "", self.text)


@dataclass(frozen=True)
class Who:
    """Somebody with an account and a token, as a client shows who it is."""

    account: Account
    token: str


@dataclass
class Client:
    """Talks to a server on this machine: its pages as a browser that signed in, its API as a program with a token.

    `who` None: nobody.
    """

    port: int
    store: Store
    clock: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC)
    who: Who | None = None
    cookies: dict[str, str] = field(default_factory=dict)
    mark: str = ""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def as_(self, role: Role, office_id: str | None = None) -> Client:
        """The same server, before somebody with that role: who sees every office, or one alone."""
        return Client(self.port, self.store, self.clock, somebody(self.store, self.clock, role, office_id))

    @property
    def account(self) -> Account:
        """The account of whoever this is."""
        assert self.who is not None
        return self.who.account

    def signed_in(self) -> Client:
        """This client once somebody who may do everything signed in."""
        return self.as_(Role.ADMINISTERS)

    def as_nobody(self) -> Client:
        return Client(self.port, self.store, self.clock)

    def ask(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        answer = self._asked(method, path, body, headers)
        if answer.headers.get("Location", "").startswith("/entrar") and self.who and path != "/salir":
            # The clock of the test went past the end of the session.
            self.sign_in()
            answer = self._asked(method, path, body, headers)
        return answer

    def sent(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        """Exactly this, and nothing of who asks."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body, dict(headers))
            with connection.getresponse() as response:
                return Answer(response.status, response.headers, response.read())
        finally:
            connection.close()

    def _asked(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str] | None) -> Answer:
        said = self._says_who(method, path) | dict(headers or {})
        return self.sent(method, path, body, said)

    def _says_who(self, method: str, path: str) -> dict[str, str]:
        if path.startswith("/api/"):
            return {"Authorization": f"Bearer {self.who.token}"} if self.who else {}
        if self.who and "folio" not in self.cookies:
            self.sign_in()
        if method == "GET" or path.startswith("/static"):
            return {"Cookie": self.cookie} if self.cookies else {}
        if not self.mark:
            self._take_mark()
        return {"Cookie": self.cookie, "X-CSRFToken": self.mark}

    @property
    def cookie(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    def sign_in(self) -> str:
        """Open a session as if the person had just entered; the secret in its cookie."""
        assert self.who is not None
        secret, now = new_id(), self.clock()
        self.store.open_session(
            secret,
            self.who.account.id,
            self.who.account.office_id or FIRST_OFFICE,
            now=now,
            expires_at=now + dt.timedelta(hours=12),
            address="127.0.0.1",
            browser="a test",
        )
        self.cookies, self.mark = {"folio": secret}, ""
        return secret

    def _take_mark(self) -> None:
        page = self.sent("GET", "/verificar", None, {"Cookie": self.cookie} if self.cookies else {})
        found = re.search('name="csrf_token" value="([^"]+)"', page.text)
        assert found, page.text
        self.mark = found[1]
        for line in page.headers.get_all("Set-Cookie") or ():
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value

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


def somebody(
    store: Store, clock: Callable[[], dt.datetime], role: Role = Role.ADMINISTERS, office_id: str | None = None
) -> Who:
    """An account with that role, opened when it is first asked for, and a new token of its own."""
    now, login = clock(), f"persona-{role}-{office_id or 'todas'}"
    account = store.account_of_login(login)
    if account is None:
        opened = store.open_account(new_id(), login, NAMES[role], role, office_id, now=now, by="una prueba")
        assert isinstance(opened, Account)
        account = opened
    secret = new_id()
    store.make_token(
        new_id(),
        secret,
        "Pruebas",
        role,
        office_id or FIRST_OFFICE,
        account.id,
        now=now,
        expires_at=None,
        by="una prueba",
    )
    return Who(account, secret)


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
    office_file: GoverningFile | None = None,
    public_address: str = "https://folio.example",
    provider: Provider | None = None,
    signs_in: bool = True,
    has_tls: bool = False,
    port: int = 0,
    look: Callable[[Flask], None] = lambda _app: None,
    watch: Watch | None = None,
) -> Iterator[Client]:
    """The front on a port of its own for as long as the block lasts; `look` sees the application before it starts."""
    bell = Bell(redis_url)
    folder = tempfile.TemporaryDirectory(prefix="folio-progress-")
    app = create_app(
        store=store,
        bell=bell,
        reading_room=reading_room,
        clock=clock,
        max_upload_bytes=max_upload_bytes,
        office_file=office_file,
        progress_folder=Path(folder.name),
        provider=provider,
        has_tls=has_tls,
        public_url=public_address,
        watch=watch,
        sealer=Sealer(b"a secret of the tests, 32 bytes.", public_address).seal,
    )
    look(app)
    try:
        with answering(app, port) as port_of_it:
            yield Client(port_of_it, store, clock, somebody(store, clock) if signs_in else None)
    finally:
        bell.close()
        folder.cleanup()


@contextmanager
def answering(app: Flask, port: int = 0) -> Iterator[int]:
    """Any application for as long as the block lasts, at that port, or at one of its own: the port."""
    server = make_server("127.0.0.1", port, app, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


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
