"""The numbers of an upload -> the reports that it is held against, as the succession knows them, with one query.

Every upload asks for them: neither their documents nor what else a page shows of a report is looked at.
"""

from __future__ import annotations

import json
from typing import Any, Final

from sqlalchemy import Row, Select, bindparam, select, union_all

from service.domain.archive import finding_from_json, version_of
from service.domain.past import Filed
from service.domain.reading import let_stand
from service.domain.values import Quarter, VersionNumber
from service.store import tables
from service.store.bound import AtOffice
from service.store.engine import reading

_reports, _issued = tables.reports.c, tables.issued.c

_FILED: Final[Select[Any]] = select(
    _reports.id, _reports.year, _reports.quarter, _reports.version, _reports.findings, _issued.edition
)
_LAST_ISSUED: Final = (
    select(_issued.report_id)
    .where(_issued.office_id == bindparam("ours"), _issued.year == bindparam("year_before"))
    .order_by(_issued.issued_at.desc(), _issued.edition.desc(), _issued.report_id)
    .limit(1)
)
_NEWEST_DRAFT: Final = (
    select(_reports.id)
    .join(tables.issued, _issued.report_id == _reports.id, isouter=True)
    .where(
        _reports.office_id == bindparam("ours"),
        _reports.year == bindparam("in_year"),
        _reports.quarter == bindparam("in_quarter"),
        _reports.version == bindparam("of_version"),
        _issued.report_id.is_(None),
    )
    .order_by(_reports.created_at.desc(), _reports.id.desc())
    .limit(1)
)
_OF_UPLOAD: Final = union_all(
    _FILED.join(tables.issued, _issued.report_id == _reports.id).where(
        _issued.office_id == bindparam("ours"), _issued.year == bindparam("in_year")
    ),
    _FILED.join(tables.issued, _issued.report_id == _reports.id).where(_reports.id == _LAST_ISSUED.scalar_subquery()),
    _FILED.join(tables.issued, _issued.report_id == _reports.id, isouter=True).where(
        _reports.id == _NEWEST_DRAFT.scalar_subquery()
    ),
)


class FiledReports(AtOffice):
    """Finds what came before an upload."""

    def filed(self, year: int, quarter: int | None = None, version: VersionNumber | None = None) -> tuple[Filed, ...]:
        """The issued reports of a year, the last that was issued of the year before, and the newest draft like it.

        That is the last upload of the quarter (1 to 4) under the version that was not issued; none without both.
        """
        wanted = {
            "ours": self._office_id,
            "in_year": year,
            "year_before": year - 1,
            "in_quarter": quarter,
            "of_version": str(version) if version else None,
        }
        with reading(self._engine) as connection:
            return tuple(map(_filed, connection.execute(_OF_UPLOAD, wanted)))


def _filed(row: Row[Any]) -> Filed:
    accepted = let_stand(map(finding_from_json, json.loads(row.findings)))
    return Filed(row.id, Quarter(row.year, row.quarter), version_of(row.version), row.edition, accepted)
