"""The official Excel: every cell, its type and its look, as outside readers see them."""

from __future__ import annotations

import dataclasses
import datetime as dt
import io
import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from service.domain.plan import Action, Plan
from service.domain.typography import SHEET_COLUMN_WIDTHS, SHEET_FONT_SIZE, TALLEST_ROW, needs_tall_row
from service.domain.values import PlainText, Target, UnacceptableText
from tests.documents.conftest import Pdf
from tests.plans import LABELS, OBJECTIVE, generated_plan, printed_rows, reference_plan, reference_rows, report_of
from worker.documents.context import context_of
from worker.documents.excel import compile_workbook, fill_workbook

TEMPLATE = Path(__file__).parents[2] / "templates_docx" / "plan_de_accion.xlsx"
FIRST_ROW = 7
HARD_TEXTS = [
    "=1+1",
    "+57 601",
    "-3",
    "@suma",
    "R&D & <eficaz> </t> &amp;",
    "{{ plan.titulo }} {% for %}",
    "_x0041_ y _x000D_",
    "línea 1\nlínea 2\n\nlínea 4",
    "antes\tdespués\t\tfin",
    "  dos espacios al principio  y en medio, y al final  ",
    "«latinas» “inglesas” 'simples' \"dobles\"",
    "💧🚌👩🏽‍💻 café con ñandú",
    "1/03/2024",
    "TRUE",
    "#REF!",
    "palabra" * 100,
]

compiled = compile_workbook(TEMPLATE.read_bytes())


def fill(plan: Plan) -> bytes:
    return fill_workbook(compiled, context_of(report_of(plan)))


def opened(content: bytes) -> Workbook:
    return load_workbook(io.BytesIO(content))


def decoded(value: object) -> object:
    """openpyxl leaves Excel's own escape of an underscore as it stands in the file."""
    return value.replace("_x005F_", "_") if isinstance(value, str) else value


def rows_of(sheet: Worksheet, first: int, skipped: int = 0) -> list[list[object]]:
    return [[decoded(value) for value in row[skipped:]] for row in sheet.iter_rows(min_row=first, values_only=True)]


def typed_rows(plan: Plan) -> list[list[object]]:
    """What the cells of a plan must hold, by openpyxl's types; written apart from the code under test."""

    def midnight(day: dt.date | None) -> dt.datetime | None:
        return dt.datetime.combine(day, dt.time()) if day else None

    return [
        [
            int(str(action.number)), action.action, action.lead, action.indicator, action.unit,
            float(action.target.quantity) if action.target and action.target.quantity is not None else None,
            midnight(action.starts_on), midnight(action.ends_on), action.periodicity, action.funding_source,
            action.qualitative_progress,
        ]
        for action in plan.actions
    ]  # fmt: skip


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


def with_first(plan: Plan, **fields: Any) -> Plan:
    """The plan with its first action changed."""
    first, *others = plan.actions
    return dataclasses.replace(plan, actions=(dataclasses.replace(first, **fields), *others))


def parts_of(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        return {name: package.read(name) for name in package.namelist()}


def test_each_of_the_110_cells_of_the_reference_stands_in_both_sheets() -> None:
    workbook = opened(fill(reference_plan()))
    assert rows_of(workbook["Plan de acción"], FIRST_ROW) == typed_rows(reference_plan())
    assert rows_of(workbook["Datos"], 2, skipped=3) == typed_rows(reference_plan())
    assert len(reference_rows()) * len(reference_rows()[0]) == 110


def test_datos_says_of_every_action_which_plan_it_belongs_to() -> None:
    rows = rows_of(opened(fill(reference_plan()))["Datos"], 1)
    assert [row[:3] for row in rows] == [["VIGENCIA", "TRIMESTRE", "VERSIÓN"], *[[2024, "III", "2.0"]] * 10]


def test_title_objective_version_groups_and_labels_stand_as_in_the_reference() -> None:
    sheet = opened(fill(reference_plan()))["Plan de acción"]
    assert [sheet[cell].value for cell in ("A1", "A2", "A3")] == [
        "PLAN DE ACCIÓN 2024",
        f"Objetivo: {OBJECTIVE}",
        "Versión 2.0",
    ]
    headers = [value for row in sheet["A5:K6"] for value in (cell.value for cell in row) if value]
    assert tuple(headers) == LABELS
    assert {str(area) for area in sheet.merged_cells.ranges} == {"A1:K1", "A2:K2", "A3:K3", "A5:A6", "B5:I5"}


def test_the_label_of_the_objective_is_bold_and_the_objective_is_not() -> None:
    sheet = load_workbook(io.BytesIO(fill(reference_plan())), rich_text=True)["Plan de acción"]
    label, objective = sheet["A2"].value
    assert (label.text, bool(label.font.b)) == ("Objetivo:", True)
    assert (objective.text, bool(objective.font.b)) == (f" {OBJECTIVE}", False)


@pytest.mark.parametrize("actions", [1, 10, 57])
def test_everything_that_belongs_to_the_table_ends_with_its_last_row(actions: int) -> None:
    plan = dataclasses.replace(reference_plan(), actions=(reference_plan().actions * 6)[:actions])
    workbook = opened(fill(plan))
    sheet, flat = workbook["Plan de acción"], workbook["Datos"]
    last = FIRST_ROW + actions - 1
    assert sheet.auto_filter.ref == f"A6:K{last}"
    assert sheet.print_area == f"'Plan de acción'!$A$1:$K${last}"
    assert sheet.print_title_rows == "$1:$6"
    assert sheet.freeze_panes == "A7"
    assert sheet.dimensions == f"A1:K{last}"
    assert flat.tables["Acciones"].ref == f"A1:N{actions + 1}"
    assert flat.tables["Acciones"].autoFilter.ref == f"A1:N{actions + 1}"
    assert (flat.freeze_panes, flat.print_title_rows) == ("A2", "$1:$1")


def test_the_page_is_landscape_one_page_wide_and_numbered() -> None:
    for sheet in opened(fill(reference_plan())).worksheets:
        assert sheet.page_setup.orientation == "landscape"
        assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (1, 0)
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert sheet.oddFooter.center.text == "Página &P de &N"


def test_document_properties_come_from_the_plan_and_name_nobody() -> None:
    content = fill(reference_plan())
    properties = opened(content).properties
    assert properties.title == "PLAN DE ACCIÓN 2024 – Versión 2.0"
    assert properties.subject == "Seguimiento III trimestre 2024"
    assert (properties.language, properties.version) == ("es-CO", "2.0")
    core = etree.fromstring(parts_of(content)["docProps/core.xml"])
    assert {etree.QName(element).localname for element in core} == {
        "title",
        "subject",
        "language",
        "category",
        "version",
    }


@pytest.mark.parametrize(
    ("printed", "value", "number_format"),
    [
        ("4", 4, "General"),
        ("1.234", 1234, "[$-240A]#,##0"),
        ("1.234,5", 1234.5, "[$-240A]#,##0.0"),
        ("0,25", 0.25, "[$-240A]#,##0.00"),
        ("25 %", 0.25, "[$-240A]#,##0 %"),
        ("12,5 %", 0.125, "[$-240A]#,##0.0 %"),
        ("Por definir", "Por definir", "General"),
    ],
)
def test_a_target_keeps_its_type_and_reads_as_colombia_writes_it(
    printed: str, value: object, number_format: str
) -> None:
    cell = opened(fill(with_first(reference_plan(), target=Target.from_printed(printed))))["Plan de acción"]["F7"]
    assert (cell.value, cell.number_format) == (value, number_format)
    plain = opened(fill(reference_plan()))["Plan de acción"]["F7"]
    assert [repr(look) for look in (cell.font, cell.border, cell.alignment)] == [
        repr(look) for look in (plain.font, plain.border, plain.alignment)
    ]


def test_a_number_too_wide_for_its_column_is_set_smaller() -> None:
    sheet = opened(fill(with_first(reference_plan(), target=Target(Decimal("123456789012.25")))))["Plan de acción"]
    assert (sheet["F7"].alignment.shrink_to_fit, sheet["F7"].alignment.wrap_text) == (True, None)
    assert not sheet["F8"].alignment.shrink_to_fit


def test_what_is_missing_is_an_empty_cell() -> None:
    missing = with_first(reference_plan(), target=None, starts_on=None, lead=None, number=None)
    sheet = opened(fill(missing))["Plan de acción"]
    assert [sheet[cell].value for cell in ("A7", "C7", "F7", "G7")] == [None] * 4
    assert sheet["A7"].border.left.style == "thin"


def test_a_number_that_a_spreadsheet_would_change_stays_a_text() -> None:
    sheet = opened(fill(with_first(reference_plan(), number=PlainText("1.10"))))["Plan de acción"]
    assert (sheet["A7"].value, sheet["A7"].data_type) == ("1.10", "s")


@pytest.mark.parametrize("text", HARD_TEXTS)
def test_text_is_text_and_comes_back_letter_for_letter(text: str) -> None:
    workbook = opened(fill(with_first(reference_plan(), action=PlainText.admit(text))))
    for cell in (workbook["Plan de acción"]["B7"], workbook["Datos"]["E2"]):
        assert (decoded(cell.value), cell.data_type) == (text, "s")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(st.text(max_size=120))
def test_any_admitted_text_comes_back_letter_for_letter(raw: str) -> None:
    try:
        text = PlainText.admit(raw)
    except UnacceptableText:
        return
    strings = etree.fromstring(parts_of(fill(with_first(reference_plan(), indicator=text)))["xl/sharedStrings.xml"])
    found = ["".join(map(str, item.itertext())) for item in strings]
    assert not text or re.sub("_(?=x[0-9A-Fa-f]{4}_)", "_x005F_", text) in found


def test_a_text_of_32767_characters_stands_whole_in_datos() -> None:
    text = PlainText(("palabra " * 4096)[:32_767])
    assert opened(fill(with_first(reference_plan(), qualitative_progress=text)))["Datos"]["N2"].value == text


def tall_plan() -> Plan:
    words = " ".join(f"palabra{number}" for number in range(900))
    return with_first(reference_plan(), qualitative_progress=PlainText(f"{words}\n  fin del texto "))


def test_a_text_too_tall_for_a_row_reads_on_in_the_rows_beneath() -> None:
    plan = tall_plan()
    text = str(plan.actions[0].qualitative_progress)
    assert needs_tall_row(text, SHEET_COLUMN_WIDTHS["qualitative_progress"])
    sheet = opened(fill(plan))["Plan de acción"]
    second = next(row for row in range(FIRST_ROW, sheet.max_row + 1) if sheet[f"A{row}"].value == 2)
    assert "".join(str(sheet[f"K{row}"].value) for row in range(FIRST_ROW, second)) == text
    assert {sheet[f"A{row}"].value for row in range(FIRST_ROW + 1, second)} == {None}
    assert rows_of(sheet, second) == typed_rows(plan)[1:]
    for row in range(FIRST_ROW, second):
        is_first, is_last = row == FIRST_ROW, row == second - 1
        assert (sheet[f"A{row}"].border.top.style == "thin") is is_first
        assert (sheet[f"A{row}"].border.bottom.style == "thin") is is_last
    assert sheet.auto_filter.ref == f"A6:K{second + 8}"


@pytest.mark.parametrize("lines", [40, 50, 60, 61])
def test_a_list_of_many_lines_reads_on_and_loses_no_line_break(lines: int) -> None:
    text = PlainText("".join(f"{number}. entrega\n" for number in range(lines)))
    sheet = opened(fill(with_first(reference_plan(), qualitative_progress=text)))["Plan de acción"]
    second = next(row for row in range(FIRST_ROW, sheet.max_row + 1) if sheet[f"A{row}"].value == 2)
    assert "".join(str(sheet[f"K{row}"].value) for row in range(FIRST_ROW, second)) == text


def test_no_row_is_taller_than_excel_admits() -> None:
    for sheet in opened(fill(tall_plan())).worksheets:
        assert max(dimension.height or 0 for dimension in sheet.row_dimensions.values()) <= 409


def test_a_tall_text_prints_whole(to_pdf: Callable[[bytes, str], Pdf]) -> None:
    printed = squeezed(to_pdf(fill(tall_plan()), "xlsx").text)
    assert all(f"palabra{number}" in printed for number in range(900))
    assert "findeltexto" in printed


def test_the_finding_about_tall_rows_is_measured_at_the_templates_own_columns() -> None:
    model = compiled.sheets[0].model
    assert model
    settings_of_texts = [model.cells[index].setting for index in (1, 2, 3, 4, 8, 9, 10)]
    assert [setting.width for setting in settings_of_texts] == list(SHEET_COLUMN_WIDTHS.values())
    assert {setting.size for setting in settings_of_texts} == {SHEET_FONT_SIZE}


STYLE, TABLE = (f"{{urn:oasis:names:tc:opendocument:xmlns:{name}:1.0}}" for name in ("style", "table"))


def heights_by_libreoffice(content: bytes, folder: Path) -> list[list[float]]:
    """Points that LibreOffice itself would give to each row of each sheet.

    It keeps the heights of an .xlsx as they are written, so it is asked in its own format, in which a row can be marked
    as one that it shall measure.
    """
    flat = folder / "informe.fods"
    flat.with_suffix(".xlsx").write_bytes(content)
    convert_to_fods(flat.with_suffix(".xlsx"), folder)
    root = etree.fromstring(flat.read_bytes(), etree.XMLParser(huge_tree=True))
    for generator in root.iter("{urn:oasis:names:tc:opendocument:xmlns:meta:1.0}generator"):
        generator.text = ""  # what LibreOffice believes to be its own it does not measure again
    for row in root.iter(f"{STYLE}table-row-properties"):
        row.attrib.clear()
        row.set(f"{STYLE}use-optimal-row-height", "true")
    flat.write_bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))
    convert_to_fods(flat, folder / "medido")
    root = etree.fromstring((folder / "medido" / flat.name).read_bytes(), etree.XMLParser(huge_tree=True))
    heights = {
        found.getparent().get(f"{STYLE}name"): float(found.get(f"{STYLE}row-height").removesuffix("in")) * 72
        for found in root.iter(f"{STYLE}table-row-properties")
    }
    return [
        [
            heights[row.get(f"{TABLE}style-name")]
            for row in sheet.iter(f"{TABLE}table-row")
            for _ in range(min(int(row.get(f"{TABLE}number-rows-repeated", "1")), 100))
        ]
        for sheet in root.iter(f"{TABLE}table")
    ]


def convert_to_fods(source: Path, folder: Path) -> None:
    soffice = shutil.which("soffice") or shutil.which("libreoffice")
    assert soffice, "LibreOffice is missing: make test installs it"
    profile = (source.parent / "profile").as_uri()
    command = [soffice, f"-env:UserInstallation={profile}", "--headless", "--convert-to", "fods"]
    subprocess.run([*command, "--outdir", str(folder), str(source)], check=True, capture_output=True, timeout=200)


def test_rows_are_as_tall_as_their_text_and_little_taller(tmp_path: Path) -> None:
    plan = generated_plan(40)
    content = fill(plan)
    measured = heights_by_libreoffice(content, tmp_path)
    for sheet, heights in zip(opened(content).worksheets, measured, strict=True):
        first = FIRST_ROW if sheet.title == "Plan de acción" else 2
        ours = [sheet.row_dimensions[row].height for row in range(first, sheet.max_row + 1)]
        # In a table an action is one row, and no row is taller: the official sheet shows the rest.
        theirs = [min(height, TALLEST_ROW) for height in heights[first - 1 : sheet.max_row]]
        assert all(our >= their for our, their in zip(ours, theirs, strict=True))
        # Excel leaves more between two lines than LibreOffice, and no program shall cut a text.
        assert sum(ours) <= 1.4 * sum(theirs)


@pytest.mark.parametrize("actions", [1, 10, 1_000])
def test_the_open_xml_sdk_finds_no_error(actions: int, validator_errors: Callable[[bytes, str], list[object]]) -> None:
    plan = generated_plan(actions) if actions != 10 else reference_plan()
    assert validator_errors(fill(plan), "xlsx") == []


def test_the_open_xml_sdk_finds_no_error_in_the_template(
    validator_errors: Callable[[bytes, str], list[object]],
) -> None:
    assert validator_errors(TEMPLATE.read_bytes(), "xlsx") == []


@pytest.mark.parametrize("actions", [1, 57])
def test_every_cell_is_printed_and_every_page_has_its_headers(
    actions: int, to_pdf: Callable[[bytes, str], Pdf]
) -> None:
    plan = generated_plan(actions)
    pdf = to_pdf(fill(plan), "xlsx")
    printed = squeezed(pdf.text)
    missing = [cell for row in printed_rows(plan) for cell in row if squeezed(cell) not in printed and "\n" not in cell]
    assert missing == []
    official = [page for page in pdf.pages if "VIGENCIA" not in page]
    for page in official:
        text = squeezed(page)
        assert all(squeezed(label) in text for label in (*LABELS, "PLAN DE ACCIÓN 2024", OBJECTIVE, "Versión 2.0"))
    for number, page in enumerate(pdf.pages, start=1):
        assert f"Página {number} de {len(pdf.pages)}" in page
    assert len(official) < len(pdf.pages)


def test_a_thousand_actions_are_whole_in_both_sheets() -> None:
    plan = generated_plan(1_000)
    workbook = opened(fill(plan))
    assert rows_of(workbook["Datos"], 2, skipped=3) == typed_rows(plan)
    official = rows_of(workbook["Plan de acción"], FIRST_ROW)
    joined: list[list[object]] = []
    for row in official:
        if row[0] is not None:
            joined.append(row)
        else:
            joined[-1] = [
                f"{above}{below}" if below is not None else above for above, below in zip(joined[-1], row, strict=True)
            ]
    assert joined == typed_rows(plan)


def test_the_same_report_gives_the_same_bytes() -> None:
    again = compile_workbook(TEMPLATE.read_bytes())
    assert fill_workbook(again, context_of(report_of(generated_plan(20)))) == fill(generated_plan(20))


def test_what_a_report_does_not_change_is_the_templates_own() -> None:
    template, filled = parts_of(TEMPLATE.read_bytes()), parts_of(fill(reference_plan()))
    assert filled["xl/theme/theme1.xml"] == template["xl/theme/theme1.xml"]
    assert not any(b"{{" in part for part in filled.values())


def test_an_action_is_written_alike_whatever_stands_before_it() -> None:
    long, short = (generated_plan(2, seed=seed).actions for seed in (1, 2))
    actions: tuple[Action, ...] = (*long, *short)
    plan = dataclasses.replace(reference_plan(), actions=actions)
    assert rows_of(opened(fill(plan))["Datos"], 2, skipped=3)[2:] == typed_rows(plan)[2:]
