"""The committee's board, as a page and for programs: counts, charts with their tables, and the lists they lead to."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from service.domain.findings import FindingCode
from service.domain.plan import Plan
from service.domain.reading import Accepted, Rejected
from service.domain.values import PlainText
from service.sheets.isolated import ReadingRoom
from service.store import Store
from tests.integration.samples import NOON, accepted, append, issue, issued
from tests.integration.web.test_web_pages import words_of
from tests.plans import generated_plan
from tests.web import Client, assert_follows, problem_of, serve

OCTOBER = dt.datetime(2024, 10, 3, 15, tzinfo=dt.UTC)
A_O = "a%C3%B1o"


@contextmanager
def at(store: Store, room: ReadingRoom, moment: dt.datetime = OCTOBER) -> Iterator[Client]:
    with serve(store, room, clock=lambda: moment) as client:
        yield client


def changed(reading: Accepted, **by_number: dict[str, Any]) -> Accepted:
    """The reading with other values in actions: `a4={"ends_on": ...}`."""
    plan = reading.plan
    actions = tuple(replace(action, **by_number.get(f"a{action.number}", {})) for action in plan.actions)
    return replace(reading, plan=replace(plan, actions=actions))


def a_plan_with_trouble(quarter: int = 3) -> Accepted:
    august = dt.date(2024, 8, 31)
    return changed(
        accepted(quarter=quarter),
        a1={"ends_on": august, "qualitative_progress": PlainText("Se avanza en las mesas de trabajo.")},
        a2={"qualitative_progress": PlainText("Sin avance"), "extras": (("ESTADO", PlainText("Atrasada")),)},
        a3={"ends_on": dt.date(2025, 6, 30), "extras": (("EJECUTADO", PlainText("2 de 3")),)},
        a5={"qualitative_progress": None, "periodicity": PlainText("Anual")},
    )


def test_the_board_counts_what_the_report_in_force_says(sqlite_store: Store, reading_room: ReadingRoom) -> None:
    report = append(sqlite_store, reading=a_plan_with_trouble()).report
    issue(sqlite_store, report.id)
    with at(sqlite_store, reading_room) as client:
        page = client.get("/tablero").text
        shown = client.get("/api/v1/overview").json

    words = words_of(page)
    assert "Según el informe oficial: versión 2.0, III trimestre, edición 1" in words
    assert "Así estaba el plan en su corte, el 30 de septiembre de 2024." in words
    assert "10 acciones 1 vencida 1 sin avance 8 terminan en el IV trimestre" in words
    assert "EJECUTADO: 2 de 3" in words
    assert "Según la columna «ESTADO»" in words
    assert "Cada nombre se cuenta como está escrito en el plan" in words
    assert "%" not in words

    assert_follows("Overview", shown)
    assert shown["report"]["id"] == report.id
    assert (shown["overdue"], shown["without_progress"]) == ([1], [2])
    assert shown["due_soon"] == [2, 4, 5, 6, 7, 8, 9, 10]
    assert {each["state"]: each["actions"] for each in shown["states"]} == {
        "completed": [4], "overdue": [1], "ended": [], "not_started": [], "without_progress": [2], "not_due": [5],
        "in_progress": [3, 6, 7, 8, 9, 10],
    }  # fmt: skip
    assert shown["funding_sources"][0] == {"name": "Inversión", "actions": [1, 2, 3, 4, 5, 6]}
    assert shown["own_states"][0]["header"] == "ESTADO"
    assert shown["actions"][2]["figures"] == [{"header": "EJECUTADO", "value": "2 de 3"}]


def test_every_number_leads_to_its_list_on_the_page(sqlite_store: Store, reading_room: ReadingRoom) -> None:
    issue(sqlite_store, append(sqlite_store, reading=a_plan_with_trouble()).report.id)
    with at(sqlite_store, reading_room) as client:
        page = client.get("/tablero").text

    ids = re.findall(r' id="([^"]+)"', page)
    targets = set(re.findall(r'href="#([^"]+)"', page))
    assert len(ids) == len(set(ids))
    assert {
        "vencidas",
        "sin-avance",
        "terminan",
        "dependencia-1",
        "fuente-1",
        "estado-overdue",
        "propia-1-1",
    } <= targets
    assert targets <= set(ids)


def test_the_charts_have_a_title_and_say_in_words_what_they_draw(
    sqlite_store: Store, reading_room: ReadingRoom
) -> None:
    issued(sqlite_store)
    with at(sqlite_store, reading_room) as client:
        page = client.get("/tablero").text

    assert page.count('<svg class="bars"') == page.count('role="img"') == 3
    assert '<title id="fuente-drawn">Por fuente de financiación</title>' in page
    assert '<desc id="fuente-told">Inversión: 6 acciones; Funcionamiento: 4 acciones.</desc>' in page
    assert "style=" not in page


def test_of_several_issued_quarters_the_last_counts_whatever_was_corrected_since(
    sqlite_store: Store, reading_room: ReadingRoom
) -> None:
    third = issued(sqlite_store, quarter=3)
    issued(sqlite_store, quarter=2, now=NOON + dt.timedelta(days=1))
    with at(sqlite_store, reading_room) as client:
        shown = client.get("/api/v1/overview?year=2024").json

    assert shown["report"]["id"] == third.id


def test_without_an_issued_report_the_board_says_that_it_is_of_a_draft(
    sqlite_store: Store, reading_room: ReadingRoom
) -> None:
    plan = accepted().plan
    reading = Rejected(plan.as_draft(), (), (FindingCode.PLAN_001.at(),))
    append(sqlite_store, reading=reading)  # type: ignore[arg-type]
    with at(sqlite_store, reading_room) as client:
        words = words_of(client.get("/tablero").text)
        shown = client.get("/api/v1/overview").json

    assert "Sale de un borrador con errores, que puede cambiar: de 2024 no se ha emitido ningún informe." in words
    assert shown["report"]["status"] == "draft"
    assert shown["quarters"][2]["is_draft"]


def test_each_quarter_says_how_many_actions_told_their_avance(sqlite_store: Store, reading_room: ReadingRoom) -> None:
    issue(sqlite_store, append(sqlite_store, reading=a_plan_with_trouble(2)).report.id)
    draft = append(sqlite_store, content=b"third").report
    with at(sqlite_store, reading_room) as client:
        words = words_of(client.get("/tablero").text)
        quarters = client.get("/api/v1/overview").json["quarters"]

    assert "II trimestre Emitido del II trimestre el 7/10/2024, versión 2.0 10 8 1 1" in words
    assert "III trimestre Borrador del III trimestre Hasta el 7/10/2024: faltan 2 días hábiles 10 10 0 0" in words
    assert "I trimestre Sin informe – – – –" in words
    assert [quarter["state"] for quarter in quarters] == ["missing", "issued", "due", "running"]
    assert quarters[1]["with_progress"] + quarters[1]["without_progress"] + quarters[1]["not_due"] == 10
    assert (quarters[2]["report"], quarters[2]["due_on"]) == (draft.id, "2024-10-07")
    assert (quarters[0]["report"], quarters[0]["actions"]) == (None, None)


def test_years_later_what_ended_is_told_as_past(sqlite_store: Store, reading_room: ReadingRoom) -> None:
    issued(sqlite_store)
    with at(sqlite_store, reading_room, dt.datetime(2026, 5, 4, 15, tzinfo=dt.UTC)) as client:
        words = words_of(client.get(f"/tablero?{A_O}=2024").text)

    assert "10 terminaban en el IV trimestre" in words
    assert (
        "Terminaban en el IV trimestre de 2024 10 Su plazo ya pasó: el seguimiento del IV trimestre de 2024 dice"
        in words
    )


def test_a_year_without_reports_and_an_empty_office_say_so(sqlite_store: Store, reading_room: ReadingRoom) -> None:
    with at(sqlite_store, reading_room) as client:
        empty = client.get("/tablero")
        empty_shown = client.get("/api/v1/overview").json
        issued(sqlite_store)
        other = client.get(f"/tablero?{A_O}=2020")

    assert (empty.status, other.status) == (200, 200)
    assert "No hay ningún informe del plan de acción 2024." in words_of(empty.text)
    assert "No hay ningún informe del plan de acción 2020." in words_of(other.text)
    assert f'href="/tablero?{A_O}=2024"' in other.text
    assert_follows("Overview", empty_shown)
    assert (empty_shown["report"], empty_shown["actions"]) == (None, [])


@pytest.mark.parametrize("year", ["abc", "24", "9999", "٢٠٢٤", ""])
def test_a_year_that_is_none_is_explained(client: Client, year: str) -> None:
    from urllib.parse import quote  # noqa: PLC0415 - http.client takes no accents

    page = client.get(f"/tablero?{A_O}={quote(year)}")
    problem = problem_of(client.get(f"/api/v1/overview?year={quote(year)}"), 400)

    assert page.status == 400
    assert "El año se indica con cuatro cifras" in words_of(page.text)
    assert problem["errors"][0]["field"] == "year"


def test_a_plan_of_many_actions_is_shown_in_part_and_counted_whole(
    sqlite_store: Store, reading_room: ReadingRoom
) -> None:
    plan: Plan = generated_plan(1_200)
    issue(sqlite_store, append(sqlite_store, reading=Accepted(plan, (), ())).report.id)
    with at(sqlite_store, reading_room) as client:
        answer = client.get("/tablero")
        shown = client.get("/api/v1/overview").json

    words = words_of(answer.text)
    assert "1.200 acciones" in words
    assert re.search(r"Y [\d.]+ acciones más, que están en el informe", words)
    assert "En las demás hay" in words
    assert len(answer.content) < 1_000_000
    assert sum(len(group["actions"]) for group in shown["offices"]) == 1_200
