"""`folio token` and `folio account`: whoever is at the terminal of the installation -> what lets others in, said once.

What is secret stands alone on the standard output, so that a script can take it; what it is, on the other one.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Any, Final

import click

from service.cli.database import at_office, at_the_terminal, data_option, has_store, of_office_option, with_store
from service.cli.offline import CannotRead, print_json
from service.cli.options import json_option
from service.cli.spanish import ERRORS_FOUND, FINE, Group
from service.domain.people import Role
from service.domain.values import BOGOTA, printed_date
from service.settings import Settings

if TYPE_CHECKING:  # the database costs the other orders half a second
    from service.store import Store, Token

_LONGEST_DAYS: Final = 3650


class RoleType(click.ParamType[Role]):
    """What somebody may do, by the office's word for it."""

    name = "rol"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Role:
        """The role in "elabora"."""
        try:
            return Role(value.strip().lower())
        except ValueError:
            self.fail(f"«{value}» no es un rol: escriba {', '.join(Role)}.", param, ctx)


class DaysType(click.ParamType[dt.timedelta]):
    """For how long, in days: "90d"."""

    name = "plazo"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dt.timedelta:
        """The time in "90d"."""
        if isinstance(value, dt.timedelta):
            return value
        said = re.fullmatch(r"([0-9]{1,4})d?", value.strip().lower())
        if not said or not 1 <= int(said[1]) <= _LONGEST_DAYS:
            self.fail(f"«{value}» no es un plazo: escríbalo en días, como 90d, hasta {_LONGEST_DAYS}d.", param, ctx)
        return dt.timedelta(days=int(said[1]))


@click.group("token", cls=Group)
def token_group() -> None:
    """Hace, muestra y anula los tokens con que los programas entran a Folio."""


@token_group.command("create")
@click.option("--name", metavar="NOMBRE", required=True, help="Para qué es: así se reconoce en la lista.")
@click.option("--role", metavar="ROL", type=RoleType(), required=True, help=f"Qué puede hacer: {', '.join(Role)}.")
@click.option("--expires", metavar="PLAZO", type=DaysType(), help="Por cuántos días sirve (90d); si no, sin plazo.")
@of_office_option
@data_option
def create_command(name: str, role: Role, expires: dt.timedelta | None, office_id: str, data: str | None) -> int:
    """Hace un token y lo escribe, esta única vez."""
    if not name.strip() or not name.isprintable():
        raise CannotRead("El nombre del token está vacío o tiene caracteres que no se ven.", ERRORS_FOUND)
    now = dt.datetime.now(dt.UTC)

    def made(store: Store) -> tuple[str, Token]:
        from service.store import new_id, new_token  # noqa: PLC0415 - as above

        at_office(store, office_id)
        secret = new_token()
        expires_at = now + expires if expires else None
        return secret, store.make_token(
            new_id(), secret, name, role, office_id, None, now=now, expires_at=expires_at, by=at_the_terminal()
        )

    secret, token = with_store(Settings.from_environment(FOLIO_DATA_DIR=data), made, is_made=True)
    click.echo(secret)
    until = f"sirve hasta el {_told(token.expires_at)}" if token.expires_at else "sirve hasta que se anule"
    click.echo(
        f"Token «{token.name}», con el rol {token.role} en la oficina {token.office_id}; {until}.\n"
        "No se vuelve a mostrar: guárdelo donde solo lo lea el programa que lo usa, que lo toma de FOLIO_TOKEN.\n"
        f"Para anularlo: folio token end {token.id}",
        err=True,
    )
    return FINE


@token_group.command("list")
@data_option
@json_option
def list_command(*, data: str | None, as_json: bool) -> int:
    """Muestra los tokens que se han hecho; los secretos no, que Folio no los guarda."""
    settings = Settings.from_environment(FOLIO_DATA_DIR=data)
    tokens = with_store(settings, lambda store: store.tokens()) if has_store(settings) else ()
    if as_json:
        print_json({"tokens": [_shown(token) for token in tokens]})
        return FINE
    if not tokens:
        click.echo("No se ha hecho ningún token.")
    now = dt.datetime.now(dt.UTC)
    for token in tokens:
        used = f"usado por última vez el {_told(token.used_at)}" if token.used_at else "sin usar"
        click.echo(f"{token.id}  {token.name}")
        click.echo(f"  {token.role}, oficina {token.office_id}; {_how_long(token, now)}; {used}")
    return FINE


@token_group.command("end")
@click.argument("token_id", metavar="ID")
@data_option
def end_command(token_id: str, data: str | None) -> int:
    """Anula un token, por el número con que «folio token list» lo muestra."""
    settings = Settings.from_environment(FOLIO_DATA_DIR=data)
    now = dt.datetime.now(dt.UTC)
    if not has_store(settings) or not with_store(
        settings, lambda store: store.end_token(token_id, now=now, by=at_the_terminal())
    ):
        raise CannotRead(
            f"Ningún token que sirva tiene el número {token_id}: véalos con «folio token list».", ERRORS_FOUND
        )
    click.echo("Token anulado: desde ahora no deja entrar a nadie.")
    return FINE


@click.group("account", cls=Group)
def account_group() -> None:
    """Deja entrar a Folio a quien no puede: la primera cuenta, o una contraseña nueva."""


@account_group.command("first")
@data_option
def first_command(data: str | None) -> int:
    """Escribe el enlace con que se crea la primera cuenta, la de quien administra."""
    from service.store import LinkPurpose  # noqa: PLC0415 - as above

    settings = Settings.from_environment(FOLIO_DATA_DIR=data)
    now = dt.datetime.now(dt.UTC)

    def made(store: Store) -> str:
        if store.has_administrator():
            raise CannotRead(
                "Ya hay quien administra Folio: esa persona abre las demás en la página «Personas». "
                "Si nadie puede entrar, pida una contraseña nueva con «folio account link USUARIO».",
                ERRORS_FOUND,
            )
        return _linked(store, LinkPurpose.ADMINISTRATOR, None, now)

    _say_link(settings, with_store(settings, made, is_made=True), now, "crear la cuenta de quien administra Folio")
    return FINE


@account_group.command("link")
@click.argument("login", metavar="USUARIO")
@data_option
def link_command(login: str, data: str | None) -> int:
    """Escribe el enlace con que una persona elige otra contraseña."""
    from service.store import LinkPurpose  # noqa: PLC0415 - as above

    settings = Settings.from_environment(FOLIO_DATA_DIR=data)
    now = dt.datetime.now(dt.UTC)

    def made(store: Store) -> tuple[str, str]:
        account = store.account_of_login(login)
        if account is None:
            known = ", ".join(f"«{each.login}»" for each in store.accounts() if each.is_open)
            others = f"existen {known}" if known else "no hay ninguna todavía («folio account first»)"
            raise CannotRead(f"No existe la cuenta «{login}»; {others}.", ERRORS_FOUND)
        if not account.is_open:
            raise CannotRead(
                f"La cuenta «{account.login}» está cerrada: quien administra la abre en la página «Personas».",
                ERRORS_FOUND,
            )
        return _linked(store, LinkPurpose.PASSWORD, account.id, now), account.name

    secret, name = with_store(settings, made, is_made=True)
    _say_link(settings, secret, now, f"que {name} elija otra contraseña")
    return FINE


def _linked(store: Store, purpose: Any, account_id: str | None, now: dt.datetime) -> str:
    from service.store import LINK_LASTS, new_secret  # noqa: PLC0415 - as above

    secret = new_secret()
    store.make_link(secret, purpose, account_id, now=now, expires_at=now + LINK_LASTS, by=at_the_terminal())
    return secret


def _say_link(settings: Settings, secret: str, now: dt.datetime, what_for: str) -> None:
    from service.store import LINK_LASTS  # noqa: PLC0415 - as above

    click.echo(f"{settings.public_url}/llave/{secret}")
    click.echo(
        f"Enlace para {what_for}. Sirve una sola vez, hasta el {_told(now + LINK_LASTS)}; "
        "si se hizo otro antes, ese ya no sirve.",
        err=True,
    )


def _shown(token: Token) -> dict[str, Any]:
    instants = {name: getattr(token, name) for name in ("created_at", "expires_at", "ended_at", "used_at")}
    return {
        "id": token.id,
        "name": token.name,
        "role": token.role.value,
        "office": token.office_id,
        "account": token.account_id,
        **{name: at.isoformat() if at else None for name, at in instants.items()},
    }


def _how_long(token: Token, now: dt.datetime) -> str:
    if token.ended_at:
        return f"anulado el {_told(token.ended_at)}"
    if token.expires_at is None:
        return "sin plazo"
    return f"{'venció' if token.expires_at <= now else 'vence'} el {_told(token.expires_at)}"


def _told(at: dt.datetime) -> str:
    local = at.astimezone(BOGOTA)
    return f"{printed_date(local.date())}, {local:%H:%M}"
