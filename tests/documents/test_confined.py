"""LibreOffice within its bounds: canaries that documents ask for, and what reaches them without the bounds."""

from __future__ import annotations

import contextlib
import io
import re
import socketserver
import struct
import subprocess
import threading
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pypdfium2
import pytest

from service.domain.reports import DocumentKind
from tests.plans import reference_plan, report_of
from worker.documents import pdf
from worker.documents.context import context_of
from worker.documents.pdf import Converter
from worker.documents.template_files import TemplateFiles

TEMPLATES = Path(__file__).parents[2] / "templates_docx"
BRIDGE = Path(pdf.__file__).with_name("libreoffice_bridge.py")
CONFINED = BRIDGE.with_name("confined.py")
PYTHON = "/usr/bin/python3"
SECRET = "CANARIO-EN-LA-MINA"
MAGENTA = (255, 0, 255)


@dataclass
class Canaries:
    """A listener on loopback, and files that are not for LibreOffice; `heard` counts who connected."""

    address: str
    text: Path
    picture: Path
    heard: list[object] = field(default_factory=list)


@pytest.fixture
def canaries(tmp_path: Path) -> Iterator[Canaries]:
    told = Canaries("", tmp_path / "canario.txt", tmp_path / "canario.png")
    told.text.write_text(SECRET, "utf-8")
    told.picture.write_bytes(png(MAGENTA))

    class Listener(socketserver.ThreadingTCPServer):
        daemon_threads = True

        def verify_request(self, _request: object, client: object) -> bool:
            told.heard.append(client)
            return False

    with Listener(("127.0.0.1", 0), socketserver.BaseRequestHandler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        told.address = f"http://127.0.0.1:{server.server_address[1]}"
        yield told
        server.shutdown()


@pytest.fixture(scope="module")
def word() -> bytes:
    return TemplateFiles(TEMPLATES).of(DocumentKind.WORD).fill(context_of(report_of(reference_plan())))


REACHES = """
import pathlib, socket, subprocess, sys
file, port, folder = sys.argv[1], int(sys.argv[2]), pathlib.Path(sys.argv[3])
def tried(name, act):
    try:
        act()
    except OSError:
        return
    print(name)
def tcp():
    with socket.create_connection(("127.0.0.1", port), 5):
        pass
def udp(family=socket.AF_INET):
    socket.socket(family, socket.SOCK_DGRAM).close()
tried("file", lambda: pathlib.Path(file).read_text())
tried("folder", lambda: list(pathlib.Path(file).parent.iterdir()))
tried("write", lambda: pathlib.Path(file).with_name("escrito").write_text("x"))
tried("remove", lambda: pathlib.Path(file).with_name("sobra").unlink())
tried("processes", lambda: pathlib.Path("/proc/1/cmdline").read_bytes())
tried("accounts", lambda: list(pathlib.Path("/home").iterdir()))
tried("tcp", tcp)
tried("udp", udp)
tried("tcp6", lambda: udp(socket.AF_INET6))
tried("netlink", lambda: udp(socket.AF_NETLINK))
if subprocess.run([sys.executable, "-c", f"open({file!r})"], stderr=subprocess.DEVNULL).returncode == 0:
    print("by a child")
def own():
    (folder / "suyo").write_text("x")
    (folder / "suyo").unlink()
    with socket.socket(socket.AF_UNIX) as local:
        local.bind(str(folder / "s"))
tried("its own", own)
"""


def reached(canaries: Canaries, folder: Path, *, confined: bool) -> set[str]:
    canaries.text.with_name("sobra").touch()
    folder.mkdir()
    # With the programs in /usr/bin, for this one is not LibreOffice.
    bounds = [PYTHON, "-I", CONFINED, folder, "/usr/bin"] if confined else []
    port = canaries.address.rsplit(":", 1)[1]
    command = [*bounds, PYTHON, "-I", "-c", REACHES, canaries.text, port, folder]
    ended = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False, timeout=60)
    assert ended.returncode in {0, 1}, ended.stderr
    return set(ended.stdout.split("\n")) - {""}


def test_within_the_bounds_a_program_has_its_folder_and_nothing_else(canaries: Canaries, tmp_path: Path) -> None:
    assert reached(canaries, tmp_path / "encerrado", confined=True) == {"its own"}
    assert canaries.heard == []
    everything = {
        "file",
        "folder",
        "write",
        "remove",
        "processes",
        "accounts",
        "tcp",
        "udp",
        "netlink",
        "by a child",
        "its own",
    }
    assert reached(canaries, tmp_path / "suelto", confined=False) >= everything
    assert canaries.heard


def test_libreoffice_runs_within_them_and_without_the_environment(word: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOLIO_CANARY", SECRET)
    with contextlib.closing(Converter()) as converter:
        converter.to_pdf(word)
        assert converter._office is not None
        found = subprocess.run(
            ["pgrep", "-P", str(converter._office.bridge.pid)], capture_output=True, text=True, check=True
        )
        process = Path("/proc") / found.stdout.strip()
        told = dict(line.split(":\t", 1) for line in (process / "status").read_text("utf-8").splitlines())
        environment = (process / "environ").read_bytes().rstrip(b"\0").split(b"\0")
    assert told["Name"] == "soffice.bin"
    assert (told["NoNewPrivs"], told["Seccomp"]) == ("1", "2")
    assert {entry.split(b"=")[0] for entry in environment} == {b"HOME", b"TMPDIR", b"PATH", b"LANG"}


def test_documents_that_ask_for_canaries_get_none(word: bytes, canaries: Canaries) -> None:
    with contextlib.closing(Converter()) as converter:
        content = converter.to_pdf(asking(word, canaries))
    assert seen(content) == set()
    assert canaries.heard == []


@pytest.mark.parametrize(
    ("has_settings", "has_bounds"),
    [(False, False), (True, False), (False, True)],
    ids=["neither", "settings alone", "bounds alone"],
)
def test_settings_or_bounds_alone_hold_and_without_both_the_canaries_are_got(
    word: bytes,
    canaries: Canaries,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    has_settings: bool,
    has_bounds: bool,
) -> None:
    is_safe = has_settings or has_bounds
    bridge = bridge_with(tmp_path / "puente", has_settings=has_settings, has_bounds=has_bounds)
    monkeypatch.setattr(pdf, "_BRIDGE", bridge)
    with contextlib.closing(Converter()) as converter:
        content = converter.to_pdf(asking(word, canaries))
    assert ("picture" in seen(content)) != is_safe
    assert bool(canaries.heard) != is_safe


def bridge_with(folder: Path, *, has_settings: bool, has_bounds: bool) -> Path:
    """A copy of the bridge; without settings LibreOffice is as it comes, and fetches whatever a document names."""
    bridge = BRIDGE.read_text("utf-8")
    if not has_settings:
        bridge, count = re.subn(r"(?s)(_HARDENED: Final = )\{.*?\n\}\n", r"\1{}\n", bridge)
        assert count == 1
        for ours, lax in {
            '"UpdateDocMode": _NEVER': '"UpdateDocMode": 3',
            '"ReadOnly": True': '"ReadOnly": False',
        }.items():
            assert ours in bridge
            bridge = bridge.replace(ours, lax)
    bounds = CONFINED.read_text("utf-8") if has_bounds else "import os, sys; os.execv(sys.argv[3], sys.argv[3:])"
    folder.mkdir()
    (folder / CONFINED.name).write_text(bounds, "utf-8")
    (folder / BRIDGE.name).write_text(bridge, "utf-8")
    return folder / BRIDGE.name


def seen(content: bytes) -> set[str]:
    """Which of the canaries a reader of the PDF sees."""
    told = set()
    document = pypdfium2.PdfDocument(content)
    try:
        for page in document:
            if SECRET in page.get_textpage().get_text_range().replace("\r\n", ""):
                told.add("text")
            if MAGENTA in {colour for _, colour in page.render().to_pil().convert("RGB").getcolors(1 << 24)}:
                told.add("picture")
    finally:
        document.close()
    return told


def asking(word: bytes, canaries: Canaries) -> bytes:
    """The Word with every link that may be followed while it is opened, to the listener and to the files."""
    targets: list[tuple[str, str]] = []

    def linked(kind: str, target: str) -> str:
        targets.append((kind, target))
        return f"rIdCanary{len(targets)}"

    def field(instruction: str) -> str:
        return f'<w:p><w:fldSimple w:instr=" {instruction} "><w:r><w:t>x</w:t></w:r></w:fldSimple></w:p>'

    body = []
    for picture in (f"{canaries.address}/a.png", canaries.picture.as_uri()):
        body.append(_PICTURE.format(id=linked("image", picture)))
        body.append(_VML.format(id=linked("image", picture)))
        body.append(_OLE.format(id=linked("oleObject", picture)))
        body.append(field(f"INCLUDEPICTURE &quot;{picture}&quot; \\d"))
    for text in (f"{canaries.address}/a.txt", canaries.text.as_uri(), str(canaries.text)):
        body.append(field(f"INCLUDETEXT &quot;{text}&quot;"))
        body.append(field(f"DDEAUTO soffice &quot;{text}&quot; x"))
        body.append(f'<w:altChunk r:id="{linked("aFChunk", text)}"/>')
        body.append(f'<w:p><w:subDoc r:id="{linked("subDocument", text)}"/></w:p>')
        linked("attachedTemplate", text)
        linked("styles", text)
    relations = "".join(
        f'<Relationship Id="rIdCanary{number}" TargetMode="External" Type="{_KINDS}{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets, start=1)
    )
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(word)) as old, zipfile.ZipFile(out, "w") as new:
        for info in old.infolist():
            text = old.read(info)
            if info.filename == "word/_rels/document.xml.rels":
                text = text.replace(b"</Relationships>", f"{relations}</Relationships>".encode())
            if info.filename == "word/document.xml":
                text = text.replace(b"<w:body>", f"<w:body>{''.join(body)}".encode())
            new.writestr(info.filename, text)
        template = next(number for number, (kind, _) in enumerate(targets, start=1) if kind == "attachedTemplate")
        new.writestr(
            "word/_rels/settings.xml.rels",
            '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
            f'<Relationship Id="rId1" TargetMode="External" Type="{_KINDS}attachedTemplate" '
            f'Target="{targets[template - 1][1]}"/></Relationships>',
        )
    return out.getvalue()


def png(colour: tuple[int, int, int]) -> bytes:
    """A square of one colour."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    side = 32
    rows = (b"\0" + bytes(colour) * side) * side
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


_KINDS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
_R = f'xmlns:r="{_KINDS[:-1]}"'
_V = 'xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office"'
_PICTURE = (
    '<w:p><w:r><w:drawing xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    f'xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture" {_R}>'
    '<wp:inline><wp:extent cx="914400" cy="914400"/><wp:docPr id="901" name="x"/><a:graphic>'
    '<a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:pic><pic:nvPicPr>'
    '<pic:cNvPr id="901" name="x"/><pic:cNvPicPr/></pic:nvPicPr><pic:blipFill><a:blip r:link="{id}"/>'
    '<a:stretch><a:fillRect/></a:stretch></pic:blipFill><pic:spPr><a:xfrm><a:off x="0" y="0"/>'
    '<a:ext cx="914400" cy="914400"/></a:xfrm><a:prstGeom prst="rect"/></pic:spPr></pic:pic></a:graphicData>'
    "</a:graphic></wp:inline></w:drawing></w:r></w:p>"
)
_VML = (
    f'<w:p><w:r><w:pict {_V} {_R}><v:shape style="width:72pt;height:72pt">'
    '<v:imagedata r:id="{id}"/></v:shape></w:pict></w:r></w:p>'
)
_OLE = (
    f'<w:p><w:r><w:object {_V} {_R}><v:shape id="_x0000_i1099" style="width:72pt;height:72pt"/>'
    '<o:OLEObject Type="Link" ProgID="Paint.Picture" ShapeID="_x0000_i1099" DrawAspect="Content" r:id="{id}" '
    'UpdateMode="Always"/></w:object></w:r></w:p>'
)
