"""What a planner meets first, and what the committee looks at: an empty office, a dropped file, the board."""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from service.sheets.isolated import ReadingRoom
from service.store import Store
from tests.browser.conftest import let_in
from tests.integration.samples import accepted, append, issued
from tests.web import EXAMPLE, Client, serve

SEND = "Subir y escribir el informe"
BOARD = "/tablero?a%C3%B1o=2024"
WEDNESDAY = dt.datetime(2024, 10, 2, 15, tzinfo=dt.UTC)

DROP = """(area, [name, content, events]) => {
  const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
  const dataTransfer = new DataTransfer();
  for (const each of name) dataTransfer.items.add(new File([bytes], each));
  return events.map((type) => {
    const event = new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true });
    area.dispatchEvent(event);
    return event.defaultPrevented;
  });
}"""


@pytest.fixture
def client(store: Store, reading_room: ReadingRoom) -> Iterator[Client]:
    with serve(store, reading_room, clock=lambda: WEDNESDAY) as client:
        yield client


def drop(area: Locator, *names: str, events: tuple[str, ...] = ("dragenter", "dragover", "drop")) -> list[bool]:
    """What a person does with files over a part of the page; whether each event was kept from the browser."""
    content = base64.b64encode(EXAMPLE.read_bytes()).decode()
    taken: list[bool] = area.evaluate(DROP, [list(names), content, list(events)])
    return taken


def test_a_workbook_dropped_anywhere_on_the_area_is_uploaded_with_one_more_key(page: Page, store: Store) -> None:
    page.goto("/")
    area = page.locator("#drop")
    expect(page.get_by_text("Arrastre aquí el libro")).to_be_visible()
    drop(area, "plan.xlsx", events=("dragenter", "dragover"))
    expect(area).to_have_class("drop can-drop is-over")

    assert drop(area, "plan.xlsx")[-1]

    expect(area).to_have_class("drop can-drop")
    assert page.get_by_label("Libro de Excel").evaluate("input => input.files[0].name") == "plan.xlsx"
    expect(page.get_by_role("button", name=SEND)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Plan de acción 2024")
    assert store.reports(1)[0].upload_filename == "plan.xlsx"


def test_two_files_at_once_are_refused_and_one_beside_the_area_changes_nothing(page: Page) -> None:
    page.goto("/subir")
    drop(page.locator("#drop"), "plan.xlsx", "otro.xlsx")
    expect(page.locator("#workbook-error")).to_have_text("Llegaron varios archivos: suelte un solo libro a la vez.")

    beside = drop(page.locator("h1"), "plan.xlsx")

    assert beside == [False, True, True]
    assert page.get_by_label("Libro de Excel").evaluate("input => input.files.length") == 0
    expect(page.get_by_role("heading", level=1)).to_have_text("Subir un libro")


def test_a_click_on_the_area_opens_the_choice_of_a_file(page: Page) -> None:
    page.goto("/subir")
    with page.expect_file_chooser() as opened:
        page.get_by_text("Arrastre aquí el libro").click()
    opened.value.set_files(EXAMPLE)

    assert page.get_by_label("Libro de Excel").evaluate("input => input.files[0].name") == EXAMPLE.name


def test_an_empty_office_tries_the_example_by_keyboard_and_finds_it_waiting(page: Page, store: Store) -> None:
    page.goto("/")
    expect(page.get_by_role("heading", name="Cómo empezar")).to_be_visible()
    with page.expect_download() as started:
        page.get_by_role("link", name="Descargar el libro de ejemplo").click()
    assert started.value.suggested_filename == EXAMPLE.name
    page.get_by_role("button", name="Probar con el plan de ejemplo").focus()
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_contain_text("III trimestre (borrador)")
    page.goto("/")
    expect(page.get_by_role("heading", name="Cómo empezar")).to_have_count(0)
    expect(page.get_by_text("faltan 3 días hábiles").first).to_be_visible()
    page.get_by_role("link", name="Revisarlo y emitirlo").click()
    expect(page).to_have_url(f"{page.url.partition('/informes')[0]}/informes/{store.reports(1)[0].id}")


def test_without_scripts_the_first_page_says_nothing_of_dropping(
    browser: Browser, client: Client, store: Store
) -> None:
    context = browser.new_context(base_url=client.url, java_script_enabled=False)
    let_in(context, client)
    page = context.new_page()
    page.goto("/")
    expect(page.get_by_text("Arrastre aquí el libro")).to_be_hidden()
    page.get_by_label("Libro de Excel").set_input_files(EXAMPLE)
    page.get_by_role("button", name=SEND).click()

    expect(page.get_by_role("heading", level=1)).to_contain_text("(borrador)")
    assert len(store.reports(5)) == 1
    context.close()


def test_a_number_of_the_board_leads_to_its_actions_by_keyboard(page: Page, store: Store) -> None:
    report = issued(store)
    page.goto(BOARD)
    expect(page.get_by_role("img", name="Por dependencia")).to_be_visible()
    link = page.get_by_role("link", name="4 acciones: Funcionamiento")
    link.focus()
    page.keyboard.press("Enter")

    expect(page).to_have_url(f"{page.url.partition('#')[0]}#fuente-2")
    listed = page.get_by_role("table", name="Fuente: Funcionamiento")
    expect(listed).to_be_in_viewport()
    assert listed.get_by_role("rowheader").count() == 4
    listed.get_by_role("link", name="7").click()
    expect(page).to_have_url(f"{page.url.partition('/informes')[0]}/informes/{report.id}")


@pytest.mark.parametrize("width", [1366, 390, 320])
def test_neither_page_is_wider_than_its_screen(page: Page, store: Store, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 768})
    for path in ("/", "/subir", "/tablero"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    issued(store, quarter=2)
    append(store, reading=accepted(), now=WEDNESDAY)

    for path in ("/", BOARD, "/tablero?a%C3%B1o=2020"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path


def test_the_board_is_printed_lying_without_the_long_lists(page: Page, context: BrowserContext, store: Store) -> None:
    issued(store)
    assert context.browser is not None
    page.goto(BOARD)
    page.emulate_media(media="print")

    expect(page.locator(".lists")).to_be_hidden()
    expect(page.get_by_role("heading", name="Lo que pide atención")).to_be_visible()
    # How Chromium lays pages out; two at most of a plan as long as the reference.
    pdf = page.pdf(prefer_css_page_size=True)
    assert pdf.count(b"/Type /Page\n") <= 2
    assert b"/MediaBox [0 0 792 612]" in pdf
