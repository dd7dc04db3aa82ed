"""Versions, quarters and editions over HTTP: proposed, issued, compared, never altered."""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

import openpyxl
import pytest

from service.domain.errors import TemplateProblem
from service.domain.office import Office, OfficeSettings
from service.domain.reports import DocumentKind
from service.sheets.isolated import ReadingRoom
from service.store import Store
from tests.integration.samples import NOON
from tests.integration.servers import Processes, RedisServer, wait_until
from tests.web import EXAMPLE, Answer, Client, assert_follows, example_with, problem_of, serve, take, write

# The version before the example's: action 1 had another target.
BEFORE = {"A3": "Versión 1.0", "F6": 3}
COMMITTEE = "Comité Institucional de Gestión y Desempeño"
APPROVAL = {"instance": COMMITTEE, "act": "Acta 5", "date": "2024-09-10"}
PLANNING = "Subdirección de Planeación Metropolitana y Regional"
BY_PROGRAM = f"{PLANNING} (por medio de «Pruebas»)"


def retold(word: str = "corregido") -> dict[str, object]:
    """The avance of action 1 with another word in it."""
    sheet = openpyxl.load_workbook(EXAMPLE).worksheets[0]
    return {"K6": f"{str(sheet['K6'].value).rstrip('.')}, según el registro {word}."}


def without(cell: str, value: object = None) -> bytes:
    return example_with({cell: value})


def send(client: Client, path: str, **fields: str) -> Answer:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return client.ask("POST", path, urlencode(fields).encode(), headers)


def as_fourth_quarter(workbook: bytes) -> bytes:
    """The workbook of the next quarter, with an avance of its own in each action."""
    book = openpyxl.load_workbook(BytesIO(workbook))
    sheet = book.worksheets[0]
    for row in range(6, 16):
        sheet[f"K{row}"] = f"Durante el cuarto trimestre de 2024 se entregaron {row} productos de la acción prevista."
    filled = BytesIO()
    book.save(filled)
    return filled.getvalue()


@pytest.fixture
def issued(client: Client) -> dict[str, Any]:
    """The example, issued."""
    return client.issued(client.upload().json, by=PLANNING)


def test_an_upload_is_proposed_for_what_it_is_with_the_reason(client: Client) -> None:
    report = client.upload().json

    assert_follows("Report", report)
    assert (report["status"], report["step"], report["edition"]) == ("draft", "first", None)
    assert report["proposal"] == {
        "step": "first",
        "reason": "Es el primer informe del plan de acción 2024 que se emitiría en Folio.",
        "year": 2024,
        "quarter": "III",
        "version": "2.0",
        "edition": 1,
        "against": None,
    }


def test_the_same_data_are_answered_with_the_report_that_there_is(client: Client, issued: dict[str, Any]) -> None:
    again = client.upload()

    assert again.status == 200
    assert again.headers["Location"] == f"/api/v1/reports/{issued['id']}"
    assert_follows("Report", again.json)
    assert (again.json["id"], again.json["proposal"]["step"]) == (issued["id"], "same")
    assert len(client.get("/api/v1/reports").json["reports"]) == 1
    anew = client.upload(step="correction")
    assert (anew.status, anew.json["step"], anew.json["proposal"]["edition"]) == (202, "correction", 2)


def test_the_same_draft_sent_twice_is_one_and_gets_the_documents_that_it_lacks(client: Client) -> None:
    first = client.upload(kinds="word")

    again = client.upload(kinds="word,excel")

    assert (first.status, again.status, again.json["id"]) == (202, 200, first.json["id"])
    assert [document["kind"] for document in again.json["documents"]] == ["word", "excel"]


def test_other_data_of_an_issued_report_are_its_next_edition(client: Client, issued: dict[str, Any]) -> None:
    draft = client.upload(example_with(retold())).json

    assert draft["proposal"]["step"] == "correction"
    assert "estos datos lo corrigen (cambia 1 avance)" in draft["proposal"]["reason"]
    second = client.issued(draft)
    assert (second["edition"], second["status"], second["previous"]) == (2, "issued", issued["id"])
    first = client.get(f"/api/v1/reports/{issued['id']}").json
    assert (first["edition"], first["status"], first["superseded_by"]) == (1, "superseded", second["id"])


def test_what_the_workbook_leaves_open_is_proposed_and_confirmed_by_one_field(
    client: Client, issued: dict[str, Any]
) -> None:
    without_version = example_with({"A3": None, **retold()})

    refused = problem_of(client.upload(without_version), 422)
    confirmed = client.upload(without_version, step="correction")

    lacking = next(finding for finding in refused["findings"] if finding["code"] == "PLAN_003")
    assert lacking["proposal"] == "2.0"
    assert refused["proposal"]["against"] == issued["id"]
    assert (confirmed.status, confirmed.json["version"], confirmed.json["step"]) == (202, "2.0", "correction")
    named = client.upload(without_version, version="2.0")
    assert (named.status, named.json["id"]) == (200, confirmed.json["id"])


@pytest.mark.parametrize(
    ("step", "sentence"),
    [
        ("new_version", "Usted indicó que es una versión nueva, pero el libro trae la 2.0, que ya se emitió"),
        ("next_quarter", "Usted indicó que es el siguiente trimestre, pero el libro es para el III trimestre de 2024"),
        ("first", "Usted indicó que es el primer informe de 2024, pero ya se emitió el del III trimestre"),
    ],
)
def test_what_the_person_says_and_the_workbook_contradicts_is_409_and_names_both(
    client: Client, issued: dict[str, Any], step: str, sentence: str
) -> None:
    problem = problem_of(client.upload(example_with(retold()), step=step), 409)

    assert sentence in problem["detail"]
    assert problem["proposal"]["against"] == issued["id"]


def test_a_step_that_does_not_exist_is_refused_by_name(client: Client) -> None:
    (error,) = problem_of(client.upload(step="otro"), 400)["errors"]

    assert error["field"] == "step"


def test_a_version_that_goes_backwards_is_a_finding_and_may_be_accepted(client: Client, issued: dict[str, Any]) -> None:
    problem = problem_of(client.upload(version="1.0"), 422)

    (found,) = [finding for finding in problem["findings"] if finding["code"] == "STEP_001"]
    assert "ya se emitió la versión 2.0" in found["message"]
    reason = json.dumps([{"code": "STEP_001", "sheet": found["sheet"], "cell": "", "reason": "Se carga la historia"}])
    assert client.upload(version="1.0", accepted=reason).status == 202
    assert issued["version"] == "2.0"


def test_a_plan_changed_under_an_issued_version_is_told_in_the_same_quarter_too(
    client: Client, issued: dict[str, Any]
) -> None:
    answer = client.upload(example_with({"F6": 9}), draft="true")

    (found,) = [each for each in answer.json["findings"] if each["code"] == "CHANGE_001"]
    assert (found["cell"], found["proposal"]) == ("F6", "4")
    proposal = answer.json["proposal"]
    assert (proposal["step"], proposal["version"], proposal["against"]) == ("new_version", "3.0", issued["id"])
    problem = problem_of(client.post(f"/api/v1/reports/{answer.json['id']}/issue"), 409)
    assert [each["code"] for each in problem["findings"]] == ["CHANGE_001"]


def test_a_new_version_says_all_that_its_issue_lacks_at_once(client: Client) -> None:
    client.issued(client.upload(example_with(BEFORE)).json)
    draft = client.upload().json
    path = f"/api/v1/reports/{draft['id']}/issue"

    problem = problem_of(client.post(path), 409)
    half = problem_of(client.post(path, approval={"instance": COMMITTEE}), 409)
    wrong = problem_of(client.post(path, approval={"date": "10/09/2024"}, by=7), 400)
    ahead = problem_of(client.post(path, approval={"date": "2999-01-01"}), 400)

    assert draft["proposal"]["step"] == "new_version"
    assert [error["field"] for error in problem["errors"]] == [
        "approval.instance", "approval.act", "approval.date", "reason",
    ]  # fmt: skip
    assert [error["field"] for error in half["errors"]] == ["approval.act", "approval.date", "reason"]
    assert {error["field"] for error in wrong["errors"]} == {"by", "approval.date"}
    assert [error["field"] for error in ahead["errors"]] == ["approval.date"]
    issued = client.issued(draft, by=PLANNING, approval=APPROVAL)
    assert_follows("Report", issued)
    assert (issued["status"], issued["edition"], issued["issued_by"]) == ("issued", 1, BY_PROGRAM)
    assert issued["approval"] == APPROVAL
    assert issued["description"] == "Se modificó la meta de la acción 1 (de 3 a 4)."
    assert [(each["kind"], each["official"]) for each in issued["documents"]] == [
        ("word", True), ("excel", True), ("pdf", True), ("findings", False), ("changes", True), ("redline", True),
        ("package", True),
    ]  # fmt: skip


def test_a_new_version_may_go_without_approval_when_the_reason_is_said(client: Client) -> None:
    client.issued(client.upload(example_with(BEFORE)).json)

    issued = client.issued(client.upload().json, reason="El Comité sesiona el 20 de octubre", description="Otra meta.")

    assert (issued["reason"], issued["description"]) == ("El Comité sesiona el 20 de octubre", "Otra meta.")
    assert issued["approval"] == {"instance": "", "act": "", "date": None}


def test_issuing_what_is_issued_gives_the_same_answer(client: Client) -> None:
    draft = client.upload().json

    first, again = client.issued(draft, by="Una"), client.issued(draft, by="Otra")

    assert first == again
    assert first["issued_by"] == "Una (por medio de «Pruebas»)"
    problem_of(client.post("/api/v1/reports/0000/issue"), 404)
    assert (
        client.ask("POST", f"/api/v1/reports/{draft['id']}/issue", b"[", {"Content-Type": "application/json"}).status
        == 400
    )


def test_who_issues_is_who_signed_in_whatever_the_form_says(client: Client) -> None:
    report = client.upload().json
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    client.ask("POST", f"/informes/{report['id']}/emision", b"by=Otra+persona", form)

    assert client.get(f"/api/v1/reports/{report['id']}").json["issued_by"] == "Persona de Ejemplo"
    assert "por Persona de Ejemplo; es la vigente" in client.get("/planes/2024").text


def test_a_program_that_says_for_nobody_is_named_itself(client: Client) -> None:
    assert client.issued(client.upload().json)["issued_by"] == "«Pruebas»"


def test_a_draft_that_another_issue_contradicts_since_is_looked_at_again(client: Client) -> None:
    old = client.upload(example_with(BEFORE)).json
    client.issued(client.upload().json)

    problem = problem_of(client.post(f"/api/v1/reports/{old['id']}/issue"), 409)

    assert [finding["code"] for finding in problem["findings"]] == ["STEP_001"]
    assert "se emitió otro informe que lo contradice" in problem["detail"]
    page = client.get(f"/informes/{old['id']}").text
    assert "Revisar el libro de nuevo" in page
    again = send(client, f"/informes/{old['id']}/paso", sending="x")
    assert again.status == 303
    assert again.headers["Location"] != f"/informes/{old['id']}"
    assert "ya se emitió la versión 2.0" in client.get(again.headers["Location"]).text


def test_the_change_log_is_told_in_the_documents_where_the_office_wants_it(
    sqlite_store: Store, reading_room: ReadingRoom
) -> None:
    sqlite_store.keep_office(OfficeSettings(Office(tells_change_log=True)), now=NOON, by=PLANNING)
    with serve(sqlite_store, reading_room) as client:
        client.issued(client.upload(example_with(BEFORE)).json, description="Plan adoptado.")
        second = client.issued(client.upload().json, approval=APPROVAL)
        third = client.issued(client.upload(example_with(retold())).json)

    def told(report: dict[str, Any]) -> list[tuple[str, str, str]]:
        kept = sqlite_store.report(report["id"])
        assert kept is not None
        return [(str(entry.version), entry.description, entry.instance) for entry in kept.change_log]

    assert (
        told(second)
        == told(third)
        == [
            ("1.0", "Plan adoptado.", ""),
            ("2.0", "Se modificó la meta de la acción 1 (de 3 a 4).", f"{COMMITTEE}, Acta 5"),
        ]
    )


def test_any_two_reports_can_be_compared(client: Client) -> None:
    first = client.issued(client.upload(example_with(BEFORE)).json)
    second = client.issued(client.upload().json, approval=APPROVAL)
    draft = client.upload(example_with(retold())).json

    by_default = client.get(f"/api/v1/reports/{second['id']}/changes").json
    of_draft = client.get(f"/api/v1/reports/{draft['id']}/changes").json
    not_neighbours = client.get(f"/api/v1/reports/{draft['id']}/changes?against={first['id']}").json

    assert_follows("Changes", by_default)
    assert (by_default["against"]["id"], by_default["approver"]) == (first["id"], "committee")
    assert [(each["kind"], each["after"]["number"]) for each in by_default["actions"]] == [("changed", "1")]
    assert [each["field"] for each in by_default["actions"][0]["fields"]] == ["target"]
    assert (of_draft["against"]["id"], of_draft["modifies_plan"]) == (second["id"], False)
    fields = [field["field"] for field in not_neighbours["actions"][0]["fields"]]
    assert fields == ["target", "qualitative_progress"]


def test_what_cannot_be_compared_says_why(client: Client, issued: dict[str, Any]) -> None:
    path = f"/api/v1/reports/{issued['id']}/changes"

    assert "no sigue a ninguno" in problem_of(client.get(path), 409)["detail"]
    assert "consigo mismo" in problem_of(client.get(f"{path}?against={issued['id']}"), 400)["detail"]
    problem_of(client.get(f"{path}?against=0000"), 404)
    problem_of(client.get("/api/v1/reports/0000/changes"), 404)
    problem_of(
        client.upload(example_with({"A3": "Versión 9.0"}), step="new_version", kinds="redline", year="2025"), 409
    )


def test_documents_are_asked_for_later_and_told_apart_by_what_they_compare_with(
    client: Client, sqlite_store: Store
) -> None:
    first = client.issued(client.upload(example_with(BEFORE)).json)
    second = client.issued(client.upload().json, approval=APPROVAL)
    draft = client.upload(example_with(retold())).json
    path = f"/api/v1/reports/{draft['id']}/documents"

    for other in (first, second):
        answer = client.post(path, kinds=["redline"], against=other["id"])
        assert answer.status == 202
        assert_follows("Report", answer.json)
    redlines = [each for each in answer.json["documents"] if each["kind"] == "redline"]

    assert {each["against"] for each in redlines} == {first["id"], second["id"]}
    for other in (first, second):
        write(sqlite_store, draft["id"], DocumentKind.REDLINE, other["id"].encode(), against=other["id"])
    assert {client.get(each["href"]).text: each["against"] for each in redlines} == {
        first["id"]: first["id"], second["id"]: second["id"],
    }  # fmt: skip
    year = client.post(f"/api/v1/reports/{second['id']}/documents", kinds=["year_word", "year_excel"])
    assert [each["kind"] for each in year.json["documents"]][-3:] == ["year_word", "year_excel", "package"]
    assert problem_of(client.post(path, kinds=["odt"]), 400)["errors"][0]["field"] == "kinds"
    assert "Un borrador no se publica" in problem_of(client.post(path, kinds=["package"]), 400)["detail"]
    assert problem_of(client.post(path), 400)["errors"][0]["field"] == "kinds"
    problem_of(client.post("/api/v1/reports/0000/documents", kinds=["word"]), 404)


def test_an_upload_may_ask_for_its_changes_when_it_follows_a_report(client: Client, issued: dict[str, Any]) -> None:
    key = {"Idempotency-Key": "clave"}
    workbook = example_with(retold())
    draft = client.upload(workbook, kinds="word,changes", headers=key).json

    assert client.upload(workbook, kinds="word,changes", headers=key).json == draft
    assert [(each["kind"], each["against"]) for each in draft["documents"]] == [
        ("word", None), ("changes", issued["id"]),
    ]  # fmt: skip


def test_the_workbook_of_the_next_quarter_is_a_document_of_the_report(client: Client, issued: dict[str, Any]) -> None:
    answer = client.ask("POST", f"/api/v1/reports/{issued['id']}/next-quarter")

    assert answer.status == 202
    (asked,) = (each for each in answer.json["documents"] if each["kind"] == "next_quarter")
    assert asked["filename"] == "plan-de-accion-2024_v2.0_IV-trimestre.xlsx"
    problem_of(client.ask("POST", "/api/v1/reports/0000/next-quarter"), 404)


def test_a_document_that_failed_is_tried_again_and_only_that_one(client: Client, sqlite_store: Store) -> None:
    report = client.upload().json
    sqlite_store.fail(take(sqlite_store, report["id"], DocumentKind.WORD), TemplateProblem("Falta una etiqueta."), NOON)
    path = f"/api/v1/reports/{report['id']}/documents"

    again = client.ask("POST", f"{path}/word/retry")

    assert again.status == 202
    assert [each["state"] for each in again.json["documents"]] == ["queued"] * 3
    assert again.json["documents"][0]["problem"] is None
    write(sqlite_store, report["id"], DocumentKind.WORD)
    problem_of(client.ask("POST", f"{path}/word/retry"), 409)
    problem_of(client.ask("POST", f"{path}/odt/retry"), 400)


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", ["", "/plan", "/documents/word"])
def test_a_report_is_never_altered_and_the_attempt_is_on_record(
    client: Client, sqlite_store: Store, issued: dict[str, Any], method: str, path: str
) -> None:
    before = client.get(f"/api/v1/reports/{issued['id']}").json
    entries = sqlite_store.verify_audit().entries

    answer = client.ask(method, f"/api/v1/reports/{issued['id']}{path}")
    of_nobody = client.ask(method, "/api/v1/reports/0000")

    problem = problem_of(answer, 405)
    assert problem["type"] == problem_of(of_nobody, 405)["type"] == "urn:folio:problema:informe-inalterable"
    assert "no se modifica ni se borra" in problem["detail"]
    assert "GET" in answer.headers["Allow"]
    assert client.get(f"/api/v1/reports/{issued['id']}").json == before
    verdict = sqlite_store.verify_audit()
    assert (verdict.is_sound, verdict.entries) == (True, entries + 1)


def test_the_list_is_narrowed_by_year_quarter_version_and_status(client: Client) -> None:
    client.issued(client.upload(example_with(BEFORE)).json)
    client.issued(client.upload().json, approval=APPROVAL)
    for word in ("uno", "dos", "tres"):
        client.upload(example_with(retold(word)))

    def listed(query: str) -> list[tuple[str, str]]:
        reports = client.get(f"/api/v1/reports?{query}").json["reports"]
        return [(report["version"], report["status"]) for report in reports]

    assert listed("version=1.0") == [("1.0", "superseded")]
    assert listed("status=issued") == [("2.0", "issued")]
    assert listed("status=superseded&quarter=III") == [("1.0", "superseded")]
    assert listed("status=draft&year=2024") == [("2.0", "draft")] * 3
    assert listed("year=2023") == listed("quarter=4") == []
    page = client.get("/api/v1/reports?status=draft&limit=2").json
    assert len(page["reports"]) == 2
    assert len(client.get(page["next"]).json["reports"]) == 1
    for query in ("year=mil", "quarter=V", "version=2", "status=final"):
        (error,) = problem_of(client.get(f"/api/v1/reports?{query}"), 400)["errors"]
        assert error["field"] == query.partition("=")[0]


@pytest.mark.timeout(240)
# openpyxl understands no print area of whole columns.
@pytest.mark.filterwarnings("ignore:Print area cannot be set:UserWarning")
def test_the_story_of_a_plan_from_uploads_to_its_year(
    sqlite_store: Store, reading_room: ReadingRoom, redis_server: RedisServer, processes: Processes
) -> None:
    """Version 1.0, then 2.0, the third and the fourth quarter, a corrected edition: all written by a real worker."""
    processes.worker(1)

    def written(client: Client, report: dict[str, Any]) -> dict[str, Any]:
        path = f"/api/v1/reports/{report['id']}"
        wait_until(
            lambda: client.get(path).json["state"] not in {"queued", "running"}, seconds=90, what="it was written"
        )
        done: dict[str, Any] = client.get(path).json
        assert done["state"] == "done", done
        return done

    with serve(sqlite_store, reading_room, redis_url=redis_server.url) as client:
        client.issued(client.upload(example_with(BEFORE), kinds="findings").json, by=PLANNING)
        second = client.issued(client.upload(kinds="findings").json, by=PLANNING, approval=APPROVAL)
        client.ask("POST", f"/api/v1/reports/{second['id']}/next-quarter")
        second = written(client, second)
        by_kind = {document["kind"]: client.get(document["href"]) for document in second["documents"]}
        fourth_draft = client.upload(as_fourth_quarter(by_kind["next_quarter"].content), kinds="findings")
        assert fourth_draft.status == 202, fourth_draft.text
        fourth = client.issued(fourth_draft.json, by=PLANNING)
        corrected_book = openpyxl.load_workbook(BytesIO(as_fourth_quarter(by_kind["next_quarter"].content)))
        corrected_book.worksheets[0]["K6"] = "Durante el cuarto trimestre de 2024 se entregaron 4 de 4 documentos."
        kept = BytesIO()
        corrected_book.save(kept)
        corrected = client.issued(client.upload(kept.getvalue(), kinds="findings").json, by=PLANNING)
        client.post(f"/api/v1/reports/{corrected['id']}/documents", kinds=["year_word", "year_excel"])
        corrected = written(client, corrected)
        listed = client.get("/api/v1/reports").json["reports"]
        home, plan = client.get("/").text, client.get("/planes/2024").text

    assert {answer.status for answer in by_kind.values()} == {200}
    assert (fourth["step"], fourth["quarter"], fourth["previous"]) == ("next_quarter", "IV", second["id"])
    assert (corrected["step"], corrected["edition"], corrected["previous"]) == ("correction", 2, fourth["id"])
    assert [(each["version"], each["quarter"], each["edition"], each["status"]) for each in listed] == [
        ("2.0", "IV", 2, "issued"),
        ("2.0", "IV", 1, "superseded"),
        ("2.0", "III", 1, "issued"),
        ("1.0", "III", 1, "superseded"),
    ]
    assert "; reemplaza la edición 1" in home
    assert "; la reemplazó la edición 2" in home
    assert "; la reemplazó la versión 2.0" in home
    assert "Se modificó la meta de la acción 1 (de 3 a 4)." in plan
    assert "Aprobación: Comité Institucional de Gestión y Desempeño, Acta 5, 10/09/2024." in plan
    assert plan.index("Versión 1.0") < plan.index("Versión 2.0") < plan.index("IV trimestre, edición 2")
    assert sqlite_store.verify_audit().is_sound


def test_an_issued_report_shows_what_was_found_and_only_the_one_in_force_offers_to_be_corrected(client: Client) -> None:
    reason = "Lo confirmó el comité."
    draft = client.upload(path="/informes").headers["Location"]
    accepted = send(client, f"{draft}/correccion", **{"reason-0": reason}).headers["Location"]
    as_draft = client.get(accepted).text
    client.issued({"id": accepted.rsplit("/", 1)[-1]}, by=PLANNING)

    in_force, correction = client.get(accepted).text, client.get(f"{accepted}?corregir=si").text
    client.issued(client.upload(example_with(retold())).json, by=PLANNING)
    superseded, too_late = client.get(accepted).text, client.get(f"{accepted}?corregir=si").text

    assert "Corregir este informe" not in as_draft
    assert "Aceptar con razón" in as_draft
    for page in (in_force, superseded):
        assert "Esto se sabía del libro cuando se emitió el informe." in page
        assert f"Se aceptó: {reason}" in page
        assert "revíselo antes de firmar" not in page
    assert "<textarea" not in in_force
    assert f'href="{accepted}?corregir=si#findings-title">Corregir este informe</a>' in in_force
    assert f">{reason}</textarea>" in correction
    assert correction.count('id="hallazgo-0"') == 1
    assert "<textarea" not in superseded
    assert "Corregir este informe" not in superseded + too_late
