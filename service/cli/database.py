"""A folder of data -> its store, for one order of the terminal; and who gives the order, as the system knows them."""

from __future__ import annotations

import getpass
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

import click

from service import disk
from service.cli.offline import CannotRead
from service.cli.spanish import ERRORS_FOUND
from service.domain.errors import StoreUnavailable
from service.domain.people import FIRST_OFFICE
from service.settings import Settings

if TYPE_CHECKING:  # the database costs the other orders half a second
    from service.store import Store

_Result = TypeVar("_Result")

_SQLITE: Final = "sqlite:///"

data_option: Final = click.option("--data", metavar="CARPETA", help="Carpeta de los datos (var).")
of_office_option: Final = click.option(
    "--office", "office_id", metavar="OFICINA", default=FIRST_OFFICE, help="De cuál oficina de planeación (principal)."
)


def has_store(settings: Settings) -> bool:
    """Whether there is a database to open: opening one on SQLite would make it."""
    url = settings.database_url
    return not url.startswith(_SQLITE) or Path(url.removeprefix(_SQLITE)).exists()


def with_store(settings: Settings, work: Callable[[Store], _Result], *, is_made: bool = False) -> _Result:
    """What the work gives; with `is_made` the database is made, or brought up to date, before it.

    Raises:
        CannotRead: the database does not answer, or the folder cannot be written.
    """
    from service.store import migrate, open_store  # noqa: PLC0415 - as above

    url = settings.database_url
    try:
        if is_made:
            settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            migrate(url)
        store = open_store(url)
        try:
            return work(store)
        finally:
            store.close()
    except StoreUnavailable as problem:
        raise CannotRead(problem.detail, ERRORS_FOUND) from problem
    except OSError as problem:
        raise CannotRead(
            f"No se puede escribir en {settings.data_dir}: {disk.reason(problem)}.", ERRORS_FOUND
        ) from problem


def at_office(store: Store, office_id: str) -> Store:
    """The store as that office sees it.

    Raises:
        CannotRead: there is no such office.
    """
    known = [office.id for office in store.planning_offices()]
    if office_id not in known:
        raise no_such_office(office_id, known)
    return store.within(office_id)


def no_such_office(office_id: str, known: Iterable[str]) -> CannotRead:
    """The refusal of an office that nobody opened, which names those there are."""
    return CannotRead(f"No existe la oficina «{office_id}»; existen {', '.join(known)}.", ERRORS_FOUND)


def at_the_terminal() -> str:
    """Who is at the terminal, as the system knows them."""
    try:
        return f"{getpass.getuser()} (terminal)"
    except (KeyError, OSError):
        # An account without a name, as in some containers.
        return "terminal"
