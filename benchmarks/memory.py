"""A plan of 10,000 actions -> a table of the most memory that each process ever holds that works on it.

Every document is written as a worker's process does it, by the task itself, in a new process that has done nothing
else: claimed from a store, written, held against its report, kept. The reader is the one that the front keeps.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.offices import Row, sound_rows, spoiled_rows, workbook_of
from benchmarks.redlines import a_quarter_later
from benchmarks.turns import keep_page, machine
from service.domain.archive import reading_to_json
from service.domain.reading import Accepted, Given, Reading, Rejected
from service.domain.reports import DocumentKind
from service.settings import PROJECT
from service.sheets.isolated import ReadingRoom
from service.store import Appended, Store, Upload, migrate, new_id, open_store

ACTIONS: Final = 10_000
# MiB.
LIMIT: Final = 150
RESULTS: Final = PROJECT / "benchmarks" / "results" / "memory.md"
HEAD: Final = ("| process | peak MiB | at most |", "|---|---:|---:|")
NAMES: Final = {
    DocumentKind.WORD: "writes and proves the Word",
    DocumentKind.EXCEL: "writes and proves the Excel",
    DocumentKind.CHANGES: "writes what changed since another report",
    DocumentKind.REDLINE: "writes the redline against another report",
    DocumentKind.FINDINGS: "marks the findings in the workbook",
    DocumentKind.NEXT_QUARTER: "makes the workbook of the next quarter",
}
# What a process of the worker has loaded before its first task, and the task.
_WORKER: Final = """
import sys
import celery.apps.worker, celery.concurrency.prefork, celery.worker.consumer, kombu.transport.redis
from worker.tasks import write_document
if len(sys.argv) > 1:
    write_document(sys.argv[1])
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""
_COMPARING: Final = (DocumentKind.CHANGES, DocumentKind.REDLINE)


@dataclass(frozen=True, slots=True)
class Peak:
    """The most memory that a process held at once, in MiB."""

    process: str
    mib: int

    def as_row(self) -> str:
        """A row of the table of results."""
        return f"| {self.process} | {self.mib} | {LIMIT} |"


def main() -> int:
    """Print the table as it grows, and keep it; 1 where a process takes more than it may."""
    lines = [
        f"# Memory for {ACTIONS:,} actions",
        "",
        f"{machine()}.",
        "The largest resident size that each process reached (VmHWM). Written by `python -m benchmarks.memory`.",
        "",
        *HEAD,
    ]
    measured = keep_page(RESULTS, lines, rows())
    return 0 if max(each.mib for each in measured) <= LIMIT else 1


def rows() -> Iterator[Peak]:
    """A measurement for each kind of process."""
    sound, spoiled = sound_rows(ACTIONS), spoiled_rows(ACTIONS)
    peak, _, _ = _read(spoiled)
    yield Peak("reads a workbook with something wrong in every third action", peak)
    peak, found, kept = _read(sound)
    yield Peak("reads a workbook with nothing wrong", peak)
    assert isinstance(found, Accepted), "a refused workbook costs less than a read one"
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/folio.db"
        migrate(url)
        store = open_store(url)
        one = _append(store, workbook_of(sound), found, kept)
        later = dataclasses.replace(found, plan=a_quarter_later(found.plan))
        other = _append(store, workbook_of(sound), later, json.dumps(reading_to_json(later)).encode())
        compared = store.request_documents(
            other.report.id, _COMPARING, one.report.id, now=dt.datetime.now(dt.UTC), by="benchmark"
        )
        yield Peak("a worker's process before its first task", _work(folder, url))
        store.close()
        for kind, name in NAMES.items():
            job_id = next(job for job in (*one.job_ids, *compared) if job.split(".")[1] == kind.value)
            yield Peak(name, _work(folder, url, job_id))


def _read(rows_of_plan: list[Row]) -> tuple[int, Reading, bytes]:
    """The peak of the reader, and what it answers."""
    others = _children()
    room = ReadingRoom()
    try:
        found, kept = room.read(workbook_of(rows_of_plan), Given())
        (reader,) = _children() - others
        status = Path(f"/proc/{reader}/status").read_text("utf-8")
    finally:
        room.close()
    return _mib(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))), found, kept


def _children() -> set[str]:
    tasks = Path(f"/proc/{os.getpid()}/task").iterdir()
    return {child for task in tasks for child in (task / "children").read_text("ascii").split()}


def _append(store: Store, content: bytes, found: Accepted | Rejected, kept: bytes) -> Appended:
    now = dt.datetime.now(dt.UTC)
    upload = Upload("plan.xlsx", content, hashlib.sha256(content).hexdigest(), now)
    kinds = tuple(kind for kind in NAMES if kind not in _COMPARING)
    appended = store.append_report(upload, found, kept, kinds, report_id=new_id(), now=now)
    assert isinstance(appended, Appended), "no key was given"
    return appended


def _work(folder: str, url: str, *job_ids: str) -> int:
    """The peak of a new process of the worker that does these jobs."""
    environment = {"PYTHONPATH": str(PROJECT), "FOLIO_DATA_DIR": folder, "DATABASE_URL": url, "LC_ALL": "C.UTF-8"}
    told = subprocess.run(
        [sys.executable, "-c", _WORKER, *job_ids], env=environment, capture_output=True, text=True, check=True
    )
    store = open_store(url)
    undone = set(job_ids) & set(store.due_jobs(dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)))
    store.close()
    assert not undone, told.stderr
    return _mib(told.stdout)


def _mib(kib: str) -> int:
    return round(int(kib) / 1024)


if __name__ == "__main__":
    sys.exit(main())
