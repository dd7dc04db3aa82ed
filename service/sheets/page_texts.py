"""The header and the footer of a printed page, in the codes of Excel, become the lines of text that they print.

What a program fills in (numbers of pages, days, names of files and sheets) and pictures are no text of the office.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

# ECMA-376, 18.3.1.46: the left, the middle and the right, fonts, colours and sizes, and what is filled in.
_CODE: Final = re.compile(r'&(?:"[^"]*"|K(?:[0-9A-Fa-f]{6}|\d\d[-+]\d{3})|\d{1,3}|.)', re.DOTALL)
_SECTIONS: Final = frozenset({"&L", "&C", "&R"})
MOST_LINES: Final = 60


def page_lines(coded: Iterable[str]) -> tuple[str, ...]:
    """The lines of headers and footers such as "&LPlan de acción&RVersión 1.0", each once."""
    lines = (line.strip() for text in coded for line in _CODE.sub(_plain, text).splitlines())
    return tuple(dict.fromkeys(filter(None, lines)))[:MOST_LINES]


def _plain(code: re.Match[str]) -> str:
    if code[0] in _SECTIONS:
        return "\n"
    return "&" if code[0] == "&&" else ""
