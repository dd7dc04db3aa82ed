"""The first tables: blobs, uploads, reports, jobs, documents, idempotency keys."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables. Spelled out and never edited again: `tables.py` moves on, this step does not."""
    instant = sa.DateTime(timezone=True)
    op.create_table(
        "blobs",
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name="pk_blobs"),
    )
    op.create_table(
        "uploads",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("filename", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("received_at", instant, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_uploads"),
        sa.ForeignKeyConstraint(["sha256"], ["blobs.sha256"], name="fk_uploads_sha256"),
    )
    op.create_table(
        "reports",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("upload_id", sa.Integer(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("quarter", sa.Integer(), nullable=False),
        sa.Column("version", sa.String(16), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("reading_sha256", sa.String(64), nullable=False),
        sa.Column("findings", sa.Text(), nullable=False),
        sa.Column("created_at", instant, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_reports"),
        sa.ForeignKeyConstraint(["upload_id"], ["uploads.id"], name="fk_reports_upload_id"),
        sa.ForeignKeyConstraint(["reading_sha256"], ["blobs.sha256"], name="fk_reports_reading_sha256"),
        sa.UniqueConstraint("year", "quarter", "version", "edition", name="uq_reports_year_quarter_version_edition"),
        sa.CheckConstraint("edition >= 1", name=op.f("ck_reports_edition_counts_from_one")),
    )
    op.create_index("ix_reports_created_at_id", "reports", ["created_at", "id"])
    op.create_table(
        "jobs",
        sa.Column("id", sa.String(96), nullable=False),
        sa.Column("report_id", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("filename", sa.Text(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", instant, nullable=False),
        sa.Column("owner", sa.String(128), nullable=True),
        sa.Column("lease_until", instant, nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("problem_code", sa.String(32), nullable=True),
        sa.Column("finished_at", instant, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_jobs"),
        sa.ForeignKeyConstraint(["report_id"], ["reports.id"], name="fk_jobs_report_id"),
        sa.UniqueConstraint("report_id", "kind", name="uq_jobs_report_id_kind"),
        sa.CheckConstraint("(state = 'running') = (owner IS NOT NULL)", name=op.f("ck_jobs_who_runs_has_an_owner")),
        sa.CheckConstraint("(owner IS NULL) = (lease_until IS NULL)", name=op.f("ck_jobs_an_owner_has_a_lease")),
    )
    op.create_index("ix_jobs_state_due_at", "jobs", ["state", "due_at"])
    op.create_table(
        "documents",
        sa.Column("report_id", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("template_fingerprint", sa.String(64), nullable=False),
        sa.Column("created_at", instant, nullable=False),
        sa.PrimaryKeyConstraint("report_id", "kind", name="pk_documents"),
        sa.ForeignKeyConstraint(["report_id"], ["reports.id"], name="fk_documents_report_id"),
        sa.ForeignKeyConstraint(["sha256"], ["blobs.sha256"], name="fk_documents_sha256"),
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("key", sa.String(255), nullable=False),
        sa.Column("request_sha256", sa.String(64), nullable=False),
        sa.Column("report_id", sa.String(64), nullable=False),
        sa.Column("created_at", instant, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_idempotency_keys"),
        sa.ForeignKeyConstraint(
            ["report_id"],
            ["reports.id"],
            name="fk_idempotency_keys_report_id",
            deferrable=True,
            initially="DEFERRED",
        ),
    )
