"""V19: an avance has its evidence, where the office keeps a column for it, in a place that the office will keep."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from service.domain.findings import Finding, FindingCode
from service.domain.office import Office
from service.domain.rules.progress import is_idle
from service.domain.rules.rows import Cell, Rows
from service.domain.rules.words import words_of

_EVIDENCE: Final = frozenset(
    {"evidencia", "evidencias", "soporte", "soportes", "enlace", "enlaces", "link", "verificacion"}
)
_PERSONAL: Final = (
    "drive.google.com", "docs.google.com", "photos.google.com", "dropbox.com", "onedrive.live.com", "1drv.ms",
    "wetransfer.com", "mega.nz", "icloud.com", "mediafire.com", "-my.sharepoint.com",
)  # fmt: skip
_LINK: Final = re.compile(r"(?:https?|ftp|file)\b[:/\\][^\s<>\"]*|www\.[^\s<>\"]+|\b[A-Z]:\\[^\s]*", re.IGNORECASE)
_HOST: Final = re.compile(r"(?:[a-z0-9-]+\.)+[a-z]{2,}", re.IGNORECASE)


def check_evidence(rows: Rows, _office: Office) -> Iterator[Finding]:
    """The columns of evidence; a sheet without one owes none."""
    headers: dict[str, str] = {}
    for action in rows.plan.actions:
        for header, _ in action.extras:
            if _is_evidence(header):
                headers.setdefault(action.source.sheet, header)
    for action in rows.plan.actions if headers else ():
        given = [rows.extra_cell(action, header, value) for header, value in action.extras if _is_evidence(header)]
        wanted = headers.get(action.source.sheet)
        if not given and wanted and action.qualitative_progress and not is_idle(action.qualitative_progress):
            yield rows.extra_cell(action, wanted, "").says(FindingCode.EVIDENCE_001, value="")
        for cell in given:
            yield from _check_links(cell)


def _check_links(cell: Cell) -> Iterator[Finding]:
    for link in _LINK.findall(cell.value):
        host = _host_of(link)
        if host is None:
            yield cell.says(FindingCode.EVIDENCE_002, value=link)
        elif any(host.endswith(place) for place in _PERSONAL):
            yield cell.says(FindingCode.EVIDENCE_003, value=link, host=host)


@lru_cache(maxsize=512)
def _is_evidence(header: str) -> bool:
    return not _EVIDENCE.isdisjoint(words_of(header))


def _host_of(link: str) -> str | None:
    """The host of a link that a browser can open from anywhere; None for a broken one or a path of somebody's disk."""
    try:
        parts = urlsplit(link if "://" in link else f"https://{link}")
        host = parts.hostname or ""
    except ValueError:
        return None
    is_web = parts.scheme.lower() in {"http", "https", "ftp"}
    return host if is_web and _HOST.fullmatch(host) else None
