"""What changed between two reports -> a Word document: the control de cambios, then each field as it was and as it is.

What was taken out is struck through and what was put in is underlined, each in its colour and in the cell of its side.
It assumes clean texts (`PlainText`) and is no official document: it has no template and nobody signs it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from textwrap import shorten
from typing import Final

from service.domain.changes import (
    FIELD_LABELS,
    ActionChange,
    ActionChangeKind,
    Approver,
    Changes,
    FieldChange,
    describe,
)
from service.domain.frame import Approval
from service.domain.reports import ChangeLogEntry, Report
from service.domain.values import printed_date
from worker.documents.word_frame import TEXT_WIDTH, cell, paragraph, row, run, table, word_file

_LOG_HEADERS: Final = ("VERSIÓN", "FECHA", "DESCRIPCIÓN DE LA MODIFICACIÓN", "INSTANCIA")
_LOG_WIDTHS: Final = (1_300, 1_500, 10_480, 4_000)
_HEADERS: Final = ("CAMPO", "ERA", "ES", "APRUEBA")
_WIDTHS: Final = (2_500, 6_600, 6_600, 1_580)
_BAND: Final = "EDF1F9"
_KINDS: Final = {
    ActionChangeKind.ADDED: "se agregó",
    ActionChangeKind.REMOVED: "se eliminó",
    ActionChangeKind.MOVED: "cambió de lugar",
    ActionChangeKind.CHANGED: "se modificó",
}
_APPROVES: Final = {Approver.COMMITTEE: "Comité", Approver.PLANNING: "Planeación", None: "No requiere"}
# Nobody has approved what no control de cambios tells.
_INSTANCES: Final = {
    Approver.COMMITTEE: "Por aprobar: Comité Institucional de Gestión y Desempeño",
    Approver.PLANNING: "Por aprobar: oficina de planeación",
    None: "No requiere aprobación",
}
_LEGEND: Final = (
    ". Comité: lo aprueba el Comité Institucional de Gestión y Desempeño, con una nueva versión del plan. Planeación: "
    "basta el visto bueno de la oficina de planeación. No requiere: no cambia lo aprobado."
)
# What stands where a field was empty, and where its whole action was not there.
_EMPTY, _NOWHERE = "(vacío)", "—"
# A row of so many characters and lines is well under a page tall, whatever its letters.
_WHOLE_CHARACTERS: Final = 1_500
_WHOLE_LINES: Final = 12
_NAME_LENGTH: Final = 110


def render_changes(changes: Changes, before: Report, after: Report) -> bytes:
    """The Word file; the same arguments give the same bytes."""
    plan = after.plan
    subtitle = f"{plan.title}. Versión {plan.version}. Seguimiento {plan.quarter.roman} trimestre {plan.year}"
    if after.is_draft:
        subtitle += ". Borrador"
    return word_file(f"CAMBIOS FRENTE A {_against(before, after)}", subtitle, _body(changes, before, after))


def _body(changes: Changes, before: Report, after: Report) -> Iterator[str]:
    yield paragraph(run("Control de cambios"), "Ttulo1")
    yield from _log(_entries(changes, before, after))
    yield paragraph(run("Qué cambió, campo por campo"), "Ttulo1")
    if changes.is_empty:
        yield paragraph(run("No hay diferencias: los dos dicen lo mismo, letra por letra."), "Texto")
        return
    legend = run("Lo que salió", "Loquitado") + run(" va tachado y ") + run("lo que entró", "Lonuevo")
    yield paragraph(f"{legend}{run(f', subrayado{_LEGEND}')}", "Texto")
    yield from table(
        _HEADERS,
        _WIDTHS,
        _rows(changes),
        caption="Cambios campo por campo",
        description="Por cada acción que cambió, una fila que la nombra y una por campo: cómo era, cómo es y "
        "quién aprueba el cambio. La primera fila es el encabezado y se repite en cada página.",
    )
    yield paragraph("", "Textodetabla")


def _against(before: Report, after: Report) -> str:
    old, new = before.plan, after.plan
    if (old.version, old.quarter) != (new.version, new.quarter):
        named = f"LA VERSIÓN {old.version}, SEGUIMIENTO {old.quarter.roman} TRIMESTRE {old.year}"
    else:
        named = f"LA EDICIÓN {before.edition} DEL {old.quarter.roman} TRIMESTRE {old.year}"
    return f"{named} (BORRADOR)" if before.is_draft else named


def _entries(changes: Changes, before: Report, after: Report) -> tuple[ChangeLogEntry, ...]:
    """What the office has written of these changes in its control de cambios; else what it may write."""
    if after.modification and after.previous_id == before.id:
        return (after.modification,)
    written = tuple(entry for entry in after.change_log if entry not in before.change_log)
    if written:
        return written
    approval = Approval(instance=_INSTANCES[changes.approver])
    return (ChangeLogEntry.of(after.plan.version, approval, describe(changes), after.created_at),)


def _log(entries: tuple[ChangeLogEntry, ...]) -> Iterator[str]:
    rows = (
        row(
            _centred(str(entry.version), _LOG_WIDTHS[0])
            + _centred(printed_date(entry.on), _LOG_WIDTHS[1])
            + cell(paragraph(run(entry.description), "Textodetabla"), _LOG_WIDTHS[2])
            + cell(paragraph(run(entry.instance), "Textodetabla"), _LOG_WIDTHS[3]),
            is_whole=_is_low(entry.description),
        )
        for entry in entries
    )
    return table(
        _LOG_HEADERS,
        _LOG_WIDTHS,
        rows,
        caption="Control de cambios",
        description="Versión, fecha, descripción de la modificación e instancia que la aprueba.",
    )


def _rows(changes: Changes) -> Iterator[str]:
    if changes.header:
        yield _band("Encabezado del plan")
        yield from _fields(changes.header, _EMPTY)
    for change in changes.actions:
        yield _band(_named(change))
        yield from _fields(change.fields, _EMPTY if change.before and change.after else _NOWHERE)


def _band(text: str) -> str:
    return row(cell(paragraph(run(text), "Grupodetabla"), TEXT_WIDTH, span=len(_WIDTHS), fill=_BAND))


def _named(change: ActionChange) -> str:
    """An action and what became of it, as in "Acción 3, se modificó: Formular el plan de manejo"."""
    action = change.after or change.before
    if action is None:
        raise ValueError("a change is of an action that was or is")
    text = shorten(action.action or "", _NAME_LENGTH, placeholder="…")
    is_renumbered = change.kind is ActionChangeKind.MOVED and any(field.field == "number" for field in change.fields)
    fate = "cambió de número" if is_renumbered else _KINDS[change.kind]
    name = f"Acción {action.number or 'sin número'}, {fate}"
    return f"{name}: {text}" if text else name


def _fields(fields: Iterable[FieldChange], nothing: str) -> Iterator[str]:
    for change in fields:
        was = "".join(
            run(piece.text, "Loquitado" if piece.kind == "removed" else "")
            for piece in change.pieces
            if piece.kind != "added"
        )
        now = "".join(
            run(piece.text, "Lonuevo" if piece.kind == "added" else "")
            for piece in change.pieces
            if piece.kind != "removed"
        )
        yield row(
            cell(paragraph(run(FIELD_LABELS.get(change.field, change.field)), "Textodetabla"), _WIDTHS[0])
            + cell(paragraph(was or run(nothing), "Textodetabla"), _WIDTHS[1])
            + cell(paragraph(now or run(nothing), "Textodetabla"), _WIDTHS[2])
            + _centred(_APPROVES[change.approver], _WIDTHS[3]),
            is_whole=_is_low(change.before) and _is_low(change.after),
        )


def _centred(text: str, width: int) -> str:
    return cell(paragraph(run(text), "Textodetablacentrado"), width)


def _is_low(text: str) -> bool:
    return len(text) <= _WHOLE_CHARACTERS and text.count("\n") <= _WHOLE_LINES
