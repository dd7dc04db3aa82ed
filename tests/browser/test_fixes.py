"""What is wrong is put right on the page: by click, by keyboard, without JavaScript, on a phone; and taken back."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from service.store import Store
from tests.browser.conftest import let_in
from tests.web import Client, example_with

SPOILED = {"I7": "Trimestal", "J8": "Inverción", "G9": "31/02/2024"}
PERIODICITY = "Aplicar «Trimestral» en la celda I7"
FUNDING = "Aplicar «Inversión» en la celda J8"


@pytest.fixture
def draft(client: Client) -> str:
    answer = client.upload(example_with(SPOILED), path="/informes", draft="true")
    assert answer.status == 303
    return answer.headers["Location"]


def made(page: Page) -> list[str]:
    items = page.get_by_role("list", name="Correcciones hechas en Folio").get_by_role("listitem").all()
    return [item.locator("strong").inner_text() for item in items]


def test_one_click_applies_a_proposal_and_another_takes_it_back(page: Page, draft: str) -> None:
    page.goto(draft)
    page.get_by_role("button", name=PERIODICITY).click()

    expect(page.get_by_role("heading", name="Hallazgos", exact=True)).to_be_in_viewport()
    expect(page.get_by_text("decía Trimestal; dice Trimestral")).to_be_visible()
    expect(page.get_by_role("button", name=PERIODICITY)).to_have_count(0)
    page.get_by_role("button", name=FUNDING).click()
    expect(page.get_by_role("button", name=FUNDING)).to_have_count(0)
    assert made(page) == ["Celda I7", "Celda J8"]

    page.get_by_role("button", name="Deshacer la corrección de la celda I7").click()
    expect(page.get_by_role("button", name=PERIODICITY)).to_be_visible()
    assert made(page) == ["Celda J8"]


def test_all_of_them_are_applied_at_once_and_a_reason_that_was_being_typed_is_kept(page: Page, draft: str) -> None:
    page.goto(draft)
    page.locator(".findings > li").filter(has_text="Celda G9").get_by_role("textbox").fill("El acuerdo no fijó el día")
    page.get_by_role("button", name="Aplicar las").click()

    expect(page.get_by_role("button", name="Aplicar", exact=False)).to_have_count(0)
    assert {"Celda I7", "Celda J8"} <= set(made(page))
    # It is still being written, and no acceptance.
    still = page.locator(".findings > li").filter(has_text="Celda G9")
    expect(still.get_by_role("textbox")).to_have_value("El acuerdo no fijó el día")
    expect(page.locator(".gravity.accepted")).to_have_count(0)
    still.get_by_role("button", name="Aceptar").click()
    expect(page.locator(".gravity.accepted .findings > li")).to_contain_text("Celda G9")


def test_by_keyboard_a_proposal_is_applied_and_the_enter_key_elsewhere_applies_nothing(page: Page, draft: str) -> None:
    page.goto(draft)
    page.get_by_role("button", name=PERIODICITY).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name=PERIODICITY)).to_have_count(0)
    assert made(page) == ["Celda I7"]
    before = page.url

    page.locator("details.columns summary").click()
    page.locator("#column-1").focus()
    page.keyboard.press("Enter")
    page.wait_for_timeout(300)
    assert page.url == before


def test_without_javascript_and_on_a_phone_it_is_the_same(browser: Browser, client: Client, draft: str) -> None:
    context = browser.new_context(
        base_url=client.url, viewport={"width": 320, "height": 700}, locale="es-CO", java_script_enabled=False
    )
    let_in(context, client)
    page = context.new_page()
    page.goto(draft)
    page.get_by_role("button", name=PERIODICITY).click()
    assert made(page) == ["Celda I7"]
    page.get_by_role("button", name="Deshacer la corrección de la celda I7").click()
    assert made(page) == []
    context.close()


def test_who_corrects_the_older_of_two_open_pages_is_led_to_the_newer_draft(
    browser: Browser, client: Client, draft: str, store: Store
) -> None:
    first, second = (browser.new_context(base_url=client.url, locale="es-CO").new_page() for _ in range(2))
    for page in (first, second):
        let_in(page.context, client)
        page.goto(draft)
    first.get_by_role("button", name=PERIODICITY).click()
    expect(first.get_by_text("decía Trimestal; dice Trimestral")).to_be_visible()
    second.get_by_role("button", name=FUNDING).click()
    expect(second.get_by_role("alert")).to_contain_text("corrigió este borrador")
    second.get_by_role("alert").get_by_role("link", name="Ver el más reciente").click()
    second.get_by_role("button", name=FUNDING).click()
    expect(second.get_by_role("button", name=FUNDING)).to_have_count(0)
    assert made(second) == ["Celda I7", "Celda J8"]
    assert len(store.reports(9)) == 3
    for page in (first, second):
        page.context.close()
