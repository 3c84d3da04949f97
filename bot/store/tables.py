"""The tables. Their keys and constraints hold the guarantees that the code relies on."""

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
    false,
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
_HOLDS_BATCH_UNDO = text("state IN ('waiting', 'running', 'stopping', 'stopped')")
_UNDER_WAY = text("state IN ('waiting', 'running', 'stopping')")
_ACTIVE = text("state = 'active'")
_CLAIMED = text("state = 'claimed'")
_RUNNING = text("state = 'running'")
_OPEN = text("NOT done")

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
    # Given when the form is opened, so that a form submitted twice is one change.
    Column("submission_id", String(64), nullable=False, unique=True),
    Column("state", String(16), nullable=False),
    Column("version", Integer, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("input", JSON, nullable=False),
    Column("customer_id", Text, nullable=False),
    Column("env", String(16), nullable=False),
    Column("amount", Figure),
    Column("worth", Figure),
    Column("currency", String(8)),
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
    # The batch that it is a line of; may be empty.
    Column("batch", String(32), nullable=False, server_default=""),
    Column("invertible", Boolean, nullable=False),
    # Who is working on it and until when; after that its process is presumed dead.
    Column("lease_by", String(32)),
    Column("lease_until", Instant),
    # Writes begun: incremented and committed before each is sent.
    Column("writes", Integer, nullable=False),
    CheckConstraint(f"state IN {STATES}", name="state"),
    CheckConstraint("version >= 1 AND revision >= 1 AND needed >= 0 AND writes >= 0", name="counts"),
    # A lease exists exactly while a change is approved or being applied.
    CheckConstraint("(state IN ('approved', 'applying')) = (lease_by IS NOT NULL)", name="lease"),
    CheckConstraint("(lease_by IS NULL) = (lease_until IS NULL)", name="lease_whole"),
    CheckConstraint("writes = 0 OR state IN ('applying', 'applied', 'failed', 'unconfirmed')", name="writes"),
    # What someone changed today is counted with each request: among theirs and the customer's, not among all.
    Index("ix_changes_asker", "asker", "created_at"),
    Index("ix_changes_customer", "customer_id", "created_at"),
    Index("ix_changes_in_hand", "state", sqlite_where=_IN_HAND, postgresql_where=_IN_HAND),
    # One change of a customer at a time: another would alter the facts its writes are based on.
    Index(
        "uq_changes_applying",
        "env",
        "customer_id",
        unique=True,
        sqlite_where=_APPLYING,
        postgresql_where=_APPLYING,
    ),
    # A change has at most one undo that is open or applied.
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
    # One decision per person and version.
    Column("change_id", String(32), ForeignKey("changes.id"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("person", String(32), primary_key=True),
    Column("team", String(32), nullable=False),
    Column("verdict", String(8), nullable=False),
    Column("rule", Text, nullable=False),
    Column("said", Text, nullable=False),
    Column("at", Instant, nullable=False),
    # An approval by someone who has lost the right to approve is kept but does not count.
    Column("counts", Boolean, nullable=False),
    CheckConstraint("verdict IN ('approve', 'deny')", name="verdict"),
)

audit = Table(
    "audit",
    metadata,
    # Numbered by the head row without gaps; triggers refuse to alter or delete rows.
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("change_id", String(32), nullable=False, index=True),
    Column("at", Text, nullable=False),
    Column("event", String(16), nullable=False),
    Column("actor", String(32), nullable=False),
    # Canonical JSON: the text that was hashed.
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
    # The sweeper leaves it alone until then: the process that made the step redraws it first.
    Column("due", Instant, nullable=False),
    Column("tries", Integer, nullable=False),
    # While someone is posting it nobody else may, since Slack would accept both.
    Column("posting_until", Instant),
    # The message or its channel no longer exists.
    Column("gone", Boolean, nullable=False),
    UniqueConstraint("channel", "ts"),
)

notices = Table(
    "notices",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("change_id", String(32), ForeignKey("changes.id"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("kind", String(16), nullable=False),
    # When to post it, or to try again.
    Column("due", Instant, nullable=False),
    Column("tries", Integer, nullable=False),
    # When an attempt began: Slack may already have it, so it is looked for before it is sent again.
    Column("sent_at", Instant),
    Column("done", Boolean, nullable=False),
    UniqueConstraint("change_id", "version", "kind"),
    Index("ix_notices_due", "due", sqlite_where=_OPEN, postgresql_where=_OPEN),
)

filled_forms = Table(
    "filled_forms",
    metadata,
    # Of the submission, or of the change that was edited with it.
    Column("id", String(64), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("customer_id", Text, nullable=False),
    Column("feature", Text, nullable=False),
    Column("entity", Text, nullable=False),
    Column("entered", JSON, nullable=False),
    Column("at", Instant, nullable=False),
    Index("ix_filled_forms_at", "at"),
)

digests = Table(
    "digests",
    metadata,
    Column("id", String(32), primary_key=True),
    # Given when the form is opened, so that a form submitted twice is one digest.
    Column("submission_id", String(64), nullable=False, unique=True),
    Column("env", String(16), nullable=False),
    # A channel's id, or that of a person whose direct messages it goes to.
    Column("channel", String(32), nullable=False),
    Column("team", String(32), nullable=False),
    Column("owner", String(32), nullable=False),
    Column("state", String(16), nullable=False),
    Column("pause", String(16)),
    Column("private", Boolean, nullable=False),
    # A bit mask: Monday 1, Tuesday 2, Wednesday 4 and so on.
    Column("weekdays", Integer, nullable=False),
    Column("at", String(5), nullable=False),
    Column("zone", String(64), nullable=False),
    Column("sections", JSON, nullable=False),
    Column("days", Integer, nullable=False),
    Column("plans", JSON, nullable=False),
    Column("minimum", Figure, nullable=False),
    Column("skip_empty", Boolean, nullable=False),
    Column("only_new", Boolean, nullable=False, server_default=false()),
    Column("name", String(64), nullable=False, server_default=""),
    # A person and a user group who are mentioned, by their ids.
    Column("mentions", JSON, nullable=False, server_default="[]"),
    # When it was set up or last resumed; windows begin no earlier.
    Column("active_since", Instant, nullable=False, server_default="0"),
    # The first due time without a run.
    Column("next_due", Instant, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    # Who paused or removed it; empty if Maple did or it is active.
    Column("stopped_by", String(32), nullable=False, server_default=""),
    # When to tell its owner about the pause or removal; null once they were told.
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
    # YYYY-MM-DD in the digest's time zone; null for a run started by hand.
    Column("day", String(10)),
    Column("due", Instant, nullable=False),
    Column("state", String(16), nullable=False),
    Column("skip", String(16)),
    Column("asked_by", String(32), nullable=False),
    Column("lease_by", String(32)),
    Column("lease_until", Instant),
    # The earliest time of the next attempt.
    Column("not_before", Instant, nullable=False),
    Column("tries", Integer, nullable=False),
    # When a post was about to be sent; it may exist from then on, though its ts is unknown.
    Column("posting_at", Instant),
    Column("scan_id", String(32)),
    Column("channel", String(32), nullable=False),
    Column("ts", String(32)),
    Column("figures", JSON, nullable=False),
    # The end of the window it covers, where the next window begins; null until it was read.
    Column("covers_until", Instant),
    # The post in the channel, once it is known; `ts` is set once its thread is done too.
    Column("head_ts", String(32)),
    # When the message in the thread was about to be sent: from then on one may be there.
    Column("reply_posting_at", Instant),
    # Which rows that message lists, as JSON.
    Column("query", Text),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    CheckConstraint("state IN ('claimed', 'posted', 'skipped')", name="state"),
    CheckConstraint("(state = 'posted') = (ts IS NOT NULL)", name="posted"),
    CheckConstraint("(state = 'skipped') = (skip IS NOT NULL)", name="skip"),
    CheckConstraint("(lease_by IS NULL) = (lease_until IS NULL)", name="lease_whole"),
    CheckConstraint("lease_by IS NULL OR state = 'claimed'", name="lease"),
    # One run per day.
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
    # It covers what is due until then.
    Column("horizon", Instant, nullable=False),
    Column("previews", Boolean, nullable=False),
    Column("started_at", Instant, nullable=False),
    # It covers what was due from then on; null means `started_at`.
    Column("since", Instant),
    Column("finished_at", Instant),
    Column("lease_by", String(32)),
    Column("lease_until", Instant),
    Column("customers", Integer, nullable=False),
    Column("previewed", Integer, nullable=False),
    Column("to_preview", Integer, nullable=False),
    # The names of what could not be read.
    Column("missing", JSON, nullable=False),
    Column("said", Text, nullable=False),
    CheckConstraint("state IN ('running', 'done', 'failed')", name="state"),
    CheckConstraint("(state = 'running') = (lease_by IS NOT NULL)", name="lease"),
    CheckConstraint("(lease_by IS NULL) = (lease_until IS NULL)", name="lease_whole"),
    # One scan of all customers at a time, shared by all digests.
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
    # Millionths of the major unit, so that the database adds and sorts exactly.
    Column("amount", BigInteger),
    Column("currency", String(8), nullable=False),
    # Plan ids between bars: |pro|addon|
    Column("plans", Text, nullable=False),
    Column("feature", Text, nullable=False),
    Column("details", JSON, nullable=False),
    Index("ix_digest_items_at", "scan_id", "section", "at"),
    Index("ix_digest_items_amount", "scan_id", "section", "currency", "amount"),
    Index("ix_digest_items_customer", "scan_id", "customer_id"),
)

alert_subscriptions = Table(
    "alert_subscriptions",
    metadata,
    Column("id", String(32), primary_key=True),
    # Made when the form was opened: a form submitted twice is one subscription.
    Column("submission_id", String(64), nullable=False, unique=True),
    Column("env", String(16), nullable=False),
    # A channel's id, or the owner's own: then alerts go to them in a direct message.
    Column("channel", String(32), nullable=False),
    Column("team", String(32), nullable=False),
    Column("owner", String(32), nullable=False),
    Column("state", String(16), nullable=False),
    Column("pause", String(16)),
    Column("private", Boolean, nullable=False),
    Column("sources", JSON, nullable=False),
    Column("plans", JSON, nullable=False),
    Column("features", JSON, nullable=False),
    # When it was set up or last resumed: what happened before is not its business.
    Column("active_since", Instant, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    # Who paused or removed it; empty when Maple did, and while it is active.
    Column("stopped_by", String(32), nullable=False),
    # When to tell its owner about the pause or removal; null once they were told.
    Column("tell_owner_at", Instant),
    CheckConstraint("state IN ('active', 'paused', 'removed')", name="state"),
    CheckConstraint("(state = 'paused') = (pause IS NOT NULL)", name="pause"),
    CheckConstraint("version >= 1", name="counts"),
    Index("ix_alert_subscriptions_channel", "channel"),
)

alert_events = Table(
    "alert_events",
    metadata,
    # A hash of what makes it the same event: of Autumn's message, or of the period that is past due.
    Column("id", String(64), primary_key=True),
    Column("env", String(16), nullable=False),
    Column("source", String(24), nullable=False),
    Column("polled", Boolean, nullable=False),
    Column("customer_id", Text, nullable=False),
    Column("entity_id", Text, nullable=False),
    Column("feature", Text, nullable=False),
    Column("plans", JSON, nullable=False),
    Column("facts", JSON, nullable=False),
    Column("noted_at", Instant, nullable=False, index=True),
)

alert_deliveries = Table(
    "alert_deliveries",
    metadata,
    Column("id", String(100), primary_key=True),
    Column("event_id", String(64), ForeignKey("alert_events.id", ondelete="CASCADE"), nullable=False),
    Column("subscription_id", String(32), ForeignKey("alert_subscriptions.id"), nullable=False),
    Column("env", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("skip", String(16)),
    Column("lease_by", String(32)),
    Column("lease_until", Instant),
    # Not before this is it tried again.
    Column("not_before", Instant, nullable=False),
    Column("tries", Integer, nullable=False),
    # When a post was about to be sent: from then on one may be there, though none is known.
    Column("posting_at", Instant),
    # Where it was posted: of a person, the channel of their direct messages.
    Column("posted_in", String(32), nullable=False),
    Column("ts", String(32)),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    CheckConstraint("state IN ('claimed', 'posted', 'skipped')", name="state"),
    CheckConstraint("(state = 'posted') = (ts IS NOT NULL)", name="posted"),
    CheckConstraint("(state = 'skipped') = (skip IS NOT NULL)", name="skip"),
    CheckConstraint("(lease_by IS NULL) = (lease_until IS NULL)", name="lease_whole"),
    CheckConstraint("lease_by IS NULL OR state = 'claimed'", name="lease"),
    # An event is told once to each, by whomever.
    UniqueConstraint("event_id", "subscription_id"),
    Index("ix_alert_deliveries_claimed", "not_before", sqlite_where=_CLAIMED, postgresql_where=_CLAIMED),
    Index("ix_alert_deliveries_subscription", "subscription_id"),
)

alert_polls = Table(
    "alert_polls",
    metadata,
    Column("env", String(16), primary_key=True),
    # When the last one that was finished began; null before that.
    Column("polled_at", Instant),
    Column("next_at", Instant, nullable=False),
)

batches = Table(
    "batches",
    metadata,
    Column("id", String(32), primary_key=True),
    # Made when the form was opened: a form submitted twice is one batch.
    Column("submission_id", String(64), nullable=False, unique=True),
    Column("env", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("asker", String(32), nullable=False),
    Column("asker_team", String(32), nullable=False),
    Column("channel", String(32), nullable=False),
    Column("reason", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("needed", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("decided_by", String(32), nullable=False),
    Column("decided_at", Instant),
    Column("said", Text, nullable=False),
    Column("stopped_by", String(32), nullable=False),
    Column("undo_of", String(32), ForeignKey("batches.id")),
    # Who applies its lines, and until when; after that its process is presumed dead.
    Column("lease_by", String(32)),
    Column("lease_until", Instant),
    CheckConstraint(
        "state IN ('waiting', 'running', 'stopping', 'stopped', 'done', 'denied', 'withdrawn', 'expired')",
        name="state",
    ),
    CheckConstraint("revision >= 1 AND needed >= 0", name="counts"),
    CheckConstraint("lease_by IS NULL OR state IN ('running', 'stopping')", name="lease"),
    CheckConstraint("(lease_by IS NULL) = (lease_until IS NULL)", name="lease_whole"),
    Index("ix_batches_under_way", "env", "state", sqlite_where=_UNDER_WAY, postgresql_where=_UNDER_WAY),
    # A batch has at most one open undo.
    Index(
        "uq_batches_undo_of",
        "undo_of",
        unique=True,
        sqlite_where=_HOLDS_BATCH_UNDO,
        postgresql_where=_HOLDS_BATCH_UNDO,
    ),
)

batch_lines = Table(
    "batch_lines",
    metadata,
    Column("batch_id", String(32), ForeignKey("batches.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("state", String(16), nullable=False),
    Column("input", JSON, nullable=False),
    Column("customer_id", Text, nullable=False),
    Column("customer", Text, nullable=False),
    Column("typed", Text, nullable=False),
    Column("feature", Text, nullable=False),
    # What was approved.
    Column("before", JSON, nullable=False),
    Column("lines", JSON, nullable=False),
    Column("warnings", JSON, nullable=False),
    Column("amount", Figure),
    Column("worth", Figure),
    Column("currency", String(8)),
    Column("products", JSON(none_as_null=True)),
    Column("rewards", JSON(none_as_null=True)),
    Column("undo_of", String(32), ForeignKey("changes.id")),
    # Counts the changes requested for it: another only after the last one surely sent nothing.
    Column("attempt", Integer, nullable=False),
    Column("change_id", String(32), ForeignKey("changes.id")),
    Column("why", String(32), nullable=False),
    CheckConstraint(
        "state IN ('queued', 'running', 'applied', 'refused', 'unconfirmed', 'skipped')", name="state"
    ),
    CheckConstraint("state <> 'applied' OR change_id IS NOT NULL", name="applied"),
    CheckConstraint("attempt >= 0", name="attempt"),
)

batch_decisions = Table(
    "batch_decisions",
    metadata,
    Column("batch_id", String(32), ForeignKey("batches.id"), primary_key=True),
    Column("person", String(32), primary_key=True),
    Column("team", String(32), nullable=False),
    Column("verdict", String(8), nullable=False),
    Column("rule", Text, nullable=False),
    Column("at", Instant, nullable=False),
    # An approval by someone who has lost the right to approve is kept but does not count.
    Column("counts", Boolean, nullable=False),
    CheckConstraint("verdict IN ('approve', 'deny')", name="verdict"),
)

batch_cards = Table(
    "batch_cards",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("batch_id", String(32), ForeignKey("batches.id"), nullable=False, index=True),
    Column("kind", String(16), nullable=False),
    Column("channel", String(32), nullable=False),
    # Slack's timestamp of the message; null until it is posted.
    Column("ts", String(32)),
    Column("shown_revision", Integer, nullable=False),
    # Left alone until then: the process that made the step redraws it first.
    Column("due", Instant, nullable=False),
    Column("tries", Integer, nullable=False),
    # While someone is posting it nobody else may, since Slack would accept both.
    Column("posting_until", Instant),
    # The message or its channel no longer exists.
    Column("gone", Boolean, nullable=False),
)

batch_notices = Table(
    "batch_notices",
    metadata,
    # The outcome, for the requester, each time that the batch ends or is stopped.
    Column("batch_id", String(32), ForeignKey("batches.id"), primary_key=True),
    Column("kind", String(32), primary_key=True),
    # When to post it, or to try again.
    Column("due", Instant, nullable=False),
    Column("tries", Integer, nullable=False),
    # When an attempt began: Slack may already have it, so it is looked for before it is sent again.
    Column("sent_at", Instant),
    Column("done", Boolean, nullable=False),
    Index("ix_batch_notices_due", "due", sqlite_where=_OPEN, postgresql_where=_OPEN),
)

batch_drafts = Table(
    "batch_drafts",
    metadata,
    # A list that was checked and found partly wrong, for going on without the wrong lines.
    Column("id", String(32), primary_key=True),
    Column("env", String(16), nullable=False),
    Column("person", String(32), nullable=False),
    Column("lines", JSON, nullable=False),
    Column("created_at", Instant, nullable=False, index=True),
)

gathered_lists = Table(
    "gathered_lists",
    metadata,
    # What someone gathers to request it together: one list for each person.
    Column("env", String(16), primary_key=True),
    Column("person", String(32), primary_key=True),
    # What the list is submitted with: it becomes one batch only.
    Column("key", String(32), nullable=False),
    Column("lines", JSON, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", Instant, nullable=False),
)

form_uses = Table(
    "form_uses",
    metadata,
    # The submission id of a form.
    Column("form", String(64), primary_key=True),
    Column("use", String(8), nullable=False),
    Column("at", Instant, nullable=False),
    CheckConstraint("use IN ('request', 'line')", name="use"),
)

turns = Table(
    "turns",
    metadata,
    # A rate-limit group of one Autumn key.
    Column("name", String(160), primary_key=True),
    # By the database's clock: when the requests granted so far are used up.
    Column("free_at", Instant, nullable=False),
)

home_tabs = Table(
    "home_tabs",
    metadata,
    # A Slack user who opened their Home tab, so that every replica can redraw it.
    Column("person", String(32), primary_key=True),
    Column("team", String(32), nullable=False),
    Column("opened_at", Instant, nullable=False, index=True),
)

recent_customers = Table(
    "recent_customers",
    metadata,
    Column("person", String(32), primary_key=True),
    Column("env", String(16), primary_key=True),
    Column("customer_id", Text, primary_key=True),
    # When they last looked at the customer.
    Column("at", Instant, nullable=False),
)

latest = Table(
    "latest",
    metadata,
    # A hash that identifies a card or form.
    Column("card", String(64), primary_key=True),
    # The last click on it, by Slack's clock.
    Column("clicked", Instant, nullable=False, index=True),
)
