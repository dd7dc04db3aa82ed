"""Hostile files through the front as it is run: each is refused at its place, or read rightly, in 3 s and 512 MB.

The reader's time and memory are the kernel's word on the front's child; the front itself stays below 150 MB, whatever
comes. Of every good file beside a hostile one a report is made.
"""

from __future__ import annotations

import datetime as dt
import os
import random
import re
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http import HTTPStatus
from itertools import count
from pathlib import Path
from typing import Final

import pytest

from benchmarks.offices import sound_rows, spoiled_rows, workbook_of
from service.domain.people import Role
from service.sheets.isolated import LARGE_BYTES
from service.store import migrate, open_store
from service.web.uploads import clean_filename
from tests.hostile.books import BOOKS
from tests.hostile.other_formats import OTHER_FORMATS
from tests.hostile.packages import PACKAGES, PICTURE, Entry, with_member
from tests.hostile.papers import PAPERS
from tests.hostile.table import Hostile
from tests.hostile.zips import STORED
from tests.integration.servers import Processes, wait_until
from tests.unit.sheets.office import office_book
from tests.web import BOUNDARY, Answer, Client, form

MIB: Final = 1024 * 1024
HOSTILE: Final = (*PACKAGES, *BOOKS, *OTHER_FORMATS)
NEIGHBOURS: Final = {each.neighbour: each for each in HOSTILE}
REFUSED: Final = {HTTPStatus.UNSUPPORTED_MEDIA_TYPE, HTTPStatus.UNPROCESSABLE_ENTITY}
# What the kernel takes for the wish to count the most memory of a process from now on (proc_pid_clear_refs(5)).
FORGET_THE_PEAK: Final = "5"

# Every kind of harm that a name could do: leave its folder, end a header, hide its ending, mean a device.
NAMES: Final = {
    "../../../etc/cron.d/plan.xlsx": "plan.xlsx",
    "plan%0d%0aSet-Cookie: a=b.xlsx": "plan%0d%0aSet-Cookie a=b.xlsx",
    "plan\u202excod.xlsx": "plan xcod.xlsx",
    "plan\u2066\u0085\x07.xlsx": "plan .xlsx",
    "x" * 4_096 + ".xlsx": "x" * 115 + ".xlsx",
    "CON.xlsx": "_CON.xlsx",
    "com1.plan.xlsx": "_com1.plan.xlsx",
    "lpt9 .xlsx": "_lpt9 .xlsx",
    "Plan de acción (2).xlsx": "Plan de acción (2).xlsx",
    "Conpes 4088.xlsx": "Conpes 4088.xlsx",
}


@dataclass(frozen=True)
class Process:
    """A process of this machine, as the kernel tells of it."""

    folder: Path

    def peak(self) -> int:
        """The most memory in bytes that it had since it was watched; 0 when it is no more."""
        if not self.folder.exists():
            return 0
        return int(re.findall(r"VmHWM:\s+(\d+) kB", (self.folder / "status").read_text())[0]) * 1024

    def watched(self) -> Process:
        (self.folder / "clear_refs").write_text(FORGET_THE_PEAK)
        return self

    def seconds(self, *, of_children: bool = False) -> float:
        """The processor time of its life, or that of its children that have ended."""
        fields = (self.folder / "stat").read_text().rpartition(")")[2].split()
        at = 13 if of_children else 11
        return (int(fields[at]) + int(fields[at + 1])) / os.sysconf("SC_CLK_TCK")

    def children(self) -> list[Process]:
        found = []
        for thread in (self.folder / "task").iterdir():
            found += [Process(Path("/proc") / each) for each in (thread / "children").read_text().split()]
        return found


@dataclass(frozen=True)
class Front:
    client: Client
    process: Process
    versions: Iterator[int] = field(default_factory=lambda: count(1))

    def upload(self, content: bytes, *, filename: str = "Plan.xlsx", path: str = "/api/v1/reports") -> Answer:
        """A plan of its own, which contradicts none of those before it."""
        return self.client.upload(content, filename=filename, path=path, version=f"{next(self.versions)}.0")

    def verify(self, content: bytes) -> Answer:
        """A paper that a stranger brings."""
        body = form(content, "informe.docx", {}).replace(b'name="workbook"', b'name="file"', 1)
        kind = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
        return self.client.as_nobody().ask("POST", "/api/v1/verify", body, kind)

    def issue_as(self, name: str) -> Answer:
        return self.client.post("/api/v1/reports/any/issue", by=name)

    def readers(self) -> list[Process]:
        """Its two, that for workbooks of usual size and that for large ones, which files of no use have woken."""
        self.upload(b"")
        self.upload(bytes(LARGE_BYTES + 1))
        usual, large = self.process.children()
        return [usual.watched(), large.watched()]

    def seconds_of_reading(self) -> float:
        """The processor time of its readers, also of those that have ended."""
        return self.process.seconds(of_children=True) + sum(each.seconds() for each in self.process.children())


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    folder = tmp_path_factory.mktemp("front")
    address = f"sqlite:///{folder}/folio.db"
    migrate(address)
    settings = {"DATABASE_URL": address, "REDIS_URL": "", "FOLIO_DATA_DIR": str(folder)}
    processes = Processes(os.environ | settings, folder)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = Client(listener.getsockname()[1], open_store(address))
    master = processes.start(
        "front",
        *("gunicorn", "service.web.wsgi:app", "--bind", f"127.0.0.1:{client.port}", "--no-control-socket"),
        *("--worker-class", "gthread", "--workers", "1", "--threads", "8"),
    )

    def answers() -> bool:
        try:
            return client.get("/readyz").status == HTTPStatus.OK
        except ConnectionError:
            return False

    wait_until(answers, seconds=60, what="gunicorn answered")
    (worker,) = Process(Path(f"/proc/{master.pid}")).children()
    yield Front(client.signed_in(), worker)
    client.store.close()
    processes.stop()


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda hostile: hostile.name)
def test_a_hostile_file_is_refused_at_its_place_or_read_rightly(front: Front, hostile: Hostile) -> None:
    content = hostile.make()
    readers = front.readers()
    begun = front.seconds_of_reading()

    answer = front.upload(content)

    assert front.seconds_of_reading() - begun < 3
    assert max(reader.peak() for reader in readers) < 512 * MIB
    for reader in front.readers():
        assert re.search(rf"Max address space +{512 * MIB} ", (reader.folder / "limits").read_text())
    assert front.process.peak() < 150 * MIB
    if hostile.code is None:
        assert answer.status == HTTPStatus.ACCEPTED, answer.text
        return
    assert answer.status in REFUSED, answer.text
    found = next((each for each in answer.json["findings"] if each["code"] == hostile.code.name), None)
    assert found, answer.text
    assert re.search(hostile.says, found["message"])
    if hostile.place:
        assert hostile.place == "!".join(filter(None, (found["sheet"], found["cell"])))


@pytest.mark.parametrize("hostile", NEIGHBOURS.values(), ids=lambda hostile: hostile.name)
def test_the_good_file_beside_it_passes(front: Front, hostile: Hostile) -> None:
    answer = front.upload(hostile.neighbour())

    assert answer.status == HTTPStatus.ACCEPTED, answer.text


def test_however_large_an_upload_is_the_front_stays_small(front: Front) -> None:
    noise = random.Random(1).randbytes(60 * MIB)
    plan = with_member(Entry("xl/media/image1.png", PICTURE + noise[: 19 * MIB], method=STORED))
    front.process.watched()

    answers = [
        (front.upload(noise[:size], path=path).status, front.upload(plan, path=path).status)
        for path in ("/api/v1/reports", "/informes")
        for size in (19 * MIB, 20 * MIB, 21 * MIB, 60 * MIB)
    ]

    assert answers == [(415, 202), (415, 202), (413, 202), (413, 202), (415, 303), (415, 303), (413, 303), (413, 303)]
    assert front.process.peak() < 150 * MIB


def test_however_long_a_plan_is_the_front_stays_small_beside_the_one_that_was_issued(front: Front) -> None:
    # Of an office of its own: what is issued counts for all that comes after it.
    front.client.store.open_planning_office("larga", "Un plan largo", now=dt.datetime.now(dt.UTC), by="una prueba")
    there = front.client.as_(Role.ADMINISTERS, "larga")
    there.issued(there.upload(workbook_of(sound_rows(10_000))).json, by="Planeación")
    front.process.watched()

    refused = there.upload(workbook_of(spoiled_rows(10_000)), version="9.0")

    assert refused.status == HTTPStatus.UNPROCESSABLE_ENTITY
    assert len(refused.json["findings"]) > 3_000
    assert front.process.peak() < 150 * MIB


@pytest.mark.parametrize(
    ("send", "answered"),
    [
        (lambda front, large: front.upload(large), {HTTPStatus.ACCEPTED}),
        (lambda front, large: front.upload(large, path="/informes"), {HTTPStatus.SEE_OTHER}),
        # Strangers do not wait for long.
        (lambda front, large: front.verify(large), {HTTPStatus.OK, HTTPStatus.SERVICE_UNAVAILABLE}),
        (lambda front, large: front.issue_as(large.hex()[: 20 * MIB]), {HTTPStatus.BAD_REQUEST}),
    ],
    ids=["the API", "the page", "to be verified", "as JSON"],
)
def test_eight_large_ones_at_once_weigh_as_one(
    front: Front, send: Callable[[Front, bytes], Answer], answered: set[HTTPStatus]
) -> None:
    large = with_member(Entry("xl/media/image1.png", PICTURE + random.Random(2).randbytes(19 * MIB), method=STORED))
    front.process.watched()

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: send(front, large).status, range(8)))

    assert set(answers) <= answered
    assert front.process.peak() < 150 * MIB


@pytest.mark.parametrize("name", ["zip bomb", "laughs", "half a letter", "circle of pages", "deflated page"])
def test_a_paper_of_a_stranger_is_answered_and_the_front_stays_small(front: Front, name: str) -> None:
    answer = front.verify(PAPERS[name]())

    assert answer.status == HTTPStatus.OK, answer.text
    assert answer.json["verdict"]["sentence"]
    assert front.process.peak() < 150 * MIB


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_means_harm_is_kept_as_a_harmless_one(front: Front, name: str) -> None:
    report = front.client.store.report(front.upload(office_book(), filename=name).json["id"])

    assert report
    assert report.upload_filename == NAMES[name]


@pytest.mark.parametrize("name", ["plan\r\nSet-Cookie: a=b.xlsx", "plan\0.xlsx", "\ud800", "nul", ".", ""])
def test_what_no_form_can_send_is_made_harmless_too(name: str) -> None:
    cleaned = clean_filename(name)

    assert cleaned.isprintable()
    assert cleaned.lower() not in {"", ".", "nul"}
