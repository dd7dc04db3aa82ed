"""A step -> an entry of the audit log that holds for as long as the log does: each one's hash covers the one before.

Written in the transaction of its step, the last thing in it, so that whoever waits here holds up nobody: one writer at
a time has the end of the chain. An entry carries the seal of the row that the step wrote, so that a row altered later
contradicts its entry. How a hash and a seal are made is never changed: old entries must verify for ever.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, select

from service.store import tables
from service.store.statements import one_at_a_time

FIRST_HASH: Final = "0" * 64


class AuditStep(StrEnum):
    """What an entry tells; its subject is the id of the report, of the job, or the fingerprint of the layout."""

    DRAFT_KEPT = "draft_kept"
    DOCUMENTS_REQUESTED = "documents_requested"
    DOCUMENT_KEPT = "document_kept"
    ISSUED = "issued"
    SUPERSEDED = "superseded"
    LAYOUT_REMEMBERED = "layout_remembered"
    ATTEMPT_REFUSED = "attempt_refused"


@dataclass(frozen=True, slots=True)
class Entry:
    """A step to be told; `details` become JSON."""

    what: AuditStep
    subject: str
    details: Mapping[str, Any]


# The row that each step writes, with what must never change of it. Columns that come later stand in none of these:
# they were not sealed when the old entries were written.
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
    AuditStep.LAYOUT_REMEMBERED: select(tables.layouts.c.fingerprint.label("subject"), tables.layouts.c.mapping),
}  # fmt: skip


def tell(connection: Connection, at: dt.datetime, by: str, *entries: Entry) -> None:
    """Append entries to the log; the rows that they tell of are already written in this transaction.

    Args:
        connection: a transaction that is committed next: until then nobody else can tell anything.
        at: when it happened.
        by: who did it.
        entries: the steps, in their order.
    """
    one_at_a_time(connection, "audit")
    last = connection.execute(
        select(tables.audit.c.seq, tables.audit.c.hash).order_by(tables.audit.c.seq.desc()).limit(1)
    ).one_or_none()
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
    connection.execute(tables.audit.insert(), rows)


def entry_hash(row: Mapping[str, Any]) -> str:
    """The SHA-256 (hex) of all of an entry's fields but its own hash."""
    fields = ("seq", "at", "by", "what", "subject", "details", "previous_hash")
    return _digest([_plain(row[name]) for name in fields])


def seal(row: Row[Any]) -> str:
    """The SHA-256 (hex) of a row as one of `SEALED` gives it."""
    return _digest({name: _plain(value) for name, value in zip(row._fields, row, strict=True)})


def canonical(value: object) -> str:
    """The one way in which a value is written as JSON: same value, same characters."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _sealed(connection: Connection, entry: Entry) -> dict[str, str]:
    wanted = SEALED.get(entry.what)
    if wanted is None:
        return {}
    # Read back: what the database keeps is sealed, not what was sent to it.
    subject = wanted.selected_columns["subject"]
    return {"seal": seal(connection.execute(wanted.where(subject == entry.subject)).one())}


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, dt.date) else value


def _digest(value: object) -> str:
    return hashlib.sha256(canonical(value).encode()).hexdigest()
