"""The disk fills up while uploads come in, documents are written and PDFs are made; then there is room again.

Really full: a small file system of the test's own. Only root mounts one; anybody else becomes root of a name space
(`unshare`) and runs the test in there.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO

import pytest

from service.domain.reports import DocumentKind
from service.settings import PROJECT
from service.store import migrate
from tests.chaos.chance import sized
from tests.chaos.conftest import Tell
from tests.chaos.invariants import broken_promises
from tests.chaos.running import (
    empty_log,
    must_say_when_to_come_again,
    running,
    tries,
    upload,
    upload_until_accepted,
    wait_until_done,
)
from tests.chaos.whole_folio import WholeFolio
from tests.integration.desk import Templates
from tests.integration.servers import RedisServer, wait_until

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(240)]

AT_ONCE = sized(4, 20)
MIB = 1024 * 1024

# A program that speaks without end, whose log is cut soon enough for a test.
SUPERVISOR = """
import os, sys
from pathlib import Path
from service import supervisor
folder = Path(sys.argv[1])
supervisor._LOG_BYTES, supervisor._LOG_CHECK_SECONDS = 60_000, 0.1
program = "import time\\nwhile True:\\n    print('x' * 999, flush=True)\\n    time.sleep(0.002)"
one = supervisor.Program("one", "el programa", (sys.executable, "-c", program), dict(os.environ))
supervisor.Supervisor([one], directory=folder, logs=folder).run()
"""


@dataclass(frozen=True)
class Disk:
    """A file system that can be filled to its last byte."""

    folder: Path

    @contextmanager
    def full(self) -> Iterator[None]:
        filler = self.folder / "filler"
        with filler.open("wb", buffering=0) as file:
            for size in (MIB, 4096, 1):
                try:
                    while True:
                        file.write(bytes(size))
                except OSError:
                    pass
        assert shutil.disk_usage(self.folder).free == 0
        try:
            yield
        finally:
            filler.unlink()


@contextmanager
def mounted(size: int) -> Iterator[Disk]:
    with tempfile.TemporaryDirectory(prefix="folio-disk-") as folder:
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], check=True)
        try:
            yield Disk(Path(folder))
        finally:
            subprocess.run(["umount", "--lazy", folder], check=True)


def as_root(test: str) -> None:
    """Run a test of this module in a name space where this process is root; skip where there is none to be had."""
    inside = ["unshare", "--user", "--map-root-user", "--mount"]
    if subprocess.run([*inside, "true"], check=False, capture_output=True).returncode:
        pytest.skip("only root can mount a small file system, and this machine lets nobody be root of a name space")
    pytest_alone = [sys.executable, "-m", "pytest", "-q", "-s", "-p", "no:cacheprovider", f"{__file__}::{test}"]
    ran = subprocess.run([*inside, *pytest_alone], cwd=PROJECT, check=False, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_a_full_disk_refuses_clearly_loses_nothing_and_costs_no_try(tell: Tell) -> None:
    if os.geteuid() != 0:
        as_root(test_a_full_disk_refuses_clearly_loses_nothing_and_costs_no_try.__name__)
        return
    with (
        tempfile.TemporaryDirectory(prefix="folio-") as folder,
        mounted(40 * MIB) as disk,
        mounted(64 * MIB) as temporary,
    ):
        url = f"sqlite:///{disk.folder}/folio.db"
        migrate(url)
        redis = RedisServer(Path(folder))
        redis.start()
        templates = Templates(Path(folder) / "templates")
        environment = {"FOLIO_TEMPLATES_DIR": str(Path(folder) / "templates"), "TMPDIR": str(temporary.folder)}
        try:
            with running(url, disk.folder, redis, environment=environment) as folio:
                accepted = [full_at_upload(folio, disk), *full_at_writing(folio, disk, templates)]
                accepted += full_at_conversion(folio, temporary)
                charged = tries(folio)
        finally:
            redis.kill()
        assert broken_promises(url, accepted, disk.folder) == []
        assert set(charged) == {1}
        seen = f"{len(accepted)} accepted, {len(charged)} documents done at their first try, refusals clear, 0 partial"
        tell("R5 disk full in upload, render, convert", seen)


def test_a_disk_that_is_full_of_logs_does_not_end_folio() -> None:
    """The supervisor keeps the last part of a log that grew too long, and there is no room for a second file."""
    if os.geteuid() != 0:
        as_root(test_a_disk_that_is_full_of_logs_does_not_end_folio.__name__)
        return
    with mounted(96 * 1024) as disk:
        supervisor = subprocess.Popen([sys.executable, "-c", SUPERVISOR, disk.folder], cwd=PROJECT)
        log = disk.folder / "one.log"
        sizes: list[int] = []

        def was_cut() -> bool:
            sizes.append(log.stat().st_size if log.exists() else 0)
            return any(later < earlier for earlier, later in pairwise(sizes))

        try:
            wait_until(was_cut, seconds=30, what="the log was cut")
            assert supervisor.poll() is None
            assert not (disk.folder / "one.log.1").exists()
        finally:
            supervisor.terminate()
            supervisor.wait(20)


def full_at_upload(folio: WholeFolio, disk: Disk) -> str:
    """Nothing more is taken in, and that is said; what is kept can still be had."""
    first = upload_until_accepted(folio, "1", seconds=10)
    wait_until_done(folio, seconds=60)
    empty_log(disk.folder / "folio.db")
    with disk.full():
        for _ in range(3):
            refused = upload(folio, "2")
            must_say_when_to_come_again(refused)
            assert "no queda espacio" in refused.json["detail"]
        shown = folio.client.get(f"/api/v1/reports/{first}")
        assert shown.status == HTTPStatus.OK, shown.text
        for document in shown.json["documents"]:
            assert folio.client.get(document["href"]).status == HTTPStatus.OK
    assert [report.id for report in folio.store.reports(10)] == [first]
    return upload_until_accepted(folio, "2", seconds=10)


def full_at_writing(folio: WholeFolio, disk: Disk, templates: Templates) -> list[str]:
    """Two documents are under way and others wait when the disk fills up: all of them wait for room."""
    # Each worker is held at a pipe of its own: two that read at one would share the template between them.
    wait_until_done(folio, seconds=60)
    accepted: list[str] = []
    held: list[BinaryIO] = []
    for _ in folio.workers:
        pipe = templates.hold()
        accepted.append(upload_until_accepted(folio, f"1{len(accepted)}", seconds=10))
        held.append(templates.meet(pipe))
    while len(accepted) < AT_ONCE:
        accepted.append(upload_until_accepted(folio, f"1{len(accepted)}", seconds=10))
    empty_log(disk.folder / "folio.db")
    with disk.full():
        templates.give_back()
        for other_end in held:
            templates.let_go(other_end)
        # Longer than a writer waits for the database before it says that there is none.
        time.sleep(8)
    wait_until_done(folio, seconds=90)
    return accepted


def full_at_conversion(folio: WholeFolio, temporary: Disk) -> list[str]:
    """LibreOffice has nowhere to work: no PDF is given up for that."""
    with temporary.full():
        report_id = upload_until_accepted(folio, "30", seconds=10, kinds=DocumentKind.PDF.value)

        def was_tried() -> bool:
            report = folio.store.report(report_id)
            return report is not None and bool(report.documents[0].problem)

        wait_until(was_tried, seconds=30, what="the PDF was tried")
        report = folio.store.report(report_id)
        assert report is not None
        assert "no queda espacio" in (report.documents[0].problem or "").lower()
        time.sleep(6)
    wait_until_done(folio, seconds=90)
    return [report_id]
