"""The frame around every page, and the parts that pages are put together from, as people with other means meet them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect

from tests.browser.axe import assert_accessible
from tests.browser.claims import assert_well_made
from tests.browser.conftest import watched
from tests.browser.specimen import specimen

STYLES = Path(__file__).parents[2] / "service" / "web" / "static" / "folio.css"
NARROW: ViewportSize = {"width": 320, "height": 640}
COMPONENTS = Path(__file__).with_name("components.html")
OF_EVERYBODY = ["Inicio", "Versiones", "Tablero", "Oficina", "Verificar"]


@dataclass(frozen=True)
class Specimen:
    """Where the specimen answers."""

    url: str


@pytest.fixture(scope="module")
def client() -> Iterator[Specimen]:
    with specimen() as address:
        yield Specimen(address)


@pytest.fixture
def context(browser: Browser, client: Specimen) -> Iterator[BrowserContext]:
    """A browser of whoever the address says: nobody signs in to a specimen."""
    context = browser.new_context(base_url=client.url, viewport={"width": 1366, "height": 768}, locale="es-CO")
    yield context
    context.close()


@pytest.fixture
def still(browser: Browser, client: Specimen) -> Iterator[Page]:
    """A page of whoever asked for nothing to move."""
    context = browser.new_context(base_url=client.url, locale="es-CO", reduced_motion="reduce")
    with watched(context, client.url) as page:
        yield page
    context.close()


def phone(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})


@pytest.mark.parametrize("query", ["", "?rol=lectura", "?rol=nadie", "?oficinas=1&ancho=1"])
def test_the_frame_and_the_parts_keep_nobody_out(still: Page, query: str) -> None:
    still.goto(f"/partes{query}")
    still.evaluate("() => document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    for width in (1366, 390):
        still.set_viewport_size({"width": width, "height": 768})
        assert_accessible(still)
    assert_well_made(still)


def test_every_part_that_has_a_style_is_shown_and_explained() -> None:
    parts = STYLES.read_text("utf-8").partition("/* Single pages */")[0]
    of_the_frame = {"bar", "brand", "tagline", "who", "menu", "offices", "person", "role", "skip", "notices", "width"}

    styled = set(re.findall(r"\.([a-z][\w-]*)", re.sub(r"/\*.*?\*/|\{[^{}]*\}", "", parts, flags=re.DOTALL)))
    shown = set(re.findall(r'class="([^"]*)"', COMPONENTS.read_text("utf-8")))

    assert styled - of_the_frame == styled & {name for names in shown for name in names.split()}


@pytest.mark.parametrize(
    ("role", "places"),
    [
        ("administra", ["Inicio", "Subir", "Versiones", "Tablero", "Oficina", "Personas", "Auditoría", "Verificar"]),
        ("aprueba", ["Inicio", "Subir", "Versiones", "Tablero", "Oficina", "Verificar"]),
        ("lectura", OF_EVERYBODY),
        ("nadie", ["Verificar"]),
    ],
)
def test_the_bar_leads_where_each_may_go(page: Page, role: str, places: list[str]) -> None:
    page.goto(f"/partes?rol={role}")

    assert page.get_by_role("navigation", name="Principal").get_by_role("link").all_text_contents() == places
    bar = page.get_by_role("banner")
    expect(bar.get_by_role("link", name="Entrar")).to_have_count(1 if role == "nadie" else 0)
    expect(bar.get_by_role("link", name="Mi cuenta")).to_have_count(0 if role == "nadie" else 1)
    expect(bar.get_by_role("button", name="Salir")).to_have_count(0 if role == "nadie" else 1)


def test_a_screen_reader_is_told_the_frame_by_its_names(page: Page) -> None:
    page.goto("/oficina?oficinas=1")

    expect(page.get_by_role("banner")).to_match_aria_snapshot(
        """
        - banner:
          - link "Folio"
          - text: Oficina
          - combobox "Oficina":
            - option "Oficina principal"
            - option "Otra oficina de ejemplo" [selected]
          - button "Ver"
          - text: Persona de Ejemplo Uno (administra)
          - link "Mi cuenta"
          - button "Salir"
          - navigation "Principal":
            - list:
              - listitem:
                - link "Inicio"
              - listitem:
                - link "Subir"
              - listitem:
                - link "Versiones"
              - listitem:
                - link "Tablero"
              - listitem:
                - link "Oficina"
              - listitem:
                - link "Personas"
              - listitem:
                - link "Auditoría"
              - listitem:
                - link "Verificar"
        """
    )
    expect(page.get_by_role("main").get_by_role("heading", level=1)).to_have_text("Partes de una página")
    assert page.get_by_role("main").count() == page.get_by_role("contentinfo").count() == 1


@pytest.mark.parametrize(
    ("address", "current", "how"),
    [
        ("/oficina", "Oficina", "page"),
        ("/oficina/ajustes", "Oficina", "true"),
        ("/informes/0123456789", "Versiones", "true"),
        ("/cuenta", "Mi cuenta", "page"),
    ],
)
def test_the_bar_says_where_one_is(page: Page, address: str, current: str, how: str) -> None:
    page.goto(address)

    here = page.get_by_role("banner").locator("[aria-current]")
    expect(here).to_have_count(1)
    expect(here).to_have_text(current)
    expect(here).to_have_attribute("aria-current", how)


def test_a_message_is_said_once(page: Page) -> None:
    page.goto("/partes?aviso=Los+ajustes+quedaron+guardados.")

    expect(page.get_by_role("status")).to_have_text("Los ajustes quedaron guardados.")
    page.reload()
    expect(page.get_by_role("status")).to_have_count(0)


def test_leaving_is_a_form_that_proves_to_be_ours(page: Page) -> None:
    page.goto("/partes")
    expect(page.locator("form[action='/salir'] > input[type=hidden]:first-child")).to_have_count(1)

    page.get_by_role("button", name="Salir").click()

    expect(page.get_by_role("status")).to_have_text("Salió de Folio.")


def stops(page: Page, at_most: int = 40) -> list[str]:
    """What the Tab key stops at in the bar, one after the other, until it goes on to the page itself."""
    found = []
    for _ in range(at_most):
        page.keyboard.press("Tab")
        in_bar, words = page.evaluate(
            """() => {
              const at = document.activeElement;
              return [Boolean(at.closest(".skip, header")), at.textContent.trim()];
            }"""
        )
        if not in_bar:
            break
        found.append(words)
    return found


def test_the_keyboard_goes_through_the_bar_as_it_is_read(page: Page) -> None:
    page.goto("/partes?rol=lectura")

    assert stops(page) == ["Ir al contenido", "Folio", "Mi cuenta", "Salir", *OF_EVERYBODY]


def test_the_bar_is_skipped_by_one_key(page: Page) -> None:
    page.goto("/partes")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Ir al contenido")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()
    page.keyboard.press("Tab")

    expect(page.get_by_role("navigation", name="Ruta").get_by_role("link", name="Inicio")).to_be_focused()


def test_on_a_phone_the_menu_folds_and_the_keyboard_opens_it(page: Page) -> None:
    phone(page)
    page.goto("/partes?rol=lectura")
    expect(page.get_by_role("navigation", name="Principal")).to_be_hidden()
    # Folded, the frame leaves the screen to the page.
    assert page.get_by_role("banner").evaluate("(bar) => bar.offsetHeight") < 70
    assert stops(page) == ["Ir al contenido", "Folio", "Menú"]

    page.get_by_text("Menú").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("navigation", name="Principal")).to_be_visible()
    page.keyboard.press("Shift+Tab")
    assert stops(page) == ["Menú", "Mi cuenta", "Salir", *OF_EVERYBODY]


def test_without_scripts_the_menu_folds_all_the_same(browser: Browser, client: Specimen) -> None:
    context = browser.new_context(
        base_url=client.url, java_script_enabled=False, viewport={"width": 320, "height": 640}
    )
    page = context.new_page()
    page.goto("/partes")
    expect(page.get_by_role("link", name="Oficina")).to_be_hidden()
    page.get_by_text("Menú").click()
    page.get_by_role("link", name="Oficina").click()
    expect(page).to_have_url(f"{client.url}/oficina")
    context.close()


def test_a_finger_finds_what_it_presses(page: Page) -> None:
    phone(page)
    page.goto("/partes?oficinas=1")
    page.get_by_text("Menú").click()

    small = page.evaluate(
        """(parts) => [...document.querySelectorAll(parts)]
          .map((each) => [each.outerHTML.slice(0, 80), each.getBoundingClientRect().height])
          .filter(([, height]) => height < 20)""",
        "header :is(a, button, summary), main :is(button, .button, input, select)",
    )
    assert small == []


def test_with_colours_of_the_readers_own_nothing_depends_on_ours(browser: Browser, client: Specimen) -> None:
    context: BrowserContext = browser.new_context(base_url=client.url, forced_colors="active")
    with watched(context, client.url) as page:
        page.goto("/oficina")
        # Backgrounds are gone: what they told must be told by a line.
        lost = page.evaluate(
            """(parts) => parts.filter((part) => {
              const style = getComputedStyle(document.querySelector(part));
              return !["Top", "Right", "Bottom", "Left"].some((side) => {
                const colour = style[`border${side}Color`];
                return parseFloat(style[`border${side}Width`]) > 0
                  && colour !== "rgba(0, 0, 0, 0)" && colour !== style.backgroundColor;
              });
            })""",
            ["main button", ".button", "nav [aria-current]", ".mark", ".notice", ".state", "input", ".panel", ".card"],
        )
        assert lost == []
    context.close()
