"""An office's frame -> what stands above its pages: the box of the quality system, logo, entity, room for the radicado.

All of it is drawn into the headers that the template has, so that the title, the objective and the version stay on
every page. The room for the radicado is on the first page alone, which gets a header of its own for it: the office's
texts beside the room, or below it where they are tables that cannot be narrowed.
"""

from __future__ import annotations

import posixpath
from typing import Final

from lxml import etree

from service.domain.frame import Frame, Logo
from service.domain.values import printed_date
from worker.documents.open_package import OpenPackage
from worker.documents.template_language import literal
from worker.documents.word_pages import (
    DOCUMENT,
    LINK,
    LOW_PARAGRAPH,
    W,
    has_own_first_page,
    own_first_page,
    refer,
    reference_of,
    sections_of,
    shown_parts,
    text_width,
    w,
)
from worker.documents.word_pictures import EMU_A_CENTIMETRE, add_picture, in_line
from worker.documents.word_runs import run, sized

_HEADER_TYPE: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.header+xml"
# Twentieths of a point: 6 x 2.5 cm.
_ZONE_WIDTH: Final = 3_402
_ZONE_HEIGHT: Final = 1_417
_BESIDE_ZONE: Final = 240
_ZONE_CAPTION: Final = "Espacio para el radicado"
_GREY: Final = "595959"

_LOGO_IN_BOX: Final = (int(3.6 * EMU_A_CENTIMETRE), int(1.5 * EMU_A_CENTIMETRE))
_LOGO_ALONE: Final = (int(6 * EMU_A_CENTIMETRE), int(1.3 * EMU_A_CENTIMETRE))
_NARROWEST_BOX: Final = 8_000
_WIDEST_SIDE: Final = 3_000
_SHARE_OF_SIDE: Final = 0.25
_ROW: Final = 240
_TALLEST_LOGO: Final = 900
_TAKEN_BY_BOX: Final = 55.0
_TAKEN_BY_LOGO: Final = 42.0
_TAKEN_BY_LINE: Final = 14.0
_FIRST_LOGO: Final = 100
_BORDERS: Final = "".join(
    f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="7F7F7F"/>'
    for side in ("top", "left", "bottom", "right", "insideH", "insideV")
)
_DASHED: Final = "".join(
    f'<w:{side} w:val="dashed" w:sz="4" w:space="0" w:color="7F7F7F"/>' for side in ("top", "left", "bottom", "right")
)
# The room keeps its height whatever stands beside it, so that it is a row of its own.
_LAYOUT: Final = f"""<w:tbl xmlns:w="{{w}}"><w:tblPr><w:tblW w:w="{{width}}" w:type="dxa"/>\
<w:tblLayout w:type="fixed"/>\
<w:tblCellMar><w:left w:w="0" w:type="dxa"/><w:right w:w="0" w:type="dxa"/></w:tblCellMar>\
<w:tblCaption w:val="{_ZONE_CAPTION}"/><w:tblDescription w:val="A la derecha, un recuadro vacío de 6 por 2,5 \
centímetros para el sello o la etiqueta de radicación."/></w:tblPr><w:tblGrid><w:gridCol w:w="{{beside}}"/>\
<w:gridCol w:w="{_BESIDE_ZONE}"/><w:gridCol w:w="{_ZONE_WIDTH}"/></w:tblGrid>\
<w:tr><w:trPr><w:cantSplit/><w:trHeight w:val="{_ZONE_HEIGHT}" w:hRule="exact"/></w:trPr>\
<w:tc><w:tcPr><w:tcW w:w="{{beside}}" w:type="dxa"/><w:vMerge w:val="restart"/></w:tcPr></w:tc>\
<w:tc><w:tcPr><w:tcW w:w="{_BESIDE_ZONE}" w:type="dxa"/><w:vMerge w:val="restart"/></w:tcPr><w:p/></w:tc>\
<w:tc><w:tcPr><w:tcW w:w="{_ZONE_WIDTH}" w:type="dxa"/><w:tcBorders>{_DASHED}</w:tcBorders>\
<w:vAlign w:val="bottom"/></w:tcPr>\
<w:p><w:pPr><w:spacing w:before="0" w:after="20" w:line="240" w:lineRule="auto"/><w:jc w:val="center"/></w:pPr>\
<w:r><w:rPr><w:color w:val="{_GREY}"/><w:sz w:val="13"/><w:szCs w:val="13"/></w:rPr><w:t>{_ZONE_CAPTION}</w:t></w:r>\
</w:p></w:tc></w:tr><w:tr><w:trPr><w:cantSplit/></w:trPr>\
<w:tc><w:tcPr><w:tcW w:w="{{beside}}" w:type="dxa"/><w:vMerge/></w:tcPr><w:p/></w:tc>\
<w:tc><w:tcPr><w:tcW w:w="{_BESIDE_ZONE}" w:type="dxa"/><w:vMerge/></w:tcPr><w:p/></w:tc>\
<w:tc><w:tcPr><w:tcW w:w="{_ZONE_WIDTH}" w:type="dxa"/></w:tcPr>{LOW_PARAGRAPH}</w:tc></w:tr></w:tbl>"""


def draw_head(package: OpenPackage, frame: Frame) -> float:
    """Draw it; the points of every page that it takes."""
    is_drawn = not frame.format_box.is_empty or frame.logo is not None or frame.entity
    if not is_drawn and not frame.has_radicado_zone:
        return 0
    sections = sections_of(package)
    shown = shown_parts(package, sections, "header")
    places = {part: (package.tree(part), 0, min(map(text_width, showing))) for part, showing in shown.items()}
    if frame.has_radicado_zone:
        part = _first_page_of(package, sections)
        least = 0 if frame.format_box.is_empty else _NARROWEST_BOX
        places[part] = _with_zone(package.tree(part), text_width(sections[0]), least)
    if not is_drawn:
        return 0
    for number, (part, (place, at, width)) in enumerate(places.items(), start=1):
        logo = _logo(package, part, number, frame)
        drawn = _entity(frame, logo) if frame.format_box.is_empty else _box(frame, logo, width)
        for element in reversed(etree.fromstring(f'<w:hdr xmlns:w="{W}">{drawn}</w:hdr>')):
            place.insert(at, element)
    return _taken(frame)


def _first_page_of(package: OpenPackage, sections: list[etree._Element]) -> str:
    """The header of the first page alone: a copy of what it shows, or that itself where it is for that page only."""
    first, *others = sections
    kind = "first" if has_own_first_page(first) else "default"
    by_id = {relation.id: relation.target for relation in package.relations(DOCUMENT)}
    shown = reference_of(first, "header", kind)
    assert shown is not None  # noqa: S101 - the headers that pages show were made
    part = by_id[shown.get(LINK, "")]
    copy = package.free_name("word/header{}.xml")
    package.set(copy, package.read(part), _HEADER_TYPE)
    links, links_of_copy = (posixpath.join("word/_rels", f"{posixpath.basename(name)}.rels") for name in (part, copy))
    if links in package:
        package.set(links_of_copy, package.read(links))
    for other in others:
        # It went on with the first page of the section before, which is now the radicado's.
        if kind == "first" and has_own_first_page(other) and reference_of(other, "header", kind) is None:
            refer(other, "header", kind, shown.get(LINK, ""))
    own_first_page(first)
    refer(first, "header", "first", package.relate(DOCUMENT, "header", copy))
    return copy


def _with_zone(header: etree._Element, width: int, least: int) -> tuple[etree._Element, int, int]:
    """Make room at the right of a header; in what the rest of the frame is to stand, at which place, and how wide.

    It stands beside the room where there are `least` twentieths of a point, else below.
    """
    beside = width - _ZONE_WIDTH - _BESIDE_ZONE
    layout = etree.fromstring(_LAYOUT.format(w=W, width=width, beside=beside))
    left = next(layout.iter(w("tc")))
    is_beside = beside >= least and next(header.iter(w("tbl"), w("framePr")), None) is None
    for element in list(header) if is_beside else ():
        left.append(element)
    if left[-1].tag != w("p"):
        left.append(etree.fromstring(LOW_PARAGRAPH))
    header.insert(0, layout)
    header.insert(1, etree.fromstring(f'<w:hdr xmlns:w="{W}">{_paragraph("", 80, low=True)}</w:hdr>')[0])
    return (left, 1, beside) if is_beside else (header, 2, width)


def _logo(package: OpenPackage, part: str, number: int, frame: Frame) -> str:
    """The run that shows the logo in a header; "" when there is none."""
    if frame.logo is None:
        return ""
    link = package.relate(part, "image", add_picture(package, frame.logo.content, frame.logo.media_type, "logo"))
    size = _fitted(frame.logo, _LOGO_ALONE if frame.format_box.is_empty else _LOGO_IN_BOX)
    return in_line(link, _FIRST_LOGO + number, literal(frame.logo.description), size)


def _fitted(logo: Logo, room: tuple[int, int]) -> tuple[int, int]:
    scale = min(room[0] / logo.width, room[1] / logo.height)
    return round(logo.width * scale), round(logo.height * scale)


def _entity(frame: Frame, logo: str) -> str:
    """Logo and name in lines of their own, above the title."""
    lines = [_paragraph(logo, 40)] if logo else []
    if frame.entity:
        lines.append(_paragraph(run(frame.entity, 9), 40))
    return "".join(lines)


def _box(frame: Frame, logo: str, width: int) -> str:
    """The table of the quality system: who, what, and the format's own data, one below the other."""
    box = frame.format_box
    data = [
        run(f"{label}: {value}", 7.5)
        for label, value in (
            ("CÓDIGO", box.code),
            ("VERSIÓN", box.version),
            ("VIGENCIA", printed_date(box.valid_from) if box.valid_from else ""),
        )
        if value
    ]
    data.append(f"{run('PÁGINA ', 7.5)}{_field('PAGE')}{run(' DE ', 7.5)}{_field('NUMPAGES')}")
    entity = run(frame.entity, 8.5, bold=True) if frame.entity else ""
    who = logo or entity
    side = min(_WIDEST_SIDE, int(width * _SHARE_OF_SIDE))
    widths = [side, width - 2 * side, side] if who else [width - side, side]
    what = "".join(
        _paragraph(run)
        for run in (
            # The logo stands where it would.
            logo and entity,
            box.process and run(box.process, 8),
            box.name and run(box.name, 9, bold=True),
        )
        if run
    )
    # Everything said: its logo is as tall as all rows together.
    least = max(_ROW, _TALLEST_LOGO // len(data)) if logo else _ROW
    rows = []
    for number, line in enumerate(data):
        merged = '<w:vMerge w:val="restart"/>' if number == 0 else "<w:vMerge/>"
        tall = [_paragraph(who)] if who else []
        tall.append(what or _paragraph(""))
        cells = [
            _cell(content if number == 0 else _paragraph(""), cell, merged)
            for content, cell in zip(tall, widths, strict=False)
        ]
        cells.append(_cell(_paragraph(line, jc="left"), side))
        rows.append(f'<w:tr><w:trPr><w:cantSplit/><w:trHeight w:val="{least}"/></w:trPr>{"".join(cells)}</w:tr>')
    grid = "".join(f'<w:gridCol w:w="{one}"/>' for one in widths)
    return (
        f'<w:tbl><w:tblPr><w:tblW w:w="{width}" w:type="dxa"/><w:tblBorders>{_BORDERS}</w:tblBorders>'
        '<w:tblLayout w:type="fixed"/><w:tblCellMar><w:left w:w="70" w:type="dxa"/><w:right w:w="70" w:type="dxa"/>'
        '</w:tblCellMar><w:tblCaption w:val="Identificación del formato"/>'
        '<w:tblDescription w:val="Entidad, proceso y nombre del formato, su código, su versión, su vigencia y la '
        'página."/></w:tblPr>'
        f"<w:tblGrid>{grid}</w:tblGrid>{''.join(rows)}</w:tbl>{_paragraph('', 60, low=True)}"
    )


def _taken(frame: Frame) -> float:
    """Points by which the head grew, roughly: it only decides how many rows can stay with the signatures."""
    if not frame.format_box.is_empty:
        return _TAKEN_BY_BOX
    return (_TAKEN_BY_LOGO if frame.logo else 0) + (_TAKEN_BY_LINE if frame.entity else 0)


def _cell(content: str, width: int, merged: str = "") -> str:
    return (
        f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{merged}<w:vAlign w:val="center"/></w:tcPr>{content}</w:tc>'
    )


def _paragraph(runs: str, after: int = 0, *, jc: str = "center", low: bool = False) -> str:
    line = 'w:line="20" w:lineRule="exact"' if low else 'w:line="240" w:lineRule="auto"'
    return f'<w:p><w:pPr><w:spacing w:before="0" w:after="{after}" {line}/><w:jc w:val="{jc}"/></w:pPr>{runs}</w:p>'


def _field(name: str) -> str:
    return f'<w:fldSimple w:instr=" {name} "><w:r><w:rPr>{sized(7.5)}</w:rPr><w:t>1</w:t></w:r></w:fldSimple>'
