"""A store and an office -> the same store as that office sees it: what is another office's is not there at all.

Every part of the store that keeps what is an office's own finds only that; what it is asked of another office's report,
settings or keys it answers as if there were no such thing. Across the offices go the queue, which is told jobs by their
ids, the auditor, and whoever verifies a paper by its code or its bytes.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, Engine, bindparam, select

from service.domain.people import FIRST_OFFICE
from service.store import tables

_reports = tables.reports.c

_OF_OFFICE: Final = select(_reports.id).where(
    _reports.id == bindparam("report"), _reports.office_id == bindparam("ours")
)
_OFFICE_OF: Final = select(_reports.office_id).where(_reports.id == bindparam("report"))


class AtOffice:
    """What is bound to a database and to one office."""

    def __init__(self, engine: Engine, office_id: str = FIRST_OFFICE) -> None:
        self._engine = engine
        self._office_id = office_id

    @property
    def office_id(self) -> str:
        """The office whose reports are seen here."""
        return self._office_id

    def _has(self, connection: Connection, report_id: str | None) -> bool:
        """Whether there is such a report here."""
        asked = {"report": report_id, "ours": self._office_id}
        return connection.execute(_OF_OFFICE, asked).one_or_none() is not None


def office_of(connection: Connection, report_id: str) -> str:
    """The office of a report that there is."""
    office_id: str = connection.execute(_OFFICE_OF, {"report": report_id}).scalar_one()
    return office_id
