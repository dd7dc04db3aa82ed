"""Two offices behind one front: what is the other's is not there, and what anybody may verify is, whoever asks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from service.domain.frame import Frame
from service.domain.office import OfficeSettings
from service.domain.people import Role
from service.domain.reports import DocumentKind
from service.sheets.isolated import ReadingRoom
from service.store import Store
from service.web.front import GoverningFile
from tests.integration.samples import NOON, keep_signed
from tests.papers import issued_file
from tests.web import BOUNDARY, Answer, Client, example_with, form, serve, write

WORD = issued_file(DocumentKind.WORD)


@dataclass(frozen=True)
class Sur:
    """The second office: somebody of it who may do everything there, its store, and a report that it issued."""

    client: Client
    store: Store
    report: dict[str, Any]


@pytest.fixture
def sur(client: Client, sqlite_store: Store) -> Sur:
    sqlite_store.open_planning_office("sur", "Región sur", now=NOON, by="una prueba")
    there = replace(client.as_(Role.ADMINISTERS, "sur"), store=sqlite_store.within("sur"))
    there.store.keep_office(OfficeSettings(frame=Frame(entity="Entidad del Sur")), now=NOON, by="una prueba")
    report = there.issued(there.upload().json)
    write(there.store, report["id"], WORD.kind, WORD.content)
    return Sur(there, there.store, report)


def bring(client: Client, path: str, content: bytes, **fields: str) -> Answer:
    body = form(content, "informe.docx", fields).replace(b'name="workbook"', b'name="file"')
    return client.ask("POST", path, body, {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"})


def test_two_offices_issue_the_same_quarter_and_see_their_own(client: Client, sur: Sur) -> None:
    ours = client.issued(client.upload().json)

    assert (ours["edition"], sur.report["edition"]) == (1, 1)
    assert [each["id"] for each in client.get("/api/v1/reports").json["reports"]] == [ours["id"]]
    assert [each["id"] for each in sur.client.get("/api/v1/reports").json["reports"]] == [sur.report["id"]]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/v1/reports/{}"),
        ("GET", "/api/v1/reports/{}/plan"),
        ("GET", "/api/v1/reports/{}/changes"),
        ("GET", "/api/v1/reports/{}/documents/word"),
        ("GET", "/api/v1/reports/{}/pages/1.png"),
        ("GET", "/api/v1/reports/{}/signed"),
        ("POST", "/api/v1/reports/{}/issue"),
        ("POST", "/api/v1/reports/{}/documents"),
        ("POST", "/api/v1/reports/{}/documents/pdf/retry"),
        ("POST", "/api/v1/reports/{}/next-quarter"),
        ("GET", "/informes/{}"),
        ("GET", "/informes/{}/cambios"),
        ("POST", "/informes/{}/emision"),
    ],
)
def test_the_others_report_is_answered_as_one_that_never_was(client: Client, sur: Sur, method: str, path: str) -> None:
    body = {"POST": b'{"kinds": ["findings"]}' if path.startswith("/api/") else b""}.get(method)
    kind = "application/json" if path.startswith("/api/") else "application/x-www-form-urlencoded"

    theirs, nobodys = (
        client.ask(method, path.format(report_id), body, {"Content-Type": kind})
        for report_id in (sur.report["id"], "0" * 32)
    )

    assert (theirs.status, nobodys.status) == (404, 404)
    assert theirs.text_without_marks.replace(sur.report["id"], "") == nobodys.text_without_marks.replace("0" * 32, "")
    assert sur.client.get(f"/api/v1/reports/{sur.report['id']}").status == 200


def test_a_signed_copy_of_the_others_is_not_there(client: Client, sur: Sur) -> None:
    copy = keep_signed(sur.store, sur.report["id"])
    path = f"/api/v1/reports/{sur.report['id']}/signed/{copy.id}"

    assert (client.get(path).status, sur.client.get(path).status) == (404, 200)


@pytest.mark.parametrize("who", ["nobody", "ours", "theirs"])
def test_anybody_verifies_what_any_office_issued(client: Client, sur: Sur, who: str) -> None:
    asker = {"nobody": client.as_nobody(), "ours": client, "theirs": sur.client}[who]
    correction = sur.client.issued(sur.client.upload(example_with({"C7": "Otra"}), filename="b.xlsx").json)

    sealed = asker.get(f"/api/v1/verify/{sur.report['code']}").json
    verdict = bring(asker, "/api/v1/verify", WORD.content).json

    assert (sealed["entity"], sealed["status"]) == ("Entidad del Sur", "superseded")
    assert sealed["superseded_by"]["code"] == correction["code"]
    assert (verdict["verdict"]["answer"], verdict["report"]["code"]) == ("as_issued", sur.report["code"])


def test_a_file_governs_the_first_office_and_no_other(sqlite_store: Store, reading_room: ReadingRoom) -> None:
    sqlite_store.open_planning_office("sur", "Región sur", now=NOON, by="una prueba")
    file = GoverningFile(Path("/srv/oficina.toml"), OfficeSettings(frame=Frame(entity="Entidad de Ejemplo")))
    with serve(sqlite_store, reading_room, office_file=file) as client:
        there = client.as_(Role.ADMINISTERS, "sur")

        kept = there.ask(
            "PUT",
            "/api/v1/office",
            b'{"settings": {"entity": "Entidad del Sur"}}',
            {"Content-Type": "application/json"},
        )

        assert kept.status == 200, kept.text
        assert [each.get("/api/v1/office").json["settings"]["entity"] for each in (there, client)] == [
            "Entidad del Sur",
            "Entidad de Ejemplo",
        ]
