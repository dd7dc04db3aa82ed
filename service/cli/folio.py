"""`folio`: what the service does, from the terminal; this module keeps the orders together and the house in order.

Workbooks are read exactly as the front reads them; documents are written by the worker's own entry point, in a process
of its own. Exit codes: 0 fine, 1 errors found, 2 the file cannot be read or the order makes no sense.
"""

from __future__ import annotations

import datetime as dt
import io
import sys
from pathlib import Path

import click

from service import disk
from service.cli.audit import audit_group, verify_command
from service.cli.backup import backup_command, restore_command
from service.cli.jobs import drafts_group, jobs_group
from service.cli.office import office_group
from service.cli.offline import CannotRead
from service.cli.options import YearType
from service.cli.people import account_group, token_group
from service.cli.report import check_command, generate_command
from service.cli.send import send_command
from service.cli.spanish import ERRORS_FOUND, FINE, INTERRUPTED, UNREADABLE, Group, usage_sentence
from service.cli.versions import compare_command, next_quarter_command, year_command
from service.domain.errors import StoreUnavailable
from service.settings import Settings, UnusableSettings


@click.group(cls=Group)
def folio() -> None:
    """Folio escribe los informes oficiales de seguimiento al plan de acción."""


for order in (
    check_command,
    generate_command,
    send_command,
    compare_command,
    next_quarter_command,
    year_command,
    office_group,
    account_group,
    token_group,
    audit_group,
    jobs_group,
    drafts_group,
    backup_command,
    restore_command,
    verify_command,
):
    folio.add_command(order)


@folio.command("serve")
@click.option("--port", metavar="N", help="Puerto en que atiende (8000).")
@click.option("--data", metavar="CARPETA", help="Carpeta de los datos (var).")
def serve_command(port: str | None, data: str | None) -> int:
    """Pone Folio en marcha, con todo lo que necesita."""
    from service.serve import CannotServe, serve  # noqa: PLC0415 - database and queue cost the other orders half a second

    try:
        serve(Settings.from_environment(FOLIO_PORT=port, FOLIO_DATA_DIR=data))
    except CannotServe as problem:
        click.echo(problem, err=True)
        return ERRORS_FOUND
    return FINE


@folio.command("blank")
@click.option("--year", type=YearType(), help="Vigencia del plan (la de este año).")
@click.option(
    "--out",
    metavar="LIBRO.xlsx",
    type=click.Path(path_type=Path),
    help="Dónde escribirlo (aquí, con un nombre que dice el año).",
)
def blank_command(year: int | None, out: Path | None) -> int:
    """Escribe un libro en blanco para llenarlo y subirlo.

    Trae instrucciones y listas para escoger.
    """
    from service.sheets.blank import blank_workbook  # noqa: PLC0415 - openpyxl costs the other orders a fifth of a second

    year = year or dt.datetime.now(dt.UTC).year
    out = out or Path(f"plan-de-accion-{year}_en-blanco.xlsx")
    try:
        with out.open("xb") as file:
            file.write(blank_workbook(year, Settings.from_environment().office))
    except FileExistsError:
        click.echo(f"{out} ya existe y no se cambió: elija otro nombre.", err=True)
        return ERRORS_FOUND
    except OSError as problem:
        click.echo(f"No se pudo escribir {out}: {disk.reason(problem)}.", err=True)
        return ERRORS_FOUND
    click.echo(f"Libro en blanco escrito:\n  {out.absolute()}")
    return FINE


@folio.command("migrate")
def migrate_command() -> int:
    """Pone al día la base de datos («serve» lo hace por sí mismo)."""
    from service.store import migrate  # noqa: PLC0415 - as above

    try:
        migrate(Settings.from_environment().database_url)
    except StoreUnavailable as problem:
        click.echo(problem.detail, err=True)
        return ERRORS_FOUND
    return FINE


@folio.command("doctor")
def doctor_command() -> int:
    """Dice qué hay en este equipo y qué falta.

    De lo que falta dice también qué se pierde por ello.
    """
    from service.doctor import examine  # noqa: PLC0415 - as above

    symptoms = examine(Settings.from_environment())
    for symptom in symptoms:
        click.echo(symptom.as_text())
    return ERRORS_FOUND if any(symptom.is_grave for symptom in symptoms) else FINE


def main() -> int:
    """The door: every failure that has a sentence is told by that sentence alone. The exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that knows no «…» must not stop the work
    try:
        exit_code: int = folio.main(prog_name="folio", standalone_mode=False)
    except click.UsageError as error:
        click.echo(usage_sentence(error), err=True)
        return UNREADABLE
    except CannotRead as problem:
        click.echo(problem, err=True)
        return problem.exit_code
    except UnusableSettings as problem:
        click.echo(problem, err=True)
        return ERRORS_FOUND
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    return exit_code
