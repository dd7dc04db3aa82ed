"""What a planner sees of an issued report: its pages, how it was proved, what is missing, what is published."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from dataclasses import replace

from service.domain.errors import NoPdf
from service.domain.proof import Proof, Tally
from service.domain.reports import Companion, DocumentKind
from service.store import Store
from tests.integration.samples import a_document
from tests.integration.web.test_web_pictures import OFICIO, a_pdf, picture, write_pdf
from tests.web import Client, take, write

NO_OFFICE = "En este equipo no está LibreOffice, que hace los PDF: el Word y el Excel se escriben igual."
IN_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def an_issued(client: Client, store: Store) -> str:
    """An issued report whose Word and Excel are written and proved."""
    report_id: str = client.upload(kinds="findings").json["id"]
    client.issued({"id": report_id}, by="Oficina de Planeación")
    write(store, report_id, DocumentKind.FINDINGS)
    proof = Proof(Tally(10, 10), Tally(110, 110), Tally(9423, 9423), None, ())
    for kind in (DocumentKind.WORD, DocumentKind.EXCEL):
        claim = take(store, report_id, kind)
        assert store.finish(claim, replace(a_document(kind, kind.encode()), proof=proof), dt.datetime.now(dt.UTC))
    return report_id


def fail_pdf(store: Store, report_id: str) -> None:
    claim = take(store, report_id, DocumentKind.PDF)
    assert store.fail(claim, NoPdf(NO_OFFICE), dt.datetime.now(dt.UTC))


def page(client: Client, report_id: str) -> str:
    return re.sub(r"\s+", " ", client.get(f"/informes/{report_id}").text)


def test_the_page_tells_of_each_official_document_its_size_its_proof_and_its_sum(
    client: Client, sqlite_store: Store
) -> None:
    shown = page(client, an_issued(client, sqlite_store))

    assert shown.count("Comprobado: 10 de 10 acciones, 110 de 110 celdas, 0 caracteres perdidos.") == 2
    assert f"SHA-256: <code>{hashlib.sha256(b'word').hexdigest()}</code>" in shown
    assert "plan-de-accion-2024_v2.0_seguimiento-III-trimestre.docx" in shown
    assert '<span class="quiet">1 KB</span>' in shown


def test_without_libreoffice_the_report_is_ready_and_says_what_is_missing_and_why(
    client: Client, sqlite_store: Store
) -> None:
    report_id = an_issued(client, sqlite_store)
    fail_pdf(sqlite_store, report_id)
    write(sqlite_store, report_id, DocumentKind.PACKAGE)

    shown = page(client, report_id)

    assert client.get(f"/api/v1/reports/{report_id}").json["state"] == "done"
    assert "Listo: 4 documentos para descargar; falta el PDF." in shown
    assert f"No se pudo escribir el PDF. {NO_OFFICE}" in shown
    assert "Intentar de nuevo" in shown
    assert "<img" not in shown


def test_the_package_waits_for_the_pdf_and_holds_it(client: Client, sqlite_store: Store) -> None:
    report_id = an_issued(client, sqlite_store)
    pdf = a_pdf(OFICIO)
    write_pdf(sqlite_store, report_id, pdf, 1)

    companions = take(sqlite_store, report_id, DocumentKind.PACKAGE).companions

    name = "plan-de-accion-2024_v2.0_seguimiento-III-trimestre.pdf"
    assert [each.kind for each in companions] == [DocumentKind.WORD, DocumentKind.EXCEL, DocumentKind.PDF]
    assert companions[-1] == Companion(DocumentKind.PDF, name, pdf, hashlib.sha256(pdf).hexdigest(), None)


def test_the_package_is_told_why_there_is_no_pdf(client: Client, sqlite_store: Store) -> None:
    report_id = an_issued(client, sqlite_store)
    fail_pdf(sqlite_store, report_id)

    pdf = take(sqlite_store, report_id, DocumentKind.PACKAGE).companions[-1]

    assert (pdf.kind, pdf.content, pdf.problem) == (DocumentKind.PDF, None, NO_OFFICE)


def test_the_package_is_downloaded_under_the_name_that_the_office_gives_it(client: Client, sqlite_store: Store) -> None:
    report_id = an_issued(client, sqlite_store)
    write_pdf(sqlite_store, report_id, a_pdf(OFICIO), 1)
    write(sqlite_store, report_id, DocumentKind.PACKAGE, b"a zip")

    answer = client.get(f"/api/v1/reports/{report_id}/documents/package")

    assert (answer.headers.get_content_type(), answer.content) == ("application/zip", b"a zip")
    name = "plan-de-accion-2024_v2.0_seguimiento-III-trimestre_publicacion.zip"
    assert name in answer.headers["Content-Disposition"]
    assert "Descargar todo para publicar" in page(client, report_id)


def test_the_first_page_is_shown_large_and_each_leads_to_a_larger_one(client: Client, sqlite_store: Store) -> None:
    report_id = an_issued(client, sqlite_store)
    write_pdf(sqlite_store, report_id, a_pdf(*[OFICIO] * 8), 8)

    shown = page(client, report_id)
    lazily = r'width="\d+" height="\d+" loading="lazy"'
    pictures = re.findall(f'<a class="page" href="([^"]+)"><img src="([^"]+)" {lazily} alt="([^"]+)">', shown)

    name = "Plan de acción 2024, versión 2.0, seguimiento del III trimestre"
    assert [alt for _, _, alt in pictures] == [f"Página {number} de 8 del informe: {name}" for number in range(1, 9)]
    assert "Ver las demás páginas, hasta la 8" in shown
    large, first, _ = (each.replace("&amp;", "&") for each in pictures[0])
    small = pictures[1][1].replace("&amp;", "&")
    assert picture(client.get(large).content).size[0] == 2000
    assert picture(client.get(first).content).size[0] == 1100
    assert picture(client.get(small).content).size[0] == 700
    assert client.get(small).headers["Cache-Control"] == "private, no-cache"


def test_the_pages_of_a_draft_are_there_once_they_are_asked_for(client: Client, sqlite_store: Store) -> None:
    report_id: str = client.upload(kinds="word").json["id"]
    write(sqlite_store, report_id, DocumentKind.WORD)
    assert "Ver las páginas" in page(client, report_id)

    asked = client.ask("POST", f"/informes/{report_id}/documentos", b"kinds=pdf", IN_FORM)
    assert (asked.status, asked.headers["Location"]) == (303, f"/informes/{report_id}#documents-title")
    waiting = page(client, report_id)
    assert "Ver las páginas" not in waiting
    assert "follow.js" in waiting

    write_pdf(sqlite_store, report_id, a_pdf(OFICIO, OFICIO), 2)
    shown = page(client, report_id)
    assert shown.count("<img") == 2
    assert (
        "Página 2 de 2 del informe: Plan de acción 2024, versión 2.0, seguimiento del III trimestre (borrador)" in shown
    )


def test_an_issued_report_tells_its_code_and_leads_to_where_it_is_checked(client: Client, sqlite_store: Store) -> None:
    report_id = an_issued(client, sqlite_store)
    told = client.get(f"/api/v1/reports/{report_id}").json

    assert re.fullmatch("([0-9A-Z]{4}-){2}[0-9A-Z]{4}", told["code"])
    assert told["address"].endswith(f"/verificar/{told['code']}")
    assert f'<a href="/verificar/{told["code"]}">{told["code"]}</a>' in page(client, report_id)
