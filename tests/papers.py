"""Documents as they are issued, with a frame and a seal, for whoever brings them back."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from dataclasses import replace
from functools import cache
from pathlib import Path

from service.domain.frame import Frame, Role, Seal, Signer
from service.domain.reports import DocumentKind, Report
from service.papers.verdicts import IssuedFile
from tests.plans import reference_plan, report_of
from worker.documents.context import context_of
from worker.documents.pdf import Converter
from worker.documents.pdf_archive import archive_pdf
from worker.documents.template_files import TemplateFiles

SEAL = Seal("K7QF-3M9P-X2TD", "http://localhost:8000/verificar/K7QF-3M9P-X2TD")
FRAME = Frame(
    entity="Entidad de Ejemplo",
    signers=(
        Signer(Role.DRAFTED, "Persona de Ejemplo Uno", "Profesional"),
        Signer(Role.APPROVED, "Persona de Ejemplo Dos", "Director de Ejemplo", is_acting=True),
    ),
)
_TEMPLATES = TemplateFiles(Path(__file__).parents[1] / "templates_docx")


def a_report(*, has_signers: bool = True) -> Report:
    return replace(report_of(reference_plan()), frame=FRAME if has_signers else Frame(), seal=SEAL)


@cache
def issued_file(kind: DocumentKind) -> IssuedFile:
    """The reference's Word or Excel, as it is issued."""
    return _file(kind, _TEMPLATES.of(kind).fill(context_of(a_report())))


@cache
def issued_pdf(*, has_signers: bool = True) -> IssuedFile:
    """The same as a PDF, with a field for each signer or without any."""
    report = a_report(has_signers=has_signers)
    converter = Converter()
    try:
        word = _TEMPLATES.of(DocumentKind.WORD).fill(context_of(report))
        return _file(DocumentKind.PDF, archive_pdf(converter.to_pdf(word), report))
    finally:
        converter.close()


def resaved(content: bytes, extension: str, folder: Path) -> bytes:
    """The document as LibreOffice saves it when somebody opens it there."""
    soffice = shutil.which("soffice") or shutil.which("libreoffice")
    assert soffice, "LibreOffice is missing: make test installs it"
    source, out = folder / f"informe.{extension}", folder / "guardado"
    source.write_bytes(content)
    subprocess.run(
        [soffice, f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless", "--norestore",
         "--convert-to", extension, "--outdir", str(out), str(source)],
        check=True, capture_output=True, timeout=280, env={**os.environ, "HOME": str(folder)},
    )  # fmt: skip
    return (out / source.name).read_bytes()


def _file(kind: DocumentKind, content: bytes) -> IssuedFile:
    return IssuedFile(kind, f"informe.{kind.extension}", hashlib.sha256(content).hexdigest(), content)
