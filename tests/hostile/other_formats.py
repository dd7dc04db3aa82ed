"""Hostile .ods, .xls and .csv files: the same tricks in the other formats that are read."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Final

from service.domain.findings import FindingCode
from tests.hostile import biff
from tests.hostile.books import laughs
from tests.hostile.table import Hostile
from tests.hostile.zips import Entry, written
from tests.unit.sheets.office import GROUPS, LABELS, action, zipped

F: Final = FindingCode
MIMETYPE: Final = b"application/vnd.oasis.opendocument.spreadsheet"
_HEAD: Final = (
    '<?xml version="1.0" encoding="UTF-8"?>{}<office:document-content'
    ' xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
    ' xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
    ' xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0"'
    ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0">{}<office:body><office:spreadsheet>{}'
    "</office:spreadsheet></office:body></office:document-content>"
)
ROWS: Final = (
    ["PLAN DE ACCIÓN 2024"],
    ["Objetivo: Especificar los objetivos."],
    ["Versión 2.0"],
    list(GROUPS),
    list(LABELS),
    *([*action(n)[:6], "2024-03-01", "2024-12-31", *action(n)[8:]] for n in (1, 2)),
)


def _cell(value: object, attributes: str = "") -> str:
    if value is None:
        return "<table:table-cell/>"
    if isinstance(value, int):
        return f'<table:table-cell office:value-type="float" office:value="{value}"/>'
    return f'<table:table-cell office:value-type="string"{attributes}><text:p>{value}</text:p></table:table-cell>'


def _row(cells: str, attributes: str = "") -> str:
    return f"<table:table-row{attributes}>{cells}</table:table-row>"


GOOD_ROWS: Final = "".join(_row("".join(map(_cell, row))) for row in ROWS)


def ods(more: str = "", *, rows: str = GOOD_ROWS, before: str = "", doctype: str = "", tables: str = "") -> bytes:
    """A sound plan as .ods, with more rows."""
    body = f'<table:table table:name="Plan">{rows}{more}</table:table>{tables}'
    content = _HEAD.format(doctype, before, body).encode()
    return zipped({"mimetype": MIMETYPE, "content.xml": content})


def ods_saying(old: str, new: str) -> Callable[[], bytes]:
    """A sound plan as .ods with some words replaced."""
    assert old in GOOD_ROWS
    return lambda: ods(rows=GOOD_ROWS.replace(old, new, 1))


def ods_bomb() -> bytes:
    """An .ods whose content inflates past what is admitted."""
    return written([Entry("mimetype", MIMETYPE, method=0), Entry("content.xml", b"<a>" + b" " * (61 << 20) + b"</a>")])


def xls(sheet: bytes | None = None, **lies: object) -> bytes:
    """A sound plan as .xls, or a sheet of these records."""
    return biff.compound(biff.stream(biff.cells(ROWS) if sheet is None else sheet, **lies))  # type: ignore[arg-type]  # what a stream takes


def csv(*more: str, rows: tuple[list[object], ...] = ROWS) -> bytes:
    """A sound plan as .csv, with more lines."""
    lines = [";".join(str(value or "") for value in row) for row in rows]
    return "\r\n".join([*lines, *more, ""]).encode()


def csv_saying(old: str, new: str) -> Callable[[], bytes]:
    """A sound plan as .csv with some words replaced."""
    assert old in csv().decode()
    return lambda: csv().decode().replace(old, new, 1).encode("utf-8", "surrogatepass")


def difat() -> bytes:
    """A compound file of nothing but lists, all of which say that its links are in the same sector."""
    good = bytearray(biff.compound(biff.stream(biff.cells(ROWS)), shift=9))
    first, count = len(good) // 512 - 1, 36_000
    struct.pack_into("<2I", good, 68, first, count)
    links = [struct.pack("<128I", *[1] * 127, first + number + 1) for number in range(count - 1)]
    return b"".join([bytes(good), *links, struct.pack("<128I", *[1] * 127, 0xFFFFFFFE)])


def roots() -> bytes:
    """A directory of nothing but roots, each as large as the file."""
    content = biff.stream(biff.cells(ROWS) + biff.record(0x1234, bytes(8_000)) * 2_400)
    return biff.compound(content, roots=4_000)


_FAR: Final = ' table:number-rows-repeated="1048568"'
_TWICE: Final = "table:number-columns-repeated"
_SPACES: Final = '<text:s text:c="1000"/>'
_DEEP: Final = "<text:span>" * 240 + "x" + "</text:span>" * 240
_SHARED: Final = struct.pack("<2I", 1, 0xFFFFFFFF)

OTHER_FORMATS: Final = (
    Hostile("ods-bomb", ods_bomb, F.FILE_008, "«content.xml» ocupa más de 60 MB", neighbour=ods),
    Hostile("ods-laughs", lambda: ods(doctype=laughs()), F.FILE_007, "«content.xml».+DOCTYPE", neighbour=ods),
    Hostile(
        "ods-million-rows",
        lambda: ods(_row(_cell("x"), ' table:number-rows-repeated="1048000"')),
        F.FILE_008,
        "600.000 celdas",
        neighbour=lambda: ods(_row(_cell(None), _FAR)),
        place="Plan",
    ),
    Hostile(
        "ods-million-columns",
        lambda: ods(_row(_cell("x", f' {_TWICE}="16384"'), ' table:number-rows-repeated="900"')),
        F.FILE_008,
        "600.000 celdas",
        neighbour=lambda: ods(_row(_cell(None, "") + f'<table:table-cell {_TWICE}="16383"/>')),
        place="Plan",
    ),
    Hostile(
        "ods-spaces",
        lambda: ods(_row(_cell(_SPACES * 1_000_000))),
        F.FILE_008,
        "demasiado texto",
        neighbour=lambda: ods(_row(_cell("a" + _SPACES))),
        place="Plan",
    ),
    Hostile(
        "ods-deep",
        lambda: ods(_row(_cell("<text:span>" * 90_000 + "</text:span>" * 90_000))),
        F.FILE_006,
        "«content.xml» no es XML",
        neighbour=lambda: ods(_row(_cell(_DEEP))),
    ),
    Hostile("ods-tables", lambda: ods(tables='<table:table table:name="T"/>' * 10_000), F.FILE_008, "200 hojas"),
    Hostile(
        "ods-styles",
        lambda: ods(before='<style:style style:name="a"/>' * 900_000),
        F.FILE_008,
        "estilos",
        neighbour=lambda: ods(before='<style:style style:name="a"/>' * 5_000),
    ),
    Hostile(
        "ods-columns",
        lambda: ods(
            rows='<table:table-column table:visibility="collapse" table:number-columns-repeated="16384"/>' * 30_000
            + GOOD_ROWS
        ),
        None,
    ),
    Hostile(
        "ods-merge-of-all",
        lambda: ods(
            _row('<table:table-cell table:number-columns-spanned="16384" table:number-rows-spanned="1048576"/>')
        ),
        None,
    ),
    Hostile(
        "ods-merges",
        lambda: ods(_row('<table:table-cell table:number-columns-spanned="2"/>' * 150_000)),
        F.FILE_008,
        "combinadas",
        place="Plan",
    ),
    Hostile(
        "ods-number",
        lambda: ods(rows=GOOD_ROWS.replace('office:value="4"', f'office:value="{"9" * 3_000_000}"', 1)),
        F.CELL_004,
        "",
        "Plan!F6",
        neighbour=ods,
    ),
    Hostile(
        "ods-bidi",
        ods_saying("Documento elaborado", "Docu\u202emento"),
        F.TEXT_001,
        r"U\+202E",
        "Plan!D6",
        neighbour=ods,
    ),
    Hostile(
        "ods-bidi-tab", lambda: ods(tables='<table:table table:name="P\u202e"/>'), F.FILE_007, "nombre", neighbour=ods
    ),
    Hostile(
        "xls-cycle",
        lambda: biff.compound(biff.stream(biff.cells(ROWS)), fat=[1, 2, 0]),
        F.FILE_006,
        "no encajan",
        neighbour=xls,
    ),
    Hostile("xls-links-again", difat, F.FILE_006, "no encajan", neighbour=xls),
    Hostile("xls-roots", roots, None, neighbour=xls),
    Hostile("xls-cut", lambda: xls()[:-5_000], F.FILE_006, "no encajan", neighbour=xls),
    Hostile(
        "xls-password", lambda: xls(more=biff.record(biff.PASSWORD, b"\1\0")), F.FILE_003, "contraseña", neighbour=xls
    ),
    Hostile(
        "xls-strings", lambda: xls(more=biff.record(biff.STRINGS, _SHARED)), F.FILE_006, "no encajan", neighbour=xls
    ),
    Hostile(
        "xls-empty-strings",
        lambda: xls(more=biff.record(biff.STRINGS, _SHARED) + biff.record(biff.CONTINUE, bytes(8_193)) * 600),
        F.FILE_006,
        "no encajan",
        neighbour=xls,
    ),
    Hostile(
        "xls-tabs",
        lambda: xls(tabs=500),
        F.FILE_008,
        "200 hojas",
        neighbour=lambda: xls(more=biff.record(0x1234, bytes(100))),
    ),
    Hostile(
        "xls-merges",
        lambda: xls(
            biff.cells(ROWS) + biff.record(biff.MERGES, struct.pack("<H4H", 1_000, 9, 9, 9, 9) + bytes(8 * 999)) * 200
        ),
        F.FILE_008,
        "combinadas",
        neighbour=xls,
        place="Plan",
    ),
    Hostile(
        "xls-cells",
        lambda: xls(biff.cells(ROWS) + biff.number(30, 3, 1.5) * 700_000),
        F.FILE_008,
        "600.000 celdas",
        neighbour=xls,
        place="Plan",
    ),
    Hostile(
        "xls-surrogate",
        lambda: xls(biff.cells(ROWS) + biff.label(5, 3, "Docu\ud800")),
        F.FILE_011,
        "",
        "Plan!D6",
        neighbour=xls,
    ),
    Hostile(
        "xls-surrogate-tab", lambda: xls(name="Plan\udfff"), F.FILE_007, "nombre", neighbour=lambda: xls(name="Plán")
    ),
    Hostile(
        "xls-surrogate-text",
        lambda: xls(biff.cells([*ROWS[:5], [*ROWS[5][:3], "Docu\ud800", *ROWS[5][4:]]])),
        F.TEXT_001,
        r"U\+D800",
        "Plan!D6",
        neighbour=xls,
    ),
    Hostile("csv-columns", lambda: csv(";" * 5_000_000), F.FILE_008, "celdas", neighbour=csv),
    Hostile("csv-cells", lambda: csv(*["1;" * 1_000] * 700), F.FILE_008, "celdas", neighbour=csv),
    Hostile("csv-rows", lambda: csv("\r\n" * 1_100_000), F.FILE_008, "celdas", neighbour=csv),
    Hostile("csv-open-quote", lambda: csv('"' + "x" * 5_000_000), F.FILE_006, "comillas", neighbour=csv),
    Hostile("csv-headings", lambda: csv(*[";".join(["META"] * 1_000)] * 500), None, neighbour=csv),
    Hostile("csv-sample", lambda: b"META;" * 1_000_000, F.FILE_008, "celdas", neighbour=csv),
    Hostile("csv-nul", lambda: csv() + b"\0", F.FILE_002, "no es una hoja", neighbour=csv),
    Hostile(
        "csv-bidi",
        csv_saying("Documento elaborado", "Docu\u202emento"),
        F.TEXT_001,
        r"U\+202E",
        "Hoja1!D6",
        neighbour=csv,
    ),
    Hostile("csv-formula", csv_saying("Documento elaborado", "=cmd|'/c calc'!A0"), None, neighbour=csv),
)
