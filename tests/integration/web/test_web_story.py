"""The story of a plan: on a line, with what waits beside it, and any two of its reports to compare."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from typing import Any
from urllib.parse import urlencode

import pytest

from service.domain.errors import TemplateProblem
from service.domain.people import Role
from service.domain.reports import DocumentKind
from service.sheets.isolated import ReadingRoom
from service.store import Store
from tests.integration.samples import NOON, accepted, append, issued
from tests.integration.web.test_web_versions import APPROVAL, BEFORE, retold
from tests.web import Answer, Client, example_with, serve, take, write


@pytest.fixture
def two_versions(client: Client) -> tuple[dict[str, Any], dict[str, Any]]:
    """Version 1.0 of the example and, issued after it, 2.0."""
    first = client.issued(client.upload(example_with(BEFORE)).json)
    return first, client.issued(client.upload().json, approval=APPROVAL)


def send(client: Client, path: str, **fields: str) -> Answer:
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    return client.ask("POST", path, urlencode(fields).encode(), kind)


def chosen(page: str) -> dict[str, str]:
    """Which report is marked in each of the two columns."""
    return dict(re.findall(r'name="(de|a)" value="(\w+)" checked', page))


def test_an_empty_office_is_told_how_its_story_begins(client: Client) -> None:
    page = client.get("/versiones")

    assert page.status == 200
    assert "Comienza con el primer libro." in page.text


def test_versions_lead_to_the_latest_year_and_each_year_to_the_others(client: Client, sqlite_store: Store) -> None:
    issued(sqlite_store)
    client.upload(example_with({"A1": "PLAN DE ACCIÓN 2023"}), year="2023", draft="true")

    assert "<h1>Plan de acción 2024</h1>" in client.get("/versiones").text
    page = client.get("/planes/2024").text
    assert '<a href="/planes/2024" aria-current="page">2024</a>' in page
    assert '<a href="/planes/2023">2023</a>' in page
    assert client.get("/planes/2023").status == 200
    assert client.get("/planes/2022").status == 404
    assert client.get("/planes/9999").status == 404


def test_the_year_tells_of_each_quarter_what_there_is(sqlite_store: Store, reading_room: ReadingRoom) -> None:
    issued(sqlite_store, quarter=1)
    append(sqlite_store, reading=accepted(quarter=3))
    with serve(sqlite_store, reading_room, clock=lambda: dt.datetime(2024, 10, 1, 4, 59, tzinfo=dt.UTC)) as client:
        page = client.get("/planes/2024").text

    stations = re.findall(r'<li class="(issued|draft|due|ahead)">\s*<strong>(\w+) trimestre', page)
    assert stations == [("issued", "I"), ("due", "II"), ("draft", "III"), ("ahead", "IV")]
    # It is still 30 September in Bogotá.
    assert "Corte: 30/09/2024" in page
    assert "El corte fue el 30/06/2024" in page


def test_the_story_is_told_by_version_with_who_and_when(
    client: Client, two_versions: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    page = client.get("/planes/2024").text

    assert "2 versiones y 2 informes emitidos." in page
    assert page.index("<h3>Versión 1.0</h3>") < page.index("<h3>Versión 2.0</h3>")
    assert "Aprobación: Comité Institucional de Gestión y Desempeño, Acta 5, 10/09/2024." in page
    assert "por «Pruebas»; ya reemplazada" in page
    assert "por «Pruebas»; es la vigente" in page
    assert two_versions[0]["version"] == "1.0"


def test_the_two_that_one_most_likely_compares_are_chosen(
    client: Client, two_versions: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    first, second = two_versions
    assert chosen(client.get("/planes/2024").text) == {"de": first["id"], "a": second["id"]}

    draft = client.upload(example_with(retold())).json
    assert chosen(client.get("/planes/2024").text) == {"de": second["id"], "a": draft["id"]}


def test_nothing_is_to_be_chosen_where_there_is_one_report(client: Client) -> None:
    client.issued(client.upload().json)

    page = client.get("/planes/2024").text

    assert chosen(page) == {}
    assert "Comparar los dos" not in page
    assert "1 versión y 1 informe emitido." in page


def test_the_first_of_a_year_is_held_against_the_last_of_the_year_before(client: Client) -> None:
    last = client.issued(client.upload().json)
    heads = {"A1": "PLAN DE ACCIÓN 2025", "A3": "Versión 1.0"}
    draft = client.upload(example_with(heads), year="2025", quarter="I", draft="true").json

    page = client.get("/planes/2025").text

    assert chosen(page)["a"] == draft["id"]
    assert chosen(page)["de"] == last["id"]
    assert ">2024: versión 2.0, III trimestre, edición 1</a>" in page


def test_the_two_that_were_chosen_are_compared(
    client: Client, two_versions: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    first, second = two_versions

    answer = client.get(f"/versiones/comparar?plan=2024&de={second['id']}&a={first['id']}")

    assert (answer.status, answer.headers["Location"]) == (
        303,
        f"/informes/{first['id']}/cambios?contra={second['id']}",
    )
    for query in (f"plan=2024&de={first['id']}&a={first['id']}", "plan=2024&a=x", "plan=2024&de=%2f&a=x"):
        back = client.get(f"/versiones/comparar?{query}")
        assert back.headers["Location"] == "/planes/2024?elija=dos#elija"
    assert "Elija dos informes distintos" in client.get("/planes/2024?elija=dos").text
    assert client.get("/versiones/comparar?plan=x").headers["Location"] == "/versiones"


def test_drafts_that_something_came_after_do_not_wait(client: Client) -> None:
    client.upload(example_with(retold("uno")))
    client.issued(client.upload().json)
    client.upload(example_with(retold("dos")))
    last = client.upload(example_with(retold("tres"))).json

    page = client.get("/planes/2024").text

    waiting = page.partition('class="waiting"')[2].partition("</section>")[0]
    assert waiting.count("<li>") == 1
    assert last["id"] in waiting
    assert "2 borradores que no se emitieron" in page


def test_the_workbook_of_the_next_quarter_is_asked_for_and_handed_over_in_place(
    client: Client, sqlite_store: Store
) -> None:
    report = client.issued(client.upload().json)
    path = f"/informes/{report['id']}/documentos"

    asked = send(client, path, kinds="next_quarter", desde="plan")

    assert (asked.status, asked.headers["Location"]) == (303, "/planes/2024#siguiente-trimestre")
    writing = client.get("/planes/2024").text
    assert "Siguiente trimestre: en espera…" in writing
    assert 'http-equiv="refresh"' in writing
    assert f'data-follow="/api/v1/reports/{report["id"]}"' in writing
    write(sqlite_store, report["id"], DocumentKind.NEXT_QUARTER)
    ready = client.get("/planes/2024").text
    assert "Descargar su libro para el siguiente trimestre" in ready
    assert "Descárguelo y llene los avances del IV trimestre" in ready
    assert 'http-equiv="refresh"' not in ready
    # As before, from the report's own page one stays with the report.
    assert send(client, path, kinds="year_word").headers["Location"] == f"/informes/{report['id']}#documents-title"


def test_a_document_that_could_not_be_written_is_tried_again_in_place(client: Client, sqlite_store: Store) -> None:
    report = client.issued(client.upload().json)
    send(client, f"/informes/{report['id']}/documentos", kinds="year_word", desde="plan")
    kind = DocumentKind.YEAR_WORD
    sqlite_store.fail(take(sqlite_store, report["id"], kind), TemplateProblem("Falta una etiqueta."), NOON)

    assert "Falta una etiqueta." in client.get("/planes/2024").text
    again = send(client, f"/informes/{report['id']}/documentos/year_word/reintento", desde="plan")

    assert again.headers["Location"] == "/planes/2024#documentos"
    assert "Año en Word: en espera…" in client.get("/planes/2024").text


def test_who_only_reads_is_offered_nothing_to_ask_for(client: Client) -> None:
    client.issued(client.upload().json)

    page = client.as_(Role.READS).get("/planes/2024").text

    assert "Siguiente trimestre: IV de 2024" in page
    assert "Preparar el libro" not in page
    assert '<form action="/informes/' not in page


def test_the_change_log_of_the_year_is_a_file(
    client: Client, two_versions: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    answer = client.get("/planes/2024/control-de-cambios.csv")

    assert answer.headers["Content-Disposition"] == "attachment; filename=plan-de-accion-2024_control-de-cambios.csv"
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
    assert rows[0] == ["VERSIÓN", "FECHA", "DESCRIPCIÓN DE LA MODIFICACIÓN", "INSTANCIA"]
    assert rows[1][::2] == ["1.0", "Primera versión del plan que se registra."]
    assert rows[2] == [
        "2.0", "2024-09-10", "Se modificó la meta de la acción 1 (de 3 a 4).",
        "Comité Institucional de Gestión y Desempeño, Acta 5",
    ]  # fmt: skip
    assert client.get("/planes/2020/control-de-cambios.csv").status == 404
    assert two_versions
