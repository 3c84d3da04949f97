"""The tables. The guarantees lie here, in keys and constraints; the code only observes them."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from bot.store.types import Figure, Instant

STATES = (
    "waiting",
    "approved",
    "applying",
    "applied",
    "failed",
    "unconfirmed",
    "denied",
    "withdrawn",
    "expired",
    "overtaken",
)
_HOLDS_UNDO = text("state IN ('waiting', 'approved', 'applying', 'unconfirmed', 'applied')")
_APPLYING = text("state = 'applying'")
_IN_HAND = text("state IN ('waiting', 'approved', 'applying')")
_ACTIVE = text("state = 'active'")
_CLAIMED = text("state = 'claimed'")
_RUNNING = text("state = 'running'")

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

changes = Table(
    "changes",
    metadata,
    Column("id", String(32), primary_key=True),
    # Made when the form was opened: a form submitted twice is one change.
    Column("submission_id", String(64), nullable=False, unique=True),
    Column("state", String(16), nullable=False),
    Column("version", Integer, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("input", JSON, nullable=False),
    Column("customer_id", Text, nullable=False),
    Column("env", String(16), nullable=False),
    Column("amount", Figure),
    Column("products", JSON(none_as_null=True)),
    Column("rewards", JSON(none_as_null=True)),
    Column("asker", String(32), nullable=False),
    Column("asker_team", String(32), nullable=False),
    Column("channel", String(32), nullable=False),
    Column("reason", Text, nullable=False),
    Column("ticket", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("needed", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("before", JSON, nullable=False),
    Column("after", JSON(none_as_null=True)),
    Column("lines", JSON, nullable=False),
    Column("warnings", JSON, nullable=False),
    Column("refusals", JSON, nullable=False),
    Column("ending", String(32)),
    Column("details", JSON, nullable=False),
    Column("decided_by", String(32), nullable=False),
    Column("decided_at", Instant),
    Column("said", Text, nullable=False),
    Column("undo_of", String(32), ForeignKey("changes.id")),
    Column("invertible", Boolean, nullable=False),
    # Who works on it and until when; past that, its process is taken to be dead.
    Column("lease_by", String(32)),
    Column("lease_until", Instant),
    # Writes begun: counted up, and committed, before each is sent.
    Column("writes", Integer, nullable=False),
    CheckConstraint(f"state IN {STATES}", name="state"),
    CheckConstraint("version >= 1 AND revision >= 1 AND needed >= 0 AND writes >= 0", name="counts"),
    # Nothing is written but under a lease, and no lease outlives the work.
    CheckConstraint("(state IN ('approved', 'applying')) = (lease_by IS NOT NULL)", name="lease"),
    CheckConstraint("(lease_by IS NULL) = (lease_until IS NULL)", name="lease_whole"),
    CheckConstraint("writes = 0 OR state IN ('applying', 'applied', 'failed', 'unconfirmed')", name="writes"),
    Index("ix_changes_customer", "customer_id", "created_at"),
    Index("ix_changes_in_hand", "state", sqlite_where=_IN_HAND, postgresql_where=_IN_HAND),
    # One change of a customer at a time: the facts its writes are made from must not move under it.
    Index(
        "uq_changes_applying",
        "env",
        "customer_id",
        unique=True,
        sqlite_where=_APPLYING,
        postgresql_where=_APPLYING,
    ),
    # A change takes one undo at a time, and none once it is undone.
    Index(
        "uq_changes_undo_of",
        "undo_of",
        unique=True,
        sqlite_where=_HOLDS_UNDO,
        postgresql_where=_HOLDS_UNDO,
    ),
)

decisions = Table(
    "decisions",
    metadata,
    # A person decides once on what is shown; previewed anew, anew.
    Column("change_id", String(32), ForeignKey("changes.id"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("person", String(32), primary_key=True),
    Column("team", String(32), nullable=False),
    Column("verdict", String(8), nullable=False),
    Column("rule", Text, nullable=False),
    Column("said", Text, nullable=False),
    Column("at", Instant, nullable=False),
    # An approval by somebody who lost the right to approve is kept, and not counted.
    Column("counts", Boolean, nullable=False),
    CheckConstraint("verdict IN ('approve', 'deny')", name="verdict"),
)

audit = Table(
    "audit",
    metadata,
    # Numbered by the head row, without gaps; a trigger refuses to alter or delete what is here.
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("change_id", String(32), nullable=False, index=True),
    Column("at", Text, nullable=False),
    Column("event", String(16), nullable=False),
    Column("actor", String(32), nullable=False),
    # Canonical JSON, kept as the text that was hashed.
    Column("body", Text, nullable=False),
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False, unique=True),
)

audit_head = Table(
    "audit_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("seq", Integer, nullable=False),
    Column("hash", String(64), nullable=False),
    CheckConstraint("id = 1", name="one"),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("key", String(128), primary_key=True),
    Column("at", Instant, nullable=False, index=True),
)

cards = Table(
    "cards",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("change_id", String(32), ForeignKey("changes.id"), nullable=False, index=True),
    Column("kind", String(16), nullable=False),
    Column("channel", String(32), nullable=False),
    # Slack's timestamp of the message; null until it is posted.
    Column("ts", String(32)),
    Column("shown_revision", Integer, nullable=False),
    # Not before this does the sweeper see to it: who made the step draws it first.
    Column("due", Instant, nullable=False),
    Column("tries", Integer, nullable=False),
    # Somebody is posting it: until then nobody else does, for Slack would take both.
    Column("posting_until", Instant),
    # Cannot be shown any more: the message or its channel is gone.
    Column("gone", Boolean, nullable=False),
    UniqueConstraint("channel", "ts"),
)

digests = Table(
    "digests",
    metadata,
    Column("id", String(32), primary_key=True),
    # Made when the form was opened: a form submitted twice is one digest.
    Column("submission_id", String(64), nullable=False, unique=True),
    Column("env", String(16), nullable=False),
    Column("channel", String(32), nullable=False),
    Column("team", String(32), nullable=False),
    Column("owner", String(32), nullable=False),
    Column("state", String(16), nullable=False),
    Column("pause", String(16)),
    Column("private", Boolean, nullable=False),
    # Monday is 1, Tuesday 2, Wednesday 4 and so on.
    Column("weekdays", Integer, nullable=False),
    Column("at", String(5), nullable=False),
    Column("zone", String(64), nullable=False),
    Column("sections", JSON, nullable=False),
    Column("days", Integer, nullable=False),
    Column("plans", JSON, nullable=False),
    Column("minimum", Figure, nullable=False),
    Column("skip_empty", Boolean, nullable=False),
    # When it was set up or last resumed: windows do not reach back past that.
    Column("active_since", Instant, nullable=False, server_default="0"),
    # The first due time that has no run yet.
    Column("next_due", Instant, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    # Who paused or removed it; empty when Maple did, and while it is active.
    Column("stopped_by", String(32), nullable=False, server_default=""),
    # When its owner is to be told of the pause or removal; null when they know.
    Column("tell_owner_at", Instant),
    CheckConstraint("state IN ('active', 'paused', 'removed')", name="state"),
    CheckConstraint("(state = 'paused') = (pause IS NOT NULL)", name="pause"),
    CheckConstraint("weekdays BETWEEN 1 AND 127 AND days BETWEEN 1 AND 31 AND version >= 1", name="counts"),
    Index("ix_digests_channel", "channel"),
    Index("ix_digests_due", "env", "next_due", sqlite_where=_ACTIVE, postgresql_where=_ACTIVE),
)

digest_runs = Table(
    "digest_runs",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("digest_id", String(32), ForeignKey("digests.id"), nullable=False),
    # YYYY-MM-DD in the digest's time zone; null for one sent by hand.
    Column("day", String(10)),
    Column("due", Instant, nullable=False),
    Column("state", String(16), nullable=False),
    Column("skip", String(16)),
    Column("asked_by", String(32), nullable=False),
    Column("lease_by", String(32)),
    Column("lease_until", Instant),
    # Not before this is it tried again.
    Column("not_before", Instant, nullable=False),
    Column("tries", Integer, nullable=False),
    # When a post was about to be sent: from then on one may be there, though none is known.
    Column("posting_at", Instant),
    Column("scan_id", String(32)),
    Column("channel", String(32), nullable=False),
    Column("ts", String(32)),
    Column("figures", JSON, nullable=False),
    # The end of the window that it is about: the next one begins there. Null until it is read.
    Column("covers_until", Instant),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    CheckConstraint("state IN ('claimed', 'posted', 'skipped')", name="state"),
    CheckConstraint("(state = 'posted') = (ts IS NOT NULL)", name="posted"),
    CheckConstraint("(state = 'skipped') = (skip IS NOT NULL)", name="skip"),
    CheckConstraint("(lease_by IS NULL) = (lease_until IS NULL)", name="lease_whole"),
    CheckConstraint("lease_by IS NULL OR state = 'claimed'", name="lease"),
    # A day is taken once, by whomever.
    UniqueConstraint("digest_id", "day"),
    Index("ix_digest_runs_claimed", "not_before", sqlite_where=_CLAIMED, postgresql_where=_CLAIMED),
    Index("ix_digest_runs_posted", "digest_id", "due"),
)

digest_scans = Table(
    "digest_scans",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("env", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    # What is due until then was read.
    Column("horizon", Instant, nullable=False),
    Column("previews", Boolean, nullable=False),
    Column("started_at", Instant, nullable=False),
    # What was due from then on was read; null for `started_at`.
    Column("since", Instant),
    Column("finished_at", Instant),
    Column("lease_by", String(32)),
    Column("lease_until", Instant),
    Column("customers", Integer, nullable=False),
    Column("previewed", Integer, nullable=False),
    Column("to_preview", Integer, nullable=False),
    # What could not be read, by name; empty when all was.
    Column("missing", JSON, nullable=False),
    Column("said", Text, nullable=False),
    CheckConstraint("state IN ('running', 'done', 'failed')", name="state"),
    CheckConstraint("(state = 'running') = (lease_by IS NOT NULL)", name="lease"),
    CheckConstraint("(lease_by IS NULL) = (lease_until IS NULL)", name="lease_whole"),
    # One at a time reads all of Autumn's customers, for everybody.
    Index("uq_digest_scans_running", "env", unique=True, sqlite_where=_RUNNING, postgresql_where=_RUNNING),
    Index("ix_digest_scans_started", "env", "started_at"),
)

digest_items = Table(
    "digest_items",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("scan_id", String(32), ForeignKey("digest_scans.id", ondelete="CASCADE"), nullable=False),
    Column("section", String(16), nullable=False),
    Column("customer_id", Text),
    Column("customer", Text, nullable=False),
    Column("email", Text, nullable=False, server_default=""),
    Column("at", Instant),
    # Millionths of the major unit, so that the database can add up and sort exactly.
    Column("amount", BigInteger),
    Column("currency", String(8), nullable=False),
    # Ids between bars: |pro|addon|
    Column("plans", Text, nullable=False),
    Column("feature", Text, nullable=False),
    Column("details", JSON, nullable=False),
    Index("ix_digest_items_at", "scan_id", "section", "at"),
    Index("ix_digest_items_amount", "scan_id", "section", "currency", "amount"),
    Index("ix_digest_items_customer", "scan_id", "customer_id"),
)

turns = Table(
    "turns",
    metadata,
    # Autumn's rate-limit group, of one key.
    Column("name", String(160), primary_key=True),
    # By the database's clock: when the next request may be sent if none had been waiting.
    Column("free_at", Instant, nullable=False),
)

latest = Table(
    "latest",
    metadata,
    # A hash of what tells a card or a form from others.
    Column("card", String(64), primary_key=True),
    # When the last click on it was, by Slack's clock.
    Column("clicked", Instant, nullable=False, index=True),
)
