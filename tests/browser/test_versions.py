"""What a planner does in a browser with versions and quarters: issue, compare, prepare the next quarter."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from service.domain.reports import DocumentKind
from service.store import Store
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
    page.get_by_label("Quién lo emite").fill("Subdirección de Planeación Metropolitana y Regional")
    page.get_by_role("button", name="Emitir el informe").click()

    expect(page.get_by_role("alert")).to_contain_text("Falta el acta o el acto con que se aprobó la versión 2.0.")
    expect(page.get_by_label("Quién lo emite")).to_have_value("Subdirección de Planeación Metropolitana y Regional")
    page.get_by_label("Acta o acto").fill("Acta 5")
    page.get_by_label("Fecha", exact=True).fill("2024-09-10")
    page.get_by_role("button", name="Emitir el informe").click()

    expect(page.get_by_role("heading", level=1)).to_have_text(
        "Plan de acción 2024, versión 2.0, seguimiento del III trimestre"
    )
    expect(page.get_by_text("Es el informe oficial de este trimestre, emitido el")).to_be_visible()
    expect(page.get_by_text("Comité Institucional de Gestión y Desempeño, Acta 5, 10/09/2024")).to_be_visible()
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

    change = page.get_by_role("article")
    expect(change.get_by_role("heading")).to_contain_text("Acción 1")
    expect(change.locator("del")).to_have_text("3")
    expect(change.locator("ins")).to_have_text("4")
    page.get_by_role("button", name="Escribir los cambios en Word").click()
    for kind in (DocumentKind.CHANGES, DocumentKind.REDLINE):
        write(store, report_id, kind, against=before["id"])
    page.reload()
    with page.expect_download() as started:
        page.get_by_role("link", name="Descargar Word con control de cambios").click()
    assert started.value.suggested_filename.endswith("_control-de-cambios_borrador.docx")


def test_the_workbook_of_the_next_quarter_is_one_button_away(page: Page, store: Store, before: dict[str, Any]) -> None:
    page.goto("/planes/2024")
    page.get_by_role("link", name="III trimestre, edición 1").click()
    page.get_by_role("button", name="Preparar el libro del siguiente trimestre").click()
    for document in ("word", "excel", "findings", "next_quarter"):
        write(store, before["id"], DocumentKind(document))

    with page.expect_download() as started:
        page.get_by_role("link", name="Descargar su libro para el siguiente trimestre").click()
    assert started.value.suggested_filename == "plan-de-accion-2024_v1.0_IV-trimestre.xlsx"


@pytest.mark.parametrize("width", [1366, 390, 320])
def test_no_page_of_versions_is_wider_than_its_screen(
    page: Page, client: Client, before: dict[str, Any], width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 768})
    report_id = client.upload(example_with({"B7": "Otra acción " * 30})).json["id"]

    for path in (
        f"/informes/{report_id}",
        f"/informes/{report_id}/cambios",
        "/planes/2024",
        f"/informes/{before['id']}",
    ):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
