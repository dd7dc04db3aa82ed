"""Where two papers part, told as a planner would; and verdicts that come back from JSON as they were."""

from __future__ import annotations

import datetime as dt

import pytest

from service.domain.proof import Difference
from service.domain.reports import DocumentKind
from service.papers.texts import MOST_DIFFERENCES, PaperText, Table, differences, likeness
from service.papers.verdicts import (
    ANSWERS,
    Altered,
    AsIssued,
    NotOurs,
    Resaved,
    Scanned,
    Signed,
    SignerFound,
    Verdict,
    is_evidence,
    verdict_from_json,
    verdict_to_json,
)

HEAD = ("No.", "ACCIÓN", "META")
SOUND = SignerFound("Persona de Ejemplo Uno", dt.datetime(2024, 10, 16, tzinfo=dt.UTC), is_sound=True, note="Sí.")
DOUBTFUL = SignerFound("Persona de Ejemplo Dos", None, is_sound=False, note="No.")


def paper(*rows: tuple[str, ...], lines: tuple[tuple[str, str], ...] = ()) -> PaperText:
    return PaperText((Table("tabla 1", (HEAD, *rows), tuple(range(1, len(rows) + 2))),), lines)


def told(ours: PaperText, theirs: PaperText) -> list[tuple[str, str, str]]:
    return [(each.place, each.expected, each.found) for each in differences(ours, theirs)[0]]


def test_a_cell_is_named_by_its_action_and_column() -> None:
    ours, theirs = paper(("1", "Uno", "4"), ("2", "Dos", "5")), paper(("1", "Uno", "4"), ("2", "Dos", "6"))

    assert told(ours, theirs) == [("acción 2, columna META", "5", "6")]


def test_a_changed_header_is_named_by_its_row() -> None:
    theirs = PaperText((Table("tabla 1", (("No.", "ACCION", "META"), ("1", "Uno", "4")), (1, 2)),))

    assert told(paper(("1", "Uno", "4")), theirs) == [("tabla 1, fila 1, columna 2", "ACCIÓN", "ACCION")]


def test_a_row_put_between_others_is_told_and_the_others_are_not() -> None:
    ours = paper(("1", "Uno", "4"), ("2", "Dos", "5"))
    theirs = paper(("1", "Uno", "4"), ("9", "Otra", "7"), ("2", "Dos", "5"))

    assert told(ours, theirs) == [("acción 9 (agregada)", "", "9 | Otra | 7")]
    assert told(theirs, ours) == [("acción 9", "9 | Otra | 7", "")]


def test_a_table_more_or_less_is_told() -> None:
    ours = paper(("1", "Uno", "4"))
    more = PaperText((*ours.tables, Table("tabla 2", (("Firma",),), (1,))))

    assert told(ours, more) == [("tabla 2 (agregada)", "", "Firma")]
    assert told(more, ours) == [("tabla 2", "Firma", "")]


def test_a_line_that_stands_twice_or_elsewhere_is_the_same_line() -> None:
    ours = paper(lines=(("pie", "Código"), ("pie", "Página")))
    theirs = paper(lines=(("pie", "Página"), ("pie", "Código"), ("pie", "Página")))

    assert told(ours, theirs) == []


def test_more_differences_than_are_told_are_owned_up_to() -> None:
    rows = [(str(number), "Uno", "4") for number in range(1, MOST_DIFFERENCES + 9)]

    found, is_cut = differences(paper(*rows), paper(*((number, "Dos", "4") for number, *_ in rows)))

    assert (len(found), is_cut) == (MOST_DIFFERENCES, True)


def test_papers_are_akin_by_their_long_texts() -> None:
    ours = paper(("1", "Un texto que solo este plan tiene en alguna parte", "4"))

    assert likeness(ours, ours) == 1
    assert likeness(ours, paper(("1", "Y este otro, que es de otro plan, tiene lo suyo", "4"))) < 0.3


@pytest.mark.parametrize(
    "verdict",
    [
        AsIssued(DocumentKind.PDF),
        Signed(DocumentKind.WORD, (SOUND, DOUBTFUL)),
        Resaved(DocumentKind.EXCEL, (SOUND,)),
        Altered(DocumentKind.WORD, (Difference("acción 1", "4", "5"),), "Razón.", is_cut=True),
        NotOurs("Está vacío."),
        Scanned(),
    ],
)
def test_a_verdict_comes_back_from_json_as_it_was(verdict: Verdict) -> None:
    assert verdict_from_json(verdict_to_json(verdict)) == verdict
    assert verdict.answer in ANSWERS


def test_only_what_is_signed_and_holds_is_evidence_and_a_scan_on_its_bringers_word() -> None:
    word = DocumentKind.WORD

    assert is_evidence(Signed(word, (SOUND,)))
    assert is_evidence(Scanned())
    for refused in (
        AsIssued(word),
        Signed(word, (SOUND, DOUBTFUL)),
        Resaved(word),
        Resaved(word, (SOUND,)),
        Altered(word, ()),
        NotOurs("Otra cosa."),
    ):
        assert not is_evidence(refused)
