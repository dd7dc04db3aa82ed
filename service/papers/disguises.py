"""A Word or Excel package -> what in it may show something else than the texts that were read from it.

It knows the ways that the two formats have for it, and not every way that there is: colours, sizes and pictures may
still cover a text, so that a file without disguises is no proof of anything.
"""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterator
from typing import Final

from lxml import etree

from service.domain.reports import DocumentKind
from service.papers.texts import Unreadable
from service.papers.word_text import WORD_SPACES, relations
from service.sheets.guard import Package

# A sentence for a person, and what it is about: what was issued may have some of its own.
Disguise = tuple[str, str]

_TWO_FACED: Final = "Por dentro tiene dos contenidos para el mismo lugar, y cada programa puede mostrar uno distinto."
_HIDDEN: Final = "Tiene texto oculto, que se lee por dentro y no se ve."
_FROM_ELSEWHERE: Final = (
    "Muestra contenido que no está en su texto: otro archivo, símbolos, campos u objetos incrustados."
)
_FOREIGN: Final = "Tiene texto escrito de una forma que Word no muestra."
_NUMBERED: Final = "La numeración automática muestra un texto que no está en el documento."
_FORMAT: Final = "Una celda puede mostrar algo distinto de lo que contiene: tiene otro formato de número."
_NARROW: Final = "Tiene filas o columnas tan angostas que no se ven."
_NO_CELLS: Final = "Tiene hojas que no son de celdas."

# Those that Word also takes text from: drawings and formulas.
_SPACES: Final = (
    *WORD_SPACES,
    "{http://schemas.openxmlformats.org/drawingml/2006/main}",
    "{http://schemas.openxmlformats.org/officeDocument/2006/math}",
    "{http://purl.oclc.org/ooxml/drawingml/main}",
    "{http://purl.oclc.org/ooxml/officeDocument/math}",
)
_OFF: Final = frozenset({"0", "false", "off"})
_ON: Final = frozenset({"1", "true", "on"})
_SAYING: Final = ("t", "p", "r", "tc", "tr", "tbl")
_ELSEWHERE: Final = ("altChunk", "subDoc", "sym", "object", "control", "dataBinding")
_VANISHED: Final = ("vanish", "specVanish", "webHidden")
_LEVEL_NUMBER: Final = re.compile(r"%[1-9]")
_WORD_OF_LETTERS: Final = re.compile(r"[^\W_]{2,}")
# A row or a column below this (points; characters) shows nothing of what it holds.
_LEAST_HEIGHT: Final = 4.0
_LEAST_WIDTH: Final = 1.0
# General and text as it is, by number or by name.
_PLAIN_FORMATS: Final = frozenset({"0", "49", "general", "@"})
_HEAD: Final = 512


def disguises(package: Package, kind: DocumentKind) -> frozenset[Disguise]:
    """What may show something else than its text.

    Raises:
        Unreadable: one of its parts is no XML.
    """
    found = _in_word if kind is DocumentKind.WORD else _in_excel
    try:
        return frozenset((*_doubled(package), *found(package)))
    except (etree.XMLSyntaxError, KeyError, ValueError) as error:
        raise Unreadable("El archivo está dañado: una de sus partes no se puede leer.") from error


def _doubled(package: Package) -> Iterator[Disguise]:
    """Two parts for what there may be one of: programs do not agree on which to take."""
    tops = [target for kind, target in relations(package, "") if kind == "officeDocument"]
    below = Counter(kind for top in tops for kind, _ in relations(package, top))
    for kind in ("styles", "sharedStrings", "numbering", "footnotes", "endnotes"):
        if below[kind] > 1:
            yield _TWO_FACED, kind
    if len(tops) > 1:
        yield _TWO_FACED, "officeDocument"
    for kind in below:
        if kind.endswith("sheet") and kind != "worksheet":
            yield _NO_CELLS, kind


def _in_word(package: Package) -> Iterator[Disguise]:
    wanted = (*_SAYING, *_ELSEWHERE, *_VANISHED, "AlternateContent", "lvlText")
    for part, element in _elements(package, wanted):
        name = _local(element)
        if name in _SAYING:
            if not str(element.tag).startswith(_SPACES):
                yield _FOREIGN, part
        elif name in _ELSEWHERE:
            yield _FROM_ELSEWHERE, f"{part} {name}"
        elif name in _VANISHED:
            if _value(element, "val", "1") not in _OFF:
                yield _HIDDEN, f"{part} {name}"
        elif name == "lvlText":
            if _WORD_OF_LETTERS.search(_LEVEL_NUMBER.sub("", _value(element, "val", ""))):
                yield _NUMBERED, part
        elif len({_said(branch) for branch in element} | ({""} if not _has_fallback(element) else set())) > 1:
            yield _TWO_FACED, part


def _in_excel(package: Package) -> Iterator[Disguise]:
    codes: dict[str, str] = {}
    for part, element in _elements(package, ("numFmt", "cellXfs", "dxf", "row", "col", "sheetFormatPr", "sheet")):
        name = _local(element)
        if name == "numFmt":
            codes[element.get("numFmtId", "")] = element.get("formatCode", "")
        elif name in {"cellXfs", "dxf"}:
            yield from ((_FORMAT, code) for code in _formats(element, codes) if code not in _PLAIN_FORMATS)
        elif _is_narrow(element):
            yield _NARROW, f"{part} {element.get('r')} {element.get('min')}"
        if any(_local(above) == "AlternateContent" for above in element.iterancestors()):
            yield _TWO_FACED, part
        if name == "row":
            element.clear()


def _formats(styles: etree._Element, codes: dict[str, str]) -> Iterator[str]:
    """The formats of number that styles have: their codes in lower case, or the numbers that every program knows."""
    for style in styles.iterchildren("{*}xf"):
        id_ = style.get("numFmtId", "0")
        yield codes.get(id_, id_).lower()
    for written in styles.iterchildren("{*}numFmt"):
        yield written.get("formatCode", "").lower()


def _is_narrow(element: etree._Element) -> bool:
    heights = (element.get("ht"), element.get("defaultRowHeight"))
    widths = (element.get("width"), element.get("defaultColWidth"))
    return (
        element.get("zeroHeight") in _ON
        or any(float(height) < _LEAST_HEIGHT for height in heights if height is not None)
        or any(float(width) < _LEAST_WIDTH for width in widths if width is not None)
    )


def _elements(package: Package, names: tuple[str, ...]) -> Iterator[tuple[str, etree._Element]]:
    """The elements with these names in all of its XML, whatever their namespace, each as it ends."""
    tags = [f"{{*}}{name}" for name in names]
    for part in package.names:
        if package.peek(part, _HEAD).replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").startswith(b"<"):
            content = io.BytesIO(package.content(part))
            for _, element in etree.iterparse(content, tag=tags, resolve_entities=False, no_network=True):
                yield part, element


def _said(branch: etree._Element) -> str:
    return "".join("".join(text.text or "" for text in branch.iter("{*}t")).split())


def _has_fallback(element: etree._Element) -> bool:
    return any(_local(branch) == "Fallback" for branch in element)


def _local(element: etree._Element) -> str:
    return element.tag.rsplit("}", 1)[-1] if isinstance(element.tag, str) else ""


def _value(element: etree._Element, name: str, default: str) -> str:
    return next((value for space in WORD_SPACES if (value := element.get(f"{space}{name}")) is not None), default)
