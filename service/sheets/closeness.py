"""A header that no table of names holds becomes the field whose name it nearly is, or none.

Words decide, not letters: each word of the header is first read as the word of the vocabulary that it misspells, and
then the words are compared as sets. So "AVANCE CUANTITATIVO" is never taken for "AVANCE CUALITATIVO", two letters away:
both words are in the vocabulary.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher, get_close_matches
from functools import lru_cache
from typing import Final

from service.sheets.columns import names
from service.sheets.wording import header_words

_FILLERS: Final = frozenset(
    {"de", "del", "la", "el", "los", "las", "y", "o", "u", "e", "a", "al", "en", "por", "para", "con", "su", "sus",
     "que", "se", "segun", "cada", "esta", "este", "trimestre"}
)  # fmt: skip
_SHORTEST_MISSPELT: Final = 5
_ALIKE_WORD: Final = 0.8
_ALIKE_HEADER: Final = 0.88
_COVERED: Final = 0.5
_LONGEST_HEADER: Final = 120


@dataclass(frozen=True, slots=True)
class _Name:
    words: frozenset[str]
    head: str
    field: str


@lru_cache(maxsize=1024)
def closest_field(header: str) -> tuple[str, float] | None:
    """The field that a header nearly names and how nearly, from 0.5 to 1; None when it names none or another thing."""
    spoken = header_words(header)
    if not spoken or len(spoken) > _LONGEST_HEADER:
        return None
    words = _read_words(spoken)
    best = max((_share(words, name), name.field) for name in _NAMES) if words else (0.0, "")
    if best[0] < _COVERED:
        best = _whole(spoken)
    share, field = best
    return (field, share) if field and share >= _COVERED else None


def _read_words(spoken: str) -> tuple[str, ...]:
    read = []
    for word in spoken.split():
        stem = _stem(word)
        if word not in _FILLERS:
            if stem not in _VOCABULARY and len(word) >= _SHORTEST_MISSPELT:
                stem = next(iter(get_close_matches(stem, _VOCABULARY, n=1, cutoff=_ALIKE_WORD)), stem)
            read.append(stem)
    return tuple(read)


def _share(words: tuple[str, ...], name: _Name) -> float:
    """How much of the header a name explains; a name of one word must be what the header begins with."""
    if not name.words <= set(words) or (len(name.words) == 1 and words[0] != name.head):
        return 0.0
    # Of two that explain as much, "Meta del indicador" is what it begins with.
    return len(name.words) / len(set(words)) + (0.001 if words[0] in name.words else 0.0)


def _whole(spoken: str) -> tuple[float, str]:
    """The name whose letters in a row are nearest: for words that lost the space between them."""
    glued = spoken.replace(" ", "")
    compared = SequenceMatcher(b=glued, autojunk=False)
    best = (0.0, "")
    for name, field in _GLUED.items():
        compared.set_seq1(name)
        if compared.real_quick_ratio() >= _ALIKE_HEADER and compared.quick_ratio() >= _ALIKE_HEADER:
            best = max(best, (compared.ratio(), field))
    return best if best[0] >= _ALIKE_HEADER else (0.0, "")


def _stem(word: str) -> str:
    """The word without its plural: "acciones" and "acción" are one."""
    for ending in ("es", "s", "e"):
        if len(word) > len(ending) + 3 and word.endswith(ending):
            return word[: -len(ending)]
    return word


def _parsed_names() -> tuple[_Name, ...]:
    parsed = []
    for spoken, field in names().items():
        words = [_stem(word) for word in spoken.split() if word not in _FILLERS]
        if words:
            parsed.append(_Name(frozenset(words), words[0], field))
    return tuple(parsed)


_NAMES: Final = _parsed_names()
_VOCABULARY: Final = sorted({word for name in _NAMES for word in name.words})
_GLUED: Final = {spoken.replace(" ", ""): field for spoken, field in names().items() if " " in spoken}
