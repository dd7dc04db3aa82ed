"""The pages as a browser without JavaScript meets them."""

from __future__ import annotations

import re

import pytest

from service.domain.errors import TemplateProblem
from service.domain.reports import DocumentKind
from service.sheets.isolated import ReadingRoom
from service.store import Store, open_store
from tests.integration.samples import NOON, append
from tests.web import Client, example_with, serve, take, write


def words_of(page: str) -> str:
    """What a person reads of a page."""
    return " ".join(re.sub("<[^>]*>", " ", page).split())


def test_the_first_page_of_an_empty_office_says_what_to_do(client: Client) -> None:
    answer = client.get("/")

    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert '<html lang="es-CO">' in answer.text
    assert "Todavía no hay informes" in words_of(answer.text)
    assert 'enctype="multipart/form-data"' in answer.text


def test_every_field_of_the_form_has_a_label(client: Client) -> None:
    page = client.get("/").text

    labels = set(re.findall(r'<label for="([^"]+)"', page))
    assert labels == {"workbook", "year", "quarter", "version", "draft"}
    assert labels <= set(re.findall(r' id="([^"]+)"', page))


def test_the_form_leads_to_the_page_of_the_report(client: Client) -> None:
    sent = client.upload(path="/informes", year="", quarter="", version="", kinds="word,excel")
    page = client.get(sent.headers["Location"])

    assert sent.status == 303
    assert "Plan de acción 2024, versión 2.0, seguimiento del III trimestre" in words_of(page.text)
    assert "En espera: 2 documentos por escribir." in words_of(page.text)
    assert f'<noscript><meta http-equiv="refresh" content="3; url={sent.headers["Location"]}"></noscript>' in page.text


def test_a_finished_report_offers_its_files_and_is_not_reloaded(client: Client, sqlite_store: Store) -> None:
    location = client.upload(path="/informes", kinds="word,excel").headers["Location"]
    report_id = location.rpartition("/")[2]
    write(sqlite_store, report_id, DocumentKind.WORD)
    halfway = client.get(location).text
    write(sqlite_store, report_id, DocumentKind.EXCEL)
    finished = client.get(location).text

    assert "Escribiendo 2 documentos: 50 % terminado." in words_of(halfway)
    assert "Listo: 2 documentos para descargar." in words_of(finished)
    assert "refresh" not in finished
    for kind in ("word", "excel"):
        href = f"/api/v1/reports/{report_id}/documents/{kind}"
        assert f'href="{href}"' in finished
        assert client.get(href).status == 200


def test_a_document_that_failed_is_explained_beside_the_one_that_did_not(client: Client, sqlite_store: Store) -> None:
    location = client.upload(path="/informes", kinds="word,excel").headers["Location"]
    report_id = location.rpartition("/")[2]
    write(sqlite_store, report_id, DocumentKind.WORD)
    reason = "La plantilla pide un dato que el informe no tiene."
    sqlite_store.fail(take(sqlite_store, report_id, DocumentKind.EXCEL), TemplateProblem(reason), NOON)

    words = words_of(client.get(location).text)

    assert "Incompleto: solo 1 de 2 documentos para descargar." in words
    assert f"No se pudo escribir el documento de Excel. {reason}" in words
    assert "Descargar Word" in words


def test_errors_come_back_on_the_form_with_everything_but_the_file(client: Client) -> None:
    spoiled = example_with({"G7": "31/02/2024"})

    answer = client.upload(spoiled, path="/informes", year="2024", quarter="III", version="2.0")

    words = words_of(answer.text)
    assert answer.status == 422
    assert "El libro tiene errores por corregir" in words
    assert "Celda G7" in words
    assert "Archivo: Plan de acción.xlsx" in words
    assert 'value="2024"' in answer.text
    assert '<option value="III" selected>' in answer.text
    assert 'value="2.0"' in answer.text


def test_one_error_is_said_in_the_singular_and_two_in_the_plural(client: Client) -> None:
    one = client.upload(example_with({"G7": "31/02/2024"}), path="/informes")
    two = client.upload(example_with({"G7": "31/02/2024", "H8": "32/01/2024"}), path="/informes")

    assert "En el libro hay 1 error," in words_of(one.text)
    assert "Corrija el error en Excel" in words_of(one.text)
    assert "En el libro hay 2 errores," in words_of(two.text)
    assert "Corrija los errores en Excel" in words_of(two.text)


def test_a_form_without_a_file_says_what_is_missing(client: Client) -> None:
    answer = client.upload(b"", filename="", path="/informes", year="24")

    words = words_of(answer.text)
    assert answer.status == 400
    assert "Falta el libro de Excel" in words
    assert "El año «24» no sirve" in words
    assert "workbook" not in words


def test_a_double_click_makes_one_report(client: Client) -> None:
    found = re.search(r'name="sending" value="([^"]+)"', client.get("/").text)
    assert found is not None

    places = {client.upload(path="/informes", sending=found[1]).headers["Location"] for _ in range(2)}
    with_another_file = client.upload(example_with({"B6": "Otra acción"}), path="/informes", sending=found[1])

    assert len(places) == 1
    assert with_another_file.headers["Location"] not in places


def test_the_list_shows_twenty_reports_and_the_way_to_the_older_ones(client: Client, sqlite_store: Store) -> None:
    for _ in range(21):
        append(sqlite_store)

    first = client.get("/").text
    older = re.search(r'href="(/\?antes=[^"]+)"', first)
    assert older is not None
    second = client.get(older[1]).text

    # The newest has its place in the year and among what waits, too.
    assert first.partition('id="reports-title"')[2].count('href="/informes/') == 20
    assert second.count('href="/informes/') == 1
    assert "Ver informes anteriores" not in second


def test_the_address_of_a_refused_form_leads_home_when_asked_for(client: Client) -> None:
    answer = client.get("/informes")

    assert (answer.status, answer.headers["Location"]) == (303, "/")


@pytest.mark.parametrize("path", ["/nothing", "/informes/none", "/informes/%00"])
def test_a_page_that_does_not_exist_leads_back(client: Client, path: str) -> None:
    answer = client.get(path)

    assert answer.status == 404
    assert answer.headers.get_content_type() == "text/html"
    assert 'href="/"' in answer.text


def test_a_file_over_the_limit_is_explained_on_a_page(sqlite_store: Store, reading_room: ReadingRoom) -> None:
    with serve(sqlite_store, reading_room, max_upload_bytes=1024 * 1024) as client:
        just_over = client.upload(bytes(1024 * 1024 + 1), path="/informes")
        far_over = client.upload(bytes(2 * 1024 * 1024), path="/informes")

    for answer in (just_over, far_over):
        assert answer.status == 413
        assert "hasta 1 MB" in words_of(answer.text)


def test_without_the_database_the_pages_say_so(reading_room: ReadingRoom) -> None:
    cookie = {"Cookie": "folio=anything"}
    with serve(open_store("sqlite:////nowhere/folio.db"), reading_room, signs_in=False) as client:
        home = client.sent("GET", "/", None, cookie)
        sent = client.sent("POST", "/informes", b"", cookie)

    for answer in (home, sent):
        assert answer.status == 503
        assert "La base de datos no responde" in words_of(answer.text)
