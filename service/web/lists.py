"""A query -> the reports of a list: all, or those of a year, quarter, version or status."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

from service.domain.reports import ReportStatus
from service.domain.values import Quarter, VersionNumber
from service.store import Store, StoredReport
from service.web.limits import ID_PATTERN, LIST_LIMIT, LIST_LIMIT_MAX, YEARS
from service.web.problems import FieldError, Problem, invalid_request
from service.web.wording import joined

FILTERS: Final = ("year", "quarter", "version", "status")

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which reports a list is of, and how many of them; `before` is the id of one that the list comes after."""

    limit: int = LIST_LIMIT
    before: str | None = None
    year: int | None = None
    quarter: int | None = None
    version: VersionNumber | None = None
    status: ReportStatus | None = None


def wanted_in(query: Mapping[str, str]) -> Wanted | Problem:
    """What a query asks for, or one Problem with every field that cannot be used."""
    errors: list[FieldError] = []

    def said(name: str, understand: Callable[[str], Value | None], reason: str) -> Value | None:
        text = query.get(name)
        value = understand(text) if text is not None else None
        if text is not None and value is None:
            errors.append(FieldError(name, text[:80], f"{reason}."))
        return value

    def report_id(text: str) -> str | None:
        return text if re.fullmatch(ID_PATTERN, text) else None

    limit = said(
        "limit",
        lambda text: _whole(text, range(1, LIST_LIMIT_MAX + 1)),
        f"Los informes por página van de 1 a {LIST_LIMIT_MAX}",
    )
    wanted = Wanted(
        limit or LIST_LIMIT,
        said("before", report_id, "Los anteriores a un informe se piden con el identificador de ese informe"),
        said("year", lambda text: _whole(text, YEARS), f"El año va de {YEARS[0]} a {YEARS[-1]}"),
        said("quarter", Quarter.number_from, "El trimestre es I, II, III o IV"),
        said("version", VersionNumber.parse, "La versión son dos números separados por un punto, como 2.0"),
        said("status", _status, f"El estado es {joined([status.value for status in ReportStatus], 'o')}"),
    )
    return invalid_request(tuple(errors)) if errors else wanted


def listed(store: Store, wanted: Wanted) -> tuple[StoredReport, ...]:
    """The reports, newest first; one more than the limit when there are more.

    Raises:
        StoreUnavailable: they cannot be had.
    """
    is_issued = None if wanted.status is None else wanted.status is not ReportStatus.DRAFT
    found: list[StoredReport] = []
    before = wanted.before
    while len(found) <= wanted.limit:
        page = store.reports(
            wanted.limit + 1,
            before,
            is_issued=is_issued,
            year=wanted.year,
            quarter=wanted.quarter,
            version=wanted.version,
        )
        # Whether a report was superseded is told of each, and never asked of the database.
        found += [each for each in page if wanted.status in {None, each.status}]
        if len(page) <= wanted.limit:
            break
        before = page[-1].id
    return tuple(found[: wanted.limit + 1])


def _whole(text: str, within: range) -> int | None:
    return int(text) if re.fullmatch("[0-9]{1,4}", text) and int(text) in within else None


def _status(text: str) -> ReportStatus | None:
    return ReportStatus(text) if text in set(ReportStatus) else None
