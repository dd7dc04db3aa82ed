"""A frame as an office would say it, for tests: every part of it, and nobody's name."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from service.domain.frame import Approval, FormatBox, Frame, Role, Seal, Signer
from service.domain.reports import Report
from tests.plans import reference_plan, report_of

SIGNERS = (
    Signer(Role.DRAFTED, "Persona de Ejemplo Uno", "Profesional Especializado de Planeación"),
    Signer(Role.REVIEWED, "Persona de Ejemplo Dos", "Subdirectora de Planeación", is_acting=True),
    Signer(Role.APPROVED, "Persona de Ejemplo Tres", "Director de Ejemplo"),
)
FULL_FRAME = Frame(
    entity="Entidad de Ejemplo R&D",
    signers=SIGNERS,
    approval=Approval("Comité Institucional de Gestión y Desempeño", "Acta 5 de 2024", dt.date(2024, 10, 15)),
    format_box=FormatBox(
        "Direccionamiento Estratégico", "Seguimiento al plan de acción", "DE-FR-012", "3", dt.date(2023, 1, 30)
    ),
    has_radicado_zone=True,
)
SEAL = Seal("K7QF-3M9P-X2TD", "https://planes.ejemplo.gov.co/verificar/K7QF-3M9P-X2TD")


def framed_report(frame: Frame = FULL_FRAME, *, seal: Seal | None = SEAL) -> Report:
    """The reference's report with a frame around it."""
    return replace(report_of(reference_plan()), frame=frame, approval=frame.approval, seal=seal)
