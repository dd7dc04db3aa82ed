"""An Excel template and an office's frame -> the template with the frame on what it prints, before it is compiled.

The block of signatures stands under everything that the sheet of the actions holds, over the columns of its model row:

- a row of 9 points with nothing in it, so that no filter takes the block for actions;
- where somebody approved, a merged row with `{{ aprobacion.frase }}`;
- rows of up to three places to sign, side by side. A place is one cell, merged over its columns: what the person did
  ("Elaboró"), empty lines of at least 1.5 cm, the name in capitals and bold, the position; whoever drafted has small
  letters. A page never ends inside a row, so no place is ever cut; that a row stays with another is nothing that a
  workbook can say.

Each place takes whole columns; four signers stand two and two, five three and two. The print area grows to hold the
block; the filter, the titles that come again on every page and the other sheets' cells stay as they are. What stands in
the printed headers and footers is told in `frame_excel_pages`. The code of an issued report is also the document's
`dc:identifier`.

There is no zone for the radicado: its label is stuck on the paper that is signed, which is the Word's or the PDF's.
Assumes a template that was compiled as it is, so that whatever can be wrong with it has been told.
"""

from __future__ import annotations

import io
import math
import re
import warnings
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Final

from lxml import etree
from openpyxl import Workbook, load_workbook
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from service.domain.frame import Frame, Role, Signer
from service.domain.typography import TALLEST_ROW, is_borrowing, line_height, row_height
from worker.documents.frame_excel_pages import frame_pages
from worker.documents.open_package import OpenPackage
from worker.documents.printed_lines import child_of
from worker.documents.sheet_measures import SheetMeasures
from worker.documents.splice import qualified, spelled
from worker.documents.tags import untagged

_WORKBOOK: Final = "xl/workbook.xml"
_STYLES: Final = "xl/styles.xml"
_CORE: Final = "docProps/core.xml"
_IDENTIFIER: Final = "{http://purl.org/dc/elements/1.1/}identifier"
_RELATION: Final = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_SPACE: Final = "{http://www.w3.org/XML/1998/namespace}space"
_ACTION_TAG: Final = re.compile(r"\{\{\s*accion\.")
_MOST_ABREAST: Final = 3
# Points: the row that parts the block from the table, that of the approval at least, 1.5 cm to sign, and how much
# smaller who drafted is set.
_GAP: Final = 9.0
_LEAST: Final = 18.0
_ROOM: Final = 1.5 / 2.54 * 72
_SMALLER: Final = 1.5


def frame_workbook(template: bytes, frame: Frame, *, has_approval: bool, has_seal: bool) -> bytes:
    """The Excel template with the frame drawn into it; the very same bytes where there is nothing to draw.

    Who approved the plan, the code and the address of the seal are left as tags, and the picture that leads there as an
    empty member (`SEAL_PICTURE`): they are the report's, and the rest is the same for all the reports of an office.

    Raises:
        TemplateProblem: the office's facts are longer than what Excel admits in a printed header.
    """
    if frame.is_bare and not has_seal:
        return template
    package = OpenPackage(template)
    with warnings.catch_warnings():
        # openpyxl tells what it would drop on saving; nothing is saved with it here.
        warnings.simplefilter("ignore")
        workbook = load_workbook(io.BytesIO(template))
    targets = {relation.id: relation.target for relation in package.relations(_WORKBOOK)}
    sheets = {
        str(sheet.get("name")): targets[sheet.get(_RELATION, "")]
        for sheet in package.tree(_WORKBOOK).iter(qualified("sheet"))
    }
    official = _official_sheet(workbook)
    if official and not frame.is_bare and (frame.signers or has_approval):
        _Block(package, official, sheets[official.title]).draw(frame.signing_order, has_approval=has_approval)
    for title, part in sheets.items():
        # A sheet with an Excel table is data, for programs: it is no page of the report.
        is_data = any(relation.kind == "table" for relation in package.relations(part))
        if not is_data or (official and title == official.title):
            frame_pages(package, part, frame, has_seal=has_seal)
    if has_seal and _CORE in package:
        _identify(package.tree(_CORE))
    return package.close()


def _official_sheet(workbook: Workbook) -> Worksheet | None:
    """The first sheet that has a row for each action."""
    return next((sheet for sheet in workbook.worksheets if _model_row(sheet)), None)


def _model_row(sheet: Worksheet) -> int:
    """The row that is repeated for each action; 0 when none is."""
    return next(
        (
            number
            for number, row in enumerate(sheet.iter_rows(values_only=True), start=1)
            if any(isinstance(value, str) and _ACTION_TAG.search(value) for value in row)
        ),
        0,
    )


def _identify(core: etree._Element) -> None:
    for element in core.findall(_IDENTIFIER):
        core.remove(element)
    etree.SubElement(core, _IDENTIFIER, nsmap={"dc": etree.QName(_IDENTIFIER).namespace}).text = "{{ sello.codigo }}"


@dataclass(frozen=True, slots=True)
class _Run:
    """A stretch of a cell's text, and the size of its letters in points."""

    text: str
    size: float
    is_bold: bool = False


class _Block:
    """The rows beneath a sheet's last, while they are written; it looks like the first cell of the model row."""

    def __init__(self, package: OpenPackage, sheet: Worksheet, part: str) -> None:
        self._package = package
        self._root = package.tree(part)
        self._title = sheet.title
        model = _model_row(sheet)
        columns = [cell.column for cell in sheet[model] if cell.value is not None]
        self._first, self._last = columns[0], columns[-1]
        measures = SheetMeasures(sheet)
        self._widths = [measures.column_width(column) for column in range(self._first, self._last + 1)]
        self._setting = replace(measures.setting(model, self._first), bold=True, wraps=True)
        font = sheet.cell(model, self._first).font
        self._font, self._size = font.name or "Arial", float(font.sz or 11)
        self._style = self._style_at(f"{get_column_letter(self._first)}{model}")
        self._bottom = self._row = sheet.max_row
        self._merges: list[str] = []

    def draw(self, signers: Sequence[Signer], *, has_approval: bool) -> None:
        """Write the rows, and stretch what the sheet prints over them."""
        self._add_row(_GAP)
        if has_approval:
            line = self._styled(horizontal="left", vertical="center", is_boxed=False)
            cells = self._merged(self._first, self._last, line, (_Run("{{ aprobacion.frase }}", self._size),))
            self._add_row(_LEAST, cells)
        box = self._styled(horizontal="center", vertical="top", is_boxed=True)
        count = math.ceil(len(signers) / min(_MOST_ABREAST, len(self._widths)))
        abreast = math.ceil(len(signers) / count) if count else 0
        # One alone takes half of the width: the whole of it is no place to sign.
        places = _shared_out(self._widths, max(abreast, 2) if len(self._widths) > 1 else 1)
        for start in range(0, len(signers), max(abreast, 1)):
            self._add_signers(signers[start : start + abreast], places, box)
        self._stretch_area()

    def _add_signers(self, signers: Sequence[Signer], places: Sequence[tuple[int, int]], style: int) -> None:
        cells: list[etree._Element] = []
        heights = []
        for signer, (start, end) in zip(signers, places, strict=False):
            size = max(self._size - _SMALLER, 6.0) if signer.role is Role.DRAFTED else self._size
            room = math.ceil(_ROOM / line_height(size))
            name, position = untagged(signer.printed_name), untagged(signer.printed_position)
            runs = (
                _Run(f"{signer.role.label}{chr(10) * (room + 1)}", size),
                _Run(name, size, is_bold=True),
                _Run(f"\n{position}", size),
            )
            cells += self._merged(self._first + start, self._first + end, style, runs)
            setting = replace(self._setting, width=sum(self._widths[start : end + 1]))
            lines = 1 + room + setting.lines(name) + setting.lines(position)
            heights.append(row_height(lines, setting.size, is_borrowing=is_borrowing(name + position)))
        self._add_row(min(max(heights), TALLEST_ROW), cells)

    def _add_row(self, height: float, cells: Iterable[etree._Element] = ()) -> None:
        """A row beneath the last; one with a tag grows with the text that the report brings."""
        self._row += 1
        row = etree.SubElement(child_of(self._root, "sheetData"), qualified("row"), r=str(self._row), customHeight="1")
        row.set("ht", f"{height:g}")
        for cell in cells:
            cell.set("r", f"{cell.get('r')}{self._row}")
            row.append(cell)

    def _merged(self, first: int, last: int, style: int, runs: tuple[_Run, ...]) -> list[etree._Element]:
        """The cells of the next row from column to column as one, addressed by their columns alone."""
        letters = [get_column_letter(column) for column in range(first, last + 1)]
        cells = [etree.Element(qualified("c"), r=letter, s=str(style)) for letter in letters]
        cells[0].set("t", "inlineStr")
        inline = etree.SubElement(cells[0], qualified("is"))
        for run in runs:
            holder = inline
            if len(runs) > 1:
                holder = etree.SubElement(inline, qualified("r"))
                properties = etree.SubElement(holder, qualified("rPr"))
                if run.is_bold:
                    etree.SubElement(properties, qualified("b"))
                etree.SubElement(properties, qualified("sz"), val=f"{run.size:g}")
                etree.SubElement(properties, qualified("rFont"), val=self._font)
            text = etree.SubElement(holder, qualified("t"))
            text.set(_SPACE, "preserve")
            text.text = spelled(run.text)
        if len(cells) > 1:
            self._merges.append(f"{letters[0]}{self._row + 1}:{letters[-1]}{self._row + 1}")
        return cells

    def _stretch_area(self) -> None:
        if self._merges:
            merges = child_of(self._root, "mergeCells")
            etree.strip_attributes(merges, "count")
            for area in self._merges:
                etree.SubElement(merges, qualified("mergeCell"), ref=area)
        dimension = child_of(self._root, "dimension")
        dimension.set("ref", re.sub(r"\d+$", str(self._row), dimension.get("ref") or f"A1:A{self._row}"))
        places = [str(sheet.get("name")) for sheet in self._package.tree(_WORKBOOK).iter(qualified("sheet"))]
        for name in self._package.tree(_WORKBOOK).iter(qualified("definedName")):
            is_area = name.get("name") == "_xlnm.Print_Area"
            if is_area and name.get("localSheetId") == str(places.index(self._title)):
                name.text = re.sub(r"\d+$", self._stretched, name.text or "")

    def _stretched(self, end: re.Match[str]) -> str:
        """The last row of a print area: what the office leaves out of it stays out, but for the block."""
        return str(max(int(end[0]), self._row))

    def _style_at(self, address: str) -> int:
        cells = (cell for cell in self._root.iter(qualified("c")) if cell.get("r") == address)
        return int(next((cell.get("s", "0") for cell in cells), "0"))

    def _styled(self, *, horizontal: str, vertical: str, is_boxed: bool) -> int:
        """A new style, like that of the model row's first cell."""
        formats = self._package.tree(_STYLES).find(qualified("cellXfs"))
        assert formats is not None  # noqa: S101 - Excel's workbooks have formats
        style = deepcopy(formats[self._style])
        style.tail = None
        for child in list(style):
            if child.tag in {qualified("alignment"), qualified("extLst")}:
                style.remove(child)
        style.set("numFmtId", "0")
        style.set("applyAlignment", "1")
        if not is_boxed:
            style.set("borderId", "0")
            style.set("fillId", "0")
        alignment = etree.Element(qualified("alignment"), horizontal=horizontal, vertical=vertical, wrapText="1")
        style.insert(0, alignment)
        formats.append(style)
        formats.set("count", str(len(formats)))
        return len(formats) - 1


def _shared_out(widths: Sequence[float], places: int) -> list[tuple[int, int]]:
    """Whole columns for each place, as even as they come: pairs of first and last, from 0."""
    edges = list(accumulate(widths))
    cuts = [0]
    for place in range(1, places):
        wanted = edges[-1] * place / places
        after = bisect_left(edges, wanted)
        nearest = after + 1 if after == 0 or edges[after] - wanted <= wanted - edges[after - 1] else after
        # Every place before and behind keeps a column.
        cuts.append(min(max(nearest, cuts[-1] + 1), len(widths) - places + place))
    return [(start, end - 1) for start, end in zip(cuts, [*cuts[1:], len(widths)], strict=True)]
