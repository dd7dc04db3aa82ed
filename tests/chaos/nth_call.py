"""A step of the store's or the worker's -> the same step with its n-th call to the kernel failing, for every n.

A program of its own, because it forks and must be alone in its process: it prints a line of JSON for each step. Each
case has a database of its own. The step meets the failure, is asked for again with the same key by the process that
met it, as a client or a worker does, and then nothing may be missing, half there or twice.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import errno
import json
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from service.backup import back_up, restore
from service.domain.errors import ConversionFailed, StoreUnavailable
from service.domain.reports import DocumentKind
from service.seals import UnusableSecret, secret_in
from service.settings import Settings
from service.store import Appended, CannotCopy, Store, new_id, open_store
from service.store.engine import make_engine
from service.store.tables import documents, issued, jobs, reports
from tests.chaos.failing_calls import NotPossible, with_failing_call
from tests.chaos.invariants import HALF_WRITTEN, broken_promises
from tests.integration.samples import NOON, a_document, append, append_or_refuse
from worker.generate import write_whole

ERRORS: Final = (errno.EIO, errno.ENOSPC)
LEASE: Final = dt.timedelta(seconds=15)
WORD: Final = (DocumentKind.WORD,)
# No step makes so many calls: a loop that never comes to its end is a mistake of the test's.
MOST_CALLS: Final = 2000
# A folder is opened to be emptied, and that alone.
OF_REMOVALS: Final = ("unlink", "openat of .folio-")


def leave(_folder: Path) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Step:
    """What is done once, raising one of `expected` where it cannot; what must be there before; what must be after.

    `lay_out` puts files beside the database.
    """

    name: str
    prepare: Callable[[Store], None]
    do: Callable[[Path, dt.datetime], None]
    rows: dict[str, int]
    expected: tuple[type[Exception], ...] = (StoreUnavailable,)
    lay_out: Callable[[Path], None] = leave


@contextlib.contextmanager
def opened(folder: Path) -> Iterator[Store]:
    store = open_store(url_in(folder))
    try:
        yield store
    finally:
        store.close()


def url_in(folder: Path) -> str:
    return f"sqlite:///{folder}/folio.db"


def nothing(_store: Store) -> None:
    pass


def one_report(store: Store) -> None:
    append(store, kinds=WORD)


def accept(folder: Path, _now: dt.datetime) -> None:
    with opened(folder) as store:
        assert isinstance(append_or_refuse(store, key="a-key", kinds=WORD), Appended)


def issue(folder: Path, now: dt.datetime) -> None:
    with opened(folder) as store:
        (report,) = store.reports(1)
        store.issue(report.id, now=now, by="Oficina de Planeación")


def write(folder: Path, now: dt.datetime) -> None:
    """What a worker does with a job, whatever became of the worker before it."""
    with opened(folder) as store:
        for job_id in store.due_jobs(now):
            claim = store.claim(job_id, new_id(), now, LEASE)
            assert claim is not None
            assert store.finish(claim, a_document(claim.kind), now)


def put_back(folder: Path, now: dt.datetime) -> None:
    with opened(folder) as store:
        for job_id in store.due_jobs(now):
            claim = store.claim(job_id, new_id(), now, LEASE)
            assert claim is not None
            assert store.put_back(claim, ConversionFailed("El conversor se detuvo."), now + dt.timedelta(days=1))


def make_secret(folder: Path, _now: dt.datetime) -> None:
    assert len(secret_in(folder / "secret")) == 32


def copy(folder: Path, _now: dt.datetime) -> None:
    back_up(_settings(folder), folder / "copia.tar.gz", NOON)


def recover(folder: Path, _now: dt.datetime) -> None:
    """Into a folder that whoever failed before has emptied again, as the refusal asks for."""
    shutil.rmtree(folder / "otra", ignore_errors=True)
    restore(_settings(folder / "otra"), folder / "copia.tar.gz")


def _settings(folder: Path) -> Settings:
    return Settings.from_environment(FOLIO_DATA_DIR=str(folder))


def write_file(folder: Path, _now: dt.datetime) -> None:
    write_whole(folder / "ejemplo" / "informe.docx", b"a document")
    assert (folder / "ejemplo" / "informe.docx").read_bytes() == b"a document"


STEPS: Final = (
    Step("accept", nothing, accept, {"reports": 1, "jobs": 1}),
    Step("issue", one_report, issue, {"reports": 1, "issued": 1}),
    Step("claim and finish", one_report, write, {"documents": 1}),
    Step("claim and put back", one_report, put_back, {"documents": 0}),
    Step("make the secret", nothing, make_secret, {}, (UnusableSecret,)),
    Step("back up", one_report, copy, {"reports": 1}, (CannotCopy,)),
    Step("restore", one_report, recover, {"reports": 1}, (CannotCopy,), lambda folder: copy(folder, NOON)),
    Step("write a file", nothing, write_file, {}, (OSError,)),
)


def tried(step: Step, folder: Path) -> Callable[[], None]:
    """The step, and where it is refused as it should be, the step again: somewhat later, since a lease may stand."""

    def work() -> None:
        try:
            step.do(folder, NOON)
        except step.expected:
            step.do(folder, NOON + 2 * LEASE)

    return work


def every_failure(step: Step, migrated: Path, first: int, stride: int) -> dict[str, object]:
    """Fail every `stride`-th call of the step, from the `first` on, until none is left to fail; what was found."""
    broken: list[str] = []
    failed: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(prefix="folio-nth-") as whole:
        base = Path(whole) / "base"
        base.mkdir()
        shutil.copy(migrated, base / "folio.db")
        with opened(base) as store:
            step.prepare(store)
            accepted = [report.id for report in store.reports(10)]
        step.lay_out(base)
        number = first
        while number < MOST_CALLS:
            case = Path(whole) / str(number)
            shutil.copytree(base, case)
            fate = with_failing_call(tried(step, case), number, ERRORS[number % len(ERRORS)], case)
            if fate.exit_code:
                broken.append(f"call {number}, {fate.failed}: {fate.said}")
            found = not_as_promised(step, case, accepted)
            if fate.failed and fate.failed.startswith(OF_REMOVALS):
                # What the kernel would not remove is still there.
                found = [each for each in found if not each.endswith(HALF_WRITTEN)]
            broken += [f"call {number}, {fate.failed}: {each}" for each in found]
            shutil.rmtree(case)
            if fate.failed is None:
                break
            failed[fate.failed.partition(" ")[0]] += 1
            number += stride
    return {"step": step.name, "cases": failed.total(), "calls": dict(failed), "broken": broken}


def not_as_promised(step: Step, folder: Path, accepted: list[str]) -> list[str]:
    found = [
        each
        for database in sorted(folder.rglob("folio.db"))
        for each in broken_promises(url_in(database.parent), accepted, folder)
    ]
    engine = make_engine(url_in(folder))
    tables = {"reports": reports, "issued": issued, "jobs": jobs, "documents": documents}
    with engine.connect() as connection:
        for name, expected in step.rows.items():
            there = connection.execute(sa.select(sa.func.count()).select_from(tables[name])).scalar_one()
            if there != expected:
                found.append(f"of {name} there are {there} and not {expected}")
    engine.dispose()
    return found


def main(migrated: Path, first: int, stride: int) -> None:
    for step in STEPS:
        try:
            told = every_failure(step, migrated, first, stride)
        except NotPossible as reason:
            told = {"step": step.name, "impossible": str(reason)}
        print(json.dumps(told), flush=True)  # noqa: T201 the test reads it


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
