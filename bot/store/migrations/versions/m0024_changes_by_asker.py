"""What a person moved today is found without reading everybody's changes."""

from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    op.create_index("ix_changes_asker", "changes", ["asker", "created_at"])
