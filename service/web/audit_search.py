"""A query -> the entries of the audit log that it is for, as the page, the API and the exports show them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final, TypeVar

from werkzeug.datastructures import MultiDict

from service.domain.archive import Json
from service.domain.values import BOGOTA, ROMAN
from service.said import NotUnderstood, plain_text
from service.store import AuditedReport, AuditEntry, AuditSearch, AuditStep, SearchedWord, Store
from service.web.asker import person
from service.web.audit_told import GROUPS, report_named, sentence_of, step_name, steps_of, steps_saying
from service.web.limits import ID_PATTERN, LONGEST_NAME, YEARS
from service.web.problems import FieldError, Problem, invalid_request
from service.web.wording import joined

PAGE_LENGTH: Final = 50
MOST_AT_ONCE: Final = 200
LONGEST_SEARCH: Final = 200

COLUMNS: Final = (
    "Número", "Fecha y hora (Bogotá)", "Quién", "Qué", "Lo que pasó", "Informe", "Identificador", "Detalles",
    "Huella anterior", "Huella",
)  # fmt: skip

_AT_ONCE: Final = 1_000
_DAY: Final = dt.timedelta(days=1)

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Names:
    """What the fields of a search are called at a door.

    `is_form`: fields that were left empty come too, and whoever filled them in is told what can find nothing.
    """

    text: str
    by: str
    what: str
    report: str
    year: str
    quarter: str
    since: str
    until: str
    before: str
    limit: str
    is_form: bool

    @property
    def filters(self) -> tuple[str, ...]:
        """Those that say what is searched for, and not which page of it."""
        return (self.text, self.by, self.what, self.report, self.year, self.quarter, self.since, self.until)


ON_PAGE: Final = Names(
    "texto",
    "quien",
    "que",
    "informe",
    "vigencia",
    "trimestre",
    "desde",
    "hasta",
    "antes",
    "por-pagina",
    is_form=True,
)
IN_API: Final = Names("text", "by", "what", "report", "year", "quarter", "from", "to", "before", "limit", is_form=False)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is searched for, how many entries at once, and the number of the entry that they come after."""

    search: AuditSearch
    limit: int = PAGE_LENGTH
    before: int | None = None


def wanted_in(query: MultiDict[str, str], names: Names) -> Wanted | Problem:
    """What a query asks for, or one Problem with every field that cannot be used."""
    errors: list[FieldError] = []

    def said(name: str, understand: Callable[[str], Value | None], reason: str) -> Value | None:
        text = query.get(name)
        if text is None or (names.is_form and not text.strip()):
            return None
        value = understand(text)
        if value is None:
            errors.append(FieldError(name, text[:80], f"{reason}."))
        return value

    reason = f"Se busca un texto de hasta {LONGEST_SEARCH} caracteres que se puedan imprimir"
    text = said(names.text, lambda text: _searchable(text, LONGEST_SEARCH), reason)
    by = said(names.by, lambda text: _searchable(text, LONGEST_NAME), f"Quién: {reason[0].lower()}{reason[1:]}")
    steps = _steps([each for each in query.getlist(names.what) if each or not names.is_form], names.what, errors)
    since = said(names.since, _day, "Desde: escriba la fecha como año-mes-día, 2024-10-15")
    until = said(names.until, _day, "Hasta: escriba la fecha como año-mes-día, 2024-10-15")
    if names.is_form and since and until and since > until:
        told = "La fecha desde la que se busca no puede ser posterior a la fecha hasta la que se busca."
        errors.append(FieldError(names.since, since.isoformat(), told))
    wanted = Wanted(
        AuditSearch(
            words=tuple(SearchedWord(word, steps_saying(word)) for word in (text or "").split()),
            by=by or "",
            steps=steps,
            report_id=said(names.report, _id, "El informe se busca con su identificador"),
            year=said(names.year, lambda text: _whole(text, YEARS), f"La vigencia va de {YEARS[0]} a {YEARS[-1]}"),
            quarter=said(names.quarter, _quarter, "El trimestre es I, II, III o IV"),
            since=_begins(since) if since else None,
            # The last day there is has none behind it.
            until=_begins(until + _DAY) if until and until < dt.date.max else None,
            office_id=_office_of_asker(),
        ),
        said(
            names.limit,
            lambda text: _whole(text, range(1, MOST_AT_ONCE + 1)),
            f"Las entradas por página van de 1 a {MOST_AT_ONCE}",
        )
        or PAGE_LENGTH,
        said(names.before, _seq, "Las anteriores a una entrada se piden con el número de esa entrada"),
    )
    return invalid_request(tuple(errors)) if errors else wanted


def page_of(store: Store, wanted: Wanted) -> tuple[tuple[AuditEntry, ...], int | None]:
    """A page of entries, and the number after which the next one comes; None: this is the last.

    Raises:
        StoreUnavailable: they cannot be had.
    """
    found = store.audit_entries(wanted.search, limit=wanted.limit + 1, before=wanted.before)
    page = found[: wanted.limit]
    return page, page[-1].seq if len(found) > wanted.limit else None


def all_of(store: Store, wanted: Wanted) -> Iterator[AuditEntry]:
    """Every entry that is searched for, newest first, never many at once; what comes meanwhile is not among them.

    Raises:
        StoreUnavailable: they cannot be had.
    """
    page = replace(wanted, limit=_AT_ONCE, before=None)
    while True:
        entries, before = page_of(store, page)
        yield from entries
        if before is None:
            return
        page = replace(page, before=before)


def entry_to_json(entry: AuditEntry) -> Json:
    """The entry as it stands, with its sentence; `at` is as exact as the hash has it."""
    return {
        "seq": entry.seq,
        "at": entry.at.isoformat(),
        "by": entry.by,
        "what": entry.what,
        "sentence": sentence_of(entry),
        "subject": entry.subject,
        "report": _report_to_json(entry.report) if entry.report else None,
        "details": dict(entry.details),
        "previous_hash": entry.previous_hash,
        "hash": entry.hash,
    }


def entry_to_row(entry: AuditEntry, details: str) -> tuple[str, ...]:
    """The entry under `COLUMNS`."""
    at = entry.at.astimezone(BOGOTA)
    return (
        str(entry.seq),
        f"{at:%Y-%m-%d %H:%M:%S}",
        entry.by,
        step_name(entry.what),
        sentence_of(entry),
        report_named(entry.report) if entry.report else "",
        entry.subject,
        details,
        entry.previous_hash,
        entry.hash,
    )


def _report_to_json(report: AuditedReport) -> Json:
    return {
        "id": report.id,
        "year": report.quarter.year,
        "quarter": report.quarter.roman,
        "version": str(report.version),
        "edition": report.edition,
    }


def _office_of_asker() -> str | None:
    """The office whose entries whoever asks may see; None: those of all."""
    who = person()
    return None if who is None or who.sees_all_offices else who.office_id


def _steps(said: list[str], field: str, errors: list[FieldError]) -> tuple[str, ...]:
    """The steps that are named, each perhaps several with commas, or by their group."""
    names = [name for each in said for name in each.split(",")]
    known = [step.value for step in AuditStep]
    unknown = next((name for name in names if name not in known and name not in GROUPS), None)
    if unknown is not None:
        reason = f"No hay pasos «{unknown[:80]}»: elija entre {joined(known)}."
        errors.append(FieldError(field, unknown[:80], reason))
    return tuple(step for name in names for step in (steps_of(name) if name in GROUPS else (name,)))


def _searchable(text: str, longest: int) -> str | None:
    try:
        return plain_text(text, longest)
    except NotUnderstood:
        return None


def _id(text: str) -> str | None:
    return text if re.fullmatch(ID_PATTERN, text) else None


def _seq(text: str) -> int | None:
    return int(text) if re.fullmatch("[0-9]{1,9}", text) else None


def _whole(text: str, within: range) -> int | None:
    return int(text) if re.fullmatch("[0-9]{1,4}", text) and int(text) in within else None


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text) if re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", text) else None
    except ValueError:
        return None


def _quarter(text: str) -> int | None:
    return next((number for number, roman in ROMAN.items() if roman == text), None)


def _begins(day: dt.date) -> dt.datetime:
    """The first instant of a day in Bogotá."""
    return dt.datetime.combine(day, dt.time(), BOGOTA)
