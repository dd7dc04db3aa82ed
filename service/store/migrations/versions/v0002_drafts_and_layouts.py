"""Drafts beside the reports, counted apart; and the memory of how an office's form is read."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Every report so far is final, and keeps its edition."""
    with op.batch_alter_table("reports") as reports:
        reports.add_column(sa.Column("is_draft", sa.Boolean(), nullable=False, server_default=sa.false()))
        reports.drop_constraint("uq_reports_year_quarter_version_edition", type_="unique")
        reports.create_unique_constraint(
            "uq_reports_year_quarter_version_is_draft_edition", ["year", "quarter", "version", "is_draft", "edition"]
        )
    op.create_table(
        "layouts",
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("mapping", sa.JSON(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("fingerprint", name="pk_layouts"),
    )
