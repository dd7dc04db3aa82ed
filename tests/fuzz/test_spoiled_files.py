"""Spoiled files, the same ones every time: a few seconds of what `make fuzz` does for as long as it is let."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzz.mutations import mutated
from tests.unit.sheets.office import EXAMPLE

PROJECT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("target", "tries", "memory"),
    [("guard", 600, 512), ("reader", 300, 512), ("template", 80, 1024), ("papers", 120, 1024)],
)
def test_whatever_is_spoiled_is_read_or_refused_and_never_a_surprise(target: str, tries: int, memory: int) -> None:
    command = [sys.executable, "-m", "tests.fuzz.run", target, "--tries", str(tries), "--memory", str(memory)]

    done = subprocess.run(
        [*command, "--seconds", "240"], cwd=PROJECT, capture_output=True, text=True, check=False, timeout=280
    )

    assert (done.returncode, done.stdout) == (0, f"{target}: {tries} files, none a surprise\n"), done.stderr[-3_000:]


def test_a_number_spoils_a_file_in_one_way_and_another_number_in_another() -> None:
    good = EXAMPLE.read_bytes()
    spoiled = {mutated(seed, good) for seed in range(50)}

    assert spoiled == {mutated(seed, good) for seed in range(50)}
    assert len(spoiled) == 50
    assert good not in spoiled
