"""A bulk change that waits can be withdrawn."""

from alembic import op
from sqlalchemy import text

revision = "0019"
down_revision = "0018"

_STATES = "state IN ('waiting', 'running', 'stopping', 'stopped', 'done', 'denied', 'withdrawn', 'expired')"
_TABLES = ("batches", "batch_lines", "batch_decisions", "batch_cards", "batch_notices")
"""The others refer to the first."""


def upgrade() -> None:
    if op.get_context().dialect.name == "sqlite":
        _make_again()
    else:
        op.drop_constraint(op.f("ck_batches_state"), "batches", type_="check")
        op.create_check_constraint(op.f("ck_batches_state"), "batches", _STATES)


def _make_again() -> None:
    """SQLite cannot alter a constraint, nor drop a table while rows refer to it."""
    for table in _TABLES:
        op.execute(f"CREATE TEMPORARY TABLE kept_{table} AS SELECT * FROM {table}")  # noqa: S608
    for table in reversed(_TABLES):
        op.execute(f"DELETE FROM {table}")  # noqa: S608
    made_by = text(
        "SELECT sql FROM sqlite_master WHERE tbl_name = 'batches' AND sql IS NOT NULL ORDER BY type DESC"
    )
    table, *indexes = op.get_bind().execute(made_by).scalars().all()
    op.execute("DROP TABLE batches")
    op.execute(table.replace("'denied', 'expired'", "'denied', 'withdrawn', 'expired'"))
    for index in indexes:
        op.execute(index)
    for name in _TABLES:
        op.execute(f"INSERT INTO {name} SELECT * FROM kept_{name}")  # noqa: S608
        op.execute(f"DROP TABLE kept_{name}")
