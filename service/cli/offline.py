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
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from service import disk
from service.cli.spanish import ERRORS_FOUND, FINE, UNREADABLE
from service.domain import archive
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


def read(workbook: Path, given: Given) -> Reading:
    """The plan in a workbook, as the office's settings check it.

    Raises:
        CannotRead: there is no such file.
    """
    try:
        content = workbook.read_bytes()
    except OSError as problem:
        raise CannotRead(f"No se puede leer {workbook}: {disk.reason(problem)}.") from problem
    room = ReadingRoom(office=Settings.from_environment().office)
    try:
        return room.read(content, given)[0]
    finally:
        room.close()


def report_of(plan: Plan, *, is_draft: bool = False) -> Report:
    """A report that nobody keeps: the first edition, of now."""
    return Report(secrets.token_hex(16), plan, 1, dt.datetime.now(dt.UTC), is_draft)


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
        "office": asdict(settings.office),
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
