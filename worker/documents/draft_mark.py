"""A template -> the same with BORRADOR on every page that it prints; nothing else in it moves.

In Word it is what Word calls a «marca de agua»: a shape behind the text, held by every header, with alternative text. A
section without a header gets one of a point's height, which the margin holds. In Excel it is text in the printed
header or footer: pictures there are shown by Excel alone. Assumes a template that was compiled as it is, without the
mark, so that whatever can be wrong with it has been told.
"""

from __future__ import annotations

import math
import re
from typing import Final

from lxml import etree

from worker.documents.open_package import OpenPackage
from worker.documents.printed_lines import INCH, areas_of, child_of, line_of, line_text, page_kinds, sheet_margins
from worker.documents.splice import qualified
from worker.documents.word_pages import (
    LOW_PARAGRAPH,
    TWENTIETHS,
    W,
    lasting_paragraph,
    measure,
    sections_of,
    shown_parts,
    w,
)

WORD: Final = "BORRADOR"
_ALTERNATIVE: Final = "Borrador"

_WIDTH_TO_HEIGHT: Final = 5.0
# The rest is for the titles above the table, whose filling would hide its ends.
_SHARE_OF_ROOM: Final = 0.8

# The shape that Word itself writes, by its WordArt of plain text; the formulas are those of the standard's t136.
_WATERMARK: Final = """<w:r xmlns:w="{w}" xmlns:v="urn:schemas-microsoft-com:vml" \
xmlns:o="urn:schemas-microsoft-com:office:office" xmlns:w10="urn:schemas-microsoft-com:office:word">\
<w:rPr><w:noProof/></w:rPr><w:pict>\
<v:shapetype id="_x0000_t136" coordsize="21600,21600" o:spt="136" adj="10800" path="m@7,l@8,m@5,21600l@6,21600e">\
<v:formulas><v:f eqn="sum #0 0 10800"/><v:f eqn="prod #0 2 1"/><v:f eqn="sum 21600 0 @1"/><v:f eqn="sum 0 0 @2"/>\
<v:f eqn="sum 21600 0 @3"/><v:f eqn="if @0 @3 0"/><v:f eqn="if @0 21600 @1"/><v:f eqn="if @0 0 @2"/>\
<v:f eqn="if @0 @4 21600"/><v:f eqn="mid @5 @6"/><v:f eqn="mid @8 @5"/><v:f eqn="mid @7 @8"/><v:f eqn="mid @6 @7"/>\
<v:f eqn="sum @6 0 @5"/></v:formulas>\
<v:path textpathok="t" o:connecttype="custom" o:connectlocs="@9,0;@10,10800;@11,21600;@12,10800" \
o:connectangles="270,180,90,0"/><v:textpath on="t" fitshape="t"/>\
<v:handles><v:h position="#0,bottomRight" xrange="6629,14971"/></v:handles>\
<o:lock v:ext="edit" text="t" shapetype="t"/></v:shapetype>\
<v:shape id="PowerPlusWaterMarkObject{number}" o:spid="_x0000_s{spid}" type="#_x0000_t136" alt="{alternative}" \
style="position:absolute;margin-left:0;margin-top:0;width:{width}pt;height:{height}pt;rotation:315;\
z-index:-251658752;mso-position-horizontal:center;mso-position-horizontal-relative:margin;\
mso-position-vertical:center;mso-position-vertical-relative:margin" o:allowincell="f" fillcolor="silver" stroked="f">\
<v:fill opacity=".5"/><v:textpath style="font-family:&quot;Arial&quot;;font-size:1pt" string="{word}"/>\
<w10:wrap anchorx="margin" anchory="margin"/></v:shape></w:pict></w:r>"""
_FIRST_SHAPE: Final = 2_049

# The colour comes first: the word begins with letters that could be digits of it.
_PRINTED: Final = f'&K7F7F7F&"-,Bold"&{{size}}{WORD}'
_LARGEST_PRINTED, _SMALLEST_PRINTED = 18, 8
_LINE_HEIGHT: Final = 1.3
# What a header's texts may hold so that the mark still finds room in the 255 characters that Excel admits.
_ROOMY: Final = 150


def mark_document(template: bytes) -> bytes:
    """The Word template with the mark on the pages of all its sections.

    Raises:
        TemplateProblem: it is written in the strict dialect, in which Word's watermark does not exist.
    """
    package = OpenPackage(template)
    for number, (part, sections) in enumerate(shown_parts(package, sections_of(package), "header").items()):
        _mark_header(package.tree(part), min(map(_length, sections)), number)
    return package.close()


def mark_workbook(template: bytes) -> bytes:
    """The Excel template with the mark printed on the pages of all its sheets."""
    package = OpenPackage(template)
    for name in package.names():
        if re.fullmatch(r"xl/worksheets/[^/]*\.xml", name):
            _mark_sheet(package.tree(name))
    return package.close()


def _length(section: etree._Element) -> float:
    """How long (points) the word may be to fit, turned by half a right angle, inside the margins of a page."""
    sides = [
        measure(section, "pgSz", side) - sum(abs(measure(section, "pgMar", margin)) for margin in margins)
        for side, margins in {"w": ("left", "right"), "h": ("top", "bottom")}.items()
    ]
    room = max(min(sides), TWENTIETHS) / TWENTIETHS
    return _SHARE_OF_ROOM * room * math.sqrt(2) / (1 + 1 / _WIDTH_TO_HEIGHT)


def _mark_header(header: etree._Element, length: float, number: int) -> None:
    shape = _WATERMARK.format(
        w=W,
        word=WORD,
        alternative=_ALTERNATIVE,
        number=number + 1,
        spid=_FIRST_SHAPE + number,
        width=f"{length:.1f}",
        height=f"{length / _WIDTH_TO_HEIGHT:.1f}",
    )
    paragraph = lasting_paragraph(header)
    if paragraph is None:
        paragraph = etree.fromstring(LOW_PARAGRAPH)
        header.append(paragraph)
    properties = paragraph.find(w("pPr"))
    paragraph.insert(0 if properties is None else 1, etree.fromstring(shape))


def _mark_sheet(sheet: etree._Element) -> None:
    printed = child_of(sheet, "headerFooter")
    margins = sheet_margins(sheet)
    rooms = {
        "Header": (margins["top"] - margins["header"]) * INCH,
        "Footer": (margins["bottom"] - margins["footer"]) * INCH,
    }
    for kind in page_kinds(printed):
        _mark_pages(printed, kind, rooms)


def _mark_pages(printed: etree._Element, kind: str, rooms: dict[str, float]) -> None:
    """Write the word where there is room and nothing stands: in the middle if it can be, else at both sides."""
    texts = {end: printed.findtext(qualified(f"{kind}{end}")) or "" for end in rooms}
    size_in = {end: min(int(room / _LINE_HEIGHT), _LARGEST_PRINTED) for end, room in rooms.items()}
    areas_in = {end: areas_of(text) for end, text in texts.items()}
    free_in = {end: [area for area, text in areas.items() if not text.strip()] for end, areas in areas_in.items()}
    end = max(rooms, key=lambda end: (len(texts[end]) <= _ROOMY, bool(free_in[end]), size_in[end]))
    word = _PRINTED.format(size=max(size_in[end], _SMALLEST_PRINTED))
    areas, free = areas_in[end], free_in[end]
    if not free:
        areas["C"] = f"{WORD} · {areas['C']}"
    for area in ["C"] if "C" in free else free:
        areas[area] = word
    line_of(printed, f"{kind}{end}").text = line_text(areas)
