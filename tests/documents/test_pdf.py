"""PDFs by a real LibreOffice that is kept warm: what it makes, and what becomes of it when it misbehaves."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pypdfium2
import pytest

from service.domain.errors import NoPdf
from service.domain.reports import DocumentKind
from tests.living import is_alive
from tests.plans import generated_plan, report_of
from worker.documents import pdf
from worker.documents.context import context_of
from worker.documents.pdf import Converter, Limits
from worker.documents.template_files import TemplateFiles

TEMPLATES = Path(__file__).parents[2] / "templates_docx"


@pytest.fixture(scope="module")
def word() -> bytes:
    return TemplateFiles(TEMPLATES).of(DocumentKind.WORD).fill(context_of(report_of(generated_plan(12))))


@pytest.fixture(scope="module")
def long_word() -> bytes:
    return TemplateFiles(TEMPLATES).of(DocumentKind.WORD).fill(context_of(report_of(generated_plan(40))))


@pytest.fixture(scope="module")
def warm() -> Iterator[Converter]:
    converter = Converter()
    yield converter
    converter.close()


def children(pid: int) -> list[int]:
    found = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, check=False)
    return [int(line) for line in found.stdout.split()]


def office_of(converter: Converter) -> int:
    assert converter._office is not None
    (pid,) = children(converter._office.bridge.pid)
    return pid


def pages(pdf: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(pdf)
    try:
        return [page.get_textpage().get_text_range() for page in document]
    finally:
        document.close()


def test_every_page_of_the_pdf_has_the_headers_of_the_word(warm: Converter, word: bytes) -> None:
    texts = pages(warm.to_pdf(word))
    assert len(texts) > 1
    for text in texts:
        for header in ("PLAN DE ACCIÓN 2024", "Versión 2.0", "RESPONSABLE", "AVANCE CUALITATIVO"):
            assert header in text


def test_the_pdf_says_that_it_is_tagged_pdf_a_2b_in_spanish_with_its_title(
    warm: Converter, word: bytes, tmp_path: Path
) -> None:
    file = tmp_path / "informe.pdf"
    file.write_bytes(warm.to_pdf(word))
    told = subprocess.run(["pdfinfo", file], capture_output=True, text=True, check=True).stdout
    assert "Tagged:          yes" in told
    assert "Title:           PLAN DE ACCIÓN 2024" in told
    metadata = subprocess.run(["pdfinfo", "-meta", file], capture_output=True, text=True, check=True).stdout
    assert "<pdfaid:part>2</pdfaid:part>" in metadata
    assert "<pdfaid:conformance>B</pdfaid:conformance>" in metadata
    assert "<pdfuaid:part>1</pdfuaid:part>" in metadata
    assert b"/Lang(es-CO)" in file.read_bytes()


def test_every_font_is_embedded(warm: Converter, word: bytes, tmp_path: Path) -> None:
    file = tmp_path / "informe.pdf"
    file.write_bytes(warm.to_pdf(word))
    told = subprocess.run(["pdffonts", file], capture_output=True, text=True, check=True).stdout.splitlines()[2:]
    assert told
    for line in told:
        assert line.split()[-5] == "yes", line


def test_libreoffice_stays_on_between_documents(word: bytes) -> None:
    converter = Converter()
    try:
        converter.to_pdf(word)
        first = office_of(converter)
        converter.to_pdf(word)
        assert office_of(converter) == first
    finally:
        converter.close()


def test_one_that_crashed_is_started_again_and_the_pdf_comes(warm: Converter, word: bytes) -> None:
    warm.to_pdf(word)
    os.kill(office_of(warm), signal.SIGKILL)
    assert len(pages(warm.to_pdf(word))) > 1


@pytest.mark.parametrize("fault", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "frozen"])
def test_one_that_dies_or_hangs_over_a_document_is_killed_with_its_group_and_the_pdf_comes(
    fault: signal.Signals, long_word: bytes
) -> None:
    with contextlib.closing(Converter(Limits(seconds=15))) as converter:
        converter.to_pdf(long_word)
        assert converter._office is not None
        office, group, folder = office_of(converter), converter._office.bridge.pid, converter._office.folder
        (folder / "documento.docx").unlink()

        def strike() -> None:
            wait_until((folder / "documento.docx").exists, "no second order came")
            time.sleep(0.1)
            os.kill(office, fault)

        striker = threading.Thread(target=strike)
        striker.start()
        assert len(pages(converter.to_pdf(long_word))) > 10
        striker.join()
        assert not is_alive(office)
        wait_until(lambda: not living_of(group), "some of its group outlived it")


READY = (
    "import sys, time, json\nprint(json.dumps({'ready': True}), flush=True)\norder = json.loads(sys.stdin.readline())\n"
)
DONE = "print(json.dumps({'done': True, 'memory': 1}), flush=True)\nsys.stdin.readline()\n"
FAULTS = {
    "never ready": ("import time\ntime.sleep(60)", r"no answer within 3 s"),
    "hangs": (READY + "time.sleep(60)", r"no answer within 2 s"),
    "crashes": (READY + "raise SystemExit(139)", r"ended in the middle"),
    "answers nonsense": (READY + "print('%PDF-1.7 nada', flush=True)\ntime.sleep(60)", r"nobody understands"),
    "answers a number": (READY + "print(42, flush=True)\ntime.sleep(60)", r"nobody understands"),
    "answers without end": (READY + "while True: sys.stdout.write('x' * 4096)", r"without end"),
    "writes nothing": (READY + DONE, r"no sound PDF"),
    "writes garbage": (READY + "open(order['target'], 'wb').write(b'%PDF-1.7 ' * 999)\n" + DONE, r"no sound PDF"),
}


def test_each_fault_is_explained_within_two_tries_and_good_documents_beside_them_are_done(
    warm: Converter, word: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = pages(warm.to_pdf(word))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    told: dict[str, NoPdf] = {}

    def fail(fault: str) -> None:
        with contextlib.closing(Converter(Limits(start_seconds=3, seconds=2))) as converter:
            try:
                converter.to_pdf(word)
            except NoPdf as problem:
                told[fault] = problem

    for fault, (program, _) in FAULTS.items():
        bridge = tmp_path / f"{fault}.py"
        bridge.write_text(program, "utf-8")
        monkeypatch.setattr(pdf, "_BRIDGE", bridge)
        failing = threading.Thread(target=fail, args=(fault,))
        failing.start()
        assert pages(warm.to_pdf(word)) == wanted
        failing.join(30)
    assert told.keys() == FAULTS.keys()
    for fault, (_, reason) in FAULTS.items():
        assert re.fullmatch(f".*{reason}.*; .*{reason}.*", str(told[fault])), (fault, str(told[fault]))
        assert "tampoco en un segundo intento" in told[fault].detail
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(f"{fault}.py" for fault in FAULTS)


def test_folders_whose_owners_were_killed_with_all_they_had_are_removed_and_no_others(
    word: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = "import time\nfrom worker.documents import pdf\nprint(pdf._held_folder()[0], flush=True)\ntime.sleep(60)"
    folder, elsewhere = tmp_path / "tmp", tmp_path / "elsewhere"
    folder.mkdir()
    elsewhere.mkdir()
    owners = [
        subprocess.Popen(
            [sys.executable, "-c", program],
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
            env={**os.environ, "TMPDIR": str(folder)},
        )
        for _ in range(2)
    ]
    dead, living = (Path(owner.stdout.readline().strip()) if owner.stdout else Path() for owner in owners)
    (dead / "profile").mkdir()
    (folder / "folio-pdf-link").symlink_to(elsewhere)
    (folder / "folio-other").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setattr(pdf, "_python", lambda _programs: tmp_path / "python3")

    def left_by_a_start() -> set[str]:
        with pytest.raises(NoPdf):
            Converter().to_pdf(word)
        return {path.name for path in folder.iterdir()}

    others = {"folio-pdf-link", "folio-other"}
    try:
        assert left_by_a_start() == {dead.name, living.name} | others
        owners[0].kill()
        owners[0].wait()
        assert left_by_a_start() == {living.name} | others
        assert elsewhere.is_dir()
    finally:
        for owner in owners:
            owner.kill()
            owner.communicate()


def test_what_is_no_word_file_is_explained_after_the_second_try(warm: Converter, word: bytes) -> None:
    with pytest.raises(NoPdf, match=r"cannot open the file; .*cannot open the file") as refused:
        warm.to_pdf(word[: len(word) // 2])
    assert "no pudo hacer el PDF" in refused.value.detail
    assert not refused.value.is_transient
    assert pages(warm.to_pdf(word)), "the good document after it must come"


def test_one_that_has_grown_is_replaced(word: bytes) -> None:
    converter = Converter(Limits(memory=1))
    try:
        assert pages(converter.to_pdf(word))
        assert converter._office is None
        assert pages(converter.to_pdf(word))
    finally:
        converter.close()


def test_closing_leaves_no_process_and_no_file(word: bytes) -> None:
    converter = Converter()
    converter.to_pdf(word)
    assert converter._office is not None
    assert not list(Path("/tmp").glob(f"OSL_PIPE_*folio-{converter._office.bridge.pid}"))
    office, folder = office_of(converter), converter._office.folder if converter._office else Path()
    assert folder.is_dir()
    converter.close()
    assert not folder.exists()
    wait_until_gone(office)


@pytest.mark.parametrize("is_hung", [False, True], ids=["idle", "in the middle of a document"])
def test_libreoffice_and_its_folder_end_with_the_process_that_started_it(
    word: bytes, tmp_path: Path, *, is_hung: bool
) -> None:
    file, folder = tmp_path / "informe.docx", tmp_path / "of its own"
    file.write_bytes(word)
    folder.mkdir()
    program = (
        "import sys, pathlib\n"
        "from worker.documents.pdf import Converter\n"
        "converter = Converter()\n"
        "word = pathlib.Path(sys.argv[1]).read_bytes()\n"
        "converter.to_pdf(word)\n"
        "print(converter._office.bridge.pid, flush=True)\n"
        "sys.stdin.readline()\n"
        "converter.to_pdf(word)\n"
    )
    owner = subprocess.Popen(
        [sys.executable, "-c", program, str(file)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "TMPDIR": str(folder)},
    )
    assert owner.stdin is not None
    assert owner.stdout is not None
    bridge = int(owner.stdout.readline())
    (office,) = children(bridge)
    (kept,) = folder.iterdir()
    if is_hung:
        os.kill(office, signal.SIGSTOP)
        (kept / "documento.docx").unlink()
        owner.stdin.write(b"\n")
        owner.stdin.flush()
        wait_until((kept / "documento.docx").exists, "no second order came")
    owner.kill()
    owner.wait()
    owner.stdin.close()
    owner.stdout.close()
    wait_until_gone(bridge, office)
    assert list(folder.iterdir()) == []


def test_without_the_python_that_drives_libreoffice_there_is_no_pdf_and_no_file_stays(
    word: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pdf, "_python", lambda _programs: tmp_path / "python3")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    with pytest.raises(NoPdf, match="No such file") as refused:
        Converter().to_pdf(word)

    assert f"no el Python con que Folio lo maneja ({tmp_path}/python3)" in refused.value.detail
    assert list(tmp_path.iterdir()) == []


def wait_until_gone(*pids: int) -> None:
    wait_until(lambda: not any(map(is_alive, pids)), "LibreOffice outlived its owner")


def wait_until(is_so: Callable[[], bool], complaint: str) -> None:
    deadline = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < deadline, complaint
        time.sleep(0.05)


def living_of(group: int) -> list[int]:
    """The processes of a group that have not ended."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            state, _, its_group = stat.read_text("utf-8", "replace").rsplit(")", 1)[1].split()[:3]
            if int(its_group) == group and state != "Z":
                found.append(int(stat.parent.name))
    return found
