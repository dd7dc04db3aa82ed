"""A step -> an entry of the audit log that holds for as long as the log does: each one's hash covers the one before.

Written in the transaction of its step, the last thing in it, so that whoever waits here holds up nobody: one writer at
a time has the end of the chain. An entry carries the seal of the row that the step wrote, so that a row altered later
contradicts its entry. What is of one office names it in its details ("office"), except in older entries, which are all
of the first. How a hash and a seal are made is never changed: old entries must verify for ever.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, String, bindparam, case, cast, select

from service.domain.people import FIRST_OFFICE
from service.store import tables
from service.store.statements import one_at_a_time

FIRST_HASH: Final = "0" * 64


class AuditStep(StrEnum):
    """What an entry tells; its subject is the id of the report or job, or the key of what else it tells of."""

    DRAFT_KEPT = "draft_kept"
    DRAFT_SWEPT = "draft_swept"
    DOCUMENTS_REQUESTED = "documents_requested"
    DOCUMENT_KEPT = "document_kept"
    ISSUED = "issued"
    SUPERSEDED = "superseded"
    LAYOUT_REMEMBERED = "layout_remembered"
    ATTEMPT_REFUSED = "attempt_refused"
    OFFICE_CHANGED = "office_changed"
    SIGNED_COPY_KEPT = "signed_copy_kept"
    OFFICE_OPENED = "office_opened"
    OFFICE_RENAMED = "office_renamed"
    ACCOUNT_OPENED = "account_opened"
    ACCOUNT_CHANGED = "account_changed"
    IDENTITY_TIED = "identity_tied"
    PASSWORD_CHOSEN = "password_chosen"  # noqa: S105 - the name of a step
    LINK_MADE = "link_made"
    SIGNED_IN = "signed_in"
    SIGN_IN_REFUSED = "sign_in_refused"
    SESSION_ENDED = "session_ended"
    TOKEN_MADE = "token_made"  # noqa: S105 - as above
    TOKEN_ENDED = "token_ended"  # noqa: S105 - as above


@dataclass(frozen=True, slots=True)
class Entry:
    """A step to be told; `details` become JSON. `is_of_before`: the tables had none of the columns of `ADDED` yet."""

    what: AuditStep
    subject: str
    details: Mapping[str, Any]
    is_of_before: bool = False


# The row that each step writes, with what must never change of it. Columns that come later stand in none of these:
# they were not sealed when the old entries were written; they have a seal of their own (`ADDED`).
SEALED: Final[Mapping[AuditStep, Select[Any]]] = {
    AuditStep.DRAFT_KEPT: select(
        tables.reports.c.id.label("subject"),
        *(
            tables.reports.c[name]
            for name in (
                "year", "quarter", "version", "has_errors", "proposed_edition", "step", "proposal", "reading_sha256",
                "findings", "uploaded_by", "created_at",
            )
        ),
        tables.uploads.c.filename,
        tables.uploads.c.sha256,
        tables.uploads.c.received_at,
    ).join(tables.uploads, tables.uploads.c.id == tables.reports.c.upload_id),
    AuditStep.ISSUED: select(
        tables.issued.c.report_id.label("subject"),
        *(
            tables.issued.c[name]
            for name in (
                "year", "quarter", "version", "edition", "issued_at", "issued_by", "reason", "approval_instance",
                "approval_act", "approval_on", "description", "previous_id", "change_log",
            )
        ),
    ),
    AuditStep.DOCUMENT_KEPT: select(
        tables.documents.c.job_id.label("subject"),
        tables.documents.c.sha256,
        tables.documents.c.template_fingerprint,
        tables.documents.c.created_at,
        *(tables.jobs.c[name] for name in ("report_id", "kind", "against_id", "is_final", "filename", "asked_at")),
    ).join(tables.jobs, tables.jobs.c.id == tables.documents.c.job_id),
    AuditStep.LAYOUT_REMEMBERED: select(
        # The first office's are named as they were before there were others.
        case(
            (tables.layouts.c.office_id == FIRST_OFFICE, tables.layouts.c.fingerprint),
            else_=tables.layouts.c.office_id + "." + tables.layouts.c.fingerprint,
        ).label("subject"),
        tables.layouts.c.mapping,
    ),
    AuditStep.OFFICE_CHANGED: select(
        cast(tables.office_settings.c.seq, String).label("subject"),
        *(tables.office_settings.c[name] for name in ("at", "by", "content")),
    ),
    AuditStep.SIGNED_COPY_KEPT: select(
        (tables.signed_copies.c.report_id + "." + tables.signed_copies.c.sha256).label("subject"),
        *(tables.signed_copies.c[name] for name in ("filename", "verdict", "at", "by")),
    ),
}  # fmt: skip

# As it was where layouts had no office yet.
_SEALED_BEFORE: Final[Mapping[AuditStep, Select[Any]]] = {
    **SEALED,
    AuditStep.LAYOUT_REMEMBERED: select(tables.layouts.c.fingerprint.label("subject"), tables.layouts.c.mapping),
}


@dataclass(frozen=True, slots=True)
class Added:
    """Columns that came later, by the step that writes their row; in those of older entries they hold `before`."""

    rows: Mapping[AuditStep, Select[Any]]
    before: str | None = None


# Each with the name of the seal that covers them in an entry.
ADDED: Final[Mapping[str, Added]] = {
    # With 0004.
    "seal_of_added": Added(
        {
            AuditStep.DRAFT_KEPT: select(tables.reports.c.id.label("subject"), tables.reports.c.office_seq),
            AuditStep.ISSUED: select(
                tables.issued.c.report_id.label("subject"),
                *(tables.issued.c[name] for name in ("office_seq", "code", "address")),
            ),
            AuditStep.DOCUMENT_KEPT: select(tables.documents.c.job_id.label("subject"), tables.documents.c.proof),
        }
    ),
    # With 0005.
    "seal_of_uploader": Added(
        {AuditStep.DRAFT_KEPT: select(tables.reports.c.id.label("subject"), tables.reports.c.uploader_id)}
    ),
    # With 0006.
    "seal_of_office": Added(
        {
            AuditStep.DRAFT_KEPT: select(tables.reports.c.id.label("subject"), tables.reports.c.office_id),
            AuditStep.ISSUED: select(tables.issued.c.report_id.label("subject"), tables.issued.c.office_id),
            AuditStep.OFFICE_CHANGED: select(
                cast(tables.office_settings.c.seq, String).label("subject"), tables.office_settings.c.office_id
            ),
        },
        before=FIRST_OFFICE,
    ),
}

_LAST: Final = select(tables.audit.c.seq, tables.audit.c.hash).order_by(tables.audit.c.seq.desc()).limit(1)
_APPEND: Final = tables.audit.insert()


@dataclass(frozen=True, slots=True)
class _Rows:
    """What an entry seals, all in one row: made once, for to put a statement together takes longer than to execute it.

    `fields` are those of the row that each seal covers.
    """

    together: Select[Any]
    fields: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, rows: Mapping[str, Select[Any]]) -> _Rows:
        """Of the statements for the seals of one step, which are all of one row of one table."""
        first = next(iter(rows.values()))
        columns = {column.key: column for row in rows.values() for column in row.selected_columns}
        together = first.with_only_columns(*columns.values(), maintain_column_froms=True)
        return cls(
            together.where(first.selected_columns["subject"] == bindparam("of")),
            {name: tuple(map(str, row.selected_columns.keys())) for name, row in rows.items()},
        )


_SEALS: Final = {
    step: _Rows.of({"seal": row, **{name: added.rows[step] for name, added in ADDED.items() if step in added.rows}})
    for step, row in SEALED.items()
}
_SEALS_BEFORE: Final = {step: _Rows.of({"seal": row}) for step, row in _SEALED_BEFORE.items()}


def tell(connection: Connection, at: dt.datetime, by: str, *entries: Entry) -> None:
    """Append entries to the log; the rows that they tell of are already written in this transaction.

    Args:
        connection: a transaction that is committed next: until then nobody else can tell anything.
        at: when it happened.
        by: who did it.
        entries: the steps, in their order.
    """
    one_at_a_time(connection, "audit")
    last = connection.execute(_LAST).one_or_none()
    last_seq, previous = (last.seq, last.hash) if last else (0, FIRST_HASH)
    rows = []
    for seq, entry in enumerate(entries, last_seq + 1):
        row = {
            "seq": seq,
            "at": at.astimezone(dt.UTC),
            "by": by,
            "what": entry.what.value,
            "subject": entry.subject,
            "details": canonical({**entry.details, **_sealed(connection, entry)}),
            "previous_hash": previous,
        }
        previous = entry_hash(row)
        rows.append({**row, "hash": previous})
    connection.execute(_APPEND, rows)


def entry_hash(row: Mapping[str, Any]) -> str:
    """The SHA-256 (hex) of all of an entry's fields but its own hash."""
    fields = ("seq", "at", "by", "what", "subject", "details", "previous_hash")
    return _digest([_plain(row[name]) for name in fields])


def seal(row: Row[Any]) -> str:
    """The SHA-256 (hex) of a row as one of `SEALED` gives it."""
    return _seal_of(dict(zip(row._fields, row, strict=True)))


def canonical(value: object) -> str:
    """The one way in which a value is written as JSON: same value, same characters."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _sealed(connection: Connection, entry: Entry) -> dict[str, str]:
    seals = _SEALS_BEFORE if entry.is_of_before else _SEALS
    rows = seals.get(entry.what)
    if rows is None:
        return {}
    # Read back: what the database keeps is sealed, not what was sent to it.
    row = connection.execute(rows.together, {"of": entry.subject}).mappings().one()
    return {name: _seal_of({field: row[field] for field in fields}) for name, fields in rows.fields.items()}


def _seal_of(row: Mapping[str, Any]) -> str:
    return _digest({name: _plain(value) for name, value in row.items()})


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, dt.date) else value


def _digest(value: object) -> str:
    return hashlib.sha256(canonical(value).encode()).hexdigest()
