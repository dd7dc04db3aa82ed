"""Every layout of the corpus is read exactly, as it was built and as LibreOffice saves it in three formats."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from service.domain.archive import plan_to_json
from service.domain.findings import Finding, Severity
from service.domain.reading import Accepted
from service.sheets.intake import read_plan
from tests.corpus.layouts import LAYOUTS, Layout
from tests.corpus.table import PAGE, variants

EXPECTED = Path(__file__).parent / "expected"
CONVERTED = ("xlsx", "ods", "xls")
SPREADSHEETS = [name for name, layout in LAYOUTS.items() if layout.suffix == ".xlsx"]

# What the rules say of the values has tests of its own; here stands what the reader says of the sheet.
READER = re.compile(r"(?:FILE|TABLE|COLUMN|CELL)_\d+|(?:ROW|DATE|TARGET)_00\d|PLAN_0[01]\d|TEXT_00[12]")


def expected(name: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((EXPECTED / f"{name}.json").read_text("utf-8"))
    return read


def said(findings: tuple[Finding, ...]) -> list[str]:
    places = [(finding.code.name, finding.place) for finding in findings]
    return [
        f"{name} {place.sheet if place else ''}!{place.cell if place else ''}"
        for name, place in places
        if READER.fullmatch(name)
    ]


def check(layout: Layout, content: bytes, wanted: dict[str, Any]) -> None:
    reading = read_plan(content, layout.given)
    errors = [finding.message for finding in reading.findings if finding.severity is Severity.ERROR]
    assert errors == []
    assert isinstance(reading, Accepted)
    assert plan_to_json(reading.plan.as_draft()) == wanted["plan"]
    assert said(reading.findings) == wanted["said"]


@pytest.mark.parametrize("name", LAYOUTS)
def test_the_layout_is_read_as_a_person_would(name: str) -> None:
    check(LAYOUTS[name], LAYOUTS[name].build(), expected(name))


@pytest.fixture(scope="module")
def copies(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for each format with the copies of all layouts that LibreOffice saved in it."""
    folder = tmp_path_factory.mktemp("corpus")
    written = folder / "written"
    written.mkdir()
    for name in SPREADSHEETS:
        (written / f"{name}.xlsx").write_bytes(LAYOUTS[name].build())
    files = [str(path) for path in sorted(written.iterdir())]
    for suffix in CONVERTED:
        profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
        command = ["soffice", "--headless", profile, "--convert-to", suffix, "--outdir", str(folder / suffix), *files]
        subprocess.run(command, check=True, capture_output=True, timeout=240)
    return folder


@pytest.mark.parametrize("suffix", CONVERTED)
@pytest.mark.parametrize("name", SPREADSHEETS)
def test_a_copy_by_libreoffice_is_the_same_plan(copies: Path, name: str, suffix: str) -> None:
    check(LAYOUTS[name], (copies / suffix / f"{name}.{suffix}").read_bytes(), expected(name))


def test_every_expected_plan_has_its_layout_and_there_are_enough() -> None:
    assert {path.stem for path in EXPECTED.iterdir()} == set(LAYOUTS)
    assert len(LAYOUTS) >= 25


def test_the_table_of_variants_is_the_corpus() -> None:
    assert PAGE.read_text("utf-8") == variants()
