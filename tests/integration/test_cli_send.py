"""`folio send`, as a program, at a real front and worker: the documents that come back, and each no in a sentence."""

from __future__ import annotations

import datetime as dt
import ipaddress
import re
import socket
import socketserver
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from flask import Flask, Response
from werkzeug.serving import make_server

from service.domain.people import Role
from service.settings import Settings, token_of_program
from service.sheets.isolated import ReadingRoom
from service.store import Store
from tests.integration.conftest import Folio
from tests.integration.servers import Processes, RedisServer
from tests.web import Client, answering, example_with, serve

EXAMPLE = Path(__file__).parents[2] / "examples" / "plan-de-accion-2024-v2.0.xlsx"
STEM = "plan-de-accion-2024_v2.0_seguimiento-III-trimestre"
DRAFT = sorted([f"{STEM}_borrador.docx", f"{STEM}_borrador.xlsx", f"{STEM}_hallazgos.xlsx"])

Send = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def reading_room() -> Iterator[ReadingRoom]:
    room = ReadingRoom()
    yield room
    room.close()


@pytest.fixture
def client(sqlite_store: Store, reading_room: ReadingRoom, redis_server: RedisServer) -> Iterator[Client]:
    with serve(sqlite_store, reading_room, redis_url=redis_server.url) as client:
        yield client


@pytest.fixture
def send(folio: Folio, client: Client) -> Send:
    """Sends to the front of the test, with the token of somebody who may do all, unless something else is said."""

    def run(*arguments: str | Path, exits: int = 0, **environment: str) -> subprocess.CompletedProcess[str]:
        assert client.who
        words = arguments if "--url" in arguments else (*arguments, "--url", client.url)
        ended = folio("send", *words, **{"FOLIO_TOKEN": client.who.token, "COLUMNS": "200", **environment})
        assert ended.returncode == exits, ended.stderr
        assert "Traceback" not in ended.stderr
        assert client.who.token not in ended.stdout + ended.stderr
        return ended

    return run


def token_of(client: Client, role: Role) -> str:
    somebody = client.as_(role).who
    assert somebody
    return somebody.token


def reports(client: Client) -> list[dict[str, object]]:
    found: list[dict[str, object]] = client.get("/api/v1/reports").json["reports"]
    return found


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_plan_is_sent_told_and_its_documents_come_back_and_sending_it_again_makes_nothing_new(
    send: Send, client: Client, processes: Processes, tmp_path: Path
) -> None:
    processes.worker()
    ended = send(EXAMPLE, "--out", tmp_path / "nueva" / "salida")

    assert f"{EXAMPLE.name}: 10 acciones, vigencia 2024, III trimestre, versión 2.0" in ended.stderr
    assert "2 advertencias, 7 sugerencias." in ended.stderr
    (report,) = reports(client)
    assert f"Borrador: {client.url}/informes/{report['id']}\n" in ended.stderr
    assert ended.stdout.startswith("3 documentos escritos:\n")
    assert names(tmp_path / "nueva" / "salida") == DRAFT
    word = tmp_path / "nueva" / "salida" / DRAFT[0]
    assert f"  {word}\n" in ended.stdout
    assert word.read_bytes() == client.get(f"/api/v1/reports/{report['id']}/documents/word").content
    assert report["uploaded_by"] == "«Pruebas»"

    again = send(EXAMPLE, "--out", tmp_path / "otra")
    assert "Los datos son los mismos del borrador" in again.stderr
    assert names(tmp_path / "otra") == DRAFT
    assert len(reports(client)) == 1


def test_it_is_issued_and_read_with_what_is_said_beside_it(
    send: Send, client: Client, processes: Processes, tmp_path: Path
) -> None:
    processes.worker()
    ended = send(
        *(EXAMPLE, "--issue", "--version", "2.1", "--correct", "Plan de acción!C13=Dirección General"),
        *("--accept", "TEXT_011:Plan de acción!K13=Así lo escribió la oficina", "--accept", "ROW_002:Nada!A1=x"),
        *("--map", "Responsable=responsable", "--out", tmp_path / "salida"),
    )

    (report,) = reports(client)
    assert (report["version"], report["status"], report["edition"]) == ("2.1", "issued", 1)
    assert f"Emitido, edición 1: {client.url}/informes/{report['id']}\n" in ended.stderr
    assert "Se corrigió Plan de acción!C13: " in ended.stderr
    assert "ACEPTADO  Plan de acción!K13" in ended.stderr
    assert "No hay ningún hallazgo ROW_002 en Nada!A1: no se aceptó nada por él." in ended.stderr
    assert {name.rpartition(".")[2] for name in names(tmp_path / "salida")} >= {"docx", "xlsx", "zip"}
    assert not any("borrador" in name for name in names(tmp_path / "salida"))


def test_a_plan_with_errors_is_told_as_check_tells_it_and_not_kept(
    send: Send, folio: Folio, client: Client, tmp_path: Path
) -> None:
    plan = tmp_path / "plan.xlsx"
    plan.write_bytes(example_with({"G6": "31/31/2024"}))
    refused = send(plan, "--out", tmp_path / "salida", exits=1)

    checked = folio("check", plan, COLUMNS="200")
    assert checked.returncode == 1
    assert refused.stderr.startswith(checked.stdout.rstrip("\n"))
    assert refused.stderr.endswith("\nFolio no lo recibió.\n")
    assert refused.stdout == ""
    assert reports(client) == []


def test_what_is_no_plan_is_told_apart_from_one_with_errors(send: Send, client: Client, tmp_path: Path) -> None:
    paper = tmp_path / "plan.xlsx"
    paper.write_bytes(b"%PDF-1.7 no es un libro")
    refused = send(paper, exits=2)
    assert "plan.xlsx: no se puede leer como plan de acción" in refused.stderr
    heavy = tmp_path / "pesado.xlsx"
    heavy.write_bytes(bytes(21 * 1024 * 1024))
    assert "El libro puede pesar hasta 20 MB." in send(heavy, exits=2).stderr
    assert send(tmp_path / "nada.xlsx", exits=2).stderr == f"No se puede leer {tmp_path / 'nada.xlsx'}: no existe.\n"
    assert reports(client) == []


def test_who_may_not_is_told_which_token_it_takes(send: Send, client: Client) -> None:
    reads, prepares = (token_of(client, role) for role in (Role.READS, Role.PREPARES))
    refused = send(EXAMPLE, FOLIO_TOKEN=reads, exits=1).stderr
    assert "El token de FOLIO_TOKEN no tiene el rol «elabora», que hace falta." in refused
    assert "folio token create --name NOMBRE --role elabora" in refused
    assert reports(client) == []

    refused = send(EXAMPLE, "--issue", FOLIO_TOKEN=prepares, exits=1).stderr
    (report,) = reports(client)
    assert f"El informe está en Folio como borrador, sin emitir: {client.url}/informes/{report['id']}\n" in refused
    assert "no tiene el rol «aprueba», que hace falta." in refused
    assert "no reconoce el token de FOLIO_TOKEN" in send(EXAMPLE, FOLIO_TOKEN="folio_otro", exits=1).stderr
    assert "Falta el token con que se entra a Folio" in send(EXAMPLE, FOLIO_TOKEN="", exits=2).stderr
    assert "no es un token" in send(EXAMPLE, FOLIO_TOKEN="dos palabras", exits=2).stderr


def test_what_an_issue_lacks_is_told_and_the_draft_stays(send: Send, client: Client) -> None:
    client.issued(client.upload().json)
    report = client.upload(example_with({"D8": "Otro indicador"}), version="3.0").json
    refused = client.post(f"/api/v1/reports/{report['id']}/issue")
    assert refused.status == 409, refused.text

    told = send(EXAMPLE, "--version", "3.0", "--correct", "Plan de acción!D8=Otro indicador", "--issue", exits=1)
    assert "El informe está en Folio como borrador, sin emitir: " in told.stderr
    assert told.stderr.endswith(f"{refused.json['title']}. {refused.json['detail']}\n")


def test_a_token_does_not_travel_in_the_clear_unless_that_is_said(send: Send) -> None:
    refused = send(EXAMPLE, "--url", "http://folio.example:8000", exits=2).stderr
    assert "no va cifrada: el token quedaría a la vista" in refused
    assert "--insecure-http" in refused
    tried = send(EXAMPLE, "--url", "http://folio.invalid:8000", "--insecure-http", exits=1).stderr
    assert tried.startswith("Folio no responde en http://folio.invalid:8000: ese nombre no existe en la red.")
    for address in ("ftp://127.0.0.1", "folio.example", "https://a b", "https://persona@folio.example", "https://x:0"):
        assert "no es la dirección de un Folio" in send(EXAMPLE, "--url", address, exits=2).stderr


def test_nobody_there_and_whoever_is_no_folio_are_told_apart(send: Send, client: Client) -> None:
    nobody = send(EXAMPLE, "--url", "http://127.0.0.1:1", exits=1).stderr
    assert nobody.startswith("Folio no responde en http://127.0.0.1:1: nadie atiende ahí.")
    other = Flask("another service")
    asked: list[str] = []

    @other.route("/<path:path>", methods=["GET", "POST"])
    def anything(path: str) -> Response:
        asked.append(path)
        return Response("<h1>Intranet</h1>")

    with answering(other) as port:
        no_folio = send(EXAMPLE, "--url", f"http://127.0.0.1:{port}", exits=1).stderr
    assert f"Lo que atiende en http://127.0.0.1:{port} no es un Folio" in no_folio
    assert asked == ["api/v1/openapi.json"]
    assert "no habla https" in send(EXAMPLE, "--url", client.url.replace("http", "https"), exits=1).stderr


@pytest.mark.parametrize(
    ("status", "headers", "told"),
    [
        (301, {"Location": "https://folio.example/"}, "lleva a otra dirección (https://folio.example/)"),
        (502, {}, "Folio no está en marcha detrás de"),
        (404, {}, "no es un Folio"),
    ],
)
def test_what_stands_before_a_folio_is_told_in_a_sentence_and_never_followed(
    send: Send, status: int, headers: dict[str, str], told: str
) -> None:
    proxy = Flask("a proxy")
    proxy.add_url_rule("/<path:path>", view_func=lambda path: Response(f"no {path}", status, headers))
    with answering(proxy) as port:
        assert told in send(EXAMPLE, "--url", f"http://127.0.0.1:{port}", exits=1).stderr


def test_an_answer_that_is_lost_on_its_way_is_asked_for_again_and_nothing_is_made_twice(
    send: Send, client: Client, processes: Processes, tmp_path: Path
) -> None:
    processes.worker()
    with losing_the_first_answer(client) as (url, lost):
        ended = send(EXAMPLE, "--url", url, "--out", tmp_path / "salida")
    assert len(lost) == 1
    assert b" 202 " in lost[0].partition(b"\r\n")[0]
    assert names(tmp_path / "salida") == DRAFT
    assert "Los datos son los mismos" not in ended.stderr
    assert len(reports(client)) == 1


def test_whoever_asks_too_often_is_told_to_wait(send: Send) -> None:
    busy = Flask("a Folio that counts")
    problem = {"type": "urn:folio:problema:demasiados-intentos", "title": "Demasiados intentos seguidos"}
    busy.add_url_rule("/api/v1/openapi.json", view_func=lambda: {"info": {"title": "Folio: informes"}})
    busy.add_url_rule(
        "/api/v1/reports",
        "many",
        methods=["POST"],
        view_func=lambda: (problem | {"detail": "Espere un minuto y vuelva a intentarlo."}, 429),
    )
    with answering(busy) as port:
        told = send(EXAMPLE, "--url", f"http://127.0.0.1:{port}", exits=1).stderr
    assert told == "Demasiados intentos seguidos. Espere un minuto y vuelva a intentarlo.\n"


def test_over_https_the_certificate_must_be_one_that_is_trusted(
    send: Send, sqlite_store: Store, reading_room: ReadingRoom, tmp_path: Path
) -> None:
    apps: list[Flask] = []
    with (
        serve(sqlite_store, reading_room, look=apps.append),
        https(apps[0], tmp_path) as (url, certificate),
    ):
        stranger = send(EXAMPLE, "--url", url, exits=1).stderr
        assert f"No se envió nada: el certificado de {url} no es de confianza en este equipo." in stranger
        assert not sqlite_store.reports(limit=1)
        trusted = send(EXAMPLE, "--url", url, exits=1, SSL_CERT_FILE=str(certificate), FOLIO_TOKEN="folio_otro")
        assert "no reconoce el token" in trusted.stderr


def test_a_folder_that_cannot_be_written_is_told_before_anything_is_sent(
    send: Send, client: Client, tmp_path: Path
) -> None:
    (tmp_path / "archivo").touch()
    refused = send(EXAMPLE, "--out", tmp_path / "archivo" / "salida", exits=1)
    assert refused.stderr.startswith(f"No se puede escribir en {tmp_path / 'archivo' / 'salida'}: ")
    assert reports(client) == []


def test_its_help_is_in_spanish(folio: Folio) -> None:
    told = folio("send", "--help").stdout
    assert told.startswith("Uso: folio send [OPCIONES] PLAN.xlsx")
    assert "FOLIO_TOKEN" in told
    assert not re.search("Usage|Options|Show this|required|default", told)


def test_the_token_is_of_whoever_gives_an_order_and_of_no_process_that_a_folio_starts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FOLIO_TOKEN", " folio_x ")
    settings = Settings.from_environment()
    assert token_of_program() == "folio_x"
    assert "FOLIO_TOKEN" not in settings.as_environment() | settings.child_environment()
    assert "folio_x" not in repr(settings)


@contextmanager
def losing_the_first_answer(client: Client) -> Iterator[tuple[str, list[bytes]]]:
    """A way to the front on which the answer to the first upload is lost: its address, and what was lost."""
    lost: list[bytes] = []

    class Carrier(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            head, _, body = self._received().partition(b"\r\n\r\n")
            # One request a connection, so that the answer ends where the connection does.
            with socket.create_connection(("127.0.0.1", client.port)) as front:
                front.sendall(head + b"\r\nConnection: close\r\n\r\n" + body)
                answer = b"".join(iter(lambda: front.recv(65536), b""))
            if head.startswith(b"POST") and not lost:
                lost.append(answer)
            else:
                self.request.sendall(answer)

        def _received(self) -> bytes:
            said = b""
            while b"\r\n\r\n" not in said:
                said += self.request.recv(65536)
            length = re.search(rb"(?i)content-length: (\d+)", said)
            whole = said.index(b"\r\n\r\n") + 4 + int(length[1] if length else 0)
            while len(said) < whole:
                said += self.request.recv(65536)
            return said

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Carrier) as carrier:
        threading.Thread(target=carrier.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{carrier.server_address[1]}", lost
        finally:
            carrier.shutdown()


@contextmanager
def https(app: Flask, folder: Path) -> Iterator[tuple[str, Path]]:
    """The application over TLS with a certificate that it signed itself: its address and the certificate's file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(address, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file, secret = folder / "certificado.pem", folder / "clave.pem"
    file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file, secret)
    server = make_server("127.0.0.1", 0, app, threaded=True, ssl_context=context)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"https://127.0.0.1:{server.server_port}", file
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
