from __future__ import annotations

import datetime as dt
import time
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from service.domain.checks import check_plan, progress_is_due
from service.domain.findings import FindingCode
from service.domain.office import Office
from service.domain.plan import Action
from service.domain.reading import MappedColumn
from service.domain.values import PlainText, Target
from tests.unit.domain.rules.plans import TOLD, action, found_in, mapping, said_of, sound_plan

PERCENT = {"unit": "Porcentaje"}


def target(number: str, *, is_percentage: bool = False) -> Target:
    return Target(Decimal(number), is_percentage=is_percentage)


def codes(*actions: Action, **about: Any) -> set[str]:
    return {finding.code.name for finding in found_in(*actions, **about)}


def proposal(code: str, *actions: Action, **about: Any) -> str | None:
    (finding,) = [found for found in found_in(*actions, **about) if found.code.name == code]
    return finding.proposal


def test_a_sound_plan_of_any_length_has_no_findings() -> None:
    assert list(check_plan(sound_plan(300), mapping())) == []


def test_ten_thousand_actions_are_checked_in_a_linear_time() -> None:
    thousand, ten_thousand = sound_plan(1_000), sound_plan(10_000)
    list(check_plan(thousand, mapping()))

    def seconds(checked: Any) -> float:
        begun = time.process_time()
        list(check_plan(checked, mapping()))
        return time.process_time() - begun

    assert min(seconds(ten_thousand) for _ in range(2)) < 20 * min(seconds(thousand) for _ in range(3))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"target": target("-1")}, "TARGET_011"),
        ({"target": target("0")}, "TARGET_012"),
        ({"target": target("2.5")}, "TARGET_013"),
        ({"target": target("1", is_percentage=True)}, "TARGET_014"),
        ({"target": target("1.2", is_percentage=True), **PERCENT}, "TARGET_015"),
        ({"target": target("0.25"), **PERCENT}, "TARGET_016"),
        ({"target": target("25"), **PERCENT}, "TARGET_017"),
        ({"target": target("0.25", is_percentage=True), **PERCENT}, None),
        ({"target": target("2.5"), "unit": "Kilómetros"}, None),
        ({"target": target("33.333333"), "unit": "Kilómetros"}, "TARGET_018"),
        ({"target": target("0.33333333", is_percentage=True), **PERCENT}, "TARGET_018"),
    ],
)
def test_a_target_goes_with_its_unit(changes: dict[str, Any], code: str | None) -> None:
    assert {name for name in codes(action(**changes)) if name.startswith("TARGET")} == ({code} if code else set())


def test_a_fraction_of_a_percentage_is_proposed_as_a_percentage() -> None:
    assert proposal("TARGET_016", action(target=target("0.25"), **PERCENT)) == "25 %"
    assert proposal("TARGET_017", action(target=target("25"), **PERCENT)) == "25 %"


def test_what_a_formula_computed_is_proposed_as_a_sheet_shows_it() -> None:
    assert proposal("TARGET_018", action(target=target("33.333333"), unit="Kilómetros")) == "33,33"
    assert proposal("TARGET_018", action(target=target("0.33333333", is_percentage=True), **PERCENT)) == "33,33 %"


@pytest.mark.parametrize(
    ("written", "code", "official"),
    [
        ("trimestral", None, None),
        ("TRIMESTRAL", None, None),
        ("A demanda", None, None),
        ("Trimestal", "PERIODICITY_001", "Trimestral"),
        ("Trimestre", "PERIODICITY_001", "Trimestral"),
        ("Reporte mensual", "PERIODICITY_001", "Mensual"),
        ("Cuando haya", "PERIODICITY_002", None),
    ],
)
def test_a_periodicity_is_known_near_or_unknown(written: str, code: str | None, official: str | None) -> None:
    found = [each for each in found_in(action(periodicity=written)) if each.code.name.startswith("PERIODICITY")]
    assert [(each.code.name, each.proposal) for each in found] == ([(code, official)] if code else [])


@pytest.mark.parametrize(
    ("written", "code", "official"),
    [
        ("inversion", None, None),
        ("Inversión / SGR", None, None),
        ("Invesión", "FUNDING_001", "Inversión"),
        ("Inversión y funcionamiento", "FUNDING_001", "Inversión / Funcionamiento"),
        ("Bolsa común", "FUNDING_002", None),
    ],
)
def test_a_funding_source_is_known_near_or_unknown(written: str, code: str | None, official: str | None) -> None:
    found = found_in(action(funding_source=written), action(2), action(3))
    found = [each for each in found if each.code.name.startswith("FUNDING")]
    assert [(each.code.name, each.proposal) for each in found] == ([(code, official)] if code else [])


COMMUNICATIONS = "Oficina Asesora de Comunicaciones y Participación Ciudadana"


@pytest.mark.parametrize(
    ("written", "code", "official"),
    [
        ("DIRECCIÓN GENERAL", None, None),
        (f"Dirección General / {COMMUNICATIONS}", None, None),
        (f"Dirección General\n{COMMUNICATIONS}", None, None),
        ("Direccion General", "LEAD_001", "Dirección General"),
        ("Oficina de Comunicaciones y Participación Ciudadana", "LEAD_001", COMMUNICATIONS),
        ("Subdirección de Planeación Metropolitana", "LEAD_001", "Subdirección de Planeación Metropolitana y Regional"),
        ("Subdirección de Gestión de Proyetos", "LEAD_001", "Subdirección de Gestión de Proyectos"),
        (f"Dirección General {COMMUNICATIONS}", "LEAD_002", f"Dirección General / {COMMUNICATIONS}"),
        ("Secretaría de Hacienda", "LEAD_003", None),
    ],
)
def test_a_lead_is_official_near_glued_or_unknown(written: str, code: str | None, official: str | None) -> None:
    found = [each for each in found_in(action(lead=written), action(2), action(3)) if each.code.name[:4] == "LEAD"]
    assert [(each.code.name, each.proposal) for each in found] == ([(code, official)] if code else [])


def test_another_offices_units_are_told_once_and_not_one_by_one() -> None:
    rows = [action(number, lead=f"Secretaría {name}") for number, name in enumerate(("Azul", "Roja", "Verde"), start=1)]
    assert [code for code, _ in said_of(*rows) if code.name[:4] == "LEAD"] == [FindingCode.LEAD_004]


def test_units_and_thresholds_are_the_offices() -> None:
    office = Office(units=("Secretaría de Hacienda",), shortest_progress=500)
    assert codes(action(lead="Secretaría de Hacienda"), office=office) == {"PROGRESS_002"}


def test_actions_that_differ_in_a_number_or_a_name_are_not_repeated() -> None:
    long = "Realizar el mantenimiento de las vías terciarias y de los caminos veredales del municipio de"
    rows = [action(1, action=f"{long} Soacha"), action(2, action=f"{long} Sibaté"), action(3, action=f"{long} 2")]
    assert codes(*rows) == set()


@pytest.mark.parametrize(
    "other",
    [
        "Diseñar la convocatoria del proyecto regional de jóvenes.",
        "Diseñar la convocatoría del proyecto regional de jóvenes",
    ],
)
def test_an_action_that_is_almost_another_is_told_at_the_later_row(other: str) -> None:
    rows = action(1, action="Diseñar la convocatoria del proyecto regional de jóvenes"), action(2, action=other)
    assert said_of(*rows) == [(FindingCode.ROW_013, "B7")]


def test_numbering_is_held_sheet_by_sheet() -> None:
    first = [action(1, sheet="Uno", row=6), action(2, sheet="Uno", row=7)]
    again = [
        action(1, sheet="Dos", row=6, action="Otra cosa por hacer"),
        action(2, sheet="Dos", row=7, action="Y otra"),
    ]
    again = [replace(each, qualitative_progress=PlainText(f"{TOLD[:-1]}, {each.action}.")) for each in again]
    assert said_of(*first, *again) == [(FindingCode.ROW_012, "A6")]


@pytest.mark.parametrize(
    ("periodicity", "due"),
    [
        ("Trimestral", {1, 2, 3, 4}),
        ("Semestral", {2, 4}),
        ("ANUAL", {4}),
        ("Cuatrimestral", {2, 3, 4}),
        (None, {1, 2, 3, 4}),
    ],
)
def test_an_avance_is_due_when_its_period_ends(periodicity: str | None, due: set[int]) -> None:
    assert {quarter for quarter in range(1, 5) if progress_is_due(periodicity, quarter)} == due


def test_a_yearly_action_without_avance_in_the_third_quarter_is_no_trouble() -> None:
    assert codes(action(periodicity="Anual", qualitative_progress="No aplica")) == set()
    assert codes(action(qualitative_progress="No aplica")) == {"PROGRESS_001"}


@pytest.mark.parametrize(
    ("ending", "names"),
    [
        ("el posicionamiento y promoción de la RMB", {"TEXT_011", "TEXT_014"}),
        ("el posicionamiento y promoción de la", {"TEXT_012", "TEXT_014"}),
        ("el posicionamiento y la promoción (que", {"TEXT_012", "TEXT_014"}),
        ("el posicionamiento y la promoción", {"TEXT_014"}),
        ("el posicionamiento y la promoción.", set()),
        ("el posicionamiento (y la promoción).", set()),
        ("el posicionamiento, según https://www.ejemplo.gov.co/informe", set()),
    ],
)
def test_a_text_ends_where_its_author_ended_it(ending: str, names: set[str]) -> None:
    text = f"Durante el tercer trimestre de 2024 se hicieron 3 piezas para {ending}"
    assert codes(action(qualitative_progress=text)) == names


def test_all_that_is_wrong_with_the_typing_is_mended_in_one_proposal() -> None:
    text = "Durante el  tercer trimestre de 2024 se\u200b reunió 2 veces la RMCB para la infor-\nmación de la RMB"
    found = [each for each in found_in(action(qualitative_progress=text)) if each.proposal]
    assert {each.code.name for each in found} == {f"TEXT_0{number}" for number in (11, 14, 15, 16, 17, 21)}
    mended = "Durante el tercer trimestre de 2024 se reunió 2 veces la RMBC para la información de la RMBC."
    assert {each.proposal for each in found} == {mended}


@pytest.mark.parametrize(
    ("parts", "names"),
    [
        ("241 cupos: Soacha 95% (227 cupos) y Bogotá 5% (14 cupos)", {"FIGURE_002"}),
        ("241 cupos: Soacha 94,2 % (227 cupos) y Bogotá 5,8 % (14 cupos)", set()),
        ("241 cupos: Soacha 94% (227 cupos) y Bogotá 6% (14 cupos)", set()),
        ("241 cupos: Soacha 227 cupos (94 %) y Bogotá 14 cupos (6 %)", set()),
        ("250 cupos: Soacha 94% (227 cupos) y Bogotá 6% (14 cupos)", {"FIGURE_001"}),
        ("grupos: 34 % (1 grupo), 33 % (1 grupo) y 33 % (1 grupo)", set()),
    ],
)
def test_parts_and_percentages_add_up(parts: str, names: set[str]) -> None:
    assert codes(action(qualitative_progress=f"Durante el tercer trimestre de 2024 se asignaron {parts}.")) == names


@pytest.mark.parametrize(
    ("told", "is_figure"),
    [
        ("se entregaron 2 documentos", True),
        ("se entregaron dos documentos", True),
        ("se entregó: 1. Diagnóstico. 2. Visor", True),
        ("se entregaron los documentos", False),
        ("el 14 de agosto se entregaron los documentos del Acuerdo 006 de 2024", False),
    ],
)
def test_a_target_of_several_asks_for_a_figure(told: str, is_figure: bool) -> None:  # noqa: FBT001 - a table's column
    named = codes(action(qualitative_progress=f"Durante el tercer trimestre de 2024 {told}."))
    assert ("FIGURE_003" in named) is not is_figure


def test_dates_beyond_the_quarter_and_the_year() -> None:
    ended = {"ends_on": dt.date(2024, 8, 30)}
    assert codes(action(**ended, qualitative_progress=TOLD.replace("entregaron", "discutieron"))) == {"DATE_012"}
    assert codes(action(**ended)) == set()
    assert codes(action(starts_on=dt.date(2024, 10, 2))) == {"DATE_013"}
    assert codes(action(ends_on=dt.date(2025, 1, 31))) == {"DATE_011"}
    assert codes(action(), action(2), year=2023) >= {"PLAN_022"}
    assert codes(action(), objective="Seguir el plan de acción 2023.") == {"PLAN_021"}
    assert codes(action(), objective="Cumplir el plan de desarrollo 2020-2024 y la Ley 2199 de 2022.") == set()


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ("la señora con cédula 52.123.456", "PRIVACY_001"),
        ("el contratista identificado con C.C. No. 1020304050", "PRIVACY_001"),
        ("el celular 310 555 12 34", "PRIVACY_002"),
        ("el correo jovenes.region@gmail.com", "PRIVACY_003"),
        ("el correo jovenes@region.gov.co", None),
        ("un valor de $3001234567 pesos", None),
        ("una inversión de 3.105.551.234 pesos", None),
    ],
)
def test_personal_data_are_told_and_public_ones_are_not(told: str, code: str | None) -> None:
    named = codes(
        action(qualitative_progress=f"Durante el tercer trimestre de 2024 se registró {told}, entre 2 casos.")
    )
    assert named == ({code} if code else set())


@pytest.mark.parametrize(
    ("extras", "named"),
    [
        ([("Programado III trimestre", "10"), ("Ejecutado III trimestre", "13")], {"QUANTITY_001"}),
        ([("Programado III trimestre", "10"), ("Ejecutado III trimestre", "11")], set()),
        ([("Acumulado II trimestre", "3"), ("Acumulado III trimestre", "2")], {"QUANTITY_002"}),
        ([("Tipo de indicador", "Reducción"), ("Acumulado I", "3"), ("Acumulado II", "2")], set()),
        ([("Ejecutado", "2"), ("% de avance", "75 %")], {"QUANTITY_003"}),
        ([("Ejecutado", "2"), ("% de avance", "50 %")], set()),
        ([("Ejecutado", "2"), ("% de avance", "0,5")], set()),
        ([("Apropiación definitiva", "$ 1.000.000"), ("Comprometido", "$ 1.200.000")], {"BUDGET_001"}),
        ([("Apropiación", "1.000"), ("Compromisos", "900"), ("Obligado", "900"), ("Pagos", "800")], set()),
        ([("Pagado", "-5")], {"BUDGET_002"}),
        ([("Evidencia", "https://drive.google.com/file/d/1")], {"EVIDENCE_003"}),
        ([("Evidencia", "https:/region.gov.co")], {"EVIDENCE_002"}),
        ([("Evidencia", "https://region.gov.co/actas/3")], set()),
        ([("Evidencia", "Acta 3 del comité")], set()),
    ],
)
def test_the_offices_own_columns_agree_with_one_another(extras: list[tuple[str, str]], named: set[str]) -> None:
    assert codes(action(extras=extras)) == named


def test_what_is_said_of_an_extra_stands_at_its_cell() -> None:
    columns = [MappedColumn("", "Plan", "N", "Pagado")]
    assert said_of(action(extras=[("Pagado", "-5")]), extras=columns) == [(FindingCode.BUDGET_002, "N6")]


@pytest.mark.parametrize(
    ("weights", "is_sound"), [(("60 %", "40 %"), True), (("0,6", "0,4"), True), (("60", "30"), False)]
)
def test_weights_add_up_to_a_hundred(weights: tuple[str, str], is_sound: bool) -> None:  # noqa: FBT001 - a table's column
    rows = [action(number, extras=[("Ponderación", weight)]) for number, weight in enumerate(weights, start=1)]
    assert codes(*rows) == (set() if is_sound else {"QUANTITY_004"})


def test_an_action_without_evidence_is_told_where_others_have_theirs() -> None:
    rows = action(1, extras=[("Evidencia", "Acta 3")]), action(2)
    assert codes(*rows) == {"EVIDENCE_001"}
