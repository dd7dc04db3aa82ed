"""The first page: the year's quarters, until when they are delivered, what waits, the form and the example."""

from __future__ import annotations

import datetime as dt
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from service.domain.errors import TemplateProblem
from service.domain.findings import FindingCode
from service.domain.office import Office, OfficeSettings
from service.domain.people import EXAMPLE_WRITER, FIRST_OFFICE, Role
from service.domain.plan import Plan
from service.domain.reading import Rejected
from service.domain.reports import DocumentKind
from service.sheets.isolated import ReadingRoom
from service.store import Store, new_id, new_token
from tests.integration.samples import accepted, append, issue, issued, keep_signed
from tests.integration.web.test_web_pages import words_of
from tests.web import EXAMPLE, Client, Who, example_with, serve, take

OCTOBER = dt.datetime(2024, 10, 1, 15, tzinfo=dt.UTC)
CUT = "30 de septiembre"
DAY = "lunes 7 de octubre"
THIRD = f"del III trimestre de 2024, con corte al {CUT}"
UNTIL = f"seguimiento se entrega a más tardar el {DAY}"
YEARS_LATER = dt.datetime(2026, 5, 4, 15, tzinfo=dt.UTC)


@contextmanager
def at(store: Store, room: ReadingRoom, moment: dt.datetime) -> Iterator[Client]:
    with serve(store, room, clock=lambda: moment) as client:
        yield client


def home(store: Store, room: ReadingRoom, moment: dt.datetime, role: Role = Role.ADMINISTERS) -> str:
    with at(store, room, moment) as client:
        answer = client.as_(role).get("/")
    assert answer.status == 200
    return answer.text


def with_errors(store: Store, moment: dt.datetime) -> str:
    plan = accepted().plan.as_draft()
    reading = Rejected(plan, (), (FindingCode.PLAN_001.at(),))
    return append(store, reading=reading, content=b"with errors", now=moment).report.id  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("day", "told"),
    [
        ("2024-09-20", f"El III trimestre de 2024 termina el {CUT}; su {UNTIL} (faltan 11 días hábiles)."),
        ("2024-10-01", f"El seguimiento {THIRD}, se entrega a más tardar el {DAY}: faltan 4 días hábiles."),
        ("2024-10-04", f"se entrega a más tardar el {DAY}: falta 1 día hábil."),
        ("2024-10-07", f"se entrega a más tardar el {DAY}: es hoy."),
        ("2024-10-08", f"{THIRD}, debía entregarse a más tardar el {DAY}: el plazo venció hace 1 día hábil."),
        ("2026-05-04", f"{THIRD}, se entregaba a más tardar el {DAY}, y no se ha emitido."),
    ],
)
def test_the_page_says_which_quarter_is_due_and_until_when(
    sqlite_store: Store, reading_room: ReadingRoom, day: str, told: str
) -> None:
    issued(sqlite_store, quarter=2)

    moment = dt.datetime.fromisoformat(f"{day}T15:00+00:00")
    assert told in words_of(home(sqlite_store, reading_room, moment))


def test_a_day_ends_at_midnight_in_bogota(sqlite_store: Store, reading_room: ReadingRoom) -> None:
    issued(sqlite_store, quarter=2)

    late = dt.datetime(2024, 10, 2, 4, 59, tzinfo=dt.UTC)
    assert "faltan 4 días hábiles" in home(sqlite_store, reading_room, late)
    assert "faltan 3 días hábiles" in home(sqlite_store, reading_room, late + dt.timedelta(minutes=1))


def test_the_office_says_how_many_business_days_it_has(sqlite_store: Store, reading_room: ReadingRoom) -> None:
    issued(sqlite_store, quarter=2)
    settings = OfficeSettings(Office(follow_up_days=10))
    sqlite_store.keep_office(settings, now=OCTOBER, by="Oficina de Planeación")

    assert "a más tardar el martes 15 de octubre: faltan 9 días hábiles." in home(sqlite_store, reading_room, OCTOBER)


def test_a_past_year_that_was_not_finished_reads_as_what_it_is(sqlite_store: Store, reading_room: ReadingRoom) -> None:
    issued(sqlite_store)

    words = words_of(home(sqlite_store, reading_room, YEARS_LATER))

    assert "Plan de acción 2024" in words
    assert (
        "El seguimiento del IV trimestre de 2024, con corte al 31 de diciembre, se entregaba a más tardar el jueves 9 "
        "de enero de 2025, y no se ha emitido." in words
    )
    assert "I trimestre corte 31/03/2024 Sin informe" in words
    assert "IV trimestre corte 31/12/2024 Sin emitir Se entregaba hasta el 9/01/2025" in words
    due = (
        "2026: el seguimiento del I trimestre, con corte al 31 de marzo, se entregaba a más tardar el jueves 9 de "
        "abril; suba su libro."
    )
    assert words.index(due) < words.index("El seguimiento del IV trimestre de 2024")
    assert "-" not in re.findall(r"faltan? (\S)", words)


def test_the_example_asks_for_nothing_and_invites_to_upload_the_office_s_own(
    sqlite_store: Store, reading_room: ReadingRoom
) -> None:
    with at(sqlite_store, reading_room, YEARS_LATER) as client:
        secret = new_token()
        sqlite_store.make_token(
            new_id(),
            secret,
            EXAMPLE_WRITER,
            Role.APPROVES,
            FIRST_OFFICE,
            None,
            now=OCTOBER,
            expires_at=None,
            by="Folio",
        )
        example = replace(client, who=Who(client.account, secret))
        example.issued(example.upload().json)
        words = words_of(client.get("/").text)
        reads = words_of(client.as_(Role.READS).get("/").text)
        client.upload(path="/informes", version="9.0")
        after = words_of(client.get("/").text)

    assert "Esto es el plan de ejemplo. Suba el suyo y aparecerá aquí." in words
    assert "Esto es el plan de ejemplo. El de la oficina aparecerá aquí cuando se suba." in reads
    for alarm in ("Sin emitir", "no se ha emitido", "Sin firma", "copia firmada"):
        assert alarm not in words
    assert "Esto es el plan de ejemplo" not in after


def test_a_complete_year_says_so_and_what_comes_next(sqlite_store: Store, reading_room: ReadingRoom) -> None:
    issued(sqlite_store, quarter=4)

    soon = words_of(home(sqlite_store, reading_room, dt.datetime(2025, 2, 3, 15, tzinfo=dt.UTC)))
    later = words_of(home(sqlite_store, reading_room, YEARS_LATER))

    assert "El seguimiento de 2024 está completo: ya se emitió el del IV trimestre." in soon
    assert (
        "El I trimestre de 2025 termina el 31 de marzo; su seguimiento se entrega a más tardar el lunes 7 de abril."
        in soon
    )
    assert "Para continuar, suba el libro del plan de 2026." in later


def test_the_last_follow_up_of_the_year_before_is_not_forgotten_when_the_new_plan_comes(
    sqlite_store: Store, reading_room: ReadingRoom
) -> None:
    january = dt.datetime(2025, 1, 3, 15, tzinfo=dt.UTC)
    issued(sqlite_store, quarter=3)
    plan = accepted(quarter=1).plan
    assert isinstance(plan, Plan)
    of_2025 = replace(plan, quarter=replace(plan.quarter, year=2025))
    append(sqlite_store, reading=replace(accepted(), plan=of_2025), content=b"2025", now=january)

    words = words_of(home(sqlite_store, reading_room, january))

    assert "Plan de acción 2025" in words
    assert "El seguimiento del IV trimestre de 2024, con corte al 31 de diciembre, se entrega a más tardar" in words
    assert "El I trimestre de 2025 termina el 31 de marzo" in words


def test_what_waits_is_told_with_its_next_step(sqlite_store: Store, reading_room: ReadingRoom) -> None:
    first = issued(sqlite_store, quarter=1)
    keep_signed(sqlite_store, first.id)
    second = issued(sqlite_store, quarter=2)
    draft = with_errors(sqlite_store, OCTOBER)
    sqlite_store.fail(take(sqlite_store, draft, DocumentKind.WORD), TemplateProblem("Falta un dato."), OCTOBER)

    page = home(sqlite_store, reading_room, OCTOBER)
    words = words_of(page)

    assert "Con errores Borrador del III trimestre de 2024, versión 2.0. Corregir los errores" in words
    assert "No se pudo escribir el documento de Word del III trimestre de 2024. Intentar de nuevo" in words
    assert "Un informe emitido no tiene su copia firmada. Guarde la del II trimestre" in words
    assert f'href="/informes/{second.id}#copia-firmada"' in page
    assert f'href="/informes/{first.id}#copia-firmada"' not in page
    assert f'href="/informes/{draft}#documents-title"' in page


def test_a_draft_without_errors_waits_to_be_issued(sqlite_store: Store, reading_room: ReadingRoom) -> None:
    append(sqlite_store, now=OCTOBER)
    early = append(sqlite_store, reading=accepted(quarter=4), content=b"fourth", now=OCTOBER).report

    words = words_of(home(sqlite_store, reading_room, OCTOBER))

    assert "Por emitir Borrador del III trimestre de 2024, versión 2.0. Revisarlo y emitirlo" in words
    assert early.quarter.number == 4
    assert "Borrador del IV trimestre de 2024, versión 2.0; se emite desde el 31 de diciembre." in words


def test_drafts_of_which_something_came_wait_no_more(sqlite_store: Store, reading_room: ReadingRoom) -> None:
    hours = [OCTOBER + dt.timedelta(hours=at) for at in range(6)]
    append(sqlite_store, content=b"forgotten", now=hours[0])
    final = append(sqlite_store, content=b"final", now=hours[1]).report
    issue(sqlite_store, final.id, now=hours[2])
    # Uploaded as another quarter by mistake, and read again as what it is.
    append(sqlite_store, reading=accepted(quarter=2), content=b"the same", now=hours[3])
    append(sqlite_store, reading=accepted(quarter=4), content=b"the same", now=hours[4])

    words = words_of(home(sqlite_store, reading_room, hours[5]))

    assert words.count("Revisarlo y emitirlo") == 1
    assert "Borrador del IV trimestre" in words


def test_the_last_issue_is_told_with_who_and_when(sqlite_store: Store, reading_room: ReadingRoom) -> None:
    report = issued(sqlite_store)

    page = home(sqlite_store, reading_room, OCTOBER)

    assert "Edición 1, emitida el 7/10/2024, 07:00, por Oficina de Planeación." in words_of(page)
    assert f'<a href="/informes/{report.id}">Versión 2.0, seguimiento del III trimestre de 2024</a>' in page


def test_an_empty_office_is_led_through_its_first_upload(client: Client, sqlite_store: Store) -> None:
    words = words_of(client.get("/").text)
    assert "Cómo empezar Mire un libro que ya está listo" in words

    example = client.get("/plan-de-ejemplo")
    assert example.content == EXAMPLE.read_bytes()
    assert "attachment" in example.headers["Content-Disposition"]
    assert example.headers["Content-Security-Policy"] == "sandbox"

    tried = client.ask("POST", "/plan-de-ejemplo")
    again = client.ask("POST", "/plan-de-ejemplo")
    assert tried.status == 303
    (report,) = sqlite_store.reports(5)
    assert tried.headers["Location"] == f"/informes/{report.id}"
    assert again.headers["Location"] == f"/informes/{report.id}?conocido=1"
    assert (report.issued_at, report.upload_filename) == (None, EXAMPLE.name)
    assert "Cómo empezar" not in words_of(client.get("/").text)


def test_the_form_stands_alone_on_a_page_of_its_own(client: Client) -> None:
    page = client.get("/subir").text

    assert '<form class="panel upload" action="/informes" method="post" enctype="multipart/form-data"' in page
    assert "<h1>Subir un libro</h1>" in page


def test_what_the_workbook_does_not_say_is_asked_for_with_the_fields_unfolded(client: Client) -> None:
    folded = '<details class="choice">'
    assert folded in client.get("/").text

    without_version = client.upload(example_with({"A3": None}), path="/informes", sending="x", draft="true")
    wrong_year = client.upload(path="/informes", year="24")
    right = client.upload(example_with({"G7": "31/02/2024"}), path="/informes", sending="x")

    for answer in (without_version, wrong_year):
        assert folded not in answer.text
        assert '<details class="choice" open>' in answer.text
    assert 'aria-invalid="true" aria-describedby="year-error"' in wrong_year.text
    # The draft that was not ticked stays unticked, and can be seen.
    assert '<details class="choice" open>' in right.text


def test_whoever_only_reads_sees_everything_but_the_form(sqlite_store: Store, reading_room: ReadingRoom) -> None:
    empty = home(sqlite_store, reading_room, OCTOBER, Role.READS)
    issued(sqlite_store)
    page = home(sqlite_store, reading_room, OCTOBER, Role.READS)
    with at(sqlite_store, reading_room, OCTOBER) as client:
        form = client.as_(Role.READS).get("/subir").text

    for text in (empty, page, form):
        # The way out is the only form that there is.
        assert re.findall('<form[^>]* action="([^"]*)"', text) == ["/salir"]
        assert "upload.js" not in text
    assert "Último informe emitido" in page
    assert "Su cuenta es de consulta" in form


def test_the_first_page_is_quick_among_two_hundred_reports(sqlite_store: Store, reading_room: ReadingRoom) -> None:
    for number in range(200):
        reading = accepted(f"{1 + number % 3}.0", 1 + number % 4)
        report = append(sqlite_store, reading=reading, content=f"{number}".encode(), now=OCTOBER).report
        if number % 8 == 0:
            issue(sqlite_store, report.id, now=OCTOBER)
    with at(sqlite_store, reading_room, OCTOBER) as client:
        client.get("/")
        times = []
        for _ in range(5):
            start = time.perf_counter()
            assert client.get("/").status == 200
            times.append(time.perf_counter() - start)

    # 60 ms on a machine that does nothing else; the tests share theirs.
    assert min(times) < 0.2, times


def test_drafts_of_one_quarter_are_told_apart_and_the_newest_is_seen_first(
    sqlite_store: Store, reading_room: ReadingRoom
) -> None:
    with at(sqlite_store, reading_room, OCTOBER) as client:
        for change in ("Una acción", "Otra acción"):
            client.upload(example_with({"B6": change}), draft="true")
        page = client.get("/").text
        choices = client.get(f"/informes/{sqlite_store.reports(1)[0].id}/cambios").text
    assert page.count("Borrador anterior a otro más reciente") == 1
    assert "borrador del " in choices
