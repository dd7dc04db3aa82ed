"""Sheets and shared texts in pieces: however they are written, what is changed is in them and the rest as it was."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from service.domain.errors import UnmarkableWorkbook
from tests.documents.marked import marked, members, seen
from tests.unit.sheets.office import SHEET, office_book, repacked
from worker.documents.split_part import SplitPart

SPACE = "urn:sheet"
HEAD, TAIL = f'<worksheet xmlns="{SPACE}"><sheetData>', "</sheetData><mergeCells/></worksheet>"
SHEET_PART = "xl/worksheets/sheet1.xml"

Change = Callable[[bytes], bytes]
WAYS: dict[str, Change] = {
    "a comment that holds a row": lambda part: part.replace(b"</row>", b'</row><!--<row r="1"/>-->', 3),
    "an instruction among the rows": lambda part: part.replace(b"</row>", b"</row><?other?>", 3),
    "what no sheet may hold": lambda part: part.replace(b"</row>", b'</row>text<x/><q:row xmlns:q="urn:q"/>', 3),
    "a section": lambda part: re.sub(rb"<t>([^<&]*)</t>", rb"<t><![CDATA[\1]]></t>", part),
    "another encoding": lambda part: re.sub(r"^<\?xml.*?\?>", "", part.decode()).encode("utf-16"),
    "an encoding that it declares": lambda part: (
        b"<?xml version='1.0' encoding='iso-8859-1'?>"
        + re.sub(r"^<\?xml.*?\?>", "", part.decode()).encode("latin-1", "xmlcharrefreplace")
    ),
    "prefixes": lambda part: re.sub(rb"(</?)(?=[a-zA-Z])", rb"\1x:", part).replace(b"xmlns=", b"xmlns:x=", 1),
    "lines and indents": lambda part: re.sub(rb"<(row|c|v)(?=[\s>])", rb"\r\n  <\1", part),
    "single quotes": lambda part: re.sub(rb'<(row|c) r="(\w+)"', rb"<\1  r = '\2'", part),
    "an attribute that looks like an end": lambda part: part.replace(b"<row ", b'<row other="a/>b" '),
    "rows without a number": lambda part: re.sub(rb'<row r="\d+"', b"<row", part),
    "rows without an end": lambda part: part.replace(b"</sheetData>", b'<row r="90"/><row r="91" ht="9"/></sheetData>'),
}


def written(part: SplitPart) -> str:
    return b"".join(part.written()).decode()


def rows(inside: str) -> SplitPart:
    return SplitPart(f"{HEAD}{inside}{TAIL}".encode(), "sheetData", "row")


@pytest.mark.parametrize("way", WAYS)
def test_a_workbook_gets_the_same_marks_however_its_sheet_is_written(way: str) -> None:
    def change(parts: dict[str, bytes]) -> None:
        parts[SHEET_PART] = WAYS[way](parts[SHEET_PART])

    plain, other = (seen(marked(content)) for content in (office_book(), repacked(office_book(), change)))
    assert plain.sheetnames == other.sheetnames
    for sheet in plain.sheetnames:
        pairs = zip(plain[sheet].iter_rows(), other[sheet].iter_rows(max_row=plain[sheet].max_row), strict=True)
        for one, two in (cells for of_row in pairs for cells in zip(*of_row, strict=True)):
            assert (one.value, one.fill.fgColor.rgb) == (two.value, two.fill.fgColor.rgb)
            assert (one.comment and one.comment.text) == (two.comment and two.comment.text)


def test_a_row_within_a_row_is_answered_with_what_to_do() -> None:
    def change(parts: dict[str, bytes]) -> None:
        parts[SHEET_PART] = parts[SHEET_PART].replace(b"</row>", b'<row r="9"/></row>', 1)

    with pytest.raises(UnmarkableWorkbook) as refused:
        marked(repacked(office_book(), change))
    assert "guárdelo otra vez" in refused.value.detail


def test_a_row_that_nothing_is_done_to_keeps_its_bytes() -> None:
    def change(parts: dict[str, bytes]) -> None:
        parts[SHEET_PART] = parts[SHEET_PART].replace(b'<row r="5"', b"<row  r='5'")

    sheet = members(marked(repacked(office_book(), change)))[SHEET_PART]
    assert b"<row  r='5'" in sheet
    assert seen(marked(repacked(office_book(), change)))[SHEET]["K7"].comment is not None


def test_what_was_only_looked_at_is_not_changed() -> None:
    part = rows("<row r='1'><c r='A1'></c></row>")
    assert part.element(0).get("r") == "1"
    assert not part.is_changed
    part.element(0).set("ht", "20")
    assert part.is_changed


def test_a_change_is_kept_when_another_row_is_asked_for() -> None:
    part = rows('<row r="1"/><row r="2"/>')
    part.element(0).set("ht", "20")
    part.element(1).set("ht", "30")
    assert '<row r="1" ht="20"/><row r="2" ht="30"/></sheetData><mergeCells/>' in written(part)


def test_new_rows_stand_where_they_were_put() -> None:
    part = rows('<row r="3"/><row r="9"/>')
    for number, before in ((5, 1), (4, 2), (12, None)):
        part.add(etree.Element(f"{{{SPACE}}}row", {"r": str(number)}), before)
    assert re.findall(r'<row r="(\d+)"/>', written(part)) == ["3", "4", "5", "9", "12"]


@pytest.mark.parametrize("empty", ["<sheetData/>", '<sheetData a="1" />', "<sheetData></sheetData>", ""])
def test_a_sheet_without_rows_takes_some(empty: str) -> None:
    part = SplitPart(f'<worksheet xmlns="{SPACE}">{empty}</worksheet>'.encode(), "sheetData", "row")
    assert len(part) == 0
    part.add(etree.Element(f"{{{SPACE}}}row", {"r": "1"}))
    root = etree.fromstring(b"".join(part.written()))
    assert [row.get("r") for row in root.iter(f"{{{SPACE}}}row")] == ["1"]


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"))


@given(st.lists(st.tuples(TEXTS, st.booleans())), st.sampled_from(["", "\n", "\n  "]))
def test_any_texts_come_out_as_they_went_in(texts: list[tuple[str, bool]], between: str) -> None:
    root = etree.Element("sst", {"count": str(len(texts))})
    for text, is_empty in texts:
        item = etree.SubElement(root, "si", {"a": text})
        if not is_empty:
            etree.SubElement(item, "t").text = text
        item.tail = between
    content = etree.tostring(root, encoding="UTF-8", xml_declaration=True)
    part = SplitPart(content, "sst", "si")
    found = [(part.element(at).get("a"), part.element(at).findtext("t")) for at in range(len(part))]
    assert found == [(text, None if is_empty else text) for text, is_empty in texts]
    assert not part.is_changed
    again = etree.fromstring(b"".join(part.written()))
    assert etree.tostring(again, method="c14n") == etree.tostring(root, method="c14n")
