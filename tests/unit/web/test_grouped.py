"""Findings as a page lists them: in groups, the gravest first, a share of each where they are very many."""

from __future__ import annotations

from dataclasses import replace

from service.domain.findings import CellRef, Finding, FindingCode
from service.web.grouped import MOST_SHOWN, ListedFindings, grouped


def empty(row: int, column: str = "META") -> Finding:
    return FindingCode.CELL_001.at(CellRef("Plan", f"F{row}"), column=column)


def no_full_stop(row: int) -> Finding:
    return FindingCode.TEXT_014.at(CellRef("Plan", f"K{row}"), column="AVANCE CUALITATIVO")


def told(listed: ListedFindings) -> list[tuple[str, list[int]]]:
    return [(each.told, [group.total for group in each.groups]) for each in listed.gravities]


def test_the_gravest_come_first_and_what_was_accepted_last() -> None:
    findings = (no_full_stop(6), empty(6), replace(empty(7), accepted="Así es"), empty(8))

    listed = grouped(findings)

    assert told(listed) == [("2 errores", [2]), ("1 sugerencia", [1]), ("1 hallazgo aceptado", [1])]
    assert [number for number, _ in listed.gravities[0].groups[0].shown] == [1, 3]


def test_a_group_is_called_by_the_words_of_its_findings_where_they_agree() -> None:
    (alike,) = grouped((empty(6), empty(7))).gravities
    (unlike,) = grouped((empty(6), empty(7, "INDICADOR"))).gravities

    assert alike.groups[0].title == "La celda está vacía y la columna «META» es obligatoria en cada acción."
    assert unlike.groups[0].title == "La celda está vacía y la columna «…» es obligatoria en cada acción."
    assert alike.groups[0].fix == "Complete la celda."


def test_of_very_many_each_kind_is_there_with_its_number_and_a_share_of_its_findings() -> None:
    findings = (*(empty(row) for row in range(1000)), *(no_full_stop(row) for row in range(2000)), empty(1, "OTRA"))

    errors, suggestions = grouped(findings).gravities

    assert (errors.told, suggestions.told) == ("1.001 errores", "2.000 sugerencias")
    assert [len(group.shown) for each in (errors, suggestions) for group in each.groups] == [150, 150]
    assert len(grouped(findings).numbers) == MOST_SHOWN


def test_small_kinds_are_shown_whole_and_large_ones_share_what_is_left() -> None:
    findings = (*(empty(row) for row in range(20)), *(no_full_stop(row) for row in range(2000)))

    listed = grouped(findings)

    assert [len(group.shown) for each in listed.gravities for group in each.groups] == [20, 280]


def test_without_findings_there_is_nothing_to_list() -> None:
    assert grouped(()) == ListedFindings((), frozenset())
