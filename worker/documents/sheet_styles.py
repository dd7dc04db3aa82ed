"""The template's cell styles -> the same, and the few that values need beside them: a percentage, an open border.

A derived style is the model's own style with one thing changed; nothing is added that no cell of this report uses.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntFlag
from functools import lru_cache
from typing import Final

from lxml import etree

from service.domain.errors import TemplateProblem
from worker.documents.splice import MAIN, Filling, Part, Splicer, qualified

_FIRST_CUSTOM_FORMAT: Final = 164


class Change(IntFlag):
    """What a derived style does otherwise than its model."""

    NONE = 0
    SHRINK = 1
    """A number wider than its column is set smaller: Excel would show ##### in its place."""
    OPEN_TOP = 2
    OPEN_BOTTOM = 4
    """No line where the rows of one action meet, so that they read as one box."""
    TOP = 8
    """Text begins at the upper edge, so that it goes on where the row above left it."""


@dataclass(frozen=True, slots=True)
class CompiledStyles:
    """styles.xml, parsed once: its cell formats and borders as XML, its number formats by code."""

    part: Part
    formats: tuple[str, ...]
    borders: tuple[str, ...]
    codes: dict[str, int]


@dataclass(slots=True)
class Styles:
    """The styles of one document while it is being filled."""

    template: CompiledStyles
    added: dict[tuple[int, str | None, Change], int] = field(default_factory=dict)
    formats: list[str] = field(default_factory=list)
    borders: dict[str, int] = field(default_factory=dict)
    codes: dict[str, int] = field(default_factory=dict)

    def derive(self, base: int, code: str | None, change: Change) -> int:
        """The id of a style like `base` but for its number format (None: the same) and `change`."""
        key = (base, code, change)
        if key not in self.added:
            self.added[key] = len(self.template.formats) + len(self.formats)
            model = self.template.formats[base]
            code_id = None if code is None else self._code(code)
            border_id = None
            if change & (Change.OPEN_TOP | Change.OPEN_BOTTOM):
                border_id = self._border(_border_of(model), change)
            self.formats.append(_derived_format(model, code_id, border_id, change))
        return self.added[key]

    def _code(self, code: str) -> int:
        known = self.template.codes
        if code in known:
            return known[code]
        first = max([_FIRST_CUSTOM_FORMAT - 1, *known.values()]) + 1
        return self.codes.setdefault(code, first + len(self.codes))

    def _border(self, base: int, change: Change) -> int:
        border = _opened_border(self.template.borders[base], change)
        return self.borders.setdefault(border, len(self.template.borders) + len(self.borders))


def compile_styles(content: bytes) -> CompiledStyles:
    """Read styles.xml and mark the places where a fill adds to it."""
    splicer = Splicer()
    root = splicer.parse(content)
    formats = _required(root, "cellXfs")
    borders = _required(root, "borders")
    codes = root.find(qualified("numFmts"))
    known = {} if codes is None else {str(one.get("formatCode")): int(one.get("numFmtId", "0")) for one in codes}
    if codes is None:
        codes = etree.Element(qualified("numFmts"))
        root.insert(0, codes)
        splicer.replace(codes, _all_codes)
    else:
        codes.set("count", splicer.mark(lambda filling: str(len(known) + len(filling.styles.codes))))
        codes.append(splicer.element(_more_codes))
    result_formats = tuple(_serialised(one) for one in formats)
    result_borders = tuple(_serialised(one) for one in borders)
    formats.set("count", splicer.mark(lambda filling: str(len(result_formats) + len(filling.styles.formats))))
    formats.append(splicer.element(lambda filling: "".join(filling.styles.formats)))
    borders.set("count", splicer.mark(lambda filling: str(len(result_borders) + len(filling.styles.borders))))
    borders.append(splicer.element(lambda filling: "".join(filling.styles.borders)))
    return CompiledStyles(splicer.cut(root), result_formats, result_borders, known)


def _more_codes(filling: Filling) -> str:
    return "".join(
        f'<numFmt numFmtId="{number}" formatCode="{code.replace(chr(34), "&quot;")}"/>'
        for code, number in filling.styles.codes.items()
    )


def _all_codes(filling: Filling) -> str:
    added = filling.styles.codes
    return f'<numFmts count="{len(added)}">{_more_codes(filling)}</numFmts>' if added else ""


def _required(root: etree._Element, tag: str) -> etree._Element:
    found = root.find(qualified(tag))
    if found is None:
        raise TemplateProblem(f"La plantilla de Excel está dañada: su lista de estilos no tiene «{tag}».")
    return found


def _serialised(element: etree._Element) -> str:
    text = etree.tostring(element, encoding="unicode", with_tail=False)
    return text.replace(f' xmlns="{MAIN}"', "", 1)


def _parsed(text: str) -> etree._Element:
    name_end = min(text.index(mark) for mark in " />" if mark in text)
    return etree.fromstring(f'{text[:name_end]} xmlns="{MAIN}"{text[name_end:]}')


@lru_cache(maxsize=1024)
def _border_of(style: str) -> int:
    return int(_parsed(style).get("borderId", "0"))


@lru_cache(maxsize=1024)
def _derived_format(model: str, code_id: int | None, border_id: int | None, change: Change) -> str:
    style = _parsed(model)
    if code_id is not None:
        style.set("numFmtId", str(code_id))
        style.set("applyNumberFormat", "1")
    if border_id is not None:
        style.set("borderId", str(border_id))
        style.set("applyBorder", "1")
    if change & (Change.SHRINK | Change.TOP):
        alignment = style.find(qualified("alignment"))
        if alignment is None:
            alignment = etree.Element(qualified("alignment"))
            style.insert(0, alignment)
        if change & Change.SHRINK:
            etree.strip_attributes(alignment, "wrapText")
            alignment.set("shrinkToFit", "1")
        if change & Change.TOP:
            alignment.set("vertical", "top")
        style.set("applyAlignment", "1")
    return _serialised(style)


@lru_cache(maxsize=1024)
def _opened_border(model: str, change: Change) -> str:
    border = _parsed(model)
    for side, flag in (("top", Change.OPEN_TOP), ("bottom", Change.OPEN_BOTTOM)):
        line = border.find(qualified(side))
        if line is not None and change & flag:
            line.attrib.clear()
            line[:] = []
    return _serialised(border)
