"""A batch can be undone again once its undo has ended, for what is not undone yet."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    is_open = sa.text("state IN ('waiting', 'running', 'stopping', 'stopped')")
    op.drop_index("uq_batches_undo_of", table_name="batches")
    op.create_index(
        "uq_batches_undo_of",
        "batches",
        ["undo_of"],
        unique=True,
        sqlite_where=is_open,
        postgresql_where=is_open,
    )
