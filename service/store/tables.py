"""The tables, as the code of today names them; the migrations make them.

Assumes SQLite 3.35 or PostgreSQL 13 and newer. Only `jobs` and `layouts` are ever updated, everything else is written
once: bytes stand in `blobs` under their SHA-256, so that one transaction and one backup hold all there is.
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
    false,
)


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

uploads = Table(
    "uploads",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("filename", Text, nullable=False),
    Column("sha256", SHA256, ForeignKey("blobs.sha256"), nullable=False),
    Column("received_at", Instant, nullable=False),
)

reports = Table(
    "reports",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("upload_id", Integer, ForeignKey("uploads.id"), nullable=False),
    Column("year", Integer, nullable=False),
    Column("quarter", Integer, nullable=False),
    Column("version", String(16), nullable=False),
    Column("is_draft", Boolean, nullable=False, server_default=false()),
    # Drafts are counted apart: what is corrected three times before it is accepted is still the first edition.
    Column("edition", Integer, nullable=False),
    Column("reading_sha256", SHA256, ForeignKey("blobs.sha256"), nullable=False),
    # Also part of the reading; here so that a list of reports need not parse whole plans.
    Column("findings", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("year", "quarter", "version", "is_draft", "edition"),
    CheckConstraint("edition >= 1", name="edition_counts_from_one"),
    Index(None, "created_at", "id"),
)

jobs = Table(
    "jobs",
    metadata,
    Column("id", String(96), primary_key=True),
    Column("report_id", String(64), ForeignKey("reports.id"), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("filename", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("owner", String(128)),
    Column("lease_until", Instant),
    Column("problem", Text),
    Column("problem_code", String(32)),
    Column("finished_at", Instant),
    UniqueConstraint("report_id", "kind"),
    CheckConstraint("(state = 'running') = (owner IS NOT NULL)", name="who_runs_has_an_owner"),
    CheckConstraint("(owner IS NULL) = (lease_until IS NULL)", name="an_owner_has_a_lease"),
    Index(None, "state", "due_at"),
)

documents = Table(
    "documents",
    metadata,
    Column("report_id", String(64), ForeignKey("reports.id"), primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("sha256", SHA256, ForeignKey("blobs.sha256"), nullable=False),
    Column("template_fingerprint", String(64), nullable=False),
    Column("created_at", Instant, nullable=False),
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
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
    Column("fingerprint", String(64), primary_key=True),
    Column("mapping", JSON, nullable=False),
    Column("updated_at", Instant, nullable=False),
)
