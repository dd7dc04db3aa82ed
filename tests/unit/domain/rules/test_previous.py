from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from service.domain.checks import compare_with_previous
from service.domain.findings import Finding, FindingCode
from service.domain.plan import Action, Plan
from service.domain.values import PlainText, Target, VersionNumber
from tests.unit.domain.rules.plans import OFFICE, action, mapping, plan


def previous(actions: Sequence[Action], quarter: int = 2, version: tuple[int, int] = (2, 0), year: int = 2024) -> Plan:
    told = [replace(each, qualitative_progress=PlainText(f"Se hizo lo {each.number}.")) for each in actions]
    complete = plan(*told, quarter=quarter, year=year).complete()
    assert complete is not None
    return replace(complete, version=VersionNumber(*version))


def compared(now: Sequence[Action], before: Plan) -> list[Finding]:
    return list(compare_with_previous(plan(*now), mapping(), before, OFFICE))


ROWS = [action(1), action(2), action(3)]


def test_the_same_plan_with_new_texts_has_nothing_to_explain() -> None:
    assert compared(ROWS, previous(ROWS)) == []


@pytest.mark.parametrize(
    ("field", "value", "cell", "before"),
    [
        ("action", "Construir el proyecto 2", "B7", "Formular el proyecto 2"),
        ("indicator", "Foro realizado", "D7", "Documento elaborado"),
        ("unit", "Documento", "E7", "Unidad"),
        ("target", Target(Decimal(5)), "F7", "4"),
        ("starts_on", dt.date(2024, 4, 1), "G7", "1/03/2024"),
        ("ends_on", dt.date(2024, 11, 30), "H7", "31/12/2024"),
        ("periodicity", "Anual", "I7", "Trimestral"),
        ("funding_source", "SGR", "J7", "Inversión"),
    ],
)
def test_what_was_approved_changes_only_with_a_new_version(field: str, value: Any, cell: str, before: str) -> None:
    changed = [ROWS[0], action(2, **{field: value}), ROWS[2]]
    (finding,) = compared(changed, previous(ROWS))
    assert (finding.code, finding.place and finding.place.cell) == (FindingCode.CHANGE_001, cell)
    assert finding.proposal == before
    assert compared(changed, previous(ROWS, version=(1, 0))) == []


def test_a_mended_typing_or_another_lead_is_no_modification() -> None:
    mended = action(2, action="Formular  el Proyecto 2.", lead="Dirección General")
    assert compared([ROWS[0], mended, ROWS[2]], previous(ROWS)) == []


@pytest.mark.parametrize(("now", "then"), [("25 %", "25"), ("1,234", "1.234")])
def test_a_sign_or_a_comma_in_a_number_is_no_typing(now: str, then: str) -> None:
    (finding,) = compared(
        [action(1, target=Target.from_printed(now))], previous([action(1, target=Target.from_printed(then))])
    )
    assert (finding.code, finding.value, finding.proposal) == (FindingCode.CHANGE_001, now, then)


def test_another_action_under_a_number_that_was_used_is_one_lost_and_one_new() -> None:
    other = action(2, action="Contratar la vigilancia de las sedes", indicator="Contrato firmado")
    found = compared([ROWS[0], other, ROWS[2]], previous(ROWS))
    assert [finding.code for finding in found] == [FindingCode.CHANGE_002, FindingCode.CHANGE_003]


def test_lost_rows_are_listed_and_new_ones_are_told_at_their_cell() -> None:
    (lost,) = compared(ROWS[:1], previous(ROWS))
    assert lost.message == "Modificación no aprobada: faltan las acciones 2 y 3 de la versión 2.0."
    (added,) = compared(ROWS, previous(ROWS[:2]))
    assert (added.code, added.place and added.place.cell) == (FindingCode.CHANGE_003, "B8")
    assert [found.code for found in compared(ROWS, previous(ROWS[:2], version=(1, 0)))] == [FindingCode.CHANGE_005]
    (gone,) = compared(ROWS[:2], previous(ROWS, version=(1, 0)))
    assert gone.message == "Frente a la versión 1.0, falta la acción 3."


def test_rows_in_another_order_or_with_other_numbers_are_the_same_actions() -> None:
    shuffled = [replace(ROWS[2], number=PlainText("1")), replace(ROWS[0], number=PlainText("3")), ROWS[1]]
    assert compared(shuffled, previous(ROWS)) == []


def test_an_avance_copied_from_the_last_quarter_is_told_and_a_new_edition_of_the_same_quarter_is_not() -> None:
    before = previous(ROWS)
    copied = [replace(ROWS[0], qualitative_progress=before.actions[0].qualitative_progress), *ROWS[1:]]
    (finding,) = compared(copied, before)
    assert finding.message == "El avance es idéntico al del informe del II trimestre."
    assert compared(copied, previous(ROWS, quarter=3)) == []


def test_an_accumulated_quantity_never_falls_from_report_to_report() -> None:
    def with_total(total: str) -> Action:
        return action(1, extras=[("Acumulado", total)])

    (finding,) = compared([with_total("2")], previous([with_total("3")]))
    assert finding.message == "El acumulado baja: aquí es 2 y antes era 3."
    assert compared([with_total("4")], previous([with_total("3")])) == []


def test_plans_of_different_years_are_not_compared() -> None:
    assert compared(ROWS[:1], previous(ROWS, year=2023)) == []
