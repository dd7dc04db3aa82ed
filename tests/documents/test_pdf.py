"""PDFs by a real LibreOffice that is kept warm: what it makes, and what becomes of it when it misbehaves."""

from __future__ import annotations

import http.server
import io
import os
import signal
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pypdfium2
import pytest

from service.domain.reports import DocumentKind
from tests.plans import generated_plan, report_of
from worker.documents.context import context_of
from worker.documents.pdf import Converter, Limits, NoPdf
from worker.documents.template_files import TemplateFiles

TEMPLATES = Path(__file__).parents[2] / "templates_docx"


@pytest.fixture(scope="module")
def word() -> bytes:
    return TemplateFiles(TEMPLATES).of(DocumentKind.WORD).fill(context_of(report_of(generated_plan(12))))


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


def test_one_that_hangs_is_killed_with_its_group_and_the_pdf_comes(word: bytes) -> None:
    converter = Converter(Limits(seconds=12))
    try:
        converter.to_pdf(word)
        hung, group = office_of(converter), converter._office.bridge.pid if converter._office else 0
        os.kill(hung, signal.SIGSTOP)
        assert len(pages(converter.to_pdf(word))) > 1
        with pytest.raises(ProcessLookupError):
            os.kill(group, 0)
    finally:
        converter.close()


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
    office, folder = office_of(converter), converter._office.folder if converter._office else Path()
    assert folder.is_dir()
    converter.close()
    assert not folder.exists()
    assert is_gone(office)


def test_libreoffice_ends_with_the_process_that_started_it(word: bytes, tmp_path: Path) -> None:
    file = tmp_path / "informe.docx"
    file.write_bytes(word)
    program = (
        "import sys, time, pathlib\n"
        "from worker.documents.pdf import Converter\n"
        "converter = Converter()\n"
        "converter.to_pdf(pathlib.Path(sys.argv[1]).read_bytes())\n"
        "print(converter._office.bridge.pid, flush=True)\n"
        "time.sleep(600)\n"
    )
    owner = subprocess.Popen(
        [sys.executable, "-c", program, str(file)], stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
    )
    assert owner.stdout is not None
    bridge = int(owner.stdout.readline())
    (office,) = children(bridge)
    owner.kill()
    owner.wait()
    owner.stdout.close()
    deadline = time.monotonic() + 20
    while not (is_gone(bridge) and is_gone(office)):
        assert time.monotonic() < deadline, "LibreOffice outlived its owner"
        time.sleep(0.05)


def is_gone(pid: int) -> bool:
    """Ended: whoever should bury it may not have done so yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("ascii").rsplit(")", 1)[1].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def test_a_document_fetches_nothing_from_the_network_or_the_disk(warm: Converter, word: bytes, tmp_path: Path) -> None:
    asked: list[str] = []

    class Listener(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

    server = http.server.HTTPServer(("127.0.0.1", 0), Listener)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    picture = tmp_path / "secreto.png"
    picture.write_bytes(_PIXEL)
    try:
        for target in (f"http://127.0.0.1:{server.server_port}/imagen.png", picture.as_uri()):
            pdf = warm.to_pdf(with_linked_picture(word, target))
            assert image_count(pdf) == image_count(warm.to_pdf(word))
    finally:
        server.shutdown()
        server.server_close()
    assert asked == []


def image_count(pdf: bytes) -> int:
    document = pypdfium2.PdfDocument(pdf)
    try:
        return sum(len(list(page.get_objects(filter=[pypdfium2.raw.FPDF_PAGEOBJ_IMAGE]))) for page in document)
    finally:
        document.close()


_PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8cfc000000301010018dd8db0"
    "0000000049454e44ae426082"
)
_LINKED = (
    '<w:p><w:r><w:drawing xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
    '<wp:inline><wp:extent cx="914400" cy="914400"/><wp:docPr id="901" name="x"/><a:graphic>'
    '<a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:pic><pic:nvPicPr>'
    '<pic:cNvPr id="901" name="x"/><pic:cNvPicPr/></pic:nvPicPr><pic:blipFill><a:blip r:link="rIdLinked"/>'
    '<a:stretch><a:fillRect/></a:stretch></pic:blipFill><pic:spPr><a:xfrm><a:off x="0" y="0"/>'
    '<a:ext cx="914400" cy="914400"/></a:xfrm><a:prstGeom prst="rect"/></pic:spPr></pic:pic></a:graphicData>'
    "</a:graphic></wp:inline></w:drawing></w:r></w:p>"
)


def with_linked_picture(word: bytes, target: str) -> bytes:
    relation = (
        '<Relationship Id="rIdLinked" TargetMode="External" '
        'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/image" '
        f'Target="{target}"/></Relationships>'
    )
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(word)) as old, zipfile.ZipFile(out, "w") as new:
        for info in old.infolist():
            content = old.read(info)
            if info.filename == "word/_rels/document.xml.rels":
                content = content.replace(b"</Relationships>", relation.encode())
            if info.filename == "word/document.xml":
                content = content.replace(b"<w:body>", b"<w:body>" + _LINKED.encode())
            new.writestr(info.filename, content)
    return out.getvalue()
