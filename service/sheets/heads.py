"""What stands above a table becomes the title, objective, version, year and quarter of the plan.

What the person gave beside the workbook wins; where the two contradict each other, that is said at the cell. What the
table's own sheet does not say may stand on a cover sheet or over another table of the plan.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from service.domain.findings import CellRef, Finding, FindingCode
from service.domain.office import REFERENCE_OFFICE, Office
from service.domain.reading import Given
from service.domain.typography import crowds_the_page
from service.domain.values import ROMAN, PlainText, VersionNumber
from service.sheets.cells import Habits, printed, read_text
from service.sheets.parsed import NUMBERS, Kind, ParsedSheet, RawCell, address
from service.sheets.tables import Table
from service.sheets.wording import one_line, plain_words, quarter_in, year_in

# "OBJETIVO GENERAL DEL PLAN: …"; the label may stand alone, with its text in the next cell.
_OBJECTIVE: Final = re.compile(r"\s*objetivo(?:\s+[^\W\d]+){0,4}?\s*(?::\s*(.*)|$)", re.IGNORECASE | re.DOTALL)
_VERSION: Final = re.compile(r"\b(?:versi[oó]n\b|v\.?)\D{0,5}(\d{1,4}\.\d{1,4})(?![\d.])", re.IGNORECASE)
_HALF_A_VERSION: Final = re.compile(r"\s*versi[oó]n(?: del plan)?\s*:?\s*(\d{1,3})\s*", re.IGNORECASE)
_VERSION_LABEL: Final = re.compile(r"version(?: del plan)?")
_YEAR_LABEL: Final = re.compile(r"vigencia|ano")
_FIELDS_UNDER_YEARS: Final = ("action", "funding_source", "qualitative_progress")


_PAGE_ROW: Final = 0
_PAGE: Final = "Encabezado o pie de página"
_DAY: Final = re.compile(r"\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}|\d{4}-\d\d-\d\d")
_MOST_ROWS: Final = 60
_MOST_CELLS: Final = 300


@dataclass(frozen=True, slots=True)
class Head:
    """What is known of the plan as a whole, and the cell where its version was found, if it was one."""

    year: int | None
    quarter: int | None
    version: VersionNumber | None
    title: PlainText | None
    objective: PlainText | None
    version_cell: RawCell | None
    findings: tuple[Finding, ...]


def read_head(
    table: Table, given: Given, elsewhere: tuple[ParsedSheet, ...] = (), office: Office = REFERENCE_OFFICE
) -> Head:
    """What the official documents print above their table; what is missing is asked for by name.

    `elsewhere` are the sheets where what the table's own sheet does not say may stand, in their order. What no cell
    says may stand in the header or footer of the printed pages. An objective that stands nowhere is the office's own.
    """
    of_cells = [_HeadReader(table.sheet.name, table.head_cells, table)]
    of_cells += [_HeadReader(sheet.name, _first_cells(sheet), None) for sheet in elsewhere]
    readers = [*of_cells, *(_HeadReader(sheet.name, _page_cells(sheet), None) for sheet in (table.sheet, *elsewhere))]
    missing: list[Finding] = []

    def first(code: FindingCode, read: Callable[[_HeadReader], Any]) -> Any:
        found = next((value for reader in readers if (value := read(reader)) is not None), None)
        if found is None:
            halves = (reader.half_a_version() for reader in of_cells) if code is FindingCode.PLAN_003 else ()
            missing.append(next(filter(None, halves), code.at(CellRef(table.sheet.name))))
        return found

    title = first(FindingCode.PLAN_004, _HeadReader.title)
    objective = first(FindingCode.PLAN_005, _HeadReader.objective)
    version, version_cell = first(FindingCode.PLAN_003, lambda reader: reader.version(given)) or (None, None)
    year = first(FindingCode.PLAN_001, lambda reader: reader.year(given))
    quarter = first(FindingCode.PLAN_002, lambda reader: reader.quarter(given))
    if objective is None and office.objective:
        objective = PlainText.admit(office.objective)
        missing = [each for each in missing if each.code is not FindingCode.PLAN_005]
        missing.append(FindingCode.PLAN_025.at(CellRef(table.sheet.name)))
    findings = [*missing, *(finding for reader in readers for finding in reader.findings)]
    if version_cell is not None and version_cell.row == _PAGE_ROW:
        version_cell = None
    return Head(year, quarter, version, title, objective, version_cell, tuple(findings))


def contradictions(tables: Iterable[Table]) -> Iterator[Finding]:
    """Where the heads of several tables that are one plan say different things; the first that says one counts."""
    first: dict[str, _Stated] = {}
    for table in tables:
        for stated in _HeadReader(table.sheet.name, table.head_cells, table).stated():
            known = first.setdefault(stated.what, stated)
            if known is stated or stated.agrees_with(known):
                continue
            other = f"{known.place.cell} de la hoja «{known.place.sheet}»"
            if stated.is_text:
                yield FindingCode.PLAN_014.at(stated.place, value=stated.said, what=stated.what, other=other)
            else:
                words = {"what": stated.what, "found": stated.said, "expected": known.said, "other": other}
                yield FindingCode.PLAN_013.at(stated.place, value=stated.written, **words)


@dataclass(frozen=True, slots=True)
class _Stated:
    """One thing that a head says: what it is in Spanish, in which words, and the text of its cell."""

    what: str
    said: str
    written: str
    place: CellRef
    is_text: bool = False

    def agrees_with(self, first: _Stated) -> bool:
        """Whether it is the same; a dependencia may add its name to the plan's title."""
        own, other = plain_words(self.said), plain_words(first.said)
        return own == other or (self.is_text and own.startswith(other))


def _first_cells(sheet: ParsedSheet) -> tuple[RawCell, ...]:
    rows = list(sheet.rows.values())[:_MOST_ROWS]
    return tuple(cell for cells in rows for cell in cells)[:_MOST_CELLS]


def _page_cells(sheet: ParsedSheet) -> tuple[RawCell, ...]:
    """The lines of a sheet's printed pages as cells of a row that no sheet has.

    What holds a day tells of the form that the quality system gave the office, not of the plan.
    """
    lines = (line for line in sheet.page_lines if not _DAY.search(line))
    return tuple(RawCell(_PAGE_ROW, column, Kind.TEXT, line) for column, line in enumerate(lines, start=1))


class _HeadReader:
    """Looks for each thing in the cells of one sheet, or the lines of its pages; None when they do not say it."""

    def __init__(self, sheet: str, cells: tuple[RawCell, ...], table: Table | None) -> None:
        self._sheet = sheet
        self._cells = cells
        self._table = table
        self._header_cells = table.header_cells if table else ()
        self.findings: list[Finding] = []

    def _over(self, field: str) -> tuple[RawCell, ...]:
        return self._table.headers_over(field) if self._table else ()

    def stated(self) -> Iterator[_Stated]:
        """What the head says of the plan as a whole, each thing once, at its cell."""
        if (cell := self._title_cell()) is not None and cell not in self._header_cells:
            yield self._as_stated("el título", cell, one_line(cell.text), is_text=True)
        if (objective := self._objective_cell()) is not None:
            yield self._as_stated("el objetivo", objective[0], one_line(objective[1]), is_text=True)
        for at, cell in enumerate(self._cells):
            if version := self._version_at(at):
                yield self._as_stated("la versión", cell, str(version))
                break
        for cell, year in self._stated_years()[:1]:
            yield self._as_stated("la vigencia", cell, str(year))
        if (cell := self._quarter_cell()) is not None and (quarter := quarter_in(cell.text)):
            yield self._as_stated("el trimestre", cell, ROMAN[quarter])

    def _as_stated(self, what: str, cell: RawCell, said: str, *, is_text: bool = False) -> _Stated:
        return _Stated(what, said, one_line(cell.text), self._place(cell), is_text)

    def title(self) -> PlainText | None:
        """The line that names the plan de acción; without one, the header over its actions."""
        cell = self._title_cell()
        return self._stripped(cell, cell.text) if cell is not None else None

    def _title_cell(self) -> RawCell | None:
        lines = [cell for cell in self._cells if not _OBJECTIVE.match(cell.text)]
        named = [cell for cell in lines if "plan de accion" in plain_words(cell.text)]
        named += [cell for cell in lines if re.search(r"\bplan\b", plain_words(cell.text))]
        named += [cell for cell in self._header_cells if "plan de accion" in plain_words(cell.text)]
        return named[0] if named else None

    def objective(self) -> PlainText | None:
        """What follows "Objetivo:", in its cell or in the next one to the right."""
        found = self._objective_cell()
        return self._objective(*found) if found else None

    def _objective_cell(self) -> tuple[RawCell, str] | None:
        for at, cell in enumerate(self._cells):
            found = _OBJECTIVE.fullmatch(cell.text)
            if not found:
                continue
            if (found.group(1) or "").strip():
                return cell, found.group(1)
            beside = self._beside(at)
            if beside is not None:
                return beside, beside.text
        return None

    def _objective(self, cell: RawCell, text: str) -> PlainText | None:
        objective = self._stripped(cell, text)
        if objective is not None and crowds_the_page(objective):
            self.findings.append(self._said(FindingCode.PLAN_023, cell, value=objective))
        return objective

    def version(self, given: Given) -> tuple[VersionNumber, RawCell | None] | None:
        """The version N.N of the plan and its cell; "Versión: 03" of the quality system's format is another thing."""
        found, cell = next(
            ((version, cell) for at, cell in enumerate(self._cells) if (version := self._version_at(at))), (None, None)
        )
        if given.version is not None:
            if cell is not None and found != given.version:
                self._contradicted(FindingCode.PLAN_009, cell, str(given.version), str(found))
            return given.version, cell
        return (found, cell) if found is not None else None

    def half_a_version(self) -> Finding | None:
        """A lone "Versión 2" may be the plan's or the quality system's format's: it is not for us to say which."""
        for cell in self._cells:
            if found := _HALF_A_VERSION.fullmatch(cell.text):
                whole = f"Versión {int(found[1])}.0"
                value = one_line(cell.text)
                return self._said(FindingCode.PLAN_024, cell, value=value, proposal=whole, whole=whole)
        return None

    def year(self, given: Given) -> int | None:
        """The vigencia that the title, the line "Vigencia" and the headers agree on."""
        stated = self._stated_years()
        if given.year is not None:
            for cell, year in [differing for differing in stated if differing[1] != given.year][:1]:
                self._contradicted(FindingCode.PLAN_006, cell, str(given.year), str(year))
            return given.year
        if not stated:
            return None
        first_cell, first_year = stated[0]
        if first_cell.row == _PAGE_ROW:
            return first_year if all(year == first_year for _, year in stated) else None
        for cell, year in stated[1:]:
            if year != first_year:
                other = address(first_cell.row, first_cell.column)
                words = {"found": year, "expected": first_year, "other": other}
                self.findings.append(self._said(FindingCode.PLAN_007, cell, value=one_line(cell.text), **words))
        return first_year

    def quarter(self, given: Given) -> int | None:
        """The quarter over the column of the progress, or else the first that is named above the table."""
        # Of several quarters side by side one was taken already, and which is not for their headers to say.
        if self._table is not None and self._table.match.periods:
            return given.quarter or self._table.match.quarter
        cell = self._quarter_cell()
        quarter = quarter_in(cell.text) if cell is not None else None
        if given.quarter is not None:
            if cell is not None and quarter is not None and quarter != given.quarter:
                self._contradicted(FindingCode.PLAN_008, cell, ROMAN[given.quarter], ROMAN[quarter])
            return given.quarter
        return quarter or (self._table.quarter if self._table else None)

    def _quarter_cell(self) -> RawCell | None:
        cells = (*self._over("qualitative_progress"), *self._cells, *self._header_cells)
        return next((cell for cell in cells if quarter_in(cell.text)), None)

    def _stated_years(self) -> list[tuple[RawCell, int]]:
        stated: dict[str, tuple[RawCell, int]] = {}

        def note(cells: tuple[RawCell, ...], says_year: Callable[[str], bool]) -> None:
            for cell in cells:
                year = year_in(cell.text) if says_year(plain_words(cell.text)) else None
                if year is not None:
                    stated.setdefault(address(cell.row, cell.column), (cell, year))

        lines = tuple(cell for cell in self._cells if not _OBJECTIVE.match(cell.text))
        note(lines, lambda words: bool(re.search(r"\b(?:plan|vigencia)\b", words)))
        for at, cell in enumerate(self._cells):
            beside = self._beside(at) if _YEAR_LABEL.fullmatch(plain_words(cell.text)) else None
            if beside is not None:
                note((beside,), lambda _: True)
        for field in _FIELDS_UNDER_YEARS:
            note(self._over(field), lambda _: True)
        return list(stated.values())

    def _version_at(self, at: int) -> VersionNumber | None:
        cell = self._cells[at]
        if found := _VERSION.search(cell.text):
            return VersionNumber.parse(found.group(1))
        beside = self._beside(at) if _VERSION_LABEL.fullmatch(plain_words(cell.text)) else None
        if beside is None:
            return None
        text = printed(beside).replace(",", ".")
        # A number cell shows "2.0" but holds 2.
        return VersionNumber.parse(text) or (VersionNumber.parse(f"{text}.0") if beside.kind in NUMBERS else None)

    def _beside(self, at: int) -> RawCell | None:
        following = self._cells[at + 1] if at + 1 < len(self._cells) else None
        return following if following is not None and following.row == self._cells[at].row else None

    def _stripped(self, cell: RawCell, text: str) -> PlainText | None:
        value, trouble = read_text(RawCell(cell.row, cell.column, cell.kind, text.strip()), Habits())
        if trouble is not None:
            self.findings.append(trouble.at(self._place(cell), _PAGE if cell.row == _PAGE_ROW else ""))
        return value

    def _contradicted(self, code: FindingCode, cell: RawCell, given: str, found: str) -> None:
        self.findings.append(self._said(code, cell, value=one_line(cell.text), given=given, found=found))

    def _said(self, code: FindingCode, cell: RawCell, **words: Any) -> Finding:
        return code.at(self._place(cell), column=_PAGE if cell.row == _PAGE_ROW else "", **words)

    def _place(self, cell: RawCell) -> CellRef:
        return CellRef(self._sheet, "" if cell.row == _PAGE_ROW else address(cell.row, cell.column))
