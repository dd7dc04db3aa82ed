"""A workbook for every finding of the rules: what provokes it, and the cell that it must name."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from openpyxl import Workbook

from service.domain.checks import compare_with_previous
from service.domain.findings import FindingCode
from service.domain.office import Office
from service.domain.past import Filed, Past, contradictions
from service.domain.plan import Plan
from service.domain.reading import Accepted, Given, Reading, Rejected
from service.domain.values import PlainText, Quarter, VersionNumber
from service.sheets.intake import read_plan
from tests.unit.sheets.office import GROUPS, LABELS, SHEET, action, office_book, saved

Where = tuple[str, str] | None
Provocation = tuple[Callable[[], Reading], Where]

TOLD = "Durante el tercer trimestre de 2024 se entregaron 2 documentos del proyecto."
LEAD = "Subdirección de Gestión de Proyectos"


def rows_of(*rows: list[Any], objective: str = "Objetivo: Especificar los objetivos.") -> Callable[[], Reading]:
    def edit(sheet: Any) -> None:
        sheet["A2"] = objective

    return lambda: read_plan(office_book(rows, edit), Given())


def cell(letter: str, value: object) -> Provocation:
    """A sound action with one cell changed, beside another whose lead is in the catalogue."""
    return rows_of(sound(1, **{letter: value}), sound(2)), (SHEET, f"{letter}6")


def told(text: str, where: str = "K6", **changes: object) -> Provocation:
    return rows_of(sound(1, K=text, **changes), sound(2)), (SHEET, where)


def sound(number: int, **changes: object) -> list[Any]:
    return action(number, **{"C": LEAD, "K": f"{TOLD[:-1]} {number}.", **changes})


def extras(*columns: tuple[str, object]) -> Callable[[], Reading]:
    """Two sound actions with columns of the office's own behind them; only the first has values there."""

    def edit(sheet: Any) -> None:
        for index, (header, value) in enumerate(columns, start=12):
            sheet.cell(5, index, header)
            sheet.cell(6, index, value)

    return lambda: read_plan(office_book([sound(1), sound(2)], edit), Given())


def weights() -> Reading:
    def edit(sheet: Any) -> None:
        sheet["L5"], sheet["L6"], sheet["L7"] = "Ponderación", 60, 30

    return read_plan(office_book([sound(1), sound(2)], edit), Given())


def two_sheets() -> Reading:
    book = Workbook()
    for sheet, name in ((book.worksheets[0], "Uno"), (book.create_sheet("Dos"), "Dos")):
        sheet.title = name
        rows = [sound(1, B=f"Formular la política {name}"), sound(2, B=f"Evaluar la política {name}")]
        for line in (["PLAN DE ACCIÓN 2024"], ["Objetivo: Uno."], ["Versión 2.0"], GROUPS, LABELS, *rows):
            sheet.append(list(line))
        sheet.merge_cells("A4:A5")
    return read_plan(saved(book), Given())


def compared(change: Callable[[Plan], Plan], *rows: list[Any]) -> Callable[[], Reading]:
    """What is said of two actions, or of `rows`, against the report before it: the same but for `change`."""

    def reading() -> Reading:
        now = read_plan(office_book(rows or [sound(1), sound(2)]), Given())
        assert isinstance(now, Accepted)
        before = change(replace(now.plan, quarter=Quarter(2024, 2)))
        findings = compare_with_previous(now.plan.as_draft(), now.mapping, before, Office())
        return Rejected(now.plan.as_draft(), now.mapping, findings)

    return reading


def beside(quarter: int, version: VersionNumber) -> Callable[[], Reading]:
    """What is said of the third quarter of version 2.0 when that other report of the year was issued."""

    def reading() -> Reading:
        now = read_plan(office_book([sound(1), sound(2)]), Given())
        assert isinstance(now, Accepted)
        past = Past((Filed("issued", Quarter(2024, quarter), version, edition=1),), lambda _id: None)
        return Rejected(now.plan.as_draft(), now.mapping, contradictions(now.plan.as_draft(), past))

    return reading


def retold(plan: Plan, **changes: object) -> Plan:
    """The plan with its first action changed, and other texts about what was done."""
    changed = {name: PlainText(str(value)) for name, value in changes.items()}
    actions = [replace(each, qualitative_progress=PlainText(f"Otro texto {each.number}")) for each in plan.actions]
    return replace(plan, actions=(replace(actions[0], **changed), *actions[1:]))  # type: ignore[arg-type]


def shorter(plan: Plan) -> Plan:
    return replace(retold(plan), actions=retold(plan).actions[:1])


def older(plan: Plan) -> Plan:
    return replace(plan, version=VersionNumber(1, 0))


def other_second(plan: Plan) -> Plan:
    """Its second action is another, under another number."""
    first, second = retold(plan).actions
    texts = {"number": PlainText("9"), "action": PlainText("Construir la sede"), "indicator": PlainText("Sede en uso")}
    return replace(plan, actions=(first, replace(second, **texts)))  # type: ignore[arg-type]


BY_RULES: dict[FindingCode, Provocation] = {
    FindingCode.PLAN_021: (rows_of(sound(1), objective="Objetivo: Seguir el plan de acción 2023."), (SHEET, "")),
    FindingCode.PLAN_022: (rows_of(sound(1, G=dt.date(2023, 3, 1), H=dt.date(2023, 12, 31))), (SHEET, "G6")),
    FindingCode.TEXT_011: told(f"{TOLD[:-1]} de la RMB"),
    FindingCode.TEXT_012: told(f"{TOLD[:-1]} de la"),
    FindingCode.TEXT_013: told(f"{TOLD} ".ljust(1023, "a") + "a"),
    FindingCode.TEXT_014: told(TOLD[:-1]),
    FindingCode.TEXT_015: told(TOLD.replace("se entregaron", "se  entregaron")),
    FindingCode.TEXT_016: told(TOLD.replace("documentos", "docu\u00admentos")),
    FindingCode.TEXT_017: told(TOLD.replace("documentos", "docu-\nmentos")),
    FindingCode.TEXT_018: told(TOLD.replace("documentos", "«documentos")),
    FindingCode.TEXT_019: told(TOLD.upper()),
    FindingCode.TEXT_020: told(TOLD.replace("documentos", "documentos de XXXX")),
    FindingCode.TEXT_021: told(TOLD.replace("del proyecto", "de la RMCB")),
    FindingCode.DATE_011: cell("H", dt.date(2025, 1, 31)),
    FindingCode.DATE_012: told(TOLD.replace("entregaron", "discutieron"), "H6", H=dt.date(2024, 8, 30)),
    FindingCode.DATE_013: cell("G", dt.date(2024, 10, 1)),
    FindingCode.TARGET_011: cell("F", -4),
    FindingCode.TARGET_012: cell("F", 0),
    FindingCode.TARGET_013: cell("F", 2.5),
    FindingCode.TARGET_014: cell("F", "100 %"),
    FindingCode.TARGET_015: told(TOLD, "F6", E="Porcentaje", F="120 %"),
    FindingCode.TARGET_016: told(TOLD, "F6", E="Porcentaje", F=0.25),
    FindingCode.TARGET_017: told(TOLD, "F6", E="Porcentaje", F=25),
    FindingCode.TARGET_018: told(TOLD, "F6", E="Kilómetro", F=100 / 3),
    FindingCode.ROW_011: (rows_of(sound(2), sound(3)), (SHEET, "A6")),
    FindingCode.ROW_012: (two_sheets, ("Dos", "A6")),
    FindingCode.ROW_013: (rows_of(sound(1), sound(2, B="Formular el  proyecto 1.")), (SHEET, "B7")),
    FindingCode.ROW_014: (rows_of(sound(1), sound(2, B="Formular el proyecto 1", D="Foro hecho")), (SHEET, "B7")),
    FindingCode.PERIODICITY_001: cell("I", "Trimestal"),
    FindingCode.PERIODICITY_002: cell("I", "Cuando haya recursos"),
    FindingCode.FUNDING_001: cell("J", "Inverción"),
    FindingCode.FUNDING_002: cell("J", "Bolsa común"),
    FindingCode.FUNDING_003: (rows_of(sound(1, J="Bolsa común"), sound(2, J="Fondo rotatorio")), (SHEET, "J6")),
    FindingCode.LEAD_001: cell("C", "Subdireccion de Gestión de Proyectos"),
    FindingCode.LEAD_002: cell("C", f"Dirección General {LEAD}"),
    FindingCode.LEAD_003: cell("C", "Secretaría de Hacienda"),
    FindingCode.LEAD_004: (rows_of(sound(1, C="Hacienda"), sound(2, C="Salud")), (SHEET, "C6")),
    FindingCode.PROGRESS_001: told("Sin avance"),
    FindingCode.PROGRESS_002: told("Se entregaron 2 documentos."),
    FindingCode.PROGRESS_003: (rows_of(sound(1, K=TOLD), sound(2, K=TOLD)), (SHEET, "K7")),
    FindingCode.PROGRESS_004: (compared(lambda plan: replace(plan, actions=plan.actions[:1])), (SHEET, "K6")),
    FindingCode.QUARTER_001: told(TOLD.replace("tercer", "segundo")),
    FindingCode.QUARTER_002: told(TOLD.replace("2024", "2023")),
    FindingCode.QUARTER_003: told("Se entregaron 2 documentos, contratados en el segundo trimestre de 2024."),
    FindingCode.QUARTER_004: told(f"{TOLD[:-1]} en mayo."),
    FindingCode.FIGURE_001: told(f"{TOLD[:-1]} y 20 cupos: 50 % (8 cupos) y 50 % (8 cupos)."),
    FindingCode.FIGURE_002: told(f"{TOLD[:-1]} y 20 cupos: 60 % (10 cupos) y 40 % (10 cupos)."),
    FindingCode.FIGURE_003: told(TOLD.replace("2 documentos", "documentos")),
    FindingCode.FIGURE_004: told(f"{TOLD[:-1]} y se aprobó.", D="Plan aprobado", F=1),
    FindingCode.QUANTITY_001: (extras(("Programado", 10), ("Ejecutado", 13)), (SHEET, "M6")),
    FindingCode.QUANTITY_002: (extras(("Acumulado I", 3), ("Acumulado II", 2)), (SHEET, "M6")),
    FindingCode.QUANTITY_003: (extras(("Ejecutado", 2), ("Porcentaje de avance", "75 %")), (SHEET, "M6")),
    FindingCode.QUANTITY_004: (weights, (SHEET, "L6")),
    FindingCode.BUDGET_001: (extras(("Apropiación", 100), ("Comprometido", 120)), (SHEET, "M6")),
    FindingCode.BUDGET_002: (extras(("Pagado", -5)), (SHEET, "L6")),
    FindingCode.EVIDENCE_001: (extras(("Evidencia", "Acta 3")), (SHEET, "L7")),
    FindingCode.EVIDENCE_002: (extras(("Evidencia", "https:/region.gov.co")), (SHEET, "L6")),
    FindingCode.EVIDENCE_003: (extras(("Evidencia", "https://drive.google.com/1")), (SHEET, "L6")),
    FindingCode.PRIVACY_001: told(f"{TOLD[:-1]} de la cédula 52.123.456."),
    FindingCode.PRIVACY_002: told(f"{TOLD[:-1]} del celular 310 555 1234."),
    FindingCode.PRIVACY_003: told(f"{TOLD[:-1]} de jovenes@gmail.com."),
    FindingCode.CHANGE_001: (compared(lambda plan: retold(plan, unit="Documento")), (SHEET, "E6")),
    FindingCode.CHANGE_002: (compared(other_second), (SHEET, "")),
    FindingCode.CHANGE_003: (compared(shorter), (SHEET, "B7")),
    FindingCode.CHANGE_004: (compared(lambda plan: older(other_second(plan))), (SHEET, "")),
    FindingCode.CHANGE_005: (compared(lambda plan: older(shorter(plan))), (SHEET, "B7")),
    FindingCode.CHANGE_006: (compared(lambda plan: retold(plan, lead="Dirección General")), (SHEET, "C6")),
    FindingCode.STEP_001: (beside(3, VersionNumber(3, 0)), (SHEET, "")),
    FindingCode.STEP_002: (beside(4, VersionNumber(1, 0)), (SHEET, "")),
    FindingCode.STEP_003: (beside(4, VersionNumber(2, 0)), (SHEET, "")),
}  # fmt: skip
