"""V11: the avance of every action tells something, of its own, when its periodicity asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from service.domain.findings import Finding, FindingCode
from service.domain.office import Office
from service.domain.rules.rows import Cell, Rows
from service.domain.rules.words import counted, one_line, same_words

# The quarters in which a period of that length ends; the others ask for nothing.
_DUE: Final = {"cuatrimestral": {2, 3, 4}, "semestral": {2, 4}, "anual": {4}}
_IDLE: Final = frozenset(
    {
        "", "n a", "na", "n d", "nd", "0", "no aplica", "sin avance", "sin avances", "no hay avance", "no hubo avance",
        "no hubo avances", "no presenta avance", "no presenta avances", "no se reporta avance", "no reporta",
        "no reporta avance", "sin reporte", "sin novedad", "sin informacion", "ninguno", "ninguna", "ningun avance",
        "no aplica para este trimestre", "no aplica para el trimestre", "sin avance en el trimestre",
    }
)  # fmt: skip
_LONGEST_IDLE: Final = 40


def progress_is_due(periodicity: str | None, quarter: int | None) -> bool:
    """Whether an action that is followed up so often owes its avance in that quarter; in doubt it does."""
    if periodicity is None or quarter is None:
        return True
    return quarter in _DUE.get(same_words(periodicity), {quarter})


def is_idle(text: str) -> bool:
    """Whether the avance only says that there is none: "N/A", "sin avance"."""
    return len(text) <= _LONGEST_IDLE and same_words(text) in _IDLE


def check_progress(rows: Rows, office: Office) -> Iterator[Finding]:
    """Texts that tell nothing, tell little, or were copied from another action."""
    first_with: dict[str, Cell] = {}
    for cell in rows.cells("qualitative_progress"):
        text = cell.value
        if is_idle(text):
            if progress_is_due(cell.action.periodicity, rows.plan.quarter):
                yield cell.says(FindingCode.PROGRESS_001, value=text)
            continue
        if len(text) < office.shortest_progress:
            length = counted(len(one_line(text)), "carácter", "caracteres")
            least = counted(office.shortest_progress, "carácter", "caracteres")
            yield cell.says(FindingCode.PROGRESS_002, value=text, length=length, least=least)
        if text in first_with:
            yield cell.says(FindingCode.PROGRESS_003, value=text, other=first_with[text].place.cell)
        else:
            first_with[text] = cell
