from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from service.domain.checks import compare_with_previous
from service.domain.findings import CellRef, Finding, FindingCode
from service.domain.plan import Action, Plan
from service.domain.reading import MappedColumn
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
        ("funding_source", "SGR", "J7", "Inversión"),
    ],
)
def test_what_was_approved_changes_only_with_a_new_version(field: str, value: Any, cell: str, before: str) -> None:
    changed = [ROWS[0], action(2, **{field: value}), ROWS[2]]
    (finding,) = compared(changed, previous(ROWS))
    assert (finding.code, finding.place and finding.place.cell) == (FindingCode.CHANGE_001, cell)
    assert finding.proposal == before
    assert compared(changed, previous(ROWS, version=(1, 0))) == []


@pytest.mark.parametrize(
    ("field", "value", "cell", "message"),
    [
        ("lead", "Dirección General", "C7", "decía «Subdirección de Gestión de Proyectos» y ahora dice «Dirección"),
        ("periodicity", "Anual", "I7", "decía «Trimestral» y ahora dice «Anual»."),
        ("number", "7", "A7", "decía «2» y ahora dice «7»."),
    ],
)
def test_what_planning_approves_is_a_warning_that_nobody_undoes(
    field: str, value: Any, cell: str, message: str
) -> None:
    told: dict[str, Any] = {field: PlainText(value)}
    changed = [ROWS[0], replace(ROWS[1], **told), ROWS[2]]
    (finding,) = compared(changed, previous(ROWS))
    assert (finding.code, finding.place and finding.place.cell) == (FindingCode.CHANGE_006, cell)
    assert message in finding.message
    assert finding.proposal is None
    assert compared(changed, previous(ROWS, version=(1, 0))) == []


def test_numbers_that_an_insertion_moves_are_told_by_the_insertion_alone() -> None:
    new = action(1, action="Realizar la feria del libro", indicator="Feria realizada")
    pushed = [new, *(replace(each, number=PlainText(str(place))) for place, each in enumerate(ROWS, start=2))]
    assert [finding.code for finding in compared(pushed, previous(ROWS))] == [FindingCode.CHANGE_003]


def test_another_title_or_objective_is_told_on_the_first_sheet() -> None:
    before = previous(ROWS)
    other = replace(plan(*ROWS), title=PlainText("PLAN DE VIAJES 2024"), objective=PlainText("Viajar."))
    title, objective = compare_with_previous(other, mapping(), before, OFFICE)
    assert (title.code, title.column, objective.column) == (FindingCode.CHANGE_006, "Título", "Objetivo")
    assert (title.place and (title.place.sheet, title.place.cell)) == ("Plan", "")
    assert "decía «PLAN DE ACCIÓN 2024» y ahora dice «PLAN DE VIAJES 2024»" in title.message
    assert compare_with_previous(replace(other, title=None, objective=None), mapping(), before, OFFICE) == ()


def test_a_value_that_was_deleted_or_added_is_a_change_and_one_that_could_not_be_read_is_none() -> None:
    emptied = plan(ROWS[0], action(2, target=None), ROWS[2])
    cell = CellRef("Plan", "F7")

    def told(code: FindingCode) -> tuple[Finding, ...]:
        said = code.at(cell, column="META", value="cuatro")
        return compare_with_previous(emptied, mapping(), previous(ROWS), OFFICE, read=(said,))

    (deleted,) = told(FindingCode.CELL_001)
    assert (deleted.code, deleted.place, deleted.proposal) == (FindingCode.CHANGE_001, cell, "4")
    assert "decía «4» y ahora dice «(vacío)»." in deleted.message
    assert told(FindingCode.TARGET_001) == ()
    (added,) = compared(ROWS, previous(emptied.actions))
    assert (added.place, added.proposal) == (cell, None)
    assert "decía «(vacío)» y ahora dice «4»." in added.message


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("PRESUPUESTO ASIGNADO", FindingCode.CHANGE_001),
        ("Línea estratégica", FindingCode.CHANGE_006),
        ("Presupuesto ejecutado", None),
    ],
)
def test_the_columns_of_the_office_are_part_of_the_plan_unless_they_tell_the_quarter(
    header: str, code: FindingCode | None
) -> None:
    def rows(second: str | None, name: str = header) -> list[Action]:
        return [action(1, extras=[(name, "1")]), action(2, extras=[(name, second)] if second else [])]

    column = (MappedColumn("", "Plan", "L", header),)
    before = previous(rows("2"))

    def codes(now: list[Action], read: tuple[Finding, ...] = ()) -> list[tuple[FindingCode, str]]:
        found = compare_with_previous(plan(*now), mapping(), before, OFFICE, column, read=read)
        return [(finding.code, finding.place.cell) for finding in found if finding.place]

    expected = [(code, "L7")] if code else []
    assert codes(rows("3")) == codes(rows(None)) == expected
    assert codes(rows(None), (FindingCode.CELL_002.at(CellRef("Plan", "L7"), value="#REF!"),)) == []
    assert codes(rows("3", "Otra columna")) == []


def test_a_mended_typing_is_no_modification() -> None:
    mended = action(2, action="Formular  el Proyecto 2.")
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


def test_rows_in_another_order_are_the_same_actions() -> None:
    assert compared([ROWS[2], ROWS[0], ROWS[1]], previous(ROWS)) == []


def test_other_numbers_are_told_as_such() -> None:
    swapped = [replace(ROWS[0], number=PlainText("2")), replace(ROWS[1], number=PlainText("1")), ROWS[2]]
    assert [finding.code for finding in compared(swapped, previous(ROWS))] == [FindingCode.CHANGE_006] * 2


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
