"""A finished Excel file, the office's template and the report -> the proof that every cell tells the report.

Values are compared by type: a number stored as text is a difference. An action may take several rows of the official
sheet where its texts are taller than a row can be: joined, they must be the action again, to the letter.
"""

from __future__ import annotations

import re
from typing import Final

from service.domain.reports import Report
from service.domain.typography import TALLEST_ROW, lines_needed
from worker.documents.proof_alignment import Fate, align
from worker.documents.proof_excel_book import Book, Row, Sheet, Value, column_letters
from worker.documents.proof_excel_shown import joined_values, shown_value, told_apart
from worker.documents.proof_excel_template import Cells, ExpectedSheet, expected_sheets, measured, parse
from worker.documents.proof_package import NotSound, Package
from worker.documents.proof_properties import compare_properties
from worker.documents.proof_result import Difference, Findings, Proof, action_place
from worker.documents.proof_values import all_shown, plan_values

_DRAFT: Final = "BORRADOR"
_PRINTED_NAMES: Final = {
    "_xlnm.Print_Titles": "filas que se repiten al imprimir",
    "_xlnm.Print_Area": "área de impresión",
}
_OF_SHEET: Final = re.compile(r"(?:'(?:[^']|'')*'|[^',!]+)!")
# Commands of a printed header: its three areas, size, font, colour, style; "&&" is a letter, "&P" and "&N" are fields.
_FORMAT: Final = re.compile(r'&(?:\d+|"[^"]*"|K[0-9A-Fa-f+\-]{6}|[BIUESXYOH])')
_AREA: Final = re.compile(r"&(?![&])([LCR])")
_LINES: Final = {"odd": "", "even": "differentOddEven", "first": "differentFirst"}
# Points: a line of Arial is as tall as this for each point of its letters.
_LINE: Final = 1.15
# What any program keeps free of letters at the sides of a cell, at least.
_EDGES: Final = 1.5
# A text whose letters would fit if each took this share of their size is not measured letter by letter.
_WIDE: Final = 0.55


def prove_excel(content: bytes, template: bytes, report: Report) -> Proof:
    """Hold a finished Excel file against its report.

    Args:
        content: the file.
        template: the office's template that it was made of.
        report: what it must tell, and whether as a draft.

    Raises:
        TemplateProblem: the template has a tag that cannot be read here.
    """
    findings = Findings()
    _, template_book, properties = measured(template)
    expected = expected_sheets(template, report, counts_from_1904=template_book.counts_from_1904)
    for sheet in expected:
        _count(sheet, findings)
    try:
        package = Package(content)
        book = Book(package)
        _compare_book(book, template_book, expected, findings)
        for what in package.forbidden:
            findings.tell("el archivo entero", "un libro sin macros, objetos ni contraseña", what)
        for sheet in expected:
            if sheet.measure.sheet.name in book.sheets:
                _Comparison(sheet, book.sheets[sheet.measure.sheet.name], book, report, findings).run()
            else:
                _miss_all(sheet, report, findings)
        compare_properties(package, properties, report, findings)
    except NotSound as problem:
        findings.refuse("un libro de Excel sano", str(problem))
    return findings.proof()


def _compare_book(book: Book, template: Book, expected: list[ExpectedSheet], findings: Findings) -> None:
    if book.is_locked and not template.is_locked:
        findings.tell("libro", "un libro que se puede abrir y firmar", "está protegido")
    if book.counts_from_1904 != template.counts_from_1904:
        findings.tell("libro", "las fechas contadas como en la plantilla", "se cuentan desde otro año")
    names = [sheet.measure.sheet.name for sheet in expected]
    if names != list(book.sheets):
        findings.tell("hojas del libro", ", ".join(names), ", ".join(book.sheets))


def _count(sheet: ExpectedSheet, findings: Findings) -> None:
    if sheet.measure.scope != "accion":
        return
    for index, cells in enumerate(sheet.items):
        findings.count(index, len(sheet.telling))
        findings.count_letters(
            sum([len(shown_value(value)) for column, value in cells.items() if column in sheet.telling])
        )


def _miss_all(sheet: ExpectedSheet, report: Report, findings: Findings) -> None:
    for index, cells in enumerate(sheet.items):
        place = f"hoja «{sheet.measure.sheet.name}», {action_place(report, index)}"
        if sheet.measure.scope == "accion":
            findings.miss(index, Difference(place, joined_values(cells), ""), len(sheet.telling))


class _Comparison:
    """A sheet that is there, held against what it must hold."""

    def __init__(self, expected: ExpectedSheet, found: Sheet, book: Book, report: Report, findings: Findings) -> None:
        self._expected = expected
        self._measure = expected.measure
        self._found = found
        self._book = book
        self._report = report
        self._findings = findings
        self._place = f"hoja «{found.name}»"

    def run(self) -> None:
        """Note every difference."""
        last = self._compare_items() if self._measure.model else 0
        added = last - self._measure.model if self._measure.model else 0
        self._compare_fixed(added)
        self._compare_areas(added)
        self._compare_printed()
        self._look_for_clipped(added)

    def _compare_items(self) -> int:
        """The last row of the last item."""
        rows = self._found.rows
        at = self._measure.model
        for cells in self._expected.items:
            row = rows.get(at)
            if row is not None and row.cells == cells:
                at += 1
                continue
            taken = self._rows_taken(at, cells)
            if not taken:
                return self._look_closely()
            at += taken
        if self._end() != at - 1:
            return self._look_closely()
        return at - 1

    def _end(self) -> int:
        last = max((number for number, row in self._found.rows.items() if row.cells), default=0)
        return last - self._measure.rows_beneath

    def _rows_taken(self, at: int, cells: Cells) -> int:
        """Over how many rows an item is spread, when joined they are the item; 0 when they are not."""
        joined: Cells = {}
        for taken in range(1, len(self._found.rows) + 1):
            row = self._found.rows.get(at + taken - 1)
            if row is None or not _joins(joined, row.cells, cells):
                return 0
            if joined == cells:
                return taken
        return 0

    def _look_closely(self) -> int:
        end = self._end()
        groups, numbers = self._groups(end)
        before = len(self._findings.differences)
        wanted = [tuple(sorted(cells.items())) for cells in self._expected.items]
        read = [tuple(sorted(cells.items())) for cells in groups]
        for mismatch in align(wanted, read):
            index = mismatch.expected
            place = f"{self._place}, {self._item(index)}"
            match mismatch.fate:
                case Fate.CHANGED:
                    self._compare_cells(index, self._expected.items[index], groups[mismatch.found])
                case Fate.MISSING:
                    self._miss(index, place, "")
                case Fate.MOVED:
                    self._miss(index, place, "está en otro lugar")
                case Fate.REPEATED:
                    self._findings.tell(place, "una sola vez", f"está repetida en la fila {numbers[mismatch.found]}")
                case Fate.ADDED:
                    self._findings.tell(f"después de {place}", "nada más", joined_values(groups[mismatch.found]))
        if len(self._findings.differences) == before:
            self._findings.tell(self._place, f"{len(wanted)} acciones o cambios seguidos", "filas de más o de menos")
        return end

    def _groups(self, end: int) -> tuple[list[Cells], list[int]]:
        """The rows up to `end`, those that only go on with texts joined to the one before, and where each begins."""
        groups: list[Cells] = []
        numbers: list[int] = []
        for number in range(self._measure.model, end + 1):
            row = self._found.rows.get(number)
            cells = row.cells if row else {}
            if groups and self._goes_on(cells):
                for column, value in cells.items():
                    groups[-1][column] = f"{groups[-1].get(column, '')}{value}"
            else:
                groups.append(dict(cells))
                numbers.append(number)
        return groups, numbers

    def _goes_on(self, cells: Cells) -> bool:
        keys = self._expected.keys
        return bool(keys) and keys.isdisjoint(cells) and all(isinstance(value, str) for value in cells.values())

    def _item(self, index: int) -> str:
        if self._measure.scope == "accion":
            return action_place(self._report, index)
        return f"control de cambios, fila {index + 1}"

    def _miss(self, index: int, place: str, found: str) -> None:
        difference = Difference(place, joined_values(self._expected.items[index]), found)
        if self._measure.scope == "accion":
            self._findings.miss(index, difference, len(self._expected.telling))
        else:
            self._findings.differences.append(difference)

    def _compare_cells(self, index: int, wanted: Cells, read: Cells) -> None:
        for column in sorted({*wanted, *read}):
            one, other = wanted.get(column, ""), read.get(column, "")
            if one == other:
                continue
            place = f"{self._place}, {self._item(index)}, columna {self._expected.label(column)}"
            difference = Difference(place, *told_apart(one, other))
            if self._measure.scope == "accion" and column in self._expected.telling:
                self._findings.miss(index, difference)
            else:
                self._findings.differences.append(difference)

    def _compare_fixed(self, added: int) -> None:
        """The rows that stand once: titles, headers, and what is beneath the table."""
        model = self._measure.model
        wanted = {
            number + (added if model and number > model else 0): cells for number, cells in self._expected.fixed.items()
        }
        block = range(model, model + added + 1) if model else range(0)
        others = {number for number, row in self._found.rows.items() if row.cells and number not in block}
        for number in sorted({*wanted, *others}):
            row = self._found.rows.get(number)
            cells, read = wanted.get(number, {}), row.cells if row else {}
            if cells == read:
                continue
            for column in sorted({*cells, *read}):
                one, other = cells.get(column, ""), read.get(column, "")
                if one != other:
                    self._findings.tell(
                        f"{self._place}, celda {column_letters(column)}{number}", *told_apart(one, other)
                    )

    def _compare_areas(self, added: int) -> None:
        """Merged cells, tables, filters, what is printed and which rows come again on each page."""
        measure, headers = self._measure, self._expected.headers
        template = measure.sheet
        block = range(measure.model, measure.model + added + 1)
        wanted: set[str] = set()
        for merge in template.merges:
            if measure.model and re.fullmatch(rf"[A-Z]+{measure.model}:[A-Z]+{measure.model}", merge):
                wanted |= {re.sub(r"\d+", str(number), merge) for number in block}
            else:
                wanted.add(measure.moved(merge, added, 1))
        if wanted != self._found.merges:
            told = (", ".join(sorted(areas)) for areas in (wanted - self._found.merges, self._found.merges - wanted))
            self._findings.tell(f"{self._place}, celdas combinadas", *told)
        for name, what in _PRINTED_NAMES.items():
            one = measure.moved(_OF_SHEET.sub("", template.names.get(name, "")), added, headers)
            other = _OF_SHEET.sub("", self._found.names.get(name, ""))
            if one != other:
                self._findings.tell(f"{self._place}, {what}", one, other or "ninguna")
        if measure.moved(template.filter, added, headers) != self._found.filter:
            self._findings.tell(f"{self._place}, filtro", template.filter, self._found.filter)
        areas = [measure.moved(area, added, headers) for area, _ in template.tables]
        if areas != [area for area, _ in self._found.tables]:
            told_areas = ", ".join(area for area, _ in self._found.tables)
            self._findings.tell(f"{self._place}, tabla", ", ".join(areas), told_areas or "ninguna")
        for area, columns in self._found.tables:
            top = int(re.sub(r"\D", "", area.partition(":")[0]) or 0)
            row = self._found.rows.get(top)
            texts = {value for value in row.cells.values() if isinstance(value, str)} if row else set()
            if not texts.issuperset(columns):
                self._findings.tell(f"{self._place}, encabezado de la tabla", ", ".join(columns), ", ".join(texts))

    def _compare_printed(self) -> None:
        """The printed headers and footers, and the mark of a draft on every page."""
        plan = all_shown(plan_values(self._report))
        for kind, switch in _LINES.items():
            if switch and switch not in self._found.switches:
                continue
            marked = False
            for end in ("Header", "Footer"):
                one = _areas(self._measure.sheet.printed.get(f"{kind}{end}", ""))
                wanted = {area: _letters(parse(text).text(plan, {})) for area, text in one.items()}
                read = {
                    area: _letters(text.replace("&&", "&"))
                    for area, text in _areas(self._found.printed.get(f"{kind}{end}", "")).items()
                }
                if self._report.is_draft:
                    marked = marked or any(_DRAFT in text for text in read.values())
                    read = {area: text.replace(_DRAFT, "", 1).removeprefix("·") for area, text in read.items()}
                for area, text in wanted.items():
                    if text != read[area]:
                        what = "encabezado" if end == "Header" else "pie"
                        self._findings.tell(f"{self._place}, {what} de impresión", text, read[area])
            if self._report.is_draft and not marked:
                self._findings.tell(f"{self._place}, encabezado o pie de impresión", _DRAFT, "sin la marca")

    def _look_for_clipped(self, added: int) -> None:
        """Rows too low for their texts; a table's row may be as tall as Excel allows and no more."""
        model = self._measure.model
        widths = {
            column: width * self._book.digit
            for first, last, width in self._found.widths
            for column in range(first, min(last, 200) + 1)
        }
        # Points of height that a letter takes in each column, by the largest letters of the workbook.
        size = max(style.size for style in self._book.styles)
        shares = {column: _WIDE * size * size * _LINE / max(width - size, 1.0) for column, width in widths.items()}
        merged = {merge.partition(":")[0] for merge in self._found.merges}
        merged_rows = {int(re.sub(r"\D", "", cell)) for cell in merged}
        tagged = {number for number, texts in self._measure.tagged.items() if any(one.scopes for one in texts.values())}
        for number, row in self._found.rows.items():
            is_item = model and model <= number <= model + added
            if row.height is None or not (is_item or number in tagged):
                continue
            if row.height >= TALLEST_ROW - 1:
                continue
            ample = row.height - 2 * size * _LINE
            for column, value in row.cells.items():
                if not isinstance(value, str):
                    continue
                if len(value) * shares.get(column, 0.0) < ample and "\n" not in value:
                    continue
                if number in merged_rows and f"{column_letters(column)}{number}" in merged:
                    continue
                if self._is_clipped(row, column, value, widths.get(column, 0.0)):
                    self._findings.tell(
                        f"{self._place}, celda {column_letters(column)}{number}",
                        value,
                        f"la fila es tan baja ({row.height:g} puntos) que el texto se corta",
                    )

    def _is_clipped(self, row: Row, column: int, text: str, width: float) -> bool:
        style = self._book.styles[row.styles[column]]
        if not style.wraps or not width or row.height is None:
            return False
        room = int((row.height + 1) / (style.size * _LINE))
        if len(text) * _WIDE * style.size < (room - 1 - text.count("\n")) * (width - style.size):
            return False
        return lines_needed(text.rstrip("\n"), width - _EDGES, style.size) > room


def _joins(joined: Cells, more: Cells, wanted: Cells) -> bool:
    """Put the cells of one more row to those before, as long as they may still become the wanted ones."""
    for column, value in more.items():
        goal = wanted.get(column, "")
        present = joined.get(column)
        if present is None:
            whole: Value = value
        elif isinstance(present, str) and isinstance(value, str):
            whole = present + value
        else:
            return False
        is_on_its_way = isinstance(whole, str) and isinstance(goal, str) and goal.startswith(whole)
        if whole != goal and not is_on_its_way:
            return False
        joined[column] = whole
    return bool(more)


def _areas(text: str) -> dict[str, str]:
    """Left, middle and right of a printed line; what stands before the first command is in the middle."""
    pieces = _AREA.split(text)
    areas = {"L": "", "C": pieces[0], "R": ""}
    for area, piece in zip(pieces[1::2], pieces[2::2], strict=True):
        areas[area] += piece
    return {area: _FORMAT.sub("", piece) for area, piece in areas.items()}


def _letters(text: str) -> str:
    return "".join(text.split())
