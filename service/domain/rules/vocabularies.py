"""V08, V09 and V10: periodicity, funding source and answerable units are those that the office knows, written its way.

Case and accents are forgiven, except in the names of units, which are printed as they stand. Periodicities are a closed
list, so that an unknown one is an error; sources and units are the office's own, so that it is a warning.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches
from functools import lru_cache
from typing import Final

from service.domain.findings import Finding, FindingCode
from service.domain.office import Office
from service.domain.rules.rows import Cell, Rows
from service.domain.rules.words import counted, listed, one_line, same_words, words_of

_OPEN: Final = frozenset({"n a", "na", "no aplica", "por definir", "a demanda", "por demanda", "segun demanda"}) | {
    "permanente"
}
_SEPARATORS: Final = re.compile(r"\s*[/;,|\n+]\s*")
_LOOSE: Final = re.compile(r"\s*[/;,|\n+]\s*|\s+y\s+")
_LINKS: Final = frozenset({"de", "del", "la", "las", "el", "los", "y", "e"})
_CLOSE: Final = 0.75
_CLOSE_UNIT: Final = 0.85
_FEWEST_WORDS: Final = 2
# Nobody has that many units: the catalogue is not theirs, and looking for near names is what costs.
_MOST_UNKNOWN: Final = 300


def check_periodicities(rows: Rows, office: Office) -> Iterator[Finding]:
    """V08."""
    known = {same_words(name): name for name in office.periodicities}
    for cell in rows.cells("periodicity"):
        written = same_words(cell.value)
        if written in known or written in _OPEN or set(written.split()) - {"y"} <= set(known):
            continue
        name = _nearest(written, office.periodicities)
        if name:
            yield cell.says(FindingCode.PERIODICITY_001, value=cell.value, proposal=name)
        else:
            yield cell.says(FindingCode.PERIODICITY_002, value=cell.value, known=listed(office.periodicities, "o"))


def check_funding(rows: Rows, office: Office) -> Iterator[Finding]:
    """V09; a mixed source is fine when each of its parts is."""
    known = {same_words(name) for name in office.funding_sources}
    unknown: list[Cell] = []
    total = 0
    for cell in rows.cells("funding_source"):
        total += 1
        written = same_words(cell.value)
        if written in known or all(same_words(part) in known for part in _SEPARATORS.split(cell.value.strip())):
            continue
        name = None
        if len(unknown) < _MOST_UNKNOWN:
            name = _mixed(cell.value, office.funding_sources) or _nearest(written, office.funding_sources)
        if name:
            yield cell.says(FindingCode.FUNDING_001, value=cell.value, proposal=name)
        else:
            unknown.append(cell)
    if unknown and _is_anothers(unknown, total):
        yield unknown[0].says(FindingCode.FUNDING_003, value=unknown[0].value)
        return
    for cell, others in _told_once(unknown):
        yield cell.says(
            FindingCode.FUNDING_002, value=cell.value, known=listed(office.funding_sources, "o"), others=others
        )


def check_leads(rows: Rows, office: Office) -> Iterator[Finding]:
    """V10."""
    unknown: list[Cell] = []
    findings: list[Finding] = []
    total = 0
    official = set(office.units)
    for cell in rows.cells("lead"):
        total += 1
        if cell.value in official:
            continue
        units = units_in(cell.value, office.units) if len(unknown) < _MOST_UNKNOWN else ()
        if not units:
            unknown.append(cell)
            continue
        proposal = " / ".join(units)
        parts = [one_line(part).casefold() for part in _SEPARATORS.split(cell.value.strip())]
        written = one_line(cell.value).casefold()
        if parts == [unit.casefold() for unit in units] or written in {units[0].casefold(), proposal.casefold()}:
            continue
        if len(units) > 1 and len(parts) != len(units):
            count, names = len(units), listed(units)
            findings.append(
                cell.says(FindingCode.LEAD_002, value=cell.value, proposal=proposal, count=count, units=names)
            )
        else:
            findings.append(cell.says(FindingCode.LEAD_001, value=cell.value, proposal=proposal))
    if unknown and _is_anothers(unknown, total):
        # The catalogue is some other office's: what it says of these names is worth nothing.
        yield unknown[0].says(FindingCode.LEAD_004, value=unknown[0].value)
        return
    yield from findings
    for cell, others in _told_once(unknown):
        yield cell.says(FindingCode.LEAD_003, value=cell.value, others=others)


@lru_cache(maxsize=2048)
def units_in(written: str, catalogue: tuple[str, ...]) -> tuple[str, ...]:
    """The official names of the units in a cell, even when they are glued; empty when any of it is unknown."""
    names = {unit: _name_words(unit) for unit in catalogue}
    found = _split_units(_name_words(written), names)
    if found:
        return found
    parts = [part for part in _SEPARATORS.split(written.strip()) if part]
    near = [_near_unit(part, names) for part in parts]
    if near and all(near):
        return tuple(name for name in near if name)
    whole = _near_unit(written, names)
    return (whole,) if whole else ()


def _split_units(words: tuple[str, ...], names: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    if not words:
        return ()
    for unit, name in sorted(names.items(), key=lambda item: -len(item[1])):
        if name and words[: len(name)] == name:
            rest = words[len(name) :]
            others = _split_units(rest, names)
            if others or not rest:
                return (unit, *others)
    return ()


def _near_unit(written: str, names: dict[str, tuple[str, ...]]) -> str | None:
    words = _name_words(written)
    holding = [unit for unit, name in names.items() if len(words) >= _FEWEST_WORDS and set(words) <= set(name)]
    if len(holding) == 1:
        return holding[0]
    joined = {" ".join(name): unit for unit, name in names.items()}
    close = get_close_matches(" ".join(words), joined, n=1, cutoff=_CLOSE_UNIT)
    return joined[close[0]] if close else None


def _name_words(name: str) -> tuple[str, ...]:
    return tuple(word for word in words_of(name) if word not in _LINKS)


def _mixed(written: str, names: tuple[str, ...]) -> str | None:
    """The known mixed source of the very parts that are written: "Inversión y funcionamiento"."""

    def parts(text: str) -> list[str]:
        return sorted(same_words(part) for part in _LOOSE.split(text.strip()))

    wanted = parts(written)
    return next((name for name in names if parts(name) == wanted), None)


@lru_cache(maxsize=2048)
def _nearest(written: str, names: tuple[str, ...]) -> str | None:
    by_words = {same_words(name): name for name in names}
    inside = [name for words, name in by_words.items() if words in written.split()]
    if len(inside) == 1:
        return inside[0]
    close = get_close_matches(written, by_words, n=1, cutoff=_CLOSE)
    return by_words[close[0]] if close else None


def _is_anothers(unknown: list[Cell], total: int) -> bool:
    return len(unknown) > 1 and 2 * len(unknown) > total


def _told_once(cells: list[Cell]) -> Iterator[tuple[Cell, str]]:
    """Each distinct value at its first cell, with how many others say the same."""
    first: dict[str, Cell] = {}
    others: dict[str, int] = {}
    for cell in cells:
        if cell.value in first:
            others[cell.value] += 1
        else:
            first[cell.value], others[cell.value] = cell, 0
    for value, cell in first.items():
        more = counted(others[value], "fila", "filas")
        yield cell, f" (tampoco en otra{'' if others[value] == 1 else 's'} {more})" if others[value] else ""
