"""The office's own workbook and its findings -> the same workbook with the findings marked in it.

Marks go into the package beside what is there: nothing is loaded and saved anew, so pictures, shapes, slicers, formulas
and every other sheet stay as they were. Marks of an earlier round are taken out first. What must be given up (macros, a
digital signature) is said on the first sheet. It never changes the value of a cell: those that were put right in Folio
come in with their new values, and only get a note of what they said.
"""

from __future__ import annotations

import zipfile
import zlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from lxml import etree
from openpyxl.utils import absolute_coordinate, quote_sheetname
from openpyxl.utils.cell import coordinate_from_string

from service.domain.corrections import Correction
from service.domain.errors import UnmarkableWorkbook
from service.domain.findings import CellRef, Finding, Severity
from service.domain.marks import (
    CORRECTION_HEADING,
    FILLS,
    FINDINGS_SHEET,
    MEMORY_SHEET,
    NAME_PREFIX,
    NOTE_HEADING,
    SEVERITIES,
    TRANSCRIPT_NAME,
)
from service.domain.office import Office
from service.domain.plan import RowRef
from service.domain.reading import MappedColumn
from worker.documents.findings_sheets import Listed, Place, PutRight, findings_sheet, link_name, list_area, memory_sheet
from worker.documents.mark_cells import MarkedSheet
from worker.documents.mark_notes import Note, Notes
from worker.documents.mark_removal import remove_marks
from worker.documents.mark_styles import MarkStyles
from worker.documents.open_book import OpenBook, Tab

MAX_NOTES: Final = 5_000
# The box of a note does not scroll: what fills it would hide the rest.
_LONGEST_PROPOSAL: Final = 300

_WEIGHT: Final = (Severity.SUGGESTION, Severity.WARNING, Severity.ERROR)
_QUESTION: Final = "Ese valor no está en la lista de la oficina. ¿Quiere dejarlo así?"
_MACROS: Final = "El libro que se subió tenía macros. Esta copia no las tiene: siga usando su archivo para ellas."
_SIGNATURE: Final = "El libro que se subió tenía una firma digital. Esta copia no la tiene: firme el libro corregido."
_DAMAGED: Final = (
    "El libro está dañado por dentro y no se pudieron poner las marcas en él. Ábralo en Excel, guárdelo otra vez y "
    "súbalo de nuevo; mientras tanto, los hallazgos están en la página del informe."
)
_TRANSCRIPT: Final = (
    "El archivo que se subió no era un libro .xlsx. Esta es una copia de sus valores en un libro nuevo, "
    "sin los formatos del original."
)


def render_findings_workbook(
    workbook: bytes,
    findings: tuple[Finding, ...],
    office: Office,
    mapping: tuple[MappedColumn, ...] = (),
    rows: Iterable[RowRef] = (),
    *,
    corrections: Sequence[Correction] = (),
) -> bytes:
    """The workbook with its findings marked; the same arguments give the same bytes.

    Args:
        workbook: an .xlsx or .xlsm package that passed the guard.
        findings: in the order in which they are listed. Those that are accepted are listed, their cells not marked.
        office: whose vocabularies the drop-down lists offer.
        mapping: which columns hold which fields; without it there are no lists.
        rows: where the actions stand: the rows that get lists.
        corrections: the cells that were put right; the workbook has their new values already.

    Raises:
        UnmarkableWorkbook: the reader could pass over a damaged part, but no mark can be put into it.
    """
    try:
        places = frozenset(rows)
        headers = {(column.sheet, column.column): column.header for column in mapping}
        put_right = tuple(PutRight(one, _header_over(one.place, places, headers)) for one in corrections)
        return _render(workbook, findings, _Lists(office, mapping, places), put_right)
    except (etree.XMLSyntaxError, KeyError, ValueError, zlib.error, zipfile.BadZipFile) as error:
        raise UnmarkableWorkbook(_DAMAGED, log=repr(error)) from error


def _header_over(place: CellRef, rows: frozenset[RowRef], headers: Mapping[tuple[str, str], str]) -> str:
    """The header of a cell's column, where it stands in the row of an action."""
    letters, row = coordinate_from_string(place.cell)
    return headers.get((place.sheet, letters), "") if RowRef(place.sheet, row) in rows else ""


def _render(workbook: bytes, findings: tuple[Finding, ...], lists: _Lists, corrections: Sequence[PutRight]) -> bytes:
    book = OpenBook(workbook)
    losses = [_TRANSCRIPT] if TRANSCRIPT_NAME in book.names() else []
    if book.drop_macros():
        losses.append(_MACROS)
    if book.drop_signature():
        losses.append(_SIGNATURE)
    styles = MarkStyles(book.styles())
    remove_marks(book, styles)
    book.drop_calculation_chain()
    by_sheet: dict[str, list[tuple[int, Finding]]] = defaultdict(list)
    for number, finding in enumerate(findings, start=1):
        if finding.place is not None:
            by_sheet[finding.place.sheet].append((number, finding))
    put_right: dict[str, list[Correction]] = defaultdict(list)
    for one in corrections:
        put_right[one.correction.place.sheet].append(one.correction)
    places: dict[int, Place] = {}
    without_note = 0
    for tab in book.tabs:
        if tab.kind == "worksheet" and (tab.name in by_sheet or tab.name in put_right or lists.has(tab.name)):
            marked, refused = _mark_sheet(book, tab, by_sheet[tab.name], styles, lists, put_right=put_right[tab.name])
            places |= marked
            without_note += refused
    if without_note:
        losses.append(_said_without_note(without_note))
    tabs = {tab.name for tab in book.tabs}
    listed = [
        Listed(number, finding, places.get(number), finding.place is not None and finding.place.sheet in tabs)
        for number, finding in enumerate(findings, start=1)
    ]
    _add_sheets(book, listed, losses, styles, lists, corrections=corrections)
    return book.package.close()


def _mark_sheet(
    book: OpenBook,
    tab: Tab,
    found: Sequence[tuple[int, Finding]],
    styles: MarkStyles,
    lists: _Lists,
    *,
    put_right: Sequence[Correction],
) -> tuple[dict[int, Place], int]:
    """Where each finding was marked, by its number, and how many cells got no note."""
    sheet = MarkedSheet(book.package.rows(tab.part))
    by_cell: dict[tuple[int, int], list[tuple[int, Finding]]] = defaultdict(list)
    for number, finding in found:
        if finding.accepted is None and finding.place is not None and finding.place.cell:
            by_cell[sheet.anchor(finding.place.cell)].append((number, finding))
    places: dict[int, Place] = {}
    for (row, column), here in by_cell.items():
        worst = max((finding.severity for _, finding in here), key=_WEIGHT.index)
        style = sheet.style(row, column)
        fill = styles.fill_of(style)
        sheet.restyle(row, column, styles.marked(style, FILLS[worst]))
        address = sheet.address(row, column)
        places |= {number: Place(tab.name, address, fill) for number, _ in here}
    paragraphs = {place: [_paragraph(number, finding) for number, finding in here] for place, here in by_cell.items()}
    for one in put_right:
        paragraphs.setdefault(sheet.anchor(one.place.cell), []).append(_what_it_said(one))
    notes = [Note(*place, sheet.address(*place), tuple(said)) for place, said in paragraphs.items()]
    refused = 0
    if notes:
        refused, link = Notes(book.package, tab.part, sheet.space).add(notes[:MAX_NOTES], sheet.grid())
        if link is not None:
            sheet.name_drawing(link, book.relations_space)
    lists.offer(tab.name, sheet)
    return places, refused + len(notes[MAX_NOTES:])


def _paragraph(number: int, finding: Finding) -> tuple[str, str]:
    heading = NOTE_HEADING.format(number=number, severity=SEVERITIES[finding.severity])
    text = f"{finding.message}\nQué hacer: {finding.fix}"
    if finding.proposal is None:
        return heading, text
    is_long = len(finding.proposal) > _LONGEST_PROPOSAL
    proposal = f"está en la primera hoja, en el hallazgo {number}." if is_long else finding.proposal
    return heading, f"{text}\nValor propuesto: {proposal}"


def _what_it_said(correction: Correction) -> tuple[str, str]:
    before = correction.before or ""
    if not before:
        return CORRECTION_HEADING, "Corregido en Folio: estaba vacía."
    is_long = len(before) > _LONGEST_PROPOSAL
    return CORRECTION_HEADING, f"Corregido en Folio: decía «{before[:_LONGEST_PROPOSAL]}{'…' if is_long else ''}»."


def _said_without_note(count: int) -> str:
    if count == 1:
        return (
            "Una celda quedó coloreada pero sin comentario de Folio: ya tenía una conversación. Aquí está su hallazgo."
        )
    return (
        f"{count} celdas quedaron coloreadas pero sin comentario de Folio, porque ya tenían una conversación o porque "
        "son demasiadas. Aquí están todos sus hallazgos."
    )


def _add_sheets(
    book: OpenBook,
    listed: Sequence[Listed],
    losses: Sequence[str],
    styles: MarkStyles,
    lists: _Lists,
    *,
    corrections: Sequence[PutRight],
) -> None:
    taken = {tab.name.casefold() for tab in book.tabs}
    names = (FINDINGS_SHEET, *(f"{FINDINGS_SHEET} {number}" for number in range(2, 1000)))
    name = next(name for name in names if name.casefold() not in taken)
    part, head = findings_sheet(listed, losses, styles, (book.space, book.relations_space), corrections)
    book.add_first(name, part)
    book.add_hidden(MEMORY_SHEET, memory_sheet(listed, lists.words, book.space))
    quoted = name if " " not in name else f"'{name}'"
    book.define("_xlnm._FilterDatabase", f"{quoted}!$A${head}:$K${head + max(len(listed), 1)}", sheet=0)
    book.define("_xlnm.Print_Titles", f"{quoted}!${head}:${head}", sheet=0)
    for one in listed:
        if (link := link_name(one)) is not None and one.finding.place is not None:
            sheet, cell = quote_sheetname(one.finding.place.sheet), absolute_coordinate(one.finding.place.cell)
            # Not hidden: that Excel follows a link to a hidden name is not written anywhere.
            book.define(link, f"{sheet}!{cell}", is_hidden=False)
    for at, (list_name, words) in enumerate(zip(lists.names, lists.words, strict=True)):
        book.define(list_name, list_area(at, words, MEMORY_SHEET))


class _Lists:
    """The drop-down lists that the columns of the plan get: of the office's own words, where it has any."""

    def __init__(self, office: Office, mapping: tuple[MappedColumn, ...], rows: Iterable[RowRef]) -> None:
        vocabularies = {
            "lead": ("responsables", office.units, ""),
            "unit": ("unidades", office.measurement_units, ""),
            "periodicity": ("periodicidades", office.periodicities, _QUESTION),
            "funding_source": ("fuentes", office.funding_sources, _QUESTION),
        }
        used = {column.field for column in mapping}
        self._fields = {
            field: (f"{NAME_PREFIX}{name}", words, question)
            for field, (name, words, question) in vocabularies.items()
            if field in used and words
        }
        self._columns: dict[str, list[MappedColumn]] = defaultdict(list)
        for column in mapping:
            if column.field in self._fields:
                self._columns[column.sheet].append(column)
        self._rows: Mapping[str, list[int]] = _by_sheet(rows)
        self.names = tuple(name for name, _, _ in self._fields.values())
        self.words = tuple(words for _, words, _ in self._fields.values())

    def has(self, sheet: str) -> bool:
        """Whether a sheet gets any."""
        return bool(self._columns.get(sheet) and self._rows.get(sheet))

    def offer(self, name: str, sheet: MarkedSheet) -> None:
        """Give a sheet its lists."""
        if self.has(name):
            for column in self._columns[name]:
                list_name, _, question = self._fields[column.field]
                sheet.offer_list(column.column, self._rows[name], list_name, question)


def _by_sheet(rows: Iterable[RowRef]) -> dict[str, list[int]]:
    by_sheet: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        by_sheet[row.sheet].append(row.row)
    return by_sheet
