"""No page keeps anybody out, and each is well made: a walk over all of them, in every state that looks otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from service.sheets.isolated import ReadingRoom
from tests.browser.axe import assert_accessible
from tests.browser.claims import assert_well_made
from tests.browser.conftest import let_in, watched
from tests.browser.pages_of_folio import (
    EMPTY,
    LEADS,
    LIVED_IN,
    NEW,
    NOT_PAGES,
    PARTS_OF_PAGES,
    VISITS,
    Visit,
    World,
    empty_world,
    lived_in_world,
    new_world,
)

Worlds = Mapping[str, World]


@pytest.fixture(scope="module")
def worlds(reading_room: ReadingRoom, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worlds]:
    with (
        empty_world(tmp_path_factory.mktemp(EMPTY), reading_room) as empty,
        lived_in_world(tmp_path_factory.mktemp(LIVED_IN), reading_room) as lived_in,
        new_world(tmp_path_factory.mktemp(NEW), reading_room) as new,
    ):
        yield {EMPTY: empty, LIVED_IN: lived_in, NEW: new}


@pytest.fixture(scope="module")
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1366, "height": 768}, locale="es-CO", reduced_motion="reduce")
    yield context
    context.close()


def arrive(page: Page, world: World, visit: Visit) -> None:
    # Two worlds on one machine share their cookies.
    page.context.clear_cookies()
    if visit.who:
        let_in(page.context, world.client.as_(visit.who))
    answer = page.goto(world.client.url + visit.address.format(**world.names))
    assert answer is not None
    assert answer.status == visit.status, page.url
    if visit.do:
        visit.do(page)


@pytest.mark.parametrize("visit", VISITS, ids=lambda visit: visit.name)
def test_a_page_keeps_nobody_out_and_is_well_made(context: BrowserContext, worlds: Worlds, visit: Visit) -> None:
    world = worlds[visit.world]
    with watched(context, world.client.url) as page:
        arrive(page, world, visit)
        # What folds is a page's too.
        page.evaluate("() => document.querySelectorAll('details').forEach((each) => { each.open = true; })")
        for width in (1366, 390):
            page.set_viewport_size({"width": width, "height": 768})
            assert_accessible(page)
        assert_well_made(page)


def test_the_walk_leaves_no_page_out(worlds: Worlds) -> None:
    routes = worlds[EMPTY].routes
    pages = {each for each in routes if not each.startswith(NOT_PAGES) and not each.endswith(PARTS_OF_PAGES)}

    # A new page goes into the table of pages_of_folio.py, in each state that looks otherwise.
    assert pages == {visit.route for visit in VISITS if visit.route} | set(LEADS)


@pytest.mark.parametrize("route", LEADS)
def test_what_is_no_page_leads_to_one_that_is_visited(worlds: Worlds, route: str) -> None:
    world = worlds[LIVED_IN]

    answer = world.client.get(LEADS[route].format(**world.names))

    assert answer.status == 303
    assert answer.headers["Location"] in {
        visit.address.format(**world.names) for visit in VISITS if not visit.do and visit.world == LIVED_IN
    }


def test_every_place_of_the_bar_answers(context: BrowserContext, worlds: Worlds) -> None:
    world = worlds[LIVED_IN]
    with watched(context, world.client.url) as page:
        page.goto(world.client.url)
        links = page.get_by_role("banner").get_by_role("link").all()
        addresses = {link.get_attribute("href") or "" for link in links}

        assert {"/", "/oficina", "/verificar"} <= addresses
        assert {address: world.client.get(address).status for address in addresses} == dict.fromkeys(addresses, 200)
