"""The service's work without a server: a path -> what was read there, an order -> what the worker wrote.

The worker is its own entry point, a process that is asked once; the service never imports it.
"""

from __future__ import annotations

import datetime as dt
import json
import secrets
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from service import disk
from service.cli.spanish import ERRORS_FOUND, FINE, UNREADABLE
from service.domain import archive
from service.domain.errors import StoreUnavailable
from service.domain.frame import NO_FRAME, Frame
from service.domain.office import Office, OfficeSettings
from service.domain.office_json import office_to_json
from service.domain.plan import Plan
from service.domain.reading import Given, Reading
from service.domain.reports import DocumentKind, Report
from service.settings import PROJECT, Settings
from service.sheets.isolated import ReadingRoom

Answer = dict[str, Any]


class CannotRead(Exception):
    """The path names nothing that can be used; the message is for a person, the exit code for a program."""

    def __init__(self, message: str, exit_code: int = UNREADABLE) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def office_settings(file: Path | None = None) -> OfficeSettings:
    """What counts on this machine: a file's words, else those that were kept last here, else the reference office's.

    Args:
        file: the office's file; None for the one that the environment names.

    Raises:
        UnusableSettings: there is no such file, or it cannot be used.
        CannotRead: what was kept cannot be read.
    """
    settings = Settings.from_environment(FOLIO_OFFICE_FILE=str(file) if file else None)
    database = settings.database_url.removeprefix("sqlite:///")
    if settings.office_file or not Path(database).is_file():
        return settings.office_settings
    from service.store import open_store  # noqa: PLC0415 - it costs half a second, where nothing was kept for nothing

    store = open_store(settings.database_url)
    try:
        kept = store.office()
    except StoreUnavailable as problem:
        raise CannotRead(problem.detail, ERRORS_FOUND) from problem
    finally:
        store.close()
    return kept.settings if kept else settings.office_settings


def read(workbook: Path, given: Given, office: Office | None = None) -> Reading:
    """The plan in a workbook, as the office's settings check it.

    Args:
        workbook: where it is.
        given: what is said beside it.
        office: whose rules count; None for the office's own.

    Raises:
        CannotRead: there is no such file.
    """
    try:
        content = workbook.read_bytes()
    except OSError as problem:
        raise CannotRead(f"No se puede leer {workbook}: {disk.reason(problem)}.") from problem
    room = ReadingRoom()
    try:
        return room.read(content, given, office=office or Settings.from_environment().office)[0]
    finally:
        room.close()


def report_of(plan: Plan, *, is_draft: bool = False, frame: Frame = NO_FRAME) -> Report:
    """A report that nobody keeps, so that nothing can verify it: the first edition, of now, without a seal."""
    at = dt.datetime.now(dt.UTC)
    return Report(secrets.token_hex(16), plan, 1, at, is_draft, frame=frame, approval=frame.approval)


def written_to(kind: DocumentKind, *, folder: Path | None = None, file: Path | None = None) -> dict[str, str]:
    """An order for one document: into a folder, under the name that tells what it is, or to a file."""
    if file:
        return {"kind": kind, "file": str(file.absolute())}
    return {"kind": kind, "folder": str((folder or Path()).absolute())}


def write(
    report: Report,
    documents: Sequence[dict[str, str]],
    others: Sequence[Report] = (),
    source: tuple[Path, Reading] | None = None,
) -> Answer:
    """Have documents of a report written: `{"documents": [...], "problems": [...]}`, as `worker.generate` says.

    Args:
        report: what they tell.
        documents: which, and where to; see `written_to`.
        others: the report compared with, or the reports of the year.
        source: the workbook and what was read of it, for what is made of the workbook itself.
    """
    settings = Settings.from_environment()
    order = {
        "report": archive.report_to_json(report),
        "others": [archive.report_to_json(other) for other in others],
        "documents": documents,
        "templates": str(settings.templates_dir),
        "office": office_to_json(settings.office),
    }
    if source:
        workbook, reading = source
        order["source"] = {"workbook": str(workbook.absolute()), "reading": archive.reading_to_json(reading)}
    return ask_worker(order)


def ask_worker(order: dict[str, Any]) -> Answer:
    """The worker's answer to any of the orders that it knows."""
    worker = subprocess.run(
        [sys.executable, "-m", "worker.generate"],
        cwd=PROJECT,
        input=json.dumps(order).encode(),
        stdout=subprocess.PIPE,
        check=False,
    )
    try:
        answer: Answer = json.loads(worker.stdout)
    except ValueError:
        # The worker's own words, if it had any, went to the terminal's error stream.
        detail = "El escritor de documentos terminó sin dar respuesta."
        return {"documents": [], "problems": [{"kind": "", "code": "WORKER", "detail": detail}]}
    return answer


def tell_problems(answer: Answer) -> int:
    """Say what could not be written; the exit code that it means."""
    for problem in answer["problems"]:
        click.echo(f"ERROR  {problem['detail']}", err=True)
    return ERRORS_FOUND if answer["problems"] else FINE


def print_json(value: dict[str, Any]) -> None:
    """Print an object, and nothing else, on the standard output."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))
