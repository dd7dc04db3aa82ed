"""Plans for tests: the reference's own, and generated ones of any length with every hard character in them."""

from __future__ import annotations

import datetime as dt
import random
from decimal import Decimal
from pathlib import Path

from service.domain.plan import Action, Plan, RowRef
from service.domain.reports import Report
from service.domain.values import PlainText, Quarter, Target, VersionNumber

REFERENCE = Path(__file__).parent / "data" / "plan-de-accion-2024-v2.0.txt"
LABELS = (
    "No.",
    "PLAN DE ACCIÓN 2024",
    "PRESUPUESTO 2024",
    "SEGUIMIENTO III TRIMESTRE 2024",
    "ACCIÓN, PROGRAMA O PROYECTO ESTRATÉGICO",
    "RESPONSABLE",
    "INDICADOR",
    "UNIDAD DE MEDIDA",
    "META",
    "FECHA INICIO",
    "FECHA FIN",
    "SEGUIMIENTO",
    "FUENTE DE FINANCIACIÓN",
    "AVANCE CUALITATIVO",
)
OBJECTIVE = (
    "Especificar los objetivos, programas, proyectos, metas, responsables y la articulación presupuestal junto a los "
    "indicadores de gestión de la Región Metropolitana Bogotá - Cundinamarca."
)


def reference_rows() -> list[list[str]]:
    """The ten rows of the reference, eleven texts each, as printed."""
    rows = [line.split("\t") for line in REFERENCE.read_text("utf-8").splitlines()]
    return [row for row in rows if len(row) == 11 and row[0].isdigit()]


def reference_plan() -> Plan:
    """The plan of the reference, made without any code that reads workbooks."""
    return _plan(tuple(_action(row, number) for number, row in enumerate(reference_rows(), start=1)))


def generated_plan(actions: int, seed: int = 2024) -> Plan:
    """A plan of that many actions, texts from a word to several pages, hostile characters among them."""
    chance = random.Random(seed)
    words = " ".join(cell for row in reference_rows() for cell in row[1:4] + row[10:]).split()
    hard = [
        "R&D",
        "<eficaz>",
        "{{ plan }}",
        "{_{",
        "}_}",
        "{% for %}",
        "«comillas»",
        '"x"',
        "O'Higgins",
        "=1+1",
        "💧🚌",
        "_x0041_",
    ]

    def text(least: int, most: int) -> str:
        chosen = [
            chance.choice(hard) if chance.random() < 0.03 else chance.choice(words)
            for _ in range(chance.randint(least, most))
        ]
        return (
            chance.choice([" ", " ", " ", "\n"]).join(chosen)
            if most > 60 and chance.random() < 0.05
            else " ".join(chosen)
        )

    rows = []
    for number in range(1, actions + 1):
        long = 700 if chance.random() < 0.004 else 170
        rows.append(
            [
                str(number), text(4, 25), text(3, 9), text(3, 20), "Unidad", str(chance.randint(1, 400)),
                "1/03/2024", "31/12/2024", "Trimestral", chance.choice(["Inversión", "Funcionamiento"]), text(10, long),
            ]
        )  # fmt: skip
    return _plan(tuple(_action(row, index) for index, row in enumerate(rows, start=1)))


def report_of(plan: Plan, edition: int = 1) -> Report:
    """A report of the plan, at a fixed instant."""
    return Report("prueba", plan, edition, dt.datetime(2024, 10, 15, 9, 30, tzinfo=dt.UTC))


def printed_rows(plan: Plan) -> list[list[str]]:
    """Eleven texts an action, as the official document prints them; written apart from the code under test."""

    def day(date: dt.date | None) -> str:
        return f"{date.day}/{date.month:02d}/{date.year}" if date else ""

    return [
        [
            str(action.number), str(action.action), str(action.lead), str(action.indicator), str(action.unit),
            action.target.printed if action.target else "", day(action.starts_on), day(action.ends_on),
            str(action.periodicity), str(action.funding_source), str(action.qualitative_progress),
        ]
        for action in plan.actions
    ]  # fmt: skip


def _plan(actions: tuple[Action, ...]) -> Plan:
    return Plan(Quarter(2024, 3), VersionNumber(2, 0), PlainText("PLAN DE ACCIÓN 2024"), PlainText(OBJECTIVE), actions)


def _action(row: list[str], line: int) -> Action:
    def day(text: str) -> dt.date:
        number, month, year = map(int, text.split("/"))
        return dt.date(year, month, number)

    return Action(
        number=PlainText(row[0]),
        action=PlainText(row[1]),
        lead=PlainText(row[2]),
        indicator=PlainText(row[3]),
        unit=PlainText(row[4]),
        target=Target(Decimal(row[5])),
        starts_on=day(row[6]),
        ends_on=day(row[7]),
        periodicity=PlainText(row[8]),
        funding_source=PlainText(row[9]),
        qualitative_progress=PlainText(row[10]),
        extras=(),
        source=RowRef("Plan", line),
    )
