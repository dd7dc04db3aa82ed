"""An open page of a report: what it says comes next, what moves of it, and what somebody else did meanwhile."""

from __future__ import annotations

import datetime as dt
import re
from io import BytesIO

import pytest
from PIL import Image

from service.domain.people import Role
from service.domain.reports import MOST_PRINTED_UNASKED, DocumentKind
from service.sheets.isolated import ReadingRoom
from service.store import Store
from tests.integration.web.test_web_pictures import OFICIO, a_pdf, write_pdf
from tests.unit.sheets.office import action, office_book
from tests.web import Answer, Client, example_with, serve, take, write

NO_DATE = {"G7": "31/02/2024"}
PLANNING = "Oficina de Planeación"


def moved(client: Client, report_id: str, **said: str) -> Answer:
    query = "&".join(f"{name}={value}" for name, value in said.items())
    return client.get(f"/informes/{report_id}/marcha?{query}")


def seen_in(page: str) -> str:
    found = re.search(r'data-seen="([0-9a-f]{16})"', page)
    assert found is not None
    return found[1]


def page_of(client: Client, report_id: str, query: str = "") -> str:
    return client.get(f"/informes/{report_id}{query}").text


def uploaded(client: Client, cells: dict[str, object] | None = None) -> str:
    answer = client.upload(example_with(cells or {}), path="/informes", draft="true")
    assert answer.status == 303, answer.text
    return str(answer.headers["Location"]).rpartition("/")[2]


def test_nothing_is_sent_again_until_something_has_moved(client: Client, sqlite_store: Store) -> None:
    report_id = uploaded(client)
    seen = seen_in(page_of(client, report_id))

    assert moved(client, report_id, visto=seen).status == 204
    take(sqlite_store, report_id, DocumentKind.WORD)
    writing = moved(client, report_id, visto=seen)
    write(sqlite_store, report_id, DocumentKind.EXCEL)
    written = moved(client, report_id, visto=seen_in(writing.text))

    assert (writing.status, written.status) == (200, 200)
    assert "Escribiéndose y comprobándose" in writing.text
    assert "Descargar Excel" not in writing.text
    assert "Descargar Excel" in written.text
    assert 'data-final="false"' in written.text
    assert "<html" not in written.text
    assert moved(client, "none").status == 404


def test_the_parts_that_moved_are_the_very_ones_of_the_page(client: Client, sqlite_store: Store) -> None:
    report_id = uploaded(client, NO_DATE)
    write(sqlite_store, report_id, DocumentKind.WORD)
    write(sqlite_store, report_id, DocumentKind.FINDINGS)
    write_pdf(sqlite_store, report_id, a_pdf(OFICIO), 1)

    parts, page = moved(client, report_id).text, page_of(client, report_id)

    for part in ("news", "documents-state", "documents-list", "document-word", "marked", "pages"):
        assert f'id="{part}"' in parts, part
        assert page.count(f'id="{part}"') == 1, part
    assert "Descargar su libro con los hallazgos marcados" in parts
    assert "Página 1 de 1" in parts


def test_an_issue_by_somebody_else_is_news_for_the_page_of_the_draft(client: Client) -> None:
    report_id = uploaded(client)
    seen = seen_in(page_of(client, report_id))
    client.issued({"id": report_id}, by=PLANNING)

    told = moved(client, report_id, visto=seen, estado="draft").text

    assert f"Este informe ya se emitió, por {PLANNING}" in told
    assert f'<a href="/informes/{report_id}">Ver el informe emitido</a>' in told
    assert "ya se emitió, por" not in moved(client, report_id, estado="issued").text
    assert "ya se emitió, por" not in page_of(client, report_id)


def test_a_later_draft_of_the_quarter_is_news_for_the_page_of_the_earlier(client: Client) -> None:
    earlier = uploaded(client)
    later = uploaded(client, {"B6": "Otra acción"})

    assert "Hay un borrador más reciente de este trimestre" in page_of(client, earlier)
    assert f'<a href="/informes/{later}">Ver el más reciente</a>' in moved(client, earlier, estado="draft").text
    assert "Hay un borrador más reciente" not in page_of(client, later)


def test_another_issue_for_the_quarter_is_news_for_a_draft_that_was_there_before(client: Client) -> None:
    left = uploaded(client, {"B6": "Otra acción"})
    issued = uploaded(client)
    client.issued({"id": issued}, by=PLANNING)

    assert f"se emitió otro informe de este trimestre, por {PLANNING}" in page_of(client, left)
    assert f'<a href="/informes/{issued}">Ver el informe emitido</a>' in moved(client, left, estado="draft").text


def test_a_report_that_was_replaced_while_its_page_was_open_says_so(client: Client) -> None:
    first = uploaded(client)
    client.issued({"id": first}, by=PLANNING)
    second = uploaded(client, {"K6": "Durante el tercer trimestre de 2024 se terminó el primer documento, 1 de 4."})
    client.issued({"id": second}, by="Dirección General", reason="Faltaba un avance.")

    told = moved(client, first, estado="issued").text

    assert "A este informe lo reemplazó el de la versión 2.0, III trimestre, edición 2, por Dirección General (" in told
    assert "A este informe lo reemplazó" not in page_of(client, first)
    assert "lo reemplazó el informe de la versión 2.0, III trimestre, edición 2" in page_of(client, first)


@pytest.mark.parametrize(
    "said", ["sigue=..%2F", "junto=..%2F", "junto=none", "visto=%00", "estado=x", "sigue=" + "x" * 99]
)
def test_nonsense_in_the_address_is_no_harm(client: Client, said: str) -> None:
    assert client.get(f"/informes/{uploaded(client)}/marcha?{said}").status == 200


def next_step_in(page: str) -> tuple[str, str] | None:
    found = re.search(r'<a class="button first" href="#([^"]+)">([^<]+)</a>', page)
    return (found[1], found[2]) if found else None


def test_each_state_of_a_report_names_the_one_next_step(sqlite_store: Store, reading_room: ReadingRoom) -> None:
    now = [dt.datetime(2024, 8, 1, tzinfo=dt.UTC)]
    with serve(sqlite_store, reading_room, clock=lambda: now[0]) as client:
        too_early = uploaded(client, {"B6": "Otra acción más"})
        assert next_step_in(page_of(client, too_early)) == ("issue-title", "Ver qué falta para emitirlo")
        now[0] = dt.datetime(2024, 10, 15, 15, tzinfo=dt.UTC)
        client.sign_in()
        with_errors = uploaded(client, NO_DATE | {"F8": "cuatro"})
        assert next_step_in(page_of(client, with_errors)) == ("findings-title", "Corregir 2 errores")
        report_id = uploaded(client)
        assert next_step_in(page_of(client, report_id)) == ("issue-title", "Revisar y emitir")
        client.issued({"id": report_id}, by=PLANNING)
        assert next_step_in(page_of(client, report_id)) == ("documents-title", "Descargar y firmar")
        now[0] += dt.timedelta(days=1)
        client.sign_in()
        assert next_step_in(page_of(client, report_id)) == ("copia-firmada", "Subir la copia firmada")


def test_the_next_step_of_a_signed_report_is_the_next_quarter(client: Client) -> None:
    report_id = uploaded(client)
    client.issued({"id": report_id}, by=PLANNING)
    scan = BytesIO()
    Image.new("L", (600, 900), 255).save(scan, "PNG")
    body = (
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="firmado.png"\r\n\r\n%s\r\n'
        b'--x\r\nContent-Disposition: form-data; name="scanned"\r\n\r\ntrue\r\n--x--\r\n' % scan.getvalue()
    )
    kept = client.ask(
        "POST", f"/informes/{report_id}/firmada", body, {"Content-Type": "multipart/form-data; boundary=x"}
    )

    page = page_of(client, report_id)

    assert kept.status == 303, kept.text
    assert next_step_in(page) == ("next-title", "Preparar el siguiente trimestre")
    assert "Se guardó la copia firmada «firmado.png», por Persona de Ejemplo." in page


def test_what_happened_is_told_in_its_order(client: Client) -> None:
    report_id = uploaded(client)
    client.issued({"id": report_id}, by=PLANNING)

    page = page_of(client, report_id)

    events = page[page.index('<ol class="events">') :]
    assert events.index("Se subió el libro «Plan de acción.xlsx»") < events.index("Se emitió como edición 1")


def test_whoever_only_reads_is_offered_nothing_that_takes_more(client: Client) -> None:
    draft, ready = uploaded(client, NO_DATE), uploaded(client)
    issued = uploaded(client, {"B6": "Otra acción"})
    client.issued({"id": issued}, by=PLANNING)
    reader = client.as_(Role.READS)

    for report_id in (draft, ready, issued):
        page = page_of(reader, report_id)
        assert set(re.findall(r'<form action="([^"]+)" method="post"', page)) <= {"/salir"}
        assert "<textarea" not in page
        assert "Celda" in page
    assert "No le falta nada: lo emite quien aprueba." in page_of(reader, ready) or "Falta" in page_of(reader, ready)


def test_a_page_has_the_pdf_written_too_and_a_program_what_it_asks_for(client: Client, sqlite_store: Store) -> None:
    def kinds(report_id: str) -> list[str]:
        report = sqlite_store.report(report_id)
        assert report is not None
        return [document.kind.value for document in report.documents]

    by_page = uploaded(client)
    by_program: str = client.upload(example_with({"B6": "Otra acción"})).json["id"]
    large = office_book([action(number) for number in range(1, MOST_PRINTED_UNASKED + 2)])
    of_a_large_plan = client.upload(large, path="/informes", draft="true").headers["Location"].rpartition("/")[2]

    assert kinds(by_page) == ["word", "excel", "pdf", "findings"]
    assert kinds(by_program) == ["word", "excel", "findings"]
    assert kinds(of_a_large_plan) == ["word", "excel", "findings"]
    assert "Ver las páginas" in page_of(client, of_a_large_plan)


def test_the_pages_stand_beside_those_of_the_report_that_it_follows(client: Client, sqlite_store: Store) -> None:
    before = uploaded(client, {"A3": "Versión 1.0", "F6": 3})
    client.issued({"id": before}, by=PLANNING)
    now = uploaded(client)
    beside = f"/informes/{now}?junto={before}"
    write_pdf(sqlite_store, now, a_pdf(OFICIO, OFICIO), 2)
    assert f'href="{beside}#pages-title"' in page_of(client, now)

    waiting = client.get(beside).text
    write_pdf(sqlite_store, before, a_pdf(OFICIO, OFICIO, OFICIO), 3)
    shown = client.get(beside).text

    assert "Las páginas aparecen aquí cuando el PDF está escrito." in waiting
    assert "versión 1.0, III trimestre, edición 1</a>" in shown
    pictures = re.findall(r'<img src="/api/v1/reports/([^/]+)/pages/(\d)', shown)
    assert pictures == [(before, "1"), (now, "1"), (before, "2"), (now, "2"), (before, "3")]
    assert "No tiene página 3." in shown
    assert re.findall("<img", client.get(f"/informes/{now}?junto=").text) == ["<img"] * 5
    assert re.findall("<img", client.get(f"/informes/{now}?junto={now}").text) == ["<img"] * 2


def test_what_lacks_for_side_by_side_is_asked_for_from_there(client: Client) -> None:
    other: str = client.upload(example_with({"B6": "Otra acción"})).json["id"]
    report_id = uploaded(client)
    page = page_of(client, report_id, f"?junto={other}")
    assert f'<input type="hidden" name="beside" value="{report_id}">' in page

    asked = client.ask(
        "POST",
        f"/informes/{other}/documentos",
        f"kinds=pdf&beside={report_id}".encode(),
        {"Content-Type": "application/x-www-form-urlencoded"},
    )

    assert (asked.status, asked.headers["Location"]) == (303, f"/informes/{report_id}?junto={other}#pages-title")
    assert "pdf" in [each["kind"] for each in client.get(f"/api/v1/reports/{other}").json["documents"]]
