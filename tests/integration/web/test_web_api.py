"""What the API promises to programs, over HTTP, with the real store and the real reading room."""

from __future__ import annotations

import datetime as dt
import hashlib
import signal
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

import pytest

from service.domain.errors import TemplateProblem
from service.domain.reports import DocumentKind
from service.jobs import Bell
from service.sheets.isolated import ReadingRoom
from service.store import Store, open_store
from tests.integration.samples import NOON, rows_of
from tests.integration.servers import RedisServer
from tests.plans import reference_rows
from tests.web import Client, assert_follows, example_with, problem_of, serve, take, write


def test_the_example_is_accepted_as_the_report_that_its_own_cells_name(client: Client) -> None:
    answer = client.upload()

    assert answer.status == 202
    report = answer.json
    assert_follows("Report", report)
    assert answer.headers["Location"] == f"/api/v1/reports/{report['id']}"
    assert (report["year"], report["quarter"], report["version"], report["edition"]) == (2024, "III", "2.0", None)
    assert (report["status"], report["state"], report["progress"]) == ("draft", "queued", 0)
    assert [(each["kind"], each["filename"]) for each in report["documents"]] == [
        ("word", "plan-de-accion-2024_v2.0_seguimiento-III-trimestre_borrador.docx"),
        ("excel", "plan-de-accion-2024_v2.0_seguimiento-III-trimestre_borrador.xlsx"),
        ("findings", "plan-de-accion-2024_v2.0_seguimiento-III-trimestre_hallazgos.xlsx"),
    ]
    assert client.get(answer.headers["Location"]).json == report


def test_the_plan_is_given_as_it_was_understood(client: Client) -> None:
    location = client.upload().headers["Location"]

    answer = client.get(f"{location}/plan")

    assert answer.headers.get_content_type() == "application/json"
    assert_follows("Understood", answer.json)
    actions = answer.json["plan"]["actions"]
    assert [[each["number"], each["action"], each["qualitative_progress"]] for each in actions] == [
        [row[0], row[1], row[10]] for row in reference_rows()
    ]
    assert (actions[0]["target"], actions[0]["starts_on"]) == ("4", "2024-03-01")


def test_what_is_said_beside_the_workbook_wins_over_it(client: Client) -> None:
    report = client.upload(quarter="3", version="3.1", kinds="word").json

    assert (report["quarter"], report["version"]) == ("III", "3.1")
    assert [each["kind"] for each in report["documents"]] == ["word"]


def test_progress_is_the_share_of_documents_finished(client: Client, sqlite_store: Store) -> None:
    location = client.upload(kinds="word,excel").headers["Location"]
    report_id = location.rpartition("/")[2]

    write(sqlite_store, report_id, DocumentKind.WORD)
    half = client.get(location).json
    write(sqlite_store, report_id, DocumentKind.EXCEL)
    whole = client.get(location).json

    assert (half["state"], half["progress"]) == ("running", 50)
    assert (whole["state"], whole["progress"]) == ("done", 100)
    assert_follows("Report", whole)


def test_a_finished_document_is_handed_over_as_a_file_to_keep(client: Client, sqlite_store: Store) -> None:
    report = client.issued(client.upload().json)
    write(sqlite_store, report["id"], DocumentKind.WORD, b"the very bytes")

    shown = client.get(f"/api/v1/reports/{report['id']}").json["documents"][0]
    answer = client.get(shown["href"])

    digest = hashlib.sha256(b"the very bytes").hexdigest()
    assert (answer.status, answer.content) == (200, b"the very bytes")
    assert (shown["size"], shown["sha256"]) == (14, digest)
    assert answer.headers["Content-Type"] == DocumentKind.WORD.media_type
    assert answer.headers["Content-Disposition"] == (
        "attachment; filename=plan-de-accion-2024_v2.0_seguimiento-III-trimestre.docx"
    )
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "sandbox"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["ETag"] == f'"{digest}"'
    assert client.get(shown["href"], {"If-None-Match": f'"{digest}"'}).status == 304


def test_a_document_that_is_not_written_yet_is_409(client: Client) -> None:
    problem = problem_of(client.get(client.upload().json["documents"][0]["href"]), 409)

    assert problem["detail"] == "El documento de Word todavía se está escribiendo. Inténtelo de nuevo en unos segundos."


def test_a_document_that_failed_says_why(client: Client, sqlite_store: Store) -> None:
    report = client.upload().json
    reason = "La plantilla pide un dato que el informe no tiene."
    sqlite_store.fail(take(sqlite_store, report["id"], DocumentKind.WORD), TemplateProblem(reason), NOON)

    problem = problem_of(client.get(report["documents"][0]["href"]), 409)
    shown = client.get(f"/api/v1/reports/{report['id']}").json["documents"][0]

    assert problem["detail"] == f"No se pudo escribir el documento de Word. {reason}"
    assert (shown["state"], shown["problem"]) == ("failed", reason)


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/reports/0000",
        "/api/v1/reports/0000/plan",
        "/api/v1/reports/0000/documents/word",
        "/api/v1/reports/%00",
        "/api/v1/reports/0000%0a",
        "/api/v1/reports/..%2f..%2fetc",
        "/api/v1/nothing",
    ],
)
def test_what_does_not_exist_is_404(client: Client, path: str) -> None:
    problem_of(client.get(path), 404)


def test_a_document_that_was_not_asked_for_is_404(client: Client) -> None:
    location = client.upload(kinds="word").headers["Location"]

    problem_of(client.get(f"{location}/documents/excel"), 404)
    problem_of(client.get(f"{location}/documents/pdf"), 404)


def test_the_list_goes_from_the_newest_to_the_oldest_page_by_page(client: Client) -> None:
    sent = [client.upload(version=f"{number}.0").json["id"] for number in range(1, 6)]

    seen: list[str] = []
    href: str | None = "/api/v1/reports?limit=2"
    while href:
        page = client.get(href).json
        assert_follows("Reports", page)
        seen += [each["id"] for each in page["reports"]]
        href = page["next"]

    assert seen == sent[::-1]


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "limit=%C2%B2", "before=%00", "before=a/b"])
def test_a_list_that_cannot_be_given_is_refused_by_name(client: Client, query: str) -> None:
    problem = problem_of(client.get(f"/api/v1/reports?{query}"), 400)

    assert [error["field"] for error in problem["errors"]] == [query.partition("=")[0]]


def test_the_same_key_and_request_give_the_first_report_again(client: Client) -> None:
    first = client.upload(headers={"Idempotency-Key": "clave-1"})
    again = client.upload(headers={"Idempotency-Key": "clave-1"})

    assert (first.status, again.status) == (202, 202)
    assert again.json == first.json
    assert again.headers["Location"] == first.headers["Location"]
    assert (first.headers["Idempotent-Replayed"], again.headers["Idempotent-Replayed"]) == (None, "true")
    assert len(client.get("/api/v1/reports").json["reports"]) == 1


def test_a_key_used_for_another_workbook_is_refused(client: Client) -> None:
    client.upload(headers={"Idempotency-Key": "clave-1"})

    answer = client.upload(example_with({"B6": "Otra acción"}), headers={"Idempotency-Key": "clave-1"})

    assert problem_of(answer, 422)["type"] == "urn:folio:problema:clave-reutilizada"


def test_a_key_of_an_upload_whose_data_were_known_is_taken_too(client: Client) -> None:
    first = client.upload()
    key = {"Idempotency-Key": "clave-1"}

    known = client.upload(headers=key)
    again = client.upload(headers=key)
    other = client.upload(example_with({"B6": "Otra acción"}), headers=key)

    assert (first.status, known.status, again.status) == (202, 200, 202)
    assert (again.headers["Location"], again.headers["Idempotent-Replayed"]) == (known.headers["Location"], "true")
    assert problem_of(other, 422)["type"] == "urn:folio:problema:clave-reutilizada"
    assert len(client.get("/api/v1/reports").json["reports"]) == 1


def test_a_known_upload_that_asks_for_changes_where_there_is_nothing_before_is_answered_again(client: Client) -> None:
    client.upload()
    key = {"Idempotency-Key": "clave-1"}

    answers = [client.upload(headers=key, kinds="word,changes") for _ in range(2)]

    assert [answer.status for answer in answers] == [200, 202]
    assert answers[0].json["id"] == answers[1].json["id"]


def test_ten_at_once_under_one_key_make_one_report(client: Client) -> None:
    with ThreadPoolExecutor(10) as threads:
        answers = list(threads.map(lambda _: client.upload(headers={"Idempotency-Key": "clave-1"}), range(10)))

    assert {answer.status for answer in answers} == {202}
    assert len({answer.json["id"] for answer in answers}) == 1


@pytest.mark.parametrize("key", ["", "con espacio", "ñ", "x" * 201])
def test_a_key_that_cannot_be_kept_is_refused(client: Client, key: str) -> None:
    problem = problem_of(client.upload(headers={"Idempotency-Key": key.encode().decode("latin-1")}), 400)

    assert [error["field"] for error in problem["errors"]] == ["Idempotency-Key"]


def test_the_worker_is_called_after_commit_and_once(
    sqlite_store: Store, reading_room: ReadingRoom, redis_server: RedisServer
) -> None:
    with serve(sqlite_store, reading_room, redis_url=redis_server.url) as client:
        for _ in range(2):
            answer = client.upload(headers={"Idempotency-Key": "clave-1"})
            assert answer.status == 202
        ready = client.get("/readyz")

    report_id = answer.json["id"]
    # What is quick to write goes in one message.
    assert redis_server.rung() == [[f"{report_id}.word", f"{report_id}.excel"], [f"{report_id}.findings"]]
    assert (ready.status, ready.json["database"], ready.json["redis"]) == (200, "up", "up")


def test_the_documents_of_a_long_plan_are_for_several_workers(
    sqlite_store: Store, reading_room: ReadingRoom, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.web.front.MOST_WRITTEN_TOGETHER", 9)
    with serve(sqlite_store, reading_room, redis_url=redis_server.url) as client:
        report_id = client.upload(kinds="word,excel").json["id"]

    assert redis_server.rung() == [[f"{report_id}.word"], [f"{report_id}.excel"]]


def test_no_worker_hears_of_a_job_that_is_not_there_for_it(
    client: Client, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rung: list[bool] = []

    def ring(_bell: Bell, job_ids: Iterable[str], **_: object) -> bool:
        # On a connection of its own, as a worker looks.
        rung.append(set(job_ids) <= {row[0] for row in rows_of(sqlite_url, "jobs")})
        return True

    monkeypatch.setattr(Bell, "ring", ring)
    client.issued(client.upload().json)

    assert rung == [True, True]


def test_without_redis_uploads_are_accepted_and_it_is_told(client: Client) -> None:
    assert client.upload().status == 202

    ready = client.get("/readyz")

    assert_follows("Readiness", ready.json)
    assert (ready.status, ready.json["status"], ready.json["database"]) == (200, "limited", "up")
    assert ready.json["redis"] == "down"
    assert "Redis no responde: los libros se reciben, y sus documentos esperan" in ready.json["problems"][0]


def test_a_frozen_redis_delays_no_upload_past_three_seconds(
    sqlite_store: Store, reading_room: ReadingRoom, redis_server: RedisServer
) -> None:
    with serve(sqlite_store, reading_room, redis_url=redis_server.url) as client:
        client.upload()
        redis_server.send(signal.SIGSTOP)
        started = time.monotonic()
        statuses = [client.upload(version=f"3.{number}").status for number in range(3)]
        took = time.monotonic() - started
        redis_server.send(signal.SIGCONT)

    assert statuses == [202, 202, 202]
    assert took < 3


def test_without_the_database_nothing_is_promised(reading_room: ReadingRoom) -> None:
    store = open_store("sqlite:////nowhere/folio.db")
    token = {"Authorization": "Bearer anything"}
    with serve(store, reading_room, signs_in=False) as client:
        upload = client.upload(headers=token)
        listed = client.get("/api/v1/reports", token)
        ready = client.get("/readyz")
        alive = client.get("/healthz")

    for answer in (upload, listed):
        problem_of(answer, 503)
        assert int(answer.headers["Retry-After"]) > 0
    assert (ready.status, ready.json["status"], ready.json["database"]) == (503, "unavailable", "down")
    assert (alive.status, alive.json) == (200, {"status": "alive"})


def test_a_surprise_of_ours_is_told_as_ours_and_shows_nothing_of_the_inside(
    sqlite_store: Store, reading_room: ReadingRoom
) -> None:
    def stopped_clock() -> dt.datetime:
        raise RuntimeError("secret of the inside")

    with serve(sqlite_store, reading_room, clock=stopped_clock, signs_in=False) as client:
        answer = client.upload(headers={"Authorization": "Bearer anything"})
        page = client.sent("GET", "/informes", None, {"Cookie": "folio=anything"})

    assert "No fue por su archivo" in problem_of(answer, 500)["detail"]
    assert page.status == 500
    assert "No fue por su archivo" in page.text
    assert "secret" not in answer.text + page.text
