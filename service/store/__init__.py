"""A database address -> what Folio remembers: uploads, reports, jobs and documents, durable and append-only.

The rest of the program sees this module's names only: typed functions and frozen values, `StoreUnavailable` for every
failure of the database. It never reads a clock and never makes an id: both are handed in. What is kept never changes:
the database itself refuses it, and the audit log tells every step.
"""

from __future__ import annotations

from service.store.engine import make_engine
from service.store.issuing import IssuingDesk
from service.store.layouts import LayoutMemory
from service.store.material import Reprints
from service.store.migrate import migrate
from service.store.queue import MAX_ATTEMPTS, JobQueue
from service.store.records import (
    SOMEBODY,
    Appended,
    AuditVerdict,
    BrokenLink,
    Claim,
    Issued,
    KeyReused,
    NotIssuable,
    Origin,
    StoredDocument,
    StoredReport,
    Upload,
    WhyNotIssuable,
    new_id,
)
from service.store.shelf import ReportShelf
from service.store.verification import Auditor

__all__ = [
    "MAX_ATTEMPTS",
    "SOMEBODY",
    "Appended",
    "AuditVerdict",
    "BrokenLink",
    "Claim",
    "Issued",
    "KeyReused",
    "NotIssuable",
    "Origin",
    "Store",
    "StoredDocument",
    "StoredReport",
    "Upload",
    "WhyNotIssuable",
    "migrate",
    "new_id",
    "open_store",
]


class Store(ReportShelf, IssuingDesk, JobQueue, Reprints, LayoutMemory, Auditor):
    """The shelf of reports, the desk that issues them, the queue of their jobs, the memory of layouts, and the auditor.

    Threads may share it; a fork must open its own.
    """

    def close(self) -> None:
        """Let go of the connections."""
        self._engine.dispose()


def open_store(url: str) -> Store:
    """The store at `url` (`sqlite:///path`, `postgresql://…`), already migrated; connects at first use."""
    return Store(make_engine(url))
