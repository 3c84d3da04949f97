"""When the owner of a paused digest is to be told."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("digests", sa.Column("tell_owner_at", sa.BigInteger(), nullable=True))
