"""What an older Folio kept can be read by today's."""

from __future__ import annotations

from service.domain.archive import finding_from_json, finding_to_json
from service.domain.findings import CellRef, FindingCode


def test_a_finding_whose_code_was_retired_keeps_its_words() -> None:
    kept = finding_to_json(FindingCode.ROW_001.at(CellRef("Plan", "A7"), value="1", other="A6")) | {"code": "ROW_999"}
    found = finding_from_json(kept)
    assert found.code is FindingCode.OLD_001
    assert (found.message, found.fix, found.place) == (kept["message"], kept["fix"], CellRef("Plan", "A7"))


def test_a_finding_from_before_there_were_proposals_has_none() -> None:
    kept = finding_to_json(FindingCode.ROW_001.at(CellRef("Plan", "A7"), value="1", other="A6"))
    del kept["proposal"], kept["accepted"]
    assert finding_from_json(kept).proposal is None
