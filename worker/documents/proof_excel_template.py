"""The office's Excel template and a report -> what each of its sheets must hold, cell by cell, by type.

One row of a sheet repeats for each action (or each change); the column of `{{ accion.otros }}` becomes as many as the
plan brings. This is the second opinion on what a template means: it shares no code with the one that fills it.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import Final

from service.domain.errors import TemplateProblem
from service.domain.plan import Action
from service.domain.reports import Report
from service.domain.values import Target
from worker.documents.proof_excel_book import Book, Number, Sheet, Value, column_letters, column_of
from worker.documents.proof_package import Package
from worker.documents.proof_properties import tagged_properties
from worker.documents.proof_template import TextTemplate
from worker.documents.proof_values import (
    Made,
    Typed,
    Values,
    action_values,
    change_values,
    once_values,
    other_headers,
    shown,
)

_TAG: Final = re.compile(r"\{\{\s*(plan|accion|cambio|aprobacion|sello)\.(?:(\w+)|otros\[[\"“”'](.+?)[\"“”']\])\s*\}\}")
_ALL_OTHERS: Final = re.compile(r"\s*\{\{\s*accion\.otros\s*\}\}\s*")
_OTHER: Final = "otros: "
# What there is one of in a report, besides the plan.
_ONCE: Final = frozenset({"aprobacion", "sello"})
# How the editors of templates write a header that holds what would end a tag.
_UNQUOTED: Final = str.maketrans('"{}', "'()")
_AREA: Final = re.compile(r"(\$?)([A-Z]{0,3})(\$?)(\d+)(?::(\$?)([A-Z]{0,3})(\$?)(\d+))?")
_EPOCHS: Final = {False: dt.date(1899, 12, 30), True: dt.date(1904, 1, 1)}
_NEVER_SPREAD: Final = frozenset({"numero", "meta", "fecha_inicio", "fecha_fin", "fecha"})
# The rows of so many actions are made once, for each sheet and to be counted; of more, one at a time.
_MOST_KEPT: Final = 100
_BRACES: Final = (("{{", "{ {"), ("}}", "} }"), ("{%", "{ %"), ("%}", "% }"))

Cells = dict[int, Value]
_Part = str | tuple[str, str]


@dataclass(frozen=True, slots=True)
class TextParts:
    """A text with tags: its literal pieces, and scope and name of each tag between them."""

    parts: tuple[_Part, ...]

    @property
    def scopes(self) -> frozenset[str]:
        """Of what it tells: "plan", "accion", "cambio"."""
        return frozenset(part[0] for part in self.parts if isinstance(part, tuple))

    @property
    def only(self) -> tuple[str, str] | None:
        """The tag that is all of it: it takes a number or a date as such."""
        first = self.parts[0] if len(self.parts) == 1 else ""
        return first if isinstance(first, tuple) else None

    def text(self, plan: Values, item: Values) -> str:
        """As it is printed."""
        return "".join(
            part if isinstance(part, str) else shown(_named(plan if part[0] == "plan" else item, part[1]))
            for part in self.parts
        )


@dataclass(frozen=True)
class SheetMeasure:
    """A sheet of the template: the row that repeats (0: none), for what, and the column for the office's own."""

    sheet: Sheet
    model: int
    scope: str
    others: int

    @cached_property
    def tagged(self) -> dict[int, dict[int, TextParts]]:
        """The texts with tags, by row and column."""
        return {
            number: {
                column: parts
                for column, value in row.cells.items()
                if isinstance(value, str) and (parts := parse(value)).scopes
            }
            for number, row in self.sheet.rows.items()
        }

    @cached_property
    def literal(self) -> dict[int, Cells]:
        """What stands in every report as it does here, by row and column."""
        return {
            number: {column: value for column, value in row.cells.items() if column not in self.tagged[number]}
            for number, row in self.sheet.rows.items()
        }

    @cached_property
    def telling(self) -> frozenset[int]:
        """The rows that hold what a report brings."""
        return frozenset(number for number, texts in self.tagged.items() if texts)

    @cached_property
    def rows_beneath(self) -> int:
        """Rows from the one that repeats to the last that holds something."""
        return max((number for number, row in self.sheet.rows.items() if row.cells), default=self.model) - self.model

    def column_moved(self, column: int, headers: int) -> int:
        """Where an area that ended at a column ends, when the office's own take its place."""
        return column + headers - 1 if column == self.others else column

    def moved(self, area: str, added: int, headers: int) -> str:
        """An area after the rows and columns have come in."""

        def move(found: re.Match[str]) -> str:
            one, first, two, top, three, last, four, bottom = found.groups()
            row = int(top) + (added if self.model and int(top) > self.model else 0)
            start = f"{one}{first}{two}{row}"
            if not bottom:
                return start
            end = int(bottom) + (added if self.model and int(bottom) >= self.model else 0)
            column = column_letters(self.column_moved(column_of(last), headers)) if last else ""
            return f"{start}:{three}{column}{four}{end}"

        return _AREA.sub(move, area)


@dataclass(frozen=True, slots=True)
class Field:
    """That a cell tells a value of its item, and nothing else."""

    name: str


@dataclass(frozen=True, slots=True)
class ExpectedSheet:
    """What a sheet must hold: rows that stand once, by their number in the template, and the row of each item.

    `sources` tells, column by column, where a row has its values from; None where some come from more than one.
    """

    measure: SheetMeasure
    fixed: dict[int, Cells]
    items: Sequence[Cells]
    # Columns whose cells hold values of the item.
    telling: frozenset[int]
    keys: frozenset[int]
    headers: int
    sources: dict[int, Field | Value] | None
    typed: Callable[[Typed], Value]

    def label(self, column: int) -> str:
        """The header over a column: the nearest text above the row that repeats."""
        for number in sorted((number for number in self.fixed if number < self.measure.model), reverse=True):
            told = self.fixed[number].get(column)
            if isinstance(told, str):
                return told
        return column_letters(column)


@lru_cache(maxsize=8)
def measured(template: bytes) -> tuple[tuple[SheetMeasure, ...], Book, dict[str, TextTemplate]]:
    """The sheets of a template, the template itself and its properties with tags; read once."""
    package = Package(template)
    book = Book(package)
    return tuple(_measure(sheet) for sheet in book.sheets.values()), book, tagged_properties(package)


def _measure(sheet: Sheet) -> SheetMeasure:
    for number, row in sheet.rows.items():
        texts = {column: value for column, value in row.cells.items() if isinstance(value, str) and "{{" in value}
        scopes = {scope for value in texts.values() for scope in ("accion", "cambio") if f"{scope}." in value}
        if scopes:
            others = next((column for column, value in texts.items() if _ALL_OTHERS.fullmatch(value)), 0)
            return SheetMeasure(sheet, number, scopes.pop(), others)
    return SheetMeasure(sheet, 0, "", 0)


def expected_sheets(template: bytes, report: Report, *, counts_from_1904: bool) -> list[ExpectedSheet]:
    """The sheets that the report's workbook must have; the control de cambios has none where there is none to tell."""
    sheets, _, _ = measured(template)
    headers = other_headers(report)
    plan = once_values(report)
    blank = {_OTHER + header.translate(_UNQUOTED): "" for header in headers}

    def named(action: Action) -> Values:
        own = {_OTHER + name.translate(_UNQUOTED): text for name, text in action.extras}
        return {**action_values(action), **blank, **own}

    made = Made(report.plan.actions, named)
    actions = made if len(made) > _MOST_KEPT else tuple(made)
    items: Mapping[str, Sequence[Values]] = {"accion": actions, "cambio": change_values(report), "": ()}
    typed = _typer(_EPOCHS[counts_from_1904])
    return [
        _expected(sheet, plan, items[sheet.scope], headers, typed)
        for sheet in sheets
        if sheet.scope != "cambio" or report.change_log
    ]


def _expected(
    measure: SheetMeasure,
    plan: Values,
    items: Sequence[Values],
    headers: tuple[str, ...],
    typed: Callable[[Typed], Value],
) -> ExpectedSheet:
    fixed: dict[int, Cells] = {}
    for number, texts in measure.tagged.items():
        if number == measure.model:
            continue
        cells = {**measure.literal[number]}
        for column, parts in texts.items():
            cells[column] = typed(_named(plan, parts.only[1])) if parts.only else parts.text(plan, {})
        if measure.others and number == measure.model - 1:
            cells.pop(measure.others, None)
            taken = (value for value in cells.values() if isinstance(value, str))
            cells |= dict(enumerate(_unique(headers, taken), measure.others))
        fixed[number] = {column: value for column, value in cells.items() if value}
    tagged = _repeated_texts(measure, headers)
    single = {column: only for column, parts in tagged.items() if (only := parts.only)}
    mixed = {column: parts for column, parts in tagged.items() if column not in single}
    sources = _sources(single, measure.literal.get(measure.model, {}), plan, typed)
    alike = {column: source for column, source in sources.items() if not isinstance(source, Field)}
    fields = {column: source.name for column, source in sources.items() if isinstance(source, Field)}

    def item_cells(item: Values) -> Cells:
        values = [_named(item, name) for name in fields.values()]
        told = [value if isinstance(value, str) else typed(value) for value in values]
        cells = alike | dict(zip(fields, told, strict=True))
        cells |= {column: parts.text(plan, item) for column, parts in mixed.items()}
        return {column: value for column, value in cells.items() if value}

    made = Made(items, item_cells)
    rows = made if len(made) > _MOST_KEPT else tuple(made)
    telling = frozenset(column for column, parts in tagged.items() if measure.scope in parts.scopes)
    # Texts may go on in the rows beneath; these never do.
    keys = frozenset(column for column, only in single.items() if only[1] in _NEVER_SPREAD)
    return ExpectedSheet(measure, fixed, rows, telling, keys, len(headers), None if mixed else sources, typed)


def _sources(
    single: dict[int, tuple[str, str]], literal: Cells, plan: Values, typed: Callable[[Typed], Value]
) -> dict[int, Field | Value]:
    sources: dict[int, Field | Value] = {**literal}
    for column, (scope, name) in single.items():
        sources[column] = typed(_named(plan, name)) if scope == "plan" else Field(name)
    return {column: source for column, source in sorted(sources.items()) if source}


def _repeated_texts(measure: SheetMeasure, headers: tuple[str, ...]) -> dict[int, TextParts]:
    """The texts of the row that repeats, with a column for each of the office's own."""
    tagged = dict(measure.tagged.get(measure.model, {}))
    if measure.others:
        del tagged[measure.others]
        for step, header in enumerate(headers):
            tagged[measure.others + step] = TextParts((("accion", _OTHER + header.translate(_UNQUOTED)),))
    return tagged


def _typer(epoch: dt.date) -> Callable[[Typed], Value]:
    @lru_cache(maxsize=4096)
    def day(date: dt.date) -> Number:
        return Number(Decimal((date - epoch).days), "date")

    def typed(value: Typed) -> Value:
        if isinstance(value, str):
            return str(value)
        if isinstance(value, Target):
            if value.quantity is None:
                return value.printed
            return Number(value.quantity, "percent" if value.is_percentage else "number")
        return day(value) if isinstance(value, dt.date) else Number(Decimal(value), "number")

    return typed


@lru_cache(maxsize=256)
def parse(text: str) -> TextParts:
    """The pieces of a template's text."""
    parts: list[_Part] = []
    done = 0
    for tag in _TAG.finditer(text):
        parts.append(text[done : tag.start()])
        if tag[1] in _ONCE:
            parts.append(("plan", f"{tag[1]}.{tag[2]}"))
        else:
            parts.append((tag[1], tag[2] or _OTHER + tag[3].translate(_UNQUOTED)))
        done = tag.end()
    parts.append(text[done:])
    return TextParts(tuple(part for part in parts if part))


def _named(values: Values, name: str) -> Typed:
    if name not in values:
        raise TemplateProblem(f"No se puede comprobar la etiqueta «{name}» de la plantilla de Excel.")
    return values[name]


def joins(joined: Cells, more: Cells, wanted: Cells) -> bool:
    """Put the cells of one more row to those before, as long as they may still become the wanted ones."""
    for column, value in more.items():
        goal = wanted.get(column, "")
        present = joined.get(column)
        if present is None:
            whole: Value = value
        elif isinstance(present, str) and isinstance(value, str):
            whole = present + value
        else:
            return False
        is_on_its_way = isinstance(whole, str) and isinstance(goal, str) and goal.startswith(whole)
        if whole != goal and not is_on_its_way:
            return False
        joined[column] = whole
    return bool(more)


def with_braces_apart(text: str) -> str:
    """As a text of the office's stands in a template: it must not be taken for a tag."""
    for braces, apart in _BRACES:
        text = text.replace(braces, apart)
    return text


def _unique(headers: Iterable[str], taken: Iterable[str]) -> list[str]:
    """Excel's tables want headers that differ in more than the size of their letters."""
    seen = {text.casefold() for text in taken}
    told = []
    for header in headers:
        name = with_braces_apart(header)
        candidates = (name, *(f"{name} ({copy})" for copy in range(2, len(seen) + 3)))
        chosen = next(one for one in candidates if one.casefold() not in seen)
        seen.add(chosen.casefold())
        told.append(chosen)
    return told
