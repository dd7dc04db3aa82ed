"""The audit log and all that it tells of -> a verdict: which link is broken, what was altered, what nobody recorded.

It reads one moment of the database and changes nothing. What it cannot see: the last entries taken away together with
the very rows they tell of, or the whole log written anew by the database's owner. Against that a copy of the verdict's
`head` kept elsewhere helps.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection, Engine, Row, func, select, union_all

from service.domain.reports import JobState
from service.store import guards, tables
from service.store.audit import ADDED, FIRST_HASH, SEALED, Added, AuditStep, entry_hash, seal
from service.store.engine import reading
from service.store.records import AuditVerdict, BrokenLink

Progress = Callable[[int, int], None]

_CHUNK: Final = 500

# What a step's row is called in a sentence.
_ROWS: Final = {
    AuditStep.DRAFT_KEPT: "la carga del informe",
    AuditStep.ISSUED: "la expedición del informe",
    AuditStep.DOCUMENT_KEPT: "el documento",
    AuditStep.LAYOUT_REMEMBERED: "la lectura recordada del formato",
    AuditStep.OFFICE_CHANGED: "el cambio de los ajustes de la oficina",
    AuditStep.SIGNED_COPY_KEPT: "la copia firmada",
}


@dataclass(slots=True)
class _Told:
    """What the log says: the last entry of every row with its seals by name, and every job that was ever queued.

    `swept`: the drafts that were removed, with the entry that says so.
    """

    rows: dict[tuple[AuditStep, str], tuple[int, Mapping[str, Any]]] = field(default_factory=dict)
    jobs: set[str] = field(default_factory=set)
    swept: dict[str, int] = field(default_factory=dict)
    entries: int = 0
    head: str = FIRST_HASH


class Auditor:
    """Verifies what the store holds against its own log."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def verify_audit(self, progress: Progress | None = None) -> AuditVerdict:
        """Follow the chain from its first entry, then hold every kept row and every kept byte against it.

        Args:
            progress: called now and then with how many entries and contents have been looked at, and of how many.

        Returns:
            The verdict; what is broken in the order in which it was found, the chain's links first.

        Raises:
            StoreUnavailable: the database does not answer.
        """
        with reading(self._engine) as connection:
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            told, counted = _Told(), _Counted(connection, progress)
            broken = [*_chain(connection, told, counted)]
            # A database gives rows in whatever order its indexes lie: the first entry that is contradicted comes first.
            broken += sorted(_rows(connection, told), key=lambda link: link.seq or 0)
            broken += _sweeps(connection, told)
            broken += _unrecorded_jobs(connection, told)
            broken += _reopened_jobs(connection)
            broken += _unwritten_jobs(connection)
            broken += _lost_references(connection)
            broken += _contents(connection, counted)
            broken += [
                BrokenLink(None, f"La protección «{name}» de la base de datos falta o fue cambiada.")
                for name in guards.missing(connection)
            ]
        return AuditVerdict(told.entries, told.head, tuple(broken), counted.contents)


class _Counted:
    """Counts what was looked at, and tells it."""

    def __init__(self, connection: Connection, progress: Progress | None) -> None:
        self._progress = progress
        self._done = 0
        entries, self.contents = (
            connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (tables.audit, tables.blobs)
        )
        self._total = entries + self.contents

    def one_more(self) -> None:
        self._done += 1
        if self._progress and (self._done % _CHUNK == 0 or self._done == self._total):
            self._progress(self._done, self._total)


def _chain(connection: Connection, told: _Told, counted: _Counted) -> Iterator[BrokenLink]:
    in_order = select(tables.audit).order_by(tables.audit.c.seq).execution_options(yield_per=_CHUNK)
    expected = 1
    for row in connection.execute(in_order):
        counted.one_more()
        if row.seq != expected:
            last = row.seq - 1
            said = "Falta la entrada" if last == expected else f"Faltan las entradas hasta la {last}"
            yield BrokenLink(expected, f"{said}: alguien borró lo que decía.")
        elif row.previous_hash != told.head:
            yield BrokenLink(row.seq, "La entrada no continúa la anterior: una de las dos fue cambiada.")
        if entry_hash(row._asdict()) != row.hash:
            yield BrokenLink(row.seq, "La entrada fue cambiada después de escrita: no corresponde a su huella.")
        expected = row.seq + 1
        told.entries += 1
        told.head = row.hash
        yield from _remember(row, told)


def _remember(row: Row[Any], told: _Told) -> Iterator[BrokenLink]:
    try:
        step, details = AuditStep(row.what), dict(json.loads(row.details))
    except (TypeError, ValueError):
        yield BrokenLink(row.seq, "La entrada no se entiende.")
        return
    told.jobs.update(details.get("jobs", ()))
    if step is AuditStep.DRAFT_SWEPT:
        told.swept[row.subject] = row.seq
    if "seal" in details:
        seals = {name: details[name] for name in ("seal", *ADDED) if name in details}
        told.rows[step, row.subject] = (row.seq, seals)


def _rows(connection: Connection, told: _Told) -> Iterator[BrokenLink]:
    left = dict(told.rows)
    for step, wanted in SEALED.items():
        for row in connection.execute(wanted.execution_options(yield_per=_CHUNK)):
            seq, seals = left.pop((step, row.subject), (None, {}))
            if seq is None:
                yield BrokenLink(None, f"No consta en el registro de auditoría {_ROWS[step]} «{row.subject}».")
            elif seal(row) != seals["seal"]:
                yield BrokenLink(seq, _changed(step, row.subject))
    for (step, subject), (seq, _) in left.items():
        # The id of a job begins with that of its report.
        if subject.partition(".")[0] not in told.swept:
            yield BrokenLink(seq, f"Ya no está {_ROWS[step]} «{subject}», que la entrada registra.")
    for name, added in ADDED.items():
        yield from _added(connection, told, name, added)


def _added(connection: Connection, told: _Told, name: str, added: Added) -> Iterator[BrokenLink]:
    """What stands in the columns that came later, in rows that the log knows."""
    for step, wanted in added.rows.items():
        for row in connection.execute(wanted.execution_options(yield_per=_CHUNK)):
            seq, seals = told.rows.get((step, row.subject), (None, {}))
            # Entries that are older have no such seal.
            is_as_told = seal(row) == seals[name] if name in seals else set(row[1:]) == {added.before}
            if seq is not None and not is_as_told:
                yield BrokenLink(seq, _changed(step, row.subject))


def _changed(step: AuditStep, subject: str) -> str:
    return f"Alguien cambió {_ROWS[step]} «{subject}» después de que se registró."


def _sweeps(connection: Connection, told: _Told) -> Iterator[BrokenLink]:
    left = dict(told.swept)
    for report_id in connection.execute(select(tables.swept_drafts.c.report_id)).scalars():
        if left.pop(report_id, None) is None:
            yield BrokenLink(None, f"No consta en el registro de auditoría que se retirara el borrador «{report_id}».")
    for report_id, seq in left.items():
        yield BrokenLink(seq, f"La entrada dice que se retiró el borrador «{report_id}», y no quedó anotado.")


def _unrecorded_jobs(connection: Connection, told: _Told) -> Iterator[BrokenLink]:
    for job_id in connection.execute(select(tables.jobs.c.id).order_by(tables.jobs.c.id)).scalars():
        if job_id not in told.jobs:
            yield BrokenLink(None, f"No consta en el registro de auditoría el pedido del documento «{job_id}».")


def _reopened_jobs(connection: Connection) -> Iterator[BrokenLink]:
    jobs = tables.jobs.c
    kept = select(jobs.id).join(tables.documents, tables.documents.c.job_id == jobs.id)
    for job_id in connection.execute(kept.where(jobs.state != JobState.DONE.value).order_by(jobs.id)).scalars():
        yield BrokenLink(None, f"El documento «{job_id}» está guardado, pero alguien cambió su estado.")


def _unwritten_jobs(connection: Connection) -> Iterator[BrokenLink]:
    jobs = tables.jobs.c
    without = select(jobs.id).join(tables.documents, tables.documents.c.job_id == jobs.id, isouter=True)
    without = without.where(jobs.state == JobState.DONE.value, tables.documents.c.job_id.is_(None))
    for job_id in connection.execute(without.order_by(jobs.id)).scalars():
        yield BrokenLink(None, f"El documento «{job_id}» consta como escrito y no está.")


def _lost_references(connection: Connection) -> Iterator[BrokenLink]:
    """Rows that refer to what is not there. PostgreSQL lets there be none; SQLite does for whoever does not ask it."""
    if connection.dialect.name == "sqlite":
        lost = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
        for table, row, other, _ in sorted(lost, key=str):
            yield BrokenLink(None, f"La fila {row} de «{table}» se refiere a algo de «{other}» que ya no está.")


def _contents(connection: Connection, counted: _Counted) -> Iterator[BrokenLink]:
    used_by = _used_contents(connection)
    for sha256 in connection.execute(select(tables.blobs.c.sha256).order_by(tables.blobs.c.sha256)).scalars().all():
        counted.one_more()
        row = connection.execute(
            select(tables.blobs.c.size, tables.blobs.c.content).where(tables.blobs.c.sha256 == sha256)
        ).one()
        user = used_by.pop(sha256, "ninguno")
        # SQLite gives back a text where somebody wrote one.
        is_whole = isinstance(row.content, bytes) and hashlib.sha256(row.content).hexdigest() == sha256
        if not is_whole or row.size != len(row.content):
            yield BrokenLink(None, f"Fue cambiado el contenido de huella {sha256} (informe: {user}).")
    for sha256, user in used_by.items():
        yield BrokenLink(None, f"Ya no está el contenido de huella {sha256} (informe: {user}).")


def _used_contents(connection: Connection) -> dict[str, str]:
    """The hash of every content that must be there, and a report that needs it; an issued one when there is one."""
    reports, documents = tables.reports.c, tables.documents.c
    of_uploads = select(tables.uploads.c.sha256, reports.id.label("report_id")).join(
        tables.reports, reports.upload_id == tables.uploads.c.id
    )
    of_readings = select(reports.reading_sha256, reports.id)
    of_documents = select(documents.sha256, tables.jobs.c.report_id).join(
        tables.jobs, tables.jobs.c.id == documents.job_id
    )
    signed = tables.signed_copies.c
    of_copies = select(signed.sha256, signed.report_id)
    needed = union_all(of_uploads, of_readings, of_documents, of_copies).subquery()
    issued_last = (
        select(needed.c.sha256, needed.c.report_id)
        .join(tables.issued, tables.issued.c.report_id == needed.c.report_id, isouter=True)
        .order_by(tables.issued.c.report_id.is_not(None), needed.c.report_id)
    )
    return {row.sha256: row.report_id for row in connection.execute(issued_last)}
