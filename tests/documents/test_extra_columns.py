"""Columns that Folio does not know travel to the sheet Datos, and a template may name them."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from service.domain.errors import TemplateProblem
from service.domain.plan import Plan
from service.domain.reports import DocumentKind
from service.domain.values import PlainText
from tests.documents.test_template_checks import DOCUMENT, changed
from tests.plans import reference_plan, report_of
from worker.documents.context import context_of
from worker.documents.package import deflate, read_members, write_package
from worker.documents.template_files import TemplateFiles, WorkbookTemplate
from worker.documents.word import compile_document

TEMPLATES = Path(__file__).parents[2] / "templates_docx"
HARD_HEADERS = ("Línea estratégica", 'Con "comillas" y <ángulos>', "VIGENCIA", "=SUMA(1)", "{{ x }}", "% ponderado")


SHOWN = {"VIGENCIA": "VIGENCIA (2)", "{{ x }}": "{ { x } }"}


def with_extras(headers: tuple[str, ...]) -> Plan:
    """The reference plan with the office's own columns; the second action lacks the last one."""
    plan = reference_plan()
    actions = tuple(
        dataclasses.replace(
            action,
            extras=tuple(
                (header, PlainText(f"{header} {action.number}"))
                for header in (headers[:-1] if action.number == "2" else headers)
            ),
        )
        for action in plan.actions
    )
    return dataclasses.replace(plan, actions=actions)


def datos(content: bytes) -> list[list[object]]:
    sheet = openpyxl.load_workbook(io.BytesIO(content))["Datos"]
    return [list(row) for row in sheet.iter_rows(values_only=True)]


@pytest.mark.parametrize("count", [0, 1, 2, 6])
def test_each_unknown_column_is_a_column_of_datos(
    count: int, validator_errors: Callable[[bytes, str], list[object]]
) -> None:
    headers = HARD_HEADERS[:count]
    plan = with_extras(headers) if count else reference_plan()
    content = TemplateFiles(TEMPLATES).of(DocumentKind.EXCEL).fill(context_of(report_of(plan)))
    rows = datos(content)
    assert rows[0][14:] == [SHOWN.get(header, header) for header in headers]
    for row, action in zip(rows[1:], plan.actions, strict=True):
        values = dict(action.extras)
        assert row[13] == action.qualitative_progress
        assert row[14:] == [values.get(header) for header in headers]
    table = openpyxl.load_workbook(io.BytesIO(content))["Datos"].tables["Acciones"]
    assert [column.name for column in table.tableColumns] == rows[0]
    assert validator_errors(content, "xlsx") == []


def test_a_template_without_a_place_for_other_columns_keeps_to_its_own() -> None:
    members = read_members((TEMPLATES / "plan_de_accion.xlsx").read_bytes())
    sheet = next(name for name, content in members.items() if b"accion.otros" in content)
    members[sheet] = members[sheet].replace(b"{{ accion.otros }}", b"-")
    template = WorkbookTemplate(write_package(deflate(name, content) for name, content in members.items()))
    rows = datos(template.fill(context_of(report_of(with_extras(HARD_HEADERS)))))
    assert len(rows[0]) == 15


def test_the_place_for_other_columns_must_be_the_last() -> None:
    members = read_members((TEMPLATES / "plan_de_accion.xlsx").read_bytes())
    sheet = next(name for name, content in members.items() if b"accion.otros" in content)
    members[sheet] = members[sheet].replace(b"{{ accion.indicador }}", b"{{ accion.otros }}")
    with pytest.raises(TemplateProblem) as caught:
        WorkbookTemplate(write_package(deflate(name, content) for name, content in members.items()))
    assert "Póngala de última" in caught.value.detail


def test_a_word_template_may_name_an_own_column() -> None:
    template = compile_document(changed("{{ accion.meta }}", "{{ accion.otros['Línea estratégica'] }}"))
    document = read_members(template.fill(context_of(report_of(with_extras(HARD_HEADERS)))))[DOCUMENT].decode()
    assert all(f">Línea estratégica {number}<" in document for number in range(1, 11))


@pytest.mark.parametrize("kind", list(DocumentKind)[:2])
def test_a_column_that_the_plan_does_not_bring_is_refused_by_name(kind: DocumentKind, tmp_path: Path) -> None:
    path = TEMPLATES / f"plan_de_accion.{kind.extension}"
    members = read_members(path.read_bytes())
    tag = b"{{ accion.otros['Eje'] }}"
    members = {name: content.replace(b"{{ accion.meta }}", tag) for name, content in members.items()}
    (tmp_path / path.name).write_bytes(write_package(deflate(name, content) for name, content in members.items()))
    with pytest.raises(TemplateProblem) as caught:
        TemplateFiles(tmp_path).of(kind).fill(context_of(report_of(with_extras(HARD_HEADERS))))
    assert "no trae" in caught.value.detail
