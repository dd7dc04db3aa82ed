"""Labels as offices write them move on to the quarter that follows, and nothing else in them changes."""

from __future__ import annotations

import datetime as dt

import pytest

from service.domain.values import Quarter, VersionNumber
from worker.documents.next_quarter_labels import Turn, quarter_named, series_of

VERSION = VersionNumber(2, 0)
FIRST, SECOND, THIRD, FOURTH = (Turn(Quarter(2024, number), VERSION) for number in range(1, 5))


@pytest.mark.parametrize(
    ("label", "following"),
    [
        ("SEGUIMIENTO III TRIMESTRE 2024", "SEGUIMIENTO IV TRIMESTRE 2024"),
        ("Tercer trimestre de 2024", "Cuarto trimestre de 2024"),
        ("AVANCE TERCER TRIMESTRE", "AVANCE CUARTO TRIMESTRE"),
        ("3er trimestre", "4to trimestre"),
        ("Trimestre 3", "Trimestre 4"),
        ("Trimestre No. 3", "Trimestre No. 4"),
        ("T3", "T4"),
        ("3T 2024", "4T 2024"),
        ("III TRIM", "IV TRIM"),
        ("Seguimiento_III_Trim", "Seguimiento_IV_Trim"),
        ("IIITRIM", "IVTRIM"),
        ("Avance Iii Trimestre", "Avance IV Trimestre"),
        ("2024-III", "2024-IV"),
        ("Acumulado I a III trimestre", "Acumulado I a IV trimestre"),
        ("Corte: 30 de septiembre de 2024", "Corte: 31 de diciembre de 2024"),
        ("SEGUIMIENTO A 30 DE SEPTIEMBRE", "SEGUIMIENTO A 31 DE DICIEMBRE"),
        ("Corte a septiembre 30 de 2024", "Corte a diciembre 31 de 2024"),
        ("Fecha de corte: 30/09/2024", "Fecha de corte: 31/12/2024"),
        ("Corte 2024-09-30", "Corte 2024-12-31"),
        ("Julio - Septiembre 2024", "Octubre - Diciembre 2024"),
        ("JUL-SEP", "OCT-DIC"),
        ("julio, agosto y septiembre", "octubre, noviembre y diciembre"),
        ("Del 1 de julio al 30 de septiembre de 2024", "Del 1 de octubre al 31 de diciembre de 2024"),
        ("Enero a septiembre de 2024", "Enero a diciembre de 2024"),
    ],
)
def test_a_label_names_the_quarter_that_follows(label: str, following: str) -> None:
    assert THIRD.text(label) == following


@pytest.mark.parametrize(
    "label",
    [
        "II TRIMESTRE 2024",
        "III TRIMESTRE 2023",
        "I, II y III trimestre",
        "PLAN DE ACCIÓN 2024",
        "Aprobado el 30 de septiembre de 2024",
        "Resolución 3 del primer semestre",
        "F-T3-01",
        "META 3",
        "Bimestre 3",
        "enero - junio",
        "julio - agosto",
        "SEMESTRE III",
    ],
)
def test_what_is_no_label_of_the_reported_quarter_stays(label: str) -> None:
    assert THIRD.text(label) == label


@pytest.mark.parametrize(
    ("label", "following"),
    [
        ("PLAN DE ACCIÓN 2024", "PLAN DE ACCIÓN 2025"),
        ("SEGUIMIENTO IV TRIMESTRE 2024", "SEGUIMIENTO I TRIMESTRE 2025"),
        ("Último trimestre de 2024", "Primer trimestre de 2025"),
        ("Cuarto trimestre (octubre a diciembre de 2024)", "Primer trimestre (enero a marzo de 2025)"),
        ("Corte: 31 de diciembre de 2024", "Corte: 31 de marzo de 2025"),
        ("Versión 2.0", "Versión 1.0"),
        ("T4-2024", "T1-2025"),
        ("META 2024", "META 2025"),
    ],
)
def test_a_new_year_begins_with_its_first_version(label: str, following: str) -> None:
    assert FOURTH.text(label) == following


@pytest.mark.parametrize(
    "label",
    [
        "Plan de desarrollo 2024-2027",
        "Plan 2020-2024",
        "Acuerdo Regional 006 de 2024",
        "31 de enero de 2024",
        "VERSIÓN: 03",
        "F-2024-03",
        "enero a diciembre",
    ],
)
def test_laws_days_and_spans_of_years_outlast_the_year(label: str) -> None:
    assert FOURTH.text(label) == label


def test_one_of_several_quarters_side_by_side_keeps_its_number_and_takes_the_new_year() -> None:
    assert THIRD.text("III TRIMESTRE 2024", is_one_of_a_series=True) == "III TRIMESTRE 2024"
    assert FOURTH.text("IV TRIMESTRE 2024", is_one_of_a_series=True) == "IV TRIMESTRE 2025"


def test_ordinals_change_in_their_own_way_of_writing() -> None:
    assert [FIRST.text("1er trimestre"), SECOND.text("2do trimestre")] == ["2do trimestre", "3er trimestre"]
    assert FIRST.text("Primer Trimestre") == "Segundo Trimestre"


def test_a_value_beside_its_label_moves_on() -> None:
    assert THIRD.value("Trimestre:", "III") == "IV"
    assert THIRD.value("Fecha de corte", "30 de septiembre de 2024") == "31 de diciembre de 2024"
    assert THIRD.value("Vigencia:", "2024") is None
    assert FOURTH.value("Vigencia:", "2024") == "2025"
    assert FOURTH.value("Versión del plan", "2.0") == "1.0"
    assert FOURTH.value("Código", "2.0") is None


def test_numbers_beside_their_labels_move_on() -> None:
    epoch = dt.date(1899, 12, 30)
    cut, following = (float((day - epoch).days) for day in (dt.date(2024, 9, 30), dt.date(2024, 12, 31)))
    assert THIRD.number("Fecha de corte", cut, epoch) == following
    assert THIRD.number("Fecha de aprobación", cut, epoch) is None
    assert FOURTH.number("Vigencia", 2024.0, epoch) == 2025.0
    assert FOURTH.number("Versión", 2.0, epoch) == 1.0


def test_labels_of_several_periods_are_known_by_what_they_share() -> None:
    assert series_of("I TRIMESTRE 2024") == series_of("IV trimestre 2025") == "#trim @"
    assert series_of("Bimestre 1") != series_of("Trimestre 1")
    assert series_of("META") is None
    assert [quarter_named(label) for label in ("III TRIM", "abril-junio", "Bimestre 2")] == [3, 2, None]
