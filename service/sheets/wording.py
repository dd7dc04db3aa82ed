"""Headers and titles become words that can be compared, and the years, quarters and months that they name."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

_IN_PARENTHESES: Final = re.compile(r"\([^()]*\)")
_NO_WORD: Final = re.compile(r"[^a-z0-9]+")
_YEAR: Final = re.compile(r"\b(?:19|20)\d\d\b")
# "1. Acción", "3) Meta": the number of a column is no part of its name.
_COLUMN_NUMBER: Final = re.compile(r"^\d{1,2} (?=[a-z]{2})")

MONTHS: Final = {
    name: number
    for number, names in enumerate(
        ("enero ene", "febrero feb", "marzo mar", "abril abr", "mayo may", "junio jun", "julio jul", "agosto ago",
         "septiembre setiembre sept sep set", "octubre oct", "noviembre nov", "diciembre dic"), start=1
    )
    for name in names.split()
}  # fmt: skip
_ORDINALS: Final = {
    name: number
    for number, names in enumerate(
        ("i 1 1er 1o primer primero", "ii 2 2do 2o segundo", "iii 3 3er 3o tercer tercero", "iv 4 4to 4o cuarto",
         "v 5 5to 5o quinto", "vi 6 6to 6o sexto"), start=1
    )
    for name in names.split()
}  # fmt: skip


def _one_of(words: dict[str, int], most: int) -> str:
    return "|".join(sorted((word for word, number in words.items() if number <= most), key=len, reverse=True))


def _named(word: str, most: int) -> str:
    """A pattern for "III trimestre" and "trimestre No. 3"; its two groups are the ordinal before and after."""
    ordinal = _one_of(_ORDINALS, most)
    return rf"\b(?:({ordinal})(?: er| do| to| o)? {word}|{word}(?: no?)? ({ordinal}))\b"


_MONTH: Final = _one_of(MONTHS, 12)
_QUARTER: Final = re.compile(rf"{_named('trim(?:estre)?', 4)}|\b(?:[tq]([1-4])|([1-4])t)\b")
_BARE_QUARTER: Final = re.compile(r"(?:(?:seguimiento|avances?|corte|reporte|informe) )?(iv|i{1,3}) ?t?")
_BIMESTER: Final = re.compile(_named("bim(?:estre)?", 6))
_SEMESTER: Final = re.compile(_named("sem(?:estre)?", 2))
_MONTHS_IN_A_ROW: Final = re.compile(rf"\b({_MONTH})(?: de)?(?: al?| hasta| y)? ({_MONTH})\b")
_ONE_MONTH: Final = re.compile(rf"\b({_MONTH})\b")
_CUT: Final = re.compile(rf"\b(?:corte|hasta)\b(?: al?| de| en| el| \d+)* ({_MONTH})\b")

Months = tuple[int, int]
"""The first and the last month of a period, from 1."""


@lru_cache(maxsize=4096)
def plain_words(text: str) -> str:
    """Lower case without accents, punctuation or what stands in parentheses: "N.º (1) Acción" -> "n o accion"."""
    bare = _IN_PARENTHESES.sub(" ", text.replace("#", " no "))
    letters = unicodedata.normalize("NFKD", bare).casefold()
    letters = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return _NO_WORD.sub(" ", letters).strip()


@lru_cache(maxsize=4096)
def header_words(text: str) -> str:
    """`plain_words` without years and with any period as "trimestre": what stays the same from report to report."""
    words = " ".join(_YEAR.sub(" ", plain_words(text)).split())
    for pattern in (_QUARTER, _BIMESTER, _SEMESTER, _MONTHS_IN_A_ROW, _ONE_MONTH):
        words = pattern.sub("trimestre", words)
    return _COLUMN_NUMBER.sub("", words.replace("trimestre trimestre", "trimestre"))


def one_line(text: str) -> str:
    """The text with every run of white space as one space."""
    return " ".join(text.split())


def year_in(text: str) -> int | None:
    """The one year that a title or header names; None when it names none, or several ("2024-2027")."""
    years = set(_YEAR.findall(text))
    return int(years.pop()) if len(years) == 1 else None


def quarter_in(text: str) -> int | None:
    """The quarter that a title or header names: "III TRIMESTRE 2024", "T3", "julio - septiembre", "corte a junio"."""
    words = _YEAR.sub(" ", plain_words(text))
    if found := _QUARTER.search(words):
        return _ORDINALS[_spoken(found)]
    if found := _MONTHS_IN_A_ROW.search(words):
        first, last = MONTHS[found[1]], MONTHS[found[2]]
        return last // 3 if (last % 3, last - first) == (0, 2) else None
    found = _CUT.search(words)
    return quarter_of(MONTHS[found[1]]) if found else None


def bare_quarter_in(name: str) -> int | None:
    """The quarter that a sheet's name may mean by its ordinal alone: "III", "Seguimiento II 2025", "IV T"."""
    found = _BARE_QUARTER.fullmatch(" ".join(_YEAR.sub(" ", plain_words(name)).split()))
    return _ORDINALS[found[1]] if found else None


def period_in(text: str) -> Months | None:
    """The months that a header speaks of: a quarter, two months, half a year, "Abr - Jun", one month."""
    words = _YEAR.sub(" ", plain_words(text))
    for pattern, months in ((_QUARTER, 3), (_BIMESTER, 2), (_SEMESTER, 6)):
        if found := pattern.search(words):
            last = months * _ORDINALS[_spoken(found)]
            return (last - months + 1, last)
    if found := _MONTHS_IN_A_ROW.search(words):
        return (MONTHS[found[1]], MONTHS[found[2]])
    found = _ONE_MONTH.search(words)
    return (MONTHS[found[1]], MONTHS[found[1]]) if found else None


def quarter_of(month: int) -> int:
    """The quarter that a month, from 1, lies in."""
    return (month + 2) // 3


def _spoken(found: re.Match[str]) -> str:
    return next(ordinal for ordinal in found.groups() if ordinal)
