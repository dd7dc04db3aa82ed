"""A reading that is kept as bytes comes back as it was, whatever the office calls its own columns."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from service.domain.archive import reading_from_json, reading_of, reading_to_json
from service.domain.reading import Accepted, Unreadable
from service.domain.values import PlainText
from tests.integration.samples import accepted


def _with_column(header: str) -> Accepted:
    found = accepted()
    actions = tuple(replace(action, extras=((header, PlainText("algo")),)) for action in found.plan.actions)
    return replace(found, plan=replace(found.plan, actions=actions))


@pytest.mark.parametrize(
    "header", ["Observaciones", "source", "extras", "qualitative_progress", "sheet", "actions", ""]
)
def test_a_kept_reading_comes_back_as_it_was(header: str) -> None:
    found = _with_column(header)
    kept = json.dumps(reading_to_json(found), ensure_ascii=False).encode()
    assert reading_of(kept) == found == reading_from_json(json.loads(kept))


def test_a_kept_refusal_comes_back_as_it_was() -> None:
    found = Unreadable(accepted().findings)
    assert reading_of(json.dumps(reading_to_json(found))) == found
