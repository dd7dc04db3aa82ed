"""What an operator sees: how long jobs waited and took, which programs are well; and drafts that need not stay."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

# It holds for as long as there are tables to keep from changing.
from service.store.guards import TABLES, protect

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """No row changes."""
    op.add_column("jobs", sa.Column("claimed_at", _INSTANT))
    op.add_column("jobs", sa.Column("took", sa.Text()))
    op.create_index("ix_jobs_finished_at", "jobs", ["finished_at"])
    op.create_table(
        "programs",
        sa.Column("name", sa.String(16), nullable=False),
        sa.Column("host", sa.String(128), nullable=False),
        sa.Column("seen_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("name", "host", name="pk_programs"),
    )
    op.create_table(
        "swept_drafts",
        sa.Column("report_id", sa.String(64), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("report_id", name="pk_swept_drafts"),
    )
    protect(op.get_bind(), TABLES)
