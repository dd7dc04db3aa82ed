"""The final check over HTTP: what is ready and what lacks, all in one list, on the page and in the refusal."""

from __future__ import annotations

import datetime as dt
import json
import re
from typing import Any
from urllib.parse import urlencode

import pytest

from service.domain.errors import NoPdf, ProofFailed
from service.domain.frame import Approval, Frame, Role, Signer
from service.domain.office import Office, OfficeSettings
from service.domain.reports import DocumentKind
from service.sheets.isolated import ReadingRoom
from service.store import Store
from tests.integration.samples import NOON
from tests.web import Answer, Client, example_with, problem_of, serve, take

COMMITTEE = "Comité Institucional de Gestión y Desempeño"
SOMEBODY = Signer(Role.DRAFTED, "Persona de Ejemplo Uno", "Profesional de planeación")
OF_BEFORE = {"A3": "Versión 1.0", "F6": 3}


def keep(store: Store, frame: Frame) -> None:
    store.keep_office(OfficeSettings(frame=frame), now=NOON, by="prueba")


def points(client: Client, report: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """The list on the report's page: of each point whether it is ready, and what is told."""
    page = client.get(f"/informes/{report['id']}").text
    found = re.findall(
        r'<span class="mark [a-z]+">(Listo|Falta|Aviso)</span> <strong>(.+?)\.</strong> (.+?)(?:</li>| <a)', page
    )
    return {name: (mark, told) for mark, name, told in found}


def refused(client: Client, report: dict[str, Any], **said: Any) -> dict[str, str]:
    """What keeps a draft from being issued, by field."""
    problem = problem_of(client.post(f"/api/v1/reports/{report['id']}/issue", **said), 409)
    return {error["field"]: error["message"] for error in problem["errors"]}


def press(client: Client, page: str, sending: str) -> Answer:
    """Send the form of a page whose hidden fields are for this."""
    pattern = r'<form action="([^"]+)" method="post">\s*((?:<input type="hidden"[^>]+>\s*)+)'
    forms = (
        (action, dict(re.findall(r'name="(\w+)" value="([^"]*)"', fields)))
        for action, fields in re.findall(pattern, page)
    )
    action, fields = next(each for each in forms if f"-{sending}-" in each[1].get("sending", ""))
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return client.ask("POST", action, urlencode(fields).encode(), headers)


def test_a_draft_that_lacks_nothing_says_so_point_by_point(client: Client, sqlite_store: Store) -> None:
    approval = Approval(COMMITTEE, "Acta 5", dt.date(2024, 9, 10))
    keep(sqlite_store, Frame(entity="Entidad de Ejemplo", signers=(SOMEBODY,), approval=approval))
    report = client.upload().json

    found = points(client, report)

    assert list(found) == [
        "Errores del libro", "Textos", "Firmantes", "Ajustes de la oficina", "Fecha", "Aprobación", "Documentos",
    ]  # fmt: skip
    assert {mark for mark, _ in found.values()} == {"Listo"}
    assert found["Firmantes"][1] == "1 persona firma el informe, con su nombre y su cargo."
    assert found["Aprobación"][1] == f"La de los ajustes: {COMMITTEE}, Acta 5, 10/09/2024."
    assert client.issued(report)["status"] == "issued"


def test_without_signers_the_page_says_that_there_will_be_no_block(client: Client) -> None:
    mark, told = points(client, client.upload().json)["Firmantes"]
    assert mark == "Aviso"
    assert told.startswith("Nadie firma: sale sin bloque de firmas. Quién firma se dice en Oficina.")


@pytest.mark.parametrize(
    ("name", "position", "told"),
    [
        ("XXXX", "Profesional", "en «Elaboró» dice «XXXX»"),
        ("N.N.", "Profesional", "en «Elaboró» dice «N.N.»"),
        ("Nombre", "Cargo", "en «Elaboró» dice «Nombre» y en «Elaboró» dice «Cargo»"),
        ("Persona de Ejemplo Uno", "Por definir", "en «Elaboró» dice «Por definir»"),
        ("Pendiente", "Profesional", "en «Elaboró» dice «Pendiente»"),
        ("Persona de Ejemplo Uno", "", "en «Elaboró» no dice el cargo"),
        ("{{ nombre }}", "Profesional", "en «Elaboró» dice «{{ nombre }}»"),
    ],
)
def test_a_signer_who_is_nobody_keeps_a_report_from_being_issued(
    client: Client, sqlite_store: Store, name: str, position: str, told: str
) -> None:
    keep(sqlite_store, Frame(signers=(Signer(Role.DRAFTED, name, position),)))

    lacking = refused(client, client.upload().json)

    assert lacking == {"signers": f"Falta saber quién firma: {told}."}


def test_everything_that_lacks_is_told_at_once_and_the_form_waits(client: Client, sqlite_store: Store) -> None:
    signer = Signer(Role.APPROVED, "Por definir", "Directora General")
    keep(
        sqlite_store, Frame(entity="[escriba la entidad]", signers=(signer,), approval=Approval(on=dt.date(2999, 1, 1)))
    )
    cells = {
        "C6": None,
        "K7": "Se avanzó en {{ avance }} según el registro del trimestre, con dos productos.",
        "D8": "xxxx",
    }
    report = client.upload(example_with(cells), draft="true").json

    lacking, found = refused(client, report), points(client, report)

    assert list(lacking) == ["findings", "texts", "signers", "office"]
    assert lacking["texts"] == (
        "Hay textos de relleno en D8: escriba los definitivos, o acéptelos con una razón. "
        "Quedaron marcas de plantilla («{{» o «{%») en la fila 7: quítelas en el libro."
    )
    assert "«Nombre de la entidad» dice «[escriba la entidad]»" in lacking["office"]
    assert "«Fecha de aprobación» es 1/01/2999, que no ha llegado" in lacking["office"]
    assert [name for name, (mark, _) in found.items() if mark == "Falta"] == [
        "Errores del libro", "Textos", "Firmantes", "Ajustes de la oficina",
    ]  # fmt: skip
    page = client.get(f"/informes/{report['id']}").text
    assert 'href="/oficina#signers"' in page
    assert "Emitir el informe</button>" not in page


def test_a_filler_that_was_accepted_with_a_reason_is_no_obstacle(client: Client) -> None:
    book = example_with({"D8": "Indicador XXXX de la entidad"})
    draft = client.upload(book).json
    assert list(refused(client, draft)) == ["texts"]
    (found,) = [finding for finding in draft["findings"] if finding["code"] == "TEXT_020"]
    reason = [{"code": "TEXT_020", "sheet": found["sheet"], "cell": found["cell"], "reason": "Así se llama"}]

    accepted = client.upload(book, accepted=json.dumps(reason), step="correction").json

    assert client.issued(accepted)["status"] == "issued"


def late_on(day: dt.date) -> dt.datetime:
    """Three in the morning of the next day in UTC, which is still that day in Bogotá."""
    return dt.datetime.combine(day + dt.timedelta(1), dt.time(3), dt.UTC)


def test_no_report_is_issued_before_its_cut_off_in_bogota(sqlite_store: Store, reading_room: ReadingRoom) -> None:
    now = [late_on(dt.date(2024, 9, 29)), late_on(dt.date(2024, 9, 30))]
    with serve(sqlite_store, reading_room, clock=lambda: now[0]) as client:
        report = client.upload().json
        told = "El III trimestre de 2024 termina el 30/09/2024: su informe se emite desde ese día."
        assert refused(client, report) == {"date": told}
        assert points(client, report)["Fecha"] == ("Falta", told)
        del now[0]
        assert client.issued(report)["status"] == "issued"


def test_an_act_in_the_settings_is_never_taken_for_that_of_a_new_version(client: Client, sqlite_store: Store) -> None:
    keep(sqlite_store, Frame(approval=Approval(COMMITTEE, "Acta 5", dt.date(2024, 9, 10))))
    client.issued(client.upload(example_with(OF_BEFORE)).json)
    draft = client.upload().json

    assert points(client, draft)["Aprobación"][0] == "Falta"
    assert list(refused(client, draft)) == ["approval.instance", "approval.act", "approval.date", "reason"]
    told = refused(client, draft, reason="El Comité sesiona el 20 de octubre")["approval.act"]
    assert f"traen una aprobación ({COMMITTEE}, Acta 5, 10/09/2024)" in told
    approval = {"instance": COMMITTEE, "act": "Acta 6", "date": "2024-10-01"}
    assert client.issued(draft, approval=approval)["approval"] == approval


@pytest.mark.parametrize(("kind", "named"), [(DocumentKind.WORD, "de Word"), (DocumentKind.EXCEL, "de Excel")])
def test_a_draft_whose_document_failed_is_not_issued_until_it_is_written(
    client: Client, sqlite_store: Store, kind: DocumentKind, named: str
) -> None:
    draft = client.upload().json
    sqlite_store.fail(take(sqlite_store, draft["id"], kind), ProofFailed("Falta la celda B7."), NOON)
    told = f"No se pudo escribir el documento {named}. Falta la celda B7."

    assert points(client, draft)["Documentos"] == ("Falta", told)
    assert refused(client, draft) == {"documents": told}
    page = client.get(f"/informes/{draft['id']}").text
    assert 'href="#documents-title">Ver los documentos' in page
    assert "Emitir el informe</button>" not in page
    client.ask("POST", f"/api/v1/reports/{draft['id']}/documents/{kind.value}/retry")
    assert points(client, draft)["Documentos"][0] == "Listo"
    assert client.issued(draft)["status"] == "issued"


def test_a_pdf_that_failed_hinders_and_one_for_want_of_libreoffice_does_not(
    client: Client, sqlite_store: Store
) -> None:
    draft = client.upload(kinds="findings,pdf").json
    pdf = f"/api/v1/reports/{draft['id']}/documents/pdf/retry"

    sqlite_store.fail(take(sqlite_store, draft["id"], DocumentKind.PDF), ProofFailed("Falta la página 2."), NOON)
    assert refused(client, draft) == {"documents": "No se pudo escribir el PDF. Falta la página 2."}
    client.ask("POST", pdf)
    sqlite_store.fail(take(sqlite_store, draft["id"], DocumentKind.PDF), NoPdf("No está LibreOffice."), NOON)

    assert points(client, draft)["Documentos"][0] == "Listo"
    assert client.issued(draft)["status"] == "issued"


@pytest.mark.parametrize("address", ["http://localhost:8000", "http://127.0.0.1:8000", "http://[::1]:8000"])
def test_papers_that_would_lead_to_this_machine_only_are_warned_of_and_issued(
    sqlite_store: Store, reading_room: ReadingRoom, address: str
) -> None:
    with serve(sqlite_store, reading_room, public_address=address) as client:
        draft = client.upload().json
        mark, told = points(client, draft)["Dirección de verificación"]
        office = client.get("/oficina").text
        keep(sqlite_store, Frame(has_seal=False))
        assert "Dirección de verificación" not in points(client, draft)
        assert client.issued(draft)["status"] == "issued"

    assert mark == "Aviso"
    assert told.startswith("La dirección de verificación que se imprimirá es la de este equipo (localhost)")
    assert "es la de este equipo (localhost), y desde otro no sirve" in office


def test_a_public_address_is_no_reason_for_a_warning(client: Client) -> None:
    assert "Dirección de verificación" not in points(client, client.upload().json)
    assert "localhost" not in client.get("/oficina").text


def test_the_same_workbook_is_issued_again_with_the_signers_that_came_later(
    client: Client, sqlite_store: Store
) -> None:
    first = client.issued(client.upload().json)
    page = client.upload(path="/informes").headers["Location"]
    assert "Los ajustes de la oficina cambiaron" not in client.get(page).text
    keep(sqlite_store, Frame(signers=(SOMEBODY,)))
    told = "para emitirlo con los de hoy, súbalo de nuevo como corrección."

    known = client.upload()
    shown = client.get(page).text
    sent = press(client, shown, "settings")
    again = press(client, shown, "settings")
    draft = sent.headers["Location"].rsplit("/", 1)[-1]
    second = client.issued({"id": draft})

    assert (known.status, known.json["id"]) == (200, first["id"])
    assert known.json["proposal"]["reason"].endswith(told)
    assert told in shown
    assert sent.headers["Location"] == again.headers["Location"] != page
    assert (second["edition"], second["step"], second["previous"]) == (2, "correction", first["id"])
    written = take(sqlite_store, draft, DocumentKind.WORD).report
    assert written.frame.signers == (SOMEBODY,)
    assert take(sqlite_store, first["id"], DocumentKind.WORD).report.frame.signers == ()
    assert "Los ajustes de la oficina cambiaron" not in client.upload().json["proposal"]["reason"]
    assert "Los ajustes de la oficina cambiaron" not in client.get(f"/informes/{first['id']}").text


def test_a_draft_is_made_again_with_the_settings_of_today(client: Client, sqlite_store: Store) -> None:
    first = client.upload().json
    keep(sqlite_store, Frame(signers=(SOMEBODY,)))

    page = client.upload(path="/informes").headers["Location"]
    sent = press(client, client.get(page).text, "settings")
    second = client.get(f"/api/v1{sent.headers['Location'].replace('informes', 'reports')}").json

    assert page.startswith(f"/informes/{first['id']}")
    assert (second["status"], second["step"], second["id"] != first["id"]) == ("draft", "first", True)
    assert take(sqlite_store, second["id"], DocumentKind.WORD).report.frame.signers == (SOMEBODY,)


def test_settings_that_no_document_shows_are_no_reason_to_issue_again(client: Client, sqlite_store: Store) -> None:
    client.issued(client.upload().json)
    sqlite_store.keep_office(OfficeSettings(Office(acronyms=("SDP",))), now=NOON, by="prueba")

    assert "Los ajustes de la oficina cambiaron" not in client.upload().json["proposal"]["reason"]


def test_what_changes_of_an_approved_version_without_another_is_told(client: Client) -> None:
    client.issued(client.upload().json)
    by_planning = client.upload(example_with({"C6": "Dependencia de Ejemplo Dos"}), draft="true").json
    assert points(client, by_planning)["Aprobación"] == (
        "Listo", "Sus cambios los aprueba la oficina de planeación: no hace falta acta.",
    )  # fmt: skip
    assert "Acta o acto" not in client.get(f"/informes/{by_planning['id']}").text

    changed = example_with({"F6": 5})
    standing = client.upload(changed, draft="true").json
    told = "Cambia lo que se aprobó en la versión 2.0 sin traer una versión nueva:"
    assert points(client, standing)["Aprobación"] == ("Aviso", f"{told} corríjalo o acéptelo con una razón.")
    found = next(each for each in standing["findings"] if each["code"] == "CHANGE_001")
    said = [{name: found[name] for name in ("code", "sheet", "cell")} | {"reason": "Error de digitación del acta"}]

    accepted = client.upload(changed, accepted=json.dumps(said), draft="true").json

    assert points(client, accepted)["Aprobación"] == ("Aviso", f"{told} se aceptó con una razón.")
    assert client.issued(accepted)["edition"] == 2
