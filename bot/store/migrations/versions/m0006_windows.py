"""Which time each post of a digest is about, so that the next one begins where it ended."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("digests", sa.Column("active_since", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("digest_runs", sa.Column("covers_until", sa.BigInteger(), nullable=True))
    op.add_column("digest_scans", sa.Column("since", sa.BigInteger(), nullable=True))
