"""A search -> the entries of the audit log that it is for, newest first, with the reports that they tell of.

Nothing is verified here (`verification.py` does that): what was altered is shown as it stands, and an entry whose
details are no longer JSON has none. Texts are compared without regard to capitals and accents, as people type them.
No index is needed: among 100,000 entries a page is found in milliseconds, and that there is none is known in a tenth of
a second on SQLite and a fifth on PostgreSQL; half a second where a word has hardly a letter but vowels.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Boolean, ColumnElement, Connection, Engine, Row, Select, String, func, or_, select

from service.domain.archive import version_of
from service.domain.values import Quarter, VersionNumber
from service.store import tables
from service.store.audit import canonical
from service.store.engine import reading

_audit, _reports, _issued, _accounts = tables.audit.c, tables.reports.c, tables.issued.c, tables.accounts.c

# Letters that a search takes for one: what Spanish and its neighbours write over them tells nothing.
_ALIKE: Final = ("aáàâä", "eéèêë", "iíìîï", "oóòôö", "uúùûü", "nñ")
_LETTERS: Final = {letter: alike + alike.upper() for alike in _ALIKE for letter in alike}
# The details in which an entry names another report than its own.
_OTHERS: Final = ("by", "previous")
_NUMBER: Final = re.compile("[0-9]{1,9}")
# Fewer hexadecimal digits are found in many hashes.
_HASH: Final = re.compile("[0-9a-f]{6,64}")
# Entries that are looked at in one go where only Python can tell whether they are wanted.
_AT_ONCE: Final = 500

Holds = Callable[[ColumnElement[str], str], ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class SearchedWord:
    """A word that is searched for, and the steps whose sentence has it: the log itself holds no sentences."""

    text: str
    steps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AuditSearch:
    """Which entries are wanted: those that fit all that is said. Nothing said: every entry.

    `words` stand in what was done, by whom or in the details, or are the entry's number or the beginning of its hash.
    `steps` are values of `AuditStep`. `report_id`, `year` and `quarter` (1 to 4) are of the report that it tells of.
    `since` is the first instant, `until` the first that is too late. `office_id`: only entries whose details say that
    they are of this office.
    """

    words: tuple[SearchedWord, ...] = ()
    by: str = ""
    steps: tuple[str, ...] = ()
    report_id: str | None = None
    year: int | None = None
    quarter: int | None = None
    since: dt.datetime | None = None
    until: dt.datetime | None = None
    office_id: str | None = None


EVERYTHING: Final = AuditSearch()


@dataclass(frozen=True, slots=True)
class AuditedReport:
    """A report that an entry tells of, as it is now; `edition` None: it was never issued."""

    id: str
    office_id: str
    quarter: Quarter
    version: VersionNumber
    edition: int | None


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """An entry of the audit log as it stands. `what` is the value of an `AuditStep`, of this Folio or of another one.

    `report` is the one that it is about, `other` the one that took its place or that it follows. `account` is how the
    one is called whom it is about, where it is about somebody.
    """

    seq: int
    at: dt.datetime
    by: str
    what: str
    subject: str
    details: Mapping[str, Any] = field(hash=False)
    previous_hash: str
    hash: str
    report: AuditedReport | None = None
    other: AuditedReport | None = None
    account: str | None = None


class AuditLog:
    """Finds entries of the audit log."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def audit_entries(
        self, search: AuditSearch = EVERYTHING, *, limit: int = 50, before: int | None = None
    ) -> tuple[AuditEntry, ...]:
        """At most `limit` entries, newest first; those older than the entry number `before` when it is given.

        The number is a cursor that stays true: no entry is ever taken away, and new ones come before the first.

        Raises:
            StoreUnavailable: the database does not answer.
        """
        found: list[tuple[Row[Any], dict[str, Any]]] = []
        with reading(self._engine) as connection:
            _teach(connection)
            wanted = select(tables.audit).where(*_conditions(search, connection))
            at_once = limit if search.office_id is None else max(limit, _AT_ONCE)
            in_order = wanted.order_by(_audit.seq.desc()).limit(at_once)
            while True:
                rows = connection.execute(in_order.where(_audit.seq < before) if before is not None else in_order).all()
                told = ((row, _details(row.details)) for row in rows)
                # SQL looks for the words; that an entry says its office with them is seen here.
                found += [each for each in told if search.office_id in {None, each[1].get("office")}]
                if len(found) >= limit or len(rows) < at_once:
                    break
                before = rows[-1].seq
            del found[limit:]
            reports, accounts = _reports_named(connection, found), _accounts_named(connection, found)
        return tuple(_entry(row, details, reports, accounts) for row, details in found)


def _conditions(search: AuditSearch, connection: Connection) -> list[ColumnElement[bool]]:
    is_sqlite = connection.dialect.name == "sqlite"
    holds = _holds_in_sqlite if is_sqlite else _holds_in_postgresql
    conditions: list[ColumnElement[bool]] = []
    if is_sqlite:
        conditions += [_word(word, _may_hold) for word in search.words]
    conditions += [_word(word, holds) for word in search.words]
    if search.by:
        conditions.append(holds(_audit.by, search.by))
    if search.steps:
        conditions.append(_audit.what.in_(search.steps))
    about = _about_in_sqlite() if is_sqlite else _about_in_postgresql()
    if search.report_id is not None:
        named = (f'"{name}":{canonical(search.report_id)}' for name in _OTHERS)
        as_other = (_audit.details.contains(each, autoescape=True) for each in named)
        conditions.append(or_(about == search.report_id, *as_other))
    of = {_reports.year: search.year, _reports.quarter: search.quarter}
    if asked := [column == value for column, value in of.items() if value is not None]:
        conditions.append(about.in_(select(_reports.id).where(*asked)))
    if search.since is not None:
        conditions.append(_audit.at >= search.since)
    if search.until is not None:
        conditions.append(_audit.at < search.until)
    if search.office_id is not None:
        conditions.append(_audit.details.contains(f'"office":{canonical(search.office_id)}', autoescape=True))
    return conditions


def _word(word: SearchedWord, holds: Holds) -> ColumnElement[bool]:
    text = word.text.lower()
    ways: list[ColumnElement[bool]] = [_audit.what.in_(word.steps)] if word.steps else []
    if _NUMBER.fullmatch(text):
        ways.append(_audit.seq == int(text))
    if _HASH.fullmatch(text):
        ways.append(_audit.hash.startswith(text))
    ways += [holds(column, text) for column in (_audit.by, _audit.subject, _audit.details)]
    # Whom an entry is about is called as they are called now.
    return or_(*ways, _audit.subject.in_(select(_accounts.id).where(holds(_accounts.name, text))))


def _may_hold(column: ColumnElement[str], text: str) -> ColumnElement[bool]:
    """What SQLite tells ten times as fast: any sign where the text has a letter that is written in several ways."""
    signs = ["_" if letter in _LETTERS or not letter.isascii() else letter for letter in text]
    # It is quick where it has a letter to look for.
    known = "".join(f"/{sign}" if sign in "/%" else sign for sign in signs).lstrip("_")
    return column.like(f"%{known}%", escape="/")


def _holds_in_sqlite(column: ColumnElement[str], text: str) -> ColumnElement[bool]:
    return func.folio_says(column, _pattern(text), type_=Boolean)


def _teach(connection: Connection) -> None:
    """Give SQLite, which has no regular expressions, the one function that a search needs of it."""
    if connection.dialect.name == "sqlite":
        driver: Any = connection.connection.driver_connection
        driver.create_function("folio_says", 2, _says, deterministic=True)


def _says(text: object, pattern: str) -> bool:
    return isinstance(text, str) and re.search(pattern, text) is not None


def _holds_in_postgresql(column: ColumnElement[str], text: str) -> ColumnElement[bool]:
    return column.regexp_match(_pattern(text))


def _pattern(text: str) -> str:
    """The text as a regular expression that Python and PostgreSQL read alike, with every way to write each letter.

    Neither database knows by itself which letters are one.
    """
    return "".join(_any_way(letter) for letter in text.lower())


def _any_way(letter: str) -> str:
    ways = _LETTERS.get(letter) or "".join(dict.fromkeys((letter, letter.upper())))
    if letter.isalnum():
        return f"[{ways}]"
    return f"\\{letter}" if letter.isascii() else letter


def _about_in_sqlite() -> ColumnElement[str]:
    """The subject up to its first point: what belongs to a report has the report's id there, which has none in it."""
    return func.substr(_audit.subject, 1, func.instr(_audit.subject + ".", ".") - 1, type_=String)


def _about_in_postgresql() -> ColumnElement[str]:
    return func.split_part(_audit.subject, ".", 1, type_=String)


def _details(text: str) -> dict[str, Any]:
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _reports_named(
    connection: Connection, found: Iterable[tuple[Row[Any], dict[str, Any]]]
) -> dict[str, AuditedReport]:
    ids = {each for row, details in found for each in (_about(row), _other(details)) if each}
    wanted: Select[Any] = (
        select(_reports.id, _reports.office_id, _reports.year, _reports.quarter, _reports.version, _issued.edition)
        .join(tables.issued, _issued.report_id == _reports.id, isouter=True)
        .where(_reports.id.in_(sorted(ids)))
    )
    return {
        row.id: AuditedReport(
            row.id, row.office_id, Quarter(row.year, row.quarter), version_of(row.version), row.edition
        )
        for row in connection.execute(wanted)
    }


def _accounts_named(connection: Connection, found: Iterable[tuple[Row[Any], dict[str, Any]]]) -> dict[str, str]:
    wanted = select(_accounts.id, _accounts.name).where(_accounts.id.in_(sorted({row.subject for row, _ in found})))
    return {row.id: row.name for row in connection.execute(wanted)}


def _about(row: Row[Any]) -> str:
    subject: str = row.subject
    return subject.partition(".")[0]


def _other(details: Mapping[str, Any]) -> str | None:
    return next((details[name] for name in _OTHERS if isinstance(details.get(name), str)), None)


def _entry(
    row: Row[Any], details: dict[str, Any], reports: Mapping[str, AuditedReport], accounts: Mapping[str, str]
) -> AuditEntry:
    return AuditEntry(
        seq=row.seq,
        at=row.at,
        by=row.by,
        what=row.what,
        subject=row.subject,
        details=details,
        previous_hash=row.previous_hash,
        hash=row.hash,
        report=reports.get(_about(row)),
        other=reports.get(_other(details) or ""),
        account=accounts.get(row.subject),
    )
