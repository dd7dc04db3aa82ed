"""How tall the rows of a report are: as each of their cells says for itself, and each text is measured once."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.domain.typography import lines_in_rooms
from service.settings import PROJECT
from tests.plans import generated_plan, report_of
from worker.documents import sheet_heights
from worker.documents.context import context_of
from worker.documents.excel import CompiledWorkbook, compile_workbook
from worker.documents.sheet_heights import tall_rows
from worker.documents.sheet_rows import ModelRow

COMPILED: CompiledWorkbook = compile_workbook((PROJECT / "templates_docx" / "plan_de_accion.xlsx").read_bytes())
MODELS: list[ModelRow] = [sheet.model for sheet in COMPILED.sheets if sheet.model]


@settings(max_examples=20)
@given(st.integers(0, 10_000), st.integers(0, 12))
def test_a_row_is_as_tall_as_the_tallest_of_its_cells(seed: int, actions: int) -> None:
    context = context_of(report_of(generated_plan(actions, seed)))
    tall = tall_rows(MODELS, context.plan, context.acciones, COMPILED.heights)
    assert len(tall) == len(MODELS)
    for model, heights in zip(MODELS, tall, strict=True):
        assert heights == [
            max([model.least_height, *(cell.setting.height(cell.shown(context.plan, names)) for cell in model.cells)])
            for names in context.acciones
        ]


def test_a_text_is_measured_once_however_many_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    measured: Counter[str] = Counter()

    def counted(text: str, *args: Any, **named: Any) -> list[int]:
        measured[text] += 1
        return lines_in_rooms(text, *args, **named)

    monkeypatch.setattr(sheet_heights, "_REMEMBERED", 3)
    monkeypatch.setattr(sheet_heights, "lines_in_rooms", counted)
    context = context_of(report_of(generated_plan(20, seed=77)))
    tall_rows(MODELS, context.plan, context.acciones, COMPILED.heights)
    told = {str(names["avance_cualitativo"]) for names in context.acciones}
    assert len(told) == len(context.acciones) > 1
    assert {measured[text] for text in told} == {1}
