"""The pages of a report as pictures, asked for as a browser does."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache

import pypdfium2
import pytest
from PIL import Image

from service.domain.errors import NoPdf
from service.domain.proof import Proof, Tally
from service.domain.reports import DocumentKind
from service.store import Store
from tests.integration.samples import a_document
from tests.web import Client, assert_follows, problem_of, take

OFICIO = (936, 612)


@cache
def a_pdf(*sizes: tuple[int, int]) -> bytes:
    """A PDF with a page of each size, in points."""
    document = pypdfium2.PdfDocument.new()
    for width, height in sizes:
        document.new_page(width, height)
    written = io.BytesIO()
    document.save(written)
    document.close()
    return written.getvalue()


def with_pdf(client: Client, store: Store, pdf: bytes, pages: int) -> str:
    """A draft whose PDF was asked for and written."""
    report_id: str = client.upload(kinds="word,pdf").json["id"]
    write_pdf(store, report_id, pdf, pages)
    return report_id


def write_pdf(store: Store, report_id: str, pdf: bytes, pages: int) -> None:
    proof = Proof(Tally(10, 10), Tally(110, 110), Tally(9000, 9000), pages, ())
    document = replace(a_document(DocumentKind.PDF, pdf), proof=proof)
    assert store.finish(take(store, report_id, DocumentKind.PDF), document, dt.datetime.now(dt.UTC))


def picture(content: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(content), formats=["PNG"])
    image.load()
    return image


def test_each_page_is_a_picture_as_wide_as_it_is_asked_for(client: Client, sqlite_store: Store) -> None:
    report_id = with_pdf(client, sqlite_store, a_pdf(OFICIO, (612, 936)), 2)

    usual = client.get(f"/api/v1/reports/{report_id}/pages/1.png")
    small = client.get(f"/api/v1/reports/{report_id}/pages/2.png?width=200")

    assert (usual.status, usual.headers.get_content_type()) == (200, "image/png")
    assert picture(usual.content).size == (1100, 720)
    assert picture(small.content).size == (200, 306)


def test_the_report_tells_how_many_pages_it_has_once_its_pdf_is_written(client: Client, sqlite_store: Store) -> None:
    report_id: str = client.upload(kinds="word,pdf").json["id"]
    assert client.get(f"/api/v1/reports/{report_id}").json["pages"] is None

    write_pdf(sqlite_store, report_id, a_pdf(OFICIO, OFICIO, OFICIO), 3)
    shown = client.get(f"/api/v1/reports/{report_id}").json

    assert_follows("Report", shown)
    assert shown["pages"] == 3
    (document,) = (each for each in shown["documents"] if each["kind"] == "pdf")
    assert document["proof"]["sentence"] == "10 de 10 acciones, 110 de 110 celdas, 0 caracteres perdidos"


@pytest.mark.parametrize("page", ["0", "3", "99999999999999999999"])
def test_a_page_that_the_pdf_does_not_have_is_not_found(client: Client, sqlite_store: Store, page: str) -> None:
    report_id = with_pdf(client, sqlite_store, a_pdf(OFICIO, OFICIO), 2)

    problem = problem_of(client.get(f"/api/v1/reports/{report_id}/pages/{page}.png"), 404)

    assert problem["detail"] == f"El PDF tiene 2 páginas: no existe la página {page}."


def test_a_page_in_digits_of_another_script_is_no_address(client: Client, sqlite_store: Store) -> None:
    report_id = with_pdf(client, sqlite_store, a_pdf(OFICIO, OFICIO), 2)

    assert client.get(f"/api/v1/reports/{report_id}/pages/1.png").status == 200
    assert client.get(f"/api/v1/reports/{report_id}/pages/%D9%A1.png").status == 404


def test_without_a_pdf_it_is_said_how_to_have_one(client: Client, sqlite_store: Store) -> None:
    report_id: str = client.upload(kinds="word").json["id"]
    address = f"/api/v1/reports/{report_id}/pages/1.png"
    assert "pídalo con «Ver las páginas»" in problem_of(client.get(address), 409)["detail"]

    assert client.post(f"/api/v1/reports/{report_id}/documents", kinds=["pdf"]).status == 202
    assert problem_of(client.get(address), 409)["detail"].startswith("El PDF todavía se está escribiendo.")

    claim = take(sqlite_store, report_id, DocumentKind.PDF)
    reason = NoPdf("En este equipo no está LibreOffice, que hace los PDF.")
    assert sqlite_store.fail(claim, reason, dt.datetime.now(dt.UTC))
    assert problem_of(client.get(address), 409)["detail"] == f"No se pudo escribir el PDF. {reason.detail}"


@pytest.mark.parametrize("width", ["199", "2001", "-300", "ancho", "", "²00", "9" * 5000])
def test_a_width_that_is_none_is_refused_with_the_widths_there_are(
    client: Client, sqlite_store: Store, width: str
) -> None:
    report_id = with_pdf(client, sqlite_store, a_pdf(OFICIO), 1)
    said = width.encode().hex(" ").replace(" ", "%")

    problem = problem_of(client.get(f"/api/v1/reports/{report_id}/pages/1.png?width={'%' if said else ''}{said}"), 400)

    assert "de 200 a 2000" in problem["detail"]


def test_nobody_draws_again_what_a_browser_has(client: Client, sqlite_store: Store) -> None:
    pdf = a_pdf(OFICIO)
    report_id = with_pdf(client, sqlite_store, pdf, 1)
    address = f"/api/v1/reports/{report_id}/pages/1.png"

    first = client.get(f"{address}?width=300&pdf={hashlib.sha256(pdf).hexdigest()}")
    assert first.headers["Cache-Control"] == "private, no-cache"
    again = client.get(f"{address}?width=300", {"If-None-Match": first.headers["ETag"]})
    assert (again.status, again.content) == (304, b"")
    wider = client.get(f"{address}?width=400", {"If-None-Match": first.headers["ETag"]})
    assert wider.status == 200


def test_a_draft_that_was_issued_shows_its_new_pages(client: Client, sqlite_store: Store) -> None:
    draft = a_pdf(OFICIO, OFICIO)
    report_id = with_pdf(client, sqlite_store, draft, 2)
    address = f"/api/v1/reports/{report_id}/pages/1.png?width=300"
    before = client.get(address)
    assert before.headers["Cache-Control"] == "private, no-cache"

    client.issued({"id": report_id})
    assert problem_of(client.get(address), 409)["detail"].startswith("El PDF todavía se está escribiendo.")
    write_pdf(sqlite_store, report_id, a_pdf((612, 936)), 1)
    after = client.get(address, {"If-None-Match": before.headers["ETag"]})

    assert (after.status, picture(after.content).size) == (200, (300, 459))
    old = client.get(f"{address}&pdf={hashlib.sha256(draft).hexdigest()}")
    assert old.headers["Cache-Control"] == "private, no-cache"


def test_a_page_of_an_odd_shape_is_never_drawn_larger_than_memory_allows(client: Client, sqlite_store: Store) -> None:
    report_id = with_pdf(client, sqlite_store, a_pdf((72, 1584)), 1)

    drawn = picture(client.get(f"/api/v1/reports/{report_id}/pages/1.png?width=2000").content)

    assert drawn.size == (182, 4000)


def test_many_who_look_at_once_each_get_their_page(client: Client, sqlite_store: Store) -> None:
    sizes = tuple((600, 400 + 10 * number) for number in range(8))
    report_id = with_pdf(client, sqlite_store, a_pdf(*sizes), len(sizes))
    addresses = [f"/api/v1/reports/{report_id}/pages/{number}.png?width=600" for number in range(1, 9)]

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(client.get, addresses))

    assert [picture(answer.content).size for answer in answers] == list(sizes)
