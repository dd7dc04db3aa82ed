"""What an office said of itself comes back from JSON as it was."""

from __future__ import annotations

import datetime as dt
import json

from service.domain.frame import Approval, FormatBox, Frame, Logo, Role, Signer
from service.domain.office import REFERENCE_SETTINGS, Office, OfficeSettings
from service.domain.office_json import settings_from_json, settings_to_json

FULL = OfficeSettings(
    Office(units=("Subdirección de Ejemplo",), overachievement=1.5, tells_change_log=True, objective="Un objetivo."),
    Frame(
        entity="Entidad de Ejemplo",
        logo=Logo(b"\x89PNG", "image/png", 40, 20, "Logo de la entidad"),
        signers=(Signer(Role.APPROVED, "Persona de Ejemplo", "Director", is_acting=True),),
        approval=Approval("Comité Institucional", "Acta 1", dt.date(2024, 10, 15)),
        format_box=FormatBox("Planeación", "Seguimiento", "F-EJ-01", "03", dt.date(2024, 1, 2)),
        has_radicado_zone=True,
        has_seal=False,
    ),
)


def test_settings_come_back_from_json_as_they_were() -> None:
    for settings in (REFERENCE_SETTINGS, FULL):
        assert settings_from_json(json.loads(json.dumps(settings_to_json(settings)))) == settings


def test_settings_of_an_earlier_folio_are_filled_up_with_the_reference_offices() -> None:
    said = settings_to_json(FULL)
    del said["office"]["units"]
    said["office"]["no_longer_known"] = 1
    office = settings_from_json(said).office
    assert office.units == Office().units
    assert office.overachievement == FULL.office.overachievement
