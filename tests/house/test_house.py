"""The rules of the house that no tool checks by itself."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import service
import worker

PROJECT = Path(__file__).parents[2]
LONGEST_MODULE = 400
OF_THE_FRONT = ("argon2", "authlib", "flask", "flask_limiter", "flask_wtf", "gunicorn", "limits", "requests", "wtforms")


def tracked_files() -> list[Path]:
    listed = subprocess.run(
        # Whoever runs the tests may not be who made the clone; git minds, and need not here.
        ["git", "-c", "safe.directory=*", "ls-files", "-z"],
        cwd=PROJECT,
        check=True,
        capture_output=True,
        text=True,
    )
    files = [PROJECT / name for name in listed.stdout.split("\0") if name]
    return [file for file in files if file.is_file()]


def test_the_packages_service_and_worker_are_ours() -> None:
    assert Path(str(service.__file__)).parent == PROJECT / "service"
    assert Path(str(worker.__file__)).parent == PROJECT / "worker"


def test_the_import_contracts_are_kept() -> None:
    kept = subprocess.run(
        [
            sys.executable,
            "-c",
            "from importlinter.cli import lint_imports_command; lint_imports_command()",
            "--no-cache",
        ],
        cwd=PROJECT,
        env={"PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert kept.returncode == 0, kept.stdout


@pytest.mark.parametrize(
    "module", ["worker.app", "worker.tasks", "worker.render", "worker.documents.redline", "worker.generate"]
)
def test_the_worker_runs_with_all_that_is_the_fronts_uninstalled(module: str) -> None:
    without = f"import sys; sys.modules |= dict.fromkeys({OF_THE_FRONT}); import {module}"
    ended = subprocess.run([sys.executable, "-c", without], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr


def test_the_front_starts_without_what_it_may_never_need() -> None:
    """Each process of it pays for what it imports; who signs in elsewhere, and papers, are for those who use them."""
    named = ("authlib", "requests", "holidays", "pyhanko", "openpyxl", "lxml", "pypdf", "schemathesis")
    code = f"import sys, service.web.app; print(*sorted(set({named}) & set(sys.modules)))"
    ended = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert ended.stdout.split() == []


def test_no_tracked_file_names_a_package_registry_or_a_path_of_the_machine_it_was_written_on() -> None:
    # Put together here, so that this file does not name them either.
    hosts = [
        ".".join(words) for words in (("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("npmjs", "com"))
    ]
    paths = ["/".join(("", *words, "")) for words in (("work",), ("root",), ("opt", "pypi"))]
    unwanted = re.compile("|".join([*map(re.escape, hosts), *(rf"(?<![\w.]){re.escape(path)}" for path in paths)]))
    found = {
        f"{file.relative_to(PROJECT)}: {match.group()}"
        for file in tracked_files()
        for match in unwanted.finditer(file.read_bytes().decode("utf-8", "ignore"))
    }
    assert not found


def test_every_target_that_make_help_tells_is_in_the_readme() -> None:
    targets = re.findall(r"^(?!help)([a-z0-9-]+):.*  ## ", (PROJECT / "Makefile").read_text("utf-8"), re.MULTILINE)
    readme = (PROJECT / "README.md").read_text("utf-8")
    assert {"run", "test", "check"} < set(targets)
    assert [target for target in targets if f"make {target}" not in readme] == []


def test_a_module_past_400_lines_says_at_its_head_why_it_is_long() -> None:
    unexplained = []
    for file in tracked_files():
        # A file of tests is a list of claims, and may be a long one.
        if file.suffix != ".py" or file.is_relative_to(PROJECT / "tests"):
            continue
        source = file.read_text("utf-8")
        head = ast.get_docstring(ast.parse(source)) or ""
        if source.count("\n") > LONGEST_MODULE and "long because" not in head:
            unexplained.append(str(file.relative_to(PROJECT)))
    assert unexplained == []
