"""A copy made in the middle of the work, all else wiped: what was accepted by then is there again, and goes on."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from service.domain.reports import DocumentKind
from service.settings import PROJECT
from service.store import migrate
from service.store.engine import make_engine
from service.store.tables import documents, jobs, reports
from tests.chaos.chance import sized
from tests.chaos.conftest import Tell
from tests.chaos.invariants import broken_promises
from tests.chaos.running import running, upload_until_accepted, wait_until_done
from tests.chaos.whole_folio import WholeFolio
from tests.integration.desk import Templates
from tests.integration.servers import RedisServer, wait_until

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(280)]

# Written before the copy is made, so that it holds some and lacks others.
WRITTEN = sized(4, 60)


@dataclass
class Load:
    """Somebody who goes on uploading until told to stop; when each upload was accepted."""

    folio: WholeFolio
    accepted: dict[str, float] = field(default_factory=dict)
    slowest: float = 0.0

    @contextmanager
    def going_on(self) -> Iterator[None]:
        over = threading.Event()
        thread = threading.Thread(target=self._upload, args=(over,))
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def upload(self) -> str:
        """One more report; its id."""
        started = time.monotonic()
        report_id = upload_until_accepted(self.folio, str(len(self.accepted)), seconds=20)
        self.accepted[report_id] = time.monotonic()
        self.slowest = max(self.slowest, self.accepted[report_id] - started)
        return report_id

    @contextmanager
    def held_by_a_worker(self, templates: Templates) -> Iterator[str]:
        """A report that one worker has in hand for as long as the block lasts, however quick Folio is; its id."""
        pipe = templates.hold()
        report_id = self.upload()
        with templates.meet(pipe):
            templates.give_back()
            yield report_id

    def _upload(self, over: threading.Event) -> None:
        while not over.wait(0.4):
            self.upload()


def folio_says(*order: str | Path, data: Path, url: str) -> str:
    """What `folio` says to an order that succeeds."""
    ran = subprocess.run(
        [sys.executable, "-m", "service.cli", *map(str, order)],
        cwd=PROJECT,
        env=os.environ | {"FOLIO_DATA_DIR": str(data), "DATABASE_URL": url},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def kept(url: str) -> tuple[dict[str, str], set[str], set[str]]:
    """The hash of each written document, the jobs whose documents are not yet, and the reports."""
    engine = make_engine(url)
    with engine.connect() as connection:
        hashes = {
            row.job_id: row.sha256 for row in connection.execute(sa.select(documents.c.job_id, documents.c.sha256))
        }
        asked = set(connection.execute(sa.select(jobs.c.id)).scalars())
        there = set(connection.execute(sa.select(reports.c.id)).scalars())
    engine.dispose()
    return hashes, asked - hashes.keys(), there


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_a_copy_made_under_load_brings_everything_back_after_a_wipe(
    database: str, redis_server: RedisServer, tmp_path: Path, request: pytest.FixtureRequest, tell: Tell
) -> None:
    data, again = tmp_path / "data", tmp_path / "again"
    data.mkdir()
    if database == "sqlite":
        url, new_url = f"sqlite:///{data}/folio.db", f"sqlite:///{again}/folio.db"
    else:
        cluster = request.getfixturevalue("postgresql_cluster")
        url, new_url = f"{cluster}/folio", f"{cluster}/again"
        with psycopg.connect(f"{cluster}/postgres", autocommit=True) as connection:
            connection.execute("CREATE DATABASE folio TEMPLATE template0")
            connection.execute("CREATE DATABASE again TEMPLATE template0")
    migrate(url)
    copy = tmp_path / "copia.tar.gz"

    templates = Templates(tmp_path / "templates")
    environment = {"FOLIO_TEMPLATES_DIR": str(tmp_path / "templates")}

    # One worker has a report in hand all the while, the other goes on writing.
    with running(url, data, redis_server, environment=environment) as folio:
        load = Load(folio)
        with load.held_by_a_worker(templates) as in_hand, load.going_on():
            wait_until(lambda: len(kept(url)[0]) >= WRITTEN, seconds=120, what="some documents were written")
            began = time.monotonic()
            folio_says("backup", "--out", copy, data=data, url=url)
            took = time.monotonic() - began
            written = kept(url)[0]
    by_then = {report_id for report_id, at in load.accepted.items() if at < began}
    shutil.rmtree(data)
    if database == "postgresql":
        with psycopg.connect(
            f"{request.getfixturevalue('postgresql_cluster')}/postgres", autocommit=True
        ) as connection:
            connection.execute("DROP DATABASE folio WITH (FORCE)")
    redis_server.flush()

    folio_says("restore", copy, data=again, url=new_url)
    assert "Nada falta ni cambió" in folio_says("verify", data=again, url=new_url)
    hashes, unfinished, there = kept(new_url)
    assert there >= by_then, "what was accepted before the copy is in it"
    assert len(hashes) >= WRITTEN
    assert hashes.items() <= written.items(), "every document is the one that was written"
    assert f"{in_hand}.{DocumentKind.WORD.value}" in unfinished, "some were under way"
    assert broken_promises(new_url, by_then, again) == []
    with running(new_url, again, redis_server) as folio:
        done = wait_until_done(folio, seconds=150)
    assert broken_promises(new_url, by_then, again) == []
    assert kept(new_url)[0].items() >= hashes.items()
    tell(
        f"R11 backup under load, wipe, restore, {database}",
        f"copied in {took:.1f} s (slowest upload {load.slowest:.1f} s), {len(there)} reports, {len(hashes)} documents "
        f"with their bytes, {len(unfinished)} unfinished jobs done "
        f"{done:.0f} s after the start",
    )
