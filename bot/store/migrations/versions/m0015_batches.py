"""Several changes at once: batches, their lines, who decided on them, and where they are shown."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.create_table(
        "batch_drafts",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("env", sa.String(length=16), nullable=False),
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("lines", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch_drafts")),
    )
    op.create_index(op.f("ix_batch_drafts_created_at"), "batch_drafts", ["created_at"], unique=False)
    op.create_table(
        "batches",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("submission_id", sa.String(length=64), nullable=False),
        sa.Column("env", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("asker", sa.String(length=32), nullable=False),
        sa.Column("asker_team", sa.String(length=32), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("needed", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("decided_by", sa.String(length=32), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("stopped_by", sa.String(length=32), nullable=False),
        sa.Column("undo_of", sa.String(length=32), nullable=True),
        sa.Column("lease_by", sa.String(length=32), nullable=True),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "lease_by IS NULL OR state IN ('running', 'stopping')", name=op.f("ck_batches_lease")
        ),
        sa.CheckConstraint(
            "state IN ('waiting', 'running', 'stopping', 'stopped', 'done', 'denied', 'expired')",
            name=op.f("ck_batches_state"),
        ),
        sa.CheckConstraint("(lease_by IS NULL) = (lease_until IS NULL)", name=op.f("ck_batches_lease_whole")),
        sa.CheckConstraint("revision >= 1 AND needed >= 0", name=op.f("ck_batches_counts")),
        sa.ForeignKeyConstraint(["undo_of"], ["batches.id"], name=op.f("fk_batches_undo_of")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batches")),
        sa.UniqueConstraint("submission_id", name=op.f("uq_batches_submission_id")),
    )
    op.create_index(
        "ix_batches_under_way",
        "batches",
        ["env", "state"],
        unique=False,
        sqlite_where=sa.text("state IN ('waiting', 'running', 'stopping')"),
        postgresql_where=sa.text("state IN ('waiting', 'running', 'stopping')"),
    )
    op.create_index(
        "uq_batches_undo_of",
        "batches",
        ["undo_of"],
        unique=True,
        sqlite_where=sa.text("state IN ('waiting', 'running', 'stopping', 'stopped', 'done')"),
        postgresql_where=sa.text("state IN ('waiting', 'running', 'stopping', 'stopped', 'done')"),
    )
    op.create_table(
        "batch_cards",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("ts", sa.String(length=32), nullable=True),
        sa.Column("shown_revision", sa.Integer(), nullable=False),
        sa.Column("due", sa.BigInteger(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("posting_until", sa.BigInteger(), nullable=True),
        sa.Column("gone", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name=op.f("fk_batch_cards_batch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch_cards")),
    )
    op.create_index(op.f("ix_batch_cards_batch_id"), "batch_cards", ["batch_id"], unique=False)
    op.create_table(
        "batch_decisions",
        sa.Column("batch_id", sa.String(length=32), nullable=False),
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("team", sa.String(length=32), nullable=False),
        sa.Column("verdict", sa.String(length=8), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("counts", sa.Boolean(), nullable=False),
        sa.CheckConstraint("verdict IN ('approve', 'deny')", name=op.f("ck_batch_decisions_verdict")),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name=op.f("fk_batch_decisions_batch_id")),
        sa.PrimaryKeyConstraint("batch_id", "person", name=op.f("pk_batch_decisions")),
    )
    op.create_table(
        "batch_lines",
        sa.Column("batch_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("input", sa.JSON(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("customer", sa.Text(), nullable=False),
        sa.Column("typed", sa.Text(), nullable=False),
        sa.Column("feature", sa.Text(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("lines", sa.JSON(), nullable=False),
        sa.Column("warnings", sa.JSON(), nullable=False),
        sa.Column("amount", sa.Text(), nullable=True),
        sa.Column("worth", sa.Text(), nullable=True),
        sa.Column("currency", sa.String(length=8), nullable=True),
        sa.Column("products", sa.JSON(), nullable=True),
        sa.Column("rewards", sa.JSON(), nullable=True),
        sa.Column("undo_of", sa.String(length=32), nullable=True),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("change_id", sa.String(length=32), nullable=True),
        sa.Column("why", sa.String(length=32), nullable=False),
        sa.CheckConstraint(
            "state <> 'applied' OR change_id IS NOT NULL", name=op.f("ck_batch_lines_applied")
        ),
        sa.CheckConstraint(
            "state IN ('queued', 'running', 'applied', 'refused', 'unconfirmed', 'skipped')",
            name=op.f("ck_batch_lines_state"),
        ),
        sa.CheckConstraint("attempt >= 0", name=op.f("ck_batch_lines_attempt")),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name=op.f("fk_batch_lines_batch_id")),
        sa.ForeignKeyConstraint(["change_id"], ["changes.id"], name=op.f("fk_batch_lines_change_id")),
        sa.ForeignKeyConstraint(["undo_of"], ["changes.id"], name=op.f("fk_batch_lines_undo_of")),
        sa.PrimaryKeyConstraint("batch_id", "number", name=op.f("pk_batch_lines")),
    )
    op.add_column("changes", sa.Column("batch", sa.String(length=32), server_default="", nullable=False))
