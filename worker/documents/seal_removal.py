"""A workbook that was once an issued report -> the same without its seal: what is made of it is another document.

Assumes the seal as `frame_excel_pages` writes it, or as Excel saves that again: the code and the address in a printed
footer, the QR as the picture of another area of it, and the code as the document's identifier.
"""

from __future__ import annotations

import re
from typing import Final

from worker.documents.open_package import OpenPackage
from worker.documents.printed_lines import areas_of, line_text
from worker.documents.splice import qualified

_SHEET: Final = re.compile(r"xl/worksheets/[^/]*\.xml")
# Sheets without it need not be parsed.
_WORD: Final = "Código de verificación".encode()
_SEAL: Final = re.compile(r'(?:&"[^"]*"|&\d+)*\s*Código de verificación: (\S+)\s+\S+\n?')
_PICTURE: Final = "&G"
_QR: Final = re.compile(r'<v:shape\b[^>]*\bid="[LCR]F(?:FIRST|EVEN)?".*?</v:shape>', re.DOTALL)
_CORE: Final = "docProps/core.xml"
_IDENTIFIER: Final = "{http://purl.org/dc/elements/1.1/}identifier"


def drop_seal(package: OpenPackage) -> None:
    """Take the seal off every sheet; a workbook that has none stays as it is."""
    sealed = [part for part in package.names() if _SHEET.fullmatch(part) and _WORD in package.read(part)]
    codes = {code for part in sealed for code in _unseal(package, part)}
    if codes and _CORE in package:
        core = package.tree(_CORE)
        for element in core.findall(_IDENTIFIER):
            if element.text in codes:
                core.remove(element)


def _unseal(package: OpenPackage, part: str) -> set[str]:
    """Take the seal off a sheet; the codes that it had."""
    codes: set[str] = set()
    for line in package.rows(part).frame.iterfind(f"{qualified('headerFooter')}/*"):
        areas = areas_of(line.text or "")
        if found := [match[1] for text in areas.values() if (match := _SEAL.search(text))]:
            codes.update(found)
            kept = {area: _SEAL.sub("", text) for area, text in areas.items() if text != _PICTURE}
            line.text = line_text(kept)
    if codes:
        for relation in package.relations(part):
            if relation.kind == "vmlDrawing":
                shapes = package.read(relation.target).decode("utf-8-sig")
                package.set(relation.target, _QR.sub("", shapes).encode())
    return codes
