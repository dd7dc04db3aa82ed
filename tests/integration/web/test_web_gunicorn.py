"""The front as it is really run: `service.web.wsgi` under gunicorn, two processes with threads."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from service.store import migrate, open_store
from tests.integration.servers import Processes, wait_until
from tests.web import Client

PATHS = ("/api/v1/reports", "/informes")


@pytest.fixture
def gunicorn(sqlite_url: str, processes: Processes) -> Iterator[Client]:
    migrate(sqlite_url)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = Client(listener.getsockname()[1], open_store(sqlite_url))
    processes.start(
        "front",
        *("gunicorn", "service.web.wsgi:app", "--bind", f"127.0.0.1:{client.port}", "--no-control-socket"),
        *("--worker-class", "gthread", "--workers", "2", "--threads", "4"),
    )

    def answers() -> bool:
        try:
            return client.get("/readyz").status == 200
        except ConnectionError:
            return False

    wait_until(answers, seconds=20, what="gunicorn answered")
    yield client.signed_in()
    client.store.close()


def test_uploads_to_all_its_processes_land_in_one_list(gunicorn: Client) -> None:
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda number: gunicorn.upload(version=f"1.{number}"), range(24)))

    assert {answer.status for answer in answers} == {202}
    listed = gunicorn.get("/api/v1/reports?limit=100").json["reports"]
    assert {each["id"] for each in listed} == {answer.json["id"] for answer in answers}


def test_a_hundred_corrections_issued_at_once_get_a_hundred_editions(gunicorn: Client) -> None:
    gunicorn.issued(gunicorn.upload(version="5.0").json)
    with ThreadPoolExecutor(8) as threads:
        sent = list(threads.map(lambda _: gunicorn.upload(version="5.0", step="correction").json, range(99)))
        issued = list(threads.map(gunicorn.issued, sent))

    assert {report["proposal"]["edition"] for report in sent} == {2}
    assert sorted(report["edition"] for report in issued) == list(range(2, 101))
    now = gunicorn.get("/api/v1/reports?version=5.0&status=issued").json["reports"]
    assert [report["edition"] for report in now] == [100]
    assert len(gunicorn.get("/api/v1/reports?version=5.0&status=superseded&limit=100").json["reports"]) == 99


def test_a_large_upload_is_accepted_or_answered_and_never_cut_off(gunicorn: Client) -> None:
    not_a_workbook = gunicorn.upload(bytes(19 * 1024 * 1024))
    too_large = [gunicorn.upload(bytes(size * 1024 * 1024), path=path) for size in (21, 60) for path in PATHS]

    assert not_a_workbook.status == 415
    assert [answer.status for answer in too_large] == [413] * 4
    assert all("20 MB" in answer.text for answer in too_large)


def test_an_upload_of_unknown_length_is_counted_as_it_comes(gunicorn: Client) -> None:
    assert gunicorn.who
    with socket.create_connection(("127.0.0.1", gunicorn.port), timeout=30) as connection:
        connection.sendall(
            b"POST /api/v1/reports HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n"
            b"Authorization: Bearer " + gunicorn.who.token.encode() + b"\r\n"
            b"Content-Type: multipart/form-data; boundary=x\r\n\r\n"
        )
        chunk = bytes(1024 * 1024)
        head = b'--x\r\nContent-Disposition: form-data; name="workbook"; filename="a.xlsx"\r\n\r\n'
        connection.sendall(b"%x\r\n%s\r\n" % (len(head), head))
        for _ in range(21):
            connection.sendall(b"%x\r\n%s\r\n" % (len(chunk), chunk))
        connection.sendall(b"0\r\n\r\n")
        answer = connection.recv(65536)

    assert answer.startswith(b"HTTP/1.1 413 ")
