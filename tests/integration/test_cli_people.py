"""`folio token` and `folio account`, as a program: what is secret is said once, and what cannot be in a sentence."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from service.domain.people import FIRST_OFFICE, Role
from service.store import Account, LinkPurpose, Store, migrate, new_id, open_store
from tests.integration.conftest import Folio

Order = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def order(folio: Folio, tmp_path: Path) -> Order:
    """Gives an order on the data of the test."""

    def run(*arguments: str, fails: int = 0) -> subprocess.CompletedProcess[str]:
        ended = folio(
            *arguments, FOLIO_DATA_DIR=str(tmp_path / "var"), FOLIO_PUBLIC_URL="https://folio.example", COLUMNS="200"
        )
        assert ended.returncode == fails, ended.stderr
        return ended

    return run


@pytest.fixture
def its_store(tmp_path: Path) -> Iterator[Store]:
    """The store that the orders work on."""
    (tmp_path / "var").mkdir()
    url = f"sqlite:///{tmp_path}/var/folio.db"
    migrate(url)
    store = open_store(url)
    yield store
    store.close()


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def an_account(store: Store) -> Account:
    account = store.open_account(
        new_id(), "planeacion", "Persona de Ejemplo Uno", Role.PREPARES, None, now=now(), by="x"
    )
    assert isinstance(account, Account)
    return account


def test_a_token_is_said_once_alone_and_good_until_it_is_ended(order: Order, its_store: Store) -> None:
    made = order("token", "create", "--name", "Carga nocturna", "--role", "elabora", "--expires", "90d")

    secret = made.stdout.removesuffix("\n")
    assert secret.startswith("folio_")
    assert secret not in made.stderr
    assert "Token «Carga nocturna», con el rol elabora en la oficina principal; sirve hasta el " in made.stderr
    found = its_store.token(secret, now())
    assert found
    token, account = found
    assert (token.role, token.office_id, account) == (Role.PREPARES, FIRST_OFFICE, None)
    assert token.expires_at
    assert dt.timedelta(days=89) < token.expires_at - now() < dt.timedelta(days=90)
    (listed,) = json.loads(order("token", "list", "--json").stdout)["tokens"]
    assert (listed["id"], listed["name"], listed["office"]) == (token.id, "Carga nocturna", "principal")
    assert "elabora, oficina principal; vence el " in order("token", "list").stdout
    assert order("token", "end", token.id).stdout == "Token anulado: desde ahora no deja entrar a nadie.\n"
    assert its_store.token(secret, now()) is None
    assert "anulado el" in order("token", "list").stdout
    assert "Ningún token que sirva tiene el número" in order("token", "end", token.id, fails=1).stderr


def test_a_token_is_made_where_nothing_is_yet_and_listing_makes_nothing(order: Order, tmp_path: Path) -> None:
    assert order("token", "list").stdout == "No se ha hecho ningún token.\n"
    order("token", "end", "x", fails=1)
    assert not (tmp_path / "var").exists()

    order("token", "create", "--name", "x", "--role", "lectura")

    assert (tmp_path / "var" / "folio.db").exists()
    assert "lectura, oficina principal; sin plazo; sin usar" in order("token", "list").stdout


@pytest.mark.parametrize(
    ("words", "sentence", "exit_code"),
    [
        (("--name", "x", "--role", "jefe"), "«jefe» no es un rol: escriba lectura, elabora, aprueba, administra.", 2),
        (("--name", "x", "--role", "lectura", "--expires", "0d"), "«0d» no es un plazo: escríbalo en días", 2),
        (("--name", "x", "--role", "lectura", "--office", "sur"), "No existe la oficina «sur»; existen principal.", 1),
        (("--name", " ", "--role", "lectura"), "El nombre del token está vacío", 1),
        (("--role", "lectura"), "Falta", 2),
    ],
)
def test_a_token_that_cannot_be_is_refused_in_a_sentence(
    order: Order, words: tuple[str, ...], sentence: str, exit_code: int
) -> None:
    refused = order("token", "create", *words, fails=exit_code)

    assert refused.stderr.startswith(sentence)
    assert refused.stdout == ""


def test_the_first_administrators_link_is_said_until_somebody_has_an_account(order: Order, its_store: Store) -> None:
    made = order("account", "first")

    address, _, secret = made.stdout.removesuffix("\n").rpartition("/")
    assert address == "https://folio.example/llave"
    assert "Enlace para crear la cuenta de quien administra Folio. Sirve una sola vez" in made.stderr
    link = its_store.link(secret, now())
    assert link
    assert link.purpose is LinkPurpose.ADMINISTRATOR
    its_store.first_administrator(secret, new_id(), "planeacion", "Persona de Ejemplo Uno", "a hash", now=now())
    assert "Ya hay quien administra Folio" in order("account", "first", fails=1).stderr


def test_whoever_is_locked_out_gets_a_link(order: Order, its_store: Store) -> None:
    assert "no hay ninguna todavía" in order("account", "link", "planeacion", fails=1).stderr
    account = an_account(its_store)

    made = order("account", "link", "PLANEACION")

    assert "Enlace para que Persona de Ejemplo Uno elija otra contraseña." in made.stderr
    link = its_store.link(made.stdout.strip().rpartition("/")[2], now())
    assert link
    assert (link.purpose, link.account) == (LinkPurpose.PASSWORD, account)
    assert "No existe la cuenta «otra»; existen «planeacion»." in order("account", "link", "otra", fails=1).stderr
    its_store.change_account(
        account.id, name=account.name, role=account.role, office_id=None, is_open=False, now=now(), by="x"
    )
    assert "La cuenta «planeacion» está cerrada" in order("account", "link", "planeacion", fails=1).stderr


@pytest.mark.parametrize("group", ["token", "token create", "token list", "token end", "account", "account first"])
def test_help_is_in_spanish(order: Order, group: str) -> None:
    told = order(*group.split(), "--help").stdout
    assert told.startswith("Uso: folio")
    for english in ("Usage", "Options", "Commands", "Show this", "required", "default"):
        assert english not in told
