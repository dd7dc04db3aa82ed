"""A template -> the same with BORRADOR on every page that it prints; nothing else in it moves.

In Word it is what Word calls a «marca de agua»: a shape behind the text, held by every header, with alternative text. A
section without a header gets one of a point's height, which the margin holds. In Excel it is text in the printed
header or footer: pictures there are shown by Excel alone. Assumes a template that was compiled as it is, without the
mark, so that whatever can be wrong with it has been told.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from typing import Final

from lxml import etree

from service.domain.errors import TemplateProblem
from worker.documents.open_package import OpenPackage, whole_number
from worker.documents.splice import qualified

WORD: Final = "BORRADOR"
_ALTERNATIVE: Final = "Borrador"

_W: Final = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_R: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_DOCUMENT: Final = "word/document.xml"
_HEADER_TYPE: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.header+xml"
# The paragraph is as high as the smallest that Word draws, and stands where the top margin is.
_EMPTY_HEADER: Final = f"""<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<w:hdr xmlns:w="{_W}"/>"""
_LOW_PARAGRAPH: Final = f"""<w:p xmlns:w="{_W}"><w:pPr>\
<w:spacing w:before="0" w:after="0" w:line="20" w:lineRule="exact"/>\
<w:ind w:left="0" w:right="0" w:firstLine="0"/><w:rPr><w:sz w:val="2"/><w:szCs w:val="2"/></w:rPr></w:pPr></w:p>"""
_LOWEST: Final = 20

# Twentieths of a point; what Word takes for a section that says nothing.
_PAGE: Final = {"w": 12_240, "h": 15_840}
_MARGINS: Final = {"top": 1_440, "bottom": 1_440, "left": 1_440, "right": 1_440, "header": 720}
_TWENTIETHS: Final = 20
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
# Tags that take the whole paragraph, row or cell away with them; a mark in it would go too.
_TAKES_PARAGRAPH: Final = re.compile(r"\{%\s*(?:p|tr|tc)\s")
_OPENS: Final = re.compile(r"\{%-?\s*(?:(?:p|tr|tc|r)\s+)?(?:if|for)\b")
_CLOSES: Final = re.compile(r"\{%-?\s*(?:(?:p|tr|tc|r)\s+)?(?:endif|endfor)\b")

# A sheet's children that stand behind its printed header, as the standard orders them.
_BEHIND_HEADER: Final = {
    qualified(name)
    for name in (
        "rowBreaks", "colBreaks", "customProperties", "cellWatches", "ignoredErrors", "smartTags", "drawing",
        "legacyDrawing", "legacyDrawingHF", "drawingHF", "picture", "oleObjects", "controls", "webPublishItems",
        "tableParts", "extLst",
    )
}  # fmt: skip
_LINES: Final = ("oddHeader", "oddFooter", "evenHeader", "evenFooter", "firstHeader", "firstFooter")
# The colour comes first: the word begins with letters that could be digits of it.
_PRINTED: Final = f'&K7F7F7F&"-,Bold"&{{size}}{WORD}'
_COMMAND: Final = re.compile(r"&(.)", re.DOTALL)
_AREAS: Final = "LCR"
# Inches, where a sheet says nothing; points.
_SHEET_MARGINS: Final = {"top": "0.75", "bottom": "0.75", "header": "0.3", "footer": "0.3"}
_INCH: Final = 72
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
    body = package.tree(_DOCUMENT).find(_w("body"))
    if body is None:
        raise TemplateProblem(
            "La plantilla de Word está en formato estricto (ISO 29500). Ábrala en Word y guárdela como "
            "«Documento de Word»."
        )
    # A tracked change of a section keeps the section as it was, with headers that no page shows.
    sections = [each for each in body.iter(_w("sectPr")) if next(each.iterancestors(_w("sectPrChange")), None) is None]
    if body.find(_w("sectPr")) is None:
        sections.append(etree.SubElement(body, _w("sectPr")))
    for number, (part, size) in enumerate(_headers(package, sections).items()):
        _mark_header(package.tree(part), size, number)
    return package.close()


def mark_workbook(template: bytes) -> bytes:
    """The Excel template with the mark printed on the pages of all its sheets."""
    package = OpenPackage(template)
    for name in package.names():
        if re.fullmatch(r"xl/worksheets/[^/]*\.xml", name):
            _mark_sheet(package.tree(name))
    return package.close()


def _w(name: str) -> str:
    return f"{{{_W}}}{name}"


def _headers(package: OpenPackage, sections: Iterable[etree._Element]) -> dict[str, float]:
    """The part of every header that a page shows, made where there was none, and the mark's length (points) in it."""
    by_id = {relation.id: relation.target for relation in package.relations(_DOCUMENT)}
    of_before: dict[str, str] = {}
    lengths: dict[str, float] = {}
    for section in sections:
        for kind in _kinds(package, section):
            reference = next((one for one in section.iter(_w("headerReference")) if one.get(_w("type")) == kind), None)
            if reference is not None:
                of_before[kind] = by_id[reference.get(f"{{{_R}}}id", "")]
            elif kind not in of_before:
                of_before[kind] = _new_header(package, section, kind)
            length = _length(section)
            lengths[of_before[kind]] = min(length, lengths.get(of_before[kind], length))
    return lengths


def _kinds(package: OpenPackage, section: etree._Element) -> Iterator[str]:
    yield "default"
    if _is_on(section.find(_w("titlePg"))):
        yield "first"
    settings = package.relation(_DOCUMENT, "settings")
    if settings and _is_on(package.tree(settings.target).find(_w("evenAndOddHeaders"))):
        yield "even"


def _is_on(switch: etree._Element | None) -> bool:
    return switch is not None and switch.get(_w("val"), "1") not in {"0", "false", "off"}


def _new_header(package: OpenPackage, section: etree._Element, kind: str) -> str:
    part = package.free_name("word/header{}.xml")
    package.set(part, _EMPTY_HEADER.encode(), _HEADER_TYPE)
    package.tree(part).append(etree.fromstring(_LOW_PARAGRAPH))
    reference = etree.Element(_w("headerReference"), nsmap={"w": _W, "r": _R})
    reference.set(_w("type"), kind)
    reference.set(f"{{{_R}}}id", package.relate(_DOCUMENT, "header", part))
    section.insert(0, reference)
    margins = section.find(_w("pgMar"))
    if margins is not None:
        # A header that begins below the top margin would push the text down.
        top, header = (abs(_measure(section, "pgMar", name)) for name in ("top", "header"))
        if header > top - _LOWEST and len(list(section.iter(_w("headerReference")))) == 1:
            margins.set(_w("header"), str(max(top - _LOWEST, 0)))
    return part


def _length(section: etree._Element) -> float:
    """How long (points) the word may be to fit, turned by half a right angle, inside the margins of a page."""
    sides = [
        _measure(section, "pgSz", side) - sum(abs(_measure(section, "pgMar", margin)) for margin in margins)
        for side, margins in {"w": ("left", "right"), "h": ("top", "bottom")}.items()
    ]
    room = max(min(sides), _TWENTIETHS) / _TWENTIETHS
    return _SHARE_OF_ROOM * room * math.sqrt(2) / (1 + 1 / _WIDTH_TO_HEIGHT)


def _measure(section: etree._Element, tag: str, name: str) -> int:
    element = section.find(_w(tag))
    text = "" if element is None else element.get(_w(name), "")
    size = whole_number(text.removeprefix("-"), (_PAGE | _MARGINS)[name])
    return -size if text.startswith("-") else size


def _mark_header(header: etree._Element, length: float, number: int) -> None:
    shape = _WATERMARK.format(
        w=_W,
        word=WORD,
        alternative=_ALTERNATIVE,
        number=number + 1,
        spid=_FIRST_SHAPE + number,
        width=f"{length:.1f}",
        height=f"{length / _WIDTH_TO_HEIGHT:.1f}",
    )
    paragraph = _lasting_paragraph(header)
    if paragraph is None:
        paragraph = etree.fromstring(_LOW_PARAGRAPH)
        header.append(paragraph)
    properties = paragraph.find(_w("pPr"))
    paragraph.insert(0 if properties is None else 1, etree.fromstring(shape))


def _lasting_paragraph(header: etree._Element) -> etree._Element | None:
    """The first paragraph that is there whatever the template's conditions decide."""
    depth = 0
    for paragraph in header.iter(_w("p")):
        text = "".join(text.text or "" for text in paragraph.iter(_w("t")))
        if depth == 0 and not _TAKES_PARAGRAPH.search(text):
            return paragraph
        depth += len(_OPENS.findall(text)) - len(_CLOSES.findall(text))
    return None


def _mark_sheet(sheet: etree._Element) -> None:
    printed = sheet.find(qualified("headerFooter"))
    if printed is None:
        printed = etree.Element(qualified("headerFooter"))
        behind = next((child for child in sheet if child.tag in _BEHIND_HEADER), None)
        sheet.insert(len(sheet) if behind is None else sheet.index(behind), printed)
    rooms = {"Header": _room(sheet, "top", "header"), "Footer": _room(sheet, "bottom", "footer")}
    _mark_pages(printed, "odd", rooms)
    for kind, switch in (("even", "differentOddEven"), ("first", "differentFirst")):
        if printed.get(switch) in {"1", "true"}:
            _mark_pages(printed, kind, rooms)


def _room(sheet: etree._Element, outer: str, inner: str) -> float:
    """How many points lie between a printed header or footer and the cells."""
    margins = sheet.find(qualified("pageMargins"))
    given = _SHEET_MARGINS if margins is None else _SHEET_MARGINS | {str(k): str(v) for k, v in margins.items()}
    return (float(given[outer]) - float(given[inner])) * _INCH


def _mark_pages(printed: etree._Element, kind: str, rooms: dict[str, float]) -> None:
    """Write the word where there is room and nothing stands: in the middle if it can be, else at both sides."""
    texts = {end: printed.findtext(qualified(f"{kind}{end}")) or "" for end in rooms}
    size_in = {end: min(int(room / _LINE_HEIGHT), _LARGEST_PRINTED) for end, room in rooms.items()}
    end = max(rooms, key=lambda end: (len(texts[end]) <= _ROOMY, size_in[end]))
    word = _PRINTED.format(size=max(size_in[end], _SMALLEST_PRINTED))
    areas = _areas(texts[end])
    free = [area for area in _AREAS if not areas[area].strip()]
    if not free:
        areas["C"] = f"{WORD} · {areas['C']}"
    for area in ["C"] if "C" in free else free:
        areas[area] = word
    _line(printed, f"{kind}{end}").text = "".join(f"&{area}{text}" for area, text in areas.items() if text)


def _areas(text: str) -> dict[str, str]:
    """The left, middle and right of a printed header; text before the first command is in the middle."""
    areas = dict.fromkeys(_AREAS, "")
    area, start = "C", 0
    for command in _COMMAND.finditer(text):
        if command[1] in _AREAS:
            areas[area] += text[start : command.start()]
            area, start = command[1], command.end()
    areas[area] += text[start:]
    return areas


def _line(printed: etree._Element, name: str) -> etree._Element:
    """The element of a printed line, put in its place where it was missing."""
    line = printed.find(qualified(name))
    if line is None:
        line = etree.Element(qualified(name))
        behind = _LINES[_LINES.index(name) + 1 :]
        following = next((child for child in printed if etree.QName(child).localname in behind), None)
        printed.insert(len(printed) if following is None else printed.index(following), line)
    return line
