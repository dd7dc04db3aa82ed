"""A label of a report -> what must be written otherwise in it for the quarter that follows.

Labels are titles, headers, names of sheets and lines of a page header; a text of the plan is never handed in here. Only
what names the reported quarter itself is changed: another quarter, another year, a law, a date on which something
happened and a span of years stay as they are.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple

from service.domain.rules.words import MONTHS, bare
from service.domain.values import Quarter, VersionNumber

FIRST_VERSION: Final = VersionNumber(1, 0)


class Edit(NamedTuple):
    """What to write instead of the letters from `start` to `end`."""

    start: int
    end: int
    text: str


# The ways of writing an ordinal, each for the four quarters; the first that fits is kept to.
_STYLES: Final = (
    ("i", "ii", "iii", "iv"),
    ("1", "2", "3", "4"),
    ("primer", "segundo", "tercer", "cuarto"),
    ("primero", "segundo", "tercero", "cuarto"),
    ("primer", "segundo", "tercer", "ultimo"),
    ("1er", "2do", "3er", "4to"),
    ("1ro", "2do", "3ro", "4to"),
    ("1.er", "2.o", "3.er", "4.o"),
    ("1.o", "2.o", "3.o", "4.o"),
    ("1o", "2o", "3o", "4o"),
    ("1°", "2°", "3°", "4°"),
    ("1º", "2º", "3º", "4º"),
    ("1.º", "2.º", "3.º", "4.º"),
)
_WAYS: Final = {word: style for style in reversed(_STYLES) for word in style}
_ORDINAL: Final = "|".join(sorted(map(re.escape, _WAYS), key=len, reverse=True))
_ROMAN: Final = "iii|iv|ii|i"
# Names of sheets join words with underscores, so that a word's edge is where letters and figures end.
_EDGE: Final = r"(?<![^\W_])"
_END: Final = r"(?![^\W_])"
_YEAR: Final = r"(?:19|20)\d\d"
_NAMED: Final = (
    re.compile(rf"{_EDGE}(?P<one>{_ORDINAL})[\s.\-_]*trim(?:estre)?s?{_END}"),
    re.compile(rf"{_EDGE}trim(?:estre)?s?[\s.:\-_]*(?:(?:no?|n[°º])[.\s]*)?(?P<one>{_ORDINAL}){_END}"),
    re.compile(rf"(?<![^\W_])(?<!-)[tq]-?(?P<one>[1-4]|{_ROMAN}){_END}(?!-(?!{_YEAR}))"),
    re.compile(rf"(?<![^\W_])(?<!-)(?P<one>[1-4])[tq]{_END}(?!-(?!{_YEAR}))"),
    re.compile(rf"{_EDGE}{_YEAR}\s?[-/_]\s?(?P<one>{_ROMAN}){_END}"),
    re.compile(rf"{_EDGE}(?P<one>{_ROMAN})\s?[-/_]\s?{_YEAR}{_END}"),
)
_IN_A_LIST: Final = re.compile(rf"{_EDGE}(?:{_ORDINAL})\s*(?:,|y|e|[-\u2013/])\s*$")
_IN_A_SPAN: Final = re.compile(rf"{_EDGE}(?:{_ORDINAL})\s+al?\s+$")
_OF_A_YEAR: Final = re.compile(rf"(?:[\s\-_,(/]|del?|la|vigencia|ano)*({_YEAR}){_END}")
_YEAR_BEFORE: Final = re.compile(rf"({_YEAR})\s?[-/_]\s?$")

_SHORT_MONTHS: Final = tuple(month[:3] for month in MONTHS)
_MONTH_NUMBERS: Final = (
    {month: number for number, month in enumerate(MONTHS, start=1)}
    | {month: number for number, month in enumerate(_SHORT_MONTHS, start=1)}
    | {"setiembre": 9, "sept": 9, "set": 9}
)
_MONTH: Final = "|".join(sorted(_MONTH_NUMBERS, key=len, reverse=True))
_OF_YEAR: Final = rf"(?:[.\s]*(?:del?|,|-|/)?\s*(?P<year>{_YEAR}){_END})?"
_CUT: Final = re.compile(
    rf"(?:{_EDGE}(?P<said>corte|cierre|hasta){_END}[\s:_]*(?:(?:al?|de|del|en|el|mes|dia){_END}[\s:]*)*|{_EDGE}al?\s+)"
    rf"(?:(?P<day>\d{{1,2}})\s*(?:de\b|-|/)?\s*)?(?P<month>{_MONTH}){_END}(?:\.?\s+(?P<behind>\d{{1,2}})(?!\d))?{_OF_YEAR}"
)
_MONTHS_IN_A_ROW: Final = re.compile(
    rf"{_EDGE}(?P<first>{_MONTH}){_END}(?:\.?\s*del?\s*(?P<early>{_YEAR}))?\.?\s*"
    rf"(?:(?:[-\u2013\u2014/]|al?{_END}|hasta{_END})\s*|,\s*(?P<middle>{_MONTH}){_END}\s*,?\s*[ye]\s+)"
    rf"(?:el\s+)?(?:(?P<day>\d{{1,2}})\s+de\s+)?(?P<last>{_MONTH}){_END}{_OF_YEAR}"
)
_DAY: Final = re.compile(r"(?<![\d/.-])(?:(\d{1,2})([/.-])(\d{1,2})\2(\d{4})|(\d{4})-(\d{2})-(\d{2}))(?![\d/-])")
_BEFORE_A_CUT: Final = re.compile(rf"{_EDGE}(?:corte|cierre|hasta|al?){_END}[^.;]{{0,20}}$")
_LATE_DAYS: Final = range(28, 32)

_CITED: Final = re.compile(
    r"\b(?:acuerdo|resolucion|decreto|ley|circular|acta|contrato|convenio|oficio|radicad|sentencia|conpes|ordenanza)"
    r"[^.;]*$"
)
_INSIDE_A_DATE: Final = re.compile(
    rf"(?:{_MONTH})[.\s]*(?:del?|,|-|/)?\s*$|(?<![tq])\d[-/.]$|{_YEAR}\s*(?:[-\u2013/]|al?)\s*$"
)
_BEFORE_A_SPAN: Final = re.compile(rf"\s?[-\u2013/]\s?(?:{_YEAR}|\d)|\s+al?\s+{_YEAR}")
_VERSION: Final = re.compile(r"\b(?:version\b|v\.?)\D{0,5}(\d{1,4}\.\d{1,4})(?![\d.])")

# What stands alone in a cell, its value in the next one.
_SERIES_WORDS: Final = re.compile(
    rf"{_EDGE}(?:(?:{_ORDINAL}|v|vi|[56](?:to)?)[\s.\-_]*(?:(?P<a>trim|bim|sem)(?:estre)?s?)"
    rf"|(?P<b>trim|bim|sem)(?:estre)?s?[\s.:\-_]*(?:no?[.\s]*)?(?:{_ORDINAL}|vi?|[56])"
    rf"|[tq][1-4]|[1-4][tq]|{_MONTH}){_END}"
)
_ANY_YEAR: Final = re.compile(rf"{_EDGE}{_YEAR}{_END}")


class Turn:
    """From the quarter that was reported to the one that follows, and what that changes in a label."""

    def __init__(self, reported: Quarter, version: VersionNumber) -> None:
        self.reported = reported
        self.following = reported.next
        self.version = version

    @property
    def is_new_year(self) -> bool:
        """Whether the quarter that follows belongs to another plan."""
        return self.following.year != self.reported.year

    def edits(self, label: str, *, is_one_of_a_series: bool = False) -> tuple[Edit, ...]:
        """What to write otherwise in a label, from left to right.

        `is_one_of_a_series`: others beside it name the other quarters, so that its own stays and only its year moves.
        """
        low = bare(label)
        found: list[Edit] = []
        if not is_one_of_a_series:
            found += [*self._ordinals(label, low), *self._ranges(label, low), *self._cuts(label, low)]
            found += self._days(label, low)
        if self.is_new_year:
            found += [*self._years(low), *self._versions(low)]
        return tuple(_without_overlaps(found))

    def text(self, label: str, *, is_one_of_a_series: bool = False) -> str:
        """The label as it reads in the quarter that follows."""
        for edit in reversed(self.edits(label, is_one_of_a_series=is_one_of_a_series)):
            label = label[: edit.start] + edit.text + label[edit.end :]
        return label

    def names_quarter(self, label: str) -> bool:
        """Whether a label names the reported quarter."""
        low = bare(label)
        return any(True for _ in self._ordinals(label, low)) or any(True for _ in self._ranges(label, low))

    def value(self, beside: str, value: str) -> str | None:
        """What the cell beside a label such as "Trimestre:" says in the quarter that follows; None: it stays."""
        low = " ".join(re.findall(r"[^\W_]+", bare(beside)))
        plain = value.strip()
        if re.fullmatch(r"(?:no )?(?:trimestre|periodo)(?: \w+){0,3}", low):
            style = _WAYS.get(bare(plain))
            if style and bare(plain) == style[self.reported.number - 1]:
                return value.replace(plain, _as_written(plain, style[self.following.number - 1]))
        is_year = plain == str(self.reported.year) and re.fullmatch(r"(?:vigencia|ano)(?: \w+){0,2}", low)
        if self.is_new_year and is_year:
            return value.replace(plain, str(self.following.year))
        if self.is_new_year and plain == str(self.version) and re.fullmatch(r"version(?: del plan)?", low):
            return value.replace(plain, str(FIRST_VERSION))
        if re.search(r"\b(?:corte|hasta)\b", low):
            return self._turned_day(plain)
        return None

    def number(self, beside: str, value: float, epoch: dt.date) -> float | None:
        """The same for a cell that holds a number: a year, a quarter, a version, the cut-off in days since `epoch`."""
        low = " ".join(re.findall(r"[^\W_]+", bare(beside)))
        if re.search(r"\bcorte\b", low) and value == (self.reported.ends_on - epoch).days:
            return float((self.following.ends_on - epoch).days)
        is_version = value == float(f"{self.version.major}.{self.version.minor}")
        if self.is_new_year and re.fullmatch(r"version(?: del plan)?", low) and is_version:
            return 1.0
        told = self.value(beside, str(int(value))) if value == int(value) else None
        return float(told) if told is not None else None

    def _ordinals(self, label: str, low: str) -> Iterator[Edit]:
        for pattern in _NAMED:
            for found in pattern.finditer(low):
                start, end = found.span("one")
                style = _WAYS.get(found["one"], _STYLES[0])
                if found["one"] != style[self.reported.number - 1] or not self._is_of_the_year(low, found):
                    continue
                # "I, II y III trimestre" lists them, and the next one would not belong in their place.
                is_last_of_several = _IN_A_SPAN.search(low, 0, start) if self.is_new_year else None
                if not (is_last_of_several or _IN_A_LIST.search(low, max(0, start - 12), start)):
                    yield Edit(start, end, _as_written(label[start:end], style[self.following.number - 1]))

    def _is_of_the_year(self, low: str, found: re.Match[str]) -> bool:
        behind, before = _OF_A_YEAR.match(low, found.end()), _YEAR_BEFORE.search(low, 0, found.start("one"))
        years = {int(one[1]) for one in (behind, before) if one}
        return not years or self.reported.year in years

    def _ranges(self, label: str, low: str) -> Iterator[Edit]:
        first, last = 3 * self.reported.number - 2, 3 * self.reported.number
        for found in _MONTHS_IN_A_ROW.finditer(low):
            begins, ends = _MONTH_NUMBERS[found["first"]], _MONTH_NUMBERS[found["last"]]
            if ends != last or begins not in {1, first} or not self._has_years(found):
                continue
            is_from_january = begins != first
            if is_from_january and self.is_new_year:
                continue  # "enero - diciembre" is the whole year
            new = 3 * self.following.number
            if not is_from_january:
                yield _month(label, found, "first", new - 2)
                if found["middle"]:
                    yield _month(label, found, "middle", new - 1)
            yield _month(label, found, "last", new)
            yield from self._around(found)

    def _cuts(self, label: str, low: str) -> Iterator[Edit]:
        for found in _CUT.finditer(low):
            days = [int(day) for day in (found["day"], found["behind"]) if day]
            is_cut = bool(found["said"] or days) and all(day in _LATE_DAYS for day in days)
            if is_cut and _MONTH_NUMBERS[found["month"]] == 3 * self.reported.number and self._has_years(found):
                yield _month(label, found, "month", 3 * self.following.number)
                yield from self._around(found)

    def _around(self, found: re.Match[str]) -> Iterator[Edit]:
        """The day before a month and the year behind it."""
        groups = found.groupdict()
        for name in ("day", "behind"):
            if groups.get(name):
                yield Edit(*found.span(name), str(self.following.ends_on.day))
        for name in ("early", "year"):
            if groups.get(name):
                yield Edit(*found.span(name), str(self.following.year))

    def _has_years(self, found: re.Match[str]) -> bool:
        return all(found.groupdict().get(name) in {None, str(self.reported.year)} for name in ("early", "year"))

    def _days(self, label: str, low: str) -> Iterator[Edit]:
        for found in _DAY.finditer(low):
            turned = self._turned_day(label[slice(*found.span())])
            if turned is not None and _BEFORE_A_CUT.search(low, 0, found.start()):
                yield Edit(*found.span(), turned)

    def _turned_day(self, text: str) -> str | None:
        found, new = _DAY.fullmatch(text), self.following.ends_on
        if found is None:
            words = self.text(f"corte {text}")[len("corte ") :]
            return words if words != text else None
        old = [int(part) for part in (found[4], found[3], found[1]) if part] or [int(found[at]) for at in (5, 6, 7)]
        if tuple(old) != (self.reported.year, self.reported.ends_on.month, self.reported.ends_on.day):
            return None
        if found[5]:
            return new.isoformat()
        month = f"{new.month:02d}" if len(found[3]) > 1 else str(new.month)
        return f"{new.day}{found[2]}{month}{found[2]}{new.year}"

    def _years(self, low: str) -> Iterator[Edit]:
        for found in re.finditer(rf"(?<![^\W_]){self.reported.year}{_END}", low):
            start, end = found.span()
            if _INSIDE_A_DATE.search(low, 0, start) or _BEFORE_A_SPAN.match(low, end) or _CITED.search(low, 0, start):
                continue
            yield Edit(start, end, str(self.following.year))

    def _versions(self, low: str) -> Iterator[Edit]:
        for found in _VERSION.finditer(low):
            if found[1] == str(self.version):
                yield Edit(*found.span(1), str(FIRST_VERSION))


def series_of(label: str) -> str | None:
    """What labels of several periods have in common, "# trimestre @: ejecutado"; None when it names no period."""
    low = bare(label)
    shape = _SERIES_WORDS.sub(lambda found: f"#{found['a'] or found['b'] or ''}", low)
    return " ".join(_ANY_YEAR.sub("@", shape).split()) if shape != low else None


def quarter_named(label: str, version: VersionNumber = FIRST_VERSION) -> int | None:
    """The quarter, 1 to 4, that a label of a series names; None when it is none of a quarter."""
    years = _ANY_YEAR.findall(bare(label))
    year = int(years[0]) if years else 2000
    return next((number for number in range(1, 5) if Turn(Quarter(year, number), version).names_quarter(label)), None)


def in_pieces(text: str, code: re.Pattern[str], turned: Callable[[str], str]) -> str:
    """A text with what stands between its codes turned: the page headers of Excel hold "&P" and "&12"."""
    last, pieces = 0, []
    for found in code.finditer(text):
        pieces += [turned(text[last : found.start()]), found.group()]
        last = found.end()
    return "".join([*pieces, turned(text[last:])])


def _month(label: str, found: re.Match[str], name: str, number: int) -> Edit:
    names = MONTHS if found[name] in {*MONTHS, "setiembre"} else _SHORT_MONTHS
    start, end = found.span(name)
    return Edit(start, end, _as_written(label[start:end], names[(number - 1) % 12]))


def _as_written(old: str, new: str) -> str:
    """The new word in capitals where the old one was; Roman numbers are never small behind a capital."""
    if old.isupper() or (old[0].isupper() and new in _STYLES[0]):
        return new.upper()
    return new.capitalize() if old[0].isupper() else new


def _without_overlaps(edits: Iterable[Edit]) -> Iterator[Edit]:
    reached = 0
    for edit in sorted(set(edits)):
        if edit.start >= reached:
            yield edit
            reached = edit.end
