"""A comparison and a query -> one page of the plan's official table with every difference in its cell.

Rows that did not change are folded between those that did, unless all are asked for. Words are compared only for the
rows of the page: that costs more than all the rest.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Final
from urllib.parse import urlencode

from service.domain.changed_rows import Row, rows_of
from service.domain.changes import (
    FIELD_LABELS,
    PLAN_FIELDS,
    ActionChange,
    ActionChangeKind,
    Approver,
    FieldChange,
    Piece,
    printed_field,
    word_pieces,
)
from service.domain.plan import Plan
from service.web.comparing import Comparison
from service.web.wording import joined

# A page of either has at most this many rows; with texts of a thousand characters that is a third of a megabyte.
CHANGED_OF_PAGE: Final = 50
ALL_OF_PAGE: Final = 100

_FOLLOW_UP: Final = "qualitative_progress"
_BUDGET: Final = "funding_source"
_OFFICIAL: Final = (*PLAN_FIELDS, _FOLLOW_UP)
# Of a row that did not change a fold tells this much.
_LONGEST_NAME: Final = 160
# A text that did not change and is longer than the first is shown up to a word about the second, and then on demand.
_LONG: Final = 260
_HEAD: Final = 180

_KINDS: Final = (
    (ActionChangeKind.CHANGED, "cambió", "cambiaron"),
    (ActionChangeKind.ADDED, "se agregó", "se agregaron"),
    (ActionChangeKind.REMOVED, "se retiró", "se retiraron"),
    (ActionChangeKind.MOVED, "cambió de lugar", "cambiaron de lugar"),
)

# What a page may be narrowed to: how it is called in an address, and to whom.
_NARROWED: Final[Mapping[str, tuple[str, Approver | None]]] = {
    "comite": ("Las que aprueba el Comité", Approver.COMMITTEE),
    "planeacion": ("Las que aprueba planeación", Approver.PLANNING),
    "sin-aprobacion": ("Las que no piden aprobación", None),
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table: a field, or the header of a column of the office's own."""

    field: str
    header: str


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in a cell. `approver` is whom the change asks for; without a change there is one piece, or none."""

    column: Column
    pieces: tuple[Piece, ...]
    is_changed: bool
    approver: Approver | None

    @property
    def head(self) -> str:
        """The beginning of a long text that did not change, so that it does not push what did out of sight."""
        text = self.pieces[0].text if self.pieces and not self.is_changed else ""
        return text[:_HEAD].rpartition(" ")[0] if len(text) > _LONG else ""

    @property
    def rest(self) -> str:
        """What follows the head."""
        return self.pieces[0].text.removeprefix(self.head)


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A row with all its cells; `anchor` names it in an address."""

    row: Row
    cells: tuple[Cell, ...]
    anchor: str

    @property
    def change(self) -> ActionChange | None:
        """What became of the action; None: it is what it was."""
        return self.row.change


@dataclass(frozen=True, slots=True)
class Fold:
    """Rows in a run that are not shown: number, beginning of the action's text, who answers for it."""

    rows: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """A way to look at the table: what it is called, how many rows it has, where it is; whether it is this one."""

    label: str
    rows: int
    href: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class ShownChanges:
    """A page of the table, what stands above it, and the ways to the others.

    `groups` are the first row of the header: what is written and over how many columns; the number's column is apart.
    `folded` is what is said of the rows of a fold, in the singular and in the plural.
    """

    title: tuple[Piece, ...]
    objective: tuple[Piece, ...]
    version: tuple[Piece, ...]
    groups: tuple[tuple[tuple[Piece, ...], int], ...]
    columns: tuple[Column, ...]
    parts: tuple[ShownRow | Fold, ...]
    told: str
    choices: tuple[Choice, ...]
    whole: Choice
    page: int
    pages: tuple[str, ...]
    folded: tuple[str, str]

    @property
    def rows(self) -> tuple[ShownRow, ...]:
        """The rows of the page that are shown."""
        return tuple(part for part in self.parts if isinstance(part, ShownRow))


def shown_changes(comparison: Comparison, query: Mapping[str, str]) -> ShownChanges:
    """The page that a query asks for: `ver` narrows it, with `todas` every row is shown, `pagina` counts from 1."""
    before, after, changes = comparison.before, comparison.after, comparison.changes
    rows = rows_of(before, after, changes)
    narrowed = query.get("ver", "") if query.get("ver") in _NARROWED else ""
    is_whole = "todas" in query

    def is_wanted(row: Row) -> bool:
        return row.change is not None and (not narrowed or row.change.approver is _NARROWED[narrowed][1])

    def address(**more: str) -> str:
        said = {"contra": comparison.against.id, "ver": narrowed, "todas": "1" if is_whole else "", **more}
        return f"?{urlencode({name: value for name, value in said.items() if value})}"

    columns = _columns(changes.actions)
    pages = _pages(rows, (lambda _: True) if is_whole else is_wanted, ALL_OF_PAGE if is_whole else CHANGED_OF_PAGE)
    asked = query.get("pagina", "")
    page = min(int(asked), len(pages)) if re.fullmatch("[1-9][0-9]{0,5}", asked) else 1
    number_of = {id(row): number for number, row in enumerate(rows, 1)}
    changed = sum(row.change is not None for row in rows)
    parts: list[ShownRow | Fold] = []
    for is_shown, run in groupby(pages[page - 1], key=lambda row: is_whole or is_wanted(row)):
        if is_shown:
            parts += (ShownRow(row, _cells(row, columns), f"fila-{number_of[id(row)]}") for row in run)
        else:
            parts.append(Fold(tuple(map(_named, run))))
    return ShownChanges(
        title=word_pieces(before.title, after.title),
        objective=word_pieces(before.objective, after.objective),
        version=word_pieces(str(before.version), str(after.version)),
        groups=_groups(before, after, columns),
        columns=columns,
        parts=tuple(parts),
        told=told_in_numbers(rows),
        choices=_choices(rows, changed, narrowed, address),
        whole=Choice(
            "Volver a doblar las que no cambiaron" if is_whole else "Mostrar completas también las que no cambiaron",
            len(rows),
            address(todas="" if is_whole else "1"),
            is_current=is_whole,
        ),
        page=page,
        pages=tuple(address(pagina=str(number)) for number in range(1, len(pages) + 1)),
        folded=("acción más", "acciones más") if narrowed else ("acción sin cambios", "acciones sin cambios"),
    )


def told_in_numbers(rows: Iterable[Row]) -> str:
    """How many actions are not what they were: "3 acciones cambiaron y 1 se agregó; 8 siguen igual."."""
    counts: dict[ActionChangeKind | None, int] = {}
    for row in rows:
        kind = row.change.kind if row.change else None
        counts[kind] = counts.get(kind, 0) + 1
    same = counts.get(None, 0)
    clauses: list[str] = []
    for kind, one, several in _KINDS:
        if number := counts.get(kind, 0):
            noun = "" if clauses else " acción" if number == 1 else " acciones"
            clauses.append(f"{_printed(number)}{noun} {one if number == 1 else several}")
    if not clauses:
        return "La acción sigue igual." if same == 1 else f"Las {_printed(same)} acciones siguen igual."
    rest = f"; {_printed(same)} {'sigue' if same == 1 else 'siguen'} igual" if same else ""
    return f"{joined(clauses)}{rest}."


def _columns(changes: Iterable[ActionChange]) -> tuple[Column, ...]:
    """The official columns, and those of the office's own in which something changed."""
    fields = dict.fromkeys(field.field for change in changes for field in change.fields)
    own = [field for field in fields if field not in _OFFICIAL]
    return (*(Column(field, FIELD_LABELS[field]) for field in _OFFICIAL), *(Column(field, field) for field in own))


def _groups(before: Plan, after: Plan, columns: tuple[Column, ...]) -> tuple[tuple[tuple[Piece, ...], int], ...]:
    heads = (
        (f"PLAN DE ACCIÓN {before.year}", f"PLAN DE ACCIÓN {after.year}", _OFFICIAL.index(_BUDGET) - 1),
        (f"PRESUPUESTO {before.year}", f"PRESUPUESTO {after.year}", 1),
        (
            f"SEGUIMIENTO {before.quarter.roman} TRIMESTRE {before.year}",
            f"SEGUIMIENTO {after.quarter.roman} TRIMESTRE {after.year}",
            1,
        ),
    )
    own = len(columns) - len(_OFFICIAL)
    groups = [(word_pieces(was, now), span) for was, now, span in heads]
    return tuple([*groups, ((Piece("same", "OTRAS COLUMNAS DE LA OFICINA"),), own)] if own else groups)


def _pages(rows: tuple[Row, ...], is_shown: Callable[[Row], bool], most: int) -> list[list[Row]]:
    """The rows in pages of so many that are shown; those between are on the page of the next, the last ones behind."""
    pages: list[list[Row]] = [[]]
    shown = 0
    for row in rows:
        if is_shown(row):
            if shown == most:
                # What was folded so far belongs to what follows it.
                last = max(at for at, each in enumerate(pages[-1]) if is_shown(each))
                pages.append(pages[-1][last + 1 :])
                del pages[-2][last + 1 :]
                shown = 0
            shown += 1
        pages[-1].append(row)
    return pages


def _cells(row: Row, columns: tuple[Column, ...]) -> tuple[Cell, ...]:
    of_change = {field.field: field for field in row.change.fields} if row.change else {}
    return tuple(_cell(row, column, of_change.get(column.field)) for column in columns)


def _cell(row: Row, column: Column, change: FieldChange | None) -> Cell:
    if change is not None:
        # What came or went as a whole is approved as a whole, and its row says so.
        is_kept = row.was_at is not None and row.is_at is not None
        return Cell(column, change.pieces, is_changed=True, approver=change.approver if is_kept else None)
    if column.field in _OFFICIAL:
        text = printed_field(row.action, column.field) or ""
    else:
        text = str(dict(row.action.extras).get(column.field, ""))
    return Cell(column, (Piece("same", text),) if text else (), is_changed=False, approver=None)


def _choices(rows: tuple[Row, ...], changed: int, narrowed: str, address: Callable[..., str]) -> tuple[Choice, ...]:
    """All that changed, and what of it is for whom to approve; nothing to choose where all of it is for the same."""
    approvers = [row.change.approver for row in rows if row.change]
    found = [
        Choice(label, approvers.count(approver), address(ver=name), is_current=narrowed == name)
        for name, (label, approver) in _NARROWED.items()
        if approver in approvers
    ]
    if len(found) == 1:
        return ()
    return (Choice("Todas las que cambiaron", changed, address(ver=""), is_current=not narrowed), *found)


def _named(row: Row) -> tuple[str, str, str]:
    action = row.action
    text = str(action.action or "")
    short = text if len(text) <= _LONGEST_NAME else f"{text[: _LONGEST_NAME - 1].rstrip()}…"
    return str(action.number or ""), short, str(action.lead or "")


def _printed(number: int) -> str:
    return f"{number:,}".replace(",", ".")
