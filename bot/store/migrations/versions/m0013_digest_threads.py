"""The thread of a digest's post: where it is, whether its message may be there, and which rows it lists."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.add_column("digest_runs", sa.Column("head_ts", sa.String(32), nullable=True))
    op.add_column("digest_runs", sa.Column("reply_posting_at", sa.BigInteger(), nullable=True))
    op.add_column("digest_runs", sa.Column("query", sa.Text(), nullable=True))
