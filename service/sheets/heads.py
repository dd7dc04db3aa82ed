"""What stands above a table becomes the title, objective, version, year and quarter of the plan.

What the person gave beside the workbook wins; where the two contradict each other, that is said at the cell.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from service.domain.findings import CellRef, Finding, FindingCode
from service.domain.reading import Given
from service.domain.values import ROMAN, PlainText, VersionNumber
from service.sheets.cells import printed, read_text
from service.sheets.parsed import NUMBERS, RawCell, address
from service.sheets.tables import Table
from service.sheets.wording import one_line, plain_words, quarter_in, year_in

_OBJECTIVE: Final = re.compile(r"\s*objetivo(?:\s+(?:general|del plan))?\s*(?::\s*(.*)|$)", re.IGNORECASE | re.DOTALL)
_VERSION: Final = re.compile(r"\bversi[oó]n\b\D{0,5}(\d{1,4}\.\d{1,4})(?![\d.])", re.IGNORECASE)
_VERSION_LABEL: Final = re.compile(r"version(?: del plan)?")
_YEAR_LABEL: Final = re.compile(r"vigencia|ano")
_FIELDS_UNDER_YEARS: Final = ("action", "funding_source", "qualitative_progress")


@dataclass(frozen=True, slots=True)
class Head:
    """What is known of the plan as a whole, and the cells where title and version were found."""

    year: int | None
    quarter: int | None
    version: VersionNumber | None
    title: PlainText | None
    objective: PlainText | None
    version_cell: RawCell | None
    findings: tuple[Finding, ...]


def read_head(table: Table, given: Given) -> Head:
    """What the official documents print above their table; what is missing is asked for by name."""
    reader = _HeadReader(table)
    title = reader.title()
    objective = reader.objective()
    version, version_cell = reader.version(given)
    year = reader.year(given)
    quarter = reader.quarter(given)
    return Head(year, quarter, version, title, objective, version_cell, tuple(reader.findings))


class _HeadReader:
    def __init__(self, table: Table) -> None:
        self._table = table
        self._cells = table.head_cells
        self.findings: list[Finding] = []

    def title(self) -> PlainText | None:
        """The line that names the plan de acción; without one, the header over its actions."""
        lines = [cell for cell in self._cells if not _OBJECTIVE.match(cell.text)]
        named = [cell for cell in lines if "plan de accion" in plain_words(cell.text)]
        named += [cell for cell in lines if re.search(r"\bplan\b", plain_words(cell.text))]
        named += [cell for cell in self._table.header_cells if "plan de accion" in plain_words(cell.text)]
        if named:
            return self._stripped(named[0], named[0].text)
        self._miss(FindingCode.PLAN_004)
        return None

    def objective(self) -> PlainText | None:
        """What follows "Objetivo:", in its cell or in the next one to the right."""
        for at, cell in enumerate(self._cells):
            found = _OBJECTIVE.fullmatch(cell.text)
            if not found:
                continue
            if (found.group(1) or "").strip():
                return self._stripped(cell, found.group(1))
            beside = self._beside(at)
            if beside is not None:
                return self._stripped(beside, beside.text)
        self._miss(FindingCode.PLAN_005)
        return None

    def version(self, given: Given) -> tuple[VersionNumber | None, RawCell | None]:
        """The version N.N of the plan and its cell; "Versión: 03" of the quality system's format is another thing."""
        found, cell = next(
            ((version, cell) for at, cell in enumerate(self._cells) if (version := self._version_at(at))), (None, None)
        )
        if given.version is not None:
            if cell is not None and found != given.version:
                self._contradicted(FindingCode.PLAN_009, cell, str(given.version), str(found))
            return given.version, cell
        if found is None:
            self._miss(FindingCode.PLAN_003)
        return found, cell

    def year(self, given: Given) -> int | None:
        """The vigencia that the title, the line "Vigencia" and the headers agree on."""
        stated = self._stated_years()
        if given.year is not None:
            for cell, year in [differing for differing in stated if differing[1] != given.year][:1]:
                self._contradicted(FindingCode.PLAN_006, cell, str(given.year), str(year))
            return given.year
        if not stated:
            self._miss(FindingCode.PLAN_001)
            return None
        first_cell, first_year = stated[0]
        for cell, year in stated[1:]:
            if year != first_year:
                other = address(first_cell.row, first_cell.column)
                finding = FindingCode.PLAN_007.at(
                    self._place(cell), value=one_line(cell.text), found=year, expected=first_year, other=other
                )
                self.findings.append(finding)
        return first_year

    def quarter(self, given: Given) -> int | None:
        """The quarter over the column of the progress, or else the first that is named above the table."""
        cells = (*self._table.headers_over("qualitative_progress"), *self._cells, *self._table.header_cells)
        cell, quarter = next(((cell, number) for cell in cells if (number := quarter_in(cell.text))), (None, None))
        if given.quarter is not None:
            if cell is not None and quarter is not None and quarter != given.quarter:
                self._contradicted(FindingCode.PLAN_008, cell, ROMAN[given.quarter], ROMAN[quarter])
            return given.quarter
        if quarter is None:
            self._miss(FindingCode.PLAN_002)
        return quarter

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
            note(self._table.headers_over(field), lambda _: True)
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
        value, trouble = read_text(RawCell(cell.row, cell.column, cell.kind, text.strip()), self._table.sheet.epoch)
        if trouble is not None:
            self.findings.append(trouble.at(self._place(cell), ""))
        return value

    def _contradicted(self, code: FindingCode, cell: RawCell, given: str, found: str) -> None:
        self.findings.append(code.at(self._place(cell), value=one_line(cell.text), given=given, found=found))

    def _miss(self, code: FindingCode) -> None:
        self.findings.append(code.at(CellRef(self._table.sheet.name)))

    def _place(self, cell: RawCell) -> CellRef:
        return CellRef(self._table.sheet.name, address(cell.row, cell.column))
