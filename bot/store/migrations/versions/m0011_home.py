"""Whose Home tabs are open, and which customers people looked at last."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.create_table(
        "home_tabs",
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("team", sa.String(length=32), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("person", name=op.f("pk_home_tabs")),
    )
    op.create_index("ix_home_tabs_opened_at", "home_tabs", ["opened_at"], unique=False)
    op.create_table(
        "recent_customers",
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("env", sa.String(length=16), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("person", "env", "customer_id", name=op.f("pk_recent_customers")),
    )
