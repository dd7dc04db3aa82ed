"""The headers and footers that a sheet prints: where its XML keeps them, and what is in their left, middle and right.

Excel keeps each as one text, in which "&L", "&C" and "&R" begin an area and other commands set letters. Assumes the
order of the standard among a sheet's children; what is missing is put in its place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from lxml import etree

from worker.documents.splice import qualified

INCH: Final = 72
# What Excel admits in one header or footer, commands included.
LONGEST_LINE: Final = 255

# A sheet's children, as the standard orders them (ECMA-376, 18.3.1.99).
_CHILDREN: Final = {
    qualified(name): place
    for place, name in enumerate((
        "sheetPr", "dimension", "sheetViews", "sheetFormatPr", "cols", "sheetData", "sheetCalcPr", "sheetProtection",
        "protectedRanges", "scenarios", "autoFilter", "sortState", "dataConsolidate", "customSheetViews", "mergeCells",
        "phoneticPr", "conditionalFormatting", "dataValidations", "hyperlinks", "printOptions", "pageMargins",
        "pageSetup", "headerFooter", "rowBreaks", "colBreaks", "customProperties", "cellWatches", "ignoredErrors",
        "smartTags", "drawing", "legacyDrawing", "legacyDrawingHF", "drawingHF", "picture", "oleObjects", "controls",
        "webPublishItems", "tableParts", "extLst",
    ))
}  # fmt: skip
_LINES: Final = ("oddHeader", "oddFooter", "evenHeader", "evenFooter", "firstHeader", "firstFooter")
_COMMAND: Final = re.compile(r"&(.)", re.DOTALL)
_AREAS: Final = "LCR"
# Inches, where a sheet says nothing.
_MARGINS: Final = {"left": 0.7, "right": 0.7, "top": 0.75, "bottom": 0.75, "header": 0.3, "footer": 0.3}


def child_of(sheet: etree._Element, name: str) -> etree._Element:
    """A child of a sheet's root ("headerFooter"), put in its place where it was missing."""
    child = sheet.find(qualified(name))
    if child is None:
        child = etree.Element(qualified(name))
        place = _CHILDREN[child.tag]
        behind = next((other for other in sheet if _CHILDREN.get(other.tag, -1) > place), None)
        sheet.insert(len(sheet) if behind is None else sheet.index(behind), child)
    return child


def page_kinds(printed: etree._Element) -> Iterator[str]:
    """The kinds of pages that have lines of their own: "odd" are all that no other kind takes."""
    yield "odd"
    for kind, switch in (("even", "differentOddEven"), ("first", "differentFirst")):
        if printed.get(switch) in {"1", "true"}:
            yield kind


def line_of(printed: etree._Element, name: str) -> etree._Element:
    """The element of a printed line ("oddHeader"), put in its place where it was missing."""
    line = printed.find(qualified(name))
    if line is None:
        line = etree.Element(qualified(name))
        behind = _LINES[_LINES.index(name) + 1 :]
        following = next((child for child in printed if etree.QName(child).localname in behind), None)
        printed.insert(len(printed) if following is None else printed.index(following), line)
    return line


def areas_of(text: str) -> dict[str, str]:
    """The left ("L"), middle ("C") and right ("R") of a line; text before the first command is in the middle."""
    areas = dict.fromkeys(_AREAS, "")
    area, start = "C", 0
    for command in _COMMAND.finditer(text):
        if command[1] in _AREAS:
            areas[area] += text[start : command.start()]
            area, start = command[1], command.end()
    areas[area] += text[start:]
    return areas


def line_text(areas: Mapping[str, str]) -> str:
    """The inverse of `areas_of`."""
    return "".join(f"&{area}{text}" for area, text in areas.items() if text)


def sheet_margins(sheet: etree._Element) -> dict[str, float]:
    """The margins of a sheet's pages, in inches, by name."""
    margins = sheet.find(qualified("pageMargins"))
    return _MARGINS | {str(name): float(value) for name, value in (() if margins is None else margins.items())}
