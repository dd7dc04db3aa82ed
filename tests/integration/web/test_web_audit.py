"""The audit log over HTTP: searched, taken away as a file, verified; for whoever administers."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from service.domain.people import Role
from service.store import Store
from service.store.audit import AuditStep, Entry, entry_hash, tell
from service.store.engine import make_engine, writing
from service.web.audit_search import COLUMNS
from tests.integration.samples import NOON, fill
from tests.integration.test_store_audit import altered
from tests.web import Answer, Client, assert_follows, problem_of


@pytest.fixture
def report(client: Client) -> dict[str, Any]:
    """The example, issued."""
    return client.issued(client.upload().json)


def note(url: str, *by: str, subject: str = "", office: str = "principal", at: dt.datetime = NOON) -> None:
    """Attempts that were refused, each by somebody else, all on the same report if one is named."""
    engine = make_engine(url)
    with writing(engine) as connection:
        for who in by:
            tell(connection, at, who, Entry(AuditStep.ATTEMPT_REFUSED, subject, {"office": office}))
    engine.dispose()


def look(client: Client, **said: object) -> str:
    answer = client.get(f"/auditoria?{urlencode(said)}")
    assert answer.status == 200, answer.text
    return answer.text


def search(client: Client, **said: object) -> list[dict[str, Any]]:
    answer = client.get(f"/api/v1/audit?{urlencode(said, doseq=True)}")
    assert answer.status == 200, answer.text
    assert_follows("AuditEntries", answer.json)
    found: list[dict[str, Any]] = answer.json["entries"]
    return found


def next_of(page: str) -> str:
    """Where a page leads on to."""
    return page.partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0].replace("&amp;", "&")


def rows_of(answer: Answer) -> list[list[str]]:
    assert answer.status == 200
    assert answer.content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline=""), delimiter=";"))


def test_each_entry_is_a_sentence_that_leads_to_its_report(client: Client, report: dict[str, Any]) -> None:
    page = look(client)

    link = f'<a href="/informes/{report["id"]}">informe del III trimestre de 2024 (versión 2.0, edición 1)</a>'
    assert f"subió un libro, que se guardó como borrador del {link}." in page
    assert f"emitió el {link}." in page
    assert page.index("emitió el") < page.index("subió un libro")


def test_what_is_searched_for_is_found_and_stays_in_the_form(client: Client, report: dict[str, Any]) -> None:
    found = look(client, texto="EMITIO", vigencia=2024, trimestre="III", que="issued")

    assert found.count('id="entrada-') == 1
    assert 'value="EMITIO"' in found
    assert '<option value="issued" selected>' in found
    assert look(client, informe=report["id"]).count("Solo las entradas del informe del III trimestre de 2024") == 1
    assert "Ninguna entrada es así" in look(client, texto="nada de esto")


def test_what_cannot_be_searched_for_is_said_at_its_field(client: Client) -> None:
    answer = client.get("/auditoria?desde=15/10/2024&que=otra&vigencia=12&texto=%00&trimestre=V&hasta=2024-13-01")

    assert answer.status == 400
    for field in ("desde", "que", "vigencia", "texto", "trimestre", "hasta"):
        assert f'id="{field}-error"' in answer.text
    assert 'id="entrada-' not in answer.text
    backwards = client.get("/auditoria?desde=2024-10-02&hasta=2024-10-01")
    assert "no puede ser posterior" in backwards.text
    assert client.get("/auditoria/registro.csv?desde=x").status == 400


def test_days_are_those_of_bogota(client: Client, sqlite_url: str) -> None:
    note(sqlite_url, "Una", at=dt.datetime(2024, 10, 8, 4, 59, 59, tzinfo=dt.UTC))
    note(sqlite_url, "Otra", at=dt.datetime(2024, 10, 8, 5, tzinfo=dt.UTC))

    def found(first: str, last: str) -> list[str]:
        return [entry["by"] for entry in search(client, **{"from": first, "to": last})]

    assert found("2024-10-07", "2024-10-07") == ["Una"]
    assert found("2024-10-08", "2024-10-08") == ["Otra"]
    assert found("2024-10-07", "2024-10-08") == ["Otra", "Una"]
    assert found("2024-10-09", "2024-10-31") == []
    assert {"Otra", "Una"} <= set(found("0001-01-01", "9999-12-31"))


def test_pages_of_fifty_lead_back_to_the_first_entry(client: Client, sqlite_url: str) -> None:
    note(sqlite_url, *["Una dependencia"] * 120)

    first = look(client, quien="dependencia")
    assert first.count('id="entrada-') == 50
    note(sqlite_url, "Una dependencia")
    second = client.get(next_of(first)).text
    assert second.count('id="entrada-') == 50
    third = client.get(next_of(second)).text
    assert third.count('id="entrada-') == 20
    assert 'rel="next"' not in third
    assert "Volver a las más recientes" in third


def test_what_was_searched_for_is_taken_away_as_csv_that_runs_nothing(client: Client, sqlite_url: str) -> None:
    note(sqlite_url, "=1+1", "+x", "-x", "@x", "\tx", "Una; con «comillas» y\nsaltos", "otra cosa")

    answer = client.get(f"/auditoria/registro.csv?que=attempt_refused&texto={quote('intentó cambiar')}")

    assert answer.headers["Content-Disposition"].startswith("attachment; filename=auditoria_")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    header, *rows = rows_of(answer)
    assert header == list(COLUMNS)
    assert [row[2] for row in rows] == [
        "otra cosa", "Una; con «comillas» y\nsaltos", "'\tx", "'@x", "'-x", "'+x", "'=1+1",
    ]  # fmt: skip
    assert {row[1] for row in rows} == {"2024-10-07 07:00:00"}
    assert all(json.loads(row[7]) == {"office": "principal"} for row in rows)


def test_json_lines_hold_all_that_the_hash_is_made_of(client: Client, report: dict[str, Any], sqlite_url: str) -> None:
    note(sqlite_url, *["Una dependencia"] * 1_100)

    answer = client.get("/auditoria/registro.jsonl")

    entries = [json.loads(line) for line in answer.text.splitlines()]
    assert [each["seq"] for each in entries] == list(range(len(entries), 0, -1))
    assert len(entries) > 1_100
    for entry in entries:
        details = json.dumps(entry["details"], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        assert entry_hash(entry | {"details": details}) == entry["hash"]
    assert {entry["report"]["id"] for entry in entries if entry["report"]} == {report["id"]}


def test_a_program_searches_the_same_and_follows_the_pages(
    client: Client, report: dict[str, Any], sqlite_url: str
) -> None:
    note(sqlite_url, "Una dependencia", "Otra dependencia", subject=report["id"])

    of_report = search(client, report=report["id"], what="attempt_refused")
    assert [(each["by"], each["report"]["id"]) for each in of_report] == [
        ("Otra dependencia", report["id"]), ("Una dependencia", report["id"]),
    ]  # fmt: skip
    assert of_report == search(client, what=["issued", "attempt_refused"], by="DEPENDENCIA", year=2024)
    assert {each["what"] for each in search(client, what="Personas y acceso")} <= {"token_made", "account_opened"}
    assert search(client, by="nadie") == []
    first = client.get("/api/v1/audit?by=dependencia&limit=1").json
    second = client.get(first["next"]).json
    assert [*first["entries"], *second["entries"]] == of_report
    assert second["next"] is None
    for query in (
        "what=otra",
        "limit=0",
        "limit=201",
        "before=x",
        "from=hoy",
        "year=1",
        "quarter=5",
        "report=%20x/",
        "to=",
        "what=",
    ):
        (error,) = problem_of(client.get(f"/api/v1/audit?{query}"), 400)["errors"]
        assert error["field"] == query.partition("=")[0]


def test_only_who_administers_sees_it_and_of_an_office_only_its_entries(
    client: Client, sqlite_store: Store, sqlite_url: str
) -> None:
    sqlite_store.open_planning_office("norte", "Oficina del Norte", now=NOON, by="una prueba")
    note(sqlite_url, "La oficina principal")
    note(sqlite_url, "La otra oficina", office="norte")

    # A token is of one office; whoever signed in without one sees them all.
    assert {each["details"]["office"] for each in search(client)} == {"principal"}
    page = look(client, que="attempt_refused")
    assert page.count('id="entrada-') == 2
    of_north = client.as_(Role.ADMINISTERS, "norte")
    assert [each["by"] for each in search(of_north, what="attempt_refused")] == ["La otra oficina"]
    seen = look(of_north)
    assert "La otra oficina" not in seen or "La oficina principal" not in seen
    assert "La oficina principal" not in of_north.get("/auditoria/registro.csv").text
    assert client.as_(Role.APPROVES).get("/auditoria").status == 403
    assert client.as_(Role.APPROVES).get("/api/v1/audit").status == 403


def test_the_whole_chain_is_verified_from_the_page(client: Client, sqlite_store: Store, sqlite_url: str) -> None:
    fill(sqlite_store)
    client.get("/auditoria")

    sound = client.ask("POST", "/auditoria/verificacion")

    verdict = sqlite_store.verify_audit()
    assert sound.status == 200
    assert f"El registro está íntegro: {verdict.entries} entradas." in sound.text
    assert f'readonly value="{verdict.head}"' in sound.text
    assert client.get("/auditoria/verificacion").headers["Location"] == "/auditoria"
    altered(sqlite_url, "audit", "UPDATE audit SET \"by\" = 'otro' WHERE seq = 3")
    broken = client.ask("POST", "/auditoria/verificacion").text
    assert "El registro no está íntegro" in broken
    assert '<a href="/auditoria?texto=3">Entrada 3</a>: La entrada fue cambiada' in broken


def test_a_log_that_somebody_altered_can_still_be_read(client: Client, sqlite_store: Store, sqlite_url: str) -> None:
    fill(sqlite_store)
    altered(sqlite_url, "audit", "UPDATE audit SET details = '[', what = '<b>', subject = '\"><i>' WHERE seq = 3")

    page = look(client)

    assert "hizo algo que este Folio no sabe contar." in page
    assert "<b>" not in page
    assert client.get("/auditoria/registro.csv").status == 200
    assert client.get("/auditoria/registro.jsonl").status == 200
