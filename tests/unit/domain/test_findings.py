from __future__ import annotations

import datetime as dt
import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from service.domain.corrections import Correction
from service.domain.findings import CellRef, FindingCode, has_errors
from service.domain.office import Office
from service.domain.reading import Accepted, Given, Reading
from service.domain.values import VersionNumber
from service.sheets.intake import read_plan
from service.sheets.isolated import MIB, ReadingRoom
from tests.corpus.layouts import LAYOUTS
from tests.unit.domain.provoked_by_rules import BY_RULES
from tests.unit.sheets.office import GROUPS, LABELS, SHEET, action, office_book, parts, raw_book, saved, zipped

Where = tuple[str, str] | None
Provocation = tuple[Callable[[], Reading], Where]


def read(content: bytes, **given: Any) -> Callable[[], Reading]:
    return lambda: read_plan(content, Given(**given))


def cell(letter: str, value: object) -> Callable[[], Reading]:
    """A sound plan of one action with one cell changed."""
    return read(office_book([action(1, **{letter: value})]))


def edited(edit: Callable[[Worksheet], object], **given: Any) -> Callable[[], Reading]:
    return read(office_book(edit=edit), **given)


def of_an_office_with_an_objective() -> Reading:
    return read_plan(office_book(edit=put(A2=None)), Given(), Office(objective="Articular los programas."))


def put(**values: object) -> Callable[[Worksheet], None]:
    def edit(sheet: Worksheet) -> None:
        for place, value in values.items():
            sheet[place] = value

    return edit


def two_sheets(*, hidden: bool) -> bytes:
    book = Workbook()
    for sheet in (book.worksheets[0], book.create_sheet("Copia")):
        for line in (["PLAN DE ACCIÓN 2024"], ["Objetivo: Uno."], ["Versión 2.0"], GROUPS, LABELS, action(1)):
            sheet.append(list(line))
        sheet.merge_cells("A4:A5")
    book.worksheets[0].title = SHEET
    book.worksheets[1].sheet_state = "hidden" if hidden else "visible"
    return saved(book)


def inline(place: str, text: object) -> str:
    return f"<c r='{place}' t='inlineStr'><is><t>{text}</t></is></c>"


def bare_table(**cells: str) -> bytes:
    """Labels and one row, written as XML: what openpyxl refuses to write stands in the cells that are given."""
    labels = "".join(inline(f"{letter}1", label or "No.") for letter, label in zip("ABCDEFGHIJK", LABELS, strict=True))
    row = "".join(cells.get(letter, inline(f"{letter}2", letter)) for letter in "ABCDEFGHIJK")
    return raw_book(f"<sheetData><row r='1'>{labels}</row><row r='2'>{row}</row></sheetData>")


def corrected(place: str, after: str, before: str | None = None) -> Callable[[], Reading]:
    return read(office_book(), corrections=(Correction(CellRef(SHEET, place), after, before),))


def in_a_room(content: bytes, **limits: Any) -> Callable[[], Reading]:
    def reading() -> Reading:
        room = ReadingRoom(**limits)
        try:
            return room.read(content, Given())[0]
        finally:
            room.close()

    return reading


def of_the_corpus(name: str, without: str = "", **given: Any) -> Callable[[], Reading]:
    """A layout of the corpus, perhaps with a sheet less or with something else said beside it."""
    layout = LAYOUTS[name]

    def reading() -> Reading:
        content = layout.build()
        if without:
            book = load_workbook(io.BytesIO(content))
            book.remove(book[without])
            content = saved(book)
        return read_plan(content, Given(**given) if given else layout.given)

    return reading


def of_several_sheets(**cells: str) -> Callable[[], Reading]:
    """One sheet for each dependencia, the second one spoiled."""

    def reading() -> Reading:
        book = load_workbook(io.BytesIO(LAYOUTS["una_hoja_por_dependencia"].build()))
        for place, value in cells.items():
            book["General"][place] = value
        return read_plan(saved(book), Given())

    return reading


def one_of_the_units() -> Reading:
    """A sheet without leads that is named for a unit of the catalogue."""

    def name(sheet: Worksheet) -> None:
        sheet.title = "Dirección General"
        sheet.delete_cols(3)

    return read_plan(office_book(edit=name), Given())


def a_quarter_that_is_not_there() -> Reading:
    """The first and the second quarter side by side, and the fourth asked for."""
    book = load_workbook(io.BytesIO(LAYOUTS["cuatro_trimestres"].build()))
    book.worksheets[0].delete_cols(15, 4)
    return read_plan(saved(book), Given(quarter=4))


OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
CELLS = "<row>" + "<c><v>1</v></c>" * 16_000 + "</row>"
TWICE = '<sheetData><row><c r="B3"><v>1</v></c><c r="B3"><v>2</v></c></row></sheetData>'
MOVED = ["No.", LABELS[2], LABELS[1], *LABELS[3:]]

PROVOKED: dict[FindingCode, Provocation] = {
    FindingCode.FILE_001: (read(b""), None),
    FindingCode.FILE_002: (read(b"hola"), None),
    FindingCode.FILE_003: (read(OLE2 + "EncryptedPackage".encode("utf-16-le")), None),
    FindingCode.FILE_005: (read(zipped({"hola.txt": b"hola"})), None),
    FindingCode.FILE_006: (read(office_book()[:-30]), None),
    FindingCode.FILE_007: (read(zipped(parts(b"<!DOCTYPE a><a/>"))), None),
    FindingCode.FILE_008: (read(raw_book(f"<sheetData>{CELLS * 40}</sheetData>")), (SHEET, "")),
    FindingCode.FILE_009: (in_a_room(office_book(), deadline_seconds=0.0), None),
    FindingCode.FILE_010: (in_a_room(raw_book(f"<sheetData>{CELLS * 30}</sheetData>"), memory_bytes=60 * MIB), None),
    FindingCode.FILE_011: (read(raw_book(TWICE)), (SHEET, "B3")),
    FindingCode.FILE_012: (of_the_corpus("con_macros"), None),
    FindingCode.TABLE_001: (read(raw_book()), (SHEET, "")),
    FindingCode.TABLE_002: (read(two_sheets(hidden=False)), ("Copia", "")),
    FindingCode.TABLE_003: (read(office_book([action(1), MOVED, action(2)])), (SHEET, "B7")),
    FindingCode.TABLE_004: (read(office_book([])), (SHEET, "A5")),
    FindingCode.TABLE_005: (read(two_sheets(hidden=True)), ("Copia", "")),
    FindingCode.TABLE_006: (of_the_corpus("una_hoja_por_dependencia"), ("Planeación", "")),
    FindingCode.TABLE_007: (of_the_corpus("columnas_ocultas"), (SHEET, "D4")),
    FindingCode.TABLE_008: (of_the_corpus("cuatro_trimestres"), (SHEET, "N5")),
    FindingCode.TABLE_009: (of_the_corpus("una_hoja_por_trimestre", without="III TRIM"), ("I TRIM", "")),
    FindingCode.TABLE_010: (of_the_corpus("con_hoja_de_resumen"), ("Resumen", "")),
    FindingCode.COLUMN_001: (edited(put(F5="OTRA COSA")), (SHEET, "A5")),
    FindingCode.COLUMN_002: (edited(put(C5="RESPONSBLE")), (SHEET, "C5")),
    FindingCode.COLUMN_003: (edited(put(), mapping=(("Encargada", "lead"),)), None),
    FindingCode.COLUMN_004: (one_of_the_units, ("Dirección General", "A5")),
    FindingCode.PLAN_001: (
        edited(put(A1="PLAN DE ACCIÓN", B4="PLAN", J4="PRESUPUESTO", K4="SEGUIMIENTO III TRIMESTRE")),
        (SHEET, ""),
    ),
    FindingCode.PLAN_002: (edited(put(K4="SEGUIMIENTO 2024")), (SHEET, "")),
    FindingCode.PLAN_003: (edited(put(A3="Versión final")), (SHEET, "")),
    FindingCode.PLAN_004: (edited(put(A1=None, B4="ACCIONES")), (SHEET, "")),
    FindingCode.PLAN_005: (edited(put(A2="Objetivo:")), (SHEET, "")),
    FindingCode.PLAN_006: (edited(put(), year=2025), (SHEET, "A1")),
    FindingCode.PLAN_007: (edited(put(J4="PRESUPUESTO 2023")), (SHEET, "J4")),
    FindingCode.PLAN_008: (edited(put(), quarter=4), (SHEET, "K4")),
    FindingCode.PLAN_009: (edited(put(), version=VersionNumber(3, 0)), (SHEET, "A3")),
    FindingCode.PLAN_010: (read(office_book([action(1), ["Versión 3.0"], action(2)])), (SHEET, "A7")),
    FindingCode.PLAN_011: (of_the_corpus("cuatro_trimestres", quarter=None), (SHEET, "A5")),
    FindingCode.PLAN_012: (a_quarter_that_is_not_there, (SHEET, "A5")),
    FindingCode.PLAN_013: (of_several_sheets(A3="Versión 2.0"), ("General", "A3")),
    FindingCode.PLAN_014: (of_several_sheets(A2="Objetivo: Cuidar el agua."), ("General", "A2")),
    FindingCode.PLAN_023: (edited(put(A2="Objetivo: " + "Articular los programas y proyectos. " * 150)), (SHEET, "A2")),
    FindingCode.PLAN_024: (edited(put(A3="Versión 2")), (SHEET, "A3")),
    FindingCode.PLAN_025: (of_an_office_with_an_objective, (SHEET, "")),
    FindingCode.CELL_001: (cell("K", None), (SHEET, "K6")),
    FindingCode.CELL_002: (cell("K", "#REF!"), (SHEET, "K6")),
    FindingCode.CELL_003: (cell("F", "=2+2"), (SHEET, "F6")),
    FindingCode.CELL_004: (read(bare_table(F="<c r='F2'><v>1_000</v></c>")), (SHEET, "F2")),
    FindingCode.TEXT_001: (cell("C", "Oficina\u202e"), (SHEET, "C6")),
    FindingCode.TEXT_002: (read(bare_table(B=inline("B2", "b" * 32_768))), (SHEET, "B2")),
    FindingCode.TEXT_003: (cell("K", "Se avanzó en la formulación del plan. " * 500), (SHEET, "K6")),
    FindingCode.DATE_001: (cell("G", "12/31/2024"), (SHEET, "G6")),
    FindingCode.DATE_002: (cell("H", dt.date(2204, 12, 31)), (SHEET, "H6")),
    FindingCode.DATE_003: (cell("H", dt.date(2024, 1, 1)), (SHEET, "H6")),
    FindingCode.DATE_004: (cell("G", "1/03/2024"), (SHEET, "G6")),
    FindingCode.DATE_005: (cell("H", "dic-24"), (SHEET, "H6")),
    FindingCode.TARGET_001: (cell("F", "4 documentos"), (SHEET, "F6")),
    FindingCode.TARGET_002: (cell("F", "Por definir"), (SHEET, "F6")),
    FindingCode.TARGET_003: (cell("F", 10**16), (SHEET, "F6")),
    FindingCode.TARGET_004: (cell("F", "1.234"), (SHEET, "F6")),
    FindingCode.ROW_001: (read(office_book([action(1), action(1)])), (SHEET, "A7")),
    FindingCode.ROW_002: (read(office_book([action(1), action(3)])), (SHEET, "A7")),
    FindingCode.ROW_003: (read(office_book([action(1), ["Nota: datos preliminares."]])), (SHEET, "A7")),
    FindingCode.ROW_004: (read(office_book([action(1), [2]])), (SHEET, "A7")),
    FindingCode.ROW_005: (edited(lambda sheet: setattr(sheet.row_dimensions[6], "hidden", True)), (SHEET, "A6")),
    FindingCode.ROW_006: (read(office_book([action(1), ["Subtotal", *[None] * 4, 4], action(2)])), (SHEET, "A7")),
    FindingCode.CORRECTION_001: (corrected("M6", "Listo"), (SHEET, "M6")),
    FindingCode.CORRECTION_002: (corrected("F6", "5", before="3"), (SHEET, "F6")),
    **BY_RULES,
}  # fmt: skip


def test_every_finding_of_the_catalogue_is_provoked() -> None:
    # OLD_001 stands for what an older Folio found; tests/unit/domain/test_archive_of_old.py provokes it.
    assert set(PROVOKED) == set(FindingCode) - {FindingCode.OLD_001}


@pytest.mark.parametrize("code", PROVOKED, ids=lambda code: code.name)
def test_the_finding_names_its_cell_and_reads_as_a_sentence(code: FindingCode) -> None:
    provoke, where = PROVOKED[code]
    found = [finding for finding in provoke().findings if finding.code is code]
    assert len(found) == 1
    (finding,) = found
    assert finding.place == (CellRef(*where) if where else None)
    for sentence in (finding.message, finding.fix):
        assert re.fullmatch(r"[A-ZÁÉÍÓÚ«].*\.", sentence, re.DOTALL)
        assert "{" not in sentence
        assert "None" not in sentence


def test_the_objective_of_the_office_is_that_of_a_workbook_without_one_and_of_no_other() -> None:
    without = of_an_office_with_an_objective()
    with_its_own = read_plan(office_book(), Given(), Office(objective="Articular los programas."))
    assert isinstance(without, Accepted)
    assert isinstance(with_its_own, Accepted)
    assert without.plan.objective == "Articular los programas."
    assert FindingCode.PLAN_005 not in {finding.code for finding in without.findings}
    assert with_its_own.plan.objective != without.plan.objective
    assert FindingCode.PLAN_025 not in {finding.code for finding in with_its_own.findings}


def test_a_long_value_is_cut_in_the_sentence_and_whole_in_the_finding() -> None:
    finding = FindingCode.TARGET_001.at(CellRef(SHEET, "F6"), column="META", value="x" * 200)
    assert finding.message == f"La meta «{'x' * 79}…» no es un número ni un porcentaje."
    assert len(finding.value) == 200


def test_braces_in_a_value_are_only_text() -> None:
    finding = FindingCode.TARGET_001.at(CellRef(SHEET, "F6"), value="{column} {0}")
    assert "«{column} {0}»" in finding.message


def test_codes_are_a_topic_and_a_number_and_only_errors_block() -> None:
    assert all(re.fullmatch(r"[A-Z]+_\d{3}", code.name) for code in FindingCode)
    messages = [code.message for code in FindingCode]
    assert len(set(messages)) == len(messages)
    assert has_errors((FindingCode.ROW_003.at(row=3), FindingCode.FILE_001.at()))
    assert not has_errors((FindingCode.ROW_002.at(value="3", previous="1"), FindingCode.ROW_003.at(row=3)))
