"""A sheet of an Excel template and an office's frame -> the sheet with the frame in its printed headers and footers.

The header has the logo at the left, the entity with process and name of the format in the middle, and code, version and
date of the format at the right; the footer of an issued report has its code and address at the left and the QR at the
right. What the template prints there already follows beneath. Margins grow to hold it and never shrink.

Excel keeps pictures of headers and footers as VML shapes named after their place ("LH", "RF"), where "&G" asks for
them; LibreOffice passes over them. A template that prints pictures of its own keeps them, and then gets no logo beside.
Process and name of the format are left out where Excel's 255 characters do not hold them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from lxml import etree

from service.domain.errors import TemplateProblem
from service.domain.frame import FormatBox, Frame, Logo
from service.domain.values import printed_date
from worker.documents.open_package import OpenPackage
from worker.documents.printed_lines import (
    INCH,
    LONGEST_LINE,
    areas_of,
    child_of,
    line_of,
    line_text,
    page_kinds,
    sheet_margins,
)
from worker.documents.splice import escape_attribute, qualified
from worker.documents.tags import untagged
from worker.documents.vml import PICTURE_FRAME

# The member with the QR, empty until a report is issued.
SEAL_PICTURE: Final = "xl/media/folio_qr.png"
_LOGO: Final = "xl/media/folio_logo."
_RELATION: Final = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_SHAPES_TYPE: Final = "application/vnd.openxmlformats-officedocument.vmlDrawing"
_PICTURE: Final = "&G"
_ENTITY: Final = '&"Arial,Bold"&9'
_FACT: Final = '&"Arial,Regular"&8'
_SEAL: Final = f"{_FACT}Código de verificación: {{{{ sello.codigo }}}}\n{{{{ sello.direccion }}}}"
_THEIRS: Final = '\n&"-,Regular"'
# Characters that the mark of a draft takes, and those of a code and an address in place of their tags. The mark goes to
# a header only where the footer is long too (`draft_mark`).
_MARK_ROOM: Final = 40
_SHORT_FOOTER: Final = 150
_SEAL_ROOM: Final = 100
# Points: of a line, of the QR's side (1.6 cm: a module is half a millimetre), of the largest logo, and between the
# printed lines and the cells.
_LINE: Final = 11.0
_QR_SIDE: Final = 45.4
_LOGO_WIDTH, _LOGO_HEIGHT = 150.0, 40.0
_AIR: Final = 4.0
_SUFFIXES: Final = {"odd": "", "even": "EVEN", "first": "FIRST"}
_ENDS: Final = {"Header": ("top", "header"), "Footer": ("bottom", "footer")}

# As Excel writes it.
_SHAPES: Final = f"""<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" \
xmlns:x="urn:schemas-microsoft-com:office:excel"><o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data="1"/>\
</o:shapelayout>{PICTURE_FRAME}</xml>"""
_SHAPE: Final = """<v:shape id="{id}" o:spid="_x0000_s{number}" type="#_x0000_t75" alt="{alternative}" \
style="position:absolute;margin-left:0;margin-top:0;width:{width:.1f}pt;height:{height:.1f}pt;z-index:{order}">\
<v:imagedata o:relid="{relation}" o:title="{title}"/><o:lock v:ext="edit" rotation="t"/></v:shape>"""
_FIRST_SHAPE: Final = 1_025
_END: Final = "</xml>"


@dataclass(frozen=True, slots=True)
class _Picture:
    """A picture of a printed line: its member, its size in points, what it shows, and where it stands."""

    part: str
    title: str
    alternative: str
    width: float
    height: float
    end: str
    area: str


def frame_pages(package: OpenPackage, part: str, frame: Frame, *, has_seal: bool) -> None:
    """Write the frame into the headers and footers of one sheet.

    Raises:
        TemplateProblem: the office's facts are longer than what Excel admits in a printed header.
    """
    sheet = package.tree(part)
    logo = frame.logo if sheet.find(qualified("legacyDrawingHF")) is None else None
    theirs = [element.text or "" for element in sheet.iter() if str(element.tag).endswith("Header")]
    header = _header(frame, logo, max(len(text) + len(_THEIRS) if text else 0 for text in [*theirs, ""]))
    taken = areas_of(sheet.findtext(f"{qualified('headerFooter')}/{qualified('oddFooter')}") or "")
    qr_area = next((area for area in "RLC" if _PICTURE not in taken[area]), "R")
    footer = {"R" if qr_area == "L" else "L": _SEAL, qr_area: _PICTURE} if has_seal else {}
    if not header and not footer:
        return
    printed = child_of(sheet, "headerFooter")
    for kind in page_kinds(printed):
        is_short = len(printed.findtext(qualified(f"{kind}Footer")) or "") <= _SHORT_FOOTER
        mark_room = 0 if is_short else _MARK_ROOM
        for end, areas, room in (("Header", header, mark_room), ("Footer", footer, _SEAL_ROOM)):
            if areas:
                _add(line_of(printed, f"{kind}{end}"), areas, room)
    pictures = [*_logo_picture(package, logo), *([_qr_picture(package, qr_area)] if has_seal else [])]
    if pictures:
        _place(package, part, pictures, tuple(page_kinds(printed)))
    _widen(sheet, {"Header": header, "Footer": footer}, pictures)


def _header(frame: Frame, logo: Logo | None, taken: int) -> dict[str, str]:
    """What stands in each area, with as much of the format's box as fits beside the template's `taken` characters."""
    box = frame.format_box
    facts = "\n".join(_plain(fact) for fact in _facts(box))
    places = {"L": _PICTURE if logo else "", "R": _FACT + facts if facts else ""}
    areas: dict[str, str] = {}
    for more in ((box.process, box.name), (box.name,), ()):
        names = [_set(_ENTITY, _plain(frame.entity))] if frame.entity else []
        told = "\n".join(_plain(text) for text in more if text)
        names += [_set(_FACT, told)] if told else []
        areas = {area: text for area, text in {**places, "C": "\n".join(names)}.items() if text}
        if len(line_text(areas)) + taken <= LONGEST_LINE - _MARK_ROOM:
            break
    return areas


def _facts(box: FormatBox) -> Iterator[str]:
    if box.code:
        yield f"Código: {box.code}"
    if box.version:
        yield f"Versión: {box.version}"
    if box.valid_from:
        yield f"Vigencia: {printed_date(box.valid_from)}"


def _set(command: str, text: str) -> str:
    # "&9" sets the size: a digit behind it would be read as part of it.
    return f"{command}{' ' if text[:1].isdigit() else ''}{text}"


def _plain(text: str) -> str:
    """A text in a printed line, where "&" commands."""
    return untagged(text).replace("&", "&&")


def _add(line: etree._Element, ours: dict[str, str], room: int) -> None:
    theirs = areas_of(line.text or "")
    joined = {
        area: f"{ours[area]}{_THEIRS}{text}" if area in ours and text else ours.get(area, text)
        for area, text in theirs.items()
    }
    line.text = line_text(joined)
    if len(line.text) > LONGEST_LINE - room:
        raise TemplateProblem(
            "El nombre de la entidad y el código del formato no caben en los encabezados y pies de impresión de Excel, "
            f"que admiten {LONGEST_LINE} caracteres con lo que ya trae la plantilla. Acórtelos allí o en los ajustes."
        )


def _logo_picture(package: OpenPackage, logo: Logo | None) -> Iterator[_Picture]:
    if logo is None:
        return
    part = _LOGO + logo.media_type.rpartition("/")[2]
    if part not in package:
        package.set(part, logo.content, logo.media_type)
    scale = min(_LOGO_WIDTH / logo.width, _LOGO_HEIGHT / logo.height)
    yield _Picture(part, "logo", logo.description, logo.width * scale, logo.height * scale, "Header", "L")


def _qr_picture(package: OpenPackage, area: str) -> _Picture:
    if SEAL_PICTURE not in package:
        package.set(SEAL_PICTURE, b"", "image/png")
    shown = "Código QR que lleva a la página de verificación de este documento"
    return _Picture(SEAL_PICTURE, "qr", shown, _QR_SIDE, _QR_SIDE, "Footer", area)


def _place(package: OpenPackage, part: str, pictures: list[_Picture], kinds: tuple[str, ...]) -> None:
    """Put the shapes of the pictures behind those that the sheet's printed lines have."""
    holder = child_of(package.tree(part), "legacyDrawingHF")
    by_id = {relation.id: relation.target for relation in package.relations(part)}
    shapes = by_id.get(holder.get(_RELATION, ""), "")
    if not shapes:
        shapes = package.free_name("xl/drawings/vmlDrawing{}.vml")
        package.set(shapes, _SHAPES.encode(), _SHAPES_TYPE)
        holder.set(_RELATION, package.relate(part, "vmlDrawing", shapes))
    # VML is not always XML: it is written as text.
    text = package.read(shapes).decode("utf-8-sig")
    order = text.count("<v:shape ")
    for picture in pictures:
        relation = package.relate(shapes, "image", picture.part)
        for kind in kinds:
            order += 1
            shape = _SHAPE.format(
                id=f"{picture.area}{picture.end[0]}{_SUFFIXES[kind]}",
                number=_FIRST_SHAPE + order,
                order=order,
                alternative=escape_attribute(picture.alternative),
                title=picture.title,
                width=picture.width,
                height=picture.height,
                relation=relation,
            )
            text = text.replace(_END, shape + _END)
    package.set(shapes, text.encode())


def _widen(sheet: etree._Element, lines: dict[str, dict[str, str]], pictures: list[_Picture]) -> None:
    margins = sheet_margins(sheet)
    for end, areas in lines.items():
        if areas:
            text = max(area.count("\n") + 1 for area in areas.values()) * _LINE
            height = max([text, *(picture.height for picture in pictures if picture.end == end)]) + _AIR
            outer, inner = _ENDS[end]
            margins[outer] = round(max(margins[outer], margins[inner] + height / INCH), 2)
    element = child_of(sheet, "pageMargins")
    for name, inches in margins.items():
        element.set(name, f"{inches:g}")
