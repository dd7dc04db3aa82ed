"""Plans, findings and readings to and from JSON: the shape that the API shows, the terminal prints and the store keeps.

Values are strings as they will be printed; dates are ISO; the quarter is a Roman numeral; null is what there is not.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

from service.domain.corrections import Correction
from service.domain.findings import CellRef, Finding, FindingCode
from service.domain.office_json import (
    approval_from_json,
    approval_to_json,
    frame_from_json,
    frame_to_json,
    seal_from_json,
    seal_to_json,
)
from service.domain.plan import Action, DraftPlan, Plan, RowRef
from service.domain.reading import Acceptance, Given, MappedColumn, Reading, Unreadable, decided
from service.domain.reports import ChangeLogEntry, Report
from service.domain.values import ROMAN, PlainText, Quarter, Target, VersionNumber

Json = dict[str, Any]

# Asked once: of an enumeration itself it is made anew every time, and a reading has thousands of findings.
_CODES = dict(FindingCode.__members__)
_TEXTS = ("number", "action", "indicator", "qualitative_progress")
_LONG_TEXTS = ("action", "indicator", "qualitative_progress")
# Of a few words that come again from one action to the next.
_REPEATED_TEXTS = ("lead", "unit", "periodicity", "funding_source")


def plan_to_json(plan: DraftPlan) -> Json:
    """The plan as the API shows it."""
    return _plan_to_json(plan, _action_to_json)


def _plan_to_json(plan: DraftPlan, of_action: Callable[[Action], Any]) -> Json:
    return {
        "year": plan.year,
        "quarter": ROMAN[plan.quarter] if plan.quarter else None,
        "version": str(plan.version) if plan.version else None,
        "title": plan.title,
        "objective": plan.objective,
        "actions": [of_action(action) for action in plan.actions],
    }


def plan_from_json(data: Json) -> DraftPlan:
    """The inverse of `plan_to_json`; the JSON is ours, so a KeyError or ValueError means a damaged store."""
    return DraftPlan(
        year=data["year"],
        quarter=Quarter.number_from(data["quarter"]) if data["quarter"] else None,
        version=VersionNumber.parse(data["version"]) if data["version"] else None,
        title=_text(data["title"]),
        objective=_text(data["objective"]),
        actions=tuple(
            action if isinstance(action, Action) else _action_from_json(action) for action in data["actions"]
        ),
    )


def report_to_json(report: Report) -> Json:
    """The report with its plan, for whoever writes its documents in another process."""
    return {
        "id": report.id,
        "edition": report.edition,
        "created_at": report.created_at.isoformat(),
        "is_draft": report.is_draft,
        "change_log": change_log_to_json(report.change_log),
        "frame": frame_to_json(report.frame),
        "approval": approval_to_json(report.approval),
        "seal": seal_to_json(report.seal),
        "plan": plan_to_json(report.plan.as_draft()),
    }


def report_from_json(data: Json) -> Report:
    """The inverse of `report_to_json`; a text that the plan lacks is blank.

    Raises:
        ValueError: the plan does not say its year, quarter or version.
    """
    plan = plan_from_json(data["plan"]).with_blanks()
    if plan is None:
        raise ValueError("the plan of a report says its year, quarter and version")
    at = dt.datetime.fromisoformat(data["created_at"])
    return Report(
        data["id"],
        plan,
        data["edition"],
        at,
        data["is_draft"],
        change_log_from_json(data["change_log"]),
        frame=frame_from_json(data["frame"]),
        approval=approval_from_json(data["approval"]),
        seal=seal_from_json(data["seal"]),
    )


def change_log_to_json(entries: Iterable[ChangeLogEntry]) -> list[list[str]]:
    """The control de cambios: version, ISO date, description and instance of each row."""
    return [[str(entry.version), entry.on.isoformat(), entry.description, entry.instance] for entry in entries]


def change_log_from_json(rows: Iterable[list[str]]) -> tuple[ChangeLogEntry, ...]:
    """The inverse of `change_log_to_json`."""
    return tuple(
        ChangeLogEntry(version_of(version), dt.date.fromisoformat(on), description, instance)
        for version, on, description, instance in rows
    )


def version_of(text: str) -> VersionNumber:
    """The version in a text that Folio wrote.

    Raises:
        ValueError: what is kept is damaged.
    """
    version = VersionNumber.parse(text)
    if version is None:
        raise ValueError(f"{text!r} is no version")
    return version


def _action_to_json(action: Action) -> Json:
    return {
        "number": action.number,
        "action": action.action,
        "lead": action.lead,
        "indicator": action.indicator,
        "unit": action.unit,
        "target": action.target.printed if action.target else None,
        "starts_on": action.starts_on.isoformat() if action.starts_on else None,
        "ends_on": action.ends_on.isoformat() if action.ends_on else None,
        "periodicity": action.periodicity,
        "funding_source": action.funding_source,
        "qualitative_progress": action.qualitative_progress,
        "extras": dict(action.extras),
        "source": {"sheet": action.source.sheet, "row": action.source.row},
    }


def _action_from_json(data: Json) -> Action:
    return Action(
        **{name: _text(data[name]) for name in _TEXTS},
        **{name: _repeated(data[name]) for name in _REPEATED_TEXTS},
        target=_target(data["target"]),
        starts_on=_day(data["starts_on"]),
        ends_on=_day(data["ends_on"]),
        extras=tuple((sys.intern(header), PlainText(value)) for header, value in data["extras"].items()),
        source=RowRef(sys.intern(data["source"]["sheet"]), data["source"]["row"]),
    )


def _text(value: str | None) -> PlainText | None:
    # What was admitted once is not cleaned twice: the store gives back the very characters it was given.
    return PlainText(value) if type(value) is str else value  # type: ignore[return-value]  # a text or None


# Ten thousand actions have a few hundred of these between them: each is made and kept once.
_repeated = lru_cache(maxsize=1024)(_text)


@lru_cache(maxsize=1024)
def _day(iso: str | None) -> dt.date | None:
    return dt.date.fromisoformat(iso) if iso else None


@lru_cache(maxsize=1024)
def _target(printed: str | None) -> Target | None:
    return Target.from_printed(printed) if printed is not None else None


def finding_to_json(finding: Finding) -> Json:
    """A finding as the API shows it."""
    return {
        "code": finding.code.name,
        "severity": finding.severity.value,
        "sheet": finding.place.sheet if finding.place else "",
        "cell": finding.place.cell if finding.place else "",
        "column": finding.column,
        "value": finding.value,
        "message": finding.message,
        "fix": finding.fix,
        "proposal": finding.proposal,
        "accepted": finding.accepted,
    }


def finding_from_json(data: Json) -> Finding:
    """The inverse of `finding_to_json`."""
    place = CellRef(data["sheet"], data["cell"]) if data["sheet"] else None
    return Finding(
        _CODES.get(data["code"], FindingCode.OLD_001),
        place,
        sys.intern(data["column"]),
        data["value"],
        data["message"],
        # A few hundred words that come again in thousands of findings.
        sys.intern(data["fix"]),
        # Readings that were kept before findings had these two lack them.
        data.get("proposal"),
        data.get("accepted"),
    )


def reading_to_json(reading: Reading) -> Json:
    """What was understood: `{plan, mapping, findings, layout}`; the plan is null when the file is unreadable.

    `mapping` is the first table's; a plan put together from several sheets has that of each in `tables`.
    `typed` is there when the workbook's own list of findings has reasons, `extra_columns` and `corrections` when there
    are any, and `remembered_at` when the mapping is owed to what was said of an earlier file.
    """
    return _reading_to_json(reading, _action_to_json, finding_to_json)


def reading_told(reading: Reading) -> Json:
    """`reading_to_json`, its actions and findings as they are, for an encoder that asks `told` of each when it comes.

    So those of ten thousand actions are never there all at once.
    """
    return _reading_to_json(reading, _itself, _itself)


def told(value: object) -> Json:
    """An action or a finding as the API shows it: the `default` of `json.dumps` for `reading_told`.

    Raises:
        TypeError: it is neither.
    """
    if isinstance(value, Action):
        return _action_to_json(value)
    if isinstance(value, Finding):
        return finding_to_json(value)
    raise TypeError(f"{type(value).__name__} is told by no JSON")


def reading_to_keep(reading: Reading) -> bytes:
    """The JSON of a reading as it is kept and served: UTF-8, without spaces."""
    return json.dumps(reading_told(reading), default=told, ensure_ascii=False, separators=(",", ":")).encode()


def _itself(value: object) -> object:
    return value


def _reading_to_json(
    reading: Reading, of_action: Callable[[Action], Any], of_finding: Callable[[Finding], Any]
) -> Json:
    findings = [of_finding(finding) for finding in reading.findings]
    if isinstance(reading, Unreadable):
        return {"plan": None, "mapping": {}, "findings": findings, "layout": ""}
    tables: Json = {}
    for column in reading.mapping:
        where = {"sheet": column.sheet, "column": column.column, "header": column.header}
        tables.setdefault(column.sheet, {})[column.field] = where
    mapping: Json = next(iter(tables.values()), {})
    draft = _plan_to_json(reading.plan.as_draft(), of_action)
    shown = {"plan": draft, "mapping": mapping, "findings": findings, "layout": reading.layout}
    if len(tables) > 1:
        shown["tables"] = [{"sheet": sheet, "mapping": columns} for sheet, columns in tables.items()]
    if reading.extra_columns:
        shown["extra_columns"] = [
            {"sheet": column.sheet, "column": column.column, "header": column.header}
            for column in reading.extra_columns
        ]
    if reading.remembered_at is not None:
        shown["remembered_at"] = reading.remembered_at.isoformat()
    if reading.typed:
        shown["typed"] = [_acceptance_to_json(each) for each in reading.typed]
    if reading.corrections:
        shown["corrections"] = [correction_to_json(each) for each in reading.corrections]
    return shown


def reading_from_json(data: Json) -> Reading:
    """The inverse of `reading_to_json`."""
    findings = tuple(
        finding if isinstance(finding, Finding) else finding_from_json(finding) for finding in data["findings"]
    )
    if data["plan"] is None:
        return Unreadable(findings)
    tables = data.get("tables", [{"mapping": data["mapping"]}])
    mapping = tuple(MappedColumn(field, **where) for table in tables for field, where in table["mapping"].items())
    typed = tuple(_acceptance_from_json(each) for each in data.get("typed", ()))
    extra_columns = tuple(MappedColumn("", **where) for where in data.get("extra_columns", ()))
    remembered_at = dt.datetime.fromisoformat(data["remembered_at"]) if "remembered_at" in data else None
    return decided(
        plan_from_json(data["plan"]),
        mapping,
        findings,
        # Readings that were kept before layouts were known lack theirs.
        layout=data.get("layout", ""),
        typed=typed,
        extra_columns=extra_columns,
        remembered_at=remembered_at,
        corrections=corrections_in(data),
    )


def reading_of(kept: bytes | str, like: Plan | DraftPlan | None = None) -> Reading:
    """`reading_from_json` of the JSON as it is kept.

    Each action and finding is made as soon as its JSON ends, so that those of ten thousand are never there all at once.
    What it says in the words of `like`, a plan to compare with, it has from there: most of a plan stays as it was.
    """
    known = {
        text: text
        for action in (like.actions if like else ())
        for text in (action.action, action.indicator, action.qualitative_progress)
        if text is not None
    }

    is_behind_plan = False

    def made_of(data: Json) -> Json | Action | Finding:
        nonlocal is_behind_plan
        # Within the plan an office's own columns may be called as the fields of a finding are.
        if is_behind_plan and "severity" in data:
            return finding_from_json(data)
        if not _is_action(data):
            is_behind_plan = is_behind_plan or isinstance(data.get("actions"), list)
            return data
        for name in _LONG_TEXTS if known else ():
            data[name] = known.get(data[name], data[name])
        return _action_from_json(data)

    return reading_from_json(json.loads(kept, object_hook=made_of))


def _is_action(data: Json) -> bool:
    # What an office's own columns are called is text, and so is what they hold: nothing else has it in its source.
    return isinstance(data.get("source"), dict) and "extras" in data


def given_to_json(given: Given) -> Json:
    """What a person said beside the workbook."""
    return {
        "year": given.year,
        "quarter": given.quarter,
        "version": str(given.version) if given.version else None,
        "mapping": [list(pair) for pair in given.mapping],
        "accepted": [_acceptance_to_json(each) for each in given.accepted],
        "corrections": [correction_to_json(each) for each in given.corrections],
    }


def given_from_json(data: Json) -> Given:
    """The inverse of `given_to_json`."""
    return Given(
        data["year"],
        data["quarter"],
        VersionNumber.parse(data["version"]) if data["version"] else None,
        tuple((header, field) for header, field in data["mapping"]),
        tuple(_acceptance_from_json(each) for each in data["accepted"]),
        tuple(correction_from_json(each) for each in data["corrections"]),
    )


def correction_to_json(correction: Correction) -> Json:
    """A cell that was put right, what the upload has there and what it says now."""
    place = correction.place
    return {"sheet": place.sheet, "cell": place.cell, "before": correction.before, "after": correction.after}


def corrections_of(kept: bytes) -> tuple[Correction, ...]:
    """`corrections_in` of the JSON as it is kept; its actions go as soon as they are read."""
    return corrections_in(json.loads(kept, object_hook=lambda data: None if _is_action(data) else data))


def corrections_in(data: Json) -> tuple[Correction, ...]:
    """The cells that a reading's JSON was read otherwise than its file has them."""
    return tuple(correction_from_json(each) for each in data.get("corrections", ()))


def correction_from_json(data: Json) -> Correction:
    """The inverse of `correction_to_json`."""
    return Correction(CellRef(data["sheet"], data["cell"]), data["after"], data["before"])


def _acceptance_to_json(acceptance: Acceptance) -> Json:
    place = acceptance.place or CellRef("")
    return {"code": acceptance.code.name, "sheet": place.sheet, "cell": place.cell, "reason": acceptance.reason}


def _acceptance_from_json(data: Json) -> Acceptance:
    place = CellRef(data["sheet"], data["cell"]) if data["sheet"] else None
    return Acceptance(FindingCode[data["code"]], place, data["reason"])
