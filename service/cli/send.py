"""`folio send`: a workbook -> a report of a running Folio, through its API, and its documents as files here.

The token travels in every request, and therefore only over https, or to this machine itself, or where the person says
that it may travel in the clear. Whatever the other side answers is told as a sentence with what to do about it.
"""

from __future__ import annotations

import json
import secrets
import socket
import ssl
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import click

from service import disk
from service.cli.offline import CannotRead
from service.cli.options import out_option, reading_options
from service.cli.report import tell_lost_acceptances
from service.cli.spanish import ERRORS_FOUND, FINE, UNREADABLE, Command
from service.cli.told import counted, findings_as_text, reading_as_text
from service.domain.archive import given_to_json, reading_from_json
from service.domain.people import Role
from service.domain.reading import Given, Reading
from service.front_client import DONE, FrontClient, Json, NoAnswer, NotTrusted, Refused, TooSlow
from service.settings import is_loopback, token_of_program

_HERE: Final = "http://127.0.0.1:8000"
_PATIENCE_SECONDS: Final = 600.0
_PATIENCE_TO_FIND_IT: Final = 10.0
# As in an order of this machine: what is no plan at all, and not one with errors.
_NOT_A_PLAN: Final = {"no-es-un-libro", "libro-ilegible", "celda-no-corregida", "demasiado-grande"}
_HOW_TO_GET_ONE: Final = (
    "Hágalo en el equipo donde está Folio con «folio token create --name NOMBRE --role {}», o pídalo a quien lo "
    "administra."
)


class FolioAddressType(click.ParamType[str]):
    """Where a Folio is reached: "https://folio.entidad.gov.co"."""

    name = "dirección"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The same address without a slash at its end."""
        try:
            parts = urlsplit(value)
            is_plain = (
                value.isascii()
                and value.isprintable()
                and " " not in value
                and parts.scheme in {"http", "https"}
                and bool(parts.hostname)
                and parts.port != 0
                and not (parts.username or parts.password or parts.query or parts.fragment)
            )
        except ValueError:
            is_plain = False
        if not is_plain:
            self.fail(
                f"«{value}» no es la dirección de un Folio: escríbala como https://folio.entidad.gov.co.", param, ctx
            )
        return str(value).rstrip("/")


@click.command("send", cls=Command)
@reading_options
@click.option(
    "--url", metavar="DIRECCIÓN", type=FolioAddressType(), default=_HERE, help=f"Dónde atiende Folio ({_HERE})."
)
@out_option
@click.option("--issue", "is_issued", is_flag=True, help="Lo emite, si no le falta nada.")
@click.option(
    "--insecure-http",
    is_flag=True,
    help="Permite una dirección http de otro equipo: el token viaja a la vista de quien esté en la red.",
)
def send_command(workbook: Path, *, given: Given, url: str, out: Path, is_issued: bool, insecure_http: bool) -> int:
    """Sube un plan a un Folio en marcha y trae sus documentos.

    El token con que entra se toma de la variable FOLIO_TOKEN.
    """
    content, front = _content(workbook), FrontClient(url, _token())
    if urlsplit(url).scheme == "http" and not is_loopback(urlsplit(url).hostname or "") and not insecure_http:
        raise CannotRead(
            f"{url} es de otro equipo y no va cifrada: el token quedaría a la vista de quien esté en la red. "
            "Use la dirección https de Folio; si de verdad no la tiene, repita la orden con --insecure-http."
        )
    _be_ready(out)
    try:
        return _send(front, workbook.name, content, given, out, is_issued=is_issued)
    except NoAnswer as problem:
        return _tell(problem, workbook.name, front)


def _send(front: FrontClient, name: str, content: bytes, given: Given, out: Path, *, is_issued: bool) -> int:
    if not front.is_folio(patience=_PATIENCE_TO_FIND_IT):
        raise NoAnswer("no description of Folio")
    fields = _fields(given)
    if is_issued:
        # Its official documents come with the issue; drafts of them would be written for nobody.
        fields["kinds"] = "findings"
    report, is_new = front.send(name, content, fields, secrets.token_hex(16))
    reading = reading_from_json(front.ask_json(f"/api/v1/reports/{report['id']}/plan"))
    tell_lost_acceptances(given, reading.findings)
    _say(f"{name}: {reading_as_text(reading)}\n\n{findings_as_text(reading.findings)}\n")
    if not is_new:
        _say((report.get("proposal") or {}).get("reason", ""))
    page = f"{front.url}/informes/{report['id']}"
    if is_issued:
        try:
            report = front.issue(report["id"])
        except Refused as refusal:
            _say(f"El informe está en Folio como borrador, sin emitir: {page}")
            return _tell(refusal, name, front, role=Role.APPROVES)
    _say(f"Emitido, edición {report['edition']}: {page}" if report["edition"] else f"Borrador: {page}")
    try:
        finished = front.finished(report["id"], patience=_PATIENCE_SECONDS)
    except TooSlow:
        _say(f"Sus documentos todavía se están escribiendo. Descárguelos más tarde en {page}, o repita la orden.")
        return ERRORS_FOUND
    return _keep(front, finished, out, report["id"])


def _keep(front: FrontClient, finished: list[Json], out: Path, report_id: str) -> int:
    """Write the documents, and say which; the exit code."""
    kept = []
    for document in finished:
        if document["state"] != DONE:
            _say(f"ERROR  No se pudo escribir {document['filename']}. {document['problem'] or ''}".rstrip())
            continue
        try:
            kept.append(front.keep(document, out))
        except OSError as problem:
            raise CannotRead(
                f"No se puede escribir en {out}: {disk.reason(problem)}. El informe ya está en Folio: libere espacio o "
                "elija otra carpeta con --out, y repita la orden.",
                ERRORS_FOUND,
            ) from problem
    click.echo(
        f"{counted(len(kept), 'documento escrito', 'documentos escritos')}:" if kept else "No hay ningún documento."
    )
    for path in kept:
        click.echo(f"  {path.absolute()}")
    # A report without its PDF, where there is no LibreOffice, is done all the same.
    is_done = front.ask_json(f"/api/v1/reports/{report_id}")["state"] == DONE
    return FINE if is_done else ERRORS_FOUND


def _content(workbook: Path) -> bytes:
    try:
        return workbook.read_bytes()
    except OSError as problem:
        raise CannotRead(f"No se puede leer {workbook}: {disk.reason(problem)}.") from problem


def _be_ready(out: Path) -> None:
    """Make the folder, so that nothing is uploaded whose documents have nowhere to go."""
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise CannotRead(f"No se puede escribir en {out}: {disk.reason(problem)}.", ERRORS_FOUND) from problem


def _token() -> str:
    token = token_of_program()
    if not token:
        raise CannotRead(f"Falta el token con que se entra a Folio, en la variable FOLIO_TOKEN. {_how_to_get_one()}")
    if not token.isascii() or not token.isprintable() or " " in token:
        raise CannotRead(
            "Lo que dice la variable FOLIO_TOKEN no es un token: cópielo completo, en una sola línea y sin comillas."
        )
    return token


def _how_to_get_one(role: Role = Role.PREPARES) -> str:
    return _HOW_TO_GET_ONE.format(role)


def _why(problem: BaseException | None) -> str:
    """Why nothing answers, to be put behind a colon."""
    match problem:
        case socket.gaierror():
            return "ese nombre no existe en la red"
        case ConnectionRefusedError():
            return "nadie atiende ahí"
        case TimeoutError():
            return "no contestó a tiempo"
        case ssl.SSLError():
            return "lo que atiende ahí no habla https"
        case OSError(errno=int()):
            return f"la red no dejó llegar (error {problem.errno} del sistema)"
        case _:
            return "lo que contesta no es una página de la web"


def _fields(given: Given) -> dict[str, str]:
    said = given_to_json(given)
    fields = {name: str(said[name]) for name in ("year", "quarter", "version") if said[name] is not None}
    if given.mapping:
        fields["mapping"] = json.dumps(dict(given.mapping))
    if given.accepted:
        fields["accepted"] = json.dumps(said["accepted"])
    if given.corrections:
        fields["corrections"] = json.dumps(said["corrections"])
    return fields


def _tell(problem: NoAnswer, name: str, front: FrontClient, role: Role = Role.PREPARES) -> int:
    """Say why nothing came of what takes that role, and what to do; the exit code."""
    match problem:
        case NotTrusted():
            _say(
                f"No se envió nada: el certificado de {front.url} no es de confianza en este equipo. "
                "Revise la dirección. Si el certificado lo firmó la propia entidad, diga en la variable SSL_CERT_FILE "
                "qué archivo tiene el de quien lo firmó."
            )
        case Refused(problem={"type": _}):
            return _tell_refusal(problem, name, front, role)
        case Refused(leads_to=elsewhere) if elsewhere:
            _say(f"{front.url} lleva a otra dirección ({elsewhere}): si es la de su Folio, úsela con --url.")
        case Refused(status=HTTPStatus.BAD_GATEWAY | HTTPStatus.SERVICE_UNAVAILABLE | HTTPStatus.GATEWAY_TIMEOUT):
            _say(f"Folio no está en marcha detrás de {front.url} ({problem}). Inténtelo de nuevo en unos minutos.")
        case Refused(status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE):
            _say(f"Lo que atiende en {front.url} no deja pasar un libro tan grande. Avise a quien administra Folio.")
            return UNREADABLE
        case NoAnswer(__cause__=None):
            _say(f"Lo que atiende en {front.url} no es un Folio ({problem}). Revise la dirección que dio con --url.")
        case _:
            _say(
                f"Folio no responde en {front.url}: {_why(problem.__cause__)}. Revise que esté en marcha («folio "
                "serve» o «make run») y que la dirección de --url sea la suya, y repita la orden: si alcanzó a recibir "
                "el libro, no lo duplica."
            )
    return ERRORS_FOUND


def _tell_refusal(refusal: Refused, name: str, front: FrontClient, role: Role) -> int:
    """What a Folio says of its refusal, what was found in the workbook, and what to do; the exit code."""
    said, kind = refusal.problem, refusal.problem["type"].rpartition(":")[2]
    found = _reading_in(said)
    if found is not None:
        _say(f"{name}: {reading_as_text(found)}\n\n{findings_as_text(found.findings)}\n")
    match refusal.status:
        case HTTPStatus.UNAUTHORIZED:
            _say(
                f"{front.url} no reconoce el token de FOLIO_TOKEN: está incompleto, venció o se anuló. Si hace falta "
                f"otro: {_how_to_get_one()}"
            )
        case HTTPStatus.FORBIDDEN if kind == "sin-permiso":
            _say(f"El token de FOLIO_TOKEN no tiene el rol «{role}», que hace falta. {_how_to_get_one(role)}")
        case HTTPStatus.TOO_MANY_REQUESTS:
            _say(f"{said['title']}. {said['detail']}")
        case _ if found is not None:
            _say("Folio no lo recibió.")
        case _:
            _say(f"{said['title']}. {said['detail']}")
    return UNREADABLE if kind in _NOT_A_PLAN else ERRORS_FOUND


def _reading_in(said: Json) -> Reading | None:
    """What a refusal tells of the workbook; None: it is not refused for what it says."""
    if not said.get("findings"):
        return None
    return reading_from_json({name: said[name] for name in ("plan", "mapping", "findings")})


def _say(sentence: str) -> None:
    if sentence:
        click.echo(sentence, err=True)
