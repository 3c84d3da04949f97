"""Whether a form has become a request or a line of a gathered list."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    op.create_table(
        "form_uses",
        sa.Column("form", sa.String(length=64), nullable=False),
        sa.Column("use", sa.String(length=8), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("use IN ('request', 'line')", name=op.f("ck_form_uses_use")),
        sa.PrimaryKeyConstraint("form", name=op.f("pk_form_uses")),
    )
