"""A worker's job in a test's hands: held in flight at its template, looked at, and its lease made to pass.

A named pipe in the place of the Word template keeps a job in flight for exactly as long as a test needs it there, and
leases are made to pass by writing an earlier instant into the job row instead of waiting for it.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import sqlalchemy as sa

from service.domain.reports import DocumentKind, JobState
from service.jobs import Bell
from service.store import Store, StoredDocument
from service.store.engine import make_engine
from service.store.tables import jobs
from tests.integration.samples import append
from tests.integration.servers import PROJECT, wait_until

WORD = "plan_de_accion.docx"
WORD_ONLY = (DocumentKind.WORD,)


class Templates:
    """The worker's folder of templates, whose Word template can be held back."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._pipes = folder / "pipes"
        self._pipes.mkdir(parents=True)
        for template in (PROJECT / "templates_docx").glob("plan_de_accion.*"):
            shutil.copy(template, folder)
        self._bytes = (folder / WORD).read_bytes()

    def hold(self) -> Path:
        """From now on whoever reads the template waits, at this pipe, even when it is the template no longer."""
        pipe = self._pipes / str(time.monotonic_ns())
        os.mkfifo(pipe)
        (self._folder / WORD).unlink()
        os.link(pipe, self._folder / WORD)
        return pipe

    def give_back(self) -> None:
        """From now on the template is there; those who already wait go on waiting."""
        fresh = self._folder / "fresh"
        fresh.write_bytes(self._bytes)
        fresh.rename(self._folder / WORD)

    def meet(self, pipe: Path) -> BinaryIO:
        """Wait until somebody reads at `pipe`, and hold the other end."""
        ends: list[int] = []

        def somebody_reads() -> bool:
            with contextlib.suppress(OSError):
                ends.append(os.open(pipe, os.O_WRONLY | os.O_NONBLOCK))
            return bool(ends)

        wait_until(somebody_reads, seconds=90, what="the template was read")
        return os.fdopen(ends[0], "wb")

    def let_go(self, end: Path | BinaryIO) -> None:
        """Whoever waits there gets the template."""
        with self.meet(end) if isinstance(end, Path) else end as writing:
            writing.write(self._bytes)

    def remove(self) -> None:
        (self._folder / WORD).unlink()

    def content(self) -> bytes:
        return self._bytes


class Desk:
    """What a test sees and does from outside: the store, the bell, and the job rows as an operator would mend them."""

    def __init__(self, store: Store, url: str, bell: Bell) -> None:
        self.store = store
        self.bell = bell
        self._engine = make_engine(url)

    def ask_for_word(self, *, ring: bool = True) -> str:
        """Append a report with one document; its job's id."""
        job_id = append(self.store, kinds=WORD_ONLY, now=dt.datetime.now(dt.UTC)).job_ids[0]
        if ring:
            assert self.bell.ring([job_id])
        return job_id

    def ring(self, job_id: str) -> None:
        assert self.bell.ring([job_id])

    def document(self, job_id: str) -> StoredDocument:
        report = self.store.report(job_id.partition(".")[0])
        assert report is not None
        return report.documents[0]

    def content(self, job_id: str) -> bytes:
        found = self.store.document(job_id.partition(".")[0], DocumentKind.WORD)
        assert found is not None
        return found[1]

    def wait_for(self, job_id: str, state: JobState, *, seconds: float = 20) -> None:
        wait_until(lambda: self.document(job_id).state is state, seconds=seconds, what=f"the job was {state}")

    def attempts(self, job_id: str) -> int:
        return int(self._of_job(job_id, jobs.c.attempts))

    def lease_until(self, job_id: str) -> dt.datetime:
        instant = self._of_job(job_id, jobs.c.lease_until)
        assert isinstance(instant, dt.datetime)
        return instant

    def process_of(self, job_id: str) -> int:
        """The process that is at work on it."""
        return int(str(self._of_job(job_id, jobs.c.owner)).split(":")[1])

    def wait_until_at_work(self, job_id: str, attempt: int = 1) -> int:
        """The process that has taken the job as its n-th try."""
        wait_until(
            lambda: self.attempts(job_id) == attempt and self.document(job_id).state is JobState.RUNNING,
            seconds=60,
            what=f"try {attempt} was under way",
        )
        return self.process_of(job_id)

    def _of_job(self, job_id: str, column: sa.Column[object]) -> object:
        with self._engine.connect() as connection:
            return connection.execute(sa.select(column).where(jobs.c.id == job_id)).scalar_one()

    def let_the_lease_pass(self, job_id: str) -> None:
        with self._engine.begin() as connection:
            past = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=5)
            connection.execute(sa.update(jobs).where(jobs.c.id == job_id).values(lease_until=past))

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """The database as somebody else's long transaction leaves it."""
        with self._engine.connect() as connection:
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield

    def close(self) -> None:
        self._engine.dispose()
        self.bell.close()
