"""Findings -> the two sheets that Folio adds to an office's workbook, as XML: the list, and the hidden memory.

The list is for people: one row a finding, a link to its cell, a column to type a reason in. The memory is for Folio:
formulas that follow each cell when rows are put in, the fill that each marked cell had, the words of drop-down lists.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from openpyxl.utils import get_column_letter, quote_sheetname

from service.domain.corrections import Correction
from service.domain.findings import Finding, Severity
from service.domain.marks import (
    ACCEPTED,
    CORRECTION_HEADERS,
    CORRECTIONS_TITLE,
    FILLS,
    HEADERS,
    MEMORY_HEADERS,
    NAME_PREFIX,
    SEVERITIES,
)
from service.domain.typography import cell_lines, row_height
from worker.documents.mark_styles import MarkStyles
from worker.documents.splice import escape, escape_attribute, string_text

_WIDTHS: Final = (6, 13, 18, 8, 20, 28, 40, 40, 48, 34, 13)
_SIZE: Final = 10.0
# A column's width counts digits of the usual font: 7 pixels each and 5 between columns, 4 pixels to 3 points.
_COLUMN_POINTS: Final = tuple((7 * width + 5) * 0.75 for width in _WIDTHS)
_TALLEST_ROW: Final = 409.0
_TITLE: Final = "Hallazgos de la revisión"
_HELP: Final = (
    "Corrija cada celda en su hoja; la columna «Celda» lleva a ella. Si un hallazgo no se debe corregir, escriba la "
    "razón en la columna «Aceptar con esta razón». Guarde el libro y súbalo de nuevo: Folio no lee esta hoja ni sus "
    "marcas como parte del plan, y lo aceptado queda aceptado."
)
_NOTHING: Final = "No hay nada que corregir."
_HEADER_FILL: Final = "FF24476B"
_LINK: Final = "FF0B5394"
_GREY: Final = "FFE4E7EB"
_REASON_FILL: Final = "FFF7F9FB"
_SHOWN: Final = 160
_SHEET_COLUMN, _CELL_COLUMN = "C", "D"
# Under the sheets, cells and texts of the findings: where the list of what was put right begins.
_FIRST_CORRECTION_COLUMN: Final = 3
_FIRST_LIST_COLUMN: Final = len(MEMORY_HEADERS) + 2


@dataclass(frozen=True, slots=True)
class Place:
    """The cell that a finding is marked at: the sheet as the workbook names it, an address, the fill that it had."""

    sheet: str
    address: str
    fill: str


@dataclass(frozen=True, slots=True)
class PutRight:
    """A cell that was put right in Folio, and the header of its column where it stands in the plan's table."""

    correction: Correction
    header: str


@dataclass(frozen=True, slots=True)
class Listed:
    """A finding with its number; `place` None when no cell of the workbook shows it."""

    number: int
    finding: Finding
    place: Place | None
    has_link: bool


def findings_sheet(
    listed: Sequence[Listed],
    losses: Sequence[str],
    styles: MarkStyles,
    spaces: tuple[str, str],
    corrections: Sequence[PutRight] = (),
) -> tuple[bytes, int]:
    """The part of the list, and the row of its headers; `spaces` are the namespaces of sheets and of relations.

    What was put right in Folio is told under the list.
    """
    looks = _Looks(styles)
    lines = [(_TITLE, looks.title, 24.0), (_summary(listed), looks.summary, 18.0), (_HELP, looks.help, 30.0)]
    if corrections:
        lines.append((_put_right(len(corrections)), looks.summary, 18.0))
    lines += [(loss, looks.loss, 28.0) for loss in losses]
    rows = [_line(row, text, look, height) for row, (text, look, height) in enumerate(lines, start=1)]
    merges = [f'<mergeCell ref="A{row}:J{row}"/>' for row in range(1, len(lines) + 1)]
    head = len(lines) + 2
    cells = "".join(_cell(column, head, name, looks.header) for column, name in enumerate(HEADERS, start=1))
    rows.append(f'<row r="{head}" ht="18" customHeight="1">{cells}</row>')
    links = []
    for row, one in enumerate(listed, start=head + 1):
        rows.append(_row(row, one, looks))
        if one.has_link and one.finding.place is not None:
            target = link_name(one) or f"{quote_sheetname(one.finding.place.sheet)}!A1"
            column = _CELL_COLUMN if one.finding.place.cell else _SHEET_COLUMN
            links.append(f'<hyperlink ref="{column}{row}" location="{escape_attribute(target)}"/>')
    if not listed:
        rows.append(_line(head + 1, _NOTHING, looks.summary, 18.0))
    last = head + max(len(listed), 1)
    rows += _correction_rows(corrections, last + 2, looks)
    end = last if not corrections else last + 3 + len(corrections)
    main, relations = spaces
    part = (
        f'<worksheet xmlns="{main}" xmlns:r="{relations}">'
        '<sheetPr><tabColor rgb="FFC62828"/><pageSetUpPr fitToPage="1"/></sheetPr>'
        f'<dimension ref="A1:{get_column_letter(len(HEADERS))}{end}"/>'
        '<sheetViews><sheetView showGridLines="0" tabSelected="1" workbookViewId="0">'
        f'<pane ySplit="{head}" topLeftCell="A{head + 1}" activePane="bottomLeft" state="frozen"/>'
        f'<selection pane="bottomLeft" activeCell="A{head + 1}" sqref="A{head + 1}"/></sheetView></sheetViews>'
        f'<sheetFormatPr defaultRowHeight="15"/><cols>{_columns(_WIDTHS)}</cols>'
        f"<sheetData>{''.join(rows)}</sheetData>"
        f'<autoFilter ref="A{head}:{get_column_letter(len(HEADERS))}{last}"/>'
        f'<mergeCells count="{len(merges)}">{"".join(merges)}</mergeCells>'
        + (f"<hyperlinks>{''.join(links)}</hyperlinks>" if links else "")
        + '<pageMargins left="0.4" right="0.4" top="0.5" bottom="0.5" header="0.3" footer="0.3"/>'
        '<pageSetup orientation="landscape" fitToHeight="0"/>'
        "<headerFooter><oddFooter>&amp;CPágina &amp;P de &amp;N</oddFooter></headerFooter></worksheet>"
    )
    return part.encode(), head


def link_name(one: Listed) -> str | None:
    """The name that the link of a finding leads to: unlike an address it follows its cell when rows are put in.

    None where there is no cell to follow.
    """
    has_cell = one.has_link and one.finding.place is not None and one.finding.place.cell
    return f"{NAME_PREFIX}hallazgo_{one.number}" if has_cell else None


def memory_sheet(listed: Iterable[Listed], lists: Sequence[tuple[str, ...]], space: str) -> bytes:
    """The part of the memory: a row for each marked finding, and the words of each list in a column of its own."""
    marked = [one for one in listed if one.place is not None]
    columns = {_FIRST_LIST_COLUMN + at: words for at, words in enumerate(lists)}
    rows = [f'<row r="1">{"".join(_cell(at, 1, name, 0) for at, name in enumerate(MEMORY_HEADERS, start=1))}</row>']
    for row in range(2, 2 + max([len(marked), *map(len, lists)], default=0)):
        cells = _memory_cells(row, marked[row - 2]) if row - 2 < len(marked) else ""
        cells += "".join(
            _cell(column, row, words[row - 2], 0) for column, words in columns.items() if row - 2 < len(words)
        )
        rows.append(f'<row r="{row}">{cells}</row>')
    return f'<worksheet xmlns="{space}"><sheetData>{"".join(rows)}</sheetData></worksheet>'.encode()


def list_area(at: int, words: tuple[str, ...], sheet: str) -> str:
    """Where the memory keeps the words of its list number `at`, from 0."""
    letters = get_column_letter(_FIRST_LIST_COLUMN + at)
    return f"{quote_sheetname(sheet)}!${letters}$2:${letters}${len(words) + 1}"


class _Looks:
    """The styles of the list."""

    def __init__(self, styles: MarkStyles) -> None:
        self.title = styles.add(bold=True, size=16, wrapped=False)
        self.summary = styles.add(bold=True, size=11, wrapped=False)
        self.help = styles.add()
        self.loss = styles.add(bold=True, colour="FF8A4B00")
        self.header = styles.add(bold=True, colour="FFFFFFFF", fill=_HEADER_FILL, lined=True)
        self.text = styles.add(lined=True)
        self.middle = styles.add(lined=True, centred=True)
        self.link = styles.add(lined=True, centred=True, colour=_LINK, underlined=True)
        self.reason = styles.add(lined=True, fill=_REASON_FILL)
        self.accepted = styles.add(lined=True, centred=True, bold=True, fill=_GREY)
        self.severities = {
            severity: styles.add(lined=True, centred=True, bold=True, fill=colour) for severity, colour in FILLS.items()
        }


def _row(row: int, one: Listed, looks: _Looks) -> str:
    finding = one.finding
    place = finding.place
    is_accepted = finding.accepted is not None
    cells = (
        (str(one.number), looks.middle),
        (
            ACCEPTED if is_accepted else SEVERITIES[finding.severity],
            looks.accepted if is_accepted else looks.severities[finding.severity],
        ),
        (place.sheet if place else "", looks.link if one.has_link and place and not place.cell else looks.text),
        (place.cell if place else "", looks.link if one.has_link else looks.middle),
        (finding.column, looks.text),
        (finding.value if len(finding.value) <= _SHOWN else f"{finding.value[: _SHOWN - 1]}…", looks.text),
        (finding.message, looks.text),
        (finding.fix, looks.text),
        (finding.proposal or "", looks.text),
        (finding.accepted or "", looks.reason),
        (finding.code.name, looks.middle),
    )
    written = "".join(_cell(at, row, text, look) for at, (text, look) in enumerate(cells, start=1))
    lines = max(cell_lines(text, width, _SIZE) for (text, _), width in zip(cells, _COLUMN_POINTS, strict=True))
    height = min(row_height(lines, _SIZE) + 3, _TALLEST_ROW)
    return f'<row r="{row}" ht="{height:g}" customHeight="1">{written}</row>'


def _correction_rows(corrections: Sequence[PutRight], first: int, looks: _Looks) -> list[str]:
    """Their title, their headers and a row for each; none where there are none."""
    if not corrections:
        return []
    title = _cell(_FIRST_CORRECTION_COLUMN, first, CORRECTIONS_TITLE, looks.summary)
    headers = enumerate(CORRECTION_HEADERS, start=_FIRST_CORRECTION_COLUMN)
    head = "".join(_cell(column, first + 1, name, looks.header) for column, name in headers)
    rows = [f'<row r="{first}" ht="18" customHeight="1">{title}</row>', f'<row r="{first + 1}">{head}</row>']
    for row, one in enumerate(corrections, start=first + 2):
        place = one.correction.place
        texts = (place.sheet, place.cell, one.header, one.correction.before or "", one.correction.after)
        cells = list(enumerate(texts, start=_FIRST_CORRECTION_COLUMN))
        lines = max(cell_lines(text, _COLUMN_POINTS[column - 1], _SIZE) for column, text in cells)
        height = min(row_height(lines, _SIZE) + 3, _TALLEST_ROW)
        written = "".join(
            _cell(column, row, text, looks.middle if text == place.cell else looks.text) for column, text in cells
        )
        rows.append(f'<row r="{row}" ht="{height:g}" customHeight="1">{written}</row>')
    return rows


def _put_right(count: int) -> str:
    told, values = (
        ("Se corrigió 1 celda", "su valor") if count == 1 else (f"Se corrigieron {count} celdas", "sus valores")
    )
    return f"{told} en Folio y este libro ya tiene {values}; qué decía, al final de esta hoja."


def _memory_cells(row: int, one: Listed) -> str:
    assert one.place is not None  # noqa: S101  the caller chose those that are marked
    cell = f"{quote_sheetname(one.place.sheet)}!{one.place.address}"
    follows = escape(f"ADDRESS(ROW({cell}),COLUMN({cell}),4)")
    return (
        f'<c r="A{row}"><v>{one.number}</v></c>{_cell(2, row, one.place.sheet, 0)}'
        f'<c r="C{row}" t="str"><f>{follows}</f><v>{one.place.address}</v></c>{_cell(4, row, one.place.fill, 0)}'
    )


def _line(row: int, text: str, look: int, height: float) -> str:
    return f'<row r="{row}" ht="{height:g}" customHeight="1">{_cell(1, row, text, look)}</row>'


def _cell(column: int, row: int, text: str, style: int) -> str:
    place = f'r="{get_column_letter(column)}{row}"' + (f' s="{style}"' if style else "")
    if not text:
        return f"<c {place}/>" if style else ""
    if column == 1 and text.isdecimal():
        return f"<c {place}><v>{text}</v></c>"
    return f'<c {place} t="inlineStr"><is><t xml:space="preserve">{string_text(text)}</t></is></c>'


def _columns(widths: Iterable[int]) -> str:
    return "".join(
        f'<col min="{at}" max="{at}" width="{width}" customWidth="1"/>' for at, width in enumerate(widths, start=1)
    )


def _summary(listed: Sequence[Listed]) -> str:
    """How many there are of each: 2 errores, 1 advertencia y 9 sugerencias."""
    counts = [
        (sum(one.finding.severity is severity and one.finding.accepted is None for one in listed), words)
        for severity, words in _WORDS.items()
    ]
    accepted = sum(one.finding.accepted is not None for one in listed)
    counts.append((accepted, ("hallazgo aceptado", "hallazgos aceptados")))
    said = [f"{count} {words[0] if count == 1 else words[1]}" for count, words in counts if count]
    return f"{', '.join(said[:-1])}{' y ' if said[:-1] else ''}{said[-1]}." if said else _NOTHING


_WORDS: Final = {
    Severity.ERROR: ("error", "errores"),
    Severity.WARNING: ("advertencia", "advertencias"),
    Severity.SUGGESTION: ("sugerencia", "sugerencias"),
}
