"""V23: what will be published names no person's identity card, mobile phone or private mailbox (Ley 1581 de 2012)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from service.domain.findings import Finding, FindingCode
from service.domain.office import Office
from service.domain.rules.rows import Cell, Rows

# Cheap to look for: most texts hold fewer figures in a row than a card or a phone has, and are passed over.
_FEWEST_FIGURES: Final = 6
_FIGURES_ALONE: Final = bytes(code if chr(code) in "0123456789?" else ord(" ") for code in range(256))
_WITHIN_NUMBERS: Final = b" .-"
_TEXTS: Final = ("action", "lead", "indicator", "qualitative_progress")
_NUMBER: Final = r"\d{1,3}(?:\.\d{3}){2,3}|\d{6,10}"
_IDENTITY: Final = re.compile(
    rf"(?:c[ée]dula|\bc\.? ?c\.?(?= ?\d| ?n)|identificad[oa] con)[^\d\n]{{0,35}}({_NUMBER})(?!\d)", re.IGNORECASE
)
_MOBILE: Final = re.compile(r"3\d\d[ -]?\d{3}[ -]?\d{2}[ -]?\d\d(?![\d.,]*\d)")
_MONEY_BEFORE: Final = re.compile(r"[\d.,$][ ]?$")
_MONEY_AFTER: Final = re.compile(r"\s*(?:de )?(?:pesos|millones|cop\b|%)", re.IGNORECASE)
_MAILBOX: Final = re.compile(
    r"[\w.+-]+@(?:gmail|googlemail|hotmail|outlook|live|msn|yahoo|ymail|icloud|me|proton|protonmail|aol|zoho|gmx)"
    r"\.[a-z]{2,3}(?:\.[a-z]{2})?\b",
    re.IGNORECASE,
)


def check_privacy(rows: Rows, _office: Office) -> Iterator[Finding]:
    """Every text of an action, and what travels with it."""
    for field in _TEXTS:
        for cell, signs in zip(rows.cells(field), rows.signs(field), strict=True):
            if (len(signs) >= _FEWEST_FIGURES or b"@" in signs) and _may_name(cell.value):
                yield from _check(cell, cell.value)
    for action in rows.plan.actions:
        for header, value in action.extras:
            if _may_name(value):
                yield from _check(rows.extra_cell(action, header, value), value)


def _may_name(text: str) -> bool:
    """Whether a text holds an "@" or enough figures with nothing but spaces, points and hyphens between them."""
    figures = text.encode("latin-1", "replace").translate(_FIGURES_ALONE, _WITHIN_NUMBERS).split()
    return "@" in text or max(map(len, figures), default=0) >= _FEWEST_FIGURES


def _check(cell: Cell, text: str) -> Iterator[Finding]:
    identity = _IDENTITY.search(text)
    if identity:
        yield cell.says(FindingCode.PRIVACY_001, value=text, found=identity[1])
    for mobile in _MOBILE.finditer(text):
        if identity and mobile.start() == identity.start(1):
            continue
        before = text[max(0, mobile.start() - 2) : mobile.start()]
        if not (_MONEY_BEFORE.search(before) or _MONEY_AFTER.match(text, mobile.end())):
            yield cell.says(FindingCode.PRIVACY_002, value=text, found=mobile.group())
            break
    mailbox = _MAILBOX.search(text)
    if mailbox:
        yield cell.says(FindingCode.PRIVACY_003, value=text, found=mailbox.group())
