"""The proof of a finished Excel: no good workbook is refused, and every planted damage is named at its place."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from openpyxl.styles import Font

from service.domain.plan import Plan
from service.domain.reports import DocumentKind, Report
from service.domain.values import PlainText
from tests.documents.damage import LOG, edited, parts_of, simple_plan, varied_report, with_part
from tests.plans import generated_plan, reference_plan, report_of
from worker.documents.context import context_of
from worker.documents.proof import Proof, prove_excel
from worker.documents.template_files import Template, TemplateFiles, compile_template

TEMPLATES = TemplateFiles(Path(__file__).parents[2] / "templates_docx")
OFFICIAL = TEMPLATES.of(DocumentKind.EXCEL)
PLAN, DATA, CHANGES = (f"xl/worksheets/sheet{number}.xml" for number in (1, 2, 3))
REPORT = replace(report_of(simple_plan()), change_log=LOG)
GOOD = OFFICIAL.fill(context_of(REPORT))
FIRST_ROW = 7


def proof_of(report: Report, template: Template = OFFICIAL) -> Proof:
    return prove_excel(template.fill(context_of(report)), template.content, report)


def proof_of_damaged(part: str, change: Callable[[str], str]) -> Proof:
    return prove_excel(edited(GOOD, part, change), OFFICIAL.content, REPORT)


def places(proof: Proof) -> list[str]:
    return [difference.place for difference in proof.differences]


def altered() -> Template:
    """The office's template with columns changed round, a text around a value, totals and a note under the table."""
    book = load_workbook(io.BytesIO(OFFICIAL.content))
    sheet = book["Plan de acción"]
    sheet["B7"], sheet["C7"] = "{{ accion.responsable }}", "Acción: {{ accion.accion }} (de {{ plan.titulo }})"
    sheet["F9"], sheet["A9"], sheet["A10"] = "=SUM(F7:F7)", "Total", "Nota: {{ plan.trimestre }} trimestre"
    sheet.merge_cells("A10:K10")
    saved = io.BytesIO()
    book.save(saved)
    return compile_template(DocumentKind.EXCEL, saved.getvalue())


def test_the_reference_is_proved_in_both_sheets() -> None:
    proof = proof_of(report_of(reference_plan()))
    assert proof.sentence == "10 de 10 acciones, 110 de 110 celdas, 0 caracteres perdidos"
    assert proof.to_json()["differences"] == []


def test_two_hundred_good_workbooks_are_not_refused() -> None:
    other = altered()
    for seed in range(200):
        report = varied_report(seed)
        proof = proof_of(report, other if seed % 4 == 3 else OFFICIAL)
        assert proof.holds, f"{seed}: {proof.differences[0].sentence}"
        assert proof.actions.found == len(report.plan.actions)


@pytest.mark.parametrize("actions", [57, 1_000])
def test_long_plans_are_proved(actions: int) -> None:
    proof = proof_of(report_of(generated_plan(actions)))
    assert (proof.holds, proof.cells.found) == (True, actions * 11)


def with_long_text(plan: Plan) -> Plan:
    second = replace(plan.actions[1], qualitative_progress=PlainText(" ".join(f"palabra{n}" for n in range(900))))
    return replace(plan, actions=(plan.actions[0], second, *plan.actions[2:]))


def test_an_action_spread_over_several_rows_is_read_as_one_and_a_lost_stretch_is_named() -> None:
    report = replace(REPORT, plan=with_long_text(REPORT.plan))
    content = OFFICIAL.fill(context_of(report))
    assert prove_excel(content, OFFICIAL.content, report).holds
    rows = rows_of(parts_of(content)[PLAN].decode())
    assert len(rows) > FIRST_ROW + 6 + 2
    lost = edited(content, PLAN, lambda xml: re.sub(r'<c r="K9"[^>]*>.*?</c>', "", xml))
    assert places(prove_excel(lost, OFFICIAL.content, report)) == [
        "hoja «Plan de acción», acción 2, columna AVANCE CUALITATIVO"
    ]


def test_a_row_half_as_tall_as_its_text_is_named() -> None:
    report = replace(REPORT, plan=with_long_text(REPORT.plan))
    content = OFFICIAL.fill(context_of(report))

    def lower(row: re.Match[str]) -> str:
        return f'{row[1]}"{float(row[2]) / 2:g}"'

    clipped = edited(content, PLAN, lambda xml: re.sub(r'(<row r="9" ht=)"([\d.]+)"', lower, xml))
    assert places(prove_excel(clipped, OFFICIAL.content, report)) == ["hoja «Plan de acción», celda K9"]


def rows_of(xml: str) -> list[str]:
    return re.findall(r"<row [^>]*/>|<row .*?</row>", xml)


def cell(reference: str) -> str:
    return rf'<c r="{reference}"[^>]*?(?:/>|>.*?</c>)'


def in_cell(reference: str, change: Callable[[str], str]) -> Callable[[str], str]:
    return lambda xml: re.sub(cell(reference), lambda found: change(found.group()), xml)


def swapped(xml: str) -> str:
    values = [re.search(rf'<c r="{one}"[^>]*><v>(\d+)</v>', xml) for one in ("B9", "C9")]
    first, second = (found[1] for found in values if found)
    return (
        xml.replace(f"<v>{first}</v>", "\0")
        .replace(f"<v>{second}</v>", f"<v>{first}</v>")
        .replace("\0", f"<v>{second}</v>")
    )


def renumbered(rows: list[str]) -> str:
    return "".join(
        re.sub(r'(r="[A-Z]*)\d+"', lambda found, n=number: f'{found[1]}{n}"', row)  # type: ignore[misc]
        for number, row in enumerate(rows, start=1)
    )


def with_rows(change: Callable[[list[str]], list[str]]) -> Callable[[str], str]:
    def damage(xml: str) -> str:
        rows = rows_of(xml)
        return re.sub("<sheetData>.*</sheetData>", lambda _: f"<sheetData>{renumbered(change(rows))}</sheetData>", xml)

    return damage


def text_of(reference: str, text: str) -> Callable[[str], str]:
    return in_cell(reference, lambda _: f'<c r="{reference}" s="9" t="inlineStr"><is><t>{text}</t></is></c>')


def row_of(number: int) -> int:
    return FIRST_ROW + number - 2


DAMAGE: dict[str, tuple[str, Callable[[str], str], str]] = {
    "a lost tail": (
        "xl/sharedStrings.xml",
        lambda xml: xml.replace("trimestre 3 se logró el avance previsto, hasta el final.", "trimestre 3 se logró"),
        "hoja «Plan de acción», acción 3, columna AVANCE CUALITATIVO",
    ),
    "an eaten entity": (
        "xl/sharedStrings.xml",
        lambda xml: xml.replace("única 1 con R&amp;D", "única 1 con RD"),
        "hoja «Datos», acción 1, columna ACCIÓN, PROGRAMA O PROYECTO ESTRATÉGICO",
    ),
    "a changed digit": (PLAN, lambda xml: xml.replace("<v>1002</v>", "<v>1003</v>"), "acción 2, columna META"),
    "a date off by one day": (
        PLAN,
        in_cell("G10", lambda one: re.sub(r"<v>(\d+)", lambda found: f"<v>{int(found[1]) + 1}", one)),
        "acción 4, columna FECHA INICIO",
    ),
    "a date shown as a number": (PLAN, in_cell("G10", lambda one: re.sub(r's="\d+"', 's="9"', one)), "FECHA INICIO"),
    "a number stored as text": (PLAN, text_of("F8", "1.002"), "hoja «Plan de acción», acción 2, columna META"),
    "swapped cells": (PLAN, swapped, "acción 3, columna ACCIÓN"),
    "swapped rows": (
        DATA,
        with_rows(lambda rows: [*rows[:2], rows[3], rows[2], *rows[4:]]),
        "hoja «Datos», acción 3",
    ),
    "a missing row": (
        PLAN,
        with_rows(lambda rows: rows[: row_of(3)] + rows[row_of(3) + 1 :]),
        "hoja «Plan de acción», acción 3",
    ),
    "a repeated row": (
        PLAN,
        with_rows(lambda rows: rows[: row_of(3)] + rows[row_of(3) - 1 :]),
        "hoja «Plan de acción», acción 2",
    ),
    "titles that are not printed again": (
        "xl/workbook.xml",
        lambda xml: re.sub(r'<definedName name="_xlnm.Print_Titles" localSheetId="0">.*?</definedName>', "", xml),
        "hoja «Plan de acción», filas que se repiten al imprimir",
    ),
    "a print area that ends too soon": (
        "xl/workbook.xml",
        lambda xml: xml.replace("$K$12", "$K$9"),
        "hoja «Plan de acción», área de impresión",
    ),
    "another header": (PLAN, text_of("F6", "METAS"), "hoja «Plan de acción», celda F6"),
    "the version of another plan": (PLAN, text_of("A3", "Versión 1.0"), "hoja «Plan de acción», celda A3"),
    "a merge lost": (PLAN, lambda xml: xml.replace('<mergeCell ref="B5:I5"/>', ""), "celdas combinadas"),
    "a clipped row": (
        PLAN,
        lambda xml: re.sub(r'(<row r="9" ht=)"[\d.]+"', r'\1"6"', xml),
        "hoja «Plan de acción», celda B9",
    ),
    "a table that leaves a row out": (
        "xl/tables/table1.xml",
        lambda xml: re.sub(r'ref="A1:N7"', 'ref="A1:N6"', xml),
        "hoja «Datos», tabla",
    ),
    "a row of the log lost": (CHANGES, with_rows(lambda rows: rows[:-1]), "control de cambios, fila 2"),
    "an unreadable sheet": (PLAN, lambda xml: xml.replace("</sheetData>", ""), "el archivo entero"),
    "a row too many": (
        PLAN,
        with_rows(lambda rows: [*rows, rows[-1].replace("<v>6</v>", "<v>7</v>")]),
        "después de hoja «Plan de acción», acción 6",
    ),
}


STYLES, BOOK = "xl/styles.xml", "xl/workbook.xml"
UNSEEN: dict[str, tuple[str, Callable[[str], str], str]] = {
    "a hidden row": (PLAN, lambda xml: xml.replace('<row r="9"', '<row r="9" hidden="1"'), "fila 9"),
    "a row without height": (PLAN, lambda xml: re.sub(r'(<row r="9"[^>]* ht=")[^"]*', r"\g<1>0.1", xml), "fila 9"),
    "a hidden column": (PLAN, lambda xml: xml.replace("<col ", '<col hidden="1" ', 1), "columna A"),
    "a column without width": (PLAN, lambda xml: re.sub(r'(<col [^>]*?width=")[^"]*', r"\g<1>0.1", xml), "columna A"),
    "all rows hidden": (PLAN, lambda xml: xml.replace("<sheetFormatPr", '<sheetFormatPr zeroHeight="1"'), "hoja"),
    "a hidden sheet": (BOOK, lambda xml: xml.replace('state="visible"', 'state="hidden"', 1), "hoja"),
    "a print that nobody reads": (
        PLAN,
        lambda xml: xml.replace("<pageSetup", '<pageSetup scale="10"'),
        "tamaño de impresión",
    ),
    "white letters": (
        STYLES,
        lambda xml: re.sub(r"<font>(<sz [^>]*/>)", r'<font>\1<color rgb="FFFFFFFF"/>', xml),
        "libro",
    ),
    "dates by their month alone": (STYLES, lambda xml: xml.replace("d/mm/yyyy", "mm"), "libro"),
    "a row in a comment": (PLAN, lambda xml: re.sub(r'(<row r="9".*?</row>)', r"<!--\1-->", xml), "acción 3"),
    "the last row in a comment": (PLAN, lambda xml: re.sub(r'(<row r="12".*?</row>)', r"<!--\1-->", xml), "acción 6"),
    "a cell in other letters": (PLAN, lambda xml: re.sub(r'(<c r="B8" s=")\d+', r"\g<1>0", xml), "celda B8"),
}


@pytest.mark.parametrize("damage", UNSEEN)
def test_what_nobody_sees_or_sees_otherwise_is_named(damage: str) -> None:
    part, change, place = UNSEEN[damage]
    assert any(place in one for one in places(proof_of_damaged(part, change)))


def test_a_template_may_hide_rows_columns_and_sheets_of_its_own() -> None:
    book = load_workbook(io.BytesIO(OFFICIAL.content))
    sheet = book["Plan de acción"]
    sheet.row_dimensions[3].hidden = sheet.column_dimensions["J"].hidden = True
    sheet.page_setup.scale = 60
    sheet["B7"].font = Font(color="FFFFFF", size=7)
    book["Datos"].sheet_state = "hidden"
    saved = io.BytesIO()
    book.save(saved)
    proof = proof_of(REPORT, compile_template(DocumentKind.EXCEL, saved.getvalue()))
    assert proof.holds, proof.differences[0].sentence


@pytest.mark.parametrize("damage", DAMAGE)
def test_planted_damage_is_named_at_its_place(damage: str) -> None:
    part, change, place = DAMAGE[damage]
    proof = proof_of_damaged(part, change)
    assert any(place in told for told in places(proof)), places(proof)


def test_a_number_stored_as_text_is_told_from_the_number() -> None:
    (difference,) = proof_of_damaged(PLAN, text_of("F8", "1.002")).differences
    assert (difference.expected, difference.found) == ("1.002 (número)", "1.002 (texto)")


def test_a_draft_must_say_so_on_every_sheet_and_a_final_workbook_must_not() -> None:
    draft = replace(REPORT, is_draft=True)
    marked = OFFICIAL.fill(context_of(draft))
    assert prove_excel(marked, OFFICIAL.content, draft).holds
    left = prove_excel(marked, OFFICIAL.content, REPORT)
    assert {one.found for one in left.differences} == {"BORRADOR"}
    missing = prove_excel(GOOD, OFFICIAL.content, draft)
    assert [one.expected for one in missing.differences] == ["BORRADOR"] * 3


def test_macros_lost_sheets_and_files_that_are_no_workbook_are_caught() -> None:
    assert not prove_excel(with_part(GOOD, "xl/vbaProject.bin", b"x"), OFFICIAL.content, REPORT).holds
    hidden = proof_of_damaged("xl/workbook.xml", lambda xml: xml.replace('name="Datos"', 'name="Otra"'))
    assert "hojas del libro" in places(hidden)
    assert (hidden.cells.expected, hidden.cells.found) == (66, 0)
    assert places(prove_excel(GOOD[:500], OFFICIAL.content, REPORT)) == ["el archivo entero"]


@given(row=st.integers(1, 6), column=st.sampled_from("ABCDEFGHIJK"))
@settings(max_examples=60, deadline=None)
def test_any_damage_to_one_cell_is_named_at_that_cell(row: int, column: str) -> None:
    reference = f"{column}{FIRST_ROW + row - 1}"
    for change in (text_of(reference, "otra cosa"), in_cell(reference, lambda _: "")):
        proof = proof_of_damaged(PLAN, change)
        assert proof.cells == type(proof.cells)(66, 65)
        assert places(proof)[0].startswith(f"hoja «Plan de acción», acción {row}, columna ")
