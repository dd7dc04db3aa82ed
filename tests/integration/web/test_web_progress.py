"""Whoever waits for the answer to an upload learns how far it is, and nobody else does."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.domain.progress import Progress, Stage
from service.sheets.isolated import ReadingRoom
from service.web.progress import MOST, ProgressBoard
from service.web.wording import upload_state
from tests.integration.servers import wait_until
from tests.unit.sheets.office import action, office_book
from tests.web import BOUNDARY, Client, form

TOKEN = "a-token-that-nobody-guesses"
PROGRESS = f"/api/v1/uploads/{TOKEN}/progress"
LARGE = office_book([action(number) for number in range(1, 3_001)])


@pytest.fixture(scope="module")
def reading_room() -> Iterator[ReadingRoom]:
    room = ReadingRoom(deadline_seconds=20)
    yield room
    room.close()


def heard_until_answered(client: Client, upload: threading.Thread) -> list[dict[str, object]]:
    heard = []
    upload.start()
    while upload.is_alive():
        answer = client.get(PROGRESS)
        if answer.status == 200:
            heard.append(answer.json)
        time.sleep(0.02)
    return heard


def test_an_upload_tells_its_stages_in_their_order_until_it_is_answered(client: Client) -> None:
    upload = threading.Thread(target=client.upload, args=(LARGE,), kwargs={"path": f"/api/v1/reports?sending={TOKEN}"})

    heard = heard_until_answered(client, upload)

    stages = [str(each["stage"]) for each in heard]
    assert {"reading", "checking"} <= set(stages)
    assert stages == sorted(stages, key=[stage.value for stage in Stage].index)
    assert {each["actions"] for each in heard if each["stage"] == "checking"} == {3_000}
    assert any(str(each["message"]).startswith("Revisando 3.000 acciones: ") for each in heard)
    assert client.get(PROGRESS).status == 404


def test_what_has_come_of_a_slow_upload_is_told(client: Client) -> None:
    body = form(LARGE, "plan.xlsx", {})
    head = (
        f"POST /api/v1/reports?sending={TOKEN} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        f"Authorization: Bearer {client.who.token if client.who else ''}\r\n"
        f"Content-Type: multipart/form-data; boundary={BOUNDARY}\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode()
    with socket.create_connection(("127.0.0.1", client.port), timeout=30) as connection:
        connection.sendall(head + body[: len(body) * 3 // 4])
        wait_until(lambda: client.get(PROGRESS).status == 200, seconds=20, what="the upload was known")
        told = client.get(PROGRESS).json
        connection.sendall(body[len(body) * 3 // 4 :])
        assert b"HTTP/1.1 202" in connection.recv(100)

    assert told["stage"] == "receiving"
    assert 0 < int(str(told["percent"])) <= 75


def test_a_refused_upload_is_forgotten_too(client: Client) -> None:
    assert client.upload(b"nothing that can be read", path=f"/api/v1/reports?sending={TOKEN}").status == 415
    assert client.get(PROGRESS).status == 404


def test_a_token_that_could_be_guessed_or_lead_out_of_the_folder_is_never_written(tmp_path: Path) -> None:
    board = ProgressBoard(tmp_path / "progress")
    for token in ("short", "../../../../../../tmp/a-file", "", "ñ" * 20):
        board.note(token, Progress(Stage.READING))
        assert board.of(token) is None
    assert list(tmp_path.iterdir()) == []


def test_only_so_many_uploads_are_followed_and_old_ones_make_room(tmp_path: Path) -> None:
    board = ProgressBoard(tmp_path)
    for number in range(MOST + 1):
        board.note(f"{TOKEN}-{number}", Progress(Stage.READING))
    assert board.of(f"{TOKEN}-{MOST}") is None
    abandoned = tmp_path / f"{TOKEN}-0"
    os.utime(abandoned, (1, 1))

    board.note(TOKEN, Progress(Stage.CHECKING, 40, 7))

    assert board.of(TOKEN) == Progress(Stage.CHECKING, 40, 7)
    assert not abandoned.exists()
    assert len(list(tmp_path.iterdir())) == MOST


def test_a_folder_that_cannot_be_written_costs_nobody_an_upload(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    board = ProgressBoard(tmp_path / "file" / "progress")
    board.note(TOKEN, Progress(Stage.READING))
    assert board.of(TOKEN) is None


def test_each_stage_is_told_in_a_sentence() -> None:
    assert upload_state(Progress(Stage.RECEIVING, 40)) == "Recibiendo el libro: 40 %."
    assert upload_state(Progress(Stage.READING)) == "Leyendo el libro."
    assert upload_state(Progress(Stage.READING, 50, 1_200)) == "Leyendo el libro: 1.200 acciones hasta ahora."
    assert upload_state(Progress(Stage.CHECKING, 0, 1)) == "Revisando 1 acción: 0 %."
    assert upload_state(Progress(Stage.KEEPING)) == "Guardando lo leído."
