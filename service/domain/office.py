"""What an office calls its own: the catalogue of its units, its vocabularies, and how strict its checks are.

The defaults are the reference office's; an installation changes them. The rules receive them as an argument and never
look for them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from service.domain.frame import NO_FRAME, Frame


@dataclass(frozen=True, slots=True)
class Office:
    """An office's settings for reading and checking its plans. Shares are from 0 to 1, lengths are characters."""

    units: tuple[str, ...] = (
        "Dirección General",
        "Oficina Asesora de Comunicaciones y Participación Ciudadana",
        "Subdirección de Planeación Metropolitana y Regional",
        "Subdirección de Gestión de Proyectos",
        "Subdirección de Gestión Corporativa",
    )
    periodicities: tuple[str, ...] = ("Mensual", "Bimestral", "Trimestral", "Cuatrimestral", "Semestral", "Anual")
    funding_sources: tuple[str, ...] = (
        "Inversión",
        "Funcionamiento",
        "Inversión / Funcionamiento",
        "Recursos propios",
        "SGP",
        "SGR",
        "Cooperación",
        "No aplica",
        "Sin costo",
    )
    # Only offered in lists: a plan may count in whatever it likes.
    measurement_units: tuple[str, ...] = (
        "Unidad",
        "Número",
        "Porcentaje",
        "Documento",
        "Informe",
        "Acto administrativo",
        "Actividad",
        "Evento",
        "Persona",
        "Kilómetro",
        "Hectárea",
        "Pesos",
    )
    acronyms: tuple[str, ...] = ("RMBC", "PERM", "ATENEA", "ONU", "PIC")
    shortest_progress: int = 40
    duplicate_similarity: float = 0.92
    overachievement: float = 1.2
    # Until how many business days after the cut-off a follow-up is delivered: "los primeros cinco días hábiles" is the
    # usual way to say it within an entity. No law sets it.
    follow_up_days: int = 5
    # The fields whose change the Comité Institucional de Gestión y Desempeño approves, with a new version of the plan:
    # time, resources, product, target and indicator. The rest of the plan is for planning to approve. Own columns that
    # name one of these are the committee's too, unless the office lists the fields itself.
    committee_fields: tuple[str, ...] = (
        "action", "indicator", "unit", "target", "starts_on", "ends_on", "funding_source",
    )  # fmt: skip
    # Whether the official documents end with the control de cambios.
    tells_change_log: bool = False
    # Whether a report is issued by a person other than the one who uploaded its workbook.
    issues_by_another: bool = False
    # For workbooks that do not say their own.
    objective: str = ""


REFERENCE_OFFICE: Final = Office()


@dataclass(frozen=True, slots=True)
class OfficeSettings:
    """All that an office has said of itself: how its plans are read, and what stands around its reports."""

    office: Office = REFERENCE_OFFICE
    frame: Frame = NO_FRAME


REFERENCE_SETTINGS: Final = OfficeSettings()
