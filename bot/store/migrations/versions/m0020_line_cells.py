"""Kept lists hold the cells of their lines; those that were kept before are forgotten."""

from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    op.execute("DELETE FROM batch_drafts")
