"""An upload's bytes + what is remembered -> the reading that counts, and its JSON.

The room reads the workbook alone; what only the store knows comes in here: how this office's form was read before, and
what the quarter before said. It appends nothing.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from dataclasses import dataclass, replace
from typing import Final

from service.domain.archive import reading_to_json
from service.domain.checks import compare_with_previous
from service.domain.findings import Finding
from service.domain.office import Office
from service.domain.progress import Tell, tell_nobody
from service.domain.reading import Accepted, Given, Reading, Rejected, Unreadable, decided, with_accepted
from service.sheets.isolated import ReadingRoom
from service.store import Store

_ADDRESS: Final = re.compile("([A-Z]{1,3})([0-9]+)")


@dataclass(frozen=True, slots=True)
class Readings:
    """Reads workbooks with what the office said of itself and before."""

    room: ReadingRoom
    store: Store
    office: Office

    def read(self, content: bytes, given: Given, now: dt.datetime, tell: Tell = tell_nobody) -> tuple[Reading, bytes]:
        """The reading and its JSON (UTF-8); a mapping that was given is remembered for the next file of its layout.

        Raises:
            StoreUnavailable: what is remembered cannot be had.
        """
        reading, as_json = self._with_memory(content, given, now, tell)
        if isinstance(reading, Unreadable):
            return reading, as_json
        compared = self._compared(reading, given)
        return (compared, _as_json(compared)) if compared is not reading else (reading, as_json)

    def _with_memory(self, content: bytes, given: Given, now: dt.datetime, tell: Tell) -> tuple[Reading, bytes]:
        plain = self.room.read(content, given, tell)
        reading = plain[0]
        if isinstance(reading, Unreadable) or not reading.layout:
            return plain
        if given.mapping:
            self.store.remember_mapping(reading.layout, given.mapping, now)
            return plain
        remembered = self.store.mapping_of(reading.layout)
        if not remembered:
            return plain
        mapped = self.room.read(content, replace(given, mapping=remembered), tell)
        # What somebody once said must never spoil a workbook that is read well without it.
        return plain if isinstance(reading, Accepted) and not isinstance(mapped[0], Accepted) else mapped

    def _compared(self, reading: Accepted | Rejected, given: Given) -> Accepted | Rejected:
        draft = reading.plan if isinstance(reading, Rejected) else reading.plan.as_draft()
        dated = draft.with_blanks()
        previous = self.store.previous_plan(dated.quarter, dated.version) if dated else None
        if previous is None:
            return reading
        more = compare_with_previous(draft, reading.mapping, previous, self.office)
        if not more:
            return reading
        sheets = list(dict.fromkeys(action.source.sheet for action in draft.actions))
        let_stand = with_accepted(more, (*reading.typed, *given.accepted))
        findings = sorted((*reading.findings, *let_stand), key=lambda finding: _place_in_reading(finding, sheets))
        return decided(draft, reading.mapping, tuple(findings), reading.layout, reading.typed)


def _place_in_reading(finding: Finding, sheets: list[str]) -> tuple[int, int, str]:
    """Where a reader of the workbook comes upon it: whole file, then sheet by sheet, row by row, from left to right."""
    if finding.place is None:
        return -1, 0, ""
    sheet = sheets.index(finding.place.sheet) if finding.place.sheet in sheets else len(sheets)
    address = _ADDRESS.fullmatch(finding.place.cell)
    return (sheet, int(address[2]), address[1].rjust(3)) if address else (sheet, 0, "")


def _as_json(reading: Reading) -> bytes:
    return json.dumps(reading_to_json(reading), ensure_ascii=False, separators=(",", ":")).encode()
