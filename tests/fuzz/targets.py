"""What any bytes must come to: a reading, a verdict, a template, or a refusal with its place; never a surprise."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from service.domain.archive import reading_from_json, reading_to_json
from service.domain.errors import TemplateProblem
from service.domain.reading import Given, Unreadable
from service.domain.reports import DocumentKind
from service.papers.check import check_paper, codes_in
from service.papers.scans import scan_ending
from service.papers.verdicts import IssuedFile, verdict_to_json
from service.sheets.guard import UnreadableWorkbook, open_any_package
from service.sheets.intake import read_plan
from tests.hostile.other_formats import csv, ods, xls
from tests.plans import generated_plan, report_of
from tests.signing import signed_package, signed_pdf
from tests.unit.sheets.office import EXAMPLE, office_book
from worker.documents.context import context_of
from worker.documents.template_files import compile_template

TEMPLATES: Final = Path(__file__).parents[2] / "templates_docx"
_PAPERS: Final = (DocumentKind.WORD, DocumentKind.EXCEL)


@dataclass(frozen=True, slots=True)
class Target:
    """What is tried, and good files of its kind to spoil."""

    try_out: Callable[[bytes], None]
    seeds: Callable[[], tuple[bytes, ...]]


def guard(content: bytes) -> None:
    """Any bytes are a package whose parts are as large as was counted, or are refused with a sentence."""
    try:
        package = open_any_package(content)
    except UnreadableWorkbook as refusal:
        _assert_told(refusal.finding.message)
        return
    assert sum(len(package.content(name)) for name in package.names) <= 120 * 1024 * 1024


def reader(content: bytes) -> None:
    """Any bytes give a reading that JSON carries there and back; what is refused is told with its place."""
    reading = read_plan(content, Given())
    told = json.dumps(reading_to_json(reading), ensure_ascii=False).encode()
    assert reading_from_json(json.loads(told)) == reading
    assert reading.findings or not isinstance(reading, Unreadable)
    for finding in reading.findings:
        _assert_told(finding.message)


def template(content: bytes) -> None:
    """Any bytes are a template that can be filled, or are refused with the reason."""
    kind = DocumentKind.WORD if b"word/" in content[:4_000] or content[:1] != b"P" else DocumentKind.EXCEL
    try:
        assert compile_template(kind, content).fill(context_of(report_of(generated_plan(2))))
    except TemplateProblem as problem:
        _assert_told(problem.detail)


def papers(content: bytes) -> None:
    """Any bytes get a verdict beside what was issued."""
    told = verdict_to_json(check_paper(content, issued_papers()))
    _assert_told(json.dumps(told, ensure_ascii=False))
    assert all(code.isascii() for code in codes_in(content))
    assert scan_ending(content) in {"", "pdf", "png", "jpg"}


def _assert_told(sentence: str) -> None:
    assert sentence
    assert sentence.encode()
    assert len(sentence) < 100_000_000


def _books() -> tuple[bytes, ...]:
    return (EXAMPLE.read_bytes(), office_book(), ods(), xls(), csv())


def _templates() -> tuple[bytes, ...]:
    return tuple((TEMPLATES / f"plan_de_accion.{kind.extension}").read_bytes() for kind in _PAPERS)


@cache
def issued_papers() -> tuple[IssuedFile, ...]:
    context = context_of(report_of(generated_plan(2)))
    made = [
        (kind, compile_template(kind, each).fill(context)) for kind, each in zip(_PAPERS, _templates(), strict=True)
    ]
    made.append((DocumentKind.PDF, a_pdf()))
    return tuple(IssuedFile(kind, "informe", hashlib.sha256(each).hexdigest(), each) for kind, each in made)


@cache
def _papers() -> tuple[bytes, ...]:
    word, excel, pdf = (each.content for each in issued_papers())
    return (word, excel, signed_package(word), signed_pdf(pdf), pdf + b"\n%more\n", pdf)


def a_pdf() -> bytes:
    """A page with a line of text."""
    text = b"BT /F1 12 Tf 72 700 Td (INFORME DE SEGUIMIENTO K7QF-3M9P-X2TD) Tj ET"
    bodies = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(text), text),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    )
    written, places = b"%PDF-1.7\n", []
    for number, body in enumerate(bodies, start=1):
        places.append(len(written))
        written += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return written + (
        b"xref\n0 6\n0000000000 65535 f \n%strailer<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n"
        % (table, len(written))
    )


TARGETS: Final = {
    "guard": Target(guard, _books),
    "reader": Target(reader, _books),
    "template": Target(template, _templates),
    "papers": Target(papers, _papers),
}
