"""Messages of their own about bulk changes: the outcome for the requester."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    op.create_table(
        "batch_notices",
        sa.Column("batch_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("due", sa.BigInteger(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.Column("done", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name=op.f("fk_batch_notices_batch_id")),
        sa.PrimaryKeyConstraint("batch_id", "kind", name=op.f("pk_batch_notices")),
    )
    not_done = sa.text("NOT done")
    op.create_index(
        "ix_batch_notices_due",
        "batch_notices",
        ["due"],
        unique=False,
        sqlite_where=not_done,
        postgresql_where=not_done,
    )
