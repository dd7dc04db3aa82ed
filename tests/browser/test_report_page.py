"""What a planner does on the page of a report: from finding to cell and back, by keyboard, beside other people."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from service.domain.reports import USUAL_KINDS, DocumentKind
from service.store import Store
from tests.unit.sheets.office import action, office_book
from tests.web import Client, example_with, write

PLANTED = {"G7": "31/02/2024", "K9": None, "F8": "cuatro"}


def open_draft(page: Page, client: Client, content: bytes) -> str:
    location: str = client.upload(content, path="/informes", draft="true").headers["Location"]
    page.goto(location)
    return location.rpartition("/")[2]


def test_a_finding_leads_to_its_cell_and_the_mark_back_by_keyboard(page: Page, client: Client) -> None:
    open_draft(page, client, example_with(PLANTED))

    page.get_by_role("link", name="Celda G7").focus()
    page.keyboard.press("Enter")
    cell = page.locator("#celda-G7")
    expect(cell).to_be_focused()
    expect(cell).to_be_in_viewport()
    expect(cell).to_have_css("outline-style", "solid")
    page.keyboard.press("Tab")
    expect(cell.get_by_role("link", name="Error")).to_be_focused()
    page.keyboard.press("Enter")

    finding = page.get_by_role("listitem").filter(has=page.get_by_role("link", name="Celda G7")).last
    expect(finding).to_be_focused()
    expect(finding).to_be_in_viewport()
    expect(finding).to_have_css("outline-style", "solid")


def test_a_mark_opens_the_fold_in_which_its_finding_is(page: Page, client: Client) -> None:
    open_draft(page, client, example_with(PLANTED))
    mark = page.locator(".as-read .mark.suggestion").first
    finding = page.locator(str(mark.get_attribute("href")))
    expect(finding).to_be_hidden()

    mark.click()

    expect(finding).to_be_visible()
    expect(finding).to_be_focused()


def test_what_was_typed_is_there_again_after_another_page_of_the_table_and_back(page: Page, client: Client) -> None:
    rows = [action(number, **({"F": "cuatro"} if number in {3, 70} else {})) for number in range(1, 101)]
    open_draft(page, client, office_book(rows))
    page.get_by_label("Aceptar con razón").first.fill("Así lo fijó el acuerdo")

    page.get_by_role("link", name="Celda F75").click()

    expect(page).to_have_url(re.compile(r"\?filas=51#celda-F75$"))
    expect(page.locator("#celda-F75")).to_be_in_viewport()
    expect(page.get_by_label("Aceptar con razón").first).to_have_value("Así lo fijó el acuerdo")
    page.go_back()
    expect(page.get_by_label("Aceptar con razón").first).to_have_value("Así lo fijó el acuerdo")


def test_a_button_says_at_once_what_is_done_and_is_not_pressed_twice(page: Page, client: Client) -> None:
    open_draft(page, client, example_with({}))
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.url.endswith("/emision") else None)
    page.evaluate(
        """() => {
            const button = document.querySelector("form[action$=emision] button");
            let pressed;
            button.addEventListener("click", () => { pressed ??= performance.now(); }, { capture: true });
            new MutationObserver(() => sessionStorage.setItem("said",
                JSON.stringify([button.textContent, button.disabled, performance.now() - pressed])))
                .observe(button, { childList: true });
        }"""
    )

    page.get_by_role("button", name="Emitir el informe").dblclick()

    expect(page.get_by_text("Es el informe oficial de este trimestre")).to_be_visible()
    words, is_disabled, milliseconds = json.loads(page.evaluate('sessionStorage.getItem("said")'))
    assert (words, is_disabled) == ("Emitiendo…", True)
    assert milliseconds < 100
    assert len(sent) == 1


def test_a_button_can_be_pressed_again_when_the_page_is_come_back_to(page: Page, client: Client) -> None:
    open_draft(page, client, example_with(PLANTED))
    page.get_by_label("Aceptar con razón").first.fill("Así lo fijó el acuerdo")
    page.get_by_role("button", name="Revisar de nuevo con estos cambios").click()
    expect(page.locator(".gravity.accepted")).to_be_visible()

    page.go_back()

    expect(page.get_by_role("button", name="Revisar de nuevo con estos cambios")).to_be_enabled()
    expect(page.get_by_label("Aceptar con razón").first).to_have_value("Así lo fijó el acuerdo")


def test_what_another_person_does_is_told_and_nothing_that_was_typed_is_lost(page: Page, client: Client) -> None:
    report_id = open_draft(page, client, example_with({}))
    page.get_by_label("Observación").fill("Se aprobó en la sesión de octubre")

    client.issued({"id": report_id}, by="Dirección General")

    expect(page.get_by_text("Este informe ya se emitió, por Dirección General")).to_be_visible()
    expect(page.get_by_label("Observación")).to_have_value("Se aprobó en la sesión de octubre")
    page.get_by_role("link", name="Ver el informe emitido").click()
    expect(page.get_by_text("Es el informe oficial de este trimestre")).to_be_visible()


def test_a_later_draft_of_another_person_is_told(page: Page, client: Client) -> None:
    open_draft(page, client, example_with({}))

    client.upload(example_with({"B6": "Otra acción"}), draft="true", by="Subdirección de Gestión Corporativa")

    expect(page.get_by_text("Hay un borrador más reciente de este trimestre")).to_be_visible()
    page.get_by_role("link", name="Ver el más reciente").click()
    expect(page.locator(".as-read")).to_contain_text("Otra acción")


def test_a_page_that_nobody_sees_does_not_ask_and_catches_up_when_it_is_seen(
    page: Page, client: Client, store: Store
) -> None:
    page.add_init_script(
        "window.isUnseen = false;Object.defineProperty(document, 'hidden', { get: () => window.isUnseen });"
    )
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/marcha" in request.url else None)
    report_id = open_draft(page, client, example_with({}))
    page.evaluate("window.isUnseen = true")
    page.wait_for_timeout(700)
    before = len(asked)
    page.wait_for_timeout(2_500)
    assert len(asked) == before

    write(store, report_id, DocumentKind.WORD)
    page.evaluate("window.isUnseen = false; document.dispatchEvent(new Event('visibilitychange'))")

    expect(page.get_by_role("link", name="Descargar Word")).to_be_visible()


def test_only_the_line_that_moved_is_replaced_and_the_keyboard_stays(page: Page, client: Client, store: Store) -> None:
    report_id = open_draft(page, client, example_with({}))
    write(store, report_id, DocumentKind.WORD)
    link = page.get_by_role("link", name="Descargar Word")
    link.focus()
    link.evaluate("link => { link.isTheSame = true }")

    write(store, report_id, DocumentKind.EXCEL)

    expect(page.get_by_role("link", name="Descargar Excel")).to_be_visible()
    expect(link).to_be_focused()
    assert link.evaluate("link => link.isTheSame")


def test_documents_that_are_asked_for_elsewhere_come_to_stand_in_the_list(
    page: Page, client: Client, store: Store
) -> None:
    report_id = open_draft(page, client, example_with({}))

    client.post(f"/api/v1/reports/{report_id}/documents", kinds=["year_word"])
    for kind in (*USUAL_KINDS, DocumentKind.PDF, DocumentKind.YEAR_WORD):
        write(store, report_id, kind)

    expect(page.get_by_role("link", name="Descargar el año en Word")).to_be_visible(timeout=15_000)
    expect(page.locator("#documents-state")).to_have_text("Listo: 5 documentos para descargar.")


def test_a_draft_is_read_corrected_and_issued_by_keyboard_alone(page: Page, client: Client) -> None:
    open_draft(page, client, example_with({"F8": "cuatro"}))

    def tab_to(name: str, role: Any = "link") -> None:
        for _ in range(80):
            page.keyboard.press("Tab")
            if page.get_by_role(role, name=name).first.evaluate("each => each === document.activeElement"):
                return
        pytest.fail(f"«{name}» is not reached")

    tab_to("Corregir 1 error")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Hallazgos")).to_be_focused()
    tab_to("Aceptar con razón", "textbox")
    page.keyboard.type("Así lo fijó el acuerdo")
    tab_to("Revisar de nuevo con estos cambios", "button")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Revisar y emitir")).to_be_visible()
    tab_to("Revisar y emitir")
    page.keyboard.press("Enter")
    tab_to("Emitir el informe", "button")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Es el informe oficial de este trimestre")).to_be_visible()


@pytest.mark.parametrize("width", [1366, 390, 320])
def test_no_page_of_a_report_is_wider_than_its_screen(page: Page, client: Client, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 768})
    rows = [[*action(number, F="cuatro" * 9), "Evidencia" * 20] for number in range(1, 61)]
    location = client.upload(office_book(rows), path="/informes", draft="true").headers["Location"]
    refused = office_book([action(1, F="cuatro" * 30)])

    for path in (location, f"{location}?filas=51", f"{location}?junto={location.rpartition('/')[2]}"):
        page.goto(path)
        page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    page.goto("/")
    page.get_by_label("Libro de Excel").set_input_files(
        {"name": "plan.xlsx", "mimeType": "application/octet-stream", "buffer": refused}
    )
    page.get_by_text("Datos del informe").click()
    page.get_by_label("Si hay errores, guardarlo como borrador").uncheck()
    page.get_by_role("button", name="Subir y escribir el informe").click()
    expect(page.get_by_role("heading", name="Lo que Folio entendió de su libro")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    expect(page.locator(".as-read")).to_be_visible()


def test_what_is_printed_has_the_table_whole_and_nothing_to_press(page: Page, client: Client) -> None:
    open_draft(page, client, example_with(PLANTED))

    page.emulate_media(media="print")

    expect(page.get_by_role("navigation", name="En esta página")).to_be_hidden()
    expect(page.get_by_role("button")).to_have_count(0)
    assert page.locator(".as-read").evaluate("each => each.scrollWidth <= each.clientWidth")
