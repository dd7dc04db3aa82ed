"""What the front refuses to do for strangers, and what every answer carries."""

from __future__ import annotations

import pytest
from flask import Request
from werkzeug.test import EnvironBuilder

from service.sheets.isolated import ReadingRoom
from service.store import Store
from service.web.limits import FILENAME_LENGTH
from service.web.security import host_names, refuse_stranger
from service.web.uploads import clean_filename
from tests.web import Client, example_with, serve


@pytest.mark.parametrize(
    "path",
    [
        *("/", "/informes/none", "/nothing", "/static/folio.css", "/static/follow.js"),
        *("/api/v1/reports", "/api/v1/nothing", "/api/v1/openapi.json", "/healthz", "/readyz"),
    ],
)
def test_every_answer_carries_the_security_headers(client: Client, path: str) -> None:
    headers = client.get(path).headers

    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert {"frame-ancestors 'none'", "object-src 'none'", "base-uri 'none'"} <= set(policy.split("; "))
    assert "Access-Control-Allow-Origin" not in headers
    assert "Strict-Transport-Security" not in headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    for cookie in headers.get_all("Set-Cookie") or ():
        assert cookie.startswith("folio-forms=")
        assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))


def test_behind_https_browsers_are_told_to_stay_there(sqlite_store: Store, reading_room: ReadingRoom) -> None:
    with serve(sqlite_store, reading_room, has_tls=True) as client:
        told = {path: client.get(path).headers["Strict-Transport-Security"] for path in ("/entrar", "/healthz", "/no")}

    assert set(told.values()) == {"max-age=31536000; includeSubDomains"}


@pytest.mark.parametrize("path", ["/", "/api/v1/reports", "/api/v1/openapi.json"])
def test_what_the_office_keeps_here_stays_in_no_cache(client: Client, path: str) -> None:
    assert client.get(path).headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost@evil.example", "", "[:::::]", "a b"]
)
def test_a_request_under_another_name_is_refused(client: Client, host: str) -> None:
    for path in ("/", "/api/v1/reports"):
        assert client.get(path, {"Host": host}).status == 400


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8000", "127.0.0.1:1"])
def test_its_own_names_are_answered_on_any_port(client: Client, host: str) -> None:
    assert client.get("/api/v1/reports", {"Host": host}).status == 200


def test_an_ipv6_address_on_the_list_is_answered() -> None:
    request = Request(EnvironBuilder(headers={"Host": "[::1]:8000"}).get_environ())

    assert refuse_stranger(request, host_names(["[::1]"])) is None
    assert refuse_stranger(request, host_names(["127.0.0.1"])) is not None


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
    ],
)
def test_another_site_cannot_upload(client: Client, headers: dict[str, str]) -> None:
    for path in ("/api/v1/reports", "/informes"):
        assert client.upload(path=path, headers=headers).status == 403
    assert client.get("/api/v1/reports").json["reports"] == []


def test_its_own_page_and_programs_can_upload(client: Client) -> None:
    own: list[dict[str, str]] = [{}, {"Sec-Fetch-Site": "same-origin"}, {"Origin": client.url}]

    sent = [client.upload(version=f"3.{number}", headers=headers) for number, headers in enumerate(own)]

    assert [answer.status for answer in sent] == [202, 202, 202]


def test_another_site_may_link_here(client: Client) -> None:
    assert client.get("/", {"Sec-Fetch-Site": "cross-site"}).status == 200


@pytest.mark.parametrize(
    ("raw", "cleaned"),
    [
        ("Plan de acción 2024.xlsx", "Plan de acción 2024.xlsx"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Planes\\plan.xlsx", "plan.xlsx"),
        ("plan\r\nSet-Cookie: a=b.xlsx", "plan Set-Cookie a=b.xlsx"),
        ("plan\u202excod.xlsx", "plan xcod.xlsx"),
        ("plan\ud800.xlsx", "plan .xlsx"),
        ("a\u0301.xlsx", "á.xlsx"),
        ("\x00\x1f..", "libro.xlsx"),
        ("", "libro.xlsx"),
        ("x" * 500 + ".xlsx", "x" * (FILENAME_LENGTH - 5) + ".xlsx"),
        ("x." + "y" * 500, "." + "y" * (FILENAME_LENGTH - 1)),
    ],
)
def test_a_file_name_is_made_harmless(raw: str, cleaned: str) -> None:
    assert clean_filename(raw) == cleaned


def test_a_hostile_file_name_does_no_harm_on_its_way(client: Client) -> None:
    name = "../<script>alert(1)</script>%0d%0a\u202e.xlsx"

    report = client.upload(filename=name).json
    pages = [client.get("/").text, client.get(f"/informes/{report['id']}").text]

    assert all("<script>alert" not in page for page in pages)
    assert all("script" in page and "alert(1)" not in page for page in pages)


def test_what_a_cell_says_is_never_markup(client: Client) -> None:
    answer = client.upload(example_with({"G7": "<img src=x onerror=alert(1)>"}), path="/informes")

    assert answer.status == 422
    assert "&lt;img src=x onerror=alert(1)&gt;" in answer.text
    assert "<img" not in answer.text
