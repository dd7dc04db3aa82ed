"""What changed between two plans becomes Spanish text for a terminal: per action and field, as it was and as it is."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Final, Literal

from service.cli.told import INDENT, width_of_terminal
from service.domain.changes import (
    FIELD_LABELS,
    ActionChange,
    ActionChangeKind,
    Approver,
    Changes,
    FieldChange,
    Piece,
    describe,
)
from service.domain.plan import Plan

# What says which report it is: nobody approves it by itself.
_NUMBERS: Final = {"year", "quarter", "version"}
_KINDS: Final = {
    ActionChangeKind.ADDED: "se agregó",
    ActionChangeKind.REMOVED: "se eliminó",
    ActionChangeKind.MOVED: "cambió de lugar o de número",
    ActionChangeKind.CHANGED: "se modificó",
}
_APPROVERS: Final = {
    Approver.COMMITTEE: "lo aprueba el Comité Institucional de Gestión y Desempeño",
    Approver.PLANNING: "basta el visto bueno de la oficina de planeación",
    None: "no requiere aprobación",
}
_ALL_APPROVED_BY: Final = {
    Approver.COMMITTEE: (
        "Debe aprobarlo el Comité Institucional de Gestión y Desempeño, con una nueva versión del plan."
    ),
    Approver.PLANNING: "Basta el visto bueno de la oficina de planeación.",
    None: "No cambia lo que se aprobó: no requiere aprobación.",
}
# A stretch that is the same on both sides is told by its ends when it is longer than this.
_LONGEST_SAME: Final = 120
_KEPT_OF_SAME: Final = 50


def changes_as_text(changes: Changes, before: Plan, after: Plan) -> str:
    """All that changed; the texts of both sides, without long stretches that are the same."""
    told = [f"De {_numbers(before)} a {_numbers(after)}."]
    if changes.is_empty:
        return f"{told[0]}\nLos dos planes dicen lo mismo, letra por letra."
    width = width_of_terminal()
    told += [_ALL_APPROVED_BY[changes.approver], "", textwrap.fill(describe(changes), width)]
    if changes.header:
        told += ["", "ENCABEZADO", *_fields(changes.header, width)]
    for change in changes.actions:
        told += ["", *_action(change, width)]
    return "\n".join(told)


def _numbers(plan: Plan) -> str:
    return f"la versión {plan.version} ({plan.quarter.roman} trimestre de {plan.year})"


def _action(change: ActionChange, width: int) -> Iterator[str]:
    yield textwrap.shorten(_name(change), width, placeholder="…")
    if change.before and change.after:
        yield from _fields(change.fields, width)
        return
    # What came or went as a whole has nothing on its other side, and one approval.
    approval = _APPROVERS[change.approver]
    yield f"  {approval[0].upper()}{approval[1:]}."
    for field in change.fields:
        yield _side(f"{_label(field)}:", field.before or field.after, width)


def _name(change: ActionChange) -> str:
    """As in "ACCIÓN 3 (antes 2), cambió de lugar o de número: Formular el plan de manejo"."""
    was, now = change.before, change.after
    number = (now.number if now else was.number if was else None) or "sin número"
    before = f" (antes {was.number})" if was and now and was.number and was.number != now.number else ""
    words = (now.action if now else was.action if was else None) or ""
    return f"ACCIÓN {number}{before}, {_KINDS[change.kind]}" + (f": {words}" if words else "")


def _fields(fields: tuple[FieldChange, ...], width: int) -> Iterator[str]:
    for change in fields:
        yield f"  {_label(change)}" + ("" if change.field in _NUMBERS else f" · {_APPROVERS[change.approver]}")
        yield _side("era:", _abridged(change.pieces, "added"), width)
        yield _side("es: ", _abridged(change.pieces, "removed"), width)


def _label(change: FieldChange) -> str:
    return FIELD_LABELS.get(change.field, change.field)


def _side(label: str, text: str, width: int) -> str:
    hanging = INDENT + " " * min(len(label) + 1, len(INDENT) + 1)
    lines = (text or "(vacío)").split("\n")
    first = textwrap.fill(lines[0], width, initial_indent=f"{INDENT}{label} ", subsequent_indent=hanging)
    others = (textwrap.fill(line, width, initial_indent=hanging, subsequent_indent=hanging) for line in lines[1:])
    return "\n".join([first, *others])


def _abridged(pieces: tuple[Piece, ...], without: Literal["added", "removed"]) -> str:
    """One side of a change; what both sides share is told by what stands beside the differences."""
    shown = [piece for piece in pieces if piece.kind != without]
    if not any(piece.kind == "same" for piece in pieces):
        return "".join(piece.text for piece in shown)
    return "".join(
        _ends(piece.text, is_first=piece is pieces[0], is_last=piece is pieces[-1])
        if piece.kind == "same"
        else piece.text
        for piece in shown
    )


def _ends(text: str, *, is_first: bool, is_last: bool) -> str:
    if len(text) <= _LONGEST_SAME:
        return text
    head = "" if is_first else text[:_KEPT_OF_SAME].rpartition(" ")[0] + " "
    tail = "" if is_last else " " + text[-_KEPT_OF_SAME:].partition(" ")[2]
    return f"{head}[…]{tail}"
