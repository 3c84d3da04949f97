"""What an alert subscription is, what Autumn reports, and what becomes of each report."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from bot.access.post_targets import Pause


class TooManyAlerts(StrEnum):
    """Why there may be no more subscriptions."""

    OF_PERSON = "too_many_of_person"
    OF_CHANNEL = "too_many_of_channel"


MOST_OF_PERSON, MOST_OF_CHANNEL = 25, 10
"""Subscriptions that one person may own, and that may go to one channel."""


@dataclass(frozen=True, slots=True)
class AlertChoice:
    """What a subscription is about."""

    sources: frozenset[str]
    """Keys of alert sources. Never empty."""
    plans: frozenset[str] = frozenset()
    """Ids of the products that the customer must hold one of; empty for all customers."""
    features: frozenset[str] = frozenset()
    """Ids of the features that an alert about a feature must be about; empty for all."""


@dataclass(frozen=True, slots=True)
class AlertSubscription:
    id: str
    channel: str
    """A channel's id; or the owner's own, whose direct messages alerts go to then."""
    team: str
    owner: str
    """Who set it up; is told when it cannot go on."""
    choice: AlertChoice
    private: bool
    """Whether the channel was private when it was set up."""
    pause: Pause | None
    """None while it is active."""
    stopped_by: str
    """Who paused or removed it; empty while it is active, and when Maple did."""
    version: int
    """Counts the edits, beginning with 1."""

    @property
    def personal(self) -> bool:
        """Whether alerts go to the owner's direct messages."""
        return self.channel == self.owner


@dataclass(frozen=True, slots=True)
class Occurrence:
    """Something that happened to a customer, as Autumn reports it."""

    customer: str
    """The customer's id. Never empty."""
    entity: str = ""
    feature: str = ""
    """The feature that it is about, by id; empty when it is about none."""
    plans: tuple[str, ...] = ()
    """The products that it is about, by id."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """What else the source reports, as JSON values."""
    identity: str = ""
    """What makes it the same thing when another message, or the poll, reports it again; empty when only a
    repeat of the same message does."""


@dataclass(frozen=True, slots=True)
class AlertEvent:
    """An occurrence that was stored."""

    id: str
    source: str
    """The key of the alert source that read it."""
    occurrence: Occurrence
    polled: bool
    """Whether Maple found it by asking, rather than being told."""
    noted_at: datetime


class DeliveryState(StrEnum):
    CLAIMED = "claimed"
    """To be posted: a process is at it, or will be."""
    POSTED = "posted"
    SKIPPED = "skipped"


class AlertSkip(StrEnum):
    """Why an event was not told to a subscription."""

    FILTERED = "filtered"
    """The customer holds none of the products that it is about."""
    LATE = "late"
    """It could not be posted within six hours."""
    PAUSED = "paused"
    """The subscription was paused or removed before it was posted."""


@dataclass(frozen=True, slots=True)
class AlertDelivery:
    """One event, for one subscription."""

    id: str
    event: AlertEvent
    subscription: str
    tries: int
    """Attempts begun, this one included."""
    posting_at: datetime | None
    """When the last post was about to be sent that may have gone out, though none is known: look for it
    before another."""
    posted_in: str
    """With `posting_at`: the channel."""
