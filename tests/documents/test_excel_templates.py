"""Templates that an office may draw: what stands around the model row moves rightly, or the template is refused."""

from __future__ import annotations

import dataclasses
import io
import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook
from openpyxl.chart import BarChart, Reference
from openpyxl.comments import Comment
from openpyxl.formatting.rule import CellIsRule, FormulaRule
from openpyxl.styles import Alignment, PatternFill
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.pagebreak import Break
from openpyxl.worksheet.worksheet import Worksheet

from service.domain.errors import TemplateProblem
from service.domain.plan import Plan
from service.domain.values import PlainText, Target
from tests.plans import generated_plan, reference_plan, report_of
from worker.documents.context import Context, context_of
from worker.documents.excel import compile_workbook, fill_workbook

MODEL = 4
"""The model row of the templates drawn here."""


def drawn(draw: Callable[[Workbook, Worksheet], None]) -> bytes:
    """A template with a title, a header row and a model row (number, action, target), and what `draw` adds."""
    workbook = Workbook()
    sheet = workbook.active
    assert sheet
    sheet.title = "Plan"
    sheet["A1"] = "{{ plan.titulo }}"
    for column, (header, tag) in enumerate([("No.", "numero"), ("ACCIÓN", "accion"), ("META", "meta")], start=1):
        sheet.cell(3, column, header)
        sheet.cell(MODEL, column, f"{{{{ accion.{tag} }}}}")
    draw(workbook, sheet)
    saved = io.BytesIO()
    workbook.save(saved)
    return saved.getvalue()


def plan_of(actions: int) -> Plan:
    plan = generated_plan(actions)
    kept = [dataclasses.replace(action, action=PlainText("corta")) for action in plan.actions]
    return dataclasses.replace(plan, actions=tuple(kept))


def context(actions: int) -> Context:
    return context_of(report_of(plan_of(actions)))


def fill(template: bytes, actions: int = 5) -> bytes:
    return fill_workbook(compile_workbook(template), context(actions))


def opened(content: bytes) -> Workbook:
    return load_workbook(io.BytesIO(content))


def problem_of(template: bytes) -> str:
    with pytest.raises(TemplateProblem) as caught:
        compile_workbook(template)
    return caught.value.detail


def rewritten(package: bytes, change: Callable[[str, bytes], bytes], **added: bytes) -> bytes:
    """The package with each part changed, and parts added."""
    result = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(package)) as source, zipfile.ZipFile(result, "w") as target:
        for name in source.namelist():
            target.writestr(name, change(name, source.read(name)))
        for name, part in added.items():
            target.writestr(name, part)
    return result.getvalue()


# What a reference must mean: rows are followed by where they came from, in plain lists.


@dataclasses.dataclass(frozen=True)
class Moves:
    """Which rows of the filled sheet came from each row of the template."""

    origins: tuple[int, ...]

    @classmethod
    def of(cls, actions: int) -> Moves:
        return cls((*range(1, MODEL), *[MODEL] * actions, *range(MODEL + 1, 40)))

    def rows(self, origin: int) -> list[int]:
        return [row for row, came_from in enumerate(self.origins, start=1) if came_from == origin]

    def expected(self, end: str, *, closes: bool, copy: int | None) -> str:
        """Where an end of a reference ("B$4") stands, seen from outside or from a copy of the model row."""
        found = re.fullmatch(r"(\$?[A-Z]+)(\$?)(\d+)", end)
        assert found
        column, anchor, row = found[1], found[2], int(found[3])
        if copy is not None and not anchor:
            own = self.rows(MODEL)[copy]
            now = own if row == MODEL else self.rows(row)[0] + own - MODEL
        else:
            now = self.rows(row)[-1 if closes else 0]
        return f"{column}{anchor}{now}"

    def formula(self, formula: str, copy: int | None = None) -> str:
        def moved(found: re.Match[str]) -> str:
            first, _, last = found.group().partition(":")
            start = self.expected(first, closes=False, copy=copy)
            return f"{start}:{self.expected(last, closes=True, copy=copy)}" if last else start

        return re.sub(r"\$?[A-C]\$?\d+(:\$?[A-C]\$?\d+)?", moved, formula)


def ends(rows: st.SearchStrategy[int]) -> st.SearchStrategy[str]:
    return st.builds(
        lambda c, column, r, row: f"{c}{column}{r}{row}",
        st.sampled_from(["", "$"]),
        st.sampled_from("ABC"),
        st.sampled_from(["", "$"]),
        rows,
    )


rows = st.integers(1, 8)
ordered = st.tuples(rows, rows).map(sorted)
ranges = ordered.flatmap(lambda two: st.tuples(*(ends(st.just(row)) for row in two)).map(":".join))
references = st.one_of(ends(rows), ranges)
formulas = st.lists(references, min_size=1, max_size=3).map(
    lambda found: "=" + "+".join(f"SUM({one})" for one in found)
)


@settings(max_examples=60, deadline=None)
@given(below=formulas, inside=formulas, elsewhere=formulas, actions=st.integers(1, 6))
def test_every_formula_of_the_workbook_follows_its_rows(below: str, inside: str, elsewhere: str, actions: int) -> None:
    def draw(workbook: Workbook, sheet: Worksheet) -> None:
        sheet["D6"], sheet[f"D{MODEL}"], sheet["D1"] = below, inside, below
        other = workbook.create_sheet("Otra hoja")
        other["A4"] = re.sub(r"(?<=\()", "Plan!", elsewhere)

    workbook = opened(fill(drawn(draw), actions))
    moves = Moves.of(actions)
    sheet = workbook["Plan"]
    assert sheet[f"D{6 + actions - 1}"].value == moves.formula(below)
    assert sheet["D1"].value == moves.formula(below)
    assert [sheet[f"D{MODEL + copy}"].value for copy in range(actions)] == [
        moves.formula(inside, copy) for copy in range(actions)
    ]
    assert workbook["Otra hoja"]["A4"].value == re.sub(r"(?<=\()", "Plan!", moves.formula(elsewhere))


def test_formulas_that_excel_shares_between_cells_are_followed_one_by_one() -> None:
    def draw(_: Workbook, sheet: Worksheet) -> None:
        for row in (6, 7, 8):
            sheet[f"D{row}"] = f"=C{row - 2}*2"

    shared = rb'<f t="shared" ref="D6:D8" si="0">C4*2</f>'

    def share(name: str, part: bytes) -> bytes:
        if name != "xl/worksheets/sheet1.xml":
            return part
        part = part.replace(b"<f>C4*2</f>", shared)
        return re.sub(rb"<f>C[56]\*2</f>", b'<f t="shared" si="0"/>', part)

    sheet = opened(fill(rewritten(drawn(draw), share), 3))["Plan"]
    assert [sheet[f"D{row}"].value for row in (8, 9, 10)] == ["=C4*2", "=C7*2", "=C8*2"]


def test_libreoffice_computes_the_totals_of_the_filled_workbook(tmp_path: Path) -> None:
    def draw(workbook: Workbook, sheet: Worksheet) -> None:
        sheet["D4"] = "=C4/SUM(C$4:C$4)"
        sheet["C6"], sheet["D6"] = "=SUM(C4:C4)", "=SUM(D4:D4)"
        resumen = workbook.create_sheet("Resumen", 0)
        resumen["A1"], resumen["A2"] = "=COUNT(Plan!A4:A4)", "=total*2"
        workbook.defined_names["total"] = DefinedName("total", attr_text="Plan!$C$6")

    (tmp_path / "libro.xlsx").write_bytes(fill(drawn(draw), 25))
    soffice = shutil.which("soffice") or shutil.which("libreoffice")
    assert soffice, "LibreOffice is missing: make test installs it"
    subprocess.run(
        [soffice, f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}", "--headless", "--convert-to",
         "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1", "--outdir", str(tmp_path),
         str(tmp_path / "libro.xlsx")],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    targets = [
        int(action.target.quantity) for action in plan_of(25).actions if action.target and action.target.quantity
    ]
    summary = (tmp_path / "libro-Resumen.csv").read_text().split()
    assert summary == ["25", str(2 * sum(targets))]
    total = (tmp_path / "libro-Plan.csv").read_text().splitlines()[-1].split(",")
    assert total == ["", "", str(sum(targets)), "1"]


def test_rules_validations_names_links_breaks_and_panes_follow_their_rows() -> None:
    def draw(workbook: Workbook, sheet: Worksheet) -> None:
        red = PatternFill("solid", bgColor="FFFF0000")
        sheet.conditional_formatting.add("C4", CellIsRule(operator="greaterThan", formula=["$C$6"], fill=red))
        sheet.conditional_formatting.add("A4:C4", FormulaRule(formula=["COUNTIF($A$4:$A$4,$A4)>1"], fill=red))
        choice = DataValidation("list", formula1="Listas!$A$1:$A$3")
        choice.add("B4")
        choice.add("B7")
        sheet.add_data_validation(choice)
        workbook.create_sheet("Listas")
        workbook.defined_names["metas"] = DefinedName("metas", attr_text="Plan!$C$4:$C$4")
        workbook.defined_names["nota"] = DefinedName("nota", attr_text="Plan!$B$6")
        sheet["B6"], sheet["B6"].hyperlink = "Ver", "https://example.org/"
        sheet.row_breaks.append(Break(6))
        sheet.freeze_panes = "B4"
        sheet.auto_filter.ref = "A3:C4"
        sheet.print_area = "A1:C7"
        sheet.row_dimensions[6].height = 33
        sheet["A7"].comment = Comment("Nota de la oficina", "Planeación")

    workbook = opened(fill(drawn(draw), 10))
    sheet = workbook["Plan"]
    rules = {str(found.sqref): [rule.formula[0] for rule in found.rules] for found in sheet.conditional_formatting}
    assert rules == {"C4:C13": ["$C$15"], "A4:C13": ["COUNTIF($A$4:$A$13,$A4)>1"]}
    (validation,) = sheet.data_validations.dataValidation
    assert set(str(validation.sqref).split()) == {"B4:B13", "B16"}
    assert validation.formula1 == "Listas!$A$1:$A$3"
    assert workbook.defined_names["metas"].attr_text == "Plan!$C$4:$C$13"
    assert workbook.defined_names["nota"].attr_text == "Plan!$B$15"
    assert sheet["B15"].hyperlink.ref == "B15"
    assert [line.id for line in sheet.row_breaks.brk] == [15]
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("B4", "A3:C13")
    assert sheet.print_area == "'Plan'!$A$1:$C$16"
    assert (sheet.row_dimensions[15].height, sheet["A16"].comment.text) == (33, "Nota de la oficina")


def test_charts_below_the_table_move_and_show_all_its_rows() -> None:
    def draw(_: Workbook, sheet: Worksheet) -> None:
        chart = BarChart()
        chart.add_data(Reference(sheet, min_col=3, min_row=4, max_row=4))
        sheet.add_chart(chart, "B8")

    content = fill(drawn(draw), 10)
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        assert b"<f>'Plan'!$C$4:$C$13</f>" in package.read("xl/charts/chart1.xml")
        assert re.search(rb"from>.*?row>16<", package.read("xl/drawings/drawing1.xml"), re.DOTALL)


def test_headers_and_footers_take_the_plans_values_and_double_their_ampersands() -> None:
    def draw(_: Workbook, sheet: Worksheet) -> None:
        sheet.oddHeader.left.text = "{{ plan.titulo }}"
        sheet.oddFooter.right.text = "{{ plan.version }}"
        sheet.oddFooter.right.size = 8

    named = dataclasses.replace(plan_of(1), title=PlainText("Plan A&B <2024>"))
    content = fill_workbook(compile_workbook(drawn(draw)), context_of(report_of(named)))
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        part = package.read("xl/worksheets/sheet1.xml").decode()
    assert "<oddHeader>&amp;LPlan A&amp;&amp;B &lt;2024&gt;</oddHeader>" in part
    assert "&amp;8 2.0</oddFooter>" in part


def test_a_header_longer_than_excel_admits_is_refused_when_it_is_filled() -> None:
    def draw(_: Workbook, sheet: Worksheet) -> None:
        sheet.oddHeader.left.text = "{{ plan.objetivo }}"

    compiled = compile_workbook(drawn(draw))
    long = dataclasses.replace(plan_of(1), objective=PlainText("muy largo " * 30))
    with pytest.raises(TemplateProblem, match="255"):
        fill_workbook(compiled, context_of(report_of(long)))


def test_a_fixed_height_of_the_model_row_is_the_least_a_row_gets() -> None:
    def draw(_: Workbook, sheet: Worksheet) -> None:
        sheet.row_dimensions[MODEL].height = 60
        sheet["B4"].alignment = Alignment(wrap_text=True)
        sheet.column_dimensions["B"].width = 20

    plan = plan_of(2)
    tall = dataclasses.replace(plan.actions[1], action=PlainText("texto largo " * 40))
    plan = dataclasses.replace(plan, actions=(plan.actions[0], tall))
    sheet = opened(fill_workbook(compile_workbook(drawn(draw)), context_of(report_of(plan))))["Plan"]
    assert sheet.row_dimensions[4].height == 60
    assert sheet.row_dimensions[5].height > 200


def test_a_template_that_libreoffice_saved_gives_the_same_cells(tmp_path: Path) -> None:
    official = Path(__file__).parents[2] / "templates_docx" / "plan_de_accion.xlsx"
    soffice = shutil.which("soffice") or shutil.which("libreoffice")
    assert soffice, "LibreOffice is missing: make test installs it"
    subprocess.run(
        [soffice, f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}", "--headless", "--convert-to", "xlsx",
         "--outdir", str(tmp_path), str(official)],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    context = context_of(report_of(reference_plan()))
    ours = opened(fill_workbook(compile_workbook(official.read_bytes()), context))
    theirs = opened(fill_workbook(compile_workbook((tmp_path / official.name).read_bytes()), context))
    for one, other in zip(ours.worksheets, theirs.worksheets, strict=True):
        cells = [[[cell.value for cell in row] for row in sheet.iter_rows(max_col=14)] for sheet in (one, other)]
        assert cells[0] == cells[1]
        assert other.print_area.replace("'", "") == one.print_area.replace("'", "")


@pytest.mark.parametrize(
    ("cell", "text", "words"),
    [
        ("B4", "{{ accion.metas }}", ["hoja «Plan», celda B4", "{{ accion.metas }}", "{{ accion.meta }}"]),
        ("A1", "{{ plan.zzz }}", ["celda A1", "plan.titulo"]),
        ("A1", "{{ plan.titulo | upper }}", ["celda A1", "{{ plan.titulo | upper }}"]),
        ("A1", "{{ plan.titulo }", ["celda A1", "«{{»"]),
        ("A1", "{% for a in acciones %}", ["celda A1", "«{%»"]),
        ("B7", "{{ accion.meta }}", ["hoja «Plan»", "las filas 4 y 7"]),
        ("D6", "=SUM([1]Hoja!A1:A2)", ["celda D6", "[1]Hoja!A1:A2"]),
        ("D6", "=A1:INDEX(B:B,3)", ["celda D6", "A1:INDEX("]),
        ("D6", '="{{ plan.titulo }}"', ["celda D6", "fórmula"]),
    ],
)  # fmt: skip
def test_what_cannot_be_filled_is_refused_at_its_cell(cell: str, text: str, words: list[str]) -> None:
    detail = problem_of(drawn(lambda _, sheet: sheet.__setitem__(cell, text)))
    assert all(word in detail for word in words), detail


def test_all_problems_are_told_at_once() -> None:
    def draw(_: Workbook, sheet: Worksheet) -> None:
        sheet["A1"], sheet["B4"] = "{{ plan.titulos }}", "{{ accion.mets }}"

    detail = problem_of(drawn(draw))
    assert "celda A1" in detail
    assert "celda B4" in detail


def test_a_model_row_merged_with_its_neighbours_is_refused() -> None:
    assert "A4:A5" in problem_of(drawn(lambda _, sheet: sheet.merge_cells("A4:A5")))


def test_a_picture_across_the_model_row_is_refused() -> None:
    def draw(_: Workbook, sheet: Worksheet) -> None:
        sheet.add_chart(BarChart(), "B2")

    template = drawn(draw)

    def stretch(name: str, part: bytes) -> bytes:
        if not name.startswith("xl/drawings/drawing"):
            return part
        return re.sub(
            rb"<(\w*:?)oneCellAnchor>(.*?)<\w*:?ext [^>]*/>",
            rb"<\1twoCellAnchor>\2<to><col>4</col><colOff>0</colOff><row>9</row><rowOff>0</rowOff></to>",
            part,
            flags=re.DOTALL,
        ).replace(b"oneCellAnchor>", b"twoCellAnchor>")

    assert "atraviesa la fila que se repite" in problem_of(rewritten(template, stretch))


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ("xl/vbaProject.bin", "macros"),
        ("xl/externalLinks/externalLink1.xml", "vínculos a otros libros"),
        ("xl/pivotTables/pivotTable1.xml", "tablas dinámicas"),
        ("xl/embeddings/oleObject1.bin", "objetos incrustados"),
    ],
)
def test_parts_that_cannot_be_moved_are_refused_by_name(part: str, words: str) -> None:
    detail = problem_of(rewritten(drawn(lambda *_: None), lambda _, content: content, **{part: b"<x/>"}))
    assert words in detail
    assert part in detail


def test_a_tag_where_nothing_is_filled_is_refused_with_its_part() -> None:
    def draw(_: Workbook, sheet: Worksheet) -> None:
        sheet["A1"].comment = Comment("{{ plan.titulo }}", "Planeación")

    assert "comment" in problem_of(drawn(draw))


@pytest.mark.parametrize("content", [b"", b"no es un libro", b"PK\x03\x04 roto"])
def test_a_file_that_is_no_workbook_is_refused(content: bytes) -> None:
    assert "Libro de Excel (.xlsx)" in problem_of(content)


def test_a_template_with_macros_switched_on_is_refused_whatever_its_name() -> None:
    def enable(name: str, part: bytes) -> bytes:
        plain = b"spreadsheetml.sheet.main+xml"
        return part.replace(plain, b"template.macroEnabled.main+xml") if name == "[Content_Types].xml" else part

    assert "Libro de Excel (.xlsx)" in problem_of(rewritten(drawn(lambda *_: None), enable))


def test_percentages_in_a_cell_that_shows_percentages_keep_its_format() -> None:
    def draw(_: Workbook, sheet: Worksheet) -> None:
        sheet["C4"].number_format = "0.0%"

    plan = plan_of(1)
    share = dataclasses.replace(plan.actions[0], target=Target.from_printed("25 %"))
    context = context_of(report_of(dataclasses.replace(plan, actions=(share,))))
    cell = opened(fill_workbook(compile_workbook(drawn(draw)), context))["Plan"]["C4"]
    assert (cell.value, cell.number_format) == (0.25, "0.0%")


def test_dates_are_counted_from_1904_where_the_template_counts_so() -> None:
    def draw(workbook: Workbook, sheet: Worksheet) -> None:
        workbook.epoch = CALENDAR_MAC_1904
        sheet["D1"] = "{{ plan.fecha_de_corte }}"
        sheet.cell(MODEL, 4, "{{ accion.fecha_inicio }}")

    workbook = opened(fill(drawn(draw), 2))
    assert workbook.epoch == CALENDAR_MAC_1904
    sheet = workbook.worksheets[0]
    days = [str(cell.value)[:10] for cell in (sheet["D1"], sheet.cell(MODEL, 4), sheet.cell(MODEL + 1, 4))]
    assert days == ["2024-09-30", "2024-03-01", "2024-03-01"]
