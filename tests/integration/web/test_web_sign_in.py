"""Entering and leaving Folio, people and their roles, and the tokens of programs: what a person does, over HTTP."""

from __future__ import annotations

import datetime as dt
import html
import re
from collections.abc import Iterator
from http import HTTPStatus
from urllib.parse import urlencode

import pytest

from service.domain.people import EXAMPLE_WRITER, FIRST_OFFICE, Role
from service.sheets.isolated import ReadingRoom
from service.store import Account, LinkPurpose, Store, new_id, new_secret
from service.web import passwords
from tests.web import Answer, Client, problem_of, serve

NOW = dt.datetime(2024, 10, 15, 14, tzinfo=dt.UTC)
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
PASSWORD = "cuatro palabras sin relación"
ANOTHER = "otras cuatro palabras"


@pytest.fixture
def times() -> list[dt.datetime]:
    return [NOW]


@pytest.fixture
def nobody(sqlite_store: Store, reading_room: ReadingRoom, times: list[dt.datetime]) -> Iterator[Client]:
    with serve(sqlite_store, reading_room, clock=lambda: times[-1], signs_in=False) as client:
        yield client


@pytest.fixture
def administrator(nobody: Client) -> Client:
    return nobody.as_(Role.ADMINISTERS)


def send(client: Client, path: str, **fields: str) -> Answer:
    return client.ask("POST", path, urlencode(fields).encode(), FORM)


def an_account(store: Store, *, role: Role = Role.PREPARES, login: str = "elabora@entidad.example") -> Account:
    opened = store.open_account(new_id(), login, "Persona de Ejemplo Uno", role, FIRST_OFFICE, now=NOW, by="una prueba")
    assert isinstance(opened, Account)
    store.choose_password(opened.id, passwords.hash_of(PASSWORD), now=NOW, by="una prueba")
    return opened


def shown_after(client: Client, answer: Answer) -> str:
    """The page that a form leads to, asked for with the cookies that its answer gave, which are kept."""
    page = answer
    while True:
        for line in page.headers.get_all("Set-Cookie") or ():
            name, _, value = line.partition(";")[0].partition("=")
            client.cookies[name] = value
        if page.status != HTTPStatus.SEE_OTHER:
            return page.text
        page = client.get(page.headers["Location"])


def entered(client: Client, answer: Answer) -> Client:
    """The client with the cookie that an answer gave it."""
    given = [line for line in answer.headers.get_all("Set-Cookie") or () if line.startswith("folio=")]
    assert given, answer.text
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(given[-1].split("; "))
    after = client.as_nobody()
    after.cookies["folio"] = given[-1].partition(";")[0].partition("=")[2]
    return after


def first_link(store: Store, now: dt.datetime = NOW) -> str:
    secret = new_secret()
    store.make_link(
        secret, LinkPurpose.ADMINISTRATOR, None, now=now, expires_at=now + dt.timedelta(days=1), by="una prueba"
    )
    return f"/llave/{secret}"


READER = {"login": "lee@entidad.example", "name": "Persona que lee", "role": "lectura", "office": "principal"}
FIRST = {"login": "Jefe@entidad.example", "name": "Jefatura de Planeación", "password": PASSWORD, "again": PASSWORD}


def test_the_first_link_makes_the_administrator_once_and_lets_them_in(nobody: Client) -> None:
    link = first_link(nobody.store)
    assert "Registrar a quien administra Folio" in nobody.get(link).text

    inside = entered(nobody, send(nobody, link, **FIRST))
    assert inside.get("/personas").status == HTTPStatus.OK
    assert [account.name for account in nobody.store.accounts()] == ["Jefatura de Planeación"]
    for again in (nobody.get(link), send(nobody, link, **FIRST)):
        assert again.status == HTTPStatus.NOT_FOUND
        assert "Este enlace ya se usó o ya venció." in again.text


def test_a_link_that_has_expired_opens_nothing(nobody: Client, times: list[dt.datetime]) -> None:
    link = first_link(nobody.store)
    times.append(NOW + dt.timedelta(days=1, seconds=1))
    assert send(nobody, link, **FIRST).status == HTTPStatus.NOT_FOUND
    assert not nobody.store.has_administrator()


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"password": "corta", "again": "corta"}, "La contraseña debe tener al menos 12 caracteres"),
        ({"again": "otra cosa distinta"}, "Las dos contraseñas no son iguales"),
        ({"password": "aaaaaaaaaaaaaa", "again": "aaaaaaaaaaaaaa"}, "Esa contraseña se adivina fácil"),
        ({"password": "jefe@entidad.example", "again": "jefe@entidad.example"}, "no puede ser su nombre ni su usuario"),
        ({"login": "con espacios"}, "El usuario es un correo"),
        ({"name": ""}, "Escriba su nombre o su cargo"),
    ],
)
def test_what_cannot_be_used_is_told_at_its_field_and_the_link_stays(
    nobody: Client, said: dict[str, str], told: str
) -> None:
    link = first_link(nobody.store)
    refused = send(nobody, link, **FIRST | said)
    assert refused.status == HTTPStatus.BAD_REQUEST
    assert told in html.unescape(refused.text)
    assert not nobody.store.has_administrator()
    assert send(nobody, link, **FIRST).status == HTTPStatus.SEE_OTHER


def test_login_and_password_let_in_and_lead_on(nobody: Client) -> None:
    an_account(nobody.store)
    answer = send(nobody, "/entrar", login=" ELABORA@entidad.example ", password=PASSWORD, luego="/planes/2024?x=1")
    assert (answer.status, answer.headers["Location"]) == (HTTPStatus.SEE_OTHER, "/planes/2024?x=1")
    inside = entered(nobody, answer)
    assert inside.get("/").status == HTTPStatus.OK
    assert inside.get("/personas").status == HTTPStatus.FORBIDDEN


@pytest.mark.parametrize(
    "path",
    [
        "//otro.example/",
        "https://otro.example",
        "/\\otro.example",
        "javascript:alert(1)",
        " ",
        "//[",
        "//a℀b",
        "http://[",
    ],
)
def test_nobody_is_led_to_another_site(nobody: Client, path: str) -> None:
    an_account(nobody.store)
    answer = send(nobody, "/entrar", login="elabora@entidad.example", password=PASSWORD, luego=path)
    assert answer.headers["Location"] == "/"


def test_whoever_does_not_exist_and_whoever_mistypes_are_told_the_same(nobody: Client) -> None:
    an_account(nobody.store)
    told = [
        re.sub('value="[^"]*"', "", send(nobody, "/entrar", login=login, password="no es esta de verdad").text)
        for login in ("elabora@entidad.example", "nadie@entidad.example")
    ]
    assert told[0] == told[1]
    assert "El usuario o la contraseña no son correctos." in told[0]


def test_a_closed_account_does_not_enter(nobody: Client) -> None:
    account = an_account(nobody.store)
    nobody.store.change_account(
        account.id,
        name=account.name,
        role=account.role,
        office_id=FIRST_OFFICE,
        is_open=False,
        now=NOW,
        by="una prueba",
    )
    assert send(nobody, "/entrar", login=account.login, password=PASSWORD).status == HTTPStatus.UNAUTHORIZED


def test_who_tries_again_and_again_has_to_wait_and_whoever_knows_the_password_of_another_does_not(
    nobody: Client,
) -> None:
    an_account(nobody.store)
    an_account(nobody.store, login="otra@entidad.example")
    tries = [send(nobody, "/entrar", login="elabora@entidad.example", password=f"falsa {n}").status for n in range(7)]
    assert tries == [HTTPStatus.UNAUTHORIZED] * 5 + [HTTPStatus.TOO_MANY_REQUESTS] * 2
    refused = send(nobody, "/entrar", login="elabora@entidad.example", password=PASSWORD)
    assert "Espere un minuto" in refused.text
    assert refused.headers["Retry-After"] == "60"
    assert send(nobody, "/entrar", login="otra@entidad.example", password=PASSWORD).status == HTTPStatus.SEE_OTHER


def test_leaving_ends_the_session_on_the_server_too(nobody: Client) -> None:
    an_account(nobody.store)
    inside = entered(nobody, send(nobody, "/entrar", login="elabora@entidad.example", password=PASSWORD))
    secret = inside.cookies["folio"]
    left = inside.ask("POST", "/salir", b"")
    assert (left.status, left.headers["Location"]) == (HTTPStatus.SEE_OTHER, "/entrar")
    assert nobody.store.session(secret, NOW, dt.timedelta(hours=4)) is None


def test_another_password_ends_the_other_sessions_and_keeps_this_one(nobody: Client) -> None:
    an_account(nobody.store)
    here, there = (
        entered(nobody, send(nobody, "/entrar", login="elabora@entidad.example", password=PASSWORD)) for _ in range(2)
    )
    refused = send(here, "/cuenta/clave", current="no es", password=ANOTHER, again=ANOTHER)
    assert "La contraseña de ahora no es esa." in refused.text
    changed = send(here, "/cuenta/clave", current=PASSWORD, password=ANOTHER, again=ANOTHER)
    assert changed.headers["Location"] == "/cuenta?hecho=clave"
    assert here.get("/cuenta").status == HTTPStatus.OK
    assert there.get("/cuenta").headers["Location"] == "/entrar?luego=/cuenta"


def test_a_person_sees_where_they_are_signed_in_and_ends_a_session_of_their_own_and_no_other(
    nobody: Client, administrator: Client
) -> None:
    an_account(nobody.store)
    here, there = (
        entered(nobody, send(nobody, "/entrar", login="elabora@entidad.example", password=PASSWORD)) for _ in range(2)
    )
    page = here.get("/cuenta").text
    ids = re.findall("/cuenta/sesiones/([^/]+)/fin", page)
    assert (page.count("Esta sesión."), len(ids)) == (1, 1)
    administrator.get("/")
    assert administrator.who
    theirs = nobody.store.sessions_of(administrator.who.account.id, NOW)[0].id
    assert here.ask("POST", f"/cuenta/sesiones/{theirs}/fin", b"").status == HTTPStatus.NOT_FOUND
    assert here.ask("POST", f"/cuenta/sesiones/{ids[0]}/fin", b"").status == HTTPStatus.SEE_OTHER
    assert there.get("/cuenta").status == HTTPStatus.SEE_OTHER
    assert here.get("/cuenta").status == HTTPStatus.OK


def test_an_administrator_registers_a_person_who_chooses_a_password_with_the_link(administrator: Client) -> None:
    page = shown_after(administrator, send(administrator, "/personas", **READER))
    link = re.search(r'value="https?://[^/]+(/llave/[^"]+)"', page)
    assert link, page
    nobody = administrator.as_nobody()
    assert "Su usuario es <strong>lee@entidad.example</strong>" in nobody.get(link[1]).text
    inside = entered(nobody, send(nobody, link[1], password=PASSWORD, again=PASSWORD))
    assert inside.get("/").status == HTTPStatus.OK
    assert inside.upload(path="/informes").status == HTTPStatus.FORBIDDEN


def test_a_form_that_is_sent_twice_registers_one_person_and_its_first_link_stays_good(administrator: Client) -> None:
    page = shown_after(administrator, send(administrator, "/personas", **READER))
    link = re.search(r'value="https?://[^/]+(/llave/[^"]+)"', page)
    assert link, page
    again = shown_after(administrator, send(administrator, "/personas", **READER))
    assert "/llave/" not in re.sub('action="[^"]+"', "", again)
    assert "Ya estaba registrada, y el enlace que se hizo entonces sirve." in again
    assert administrator.as_nobody().get(link[1]).status == HTTPStatus.OK
    other = send(administrator, "/personas", **READER | {"name": "Otra"})
    assert "Ya hay una persona con ese usuario." in other.text


def test_a_link_is_shown_once_and_loading_its_page_again_does_not_end_it(administrator: Client) -> None:
    made = send(administrator, "/personas", **READER)
    page = shown_after(administrator, made)
    link = re.search(r'value="https?://[^/]+(/llave/[^"]+)"', page)
    assert link, page
    assert link[1] not in administrator.get(made.headers["Location"]).text
    assert administrator.as_nobody().get(link[1]).status == HTTPStatus.OK


def test_the_key_of_the_example_is_not_among_those_of_the_office(administrator: Client) -> None:
    for token_id, name in (("of-the-example", EXAMPLE_WRITER), ("of-another", "Carga nocturna")):
        administrator.store.make_token(
            token_id, token_id, name, Role.APPROVES, FIRST_OFFICE, None, now=NOW, expires_at=None, by=name
        )
        administrator.store.end_token(token_id, now=NOW, by=name)
    page = administrator.get("/personas").text
    assert EXAMPLE_WRITER not in page
    assert "Carga nocturna: se quitó el" in page


def test_the_last_administrator_stays(administrator: Client) -> None:
    assert administrator.who
    account = administrator.who.account
    refused = send(
        administrator, f"/personas/{account.id}", name=account.name, role="lectura", office="todas", open="true"
    )
    assert refused.status == HTTPStatus.CONFLICT
    assert "Es la única persona que administra todo Folio" in refused.text
    assert administrator.get("/personas").status == HTTPStatus.OK


def test_who_administers_one_office_manages_its_people_alone_and_gives_no_wider_sight(administrator: Client) -> None:
    store = administrator.store
    store.open_planning_office("sur", "Planeación Sur", now=NOW, by="una prueba")
    theirs = an_account(store)
    south = administrator.as_(Role.ADMINISTERS, "sur")
    assert theirs.name not in south.get("/personas").text
    for path in (f"/personas/{theirs.id}", f"/personas/{theirs.id}/llave", f"/personas/{theirs.id}/sesiones/fin"):
        assert send(south, path, name="X", role="lectura").status == HTTPStatus.NOT_FOUND, path
    assert send(south, "/personas/oficinas", office_id="otra", name="Otra").status == HTTPStatus.NOT_FOUND
    send(south, "/personas", login="nueva@entidad.example", name="Persona nueva", role="administra", office="todas")
    opened = store.account_of_login("nueva@entidad.example")
    assert opened
    assert opened.office_id == "sur"


def test_a_token_is_shown_once_does_what_its_role_may_and_is_taken_away_at_once(administrator: Client) -> None:
    page = send(
        administrator, "/personas/tokens", name="Gestor documental", role="elabora", days="30", office="principal"
    ).text
    shown = re.search('id="token" class="whole" readonly value="([^"]+)"', page)
    assert shown, page
    token = {"Authorization": f"Bearer {shown[1]}"}
    program = administrator.as_nobody()
    report = program.upload(headers=token)
    assert report.status == HTTPStatus.ACCEPTED
    assert report.json["uploaded_by"] == "«Gestor documental»"
    problem_of(program.ask("POST", f"/api/v1/reports/{report.json['id']}/issue", b"{}", token), 403)
    assert shown[1] not in administrator.get("/personas").text
    ended = next(token.id for token in administrator.store.tokens() if token.name == "Gestor documental")
    assert f"/personas/tokens/{ended}/fin" in administrator.get("/personas").text
    administrator.ask("POST", f"/personas/tokens/{ended}/fin", b"")
    problem_of(program.get("/api/v1/reports", token), 401)


def test_a_token_expires(administrator: Client, times: list[dt.datetime]) -> None:
    page = send(administrator, "/personas/tokens", name="Copia", role="lectura", days="30", office="principal").text
    shown = re.search('id="token" class="whole" readonly value="([^"]+)"', page)
    assert shown
    token = {"Authorization": f"Bearer {shown[1]}"}
    assert administrator.as_nobody().get("/api/v1/reports", token).status == HTTPStatus.OK
    times.append(NOW + dt.timedelta(days=31))
    problem_of(administrator.as_nobody().get("/api/v1/reports", token), 401)


def test_no_secret_is_ever_told_by_the_audit_log(administrator: Client) -> None:
    link = first_link(administrator.store).removeprefix("/llave/")
    an_account(administrator.store)
    send(administrator.as_nobody(), "/entrar", login="elabora@entidad.example", password="una contraseña equivocada")
    page = send(administrator, "/personas/tokens", name="Copia", role="lectura", days="30", office="principal").text
    token = re.search('id="token" class="whole" readonly value="([^"]+)"', page)
    assert token
    with administrator.store._engine.connect() as connection:
        told = str(connection.exec_driver_sql("SELECT * FROM audit").all())
    for secret in (link, token[1], "una contraseña equivocada", "argon2", administrator.cookies["folio"]):
        assert secret not in told


def test_behind_https_the_cookies_travel_no_other_way(sqlite_store: Store, reading_room: ReadingRoom) -> None:
    an_account(sqlite_store)
    with serve(sqlite_store, reading_room, has_tls=True, signs_in=False, clock=lambda: NOW) as client:
        page = client.sent("GET", "/entrar", None, {})
        mark = re.search('name="csrf_token" value="([^"]+)"', page.text)
        cookie = str(page.headers["Set-Cookie"])
        assert cookie.startswith("__Host-folio-forms=")
        assert "Secure" in cookie.split("; ")
        assert mark
        body = urlencode({"csrf_token": mark[1], "login": "elabora@entidad.example", "password": PASSWORD}).encode()
        forms = cookie.partition(";")[0]
        answer = client.sent("POST", "/entrar", body, FORM | {"Cookie": forms})
        given = [line for line in answer.headers.get_all("Set-Cookie") or () if line.startswith("__Host-folio=")]
        assert given
        assert "Secure" in given[0].split("; ")


def test_another_way_to_write_a_login_is_counted_with_it(nobody: Client) -> None:
    an_account(nobody.store, login="objetivo")
    written = ["objetivo", "OBJETIVO", "ｏbjetivo", "oｂjetivo", "𝐨bjetivo", "objetivo"]
    tries = [send(nobody, "/entrar", login=login, password="una que no es").status for login in written]
    assert tries == [HTTPStatus.UNAUTHORIZED] * 5 + [HTTPStatus.TOO_MANY_REQUESTS]


@pytest.mark.parametrize("name", ["\u200b", "\u00ad\ufeff", "\ue000", "\u0378", "A\u200bB"])
def test_a_name_that_is_not_seen_is_refused_wherever_one_is_given(administrator: Client, name: str) -> None:
    account = administrator.account
    forms = {
        "/personas": {"login": "otra", "role": "lectura", "office": "principal"},
        f"/personas/{account.id}": {"role": "administra", "office": "todas", "open": "true"},
        "/personas/tokens": {"role": "lectura", "office": "principal", "days": "30"},
        "/personas/oficinas": {"office_id": "norte"},
        "/personas/oficinas/principal": {},
    }
    for path, fields in forms.items():
        assert send(administrator, path, name=name, **fields).status == HTTPStatus.BAD_REQUEST, path
    link = first_link(administrator.store)
    assert administrator.as_nobody().get(link).status == HTTPStatus.NOT_FOUND


@pytest.mark.parametrize("office_id", ["ab-", "-ab", "Ab", "a b", "principal", ""])
def test_an_office_that_cannot_be_called_so_is_refused(administrator: Client, office_id: str) -> None:
    refused = send(administrator, "/personas/oficinas", office_id=office_id, name="Otra oficina")
    assert refused.status == HTTPStatus.BAD_REQUEST


def test_a_link_made_before_somebody_could_do_more_is_worth_nothing_after(administrator: Client) -> None:
    account = an_account(administrator.store)
    page = shown_after(administrator, administrator.ask("POST", f"/personas/{account.id}/llave", b""))
    link = re.search(r'value="https?://[^/]+(/llave/[^"]+)"', page)
    assert link
    send(administrator, f"/personas/{account.id}", name=account.name, role="administra", office="todas", open="true")
    assert administrator.as_nobody().get(link[1]).status == HTTPStatus.NOT_FOUND


def test_links_lead_to_the_address_that_people_reach_folio_at(sqlite_store: Store, reading_room: ReadingRoom) -> None:
    with serve(sqlite_store, reading_room, public_address="https://folio.example", clock=lambda: NOW) as client:
        page = shown_after(client, send(client, "/personas", **READER))
    assert 'value="https://folio.example/llave/' in page


def test_a_form_of_one_office_changes_nothing_in_another(administrator: Client) -> None:
    administrator.store.open_planning_office("sur", "Planeación Sur", now=NOW, by="una prueba")
    here = re.search('name="looked_at" value="([^"]+)"', administrator.get("/oficina").text)
    assert here
    send(administrator, "/cuenta/oficina", office="sur")
    fields = {"seq": "0", "entity": "Entidad de la principal", "complete": "true", "looked_at": here[1]}
    refused = send(administrator, "/oficina", **fields)
    assert refused.status == HTTPStatus.CONFLICT
    assert "Este formulario era de otra oficina" in refused.text
    assert administrator.store.within("sur").office() is None
    assert send(administrator, "/cuenta/oficina", office="principal", looked_at="otra").status == HTTPStatus.SEE_OTHER


def test_no_stranger_fills_the_log_with_attempts(administrator: Client) -> None:
    report_id = administrator.upload().json["id"]
    stranger = administrator.as_nobody()
    assert stranger.ask("DELETE", f"/api/v1/reports/{report_id}").status == HTTPStatus.METHOD_NOT_ALLOWED
    assert "attempt_refused" not in str(administrator.get("/api/v1/audit?limit=100").json)
    administrator.ask("DELETE", f"/api/v1/reports/{report_id}")
    assert "attempt_refused" in str(administrator.get("/api/v1/audit?limit=100").json)
