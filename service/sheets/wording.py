"""Headers and titles become words that can be compared, and the years and quarters that they name."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_IN_PARENTHESES: Final = re.compile(r"\([^()]*\)")
_NO_WORD: Final = re.compile(r"[^a-z0-9]+")
_YEAR: Final = re.compile(r"\b(?:19|20)\d\d\b")
_ORDINALS: Final = {
    "i": 1, "ii": 2, "iii": 3, "iv": 4,
    "1": 1, "2": 2, "3": 3, "4": 4,
    "1er": 1, "2do": 2, "3er": 3, "4to": 4,
    "primer": 1, "segundo": 2, "tercer": 3, "cuarto": 4,
}  # fmt: skip
_ORDINAL: Final = "|".join(sorted(_ORDINALS, key=len, reverse=True))
_QUARTER: Final = re.compile(
    rf"\b(?P<before>{_ORDINAL})(?: er| do| to| o)? trim(?:estre)?\b"
    rf"|\btrim(?:estre)? (?P<after>{_ORDINAL})\b"
    r"|\bt(?P<short>[1-4])\b"
)


def plain_words(text: str) -> str:
    """Lower case without accents, punctuation or what stands in parentheses: "N.º (1) Acción" -> "n o accion"."""
    bare = _IN_PARENTHESES.sub(" ", text.replace("#", " no "))
    letters = unicodedata.normalize("NFKD", bare).casefold()
    letters = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return _NO_WORD.sub(" ", letters).strip()


def header_words(text: str) -> str:
    """`plain_words` without years and with any quarter as "trimestre": what stays the same from report to report."""
    words = _QUARTER.sub(" trimestre ", _YEAR.sub(" ", plain_words(text)))
    return " ".join(words.split())


def one_line(text: str) -> str:
    """The text with every run of white space as one space."""
    return " ".join(text.split())


def year_in(text: str) -> int | None:
    """The one year that a title or header names; None when it names none, or several ("2024-2027")."""
    years = set(_YEAR.findall(text))
    return int(years.pop()) if len(years) == 1 else None


def quarter_in(text: str) -> int | None:
    """The quarter that a title or header names: "III TRIMESTRE 2024", "Trimestre: 3", "T3", "tercer trimestre"."""
    found = _QUARTER.search(plain_words(text))
    if not found:
        return None
    return _ORDINALS[found["before"] or found["after"] or found["short"]]
