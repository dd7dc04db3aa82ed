"""Each report, its edition, settings, layouts and keys are one planning office's; so far all are the first one's."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

# It holds for as long as there are tables to keep from changing.
from service.store.guards import protect

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)

# What has the office in a key is made anew, for SQLite changes no key of a table that is there.
_MADE_ANEW: Final = ("issued", "idempotency_keys", "layouts")


def upgrade() -> None:
    """No row of before changes but for its office, and none is lost."""
    connection = op.get_bind()
    if connection.dialect.name == "sqlite":
        # They may name columns that are only about to come, and SQLite reads all triggers when a table gets its name.
        for table in _MADE_ANEW:
            for event in ("update", "delete", "replace"):
                op.execute(f"DROP TRIGGER IF EXISTS {table}_no_{event}")
    for table in ("reports", "office_settings"):
        # In SQL that both databases take: to Alembic a column with a constraint means a table made anew.
        op.execute(
            f"ALTER TABLE {table} ADD COLUMN office_id VARCHAR(64) DEFAULT 'principal' NOT NULL"
            f" CONSTRAINT fk_{table}_office_id REFERENCES planning_offices (id)"
        )
    op.drop_index("ix_reports_created_at_id", table_name="reports")
    op.drop_index("ix_reports_year_quarter_version", table_name="reports")
    op.create_index("ix_reports_office_id_created_at_id", "reports", ["office_id", "created_at", "id"])
    op.create_index("ix_reports_office_id_year_quarter_version", "reports", ["office_id", "year", "quarter", "version"])
    op.create_index("ix_office_settings_office_id_seq", "office_settings", ["office_id", "seq"])
    _make_anew(_issued())
    op.create_index("ix_issued_code", "issued", ["code"], unique=True)
    _make_anew(_idempotency_keys())
    _make_anew(_layouts())
    protect(connection, ("issued", "idempotency_keys"))


def _make_anew(table: sa.Table) -> None:
    """Make a table of today's shape out of the one of that name, whose rows are all the first office's."""
    name = table.name
    kept = ", ".join(f'"{column.name}"' for column in table.columns if column.name != "office_id")
    op.execute(f"CREATE TABLE {name}_before AS SELECT * FROM {name}")  # noqa: S608 - our own words
    op.drop_table(name)
    table.create(op.get_bind())
    op.execute(f"INSERT INTO {name} (office_id, {kept}) SELECT 'principal', {kept} FROM {name}_before")  # noqa: S608 - as above
    op.drop_table(f"{name}_before")


def _issued() -> sa.Table:
    return sa.Table(
        "issued",
        _metadata(),
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
        sa.Column("office_seq", sa.Integer(), nullable=True),
        sa.Column("code", sa.String(32), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("office_id", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("report_id", name="pk_issued"),
        sa.ForeignKeyConstraint(["report_id"], ["reports.id"], name="fk_issued_report_id"),
        sa.ForeignKeyConstraint(["previous_id"], ["reports.id"], name="fk_issued_previous_id"),
        sa.ForeignKeyConstraint(["office_seq"], ["office_settings.seq"], name="fk_issued_office_seq"),
        sa.ForeignKeyConstraint(["office_id"], ["planning_offices.id"], name="fk_issued_office_id"),
        sa.UniqueConstraint(
            "office_id",
            "year",
            "quarter",
            "version",
            "edition",
            name="uq_issued_office_id_year_quarter_version_edition",
        ),
        sa.CheckConstraint("(code IS NULL) = (address IS NULL)", name="ck_issued_a_code_has_an_address"),
        sa.CheckConstraint("edition >= 1", name="ck_issued_edition_counts_from_one"),
    )


def _idempotency_keys() -> sa.Table:
    return sa.Table(
        "idempotency_keys",
        _metadata(),
        sa.Column("office_id", sa.String(64), nullable=False),
        sa.Column("key", sa.String(255), nullable=False),
        sa.Column("request_sha256", sa.String(64), nullable=False),
        sa.Column("report_id", sa.String(64), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("office_id", "key", name="pk_idempotency_keys"),
        sa.ForeignKeyConstraint(["office_id"], ["planning_offices.id"], name="fk_idempotency_keys_office_id"),
        sa.ForeignKeyConstraint(
            ["report_id"],
            ["reports.id"],
            name="fk_idempotency_keys_report_id",
            deferrable=True,
            initially="DEFERRED",
        ),
    )


def _layouts() -> sa.Table:
    return sa.Table(
        "layouts",
        _metadata(),
        sa.Column("office_id", sa.String(64), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("mapping", sa.JSON(), nullable=False),
        sa.Column("updated_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("office_id", "fingerprint", name="pk_layouts"),
        sa.ForeignKeyConstraint(["office_id"], ["planning_offices.id"], name="fk_layouts_office_id"),
    )


def _metadata() -> sa.MetaData:
    """The tables that the keys refer to, as far as they do; nothing makes them."""
    metadata = sa.MetaData()
    for name, key in (("reports", "id"), ("planning_offices", "id"), ("office_settings", "seq")):
        sa.Table(name, metadata, sa.Column(key))
    return metadata
