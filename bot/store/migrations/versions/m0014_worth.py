"""What a change is worth, for the policy's limits in money."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    # Of earlier changes it is not known, so they do not count.
    op.add_column("changes", sa.Column("worth", sa.Text(), nullable=True))
    op.add_column("changes", sa.Column("currency", sa.String(length=8), nullable=True))
