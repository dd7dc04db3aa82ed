from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from service.domain.changes import ActionChangeKind, Approver, Changes, compare, describe
from service.domain.changes_json import changes_to_json
from service.domain.office import Office
from service.domain.plan import Action, Plan
from service.domain.values import PlainText, Quarter, Target, VersionNumber
from tests.plans import generated_plan
from tests.unit.domain.rules.plans import action, plan, sound_plan

ROWS = [action(number) for number in range(1, 11)]


def complete(actions: Sequence[Action], **about: Any) -> Plan:
    made = plan(*actions).complete()
    assert made is not None
    return replace(made, **about)


def changed(after: Sequence[Action], before: Sequence[Action] = ROWS, office: Office | None = None) -> Changes:
    return compare(complete(before), complete(after), office or Office())


def with_change(number: int, **fields: Any) -> list[Action]:
    return [action(number, **fields) if each.number == str(number) else each for each in ROWS]


def test_the_same_plan_has_no_changes() -> None:
    changes = changed(ROWS)
    assert (changes.is_empty, changes.approver, describe(changes)) == (True, None, "No hubo cambios.")


@pytest.mark.parametrize(
    ("field", "value", "before", "after", "approver"),
    [
        ("action", "Construir el proyecto 2", "Formular el proyecto 2", "Construir el proyecto 2", Approver.COMMITTEE),
        ("indicator", "Foro realizado", "Documento elaborado", "Foro realizado", Approver.COMMITTEE),
        ("unit", "Documento", "Unidad", "Documento", Approver.COMMITTEE),
        ("target", Target(Decimal("0.25"), is_percentage=True), "4", "25 %", Approver.COMMITTEE),
        ("starts_on", dt.date(2024, 4, 1), "1/03/2024", "1/04/2024", Approver.COMMITTEE),
        ("ends_on", dt.date(2024, 11, 30), "31/12/2024", "30/11/2024", Approver.COMMITTEE),
        ("funding_source", "SGR", "Inversión", "SGR", Approver.COMMITTEE),
        ("periodicity", "Anual", "Trimestral", "Anual", Approver.PLANNING),
        ("lead", "Dirección General", "Subdirección de Gestión de Proyectos", "Dirección General", Approver.PLANNING),
        ("target", None, "4", "", Approver.COMMITTEE),
        ("lead", "Subdirección de Gestión  de proyectos.", "Subdirección de Gestión de Proyectos",
         "Subdirección de Gestión  de proyectos.", None),
        ("qualitative_progress", "Nada.", ROWS[1].qualitative_progress, "Nada.", None),
    ],
)  # fmt: skip
def test_each_field_is_told_as_printed_with_who_must_approve_it(
    field: str, value: Any, before: str, after: str, approver: Approver | None
) -> None:
    changes = changed(with_change(2, **{field: value}))
    (change,) = changes.actions
    (told,) = change.fields
    assert (change.kind, change.before, told.field) == (ActionChangeKind.CHANGED, ROWS[1], field)
    assert (told.before, told.after, told.approver) == (before, after, approver)
    assert "".join(piece.text for piece in told.pieces if piece.kind != "added") == before
    assert (change.approver, changes.approver, changes.modifies_plan) == (approver, approver, approver is not None)


def test_what_came_and_what_went_is_for_the_committee_and_tells_all_its_fields() -> None:
    other = action(4, action="Contratar la vigilancia de las sedes", indicator="Contrato firmado")
    changes = changed([*ROWS[:3], other], before=ROWS[:4])
    removed, added = changes.actions
    assert (removed.kind, removed.before, removed.after) == (ActionChangeKind.REMOVED, ROWS[3], None)
    assert (added.kind, added.before, added.approver) == (ActionChangeKind.ADDED, None, Approver.COMMITTEE)
    assert [field.after for field in added.fields][:2] == ["4", "Contratar la vigilancia de las sedes"]
    assert {field.before for field in added.fields} == {""}
    assert {field.after for field in removed.fields} == {""}


def test_the_office_says_what_its_committee_approves() -> None:
    office = Office(committee_fields=("lead", "Ponderación", "objective"))
    lead = with_change(2, lead="Dirección General")
    assert changed(lead, office=office).approver is Approver.COMMITTEE
    assert changed(with_change(2, target=Target(Decimal(9))), office=office).approver is Approver.PLANNING
    heavier = with_change(2, extras=[("PONDERACIÓN ", "10 %")])
    assert changed(heavier, office=office).approver is Approver.COMMITTEE
    assert changed(heavier).approver is Approver.PLANNING
    dearer = with_change(2, extras=[("Presupuesto", "10"), ("Observaciones", "Ninguna")])
    assert changed(dearer, office=office).approver is Approver.PLANNING
    (told,) = changed(dearer, office=Office(committee_fields=("Observaciones",))).actions
    assert [field.approver for field in told.fields] == [Approver.PLANNING, Approver.COMMITTEE]
    other = compare(complete(ROWS), complete(ROWS, objective=PlainText("Otro objetivo.")), office)
    assert other.approver is Approver.COMMITTEE


@pytest.mark.parametrize(
    ("header", "approver"),
    [
        ("Ejecutado III trimestre", None),
        ("% de avance acumulado", None),
        ("Observaciones OAP", None),
        ("Evidencia", None),
        ("Recursos comprometidos", None),
        ("Programado III trimestre", Approver.PLANNING),
        ("Presupuesto ejecutado", None),
        ("META ALCANZADA", None),
        ("Resultado del indicador", None),
        ("Avance por indicador", None),
        ("Fecha de reporte", None),
        ("Ejecución de recursos", None),
        ("FUENTE DE VERIFICACIÓN", Approver.PLANNING),
        ("Responsable del producto", Approver.PLANNING),
        ("Apropiación definitiva", Approver.COMMITTEE),
        ("PRESUPUESTO ASIGNADO", Approver.COMMITTEE),
        ("PRESUPUESTO POR AVANCE", Approver.COMMITTEE),
        ("RECURSOS", Approver.COMMITTEE),
        ("PRODUCTO", Approver.COMMITTEE),
        ("META PLAN DE DESARROLLO", Approver.COMMITTEE),
        ("Meta de resultado", Approver.COMMITTEE),
        ("Plazo de ejecución", Approver.COMMITTEE),
        ("Línea estratégica", Approver.PLANNING),
    ],
)
def test_the_columns_of_the_office_are_plan_or_follow_up_by_what_they_hold(
    header: str, approver: Approver | None
) -> None:
    (change,) = changed(with_change(1, extras=[(header, "2")]), [action(1, extras=[(header, "1")]), *ROWS[1:]]).actions
    assert [(field.field, field.before, field.after, field.approver) for field in change.fields] == [
        (header, "1", "2", approver)
    ]


def test_rows_in_another_order_are_moved_and_ask_for_nobodys_approval() -> None:
    changes = changed([ROWS[9], *ROWS[:9]])
    (change,) = changes.actions
    assert (change.kind, change.after, change.fields) == (ActionChangeKind.MOVED, ROWS[9], ())
    assert not changes.modifies_plan
    assert describe(changes) == "El plan no se modificó; se cambió el orden de las acciones."


def test_another_number_is_a_move_that_planning_approves() -> None:
    renumbered = [replace(ROWS[1], number=PlainText("1")), replace(ROWS[0], number=PlainText("2")), *ROWS[2:]]
    changes = changed(renumbered)
    assert {(change.kind, change.approver) for change in changes.actions} == {
        (ActionChangeKind.MOVED, Approver.PLANNING)
    }


def test_year_quarter_and_version_are_told_and_modify_nothing() -> None:
    after = complete(
        ROWS, quarter=Quarter(2025, 1), version=VersionNumber(3, 0), title=PlainText("PLAN DE ACCIÓN 2025")
    )
    changes = compare(complete(ROWS), after)
    assert [(field.field, field.before, field.after) for field in changes.header] == [
        ("year", "2024", "2025"),
        ("quarter", "III", "I"),
        ("version", "2.0", "3.0"),
        ("title", "PLAN DE ACCIÓN 2024", "PLAN DE ACCIÓN 2025"),
    ]
    assert not changes.modifies_plan
    assert describe(changes) == "El plan no se modificó."


def test_another_objective_is_for_planning_to_approve() -> None:
    changes = compare(complete(ROWS), complete(ROWS, objective=PlainText("Otro objetivo.")))
    assert changes.approver is Approver.PLANNING
    assert describe(changes) == "Se modificó el objetivo."


def test_a_description_reads_as_a_planner_would_write_it() -> None:
    after = [
        *ROWS[:2],
        action(3, target=Target(Decimal(2))),
        ROWS[3],
        action(5, ends_on=dt.date(2024, 11, 30)),
        ROWS[5],
        action(7, ends_on=dt.date(2024, 10, 31)),
        ROWS[7],
        ROWS[9],
        action(11, action="Realizar la feria del libro", indicator="Feria realizada"),
    ]
    assert describe(changed(after)) == (
        "Se modificaron la meta de la acción 3 (de 4 a 2) y la fecha de fin de las acciones 5 y 7; se agregó la acción "
        "11; se eliminó la acción 9."
    )


def test_several_fields_of_one_action_are_told_together() -> None:
    after = with_change(2, target=Target(Decimal(1)), lead="Dirección General", extras=[("Línea", "Agua")])
    assert describe(changed(after)) == (
        "Se modificaron el responsable, la meta (de 4 a 1) y la columna «Línea» de la acción 2."
    )


def test_actions_in_a_row_are_told_as_a_range_and_new_numbers_are_told() -> None:
    after = [action(number, unit="Documento") if number in {1, 2, 3, 4, 7, 9, 10} else ROWS[number - 1]
             for number in range(1, 11)]  # fmt: skip
    assert describe(changed(after)) == (
        "Se modificó la unidad de medida de las acciones 1 a 4, 7, 9 y 10 (de Unidad a Documento)."
    )
    one = [*ROWS[:9], replace(ROWS[9], number=PlainText("12"))]
    assert describe(changed(one)) == "La acción 10 pasó a ser la 12."
    inserted = [action(0, action="Realizar la feria", indicator="Feria"), *ROWS]
    anew = [replace(each, number=PlainText(str(number))) for number, each in enumerate(inserted, start=1)]
    assert describe(changed(anew)) == "Se agregó la acción 1; cambió el número de 10 acciones."


def test_what_does_not_modify_the_plan_is_told_only_when_nothing_does() -> None:
    followed = with_change(2, qualitative_progress="Se entregaron 3 documentos.")
    assert describe(changed(followed)) == "El plan no se modificó; se actualizó el seguimiento de la acción 2."
    typed = [action(1, unit="unidad"), *ROWS[1:]]
    assert describe(changed(typed)) == "El plan no se modificó; se corrigió la digitación de la acción 1."
    both = with_change(2, qualitative_progress="Se entregaron 3 documentos.", target=Target(Decimal(1)))
    assert describe(changed(both)) == "Se modificó la meta de la acción 2 (de 4 a 1)."


def test_a_description_stays_short_however_much_changed() -> None:
    before, after = generated_plan(400, seed=1), generated_plan(400, seed=2)
    assert len(describe(compare(before, after))) < 1_000
    wide = [
        replace(each, extras=tuple((f"Columna {n}", PlainText(str(n))) for n in range(place, 40)))
        for place, each in enumerate(ROWS)
    ]
    told = describe(changed(wide))
    assert "otros datos" in told
    assert len(told) < 1_500


def test_every_action_of_a_large_plan_is_compared() -> None:
    before = sound_plan(10_000).complete()
    assert before is not None
    after = replace(
        before,
        actions=tuple(
            replace(each, target=Target(Decimal(77))) if place % 100 == 0 else each
            for place, each in enumerate(before.actions)
        ),
    )
    changes = compare(before, after)
    assert [change.after for change in changes.actions] == list(after.actions[::100])


def test_changes_are_told_in_json() -> None:
    after = [*with_change(2, target=Target(Decimal(1)))[:9], action(11, action="Realizar la feria", indicator="Feria")]
    shown = json.loads(json.dumps(changes_to_json(changed(after))))
    assert (shown["approver"], shown["modifies_plan"], shown["header"]) == ("committee", True, [])
    assert shown["description"].startswith("Se modificó la meta de la acción 2 (de 4 a 1)")
    target, removed, added = shown["actions"]
    named = {"number": "2", "action": "Formular el proyecto 2", "sheet": "Plan", "row": 7}
    assert target == {
        "kind": "changed", "approver": "committee", "before": named, "after": named,
        "fields": [{
            "field": "target", "before": "4", "after": "1", "approver": "committee",
            "pieces": [{"kind": "removed", "text": "4"}, {"kind": "added", "text": "1"}],
        }],
    }  # fmt: skip
    assert (removed["kind"], removed["before"]["number"], removed["after"]) == ("removed", "10", None)
    assert (added["kind"], added["before"], added["after"]["number"]) == ("added", None, "11")
