"""Anybody checks a code or a file, and the office keeps its signed copies, over real HTTP."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import pytest
from PIL import Image

from service.domain.frame import Frame
from service.domain.office import OfficeSettings
from service.domain.reports import DocumentKind
from service.store import Store
from tests.integration.samples import NOON
from tests.integration.web.test_web_pages import words_of
from tests.integration.web.test_web_versions import retold
from tests.papers import issued_file
from tests.signing import part, repacked, signed_package
from tests.web import BOUNDARY, Answer, Client, assert_follows, example_with, form, problem_of, write

WORD = issued_file(DocumentKind.WORD)
EXCEL = issued_file(DocumentKind.EXCEL)
DRAFT_AND_UNKNOWN = "No hay ningún documento emitido con ese código."


@pytest.fixture
def report(client: Client, sqlite_store: Store) -> dict[str, Any]:
    """An issued report with its Word and its Excel."""
    sqlite_store.keep_office(OfficeSettings(frame=Frame(entity="Entidad de Ejemplo")), now=NOON, by="una prueba")
    issued = client.issued(client.upload().json, by="Persona de Ejemplo Tres")
    for each in (WORD, EXCEL):
        write(sqlite_store, issued["id"], each.kind, each.content)
    return issued


def code_of(store: Store, report: Mapping[str, Any]) -> str:
    found = store.report(report["id"])
    assert found is not None
    assert found.code
    return found.code


@pytest.fixture
def code(sqlite_store: Store, report: dict[str, Any]) -> str:
    return code_of(sqlite_store, report)


def bring(client: Client, path: str, content: bytes, filename: str = "informe.docx", **fields: str) -> Answer:
    body = form(content, filename, fields).replace(b'name="workbook"', b'name="file"')
    return client.ask("POST", path, body, {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"})


def altered(content: bytes) -> bytes:
    document = part(content, "word/document.xml")
    return repacked(content, {"word/document.xml": document.replace(b"241 cupos", b"247 cupos")})


def test_a_code_tells_what_was_issued_and_nobodys_name(
    client: Client, sqlite_store: Store, report: dict[str, Any]
) -> None:
    code = code_of(sqlite_store, report)

    page = client.get(f"/verificar/{code}")
    shown = client.get(f"/api/v1/verify/{code}")

    words = words_of(page.text)
    assert (page.status, shown.status) == (200, 200)
    assert "Plan de acción 2024, versión 2.0, seguimiento del III trimestre" in words
    assert "Es el documento vigente" in words
    assert "Entidad de Ejemplo" in words
    assert (WORD.sha256 in words, EXCEL.sha256 in words) == (True, True)
    for private in ("Persona de Ejemplo Tres", report["id"], "Plan de acción.xlsx"):
        assert private not in page.text
        assert private not in shown.text
    assert_follows("Sealed", shown.json)
    assert [each["sha256"] for each in shown.json["documents"]] == [WORD.sha256, EXCEL.sha256]


def test_a_code_is_understood_as_people_type_it(client: Client, sqlite_store: Store, report: dict[str, Any]) -> None:
    typed = code_of(sqlite_store, report).lower().replace("0", "o").replace("1", "l").replace("-", "%20")

    assert client.get(f"/verificar/{typed}").status == 200
    assert client.get(f"/api/v1/verify/{typed}").status == 200


def test_a_typed_code_leads_to_its_page(client: Client, sqlite_store: Store, report: dict[str, Any]) -> None:
    code = code_of(sqlite_store, report)

    asked = client.get(f"/verificar?codigo={code}")
    sent = bring(client, "/verificar", b"", filename="", code=code)
    followed = client.get(sent.headers["Location"])

    assert (asked.status, asked.headers["Location"]) == (303, f"/verificar/{code}")
    assert (sent.status, followed.status) == (303, 303)


def test_an_unknown_code_and_the_id_of_a_draft_are_told_the_same(client: Client) -> None:
    draft = client.upload().json

    unknown = client.get("/verificar/K7QF-3M9P-X2TD")
    no_code = client.get(f"/verificar/{draft['id']}")

    assert (unknown.status, no_code.status) == (404, 404)
    assert DRAFT_AND_UNKNOWN in words_of(unknown.text)
    assert "doce letras y números" in words_of(no_code.text)
    assert DRAFT_AND_UNKNOWN in problem_of(client.get("/api/v1/verify/K7QF-3M9P-X2TD"), 404)["detail"]


def test_a_report_that_was_replaced_says_by_which(client: Client, sqlite_store: Store, report: dict[str, Any]) -> None:
    corrected = client.upload(example_with(retold())).json
    draft_seen = client.get(f"/api/v1/verify/{code_of(sqlite_store, report)}").json
    second = client.issued(corrected, reason="Un error", description="Se corrigió.")

    shown = client.get(f"/api/v1/verify/{code_of(sqlite_store, report)}").json
    words = words_of(client.get(f"/verificar/{code_of(sqlite_store, report)}").text)

    assert draft_seen["superseded_by"] is None
    assert_follows("Sealed", shown)
    assert (shown["status"], shown["superseded_by"]["edition"]) == ("superseded", 2)
    assert shown["superseded_by"]["code"] == code_of(sqlite_store, second)
    assert "Ya no es el vigente." in words


def test_a_report_issued_without_a_seal_is_not_told_of(client: Client, sqlite_store: Store) -> None:
    sqlite_store.keep_office(OfficeSettings(frame=Frame(has_seal=False)), now=NOON, by="una prueba")
    issued = client.issued(client.upload().json)
    write(sqlite_store, issued["id"], DocumentKind.WORD, WORD.content)

    shown = bring(client, "/api/v1/verify", WORD.content).json

    assert (shown["report"], shown["verdict"]["answer"]) == (None, "not_ours")


@pytest.mark.parametrize(
    ("content", "answer", "told"),
    [
        (WORD.content, "as_issued", "Es exactamente el documento de Word que se emitió"),
        (EXCEL.content, "as_issued", "Es exactamente el documento de Excel que se emitió"),
        (signed_package(WORD.content), "signed", "lo que se firmó es exactamente"),
        (altered(WORD.content), "altered", "Cambió en 1 lugar."),
        (b"cualquier cosa", "not_ours", "Solo se revisan archivos"),
    ],
    ids=["word", "excel", "signed", "altered", "junk"],
)
def test_a_file_with_its_code_is_answered_on_the_page_and_in_the_api(
    client: Client, code: str, content: bytes, answer: str, told: str
) -> None:

    page = bring(client, "/verificar", content, code=code)
    shown = bring(client, "/api/v1/verify", content, code=code)

    assert (page.status, shown.status) == (200, 200)
    assert told in words_of(page.text)
    assert_follows("Verified", shown.json)
    assert shown.json["verdict"]["answer"] == answer
    assert shown.json["report"]["code"] == code


def test_an_altered_word_is_shown_with_the_words_that_changed(
    client: Client, sqlite_store: Store, report: dict[str, Any]
) -> None:
    page = bring(client, "/verificar", altered(WORD.content), code=code_of(sqlite_store, report)).text

    assert "Acción 2, columna AVANCE CUALITATIVO" in words_of(page)
    assert "<del>241</del><ins>247</ins>" in page


def test_a_file_leads_to_its_report_by_itself(client: Client, report: dict[str, Any]) -> None:
    same = bring(client, "/api/v1/verify", WORD.content).json
    other = bring(client, "/api/v1/verify", altered(WORD.content)).json

    assert same["report"]["quarter"] == "III"
    assert report["quarter"] == "III"
    # The code that stands in this Word is no issued report's here.
    assert other["report"] is None
    assert other["verdict"]["sentence"].startswith(
        "No se reconoce como un documento que se haya emitido. No lleva el código de ninguno"
    )


@pytest.mark.parametrize("content", [b"\x89PNG\r\n\x1a\n" + bytes(99), b'{"a": 1}'], ids=["png", "json"])
def test_a_file_of_another_kind_is_told_which_are_looked_into(client: Client, content: bytes) -> None:
    page = words_of(bring(client, "/verificar", content, "papel.png").text)
    shown = bring(client, "/api/v1/verify", content, "papel.png").json

    told = (
        "No se reconoce como un documento que se haya emitido. "
        "Solo se revisan archivos de Word (.docx), de Excel (.xlsx) y PDF."
    )
    assert told in page
    assert shown["verdict"]["sentence"] == told


def test_a_form_without_a_file_says_so(client: Client) -> None:
    assert "Falta el archivo" in problem_of(bring(client, "/api/v1/verify", b"", filename=""), 400)["detail"]
    told = "Escriba el código o elija un archivo."
    assert told in words_of(bring(client, "/verificar", b"", filename="").text)


def test_the_signed_copy_is_kept_once_with_what_was_found_and_handed_over(
    client: Client, report: dict[str, Any]
) -> None:
    path, signed = f"/api/v1/reports/{report['id']}/signed", signed_package(WORD.content)

    kept = bring(client, path, signed, "firmado.docx", by="Secretaría")
    again = bring(client, path, signed, "otro nombre.docx")
    copies = client.get(path).json
    file = client.get(kept.headers["Location"])

    assert (kept.status, again.status) == (201, 201)
    assert kept.json == again.json
    assert_follows("SignedCopy", kept.json)
    assert_follows("SignedCopies", copies)
    assert copies["copies"] == [kept.json]
    assert kept.json["verdict"]["signers"][0]["name"] == "Persona de Ejemplo Uno"
    assert file.content == signed
    assert file.headers["Content-Security-Policy"] == "sandbox"
    assert "attachment" in file.headers["Content-Disposition"]
    assert bring(client, "/api/v1/verify", signed).json["verdict"]["answer"] == "signed"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (WORD.content, "No lleva ninguna firma digital"),
        (signed_package(altered(WORD.content)), "está alterado"),
        (b"junk", "Solo se revisan archivos de Word"),
        (b"\x89PNG\r\n\x1a\n" + bytes(99), "Si es un escaneo"),
        (b"%PDF-1.4\n% a picture of a paper", "Si es un escaneo"),
    ],
    ids=["unsigned", "altered", "junk", "picture", "pdf"],
)
def test_what_is_not_the_signed_copy_is_refused_and_nothing_kept(
    client: Client, report: dict[str, Any], content: bytes, reason: str
) -> None:
    path = f"/api/v1/reports/{report['id']}/signed"

    told = problem_of(bring(client, path, content), 422)["detail"]
    assert reason in told
    # Only a PDF or a picture can be one.
    assert ("escaneo" in told) == (reason == "Si es un escaneo")
    assert client.get(path).json == {"copies": []}


def scan(picture_format: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (60, 80), "white").save(out, picture_format)
    return out.getvalue()


@pytest.mark.parametrize(
    ("brought_as", "kept_as", "media_type"),
    [
        ("../../escaneo.html", "escaneo.pdf", "application/pdf"),
        ("escaneo.pdf", "escaneo.jpg", "image/jpeg"),
        ("escaneo.JPEG", "escaneo.JPEG", "image/jpeg"),
        ("escaneo", "escaneo.png", "image/png"),
    ],
)
def test_a_scan_is_kept_on_its_bringers_word_named_as_what_it_is_and_said_to_be_unchecked(
    client: Client, report: dict[str, Any], brought_as: str, kept_as: str, media_type: str
) -> None:
    path, content = f"/api/v1/reports/{report['id']}/signed", scan(media_type.partition("/")[2])

    refused = bring(client, path, content, brought_as)
    kept = bring(client, path, content, brought_as, scanned="true")
    handed_over = client.get(kept.headers["Location"])

    assert (refused.status, kept.status) == (422, 201)
    assert kept.json["filename"] == kept_as
    assert kept.json["verdict"]["answer"] == "scanned"
    assert "no se puede comprobar" in kept.json["verdict"]["sentence"]
    assert handed_over.headers["Content-Type"] == media_type
    assert handed_over.headers["X-Content-Type-Options"] == "nosniff"
    assert handed_over.headers["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"junk", "PDF, JPG o PNG"),
        (b"%PDF-1.4\n<script>alert(1)</script>", "PDF, JPG o PNG"),
        (altered(WORD.content), "Un escaneo es una imagen"),
        (WORD.content, "Un escaneo es una imagen"),
    ],
    ids=["junk", "script", "altered", "issued"],
)
def test_what_is_no_scan_is_not_kept_as_one(
    client: Client, report: dict[str, Any], content: bytes, reason: str
) -> None:
    path = f"/api/v1/reports/{report['id']}/signed"

    assert reason in problem_of(bring(client, path, content, "escaneo.pdf", scanned="true"), 422)["detail"]
    assert client.get(path).json == {"copies": []}


def test_a_pdf_with_the_reports_code_in_its_text_is_no_scan(client: Client, report: dict[str, Any], code: str) -> None:
    path = f"/api/v1/reports/{report['id']}/signed"
    said = f"BT /F 12 Tf 20 20 Td ({code}) Tj ET"
    pdf = (
        "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
        "3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>endobj\n"
        f"4 0 obj<</Length {len(said)}>>stream\n{said}\nendstream endobj\n"
        "5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF"
    ).encode()

    refused = bring(client, path, pdf, "escaneo.pdf", scanned="true")

    assert "Un escaneo es una imagen" in problem_of(refused, 422)["detail"]


def test_a_draft_has_no_signed_copy(client: Client) -> None:
    draft = client.upload().json

    problem_of(bring(client, f"/api/v1/reports/{draft['id']}/signed", signed_package(WORD.content)), 404)
    problem_of(client.get(f"/api/v1/reports/{draft['id']}/signed/none"), 404)
    assert "Copia firmada" not in client.get(f"/informes/{draft['id']}").text


def test_the_reports_page_takes_the_signed_copy_and_says_why_not(client: Client, report: dict[str, Any]) -> None:
    address = f"/informes/{report['id']}"

    refused = bring(client, f"{address}/firmada", WORD.content)
    kept = bring(client, f"{address}/firmada", signed_package(WORD.content), "firmado.docx")
    page = words_of(client.get(address).text)

    assert refused.status == 422
    assert "No lleva ninguna firma digital" in words_of(refused.text)
    assert (kept.status, kept.headers["Location"]) == (303, f"{address}#copia-firmada")
    assert "firmado.docx" in page
    assert "Firma: Persona de Ejemplo Uno." in page
