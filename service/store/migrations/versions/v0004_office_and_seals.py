"""What the office says of itself, the seal of an issued report, the proof of a document, and what came back signed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

# It holds for as long as there are tables to keep from changing.
from service.store.guards import protect

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Reports of before keep no settings and have no seal, and their documents no proof: nothing of theirs changes."""
    op.create_table(
        "office_settings",
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_office_settings"),
    )
    # In SQL that both databases take: to Alembic a column with a constraint means a table made anew, without triggers.
    for table in ("reports", "issued"):
        op.execute(
            f"ALTER TABLE {table} ADD COLUMN office_seq INTEGER"
            f" CONSTRAINT fk_{table}_office_seq REFERENCES office_settings (seq)"
        )
    op.add_column("issued", sa.Column("code", sa.String(32), nullable=True))
    op.execute(
        "ALTER TABLE issued ADD COLUMN address TEXT"
        " CONSTRAINT ck_issued_a_code_has_an_address CHECK ((code IS NULL) = (address IS NULL))"
    )
    op.create_index("ix_issued_code", "issued", ["code"], unique=True)
    op.add_column("documents", sa.Column("proof", sa.Text(), nullable=True))
    op.create_table(
        "signed_copies",
        sa.Column("report_id", sa.String(64), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("filename", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("report_id", "sha256", name="pk_signed_copies"),
        sa.ForeignKeyConstraint(["report_id"], ["reports.id"], name="fk_signed_copies_report_id"),
        sa.ForeignKeyConstraint(["sha256"], ["blobs.sha256"], name="fk_signed_copies_sha256"),
    )
    # Of an issued report no other may take the code either.
    protect(op.get_bind(), ("office_settings", "signed_copies", "issued"))
