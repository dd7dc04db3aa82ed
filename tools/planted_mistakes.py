"""Mistakes that Folio must never make -> the tests that notice each of them, proved by making it.

`make planted` copies the sources, plants one mistake at a time into the copy and runs only the tests that are named for
it: they must be green without the mistake and red with it. A mistake whose place in the source is gone is a failure
too; `tests/house/test_planted_mistakes.py` says so with every run of the suite.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PROJECT: Final = Path(__file__).resolve().parents[1]
# What the tests of the copy need of the sources; the environment stays where it is.
_LEFT_OUT: Final = shutil.ignore_patterns(
    ".git", ".venv", ".*cache", ".hypothesis", "node_modules", "var", "__pycache__"
)
_READER: Final = "tests/unit/sheets/test_workbook_reader.py"
_GREEN, _RED = 0, 1


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrongly done, the text of the source that does it right and what stands there instead, and its tests."""

    name: str
    file: str
    right: str
    wrong: str
    tests: tuple[str, ...]


MISTAKES: Final = (
    Mistake(
        "no reconciler: what Redis forgets is never rung again",
        "service/reconciler.py",
        "    job_ids = rung.to_ring(due, waiting, now)\n",
        "    job_ids: tuple[str, ...] = ()\n",
        ("tests/integration/test_queue_bell.py::test_a_lost_message_is_rung_again",),
    ),
    Mistake(
        "no owner check: whoever lost the lease may finish all the same",
        "service/store/queue.py",
        '_jobs.owner == bindparam("taker"), ',
        "",
        ("tests/integration/test_queue.py::test_a_late_finisher_changes_nothing",),
    ),
    Mistake(
        "published before COMMIT: the worker hears of a job that is not there yet",
        "service/web/front.py",
        "            report_id=self.new_id(),\n",
        '            report_id=(new := self.new_id(), self.bell.ring([f"{new}.word"]))[0],\n',
        ("tests/integration/web/test_web_api.py::test_no_worker_hears_of_a_job_that_is_not_there_for_it",),
    ),
    Mistake(
        "the workbook's word on its size is taken, as openpyxl's read_only=True takes it",
        "service/sheets/workbook.py",
        "for row in sorted(rows) if rows[row]}",
        "for row in sorted(rows) if rows[row] "
        """and row <= int((re.search(rb'<dimension ref="[A-Z]+[0-9]+:[A-Z]+([0-9]+)"', part) or (0, 1e9))[1])}""",
        (f"{_READER}::test_rows_and_cells_in_any_order_and_a_false_dimension_lose_nothing",),
    ),
    Mistake(
        "a plain Jinja environment: no sandbox around a template",
        "worker/documents/template_language.py",
        "from jinja2.sandbox import ImmutableSandboxedEnvironment\n",
        "from jinja2 import Environment as ImmutableSandboxedEnvironment\n",
        ("tests/documents/test_template_checks.py::test_nothing_of_python_is_reached_even_past_the_allow_list",),
    ),
    Mistake(
        "LibreOffice with its default profile: a document fetches what it names",
        "worker/documents/libreoffice_bridge.py",
        "        for path, values in _HARDENED.items()\n",
        "        for path, values in dict[str, dict[str, str]]().items()\n",
        ("tests/documents/test_confined.py::test_settings_or_bounds_alone_hold_and_without_both_the_canaries_are_got",),
    ),
    Mistake(
        "LibreOffice without bounds: only its own settings keep it from the network and from other files",
        "worker/documents/confined.py",
        "    list(_bounds(Path(folder), Path(programs)))\n",
        "",
        ("tests/documents/test_confined.py::test_within_the_bounds_a_program_has_its_folder_and_nothing_else",),
    ),
    Mistake(
        "a guard that trusts the sizes that a package declares",
        "service/sheets/guard.py",
        "            if size > MAX_PART_BYTES:\n",
        "            if member.info.file_size > MAX_PART_BYTES:\n",
        ("tests/unit/sheets/test_guard.py::test_a_bomb_is_refused_by_what_comes_out_of_it_not_by_what_it_declares",),
    ),
    Mistake(
        "a route without rights: documents for whoever asks",
        "service/web/access.py",
        '    "api.document": _READS,\n',
        '    "api.document": Open.TO_ALL,\n',
        ("tests/integration/web/test_web_access.py::test_each_role_comes_through_its_doors_and_through_no_other",),
    ),
    Mistake(
        "a route that stands in no table is served",
        "service/web/access.py",
        '        return Problem(ProblemType.NOT_FOUND, "Esta dirección no existe. Revise que esté completa.")\n',
        "        return None\n",
        ("tests/integration/web/test_web_access.py::test_a_route_that_stands_in_no_table_is_served_to_nobody",),
    ),
)


def main() -> int:
    """Plant each mistake in turn; 0 when every one was noticed."""
    with tempfile.TemporaryDirectory(prefix="folio-planted-") as folder:
        copy = Path(folder) / "folio"
        shutil.copytree(PROJECT, copy, ignore=_LEFT_OUT, symlinks=True)
        unnoticed = [mistake.name for mistake in MISTAKES if not _is_noticed(mistake, copy)]
    print(f"\n{len(MISTAKES) - len(unnoticed)} of {len(MISTAKES)} planted mistakes turned a test red.")
    return 1 if unnoticed else 0


def _is_noticed(mistake: Mistake, copy: Path) -> bool:
    file = copy / mistake.file
    source = file.read_text("utf-8")
    if source.count(mistake.right) != 1:
        return _tell("its place in the source is gone", mistake)
    if _run(mistake, copy) != _GREEN:
        return _tell("its tests are not green without it", mistake)
    file.write_text(source.replace(mistake.right, mistake.wrong), "utf-8")
    try:
        outcome = _run(mistake, copy)
    finally:
        file.write_text(source, "utf-8")
    # Anything but failed tests, a source that cannot be imported for one, proves nothing.
    return _tell("red", mistake, is_good=True) if outcome == _RED else _tell(f"NOT NOTICED ({outcome})", mistake)


def _run(mistake: Mistake, copy: Path) -> int:
    quietly = ("-q", "-x", "-p", "no:cacheprovider")
    return subprocess.run(
        [sys.executable, "-B", "-m", "pytest", *quietly, *mistake.tests],
        cwd=copy,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    ).returncode


def _tell(outcome: str, mistake: Mistake, *, is_good: bool = False) -> bool:
    print(f"{outcome}: {mistake.name}", flush=True)
    return is_good


if __name__ == "__main__":
    sys.exit(main())
