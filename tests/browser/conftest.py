"""A real Chromium before a real front; a page that complains or asks another host for anything fails its test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from service.sheets.isolated import ReadingRoom
from service.store import Store, migrate, open_store
from tests.web import Client, serve

# Chromium calls home at its start unless told not to; tests open no connection but to this machine.
QUIET = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
]


# Ended with its module: while it runs its event loop is the process's, and nothing else can have one.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    assert program is not None, "Chromium is not installed"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def reading_room() -> Iterator[ReadingRoom]:
    room = ReadingRoom()
    yield room
    room.close()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    url = f"sqlite:///{tmp_path}/folio.db"
    migrate(url)
    store = open_store(url)
    yield store
    store.close()


@pytest.fixture
def client(store: Store, reading_room: ReadingRoom) -> Iterator[Client]:
    with serve(store, reading_room) as client:
        yield client


def let_in(context: BrowserContext, client: Client) -> None:
    """Give a browser the session of whoever the client is."""
    context.add_cookies([{"name": "folio", "value": client.sign_in(), "url": client.url}])


@pytest.fixture
def context(browser: Browser, client: Client) -> Iterator[BrowserContext]:
    context = browser.new_context(base_url=client.url, viewport={"width": 1366, "height": 768}, locale="es-CO")
    let_in(context, client)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext, client: Client) -> Iterator[Page]:
    with watched(context, client.url) as page:
        yield page


@contextmanager
def watched(context: BrowserContext, url: str) -> Iterator[Page]:
    """A page that fails the test when it asks a host other than this address for anything, or when its scripts fail."""
    page = context.new_page()
    page.set_default_timeout(10_000)
    strangers: list[str] = []
    faults: list[str] = []
    page.on("request", lambda request: None if request.url.startswith(url) else strangers.append(request.url))
    page.on("pageerror", lambda error: faults.append(str(error)))
    # Chromium also reports refused uploads and lost connections here; those are looked for by their tests.
    page.on("console", lambda line: faults.append(line.text) if "Content Security Policy" in line.text else None)
    yield page
    assert strangers == []
    assert faults == []
