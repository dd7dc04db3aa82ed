"""Hostile workbooks: sound zips whose XML asks for too much, lies, or says what no document may print."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any, Final
from xml.sax.saxutils import escape

from service.domain.findings import FindingCode
from tests.hostile.packages import SHEET, Entry, good_parts, with_member
from tests.hostile.table import Hostile
from tests.unit.sheets.office import MAIN, OFFICE, action, office_book, zipped

STYLES: Final = "xl/styles.xml"
STRINGS: Final = "xl/sharedStrings.xml"
RELATIONS: Final = "xl/_rels/workbook.xml.rels"
F: Final = FindingCode


def changed(name: str, *changes: tuple[str, str]) -> bytes:
    """A sound plan with some words of one part replaced, once each; they are there."""
    parts = good_parts()
    text = parts[name].decode()
    for old, new in changes:
        assert old in text, (name, old)
        text = text.replace(old, new, 1)
    return zipped(parts | {name: text.encode()})


def in_sheet(old: str, new: str) -> bytes:
    """A sound plan whose sheet says something else."""
    return changed(SHEET, (old, new))


def below_rows(xml: str) -> bytes:
    """A sound plan with more behind the rows of its sheet."""
    return in_sheet("</sheetData>", f"</sheetData>{xml}")


def more_rows(xml: str) -> bytes:
    """A sound plan with more rows."""
    return in_sheet("</sheetData>", f"{xml}</sheetData>")


def inline(cell: str, text: str) -> str:
    """A cell with a text of its own."""
    return f'<c r="{cell}" t="inlineStr"><is><t>{escape(text)}</t></is></c>'


def saying(**cells: Any) -> Callable[[], bytes]:
    """A plan whose first action has these cells, by column."""
    return lambda: office_book([action(1, **cells), action(2)])


def declared(doctype: str, encoding: str = "utf-8", said: str | None = None) -> bytes:
    """A sheet with a document type; `said` is the encoding that it declares."""
    head = f'<?xml version="1.0" encoding="{said or encoding}"?>{doctype}'
    row = f'<row r="1">{inline("A1", "&a;").replace("&amp;", "&")}</row>'
    body = f'<worksheet xmlns="{MAIN}"><sheetData>{row}</sheetData></worksheet>'
    return zipped(good_parts() | {SHEET: (head + body).encode(encoding)})


def laughs() -> str:
    """A billion laughs."""
    lines = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return f'<!DOCTYPE w [<!ENTITY l0 "ja">{lines}<!ENTITY a "&l9;">]>'


def in_utf_7(head: str = '<?xml version="1.0" encoding="UTF-7"?>') -> bytes:
    """A sheet whose document type is spelled in UTF-7, where no byte of it is what it says."""
    hidden = "+" + base64.b64encode('<!DOCTYPE w [<!ENTITY a "ja">]>'.encode("utf-16-be")).decode().rstrip("=") + "-"
    return zipped(good_parts() | {SHEET: f'{head}{hidden}<worksheet xmlns="{MAIN}"/>'.encode()})


def in_utf_16() -> bytes:
    """A sound plan whose sheet is in UTF-16, as some writers leave it."""
    parts = good_parts()
    return zipped(parts | {SHEET: parts[SHEET].decode().encode("utf-16")})


def styled(count: int) -> bytes:
    """A sound plan with that many styles of cells."""
    return changed(STYLES, ("</cellXfs>", f"{'<xf/>' * count}</cellXfs>"))


def with_strings(xml: str) -> bytes:
    """A sound plan with more shared texts."""
    parts = good_parts()
    relations = (
        parts[RELATIONS]
        .decode()
        .replace(
            "</Relationships>",
            f'<Relationship Id="rId99" Type="{OFFICE}/sharedStrings" Target="/xl/sharedStrings.xml"/></Relationships>',
        )
    )
    return zipped(parts | {STRINGS: f'<sst xmlns="{MAIN}">{xml}</sst>'.encode(), RELATIONS: relations.encode()})


def with_comments(count: int) -> bytes:
    """A sound plan with that many notes, in a part that no relation leads to."""
    notes = f'<comment ref="A1" authorId="0"><text>{"<r><t>x</t></r>" * 3}</text></comment>' * count
    return with_member(
        Entry("xl/comments1.xml", f'<comments xmlns="{MAIN}"><commentList>{notes}</commentList></comments>'.encode())
    )


def named(sheet: str) -> bytes:
    """A sound plan whose sheet has another name."""
    return changed("xl/workbook.xml", ('name="Plan"', f'name="{sheet}"'))


def with_sheets(count: int) -> bytes:
    """A sound plan whose one sheet has that many tabs."""
    return changed(
        "xl/workbook.xml",
        (
            "</sheets>",
            '<sheet name="P" sheetId="9" r:id="rId1" '
            'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"/>' * count + "</sheets>",
        ),
    )


def _mixed_merges(count: int) -> str:
    cells = "".join(f'<mergeCell ref="M{row}:N{row}"/>' for row in range(1, count + 1))
    return f"<mergeCells>{cells}</mergeCells>"


def _repeated() -> bytes:
    return more_rows(
        "".join(
            f"<row>{inline('Z9', 'x' * 30_000).replace(' r=' + chr(34) + 'Z9' + chr(34), '') * 10}</row>"
            for _ in range(190)
        )
    )


_FAR: Final = f'<row r="1048576">{inline("XFD1048576", "fin")}</row>'
_DEEP: Final = "<g>" * 100_000 + "</g>" * 100_000
_WIDE: Final = " ".join(f'a{number}="1"' for number in range(200_000))
_HIDDEN_COLUMNS: Final = "<cols>" + '<col min="1" max="16384" hidden="1"/>' * 100_000 + "</cols>"
_TAGS: Final = "<a/>" * 4_100_000
_RICH: Final = "<si>" + "<r><t>x</t></r>" * 700_000 + "</si>"
_LOW: Final = '<row r="{}" ht="{}" customHeight="1"><c r="A{}"/></row>'
_BIDI: Final = "Formular el pro\u202eyecto"

BOOKS: Final = (
    Hostile(
        "laughs",
        lambda: declared(laughs()),
        F.FILE_007,
        f"«{SHEET}».+DOCTYPE",
        neighbour=saying(K='<!DOCTYPE html> <!ENTITY lol "ja"> &lol; en el tercer trimestre de 2024.'),
    ),
    Hostile(
        "laughs-in-utf-16", lambda: declared(laughs(), "utf-16"), F.FILE_007, f"«{SHEET}».+DOCTYPE", neighbour=in_utf_16
    ),
    Hostile(
        "laughs-in-utf-32", lambda: declared(laughs(), "utf-32"), F.FILE_007, f"«{SHEET}».+DOCTYPE", neighbour=in_utf_16
    ),
    Hostile(
        "external-entity",
        lambda: declared('<!DOCTYPE w [<!ENTITY a SYSTEM "file:///etc/passwd">]>'),
        F.FILE_007,
        "DOCTYPE",
    ),
    Hostile(
        "parameter-entity",
        lambda: declared('<!DOCTYPE w [<!ENTITY % a SYSTEM "http://127.0.0.1:9/x">%a;]>'),
        F.FILE_007,
        "DOCTYPE",
    ),
    Hostile("external-type", lambda: declared('<!DOCTYPE w SYSTEM "http://127.0.0.1:9/x.dtd">'), F.FILE_007, "DOCTYPE"),
    Hostile("utf-7", in_utf_7, F.FILE_007, f"«{SHEET}» no es XML en UTF-8", neighbour=in_utf_16),
    Hostile(
        "utf-7-said-late",
        lambda: in_utf_7(f'<?xml version="1.0"{" " * 600}encoding="UTF-7"?>'),
        F.FILE_007,
        f"«{SHEET}» no es XML en UTF-8",
        neighbour=in_utf_16,
    ),
    Hostile("ebcdic", lambda: declared("", "cp037", "cp037"), F.FILE_007, f"«{SHEET}» no es XML"),
    Hostile(
        "deep",
        lambda: below_rows(_DEEP),
        F.FILE_006,
        f"«{SHEET}» no es XML",
        neighbour=lambda: below_rows("<g>" * 100 + "</g>" * 100),
        place="Plan",
    ),
    Hostile(
        "attributes",
        lambda: below_rows(f"<g {_WIDE}/>"),
        neighbour=lambda: below_rows(f"<g {_WIDE[:900].rsplit(' ', 1)[0]}/>"),
    ),
    Hostile("attributes-of-a-row", lambda: more_rows(f'<row r="99" {_WIDE}/>'), None),
    Hostile("tags", lambda: below_rows(_TAGS), F.FILE_008, f"«{SHEET}» tiene demasiados elementos"),
    Hostile("false-dimension", lambda: in_sheet('<dimension ref="A1:K7"', '<dimension ref="A1:A1"')),
    Hostile("huge-dimension", lambda: in_sheet('<dimension ref="A1:K7"', '<dimension ref="A1:XFD1048576"')),
    Hostile("far-cell", lambda: more_rows(_FAR)),
    Hostile("merge-of-all", lambda: in_sheet("</mergeCells>", '<mergeCell ref="A8:XFD1048576"/></mergeCells>')),
    Hostile(
        "million-merges",
        lambda: below_rows(_mixed_merges(1_000_000)),
        F.FILE_008,
        "demasiadas celdas combinadas",
        neighbour=lambda: below_rows(_mixed_merges(2_000)),
        place="Plan",
    ),
    Hostile(
        "hidden-columns",
        lambda: in_sheet("<sheetData>", f"{_HIDDEN_COLUMNS}<sheetData>"),
        F.FILE_006,
        "más columnas",
        place="Plan",
    ),
    Hostile(
        "cells",
        lambda: more_rows("".join(f"<row>{'<c><v>1</v></c>' * 5_000}</row>" for _ in range(130))),
        F.FILE_008,
        "600.000 celdas",
        place="Plan",
    ),
    Hostile("million-strings", lambda: with_strings("<si><t>x</t></si>" * 950_000)),
    Hostile("long-strings", lambda: with_strings(f"<si><t>{'x' * 50_000_000}</t></si>")),
    Hostile(
        "rich-text",
        lambda: with_strings(_RICH),
        None,
        neighbour=lambda: with_strings("<si>" + "<r><t>x</t></r>" * 500 + "</si>"),
    ),
    Hostile("same-long-string", _repeated, F.FILE_009, "tardaba más"),
    Hostile("million-styles", lambda: styled(1_000_000), None, neighbour=lambda: styled(5_000)),
    Hostile("comments", lambda: with_comments(230_000), None),
    Hostile("huge-heights", lambda: more_rows("".join(_LOW.format(n, "9" * 300, n) for n in range(20, 2_000)))),
    Hostile(
        "bidi-override",
        saying(B=_BIDI),
        F.TEXT_001,
        r"U\+202E",
        "Plan!B6",
        neighbour=saying(B="Formular «el» proyecto 1 — שלום"),
    ),
    Hostile("isolates", saying(D="Docu\u2066mento"), F.TEXT_001, r"U\+2066", "Plan!D6"),
    Hostile(
        "controls",
        lambda: in_sheet("Documento elaborado", "Documento_x0007_ elaborado"),
        F.TEXT_001,
        r"U\+0007",
        "Plan!D6",
    ),
    Hostile(
        "nul", lambda: in_sheet("Documento elaborado", "Documento_x0000_ elaborado"), F.TEXT_001, r"U\+0000", "Plan!D6"
    ),
    Hostile(
        "lone-surrogate", lambda: in_sheet("Documento elaborado", "Docu_xD800_mento"), F.TEXT_001, r"U\+D800", "Plan!D6"
    ),
    Hostile(
        "lone-surrogate-in-header",
        lambda: in_sheet("INDICADOR", "INDI_xDC00_CADOR"),
        F.COLUMN_001,
        "INDICADOR",
        "Plan!A5",
    ),
    Hostile(
        "noncharacter", lambda: in_sheet("Documento elaborado", "Docu_xFFFF_mento"), F.TEXT_001, r"U\+FFFF", "Plan!D6"
    ),
    Hostile("formula-as-text", lambda: in_sheet("Documento elaborado", "=cmd|'/c calc'!A0")),
    Hostile("formula-without-result", lambda: in_sheet("<v>4</v>", "<f>1+1</f>"), F.CELL_003, "", "Plan!F6"),
    Hostile("bidi-in-tab", lambda: named("Plan\u202e"), F.FILE_007, "nombre", neighbour=lambda: named("Plan — Ñandú")),
    Hostile("long-tab", lambda: named("P" * 1_000_000), F.FILE_007, "nombre"),
    Hostile("many-tabs", lambda: with_sheets(5_000), F.FILE_008, "200 hojas", neighbour=lambda: named("Plan 2024")),
    Hostile("endless-number", lambda: in_sheet("<v>4</v>", f"<v>{'9' * 5_000_000}</v>"), F.CELL_004, "", "Plan!F6"),
    Hostile("huge-exponent", lambda: in_sheet("<v>4</v>", "<v>1e999</v>"), F.TARGET_003, "", "Plan!F6"),
    Hostile("underscored-number", lambda: in_sheet("<v>4</v>", "<v>1_000</v>"), F.CELL_004, "", "Plan!F6"),
    Hostile("two-values", lambda: in_sheet('<c r="F6"', '<c r="F6"><v>9</v></c><c r="F6"'), F.FILE_011, "", "Plan!F6"),
    Hostile(
        "no-such-row",
        lambda: more_rows('<row r="1048577"><c><v>1</v></c></row>'),
        F.FILE_006,
        "una fila lleva un número",
        place="Plan",
    ),
    Hostile(
        "no-such-column",
        lambda: more_rows(f'<row r="99">{"<c><v>1</v></c>" * 16_385}</row>'),
        F.FILE_006,
        "más celdas",
        place="Plan",
    ),
    Hostile(
        "no-such-string",
        lambda: more_rows('<row r="99"><c t="s"><v>99999999</v></c></row>'),
        F.FILE_006,
        "remite a un texto",
        place="Plan",
    ),
    Hostile(
        "long-page-header",
        lambda: below_rows(f"<headerFooter><oddHeader>{'&amp;L' * 3_000_000}</oddHeader></headerFooter>"),
    ),
    Hostile(
        "long-text",
        lambda: in_sheet("Durante el tercer", "Durante el tercer" + " ." * 20_000),
        F.TEXT_002,
        "40.0",
        "Plan!K6",
    ),
)
