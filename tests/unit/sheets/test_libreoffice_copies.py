"""What LibreOffice saves is the other half of what offices upload: shared strings, its own styles and formats."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from service.domain.reading import Accepted, Given
from service.sheets.intake import read_plan
from tests.plans import printed_rows, reference_rows
from tests.unit.sheets.office import EXAMPLE, EXAMPLE_BY_PAGES, action, office_book

# Without "_x0041_": LibreOffice 7.4 saves it as the letters it is, 25.2 as the "A" that it stands for.
HARD = "«R&D» <eficaz> {{ x }} tab\tulado 💧\nlínea  dos "


@pytest.fixture(scope="module")
def copies(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with copies, saved by LibreOffice, of the examples and of a plan of hard texts."""
    folder = tmp_path_factory.mktemp("libreoffice")
    written = folder / "written"
    written.mkdir()
    for example in (EXAMPLE, EXAMPLE_BY_PAGES):
        shutil.copy(example, written)
    (written / "hard.xlsx").write_bytes(office_book([action(1, K=HARD, F="25 %"), action(2, F=1234.5)]))
    command = [
        "soffice",
        "--headless",
        f"-env:UserInstallation={(folder / 'profile').as_uri()}",
        "--convert-to",
        "xlsx",
    ]
    files = [str(path) for path in sorted(written.iterdir())]
    subprocess.run([*command, "--outdir", str(folder), *files], check=True, capture_output=True, timeout=120)
    return folder


@pytest.mark.parametrize("example", [EXAMPLE, EXAMPLE_BY_PAGES], ids=["plain", "by pages"])
def test_a_copy_of_the_example_is_the_same_plan(copies: Path, example: Path) -> None:
    original, copy = (read_plan(path.read_bytes(), Given()) for path in (example, copies / example.name))
    assert isinstance(copy, Accepted)
    assert copy == original
    assert printed_rows(copy.plan) == reference_rows()


def test_a_copy_of_hard_texts_keeps_every_letter(copies: Path) -> None:
    reading = read_plan((copies / "hard.xlsx").read_bytes(), Given())
    assert isinstance(reading, Accepted)
    first, second = reading.plan.actions
    assert first.qualitative_progress == HARD
    assert [action_.target.printed for action_ in (first, second) if action_.target] == ["25 %", "1.234,5"]
