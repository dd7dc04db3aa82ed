from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.changes import match_actions, says_the_same
from service.domain.plan import Action, RowRef
from service.domain.values import PlainText
from tests.unit.domain.rules.plans import action, sound_plan

TEN = sound_plan(10).actions


def numbered(actions: Sequence[Action]) -> list[Action]:
    return [replace(each, number=PlainText(str(number))) for number, each in enumerate(actions, start=1)]


def told(number: int, text: str, indicator: str = "Documento elaborado") -> Action:
    return action(number, action=text, indicator=indicator)


def test_the_same_actions_are_matched_one_by_one() -> None:
    assert match_actions(TEN, TEN) == tuple((place, place) for place in range(10))


def test_an_insertion_that_numbers_the_rest_anew_is_one_added_action() -> None:
    after = numbered([*TEN[:3], told(0, "Realizar la feria del libro"), *TEN[3:]])
    pairs = match_actions(TEN, after)
    assert pairs == (
        *((place, place) for place in range(3)),
        (None, 3),
        *((place, place + 1) for place in range(3, 10)),
    )


def test_a_removed_action_stands_behind_the_one_it_followed() -> None:
    assert match_actions(TEN[:4], numbered([TEN[0], TEN[3]])) == ((0, 0), (1, None), (2, None), (3, 1))
    assert match_actions(TEN[:2], numbered([TEN[1]])) == ((0, None), (1, 0))
    assert match_actions(TEN[:2], []) == ((0, None), (1, None))


def test_a_number_alone_does_not_make_one_of_two_different_actions() -> None:
    before = [told(1, "Formular el plan de manejo del agua", "Plan formulado")]
    after = [told(1, "Contratar la vigilancia de las sedes", "Contrato firmado")]
    assert match_actions(before, after) == ((0, None), (None, 0))


def test_a_reworded_action_is_known_by_its_number_and_a_text_that_went_elsewhere_by_its_words() -> None:
    before = [told(1, "Formular el plan de manejo del agua de la región"), told(2, "Socializar la política pública")]
    reworded = told(1, "Elaborar el plan para el manejo integral del agua", "Plan publicado")
    assert match_actions(before, [reworded, before[1]]) == ((0, 0), (1, 1))
    swapped = numbered([told(0, "Socializar  la Política pública."), before[0]])
    assert match_actions(before, swapped) == ((1, 0), (0, 1))


def test_an_action_that_was_reworded_a_little_is_found_under_another_number() -> None:
    text = "Formular el plan de manejo del agua de la región metropolitana"
    after = numbered(
        [told(0, "Realizar la feria del libro", "Feria realizada"), told(0, text.replace("Formular", "Ajustar"))]
    )
    assert match_actions([told(1, text)], after) == ((None, 0), (0, 1))


def test_a_number_inside_a_text_tells_an_action_from_another() -> None:
    before = [told(3, "Construir el tramo 3 de la ciclorruta del norte de la sabana")]
    after = [told(4, "Construir el tramo 4 de la ciclorruta del norte de la sabana")]
    assert match_actions(before, after) == ((0, None), (None, 0))


def test_an_action_whose_text_could_not_be_read_is_known_by_its_number() -> None:
    unread = replace(TEN[1], action=None, indicator=None)
    assert match_actions(TEN[:3], [TEN[0], unread, TEN[2]]) == ((0, 0), (1, 1), (2, 2))


def on_sheet(actions: Sequence[Action], sheet: str) -> list[Action]:
    return [replace(each, source=RowRef(sheet, each.source.row)) for each in actions]


def test_each_sheet_of_a_consolidated_plan_has_numbers_of_its_own() -> None:
    same = [told(1, "Hacer seguimiento a los compromisos"), told(2, "Publicar el informe")]
    before = [*on_sheet(same, "Dirección"), *on_sheet(same, "Proyectos")]
    after = [*on_sheet(same, "Proyectos"), *on_sheet(same, "Dirección")]
    assert match_actions(before, after) == ((2, 0), (3, 1), (0, 2), (1, 3))


def test_a_sheet_called_after_its_quarter_is_the_same_sheet_a_quarter_later() -> None:
    before, after = on_sheet(TEN, "III TRIMESTRE"), on_sheet(TEN, "IV TRIMESTRE")
    assert match_actions(before, after) == tuple((place, place) for place in range(10))


@st.composite
def two_plans(draw: st.DrawFn) -> tuple[list[Action], list[Action]]:
    texts = st.sampled_from(
        ["Formular el plan", "Formular el plan 2", "Publicar el informe de gestión", "formular el Plan", ""]
    )
    an_action = st.builds(
        lambda number, text, sheet: action(number, action=text, sheet=sheet),
        st.integers(1, 6), texts, st.sampled_from(["A", "B"]),
    )  # fmt: skip
    return draw(st.lists(an_action, max_size=9)), draw(st.lists(an_action, max_size=9))


@given(two_plans())
def test_every_action_is_matched_at_most_once_and_none_is_forgotten(plans: tuple[list[Action], list[Action]]) -> None:
    before, after = plans
    pairs = match_actions(before, after)
    assert [j for _, j in pairs if j is not None] == list(range(len(after)))
    assert sorted(i for i, _ in pairs if i is not None) == list(range(len(before)))
    assert (None, None) not in pairs
    assert pairs == match_actions(before, after)


@given(st.permutations(range(10)))
def test_rows_in_another_order_are_the_same_actions(order: list[int]) -> None:
    assert match_actions(TEN, [TEN[place] for place in order]) == tuple((place, j) for j, place in enumerate(order))
    renumbered = numbered([TEN[place] for place in order])
    assert match_actions(TEN, renumbered) == tuple((place, j) for j, place in enumerate(order))


def test_ten_thousand_actions_of_which_some_changed_find_themselves() -> None:
    before = sound_plan(10_000).actions
    chance = random.Random(4)
    gone = set(chance.sample(range(10_000), 40))
    after = numbered([each for place, each in enumerate(before) if place not in gone])
    assert {i for i, j in match_actions(before, after) if j is None} == gone


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Formular  el\nPlan de manejo.", "formular el plan de manejo"),
        ("El plan «Ciudad – Región» ( fase 2 )", 'El plan "Ciudad - Región" (fase 2)'),
        ("(Ejecutado/Programado)*100", "( Ejecutado / Programado ) * 100"),
        ("≥80% , del total", "≥ 80 %, del total"),
        ("Gestio\u0301n", "Gestión"),
        ("-5 %", "−5%"),
    ],
)
def test_blanks_capitals_kinds_of_quotes_and_dashes_and_a_last_stop_are_typing(one: str, other: str) -> None:
    assert says_the_same(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("(Ejecutado / Programado)*100 >= 80 %", "(Ejecutado - Programado)*100 >= 80 %"),
        ("100 >= 80 %", "100 <= 80 %"), ("-5 %", "5 %"), ("de -5", "de 5"), ("≥80", "80"), ("a/b", "a*b"),
        ("50 ‰", "50"), ("50 %", "50 ‰"), ("× 2", "2"), ("10:1", "10 1"), ("10, 5", "10,5"), ("1.234", "1,234"),
        ("1 000", "1000"), ("(a+b)/c", "a+(b/c)"), ("año", "ano"), ("≤ 3", "< 3"), ("a parte", "aparte"), (".", ""),
        ("¿Sí?", "Sí"), ("Decreto 1-2", "Decreto 12"), ("m²", "m2"),
    ],
)  # fmt: skip
def test_a_letter_a_figure_and_any_other_sign_are_no_typing(one: str, other: str) -> None:
    assert not says_the_same(one, other)
