"""Plans and findings become Spanish text for a terminal."""

from __future__ import annotations

import shutil
import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from service.domain.findings import Finding, Severity
from service.domain.plan import DraftPlan
from service.domain.reading import Reading, Unreadable
from service.domain.values import ROMAN

_SEVERITIES: Final = {
    Severity.ERROR: ("ERROR", "error", "errores"),
    Severity.WARNING: ("ADVERTENCIA", "advertencia", "advertencias"),
    Severity.SUGGESTION: ("SUGERENCIA", "sugerencia", "sugerencias"),
}
_WIDEST: Final = 100
_LONGEST_PROPOSAL: Final = 200
_KEPT_OF_PROPOSAL: Final = 80
INDENT: Final = "    "


def reading_as_text(reading: Reading) -> str:
    """What was understood of a workbook, in a line, and in others its own columns and the cells that were put right."""
    if isinstance(reading, Unreadable):
        is_sound = all(finding.code.name.startswith("CORRECTION_") for finding in reading.findings)
        return "no se pudo corregir" if is_sound else "no se puede leer como plan de acción"
    lines = [plan_as_text(reading.plan.as_draft())]
    if own := dict.fromkeys(column.header for column in reading.extra_columns):
        lines.append(f"Otras columnas, que también se conservan: {', '.join(own)}")
    for made in reading.corrections:
        said = f"decía «{_abridged(made.before)}»" if made.before else "estaba vacía"
        now = f"dice «{_abridged(made.after)}»" if made.after else "queda vacía"
        lines.append(f"Se corrigió {made.place.sheet}!{made.place.cell}: {said} y {now}.")
    return "\n".join(lines)


def plan_as_text(plan: DraftPlan) -> str:
    """What was understood of a plan, in a line."""
    return ", ".join(
        [
            counted(len(plan.actions), "acción", "acciones"),
            f"vigencia {plan.year}" if plan.year else "vigencia desconocida",
            f"{ROMAN[plan.quarter]} trimestre" if plan.quarter else "trimestre desconocido",
            f"versión {plan.version}" if plan.version else "versión desconocida",
        ]
    )


def findings_as_text(findings: Sequence[Finding]) -> str:
    """Every finding with its place, its reason and what to do, and their count at the end."""
    if not findings:
        return "No hay nada que corregir."
    width = width_of_terminal()
    blocks = [_finding_as_text(finding, width) for finding in findings]
    return "\n\n".join([*blocks, f"{_count_by_severity(findings)}."])


def width_of_terminal() -> int:
    """How many characters a line may have: as the terminal is wide, and no wider than can be read."""
    return min(shutil.get_terminal_size().columns, _WIDEST)


def counted(number: int, singular: str, plural: str) -> str:
    """A number and its noun: "1 acción", "10 acciones"."""
    return f"{number} {singular if number == 1 else plural}"


def _finding_as_text(finding: Finding, width: int) -> str:
    label = _SEVERITIES[finding.severity][0] if finding.accepted is None else "ACEPTADO"
    head = "  ".join(part for part in (label, _place(finding), finding.column, finding.code.name) if part)
    body = [
        textwrap.fill(sentence, width, initial_indent=INDENT, subsequent_indent=INDENT)
        for sentence in (finding.message, finding.fix, *_proposal_and_acceptance(finding))
    ]
    return "\n".join([" ".join(head.split("\n")), *body])


def _proposal_and_acceptance(finding: Finding) -> Iterator[str]:
    if finding.proposal is not None:
        yield f"Valor propuesto: {_abridged(finding.proposal)}"
    if finding.accepted is not None:
        yield f"Razón: {finding.accepted}"


def _abridged(text: str) -> str:
    # A proposal may be a whole avance; what it changes is oftenest at the end.
    return text if len(text) <= _LONGEST_PROPOSAL else f"{text[:_KEPT_OF_PROPOSAL]} […] {text[-_KEPT_OF_PROPOSAL:]}"


def _place(finding: Finding) -> str:
    if finding.place is None:
        return ""
    return f"{finding.place.sheet}!{finding.place.cell}" if finding.place.cell else finding.place.sheet


def _count_by_severity(findings: Iterable[Finding]) -> str:
    standing = Counter(finding.severity if finding.accepted is None else None for finding in findings)
    counts = [
        counted(standing[severity], singular, plural)
        for severity, (_, singular, plural) in _SEVERITIES.items()
        if standing[severity]
    ]
    accepted = [counted(standing[None], "aceptado", "aceptados")] if standing[None] else []
    return ", ".join([*counts, *accepted])
