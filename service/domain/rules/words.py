"""Texts become words that can be compared: case, accents, punctuation and spaces set apart.

`bare` keeps every character in its place, so that what is found in it can be pointed at, and mended, in the text.
`signs` is what is left of a text without all that rules read over: it says in a glance that most texts need no look.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

_ACCENTS: Final = tuple(zip("áéíóúüñ", "aeiouun", strict=True))
_WORD: Final = re.compile(r"[^\W_]+")

MONTHS: Final = (
    "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre",
    "diciembre",
)  # fmt: skip


def bare(text: str) -> str:
    """Small letters without accents, as long as the text itself."""
    try:
        return text.encode("latin-1").translate(_LATIN_BARE).decode("latin-1")  # a quarter of the price
    except UnicodeEncodeError:
        return _bare(text)


def _bare(text: str) -> str:
    low = text.lower()
    if len(low) != len(text):
        low = "".join(letter.lower() if len(letter.lower()) == 1 else letter for letter in text)
    if not low.isascii():
        for accented, plain in _ACCENTS:
            low = low.replace(accented, plain)
    return low


_LATIN: Final = bytes(range(256)).decode("latin-1")
_LATIN_BARE: Final = _bare(_LATIN).encode("latin-1")
_SIGNS: Final = set('ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@?["«»')
_READ_OVER: Final = "".join(each for each in _LATIN if each.isprintable() and each not in _SIGNS).encode("latin-1")


def signs(text: str) -> bytes:
    """The capitals, figures, quotes, "[", "@" and unprintable characters of a text, in their order.

    A "?" stands for every character beyond Latin-1, so that a rule that finds one looks at the text itself.
    """
    return text.encode("latin-1", "replace").translate(None, _READ_OVER)


@lru_cache(maxsize=4096)
def words_of(text: str) -> tuple[str, ...]:
    """The words of a header, a name or a short text."""
    return tuple(_WORD.findall(bare(text)))


@lru_cache(maxsize=4096)
def same_words(text: str) -> str:
    """What two texts that say the same have in common."""
    return " ".join(_WORD.findall(bare(text)))


def one_line(text: str) -> str:
    """The text with every run of white space as one space."""
    return " ".join(text.split())


def listed(names: tuple[str, ...] | list[str], conjunction: str = "y") -> str:
    """Names as a sentence lists them: "abril, mayo y junio"."""
    *others, last = names
    return f"{', '.join(others)} {conjunction} {last}" if others else last


def counted(number: int, singular: str, plural: str) -> str:
    """A number with its noun: "1 fila", "3 filas"."""
    return f"{number} {singular if number == 1 else plural}"
