"""V13 and V22: a text ends where its author ended it, and is typed as it will be printed.

Whatever can be mended without knowing what the author meant is mended in one go: every finding of a cell proposes the
same text, so that none undoes another.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from functools import lru_cache, partial
from typing import Final

from service.domain.findings import Finding, FindingCode
from service.domain.office import Office
from service.domain.rules.rows import Cell, Rows
from service.domain.rules.words import bare, same_words
from service.domain.values import printed_number

_LONG_TEXTS: Final = ("action", "indicator", "qualitative_progress")
_NAMES: Final = ("lead", "unit", "periodicity", "funding_source")
_STOPS: Final = ".!?…"
_CLOSERS: Final = "»”\"')]"
_OPEN_ENDS: Final = ",;:(/-\u2013¿¡«“"
_DANGLING: Final = frozenset(
    {
        "de", "del", "la", "el", "los", "las", "y", "e", "o", "u", "a", "al", "en", "con", "por", "para", "que", "se",
        "su", "sus", "un", "una", "como", "entre", "sobre", "sin", "desde", "hasta", "mediante", "ante", "bajo",
    }
)  # fmt: skip
# Where forms, old spreadsheets and databases cut what does not fit.
_CUTTING_LENGTHS: Final = frozenset({255, 256, 1024, 4000, 32_767})
_SPACES: Final = re.compile(r"[ \u00a0]{2,}")
_UNSEEN: Final = re.compile("[\t\u00ad\u200b\u200c\u2028\u2029\u2060\ufeff]")
_BROKEN_WORD: Final = re.compile(r"([^\W\d_]{2,})-[ \t]*\n[ \t]*([a-záéíóúñ]{2,})")
_FILLERS: Final = re.compile(
    r"\blorem ipsum\b|\bx{3,}\b|\btbd\b|\[[^\]]*(?:completar|escrib|diligenci)[^\]]*\]", re.IGNORECASE
)
_FILLER_TEXTS: Final = frozenset(
    {"pendiente", "por definir", "por diligenciar", "por completar", "completar", "texto", "prueba", "test", "ejemplo"}
)
# Among the signs of a text: neither capitals nor figures, which nearly every text has.
_LOUD: Final = re.compile(rb"[^A-Z0-9@]")
_NO_SIGN: Final = re.compile(rb"(?!)")
_CAPITALS_ALONE: Final = bytes(code if chr(code) in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" else ord(" ") for code in range(256))
_CAPITALS: Final = re.compile("[A-Z]{3,}")
_SHORT: Final = 30
_AROUND: Final = 12
_FEW_WORDS: Final = 4
_SHORTEST_ACRONYM: Final = 4
_QUOTES: Final = (("«", "»"), ("“", "”"))


def check_wording(rows: Rows, office: Office) -> Iterator[Finding]:
    """Ends, spaces, unseen characters, quotes, capitals, fillers and acronyms."""
    for field in _NAMES:
        plain: set[str] = set()
        for cell in rows.cells(field):
            if cell.value not in plain:
                codes = list(_typing(cell.value))
                yield from _findings(cell, codes, _typing, office, is_told=False)
                if not codes:
                    plain.add(cell.value)
    slips = _slip_words(office.acronyms)
    slip_signs = re.compile(b"|".join(map(re.escape, sorted(slips)))) if slips else _NO_SIGN
    for field in _LONG_TEXTS:
        is_told = field == "qualitative_progress"
        look = partial(_said_of, acronyms=office.acronyms, is_told=is_told)
        for cell, signs in zip(rows.cells(field), rows.signs(field), strict=True):
            text = cell.value
            is_loud = _LOUD.search(signs) or (slip_signs.search(signs) and _has_any(slips, text))
            is_quiet = not is_loud and _is_quiet(text, rows.bare(text) if is_told else bare(text))
            if is_quiet and (text[-1] in _STOPS or (not is_told and _is_whole(text))):
                continue
            yield from _findings(cell, list(look(text)), look, office, is_told=is_told)


def _is_quiet(text: str, low: str) -> bool:
    """Whether a text without loud signs has nothing that any rule but those about its end would look at."""
    return (
        len(text) > _SHORT
        and "  " not in text
        and "xxx" not in low
        and "lorem" not in low
        and "tbd" not in low
        and not text.isupper()
    )


def _has_any(words: frozenset[bytes], text: str) -> bool:
    """Whether any of these words in capitals stands in a text; its signs may only seem to hold it, across words."""
    return not words.isdisjoint(text.encode("ascii", "replace").translate(_CAPITALS_ALONE).split())


def _is_whole(text: str) -> bool:
    return (
        text[-1].isalnum()
        and not text[-1].isupper()
        and "(" not in text
        and text[text.rfind(" ") + 1 :].lower() not in _DANGLING
        and len(text) not in _CUTTING_LENGTHS
    )


_Said = tuple[FindingCode, dict[str, str | int]]
_Look = Callable[[str], Iterable[_Said]]


def _said_of(text: str, acronyms: tuple[str, ...], *, is_told: bool) -> Iterator[_Said]:
    """All that there is to say of a long text."""
    yield from _typing(text)
    yield from _ending(text, acronyms, is_told=is_told)
    yield from _style(text, acronyms, is_told=is_told)


def _findings(cell: Cell, codes: list[_Said], look: _Look, office: Office, *, is_told: bool) -> Iterator[Finding]:
    """What `look` says of a cell; a mended text is proposed to those of its findings that it leaves nothing to say."""
    text = mended = str(cell.value)
    left: set[FindingCode] = set()
    if any(code in _MENDED for code, _ in codes):
        mended = _mended(text, office.acronyms, is_told=is_told)
        left = {code for code, _ in look(mended)}
    for code, words in codes:
        proposal = mended if code in _MENDED and code not in left and mended != text else None
        yield cell.says(code, value=text, proposal=proposal, **words)


_MENDED: Final = {
    FindingCode.TEXT_011,
    FindingCode.TEXT_014,
    FindingCode.TEXT_015,
    FindingCode.TEXT_016,
    FindingCode.TEXT_017,
    FindingCode.TEXT_021,
}


def _typing(text: str) -> Iterator[_Said]:
    if "  " in text or ("\u00a0" in text and _SPACES.search(text)):
        found = _SPACES.search(text)
        if found:
            yield FindingCode.TEXT_015, {"around": _around(text, found.start(), found.end())}
    if not text.isprintable():
        if _UNSEEN.search(text):
            yield FindingCode.TEXT_016, {}
        broken = _BROKEN_WORD.search(text)
        if broken:
            yield FindingCode.TEXT_017, {"around": f"{broken[1]}-{broken[2]}"}


def _ending(text: str, acronyms: tuple[str, ...], *, is_told: bool) -> Iterator[_Said]:
    ends, closed = text.rstrip(), text.rstrip().rstrip(_CLOSERS)
    if not closed or closed[-1] in _STOPS:
        return
    last = ends.rsplit(None, 1)[-1]
    if "://" in last or last.startswith("www."):
        return
    acronym = _cut_acronym(last, acronyms)
    if acronym:
        yield FindingCode.TEXT_011, {"ending": last, "acronym": acronym}
    elif len(text) in _CUTTING_LENGTHS:
        yield FindingCode.TEXT_013, {"length": printed_number(Decimal(len(text)))}
    elif _is_open(ends, last):
        yield FindingCode.TEXT_012, {"ending": " ".join(ends.split()[-3:])}
    if is_told and len(text) > _SHORT:
        yield FindingCode.TEXT_014, {}


def _is_open(ends: str, last: str) -> bool:
    is_unclosed = ends.count("(") > ends.count(")")
    return ends[-1] in _OPEN_ENDS or last.lower() in _DANGLING or is_unclosed


def _cut_acronym(last: str, acronyms: tuple[str, ...]) -> str | None:
    if not last.isupper() or len(last) < 2 or last in acronyms:  # noqa: PLR2004 - one letter is the beginning of too much
        return None
    whole = [acronym for acronym in acronyms if acronym.startswith(last)]
    return whole[0] if len(whole) == 1 else None


def _style(text: str, acronyms: tuple[str, ...], *, is_told: bool) -> Iterator[_Said]:
    if _has_odd_quotes(text):
        yield FindingCode.TEXT_018, {}
    if is_told and text.isupper() and len(text.split()) > _FEW_WORDS:
        yield FindingCode.TEXT_019, {}
    else:
        for word, acronym in _mistyped(text, acronyms):
            yield FindingCode.TEXT_021, {"written": word, "acronym": acronym}
    filler = filler_in(text)
    if filler:
        yield FindingCode.TEXT_020, {"around": filler}


def _has_odd_quotes(text: str) -> bool:
    used = ['"'] if '"' in text else []
    for opening, closing in _QUOTES:
        if opening in text or closing in text:
            if text.count(opening) != text.count(closing):
                return True
            used.append(opening)
    return len(used) > 1 or text.count('"') % 2 == 1


def filler_in(text: str) -> str | None:
    """What of a text only keeps the place of another: "xxxx", "[completar]", or all of it, "Por definir"."""
    if len(text) <= _SHORT and same_words(text) in _FILLER_TEXTS:
        return text
    low = text.lower()
    if "xxx" not in low and "lorem" not in low and "tbd" not in low and "[" not in low:
        return None
    found = _FILLERS.search(text)
    return found.group() if found else None


def _mistyped(text: str, acronyms: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Words in capitals that are one slip away from an acronym of the office; the last may be a cut one."""
    slips = _slips(acronyms)
    if not _has_any(_slip_words(acronyms), text):
        return
    for found in _CAPITALS.finditer(text):
        word = found.group()
        if word in slips and not (found.end() == len(text.rstrip()) and _cut_acronym(word, acronyms)):
            yield word, slips[word]


@lru_cache(maxsize=64)
def _slips(acronyms: tuple[str, ...]) -> dict[str, str]:
    """A letter left out or two exchanged, for acronyms long enough to tell a slip from another acronym."""
    slips: dict[str, str] = {}
    for acronym in acronyms:
        if len(acronym) < _SHORTEST_ACRONYM:
            continue
        for i in range(len(acronym)):
            slips[acronym[:i] + acronym[i + 1 :]] = acronym
            slips[acronym[:i] + acronym[i : i + 2][::-1] + acronym[i + 2 :]] = acronym
    return {slip: acronym for slip, acronym in slips.items() if slip not in acronyms}


@lru_cache(maxsize=64)
def _slip_words(acronyms: tuple[str, ...]) -> frozenset[bytes]:
    return frozenset(slip.encode() for slip in _slips(acronyms))


def _mended(text: str, acronyms: tuple[str, ...], *, is_told: bool) -> str:
    mended = text
    if not text.isprintable():
        mended = _BROKEN_WORD.sub(r"\1\2", text)
        mended = _UNSEEN.sub(lambda found: " " if found.group() in "\t\u2028\u2029" else "", mended)
    if "  " in mended or "\u00a0" in mended:
        mended = _SPACES.sub(" ", mended)
    for word, acronym in _mistyped(mended, acronyms):
        mended = re.sub(rf"\b{re.escape(word)}\b", acronym, mended)
    ends = mended.rstrip()
    closed = ends.rstrip(_CLOSERS)
    if closed and closed[-1] not in _STOPS:
        last = ends.rsplit(None, 1)[-1]
        whole = _cut_acronym(last, acronyms)
        if whole:
            ends = ends[: -len(last)] + whole
        elif len(text) in _CUTTING_LENGTHS or _is_open(ends, last):
            return mended
        mended = f"{ends}." if is_told else ends
    return mended


def _around(text: str, start: int, end: int) -> str:
    return text[max(0, start - _AROUND) : end + _AROUND].strip()
