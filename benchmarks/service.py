"""Uploads from several clients at once -> a table of what a whole Folio takes, from the upload to its documents.

Folio runs as `folio serve` starts it, with two worker processes and every commit synced; each client keeps its
connection and waits for each report before it sends the next. The workbook is the example, other in one text each time,
so that nothing is known already. Whoever measures shares the cores with what is measured.
"""

from __future__ import annotations

import collections
import contextlib
import dataclasses
import datetime as dt
import multiprocessing
import os
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any, Final, Self

from sqlalchemy import func, select

from benchmarks.peers.over_http import served_by_jsreport
from benchmarks.peers.processes import MissingPeer, fetch, release_of
from benchmarks.service_clients import Report, Sender
from benchmarks.turns import machine
from service.domain.people import FIRST_OFFICE, Role
from service.settings import PROJECT
from service.store import new_id, new_token, open_store
from service.store.engine import make_engine
from service.store.tables import Instant, jobs
from tests.integration.served import Folio, a_free_port
from tests.plans import reference_plan, report_of
from worker.documents.context import context_of

RESULTS: Final = PROJECT / "benchmarks" / "results" / "service.md"
CLIENTS: Final = 4
WORKERS: Final = 2
WARM_UP_SECONDS: Final = 6.0
SECONDS: Final = 15.0
WHOLE_REPORTS: Final = 12
# Workbooks that a client makes before the clock starts.
READY_MADE: Final = 600

# What the job may take: milliseconds from the accepted upload to both documents, reports a second; seconds of a whole.
MOST_P50: Final = 40
MOST_P95: Final = 90
LEAST_A_SECOND: Final = 60
MOST_WHOLE: Final = 0.6

# Whose CPU a process's is, by what stands in its command line, the first that fits.
_PARTS: Final = {
    "service.sheets.isolated": "reader",
    "service.web.wsgi": "front",
    "worker.app": "worker",
    "valkey": "queue's server",
    "service.reconciler": "reconciler",
    "soffice": "LibreOffice",
    "libreoffice": "LibreOffice",
}


@dataclasses.dataclass(frozen=True, slots=True)
class Outcome:
    """What a run took: its reports, and the CPU milliseconds for each of them by part of Folio.

    `told` are the milliseconds from the last document's being handed to the database until its client knew of it.
    """

    reports: tuple[Report, ...]
    told: tuple[float, ...]
    seconds: float
    cpu: dict[str, float]
    commits: str

    @property
    def a_second(self) -> float:
        """Reports done in a second."""
        return len(self.reports) / self.seconds


def main() -> int:
    """Print what was measured and keep it; 1 where the job takes too long."""
    with served() as (folio, token):
        outcome, whole = job(folio, token), whole_reports(folio, token)
    beside, is_there = _beside()
    lines = [
        "# The service, from the upload to the documents over HTTP",
        "",
        f"{machine()}.",
        f"`folio serve`, {WORKERS} worker processes, {CLIENTS} clients, {SECONDS:g} s; Word and Excel of the example.",
        "Written by `python -m benchmarks.service`.",
        "",
        *rows_of(outcome, whole),
        "",
        beside,
    ]
    print("\n".join(lines))
    RESULTS.write_text("\n".join([*lines, ""]), "utf-8")
    return 0 if is_within(outcome, whole) and is_there else 1


def _beside() -> tuple[str, bool]:
    """What jsreport does for as many clients, a Word for each request and nothing kept of it; whether it was there."""
    try:
        fetch()
        served_by_it = served_by_jsreport(context_of(report_of(reference_plan())), SECONDS)
    except MissingPeer as problem:
        return f"**Missing:** {problem}", False
    return (
        f"{release_of('jsreport')}, its docx recipe over HTTP, as many clients and workers, nothing kept: "
        f"{served_by_it.per_second:.1f} Word files a second, p50 {served_by_it.median:.0f} ms, "
        f"p95 {served_by_it.p95:.0f} ms."
    ), True


def is_within(outcome: Outcome, whole: list[float]) -> bool:
    """Whether nothing takes longer than it may."""
    ready = [each.ready for each in outcome.reports]
    is_quick = _quantile(ready, 50) <= MOST_P50 and _quantile(ready, 95) <= MOST_P95
    return is_quick and outcome.a_second >= LEAST_A_SECOND and statistics.median(whole) <= MOST_WHOLE


def rows_of(outcome: Outcome, whole: list[float]) -> list[str]:
    """What was measured, as Markdown."""
    of_each = {
        "the upload's own answer": [each.answered for each in outcome.reports],
        "accepted, until the client knows that both are there": [each.known for each in outcome.reports],
        "accepted, until both are fetched": [each.ready for each in outcome.reports],
        "of these from the start of the last commit until the client knows": list(outcome.told),
    }
    total = sum(outcome.cpu.values())
    return [
        f"{outcome.a_second:.1f} reports a second; {outcome.commits}.",
        "",
        "| milliseconds | p50 | p95 | p99 |",
        "|---|---:|---:|---:|",
        *(
            f"| {name} | {' | '.join(f'{_quantile(spent, percent):.0f}' for percent in (50, 95, 99))} |"
            for name, spent in of_each.items()
        ),
        "",
        "| CPU for a report | ms |",
        "|---|---:|",
        *(f"| {part} | {spent:.1f} |" for part, spent in sorted(outcome.cpu.items(), key=lambda each: -each[1])),
        f"| together | {total:.1f} |",
        "",
        f"With the PDF, one after another: {statistics.median(whole):.2f} s until all are there ({_range(whole)}).",
    ]


@contextlib.contextmanager
def served() -> Iterator[tuple[Folio, str]]:
    """A Folio whose data are in a folder of its own, the example written, and a token that may upload."""
    with tempfile.TemporaryDirectory(prefix="folio-") as folder:
        folio = Folio(Path(folder) / "data", a_free_port(), environment={"FOLIO_WORKERS": str(WORKERS)})
        try:
            folio.start()
            folio.example()
            yield folio, _token(folio)
            folio.end(signal.SIGTERM)
        finally:
            folio.kill()


def job(folio: Folio, token: str) -> Outcome:
    """Clients that send one workbook after another, for so long."""
    context = multiprocessing.get_context("fork")
    over, came = context.Event(), context.SimpleQueue()
    clients = [
        context.Process(target=_keep_sending, args=(folio.port, token, f"client-{number}", over, came), daemon=True)
        for number in range(CLIENTS)
    ]
    for client in clients:
        client.start()
    time.sleep(WARM_UP_SECONDS)
    began, before = time.monotonic(), Spent.of(folio)
    time.sleep(SECONDS)
    ended, after = time.monotonic(), Spent.of(folio)
    over.set()
    reports = [report for _ in clients for report in came.get()]
    for client in clients:
        client.join()
    within = tuple(report for report in reports if began <= report.at < ended)
    cpu = {part: spent / max(len(within), 1) for part, spent in after.since(before).items()}
    return Outcome(within, _told(folio, within), ended - began, cpu, _commits(folio))


def whole_reports(folio: Folio, token: str) -> list[float]:
    """Seconds from each upload until its Word, Excel and PDF have been fetched, LibreOffice being warm."""
    sender = Sender(folio.port, token, "whole", "word,excel,pdf")
    spent = []
    for _ in range(WHOLE_REPORTS):
        report = sender.send()
        spent.append((report.answered + report.ready) / 1000)
    # Each worker process starts its own LibreOffice.
    return sorted(spent[WHOLE_REPORTS // 3 :])


def _keep_sending(port: int, token: str, name: str, over: Event, came: Any) -> None:
    sender, reports = Sender(port, token, name, "word,excel", READY_MADE), []
    while not over.is_set():
        reports.append(sender.send())
    came.put(reports)


@dataclasses.dataclass(frozen=True, slots=True)
class Spent:
    """The CPU milliseconds of each process of a Folio."""

    by_process: dict[int, tuple[str, float]]

    @classmethod
    def of(cls, folio: Folio) -> Self:
        """As they are by now."""
        assert folio.process is not None
        parents, found = {}, {}
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            with contextlib.suppress(OSError):
                after_name = (entry / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
                pid = int(entry.name)
                parents[pid] = int(after_name[1])
                ticks = int(after_name[11]) + int(after_name[12])
                part = next((name for sign, name in _PARTS.items() if sign in command), "others")
                found[pid] = (part, 1000 * ticks / os.sysconf("SC_CLK_TCK"))
        return cls({pid: said for pid, said in found.items() if _descends(pid, folio.process.pid, parents)})

    def since(self, before: Self) -> dict[str, float]:
        """What each part has spent since then."""
        spent: dict[str, float] = collections.defaultdict(float)
        for pid, (part, now) in self.by_process.items():
            spent[part] += now - before.by_process.get(pid, ("", 0.0))[1]
        return dict(spent)


def _descends(pid: int, from_pid: int, parents: dict[int, int]) -> bool:
    while pid in parents and pid != from_pid:
        pid = parents[pid]
    return pid == from_pid


def _commits(folio: Folio) -> str:
    """What the database says of its commits, asked as every part of Folio opens it."""
    engine = make_engine(f"sqlite:///{folio.data}/folio.db")
    with engine.connect() as connection:
        journal = connection.exec_driver_sql("PRAGMA journal_mode").scalar_one()
        synchronous = connection.exec_driver_sql("PRAGMA synchronous").scalar_one()
    engine.dispose()
    named = {0: "OFF", 1: "NORMAL", 2: "FULL", 3: "EXTRA"}[synchronous]
    return f"SQLite, journal {journal.upper()}, synchronous {named}: every commit is synced before it is answered"


def _told(folio: Folio, reports: tuple[Report, ...]) -> tuple[float, ...]:
    engine = make_engine(f"sqlite:///{folio.data}/folio.db")
    last = select(jobs.c.report_id, func.max(jobs.c.finished_at, type_=Instant)).group_by(jobs.c.report_id)
    with engine.connect() as connection:
        kept = {report_id: at.timestamp() for report_id, at in connection.execute(last)}
    engine.dispose()
    return tuple(1000 * (report.known_at - kept[report.id]) for report in reports)


def _token(folio: Folio) -> str:
    secret, now = new_token(), dt.datetime.now(dt.UTC)
    store = open_store(f"sqlite:///{folio.data}/folio.db")
    store.make_token(
        new_id(), secret, "Medición", Role.PREPARES, FIRST_OFFICE, None, now=now, expires_at=None, by="Medición"
    )
    store.close()
    return secret


def _range(seconds: list[float]) -> str:
    return f"{min(seconds):.2f}-{max(seconds):.2f}"


def _quantile(values: list[float], percent: int) -> float:
    return statistics.quantiles(values, n=100)[percent - 1]


if __name__ == "__main__":
    sys.exit(main())
