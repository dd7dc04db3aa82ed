"""docs/security.md names tests that exist and limits that are so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from service.sheets.guard import MAX_MEMBERS, MAX_NAME, MAX_PACKAGE_BYTES, MAX_PART_BYTES
from service.sheets.parsed import MAX_CELLS, MAX_CHARACTERS, MAX_MERGES, MAX_SHEETS
from service.web.limits import MAX_UPLOAD_BYTES
from worker.documents import template_guard

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text("utf-8")
NAMED = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)
ROWS = re.findall(r"^\| (\d+\.\d+\.\d+)[^|]*\| (\w+) \|[^|]*\|([^|]*)\|$", PAGE, re.MULTILINE)
MIB = 1024 * 1024


@pytest.mark.parametrize(("path", "name"), sorted(set(NAMED)))
def test_a_test_that_is_named_exists(path: str, name: str) -> None:
    assert re.search(rf"^def {name}\(", (ROOT / path).read_text("utf-8"), re.MULTILINE)


def test_what_is_said_to_hold_names_what_holds_it_to_that() -> None:
    assert len(ROWS) > 50
    assert {holds for _, holds, _ in ROWS} == {"yes", "part", "no"}
    assert [item for item, holds, tests in ROWS if holds == "yes" and "::" not in tests] == []


def test_the_limits_that_are_told_are_those_of_the_code() -> None:
    told = [
        f"{MAX_UPLOAD_BYTES // MIB} MB; inside {MAX_PART_BYTES // MIB} MB a part, {MAX_PACKAGE_BYTES // MIB} MB in all",
        f"{MAX_MEMBERS:,} parts, names of {MAX_NAME} letters",
        f"{MAX_CELLS:,} cells, {MAX_MERGES:,} merges, {MAX_SHEETS} sheets",
        f"{MAX_CHARACTERS // 1_000_000} million characters",
        f"{template_guard.MAX_BYTES // MIB} MB inside, {template_guard.MAX_MEMBERS:,} parts",
    ]

    assert [each for each in told if each not in PAGE] == []


@pytest.mark.parametrize("lock", sorted((ROOT / "requirements").glob("*.lock")), ids=lambda lock: lock.name)
def test_every_package_is_pinned_with_its_hash(lock: Path) -> None:
    text = lock.read_text("utf-8").replace("\\\n", " ")
    packages = [line for line in text.splitlines() if line and not line.startswith("#")]

    assert packages
    assert [line[:60] for line in packages if "==" not in line or "--hash=sha256:" not in line] == []
