"""V15 and V16: the figures in an avance add up, and say how much of the target is done.

What is a figure: a number that is no year, date, ordinal of a quarter or number of a law. A numbered list counts, since
it shows how many things there are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from typing import Final, NamedTuple

from service.domain.findings import Finding, FindingCode
from service.domain.office import Office
from service.domain.rules.progress import is_idle
from service.domain.rules.quantities import has_status
from service.domain.rules.rows import Cell, Rows
from service.domain.rules.words import MONTHS, bare, listed
from service.domain.values import printed_number

_NUMBER: Final = r"\d{1,3}(?:\.\d{3})+|\d+"
_GROUP: Final = re.compile(
    rf"(?P<percent>\d+(?:[.,]\d+)?) ?% ?\((?P<count>{_NUMBER}) (?P<noun>[^\W\d]+)\)"
    rf"|(?P<count2>{_NUMBER}) (?P<noun2>[^\W\d]+) \((?P<percent2>\d+(?:[.,]\d+)?) ?%\)"
)
_DIGITS: Final = re.compile(r"\d+")
_YEARS: Final = range(1900, 2100)
_DIGITS_OF_A_YEAR: Final = 4
_DATED: Final = re.compile(rf" de (?:{'|'.join(MONTHS)})|(?:\.?(?:er|ro|do|to|o)|[°º])? trim")
_ACTS: Final = (
    "acuerdo", "resolucion", "decreto", "ley", "circular", "acta", "contrato", "convenio", "conpes", "articulo",
    "oficio",
)  # fmt: skip
_CITED: Final = re.compile(rf"(?:{'|'.join(_ACTS)})[a-z. °º]{{0,20}}$")
_CITED_WITHIN: Final = 36
_COUNT_WORDS: Final = re.compile(
    r"\b(?:dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|once|doce|trece|catorce|quince|veint\w+|treinta|cuarenta"
    r"|cincuenta|cien|ciento|ningun[oa]?|primer[oa]|segund[oa]|tercer[oa])\b"
)
_SENTENCES: Final = re.compile(r"[.;\n](?=\s|$)")
_APPROVAL: Final = {
    stem: re.compile(rf"\b(?:se |fue(?:ron)? |han? sido )?{stem}(?:o|aron|io|ieron|ad[oa]s?)\b")
    for stem in ("aprob", "adopt", "expid", "sancion")
}
_CLOSING: Final = {
    stem: re.compile(rf"\b(?:se )?{stem}(?:o|aron|eron)\b") for stem in ("culmin", "finaliz", "conclu[iy]", "termin")
}
_SAID: Final = re.compile(r"100 ?%|1 de 1\b")
_LEAST_TO_COUNT: Final = 2


class _Part(NamedTuple):
    things: Decimal
    percent: Decimal
    written: str


def check_figures(rows: Rows, _office: Office) -> Iterator[Finding]:
    """Sums and percentages first, then what the target needs."""
    for cell in rows.cells("qualitative_progress"):
        text = str(cell.value)
        if "%" in text and "(" in text:
            yield from _check_sums(cell, text)
        target = cell.action.target
        if target is None or target.quantity is None or target.is_percentage or has_status(cell.action):
            continue
        if is_idle(text):
            continue
        low = rows.bare(text)
        if target.quantity >= _LEAST_TO_COUNT:
            if not _has_figure(low):
                yield cell.says(FindingCode.FIGURE_003, value=text, target=target.printed)
        elif claim := claimed(low, text, bare(cell.action.indicator or "")):
            yield cell.says(FindingCode.FIGURE_004, value=text, claim=claim, target=target.printed)


def _check_sums(cell: Cell, text: str) -> Iterator[Finding]:
    groups: dict[str, list[_Part]] = {}
    for found in _GROUP.finditer(text):
        noun = (found["noun"] or found["noun2"]).lower()
        written = found["percent"] or found["percent2"]
        count = Decimal((found["count"] or found["count2"]).replace(".", ""))
        groups.setdefault(noun, []).append(_Part(count, Decimal(written.replace(",", ".")), written))
    for noun, parts in groups.items():
        total = sum(part.things for part in parts)
        if len(parts) < _LEAST_TO_COUNT or not total:
            continue
        stated = _stated_total(text, noun)
        if stated is not None and stated != total:
            adding = " + ".join(printed_number(part.things) for part in parts)
            sums = {"sum": adding, "found": printed_number(Decimal(total)), "expected": printed_number(stated)}
            yield cell.says(FindingCode.FIGURE_001, value=text, **sums)
            continue
        wrong = _wrong_shares(parts, Decimal(total))
        if wrong:
            whole = printed_number(Decimal(total))
            right = listed(
                [
                    f"{printed_number(part.things)} de {whole} es {share} % y no {part.written} %"
                    for part, share in wrong
                ],
                "y",
            )
            yield cell.says(FindingCode.FIGURE_002, value=text, right=right)


def _stated_total(text: str, noun: str) -> Decimal | None:
    """The number of the same things outside the groups: "241 cupos"; None unless there is exactly one."""
    outside = _GROUP.sub(" ", text)
    found = {Decimal(number.replace(".", "")) for number in re.findall(rf"({_NUMBER}) {re.escape(noun)}\b", outside)}
    return found.pop() if len(found) == 1 else None


def _wrong_shares(parts: list[_Part], total: Decimal) -> list[tuple[_Part, str]]:
    """Parts whose percentage is not their share at the decimals written.

    When rounded shares do not add up to 100, either neighbour is right: whoever wrote them had to make them add up.
    """
    exact = [part.things * 100 / total for part in parts]
    units = [
        Decimal(1).scaleb(-len(re.split("[.,]", part.written)[1]) if not part.written.isdigit() else 0)
        for part in parts
    ]
    rounded = [share.quantize(unit, ROUND_HALF_UP) for share, unit in zip(exact, units, strict=True)]
    adds_up = sum(rounded) == 100  # noqa: PLR2004 - a whole is a hundred per cent
    wrong = []
    for part, share, unit, usual in zip(parts, exact, units, rounded, strict=True):
        fair = {usual} if adds_up else {share.quantize(unit, ROUND_FLOOR), share.quantize(unit, ROUND_CEILING)}
        if part.percent not in fair:
            wrong.append((part, printed_number(share.quantize(unit / 10, ROUND_HALF_UP))))
    return wrong


def _has_figure(low: str) -> bool:
    for found in _DIGITS.finditer(low):
        start, end = found.span()
        if end - start == _DIGITS_OF_A_YEAR and int(found.group()) in _YEARS:
            continue
        window = low[max(0, start - _CITED_WITHIN) : start]
        is_cited = any(map(window.__contains__, _ACTS)) and _CITED.search(window)
        if not is_cited and not _DATED.match(low, end):
            return True
    return _COUNT_WORDS.search(low) is not None


def claimed(low: str, text: str, indicator: str) -> str | None:
    """The words of an avance by which what the indicator counts is done, unless the avance says so with the figure.

    `low` and `indicator` are bare forms.
    """
    if "meta" in low or "cumpl" in low or _SAID.search(low):
        return None
    for stem, told in _APPROVAL.items():
        if stem in indicator and stem in low and (found := told.search(low)):
            return text[slice(*found.span())]
    thing = next(iter(indicator.split()), "")
    for stem, told in _CLOSING.items():
        for found in told.finditer(low) if stem[:6] in low else ():
            ends = _SENTENCES.search(low, found.end())
            if thing and thing in low[found.end() : ends.start() if ends else None].split():
                return text[slice(*found.span())]
    return None
