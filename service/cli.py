"""`folio`: what the service does, from the terminal and without a server.

`generate` and `check` read a workbook exactly as the front does; documents are written by the worker's own entry point,
in a process of its own. Exit codes: 0 fine, 1 errors found, 2 the file cannot be read or the order makes no sense.
"""

from __future__ import annotations

import datetime as dt
import io
import json
import secrets
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import click

from service import disk
from service.domain import archive
from service.domain.errors import StoreUnavailable
from service.domain.findings import Finding
from service.domain.reading import Accepted, Given, Reading, Rejected, Unreadable
from service.domain.reports import DocumentKind
from service.domain.values import VersionNumber
from service.settings import PROJECT, Settings, UnusableSettings
from service.sheets.isolated import ReadingRoom
from service.terminal import (
    Group,
    PairType,
    QuarterType,
    VersionType,
    YearType,
    counted,
    findings_as_text,
    plan_as_text,
    usage_sentence,
)

FINE: Final = 0
ERRORS_FOUND: Final = 1
UNREADABLE: Final = 2
INTERRUPTED: Final = 130

# What the committee gets; the workbook with its findings marked is for whoever corrects it.
_OFFICIAL_KINDS: Final = (DocumentKind.WORD, DocumentKind.EXCEL)

_workbook = click.argument("workbook", metavar="PLAN.xlsx", type=click.Path(path_type=Path))
_as_json = click.option("--json", "as_json", is_flag=True, help="Escribe el resultado en JSON, para otros programas.")


def _read_from_options(command: Callable[..., int]) -> Callable[..., int]:
    """The options that say what the workbook may not say of itself, and where it goes with its marks."""
    for option in (
        click.option(
            "--marked",
            metavar="LIBRO.xlsx",
            type=click.Path(path_type=Path, dir_okay=False),
            help="Escribe el libro con cada hallazgo marcado en su celda.",
        ),
        click.option(
            "--map",
            "mapping",
            metavar="COLUMNA=CAMPO",
            type=PairType(),
            multiple=True,
            help='Qué contiene una columna, por su encabezado o su letra ("Dependencia=responsable"). Puede repetirse.',
        ),
        click.option("--version", type=VersionType(), help="Versión del plan (2.0), si el libro no la dice."),
        click.option("--year", type=YearType(), help="Vigencia (2024), si el libro no la dice."),
        click.option("--quarter", type=QuarterType(), help="Trimestre (I, II, III o IV), si el libro no lo dice."),
    ):
        command = option(command)
    return command


@click.group(cls=Group)
def folio() -> None:
    """Folio escribe los informes oficiales de seguimiento al plan de acción."""


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


@folio.command("check")
@_workbook
@_read_from_options
@_as_json
def check_command(
    workbook: Path,
    *,
    year: int | None,
    quarter: int | None,
    version: VersionNumber | None,
    mapping: tuple[tuple[str, str], ...],
    marked: Path | None,
    as_json: bool,
) -> int:
    """Revisa un plan: qué se entendió y qué hay que corregir."""
    reading = _read(workbook, Given(year, quarter, version, mapping))
    if as_json:
        _print_json(archive.reading_to_json(reading))
    else:
        click.echo(f"{workbook.name}: {_understood(reading)}\n\n{findings_as_text(reading.findings)}")
    return max(_exit_code(reading), _mark(workbook, reading, marked))


@folio.command("generate")
@_workbook
@click.option(
    "--out", metavar="CARPETA", type=click.Path(path_type=Path), default=Path(), help="Dónde escribirlos (aquí)."
)
@_read_from_options
@_as_json
def generate_command(
    workbook: Path,
    *,
    out: Path,
    year: int | None,
    quarter: int | None,
    version: VersionNumber | None,
    mapping: tuple[tuple[str, str], ...],
    marked: Path | None,
    as_json: bool,
) -> int:
    """Escribe los documentos oficiales de un plan, sin servidor."""
    reading = _read(workbook, Given(year, quarter, version, mapping))
    not_marked = _mark(workbook, reading, marked)
    if not isinstance(reading, Accepted):
        if as_json:
            _print_json(_generated_as_json(reading, {"documents": [], "problems": []}))
        else:
            click.echo(f"{workbook.name}: {_understood(reading)}\n\n{findings_as_text(reading.findings)}", err=True)
            click.echo("\nNo se escribió ningún documento.", err=True)
        return max(_exit_code(reading), not_marked)
    written = _write_documents(reading, out)
    if as_json:
        _print_json(_generated_as_json(reading, written))
    else:
        _tell_what_was_written(written, reading.findings)
    return ERRORS_FOUND if written["problems"] else not_marked


@folio.command("blank")
@click.option("--year", type=YearType(), help="Vigencia del plan (la de este año).")
@click.option(
    "--out",
    metavar="LIBRO.xlsx",
    type=click.Path(path_type=Path),
    help="Dónde escribirlo (aquí, con un nombre que dice el año).",
)
def blank_command(year: int | None, out: Path | None) -> int:
    """Escribe un libro en blanco, con instrucciones y listas, para llenarlo y subirlo."""
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
    """Dice qué hay en este equipo, qué falta y qué se pierde por ello."""
    from service.doctor import examine  # noqa: PLC0415 - as above

    symptoms = examine(Settings.from_environment())
    for symptom in symptoms:
        click.echo(symptom.as_text())
    return ERRORS_FOUND if any(symptom.is_grave for symptom in symptoms) else FINE


def _read(workbook: Path, given: Given) -> Reading:
    try:
        content = workbook.read_bytes()
    except OSError as problem:
        raise _CannotRead(f"No se puede leer {workbook}: {disk.reason(problem)}.") from problem
    room = ReadingRoom(office=Settings.from_environment().office)
    try:
        return room.read(content, given)[0]
    finally:
        room.close()


class _CannotRead(Exception):
    """The path names nothing that can be read; the message is for a person."""


def _exit_code(reading: Reading) -> int:
    match reading:
        case Accepted():
            return FINE
        case Rejected():
            return ERRORS_FOUND
        case Unreadable():
            return UNREADABLE


def _understood(reading: Reading) -> str:
    match reading:
        case Accepted(plan=plan):
            return plan_as_text(plan.as_draft())
        case Rejected(plan=draft):
            return plan_as_text(draft)
        case Unreadable():
            return "no se puede leer como plan de acción"


def _write_documents(reading: Accepted, out: Path) -> dict[str, Any]:
    """Ask the worker for every kind of document; its answer: `{"documents": [...], "problems": [...]}`."""
    settings = Settings.from_environment()
    order = {
        "report_id": secrets.token_hex(16),
        "created_at": dt.datetime.now(dt.UTC).isoformat(),
        "edition": 1,
        "kinds": _OFFICIAL_KINDS,
        "out": str(out.absolute()),
        "templates": str(settings.templates_dir),
        "plan": archive.plan_to_json(reading.plan.as_draft()),
    }
    return _ask_worker(order)


def _mark(workbook: Path, reading: Reading, out: Path | None) -> int:
    """Ask the worker for the workbook with its marks, where one was asked for, and tell what came of it."""
    if out is None:
        return FINE
    order = {
        "workbook": str(workbook.absolute()),
        "reading": archive.reading_to_json(reading),
        "out": str(out.absolute()),
        "office": asdict(Settings.from_environment().office),
    }
    answer = _ask_worker({"marked": order})
    for problem in answer["problems"]:
        click.echo(f"ERROR  {problem['detail']}", err=True)
    for document in answer["documents"]:
        click.echo(f"Libro con los hallazgos marcados:\n  {document['path']}", err=True)
    return ERRORS_FOUND if answer["problems"] else FINE


def _ask_worker(order: dict[str, Any]) -> dict[str, Any]:
    worker = subprocess.run(
        [sys.executable, "-m", "worker.generate"],
        cwd=PROJECT,
        input=json.dumps(order).encode(),
        stdout=subprocess.PIPE,
        check=False,
    )
    try:
        answer: dict[str, Any] = json.loads(worker.stdout)
    except ValueError:
        # The worker's own words, if it had any, went to the terminal's error stream.
        detail = "El escritor de documentos terminó sin dar respuesta."
        return {"documents": [], "problems": [{"kind": "", "code": "WORKER", "detail": detail}]}
    return answer


def _generated_as_json(reading: Reading, written: dict[str, Any]) -> dict[str, Any]:
    understood = archive.reading_to_json(reading)
    plan = understood["plan"] or {}
    return {
        **{name: plan.get(name) for name in ("year", "quarter", "version", "title")},
        "actions": len(plan.get("actions", ())),
        **written,
        "findings": understood["findings"],
    }


def _tell_what_was_written(written: dict[str, Any], findings: tuple[Finding, ...]) -> None:
    if findings:
        click.echo(f"{findings_as_text(findings)}\n", err=True)
    for problem in written["problems"]:
        click.echo(f"ERROR  {problem['detail']}", err=True)
    documents = written["documents"]
    click.echo(
        f"{counted(len(documents), 'documento escrito', 'documentos escritos')}:"
        if documents
        else "No se escribió ningún documento."
    )
    for document in documents:
        click.echo(f"  {document['path']}")


def _print_json(value: dict[str, Any]) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def main() -> None:
    """The door: every failure that has a sentence is told by that sentence alone."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that knows no «…» must not stop the work
    try:
        exit_code = folio.main(prog_name="folio", standalone_mode=False)
    except click.UsageError as error:
        click.echo(usage_sentence(error), err=True)
        exit_code = UNREADABLE
    except _CannotRead as problem:
        click.echo(problem, err=True)
        exit_code = UNREADABLE
    except UnusableSettings as problem:
        click.echo(problem, err=True)
        exit_code = ERRORS_FOUND
    except (click.Abort, KeyboardInterrupt):
        exit_code = INTERRUPTED
    sys.exit(exit_code)


if __name__ == "__main__":
    main()
