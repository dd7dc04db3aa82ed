"""The tables, as the code of today names them; the migrations make them.

Assumes SQLite 3.35 or PostgreSQL 13 and newer. Only `jobs`, `layouts`, `programs` and what concerns people are ever
updated, everything else is written once (`guards.py` sees to it): bytes stand in `blobs` under their SHA-256, so that
one transaction and one backup hold all there is.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)

from service.domain.people import FIRST_OFFICE


class Instant(TypeDecorator[dt.datetime]):
    """An aware UTC instant; SQLite, which knows no zones, keeps it as sortable text."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:  # noqa: ARG002 the signature is SQLAlchemy's
        """To UTC; a naive instant is a mistake of the caller."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"an instant needs its zone: {value.isoformat()}")
        return value.astimezone(dt.UTC)

    def process_result_value(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:  # noqa: ARG002 the signature is SQLAlchemy's
        """Back as aware UTC, whatever the database's own zone."""
        if value is None:
            return None
        return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)


SHA256: Final = String(64)
ID: Final = String(64)

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

blobs = Table(
    "blobs",
    metadata,
    Column("sha256", SHA256, primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("content", LargeBinary, nullable=False),
)

# What an office has said of itself, each time the whole of it, as JSON: its last row is what counts for it.
office_settings = Table(
    "office_settings",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("by", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("office_id", ID, ForeignKey("planning_offices.id"), nullable=False, server_default=FIRST_OFFICE),
    # The office is found without reading past a logo.
    Index(None, "office_id", "seq"),
)

uploads = Table(
    "uploads",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("filename", Text, nullable=False),
    Column("sha256", SHA256, ForeignKey("blobs.sha256"), nullable=False),
    Column("received_at", Instant, nullable=False),
)

# Every upload that was kept: a draft of its year, quarter and version, for good; `issued` says which became more.
reports = Table(
    "reports",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("upload_id", Integer, ForeignKey("uploads.id"), nullable=False),
    Column("year", Integer, nullable=False),
    Column("quarter", Integer, nullable=False),
    Column("version", String(16), nullable=False),
    Column("has_errors", Boolean, nullable=False),
    Column("proposed_edition", Integer, nullable=False),
    # What the person said that it is, and the whole proposal that they saw, as JSON; uploads of before have neither.
    Column("step", String(32)),
    Column("proposal", Text),
    Column("reading_sha256", SHA256, ForeignKey("blobs.sha256"), nullable=False),
    # Also part of the reading; here so that a list of reports need not parse whole plans.
    Column("findings", Text, nullable=False),
    Column("uploaded_by", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    # What counted when it was uploaded; none: nobody had said anything.
    Column("office_seq", Integer, ForeignKey("office_settings.seq")),
    # The account that uploaded it; none: a program that no account made, or there were no accounts yet.
    Column("uploader_id", ID, ForeignKey("accounts.id")),
    # What was there before there were offices is the first one's; whoever adds a row says whose it is.
    Column("office_id", ID, ForeignKey("planning_offices.id"), nullable=False, server_default=FIRST_OFFICE),
    CheckConstraint("proposed_edition >= 1", name="proposed_edition_counts_from_one"),
    Index(None, "office_id", "created_at", "id"),
    Index(None, "office_id", "year", "quarter", "version"),
)

issued = Table(
    "issued",
    metadata,
    Column("report_id", String(64), ForeignKey("reports.id"), primary_key=True),
    Column("year", Integer, nullable=False),
    Column("quarter", Integer, nullable=False),
    Column("version", String(16), nullable=False),
    Column("edition", Integer, nullable=False),
    Column("issued_at", Instant, nullable=False),
    Column("issued_by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("approval_instance", Text, nullable=False),
    Column("approval_act", Text, nullable=False),
    Column("approval_on", Date),
    Column("description", Text, nullable=False),
    Column("previous_id", String(64), ForeignKey("reports.id")),
    # The control de cambios that its documents tell, as JSON.
    Column("change_log", Text, nullable=False),
    # What counted when it was issued; none: nobody had said anything.
    Column("office_seq", Integer, ForeignKey("office_settings.seq")),
    # Its seal; none: it was issued without.
    Column("code", String(32)),
    Column("address", Text),
    # That of its report, here so that each office counts its own editions.
    Column("office_id", ID, ForeignKey("planning_offices.id"), nullable=False),
    UniqueConstraint("office_id", "year", "quarter", "version", "edition"),
    Index(None, "code", unique=True),
    CheckConstraint("(code IS NULL) = (address IS NULL)", name="a_code_has_an_address"),
    CheckConstraint("edition >= 1", name="edition_counts_from_one"),
)

# What a job is about never changes, only how far it is. `against_id` is the report that a comparison compares with, for
# a document of the year the last issued of the earlier quarters that it tells.
jobs = Table(
    "jobs",
    metadata,
    Column("id", String(160), primary_key=True),
    Column("report_id", String(64), ForeignKey("reports.id"), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("against_id", String(64), ForeignKey("reports.id")),
    Column("is_final", Boolean, nullable=False),
    Column("filename", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("owner", String(128)),
    Column("lease_until", Instant),
    Column("problem", Text),
    Column("problem_code", String(32)),
    Column("finished_at", Instant),
    Column("asked_at", Instant, nullable=False),
    # When it was first taken, and what its last try took, as JSON (`service.domain.took`).
    Column("claimed_at", Instant),
    Column("took", Text),
    CheckConstraint("(state = 'running') = (owner IS NOT NULL)", name="who_runs_has_an_owner"),
    CheckConstraint("(owner IS NULL) = (lease_until IS NULL)", name="an_owner_has_a_lease"),
    Index(None, "state", "due_at"),
    Index(None, "report_id", "kind"),
    Index(None, "finished_at"),
)

documents = Table(
    "documents",
    metadata,
    Column("job_id", String(160), ForeignKey("jobs.id"), primary_key=True),
    Column("sha256", SHA256, ForeignKey("blobs.sha256"), nullable=False),
    Column("template_fingerprint", String(64), nullable=False),
    Column("created_at", Instant, nullable=False),
    # How it was held against the report, as JSON; none: it was not.
    Column("proof", Text),
)

# What came back signed of an issued report, with what was found of it, as JSON.
signed_copies = Table(
    "signed_copies",
    metadata,
    Column("report_id", String(64), ForeignKey("reports.id"), primary_key=True),
    Column("sha256", SHA256, ForeignKey("blobs.sha256"), primary_key=True),
    Column("filename", Text, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("by", Text, nullable=False),
)

# Each entry's hash covers the one before; what the entries hold is said in `audit.py`.
audit = Table(
    "audit",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("by", Text, nullable=False),
    Column("what", String(32), nullable=False),
    Column("subject", Text, nullable=False),
    Column("details", Text, nullable=False),
    Column("previous_hash", SHA256, nullable=False),
    Column("hash", SHA256, nullable=False),
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("office_id", ID, ForeignKey("planning_offices.id"), primary_key=True),
    Column("key", String(255), primary_key=True),
    Column("request_sha256", SHA256, nullable=False),
    # Deferred: the key is taken before the report is written, so that a second request waits there and not later.
    Column(
        "report_id",
        String(64),
        ForeignKey("reports.id", deferrable=True, initially="DEFERRED"),
        nullable=False,
    ),
    Column("created_at", Instant, nullable=False),
)

# How an office's form is read, once somebody said it: header or column -> field, as pairs.
layouts = Table(
    "layouts",
    metadata,
    Column("office_id", ID, ForeignKey("planning_offices.id"), primary_key=True),
    Column("fingerprint", String(64), primary_key=True),
    Column("mapping", JSON, nullable=False),
    Column("updated_at", Instant, nullable=False),
)

# The programs at work on this database, and when each was last well.
programs = Table(
    "programs",
    metadata,
    Column("name", String(16), primary_key=True),
    Column("host", String(128), primary_key=True),
    Column("seen_at", Instant, nullable=False),
)

# Drafts that were never issued and are not kept any longer: with a row here, theirs may go.
swept_drafts = Table(
    "swept_drafts",
    metadata,
    Column("report_id", ID, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("by", Text, nullable=False),
)

# The planning offices that share this Folio.
planning_offices = Table(
    "planning_offices",
    metadata,
    Column("id", ID, primary_key=True),
    Column("name", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("created_by", Text, nullable=False),
)

# Who signs in. Never deleted: what they did names them. Without an office they see all of them; `issuer` and `subject`
# are the identity that another service vouches for.
accounts = Table(
    "accounts",
    metadata,
    Column("id", ID, primary_key=True),
    Column("login", String(200), nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("role", String(16), nullable=False),
    Column("office_id", ID, ForeignKey("planning_offices.id")),
    Column("password_hash", Text),
    Column("issuer", Text),
    Column("subject", Text),
    Column("is_open", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("created_by", Text, nullable=False),
    UniqueConstraint("issuer", "subject"),
    CheckConstraint("(issuer IS NULL) = (subject IS NULL)", name="an_identity_is_whole"),
)

# The id is the SHA-256 of the secret that the browser holds; `office_id` is the office being looked at.
sessions = Table(
    "sessions",
    metadata,
    Column("id", SHA256, primary_key=True),
    Column("account_id", ID, ForeignKey("accounts.id"), nullable=False, index=True),
    Column("office_id", ID, ForeignKey("planning_offices.id"), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("address", Text, nullable=False),
    Column("browser", Text, nullable=False),
    Column("ended_at", Instant),
)

# Links that are good for one use, under the SHA-256 of their secret.
links = Table(
    "links",
    metadata,
    Column("sha256", SHA256, primary_key=True),
    Column("purpose", String(16), nullable=False),
    Column("account_id", ID, ForeignKey("accounts.id"), index=True),
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),
    Column("created_at", Instant, nullable=False),
    Column("created_by", Text, nullable=False),
)

# What programs show instead of signing in; without an account it was made in a terminal.
tokens = Table(
    "tokens",
    metadata,
    Column("id", ID, primary_key=True),
    Column("sha256", SHA256, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("role", String(16), nullable=False),
    Column("office_id", ID, ForeignKey("planning_offices.id"), nullable=False),
    Column("account_id", ID, ForeignKey("accounts.id"), index=True),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant),
    Column("ended_at", Instant),
    Column("used_at", Instant),
)
