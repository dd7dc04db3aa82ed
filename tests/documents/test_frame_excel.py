"""The office's frame in the official Excel: where everything stands, and that nothing else moves."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import pytest
import zxingcpp
from openpyxl import Workbook, load_workbook
from openpyxl.utils import range_boundaries
from openpyxl.worksheet.worksheet import Worksheet
from PIL import Image, ImageOps

from service.domain.errors import TemplateProblem
from service.domain.frame import NO_FRAME, Approval, FormatBox, Frame, Logo, Role, Signer
from service.domain.reading import Given, Unreadable
from service.domain.reports import DocumentKind, Report
from service.domain.typography import line_height
from service.office_said import LONGEST_CODE, LONGEST_ENTITY, LONGEST_VERSION, Unusable, settings_of, values_of
from service.sheets.intake import read_plan
from tests.documents.conftest import ROOT, Pdf
from tests.frames import FULL_FRAME, SEAL, SIGNERS, framed_report
from tests.pictures import a_picture
from tests.plans import generated_plan, reference_plan, report_of
from worker.documents.context import context_of
from worker.documents.frame_excel import frame_workbook
from worker.documents.next_quarter import render_next_quarter
from worker.documents.template_files import TemplateFiles, compile_template
from worker.render import render

TEMPLATE = (ROOT / "templates_docx" / "plan_de_accion.xlsx").read_bytes()
LOGO = Logo(a_picture((600, 200)), "image/png", 600, 200, "Escudo de la Entidad de Ejemplo")
SENTENCE = (
    "Plan aprobado por el Comité Institucional de Gestión y Desempeño mediante Acta 5 de 2024, el 15 de octubre de "
    "2024."
)
templates = TemplateFiles(ROOT / "templates_docx")


def written(report: Report) -> bytes:
    return templates.of(DocumentKind.EXCEL).fill(context_of(report))


def parts_of(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        return {name: package.read(name) for name in package.namelist()}


def official(content: bytes) -> Worksheet:
    return load_workbook(io.BytesIO(content))["Plan de acción"]


def with_signers(count: int) -> Report:
    roles = (Role.DRAFTED, Role.REVIEWED, Role.APPROVED)
    signers = tuple(Signer(roles[min(n, 2)], f"Persona {n + 1}", f"Cargo {n + 1}") for n in range(count))
    return framed_report(replace(NO_FRAME, signers=signers), seal=None)


def places(sheet: Worksheet, under: int) -> list[tuple[int, int, int, str]]:
    """Row, first and last column and text of every place to sign."""
    ends = {
        (top, left): right
        for left, top, right, _ in (range_boundaries(str(area)) for area in sheet.merged_cells.ranges)
    }
    return [
        (cell.row, cell.column, ends.get((cell.row, cell.column), cell.column), str(cell.value))
        for row in sheet.iter_rows(min_row=under)
        for cell in row
        if cell.value is not None and "\n" in str(cell.value)
    ]


def test_the_block_stands_under_the_last_action_with_who_approved_above_it() -> None:
    sheet = official(written(framed_report()))
    assert sheet["A16"].value == 10
    assert {cell.value for cell in sheet[17]} == {None}
    assert sheet["A18"].value == SENTENCE
    told = [[line for line in text.split("\n") if line] for *_, text in places(sheet, 18)]
    assert told == [
        ["Elaboró", "PERSONA DE EJEMPLO UNO", "Profesional Especializado de Planeación"],
        ["Revisó", "PERSONA DE EJEMPLO DOS", "Subdirectora de Planeación (E)"],
        ["Aprobó", "PERSONA DE EJEMPLO TRES", "Director de Ejemplo"],
    ]
    assert sheet.max_row == 19


def test_every_place_leaves_a_centimetre_and_a_half_to_sign_in_a_row_that_is_never_cut() -> None:
    sheet = load_workbook(io.BytesIO(written(framed_report())), rich_text=True)["Plan de acción"]
    cells = [cell for cell in sheet[19] if cell.value is not None]
    assert len(cells) == 3
    for cell in cells:
        first, name, position = cell.value
        letters = first.font.sz
        empty = str(first.text).count("\n") - 1
        assert empty * line_height(letters) >= 1.5 / 2.54 * 72
        assert name.font.b
        assert not position.font.b
        assert sheet.row_dimensions[19].height >= (empty + 3) * line_height(letters)


def test_who_drafted_has_smaller_letters_than_who_approved() -> None:
    sheet = load_workbook(io.BytesIO(written(framed_report())), rich_text=True)["Plan de acción"]
    drafted, *_, approved = [cell.value[1].font.sz for cell in sheet[19] if cell.value is not None]
    assert drafted < approved


@pytest.mark.parametrize(("signers", "rows"), [(1, [1]), (2, [2]), (3, [3]), (4, [2, 2]), (5, [3, 2]), (6, [3, 3])])
def test_places_stand_side_by_side_and_take_columns_of_their_own(signers: int, rows: list[int]) -> None:
    found = places(official(written(with_signers(signers))), 17)
    by_row: dict[int, list[tuple[int, int]]] = {}
    for row, first, last, _ in found:
        by_row.setdefault(row, []).append((first, last))
    assert [len(row) for row in by_row.values()] == rows
    assert list(by_row) == list(range(18, 18 + len(rows)))
    for row in by_row.values():
        assert row[0][0] == 1
        assert all(next_first == last + 1 for (_, last), (next_first, _) in pairwise(row))
        assert row[-1][1] <= 11


def test_an_office_without_signers_has_only_who_approved() -> None:
    sheet = official(written(framed_report(replace(FULL_FRAME, signers=()))))
    assert sheet["A18"].value == SENTENCE
    assert sheet.max_row == 18


def test_a_report_that_nobody_approved_says_nothing_of_it() -> None:
    report = replace(framed_report(), approval=Approval())
    sheet = official(written(report))
    assert str(sheet["A18"].value).startswith("Elaboró")


def test_filter_titles_and_the_other_sheets_are_as_without_a_frame() -> None:
    framed, plain = (
        load_workbook(io.BytesIO(written(report))) for report in (framed_report(), report_of(reference_plan()))
    )
    one, other = framed["Plan de acción"], plain["Plan de acción"]
    assert one.auto_filter.ref == other.auto_filter.ref == "A6:K16"
    assert one.print_title_rows == other.print_title_rows == "$1:$6"
    assert one.print_area == "'Plan de acción'!$A$1:$K$19"
    assert other.print_area == "'Plan de acción'!$A$1:$K$16"
    assert one.dimensions == "A1:K19"
    cells = [[cell.value for row in sheet["A1:K16"] for cell in row] for sheet in (one, other)]
    assert cells[0] == cells[1]
    data = [list(workbook["Datos"].values) for workbook in (framed, plain)]
    assert data[0] == data[1]
    assert framed["Datos"].oddHeader.center.text is None
    assert framed["Datos"].print_area == plain["Datos"].print_area


def test_without_a_frame_and_a_seal_the_template_is_the_very_same() -> None:
    assert frame_workbook(TEMPLATE, NO_FRAME, has_approval=True, has_seal=False) is TEMPLATE
    only_a_zone = Frame(has_radicado_zone=True, has_seal=False)
    assert frame_workbook(TEMPLATE, only_a_zone, has_approval=False, has_seal=False) is TEMPLATE


def test_every_printed_page_says_whose_it_is_and_of_which_format() -> None:
    sheet = official(written(framed_report()))
    assert sheet.oddHeader.center.text is not None
    lines = [re.sub(r'&"[^"]*"|&\d+', "", line) for line in sheet.oddHeader.center.text.split("\n")]
    assert lines == ["Entidad de Ejemplo R&&D", "Direccionamiento Estratégico", "Seguimiento al plan de acción"]
    assert sheet.oddHeader.right.text == "Código: DE-FR-012\nVersión: 3\nVigencia: 30/01/2023"
    assert sheet.oddFooter.center.text == "Página &P de &N"


def test_an_entity_that_begins_with_a_digit_is_no_size_of_letters() -> None:
    part = parts_of(written(framed_report(Frame(entity="4-72 de Ejemplo"), seal=None)))["xl/worksheets/sheet1.xml"]
    assert '&amp;"Arial,Bold"&amp;9 4-72 de Ejemplo' in part.decode()


def test_the_margin_grows_for_what_is_printed_in_it_and_never_shrinks() -> None:
    plain = official(written(report_of(reference_plan()))).page_margins
    framed = official(written(framed_report())).page_margins
    assert framed.top >= framed.header + 3 * line_height(8) / 72
    assert framed.bottom >= framed.footer + 1.6 / 2.54
    only_named = official(written(framed_report(Frame(entity="Entidad de Ejemplo"), seal=None))).page_margins
    assert only_named.bottom == plain.bottom
    assert (framed.left, framed.right) == (plain.left, plain.right)


def test_an_issued_report_prints_its_code_and_address() -> None:
    footer = official(written(framed_report())).oddFooter
    assert footer.left.text == (
        "Código de verificación: K7QF-3M9P-X2TD\nplanes.ejemplo.gov.co/verificar/K7QF-3M9P-X2TD"
    )
    assert footer.right.text == "&G"


def test_the_qr_in_the_footer_leads_to_the_page_that_checks_the_report() -> None:
    parts = parts_of(written(framed_report()))
    shapes = parts["xl/drawings/vmlDrawing1.vml"].decode()
    assert re.findall(r'<v:shape id="(\w+)"', shapes) == ["RF"]
    relation = re.search(r'o:relid="(\w+)"', shapes)
    assert relation
    links = parts["xl/drawings/_rels/vmlDrawing1.vml.rels"].decode()
    target = re.search(rf'Id="{relation[1]}"[^>]*Target="/([^"]+)"', links)
    assert target
    picture = ImageOps.expand(Image.open(io.BytesIO(parts[target[1]])).convert("L"), 40, 255)
    assert [code.text for code in zxingcpp.read_barcodes(picture)] == [SEAL.address]


def test_the_code_of_an_issued_report_is_its_identifier() -> None:
    assert load_workbook(io.BytesIO(written(framed_report()))).properties.identifier == SEAL.code
    assert load_workbook(io.BytesIO(written(framed_report(seal=None)))).properties.identifier is None


def test_two_reports_with_the_same_frame_have_their_own_seal_and_approval() -> None:
    other = replace(SEAL, code="AAAA-BBBB-CCCC", address="https://planes.ejemplo.gov.co/verificar/AAAA-BBBB-CCCC")
    approval = Approval("Junta Directiva de Ejemplo")
    first, second = written(framed_report()), written(replace(framed_report(seal=other), approval=approval))
    assert "AAAA-BBBB-CCCC" in str(official(second).oddFooter.left.text)
    assert official(second)["A18"].value == "Plan aprobado por la Junta Directiva de Ejemplo."
    assert parts_of(first)["xl/media/folio_qr.png"] != parts_of(second)["xl/media/folio_qr.png"]
    assert written(framed_report()) == first


def test_a_seal_needs_no_frame() -> None:
    sheet = official(written(framed_report(NO_FRAME)))
    assert sheet.max_row == 16
    assert "K7QF-3M9P-X2TD" in str(sheet.oddFooter.left.text)
    assert sheet.oddHeader.center.text is None


def test_the_logo_keeps_its_proportions_and_says_what_it_shows() -> None:
    parts = parts_of(written(framed_report(replace(FULL_FRAME, logo=LOGO), seal=None)))
    shapes = parts["xl/drawings/vmlDrawing1.vml"].decode()
    assert re.findall(r'<v:shape id="(\w+)"', shapes) == ["LH"]
    assert 'alt="Escudo de la Entidad de Ejemplo"' in shapes
    size = re.search(r"width:([\d.]+)pt;height:([\d.]+)pt", shapes)
    assert size
    assert float(size[1]) / float(size[2]) == pytest.approx(3, rel=0.01)
    assert parts["xl/media/folio_logo.png"] == LOGO.content


def test_a_draft_with_a_frame_says_that_it_is_one_and_has_no_seal() -> None:
    report = replace(framed_report(replace(FULL_FRAME, logo=LOGO), seal=None), is_draft=True)
    sheet = official(written(report))
    assert (sheet.oddFooter.left.text, sheet.oddFooter.right.text) == ("BORRADOR", "BORRADOR")
    assert "Código" not in str(sheet.oddFooter.center.text)
    assert sheet.oddHeader.left.text == "&G"


def test_what_a_header_cannot_hold_of_the_format_is_left_out_and_the_code_never_is() -> None:
    long = FormatBox("Proceso " * 12, "Nombre " * 12, "DE-FR-012", "3")
    sheet = official(written(framed_report(replace(FULL_FRAME, format_box=long), seal=None)))
    header = sheet.oddHeader
    assert "Proceso" not in str(header.center.text)
    assert "Entidad de Ejemplo" in str(header.center.text)
    assert header.right.text == "Código: DE-FR-012\nVersión: 3"


def test_an_entity_longer_than_a_header_is_refused_with_what_to_do() -> None:
    with pytest.raises(TemplateProblem, match="Acórtelos allí o en los ajustes"):
        frame_workbook(TEMPLATE, Frame(entity="Entidad " * 40), has_approval=False, has_seal=False)


@pytest.mark.parametrize("is_draft", [False, True], ids=["issued", "draft"])
def test_the_longest_names_that_the_settings_admit_are_printed_whole(*, is_draft: bool) -> None:
    said = {
        "entity": ("R&D " * (LONGEST_ENTITY // 5)).strip() + "X",
        "format_box.process": "Proceso " * 20,
        "format_box.name": "Nombre " * 20,
        "format_box.code": ("D&E-" * LONGEST_CODE)[: LONGEST_CODE - 6],
        "format_box.version": "3" * LONGEST_VERSION,
        "format_box.valid_from": dt.date(2024, 12, 31),
    }
    # As long as may be: one more is refused.
    settings = settings_of(said | {"logo": LOGO.content, "logo.description": "Logo"})
    for name in ("entity", "format_box.code", "format_box.version"):
        with pytest.raises(Unusable, match="y caben"):
            settings_of({name: f"{values_of(settings)[name]}X"})
    report = replace(framed_report(settings.frame, seal=None if is_draft else SEAL), is_draft=is_draft)

    content = render(report, DocumentKind.EXCEL, templates).content

    header = official(content).oddHeader
    assert settings.frame.entity in str(header.center.text).replace("&&", "&")
    assert header.right.text == "\n".join(
        f"{name}: {value}"
        for name, value in (
            ("Código", settings.frame.format_box.code.replace("&", "&&")),
            ("Versión", settings.frame.format_box.version),
            ("Vigencia", "31/12/2024"),
        )
    )


def test_braces_in_a_name_are_letters_and_no_tag() -> None:
    signers = (Signer(Role.APPROVED, "Persona {{ plan.titulo }}", "{% for %}"),)
    sheet = official(written(framed_report(Frame(entity="{{ plan.x }}", signers=signers), seal=None)))
    assert "{ { PLAN.TITULO } }" in str(sheet["A18"].value)
    assert "{ { plan.x } }" in str(sheet.oddHeader.center.text)


def drawn(draw: Callable[[Worksheet], None]) -> bytes:
    """A template of three columns, its actions in row 2."""
    workbook = Workbook()
    sheet = workbook.worksheets[0]
    sheet.append(["No.", "ACCIÓN", "AVANCE"])
    sheet.append(["{{ accion.numero }}", "{{ accion.accion }}", "{{ accion.avance_cualitativo }}"])
    draw(sheet)
    file = io.BytesIO()
    workbook.save(file)
    return file.getvalue()


def filled(template: bytes, report: Report) -> bytes:
    return compile_template(DocumentKind.EXCEL, template).fill(context_of(report))


def test_the_block_stands_beneath_what_the_office_has_under_its_table() -> None:
    def draw(sheet: Worksheet) -> None:
        sheet["A4"] = "Nota: fuente, dependencias."

    sheet = load_workbook(io.BytesIO(filled(drawn(draw), framed_report(seal=None)))).worksheets[0]
    assert sheet["A13"].value == "Nota: fuente, dependencias."
    assert sheet["A15"].value == SENTENCE
    assert sheet.print_area == ""


def test_first_and_even_pages_with_lines_of_their_own_get_the_frame_too() -> None:
    def draw(sheet: Worksheet) -> None:
        sheet.HeaderFooter.differentFirst = sheet.HeaderFooter.differentOddEven = True

    content = filled(drawn(draw), framed_report(replace(FULL_FRAME, logo=LOGO)))
    sheet = load_workbook(io.BytesIO(content)).worksheets[0]
    for header in (sheet.oddHeader, sheet.evenHeader, sheet.firstHeader):
        assert "Entidad de Ejemplo" in str(header.center.text)
    shapes = parts_of(content)["xl/drawings/vmlDrawing1.vml"].decode()
    names = re.findall(r'<v:shape id="(\w+)"', shapes)
    assert sorted(names) == ["LH", "LHEVEN", "LHFIRST", "RF", "RFEVEN", "RFFIRST"]


def test_what_the_office_prints_itself_stays_beneath_the_frame() -> None:
    def draw(sheet: Worksheet) -> None:
        sheet.oddHeader.center.text = "Seguimiento"
        sheet.oddFooter.left.text = "Calle de Ejemplo"

    sheet = load_workbook(io.BytesIO(filled(drawn(draw), framed_report()))).worksheets[0]
    assert str(sheet.oddHeader.center.text).endswith("Seguimiento")
    assert "Entidad de Ejemplo" in str(sheet.oddHeader.center.text)
    assert str(sheet.oddFooter.left.text).endswith("Calle de Ejemplo")
    assert "K7QF-3M9P-X2TD" in str(sheet.oddFooter.left.text)


def test_a_template_with_pictures_of_its_own_keeps_them_and_gets_the_qr_beside() -> None:
    own = frame_workbook(TEMPLATE, Frame(logo=LOGO), has_approval=False, has_seal=False)
    content = filled(own, framed_report(replace(FULL_FRAME, logo=replace(LOGO, description="Otro"))))
    parts = parts_of(content)
    shapes = next(part.decode() for name, part in parts.items() if name.endswith(".vml") and b'id="RF"' in part)
    assert re.findall(r'<v:shape id="(\w+)"', shapes) == ["LH", "RF"]
    assert "Otro" not in shapes
    assert official(content).oddHeader.left.text == "&G"


def test_printed_lines_that_leave_no_room_for_the_frame_are_refused_with_what_to_do() -> None:
    def draw(sheet: Worksheet) -> None:
        sheet.oddHeader.left.text = "Seguimiento " * 18

    with pytest.raises(TemplateProblem, match="lo que ya trae la plantilla"):
        frame_workbook(drawn(draw), FULL_FRAME, has_approval=False, has_seal=False)


FRAMED = [
    framed_report(replace(FULL_FRAME, logo=LOGO)),
    replace(framed_report(replace(FULL_FRAME, logo=LOGO), seal=None), is_draft=True),
    with_signers(5),
    framed_report(NO_FRAME),
]


@pytest.mark.parametrize("report", FRAMED, ids=["issued", "draft", "five signers", "only sealed"])
def test_the_open_xml_sdk_finds_nothing_wrong(
    report: Report, validator_errors: Callable[[bytes, str], list[object]]
) -> None:
    assert validator_errors(written(report), "xlsx") == []


@pytest.mark.parametrize("actions", [1, 10])
def test_every_page_prints_the_frame_and_the_block_is_whole_on_one(
    actions: int, to_pdf: Callable[[bytes, str], Pdf]
) -> None:
    plan = replace(reference_plan(), actions=reference_plan().actions[:actions])
    pages = to_pdf(written(replace(framed_report(), plan=plan)), "xlsx").pages
    # Those behind are of the sheet Datos.
    printed = [page for page in pages if "Entidad de Ejemplo R&D" in page]
    assert all("DE-FR-012" in page and SEAL.code in page and "AVANCE CUALITATIVO" in page for page in printed)
    assert "PERSONA DE EJEMPLO TRES" in printed[-1]
    block = [page for page in printed if any(signer.printed_name in page for signer in SIGNERS)]
    assert len(block) == 1
    for word in ("Elaboró", "Revisó", "Aprobó", *(signer.printed_position for signer in SIGNERS)):
        assert word in block[0]


def test_the_framed_workbook_read_again_gives_the_plan_and_no_word_about_its_block() -> None:
    framed, plain = (read_plan(written(report), Given()) for report in (framed_report(), report_of(reference_plan())))
    assert not isinstance(framed, Unreadable)
    assert not isinstance(plain, Unreadable)
    assert framed.plan == plain.plan
    assert framed.findings == plain.findings
    assert framed.extra_columns == plain.extra_columns
    assert len(framed.plan.actions) == 10


def test_the_next_quarters_workbook_keeps_who_signs_and_loses_the_seal() -> None:
    report = framed_report(replace(FULL_FRAME, logo=LOGO))
    uploaded = written(report)
    reading = read_plan(uploaded, Given())
    assert not isinstance(reading, Unreadable)
    actions = zip(report.plan.actions, reading.plan.actions, strict=True)
    plan = replace(report.plan, actions=tuple(replace(one, source=read.source) for one, read in actions))
    content = render_next_quarter(uploaded, replace(report, plan=plan), reading.mapping)
    sheet = official(content)
    assert "SEGUIMIENTO IV TRIMESTRE 2024" in [cell.value for cell in sheet[5]]
    assert sheet["A18"].value == SENTENCE
    assert str(sheet["A19"].value).startswith("Elaboró")
    assert (sheet.oddFooter.left.text, sheet.oddFooter.right.text) == (None, None)
    assert sheet.oddFooter.center.text == "Página &P de &N"
    assert sheet.oddHeader.left.text == "&G"
    parts = parts_of(content)
    assert not [name for name, part in parts.items() if name.endswith(".xml") and SEAL.code.encode() in part]
    shapes = [part.decode() for name, part in parts.items() if name.endswith(".vml") and b'"LH"' in part]
    assert shapes
    assert all('id="RF"' not in part for part in shapes)


def test_actions_of_any_length_stand_above_the_block() -> None:
    report = replace(framed_report(), plan=generated_plan(40))
    sheet = official(written(report))
    last = max(row for row, *_ in places(sheet, sheet.max_row))
    assert last == sheet.max_row
    assert sheet.cell(last - 1, 1).value == SENTENCE
    assert sheet.print_area == f"'Plan de acción'!$A$1:$K${last}"


def test_a_block_that_an_office_draws_by_hand_is_still_told() -> None:
    workbook = load_workbook(io.BytesIO(written(report_of(reference_plan()))))
    sheet = workbook["Plan de acción"]
    sheet["A19"], sheet["E19"], sheet["K19"] = "Elaboró", "Revisó", "Aprobó"
    file = io.BytesIO()
    workbook.save(file)
    codes = [finding.code.name for finding in read_plan(file.getvalue(), Given()).findings]
    assert "ROW_003" in codes
