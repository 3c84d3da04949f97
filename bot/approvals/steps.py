"""What the steps in the life of a change are given: pure values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot.access.limits import NOTHING, Today
from bot.approvals.daily_limits import Counter
from bot.approvals.lifecycle import Cause, State
from bot.approvals.proposal import Preview
from bot.autumn.write import Write
from bot.changes.model import Snapshot
from bot.changes.notes import Note


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
    """How a change ended, or that a person has to look."""

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
    """What was found out before an approval is recorded, and must still hold when it is."""

    needed: int
    """Approvals the policy requires now. The stored number never goes down."""
    counter: Counter
    today: Today = NOTHING
    others: Mapping[str, bool] = field(default_factory=dict)
    """The earlier approvers of this version, and whether each may still approve."""
    preview: Preview | None = None
    """As the facts are now, within the tolerance: what the card shows from then on."""
