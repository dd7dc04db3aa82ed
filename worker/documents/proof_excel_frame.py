"""A sheet of a finished workbook and the office's frame -> what of the frame is not there, and the sheet without it.

Under the table: who approved the plan, and a cell for each person who signs, with room to do so. On what is printed:
the office's name, the format's facts, the code of an issued report, and their pictures. A sheet that is an Excel table
is for programs, and bare.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from service.domain.frame import Frame, Role, Signer
from service.domain.reports import Report
from service.domain.typography import lines_needed
from service.domain.values import printed_date
from worker.documents.proof_excel_book import Row, Sheet, column_letters, column_of
from worker.documents.proof_excel_template import with_braces_apart
from worker.documents.proof_package import Package
from worker.documents.proof_result import Findings
from worker.documents.proof_values import approval_values, seal_values
from worker.documents.qr import qr_png

# Points: 1.5 cm to sign, the smallest letters that may stand around it, and how tall a line of them is for each.
_ROOM: Final = 42.5
_SMALLEST: Final = 6.0
_LINE: Final = 1.15
_APPROVED: Final = "Plan aprobado "
_PLACE: Final = re.compile(rf"({'|'.join(role.label for role in Role)})(\n{{2,}})(.+)", re.DOTALL)
# Excel admits 255 characters in a printed line, its commands among them: below this there is room for all facts.
_ROOMY: Final = 110
_PICTURE: Final = "&G"


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody signs: what stands there, and the cell."""

    text: str
    row: int
    column: int


def is_framed(sheet: Sheet, *, is_official: bool) -> bool:
    """Whether the frame is on what a sheet of the template prints."""
    return is_official or not sheet.tables


def without_block(sheet: Sheet, report: Report, digit: float, findings: Findings) -> tuple[Sheet, int]:
    """The official sheet without who approved and who signs, and the last row of those; 0 where nobody does.

    `digit` is the width of a digit in points.
    """
    phrase = _phrase(report)
    if not (report.frame.signers or phrase):
        return sheet, 0
    numbers = sorted((number for number, row in sheet.rows.items() if row.cells), reverse=True)
    taken: list[int] = []
    for number in numbers:
        cells = sheet.rows[number].cells.values()
        if not all(isinstance(value, str) and _PLACE.fullmatch(value) for value in cells):
            break
        taken.append(number)
    _compare_signers(sheet, tuple(reversed(taken)), report, digit, findings)
    if phrase:
        number = next((number for number in numbers if number not in taken), 0)
        told = [value for value in (sheet.rows[number].cells.values() if number else ()) if isinstance(value, str)]
        read = told[0] if len(told) == 1 and told[0].startswith(_APPROVED) else ""
        if read != phrase:
            findings.tell(f"hoja «{sheet.name}», quién aprobó", phrase, read)
        if read:
            taken.append(number)
    if not taken:
        return sheet, 0
    first = min(taken)
    rows = {number: row for number, row in sheet.rows.items() if number < first}
    merges = frozenset(merge for merge in sheet.merges if _top(merge) < first)
    return replace(sheet, rows=rows, merges=merges), max(taken)


def _phrase(report: Report) -> str:
    # Where the office said nothing of what stands around its reports, nothing is drawn but the seal.
    return "" if report.frame.is_bare else str(approval_values(report)["frase"])


def _compare_signers(sheet: Sheet, numbers: tuple[int, ...], report: Report, digit: float, findings: Findings) -> None:
    signers = sorted(report.frame.signers, key=lambda signer: list(Role).index(signer.role))
    read = [
        Place(str(sheet.rows[number].cells[column]), number, column)
        for number in numbers
        for column in sorted(sheet.rows[number].cells)
    ]
    where = f"hoja «{sheet.name}», firmas"
    if len(read) != len(signers):
        findings.tell(where, "; ".join(map(_told, signers)), "; ".join(" ".join(one.text.split()) for one in read))
        return
    for signer, place in zip(signers, read, strict=True):
        found = _PLACE.fullmatch(place.text)
        lines = with_braces_apart(f"{signer.printed_name}\n{signer.printed_position}")
        if found is None or (found[1], found[3]) != (signer.role.label, lines):
            findings.tell(where, _told(signer), " ".join(place.text.split()))
        elif not _has_room(sheet, place, digit):
            findings.tell(where, f"1,5 cm libres para la firma de {signer.printed_name}", "la fila es más baja")


def _told(signer: Signer) -> str:
    return f"{signer.role.label} {signer.printed_name} {signer.printed_position}"


def _has_room(sheet: Sheet, place: Place, digit: float) -> bool:
    row: Row = sheet.rows[place.row]
    label, *_, text = place.text.split("\n\n")
    lines = sum(
        lines_needed(line, _width(sheet, place) * digit, _SMALLEST) for line in (label, *text.strip().split("\n"))
    )
    return row.height is not None and row.height >= _ROOM + lines * _SMALLEST * _LINE


def _width(sheet: Sheet, place: Place) -> float:
    """Of the merged cell, in digits."""
    start = f"{column_letters(place.column)}{place.row}:"
    merge = next((merge for merge in sheet.merges if merge.startswith(start)), start + start[:-1])
    last = column_of(merge.partition(":")[2])
    return sum(
        width * (min(end, last) - max(first, place.column) + 1)
        for first, end, width in sheet.widths
        if first <= last and end >= place.column
    )


def _top(area: str) -> int:
    return int(re.sub(r"\D", "", area.partition(":")[0]) or 0)


def printed_frame(report: Report, template: Sheet, end: str, theirs: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """What the frame adds to the areas of a printed line ("Header" or "Footer"), before the template's own texts.

    Of several texts any will do: Excel's lines are short, and the format's process and name give way.
    """
    if end == "Header":
        return dict(_header(report.frame, template))
    if report.seal is None:
        return {}
    values = seal_values(report)
    picture = next((area for area in "RLC" if _PICTURE not in theirs.get(area, "")), "R")
    text = f"Código de verificación: {values['codigo']}\n{values['direccion']}"
    return {"R" if picture == "L" else "L": (text,), picture: (_PICTURE,)}


def _header(frame: Frame, template: Sheet) -> Iterator[tuple[str, tuple[str, ...]]]:
    box = frame.format_box
    if frame.logo and not template.pictures:
        yield "L", (_PICTURE,)
    facts = (
        f"Código: {box.code}" if box.code else "",
        f"Versión: {box.version}" if box.version else "",
        f"Vigencia: {printed_date(box.valid_from)}" if box.valid_from else "",
    )
    yield "R", ("\n".join(fact for fact in facts if fact),)
    whole = (frame.entity, box.process, box.name)
    choices = [whole]
    if sum(map(len, (*whole, *facts))) > _ROOMY:
        choices += [(frame.entity, "", box.name), (frame.entity, "", "")]
    yield "C", tuple("\n".join(text for text in texts if text) for texts in choices)


def compare_pictures(package: Package, sheet: Sheet, template: Sheet, report: Report, findings: Findings) -> None:
    """Note a logo or a QR that is not in what a sheet prints; the QR is that of the report's own address."""
    wanted = {}
    if report.frame.logo and not template.pictures:
        wanted["el logo"] = report.frame.logo.content
    if report.seal:
        wanted["el código QR"] = qr_png(report.seal.address)
    shown = {package.read(part) for part in sheet.pictures} if wanted else set()
    for what, content in wanted.items():
        if content not in shown:
            findings.tell(f"hoja «{sheet.name}», encabezado o pie de impresión", what, "no está, o es otro")
