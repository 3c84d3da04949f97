"""Who paused or removed a digest, so that its owner can be told."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("digests", sa.Column("stopped_by", sa.String(length=32), nullable=False, server_default=""))
