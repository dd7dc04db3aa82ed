"""What changed between two reports, as a page: in the official table, folded, narrowed, page by page."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from service.domain.archive import reading_to_json
from service.domain.changed_rows import Row
from service.domain.people import Role
from service.domain.plan import Action, Plan
from service.domain.reading import Accepted
from service.domain.reports import DocumentKind
from service.domain.values import PlainText, Quarter
from service.store import Store, new_id
from service.web.changed_table import ALL_OF_PAGE, CHANGED_OF_PAGE, told_in_numbers
from tests.integration.samples import BOTH, NOON, an_upload
from tests.integration.web.test_web_versions import BEFORE, retold
from tests.plans import generated_plan
from tests.web import Client, example_with, write


def kept(store: Store, plan: Plan) -> str:
    """The id of a draft with this plan."""
    reading = Accepted(plan, (), ())
    content = new_id().encode()
    raw = json.dumps(reading_to_json(reading)).encode()
    appended = store.append_report(
        an_upload(content), reading, raw, BOTH, report_id=new_id(), now=NOON, idempotency_key=None
    )
    return appended.report.id  # type: ignore[union-attr]


def edited(plan: Plan, edit: Callable[[int, Action], Action | None]) -> Plan:
    """The plan with its actions, from 1, as `edit` gives them; None: without it."""
    actions = (edit(number, action) for number, action in enumerate(plan.actions, 1))
    return replace(plan, actions=tuple(action for action in actions if action))


def text_of(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def rows(page: str) -> list[str]:
    """The rows of the table's bodies, folds too."""
    return re.findall(r"<tbody[^>]*>(.*?)</tbody>", page, re.DOTALL)


@pytest.fixture
def ten() -> Plan:
    return generated_plan(10, seed=3)


def test_words_are_struck_and_underlined_in_their_cells_with_words_for_who_listens(client: Client) -> None:
    before = client.issued(client.upload(example_with(BEFORE)).json)
    draft = client.upload(example_with(retold()), draft="true").json

    page = client.get(f"/informes/{draft['id']}/cambios").text

    first, fold = rows(page)
    assert '<del><span class="visually-hidden">quitado: </span>3</del>' in first
    assert '<ins><span class="visually-hidden">agregado: </span>4</ins>' in first
    assert 'data-label="META" class="c-target changed"' in first
    assert "La aprueba el Comité" in first
    assert "según el registro corregido" in first
    assert text_of(fold).startswith("9 acciones sin cambios 2. Diseñar la convocatoria")
    assert "1 acción cambió; 9 siguen igual. En el encabezado cambia la versión." in page
    assert "Se modificó la meta de la acción 1 (de 3 a 4)." in page
    assert "Lo aprueba el Comité Institucional de Gestión y Desempeño, con una versión nueva del plan." in page
    assert text_of(page.partition('class="plan-head"')[2]).find("Versión quitado: 1.0 agregado: 2.0") > 0
    assert f'/informes/{before["id"]}/cambios?contra={draft["id"]}"' in page


def test_rows_that_came_went_or_moved_say_so_in_the_order_of_the_new_table(
    client: Client, sqlite_store: Store, ten: Plan
) -> None:
    after = edited(ten, lambda number, action: None if number == 4 else action)
    *others, last = after.actions
    extra = replace(generated_plan(1, seed=77).actions[0], number=PlainText("11"))
    after = replace(after, actions=(others[0], last, *others[1:], extra), quarter=Quarter(2025, 1))
    before_id, after_id = kept(sqlite_store, ten), kept(sqlite_store, after)

    page = client.get(f"/informes/{after_id}/cambios?contra={before_id}").text

    told = [text_of(row)[:40] for row in rows(page)]
    assert told[0].startswith("1 acción sin cambios")
    assert told[1].startswith("Cambió de lugar Del lugar 10 al 2")
    assert told[2].startswith("2 acciones sin cambios")
    assert told[3].startswith("Se retiró La aprueba el Comité 4")
    assert told[4].startswith("5 acciones sin cambios")
    assert told[5].startswith("Se agregó La aprueba el Comité 11")
    assert "1 acción se agregó, 1 se retiró y 1 cambió de lugar; 8 siguen igual." in page
    assert "En el encabezado cambian la vigencia y el trimestre." in page
    head = text_of(page.partition("<thead>")[2].partition("</thead>")[0])
    assert "SEGUIMIENTO quitado: III agregado: I TRIMESTRE quitado: 2024 agregado: 2025" in head
    backwards = client.get(f"/informes/{before_id}/cambios?contra={after_id}").text
    assert "1 acción se agregó, 1 se retiró" in backwards


def test_two_that_say_the_same_are_said_to(client: Client, sqlite_store: Store, ten: Plan) -> None:
    page = client.get(f"/informes/{kept(sqlite_store, ten)}/cambios?contra={kept(sqlite_store, ten)}").text

    assert "Los dos informes dicen exactamente lo mismo." in page
    assert "<table" not in page


def test_the_table_is_narrowed_to_what_each_approves(client: Client, sqlite_store: Store, ten: Plan) -> None:
    fields = {
        2: {"unit": PlainText("Otra")}, 5: {"lead": PlainText("Otra dependencia")},
        7: {"qualitative_progress": PlainText("Otro avance")}, 8: {"qualitative_progress": PlainText("Otro más")},
    }  # fmt: skip
    after = edited(ten, lambda number, action: replace(action, **fields.get(number, {})))
    path = f"/informes/{kept(sqlite_store, after)}/cambios?contra={kept(sqlite_store, ten)}"

    def numbers(query: str) -> list[str]:
        return re.findall(r'class="c-number[^>]*>(\d+)<', client.get(f"{path}{query}").text)

    page = text_of(client.get(path).text)
    assert "Todas las que cambiaron (4) Las que aprueba el Comité (1) Las que aprueba planeación (1)" in page
    assert "Las que no piden aprobación (2)" in page
    assert numbers("") == ["2", "5", "7", "8"]
    assert numbers("&ver=comite") == ["2"]
    assert numbers("&ver=planeacion") == ["5"]
    assert numbers("&ver=sin-aprobacion") == ["7", "8"]
    assert numbers("&ver=otra-cosa") == ["2", "5", "7", "8"]
    assert numbers("&todas=1") == [str(number) for number in range(1, 11)]
    assert "4 acciones más" in client.get(f"{path}&ver=planeacion").text


def test_a_thousand_changed_actions_are_pages_of_a_third_of_a_megabyte(client: Client, sqlite_store: Store) -> None:
    before = generated_plan(1_000)
    after = edited(before, lambda number, action: replace(action, unit=PlainText("Otra")) if number % 10 else action)
    path = f"/informes/{kept(sqlite_store, after)}/cambios?contra={kept(sqlite_store, before)}"
    pages = 900 // CHANGED_OF_PAGE

    first, last, beyond = (client.get(f"{path}&pagina={number}") for number in (1, pages, 99))

    assert len(first.content) < 600_000
    assert "900 acciones cambiaron; 100 siguen igual." in first.text
    assert first.text.count('<tr id="fila-') == CHANGED_OF_PAGE
    assert 'id="fila-999"' in last.text
    assert text_of(rows(last.text)[-1]).startswith("1 acción sin cambios")
    assert beyond.text.count('aria-current="page"') == last.text.count('aria-current="page"')
    assert f'aria-current="page"><span class="visually-hidden">Página </span>{pages}<' in last.text
    whole = client.get(f"{path}&todas=1")
    assert whole.text.count('<tr id="fila-') == ALL_OF_PAGE
    assert len(whole.content) < 1_200_000


def test_a_long_text_that_did_not_change_is_shown_on_demand(client: Client, sqlite_store: Store, ten: Plan) -> None:
    long = "palabra " * 60
    before = edited(ten, lambda _, action: replace(action, qualitative_progress=PlainText(long.strip())))
    after = edited(before, lambda number, action: replace(action, unit=PlainText("Otra")) if number == 1 else action)

    page = client.get(f"/informes/{kept(sqlite_store, after)}/cambios?contra={kept(sqlite_store, before)}").text

    shown = rows(page)[0].partition('<details class="long">')[2].partition("</details>")[0]
    assert text_of(shown.replace("… ver todo", "")) == long.strip()


def test_a_column_of_the_office_s_own_is_shown_where_something_changed_in_it(
    client: Client, sqlite_store: Store, ten: Plan
) -> None:
    def with_own(word: str) -> Plan:
        own = (("Riesgo <alto>", PlainText(word)), ("Nota", PlainText("igual")))
        return edited(ten, lambda _, action: replace(action, extras=own))

    page = client.get(
        f"/informes/{kept(sqlite_store, with_own('uno'))}/cambios?contra={kept(sqlite_store, with_own('dos'))}"
    )

    assert "OTRAS COLUMNAS DE LA OFICINA" in page.text
    assert '<th scope="col">Riesgo &lt;alto&gt;</th>' in page.text
    assert '<th scope="col">Nota</th>' not in page.text


def test_the_documents_of_a_comparison_are_had_where_it_is_read(client: Client, sqlite_store: Store) -> None:
    before = client.issued(client.upload(example_with(BEFORE)).json)
    draft = client.upload(example_with(retold()), draft="true").json
    path = f"/informes/{draft['id']}/cambios?contra={before['id']}"
    body = f"kinds=redline&against={before['id']}".encode()
    kind = {"Content-Type": "application/x-www-form-urlencoded"}

    asked = client.ask("POST", f"/informes/{draft['id']}/documentos", body, kind)

    assert asked.headers["Location"] == f"{path}#documentos"
    assert "Word con cambios: en espera…" in client.get(path).text
    write(sqlite_store, draft["id"], DocumentKind.REDLINE, against=before["id"])
    ready = client.get(path).text
    assert "Descargar Word con control de cambios" in ready
    assert "Escribir el documento de los cambios" in ready
    assert "Escribir el documento de los cambios" not in client.as_(Role.READS).get(path).text


def test_what_a_query_may_hold_never_breaks_the_page(client: Client, sqlite_store: Store, ten: Plan) -> None:
    after = edited(ten, lambda number, action: replace(action, unit=PlainText("Otra")) if number == 1 else action)
    path = f"/informes/{kept(sqlite_store, after)}/cambios?contra={kept(sqlite_store, ten)}"

    for query in ("pagina=0", "pagina=-1", "pagina=99999999999", "pagina=x", "pagina=%00", "ver=%00", "todas", "ver="):
        assert client.get(f"{path}&{query}").status == 200, query


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        ((), "Las 0 acciones siguen igual."),
        ((None,), "La acción sigue igual."),
        ((None,) * 2, "Las 2 acciones siguen igual."),
    ],
)
def test_nothing_changed_is_told_in_numbers_too(wanted: tuple[Any, ...], sentence: str, ten: Plan) -> None:
    assert told_in_numbers([Row(ten.actions[0], each, 1, 1) for each in wanted]) == sentence
