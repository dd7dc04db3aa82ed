from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from service.domain.archive import reading_to_json
from service.domain.findings import FindingCode
from service.domain.progress import Progress, Stage
from service.domain.reading import Accepted, Given, Rejected, Unreadable
from service.domain.values import VersionNumber
from service.sheets import isolated
from service.sheets.intake import read_plan
from service.sheets.isolated import LARGE_BYTES, ReadingRoom
from tests.living import is_alive
from tests.plans import reference_rows
from tests.unit.sheets.office import EXAMPLE, action, office_book, raw_book

GOOD = EXAMPLE.read_bytes()
# Rows that are all headings and no table: slow to look through, and quick to send. It is a large workbook.
SLOW = raw_book("<sheetData>" + "<row><c><v>1</v></c></row>" * 550_000 + "</sheetData>")
# Read by the second reader as it is.
LARGE_FILE = b"\n".join(b"%d;no plan" % number for number in range(30_000))


@pytest.fixture(scope="module")
def large() -> bytes:
    """A small file that unpacks to much."""
    return office_book([action(number) for number in range(1, 4001)])


@pytest.fixture(autouse=True)
def no_other_room_is_open() -> None:
    """Readers are counted here, and other modules' tests in this process may have left a room open."""
    for other in list(isolated._ROOMS):
        other.close()


@pytest.fixture
def room() -> Iterator[ReadingRoom]:
    room = ReadingRoom()
    yield room
    room.close()


def readers_of(parent: int) -> list[int]:
    """The process ids of a process's children that are readers."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            status = (folder / "status").read_text()
            command = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if f"PPid:\t{parent}\n" in status and b"service.sheets.isolated" in command:
            found.append(int(folder.name))
    return found


def reader_of(room: ReadingRoom) -> int:
    room.read(GOOD, Given())
    (pid,) = readers_of(os.getpid())
    return pid


def test_a_reading_is_the_one_made_in_this_process_and_its_json_beside_it(room: ReadingRoom) -> None:
    for content in (GOOD, office_book([action(1, F="cuatro")]), b"nada"):
        reading, kept = room.read(content, Given())
        assert reading == read_plan(content, Given())
        assert json.loads(kept) == reading_to_json(reading)


def test_what_is_given_reaches_the_reader(room: ReadingRoom) -> None:
    reading, _ = room.read(GOOD, Given(2024, 4, VersionNumber(3, 0)))
    # The texts speak of the third quarter: asked for the fourth, the plan is refused, but it is read as it was asked.
    assert isinstance(reading, Rejected)
    assert (reading.plan.quarter, str(reading.plan.version)) == (4, "3.0")
    codes = [finding.code for finding in reading.findings]
    assert codes[:2] == [FindingCode.PLAN_009, FindingCode.PLAN_008]


def test_whoever_waits_hears_of_the_reading_and_then_of_the_checking(room: ReadingRoom) -> None:
    heard: list[Progress] = []
    room.read(office_book([action(number) for number in range(1, 251)]), Given(), heard.append)
    assert heard[0] == Progress(Stage.READING)
    assert Progress(Stage.CHECKING, 0, 250) in heard
    assert [progress.stage for progress in heard] == sorted(
        (progress.stage for progress in heard), key=list(Stage).index
    )
    assert all(0 <= progress.percent <= 100 for progress in heard)


def test_one_process_reads_many_workbooks(room: ReadingRoom) -> None:
    assert len({reader_of(room) for _ in range(3)}) == 1


def test_a_workbook_past_its_deadline_is_refused_and_the_next_one_read() -> None:
    room = ReadingRoom(deadline_seconds=0.3)
    started = time.monotonic()
    reading, _ = room.read(SLOW, Given())
    assert time.monotonic() - started < 5
    assert isinstance(reading, Unreadable)
    assert [finding.code for finding in reading.findings] == [FindingCode.FILE_009]
    room.close()
    patient = ReadingRoom()
    assert isinstance(patient.read(GOOD, Given())[0], Accepted)
    patient.close()


def test_a_reader_that_ended_between_workbooks_is_replaced_without_a_word(room: ReadingRoom) -> None:
    pid = reader_of(room)
    os.kill(pid, signal.SIGKILL)
    while is_alive(pid):
        time.sleep(0.01)
    assert isinstance(room.read(GOOD, Given())[0], Accepted)


def test_a_reader_that_ends_while_it_reads_is_said_and_replaced(room: ReadingRoom) -> None:
    def kill_the_second() -> None:
        usual = reader_of(room)
        with ThreadPoolExecutor(1) as thread:
            reading = thread.submit(room.read, SLOW, Given())
            while not (others := set(readers_of(os.getpid())) - {usual}):
                time.sleep(0.01)
            os.kill(others.pop(), signal.SIGKILL)
            found = reading.result()[0]
        assert isinstance(found, Unreadable)
        assert [finding.code for finding in found.findings] == [FindingCode.FILE_010]

    kill_the_second()
    assert isinstance(room.read(GOOD, Given())[0], Accepted)
    kill_the_second()


def test_threads_share_a_room_and_get_their_own_readings(room: ReadingRoom) -> None:
    books = {number: office_book([action(1), action(number)]) for number in range(2, 12)}
    with ThreadPoolExecutor(8) as pool:
        readings = list(pool.map(lambda number: room.read(books[number], Given())[0], books))
    for number, reading in zip(books, readings, strict=True):
        assert isinstance(reading, Accepted | Rejected)
        assert reading.plan.actions[1].number == str(number)
    assert len(readers_of(os.getpid())) == 1


def test_a_workbook_of_usual_size_does_not_wait_behind_a_large_one(room: ReadingRoom, large: bytes) -> None:
    usual = reader_of(room)
    room.read(large, Given())
    (other,) = set(readers_of(os.getpid())) - {usual}
    os.kill(other, signal.SIGSTOP)
    with ThreadPoolExecutor(1) as thread:
        slow = thread.submit(room.read, large, Given())
        assert [type(room.read(GOOD, Given())[0]) for _ in range(5)] == [Accepted] * 5
        assert not slow.done()
        os.kill(other, signal.SIGCONT)
        assert isinstance(slow.result()[0], Accepted)


def test_whoever_must_know_hears_of_a_large_workbook_before_it_is_read(room: ReadingRoom, large: bytes) -> None:
    heard: list[int] = []
    for content in (GOOD, large, LARGE_FILE, GOOD):
        room.read(content, Given(), before_large=lambda: heard.append(len(readers_of(os.getpid()))))
    assert len(large) < LARGE_BYTES < len(LARGE_FILE)
    assert heard == [1, 2]
    room.close()
    assert readers_of(os.getpid()) == []


def test_a_closed_room_opens_again_when_asked(room: ReadingRoom) -> None:
    first = reader_of(room)
    room.close()
    assert readers_of(os.getpid()) == []
    assert reader_of(room) != first


def test_a_reader_knows_nothing_of_its_parent_but_the_checkout(
    room: ReadingRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://folio:secreto@localhost/folio")
    environment = Path(f"/proc/{reader_of(room)}/environ").read_bytes()
    assert b"secreto" not in environment
    assert {entry.split(b"=")[0] for entry in environment.split(b"\0") if entry} == {b"PYTHONPATH", b"LC_ALL"}


FORKING = """
import os, pathlib, sys
from service.domain.reading import Accepted, Given
from service.sheets.isolated import ReadingRoom
content = pathlib.Path(sys.argv[1]).read_bytes()
room = ReadingRoom()
assert isinstance(room.read(content, Given())[0], Accepted)
child = os.fork()
readings = [room.read(content, Given())[0] for _ in range(5)]
assert all(isinstance(reading, Accepted) for reading in readings)
if child:
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert isinstance(room.read(content, Given())[0], Accepted)
    print("read")
"""


def test_a_process_that_forks_and_its_child_each_read_with_their_own_reader() -> None:
    command = [sys.executable, "-W", "error", "-c", FORKING, str(EXAMPLE)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout, done.stderr) == ("read\n", "")


WAITING = """
import pathlib, sys, time
from service.domain.reading import Given
from service.sheets.isolated import ReadingRoom
room = ReadingRoom()
room.read(pathlib.Path(sys.argv[1]).read_bytes(), Given())
print("ready", flush=True)
time.sleep(60)
"""


def test_a_reader_ends_with_its_parent_even_when_that_is_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", WAITING, str(EXAMPLE)], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"ready\n"
        (reader,) = readers_of(parent.pid)
        parent.kill()
    until = time.monotonic() + 5
    while is_alive(reader) and time.monotonic() < until:
        time.sleep(0.02)
    assert not is_alive(reader)


def test_a_reader_that_gets_no_time_for_long_has_not_used_up_its_own() -> None:
    room = ReadingRoom(deadline_seconds=0.5)
    pid = reader_of(room)
    os.kill(pid, signal.SIGSTOP)
    threading.Timer(1.0, os.kill, (pid, signal.SIGCONT)).start()
    assert isinstance(room.read(GOOD, Given())[0], Accepted)
    assert reader_of(room) == pid
    room.close()


def test_a_reader_that_never_gets_time_is_given_up() -> None:
    room = ReadingRoom(deadline_seconds=0.1)
    os.kill(reader_of(room), signal.SIGSTOP)
    assert [finding.code for finding in room.read(GOOD, Given())[0].findings] == [FindingCode.FILE_009]
    room.close()


def test_ten_thousand_actions_are_read_and_checked() -> None:
    # Measuring coverage makes the reader several times as slow: that is no reason to refuse here.
    room = ReadingRoom(deadline_seconds=30)
    rows = reference_rows()
    texts = [dict(zip("BCDK", (row[1], row[2], row[3], row[10]), strict=True)) for row in rows]
    book = office_book([action(number, **texts[number % 10]) for number in range(1, 10_001)])
    reading, _ = room.read(book, Given())
    assert isinstance(reading, Accepted)
    assert len(reading.plan.actions) == 10_000
    room.close()
