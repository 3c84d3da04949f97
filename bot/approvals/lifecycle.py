"""The life of a change: its states, what may follow what, and what is known of one.

    asked ─┬─▶ waiting ─┬─▶ approved ──▶ applying ─┬─▶ applied ◀─┐
           │    ▲  │    ├─▶ denied         ·       ├─▶ failed  ◀─┤ a person looked
           │    └──┘    ├─▶ withdrawn      ·       └─▶ unconfirmed
           │  previewed ├─▶ expired        ·
           │    anew    ├─▶ overtaken      · not begun, and the facts moved:
           │            └─▶ failed         · waiting again, or overtaken
           └─▶ approved (applied at once)

`failed` means that nothing was changed, for sure; `unconfirmed` that it may have been.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from bot.autumn.environment import Environment
from bot.changes.lines import Line
from bot.changes.model import ChangeInput, Snapshot
from bot.changes.notes import Note

MOST_OF_PERSON, MOST_OF_CHANNEL = 25, 100
"""Requests that may wait for approval at once: of one person, and from one channel."""


class State(StrEnum):
    WAITING = "waiting"
    """For approvals."""
    APPROVED = "approved"
    """By all who are needed, or by the policy; nothing has begun."""
    APPLYING = "applying"
    APPLIED = "applied"
    FAILED = "failed"
    """Nothing was changed."""
    UNCONFIRMED = "unconfirmed"
    """It may have happened, in whole or in part; a person settles it."""
    DENIED = "denied"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    OVERTAKEN = "overtaken"
    """The facts moved, and it was not asked anew: it was to be applied at once, or the policy does not let
    the asker ask for it as it is now. Else it waits again, previewed anew, with a higher `version`."""


EDGES: Mapping[State, frozenset[State]] = {
    State.WAITING: frozenset(
        {
            State.WAITING,
            State.APPROVED,
            State.DENIED,
            State.WITHDRAWN,
            State.EXPIRED,
            State.OVERTAKEN,
            State.FAILED,
        }
    ),
    State.APPROVED: frozenset({State.APPLYING, State.FAILED}),
    State.APPLYING: frozenset(
        {
            State.APPLYING,
            State.APPLIED,
            State.FAILED,
            State.UNCONFIRMED,
            State.WAITING,
            State.OVERTAKEN,
        }
    ),
    State.UNCONFIRMED: frozenset({State.APPLIED, State.FAILED}),
    **dict.fromkeys(
        (
            State.APPLIED,
            State.FAILED,
            State.DENIED,
            State.WITHDRAWN,
            State.EXPIRED,
            State.OVERTAKEN,
        ),
        frozenset[State](),
    ),
}
"""What may follow each state; every step in `repository` is held to it."""

OVER = frozenset(state for state, following in EDGES.items() if not following)
"""Nothing follows these."""

HOLDS_UNDO = frozenset(EDGES) - {
    State.FAILED,
    State.DENIED,
    State.WITHDRAWN,
    State.EXPIRED,
    State.OVERTAKEN,
}
"""While an undo is in one of these, the change it undoes takes no other."""


class ChangeEvent(StrEnum):
    """A step in the life of a change: what the audit trail records, and what is told."""

    ASKED = "asked"
    APPROVED = "approved"
    """By one person, or at once by the policy; it may need more."""
    DENIED = "denied"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    OVERTAKEN = "overtaken"
    """Previewed anew; see the record's state for whether it was asked again."""
    APPLYING = "applying"
    WRITING = "writing"
    """A write is about to be sent. Recorded only."""
    APPLIED = "applied"
    FAILED = "failed"
    UNCONFIRMED = "unconfirmed"
    MARKED = "marked"
    """A person said what became of an unconfirmed one."""
    UNDONE = "undone"
    """Told of the change whose undo was applied."""
    SHOWN = "shown"
    """A card was posted. Recorded only."""
    REDRAW = "redraw"
    """Nothing happened, but a card does not show what is so. Told only."""


class Cause(StrEnum):
    """Why a change ended as it did. What `Record.details` holds is said beside each."""

    # Applied
    DONE = "done"
    """Read back, and there."""
    FOUND_DONE = "found_done"
    """Autumn's answer was lost, or the bot was cut off; but read back, and there."""
    MARKED_APPLIED = "marked_applied"
    # Failed
    NOT_REACHED = "not_reached"
    """Autumn could not be reached, so it got nothing."""
    AUTUMN_REFUSED = "autumn_refused"  # status, code (Autumn's own, or ""), scopes that the key lacks
    RATE_LIMITED = "rate_limited"
    """Autumn's limits turned it away, for as long as there was time to wait."""
    GUARDED = "guarded"
    """It would be refused if asked now; `Record.refusals` says why."""
    CUSTOMER_GONE = "customer_gone"
    NOT_AS_ASKED = "not_as_asked"
    """What is stored of it is not what the audit trail has."""
    NOT_READ = "not_read"
    """Autumn could not be read just before, so nothing was sent."""
    BUSY = "busy"
    """Another change of the same customer was under way for too long."""
    ASKER_NOT_ALLOWED = "asker_not_allowed"
    """When it was to be approved, whoever asked had lost the right to ask for it."""
    INTERRUPTED = "interrupted"
    """The bot was cut off before anything was sent."""
    MARKED_NOT_APPLIED = "marked_not_applied"
    # Unconfirmed; `now` is a Now
    NOT_SEEN = "not_seen"
    """Autumn said yes, but what is read back does not show it."""
    NO_ANSWER = "no_answer"
    """Cut off or silent."""
    AUTUMN_BROKE = "autumn_broke"  # status
    """An internal error, which says nothing about how far it got."""
    DUPLICATE = "duplicate"
    """Autumn had got the same write before."""
    REFUSED_YET_MOVED = "refused_yet_moved"  # status, code
    """Autumn refused, yet the figures are not what they were."""
    PARTLY = "partly"
    """One of several writes did not go through."""
    CUT_OFF = "cut_off"
    """The bot was cut off in the middle."""


@dataclass(frozen=True, slots=True)
class Approval:
    person: str
    at: datetime
    rule: str = ""
    """Of the policy, that allowed it."""
    team: str = ""
    counts: bool = True
    """False: the person lost the right to approve before there were enough approvals."""


@dataclass(frozen=True, slots=True)
class Record:
    """All that is known of one change. Ids of people and channels are Slack's."""

    id: str
    state: State
    version: int
    """Of the preview, counted from 1. A decision is about one version; a higher one was previewed anew."""
    revision: int
    """Grows with every step; a card that shows a lower one is out of date."""
    kind: str
    """The id of its kind."""
    input: ChangeInput
    customer_id: str
    env: Environment
    asker: str
    asker_team: str
    channel: str
    """Where it was asked; empty when nowhere in particular."""
    created_at: datetime
    updated_at: datetime
    expires_at: datetime
    before: Snapshot
    """The facts that were previewed; once writing, those the writes were made from."""
    lines: tuple[Line, ...]
    warnings: tuple[Note, ...] = ()
    refusals: tuple[Note, ...] = ()
    """With Ending.GUARDED."""
    amount: Decimal | None = None
    """Its size, for the policy; None when it has none."""
    products: frozenset[str] | None = None
    """Ids of the plans it is about; None when not known."""
    rewards: frozenset[str] | None = None
    """Ids of the rewards it gives or takes away; None when not known."""
    reason: str = ""
    ticket: str = ""
    rule: str = ""
    """Of the policy, that let it be asked."""
    needed: int = 1
    """Approvals; 0 is applied at once."""
    approvals: tuple[Approval, ...] = ()
    """Of this version, oldest first."""
    after: Snapshot | None = None
    """What was last read back; None when it was not, or when the customer is gone."""
    ending: Cause | None = None
    details: Mapping[str, str] = field(default_factory=dict)
    decided_by: str = ""
    """Who gave the last approval, denied, withdrew, or marked it."""
    decided_at: datetime | None = None
    said: str = ""
    """The reason given with a denial or a mark."""
    undo_of: str = ""
    undo: str = ""
    """The undo of this one that is under way, unconfirmed or applied; empty for none."""
    undone: bool = False
    """That undo was applied."""
    invertible: bool = False
    """Whether there is an undo for it."""
    writes: int = 0
    """How many writes were begun."""
    lease_until: datetime | None = None

    @property
    def open(self) -> bool:
        return self.state not in OVER

    @property
    def undoable(self) -> bool:
        """Whether Undo can be offered: by the state of things, not by the policy."""
        return self.state is State.APPLIED and self.invertible and not self.undo


class CardKind(StrEnum):
    APPROVAL = "approval"
    """In the approvals channel, with its buttons."""
    ASKER = "asker"
    """Where it was asked, or to the asker alone."""


@dataclass(frozen=True, slots=True)
class CardTarget:
    """Where a card is to be."""

    kind: CardKind
    channel: str
