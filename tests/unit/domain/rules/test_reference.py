from __future__ import annotations

import pytest

from service.domain.findings import FindingCode, Severity
from service.domain.reading import Accepted, Given
from service.sheets.intake import read_plan
from tests.unit.sheets.office import EXAMPLE, EXAMPLE_BY_PAGES

# What a careful colleague says of the reference plan: the rule, the action and the column. Nothing about row 6, whose
# "último trimestre" is a plan; nothing about row 3 either, whose three documents are numbered in the text.
EXPECTED = [
    (1, "AVANCE CUALITATIVO", FindingCode.FIGURE_003),  # V16: a target of 4 and no figure
    (2, "AVANCE CUALITATIVO", FindingCode.FIGURE_002),  # V15: 227 of 241 is no 95 %
    (2, "AVANCE CUALITATIVO", FindingCode.TEXT_015),  # V22: two spaces
    (4, "AVANCE CUALITATIVO", FindingCode.FIGURE_004),  # V16: approved, and nobody says that the target is met
    (8, "AVANCE CUALITATIVO", FindingCode.TEXT_011),  # V13: "RMB", strong
    (8, "AVANCE CUALITATIVO", FindingCode.TEXT_014),  # V22: no full stop
    (8, "RESPONSABLE", FindingCode.LEAD_002),  # V10: two units glued
    (9, "AVANCE CUALITATIVO", FindingCode.FIGURE_003),  # V16: a target of 10 and no figure
    (9, "AVANCE CUALITATIVO", FindingCode.TEXT_014),  # V13, weak: only the full stop
]


@pytest.mark.parametrize("path", [EXAMPLE, EXAMPLE_BY_PAGES], ids=["plain", "by pages"])
def test_the_reference_plan_gives_exactly_these_findings(path: object) -> None:
    reading = read_plan(path.read_bytes(), Given())  # type: ignore[attr-defined]
    assert isinstance(reading, Accepted)
    number_at = {(action.source.sheet, action.source.row): int(action.number or 0) for action in reading.plan.actions}
    found = [
        (number_at[finding.place.sheet, int(finding.place.cell.lstrip("ABCDEFGHIJK"))], finding.column, finding.code)
        for finding in reading.findings
        if finding.place
    ]
    assert sorted(found, key=str) == sorted(EXPECTED, key=str)
    assert all(finding.severity is not Severity.ERROR for finding in reading.findings)


def test_every_proposal_for_one_cell_is_the_same_text() -> None:
    findings = read_plan(EXAMPLE.read_bytes(), Given()).findings
    proposals: dict[object, set[str]] = {}
    for finding in findings:
        if finding.proposal is not None:
            proposals.setdefault(finding.place, set()).add(finding.proposal)
    assert len(proposals) == 4
    assert all(len(texts) == 1 for texts in proposals.values())
    endings = sorted(text[-30:] for texts in proposals.values() for text in texts)
    assert any(ending.endswith("promoción de la RMBC.") for ending in endings)


def test_the_glued_units_come_apart_with_their_official_names() -> None:
    (finding,) = [found for found in read_plan(EXAMPLE.read_bytes(), Given()).findings if found.code.name == "LEAD_002"]
    assert finding.proposal == "Dirección General / Oficina Asesora de Comunicaciones y Participación Ciudadana"
