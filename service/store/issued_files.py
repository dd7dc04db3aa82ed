"""A file's SHA-256 -> the issued report that it is of; a report -> what its office said of itself when it was made."""

from __future__ import annotations

from sqlalchemy import case, exists, or_, select

from service.domain.office import REFERENCE_SETTINGS, OfficeSettings
from service.domain.reports import PAPERS
from service.store import tables
from service.store.bound import AtOffice
from service.store.engine import reading
from service.store.offices import said_in
from service.store.records import StoredReport
from service.store.shown import REPORTS, all_reports

_reports, _issued, _jobs = tables.reports.c, tables.issued.c, tables.jobs.c
_settings = tables.office_settings.c


class IssuedFiles(AtOffice):
    """Finds issued reports by what was made of them, or came back signed."""

    def report_of_file(self, sha256: str) -> StoredReport | None:
        """The issued report of any office of which this very file is a document, or a signed copy that was kept."""
        documents, copies = tables.documents.c, tables.signed_copies.c
        is_document = exists().where(
            _jobs.report_id == _issued.report_id,
            _jobs.is_final,
            _jobs.kind.in_([kind.value for kind in PAPERS]),
            documents.job_id == _jobs.id,
            documents.sha256 == sha256,
        )
        is_copy = exists().where(copies.report_id == _issued.report_id, copies.sha256 == sha256)
        with reading(self._engine) as connection:
            found = all_reports(connection, REPORTS.where(_issued.report_id.is_not(None), or_(is_document, is_copy)))
        return found[0] if found else None

    def made_with(self, report_id: str) -> OfficeSettings:
        """What counted when the report was issued, or uploaded while it is a draft; or the reference's."""
        seq = case((_issued.report_id.is_not(None), _issued.office_seq), else_=_reports.office_seq)
        wanted = (
            select(_settings.content)
            .select_from(tables.reports)
            .join(tables.issued, _issued.report_id == _reports.id, isouter=True)
            .join(tables.office_settings, _settings.seq == seq)
            .where(_reports.id == report_id, _reports.office_id == self._office_id)
        )
        with reading(self._engine) as connection:
            content = connection.execute(wanted).scalar_one_or_none()
        return said_in(content) if content else REFERENCE_SETTINGS
