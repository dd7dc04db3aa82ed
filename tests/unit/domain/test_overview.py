"""How actions stand comes from what the plan says, and from nothing else."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from service.domain.overview import ActionState, Overview, overview_of, progress_tally, state_of
from service.domain.values import PlainText, Quarter, Target
from tests.plans import reference_plan
from tests.unit.domain.rules.plans import action, plan

THIRD = Quarter(2024, 3)
AUGUST = dt.date(2024, 8, 31)


def stands(**about: Any) -> ActionState:
    return state_of(action(**about), THIRD)


def overview(*actions: Any) -> Overview:
    return overview_of(plan(*actions), THIRD)


def test_the_reference_stands_as_its_text_says() -> None:
    found = overview_of(reference_plan().as_draft(), THIRD)

    assert [each.number for each in found.actions if each.state is ActionState.COMPLETED] == ["4"]
    assert all(each.state is ActionState.IN_PROGRESS for each in found.actions if each.number != "4")
    assert len(found.due_soon) == 10
    assert (found.overdue, found.without_progress) == ((), ())
    assert [(group.name, len(group.actions)) for group in found.sources] == [("Inversión", 6), ("Funcionamiento", 4)]


def test_units_that_are_glued_are_counted_as_they_are_written() -> None:
    found = overview_of(reference_plan().as_draft(), THIRD)

    names = [group.name for group in found.offices]
    assert len(names) == 6
    assert "Dirección General Oficina Asesora de Comunicaciones y de Participación Ciudadana" in names
    assert "Dirección General" in names
    assert len(found.offices[0].actions) == 3


@pytest.mark.parametrize("text", [None, "N/A", "Sin avance", "Sin avances."])
def test_an_avance_that_tells_nothing_is_lacking_when_the_periodicity_asks_for_one(text: str | None) -> None:
    assert stands(qualitative_progress=text) is ActionState.WITHOUT_PROGRESS
    assert stands(qualitative_progress=text, periodicity="Semestral") is ActionState.NOT_DUE
    assert stands(qualitative_progress=text, periodicity="Anual") is ActionState.NOT_DUE
    assert stands(qualitative_progress=text, periodicity="Cuatrimestral") is ActionState.WITHOUT_PROGRESS


def test_what_begins_after_the_cut_off_owes_nothing() -> None:
    begins = {"starts_on": dt.date(2024, 10, 1), "qualitative_progress": None}

    assert stands(**begins) is ActionState.NOT_STARTED
    assert progress_tally(plan(action(**begins)), THIRD).not_due == 1
    assert overview(action(**begins)).without_progress == ()


def test_an_action_whose_last_day_has_come_is_overdue_unless_something_tells_what_was_done() -> None:
    assert stands(ends_on=AUGUST, qualitative_progress=None) is ActionState.OVERDUE
    assert stands(ends_on=AUGUST, qualitative_progress="Se avanza en las mesas de trabajo.") is ActionState.OVERDUE
    assert stands(ends_on=AUGUST, qualitative_progress="Se entregaron los documentos.") is ActionState.ENDED
    assert stands(ends_on=AUGUST, qualitative_progress=None, extras=(("ESTADO", "Terminada"),)) is ActionState.ENDED
    assert stands(ends_on=THIRD.ends_on, qualitative_progress=None) is ActionState.OVERDUE
    assert stands(ends_on=THIRD.next.starts_on, qualitative_progress=None) is ActionState.WITHOUT_PROGRESS


@pytest.mark.parametrize(
    "text",
    ["Se cumplió la meta.", "Con el acta 4 quedó la meta cumplida.", "La acción está cumplida al 100 %."],
)
def test_an_avance_that_says_that_the_target_was_met_is_believed(text: str) -> None:
    assert stands(qualitative_progress=text) is ActionState.COMPLETED


@pytest.mark.parametrize(
    "text",
    [
        "No se cumplió la meta por falta de contratista.",
        "Se espera cumplir la meta en diciembre.",
        "Se realizaron dos mesas y se aprobó el cronograma.",
    ],
)
def test_what_only_sounds_like_it_is_in_progress(text: str) -> None:
    assert stands(qualitative_progress=text) is ActionState.IN_PROGRESS


def test_the_one_thing_that_was_planned_is_there_once_it_is_said_to_be() -> None:
    about = {"indicator": "Reglamento aprobado", "qualitative_progress": "El reglamento se aprobó en agosto."}

    assert stands(target=Target(Decimal(1)), **about) is ActionState.COMPLETED
    assert stands(target=Target(Decimal(4)), **about) is ActionState.IN_PROGRESS
    assert stands(target=Target(Decimal(1), is_percentage=True), **about) is ActionState.IN_PROGRESS


def test_what_ends_in_the_quarter_that_follows_is_due_soon() -> None:
    ends = [dt.date(2024, 9, 30), dt.date(2024, 10, 1), dt.date(2024, 12, 31), dt.date(2025, 1, 1), None]
    found = overview(*(action(number, ends_on=day) for number, day in enumerate(ends, start=1)))

    assert [each.position for each in found.due_soon] == [2, 3]


def test_figures_of_the_office_are_handed_on_as_written_and_nothing_is_added_up() -> None:
    extras = (("EJECUTADO", "2 de 4"), ("Ponderación", "20 %"), ("Evidencia", "Acta 3"), ("AVANCE ACUMULADO", "50 %"))
    found = overview(action(1, extras=extras))

    assert found.actions[0].figures == (("EJECUTADO", "2 de 4"), ("AVANCE ACUMULADO", "50 %"))
    assert found.own_states == ()


def test_states_that_the_office_writes_in_words_are_counted_as_written() -> None:
    said = ["En ejecución", "Terminada", "En ejecución", None]
    rows = (action(at, extras=(("ESTADO", word),) if word else ()) for at, word in enumerate(said, start=1))
    found = overview(*rows)

    (own,) = found.own_states
    assert own.header == "ESTADO"
    assert [(group.name, len(group.actions)) for group in own.groups] == [
        ("En ejecución", 2),
        ("Terminada", 1),
        ("", 1),
    ]


def test_a_draft_with_holes_is_counted_all_the_same() -> None:
    holes = dict.fromkeys(("lead", "funding_source", "starts_on", "ends_on", "periodicity", "target"))
    found = overview(replace(action(1, **holes), number=None), action(2, lead=PlainText("Una\ndependencia")))

    assert [group.name for group in found.offices] == ["", "Una dependencia"]
    assert sum(len(group.actions) for _, group in found.states) == 2
    assert overview().actions == ()


def test_the_figures_of_a_quarter_add_up_to_its_actions() -> None:
    tally = progress_tally(
        plan(
            action(1), action(2, qualitative_progress=None), action(3, qualitative_progress="N/A", periodicity="Anual")
        ),
        THIRD,
    )

    assert (tally.actions, tally.told, tally.lacking, tally.not_due) == (3, 1, 1, 1)
