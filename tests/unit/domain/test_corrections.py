"""What a text becomes that a person puts into a cell, and which proposals are made in it."""

from __future__ import annotations

import json

import pytest

from service.domain.archive import given_from_json, given_to_json, reading_from_json, reading_to_json
from service.domain.corrections import Correction, Entry, corrected_again, entered, proposed
from service.domain.findings import CellRef, Finding, FindingCode
from service.domain.number_formats import Form
from service.domain.reading import Accepted, Given
from tests.plans import reference_plan

HERE = CellRef("Plan", "K6")


@pytest.mark.parametrize(
    ("typed", "form", "text"),
    [
        ("31/12/2024", Form.DATE, "2024-12-31"),
        ("01/03/2024", Form.DATE, "2024-03-01"),
        ("1-3-2024", Form.DATE, "2024-03-01"),
        ("2024-03-01", Form.DATE, "2024-03-01"),
        ("31/12/24", Form.DATE, "2024-12-31"),
        ("31/12/99", Form.DATE, "1999-12-31"),
        (" 31/12/2024 ", Form.DATE, "2024-12-31"),
        ("4", Form.NUMBER, "4"),
        ("-4,50", Form.NUMBER, "-4.5"),
        ("0,25", Form.NUMBER, "0.25"),
        ("1.234", Form.GROUPED, "1234"),
        ("1.234.567,8", Form.GROUPED, "1234567.8"),
        ("25 %", Form.PERCENTAGE, "0.25"),
        ("33,33%", Form.PERCENTAGE, "0.3333"),
        ("100 %", Form.PERCENTAGE, "1"),
    ],
)
def test_a_day_a_number_and_a_percentage_are_what_they_look_like(typed: str, form: Form, text: str) -> None:
    assert entered(typed) == Entry(form, text)


@pytest.mark.parametrize(
    "text",
    [
        "Trimestral",
        "31/02/2024",
        "12/31/2024",
        "1.1",
        "1.10",
        "1,234.5",
        "007",
        "12-3",
        "2-1-10",
        "1/2",
        "=SUM(F6:F9)",
        "+57 310",
        "1.234.56",
        "12345678901234567",
        "1/01/1900",
        "10 %  de 20",
        " con blancos ",
        "VERDADERO",
        "",
    ],
)
def test_whatever_would_lose_a_sign_stays_text(text: str) -> None:
    assert entered(text) == Entry(Form.TEXT, text)


def finding(code: FindingCode, value: str, proposal: str | None, place: CellRef | None = HERE) -> Finding:
    words = dict.fromkeys(("found", "expected", "around", "units", "count"), "x")
    return code.at(place, value=value, proposal=proposal, **words)


def test_only_a_proposal_for_one_cell_that_changes_it_can_be_applied() -> None:
    code = FindingCode.PERIODICITY_001
    assert finding(code, "Trimestal", "Trimestral").can_be_applied
    assert not finding(code, "Trimestal", None).can_be_applied
    assert not finding(code, "Trimestral", "Trimestral").can_be_applied
    assert not finding(code, "Trimestal", "Trimestral", CellRef("Plan")).can_be_applied
    assert not finding(code, "Trimestal", "Trimestral", None).can_be_applied
    with pytest.raises(ValueError, match="PERIODICITY_001"):
        proposed([finding(code, "Trimestal", None)])


def test_proposals_for_different_words_of_one_cell_are_made_together() -> None:
    said = "Durante el segundo  trimestre de 2024 se avanzó en la formulación"
    third = said.replace("segundo", "tercer")
    spaced = f"{said.replace('  ', ' ')}."
    found = [
        finding(FindingCode.TEXT_015, said, spaced),
        finding(FindingCode.QUARTER_001, said, third),
        finding(FindingCode.TEXT_014, said, spaced),
    ]

    both = "Durante el tercer trimestre de 2024 se avanzó en la formulación."
    assert proposed(found) == (Correction(HERE, both),)
    assert proposed(found[:1]) == (Correction(HERE, spaced),)


def test_of_proposals_that_contradict_each_other_the_gravest_is_made() -> None:
    said = "Direccion  General"
    found = [
        finding(FindingCode.TEXT_015, said, "Direccion General"),
        finding(FindingCode.LEAD_001, said, "Dirección General"),
        finding(FindingCode.TARGET_018, "otra cosa", "25 %"),
    ]
    assert proposed(found) == (Correction(HERE, "Dirección General"),)


def test_of_two_corrections_of_a_cell_the_later_stands_and_says_what_the_upload_had() -> None:
    other = CellRef("Plan", "G7")
    made = (Correction(HERE, "Uno", "Cero"), Correction(other, "4", "3"))
    more = (Correction(HERE, "Dos"), Correction(CellRef("Plan", "A6"), "1"))
    assert corrected_again(made, more) == (
        Correction(HERE, "Dos", "Cero"),
        Correction(other, "4", "3"),
        Correction(CellRef("Plan", "A6"), "1"),
    )


def test_a_reading_keeps_its_corrections_and_one_without_them_is_written_as_before() -> None:
    reading = Accepted(reference_plan(), (), ())
    corrected = Accepted(reference_plan(), (), (), corrections=(Correction(HERE, "Dos", "Cero"),))
    shown = reading_to_json(corrected)

    assert set(reading_to_json(reading)) == {"plan", "mapping", "findings", "layout"}
    assert shown["corrections"] == [{"sheet": "Plan", "cell": "K6", "before": "Cero", "after": "Dos"}]
    assert {**shown, "corrections": None} == {**reading_to_json(reading), "corrections": None}
    assert reading_from_json(json.loads(json.dumps(shown))) == corrected
    assert reading_from_json(reading_to_json(reading)) == reading


def test_what_was_given_goes_to_the_reader_and_back() -> None:
    given = Given(2024, corrections=(Correction(HERE, "Dos"), Correction(HERE, "", "x")))
    assert given_from_json(json.loads(json.dumps(given_to_json(given)))) == given
