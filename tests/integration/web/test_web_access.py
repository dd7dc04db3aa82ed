"""Every route before everybody: who may, who may not, and that nothing is reachable that nobody thought of."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from http import HTTPStatus

import pytest
from flask import Flask
from werkzeug.routing import Rule

from service.domain.people import FIRST_OFFICE, Role
from service.sheets.isolated import ReadingRoom
from service.store import Account, Store, new_id
from service.web import access, create_app
from tests.web import Answer, Client, Who, example_with, problem_of, serve

NOW = dt.datetime(2024, 10, 15, 14, tzinfo=dt.UTC)
ALL, PEOPLE = "todos", "personas"
READS, PREPARES, APPROVES, ADMINISTERS = Role
FORM = {"Content-Type": "application/x-www-form-urlencoded"}

# Who may come through each door, by method and path: the least role, anybody who signed in, or all the world.
DOORS = {
    "GET /static/<path:filename>": ALL,
    "GET /healthz": ALL,
    "GET /readyz": ALL,
    "GET /api/v1/openapi.json": ALL,
    "GET /api/v1/verify/<code>": ALL,
    "POST /api/v1/verify": ALL,
    "GET /verificar": ALL,
    "POST /verificar": ALL,
    "GET /verificar/<code>": ALL,
    "GET /entrar": ALL,
    "POST /entrar": ALL,
    "GET /entrar/proveedor": ALL,
    "GET /entrar/proveedor/vuelta": ALL,
    "GET /llave/<id:secret>": ALL,
    "POST /llave/<id:secret>": ALL,
    "GET /salir": ALL,
    "POST /salir": ALL,
    "GET /cuenta": PEOPLE,
    "POST /cuenta/clave": PEOPLE,
    "POST /cuenta/sesiones/<id:session_id>/fin": PEOPLE,
    "POST /cuenta/sesiones/fin": PEOPLE,
    "POST /cuenta/oficina": PEOPLE,
    "GET /cuenta/<path:_form>": PEOPLE,
    "GET /api/v1/reports": READS,
    "GET /api/v1/reports/<id:report_id>": READS,
    "GET /api/v1/reports/<id:report_id>/changes": READS,
    "GET /api/v1/reports/<id:report_id>/documents/<kind>": READS,
    "GET /api/v1/reports/<id:report_id>/pages/<int:page>.png": READS,
    "GET /api/v1/reports/<id:report_id>/plan": READS,
    "GET /api/v1/reports/<id:report_id>/signed": READS,
    "GET /api/v1/reports/<id:report_id>/signed/<id:copy_id>": READS,
    "GET /api/v1/office": READS,
    "GET /api/v1/office/history": READS,
    "GET /api/v1/uploads/<id:sending>/progress": PREPARES,
    "POST /api/v1/reports": PREPARES,
    "POST /api/v1/reports/<id:report_id>/documents": PREPARES,
    "POST /api/v1/reports/<id:report_id>/documents/<kind>/retry": PREPARES,
    "POST /api/v1/reports/<id:report_id>/next-quarter": PREPARES,
    "POST /api/v1/reports/<id:report_id>/signed": PREPARES,
    "POST /api/v1/reports/<id:report_id>/issue": APPROVES,
    "PUT /api/v1/office": ADMINISTERS,
    "GET /": READS,
    "GET /subir": READS,
    "GET /plan-de-ejemplo": READS,
    "POST /plan-de-ejemplo": PREPARES,
    "GET /tablero": READS,
    "GET /api/v1/overview": READS,
    "GET /informes": READS,
    "POST /informes": PREPARES,
    "GET /informes/<id:report_id>": READS,
    "GET /informes/<id:report_id>/<any(correccion, paso):_form>": READS,
    "GET /informes/<id:report_id>/<any(emision, documentos):_form>": READS,
    "GET /informes/<id:report_id>/cambios": READS,
    "GET /informes/<id:report_id>/marcha": READS,
    "GET /informes/<id:report_id>/firmada": READS,
    "POST /informes/<id:report_id>/correccion": PREPARES,
    "POST /informes/<id:report_id>/paso": PREPARES,
    "POST /informes/<id:report_id>/documentos": PREPARES,
    "POST /informes/<id:report_id>/documentos/<kind>/reintento": PREPARES,
    "POST /informes/<id:report_id>/firmada": PREPARES,
    "POST /informes/<id:report_id>/emision": APPROVES,
    "GET /versiones": READS,
    "GET /versiones/comparar": READS,
    "GET /planes/<int:year>": READS,
    "GET /planes/<int:year>/control-de-cambios.csv": READS,
    "GET /plantilla-en-blanco": READS,
    "GET /oficina": READS,
    "GET /oficina/logo": READS,
    "GET /oficina/ajustes/<int:_seq>": READS,
    "POST /oficina": ADMINISTERS,
    "POST /oficina/ajustes/<int:seq>": ADMINISTERS,
    "GET /auditoria": ADMINISTERS,
    "GET /auditoria/registro.csv": ADMINISTERS,
    "GET /auditoria/registro.jsonl": ADMINISTERS,
    "GET /auditoria/verificacion": ADMINISTERS,
    "POST /auditoria/verificacion": ADMINISTERS,
    "GET /api/v1/audit": ADMINISTERS,
    "GET /personas": ADMINISTERS,
    "POST /personas": ADMINISTERS,
    "GET /personas/<id:account_id>": ADMINISTERS,
    "POST /personas/<id:account_id>": ADMINISTERS,
    "POST /personas/<id:account_id>/llave": ADMINISTERS,
    "POST /personas/<id:account_id>/sesiones/fin": ADMINISTERS,
    "POST /personas/tokens": ADMINISTERS,
    "POST /personas/tokens/<id:token_id>/fin": ADMINISTERS,
    "POST /personas/oficinas": ADMINISTERS,
    "POST /personas/oficinas/<id:office_id>": ADMINISTERS,
    "GET /personas/<path:_form>": ADMINISTERS,
}

IN_ADDRESSES = {
    "filename": "folio.css",
    "code": "AAAA-AAAA-AAAA",
    "secret": "no-such-secret",
    "session_id": "no-such-session",
    "account_id": "no-such-account",
    "token_id": "no-such-token",
    "office_id": "no-such-office",
    "copy_id": "no-such-copy",
    "sending": "no-such-sending-of-all",
    "kind": "word",
    "page": "1",
    "year": "2024",
    "seq": "1",
    "_seq": "1",
    "_form": "paso",
}


@pytest.fixture
def front(sqlite_store: Store, reading_room: ReadingRoom) -> object:
    with serve(sqlite_store, reading_room, clock=lambda: NOW) as client:
        yield client


def application() -> Flask:
    return create_app(store=None, bell=None, reading_room=None)  # type: ignore[arg-type]  # nothing is asked of it


def doors() -> dict[str, Rule]:
    rules = application().url_map.iter_rules()
    return {f"{method} {rule.rule}": rule for rule in rules for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}}


def address_of(rule: Rule, report_id: str) -> str:
    named = {**IN_ADDRESSES, "report_id": report_id}
    if "emision" in rule.rule:
        named["_form"] = "emision"
    path = rule.rule
    while "<" in path:
        start = path.index("<")
        path = path[:start] + named[path[start + 1 : path.index(">")].rpartition(":")[2]] + path[path.index(">") + 1 :]
    return path


def is_let_in(answer: Answer) -> bool:
    is_sent_away = answer.headers.get("Location", "").startswith("/entrar")
    return answer.status not in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN} and not is_sent_away


def test_every_door_stands_in_the_table_and_no_other() -> None:
    assert set(doors()) == set(DOORS)


def test_every_endpoint_has_its_right_and_no_right_is_left_over() -> None:
    assert set(access.ACCESS) == {rule.endpoint for rule in application().url_map.iter_rules()}


def test_a_route_that_stands_in_no_table_is_served_to_nobody(sqlite_store: Store, reading_room: ReadingRoom) -> None:
    def forget_its_right(app: Flask) -> None:
        app.add_url_rule("/olvidada", "forgotten", lambda: "a secret")

    with serve(sqlite_store, reading_room, look=forget_its_right) as client:
        for anybody in (client, client.as_nobody()):
            answer = anybody.get("/olvidada")
            assert (answer.status, "a secret" in answer.text) == (HTTPStatus.NOT_FOUND, False)


@pytest.mark.parametrize("who", [None, *Role])
def test_each_role_comes_through_its_doors_and_through_no_other(front: Client, who: Role | None) -> None:
    report_id = front.upload().json["id"]
    wrong = []
    for door, takes in DOORS.items():
        method = door.partition(" ")[0]
        client = front.as_(who) if who else front.as_nobody()
        if door == "POST /entrar":
            # Refused as a wrong password is, which is not what is looked at here.
            continue
        body = b"" if method != "GET" else None
        answer = client.ask(method, address_of(doors()[door], report_id), body)
        is_api = " /api/" in door
        # An account's pages are for whoever signed in; in the API everybody here is a program.
        may = takes == ALL or (who is not None and (who.includes(takes) if isinstance(takes, Role) else not is_api))
        if door in {"GET /entrar/proveedor", "GET /entrar/proveedor/vuelta", "POST /salir", "GET /salir"}:
            may = is_let_in(answer) or answer.headers.get("Location", "") == "/entrar"
            assert may
            continue
        if is_let_in(answer) != may:
            wrong.append((door, answer.status, answer.headers.get("Location")))
        assert answer.status < HTTPStatus.INTERNAL_SERVER_ERROR, (door, answer.text)
    assert wrong == []


def test_a_page_sends_whoever_is_not_signed_in_to_the_door_and_then_on(front: Client) -> None:
    report_id = front.upload().json["id"]
    sent = front.as_nobody().get(f"/informes/{report_id}?junto=1")
    assert sent.status == HTTPStatus.SEE_OTHER
    assert sent.headers["Location"] == f"/entrar?luego=/informes/{report_id}?junto%3D1"


def test_the_api_says_how_to_come(front: Client) -> None:
    answer = front.as_nobody().get("/api/v1/reports")
    problem_of(answer, 401)
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("said", ["Bearer", "Bearer ", "Bearer no-such-token", "Basic YTpi", "bearer\tx", "Bearer ñ"])
def test_what_is_no_token_of_ours_opens_nothing(front: Client, said: str) -> None:
    answer = front.as_nobody().ask("GET", "/api/v1/reports", headers={"Authorization": said})
    problem_of(answer, 401)


def test_a_cookie_reads_through_the_api_and_changes_nothing_there(front: Client) -> None:
    front.get("/")
    cookie = {"Cookie": front.cookie}
    assert front.sent("GET", "/api/v1/reports", None, cookie).status == HTTPStatus.OK
    refused = front.sent("POST", "/api/v1/reports", b"", cookie)
    assert problem_of(refused, 401)["detail"].startswith("La API no cambia nada con la sesión del navegador")


def test_a_form_without_our_mark_changes_nothing(front: Client) -> None:
    front.get("/")
    refused = front.sent("POST", "/oficina", b"seq=0&complete=true", {"Cookie": front.cookie})
    assert refused.status == HTTPStatus.FORBIDDEN
    assert "Cargue la página de nuevo" in refused.text
    assert front.store.office() is None


def test_a_mark_of_another_person_is_worth_nothing(front: Client) -> None:
    front.ask("POST", "/oficina", b"", FORM)
    another = front.as_(Role.ADMINISTERS)
    another.get("/")
    refused = another.sent("POST", "/oficina", b"", {"Cookie": another.cookie, "X-CSRFToken": front.mark})
    assert refused.status == HTTPStatus.FORBIDDEN


def test_who_lacks_the_role_is_told_which_it_takes(front: Client) -> None:
    report_id = front.upload().json["id"]
    refused = front.as_(Role.READS).ask("POST", f"/informes/{report_id}/emision", b"")
    assert refused.status == HTTPStatus.FORBIDDEN
    assert "Esto lo hace quien tiene el rol «aprueba», y usted tiene el rol «lectura»." in refused.text


def test_a_role_that_changes_acts_on_the_next_request(front: Client) -> None:
    reader = front.as_(Role.PREPARES)
    assert reader.who is not None
    account = reader.who.account
    assert reader.upload(path="/informes").headers["Location"].startswith("/informes/")
    change(front.store, account, role=Role.READS)
    assert reader.upload(example_with({"B5": "Otra acción"}), path="/informes").status == HTTPStatus.FORBIDDEN
    assert reader.upload(example_with({"B5": "Otra acción"})).status == HTTPStatus.FORBIDDEN
    change(front.store, account, role=Role.READS, is_open=False)
    assert reader.sent("GET", "/", None, {"Cookie": reader.cookie}).headers["Location"] == "/entrar"
    problem_of(reader.get("/api/v1/reports"), 401)


def test_a_session_that_is_ended_ends_at_once(front: Client) -> None:
    front.get("/")
    assert front.who is not None
    ended = front.store.end_sessions_of(front.who.account.id, now=NOW, by="una prueba")
    assert ended == 1
    assert front.sent("GET", "/", None, {"Cookie": front.cookie}).headers["Location"] == "/entrar"


def test_a_session_ends_by_itself_when_nobody_uses_it_and_after_a_day_at_the_office(
    sqlite_store: Store, reading_room: ReadingRoom
) -> None:
    times = [NOW]
    with serve(sqlite_store, reading_room, clock=lambda: times[-1]) as client:
        client.get("/")
        for hours, is_open in ((3.9, True), (7.7, True), (11.5, True), (12.1, False)):
            times.append(NOW + dt.timedelta(hours=hours))
            answer = client.sent("GET", "/", None, {"Cookie": client.cookie})
            assert (answer.status == HTTPStatus.OK) is is_open, hours
        idle = client.as_(Role.READS)
        idle.get("/")
        times.append(times[-1] + dt.timedelta(hours=4.1))
        assert idle.sent("GET", "/", None, {"Cookie": idle.cookie}).headers["Location"] == "/entrar"


def test_what_was_sent_when_the_session_was_over_is_said_to_be_lost_and_how_to_get_it_back(front: Client) -> None:
    answer = front.as_nobody().ask("POST", "/oficina", b"entity=Entidad", FORM)
    assert answer.status == HTTPStatus.UNAUTHORIZED
    assert "vuelva a esta con «Atrás»" in answer.text


def test_an_office_sees_its_own_reports_and_of_the_others_nothing(front: Client) -> None:
    front.store.open_planning_office("sur", "Planeación Sur", now=NOW, by="una prueba")
    south, north = front.as_(Role.ADMINISTERS, "sur"), front.as_(Role.ADMINISTERS, "principal")
    report = north.upload().json
    theirs = south.upload().json
    assert report["id"] != theirs["id"]
    assert [each["id"] for each in south.get("/api/v1/reports").json["reports"]] == [theirs["id"]]
    strange = new_id()
    for door, rule in doors().items():
        if "<id:report_id>" not in door:
            continue
        method = door.partition(" ")[0]
        body = None if method == "GET" else b"{}"
        headers = {"Content-Type": "application/json"} if body and " /api/" in door else {}
        of_others = south.ask(method, address_of(rule, report["id"]), body, headers)
        of_nobody = south.ask(method, address_of(rule, strange), body, headers)
        assert of_others.status == of_nobody.status, door
        told = of_others.text_without_marks.replace(report["id"], "X")
        assert told == of_nobody.text_without_marks.replace(strange, "X"), door
    compared = south.get(f"/api/v1/reports/{theirs['id']}/changes?against={report['id']}")
    problem_of(compared, 404)
    assert north.get(f"/api/v1/reports/{report['id']}").json["status"] == "draft"


def test_an_office_has_its_own_editions_and_settings(front: Client) -> None:
    front.store.open_planning_office("sur", "Planeación Sur", now=NOW, by="una prueba")
    south, north = front.as_(Role.ADMINISTERS, "sur"), front.as_(Role.ADMINISTERS, "principal")
    for client in (north, south):
        assert client.issued(client.upload().json)["edition"] == 1
    kept = south.ask(
        "PUT", "/api/v1/office", b'{"settings": {"entity": "Entidad Sur"}}', {"Content-Type": "application/json"}
    )
    assert kept.status == HTTPStatus.OK
    assert north.get("/api/v1/office").json["settings"]["entity"] == ""
    assert south.get("/api/v1/office").json["settings"]["entity"] == "Entidad Sur"


def test_whoever_sees_all_offices_chooses_which_one_to_look_at(front: Client) -> None:
    front.store.open_planning_office("sur", "Planeación Sur", now=NOW, by="una prueba")
    report = front.as_(Role.PREPARES, "sur").upload().json
    assert front.get(f"/informes/{report['id']}").status == HTTPStatus.NOT_FOUND
    chosen = front.ask(
        "POST",
        "/cuenta/oficina",
        b"office=sur&luego=/planes/2024",
        FORM,
    )
    assert (chosen.status, chosen.headers["Location"]) == (HTTPStatus.SEE_OTHER, "/planes/2024")
    assert front.get(f"/informes/{report['id']}").status == HTTPStatus.OK


def test_where_the_settings_ask_for_it_another_person_issues(front: Client) -> None:
    settings = b'{"settings": {"issues_by_another": true}}'
    assert front.ask("PUT", "/api/v1/office", settings, {"Content-Type": "application/json"}).status == HTTPStatus.OK
    approves = front.as_(Role.APPROVES)
    report = approves.upload().json
    problem = problem_of(approves.post(f"/api/v1/reports/{report['id']}/issue"), 409)
    assert [error["field"] for error in problem["errors"]] == ["person"]
    page = approves.get(f"/informes/{report['id']}").text
    assert "Los ajustes piden que lo emita otra persona" in page
    assert front.issued(report)["edition"] == 1


def test_a_token_of_the_terminal_does_not_issue_what_it_uploaded_itself_where_another_is_asked_for(
    front: Client,
) -> None:
    settings = b'{"settings": {"issues_by_another": true}}'
    assert front.ask("PUT", "/api/v1/office", settings, {"Content-Type": "application/json"}).status == HTTPStatus.OK
    names = ("Carga", "Nocturna de Carga")
    nightly, other = (replace(front, who=Who(front.account, terminal_token(front.store, name))) for name in names)
    for said in ({}, {"by": "Persona de Ejemplo Dos"}):
        report = nightly.upload(version=f"2.{len(said)}", **said).json
        problem = problem_of(nightly.post(f"/api/v1/reports/{report['id']}/issue"), 409)
        assert [error["field"] for error in problem["errors"]] == ["person"]
        assert other.issued(report)["status"] == "issued"


def terminal_token(store: Store, name: str) -> str:
    secret = new_id()
    store.make_token(
        new_id(), secret, name, Role.APPROVES, FIRST_OFFICE, None, now=NOW, expires_at=None, by="una prueba"
    )
    return secret


def change(store: Store, account: Account, *, role: Role, is_open: bool = True) -> None:
    changed = store.change_account(
        account.id, name=account.name, role=role, office_id=account.office_id, is_open=is_open, now=NOW, by="una prueba"
    )
    assert isinstance(changed, Account)
