"""What a report costs each program and the database, from its upload to its documents: docs/scale.md counts on it.

Everything runs as in production, on PostgreSQL, and is paid in CPU time, which a busy machine changes little: that of
all processes of a program, children included, divided by the reports. `python -m benchmarks.capacity` writes the
results.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psycopg

from benchmarks.turns import machine
from service.settings import PROJECT
from service.store import migrate, open_store
from tests.integration.served import a_free_port
from tests.integration.servers import Processes, RedisServer, postgresql_server, wait_until
from tests.web import Client

REPORTS: Final = 150
AT_ONCE: Final = 4
RESULTS: Final = PROJECT / "benchmarks" / "results" / "capacity.md"
_TICKS: Final = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Costs:
    """CPU milliseconds of each program for one report, and the bytes that it leaves in the database."""

    programs: dict[str, float]
    stored: float


def main() -> None:
    """Measure a report with the usual documents, and one with its PDF too."""
    with tempfile.TemporaryDirectory(prefix="folio-capacity-") as folder, postgresql_server() as server:
        rows = {kinds: measure(f"{server}/postgres", Path(folder), kinds, number) for kinds, number in CASES.items()}
    names = list(next(iter(rows.values())).programs)
    lines = [
        "# What a report costs\n",
        f"{machine()}, PostgreSQL.",
        "The example's ten actions; CPU milliseconds of",
        "all processes of each program for one report, uploaded over HTTP until its documents are there. Written by",
        "`python -m benchmarks.capacity`.\n",
        f"| documents | {' | '.join(names)} | all | left in the database, kB |",
        f"|---|{'---:|' * (len(names) + 2)}",
    ]
    for kinds, costs in rows.items():
        cells = [f"{costs.programs[name]:.0f}" for name in names]
        whole = f"{sum(costs.programs.values()):.0f}"
        lines.append(f"| {kinds} | {' | '.join(cells)} | {whole} | {costs.stored / 1000:.0f} |")
    RESULTS.write_text("\n".join(lines) + "\n", "utf-8")
    print("\n".join(lines))


CASES: Final = {"word,excel,findings": REPORTS, "word,excel,findings,pdf": REPORTS // 3}


def measure(url: str, folder: Path, kinds: str, number: int) -> Costs:
    """One Folio, warm, and so many reports."""
    database = f"capacity_{number}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {database}".encode())
    url = f"{url.rpartition('/')[0]}/{database}"
    migrate(url)
    redis = RedisServer(folder)
    redis.start()
    port = a_free_port()
    logs = folder / database
    logs.mkdir()
    settings = {"DATABASE_URL": url, "REDIS_URL": redis.url, "FOLIO_DATA_DIR": str(logs)}
    running = Processes({**os.environ, **settings}, logs)
    store = open_store(url)
    try:
        front = running.start(
            "front",
            *("gunicorn", "service.web.wsgi:app", "--bind", f"127.0.0.1:{port}", "--no-control-socket"),
            *("--worker-class", "gthread", "--workers", "2", "--threads", "8"),
        )
        programs = {"front": front, "worker": running.worker(), "reconciler": running.reconciler()}
        client = Client(port, store)
        wait_until(lambda: answers(client), seconds=60, what="the front answered")
        client = client.signed_in()
        upload(client, kinds, range(1, 9))
        await_all(client)
        groups = {name: process.pid for name, process in programs.items()} | {"postgresql": postgres_group()}
        before, size = {name: cpu_of(pid) for name, pid in groups.items()}, stored(url)
        upload(client, kinds, range(100, 100 + number))
        await_all(client)
        spent = {name: 1000 * (cpu_of(pid) - before[name]) / number for name, pid in groups.items()}
        return Costs(spent, (stored(url) - size) / number)
    finally:
        store.close()
        running.stop()
        redis.kill()


def answers(client: Client) -> bool:
    """Whether the front is there."""
    try:
        return client.get("/healthz").status == 200  # noqa: PLR2004 - HTTP's own number
    except OSError:
        return False


def upload(client: Client, kinds: str, numbers: range) -> None:
    """The example, once for each number, as that version of its plan."""
    with ThreadPoolExecutor(AT_ONCE) as threads:
        answers = list(threads.map(lambda number: client.upload(version=f"2.{number}", kinds=kinds), numbers))
    assert {answer.status for answer in answers} == {202}


def await_all(client: Client) -> None:
    """Until nothing waits any more."""
    wait_until(lambda: not client.store.queue_state(client.clock()).counts, seconds=600, what="all was written")


def postgres_group() -> int:
    """The server that was started for this, of which there is one."""
    of_parent = ["pgrep", "--parent", str(os.getpid()), "postgres"]
    return int(subprocess.run(of_parent, capture_output=True, text=True, check=True).stdout.split()[0])


def cpu_of(leader: int) -> float:
    """CPU seconds of a process and of all that it started, whether they live or have ended and been waited for."""
    ticks, waiting = 0, [leader]
    children: dict[int, list[int]] = {}
    stats = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()
            except OSError:
                continue
            stats[int(entry.name)] = words
            children.setdefault(int(words[1]), []).append(int(entry.name))
    while waiting:
        pid = waiting.pop()
        ticks += sum(map(int, stats[pid][11:15])) if pid in stats else 0
        waiting += children.get(pid, [])
    return ticks / _TICKS


def stored(url: str) -> int:
    """The bytes of the database."""
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT pg_database_size(current_database())").fetchone()
    assert row
    return int(row[0])


if __name__ == "__main__":
    sys.exit(main())
