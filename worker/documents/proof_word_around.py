"""The heads and feet of a finished Word file, held against the template's own and the office's frame.

What each page shows is told for both by Word's rule, section by section: first the frame's lines, then the template's.
The QR code is held to a picture of the address drawn again, byte for byte: no program that reads such codes is at hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from service.domain.reports import Report
from worker.documents.proof_package import Package, parse
from worker.documents.proof_result import Findings
from worker.documents.proof_template import Stretch
from worker.documents.proof_word_frame import ZONE, foot_lines, head_lines
from worker.documents.proof_word_pages import DOCUMENT, ENDS, Section, sections_of
from worker.documents.proof_word_text import UNFINISHED_MARK, W, letters, marked_text, paragraphs
from worker.documents.qr import qr_png

UNFINISHED: Final = ("un texto sin cambios por aceptar ni comentarios", "quedan sin resolver")
_PLACES: Final = {"document": "documento", "header": "encabezado de página", "footer": "pie de página"}
# Twips: 2,5 cm high and 6 cm wide, but for what programs round.
_ZONE: Final = (1_400, 3_380)
_WATERMARK: Final = "{urn:schemas-microsoft-com:vml}textpath"
_DRAFT: Final = "BORRADOR"


@dataclass(frozen=True, slots=True)
class Around:
    """A template's sections, and for which of the frame's facts it has places of its own: "sello", "aprobacion"."""

    sections: tuple[Section, ...]
    tells: frozenset[str]


def compare_lines(place: str, lines: list[str], read: list[str], findings: Findings) -> None:
    """Note the paragraphs, as marked text, that do not read as they must."""
    if lines == read:
        return
    if len(lines) != len(read):
        findings.tell(place, *("\n".join(map(letters, texts)) for texts in (lines, read)))
        return
    for number, (line, one) in enumerate(zip(lines, read, strict=True), start=1):
        if line != one:
            findings.tell(f"{place}, párrafo {number}", letters(line), letters(one))


# Headers and footers are the same from one report to the next of a plan.
small_part = lru_cache(maxsize=64)(marked_text)


def compare_around(
    package: Package,
    own: Around,
    expected: Mapping[str, tuple[Stretch, ...]],
    report: Report,
    findings: Findings,
) -> None:
    """What stands above and below the pages of each section: the frame's lines, then the template's own."""
    told = {
        part: paragraphs("".join([one.text for one in text])) for part, text in expected.items() if part != DOCUMENT
    }
    read = sections_of(package)
    if len(read) != len(own.sections):
        findings.tell("documento", f"secciones: {len(own.sections)}", f"secciones: {len(read)}")
    picture = qr_png(report.seal.address) if report.seal and "sello" not in own.tells else b""
    compared: set[tuple[str, ...]] = set()
    for number, (section, found) in enumerate(zip(own.sections, read, strict=False)):
        for end in ENDS:
            for kind in dict.fromkeys((*section.kinds, *found.kinds)):
                part, base = found.part(end, kind), section.part(end, kind)
                has_zone = report.frame.has_radicado_zone and end == "header" and number == 0 and kind == "first"
                if (part, base, str(has_zone)) not in compared:
                    compared.add((part, base, str(has_zone)))
                    lines = [*frame_lines(report, end, own.tells), *told.get(base, ())]
                    place = place_of(part or base or f"word/{end}")
                    _compare_end(package, part, place, lines, has_zone=has_zone, findings=findings)
                    if picture and end == "footer" and not _shows(package, part, picture):
                        findings.tell(place, "el código QR de este documento", "no está, o es otro")
    _compare_mark(package, read, report, findings)
    if report.frame.has_radicado_zone and "first" not in read[0].kinds:
        findings.tell("encabezado de página", ZONE, "la primera página no lo tiene")


def _compare_end(
    package: Package, part: str, place: str, lines: list[str], *, has_zone: bool, findings: Findings
) -> None:
    found = small_part(package.read(part)) if part else ""
    if UNFINISHED_MARK in found:
        findings.tell(place, *UNFINISHED)
    read = list(paragraphs(found))
    if has_zone:
        if read.count(ZONE) != 1:
            findings.tell(place, ZONE, "no está una sola vez")
        elif not _has_room(package.read(part)):
            findings.tell(place, f"{ZONE}: 6 por 2,5 cm", "es más pequeño")
        read = [line for line in read if line != ZONE]
    compare_lines(place, lines, read, findings)


@lru_cache(maxsize=64)
def _has_room(header: bytes) -> bool:
    """Whether the row of the room for the radicado is high, and its cell wide, enough for a stamp."""
    zones = [cell for cell in parse(header).iter(f"{W}tc") if ZONE in "".join(map(str, cell.itertext()))]
    for cell in zones:
        height, width = cell.find(f"../{W}trPr/{W}trHeight"), cell.find(f"{W}tcPr/{W}tcW")
        sizes = [0 if one is None else int(one.get(f"{W}{name}", "0")) for one, name in ((height, "val"), (width, "w"))]
        if sizes[0] < _ZONE[0] or sizes[1] < _ZONE[1]:
            return False
    return True


def _shows(package: Package, part: str, picture: bytes) -> bool:
    """Whether a part is there and one of the pictures that it draws is this."""
    if not part:
        return False
    drawn = package.text(part)
    pictures = [one for one in package.relations(part) if one.kind == "image" and f'"{one.id}"' in drawn]
    return any(package.read(one.target) == picture for one in pictures)


def frame_lines(report: Report, end: str, told_by_template: frozenset[str]) -> list[str]:
    """What the frame says at an end of every page, where the template does not say it itself."""
    if end == "header":
        return [line for line in head_lines(report.frame) if line]
    return [] if report.seal is None or "sello" in told_by_template else list(foot_lines(report, report.seal))


def _compare_mark(package: Package, sections: tuple[Section, ...], report: Report, findings: Findings) -> None:
    shown = [(kind, one.part("header", kind)) for one in sections for kind in one.kinds]
    if report.is_draft and not all(part for _, part in shown):
        findings.tell("encabezado de página", _DRAFT, "no hay encabezado")
    for part in dict.fromkeys(part for _, part in shown if part):
        if _is_marked(package.read(part)) != report.is_draft:
            told = (_DRAFT, "sin la marca") if report.is_draft else ("sin la marca", _DRAFT)
            findings.tell(place_of(part), *told)


@lru_cache(maxsize=64)
def _is_marked(header: bytes) -> bool:
    return any(shape.get("string") == _DRAFT for shape in parse(header).iter(_WATERMARK))


def place_of(part: str) -> str:
    """What a person calls a part."""
    stem = part.removeprefix("word/").rstrip("0123456789.xml")
    return next((spanish for key, spanish in _PLACES.items() if part.startswith(f"word/{key}")), stem)
