"""Plans of growing length -> a table of what the proof of a document costs beside what it checks.

CPU time of this process for Word and Excel, templates compiled and measured before the clock starts; wall time for the
PDF, whose conversion is LibreOffice's. Writing and proving take turns within one run: milliseconds of a shared machine
swing, ratios stay.
"""

from __future__ import annotations

import datetime as dt
import platform
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Final

from service.domain.frame import Approval, FormatBox, Frame, Role, Seal, Signer
from service.domain.reports import DocumentKind, Report
from service.settings import PROJECT
from tests.plans import generated_plan, report_of
from worker.documents.context import context_of
from worker.documents.pdf import Converter
from worker.documents.pdf_archive import archive_pdf
from worker.documents.proof import prove
from worker.documents.template_files import Template, TemplateFiles

ACTIONS: Final = (10, 100, 1000)
TURNS: Final = {10: 41, 100: 15, 1000: 5}
PDF_TURNS: Final = {10: 7, 100: 3}
RESULTS: Final = PROJECT / "benchmarks" / "results" / "proof.md"
_APPROVAL: Final = Approval("Comité de Ejemplo", "Acta 5", dt.date(2024, 5, 2))
_FRAME: Final = Frame(
    entity="Entidad de Ejemplo",
    signers=tuple(Signer(role, f"Persona de Ejemplo {role.label}", "Cargo de Ejemplo") for role in Role),
    approval=_APPROVAL,
    format_box=FormatBox("Planeación", "Seguimiento", "PL-FR-01", "3"),
)
_SEAL: Final = Seal("K7QF-3M9P-X2TD", "https://planeacion.example/verificar/K7QF-3M9P-X2TD")


def main() -> None:
    """Measure everything and write the page of results."""
    templates = TemplateFiles(PROJECT / "templates_docx")
    lines = [
        _measured(templates.of(kind), kind, name, actions)
        for kind in (DocumentKind.WORD, DocumentKind.EXCEL)
        for actions in ACTIONS
        for name in ("plain", "framed")
    ]
    converter = Converter()
    try:
        lines += [_measured_pdf(templates.of(DocumentKind.WORD), converter, actions) for actions in PDF_TURNS]
    finally:
        converter.close()
    RESULTS.write_text(_page(lines), "utf-8")
    print("\n".join(lines))


def _measured(template: Template, kind: DocumentKind, name: str, actions: int) -> str:
    report = _reports(actions)[name]
    context = context_of(report)
    content = template.fill(context)
    assert prove(kind, content, template.content, report).holds
    write, check = partial(template.fill, context), partial(prove, kind, content, template.content, report)
    return _line(f"{kind.value}, {name}", actions, *_turns(write, check, TURNS[actions], time.process_time))


def _measured_pdf(template: Template, converter: Converter, actions: int) -> str:
    report = _reports(actions)["framed"]
    word = template.fill(context_of(report))
    content = archive_pdf(converter.to_pdf(word), report)
    assert prove(DocumentKind.PDF, content, template.content, report).holds

    def write() -> bytes:
        return archive_pdf(converter.to_pdf(word), report)

    check = partial(prove, DocumentKind.PDF, content, template.content, report)
    return _line("pdf (wall), framed", actions, *_turns(write, check, PDF_TURNS[actions], time.perf_counter))


def _reports(actions: int) -> dict[str, Report]:
    plain = report_of(generated_plan(actions))
    return {"plain": plain, "framed": replace(plain, frame=_FRAME, approval=_APPROVAL, seal=_SEAL)}


def _turns(
    write: Callable[[], object], prove_it: Callable[[], object], turns: int, clock: Callable[[], float]
) -> tuple[float, float]:
    """Median milliseconds of each, in turns."""
    took: tuple[list[float], list[float]] = ([], [])
    for _ in range(turns):
        for work, times in zip((write, prove_it), took, strict=True):
            start = clock()
            work()
            times.append((clock() - start) * 1000)
    return statistics.median(took[0]), statistics.median(took[1])


def _line(what: str, actions: int, written: float, proved: float) -> str:
    return f"| {what} | {actions:,} | {written:.2f} | {proved:.2f} | {proved / written:.2f} |"


def _page(lines: list[str]) -> str:
    how = (
        f"`python -m benchmarks.proof`, Python {platform.python_version()}, warm, median milliseconds of one run in "
        "which writing and proving took turns. The aim is a ratio below 0.5."
    )
    return "\n".join(
        (
            "# What the proof of a document costs beside what it checks",
            "",
            how,
            "",
            "| document | actions | writing it, ms | proving it, ms | ratio |",
            "|---|---|---|---|---|",
            *lines,
            "",
        )
    )


if __name__ == "__main__":
    main()
