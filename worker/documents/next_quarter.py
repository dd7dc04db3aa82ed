"""The office's own workbook of a report -> the same made ready for the quarter that follows.

The plan's columns stay letter for letter. The avance, and what else tells of the reported quarter alone, is taken out
of the rows of the actions; the last avance can be read in a grey column behind the table, which is not printed, takes
no input and is no part of the plan when the workbook comes back. Every label moves on. Where the quarters stand side
by side nothing is taken out, for the next one has its own column, or gets one. After the fourth quarter comes another
plan: its year is the next one's, its version 1.0 and its rows are empty but for their numbers.

Input is refused by a validation, not by protecting the sheet: protection would also take away the office's own ways of
working (inserting rows, filters, widths), and someone would have to keep its password.
"""

from __future__ import annotations

import datetime as dt
import re
import zipfile
import zlib
from collections import Counter, defaultdict
from itertools import pairwise
from typing import Final

from lxml import etree
from openpyxl.utils import get_column_letter

from service.domain.errors import UnmarkableWorkbook
from service.domain.marks import CONSULTATION
from service.domain.reading import MappedColumn
from service.domain.reports import Report
from service.domain.rules.words import bare
from service.domain.values import ROMAN
from worker.documents.mark_cells import bounds
from worker.documents.mark_removal import remove_marks
from worker.documents.mark_styles import MarkStyles
from worker.documents.next_quarter_labels import Edit, Turn, in_pieces, quarter_named
from worker.documents.next_quarter_names import quote, rename
from worker.documents.next_quarter_sheet import Place, PlanSheet, SharedTexts, column_of, edit_pieces, text_of
from worker.documents.next_quarter_table import LONGEST_LABEL, Labels, PlanTable, series_in
from worker.documents.open_book import OpenBook, Tab
from worker.documents.seal_removal import drop_seal

_GREY: Final = "FFE7E6E6"
_REFUSED: Final = "Solo consulta"
_REASON: Final = (
    "Este es el avance del {quarter} trimestre de {year}, para consultarlo. Escriba el avance nuevo en la columna "
    "{column}."
)
_DAMAGED: Final = (
    "El libro está dañado por dentro y no se pudo preparar para el trimestre siguiente. Ábralo en Excel, guárdelo otra "
    "vez y súbalo de nuevo."
)
_LONGEST_NAME: Final = 31
# What of another sheet may be a title: few words, near its top, and not the cells of a list.
_TITLE_ROWS: Final = 60
_TITLE_WORDS: Final = 15
_TITLE_COPIES: Final = 2
_CODE: Final = re.compile(r'&(?:"[^"]*"|\d{1,3}|K(?:[0-9A-Fa-f]{6}|\d\d[+-]\d{3})|[A-Za-z&])')
_COLUMNS: Final = re.compile(r"((?:'(?:[^']|'')+'|[^'!,]+)!)\$?([A-Z]{1,3})((?:\$?\d+)?):\$?([A-Z]{1,3})((?:\$?\d+)?)")
_ROWS: Final = re.compile(r"((?:'(?:[^']|'')+'|[^'!,]+)!)\$?(\d+):\$?(\d+)")
_EPOCHS: Final = {False: dt.date(1899, 12, 30), True: dt.date(1904, 1, 1)}
_TOLD_IN: Final = frozenset({"title", "subject", "description"})


def render_next_quarter(workbook: bytes, report: Report, mapping: tuple[MappedColumn, ...]) -> bytes:
    """The workbook in which the office writes the follow-up of `report.plan.quarter.next`; the same bytes each time.

    Args:
        workbook: the .xlsx or .xlsm package that the report was read from; another format was turned into one before.
        report: its plan says which rows hold actions, which quarter was reported and under which version.
        mapping: which columns hold which fields.

    Raises:
        UnmarkableWorkbook: the reader could pass over a damaged part, but the workbook cannot be changed.
    """
    try:
        return _Workbook(workbook, report, mapping).turned()
    except (etree.XMLSyntaxError, KeyError, ValueError, zlib.error, zipfile.BadZipFile) as error:
        raise UnmarkableWorkbook(_DAMAGED, log=repr(error)) from error


class _Workbook:
    def __init__(self, content: bytes, report: Report, mapping: tuple[MappedColumn, ...]) -> None:
        self._book = OpenBook(content)
        self._turn = Turn(report.plan.quarter, report.plan.version)
        self._mapping: dict[str, list[MappedColumn]] = defaultdict(list)
        for column in mapping:
            self._mapping[column.sheet].append(column)
        self._rows: dict[str, list[int]] = defaultdict(list)
        self._actions = {str(action.action) for action in report.plan.actions if action.action}
        for action in report.plan.actions:
            self._rows[action.source.sheet].append(action.source.row)
        self._renamed_columns: dict[str, str] = {}

    def turned(self) -> bytes:
        book = self._book
        book.drop_macros()
        book.drop_signature()
        drop_seal(book.package)
        self._styles = MarkStyles(book.styles())
        remove_marks(book, self._styles)
        book.drop_calculation_chain()
        self._texts = SharedTexts(book.texts)
        tabs = [tab for tab in book.tabs if tab.kind == "worksheet"]
        self._of_periods = {
            tabs[at].name for _, at in series_in({(1, at): _said(tab.name) for at, tab in enumerate(tabs)})
        }
        named = {self._turn.following.number == quarter_named(_said(name)) for name in self._of_periods}
        # A sheet for each quarter is like a column for each: the next one's may be there already.
        has_next_sheet = True in named or self._turn.is_new_year
        is_computed = False
        for tab in tabs:
            sheet = PlanSheet(book.package.rows(tab.part), self._texts)
            is_computed = is_computed or sheet.has_formulas()
            is_one_of_a_series = tab.name in self._of_periods and has_next_sheet
            if mapping := self._plan_on(tab, sheet):
                if not is_one_of_a_series or self._turn.is_new_year:
                    self._turn_plan(tab, sheet, mapping, is_one_of_a_series=is_one_of_a_series)
            elif not book.is_hidden(tab) and tab.name not in self._of_periods:
                titles = _titles(sheet)
                self._turn_labels(tab, sheet, titles, series_in(titles))
        self._turn_properties()
        if is_computed:
            book.calculate_on_opening()
        names = self._new_names(tabs, has_next_sheet=has_next_sheet)
        for tab in tabs:
            if tab.name in names:
                book.rename_tab(tab, names[tab.name])
        if names or self._renamed_columns:
            rename(book.package, book.main, names, self._renamed_columns)
        return book.package.close()

    def _plan_on(self, tab: Tab, sheet: PlanSheet) -> list[MappedColumn]:
        """The columns of the plan's table on a sheet; in a new year also of the quarters that were not reported now."""
        if self._rows.get(tab.name) or not self._turn.is_new_year or tab.name not in self._of_periods:
            return self._mapping.get(tab.name, []) if self._rows.get(tab.name) else []
        mapping = next((self._mapping[name] for name in self._rows if name in self._of_periods), [])
        action = next((column_of(one.column) for one in mapping if one.field == "action"), 0)
        rows = [row for row, column in sheet.filled if column == action and sheet.text((row, column)) in self._actions]
        self._rows[tab.name] = rows
        return mapping if rows else []

    def _turn_plan(self, tab: Tab, sheet: PlanSheet, mapping: list[MappedColumn], *, is_one_of_a_series: bool) -> None:
        rows = self._rows[tab.name]
        for column in PlanTable(sheet, mapping, rows, self._turn).consultations:
            sheet.drop_column(column)
        table = PlanTable(sheet, mapping, rows, self._turn)
        labels, foot = dict(table.head), list(table.foot)
        series = frozenset(labels) if is_one_of_a_series else table.series
        if self._turn.is_new_year:
            # Another plan begins: of the rows of this one their numbers stay, and what they compute.
            emptied = frozenset(range(1, table.edge + 1)) - {table.columns.get("number", 0)}
            for row in sorted(table.rows):
                sheet.empty(row, emptied)
            _empty_totals(sheet, table, emptied)
        elif not table.has_all_quarters:
            emptied = frozenset(table.follow_up)
            self._turn_rows(tab, sheet, table, emptied)
            _empty_totals(sheet, table, emptied)
        elif not table.has_next_quarter:
            self._add_quarter(tab, sheet, table)
        for place, text, repeated in foot:
            if repeated is not None or "corte" in bare(text):
                labels[place] = text
            if repeated in series:
                series |= {place}
        self._turn_labels(tab, sheet, labels, series)

    def _turn_rows(self, tab: Tab, sheet: PlanSheet, table: PlanTable, emptied: frozenset[int]) -> None:
        """Some columns of the actions emptied, and the last avance behind the table, if there is room."""
        progress, column = table.progress, table.free_column
        if progress is not None and column is not None:
            self._open_consultation(tab, sheet, table, progress, column)
        for row in sorted(table.rows):
            if progress is not None and column is not None:
                style = self._styles.marked(sheet.style(row, progress), _GREY)
                sheet.show_again((row, progress), (row, column), style)
            sheet.empty(row, emptied)

    def _open_consultation(self, tab: Tab, sheet: PlanSheet, table: PlanTable, progress: int, column: int) -> None:
        """A column for the last avance, to be read behind the table: grey, not printed, and closed to input."""
        path = table.headers_over(progress)
        reported = self._turn.reported
        if path:
            style = self._styles.marked(sheet.style(*path[-1]), _GREY)
            header = CONSULTATION.format(quarter=reported.roman, year=reported.year)
            sheet.write((path[-1][0], column), header, style)
        for left, top, right, bottom in sheet.merges:
            if left <= progress <= right and top < bottom and top in table.rows:
                sheet.merge(column, top, bottom)
        sheet.widen(column, progress)
        letters = get_column_letter(progress)
        reason = _REASON.format(quarter=reported.roman, year=reported.year, column=letters)
        closed = (*(row for row, _ in path[-1:]), *table.rows)
        sheet.refuse_input(get_column_letter(column), closed, _REFUSED, reason)
        last = max(column, *(at for _, at in sheet.filled))
        area = _without_column(self._book.print_area(tab), tab.name, column, last)
        self._book.set_print_area(tab, area)

    def _add_quarter(self, tab: Tab, sheet: PlanSheet, table: PlanTable) -> None:
        """A column for the quarter that follows, behind those that the office added one by one."""
        progress, column = table.progress, table.free_column
        if progress is None or column is None:
            return
        for place in table.headers_over(progress):
            sheet.write((place[0], column), self._turn.text(table.head[place]), sheet.style(*place))
        for row in sorted(table.rows):
            sheet.restyle(row, column, sheet.style(row, progress))
        sheet.widen(column, progress)
        area = self._book.print_area(tab)
        ends = f"${get_column_letter(table.edge)}$"
        if area is not None and ends in area:
            self._book.set_print_area(tab, area.replace(f":{ends}", f":${get_column_letter(column)}$"))

    def _turn_labels(self, tab: Tab, sheet: PlanSheet, labels: Labels, series: frozenset[Place]) -> None:
        changed: set[Place] = set()
        for place, text in labels.items():
            edits = self._turn.edits(text, is_one_of_a_series=place in series)
            if edits and sheet.edit(place, edits):
                changed.add(place)
        epoch = _EPOCHS[self._book.starts_in_1904]
        following = {place: after for place, after in pairwise(sheet.filled) if place in labels}
        for place, text in labels.items():
            beside = following.get(place)
            if beside is None or beside[0] != place[0] or beside in changed or place in series:
                continue
            number = sheet.number(beside)
            if number is not None and (new := self._turn.number(text, number, epoch)) is not None:
                sheet.set_number(beside, new)
            elif number is None and (said := self._turn.value(text, sheet.text(beside))) is not None:
                sheet.edit(beside, (Edit(0, len(sheet.text(beside)), said),))
        for line in sheet.headers_and_footers():
            line.text = in_pieces(line.text or "", _CODE, self._turn.text)
        self._turn_drawings(tab)
        self._rename_columns(tab, changed)

    def _turn_drawings(self, tab: Tab) -> None:
        """Titles in text boxes and over charts."""
        package = self._book.package
        drawings = [
            one.target for one in package.relations(tab.part) if one.kind == "drawing" and one.target in package
        ]
        charts = [one.target for part in drawings for one in package.relations(part) if one.kind == "chart"]
        for part in (*drawings, *(part for part in charts if part in package)):
            for paragraph in package.tree(part).iter("{http://schemas.openxmlformats.org/drawingml/2006/main}p"):
                text = text_of(paragraph)
                if 0 < len(text) <= LONGEST_LABEL:
                    edit_pieces(paragraph, self._turn.edits(text))

    def _rename_columns(self, tab: Tab, changed: set[Place]) -> None:
        """Excel's own tables say the headers of their columns once more, and must say the same."""
        package = self._book.package
        for link in package.relations(tab.part):
            if link.kind != "table" or link.target not in package:
                continue
            table = package.tree(link.target)
            left, top, _, _ = bounds(table.get("ref", ""))
            for at, column in enumerate(table.iter("{*}tableColumn")):
                old = column.get("name", "")
                if (top, left + at) in changed and (new := self._turn.text(old)) != old:
                    column.set("name", new)
                    self._renamed_columns[old] = new

    def _turn_properties(self) -> None:
        link = self._book.package.relation("", "core-properties")
        if link is not None and link.target in self._book.package:
            for one in self._book.package.tree(link.target):
                if isinstance(one.tag, str) and etree.QName(one).localname in _TOLD_IN and one.text:
                    one.text = self._turn.text(one.text)

    def _new_names(self, tabs: list[Tab], *, has_next_sheet: bool) -> dict[str, str]:
        """The sheets that get another name, as Excel admits it and no other sheet has it."""
        taken = {tab.name.casefold() for tab in self._book.tabs}
        names: dict[str, str] = {}
        for tab in tabs:
            is_of_periods = tab.name in self._of_periods
            if is_of_periods and not has_next_sheet and not self._rows.get(tab.name):
                continue
            said = _said(tab.name)
            new = self._turn.text(said, is_one_of_a_series=is_of_periods and has_next_sheet)
            new = new.removesuffix(said[len(tab.name) :])
            if new != tab.name and len(new) <= _LONGEST_NAME and new.casefold() not in taken:
                names[tab.name] = new
                taken.add(new.casefold())
        return names


def _said(name: str) -> str:
    """A sheet's name as a person says it: one that is called "III" is the third quarter's."""
    return f"{name} trimestre" if name.strip().upper() in ROMAN.values() else name


def _empty_totals(sheet: PlanSheet, table: PlanTable, columns: frozenset[int]) -> None:
    """Empty the figures of some columns in the rows that sum the actions up."""
    for row in frozenset(table.totals):
        figures = (column for column in columns if sheet.number((row, column)) is not None)
        sheet.empty(row, frozenset(figures))


def _titles(sheet: PlanSheet) -> Labels:
    """What may be a title on a sheet without the plan's table."""
    texts = {place: sheet.text(place) for place in sheet.filled if place[0] <= _TITLE_ROWS}
    copies = Counter(texts.values())
    return {
        place: text
        for place, text in texts.items()
        if text and len(text) <= LONGEST_LABEL and len(text.split()) <= _TITLE_WORDS and copies[text] <= _TITLE_COPIES
    }


def _without_column(area: str | None, sheet: str, column: int, last: int) -> str:
    """A print area that leaves a column out; where there was none, all the others are printed."""
    if area is None:
        area = f"{quote(sheet)}!$A:${get_column_letter(max(last, column))}"
    area = _ROWS.sub(rf"\1$A$\2:${get_column_letter(max(last, column))}$\3", area)
    pieces = []
    for piece in area.split(","):
        found = _COLUMNS.fullmatch(piece)
        if found is None:
            return area
        prefix, first, top, final, bottom = found.groups()
        left, right = column_of(first), column_of(final)
        if not left <= column <= right:
            pieces.append(piece)
            continue
        pieces += [
            f"{prefix}${get_column_letter(start)}{top}:${get_column_letter(end)}{bottom}"
            for start, end in ((left, column - 1), (column + 1, min(right, last)))
            if start <= end
        ]
    return ",".join(pieces)
