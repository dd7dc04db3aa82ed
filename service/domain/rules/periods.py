"""V12: the avance tells of the quarter that is reported, and not of another that was left from an older report.

A text names quarters for many reasons. Only a mention in the role of the period told ("Durante el segundo trimestre…",
"A corte de junio…") contradicts the report, and only when nothing else in the text agrees with it. Recaps ("contratado
en el primer trimestre"), plans ("programado para el último trimestre") and names ("informe del II trimestre") do not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from service.domain.findings import Finding, FindingCode
from service.domain.office import Office
from service.domain.rules.rows import Cell, Rows
from service.domain.rules.words import MONTHS, bare, listed
from service.domain.values import ROMAN, Quarter


class Role(Enum):
    """Why a text names a period."""

    TOLD = auto()
    PLANNED = auto()
    PASSING = auto()
    NAMED = auto()


@dataclass(frozen=True, slots=True)
class Mention:
    """A period named in a text: the quarters it covers, its year if given, and where its ordinal stands."""

    quarters: frozenset[int]
    year: int | None
    role: Role
    ordinal: tuple[int, int] | None = None
    year_at: tuple[int, int] | None = None
    is_half: bool = False

    def agrees(self, quarter: Quarter) -> bool:
        """Whether it may be the quarter of the report."""
        return quarter.number in self.quarters and self.year in {None, quarter.year}


_ORDINALS: Final = {
    "i": 1, "ii": 2, "iii": 3, "iv": 4, "1": 1, "2": 2, "3": 3, "4": 4,
    "primer": 1, "primero": 1, "segundo": 2, "tercer": 3, "tercero": 3, "cuarto": 4,
    "1er": 1, "1ro": 1, "2do": 2, "3er": 3, "3ro": 3, "4to": 4, "1o": 1, "2o": 2, "3o": 3, "4o": 4,
    "1.er": 1, "1.o": 1, "2.o": 2, "3.er": 3, "3.o": 3, "4.o": 4, "2.do": 2, "4.to": 4,
    "1°": 1, "2°": 2, "3°": 3, "4°": 4, "1º": 1, "2º": 2, "3º": 3, "4º": 4,
    "ultimo": 4,
}  # fmt: skip
_STYLES: Final = (("i", "ii", "iii", "iv"), ("1", "2", "3", "4"), ("primer", "segundo", "tercer", "cuarto"))
_TABLE: Final = "|".join(sorted(map(re.escape, _ORDINALS), key=len, reverse=True))
_ONE: Final = rf"(?<![\w.])(?:{_TABLE})(?!\w)"
_BEFORE: Final = re.compile(rf"{_ONE}(?:(?:, ?| y(?: el)? | e | al? | ?[-\u2013/] ?){_ONE})*\s*$")
_AFTER: Final = re.compile(
    rf"s?\s*(?:n[o°º]?\.?\s*)?:?\s*(?P<list>{_ONE}(?:(?:, ?| y | e | al? | ?[-\u2013/] ?){_ONE})*)"
)
_EACH: Final = re.compile(_ONE)
_RANGE: Final = re.compile(r" al? | ?[-\u2013] ?")
_YEAR: Final = re.compile(r"s?[\s,(]*(?:del? |[-/] ?)?(?:la |presente )*(?:vigencia |ano )?(?:del? )?((?:19|20)\d\d)\b")
_SHORT: Final = re.compile(r"[TQ1-4][TQ1-4]")
_QUARTER: Final = re.compile(r"trim(?:estre)?s?\b")
_HALF: Final = re.compile(r"semestre\b")
_CUT: Final = re.compile(
    rf"\b(?:corte|cierre)(?: al?| de| del)*(?: el)?(?: \d{{1,2}} de| mes de| fin de| final de| finales de)*"
    rf" ({'|'.join((*MONTHS, 'setiembre'))})(?: del? ((?:19|20)\d\d))?"
)

_SENTENCE_ENDS: Final = re.compile(r"[.;:\n](?=\s|$)")
_TOLD: Final = re.compile(
    r"\b(?:durante|en|para|cierre|corte|transcurso|finalizar|finalizado|correspondiente|dentro|a lo largo)"
    r"(?: (?:a|al|el|los|de|del|lo|corrido|transcurso|periodo))*\s*$"
)
_HEADING: Final = re.compile(
    r"^\W*(?:(?:avances?|seguimiento|reporte|gestion|periodo|logros)(?: (?:al?|del?|el))*)?\W*$"
)
_PLANNED_BEFORE: Final = re.compile(
    r"programad|previst|preve|proyect[ae]|planead|planific|agendad|espera|pendiente|proxim|siguiente|iniciar[ae]?\b"
    r"|a partir del?\s*$|(?:hacia|hasta|\w para) el\s*$|se tiene "
)
_FUTURE: Final = re.compile(r"\w{2,}r(?:á|án|emos)\b")
_PASSING: Final = re.compile(
    r"frente a|respecto|compara|desde |iniciad|reportad|informad|contratad|adjudicad|suscrit|celebrad|aprobad|realizad"
    r"|adelantad|entregad|ejecutad|formulad|elaborad|anterior|pasado|\bya\b|continu|que en |\bque\b"
)
_NAMED: Final = re.compile(r"\b(?:del?|al|para) (?:el )?\s*$|\b(?:informes?|boletin|reportes?|seguimientos?)\s*$")
_CITED: Final = re.compile(
    r"(?:acuerdo|resolucion|decreto|ley|circular|acta|contrato|convenio|oficio|radicad|sentencia|conpes|ordenanza)[^.;]*$"
)
_FIRST_WORDS: Final = 6


def check_periods(rows: Rows, _office: Office) -> Iterator[Finding]:
    """Every avance against the quarter of the report."""
    if rows.quarter is None:
        return
    usual = _usual_openings(rows.quarter)
    others = _other_months(rows.quarter)
    for cell in rows.cells("qualitative_progress"):
        text = str(cell.value)
        low = rows.bare(text)
        # Most texts begin by agreeing, and then nothing else in them can contradict the report.
        if not low.startswith(usual):
            yield from _contradictions(cell, text, mentions_in(text, low), rows.quarter)
        months = [month for month in others if month in low and _is_outside(text, low, month, rows.quarter)]
        if months:
            expected = f"{rows.quarter.roman} trimestre"
            yield cell.says(FindingCode.QUARTER_004, value=text, months=listed(months), expected=expected)


def _usual_openings(quarter: Quarter) -> tuple[str, ...]:
    ordinals = (style[quarter.number - 1] for style in _STYLES)
    named = [
        f"{ordinal} trimestre {of} {quarter.year}" for ordinal in ordinals for of in ("de", "del", "de la vigencia")
    ]
    return tuple(f"{opening} el {name}" for opening in ("durante", "en") for name in named)


def mentions_in(text: str, low: str) -> list[Mention]:
    """The periods that a text names; `low` is its bare form."""
    found = []
    periods = [*_QUARTER.finditer(low), *(_HALF.finditer(low) if "semestre" in low else ())]
    for period in periods:
        mention = _mention(text, low, period)
        if mention is not None:
            found.append(mention)
    for short in _SHORT.finditer(text):
        start, end = short.span()
        number = next((letter for letter in short.group() if letter in "1234"), "")
        if not number or short.group().isdigit() or text[start - 1 : start].isalnum() or text[end : end + 1].isalnum():
            continue
        year = _YEAR.match(low, end)
        role = _role(text, low, start, end)
        found.append(Mention(frozenset({int(number)}), int(year[1]) if year else None, role))
    if "corte" in low or "cierre" in low:
        for cut in _CUT.finditer(low):
            month = 8 if cut[1] == "setiembre" else MONTHS.index(cut[1])
            role = Role.PLANNED if _is_planned(text, low, cut.start(), cut.end()) else Role.TOLD
            found.append(Mention(frozenset({month // 3 + 1}), int(cut[2]) if cut[2] else None, role))
    return found


def _mention(text: str, low: str, period: re.Match[str]) -> Mention | None:
    start, end = period.span()
    if low[start - 1 : start].isalpha():
        return None  # "cuatrimestre"
    begin = max(0, start - 60)
    before = _BEFORE.search(low[begin:start])
    if before:
        span = (begin + before.start(), begin + before.start() + len(before.group().rstrip()))
    else:
        after = _AFTER.match(low, end)
        if not after:
            return None
        span = after.span("list")
        end = after.end()
    ordinals = low[slice(*span)]
    numbers = [_ORDINALS[each] for each in _EACH.findall(ordinals)]
    if len(numbers) > 1 and _RANGE.search(ordinals):
        numbers = list(range(min(numbers), max(numbers) + 1))
    year = _YEAR.match(low, end)
    if ordinals == "ultimo" and not (year or low.startswith(" de la vigencia", end) or low.startswith(" del ano", end)):
        return None  # "En el último trimestre se…" may well be the one that has just ended.
    is_half = period.group() == "semestre"
    if is_half:
        numbers = [quarter for half in numbers for quarter in (2 * half - 1, 2 * half) if half in {1, 2}]
    return Mention(
        frozenset(numbers),
        int(year[1]) if year else None,
        _role(text, low, min(span[0], start), end),
        span if len(numbers) == 1 else None,
        year.span(1) if year else None,
        is_half,
    )


def _role(text: str, low: str, start: int, end: int) -> Role:
    clause = _clause_before(low, start)
    if _is_planned(text, low, start, end):
        return Role.PLANNED
    opening = _TOLD.search(clause)
    is_first = opening is not None and len(clause[: opening.start()].split()) < _FIRST_WORDS
    if _HEADING.match(clause) or (is_first and not _PASSING.search(clause)):
        return Role.TOLD
    if _NAMED.search(clause) and not opening:
        return Role.NAMED
    return Role.PASSING


def _is_planned(text: str, low: str, start: int, end: int) -> bool:
    clause = _clause_before(low, start)
    if _PLANNED_BEFORE.search(clause[-60:]):
        return True
    ends = _SENTENCE_ENDS.search(low, end)
    following = text[end : min(ends.start() if ends else len(text), end + 70)].lower()
    nearby = text[max(0, start - 40) : start].lower() if len(clause) >= 1 else ""
    last = max(nearby.rfind("."), nearby.rfind(";"))
    return bool(
        _FUTURE.search(nearby[last + 1 :])
        or _FUTURE.search(following)
        or re.match(r"[^,]{0,30},? (?:se (?:tiene|espera|preve|prevé|programó|proyecta)|esta prevista?)", following)
    )


def _clause_before(low: str, start: int) -> str:
    window = low[max(0, start - 120) : start]
    ends = [found.end() for found in _SENTENCE_ENDS.finditer(window)]
    return window[ends[-1] :] if ends else window


def _contradictions(cell: Cell, text: str, mentions: list[Mention], quarter: Quarter) -> Iterator[Finding]:
    present = [mention for mention in mentions if mention.role is not Role.PLANNED]
    if any(mention.agrees(quarter) for mention in present):
        return
    told = [mention for mention in present if mention.role is Role.TOLD and not mention.is_half]
    expected = f"{quarter.roman} trimestre"
    if told:
        first = told[0]
        proposal = _mended(text, told, quarter)
        if quarter.number in first.quarters:
            found, year = str(first.year), str(quarter.year)
            yield cell.says(FindingCode.QUARTER_002, value=text, proposal=proposal, found=found, expected=year)
        else:
            found = _named(first)
            yield cell.says(FindingCode.QUARTER_001, value=text, proposal=proposal, found=found, expected=expected)
        return
    passing = [mention for mention in present if mention.role is Role.PASSING or mention.is_half]
    if passing:
        found = _named(passing[0])
        yield cell.says(FindingCode.QUARTER_003, value=text, found=found, expected=expected)


def _named(mention: Mention) -> str:
    year = f" de {mention.year}" if mention.year else ""
    if mention.is_half:
        return f"{'primer' if 1 in mention.quarters else 'segundo'} semestre{year}"
    return f"{listed([ROMAN[number] for number in sorted(mention.quarters)])} trimestre{year}"


def _mended(text: str, told: list[Mention], quarter: Quarter) -> str | None:
    """The text with the quarter and the year of the report where it told of another; None when it is not that plain."""
    changes: list[tuple[int, int, str]] = []
    for mention in told:
        if mention.quarters != {quarter.number}:
            word = _in_style(text[slice(*mention.ordinal)], quarter.number) if mention.ordinal else None
            if word is None or mention.ordinal is None:
                return None
            changes.append((*mention.ordinal, word))
        if mention.year not in {None, quarter.year}:
            if mention.year_at is None:
                return None
            changes.append((*mention.year_at, str(quarter.year)))
    for start, end, word in sorted(changes, reverse=True):
        text = text[:start] + word + text[end:]
    # Other words of the text may go on telling of another quarter.
    agrees = any(
        mention.agrees(quarter) for mention in mentions_in(text, bare(text)) if mention.role is not Role.PLANNED
    )
    return text if agrees else None


def _in_style(ordinal: str, number: int) -> str | None:
    for style in _STYLES:
        if bare(ordinal) in style:
            word = style[number - 1]
            return word.upper() if ordinal.isupper() else word.capitalize() if ordinal[0].isupper() else word
    return None


def _other_months(quarter: Quarter) -> tuple[str, ...]:
    return (*MONTHS[: 3 * quarter.number - 3], *MONTHS[3 * quarter.number :])


def _is_outside(text: str, low: str, month: str, quarter: Quarter) -> bool:
    return any(_is_told(text, low, name, quarter) for name in re.finditer(rf"\b{month}\b", low))


def _is_told(text: str, low: str, month: re.Match[str], quarter: Quarter) -> bool:
    """Whether the month is when something of the avance happened: no name, no law, no plan, no beginning of a span."""
    start, end = month.span()
    if text[start].isupper() and not text.isupper() and _clause_before(low, start).strip():
        return False
    year = re.match(r"(?: del?|,)? ((?:19|20)\d\d)\b", low[end : end + 12])
    if year and int(year[1]) != quarter.year:
        return False
    clause = _clause_before(low, start)
    if _CITED.search(clause) or _is_planned(text, low, start, end):
        return False
    names = "|".join(MONTHS[3 * quarter.number - 3 : 3 * quarter.number])
    span = re.match(
        rf" ?(?:a|al|y|hasta|[-\u2013]|hasta el|de \d{{4}} a)? ?(?:\d+ de )?(?:{names})\b", low[end : end + 40]
    )
    return not (span or re.search(r"\b(?:desde|a partir de|iniciad[oa]s? en)(?: el| \w+ de)*\s*$", clause))
