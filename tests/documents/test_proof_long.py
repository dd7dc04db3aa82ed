"""The proof of long tables, which are compared as they are unpacked: what is planted in one is named all the same."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from itertools import pairwise
from pathlib import Path

import pytest

from service.domain.reports import DocumentKind
from service.domain.values import PlainText
from tests.documents.damage import edited, word_rows
from tests.plans import generated_plan, report_of
from worker.documents.context import context_of
from worker.documents.proof import Proof, prove
from worker.documents.proof_package import Package
from worker.documents.template_files import Template, TemplateFiles

TEMPLATES = TemplateFiles(Path(__file__).parents[2] / "templates_docx")
WORD, EXCEL = (TEMPLATES.of(kind) for kind in (DocumentKind.WORD, DocumentKind.EXCEL))
DOCUMENT, SHEET, STRINGS = "word/document.xml", "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"
ACTIONS = 90
PLAN = replace(
    generated_plan(ACTIONS),
    actions=tuple(
        replace(action, lead=PlainText(f"Subdirección {number}"), indicator=PlainText(f"Indicador {number}"))
        for number, action in enumerate(generated_plan(ACTIONS).actions, start=1)
    ),
)
REPORT = report_of(PLAN)
GOOD_WORD, GOOD_EXCEL = (template.fill(context_of(REPORT)) for template in (WORD, EXCEL))
FIRST_WORD_ROW = next(
    at for at, row in enumerate(word_rows(zipfile.ZipFile(BytesIO(GOOD_WORD)).read(DOCUMENT).decode())) if ">1<" in row
)


def proved(kind: DocumentKind, content: bytes, template: Template) -> Proof:
    return prove(kind, content, template.content, REPORT)


def of_word(change: Callable[[str], str]) -> Proof:
    return proved(DocumentKind.WORD, edited(GOOD_WORD, DOCUMENT, change), WORD)


def of_excel(change: Callable[[str], str], part: str = SHEET) -> Proof:
    return proved(DocumentKind.EXCEL, edited(GOOD_EXCEL, part, change), EXCEL)


def excel_rows(xml: str) -> list[str]:
    return re.findall(r"<row r=.*?</row>", xml)


def excel_row_of(xml: str, number: int) -> str:
    """The first row of an action: the one whose first cell has its number."""
    return next(row for row in excel_rows(xml) if re.match(rf'<row [^>]*><c r="A\d+"[^>]*><v>{number}</v>', row))


@pytest.mark.parametrize(("kind", "template"), [(DocumentKind.WORD, WORD), (DocumentKind.EXCEL, EXCEL)])
@pytest.mark.parametrize("actions", [1, 2, 3, 29, 30, 31, 400])
def test_plans_of_every_length_are_proved_and_counted(kind: DocumentKind, template: Template, actions: int) -> None:
    report = report_of(generated_plan(actions))
    proof = prove(kind, template.fill(context_of(report)), template.content, report)
    texts = sum(
        len(text)
        for action in report.plan.actions
        for text in (action.action, action.lead, action.indicator, action.unit, action.qualitative_progress)
        if text
    )
    assert (proof.holds, proof.actions.found, proof.cells.found) == (True, actions, actions * 11)
    assert proof.characters.found == proof.characters.expected > texts


@pytest.mark.parametrize("number", [1, 2, 45, ACTIONS - 1, ACTIONS])
def test_a_changed_letter_of_any_action_is_named(number: int) -> None:
    words = of_word(lambda xml: xml.replace(f">Subdirección {number}<", f">Subdireccion {number}<"))
    assert [one.place for one in words.differences] == [f"acción {number}, columna RESPONSABLE"]
    texts = of_excel(lambda xml: xml.replace(f">Subdirección {number}<", f">Subdireccion {number}<"), STRINGS)
    assert {one.place.partition(", ")[2] for one in texts.differences} == {f"acción {number}, columna RESPONSABLE"}
    for proof in (words, texts):
        assert (proof.actions.found, proof.cells.found) == (ACTIONS - 1, ACTIONS * 11 - 1)


def row_of(xml: str, place: int) -> str:
    """The row of an action of the Word, from 0."""
    return word_rows(xml)[FIRST_WORD_ROW + place]


def _between(xml: str, number: int, what: str) -> str:
    return xml.replace(row_of(xml, number), what + row_of(xml, number))


PARAGRAPH = "<w:p><w:r><w:t>De más</w:t></w:r></w:p>"
IN_WORD: dict[str, Callable[[str], str]] = {
    "a row twice": lambda xml: xml.replace(row_of(xml, 40), row_of(xml, 40) * 2),
    "the first row twice": lambda xml: xml.replace(row_of(xml, 0), row_of(xml, 0) * 2),
    "a row less": lambda xml: xml.replace(row_of(xml, 40), ""),
    "rows in another order": lambda xml: xml.replace(
        row_of(xml, 40) + row_of(xml, 41), row_of(xml, 41) + row_of(xml, 40)
    ),
    "a paragraph between rows": lambda xml: _between(xml, 40, f"</w:tbl>{PARAGRAPH}<w:tbl>"),
    "the mark of what was proved": lambda xml: _between(xml, 40, "<w:tr></w:tr>"),
    "the same mark before the rows": lambda xml: _between(xml, 0, "<w:tr></w:tr>"),
    "rows that are hidden in a comment": lambda xml: _between(_between(xml, 43, "-->"), 40, "<!--"),
    "all rows in a comment": lambda xml: _between(_between(xml, ACTIONS - 1, "-->"), 0, "<!--"),
    "a row in a tracked deletion": lambda xml: xml.replace(
        row_of(xml, 40),
        row_of(xml, 40).replace("<w:r>", '<w:del w:id="9"><w:r>').replace("</w:r>", "</w:r></w:del>"),
    ),
    "a row in white letters": lambda xml: xml.replace(
        row_of(xml, 40),
        row_of(xml, 40).replace("<w:r>", '<w:r><w:rPr><w:color w:val="FFFFFF"/></w:rPr>'),
    ),
}  # fmt: skip


@pytest.mark.parametrize("damage", IN_WORD)
def test_damage_in_the_middle_of_a_long_word_is_never_passed_over(damage: str) -> None:
    assert not of_word(IN_WORD[damage]).holds


def _as_row(row: str, number: int) -> str:
    return re.sub(r'(?<=r=")([A-Z]*)\d+(?=")', rf"\g<1>{number}", row)


def _swapped(xml: str) -> str:
    rows = excel_rows(xml)
    one, other = next(
        (one, other)
        for one, other in pairwise(rows)
        if all("<v>" in row[: row.find("</c>")] for row in (one, other)) and 'r="A3' in one and 'r="A' in other
    )
    numbers = [int(re.findall(r"\d+", row)[0]) for row in (one, other)]
    return xml.replace(one + other, _as_row(other, numbers[0]) + _as_row(one, numbers[1]))


IN_EXCEL: dict[str, Callable[[str], str]] = {
    "a number off by one": lambda xml: xml.replace("<v>45657</v>", "<v>45658</v>", 40),
    "a row that is written twice": lambda xml: xml.replace(excel_row_of(xml, 40), excel_row_of(xml, 40) * 2),
    "a row again at the end, otherwise": lambda xml: xml.replace(
        "</sheetData>", excel_row_of(xml, 40).replace("<v>40</v>", "<v>41</v>") + "</sheetData>"
    ),
    "rows in another order": _swapped,
    "a row less": lambda xml: xml.replace(excel_row_of(xml, 40), ""),
    "a row that nobody sees": lambda xml: xml.replace(
        excel_row_of(xml, 40), excel_row_of(xml, 40).replace("<row ", '<row hidden="1" ', 1)
    ),
    "a row too low for its text": lambda xml: xml.replace(
        excel_row_of(xml, 40), re.sub('ht="[^"]*"', 'ht="9" customHeight="1"', excel_row_of(xml, 40), count=1)
    ),
    "rows in a comment": lambda xml: xml.replace(excel_row_of(xml, 40), "<!--" + excel_row_of(xml, 40) + "-->"),
    "a text where a number must be": lambda xml: xml.replace(
        excel_row_of(xml, 40), excel_row_of(xml, 40).replace("<v>40</v>", "", 1)
    ),
    "a cell more": lambda xml: xml.replace(
        excel_row_of(xml, 40), excel_row_of(xml, 40).replace("</row>", '<c r="Z99"><v>1</v></c></row>')
    ),
    "columns that nobody sees": lambda xml: re.sub(r'width="[\d.]+"', 'width="0.1"', xml),
}  # fmt: skip


@pytest.mark.parametrize("damage", IN_EXCEL)
def test_damage_in_the_middle_of_a_long_sheet_is_never_passed_over(damage: str) -> None:
    assert not of_excel(IN_EXCEL[damage]).holds


def test_a_shared_text_in_a_comment_is_not_there() -> None:
    def commented(xml: str) -> str:
        items = re.findall("<si>.*?</si>", xml, re.DOTALL)
        return xml.replace(items[50], f"<!--{items[50]}-->", 1)

    assert not of_excel(commented, STRINGS).holds


@pytest.mark.parametrize("part", [DOCUMENT, "word/styles.xml"])
def test_a_part_is_the_same_in_pieces(part: str) -> None:
    package = Package(GOOD_WORD)
    assert b"".join(package.pieces(part)) == Package(GOOD_WORD).read(part)
