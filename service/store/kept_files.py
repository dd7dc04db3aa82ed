"""A report -> what is kept of it byte for byte: the workbook, what was understood of it, and its documents."""

from __future__ import annotations

from typing import Final

from sqlalchemy import bindparam, select

from service.domain.archive import reading_of
from service.domain.plan import DraftPlan, Plan
from service.domain.reading import Accepted, Rejected
from service.domain.reports import DocumentKind
from service.store import tables
from service.store.bound import AtOffice
from service.store.engine import reading
from service.store.material import finished
from service.store.records import StoredDocument, Upload
from service.store.shown import DOCUMENTS, chosen, compared_with, document_of

_reports, _issued, _blobs = tables.reports.c, tables.issued.c, tables.blobs.c

# Made once: to put a statement together takes longer than to execute it.
_READING: Final = (
    select(_blobs.content)
    .join(tables.reports, _reports.reading_sha256 == _blobs.sha256)
    .where(_reports.id == bindparam("report"), _reports.office_id == bindparam("ours"))
)
_ASKED: Final = (
    DOCUMENTS.add_columns(_issued.edition, _issued.previous_id)
    .join(tables.reports, _reports.id == tables.jobs.c.report_id)
    .join(tables.issued, _issued.report_id == _reports.id, isouter=True)
    .where(
        _reports.id == bindparam("report"),
        _reports.office_id == bindparam("ours"),
        tables.jobs.c.kind == bindparam("of_kind"),
    )
)
_CONTENT: Final = select(_blobs.content).where(_blobs.sha256 == bindparam("hash"))


class KeptFiles(AtOffice):
    """Hands out the bytes of a report."""

    def plan_of(self, report_id: str, like: DraftPlan | None = None) -> Plan | DraftPlan | None:
        """What was understood of the report's plan; a `DraftPlan` when errors remain. None: there is no such report.

        What it says in the words of `like`, a plan to compare with, it has from there.
        """
        kept = self.reading_json(report_id)
        if kept is None:
            return None
        # Of a long plan the bytes and the text are ten megabytes each: one is enough.
        text = kept.decode()
        del kept
        understood = reading_of(text, like)
        return understood.plan if isinstance(understood, Accepted | Rejected) else None

    def reading_json(self, report_id: str) -> bytes | None:
        """What was understood of the report's workbook: the very bytes that were appended."""
        with reading(self._engine) as connection:
            return connection.execute(_READING, {"report": report_id, "ours": self._office_id}).scalar_one_or_none()

    def document(
        self, report_id: str, kind: DocumentKind, against: str | None = None
    ) -> tuple[StoredDocument, bytes] | None:
        """A finished document that tells the report's status, and its bytes; None while there is none.

        An issued report's are the same for ever; only a package that lacked something is followed by another once that
        is tried again. `against`: the report that a comparison compares with.
        """
        with reading(self._engine) as connection:
            row = finished(connection, report_id, kind, against) if self._has(connection, report_id) else None
            if row is None:
                return None
            content: bytes = connection.execute(_CONTENT, {"hash": row.sha256}).scalar_one()
        return document_of(row), content

    def asked_document(
        self, report_id: str, kind: DocumentKind, against: str | None = None
    ) -> tuple[StoredDocument, bytes | None] | None:
        """A document that tells the report's status and its bytes, None until it is finished. None: there is none such.

        Of several comparisons the one with the report that it follows is meant, unless `against` names another.
        """
        with reading(self._engine) as connection:
            asked = {"report": report_id, "of_kind": kind.value, "ours": self._office_id}
            rows = connection.execute(_ASKED, asked).all()
            of_status = chosen(rows, is_issued=bool(rows) and rows[0].edition is not None)
            fitting = [row for row in of_status if against is None or compared_with(row) == against]
            if not fitting:
                return None
            row = next((row for row in fitting if compared_with(row) == row.previous_id), fitting[0])
            content: bytes | None = None
            if row.sha256:
                content = connection.execute(_CONTENT, {"hash": row.sha256}).scalar_one()
        return document_of(row), content

    def upload(self, report_id: str) -> Upload | None:
        """The workbook that a report was made from."""
        wanted = (
            select(tables.uploads, tables.blobs.c.content)
            .join(tables.blobs, tables.blobs.c.sha256 == tables.uploads.c.sha256)
            .join(tables.reports, tables.reports.c.upload_id == tables.uploads.c.id)
            .where(_reports.id == report_id, _reports.office_id == self._office_id)
        )
        with reading(self._engine) as connection:
            row = connection.execute(wanted).one_or_none()
        return Upload(row.filename, row.content, row.sha256, row.received_at) if row else None
