"""Issued reports beside the uploads, documents by their job, the audit log, and nothing kept is changed any more."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from alembic import op

# These two hold for as long as there is an audit log: what old entries say, and who keeps the tables from changing.
from service.store.audit import AuditStep, Entry, tell
from service.store.guards import protect

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_MIGRATION = "migración"
_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Every report that was no draft so far was issued when it was uploaded, and its documents are the final ones."""
    connection = op.get_bind()
    documents = [row._asdict() for row in connection.execute(sa.text("SELECT * FROM documents"))]
    op.drop_table("documents")
    _make_issued()
    _keep_uploads_apart(connection)
    _let_jobs_say_what_they_write(connection)
    _keep_documents_by_job(connection, documents)
    _begin_the_log(connection)
    protect(connection, ("blobs", "uploads", "reports", "issued", "documents", "audit", "jobs", "idempotency_keys"))


def _make_issued() -> None:
    op.create_table(
        "issued",
        sa.Column("report_id", sa.String(64), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("quarter", sa.Integer(), nullable=False),
        sa.Column("version", sa.String(16), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("issued_at", _INSTANT, nullable=False),
        sa.Column("issued_by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("approval_instance", sa.Text(), nullable=False),
        sa.Column("approval_act", sa.Text(), nullable=False),
        sa.Column("approval_on", sa.Date(), nullable=True),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("previous_id", sa.String(64), nullable=True),
        sa.Column("change_log", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("report_id", name="pk_issued"),
        sa.ForeignKeyConstraint(["report_id"], ["reports.id"], name="fk_issued_report_id"),
        sa.ForeignKeyConstraint(["previous_id"], ["reports.id"], name="fk_issued_previous_id"),
        sa.UniqueConstraint("year", "quarter", "version", "edition", name="uq_issued_year_quarter_version_edition"),
        sa.CheckConstraint("edition >= 1", name=op.f("ck_issued_edition_counts_from_one")),
    )


def _keep_uploads_apart(connection: sa.Connection) -> None:
    connection.execute(
        sa.text(
            "INSERT INTO issued SELECT id, year, quarter, version, edition, created_at, :by, '', '', '', NULL, '',"
            " NULL, '[]' FROM reports WHERE NOT is_draft"
        ),
        {"by": _MIGRATION},
    )
    with op.batch_alter_table("reports") as reports:
        reports.drop_constraint("uq_reports_year_quarter_version_is_draft_edition", type_="unique")
        reports.drop_constraint(op.f("ck_reports_edition_counts_from_one"), type_="check")
        reports.alter_column("is_draft", new_column_name="has_errors", server_default=None, existing_type=sa.Boolean())
        reports.alter_column("edition", new_column_name="proposed_edition", existing_type=sa.Integer())
        reports.add_column(sa.Column("step", sa.String(32), nullable=True))
        reports.add_column(sa.Column("proposal", sa.Text(), nullable=True))
        reports.add_column(sa.Column("uploaded_by", sa.Text(), nullable=False, server_default=_MIGRATION))
    with op.batch_alter_table("reports") as reports:
        reports.alter_column("uploaded_by", server_default=None, existing_type=sa.Text(), existing_nullable=False)
        reports.create_check_constraint(
            op.f("ck_reports_proposed_edition_counts_from_one"), sa.text("proposed_edition >= 1")
        )
    op.create_index("ix_reports_year_quarter_version", "reports", ["year", "quarter", "version"])


def _let_jobs_say_what_they_write(connection: sa.Connection) -> None:
    with op.batch_alter_table("jobs") as jobs:
        jobs.drop_constraint("uq_jobs_report_id_kind", type_="unique")
        jobs.alter_column("id", type_=sa.String(160), existing_type=sa.String(96), existing_nullable=False)
        jobs.add_column(sa.Column("against_id", sa.String(64), nullable=True))
        jobs.add_column(sa.Column("is_final", sa.Boolean(), nullable=False, server_default=sa.false()))
        jobs.add_column(sa.Column("asked_at", _INSTANT, nullable=True))
        jobs.create_foreign_key("fk_jobs_against_id", "reports", ["against_id"], ["id"])
    issued = "report_id IN (SELECT report_id FROM issued) AND kind IN ('word', 'excel')"
    connection.execute(
        sa.text("UPDATE jobs SET asked_at = (SELECT created_at FROM reports WHERE reports.id = jobs.report_id)")
    )
    connection.execute(sa.text(f"UPDATE jobs SET is_final = true, id = id || '.final' WHERE {issued}"))  # noqa: S608 our own words
    with op.batch_alter_table("jobs") as jobs:
        jobs.alter_column("is_final", server_default=None, existing_type=sa.Boolean(), existing_nullable=False)
        jobs.alter_column("asked_at", nullable=False, existing_type=_INSTANT)
    op.create_index("ix_jobs_report_id_kind", "jobs", ["report_id", "kind"])


def _keep_documents_by_job(connection: sa.Connection, documents: list[dict[str, Any]]) -> None:
    table = op.create_table(
        "documents",
        sa.Column("job_id", sa.String(160), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("template_fingerprint", sa.String(64), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("job_id", name="pk_documents"),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="fk_documents_job_id"),
        sa.ForeignKeyConstraint(["sha256"], ["blobs.sha256"], name="fk_documents_sha256"),
    )
    job_ids = {
        (row.report_id, row.kind): row.id for row in connection.execute(sa.text("SELECT report_id, kind, id FROM jobs"))
    }
    rows = [
        {
            "job_id": job_ids[document["report_id"], document["kind"]],
            "sha256": document["sha256"],
            "template_fingerprint": document["template_fingerprint"],
            "created_at": _instant(document["created_at"]),
        }
        for document in documents
    ]
    op.bulk_insert(table, rows)


def _begin_the_log(connection: sa.Connection) -> None:
    op.create_table(
        "audit",
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("what", sa.String(32), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("previous_hash", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_audit"),
    )
    jobs: dict[str, list[str]] = {}
    for row in connection.execute(sa.text("SELECT report_id, id FROM jobs ORDER BY id")):
        jobs.setdefault(row.report_id, []).append(row.id)
    # What is there already, each at its own instant, as if the log had been kept from the first day.
    for step, query in (
        (AuditStep.DRAFT_KEPT, "SELECT id, created_at FROM reports ORDER BY created_at, id"),
        (AuditStep.ISSUED, "SELECT report_id, issued_at FROM issued ORDER BY issued_at, edition, report_id"),
        (AuditStep.DOCUMENT_KEPT, "SELECT job_id, created_at FROM documents ORDER BY created_at, job_id"),
        (AuditStep.LAYOUT_REMEMBERED, "SELECT fingerprint, updated_at FROM layouts ORDER BY updated_at, fingerprint"),
    ):
        for subject, at in connection.execute(sa.text(query)).all():
            details = {"jobs": jobs.get(subject, [])} if step is AuditStep.DRAFT_KEPT else {}
            tell(connection, _instant(at), _MIGRATION, Entry(step, subject, details, is_of_before=True))


def _instant(value: dt.datetime | str) -> dt.datetime:
    # SQLite keeps instants as text, in UTC.
    if isinstance(value, str):
        return dt.datetime.fromisoformat(value).replace(tzinfo=dt.UTC)
    return value
