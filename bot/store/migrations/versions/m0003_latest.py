"""Which click on a card or a form was the last, for clicks that come to several replicas."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "latest",
        sa.Column("card", sa.String(length=64), nullable=False),
        sa.Column("clicked", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("card", name=op.f("pk_latest")),
    )
    op.create_index("ix_latest_clicked", "latest", ["clicked"], unique=False)
