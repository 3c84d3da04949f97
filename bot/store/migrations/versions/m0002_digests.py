"""Digests, the days they were due on, what was read for them, and turns at Autumn that replicas share."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "digest_scans",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("env", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("horizon", sa.BigInteger(), nullable=False),
        sa.Column("previews", sa.Boolean(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.Column("lease_by", sa.String(length=32), nullable=True),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.Column("customers", sa.Integer(), nullable=False),
        sa.Column("previewed", sa.Integer(), nullable=False),
        sa.Column("to_preview", sa.Integer(), nullable=False),
        sa.Column("missing", sa.JSON(), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "(state = 'running') = (lease_by IS NOT NULL)", name=op.f("ck_digest_scans_lease")
        ),
        sa.CheckConstraint("state IN ('running', 'done', 'failed')", name=op.f("ck_digest_scans_state")),
        sa.CheckConstraint(
            "(lease_by IS NULL) = (lease_until IS NULL)", name=op.f("ck_digest_scans_lease_whole")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_digest_scans")),
    )
    op.create_index("ix_digest_scans_started", "digest_scans", ["env", "started_at"], unique=False)
    op.create_index(
        "uq_digest_scans_running",
        "digest_scans",
        ["env"],
        unique=True,
        sqlite_where=sa.text("state = 'running'"),
        postgresql_where=sa.text("state = 'running'"),
    )
    op.create_table(
        "digests",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("submission_id", sa.String(length=64), nullable=False),
        sa.Column("env", sa.String(length=16), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("team", sa.String(length=32), nullable=False),
        sa.Column("owner", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("pause", sa.String(length=16), nullable=True),
        sa.Column("private", sa.Boolean(), nullable=False),
        sa.Column("weekdays", sa.Integer(), nullable=False),
        sa.Column("at", sa.String(length=5), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("sections", sa.JSON(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("plans", sa.JSON(), nullable=False),
        sa.Column("minimum", sa.Text(), nullable=False),
        sa.Column("skip_empty", sa.Boolean(), nullable=False),
        sa.Column("next_due", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("(state = 'paused') = (pause IS NOT NULL)", name=op.f("ck_digests_pause")),
        sa.CheckConstraint("state IN ('active', 'paused', 'removed')", name=op.f("ck_digests_state")),
        sa.CheckConstraint(
            "weekdays BETWEEN 1 AND 127 AND days BETWEEN 1 AND 31 AND version >= 1",
            name=op.f("ck_digests_counts"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_digests")),
        sa.UniqueConstraint("submission_id", name=op.f("uq_digests_submission_id")),
    )
    op.create_index("ix_digests_channel", "digests", ["channel"], unique=False)
    op.create_index(
        "ix_digests_due",
        "digests",
        ["env", "next_due"],
        unique=False,
        sqlite_where=sa.text("state = 'active'"),
        postgresql_where=sa.text("state = 'active'"),
    )
    op.create_table(
        "turns",
        sa.Column("name", sa.String(length=160), nullable=False),
        sa.Column("free_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_turns")),
    )
    op.create_table(
        "digest_items",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("scan_id", sa.String(length=32), nullable=False),
        sa.Column("section", sa.String(length=16), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=True),
        sa.Column("customer", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(length=8), nullable=False),
        sa.Column("plans", sa.Text(), nullable=False),
        sa.Column("feature", sa.Text(), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["scan_id"], ["digest_scans.id"], name=op.f("fk_digest_items_scan_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_digest_items")),
    )
    op.create_index(
        "ix_digest_items_amount", "digest_items", ["scan_id", "section", "currency", "amount"], unique=False
    )
    op.create_index("ix_digest_items_at", "digest_items", ["scan_id", "section", "at"], unique=False)
    op.create_index("ix_digest_items_customer", "digest_items", ["scan_id", "customer_id"], unique=False)
    op.create_table(
        "digest_runs",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("digest_id", sa.String(length=32), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=True),
        sa.Column("due", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("skip", sa.String(length=16), nullable=True),
        sa.Column("asked_by", sa.String(length=32), nullable=False),
        sa.Column("lease_by", sa.String(length=32), nullable=True),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.Column("not_before", sa.BigInteger(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("posting_at", sa.BigInteger(), nullable=True),
        sa.Column("scan_id", sa.String(length=32), nullable=True),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("ts", sa.String(length=32), nullable=True),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("(state = 'posted') = (ts IS NOT NULL)", name=op.f("ck_digest_runs_posted")),
        sa.CheckConstraint("(state = 'skipped') = (skip IS NOT NULL)", name=op.f("ck_digest_runs_skip")),
        sa.CheckConstraint("lease_by IS NULL OR state = 'claimed'", name=op.f("ck_digest_runs_lease")),
        sa.CheckConstraint("state IN ('claimed', 'posted', 'skipped')", name=op.f("ck_digest_runs_state")),
        sa.CheckConstraint(
            "(lease_by IS NULL) = (lease_until IS NULL)", name=op.f("ck_digest_runs_lease_whole")
        ),
        sa.ForeignKeyConstraint(["digest_id"], ["digests.id"], name=op.f("fk_digest_runs_digest_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_digest_runs")),
        sa.UniqueConstraint("digest_id", "day", name=op.f("uq_digest_runs_digest_id_day")),
    )
    op.create_index(
        "ix_digest_runs_claimed",
        "digest_runs",
        ["not_before"],
        unique=False,
        sqlite_where=sa.text("state = 'claimed'"),
        postgresql_where=sa.text("state = 'claimed'"),
    )
    op.create_index("ix_digest_runs_posted", "digest_runs", ["digest_id", "due"], unique=False)
