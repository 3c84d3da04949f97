"""Digests have a name, mention someone, and can be posted only when something is new."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.add_column("digests", sa.Column("only_new", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("digests", sa.Column("name", sa.String(64), nullable=False, server_default=""))
    op.add_column("digests", sa.Column("mentions", sa.JSON(), nullable=False, server_default="[]"))
