"""Alerts: who subscribed to what, what Autumn reported, and to whom each report is told."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

_CLAIMED = sa.text("state = 'claimed'")


def upgrade() -> None:
    op.create_table(
        "alert_subscriptions",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("submission_id", sa.String(length=64), nullable=False),
        sa.Column("env", sa.String(length=16), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("team", sa.String(length=32), nullable=False),
        sa.Column("owner", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("pause", sa.String(length=16), nullable=True),
        sa.Column("private", sa.Boolean(), nullable=False),
        sa.Column("sources", sa.JSON(), nullable=False),
        sa.Column("plans", sa.JSON(), nullable=False),
        sa.Column("features", sa.JSON(), nullable=False),
        sa.Column("active_since", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("stopped_by", sa.String(length=32), nullable=False),
        sa.Column("tell_owner_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "state IN ('active', 'paused', 'removed')", name=op.f("ck_alert_subscriptions_state")
        ),
        sa.CheckConstraint(
            "(state = 'paused') = (pause IS NOT NULL)", name=op.f("ck_alert_subscriptions_pause")
        ),
        sa.CheckConstraint("version >= 1", name=op.f("ck_alert_subscriptions_counts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_subscriptions")),
        sa.UniqueConstraint("submission_id", name=op.f("uq_alert_subscriptions_submission_id")),
    )
    op.create_index("ix_alert_subscriptions_channel", "alert_subscriptions", ["channel"], unique=False)
    op.create_table(
        "alert_events",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("env", sa.String(length=16), nullable=False),
        sa.Column("source", sa.String(length=24), nullable=False),
        sa.Column("polled", sa.Boolean(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("entity_id", sa.Text(), nullable=False),
        sa.Column("feature", sa.Text(), nullable=False),
        sa.Column("plans", sa.JSON(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("noted_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_events")),
    )
    op.create_index(op.f("ix_alert_events_noted_at"), "alert_events", ["noted_at"], unique=False)
    op.create_table(
        "alert_deliveries",
        sa.Column("id", sa.String(length=100), nullable=False),
        sa.Column("event_id", sa.String(length=64), nullable=False),
        sa.Column("subscription_id", sa.String(length=32), nullable=False),
        sa.Column("env", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("skip", sa.String(length=16), nullable=True),
        sa.Column("lease_by", sa.String(length=32), nullable=True),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.Column("not_before", sa.BigInteger(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("posting_at", sa.BigInteger(), nullable=True),
        sa.Column("posted_in", sa.String(length=32), nullable=False),
        sa.Column("ts", sa.String(length=32), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "state IN ('claimed', 'posted', 'skipped')", name=op.f("ck_alert_deliveries_state")
        ),
        sa.CheckConstraint("(state = 'posted') = (ts IS NOT NULL)", name=op.f("ck_alert_deliveries_posted")),
        sa.CheckConstraint("(state = 'skipped') = (skip IS NOT NULL)", name=op.f("ck_alert_deliveries_skip")),
        sa.CheckConstraint(
            "(lease_by IS NULL) = (lease_until IS NULL)", name=op.f("ck_alert_deliveries_lease_whole")
        ),
        sa.CheckConstraint("lease_by IS NULL OR state = 'claimed'", name=op.f("ck_alert_deliveries_lease")),
        sa.ForeignKeyConstraint(
            ["event_id"], ["alert_events.id"], name=op.f("fk_alert_deliveries_event_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["alert_subscriptions.id"],
            name=op.f("fk_alert_deliveries_subscription_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_deliveries")),
        sa.UniqueConstraint(
            "event_id", "subscription_id", name=op.f("uq_alert_deliveries_event_id_subscription_id")
        ),
    )
    op.create_index(
        "ix_alert_deliveries_claimed",
        "alert_deliveries",
        ["not_before"],
        unique=False,
        sqlite_where=_CLAIMED,
        postgresql_where=_CLAIMED,
    )
    op.create_index("ix_alert_deliveries_subscription", "alert_deliveries", ["subscription_id"], unique=False)
    op.create_table(
        "alert_polls",
        sa.Column("env", sa.String(length=16), nullable=False),
        sa.Column("polled_at", sa.BigInteger(), nullable=True),
        sa.Column("next_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("env", name=op.f("pk_alert_polls")),
    )
