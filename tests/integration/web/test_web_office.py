"""The office's settings over HTTP: shown, changed, counted at once, undone; and refused at the field."""

from __future__ import annotations

import base64
import json
import re
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from service.domain.frame import Role, Signer
from service.domain.office import OfficeSettings
from service.domain.people import Role as PersonRole
from service.office_said import settings_of
from service.sheets.isolated import ReadingRoom
from service.store import Store
from service.web.front import GoverningFile
from tests.pictures import a_picture
from tests.web import BOUNDARY, Answer, Client, assert_follows, example_with, form, problem_of, serve

WHO = "Oficina de Planeación"
IN_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
COMPLETE = {"complete": "true"}
SIGNER = {"role": "aprobo", "name": "Persona de Ejemplo Uno", "position": "Directora General", "is_acting": True}


def put(client: Client, settings: dict[str, Any], **more: Any) -> Answer:
    body = json.dumps({"settings": settings, **more}).encode()
    return client.ask("PUT", "/api/v1/office", body, {"Content-Type": "application/json"})


def seq_of(client: Client) -> str:
    return str(client.get("/api/v1/office").json["seq"])


def send(client: Client, path: str = "/oficina", **fields: str) -> Answer:
    """What the page's form sends, without a file; of the settings that count, unless others are said."""
    said = {"seq": seq_of(client), **{name.replace("__", "."): value for name, value in fields.items()}, **COMPLETE}
    return client.ask("POST", path, urlencode(said).encode(), IN_FORM)


def test_nobody_has_said_anything_and_it_is_the_reference_office(client: Client) -> None:
    shown = client.get("/api/v1/office").json

    assert_follows("Office", shown)
    assert (shown["seq"], shown["by"], shown["file"]) == (0, None, None)
    assert shown["settings"]["units"][0] == "Dirección General"
    assert (shown["settings"]["entity"], shown["settings"]["logo"], shown["settings"]["signers"]) == ("", None, [])
    page = client.get("/oficina").text
    assert "Nadie los ha cambiado" in page
    assert "Sin bloque de firmas" in page
    assert 'href="/oficina"' in client.get("/").text


def test_a_program_changes_them_all_and_gets_them_back(client: Client, sqlite_store: Store) -> None:
    picture = a_picture()
    logo = {"content": base64.b64encode(picture).decode(), "description": "El escudo"}
    approval = {"instance": "Comité", "act": "Acta 5", "date": "2024-09-10"}

    answer = put(
        client, {"entity": "Entidad de Ejemplo", "logo": logo, "approval": approval, "signers": [SIGNER]}, by=WHO
    )

    assert answer.status == HTTPStatus.OK, answer.text
    assert_follows("Office", answer.json)
    assert (answer.json["seq"], answer.json["by"]) == (1, f"{WHO} (por medio de «Pruebas»)")
    assert answer.json["settings"]["logo"]["width"] == 60
    assert (answer.json["settings"]["approval"], answer.json["settings"]["signers"]) == (approval, [SIGNER])
    kept = sqlite_store.office()
    assert kept
    assert kept.settings.frame.logo
    assert kept.settings.frame.logo.content == picture
    served = client.get("/oficina/logo")
    assert (served.content, served.headers["Content-Type"]) == (picture, "image/png")
    assert served.headers["Content-Security-Policy"] == "sandbox"
    # What was given may be sent back as it is, and changes nothing.
    assert put(client, answer.json["settings"]).json["seq"] == 1


def test_what_is_not_said_to_the_api_is_as_in_the_reference_office(client: Client) -> None:
    put(client, {"entity": "Entidad de Ejemplo", "acronyms": ["SDP"]})

    shown = put(client, {"entity": "Entidad de Ejemplo"}).json["settings"]

    assert (shown["entity"], shown["acronyms"][0]) == ("Entidad de Ejemplo", "RMBC")


def test_all_that_cannot_be_used_is_named_at_its_field_and_nothing_is_kept(client: Client) -> None:
    said = {
        "entity": 5,
        "lema": "x",
        "approval": {"date": "ayer", "otro": 1},
        "format_box": "FT-1",
        "logo": {"content": "no es base64"},
    }
    fields = {error["field"] for error in problem_of(put(client, said), 400)["errors"]}
    assert fields == {"settings.lema", "settings.approval.otro", "settings.format_box", "settings.logo"}

    wrong = {
        "entity": 5,
        "approval": {"date": "ayer"},
        "signers": [SIGNER, {"role": "firma", "name": "", "position": "C"}],
        "units": [],
    }
    errors = problem_of(put(client, wrong), 400)["errors"]
    assert {error["field"]: error["message"] for error in errors} == {
        "settings.entity": "«Nombre de la entidad» debe ser un texto, no «5».",
        "settings.approval.date": "«Fecha de aprobación» debe ser una fecha que exista, como 2024-09-10 "
        "(año-mes-día), no «ayer».",
        "settings.signers.1.role": "«Rol de la persona 2» debe ser uno de estos: elaboro, reviso, aprobo, no «firma».",
        "settings.signers.1.name": "«Nombre de la persona 2» está vacío: de quien firma se dicen el nombre y el cargo.",
        "settings.units": "«Dependencias» debe ser una lista de textos, sin repetidos ni vacíos, y con uno por "
        "lo menos.",
    }
    assert client.get("/api/v1/office").json["seq"] == 0


@pytest.mark.parametrize(
    "said",
    [
        {"logo": {"content": base64.b64encode(b"GIF89a").decode(), "description": "x"}},
        {"logo": {"content": base64.b64encode(a_picture()).decode(), "description": " "}},
        {"logo": "escudo.png"},
        {"logo": {"content": None}},
        {"signers": [5]},
        {"signers": {}},
        {"signers": [{"role": [], "name": {}, "position": 5, "is_acting": "sí"}]},
        {"has_seal": "sí"},
        {"shortest_progress": 1e400},
        {"committee_fields": ["metas"]},
        {"entity": "Entidad \u202e"},
    ],
)
def test_odd_values_are_refused_and_never_stumbled_over(client: Client, said: dict[str, Any]) -> None:
    assert problem_of(put(client, said), 400)["errors"]


def test_odd_bodies_are_refused(client: Client) -> None:
    headers = {"Content-Type": "application/json"}
    for body in (b"", b"[]", b'{"settings": []}', b'{"settings": {}, "seq": "1"}', b'{"settings": {}, "by": 5}'):
        assert client.ask("PUT", "/api/v1/office", body, headers).status == HTTPStatus.BAD_REQUEST
    other_site = {**headers, "Sec-Fetch-Site": "cross-site"}
    assert client.ask("PUT", "/api/v1/office", b'{"settings": {}}', other_site).status == HTTPStatus.FORBIDDEN


@pytest.mark.parametrize("role", [PersonRole.READS, PersonRole.PREPARES, PersonRole.APPROVES])
def test_whoever_does_not_administer_looks_and_types_nothing_that_would_be_lost(
    client: Client, role: PersonRole
) -> None:
    for entity in ("Entidad de Ejemplo", "Otra entidad"):
        assert send(client, entity=entity).status == HTTPStatus.SEE_OTHER
    page = client.as_(role).get("/oficina").text
    assert "Los ajustes los cambia quien administra Folio." in page
    assert "<fieldset disabled>" in page
    for offered in ('type="file"', "Guardar los ajustes", "Volver a estos ajustes", "FOLIO_PUBLIC_URL"):
        assert offered not in page


def test_the_form_keeps_what_it_says_and_shows_how_it_will_look(client: Client, sqlite_store: Store) -> None:
    answer = send(
        client,
        seq="0",
        entity="Entidad de Ejemplo",
        units="Dirección General\r\nOficina Jurídica\r\n",
        duplicate_similarity="0,9",
        has_radicado_zone="true",
        format_box__code="FT-DE-001",
        signers__0__role="elaboro",
        signers__2__role="aprobo",
        signers__2__name="Persona de Ejemplo Uno",
        signers__2__position="Directora General",
        signers__2__is_acting="true",
        by="Otra persona",
    )

    assert (answer.status, answer.headers["Location"]) == (HTTPStatus.SEE_OTHER, "/oficina?guardado=1")
    kept = sqlite_store.office()
    assert kept
    # Who keeps them is who signed in, whatever the form says.
    assert kept.by == "Persona de Ejemplo"
    assert kept.settings.office.units == ("Dirección General", "Oficina Jurídica")
    assert (kept.settings.office.duplicate_similarity, kept.settings.office.tells_change_log) == (0.9, False)
    frame = kept.settings.frame
    assert (frame.has_radicado_zone, frame.has_seal) == (True, False)
    assert frame.signers == (Signer(Role.APPROVED, "Persona de Ejemplo Uno", "Directora General", is_acting=True),)
    page = client.get("/oficina?guardado=1").text
    for words in ("quedaron guardados", "PERSONA DE EJEMPLO UNO</strong>Directora General (E)", "FT-DE-001</td>"):
        assert words in page
    assert "Firmantes: se agregó «Aprobó: Persona de Ejemplo Uno, Directora General (E)»." in page


def test_the_page_has_rows_for_the_usual_block_and_then_for_two_more(client: Client) -> None:
    empty = client.get("/oficina").text
    assert empty.count('<fieldset class="signer">') == 3
    assert [empty.count(f'value="{role}" selected') for role in ("elaboro", "reviso", "aprobo")] == [1, 1, 1]

    put(client, {"signers": [SIGNER]})

    assert client.get("/oficina").text.count('<fieldset class="signer">') == 1 + 2


def test_a_logo_comes_with_the_form_and_stays_until_it_is_taken_away(client: Client, sqlite_store: Store) -> None:
    def with_picture(content: bytes) -> Answer:
        said = {"seq": seq_of(client), "logo.description": "El escudo", **COMPLETE}
        body = form(content, "escudo.png", said).replace(b"workbook", b"logo")
        return client.ask("POST", "/oficina", body, {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"})

    refused = with_picture(b"%PDF-1.7")
    assert refused.status == HTTPStatus.BAD_REQUEST
    assert 'id="logo-error">«Logo» no es una imagen PNG o JPEG' in refused.text
    assert "Elija de nuevo la imagen" in refused.text
    assert with_picture(a_picture()).status == HTTPStatus.SEE_OTHER
    assert send(client, entity="Entidad de Ejemplo").status == HTTPStatus.SEE_OTHER
    kept = sqlite_store.office()
    assert kept
    assert kept.settings.frame.logo
    assert kept.settings.frame.logo.description == "El escudo"
    assert "El escudo" in client.get("/oficina").text
    send(client, **{"logo.remove": "true"})
    assert client.get("/oficina/logo").status == HTTPStatus.NOT_FOUND


def test_a_mistake_is_told_above_and_beside_its_field_and_what_was_typed_stays(client: Client) -> None:
    answer = send(
        client,
        entity="Entidad de Ejemplo",
        avance="x",
        shortest_progress="mucho",
        signers__1__role="reviso",
        signers__1__name="Persona de Ejemplo Uno",
    )

    assert answer.status == HTTPStatus.BAD_REQUEST
    page = answer.text
    assert '<a href="#shortest_progress">«Avance más corto» debe ser un número entero entre 0 y 1000' in page
    assert '<a href="#signers-0-position">«Cargo de la persona 1» está vacío' in page
    assert 'aria-invalid="true" aria-describedby=" signers-0-position-error"' in page
    assert 'value="Entidad de Ejemplo"' in page
    assert 'value="reviso" selected' in page
    assert client.get("/api/v1/office").json["seq"] == 0


def test_a_name_longer_than_excel_prints_is_refused_where_it_is_typed(client: Client) -> None:
    told = "«Nombre de la entidad» tiene 101 caracteres y caben 100: acórtelo."

    page = send(client, entity="x" * 101, format_box__code="y" * 31)
    (error,) = problem_of(put(client, {"entity": "x" * 101}), 400)["errors"]

    assert f'id="entity-error">{told}' in page.text
    assert '"#format_box-code">«Código del formato» tiene 31 caracteres y caben 30' in page.text
    assert error["message"] == told
    assert re.search(r'name="entity" type="text" maxlength="100"', page.text)
    assert re.search(r'name="format_box.name" type="text" maxlength="200"', page.text)


def test_a_form_that_did_not_come_whole_keeps_nothing(client: Client) -> None:
    put(client, {"entity": "Entidad de Ejemplo", "signers": [SIGNER]})
    whole = form(a_picture(), "escudo.png", {"seq": "1", "entity": "Otra", **COMPLETE}).replace(b"workbook", b"logo")
    multipart = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    answers = [
        client.ask("POST", "/oficina", whole[: whole.index(b"complete")], multipart),
        *(client.ask("POST", "/oficina", body, IN_FORM) for body in (b"", b"seq=1&entity=Otra", b"complete=true")),
        *(send(client, seq=seq, entity="Otra") for seq in ("", "٣", "1.0", "-1")),
    ]

    assert [answer.status for answer in answers] == [HTTPStatus.BAD_REQUEST] * 8
    assert all("no llegó completo, y no se guardó nada" in answer.text for answer in answers)
    kept = client.get("/api/v1/office").json
    assert (kept["seq"], kept["settings"]["signers"]) == (1, [SIGNER])
    # The page sends the mark itself, after everything else.
    page = client.get("/oficina").text
    assert page.index('name="complete"') > page.index('name="committee_fields"')


def test_whoever_did_not_see_the_last_change_is_told_of_it_and_keeps_nothing(client: Client) -> None:
    put(client, {"entity": "Entidad de Ejemplo"}, by=WHO)

    problem = problem_of(put(client, {"entity": "Otra"}, seq=0), 409)
    page = send(client, seq="0", entity="Otra")

    assert (
        f"{WHO} (por medio de «Pruebas») guardó otros ajustes. Nombre de la entidad: «Entidad de Ejemplo»."
        in problem["detail"]
    )
    assert (page.status, "guardó otros ajustes" in page.text) == (HTTPStatus.CONFLICT, True)
    assert 'name="seq" value="1"' in page.text
    assert put(client, {"entity": "Otra"}, seq=1).json["seq"] == 2
    told = problem_of(put(client, {"entity": "Otra más"}, seq=1), 409)["detail"]
    assert ", «Pruebas» guardó otros ajustes." in told


def test_earlier_settings_come_back_and_that_is_history_too(client: Client) -> None:
    for name in ("Entidad de Ejemplo", "Otra"):
        put(client, {"entity": name}, by=WHO)

    assert send(client, "/oficina/ajustes/1").headers["Location"] == "/oficina?guardado=3"

    history = client.get("/api/v1/office/history").json
    assert_follows("OfficeHistory", history)
    assert [(entry["seq"], entry["changes"]) for entry in history["history"]] == [
        (3, ["Nombre de la entidad: ahora «Entidad de Ejemplo», antes «Otra»."]),
        (2, ["Nombre de la entidad: ahora «Otra», antes «Entidad de Ejemplo»."]),
        (1, ["Nombre de la entidad: «Entidad de Ejemplo»."]),
    ]
    assert send(client, "/oficina/ajustes/9").status == HTTPStatus.NOT_FOUND
    assert client.get("/oficina/ajustes/1").status == HTTPStatus.SEE_OTHER


def test_what_is_kept_counts_for_the_very_next_workbook(client: Client) -> None:
    before = client.upload(example_with({"C6": "Oficina Jurídica"}), draft="true").json
    assert "LEAD_003" in {finding["code"] for finding in before["findings"] if finding["cell"] == "C6"}

    units = [*client.get("/api/v1/office").json["settings"]["units"], "Oficina Jurídica"]
    put(client, {"units": units})

    after = client.upload(example_with({"C6": "Oficina Jurídica", "A3": "Versión 2.1"}), draft="true").json
    assert "C6" not in {finding["cell"] for finding in after["findings"] if finding["code"].startswith("LEAD")}


def test_a_file_governs_is_kept_and_only_shown(sqlite_store: Store, reading_room: ReadingRoom) -> None:
    file = GoverningFile(Path("/srv/oficina.toml"), settings_of({"entity": "Entidad de Ejemplo"}))

    with serve(sqlite_store, reading_room, office_file=file) as client:
        shown = client.get("/api/v1/office").json
        refused = [put(client, {}), send(client, entity="Otra"), send(client, "/oficina/ajustes/1")]
        page = client.get("/oficina").text

    assert (shown["seq"], shown["by"], shown["file"]) == (1, "archivo oficina.toml", "oficina.toml")
    assert [answer.status for answer in refused] == [HTTPStatus.CONFLICT] * 3
    assert "se cambian en él" in refused[0].json["detail"]
    assert "Estos ajustes los dice el archivo <strong>oficina.toml</strong>" in page
    assert "Guardar los ajustes" not in page
    kept = sqlite_store.office()
    assert kept
    assert kept.settings == OfficeSettings(frame=kept.settings.frame)
    assert kept.settings.frame.entity == "Entidad de Ejemplo"


def test_two_fronts_that_read_other_files_do_not_contradict_each_other_for_ever(
    sqlite_store: Store, reading_room: ReadingRoom
) -> None:
    files = [GoverningFile(Path("/srv/oficina.toml"), settings_of({"entity": name})) for name in ("Antes", "Ahora")]

    with (
        serve(sqlite_store, reading_room, office_file=files[0]) as old,
        serve(sqlite_store, reading_room, office_file=files[1]) as new,
    ):
        shown = [client.get("/api/v1/office").json["settings"]["entity"] for client in (old, new, old, new, old)]

    assert shown == ["Antes", *["Ahora"] * 4]
    assert len(sqlite_store.office_history()) == 2
