"""Two plans -> what changed from one to the other, field by field, who must approve it, and the sentence that tells it.

The strictest public rule found asks the Comité Institucional de Gestión y Desempeño, and a new version of the plan, for
changes of time, resources, product, target and indicator; planning approves the rest. What a report tells of its
quarter is no part of what was approved; neither are the typing of a text and the order of the rows. Those are shown and
ask for nobody's approval.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, NamedTuple

from service.domain.matching import longest_rising, match_actions, says_the_same, sheet_names
from service.domain.office import REFERENCE_OFFICE, Office
from service.domain.own_columns import names_what_the_committee_approves, tells_the_quarter
from service.domain.plan import Action, Plan
from service.domain.rules.words import listed, words_of
from service.domain.values import Target, printed_date
from service.domain.word_difference import Piece, word_pieces

__all__ = [
    "FIELD_LABELS", "ActionChange", "ActionChangeKind", "Approver", "Changes", "FieldChange", "Piece", "compare",
    "describe", "field_changes", "header_changes", "is_follow_up", "match_actions", "printed_field", "says_the_same",
    "word_pieces",
]  # fmt: skip

PLAN_FIELDS: Final = (
    "number", "action", "lead", "indicator", "unit", "target", "starts_on", "ends_on", "periodicity", "funding_source",
)  # fmt: skip
# As the official table heads them, and what stands above it.
FIELD_LABELS: Final = {
    "year": "VIGENCIA",
    "quarter": "TRIMESTRE",
    "version": "VERSIÓN",
    "title": "TÍTULO",
    "objective": "OBJETIVO",
    "number": "No.",
    "action": "ACCIÓN, PROGRAMA O PROYECTO ESTRATÉGICO",
    "lead": "RESPONSABLE",
    "indicator": "INDICADOR",
    "unit": "UNIDAD DE MEDIDA",
    "target": "META",
    "starts_on": "FECHA INICIO",
    "ends_on": "FECHA FIN",
    "periodicity": "SEGUIMIENTO",
    "funding_source": "FUENTE DE FINANCIACIÓN",
    "qualitative_progress": "AVANCE CUALITATIVO",
}
_HEADER: Final = ("title", "objective")
_FOLLOW_UP: Final = "qualitative_progress"
_NAMES: Final = {
    "title": "el título",
    "objective": "el objetivo",
    "action": "el texto",
    "lead": "el responsable",
    "indicator": "el indicador",
    "unit": "la unidad de medida",
    "target": "la meta",
    "starts_on": "la fecha de inicio",
    "ends_on": "la fecha de fin",
    "periodicity": "la periodicidad",
    "funding_source": "la fuente de financiación",
    _FOLLOW_UP: "el avance cualitativo",
}
# How much a description tells before it only counts: actions and fields of a list, characters of a value and of a name.
_MOST_ACTIONS: Final = 12
_MOST_NAMES: Final = 10
_LONGEST_VALUE: Final = 24
_LONGEST_NAME: Final = 60
# Numbers in a row that are told one by one; more are a range.
_PAIR: Final = 2


class Approver(StrEnum):
    """Who approves a change: the Comité Institucional de Gestión y Desempeño, or the planning office."""

    COMMITTEE = "committee"
    PLANNING = "planning"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field as it was and as it is, in print; a column of the office's own goes by its header.

    `approver` is None where nothing changes of what was approved.
    """

    field: str
    before: str
    after: str
    approver: Approver | None

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """The two texts word by word; looked for when it is asked, which costs more than all the rest."""
        return word_pieces(self.before, self.after)


class ActionChangeKind(StrEnum):
    """What became of an action. `moved`: it stands elsewhere or has another number; its fields may differ too."""

    ADDED = "added"
    REMOVED = "removed"
    MOVED = "moved"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class ActionChange:
    """An action that is not what it was. One that came or went has all its fields as changes from, or to, nothing."""

    kind: ActionChangeKind
    before: Action | None
    after: Action | None
    fields: tuple[FieldChange, ...]
    approver: Approver | None


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed between two plans: year, quarter, version, title and objective first, then the actions that did."""

    header: tuple[FieldChange, ...]
    actions: tuple[ActionChange, ...]

    @property
    def approver(self) -> Approver | None:
        """Who must approve all of it."""
        needed = [change.approver for change in self.header]
        return _strictest([*needed, *(change.approver for change in self.actions)])

    @property
    def modifies_plan(self) -> bool:
        """Whether anything changed of what was approved, and not only what a quarter tells."""
        return self.approver is not None

    @property
    def is_empty(self) -> bool:
        """Whether the two say the very same, character for character."""
        return not self.header and not self.actions


def compare(before: Plan, after: Plan, office: Office = REFERENCE_OFFICE) -> Changes:
    """What changed from one plan to another, in the order of `after`; any two can be compared, not only neighbours."""
    pairs = match_actions(before.actions, after.actions)
    moved = _moved(before.actions, after.actions, pairs)
    actions: list[ActionChange] = []
    for i, j in pairs:
        old = None if i is None else before.actions[i]
        new = None if j is None else after.actions[j]
        change = _action_change(old, new, office, is_moved=j in moved)
        if change:
            actions.append(change)
    return Changes(tuple(header_changes(before, after, office)), tuple(actions))


def describe(changes: Changes) -> str:
    """One Spanish paragraph for DESCRIPCIÓN DE LA MODIFICACIÓN, of bounded length however much changed.

    It tells what changed of the plan; only when nothing did, what else.
    """
    if changes.is_empty:
        return "No hubo cambios."
    kept = [change for change in changes.actions if change.before and change.after]
    if not changes.modifies_plan:
        return _sentence(["el plan no se modificó", *_beside_the_plan(kept)])
    clauses = []
    items = [_Item(_NAMES[change.field], 1) for change in changes.header if change.approver]
    items += _items([(action, field) for action in kept for field in action.fields if field.approver])
    if items:
        verb = "se modificó" if sum(item.names for item in items) == 1 else "se modificaron"
        clauses.append(f"{verb} {listed([item.text for item in items])}")
    for kind, one, several in (
        (ActionChangeKind.ADDED, "se agregó", "se agregaron"),
        (ActionChangeKind.REMOVED, "se eliminó", "se eliminaron"),
    ):
        actions = [change for change in changes.actions if change.kind is kind]
        if actions:
            clauses.append(f"{one if len(actions) == 1 else several} {_actions(actions)}")
    renumbered = [
        change for change in kept if any(field.field == "number" and field.approver for field in change.fields)
    ]
    if len(renumbered) == 1:
        (field,) = (field for field in renumbered[0].fields if field.field == "number")
        clauses.append(f"la acción {field.before or 'sin número'} pasó a ser la {field.after or 'que no tiene número'}")
    elif renumbered:
        clauses.append(f"cambió el número de {len(renumbered)} acciones")
    return _sentence(clauses)


def printed_field(action: Action, field: str) -> str | None:
    """A field as documents print it; None where there is nothing, or nothing that could be read."""
    match getattr(action, field):
        case Target() as target:
            return target.printed
        case dt.date() as day:
            return printed_date(day)
        case text:
            return None if text is None else str(text)


def is_follow_up(field: str) -> bool:
    """Whether a field, or a column of the office's own by its header, tells of the quarter and not of the plan."""
    return field == _FOLLOW_UP or (field not in PLAN_FIELDS and tells_the_quarter(field))


def header_changes(before: Plan, after: Plan, office: Office) -> Iterator[FieldChange]:
    """What stands otherwise above the table: year, quarter, version, title and objective."""
    for field, old, new in (
        ("year", str(before.year), str(after.year)),
        ("quarter", before.quarter.roman, after.quarter.roman),
        ("version", str(before.version), str(after.version)),
    ):
        if old != new:
            yield FieldChange(field, old, new, None)
    for field in _HEADER:
        old, new = getattr(before, field), getattr(after, field)
        # A new year's plan names its year; that is no modification of the plan of the year before.
        is_same = says_the_same(old.replace(str(before.year), ""), new.replace(str(after.year), ""))
        if old != new:
            approver = None if is_same else _approver(field, office)
            yield FieldChange(field, old, new, approver)


def _action_change(
    before: Action | None, after: Action | None, office: Office, *, is_moved: bool
) -> ActionChange | None:
    fields = tuple(field_changes(before, after, office))
    if before is None or after is None:
        kind = ActionChangeKind.ADDED if before is None else ActionChangeKind.REMOVED
        whole = tuple(replace(field, approver=Approver.COMMITTEE) for field in fields)
        return ActionChange(kind, before, after, whole, Approver.COMMITTEE)
    if not fields and not is_moved:
        return None
    is_renumbered = any(change.field == "number" and change.approver for change in fields)
    kind = ActionChangeKind.MOVED if is_moved or is_renumbered else ActionChangeKind.CHANGED
    return ActionChange(kind, before, after, fields, _strictest(change.approver for change in fields))


def field_changes(before: Action | None, after: Action | None, office: Office) -> Iterator[FieldChange]:
    """The fields, and the office's own columns, that two actions print otherwise; None has nothing in any of them."""
    for field in (*PLAN_FIELDS, _FOLLOW_UP):
        old = getattr(before, field) if before else None
        new = getattr(after, field) if after else None
        if old == new:
            continue
        was = (before and printed_field(before, field)) or ""
        now = (after and printed_field(after, field)) or ""
        if was != now:
            yield _field_change(field, was, now, office)
    extras_before = dict(before.extras) if before else {}
    extras_after = dict(after.extras) if after else {}
    if extras_before == extras_after:
        return
    for header in extras_after | extras_before:
        was, now = extras_before.get(header, ""), extras_after.get(header, "")
        if was != now:
            yield _field_change(header, was, now, office)


def _field_change(field: str, was: str, now: str, office: Office) -> FieldChange:
    return FieldChange(field, was, now, None if says_the_same(was, now) else _approver(field, office))


def _approver(field: str, office: Office) -> Approver | None:
    """Who approves another value; an office that has settings of its own has said all that its committee approves."""
    if any(field == name or words_of(field) == words_of(name) for name in office.committee_fields):
        return Approver.COMMITTEE
    if is_follow_up(field):
        return None
    is_own = field not in PLAN_FIELDS and field not in _HEADER
    is_usual = office.committee_fields == REFERENCE_OFFICE.committee_fields
    is_named = is_own and is_usual and names_what_the_committee_approves(field)
    return Approver.COMMITTEE if is_named else Approver.PLANNING


def _strictest(approvers: Iterable[Approver | None]) -> Approver | None:
    needed = set(approvers)
    return next((approver for approver in Approver if approver in needed), None)


def _moved(
    before: Sequence[Action], after: Sequence[Action], pairs: Sequence[tuple[int | None, int | None]]
) -> set[int]:
    """The fewest actions (their places in `after`) that were taken from among the others and put elsewhere."""
    kept = [(i, j) for i, j in pairs if i is not None and j is not None]
    names_before, names_after = sheet_names(before, after), sheet_names(after, before)
    moved = {j for i, j in kept if names_before[before[i].source.sheet] != names_after[after[j].source.sheet]}
    return moved | {j for _, j in kept} - {j for _, j in longest_rising(kept)}


def _sentence(clauses: list[str]) -> str:
    told = "; ".join(clauses)
    return f"{told[0].upper()}{told[1:]}."


def _beside_the_plan(kept: list[ActionChange]) -> Iterator[str]:
    """What is told of a comparison in which nothing changed of what was approved."""
    followed = [change for change in kept if any(is_follow_up(field.field) for field in change.fields)]
    if followed:
        yield f"se actualizó el seguimiento de {_actions(followed)}"
    typed = [change for change in kept if any(not is_follow_up(field.field) for field in change.fields)]
    if typed:
        yield f"se corrigió la digitación de {_actions(typed)}"
    if any(change.kind is ActionChangeKind.MOVED for change in kept):
        yield "se cambió el orden de las acciones"


class _Item(NamedTuple):
    """One thing that was modified, or several of the same actions; `names` says how many the text names."""

    text: str
    names: int


def _items(told: list[tuple[ActionChange, FieldChange]]) -> list[_Item]:
    """What was modified of which actions: "la meta (de 1 a 2) y la fecha de fin de la acción 3"."""
    by_field: dict[str, list[tuple[ActionChange, FieldChange]]] = {}
    for action, change in told:
        if change.field != "number":
            by_field.setdefault(change.field, []).append((action, change))
    known = [field for field in PLAN_FIELDS if field in by_field]
    groups: dict[tuple[int, ...], list[str]] = {}
    for field in [*known, *(field for field in by_field if field not in PLAN_FIELDS)]:
        groups.setdefault(tuple(id(action) for action, _ in by_field[field]), []).append(field)
    items = []
    for fields in list(groups.values())[:_MOST_NAMES]:
        whose = _actions([action for action, _ in by_field[fields[0]]])
        names = [_NAMES.get(field, f"la columna «{_cut(field)}»") for field in fields]
        values = [_values([change for _, change in by_field[field]]) for field in fields]
        if len(fields) == 1:
            items.append(_Item(f"{names[0]} de {whose}{values[0]}", 1))
            continue
        named = [f"{name}{value}" for name, value in zip(names, values, strict=True)]
        if len(named) > _MOST_NAMES:
            named[_MOST_NAMES:] = ["otros datos"]
        items.append(_Item(f"{listed(named)} de {whose}", len(named)))
    others = [action for fields in list(groups.values())[_MOST_NAMES:] for action, _ in by_field[fields[0]]]
    if others:
        whose = _actions(list({id(action): action for action in others}.values()))
        items.append(_Item(f"otros datos de {whose}", 2))
    return items


def _values(changes: list[FieldChange]) -> str:
    """What it was and is, as in "la meta (de 1 a 2)", where that is short and the same of all."""
    before, after = changes[0].before, changes[0].after
    is_same = all((change.before, change.after) == (before, after) for change in changes)
    is_short = 0 < len(before) <= _LONGEST_VALUE and 0 < len(after) <= _LONGEST_VALUE
    return f" (de {before} a {after})" if is_same and is_short and "\n" not in before + after else ""


def _actions(changes: list[ActionChange]) -> str:
    """Actions by their numbers: "la acción 3", "las acciones 1 a 5 y 7", "45 acciones"."""
    if len(changes) > _MOST_ACTIONS:
        return f"{len(changes)} acciones"
    names = [_name(change) for change in changes]
    runs: list[list[str]] = []
    for name in names:
        if runs and name.isdecimal() and runs[-1][-1].isdecimal() and int(name) == int(runs[-1][-1]) + 1:
            runs[-1].append(name)
        else:
            runs.append([name])
    told = [name for run in runs for name in ([f"{run[0]} a {run[-1]}"] if len(run) > _PAIR else run)]
    return f"la acción {told[0]}" if len(names) == 1 else f"las acciones {listed(told)}"


def _name(change: ActionChange) -> str:
    action = change.after or change.before
    if action is None:
        raise ValueError("a change is of an action that was or is")
    return str(action.number) if action.number else f"«{_cut(action.action or '')}»"


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_NAME else f"{text[: _LONGEST_NAME - 1]}…"
