"""What a planner does in a browser: upload, follow, correct, download."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from service.domain.reports import USUAL_KINDS, DocumentKind
from service.store import Store
from tests.browser.conftest import let_in
from tests.integration.samples import a_document
from tests.unit.sheets.office import action, office_book
from tests.web import EXAMPLE, Client, example_with, take, write

SEND = "Subir y escribir el informe"
# A person who waits before the page sees how it prints, too.
SHOWN_KINDS = (*USUAL_KINDS, DocumentKind.PDF)


def latest(store: Store) -> str:
    return store.reports(1)[0].id


def test_the_page_follows_the_report_without_being_reloaded(page: Page, store: Store) -> None:
    page.goto("/")
    page.get_by_label("Libro de Excel").set_input_files(EXAMPLE)
    page.get_by_role("button", name=SEND).click()

    expect(page.get_by_role("heading", level=1)).to_have_text(
        "Plan de acción 2024, versión 2.0, seguimiento del III trimestre (borrador)"
    )
    state = page.locator("#documents-state")
    expect(state).to_have_text("En espera: 4 documentos por escribir.")
    page.evaluate("window.isTheSamePage = true")
    write(store, latest(store), DocumentKind.WORD)
    expect(state).to_have_text("Escribiendo 4 documentos: 25 % terminado.")
    expect(page.get_by_role("progressbar")).to_have_attribute("value", "25")
    claim = take(store, latest(store), DocumentKind.EXCEL)
    expect(page.locator("#document-excel")).to_contain_text("Escribiéndose y comprobándose")
    store.finish(claim, a_document(DocumentKind.EXCEL, b"excel"), dt.datetime.now(dt.UTC))
    write(store, latest(store), DocumentKind.FINDINGS)
    write(store, latest(store), DocumentKind.PDF)
    expect(state).to_have_text("Listo: 4 documentos para descargar.")
    expect(page.get_by_role("progressbar")).to_have_count(0)
    assert page.evaluate("window.isTheSamePage")


def test_a_download_has_the_official_name_and_the_very_bytes(page: Page, client: Client, store: Store) -> None:
    location = client.upload(path="/informes").headers["Location"]
    write(store, latest(store), DocumentKind.WORD, b"the very bytes")
    page.goto(location)

    with page.expect_download() as started:
        page.get_by_role("link", name="Descargar Word").click()

    assert started.value.suggested_filename == "plan-de-accion-2024_v2.0_seguimiento-III-trimestre_borrador.docx"
    assert Path(started.value.path()).read_bytes() == b"the very bytes"


def test_errors_are_shown_with_their_cells_and_the_form_keeps_its_fields(page: Page, tmp_path: Path) -> None:
    spoiled = tmp_path / "plan.xlsx"
    spoiled.write_bytes(example_with({"G7": "31/02/2024", "K9": None}))
    page.goto("/")
    page.get_by_label("Libro de Excel").set_input_files(spoiled)
    page.get_by_text("Datos del informe").click()
    page.get_by_label("Año").fill("2024")
    page.get_by_label("Trimestre").select_option("III")
    page.get_by_label("Si hay errores, guardarlo como borrador").uncheck()
    page.get_by_role("button", name=SEND).click()

    expect(page.get_by_role("alert").first).to_contain_text("El libro tiene errores por corregir")
    expect(page.get_by_role("link", name="Celda G7")).to_be_visible()
    expect(page.get_by_role("link", name="Celda K9")).to_be_visible()
    expect(page.locator("#celda-G7")).to_contain_text("31/02/2024")
    expect(page.get_by_label("Año")).to_have_value("2024")
    expect(page.get_by_label("Trimestre")).to_have_value("III")
    expect(page.get_by_label("Si hay errores, guardarlo como borrador")).not_to_be_checked()
    expect(page).to_have_title("Error: El libro tiene errores por corregir · Folio")


def test_a_draft_with_errors_cannot_be_issued_until_they_are_accepted(page: Page, tmp_path: Path) -> None:
    spoiled = tmp_path / "plan.xlsx"
    spoiled.write_bytes(example_with({"G7": "31/02/2024"}))
    page.goto("/")
    page.get_by_label("Libro de Excel").set_input_files(spoiled)
    page.get_by_role("button", name=SEND).click()

    expect(page.get_by_text("Es un borrador con errores")).to_be_visible()
    finding = page.get_by_role("listitem").filter(has_text="Celda G7").last
    finding.get_by_label("Aceptar con razón").fill("El acuerdo no fijó el día")
    page.get_by_role("button", name="Revisar de nuevo con estos cambios").click()

    expect(page.get_by_text("Es un borrador: revíselo y, cuando esté bien, emítalo")).to_be_visible()
    finding = page.get_by_role("listitem").filter(has_text="Celda G7").last
    expect(finding.get_by_label("Aceptar con razón")).to_have_value("El acuerdo no fijó el día")


def test_the_columns_are_shown_and_one_can_be_said_to_be_another(page: Page, client: Client) -> None:
    page.goto(client.upload(path="/informes").headers["Location"])
    page.get_by_text("Columnas que se reconocieron").click()

    expect(page.get_by_label("INDICADOR (columna D)")).to_be_visible()
    page.get_by_label("INDICADOR (columna D)").select_option("Otra columna de la oficina")
    page.get_by_role("button", name="Revisar de nuevo con estos cambios").click()

    expect(page.get_by_role("heading", level=1)).to_contain_text("(borrador)")
    expect(page.locator(".group").filter(has_text="Falta la columna «INDICADOR».")).to_be_visible()


def test_a_file_that_weighs_too_much_is_told_before_it_travels(page: Page, tmp_path: Path) -> None:
    heavy = tmp_path / "plan.xlsx"
    with heavy.open("wb") as file:
        file.truncate(20 * 1024 * 1024 + 1)
    page.goto("/")
    page.get_by_label("Libro de Excel").set_input_files(heavy)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url))
    page.get_by_role("button", name=SEND).click()

    expect(page.locator("#workbook-error")).to_contain_text("El archivo pesa más de 20 MB")
    assert sent == []


def test_the_page_says_how_far_a_large_workbook_is_while_it_waits(page: Page, tmp_path: Path) -> None:
    large = tmp_path / "plan.xlsx"
    large.write_bytes(office_book([action(number) for number in range(1, 4_001)]))
    page.goto("/")
    expect(page.get_by_role("progressbar")).to_be_hidden()
    page.evaluate(
        """new MutationObserver(() => sessionStorage.setItem("said",
             `${sessionStorage.getItem("said")} ${document.getElementById("sending-stage").textContent}`)
           ).observe(document.getElementById("sending-stage"), { childList: true })"""
    )
    page.get_by_label("Libro de Excel").set_input_files(large)
    page.get_by_role("button", name=SEND).click()

    expect(page.get_by_role("heading", level=1)).to_contain_text("Plan de acción 2024", timeout=30_000)
    said = page.evaluate('sessionStorage.getItem("said")')
    assert "Enviando el libro…" in said
    assert re.search(r"Leyendo el libro|Revisando 4\.000 acciones: \d+ %", said), said


def test_everything_is_reached_by_keyboard_alone(page: Page, store: Store) -> None:
    # Whoever listens for it only when it is about to open may come too late for it.
    page.on("filechooser", lambda _chooser: None)
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Ir al contenido")).to_be_focused()
    page.keyboard.press("Enter")
    for name in ("Descargar el libro de ejemplo", "Probar con el plan de ejemplo"):
        page.keyboard.press("Tab")
        expect(page.get_by_text(name, exact=True)).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_label("Libro de Excel")).to_be_focused()
    with page.expect_file_chooser() as opened:
        page.keyboard.press("Enter")
    opened.value.set_files(EXAMPLE)
    page.keyboard.press("Tab")
    expect(page.locator("main summary")).to_be_focused()
    page.keyboard.press("Enter")
    for label in ("Año", "Trimestre", "Versión del plan", "Si hay errores, guardarlo como borrador"):
        page.keyboard.press("Tab")
        expect(page.get_by_label(label)).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_contain_text("Plan de acción 2024")
    write(store, latest(store), DocumentKind.WORD)
    link = page.get_by_role("link", name="Descargar Word")
    expect(link).to_be_visible()
    for _ in range(30):
        page.keyboard.press("Tab")
        if link.evaluate("link => link === document.activeElement"):
            break
    expect(link).to_be_focused()


def test_without_scripts_upload_and_download_work_and_the_page_renews_itself(
    browser: Browser, client: Client, store: Store
) -> None:
    context = browser.new_context(base_url=client.url, java_script_enabled=False)
    let_in(context, client)
    page = context.new_page()
    page.goto("/")
    page.get_by_label("Libro de Excel").set_input_files(EXAMPLE)
    page.get_by_role("button", name=SEND).click()
    expect(page.get_by_text("En espera: 4 documentos por escribir.")).to_be_visible()
    for kind in SHOWN_KINDS:
        write(store, latest(store), kind)

    expect(page.get_by_text("Listo: 4 documentos para descargar.")).to_be_visible(timeout=8_000)
    with page.expect_download() as started:
        page.get_by_role("link", name="Descargar Excel").click()
    assert started.value.suggested_filename.endswith(".xlsx")
    context.close()


def test_a_lost_connection_is_told_and_the_page_catches_up_afterwards(
    page: Page, context: BrowserContext, client: Client, store: Store
) -> None:
    page.goto(client.upload(path="/informes").headers["Location"])
    context.set_offline(True)
    expect(page.get_by_text("No hay conexión con Folio.")).to_be_visible()
    for kind in SHOWN_KINDS:
        write(store, latest(store), kind)
    context.set_offline(False)

    expect(page.get_by_role("link", name="Descargar Word")).to_be_visible()
    expect(page.get_by_text("No hay conexión con Folio.")).to_be_hidden()


@pytest.mark.parametrize("width", [1366, 390, 320])
def test_no_page_is_wider_than_its_screen(page: Page, client: Client, store: Store, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 768})
    location = client.upload(path="/informes", filename=f"{'plan-de-accion' * 6}.xlsx").headers["Location"]
    write(store, latest(store), DocumentKind.WORD)

    for path in ("/", location, "/no-existe"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
