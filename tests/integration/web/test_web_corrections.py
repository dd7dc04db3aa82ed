"""What a planner or a program corrects without leaving Folio: columns, acceptances, drafts; and what is remembered."""

from __future__ import annotations

import datetime as dt
import json
import re
from io import BytesIO
from urllib.parse import urlencode, urlsplit

import openpyxl
import pytest

from service.domain.archive import finding_from_json
from service.domain.office import Office
from service.domain.reading import Accepted, Given
from service.domain.reports import DocumentKind
from service.sheets.intake import read_plan
from service.sheets.isolated import ReadingRoom
from service.store import Store
from service.web.grouped import MOST_SHOWN
from service.web.wording import printed_instant
from tests.unit.sheets.office import action, office_book
from tests.web import EXAMPLE, Answer, Client, assert_follows, example_with, problem_of, serve
from worker.documents.findings_workbook import render_findings_workbook

NO_DATE = {"G7": "31/02/2024"}
REASON = "El acuerdo no fijó el día"


def sheet_name() -> str:
    return str(openpyxl.load_workbook(EXAMPLE).worksheets[0].title)


def letting_stand(code: str = "DATE_001", cell: str = "G7", reason: str = REASON) -> str:
    return json.dumps([{"code": code, "sheet": sheet_name(), "cell": cell, "reason": reason}])


def with_a_header_of_its_own(cells: dict[str, str] | None = None) -> bytes:
    """The example with INDICADOR under a name that means nothing, and perhaps other values in some cells."""
    workbook = openpyxl.load_workbook(EXAMPLE)
    for address, value in (cells or {}).items():
        workbook.worksheets[0][address] = value
    for row in workbook.worksheets[0].iter_rows():
        for cell in row:
            if cell.value == "INDICADOR":
                cell.value = "ABC"
    changed = BytesIO()
    workbook.save(changed)
    return changed.getvalue()


def send_form(client: Client, path: str, fields: dict[str, str]) -> Answer:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return client.ask("POST", path, urlencode(fields).encode(), headers)


def test_a_refusal_carries_what_could_be_understood(client: Client) -> None:
    problem = problem_of(client.upload(example_with(NO_DATE)), 422)

    assert [action["number"] for action in problem["plan"]["actions"]] == [str(number) for number in range(1, 11)]
    assert problem["mapping"]["starts_on"]["header"] == "FECHA INICIO"


def test_an_accepted_error_no_longer_blocks_and_its_reason_stays_with_the_report(client: Client) -> None:
    report = client.upload(example_with(NO_DATE), accepted=letting_stand()).json

    assert_follows("Report", report)
    assert not report["has_errors"]
    (accepted,) = [finding for finding in report["findings"] if finding["accepted"]]
    assert (accepted["code"], accepted["cell"], accepted["accepted"]) == ("DATE_001", "G7", REASON)
    understood = client.get(f"/api/v1/reports/{report['id']}/plan").json
    assert accepted in understood["findings"]


def test_an_acceptance_of_another_cell_changes_nothing(client: Client) -> None:
    problem_of(client.upload(example_with(NO_DATE), accepted=letting_stand(cell="G8")), 422)


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("accepted", "sí", "No se entiende como JSON"),
        ("accepted", '{"code": "DATE_001"}', "Escriba una lista JSON"),
        ("accepted", '[{"code": "NADA_001", "reason": "x"}]', "No existe ningún hallazgo con el código «NADA_001»"),
        ("accepted", '[{"code": "DATE_001", "reason": " "}]', "se acepta con una razón"),
        ("accepted", '[{"code": "DATE_001", "reason": 3}]', "son textos"),
        ("accepted", "[" * 5000, "No se entiende como JSON"),
        ("mapping", "[]", "Escriba un objeto JSON"),
        ("mapping", '{"Dependencia": "jefe"}', "«jefe» no es un campo del plan"),
        ("mapping", '{"": "meta"}', "Escriba el encabezado de la columna"),
        ("draft", "quizá", "true o false"),
    ],
)
def test_a_field_that_makes_no_sense_is_refused_by_name(client: Client, field: str, value: str, reason: str) -> None:
    problem = problem_of(client.upload(**{field: value}), 400)

    (error,) = problem["errors"]
    assert error["field"] == field
    assert reason in error["message"]


def test_a_column_can_be_named_and_is_remembered_for_the_next_file_of_its_layout(client: Client) -> None:
    workbook = with_a_header_of_its_own()

    before = problem_of(client.upload(workbook), 422)
    named = client.upload(workbook, mapping='{"ABC": "indicador"}')
    next_file = client.upload(workbook, quarter="4", accepted=every_error_of(workbook, 4, (("ABC", "indicator"),)))

    assert "indicator" not in before["mapping"]
    assert (named.status, next_file.status) == (202, 202)
    assert client.get(f"{next_file.headers['Location']}/plan").json["mapping"]["indicator"]["header"] == "ABC"


def test_a_reading_says_when_its_columns_were_said_of_an_earlier_file_and_can_be_made_afresh(client: Client) -> None:
    workbook = with_a_header_of_its_own()
    named = client.upload(workbook, mapping='{"ABC": "indicador"}')
    next_file = client.upload(workbook, quarter="3", version="2.1")
    location = next_file.headers["Location"]

    assert "remembered_at" not in client.get(f"{named.headers['Location']}/plan").json
    understood = client.get(f"{location}/plan").json
    assert_follows("Understood", understood)
    said_at = dt.datetime.fromisoformat(understood["remembered_at"])
    page = client.get(location.replace("/api/v1/reports", "/informes")).text
    assert f"Se leyó con las columnas que se indicaron el {printed_instant(said_at)}" in page

    again = send_form(client, f"/informes/{next_file.json['id']}/correccion", {"afresh": "true"})

    page = client.get(again.headers["Location"]).text
    assert "Falta la columna «INDICADOR»." in page
    assert "Se leyó con las columnas" not in page
    problem_of(client.upload(workbook), 422)


def test_a_refusal_says_so_too_and_an_upload_can_ask_to_be_read_afresh(client: Client) -> None:
    workbook = with_a_header_of_its_own({"G7": "31/02/2024"})
    client.upload(workbook, mapping='{"ABC": "indicador"}')

    refused = client.upload(workbook)
    page = client.upload(workbook, path="/informes").text
    afresh = problem_of(client.upload(workbook, afresh="true"), 422)

    assert problem_of(refused, 422)["remembered_at"] is not None
    assert 'name="afresh"' in page
    assert afresh["remembered_at"] is None
    assert "indicator" not in afresh["mapping"]


def test_what_was_said_of_a_layout_never_spoils_a_file_that_is_read_well_without_it(client: Client) -> None:
    problem_of(client.upload(mapping='{"INDICADOR": ""}'), 422)

    assert client.upload().status == 202


def test_a_workbook_with_errors_is_kept_where_that_is_asked_for_and_drafted_all_the_same(client: Client) -> None:
    answer = client.upload(example_with(NO_DATE), draft="true")

    assert answer.status == 202
    assert_follows("Report", answer.json)
    assert (answer.json["has_errors"], answer.json["status"]) == (True, "draft")
    assert [document["kind"] for document in answer.json["documents"]] == ["word", "excel", "findings"]
    assert client.get(f"{answer.headers['Location']}/plan").json["plan"]["actions"][1]["starts_on"] is None
    problem_of(client.post(f"{answer.headers['Location']}/issue"), 409)
    assert client.issued(client.upload().json)["edition"] == 1


def test_a_workbook_without_errors_has_none_whatever_would_do(client: Client) -> None:
    assert not client.upload(draft="true").json["has_errors"]


def test_a_draft_needs_to_know_which_report_it_is_for(client: Client) -> None:
    workbook = example_with({"A3": "", "G7": "31/02/2024"})

    problem = problem_of(client.upload(workbook, draft="true"), 422)

    assert "Para guardarlo como borrador falta indicar la versión." in problem["detail"]
    assert client.upload(workbook, draft="true", version="2.0").json["has_errors"]


def test_a_key_with_another_acceptance_is_another_request(client: Client) -> None:
    key = {"Idempotency-Key": "clave"}
    # Made once: what openpyxl saves says when.
    workbook = example_with(NO_DATE)
    sent = [
        client.upload(workbook, headers=key, accepted=letting_stand(reason=reason)).status
        for reason in (REASON, REASON, "Otra razón")
    ]

    assert sent == [202, 202, 422]


def test_the_page_keeps_a_draft_and_leads_from_it_to_the_report(client: Client, sqlite_store: Store) -> None:
    sent = client.upload(example_with(NO_DATE), path="/informes", draft="true")
    draft = client.get(sent.headers["Location"]).text
    number = re.search(r'name="reason-(\d+)"', draft[draft.index("Celda G7") :])
    assert number is not None

    again = send_form(client, f"{sent.headers['Location']}/correccion", {f"reason-{number[1]}": REASON})
    page = client.get(again.headers["Location"]).text

    assert "Es un borrador con errores" in draft
    assert (again.status, again.headers["Location"] != sent.headers["Location"]) == (303, True)
    assert "con errores" not in page
    assert f">{REASON}</textarea>" in page
    assert '<span class="mark accepted">Aceptado</span>' in page
    assert not sqlite_store.reports(1)[0].has_errors
    kinds = [document.kind for document in sqlite_store.reports(1)[0].documents]
    assert kinds == [DocumentKind.WORD, DocumentKind.EXCEL, DocumentKind.PDF, DocumentKind.FINDINGS]


def test_the_same_correction_twice_makes_one_edition_and_no_change_makes_none(
    client: Client, sqlite_store: Store
) -> None:
    location = client.upload(path="/informes").headers["Location"]

    nothing = send_form(client, f"{location}/correccion", {"sending": "x", "reason-0": " "})
    places = {
        send_form(client, f"{location}/correccion", {"sending": "x", "reason-0": REASON}).headers["Location"]
        for _ in range(2)
    }

    assert urlsplit(nothing.headers["Location"]).path == location
    assert len(places) == 1
    assert len(sqlite_store.reports(9)) == 2


def test_the_page_of_a_refused_upload_lets_its_columns_be_named(client: Client) -> None:
    workbook = with_a_header_of_its_own()

    refused = client.upload(workbook, path="/informes", sending="x")
    named = client.upload(workbook, path="/informes", column="ABC=indicator")

    assert '<option value="ABC=indicator">INDICADOR</option>' in refused.text
    assert '<input id="draft" name="draft" type="checkbox" value="true">' in refused.text
    assert named.status == 303


def test_a_page_shows_the_first_of_each_kind_of_very_many_findings_and_says_how_many_there_are(client: Client) -> None:
    rows = [action(number, K="Se avanzó  mucho", F="cuatro" if number == 400 else 4) for number in range(1, 401)]

    page = client.upload(office_book(rows), path="/informes").text

    assert MOST_SHOWN - 10 < page.count('<span class="mark ') <= MOST_SHOWN
    assert "400 hallazgos</span>" in page
    assert "La meta «cuatro» no es un número" in page
    assert re.search(r"Aquí están \d+ hallazgos, los primeros de cada clase, de [\d.]{3,5}\.", page)


def test_a_missing_column_opens_the_list_that_says_which_it_is(client: Client) -> None:
    missing = client.upload(with_a_header_of_its_own(), path="/informes").text
    complete = client.upload(example_with(NO_DATE), path="/informes").text

    assert '<details class="columns" open>' in missing
    assert "Indique qué contiene cada columna" in missing
    assert '<details class="columns">' in complete


def test_a_correction_of_what_does_not_exist_is_404_and_nonsense_is_400(client: Client) -> None:
    location = client.upload(path="/informes").headers["Location"]

    assert send_form(client, "/informes/none/correccion", {}).status == 404
    assert send_form(client, f"{location}/correccion", {"column": "ABC=jefe"}).status == 400
    assert client.upload(path="/informes", column="ABC=jefe").status == 400
    asked = client.get(f"{location}/correccion")
    assert (asked.status, asked.headers["Location"]) == (303, location)


def test_a_plan_changed_under_the_same_version_is_told_beside_the_quarter_before(client: Client) -> None:
    """An earlier quarter was reported; in the next the target of action 1 is another one."""
    client.issued(client.upload(quarter="2", accepted=every_error_of(EXAMPLE.read_bytes(), quarter=2)).json)

    same = client.upload()
    changed = client.upload(example_with({"F6": 5}))

    assert same.status == 202
    problem = problem_of(changed, 422)
    at_target = [each for each in problem["findings"] if each["cell"] == "F6" and each["severity"] == "error"]
    assert len(at_target) == 1
    let_stand = letting_stand(at_target[0]["code"], "F6")
    assert client.upload(example_with({"F6": 5}), accepted=let_stand).status == 202


def test_what_the_quarter_before_contradicts_can_be_accepted_in_the_marked_workbook(client: Client) -> None:
    client.issued(client.upload(quarter="2", accepted=every_error_of(EXAMPLE.read_bytes(), quarter=2)).json)
    changed = example_with({"F6": 5})
    problem = client.upload(changed).json
    at_target = next(each for each in problem["findings"] if each["cell"] == "F6" and each["severity"] == "error")
    marked = openpyxl.load_workbook(
        BytesIO(render_findings_workbook(changed, (finding_from_json(at_target),), Office(), (), ()))
    )
    listed = marked["Hallazgos"]
    header = next(row for row in listed.iter_rows() if any(cell.value == "Código" for cell in row))
    column = next(cell.column for cell in header if cell.value == "Aceptar con esta razón")
    listed.cell(header[0].row + 1, column).value = REASON
    kept = BytesIO()
    marked.save(kept)

    answer = client.upload(kept.getvalue())

    assert answer.status == 202, answer.text
    assert [each["cell"] for each in answer.json["findings"] if each["accepted"] == REASON] == ["F6"]
    understood = client.get(f"{answer.headers['Location']}/plan").json
    assert_follows("Understood", understood)
    assert [each["reason"] for each in understood["typed"]] == [REASON]


def every_error_of(workbook: bytes, quarter: int, mapping: tuple[tuple[str, str], ...] = ()) -> str:
    reading = read_plan(workbook, Given(quarter=quarter, mapping=mapping))
    return json.dumps(
        [
            {"code": each.code.name, "sheet": each.place.sheet, "cell": each.place.cell, "reason": REASON}
            for each in reading.findings
            if each.place and each.severity.value == "error"
        ]
    )


def test_a_blank_workbook_of_the_year_is_handed_out(client: Client) -> None:
    answer = client.get("/plantilla-en-blanco?year=2025")

    assert answer.status == 200
    assert answer.headers["Content-Disposition"] == "attachment; filename=plan-de-accion-2025_en-blanco.xlsx"
    assert not isinstance(read_plan(answer.content, Given()), Accepted)
    assert "2025" in str(openpyxl.load_workbook(BytesIO(answer.content)).worksheets[0]["A1"].value)
    assert client.get("/plantilla-en-blanco?year=mil").status == 400
    assert 'href="/plantilla-en-blanco?year=' in client.get("/").text


def test_without_the_previous_report_an_edition_of_the_same_quarter_may_differ(
    sqlite_store: Store, reading_room: ReadingRoom
) -> None:
    with serve(sqlite_store, reading_room) as client:
        assert client.upload().status == 202
        assert client.upload(example_with({"F6": 5})).status == 202


def with_an_accumulated_avance(numbers: int) -> bytes:
    """The example with a column of its own beside the table."""
    workbook = openpyxl.load_workbook(EXAMPLE)
    sheet = workbook.worksheets[0]
    sheet["M5"] = "AVANCE ACUMULADO"
    for row in range(6, 16):
        sheet.cell(row, 13).value = numbers
    changed = BytesIO()
    workbook.save(changed)
    return changed.getvalue()


def test_what_the_quarter_before_contradicts_of_a_column_of_the_office_is_said_at_its_cell(client: Client) -> None:
    before, now = with_an_accumulated_avance(3), with_an_accumulated_avance(1)
    earlier = client.upload(before, quarter="2", draft="true", accepted=every_error_of(before, quarter=2))
    assert client.post(f"{earlier.headers['Location']}/issue").status == 200, earlier.text

    answer = client.upload(now, draft="true")

    fallen = [each["cell"] for each in answer.json["findings"] if each["code"] == "QUANTITY_002"]
    assert fallen == [f"M{row}" for row in range(6, 16)]
    understood = client.get(f"{answer.headers['Location']}/plan").json
    assert_follows("Understood", understood)
    assert [each["column"] for each in understood["extra_columns"]] == ["M"]
    page = client.get(f"/informes/{answer.json['id']}").text
    assert 'AVANCE ACUMULADO <span class="quiet">(columna M)</span>' in page


def test_a_reason_for_what_only_the_past_finds_is_kept(client: Client) -> None:
    client.issued(client.upload().json)
    draft = client.upload(example_with({"F6": 5}), draft="true").json
    number = next(at for at, each in enumerate(draft["findings"]) if each["code"] == "CHANGE_001")
    location = f"/informes/{draft['id']}"

    again = send_form(client, f"{location}/correccion", {"sending": draft["id"], f"reason-{number}": REASON})

    assert (again.status, urlsplit(again.headers["Location"]).path != location) == (303, True)
    accepted = client.get(again.headers["Location"].replace("/informes", "/api/v1/reports")).json
    assert [each["accepted"] for each in accepted["findings"] if each["code"] == "CHANGE_001"] == [REASON]
