"""`folio check` and `folio generate`: a workbook -> what is wrong with it, and its official documents."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import click

from service.cli.offline import (
    Answer,
    ask_worker,
    office_settings,
    print_json,
    read,
    report_of,
    tell_problems,
    write,
    written_to,
)
from service.cli.options import json_option, marked_option, office_option, out_option, reading_options
from service.cli.spanish import ERRORS_FOUND, FINE, UNREADABLE, Command
from service.cli.told import counted, findings_as_text, reading_as_text
from service.domain import archive
from service.domain.findings import Finding
from service.domain.office_json import office_to_json
from service.domain.plan import Plan
from service.domain.reading import Accepted, Given, Reading, Rejected, Unreadable
from service.domain.reports import DocumentKind
from service.settings import Settings

# What the committee gets; the workbook with its findings marked is for whoever corrects it.
_OFFICIAL_KINDS: Final = (DocumentKind.WORD, DocumentKind.EXCEL)


@click.command("check", cls=Command)
@reading_options
@marked_option
@json_option
def check_command(workbook: Path, *, given: Given, marked: Path | None, as_json: bool) -> int:
    """Revisa un plan: qué se entendió y qué hay que corregir."""
    reading = read(workbook, given)
    tell_lost_acceptances(given, reading.findings)
    if as_json:
        print_json(archive.reading_to_json(reading))
    else:
        click.echo(f"{workbook.name}: {reading_as_text(reading)}\n\n{findings_as_text(reading.findings)}")
    return max(_exit_code(reading), _mark(workbook, reading, marked))


@click.command("generate", cls=Command)
@reading_options
@out_option
@click.option(
    "--draft",
    "is_draft",
    is_flag=True,
    help="Los marca como BORRADOR en cada página, y los escribe aunque el plan tenga errores.",
)
@click.option("--pdf", "with_pdf", is_flag=True, help="Escribe también el PDF, si en este equipo está LibreOffice.")
@office_option
@marked_option
@json_option
def generate_command(
    workbook: Path,
    *,
    given: Given,
    out: Path,
    is_draft: bool,
    with_pdf: bool,
    office_file: Path | None,
    marked: Path | None,
    as_json: bool,
) -> int:
    """Escribe los documentos oficiales de un plan, sin servidor."""
    settings = office_settings(office_file)
    reading = read(workbook, given, settings.office)
    tell_lost_acceptances(given, reading.findings)
    not_marked = _mark(workbook, reading, marked)
    plan = _plan_to_write(reading, is_draft=is_draft)
    if plan is None:
        if as_json:
            print_json(_as_json(reading, {"documents": [], "problems": []}))
        else:
            click.echo(f"{workbook.name}: {reading_as_text(reading)}\n\n{findings_as_text(reading.findings)}", err=True)
            click.echo("\nNo se escribió ningún documento.", err=True)
        return max(_exit_code(reading), not_marked)
    kinds = (*_OFFICIAL_KINDS, DocumentKind.PDF) if with_pdf else _OFFICIAL_KINDS
    report = report_of(plan, is_draft=is_draft, frame=settings.frame)
    answer = write(report, [written_to(kind, folder=out) for kind in kinds])
    if as_json:
        print_json(_as_json(reading, answer))
    else:
        _tell_what_was_written(answer, reading)
    return ERRORS_FOUND if answer["problems"] else not_marked


def _plan_to_write(reading: Reading, *, is_draft: bool) -> Plan | None:
    match reading:
        case Accepted(plan=plan):
            return plan
        case Rejected(plan=draft) if is_draft:
            return draft.with_blanks()
        case _:
            return None


def _exit_code(reading: Reading) -> int:
    match reading:
        case Accepted():
            return FINE
        case Rejected():
            return ERRORS_FOUND
        case Unreadable():
            return UNREADABLE


def tell_lost_acceptances(given: Given, findings: Iterable[Finding]) -> None:
    """A finding that is not there cannot be let stand: oftenest its code or its cell was mistyped."""
    found = {(finding.code, finding.place) for finding in findings}
    for acceptance in given.accepted:
        if (acceptance.code, acceptance.place) not in found:
            place = acceptance.place
            where = f" en {place.sheet}!{place.cell}".removesuffix("!") if place else ""
            click.echo(f"No hay ningún hallazgo {acceptance.code.name}{where}: no se aceptó nada por él.", err=True)


def _mark(workbook: Path, reading: Reading, out: Path | None) -> int:
    """Ask the worker for the workbook with its marks, where one was asked for, and tell what came of it."""
    if out is None:
        return FINE
    order = {
        "workbook": str(workbook.absolute()),
        "reading": archive.reading_to_json(reading),
        "out": str(out.absolute()),
        "office": office_to_json(Settings.from_environment().office),
    }
    answer = ask_worker({"marked": order})
    for document in answer["documents"]:
        click.echo(f"Libro con los hallazgos marcados:\n  {document['path']}", err=True)
    return tell_problems(answer)


def _as_json(reading: Reading, written: Answer) -> dict[str, Any]:
    understood = archive.reading_to_json(reading)
    plan = understood["plan"] or {}
    return {
        **{name: plan.get(name) for name in ("year", "quarter", "version", "title")},
        "actions": len(plan.get("actions", ())),
        **written,
        "findings": understood["findings"],
    }


def _tell_what_was_written(written: Answer, reading: Reading) -> None:
    if reading.findings:
        click.echo(f"{findings_as_text(reading.findings)}\n", err=True)
    tell_problems(written)
    documents = written["documents"]
    click.echo(
        f"{counted(len(documents), 'documento escrito', 'documentos escritos')}:"
        if documents
        else "No se escribió ningún documento."
    )
    for document in documents:
        click.echo(f"  {document['path']}")
