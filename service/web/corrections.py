"""A report's page and its form -> what a person corrects there: columns, cells, and what is let stand.

A form tells only what changed; what was said of the layout before stays said, and so do the reasons given before and
the cells that were put right.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from werkzeug.datastructures import MultiDict

from service.domain.archive import Json, reading_to_json
from service.domain.corrections import Correction, corrected_again, proposed
from service.domain.findings import Finding
from service.domain.reading import Acceptance, Given, Rejected, Unreadable
from service.domain.succession import Step
from service.domain.values import Quarter, VersionNumber
from service.said import FIELDS, NotUnderstood, pair_in, reason_of
from service.store import StoredReport
from service.web.problems import FieldError

_COLUMN: Final = "column"
_REASON: Final = "reason-"
# One reason for all findings of a code that nobody accepted yet.
_REASON_OF_ALL: Final = "reason-all-"
_FIX: Final = "fix"
_ALL: Final = "all"
_UNDO: Final = "undo"
_ACCEPT: Final = "accept"
_TOO_LONG: Final = 10
# A word is no reason that somebody understands in a year.
_SHORTEST_REASON: Final = 10
SAY_WHY: Final = "Diga la razón en una frase."


@dataclass(frozen=True, slots=True)
class ShownColumn:
    """A column of the workbook: what the office calls it, its letters where they are known, and the field it holds.

    `choices` are the form's values for the other fields that it may hold, each with that field ("" for none).
    """

    header: str
    letters: str
    field: str
    choices: tuple[tuple[str, str], ...]


def columns_of(understood: Json) -> tuple[ShownColumn, ...]:
    """The columns that a reading found, those with a field first."""
    return tuple(_columns(understood))


def columns_in_refused(understood: Rejected | Unreadable | None) -> tuple[ShownColumn, ...]:
    """The columns of a workbook that was refused, when it had any."""
    return tuple(_columns(reading_to_json(understood))) if isinstance(understood, Rejected) else ()


def remembered_in_refused(understood: Rejected | Unreadable | None) -> dt.datetime | None:
    """When the columns that a refused workbook was read with were said of an earlier one; None when they were not."""
    return understood.remembered_at if isinstance(understood, Rejected) else None


def remembered_at(understood: Json) -> dt.datetime | None:
    """When the columns that a reading used were said of an earlier workbook; None when they were not."""
    said = understood.get("remembered_at")
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


def corrected(
    report: StoredReport,
    remembered: tuple[tuple[str, str], ...],
    made: tuple[Correction, ...],
    form: MultiDict[str, str],
    *,
    left_out: Callable[[], frozenset[int]] = frozenset,
) -> Given | None:
    """What to read the report's workbook with now; None when the form changes nothing.

    Args:
        report: the report that the form is about.
        remembered: what was said of the columns of its layout.
        made: the cells that were put right for it.
        form: `column`, `afresh`, `reason-N`, and N or `all` of the findings in `fix`, N of the corrections in `undo`,
            N of the reason in `accept`, or `all-` and a code; only where none of the three stands all reasons count.
        left_out: the findings whose proposals are applied one by one only.

    Raises:
        NotUnderstood: a field, finding or correction that does not exist, or a reason that is too long.
    """
    columns, accepted = columns_in(form), tuple(_acceptances(report, form))
    corrections = corrected_again(_not_undone(made, form), proposed(_chosen(report, form, left_out)))
    is_changed = bool(columns) or is_afresh(form) or any(acceptance.is_new for acceptance in accepted)
    if not is_changed and corrections == made:
        return None
    if is_afresh(form):
        remembered = ()
    return Given(
        report.year,
        report.quarter.number,
        report.version,
        tuple((dict(remembered) | dict(columns)).items()) if columns else (),
        tuple(each.acceptance for each in accepted),
        corrections,
    )


def chosen(report: StoredReport, made: tuple[Correction, ...], form: MultiDict[str, str]) -> tuple[Step | None, Given]:
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
    numbers = report.year, number or report.quarter.number, named or report.version
    given = Given(*numbers, accepted=accepted, corrections=made)
    return Step(said) if said else None, given


def reasons_lacking(report: StoredReport, form: MultiDict[str, str]) -> tuple[FieldError, ...]:
    """The reasons that the form gives in too few words, by their fields; and that which is asked for and missing."""
    asked = form.getlist(_ACCEPT)
    fields = {f"{_REASON}{said}": "" for said in asked} | _said_anew(report, form)
    counting = _counting(form)
    return tuple(
        FieldError(field, text[:80], SAY_WHY)
        for field, text in fields.items()
        if len(text) < _SHORTEST_REASON
        and (counting is None or field in counting)
        and (text or not _is_accepted(report, field))
    )


def half_typed(report: StoredReport, form: MultiDict[str, str], now: StoredReport | None = None) -> dict[str, str]:
    """The reasons that the form holds and that are not those of the report, by their fields.

    `now` is the report that came of the form, whose findings have other numbers; what it records is not among them.
    """
    typed = _said_anew(report, form)
    if now is None:
        return typed
    numbers = {(each.code, each.place): at for at, each in enumerate(now.findings)}
    moved = {}
    for field, text in typed.items():
        number = _finding_of(report, field)
        at = number if number is None else numbers.get((report.findings[number].code, report.findings[number].place))
        if number is None and any(each.accepted is None and field == _field_of_all(each) for each in now.findings):
            moved[field] = text
        elif at is not None and now.findings[at].accepted != text:
            moved[f"{_REASON}{at}"] = text
    # What was recorded for all of a code is typed no more.
    return moved if _counting(form) is not None else {}


def _said_anew(report: StoredReport, form: MultiDict[str, str]) -> dict[str, str]:
    known = {f"{_REASON}{number}": each.accepted or "" for number, each in enumerate(report.findings)}
    known |= {_field_of_all(each): "" for each in report.findings}
    said = {field: form.get(field, "").strip() for field in known}
    return {field: text for field, text in said.items() if text and text != known[field]}


def _field_of_all(finding: Finding) -> str:
    return f"{_REASON_OF_ALL}{finding.code.name}"


def _finding_of(report: StoredReport, field: str) -> int | None:
    number = field.removeprefix(_REASON)
    is_number = number.isascii() and number.isdecimal() and len(number) < _TOO_LONG
    return int(number) if is_number and int(number) < len(report.findings) else None


def _is_accepted(report: StoredReport, field: str) -> bool:
    """Whether the field is of a finding that somebody let stand before."""
    number = _finding_of(report, field)
    return number is not None and report.findings[number].accepted is not None


def _counting(form: MultiDict[str, str]) -> frozenset[str] | None:
    """The fields of the reasons that the button of the form records; None: all of them."""
    if any(form.getlist(name) for name in (_ACCEPT, _FIX, _UNDO)):
        return frozenset(f"{_REASON}{said}" for said in form.getlist(_ACCEPT))
    return None


def _chosen(report: StoredReport, form: MultiDict[str, str], left_out: Callable[[], frozenset[int]]) -> list[Finding]:
    """The findings whose proposals the form asks for; all of those that nobody let stand, where it asks for all."""
    asked = form.getlist(_FIX)
    if _ALL in asked:
        not_these = left_out()
        return [
            finding
            for number, finding in enumerate(report.findings)
            if finding.can_be_applied and finding.accepted is None and number not in not_these
        ]
    findings = [report.findings[number] for number in _numbers(asked, len(report.findings))]
    if not all(finding.can_be_applied for finding in findings):
        raise NotUnderstood("Ese hallazgo no tiene un valor que se pueda poner en su celda.")
    return findings


def _not_undone(made: tuple[Correction, ...], form: MultiDict[str, str]) -> list[Correction]:
    undone = _numbers(form.getlist(_UNDO), len(made))
    return [correction for number, correction in enumerate(made) if number not in undone]


def _numbers(said: Iterable[str], end: int) -> set[int]:
    """The numbers from 0 that a form says."""
    numbers = {int(text) if text.isascii() and text.isdecimal() and len(text) < _TOO_LONG else end for text in said}
    if any(number >= end for number in numbers):
        raise NotUnderstood("La página cambió: ese hallazgo o esa corrección ya no están en ella. Cárguela de nuevo.")
    return numbers


@dataclass(frozen=True, slots=True)
class _Accepted:
    acceptance: Acceptance
    is_new: bool


def _acceptances(report: StoredReport, form: MultiDict[str, str]) -> Iterator[_Accepted]:
    counting = _counting(form)
    for number, finding in enumerate(report.findings):
        fields = [f"{_REASON}{number}", *([_field_of_all(finding)] if finding.accepted is None else [])]
        texts = (form.get(field, "").strip() for field in fields if counting is None or field in counting)
        said = next(filter(None, texts), "")
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
