"""`folio backup`, `folio restore`: all that a Folio keeps -> one file, and back."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Final

import click

from service.cli.database import data_option
from service.cli.offline import CannotRead
from service.cli.spanish import ERRORS_FOUND, FINE, Command
from service.domain.values import BOGOTA, printed_date, printed_number
from service.settings import Settings

_FILES: Final = {
    "folio.db": "la base de datos",
    "folio.dump": "la base de datos",
    "secret": "el secreto de los códigos",
    "oficina.toml": "el archivo de la oficina (oficina.toml)",
}


@click.command("backup", cls=Command)
@click.option(
    "--out",
    metavar="COPIA.tar.gz",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="Dónde escribirla; no reemplaza a otra.",
)
@data_option
def backup_command(out: Path, data: str | None) -> int:
    """Copia en un archivo todo lo que Folio guarda, sin detenerlo.

    La copia queda completa o no queda.
    """
    from service.backup import back_up  # noqa: PLC0415 - the database costs the other orders half a second
    from service.store import CannotCopy  # noqa: PLC0415 - as above

    try:
        made = back_up(Settings.from_environment(FOLIO_DATA_DIR=data), out, dt.datetime.now(dt.UTC))
    except CannotCopy as problem:
        raise CannotRead(str(problem), ERRORS_FOUND) from problem
    click.echo(f"Copia escrita en {out.absolute()} ({_megabytes(made.size)}):")
    _tell(made.files)
    click.echo("Guárdela en otro equipo, donde solo la lea quien administra Folio: el secreto va en ella.")
    return FINE


@click.command("restore", cls=Command)
@click.argument("copy", metavar="COPIA.tar.gz", type=click.Path(path_type=Path, dir_okay=False))
@data_option
def restore_command(copy: Path, data: str | None) -> int:
    """Recupera una copia en una carpeta de datos nueva o vacía.

    Antes comprueba que la copia esté completa. Con PostgreSQL, la base de datos que nombra DATABASE_URL debe estar
    vacía también.
    """
    from service.backup import restore  # noqa: PLC0415 - as above
    from service.store import CannotCopy  # noqa: PLC0415 - as above

    settings = Settings.from_environment(FOLIO_DATA_DIR=data)
    try:
        made = restore(settings, copy)
    except CannotCopy as problem:
        raise CannotRead(str(problem), ERRORS_FOUND) from problem
    at = made.made_at.astimezone(BOGOTA)
    click.echo(f"Recuperada en {settings.data_dir} la copia del {printed_date(at.date())}, {at:%H:%M}:")
    _tell(made.files)
    option = f" --data {settings.data_dir}" if data else ""
    click.echo(
        f"Compruébela con «folio verify{option}» y ponga Folio en marcha: lo que estaba por escribir se escribe."
    )
    return FINE


def _tell(files: tuple[str, ...]) -> None:
    for name in files:
        click.echo(f"  {_FILES[name]}")


def _megabytes(size: int) -> str:
    return f"{printed_number((Decimal(size) / 1_000_000).quantize(Decimal('0.1')))} MB"
