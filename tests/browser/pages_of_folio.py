"""Every page of Folio and every state of it that looks otherwise: what the walk visits (test_every_page.py).

Whoever adds a page to Folio adds it to `VISITS`, or to `LEADS` if it only leads to another: the walk fails until then.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from types import MappingProxyType
from typing import Final

import openpyxl
from flask import Flask
from playwright.sync_api import FilePayload, Page

from service.domain import people
from service.domain.errors import TemplateProblem
from service.domain.frame import Approval, FormatBox, Frame, Logo, Role, Signer
from service.domain.office import Office, OfficeSettings
from service.domain.proof import Proof, Tally
from service.domain.reports import DocumentKind
from service.sheets.isolated import ReadingRoom
from service.store import LinkPurpose, Store, migrate, new_secret, open_store
from tests.integration.samples import NOON, a_document
from tests.integration.web.test_web_pictures import OFICIO, a_pdf
from tests.papers import issued_file
from tests.pictures import a_picture
from tests.signing import part, repacked
from tests.web import Client, example_with, serve, take, write

EMPTY: Final = "empty"
LIVED_IN: Final = "lived_in"
NEW: Final = "new"
_BYTES: Final = "application/octet-stream"

# What programs, monitors and browsers ask for by themselves; nobody reads it as a page.
NOT_PAGES: Final = (
    *("/api/", "/healthz", "/readyz", "/static/", "/plan-de-ejemplo"),
    *("/auditoria/registro.", "/planes/<int:year>/control-de-cambios.csv"),
)

# What an open page asks for to put itself up to date: parts of it.
PARTS_OF_PAGES: Final = ("/marcha",)


@dataclass(frozen=True, slots=True)
class World:
    """A Folio with something in it: its client, the names that addresses are filled in with, its routes."""

    client: Client
    names: Mapping[str, str]
    routes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Visit:
    """A page in one of its states, as `who` sees it; None: nobody who signed in.

    `route` is its rule in Flask; `do` is what a person does there first.
    """

    name: str
    route: str
    address: str
    status: int = 200
    world: str = LIVED_IN
    do: Callable[[Page], None] | None = None
    who: people.Role | None = people.Role.ADMINISTERS


def _refuse_text(page: Page) -> None:
    _choose(page, "plan.xlsx", b"this is no workbook")


def _refuse_errors(page: Page) -> None:
    page.get_by_text("Datos del informe").click()
    page.get_by_label("Si hay errores, guardarlo como borrador").uncheck()
    _choose(page, "plan.xlsx", example_with({"G7": "31/02/2024", "D5": "Otra cosa"}))


def _choose(page: Page, name: str, content: bytes) -> None:
    page.get_by_label("Libro de Excel").set_input_files(FilePayload(name=name, mimeType=_BYTES, buffer=content))
    page.get_by_role("button", name="Subir y escribir el informe").click()
    page.get_by_role("alert").first.wait_for()


def _issue_without_act(page: Page) -> None:
    page.get_by_role("button", name="Emitir el informe").click()
    page.get_by_role("alert").first.wait_for()


def _spoil_office(page: Page) -> None:
    page.get_by_text("Otras listas y los límites de la revisión").click()
    page.get_by_label("Parecido de repetidas").fill("3")
    page.get_by_role("button", name="Guardar los ajustes").click()
    page.get_by_role("alert").first.wait_for()


def _bring_altered(page: Page) -> None:
    word = issued_file(DocumentKind.WORD).content
    document = part(word, "word/document.xml").replace(b"241 cupos", b"247 cupos")
    _bring(page, "informe.docx", repacked(word, {"word/document.xml": document}))
    page.get_by_role("heading", level=1).get_by_text("Está alterado").wait_for()


def _bring_stranger(page: Page) -> None:
    _bring(page, "otro.docx", b"no")
    page.locator(".verdict").wait_for()


def _bring(page: Page, name: str, content: bytes) -> None:
    page.get_by_label("Archivo").set_input_files(FilePayload(name=name, mimeType=_BYTES, buffer=content))
    page.get_by_role("button", name="Comprobar").click()


def _enter_wrongly(page: Page) -> None:
    page.get_by_label("Usuario o correo").fill("nadie@entidad.example")
    page.get_by_label("Contraseña").fill("una que no es")
    page.get_by_role("button", name="Entrar").click()
    page.get_by_role("alert").first.wait_for()


def _choose_badly(page: Page) -> None:
    for label in ("Contraseña nueva", "La misma, otra vez"):
        page.get_by_label(label).fill("aaaaaaaaaaaaaaaa")
    page.get_by_role("button", name=re.compile("entrar|Cambiar la contraseña")).last.click()
    page.get_by_role("alert").first.wait_for()


def _register(page: Page) -> None:
    page.get_by_label("Nombre o cargo").fill("Profesional de planeación")
    page.get_by_label("Usuario o correo").fill("profesional")
    page.get_by_role("button", name="Registrar y hacer su enlace").click()
    page.get_by_label("Enlace de un solo uso").wait_for()


def _register_badly(page: Page) -> None:
    page.get_by_label("Nombre o cargo").fill("Otra persona")
    page.get_by_label("Usuario o correo").fill("con espacios y tildés")
    page.get_by_role("button", name="Registrar y hacer su enlace").click()
    page.get_by_role("alert").first.wait_for()


def _make_token(page: Page) -> None:
    page.get_by_text("Hacer una llave").click()
    page.get_by_label("Para qué programa").fill("Gestor documental")
    page.get_by_role("button", name="Hacer la llave").click()
    page.get_by_label("Llave de acceso").wait_for()


def _demote_the_last(page: Page) -> None:
    page.get_by_label("Qué puede hacer").select_option("lectura")
    page.get_by_role("button", name="Guardar").click()
    page.get_by_role("alert").first.wait_for()


def _ask_for_the_next_quarter(page: Page) -> None:
    page.get_by_role("button", name="Preparar el libro").click()
    page.get_by_text("Siguiente trimestre: en espera").wait_for()


def _verify_the_log(page: Page) -> None:
    page.get_by_role("button", name="Verificar la cadena").click()
    page.get_by_text("El registro está íntegro").wait_for()


VISITS: Final = (
    Visit("enter", "/entrar", "/entrar", who=None),
    Visit("enter, refused", "/entrar", "/entrar?luego=/oficina", do=_enter_wrongly, who=None),
    Visit("enter, where nobody has an account", "/entrar", "/entrar", world=NEW, who=None),
    Visit("link of the administrator", "/llave/<id:secret>", "/llave/{first_key}", world=NEW, who=None),
    Visit("link of a person", "/llave/<id:secret>", "/llave/{key}", who=None),
    Visit("link of a person, refused", "/llave/<id:secret>", "/llave/{key}", do=_choose_badly, who=None),
    Visit("link that is gone", "/llave/<id:secret>", "/llave/gone", 404, who=None),
    Visit("provider that there is not", "/entrar/proveedor", "/entrar/proveedor", 404, who=None),
    Visit("provider, back without", "/entrar/proveedor/vuelta", "/entrar/proveedor/vuelta", 404, who=None),
    Visit("account", "/cuenta", "/cuenta"),
    Visit("account, refused", "/cuenta", "/cuenta", do=_choose_badly),
    Visit("people", "/personas", "/personas"),
    Visit("people, one registered", "/personas", "/personas", do=_register),
    Visit("people, refused", "/personas", "/personas", do=_register_badly),
    Visit("people, a token made", "/personas", "/personas", do=_make_token),
    Visit("person", "/personas/<id:account_id>", "/personas/{account}"),
    Visit("person, refused", "/personas/<id:account_id>", "/personas/{account}", do=_demote_the_last),
    Visit("person, there is none", "/personas/<id:account_id>", "/personas/none", 404),
    Visit("what a role does not allow", "/personas", "/personas", 403, who=people.Role.READS),
    Visit("home of whoever reads", "/", "/", who=people.Role.READS),
    Visit("report of whoever reads", "/informes/<id:report_id>", "/informes/{draft}", who=people.Role.READS),
    Visit("home of an empty office", "/", "/", world=EMPTY),
    Visit("home", "/", "/"),
    Visit("home, a page further", "/", "/?antes={draft}"),
    Visit("home, no workbook", "/", "/", do=_refuse_text),
    Visit("upload", "/subir", "/subir"),
    Visit("upload, where one only reads", "/subir", "/subir", who=people.Role.READS),
    Visit("board", "/tablero", "/tablero"),
    Visit("board of no year", "/tablero", "/tablero?año=1999"),
    Visit("board of an empty office", "/tablero", "/tablero", world=EMPTY),
    Visit("home, a workbook with errors", "/", "/", do=_refuse_errors),
    Visit("report, a draft with errors", "/informes/<id:report_id>", "/informes/{errors}"),
    Visit("report, a draft to issue", "/informes/<id:report_id>", "/informes/{draft}"),
    Visit(
        "report, issued with something missing", "/informes/<id:report_id>", "/informes/{draft}", do=_issue_without_act
    ),
    Visit("report, a document failed", "/informes/<id:report_id>", "/informes/{failed}"),
    Visit("report, known already", "/informes/<id:report_id>", "/informes/{draft}?conocido=1"),
    Visit("report, issued", "/informes/<id:report_id>", "/informes/{issued}"),
    Visit("report, replaced", "/informes/<id:report_id>", "/informes/{replaced}"),
    Visit("report, there is none", "/informes/<id:report_id>", "/informes/0123456789abcdefghijkl", 404),
    Visit("changes", "/informes/<id:report_id>/cambios", "/informes/{draft}/cambios"),
    Visit("changes, nothing before", "/informes/<id:report_id>/cambios", "/informes/{replaced}/cambios"),
    Visit("changes, of every row", "/informes/<id:report_id>/cambios", "/informes/{draft}/cambios?todas=1"),
    Visit(
        "changes, rows came and went", "/informes/<id:report_id>/cambios", "/informes/{other}/cambios?contra={issued}"
    ),
    Visit("changes, nothing", "/informes/<id:report_id>/cambios", "/informes/{issued}/cambios?contra={same}"),
    Visit("versions of nobody", "/versiones", "/versiones", world=EMPTY),
    Visit("versions", "/versiones", "/versiones"),
    Visit("plan", "/planes/<int:year>", "/planes/2024"),
    Visit("plan, two to be chosen", "/planes/<int:year>", "/planes/2024?elija=dos"),
    Visit("plan, what was asked for", "/planes/<int:year>", "/planes/2024", do=_ask_for_the_next_quarter),
    Visit("plan, there is none", "/planes/<int:year>", "/planes/1999", 404),
    Visit("audit", "/auditoria", "/auditoria"),
    Visit("audit, found", "/auditoria", "/auditoria?texto=emitio&que=issued&informe={issued}"),
    Visit("audit, nothing found", "/auditoria", "/auditoria?texto=zzzz"),
    Visit("audit, cannot be searched so", "/auditoria", "/auditoria?vigencia=12&quien=%00", 400),
    Visit("audit, verified", "/auditoria", "/auditoria", do=_verify_the_log),
    Visit("office of nobody", "/oficina", "/oficina", world=EMPTY),
    Visit("office", "/oficina", "/oficina"),
    Visit("office, saved", "/oficina", "/oficina?guardado=2"),
    Visit("office, errors", "/oficina", "/oficina", do=_spoil_office),
    Visit("logo, there is none", "/oficina/logo", "/oficina/logo", 404, EMPTY),
    Visit("verify", "/verificar", "/verificar"),
    Visit("verify, altered", "/verificar", "/verificar/{code}", do=_bring_altered),
    Visit("verify, not ours", "/verificar", "/verificar", do=_bring_stranger),
    Visit("verify, a code", "/verificar/<code>", "/verificar/{code}"),
    Visit("verify, a code of what was replaced", "/verificar/<code>", "/verificar/{old_code}"),
    Visit("verify, no such code", "/verificar/<code>", "/verificar/K7QF-3M9P-X2TD", 404),
    Visit("blank workbook of no year", "/plantilla-en-blanco", "/plantilla-en-blanco", 400),
    Visit("no such page", "", "/no-existe", 404),
)

# Routes that are no page of their own: an address of each, which leads to one that is visited.
LEADS: Final = MappingProxyType(
    {
        "/informes": "/informes",
        "/informes/<id:report_id>/<any(correccion, paso):_form>": "/informes/{draft}/paso",
        "/informes/<id:report_id>/<any(emision, documentos):_form>": "/informes/{draft}/emision",
        "/informes/<id:report_id>/firmada": "/informes/{issued}/firmada",
        "/oficina/ajustes/<int:_seq>": "/oficina/ajustes/1",
        "/salir": "/salir",
        "/cuenta/<path:_form>": "/cuenta/clave",
        "/personas/<path:_form>": "/personas/tokens/x",
        "/versiones/comparar": "/versiones/comparar?de={issued}&a={other}",
        "/auditoria/verificacion": "/auditoria/verificacion",
    }
)


@contextmanager
def new_world(folder: Path, reading_room: ReadingRoom) -> Iterator[World]:
    """A Folio in which nobody has an account."""
    with _world(folder, reading_room, signs_in=False) as (client, store, routes):
        yield World(client, {"first_key": _a_key(store, LinkPurpose.ADMINISTRATOR, None)}, routes)


@contextmanager
def empty_world(folder: Path, reading_room: ReadingRoom) -> Iterator[World]:
    """A Folio to which nobody has said anything."""
    with _world(folder, reading_room) as (client, _store, routes):
        yield World(client, {}, routes)


@contextmanager
def lived_in_world(folder: Path, reading_room: ReadingRoom) -> Iterator[World]:
    """An office with its settings, an issued report and the one that it replaced, and drafts of every sort."""
    with _world(folder, reading_room) as (client, store, routes):
        yield World(client, _lived_in(client, store), routes)


@contextmanager
def _world(
    folder: Path, reading_room: ReadingRoom, *, signs_in: bool = True
) -> Iterator[tuple[Client, Store, frozenset[str]]]:
    url = f"sqlite:///{folder}/folio.db"
    migrate(url)
    store = open_store(url)
    routes: set[str] = set()

    def look(app: Flask) -> None:
        routes.update(rule.rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ()))

    with serve(store, reading_room, look=look, signs_in=signs_in) as client:
        yield client, store, frozenset(routes)
    store.close()


def _a_key(store: Store, purpose: LinkPurpose, account_id: str | None) -> str:
    secret, now = new_secret(), dt.datetime.now(dt.UTC)
    store.make_link(secret, purpose, account_id, now=now, expires_at=now + dt.timedelta(days=1), by="una prueba")
    return secret


def _lived_in(client: Client, store: Store) -> dict[str, str]:
    frame = Frame(
        entity="Entidad de Ejemplo",
        logo=Logo(a_picture(), "image/png", 60, 40, "Escudo de la entidad"),
        signers=(Signer(Role.DRAFTED, "Persona de Ejemplo Uno", "Profesional"),),
        approval=Approval("Comité de Ejemplo", "Acta 1", dt.date(2024, 5, 2)),
        format_box=FormatBox("Planeación", "Seguimiento", "F-01", "3", dt.date(2023, 1, 1)),
        has_radicado_zone=True,
    )
    for settings in (OfficeSettings(Office(units=("Dependencia de Ejemplo",))), OfficeSettings(frame=frame)):
        store.keep_office(settings, now=NOON, by="Oficina de Planeación")
    of_before: dict[str, object] = {"A3": "Versión 1.0", "F6": 3}
    replaced = client.issued(client.upload(example_with(of_before)).json)["id"]
    corrected = client.upload(
        example_with({**of_before, "K6": "Durante el tercer trimestre de 2024 se avanzó 2 de 3."})
    )
    issued = client.issued(corrected.json, reason="Un error", description="Se corrigió el avance.")["id"]
    for kind in (DocumentKind.WORD, DocumentKind.EXCEL):
        write(store, issued, kind, issued_file(kind).content)
    draft = client.upload(kinds="word,pdf").json["id"]
    write(store, draft, DocumentKind.WORD)
    proof = Proof(Tally(10, 10), Tally(110, 110), Tally(9000, 9000), 7, ())
    pdf = replace(a_document(DocumentKind.PDF, a_pdf(*[OFICIO] * 7)), proof=proof)
    assert store.finish(take(store, draft, DocumentKind.PDF), pdf, dt.datetime.now(dt.UTC))
    errors = client.upload(example_with({"G7": "31/02/2024", "K9": None, "F6": "cuatro"}), draft="true").json["id"]
    failed = client.upload(example_with({"B7": "Otra acción " * 30})).json["id"]
    store.fail(take(store, failed, DocumentKind.WORD), TemplateProblem("La plantilla pide otro dato."), NOON)
    # Action 3 is gone, and what stands behind it has moved up.
    rows = openpyxl.load_workbook(BytesIO(example_with({"B6": "Otra acción muy distinta", "D8": "Otro indicador"})))
    rows.worksheets[0].delete_rows(9)
    kept = BytesIO()
    rows.save(kept)
    other = client.upload(kept.getvalue(), draft="true").json["id"]
    corrected_book = example_with({**of_before, "K6": "Durante el tercer trimestre de 2024 se avanzó 2 de 3."})
    same = client.upload(corrected_book, step="correction").json["id"]
    codes = {
        name: report.code
        for name, report_id in (("code", issued), ("old_code", replaced))
        if (report := store.report(report_id))
    }
    return {
        **{name: code for name, code in codes.items() if code},
        "key": _a_key(store, LinkPurpose.PASSWORD, client.as_(people.Role.PREPARES).account.id),
        "account": client.account.id,
        "replaced": replaced,
        "issued": issued,
        "draft": draft,
        "errors": errors,
        "failed": failed,
        "other": other,
        "same": same,
    }
