"""`folio compare`, `next-quarter` and `year`: plans of several quarters and versions -> what they are to each other."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import click

from service.cli.offline import Answer, CannotRead, print_json, read, report_of, tell_problems, write, written_to
from service.cli.options import json_option, mapping_option, numbers_options, out_option, workbook_argument
from service.cli.spanish import ERRORS_FOUND, FINE, Command
from service.cli.told import counted, findings_as_text, reading_as_text
from service.domain.findings import has_errors
from service.domain.plan import DraftPlan, Plan
from service.domain.reading import Given, Reading, Unreadable
from service.domain.reports import DocumentKind, document_filename
from service.domain.values import VersionNumber
from service.settings import Settings

Mapping = tuple[tuple[str, str], ...]

_MISSING: Final = {
    "year": "la vigencia (--year)",
    "quarter": "el trimestre (--quarter)",
    "version": "la versión (--version)",
}
_NEVER_OVER: Final = "{out} ya existe y no se cambió: elija otro nombre."


def _file_option(name: str, metavar: str, told: str) -> Callable[[Callable[..., int]], Callable[..., int]]:
    return click.option(name, metavar=metavar, type=click.Path(path_type=Path, dir_okay=False), help=told)


@click.command("compare", cls=Command)
@click.argument("before", metavar="ANTES.xlsx", type=click.Path(path_type=Path))
@click.argument("after", metavar="DESPUÉS.xlsx", type=click.Path(path_type=Path))
@_file_option(
    "--redline",
    "DOCUMENTO.docx",
    "Escribe el informe oficial con cada diferencia como cambio de Word, que se acepta o se rechaza.",
)
@_file_option("--changes", "DOCUMENTO.docx", "Escribe el cuadro de control de cambios y cada campo como era y como es.")
@mapping_option
@numbers_options
@json_option
def compare_command(
    before: Path,
    after: Path,
    *,
    redline: Path | None,
    changes: Path | None,
    mapping: Mapping,
    year: int | None,
    quarter: int | None,
    version: VersionNumber | None,
    as_json: bool,
) -> int:
    """Dice qué cambió de un plan a otro y quién debe aprobarlo."""
    from service.cli.changes_told import changes_as_text  # noqa: PLC0415 - comparing costs the other orders a tenth
    from service.domain.changes import compare  # noqa: PLC0415
    from service.domain.changes_json import changes_to_json  # noqa: PLC0415

    given = Given(year, quarter, version, mapping)
    (old, old_reading), (new, new_reading) = (_plan_in(workbook, given) for workbook in (before, after))
    office = Settings.from_environment().office
    found = compare(old, new, office)
    if as_json:
        print_json(changes_to_json(found))
    else:
        click.echo(changes_as_text(found, old, new))
    asked = {DocumentKind.REDLINE: redline, DocumentKind.CHANGES: changes}
    documents = [written_to(kind, file=file) for kind, file in asked.items() if file]
    if not documents:
        return FINE
    earlier, later = (
        report_of(plan, is_draft=has_errors(reading.findings))
        for plan, reading in ((old, old_reading), (new, new_reading))
    )
    return _tell(write(later, documents, (earlier,)), to_stderr=True)


@click.command("next-quarter", cls=Command)
@workbook_argument
@click.option(
    "--out",
    metavar="LIBRO.xlsx",
    type=click.Path(path_type=Path),
    help="Dónde escribirlo (aquí, con un nombre que dice el trimestre).",
)
@mapping_option
@numbers_options
def next_quarter_command(
    workbook: Path,
    *,
    out: Path | None,
    mapping: Mapping,
    year: int | None,
    quarter: int | None,
    version: VersionNumber | None,
) -> int:
    """Prepara el libro de la oficina para el trimestre siguiente.

    El plan queda como está, el avance se vacía y los rótulos dicen el trimestre nuevo. El avance anterior queda al
    lado, para consultarlo.
    """
    plan, reading = _plan_in(workbook, Given(year, quarter, version, mapping))
    out = out or Path(document_filename(plan, 1, DocumentKind.NEXT_QUARTER))
    if out.exists():
        # Somebody may have begun to fill it.
        click.echo(_NEVER_OVER.format(out=out), err=True)
        return ERRORS_FOUND
    written = [written_to(DocumentKind.NEXT_QUARTER, file=out)]
    return _tell(write(report_of(plan), written, source=(workbook, reading)))


@click.command("year", cls=Command)
@click.argument("workbooks", metavar="PLAN.xlsx…", type=click.Path(path_type=Path), nargs=-1, required=True)
@out_option
@mapping_option
def year_command(workbooks: tuple[Path, ...], *, out: Path, mapping: Mapping) -> int:
    """Pone lado a lado los avances de un año, en Word y en Excel.

    Sirve para el informe de fin de año; un trimestre que falte queda como «Sin informe».
    """
    read_plans = [(workbook, *_plan_in(workbook, Given(mapping=mapping))) for workbook in workbooks]
    read_plans.sort(key=lambda each: each[1].quarter)
    problem = _why_no_year([(workbook, plan) for workbook, plan, _ in read_plans])
    if problem:
        click.echo(problem, err=True)
        return ERRORS_FOUND
    reports = [report_of(plan, is_draft=has_errors(reading.findings)) for _, plan, reading in read_plans]
    documents = [written_to(kind, folder=out) for kind in (DocumentKind.YEAR_WORD, DocumentKind.YEAR_EXCEL)]
    return _tell(write(reports[-1], documents, reports))


def _why_no_year(plans: Sequence[tuple[Path, Plan]]) -> str:
    """Why these plans, oldest first, are not the quarters of one year; empty when they are."""
    for (earlier, before), (later, after) in itertools.pairwise(plans):
        if before.year != after.year:
            return f"{earlier.name} es de {before.year} y {later.name} de {after.year}: reúna los de un mismo año."
        if before.quarter == after.quarter:
            quarter = f"{after.quarter.roman} trimestre de {after.year}"
            return f"{earlier.name} y {later.name} son los dos del {quarter}: deje uno."
    return ""


def _plan_in(workbook: Path, given: Given) -> tuple[Plan, Reading]:
    """The plan in a workbook, errors or not, and how it was read; `given` says what the workbook does not.

    Raises:
        CannotRead: the file holds no plan, or nobody says which report it is for.
    """
    reading = read(workbook, Given(mapping=given.mapping))
    missing = _missing(reading)
    said = {name: value for name in missing if (value := getattr(given, name)) is not None}
    if said:
        reading = read(workbook, Given(**said, mapping=given.mapping))
        missing = _missing(reading)
    draft = _draft(reading)
    plan = draft.with_blanks() if draft else None
    if plan is None or draft is None:
        told = f"{workbook.name}: {reading_as_text(reading)}\n\n{findings_as_text(reading.findings)}"
        if draft is None:
            raise CannotRead(told)
        wanted = " y ".join(_MISSING[name] for name in missing)
        raise CannotRead(f"{told}\n\nPara seguir, diga {wanted}.", ERRORS_FOUND)
    if has_errors(reading.findings):
        standing = sum(1 for finding in reading.findings if has_errors((finding,)))
        errors = counted(standing, "error", "errores")
        click.echo(f"{workbook.name} tiene {errors} (véalos con «folio check»): se usa lo que se pudo leer.", err=True)
    return plan, reading


def _draft(reading: Reading) -> DraftPlan | None:
    return None if isinstance(reading, Unreadable) else reading.plan.as_draft()


def _missing(reading: Reading) -> list[str]:
    draft = _draft(reading)
    return [name for name in _MISSING if draft and getattr(draft, name) is None]


def _tell(answer: Answer, *, to_stderr: bool = False) -> int:
    """Say what was written and what could not be; the exit code."""
    documents = answer["documents"]
    if documents:
        click.echo(f"{counted(len(documents), 'documento escrito', 'documentos escritos')}:", err=to_stderr)
    for document in documents:
        click.echo(f"  {document['path']}", err=to_stderr)
    return tell_problems(answer)
