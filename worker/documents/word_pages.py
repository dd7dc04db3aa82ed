"""A Word package -> its sections, and the parts that stand above and below their pages, made where there were none.

What a page shows is Word's rule (ECMA-376 part 1, 17.10): a section that names no header or footer of a kind goes on
with that of the section before; the kinds "first" and "even" count only where the section or the settings ask for them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from lxml import etree

from service.domain.errors import TemplateProblem
from worker.documents.open_package import OpenPackage, whole_number

W: Final = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
R: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
DOCUMENT: Final = "word/document.xml"
LINK: Final = f"{{{R}}}id"
_TYPE: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.{}+xml"
_ROOTS: Final = {"header": "hdr", "footer": "ftr"}
_EMPTY: Final = f"""<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<w:{{}} xmlns:w="{W}"/>"""
# As high as the smallest that Word draws.
LOW_PARAGRAPH: Final = f"""<w:p xmlns:w="{W}"><w:pPr>\
<w:spacing w:before="0" w:after="0" w:line="20" w:lineRule="exact"/>\
<w:ind w:left="0" w:right="0" w:firstLine="0"/><w:rPr><w:sz w:val="2"/><w:szCs w:val="2"/></w:rPr></w:pPr></w:p>"""
_LOWEST: Final = 20

# Twentieths of a point; what Word takes for a section that says nothing.
_PAGE: Final = {"w": 12_240, "h": 15_840}
_MARGINS: Final = {"top": 1_440, "bottom": 1_440, "left": 1_440, "right": 1_440, "header": 720, "footer": 720}
TWENTIETHS: Final = 20

# Tags that take the whole paragraph, row or cell away with them; a mark in it would go too.
_TAKES_PARAGRAPH: Final = re.compile(r"\{%\s*(?:p|tr|tc)\s")
_OPENS: Final = re.compile(r"\{%-?\s*(?:(?:p|tr|tc|r)\s+)?(?:if|for)\b")
_CLOSES: Final = re.compile(r"\{%-?\s*(?:(?:p|tr|tc|r)\s+)?(?:endif|endfor)\b")
# A section's children that stand behind its switch for a first page, as the standard orders them.
_BEHIND_FIRST_PAGE: Final = {
    f"{{{W}}}{name}" for name in ("textDirection", "bidi", "rtlGutter", "docGrid", "printerSettings", "sectPrChange")
}


def w(name: str) -> str:
    """A WordprocessingML name with its namespace."""
    return f"{{{W}}}{name}"


def sections_of(package: OpenPackage) -> list[etree._Element]:
    """The properties of every section, in the order of the text.

    Raises:
        TemplateProblem: it is written in the strict dialect, in which nothing of this is found.
    """
    body = package.tree(DOCUMENT).find(w("body"))
    if body is None:
        raise TemplateProblem(
            "La plantilla de Word está en formato estricto (ISO 29500). Ábrala en Word y guárdela como "
            "«Documento de Word»."
        )
    # A tracked change of a section keeps the section as it was, with headers that no page shows.
    sections = [each for each in body.iter(w("sectPr")) if next(each.iterancestors(w("sectPrChange")), None) is None]
    if body.find(w("sectPr")) is None:
        sections.append(etree.SubElement(body, w("sectPr")))
    return sections


def shown_parts(
    package: OpenPackage, sections: Iterable[etree._Element], story: str
) -> dict[str, list[etree._Element]]:
    """The part of every header (or `story` "footer") that a page shows, and the sections that show it."""
    by_id = {relation.id: relation.target for relation in package.relations(DOCUMENT)}
    of_before: dict[str, str] = {}
    shown: dict[str, list[etree._Element]] = {}
    for section in sections:
        for kind in _kinds(package, section):
            reference = reference_of(section, story, kind)
            if reference is not None:
                of_before[kind] = by_id[reference.get(LINK, "")]
            elif kind not in of_before:
                of_before[kind] = _new_part(package, section, story, kind)
            shown.setdefault(of_before[kind], []).append(section)
    return shown


def reference_of(section: etree._Element, story: str, kind: str) -> etree._Element | None:
    """Where a section names its header or footer of a kind ("default", "first", "even")."""
    return next((one for one in section.iter(w(f"{story}Reference")) if one.get(w("type")) == kind), None)


def refer(section: etree._Element, story: str, kind: str, id_: str) -> None:
    """Make a link of the document the header or footer of a section."""
    reference = reference_of(section, story, kind)
    if reference is None:
        reference = etree.Element(w(f"{story}Reference"), nsmap={"w": W, "r": R})
        section.insert(0, reference)
    reference.set(w("type"), kind)
    reference.set(LINK, id_)


def has_own_first_page(section: etree._Element) -> bool:
    """Whether the section's first page has a header and a footer of its own."""
    return _is_on(section.find(w("titlePg")))


def own_first_page(section: etree._Element) -> None:
    """Let a section's first page have a header of its own; its footer stays that of the other pages."""
    if has_own_first_page(section):
        return
    for switch in section.findall(w("titlePg")):
        section.remove(switch)
    behind = next((child for child in section if child.tag in _BEHIND_FIRST_PAGE), None)
    section.insert(len(section) if behind is None else section.index(behind), etree.Element(w("titlePg")))
    never_shown, footer = (reference_of(section, "footer", kind) for kind in ("first", "default"))
    if footer is not None:
        refer(section, "footer", "first", footer.get(LINK, ""))
    elif never_shown is not None:
        section.remove(never_shown)


def measure(section: etree._Element, tag: str, name: str) -> int:
    """A measure of a section's page or margins in twentieths of a point, as Word takes it where nothing is said."""
    element = section.find(w(tag))
    text = "" if element is None else element.get(w(name), "")
    size = whole_number(text.removeprefix("-"), (_PAGE | _MARGINS)[name])
    return -size if text.startswith("-") else size


def text_width(section: etree._Element) -> int:
    """What the margins leave of a page's width, in twentieths of a point."""
    margins = sum(abs(measure(section, "pgMar", side)) for side in ("left", "right"))
    return max(measure(section, "pgSz", "w") - margins, TWENTIETHS)


def lasting_paragraph(header: etree._Element) -> etree._Element | None:
    """The first paragraph that is there whatever the template's conditions decide."""
    depth = 0
    for paragraph in header.iter(w("p")):
        text = "".join(text.text or "" for text in paragraph.iter(w("t")))
        if depth == 0 and not _TAKES_PARAGRAPH.search(text):
            return paragraph
        depth += len(_OPENS.findall(text)) - len(_CLOSES.findall(text))
    return None


def _kinds(package: OpenPackage, section: etree._Element) -> Iterator[str]:
    yield "default"
    if has_own_first_page(section):
        yield "first"
    settings = package.relation(DOCUMENT, "settings")
    if settings and _is_on(package.tree(settings.target).find(w("evenAndOddHeaders"))):
        yield "even"


def _is_on(switch: etree._Element | None) -> bool:
    return switch is not None and switch.get(w("val"), "1") not in {"0", "false", "off"}


def _new_part(package: OpenPackage, section: etree._Element, story: str, kind: str) -> str:
    part = package.free_name(f"word/{story}{{}}.xml")
    package.set(part, _EMPTY.format(_ROOTS[story]).encode(), _TYPE.format(story))
    package.tree(part).append(etree.fromstring(LOW_PARAGRAPH))
    refer(section, story, kind, package.relate(DOCUMENT, story, part))
    margins = section.find(w("pgMar"))
    if margins is not None:
        # One that begins beyond its margin would push the text.
        edge = "top" if story == "header" else "bottom"
        outer, inner = (abs(measure(section, "pgMar", name)) for name in (edge, story))
        if inner > outer - _LOWEST and len(list(section.iter(w(f"{story}Reference")))) == 1:
            margins.set(w(story), str(max(outer - _LOWEST, 0)))
    return part
