"""The example's pages become the pictures of docs/imagenes: `python -m tools.page_pictures` draws them all anew.

They are what a planner gets: the Word is written from the office's templates, printed by LibreOffice and drawn page by
page. Once as it comes from a fresh Folio, and once with all that an office may put around its reports.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pypdfium2
from PIL.Image import Image

from service.domain.frame import Approval, FormatBox, Frame, Role, Seal, Signer
from service.domain.reading import Accepted, Given
from service.domain.reports import DocumentKind, Report
from service.settings import PROJECT
from service.sheets.intake import read_plan
from worker.documents.pdf import Converter
from worker.documents.template_files import TemplateFiles
from worker.render import render

FOLDER: Final = PROJECT / "docs" / "imagenes"
WIDTH: Final = 1400
# Letters, rules and one colour: more of them only weigh.
COLOURS: Final = 48

FRAME: Final = Frame(
    entity="Entidad de Ejemplo",
    signers=(
        Signer(Role.DRAFTED, "Persona de Ejemplo Uno", "Profesional de Planeación"),
        Signer(Role.REVIEWED, "Persona de Ejemplo Dos", "Subdirectora de Planeación", is_acting=True),
        Signer(Role.APPROVED, "Persona de Ejemplo Tres", "Director de Ejemplo"),
    ),
    approval=Approval("Comité Institucional de Gestión y Desempeño", "Acta 5 de 2024", dt.date(2024, 9, 10)),
    format_box=FormatBox(
        "Direccionamiento estratégico", "Seguimiento al plan de acción", "FT-DE-001", "3", dt.date(2024, 1, 15)
    ),
    has_radicado_zone=True,
)
SEAL: Final = Seal("K7QF-3M9P-X2TD", "https://planes.ejemplo.gov.co/verificar/K7QF-3M9P-X2TD")


def draw_all() -> None:
    """Write every picture; those of pages that there are no more are removed."""
    example = PROJECT / "examples" / "plan-de-accion-2024-v2.0.xlsx"
    reading = read_plan(example.read_bytes(), Given())
    if not isinstance(reading, Accepted):
        raise TypeError("the example has errors")
    at = dt.datetime(2024, 10, 15, 14, tzinfo=dt.UTC)
    reports = {
        "informe": Report("ejemplo", reading.plan, 1, at),
        "informe-con-marco": Report("ejemplo", reading.plan, 1, at, frame=FRAME, approval=FRAME.approval, seal=SEAL),
    }
    for old in FOLDER.glob("informe*-pagina-*.png"):
        old.unlink()
    with contextlib.closing(Converter()) as converter:
        for name, report in reports.items():
            pdf = render(report, DocumentKind.PDF, TemplateFiles(PROJECT / "templates_docx"), converter=converter)
            for number, picture in enumerate(_pages(pdf.content), start=1):
                _keep(picture, FOLDER / f"{name}-pagina-{number}.png")


def _pages(pdf: bytes) -> Iterator[Image]:
    document = pypdfium2.PdfDocument(pdf)
    try:
        for page in document:
            yield page.render(scale=WIDTH / page.get_width()).to_pil()
    finally:
        document.close()


def _keep(picture: Image, path: Path) -> None:
    picture.quantize(COLOURS).save(path, "PNG", optimize=True)
    print(f"{path.relative_to(PROJECT)}: {path.stat().st_size // 1000} KB")


if __name__ == "__main__":
    draw_all()
