"""`folio generate --pdf` as a program, and what it says where there is no LibreOffice."""

from __future__ import annotations

import json
from pathlib import Path

import pypdf
import pytest

from service.domain.archive import report_to_json
from service.domain.reports import DocumentKind
from service.settings import PROJECT
from tests.integration.conftest import Folio
from tests.plans import reference_plan, report_of
from worker.documents import pdf
from worker.generate import generate

EXAMPLE = PROJECT / "examples" / "plan-de-accion-2024-v2.0.xlsx"
STEM = "plan-de-accion-2024_v2.0_seguimiento-III-trimestre"
OFFICE = """\
entidad = "Entidad de Ejemplo"

[[firmantes]]
rol = "aprobo"
nombre = "Persona de Ejemplo Uno"
cargo = "Director de Ejemplo"
"""


def test_generate_writes_the_pdf_beside_word_and_excel_with_what_the_office_says(folio: Folio, tmp_path: Path) -> None:
    office = tmp_path / "oficina.toml"
    office.write_text(OFFICE, "utf-8")
    ended = folio("generate", EXAMPLE, "--out", tmp_path / "salida", "--pdf", "--office", office, "--json")

    assert ended.returncode == 0, ended.stderr
    written = [Path(document["path"]) for document in json.loads(ended.stdout)["documents"]]
    assert [path.name for path in written] == [f"{STEM}.docx", f"{STEM}.xlsx", f"{STEM}.pdf"]
    document = pypdf.PdfReader(written[-1])
    assert list(document.get_fields() or ()) == ["Firma_Aprobo_1"]
    assert document.metadata is not None
    assert document.metadata.author == "Entidad de Ejemplo"


def test_an_office_file_that_is_not_there_is_said_in_one_sentence(folio: Folio, tmp_path: Path) -> None:
    ended = folio("generate", EXAMPLE, "--out", tmp_path, "--office", tmp_path / "no-existe.toml")

    assert ended.returncode != 0
    assert "no-existe.toml" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_where_libreoffice_is_missing_word_and_excel_are_written_and_one_sentence_says_why_not_the_pdf(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pdf, "_PROGRAMS", (f"{tmp_path}/program",))
    kinds = (DocumentKind.PDF, DocumentKind.WORD, DocumentKind.EXCEL)
    answer = generate(
        {
            "report": report_to_json(report_of(reference_plan())),
            "documents": [{"kind": kind, "folder": str(tmp_path)} for kind in kinds],
            "templates": str(PROJECT / "templates_docx"),
        }
    )

    assert [document["kind"] for document in answer["documents"]] == [DocumentKind.WORD, DocumentKind.EXCEL]
    (problem,) = answer["problems"]
    assert problem["code"] == "PDF"
    assert "no está LibreOffice" in problem["detail"]
    assert "el Word y el Excel se escriben igual" in problem["detail"]
