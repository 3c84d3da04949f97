"""The trail takes no row but the next one, and its head is that row: also where one would replace another."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_REFUSAL = "the audit trail is only added to"
_NOT_NEXT = "NEW.seq <> (SELECT seq + 1 FROM audit_head) OR NEW.previous <> (SELECT hash FROM audit_head)"
_TAKEN = "EXISTS (SELECT 1 FROM audit WHERE seq = NEW.seq OR hash = NEW.hash)"
_ANOTHER = "EXISTS (SELECT 1 FROM audit_head)"
_NOT_THE_LAST = "NOT EXISTS (SELECT 1 FROM audit WHERE seq = NEW.seq AND hash = NEW.hash)"
# In SQLite a row that replaces another deletes it without any trigger for deletions.
_SQLITE = (
    f"CREATE TRIGGER audit_insert BEFORE INSERT ON audit WHEN {_NOT_NEXT} OR {_TAKEN} "
    f"BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END",
    f"CREATE TRIGGER audit_head_insert BEFORE INSERT ON audit_head WHEN {_ANOTHER} "
    f"BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END",
    f"CREATE TRIGGER audit_head_last BEFORE UPDATE ON audit_head WHEN {_NOT_THE_LAST} "
    f"BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END",
)
_POSTGRESQL = (
    "CREATE FUNCTION audit_next() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    f"IF {_NOT_NEXT} THEN RAISE EXCEPTION '{_REFUSAL}'; END IF; RETURN NEW; END $$",
    "CREATE TRIGGER audit_insert BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION audit_next()",
    "CREATE FUNCTION audit_last() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    f"IF {_NOT_THE_LAST} THEN RAISE EXCEPTION '{_REFUSAL}'; END IF; RETURN NEW; END $$",
    "CREATE TRIGGER audit_head_last BEFORE UPDATE ON audit_head FOR EACH ROW EXECUTE FUNCTION audit_last()",
)


def upgrade() -> None:
    statements = _SQLITE if op.get_bind().dialect.name == "sqlite" else _POSTGRESQL
    for statement in statements:
        op.execute(sa.text(statement))
