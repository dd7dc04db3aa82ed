"""A database address -> what Folio remembers: uploads, reports, jobs and documents, durable and append-only.

The rest of the program sees this module's names only: typed functions and frozen values, `StoreUnavailable` for every
failure of the database. It never reads a clock and never makes an id: both are handed in. What is kept never changes:
the database itself refuses it, and the audit log tells every step.
"""

from __future__ import annotations

from sqlalchemy import Engine

from service.domain.people import FIRST_OFFICE
from service.store.accounts import Accounts
from service.store.asked_jobs import kind_of_job
from service.store.audit import AuditStep
from service.store.audit_log import AuditedReport, AuditEntry, AuditLog, AuditSearch, SearchedWord
from service.store.copies import (
    COPY_NAMES,
    CannotCopy,
    copy_database,
    database_file,
    database_kind,
    restore_database,
)
from service.store.engine import make_engine
from service.store.filed import FiledReports
from service.store.glances import Glances, ReportGlance, Wants
from service.store.issued_files import IssuedFiles
from service.store.issuing import IssuingDesk
from service.store.kept_files import KeptFiles
from service.store.layouts import LayoutMemory
from service.store.links import OneTimeLinks
from service.store.material import Reprints
from service.store.migrate import migrate
from service.store.offices import OfficeMemory
from service.store.operations import JobGlance, MeasuredJob, MeasuredUpload, Operations, ProgramSeen, QueueState
from service.store.people import (
    LINK_LASTS,
    Account,
    LastAdministrator,
    Link,
    LinkGone,
    LinkPurpose,
    LoginTaken,
    Session,
    Token,
    folded,
    new_secret,
    new_token,
)
from service.store.planning_offices import PLAIN_OFFICE_ID, PlanningOffices
from service.store.queue import MAX_ATTEMPTS, JobQueue
from service.store.records import (
    SOMEBODY,
    Appended,
    AuditVerdict,
    BrokenLink,
    Claim,
    Issued,
    KeptSettings,
    KeyReused,
    NotIssuable,
    Origin,
    SignedCopy,
    StoredDocument,
    StoredReport,
    Upload,
    WhyNotIssuable,
    new_id,
)
from service.store.sessions import Sessions
from service.store.shelf import ReportShelf
from service.store.signed import SignedCopies
from service.store.sweeping import DraftSweeper, StaleDraft
from service.store.tokens import Tokens
from service.store.verification import Auditor

__all__ = [
    "COPY_NAMES",
    "LINK_LASTS",
    "MAX_ATTEMPTS",
    "PLAIN_OFFICE_ID",
    "SOMEBODY",
    "Account",
    "Appended",
    "AuditEntry",
    "AuditSearch",
    "AuditStep",
    "AuditVerdict",
    "AuditedReport",
    "BrokenLink",
    "CannotCopy",
    "Claim",
    "Issued",
    "JobGlance",
    "KeptSettings",
    "KeyReused",
    "LastAdministrator",
    "Link",
    "LinkGone",
    "LinkPurpose",
    "LoginTaken",
    "MeasuredJob",
    "MeasuredUpload",
    "NotIssuable",
    "Origin",
    "ProgramSeen",
    "QueueState",
    "ReportGlance",
    "SearchedWord",
    "Session",
    "SignedCopy",
    "StaleDraft",
    "Store",
    "StoredDocument",
    "StoredReport",
    "Token",
    "Upload",
    "Wants",
    "WhyNotIssuable",
    "copy_database",
    "database_file",
    "database_kind",
    "folded",
    "kind_of_job",
    "migrate",
    "new_id",
    "new_secret",
    "new_token",
    "open_store",
    "restore_database",
]


class Store(
    ReportShelf,
    FiledReports,
    KeptFiles,
    IssuingDesk,
    JobQueue,
    Reprints,
    LayoutMemory,
    OfficeMemory,
    SignedCopies,
    IssuedFiles,
    PlanningOffices,
    Accounts,
    OneTimeLinks,
    Sessions,
    Tokens,
    Glances,
    Auditor,
    AuditLog,
    Operations,
    DraftSweeper,
):
    """The shelf of reports, the desk that issues them, the queue of their jobs, what is remembered, and the auditor.

    Bound to one office (see `bound`). Beside them whoever works with it all: planning offices, accounts, and what lets
    them in; and what an operator sees and sweeps.

    Threads may share it; a fork must open its own.
    """

    def __init__(self, engine: Engine, office_id: str = FIRST_OFFICE) -> None:
        # Of all that it is made of, this one has something of its own to begin with.
        OfficeMemory.__init__(self, engine, office_id)

    def within(self, office_id: str) -> Store:
        """The same store as another office sees it; it shares the connections, so that it need not be closed."""
        other = Store(self._engine, office_id)
        other._read = self._read
        return other

    def close(self) -> None:
        """Let go of the connections."""
        self._engine.dispose()


def open_store(url: str) -> Store:
    """The store at `url` (`sqlite:///path`, `postgresql://…`), already migrated, as the first office sees it.

    It connects at first use. `Store.within` gives it as another office does.
    """
    return Store(make_engine(url))
