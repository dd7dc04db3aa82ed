"""What a planner does in a browser with versions and quarters: issue, compare, prepare the next quarter."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from service.domain.reports import DocumentKind
from service.store import Store
from tests.browser.conftest import let_in
from tests.web import Client, example_with, write

COMMITTEE = "Comité Institucional de Gestión y Desempeño"


@pytest.fixture
def before(client: Client) -> dict[str, Any]:
    """Version 1.0, issued: the target of action 1 was another than the example's."""
    return client.issued(client.upload(example_with({"A3": "Versión 1.0", "F6": 3})).json, by="Planeación")


def open_draft(page: Page, client: Client, cells: dict[str, object]) -> str:
    report_id: str = client.upload(example_with(cells), draft="true").json["id"]
    page.goto(f"/informes/{report_id}")
    return report_id


def test_a_new_version_is_issued_once_its_approval_is_said(page: Page, client: Client, before: dict[str, Any]) -> None:
    report_id = open_draft(page, client, {})
    expect(page.get_by_text("El plan cambia frente a la versión 1.0 (cambia 1 acción)")).to_be_visible()
    expect(page.get_by_label("Instancia")).to_have_value(COMMITTEE)
    expect(page.get_by_label("Descripción para el control de cambios")).to_have_value(
        "Se modificó la meta de la acción 1 (de 3 a 4)."
    )
    page.get_by_role("button", name="Emitir el informe").click()

    expect(page.get_by_role("alert")).to_contain_text("Falta el acta o el acto con que se aprobó la versión 2.0.")
    expect(page.get_by_label("Instancia")).to_have_value(COMMITTEE)
    page.get_by_label("Acta o acto").fill("Acta 5")
    page.get_by_label("Fecha", exact=True).fill("2024-09-10")
    page.get_by_role("button", name="Emitir el informe").click()

    expect(page.get_by_role("heading", level=1)).to_have_text(
        "Plan de acción 2024, versión 2.0, seguimiento del III trimestre"
    )
    expect(page.get_by_text("Es el informe oficial de este trimestre, emitido el")).to_be_visible()
    expect(page.get_by_role("definition").filter(has_text=f"{COMMITTEE}, Acta 5, 10/09/2024")).to_be_visible()
    assert client.get(f"/api/v1/reports/{before['id']}").json["superseded_by"] == report_id


def test_a_plan_changed_under_its_number_becomes_the_next_version_by_one_button(
    page: Page, client: Client, before: dict[str, Any]
) -> None:
    open_draft(page, client, {"A3": "Versión 1.0", "F6": 9})
    expect(page.get_by_text("El libro dice versión 1.0, pero cambia lo aprobado en ella")).to_be_visible()
    page.get_by_role("button", name="Sí, es la versión 2.0").click()

    expect(page.get_by_role("heading", level=1)).to_contain_text("versión 2.0")
    expect(page.get_by_text("que aprueba el Comité Institucional de Gestión y Desempeño")).to_be_visible()
    expect(page.get_by_role("button", name="Emitir el informe")).to_be_visible()
    assert before["version"] == "1.0"


def test_what_the_workbook_cannot_be_is_said_above_the_choice(
    page: Page, client: Client, before: dict[str, Any]
) -> None:
    open_draft(
        page, client, {"A3": "Versión 1.0", "F6": 3, "K6": "Durante el tercer trimestre de 2024 se avanzó 2 de 3."}
    )
    page.get_by_text("Es otra cosa").click()
    page.get_by_label("Es", exact=True).select_option("siguiente trimestre de la misma versión")
    page.get_by_role("button", name="Revisar el libro así").click()

    expect(page.get_by_role("alert")).to_contain_text("pero el libro es para el III trimestre de 2024")
    assert before["quarter"] == "III"


def test_what_changed_is_struck_and_underlined_and_can_be_had_in_word(
    page: Page, client: Client, store: Store, before: dict[str, Any]
) -> None:
    report_id = open_draft(page, client, {})
    page.get_by_role("link", name="Ver qué cambió").click()

    row = page.get_by_role("row", name="Cambió")
    expect(row.get_by_role("rowheader")).to_have_text("1")
    expect(row.locator("del")).to_have_text("quitado: 3")
    expect(row.locator("ins")).to_have_text("agregado: 4")
    page.get_by_role("button", name="Escribir el Word con control de cambios").click()
    expect(page.get_by_text("Word con cambios: en espera…")).to_be_visible()
    write(store, report_id, DocumentKind.REDLINE, against=before["id"])
    # It comes by itself, where one stands.
    with page.expect_download() as started:
        page.get_by_role("link", name="Descargar Word con control de cambios").click()
    assert started.value.suggested_filename.endswith("_control-de-cambios_borrador.docx")


def test_the_workbook_of_the_next_quarter_is_one_button_away(page: Page, store: Store, before: dict[str, Any]) -> None:
    page.goto("/planes/2024")
    page.get_by_role("button", name="Preparar el libro").click()
    expect(page.get_by_text("Siguiente trimestre: en espera…")).to_be_visible()
    expect(page).to_have_url(re.compile("/planes/2024#siguiente-trimestre$"))
    write(store, before["id"], DocumentKind.NEXT_QUARTER)

    with page.expect_download() as started:
        page.get_by_role("link", name="Descargar su libro para el siguiente trimestre").click()
    assert started.value.suggested_filename == "plan-de-accion-2024_v1.0_IV-trimestre.xlsx"
    expect(page.get_by_text("Descárguelo y llene los avances del IV trimestre")).to_be_visible()


def test_a_report_s_own_page_still_has_it_too(page: Page, store: Store, before: dict[str, Any]) -> None:
    page.goto("/planes/2024")
    page.get_by_role("link", name="III trimestre, edición 1").click()
    page.get_by_role("button", name="Preparar el libro del siguiente trimestre").click()
    for document in ("word", "excel", "findings", "next_quarter"):
        write(store, before["id"], DocumentKind(document))

    expect(page.get_by_role("link", name="Descargar su libro para el siguiente trimestre")).to_be_visible()


@pytest.fixture
def three(client: Client, before: dict[str, Any]) -> list[str]:
    """Version 1.0, version 2.0, and a draft that changes an indicator of it."""
    second = client.issued(client.upload().json, approval={"instance": COMMITTEE, "act": "1", "date": "2024-09-10"})
    return [before["id"], second["id"], client.upload(example_with({"D7": "Otro indicador"}), draft="true").json["id"]]


def test_two_are_chosen_and_their_differences_read_by_keyboard_alone(page: Page, three: list[str]) -> None:
    first, second, draft = three
    page.goto("/planes/2024")
    likely = page.get_by_role("radio", name="Comparar hasta: 2024, versión 2.0, III trimestre, borrador")
    expect(likely).to_be_checked()
    for _ in range(40):
        page.keyboard.press("Tab")
        if likely.evaluate("each => each === document.activeElement"):
            break
    # The arrows move within each of the two columns.
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("radio", name="Comparar hasta: 2024, versión 1.0")).to_be_checked()
    page.keyboard.press("ArrowDown")
    expect(
        page.get_by_role("radio", name="Comparar hasta: 2024, versión 2.0, III trimestre, edición 1")
    ).to_be_checked()
    from_first = page.get_by_role("radio", name="Comparar desde: 2024, versión 1.0")
    from_first.focus()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")

    expect(page).to_have_url(re.compile(f"/informes/{second}/cambios\\?contra={first}"))
    expect(page.get_by_text("1 acción cambió; 9 siguen igual.")).to_be_visible()
    fold = page.get_by_text("9 acciones sin cambios")
    fold.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Diseñar la convocatoria del proyecto")).to_be_visible()
    page.keyboard.press("Shift+Tab")
    region = page.get_by_role("region", name="Tabla del plan")
    expect(region).to_be_focused()
    page.get_by_role("link", name="Comparar al revés").focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"/informes/{first}/cambios\\?contra={second}"))
    assert draft


def test_two_are_compared_without_scripts(browser: Browser, client: Client, three: list[str]) -> None:
    context = browser.new_context(base_url=client.url, java_script_enabled=False)
    let_in(context, client)
    page = context.new_page()

    page.goto("/planes/2024")
    page.get_by_role("radio", name="Comparar desde: 2024, versión 1.0").check()
    page.get_by_role("button", name="Comparar los dos").click()

    expect(page).to_have_url(re.compile(f"/informes/{three[2]}/cambios\\?contra={three[0]}"))
    expect(page.locator("td.c-indicator.changed ins")).to_have_text("agregado: Otro indicador")
    context.close()


def test_on_a_phone_a_row_is_a_card_with_what_changed(page: Page, three: list[str]) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"/informes/{three[2]}/cambios")

    changed = page.locator("tbody.changed")
    expect(changed.locator("td.c-indicator")).to_be_visible()
    expect(changed.locator("td.c-action")).to_be_visible()
    expect(changed.locator("td.c-unit")).to_be_hidden()


def test_the_log_is_verified_and_its_last_hash_copied(page: Page, context: BrowserContext, store: Store) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("/auditoria")
    page.get_by_role("button", name="Verificar la cadena").click()

    expect(page.get_by_text("El registro está íntegro:")).to_be_visible()
    page.get_by_role("button", name="Copiar").click()
    expect(page.get_by_role("button", name="Copiada")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == store.verify_audit().head


@pytest.mark.parametrize("width", [1366, 1000, 390, 320])
def test_no_page_of_versions_is_wider_than_its_screen(
    page: Page, client: Client, before: dict[str, Any], width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 768})
    # With a column of the office's own, in which something changed.
    own = {"L5": "RIESGOS", **{f"L{row}": "Un riesgo" for row in range(6, 16)}}
    report_id = client.upload(example_with({"B7": "Otra acción " * 30, "F8": 9, **own})).json["id"]

    for path in (
        f"/informes/{report_id}",
        f"/informes/{report_id}/cambios",
        f"/informes/{report_id}/cambios?todas=1",
        "/planes/2024",
        "/auditoria",
        f"/informes/{before['id']}",
    ):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
