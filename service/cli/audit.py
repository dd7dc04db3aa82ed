"""`folio verify`: what the store remembers -> whether anything of it was altered or lost, and where it first shows.

The same order is also `folio audit verify`, as it was called first.
"""

from __future__ import annotations

import base64
import hashlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from service.cli.database import data_option
from service.cli.offline import ask_worker, print_json
from service.cli.spanish import ERRORS_FOUND, FINE, Group
from service.cli.told import counted
from service.domain import archive
from service.domain.contents import contents_sha256
from service.domain.errors import StoreUnavailable
from service.domain.reports import DocumentKind, JobState
from service.settings import Settings

if TYPE_CHECKING:  # the database costs the other orders half a second
    from service.store import AuditVerdict, Origin, Store, StoredReport

_NAMES: Final = {DocumentKind.WORD: "El Word", DocumentKind.EXCEL: "El Excel"}
# How many documents the worker writes for one question; a thousand actions are some MiB of JSON.
_AT_ONCE: Final = 20
_PAGE: Final = 100
_SQLITE: Final = "sqlite:///"


@click.group("audit", cls=Group)
def audit_group() -> None:
    """Comprueba el registro de lo que se hizo con cada informe."""


@audit_group.command("verify")
@click.option(
    "--regenerate",
    is_flag=True,
    help="Escribe otra vez cada Word y cada Excel expedido y comprueba que sea idéntico, byte por byte; si solo está "
    "comprimido de otro modo, que cada parte diga lo mismo.",
)
@data_option
@click.option("--json", "as_json", is_flag=True, help="Escribe el resultado en JSON, para otros programas.")
def verify_command(*, regenerate: bool, data: str | None, as_json: bool) -> int:
    """Comprueba que nada de lo guardado se perdió ni fue alterado.

    Mira cada archivo, cada fila y el registro; si algo no está bien, dice dónde se ve primero.
    """
    from service.store import open_store  # noqa: PLC0415 - as above

    url = Settings.from_environment(FOLIO_DATA_DIR=data).database_url
    file = Path(url.removeprefix(_SQLITE))
    if url.startswith(_SQLITE) and not file.exists():
        # Opening it would make one.
        click.echo(f"No hay ninguna base de datos en {file}: la hace «folio serve».", err=True)
        return ERRORS_FOUND
    try:
        store = open_store(url)
        verdict = store.verify_audit(_progress)
        again = _regenerated(store) if regenerate else None
    except StoreUnavailable as problem:
        click.echo(problem.detail, err=True)
        return ERRORS_FOUND
    if as_json:
        print_json(asdict(verdict) | ({} if again is None else {"regenerated": again}))
    else:
        _tell(verdict)
        if again is not None:
            _tell_again(again)
    return FINE if verdict.is_sound and not (again and again["problems"]) else ERRORS_FOUND


def _tell(verdict: AuditVerdict) -> None:
    entries = counted(verdict.entries, "entrada", "entradas")
    if verdict.is_sound:
        contents = counted(verdict.contents, "contenido guardado", "contenidos guardados")
        click.echo(
            f"El registro está íntegro: {entries}.\nHuella de la última: {verdict.head}\n"
            f"Nada falta ni cambió: {contents} (libros, documentos, plantillas), cada uno con su huella."
        )
        return
    first, *others = verdict.broken
    where = f" Se ve primero en la entrada {first.seq}:" if first.seq is not None else ""
    click.echo(f"El registro no está íntegro.{where} {first.problem}")
    for link in others:
        click.echo(f"  Entrada {link.seq}: {link.problem}" if link.seq is not None else f"  {link.problem}")


def _tell_again(again: dict[str, Any]) -> None:
    for problem in again["problems"]:
        click.echo(problem)
    if again["identical"]:
        same = counted(again["identical"], "documento expedido sale idéntico", "documentos expedidos salen idénticos")
        click.echo(f"{same}, byte por byte, al escribirlos otra vez.")
    if again["recompressed"]:
        same = counted(again["recompressed"], "documento expedido sale", "documentos expedidos salen")
        click.echo(f"{same} con lo mismo en cada una de sus partes; solo cambia cómo están comprimidas.")
    if not again["identical"] and not again["recompressed"]:
        click.echo("No se comprobó ninguno.")


def _regenerated(store: Store) -> dict[str, Any]:
    """How many issued documents come out the same when they are written again, and a sentence for each other.

    Those that say the same in every part, and are only deflated by what another release of Folio deflates with, are
    counted apart ("recompressed").
    """
    result: dict[str, Any] = {"identical": 0, "recompressed": 0, "problems": []}
    waiting: list[_Kept] = []
    for kept in _issued_documents(store):
        if kept.origin.template is None:
            result["problems"].append(f"{kept.name}: no se guardó la plantilla con que se escribió.")
            continue
        waiting.append(kept)
        if len(waiting) == _AT_ONCE:
            _compare(waiting, result)
            waiting = []
    if waiting:
        _compare(waiting, result)
    return result


@dataclass(frozen=True, slots=True)
class _Kept:
    """An issued document: what to call it, what it was made of, and how to fetch its bytes."""

    name: str
    origin: Origin
    fetch: Callable[[], bytes | None]


def _issued_documents(store: Store) -> Iterator[_Kept]:
    """Every official document of every issued report."""
    for office in store.planning_offices():
        there = store.within(office.id)
        page = there.reports(_PAGE, is_issued=True)
        while page:
            for report in page:
                for document in report.documents:
                    if document.kind.is_official and document.state is JobState.DONE:
                        origin = there.origin(report.id, document.kind)
                        if origin:
                            yield _Kept(
                                _name(report, document.kind),
                                origin,
                                partial(_content, there, report.id, document.kind),
                            )
            page = there.reports(_PAGE, page[-1].id, is_issued=True)


def _name(report: StoredReport, kind: DocumentKind) -> str:
    quarter = f"{report.quarter.roman} trimestre de {report.year}"
    return f"{_NAMES[kind]} del {quarter}, versión {report.version}, edición {report.edition} ({report.id})"


def _content(store: Store, report_id: str, kind: DocumentKind) -> bytes | None:
    kept = store.document(report_id, kind)
    return kept[1] if kept else None


def _compare(documents: list[_Kept], result: dict[str, Any]) -> None:
    origins = [document.origin for document in documents]
    templates = {origin.template_fingerprint: origin.template for origin in origins}
    order = {
        "templates": {name: base64.b64encode(content or b"").decode() for name, content in templates.items()},
        "documents": [
            {
                "report": archive.report_to_json(origin.report),
                "kind": origin.kind,
                "template": origin.template_fingerprint,
            }
            for origin in origins
        ],
    }
    answer = ask_worker({"again": order})
    nothing = [None] * len(documents)
    written = zip(answer.get("sha256") or nothing, answer.get("contents_sha256") or nothing, strict=True)
    for document, (sha256, of_contents) in zip(documents, written, strict=True):
        if sha256 == document.origin.sha256:
            result["identical"] += 1
        elif sha256 is not None and _says(document) == of_contents:
            result["recompressed"] += 1
        else:
            reason = "no se pudo escribir otra vez" if sha256 is None else "sale distinto al escribirlo otra vez"
            result["problems"].append(f"{document.name} {reason}.")


def _says(document: _Kept) -> str | None:
    """The hash of what the members of a kept document say; None where its bytes are not those that were kept."""
    content = document.fetch()
    if content is None or hashlib.sha256(content).hexdigest() != document.origin.sha256:
        return None
    return contents_sha256(content)


def _progress(done: int, total: int) -> None:
    """Say how far it is where somebody watches."""
    if sys.stderr.isatty():
        click.echo(f"\r{done} de {total}", nl=done == total, err=True)
