"""Plans for the rules: one sound action, and what a rule says of a plan of a few."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from service.domain.checks import check_plan
from service.domain.findings import Finding, FindingCode
from service.domain.office import Office
from service.domain.plan import Action, DraftPlan, RowRef
from service.domain.reading import MappedColumn
from service.domain.values import PlainText, Target, VersionNumber

FIELDS = (
    "number", "action", "lead", "indicator", "unit", "target", "starts_on", "ends_on", "periodicity",
    "funding_source", "qualitative_progress",
)  # fmt: skip
TOLD = "Durante el tercer trimestre de 2024, se entregaron 2 documentos del proyecto a las dependencias."
OFFICE = Office()


def mapping(*sheets: str) -> tuple[MappedColumn, ...]:
    return tuple(
        MappedColumn(field, sheet, letter, field.upper())
        for sheet in sheets or ("Plan",)
        for field, letter in zip(FIELDS, "ABCDEFGHIJK", strict=True)
    )


def action(number: int = 1, *, sheet: str = "Plan", row: int | None = None, **changes: Any) -> Action:
    """A sound action; texts are given as plain strings."""
    changed = {name: PlainText(value) if type(value) is str else value for name, value in changes.items()}
    if "extras" in changed:
        changed["extras"] = tuple((header, PlainText(value)) for header, value in changed["extras"])
    return Action(
        **{
            "number": PlainText(str(number)),
            "action": PlainText(f"Formular el proyecto {number}"),
            "lead": PlainText("Subdirección de Gestión de Proyectos"),
            "indicator": PlainText("Documento elaborado"),
            "unit": PlainText("Unidad"),
            "target": Target(Decimal(4)),
            "starts_on": dt.date(2024, 3, 1),
            "ends_on": dt.date(2024, 12, 31),
            "periodicity": PlainText("Trimestral"),
            "funding_source": PlainText("Inversión"),
            "qualitative_progress": PlainText(f"{TOLD[:-1]} en la fase {number}."),
            "extras": (),
            "source": RowRef(sheet, row or number + 5),
            **changed,
        }
    )


def plan(
    *actions: Action, year: int = 2024, quarter: int = 3, objective: str = "Especificar los objetivos."
) -> DraftPlan:
    title = PlainText(f"PLAN DE ACCIÓN {year}")
    return DraftPlan(year, quarter, VersionNumber(2, 0), title, PlainText(objective), actions)


def found_in(
    *actions: Action, office: Office = OFFICE, extras: Sequence[MappedColumn] = (), **about: Any
) -> list[Finding]:
    sheets = tuple(dict.fromkeys(action_.source.sheet for action_ in actions))
    return list(check_plan(plan(*actions, **about), mapping(*sheets), office, tuple(extras)))


def said_of(*actions: Action, **about: Any) -> list[tuple[FindingCode, str]]:
    return [(finding.code, finding.place.cell if finding.place else "") for finding in found_in(*actions, **about)]


def sound_plan(actions: int, seed: int = 2024) -> DraftPlan:
    """A plan of any length that no rule has anything to say about: as varied as real ones, and as long."""
    chance = random.Random(seed)
    verbs = ("Formular", "Diseñar", "Implementar", "Actualizar", "Construir", "Socializar", "Evaluar", "Divulgar")
    things = ("el plan", "la estrategia", "el observatorio", "la política", "el programa", "la ruta", "el sistema")
    topics = (
        "movilidad regional", "seguridad alimentaria", "gestión del agua", "desarrollo económico", "vivienda y hábitat",
        "participación ciudadana", "ordenamiento territorial", "cambio climático", "turismo comunitario",
    )  # fmt: skip
    places = ("Soacha", "Sibaté", "Chía", "Cajicá", "Zipaquirá", "Mosquera", "Funza", "Facatativá", "Fusagasugá")
    deeds = (
        "se realizaron mesas técnicas con los municipios", "se avanzó en el documento de diagnóstico de la región",
        "se estructuraron fichas técnicas para los indicadores", "se adelantó la contratación del operador logístico",
        "se presentó la propuesta metodológica a las dependencias",
    )  # fmt: skip

    def told(number: int, topic: str) -> str:
        first = f"Durante el tercer trimestre de 2024, {chance.choice(deeds)} de {topic} en {chance.choice(places)}."
        more = (
            f"Así mismo, {chance.choice(deeds)}, con {chance.randint(2, 90)} participantes de {chance.choice(places)}."
            for _ in range(4)
        )
        return " ".join((first, *more, f"Todo consta en la ficha {number} del observatorio de la RMBC."))

    made = []
    for number in range(1, actions + 1):
        topic = chance.choice(topics)
        text = (
            f"{chance.choice(verbs)} {chance.choice(things)} de {topic} en {chance.choice(places)}, componente {number}"
        )
        made.append(
            replace(
                action(number),
                action=PlainText(text),
                lead=PlainText(chance.choice(OFFICE.units)),
                indicator=PlainText(f"Documento de {topic} elaborado"),
                target=Target(Decimal(chance.randint(1, 9))),
                funding_source=PlainText(chance.choice(("Inversión", "Funcionamiento"))),
                qualitative_progress=PlainText(told(number, topic)),
            )
        )
    return plan(*made)
