"""`folio serve` as whoever installs Folio meets it: one process to start, one signal to end it."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.seals import Sealer
from service.settings import PROJECT
from tests.integration.served import AT_ONCE, END_SECONDS, EXAMPLE, EXAMPLE_DOCUMENTS, READY, Folio, a_free_port
from tests.integration.servers import RedisServer, wait_until


@pytest.fixture
def folio(tmp_path: Path) -> Iterator[Folio]:
    one = Folio(tmp_path / "datos", a_free_port())
    yield one
    one.kill()


def test_the_first_start_does_the_main_job_and_the_second_goes_on_with_its_data(folio: Folio) -> None:
    folio.start()
    documents = [folio.data / "ejemplo" / name for name in AT_ONCE]
    assert all(document.read_bytes().startswith(b"PK") for document in documents)
    assert all(f"{document}\n" in folio.said for document in documents)
    assert folio.example() == EXAMPLE_DOCUMENTS
    wait_until(lambda: f"{EXAMPLE}_publicacion.zip\n" in folio.said, seconds=30, what="the package was told")
    assert f"{EXAMPLE}.pdf\n" in folio.said.partition("\nYa están los que faltaban:\n")[2]
    assert f"{READY}  http://127.0.0.1:{folio.port}\n" in folio.said
    assert f"\n  http://127.0.0.1:{folio.port}/llave/" in folio.said
    first = folio.client.get("/api/v1/reports").json["reports"]
    assert [report["state"] for report in first] == ["done"]
    with contextlib.closing(sqlite3.connect(folio.data / "folio.db")) as connection:
        ((sealed_at,),) = connection.execute("SELECT address FROM issued")
    secret = folio.data / "secret"
    sealer = Sealer(secret.read_bytes(), f"http://localhost:{folio.port}")
    assert sealed_at == sealer.seal(first[0]["id"]).address
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600

    assert folio.end(signal.SIGINT) < END_SECONDS
    assert folio.process is not None
    assert folio.process.returncode == 0
    assert folio.processes() == {}

    folio.start()
    assert folio.client.get("/api/v1/reports").json["reports"] == first
    assert "Escribiendo" not in folio.said
    assert folio.end(signal.SIGTERM) < END_SECONDS
    assert folio.processes() == {}


def test_an_example_that_was_cut_off_is_finished_by_the_next_start(folio: Folio) -> None:
    folio.launch()
    wait_until((folio.data / "ejemplo").is_dir, seconds=60, what="the example was sent")
    folio.end(signal.SIGINT)
    assert folio.processes() == {}

    folio.start()
    assert folio.example() == EXAMPLE_DOCUMENTS
    assert len(folio.client.get("/api/v1/reports").json["reports"]) == 1


@pytest.mark.parametrize("program", ["service.reconciler", "celery", "gunicorn", "valkey-server"])
def test_a_program_that_is_killed_starts_again_and_uploads_are_still_written(folio: Folio, program: str) -> None:
    folio.start()
    killed = folio.pid_of(program)
    assert killed is not None
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: folio.pid_of(program) not in {killed, None}, seconds=20, what=f"{program} was there again")
    report = folio.client.upload().json
    wait_until(
        lambda: folio.client.get(f"/api/v1/reports/{report['id']}").json["state"] == "done",
        seconds=60,
        what="the upload was written",
    )
    assert "se inicia de nuevo" in folio.said


def test_nothing_is_left_of_a_folio_that_is_killed_and_the_next_start_minds_nothing(folio: Folio) -> None:
    folio.start()
    assert folio.process is not None
    folio.process.kill()
    folio.process.wait()
    wait_until(lambda: folio.processes() == {}, seconds=END_SECONDS, what="every process had ended")
    assert (folio.data / "folio.lock").exists()
    with socket.socket(socket.AF_UNIX) as left_behind:
        left_behind.bind(str(folio.data / "valkey.sock"))

    folio.start()
    assert folio.client.get("/readyz").status == 200


def test_an_outside_database_and_queue_are_used_when_the_settings_name_them(
    folio: Folio, postgresql_url: str, redis_server: RedisServer
) -> None:
    folio.environment = {
        "DATABASE_URL": postgresql_url,
        "REDIS_URL": redis_server.url,
        "FOLIO_PUBLIC_URL": "https://folio.example",
    }
    folio.start()
    # Its cookies travel over https alone, so that the first link leads there.
    wait_until(lambda: "\n  https://folio.example/llave/" in folio.said, seconds=5, what="the first link was said")
    assert folio.example() == EXAMPLE_DOCUMENTS
    assert not any("valkey" in command for command in folio.processes().values())
    assert not (folio.data / "folio.db").exists()


def test_a_second_start_on_the_same_data_is_refused_in_one_sentence(folio: Folio) -> None:
    folio.start()
    second = refused_start(folio.data, folio.port + 1)
    assert (
        second
        == f"Ya hay un Folio en marcha con los datos de {folio.data}: use ese, o indique otra carpeta con --data.\n"
    )
    assert folio.client.get("/readyz").status == 200


def test_a_busy_port_is_refused_in_one_sentence_that_names_another(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        said = refused_start(tmp_path, port)
    assert said == f"El puerto {port} está ocupado por otro programa: elija otro, por ejemplo --port {port + 1}.\n"


def test_a_data_folder_that_cannot_be_written_is_refused_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "archivo").touch()
    said = refused_start(tmp_path / "archivo" / "datos", 8000)
    assert said.startswith(f"No se puede escribir en la carpeta de datos {tmp_path / 'archivo' / 'datos'}: ")
    assert said.count("\n") == 1


def test_a_data_folder_whose_path_is_too_long_for_a_socket_works_as_well(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    folio = Folio(tmp_path / ("carpeta-de-nombre-largo" * 4) / "datos con espacios y eñes", port)
    folio.data.parent.mkdir()
    folio.start()
    assert folio.example() == EXAMPLE_DOCUMENTS
    assert folio.end(signal.SIGTERM) < END_SECONDS
    assert folio.processes() == {}


def refused_start(data: Path, port: int) -> str:
    """What `folio serve` says on its error stream when it cannot start."""
    ended = subprocess.run(
        [sys.executable, "-m", "service.cli", "serve", "--port", str(port), "--data", str(data)],
        cwd=PROJECT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 1
    return ended.stderr
