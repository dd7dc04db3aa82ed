"""A reading that is kept as bytes comes back as it was, whatever the office calls its own columns."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from service.domain.archive import (
    corrections_of,
    reading_from_json,
    reading_of,
    reading_to_json,
    reading_to_keep,
    told,
)
from service.domain.corrections import Correction
from service.domain.findings import CellRef
from service.domain.reading import Accepted, Unreadable
from service.domain.values import PlainText
from tests.integration.samples import accepted


def _with_column(header: str) -> Accepted:
    found = accepted()
    actions = tuple(replace(action, extras=((header, PlainText("algo")),)) for action in found.plan.actions)
    return replace(found, plan=replace(found.plan, actions=actions))


@pytest.mark.parametrize(
    "header", ["Observaciones", "source", "extras", "qualitative_progress", "sheet", "actions", "severity", ""]
)
def test_a_kept_reading_comes_back_as_it_was(header: str) -> None:
    found = _with_column(header)
    kept = json.dumps(reading_to_json(found), ensure_ascii=False).encode()
    assert reading_of(kept) == found == reading_from_json(json.loads(kept))


def test_a_reading_is_kept_in_the_shape_that_is_shown() -> None:
    found = replace(_with_column("severity"), corrections=(Correction(CellRef("Plan", "K6"), "Dos", "Cero"),))
    kept = reading_to_keep(found)
    assert kept.decode() == json.dumps(reading_to_json(found), ensure_ascii=False, separators=(",", ":"))
    assert corrections_of(kept) == found.corrections
    with pytest.raises(TypeError, match="object is told by no JSON"):
        json.dumps({"a": object()}, default=told)


def test_what_is_said_in_the_words_of_another_plan_is_the_same_text() -> None:
    found = accepted()
    shared = reading_of(reading_to_keep(found), like=found.plan)
    assert shared == found
    assert isinstance(shared, Accepted)
    assert shared.plan.actions[0].action is found.plan.actions[0].action


def test_a_kept_refusal_comes_back_as_it_was() -> None:
    found = Unreadable(accepted().findings)
    assert reading_of(json.dumps(reading_to_json(found))) == found
