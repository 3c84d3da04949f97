"""The life of a change: its states, which may follow which, and what is known about a change.

    requested ─┬─▶ waiting ─┬─▶ approved ──▶ applying ─┬─▶ applied ◀─┐
               │    ▲  │    ├─▶ denied         ·       ├─▶ failed  ◀─┤ someone looked
               │    └──┘    ├─▶ withdrawn      ·       └─▶ unconfirmed
               │  the facts ├─▶ expired        ·
               │  changed,  ├─▶ superseded     · not begun, and the facts changed:
               │  or edited └─▶ failed         · waiting again, or superseded
               └─▶ approved (applied right away)

`failed` means that certainly nothing was changed; `unconfirmed` that it may have been.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from bot.access.limits import Worth
from bot.autumn.models import Environment
from bot.changes.lines import Line
from bot.changes.model import ChangeInput, Proof, Snapshot
from bot.changes.notes import Note

EDITED_MARK = "edited"
"""Among the details of a request that waits: its last version is the requester's own."""
_PROOF = "proof "
"""Begins the names of the details that are a `Proof`."""
MOST_OF_PERSON, MOST_OF_CHANNEL = 25, 100
"""How many requests of one person, and from one channel, may wait at a time."""


class State(StrEnum):
    WAITING = "waiting"
    """For approvals."""
    APPROVED = "approved"
    """By enough people, or by the policy; nothing has begun."""
    APPLYING = "applying"
    APPLIED = "applied"
    FAILED = "failed"
    """Nothing was changed."""
    UNCONFIRMED = "unconfirmed"
    """It may have happened, in whole or in part; a person has to look."""
    DENIED = "denied"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    SUPERSEDED = "overtaken"  # as stored
    """The facts changed and it cannot wait again: it was to be applied right away, or the requester may no
    longer request it. Otherwise it waits again, with a new preview and a higher `version`."""


EDGES: Mapping[State, frozenset[State]] = {
    State.WAITING: frozenset(
        {
            State.WAITING,
            State.APPROVED,
            State.DENIED,
            State.WITHDRAWN,
            State.EXPIRED,
            State.SUPERSEDED,
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
            State.SUPERSEDED,
        }
    ),
    State.UNCONFIRMED: frozenset({State.UNCONFIRMED, State.APPLIED, State.FAILED}),
    **dict.fromkeys(
        (
            State.APPLIED,
            State.FAILED,
            State.DENIED,
            State.WITHDRAWN,
            State.EXPIRED,
            State.SUPERSEDED,
        ),
        frozenset[State](),
    ),
}
"""What may follow each state; `repository` holds every step to it."""

OVER = frozenset(state for state, following in EDGES.items() if not following)
"""The final states."""
CAME_TO_NOTHING = OVER - {State.APPLIED}

IN_PROGRESS = frozenset({State.APPROVED, State.APPLYING})
"""A process works on these, under a lease."""

HOLDS_UNDO = frozenset(EDGES) - CAME_TO_NOTHING
"""While an undo is in one of these, the change it undoes allows no other."""


_WITH_NOTICE = OVER - {State.WITHDRAWN} | {State.UNCONFIRMED}
"""The states that the requester did not bring about."""


class ChangeEvent(StrEnum):
    """A step in the life of a change, as the audit trail records it and people are notified of it."""

    ASKED = "asked"
    APPROVED = "approved"
    """By one person, or by the policy; it may need more."""
    DENIED = "denied"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    SUPERSEDED = "overtaken"  # as stored
    """The preview was replaced; the record's state says whether the request waits again."""
    EDITED = "edited"
    """By the requester, while it waited."""
    APPLYING = "applying"
    WRITING = "writing"
    """A write is about to be sent. Only recorded."""
    APPLIED = "applied"
    FAILED = "failed"
    UNCONFIRMED = "unconfirmed"
    MARKED = "marked"
    """A person said whether an unconfirmed one was applied."""
    CHECKED = "checked"
    """An unconfirmed one was read back again; it is applied if Autumn shows it by now."""
    UNDONE = "undone"
    """The change's undo was applied."""
    SHOWN = "shown"
    """A card was posted. Only recorded."""
    REDRAW = "redraw"
    """A card is out of date. Never recorded."""


class Cause(StrEnum):
    """Why a change ended as it did. The comments name what `Record.details` holds."""

    # Applied
    DONE = "done"
    """Read back, and Autumn shows the change."""
    FOUND_DONE = "found_done"
    """Autumn's answer was lost, or the bot crashed; but read back, Autumn shows the change."""
    MARKED_APPLIED = "marked_applied"
    # Failed
    NOT_REACHED = "not_reached"
    """Autumn could not be reached, so it received nothing."""
    AUTUMN_REFUSED = "autumn_refused"  # status, code (Autumn's, or ""), scopes that the key lacks
    RATE_LIMITED = "rate_limited"
    """Autumn's rate limit turned it away until there was no more time to wait."""
    GUARDED = "guarded"
    """The guards would refuse it now; `Record.refusals` says why."""
    CUSTOMER_GONE = "customer_gone"
    NOT_AS_ASKED = "not_as_asked"
    """What is stored differs from what the audit trail recorded."""
    NOT_READ = "not_read"
    """Autumn could not be read before the write, so nothing was sent."""
    BUSY = "busy"
    """Another change of the same customer took too long."""
    REQUESTER_NOT_ALLOWED = "asker_not_allowed"  # as stored
    """By the time it was approved, the requester was no longer allowed to request it."""
    INTERRUPTED = "interrupted"
    """The bot crashed before anything was sent."""
    MARKED_NOT_APPLIED = "marked_not_applied"
    # Unconfirmed; `now` is a Now
    AWAITS_PAYMENT = "awaits_payment"  # payment: Autumn's code, or ""; page: a PaymentPage
    """Autumn accepted it, and makes it when the customer has paid."""
    NOT_SEEN = "not_seen"
    """Autumn accepted it, but what was read back does not show it."""
    NO_ANSWER = "no_answer"
    """The answer was cut off or never came."""
    AUTUMN_BROKE = "autumn_broke"  # status
    """An internal error, which does not say how far it got."""
    DUPLICATE = "duplicate"
    """Autumn had already received the same write."""
    REFUSED_YET_MOVED = "refused_yet_moved"  # status, code
    """Autumn refused it, yet the numbers changed."""
    PARTLY = "partly"
    """One of several writes did not go through."""
    CUT_OFF = "cut_off"
    """The bot crashed in the middle."""


@dataclass(frozen=True, slots=True)
class Approval:
    person: str
    at: datetime
    rule: str
    """The policy's rule that allowed it."""
    team: str
    counts: bool
    """False: the person was no longer allowed to approve when others did."""


class CardKind(StrEnum):
    APPROVAL = "approval"
    """In the approvals channel, with its buttons."""
    REQUESTER = "asker"  # as stored
    """Where it was requested, or in the requester's direct messages."""


@dataclass(frozen=True, slots=True)
class CardTarget:
    """Where a card is to be."""

    kind: CardKind
    channel: str


@dataclass(frozen=True, slots=True)
class PostedCard:
    """A card of a change, or of a list, as it was at some time."""

    id: int
    about: str
    """The id of the change, or of the list."""
    kind: CardKind
    channel: str
    """Of the approvals channel, or of a person for their direct messages."""
    ts: str
    """Slack's timestamp of the message; empty until it is posted."""
    shown: int
    """The revision it shows; 0 for none."""
    revision: int
    """Of what it is about: a card that shows a lower one is out of date."""
    gone: bool


@dataclass(frozen=True, slots=True)
class Record:
    """One change. Ids of people and channels are Slack's."""

    id: str
    state: State
    version: int
    """Of the preview, from 1. A decision is about one version."""
    revision: int
    """Grows with every step; a card with a lower one is out of date."""
    kind: str
    """The id of its kind."""
    input: ChangeInput
    customer_id: str
    env: Environment
    requester: str
    requester_team: str
    channel: str
    """Where it was requested; may be empty."""
    created_at: datetime
    updated_at: datetime
    expires_at: datetime
    before: Snapshot
    """The facts of the preview; from the first write on, the facts read just before it."""
    lines: tuple[Line, ...]
    warnings: tuple[Note, ...] = ()
    refusals: tuple[Note, ...] = ()
    """With Cause.GUARDED."""
    amount: Decimal | None = None
    """Its size, for the policy; None if it has none."""
    worth: Worth | None = None
    """None if not known."""
    products: frozenset[str] | None = None
    """Ids of the plans it is about; None if not known."""
    rewards: frozenset[str] | None = None
    """Ids of the rewards it gives or takes away; None if not known."""
    reason: str = ""
    ticket: str = ""
    rule: str = ""
    """The policy's rule that allowed the request."""
    needed: int = 1
    """Approvals; 0: applied right away."""
    approvals: tuple[Approval, ...] = ()
    """Of this version, oldest first."""
    after: Snapshot | None = None
    """What was last read back; None if nothing was, or if the customer is gone."""
    ending: Cause | None = None
    details: Mapping[str, str] = field(default_factory=dict)
    decided_by: str = ""
    """Who gave the last approval, denied, withdrew, or marked it."""
    decided_at: datetime | None = None
    comment: str = ""
    """Given with a denial, or when an unconfirmed change is settled by a person."""
    undo_of: str = ""
    undo: str = ""
    """The open or applied undo of this change; may be empty."""
    undone: bool = False
    """That undo was applied."""
    invertible: bool = False
    """Whether it can be undone."""
    writes: int = 0
    """How many writes were begun."""
    lease_until: datetime | None = None
    batch: str = ""
    """The batch whose line it is; such a change has no cards of its own."""
    payment_url: str = ""
    """With Cause.AWAITS_PAYMENT, in the process that Autumn told it: never stored."""
    cards: tuple[PostedCard, ...] | None = field(default=None, compare=False)
    """As the step left them that this record comes from; None if it was only read."""

    @property
    def proof(self) -> Proof:
        """What Autumn's answer to the write proved; empty if there was none."""
        return {
            name.removeprefix(_PROOF): value
            for name, value in self.details.items()
            if name.startswith(_PROOF)
        }

    @property
    def edited(self) -> bool:
        """Whether the requester made this version, rather than that the numbers changed."""
        return EDITED_MARK in self.details

    @property
    def editable(self) -> bool:
        """Whether the requester can edit it."""
        return self.state is State.WAITING and not self.undo_of and not self.batch

    @property
    def undoable(self) -> bool:
        """Whether *Undo* can be offered, whatever the policy says."""
        return self.state is State.APPLIED and self.invertible and not self.undo


def proof_details(proof: Proof) -> dict[str, str]:
    """As `Record.details` keeps it."""
    return {f"{_PROOF}{name}": value for name, value in proof.items()}


class NoticeKind(StrEnum):
    """A separate message about a change, posted at most once."""

    OUTCOME = "outcome"
    """To the requester: how the request ended."""
    SETTLED = "settled"
    """To the requester: what became of an unconfirmed change."""
    HALF_TIME = "half_time"
    """To approvers: half of the time to decide is over."""
    LAST_HOUR = "last_hour"
    """To approvers: the request expires in an hour."""
    APPLIED_AT_ONCE = "at_once"
    """To approvers: a change was applied without their approval."""


def reminders(requested_at: datetime, expires_at: datetime) -> Mapping[NoticeKind, datetime]:
    """When approvers are reminded of a waiting request. There is no last hour if it waits two at most."""
    half_time = requested_at + (expires_at - requested_at) / 2
    last_hour = expires_at - timedelta(hours=1)
    due = {NoticeKind.HALF_TIME: half_time}
    return due | ({NoticeKind.LAST_HOUR: last_hour} if last_hour > half_time else {})


def notice_of(record: Record, event: ChangeEvent) -> NoticeKind | None:
    """The message a step owes the requester.

    None for a line of a batch, which the batch's card reports, unless it waits for the customer to pay: the
    link is for the requester alone. None as well for a change that was applied right away and ended well or
    was refused: its card, posted just before, shows that.
    """
    if record.batch:
        return NoticeKind.OUTCOME if _to_be_paid(record, event) else None
    if event in (ChangeEvent.MARKED, ChangeEvent.CHECKED):
        return None if record.state is State.UNCONFIRMED else NoticeKind.SETTLED
    if record.state not in _WITH_NOTICE:
        return None
    seen_by_requester = record.needed == 0 and record.state is not State.UNCONFIRMED
    recovered = record.ending in (Cause.FOUND_DONE, Cause.INTERRUPTED)
    return None if seen_by_requester and not recovered else NoticeKind.OUTCOME


def _to_be_paid(record: Record, event: ChangeEvent) -> bool:
    """Whether this step is the one with which Autumn began to wait for the customer to pay."""
    return event is ChangeEvent.UNCONFIRMED and record.ending is Cause.AWAITS_PAYMENT


def applied_at_once(record: Record, event: ChangeEvent) -> bool:
    """Whether this step is the one with which a change that needed no approval was applied. A line of a batch
    is not posted on its own."""
    settling = (ChangeEvent.APPLIED, ChangeEvent.MARKED, ChangeEvent.CHECKED)
    at_once = record.needed == 0 and not record.batch
    return record.state is State.APPLIED and at_once and event in settling


def notices_of(record: Record, event: ChangeEvent) -> list[NoticeKind]:
    """The separate messages that a step calls for, due right away."""
    outcome = notice_of(record, event)
    kinds = [] if outcome is None else [outcome]
    return [*kinds, NoticeKind.APPLIED_AT_ONCE] if applied_at_once(record, event) else kinds
