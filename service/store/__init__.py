"""A database address -> what Folio remembers: uploads, reports, jobs and documents, durable and append-only.

The rest of the program sees this module's names only: typed functions and frozen values, `StoreUnavailable` for every
failure of the database. It never reads a clock and never makes an id: both are handed in.
"""

from __future__ import annotations

from service.store.engine import make_engine
from service.store.layouts import LayoutMemory
from service.store.migrate import migrate
from service.store.queue import MAX_ATTEMPTS, JobQueue
from service.store.records import (
    Appended,
    AuditVerdict,
    BrokenLink,
    Claim,
    Issued,
    KeyReused,
    NotIssuable,
    Origin,
    Proposed,
    StoredDocument,
    StoredReport,
    Upload,
    WhyNotIssuable,
    new_id,
)
from service.store.shelf import ReportShelf

__all__ = [
    "MAX_ATTEMPTS",
    "Appended",
    "AuditVerdict",
    "BrokenLink",
    "Claim",
    "Issued",
    "KeyReused",
    "NotIssuable",
    "Origin",
    "Proposed",
    "Store",
    "StoredDocument",
    "StoredReport",
    "Upload",
    "WhyNotIssuable",
    "migrate",
    "new_id",
    "open_store",
]


class Store(ReportShelf, JobQueue, LayoutMemory):
    """The shelf of reports, the queue of their jobs and the memory of layouts.

    Threads may share it; a fork must open its own.
    """

    def close(self) -> None:
        """Let go of the connections."""
        self._engine.dispose()


def open_store(url: str) -> Store:
    """The store at `url` (`sqlite:///path`, `postgresql://…`), already migrated; connects at first use."""
    return Store(make_engine(url))
