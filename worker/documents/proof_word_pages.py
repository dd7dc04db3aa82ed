"""A Word package -> which head and foot stands on which pages of each section: Word's own rule (ECMA-376-1, 17.10).

A section that names none of a kind goes on with that of the section before; the kinds "first" and "even" count only
where the section or the settings ask for them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from worker.documents.proof_package import Package

DOCUMENT: Final = "word/document.xml"
ENDS: Final = ("header", "footer")
_SECTION: Final = re.compile(rb"<(\w+):sectPr\b(?:[^>]*/>|.*?</\1:sectPr>)", re.DOTALL)
_CHANGE: Final = re.compile(rb"<(\w+):sectPrChange\b.*?</\1:sectPrChange>", re.DOTALL)
_REFERENCE: Final = re.compile(rb"<\w+:(header|footer)Reference\s([^>]*)>")
_TITLE_PAGE: Final = re.compile(rb"<\w+:titlePg\b([^>]*)>")
_TWO_SIDES: Final = re.compile(rb"<\w+:evenAndOddHeaders\b([^>]*)>")
_OFF: Final = re.compile(rb'val="(?:0|false|off)"')


@dataclass(frozen=True, slots=True)
class Section:
    """The parts that a section's pages show, by end ("header", "footer") and kind ("default", "first", "even")."""

    parts: dict[tuple[str, str], str]
    kinds: tuple[str, ...]

    def part(self, end: str, kind: str) -> str:
        """Of a kind of page, or of all pages where that kind has none of its own; "" where there is none."""
        return self.parts.get((end, kind if kind in self.kinds else "default"), "")


def sections_of(package: Package) -> tuple[Section, ...]:
    """Every section, in the order of the text; a document that says nothing has one."""
    settings = next((one.target for one in package.relations(DOCUMENT) if one.kind == "settings"), None)
    has_two_sides = settings is not None and _has_two_sides(package.read(settings))
    targets = tuple((one.id, one.target) for one in package.relations(DOCUMENT))
    xml = package.read(DOCUMENT)
    if xml.count(b":sectPr") <= _OPENS_AND_CLOSES:
        # One section, as nearly always: it is the last thing in the text.
        found: tuple[bytes, ...] = (xml[max(xml.rfind(b":sectPr", 0, xml.rfind(b":sectPr")) - 4, 0) :],)
    else:
        plain = _CHANGE.sub(b"", xml)
        found = tuple(section[0] for section in _SECTION.finditer(plain))
    return _sections(found, targets, has_two_sides)


_OPENS_AND_CLOSES: Final = 2


@lru_cache(maxsize=16)
def _has_two_sides(settings: bytes) -> bool:
    return _is_on(_TWO_SIDES, settings)


@lru_cache(maxsize=32)
def _sections(
    found: tuple[bytes, ...],
    targets: tuple[tuple[str, str], ...],
    has_two_sides: bool,  # noqa: FBT001 - a part of the key
) -> tuple[Section, ...]:
    by_id = dict(targets)
    parts: dict[tuple[str, str], str] = {}
    told = []
    for section in found:
        for end, attributes in _REFERENCE.findall(section):
            kind = _attribute(attributes, b"type") or "default"
            parts = {**parts, (end.decode(), kind): by_id.get(_attribute(attributes, b"id"), "")}
        kinds = ["default"]
        kinds += ["first"] if _is_on(_TITLE_PAGE, section) else []
        kinds += ["even"] if has_two_sides else []
        told.append(Section(parts, tuple(kinds)))
    return tuple(told) or (Section({}, ("default",)),)


def _attribute(tag: bytes, name: bytes) -> str:
    found = re.search(rb"\w:" + name + rb'="([^"]*)"', tag)
    return found[1].decode() if found else ""


def _is_on(switch: re.Pattern[bytes], xml: bytes) -> bool:
    found = switch.search(xml)
    return found is not None and _OFF.search(found[1]) is None
