"""Customers' email addresses in the rows of digests, for their CSV files."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column("digest_items", sa.Column("email", sa.Text(), nullable=False, server_default=""))
