"""The story of a plan and what changed between two reports -> the sentences of their pages."""

from __future__ import annotations

from typing import Final

from service.domain.changed_rows import Row
from service.domain.changes import ActionChangeKind, Approver, Changes
from service.domain.succession import APPROVERS
from service.web.story import Story
from service.web.wording import joined

# Whom the change of an action, and that of a cell, asks for.
ROW_ASKS: Final = {Approver.COMMITTEE: "La aprueba el Comité", Approver.PLANNING: "La aprueba planeación"}
CELL_ASKS: Final = {Approver.COMMITTEE: "Comité", Approver.PLANNING: "Planeación"}

_HEADER: Final = {
    "year": "la vigencia",
    "quarter": "el trimestre",
    "version": "la versión",
    "title": "el título",
    "objective": "el objetivo",
}


def counted(number: int, singular: str, plural: str) -> str:
    """A count as Colombia writes it, with its noun: "1 acción", "1.234 acciones"."""
    return f"{number:,} {singular if number == 1 else plural}".replace(",", ".")


def story_told(story: Story) -> str:
    """How much the story has: "2 versiones y 4 informes emitidos; 1 borrador espera."."""
    parts = []
    if story.versions:
        versions = counted(len(story.versions), "versión", "versiones")
        parts.append(f"{versions} y {counted(story.issued, 'informe emitido', 'informes emitidos')}")
    else:
        parts.append("Todavía no se ha emitido ningún informe")
    if story.waiting:
        waits = "espera" if len(story.waiting) == 1 else "esperan"
        parts.append(f"{counted(len(story.waiting), 'borrador', 'borradores')} {waits}")
    return f"{'; '.join(parts)}."


def header_told(changes: Changes) -> str:
    """What changed above the table: "cambian la versión y el trimestre"."""
    names = [_HEADER.get(change.field, change.field) for change in changes.header]
    return f"{'cambia' if len(names) == 1 else 'cambian'} {joined(names)}"


def asks_told(changes: Changes) -> str:
    """Who must approve all of it."""
    match changes.approver:
        case Approver.COMMITTEE:
            return f"Lo aprueba {APPROVERS[Approver.COMMITTEE]}, con una versión nueva del plan."
        case Approver.PLANNING:
            return f"Lo aprueba {APPROVERS[Approver.PLANNING]}."
        case _:
            return "Nada de lo aprobado cambia: no pide la aprobación de nadie."


def place_told(row: Row) -> str:
    """Where an action stood that stands elsewhere, or what its number was; empty for one that did not move."""
    change = row.change
    if change is None or change.kind is not ActionChangeKind.MOVED or not change.before or not change.after:
        return ""
    if change.before.number != change.after.number:
        return f"Antes era la {change.before.number or 'que no tenía número'}"
    return f"Del lugar {row.was_at} al {row.is_at}"
