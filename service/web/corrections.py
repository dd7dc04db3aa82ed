"""A report's page and its form -> what a person corrects there: which column holds what, and what is let stand.

A form tells only what changed; what was said of the layout before stays said, and so do the reasons given before.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from werkzeug.datastructures import MultiDict

from service.domain.archive import Json, reading_to_json
from service.domain.findings import Finding, Severity
from service.domain.reading import Acceptance, Given, Rejected, Unreadable
from service.domain.succession import Step
from service.domain.values import Quarter, VersionNumber
from service.said import FIELDS, NotUnderstood, pair_in, reason_of
from service.store import StoredReport

MOST_SHOWN: Final = 300

_COLUMN: Final = "column"
_REASON: Final = "reason-"
_WEIGHT: Final = {severity: weight for weight, severity in enumerate(Severity)}


def worth_showing(findings: Sequence[Finding]) -> tuple[tuple[int, Finding], ...]:
    """As many findings as a page can hold, the gravest, each with its number from 0; in their order.

    A workbook of thousands of actions may have tens of thousands of them: all are in the workbook with the marks.
    """
    numbered = list(enumerate(findings))
    # sorted keeps the order of what weighs the same.
    gravest = sorted(numbered, key=lambda one: (one[1].accepted is not None, _WEIGHT[one[1].severity]))
    return tuple(sorted(gravest[:MOST_SHOWN], key=lambda one: one[0]))


@dataclass(frozen=True, slots=True)
class ShownColumn:
    """A column of the workbook: what the office calls it, its letters where they are known, and the field it holds.

    `choices` are the form's values for the other fields that it may hold, each with that field ("" for none).
    """

    header: str
    letters: str
    field: str
    choices: tuple[tuple[str, str], ...]


def columns_of(reading_json: bytes) -> tuple[ShownColumn, ...]:
    """The columns that a reading found, those with a field first."""
    return tuple(_columns(json.loads(reading_json)))


def columns_in_refused(understood: Rejected | Unreadable | None) -> tuple[ShownColumn, ...]:
    """The columns of a workbook that was refused, when it had any."""
    return tuple(_columns(reading_to_json(understood))) if isinstance(understood, Rejected) else ()


def remembered_in_refused(understood: Rejected | Unreadable | None) -> dt.datetime | None:
    """When the columns that a refused workbook was read with were said of an earlier one; None when they were not."""
    return understood.remembered_at if isinstance(understood, Rejected) else None


def remembered_at(reading_json: bytes) -> dt.datetime | None:
    """When the columns that a reading used were said of an earlier workbook; None when they were not."""
    said = json.loads(reading_json).get("remembered_at")
    return dt.datetime.fromisoformat(said) if said else None


def layout_of(reading_json: bytes) -> str:
    """The fingerprint of the reading's layout; empty when it has none."""
    return str(json.loads(reading_json).get("layout", ""))


def columns_in(form: MultiDict[str, str]) -> tuple[tuple[str, str], ...]:
    """The pairs of header and field that the form changes.

    Raises:
        NotUnderstood: a field that does not exist.
    """
    return tuple(pair_in(value) for value in form.getlist(_COLUMN) if value)


def is_afresh(form: MultiDict[str, str]) -> bool:
    """Whether the form asks to forget what was said of earlier workbooks with these headers."""
    return form.get("afresh") == "true"


def corrected(report: StoredReport, remembered: tuple[tuple[str, str], ...], form: MultiDict[str, str]) -> Given | None:
    """What to read the report's workbook with now; None when the form changes nothing.

    Raises:
        NotUnderstood: a field that does not exist, or a reason that is too long.
    """
    columns, accepted = columns_in(form), tuple(_acceptances(report, form))
    if not columns and not is_afresh(form) and not any(acceptance.is_new for acceptance in accepted):
        return None
    if is_afresh(form):
        remembered = ()
    return Given(
        report.year,
        report.quarter.number,
        report.version,
        tuple((dict(remembered) | dict(columns)).items()) if columns else (),
        tuple(each.acceptance for each in accepted),
    )


def chosen(report: StoredReport, form: MultiDict[str, str]) -> tuple[Step | None, Given]:
    """What the form says that the report's workbook is, and with which numbers it is to be read; the rest stays.

    Raises:
        NotUnderstood: a step, quarter or version that does not exist.
    """
    said = form.get("step", "")
    if said and said not in set(Step):
        raise NotUnderstood(f"«{said[:80]}» no es nada de lo que un libro puede ser.")
    quarter, version = form.get("quarter", "").strip(), form.get("version", "").strip()
    number, named = Quarter.number_from(quarter), VersionNumber.parse(version)
    if (quarter and number is None) or (version and named is None):
        raise NotUnderstood("El trimestre es I, II, III o IV, y la versión son dos números como 2.0.")
    accepted = tuple(Acceptance(each.code, each.place, each.accepted) for each in report.findings if each.accepted)
    given = Given(report.year, number or report.quarter.number, named or report.version, accepted=accepted)
    return Step(said) if said else None, given


@dataclass(frozen=True, slots=True)
class _Accepted:
    acceptance: Acceptance
    is_new: bool


def _acceptances(report: StoredReport, form: MultiDict[str, str]) -> Iterator[_Accepted]:
    for number, finding in enumerate(report.findings):
        said = form.get(f"{_REASON}{number}", "").strip()
        reason = reason_of(said) if said else finding.accepted
        if reason is not None:
            yield _Accepted(Acceptance(finding.code, finding.place, reason), reason != finding.accepted)


def _columns(understood: Json) -> Iterator[ShownColumn]:
    mapped = {field: (where["header"], where["column"]) for field, where in understood["mapping"].items()}
    extras = dict.fromkeys((header for action in understood["plan"]["actions"] for header in action["extras"]), "")
    # Readings that were kept before extra columns had a place only name them.
    extras |= {column["header"]: column["column"] for column in understood.get("extra_columns", ())}
    named_alike = Counter([header for header, _ in mapped.values()] + list(extras))
    for field, (header, letters) in mapped.items():
        # Two columns of one name are told apart by their letters.
        yield _shown(header if named_alike[header] == 1 else letters, header, letters, field)
    for header, letters in extras.items():
        yield _shown(header, header, letters, "")


def _shown(key: str, header: str, letters: str, field: str) -> ShownColumn:
    others = [name for name in ("", *FIELDS.values()) if name != field]
    return ShownColumn(header, letters, field, tuple((f"{key}={name}", name) for name in others))
