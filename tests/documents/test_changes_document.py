"""The Word document of changes: what it tells, who can read it, and that nothing of it is lost."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import docx
from docx.document import Document
from docx.table import Table, _Cell

from service.domain.changes import FIELD_LABELS, compare
from service.domain.frame import Approval
from service.domain.plan import Plan
from service.domain.reports import ChangeLogEntry
from service.domain.values import PlainText, Quarter, Target, VersionNumber
from service.sheets.columns import COLUMNS
from tests.documents.conftest import Pdf
from tests.plans import generated_plan, reference_plan, report_of
from worker.documents.changes_document import render_changes
from worker.documents.package import read_members

BEFORE = reference_plan()
NAMED = (
    "Acción 1, se modificó: Generar conocimiento sobre la Región Metropolitana Bogotá - Cundinamarca a través del "
    "Observatorio de…"
)
TOLD = (
    "Se modificaron el responsable y la meta (de 4 a 2) de la acción 1; se agregó la acción 11; se eliminó la acción 9."
)


def revised() -> Plan:
    """The reference's next version: a target, a text, an avance and a lead changed, an action gone and one new."""
    actions = list(BEFORE.actions)
    actions[0] = replace(actions[0], target=Target(Decimal(2)), lead=PlainText("Dirección General"))
    actions[2] = replace(
        actions[2], qualitative_progress=PlainText(f"{actions[2].qualitative_progress} Y <más> & más.")
    )
    new = replace(actions[5], action=PlainText("Realizar la feria del libro"), indicator=PlainText("Feria realizada"))
    del actions[8]
    actions.append(replace(new, number=PlainText("11")))
    return replace(BEFORE, actions=tuple(actions), version=VersionNumber(3, 0), quarter=Quarter(2024, 4))


def rendered(after: Plan, *, log: tuple[ChangeLogEntry, ...] = ()) -> bytes:
    told = replace(report_of(after, edition=2), change_log=log)
    return render_changes(compare(BEFORE, after), report_of(BEFORE), told)


def opened(content: bytes) -> Document:
    return docx.Document(io.BytesIO(content))


def texts(table: Table) -> list[list[str]]:
    return [list(dict.fromkeys(cell.text for cell in row.cells)) for row in table.rows]


def styled(cell: _Cell, style: str) -> str:
    return "".join(run.text for run in cell.paragraphs[0].runs if run.style and run.style.name == style)


def test_it_begins_with_the_row_that_the_control_de_cambios_asks_for_and_states_no_approval_that_nobody_gave() -> None:
    log, _ = opened(rendered(revised())).tables
    assert texts(log) == [
        ["VERSIÓN", "FECHA", "DESCRIPCIÓN DE LA MODIFICACIÓN", "INSTANCIA"],
        [
            "3.0",
            "15/10/2024",
            TOLD,
            "Por aprobar: Comité Institucional de Gestión y Desempeño",
        ],
    ]


def test_what_the_office_wrote_in_its_control_de_cambios_is_told_instead() -> None:
    entry = ChangeLogEntry(VersionNumber(3, 0), dt.date(2024, 11, 5), "Se ajustó la meta.", "Comité, acta 4 de 2024")
    log, _ = opened(rendered(revised(), log=(entry,))).tables
    assert texts(log)[1:] == [["3.0", "5/11/2024", "Se ajustó la meta.", "Comité, acta 4 de 2024"]]


def test_what_was_said_at_its_issue_is_told_beside_the_report_that_it_followed_alone() -> None:
    approval = Approval("Comité Institucional de Gestión y Desempeño", "Acta 5 de 2024", dt.date(2024, 8, 20))
    before, after = report_of(BEFORE), report_of(revised(), edition=2)
    said = ChangeLogEntry.of(after.plan.version, approval, "Se ajustó la meta.", after.created_at)
    changes = compare(before.plan, after.plan)
    log, _ = opened(render_changes(changes, before, replace(after, modification=said, previous_id=before.id))).tables
    instance = "Comité Institucional de Gestión y Desempeño, Acta 5 de 2024"
    assert texts(log)[1:] == [["3.0", "20/08/2024", "Se ajustó la meta.", instance]]
    log, _ = opened(render_changes(changes, before, replace(after, modification=said, previous_id="otro"))).tables
    assert texts(log)[1][2:] == [TOLD, "Por aprobar: Comité Institucional de Gestión y Desempeño"]


def test_each_field_stands_as_it_was_and_as_it_is_with_who_approves_it() -> None:
    _, table = opened(rendered(revised())).tables
    rows = texts(table)
    assert rows[:6] == [
        ["CAMPO", "ERA", "ES", "APRUEBA"],
        ["Encabezado del plan"],
        ["TRIMESTRE", "III", "IV", "No requiere"],
        ["VERSIÓN", "2.0", "3.0", "No requiere"],
        [NAMED],
        ["RESPONSABLE", BEFORE.actions[0].lead, "Dirección General", "Planeación"],
    ]  # fmt: skip
    assert rows[6] == ["META", "4", "2", "Comité"]
    (removed,) = (place for place, row in enumerate(rows) if row[0].startswith("Acción 9, se eliminó"))
    assert rows[removed + 1] == ["No.", "9", "—", "Comité"]
    (added,) = (place for place, row in enumerate(rows) if row[0].startswith("Acción 11, se agregó"))
    assert rows[added + 2][1:] == ["—", "Realizar la feria del libro", "Comité"]


def test_an_action_that_moved_is_told_by_its_new_number_or_its_new_place() -> None:
    renumbered = [replace(BEFORE.actions[9], number=PlainText("12"))]
    _, numbers = opened(rendered(replace(BEFORE, actions=(*BEFORE.actions[:9], *renumbered)))).tables
    assert texts(numbers)[1][0].startswith("Acción 12, cambió de número: ")
    _, places = opened(rendered(replace(BEFORE, actions=(BEFORE.actions[9], *BEFORE.actions[:9])))).tables
    assert [row[0].partition(":")[0] for row in texts(places)[1:]] == ["Acción 10, cambió de lugar"]


def test_what_left_is_struck_and_what_came_is_underlined_by_form_and_not_by_colour_alone() -> None:
    document = opened(rendered(revised()))
    rows = [row for row in document.tables[1].rows if row.cells[0].text == "AVANCE CUALITATIVO"]
    (row,) = (row for row in rows if row.cells[3].text == "No requiere")
    assert row.cells[2].text == f"{BEFORE.actions[2].qualitative_progress} Y <más> & más."
    assert styled(row.cells[2], "Lo nuevo") == " Y <más> & más."
    assert (styled(row.cells[1], "Lo quitado"), styled(row.cells[1], "Lo nuevo")) == ("", "")
    styles = {style.name: style for style in document.styles}
    assert styles["Lo quitado"].font.strike
    assert styles["Lo nuevo"].font.underline


def test_titles_say_what_is_compared_and_mark_a_draft() -> None:
    def titles(content: bytes) -> list[str]:
        return [paragraph.text for paragraph in opened(content).sections[0].header.paragraphs]

    assert titles(rendered(revised())) == [
        "CAMBIOS FRENTE A LA VERSIÓN 2.0, SEGUIMIENTO III TRIMESTRE 2024",
        "PLAN DE ACCIÓN 2024. Versión 3.0. Seguimiento IV trimestre 2024",
    ]
    corrected = replace(report_of(BEFORE, edition=2), is_draft=True)
    title, subtitle = titles(render_changes(compare(BEFORE, BEFORE), report_of(BEFORE), corrected))
    assert title == "CAMBIOS FRENTE A LA EDICIÓN 1 DEL III TRIMESTRE 2024"
    assert subtitle.endswith("Borrador")


def test_two_equal_reports_have_no_table_of_fields() -> None:
    document = opened(rendered(BEFORE))
    assert len(document.tables) == 1
    assert texts(document.tables[0])[1][2:] == ["No hubo cambios.", "No requiere aprobación"]
    assert "No hay diferencias: los dos dicen lo mismo, letra por letra." in [p.text for p in document.paragraphs]


def test_whoever_cannot_see_it_finds_title_language_headings_and_header_rows() -> None:
    document = opened(rendered(revised()))
    assert document.core_properties.title.startswith("CAMBIOS FRENTE A LA VERSIÓN 2.0")
    assert document.core_properties.language == "es-CO"
    headings = [p.text for p in document.paragraphs if p.style and p.style.name == "Heading 1"]
    assert headings == ["Control de cambios", "Qué cambió, campo por campo"]
    for table in document.tables:
        assert table._tbl.xpath("./w:tr[1]/w:trPr/w:tblHeader")
        assert table._tbl.xpath("./w:tblPr/w:tblCaption[@w:val]")
    assert b'w:val="es-CO"' in read_members(rendered(revised()))["word/styles.xml"]


def test_fields_are_called_as_in_the_official_document() -> None:
    for column in COLUMNS:
        assert FIELD_LABELS[column.field] == column.header


def test_every_text_of_a_large_plan_stands_letter_for_letter() -> None:
    before, after = generated_plan(120, seed=1), generated_plan(120, seed=2)
    changes = compare(before, after)
    _, table = opened(render_changes(changes, report_of(before), report_of(after))).tables
    told = [(field.before or "—", field.after or "—") for action in changes.actions for field in action.fields]
    rows = table._tbl.xpath("./w:tr[position() > 1][count(w:tc) = 4]")
    assert [tuple(_Cell(cell, table).text for cell in row.tc_lst[1:3]) for row in rows] == told


def test_the_same_reports_give_the_same_bytes() -> None:
    assert rendered(revised()) == rendered(revised())


def test_the_open_xml_sdk_finds_no_error(validator_errors: Callable[[bytes, str], list[object]]) -> None:
    assert validator_errors(rendered(revised()), "docx") == []
    before, after = generated_plan(40, seed=3), generated_plan(40, seed=4)
    content = render_changes(compare(before, after), report_of(before), report_of(after))
    assert validator_errors(content, "docx") == []


def test_every_page_has_its_headers_and_its_number(to_pdf: Callable[[bytes, str], Pdf]) -> None:
    pages = to_pdf(rendered(revised()), "docx").pages
    assert len(pages) > 1
    for number, page in enumerate(pages, start=1):
        assert f"Página {number} de {len(pages)}" in page
        assert "CAMBIOS FRENTE A LA VERSIÓN 2.0" in page
        assert "CAMPO ERA ES APRUEBA" in " ".join(page.split())
