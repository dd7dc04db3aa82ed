"""An upload's bytes + what is remembered -> the reading that counts, its JSON, and what the upload seems to be.

The room reads the workbook alone; what only the store knows comes in here: how this office's form was read before, and
what the reports that were issued say. It appends nothing.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from service.domain.archive import corrections_of, reading_to_keep
from service.domain.findings import Finding, FindingCode
from service.domain.office import Office
from service.domain.past import Past
from service.domain.plan import DraftPlan
from service.domain.progress import Tell, tell_nobody
from service.domain.reading import (
    Accepted,
    Given,
    Reading,
    Rejected,
    Unreadable,
    let_stand,
    with_accepted,
    with_findings,
)
from service.domain.succession import Proposal, Step, objection, propose
from service.sheets.isolated import ReadingRoom
from service.store import SOMEBODY, Store
from service.web.history import beside_the_past, past_of
from service.web.turns import take_turn

_ADDRESS: Final = re.compile("([A-Z]{1,3})([0-9]+)")


@dataclass(frozen=True, slots=True)
class Considered:
    """A reading beside the past, and what its reader wrote of it (UTF-8); None where more was found here since.

    `given` holds the numbers that followed from what the person said that the upload is. `objection` is a Spanish
    sentence: why the workbook cannot be that.
    """

    reading: Reading
    as_read: bytes | None
    given: Given
    proposal: Proposal | None = None
    objection: str | None = None

    def as_json(self) -> bytes:
        """The reading as it is kept; only what is kept is written again, for of a long plan it is as much again."""
        return self.as_read or reading_to_keep(self.reading)


@dataclass(frozen=True, slots=True)
class Readings:
    """Reads workbooks with what the office said of itself and before."""

    room: ReadingRoom
    store: Store
    office: Office

    def read(
        self,
        content: bytes,
        given: Given,
        now: dt.datetime,
        tell: Tell = tell_nobody,
        *,
        is_afresh: bool = False,
        step: Step | None = None,
        by: str = SOMEBODY,
    ) -> Considered:
        """The workbook beside the past; a mapping that was given is remembered for the next file of its layout.

        `step` is what the person says that the upload is: numbers that the workbook lacks follow from it. With
        `is_afresh` what was remembered of the layout is forgotten first.

        Raises:
            StoreUnavailable: what is remembered cannot be had.
        """
        memory = _Memory(self.room, self.store, self.office, now, by)
        reading, as_read = memory.read(content, given, tell, is_afresh=is_afresh)
        if isinstance(reading, Unreadable):
            return Considered(reading, as_read, given)
        plan = reading.plan.as_draft()
        past = past_of(self.store, plan.year, plan.quarter, plan.version, like=plan)
        compared = self._compared(reading, given, past)
        # What only the past finds is let stand with a reason like all else.
        proposal = propose(plan, past, self.office, wished=step, accepted=let_stand(compared.findings))
        if step is not None and proposal is not None:
            if said := objection(step, proposal, plan, past):
                return Considered(reading, as_read, given, proposal, said)
            if plan.year is None or plan.quarter is None or plan.version is None:
                given = _completed(given, plan, proposal)
                reading, as_read = memory.read(content, given, tell)
                if isinstance(reading, Unreadable):
                    return Considered(reading, as_read, given)
                compared = self._compared(reading, given, past)
        is_same = proposal is not None and proposal.step is Step.SAME
        if is_same and (_says_more(compared, reading) or self._is_put_right_otherwise(content, reading, proposal)):
            proposal = propose(plan, past, self.office, wished=step, accepted=None)
        proposed = _proposing(compared, proposal)
        return Considered(proposed, as_read if proposed is reading else None, given, proposal)

    def _compared(self, reading: Accepted | Rejected, given: Given, past: Past) -> Accepted | Rejected:
        plan = reading.plan.as_draft()
        more = beside_the_past(plan, reading.mapping, past, self.office, reading.extra_columns, read=reading.findings)
        if not more:
            return reading
        return _decided_with(reading, (*reading.findings, *with_accepted(more, (*reading.typed, *given.accepted))))

    def _is_put_right_otherwise(self, content: bytes, reading: Accepted | Rejected, proposal: Proposal | None) -> bool:
        """Whether the report with the same data was read from these very bytes with other corrections of its cells."""
        report = self.store.report(proposal.against) if proposal and proposal.against else None
        if report is None or report.upload_sha256 != hashlib.sha256(content).hexdigest():
            return False
        kept = self.store.reading_json(report.id)
        return kept is not None and corrections_of(kept) != reading.corrections


@dataclass(frozen=True, slots=True)
class _Memory:
    """Reads with what was said of earlier files of the same layout, and remembers what is said now and by whom."""

    room: ReadingRoom
    store: Store
    office: Office
    now: dt.datetime
    by: str

    def read(
        self, content: bytes, given: Given, tell: Tell, *, is_afresh: bool = False
    ) -> tuple[Reading, bytes | None]:
        plain = self.room.read(content, given, tell, self.office, take_turn)
        reading = plain[0]
        if isinstance(reading, Unreadable) or not reading.layout:
            return plain
        if given.mapping or is_afresh:
            self.store.remember_mapping(reading.layout, given.mapping, self.now, self.by)
            return plain
        remembered = self.store.mapping_of(reading.layout)
        if not remembered:
            return plain
        mapped, _ = self.room.read(content, replace(given, mapping=remembered), tell, self.office, take_turn)
        # What somebody once said must never spoil a workbook that is read well without it.
        if isinstance(mapped, Unreadable) or (isinstance(reading, Accepted) and not isinstance(mapped, Accepted)):
            return plain
        return replace(mapped, remembered_at=self.store.said_at(reading.layout)), None


def _completed(given: Given, plan: DraftPlan, proposal: Proposal) -> Given:
    return replace(
        given,
        year=plan.year or proposal.quarter.year,
        quarter=plan.quarter or proposal.quarter.number,
        version=plan.version or proposal.version,
    )


def _says_more(now: Accepted | Rejected, before: Accepted | Rejected) -> bool:
    """Whether the past makes an error of what none was: the report with the same data was made before that."""
    return isinstance(now, Rejected) and isinstance(before, Accepted)


def _proposing(reading: Accepted | Rejected, proposal: Proposal | None) -> Accepted | Rejected:
    """The reading, what it lacks of its numbers beside what Folio would put there."""
    if proposal is None or isinstance(reading, Accepted):
        return reading
    values = {
        FindingCode.PLAN_001: str(proposal.quarter.year),
        FindingCode.PLAN_002: proposal.quarter.roman,
        FindingCode.PLAN_003: str(proposal.version),
    }
    if not any(finding.code in values for finding in reading.findings):
        return reading
    findings = (replace(each, proposal=each.proposal or values.get(each.code)) for each in reading.findings)
    return replace(reading, findings=tuple(findings))


def _decided_with(reading: Accepted | Rejected, findings: Iterable[Finding]) -> Accepted | Rejected:
    sheets = list(dict.fromkeys(action.source.sheet for action in reading.plan.actions))
    in_order = sorted(findings, key=lambda finding: _place_in_reading(finding, sheets))
    return with_findings(reading, tuple(in_order))


def _place_in_reading(finding: Finding, sheets: list[str]) -> tuple[int, int, str]:
    """Where a reader of the workbook comes upon it: whole file, then sheet by sheet, row by row, from left to right."""
    if finding.place is None:
        return -1, 0, ""
    sheet = sheets.index(finding.place.sheet) if finding.place.sheet in sheets else len(sheets)
    address = _ADDRESS.fullmatch(finding.place.cell)
    return (sheet, int(address[2]), address[1].rjust(3)) if address else (sheet, 0, "")
