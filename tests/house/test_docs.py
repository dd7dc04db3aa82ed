"""The developers' pages name modules and classes that exist."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import get_args

import click
import pytest

from benchmarks import summary
from service.cli.folio import folio
from service.readiness import Status

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


OPERATING = (ROOT / "docs" / "operacion.md").read_text("utf-8")


def test_every_order_in_the_page_of_operation_exists_with_its_options() -> None:
    told = re.findall(r"^ *folio (.+?)(?:  #|$)|`folio ([^`]+)`", OPERATING, re.MULTILINE)
    assert len(told) > 10
    for line in map("".join, told):
        command: click.Command = folio
        words = line.split()
        while words and isinstance(command, click.Group) and words[0] in command.commands:
            command = command.commands[words.pop(0)]
        assert command is not folio, line
        assert not (words and isinstance(command, click.Group)), line
        known = {name for parameter in command.params for name in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= known, line


def test_every_setting_and_target_in_the_page_of_operation_exists() -> None:
    documented = set(re.findall(r"^#? ?([A-Z_]+)=", (ROOT / ".env.example").read_text("utf-8"), re.MULTILINE))
    assert set(re.findall(r"\b(FOLIO_[A-Z_]+|TRUSTED_HOSTS|[A-Z]+_URL)\b", OPERATING)) <= documented
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    assert set(re.findall(r"`make ([a-z-]+)`", OPERATING)) <= targets


def test_every_metric_is_explained_and_none_that_there_is_not() -> None:
    code = (ROOT / "service" / "metrics.py").read_text("utf-8")
    made = set(re.findall(r'"(folio_[a-z_]+)"', code))
    counters = {f"{name}_total" for name in re.findall(r'Counter\(\s*"(folio_[a-z_]+)"', code)}
    served = {name for name in made if f"{name}_total" not in counters} | counters
    assert len(served) > 9
    assert set(re.findall(r"`(folio_[a-z_]+)`", OPERATING)) == served


def test_the_statuses_of_readiness_are_explained() -> None:
    table = OPERATING.partition("## Saber cómo está")[2].partition("## ")[0]
    assert set(re.findall(r"^\| `([a-z]+)`", table, re.MULTILINE)) - {"status"} == set(get_args(Status))


def test_the_readme_shows_what_the_pages_of_results_say() -> None:
    assert summary.is_shown(), "python -m benchmarks writes it"
