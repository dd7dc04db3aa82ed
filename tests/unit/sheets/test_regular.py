from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Callable

import pytest

from benchmarks.offices import sound_rows, workbook_of
from service.sheets import workbook
from service.sheets.guard import UnreadableWorkbook
from service.sheets.parsed import ParsedSheet
from service.sheets.regular import Irregular, rows_in, split_sheet, split_texts, texts_in
from service.sheets.workbook import read_workbook
from tests.corpus.layouts import LAYOUTS
from tests.unit.sheets.office import EXAMPLE, action, office_book, repacked

SHEET = "xl/worksheets/sheet1.xml"
TEXTS = "xl/sharedStrings.xml"
INLINE = office_book([action(1, K="  «R&D» <eficaz>\nlínea 2"), action(2)])
PLAN = workbook_of([*sound_rows(3), [4, "Coordinar «R&D» <eficaz>", "", "línea 1\nlínea 2", "_x0041_", 2.5]])
# Its objective begins in bold.
RUNS = EXAMPLE.read_bytes()
WRITTEN = [
    b' hidden="1"', b' s="2"', b' t="str"', b' t="b"', b"<c ", b"</c>", b"<v>", b"</row>", b"<row>", b'<row r="9"/>',
    b"<f>1+1</f>", b"<f/>", b"&amp;", b"&nbsp;", b"<!-- -->", b"<![CDATA[x]]>", b"]]>", b"<is><t>x</t></is>",
    b"\x01", b"\r\n", b"\xff", b"<", b">", b'"', b" ", b"", b"<x/>", b"<r><t>x</t></r>", b"</si>", b"<si>", b"</t>",
    b"&#65;", b"&#x1f6b2;", b"&#1;", b"&#xD800;",
    b"</sheetData>", b"<sheetData>", b"\xef\xbf\xbe", b'<c r="ZZ7"/>', b'<c r="B2" t="s"><v>3</v></c>', b"-7",
]  # fmt: skip


def part_of(content: bytes, name: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return archive.read(name)


def read(content: bytes) -> tuple[ParsedSheet, ...] | str:
    try:
        return read_workbook(content)
    except UnreadableWorkbook as refusal:
        return refusal.finding.message


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], tuple[ParsedSheet, ...] | str]:
    """The sheets as the parser alone reads them."""

    def irregular(_part: bytes) -> tuple[bytes, str]:
        raise Irregular

    def by_parser(content: bytes) -> tuple[ParsedSheet, ...] | str:
        with monkeypatch.context() as patched:
            patched.setattr(workbook, "split_sheet", irregular)
            patched.setattr(workbook, "split_texts", irregular)
            return read(content)

    return by_parser


def test_what_excel_writes_needs_no_parser() -> None:
    _, written = split_sheet(part_of(PLAN, SHEET))
    assert [number for number, _, _ in rows_in(written)] == [str(row) for row in range(1, 10)]
    _, texts = split_texts(part_of(PLAN, TEXTS))
    assert "Coordinar «R&D» <eficaz>" in texts_in(texts)


def test_a_text_in_letters_of_its_own_needs_no_parser() -> None:
    _, written = split_sheet(part_of(EXAMPLE.read_bytes(), SHEET))
    objective = {number: cells for number, _, cells in rows_in(written)}["2"][0][-1]
    assert objective is not None
    assert objective.startswith("Objetivo: Especificar los objetivos")
    bold = '<r><rPr><b/><sz val="9"/></rPr><t>R&amp;D</t></r><r><t xml:space="preserve"> &#225;gil</t></r>'
    assert texts_in(f"<si>{bold}</si><si><t>x</t></si>") == ["R&D ágil", "x"]


def test_the_parser_reads_the_same(parsed: Callable[[bytes], object]) -> None:
    for content in (PLAN, INLINE, EXAMPLE.read_bytes(), *(layout.build() for layout in LAYOUTS.values())):
        if content.startswith(b"PK"):
            assert read(content) == parsed(content)


@pytest.mark.parametrize(("book", "part"), [(PLAN, SHEET), (PLAN, TEXTS), (INLINE, SHEET), (RUNS, SHEET)])
def test_damage_anywhere_is_read_as_the_parser_reads_it(
    book: bytes, part: str, parsed: Callable[[bytes], object]
) -> None:
    chance = random.Random(part)
    sound = part_of(book, part)
    for _ in range(300):
        damaged = bytearray(sound)
        for _ in range(chance.choice((1, 1, 2))):
            at = chance.choice([chance.randrange(len(damaged)), damaged.find(b"<", chance.randrange(len(damaged)))])
            damaged[at : at + chance.choice((0, 0, 1, 4))] = chance.choice(WRITTEN)
        content = repacked(book, lambda members, damaged=damaged: members.update({part: bytes(damaged)}))
        fast, slow = read(content), parsed(content)
        if isinstance(slow, str):
            # An attribute that is there twice, or a "]]>", is no XML; reading it all the same loses nothing.
            assert isinstance(fast, str) or b"]]>" in damaged or damaged.count(b' hidden="1"') > 1
        else:
            assert fast == slow
