"""Headings, what stands below them and what the person said become the column of each field of a plan.

What the person said wins over everything; then names, then names with their group, then names that are nearly one,
then what a column holds. Of columns that report several periods the asked quarter's is taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from service.domain.office import Office
from service.domain.reading import Given
from service.sheets.cells import Habits, read_first_day
from service.sheets.closeness import closest_field
from service.sheets.columns import BY_FIELD, PERIODICITIES, fields_named, is_known_extra
from service.sheets.headings import Heading, Headings, granted
from service.sheets.parsed import NUMBERS, Kind, RawCell, column_number
from service.sheets.wording import Months, header_words, plain_words, quarter_of

# The label that two columns share, and how sure each meaning is when the cells below do not say "Trimestral".
_SHARED_LABEL: Final = "seguimiento"
_UNSURE_CLAIMS: Final = ((3, "qualitative_progress"), (20, "periodicity"))
_MOST_ALIKE: Final = 12
_MOST_CLOSE: Final = 120

_GROUPED: Final = 100
_PERIOD_ALONE: Final = 150
_NEARLY: Final = 200
_BY_CONTENT: Final = 400
_TEXT_FIELDS: Final = frozenset({"action", "lead", "indicator", "funding_source", "qualitative_progress"})
_MOSTLY: Final = 0.8
_NARRATIVE: Final = 25
FIGURE: Final = re.compile(r"[-+$ ]*[\d.,]+ ?%?")
_LETTERS: Final = re.compile(r"[A-Za-z]{1,3}")

BY_NAME: Final = "su nombre parecido"
BY_CONTENT: Final = "lo que contiene"


@dataclass(frozen=True, slots=True)
class Match:
    """The column of each field.

    `guessed` are the fields that no exact name gave, with the evidence. `periods` are the months that columns of
    progress report when there are several; `quarter` is the one that was taken of them, None when it is not known.
    """

    columns: dict[str, int]
    guessed: dict[str, str]
    periods: tuple[Months, ...] = ()
    quarter: int | None = None


def match_columns(
    headings: Headings, below: Mapping[int, list[RawCell]], given: Given, named_quarter: int | None, office: Office
) -> Match:
    """The column of each field; `below` holds the first cells under each heading, by column."""
    said = said_columns(headings, given.mapping)
    free = [one for column, one in headings.by_column.items() if column not in said and one.label.column == column]
    claims = [
        (rank, column, field)
        for rank, column, field in _claims(free, below, office)
        # An official header is believed whatever stands below it.
        if field not in said.values() and not (rank and _is_contradicted(field, below.get(column, [])))
    ]
    claims, periods, quarter = _of_the_asked_quarter(headings, claims, below, given.quarter or named_quarter)
    columns = granted(claims)
    surest = {(column, field): rank for rank, column, field in sorted(claims, reverse=True)}
    guessed = {
        field: BY_CONTENT if surest[column, field] >= _BY_CONTENT else BY_NAME
        for field, column in columns.items()
        if surest[column, field] >= _NEARLY
    }
    return Match(columns | {field: column for column, field in said.items() if field}, guessed, periods, quarter)


def said_columns(headings: Headings, mapping: Iterable[tuple[str, str]]) -> dict[int, str]:
    """For each column that the person spoke of, by header or by letters, the field it holds; "" for none."""
    said: dict[int, str] = {}
    for name, field in mapping:
        for column in _columns_called(headings, name)[: 1 if field else None]:
            said[column] = field
    return said


def _columns_called(headings: Headings, name: str) -> list[int]:
    words = header_words(name)
    called = [
        column
        for column, one in headings.by_column.items()
        if words and words in {header_words(one.name), header_words(one.full_name)}
    ]
    if not called and _LETTERS.fullmatch(name.strip()):
        column = column_number(name.strip().upper())
        called = [column] if column in headings.by_column else []
    return called


def _claims(free: list[Heading], below: Mapping[int, list[RawCell]], office: Office) -> Iterator[tuple[int, int, str]]:
    """What each heading may mean: how sure it is (0 most), its column, the field."""
    shared = close = 0
    for one in free:
        texts = [cell.text for cell in below.get(one.column, [])]
        if header_words(one.name) == _SHARED_LABEL and shared < _MOST_ALIKE:
            shared += 1
            yield from ((rank, one.column, field) for rank, field in _meanings(texts))
            continue
        named = tuple(fields_named(one.name))
        yield from ((rank, one.column, field) for rank, field in named)
        if named or is_known_extra(one.name):
            continue
        together = [
            (rank, field) for group in one.groups for rank, field in fields_named(f"{group.text} {one.label.text}")
        ]
        yield from ((_GROUPED + rank, one.column, field) for rank, field in together)
        if header_words(one.name) == "trimestre" and _is_narrative(below.get(one.column, [])):
            yield (_PERIOD_ALONE, one.column, "qualitative_progress")
        if not together and close < _MOST_CLOSE:
            close += 1
            near = closest_field(one.name)
            if near is not None:
                yield (_NEARLY + round(100 * (1.01 - near[1])), one.column, near[0])
    yield from _claims_by_content(free, below, office)


def _meanings(texts: list[str]) -> tuple[tuple[int, str], ...]:
    """What "SEGUIMIENTO" may mean over these texts."""
    periodic = sum(plain_words(text) in PERIODICITIES for text in texts if len(text) <= _NARRATIVE)
    if 2 * periodic > len(texts):
        return ((0, "periodicity"),)
    return _UNSURE_CLAIMS if texts else ((0, "periodicity"), *_UNSURE_CLAIMS)


def _claims_by_content(
    free: list[Heading], below: Mapping[int, list[RawCell]], office: Office
) -> Iterator[tuple[int, int, str]]:
    """What a column must be by its cells, whatever it is called: a vocabulary of the office, or days."""
    vocabularies = {
        "periodicity": PERIODICITIES,
        "funding_source": {plain_words(source) for source in office.funding_sources},
        "lead": {plain_words(unit) for unit in office.units},
    }
    days = []
    for one in free[:_MOST_CLOSE]:
        cells = below.get(one.column, [])
        words = [plain_words(cell.text) for cell in cells if cell.kind is Kind.TEXT and len(cell.text) <= _MOST_CLOSE]
        if not cells or is_known_extra(one.name) or fields_named(one.name):
            continue
        for field, vocabulary in vocabularies.items():
            if sum(word in vocabulary for word in words) >= _MOSTLY * len(cells):
                yield (_BY_CONTENT, one.column, field)
        if all(cell.kind not in NUMBERS and read_first_day(cell, Habits())[0] for cell in cells):
            days.append(one.column)
    if len(days) == len(("starts_on", "ends_on")):
        yield (_BY_CONTENT, days[0], "starts_on")
        yield (_BY_CONTENT, days[1], "ends_on")


def _is_narrative(cells: list[RawCell]) -> bool:
    texts = [cell for cell in cells if cell.kind is Kind.TEXT]
    return bool(texts) and sum(len(cell.text) for cell in texts) >= _NARRATIVE * len(cells)


def _is_contradicted(field: str, cells: list[RawCell]) -> bool:
    """Whether a column holds figures only, where the field is a text: "Presupuesto" is a source only in words."""
    return (
        field in _TEXT_FIELDS
        and bool(cells)
        and all(cell.kind in NUMBERS or FIGURE.fullmatch(cell.text.strip()) for cell in cells)
    )


def _of_the_asked_quarter(
    headings: Headings, claims: list[tuple[int, int, str]], below: Mapping[int, list[RawCell]], asked: int | None
) -> tuple[list[tuple[int, int, str]], tuple[Months, ...], int | None]:
    """The claims without those of other periods, the periods there are, and the quarter that was taken."""
    period_of = {column: one.period for column, one in headings.by_column.items()}
    periods = _periods("qualitative_progress", claims, period_of)
    if len(periods) < 2:  # noqa: PLR2004  one period, or none, leaves nothing to choose
        return _without_rivals(claims, period_of), (), None
    if asked is None:
        columns = {period_of[column]: column for _, column, field in claims if field == "qualitative_progress"}
        filled = [months for months in periods if below.get(columns.get(months, 0))]
        asked = quarter_of(filled[0][1]) if len(filled) == 1 else None
    taken = max((months for months in periods if asked and quarter_of(months[1]) == asked), default=None, key=_ending)
    kept = [claim for claim in claims if claim[2] != "qualitative_progress" or period_of[claim[1]] == taken]
    if taken is None:
        kept = [claim for claim in kept if claim[2] != "qualitative_progress"]
    return _without_rivals(kept, period_of), periods, asked


def _without_rivals(
    claims: list[tuple[int, int, str]], period_of: Mapping[int, Months | None]
) -> list[tuple[int, int, str]]:
    """The claims without those to fields of the plan by columns that repeat with each period, such as its "META"."""
    repeated = {field for field in BY_FIELD if len(_periods(field, claims, period_of)) > 1}
    return [
        claim
        for claim in claims
        if claim[2] == "qualitative_progress" or claim[2] not in repeated or period_of[claim[1]] is None
    ]


def _periods(
    field: str, claims: list[tuple[int, int, str]], period_of: Mapping[int, Months | None]
) -> tuple[Months, ...]:
    found = {period_of[column] for _, column, claimed in claims if claimed == field}
    return tuple(sorted((months for months in found if months is not None), key=_ending))


def _ending(months: Months) -> tuple[int, int]:
    return (months[1], months[0])
