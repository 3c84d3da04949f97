"""The inputs of the steps in the life of a change, from its preview to its end: pure values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from bot.access.limits import NOTHING_MOVED, Today, Worth
from bot.approvals.daily_limits import TodayCounter
from bot.approvals.filled_forms import FilledForm
from bot.approvals.lifecycle import Approval, Cause, State
from bot.autumn.models import Environment
from bot.autumn.write import Write
from bot.changes.lines import Line
from bot.changes.model import ChangeInput, Snapshot
from bot.changes.notes import Note


@dataclass(frozen=True, slots=True)
class Preview:
    """What a change would do, from facts that were just read."""

    before: Snapshot
    lines: tuple[Line, ...]
    warnings: tuple[Note, ...] = ()
    amount: Decimal | None = None
    products: frozenset[str] | None = None
    rewards: frozenset[str] | None = None
    worth: Worth | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """What the policy requires of a change."""

    rule: str
    needed: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Mandate:
    """The approval of a batch. For a line, only the approvers who may approve that line on its own count."""

    batch: str
    approvals: tuple[Approval, ...] = ()
    """Those that count; none if the batch needed none."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A change that is about to be requested."""

    submission_id: str
    input: ChangeInput
    env: Environment
    requester: str
    requester_team: str
    channel: str
    reason: str
    ticket: str
    preview: Preview
    terms: Terms
    undo_of: str = ""
    mandate: Mandate | None = None
    """For a line of a batch: it is approved as soon as it is requested."""
    today: Today = NOTHING_MOVED
    """What the policy based the terms on."""
    form: FilledForm | None = None
    """What the form was filled in with; None for a request without one."""


@dataclass(frozen=True, slots=True)
class Lease:
    """Who works on a change, and until when nobody else may."""

    by: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Decided:
    """A person's decision on a change: an approval, a denial, or what became of an unconfirmed one."""

    person: str
    team: str
    rule: str
    """The policy's rule that allowed it."""
    at: datetime
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Conclusion:
    """How a change ended, or that a person has to look in Autumn."""

    state: State
    ending: Cause
    after: Snapshot | None = None
    details: Mapping[str, str] = field(default_factory=dict)
    refusals: Sequence[Note] = ()
    invertible: bool = False


@dataclass(frozen=True, slots=True)
class NextWrite:
    """A write that is about to be sent."""

    position: int
    """Among the writes of its change, from 0."""
    write: Write
    preview: Preview
    """Of the facts the write was made from; what is read back is compared with it."""


@dataclass(frozen=True, slots=True)
class Basis:
    """What was read before an approval is recorded, and must still hold when it is."""

    needed: int
    """Approvals the policy requires now. The stored number never goes down."""
    counter: TodayCounter
    today: Today = NOTHING_MOVED
    earlier_approvers: Mapping[str, bool] = field(default_factory=dict)
    """The earlier approvers of this version, and whether each may still approve."""
    preview: Preview | None = None
    """As the facts are now, within the tolerance: what the card shows from then on."""
