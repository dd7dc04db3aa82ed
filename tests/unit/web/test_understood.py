"""The table as read, of readings that were kept by earlier editions of Folio."""

from __future__ import annotations

import json
from pathlib import Path

from service.web.understood import understood_table

KEPT = Path(__file__).parents[2] / "integration" / "reading_of_0003.json"


def test_a_reading_that_was_kept_before_own_columns_had_a_place_is_shown_with_them() -> None:
    kept = json.loads(KEPT.read_bytes())
    kept.pop("extra_columns", None)
    for action in kept["plan"]["actions"]:
        action["extras"] = {"EVIDENCIA": f"Acta {action['number']}"}

    table = understood_table(kept, (), (), address="/informes/x")

    assert table is not None
    assert table.own_headers == ("EVIDENCIA",)
    assert [row.own[0].text for row in table.rows] == [f"Acta {row.number.text}" for row in table.rows]
    assert table.total == len(table.rows) == len(kept["plan"]["actions"])


def test_a_reading_without_a_plan_has_no_table() -> None:
    assert understood_table({"plan": None, "mapping": {}, "findings": []}, (), (), address="") is None


def test_a_plan_without_actions_is_a_table_without_rows() -> None:
    kept = json.loads(KEPT.read_bytes())
    kept["plan"]["actions"] = []

    table = understood_table(kept, (), (), address="", asked="51")

    assert table is not None
    assert (table.rows, table.starts, table.previous, table.next) == ((), (), None, None)
