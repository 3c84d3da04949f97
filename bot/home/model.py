"""What a person's Home tab shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.access.permission import Powers
from bot.approvals.lifecycle import Record
from bot.approvals.names import KnownNames
from bot.autumn.models import Organization
from bot.batches.model import BatchRecord
from bot.digests.model import Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeFacts:
    powers: Powers
    organization: Organization | None = None
    """That Maple's key belongs to, if known."""
    deciding: Sequence[Record] = ()
    """Requests that wait for this person's decision, oldest first."""
    requests: Sequence[Record] = ()
    """What they requested, newest first."""
    deciding_lists: Sequence[BatchRecord] = ()
    """Bulk changes that wait for this person's decision, oldest first."""
    requested_lists: Sequence[BatchRecord] = ()
    """Bulk changes that they requested, newest first."""
    features: Mapping[str, str] = field(default_factory=dict)
    """What features are called, by id; not yet made safe."""
    recent: Sequence[str] = ()
    """Ids of the customers they looked at, the last one first."""
    digests: Sequence[Digest] | None = ()
    """Those of the channels they are in; None when Slack could not be asked."""
    names: Mapping[str, KnownNames] = field(default_factory=dict)
    """By customer id."""
    cards: Mapping[str, str] = field(default_factory=dict)
    """Where the card of a change or a bulk change is in the approvals channel, by its id."""
