"""Proposals that are put into their cells from the report's page, and all that must know of it afterwards."""

from __future__ import annotations

import datetime as dt
import json
import re
from io import BytesIO
from typing import Any
from urllib.parse import urlencode, urlsplit

import docx
import openpyxl
import pytest

from service.cli.audit import _regenerated
from service.domain.corrections import Correction
from service.domain.findings import CellRef
from service.domain.frame import Frame
from service.domain.office import Office, OfficeSettings
from service.domain.reading import Given
from service.domain.reports import DocumentKind, RenderedDocument
from service.sheets.intake import read_plan
from service.store import Store
from tests.integration.samples import rows_of
from tests.web import Answer, Client, assert_follows, example_with, problem_of, take
from worker.tasks import _render

# It does not understand areas of whole columns, which Excel writes.
pytestmark = pytest.mark.filterwarnings("ignore:Print area cannot be set:UserWarning")

SHEET = "Plan de acción"
# Two that Folio knows how to mend, and two that it does not.
SPOILED = {"I7": "Trimestal", "J8": "Inverción", "G9": "31/02/2024", "F10": "cuatro documentos"}
PERIODICITY, FUNDING = "PERIODICITY_001", "FUNDING_001"


@pytest.fixture(scope="module")
def spoiled() -> bytes:
    # Made once: what openpyxl saves says when.
    return example_with(SPOILED)


@pytest.fixture
def draft(client: Client, spoiled: bytes) -> dict[str, Any]:
    answer = client.upload(spoiled, draft="true")
    assert answer.status == 202, answer.text
    return answer.json


def number_of(report: dict[str, Any], code: str, cell: str = "") -> str:
    found = [
        str(at) for at, each in enumerate(report["findings"]) if each["code"] == code and cell in {"", each["cell"]}
    ]
    assert found, [each["code"] for each in report["findings"]]
    return found[0]


def send(client: Client, report: dict[str, Any], *fields: tuple[str, str], form: str = "correccion") -> Answer:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return client.ask("POST", f"/informes/{report['id']}/{form}", urlencode(fields).encode(), headers)


def sent(client: Client, report: dict[str, Any], *fields: tuple[str, str], form: str = "correccion") -> dict[str, Any]:
    """The report that came of a form of the page."""
    answer = send(client, report, *fields, form=form)
    assert answer.status == 303, answer.text
    return reported(client, urlsplit(answer.headers["Location"]).path.rpartition("/")[2])


def reported(client: Client, report_id: str) -> dict[str, Any]:
    return client.get(f"/api/v1/reports/{report_id}").json


def page_of(client: Client, report: dict[str, Any]) -> str:
    return client.get(f"/informes/{report['id']}").text


def made_in(client: Client, report: dict[str, Any]) -> list[tuple[str, str, str]]:
    understood = client.get(f"/api/v1/reports/{report['id']}/plan").json
    assert_follows("Understood", understood)
    return [(each["cell"], each["before"], each["after"]) for each in understood.get("corrections", ())]


def codes(report: dict[str, Any]) -> set[str]:
    return {each["code"] for each in report["findings"]}


def written(store: Store, report: dict[str, Any], kind: DocumentKind) -> bytes:
    """The document as the worker writes it, and keeps it."""
    claim = take(store, report["id"], kind)
    document = _render(claim)
    assert isinstance(document, RenderedDocument), document
    assert store.finish(claim, document, dt.datetime.now(dt.UTC))
    return document.content


def sheet_in(content: bytes) -> Any:
    return openpyxl.load_workbook(BytesIO(content))[SHEET]


def edited(content: bytes, **cells: object) -> bytes:
    book = openpyxl.load_workbook(BytesIO(content))
    for place, value in cells.items():
        book[SHEET][place] = value
    kept = BytesIO()
    book.save(kept)
    return kept.getvalue()


def test_a_finding_with_a_value_for_its_cell_offers_it_and_no_other_does(client: Client, draft: dict[str, Any]) -> None:
    page = page_of(client, draft)

    for at, each in enumerate(draft["findings"]):
        button = re.search(rf'<button[^>]* name="fix" value="{at}"[^>]*>Aplicar</button>', page)
        assert bool(button) == (each["proposal"] is not None), each
        if button and len(each["proposal"]) < 60:
            assert f'aria-label="Aplicar «{each["proposal"]}» en la celda {each["cell"]}"' in button[0]
    offered = sum(each["proposal"] is not None for each in draft["findings"])
    assert f">Aplicar las {offered} propuestas</button>" in page
    # The Enter key sends the form, and applies nothing.
    form = page[page.index('<form id="correction"') :]
    assert re.search("<button[^>]*>", form)[0] == '<button type="submit" hidden>'  # type: ignore[index]


def test_two_that_are_applied_are_in_the_data_and_recorded(
    client: Client, draft: dict[str, Any], sqlite_store: Store, sqlite_url: str
) -> None:
    first = sent(client, draft, ("fix", number_of(draft, PERIODICITY)))
    second = sent(client, first, ("fix", number_of(first, FUNDING)))

    assert len({draft["id"], first["id"], second["id"]}) == 3
    assert codes(second) & {PERIODICITY, FUNDING} == set()
    assert {"DATE_001", "TARGET_001"} <= codes(second)
    assert made_in(client, draft) == []
    assert made_in(client, second) == [("I7", "Trimestal", "Trimestral"), ("J8", "Inverción", "Inversión")]
    actions = client.get(f"/api/v1/reports/{second['id']}/plan").json["plan"]["actions"]
    assert (actions[1]["periodicity"], actions[2]["funding_source"]) == ("Trimestral", "Inversión")
    told = [json.loads(row[5]) for row in rows_of(sqlite_url, "audit") if row[3] == "draft_kept"]
    assert [each.get("corrections") for each in told] == [
        None,
        [{"place": f"{SHEET}!I7", "before": "Trimestal", "after": "Trimestral"}],
        [
            {"place": f"{SHEET}!I7", "before": "Trimestal", "after": "Trimestral"},
            {"place": f"{SHEET}!J8", "before": "Inverción", "after": "Inversión"},
        ],
    ]
    assert sqlite_store.verify_audit().is_sound
    page = page_of(client, second)
    assert "Correcciones hechas en Folio" in page
    assert re.search(r"<strong>Celda I7</strong>.*?decía <q>Trimestal</q>; dice <q>Trimestral</q>", page, re.DOTALL)
    assert "Correcciones hechas en Folio" not in page_of(client, draft)


def again(client: Client, workbook: bytes) -> dict[str, Any]:
    """A draft of the workbook as it was, after another was made of it."""
    return client.upload(workbook, draft="true").json


def test_several_may_be_applied_at_once_and_all_of_them(client: Client, draft: dict[str, Any], spoiled: bytes) -> None:
    both = sent(client, draft, ("fix", number_of(draft, PERIODICITY)), ("fix", number_of(draft, FUNDING)))
    whole = sent(client, again(client, spoiled), ("fix", "all"))

    assert [cell for cell, _, _ in made_in(client, both)] == ["I7", "J8"]
    offered = {each["cell"] for each in draft["findings"] if each["proposal"] is not None}
    assert {cell for cell, _, _ in made_in(client, whole)} == offered
    assert [each for each in whole["findings"] if each["proposal"] is not None] == []
    assert "propuestas</button>" not in page_of(client, whole)


def test_what_a_person_let_stand_is_not_applied_with_the_others(client: Client, draft: dict[str, Any]) -> None:
    number = number_of(draft, PERIODICITY)
    accepted = sent(client, draft, (f"reason-{number}", "Así lo escribe el comité"))
    whole = sent(client, accepted, ("fix", "all"))

    assert "I7" not in {cell for cell, _, _ in made_in(client, whole)}
    assert [each["accepted"] for each in whole["findings"] if each["code"] == PERIODICITY] == [
        "Así lo escribe el comité"
    ]
    # One by one it still may be.
    assert "I7" in {cell for cell, _, _ in made_in(client, sent(client, whole, ("fix", number_of(whole, PERIODICITY))))}


def test_a_correction_is_taken_back_by_its_number(client: Client, draft: dict[str, Any]) -> None:
    both = sent(client, draft, ("fix", number_of(draft, PERIODICITY)), ("fix", number_of(draft, FUNDING)))
    assert re.search(
        r'<button[^>]* form="correction" name="undo" value="0" aria-label="Deshacer la corrección de la celda I7">',
        page_of(client, both),
    )

    one = sent(client, both, ("undo", "0"))
    none = sent(client, one, ("undo", "0"))

    assert made_in(client, one) == [("J8", "Inverción", "Inversión")]
    assert PERIODICITY in codes(one)
    assert FUNDING not in codes(one)
    assert made_in(client, none) == []
    assert codes(none) == codes(draft)


def test_a_double_click_makes_one_draft(client: Client, draft: dict[str, Any], sqlite_store: Store) -> None:
    fields = (("sending", draft["id"]), ("fix", number_of(draft, PERIODICITY)))
    once, again = sent(client, draft, *fields), sent(client, draft, *fields)

    assert once["id"] == again["id"]
    assert len(sqlite_store.reports(9)) == 2


def test_a_number_that_is_on_the_page_no_more_is_said_and_makes_nothing(
    client: Client, draft: dict[str, Any], sqlite_store: Store
) -> None:
    without = next(str(at) for at, each in enumerate(draft["findings"]) if each["proposal"] is None)
    for fields in (("fix", "9999"), ("fix", "x"), ("fix", "-1"), ("fix", "9" * 40), ("fix", without), ("undo", "0")):
        answer = send(client, draft, fields)
        assert answer.status == 400, fields
        assert "hallazgo" in answer.text
    assert len(sqlite_store.reports(9)) == 1


def reasoned(report: dict[str, Any]) -> dict[str, str]:
    return {each["code"]: each["accepted"] for each in report["findings"] if each["accepted"]}


def test_corrections_and_reasons_live_on_through_whatever_reads_the_workbook_again(
    client: Client, draft: dict[str, Any], sqlite_store: Store
) -> None:
    made = [("I7", "Trimestal", "Trimestral")]
    reason = sent(client, draft, (f"reason-{number_of(draft, 'DATE_001')}", "El acuerdo no fijó el día"))
    fixed = sent(client, reason, ("fix", number_of(reason, PERIODICITY)))
    assert reasoned(fixed) == {"DATE_001": "El acuerdo no fijó el día"}

    another = sent(client, fixed, (f"reason-{number_of(fixed, 'TARGET_001')}", "Se define en mayo"))
    assert made_in(client, another) == made
    assert reasoned(another) == {"DATE_001": "El acuerdo no fijó el día", "TARGET_001": "Se define en mayo"}

    mapped = sent(client, another, ("column", "No.="), ("column", "FUENTE DE FINANCIACIÓN=funding_source"))
    assert made_in(client, mapped) == made

    stepped = sent(client, mapped, ("step", "first"), ("quarter", "III"), ("version", "2.0"), form="paso")
    assert made_in(client, stepped) == made
    assert reasoned(stepped) == reasoned(another)

    said = OfficeSettings(Office(units=("Dependencia de Ejemplo",)), Frame("Entidad de Ejemplo"))
    sqlite_store.keep_office(said, now=dt.datetime.now(dt.UTC), by="Oficina de Planeación")
    today = sent(client, stepped, ("sending", f"{stepped['id']}-settings-1"), ("step", stepped["step"]), form="paso")
    assert made_in(client, today) == made
    assert today["id"] != stepped["id"]


def latest(store: Store) -> dict[str, Any]:
    return {"id": store.reports(1)[0].id}


def test_a_reason_that_is_being_typed_is_kept_and_no_acceptance_when_another_button_is_pressed(
    client: Client, draft: dict[str, Any], sqlite_store: Store
) -> None:
    fields = (
        ("sending", draft["id"]),
        ("fix", number_of(draft, PERIODICITY)),
        (f"reason-{number_of(draft, 'DATE_001')}", "El acuer"),
    )
    answer = send(client, draft, *fields)

    fixed = reported(client, latest(sqlite_store)["id"])
    assert (answer.status, fixed["id"] != draft["id"]) == (200, True)
    assert made_in(client, fixed) == [("I7", "Trimestal", "Trimestral")]
    assert reasoned(fixed) == {}
    field = f'name="reason-{number_of(fixed, "DATE_001")}"'
    assert re.search(rf"<textarea[^>]* {field}[^>]*>El acuer</textarea>", answer.text)
    assert f'action="/informes/{fixed["id"]}/correccion"' in answer.text
    assert 'http-equiv="refresh"' not in answer.text
    send(client, draft, *fields)
    assert len(sqlite_store.reports(9)) == 2


def test_one_reason_is_accepted_by_its_own_button_and_another_stays_typed(
    client: Client, draft: dict[str, Any], sqlite_store: Store
) -> None:
    date, target = number_of(draft, "DATE_001"), number_of(draft, "TARGET_001")
    assert f'name="accept" value="{date}"' in page_of(client, draft)
    texts = (f"reason-{date}", "El acuerdo no fijó el día"), (f"reason-{target}", "Se")

    answer = send(client, draft, ("accept", date), *texts)

    assert answer.status == 200
    assert reasoned(reported(client, latest(sqlite_store)["id"])) == {"DATE_001": "El acuerdo no fijó el día"}
    assert ">Se</textarea>" in answer.text
    assert "Aceptado</span>" in answer.text


def test_a_reason_of_a_word_or_none_is_refused_at_its_field(
    client: Client, draft: dict[str, Any], sqlite_store: Store
) -> None:
    field = f"reason-{number_of(draft, 'DATE_001')}"
    for fields in (((field, "ok"),), ((field, "ok"), ("accept", field[7:])), (("accept", field[7:]),)):
        answer = send(client, draft, *fields)
        assert answer.status == 400
        assert f'<p class="field-error" id="{field}-error">Diga la razón en una frase.</p>' in answer.text
        assert f'<a href="#{field}">Diga la razón en una frase.</a>' in answer.text
    assert len(sqlite_store.reports(9)) == 1


def test_one_reason_for_all_of_a_kind_has_a_button_too(client: Client) -> None:
    draft = client.upload(example_with({"G7": "31/02/2024", "G9": "31/02/2024"}), draft="true").json
    assert 'name="accept" value="all-DATE_001"' in page_of(client, draft)
    made = sent(client, draft, ("accept", "all-DATE_001"), ("reason-all-DATE_001", "El acuerdo no fijó el día"))
    assert sum(each["accepted"] is not None for each in made["findings"] if each["code"] == "DATE_001") == 2


def test_a_click_that_changes_nothing_says_so(client: Client, draft: dict[str, Any]) -> None:
    answer = send(client, draft, ("sending", draft["id"]))
    assert answer.status == 303
    assert "No cambió nada:" in client.get(answer.headers["Location"]).text
    assert "No cambió nada:" not in page_of(client, draft)


def test_whoever_corrects_an_older_draft_is_told_of_the_newer_and_loses_no_word(
    client: Client, draft: dict[str, Any], sqlite_store: Store
) -> None:
    fields = (("sending", draft["id"]), ("fix", number_of(draft, PERIODICITY)))
    first = sent(client, draft, *fields)
    reason = (f"reason-{number_of(draft, 'DATE_001')}", "El acuerdo no fijó el día")

    for answer in (
        send(client, draft, ("sending", draft["id"]), ("fix", number_of(draft, FUNDING)), reason),
        send(client, draft, ("sending", draft["id"]), reason),
    ):
        assert answer.status == 409
        assert "Mientras tanto, Persona de Ejemplo corrigió este borrador: haga su corrección en el más" in answer.text
        assert f'<a href="/informes/{first["id"]}">Ver el más reciente</a>' in answer.text
        assert ">El acuerdo no fijó el día</textarea>" in answer.text
    stepped = send(client, draft, ("step", "first"), ("version", "3.0"), form="paso")
    assert stepped.status == 409
    assert 'value="3.0"' in stepped.text
    assert sent(client, draft, *fields)["id"] == first["id"]
    assert len(sqlite_store.reports(9)) == 2


def test_another_quarter_of_the_same_workbook_is_no_newer_draft(client: Client, draft: dict[str, Any]) -> None:
    client.upload(example_with(SPOILED), draft="true", quarter="4")
    assert sent(client, draft, ("fix", number_of(draft, PERIODICITY)))["id"] != draft["id"]


def test_an_issued_report_is_corrected_in_one_draft(client: Client) -> None:
    start = client.upload(example_with({"I7": "Trimestal", "J8": "Inverción"})).json
    issued = client.issued(start)
    one = sent(client, issued, ("fix", number_of(issued, PERIODICITY)))
    other = send(client, issued, ("fix", number_of(issued, FUNDING)))

    assert one["step"] == "correction"
    assert other.status == 409
    assert "corrigió este informe" in other.text
    assert f'href="/informes/{one["id"]}"' in other.text


def test_what_was_approved_is_changed_by_no_click_on_all(client: Client) -> None:
    client.issued(client.upload(example_with({"I7": "Trimestal", "J8": "Inverción"})).json)
    cells = {"I7": "Trimestal", "J8": "Inverción", "I9": "Trimestal", "J10": "Inverción"}
    draft = client.upload(example_with(cells), draft="true").json
    page = page_of(client, draft)

    told = re.findall(r'en la celda (\w+)">Aplicar</button> <span class="hint">cambia lo aprobado', page)
    assert {"I7", "J8"} <= set(told)
    assert not {"I9", "J10"} & set(told)
    whole = sent(client, draft, ("fix", "all"))
    assert not {"I7", "J8"} & {cell for cell, _, _ in made_in(client, whole)}
    assert {"I9", "J10"} <= {cell for cell, _, _ in made_in(client, whole)}
    assert "I7" in {cell for cell, _, _ in made_in(client, sent(client, whole, ("fix", number_of(whole, PERIODICITY))))}


def test_what_the_workbook_is_comes_after_its_findings_while_there_are_some_to_put_right(client: Client) -> None:
    spelt = page_of(client, client.upload(example_with({"I7": "Trimestal"})).json)
    told = "Corrija primero los hallazgos; si el cambio es de verdad, diga aquí qué es este libro."
    assert spelt.index('id="findings-title"') < spelt.index('id="step-title"') < spelt.index(told)
    assert spelt.index('href="#findings-title">Hallazgos') < spelt.index('href="#step-title">Qué es')


# The API and what it refuses.


def asked(*corrections: dict[str, str]) -> str:
    return json.dumps([{"sheet": SHEET, **each} for each in corrections])


def test_an_upload_brings_its_corrections_along(client: Client, spoiled: bytes) -> None:
    wanted = asked(
        {"cell": "g9", "after": "1/03/2024", "before": "31/02/2024"},
        {"cell": "F10", "after": "4"},
        {"cell": "I7", "after": "Trimestral"},
        {"cell": "J8", "after": "Inversión"},
    )
    report = client.upload(spoiled, corrections=wanted)

    assert report.status == 202, report.text
    assert not report.json["has_errors"]
    assert made_in(client, report.json)[0] == ("G9", "31/02/2024", "1/03/2024")
    action = client.get(f"/api/v1/reports/{report.json['id']}/plan").json["plan"]["actions"][3]
    assert action["starts_on"] == "2024-03-01"


@pytest.mark.parametrize(
    ("correction", "said"),
    [
        ({"cell": "Z9", "after": "4"}, f"No se pudo corregir la celda Z9 de la hoja «{SHEET}»"),
        ({"cell": "F10", "after": "4", "before": "3"}, "ya no dice «3», sino «cuatro documentos»"),
    ],
)
def test_a_cell_that_is_not_there_or_says_something_else_is_refused_by_its_name(
    client: Client, spoiled: bytes, correction: dict[str, str], said: str, sqlite_store: Store
) -> None:
    problem = problem_of(client.upload(spoiled, draft="true", corrections=asked(correction)), 422)

    assert problem["title"] == "No se pudo corregir la celda"
    assert said in problem["detail"]
    assert [each["cell"] for each in problem["findings"]] == [correction["cell"]]
    assert sqlite_store.is_empty()


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("sí", "No se entiende como JSON"),
        ("{}", "Escriba una lista JSON"),
        ("[3]", "Escriba una lista JSON"),
        ('[{"sheet": "Plan", "cell": "G7"}]', "son textos"),
        ('[{"sheet": "Plan", "cell": "G7", "after": 3}]', "son textos"),
        ('[{"sheet": "Plan", "cell": "G7", "after": "3", "before": 3}]', "son textos"),
        ('[{"sheet": "Plan", "cell": "G", "after": "3"}]', "no es una celda"),
        ('[{"sheet": "", "cell": "G7", "after": "3"}]', "no es una celda"),
        ('[{"sheet": "Plan", "cell": "G7", "after": "\\u202e"}]', "carácter invisible"),
        (json.dumps([{"sheet": "Plan", "cell": "G7", "after": "x" * 32_768}]), "hasta 32767 caracteres"),
        (json.dumps([{}] * 5_001), "5000 celdas como máximo"),
    ],
)
def test_corrections_that_make_no_sense_are_refused_by_name(client: Client, value: str, reason: str) -> None:
    problem = problem_of(client.upload(corrections=value), 400)

    (error,) = problem["errors"]
    assert error["field"] == "corrections"
    assert reason in error["message"]


def test_a_key_with_another_correction_is_another_request(client: Client) -> None:
    key = {"Idempotency-Key": "clave"}
    sent = [
        client.upload(headers=key, corrections=asked({"cell": "F6", "after": after})).status
        for after in ("5", "5", "6")
    ]
    assert sent == [202, 202, 422]


def test_a_correction_that_leaves_the_plan_as_it_was_is_made_all_the_same(client: Client) -> None:
    """A day that was written as text can be read in two ways; typed anew it cannot, and is the same day."""
    workbook = example_with({"G9": "1/03/2024"})
    first = client.upload(workbook).json
    assert "DATE_004" in codes(first)

    second = client.upload(workbook, corrections=asked({"cell": "G9", "after": "1/03/2024"})).json
    same = client.upload(workbook, corrections=asked({"cell": "G9", "after": "1/03/2024"}))
    back = sent(client, second, ("undo", "0"))

    assert second["id"] != first["id"]
    assert "DATE_004" not in codes(second)
    assert (same.status, same.json["id"]) == (200, second["id"])
    assert back["id"] != second["id"]
    assert "DATE_004" in codes(back)


# The documents.


@pytest.fixture
def fixed(client: Client, draft: dict[str, Any]) -> dict[str, Any]:
    return sent(client, draft, ("fix", number_of(draft, PERIODICITY)), ("fix", number_of(draft, FUNDING)))


def test_two_by_click_and_two_in_the_marked_workbook_are_all_there(
    client: Client, fixed: dict[str, Any], sqlite_store: Store
) -> None:
    marked = written(sqlite_store, fixed, DocumentKind.FINDINGS)
    sheet = sheet_in(marked)
    assert (sheet["I7"].value, sheet["J8"].value) == ("Trimestral", "Inversión")
    assert sheet["I7"].comment.text == "Folio · corrección:\nCorregido en Folio: decía «Trimestal»."

    answer = client.upload(edited(marked, G9=dt.date(2024, 3, 1), F10=4))

    assert answer.status == 202, answer.text
    assert not answer.json["has_errors"]
    assert made_in(client, answer.json) == []
    assert codes(answer.json) & {PERIODICITY, FUNDING, "DATE_001", "TARGET_001"} == set()
    again = written(sqlite_store, answer.json, DocumentKind.FINDINGS)
    notes = [cell.comment.text for row in sheet_in(again).iter_rows() for cell in row if cell.comment]
    assert not [note for note in notes if "corrección" in note]
    assert sheet_in(again)["I7"].value == "Trimestral"


def test_a_marked_workbook_that_comes_back_as_it_is_brings_nothing_new(
    client: Client, fixed: dict[str, Any], sqlite_store: Store
) -> None:
    marked = written(sqlite_store, fixed, DocumentKind.FINDINGS)
    answer = client.upload(marked, draft="true")
    assert (answer.status, answer.json["id"]) == (200, fixed["id"])


def test_the_official_documents_and_the_next_quarter_hold_what_was_corrected_and_come_out_the_same_again(
    client: Client, sqlite_store: Store
) -> None:
    start = client.upload(example_with({"I7": "Trimestal", "J8": "Inverción"})).json
    draft = sent(client, start, ("fix", number_of(start, PERIODICITY)), ("fix", number_of(start, FUNDING)))
    issued = client.issued(draft)
    word, excel = (written(sqlite_store, issued, kind) for kind in (DocumentKind.WORD, DocumentKind.EXCEL))

    texts = {cell.text for table in docx.Document(BytesIO(word)).tables for row in table.rows for cell in row.cells}
    assert "Trimestal" not in texts
    assert "Inverción" not in texts
    book = openpyxl.load_workbook(BytesIO(excel))
    values = {cell.value for sheet in book.worksheets for row in sheet.iter_rows() for cell in row}
    assert "Trimestral" in values
    assert values & {"Trimestal", "Inverción"} == set()
    client.post(f"/api/v1/reports/{issued['id']}/next-quarter")
    following = sheet_in(written(sqlite_store, issued, DocumentKind.NEXT_QUARTER))
    assert (following["I7"].value, following["J8"].value) == ("Trimestral", "Inversión")
    assert sqlite_store.verify_audit().is_sound
    assert _regenerated(sqlite_store) == {"identical": 2, "recompressed": 0, "problems": []}

    page = page_of(client, issued)
    assert "Correcciones hechas en Folio" in page
    assert 'name="undo"' not in page
    assert 'name="undo"' in client.get(f"/informes/{issued['id']}?corregir=si").text
    taken_back = sent(client, issued, ("undo", "0"))
    assert taken_back["step"] == "correction"
    assert PERIODICITY in codes(taken_back)


def test_a_report_that_was_replaced_tells_its_corrections_and_takes_none_back(client: Client) -> None:
    start = client.upload(example_with({"I7": "Trimestal"})).json
    first = client.issued(sent(client, start, ("fix", number_of(start, PERIODICITY))))
    client.issued(
        client.upload(corrections=asked({"cell": "I7", "after": "Anual"}), step="correction").json, previous=first["id"]
    )

    page = page_of(client, first)

    assert "decía <q>Trimestal</q>; dice <q>Trimestral</q>" in page
    assert 'name="undo"' not in page


def test_the_documents_of_the_draft_are_those_of_what_was_read(fixed: dict[str, Any], sqlite_store: Store) -> None:
    claim = take(sqlite_store, fixed["id"], DocumentKind.FINDINGS)
    assert claim.source is not None
    assert claim.source.corrections == (
        Correction(CellRef(SHEET, "I7"), "Trimestral", "Trimestal"),
        Correction(CellRef(SHEET, "J8"), "Inversión", "Inverción"),
    )
    again = read_plan(claim.source.workbook, Given(corrections=claim.source.corrections))
    assert again.findings == claim.source.findings


def test_a_long_text_shows_what_of_it_changed(client: Client) -> None:
    long = "Durante el segundo trimestre de 2024 se avanzó en la formulación. " * 3
    start = client.upload(example_with({"K9": long}), draft="true").json
    report = sent(client, start, ("fix", number_of(start, "QUARTER_001", "K9")))
    page = page_of(client, report)
    assert "<summary>Ver qué cambió</summary>" in page
    assert "<del>segundo</del><ins>tercer</ins>" in page
