"""The workbook of the next quarter: the office's own in any layout, its avance emptied and its labels moved on."""

from __future__ import annotations

import dataclasses
import datetime as dt
import io
from collections.abc import Callable
from typing import Any

import pytest
from lxml import etree
from openpyxl import Workbook, load_workbook
from openpyxl.styles import PatternFill
from openpyxl.utils import column_index_from_string
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.table import Table
from openpyxl.worksheet.worksheet import Worksheet

from service.domain.errors import UnmarkableWorkbook
from service.domain.marks import CONSULTATION_MARK
from service.domain.plan import Action
from service.domain.reading import Accepted, Given, Rejected
from service.domain.reports import Report
from service.domain.values import Quarter, VersionNumber
from service.sheets.intake import read_plan
from service.sheets.transcript import as_workbook
from tests.corpus.layouts import LAYOUTS, Layout
from tests.documents.marked import decorated, marked, members, with_macros, with_picture
from tests.unit.sheets.office import EXAMPLE, EXAMPLE_BY_PAGES, OFFICE, SHEET, action, office_book, repacked
from worker.documents.next_quarter import render_next_quarter

# openpyxl knows no print area of whole columns, which Excel and LibreOffice do: rows that are added are printed too.
pytestmark = pytest.mark.filterwarnings("ignore:Print area cannot be set:UserWarning")

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
PLANNED = (
    "number", "action", "lead", "indicator", "unit", "target", "starts_on", "ends_on", "periodicity", "funding_source",
)  # fmt: skip
ABOUT_LABELS = ("PLAN_0", "QUARTER_")
QUARTERS = {1: "primer", 2: "segundo", 3: "tercer", 4: "cuarto"}
# What may differ in a sheet beside its cells: the column that is shown again, closed to input and as wide as the other.
OURS = {f"{MAIN}{name}" for name in ("sheetData", "dimension", "cols", "dataValidations", "mergeCells")}


def read(workbook: bytes, given: Given = Given()) -> Accepted | Rejected:  # noqa: B008  frozen
    reading = read_plan(workbook, given)
    assert isinstance(reading, Accepted | Rejected), reading.findings
    return reading


def turned(workbook: bytes, given: Given = Given()) -> bytes:  # noqa: B008  frozen
    reading = read(workbook, given)
    plan = reading.plan if isinstance(reading, Accepted) else reading.plan.with_blanks()
    assert plan is not None
    report = Report("r", plan, 1, dt.datetime(2024, 10, 8, tzinfo=dt.UTC))
    return render_next_quarter(workbook, report, reading.mapping)


def seen(workbook: bytes) -> Workbook:
    return load_workbook(io.BytesIO(workbook), rich_text=False)


def sheet_of(workbook: bytes) -> Worksheet:
    return seen(workbook).worksheets[0]


def filled(workbook: bytes, given: Given, quarter: Quarter) -> bytes:
    """The workbook after the office wrote its avance into it; what formulas gave stays, as Excel would keep it."""
    reading = read(workbook, given)
    columns = {one.sheet: one.column for one in reading.mapping if one.field == "qualitative_progress"}
    texts = {
        (one.source.sheet, str(one.source.row)): (
            f"Durante el {QUARTERS[quarter.number]} trimestre de {quarter.year} se entregó el producto {number}."
        )
        for number, one in enumerate(reading.plan.actions, start=1)
    }

    def write(parts: dict[str, bytes]) -> None:
        for at, name in enumerate(seen(workbook).sheetnames, start=1):
            part = f"xl/worksheets/sheet{at}.xml"
            root = etree.fromstring(parts[part])
            for row in root.iter(f"{MAIN}row"):
                text = texts.get((name, row.get("r", "")))
                if text is not None:
                    type_into(row, columns[name], text)
            parts[part] = etree.tostring(root)

    return repacked(workbook, write)


def type_into(row: etree._Element, column: str, text: str) -> None:
    letters = [str(cell.get("r")).rstrip("0123456789") for cell in row]
    if column not in letters:
        before = sum(column_index_from_string(one) < column_index_from_string(column) for one in letters)
        row.insert(before, etree.Element(f"{MAIN}c", {"r": f"{column}{row.get('r')}"}))
        letters.insert(before, column)
    cell = row[letters.index(column)]
    cell[:] = [etree.fromstring(f"<is xmlns='{MAIN[1:-1]}'><t>{text}</t></is>")]
    cell.set("t", "inlineStr")


def planned(actions: tuple[Action, ...]) -> list[list[Any]]:
    return [[getattr(one, field) for field in PLANNED] for one in actions]


@pytest.mark.parametrize("name", LAYOUTS)
def test_any_layout_comes_back_as_the_plan_of_the_next_quarter(name: str) -> None:
    layout: Layout = LAYOUTS[name]
    workbook = as_workbook(layout.build())
    before = read(workbook, layout.given).plan
    following = Quarter(2025, 3)
    given = dataclasses.replace(layout.given, quarter=layout.given.quarter and following.number)
    result = turned(workbook, layout.given)
    empty = read(result, given)
    # Where each quarter has its own columns or sheet, the next one's are there already, and what they hold is theirs.
    if name != "una_hoja_por_trimestre":
        assert [one.qualitative_progress for one in empty.plan.actions] == [None] * len(before.actions)
    after = read(filled(result, given, following), given)
    assert isinstance(after, Accepted), [finding.message for finding in after.findings]
    assert planned(after.plan.actions) == planned(before.actions)
    assert (after.plan.quarter, after.plan.version) == (following, before.version)
    assert [one.code.name for one in after.findings if one.code.name.startswith(ABOUT_LABELS)] == []
    assert not any(CONSULTATION_MARK in header for one in after.plan.actions for header, _ in one.extras)


@pytest.mark.parametrize("name", LAYOUTS)
def test_nothing_else_of_the_package_changes(name: str) -> None:
    workbook = as_workbook(LAYOUTS[name].build())
    mapping = read(workbook, LAYOUTS[name].given).mapping
    sheets = {one.sheet for one in mapping}
    before, after = members(workbook), members(turned(workbook, LAYOUTS[name].given))
    assert set(before) - set(after) <= {"xl/vbaProject.bin", "xl/calcChain.xml"}
    assert set(after) <= set(before)
    parts = {f"xl/worksheets/sheet{at}.xml" for at, title in enumerate(seen(workbook).sheetnames, 1) if title in sheets}
    changed = {part for part in after if part in before and canonical(after[part]) != canonical(before[part])}
    styles_and_book = {"xl/styles.xml", "xl/workbook.xml", "[Content_Types].xml", "xl/sharedStrings.xml"}
    assert changed <= parts | styles_and_book
    for part in changed & parts:
        assert around_cells(after[part]) == around_cells(before[part])


def canonical(part: bytes) -> bytes:
    return etree.tostring(etree.fromstring(part), method="c14n") if part.lstrip().startswith(b"<") else part


def around_cells(part: bytes) -> list[bytes]:
    return [etree.tostring(one, method="c14n") for one in etree.fromstring(part) if one.tag not in OURS]


def test_the_last_avance_can_be_read_beside_the_table_letter_for_letter() -> None:
    workbook = EXAMPLE.read_bytes()
    old, new = sheet_of(workbook), sheet_of(turned(workbook))
    assert new["L5"].value == "AVANCE III TRIMESTRE 2024 (solo consulta)"
    assert [new.cell(row, 12).value for row in range(6, 16)] == [old.cell(row, 11).value for row in range(6, 16)]
    assert [new.cell(row, 11).value for row in range(6, 16)] == [None] * 10
    assert new.column_dimensions["L"].width == old.column_dimensions["K"].width
    assert {new.cell(row, 12).fill.fgColor.rgb for row in range(5, 16)} == {"FFE7E6E6"}
    assert new["L6"].alignment.wrap_text == old["K6"].alignment.wrap_text


def test_the_column_to_look_at_refuses_input_and_says_where_to_write() -> None:
    (rule,) = [
        one for one in sheet_of(turned(office_book())).data_validations.dataValidation if one.formula1 == "FALSE"
    ]
    assert (rule.type, rule.showErrorMessage, rule.errorStyle) == ("custom", True, None)
    assert str(rule.sqref) == "L5:L7"
    assert rule.error == (
        "Este es el avance del III trimestre de 2024, para consultarlo. Escriba el avance nuevo en la columna K."
    )


def test_the_column_to_look_at_is_not_printed(to_pdf: Callable[[bytes, str], Any]) -> None:
    workbook = EXAMPLE.read_bytes()
    text = to_pdf(turned(workbook), "xlsx").text
    assert "SEGUIMIENTO IV TRIMESTRE 2024" in " ".join(text.split())
    assert "solo consulta" not in text
    assert "Durante el tercer trimestre" not in text
    assert "Jóvenes a la E Regional" in " ".join(text.split())


@pytest.mark.parametrize(
    ("area", "printed"),
    [
        ("$A$1:$K$7", "$A$1:$K$7"),
        ("$A$1:$N$7", "$A$1:$K$7 $M$1:$N$7"),
        ("$A:$N", "$A:$K $M:$N"),
        ("$1:$7", "$A$1:$K$7 $M$1:$N$7"),
        ("", "$A:$K $M:$N"),
    ],
)
def test_what_the_office_prints_stays_but_for_that_column(area: str, printed: str) -> None:
    def edit(sheet: Worksheet) -> None:
        sheet["N6"] = "Lista de apoyo"
        sheet.print_area = "A1:B2" if area else None

    def give(parts: dict[str, bytes]) -> None:
        parts["xl/workbook.xml"] = parts["xl/workbook.xml"].replace(b"$A$1:$B$2", area.encode())

    book = etree.fromstring(members(turned(repacked(office_book(edit=edit), give)))["xl/workbook.xml"])
    (name,) = [one.text or "" for one in book.iter(f"{MAIN}definedName") if one.get("name") == "_xlnm.Print_Area"]
    assert name == ",".join(f"'{SHEET}'!{one}" for one in printed.split())


def test_page_headers_properties_and_the_names_of_sheets_move_on_with_all_that_leads_to_them() -> None:
    def edit(sheet: Worksheet) -> None:
        book = sheet.parent
        assert book is not None
        sheet.title = "III TRIMESTRE 2024"
        sheet.oddHeader.center.text = "Plan de acción - III trimestre"
        sheet.oddFooter.left.text = "Corte: 30 de septiembre de 2024"
        sheet.oddFooter.right.text = "Página &P de &N"
        sheet.print_title_rows = "4:5"
        book.properties.title = "Seguimiento III trimestre 2024"
        other = book.create_sheet("Resumen")
        other["A1"] = "=SUM('III TRIMESTRE 2024'!F6:F7)"
        other["A2"] = "Resumen del III trimestre"
        other["A3"].hyperlink = Hyperlink("A3", location="'III TRIMESTRE 2024'!K6")

    book = seen(turned(office_book(edit=edit)))
    sheet, other = book.worksheets
    assert book.sheetnames == ["IV TRIMESTRE 2024", "Resumen"]
    assert sheet.oddHeader.center.text == "Plan de acción - IV trimestre"
    assert sheet.oddFooter.left.text == "Corte: 31 de diciembre de 2024"
    assert sheet.oddFooter.right.text == "Página &P de &N"
    assert sheet.print_title_rows == "$4:$5"
    assert book.properties.title == "Seguimiento IV trimestre 2024"
    assert other["A1"].value == "=SUM('IV TRIMESTRE 2024'!F6:F7)"
    assert other["A2"].value == "Resumen del IV trimestre"
    assert other["A3"].hyperlink.location == "'IV TRIMESTRE 2024'!K6"
    assert book.calculation.fullCalcOnLoad


def test_a_table_of_excel_follows_its_header() -> None:
    def edit(sheet: Worksheet) -> None:
        sheet.unmerge_cells("A4:A5")
        sheet["A5"], sheet["K5"] = "No.", "AVANCE III TRIMESTRE"
        sheet.add_table(Table(displayName="Acciones", ref="A5:K7"))
        sheet["M1"] = "=COUNTA(Acciones[AVANCE III TRIMESTRE])"

    sheet = sheet_of(turned(office_book(edit=edit)))
    assert sheet["K5"].value == "AVANCE IV TRIMESTRE"
    assert sheet.tables["Acciones"].tableColumns[10].name == "AVANCE IV TRIMESTRE"
    assert sheet["M1"].value == "=COUNTA(Acciones[AVANCE IV TRIMESTRE])"


def test_quantities_of_the_quarter_are_emptied_and_those_of_the_year_stay() -> None:
    def edit(sheet: Worksheet) -> None:
        sheet.merge_cells("K4:N4")
        for column, header in zip(
            "LMNO", ("PROGRAMADO", "EJECUTADO", "EJECUTADO ACUMULADO", "LÍNEA BASE"), strict=True
        ):
            sheet[f"{column}5"] = header
        for row in (6, 7):
            sheet[f"L{row}"], sheet[f"M{row}"], sheet[f"N{row}"], sheet[f"O{row}"] = 2, f"=L{row}*2", 3, 1

    sheet = sheet_of(turned(office_book(edit=edit)))
    assert [sheet[f"{column}6"].value for column in "KLMNO"] == [None, None, "=L6*2", 3, 1]
    assert sheet["P5"].value == "AVANCE III TRIMESTRE 2024 (solo consulta)"


def test_the_plan_of_a_new_year_is_empty_but_for_numbers_formats_and_lists() -> None:
    def edit(sheet: Worksheet) -> None:
        sheet["K4"] = "SEGUIMIENTO IV TRIMESTRE 2024"
        sheet["C6"].fill = PatternFill("solid", fgColor="FF00FF00")
        sheet["L4"], sheet["L6"] = "EJE", "Gobierno cercano"
        sheet.merge_cells("L4:L5")
        sheet.append(["Total", None, None, None, None, 8])

    rows = [action(number, K="Durante el cuarto trimestre de 2024 se avanzó en la formulación.") for number in (1, 2)]
    workbook = office_book(rows, edit)
    sheet = sheet_of(turned(workbook))
    assert [cell.value for cell in sheet[6]] == [1, *[None] * 11]
    assert [cell.value for cell in sheet[7]] == [2, *[None] * 11]
    assert [cell.value for cell in sheet[8]][:6] == ["Total", *[None] * 5]
    assert [sheet[place].value for place in ("A1", "A3", "B4", "J4", "K4")] == [
        "PLAN DE ACCIÓN 2025", "Versión 1.0", "PLAN DE ACCIÓN 2025", "PRESUPUESTO 2025", "SEGUIMIENTO I TRIMESTRE 2025",
    ]  # fmt: skip
    assert sheet["A2"].value == "Objetivo: Especificar los objetivos."
    assert sheet["C6"].fill.fgColor.rgb == "FF00FF00"
    assert sheet["G6"].number_format == sheet_of(workbook)["G6"].number_format
    for row, text in ((6, action(1)), (7, action(2))):
        for column, value in enumerate(text, start=1):
            sheet.cell(row, column).value = value
        sheet.cell(row, 7).value, sheet.cell(row, 8).value = dt.date(2025, 2, 1), dt.date(2025, 12, 31)
        sheet.cell(row, 11).value = "Durante el primer trimestre de 2025 se avanzó en la formulación del proyecto."
    content = io.BytesIO()
    assert sheet.parent is not None
    sheet.parent.save(content)
    again = read(content.getvalue())
    assert isinstance(again, Accepted)
    assert (again.plan.quarter, again.plan.version) == (Quarter(2025, 1), VersionNumber(1, 0))


def test_sheets_of_four_quarters_are_all_emptied_for_a_new_year() -> None:
    workbook = four_sheets()
    book = seen(turned(workbook, Given(quarter=4)))
    assert book.sheetnames == ["I TRIM", "II TRIM", "III TRIM", "IV TRIM"]
    for sheet, roman in zip(book.worksheets, ("I", "II", "III", "IV"), strict=True):
        assert sheet["A1"].value == "PLAN DE ACCIÓN 2025"
        assert sheet["K4"].value == f"SEGUIMIENTO {roman} TRIMESTRE 2025"
        assert [cell.value for cell in sheet[6]] == [1, *[None] * 10]


def four_sheets() -> bytes:
    book = seen(office_book())
    first = book.worksheets[0]
    for roman in ("II", "III", "IV"):
        book.copy_worksheet(first).title = f"{roman} TRIM"
    first.title = "I TRIM"
    for sheet in book.worksheets:
        roman = sheet.title.split()[0]
        sheet["K4"] = f"SEGUIMIENTO {roman} TRIMESTRE 2024"
        for row in (6, 7):
            sheet[f"K{row}"] = f"Avance de la acción en el {roman} trimestre de 2024, según lo programado en el plan."
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def test_sheets_called_by_the_number_of_their_quarter_stay_when_the_next_one_is_there() -> None:
    layout = LAYOUTS["trimestres_por_su_numero"]
    workbook = layout.build()
    assert members(turned(workbook, layout.given)) == members(workbook)


def test_the_sheet_of_the_last_quarter_becomes_the_next_when_that_has_none() -> None:
    def edit(sheet: Worksheet) -> None:
        book = sheet.parent
        assert isinstance(book, Workbook)
        sheet.title = "III TRIM"
        book.copy_worksheet(sheet).title = "II TRIM"
        book["II TRIM"]["K4"] = "SEGUIMIENTO II TRIMESTRE 2024"

    book = seen(turned(office_book(edit=edit), Given(quarter=3)))
    assert book.sheetnames == ["IV TRIM", "II TRIM"]
    assert book["IV TRIM"]["K4"].value == "SEGUIMIENTO IV TRIMESTRE 2024"
    assert book["II TRIM"]["K4"].value == "SEGUIMIENTO II TRIMESTRE 2024"
    assert book["II TRIM"]["K6"].value is not None


def test_an_office_that_adds_a_column_each_quarter_gets_the_next_one() -> None:
    def edit(sheet: Worksheet) -> None:
        sheet["K4"], sheet["K5"] = "SEGUIMIENTO", "AVANCE II TRIMESTRE"
        sheet.merge_cells("K4:L4")
        sheet["L5"] = "AVANCE III TRIMESTRE"
        sheet["L6"] = sheet["L7"] = "Durante el tercer trimestre de 2024 se terminó la formulación del documento."
        sheet.column_dimensions["L"].width = 70

    workbook = office_book(edit=edit)
    result = turned(workbook, Given(quarter=3))
    sheet = sheet_of(result)
    assert [sheet[place].value for place in ("K5", "L5", "M5")] == [
        "AVANCE II TRIMESTRE", "AVANCE III TRIMESTRE", "AVANCE IV TRIMESTRE",
    ]  # fmt: skip
    assert [sheet[place].value for place in ("L6", "M6", "N5")] == [sheet_of(workbook)["L6"].value, None, None]
    assert sheet.column_dimensions["M"].width == 70
    following = Quarter(2024, 4)
    again = read(filled(result, Given(quarter=4), following), Given(quarter=4))
    assert isinstance(again, Accepted)
    assert again.plan.quarter == following


def test_the_column_of_the_quarter_before_last_gives_way() -> None:
    once = turned(office_book())
    # Row by row as a person would fill it in, so that the column to look at stays.
    twice = seen(once)
    sheet = twice.worksheets[0]
    sheet["K4"] = "SEGUIMIENTO III TRIMESTRE 2024"
    sheet["K6"] = sheet["K7"] = "Durante el tercer trimestre de 2024 se aprobó el documento final del proyecto."
    content = io.BytesIO()
    twice.save(content)
    sheet = sheet_of(turned(content.getvalue()))
    assert sheet["L6"].value == "Durante el tercer trimestre de 2024 se aprobó el documento final del proyecto."
    assert sheet.max_column == 12
    assert len(sheet.data_validations.dataValidation) == 1


def test_hidden_columns_behind_the_table_do_not_hide_the_one_to_look_at() -> None:
    def edit(sheet: Worksheet) -> None:
        hidden = sheet.column_dimensions["L"]
        hidden.min, hidden.max, hidden.hidden = 12, 16_384, True
        sheet.column_dimensions["K"].width = 60

    part = etree.fromstring(members(turned(office_book(edit=edit)))["xl/worksheets/sheet1.xml"])
    widths = [(one.get("min"), one.get("max"), one.get("hidden"), one.get("width")) for one in part.iter(f"{MAIN}col")]
    assert ("12", "12", None, "60") in widths
    assert any(one[:3] == ("13", "16384", "1") for one in widths)


def test_merged_avances_are_emptied_and_shown_again_merged() -> None:
    def edit(sheet: Worksheet) -> None:
        sheet.merge_cells("K6:K7")

    sheet = sheet_of(turned(office_book(edit=edit)))
    assert sheet["K6"].value is None
    assert sheet["L6"].value == action(1)[-1]
    assert {"K6:K7", "L6:L7"} <= {str(area) for area in sheet.merged_cells.ranges}


def test_marks_of_findings_are_taken_out() -> None:
    book = seen(turned(marked(EXAMPLE.read_bytes())))
    assert book.sheetnames == seen(EXAMPLE.read_bytes()).sheetnames


def test_a_workbook_with_a_notice_in_the_plans_own_texts_keeps_them() -> None:
    said = "Elaborar el informe del III trimestre de 2024 con corte a 30 de septiembre"
    sheet = sheet_of(turned(office_book([action(1, B=said, D="Informe III trimestre"), action(2)])))
    assert (sheet["B6"].value, sheet["D6"].value) == (said, "Informe III trimestre")


def test_a_label_that_shares_its_text_with_the_plan_changes_alone_and_keeps_its_formats() -> None:
    runs = (
        "<r><t xml:space='preserve'>SEGUIMIENTO </t></r><r><rPr><b/></rPr><t>II</t></r><r><t>I TRIMESTRE 2024</t></r>"
    )

    def share(parts: dict[str, bytes]) -> None:
        root = etree.fromstring(parts["xl/worksheets/sheet1.xml"])
        for cell in root.iter(f"{MAIN}c"):
            if cell.get("r") in {"K4", "B6"}:
                cell[:] = [etree.Element(f"{MAIN}v")]
                cell[0].text = "0"
                cell.set("t", "s")
        parts["xl/worksheets/sheet1.xml"] = etree.tostring(root)
        types, links = "[Content_Types].xml", "xl/_rels/workbook.xml.rels"
        kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
        declared = f'<Override PartName="/xl/sharedStrings.xml" ContentType="{kind}"/></Types>'
        parts[types] = parts[types].replace(b"</Types>", declared.encode())
        linked = f'<Relationship Id="rId77" Type="{OFFICE}/sharedStrings" Target="sharedStrings.xml"/></Relationships>'
        parts[links] = parts[links].replace(b"</Relationships>", linked.encode())
        parts["xl/sharedStrings.xml"] = f'<sst xmlns="{MAIN[1:-1]}" count="2"><si>{runs}</si></sst>'.encode()

    result = turned(repacked(office_book(), share))
    sheet = sheet_of(result)
    assert (sheet["K4"].value, sheet["B6"].value) == (
        "SEGUIMIENTO IV TRIMESTRE 2024", "SEGUIMIENTO III TRIMESTRE 2024",
    )  # fmt: skip
    strings = etree.fromstring(members(result)["xl/sharedStrings.xml"])
    assert [piece.text for piece in strings[1].iter(f"{MAIN}t")] == ["SEGUIMIENTO ", "IV", " TRIMESTRE 2024"]


def test_the_same_workbook_gives_the_same_bytes() -> None:
    assert turned(decorated()) == turned(decorated())


@pytest.mark.parametrize(
    "build", [decorated, with_picture, with_macros, EXAMPLE.read_bytes, EXAMPLE_BY_PAGES.read_bytes]
)
def test_microsofts_validator_finds_no_error_that_was_not_there(
    build: Callable[[], bytes], validator_errors: Callable[[bytes, str], list[object]]
) -> None:
    workbook = build()
    before = [str(error) for error in validator_errors(workbook, "xlsx")]
    assert [error for error in map(str, validator_errors(turned(workbook), "xlsx")) if error not in before] == []


def test_pictures_shapes_and_other_sheets_stay_as_they_are() -> None:
    before, after = members(with_picture()), members(turned(with_picture()))
    same = [name for name in before if name.startswith(("xl/drawings", "xl/media"))]
    assert same
    assert all(after[name] == before[name] for name in same)


def test_a_damaged_workbook_says_what_to_do() -> None:
    workbook = office_book()
    reading = read(workbook)

    def spoil(parts: dict[str, bytes]) -> None:
        parts["xl/styles.xml"] = b"<styleSheet"

    assert isinstance(reading, Accepted)
    report = Report("r", reading.plan, 1, dt.datetime(2024, 10, 8, tzinfo=dt.UTC))
    with pytest.raises(UnmarkableWorkbook) as refused:
        render_next_quarter(repacked(workbook, spoil), report, reading.mapping)
    assert "Ábralo en Excel, guárdelo otra vez" in refused.value.detail
