"""A Word template and an office's frame -> the template with the frame drawn into it, ready to be compiled.

Head, block and foot each have a module of their own. What the office wrote is text, whatever braces it holds; what
differs from report to report is left as tags. A template that names `sello` or `aprobacion` itself has its own place
for them, and is given no other.
"""

from __future__ import annotations

import re
from typing import Final

from lxml import etree

from service.domain.frame import NO_FRAME, Frame
from worker.documents.open_package import OpenPackage
from worker.documents.page_head import draw_head
from worker.documents.seal_foot import draw_seal
from worker.documents.signature_block import draw_signature_block
from worker.documents.template_language import literal
from worker.documents.word_pages import w

_CORE: Final = "docProps/core.xml"
_DC: Final = "{http://purl.org/dc/elements/1.1/}"
_CP: Final = "{http://schemas.openxmlformats.org/package/2006/metadata/core-properties}"
_CODE: Final = "{{ sello.codigo }}"


def frame_document(template: bytes, frame: Frame, *, has_approval: bool, has_seal: bool) -> bytes:
    """The template with what the office puts around its reports; without any of it, byte for byte as it was.

    `has_approval`: somebody approved what the report tells, whether its issue says so or the frame.

    Raises:
        TemplateProblem: it is written in the strict dialect, which has no signature lines.
    """
    if frame == NO_FRAME and not has_seal:
        return template
    package = OpenPackage(template)
    text = _text_of(package)
    taken = draw_head(package, frame)
    tells_approval = has_approval and not frame.is_bare and "aprobacion." not in text
    if frame.signers or tells_approval:
        draw_signature_block(package, frame, taken, tells_approval=tells_approval)
    if has_seal and "sello." not in text:
        draw_seal(package)
    _tell_properties(package, frame, has_seal=has_seal)
    return package.close()


def _text_of(package: OpenPackage) -> str:
    stories = (name for name in package.names() if re.fullmatch(r"word/[^/]*\.xml", name))
    return " ".join("".join(piece.text or "" for piece in package.tree(name).iter(w("t"))) for name in stories)


def _tell_properties(package: OpenPackage, frame: Frame, *, has_seal: bool) -> None:
    """The entity as the author where the template names none; the code among the keywords, which Word keeps."""
    if _CORE not in package:
        return
    core = package.tree(_CORE)
    if frame.entity:
        author = _child(core, f"{_DC}creator")
        author.text = author.text or literal(frame.entity)
    if has_seal:
        keywords = _child(core, f"{_CP}keywords")
        keywords.text = "; ".join(filter(None, (keywords.text, _CODE)))


def _child(parent: etree._Element, tag: str) -> etree._Element:
    found = parent.find(tag)
    return etree.SubElement(parent, tag) if found is None else found
