"""Rewards that a change takes away besides those it gives, and approvals that no longer count."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    # Of earlier changes it is not known what they took away, so it stays unknown: that counts against them.
    op.add_column("changes", sa.Column("rewards", sa.JSON(none_as_null=True), nullable=True))
    op.drop_column("changes", "reward_id")
    op.add_column("decisions", sa.Column("counts", sa.Boolean(), nullable=False, server_default=sa.true()))
