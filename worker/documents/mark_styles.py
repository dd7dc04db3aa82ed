"""The styles of an office's workbook -> the same, and behind them the few that the marks need.

A marked cell's style is the office's own with another fill; nothing else of it changes, and taking the mark away finds
the office's style again. What is there already is used again, so that marking twice adds nothing.
"""

from __future__ import annotations

from typing import Final

from lxml import etree

from service.domain.corrections import Entry
from service.domain.number_formats import Form, form_of_format
from worker.documents.open_package import whole_number
from worker.documents.splice import escape_attribute

# Order of the children of a style sheet (ECMA-376, 18.8.39).
_ORDER: Final = ("numFmts", "fonts", "fills", "borders", "cellStyleXfs", "cellXfs")
_FIRST: Final = {
    "fonts": '<font><sz val="11"/><name val="Calibri"/></font>',
    "fills": '<fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>',
    "borders": "<border><left/><right/><top/><bottom/><diagonal/></border>",
    "cellStyleXfs": '<xf numFmtId="0" fontId="0" fillId="0" borderId="0"/>',
    "cellXfs": '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>',
}
# Formats that every program knows by number (ECMA-376, 18.8.30), and where an office's own begin.
_GENERAL: Final = "0"
_AS_TEXT: Final = "49"
_BUILT_IN: Final = {"0%": "9", "0.00%": "10", "#,##0": "3", "#,##0.00": "4"}
_FIRST_OWN_FORMAT: Final = 164
EMPTY: Final = '<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"/>'
_NO_FILL: Final = '<fill><patternFill patternType="none"/></fill>'


class MarkStyles:
    """The style sheet of one workbook while it is marked; `root` is changed in place."""

    def __init__(self, root: etree._Element) -> None:
        self._space = etree.QName(root).namespace or ""
        self._root = root
        self._lists = {name: self._list(name) for name in _FIRST}
        self._known = {name: self._by_text(name) for name in ("fonts", "fills", "borders", "cellXfs")}
        self._marked: dict[tuple[int, str], int] = {}

    def marked(self, style: int, colour: str) -> int:
        """The style of a cell with that style (its id), filled in the colour (ARGB)."""
        key = (style, colour)
        if key not in self._marked:
            self._marked[key] = self._with_fill(style, solid(colour))
        return self._marked[key]

    def fill_of(self, style: int) -> str:
        """The fill of a style as XML without namespaces; a cell may keep it as its memory."""
        fills = self._lists["fills"]
        at = whole_number(self._style(style).get("fillId"))
        return _text(fills[at]) if at < len(fills) else _NO_FILL

    def unmarked(self, style: int, fill: str) -> int:
        """The style like this one with the fill (as `fill_of` gave it): the office's own, when it is still there."""
        return self._with_fill(style, fill or _NO_FILL)

    def showing(self, style: int, entry: Entry) -> int:
        """The style of a cell with that style once it holds the value: its own, or the same in a fitting format."""
        own = self._style(style)
        id_ = own.get("numFmtId", "0")
        code = self._codes().get(id_)
        form = form_of_format(id_, code)
        is_fit = form is entry.form or (form is Form.GROUPED and entry.form is Form.NUMBER)
        # A number in a cell that is for texts is taken for one when somebody edits it.
        is_for_text = id_ == _AS_TEXT or code == "@"
        is_quoted = own.get("quotePrefix") in {"1", "true"}
        if entry.form is Form.TEXT or (is_fit and not is_for_text and not is_quoted):
            return style
        derived = etree.fromstring(etree.tostring(own, with_tail=False))
        etree.strip_attributes(derived, "quotePrefix")
        if not is_fit or is_for_text:
            derived.set("numFmtId", self._format_of(entry))
            derived.set("applyNumberFormat", "1")
        wanted = _text(derived)
        for at, other in enumerate(self._lists["cellXfs"]):
            if isinstance(other.tag, str) and _text(other) == wanted:
                return at
        return self._append("cellXfs", derived)

    def styles_filled(self, colours: frozenset[str]) -> frozenset[int]:
        """The ids of the styles that are filled in one of the colours (ARGB)."""
        fills = {at for at, fill in enumerate(self._lists["fills"]) if _colour(fill) in colours}
        return frozenset(
            at for at, style in enumerate(self._lists["cellXfs"]) if whole_number(style.get("fillId")) in fills
        )

    def add(
        self, *, bold: bool = False, size: float = 10, colour: str = "", underlined: bool = False,
        fill: str = "", lined: bool = False, wrapped: bool = True, centred: bool = False,
    ) -> int:  # fmt: skip
        """The id of a style for a cell of ours, at the top of its cell, in Arial. Colours are ARGB, sizes points."""
        font = (
            f'<font>{"<b/>" if bold else ""}{"<u/>" if underlined else ""}<sz val="{size:g}"/>'
            f'<color rgb="{colour or "FF1F2933"}"/><name val="Arial"/><family val="2"/></font>'
        )
        line = '<{0} style="thin"><color rgb="FFC9D1DA"/></{0}>'
        sides = "".join(line.format(side) if lined else f"<{side}/>" for side in ("left", "right", "top", "bottom"))
        at = {
            "numFmtId": 0,
            "fontId": self._id("fonts", font),
            "fillId": self._id("fills", solid(fill)) if fill else 0,
            "borderId": self._id("borders", f"<border>{sides}<diagonal/></border>"),
            "xfId": 0,
        }
        attributes = "".join(f' {name}="{value}"' for name, value in at.items())
        across = ' horizontal="center"' if centred else ""
        alignment = f'<alignment{across} vertical="top" wrapText="{int(wrapped)}"/>'
        applied = ' applyFont="1" applyFill="1" applyBorder="1" applyAlignment="1"'
        return self._id("cellXfs", f"<xf{attributes}{applied}>{alignment}</xf>")

    def _codes(self) -> dict[str, str]:
        formats = self._root.iterfind(f"{{{self._space}}}numFmts/{{{self._space}}}numFmt")
        return {one.get("numFmtId", ""): one.get("formatCode", "") for one in formats}

    def _format_of(self, entry: Entry) -> str:
        """The number of a format that shows such a value whole; a new one where no program knows it by number."""
        _, _, decimals = entry.text.partition(".")
        match entry.form:
            case Form.DATE:
                code = "d/mm/yyyy"
            case Form.PERCENTAGE:
                places = max(len(decimals) - 2, 0)
                code = f"0.{'0' * places}%" if places else "0%"
            case Form.GROUPED:
                code = f"#,##0.{'0' * len(decimals)}" if decimals else "#,##0"
            case _:
                return _GENERAL
        if code in _BUILT_IN:
            return _BUILT_IN[code]
        codes = self._codes()
        known = next((id_ for id_, other in codes.items() if other == code), None)
        if known is not None:
            return known
        id_ = str(max([_FIRST_OWN_FORMAT - 1, *map(whole_number, codes)]) + 1)
        formats = self._root.find(f"{{{self._space}}}numFmts")
        if formats is None:
            formats = etree.Element(f"{{{self._space}}}numFmts")
            self._root.insert(0, formats)
        etree.SubElement(formats, f"{{{self._space}}}numFmt", {"numFmtId": id_, "formatCode": code})
        formats.set("count", str(len(formats)))
        return id_

    def _with_fill(self, style: int, fill: str) -> int:
        wanted = self._id("fills", fill)
        own = self._style(style)
        # Excel reads the fill whether or not the style says that it applies; another style may say it otherwise.
        alike = _shape(own)
        for at, other in enumerate(self._lists["cellXfs"]):
            if whole_number(other.get("fillId")) == wanted and _shape(other) == alike:
                return at
        derived = etree.fromstring(etree.tostring(own, with_tail=False))
        derived.set("fillId", str(wanted))
        derived.set("applyFill", "1")
        return self._append("cellXfs", derived)

    def _style(self, style: int) -> etree._Element:
        styles = self._lists["cellXfs"]
        return styles[style] if style < len(styles) else styles[0]

    def _id(self, name: str, text: str) -> int:
        element = self._element(text)
        known = self._known[name].get(_text(element))
        return self._append(name, element) if known is None else known

    def _append(self, name: str, element: etree._Element) -> int:
        found = self._lists[name]
        found.append(element)
        if name in self._known:
            self._known[name].setdefault(_text(element), len(found) - 1)
        found.set("count", str(len(found)))
        return len(found) - 1

    def _by_text(self, name: str) -> dict[str, int]:
        known: dict[str, int] = {}
        for at, one in enumerate(self._lists[name]):
            if isinstance(one.tag, str):
                known.setdefault(_text(one), at)
        return known

    def _element(self, text: str) -> etree._Element:
        return etree.fromstring(f'<of xmlns="{self._space}">{text}</of>')[0]

    def _list(self, name: str) -> etree._Element:
        found = self._root.find(f"{{{self._space}}}{name}")
        if found is None or len(found) == 0:
            first = etree.fromstring(f'<{name} xmlns="{self._space}">{_FIRST[name]}</{name}>')
            first.set("count", str(len(first)))
            if found is not None:
                self._root.remove(found)
            before = [one for one in self._root if isinstance(one.tag, str) and self._comes_before(one, name)]
            self._root.insert(self._root.index(before[-1]) + 1 if before else 0, first)
            found = first
        return found

    @staticmethod
    def _comes_before(element: etree._Element, name: str) -> bool:
        own = etree.QName(element).localname
        return own in _ORDER and _ORDER.index(own) < _ORDER.index(name)


def solid(colour: str) -> str:
    """A fill of one colour (ARGB), as XML without namespaces."""
    inside = f'<fgColor rgb="{colour}"/><bgColor indexed="64"/>'
    return f'<fill><patternFill patternType="solid">{inside}</patternFill></fill>'


def _colour(fill: etree._Element) -> str:
    colours = [one.get("rgb", "") for one in fill.iter("{*}fgColor")]
    return colours[0].upper() if colours else ""


def _shape(style: etree._Element) -> tuple[str, ...]:
    """What tells two styles of one fill apart."""
    attributes = sorted((str(name), str(value)) for name, value in style.items())
    kept = (f"{name}={value}" for name, value in attributes if name not in {"fillId", "applyFill"})
    return (*kept, *map(_text, style))


def _text(element: etree._Element) -> str:
    """An element as XML without namespaces or prefixes, its attributes in order: what can be compared and kept."""
    name = etree.QName(element).localname
    attributes = "".join(
        f' {key}="{escape_attribute(str(value))}"'
        for key, value in sorted((str(key), value) for key, value in element.items() if not str(key).startswith("{"))
    )
    children = "".join(_text(child) for child in element if isinstance(child.tag, str))
    return f"<{name}{attributes}>{children}</{name}>" if children else f"<{name}{attributes}/>"
