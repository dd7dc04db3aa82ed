"""The mistakes that `make planted` plants still have their place in the source, and their tests are there."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

PROJECT = Path(__file__).parents[2]


def planted() -> ModuleType:
    spec = importlib.util.spec_from_file_location("planted_mistakes", PROJECT / "tools" / "planted_mistakes.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("mistake", planted().MISTAKES, ids=lambda mistake: mistake.name.partition(":")[0])
def test_a_planted_mistake_has_its_place_and_its_tests(mistake: Any) -> None:
    assert (PROJECT / mistake.file).read_text("utf-8").count(mistake.right) == 1
    assert mistake.wrong != mistake.right
    for test in mistake.tests:
        file, _, name = test.partition("::")
        assert re.search(rf"^def {name}\(", (PROJECT / file).read_text("utf-8"), re.MULTILINE), test
