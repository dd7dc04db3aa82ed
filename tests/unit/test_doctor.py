"""What the doctor says of LibreOffice's bounds, by what the worker's program found of them on this machine."""

from __future__ import annotations

import sys

import pytest

from service import doctor
from service.doctor import Health


@pytest.mark.parametrize(
    ("found", "health", "state"),
    [
        ("files network\n", Health.SOUND, "no alcanza ni la red ni los demás archivos"),
        ("network\n", Health.LIMITED, "el sistema lo deja alcanzar los demás archivos"),
        ("\n", Health.LIMITED, "el sistema lo deja alcanzar los demás archivos y la red"),
        (None, Health.LIMITED, "no se pudo probar"),
    ],
)
def test_a_machine_that_cannot_confine_libreoffice_is_told_in_a_sentence(
    found: str | None, health: Health, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "_output", lambda _command: found)
    symptom = doctor._confinement()
    assert (symptom.health, symptom.state) == (health, state)
    assert bool(symptom.cost) == (health is Health.LIMITED)


def test_the_program_that_is_asked_is_there() -> None:
    assert doctor._CONFINED.is_file()


@pytest.mark.parametrize(("refuses", "health"), [(True, Health.SOUND), (False, Health.LIMITED)])
def test_a_python_of_before_with_the_corrections_of_its_distribution_is_sound(
    refuses: bool,  # noqa: FBT001 - a case of the table
    health: Health,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(doctor.sys, "version_info", (3, 13, 5, "final", 0))
    monkeypatch.setattr(doctor, "_refuses_a_lying_archive", lambda: refuses)
    assert doctor._python().health is health


def test_a_lying_archive_is_refused_where_the_version_says_so() -> None:
    major, minor, patch = sys.version_info[:3]
    is_corrected = patch >= doctor._SOUND_PYTHONS.get((major, minor), 0)
    assert doctor._refuses_a_lying_archive() or not is_corrected
