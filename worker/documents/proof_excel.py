"""A finished Excel file, the office's template and the report -> the proof that every cell tells the report.

Values are compared by type: a number stored as text is a difference. An action may take several rows of the official
sheet where its texts are taller than a row can be: joined, they must be the action again, to the letter.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from service.domain.proof import Difference, Proof
from service.domain.reports import Report
from worker.documents.proof_alignment import Fate, align
from worker.documents.proof_excel_book import Book, Sheet, column_letters
from worker.documents.proof_excel_clipped import clipped
from worker.documents.proof_excel_frame import compare_pictures, is_framed, printed_frame, without_block
from worker.documents.proof_excel_rows import ProvedRows
from worker.documents.proof_excel_seen import other_letters, other_styles, unseen
from worker.documents.proof_excel_shown import joined_values, shown_length, told_apart
from worker.documents.proof_excel_template import Cells, ExpectedSheet, expected_sheets, joins, measured, parse
from worker.documents.proof_package import NotSound, Package
from worker.documents.proof_properties import compare_identifier, compare_properties
from worker.documents.proof_result import Findings, action_place
from worker.documents.proof_values import all_shown, once_values

_DRAFT: Final = "BORRADOR"
# Shorter plans are read as a whole sooner than as they are unpacked.
_FEWEST: Final = 30
_PRINT_AREA: Final = "_xlnm.Print_Area"
_PRINTED_NAMES: Final = {
    "_xlnm.Print_Titles": "filas que se repiten al imprimir",
    _PRINT_AREA: "área de impresión",
}
_OF_SHEET: Final = re.compile(r"(?:'(?:[^']|'')*'|[^',!]+)!")
# Commands of a printed header: its three areas, size, font, colour, style; "&&" is a letter, "&P" and "&N" are fields.
_COMMAND: Final = re.compile(r'&(?:([LCR])|(&)|\d+|"[^"]*"|K[0-9A-Fa-f+\-]{6}|[BIUESXYOH])')
_LINES: Final = {"odd": "", "even": "differentOddEven", "first": "differentFirst"}


def prove_excel(content: bytes, template: bytes, report: Report) -> Proof:
    """Hold a finished Excel file against its report.

    Args:
        content: the file.
        template: the office's template that it was made of.
        report: what it must tell, and whether as a draft.

    Raises:
        TemplateProblem: the template has a tag that cannot be read here.
    """
    proof = _prove(content, template, report, in_passing=True)
    return proof if proof.holds else _prove(content, template, report, in_passing=False)


def _prove(content: bytes, template: bytes, report: Report, *, in_passing: bool) -> Proof:
    """The proof; `in_passing`: most rows are proved as they are unpacked, which says little of what is wrong."""
    findings = Findings()
    _, template_book, properties = measured(template)
    expected = expected_sheets(template, report, counts_from_1904=template_book.counts_from_1904)
    official = next((sheet for sheet in expected if sheet.measure.scope == "accion"), None)
    try:
        package = Package(content)
        book = Book(package)
        proved = _proved_rows(package, book, template_book, expected, report) if in_passing else {}
        if official:
            _count(official, proved.get(official.measure.sheet.name), findings)
        _compare_book(book, template_book, expected, findings)
        for what in package.forbidden:
            findings.tell("el archivo entero", "un libro sin macros, objetos ni contraseña", what)
        for sheet in expected:
            found = book.sheets.get(sheet.measure.sheet.name)
            if found is None:
                _miss_all(sheet, report, findings)
                continue
            read = _Read(
                found,
                book,
                template_book,
                is_framed(sheet.measure.sheet, is_official=sheet is official),
                proved=proved.get(found.name),
            )
            if sheet is official:
                rest, last = without_block(found, report, book.digit, findings)
                read = replace(read, sheet=rest, last=last)
            if read.is_framed:
                compare_pictures(package, found, sheet.measure.sheet, report, findings)
            _Comparison(sheet, read, report, findings).run()
        compare_properties(package, properties, report, findings)
        if report.seal:
            compare_identifier(package, report.seal, findings)
    except NotSound as problem:
        findings = Findings()
        if official:
            _count(official, None, findings)
        findings.refuse("un libro de Excel sano", str(problem))
    return findings.proof()


def _proved_rows(
    package: Package, book: Book, template: Book, expected: list[ExpectedSheet], report: Report
) -> dict[str, ProvedRows]:
    """The rows that are proved, by sheet; from then on the package has the sheets without them."""
    proved = {}
    for sheet in expected:
        name, measure = sheet.measure.sheet.name, sheet.measure
        is_merged = any(re.search(rf"[A-Z]{measure.model}(?::|$)", merge) for merge in measure.sheet.merges)
        if measure.scope == "accion" and len(sheet.items) >= _FEWEST and not is_merged and name in book.parts:
            rows = ProvedRows(sheet, report.plan.actions, book, template)
            rest = rows.rest(package, book.parts[name])
            if rest is not None:
                package.put(book.parts[name], rest)
                proved[name] = rows
    return proved


def _compare_book(book: Book, template: Book, expected: list[ExpectedSheet], findings: Findings) -> None:
    if book.is_locked and not template.is_locked:
        findings.tell("libro", "un libro que se puede abrir y firmar", "está protegido")
    if book.counts_from_1904 != template.counts_from_1904:
        findings.tell("libro", "las fechas contadas como en la plantilla", "se cuentan desde otro año")
    findings.differences += other_styles(book, template)
    names = [sheet.measure.sheet.name for sheet in expected]
    if names != list(book.sheets):
        findings.tell("hojas del libro", ", ".join(names), ", ".join(book.sheets))


def _count(sheet: ExpectedSheet, proved: ProvedRows | None, findings: Findings) -> None:
    """Count what the actions say, once: their other sheets say the same."""
    for index in range(len(sheet.items)):
        findings.count(index, len(sheet.telling))
    findings.count_letters(proved.letters if proved else 0)
    for cells in sheet.items[proved.items :] if proved else sheet.items:
        findings.count_letters(
            sum(
                [
                    len(value) if type(value) is str else shown_length(value)
                    for column, value in cells.items()
                    if column in sheet.telling
                ]
            )
        )


def _miss_all(sheet: ExpectedSheet, report: Report, findings: Findings) -> None:
    for index, cells in enumerate(sheet.items):
        place = f"hoja «{sheet.measure.sheet.name}», {action_place(report, index)}"
        if sheet.measure.scope == "accion":
            findings.miss(
                index, Difference(place, joined_values(cells), ""), len(sheet.telling), sheet=sheet.measure.sheet.name
            )


@dataclass(frozen=True, slots=True)
class _Read:
    """A sheet that is there, without its block of signatures.

    `is_framed` says whether the office's frame is on what it prints, `last` is the block's last row (0: it has none).
    `proved` are the rows that are not in it any more.
    """

    sheet: Sheet
    book: Book
    template_book: Book
    is_framed: bool
    last: int = 0
    proved: ProvedRows | None = None


class _Comparison:
    """A sheet that is there, held against what it must hold."""

    def __init__(self, expected: ExpectedSheet, read: _Read, report: Report, findings: Findings) -> None:
        self._read = read
        self._expected = expected
        self._measure = expected.measure
        self._found = read.sheet
        self._book = read.book
        self._report = report
        self._findings = findings
        self._place = f"hoja «{read.sheet.name}»"

    def run(self) -> None:
        """Note every difference."""
        last = self._compare_items() if self._measure.model else 0
        added = last - self._measure.model if self._measure.model else 0
        self._compare_fixed(added)
        self._compare_areas(added)
        self._compare_printed()
        self._findings.differences += clipped(self._read.sheet, self._read.book, self._measure, added)
        self._findings.differences += unseen(self._found, self._measure, added)
        self._findings.differences += other_letters(
            self._found, self._book, self._measure, self._read.template_book, added
        )

    def _compare_items(self) -> int:
        """The last row of the last item."""
        rows, proved = self._found.rows, self._read.proved
        at = proved.next_row if proved else self._measure.model
        if any(self._measure.model <= number < at for number in rows):
            return self._look_closely()
        for cells in self._expected.items[proved.items :] if proved else self._expected.items:
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
            if row is None or not joins(joined, row.cells, cells):
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
            self._findings.miss(index, difference, len(self._expected.telling), sheet=self._found.name)
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
                self._findings.miss(index, difference, sheet=self._found.name)
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
        self._compare_names(added)
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

    def _compare_names(self, added: int) -> None:
        """Which rows come again on each printed page, and what is printed: the block of signatures too."""
        for name, what in _PRINTED_NAMES.items():
            one = self._measure.moved(
                _OF_SHEET.sub("", self._measure.sheet.names.get(name, "")), added, self._expected.headers
            )
            if self._read.last and name == _PRINT_AREA:
                one = re.sub(r"\d+$", lambda end: str(max(int(end[0]), self._read.last)), one)
            other = _OF_SHEET.sub("", self._found.names.get(name, ""))
            if one != other:
                self._findings.tell(f"{self._place}, {what}", one, other or "ninguna")

    def _compare_printed(self) -> None:
        """The printed headers and footers, and the mark of a draft on every page."""
        plan = all_shown(once_values(self._report))
        for kind, switch in _LINES.items():
            if switch and switch not in self._found.switches:
                continue
            marked = False
            for end in ("Header", "Footer"):
                one = _areas(self._measure.sheet.printed.get(f"{kind}{end}", ""))
                ours = printed_frame(self._report, self._measure.sheet, end, one) if self._read.is_framed else {}
                wanted = {
                    area: [_letters(more + parse(text).text(plan, {})) for more in ours.get(area, ("",))]
                    for area, text in one.items()
                }
                read = {
                    area: _letters(text) for area, text in _areas(self._found.printed.get(f"{kind}{end}", "")).items()
                }
                if self._report.is_draft:
                    marked = marked or any(_DRAFT in text for text in read.values())
                    read = {area: text.replace(_DRAFT, "", 1).removeprefix("·") for area, text in read.items()}
                for area, texts in wanted.items():
                    if read[area] not in texts:
                        what = "encabezado" if end == "Header" else "pie"
                        self._findings.tell(f"{self._place}, {what} de impresión", texts[0], read[area])
            if self._report.is_draft and not marked:
                self._findings.tell(f"{self._place}, encabezado o pie de impresión", _DRAFT, "sin la marca")


@lru_cache(maxsize=256)
def _areas(text: str) -> Mapping[str, str]:
    """Left, middle and right of a printed line; what stands before the first command is in the middle."""
    areas, area, start = {"L": "", "C": "", "R": ""}, "C", 0
    for command in _COMMAND.finditer(text):
        areas[area] += text[start : command.start()] + (command[2] or "")
        area, start = command[1] or area, command.end()
    areas[area] += text[start:]
    return areas


def _letters(text: str) -> str:
    return "".join(text.split())
