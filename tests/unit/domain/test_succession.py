"""What an upload is beside the reports that were issued, and where its numbers contradict them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from service.domain.findings import FindingCode
from service.domain.office import Office
from service.domain.past import Filed, Past, contradictions, follows, quarter_before, same_version
from service.domain.plan import DraftPlan, Plan
from service.domain.reading import Acceptance
from service.domain.succession import Proposal, Step, objection, propose
from service.domain.values import PlainText, Quarter, Target, VersionNumber
from service.web.history import beside_the_past
from tests.plans import reference_plan
from tests.unit.domain.rules.plans import mapping

PLAN = reference_plan()
ONE, TWO, THREE = VersionNumber(1, 0), VersionNumber(2, 0), VersionNumber(3, 0)


def plan(quarter: int = 3, version: VersionNumber = TWO, year: int = 2024, base: Plan = PLAN) -> Plan:
    return replace(base, quarter=Quarter(year, quarter), version=version)


def retold(base: Plan, actions: int = 10) -> Plan:
    """The plan with other texts about what was done in its first actions."""
    told = [
        replace(action, qualitative_progress=PlainText(f"Otro avance {index}")) if index < actions else action
        for index, action in enumerate(base.actions)
    ]
    return replace(base, actions=tuple(told))


def modified(base: Plan, **changes: Any) -> Plan:
    first, *others = base.actions
    return replace(base, actions=(replace(first, **(changes or {"target": Target.from_printed("9")})), *others))


def past(*issued: Plan, drafts: tuple[Plan, ...] = (), accepted: frozenset[Acceptance] = frozenset()) -> Past:
    """The reports of these plans, in the order of their issue; of two alike the later is the next edition."""
    plans: dict[str, Plan] = {}
    filed: list[Filed] = []
    for each in issued:
        edition = 1 + sum((other.quarter, other.version) == (each.quarter, each.version) for other in filed)
        key = f"{each.year}-{each.quarter.number}-{each.version}-{edition}"
        plans[key] = each
        filed.append(Filed(key, each.quarter, each.version, edition, accepted))
    for number, each in enumerate(drafts):
        plans[f"draft-{number}"] = each
        filed.append(Filed(f"draft-{number}", each.quarter, each.version, None, accepted))
    return Past(tuple(filed), plans.get)


def without(base: Plan, *names: str) -> DraftPlan:
    nothing: dict[str, Any] = dict.fromkeys(names)
    return replace(base.as_draft(), **nothing)


def proposed(base: Plan | DraftPlan, history: Past, **more: Any) -> Proposal:
    found = propose(base.as_draft() if isinstance(base, Plan) else base, history, **more)
    assert found is not None
    return found


def test_the_first_report_of_all_is_the_first() -> None:
    found = proposed(plan(), past())

    assert (found.step, found.edition, found.against) == (Step.FIRST, 1, None)
    assert found.reason == "Es el primer informe del plan de acción 2024 que se emitiría en Folio."


def test_the_same_data_are_the_report_that_there_is_wherever_they_stand_in_the_workbook() -> None:
    moved = replace(
        plan(), actions=tuple(replace(each, source=replace(each.source, row=99)) for each in plan().actions)
    )
    found = proposed(moved, past(plan()))

    assert (found.step, found.against) == (Step.SAME, "2024-3-2.0-1")
    assert found.reason == (
        "Los datos son los mismos del informe del III trimestre, versión 2.0, que ya se emitió (edición 1)."
    )


def test_the_same_data_may_also_be_a_draft_that_nobody_issued() -> None:
    found = proposed(retold(plan(), 1), past(plan(), drafts=(retold(plan(), 1),)))

    assert (found.step, found.against) == (Step.SAME, "draft-0")


def test_the_same_data_with_another_reason_are_not_the_same() -> None:
    reason = frozenset({Acceptance(FindingCode.STEP_003, None, "Se carga la historia")})

    assert proposed(plan(), past(plan()), accepted=reason).step is Step.CORRECTION
    assert proposed(plan(), past(plan(), accepted=reason), accepted=reason).step is Step.SAME
    assert proposed(plan(), past(plan()), wished=Step.CORRECTION).step is Step.CORRECTION


def test_other_data_of_an_issued_report_are_its_next_edition() -> None:
    found = proposed(retold(plan(), 2), past(plan(), retold(plan(), 1)))

    assert (found.step, found.edition, found.against) == (Step.CORRECTION, 3, "2024-3-2.0-2")
    assert found.reason == (
        "Ya se emitió el informe del III trimestre, versión 2.0: estos datos lo corrigen (cambia 1 avance) y serían su "
        "edición 3."
    )


@pytest.mark.parametrize(
    ("base", "told"),
    [
        (
            replace(PLAN, actions=(PLAN.actions[1], PLAN.actions[0], *PLAN.actions[2:])),
            "cambia el orden de las acciones",
        ),
        (modified(PLAN, lead=PlainText(f"{PLAN.actions[0].lead}.")), "se corrige la digitación de 1 acción"),
        (replace(PLAN, title=PlainText(PLAN.title.title())), "se corrige la digitación del encabezado"),
        (
            modified(PLAN, extras=((PlainText("Ejecutado"), PlainText("2")),)),
            "cambian datos del seguimiento de 1 acción",
        ),
    ],
)
def test_a_correction_says_what_it_corrects_although_nothing_approved_changes(base: Plan, told: str) -> None:
    assert f"estos datos lo corrigen ({told})" in proposed(plan(base=base), past(plan())).reason


def test_the_same_plan_in_the_quarter_after_is_the_next_quarter() -> None:
    found = proposed(retold(plan(4)), past(plan()))

    assert (found.step, found.quarter, found.version, found.against) == (
        Step.NEXT_QUARTER, Quarter(2024, 4), TWO, "2024-3-2.0-1",
    )  # fmt: skip
    assert found.reason == (
        "El plan es el de la versión 2.0 y el último informe emitido es el del III trimestre: este es el del IV."
    )


def test_a_quarter_that_was_left_out_is_told() -> None:
    assert "Folio no conoce el anterior" in proposed(retold(plan(4)), past(plan(2))).reason


def test_a_modified_plan_under_a_new_number_is_a_new_version_and_says_who_approves_it() -> None:
    committee = proposed(modified(plan(3, THREE)), past(plan()))
    planning = proposed(modified(plan(3, THREE), lead=PlainText("Dirección General")), past(plan()))

    assert (committee.step, committee.version, committee.against) == (Step.NEW_VERSION, THREE, "2024-3-2.0-1")
    assert committee.reason == (
        "El plan cambia frente a la versión 2.0 (cambia 1 acción): es la versión 3.0, que aprueba el Comité "
        "Institucional de Gestión y Desempeño."
    )
    assert planning.reason.endswith("que aprueba la oficina de planeación.")


def test_a_new_number_without_a_change_of_the_plan_says_so() -> None:
    assert proposed(retold(plan(3, THREE)), past(plan())).reason == (
        "El libro trae la versión 3.0 y la última emitida es la 2.0; el plan no cambia."
    )


def test_a_version_is_told_beside_the_one_that_it_is_compared_with() -> None:
    history = past(plan(2, ONE), plan(3))

    assert proposed(modified(plan(2, THREE)), history).reason.startswith("El plan cambia frente a la versión 1.0 (")
    assert proposed(plan(2, THREE), history).reason == (
        "El libro trae la versión 3.0 y la última emitida es la 2.0; el plan no cambia frente a la 1.0."
    )
    assert proposed(plan(2, THREE), past(plan(3))).reason == (
        "El libro trae la versión 3.0 y la última emitida es la 2.0."
    )


def test_a_version_before_the_latest_is_no_new_one() -> None:
    history = past(plan(4), modified(plan(4, THREE)))
    found = proposed(modified(plan(4, VersionNumber(2, 5))), history)

    assert (found.step, found.against) == (Step.EARLIER, "2024-4-2.0-1")
    assert found.reason == "El libro trae la versión 2.5, anterior a la última que se emitió, la 3.0."
    assert objection(Step.EARLIER, found, plan(4, VersionNumber(2, 5)).as_draft(), history) is None


def test_a_modified_plan_under_the_same_number_is_proposed_as_the_next_version() -> None:
    for quarter in (3, 4):
        found = proposed(modified(plan(quarter)), past(plan()))

        assert (found.step, found.version, found.edition) == (Step.NEW_VERSION, THREE, 1)
        assert found.reason == (
            "El libro dice versión 2.0, pero cambia lo aprobado en ella (cambia 1 acción): sería una versión nueva, "
            "que aprueba el Comité Institucional de Gestión y Desempeño."
        )
    assert proposed(modified(plan()), past(plan()), wished=Step.CORRECTION).step is Step.CORRECTION


def test_a_change_that_planning_approves_needs_no_new_version() -> None:
    found = proposed(modified(plan(4), lead=PlainText("Dirección General")), past(plan()))

    assert (found.step, found.version) == (Step.NEXT_QUARTER, TWO)
    assert found.reason.endswith("este es el del IV, y cambia 1 acción.")


def test_a_year_begins_beside_the_last_report_of_the_one_before() -> None:
    found = proposed(plan(1, ONE, 2025), past(plan(4)))

    assert (found.step, found.against) == (Step.NEW_YEAR, None)
    assert found.reason == (
        "Comienza el plan de acción 2025: el último que se emitió es el del IV trimestre, versión 2.0, de 2024."
    )


def test_a_quarter_before_the_first_known_is_history_being_loaded() -> None:
    found = proposed(plan(2), past(plan()))

    assert (found.step, found.against) == (Step.EARLIER, None)
    assert found.reason == "Es el informe del II trimestre, anterior al primero que conoce Folio, el del III trimestre."
    between = proposed(plan(3), past(plan(2), plan(4)))
    assert (between.step, between.against) == (Step.EARLIER, "2024-2-2.0-1")


@pytest.mark.parametrize(
    ("missing", "base", "wanted"),
    [
        ({"version"}, retold(plan(4)), (Step.NEXT_QUARTER, 4, TWO)),
        ({"version"}, modified(plan(3)), (Step.NEW_VERSION, 3, THREE)),
        ({"quarter"}, retold(plan(), 2), (Step.CORRECTION, 3, TWO)),
        ({"quarter"}, retold(plan()), (Step.NEXT_QUARTER, 4, TWO)),
        ({"quarter", "version"}, plan(), (Step.SAME, 3, TWO)),
        ({"quarter", "version", "year"}, retold(plan()), (Step.NEXT_QUARTER, 4, TWO)),
    ],
)
def test_what_the_workbook_leaves_open_follows_from_what_changed(
    missing: set[str], base: Plan, wanted: tuple[Step, int, VersionNumber]
) -> None:
    found = proposed(without(base, *missing), past(plan()))

    assert (found.step, found.quarter.number, found.version) == wanted


def test_what_the_workbook_leaves_open_follows_from_what_the_person_says() -> None:
    bare = without(retold(plan(), 2), "quarter", "version")
    told: Mapping[Step, tuple[int, VersionNumber]] = {
        Step.CORRECTION: (3, TWO), Step.NEXT_QUARTER: (4, TWO), Step.NEW_VERSION: (3, THREE),
    }  # fmt: skip

    for step, wanted in told.items():
        found = proposed(bare, past(plan()), wished=step)
        assert (found.step, found.quarter.number, found.version) == (step, *wanted)
        assert objection(step, found, bare, past(plan())) is None


def test_the_first_version_of_a_year_is_1_0_and_its_first_quarter_only_known_after_another_year() -> None:
    assert proposed(without(plan(), "version"), past()).version == ONE
    assert propose(without(plan(), "quarter"), past()) is None
    assert propose(without(plan(), "year"), past()) is None
    found = proposed(without(plan(year=2025), "quarter", "version"), past(plan(4)))
    assert (found.quarter, found.version) == (Quarter(2025, 1), ONE)


@pytest.mark.parametrize(
    ("step", "base", "history", "sentence"),
    [
        (Step.CORRECTION, plan(4), past(plan()), "no hay ningún informe para el IV trimestre de 2024, versión 2.0"),
        (Step.NEXT_QUARTER, retold(plan()), past(plan()), "ese informe ya se emitió"),
        (Step.NEXT_QUARTER, retold(plan(4, THREE)), past(plan()), "el libro trae la versión 3.0"),
        (Step.NEXT_QUARTER, plan(2), past(plan(1), plan(3)), "ya se emitió uno posterior"),
        (Step.NEW_VERSION, modified(plan(4)), past(plan()), "el libro trae la 2.0, que ya se emitió"),
        (Step.NEW_VERSION, plan(), past(), "no se ha emitido ninguna"),
        (Step.FIRST, plan(4), past(plan()), "ya se emitió el del III trimestre, versión 2.0"),
        (Step.NEW_YEAR, plan(4), past(plan()), "ya se emitió el del III trimestre, versión 2.0"),
        (Step.EARLIER, plan(4), past(plan()), "no se ha emitido ninguno posterior"),
        (Step.SAME, retold(plan()), past(plan()), "algo cambia"),
    ],
)
def test_what_the_person_says_and_the_workbook_contradicts_is_named(
    step: Step, base: Plan, history: Past, sentence: str
) -> None:
    found = proposed(base, history, wished=step)

    said = objection(step, found, base.as_draft(), history)

    assert said is not None
    assert said.startswith("Usted indicó que ")
    assert sentence in said


def test_a_draft_may_be_corrected_before_anything_is_issued() -> None:
    found = proposed(retold(plan()), past(drafts=(plan(),)), wished=Step.CORRECTION)

    assert objection(Step.CORRECTION, found, retold(plan()).as_draft(), past(drafts=(plan(),))) is None


@pytest.mark.parametrize(
    ("base", "history", "codes"),
    [
        (plan(), past(), []),
        (plan(4), past(plan()), []),
        (plan(3, VersionNumber(7, 3)), past(plan()), []),
        (plan(4, ONE), past(plan()), [FindingCode.STEP_001]),
        (plan(3, ONE), past(plan()), [FindingCode.STEP_001]),
        (plan(2, THREE), past(plan(2), plan(3)), [FindingCode.STEP_002]),
        (plan(2), past(plan()), [FindingCode.STEP_003]),
        (plan(2, ONE), past(plan()), [FindingCode.STEP_003]),
        (plan(2), past(plan(1), plan(4)), [FindingCode.STEP_003]),
        (plan(2), past(plan(2), plan(3)), []),
        (plan(3, ONE), past(plan(3, ONE), plan(3), plan(4)), []),
        (plan(1, ONE, 2025), past(plan(4)), []),
    ],
)
def test_only_what_goes_backwards_is_a_contradiction(base: Plan, history: Past, codes: list[FindingCode]) -> None:
    assert [finding.code for finding in contradictions(base.as_draft(), history)] == codes


def test_a_report_follows_its_last_edition_else_its_version_else_the_version_before() -> None:
    history = past(plan(2, ONE), plan(3, ONE), plan(3), plan(3))

    def before(quarter: int, version: VersionNumber) -> str | None:
        found = follows(Quarter(2024, quarter), version, history)
        return found.id if found else None

    assert before(3, TWO) == "2024-3-2.0-2"
    assert before(4, TWO) == "2024-3-2.0-2"
    assert before(4, THREE) == "2024-3-2.0-2"
    assert before(2, THREE) == "2024-2-1.0-1"
    assert before(1, ONE) is None


def test_the_quarter_before_is_the_latest_earlier_one_of_the_same_version_when_there_is_one() -> None:
    history = past(plan(1), plan(2, ONE), plan(2, ONE), plan(3), plan(4))

    def before(quarter: int, version: VersionNumber, year: int = 2024) -> str | None:
        found = quarter_before(Quarter(year, quarter), version, history)
        return found.id if found else None

    assert before(3, TWO) == "2024-1-2.0-1"
    assert before(3, THREE) == "2024-2-1.0-2"
    assert before(1, TWO) is None
    assert before(3, TWO, 2025) is None


def test_what_a_version_approved_stands_in_its_nearest_report() -> None:
    history = past(plan(1), plan(3), plan(3))

    found = [same_version(Quarter(2024, quarter), TWO, history) for quarter in (1, 2, 3, 4)]

    assert [each.id if each else None for each in found] == [
        "2024-1-2.0-1", "2024-1-2.0-1", "2024-3-2.0-2", "2024-3-2.0-2",
    ]  # fmt: skip
    assert same_version(Quarter(2024, 3), THREE, history) is None


@pytest.mark.parametrize(
    ("base", "codes"),
    [
        (plan(4, THREE), [FindingCode.CHANGE_003]),
        (plan(4, VersionNumber(4, 0)), [FindingCode.CHANGE_005]),
        (plan(3, VersionNumber(4, 0)), [FindingCode.CHANGE_005]),
    ],
)
def test_an_inserted_row_is_told_once_beside_the_report_that_the_plan_follows(
    base: Plan, codes: list[FindingCode]
) -> None:
    history = past(plan(3), retold(plan(4, THREE)))
    sheet = PLAN.actions[0].source.sheet
    new = replace(PLAN.actions[0], number=PlainText("11"), action=PlainText("Realizar la feria del libro"))
    new = replace(new, indicator=PlainText("Feria realizada"), qualitative_progress=PlainText("Hubo feria."))
    inserted = replace(retold(base), actions=(*retold(base).actions, new))

    found = beside_the_past(inserted.as_draft(), mapping(sheet), history, Office())

    assert [finding.code for finding in found if finding.code.name.startswith("CHANGE_")] == codes
    assert ("3.0" if base.quarter.number == 4 else "2.0") in found[0].message
