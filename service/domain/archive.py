"""Plans, findings and readings to and from JSON: the shape that the API shows, the terminal prints and the store keeps.

Values are strings as they will be printed; dates are ISO; the quarter is a Roman numeral; null is what there is not.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from service.domain.findings import CellRef, Finding, FindingCode
from service.domain.plan import Action, DraftPlan, RowRef
from service.domain.reading import Acceptance, Accepted, Given, MappedColumn, Reading, Rejected, Unreadable, decided
from service.domain.reports import ChangeLogEntry, Report
from service.domain.values import ROMAN, PlainText, Quarter, Target, VersionNumber

Json = dict[str, Any]

_TEXTS = ("number", "action", "lead", "indicator", "unit", "periodicity", "funding_source", "qualitative_progress")


def plan_to_json(plan: DraftPlan) -> Json:
    """The plan as the API shows it."""
    return {
        "year": plan.year,
        "quarter": ROMAN[plan.quarter] if plan.quarter else None,
        "version": str(plan.version) if plan.version else None,
        "title": plan.title,
        "objective": plan.objective,
        "actions": [_action_to_json(action) for action in plan.actions],
    }


def plan_from_json(data: Json) -> DraftPlan:
    """The inverse of `plan_to_json`; the JSON is ours, so a KeyError or ValueError means a damaged store."""
    return DraftPlan(
        year=data["year"],
        quarter=Quarter.number_from(data["quarter"]) if data["quarter"] else None,
        version=VersionNumber.parse(data["version"]) if data["version"] else None,
        title=_text(data["title"]),
        objective=_text(data["objective"]),
        actions=tuple(_action_from_json(action) for action in data["actions"]),
    )


def report_to_json(report: Report) -> Json:
    """The report with its plan, for whoever writes its documents in another process."""
    return {
        "id": report.id,
        "edition": report.edition,
        "created_at": report.created_at.isoformat(),
        "is_draft": report.is_draft,
        "change_log": [
            {
                "version": str(entry.version),
                "on": entry.on.isoformat(),
                "description": entry.description,
                "instance": entry.instance,
            }
            for entry in report.change_log
        ],
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
    entries = tuple(
        ChangeLogEntry(
            _version(entry["version"]),
            dt.date.fromisoformat(entry["on"]),
            entry["description"],
            entry["instance"],
        )
        for entry in data["change_log"]
    )
    at = dt.datetime.fromisoformat(data["created_at"])
    return Report(data["id"], plan, data["edition"], at, data["is_draft"], entries)


def _version(text: str) -> VersionNumber:
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
        target=Target.from_printed(data["target"]) if data["target"] is not None else None,
        starts_on=dt.date.fromisoformat(data["starts_on"]) if data["starts_on"] else None,
        ends_on=dt.date.fromisoformat(data["ends_on"]) if data["ends_on"] else None,
        extras=tuple((header, PlainText(value)) for header, value in data["extras"].items()),
        source=RowRef(data["source"]["sheet"], data["source"]["row"]),
    )


def _text(value: str | None) -> PlainText | None:
    # What was admitted once is not cleaned twice: the store gives back the very characters it was given.
    return PlainText(value) if value is not None else None


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
        FindingCode.__members__.get(data["code"], FindingCode.OLD_001),
        place,
        data["column"],
        data["value"],
        data["message"],
        data["fix"],
        # Readings that were kept before findings had these two lack them.
        data.get("proposal"),
        data.get("accepted"),
    )


def reading_to_json(reading: Reading) -> Json:
    """What was understood: `{plan, mapping, findings, layout}`; the plan is null when the file is unreadable.

    `mapping` is the first table's; a plan put together from several sheets has that of each in `tables`.
    `typed` is there when the workbook's own list of findings has reasons, `extra_columns` when there are any, and
    `remembered_at` when the mapping is owed to what was said of an earlier file.
    """
    findings = [finding_to_json(finding) for finding in reading.findings]
    match reading:
        case Unreadable():
            return {"plan": None, "mapping": {}, "findings": findings, "layout": ""}
        case Accepted(plan=plan):
            draft = plan.as_draft()
        case Rejected(plan=draft):
            pass
    tables: Json = {}
    for column in reading.mapping:
        where = {"sheet": column.sheet, "column": column.column, "header": column.header}
        tables.setdefault(column.sheet, {})[column.field] = where
    mapping: Json = next(iter(tables.values()), {})
    shown = {"plan": plan_to_json(draft), "mapping": mapping, "findings": findings, "layout": reading.layout}
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
    return shown


def reading_from_json(data: Json) -> Reading:
    """The inverse of `reading_to_json`."""
    findings = tuple(finding_from_json(finding) for finding in data["findings"])
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
    )


def given_to_json(given: Given) -> Json:
    """What a person said beside the workbook."""
    return {
        "year": given.year,
        "quarter": given.quarter,
        "version": str(given.version) if given.version else None,
        "mapping": [list(pair) for pair in given.mapping],
        "accepted": [_acceptance_to_json(each) for each in given.accepted],
    }


def given_from_json(data: Json) -> Given:
    """The inverse of `given_to_json`."""
    return Given(
        data["year"],
        data["quarter"],
        VersionNumber.parse(data["version"]) if data["version"] else None,
        tuple((header, field) for header, field in data["mapping"]),
        tuple(_acceptance_from_json(each) for each in data["accepted"]),
    )


def _acceptance_to_json(acceptance: Acceptance) -> Json:
    place = acceptance.place or CellRef("")
    return {"code": acceptance.code.name, "sheet": place.sheet, "cell": place.cell, "reason": acceptance.reason}


def _acceptance_from_json(data: Json) -> Acceptance:
    place = CellRef(data["sheet"], data["cell"]) if data["sheet"] else None
    return Acceptance(FindingCode[data["code"]], place, data["reason"])
