"""The developers' pages name modules and classes that exist."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md"), *ROOT.glob("*/README.md")])
MODULES = sorted(
    {name for page in PAGES for name in re.findall(r"`((?:service|worker)(?:\.\w+)+)`", page.read_text("utf-8"))}
)


@pytest.mark.parametrize("name", MODULES)
def test_a_module_or_name_in_the_docs_exists(name: str) -> None:
    try:
        importlib.import_module(name)
    except ModuleNotFoundError:
        module, _, attribute = name.rpartition(".")
        assert hasattr(importlib.import_module(module), attribute), name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_and_pictures_in_the_docs_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text("utf-8")):
        assert (page.parent / target).exists(), target


def test_the_data_flow_names_only_types_that_the_code_has() -> None:
    code = "\n".join(
        path.read_text("utf-8") for folder in ("service", "worker") for path in (ROOT / folder).rglob("*.py")
    )
    named = set(re.findall(r"`([A-Z][A-Za-z]+)`", (ROOT / "docs" / "data-flow.md").read_text("utf-8")))
    missing = {name for name in named if not re.search(rf"^class {name}\b|^{name} = ", code, re.MULTILINE)}
    assert missing == set()
